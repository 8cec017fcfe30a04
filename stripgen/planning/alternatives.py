"""The same taper by other strategies, for a prescriber to compare; none of them chooses a dose."""

from decimal import Decimal

import numpy as np

from stripgen.domain.formulary import CurveShape
from stripgen.domain.order import Taper
from stripgen.domain.plan import Alternative, AlternativeName
from stripgen.domain.quantity import MICROGRAMS_PER_MG, micrograms, milligrams
from stripgen.planning.achievable import Achievable
from stripgen.planning.curves import FloatArray
from stripgen.planning.line import Kept, Line, draw_line
from stripgen.planning.sequences import Sequence, plan_freely
from stripgen.planning.steps import proportional_steps

_SHARES: dict[AlternativeName, float] = {"proportional_10": 0.10, "proportional_25": 0.25, "halving": 0.50}


def plan_alternatives(
    taper: Taper,
    n_days: int,
    achievable: Achievable,
    curve: CurveShape | None,
    order_taper: Taper,
    kept: Kept | None = None,
) -> tuple[Alternative, ...]:
    """Return the same taper by other strategies: same start, end, days and achievable doses, no limits.

    Of an amended plan it is the rest of the taper that is tried, after the days that are kept.

    Equal steps in occupancy (where there is a curve) and in mg keep the order's phases. The proportional ones and
    halving take the same share of the current dose at each step, down to the smallest dose that can be made or the end
    dose, their steps spread over the days; where even a step a day does not get there, they end where they are.

    Args:
        taper: What is tried, with its phases; its strategy and its limits do not count.
        n_days: Of the plan, without those kept.
        achievable: The doses that can be made.
        curve: The drug's curve, if it has one.
        order_taper: The order's, for the dose that the plan began with.
        kept: The days before, if some are kept.
    """
    equal: tuple[AlternativeName, ...] = ("linear",) if curve is None else ("occupancy", "linear")
    lines: list[tuple[AlternativeName, Line, float | None]] = [
        *((strategy, draw_line(taper.model_copy(update={"strategy": strategy}), curve), None) for strategy in equal),
        *((strategy, *_proportional_line(taper, share, n_days, achievable)) for strategy, share in _SHARES.items()),
    ]
    n_kept = 0 if kept is None else int(kept.doses_ug.size)
    told = []
    for strategy, line, days_per_step in lines:
        sequence = plan_freely(order_taper, line, achievable, curve, kept)
        told.append(_tell(strategy, sequence, n_kept, achievable, curve, days_per_step))
    return tuple(told)


def _proportional_line(taper: Taper, share: float, n_days: int, achievable: Achievable) -> tuple[Line, float]:
    """Return the line of a proportional taper spread over the days, and how many days a step takes on average."""
    start_ug, end_ug = micrograms(taper.start_dose_mg), micrograms(taper.final_dose_mg)
    last_ug = end_ug or int(achievable.doses_ug[0])
    doses_mg = _steps_mg(start_ug, last_ug, share)
    if taper.first_day == "reduced" and doses_mg.size > 1:
        doses_mg = doses_mg[1:]
    doses_mg = doses_mg[:n_days]
    asked = doses_mg[np.arange(n_days) * doses_mg.size // n_days]
    lowest = np.full(n_days, last_ug, dtype=np.int64)
    highest = np.full(n_days, start_ug, dtype=np.int64)
    if taper.first_day == "start":
        lowest[0] = start_ug
    if end_ug:
        highest[-1] = end_ug
    held = np.zeros(n_days, dtype=np.bool_)
    line = Line(asked, in_mg=True, lowest_ug=lowest, highest_ug=highest, held=held, stops=end_ug == 0)
    return line, n_days / doses_mg.size


def _steps_mg(start_ug: int, last_ug: int, share: float) -> FloatArray:
    if last_ug >= start_ug:
        return np.array([start_ug / MICROGRAMS_PER_MG])
    return proportional_steps(start_ug / MICROGRAMS_PER_MG, last_ug / MICROGRAMS_PER_MG, 0, share)


def _tell(
    strategy: AlternativeName,
    sequence: Sequence,
    n_kept: int,
    achievable: Achievable,
    curve: CurveShape | None,
    days_per_step: float | None,
) -> Alternative:
    doses_mg = tuple(milligrams(int(dose)) for dose in sequence.doses_ug)
    used = np.searchsorted(achievable.doses_ug, sequence.doses_ug[n_kept:])
    return Alternative(
        strategy=strategy,
        doses_mg=doses_mg,
        occupancies=() if curve is None else tuple(float(value) for value in sequence.levels),
        quality=sequence.quality,
        different_doses=len(set(doses_mg[n_kept:])),
        total_mg=sum(doses_mg[n_kept:], Decimal(0)),
        n_units=int(achievable.n_units[used].sum()),
        days_per_step=days_per_step,
    )
