"""What a person must see before sign-off. Each rule is a function from the plan to findings; `RULES` is the list."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from stripgen.domain.formulary import Drug, name_own
from stripgen.domain.plan import Finding, Plan, count_units, name_drop_day
from stripgen.domain.wording import Saying, Value, say_later
from stripgen.planning.approving import (
    approval_of_another_plan,
    approval_of_the_order_alone,
    is_approved_by_another,
)
from stripgen.planning.date_findings import DATE_CODES, DATE_RULES
from stripgen.planning.remedies import describe_gentler_stop, quality_with_doses

LARGE_DROP_POINTS = 5.0
STEEP_STOP_RATIO = 3.0
MANY_UNITS = 6
MANY_DOSES, FEWER_DOSES = 40, 16
FEWEST_SYRINGE_STEPS = 5
MODIFIED_RELEASE = "modified-release "
DISAGREEMENT_POINTS = 1.0
LONG_STRETCH_DAYS = 14
LONG_HALF_LIFE_H = 48
ADULT_YEARS, OLD_YEARS = 18, 100
_SAME_DROP_POINTS = 0.005  # as both are printed
_OVERRIDE_UNUSED = "override_unused"
FACTS = ("atc", "minimum_effective_mg", "maximum_daily_mg", "half_life_h", "strengths_mg")
_SHOWN_STRENGTHS = 3


def find_findings(plan: Plan) -> tuple[Finding, ...]:
    """Return what is found of a plan's doses and order, in the order of the rules; `date_findings` ranks them."""
    return tuple(finding for rule in RULES for finding in rule(plan))


def date_findings(plan: Plan) -> tuple[Finding, ...]:
    """Return the findings of a dated plan: those of its doses, which it has, and those of its lots and dates anew.

    Blocking ones come first, then warnings, then notes. An override in the order is attached to the block it names; one
    that names no block is itself a finding.

    Args:
        plan: Where it is of one strip only, that strip's lots and dates are what counts.
    """
    found = [finding for finding in plan.findings if finding.code not in {*DATE_CODES, _OVERRIDE_UNUSED}]
    found += [finding for rule in DATE_RULES for finding in rule(plan)]
    blocks = {finding.code for finding in found if finding.severity == "block"}
    overrides = {override.finding: override for override in plan.order.override}
    found = [replace(f, override=overrides.get(f.code)) if f.severity == "block" else f for f in found]
    found += [
        Finding(_OVERRIDE_UNUSED, "warn", say_later("finding.override_unused", name=name))
        for name in overrides
        if name not in blocks
    ]
    return tuple(sorted(found, key=lambda finding: ("block", "warn", "note").index(finding.severity)))


def _above_maximum_dose(plan: Plan) -> Iterator[Finding]:
    start_mg, drug = plan.order.taper.start_dose_mg, plan.drug
    if drug is None or drug.maximum_daily_mg is None or start_mg <= drug.maximum_daily_mg:
        return
    amounts = {"start": start_mg, "most": drug.maximum_daily_mg}
    if drug.maximum_note:
        told = say_later("finding.above_maximum_dose_noted", drug=drug.name, note=drug.maximum_note, **amounts)
    else:
        told = say_later("finding.above_maximum_dose", drug=drug.name, **amounts)
    yield Finding("above_maximum_dose", "block", told)


def _product_must_stay_whole(plan: Plan) -> Iterator[Finding]:
    drug = plan.drug
    if drug is None:
        return
    if drug.modified_release_only or drug.gastro_resistant:
        kind = "modified_release" if drug.modified_release_only else "gastro_resistant"
        how = _name_divided(plan, drug)
        if how:
            yield Finding(f"{kind}_divided", "block", say_later(f"finding.{kind}_divided", drug=drug.name, how=how))
        else:
            yield Finding(f"{kind}_product", "warn", say_later(f"finding.{kind}_product", drug=drug.name))
    elif drug.modified_release_exists and not _all_flagged(plan):
        yield Finding("modified_release_product", "warn", say_later("finding.modified_release_exists", drug=drug.name))


def _name_divided(plan: Plan, drug: Drug) -> Saying | None:
    """Return how a product that must stay whole would be divided; None where it stays whole.

    A half of one licensed strength may be as large as another, and is a divided unit all the same.
    """
    made = sorted({unit.amount_mg for unit in plan.totals.units} - set(drug.strengths_mg))
    if len(made) == 1:
        return say_later("finding.not_a_licensed_strength", strength=made[0])
    if made:
        return say_later("finding.not_licensed_strengths", strengths=_list_strengths(made))
    divided = sorted({unit.strength_mg for unit in plan.totals.units if unit.divided_into > 1})
    return say_later("finding.units_divided", strengths=_list_strengths(divided)) if divided else None


def _all_flagged(plan: Plan) -> bool:
    """Return whether every unit is declared a modified-release one, so that none will be divided unawares."""
    units = plan.order.compounding.unit
    return units is not None and all(unit.modified_release for unit in units)


def _list_strengths(strengths_mg: list[Decimal]) -> Saying:
    listed = tuple(say_later("finding.strength", strength=mg) for mg in strengths_mg[:_SHOWN_STRENGTHS])
    if len(strengths_mg) <= _SHOWN_STRENGTHS:
        return say_later("finding.strengths", listed=listed)
    return say_later("finding.many_strengths", listed=listed, last=strengths_mg[-1], n=len(strengths_mg))


def _extrapolated(plan: Plan) -> Iterator[Finding]:
    if plan.curve is None:
        return
    studied = plan.curve.studied_mg
    if studied is None:
        told = say_later("finding.studied_range_not_known", curve=name_own(plan.curve.id))
        yield Finding("studied_range_not_known", "note", told)
        return
    low, high = studied
    outside = [day.dose_mg for day in plan.days if not low <= day.dose_mg <= high]
    if not outside:
        return
    is_below = min(outside) < low
    told = say_later(
        "finding.extrapolated_below" if is_below else "finding.extrapolated_above",
        outside=len(outside),
        days=len(plan.days),
        low=low,
        high=high,
        dose=min(outside) if is_below else max(outside),
    )
    yield Finding("extrapolated", "warn", told)


def _large_drop(plan: Plan) -> Iterator[Finding]:
    """Yield the largest drop where it is large; where a steep stop is told already, the largest before it."""
    told_stop = _is_steep_stop(plan)
    n_days = len(plan.days)
    drop, day = plan.quality.max_drop_points, plan.quality.max_drop_day
    if drop is not None and told_stop and day > n_days:
        drop, day = max(
            ((each.drop_points, each.day) for each in plan.days_to_make if each.drop_points is not None),
            key=lambda found: (found[0], -found[1]),
        )
    if drop is None or drop <= LARGE_DROP_POINTS:
        return
    before_the_stop = told_stop and plan.quality.max_drop_day > n_days
    told = say_later(
        "finding.large_drop_before_the_stop" if before_the_stop else "finding.large_drop",
        drop=drop,
        when=name_drop_day(day, n_days),
        level=Decimal(LARGE_DROP_POINTS),
    )
    yield Finding("large_drop", "warn", told)


def _is_steep_stop(plan: Plan) -> bool:
    stop, mean = plan.quality.stop_drop_points, plan.quality.mean_drop_points
    return stop is not None and mean is not None and stop > STEEP_STOP_RATIO * mean


def _steep_stop(plan: Plan) -> Iterator[Finding]:
    stop, mean = plan.quality.stop_drop_points, plan.quality.mean_drop_points
    if stop is None or mean is None or not _is_steep_stop(plan):
        return
    n_days = _days_on_last_dose(plan)
    values: dict[str, Value] = {
        "dose": plan.days[-1].dose_mg,
        "drop": stop,
        "ratio": stop / mean,
        "remedy": describe_gentler_stop(plan, STEEP_STOP_RATIO),
    }
    if n_days > LONG_STRETCH_DAYS:
        told = say_later("finding.steep_stop_after", days=n_days, **values)
    else:
        told = say_later("finding.steep_stop", **values)
    yield Finding("steep_stop", "warn", told)


def _no_better_than_linear(plan: Plan) -> Iterator[Finding]:
    """Yield where the largest drop is as large as a linear taper's; a plan that only holds has none to compare."""
    own, linear = plan.quality.max_drop_points, plan.linear.quality.max_drop_points
    if plan.strategy == "occupancy" and own and linear is not None and own > linear - _SAME_DROP_POINTS:
        limited = plan.order.taper.is_limited
        phrase = "finding.no_better_than_free_linear" if limited else "finding.no_better_than_linear"
        yield Finding("no_better_than_linear", "note", say_later(phrase, own=own, linear=linear))


def _rises(plan: Plan) -> Iterator[Finding]:
    before_mg = plan.order.taper.start_dose_mg
    for day in plan.days:
        if day.rises:
            told = say_later("finding.dose_rises", day=day.day, date=day.date, before=before_mg, after=day.dose_mg)
            yield Finding("dose_rises", "warn", told)
        before_mg = day.dose_mg


def _cost_of_limits(plan: Plan) -> Iterator[Finding]:
    if not plan.order.taper.is_limited or plan.order.amendment is not None or plan.strategy != "occupancy":
        return
    own, free = plan.quality, plan.alternative("occupancy")
    told = say_later(
        "finding.cost_of_limits",
        doses=plan.totals.different_doses,
        drop=_known(own.max_drop_points),
        error=_known(own.rms_error_points),
        free_doses=free.different_doses,
        free_drop=_known(free.quality.max_drop_points),
        free_error=_known(free.quality.rms_error_points),
    )
    yield Finding("cost_of_limits", "note", told)


def _known(points: float | None) -> float:
    """Return points of a plan with a curve, which are always known."""
    if points is None:
        raise ValueError("a plan in equal occupancy steps has no points")
    return points


def _many_doses(plan: Plan) -> Iterator[Finding]:
    """Yield what fewer preparations would cost, where there are many and the order does not limit them."""
    n_doses, order = plan.totals.different_doses, plan.order
    made_singly = order.compounding.increment_mg is not None
    if n_doses <= MANY_DOSES or not made_singly or order.taper.is_limited or order.amendment is not None:
        return
    fewer = quality_with_doses(plan, FEWER_DOSES)
    if fewer is not None and fewer.max_drop_points is not None:
        told = say_later(
            "finding.many_doses",
            doses=n_doses,
            fewer=FEWER_DOSES,
            drop=fewer.max_drop_points,
            own=_known(plan.quality.max_drop_points),
        )
        yield Finding("many_doses", "note", told)


def _divided_units(plan: Plan) -> Iterator[Finding]:
    n_pouches = sum(any(unit.divided_into > 1 for unit in day.units) for day in plan.days_to_make)
    if n_pouches:
        yield Finding("divided_units", "note", say_later("finding.divided_units", pouches=n_pouches))


def _mixed_release(plan: Plan) -> Iterator[Finding]:
    """Yield where some units release slowly and others at once: a dose is then not the same on every day."""
    slow = [unit for unit in plan.totals.units if unit.form.startswith(MODIFIED_RELEASE)]
    if not slow or len(slow) == len(plan.totals.units):
        return
    n_mixed = sum(len({unit.form.startswith(MODIFIED_RELEASE) for unit in day.units}) > 1 for day in plan.days_to_make)
    if n_mixed:
        told = say_later("finding.mixed_release_together", pouches=n_mixed)
    else:
        told = say_later("finding.mixed_release")
    yield Finding("mixed_release", "warn", told)


def _small_volumes(plan: Plan) -> Iterator[Finding]:
    solution = plan.order.compounding.solution
    if solution is None:
        return
    least_ml = FEWEST_SYRINGE_STEPS * solution.syringe_step_ml
    n_days = sum(day.volume_ml is not None and day.volume_ml < least_ml for day in plan.days_to_make)
    if n_days:
        told = say_later("finding.small_volumes", pouches=n_days, steps=FEWEST_SYRINGE_STEPS, least=least_ml)
        yield Finding("small_volumes", "warn", told)


def _ends_above_zero(plan: Plan) -> Iterator[Finding]:
    if plan.stop is None:
        told = say_later("finding.ends_above_zero", date=plan.last_date, dose=plan.final_dose_mg)
        yield Finding("ends_above_zero", "note", told)


def _curves_disagree(plan: Plan) -> Iterator[Finding]:
    sensitivity, own = plan.sensitivity, plan.quality.max_drop_points
    if sensitivity is None or own is None or sensitivity.basis != "published curves":
        return
    worst = sensitivity.worst
    if worst.max_drop_points > max(own + DISAGREEMENT_POINTS, LARGE_DROP_POINTS):
        when = name_drop_day(worst.max_drop_day, len(plan.days))
        told = say_later("finding.curves_disagree", curve=worst.curve, drop=worst.max_drop_points, when=when)
        yield Finding("curves_disagree", "warn", told)


def _no_curve(plan: Plan) -> Iterator[Finding]:
    if plan.curve is None:
        yield Finding("no_curve", "warn", say_later("finding.no_curve", drug=plan.order.medication.drug))
    elif plan.strategy != "occupancy":
        drop = _known(plan.alternative("occupancy").quality.max_drop_points)
        yield Finding("strategy_in_mg", "note", say_later(f"finding.{plan.strategy}_steps_in_mg", drop=drop))


def _age(plan: Plan) -> Iterator[Finding]:
    born, start = plan.order.patient.birth_date, plan.order.taper.start_date
    if born is None:
        return
    years = start.year - born.year - ((start.month, start.day) < (born.month, born.day))
    if not ADULT_YEARS <= years <= OLD_YEARS:
        yield Finding("age_unusual", "warn", say_later("finding.age_unusual", years=years))


def _many_units(plan: Plan) -> Iterator[Finding]:
    counts = [count_units(day.units) for day in plan.days_to_make]
    n_days = sum(count > MANY_UNITS for count in counts)
    if n_days:
        told = say_later("finding.many_units", pouches=n_days, units=MANY_UNITS, most=max(counts))
        yield Finding("many_units", "warn", told)


def _days_on_last_dose(plan: Plan) -> int:
    """Return how many of the last pouches hold the last dose, without being asked to by a hold."""
    last_mg, n_days = plan.days[-1].dose_mg, 0
    for day in reversed(plan.days):
        if day.dose_mg != last_mg or day.held:
            break
        n_days += 1
    return n_days


def _stuck_at_the_end(plan: Plan) -> Iterator[Finding]:
    """Yield a long last stretch, unless the finding on a steep stop says it already."""
    last_mg, n_days = plan.days[-1].dose_mg, _days_on_last_dose(plan)
    if n_days > LONG_STRETCH_DAYS and not _is_steep_stop(plan):
        told = say_later("finding.stuck_at_the_end", pouches=n_days, dose=last_mg, days=LONG_STRETCH_DAYS)
        yield Finding("stuck_at_the_end", "warn", told)


def _dates(plan: Plan) -> Iterator[Finding]:
    start, approval = plan.days_to_make[0].date, plan.order.approval
    if start < plan.issued_on:
        amended = plan.order.amendment is not None
        phrase = "finding.amendment_starts_in_past" if amended else "finding.taper_starts_in_past"
        yield Finding("start_in_past", "warn", say_later(phrase, start=start, issued=plan.issued_on))
    if approval and approval.approved_on > plan.issued_on:
        told = say_later("finding.approval_in_future", approved=approval.approved_on, issued=plan.issued_on)
        yield Finding("approval_in_future", "block", told)


def _approved_by_another(plan: Plan) -> Iterator[Finding]:
    approval = plan.order.approval
    if approval and is_approved_by_another(plan.order, approval):
        yield Finding("approved_by_another", "warn", say_later("finding.approved_by_another"))


def _curve_quality(plan: Plan) -> Iterator[Finding]:
    match plan.curve and plan.curve.grade:
        case "B":
            yield Finding("curve_grade", "note", say_later("finding.curve_of_grade_b"))
        case "C":
            yield Finding("curve_grade", "note", say_later("finding.curve_of_grade_c"))
        case "own":
            yield Finding("own_curve", "warn", say_later("finding.own_curve"))


def _long_half_life(plan: Plan) -> Iterator[Finding]:
    longest = plan.drug.longest_half_life if plan.drug else None
    if longest is None:
        return
    name, (low, high) = longest
    if high > LONG_HALF_LIFE_H:
        hours = say_later("models.hours", low=low)
        if low != high:
            hours = say_later("models.hours_span", low=low, high=high)
        yield Finding("long_half_life", "note", say_later("finding.long_half_life", moiety=name, hours=hours))


def _not_known(plan: Plan) -> Iterator[Finding]:
    if plan.drug is None:
        told = say_later("finding.drug_not_in_formulary", drug=plan.order.medication.drug)
        yield Finding("drug_not_in_formulary", "warn", told)
    elif missing := tuple(say_later(f"fact.{fact}") for fact in FACTS if fact in plan.drug.unconfirmed):
        yield Finding(
            "facts_not_known", "note", say_later("finding.facts_not_known", drug=plan.drug.name, facts=missing)
        )


RULES: tuple[Callable[[Plan], Iterator[Finding]], ...] = (
    _above_maximum_dose,
    _product_must_stay_whole,
    _rises,
    _no_curve,
    _steep_stop,
    _large_drop,
    _extrapolated,
    _curves_disagree,
    _stuck_at_the_end,
    _many_units,
    _divided_units,
    _mixed_release,
    _small_volumes,
    _ends_above_zero,
    _cost_of_limits,
    _many_doses,
    _no_better_than_linear,
    _age,
    _dates,
    approval_of_another_plan,
    approval_of_the_order_alone,
    _approved_by_another,
    _curve_quality,
    _long_half_life,
    _not_known,
)
