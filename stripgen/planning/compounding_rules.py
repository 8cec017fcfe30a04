"""What the keys of what can be made ask of each other, and whether the doses that a taper names can be made."""

from collections.abc import Iterator
from decimal import Decimal

from stripgen.domain.order import Compounding, Taper, UnitStrength
from stripgen.domain.quantity import FINEST_MG, micrograms, milligrams, plain
from stripgen.errors import Problem
from stripgen.planning.achievable import MOST_STRENGTHS, is_achievable, nearest_achievable

DIVISIBLE_FORMS = ("tablet", "orodispersible tablet", "film")


def find_compounding_problems(compounding: Compounding) -> Iterator[Problem]:
    """Yield what in the table of what can be made does not fit together."""
    units = compounding.unit
    ways = {
        "increment_mg": compounding.increment_mg,
        "[[compounding.unit]]": units,
        "[compounding.solution]": compounding.solution,
    }
    given = [name for name, way in ways.items() if way is not None]
    if not given:
        yield Problem(
            "compounding",
            "says not what can be made; give increment_mg, or one [[compounding.unit]] or more, "
            "or [compounding.solution]",
        )
    if len(given) > 1:
        several = f"has both {given[0]} and {given[1]}; give one of the two"
        yield Problem("compounding", several if len(given) == 2 else f"has {', '.join(given)}; give one of the three")  # noqa: PLR2004 - two ways
    if units is None and compounding.max_units_per_pouch is not None:
        yield Problem("compounding.max_units_per_pouch", "goes with [[compounding.unit]] only; leave it out")
    if units is not None and not 1 <= len(units) <= MOST_STRENGTHS:
        yield Problem("compounding.unit", f"has {len(units)} strengths; 1 to {MOST_STRENGTHS}")
    seen: set[Decimal] = set()
    for number, unit in enumerate(units or (), start=1):
        if unit.strength_mg in seen:
            where = f"compounding.unit[{number}].strength_mg"
            yield Problem(where, f"{plain(unit.strength_mg)} is there twice; each strength once")
        seen.add(unit.strength_mg)
        yield from _find_unit_problems(unit, f"compounding.unit[{number}]", compounding.most_units)
    if compounding.solution is not None and compounding.solution.step_mg % FINEST_MG:
        step, finest = plain(compounding.solution.step_mg), plain(FINEST_MG)
        yield Problem(
            "compounding.solution.syringe_step_ml",
            f"a step holds {step} mg, which is finer than {finest} mg; a step that holds whole {finest} mg",
        )


def _find_unit_problems(unit: UnitStrength, where: str, most_units: int) -> Iterator[Problem]:
    if unit.divisible_into > 1:
        if unit.modified_release:
            yield Problem(
                f"{where}.divisible_into", "a modified-release unit must stay whole; leave one of the two out"
            )
        elif unit.form not in DIVISIBLE_FORMS:
            forms = f"{', '.join(DIVISIBLE_FORMS[:-1])} or {DIVISIBLE_FORMS[-1]}"
            yield Problem(f"{where}.divisible_into", f"a {unit.form} cannot be divided; only a {forms} can")
        if unit.strength_mg % (unit.divisible_into * FINEST_MG):
            part = "half" if unit.divisible_into == 2 else "quarter"  # noqa: PLR2004 - halves
            yield Problem(
                f"{where}.divisible_into",
                f"a {part} of {plain(unit.strength_mg)} mg is finer than {plain(FINEST_MG)} mg; leave it out",
            )
    if unit.max_per_pouch is not None and unit.max_per_pouch > most_units:
        what = f"{unit.max_per_pouch} is more than a pouch may hold; from 1 to {most_units} (max_units_per_pouch)"
        yield Problem(f"{where}.max_per_pouch", what)


def find_unachievable_doses(taper: Taper, compounding: Compounding) -> Iterator[Problem]:
    """Yield each dose that the taper names and that cannot be made, with the nearest that can.

    Args:
        taper: As far as it could be read.
        compounding: Without problems of its own.
    """
    doses_mg = {
        f"taper.{field}": getattr(taper, field, None) for field in ("start_dose_mg", "end_dose_mg", "last_dose_mg")
    }
    doses_mg |= {f"taper.phase[{n}].to_mg": phase.to_mg for n, phase in enumerate(taper.phase or (), start=1)}
    for where, dose_mg in doses_mg.items():
        if dose_mg and not is_achievable(micrograms(dose_mg), compounding):
            nearest = [plain(milligrams(dose)) for dose in nearest_achievable(micrograms(dose_mg), compounding)]
            remedy = f"nearest that can: {' and '.join(nearest)} mg" if nearest else "no smaller dose can be made"
            yield Problem(where, f"{plain(dose_mg)} mg cannot be made from [compounding]; {remedy}")
