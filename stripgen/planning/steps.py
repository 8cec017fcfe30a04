"""The steps that are asked for: equal ones for an occupancy or a linear taper, equal percentages for a proportional."""

import numpy as np

from stripgen.domain.order import FirstDay
from stripgen.planning.curves import FloatArray


def count_steps(n_days: int, first_day: FirstDay, *, stops: bool) -> int:
    """Return on how many days a fall can happen, the stop included.

    Args:
        n_days: Pouches, 1 or more.
        first_day: "start": day 1 is the start dose itself. "reduced": it was taken the day before.
        stops: The taper ends at 0, on the day after the last pouch.
    """
    falls_within = n_days - 1 if first_day == "start" else n_days
    return falls_within + 1 if stops else falls_within


def equal_steps(start: float, end: float, n_days: int, first_day: FirstDay, *, stops: bool) -> FloatArray:
    """Return what equal steps ask for on each day, before rounding.

    Args:
        start: Value of the start dose (occupancy as a fraction, or mg).
        end: Value of the end dose; 0 when the taper stops.
        n_days: Pouches; at least one step must fall within (see `count_steps`).
        first_day: Whether day 1 is the start dose itself or already reduced.
        stops: The taper ends at 0, on the day after the last pouch; no pouch is empty.

    Returns:
        Shape (n_days,), never rising. Without a stop the last value is `end`.
    """
    steps_taken = np.arange(n_days) + (0 if first_day == "start" else 1)
    return start - steps_taken / count_steps(n_days, first_day, stops=stops) * (start - end)


def proportional_steps(start: float, last: float, end: float, share: float) -> FloatArray:
    """Return the doses of a taper by equal shares of the current dose, one value a step.

    A share of the current dose never reaches 0: the steps go down to the first that would not be above `last`, then
    `last` is a step, then `end` where it is above 0 and below `last`.

    Args:
        start: Start dose, mg: the first value.
        last: Dose of the last step of the proportional part, mg, above 0 and below the start dose.
        end: Dose of the end, mg, not above `last`; 0 when the taper stops.
        share: Of the current dose, in (0, 1).

    Returns:
        Shape (n_steps,), falling.
    """
    kept = 1 - share
    # A hair above `last` counts as `last`: float noise must not add a step that is none.
    n_steps = max(1, int(np.ceil(np.log(last / start) / np.log(kept) - 1e-9)))
    return np.array([*(start * kept ** np.arange(n_steps)), last, *([end] if 0 < end < last else [])])
