"""What every page carries: its heading, the plan id, the draft mark, the page number; and the columns of tables."""

from collections.abc import Iterable
from dataclasses import dataclass

from stripgen.domain.plan import Plan
from stripgen.rendering.strip_plan.page import (
    BAND,
    BLUE,
    GREY,
    PALE,
    RED,
    SHADE,
    Align,
    Box,
    Item,
    Line,
    Mark,
    Page,
    Polyline,
    Rectangle,
    Text,
)
from stripgen.rendering.strip_plan.text import Paragraph, one_line, stack
from stripgen.rendering.words import DRAFT_WORDS, format_day

A4 = (210.0, 297.0)
MARGIN = 14.0
LARGE_PT = 18.0  # large print, as associations of the blind ask for it
_PLAN_ID_MM = 7.0
BODY = Box(MARGIN, 25.0, A4[0] - 2 * MARGIN, A4[1] - 25.0 - 14.0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page before its number is known.

    Attributes:
        heading_y: From the upper edge of the paper, millimetres.
        footer_mm: From the lower edge.
        paper: Width and height, millimetres.
        title_mm: Height of a title in large print, on lines of its own; 0 where there is none.
    """

    title: str
    items: tuple[Item, ...]
    heading_y: float = 9.0
    footer_mm: float = 10.5
    paper: tuple[float, float] = A4
    title_mm: float = 0.0


def finish_pages(sheets: Iterable[Sheet], plan: Plan) -> list[Page]:
    """Return the pages with their headings, page numbers and, for a draft, the mark across and in words."""
    sheets = list(sheets)
    return [
        Page(
            sheet.title,
            *sheet.paper,
            (
                *_shades(sheet),
                *_draft_mark(sheet, plan),  # over the shades, under everything else
                *_heading(sheet, plan),
                *(item for item in sheet.items if not _is_shade(item)),
                *_footer(sheet, plan, number, len(sheets)),
            ),
        )
        for number, sheet in enumerate(sheets, start=1)
    ]


def _shades(sheet: Sheet) -> list[Item]:
    return [item for item in sheet.items if _is_shade(item)]


def _is_shade(item: Item) -> bool:
    """Return whether an item is a ground that must not hide the mark of a draft."""
    return isinstance(item, Rectangle | Polyline) and item.fill in {SHADE, BAND}


def _draft_mark(sheet: Sheet, plan: Plan) -> list[Item]:
    if not plan.is_draft:
        return []
    width, height = sheet.paper
    return [Mark(DRAFT_WORDS, width / 2 + 4, height / 2 + 6, 62, 54)]


def _heading(sheet: Sheet, plan: Plan) -> list[Item]:
    version = f" · version {plan.version}" if plan.version > 1 else ""
    shares = (9, 5, 7) if version else (9, 6, 5)
    left, middle, right = Box(MARGIN, sheet.heading_y, BODY.width, 7).columns(*shares, gap=2)
    title = Paragraph("heading", sheet.title, 13, 9, "bold", colour=BLUE)
    if sheet.title_mm:
        title = large_title(sheet.title)
        left = Box(MARGIN, sheet.heading_y + _PLAN_ID_MM, BODY.width, sheet.title_mm)
    items: list[Item] = [
        *stack([title], left),
        *stack([Paragraph("plan id", f"Plan {plan.plan_id}{version}", 13, 12, "bold", "right")], right),
    ]
    if plan.is_draft:
        items += stack([Paragraph("draft", DRAFT_WORDS, 10.5, 9, "bold", "centre", RED, space_mm=0.8)], middle)
    return items


def large_title(title: str) -> Paragraph:
    """Return the title of a page in large print."""
    return Paragraph("heading", title, LARGE_PT + 2, LARGE_PT + 2, "bold", colour=BLUE)


def body_below(title_mm: float, heading_y: float) -> Box:
    """Return the body of a page below a title in large print."""
    top = heading_y + _PLAN_ID_MM + title_mm + 2
    return Box(BODY.x, top, BODY.width, BODY.bottom - top)


def _footer(sheet: Sheet, plan: Plan, number: int, n_pages: int) -> list[Item]:
    left, right = Box(MARGIN, sheet.paper[1] - sheet.footer_mm, BODY.width, 4).columns(5, 1)
    status = "draft" if plan.is_draft else "order approved"
    amendment = plan.order.amendment
    version = f"version {plan.version}, replaces {amendment.amends} · " if amendment else ""
    words = (
        f"Plan {plan.plan_id} · {version}{status} · issued {format_day(plan.issued_on)} · "
        f"stripgen {plan.stripgen_version} · {plan.plan_hash[:23]}…"
    )
    return [
        one_line(words, left, 7, colour=GREY),
        one_line(f"page {number} of {n_pages}", right, 7, align="right", colour=GREY),
    ]


def patient_line(plan: Plan) -> str:
    """Return who the plan is for, as the second heading of a page; lines to write on where a draft says nothing."""
    patient = plan.order.patient
    name = patient.name or "Patient: ______________________________"
    born = format_day(patient.birth_date) if patient.birth_date else "_______________"
    return f"{name}, born {born}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its box over the whole table, and how its heading reads."""

    box: Box
    heading: str
    align: Align = "left"


def headings(columns: Iterable[Column], y: float, size_pt: float) -> list[Item]:
    """Return the headings of a table's columns on a row, with the line under them."""
    columns = list(columns)
    items: list[Item] = []
    for column in columns:
        items += stack(
            [Paragraph(column.heading, column.heading, size_pt, 6, "semibold", column.align, GREY)],
            Box(column.box.x, y, column.box.width, 10),
        )
    bottom = max(item.box.bottom for item in items if isinstance(item, Text))
    items.append(Line(columns[0].box.x, bottom + 0.6, columns[-1].box.right, bottom + 0.6, 0.3))
    return items


def hairline(y: float, *, x1: float = MARGIN, x2: float = A4[0] - MARGIN) -> Line:
    """Return the thin line between two rows."""
    return Line(x1, y, x2, y, 0.1, PALE)
