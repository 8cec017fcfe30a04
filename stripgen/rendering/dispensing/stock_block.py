"""What is taken from stock: whole units, with product and supplier, cross-checked against halves and quarters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.order import UnitStrength
from stripgen.domain.plan import Consumption, Plan
from stripgen.domain.wording import Saying, say_later
from stripgen.rendering.descriptions import name_left_over
from stripgen.rendering.dispensing.cells import write_cell, write_check
from stripgen.rendering.dispensing.page import set_height, write_headings
from stripgen.rendering.dispensing.terms import format_as
from stripgen.rendering.words import Words

_LOWEST_ROW = 19.0
FIGURES = ("sheet.from_stock", "sheet.whole_unit_mg", "sheet.whole_units", "sheet.left_over", "sheet.check")


@dataclass(frozen=True, slots=True)
class _Fact:
    """A column of what the order says of a unit, over several columns of the sheet; the label is a phrase's name."""

    label: str
    first: int
    last: int
    tell: Callable[[UnitStrength, Words], str]


def is_taken_from_stock(plan: Plan) -> bool:
    """Return whether the block says more than the units to make: something is divided, or the order says whence."""
    divided = any(unit.divided_into > 1 for unit in plan.totals.units)
    units = plan.order.compounding.unit or ()
    return divided or any(remarks_on(unit) or unit.product or unit.supplier for unit in units)


def remarks_on(unit: UnitStrength) -> list[Saying]:
    """Return what must be kept to when a unit goes into a pouch."""
    told = []
    if unit.modified_release:
        told.append(say_later("sheet.keep_whole"))
    if unit.max_per_pouch:
        told.append(say_later("sheet.most_in_a_pouch", most=unit.max_per_pouch))
    return told


_FACTS = (
    _Fact("sheet.product", 6, 7, lambda unit, _: unit.product or ""),
    _Fact("sheet.supplier", 8, 8, lambda unit, _: unit.supplier or ""),
    _Fact("sheet.in_the_pouch", 9, 10, lambda unit, words: words.join_apart(map(words.tell, remarks_on(unit)))),
)


def add_stock_block(
    sheet: Worksheet, row: int, plan: Plan, first_made: int, widths: Sequence[float], words: Words
) -> int:
    """Return the last row used, after writing a row for each strength that is taken from stock.

    Args:
        sheet: Compounding.
        row: Where it begins.
        plan: What to make.
        first_made: The row of the first of the units to make, in the order of the plan's totals.
        widths: Of the sheet's columns.
        words: Of the sheet's language.
    """
    units = plan.order.compounding.unit or ()
    facts = [fact for fact in _FACTS if any(fact.tell(unit, words) for unit in units)]
    write_headings(sheet, map(words.say, FIGURES), 30, row)
    for fact in facts:
        _write_over(sheet, row, fact, words.say(fact.label), "header left")
    for used in plan.totals.consumption:
        row += 1
        _write_used(sheet, row, used, _pieces(plan, used, first_made), words)
        texts = []
        for fact in facts:
            text = _told(plan, used, fact, words)
            _write_over(sheet, row, fact, text, "text")
            texts.append((text, sum(widths[fact.first - 1 : fact.last]), "text"))
        set_height(sheet, row, [(words.form(used.form), widths[0], "text"), *texts], least=_LOWEST_ROW)
    return row


def _told(plan: Plan, used: Consumption, fact: _Fact, words: Words) -> str:
    unit = plan.order.compounding.unit_of(used.strength_mg)
    return fact.tell(unit, words) if unit else ""


def _write_over(sheet: Worksheet, row: int, fact: _Fact, text: str, style: str) -> None:
    write_cell(sheet, row, fact.first, text or None, style)
    if fact.last > fact.first:
        sheet.merge_cells(start_row=row, end_row=row, start_column=fact.first, end_column=fact.last)


def _pieces(plan: Plan, used: Consumption, first_made: int) -> str:
    """Return the formula of what the pieces of a strength come to in whole units: counts over what each is cut into."""
    terms = [
        f"C{row}" if unit.divided_into == 1 else f"C{row}/{unit.divided_into}"
        for row, unit in enumerate(plan.totals.units, start=first_made)
        if (unit.strength_mg, unit.form) == (used.strength_mg, used.form)
    ]
    return "+".join(terms)


def _write_used(sheet: Worksheet, row: int, used: Consumption, pieces: str, words: Words) -> None:
    left = format_as(name_left_over(used.left_over, words)) if used.left_over else ""
    write_cell(sheet, row, 1, words.form(used.form), "text")
    write_cell(sheet, row, 2, used.strength_mg, "number")
    write_cell(sheet, row, 3, used.count, "total", number_format="#,##0")
    write_cell(sheet, row, 4, used.left_over, "number", number_format=left)
    condition = f"AND(ROUNDUP(ROUND({pieces},6),0)=C{row},ROUND(C{row}-({pieces})-D{row},6)=0)"
    write_check(sheet, row, 5, condition, "check", words)
