"""The lots that pouches are filled from: who supplied each, when it was prepared, how many units, when it expires."""

from collections.abc import Sequence

from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.order import Batch
from stripgen.domain.plan import Plan
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import set_height
from stripgen.rendering.dispensing.terms import day_format
from stripgen.rendering.words import Words

_HEADER_HEIGHT, _LOWEST_ROW = 30, 19.0
_SUPPLIER, _STRENGTH, _QUANTITY, _PREPARED = 1, 2, 3, 4


def is_more_than_a_lot(plan: Plan) -> bool:
    """Return whether the order says more of some lot than its number and its expiry, which the rows above have."""
    return any(batch.supplier or batch.prepared_on or batch.quantity for batch in plan.order.batch)


def add_lots_block(sheet: Worksheet, row: int, plan: Plan, lot: int, widths: Sequence[float], words: Words) -> int:
    """Return the last row used, after writing a heading and a row for each lot.

    Args:
        sheet: Compounding.
        row: Where it begins.
        plan: What to make.
        lot: The column of lots above; lots and their expiry stand below those.
        widths: Of the sheet's columns.
        words: Of the sheet's language.
    """
    write_cell(sheet, row, 1, words.say("sheet.lots_of_contents"), "heading")
    row += 1
    headings = {
        _SUPPLIER: "supplier",
        _STRENGTH: "strength_mg",
        _QUANTITY: "quantity",
        _PREPARED: "prepared_on",
        lot: "lot",
        lot + 1: "expiry",
    }
    for column, name in headings.items():
        style = "header left" if column == _SUPPLIER else "header"
        _write(sheet, row, column, words.say(f"sheet.{name}"), style, lot)
    sheet.row_dimensions[row].height = _HEADER_HEIGHT
    for batch in plan.order.batch:
        row += 1
        _write_lot(sheet, row, batch, lot, widths, words)
    return row


def _write_lot(sheet: Worksheet, row: int, batch: Batch, lot: int, widths: Sequence[float], words: Words) -> None:
    strength: Value = batch.strength_mg
    if batch.strength_mg is None:
        strength = words.say("sheet.all_strengths")
    values: dict[int, tuple[Value, str, str]] = {
        _SUPPLIER: (batch.supplier, "text", ""),
        _STRENGTH: (strength, "text" if isinstance(strength, str) else "number", ""),
        _QUANTITY: (batch.quantity, "number", "#,##0"),
        _PREPARED: (batch.prepared_on, "text", day_format(words)),
        lot: (batch.lot, "text", ""),
        lot + 1: (batch.expires_on, "text", day_format(words)),
    }
    for column, (value, style, number_format) in values.items():
        _write(sheet, row, column, value, style, lot, number_format)
    texts = [(value, widths[column - 1], "text") for column, (value, *_) in values.items() if isinstance(value, str)]
    set_height(sheet, row, texts, least=_LOWEST_ROW)


def _write(
    sheet: Worksheet, row: int, column: int, value: Value, style: str, lot: int, number_format: str = ""
) -> None:
    """Write a cell; that of the day of preparation reaches to the lot's column, for its heading to have room."""
    write_cell(sheet, row, column, value, style, number_format=number_format if value is not None else "")
    if column == _PREPARED:
        sheet.merge_cells(start_row=row, end_row=row, start_column=_PREPARED, end_column=lot - 1)
