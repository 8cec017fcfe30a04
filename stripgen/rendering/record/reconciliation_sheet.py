"""The sheet Made and used: where every unit went that was made or taken from stock."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Consumption, Plan
from stripgen.domain.quantity import plain
from stripgen.domain.weighing import Preparation, Weighing
from stripgen.rendering.dispensing.cells import write_cell
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    WHITE_ON_RED,
    ask_for_amounts,
    check_width,
    close_sheet,
    lay_out_columns,
    mark_failed_checks,
    open_sheet,
    set_height,
    write_headings,
)
from stripgen.rendering.dispensing.terms import count_held, format_within
from stripgen.rendering.dispensing.wrapping import width_for_any
from stripgen.rendering.record.entries import write_entry_check, write_formula, write_paragraphs
from stripgen.rendering.record.facts import amount_of, name_form
from stripgen.rendering.words import Words, isolate

_FORM, _STRENGTH, _ORIGIN, _NEEDED, _TO_MAKE, _LOT = 1, 2, 3, 4, 5, 6
_MADE, _USED, _RETAINED, _DIFFERENCE, _CHECK, _BY, _VERIFIED = 7, 8, 11, 12, 13, 14, 15
_FORM_WIDTH, _LOT_WIDTH = 16.0, 14.0
_ROW_HEIGHT, _HEADER_HEIGHT = 21.0, 44.0


@dataclass(frozen=True, slots=True)
class _Row:
    """What was made or taken of one strength.

    Attributes:
        to_make: With the overage; of what is taken, what is needed.
        to_use: What the pouches hold; None where pieces or volumes decide it.
    """

    form: str
    strength_mg: Decimal
    taken: bool
    needed: Decimal
    to_make: Decimal
    lots: str
    to_use: Decimal | None
    in_ml: bool = False


def add_reconciliation_sheet(workbook: Workbook, plan: Plan, weighing: Weighing, words: Words) -> None:
    """Add the sheet Made and used: a row for each strength, with the formula that says whether its units come out."""
    widths = _lay_out(weighing, words)
    sheet = open_sheet(workbook, plan, "reconciliation", [width for _, width in widths], words)
    write_headings(sheet, [label for label, _ in widths], _HEADER_HEIGHT)
    first = FIRST_ROW + 1
    rows = list(_rows(plan, weighing, words))
    for at, row in enumerate(rows, start=first):
        _write_row(sheet, at, row, widths[0][1], words)
    last = first + len(rows) - 1
    ask_for_amounts(sheet, f"G{first}:K{last}", words)
    _write_whole(sheet, last + 1, first, words)
    mark_failed_checks(sheet, f"M{first}:M{last + 1}", words)
    not_even = Rule(type="expression", formula=[f"AND(ISNUMBER(L{first}),ABS(L{first})>0.0000005)"], dxf=WHITE_ON_RED)
    sheet.conditional_formatting.add(f"L{first}:L{last}", not_even)
    in_ml = any(row.in_ml for row in rows)
    told = words.say("record.how_reconciled_volume" if in_ml else "record.how_reconciled")
    last_row = write_paragraphs(sheet, last + 3, [told], [width for _, width in widths])
    close_sheet(
        sheet,
        plan,
        words,
        repeated_rows=FIRST_ROW,
        last_row=last_row,
        n_columns=len(widths),
        frozen=f"C{first}",
    )


def _lay_out(weighing: Weighing, words: Words) -> list[tuple[str, float]]:
    in_ml = any(made.of.in_ml for made in weighing.preparations)
    told = [words.say(f"record.{phrase}", number=Decimal("88.5")) for phrase in ("missing", "too_many")]
    return lay_out_columns(
        (
            ("sheet.form", _FORM_WIDTH),
            ("sheet.solution_mg_per_ml" if in_ml else "sheet.strength_mg", 10.0),
            ("record.origin", 11.0),
            ("record.volume_needed" if in_ml else "sheet.count_needed", 9.0),
            ("record.volume_to_make" if in_ml else "record.count_to_make", 9.0),
            ("sheet.lot", _LOT_WIDTH),
            ("record.volume_made" if in_ml else "record.made_or_taken", 9.0),
            ("record.used", 9.0),
            ("record.wasted", 9.0),
            ("record.returned", 9.0),
            ("record.retained", 9.0),
            ("record.difference", width_for_any(told, 10)),
            ("sheet.check", check_width(words, "check", 9.0)),
            ("record.counted_by", 14.0),
            ("sheet.verified_by", 14.0),
        ),
        words,
    )


def _rows(plan: Plan, weighing: Weighing, words: Words) -> Iterator[_Row]:
    for made in weighing.preparations:
        yield _row_made(plan, made, words)
    for used in weighing.make_list.taken:
        yield _row_taken(plan, used, words)


def _row_made(plan: Plan, made: Preparation, words: Words) -> _Row:
    of = made.of
    return _Row(
        form=name_form(of, words),
        strength_mg=of.strength_mg,
        taken=False,
        needed=of.needed,
        to_make=made.to_make,
        lots=_lots(plan, of.strength_mg),
        to_use=None if of.in_ml else of.needed,
        in_ml=of.in_ml,
    )


def _row_taken(plan: Plan, used: Consumption, words: Words) -> _Row:
    unit = plan.order.compounding.unit_of(used.strength_mg)
    form, count = words.form(used.form), Decimal(used.count)
    return _Row(
        form=f"{form}, {isolate(unit.product)}" if unit and unit.product else form,
        strength_mg=used.strength_mg,
        taken=True,
        needed=count,
        to_make=count,
        lots=_lots(plan, used.strength_mg),
        to_use=None if unit and unit.divisible_into > 1 else count,
    )


def _lots(plan: Plan, strength_mg: Decimal) -> str:
    return ", ".join(batch.lot for batch in plan.order.batches_of(strength_mg))


def _write_row(sheet: Worksheet, row: int, made: _Row, form_width: float, words: Words) -> None:
    counts = "#,##0.###" if made.in_ml else "#,##0"
    write_cell(sheet, row, _FORM, made.form, "text")
    write_cell(sheet, row, _STRENGTH, made.strength_mg, "number")
    write_cell(sheet, row, _ORIGIN, words.say("record.from_stock" if made.taken else "record.made_here"), "check")
    needed, to_make = (amount_of(number, in_ml=made.in_ml) for number in (made.needed, made.to_make))
    write_cell(sheet, row, _NEEDED, needed, "number", number_format="" if made.in_ml else counts)
    write_cell(sheet, row, _TO_MAKE, to_make, "total", number_format="" if made.in_ml else counts)
    write_cell(sheet, row, _LOT, made.lots or None, "table entry")
    for column in (*range(_MADE, _RETAINED + 1), _BY, _VERIFIED):
        write_cell(sheet, row, column, None, "table entry")
    entries = f"G{row}:K{row}"
    shown = ";".join(
        [format_within("General", words, "record.missing"), format_within("General", words, "record.too_many"), "0"]
    )
    left = f"ROUND(G{row}-SUM(H{row}:K{row}),6)"
    write_formula(sheet, row, _DIFFERENCE, f'IF(COUNTA({entries})=0,"",{left})', "check", shown)
    conditions = [f"ISNUMBER(G{row})", f"{left}=0"]
    if made.to_use is not None:
        conditions.append(f"H{row}={plain(made.to_use)}")
    write_entry_check(sheet, row, _CHECK, entries, f"AND({','.join(conditions)})", "check", words)
    set_height(sheet, row, [(made.form, form_width, "text"), (made.lots, _LOT_WIDTH, "table entry")], least=_ROW_HEIGHT)


def _write_whole(sheet: Worksheet, row: int, first: int, words: Words) -> None:
    """Write whether all rows come out; empty as long as nothing is filled in."""
    last = row - 1
    for column in range(_FORM, _VERIFIED + 1):
        write_cell(sheet, row, column, None, "total")
    write_cell(sheet, row, _FORM, words.say("record.all_come_out"), "total text")
    sheet.merge_cells(start_row=row, end_row=row, start_column=_FORM, end_column=_DIFFERENCE)
    condition = f"{count_held(f'M{first}:M{last}', words)}={last - first + 1}"
    write_entry_check(sheet, row, _CHECK, f"G{first}:K{last}", condition, "check", words)
    sheet.row_dimensions[row].height = _ROW_HEIGHT
