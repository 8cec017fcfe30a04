"""The sheet Weighing: for each strength what to make and what to weigh for it, and what was weighed."""

from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Plan
from stripgen.domain.quantity import plain
from stripgen.domain.record import Record
from stripgen.domain.weighing import Preparation, Weighing
from stripgen.rendering.dispensing.cells import Value, write_cell, write_check
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    SLACK,
    ask_for_amounts,
    check_width,
    close_sheet,
    lay_out_columns,
    mark_failed_checks,
    open_sheet,
    set_height,
    write_headings,
)
from stripgen.rendering.dispensing.terms import count_held
from stripgen.rendering.record.entries import (
    keep_on_one_page,
    mass_format,
    write_entry_check,
    write_paragraphs,
)
from stripgen.rendering.record.facts import amount_of, name_form
from stripgen.rendering.words import Words, isolate

_ROW_HEIGHT, _HEADER_HEIGHT = 21.0, 44.0
_NOTE_WIDTH = 24.0
_MARGIN = 2.0  # so that a heading does not touch the lines beside it


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column holds what; 0 where the sheet has no such column."""

    labels: tuple[str, ...]
    widths: tuple[float, ...]
    filler: int
    note: int
    check: int
    weighed: int
    weighed_filler: int
    as_asked: int

    @property
    def n_columns(self) -> int:
        return len(self.widths)


def add_weighing_sheet(workbook: Workbook, plan: Plan, weighing: Weighing, words: Words) -> None:
    """Add the sheet Weighing: a row for each strength, what all of them take together, and how it is calculated."""
    layout = _lay_out(plan, weighing, words)
    sheet = open_sheet(workbook, plan, "weighing", layout.widths, words)
    write_headings(sheet, layout.labels, _HEADER_HEIGHT)
    record, first = plan.order.record or Record(), FIRST_ROW + 1
    for row, made in enumerate(weighing.preparations, start=first):
        _write_made(sheet, row, made, plan, weighing, layout, words)
        _ask_for_weights(sheet, row, made, record, layout, words)
    total = first + len(weighing.preparations)
    _write_totals(sheet, total, weighing, layout, words)
    weighed = get_column_letter(layout.weighed)
    ask_for_amounts(sheet, f"{weighed}{first}:{get_column_letter(layout.as_asked - 1)}{total - 1}", words)
    checks = (f"{get_column_letter(column)}{first}:{get_column_letter(column)}{total}" for column in _checks(layout))
    mark_failed_checks(sheet, " ".join(checks), words)
    explained = total + 2
    last_row = write_paragraphs(sheet, explained, _ways(weighing, record, words), layout.widths)
    keep_on_one_page(sheet, explained, last_row, FIRST_ROW, layout.widths)
    close_sheet(
        sheet, plan, words, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=layout.n_columns, frozen=f"C{first}"
    )


def _checks(layout: _Layout) -> tuple[int, int]:
    return layout.check, layout.as_asked


def _lay_out(plan: Plan, weighing: Weighing, words: Words) -> _Layout:
    in_ml = weighing.preparations[0].of.in_ml
    check = check_width(words, "check", 9.0)
    columns: list[tuple[str, float]] = [
        ("sheet.form", 16.0),
        ("sheet.solution_mg_per_ml" if in_ml else "sheet.strength_mg", 10.0),
        ("record.volume_needed" if in_ml else "sheet.count_needed", 9.0),
        ("record.volume_to_make" if in_ml else "record.count_to_make", 9.0),
        ("record.drug_mg", 11.0),
        ("record.substance_mg", 11.0),
    ]
    filler = note = weighed_filler = 0
    if weighing.filler_mg is not None:
        columns.append(("record.filler_mg", 11.0))
        filler = len(columns)
    columns.append(("sheet.check", check))
    checked = len(columns)
    if any(_note(plan, made, words) for made in weighing.preparations):
        columns.append(("record.note", _NOTE_WIDTH))
        note = len(columns)
    columns.append(("record.substance_weighed", 15.0))
    weighed = len(columns)
    if filler:
        columns.append(("record.filler_weighed", 15.0))
        weighed_filler = len(columns)
    columns += [("record.as_asked", check + _MARGIN), ("record.weighed_by", 14.0), ("sheet.verified_by", 14.0)]
    named = lay_out_columns(columns, words)
    return _Layout(
        labels=tuple(label for label, _ in named),
        widths=tuple(width for _, width in named),
        filler=filler,
        note=note,
        check=checked,
        weighed=weighed,
        weighed_filler=weighed_filler,
        as_asked=len(columns) - 2,
    )


def _write_made(
    sheet: Worksheet, row: int, made: Preparation, plan: Plan, weighing: Weighing, layout: _Layout, words: Words
) -> None:
    """Write what a strength takes, with the check that it follows from the strength and the count."""
    of, record = made.of, plan.order.record or Record()
    cells: list[tuple[Value, str]] = [
        (name_form(of, words), "text"),
        (of.strength_mg, "number"),
        (amount_of(of.needed, in_ml=of.in_ml), "number"),
        (amount_of(made.to_make, in_ml=of.in_ml), "total"),
        (made.drug_mg, "number"),
        (made.substance_mg, "total"),
    ]
    if layout.filler:
        cells.append((made.filler_mg, "total"))
    for column, (value, style) in enumerate(cells, start=1):
        write_cell(sheet, row, column, value, style, number_format=mass_format(value))
    correction = f"{plain(weighing.factor)}*100/{plain(weighing.assay_percent)}"
    conditions = [
        f"ROUNDUP(ROUND(C{row}*(1+{plain(record.overage_percent)}/100),6),0)=D{row}",
        f"ROUND(B{row}*D{row}-E{row},6)=0",
        f"ABS(E{row}*{correction}-F{row})<={_rounding(row, 'F', record)}",
    ]
    if record.filler and made.filler_mg is not None:
        fill = plain(record.filler.fill_mass_mg)
        conditions.append(f"ABS(D{row}*{fill}-F{row}-G{row})<={_rounding(row, 'G', record)}")
    write_check(sheet, row, layout.check, f"AND({','.join(conditions)})", "check", words)
    note = _note(plan, made, words)
    if layout.note:
        write_cell(sheet, row, layout.note, note or None, "table alarm")
    set_height(
        sheet,
        row,
        [(name_form(of, words), layout.widths[0], "text"), (note, _NOTE_WIDTH, "table alarm")],
        least=_ROW_HEIGHT,
    )


def _note(plan: Plan, made: Preparation, words: Words) -> str:
    """Return what to look at before a strength is weighed: that it is too little, and what its lots hold already."""
    notes = [] if made.weighable else [words.say("record.trituration")]
    lots = [lot for lot in plan.order.batch if lot.strength_mg == made.of.strength_mg and lot.quantity is not None]
    if lots:
        count = sum(lot.quantity or 0 for lot in lots)
        phrase = "record.lots_hold_enough" if count >= made.of.needed else "record.lots_hold"
        notes.append(words.say(phrase, count=count, lots=words.join(isolate(lot.lot) for lot in lots)))
    return words.join_apart(notes)


def _rounding(row: int, column: str, record: Record) -> str:
    """Return the formula of how far a mass may be from what it is rounded from: half a step, or half a fourth digit."""
    half_step, least = plain(record.balance_step_mg / 2), plain(record.least_weighed_mg)
    return f"IF({column}{row}<{least},{column}{row}/2000,{half_step})+0.000001"


def _ask_for_weights(
    sheet: Worksheet, row: int, made: Preparation, record: Record, layout: _Layout, words: Words
) -> None:
    """Write the cells for what was weighed, and whether that is what was to be weighed."""
    for column in range(layout.weighed, layout.n_columns + 1):
        write_cell(sheet, row, column, None, "table entry")
    entry = f"{get_column_letter(layout.weighed)}{row}:{get_column_letter(layout.as_asked - 1)}{row}"
    if made.weighable:
        pairs = [(get_column_letter(layout.weighed), "F")]
        if made.filler_mg is not None:
            pairs.append((get_column_letter(layout.weighed_filler), "G"))
        within = plain(record.weighing_tolerance_percent)
        conditions = (
            f'OR({weighed}{row}="",ABS({weighed}{row}-{asked}{row})<={asked}{row}*{within}/100)'
            for weighed, asked in pairs
        )
        write_entry_check(sheet, row, layout.as_asked, entry, f"AND({','.join(conditions)})", "check", words)
    else:
        write_cell(sheet, row, layout.as_asked, "–", "check")  # what is weighed is the trituration


def _write_totals(sheet: Worksheet, row: int, weighing: Weighing, layout: _Layout, words: Words) -> None:
    """Write what all strengths take together, and whether all checks above hold."""
    first, last = FIRST_ROW + 1, row - 1
    label = words.say("record.all_together")
    for column in range(1, layout.n_columns + 1):
        write_cell(sheet, row, column, None, "total")
    write_cell(sheet, row, 1, label, "total text")
    totals = [(5, weighing.drug_mg), (6, weighing.substance_mg)]
    if weighing.filler_mg is not None:
        totals.append((layout.filler, weighing.filler_mg))
    for column, mass in totals:
        write_cell(sheet, row, column, mass, "total", number_format=mass_format(mass))
    letters = [get_column_letter(column) for column, _ in totals]
    sums = [f"ROUND(SUM({letter}{first}:{letter}{last})-{letter}{row},6)=0" for letter in letters]
    check = get_column_letter(layout.check)
    sums.append(f"{count_held(f'{check}{first}:{check}{last}', words)}={last - first + 1}")
    write_check(sheet, row, layout.check, f"AND({','.join(sums)})", "check", words)
    set_height(sheet, row, [(label, layout.widths[0] * SLACK, "total text")], least=_ROW_HEIGHT)


def _ways(weighing: Weighing, record: Record, words: Words) -> Iterator[str]:
    substance, first = record.substance, weighing.preparations[0].of
    percent, step = record.overage_percent, record.balance_step_mg
    if first.in_ml:
        yield words.say("record.how_volume", percent=percent)
    else:
        yield words.say("record.how_count", percent=percent)
    if substance and substance.molecular_weight and substance.drug_molecular_weight:
        yield words.say(
            "record.how_factor",
            substance=substance.molecular_weight,
            of_drug=substance.drug_molecular_weight,
            factor=weighing.factor,
        )
    yield words.say("record.how_substance", factor=weighing.factor, assay=weighing.assay_percent, step=step)
    if weighing.filler_mg is not None and record.filler:
        yield words.say("record.how_filler", fill=record.filler.fill_mass_mg)
    if not weighing.all_weighable:
        yield words.say("record.how_trituration", least=record.least_weighed_mg)
    yield words.say("record.how_as_asked", percent=record.weighing_tolerance_percent)
