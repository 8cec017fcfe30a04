"""The best doses under limits: found a second time (design.md, section 3, "Limits an order may set").

A plain dynamic programme from the last day back to the first. What is known at the end of a day is its dose, and how
many other doses may still come; the days a dose must be taken at least are passed in one step, since nothing can change
within them. `rest[t][k][j]` is the least cost of day t and all after it when day t − 1 had dose j, for long enough, and
at most k other doses may still come. Either day t has dose j again, or a lower dose within the largest drop begins.

Costs are whole numbers: what counts is the same on every machine, and so are ties. Squared errors come first, in steps
of 2⁻⁴⁷, or as often 16 times as coarse as it takes for those of all days together to stay below 2⁵¹; then units. Of
equal plans the one with the higher dose earlier is chosen: so each day takes the highest of its best doses.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from stripgen.verifying.second_line import AskedDay

Costs = npt.NDArray[np.int64]

_FINEST_BITS = 47
_COARSER_BITS = 4
_TOO_MUCH = 2**51  # a day with a dose it may not have, or a plan whose errors are counted too finely
_NEVER = 2**61
_NUMBERS_AT_ONCE = 2**25  # of a table: 256 MB
_HAIR = 1e-12  # of a level: float noise in a drop that is exactly the largest one allowed


@dataclass(frozen=True, slots=True)
class Question:
    """Which doses there are, and what is asked of the days.

    Attributes:
        doses_ug: That can be made, whole micrograms, rising.
        levels: Of each (see `Scale`).
        n_units: Fewest units that make each.
        asked: What is asked of each day that is planned.
        before_ug: The dose of the day before: the start dose, or that of the last day kept.
        days_on_it: For how many of the days kept it was taken; 0 where none are kept.
        to_stop: Whether nothing is taken after the last day.
    """

    doses_ug: Sequence[int]
    levels: Sequence[float]
    n_units: Sequence[int]
    asked: Sequence[AskedDay]
    before_ug: int
    days_on_it: int
    to_stop: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What an order limits.

    Attributes:
        min_days: Fewest days on a dose.
        max_doses: Most different doses, one that only goes on from the day before not counted; None for any number.
        max_drop: Largest fall of the level from a day to the next, a fraction; None for any.
    """

    min_days: int
    max_doses: int | None
    max_drop: float | None


def best_under_limits(question: Question, limits: Limits) -> list[int] | None:
    """Return the dose of each day, whole micrograms: the least sum of squared errors; None where none keep the limits.

    The number of different doses is looked at only where the best doses without that limit are too many.
    """
    without = Limits(limits.min_days, None, limits.max_drop)
    best = _least_squares(question, without)
    if best is None or limits.max_doses is None or _count_doses(best, question) <= limits.max_doses:
        return best
    return _least_squares(question, limits)


def _count_doses(doses_ug: Sequence[int], question: Question) -> int:
    goes_on = question.days_on_it > 0 and doses_ug[0] == question.before_ug
    n_changes = sum(after != before for before, after in pairwise(doses_ug))
    return 1 + n_changes - goes_on


def _least_squares(question: Question, limits: Limits) -> list[int] | None:
    bits = _FINEST_BITS
    while True:
        found = _Programme(question, limits, _costs(question, bits)).solve()
        if found is not None:
            return [question.doses_ug[dose] for dose in found]
        if bits == _FINEST_BITS and _Programme(question, limits, _forbidden(question)).solve() is None:
            return None
        bits -= _COARSER_BITS


def _forbidden(question: Question) -> Costs:
    """Return what it costs to give each dose on each day when only what is allowed counts, shape (n_days, n_doses)."""
    doses = np.array(question.doses_ug)
    allowed = [(day.lowest_ug <= doses) & (doses <= day.highest_ug) for day in question.asked]
    forbidden: Costs = np.where(np.array(allowed), 0, _TOO_MUCH)
    return forbidden


def _costs(question: Question, bits: int) -> Costs:
    """Return the cost of each dose on each day, shape (n_days, n_doses): squared errors above, units below."""
    more_units = np.array(question.n_units) - min(question.n_units)
    unit_bits = (len(question.asked) * int(more_units.max())).bit_length()
    levels, targets = np.array(question.levels), np.array([day.target for day in question.asked])
    squares = np.rint((levels - targets[:, None]) ** 2 * 2.0**bits)
    counted = np.minimum(squares, _TOO_MUCH >> unit_bits).astype(np.int64) * 2**unit_bits + more_units
    costs: Costs = np.minimum(np.maximum(counted, _forbidden(question)), _TOO_MUCH)
    return costs


class _Programme:
    """The dynamic programme over one table of costs. Days count from 0; doses by their place, from the lowest.

    A layer is a number of other doses that may still come. Where all layers together would be too large, as many as fit
    are worked out at once, from the lowest up; of those below only the uppermost is kept, and they are worked out again
    when the doses read forward come down to them.
    """

    def __init__(self, question: Question, limits: Limits, costs: Costs) -> None:
        """Keep the question, with what follows from it alone."""
        self._question, self._limits, self._costs = question, limits, costs
        self._n_days, self._n_doses = costs.shape
        self._before = question.doses_ug.index(question.before_ug)
        self._lowest_next = np.array([self._lowest_after(level) for level in question.levels])
        # Without a limit on doses there is one layer, and another dose does not lead out of it.
        self._n_layers = 1 if limits.max_doses is None else limits.max_doses + 1

    def solve(self) -> list[int] | None:
        """Return the best doses; None where they cost too much."""
        at_once = max(_NUMBERS_AT_ONCE // self._costs.size, math.isqrt(self._n_layers) + 1)
        floors: dict[int, Costs | None] = {0: None}  # by the layer above
        for lowest in range(0, self._n_layers, at_once):
            rest = self._work_back(floors[lowest], min(at_once, self._n_layers - lowest))
            floors[lowest + at_once] = rest[:, -1].copy()
        beginnings = list(self._beginnings(rest, floors[lowest]))
        least = min(beginning.cost for beginning in beginnings)
        if least >= _TOO_MUCH:
            return None
        best = max((each for each in beginnings if each.cost == least), key=lambda each: (each.dose, each.n_days))
        doses, left = best.n_days * [best.dose], self._n_layers - 1 - best.leads_down
        left = self._read_forward(doses, left, lowest, rest, floors[lowest])
        while len(doses) < self._n_days:
            lowest -= at_once
            rest = self._work_back(floors[lowest], at_once)
            left = self._read_forward(doses, left, lowest, rest, floors[lowest])
        return doses

    # --- from the last day back ---------------------------------------------------------------------------------------

    def _work_back(self, floor: Costs | None, n_layers: int) -> Costs:
        """Return `rest` of some layers, shape (n_days + 1, n_layers, n_doses).

        Args:
            floor: `rest` of the layer below them, shape (n_days + 1, n_doses); None where there is none.
            n_layers: How many.
        """
        rest: Costs = np.full((self._n_days + 1, n_layers, self._n_doses), _NEVER, dtype=np.int64)
        rest[self._n_days] = 0
        if self._question.to_stop and self._limits.max_drop is not None:
            too_high = np.array(self._question.levels) > self._limits.max_drop + _HAIR
            rest[self._n_days][:, too_high] = _NEVER
        for day in reversed(range(self._n_days)):
            same_again = self._costs[day] + rest[day + 1]
            lower = self._least_within_reach(self._begun(day, rest, floor))
            rest[day] = np.minimum(np.minimum(same_again, lower), _NEVER)
        return rest

    def _begun(self, day: int, rest: Costs, floor: Costs | None) -> Costs:
        """Return the cost of a day and all after it when each dose begins on it, shape (n_layers, n_doses).

        A dose that begins takes its fewest days; it is one of those that could still come.
        """
        free = day + self._limits.min_days
        if free > self._n_days:
            return np.full(rest[0].shape, _NEVER, dtype=np.int64)
        after = rest[free]
        if self._limits.max_doses is not None:
            none_left = np.full(self._n_doses, _NEVER, dtype=np.int64)
            after = np.concatenate([[none_left if floor is None else floor[free]], after[:-1]])
        begun: Costs = np.minimum(self._costs[day:free].sum(axis=0) + after, _NEVER)
        return begun

    def _least_within_reach(self, begun: Costs) -> Costs:
        """Return for each dose the least cost of beginning a lower one, not further below than the largest drop."""
        least = np.full_like(begun, _NEVER)
        if self._limits.max_drop is None:
            least[:, 1:] = np.minimum.accumulate(begun[:, :-1], axis=1)
            return least
        # Two stretches of one length, a power of two, cover those within reach from both ends.
        doses, of_length, length = np.arange(self._n_doses), begun, 1
        n_within = doses - self._lowest_next
        while length <= n_within.max():
            those = doses[(length <= n_within) & (n_within < 2 * length)]
            least[:, those] = np.minimum(of_length[:, self._lowest_next[those]], of_length[:, those - length])
            of_length = np.minimum(of_length[:, :-length], of_length[:, length:])
            length *= 2
        return least

    def _lowest_after(self, level: float) -> int:
        """Return the lowest dose that may follow a level."""
        most = self._limits.max_drop
        if most is None:
            return 0
        return next(dose for dose, lower in enumerate(self._question.levels) if level - lower <= most + _HAIR)

    # --- from the first day on ----------------------------------------------------------------------------------------

    def _beginnings(self, rest: Costs, floor: Costs | None) -> Iterator["_Beginning"]:
        """Yield each way to begin, given the uppermost layers."""
        question, min_days = self._question, self._limits.min_days
        more_days = max(1, min_days - question.days_on_it)  # that the dose of the day before must go on
        if question.days_on_it and more_days <= self._n_days:
            cost = self._costs[:more_days, self._before].sum() + rest[more_days, -1, self._before]
            yield _Beginning(int(cost), self._before, more_days, leads_down=False)
        for dose, cost in enumerate(self._begun(0, rest, floor)[-1]):
            if question.days_on_it and dose == self._before:
                continue  # it goes on: nothing begins
            is_too_early = 0 < question.days_on_it < min_days
            if dose < self._before and (is_too_early or dose < self._lowest_next[self._before]):
                continue
            yield _Beginning(int(cost), dose, min_days, leads_down=self._limits.max_doses is not None)

    def _read_forward(self, doses: list[int], left: int, lowest: int, rest: Costs, floor: Costs | None) -> int:
        """Put down the best dose of day after day, of equal ones the highest, as far as some layers go.

        Args:
            doses: Of the days before; those of the days read are added.
            left: The layer of the next day.
            lowest: The lowest of these layers.
            rest: Of these layers.
            floor: Of the layer below.

        Returns:
            The layer then reached.
        """
        while len(doses) < self._n_days and left >= lowest:
            day, dose = len(doses), doses[-1]
            wanted = rest[day, left - lowest, dose]
            if self._costs[day, dose] + rest[day + 1, left - lowest, dose] == wanted:
                doses.append(dose)
                continue
            begun = self._begun(day, rest, floor)[left - lowest]
            next_dose = max(lower for lower in range(self._lowest_next[dose], dose) if begun[lower] == wanted)
            doses += self._limits.min_days * [next_dose]
            left -= self._limits.max_doses is not None
        return left


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A way to begin: what the whole then costs.

    Attributes:
        dose: The first one.
        n_days: For how many days that is settled.
        leads_down: Whether it is one of the doses that may still come.
    """

    cost: int
    dose: int
    n_days: int
    leads_down: bool
