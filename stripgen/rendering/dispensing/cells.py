"""Writing cells so that each is what it is: text stays text, a date is a date, an amount is an exact number."""

import datetime as dt
import re
from decimal import Decimal

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.quantity import plain
from stripgen.rendering.dispensing.styles import GENERAL
from stripgen.rendering.dispensing.terms import name_results
from stripgen.rendering.words import Words

Value = str | int | float | Decimal | dt.date | None

_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LIKE_A_FORMULA = ("=", "+", "-", "@")
_LONGEST_NUMBER = 11  # characters; General rounds what is longer
_THOUSAND = 1000
_FIRST_RELIABLE_DATE = dt.date(1900, 3, 1)  # Excel believes in 29 Feb 1900; the days before it differ between programs


def write_cell(sheet: Worksheet, row: int, column: int, value: Value, style: str, *, number_format: str = "") -> Cell:
    """Return a cell after writing a value into it.

    Args:
        sheet: Where to write.
        row: 1..
        column: 1..
        value: Text is never taken for a formula or an error value, whatever it begins with.
        style: A key of `styles.LOOKS`.
        number_format: How a number or date is shown, when not as its style says.
    """
    cell: Cell = sheet.cell(row, column)  # type: ignore[assignment]  # a merged cell is never written to
    cell.style = f"stripgen {style}"
    if isinstance(value, Decimal) and len(plain(value)) > _LONGEST_NUMBER:
        value = plain(value)
    if isinstance(value, str):
        _write_text(cell, value)
    elif value is not None:
        cell.value = value
        if number_format:
            cell.number_format = number_format
        elif isinstance(value, Decimal):
            cell.number_format = amount_format(value)
    return cell


def _write_text(cell: Cell, text: str) -> None:
    # "_x0041_" in the file is read back as "A": without this a name could carry any character past the order's checks.
    cell.value = _ESCAPE.sub("_x005F_", text)
    cell.data_type = "s"
    if text.startswith(_LIKE_A_FORMULA):
        cell.quotePrefix = True  # stays text even when somebody unprotects the sheet and edits the cell


def date_or_words(date: dt.date | None, words: Words) -> Value:
    """Return a date as a cell can hold it: as itself, or in words when programs would not agree on it."""
    return words.day(date) if date is not None and date < _FIRST_RELIABLE_DATE else date


def write_check(sheet: Worksheet, row: int, column: int, condition: str, style: str, words: Words) -> Cell:
    """Return a cell after writing a cross-check into it: a condition that shows as OK, and as CHECK otherwise.

    Args:
        sheet: Where to write.
        row: 1..
        column: 1..
        condition: A formula without the equals sign. An error counts as not met.
        style: A key of `styles.LOOKS`.
        words: Of the sheet's language.
    """
    cell: Cell = sheet.cell(row, column)  # type: ignore[assignment]  # a merged cell is never written to
    cell.style = f"stripgen {style}"
    held, failed = name_results(words)
    cell.value = f'=IFERROR(IF({condition},"{held}","{failed}"),"{failed}")'
    return cell


def amount_format(amount: Decimal, unit: str = "") -> str:
    """Return the number format by which an amount reads as it does on paper.

    General leaves no trailing zero and no lonely decimal point, but has no comma in thousands.

    >>> amount_format(Decimal("0.5")), amount_format(Decimal("1234.5"), "mg")
    ('General', '#,##0.0" mg"')
    """
    digits = GENERAL
    if amount >= _THOUSAND:
        decimals = plain(amount).partition(".")[2]
        digits = f"#,##0.{'0' * len(decimals)}" if decimals else "#,##0"
    return f'{digits}" {unit}"' if unit else digits
