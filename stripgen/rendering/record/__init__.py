"""The compounding record: what to make and to weigh for it, and the cells in which it is written down; the check form.

Every number on them is computed before. Formulas only cross-check: the record's own numbers, and what is filled in.
"""

from collections.abc import Mapping

from openpyxl import Workbook

from stripgen.domain.enclosure import CHECK_FORM, RECORD
from stripgen.domain.plan import Plan
from stripgen.domain.profile import PaperName
from stripgen.domain.weighing import MakeList, Weighing
from stripgen.rendering.dispensing.archive import save_reproducibly
from stripgen.rendering.dispensing.enclosed_sheet import add_enclosed_sheet
from stripgen.rendering.dispensing.page import set_paper
from stripgen.rendering.dispensing.styles import add_styles
from stripgen.rendering.record.check_form import add_check_form, add_check_masses
from stripgen.rendering.record.reconciliation_sheet import add_reconciliation_sheet
from stripgen.rendering.record.record_sheet import add_record_sheet
from stripgen.rendering.record.weighing_sheet import add_weighing_sheet
from stripgen.rendering.words import Words


def render_compounding_record(
    plan: Plan, weighing: Weighing, words: Words, paper: PaperName = "A4", enclosed: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the compounding record as an XLSX file of three sheets: Record, Weighing, Made and used.

    Where nothing is made, all units being taken from stock, there is nothing to weigh, and no such sheet.

    The same plan gives the same bytes in the same language.

    Args:
        plan: What the units are for; a draft is marked on every sheet and every printed page.
        weighing: What is made at once, with its masses.
        words: Of the pharmacy's language.
        paper: That it is printed on.
        enclosed: Files that travel in it on a hidden sheet, by name.
    """
    workbook = _empty_workbook(words)
    add_record_sheet(workbook, plan, weighing, words)
    if weighing.preparations:
        add_weighing_sheet(workbook, plan, weighing, words)
    add_reconciliation_sheet(workbook, plan, weighing, words)
    for sheet in workbook.worksheets:
        set_paper(sheet, paper)
    if enclosed is not None:
        add_enclosed_sheet(workbook, enclosed)
    return save_reproducibly(workbook, plan, words, "record.file_title", RECORD)


def render_check_form(plan: Plan, make_list: MakeList, words: Words, paper: PaperName = "A4") -> bytes:
    """Return the check form as an XLSX file: the record's questions, and nowhere in it an answer.

    It is given no masses, so it cannot tell one; and the plan, which holds the rest, does not travel in it.

    Args:
        plan: What the units are for.
        make_list: What is made at once.
        words: Of the pharmacy's language.
        paper: That it is printed on.
    """
    workbook = _empty_workbook(words)
    add_check_form(workbook, plan, make_list, words)
    if make_list.to_prepare:
        add_check_masses(workbook, plan, make_list, words)
    for sheet in workbook.worksheets:
        set_paper(sheet, paper)
    return save_reproducibly(workbook, plan, words, "record.check_file_title", CHECK_FORM)


def _empty_workbook(words: Words) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    add_styles(workbook, words)
    return workbook
