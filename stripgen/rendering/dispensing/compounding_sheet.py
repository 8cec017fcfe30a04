"""The sheet Compounding: how many units of each strength to make, and the record of making them."""

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Plan, Units, count_units
from stripgen.rendering.dispensing.cells import write_cell, write_formula
from stripgen.rendering.dispensing.dispense_table import DOSE, DispenseTable
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    ask_for_dates,
    close_sheet,
    mark_failed_checks,
    offer_results,
    open_sheet,
)

SHEET = "Compounding"
_COLUMNS = (
    ("Form", 22.0),
    ("Strength (mg)", 11.0),
    ("Count needed", 11.0),
    ("Total (mg)", 13.0),
    ("Check", 10.0),
    ("Lot", 22.0),
    ("Expiry", 14.0),
    ("Made by", 16.0),
    ("Verified by", 16.0),
    ("Result", 13.0),
)
_EXPIRY_COLUMN = 7
_ROW_HEIGHT = 19


def add_compounding_sheet(workbook: Workbook, plan: Plan, dispensed: DispenseTable) -> None:
    """Add the sheet Compounding: a row for each strength, then the totals.

    Args:
        workbook: To which it is added.
        plan: What to make.
        dispensed: Where the sheet Dispense has the pouches that the counts must come to.
    """
    widths = [width for _, width in _COLUMNS]
    sheet = open_sheet(workbook, plan, SHEET, "Units to make", widths)
    for column, (label, _) in enumerate(_COLUMNS, start=1):
        write_cell(sheet, FIRST_ROW, column, label, "header" if column > 1 else "header left")
    sheet.row_dimensions[FIRST_ROW].height = 30
    first_row, last_row = FIRST_ROW + 1, FIRST_ROW + len(plan.totals.units)
    for row, unit in enumerate(plan.totals.units, start=first_row):
        _write_strength(sheet, row, unit, dispensed.count_of(row - first_row, f"B{row}"))
    _write_totals(sheet, last_row + 1, plan, dispensed)
    mark_failed_checks(sheet, f"C{first_row}:E{last_row + 2}")
    ask_for_dates(sheet, f"G{first_row}:G{last_row}", "DATE(2020,1,1)", "DATE(2099,12,31)")
    offer_results(sheet, f"J{first_row}:J{last_row}")
    sheet.auto_filter.ref = f"A{FIRST_ROW}:J{last_row}"
    close_sheet(
        sheet,
        plan,
        repeated_rows=FIRST_ROW,
        last_row=last_row + 2,
        n_columns=len(_COLUMNS),
        frozen=f"C{first_row}",
    )


def _write_strength(sheet: Worksheet, row: int, unit: Units, dispensed_count: str) -> None:
    total_mg = unit.total_mg
    write_cell(sheet, row, 1, unit.form, "text")
    write_cell(sheet, row, 2, unit.strength_mg, "number")
    write_cell(sheet, row, 3, unit.count, "number", number_format="#,##0")
    write_cell(sheet, row, 4, total_mg, "number")
    write_formula(sheet, row, 5, f"AND(C{row}>0,ROUND(B{row}*C{row}-D{row},6)=0,{dispensed_count}=C{row})", "check")
    for column in range(6, len(_COLUMNS) + 1):
        write_cell(sheet, row, column, None, "table entry date" if column == _EXPIRY_COLUMN else "table entry")
    sheet.row_dimensions[row].height = _ROW_HEIGHT


def _write_totals(sheet: Worksheet, row: int, plan: Plan, dispensed: DispenseTable) -> None:
    """Write what all units come to, and below it whether this sheet and the sheet Dispense come to the same."""
    first, last = FIRST_ROW + 1, row - 1
    n_units, total_mg = count_units(plan.totals.units), plan.totals.total_mg
    units, doses, pouch_checks = (
        dispensed.cells_seen_from_elsewhere(column) for column in (dispensed.units_in_pouch, DOSE, dispensed.check)
    )
    write_cell(sheet, row, 1, "All units", "total text")
    write_cell(sheet, row, 2, None, "total")
    write_cell(sheet, row, 3, n_units, "total", number_format="#,##0")
    write_cell(sheet, row, 4, total_mg, "total")
    write_formula(sheet, row, 5, f'COUNTIF(E{first}:E{last},"OK")={last - first + 1}', "check")
    check = row + 1
    write_cell(sheet, check, 1, "Both sheets agree", "total text")
    write_cell(sheet, check, 2, None, "total")
    write_formula(sheet, check, 3, f"AND(SUM(C{first}:C{last})=C{row},SUM({units})=C{row})", "check")
    write_formula(
        sheet,
        check,
        4,
        f"AND(ROUND(SUM(D{first}:D{last})-D{row},6)=0,ROUND(SUM({doses})-D{row},6)=0)",
        "check",
    )
    write_formula(sheet, check, 5, f'COUNTIF({pouch_checks},"OK")={plan.totals.pouches}', "check")
    for total_row in (row, check):
        sheet.row_dimensions[total_row].height = _ROW_HEIGHT
