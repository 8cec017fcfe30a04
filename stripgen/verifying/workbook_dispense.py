"""Compares the sheet Dispense: a row for each pouch, with what goes into it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stripgen.domain.quantity import plain
from stripgen.verifying.expected import Expected, ExpectedDay, Pieces
from stripgen.verifying.workbook_changes import Change
from stripgen.verifying.workbook_formulas import letters_of
from stripgen.verifying.workbook_sheets import Said, SeenSheet

_HEADINGS = ("day", "strip", "pouch", "date", "dose_mg")
DAY, STRIP, POUCH, DATE, DOSE, FIRST_UNIT = range(1, 7)
_PARTS = {2: "½", 4: "¼"}


@dataclass(frozen=True, slots=True)
class Promised:
    """What a workbook must say.

    Attributes:
        plan: Found a second time; its totals are those of the one strip, where the workbook is about one.
        only_strip: That strip; None where it is about all.
        use_by: The last day on which all its pouches may be taken; None where it is left open.
    """

    plan: Expected
    only_strip: int | None = None
    use_by: dt.date | None = None

    @property
    def days_to_make(self) -> Sequence[ExpectedDay]:
        """The days whose pouches are made with it; those kept from an earlier version are not."""
        amendment = self.plan.order.amendment
        days = self.plan.days[len(amendment.kept) if amendment else 0 :]
        return [day for day in days if self.only_strip in {None, day.strip}]


def unit_columns(expected: Expected) -> int:
    """Return how many columns say what is in a pouch."""
    compounding = expected.order.compounding
    if compounding.solution is not None:
        return 1
    return 2 if compounding.unit is None else len(expected.units)


def compare_dispense(sheet: SeenSheet, promised: Promised) -> Iterator[Change]:
    """Yield all in which the sheet Dispense differs."""
    expected = promised.plan
    header = sheet.find_row(*_HEADINGS)
    if header is None:
        yield Change(sheet.name, f"has no row of headings {', '.join(_HEADINGS)}")
        return
    units = FIRST_UNIT + unit_columns(expected)
    yield from _compare_headings(sheet, header, units, expected)
    days = promised.days_to_make
    yield from _compare_rows(sheet, header + 1, days)
    for row, day in enumerate(days, start=header + 1):
        if sheet.at(row, DAY) == day.day:
            yield from _compare_pouch(sheet, row, header, day, units, expected)


def _compare_headings(sheet: SeenSheet, header: int, units: int, expected: Expected) -> Iterator[Change]:
    headings = ("units_in_pouch", "check", "filled_by", "checked_by", "result")
    for column, heading in enumerate(headings, start=units):
        yield from sheet.compare(header, column, sheet.voice.say(f"sheet.{heading}"), "heading")
    solution = expected.order.compounding.solution
    if solution is not None:
        yield from sheet.compare(header, FIRST_UNIT, sheet.voice.say("sheet.volume_ml"), "heading")
        yield from _compare_amount(sheet, header - 1, DOSE, solution.mg_per_ml, "mg/mL of the solution")
        yield from _compare_amount(sheet, header - 1, FIRST_UNIT, solution.syringe_step_ml, "mL a step of the syringe")
    elif expected.order.compounding.unit is None:
        for column, heading in ((FIRST_UNIT, "unit_mg"), (FIRST_UNIT + 1, "count")):
            yield from sheet.compare(header, column, sheet.voice.say(f"sheet.{heading}"), "heading")
    else:
        for column, unit in enumerate(expected.units, start=FIRST_UNIT):
            yield from _compare_strength(sheet, header, column, unit)


def _compare_amount(sheet: SeenSheet, row: int, column: int, amount: Said, what: str) -> Iterator[Change]:
    """Yield that a heading that is a number, with its unit as its format, says another."""
    yield from sheet.compare(row, column, amount, what)


def _compare_strength(sheet: SeenSheet, header: int, column: int, unit: Pieces) -> Iterator[Change]:
    """Yield that the heading of a strength says another one, or shows another than it is."""
    yield from sheet.compare(header, column, unit.strength_mg / unit.divided_into, "strength")
    form = sheet.voice.form(unit.form, 1)
    yield from sheet.compare(header - 1, column, form, "form")
    part = _PARTS.get(unit.divided_into)
    if part:
        cell = sheet.sheet.cells.get((header, column))
        shown = cell.look.number_format.replace('"', "") if cell else ""
        said = f"{part} × {sheet.voice.amount(unit.strength_mg)}"
        if shown.replace("\N{NO-BREAK SPACE}", " ") != said:
            yield Change(sheet.where(header, column), f"shows {shown!r}, should be {said!r}")


def _compare_rows(sheet: SeenSheet, first_row: int, days: Sequence[ExpectedDay]) -> Iterator[Change]:
    """Yield rows that are missing, there twice, too many, or out of order."""
    found = {row: sheet.at(row, DAY) for row in range(first_row, sheet.last_row + 1)}
    counts = Counter(found.values())
    said = {day.day for day in days}
    for day in days:
        if counts[day.day] != 1:
            how = "is missing" if not counts[day.day] else f"is there {counts[day.day]} times"
            yield Change(sheet.name, f"the row of day {day.day} {how}")
    for row, number in found.items():
        if number not in said and _says_anything(sheet, row):
            yield Change(f"{sheet.name}!{row}:{row}", f"is a row of no pouch of the plan (day {number})")
    order = [number for number in found.values() if number in said]
    if order != sorted(order, key=lambda number: float(str(number))):
        yield Change(sheet.name, "the rows of the days are not in their order")


def _says_anything(sheet: SeenSheet, row: int) -> bool:
    return any(sheet.at(row, column) is not None for column in range(1, len(sheet.rows[row - 1]) + 1))


def _compare_pouch(
    sheet: SeenSheet, row: int, header: int, day: ExpectedDay, units: int, expected: Expected
) -> Iterator[Change]:
    of = f"of day {day.day}"
    facts: list[tuple[int, Said, str]] = [
        (STRIP, day.strip, "strip"),
        (POUCH, day.pouch, "pouch"),
        (DATE, day.date, "date"),
        (DOSE, day.dose_mg, "dose"),
        *_composition(day, expected),
        (units, sum(unit.count for unit in day.units), "units in the pouch"),
    ]
    for column, said, what in facts:
        yield from sheet.compare(row, column, said, f"{what} {of}")
    yield from sheet.compare_formula(row, units + 1, _adds_up(row, header, units, expected), f"check {of}")


def _composition(day: ExpectedDay, expected: Expected) -> Iterator[tuple[int, Said, str]]:
    """Yield each column of what is in a pouch with what it should say."""
    compounding = expected.order.compounding
    if compounding.solution is not None:
        yield FIRST_UNIT, day.volume_ml, "mL"
    elif compounding.unit is None:
        (unit,) = day.units
        yield FIRST_UNIT, unit.strength_mg, "strength of the unit"
        yield FIRST_UNIT + 1, unit.count, "count of units"
    else:
        counts = {(unit.strength_mg, unit.form, unit.divided_into): unit.count for unit in day.units}
        for column, unit in enumerate(expected.units, start=FIRST_UNIT):
            name = f"{_PARTS.get(unit.divided_into, '')} {plain(unit.strength_mg)} mg".strip()
            yield column, counts.get((unit.strength_mg, unit.form, unit.divided_into)), f"count of {name}"


def _adds_up(row: int, header: int, units: int, expected: Expected) -> str:
    """Return the condition that a pouch adds up: what is in it comes to its dose, and its counts to their number."""
    dose, first, last, total = f"E{row}", "F", letters_of(units - 1), f"{letters_of(units)}{row}"
    compounding = expected.order.compounding
    if compounding.solution is not None:
        per_ml, step = f"$E${header - 1}", f"$F${header - 1}"
        return (
            f"AND({dose}>0,ROUND({dose}/{per_ml}-F{row},6)=0,ROUND(F{row}/{step}-ROUND(F{row}/{step},0),6)=0,{total}=1)"
        )
    if compounding.unit is None:
        return f"AND({dose}>0,ROUND(SUMPRODUCT(F{row},G{row})-{dose},6)=0,G{row}={total})"
    amount = f"SUMPRODUCT(${first}${header}:${last}${header},{first}{row}:{last}{row})"
    return f"AND({dose}>0,ROUND({amount}-{dose},6)=0,SUM({first}{row}:{last}{row})={total})"
