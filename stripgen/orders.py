"""From what was typed to an order and its plan."""

import datetime as dt
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stripgen.answers.questions import QUESTIONS, in_options_words, nest
from stripgen.answers.values import raw_date, raw_value
from stripgen.domain.approval import Approval
from stripgen.domain.enclosure import PrintingFile, read_enclosed_printing
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.profile import Profile
from stripgen.errors import AnswerInvalid, OrderInvalid, PaperAltered, PlanFileInvalid, Problem
from stripgen.files import (
    load_approval_file,
    load_dispensing_file,
    load_formulary,
    load_order_file,
    load_paper,
    load_profile,
)
from stripgen.planning.approving import describe_approved
from stripgen.planning.intake import read_order
from stripgen.planning.reopening import reopen_plan
from stripgen.planning.taper import plan_taper
from stripgen.verifying.papers import Paper, is_altered, is_record, is_saved_again, open_paper

_PAPERS = {".pdf", ".xlsx", ".json"}
_FIRST_ISSUE, _LAST_ISSUE = dt.date(2020, 1, 1), dt.date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be made.

    Attributes:
        plan: The plan.
        printing: How the paper that it was read from was printed; None where it comes from an order.
        source: File name, or "command line", for messages.
        altered: Whether that paper was changed after it was made: its plan is right, what its pages say may not be.
        saved_again: Whether it is a workbook that a spreadsheet saved since: filled in, or changed.
        is_record: Whether that paper is a compounding record.
    """

    plan: Plan
    printing: Printing | None
    source: str
    altered: bool = False
    saved_again: bool = False
    is_record: bool = False


def read_asked(
    file: str | None,
    issued_on: str | None,
    options: Mapping[str, Sequence[str]] | None = None,
    dispensing: str | None = None,
    approval: str | None = None,
) -> Asked:
    """Return the plan of an order file, of a finished paper, or of the options given in their place.

    Args:
        file: Path of an order, or of a paper that carries its plan.
        issued_on: As typed: the date printed on the papers; today, or that of the paper, unless given.
        options: What was typed for each option that stands in for an order file.
        dispensing: Path of a file that stands in place of the order's own lots and dates.
        approval: Path of a file that stands in place of the order's own approval.

    Raises:
        AnswerInvalid: Both or neither of file and options, or an option that is not allowed.
        StripgenError: Whatever is wrong with the order or the paper.
    """
    formulary = load_formulary()
    given = {name: values for name, values in (options or {}).items() if values}
    _refuse_misfits(file, given, dispensing, approval)
    if file is not None and is_paper(file):
        return _read_paper(file, issued_on, formulary, dispensing, approval)
    if file is None:
        order = _order_from_options(given, formulary)
    else:
        order = order_from_file(file, formulary, dispensing, approval)
    source = file or "command line"
    return Asked(plan_taper(order, formulary, issue_date(issued_on), source), None, source)


def _refuse_misfits(
    file: str | None, given: Mapping[str, Sequence[str]], dispensing: str | None, approval: str | None
) -> None:
    """Stop where there is no order, or two, or what goes with an order file stands beside an order by options."""
    if file is not None and given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise AnswerInvalid([Problem("", f"an order file and {option} exclude each other; change the file")])
    if file is None and not given:
        raise AnswerInvalid([Problem("", "give an order file, or an order by options (--drug, --start, --end, …)")])
    if file is None and dispensing is not None:
        what = "belongs to an order file; without one give --lot and --use-by"
        raise AnswerInvalid([Problem("--dispensing", what)])
    if file is None and approval is not None:
        what = "belongs to an order file or a paper; an order by options is always a draft"
        raise AnswerInvalid([Problem("--approval", what)])


def plan_of(file: str, issued_on: str | None) -> Plan:
    """Return the plan of an order file or of a finished paper. Raises what `read_asked` raises."""
    return read_asked(file, issued_on).plan


def is_paper(file: str) -> bool:
    """Return whether a file is a finished paper or a plan (JSON), by its name; any other is an order."""
    return Path(file).suffix.lower() in _PAPERS


def reopen_paper(file: str, formulary: Formulary) -> Asked:
    """Return the plan that a finished paper carries, planned again, and how the paper was printed.

    That the paper was changed after it was made is told as a warning, `PaperAltered`.

    Raises:
        PlanFileInvalid: Not a paper of stripgen, or its plan was changed.
        OrderInvalid: Its order is not valid.
    """
    paper = open_paper(file, load_paper(Path(file)))
    asked = replace(asked_in(paper, formulary), is_record=is_record(paper), saved_again=is_saved_again(paper))
    if not is_altered(paper):
        return asked
    what = "was changed after it was made; what follows is of the plan it carries, not of what its pages say"
    warnings.warn(f"{file}: {what}; see stripgen verify", PaperAltered, stacklevel=2)
    return replace(asked, altered=True)


def printing_file_in(file: str) -> PrintingFile:
    """Return how a finished paper was printed, and what it was made with.

    Raises:
        PlanFileInvalid: Not a printed paper of stripgen.
    """
    paper = open_paper(file, load_paper(Path(file)))
    if paper.printing is None:
        raise PlanFileInvalid([Problem("", "is a plan (JSON), which nobody printed; give a PDF or a workbook")], file)
    return read_enclosed_printing(paper.printing, file)


def asked_in(paper: Paper, formulary: Formulary) -> Asked:
    """Return the plan that an open paper carries, as `reopen_paper` does. Raises what that raises."""
    printing = None if paper.printing is None else read_enclosed_printing(paper.printing, paper.name).printing
    return Asked(reopen_plan(paper.plan, formulary, paper.name), printing, paper.name)


def _read_paper(
    file: str, issued_on: str | None, formulary: Formulary, dispensing: str | None, approval: str | None
) -> Asked:
    asked = reopen_paper(file, formulary)
    tables, source = load_in_place(file, dispensing, approval)
    if issued_on is None and not tables:
        return asked
    order, issued = asked.plan.order, issue_date(issued_on) if issued_on else asked.plan.issued_on
    if tables:
        raw = order.model_dump(by_alias=True, exclude_defaults=True) | tables
        order = read_order(raw, formulary, source)
    if approval is not None and issued_on is None and order.approval:
        issued = max(issued, order.approval.approved_on)  # a draft is approved after its day; the new papers are newer
    return replace(asked, plan=plan_taper(order, formulary, issued, source))


def load_in_place(file: str, dispensing: str | None, approval: str | None) -> tuple[dict[str, Any], str]:
    """Return the tables that stand in place of an order's own, and the names of all files, for messages.

    Raises:
        OrderUnreadable: A file cannot be read.
        OrderInvalid: It has other tables.
    """
    tables = load_dispensing_file(Path(dispensing)) if dispensing is not None else {}
    tables |= load_approval_file(Path(approval)) if approval is not None else {}
    others = " and ".join(filter(None, (dispensing, approval)))
    return tables, f"{file} with {others}" if others else file


def approve_plan(
    plan: Plan, approved_by: str, approved_on: str | None, reference: str, paper: str, formulary: Formulary
) -> Approval:
    """Return an approval of exactly this plan, checked as any order's.

    Args:
        plan: That is approved.
        approved_by: As typed.
        approved_on: As typed; today unless given.
        reference: As typed.
        paper: `sha256:…` of the file that was approved.
        formulary: To check the order with.

    Raises:
        AnswerInvalid: The date is none, before the paper was issued, or after today.
        OrderInvalid: The approval is not allowed, or the order does not name who an approved order must.
    """
    approved = issue_date(approved_on, "--on")
    if approved < plan.issued_on:
        what = f"{approved} is before the paper was issued; a date from {plan.issued_on} on"
        raise AnswerInvalid([Problem("--on", what)])
    if approved > (today := issue_date(None)):
        what = f"{approved} is after today, {today}: nobody has approved it yet; a date up to today"
        raise AnswerInvalid([Problem("--on", what)])
    raw = plan.order.model_dump(by_alias=True, exclude_defaults=True)
    raw["approval"] = {"approved_by": approved_by, "approved_on": approved, "reference": reference}
    order = read_order(raw, formulary, "command line")
    if order.approval is None:
        raise ValueError("the order has the approval that it was given")
    return describe_approved(plan, order.approval, paper)


def choose_profile(order: Order, asked: str | None, before: Printing | None = None) -> Profile:
    """Return the label rules: as was asked, else those a paper was printed by, else those of the order's pharmacy.

    Raises:
        DataInvalid: There is no such profile, or it is wrong.
    """
    if asked is None and before is not None:
        return before.profile
    return load_profile(asked) if asked else load_profile(order.pharmacy.profile, "pharmacy.profile")


def issue_date(typed: str | None, option: str = "--issued-on") -> dt.date:
    """Return the date printed on the papers, or another of these days: as typed, or today.

    Args:
        typed: As `2026-11-23`.
        option: Which was asked for it.

    Raises:
        AnswerInvalid: Not a date, or of another century.
    """
    if typed is None:
        return dt.date.today()  # noqa: DTZ011 - the pharmacy's own calendar day
    date = raw_date(typed)
    if date is None or not _FIRST_ISSUE <= date <= _LAST_ISSUE:
        what = f"{typed!r} is not a date from {_FIRST_ISSUE} to {_LAST_ISSUE}, such as 2026-11-23"
        raise AnswerInvalid([Problem(option, what)])
    return date


def order_from_file(
    order_file: str, formulary: Formulary, dispensing: str | None = None, approval: str | None = None
) -> Order:
    """Return the order in a file, with the lots and dates, or the approval, of other ones in place of its own.

    Raises:
        OrderUnreadable: A file cannot be read.
        OrderInvalid: It says something that is not allowed.
    """
    raw = load_order_file(Path(order_file))
    tables, source = load_in_place(order_file, dispensing, approval)
    return read_order(raw | tables, formulary, source)


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
