"""The dispensing sheet: the workbook pouches are made and checked from, and that an inspector is shown.

Every number on it is a value of the plan. Formulas only cross-check those values, so that a later change shows.
"""

from collections.abc import Mapping

from openpyxl import Workbook

from stripgen.domain.plan import Plan
from stripgen.domain.profile import PaperName
from stripgen.rendering.dispensing.archive import save_reproducibly
from stripgen.rendering.dispensing.compounding_sheet import add_compounding_sheet
from stripgen.rendering.dispensing.curve_sheet import add_curve_sheet
from stripgen.rendering.dispensing.dispense_sheet import add_dispense_sheet
from stripgen.rendering.dispensing.enclosed_sheet import add_enclosed_sheet
from stripgen.rendering.dispensing.order_sheet import add_order_sheet
from stripgen.rendering.dispensing.page import set_paper
from stripgen.rendering.dispensing.styles import add_styles
from stripgen.rendering.dispensing.take_back_sheet import add_take_back_sheet
from stripgen.rendering.words import Words


def render_dispensing_sheet(
    plan: Plan, words: Words, paper: PaperName = "A4", enclosed: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the dispensing sheet as an XLSX file of four sheets: Order, Dispense, Compounding, Curve.

    An amended plan has one more, Take back; nothing that is kept is among what it asks to fill.

    The same plan gives the same bytes in the same language.

    Args:
        plan: The plan to make; a draft is marked on every sheet and every printed page.
        words: Of the pharmacy's language; dates show in it whichever the reader's Excel has.
        paper: That it is printed on.
        enclosed: Files that travel in it on a hidden sheet, by name.
    """
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    add_styles(workbook, words)
    add_order_sheet(workbook, plan, words)
    if plan.take_back:
        add_take_back_sheet(workbook, plan, words)
    table = add_dispense_sheet(workbook, plan, words)
    add_compounding_sheet(workbook, plan, table, words)
    add_curve_sheet(workbook, plan, words)
    for sheet in workbook.worksheets:
        set_paper(sheet, paper)
    if enclosed is not None:
        add_enclosed_sheet(workbook, enclosed)
    return save_reproducibly(workbook, plan, words)
