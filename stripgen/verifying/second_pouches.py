"""Which doses can be made and of which units each is: found a second time (design.md, section 4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stripgen.domain.order import Compounding, UnitStrength
from stripgen.domain.quantity import plain
from stripgen.verifying.expected import Pieces
from stripgen.verifying.second_line import micrograms

_HALF, _QUARTER = 2, 4


@dataclass(frozen=True, slots=True, order=True)
class _Filling:
    """Units in a pouch. The best filling of a dose is the least, compared field by field, as section 4 has it.

    Attributes:
        n_units: Fewest units first; a half counts as one.
        n_divided: Then fewest halves and quarters.
        n_strengths: Then fewest different strengths.
        taken_ug: Then the larger strengths first: what each strength gives, largest strength first, negative.
    """

    n_units: int = 0
    n_divided: int = 0
    n_strengths: int = 0
    taken_ug: tuple[int, ...] = ()


def every_pouch(compounding: Compounding, most_ug: int) -> dict[int, tuple[Pieces, ...]]:
    """Return every dose above 0 and up to `most_ug` that can be made, lowest first, and of which units.

    Args:
        compounding: What the pharmacy makes.
        most_ug: The start dose, whole micrograms: no day holds more.
    """
    if compounding.solution is not None:
        step_ug = micrograms(compounding.solution.mg_per_ml * compounding.solution.syringe_step_ml)
        return _one_unit_each(step_ug, most_ug, "oral syringe")
    if compounding.increment_mg is not None:
        return _one_unit_each(micrograms(compounding.increment_mg), most_ug, "capsule")
    strengths = sorted(compounding.unit or (), key=lambda unit: unit.strength_mg, reverse=True)
    most_units = 6 if compounding.max_units_per_pouch is None else compounding.max_units_per_pouch
    fillings: dict[tuple[int, bool, bool], _Filling] = {(0, False, False): _Filling()}
    for unit in strengths:
        fillings = _with_one_more_strength(fillings, unit, most_ug, most_units)
    best: dict[int, _Filling] = {}
    for (dose_ug, _, _), filling in fillings.items():
        if dose_ug > 0 and (dose_ug not in best or filling < best[dose_ug]):
            best[dose_ug] = filling
    return {dose_ug: tuple(_pieces_of(best[dose_ug], strengths)) for dose_ug in sorted(best)}


def volume_of(dose_mg: Decimal, compounding: Compounding) -> Decimal | None:
    """Return how many mL of a solution hold a dose; None where pouches hold solid units."""
    return None if compounding.solution is None else Decimal(plain(dose_mg / compounding.solution.mg_per_ml))


def _one_unit_each(step_ug: int, most_ug: int, form: str) -> dict[int, tuple[Pieces, ...]]:
    return {dose_ug: (Pieces(milligrams(dose_ug), form, 1),) for dose_ug in range(step_ug, most_ug + 1, step_ug)}


def milligrams(amount_ug: int) -> Decimal:
    """Return whole micrograms as exact milligrams, without trailing zeros."""
    return Decimal(plain(Decimal(amount_ug).scaleb(-3)))


def _with_one_more_strength(
    fillings: Mapping[tuple[int, bool, bool], _Filling], unit: UnitStrength, most_ug: int, most_units: int
) -> dict[tuple[int, bool, bool], _Filling]:
    """Return the best filling of each dose when a smaller strength may be put in as well.

    By dose, by whether a divided unit is in it, and by whether a modified-release one is: the two never stand together.
    """
    shares = list(_shares_of(unit, most_units))
    better: dict[tuple[int, bool, bool], _Filling] = {}
    for (dose_ug, divided, modified), filling in fillings.items():
        for n_units, n_divided, share_ug in shares:
            key = dose_ug + share_ug, divided or n_divided > 0, modified or (unit.modified_release and n_units > 0)
            if key[0] > most_ug or filling.n_units + n_units > most_units or (key[1] and key[2]):
                continue
            more = _Filling(
                filling.n_units + n_units,
                filling.n_divided + n_divided,
                filling.n_strengths + (n_units > 0),
                (*filling.taken_ug, -share_ug),
            )
            if key not in better or more < better[key]:
                better[key] = more
    return better


def _shares_of(unit: UnitStrength, most_units: int) -> Iterator[tuple[int, int, int]]:
    """Yield what one strength may put into a pouch: units, how many of them are divided, and the amount together.

    At most one half and one quarter: two halves would be a whole, two quarters a half.
    """
    strength_ug = micrograms(unit.strength_mg)
    most = most_units if unit.max_per_pouch is None else min(unit.max_per_pouch, most_units)
    for whole in range(most + 1):
        for half in (0, 1) if unit.divisible_into >= _HALF else (0,):
            for quarter in (0, 1) if unit.divisible_into >= _QUARTER else (0,):
                if whole + half + quarter <= most:
                    amount_ug = whole * strength_ug + half * strength_ug // 2 + quarter * strength_ug // 4
                    yield whole + half + quarter, half + quarter, amount_ug


def _pieces_of(filling: _Filling, strengths: list[UnitStrength]) -> Iterator[Pieces]:
    """Yield the units of a filling, largest strength first, whole ones before halves and quarters."""
    for unit, taken_ug in zip(strengths, filling.taken_ug, strict=True):
        form = f"modified-release {unit.form}" if unit.modified_release else unit.form
        whole, left_ug = divmod(-taken_ug, micrograms(unit.strength_mg))
        n_quarters = left_ug * _QUARTER // micrograms(unit.strength_mg)
        for count, part in ((whole, 1), (n_quarters // _HALF, _HALF), (n_quarters % _HALF, _QUARTER)):
            if count:
                yield Pieces(unit.strength_mg, form, count, part)
