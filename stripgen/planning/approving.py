"""Whether a plan is approved, what an approval says of it, and what differs where it is of another plan."""

import hashlib
import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from stripgen.domain.approval import Approval, ApprovedPlan
from stripgen.domain.json_form import to_json
from stripgen.domain.order import Order
from stripgen.domain.plan import Finding, Plan
from stripgen.domain.wording import Saying, say_later
from stripgen.errors import OrderInvalid, Problem
from stripgen.planning.identity import id_of

_AGAIN = "have the plan approved again with stripgen approve"


def is_approved(order: Order, plan_id: str) -> bool:
    """Return whether the order's plan is approved.

    An approval that names a plan is of that plan alone. One that names none is of whatever its order gives, unless the
    pharmacy asks for an approval of the plan itself.
    """
    approval = order.approval
    if approval is None:
        return False
    if approval.plan_id is None:
        return order.pharmacy.approval == "order"
    return approval.plan_id == plan_id


def is_approved_by_another(order: Order, approval: Approval) -> bool:
    """Return whether an approval is of another person than the prescriber whom the order names."""
    return order.prescriber.name is not None and approval.approved_by != order.prescriber.name


def describe_approved(plan: Plan, approval: Approval, paper: str) -> Approval:
    """Return an approval of exactly this plan, with what was approved, sealed.

    Args:
        plan: That is approved.
        approval: By whom, when, and where that can be looked up.
        paper: `sha256:…` of the file that was approved.
    """
    approved = ApprovedPlan(plan_hash=plan.plan_hash, paper=paper, seal=plan.plan_hash, **_figures(plan))
    whole = approval.model_copy(update={"plan_id": plan.plan_id, "plan": approved})
    return whole.model_copy(update={"plan": approved.model_copy(update={"seal": _seal_of(whole)})})


def _figures(plan: Plan) -> dict[str, object]:
    """Return what is told of a plan in its approval, as the model has it."""
    return {
        "drug": plan.order.medication.drug,
        "start_dose_mg": plan.order.taper.start_dose_mg,
        "end_dose_mg": plan.final_dose_mg,
        "days": len(plan.days),
        "start_date": plan.days[0].date,
        "strengths_mg": tuple(unit.strength_mg for unit in plan.order.compounding.unit or ()),
        "total_mg": plan.total_mg,
        "doses_mg": tuple(day.dose_mg for day in plan.days),
    }


def _seal_of(approval: Approval) -> str:
    content = to_json(approval.model_dump(exclude={"plan": {"seal"}}))
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def find_approval_problems(approval: Approval, unread: AbstractSet[str]) -> Iterator[Problem]:
    """Yield where what an approval says of its plan was changed after `stripgen approve` wrote it.

    Args:
        approval: What could be read.
        unread: Keys that could not be read; what follows from them is not told.
    """
    approved = approval.plan
    if approved is None or any(place.startswith("approval.") for place in unread):
        return
    if id_of(approved.plan_hash) != approval.plan_id:
        what = f"is that of plan {id_of(approved.plan_hash)}, not of approval.plan_id: one of the two was changed"
        yield Problem("approval.plan.plan_hash", f"{what}; {_AGAIN}")
    elif approved.seal != _seal_of(approval):
        yield Problem("approval.plan.seal", f"is not that of this approval: it was changed; {_AGAIN}")


def refuse_altered_approval(plan: Plan, source: str) -> None:
    """Stop where an approval names this plan, and says something else of it.

    Raises:
        OrderInvalid: With every figure that is not the plan's.
    """
    approval = plan.order.approval
    if approval is None or approval.plan is None or approval.plan_id != plan.plan_id:
        return
    figures = {"plan_hash": plan.plan_hash, **_figures(plan)}
    problems = [
        Problem(f"approval.plan.{name}", f"is not that of plan {plan.plan_id}, which it names; {_AGAIN}")
        for name, value in figures.items()
        if getattr(approval.plan, name) != value
    ]
    if problems:
        raise OrderInvalid(problems, source)


def approval_of_another_plan(plan: Plan) -> Iterator[Finding]:
    """Yield that what was approved is another plan, and what differs as far as it is known."""
    approval = plan.order.approval
    if approval is None or approval.plan_id in (None, plan.plan_id):
        return
    if approval.plan is None:
        differences = say_later("approved.only_id_known")
    else:
        listed = tuple(_find_differences(approval.plan, plan)) or (say_later("approved.other"),)
        differences = say_later("approved.differs", what=listed)
    told = say_later(
        "finding.approval_of_another_plan", approved=approval.plan_id or "", plan=plan.plan_id, differences=differences
    )
    yield Finding("approval_of_another_plan", "warn", told)


def approval_of_the_order_alone(plan: Plan) -> Iterator[Finding]:
    """Yield that the pharmacy asks for an approval of the plan itself, and there is one of the order only."""
    approval = plan.order.approval
    if approval is not None and approval.plan_id is None and plan.is_draft:
        told = say_later("finding.approval_of_the_order_alone", plan=plan.plan_id)
        yield Finding("approval_of_the_order_alone", "warn", told)


def _find_differences(approved: ApprovedPlan, plan: Plan) -> Iterator[Saying]:
    """Yield each thing that was approved otherwise: what it was, and what it is now."""
    now = ApprovedPlan(plan_hash=plan.plan_hash, paper=approved.paper, seal=approved.seal, **_figures(plan))
    for name in ("drug", "start_dose_mg", "end_dose_mg", "days", "start_date"):
        before, after = getattr(approved, name), getattr(now, name)
        if before != after:
            yield say_later(f"approved.{name}", before=before, after=after)
    if approved.strengths_mg != now.strengths_mg:
        yield say_later("approved.strengths_mg")
    days = [
        day
        for day, (before, after) in enumerate(zip(approved.doses_mg, now.doses_mg, strict=False), start=1)
        if before != after
    ]
    if len(days) == 1:
        only = days[0]
        before, after = approved.doses_mg[only - 1], now.doses_mg[only - 1]
        yield say_later("approved.dose", day=only, before=before, after=after)
    elif days:
        yield say_later("approved.doses", days=len(days), first=days[0], last=days[-1])
