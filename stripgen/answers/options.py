"""What options ask for that are no keys of an order: the labels in the printer, one strip, strengths to choose."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from stripgen.answers.values import raw_amounts, raw_count
from stripgen.domain.fields import LONGEST_TAPER_DAYS, shown
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.errors import AnswerInvalid, Problem

Read = TypeVar("Read")

_DISTANCE = r"[+-]?[0-9]{1,3}(\.[0-9]{1,2})?"
_FARTHEST_MM = 20


@dataclass(frozen=True, slots=True)
class StrengthsAsked:
    """What the options of `stripgen strengths` ask for; None where they leave it to the orders."""

    n_strengths: int
    candidates_mg: list[Decimal] | None
    most_units: int | None


def label_paper(
    stock: Stock,
    first_label: str | None,
    offset_mm: str | None,
    *,
    options: tuple[str, str] = ("--first-label", "--stock"),
) -> LabelPaper:
    """Return the labels in the printer.

    Args:
        stock: Which labels.
        first_label: As typed: the first label that is not used up, 1..
        offset_mm: As typed: `0.5,-1`, to the right and down.
        options: How the first label and the paper were asked for.

    Raises:
        AnswerInvalid: Not a label of the sheet, or not two distances.
    """
    problems: list[Problem] = []
    first = _or_problems(problems, lambda: _first_label(stock, first_label, *options)) or 1
    offset = _or_problems(problems, lambda: _offset(offset_mm)) or (Decimal(0), Decimal(0))
    if problems:
        raise AnswerInvalid(problems)
    return LabelPaper(stock, first, offset)


def strip_asked(typed: str | None) -> int | None:
    """Return the only strip to print; None for all of them.

    Raises:
        AnswerInvalid: Neither a whole number nor `all`.
    """
    if typed is None or typed == "all":
        return None
    return raw_count("--strip", typed, 1, LONGEST_TAPER_DAYS)


def _first_label(stock: Stock, typed: str | None, option: str, paper_option: str) -> int:
    if typed is None:
        return 1
    if stock.paper == "plain":
        remedy = f"leave it out, or choose sheets ({paper_option})"
        what = f"{stock.id} is plain paper, of which no sheet is half used; {remedy}"
        raise AnswerInvalid([Problem(option, what)])
    return raw_count(option, typed, 1, stock.n_labels)


def _offset(typed: str | None) -> tuple[Decimal, Decimal]:
    if typed is None:
        return Decimal(0), Decimal(0)
    parts = [part.strip() for part in typed.split(",")]
    if len(parts) != 2 or not all(re.fullmatch(_DISTANCE, part) for part in parts):  # noqa: PLR2004 - across and down
        allowed = "two distances in mm from -20 to 20, to the right and down, such as 0.5,-1"
        raise AnswerInvalid([Problem("--offset-mm", f"{shown(typed)} is not allowed; {allowed}")])
    across, down = map(Decimal, parts)
    if max(abs(across), abs(down)) > _FARTHEST_MM:
        raise AnswerInvalid([Problem("--offset-mm", f"{shown(typed)} is too far; each from -20 to 20 mm")])
    return across, down


def strengths_asked(choose: str, candidates: str | None, max_units: str | None) -> StrengthsAsked:
    """Return what the options of `stripgen strengths` ask for.

    Raises:
        AnswerInvalid: A value is not allowed; all problems at once.
    """
    problems: list[Problem] = []
    n_strengths = _or_problems(problems, lambda: raw_count("--choose", choose, 1, 15))
    given = None if candidates is None else _or_problems(problems, lambda: raw_amounts("--candidates", candidates))
    most_units = (
        None if max_units is None else _or_problems(problems, lambda: raw_count("--max-units", max_units, 1, 30))
    )
    if problems or n_strengths is None:
        raise AnswerInvalid(problems, "command line")
    return StrengthsAsked(n_strengths, given, most_units)


def _or_problems(problems: list[Problem], read: Callable[[], Read]) -> Read | None:
    """Return what could be read, or None and keep the problems."""
    try:
        return read()
    except AnswerInvalid as error:
        problems += error.problems
        return None
