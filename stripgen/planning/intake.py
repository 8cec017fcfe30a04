"""From what a file (or the command line) says to an order that can be planned, or every problem in it at once."""

import difflib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stripgen.domain.formulary import Curve, Formulary
from stripgen.domain.order import Compounding, Medication, Order, Taper
from stripgen.domain.problems import describe_problems
from stripgen.domain.quantity import micrograms, milligrams, plain
from stripgen.errors import OrderInvalid, Problem
from stripgen.planning.achievable import MOST_STRENGTHS, is_achievable, nearest_achievable

OWN_CURVE_ID = "own"
_TABLES_OF_APPROVAL = ("patient", "prescriber", "pharmacy")


def read_order(raw: Mapping[str, Any], formulary: Formulary, source: str) -> Order:
    """Return the order that a parsed file describes.

    Args:
        raw: Tables and keys as in the order file; numbers are int or Decimal.
        formulary: To look up the drug and its curves.
        source: The file's name, for messages.

    Raises:
        OrderInvalid: With every problem: unknown keys, wrong values, and tables that do not fit together.
    """
    problems: list[Problem] = []
    try:
        Order.model_validate(raw)
    except ValidationError as error:
        problems = describe_problems(error, Order)
    order = _readable_part(raw)
    faulty = {problem.where.partition(".")[0] for problem in problems}
    problems += [clash for clash in _find_clashes(order, formulary) if not _follows_from(clash, faulty)]
    if problems:
        raise OrderInvalid(problems, source)
    return order


def _follows_from(clash: Problem, faulty: set[str]) -> bool:
    """Return whether a field only seems to be missing, because its table could not be read."""
    table, _, field = clash.where.partition(".")
    return table in faulty and bool(field) and table in _TABLES_OF_APPROVAL


def _readable_part(raw: Mapping[str, Any]) -> Order:
    """Return the tables that are valid by themselves; the others are absent, so that what can be checked is."""
    tables = {}
    fields: dict[str, Any] = dict(Order.model_fields)
    for name, field in fields.items():
        key = field.alias or name
        if key in raw:
            try:
                tables[key] = TypeAdapter(field.annotation).validate_python(raw[key])
            except ValidationError:
                continue
    return Order.model_construct(**tables)


def _find_clashes(order: Order, formulary: Formulary) -> Iterator[Problem]:
    medication: Medication | None = getattr(order, "medication", None)
    taper: Taper | None = getattr(order, "taper", None)
    compounding: Compounding | None = getattr(order, "compounding", None)
    if medication:
        yield from _find_medication_problems(medication, formulary)
    if taper:
        yield from _find_taper_problems(taper)
    if compounding:
        compounding_problems = list(_find_compounding_problems(compounding))
        yield from compounding_problems
        if taper and not compounding_problems:
            yield from _find_unachievable_doses(taper, compounding)
    if order.approval:
        yield from _find_approval_gaps(order)
    if taper and order.patient.birth_date and order.patient.birth_date > taper.start_date:
        yield Problem(
            "patient.birth_date",
            f"{order.patient.birth_date} is after the taper starts; a date up to {taper.start_date}",
        )


def _find_medication_problems(medication: Medication, formulary: Formulary) -> Iterator[Problem]:
    drug, curves = medication.drug, formulary.curves_of(medication.drug)
    if medication.custom_curve is not None:
        if medication.curve is not None:
            yield Problem("medication.curve", "is given together with medication.custom_curve; give one of the two")
        studied = medication.custom_curve.studied_mg
        if studied and studied[0] > studied[1]:
            yield Problem("medication.custom_curve.studied_mg", "runs downwards; lowest dose first: [1, 60]")
    elif drug not in formulary.drugs:
        close = difflib.get_close_matches(drug.lower(), formulary.drugs, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        known = ", ".join(formulary.drugs)
        yield Problem("medication.drug", f"{drug!r} is not in the formulary{meant}; {known}, or bring a custom_curve")
    elif medication.curve is not None and medication.curve not in {curve.id for curve in curves}:
        yield Problem("medication.curve", f"{medication.curve!r} is not a curve of {drug}; {_choices(curves)}")
    elif medication.curve is None and formulary.default_curve_of(drug) is None:
        yield Problem("medication.curve", f"is missing, and {drug} has no default; {_choices(curves)}")


def _choices(curves: tuple[Curve, ...]) -> str:
    return "one of " + "; ".join(
        f"{curve.id} ({curve.region or 'region not given'}, {curve.source})" for curve in curves
    )


def _find_taper_problems(taper: Taper) -> Iterator[Problem]:
    start, end = plain(taper.start_dose_mg), plain(taper.end_dose_mg)
    if taper.end_dose_mg >= taper.start_dose_mg:
        yield Problem("taper.end_dose_mg", f"{end} is not below the start dose; from 0 (stop) to less than {start}")
    if taper.days == 1 and taper.first_day == "start" and taper.end_dose_mg > 0:
        yield Problem(
            "taper.days", "1 day cannot be both the start and the end dose; 2 or more, or first_day = 'reduced'"
        )


def _find_compounding_problems(compounding: Compounding) -> Iterator[Problem]:
    units = compounding.unit
    if compounding.increment_mg is None and units is None:
        yield Problem(
            "compounding", "says not what can be made; give increment_mg, or one [[compounding.unit]] or more"
        )
    if compounding.increment_mg is not None and units is not None:
        yield Problem("compounding", "has both increment_mg and [[compounding.unit]]; give one of the two")
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


def _find_unachievable_doses(taper: Taper, compounding: Compounding) -> Iterator[Problem]:
    for field, dose_mg in (("start_dose_mg", taper.start_dose_mg), ("end_dose_mg", taper.end_dose_mg)):
        if dose_mg and not is_achievable(micrograms(dose_mg), compounding):
            nearest = [plain(milligrams(dose)) for dose in nearest_achievable(micrograms(dose_mg), compounding)]
            remedy = f"nearest that can: {' and '.join(nearest)} mg" if nearest else "no smaller dose can be made"
            yield Problem(f"taper.{field}", f"{plain(dose_mg)} mg cannot be made from [compounding]; {remedy}")


def _find_approval_gaps(order: Order) -> Iterator[Problem]:
    needed: dict[str, dict[str, object]] = {
        "patient": {"name": order.patient.name, "birth_date": order.patient.birth_date},
        "prescriber": {"name": order.prescriber.name},
        "pharmacy": {"name": order.pharmacy.name, "address": order.pharmacy.address, "phone": order.pharmacy.phone},
    }
    for table, fields in needed.items():
        for field, value in fields.items():
            if value is None:
                yield Problem(f"{table}.{field}", "is missing; an approved order names it (a draft may leave it blank)")


def curve_for(order: Order, formulary: Formulary) -> Curve:
    """Return the curve a checked order is planned by: its own, the one it names, or the drug's default."""
    medication = order.medication
    if medication.custom_curve is not None:
        shape = medication.custom_curve.model_dump()
        return Curve(id=OWN_CURVE_ID, drug=medication.drug, grade="own", **shape)
    if medication.curve is not None:
        return formulary.curves[medication.curve]
    default = formulary.default_curve_of(medication.drug)
    if default is None:
        raise ValueError(f"{medication.drug} has no default curve; read_order refuses such an order")
    return default
