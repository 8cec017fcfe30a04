"""Pouch labels: one page a strip, a week a column, with cut lines."""

from stripgen.domain.plan import Day, Plan
from stripgen.domain.stock import Stock
from stripgen.errors import TextDoesNotFit
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import MARGIN, Sheet, patient_line
from stripgen.rendering.strip_plan.page import (
    BLACK,
    GREY,
    WHITE,
    Box,
    Item,
    Line,
    Rectangle,
    Symbol,
    Text,
)
from stripgen.rendering.strip_plan.text import Paragraph, baseline_mm, line_height, one_line, shrinkage, stack
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

_PADDING = (1.6, 1.0)  # across, down
_TOP_MM = 11.0  # dose and drug, beside the code
_CODE_MM = 8.8  # 20 modules and a quiet zone of one on each side, 0.4 mm each
_WRITING_MM = 4.2  # room to write a lot number by hand
_TRACING_MM = 3.2  # the same, printed
_DRAFT_MM = 2.8


def label_sheets(plan: Plan, stock: Stock) -> list[Sheet]:
    """Return the label pages: every pouch of a strip in its place, day 1 at the top of the first column."""
    per_page = stock.columns * stock.rows
    top_mm, largest = _common_size(plan, stock)
    sheets = []
    for strip in plan.strips_to_make:
        for first in range(0, len(strip.days), per_page):
            days = strip.days[first : first + per_page]
            title = f"Pouch labels, {name_strip(strip, plan)}"
            items: list[Item] = [*_instructions(plan), *_cut_lines(stock)]
            for position, day in enumerate(days):
                items += lay_out_label(day, plan, label_box(position, stock), top_mm, largest)
            sheets.append(Sheet(title, tuple(items), heading_y=6.5, footer_y=290.0))
    return sheets


def label_box(position: int, stock: Stock) -> Box:
    """Return where a label lies on its sheet, filling columns downwards. Position 0 is the top left."""
    column, row = divmod(position, stock.rows)
    return Box(
        float(stock.origin_mm[0] + column * stock.pitch_mm[0]),
        float(stock.origin_mm[1] + row * stock.pitch_mm[1]),
        float(stock.label_mm[0]),
        float(stock.label_mm[1]),
    )


def _instructions(plan: Plan) -> list[Text]:
    words = f"{patient_line(plan)} · {name_medicine(plan)} · cut along the lines; read down each column"
    return stack([Paragraph("patient.name", words, 8, 6, colour=GREY)], Box(MARGIN, 14.5, 182, 6.5))


def _cut_lines(stock: Stock) -> list[Line]:
    first, last = label_box(0, stock), label_box(stock.columns * stock.rows - 1, stock)
    xs = [label_box(column * stock.rows, stock).x for column in range(stock.columns)] + [last.right]
    ys = [label_box(row, stock).y for row in range(stock.rows)] + [last.bottom]
    return [
        *(Line(x, first.y - 1.5, x, last.bottom + 1.5, 0.15, GREY, (1.2, 0.8)) for x in xs),
        *(Line(first.x - 2.5, y, last.right + 2.5, y, 0.15, GREY, (1.2, 0.8)) for y in ys),
    ]


def _common_size(plan: Plan, stock: Stock) -> tuple[float, float]:
    """Return how high the top of every label is, and at which share of the wanted type sizes all texts fit.

    The same for all labels of a plan, so that they look alike. The top gives way before a text is refused.
    """
    longest = {(format_units(day.units), _name_strip_of(day, plan)): day for day in plan.days_to_make}
    days = [*longest.values(), plan.days[-1]]
    label = label_box(0, stock)

    def share(top_mm: float) -> float:
        room = _text_room(plan, label, top_mm)
        return min(shrinkage(_paragraphs(day, plan), room) for day in days)

    try:
        return _TOP_MM, share(_TOP_MM)
    except TextDoesNotFit:
        return _CODE_MM, share(_CODE_MM)


def lay_out_label(day: Day, plan: Plan, label: Box, top_mm: float, largest: float) -> list[Item]:
    """Return what stands on one pouch label, inside its box.

    Dose largest, then drug, day and date, then whose it is, then what the pharmacy needs to trace it.

    Args:
        day: The pouch.
        plan: To which it belongs.
        label: Where the label lies.
        top_mm: Height of its top, where dose, drug and code stand.
        largest: Share of the wanted type sizes below it.

    Raises:
        TextDoesNotFit: A text of the order does not fit at its smallest legible size.
    """
    box = label.inset(*_PADDING)
    items: list[Item] = [Symbol(Box(box.right - _CODE_MM, box.y, _CODE_MM, _CODE_MM), day.code)]
    beside = Box(box.x, box.y, box.width - _CODE_MM - 0.6, top_mm)
    if plan.is_draft:
        items += _draft_band(beside)
        beside = beside.below(_DRAFT_MM)
    cramped = plan.is_draft and top_mm < _TOP_MM  # the draft band takes room that a real label has
    dose = Paragraph("taper", format_dose(day.dose_mg), 16, 9 if cramped else 12, "bold")
    drug = Paragraph("medication.drug", name_medicine(plan), 9.5, 6 if plan.is_draft else 7, "bold")
    top = stack([dose, drug], beside)
    items += [*top, *_volume_beside(day, top[0], beside)]
    items += stack(_paragraphs(day, plan), _text_room(plan, label, top_mm), largest)
    items += _tracing_items(plan, Box(box.x, box.bottom - _tracing_mm(plan), box.width, _tracing_mm(plan)))
    return items


def _volume_beside(day: Day, dose: Text, box: Box) -> list[Text]:
    """Return what is measured, on the line of the dose; nothing where it has no room: the units below say it too."""
    if day.volume_ml is None:
        return []
    left = dose.box.x + width_mm(dose.text, dose.font, dose.size_pt) + 2.2
    baseline = dose.box.y + baseline_mm(dose.size_pt)
    words = format_volume(day.volume_ml)
    for size_pt in (11.0, 10.0, 9.0, 8.0):
        if left + width_mm(words, "semibold", size_pt) <= box.right:
            place = Box(left, baseline - baseline_mm(size_pt), box.right - left, line_height(size_pt))
            return [Text(place, words, size_pt, "semibold")]
    return []


def _name_strip_of(day: Day, plan: Plan) -> str:
    strip = next(strip for strip in plan.strips if strip.number == day.strip)
    return capitalise(name_strip(strip, plan))


def _text_room(plan: Plan, label: Box, top_mm: float) -> Box:
    box = label.inset(*_PADDING).below(top_mm)
    return box.top(box.height - _tracing_mm(plan))


def _tracing_mm(plan: Plan) -> float:
    dispensing = plan.order.dispensing
    return _TRACING_MM if dispensing.lot and dispensing.beyond_use_date else _WRITING_MM


def _draft_band(box: Box) -> list[Item]:
    band = box.top(_DRAFT_MM)
    return [Rectangle(band, fill=BLACK), one_line(DRAFT_WORDS, band, 6.3, "bold", "centre", WHITE)]


def _paragraphs(day: Day, plan: Plan) -> list[Paragraph]:
    order = plan.order
    name = order.patient.name or "Patient ____________________"
    born = format_day(order.patient.birth_date) if order.patient.birth_date else "____________"
    pharmacy = (
        ", ".join(filter(None, [order.pharmacy.name, keep_together(order.pharmacy.phone or "")]))
        or "Pharmacy ____________________"
    )
    solid = day.volume_ml is None
    when = f"Day {day.day} of {len(plan.days)} · {format_date(day.date)}"
    return [
        Paragraph("taper", when, 8.2, 7, "semibold"),
        Paragraph("patient.name", name, 9.5, 7, "bold", space_mm=0.4),  # for accents on capitals
        Paragraph("patient.birth_date", f"born {born}", 7, 6),
        Paragraph("compounding", format_units(day.units), *((7, 6, "regular") if solid else (8.5, 7, "semibold"))),
        Paragraph("taper", f"{_name_strip_of(day, plan)} · plan {plan.plan_id}{_version(plan)}", 6.6, 6),
        Paragraph("pharmacy.name", pharmacy, 6.6, 6),
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
