"""Where everything stands on the sheet Dispense: columns, their widths, and the ranges other sheets check against."""

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from stripgen.domain.plan import Plan, Units
from stripgen.rendering.dispensing.page import FIRST_ROW, PAGE_WIDTH
from stripgen.rendering.dispensing.styles import LOOKS
from stripgen.rendering.dispensing.wrapping import longest_word, needed_width
from stripgen.rendering.words import name_part

SHEET = "Dispense"
FORM_ROW, HEADER_ROW = FIRST_ROW, FIRST_ROW + 1
DAY, STRIP, POUCH, DATE, DOSE, FIRST_UNIT = range(1, 7)

_BEFORE = (("Day", 7.0), ("Strip", 7.0), ("Pouch", 8.0), ("Date", 20.0), ("Dose (mg)", 11.0))
_AFTER = (("Units in pouch", 9.0), ("Check", 9.0))
_ENTRIES = (("Filled by", 13.0), ("Checked by", 13.0), ("Result", 12.0))
_UNIT_AND_COUNT = (("Unit (mg)", 11.0), ("Count", 9.0))
_VOLUME = (("Volume (mL)", 20.0),)  # holds the syringe's step above, too
_NARROWEST, _WIDEST, _NARROWEST_TURNED = 8.0, 12.0, 6.0  # of a strength
_WIDEST_TABLE = 1.35 * PAGE_WIDTH  # printed at three quarters; no narrower when turned, for 28 rows to fit a page
_LARGE_FROM = 1.1 * PAGE_WIDTH
_LARGE_DATE_WIDTH = 24.0


@dataclass(frozen=True, slots=True)
class DispenseTable:
    """The layout of the sheet Dispense.

    Attributes:
        columns: Label and width of each; the label is empty where a strength stands.
        strengths: What the columns from `FIRST_UNIT` on count, halves and quarters apart; empty where each pouch holds
            one unit made for it.
        measured: Whether that unit is a syringe of a solution: one column says its volume.
        turned: Whether strengths and their forms are written upwards, because there are many.
        large: Whether the letters are larger, because the page will be printed smaller.
    """

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
        return f"{SHEET}!${letter}${self.first_row}:${letter}${self.last_row}"

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


def lay_out_table(plan: Plan) -> DispenseTable:
    """Return the layout for a plan: one column a strength; unit and count, or the volume, where a dose is one unit."""
    if plan.order.compounding.solution is not None:
        return _finish(plan, (), _VOLUME, turned=False)
    if plan.order.compounding.unit is None:
        return _finish(plan, (), _UNIT_AND_COUNT, turned=False)
    strengths = plan.totals.units
    needed = [max(_dose_width(unit), _form_width(unit), _NARROWEST) for unit in strengths]
    if _others() + sum(needed) > _WIDEST_TABLE:
        width = max((_WIDEST_TABLE - _others()) / len(strengths), _NARROWEST_TURNED)
        return _finish(plan, strengths, (("", width),) * len(strengths), turned=True)
    room = min((PAGE_WIDTH - _others()) / len(strengths), _WIDEST)
    return _finish(plan, strengths, tuple(("", max(room, width)) for width in needed), turned=False)


def _finish(
    plan: Plan, strengths: tuple[Units, ...], unit_columns: tuple[tuple[str, float], ...], *, turned: bool
) -> DispenseTable:
    """Return the whole layout; the entry columns take what room the page has left."""
    left = PAGE_WIDTH - _others() - sum(width for _, width in unit_columns)
    large = left < PAGE_WIDTH - _LARGE_FROM
    before = [(label, _LARGE_DATE_WIDTH if large and label == "Date" else width) for label, width in _BEFORE]
    entries = [(label, width + max(left, 0) / len(_ENTRIES)) for label, width in _ENTRIES]
    columns = (*before, *unit_columns, *_AFTER, *entries)
    measured = plan.order.compounding.solution is not None
    return DispenseTable(columns, strengths, len(plan.days_to_make), measured=measured, turned=turned, large=large)


def _others() -> float:
    return sum(width for _, width in (*_BEFORE, *_AFTER, *_ENTRIES))


def _dose_width(unit: Units) -> float:
    """Return how wide a strength is: a number without room is shown as ###."""
    return needed_width(name_part(unit), LOOKS["header"].size)


def _form_width(unit: Units) -> float:
    return needed_width(longest_word(unit.form), LOOKS["header form"].size)
