"""What a person must see before sign-off. Each rule is a function from the plan to findings; `RULES` is the list."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from stripgen.domain.formulary import Drug
from stripgen.domain.order import Compounding, Order, UnitStrength
from stripgen.domain.plan import Finding, Plan, count_units
from stripgen.domain.quantity import FINEST_MG, plain
from stripgen.errors import NotForDispensing, PlanBlocked, Problem
from stripgen.planning.achievable import MOST_STRENGTHS
from stripgen.planning.sequences import try_compounding

LARGE_DROP_POINTS = 5.0
STEEP_STOP_RATIO = 3.0
MANY_UNITS = 6
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
        made = sorted({unit.strength_mg for unit in plan.totals.units} - set(drug.strengths_mg))
        if made:
            strengths = "is not a licensed strength" if len(made) == 1 else "are not licensed strengths"
            yield Finding(
                f"{kind.replace('-', '_')}_divided",
                "block",
                f"{drug.name} exists only as a {kind} product, and {_list_mg(made)} {strengths}: "
                "it could only come from dividing or opening that product",
            )
        else:
            yield Finding(
                f"{kind.replace('-', '_')}_product",
                "warn",
                f"{drug.name} exists only as a {kind} product: every unit must stay whole",
            )
    elif drug.modified_release_exists:
        yield Finding(
            "modified_release_product",
            "warn",
            f"{drug.name} also exists as a modified-release product, which must not be divided, crushed or opened: "
            "check the starting material",
        )


def _list_mg(amounts: list[Decimal]) -> str:
    shown = ", ".join(plain(amount) for amount in amounts[:3])
    return f"{shown} mg" if len(amounts) <= 3 else f"{shown} … {plain(amounts[-1])} mg ({len(amounts)} strengths)"  # noqa: PLR2004 - three are shown


def _beyond_use_date_too_early(plan: Plan) -> Iterator[Finding]:
    limit = plan.order.dispensing.beyond_use_date
    if limit and limit < plan.order.last_date:
        late = sum(day.date > limit for day in plan.days)
        yield Finding(
            "beyond_use_date_too_early",
            "block",
            f"{_counted(late, 'pouch is', 'pouches are')} to be taken after the beyond-use date {limit}; "
            f"the last is for {plan.order.last_date}",
        )


def _extrapolated(plan: Plan) -> Iterator[Finding]:
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
    quality = plan.quality
    if quality.max_drop_points > LARGE_DROP_POINTS:
        when = "the stop" if quality.max_drop_day > len(plan.days) else f"day {quality.max_drop_day}"
        yield Finding(
            "large_drop",
            "warn",
            f"the largest drop is {quality.max_drop_points:.2f} points, on {when}; "
            f"the warning level is {LARGE_DROP_POINTS:g} points",
        )


def _steep_stop(plan: Plan) -> Iterator[Finding]:
    stop = plan.quality.stop_drop_points
    mean = plan.quality.mean_drop_points
    if stop is None or stop <= STEEP_STOP_RATIO * mean:
        return
    last_mg = plain(plan.days[-1].dose_mg)
    yield Finding(
        "steep_stop",
        "warn",
        f"stopping from {last_mg} mg falls {stop:.2f} points, {stop / mean:.1f} × the mean drop of {mean:.2f}; "
        f"{_gentler_stop(plan)}",
    )


def _gentler_stop(plan: Plan) -> str:
    """Return which smallest unit, the largest of a 1-2-5 series, would bring the stop under the limit, and to what."""
    if len(plan.order.compounding.unit or ()) == MOST_STRENGTHS:
        return f"no further strength can be added to {MOST_STRENGTHS}"
    for unit_mg in _one_two_five_below(_smallest_unit_mg(plan)):
        compounding = _with_unit(plan.order, unit_mg)
        if compounding is None:
            continue
        quality = try_compounding(plan.order.taper, compounding, plan.curve).quality
        stop = quality.stop_drop_points or 0.0
        if stop <= STEEP_STOP_RATIO * quality.mean_drop_points:
            return f"with a smallest unit of {plain(unit_mg)} mg it would be {stop:.2f}"
    return f"no smallest unit of {plain(FINEST_MG)} mg or more would bring it to {STEEP_STOP_RATIO:g} × or less"


def _smallest_unit_mg(plan: Plan) -> Decimal:
    compounding = plan.order.compounding
    return compounding.increment_mg or min(unit.strength_mg for unit in compounding.unit or ())


def _one_two_five_below(limit_mg: Decimal) -> list[Decimal]:
    series = [Decimal(digit).scaleb(power) for power in range(3, -4, -1) for digit in (5, 2, 1)]
    return [amount for amount in series if FINEST_MG <= amount < limit_mg]


def _with_unit(order: Order, unit_mg: Decimal) -> Compounding | None:
    """Return what could be made with a smaller unit; None where the start or end dose could not be."""
    compounding, taper = order.compounding, order.taper
    if compounding.increment_mg is not None:
        divides = not taper.start_dose_mg % unit_mg and not taper.end_dose_mg % unit_mg
        return Compounding(increment_mg=unit_mg) if divides else None
    units = compounding.unit or ()
    return compounding.model_copy(update={"unit": (*units, UnitStrength(strength_mg=unit_mg))})


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _no_better_than_linear(plan: Plan) -> Iterator[Finding]:
    own, linear = plan.quality.max_drop_points, plan.linear.quality.max_drop_points
    if own > linear - _SAME_DROP_POINTS:
        yield Finding(
            "no_better_than_linear",
            "note",
            f"the largest drop, {own:.2f} points, is no smaller than a linear taper's, {linear:.2f}",
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
    counts = [count_units(day.units) for day in plan.days]
    n_days = sum(count > MANY_UNITS for count in counts)
    if n_days:
        yield Finding(
            "many_units",
            "warn",
            f"{_counted(n_days, 'pouch holds', 'pouches hold')} more than {MANY_UNITS} units (most: {max(counts)})",
        )


def _stuck_at_the_end(plan: Plan) -> Iterator[Finding]:
    last_mg = plan.days[-1].dose_mg
    n_days = sum(day.dose_mg == last_mg for day in plan.days)  # doses never rise, so equal ones stand together
    if n_days > LONG_STRETCH_DAYS:
        yield Finding(
            "stuck_at_the_end",
            "warn",
            f"the last {n_days} pouches all hold {plain(last_mg)} mg; more than {LONG_STRETCH_DAYS} days on one dose",
        )


def _dates(plan: Plan) -> Iterator[Finding]:
    start, approval = plan.order.taper.start_date, plan.order.approval
    if start < plan.issued_on:
        yield Finding("start_in_past", "warn", f"the taper starts on {start}, before these papers of {plan.issued_on}")
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
    match plan.curve.grade:
        case "B":
            yield Finding("curve_grade", "note", "curve of grade B: a second-hand transcription of a published fit")
        case "C":
            yield Finding("curve_grade", "note", "curve of grade C: derived from published points, not a published fit")
        case "own":
            yield Finding("own_curve", "warn", "the order brought its own curve; stripgen has not checked its source")


def _long_half_life(plan: Plan) -> Iterator[Finding]:
    drug = plan.drug
    if drug is None or drug.half_life_h is None:
        return
    name, (low, high) = drug.name, drug.half_life_h
    if drug.metabolite and drug.metabolite.half_life_h[1] > high:
        name, (low, high) = drug.metabolite.name, drug.metabolite.half_life_h
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
    _steep_stop,
    _large_drop,
    _extrapolated,
    _stuck_at_the_end,
    _many_units,
    _no_better_than_linear,
    _age,
    _dates,
    _approved_by_another,
    _curve_quality,
    _long_half_life,
    _not_known,
)
