"""What would help: the same taper planned again with smaller units, or with fewer different doses. Only to be told."""

from decimal import Decimal

from stripgen.domain.order import Compounding, Order, UnitStrength
from stripgen.domain.plan import Plan, Quality
from stripgen.domain.quantity import FINEST_MG
from stripgen.domain.wording import Saying, say_later
from stripgen.planning.achievable import MOST_STRENGTHS
from stripgen.planning.sequences import try_compounding

TRIES_UNDER_LIMITS = 3  # each is an optimum of its own
_SAME_POINTS = 0.005  # as both are printed
MOST_CELLS_TO_TRY = 500_000  # doses × days of each of them: a second or two


def describe_gentler_stop(plan: Plan, most_ratio: float) -> Saying:
    """Return which smaller unit, the largest of a 1-2-5 series, makes the stop gentle enough, and how large it then is.

    Args:
        plan: With a curve and a stop that is steeper.
        most_ratio: Largest stop allowed, in mean drops.
    """
    smaller_mg = _one_two_five_below(_smallest_unit_mg(plan.order.compounding))
    tried_mg = _few_enough(smaller_mg, plan) if plan.order.taper.is_limited else smaller_mg
    why_not = _why_not_computed(plan, smaller_mg, tried_mg)
    return why_not or _describe_best(tried_mg, plan, most_ratio)


def _why_not_computed(plan: Plan, smaller_mg: list[Decimal], tried_mg: list[Decimal]) -> Saying | None:
    taper, compounding = plan.order.taper, plan.order.compounding
    if plan.order.amendment is not None:
        return say_later("remedy.not_computed_amended")
    if taper.strategy == "proportional":
        return say_later("remedy.last_dose_decides")
    if len(compounding.unit or ()) == MOST_STRENGTHS:
        return say_later("remedy.no_more_strengths", strengths=MOST_STRENGTHS)
    if smaller_mg and not tried_mg:
        return say_later("remedy.not_computed_so_many")
    return None


def _describe_best(tried_mg: list[Decimal], plan: Plan, most_ratio: float) -> Saying:
    """Return the largest unit that makes the stop gentle enough, or else the one that makes it gentlest."""
    kind = "steps" if plan.order.compounding.solution else "units"
    within = "_within_limits" if plan.order.taper.is_limited else ""
    best: tuple[float, Decimal] | None = None
    for unit_mg in tried_mg:
        quality = _quality_with_unit(unit_mg, plan)
        if quality is None:
            continue
        stop, mean = quality.stop_drop_points or 0.0, quality.mean_drop_points or 0.0
        if stop <= most_ratio * mean:
            return say_later(f"remedy.enough_{kind}", unit=unit_mg, drop=stop)
        best = min(best or (stop, unit_mg), (stop, unit_mg))
    if best is None or best[0] >= (plan.quality.stop_drop_points or 0.0) - _SAME_POINTS:
        return say_later(f"remedy.none_{kind}{within}")
    ratio = Decimal(most_ratio)
    return say_later(f"remedy.gentlest_{kind}{within}", unit=best[1], drop=best[0], ratio=ratio)


def quality_with_doses(plan: Plan, most_doses: int) -> Quality | None:
    """Return how good the plan would be with at most so many different doses; None where that is not possible."""
    limited = plan.order.taper.model_copy(update={"max_different_doses": most_doses})
    sequence = try_compounding(limited, plan.order.compounding, plan.curve)
    return sequence.quality if sequence else None


def _smallest_unit_mg(compounding: Compounding) -> Decimal:
    return compounding.step_mg or min(unit.strength_mg / unit.divisible_into for unit in compounding.unit or ())


def _one_two_five_below(limit_mg: Decimal) -> list[Decimal]:
    series = [Decimal(digit).scaleb(power) for power in range(3, -4, -1) for digit in (5, 2, 1)]
    return [amount_mg for amount_mg in series if FINEST_MG <= amount_mg < limit_mg]


def _few_enough(units_mg: list[Decimal], plan: Plan) -> list[Decimal]:
    """Return those that can be tried within a second or two where the order sets limits."""
    finest_mg = plan.order.taper.start_dose_mg * len(plan.days) / MOST_CELLS_TO_TRY
    return [unit_mg for unit_mg in units_mg[:TRIES_UNDER_LIMITS] if unit_mg >= finest_mg]


def _quality_with_unit(unit_mg: Decimal, plan: Plan) -> Quality | None:
    compounding = _with_unit(plan.order, unit_mg)
    sequence = compounding and try_compounding(plan.order.taper, compounding, plan.curve)
    return sequence.quality if sequence else None


def _with_unit(order: Order, unit_mg: Decimal) -> Compounding | None:
    """Return what could be made with a smaller unit; None where a dose that the order names could not be."""
    compounding, taper = order.compounding, order.taper
    if compounding.step_mg is not None:
        named = (taper.start_dose_mg, taper.last_dose_mg, *(phase.to_mg for phase in taper.phases))
        return None if any(dose_mg % unit_mg for dose_mg in named if dose_mg) else Compounding(increment_mg=unit_mg)
    units = compounding.unit or ()
    if any(unit.strength_mg == unit_mg for unit in units):  # its half or quarter is the smallest there is
        return None
    return compounding.model_copy(update={"unit": (*units, UnitStrength(strength_mg=unit_mg))})
