"""What a model of the body's level says of occupancy on each day. For reading only: it never chooses a dose."""

import numpy as np

from stripgen.domain.formulary import CurveShape, Drug
from stripgen.domain.plan import Prediction
from stripgen.domain.quantity import MICROGRAMS_PER_MG
from stripgen.planning.curves import FloatArray, IntArray, occupancy_of

_HOURS_A_DAY = 24.0
_LEAST = 0.01  # one point
_MOST_DAYS_AFTER = 3660


def predict(
    doses_ug: IntArray, start_mg: float, curve: CurveShape | None, drug: Drug | None, *, n_kept: int, stops: bool
) -> Prediction | None:
    """Return the occupancy predicted from the longest active half-life; None without a curve or a half-life.

    One compartment: each day the effective dose moves from that of the day before towards the day's dose by the share
    `1 − 2^(−24 h / half-life)`; before day 1 it is the start dose (steady state). Occupancy is the curve's at the
    effective dose. The half-life is the middle of the published range.

    Args:
        doses_ug: Of all days, shape (n_days,), whole micrograms.
        start_mg: The dose taken before day 1.
        curve: The drug's curve.
        drug: With its half-life and that of an active metabolite.
        n_kept: How many of the days are kept from an earlier version: their drops are past and do not count.
        stops: Whether nothing is taken after the last day.

    Source:
        Accumulation with repeated dosing in one compartment: Rowland and Tozer, Clinical Pharmacokinetics and
        Pharmacodynamics, 4th edition, chapter 11.
    """
    longest = drug.longest_half_life if drug else None
    if curve is None or longest is None:
        return None
    moiety, (low, high) = longest
    half_life_h = float(low + high) / 2
    stays = 2.0 ** (-_HOURS_A_DAY / half_life_h)
    effective = _accumulate(doses_ug / MICROGRAMS_PER_MG, start_mg, stays)
    after = _after(float(effective[-1]), stays, curve) if stops else ()
    occupancies = occupancy_of(effective, curve)
    through = np.array([float(occupancy_of(start_mg, curve)), *occupancies, *after])
    return Prediction(
        half_life_h=half_life_h,
        moiety=moiety,
        span_h=(low, high),
        occupancies=tuple(float(value) for value in occupancies),
        after=after,
        max_drop_points=100 * float(np.max((through[:-1] - through[1:])[n_kept:])),
    )


def _accumulate(doses_mg: FloatArray, start_mg: float, stays: float) -> FloatArray:
    effective, level = np.empty_like(doses_mg), start_mg
    for index, dose_mg in enumerate(doses_mg):
        level = stays * level + (1 - stays) * float(dose_mg)
        effective[index] = level
    return effective


def _after(effective_mg: float, stays: float, curve: CurveShape) -> tuple[float, ...]:
    """Return the occupancy on the days after the last pouch, as long as it is above one point."""
    levels = occupancy_of(effective_mg * stays ** np.arange(1, _MOST_DAYS_AFTER + 1), curve)
    return tuple(float(value) for value in levels[levels > _LEAST])
