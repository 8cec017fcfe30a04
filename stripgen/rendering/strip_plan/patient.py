"""The patient's pages: a large-print calendar to tick off, with room for sleep and symptoms."""

from stripgen.domain.plan import Day, Plan, Strip
from stripgen.rendering.strip_plan.furniture import BODY, Column, Sheet, hairline, headings, patient_line
from stripgen.rendering.strip_plan.page import BLACK, GREY, SHADE, Box, Item, Line, Rectangle
from stripgen.rendering.strip_plan.text import Paragraph, decimal_aligned, height_of, one_line, stack
from stripgen.rendering.words import (
    count_of,
    format_date,
    format_dose,
    format_pouch_dose,
    format_volume,
    keep_together,
    name_medicine,
    name_strip,
)

_TYPE_PT = 13.0
_NOTE_PT = 10.0
_FOOT_MM = 24.0
_ABOVE_MM = 7.0  # the head begins higher than other pages' bodies
_HEAD_MM = 21.0
_HEADINGS_MM = 8.0
_TALLEST_ROW_MM = 10.0


def patient_sheets(plan: Plan) -> list[Sheet]:
    """Return one calendar page for each strip that is to be made."""
    return [_sheet(strip, plan) for strip in plan.strips_to_make]


def _sheet(strip: Strip, plan: Plan) -> Sheet:
    head, notes = _head(strip, plan), _notes(strip, plan)
    head_mm = _HEAD_MM + height_of(notes, BODY.width)
    table = BODY.below(head_mm)
    table = table.top(table.height - _FOOT_MM)
    items: list[Item] = [*stack([*head, *notes], Box(BODY.x, BODY.y - _ABOVE_MM, BODY.width, head_mm))]
    columns = _columns(table, is_measured=strip.days[0].volume_ml is not None)
    items += headings(columns, table.y - _HEADINGS_MM, 9.5)
    height = min(_TALLEST_ROW_MM, table.height / len(strip.days))
    for index, day in enumerate(strip.days):
        items += _row(day, columns, table.y + index * height, height)
    items += _foot(strip, plan, Box(BODY.x, BODY.bottom - _FOOT_MM + 2, BODY.width, _FOOT_MM - 2))
    return Sheet(f"My calendar, {name_strip(strip, plan)}", tuple(items))


def _head(strip: Strip, plan: Plan) -> list[Paragraph]:
    how = "One pouch each day, in the order of the numbers. Tick the box when it is taken."
    if strip.is_hold:
        how += f" Each pouch holds the same dose: {format_pouch_dose(strip.days[0])}."
    return [
        Paragraph("patient.name", f"{patient_line(plan)} · {name_medicine(plan)}", 13, 9, "bold"),
        Paragraph("patient page", how, 11, 10, space_mm=0.8),
    ]


def _notes(strip: Strip, plan: Plan) -> list[Paragraph]:
    """Return what must not be overlooked: pouches that must not be taken any more, and a dose that rises."""
    told = []
    if plan.take_back and strip is plan.strips_to_make[0]:
        first = plan.take_back[0]
        told.append(
            f"This replaces your earlier calendar from {format_date(first.date)} on. Take no older pouch for day "
            f"{first.day} or later: bring {count_of(len(plan.take_back), 'pouch', 'pouches')} back to the pharmacy."
        )
    told += [
        f"On {format_date(day.date)} the dose is higher than the day before, as planned: {format_pouch_dose(day)}."
        for day in strip.days
        if day.rises
    ]
    return [Paragraph("patient page", words, 11.5, 10, "bold", space_mm=0.8) for words in told]


def _columns(table: Box, *, is_measured: bool) -> list[Column]:
    boxes = table.columns(*((11, 40, 13, 28, 28, 24, 36) if is_measured else (11, 40, 15, 36, 25, 55)), gap=2)
    dose = ("Dose", "Volume") if is_measured else ("Dose",)
    words = ("Taken", "Date", "Day", *dose, "Sleep (hours)", "How I feel, symptoms")
    return [Column(box, word) for box, word in zip(boxes, words, strict=True)]


def _row(day: Day, columns: list[Column], y: float, height: float) -> list[Item]:
    pad = (height - 5.8) / 2
    tick = min(5.2, height - 1.6)
    tick_box = Box(columns[0].box.x + 2, y + (height - tick) / 2, tick, tick)
    boxes = [Box(column.box.x, y + pad, column.box.width, height - pad) for column in columns]
    amounts = [format_dose(day.dose_mg)] + ([format_volume(day.volume_ml)] if day.volume_ml is not None else [])
    point_mm = 14 if len(amounts) == 1 else 10
    items: list[Item] = []
    if day.pouch % 14 in range(1, 8):
        items.append(Rectangle(Box(BODY.x, y, BODY.width, height), fill=SHADE))
    return [
        *items,
        Rectangle(tick_box, stroke=BLACK, width=0.35),
        one_line(format_date(day.date), boxes[1], _TYPE_PT),
        one_line(str(day.day), boxes[2], _TYPE_PT),
        *(
            decimal_aligned(words, box.x + point_mm, y + pad - 0.3, _TYPE_PT + 1, "bold")
            for words, box in zip(amounts, boxes[3:], strict=False)
        ),
        *(Line(box.x, y + height - 1.4, box.right, y + height - 1.4, 0.15, GREY) for box in boxes[-2:]),
        *([one_line("higher, as planned", boxes[-1], _NOTE_PT, "bold")] if day.rises else []),
        hairline(y + height),
    ]


def _foot(strip: Strip, plan: Plan, box: Box) -> list[Item]:
    return [
        *stack(
            [
                Paragraph("taper", _what_follows(strip, plan), 11, 9),
                Paragraph("pharmacy.name", _whom_to_call(plan), 13, 9, "bold", space_mm=1.2),
            ],
            box,
        )
    ]


def _what_follows(strip: Strip, plan: Plan) -> str:
    following = next((later for later in plan.strips if later.number > strip.number), None)
    if following is not None:
        return f"Strip {following.number} follows on {format_date(following.days[0].date)}."
    last = strip.days[-1]
    if plan.stop is not None:
        return (
            f"The last pouch is for {format_date(last.date)}. From {format_date(plan.stop.date)} on there is no pouch."
        )
    return f"This plan ends with {format_dose(last.dose_mg)} on {format_date(last.date)}. It does not say what follows."


def _whom_to_call(plan: Plan) -> str:
    pharmacy = plan.order.pharmacy
    name = pharmacy.name or "the pharmacy ______________"
    phone = keep_together(pharmacy.phone or "") or "______________"
    return f"Questions, or a missed pouch? Call {name}: {phone}"
