"""From a plan that was kept as JSON back to the plan: its order is planned again, and must come to the same plan."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from stripgen import __version__
from stripgen.domain.fields import shown
from stripgen.domain.formulary import Formulary
from stripgen.domain.json_form import from_json
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan
from stripgen.errors import PlanFileInvalid, Problem
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper

_SAME_KEYS = ("plan_id", "plan_hash")


def reopen_plan(raw: Mapping[str, Any], formulary: Formulary, source: str) -> Plan:
    """Return the plan that a plan file says.

    Args:
        raw: The file's JSON; numbers in its order are strings.
        formulary: To plan its order with.
        source: The file's name, for messages.

    Raises:
        PlanFileInvalid: It is no plan file, was changed, or this version of stripgen plans its order otherwise.
        OrderInvalid: Its order is not valid.
    """
    missing = [key for key in ("order", "days", "issued_on", *_SAME_KEYS) if key not in raw]
    if missing or not isinstance(raw["order"], Mapping):
        what = f"has no {missing[0]}" if missing else "has an order that is not a table"
        raise PlanFileInvalid([Problem("", f"{what}; give what `stripgen plan ORDER --json` printed")], source)
    order = read_order(from_json(raw["order"], Order), formulary, source)
    plan = plan_taper(order, formulary, _issue_date(raw["issued_on"], source), source)
    problems = list(_find_differences(raw, plan))
    if problems:
        raise PlanFileInvalid(problems, source)
    return plan


def _issue_date(text: object, source: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        problem = Problem("issued_on", f"{shown(text)} is not a date, such as 2026-11-23")
        raise PlanFileInvalid([problem], source) from None


def _find_differences(raw: Mapping[str, Any], plan: Plan) -> Iterator[Problem]:
    made_by = raw.get("stripgen_version")
    if raw["plan_hash"] != plan.plan_hash or raw["plan_id"] != plan.plan_id:
        why = (
            "the file was changed"
            if made_by == __version__
            else f"the file was changed, or stripgen {__version__} plans otherwise than {shown(made_by)}, which made it"
        )
        yield Problem("plan_id", f"{shown(raw['plan_id'])} is not what its order comes to, {plan.plan_id}: {why}")
        return
    days = raw["days"]
    said = [_day_as_said(day) for day in days] if isinstance(days, list) else []
    if said != [(str(day.day), day.date.isoformat(), str(day.dose_mg)) for day in plan.days]:
        yield Problem("days", "are not the days of the plan: the file was changed")


def _day_as_said(day: object) -> tuple[str, ...]:
    if not isinstance(day, Mapping):
        return ()
    return tuple(str(day.get(key)) for key in ("day", "date", "dose_mg"))
