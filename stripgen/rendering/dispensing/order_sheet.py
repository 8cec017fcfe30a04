"""The sheet Order: what was asked, by whom it was approved, what came out, and what was found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from openpyxl import Workbook
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.order import Order, Taper, UnitStrength
from stripgen.domain.plan import Finding, Plan
from stripgen.rendering.dispensing.cells import Value, amount_format, write_cell
from stripgen.rendering.dispensing.page import (
    DRAFT_MARK,
    FIRST_ROW,
    PAGE_HEIGHT_POINTS,
    ask_for_dates,
    close_sheet,
    open_sheet,
    set_height,
    used_height,
)
from stripgen.rendering.dispensing.stock_block import KEEP_WHOLE
from stripgen.rendering.dispensing.styles import DATE, PLAIN_DATE
from stripgen.rendering.words import (
    describe_amendment,
    describe_kept,
    describe_phases,
    describe_strategy,
    format_date,
    format_dose,
    format_number,
    format_pouch_dose,
    name_drop_day,
)

SHEET = "Order"
_WIDTHS = (20.0, 53.0, 25.0, 49.0)
_LEFT, _RIGHT = 1, 3
_POINTS = '0.00" points"'
_SEVERITY_STYLES = {"block": "alarm", "warn": "strong value", "note": "value"}
_DIVISIBLE = {1: "", 2: "may be halved", 4: "may be halved and quartered"}
_FIRST_DAYS = {"start": "the start dose itself", "reduced": "already a reduced dose"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet: a label and what it says; a heading when there is no label.

    Attributes:
        to_fill_in: Left blank in the order and asked for here.
    """

    label: str
    value: Value
    number_format: str = ""
    style: str = "value"
    to_fill_in: bool = False


def add_order_sheet(workbook: Workbook, plan: Plan) -> None:
    """Add the sheet Order."""
    sheet = open_sheet(workbook, plan, SHEET, "Order", _WIDTHS)
    first_page = row = _write_halves(sheet, FIRST_ROW, _asked(plan), _made(plan))
    if plan.version > 1 or plan.prediction or plan.sensitivity:
        halves = (_amendment(plan), _models(plan)) if plan.version > 1 else (_models(plan), ())
        row = _write_halves(sheet, row + 1, *halves)
    last_row = _write_findings(sheet, row + 1, plan.findings)
    if used_height(sheet, last_row) > PAGE_HEIGHT_POINTS:
        sheet.row_breaks.append(Break(id=first_page))  # what follows starts a page of its own
    close_sheet(sheet, plan, repeated_rows=FIRST_ROW - 1, last_row=last_row, n_columns=4, frozen=f"A{FIRST_ROW}")


def _write_halves(sheet: Worksheet, row: int, left: Iterable[Line], right: Iterable[Line]) -> int:
    """Return the empty row below some lines, after writing them side by side from a row on."""
    for on_left, on_right in zip_longest(left, right):
        _write_line(sheet, row, _LEFT, on_left)
        _write_line(sheet, row, _RIGHT, on_right)
        _fit_height(sheet, row, on_left, on_right)
        row += 1
    sheet.row_dimensions[row].height = 10
    return row


def _asked(plan: Plan) -> Iterator[Line]:
    """Yield the left half: the people, the medicine and the approval."""
    order = plan.order
    patient, prescriber, pharmacy, dispensing = order.patient, order.prescriber, order.pharmacy, order.dispensing
    yield _heading("Patient")
    yield _field(plan, "Name", patient.name, style="strong value")
    yield _field(plan, "Birth date", patient.birth_date, PLAIN_DATE)
    yield _field(plan, "Identifier", patient.identifier)
    yield _heading("Prescriber")
    yield _field(plan, "Name", prescriber.name)
    yield _field(plan, "Identifier", prescriber.identifier)
    yield _heading("Pharmacy")
    yield _field(plan, "Name", pharmacy.name)
    yield _field(plan, "Address", pharmacy.address)
    yield _field(plan, "Phone", pharmacy.phone)
    yield _heading("Medication")
    yield Line("Drug", order.medication.drug, style="strong value")
    yield Line("Curve", plan.curve.id if plan.curve else "none known: drops are in mg")
    yield _heading("Dispensing")
    yield Line("Lot", dispensing.lot, to_fill_in=True)
    yield Line("Beyond-use date", dispensing.beyond_use_date, DATE, to_fill_in=True)
    yield from _approval(plan)
    yield from _document(plan)


def _approval(plan: Plan) -> Iterator[Line]:
    approval = plan.order.approval
    yield _heading("Approval")
    if approval is None:
        yield Line("Approval", DRAFT_MARK, style="alarm")
        return
    yield Line("Approved by", approval.approved_by)
    yield Line("Approved on", approval.approved_on, DATE)
    yield Line("Reference", approval.reference)


def _amendment(plan: Plan) -> Iterator[Line]:
    amendment = plan.order.amendment
    if amendment is None:
        return
    yield _heading("Amendment")
    yield Line("Version", amendment.version, style="strong value")
    yield Line("Replaces plan", amendment.amends, style="strong value")
    yield Line("Planned anew", f"from day {amendment.from_day}, {format_date(plan.days[amendment.from_day - 1].date)}")
    yield Line("Change", describe_amendment(amendment))
    yield Line("Reason", amendment.reason)
    yield Line("Kept", describe_kept(plan))
    rises = [f"day {day.day}, {format_date(day.date)}, to {format_pouch_dose(day)}" for day in plan.days if day.rises]
    if rises:
        yield Line("Dose rises, as planned", "; ".join(rises), style="strong value")
    if plan.take_back:
        yield Line("Pouches to take back", len(plan.take_back), style="strong value")


def _document(plan: Plan) -> Iterator[Line]:
    yield _heading("Document")
    yield Line("Plan id", plan.plan_id, style="strong value")
    yield Line("Plan hash", plan.plan_hash)
    yield Line("Made by", f"stripgen {plan.stripgen_version}")
    yield Line("Issued on", plan.issued_on, DATE)


def _made(plan: Plan) -> Iterator[Line]:
    """Yield the right half: the taper, how it is compounded, and the key figures."""
    yield from _taper(plan)
    yield from _compounding(plan.order)
    yield from _key_figures(plan)


def _taper(plan: Plan) -> Iterator[Line]:
    taper, end_mg = plan.order.taper, plan.final_dose_mg
    end_format = amount_format(end_mg, "mg" if end_mg else "mg (stop)")
    yield _heading("Taper")
    yield Line("Start dose", taper.start_dose_mg, amount_format(taper.start_dose_mg, "mg"), "strong value")
    yield Line("End dose", end_mg, end_format, "strong value")
    yield Line("Days", len(plan.days), '#,##0" days"')
    yield Line("First pouch", taper.start_date, DATE)
    yield Line("Last pouch", plan.last_date, DATE)
    yield Line("Days per strip", taper.days_per_strip)
    yield Line("Day 1", _FIRST_DAYS[taper.first_day])
    if taper.phase:
        first = ", as first ordered" if plan.version > 1 else ""
        yield Line(f"Phases{first}", describe_phases(taper))
    yield Line("Strategy", describe_strategy(taper))
    yield from _limits(taper)


def _limits(taper: Taper) -> Iterator[Line]:
    if taper.max_different_doses is not None:
        yield Line("Most different doses", taper.max_different_doses)
    if taper.min_days_per_dose is not None:
        yield Line("Fewest days on a dose", taper.min_days_per_dose)
    if taper.max_drop_points is not None:
        yield Line("Largest drop allowed", taper.max_drop_points, _POINTS)


def _compounding(order: Order) -> Iterator[Line]:
    compounding = order.compounding
    yield _heading("Compounding")
    if compounding.increment_mg is not None:
        yield Line("Capsules, in steps of", compounding.increment_mg, amount_format(compounding.increment_mg, "mg"))
    for unit in compounding.unit or ():
        said = _describe_unit(unit)
        if said:
            yield Line(f"{format_dose(unit.strength_mg)} {unit.form}", said)
        else:
            yield Line("Unit", unit.strength_mg, amount_format(unit.strength_mg, f"mg {unit.form}"))
    solution = compounding.solution
    if solution is not None:
        yield Line("Solution", solution.mg_per_ml, amount_format(solution.mg_per_ml, "mg/mL"))
        yield Line("Syringe, in steps of", solution.syringe_step_ml, amount_format(solution.syringe_step_ml, "mL"))
    yield Line("Most units in a pouch", compounding.most_units)


def _describe_unit(unit: UnitStrength) -> str:
    told = [
        _DIVISIBLE[unit.divisible_into],
        KEEP_WHOLE if unit.modified_release else "",
        f"at most {unit.max_per_pouch} in a pouch" if unit.max_per_pouch else "",
        unit.product or "",
        f"from {unit.supplier}" if unit.supplier else "",
    ]
    return "; ".join(filter(None, told))


def _key_figures(plan: Plan) -> Iterator[Line]:
    totals, quality = plan.totals, plan.quality
    to_make = " to make" if plan.version > 1 else ""
    yield _heading("Key figures")
    yield Line(f"Pouches{to_make}", totals.pouches, "#,##0")
    yield Line(f"Strips{to_make}", totals.strips)
    yield Line("Different doses", totals.different_doses)
    yield Line("Total", totals.total_mg, amount_format(totals.total_mg, "mg"))
    if totals.volume_ml is not None:
        yield Line("Volume", totals.volume_ml, amount_format(totals.volume_ml, "mL"))
    has_curve = quality.max_drop_points is not None
    yield _drop("Largest drop", quality.max_drop_points, quality.max_drop_mg)
    yield _drop_day(quality.max_drop_day if has_curve else quality.max_drop_mg_day, plan)
    if plan.stop is None:
        yield Line("Drop at the stop", "no stop: the taper ends above 0 mg")
    else:
        yield _drop("Drop at the stop", plan.stop.drop_points, plan.stop.drop_mg)
        yield Line("First day without pouch", plan.stop.date, DATE)
    if quality.rms_error_points is not None:
        yield Line("Rounding error (rms)", quality.rms_error_points, _POINTS)
    if quality.rms_error_mg is not None:
        yield Line("Rounding error (rms)", quality.rms_error_mg, '0.000" mg"')


def _drop(label: str, points: float | None, drop_mg: Decimal) -> Line:
    """Return a drop in points, or without a curve in mg."""
    return Line(label, drop_mg, amount_format(drop_mg, "mg")) if points is None else Line(label, points, _POINTS)


def _drop_day(day: int, plan: Plan) -> Line:
    return Line("Day of the largest drop", day, '#,##0" (the stop)"' if day > len(plan.days) else "#,##0")


def _models(plan: Plan) -> Iterator[Line]:
    """Yield what models say of the doses: for reading, never used to choose them."""
    prediction, sensitivity = plan.prediction, plan.sensitivity
    if prediction is None and sensitivity is None:
        return
    yield _heading("Models, to read only")
    if prediction is not None:
        low, high = (format_number(hours) for hours in prediction.span_h)
        yield Line("Half-life", f"{low if low == high else f'{low} to {high}'} h ({prediction.moiety})")
        yield Line("Largest drop predicted", prediction.max_drop_points, _POINTS)
        if plan.stop is not None:
            yield Line("Above 1 point after stop", len(prediction.after), '#,##0" days"')
    if sensitivity is not None:
        worst = sensitivity.worst
        yield Line("Curves compared", sensitivity.basis)
        yield Line("Worst drop they predict", worst.max_drop_points, _POINTS)
        yield Line("Where", f"{name_drop_day(worst.max_drop_day, len(plan.days))}, by {worst.curve}")


def _heading(text: str) -> Line:
    return Line("", text, style="heading")


def _field(plan: Plan, label: str, value: Value, number_format: str = "", style: str = "value") -> Line:
    """Return a line of the order; blank ones are filled in by hand, but not after the approval."""
    if value is None and not plan.is_draft:
        return Line(label, "not given")
    return Line(label, value, number_format, style, to_fill_in=True)


def _write_line(sheet: Worksheet, row: int, column: int, line: Line | None) -> None:
    if line is None:
        return
    if not line.label:
        write_cell(sheet, row, column, line.value, line.style)
        return
    write_cell(sheet, row, column, line.label, "label")
    if line.value is None and line.to_fill_in:
        _ask(sheet, row, column + 1, line)
    else:
        write_cell(sheet, row, column + 1, line.value, line.style, number_format=line.number_format)


def _ask(sheet: Worksheet, row: int, column: int, line: Line) -> None:
    asks_for_date = line.number_format in {DATE, PLAIN_DATE}
    cell = write_cell(sheet, row, column, None, "entry date" if asks_for_date else "entry")
    if asks_for_date:
        ask_for_dates(sheet, cell.coordinate, "DATE(1900,3,1)", "DATE(2099,12,31)")


def _fit_height(sheet: Worksheet, row: int, left: Line | None, right: Line | None) -> None:
    texts = [("X", _WIDTHS[0], "heading")]
    for column, line in ((_LEFT, left), (_RIGHT, right)):
        if line and line.label:
            texts.append((line.label, _WIDTHS[column - 1], "label"))
            texts.append((line.value if isinstance(line.value, str) else "", _WIDTHS[column], line.style))
    set_height(sheet, row, texts)


def _write_findings(sheet: Worksheet, row: int, findings: tuple[Finding, ...]) -> int:
    """Return the last row used, after writing the findings as a table."""
    write_cell(sheet, row, 1, "Findings" if findings else "Findings: none", "heading")
    set_height(sheet, row, [("Findings", _WIDTHS[0], "heading")])
    if not findings:
        return row
    header = row + 1
    for column, label in enumerate(("Severity", "Finding", "Code", "Override"), start=1):
        write_cell(sheet, header, column, label, "header left")
    set_height(sheet, header, [("Findings", _WIDTHS[0], "header left")])
    for number, finding in enumerate(findings, start=1):
        override = finding.override
        said = f"overridden by {override.by}: {override.reason}" if override else ""
        texts = (finding.severity, finding.message, finding.code, said)
        styles = (_SEVERITY_STYLES[finding.severity], "value", "value", "value")
        for column, (text, style) in enumerate(zip(texts, styles, strict=True), start=1):
            write_cell(sheet, header + number, column, text or None, style)
        set_height(sheet, header + number, list(zip(texts, _WIDTHS, styles, strict=True)))
    sheet.auto_filter.ref = f"A{header}:D{header + len(findings)}"
    return header + len(findings)
