"""The sheet Take back: the pouches of earlier versions that must not be taken any more, to tick off as they return."""

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Plan, PouchToTakeBack
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import FIRST_ROW, ask_for_dates, close_sheet, open_sheet
from stripgen.rendering.dispensing.styles import DATE

SHEET = "Take back"
_COLUMNS = (
    ("Made with plan", 18.0),
    ("Strip", 8.0),
    ("Day", 8.0),
    ("Date", 21.0),
    ("Dose (mg)", 12.0),
    ("Volume (mL)", 12.0),
    ("Code on the pouch", 32.0),
    ("Came back on", 18.0),
    ("By", 20.0),
)
_ROW_HEIGHT = 16.5


def add_take_back_sheet(workbook: Workbook, plan: Plan) -> None:
    """Add the sheet Take back: a row for each pouch, with room for when it came back and who took it."""
    columns = [column for column in _COLUMNS if column[0] != "Volume (mL)" or plan.order.compounding.solution]
    sheet = open_sheet(workbook, plan, SHEET, "Pouches to take back", [width for _, width in columns])
    for number, (label, _) in enumerate(columns, start=1):
        write_cell(sheet, FIRST_ROW, number, label, "header")
    sheet.row_dimensions[FIRST_ROW].height = 20
    first_row, last_row = FIRST_ROW + 1, FIRST_ROW + len(plan.take_back)
    for row, (pouch, made_with) in enumerate(zip(plan.take_back, _plans(plan), strict=True), start=first_row):
        _write_pouch(sheet, row, pouch, made_with, plan)
    came_back = get_column_letter(len(columns) - 1)
    ask_for_dates(sheet, f"{came_back}{first_row}:{came_back}{last_row}", "DATE(2020,1,1)", "DATE(2099,12,31)")
    close_sheet(sheet, plan, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=len(columns), frozen=f"A{first_row}")


def _plans(plan: Plan) -> tuple[str, ...]:
    amendment = plan.order.amendment
    return tuple(pouch.plan for pouch in amendment.take_back) if amendment else ()


def _write_pouch(sheet: Worksheet, row: int, pouch: PouchToTakeBack, made_with: str, plan: Plan) -> None:
    solution = plan.order.compounding.solution
    volume: tuple[Value, ...] = (pouch.dose_mg / solution.mg_per_ml,) if solution else ()
    values = (made_with, pouch.strip, pouch.day, pouch.date, pouch.dose_mg, *volume, pouch.code)
    for column, value in enumerate(values, start=1):
        is_date = value is pouch.date
        write_cell(sheet, row, column, value, "number", number_format=DATE if is_date else "")
    write_cell(sheet, row, len(values) + 1, None, "table entry date")
    write_cell(sheet, row, len(values) + 2, None, "table entry")
    sheet.row_dimensions[row].height = _ROW_HEIGHT
