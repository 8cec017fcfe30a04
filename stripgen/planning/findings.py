"""What a person must see before sign-off. Each rule is a function from the plan to findings; `RULES` is the list."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from stripgen.domain.formulary import Drug
from stripgen.domain.plan import Finding, Plan, count_units
from stripgen.domain.quantity import plain
from stripgen.errors import NotForDispensing, PlanBlocked, Problem
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
_FACT_WORDS = {
    "atc": "ATC code",
    "minimum_effective_mg": "minimum effective dose",
    "maximum_daily_mg": "maximum daily dose",
    "half_life_h": "half-life",
    "strengths_mg": "licensed strengths",
}


def find_findings(plan: Plan) -> tuple[Finding, ...]:
    """Return the findings of a plan: blocking ones first, then warnings, then notes.

    An override in the order is attached to the block it names; one that names no block is itself a finding.
    """
    found = [finding for rule in RULES for finding in rule(plan)]
    blocks = {finding.code for finding in found if finding.severity == "block"}
    overrides = {override.finding: override for override in plan.order.override}
    found = [replace(f, override=overrides.get(f.code)) if f.severity == "block" else f for f in found]
    found += [
        Finding("override_unused", "warn", f"the order overrides {name!r}, but no block of that name was found")
        for name in overrides
        if name not in blocks
    ]
    return tuple(sorted(found, key=lambda finding: ("block", "warn", "note").index(finding.severity)))


def refuse_blocked(plan: Plan) -> None:
    """Stop if a blocking finding stands that the order does not override.

    Raises:
        PlanBlocked: With every such finding, and how an order can override it.
    """
    problems = [
        Problem(
            finding.code,
            f"{finding.message}; change the order, or add [[override]] with finding = '{finding.code}', reason and by",
        )
        for finding in plan.findings
        if finding.stops
    ]
    if problems:
        raise PlanBlocked(problems, f"plan {plan.plan_id} is blocked")


def refuse_draft(plan: Plan) -> None:
    """Stop if nobody has approved the order.

    Raises:
        NotForDispensing: The plan is a draft.
    """
    if plan.is_draft:
        what = "is missing, so the plan is a draft, not for dispensing; add the table when the prescriber has approved"
        raise NotForDispensing([Problem("approval", what)], f"plan {plan.plan_id}")


def _above_maximum_dose(plan: Plan) -> Iterator[Finding]:
    start_mg = plan.order.taper.start_dose_mg
    if plan.drug and plan.drug.maximum_daily_mg and start_mg > plan.drug.maximum_daily_mg:
        note = f" ({plan.drug.maximum_note})" if plan.drug.maximum_note else ""
        yield Finding(
            "above_maximum_dose",
            "block",
            f"the start dose of {plain(start_mg)} mg is above the maximum of {plain(plan.drug.maximum_daily_mg)} mg "
            f"a day for {plan.drug.name}{note}",
        )


def _product_must_stay_whole(plan: Plan) -> Iterator[Finding]:
    drug = plan.drug
    if drug is None:
        return
    if drug.modified_release_only or drug.gastro_resistant:
        kind = "modified-release" if drug.modified_release_only else "gastro-resistant"
        how = _divided_how(plan, drug)
        if how:
            yield Finding(
                f"{kind.replace('-', '_')}_divided",
                "block",
                f"{drug.name} exists only as a {kind} product, and {how}",
            )
        else:
            yield Finding(
                f"{kind.replace('-', '_')}_product",
                "warn",
                f"{drug.name} exists only as a {kind} product: every unit must stay whole",
            )
    elif drug.modified_release_exists and not _all_flagged(plan):
        yield Finding(
            "modified_release_product",
            "warn",
            f"{drug.name} also exists as a modified-release product, which must not be divided, crushed or opened: "
            "check the starting material",
        )


def _divided_how(plan: Plan, drug: Drug) -> str:
    """Return how a product that must stay whole would be divided; nothing where it stays whole.

    A half of one licensed strength may be as large as another, and is a divided unit all the same.
    """
    made = sorted({unit.amount_mg for unit in plan.totals.units} - set(drug.strengths_mg))
    if made:
        strengths = "is not a licensed strength" if len(made) == 1 else "are not licensed strengths"
        return f"{_list_mg(made)} {strengths}: it could only come from dividing or opening that product"
    divided = sorted({unit.strength_mg for unit in plan.totals.units if unit.divided_into > 1})
    return f"units of {_list_mg(divided)} would be divided: every unit must stay whole" if divided else ""


def _all_flagged(plan: Plan) -> bool:
    """Return whether every unit is declared a modified-release one, so that none will be divided unawares."""
    units = plan.order.compounding.unit
    return units is not None and all(unit.modified_release for unit in units)


def _list_mg(amounts: list[Decimal]) -> str:
    shown = ", ".join(plain(amount) for amount in amounts[:3])
    return f"{shown} mg" if len(amounts) <= 3 else f"{shown} … {plain(amounts[-1])} mg ({len(amounts)} strengths)"  # noqa: PLR2004 - three are shown


def _beyond_use_date_too_early(plan: Plan) -> Iterator[Finding]:
    limit = plan.order.dispensing.beyond_use_date
    if limit and limit < plan.last_date:
        late = sum(day.date > limit for day in plan.days)
        yield Finding(
            "beyond_use_date_too_early",
            "block",
            f"{_counted(late, 'pouch is', 'pouches are')} to be taken after the beyond-use date {limit}; "
            f"the last is for {plan.last_date}",
        )


def _extrapolated(plan: Plan) -> Iterator[Finding]:
    if plan.curve is None:
        return
    studied = plan.curve.studied_mg
    if studied is None:
        yield Finding(
            "studied_range_not_known", "note", f"the dose range studied for curve {plan.curve.id} is not known"
        )
        return
    low, high = studied
    outside = [day.dose_mg for day in plan.days if not low <= day.dose_mg <= high]
    if outside:
        days = f"{len(outside)} of {_counted(len(plan.days), 'day is', 'days are')}"
        yield Finding(
            "extrapolated",
            "warn",
            f"{days} outside the {plain(low)} to {plain(high)} mg studied for this curve "
            f"({_furthest(outside, low)}): the occupancy there is extrapolated",
        )


def _furthest(outside: list[Decimal], low: Decimal) -> str:
    return f"lowest dose {plain(min(outside))} mg" if min(outside) < low else f"highest dose {plain(max(outside))} mg"


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
    which = (
        "the largest drop before the stop" if told_stop and plan.quality.max_drop_day > n_days else "the largest drop"
    )
    yield Finding(
        "large_drop",
        "warn",
        f"{which} is {drop:.2f} points, {_name_drop_day(day, plan)}; the warning level is {LARGE_DROP_POINTS:g} points",
    )


def _name_drop_day(day: int, plan: Plan) -> str:
    return "at the stop" if day > len(plan.days) else f"on day {day}"


def _is_steep_stop(plan: Plan) -> bool:
    stop, mean = plan.quality.stop_drop_points, plan.quality.mean_drop_points
    return stop is not None and mean is not None and stop > STEEP_STOP_RATIO * mean


def _steep_stop(plan: Plan) -> Iterator[Finding]:
    stop, mean = plan.quality.stop_drop_points, plan.quality.mean_drop_points
    if stop is None or mean is None or not _is_steep_stop(plan):
        return
    n_days = _days_on_last_dose(plan)
    stuck = f", after {n_days} days on that dose" if n_days > LONG_STRETCH_DAYS else ""
    yield Finding(
        "steep_stop",
        "warn",
        f"stopping from {plain(plan.days[-1].dose_mg)} mg falls {stop:.2f} points, {stop / mean:.1f} × the mean day"
        f"{stuck}; {describe_gentler_stop(plan, STEEP_STOP_RATIO)}",
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _no_better_than_linear(plan: Plan) -> Iterator[Finding]:
    """Yield where the largest drop is as large as a linear taper's; a plan that only holds has none to compare."""
    own, linear = plan.quality.max_drop_points, plan.linear.quality.max_drop_points
    if plan.strategy == "occupancy" and own and linear is not None and own > linear - _SAME_DROP_POINTS:
        free = " without the limits" if plan.order.taper.is_limited else ""
        yield Finding(
            "no_better_than_linear",
            "note",
            f"the largest drop, {own:.2f} points, is no smaller than a linear taper's{free}, {linear:.2f}",
        )


def _rises(plan: Plan) -> Iterator[Finding]:
    before_mg = plan.order.taper.start_dose_mg
    for day in plan.days:
        if day.rises:
            yield Finding(
                "dose_rises",
                "warn",
                f"on day {day.day} ({day.date}) the dose rises from {plain(before_mg)} to {plain(day.dose_mg)} mg, "
                "as the amendment asks; from there it goes down again",
            )
        before_mg = day.dose_mg


def _cost_of_limits(plan: Plan) -> Iterator[Finding]:
    if not plan.order.taper.is_limited or plan.order.amendment is not None or plan.strategy != "occupancy":
        return
    own, free = plan.quality, plan.alternative("occupancy")
    yield Finding(
        "cost_of_limits",
        "note",
        f"with the limits: {_counted(plan.totals.different_doses, 'different dose', 'different doses')}, largest drop "
        f"{own.max_drop_points:.2f} points, error {own.rms_error_points:.2f}; without them: {free.different_doses}, "
        f"{free.quality.max_drop_points:.2f} and {free.quality.rms_error_points:.2f}",
    )


def _many_doses(plan: Plan) -> Iterator[Finding]:
    """Yield what fewer preparations would cost, where there are many and the order does not limit them."""
    n_doses, order = plan.totals.different_doses, plan.order
    made_singly = order.compounding.increment_mg is not None
    if n_doses <= MANY_DOSES or not made_singly or order.taper.is_limited or order.amendment is not None:
        return
    fewer = quality_with_doses(plan, FEWER_DOSES)
    if fewer is not None and fewer.max_drop_points is not None:
        yield Finding(
            "many_doses",
            "note",
            f"{n_doses} different doses are to be made; with max_different_doses = {FEWER_DOSES} the largest drop "
            f"would be {fewer.max_drop_points:.2f} points instead of {plan.quality.max_drop_points:.2f} "
            "(stripgen options shows more)",
        )


def _divided_units(plan: Plan) -> Iterator[Finding]:
    n_pouches = sum(any(unit.divided_into > 1 for unit in day.units) for day in plan.days_to_make)
    if n_pouches:
        yield Finding(
            "divided_units",
            "note",
            f"{_counted(n_pouches, 'pouch holds', 'pouches hold')} halves or quarters: divided units are less exact "
            "than whole ones; check that the product may be divided and how long a piece keeps",
        )


def _mixed_release(plan: Plan) -> Iterator[Finding]:
    """Yield where some units release slowly and others at once: a dose is then not the same on every day."""
    slow = [unit for unit in plan.totals.units if unit.form.startswith(MODIFIED_RELEASE)]
    if not slow or len(slow) == len(plan.totals.units):
        return
    n_mixed = sum(len({unit.form.startswith(MODIFIED_RELEASE) for unit in day.units}) > 1 for day in plan.days_to_make)
    together = f"{_counted(n_mixed, 'pouch holds', 'pouches hold')} both" if n_mixed else "no pouch holds both"
    yield Finding(
        "mixed_release",
        "warn",
        f"some days' units are modified-release ones and others' are not, so how fast a dose acts changes; {together}",
    )


def _small_volumes(plan: Plan) -> Iterator[Finding]:
    solution = plan.order.compounding.solution
    if solution is None:
        return
    least_ml = FEWEST_SYRINGE_STEPS * solution.syringe_step_ml
    n_days = sum(day.volume_ml is not None and day.volume_ml < least_ml for day in plan.days_to_make)
    if n_days:
        yield Finding(
            "small_volumes",
            "warn",
            f"{_counted(n_days, 'pouch holds', 'pouches hold')} fewer than {FEWEST_SYRINGE_STEPS} steps of the syringe "
            f"(under {plain(least_ml)} mL): half a step more or less is over a tenth of the dose",
        )


def _ends_above_zero(plan: Plan) -> Iterator[Finding]:
    if plan.stop is None:
        yield Finding(
            "ends_above_zero",
            "note",
            f"the last pouch is for {plan.last_date}, with {plain(plan.final_dose_mg)} mg: what is taken from the day "
            "after is not part of the plan, and no pouch is made for it",
        )


def _curves_disagree(plan: Plan) -> Iterator[Finding]:
    sensitivity, own = plan.sensitivity, plan.quality.max_drop_points
    if sensitivity is None or own is None or sensitivity.basis != "published curves":
        return
    worst = sensitivity.worst
    if worst.max_drop_points > max(own + DISAGREEMENT_POINTS, LARGE_DROP_POINTS):
        when = _name_drop_day(worst.max_drop_day, plan)
        yield Finding(
            "curves_disagree",
            "warn",
            f"another published curve, {worst.curve}, puts the largest drop of these doses at "
            f"{worst.max_drop_points:.2f} points, {when}",
        )


def _no_curve(plan: Plan) -> Iterator[Finding]:
    if plan.curve is None:
        yield Finding(
            "no_curve",
            "warn",
            f"no curve is known for {plan.order.medication.drug}: the steps are in mg, and how much occupancy each "
            "takes is not known",
        )
    elif plan.strategy != "occupancy":
        yield Finding(
            "strategy_in_mg",
            "note",
            f"the order asks for {plan.strategy} steps in mg; equal steps in occupancy would have a largest drop of "
            f"{plan.alternative('occupancy').quality.max_drop_points:.2f} points",
        )


def _age(plan: Plan) -> Iterator[Finding]:
    born, start = plan.order.patient.birth_date, plan.order.taper.start_date
    if born is None:
        return
    years = start.year - born.year - ((start.month, start.day) < (born.month, born.day))
    if not ADULT_YEARS <= years <= OLD_YEARS:
        yield Finding(
            "age_unusual", "warn", f"the patient is {_counted(years, 'year', 'years')} old; the curves are of adults"
        )


def _many_units(plan: Plan) -> Iterator[Finding]:
    counts = [count_units(day.units) for day in plan.days_to_make]
    n_days = sum(count > MANY_UNITS for count in counts)
    if n_days:
        yield Finding(
            "many_units",
            "warn",
            f"{_counted(n_days, 'pouch holds', 'pouches hold')} more than {MANY_UNITS} units (most: {max(counts)})",
        )


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
        yield Finding(
            "stuck_at_the_end",
            "warn",
            f"the last {n_days} pouches all hold {plain(last_mg)} mg; more than {LONG_STRETCH_DAYS} days on one dose",
        )


def _dates(plan: Plan) -> Iterator[Finding]:
    start, approval = plan.days_to_make[0].date, plan.order.approval
    if start < plan.issued_on:
        what = "the amendment" if plan.order.amendment else "the taper"
        yield Finding("start_in_past", "warn", f"{what} starts on {start}, before these papers of {plan.issued_on}")
    if approval and approval.approved_on > plan.issued_on:
        yield Finding(
            "approval_in_future",
            "warn",
            f"the approval is dated {approval.approved_on}, after these papers of {plan.issued_on}",
        )


def _approved_by_another(plan: Plan) -> Iterator[Finding]:
    approval, prescriber = plan.order.approval, plan.order.prescriber.name
    if approval and prescriber and approval.approved_by != prescriber:
        yield Finding("approved_by_another", "warn", "the order was approved by another person than its prescriber")


def _curve_quality(plan: Plan) -> Iterator[Finding]:
    match plan.curve and plan.curve.grade:
        case "B":
            yield Finding("curve_grade", "note", "curve of grade B: a second-hand transcription of a published fit")
        case "C":
            yield Finding("curve_grade", "note", "curve of grade C: derived from published points, not a published fit")
        case "own":
            yield Finding("own_curve", "warn", "the order brought its own curve; stripgen has not checked its source")


def _long_half_life(plan: Plan) -> Iterator[Finding]:
    longest = plan.drug.longest_half_life if plan.drug else None
    if longest is None:
        return
    name, (low, high) = longest
    if high > LONG_HALF_LIFE_H:
        hours = f"{plain(low)} h" if low == high else f"{plain(low)} to {plain(high)} h"
        yield Finding(
            "long_half_life",
            "note",
            f"{name} has a half-life of {hours}: the body's level follows a change of dose only over days to weeks",
        )


def _not_known(plan: Plan) -> Iterator[Finding]:
    if plan.drug is None:
        yield Finding(
            "drug_not_in_formulary",
            "warn",
            f"{plan.order.medication.drug} is not in the formulary: maximum dose, product form and half-life unchecked",
        )
    elif missing := _missing_facts(plan.drug):
        yield Finding(
            "facts_not_known", "note", f"not confirmed for {plan.drug.name}, so not checked: {', '.join(missing)}"
        )


def _missing_facts(drug: Drug) -> list[str]:
    return [words for fact, words in _FACT_WORDS.items() if fact in drug.unconfirmed]


RULES: tuple[Callable[[Plan], Iterator[Finding]], ...] = (
    _above_maximum_dose,
    _product_must_stay_whole,
    _beyond_use_date_too_early,
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
    _approved_by_another,
    _curve_quality,
    _long_half_life,
    _not_known,
)
