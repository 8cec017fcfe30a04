"""A page as data: what stands where, in millimetres from the top left. Points exist only where it is drawn."""

from dataclasses import dataclass
from typing import Literal

Font = Literal["regular", "semibold", "bold"]
Align = Literal["left", "right", "centre"]
Colour = tuple[float, float, float]

MM_PER_POINT = 25.4 / 72
LEADING = 1.25  # of the type size; ISMP asks for 25-30 % between lines

BLACK: Colour = (0, 0, 0)
GREY: Colour = (0.38, 0.38, 0.38)
PALE: Colour = (0.8, 0.8, 0.8)
SHADE: Colour = (0.955, 0.96, 0.97)
BAND: Colour = (0.905, 0.925, 0.885)
WHITE: Colour = (1, 1, 1)
BLUE: Colour = (0.07, 0.25, 0.5)
ORANGE: Colour = (0.82, 0.35, 0.0)
RED: Colour = (0.72, 0.05, 0.08)
GHOST: Colour = (0.9, 0.9, 0.9)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def inset(self, across: float, down: float | None = None) -> "Box":
        """Return the box less a margin on all four sides."""
        down = across if down is None else down
        return Box(self.x + across, self.y + down, self.width - 2 * across, self.height - 2 * down)

    def below(self, height: float) -> "Box":
        """Return what is left of the box under its top `height`."""
        return Box(self.x, self.y + height, self.width, self.height - height)

    def top(self, height: float) -> "Box":
        """Return the top `height` of the box."""
        return Box(self.x, self.y, self.width, height)

    def columns(self, *shares: float, gap: float = 0) -> "list[Box]":
        """Return the box cut into columns of these relative widths."""
        free = self.width - gap * (len(shares) - 1)
        boxes, x = [], self.x
        for share in shares:
            width = free * share / sum(shares)
            boxes.append(Box(x, self.y, width, self.height))
            x += width + gap
        return boxes


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text in its box. The box is as wide as the text may be; `render` never cuts or shrinks it."""

    box: Box
    text: str
    size_pt: float
    font: Font = "regular"
    align: Align = "left"
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Mark:
    """Large pale text across the page, behind everything else."""

    text: str
    x: float
    y: float
    size_pt: float
    angle: float


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.2
    colour: Colour = BLACK
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle, filled or outlined or both."""

    box: Box
    fill: Colour | None = None
    stroke: Colour | None = None
    width: float = 0.2


@dataclass(frozen=True, slots=True)
class Polyline:
    """A line through points; filled when `fill` is given."""

    points: tuple[tuple[float, float], ...]
    width: float = 0.3
    colour: Colour = BLACK
    dash: tuple[float, ...] = ()
    fill: Colour | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """A small circle to point at something."""

    x: float
    y: float
    radius: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Symbol:
    """A Data Matrix symbol; `box` includes its quiet zone of one module on every side."""

    box: Box
    content: str


@dataclass(frozen=True, slots=True)
class SignatureField:
    """An empty place for a digital signature; nothing is seen of it until it is signed.

    Attributes:
        name: Of the field, the same in every language.
        tooltip: What a reader of the page says of it.
    """

    box: Box
    name: str
    tooltip: str


Item = Text | Mark | Line | Rectangle | Polyline | Circle | Symbol | SignatureField


@dataclass(frozen=True, slots=True)
class Page:
    """A page and all that stands on it, in drawing order."""

    title: str
    width: float
    height: float
    items: tuple[Item, ...]
