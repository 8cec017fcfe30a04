"""From what is asked for to doses that can be made, where no limit stands in the way."""

import numpy as np

from stripgen.planning.curves import FloatArray, IntArray

_SAME = 1e-14  # what float arithmetic may make of an exact tie; it must not decide between two doses


def nearest_level(targets: FloatArray, levels: FloatArray) -> IntArray:
    """Return, for each target, the achievable dose nearest to it in level, which is occupancy where there is a curve.

    Nearest in milligrams would be another dose at the tail, where the curve is steep. Without limits the nearest on
    each day is also the least sum of squares over all days, and it never rises where the targets do not.

    Args:
        targets: Shape (n_days,).
        levels: Of the achievable doses, shape (n_doses,), not falling.

    Returns:
        Indices into `levels`, shape (n_days,). An exact tie takes the higher dose, the smaller cut; so does a
        stretch where the curve is flat.
    """
    above = np.clip(np.searchsorted(levels, targets, side="left"), 0, levels.size - 1)
    below = np.maximum(above - 1, 0)
    upper_is_nearer = np.abs(levels[above] - targets) <= np.abs(levels[below] - targets) + _SAME
    nearest = np.where(upper_is_nearer, above, below)
    return np.searchsorted(levels, levels[nearest] + _SAME, side="right") - 1
