"""What the options of `stripgen amend` ask for: the change, and who approved it."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stripgen.answers.values import Kind, raw_value
from stripgen.domain.amendment import Change
from stripgen.domain.fields import shown
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.errors import AnswerInvalid, OrderInvalid, Problem
from stripgen.planning.amending import Request
from stripgen.planning.intake import read_order

_CHANGES: dict[str, Change] = {
    "hold": "hold",
    "back_to_day": "back",
    "stretch_to": "stretch",
    "faster_to": "faster",
    "stop_at_mg": "stop_at",
}


def amendment_request(typed: Mapping[str, str | None]) -> Request:
    """Return what the options of `stripgen amend` ask for.

    Raises:
        AnswerInvalid: Not exactly one change is asked for, or a value is not of its kind; all problems at once.
    """
    asked = [name for name in _CHANGES if typed.get(name) is not None]
    problems = []
    if len(asked) != 1:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in _CHANGES)
        found = "none is given" if not asked else f"{len(asked)} are given"
        problems.append(Problem("", f"of {names} {found}; give one"))
    values = {}
    for name in ("from_day", *asked):
        kind: Kind = "number" if name == "stop_at_mg" else "count"
        values[name] = raw_value(kind, typed.get(name) or "")
        if isinstance(values[name], str):
            words = "a number of mg, such as 5" if kind == "number" else "a whole number"
            problems.append(Problem(f"--{name.replace('_', '-')}", f"{shown(values[name])} is not {words}"))
    reason = (typed.get("reason") or "").strip()
    if not reason:
        problems.append(Problem("--reason", "is empty; say why, for the papers"))
    if problems:
        raise AnswerInvalid(problems, "command line")
    return Request(values["from_day"], _CHANGES[asked[0]], Decimal(values[asked[0]]), reason)


def approve_order(
    order: Order,
    typed: Mapping[str, str | None],
    formulary: Formulary,
    amended_on: dt.date,
    tables: Mapping[str, Any],
) -> Order:
    """Return the order with the approval that options give, or without one where none does; checked as any order.

    Lots and dates were of the pouches made before, so they are blank unless given anew.

    Args:
        order: Of the amended plan.
        typed: By option.
        formulary: To check the order with.
        amended_on: When the plan that is amended was issued: nobody approved its amendment before.
        tables: Of the new pouches: `dispensing` and `batch`, or `approval`, as files give them; empty where none does.

    Raises:
        AnswerInvalid: There is an approval twice.
        OrderInvalid: The approval, or a text of the amendment, is not allowed.
    """
    given = {key: typed[key] or "" for key in _APPROVAL_OPTIONS if typed.get(key)}
    if given and "approval" in tables:
        what = "excludes --approved-by and the two with it; give one or the other"
        raise AnswerInvalid([Problem("--approval", what)])
    raw = order.model_dump(by_alias=True, exclude_defaults=True, exclude={"dispensing", "batch"})
    kept = order.dispensing.model_dump(include=_OF_ANY_POUCHES, exclude_none=True)
    raw |= {**tables, "dispensing": kept | tables.get("dispensing", {})}
    if given:
        raw["approval"] = {key: raw_value(kind, given[key]) for key, kind in _APPROVAL_OPTIONS.items() if key in given}
    approved = _read_named(raw, formulary, _OPTION_OF if given else {})
    approval = approved.approval
    if approval and approval.approved_on < amended_on:
        what = f"{approval.approved_on} is before the plan that is amended was issued; a date from {amended_on} on"
        raise OrderInvalid([Problem("--approved-on" if given else "approval.approved_on", what)], "command line")
    return approved


def _read_named(raw: Mapping[str, Any], formulary: Formulary, option_of: Mapping[str, str]) -> Order:
    """Return the order; what is wrong with it is named by the option that said it, where one did."""
    try:
        return read_order(raw, formulary, "command line")
    except OrderInvalid as error:
        named = [Problem(option_of.get(problem.where, problem.where), problem.what) for problem in error.problems]
        raise OrderInvalid(named, "command line") from error


# What is as true of the pouches made anew as of those before.
_OF_ANY_POUCHES = {"storage", "ingredients", "code"}
_APPROVAL_OPTIONS: dict[str, Kind] = {"approved_by": "text", "approved_on": "date", "reference": "text"}
_OPTION_OF = {
    "approval.approved_by": "--approved-by",
    "approval.approved_on": "--approved-on",
    "approval.reference": "--reference",
    "amendment.reason": "--reason",
}
