"""From what was typed to an order and its plan."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stripgen.answers import QUESTIONS, in_options_words, nest, raw_date, raw_value
from stripgen.domain.enclosure import read_enclosed_printing
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.errors import AnswerInvalid, OrderInvalid, Problem
from stripgen.files import load_dispensing_file, load_formulary, load_order_file, load_paper
from stripgen.planning.intake import read_order
from stripgen.planning.reopening import reopen_plan
from stripgen.planning.taper import plan_taper
from stripgen.verifying.papers import open_paper

_PAPERS = {".pdf", ".xlsx", ".json"}
_FIRST_ISSUE, _LAST_ISSUE = dt.date(2020, 1, 1), dt.date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be made.

    Attributes:
        plan: The plan.
        printing: How the paper that it was read from was printed; None where it comes from an order.
        source: File name, or "command line", for messages.
    """

    plan: Plan
    printing: Printing | None
    source: str


def read_asked(
    file: str | None,
    issued_on: str | None,
    options: Mapping[str, Sequence[str]] | None = None,
    dispensing: str | None = None,
) -> Asked:
    """Return the plan of an order file, of a finished paper, or of the options given in their place.

    Args:
        file: Path of an order, or of a paper that carries its plan.
        issued_on: As typed: the date printed on the papers; today, or that of the paper, unless given.
        options: What was typed for each option that stands in for an order file.
        dispensing: Path of a file that stands in place of the order's own lots and dates.

    Raises:
        AnswerInvalid: Both or neither of file and options, or an option that is not allowed.
        StripgenError: Whatever is wrong with the order or the paper.
    """
    formulary = load_formulary()
    given = {name: values for name, values in (options or {}).items() if values}
    if file is not None and given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise AnswerInvalid([Problem("", f"an order file and {option} exclude each other; change the file")])
    if file is None and not given:
        raise AnswerInvalid([Problem("", "give an order file, or an order by options (--drug, --start, --end, …)")])
    if file is None and dispensing is not None:
        what = "belongs to an order file; without one give --lot and --use-by"
        raise AnswerInvalid([Problem("--dispensing", what)])
    if file is not None and is_paper(file):
        return _read_paper(file, issued_on, formulary, dispensing)
    order = _order_from_options(given, formulary) if file is None else order_from_file(file, formulary, dispensing)
    source = file or "command line"
    return Asked(plan_taper(order, formulary, issue_date(issued_on), source), None, source)


def plan_of(file: str, issued_on: str | None) -> Plan:
    """Return the plan of an order file or of a finished paper. Raises what `read_asked` raises."""
    return read_asked(file, issued_on).plan


def is_paper(file: str) -> bool:
    """Return whether a file is a finished paper or a plan (JSON), by its name; any other is an order."""
    return Path(file).suffix.lower() in _PAPERS


def reopen_paper(file: str, formulary: Formulary) -> Asked:
    """Return the plan that a finished paper carries, planned again, and how the paper was printed.

    Raises:
        PlanFileInvalid: Not a paper of stripgen, or its plan was changed.
        OrderInvalid: Its order is not valid.
    """
    paper = open_paper(file, load_paper(Path(file)))
    printing = None if paper.printing is None else read_enclosed_printing(paper.printing, file).printing
    return Asked(reopen_plan(paper.plan, formulary, file), printing, file)


def _read_paper(file: str, issued_on: str | None, formulary: Formulary, dispensing: str | None) -> Asked:
    asked = reopen_paper(file, formulary)
    if issued_on is None and dispensing is None:
        return asked
    order, issued = asked.plan.order, issue_date(issued_on) if issued_on else asked.plan.issued_on
    if dispensing is not None:
        raw = order.model_dump(by_alias=True, exclude_defaults=True) | load_dispensing_file(Path(dispensing))
        order = read_order(raw, formulary, f"{file} with {dispensing}")
    return replace(asked, plan=plan_taper(order, formulary, issued, file))


def issue_date(typed: str | None) -> dt.date:
    """Return the date printed on the papers: as typed, or today.

    Raises:
        AnswerInvalid: Not a date, or of another century.
    """
    if typed is None:
        return dt.date.today()  # noqa: DTZ011 - the pharmacy's own calendar day
    date = raw_date(typed)
    if date is None or not _FIRST_ISSUE <= date <= _LAST_ISSUE:
        what = f"{typed!r} is not a date from {_FIRST_ISSUE} to {_LAST_ISSUE}, such as 2026-11-23"
        raise AnswerInvalid([Problem("--issued-on", what)])
    return date


def order_from_file(order_file: str, formulary: Formulary, dispensing: str | None = None) -> Order:
    """Return the order in a file, with the lots and dates of another one in place of its own.

    Raises:
        OrderUnreadable: A file cannot be read.
        OrderInvalid: It says something that is not allowed.
    """
    raw = load_order_file(Path(order_file))
    if dispensing is None:
        return read_order(raw, formulary, order_file)
    return read_order(raw | load_dispensing_file(Path(dispensing)), formulary, f"{order_file} with {dispensing}")


def _order_from_options(given: Mapping[str, Sequence[str]], formulary: Formulary) -> Order:
    answers = {}
    for question in QUESTIONS:
        values = given.get(question.option.removeprefix("--").replace("-", "_"), ())
        if len(values) > 1 and question.kind != "units":
            raise AnswerInvalid([Problem(question.option, f"is given {len(values)} times; give it once")])
        if values:
            answers[question.path] = raw_value(question.kind, ";".join(values))
    try:
        return read_order(nest(answers), formulary, "command line")
    except OrderInvalid as error:
        raise in_options_words(error) from error
