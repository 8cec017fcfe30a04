"""The sheet Curve: the published curve behind the doses, where it comes from, and what it cannot say."""

from openpyxl import Workbook

from stripgen.domain.formulary import Curve
from stripgen.domain.plan import Plan
from stripgen.rendering.descriptions import describe_strategy, say_own
from stripgen.rendering.dispensing.cells import Value, write_cell
from stripgen.rendering.dispensing.page import FIRST_ROW, close_sheet, label_width, open_sheet, set_height
from stripgen.rendering.words import Words

_LABEL_WIDTH, _WIDTH = 24.0, 146.0


def add_curve_sheet(workbook: Workbook, plan: Plan, words: Words) -> None:
    """Add the sheet Curve."""
    rows = _without_curve(plan, words) if plan.curve is None else _facts(plan.curve, words)
    first_width = label_width((label for label, _ in rows), _LABEL_WIDTH)
    widths = (first_width, _WIDTH - first_width)
    sheet = open_sheet(workbook, plan, "curve", widths, words)
    write_cell(sheet, FIRST_ROW, 1, words.say("sheet.curve"), "header left")
    write_cell(sheet, FIRST_ROW, 2, words.say("sheet.what_is_known"), "header left")
    for row, (label, value) in enumerate(rows, start=FIRST_ROW + 1):
        write_cell(sheet, row, 1, label, "label")
        write_cell(sheet, row, 2, value, "value")
        set_height(sheet, row, [(label, widths[0], "label"), (str(value), widths[1], "value")])
    last_row = FIRST_ROW + len(rows)
    close_sheet(sheet, plan, words, repeated_rows=FIRST_ROW, last_row=last_row, n_columns=2, frozen=f"A{FIRST_ROW + 1}")


def _facts(curve: Curve, words: Words) -> list[tuple[str, Value]]:
    studied, not_known = curve.studied_mg, words.say("sheet.not_known")
    facts: list[tuple[str, Value]] = [
        ("sheet.curve_id", say_own(curve.id, words)),
        ("sheet.drug", words.drug(curve.drug)),
        ("sheet.target", curve.target),
        ("sheet.region", curve.region or not_known),
        ("sheet.emax_percent", curve.emax_percent),
        ("sheet.ed50_mg", curve.ed50_mg),
        ("sheet.hill", curve.hill),
        (
            "sheet.studied",
            words.say("sheet.studied_range", least=studied[0], most=studied[1]) if studied else not_known,
        ),
        ("sheet.grade", say_own(curve.grade, words)),
        ("sheet.grade_meaning", words.say(f"grade.{curve.grade}")),
        ("sheet.source", curve.source),
        ("sheet.doi", curve.doi or not_known),
        ("sheet.note", curve.note or words.say("sheet.no_note")),
        *(("sheet.model_limit", words.say(f"models.{limit}")) for limit in ("limit_average", "limit_feeling")),
    ]
    return [(words.say(label), value) for label, value in facts]


def _without_curve(plan: Plan, words: Words) -> list[tuple[str, Value]]:
    return [
        (words.say("sheet.curve_id"), words.say("sheet.no_curve_id", drug=plan.order.medication.drug)),
        (words.say("sheet.strategy_used"), describe_strategy(plan.order.taper, words)),
        (words.say("sheet.no_curve_meaning"), words.say("sheet.no_curve")),
    ]
