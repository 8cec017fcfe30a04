"""Pouch labels: on plain paper a strip a page with cut lines; on ready-cut sheets and rolls one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from stripgen.domain.plan import Day, Plan
from stripgen.domain.quantity import plain
from stripgen.domain.stock import LabelPaper
from stripgen.errors import TextDoesNotFit
from stripgen.rendering.strip_plan.codes import symbol_content, symbol_size
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import MARGIN, Sheet, patient_line
from stripgen.rendering.strip_plan.label_layout import Piece, Room, Style, lay_out, refuse, styles
from stripgen.rendering.strip_plan.page import BLACK, GREY, WHITE, Box, Item, Line, Page, Rectangle, Symbol, Text
from stripgen.rendering.strip_plan.text import Paragraph, one_line, stack
from stripgen.rendering.words import (
    DRAFT_WORDS,
    capitalise,
    format_date,
    format_day,
    format_dose,
    format_units,
    format_volume,
    keep_together,
    name_medicine,
    name_strip,
)

MODULES_MM = (0.5, 0.42, 0.375)  # of the code, largest first; 0.375 mm are three dots of a thermal printer
_QUIET_MODULES = 2  # one on each side
_PADDING = (1.6, 1.0)  # across, down
_WRITING_MM = 4.2  # room to write a lot number by hand
_TRACING_MM = 3.2  # the same, printed
_DRAFT_MM = 2.8


@dataclass(frozen=True, slots=True)
class _Label:
    """One label before it has a place."""

    day: Day
    pieces: tuple[Piece, ...]


def label_sheets(plan: Plan, paper: LabelPaper) -> list[Sheet]:
    """Return the pages of labels on plain paper: every pouch of a strip in its place, with lines to cut along.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    style = choose_style(plan, paper)
    n_labels = paper.stock.n_labels
    size = (float(paper.stock.sheet_mm[0]), float(paper.stock.sheet_mm[1]))
    sheets = []
    for strip in plan.strips_to_make:
        for first in range(0, len(strip.days), n_labels):
            items: list[Item] = [*_instructions(plan), *_cut_lines(paper)]
            for position, day in enumerate(strip.days[first : first + n_labels]):
                items += lay_out_label(day, plan, label_box(position, paper), style)
            title = f"Pouch labels, {name_strip(strip, plan)}"
            sheets.append(Sheet(title, tuple(items), heading_y=6.5, footer_mm=7.0, paper=size))
    return sheets


def label_pages(plan: Plan, paper: LabelPaper) -> list[Page]:
    """Return the pages of ready-cut labels: all pouches in their order, from the first label that is not used up.

    Nothing stands between the labels; each carries the plan id.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    style = choose_style(plan, paper)
    stock = paper.stock
    width, height = (float(side) for side in stock.sheet_mm)
    sheets: dict[int, list[Day]] = {}
    for place, day in enumerate(plan.days_to_make, start=paper.first_label - 1):
        sheets.setdefault(place // stock.n_labels, []).append(day)
    pages = []
    for number, days in sheets.items():
        used = paper.first_label - 1 if number == 0 else 0
        items: list[Item] = []
        for position, day in enumerate(days, start=used):
            items += lay_out_label(day, plan, label_box(position, paper), style)
        pages.append(Page(_name_sheet(days), width, height, tuple(items)))
    return pages


def _name_sheet(days: Sequence[Day]) -> str:
    first, last = days[0].day, days[-1].day
    return f"Pouch labels, day {first}" if first == last else f"Pouch labels, days {first} to {last}"


def label_box(position: int, paper: LabelPaper) -> Box:
    """Return where a label lies on its sheet, the printer's offset included. Position 0 is the first."""
    x, y = paper.stock.corner_mm(position)
    across, down = paper.offset_mm
    width, height = paper.stock.label_mm
    return Box(float(x + across), float(y + down), float(width), float(height))


def _instructions(plan: Plan) -> list[Text]:
    words = f"{patient_line(plan)} · {name_medicine(plan)} · cut along the lines; read down each column"
    return stack([Paragraph("patient.name", words, 8, 6, colour=GREY)], Box(MARGIN, 14.5, 182, 6.5))


def _cut_lines(paper: LabelPaper) -> list[Line]:
    boxes = [label_box(position, paper) for position in range(paper.stock.n_labels)]
    first, last = boxes[0], boxes[-1]
    xs = [*sorted({box.x for box in boxes}), last.right]
    ys = [*sorted({box.y for box in boxes}), last.bottom]
    return [
        *(Line(x, first.y - 1.5, x, last.bottom + 1.5, 0.15, GREY, (1.2, 0.8)) for x in xs),
        *(Line(first.x - 2.5, y, last.right + 2.5, y, 0.15, GREY, (1.2, 0.8)) for y in ys),
    ]


def choose_style(plan: Plan, paper: LabelPaper) -> Style:
    """Return the best style in which every label of a plan fits: the same for all, so that they look alike.

    Raises:
        TextDoesNotFit: There is none; it names the text in the way, its label and the room it had.
    """
    box = label_box(0, paper)
    labels = [_Label(day, tuple(_pieces(day, plan))) for day in plan.days_to_make]
    longest = _longest(labels)
    misfit = longest[0]
    for style in styles(MODULES_MM):
        # The longest first: where they do not fit, the others need not be tried.
        failing = next((label for label in (*longest, *labels) if _texts(label, plan, box, style) is None), None)
        if failing is None:
            return style
        misfit = failing
    raise _refusal(misfit, plan, paper)


def _longest(labels: Sequence[_Label]) -> list[_Label]:
    """Return the label that is longest, for each text of a label."""
    widths = [[width_mm(piece.text, piece.font, 1) for piece in label.pieces] for label in labels]
    longest = {column.index(max(column)) for column in zip(*widths, strict=True)}
    return [labels[index] for index in sorted(longest)]


def _texts(label: _Label, plan: Plan, box: Box, style: Style) -> list[Text] | None:
    return lay_out(label.pieces, _room(label.day, plan, box, style.module_mm), style)


def _refusal(label: _Label, plan: Plan, paper: LabelPaper) -> TextDoesNotFit:
    stock = paper.stock
    room = _room(label.day, plan, label_box(0, paper), MODULES_MM[-1])
    size = " × ".join(plain(side) for side in stock.label_mm)
    return refuse(label.pieces, room, MODULES_MM[-1], f"the label of day {label.day.day} ({stock.id}, {size} mm)")


def lay_out_label(day: Day, plan: Plan, box: Box, style: Style) -> list[Item]:
    """Return what stands on one pouch label, inside its box.

    Dose largest, then drug, day and date, then whose it is, then what the pharmacy needs to trace it.

    Args:
        day: The pouch.
        plan: To which it belongs.
        box: Where the label lies.
        style: That `choose_style` chose for all labels of the plan.
    """
    room = _room(day, plan, box, style.module_mm)
    items: list[Item] = [Symbol(room.code, symbol_content(day, plan))]
    if plan.is_draft:
        beside = Box(room.box.x, room.box.y, room.width_at(room.box.y), _DRAFT_MM)
        items += [Rectangle(beside, fill=BLACK), one_line(DRAFT_WORDS, beside, 6.3, "bold", "centre", WHITE)]
    items += lay_out(_pieces(day, plan), room, style) or ()
    below = Box(room.box.x, room.box.bottom, room.box.width, _tracing_mm(plan))
    items += _tracing_items(plan, below)
    return items


def _room(day: Day, plan: Plan, box: Box, module_mm: float) -> Room:
    inner = box.inset(*_PADDING)
    code_mm = (symbol_size(symbol_content(day, plan)) + _QUIET_MODULES) * module_mm
    return Room(inner.top(inner.height - _tracing_mm(plan)), code_mm, _DRAFT_MM if plan.is_draft else 0.0)


def _tracing_mm(plan: Plan) -> float:
    dispensing = plan.order.dispensing
    return _TRACING_MM if dispensing.lot and dispensing.beyond_use_date else _WRITING_MM


def _pieces(day: Day, plan: Plan) -> list[Piece]:
    order = plan.order
    name = order.patient.name or "Patient ____________________"
    born = format_day(order.patient.birth_date) if order.patient.birth_date else "____________"
    pharmacy = (
        ", ".join(filter(None, [order.pharmacy.name, keep_together(order.pharmacy.phone or "")]))
        or "Pharmacy ____________________"
    )
    volume = [format_volume(day.volume_ml)] if day.volume_ml is not None else []
    strip = capitalise(name_strip(next(strip for strip in plan.strips if strip.number == day.strip), plan))
    when = f"Day {day.day} of {len(plan.days)} · {format_date(day.date)}"
    return [
        Piece("taper", format_dose(day.dose_mg), 12, 24, 0, "bold"),
        *(Piece("compounding", words, 8, 15, 0, "semibold", joins=True) for words in volume),
        Piece("medication.drug", name_medicine(plan), 7, 13, 1, "bold", joins=True),
        Piece("taper", when, 7, 10, 0, "semibold"),
        Piece("patient.name", name, 7, 12, 1, "bold"),
        Piece("patient.birth_date", f"born {born}", 6, 8.5, 1, joins=True),
        Piece("compounding", format_units(day.units), 7 if volume else 6, 9, 2, "semibold" if volume else "regular"),
        Piece("taper", f"{strip} · plan {plan.plan_id}{_version(plan)}", 6, 8, 2, joins=True),
        Piece("pharmacy.name", pharmacy, 6, 8, 2, joins=True),
    ]


def _version(plan: Plan) -> str:
    """Return, of an amended plan, what tells its pouches from those that come back."""
    return f", version {plan.version}" if plan.version > 1 else ""


def _tracing_items(plan: Plan, box: Box) -> list[Item]:
    """Return the lot and the beyond-use date as given, or a line to write each on."""
    dispensing = plan.order.dispensing
    use_by = format_day(dispensing.beyond_use_date) if dispensing.beyond_use_date else None
    items: list[Item] = []
    for part, word, value in zip(
        box.columns(1, 1.15, gap=1.2), ("Lot", "Use by"), (dispensing.lot, use_by), strict=True
    ):
        words = f"{word} {value}" if value else word
        field = "dispensing.lot" if word == "Lot" else "dispensing.beyond_use_date"
        items += stack([Paragraph(field, words, 6.6, 5.5)], Box(part.x, part.bottom - 3, part.width, 3))
        if not value:
            start = part.x + width_mm(words, "regular", 6.6) + 0.8
            items.append(Line(start, part.bottom - 0.5, part.right, part.bottom - 0.5, 0.15, GREY))
    return items
