"""What every page carries: its heading, the plan id, the draft mark, the page number; and the columns of tables."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from stripgen.domain.plan import Plan
from stripgen.domain.wording import Value, say_later
from stripgen.rendering.descriptions import describe_taper, name_drug_as_ordered
from stripgen.rendering.strip_plan.fonts import width_mm
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
from stripgen.rendering.strip_plan.paper import A4, Paper
from stripgen.rendering.strip_plan.text import Paragraph, one_line, stack
from stripgen.rendering.words import Words

_MARK_PT = 62.0
_LONGEST_MARK_MM = 310.0  # on A4
_HEADING_PT = 13.0
_LEAST_DRAFT_PT = 9.0
_LEAST_FOOTER_PT = 5.5
_NAME_LINE, _BIRTH_LINE = "______________________________", "_______________"
_ABOVE_RULE_MM = 0.6
LARGE_PT = 18.0  # large print, as associations of the blind ask for it
_PLAN_ID_MM = 7.0
_USUAL_FOOTER_MM, _LOWEST_FOOTER_MM = 10.5, 7.0  # from the lower edge of the paper
_ABOVE_FOOTER_MM = 2.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page before its number is known.

    Attributes:
        heading_y: From the upper edge of the paper, millimetres.
        footer_mm: From the lower edge.
        title_mm: Height of a title in large print, on lines of its own; 0 where there is none.
    """

    title: str
    items: tuple[Item, ...]
    paper: Paper
    heading_y: float = 9.0
    footer_mm: float = _USUAL_FOOTER_MM
    title_mm: float = 0.0


def finish_pages(sheets: Iterable[tuple[Sheet, Words]], plan: Plan) -> list[Page]:
    """Return the pages with their headings, page numbers and, for a draft, the mark across and in words.

    Args:
        sheets: With the words of the language each is in.
        plan: Theirs.
    """
    sheets = list(sheets)
    return [
        Page(
            sheet.title,
            sheet.paper.width_mm,
            sheet.paper.height_mm,
            (
                *_shades(sheet),
                *_draft_mark(sheet, plan, words),  # over the shades, under everything else
                *_heading(sheet, plan, words),
                *(item for item in sheet.items if not _is_shade(item)),
                *_footer(sheet, plan, words, number, len(sheets)),
            ),
        )
        for number, (sheet, words) in enumerate(sheets, start=1)
    ]


def _shades(sheet: Sheet) -> list[Item]:
    return [item for item in sheet.items if _is_shade(item)]


def _is_shade(item: Item) -> bool:
    """Return whether an item is a ground that must not hide the mark of a draft."""
    return isinstance(item, Rectangle | Polyline) and item.fill in {SHADE, BAND}


def _draft_mark(sheet: Sheet, plan: Plan, words: Words) -> list[Item]:
    """Return the mark across a draft's page, as large as the page allows."""
    if not plan.is_draft:
        return []
    mark = words.say("common.draft")
    longest_mm = _LONGEST_MARK_MM * (_diagonal_mm(sheet.paper) / _diagonal_mm(A4))
    size_pt = min(_MARK_PT, longest_mm / width_mm(mark, "bold", 1))
    return [Mark(mark, sheet.paper.width_mm / 2 + 4, sheet.paper.height_mm / 2 + 6, size_pt, 54)]


def _diagonal_mm(paper: Paper) -> float:
    return math.hypot(paper.width_mm, paper.height_mm)


def _heading(sheet: Sheet, plan: Plan, words: Words) -> list[Item]:
    is_first = plan.version == 1
    version = {} if is_first else {"version": plan.version}
    plan_id = words.say("page.plan" if is_first else "page.plan_version", plan=plan.plan_id, **version)
    draft = words.say("common.draft") if plan.is_draft else ""
    body = sheet.paper.body
    left, middle, right = _heading_boxes(Box(body.x, sheet.heading_y, body.width, 7), draft, plan_id, is_first=is_first)
    title = Paragraph("heading", sheet.title, _HEADING_PT, 7.5, "bold", colour=BLUE)
    if sheet.title_mm:
        title = large_title(sheet.title)
        left = Box(body.x, sheet.heading_y + _PLAN_ID_MM, body.width, sheet.title_mm)
    items: list[Item] = [
        *stack([title], left),
        *stack([Paragraph("plan id", plan_id, _HEADING_PT, 12, "bold", "right")], right),
    ]
    if draft:
        items += stack([Paragraph("draft", draft, 10.5, _LEAST_DRAFT_PT, "bold", "centre", RED, space_mm=0.8)], middle)
    return items


def _heading_boxes(box: Box, draft: str, plan_id: str, *, is_first: bool) -> list[Box]:
    """Return the places of the title, the words of a draft and the plan id: the latter two as wide as their words."""
    gap = 2.0
    _, middle, right = box.columns(*((9, 6, 5) if is_first else (9, 5, 7)), gap=gap)
    middle_mm = max(middle.width, width_mm(draft, "bold", _LEAST_DRAFT_PT) + 0.5)
    right_mm = max(right.width, width_mm(plan_id, "bold", _HEADING_PT) + 0.5)
    return box.columns(box.width - 2 * gap - middle_mm - right_mm, middle_mm, right_mm, gap=gap)


def large_title(title: str) -> Paragraph:
    """Return the title of a page in large print."""
    return Paragraph("heading", title, LARGE_PT + 2, LARGE_PT + 2, "bold", colour=BLUE)


def body_below(title_mm: float, heading_y: float, paper: Paper) -> Box:
    """Return the body of a page below a title in large print."""
    top = heading_y + _PLAN_ID_MM + title_mm + 2
    return Box(paper.body.x, top, paper.body.width, paper.body.bottom - top)


def footer_below(end_mm: float, paper: Paper) -> float:
    """Return how far from the lower edge a footer stands: under what ends there, as high as that and the paper allow.

    Args:
        end_mm: Where what is above it ends, from the upper edge.
        paper: Of the page.
    """
    return max(_LOWEST_FOOTER_MM, min(paper.height_mm - end_mm - _ABOVE_FOOTER_MM, _USUAL_FOOTER_MM))


def _footer(sheet: Sheet, plan: Plan, words: Words, number: int, n_pages: int) -> list[Item]:
    body, y = sheet.paper.body, sheet.paper.height_mm - sheet.footer_mm
    left, right = Box(body.x, y, body.width, 4).columns(5, 1)
    told = Paragraph("footer", _describe_plan(plan, words), 7, _LEAST_FOOTER_PT, colour=GREY)
    of_pages = words.say("page.number", page=number, pages=n_pages)
    return [*stack([told], left), one_line(of_pages, right, 7, align="right", colour=GREY)]


def _describe_plan(plan: Plan, words: Words) -> str:
    """Return which plan a page belongs to, and what made it."""
    amendment = plan.order.amendment
    values: dict[str, Value] = {
        "plan": plan.plan_id,
        "status": say_later("page.draft" if plan.is_draft else "page.approved"),
        "issued": plan.issued_on,
        "stripgen": plan.stripgen_version,
        "hash": f"{plan.plan_hash[:23]}…",
    }
    if amendment is None:
        return words.say("page.footer", **values)
    return words.say("page.footer_version", version=plan.version, old=amendment.amends, **values)


def describe_patient(plan: Plan, words: Words) -> str:
    """Return who the plan is for, as the second heading of a page; lines to write on where a draft says nothing."""
    patient = plan.order.patient
    name: Value = patient.name or say_later("page.patient", line=_NAME_LINE)
    return words.say("page.patient_born", name=name, born=patient.birth_date or _BIRTH_LINE)


def describe_medicine_and_taper(plan: Plan, words: Words, *, as_ordered: bool = False) -> str:
    """Return the drug and what is asked of it: `citalopram 20 mg to stop in 112 days`.

    Args:
        plan: The plan.
        words: Of the paper's language.
        as_ordered: Whether the order's own name of the drug stands beside it.
    """
    drug = name_drug_as_ordered(plan, words) if as_ordered else words.drug(plan.order.medication.drug)
    return words.say("page.medicine_and_taper", drug=drug, taper=describe_taper(plan, words))


def describe_whose(plan: Plan, words: Words) -> str:
    """Return who the plan is for, the drug, and what is asked of it."""
    return f"{describe_patient(plan, words)} · {describe_medicine_and_taper(plan, words)}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its box over the whole table, and how its heading reads."""

    box: Box
    heading: str
    align: Align = "left"


def headings(columns: Iterable[Column], y: float, size_pt: float, height: float) -> list[Item]:
    """Return the headings of a table's columns on a row of some height, with the line under them.

    Raises:
        TextDoesNotFit: A heading is too long for its column at 6 points.
    """
    columns = list(columns)
    items: list[Item] = []
    for column in columns:
        items += stack(
            [Paragraph(column.heading, column.heading, size_pt, 6, "semibold", column.align, GREY)],
            Box(column.box.x, y, column.box.width, height - _ABOVE_RULE_MM),
        )
    bottom = max(item.box.bottom for item in items if isinstance(item, Text))
    rule_y = bottom + _ABOVE_RULE_MM
    items.append(Line(columns[0].box.x, rule_y, columns[-1].box.right, rule_y, 0.3))
    return items


def hairline(y: float, box: Box) -> Line:
    """Return the thin line between two rows, across a box."""
    return Line(box.x, y, box.right, y, 0.1, PALE)
