"""The chart of the review page.

Dose as steps, occupancy as a line; what was asked for, a linear taper, what other curves say, what a model predicts.
Without a curve only the doses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from stripgen.domain.plan import Plan, name_drop_day
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import (
    BAND,
    BLUE,
    GREY,
    ORANGE,
    RED,
    SHADE,
    Box,
    Circle,
    Colour,
    Item,
    Line,
    Polyline,
    Rectangle,
)
from stripgen.rendering.strip_plan.plot import (
    GRID,
    GRID_MG,
    Scale,
    axis,
    dose_steps,
    grid,
    occupancy_points,
    round_ticks,
)
from stripgen.rendering.strip_plan.text import one_line
from stripgen.rendering.words import Words

_TYPE_PT = 7.0
_ROW_MM = 3.9  # of the words above the start dose: strips, the amendment, holds, the note on the largest drop
_TARGET: Colour = (0.98, 0.8, 0.6)
_MODEL: Colour = (0.0, 0.45, 0.35)
_DASH = (1.4, 0.9)
_MODEL_DASH = (0.5, 0.5)
_AXIS_TITLE_MM = 5.0  # as far as the title of the right axis reaches over the plot
_LEAST_LABEL_MM = 24.0  # two dates side by side need this much
_SHARE_AFTER = 0.1  # of the plan's length, at most, to show how the medicine wears off


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of words above the lines begin, millimetres from the top of the plot."""

    holds: float
    note: float
    amended: float
    end: float


def lay_out_chart(plan: Plan, words: Words, box: Box) -> list[Item]:
    """Return the chart, filling the box."""
    right = 13 if plan.curve else 12
    plot = Box(box.x + 13, box.y + 6, box.width - 13 - right, box.height - 6 - 9)
    rows = _rows(plan)
    scale = _scale(plan, plot, plot.height / (plot.height - rows.end))
    lines = _occupancy_lines(plan, scale) if plan.curve else _dose_lines(plan, scale)
    return [
        *_strips(plan, words, scale),
        *_band(plan, scale),
        *_axes(plan, words, scale, rows),
        *lines,
        *_amended(plan, words, scale, rows),
        *_holds(plan, words, scale, rows),
        *_largest_drop(plan, words, scale, rows),
        *_legend(plan, words, Box(plot.x + 2, box.y, plot.width - 2 - _AXIS_TITLE_MM, 5)),
    ]


def _rows(plan: Plan) -> _Rows:
    holds = 0.3 + _ROW_MM
    note = holds + _ROW_MM * any(day.held for day in plan.days)
    amended = note + _ROW_MM
    return _Rows(holds, note, amended, amended + _ROW_MM * (plan.version > 1))


def _scale(plan: Plan, plot: Box, headroom: float) -> Scale:
    """Return the scale: one day is shown after the last pouch, and more where the medicine wears off."""
    n_days = len(plan.days)
    after = len(plan.prediction.after) - 1 if plan.prediction else 0
    n_shown = n_days + 1 + min(max(after, 0), int(_SHARE_AFTER * n_days))
    most_mg = max(*(float(day.dose_mg) for day in plan.days), *_linear_if_shown(plan), 0.0)
    return Scale(plot, n_shown, most_mg * headroom, _highest(plan) * headroom if plan.curve else None)


def _linear_if_shown(plan: Plan) -> tuple[float, ...]:
    """Return the doses of a linear taper where they are drawn: without a curve."""
    return () if plan.curve else tuple(float(dose_mg) for dose_mg in plan.linear.doses_mg)


def _highest(plan: Plan) -> float:
    """Return the highest occupancy that any line shows."""
    shown = [level for day in plan.days for level in (day.occupancy, day.target_occupancy) if level is not None]
    shown += plan.linear.occupancies
    shown += plan.prediction.occupancies if plan.prediction else ()
    shown += plan.sensitivity.highest if plan.sensitivity else ()
    return max(shown)


def _strips(plan: Plan, words: Words, scale: Scale) -> Iterator[Item]:
    plot = scale.plot
    for strip in plan.strips:
        x1, x2 = scale.x(strip.days[0].day), scale.x(strip.days[-1].day + 1)
        if strip.number % 2:
            yield Rectangle(Box(x1, plot.y, x2 - x1, plot.height), fill=SHADE)
        fitting = [
            text
            for text in (words.say("chart.strip", strip=strip.number), str(strip.number))
            if width_mm(text, "regular", _TYPE_PT) < x2 - x1 - 1
        ]
        for text in fitting[:1]:
            yield one_line(text, Box(x1, plot.y + 0.3, x2 - x1, 4), _TYPE_PT, align="centre", colour=GREY)


def _band(plan: Plan, scale: Scale) -> Iterator[Item]:
    """Yield the ground between the lowest and the highest that any curve says."""
    sensitivity = plan.sensitivity
    if sensitivity is None:
        return
    lowest = occupancy_points(sensitivity.lowest, scale)
    highest = occupancy_points(sensitivity.highest, scale)
    yield Polyline((*highest, *reversed(lowest)), 0.05, BAND, fill=BAND)


def _axes(plan: Plan, words: Words, scale: Scale, rows: _Rows) -> Iterator[Item]:
    plot = scale.plot
    share = 1 - rows.end / plot.height
    ticks = round_ticks(scale.most_mg * share)
    if scale.most_fraction is None:
        yield from grid(scale, [scale.dose_y(tick) for tick in ticks], GRID_MG)
    else:
        percents = round_ticks(100 * scale.most_fraction * share)
        yield from grid(scale, [scale.occupancy_y(percent / 100) for percent in percents], GRID)
        yield from axis(scale, percents, words, ORANGE, _TYPE_PT, of_doses=False)
        percent = words.say("chart.percent")
        width = width_mm(percent, "semibold", _TYPE_PT) + 0.5
        place = Box(plot.right + 13 - width, plot.y - 4.4, width, 4)
        yield one_line(percent, place, _TYPE_PT, "semibold", "right", colour=ORANGE)
    yield from axis(scale, ticks, words, BLUE, _TYPE_PT, of_doses=True)
    yield Line(plot.x, plot.bottom, plot.right, plot.bottom, 0.25)
    mg_a_day = words.say("chart.mg_a_day")
    place = Box(plot.x - 13, plot.y - 4.4, width_mm(mg_a_day, "semibold", _TYPE_PT) + 0.5, 4)
    yield one_line(mg_a_day, place, _TYPE_PT, "semibold", colour=BLUE)
    yield from _days(plan, words, scale)


def _days(plan: Plan, words: Words, scale: Scale) -> Iterator[Item]:
    """Yield the days on the lower axis: where strips start, as many as have room, and the day after the last pouch."""
    plot, last = scale.plot, len(plan.days) + 1
    end_x = scale.x(last)
    if plan.stop:
        end = words.say("chart.day_stop", day=last), words.date(plan.stop.date)
    else:
        end = words.say("chart.day_end", day=last - 1), words.date(plan.last_date)
    starts = [
        (words.say("chart.day", day=day.day), words.date(day.date), scale.x(day.day))
        for day in (strip.days[0] for strip in plan.strips)
    ]
    texts = [*end, *(text for day, date, _ in starts for text in (day, date))]
    label_mm = max(_LEAST_LABEL_MM, *(width_mm(text, "regular", _TYPE_PT) + 0.5 for text in texts))
    yield from _day_label(end, end_x, plot, label_mm)
    taken = -1e9
    for day, date, x in starts:
        if x - taken >= label_mm and end_x - x >= label_mm:
            yield from _day_label((day, date), x, plot, label_mm)
            taken = x


def _day_label(texts: tuple[str, str], x: float, plot: Box, width: float) -> Iterator[Item]:
    yield Line(x, plot.bottom, x, plot.bottom + 1, 0.2)
    for line, text in enumerate(texts):
        box = Box(x - width / 2, plot.bottom + 1.2 + line * 3.1, width, 4)
        yield one_line(text, box, _TYPE_PT, align="centre", colour=GREY)


def _occupancy_lines(plan: Plan, scale: Scale) -> Iterator[Item]:
    after = [] if plan.stop is None else [0.0]
    asked = [day.target_occupancy for day in plan.days if day.target_occupancy is not None]
    given = [day.occupancy for day in plan.days if day.occupancy is not None]
    yield Polyline(occupancy_points(asked + after, scale), 1.5, _TARGET)
    yield Polyline(occupancy_points([*plan.linear.occupancies, *after], scale), 0.3, GREY, _DASH)
    yield _doses(plan, scale)
    yield Polyline(occupancy_points(given + after, scale), 0.35, ORANGE)
    if plan.prediction:
        model = (*plan.prediction.occupancies, *plan.prediction.after)[: scale.n_shown]
        yield Polyline(occupancy_points(model, scale), 0.28, _MODEL, _MODEL_DASH)


def _dose_lines(plan: Plan, scale: Scale) -> Iterator[Item]:
    after = [] if plan.stop is None else [0.0]
    yield Polyline(dose_steps([*_linear_if_shown(plan), *after], scale), 0.3, GREY, _DASH)
    yield _doses(plan, scale)


def _doses(plan: Plan, scale: Scale) -> Polyline:
    after = [] if plan.stop is None else [0.0]
    return Polyline(dose_steps([float(day.dose_mg) for day in plan.days] + after, scale), 0.35, BLUE)


def _amended(plan: Plan, words: Words, scale: Scale, rows: _Rows) -> Iterator[Item]:
    """Yield the line from which an amended plan is planned anew, its words on whichever side has room."""
    amendment = plan.order.amendment
    if amendment is None:
        return
    plot, x = scale.plot, scale.x(amendment.from_day)
    anew = words.say("chart.planned_anew", day=amendment.from_day)
    width = width_mm(anew, "semibold", _TYPE_PT) + 0.5
    left = x + 1 if x + 1 + width < plot.right else x - 1 - width
    y = plot.y + rows.amended
    yield Line(x, y, x, plot.bottom, 0.3, RED)
    yield one_line(anew, Box(left, y, width, 4), _TYPE_PT, "semibold", colour=RED)


def _holds(plan: Plan, words: Words, scale: Scale, rows: _Rows) -> Iterator[Item]:
    """Yield a brace over each stretch of held days, with its words inside, or the shorter beside it where they fit."""
    plot, y, taken = scale.plot, scale.plot.y + rows.holds, scale.plot.x
    stretches = [
        (dose_mg, [day.day for day in days])
        for (held, dose_mg), days in groupby(plan.days, key=lambda day: (day.held, day.dose_mg))
        if held
    ]
    starts = [scale.x(numbers[0]) for _, numbers in stretches]
    for (dose_mg, numbers), x1, following in zip(stretches, starts, [*starts, plot.right][1:], strict=True):
        x2 = scale.x(numbers[-1] + 1)
        for x in (x1, x2):
            yield Line(x, y + 0.4, x, y + 3.4, 0.2, GREY)
        yield Line(x1, y + 3.4, x2, y + 3.4, 0.2, GREY)
        long, short = words.say("chart.hold_days", days=len(numbers), dose=dose_mg), words.say("chart.hold")
        text = long if _width_of(long) + 1 < x2 - x1 else short
        width = _width_of(text)
        places = ((x1 + x2 - width) / 2, x2 + 1, x1 - 1 - width)
        fit = (width + 1 < x2 - x1, x2 + 1 + width < following, x1 - 1 - width > taken)
        taken = x2
        if any(fit):
            left = places[fit.index(True)]
            yield one_line(text, Box(left, y, width, 4), _TYPE_PT, colour=GREY)
            taken = max(x2, left + width)


def _width_of(text: str) -> float:
    return width_mm(text, "regular", _TYPE_PT) + 0.2


def _largest_drop(plan: Plan, words: Words, scale: Scale, rows: _Rows) -> Iterator[Item]:
    """Yield a note above the day of the largest drop, with a line down to it."""
    n_days, quality = len(plan.days), plan.quality
    day = quality.max_drop_day
    last = None if day > n_days else plan.days[day - 1]
    when = name_drop_day(day, n_days)
    if quality.max_drop_points is None:
        note = words.say("chart.largest_drop_mg", drop=quality.max_drop_mg, when=when)
        y = scale.dose_y(float(last.dose_mg) if last else 0.0)
    else:
        note = words.say("chart.largest_drop_points", drop=quality.max_drop_points, when=when)
        y = scale.occupancy_y(last.occupancy or 0.0 if last else 0.0)
    x, plot = scale.x(day + 0.5), scale.plot
    width = width_mm(note, "semibold", _TYPE_PT) + 0.5
    left = min(max(x - width / 2, plot.x + 1), plot.right - width - 1)
    yield Line(x, plot.y + rows.end, x, y - 1.1, 0.2, RED, (0.5, 0.7))
    yield Circle(x, y, 1.1, RED)
    yield one_line(note, Box(left, plot.y + rows.note, width, 4), _TYPE_PT, "semibold", colour=RED)


def _legend(plan: Plan, words: Words, box: Box) -> Iterator[Item]:
    """Yield what each line is, in a row as wide as its words; in smaller type where they are too many for the box."""
    samples: list[tuple[str, float, Colour, tuple[float, ...]]] = [("dose", 0.5, BLUE, ())]
    if plan.curve:
        samples += [("occupancy", 0.5, ORANGE, ()), ("asked_for", 1.5, _TARGET, ())]
    samples.append(("linear", 0.35, GREY, _DASH))
    if plan.sensitivity:
        samples.append(("other_curves", 2.2, BAND, ()))
    if plan.prediction:
        samples.append(("predicted", 0.35, _MODEL, _MODEL_DASH))
    texts = [words.say(f"chart.{name}") for name, *_ in samples]
    gap, sample_mm = 4.0, 9.0
    widths = [width_mm(text, "regular", _TYPE_PT) for text in texts]
    room = box.width - len(samples) * sample_mm - (len(samples) - 1) * gap
    share = min(1.0, room / sum(widths))
    x = box.x + (room - share * sum(widths)) / 2
    for text, (_, line_mm, colour, dash), width in zip(texts, samples, widths, strict=True):
        yield Line(x, box.y + 1.6, x + 7, box.y + 1.6, line_mm, colour, dash)
        place = Box(x + 8.5, box.y, sample_mm + share * width - 8.4, 4)
        yield one_line(text, place, share * _TYPE_PT, colour=GREY)
        x += sample_mm + share * width + gap
