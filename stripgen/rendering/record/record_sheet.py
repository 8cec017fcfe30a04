"""The sheet Record: what is made of what, how it is calculated, and who made and checked it."""

import datetime as dt
from collections.abc import Iterator

from openpyxl import Workbook

from stripgen.domain.plan import Plan
from stripgen.domain.record import Record
from stripgen.domain.weighing import Weighing
from stripgen.rendering.dispensing.page import FIRST_ROW, ask_for_dates, close_sheet, offer_results, open_sheet
from stripgen.rendering.record.entries import Line, ask, ask_date, fit_widths, heading, rows_of, write_lines
from stripgen.rendering.record.facts import tell_balance, tell_filler, tell_lot, tell_made, tell_substance
from stripgen.rendering.words import Words

_LABELS, _LEFT, _RIGHT = 27.0, 70.0, 79.0


def add_record_sheet(workbook: Workbook, plan: Plan, weighing: Weighing, words: Words) -> None:
    """Add the sheet Record: on the left what is known, on the right what is filled in."""
    known, asked = list(_known(plan, weighing, words)), list(_asked(plan, weighing, words))
    widths = (*fit_widths(known, _LABELS, _LEFT), *fit_widths(asked, _LABELS, _RIGHT))
    sheet = open_sheet(workbook, plan, "record", widths, words)
    last_row = write_lines(sheet, FIRST_ROW, ((1, known), (3, asked)), widths)
    for column, lines in (("B", known), ("D", asked)):
        for row, line in rows_of(lines, FIRST_ROW):
            if line.style == "entry date":
                ask_for_dates(sheet, f"{column}{row}", words)
            if line.label == words.say("record.check_form_agrees"):
                offer_results(sheet, f"{column}{row}", words)
    close_sheet(sheet, plan, words, repeated_rows=FIRST_ROW - 1, last_row=last_row, n_columns=4, frozen=f"A{FIRST_ROW}")


def _known(plan: Plan, weighing: Weighing, words: Words) -> Iterator[Line]:
    record = plan.order.record or Record()
    yield from tell_made(plan, weighing.make_list, words)
    if not weighing.preparations or record.substance is None:
        return
    yield from tell_substance(record.substance, words)
    yield from tell_lot(record.substance, words)
    if record.filler is not None:
        yield from tell_filler(record.filler, words)
        yield from tell_lot(record.filler, words)
    yield from tell_balance(record, words)


def _asked(plan: Plan, weighing: Weighing, words: Words) -> Iterator[Line]:
    dispensing = plan.order.dispensing
    yield heading(words, "record.made_and_checked")
    if weighing.preparations:
        phrase = "record.solution_prepared_on" if weighing.preparations[0].of.in_ml else "record.units_prepared_on"
        yield ask_date(words, phrase, _prepared_on(plan, weighing))
    yield Line(words.say("record.pouch_lot"), dispensing.lot, "entry")
    yield ask_date(words, "record.pouches_made_on", dispensing.made_on)
    yield ask_date(words, "sheet.beyond_use_date", plan.use_by)
    for who in ("sheet.made_by", "sheet.verified_by", "record.released_by"):
        yield ask(words, who)
        yield ask(words, "record.signature_and_date", tall=2)
    yield ask(words, "record.calculated_again_by")
    yield ask(words, "record.check_form_agrees")
    yield ask(words, "record.quality_checks", tall=3)
    yield ask(words, "record.deviations", tall=4)


def _prepared_on(plan: Plan, weighing: Weighing) -> dt.date | None:
    """Return when all that is weighed is prepared, as its lots say; None where one does not, or where days differ."""
    of_strengths = [plan.order.batches_of(made.of.strength_mg) for made in weighing.preparations]
    days = {lot.prepared_on for lots in of_strengths for lot in lots}
    return days.pop() if len(days) == 1 and all(of_strengths) else None
