"""The sheet Take back: the pouches of earlier versions that must not be taken any more, to tick off as they return."""

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Plan, PouchToTakeBack
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    SLACK,
    ask_for_dates,
    close_sheet,
    lay_out_columns,
    open_sheet,
    set_height,
    widest_date,
    widest_day,
)
from stripgen.rendering.dispensing.terms import date_format
from stripgen.rendering.words import Words

_ROW_HEIGHT, _HEADER_HEIGHT = 16.5, 20.0


def add_take_back_sheet(workbook: Workbook, plan: Plan, words: Words) -> None:
    """Add the sheet Take back: a row for each pouch, with room for when it came back and who took it."""
    columns = _lay_out(words, measured=plan.order.compounding.solution is not None)
    sheet = open_sheet(workbook, plan, "take_back", [width for _, width in columns], words)
    for number, (label, _) in enumerate(columns, start=1):
        write_cell(sheet, FIRST_ROW, number, label, "header")
    set_height(sheet, FIRST_ROW, [(label, width * SLACK, "header") for label, width in columns], least=_HEADER_HEIGHT)
    first_row, last_row = FIRST_ROW + 1, FIRST_ROW + len(plan.take_back)
    for row, (pouch, made_with) in enumerate(zip(plan.take_back, _plans(plan), strict=True), start=first_row):
        _write_pouch(sheet, row, pouch, made_with, plan, words)
    came_back = get_column_letter(len(columns) - 1)
    ask_for_dates(sheet, f"{came_back}{first_row}:{came_back}{last_row}", words)
    n_columns = len(columns)
    close_sheet(
        sheet, plan, words, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=n_columns, frozen=f"A{first_row}"
    )


def _lay_out(words: Words, *, measured: bool) -> list[tuple[str, float]]:
    """Return the heading and the width of each column."""
    columns = (
        ("sheet.made_with_plan", 18.0),
        ("sheet.strip", 8.0),
        ("sheet.day", 8.0),
        ("sheet.date", widest_date(words, "number", 21.0)),
        ("sheet.dose_mg", 12.0),
        *((("sheet.volume_ml", 12.0),) if measured else ()),
        ("sheet.code_on_pouch", 32.0),
        ("sheet.came_back_on", widest_day(words, "table entry date", 18.0)),
        ("sheet.came_back_to", 20.0),
    )
    return lay_out_columns(columns, words)


def _plans(plan: Plan) -> tuple[str, ...]:
    amendment = plan.order.amendment
    return tuple(pouch.plan for pouch in amendment.take_back) if amendment else ()


def _write_pouch(sheet: Worksheet, row: int, pouch: PouchToTakeBack, made_with: str, plan: Plan, words: Words) -> None:
    solution = plan.order.compounding.solution
    volume: tuple[Value, ...] = (pouch.dose_mg / solution.mg_per_ml,) if solution else ()
    values = (made_with, pouch.strip, pouch.day, pouch.date, pouch.dose_mg, *volume, pouch.code)
    for column, value in enumerate(values, start=1):
        is_date = value is pouch.date
        write_cell(sheet, row, column, value, "number", number_format=date_format(words) if is_date else "")
    write_cell(sheet, row, len(values) + 1, None, "table entry date")
    write_cell(sheet, row, len(values) + 2, None, "table entry")
    sheet.row_dimensions[row].height = _ROW_HEIGHT
