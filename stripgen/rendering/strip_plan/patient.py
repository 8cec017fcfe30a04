"""The patient's pages: a large-print calendar to tick off, with room for sleep and symptoms."""

from stripgen.domain.plan import Day, Plan, Strip
from stripgen.rendering.strip_plan.furniture import BODY, Column, Sheet, hairline, headings, patient_line
from stripgen.rendering.strip_plan.page import BLACK, GREY, SHADE, Box, Item, Line, Rectangle
from stripgen.rendering.strip_plan.text import Paragraph, decimal_aligned, one_line, stack
from stripgen.rendering.words import format_date, format_dose, keep_together

_TYPE_PT = 13.0
_FOOT_MM = 24.0
_HEAD_MM = 21.0
_TALLEST_ROW_MM = 10.0


def patient_sheets(plan: Plan) -> list[Sheet]:
    """Return one calendar page for each strip."""
    return [_sheet(strip, plan) for strip in plan.strips]


def _sheet(strip: Strip, plan: Plan) -> Sheet:
    title = f"My calendar, strip {strip.number} of {plan.totals.strips}"
    head, table = BODY.top(_HEAD_MM), BODY.below(_HEAD_MM)
    table = Box(table.x, table.y, table.width, table.height - _FOOT_MM)
    how = "One pouch each day, in the order of the numbers. Tick the box when it is taken."
    items: list[Item] = [
        *stack(
            [
                Paragraph("patient.name", f"{patient_line(plan)} · {plan.order.medication.drug}", 13, 9, "bold"),
                Paragraph("patient page", how, 11, 10, space_mm=0.8),
            ],
            Box(head.x, head.y - 7, head.width, head.height),
        )
    ]
    columns = _columns(table)
    items += headings(columns, table.y - 8, 9.5)
    height = min(_TALLEST_ROW_MM, table.height / len(strip.days))
    for index, day in enumerate(strip.days):
        items += _row(day, columns, table.y + index * height, height)
    items += _foot(strip, plan, Box(BODY.x, BODY.bottom - _FOOT_MM + 2, BODY.width, _FOOT_MM - 2))
    return Sheet(title, tuple(items))


def _columns(table: Box) -> list[Column]:
    boxes = table.columns(11, 40, 15, 36, 25, 55, gap=2)
    words = ("Taken", "Date", "Day", "Dose", "Sleep (hours)", "How I feel, symptoms")
    return [Column(box, word) for box, word in zip(boxes, words, strict=True)]


def _row(day: Day, columns: list[Column], y: float, height: float) -> list[Item]:
    pad = (height - 5.8) / 2
    tick = min(5.2, height - 1.6)
    tick_box = Box(columns[0].box.x + 2, y + (height - tick) / 2, tick, tick)
    boxes = [Box(column.box.x, y + pad, column.box.width, height - pad) for column in columns]
    items: list[Item] = []
    if day.pouch % 14 in range(1, 8):
        items.append(Rectangle(Box(BODY.x, y, BODY.width, height), fill=SHADE))
    return [
        *items,
        Rectangle(tick_box, stroke=BLACK, width=0.35),
        one_line(format_date(day.date), boxes[1], _TYPE_PT),
        one_line(str(day.day), boxes[2], _TYPE_PT),
        decimal_aligned(format_dose(day.dose_mg), boxes[3].x + 14, y + pad - 0.3, _TYPE_PT + 1, "bold"),
        *(Line(box.x, y + height - 1.4, box.right, y + height - 1.4, 0.15, GREY) for box in boxes[4:]),
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
    if strip.number < plan.totals.strips:
        following = plan.strips[strip.number].days[0]
        return f"Strip {strip.number + 1} follows on {format_date(following.date)}."
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
