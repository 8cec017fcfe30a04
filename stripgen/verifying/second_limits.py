"""The best doses under limits: found a second time (design.md, section 3, "Limits an order may set").

A plain dynamic programme from the last day back to the first. What is known at the end of a day is its dose, and how
many other doses may still come; the days a dose must be taken at least are passed in one step, since nothing can change
within them. `rest[t][k][j]` is the least cost of day t and all after it when day t − 1 had dose j, for long enough, and
at most k other doses may still come. Either day t has dose j again, or a lower dose within the largest drop begins.

Costs are whole numbers: what counts is the same on every machine, and so are ties. Squared errors come first, in steps
of 2⁻⁴⁷, or as often 16 times as coarse as it takes for those of all days together to stay below 2⁵¹; then units. Of
equal plans the one with the higher dose earlier is chosen: so each day takes the highest of its best doses.
"""

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
            return found
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
    """The dynamic programme over one table of costs. Days count from 0; doses by their place, from the lowest."""

    def __init__(self, question: Question, limits: Limits, costs: Costs) -> None:
        self._question, self._limits, self._costs = question, limits, costs
        self._n_days, self._n_doses = costs.shape
        self._before = question.doses_ug.index(question.before_ug)
        self._lowest_next = [self._lowest_after(level) for level in question.levels]
        # Without a limit on doses there is one layer, and another dose does not lead out of it.
        self._n_layers = 1 if limits.max_doses is None else limits.max_doses + 1
        self._rest = self._work_back()

    def solve(self) -> list[int] | None:
        """Return the best doses; None where they cost too much."""
        least = min(cost for cost, _ in self._beginnings())
        return None if least >= _TOO_MUCH else [self._question.doses_ug[dose] for dose in self._read_forward()]

    # --- from the last day back ---------------------------------------------------------------------------------------

    def _work_back(self) -> Costs:
        rest = np.full((self._n_days + 1, self._n_layers, self._n_doses), _NEVER, dtype=np.int64)
        rest[self._n_days] = 0
        if self._question.to_stop and self._limits.max_drop is not None:
            too_high = np.array(self._question.levels) > self._limits.max_drop + _HAIR
            rest[self._n_days][:, too_high] = _NEVER
        self._rest = rest
        for day in reversed(range(self._n_days)):
            same_again = self._costs[day] + rest[day + 1]
            lower = self._least_within_reach(self._begun(day))
            rest[day] = np.minimum(np.minimum(same_again, lower), _NEVER)
        return rest

    def _begun(self, day: int) -> Costs:
        """Return the cost of a day and all after it when each dose begins on it, shape (n_layers, n_doses).

        A dose that begins takes its fewest days; it is one of those that could still come.
        """
        free = day + self._limits.min_days
        if free > self._n_days:
            return np.full((self._n_layers, self._n_doses), _NEVER, dtype=np.int64)
        begun: Costs = np.minimum(self._costs[day:free].sum(axis=0) + self._rest[free], _NEVER)
        if self._limits.max_doses is None:
            return begun
        none_left = np.full((1, self._n_doses), _NEVER, dtype=np.int64)
        return np.concatenate([none_left, begun[:-1]])

    def _least_within_reach(self, begun: Costs) -> Costs:
        """Return for each dose the least cost of beginning a lower one, not further below than the largest drop."""
        least = np.full_like(begun, _NEVER)
        if self._limits.max_drop is None:
            least[:, 1:] = np.minimum.accumulate(begun[:, :-1], axis=1)
            return least
        for dose, lowest in enumerate(self._lowest_next):
            if lowest < dose:
                least[:, dose] = begun[:, lowest:dose].min(axis=1)
        return least

    def _lowest_after(self, level: float) -> int:
        """Return the lowest dose that may follow a level."""
        most = self._limits.max_drop
        if most is None:
            return 0
        return next(dose for dose, lower in enumerate(self._question.levels) if level - lower <= most + _HAIR)

    # --- from the first day on ----------------------------------------------------------------------------------------

    def _beginnings(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """Yield each way to begin: what the whole then costs, its first dose, and for how many days that is settled."""
        question, limits = self._question, self._limits
        top = self._n_layers - 1
        more_days = max(1, limits.min_days - question.days_on_it)  # that the dose of the day before must go on
        if question.days_on_it and more_days <= self._n_days:
            cost = int(self._costs[:more_days, self._before].sum()) + int(self._rest[more_days, top, self._before])
            yield cost, (self._before, more_days)
        begun = self._begun(0)[top]
        for dose in range(self._n_doses):
            if question.days_on_it and dose == self._before:
                continue  # it goes on: nothing begins
            if dose < self._before and (
                0 < question.days_on_it < limits.min_days or dose < self._lowest_next[self._before]
            ):
                continue
            yield int(begun[dose]), (dose, limits.min_days)

    def _read_forward(self) -> Iterator[int]:
        """Yield the dose of each day: of the best ones the highest."""
        least = min(cost for cost, _ in self._beginnings())
        dose, n_days = max(beginning for cost, beginning in self._beginnings() if cost == least)
        left = self._n_layers - 1
        if not (self._question.days_on_it and dose == self._before):
            left = self._left_after_one(left)
        yield from n_days * [dose]
        day = n_days
        while day < self._n_days:
            wanted = int(self._rest[day, left, dose])
            if int(self._costs[day, dose] + self._rest[day + 1, left, dose]) == wanted:
                yield dose
                day += 1
                continue
            begun = self._begun(day)[left]
            dose = max(lower for lower in range(self._lowest_next[dose], dose) if int(begun[lower]) == wanted)
            left = self._left_after_one(left)
            yield from self._limits.min_days * [dose]
            day += self._limits.min_days

    def _left_after_one(self, left: int) -> int:
        return left if self._limits.max_doses is None else left - 1
