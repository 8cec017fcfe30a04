"""Cells that are filled in at the bench, and what checks them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.quantity import plain
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import (
    PAGE_HEIGHT_POINTS,
    PAGE_WIDTH,
    label_width,
    set_height,
    used_height,
)
from stripgen.rendering.dispensing.terms import name_results
from stripgen.rendering.words import Words

_LINE_HEIGHT, _EMPTY_ROW = 19.0, 15.0
_ROOM_THAT_PROGRAMS_FIND = (1.0, 1.04, 1.08, 1.12, 1.16)  # on a page, to what is reckoned: they scale each its way


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what stands beside it; a heading where there is no label.

    Attributes:
        value: None where it is to be filled in.
        tall: How many rows it takes, for what is more than a word.
    """

    label: str
    value: Value = None
    style: str = "value"
    number_format: str = ""
    tall: int = 1


def heading(words: Words, phrase: str) -> Line:
    """Return the heading of the lines below it."""
    return Line("", words.say(phrase), "heading")


def ask(words: Words, phrase: str, *, tall: int = 1) -> Line:
    """Return a line to fill in."""
    return Line(words.say(phrase), style="entry", tall=tall)


def ask_date(words: Words, phrase: str, known: Value = None) -> Line:
    """Return a line for a date, filled in where it is known."""
    return Line(words.say(phrase), known, "entry date")


def fit_widths(lines: Sequence[Line], least: float, whole: float) -> tuple[float, float]:
    """Return the widths of labels and values: labels have room for their longest word, values what is left."""
    labels = label_width((line.label for line in lines), least)
    return labels, whole - labels


def write_lines(
    sheet: Worksheet, row: int, columns: Sequence[tuple[int, Sequence[Line]]], widths: Sequence[float]
) -> int:
    """Return the last row used, after writing lines beside each other.

    Args:
        sheet: Where to write.
        row: Where they begin.
        columns: For each list of lines the column of its labels, 1..
        widths: Of all columns.
    """
    texts: dict[int, list[tuple[str, float, str]]] = {}
    for column, lines in columns:
        for at, line in rows_of(lines, row):
            _write_line(sheet, at, column, line)
            for below in range(at, at + line.tall):
                texts.setdefault(below, [("", widths[0], "label")])
            if line.tall == 1:
                texts[at] += _texts_of(line, column, widths)
    for at, told in texts.items():
        set_height(sheet, at, told, least=_LINE_HEIGHT)
    return max(texts)


def rows_of(lines: Iterable[Line], first: int) -> Iterator[tuple[int, Line]]:
    """Yield each line with the row it begins in."""
    row = first
    for line in lines:
        yield row, line
        row += line.tall


def _write_line(sheet: Worksheet, row: int, column: int, line: Line) -> None:
    if not line.label:
        write_cell(sheet, row, column, line.value, line.style)
        sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + 1)
        return
    last = row + line.tall - 1
    for at in range(row, last + 1):  # borders are each cell's own, also where cells are merged
        write_cell(sheet, at, column, line.label if at == row else None, "label")
        value = line.value if at == row else None
        write_cell(sheet, at, column + 1, value, line.style, number_format=line.number_format)
    if line.tall > 1:
        sheet.merge_cells(start_row=row, end_row=last, start_column=column, end_column=column)
        sheet.merge_cells(start_row=row, end_row=last, start_column=column + 1, end_column=column + 1)


def _texts_of(line: Line, column: int, widths: Sequence[float]) -> Iterator[tuple[str, float, str]]:
    """Yield what the height of a line's row depends on."""
    if line.label:
        yield line.label, widths[column - 1], "label"
        yield str(line.value or ""), widths[column], line.style
    else:
        yield str(line.value), widths[column - 1] + widths[column], line.style


def write_paragraphs(sheet: Worksheet, row: int, texts: Iterable[str], widths: Sequence[float]) -> int:
    """Return the last row used, after writing texts over the whole width, one below the other.

    Args:
        sheet: Where to write.
        row: Where they begin.
        texts: One or more.
        widths: Of all columns.
    """
    last = row
    for last, text in enumerate(texts, start=row):
        write_cell(sheet, last, 1, text, "line")
        sheet.merge_cells(start_row=last, end_row=last, start_column=1, end_column=len(widths))
        set_height(sheet, last, [(text, sum(widths), "line")])
    return last


def keep_on_one_page(sheet: Worksheet, first: int, last: int, repeated_rows: int, widths: Sequence[float]) -> None:
    """Begin a new page before some rows that would else be parted by the end of one.

    Args:
        sheet: With the height of every row.
        first: Of the rows that belong together.
        last: The last of them, and of the sheet.
        repeated_rows: How many rows stand on top of every page.
        widths: Of all columns; a sheet wider than the page is printed smaller.
    """
    heights = [float(sheet.row_dimensions[row].height or _EMPTY_ROW) for row in range(repeated_rows + 1, last + 1)]
    room = PAGE_HEIGHT_POINTS * max(1.0, sum(widths) / PAGE_WIDTH) - used_height(sheet, repeated_rows)
    n_together = last - first + 1
    pages = (_pages_of(heights, room * more) for more in _ROOM_THAT_PROGRAMS_FIND)
    if any(page[-1] != page[-n_together] for page in pages):
        sheet.row_breaks.append(Break(id=first - 1))


def _pages_of(heights: Iterable[float], room: float) -> list[int]:
    """Return the page on which each row comes to stand."""
    left, page, pages = room, 1, []
    for height in heights:
        if height > left:
            left, page = room, page + 1
        left -= height
        pages.append(page)
    return pages


def write_entry_check(
    sheet: Worksheet, row: int, column: int, entries: str, condition: str, style: str, words: Words
) -> None:
    """Write a check of what was filled in: empty as long as nothing is, then whether a condition holds.

    Args:
        sheet: Where to write.
        row: 1..
        column: 1..
        entries: The cells that are filled in.
        condition: A formula without the equals sign. An error counts as not met.
        style: A key of `styles.LOOKS`.
        words: Of the sheet's language.
    """
    held, failed = name_results(words)
    told = f'IFERROR(IF({condition},"{held}","{failed}"),"{failed}")'
    write_formula(sheet, row, column, f'IF(COUNTA({entries})=0,"",{told})', style)


def write_formula(sheet: Worksheet, row: int, column: int, formula: str, style: str, number_format: str = "") -> None:
    """Write a formula, given without the equals sign, of what was filled in."""
    cell = write_cell(sheet, row, column, None, style)
    cell.value = f"={formula}"
    if number_format:
        cell.number_format = number_format


def mass_format(value: Value) -> str:
    """Return the number format of a mass or a count: thousands parted, and all its decimals."""
    if isinstance(value, int):
        return "#,##0"
    if not isinstance(value, Decimal):
        return ""
    decimals = plain(value).partition(".")[2]
    return f"#,##0.{'0' * len(decimals)}" if decimals else "#,##0"
