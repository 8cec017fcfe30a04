"""This plan and the other strategies side by side: one row each, the same figures on every page that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from stripgen.domain.plan import Alternative, Plan, Quality
from stripgen.rendering.strip_plan.furniture import hairline
from stripgen.rendering.strip_plan.page import BLUE, GREY, SHADE, Align, Box, Font, Item, Line, Rectangle, Text
from stripgen.rendering.strip_plan.text import Paragraph, stack
from stripgen.rendering.words import (
    ALTERNATIVE_WORDS,
    STRATEGY_WORDS,
    capitalise,
    describe_limits,
    describe_strategy,
    format_dose,
    format_number,
    format_points,
    name_drop_day,
)

_NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one strategy over all days of the plan.

    Attributes:
        words: Its name.
        what: What its steps are, in small print.
        occupancies: Fractions, one a day; empty without a curve.
    """

    words: str
    what: str
    doses_mg: tuple[Decimal, ...]
    occupancies: tuple[float, ...]
    quality: Quality
    different_doses: int
    n_units: int
    total_mg: Decimal

    @property
    def days_per_dose(self) -> float:
        """How long a dose lasts on average."""
        return len(self.doses_mg) / sum(1 for _ in groupby(self.doses_mg))


def own_row(plan: Plan) -> Row:
    """Return the plan's own row; of an amended plan its figures are of the days that it plans."""
    taper = plan.order.taper
    limits = describe_limits(taper)
    return Row(
        words="this plan",
        what=describe_strategy(taper) + (f"; {limits}" if limits else ""),
        doses_mg=tuple(day.dose_mg for day in plan.days),
        occupancies=tuple(day.occupancy for day in plan.days if day.occupancy is not None),
        quality=plan.quality,
        different_doses=plan.different_doses,
        n_units=plan.n_units,
        total_mg=plan.total_mg,
    )


def other_rows(plan: Plan) -> list[Row]:
    """Return a row for each other strategy whose doses are not the plan's own."""
    own = own_row(plan).doses_mg
    return [_row_of(other) for other in plan.alternatives if other.doses_mg != own]


def describe_same(plan: Plan) -> str:
    """Return which other strategies come to the plan's own doses, or nothing; its own strategy goes without saying."""
    own = own_row(plan).doses_mg
    same = [
        ALTERNATIVE_WORDS[other.strategy]
        for other in plan.alternatives
        if other.doses_mg == own and other.strategy != plan.strategy
    ]
    return f"The same doses as this plan: {', '.join(same)}." if same else ""


def _row_of(other: Alternative) -> Row:
    return Row(
        words=ALTERNATIVE_WORDS[other.strategy],
        what=_what(other),
        doses_mg=other.doses_mg,
        occupancies=other.occupancies,
        quality=other.quality,
        different_doses=other.different_doses,
        n_units=other.n_units,
        total_mg=other.total_mg,
    )


def _what(other: Alternative) -> str:
    match other.strategy:
        case "occupancy":
            return f"{STRATEGY_WORDS['occupancy']}, without limits"
        case "linear":
            return f"{STRATEGY_WORDS['linear']}, without limits"
        case "proportional_10":
            share = "10 % of the current dose"
        case "proportional_25":
            share = "25 % of the current dose"
        case "halving":
            share = "half the current dose"
    days = format_mean_days(other.days_per_step)
    return f"{share} less every {'day' if days == '1' else f'{days} days'}"


def format_mean_days(days: float | None) -> str:
    """Return a mean number of days as printed: `2.2`; a dash where there is none."""
    return _NONE if days is None else f"{days:.1f}".removesuffix(".0")


def format_largest(row: Row) -> str:
    """Return the largest drop: in points, or in mg without a curve."""
    points = row.quality.max_drop_points
    return format_dose(row.quality.max_drop_mg) if points is None else format_points(points)


def format_when(row: Row) -> str:
    """Return when the largest drop is: `on day 93`, `at the stop`."""
    return name_drop_day(row.quality.max_drop_day, len(row.doses_mg))


def format_stop(row: Row, plan: Plan) -> str:
    """Return the drop at the stop: in points, or in mg without a curve."""
    if plan.stop is None:
        return "none"
    points = row.quality.stop_drop_points
    return format_dose(row.doses_mg[-1]) if points is None else format_points(points)


def format_error(row: Row) -> str:
    """Return how far rounding takes the doses from what was asked: in points, or in mg without a curve."""
    quality = row.quality
    if quality.rms_error_points is not None:
        return format_points(quality.rms_error_points)
    return _NONE if quality.rms_error_mg is None else format_dose(Decimal(f"{quality.rms_error_mg:.2f}"))


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of the table: its heading, its share of the width, and its cells from the top down.

    Attributes:
        is_title: Whether the heading names the whole table.
    """

    heading: str
    share: float
    cells: tuple[str, ...]
    align: Align = "right"
    is_title: bool = False


def short_figures(rows: Sequence[Row], plan: Plan) -> list[Figure]:
    """Return the columns that the review page has room for."""
    unit = ", points" if plan.curve else ""
    return [
        Figure(_title(plan, "Key figures"), 33, tuple(row.words for row in rows), "left", is_title=True),
        Figure(f"Largest drop{unit}", 26, tuple(f"{format_largest(row)} {format_when(row)}" for row in rows)),
        Figure("At the stop", 11.5, tuple(format_stop(row, plan) for row in rows)),
        Figure("Rounding error", 12.5, tuple(format_error(row) for row in rows)),
        *_amounts(rows),
    ]


def full_figures(rows: Sequence[Row], plan: Plan) -> list[Figure]:
    """Return all columns."""
    unit = ", points" if plan.curve else ""
    return [
        Figure(_title(plan, "Strategy"), 34, tuple(row.words for row in rows), "left"),
        Figure(f"Largest drop{unit}", 15, tuple(format_largest(row) for row in rows)),
        Figure("When", 18, tuple(format_when(row) for row in rows), "left"),
        Figure(f"Drop at the stop{unit}", 16, tuple(format_stop(row, plan) for row in rows)),
        Figure(f"Rounding error{unit}", 16, tuple(format_error(row) for row in rows)),
        Figure("Mean days on a dose", 15, tuple(format_mean_days(row.days_per_dose) for row in rows)),
        Figure("Last dose, mg", 12, tuple(format_number(row.doses_mg[-1]) for row in rows)),
        *_amounts(rows),
    ]


def _amounts(rows: Sequence[Row]) -> list[Figure]:
    return [
        Figure("Different doses", 13, tuple(f"{row.different_doses:,}" for row in rows)),
        Figure("Units", 9, tuple(f"{row.n_units:,}" for row in rows)),
        Figure("Total mg", 15, tuple(format_number(row.total_mg) for row in rows)),
    ]


_HEADINGS_MM = 7.2


def table_height(n_rows: int, row_mm: float) -> float:
    """Return the height of a table with so many rows."""
    return _HEADINGS_MM + n_rows * row_mm


def lay_out_table(figures: Sequence[Figure], box: Box, row_mm: float, size_pt: float) -> list[Item]:
    """Return the table, this plan's row first and bold on a shaded ground."""
    items: list[Item] = [Rectangle(Box(box.x, box.y + _HEADINGS_MM, box.width, row_mm), fill=SHADE)]
    boxes = box.inset(1, 0).columns(*(figure.share for figure in figures), gap=1.8)
    for figure, column in zip(figures, boxes, strict=True):
        items += _heading(figure, column, size_pt)
        for index, cell in enumerate(figure.cells):
            font: Font = "bold" if index == 0 else "regular"
            y = box.y + _HEADINGS_MM + index * row_mm
            place = Box(column.x, y + 0.35, column.width, row_mm - 0.35)
            words = capitalise(cell) if figure is figures[0] else cell
            items += stack([Paragraph("taper", words, size_pt, 4.5, font, figure.align)], place)
    bottom = box.y + _HEADINGS_MM
    items.append(Line(box.x, bottom, box.right, bottom, 0.3))
    n_rows = len(figures[0].cells)
    items += [hairline(bottom + index * row_mm, x1=box.x, x2=box.right) for index in range(1, n_rows + 1)]
    return items


def _title(plan: Plan, usual: str) -> str:
    """Return what the figures are of: of an amended plan the days that it plans."""
    return f"From day {plan.order.amendment.from_day} on" if plan.order.amendment else usual


def _heading(figure: Figure, column: Box, size_pt: float) -> list[Text]:
    """Return a heading, standing on the line under it."""
    size, colour = (9.0, BLUE) if figure.is_title else (size_pt - 0.7, GREY)
    words = Paragraph("taper", figure.heading, size, 5.5, "semibold", figure.align, colour)
    texts = stack([words], Box(column.x, 0, column.width, _HEADINGS_MM - 0.4))
    down = column.y + _HEADINGS_MM - 0.4 - max(text.box.bottom for text in texts)
    return [
        Text(
            Box(text.box.x, text.box.y + down, text.box.width, text.box.height),
            text.text,
            text.size_pt,
            text.font,
            text.align,
            text.colour,
        )
        for text in texts
    ]
