"""The chart of the review page: dose as steps, occupancy as a line, the equal-step target, the linear taper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stripgen.domain.plan import Plan
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import (
    BLUE,
    GREY,
    ORANGE,
    PALE,
    RED,
    SHADE,
    Align,
    Box,
    Circle,
    Colour,
    Item,
    Line,
    Polyline,
    Rectangle,
    Text,
)
from stripgen.rendering.strip_plan.text import line_height, one_line
from stripgen.rendering.words import format_date, format_points

_TYPE_PT = 7.0
_HEADROOM_MM = 8.0  # above the start dose: the strips' numbers and the note on the largest drop
_TARGET: Colour = (0.98, 0.8, 0.6)
_LABEL_MM = 24.0  # two dates side by side need this much


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where days, doses and occupancies lie in the plot."""

    plot: Box
    n_days: int
    most_mg: float
    most_fraction: float

    def x(self, day: float) -> float:
        """Return where a day begins; day n + 1 is the stop, and one more day is shown after it."""
        return self.plot.x + (day - 1) / (self.n_days + 1) * self.plot.width

    def dose_y(self, dose_mg: float) -> float:
        return self.plot.bottom - dose_mg / self.most_mg * self.plot.height

    def occupancy_y(self, fraction: float) -> float:
        return self.plot.bottom - fraction / self.most_fraction * self.plot.height


def lay_out_chart(plan: Plan, box: Box) -> list[Item]:
    """Return the chart, filling the box."""
    plot = Box(box.x + 13, box.y + 6, box.width - 26, box.height - 6 - 9)
    highest = max(plan.days[0].occupancy, plan.days[0].target_occupancy, plan.linear.occupancies[0])
    headroom = plot.height / (plot.height - _HEADROOM_MM)
    scale = _Scale(plot, len(plan.days), float(plan.days[0].dose_mg) * headroom, highest * headroom)
    return [
        *_strips(plan, scale),
        *_axes(plan, scale),
        *_curves(plan, scale),
        *_largest_drop(plan, scale),
        *_legend(Box(plot.x, box.y, plot.width, 5)),
    ]


def _strips(plan: Plan, scale: _Scale) -> Iterator[Item]:
    plot = scale.plot
    for strip in plan.strips:
        x1, x2 = scale.x(strip.days[0].day), scale.x(strip.days[-1].day + 1)
        if strip.number % 2:
            yield Rectangle(Box(x1, plot.y, x2 - x1, plot.height), fill=SHADE)
        fitting = [
            words
            for words in (f"strip {strip.number}", str(strip.number))
            if width_mm(words, "regular", _TYPE_PT) < x2 - x1 - 1
        ]
        for words in fitting[:1]:
            yield one_line(words, Box(x1, plot.y + 0.3, x2 - x1, 4), _TYPE_PT, align="centre", colour=GREY)


def _axes(plan: Plan, scale: _Scale) -> Iterator[Item]:
    plot = scale.plot
    for tick in _round_ticks(float(plan.days[0].dose_mg)):
        y = scale.dose_y(tick)
        yield Line(plot.x - 1, y, plot.x, y, 0.2, BLUE)
        yield _beside(f"{tick:,g}", plot.x - 12, y, "right", BLUE)
    for tick in _round_ticks(100 * scale.most_fraction * (1 - _HEADROOM_MM / plot.height)):
        y = scale.occupancy_y(tick / 100)
        yield Line(plot.x, y, plot.right, y, 0.1, PALE)
        yield Line(plot.right, y, plot.right + 1, y, 0.2, ORANGE)
        yield _beside(f"{tick:g}", plot.right + 1.5, y, "left", ORANGE)
    yield Line(plot.x, plot.y, plot.x, plot.bottom, 0.25, BLUE)
    yield Line(plot.right, plot.y, plot.right, plot.bottom, 0.25, ORANGE)
    yield Line(plot.x, plot.bottom, plot.right, plot.bottom, 0.25)
    yield one_line("mg a day", Box(plot.x - 13, plot.y - 4.4, 20, 4), _TYPE_PT, "semibold", colour=BLUE)
    yield one_line(
        "occupancy, %", Box(plot.right - 10, plot.y - 4.4, 23, 4), _TYPE_PT, "semibold", "right", colour=ORANGE
    )
    yield from _days(plan, scale)


def _beside(words: str, x: float, y: float, align: Align, colour: Colour) -> Text:
    height = line_height(_TYPE_PT)
    return Text(Box(x, y - height / 2, 10.5, height), words, _TYPE_PT, align=align, colour=colour)


def _round_ticks(highest: float) -> list[float]:
    """Return round numbers from 0 up to a value, four to seven of them."""
    step = next(
        step
        for power in range(-4, 5)
        for step in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if highest / step <= 6  # noqa: PLR2004 - seven ticks with the zero
    )
    return [round(step * n, 6) for n in range(int(highest / step + 1e-9) + 1)]


def _days(plan: Plan, scale: _Scale) -> Iterator[Item]:
    """Yield the days on the lower axis: where strips start, as many as have room, and the day after the last pouch."""
    plot = scale.plot
    last = len(plan.days) + 1
    end_x = scale.x(last)
    end = "stop" if plan.stop else "end"
    end_date = plan.stop.date if plan.stop else plan.days[-1].date
    yield from _day_label(f"day {last if plan.stop else last - 1}: {end}", format_date(end_date), end_x, plot)
    taken = -1e9
    for strip in plan.strips:
        day = strip.days[0]
        x = scale.x(day.day)
        if x - taken >= _LABEL_MM and end_x - x >= _LABEL_MM:
            yield from _day_label(f"day {day.day}", format_date(day.date), x, plot)
            taken = x


def _day_label(words: str, date: str, x: float, plot: Box) -> Iterator[Item]:
    yield Line(x, plot.bottom, x, plot.bottom + 1, 0.2)
    for line, text in enumerate((words, date)):
        box = Box(x - _LABEL_MM / 2, plot.bottom + 1.2 + line * 3.1, _LABEL_MM, 4)
        yield one_line(text, box, _TYPE_PT, align="centre", colour=GREY)


def _curves(plan: Plan, scale: _Scale) -> Iterator[Item]:
    days = plan.days
    after = [] if plan.stop is None else [0.0]
    target = _occupancy_line([day.target_occupancy for day in days] + after, scale)
    linear = _occupancy_line([*plan.linear.occupancies, *after], scale)
    given = _occupancy_line([day.occupancy for day in days] + after, scale)
    yield Polyline(target, 1.5, _TARGET)
    yield Polyline(linear, 0.3, GREY, (1.4, 0.9))
    yield Polyline(_steps([float(day.dose_mg) for day in days] + after, scale), 0.35, BLUE)
    yield Polyline(given, 0.35, ORANGE)


def _occupancy_line(fractions: Sequence[float], scale: _Scale) -> tuple[tuple[float, float], ...]:
    return tuple((scale.x(day + 0.5), scale.occupancy_y(value)) for day, value in enumerate(fractions, start=1))


def _steps(doses_mg: Sequence[float], scale: _Scale) -> tuple[tuple[float, float], ...]:
    points: list[tuple[float, float]] = []
    for day, dose in enumerate(doses_mg, start=1):
        y = scale.dose_y(dose)
        points += [(scale.x(day), y), (scale.x(day + 1), y)]
    return tuple(points)


def _largest_drop(plan: Plan, scale: _Scale) -> Iterator[Item]:
    """Yield a note above the day of the largest drop, with a line down to it."""
    day = plan.quality.max_drop_day
    is_stop = day > len(plan.days)
    occupancy = 0.0 if is_stop else plan.days[day - 1].occupancy
    x, y = scale.x(day + 0.5), scale.occupancy_y(occupancy)
    when = "the stop" if is_stop else f"day {day}"
    words = f"largest drop: {format_points(plan.quality.max_drop_points)} points, {when}"
    width = width_mm(words, "semibold", _TYPE_PT) + 0.5
    plot = scale.plot
    left = min(max(x - width / 2, plot.x + 1), plot.right - width - 1)
    top = plot.y + 4.2
    yield Line(x, top + line_height(_TYPE_PT), x, y - 1.1, 0.2, RED, (0.5, 0.7))
    yield Circle(x, y, 1.1, RED)
    yield Rectangle(Box(left - 0.4, top, width + 0.8, line_height(_TYPE_PT)), fill=(1, 1, 1))
    yield one_line(words, Box(left, top, width, 4), _TYPE_PT, "semibold", colour=RED)


def _legend(box: Box) -> Iterator[Item]:
    samples: list[tuple[str, float, Colour, tuple[float, ...]]] = [
        ("dose", 0.5, BLUE, ()),
        ("occupancy", 0.5, ORANGE, ()),
        ("equal steps asked for", 1.5, _TARGET, ()),
        ("occupancy of a linear taper", 0.35, GREY, (1.4, 0.9)),
    ]
    widths = [9 + width_mm(words, "regular", _TYPE_PT) for words, *_ in samples]
    x = box.x + (box.width - sum(widths) - 5 * (len(samples) - 1)) / 2
    for (words, width, colour, dash), taken in zip(samples, widths, strict=True):
        yield Line(x, box.y + 1.6, x + 7, box.y + 1.6, width, colour, dash)
        yield one_line(words, Box(x + 8.5, box.y, taken - 8.4, 4), _TYPE_PT, colour=GREY)
        x += taken + 5
