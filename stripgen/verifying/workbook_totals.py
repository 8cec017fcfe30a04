"""Compares the sheets Compounding and Take back: what is made in all, from which lots, and what must come back."""

from collections.abc import Iterator

from stripgen.verifying.expected import Expected, Pieces, WholeUnits
from stripgen.verifying.workbook_changes import Change
from stripgen.verifying.workbook_dispense import DOSE, FIRST_UNIT, Promised, unit_columns
from stripgen.verifying.workbook_formulas import letters_of
from stripgen.verifying.workbook_sheets import Said, SeenSheet

_MADE = ("form", "strength_mg", "count_needed", "total_mg", "check", "lot", "expiry")
_MEASURED = ("form", "solution_mg_per_ml", "count_needed", "volume_ml", "total_mg", "check", "lot", "expiry")
_FROM_STOCK = ("from_stock", "whole_unit_mg", "whole_units", "left_over", "check")
_TAKE_BACK = ("made_with_plan", "strip", "day", "date", "dose_mg")


def compare_compounding(sheet: SeenSheet, dispense: SeenSheet, promised: Promised) -> Iterator[Change]:
    """Yield all in which the sheet Compounding differs; its checks name cells of the sheet Dispense."""
    expected = promised.plan
    measured = expected.order.compounding.solution is not None
    headings = _MEASURED if measured else _MADE
    header = sheet.find_row(*headings)
    if header is None:
        yield Change(sheet.name, f"has no row of headings {', '.join(headings)}")
        return
    pouches = _Pouches(dispense, promised)
    if measured:
        yield from _compare_solution(sheet, header + 1, pouches, expected)
        n_rows, last = 1, header + 2
    else:
        yield from _compare_strengths(sheet, header + 1, pouches, expected)
        n_rows, last = len(expected.units), header + len(expected.units) + 2
    yield from _compare_lots(sheet, header + 1, headings.index("lot") + 1, expected)
    first_figure = sheet.at(header + n_rows + 1, 1)
    if first_figure != sheet.voice.say("sheet.both_agree" if measured else "sheet.all_units"):
        yield Change(
            sheet.where(header + n_rows + 1, 1), "is a row of nothing that is made, or the row of totals is gone"
        )
    yield from _compare_stock(sheet, header + 1, last, expected)


class _Pouches:
    """The ranges of the sheet Dispense, as formulas of another sheet name them."""

    def __init__(self, dispense: SeenSheet, promised: Promised) -> None:
        self._name, self.n_pouches = dispense.name, len(promised.days_to_make)
        header = dispense.find_row("day", "strip", "pouch", "date", "dose_mg") or 0
        self._first, self._last = header + 1, header + self.n_pouches
        self.units_in_pouch = FIRST_UNIT + unit_columns(promised.plan)
        held = dispense.voice.say("sheet.ok")
        self.checks_held = f'COUNTIF({self.column(self.units_in_pouch + 1)},"{held}")={self.n_pouches}'

    def column(self, number: int) -> str:
        letters = letters_of(number)
        return f"{self._name}!${letters}${self._first}:${letters}${self._last}"


def _compare_strengths(sheet: SeenSheet, first: int, pouches: _Pouches, expected: Expected) -> Iterator[Change]:
    last = first + len(expected.units) - 1
    for row, unit in enumerate(expected.units, start=first):
        amount_mg, name = unit.strength_mg / unit.divided_into, f"row {row - first + 1} to make"
        facts: tuple[Said, ...] = (sheet.voice.form(unit.form, 1), amount_mg, unit.count, amount_mg * unit.count)
        for column, (said, what) in enumerate(zip(facts, ("form", "strength", "count", "mg"), strict=True), start=1):
            yield from sheet.compare(row, column, said, f"{what} of {name}")
        yield from sheet.compare_formula(
            row, 5, _strength_holds(row, row - first, pouches, expected), f"check of {name}"
        )
    total = last + 1
    yield from sheet.compare(total, 3, sum(unit.count for unit in expected.units), "count of all units")
    yield from sheet.compare(total, 4, expected.total_mg, "mg of all units")
    held = sheet.voice.say("sheet.ok")
    conditions = (
        (total, 5, f'COUNTIF(E{first}:E{last},"{held}")={last - first + 1}'),
        (total + 1, 3, f"AND(SUM(C{first}:C{last})=C{total},SUM({pouches.column(pouches.units_in_pouch)})=C{total})"),
        (
            total + 1,
            4,
            f"AND(ROUND(SUM(D{first}:D{last})-D{total},6)=0,ROUND(SUM({pouches.column(DOSE)})-D{total},6)=0)",
        ),
        (total + 1, 5, pouches.checks_held),
    )
    for row, column, condition in conditions:
        yield from sheet.compare_formula(row, column, condition, "check of the totals")


def _strength_holds(row: int, index: int, pouches: _Pouches, expected: Expected) -> str:
    if expected.order.compounding.unit is None:
        counted = f"SUMIF({pouches.column(FIRST_UNIT)},B{row},{pouches.column(FIRST_UNIT + 1)})"
    else:
        counted = f"SUM({pouches.column(FIRST_UNIT + index)})"
    return f"AND(C{row}>0,ROUND(B{row}*C{row}-D{row},6)=0,{counted}=C{row})"


def _compare_solution(sheet: SeenSheet, row: int, pouches: _Pouches, expected: Expected) -> Iterator[Change]:
    solution = expected.order.compounding.solution
    facts: tuple[tuple[Said, str], ...] = (
        (sheet.voice.syringes(1), "form"),
        (solution.mg_per_ml if solution else None, "mg/mL"),
        (sum(unit.count for unit in expected.units), "syringes"),
        (expected.volume_ml, "mL"),
        (expected.total_mg, "mg"),
    )
    for column, (said, what) in enumerate(facts, start=1):
        yield from sheet.compare(row, column, said, f"{what} in all")
    conditions = (
        (row, 6, f"AND(C{row}>0,ROUND(B{row}*D{row}-E{row},6)=0)"),
        (row + 1, 3, f"SUM({pouches.column(pouches.units_in_pouch)})=C{row}"),
        (row + 1, 4, f"ROUND(SUM({pouches.column(FIRST_UNIT)})-D{row},6)=0"),
        (row + 1, 5, f"ROUND(SUM({pouches.column(DOSE)})-E{row},6)=0"),
        (row + 1, 6, pouches.checks_held),
    )
    for check_row, column, condition in conditions:
        yield from sheet.compare_formula(check_row, column, condition, "check of the solution")


def _compare_lots(sheet: SeenSheet, first: int, lot: int, expected: Expected) -> Iterator[Change]:
    """Yield lots and dates other than the order's; where it says none, they are the pharmacist's to fill in."""
    rows = expected.units[:1] if expected.order.compounding.solution else expected.units
    for row, unit in enumerate(rows, start=first):
        batches = expected.order.batches_of(unit.strength_mg)
        dates = [batch.expires_on for batch in batches if batch.expires_on]
        if batches:
            said = ", ".join(batch.lot for batch in batches)
            yield from sheet.compare(row, lot, said, f"lot of row {row - first + 1}")
        if dates:
            yield from sheet.compare(row, lot + 1, min(dates), f"use-by date of row {row - first + 1}")
    for row in (first + len(rows), first + len(rows) + 1):
        yield from sheet.compare(row, lot, None, "lot of the totals")


def _compare_stock(sheet: SeenSheet, first_made: int, last_made: int, expected: Expected) -> Iterator[Change]:
    """Yield all in which what is taken from stock differs.

    It is there where units are divided, or the order says whence they come.
    """
    header = sheet.find_row(*_FROM_STOCK)
    if header is None:
        if any(unit.divided_into > 1 for unit in expected.units):
            yield Change(sheet.name, f"has no row of headings {', '.join(_FROM_STOCK)}, though units are divided")
        yield from _compare_end(sheet, last_made + 1)
        return
    for row, used in enumerate(expected.consumption, start=header + 1):
        name = f"{used.strength_mg:f} mg from stock"
        yield from sheet.compare(row, 1, sheet.voice.form(used.form, 1), f"form of {name}")
        yield from sheet.compare(row, 2, used.strength_mg, f"strength of {name}")
        yield from sheet.compare(row, 3, used.count, f"count of {name}")
        yield from sheet.compare(row, 4, used.left_over, f"left over of {name}")
        pieces = "+".join(_pieces(used, first_made, expected.units))
        condition = f"AND(ROUNDUP(ROUND({pieces},6),0)=C{row},ROUND(C{row}-({pieces})-D{row},6)=0)"
        yield from sheet.compare_formula(row, 5, condition, f"check of {name}")
    yield from _compare_end(sheet, header + len(expected.consumption) + 1)


def _compare_end(sheet: SeenSheet, row: int) -> Iterator[Change]:
    """Yield that the row below a table is one more of it."""
    if any(sheet.at(row, column) is not None for column in range(1, 6)):
        yield Change(f"{sheet.name}!{row}:{row}", "is a row of nothing that is made")


def _pieces(used: WholeUnits, first_made: int, units: tuple[Pieces, ...]) -> Iterator[str]:
    for row, unit in enumerate(units, start=first_made):
        if (unit.strength_mg, unit.form) == (used.strength_mg, used.form):
            yield f"C{row}" if unit.divided_into == 1 else f"C{row}/{unit.divided_into}"


def compare_take_back(sheet: SeenSheet, promised: Promised) -> Iterator[Change]:
    """Yield all in which the sheet Take back differs."""
    expected = promised.plan
    header = sheet.find_row(*_TAKE_BACK)
    amendment = expected.order.amendment
    if header is None or amendment is None:
        yield Change(sheet.name, f"has no row of headings {', '.join(_TAKE_BACK)}")
        return
    solution = expected.order.compounding.solution
    rows = list(zip(amendment.take_back, expected.take_back, strict=True))
    for row, (ordered, pouch) in enumerate(rows, start=header + 1):
        volume: tuple[Said, ...] = (pouch.dose_mg / solution.mg_per_ml,) if solution else ()
        facts: tuple[Said, ...] = (ordered.plan, pouch.strip, pouch.day, pouch.date, pouch.dose_mg, *volume, pouch.code)
        for column, said in enumerate(facts, start=1):
            yield from sheet.compare(row, column, said, f"pouch of day {pouch.day} to take back")
    if sheet.last_row > header + len(rows):
        yield Change(f"{sheet.name}!{sheet.last_row}:{sheet.last_row}", "is a row of no pouch to take back")
