"""Why documents are not made: in words, for whoever can change the order."""

from stripgen.domain.beyond_use import UNSURE_MARK
from stripgen.domain.plan import Plan
from stripgen.domain.series import Series
from stripgen.errors import NeverMade, NotForDispensing, PlanBlocked, Problem
from stripgen.rendering.profile_list import UNSURE
from stripgen.rendering.words import Words


def refuse_blocked(plan: Plan, words: Words) -> None:
    """Stop if a blocking finding stands that the order does not override.

    Raises:
        PlanBlocked: With every such finding, and how an order can override it.
    """
    problems = [
        Problem(finding.code, f"{_explain_unsure(words.tell(finding.told))}; {_remedy_of(finding.code, plan)}")
        for finding in plan.findings
        if finding.stops
    ]
    if problems:
        raise PlanBlocked(problems, f"plan {plan.plan_id} is blocked")


def _explain_unsure(told: str) -> str:
    return f"{told}; {UNSURE}" if UNSURE_MARK in told else told


def _remedy_of(code: str, plan: Plan) -> str:
    remedy = "change the order"
    if code == "made_too_early" and plan.only_strip is None:
        remedy = "make each strip on a day on which it may be made, with --strip N, change the order"
    elif code == "made_too_early":
        remedy = "make it on a day on which it may be made (dispensing.made_on), change the order"
    return f"{remedy}, or add [[override]] with finding = '{code}', reason and by"


def refuse_draft(plan: Plan) -> None:
    """Stop if nobody has approved the order.

    Raises:
        NotForDispensing: The plan is a draft.
    """
    if plan.is_draft:
        raise NotForDispensing([_why_draft(plan)], f"plan {plan.plan_id}")


def _why_draft(plan: Plan) -> Problem:
    approval = plan.order.approval
    if approval is None and plan.order.pharmacy.approval == "plan":
        what = "is missing, and the pharmacy has approval = 'plan', so the plan is a draft, not for dispensing"
        return Problem("approval", f"{what}; have its papers approved by `stripgen approve`, and give --approval FILE")
    if approval is None:
        what = "is missing, so the plan is a draft, not for dispensing; add the table when the prescriber has approved"
        return Problem("approval", what)
    if approval.plan_id is None:
        what = "is missing, and the pharmacy has approval = 'plan', so the plan is a draft, not for dispensing"
        return Problem("approval.plan_id", f"{what}; have this plan approved, and give --approval FILE")
    what = f"{approval.plan_id} is not this plan, so it is a draft, not for dispensing; have this one approved"
    return Problem("approval.plan_id", what)


def refuse_never_made(series: Series, source: str) -> None:
    """Stop if some strip may be made on no day.

    Raises:
        NeverMade: With the strips; shorter ones, fresher lots or fewer days for sending would help.
    """
    if series.never:
        strips = ", ".join(map(str, series.never))
        what = (
            f"strip {strips} may be made on no day: its last pouch is taken after its use-by date, or it must be sent "
            "before it may be made; fewer taper.days_per_strip, other lots, or fewer dispensing.days_to_send"
        )
        raise NeverMade([Problem("series", what)], source)
