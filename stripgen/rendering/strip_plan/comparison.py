"""The page that sets the plan beside other ways to taper: a table, and small charts on one scale."""

from collections.abc import Iterator, Sequence

from stripgen.domain.plan import Plan
from stripgen.rendering.strip_plan.figure_table import lay_out_table, table_height
from stripgen.rendering.strip_plan.figures import Row, describe_same, full_figures, name_when, other_rows, own_row
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import Sheet, describe_whose
from stripgen.rendering.strip_plan.page import BLUE, GREY, ORANGE, RED, Box, Circle, Item, Line, Polyline
from stripgen.rendering.strip_plan.paper import Paper
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
from stripgen.rendering.strip_plan.text import Paragraph, height_of, one_line, stack
from stripgen.rendering.words import Words

_ROW_MM = 5.2
_TYPE_PT = 8.6
_TICK_PT = 6.5
_HEAD_MM = 12.0
_TALLEST_PANEL_MM = 72.0
_PANEL_HEAD_MM = 11.5
_PANEL_FOOT_MM = 6.0
_MOST_TICKS = 5
_SAMPLE_MM = 30.0
_LEGEND_PT = 7.5


def comparison_sheet(plan: Plan, words: Words, paper: Paper) -> Sheet:
    """Return the page."""
    rows = [own_row(plan, words), *other_rows(plan, words)]
    head = [Paragraph("patient.name", describe_whose(plan, words), 9.5, 7)]
    items: list[Item] = [*stack(head, paper.tall_body.top(7))]
    table_mm = table_height(len(rows), _ROW_MM)
    items += lay_out_table(full_figures(rows, plan, words), paper.body.top(table_mm), _ROW_MM, _TYPE_PT)
    rest = paper.body.below(table_mm + 1.5)
    told = " ".join(filter(None, (describe_same(plan, words), words.say("comparison.basis"))))
    small = Paragraph("layout", told, 7.8, 7.8, colour=GREY)
    small_mm = height_of([small], rest.width)
    items += stack([small], rest.top(small_mm))
    rest = rest.below(small_mm + 3)
    items += _legend(plan, words, rest.top(4))
    rest = rest.below(6)
    n_down = -(-len(rows) // 2)
    panel_mm = min(rest.height / n_down, _TALLEST_PANEL_MM)
    for index, row in enumerate(rows):
        down, across = divmod(index, 2)
        column = rest.columns(1, 1, gap=8)[across]
        box = Box(column.x, column.y + down * panel_mm, column.width, panel_mm - 3)
        items += _panel(row, rows, plan, words, box)
    return Sheet(words.say("comparison.title"), tuple(items), paper)


def _legend(plan: Plan, words: Words, box: Box) -> Iterator[Item]:
    samples = [(words.say("comparison.dose"), BLUE)]
    if plan.curve:
        samples.append((words.say("comparison.occupancy"), ORANGE))
    x = box.x
    for text, colour in samples:
        width = max(_SAMPLE_MM, width_mm(text, "regular", _LEGEND_PT) + 0.5)
        yield Line(x, box.y + 1.7, x + 7, box.y + 1.7, 0.5, colour)
        yield one_line(text, Box(x + 8.5, box.y, width, 4), _LEGEND_PT, colour=colour)
        x += width + 10
    yield Circle(x + 2, box.y + 1.7, 1.1, RED)
    largest = words.say("comparison.largest_drop")
    width = max(_SAMPLE_MM, width_mm(largest, "regular", _LEGEND_PT) + 0.5)
    yield one_line(largest, Box(x + 5, box.y, width, 4), _LEGEND_PT, colour=RED)


def _panel(row: Row, rows: Sequence[Row], plan: Plan, words: Words, box: Box) -> Iterator[Item]:
    head = [
        Paragraph("layout", _panel_title(row, words), 9, 7, "bold" if row is rows[0] else "semibold"),
        Paragraph("taper", row.what, 7.4, 5.5, colour=GREY),
    ]
    yield from stack(head, box.top(_PANEL_HEAD_MM - 2))
    right = 8 if plan.curve else 2
    plot = Box(box.x + 9, box.y + _PANEL_HEAD_MM, box.width - 9 - right, box.height - _PANEL_HEAD_MM - _PANEL_FOOT_MM)
    scale = _common_scale(rows, plan, plot)
    yield from _axes(scale, plan, words)
    after = [0.0] if plan.stop else []
    yield Polyline(dose_steps([float(dose_mg) for dose_mg in row.doses_mg] + after, scale), 0.35, BLUE)
    if row.occupancies:
        yield Polyline(occupancy_points([*row.occupancies, *after], scale), 0.35, ORANGE)
    yield Circle(*_steepest(row, scale), 1.1, RED)


def _panel_title(row: Row, words: Words) -> str:
    points = row.quality.max_drop_points
    if points is None:
        return words.say("comparison.panel_mg", name=row.name, drop=row.quality.max_drop_mg, when=name_when(row))
    return words.say("comparison.panel_points", name=row.name, drop=points, when=name_when(row))


def _common_scale(rows: Sequence[Row], plan: Plan, plot: Box) -> Scale:
    most_mg = max(float(dose_mg) for row in rows for dose_mg in row.doses_mg)
    highest = max((level for row in rows for level in row.occupancies), default=None)
    return Scale(plot, len(plan.days) + 1, most_mg * 1.04, None if highest is None else highest * 1.04)


def _axes(scale: Scale, plan: Plan, words: Words) -> Iterator[Item]:
    plot, n_days = scale.plot, len(plan.days)
    ticks = round_ticks(scale.most_mg / 1.04, _MOST_TICKS)
    if scale.most_fraction is None:
        yield from grid(scale, [scale.dose_y(tick) for tick in ticks], GRID_MG)
    else:
        percents = round_ticks(100 * scale.most_fraction / 1.04, _MOST_TICKS)
        yield from grid(scale, [scale.occupancy_y(percent / 100) for percent in percents], GRID)
        yield from axis(scale, percents, words, ORANGE, _TICK_PT, of_doses=False)
    yield from axis(scale, ticks, words, BLUE, _TICK_PT, of_doses=True)
    yield Line(plot.x, plot.bottom, plot.right, plot.bottom, 0.25)
    end = words.say("chart.day_stop", day=n_days + 1) if plan.stop else words.say("chart.day_end", day=n_days)
    first, last = Box(plot.x, plot.bottom + 1, 20, 4), Box(plot.right - 30, plot.bottom + 1, 30, 4)
    yield one_line(words.say("chart.day", day=1), first, _TICK_PT, colour=GREY)
    yield one_line(end, last, _TICK_PT, align="right", colour=GREY)


def _steepest(row: Row, scale: Scale) -> tuple[float, float]:
    """Return where the largest drop ends."""
    day = row.quality.max_drop_day
    falls_to_0 = day > len(row.doses_mg)
    if row.occupancies:
        return scale.x(day + 0.5), scale.occupancy_y(0.0 if falls_to_0 else row.occupancies[day - 1])
    return scale.x(day + 0.5), scale.dose_y(0.0 if falls_to_0 else float(row.doses_mg[day - 1]))
