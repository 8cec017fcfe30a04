"""How the sheet Order is laid out: two halves side by side, the findings below, no block parted by the end of a page.

Where a few lines too many would run on to another page, the columns are made wider: fewer lines are then broken, and
the sheet is printed smaller, as far as it can be read with ease.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Finding
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    PAGE_HEIGHT_POINTS,
    PAGE_WIDTH,
    ask_for_dates,
    height_for,
    label_width,
    used_height,
)
from stripgen.rendering.dispensing.terms import date_format, day_format
from stripgen.rendering.words import Words

_LABEL_WIDTHS, _HALF_WIDTHS = (23.0, 25.0), (73.0, 74.0)
_WIDER = (1.0, 1.06, 1.12, 1.18, 1.24)  # at the last, letters of 10 points come out at 8
_LEFT, _RIGHT = 1, 3
_GAP_POINTS = 10.0
_HEADINGS = ("severity", "finding", "code", "override")
_SEVERITY_STYLES = {"block": "alarm", "warn": "strong value", "note": "value"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet: a label and what it says; a heading when there is no label.

    Attributes:
        to_fill_in: Left blank in the order and asked for here.
    """

    label: str
    value: Value
    number_format: str = ""
    style: str = "value"
    to_fill_in: bool = False


Rows = Sequence[tuple[Line | None, Line | None]]
_Told = tuple[tuple[str, ...], tuple[str, ...]]  # the texts of a row, and their styles


def side_by_side(left: Iterable[Line], right: Iterable[Line]) -> Rows:
    """Return the rows that two halves make."""
    return list(zip_longest(left, right))


def write_order(sheet: Worksheet, asked: Rows, further: Rows, findings: Sequence[Finding], words: Words) -> int:
    """Return the last row used, after writing the whole sheet below its lines on top.

    Args:
        sheet: With its lines on top.
        asked: What was asked and what came out.
        further: What models say, and of an amended plan what it changes.
        findings: All of the plan.
        words: Of the sheet's language.
    """
    told = _tell_findings(findings, words)
    top = used_height(sheet, FIRST_ROW - 1)
    tries = [_Layout(usual_widths([*asked, *further], wider), top, asked, further, told) for wider in _WIDER]
    fewest = min(tries, key=lambda one: len(one.page_starts))  # of as many pages the one in the largest letters
    layout = next((one for one in tries if one.parts_no_block), fewest)
    for column, width in enumerate(layout.widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, height in enumerate([*layout.asked_heights, *layout.other_heights], start=FIRST_ROW):
        sheet.row_dimensions[row].height = height
    for row in layout.page_starts:
        sheet.row_breaks.append(Break(id=FIRST_ROW + row - 1))
    _write_halves(sheet, FIRST_ROW, asked, words)
    _write_halves(sheet, FIRST_ROW + len(layout.asked_heights), further, words)
    last_row = FIRST_ROW + len(layout.asked_heights) + len(layout.other_heights) - 1
    _write_findings(sheet, last_row - len(told) + 1, told)
    return last_row


def usual_widths(rows: Rows, wider: float = 1.0) -> tuple[float, ...]:
    """Return the widths of the four columns: labels have room for their longest word, values what is left.

    Args:
        rows: All of the sheet but the findings.
        wider: How much wider than the page, where it is printed smaller.
    """
    widths: list[float] = []
    for half, (least, whole) in enumerate(zip(_LABEL_WIDTHS, _HALF_WIDTHS, strict=True)):
        labels = label_width((line.label for row in rows if (line := row[half])), least)
        widths += [labels, whole * wider - labels]
    return tuple(widths)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The sheet with columns of some widths.

    Attributes:
        top: How many points high the lines on top of every page are.
        told: The findings, with their headings.
    """

    widths: tuple[float, ...]
    top: float
    asked: Rows
    further: Rows
    told: Sequence[_Told]

    @property
    def room(self) -> float:
        """How many points high the rows of a page may be: more where a wide sheet is printed smaller."""
        return PAGE_HEIGHT_POINTS * max(1.0, sum(self.widths) / PAGE_WIDTH) - self.top

    @property
    def asked_heights(self) -> list[float]:
        """The rows of what was asked, and the gap below."""
        return [*(self._height(*row) for row in self.asked), _GAP_POINTS]

    @property
    def other_heights(self) -> list[float]:
        """The rows after those; the last is the last of the sheet."""
        further = [*(self._height(*row) for row in self.further), _GAP_POINTS] if self.further else []
        return further + [height_for(zip(texts, self.widths, styles, strict=False)) for texts, styles in self.told]

    def _height(self, left: Line | None, right: Line | None) -> float:
        texts = [("X", self.widths[0], "heading")]
        for column, line in ((_LEFT, left), (_RIGHT, right)):
            if line and line.label:
                texts.append((line.label, self.widths[column - 1], "label"))
                texts.append((line.value if isinstance(line.value, str) else "", self.widths[column], line.style))
        return height_for(texts)

    @property
    def parts_no_block(self) -> bool:
        """Whether what was asked has room on one page, and all the rest on the same or on the next one."""
        return max(sum(self.asked_heights), sum(self.other_heights)) <= self.room

    @property
    def page_starts(self) -> list[int]:
        """Which rows start a page, counted from the first below the lines on top: never the midst of a left block."""
        heights, starts, start, block = self.asked_heights, list[int](), 0, 0
        for row, (left, _) in enumerate(self.asked):
            if left and not left.label:
                block = row
            if sum(heights[start : row + 1]) > self.room and block > start:
                starts.append(block)
                start = block
        if sum(heights[start:]) + sum(self.other_heights) > self.room:
            starts.append(len(heights))
        return starts


def _write_halves(sheet: Worksheet, first_row: int, rows: Rows, words: Words) -> None:
    for row, halves in enumerate(rows, start=first_row):
        for column, line in zip((_LEFT, _RIGHT), halves, strict=True):
            if line:
                _write_line(sheet, row, column, line, words)


def _write_line(sheet: Worksheet, row: int, column: int, line: Line, words: Words) -> None:
    if not line.label:
        write_cell(sheet, row, column, line.value, line.style)
        return
    write_cell(sheet, row, column, line.label, "label")
    if line.value is None and line.to_fill_in:
        _ask(sheet, row, column + 1, line, words)
    else:
        write_cell(sheet, row, column + 1, line.value, line.style, number_format=line.number_format)


def _ask(sheet: Worksheet, row: int, column: int, line: Line, words: Words) -> None:
    asks_for_date = line.number_format in {date_format(words), day_format(words)}
    cell = write_cell(sheet, row, column, None, "entry date" if asks_for_date else "entry")
    if asks_for_date:
        ask_for_dates(sheet, cell.coordinate, words, earliest="DATE(1900,3,1)")


def _tell_findings(findings: Sequence[Finding], words: Words) -> list[_Told]:
    """Return the rows of the findings: a title, and where there are any a table with headings."""
    if not findings:
        return [((words.say("sheet.no_findings"),), ("heading",))]
    headings = tuple(words.say(f"sheet.{name}") for name in _HEADINGS)
    return [
        ((words.say("sheet.findings"),), ("heading",)),
        (headings, ("header left",) * len(headings)),
        *(_tell_finding(finding, words) for finding in findings),
    ]


def _tell_finding(finding: Finding, words: Words) -> _Told:
    override = finding.override
    overridden = words.say("sheet.overridden", by=override.by, reason=override.reason) if override else ""
    texts = (words.say(f"sheet.severity_{finding.severity}"), words.tell(finding.told), finding.code, overridden)
    return texts, (_SEVERITY_STYLES[finding.severity], "value", "value", "value")


def _write_findings(sheet: Worksheet, first_row: int, told: Sequence[_Told]) -> None:
    for row, (texts, styles) in enumerate(told, start=first_row):
        for column, (text, style) in enumerate(zip(texts, styles, strict=True), start=1):
            write_cell(sheet, row, column, text or None, style)
    if len(told) > 1:
        sheet.auto_filter.ref = f"A{first_row + 1}:D{first_row + len(told) - 1}"
