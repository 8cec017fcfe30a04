"""The check form: the questions of the record without its answers, for a colleague who calculates them again.

What stands on it comes from the order and the counts of units; masses never reach it.
"""

from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from stripgen.domain.plan import Plan
from stripgen.domain.record import Record
from stripgen.domain.weighing import MakeList
from stripgen.domain.wording import say_later
from stripgen.rendering.dispensing.cells import write_cell
from stripgen.rendering.dispensing.page import (
    FIRST_ROW,
    ask_for_amounts,
    ask_for_dates,
    close_sheet,
    lay_out_columns,
    open_sheet,
    set_height,
    write_headings,
)
from stripgen.rendering.dispensing.terms import Tab
from stripgen.rendering.record.entries import (
    Line,
    ask,
    ask_date,
    fit_widths,
    heading,
    mass_format,
    rows_of,
    write_lines,
    write_paragraphs,
)
from stripgen.rendering.record.facts import (
    amount_of,
    name_form,
    tell_balance,
    tell_filler,
    tell_made,
    tell_substance,
)
from stripgen.rendering.words import Words

_LABELS, _LEFT, _RIGHT = 27.0, 70.0, 79.0
_ROW_HEIGHT, _HEADER_HEIGHT = 24.0, 44.0
_N_GIVEN = 3


def add_check_form(workbook: Workbook, plan: Plan, make_list: MakeList, words: Words) -> None:
    """Add the sheet Check form: on the left what is given, on the right what is asked of the whole."""
    given, asked = list(_given(plan, make_list, words)), list(_asked(plan, make_list, words))
    widths = (*fit_widths(given, _LABELS, _LEFT), *fit_widths(asked, _LABELS, _RIGHT))
    sheet = open_sheet(workbook, plan, "check_form", widths, words, title=_title(plan, "check_form", words))
    how = [words.say("record.check_how"), *([words.say("record.check_rounding")] if make_list.to_prepare else [])]
    first = write_paragraphs(sheet, FIRST_ROW, how, widths) + 1
    last_row = write_lines(sheet, first, ((1, given), (3, asked)), widths)
    dates = [row for row, line in rows_of(asked, first) if line.style == "entry date"]
    ask_for_dates(sheet, " ".join(f"D{row}" for row in dates), words)
    close_sheet(sheet, plan, words, repeated_rows=FIRST_ROW - 1, last_row=last_row, n_columns=4, frozen=f"A{FIRST_ROW}")


def _title(plan: Plan, tab: Tab, words: Words) -> str:
    """Return what stands on top: without the taper, which would tell the first and the last dose."""
    return words.say(
        "record.check_title",
        purpose=say_later(f"sheet.purpose_{tab}"),
        drug=plan.order.medication.drug,
        plan=plan.plan_id,
    )


def _given(plan: Plan, make_list: MakeList, words: Words) -> Iterator[Line]:
    record = plan.order.record or Record()
    yield from tell_made(plan, make_list, words)
    if not make_list.to_prepare or record.substance is None:
        return
    yield from tell_substance(record.substance, words)
    if record.filler is not None:
        yield from tell_filler(record.filler, words)
    yield from tell_balance(record, words)


def _asked(plan: Plan, make_list: MakeList, words: Words) -> Iterator[Line]:
    record = plan.order.record or Record()
    yield heading(words, "record.asked_of_the_pouches")
    for phrase in ("sheet.pouches", "record.first_dose_mg", "record.last_dose_mg", "record.total_of_doses_mg"):
        yield ask(words, phrase)
    if make_list.to_prepare:
        yield heading(words, "record.asked_of_the_substance")
        if record.substance and record.substance.quotient:
            yield ask(words, "record.factor")
        for phrase in ("record.all_drug_mg", "record.all_substance_mg"):
            yield ask(words, phrase)
        if record.filler is not None:
            yield ask(words, "record.all_filler_mg")
    yield heading(words, "record.calculated_again")
    yield ask(words, "record.calculated_by")
    yield ask_date(words, "sheet.date")
    yield ask(words, "record.signature", tall=2)
    yield ask(words, "record.what_differs", tall=3)


def add_check_masses(workbook: Workbook, plan: Plan, make_list: MakeList, words: Words) -> None:
    """Add the sheet Masses to check: for each strength what is needed, and empty cells for what it takes."""
    columns = _lay_out(plan, make_list, words)
    widths = [width for _, width in columns]
    sheet = open_sheet(workbook, plan, "check_masses", widths, words, title=_title(plan, "check_masses", words))
    write_headings(sheet, [label for label, _ in columns], _HEADER_HEIGHT)
    row = FIRST_ROW
    for row, needed in enumerate(make_list.to_prepare, start=FIRST_ROW + 1):
        form, count = name_form(needed, words), amount_of(needed.needed, in_ml=needed.in_ml)
        write_cell(sheet, row, 1, form, "text")
        write_cell(sheet, row, 2, needed.strength_mg, "number")
        write_cell(sheet, row, 3, count, "number", number_format=mass_format(count))
        for column in range(_N_GIVEN + 1, len(columns) + 1):
            write_cell(sheet, row, column, None, "table entry")
        set_height(sheet, row, [(form, widths[0], "text")], least=_ROW_HEIGHT)
    entries = f"D{FIRST_ROW + 1}:{get_column_letter(len(columns))}{row}"
    ask_for_amounts(sheet, entries, words)
    close_sheet(
        sheet,
        plan,
        words,
        repeated_rows=FIRST_ROW,
        last_row=row,
        n_columns=len(columns),
        frozen=f"D{FIRST_ROW + 1}",
    )


def _lay_out(plan: Plan, make_list: MakeList, words: Words) -> list[tuple[str, float]]:
    in_ml = make_list.to_prepare[0].in_ml
    record = plan.order.record or Record()
    columns = [
        ("sheet.form", 20.0),
        ("sheet.solution_mg_per_ml" if in_ml else "sheet.strength_mg", 12.0),
        ("record.volume_needed" if in_ml else "sheet.count_needed", 12.0),
        ("record.volume_to_make" if in_ml else "record.count_to_make", 18.0),
        ("record.drug_mg", 25.0),
        ("record.substance_mg", 25.0),
    ]
    if record.filler is not None:
        columns.append(("record.filler_mg", 25.0))
    return lay_out_columns(columns, words)
