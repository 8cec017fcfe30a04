"""The schedule: one page a strip, one row a pouch, and what the strip takes to make."""

from stripgen.domain.plan import Day, Plan, Strip, count_units
from stripgen.rendering.strip_plan.furniture import (
    BODY,
    MARGIN,
    Column,
    Sheet,
    hairline,
    headings,
    patient_line,
)
from stripgen.rendering.strip_plan.page import GREY, SHADE, Align, Box, Font, Item, Line, Rectangle, Text
from stripgen.rendering.strip_plan.text import Paragraph, decimal_aligned, height_of, one_line, stack
from stripgen.rendering.words import (
    count_of,
    format_date,
    format_dose,
    format_number,
    format_percent,
    format_points,
    format_taper,
    format_units,
)

_TYPE_PT = 8.6
_LEAST_PT = 6.0
_ROW_MM = 7.0
_HEADINGS_MM = 9.0


def schedule_sheets(plan: Plan) -> list[Sheet]:
    """Return one schedule page for each strip."""
    return [_sheet(strip, plan) for strip in plan.strips]


def _sheet(strip: Strip, plan: Plan) -> Sheet:
    title = f"Schedule, strip {strip.number} of {plan.totals.strips}"
    asked = f"{plan.order.medication.drug} {format_taper(plan)}"
    last_shown = strip.days[-1].day + (1 if strip.number == plan.totals.strips else 0)
    if strip.days[0].day <= plan.quality.max_drop_day <= last_shown:
        asked += " · bold row: the largest drop"
    items: list[Item] = [
        *stack(
            [Paragraph("patient.name", f"{patient_line(plan)} · {asked}", 9.5, 7, "semibold")], Box(MARGIN, 17, 182, 8)
        )
    ]
    subtotal = _subtotal(strip)
    subtotal_mm = height_of(subtotal, BODY.width - 4) + 4
    columns = _columns()
    items += headings(columns, BODY.y, 8)
    table = Box(BODY.x, BODY.y + _HEADINGS_MM, BODY.width, BODY.height - _HEADINGS_MM - subtotal_mm - 3)
    y = table.y
    stops_here = strip.number == plan.totals.strips
    rows = _row_heights(strip, columns[4].box.width, table.height - (_ROW_MM if stops_here else 0))
    for day, height in zip(strip.days, rows, strict=True):
        items += _row(day, plan, columns, y, height)
        y += height
        items.append(hairline(y))
    if stops_here:
        items += _end_row(plan, columns, y)
        y += _ROW_MM
    box = Box(BODY.x, y + 2.5, BODY.width, BODY.bottom - y - 2.5)
    items.append(Rectangle(box.top(min(subtotal_mm, box.height)), fill=SHADE))
    items += stack(subtotal, box.inset(2))
    return Sheet(title, tuple(items))


def _columns() -> list[Column]:
    boxes = BODY.columns(11, 9, 29, 18, 79, 18, 15, gap=3)
    words = ("Pouch", "Day", "Date", "Dose (mg)", "Units in the pouch", "Occupancy (%)", "Drop (points)")
    aligns: tuple[Align, ...] = ("right", "right", "left", "right", "left", "right", "right")
    return [Column(box, word, align) for box, word, align in zip(boxes, words, aligns, strict=True)]


def _subtotal(strip: Strip) -> list[Paragraph]:
    n_units = count_units(strip.units)
    words = (
        f"Strip {strip.number} takes {count_of(len(strip.days), 'pouch', 'pouches')}, "
        f"{count_of(n_units, 'unit', 'units')}, {format_dose(strip.total_mg)}"
    )
    return [
        Paragraph("compounding", words, 9, 8, "semibold"),
        Paragraph("compounding", format_units(strip.units), 8, _LEAST_PT, space_mm=0.6),
    ]


def _composition(day: Day, size_pt: float) -> Paragraph:
    return Paragraph("compounding", format_units(day.units), size_pt, _LEAST_PT)


def _row_heights(strip: Strip, width: float, available: float) -> list[float]:
    """Return each row's height: room for its composition, and at least the usual row unless the page is full."""
    usual = min(_ROW_MM, available / len(strip.days))
    wanted = [max(usual, height_of([_composition(day, _TYPE_PT)], width) + 1.2) for day in strip.days]
    excess = sum(wanted) / available
    return [height / excess for height in wanted] if excess > 1 else wanted


def _row(day: Day, plan: Plan, columns: list[Column], y: float, height: float) -> list[Item]:
    steepest = day.day == plan.quality.max_drop_day
    font: Font = "bold" if steepest else "regular"
    pad = max(0.2, (min(height, _ROW_MM) - 3.8) / 2)
    composition_mm = height_of([_composition(day, _TYPE_PT)], columns[4].box.width)
    pad = min(pad, max(0.2, (height - composition_mm) / 2))
    items: list[Item] = []
    if steepest:
        items.append(Rectangle(Box(BODY.x, y, BODY.width, height), fill=SHADE))
    boxes = [Box(column.box.x, y + pad, column.box.width, height - pad) for column in columns]
    items += [
        one_line(str(day.pouch), boxes[0], _TYPE_PT, font, "right"),
        one_line(str(day.day), boxes[1], _TYPE_PT, font, "right"),
        one_line(format_date(day.date), boxes[2], _TYPE_PT, font),
        decimal_aligned(format_number(day.dose_mg), boxes[3].right - 6, y + pad - 0.3, 9.6, "bold"),
        *stack(
            [_composition(day, _TYPE_PT)],
            boxes[4],
        ),
        one_line(format_percent(day.occupancy), boxes[5], _TYPE_PT, font, "right"),
        one_line(format_points(day.drop_points), boxes[6], _TYPE_PT, font, "right"),
    ]
    return items


def _end_row(plan: Plan, columns: list[Column], y: float) -> list[Item]:
    """Return the row after the last pouch: the stop, or where the taper stays."""
    pad = 1.4
    boxes = [Box(column.box.x, y + pad, column.box.width, _ROW_MM - pad) for column in columns]
    line = Line(MARGIN, y, BODY.right, y, 0.3)
    if plan.stop is None:
        words = f"The plan ends here at {format_dose(plan.final_dose_mg)}; what follows is not part of it."
        return [line, *stack([Paragraph("taper", words, 7.4, 6, colour=GREY)], boxes[4])]
    font: Font = "bold" if plan.quality.max_drop_day > len(plan.days) else "regular"
    stop: list[Text] = [
        one_line(format_date(plan.stop.date), boxes[2], _TYPE_PT, font),
        one_line("stop: no pouch from this day on", boxes[4], _TYPE_PT, font),
        one_line(format_percent(0), boxes[5], _TYPE_PT, font, "right"),
        one_line(format_points(plan.stop.drop_points), boxes[6], _TYPE_PT, font, "right"),
    ]
    return [line, *stop]
