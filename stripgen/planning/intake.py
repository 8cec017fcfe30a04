"""From what a file (or the command line) says to an order that can be planned, or every problem in it at once."""

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stripgen.domain.amendment import Amendment
from stripgen.domain.approval import PLAN_ID
from stripgen.domain.code import LONGEST_LOT, is_gs1_lot
from stripgen.domain.dispensing import Dispensing
from stripgen.domain.fields import LONGEST_TAPER_DAYS, shown
from stripgen.domain.formulary import Curve, Formulary
from stripgen.domain.order import Batch, Compounding, Medication, Order, Taper
from stripgen.domain.problems import describe_problems, model_within
from stripgen.domain.quantity import micrograms, milligrams, plain
from stripgen.errors import OrderInvalid, Problem
from stripgen.planning.achievable import find_achievable
from stripgen.planning.approving import find_approval_problems
from stripgen.planning.compounding_rules import find_compounding_problems, find_unachievable_doses
from stripgen.planning.line import counts_in_mg
from stripgen.planning.record_rules import find_record_problems
from stripgen.planning.taper_rules import find_taper_problems


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
    unread = {problem.where.partition("[")[0] for problem in problems}
    problems += [clash for clash in _find_clashes(order, formulary, unread) if not _is_said(clash.where, problems)]
    if problems:
        raise OrderInvalid(dict.fromkeys(problems), source)
    return order


def _is_said(where: str, problems: list[Problem]) -> bool:
    """Return whether something wrong at this place, around it or within it is told already: this may follow from it."""
    return any(
        f"{where}.".startswith(f"{problem.where}.") or re.match(rf"{re.escape(where)}[.\[]", problem.where)
        for problem in problems
    )


def _readable_part(raw: Mapping[str, Any]) -> Order:
    """Return what is valid by itself, table by table and field by field, so that all that can be checked is."""
    tables = {}
    for name, field in Order.model_fields.items():
        key = field.alias or name
        if key in raw:
            table = _readable(field, raw[key])
            if table is not None:
                tables[key] = table
    return Order.model_construct(**tables)


def _readable(field: FieldInfo, value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    """Return a value as its field makes it; of a faulty table, the fields that are right; None if nothing is."""
    try:
        return TypeAdapter(field.rebuild_annotation()).validate_python(value)
    except ValidationError:
        model = model_within(field.annotation)
        # What can be made means something only as a whole: half of it would call doses impossible that are not.
        if model in {None, Compounding, Amendment} or _is_list(field) or not isinstance(value, Mapping):
            return None
    fields = {name: _readable(inner, value[name]) for name, inner in model.model_fields.items() if name in value}
    return model.model_construct(**{name: inner for name, inner in fields.items() if inner is not None})


def _is_list(field: FieldInfo) -> bool:
    return any(get_origin(kind) is tuple for kind in (field.annotation, *get_args(field.annotation)))


def _find_clashes(order: Order, formulary: Formulary, unread: set[str]) -> Iterator[Problem]:
    """Yield what does not fit together.

    Args:
        order: What could be read.
        formulary: To look up the drug and its curves.
        unread: Keys that could not be read; what follows from them is not told.
    """
    medication: Medication | None = getattr(order, "medication", None)
    taper: Taper | None = getattr(order, "taper", None)
    compounding: Compounding | None = getattr(order, "compounding", None)
    if medication and hasattr(medication, "drug"):
        yield from _find_medication_problems(medication, taper, formulary)
    if taper and not unread & {"taper.strategy", "taper.phase"}:
        yield from find_taper_problems(taper)
    if compounding:
        compounding_problems = list(find_compounding_problems(compounding))
        yield from compounding_problems
        if taper and not compounding_problems:
            yield from find_unachievable_doses(taper, compounding)
        if order.amendment and taper and not compounding_problems:
            yield from _find_amendment_problems(order.amendment, taper, compounding)
        if not compounding_problems:
            yield from _find_batch_problems(order.batch, compounding)
            yield from _find_solution_problems(order, compounding)
    if order.record:
        yield from find_record_problems(order.record, compounding, unread)
    if order.approval:
        yield from _find_approval_gaps(order)
        yield from find_approval_problems(order.approval, unread)
    yield from _find_code_problems(order.dispensing)
    yield from _find_date_problems(order.dispensing)
    yield from _find_lot_date_problems(order.batch, order.dispensing)
    born, begins = order.patient.birth_date, getattr(taper, "start_date", None)
    if born and begins and born > begins:
        yield Problem("patient.birth_date", f"is after the taper starts; a date up to {begins}")


def _find_medication_problems(medication: Medication, taper: Taper | None, formulary: Formulary) -> Iterator[Problem]:
    drug, curves = medication.drug, formulary.curves_of(medication.drug)
    needs_no_curve = taper is not None and counts_in_mg(taper)
    if needs_no_curve and getattr(taper, "max_drop_points", None) and not curves and medication.custom_curve is None:
        what = f"counts points of occupancy, and {drug} has no curve; leave it out, or bring a custom_curve"
        yield Problem("taper.max_drop_points", what)
    if medication.custom_curve is not None:
        if medication.curve is not None:
            yield Problem("medication.curve", "is given together with medication.custom_curve; give one of the two")
        studied = medication.custom_curve.studied_mg
        if studied and studied[0] > studied[1]:
            yield Problem("medication.custom_curve.studied_mg", "runs downwards; lowest dose first: [1, 60]")
    elif drug not in formulary.drugs and not needs_no_curve:
        close = difflib.get_close_matches(drug.lower(), formulary.drugs, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        known = ", ".join(formulary.drugs)
        remedy = f"{known}, or bring a custom_curve, or taper.strategy = 'linear' or 'proportional'"
        yield Problem("medication.drug", f"{drug!r} is not in the formulary{meant}; {remedy}")
    elif medication.curve is not None and medication.curve not in {curve.id for curve in curves}:
        yield Problem("medication.curve", f"{medication.curve!r} is not a curve of {drug}; {_choices(curves)}")
    elif medication.curve is None and curves and formulary.default_curve_of(drug) is None:
        yield Problem("medication.curve", f"is missing, and {drug} has no default; {_choices(curves)}")


def _choices(curves: tuple[Curve, ...]) -> str:
    if not curves:
        return "it has none; bring a custom_curve"
    return "one of " + "; ".join(
        f"{curve.id} ({curve.region or 'region not given'}, {curve.source})" for curve in curves
    )


def _find_amendment_problems(amendment: Amendment, taper: Taper, compounding: Compounding) -> Iterator[Problem]:
    """Yield what `stripgen amend` would never write."""
    start_mg: Decimal | None = getattr(taper, "start_dose_mg", None)
    if start_mg is None:
        return
    n_kept, n_line = len(amendment.kept), len(amendment.line)
    if n_kept != amendment.from_day - 1 or not n_kept:
        yield Problem("amendment.kept", f"has {n_kept} days; {amendment.from_day - 1}, those before from_day")
    if not 1 <= n_line <= LONGEST_TAPER_DAYS - n_kept:
        yield Problem("amendment.line", f"has {n_line} days; from 1 to {LONGEST_TAPER_DAYS - n_kept}")
    doses_mg = [milligrams(dose) for dose in find_achievable(compounding, micrograms(start_mg)).doses_ug.tolist()]
    if not {day.dose_mg for day in amendment.kept} <= set(doses_mg):
        yield Problem("amendment.kept", "has a dose that cannot be made, or above the start dose; as the plan had it")
    strips = [day.strip for day in amendment.kept]
    if strips != sorted(strips):
        yield Problem("amendment.kept", "has strips out of order; as the plan had them")
    bounds = {(day.lowest_mg, day.highest_mg) for day in amendment.line}
    if any(bisect_left(doses_mg, lowest) >= bisect_right(doses_mg, highest) for lowest, highest in bounds):
        what = "has a day for which no dose can be made between its lowest and its highest"
        yield Problem("amendment.line", f"{what}; as stripgen amend wrote it")
    for name, pouches in (("kept", amendment.kept), ("take_back", amendment.take_back)):
        if not all(re.fullmatch(PLAN_ID, pouch.plan) for pouch in pouches):
            yield Problem(f"amendment.{name}", "has a plan that is no plan id, such as K7QF-3MZX; as the plan had it")


def _find_code_problems(dispensing: Dispensing) -> Iterator[Problem]:
    """Yield what the code on the pouches lacks: with a GTIN it is printed with lot (10) and use-by date (17)."""
    if dispensing.gtin is None:
        return
    if dispensing.code == "plain":
        what = "is 'plain', and a plain code has no room for dispensing.gtin; 'gs1', or leave one of the two out"
        yield Problem("dispensing.code", what)
    needed = {"lot": dispensing.lot, "beyond_use_date": dispensing.beyond_use_date}
    for field, value in needed.items():
        if value is None:
            yield Problem(f"dispensing.{field}", "is missing; a code with a GTIN carries it (or leave out gtin)")
    if dispensing.lot is not None and not is_gs1_lot(dispensing.lot):
        allowed = f"1 to {LONGEST_LOT} of the letters A-Z and a-z, digits and !\"%&'()*+,-./:;<=>?_, no blank"
        yield Problem("dispensing.lot", f"{shown(dispensing.lot)} cannot stand in a code with a GTIN; {allowed}")


def _find_date_problems(dispensing: Dispensing) -> Iterator[Problem]:
    """Yield dates of making and dispensing that cannot be: after the use-by date, or one before the other."""
    made, given, use_by = dispensing.made_on, dispensing.dispensed_on, dispensing.beyond_use_date
    if made and use_by and made > use_by:
        yield Problem("dispensing.made_on", f"{made} is after the beyond-use date; a date up to {use_by}")
    if made and given and given < made:
        yield Problem("dispensing.dispensed_on", f"{given} is before the pouches are made; a date from {made} on")
    elif given and use_by and given > use_by:
        yield Problem("dispensing.dispensed_on", f"{given} is after the beyond-use date; a date up to {use_by}")


def _find_batch_problems(batches: Sequence[Batch], compounding: Compounding) -> Iterator[Problem]:
    """Yield each batch given twice, or of a strength not made, whose lot would stand on no label."""
    for number, batch in enumerate(batches, start=1):
        if (batch.strength_mg, batch.lot) in [(other.strength_mg, other.lot) for other in batches[: number - 1]]:
            yield Problem(f"batch[{number}].lot", f"{shown(batch.lot)} is there twice for this strength; once")
        allowed = None if batch.strength_mg is None else _strength_not_made(batch.strength_mg, compounding)
        if allowed is not None:
            yield Problem(f"batch[{number}].strength_mg", allowed)


def _find_lot_date_problems(batches: Sequence[Batch], dispensing: Dispensing) -> Iterator[Problem]:
    """Yield each lot that would be prepared after it expires, or after the pouches are filled from it."""
    for number, batch in enumerate(batches, start=1):
        prepared, expires, made = batch.prepared_on, batch.expires_on, dispensing.made_on
        where = f"batch[{number}].prepared_on"
        if prepared and expires and prepared > expires:
            yield Problem(where, f"{prepared} is after the lot expires; a date up to {expires}")
        elif prepared and made and prepared > made:
            yield Problem(where, f"{prepared} is after the pouches are made (dispensing.made_on); a date up to {made}")


def _find_solution_problems(order: Order, compounding: Compounding) -> Iterator[Problem]:
    """Yield what is said of a solution where there is none, and units counted where there are none."""
    if compounding.solution is None:
        if order.dispensing.vehicle is not None:
            what = "is given, and nothing is a solution; leave it out, or give compounding.solution"
            yield Problem("dispensing.vehicle", what)
        return
    for number, batch in enumerate(order.batch, start=1):
        if batch.quantity is not None:
            yield Problem(f"batch[{number}].quantity", "counts units, and a solution has none; leave it out")


def _strength_not_made(strength_mg: Decimal, compounding: Compounding) -> str | None:
    """Return why a strength is none of the pharmacy's units, or None where it is one."""
    if compounding.solution is not None:
        return f"{plain(strength_mg)} mg is no strength of a solution; leave it out: the lot is that of the bottle"
    if compounding.unit is None:
        if compounding.increment_mg is None or not strength_mg % compounding.increment_mg:
            return None
        return f"{plain(strength_mg)} mg is no multiple of increment_mg, {plain(compounding.increment_mg)} mg"
    strengths = [unit.strength_mg for unit in compounding.unit]
    if strength_mg in strengths:
        return None
    allowed = ", ".join(map(plain, strengths))
    return f"{plain(strength_mg)} mg is none of the strengths to combine; one of {allowed}, or leave it out"


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
