"""A page as a person sees it: each text where it stands, and what is drawn beside it.

Places are millimetres from the top left of the page.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

_SAME_LINE_MM = 0.4
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of a line's direction; no ink
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ANY_BRACKET = str.maketrans(dict.fromkeys(")[]{}<>«»‹›", "("))


class Area(NamedTuple):
    """A rectangle on a page."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area", by: float) -> bool:
        """Return whether the two share more than a strip of width `by`."""
        return (
            self.bottom - other.top > by  # first what tells most rectangles apart: each letter is asked of each ground
            and other.bottom - self.top > by
            and min(self.right, other.right) - max(self.left, other.left) > by
            and min(self.bottom, other.bottom) - max(self.top, other.top) > by
        )

    def holds(self, other: "Area", slack: float = 0.0) -> bool:
        """Return whether the other lies inside, give or take `slack`."""
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.top - slack <= other.top
            and other.bottom <= self.bottom + slack
        )


class ReadText(NamedTuple):
    """What was drawn in one go.

    Attributes:
        text: Its letters, with the blank that parts it from the next.
        x: Where the pen began.
        y: Its baseline.
        size_pt: Of the type.
        area: Of its ink; without any where it is blank.
        colour: Red, green and blue, 0 to 255.
        angle: Of its line to the page's, degrees, to the left; NaN where letters are stretched, leaning or mirrored.
        has_ink: Whether it is drawn at all.
        turn: When it was drawn: what is drawn later covers it.
        face: Name of its font, as the file has it.
    """

    text: str
    x: float
    y: float
    size_pt: float
    area: Area
    colour: tuple[int, int, int]
    angle: float
    has_ink: bool
    turn: int
    face: str

    @property
    def is_upright(self) -> bool:
        """Whether it is not of a mark across the page."""
        return self.angle == 0


class Pen(NamedTuple):
    """What a line is drawn with: its colour, its width, and the lengths of its dashes and gaps, mm."""

    colour: tuple[int, int, int]
    width_mm: float
    dash_mm: tuple[float, ...]


class Shape(NamedTuple):
    """A line or a ground.

    Attributes:
        colour: Of the ground; None where it has none.
        turn: When it was drawn.
        pen: Of the line; None where it has none.
        points: Of a line of several parts, one after the other, as (x, y).
    """

    area: Area
    colour: tuple[int, int, int] | None
    turn: int
    pen: Pen | None
    points: tuple[tuple[float, float], ...]

    @property
    def is_rule(self) -> bool:
        """Whether it is a line from one side to the other."""
        area = self.area
        return area.bottom - area.top < 0.8 and area.right - area.left > 0  # noqa: PLR2004 - 0.8 mm


@dataclass(frozen=True, eq=False)
class ReadPage:
    """A page as read.

    Attributes:
        number: 1...
        strangers: Kinds of things on it that no page of stripgen has, such as an image.
    """

    number: int
    width: float
    height: float
    texts: tuple[ReadText, ...]
    shapes: tuple[Shape, ...]
    strangers: tuple[str, ...]

    @cached_property
    def upright(self) -> list[ReadText]:
        """The texts that are not of a mark across the page and not blank, in the order in which they were drawn."""
        return [text for text in self.texts if text.is_upright and text.text.strip()]

    @cached_property
    def flow(self) -> str:
        """All of them one after the other, squeezed."""
        return squeeze("".join(text.text for text in self.upright))

    @property
    def heading(self) -> str:
        """The first text, as a page's title is; a title of several lines with its first only."""
        return self.upright[0].text.strip() if self.upright else ""

    def within(self, area: Area) -> list[ReadText]:
        """Return the texts that begin inside an area, as the eye reads them: line by line from the left."""
        return in_lines(text for text in self.between(area.top, area.bottom) if area.left <= text.x < area.right)

    def between(self, top: float, bottom: float) -> list[ReadText]:
        """Return the texts whose baselines lie from one height to above another, from the top down."""
        texts, heights = self._by_height
        return texts[bisect_left(heights, top) : bisect_left(heights, bottom)]

    @cached_property
    def _by_height(self) -> tuple[list[ReadText], list[float]]:
        texts = sorted(self.upright, key=lambda text: text.y)
        return texts, [text.y for text in texts]

    def bands(self, shortest_mm: float) -> list[Area]:
        """Return the rows between lines that are at least so long, from the top down."""
        ys = sorted(
            {
                round((shape.area.top + shape.area.bottom) / 2, 2)
                for shape in self.shapes
                if shape.is_rule and shape.area.right - shape.area.left >= shortest_mm
            }
        )
        return [Area(0, above, self.width, below) for above, below in pairwise(ys)]


def in_lines(texts: Iterable[ReadText]) -> list[ReadText]:
    """Return texts as the eye reads them: line by line from the top, each from the left."""
    ordered = sorted(texts, key=lambda text: text.y)
    lines: list[list[ReadText]] = []
    for text in ordered:
        if lines and text.y - lines[-1][0].y < _SAME_LINE_MM:
            lines[-1].append(text)
        else:
            lines.append([text])
    return [text for line in lines for text in sorted(line, key=lambda text: text.x)]


@lru_cache(maxsize=100_000)  # much is said on every page
def squeeze(text: str) -> str:
    """Return a text however it was broken over lines: without blanks and the dots between its parts.

    A line to write on, of whatever length, is one stroke.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _MARKS.sub("", text)).replace("·", "")
    text = "".join(text.split())
    return re.sub("_+", "_", text) if "_" in text else text


def letters_of(text: str) -> Counter[str]:
    """Return how often each letter is in a text that reads right to left, whatever its order.

    PDFium turns the brackets in it, so all brackets count as one sign.
    """
    return Counter(squeeze(text).translate(_ANY_BRACKET))


def reads_right_to_left(text: str) -> bool:
    """Return whether a text has letters that read right to left: PDFium turns these, and what stands beside them."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None
