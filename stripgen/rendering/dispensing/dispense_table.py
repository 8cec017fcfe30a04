"""Where everything stands on the sheet Dispense: columns, their widths, and the ranges other sheets check against."""

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from stripgen.domain.plan import Plan, Units
from stripgen.rendering.descriptions import name_part
from stripgen.rendering.dispensing.page import FIRST_ROW, PAGE_WIDTH, check_width, lay_out_columns, widest_date
from stripgen.rendering.dispensing.styles import LARGE, LOOKS
from stripgen.rendering.dispensing.terms import name_tab, quote_tab
from stripgen.rendering.dispensing.wrapping import longest_word, needed_width
from stripgen.rendering.words import Words

FORM_ROW, HEADER_ROW = FIRST_ROW, FIRST_ROW + 1
DAY, STRIP, POUCH, DATE, DOSE, FIRST_UNIT = range(1, 7)

_ENTRIES = (("sheet.filled_by", 13.0), ("sheet.checked_by", 13.0), ("sheet.result", 12.0))
_UNIT_AND_COUNT = (("sheet.unit_mg", 11.0), ("sheet.count", 9.0))
_VOLUME = (("sheet.volume_ml", 20.0),)  # holds the syringe's step above, too
_NARROWEST, _WIDEST, _NARROWEST_TURNED = 8.0, 12.0, 6.0  # of a strength
_WIDEST_TABLE = 1.35 * PAGE_WIDTH  # printed at three quarters; no narrower when turned, for 28 rows to fit a page
_LARGE_FROM = 1.1 * PAGE_WIDTH
_DATE_WIDTH, _LARGE_DATE_WIDTH = 20.0, 24.0

_Columns = list[tuple[str, float]]  # the heading and the width of each


@dataclass(frozen=True, slots=True)
class DispenseTable:
    """The layout of the sheet Dispense.

    Attributes:
        sheet: Its name, as formulas say it.
        columns: Label and width of each; the label is empty where a strength stands.
        strengths: What the columns from `FIRST_UNIT` on count, halves and quarters apart; empty where each pouch holds
            one unit made for it.
        measured: Whether that unit is a syringe of a solution: one column says its volume.
        turned: Whether strengths and their forms are written upwards, because there are many.
        large: Whether the letters are larger, because the page will be printed smaller.
    """

    sheet: str
    columns: tuple[tuple[str, float], ...]
    strengths: tuple[Units, ...]
    n_pouches: int
    measured: bool
    turned: bool
    large: bool

    @property
    def width(self) -> float:
        """The sum of all widths."""
        return sum(width for _, width in self.columns)

    @property
    def first_row(self) -> int:
        """The row of the first pouch."""
        return HEADER_ROW + 1

    @property
    def last_row(self) -> int:
        """The row of the last pouch."""
        return HEADER_ROW + self.n_pouches

    @property
    def last_unit(self) -> int:
        """The last column that says what is in a pouch."""
        return self.units_in_pouch - 1

    @property
    def units_in_pouch(self) -> int:
        """The column of the number of units in a pouch."""
        return self.check - 1

    @property
    def check(self) -> int:
        """The column of the cross-checks; the entry columns follow it."""
        return len(self.columns) - len(_ENTRIES)

    @property
    def result(self) -> int:
        """The column of the result, the last one."""
        return len(self.columns)

    def cells(self, column: int) -> str:
        """Return the range of a column over all pouches."""
        letter = get_column_letter(column)
        return f"{letter}{self.first_row}:{letter}{self.last_row}"

    def cells_seen_from_elsewhere(self, column: int) -> str:
        """Return the fixed range of a column over all pouches, as a formula of another sheet names it."""
        letter = get_column_letter(column)
        return f"{self.sheet}!${letter}${self.first_row}:${letter}${self.last_row}"

    def count_of(self, index: int, strength_cell: str) -> str:
        """Return the formula that adds up the units of one strength, as another sheet writes it.

        Args:
            index: Of the strength in the plan's totals.
            strength_cell: Where the other sheet names the strength.
        """
        if self.measured:
            return f"SUM({self.cells_seen_from_elsewhere(self.units_in_pouch)})"
        if self.strengths:
            return f"SUM({self.cells_seen_from_elsewhere(FIRST_UNIT + index)})"
        strengths, counts = (self.cells_seen_from_elsewhere(FIRST_UNIT + column) for column in (0, 1))
        return f"SUMIF({strengths},{strength_cell},{counts})"


def lay_out_table(plan: Plan, words: Words) -> DispenseTable:
    """Return the layout for a plan: one column a strength; unit and count, or the volume, where a dose is one unit."""
    if plan.order.compounding.solution is not None:
        return _finish(plan, (), lay_out_columns(_VOLUME, words), words, turned=False)
    if plan.order.compounding.unit is None:
        return _finish(plan, (), lay_out_columns(_UNIT_AND_COUNT, words), words, turned=False)
    strengths = plan.totals.units
    others = _width_of(_before(words)) + _width_of(_after(words)) + _width_of(lay_out_columns(_ENTRIES, words))
    needed = [max(_dose_width(unit, words), _form_width(unit, words), _NARROWEST) for unit in strengths]
    if others + sum(needed) > _WIDEST_TABLE:
        width = max((_WIDEST_TABLE - others) / len(strengths), _NARROWEST_TURNED)
        return _finish(plan, strengths, [("", width)] * len(strengths), words, turned=True)
    room = min((PAGE_WIDTH - others) / len(strengths), _WIDEST)
    return _finish(plan, strengths, [("", max(room, width)) for width in needed], words, turned=False)


def _finish(
    plan: Plan, strengths: tuple[Units, ...], unit_columns: _Columns, words: Words, *, turned: bool
) -> DispenseTable:
    """Return the whole layout; the entry columns take what room the page has left."""
    before, after, entries = _before(words), _after(words), lay_out_columns(_ENTRIES, words)
    left = PAGE_WIDTH - sum(map(_width_of, (before, after, entries, unit_columns)))
    large = left < PAGE_WIDTH - _LARGE_FROM
    if large:
        before = _before(words, large=True)
    wider = [(label, width + max(left, 0) / len(_ENTRIES)) for label, width in entries]
    return DispenseTable(
        sheet=quote_tab(name_tab("dispense", words)),
        columns=(*before, *unit_columns, *after, *wider),
        strengths=strengths,
        n_pouches=len(plan.days_to_make),
        measured=plan.order.compounding.solution is not None,
        turned=turned,
        large=large,
    )


def _before(words: Words, *, large: bool = False) -> _Columns:
    """Return the columns before the units."""
    least, style = (_LARGE_DATE_WIDTH, f"pouch date{LARGE}") if large else (_DATE_WIDTH, "pouch date")
    date = ("sheet.date", widest_date(words, style, least))
    columns = (("sheet.day", 7.0), ("sheet.strip", 7.0), ("sheet.pouch", 8.0), date, ("sheet.dose_mg", 11.0))
    return lay_out_columns(columns, words)


def _after(words: Words) -> _Columns:
    """Return the columns between the units and the entries."""
    columns = (("sheet.units_in_pouch", 10.5), ("sheet.check", check_width(words, "pouch check", 9.0)))
    return lay_out_columns(columns, words)


def _width_of(columns: _Columns) -> float:
    return sum(width for _, width in columns)


def _dose_width(unit: Units, words: Words) -> float:
    """Return how wide a strength is: a number without room is shown as ###."""
    return needed_width(name_part(unit, words), LOOKS["header"].size)


def _form_width(unit: Units, words: Words) -> float:
    return needed_width(longest_word(words.form(unit.form)), LOOKS["header form"].size)
