"""What all sheets share: the lines on top, the printed page, and the protection."""

import datetime as dt
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from stripgen.domain.plan import Plan
from stripgen.domain.profile import PaperName
from stripgen.domain.wording import Saying, say_later
from stripgen.rendering.descriptions import describe_kept, describe_span
from stripgen.rendering.dispensing.cells import write_cell
from stripgen.rendering.dispensing.styles import DRAFT_SIZE, LOOKS, Look
from stripgen.rendering.dispensing.terms import EntryKind, Tab, explain_refusal, list_choices, name_results, name_tab
from stripgen.rendering.dispensing.wrapping import (
    INDENT_POINTS,
    POINTS_PER_WIDTH,
    count_lines,
    height_of,
    longest_word,
    needed_width,
    room_in,
    width_for_any,
    width_on_two_lines,
)
from stripgen.rendering.words import Words

FIRST_ROW = 5  # below the lines on top
SLACK = 1.1  # for a few words that fit one line by little: letters are estimated too wide rather than too narrow

WHITE_ON_RED = DifferentialStyle(font=Font(bold=True, color="FFFFFF"), fill=PatternFill("solid", bgColor="C00000"))
_SOME_DATES = [dt.date(2026, month, day) for month in range(1, 13) for day in range(20, 27)]  # each month and weekday
_INCH_PER_MM = 1 / 25.4
_POINTS_PER_MM = 72 / 25.4
_SIDE_MM, _TOP_MM, _BOTTOM_MM, _HEADER_MM = 10, 14, 12, 6
PAGE_WIDTH = 149.0  # in widths of a digit; a wider sheet is printed smaller
PAGE_HEIGHT_POINTS = (210 - _TOP_MM - _BOTTOM_MM) * _POINTS_PER_MM - 5  # programs round the height of a row


def open_sheet(
    workbook: Workbook, plan: Plan, tab: Tab, widths: Sequence[float], words: Words, *, title: str | None = None
) -> Worksheet:
    """Return a new sheet with its columns and its lines on top: what it is, whether it may be used, for whom.

    Args:
        workbook: To which it is added, last.
        plan: What it is about.
        tab: Which sheet it is.
        widths: Of its columns, in widths of a digit.
        words: Of the sheet's language.
        title: Its first line, where it is not what the sheet is for, drug, taper and plan.
    """
    sheet: Worksheet = workbook.create_sheet(name_tab(tab, words))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _write_line(sheet, 1, title or _title(plan, tab, words), "title", widths)
    _write_line(sheet, 2, _status_line(plan, words), "draft" if plan.is_draft else "line", widths)
    _write_line(sheet, 3, _patient_line(plan, words), "patient", widths)
    if plan.version == 1:
        sheet.row_dimensions[FIRST_ROW - 1].height = 6
    else:
        kept = words.say("sheet.kept_not_made", kept=describe_kept(plan, words))
        _write_line(sheet, FIRST_ROW - 1, kept, "patient", widths)
    return sheet


def _title(plan: Plan, tab: Tab, words: Words) -> str:
    return words.say(
        "sheet.title",
        purpose=say_later(f"sheet.purpose_{tab}"),
        drug=plan.order.medication.drug,
        taper=describe_span(plan.order.taper.start_dose_mg, plan.final_dose_mg, words),
        plan=_name_plan(plan),
    )


def _name_plan(plan: Plan) -> Saying:
    """Return the plan's id, that of the one it replaces, and the strip where the sheet is about one only."""
    if plan.only_strip is None:
        return _name_whole_plan(plan)
    strip = say_later("strip.name", strip=plan.only_strip, strips=plan.strips[-1].number)
    return say_later("sheet.strip_only", plan=_name_whole_plan(plan), strip=strip)


def _name_whole_plan(plan: Plan) -> Saying:
    amendment = plan.order.amendment
    if amendment is None:
        return say_later("sheet.plan", plan=plan.plan_id)
    return say_later("sheet.plan_amended", plan=plan.plan_id, version=amendment.version, amends=amendment.amends)


def _write_line(sheet: Worksheet, row: int, text: str, style: str, widths: Sequence[float]) -> None:
    write_cell(sheet, row, 1, text, style)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(widths))
    set_height(sheet, row, [(text, sum(widths), style)])


def mark_draft(words: Words) -> str:
    """Return what a sheet without approval is marked with."""
    return words.say("sheet.draft", draft=say_later("common.draft"))


def _status_line(plan: Plan, words: Words) -> str:
    approval = plan.order.approval
    if plan.is_draft or approval is None:
        return mark_draft(words)
    return words.say("sheet.approved", by=approval.approved_by, date=approval.approved_on, reference=approval.reference)


def _patient_line(plan: Plan, words: Words) -> str:
    patient = plan.order.patient
    told = [
        say_later("sheet.for_patient", name=patient.name) if patient.name else say_later("sheet.for_patient_not_named")
    ]
    if patient.birth_date:
        told.append(say_later("sheet.for_patient_born", date=patient.birth_date))
    if patient.identifier:
        told.append(say_later("sheet.for_patient_identifier", identifier=patient.identifier))
    return ", ".join(map(words.tell, told))


def write_headings(sheet: Worksheet, labels: Iterable[str], height: float, row: int = FIRST_ROW) -> None:
    """Write the headings of a table, its first column's to the left, in a row of a height in points."""
    for column, label in enumerate(labels, start=1):
        write_cell(sheet, row, column, label, "header" if column > 1 else "header left")
    sheet.row_dimensions[row].height = height


def lay_out_columns(columns: Iterable[tuple[str, float]], words: Words) -> list[tuple[str, float]]:
    """Return the heading and the width of each column, none narrower than its heading needs on two lines.

    Args:
        columns: The phrase of each heading, and the least width.
        words: Of the sheet's language.
    """
    look = LOOKS["header left"]
    named = [(words.say(phrase), least) for phrase, least in columns]
    return [(label, max(least, width_on_two_lines(label, look.size))) for label, least in named]


def label_width(labels: Iterable[str], least: float) -> float:
    """Return how wide a column of labels must be for their longest word, but no less than given."""
    indent = INDENT_POINTS / POINTS_PER_WIDTH
    return max(least, *(needed_width(longest_word(label), LOOKS["label"].size) + indent for label in labels))


def widest_date(words: Words, style: str, least: float) -> float:
    """Return how wide a column must be for any date with its weekday, as a style writes it, but no less than given."""
    return max(least, width_for_any(map(words.date, _SOME_DATES), LOOKS[style].size))


def widest_day(words: Words, style: str, least: float) -> float:
    """Return how wide a column must be for any date without its weekday, likewise."""
    return max(least, width_for_any(map(words.day, _SOME_DATES), LOOKS[style].size))


def check_width(words: Words, style: str, least: float) -> float:
    """Return how wide a column must be for what a check shows, on one line, but no less than given."""
    return max(least, width_for_any(name_results(words), LOOKS[style].size))


def set_height(sheet: Worksheet, row: int, texts: Iterable[tuple[str, float, str]], *, least: float = 0) -> None:
    """Make a row high enough for its texts, each given with its column's width and its style."""
    sheet.row_dimensions[row].height = max(least, height_for(texts))


def height_for(texts: Iterable[tuple[str, float, str]]) -> float:
    """Return how many points high a row must be for its texts, each given with its column's width and its style."""
    return max(_height(text, width, LOOKS[style]) for text, width, style in texts)


def _height(text: str, width: float, look: Look) -> float:
    room = room_in(width, look.size, bold=look.bold, indented=look.indented)
    return height_of(count_lines(text, room), look.size)


def used_height(sheet: Worksheet, last_row: int) -> float:
    """Return how many points high the rows down to one are; all have been given their height."""
    return sum(float(sheet.row_dimensions[row].height or 0) for row in range(1, last_row + 1))


def close_sheet(
    sheet: Worksheet, plan: Plan, words: Words, *, repeated_rows: int, last_row: int, n_columns: int, frozen: str
) -> None:
    """Set a finished sheet up for print and lock all but its entry cells.

    Args:
        sheet: With all its cells.
        plan: What it is about.
        words: Of the sheet's language.
        repeated_rows: How many rows stand on top of every printed page.
        last_row: The last row to print.
        n_columns: How many columns to print.
        frozen: The first cell that moves when the sheet is scrolled.
    """
    sheet.freeze_panes = frozen
    sheet.sheet_view.showGridLines = False
    sheet.print_area = f"A1:{get_column_letter(n_columns)}{last_row}"
    sheet.print_title_rows = f"1:{repeated_rows}"
    _set_page(sheet)
    _set_header_and_footer(sheet, plan, words)
    _protect(sheet)


def set_paper(sheet: Worksheet, paper: PaperName) -> None:
    """Say which paper a sheet is printed on."""
    sizes = {"A4": sheet.PAPERSIZE_A4, "Letter": sheet.PAPERSIZE_LETTER}
    sheet.page_setup.paperSize = int(sizes[paper])


def _set_page(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes
    margins = sheet.page_margins
    margins.left = margins.right = _SIDE_MM * _INCH_PER_MM
    margins.top, margins.bottom = _TOP_MM * _INCH_PER_MM, _BOTTOM_MM * _INCH_PER_MM
    margins.header = margins.footer = _HEADER_MM * _INCH_PER_MM


def _set_header_and_footer(sheet: Worksheet, plan: Plan, words: Words) -> None:
    header = sheet.oddHeader = HeaderFooterItem()
    footer = sheet.oddFooter = HeaderFooterItem()
    header.left.text = words.say("sheet.page_head", version=plan.stripgen_version, plan=plan.plan_id)
    header.right.text = words.say("sheet.issued", date=plan.issued_on)
    if plan.is_draft:
        header.center.text = mark_draft(words)
        header.center.font = "Arial,Bold"
        header.center.size = DRAFT_SIZE
        header.center.color = "C00000"
    sheet.HeaderFooter.scaleWithDoc = False  # the draft mark stays as large on a wide sheet
    for part in (header.left, header.right, footer.left, footer.right):
        part.font, part.size = "Arial,Regular", 9
    footer.left.text = words.say("sheet.page_foot", plan=_name_plan(plan), sheet=sheet.title)
    footer.right.text = words.say("sheet.page", page="&P", pages="&N")


def _protect(sheet: Worksheet) -> None:
    sheet.protection.sheet = True
    sheet.protection.autoFilter = False  # False: filtering is not forbidden
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def mark_failed_checks(sheet: Worksheet, cells: str, words: Words) -> None:
    """Turn every check among some cells that does not hold white on red."""
    _, failed = name_results(words)
    rule = Rule(type="cellIs", operator="equal", formula=[f'"{failed}"'], dxf=WHITE_ON_RED)
    sheet.conditional_formatting.add(cells, rule)


def offer_results(sheet: Worksheet, cells: str, words: Words) -> None:
    """Give some entry cells a drop-down list, and refuse anything else."""
    _refuse_others(sheet, cells, DataValidation(type="list", formula1=list_choices(words)), "results", words)


def ask_for_dates(sheet: Worksheet, cells: str, words: Words, *, earliest: str = "DATE(2020,1,1)") -> None:
    """Refuse anything but a date in some entry cells.

    Args:
        sheet: With the cells.
        cells: A range, or several with spaces between.
        words: Of the sheet's language.
        earliest: As Excel writes it.
    """
    dates = DataValidation(type="date", operator="between", formula1=earliest, formula2="DATE(2099,12,31)")
    _refuse_others(sheet, cells, dates, "dates", words)


def ask_for_amounts(sheet: Worksheet, cells: str, words: Words) -> None:
    """Refuse anything but an amount, 0 or more, in some entry cells."""
    amounts = DataValidation(type="decimal", operator="between", formula1="0", formula2="100000000")
    _refuse_others(sheet, cells, amounts, "amounts", words)


def _refuse_others(sheet: Worksheet, cells: str, allowed: DataValidation, of: EntryKind, words: Words) -> None:
    allowed.allow_blank = allowed.showErrorMessage = True
    allowed.errorTitle, allowed.error = explain_refusal(of, words)
    allowed.add(cells)
    sheet.add_data_validation(allowed)
