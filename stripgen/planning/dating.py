"""From a plan to its dates: until when each strip may be used, by label rules and lots; of all strips or of one."""

from collections.abc import Sequence
from dataclasses import replace

from stripgen.domain.beyond_use import BeyondUseLimit
from stripgen.domain.plan import Plan, Strip
from stripgen.errors import AnswerInvalid, Problem
from stripgen.planning.beyond_use import beyond_use_of
from stripgen.planning.counting import total_of
from stripgen.planning.findings import date_findings


def date_plan(plan: Plan, limits: Sequence[BeyondUseLimit] = (), strip: int | None = None) -> Plan:
    """Return a plan with the beyond-use date of each strip, and the findings that follow.

    Args:
        plan: All of it. What it says of doses, findings of them included, stays as it is.
        limits: How long pouches and what is in them may be used, by the label rules of its papers.
        strip: The number of the only strip to make: totals and dates are then its own, all else the whole plan's.

    Raises:
        AnswerInvalid: There is no such strip, or it was made with an earlier version.
    """
    whole = replace(plan, limits=tuple(limits), strips=tuple(_dated(each, plan, limits) for each in plan.strips))
    if strip is None:
        return replace(whole, findings=date_findings(whole))
    chosen = next((each for each in whole.strips_to_make if each.number == strip), None)
    if chosen is None:
        raise AnswerInvalid([Problem("--strip", _no_such_strip(strip, plan))])
    one = replace(whole, only_strip=strip, totals=total_of([chosen]))
    return replace(one, findings=date_findings(one))


def _dated(strip: Strip, plan: Plan, limits: Sequence[BeyondUseLimit]) -> Strip:
    if strip.kept:
        return strip  # its labels were printed with an earlier version
    return replace(strip, beyond_use=beyond_use_of(strip, plan.order, limits, plan.order.dispensing.made_on))


def _no_such_strip(strip: int, plan: Plan) -> str:
    numbers = ", ".join(str(each.number) for each in plan.strips_to_make)
    kept = any(each.number == strip for each in plan.strips)
    why = "was made with an earlier version of the plan" if kept else "is no strip of this plan"
    return f"{strip} {why}; one of {numbers}"
