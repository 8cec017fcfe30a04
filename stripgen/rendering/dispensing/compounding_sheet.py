"""The sheet Compounding: how many units of each strength to make, and the record of making them."""

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.order import Batch
from stripgen.domain.plan import Plan, Units, count_units
from stripgen.rendering.descriptions import name_part
from stripgen.rendering.dispensing.cells import Value, write_cell, write_check
from stripgen.rendering.dispensing.dispense_table import DOSE, FIRST_UNIT, DispenseTable
from stripgen.rendering.dispensing.lots_block import add_lots_block, is_more_than_a_lot
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    SLACK,
    ask_for_dates,
    check_width,
    close_sheet,
    lay_out_columns,
    mark_failed_checks,
    offer_results,
    open_sheet,
    set_height,
    widest_day,
    write_headings,
)
from stripgen.rendering.dispensing.stock_block import FIGURES, add_stock_block, is_taken_from_stock
from stripgen.rendering.dispensing.terms import count_held, format_as
from stripgen.rendering.words import Words

_AMOUNTS = (("sheet.form", 22.0), ("sheet.strength_mg", 13.0), ("sheet.count_needed", 11.0), ("sheet.total_mg", 13.0))
_MEASURED = (
    ("sheet.form", 16.0),
    ("sheet.solution_mg_per_ml", 11.0),
    ("sheet.count_needed", 11.0),
    ("sheet.volume_ml", 13.0),
    ("sheet.total_mg", 13.0),
)
_N_RECORDED = 6
_LOT_WIDTH = 20.0
_ROW_HEIGHT, _HEADER_HEIGHT = 19, 30


def add_compounding_sheet(workbook: Workbook, plan: Plan, dispensed: DispenseTable, words: Words) -> None:
    """Add the sheet Compounding: a row for each strength, the totals, and what is taken from stock.

    A solution has one row: what all syringes hold together.

    Args:
        workbook: To which it is added.
        plan: What to make.
        dispensed: Where the sheet Dispense has the pouches that the counts must come to.
        words: Of the sheet's language.
    """
    columns = _lay_out(plan, words, measured=dispensed.measured)
    widths = [width for _, width in columns]
    sheet = open_sheet(workbook, plan, "compounding", widths, words)
    write_headings(sheet, [label for label, _ in columns], _HEADER_HEIGHT)
    first_row = FIRST_ROW + 1
    if dispensed.measured:
        last_made, last_row = first_row, _write_solution(sheet, first_row, plan, dispensed, widths[0], words)
    else:
        last_made = FIRST_ROW + len(plan.totals.units)
        last_row = _write_strengths(sheet, first_row, plan, dispensed, widths[0], words)
    lot = len(columns) - _N_RECORDED + 2
    _ask_for_records(sheet, first_row, last_made, lot, plan, words)
    checks = f"C{first_row}:F{last_row}"
    if is_taken_from_stock(plan):
        header = last_row + 2
        last_row = add_stock_block(sheet, header, plan, first_row, widths, words)
        checks += f" C{header + 1}:F{last_row}"  # not the heading: it may read as a failed check does
    mark_failed_checks(sheet, checks, words)
    if is_more_than_a_lot(plan):
        last_row = add_lots_block(sheet, last_row + 2, plan, lot, widths, words)
    n_columns = len(columns)
    close_sheet(
        sheet, plan, words, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=n_columns, frozen=f"C{first_row}"
    )


def _lay_out(plan: Plan, words: Words, *, measured: bool) -> list[tuple[str, float]]:
    """Return the heading and the width of each column; those of what is taken from stock stand in the first ones."""
    record = (
        ("sheet.check", check_width(words, "check", 10.0)),
        ("sheet.lot", _LOT_WIDTH),
        ("sheet.expiry", widest_day(words, "table entry date", 14.0)),
        ("sheet.made_by", 16.0),
        ("sheet.verified_by", 16.0),
        ("sheet.result", 13.0),
    )
    columns = lay_out_columns((*(_MEASURED if measured else _AMOUNTS), *record), words)
    if not is_taken_from_stock(plan):
        return columns
    least = [width for _, width in lay_out_columns(((label, 0.0) for label in FIGURES), words)]
    first = [(label, max(width, needed)) for (label, width), needed in zip(columns, least, strict=False)]
    return [*first, *columns[len(first) :]]


def _ask_for_records(sheet: Worksheet, first_row: int, last_row: int, lot: int, plan: Plan, words: Words) -> None:
    """Write the cells for the record of making each row, from the column of the lot on, with the order's lots."""
    expiry, result = (get_column_letter(lot + offset) for offset in (1, 4))
    for row in range(first_row, last_row + 1):
        for column in range(lot, lot + _N_RECORDED - 1):
            write_cell(sheet, row, column, None, "table entry date" if column == lot + 1 else "table entry")
    for row, unit in zip(range(first_row, last_row + 1), plan.totals.units, strict=False):  # a solution has one row
        batches = plan.order.batches_of(unit.strength_mg)
        expiries = [batch.expires_on for batch in batches if batch.expires_on]
        if batches:
            write_cell(sheet, row, lot, _name_lots(batches), "table entry")
        if expiries:
            write_cell(sheet, row, lot + 1, min(expiries), "table entry date")
    ask_for_dates(sheet, f"{expiry}{first_row}:{expiry}{last_row}", words)
    offer_results(sheet, f"{result}{first_row}:{result}{last_row}", words)
    sheet.auto_filter.ref = f"A{FIRST_ROW}:{result}{last_row}"


def _write_strengths(
    sheet: Worksheet, first_row: int, plan: Plan, dispensed: DispenseTable, width: float, words: Words
) -> int:
    """Return the last row of the totals, after writing a row for each strength and the totals."""
    for row, unit in enumerate(plan.totals.units, start=first_row):
        _write_strength(sheet, row, unit, dispensed.count_of(row - first_row, f"B{row}"), words)
        lots = (_name_lots(plan.order.batches_of(unit.strength_mg)), _LOT_WIDTH, "table entry")
        set_height(sheet, row, [(words.form(unit.form), width, "text"), lots], least=_ROW_HEIGHT)
    total = first_row + len(plan.totals.units)
    _write_totals(sheet, total, plan, dispensed, width, words)
    return total + 1


def _name_lots(batches: Sequence[Batch]) -> str:
    return ", ".join(batch.lot for batch in batches)


def _write_strength(sheet: Worksheet, row: int, unit: Units, dispensed_count: str, words: Words) -> None:
    part_format = format_as(name_part(unit, words)) if unit.divided_into > 1 else ""
    write_cell(sheet, row, 1, words.form(unit.form), "text")
    write_cell(sheet, row, 2, unit.amount_mg, "number", number_format=part_format)
    write_cell(sheet, row, 3, unit.count, "number", number_format="#,##0")
    write_cell(sheet, row, 4, unit.total_mg, "number")
    condition = f"AND(C{row}>0,ROUND(B{row}*C{row}-D{row},6)=0,{dispensed_count}=C{row})"
    write_check(sheet, row, 5, condition, "check", words)


def _write_totals(sheet: Worksheet, row: int, plan: Plan, dispensed: DispenseTable, width: float, words: Words) -> None:
    """Write what all units come to, and below it whether this sheet and the sheet Dispense come to the same."""
    first, last = FIRST_ROW + 1, row - 1
    n_units, total_mg = count_units(plan.totals.units), plan.totals.total_mg
    units, doses, pouch_checks = (
        dispensed.cells_seen_from_elsewhere(column) for column in (dispensed.units_in_pouch, DOSE, dispensed.check)
    )
    write_cell(sheet, row, 1, words.say("sheet.all_units"), "total text")
    write_cell(sheet, row, 2, None, "total")
    write_cell(sheet, row, 3, n_units, "total", number_format="#,##0")
    write_cell(sheet, row, 4, total_mg, "total")
    write_check(sheet, row, 5, f"{count_held(f'E{first}:E{last}', words)}={last - first + 1}", "check", words)
    check = row + 1
    write_cell(sheet, check, 1, words.say("sheet.both_agree"), "total text")
    write_cell(sheet, check, 2, None, "total")
    write_check(sheet, check, 3, f"AND(SUM(C{first}:C{last})=C{row},SUM({units})=C{row})", "check", words)
    amounts = f"AND(ROUND(SUM(D{first}:D{last})-D{row},6)=0,ROUND(SUM({doses})-D{row},6)=0)"
    write_check(sheet, check, 4, amounts, "check", words)
    write_check(sheet, check, 5, f"{count_held(pouch_checks, words)}={plan.totals.pouches}", "check", words)
    for total_row, label in ((row, "sheet.all_units"), (check, "sheet.both_agree")):
        set_height(sheet, total_row, [(words.say(label), width * SLACK, "total text")], least=_ROW_HEIGHT)


def _write_solution(
    sheet: Worksheet, row: int, plan: Plan, dispensed: DispenseTable, width: float, words: Words
) -> int:
    """Return the last row, after writing what all syringes hold and whether the sheet Dispense comes to the same."""
    solution = plan.order.compounding.solution
    n_syringes = count_units(plan.totals.units)
    values: list[tuple[Value, str]] = [
        (words.form("oral syringe"), "text"),
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
    write_check(sheet, row, 6, f"AND(C{row}>0,ROUND(B{row}*D{row}-E{row},6)=0)", "check", words)
    check = row + 1
    write_cell(sheet, check, 1, words.say("sheet.both_agree"), "total text")
    write_cell(sheet, check, 2, None, "total")
    conditions = (
        f"SUM({units})=C{row}",
        f"ROUND(SUM({volumes})-D{row},6)=0",
        f"ROUND(SUM({doses})-E{row},6)=0",
        f"{count_held(pouch_checks, words)}={plan.totals.pouches}",
    )
    for column, condition in enumerate(conditions, start=3):
        write_check(sheet, check, column, condition, "check", words)
    set_height(sheet, row, [(words.form("oral syringe"), width, "text")], least=_ROW_HEIGHT)
    both_agree = words.say("sheet.both_agree")
    set_height(sheet, check, [(both_agree, width, "total text")], least=2 * _ROW_HEIGHT - 4)  # mostly on two lines
    return check
