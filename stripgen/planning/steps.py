"""Equal steps from one value to another: in occupancy for the plan, in mg for a linear taper."""

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
