"""Which few unit strengths a pharmacy should have for one order or several: the exact best of all choices."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from stripgen.domain.choices import StrengthChoice
from stripgen.domain.formulary import Curve, Formulary
from stripgen.domain.order import USUAL_UNITS_PER_POUCH, Order
from stripgen.domain.quantity import FINEST_MG, MICROGRAMS_PER_MG, micrograms, milligrams, plain
from stripgen.errors import NoFeasiblePlan, OrderInvalid, Problem
from stripgen.planning.curves import FloatArray, IntArray, curve_for, level_of
from stripgen.planning.line import Line, lines_of

MOST_SUBSETS = 500_000
_MOST_CELLS = 100_000
_TIE_BITS = 47  # errors that agree to 2⁻⁴⁷ are a tie, as in `optimum`
_SAME = 1e-14  # as in `rounding`
_FINEST_SHARE = 200  # the series begins at about a two-hundredth of the largest start dose
_NEVER = np.int16(10_000)

_Units = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Target:
    """One order on the common grid of amounts.

    Attributes:
        levels: Of every amount on the grid up to the start dose, shape (n_cells,).
        asked: Level asked for on each day, shape (n_days,).
        at_or_above: The first cell whose level is not below what is asked, shape (n_days,).
        same_level: The last cell of the same level as each, shape (n_cells,).
        lowest: The lowest cell allowed on each day, shape (n_days,).
        highest: The highest, shape (n_days,).
        needed: Cells that must be achievable: start, end, holds.
        in_levels: What turns a difference of levels into points or mg.
    """

    levels: FloatArray
    asked: FloatArray
    at_or_above: IntArray
    same_level: IntArray
    lowest: IntArray
    highest: IntArray
    needed: IntArray
    stops: bool
    in_levels: float


@dataclass(frozen=True, slots=True)
class _Merit:
    """How good some strengths are: less is better, errors first."""

    squares: float
    n_units: int
    cells: tuple[IntArray, ...]

    @property
    def key(self) -> tuple[int, int]:
        return round(self.squares * 2.0**_TIE_BITS), self.n_units


def default_most_units(orders: Sequence[Order]) -> int:
    """Return the most units a pouch may hold by any of the orders; the usual number where one combines no units."""
    return max(order.compounding.most_units if order.compounding.unit else USUAL_UNITS_PER_POUCH for order in orders)


def default_candidates(orders: Sequence[Order], formulary: Formulary) -> list[Decimal]:
    """Return a 1-2-5 series and the licensed strengths, none above the largest start dose, ascending."""
    most = max(order.taper.start_dose_mg for order in orders)
    series = [Decimal(digit).scaleb(power) for power in range(-3, 4) for digit in (1, 2, 5)]
    drug = formulary.drugs.get(orders[0].medication.drug)
    licensed = drug.strengths_mg if drug else ()
    least = max(FINEST_MG, most / _FINEST_SHARE)
    return sorted({mg for mg in (*series, *licensed) if least <= mg <= most} | {mg for mg in licensed if mg <= most})


def choose_strengths(
    orders: Sequence[Order],
    formulary: Formulary,
    candidates_mg: Sequence[Decimal],
    n_strengths: int,
    most_units: int,
) -> list[StrengthChoice]:
    """Return the best 1, 2, … strengths to combine in pouches, for all orders together.

    Best: the least sum of squared rounding errors over all days of all orders; of equal ones the fewest units, then the
    larger strengths. The orders' own compounding and limits do not count. Every choice is looked at.

    Args:
        orders: Of one drug.
        formulary: The one they were read with.
        candidates_mg: Strengths to choose from.
        n_strengths: The most to choose.
        most_units: The most units in a pouch.

    Returns:
        One choice for each number from 1 on with which the start, end and hold doses can be made.

    Raises:
        OrderInvalid: The orders are of several drugs, or there are more choices than can be looked at.
        NoFeasiblePlan: No choice can make the start, end and hold doses.
    """
    candidates_ug = sorted({micrograms(mg) for mg in candidates_mg}, reverse=True)
    _refuse_unfit(orders, candidates_ug, n_strengths)
    grid_ug = math.gcd(*candidates_ug)
    start_ug = max(micrograms(order.taper.start_dose_mg) for order in orders)
    _refuse_too_fine(grid_ug, start_ug)
    targets = [_target_of(order, curve_for(order, formulary), grid_ug) for order in orders]
    if any((target.needed < 0).any() for target in targets):
        what = (
            f"no choice makes every start, end and hold dose: they are no multiples of {plain(milligrams(grid_ug))} mg"
        )
        raise NoFeasiblePlan([Problem("--candidates", f"{what}; other candidates")])
    empty = np.full(start_ug // grid_ug + 1, _NEVER, dtype=np.int16)
    empty[0] = 0
    steps = [ug // grid_ug for ug in candidates_ug]
    best = _best_of_each_number(_subsets(steps, n_strengths, most_units, empty), targets)
    if not best:
        what = f"no {n_strengths} of the candidates make every start, end and hold dose with {most_units} units at most"
        raise NoFeasiblePlan([Problem("--candidates", f"{what}; other candidates, more strengths or more units")])
    return [_tell(*best[count], grid_ug, targets) for count in sorted(best)]


def _refuse_unfit(orders: Sequence[Order], candidates_ug: Sequence[int], n_strengths: int) -> None:
    drugs = sorted({order.medication.drug for order in orders})
    if len(drugs) > 1:
        raise OrderInvalid(
            [Problem("medication.drug", f"{', '.join(drugs)}: strengths are chosen for one drug at a time")]
        )
    n_subsets = sum(math.comb(len(candidates_ug), count) for count in range(1, n_strengths + 1))
    if n_subsets > MOST_SUBSETS:
        what = f"{n_strengths} of {len(candidates_ug)} candidates are {n_subsets:,} choices; at most {MOST_SUBSETS:,}"
        raise OrderInvalid([Problem("--choose", f"{what}: fewer candidates or fewer strengths")])


def _refuse_too_fine(grid_ug: int, start_ug: int) -> None:
    if start_ug // grid_ug > _MOST_CELLS:
        what = (
            f"amounts in steps of {plain(milligrams(grid_ug))} mg up to {plain(milligrams(start_ug))} mg are too many"
        )
        raise OrderInvalid([Problem("--candidates", f"{what}; strengths with a larger common step")])


def _target_of(order: Order, curve: Curve | None, grid_ug: int) -> _Target:
    start_ug, (line, _) = micrograms(order.taper.start_dose_mg), lines_of(order, curve)
    start_mg = start_ug / MICROGRAMS_PER_MG
    cells = np.arange(start_ug // grid_ug + 1)
    levels = level_of(cells * grid_ug / MICROGRAMS_PER_MG, curve, start_mg)
    asked = line.levels(curve, start_mg)
    return _Target(
        levels=levels,
        asked=asked,
        at_or_above=np.minimum(np.searchsorted(levels, asked, side="left"), cells.size - 1),
        same_level=np.searchsorted(levels, levels, side="right") - 1,
        lowest=-(-line.lowest_ug // grid_ug),
        highest=line.highest_ug // grid_ug,
        needed=_needed_cells(line, start_ug, grid_ug),
        stops=line.stops,
        in_levels=100.0 if curve is not None else start_mg,
    )


def _needed_cells(line: Line, start_ug: int, grid_ug: int) -> IntArray:
    """Return the cells of the doses that must be made; −1 for one that is between two cells."""
    given = line.lowest_ug[line.lowest_ug == line.highest_ug]
    doses = np.unique(np.concatenate([[start_ug], given, line.lowest_ug[line.lowest_ug > 1]]))
    return np.where(doses % grid_ug == 0, doses // grid_ug, -1)


def _subsets(
    steps: Sequence[int], n_strengths: int, most_units: int, empty: _Units
) -> Iterator[tuple[tuple[int, ...], _Units]]:
    """Yield every choice of 1 to `n_strengths` steps with the fewest units for every cell; larger steps first."""

    def extend(chosen: tuple[int, ...], units: _Units, first: int) -> Iterator[tuple[tuple[int, ...], _Units]]:
        for index in range(first, len(steps)):
            if not chosen and most_units * steps[index] < empty.size - 1:
                return  # not even the largest chosen would reach the start dose
            subset, extended = (*chosen, index), _with_step(units, steps[index], most_units)
            yield tuple(steps[part] for part in subset), extended
            if len(subset) < n_strengths:
                yield from extend(subset, extended, index + 1)

    return extend((), empty, 0)


def _best_of_each_number(
    subsets: Iterable[tuple[tuple[int, ...], _Units]], targets: Sequence[_Target]
) -> dict[int, tuple[_Merit, tuple[int, ...], _Units]]:
    """Return the best choice by how many steps it has; of equally good ones the first."""
    best: dict[int, tuple[_Merit, tuple[int, ...], _Units]] = {}
    for subset, units in subsets:
        merit = _judge(units, targets)
        if merit is not None and (len(subset) not in best or merit.key < best[len(subset)][0].key):
            best[len(subset)] = (merit, subset, units)
    return best


def _with_step(units: _Units, step: int, most_units: int) -> _Units:
    extended = units.copy()
    for count in range(1, min(most_units, (units.size - 1) // step) + 1):
        np.minimum(extended[count * step :], units[: -count * step] + np.int16(count), out=extended[count * step :])
    extended[extended > most_units] = _NEVER
    return extended


def _judge(units: _Units, targets: Iterable[_Target]) -> _Merit | None:
    """Return how good the strengths behind a table are; None where a dose that must be made cannot be."""
    squares, n_units, cells = 0.0, 0, []
    for target in targets:
        if (units[target.needed] == _NEVER).any():
            return None
        chosen = _nearest(units[: target.levels.size] != _NEVER, target)
        squares += float(np.sum((target.levels[chosen] - target.asked) ** 2))
        n_units += int(units[chosen].sum())
        cells.append(chosen)
    return _Merit(squares, n_units, tuple(cells))


def _nearest(reachable: npt.NDArray[np.bool_], target: _Target) -> IntArray:
    """Return the cell nearest in level to what each day asks, as `rounding` does among achievable doses."""
    numbers = np.arange(reachable.size)
    reachable = reachable & (numbers > 0)  # no pouch is empty
    last = np.maximum.accumulate(np.where(reachable, numbers, -1))
    following = np.minimum.accumulate(np.where(reachable, numbers, reachable.size)[::-1])[::-1]
    above = np.minimum(following[target.at_or_above], last[-1])
    below = last[np.maximum(target.at_or_above - 1, 0)]
    below = np.where(below < 0, above, below)
    gap_above = np.abs(target.levels[above] - target.asked)
    gap_below = np.abs(target.levels[below] - target.asked)
    nearest = np.where(gap_above <= gap_below + _SAME, above, below)
    return np.clip(last[target.same_level[nearest]], target.lowest, target.highest)


def _tell(
    merit: _Merit, subset: tuple[int, ...], units: _Units, grid_ug: int, targets: Sequence[_Target]
) -> StrengthChoice:
    in_levels = targets[0].in_levels
    n_days = sum(target.asked.size for target in targets)
    return StrengthChoice(
        strengths_mg=tuple(milligrams(step * grid_ug) for step in subset),
        rms_error=in_levels * math.sqrt(merit.squares / n_days),
        max_drop=max(_largest_drop(chosen, target) for chosen, target in zip(merit.cells, targets, strict=True)),
        in_points=in_levels == 100.0,  # noqa: PLR2004 - percent
        n_units=merit.n_units,
        mean_units=merit.n_units / n_days,
        most_units=max(int(units[chosen].max()) for chosen in merit.cells),
    )


def _largest_drop(chosen: IntArray, target: _Target) -> float:
    through = np.concatenate([[target.levels[-1]], target.levels[chosen], [0.0] if target.stops else []])
    return target.in_levels * float(np.max(through[:-1] - through[1:]))
