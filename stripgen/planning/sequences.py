"""The daily doses of a taper: equal steps asked for, achievable doses given."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from stripgen.domain.formulary import CurveShape
from stripgen.domain.order import Compounding, Taper
from stripgen.domain.plan import Quality
from stripgen.domain.quantity import MICROGRAMS_PER_MG, micrograms
from stripgen.planning.achievable import Achievable, find_achievable
from stripgen.planning.curves import FloatArray, IntArray, occupancy_of
from stripgen.planning.rounding import nearest_in_occupancy
from stripgen.planning.steps import count_steps, equal_steps


@dataclass(frozen=True, slots=True)
class Sequence:
    """Daily doses and their occupancy. All arrays have shape (n_days,).

    Attributes:
        doses_ug: Whole micrograms, never rising.
        targets: Occupancy asked for, fractions.
        occupancies: Occupancy given, fractions.
        drops: Fall from the day before (day 1: from the start dose), fractions; one more entry for a stop.
        quality: The figures a reader compares.
    """

    doses_ug: IntArray
    targets: FloatArray
    occupancies: FloatArray
    drops: FloatArray
    quality: Quality


def plan_sequence(
    taper: Taper,
    achievable: Achievable,
    curve: CurveShape,
    strategy: Literal["occupancy", "linear"] = "occupancy",
) -> Sequence:
    """Return the achievable doses nearest in occupancy to equal steps.

    Args:
        taper: Start, end and days; start and an end above 0 are achievable.
        achievable: The doses that can be made, at least up to the start dose.
        curve: The drug's curve.
        strategy: Equal steps in occupancy, or (for comparison) equal steps in mg.
    """
    stops = taper.end_dose_mg == 0
    start_mg, end_mg = float(taper.start_dose_mg), float(taper.end_dose_mg)
    start, end = (float(occupancy_of(dose, curve)) for dose in (start_mg, end_mg))
    if strategy == "occupancy":
        targets = equal_steps(start, end, taper.days, taper.first_day, stops=stops)
    else:
        targets = occupancy_of(equal_steps(start_mg, end_mg, taper.days, taper.first_day, stops=stops), curve)
    doses_ug = _between(achievable.doses_ug, taper)
    occupancies = occupancy_of(doses_ug / MICROGRAMS_PER_MG, curve)
    chosen = nearest_in_occupancy(targets, occupancies)
    if not stops:
        chosen[-1] = 0  # the end dose itself, also where the curve is flat and a higher dose is as near
    given = occupancies[chosen]
    through = np.concatenate([[start], given, [0.0] if stops else []])
    falls = through[:-1] - through[1:]
    quality = _measure(targets, given, falls, taper, fall=start - end)
    return Sequence(doses_ug[chosen], targets, given, falls, quality)


def try_compounding(taper: Taper, compounding: Compounding, curve: CurveShape) -> Sequence:
    """Return the sequence that another way to make the pouches would give; start and end must be achievable by it."""
    return plan_sequence(taper, find_achievable(compounding, micrograms(taper.start_dose_mg)), curve)


def _between(doses_ug: IntArray, taper: Taper) -> IntArray:
    least = max(micrograms(taper.end_dose_mg), 1)  # no pouch is empty
    return doses_ug[(doses_ug >= least) & (doses_ug <= micrograms(taper.start_dose_mg))]


def _measure(targets: FloatArray, given: FloatArray, drops: FloatArray, taper: Taper, *, fall: float) -> Quality:
    stops = taper.end_dose_mg == Decimal(0)
    steepest = int(np.argmax(drops))
    return Quality(
        rms_error_points=100 * float(np.sqrt(np.mean((given - targets) ** 2))),
        mean_drop_points=100 * fall / count_steps(taper.days, taper.first_day, stops=stops),
        max_drop_points=100 * float(drops[steepest]),
        max_drop_day=steepest + 1,
        stop_drop_points=100 * float(drops[-1]) if stops else None,
    )
