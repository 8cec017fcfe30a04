"""What all sheets share: the lines on top, the printed page, and the protection."""

from collections.abc import Sequence

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
from stripgen.rendering.dispensing.cells import write_cell
from stripgen.rendering.dispensing.styles import DRAFT_SIZE, LOOKS, Look
from stripgen.rendering.dispensing.wrapping import count_lines, height_of, room_in
from stripgen.rendering.words import DRAFT_WORDS, describe_kept, format_day, format_span

DRAFT_MARK = f"{DRAFT_WORDS}: no approval"
FIRST_ROW = 5  # below the lines on top

_WHITE_ON_RED = DifferentialStyle(font=Font(bold=True, color="FFFFFF"), fill=PatternFill("solid", bgColor="C00000"))
_INCH_PER_MM = 1 / 25.4
_POINTS_PER_MM = 72 / 25.4
_SIDE_MM, _TOP_MM, _BOTTOM_MM, _HEADER_MM = 10, 14, 12, 6
PAGE_WIDTH = 149.0  # in widths of a digit; a wider sheet is printed smaller
PAGE_HEIGHT_POINTS = (210 - _TOP_MM - _BOTTOM_MM) * _POINTS_PER_MM - 5  # programs round the height of a row


def open_sheet(workbook: Workbook, plan: Plan, name: str, purpose: str, widths: Sequence[float]) -> Worksheet:
    """Return a new sheet with its columns and its lines on top: what it is, whether it may be used, for whom.

    Args:
        workbook: To which it is added, last.
        plan: What it is about.
        name: On its tab.
        purpose: What the sheet is for, as its title begins.
        widths: Of its columns, in widths of a digit.
    """
    sheet: Worksheet = workbook.create_sheet(name)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    span = format_span(plan.order.taper.start_dose_mg, plan.final_dose_mg)
    title = f"{purpose} · {plan.order.medication.drug} {span} · {_name_plan(plan)}"
    _write_line(sheet, 1, title, "title", widths)
    _write_line(sheet, 2, _status_line(plan), "draft" if plan.is_draft else "line", widths)
    _write_line(sheet, 3, _patient_line(plan), "patient", widths)
    if plan.version == 1:
        sheet.row_dimensions[FIRST_ROW - 1].height = 6
    else:
        kept = f"{describe_kept(plan)}. These pouches are not made again."
        _write_line(sheet, FIRST_ROW - 1, kept, "patient", widths)
    return sheet


def _name_plan(plan: Plan) -> str:
    """Return the plan's id, and that of the one it replaces."""
    amendment = plan.order.amendment
    name = f"plan {plan.plan_id}"
    return f"{name}, version {amendment.version}, replaces plan {amendment.amends}" if amendment else name


def _write_line(sheet: Worksheet, row: int, text: str, style: str, widths: Sequence[float]) -> None:
    write_cell(sheet, row, 1, text, style)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(widths))
    set_height(sheet, row, [(text, sum(widths), style)])


def _status_line(plan: Plan) -> str:
    approval = plan.order.approval
    if plan.is_draft or approval is None:
        return DRAFT_MARK
    return f"Approved by {approval.approved_by} on {format_day(approval.approved_on)}, reference {approval.reference}"


def _patient_line(plan: Plan) -> str:
    patient = plan.order.patient
    said = [
        f"Patient: {patient.name or 'not named in this draft'}",
        f"born {format_day(patient.birth_date)}" if patient.birth_date else "",
        f"identifier {patient.identifier}" if patient.identifier else "",
    ]
    return ", ".join(filter(None, said))


def set_height(sheet: Worksheet, row: int, texts: Sequence[tuple[str, float, str]]) -> None:
    """Make a row high enough for its texts, each given with its column's width and its style."""
    sheet.row_dimensions[row].height = max(_height(text, width, LOOKS[style]) for text, width, style in texts)


def _height(text: str, width: float, look: Look) -> float:
    room = room_in(width, look.size, bold=look.bold, indented=look.indented)
    return height_of(count_lines(text, room), look.size)


def used_height(sheet: Worksheet, last_row: int) -> float:
    """Return how many points high the rows down to one are; all have been given their height."""
    return sum(float(sheet.row_dimensions[row].height or 0) for row in range(1, last_row + 1))


def close_sheet(
    sheet: Worksheet, plan: Plan, *, repeated_rows: int, last_row: int, n_columns: int, frozen: str
) -> None:
    """Set a finished sheet up for print and lock all but its entry cells.

    Args:
        sheet: With all its cells.
        plan: What it is about.
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
    _set_header_and_footer(sheet, plan)
    _protect(sheet)


def _set_page(sheet: Worksheet) -> None:
    sheet.page_setup.paperSize = int(sheet.PAPERSIZE_A4)
    sheet.page_setup.orientation = "landscape"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes
    margins = sheet.page_margins
    margins.left = margins.right = _SIDE_MM * _INCH_PER_MM
    margins.top, margins.bottom = _TOP_MM * _INCH_PER_MM, _BOTTOM_MM * _INCH_PER_MM
    margins.header = margins.footer = _HEADER_MM * _INCH_PER_MM


def _set_header_and_footer(sheet: Worksheet, plan: Plan) -> None:
    header = sheet.oddHeader = HeaderFooterItem()
    footer = sheet.oddFooter = HeaderFooterItem()
    header.left.text = f"stripgen {plan.stripgen_version} · plan {plan.plan_id}"
    header.right.text = f"issued {format_day(plan.issued_on)}"
    if plan.is_draft:
        header.center.text = DRAFT_MARK
        header.center.font = "Arial,Bold"
        header.center.size = DRAFT_SIZE
        header.center.color = "C00000"
    sheet.HeaderFooter.scaleWithDoc = False  # the draft mark stays as large on a wide sheet
    for part in (header.left, header.right, footer.left, footer.right):
        part.font, part.size = "Arial,Regular", 9
    footer.left.text = f"{_name_plan(plan)} · {sheet.title}"
    footer.right.text = "page &P of &N"


def _protect(sheet: Worksheet) -> None:
    sheet.protection.sheet = True
    sheet.protection.autoFilter = False  # False: filtering is not forbidden
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def mark_failed_checks(sheet: Worksheet, cells: str) -> None:
    """Turn every CHECK among some cells white on red."""
    sheet.conditional_formatting.add(
        cells, Rule(type="cellIs", operator="equal", formula=['"CHECK"'], dxf=_WHITE_ON_RED)
    )


def offer_results(sheet: Worksheet, cells: str) -> None:
    """Give some entry cells a drop-down list, and refuse anything else."""
    choice = DataValidation(type="list", formula1='"accepted,rejected"', allow_blank=True, showErrorMessage=True)
    choice.errorTitle, choice.error = "Result", "accepted or rejected"
    choice.add(cells)
    sheet.add_data_validation(choice)


def ask_for_dates(sheet: Worksheet, cells: str, earliest: str, latest: str) -> None:
    """Refuse anything but a date in some entry cells.

    Args:
        sheet: With the cells.
        cells: A range, or several with spaces between.
        earliest: As Excel writes it: `DATE(2020,1,1)`.
        latest: Likewise.
    """
    dates = DataValidation(
        type="date", operator="between", formula1=earliest, formula2=latest, allow_blank=True, showErrorMessage=True
    )
    dates.errorTitle, dates.error = "Date", "a date, such as 2027-06-30"
    dates.add(cells)
    sheet.add_data_validation(dates)
