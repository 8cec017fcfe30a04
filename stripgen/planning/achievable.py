"""Which doses the pharmacy can make, and of which units each is composed.

All amounts are whole micrograms.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from stripgen.domain.order import Compounding, Form, UnitForm, UnitStrength
from stripgen.domain.plan import Units
from stripgen.domain.quantity import micrograms, milligrams
from stripgen.planning.curves import IntArray

# A cell of a table holds units, divided units and different strengths, so that comparing cells compares units first.
_UNIT, _DIVIDED = 1024, 32
_IMPOSSIBLE = 1 << 20
MOST_STRENGTHS = 15

_MODIFIED_RELEASE: dict[UnitForm, Form] = {
    "capsule": "modified-release capsule",
    "tablet": "modified-release tablet",
    "orodispersible tablet": "modified-release orodispersible tablet",
    "film": "modified-release film",
    "sachet": "modified-release sachet",
}

CellArray = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Share:
    """What one strength may put into a pouch: some whole units, and a half or a quarter or both.

    Attributes:
        amount_ug: All of it together.
        cost: As cells hold it.
    """

    whole: int
    half: int
    quarter: int
    amount_ug: int
    cost: int


@dataclass(frozen=True, slots=True)
class _Mixture:
    """Strengths that may stand in one pouch, and the cheapest way to every amount.

    Attributes:
        strengths: Largest first.
        shares: Of each strength, the largest amount first.
        grid_ug: Greatest common divisor of all amounts: the step of `tables`.
        tables: One for each strength and one more. `tables[i][k]` is the cheapest way to make `k · grid_ug` from
            `strengths[i:]`.
    """

    strengths: tuple[UnitStrength, ...]
    shares: tuple[tuple[_Share, ...], ...]
    grid_ug: int
    tables: tuple[CellArray, ...]

    def cost_of(self, dose_ug: int) -> int:
        """Return what a dose costs, as cells hold it; the impossible where it cannot be made."""
        index, rest = divmod(dose_ug, self.grid_ug)
        return _IMPOSSIBLE if rest or index >= self.tables[0].size else int(self.tables[0][index])


@dataclass(frozen=True, slots=True)
class Achievable:
    """The doses that can be made, up to some amount.

    Attributes:
        doses_ug: Shape (n_doses,), ascending, above 0.
        n_units: How many units each takes, shape (n_doses,); a half counts as one.
        mixtures: How strengths may be combined; empty where a unit is made for each dose.
    """

    doses_ug: IntArray
    n_units: IntArray
    mixtures: tuple[_Mixture, ...] = ()


def find_achievable(compounding: Compounding, most_ug: int) -> Achievable:
    """Return every dose above 0 and up to `most_ug` that can be made.

    Increment or solution: whole multiples of the step. Unit strengths: all sums within the units a pouch may hold.
    """
    if compounding.step_mg is not None:
        step = micrograms(compounding.step_mg)
        doses_ug = np.arange(step, most_ug + 1, step, dtype=np.int64)
        return Achievable(doses_ug, np.ones_like(doses_ug))
    mixtures = _find_mixtures(compounding, most_ug)
    best: dict[int, int] = {}
    for mixture in mixtures:
        reachable = np.flatnonzero(mixture.tables[0] < _IMPOSSIBLE)
        for index, cost in zip(reachable.tolist(), mixture.tables[0][reachable].tolist(), strict=True):
            dose_ug = index * mixture.grid_ug
            best[dose_ug] = min(cost, best.get(dose_ug, _IMPOSSIBLE))
    best.pop(0, None)
    doses = sorted(best)
    n_units = np.array([best[dose] // _UNIT for dose in doses], dtype=np.int64)
    return Achievable(np.array(doses, dtype=np.int64), n_units, mixtures)


def _find_mixtures(compounding: Compounding, most_ug: int) -> tuple[_Mixture, ...]:
    """Return the ways strengths may be combined: a modified-release unit never stands beside a divided one."""
    units = sorted(compounding.unit or (), key=lambda unit: -unit.strength_mg)
    if any(unit.modified_release for unit in units) and any(unit.divisible_into > 1 for unit in units):
        whole = [unit.model_copy(update={"divisible_into": 1}) for unit in units]
        divided = [unit for unit in units if not unit.modified_release]
        return tuple(_mix(group, most_ug, compounding.most_units) for group in (whole, divided) if group)
    return (_mix(units, most_ug, compounding.most_units),)


def _mix(units: list[UnitStrength], most_ug: int, most_units: int) -> _Mixture:
    grid_ug = math.gcd(*(micrograms(unit.strength_mg) // unit.divisible_into for unit in units))
    shares = tuple(_shares_of(unit, most_ug, most_units) for unit in units)
    table = np.full(most_ug // grid_ug + 1, _IMPOSSIBLE, dtype=np.int32)
    table[0] = 0
    tables = [table]
    for of_strength in reversed(shares):
        without, table = table, table.copy()
        for share in of_strength:
            shift = share.amount_ug // grid_ug
            np.minimum(table[shift:], without[:-shift] + np.int32(share.cost), out=table[shift:])
        table[table >= (most_units + 1) * _UNIT] = _IMPOSSIBLE
        tables.append(table)
    return _Mixture(tuple(units), shares, grid_ug, tuple(reversed(tables)))


def _shares_of(unit: UnitStrength, most_ug: int, most_units: int) -> tuple[_Share, ...]:
    """Return what one strength may put into a pouch: two halves would be a whole, two quarters a half."""
    strength_ug = micrograms(unit.strength_mg)
    most = min(most_units, unit.max_per_pouch or most_units)
    halves = range(2 if unit.divisible_into > 1 else 1)
    quarters = range(2 if unit.divisible_into > 2 else 1)  # noqa: PLR2004 - 4: into quarters, too
    shares = []
    for whole, half, quarter in product(range(min(most, most_ug // strength_ug) + 1), halves, quarters):
        n_units = whole + half + quarter
        amount_ug = whole * strength_ug + half * strength_ug // 2 + quarter * strength_ug // 4
        if 0 < n_units <= most and amount_ug <= most_ug:
            shares.append(_Share(whole, half, quarter, amount_ug, n_units * _UNIT + (half + quarter) * _DIVIDED + 1))
    return tuple(sorted(shares, key=lambda share: -share.amount_ug))


def compose(dose_ug: int, achievable: Achievable, compounding: Compounding) -> tuple[Units, ...]:
    """Return the units that add up to an achievable dose exactly.

    Fewest units, then fewest divided ones, then fewest different strengths, then the larger strengths first.

    Args:
        dose_ug: One of `achievable.doses_ug`.
        achievable: What `find_achievable` returned for this compounding.
        compounding: What the pharmacy makes.

    Returns:
        Largest strength first, whole units before halves and quarters; only strengths that are used.
    """
    dose_mg = milligrams(dose_ug)
    if compounding.solution is not None:
        solution = compounding.solution
        steps = dose_mg / solution.step_mg
        return (Units(dose_mg, "oral syringe", 1, volume_ml=steps * solution.syringe_step_ml),)
    if compounding.increment_mg is not None:
        return (Units(dose_mg, "capsule", 1),)
    mixture = min(achievable.mixtures, key=lambda mixture: mixture.cost_of(dose_ug))
    units: list[Units] = []
    left = dose_ug
    for number, (strength, shares) in enumerate(zip(mixture.strengths, mixture.shares, strict=True)):
        share = _cheapest_share(left, shares, mixture, number)
        if share is not None:
            units += _units_of(strength, share)
            left -= share.amount_ug
    return tuple(units)


def _cheapest_share(left_ug: int, shares: tuple[_Share, ...], mixture: _Mixture, number: int) -> _Share | None:
    """Return what the cheapest way takes of a strength; the most, where several are as cheap."""
    table, without = mixture.tables[number], mixture.tables[number + 1]
    wanted = table[left_ug // mixture.grid_ug]
    for share in shares:
        after = left_ug - share.amount_ug
        if after >= 0 and without[after // mixture.grid_ug] + share.cost == wanted:
            return share
    return None


def _units_of(strength: UnitStrength, share: _Share) -> list[Units]:
    form = _MODIFIED_RELEASE[strength.form] if strength.modified_release else strength.form
    parts = ((share.whole, 1), (share.half, 2), (share.quarter, 4))
    return [Units(strength.strength_mg, form, count, divided_into) for count, divided_into in parts if count]


def nearest_achievable(dose_ug: int, compounding: Compounding) -> list[int]:
    """Return the achievable doses just below and just above one that cannot be made; one where there is no other."""
    if compounding.step_mg is not None:
        reach = micrograms(compounding.step_mg)
    else:
        reach = max(micrograms(unit.strength_mg) for unit in compounding.unit or ())
    doses = find_achievable(compounding, dose_ug + reach).doses_ug
    return [int(dose) for dose in (*doses[doses < dose_ug][-1:], *doses[doses > dose_ug][:1])]


def is_achievable(dose_ug: int, compounding: Compounding) -> bool:
    """Return whether a dose above 0 can be made."""
    doses = find_achievable(compounding, dose_ug).doses_ug
    return bool(doses.size) and int(doses[-1]) == dose_ug
