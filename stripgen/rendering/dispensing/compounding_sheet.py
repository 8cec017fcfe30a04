"""The sheet Compounding: how many units of each strength to make, and the record of making them."""

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Plan, Units, count_units
from stripgen.rendering.dispensing.cells import Value, format_as, write_cell, write_formula
from stripgen.rendering.dispensing.dispense_table import DOSE, FIRST_UNIT, DispenseTable
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    ask_for_dates,
    close_sheet,
    mark_failed_checks,
    offer_results,
    open_sheet,
    set_height,
)
from stripgen.rendering.dispensing.stock_block import add_stock_block, is_taken_from_stock
from stripgen.rendering.words import name_part

SHEET = "Compounding"
_AMOUNTS = (("Form", 22.0), ("Strength (mg)", 13.0), ("Count needed", 11.0), ("Total (mg)", 13.0))
_MEASURED = (
    ("Form", 16.0),
    ("Solution (mg/mL)", 11.0),
    ("Count needed", 11.0),
    ("Volume (mL)", 13.0),
    ("Total (mg)", 13.0),
)
_RECORD = (
    ("Check", 10.0),
    ("Lot", 20.0),
    ("Expiry", 14.0),
    ("Made by", 16.0),
    ("Verified by", 16.0),
    ("Result", 13.0),
)
_ROW_HEIGHT = 19


def add_compounding_sheet(workbook: Workbook, plan: Plan, dispensed: DispenseTable) -> None:
    """Add the sheet Compounding: a row for each strength, the totals, and what is taken from stock.

    A solution has one row: what all syringes hold together.

    Args:
        workbook: To which it is added.
        plan: What to make.
        dispensed: Where the sheet Dispense has the pouches that the counts must come to.
    """
    columns = (*(_MEASURED if dispensed.measured else _AMOUNTS), *_RECORD)
    widths = [width for _, width in columns]
    sheet = open_sheet(workbook, plan, SHEET, "Units to make", widths)
    for column, (label, _) in enumerate(columns, start=1):
        write_cell(sheet, FIRST_ROW, column, label, "header" if column > 1 else "header left")
    sheet.row_dimensions[FIRST_ROW].height = 30
    first_row = FIRST_ROW + 1
    if dispensed.measured:
        last_made, last_row = first_row, _write_solution(sheet, first_row, plan, dispensed)
    else:
        last_made = FIRST_ROW + len(plan.totals.units)
        last_row = _write_strengths(sheet, first_row, plan, dispensed)
    lot = len(columns) - len(_RECORD) + 2
    _ask_for_records(sheet, first_row, last_made, lot)
    checks = f"C{first_row}:F{last_row}"
    if is_taken_from_stock(plan):
        header = last_row + 2
        last_row = add_stock_block(sheet, header, plan, first_row, widths)
        checks += f" C{header + 1}:F{last_row}"  # not the heading: it reads Check itself
    mark_failed_checks(sheet, checks)
    close_sheet(sheet, plan, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=len(columns), frozen=f"C{first_row}")


def _ask_for_records(sheet: Worksheet, first_row: int, last_row: int, lot: int) -> None:
    """Write the cells for the record of making each row, from the column of the lot on."""
    expiry, result = (get_column_letter(lot + offset) for offset in (1, 4))
    for row in range(first_row, last_row + 1):
        for column in range(lot, lot + len(_RECORD) - 1):
            write_cell(sheet, row, column, None, "table entry date" if column == lot + 1 else "table entry")
    ask_for_dates(sheet, f"{expiry}{first_row}:{expiry}{last_row}", "DATE(2020,1,1)", "DATE(2099,12,31)")
    offer_results(sheet, f"{result}{first_row}:{result}{last_row}")
    sheet.auto_filter.ref = f"A{FIRST_ROW}:{result}{last_row}"


def _write_strengths(sheet: Worksheet, first_row: int, plan: Plan, dispensed: DispenseTable) -> int:
    """Return the last row of the totals, after writing a row for each strength and the totals."""
    for row, unit in enumerate(plan.totals.units, start=first_row):
        _write_strength(sheet, row, unit, dispensed.count_of(row - first_row, f"B{row}"))
    total = first_row + len(plan.totals.units)
    _write_totals(sheet, total, plan, dispensed)
    return total + 1


def _write_strength(sheet: Worksheet, row: int, unit: Units, dispensed_count: str) -> None:
    part_format = format_as(name_part(unit)) if unit.divided_into > 1 else ""
    write_cell(sheet, row, 1, unit.form, "text")
    write_cell(sheet, row, 2, unit.amount_mg, "number", number_format=part_format)
    write_cell(sheet, row, 3, unit.count, "number", number_format="#,##0")
    write_cell(sheet, row, 4, unit.total_mg, "number")
    write_formula(sheet, row, 5, f"AND(C{row}>0,ROUND(B{row}*C{row}-D{row},6)=0,{dispensed_count}=C{row})", "check")
    set_height(sheet, row, [(unit.form, _AMOUNTS[0][1], "text")])
    sheet.row_dimensions[row].height = max(_ROW_HEIGHT, float(sheet.row_dimensions[row].height or 0))


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


def _write_solution(sheet: Worksheet, row: int, plan: Plan, dispensed: DispenseTable) -> int:
    """Return the last row, after writing what all syringes hold and whether the sheet Dispense comes to the same."""
    solution = plan.order.compounding.solution
    n_syringes = count_units(plan.totals.units)
    values: list[tuple[Value, str]] = [
        ("oral syringe", "text"),
        (solution.mg_per_ml if solution else None, "number"),
        (n_syringes, "number"),
        (plan.totals.volume_ml, "total"),
        (plan.totals.total_mg, "total"),
    ]
    for column, (value, style) in enumerate(values, start=1):
        write_cell(sheet, row, column, value, style)
    units, volumes, doses, pouch_checks = (
        dispensed.cells_seen_from_elsewhere(column)
        for column in (dispensed.units_in_pouch, FIRST_UNIT, DOSE, dispensed.check)
    )
    write_formula(sheet, row, 6, f"AND(C{row}>0,ROUND(B{row}*D{row}-E{row},6)=0)", "check")
    check = row + 1
    write_cell(sheet, check, 1, "Both sheets agree", "total text")
    write_cell(sheet, check, 2, None, "total")
    write_formula(sheet, check, 3, f"SUM({units})=C{row}", "check")
    write_formula(sheet, check, 4, f"ROUND(SUM({volumes})-D{row},6)=0", "check")
    write_formula(sheet, check, 5, f"ROUND(SUM({doses})-E{row},6)=0", "check")
    write_formula(sheet, check, 6, f'COUNTIF({pouch_checks},"OK")={plan.totals.pouches}', "check")
    for each in (row, check):
        sheet.row_dimensions[each].height = _ROW_HEIGHT
    sheet.row_dimensions[check].height = 2 * _ROW_HEIGHT - 4  # its label is on two lines
    return check
