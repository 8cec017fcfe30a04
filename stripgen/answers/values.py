"""What a person types, as the raw values an order file would hold.

What cannot be read as its kind stays text: the order's own checks then say what is wrong with it.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, Literal

from stripgen.domain.fields import LARGEST_MG, shown
from stripgen.domain.quantity import FINEST_MG
from stripgen.errors import AnswerInvalid, Problem

Kind = Literal["text", "number", "count", "date", "units"]


def raw_value(kind: Kind, text: str) -> Any:  # noqa: ANN401 - what a file may hold
    """Return typed text as the value an order file would hold, or as text when it is not plainly one of that kind."""
    text = text.strip()
    match kind:
        case "number" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            return Decimal(text)
        case "count" if re.fullmatch(r"-?[0-9]{1,9}", text):
            return int(text)
        case "date":
            return raw_date(text) or text
        case "units":
            return [_unit(part) for part in text.split(";")]
        case _:
            return text


def raw_date(text: str) -> dt.date | None:
    """Return a date typed as 2026-12-01, or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:  # the 31st of June
        return None


def _unit(text: str) -> dict[str, Any]:
    """Return a strength as typed: `10`, `10 mg`, `10 tablet`, `10mg Tablet`."""
    typed = re.fullmatch(r"\s*([^a-z\s]+)\s*(?:mg\b)?\s*(.*?)\s*", text.lower())
    if typed is None:
        return {"strength_mg": text.strip()}
    strength, form = typed.groups()
    unit = {"strength_mg": raw_value("number", strength)}
    return unit | {"form": form} if form else unit


def raw_count(option: str, typed: str, least: int, most: int) -> int:
    """Return a whole number typed for an option.

    Raises:
        AnswerInvalid: It is none, or out of range.
    """
    value = raw_value("count", typed)
    if not isinstance(value, int) or not least <= value <= most:
        raise AnswerInvalid([Problem(option, f"{shown(typed)} is not allowed; a whole number from {least} to {most}")])
    return value


def raw_amounts(option: str, typed: str) -> list[Decimal]:
    """Return amounts in mg typed for an option, with commas between: `10,5,0.5`.

    Raises:
        AnswerInvalid: One is no amount from 0.001 to 2000 mg in steps of 0.001; all such ones at once.
    """
    amounts, problems = [], []
    for part in typed.split(","):
        amount = raw_value("number", part)
        if isinstance(amount, Decimal) and FINEST_MG <= amount <= LARGEST_MG and not amount % FINEST_MG:
            amounts.append(amount)
        else:
            what = f"{shown(part.strip())} is not allowed; amounts from 0.001 to 2000 mg, with commas between: 10,5,0.5"
            problems.append(Problem(option, what))
    if problems:
        raise AnswerInvalid(problems)
    return amounts
