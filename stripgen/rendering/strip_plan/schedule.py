"""The schedule: one page a strip, one row a pouch, and what the strip takes to make."""

from stripgen.domain.plan import Day, Plan, Strip, count_units, volume_of
from stripgen.rendering.descriptions import (
    describe_beyond_use_rule,
    describe_consumption,
    describe_kept,
    describe_units,
    name_strip,
)
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import (
    Column,
    Sheet,
    describe_whose,
    hairline,
    headings,
)
from stripgen.rendering.strip_plan.page import GREY, SHADE, Align, Box, Font, Item, Line, Rectangle, Text
from stripgen.rendering.strip_plan.paper import Paper
from stripgen.rendering.strip_plan.text import Paragraph, decimal_aligned, height_of, one_line, stack
from stripgen.rendering.words import Words, capitalise

_TYPE_PT = 8.6
_LEAST_PT = 6.0
_ROW_MM = 7.0
_HEADINGS_MM = 9.0
_UNITS = 4  # the column; what follows it are figures
_LEAST_DATE_MM = 29.0


def schedule_sheets(plan: Plan, words: Words, paper: Paper) -> list[Sheet]:
    """Return one schedule page for each strip that is to be made."""
    return [_sheet(strip, plan, words, paper) for strip in plan.strips_to_make]


def _sheet(strip: Strip, plan: Plan, words: Words, paper: Paper) -> Sheet:
    stops_here = strip is plan.strips[-1]
    body, whose = paper.body, Paragraph("patient.name", _whose(strip, plan, words), 9.5, 7, "semibold")
    items: list[Item] = [*stack([whose], paper.tall_body.top(8))]
    if strip is plan.strips_to_make[0] and plan.version > 1:
        told = words.say("schedule.kept", kept=describe_kept(plan, words))
        kept = [Paragraph("amendment", told, 9, 7, "bold")]
        kept_mm = height_of(kept, body.width)
        items += stack(kept, body.top(kept_mm))
        body = body.below(kept_mm + 2)
    subtotal = _subtotal(strip, plan, words)
    subtotal_mm = height_of(subtotal, body.width - 4) + 4
    columns = _columns(plan, words, body)
    items += headings(columns, body.y, 8, _HEADINGS_MM)
    table = Box(body.x, body.y + _HEADINGS_MM, body.width, body.height - _HEADINGS_MM - subtotal_mm - 3)
    y = table.y
    rows = _row_heights(strip, words, columns[_UNITS].box.width, table.height - (_ROW_MM if stops_here else 0))
    for day, height in zip(strip.days, rows, strict=True):
        items += _row(day, plan, words, columns, Box(body.x, y, body.width, height))
        y += height
        items.append(hairline(y, body))
    if stops_here:
        items += _end_row(plan, words, columns, Box(body.x, y, body.width, _ROW_MM))
        y += _ROW_MM
    box = Box(body.x, y + 2.5, body.width, body.bottom - y - 2.5)
    items.append(Rectangle(box.top(min(subtotal_mm, box.height)), fill=SHADE))
    items += stack(subtotal, box.inset(2))
    return Sheet(words.say("schedule.title", strip=name_strip(strip, plan, words)), tuple(items), paper)


def _whose(strip: Strip, plan: Plan, words: Words) -> str:
    """Return whose the strip is, what was asked, and what a bold row means where the page has one."""
    last_shown = strip.days[-1].day + (1 if strip is plan.strips[-1] else 0)
    whose = describe_whose(plan, words)
    if strip.days[0].day <= _steepest_day(plan) <= last_shown:
        return f"{whose} · {words.say('schedule.bold_row')}"
    return whose


def _steepest_day(plan: Plan) -> int:
    return plan.quality.max_drop_mg_day if plan.curve is None else plan.quality.max_drop_day


def _columns(plan: Plan, words: Words, body: Box) -> list[Column]:
    headed = "pouch", "day", "date", "dose", "units"
    figures = {"drop_mg": 15.0} if plan.curve is None else {"occupancy": 18.0, "drop_points": 15.0}
    units_mm = 79.0 if plan.curve else 100.0
    dates = [day.date for day in plan.days] + ([plan.stop.date] if plan.stop else [])
    date_mm = max(_LEAST_DATE_MM, *(width_mm(words.date(date), "bold", _TYPE_PT) + 0.5 for date in dates))
    units_mm -= date_mm - _LEAST_DATE_MM
    boxes = body.columns(11, 9, date_mm, 18, units_mm, *figures.values(), gap=3)
    texts = [words.say(f"schedule.{name}") for name in (*headed, *figures)]
    aligns: tuple[Align, ...] = ("right", "right", "left", "right", "left", "right", "right")
    return [Column(box, text, align) for box, text, align in zip(boxes, texts, aligns, strict=False)]


def _subtotal(strip: Strip, plan: Plan, words: Words) -> list[Paragraph]:
    """Return what a strip takes: pouches, units and amount; the units; whole ones from stock where some are divided."""
    takes = words.say(
        "schedule.takes",
        strip=strip.number,
        pouches=len(strip.days),
        units=count_units(strip.units),
        total=strip.total_mg,
    )
    paragraphs = [
        Paragraph("compounding", takes, 9, 8, "semibold"),
        Paragraph("compounding", _made_of(strip, plan, words), 8, _LEAST_PT, space_mm=0.6),
    ]
    if any(unit.divided_into > 1 for unit in strip.units):
        stock = words.say("schedule.from_stock", units=describe_consumption(strip.consumption, words))
        paragraphs.append(Paragraph("compounding", stock, 8, _LEAST_PT, "semibold", space_mm=0.6))
    beyond_use = strip.beyond_use
    if beyond_use.date is not None and beyond_use.winner is not None and beyond_use.winner.kind != "given":
        rule = describe_beyond_use_rule(beyond_use.winner, words)
        told = words.say("beyond_use.used_by", date=beyond_use.date, rule=rule)
        paragraphs.append(Paragraph("dispensing", capitalise(told), 8, _LEAST_PT, space_mm=0.6))
    return paragraphs


def _made_of(strip: Strip, plan: Plan, words: Words) -> str:
    """Return a strip's units, or its syringes and what is measured into them."""
    solution, volume_ml = plan.order.compounding.solution, volume_of(strip.units)
    if solution is None or volume_ml is None:
        return describe_units(strip.units, words)
    n_syringes = count_units(strip.units)
    return words.say(
        "schedule.syringes",
        n=n_syringes,
        syringes=words.form("oral syringe", n_syringes),
        volume=volume_ml,
        concentration=solution.mg_per_ml,
    )


def _composition(day: Day, words: Words, size_pt: float) -> Paragraph:
    told = " · ".join(filter(None, (describe_units(day.units, words), _remark(day, words))))
    return Paragraph("compounding", told, size_pt, _LEAST_PT)


def _remark(day: Day, words: Words) -> str:
    """Return what a reader must know of a day beside its dose."""
    if day.rises:
        return words.say("schedule.higher")
    return words.say("schedule.hold") if day.held else ""


def _row_heights(strip: Strip, words: Words, width: float, available: float) -> list[float]:
    """Return each row's height: room for its composition, and at least the usual row unless the page is full."""
    usual = min(_ROW_MM, available / len(strip.days))
    wanted = [max(usual, height_of([_composition(day, words, _TYPE_PT)], width) + 1.2) for day in strip.days]
    excess = sum(wanted) / available
    return [height / excess for height in wanted] if excess > 1 else wanted


def _row(day: Day, plan: Plan, words: Words, columns: list[Column], row: Box) -> list[Item]:
    steepest = day.day == _steepest_day(plan)
    font: Font = "bold" if steepest else "regular"
    pad = max(0.2, (min(row.height, _ROW_MM) - 3.8) / 2)
    composition_mm = height_of([_composition(day, words, _TYPE_PT)], columns[_UNITS].box.width)
    pad = min(pad, max(0.2, (row.height - composition_mm) / 2))
    items: list[Item] = []
    if steepest:
        items.append(Rectangle(row, fill=SHADE))
    boxes = [Box(column.box.x, row.y + pad, column.box.width, row.height - pad) for column in columns]
    return [
        *items,
        one_line(str(day.pouch), boxes[0], _TYPE_PT, font, "right"),
        one_line(str(day.day), boxes[1], _TYPE_PT, font, "right"),
        one_line(words.date(day.date), boxes[2], _TYPE_PT, font),
        decimal_aligned(
            words.number(day.dose_mg), boxes[3].right - 6, row.y + pad - 0.3, 9.6, "bold", mark=words.decimal_mark
        ),
        *stack([_composition(day, words, _TYPE_PT)], boxes[_UNITS]),
        *_figures(_figures_of(day, words), boxes, font),
    ]


def _figures_of(day: Day, words: Words) -> list[str]:
    """Return occupancy and drop in points, or without a curve the drop in mg."""
    if day.occupancy is None or day.drop_points is None:
        return [f"{'-' if day.rises else ''}{words.number(abs(day.drop_mg))}"]
    return [words.percent(day.occupancy), words.points(day.drop_points)]


def _figures(figures: list[str], boxes: list[Box], font: Font) -> list[Text]:
    return [
        one_line(figure, box, _TYPE_PT, font, "right") for figure, box in zip(figures, boxes[_UNITS + 1 :], strict=True)
    ]


def _end_row(plan: Plan, words: Words, columns: list[Column], row: Box) -> list[Item]:
    """Return the row after the last pouch: the stop, or where the taper stays."""
    pad = 1.4
    boxes = [Box(column.box.x, row.y + pad, column.box.width, row.height - pad) for column in columns]
    line = Line(row.x, row.y, row.right, row.y, 0.3)
    if plan.stop is None:
        ends = words.say("schedule.ends", dose=plan.final_dose_mg)
        return [line, *stack([Paragraph("taper", ends, 7.4, 6, colour=GREY)], boxes[_UNITS])]
    font: Font = "bold" if _steepest_day(plan) > len(plan.days) else "regular"
    points = plan.stop.drop_points
    figures = [words.number(plan.stop.drop_mg)] if points is None else [words.percent(0), words.points(points)]
    stop: list[Text] = [
        one_line(words.date(plan.stop.date), boxes[2], _TYPE_PT, font),
        one_line(words.say("schedule.stop"), boxes[_UNITS], _TYPE_PT, font),
        *_figures(figures, boxes, font),
    ]
    return [line, *stop]
