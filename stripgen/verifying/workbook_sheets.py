"""A sheet as a person sees it: values by place, under the headings of the wording its papers are in."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BytesIO

from stripgen.verifying.phrases import Voice
from stripgen.verifying.workbook_cells import Sheet, name_of, unescape
from stripgen.verifying.workbook_changes import Change

Seen = str | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Said = str | int | Decimal | dt.date | None

_MARK = "\N{LEFT-TO-RIGHT MARK}"  # around names that read right to left
_DECIMALS = re.compile(r"[#,0]*(?:\.(0+))?")
_OLD_DATES = 1901  # the year from which all programs agree on dates


@dataclass(frozen=True)
class SeenSheet:
    """A sheet.

    Attributes:
        rows: Its values by row and column, each from 0, as another reader than `workbook_cells` has them.
        sheet: What else is known of it.
    """

    name: str
    rows: Sequence[Sequence[Seen]]
    sheet: Sheet
    voice: Voice

    def at(self, row: int, column: int) -> Seen:
        """Return the value of a cell, rows and columns from 1; None where it is empty."""
        if not (1 <= row <= len(self.rows) and 1 <= column <= len(self.rows[row - 1])):
            return None
        value = self.rows[row - 1][column - 1]
        return None if value == "" else value

    def text_at(self, row: int, column: int) -> str:
        """Return the text of a cell; empty where there is none."""
        return as_text(self.at(row, column))

    def formula_at(self, row: int, column: int) -> str:
        """Return the formula of a cell without the equals sign, and without quotes around names of sheets."""
        cell = self.sheet.cells.get((row, column))
        return cell.formula.replace("'", "") if cell else ""

    def where(self, row: int, column: int) -> str:
        """Return the name of a cell with its sheet's."""
        return f"{self.name}!{name_of(row, column)}"

    @property
    def last_row(self) -> int:
        """The last row with a value."""
        return len(self.rows)

    def find_row(self, *headings: str) -> int | None:
        """Return the first row that has these phrases side by side from its first column on."""
        said = [self.voice.say(f"sheet.{heading}") for heading in headings]
        for row in range(1, self.last_row + 1):
            if [self.text_at(row, column) for column in range(1, len(said) + 1)] == said:
                return row
        return None

    def compare(self, row: int, column: int, said: Said, what: str) -> Iterator[Change]:
        """Yield that a cell does not say what it should, or shows less of it than it holds.

        Args:
            row: 1..
            column: 1..
            said: What it should say; None for nothing.
            what: Of what: `dose of day 3`.
        """
        seen = self.at(row, column)
        if not is_same(seen, said):
            yield Change(self.where(row, column), f"{what}: {tell(seen)}, should be {tell(said)}")
        elif isinstance(said, int | Decimal) and not self._shows_all(row, column):
            look = self.sheet.cells[row, column].look.number_format
            yield Change(self.where(row, column), f"{what}: its format {look!r} does not show {tell(said)}")

    def _shows_all(self, row: int, column: int) -> bool:
        """Return whether a number shows all its decimals; formats that are words have their number within."""
        cell = self.sheet.cells.get((row, column))
        if cell is None or not isinstance(cell.value, float):
            return True
        shown = re.sub(r'"[^"]"|\[[^\]]*\]', "", cell.look.number_format)
        if shown.lower() == "general" or (not shown and '"' in cell.look.number_format):
            return True
        found = _DECIMALS.fullmatch(shown)
        decimals = -int(Decimal(f"{cell.value:.15g}").normalize().as_tuple().exponent)
        return found is not None and bool(shown) and "0" in shown and len(found[1] or "") >= decimals

    def compare_formula(self, row: int, column: int, condition: str, what: str) -> Iterator[Change]:
        """Yield that a cell does not check what it should."""
        held, failed = (self.voice.say(f"sheet.{name}") for name in ("ok", "not_ok"))
        formula = f'IFERROR(IF({condition},"{held}","{failed}"),"{failed}")'
        if self.formula_at(row, column) != formula.replace("'", ""):
            yield Change(self.where(row, column), f"{what}: does not check that {condition}")


def see_sheets(content: bytes, sheets: Sequence[Sheet], voice: Voice) -> Mapping[str, SeenSheet]:
    """Return the sheets that show, by name.

    Args:
        content: The workbook, which `read_workbook` could read.
        sheets: As it read them.
        voice: Of the language they are in.

    Raises:
        ValueError: It cannot be read a second time.
    """
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only where a workbook is read

    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        return {
            sheet.name: SeenSheet(
                sheet.name,
                workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False),
                sheet,
                voice,
            )
            for sheet in sheets
            if sheet.visible
        }
    except (CalamineError, OSError) as error:
        raise ValueError(f"not by a second reader: {error}") from error


def as_text(value: Seen) -> str:
    """Return the text of a value; empty where it is none."""
    return value.replace(_MARK, "") if isinstance(value, str) else ""


def is_same(seen: Seen, said: Said) -> bool:
    """Return whether a cell says what it should."""
    match said:
        case None:
            return seen is None
        case dt.date():
            return _date(seen) == said
        case str():
            return said.replace(_MARK, "") in {as_text(seen), unescape(as_text(seen))}
    return _number(seen) == Decimal(said)


def _date(seen: Seen) -> dt.date | None:
    if isinstance(seen, dt.datetime):
        return seen.date() if seen.time() == dt.time() and seen.year >= _OLD_DATES else None
    return seen if isinstance(seen, dt.date) else None


def _number(seen: Seen) -> Decimal | None:
    """Return a number; one that is too long for a spreadsheet to keep stands as text."""
    if isinstance(seen, bool) or not isinstance(seen, int | float | str):
        return None
    try:
        return Decimal(f"{seen:.15g}") if isinstance(seen, float) else Decimal(seen)
    except InvalidOperation:
        return None


def tell(value: Seen | Said) -> str:
    """Return a value as a message has it."""
    match value:
        case None:
            return "nothing"
        case float():
            return f"{value:.15g}"
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
        case Decimal():
            return f"{value:f}"
    return repr(value) if isinstance(value, str) else str(value)
