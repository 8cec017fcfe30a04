"""The page that sets the plan beside other ways to taper: a table, and small charts on one scale."""

from collections.abc import Iterator, Sequence

from stripgen.domain.plan import Plan
from stripgen.rendering.strip_plan.figures import (
    Row,
    describe_same,
    format_largest,
    format_when,
    full_figures,
    lay_out_table,
    other_rows,
    own_row,
    table_height,
)
from stripgen.rendering.strip_plan.furniture import BODY, Sheet, patient_line
from stripgen.rendering.strip_plan.page import BLUE, GREY, ORANGE, RED, Box, Circle, Item, Line, Polyline
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
from stripgen.rendering.words import capitalise, format_taper

_ROW_MM = 5.2
_TYPE_PT = 8.6
_TICK_PT = 6.5
_HEAD_MM = 12.0
_TALLEST_PANEL_MM = 72.0
_PANEL_HEAD_MM = 11.5
_PANEL_FOOT_MM = 6.0
_MOST_TICKS = 5
_BASIS = (
    "All have the same start, end, days and achievable doses. The order's limits, and what an amendment changes, are "
    "in this plan only; percentages and halving are spread over the same days. Rounding error: how far rounding to "
    "achievable doses takes each from what it asks for itself. All charts are on one scale."
)


def comparison_sheet(plan: Plan) -> Sheet:
    """Return the page."""
    rows = [own_row(plan), *other_rows(plan)]
    head = [
        Paragraph("patient.name", f"{patient_line(plan)} · {plan.order.medication.drug} {format_taper(plan)}", 9.5, 7)
    ]
    items: list[Item] = [*stack(head, Box(BODY.x, BODY.y - 8, BODY.width, 7))]
    table_mm = table_height(len(rows), _ROW_MM)
    items += lay_out_table(full_figures(rows, plan), BODY.top(table_mm), _ROW_MM, _TYPE_PT)
    rest = BODY.below(table_mm + 1.5)
    small = Paragraph("layout", " ".join(filter(None, (describe_same(plan), _BASIS))), 7.8, 7.8, colour=GREY)
    small_mm = height_of([small], rest.width)
    items += stack([small], rest.top(small_mm))
    rest = rest.below(small_mm + 3)
    items += _legend(plan, rest.top(4))
    rest = rest.below(6)
    n_down = -(-len(rows) // 2)
    panel_mm = min(rest.height / n_down, _TALLEST_PANEL_MM)
    for index, row in enumerate(rows):
        down, across = divmod(index, 2)
        column = rest.columns(1, 1, gap=8)[across]
        items += _panel(row, rows, plan, Box(column.x, column.y + down * panel_mm, column.width, panel_mm - 3))
    return Sheet("Alternatives compared", tuple(items))


def _legend(plan: Plan, box: Box) -> Iterator[Item]:
    samples = [("dose, mg a day", BLUE)] + ([("occupancy, %", ORANGE)] if plan.curve else [])
    x = box.x
    for words, colour in samples:
        yield Line(x, box.y + 1.7, x + 7, box.y + 1.7, 0.5, colour)
        yield one_line(words, Box(x + 8.5, box.y, 30, 4), 7.5, colour=colour)
        x += 40
    yield Circle(x + 2, box.y + 1.7, 1.1, RED)
    yield one_line("largest drop", Box(x + 5, box.y, 30, 4), 7.5, colour=RED)


def _panel(row: Row, rows: Sequence[Row], plan: Plan, box: Box) -> Iterator[Item]:
    unit = " points" if plan.curve else ""
    title = f"{capitalise(row.words)}: {format_largest(row)}{unit} {format_when(row)}"
    head = [
        Paragraph("layout", title, 9, 7, "bold" if row is rows[0] else "semibold"),
        Paragraph("taper", row.what, 7.4, 5.5, colour=GREY),
    ]
    yield from stack(head, box.top(_PANEL_HEAD_MM - 2))
    right = 8 if plan.curve else 2
    plot = Box(box.x + 9, box.y + _PANEL_HEAD_MM, box.width - 9 - right, box.height - _PANEL_HEAD_MM - _PANEL_FOOT_MM)
    scale = _common_scale(rows, plan, plot)
    yield from _axes(scale, plan)
    after = [0.0] if plan.stop else []
    yield Polyline(dose_steps([float(dose_mg) for dose_mg in row.doses_mg] + after, scale), 0.35, BLUE)
    if row.occupancies:
        yield Polyline(occupancy_points([*row.occupancies, *after], scale), 0.35, ORANGE)
    yield Circle(*_steepest(row, scale), 1.1, RED)


def _common_scale(rows: Sequence[Row], plan: Plan, plot: Box) -> Scale:
    most_mg = max(float(dose_mg) for row in rows for dose_mg in row.doses_mg)
    highest = max((level for row in rows for level in row.occupancies), default=None)
    return Scale(plot, len(plan.days) + 1, most_mg * 1.04, None if highest is None else highest * 1.04)


def _axes(scale: Scale, plan: Plan) -> Iterator[Item]:
    plot, n_days = scale.plot, len(plan.days)
    ticks = round_ticks(scale.most_mg / 1.04, _MOST_TICKS)
    if scale.most_fraction is None:
        yield from grid(scale, [scale.dose_y(tick) for tick in ticks], GRID_MG)
    else:
        percents = round_ticks(100 * scale.most_fraction / 1.04, _MOST_TICKS)
        yield from grid(scale, [scale.occupancy_y(percent / 100) for percent in percents], GRID)
        yield from axis(scale, percents, ORANGE, _TICK_PT, of_doses=False)
    yield from axis(scale, ticks, BLUE, _TICK_PT, of_doses=True)
    yield Line(plot.x, plot.bottom, plot.right, plot.bottom, 0.25)
    end = f"day {n_days + 1}: stop" if plan.stop else f"day {n_days}: end"
    first, last = Box(plot.x, plot.bottom + 1, 20, 4), Box(plot.right - 30, plot.bottom + 1, 30, 4)
    yield one_line("day 1", first, _TICK_PT, colour=GREY)
    yield one_line(end, last, _TICK_PT, align="right", colour=GREY)


def _steepest(row: Row, scale: Scale) -> tuple[float, float]:
    """Return where the largest drop ends."""
    day = row.quality.max_drop_day
    falls_to_0 = day > len(row.doses_mg)
    if row.occupancies:
        return scale.x(day + 0.5), scale.occupancy_y(0.0 if falls_to_0 else row.occupancies[day - 1])
    return scale.x(day + 0.5), scale.dose_y(0.0 if falls_to_0 else float(row.doses_mg[day - 1]))
