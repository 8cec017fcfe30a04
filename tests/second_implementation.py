"""The plan of a taper computed a second time: slowly, obviously, from design.md sections 3 and 4 alone.

Nothing here comes from stripgen. Where the Hill exponent is 1 every number is an exact fraction, so that not even a
rounding error is shared; other exponents need `math.pow`.
"""

import datetime as dt
import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

Number = Fraction | float
# Strength of a whole unit in mg, form, count, and 2 or 4 for halves or quarters; largest strength and part first.
Composition = tuple[tuple[Fraction, str, int, int], ...]
Consumption = tuple[tuple[Fraction, str, int, Fraction], ...]  # strength, form, whole units, what is left of the last


@dataclass(frozen=True)
class CurveNumbers:
    """The numbers of `occ(D) = emax · D^h / (D^h + ed50^h)`."""

    emax_percent: Decimal
    ed50_mg: Decimal
    hill: Decimal


@dataclass(frozen=True)
class SecondDay:
    """A pouch. Occupancies are fractions of 1, the drop is in points."""

    day: int
    date: dt.date
    strip: int
    pouch: int
    dose_mg: Fraction
    target: Number
    occupancy: Number
    drop_points: float
    units: Composition
    held: bool


@dataclass(frozen=True)
class SecondPlan:
    """What the first implementation must have come to as well. Without a curve, occupancy is the share of the start."""

    days: list[SecondDay]
    strip_totals_mg: list[Fraction]
    strip_units: list[Composition]
    strip_consumption: list[Consumption]
    consumption: Consumption
    stop_date: dt.date | None
    stop_drop_points: float | None
    total_mg: Fraction
    total_units: Composition
    n_strips: int
    n_different_doses: int
    rms_error_points: float
    mean_drop_points: float
    max_drop_points: float
    max_drop_mg: Fraction
    linear_doses_mg: list[Fraction]
    linear_targets: list[Number]


@dataclass(frozen=True)
class Stretch:
    """A phase: from which dose to which in how many days; a hold stays where it is."""

    start_mg: Fraction
    end_mg: Fraction
    n_days: int
    held: bool
    first_day: str


def plan_again(raw: Mapping[str, Any], curve: CurveNumbers | None) -> SecondPlan:
    """Return the plan of a raw order that is known to be valid; `curve` is None for a drug without one."""
    taper = raw["taper"]
    start = Fraction(taper["start_dose_mg"])
    compositions = every_composition(raw["compounding"], start)
    stretches = stretches_of(taper)
    end = stretches[-1].end_mg
    n_days = sum(stretch.n_days for stretch in stretches)

    def level(dose_mg: Number) -> Number:
        return occupancy(dose_mg, curve) if curve else Fraction(dose_mg) / start

    in_mg = taper.get("strategy", "occupancy") == "linear"
    chosen, targets = follow(stretches, sorted(compositions, reverse=True), level, in_mg=in_mg)
    linear, linear_targets = follow(stretches, sorted(compositions, reverse=True), level, in_mg=True)

    held = [stretch.held for stretch in stretches for _ in range(stretch.n_days)]
    days = lay_out(chosen, targets, held, compositions, taper, level)
    strips = [[day for day in days if day.strip == number] for number in sorted({day.strip for day in days})]
    drops = [day.drop_points for day in days]
    through_mg = [start, *chosen]
    if end == 0:
        drops.append(100 * float(days[-1].occupancy))
        through_mg.append(Fraction(0))
    errors = [100 * float(day.occupancy - day.target) for day in days]
    steps = sum(n_falls(s.n_days, s.first_day, stops=s.end_mg == 0) for s in stretches if not s.held)
    return SecondPlan(
        days=days,
        strip_totals_mg=[sum((day.dose_mg for day in strip), Fraction(0)) for strip in strips],
        strip_units=[added_up(strip) for strip in strips],
        strip_consumption=[used_up(days, strip[0].day, strip[-1].day) for strip in strips],
        consumption=used_up(days, 1, len(days)),
        stop_date=taper["start_date"] + dt.timedelta(days=n_days) if end == 0 else None,
        stop_drop_points=drops[-1] if end == 0 else None,
        total_mg=sum(chosen, Fraction(0)),
        total_units=added_up(days),
        n_strips=len(strips),
        n_different_doses=len(set(chosen)),
        rms_error_points=math.sqrt(math.fsum(error * error for error in errors) / n_days),
        mean_drop_points=100 * float(level(start) - level(end)) / max(steps, 1),
        max_drop_points=max(drops),
        max_drop_mg=max(before - after for before, after in itertools.pairwise(through_mg)),
        linear_doses_mg=linear,
        linear_targets=linear_targets,
    )


def stretches_of(taper: Mapping[str, Any]) -> list[Stretch]:
    """Return the phases; the first one may begin with the start dose, later ones go on from the day before."""
    phases = taper.get("phase") or [{"kind": "reduce", "to_mg": taper["end_dose_mg"], "days": taper["days"]}]
    stretches: list[Stretch] = []
    reached, first_day = Fraction(taper["start_dose_mg"]), taper.get("first_day", "start")
    for phase in phases:
        after = reached if phase["kind"] == "hold" else Fraction(phase["to_mg"])
        stretches.append(Stretch(reached, after, phase["days"], phase["kind"] == "hold", first_day))
        reached, first_day = after, "reduced"
    return stretches


def follow(
    stretches: Sequence[Stretch], doses: Sequence[Fraction], level: Callable[[Number], Number], *, in_mg: bool
) -> tuple[list[Fraction], list[Number]]:
    """Return the dose of each day and the level it was to have, phase by phase.

    Args:
        stretches: The phases.
        doses: All that can be made, highest first.
        level: Of a dose: its occupancy, or its share of the start dose.
        in_mg: Whether the steps are equal in mg instead of in that level.
    """
    chosen: list[Fraction] = []
    targets: list[Number] = []
    for stretch in stretches:
        ends, n_days, stops = (stretch.start_mg, stretch.end_mg), stretch.n_days, stretch.end_mg == 0
        if stretch.held:
            chosen += n_days * [stretch.start_mg]
            targets += n_days * [level(stretch.start_mg)]
            continue
        if in_mg:
            asked = [level(mg) for mg in equal_steps(*ends, n_days, stretch.first_day, stops=stops)]
        else:
            asked = equal_steps(level(ends[0]), level(ends[1]), n_days, stretch.first_day, stops=stops)
        between = [dose for dose in doses if stretch.end_mg <= dose <= stretch.start_mg]
        of_phase = [between[nearest] for nearest in nearest_of_each(asked, [level(dose) for dose in between])]
        if not stops:  # "day n is B", also on a flat stretch of the curve, where a higher dose is as near
            of_phase[-1] = stretch.end_mg
        chosen += of_phase
        targets += asked
    return chosen, targets


def occupancy(dose_mg: Number, curve: CurveNumbers) -> Number:
    """Return the fraction of the target occupied, never above 1; exact where the Hill exponent is 1."""
    if dose_mg == 0:
        return Fraction(0)
    if curve.hill == 1:
        dose = Fraction(dose_mg)
        return min(Fraction(curve.emax_percent) / 100 * dose / (dose + Fraction(curve.ed50_mg)), Fraction(1))
    power = math.pow(dose_mg, curve.hill)
    return min(float(curve.emax_percent) / 100 * power / (power + math.pow(curve.ed50_mg, curve.hill)), 1.0)


def equal_steps(a: Number, b: Number, n: int, first_day: str, *, stops: bool) -> list[Number]:
    """Return the four cells of the table in design.md, t = 1..n."""
    days = range(1, n + 1)
    if first_day == "start" and not stops:
        return [a - Fraction(t - 1, n - 1) * (a - b) for t in days]
    if first_day == "start" and stops:
        return [a - Fraction(t - 1, n) * a for t in days]
    if first_day == "reduced" and not stops:
        return [a - Fraction(t, n) * (a - b) for t in days]
    if first_day == "reduced" and stops:
        return [a - Fraction(t, n + 1) * a for t in days]
    raise AssertionError(first_day)


def n_falls(n: int, first_day: str, *, stops: bool) -> int:
    """Return the number of equal steps of each cell."""
    return {("start", False): n - 1, ("start", True): n, ("reduced", False): n, ("reduced", True): n + 1}[
        first_day, stops
    ]


@dataclass(frozen=True)
class Piece:
    """What may go into a pouch: a whole unit, a half or a quarter; `kind` counts the strengths, largest first."""

    kind: int
    divided_into: int
    amount_ug: int


def every_composition(compounding: Mapping[str, Any], most_mg: Fraction) -> dict[Fraction, Composition]:
    """Return every dose above 0 and up to `most_mg` that can be made, and of which units."""
    if "increment_mg" in compounding:
        step = Fraction(compounding["increment_mg"])
        return {n * step: ((n * step, "capsule", 1, 1),) for n in range(1, int(most_mg / step) + 1)}
    if "solution" in compounding:
        step = Fraction(compounding["solution"]["mg_per_ml"]) * Fraction(compounding["solution"]["syringe_step_ml"])
        return {n * step: ((n * step, "oral syringe", 1, 1),) for n in range(1, int(most_mg / step) + 1)}
    made = sorted(compounding["unit"], key=lambda unit: -unit["strength_mg"])
    pieces = [
        Piece(kind, part, int(1000 * unit["strength_mg"]) // part)
        for kind, unit in enumerate(made)
        for part in (1, 2, 4)
        if part <= unit.get("divisible_into", 1)
    ]
    best: dict[int, tuple[tuple[object, ...], Counter[Piece]]] = {}
    for n_units in range(1, compounding.get("max_units_per_pouch", 6) + 1):
        for pouch in itertools.combinations_with_replacement(pieces, n_units):
            dose_ug = sum(piece.amount_ug for piece in pouch)
            if dose_ug <= 1000 * most_mg and may_stand_together(pouch, made):
                merit = merit_of(pouch, len(made))
                if dose_ug not in best or merit < best[dose_ug][0]:
                    best[dose_ug] = (merit, Counter(pouch))
    return {
        Fraction(dose_ug, 1000): tuple(
            (
                Fraction(made[piece.kind]["strength_mg"]),
                form_of(made[piece.kind]),
                pouch[piece],
                piece.divided_into,
            )
            for piece in pieces
            if pouch[piece]
        )
        for dose_ug, (_, pouch) in best.items()
    }


def form_of(unit: Mapping[str, Any]) -> str:
    """Return what a unit is called wherever it is named."""
    form: str = unit.get("form", "capsule")
    return f"modified-release {form}" if unit.get("modified_release") else form


def may_stand_together(pouch: Sequence[Piece], made: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether no strength is there too often, and no modified-release unit beside a divided one."""
    used = Counter(piece.kind for piece in pouch)
    if any(count > made[kind].get("max_per_pouch", count) for kind, count in used.items()):
        return False
    modified = any(made[kind].get("modified_release", False) for kind in used)
    return not (modified and any(piece.divided_into > 1 for piece in pouch))


def merit_of(pouch: Sequence[Piece], n_kinds: int) -> tuple[object, ...]:
    """Return what is least for the best pouch of a dose.

    Fewest units, fewest divided ones, fewest different strengths, then as much as possible of the larger strengths.
    """
    amounts = [0] * n_kinds
    for piece in pouch:
        amounts[piece.kind] -= piece.amount_ug
    n_divided = sum(piece.divided_into > 1 for piece in pouch)
    return len(pouch), n_divided, sum(amount < 0 for amount in amounts), tuple(amounts)


def nearest_of_each(targets: Sequence[Number], occupancies: Sequence[Number]) -> list[int]:
    """Return for each target the index of the nearest occupancy; of equally near ones the first, the highest dose.

    Every target is compared with every occupancy. Fractions are first put over one common denominator, because whole
    numbers compare exactly too, and faster.
    """
    scaled = on_one_scale([*targets, *occupancies])
    scaled_targets, scaled_occupancies = scaled[: len(targets)], scaled[len(targets) :]
    nearest = []
    for target in scaled_targets:
        gaps = [abs(given - target) for given in scaled_occupancies]
        nearest.append(gaps.index(min(gaps)))
    return nearest


def on_one_scale(numbers: Sequence[Number]) -> list[int] | list[float]:
    """Return fractions as multiples of their common smallest part; leave them as they are where one is a float."""
    fractions = [number for number in numbers if isinstance(number, Fraction)]
    if len(fractions) < len(numbers):
        return [float(number) for number in numbers]
    scale = math.lcm(*(fraction.denominator for fraction in fractions))
    return [fraction.numerator * (scale // fraction.denominator) for fraction in fractions]


def lay_out(
    doses: Sequence[Fraction],
    targets: Sequence[Number],
    held: Sequence[bool],
    compositions: Mapping[Fraction, Composition],
    taper: Mapping[str, Any],
    level: Callable[[Number], Number],
) -> list[SecondDay]:
    """Return the pouches with their dates and places on the strips."""
    days: list[SecondDay] = []
    date, strip, pouch = taper["start_date"], 1, 1
    before = level(Fraction(taper["start_dose_mg"]))
    for dose, target, holds in zip(doses, targets, held, strict=True):
        given, units, number = level(dose), compositions[dose], len(days) + 1
        drop_points = 100 * float(before - given)
        days.append(SecondDay(number, date, strip, pouch, dose, target, given, drop_points, units, holds))
        date, before = date + dt.timedelta(days=1), given
        pouch += 1
        if pouch > taper.get("days_per_strip", 28):
            strip, pouch = strip + 1, 1
    return days


def added_up(days: Sequence[SecondDay]) -> Composition:
    """Return the units of some days, largest strength first, whole ones before halves and quarters."""
    counts: Counter[tuple[Fraction, str, int]] = Counter()
    for day in days:
        for strength, form, count, part in day.units:
            counts[strength, form, part] += count
    largest_first = sorted(counts, key=lambda made: (-made[0], made[2]))
    return tuple((strength, form, counts[strength, form, part], part) for strength, form, part in largest_first)


def used_up(days: Sequence[SecondDay], first: int, last: int) -> Consumption:
    """Return the whole units that days `first` to `last` take when all from day 1 on take left-overs first.

    As left-overs are used first, all days up to some day take their pieces together, rounded up to whole units.
    """
    told = []
    for strength, form in sorted({unit[:2] for day in days[first - 1 : last] for unit in day.units}, reverse=True):
        before, after = (
            sum(
                (
                    Fraction(unit[2], unit[3])
                    for day in days[:n_days]
                    for unit in day.units
                    if unit[:2] == (strength, form)
                ),
                Fraction(0),
            )
            for n_days in (first - 1, last)
        )
        told.append((strength, form, math.ceil(after) - math.ceil(before), math.ceil(after) - after))
    return tuple(told)
