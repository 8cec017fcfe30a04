"""Which doses the pharmacy can make, and of which units each is composed.

All amounts are whole micrograms.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stripgen.domain.order import Compounding, UnitStrength
from stripgen.domain.plan import Units
from stripgen.domain.quantity import micrograms, milligrams
from stripgen.planning.curves import IntArray

# A cell of a table holds `units * _UNIT + different strengths`: comparing cells compares units first.
_UNIT = 16
_IMPOSSIBLE = 20_000
MOST_STRENGTHS = _UNIT - 1

CellArray = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Achievable:
    """The doses that can be made, up to some amount.

    Attributes:
        doses_ug: Shape (n_doses,), ascending, above 0.
        strengths: The unit strengths, largest first; empty when a capsule is made for each dose.
        grid_ug: Greatest common divisor of the strengths: the step of `tables`.
        tables: One for each strength and one more. `tables[i][k]` is the cheapest way to make `k · grid_ug` from
            `strengths[i:]`.
    """

    doses_ug: IntArray
    strengths: tuple[UnitStrength, ...] = ()
    grid_ug: int = 1
    tables: tuple[CellArray, ...] = ()


def find_achievable(compounding: Compounding, most_ug: int) -> Achievable:
    """Return every dose above 0 and up to `most_ug` that can be made.

    Increment: its whole multiples. Unit strengths: all sums within the units a pouch may hold.
    """
    if compounding.increment_mg is not None:
        step = micrograms(compounding.increment_mg)
        return Achievable(doses_ug=np.arange(step, most_ug + 1, step, dtype=np.int64))
    return _sums_of_units(compounding, most_ug)


def _sums_of_units(compounding: Compounding, most_ug: int) -> Achievable:
    strengths = tuple(sorted(compounding.unit or (), key=lambda unit: -unit.strength_mg))
    amounts_ug = [micrograms(unit.strength_mg) for unit in strengths]
    grid_ug = math.gcd(*amounts_ug)
    most_units = compounding.most_units
    tables = _cheapest_ways([amount // grid_ug for amount in amounts_ug], most_ug // grid_ug, most_units)
    reachable = np.flatnonzero(tables[0] < (most_units + 1) * _UNIT)
    return Achievable(reachable[reachable > 0].astype(np.int64) * grid_ug, strengths, grid_ug, tables)


def _cheapest_ways(steps: list[int], n_cells: int, most_units: int) -> tuple[CellArray, ...]:
    """Return, for each suffix of the strengths, the cheapest way to every amount (bounded knapsack).

    Cheapest: fewest units, then fewest different strengths.
    """
    table = np.full(n_cells + 1, _IMPOSSIBLE, dtype=np.int16)
    table[0] = 0
    tables = [table]
    for step in reversed(steps):
        without, table = table, table.copy()
        for count in range(1, min(most_units, n_cells // step) + 1):
            shift = count * step
            np.minimum(table[shift:], without[:-shift] + np.int16(count * _UNIT + 1), out=table[shift:])
        np.minimum(table, _IMPOSSIBLE, out=table)
        tables.append(table)
    return tuple(reversed(tables))


def compose(dose_ug: int, achievable: Achievable, compounding: Compounding) -> tuple[Units, ...]:
    """Return the units that add up to an achievable dose exactly.

    Fewest units, then fewest different strengths, then the larger strengths first.

    Args:
        dose_ug: One of `achievable.doses_ug`.
        achievable: What `find_achievable` returned for this compounding.
        compounding: What the pharmacy makes.

    Returns:
        Largest strength first, only strengths that are used.
    """
    if compounding.increment_mg is not None:
        return (Units(milligrams(dose_ug), "capsule", 1),)
    units = []
    left = dose_ug // achievable.grid_ug
    for index, strength in enumerate(achievable.strengths):
        step = micrograms(strength.strength_mg) // achievable.grid_ug
        count = _largest_count(left, step, achievable.tables[index], achievable.tables[index + 1])
        if count:
            units.append(Units(strength.strength_mg, strength.form, count))
        left -= count * step
    return tuple(units)


def _largest_count(left: int, step: int, table: CellArray, without: CellArray) -> int:
    """Return how many units of this strength the cheapest way takes; the most, where several are as cheap."""
    units_needed = int(table[left]) // _UNIT
    for count in range(min(left // step, units_needed), 0, -1):
        if without[left - count * step] + count * _UNIT + 1 == table[left]:
            return count
    return 0


def nearest_achievable(dose_ug: int, compounding: Compounding) -> list[int]:
    """Return the achievable doses just below and just above one that cannot be made; one where there is no other."""
    if compounding.increment_mg is not None:
        reach = micrograms(compounding.increment_mg)
    else:
        reach = max(micrograms(unit.strength_mg) for unit in compounding.unit or ())
    doses = find_achievable(compounding, dose_ug + reach).doses_ug
    return [int(dose) for dose in (*doses[doses < dose_ug][-1:], *doses[doses > dose_ug][:1])]


def is_achievable(dose_ug: int, compounding: Compounding) -> bool:
    """Return whether a dose above 0 can be made."""
    doses = find_achievable(compounding, dose_ug).doses_ug
    return bool(doses.size) and int(doses[-1]) == dose_ug
