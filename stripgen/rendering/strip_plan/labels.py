"""Pouch labels: on plain paper a strip a page with cut lines; on ready-cut sheets and rolls one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from stripgen.domain.plan import Day, Plan
from stripgen.domain.quantity import plain
from stripgen.domain.stock import LabelPaper
from stripgen.domain.wording import Value
from stripgen.errors import TextDoesNotFit
from stripgen.rendering.descriptions import describe_units, name_medicine, name_strip
from stripgen.rendering.strip_plan.codes import symbol_content, symbol_size
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import Sheet, describe_patient, footer_below
from stripgen.rendering.strip_plan.label_layout import Piece, Room, Style, lay_out, refuse, styles
from stripgen.rendering.strip_plan.page import BLACK, GREY, WHITE, Box, Item, Line, Page, Rectangle, Symbol, Text
from stripgen.rendering.strip_plan.paper import Paper
from stripgen.rendering.strip_plan.text import Paragraph, stack
from stripgen.rendering.words import Words, capitalise, keep_together

MODULES_MM = (0.5, 0.42, 0.375)  # of the code, largest first; 0.375 mm are three dots of a thermal printer
_QUIET_MODULES = 2  # one on each side
_PADDING = (1.6, 1.0)  # across, down
_WRITING_MM = 4.2  # room to write a lot number by hand
_TRACING_MM = 3.2  # the same, printed
_DRAFT_MM = 2.8
_NAME_LINE, _BIRTH_LINE = "____________________", "____________"  # to write on


@dataclass(frozen=True, slots=True)
class _Label:
    """One label before it has a place."""

    day: Day
    pieces: tuple[Piece, ...]


def label_sheets(plan: Plan, words: Words, paper: LabelPaper) -> list[Sheet]:
    """Return the pages of labels on plain paper: every pouch of a strip in its place, with lines to cut along.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    style = choose_style(plan, words, paper)
    n_labels = paper.stock.n_labels
    sheet_paper = Paper(paper.stock.id, *(float(side) for side in paper.stock.sheet_mm))
    footer_mm = footer_below(float(paper.stock.corner_mm(n_labels - 1)[1] + paper.stock.label_mm[1]), sheet_paper)
    sheets = []
    for strip in plan.strips_to_make:
        for first in range(0, len(strip.days), n_labels):
            items: list[Item] = [*_instructions(plan, words, sheet_paper), *_cut_lines(paper)]
            for position, day in enumerate(strip.days[first : first + n_labels]):
                items += lay_out_label(day, plan, words, label_box(position, paper), style)
            title = words.say("label.title", strip=name_strip(strip, plan, words))
            sheets.append(Sheet(title, tuple(items), sheet_paper, heading_y=6.5, footer_mm=footer_mm))
    return sheets


def label_pages(plan: Plan, words: Words, paper: LabelPaper) -> list[Page]:
    """Return the pages of ready-cut labels: all pouches in their order, from the first label that is not used up.

    Nothing stands between the labels; each carries the plan id.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    style = choose_style(plan, words, paper)
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
            items += lay_out_label(day, plan, words, label_box(position, paper), style)
        pages.append(Page(_name_sheet(days, words), width, height, tuple(items)))
    return pages


def _name_sheet(days: Sequence[Day], words: Words) -> str:
    first, last = days[0].day, days[-1].day
    if first == last:
        return words.say("label.title_day", day=first)
    return words.say("label.title_days", first=first, last=last)


def label_box(position: int, paper: LabelPaper) -> Box:
    """Return where a label lies on its sheet, the printer's offset included. Position 0 is the first."""
    x, y = paper.stock.corner_mm(position)
    across, down = paper.offset_mm
    width, height = paper.stock.label_mm
    return Box(float(x + across), float(y + down), float(width), float(height))


def _instructions(plan: Plan, words: Words, paper: Paper) -> list[Text]:
    told = words.say("label.instructions", patient=describe_patient(plan, words), medicine=name_medicine(plan, words))
    return stack([Paragraph("patient.name", told, 8, 6, colour=GREY)], Box(paper.body.x, 14.5, paper.body.width, 6.5))


def _cut_lines(paper: LabelPaper) -> list[Line]:
    boxes = [label_box(position, paper) for position in range(paper.stock.n_labels)]
    first, last = boxes[0], boxes[-1]
    xs = [*sorted({box.x for box in boxes}), last.right]
    ys = [*sorted({box.y for box in boxes}), last.bottom]
    return [
        *(Line(x, first.y - 1.5, x, last.bottom + 1.5, 0.15, GREY, (1.2, 0.8)) for x in xs),
        *(Line(first.x - 2.5, y, last.right + 2.5, y, 0.15, GREY, (1.2, 0.8)) for y in ys),
    ]


def choose_style(plan: Plan, words: Words, paper: LabelPaper) -> Style:
    """Return the best style in which every label of a plan fits: the same for all, so that they look alike.

    Raises:
        TextDoesNotFit: There is none; it names the text in the way, its label and the room it had.
    """
    box = label_box(0, paper)
    labels = [_Label(day, tuple(_pieces(day, plan, words))) for day in plan.days_to_make]
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


def lay_out_label(day: Day, plan: Plan, words: Words, box: Box, style: Style) -> list[Item]:
    """Return what stands on one pouch label, inside its box.

    Dose largest, then drug, day and date, then whose it is, then what the pharmacy needs to trace it.

    Args:
        day: The pouch.
        plan: To which it belongs.
        words: Of the patient's language.
        box: Where the label lies.
        style: That `choose_style` chose for all labels of the plan.
    """
    room = _room(day, plan, box, style.module_mm)
    items: list[Item] = [Symbol(room.code, symbol_content(day, plan))]
    if plan.is_draft:
        beside = Box(room.box.x, room.box.y, room.width_at(room.box.y), _DRAFT_MM)
        items += [Rectangle(beside, fill=BLACK), *_draft_words(beside, words)]
    items += lay_out(_pieces(day, plan, words), room, style) or ()
    below = Box(room.box.x, room.box.bottom, room.box.width, _tracing_mm(plan))
    items += _tracing_items(plan, words, below)
    return items


def _draft_words(box: Box, words: Words) -> list[Text]:
    draft = Paragraph("draft", words.say("common.draft"), 6.3, 5.5, "bold", "centre", WHITE)
    return stack([draft], box)


def _room(day: Day, plan: Plan, box: Box, module_mm: float) -> Room:
    inner = box.inset(*_PADDING)
    code_mm = (symbol_size(symbol_content(day, plan)) + _QUIET_MODULES) * module_mm
    return Room(inner.top(inner.height - _tracing_mm(plan)), code_mm, _DRAFT_MM if plan.is_draft else 0.0)


def _tracing_mm(plan: Plan) -> float:
    dispensing = plan.order.dispensing
    return _TRACING_MM if dispensing.lot and dispensing.beyond_use_date else _WRITING_MM


def _pieces(day: Day, plan: Plan, words: Words) -> list[Piece]:
    order = plan.order
    volume = [words.volume(day.volume_ml)] if day.volume_ml is not None else []
    when = words.say("label.day", day=day.day, days=len(plan.days), date=day.date)
    born = words.say("label.born", born=order.patient.birth_date or _BIRTH_LINE)
    units = describe_units(day.units, words)
    return [
        Piece("taper", words.dose(day.dose_mg), 12, 24, 0, "bold"),
        *(Piece("compounding", told, 8, 15, 0, "semibold", joins=True) for told in volume),
        Piece("medication.drug", name_medicine(plan, words), 7, 13, 1, "bold", joins=True),
        Piece("taper", when, 7, 10, 0, "semibold"),
        Piece("patient.name", order.patient.name or words.say("label.patient", line=_NAME_LINE), 7, 12, 1, "bold"),
        Piece("patient.birth_date", born, 6, 8.5, 1, joins=True),
        Piece("compounding", units, 7 if volume else 6, 9, 2, "semibold" if volume else "regular"),
        Piece("taper", _name_strip_and_plan(day, plan, words), 6, 8, 2, joins=True),
        Piece("pharmacy.name", _name_pharmacy(plan, words), 6, 8, 2, joins=True),
    ]


def _name_strip_and_plan(day: Day, plan: Plan, words: Words) -> str:
    """Return the strip and the plan, and of an amended one the version: what tells its pouches from older ones."""
    strip = capitalise(name_strip(next(strip for strip in plan.strips if strip.number == day.strip), plan, words))
    if plan.version == 1:
        return words.say("label.strip", strip=strip, plan=plan.plan_id)
    return words.say("label.strip_version", strip=strip, plan=plan.plan_id, version=plan.version)


def _name_pharmacy(plan: Plan, words: Words) -> str:
    pharmacy = plan.order.pharmacy
    named = ", ".join(filter(None, [pharmacy.name, keep_together(pharmacy.phone or "")]))
    return named or words.say("label.pharmacy", line=_NAME_LINE)


def _tracing_items(plan: Plan, words: Words, box: Box) -> list[Item]:
    """Return the lot and the beyond-use date as given, or a line to write each on."""
    dispensing = plan.order.dispensing
    lot_box, use_by_box = box.columns(1, 1.15, gap=1.2)
    return [
        *_traced("label.lot", "dispensing.lot", dispensing.lot, words, lot_box),
        *_traced("label.use_by", "dispensing.beyond_use_date", dispensing.beyond_use_date, words, use_by_box),
    ]


def _traced(phrase: str, field: str, value: Value | None, words: Words, part: Box) -> list[Item]:
    told = words.say(phrase, value=value or "").strip()
    items: list[Item] = [*stack([Paragraph(field, told, 6.6, 5.5)], Box(part.x, part.bottom - 3, part.width, 3))]
    if not value:
        start = part.x + width_mm(told, "regular", 6.6) + 0.8
        items.append(Line(start, part.bottom - 0.5, part.right, part.bottom - 0.5, 0.15, GREY))
    return items
