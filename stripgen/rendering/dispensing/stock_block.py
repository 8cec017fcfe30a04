"""What is taken from stock: whole units, with product and supplier, cross-checked against halves and quarters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.order import UnitStrength
from stripgen.domain.plan import Consumption, Plan
from stripgen.rendering.dispensing.cells import format_as, write_cell, write_formula
from stripgen.rendering.dispensing.page import set_height
from stripgen.rendering.words import describe_left_over

KEEP_WHOLE = "modified release: keep whole"
_LOWEST_ROW = 19.0
_FIGURES = ("To take from stock", "Whole unit (mg)", "Whole units", "Left over", "Check")


@dataclass(frozen=True, slots=True)
class _Fact:
    """A column of what the order says of a unit, over several columns of the sheet."""

    label: str
    first: int
    last: int
    say: Callable[[UnitStrength], str | None]


def is_taken_from_stock(plan: Plan) -> bool:
    """Return whether the block says more than the units to make: something is divided, or the order says whence."""
    divided = any(unit.divided_into > 1 for unit in plan.totals.units)
    return divided or any(_remark(unit) or unit.product or unit.supplier for unit in plan.order.compounding.unit or ())


def _remark(unit: UnitStrength) -> str | None:
    told = [
        KEEP_WHOLE if unit.modified_release else "",
        f"at most {unit.max_per_pouch} in a pouch" if unit.max_per_pouch else "",
    ]
    return "; ".join(filter(None, told)) or None


_FACTS = (
    _Fact("Product", 6, 7, lambda unit: unit.product),
    _Fact("Supplier", 8, 8, lambda unit: unit.supplier),
    _Fact("In the pouch", 9, 10, _remark),
)


def add_stock_block(sheet: Worksheet, row: int, plan: Plan, first_made: int, widths: Sequence[float]) -> int:
    """Return the last row used, after writing a row for each strength that is taken from stock.

    Args:
        sheet: Compounding.
        row: Where it begins.
        plan: What to make.
        first_made: The row of the first of the units to make, in the order of the plan's totals.
        widths: Of the sheet's columns.
    """
    facts = [fact for fact in _FACTS if any(fact.say(unit) for unit in plan.order.compounding.unit or ())]
    for column, label in enumerate(_FIGURES, start=1):
        write_cell(sheet, row, column, label, "header" if column > 1 else "header left")
    for fact in facts:
        _write_over(sheet, row, fact, fact.label, "header left")
    sheet.row_dimensions[row].height = 30
    for used in plan.totals.consumption:
        row += 1
        _write_used(sheet, row, used, _pieces(plan, used, first_made))
        texts = []
        for fact in facts:
            text = _said(plan, used, fact)
            _write_over(sheet, row, fact, text, "text")
            texts.append((text, sum(widths[fact.first - 1 : fact.last]), "text"))
        set_height(sheet, row, [("X", widths[0], "text"), *texts])
        sheet.row_dimensions[row].height = max(float(sheet.row_dimensions[row].height or 0), _LOWEST_ROW)
    return row


def _said(plan: Plan, used: Consumption, fact: _Fact) -> str:
    unit = plan.order.compounding.unit_of(used.strength_mg)
    return (fact.say(unit) if unit else None) or ""


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


def _write_used(sheet: Worksheet, row: int, used: Consumption, pieces: str) -> None:
    left = format_as(describe_left_over(used.left_over)) if used.left_over else ""
    write_cell(sheet, row, 1, used.form, "text")
    write_cell(sheet, row, 2, used.strength_mg, "number")
    write_cell(sheet, row, 3, used.count, "total", number_format="#,##0")
    write_cell(sheet, row, 4, used.left_over, "number", number_format=left)
    condition = f"AND(ROUNDUP(ROUND({pieces},6),0)=C{row},ROUND(C{row}-({pieces})-D{row},6)=0)"
    write_formula(sheet, row, 5, condition, "check")
