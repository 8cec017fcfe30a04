"""The sheet Dispense: one row a pouch, with what goes into it and who filled and checked it."""

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.fields import POUCHES_PER_PAGE
from stripgen.domain.plan import Day, Plan, count_units
from stripgen.rendering.descriptions import name_part
from stripgen.rendering.dispensing.cells import amount_format, write_cell, write_check
from stripgen.rendering.dispensing.dispense_table import (
    DATE,
    DAY,
    DOSE,
    FIRST_UNIT,
    FORM_ROW,
    HEADER_ROW,
    POUCH,
    STRIP,
    DispenseTable,
    lay_out_table,
)
from stripgen.rendering.dispensing.page import (
    PAGE_HEIGHT_POINTS,
    PAGE_WIDTH,
    close_sheet,
    mark_failed_checks,
    offer_results,
    open_sheet,
    used_height,
)
from stripgen.rendering.dispensing.styles import FIRST, LARGE, LOOKS
from stripgen.rendering.dispensing.terms import format_as, format_within
from stripgen.rendering.dispensing.wrapping import height_of, length_of
from stripgen.rendering.words import Words

_HEADER_HEIGHT = 28
_HIGHEST_ROW = 22.0


def add_dispense_sheet(workbook: Workbook, plan: Plan, words: Words) -> DispenseTable:
    """Return where the pouches stand, after adding the sheet Dispense."""
    table = lay_out_table(plan, words)
    sheet = open_sheet(workbook, plan, "dispense", [width for _, width in table.columns], words)
    _write_headers(sheet, plan, table, words)
    for row, day in enumerate(plan.days_to_make, start=table.first_row):
        _write_pouch(sheet, row, day, table, words)
    sheet.sheet_format.defaultRowHeight = _row_height(sheet, table)
    sheet.sheet_format.customHeight = True
    mark_failed_checks(sheet, table.cells(table.check), words)
    offer_results(sheet, table.cells(table.result), words)
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{get_column_letter(table.result)}{table.last_row}"
    _break_pages_between_strips(sheet, plan, table)
    close_sheet(
        sheet,
        plan,
        words,
        repeated_rows=HEADER_ROW,
        last_row=table.last_row,
        n_columns=table.result,
        frozen=f"{get_column_letter(FIRST_UNIT)}{table.first_row}",
    )
    return table


def _write_headers(sheet: Worksheet, plan: Plan, table: DispenseTable, words: Words) -> None:
    """Write the two header rows: the form of each strength above, the strength itself and all other names below."""
    for column, (label, _) in enumerate(table.columns, start=1):
        write_cell(sheet, FORM_ROW, column, None, "header upper")
        write_cell(sheet, HEADER_ROW, column, label or None, "header lower")
    for column, unit in enumerate(table.strengths, start=FIRST_UNIT):
        whole = unit.divided_into == 1
        number_format = amount_format(unit.strength_mg, "mg") if whole else format_as(name_part(unit, words))
        write_cell(sheet, FORM_ROW, column, words.form(unit.form), "header turned" if table.turned else "header form")
        strength_style = "header turned" if table.turned else "header"
        write_cell(sheet, HEADER_ROW, column, unit.amount_mg, strength_style, number_format=number_format)
    solution = plan.order.compounding.solution
    if solution is not None:  # what the checks below compute with
        per_ml = amount_format(solution.mg_per_ml, "mg/mL")
        write_cell(sheet, FORM_ROW, DOSE, solution.mg_per_ml, "header form", number_format=per_ml)
        steps = format_within(amount_format(solution.syringe_step_ml), words, "sheet.steps_of_ml")
        write_cell(sheet, FORM_ROW, FIRST_UNIT, solution.syringe_step_ml, "header form", number_format=steps)
    elif not table.strengths:  # every unit is of the one form that is made for each dose
        write_cell(sheet, FORM_ROW, FIRST_UNIT, words.form(plan.totals.units[0].form), "header form")
    form_height, header_height = _header_heights(plan, words, turned=table.turned)
    sheet.row_dimensions[FORM_ROW].height = form_height
    sheet.row_dimensions[HEADER_ROW].height = header_height


def _header_heights(plan: Plan, words: Words, *, turned: bool) -> tuple[float, float]:
    units = plan.totals.units
    forms = [words.form(unit.form) for unit in units]
    if turned:
        size = LOOKS["header turned"].size
        strengths = (name_part(unit, words) for unit in units)
        return max(length_of(form, size) for form in forms), max(length_of(text, size) for text in strengths)
    return height_of(max(len(form.split()) for form in forms), LOOKS["header form"].size), _HEADER_HEIGHT


def _row_height(sheet: Worksheet, table: DispenseTable) -> float:
    """Return the height at which the rows of a page's pouches fill it, or what is high enough to write in."""
    room = PAGE_HEIGHT_POINTS * max(table.width / PAGE_WIDTH, 1) - used_height(sheet, HEADER_ROW)
    lowest = 1.2 * LOOKS[f"pouch number{LARGE if table.large else ''}"].size
    return min(max(int(room / POUCHES_PER_PAGE * 4) / 4, lowest), _HIGHEST_ROW)


def _write_pouch(sheet: Worksheet, row: int, day: Day, table: DispenseTable, words: Words) -> None:
    variant = f"{LARGE if table.large else ''}{FIRST if day.pouch == 1 else ''}"
    number = f"pouch number{variant}"
    write_cell(sheet, row, DAY, day.day, number)
    write_cell(sheet, row, STRIP, day.strip, number)
    write_cell(sheet, row, POUCH, day.pouch, number)
    write_cell(sheet, row, DATE, day.date, f"pouch date{variant}")
    write_cell(sheet, row, DOSE, day.dose_mg, f"pouch dose{variant}")
    _write_units(sheet, row, day, table, number)
    write_cell(sheet, row, table.units_in_pouch, count_units(day.units), number)
    write_check(sheet, row, table.check, _adds_up(row, table), f"pouch check{variant}", words)
    for column in range(table.check + 1, table.result + 1):
        write_cell(sheet, row, column, None, f"pouch entry{variant}")


def _write_units(sheet: Worksheet, row: int, day: Day, table: DispenseTable, style: str) -> None:
    if table.measured:
        write_cell(sheet, row, FIRST_UNIT, day.volume_ml, style.replace("number", "dose"))
        return
    if not table.strengths:
        (unit,) = day.units
        write_cell(sheet, row, FIRST_UNIT, unit.strength_mg, style)
        write_cell(sheet, row, FIRST_UNIT + 1, unit.count, style)
        return
    counts = {(unit.strength_mg, unit.divided_into): unit.count for unit in day.units}
    for column, made in enumerate(table.strengths, start=FIRST_UNIT):
        write_cell(sheet, row, column, counts.get((made.strength_mg, made.divided_into)), style)


def _adds_up(row: int, table: DispenseTable) -> str:
    """Return the condition that a pouch adds up: strengths × counts = dose, and the counts are the units in it.

    Adding up text gives 0, and an emptied row would be 0 = 0: hence a dose above 0.
    """
    first, last = get_column_letter(FIRST_UNIT), get_column_letter(table.last_unit)
    dose, units = f"{get_column_letter(DOSE)}{row}", f"{get_column_letter(table.units_in_pouch)}{row}"
    if table.measured:
        return _measures_up(row, table)
    if table.strengths:
        amount = f"SUMPRODUCT(${first}${HEADER_ROW}:${last}${HEADER_ROW},{first}{row}:{last}{row})"
        count = f"SUM({first}{row}:{last}{row})"
    else:
        amount, count = f"SUMPRODUCT({first}{row},{last}{row})", f"{last}{row}"
    return f"AND({dose}>0,ROUND({amount}-{dose},6)=0,{count}={units})"


def _measures_up(row: int, table: DispenseTable) -> str:
    """Return the condition that a syringe is right: mg / (mg/mL) = mL, and mL in whole steps of the syringe."""
    dose, volume = get_column_letter(DOSE), get_column_letter(FIRST_UNIT)
    per_ml, step = f"${dose}${FORM_ROW}", f"${volume}${FORM_ROW}"
    steps = f"{volume}{row}/{step}"
    return (
        f"AND({dose}{row}>0,ROUND({dose}{row}/{per_ml}-{volume}{row},6)=0,ROUND({steps}-ROUND({steps},0),6)=0,"
        f"{get_column_letter(table.units_in_pouch)}{row}=1)"
    )


def _break_pages_between_strips(sheet: Worksheet, plan: Plan, table: DispenseTable) -> None:
    """Start a page with a strip, as many whole strips a page as it has rows for."""
    days_per_strip = plan.order.taper.days_per_strip
    days_per_page = POUCHES_PER_PAGE // days_per_strip * days_per_strip
    for row in range(table.first_row + days_per_page, table.last_row + 1, days_per_page):
        sheet.row_breaks.append(Break(id=row - 1))
