"""The sheet Curve: the published curve behind the doses, where it comes from, and what it cannot say."""

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.formulary import Curve
from stripgen.domain.plan import Plan
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import FIRST_ROW, close_sheet, open_sheet, set_height
from stripgen.rendering.words import GRADE_WORDS, MODEL_LIMITS, describe_strategy, format_dose

SHEET = "Curve"
NOT_KNOWN = "not known"
_WIDTHS = (24.0, 122.0)


def add_curve_sheet(workbook: Workbook, plan: Plan) -> None:
    """Add the sheet Curve."""
    sheet = open_sheet(workbook, plan, SHEET, "Curve behind the doses", _WIDTHS)
    write_cell(sheet, FIRST_ROW, 1, "Curve", "header left")
    write_cell(sheet, FIRST_ROW, 2, "What is known of it", "header left")
    rows = _without_curve(plan) if plan.curve is None else _facts(plan.curve)
    for row, (label, value) in enumerate(rows, start=FIRST_ROW + 1):
        _write_fact(sheet, row, label, value)
    last_row = FIRST_ROW + len(rows)
    close_sheet(sheet, plan, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=2, frozen=f"A{FIRST_ROW + 1}")


def _facts(curve: Curve) -> list[tuple[str, Value]]:
    studied = curve.studied_mg
    return [
        ("Curve id", curve.id),
        ("Drug", curve.drug),
        ("Target", curve.target),
        ("Region", curve.region or NOT_KNOWN),
        ("Emax (%)", curve.emax_percent),
        ("ED50 (mg)", curve.ed50_mg),
        ("Hill coefficient", curve.hill),
        ("Studied range", f"{format_dose(studied[0])} to {format_dose(studied[1])}" if studied else NOT_KNOWN),
        ("Grade", curve.grade),
        ("Meaning of the grade", GRADE_WORDS[curve.grade]),
        ("Source", curve.source),
        ("DOI", curve.doi or NOT_KNOWN),
        ("Note", curve.note or "none"),
        *(("Limit of the model", sentence) for sentence in MODEL_LIMITS),
    ]


def _without_curve(plan: Plan) -> list[tuple[str, Value]]:
    return [
        ("Curve id", f"none: no published curve of {plan.order.medication.drug} is known, and the order brings none"),
        ("Strategy used", describe_strategy(plan.order.taper)),
        ("What that means", "Occupancy and its drops are not known; every drop on these papers is in mg of the dose."),
    ]


def _write_fact(sheet: Worksheet, row: int, label: str, value: Value) -> None:
    write_cell(sheet, row, 1, label, "label")
    write_cell(sheet, row, 2, value, "value")
    set_height(sheet, row, [(label, _WIDTHS[0], "label"), (str(value), _WIDTHS[1], "value")])
