"""Which lower doses may follow a dose, and the least cost among them."""

import numpy as np

from stripgen.planning.curves import FloatArray, IntArray

NEVER = 1 << 61  # the cost of what cannot be
HAIR = 1e-12  # float noise in a drop that is exactly the largest one allowed
_SHORT_STRETCH = 24  # doses, on average
_DAYS_AT_ONCE = 64  # of a table that is read at random: it stays in the processor's cache


class Reach:
    """Which lower doses may follow a dose: all whose level is not further below than the largest drop allowed.

    Where the stretches are short their least costs are found one by one; where they are long, as the least of two
    stretches of a power of two in length that cover one together.
    """

    def __init__(self, levels: FloatArray, max_drop: float | None) -> None:
        """Find the lowest dose within reach of each."""
        doses = np.arange(levels.size)
        self.is_free = max_drop is None
        self.first = np.zeros_like(doses) if max_drop is None else np.searchsorted(levels, levels - max_drop - HAIR)
        self._is_last = self.first == doses
        self._are_short = int((doses - self.first).sum()) <= _SHORT_STRETCH * doses.size
        if self._are_short:
            self._bounds = np.column_stack([self.first, doses]).ravel()
        elif not self.is_free:
            self._prepare_table(doses)

    def _prepare_table(self, doses: IntArray) -> None:
        """Prepare what long stretches are looked up in.

        Of each day one row for each exponent: the least of as many costs from a dose up; the last column is for doses
        that no other may follow.
        """
        exponents = np.frexp(np.maximum(doses - self.first, 1))[1] - 1
        n_columns = doses.size + 1
        self._table = np.full((_DAYS_AT_ONCE, int(exponents.max(initial=0)) + 1, n_columns), NEVER, dtype=np.int64)
        self._begins = np.where(self._is_last, doses.size, exponents * n_columns + self.first)
        self._ends = np.where(self._is_last, doses.size, exponents * n_columns + doses - (1 << exponents))

    def least_below(self, costs: IntArray) -> IntArray:
        """Return, for each dose, the least cost of the lower doses within reach.

        Args:
            costs: Of one day or several, shape (n_doses,) or (n_days, n_doses).
        """
        if self._are_short:
            short: IntArray = np.minimum.reduceat(costs, self._bounds, axis=-1)[..., ::2]
            short[..., self._is_last] = NEVER
            return short
        least = np.full_like(costs, NEVER)
        if self.is_free:
            np.minimum.accumulate(costs[..., :-1], axis=-1, out=least[..., 1:])
            return least
        days, least_of_days = np.atleast_2d(costs), np.atleast_2d(least)
        for first in range(0, len(days), _DAYS_AT_ONCE):
            block = days[first : first + _DAYS_AT_ONCE]
            table = self._table[: len(block)]
            table[:, 0, :-1] = block
            for exponent in range(1, table.shape[1]):
                half = 1 << (exponent - 1)
                shorter = table[:, exponent - 1, :-1]
                np.minimum(shorter[:, :-half], shorter[:, half:], out=table[:, exponent, : -1 - half])
            cells = table.reshape(len(block), -1)
            least_of_block = least_of_days[first : first + _DAYS_AT_ONCE]
            np.minimum(cells.take(self._begins, axis=1), cells.take(self._ends, axis=1), out=least_of_block)
        return least
