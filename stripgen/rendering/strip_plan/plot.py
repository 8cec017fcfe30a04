"""What every chart shares: where days, doses and occupancies lie, and lines through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from stripgen.rendering.strip_plan.page import Box, Colour, Item, Line, Text
from stripgen.rendering.strip_plan.text import line_height
from stripgen.rendering.words import Words, unglue

GRID: Colour = (0.95, 0.83, 0.72)  # the tint of the occupancy axis, to which its lines belong
GRID_MG: Colour = (0.78, 0.84, 0.91)
_MOST_TICKS = 7


@dataclass(frozen=True, slots=True)
class Scale:
    """Where days, doses and occupancies lie in a plot.

    Attributes:
        n_shown: Days on the axis.
        most_mg: Dose at the upper edge.
        most_fraction: Occupancy at the upper edge; None without a curve.
    """

    plot: Box
    n_shown: int
    most_mg: float
    most_fraction: float | None

    def x(self, day: float) -> float:
        """Return where a day begins."""
        return self.plot.x + (day - 1) / self.n_shown * self.plot.width

    def dose_y(self, dose_mg: float) -> float:
        """Return the height of a dose."""
        return self.plot.bottom - dose_mg / self.most_mg * self.plot.height

    def occupancy_y(self, fraction: float) -> float:
        """Return the height of an occupancy; only where there is a curve."""
        return self.plot.bottom - fraction / (self.most_fraction or 1) * self.plot.height


Points = tuple[tuple[float, float], ...]


def occupancy_points(fractions: Sequence[float], scale: Scale, first_day: int = 1) -> Points:
    """Return a line through occupancies, each in the middle of its day."""
    return tuple((scale.x(day + 0.5), scale.occupancy_y(value)) for day, value in enumerate(fractions, start=first_day))


def dose_steps(doses_mg: Sequence[float], scale: Scale) -> Points:
    """Return doses as steps, each as long as its day."""
    points: list[tuple[float, float]] = []
    for day, dose_mg in enumerate(doses_mg, start=1):
        y = scale.dose_y(dose_mg)
        points += [(scale.x(day), y), (scale.x(day + 1), y)]
    return tuple(points)


def round_ticks(highest: float, most: int = _MOST_TICKS) -> list[float]:
    """Return round numbers from 0 up to a value, at most so many of them."""
    step = next(
        step
        for power in range(-4, 5)
        for step in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if highest / step <= most - 1
    )
    return [round(step * n, 6) for n in range(int(highest / step + 1e-9) + 1)]


def axis(
    scale: Scale, ticks: Sequence[float], words: Words, colour: Colour, size_pt: float, *, of_doses: bool
) -> list[Item]:
    """Return an axis with its numbers: of doses at the left (mg), of occupancies at the right (percent)."""
    plot, height = scale.plot, line_height(size_pt)
    x = plot.x if of_doses else plot.right
    items: list[Item] = []
    for tick in ticks:
        y = scale.dose_y(tick) if of_doses else scale.occupancy_y(tick / 100)
        outside = (x - 1, x) if of_doses else (x, x + 1)
        items.append(Line(outside[0], y, outside[1], y, 0.2, colour))
        box = Box(x - 12 if of_doses else x + 1.5, y - height / 2, 10.5, height)
        number = unglue(words.number(Decimal(str(tick))))
        items.append(Text(box, number, size_pt, align="right" if of_doses else "left", colour=colour))
    return [*items, Line(x, plot.y, x, plot.bottom, 0.25, colour)]


def grid(scale: Scale, heights: Sequence[float], colour: Colour) -> list[Item]:
    """Return the lines across a plot."""
    return [Line(scale.plot.x, y, scale.plot.right, y, 0.12, colour) for y in heights]
