"""The best daily doses under limits: exact, by dynamic programming over doses and days.

A plan is a row of runs: one dose for some days, then a lower one. The cost of a run is the sum of its days' costs, so
with running sums of every dose's costs the best run that begins on a day is one minimum over the days it can end on,
and what may follow it one minimum over the lower doses within reach. That is done from the last day to the first for
all doses at once; the plan is then read off from the first day to the last. With a limit on different doses the same is
done once for each dose still to come, one layer after the other.

Costs are whole numbers, so that equal plans are equal on every machine and ties are decided by rule: squared errors in
steps of 2⁻⁴⁷ (coarser only where a plan is so far from what is asked that they would not fit 64 bits), then units.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from stripgen.planning.curves import FloatArray, IntArray
from stripgen.planning.reach import HAIR, NEVER, Reach

_FINEST_BITS = 47
_BITS_PER_TRY = 4
_FORBIDDEN = 1 << 51  # on one day; as much on every day of the longest taper still fits 64 bits
_CELLS_AT_ONCE = 1 << 23  # of tables: 64 MB


@dataclass(frozen=True, slots=True)
class Limits:
    """What an order limits.

    Attributes:
        min_days: Fewest days on a dose.
        max_doses: Most different doses; None for any number.
        max_drop: Largest fall of the level from one day to the next; None for any.
    """

    min_days: int = 1
    max_doses: int | None = None
    max_drop: float | None = None


@dataclass(frozen=True, slots=True)
class DoseProblem:
    """What the best doses are sought for.

    Attributes:
        levels: Of the doses that can be made, shape (n_doses,), not falling.
        n_units: How many units each takes, shape (n_doses,).
        targets: Levels asked for, shape (n_days,).
        lowest: Index of the lowest dose allowed on each day, shape (n_days,).
        highest: Index of the highest one, shape (n_days,).
        before: Index of the dose taken on the day before the first.
        days_on_it: For how many days it was taken already, where the first day may go on with it; 0 where a new
            count begins.
        stops: Whether nothing is taken after the last day.
    """

    levels: FloatArray
    n_units: IntArray
    targets: FloatArray
    lowest: IntArray
    highest: IntArray
    before: int
    days_on_it: int
    stops: bool

    @property
    def n_days(self) -> int:
        """How many days are planned."""
        return int(self.targets.size)


def find_best(problem: DoseProblem, limits: Limits) -> IntArray | None:
    """Return the doses with the least sum of squared differences to the targets; None where no sequence fits.

    The doses never rise, keep to what each day allows, and to the limits. Of equally good sequences the one with the
    fewest units in all, then the one with the higher dose earlier.

    Returns:
        Indices of doses, shape (n_days,).
    """
    free = _best(problem, replace(limits, max_doses=None), [None])
    if free is None:
        return None
    if limits.max_doses is None or count_runs(free[0], problem) <= limits.max_doses:
        return free[0]
    best = _best(problem, limits, [limits.max_doses])
    return None if best is None else best[0]


def find_best_of_each(problem: DoseProblem, limits: Limits, most_doses: Sequence[int]) -> dict[int, IntArray]:
    """Return what `find_best` would return for several limits on different doses, at the price of the largest.

    Args:
        problem: What the best doses are sought for.
        limits: Its `max_doses` does not count.
        most_doses: The limits on different doses.

    Returns:
        By limit, only where a sequence fits.
    """
    fewest = fewest_doses(problem, limits)
    if fewest is None:
        return {}
    (free,) = _best(problem, replace(limits, max_doses=None), [None]) or []
    enough = count_runs(free, problem)
    asked = [most for most in most_doses if fewest <= most < enough]
    best = (_best(problem, limits, asked) or []) if asked else []
    found = dict(zip(asked, best, strict=True))
    return {most: found.get(most, free) for most in most_doses if most >= fewest}


def count_runs(chosen: IntArray, problem: DoseProblem) -> int:
    """Return how many different doses a sequence has, one that only goes on from the day before not counted."""
    goes_on = problem.days_on_it > 0 and chosen[0] == problem.before
    return 1 + int(np.count_nonzero(np.diff(chosen))) - goes_on


def fewest_doses(problem: DoseProblem, limits: Limits) -> int | None:
    """Return with how few different doses the other limits can be kept; None where they cannot be kept at all."""
    work = _Work(problem, limits, np.where(_allowed(problem), 0, _FORBIDDEN), per_run=1)
    least = work.least(work.any_number())
    return None if least >= _FORBIDDEN else least


def _best(problem: DoseProblem, limits: Limits, most_doses: Sequence[int | None]) -> list[IntArray] | None:
    """Return the best sequence for each limit on different doses; None where none fits the least of them."""
    for attempt, bits in enumerate(_bits_to_try(problem)):
        found = _Work(problem, limits, _costs(problem, bits), per_run=0).solve(most_doses)
        if found is not None:
            return found
        if attempt == 0:  # too fine costs, or no sequence at all?
            fewest = fewest_doses(problem, limits)
            if fewest is None or any(most is not None and fewest > most for most in most_doses):
                return None
    raise AssertionError("a sequence fits, and the coarsest costs hold any")


def _allowed(problem: DoseProblem) -> npt.NDArray[np.bool_]:
    """Return whether each dose is allowed on each day, shape (n_days, n_doses)."""
    doses = np.arange(problem.levels.size)
    return (doses >= problem.lowest[:, None]) & (doses <= problem.highest[:, None])


def _bits_to_try(problem: DoseProblem) -> Iterator[int]:
    """Yield in which power of a half squared errors are counted: finest first, the last coarse enough for any plan."""
    squares = (problem.levels - problem.targets[:, None]) ** 2
    worst = float(np.max(squares, where=_allowed(problem), initial=0.0))
    bits = _FINEST_BITS
    while worst * problem.n_days * 2.0**bits >= _FORBIDDEN >> (_unit_bits(problem) + 1):
        yield bits
        bits -= _BITS_PER_TRY
    yield bits


def _unit_bits(problem: DoseProblem) -> int:
    """Return how many bits the units of a whole plan take, those that every pouch has at least not counted."""
    return (problem.n_days * int(np.ptp(problem.n_units))).bit_length()


def _costs(problem: DoseProblem, bits: int) -> IntArray:
    """Return the cost of every dose on every day, shape (n_days, n_doses), squared errors in steps of `2**-bits`.

    Squared errors in the upper bits, units in the lower ones: comparing sums compares errors first.
    """
    unit_bits = _unit_bits(problem)
    squares = (problem.levels - problem.targets[:, None]) ** 2
    costs = np.minimum(np.rint(squares * 2.0**bits), _FORBIDDEN >> unit_bits).astype(np.int64)
    costs <<= unit_bits
    costs += problem.n_units - problem.n_units.min()
    return np.where(_allowed(problem), np.minimum(costs, _FORBIDDEN), _FORBIDDEN)


class _Work:
    """The tables of one problem. A row is a day, a column a dose.

    `begun[t, j]`: least cost of the days from t on when a run of dose j begins on day t. `ended[e, j]`: least cost of
    the days from e on when a run of dose j has ended with day e − 1.
    """

    def __init__(self, problem: DoseProblem, limits: Limits, costs: IntArray, per_run: int) -> None:
        """Keep the problem, with the running sums of its costs.

        Args:
            problem: What is sought.
            limits: `max_doses` does not count here.
            costs: Shape (n_days, n_doses).
            per_run: What each run costs beside its days.
        """
        self._problem, self._limits, self._per_run = problem, limits, per_run
        self._sums = np.zeros((problem.n_days + 1, problem.levels.size), dtype=np.int64)
        np.cumsum(costs, axis=0, out=self._sums[1:])
        self._reach = Reach(problem.levels, limits.max_drop)
        self._at_the_end = np.zeros(problem.levels.size, dtype=np.int64)
        if problem.stops and limits.max_drop is not None:
            self._at_the_end[problem.levels > limits.max_drop + HAIR] = NEVER

    # --- tables, from the last day to the first ---------------------------------------------------------------------

    def any_number(self) -> IntArray:
        """Return `begun` for any number of runs."""
        n_days, n_doses = self._problem.n_days, self._problem.levels.size
        begun = np.full((n_days, n_doses), NEVER, dtype=np.int64)
        ended = np.full((n_days + 1, n_doses), NEVER, dtype=np.int64)
        ended[n_days] = self._at_the_end
        best_end = self._sums[n_days] + NEVER  # less the sums of any day it is still never
        for day in range(n_days - self._limits.min_days, -1, -1):
            end = day + self._limits.min_days
            np.minimum(best_end, self._sums[end] + ended[end], out=best_end)
            np.minimum(best_end - self._sums[day] + self._per_run, NEVER, out=begun[day])
            if day:
                ended[day] = self._reach.least_below(begun[day])
        return begun

    def one_more_run(self, following: IntArray | None) -> IntArray:
        """Return `begun` of one run and, after it, as many as `following` is for; None: no run follows."""
        n_days, shortest = self._problem.n_days, self._limits.min_days
        ended = np.full((n_days + 1, self._problem.levels.size), NEVER, dtype=np.int64)
        ended[n_days] = self._at_the_end
        if following is not None:
            ended[1:n_days] = self._reach.least_below(following[1:])
        begun = np.full((n_days, self._problem.levels.size), NEVER, dtype=np.int64)
        n_starts = n_days + 1 - shortest
        if n_starts > 0:
            ended += self._sums
            for end in range(n_days - 1, shortest - 1, -1):  # the best end from here on
                np.minimum(ended[end], ended[end + 1], out=ended[end])
            np.subtract(ended[shortest:], self._sums[:n_starts], out=begun[:n_starts])
            np.minimum(begun, NEVER, out=begun)
        return begun

    def _layers_down(self, most: int) -> Iterator[tuple[int, IntArray]]:
        """Yield k and `begun` for at most k runs, from `most` down to 0; large ones are not all kept at once."""
        apart = 1 if most * self._sums.size <= _CELLS_AT_ONCE else math.isqrt(most) + 1
        begun = np.full((self._problem.n_days, self._problem.levels.size), NEVER, dtype=np.int64)
        kept = {0: begun}
        for layer in range(1, most + 1):
            begun = self.one_more_run(begun if layer > 1 else None)
            if layer % apart == 0:
                kept[layer] = begun
        top = most
        for base in sorted(kept, reverse=True):
            block = [kept.pop(base)]
            for layer in range(base + 1, top + 1):
                block.append(self.one_more_run(block[-1] if layer > 1 else None))
            while block:
                yield base + len(block) - 1, block.pop()
            top = base - 1

    # --- reading the plan off, from the first day to the last -------------------------------------------------------

    def least(self, begun: IntArray) -> int:
        """Return the least cost of the whole, given `begun`."""
        fresh = self._beginnings(begun)
        going_on = self._goings_on(begun)
        return int(min(fresh.min(initial=NEVER), going_on.min(initial=NEVER)))

    def solve(self, most_doses: Sequence[int | None]) -> list[IntArray] | None:
        """Return the best sequence for each limit on different doses; None where costs are too fine for one of them."""
        if list(most_doses) == [None]:
            nearest = self._nearest()
            if self._is_possible(nearest) and self._cost_of(nearest) < _FORBIDDEN:  # else costs are too fine to tell
                return [nearest]
            begun = self.any_number()
            if self.least(begun) >= _FORBIDDEN:
                return None
            if self._limits.min_days == 1:
                return [self._read_days(begun)]
            chosen = _Reading(self._problem.n_days)
            self._read_start(chosen, begun)
            while not chosen.is_complete:
                self._read_run(chosen, begun)
            return [chosen.doses]
        return self._solve_in_layers([most for most in most_doses if most is not None])

    def _nearest(self) -> IntArray:
        """Return the cheapest dose of each day for itself, of equally cheap ones the highest, shape (n_days,)."""
        costs = np.diff(self._sums, axis=0)
        nearest: IntArray = self._problem.levels.size - 1 - np.argmin(costs[:, ::-1], axis=1)
        return nearest

    def _cost_of(self, doses: IntArray) -> int:
        return int(np.diff(self._sums, axis=0)[np.arange(doses.size), doses].sum())

    def _is_possible(self, doses: IntArray) -> bool:
        """Return whether doses never rise, are allowed on their days and keep the limits on days and drops."""
        problem, limits = self._problem, self._limits
        changes = np.flatnonzero(np.diff(doses)) + 1
        lengths = np.diff(np.concatenate([[0], changes, [problem.n_days]]))
        if problem.days_on_it and doses[0] == problem.before:
            lengths[0] += problem.days_on_it
        elif 0 < problem.days_on_it < limits.min_days and doses[0] < problem.before:
            return False
        levels = np.concatenate([problem.levels[[problem.before, *doses]], [0.0] if problem.stops else []])
        return bool(
            (doses[changes] < doses[changes - 1]).all()
            and lengths.min() >= limits.min_days
            and (limits.max_drop is None or (levels[:-1] - levels[1:]).max() <= limits.max_drop + HAIR)
            and (doses >= problem.lowest).all()
            and (doses <= problem.highest).all()
        )

    def _solve_in_layers(self, most_doses: Sequence[int]) -> list[IntArray] | None:
        readings: dict[int, _Reading] = {}
        for layer, begun in self._layers_down(max(most_doses)):
            for reading in readings.values():
                if not reading.is_complete:
                    self._read_run(reading, begun)
            if layer in most_doses:
                if self.least(begun) >= _FORBIDDEN:
                    return None
                readings[layer] = _Reading(self._problem.n_days)
                self._read_start(readings[layer], begun)
        return [readings[most].doses for most in most_doses]

    def _beginnings(self, begun: IntArray) -> IntArray:
        """Return what it costs to begin with each dose, shape (n_doses,); the dose of the day before begins no run."""
        problem, limits = self._problem, self._limits
        costs: IntArray = begun[0].copy()
        falls = problem.levels[problem.before] - problem.levels
        if limits.max_drop is not None:
            costs[falls > limits.max_drop + HAIR] = NEVER
        if problem.days_on_it:
            costs[problem.before] = NEVER
            if problem.days_on_it < limits.min_days:
                costs[: problem.before] = NEVER
        return costs

    def _goings_on(self, begun: IntArray) -> IntArray:
        """Return what it costs to go on with the dose of the day before up to each day, shape (n_days + 1,)."""
        problem = self._problem
        costs = np.full(problem.n_days + 1, NEVER, dtype=np.int64)
        if problem.days_on_it:
            first = max(1, self._limits.min_days - problem.days_on_it)
            costs[first:] = (self._sums[:, problem.before] + self._ended(begun, problem.before))[first:]
        return costs

    def _ended(self, begun: IntArray, dose: int) -> IntArray:
        """Return the column of `ended` of one dose, shape (n_days + 1,), when the runs that follow are `begun`."""
        ended = np.full(self._problem.n_days + 1, NEVER, dtype=np.int64)
        ended[-1] = self._at_the_end[dose]
        within = begun[1:, self._reach.first[dose] : dose]
        if within.shape[1]:
            ended[1:-1] = within.min(axis=1)
        return ended

    def _read_days(self, begun: IntArray) -> IntArray:
        """Return the best doses where a run may be of one day: each day's is of the best the highest within reach."""
        beginnings = self._beginnings(begun)
        if self._problem.days_on_it:  # on the first day the dose of the day before is one among the others
            beginnings[self._problem.before] = begun[0, self._problem.before]
        dose = int(np.flatnonzero(beginnings == beginnings.min())[-1])
        doses = [dose]
        for costs in begun[1:]:
            dose -= int(costs[self._reach.first[dose] : dose + 1][::-1].argmin())
            doses.append(dose)
        return np.array(doses, dtype=np.int64)

    def _read_start(self, reading: "_Reading", begun: IntArray) -> None:
        """Read the first run: of equal ones the one of the highest dose, then the longest."""
        problem = self._problem
        fresh, going_on = self._beginnings(begun), self._goings_on(begun)
        least = min(fresh.min(), going_on.min())
        highest = int(np.flatnonzero(fresh == least)[-1]) if fresh.min() == least else -1
        if going_on.min() == least and problem.before > highest:
            reading.begin(problem.before, int(least))
            self._read_end(reading, begun, int(np.flatnonzero(going_on == least)[-1]))
        else:
            reading.begin(highest, int(least))

    def _read_run(self, reading: "_Reading", begun: IntArray) -> None:
        """Read where the run that has begun ends, at the latest of the best days, and what follows it."""
        day, dose = reading.day, reading.dose
        costs = self._sums[:, dose] + self._ended(begun, dose) - self._sums[day, dose]
        costs[: day + self._limits.min_days] = NEVER
        self._read_end(reading, begun, int(np.flatnonzero(costs == reading.cost)[-1]))

    def _read_end(self, reading: "_Reading", begun: IntArray, end: int) -> None:
        """End the run with the day before `end`, and begin the next: of equal ones that of the highest dose."""
        dose = reading.dose
        reading.end(end)
        if not reading.is_complete:
            first = int(self._reach.first[dose])
            following = begun[end, first:dose]
            best = first + int(np.flatnonzero(following == following.min())[-1])
            reading.begin(best, int(begun[end, best]))


class _Reading:
    """A plan that is being read off, run by run."""

    def __init__(self, n_days: int) -> None:
        """Begin with the first day."""
        self.doses = np.zeros(n_days, dtype=np.int64)
        self.day = 0  # on which the run begins that is being read
        self.dose = 0
        self.cost = 0  # of the days from there on

    @property
    def is_complete(self) -> bool:
        """Whether all days have their dose."""
        return self.day == self.doses.size

    def begin(self, dose: int, cost: int) -> None:
        """Begin a run."""
        self.dose, self.cost = dose, cost

    def end(self, end: int) -> None:
        """End the run with the day before `end`."""
        self.doses[self.day : end] = self.dose
        self.day = end
