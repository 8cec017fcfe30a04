"""From what was typed to an order and its plan."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from stripgen.answers import QUESTIONS, in_options_words, nest, raw_date, raw_value
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan
from stripgen.errors import AnswerInvalid, OrderInvalid, Problem
from stripgen.files import load_dispensing_file, load_formulary, load_order_file
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper

_FIRST_ISSUE, _LAST_ISSUE = dt.date(2020, 1, 1), dt.date(2099, 12, 31)


def plan_of(
    order_file: str | None,
    issued_on: str | None,
    options: Mapping[str, Sequence[str]] | None = None,
    dispensing: str | None = None,
) -> Plan:
    """Return the plan of an order file, or of the options given in its place.

    Args:
        order_file: Path of the order.
        issued_on: As typed: the date printed on the papers; today unless given.
        options: What was typed for each option that stands in for an order file.
        dispensing: Path of a file that stands in place of the order's own lots and dates.

    Raises:
        AnswerInvalid: Both or neither of file and options, or an option that is not allowed.
        StripgenError: Whatever is wrong with the order.
    """
    formulary = load_formulary()
    given = {name: values for name, values in (options or {}).items() if values}
    if order_file is not None and given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise AnswerInvalid([Problem("", f"an order file and {option} exclude each other; change the file")])
    if order_file is None and not given:
        raise AnswerInvalid([Problem("", "give an order file, or an order by options (--drug, --start, --end, …)")])
    if order_file is None and dispensing is not None:
        what = "belongs to an order file; without one give --lot and --use-by"
        raise AnswerInvalid([Problem("--dispensing", what)])
    order = (
        _order_from_options(given, formulary)
        if order_file is None
        else order_from_file(order_file, formulary, dispensing)
    )
    return plan_taper(order, formulary, issue_date(issued_on), order_file or "command line")


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
