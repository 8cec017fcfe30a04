"""The plan of a taper computed a second time: slowly, obviously, from design.md sections 3 and 4 alone.

Nothing here comes from stripgen. Where the Hill exponent is 1 every number is an exact fraction, so that not even a
rounding error is shared; other exponents need `math.pow`.
"""

import datetime as dt
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

Number = Fraction | float
Composition = tuple[tuple[Fraction, str, int], ...]  # strength in mg, form, count; largest strength first


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


@dataclass(frozen=True)
class SecondPlan:
    """What the first implementation must have come to as well."""

    days: list[SecondDay]
    strip_totals_mg: list[Fraction]
    strip_units: list[Composition]
    stop_date: dt.date | None
    stop_drop_points: float | None
    total_mg: Fraction
    total_units: Composition
    n_strips: int
    n_different_doses: int
    rms_error_points: float
    mean_drop_points: float
    max_drop_points: float
    linear_doses_mg: list[Fraction]


def plan_again(raw: Mapping[str, Any], curve: CurveNumbers) -> SecondPlan:
    """Return the plan of a raw order that is known to be valid."""
    taper = raw["taper"]
    start, end = Fraction(taper["start_dose_mg"]), Fraction(taper["end_dose_mg"])
    n_days, first_day = taper["days"], taper.get("first_day", "start")
    compositions = {
        dose: units for dose, units in every_composition(raw["compounding"], start).items() if end <= dose <= start
    }
    doses = sorted(compositions, reverse=True)

    top, bottom = occupancy(start, curve), occupancy(end, curve)
    targets = equal_steps(top, bottom, n_days, first_day, stops=end == 0)
    occupancies = [occupancy(dose, curve) for dose in doses]
    chosen = [doses[nearest] for nearest in nearest_of_each(targets, occupancies)]
    linear_targets = [occupancy(mg, curve) for mg in equal_steps(start, end, n_days, first_day, stops=end == 0)]
    linear = [doses[nearest] for nearest in nearest_of_each(linear_targets, occupancies)]
    if end > 0:  # "day n is B", also on a flat stretch of the curve, where a higher dose is as near
        chosen[-1] = linear[-1] = end

    days = lay_out(chosen, targets, compositions, taper, curve)
    strips = [[day for day in days if day.strip == number] for number in sorted({day.strip for day in days})]
    drops = [day.drop_points for day in days]
    if end == 0:
        drops.append(100 * float(days[-1].occupancy))
    errors = [100 * float(day.occupancy - day.target) for day in days]
    return SecondPlan(
        days=days,
        strip_totals_mg=[sum((day.dose_mg for day in strip), Fraction(0)) for strip in strips],
        strip_units=[added_up(strip) for strip in strips],
        stop_date=taper["start_date"] + dt.timedelta(days=n_days) if end == 0 else None,
        stop_drop_points=drops[-1] if end == 0 else None,
        total_mg=sum(chosen, Fraction(0)),
        total_units=added_up(days),
        n_strips=len(strips),
        n_different_doses=len(set(chosen)),
        rms_error_points=math.sqrt(math.fsum(error * error for error in errors) / n_days),
        mean_drop_points=100 * float(top - bottom) / n_falls(n_days, first_day, stops=end == 0),
        max_drop_points=max(drops),
        linear_doses_mg=linear,
    )


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


def every_composition(compounding: Mapping[str, Any], most_mg: Fraction) -> dict[Fraction, Composition]:
    """Return every dose above 0 and up to `most_mg` that can be made, and of which units."""
    if "increment_mg" in compounding:
        step = Fraction(compounding["increment_mg"])
        return {n * step: ((n * step, "capsule", 1),) for n in range(1, int(most_mg / step) + 1)}
    made = [(int(1000 * unit["strength_mg"]), unit.get("form", "capsule")) for unit in compounding["unit"]]
    made.sort(reverse=True)
    best: dict[int, tuple[int, int, tuple[int, ...]]] = {}
    for n_units in range(1, compounding.get("max_units_per_pouch", 6) + 1):
        for pouch in itertools.combinations_with_replacement(range(len(made)), n_units):
            dose_ug = sum(made[kind][0] for kind in pouch)
            counts = [pouch.count(kind) for kind in range(len(made))]
            # fewest units, fewest different strengths, then the larger strengths first
            merit = (n_units, len(set(pouch)), tuple(-count for count in counts))
            if dose_ug <= 1000 * most_mg and (dose_ug not in best or merit < best[dose_ug]):
                best[dose_ug] = merit
    return {
        Fraction(dose_ug, 1000): tuple(
            (Fraction(strength_ug, 1000), form, -count)
            for (strength_ug, form), count in zip(made, merit[2], strict=True)
            if count
        )
        for dose_ug, merit in best.items()
    }


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
    compositions: Mapping[Fraction, Composition],
    taper: Mapping[str, Any],
    curve: CurveNumbers,
) -> list[SecondDay]:
    """Return the pouches with their dates and places on the strips."""
    days: list[SecondDay] = []
    date, strip, pouch = taper["start_date"], 1, 1
    before = occupancy(Fraction(taper["start_dose_mg"]), curve)
    for dose, target in zip(doses, targets, strict=True):
        given = occupancy(dose, curve)
        drop_points = 100 * float(before - given)
        days.append(SecondDay(len(days) + 1, date, strip, pouch, dose, target, given, drop_points, compositions[dose]))
        date, before = date + dt.timedelta(days=1), given
        pouch += 1
        if pouch > taper.get("days_per_strip", 28):
            strip, pouch = strip + 1, 1
    return days


def added_up(days: Sequence[SecondDay]) -> Composition:
    """Return the units of some days, largest strength first."""
    counts: Counter[tuple[Fraction, str]] = Counter()
    for day in days:
        for strength, form, count in day.units:
            counts[strength, form] += count
    return tuple((strength, form, counts[strength, form]) for strength, form in sorted(counts, reverse=True))
