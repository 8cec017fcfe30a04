"""The schedule: one page a strip, one row a pouch, and what the strip takes to make."""

from stripgen.domain.plan import Day, Plan, Strip, count_units, volume_of
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
    describe_kept,
    format_consumption,
    format_date,
    format_dose,
    format_number,
    format_percent,
    format_points,
    format_taper,
    format_units,
    format_volume,
    name_form,
    name_strip,
)

_TYPE_PT = 8.6
_LEAST_PT = 6.0
_ROW_MM = 7.0
_HEADINGS_MM = 9.0
_UNITS = 4  # the column; what follows it are figures


def schedule_sheets(plan: Plan) -> list[Sheet]:
    """Return one schedule page for each strip that is to be made."""
    return [_sheet(strip, plan) for strip in plan.strips_to_make]


def _sheet(strip: Strip, plan: Plan) -> Sheet:
    stops_here = strip is plan.strips[-1]
    body = BODY
    items: list[Item] = [
        *stack([Paragraph("patient.name", _whose(strip, plan), 9.5, 7, "semibold")], Box(MARGIN, 17, 182, 8))
    ]
    if strip is plan.strips_to_make[0] and plan.version > 1:
        kept = [Paragraph("amendment", f"{describe_kept(plan)}. Not made again, and not on these pages.", 9, 7, "bold")]
        kept_mm = height_of(kept, body.width)
        items += stack(kept, body.top(kept_mm))
        body = body.below(kept_mm + 2)
    subtotal = _subtotal(strip, plan)
    subtotal_mm = height_of(subtotal, body.width - 4) + 4
    columns = _columns(has_curve=plan.curve is not None)
    items += headings(columns, body.y, 8)
    table = Box(body.x, body.y + _HEADINGS_MM, body.width, body.height - _HEADINGS_MM - subtotal_mm - 3)
    y = table.y
    rows = _row_heights(strip, columns[_UNITS].box.width, table.height - (_ROW_MM if stops_here else 0))
    for day, height in zip(strip.days, rows, strict=True):
        items += _row(day, plan, columns, y, height)
        y += height
        items.append(hairline(y))
    if stops_here:
        items += _end_row(plan, columns, y)
        y += _ROW_MM
    box = Box(body.x, y + 2.5, body.width, body.bottom - y - 2.5)
    items.append(Rectangle(box.top(min(subtotal_mm, box.height)), fill=SHADE))
    items += stack(subtotal, box.inset(2))
    return Sheet(f"Schedule, {name_strip(strip, plan)}", tuple(items))


def _whose(strip: Strip, plan: Plan) -> str:
    """Return whose the strip is, what was asked, and what a bold row means where the page has one."""
    last_shown = strip.days[-1].day + (1 if strip is plan.strips[-1] else 0)
    words = [patient_line(plan), f"{plan.order.medication.drug} {format_taper(plan)}"]
    if strip.days[0].day <= _steepest_day(plan) <= last_shown:
        words.append("bold row: the largest drop")
    return " · ".join(words)


def _steepest_day(plan: Plan) -> int:
    return plan.quality.max_drop_mg_day if plan.curve is None else plan.quality.max_drop_day


def _columns(*, has_curve: bool) -> list[Column]:
    figures = ((18, "Occupancy (%)"), (15, "Drop (points)")) if has_curve else ((15, "Drop (mg)"),)
    units_mm = 79 if has_curve else 100
    boxes = BODY.columns(11, 9, 29, 18, units_mm, *(width for width, _ in figures), gap=3)
    words = ("Pouch", "Day", "Date", "Dose (mg)", "Units in the pouch", *(word for _, word in figures))
    aligns: tuple[Align, ...] = ("right", "right", "left", "right", "left", "right", "right")
    return [Column(box, word, align) for box, word, align in zip(boxes, words, aligns, strict=False)]


def _subtotal(strip: Strip, plan: Plan) -> list[Paragraph]:
    """Return what a strip takes: pouches, units and amount; the units; whole ones from stock where some are divided."""
    n_units = count_units(strip.units)
    solution = plan.order.compounding.solution
    words = (
        f"Strip {strip.number} takes {count_of(len(strip.days), 'pouch', 'pouches')}, "
        f"{count_of(n_units, 'unit', 'units')}, {format_dose(strip.total_mg)}"
    )
    made = format_units(strip.units)
    volume_ml = volume_of(strip.units)
    if solution is not None and volume_ml is not None:
        syringes = f"{n_units} {name_form('oral syringe', n_units)}"
        made = f"{syringes}, {format_volume(volume_ml)} of a solution of {format_dose(solution.mg_per_ml)}/mL"
    paragraphs = [
        Paragraph("compounding", words, 9, 8, "semibold"),
        Paragraph("compounding", made, 8, _LEAST_PT, space_mm=0.6),
    ]
    if any(unit.divided_into > 1 for unit in strip.units):
        stock = f"Takes from stock: {format_consumption(strip.consumption)}"
        paragraphs.append(Paragraph("compounding", stock, 8, _LEAST_PT, "semibold", space_mm=0.6))
    return paragraphs


def _composition(day: Day, size_pt: float) -> Paragraph:
    return Paragraph("compounding", f"{format_units(day.units)}{_remark(day)}", size_pt, _LEAST_PT)


def _remark(day: Day) -> str:
    """Return what a reader must know of a day beside its dose."""
    if day.rises:
        return " · higher than the day before, as planned"
    return " · hold" if day.held else ""


def _row_heights(strip: Strip, width: float, available: float) -> list[float]:
    """Return each row's height: room for its composition, and at least the usual row unless the page is full."""
    usual = min(_ROW_MM, available / len(strip.days))
    wanted = [max(usual, height_of([_composition(day, _TYPE_PT)], width) + 1.2) for day in strip.days]
    excess = sum(wanted) / available
    return [height / excess for height in wanted] if excess > 1 else wanted


def _row(day: Day, plan: Plan, columns: list[Column], y: float, height: float) -> list[Item]:
    steepest = day.day == _steepest_day(plan)
    font: Font = "bold" if steepest else "regular"
    pad = max(0.2, (min(height, _ROW_MM) - 3.8) / 2)
    composition_mm = height_of([_composition(day, _TYPE_PT)], columns[_UNITS].box.width)
    pad = min(pad, max(0.2, (height - composition_mm) / 2))
    items: list[Item] = []
    if steepest:
        items.append(Rectangle(Box(BODY.x, y, BODY.width, height), fill=SHADE))
    boxes = [Box(column.box.x, y + pad, column.box.width, height - pad) for column in columns]
    return [
        *items,
        one_line(str(day.pouch), boxes[0], _TYPE_PT, font, "right"),
        one_line(str(day.day), boxes[1], _TYPE_PT, font, "right"),
        one_line(format_date(day.date), boxes[2], _TYPE_PT, font),
        decimal_aligned(format_number(day.dose_mg), boxes[3].right - 6, y + pad - 0.3, 9.6, "bold"),
        *stack([_composition(day, _TYPE_PT)], boxes[_UNITS]),
        *_figures(_figures_of(day), boxes, font),
    ]


def _figures_of(day: Day) -> list[str]:
    """Return occupancy and drop in points, or without a curve the drop in mg."""
    if day.occupancy is None or day.drop_points is None:
        return [f"{'-' if day.rises else ''}{format_number(abs(day.drop_mg))}"]
    return [format_percent(day.occupancy), format_points(day.drop_points)]


def _figures(figures: list[str], boxes: list[Box], font: Font) -> list[Text]:
    return [
        one_line(words, box, _TYPE_PT, font, "right") for words, box in zip(figures, boxes[_UNITS + 1 :], strict=True)
    ]


def _end_row(plan: Plan, columns: list[Column], y: float) -> list[Item]:
    """Return the row after the last pouch: the stop, or where the taper stays."""
    pad = 1.4
    boxes = [Box(column.box.x, y + pad, column.box.width, _ROW_MM - pad) for column in columns]
    line = Line(MARGIN, y, BODY.right, y, 0.3)
    if plan.stop is None:
        words = f"The plan ends here at {format_dose(plan.final_dose_mg)}; what follows is not part of it."
        return [line, *stack([Paragraph("taper", words, 7.4, 6, colour=GREY)], boxes[_UNITS])]
    font: Font = "bold" if _steepest_day(plan) > len(plan.days) else "regular"
    points = plan.stop.drop_points
    figures = [format_number(plan.stop.drop_mg)] if points is None else [format_percent(0), format_points(points)]
    stop: list[Text] = [
        one_line(format_date(plan.stop.date), boxes[2], _TYPE_PT, font),
        one_line("stop: no pouch from this day on", boxes[_UNITS], _TYPE_PT, font),
        *_figures(figures, boxes, font),
    ]
    return [line, *stop]
