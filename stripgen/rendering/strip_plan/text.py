"""Fits text into boxes by measuring it with the real font. Nothing is ever cut: what does not fit is an error."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stripgen.domain.privacy import quote
from stripgen.domain.profile import DecimalMark
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.fonts import ASCENT, DESCENT, width_mm
from stripgen.rendering.strip_plan.page import BLACK, LEADING, MM_PER_POINT, Align, Box, Colour, Font, Text
from stripgen.rendering.words import glue, keep_together, unglue, without_marks

_SHRINK_STEP = 0.96
_SHOWN_LENGTH = 40
_HAIR_MM = 1e-6  # float noise in sums of box heights


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text to be wrapped into a box.

    Attributes:
        field: What it is in the order (`pharmacy.address`), for the error when it does not fit.
        size_pt: Wanted size.
        least_pt: Smallest size at which it may be printed.
        space_mm: Room above it.
    """

    field: str
    text: str
    size_pt: float
    least_pt: float
    font: Font = "regular"
    align: Align = "left"
    colour: Colour = BLACK
    space_mm: float = 0.0


def line_height(size_pt: float) -> float:
    """Return the height of a line of text with its leading, millimetres."""
    return size_pt * LEADING * MM_PER_POINT


def baseline_mm(size_pt: float) -> float:
    """Return how far below the top of its line a text stands, millimetres."""
    return (ASCENT + (LEADING - ASCENT - DESCENT) / 2) * size_pt * MM_PER_POINT


def one_line(
    text: str,
    box: Box,
    size_pt: float,
    font: Font = "regular",
    align: Align = "left",
    colour: Colour = BLACK,
    *,
    field: str = "layout",
) -> Text:
    """Return a text on one line at the top of a box, at exactly this size.

    Raises:
        TextDoesNotFit: It is wider than the box.
    """
    text = unglue(text)
    if width_mm(text, font, size_pt) > box.width + _HAIR_MM:
        raise _does_not_fit(field, text, box)
    return Text(box.top(line_height(size_pt)), text, size_pt, font, align, colour)


def decimal_aligned(
    text: str, point_x: float, y: float, size_pt: float, font: Font = "regular", *, mark: DecimalMark
) -> Text:
    """Return a number, with or without its unit, whose whole part ends at `point_x`: digits differ in width.

    Args:
        text: A grouped number's no-break spaces are part of it.
        point_x: Where its decimal mark stands.
        y: The top of its line.
        size_pt: Of the type.
        font: Likewise.
        mark: What parts decimals in the text.
    """
    whole = unglue(text.partition(" ")[0].partition(mark)[0])
    text = unglue(text)
    left = width_mm(whole, font, size_pt)
    box = Box(point_x - left, y, width_mm(text, font, size_pt), line_height(size_pt))
    return Text(box, text, size_pt, font)


@lru_cache(maxsize=10_000)  # what does not fit at one size is tried again at another, and much is said on every page
def wrap(text: str, width: float, font: Font, size_pt: float) -> tuple[str, ...] | None:
    """Return the lines of a text broken at spaces (and hyphens, in a word too wide); None when a part is too wide."""
    lines = [""]
    for glued in glue(text).split(" "):
        joint = " "
        for part in _parts(unglue(glued), width, font, size_pt):
            if width_mm(part, font, size_pt) > width + _HAIR_MM:
                return None
            longer = f"{lines[-1]}{joint}{part}" if lines[-1] else part
            if width_mm(longer, font, size_pt) > width + _HAIR_MM:
                lines.append(part)
            else:
                lines[-1] = longer
            joint = ""
    return tuple(lines)


@lru_cache(maxsize=10_000)  # most texts of a label are those of the label before
def break_line(text: str, width: float, font: Font, size_pt: float) -> tuple[str, str]:
    """Return what of a text stands on a line, and what is left; an empty line where not even its first part fits.

    What is left keeps its no-break spaces, so that nothing that belongs together is parted on a later line.
    """
    line, words = "", glue(text).split(" ")
    for index, glued in enumerate(words):
        word = unglue(glued)
        longer = f"{line} {word}" if line else word
        if width_mm(longer, font, size_pt) <= width + _HAIR_MM:
            line = longer
            continue
        if line:
            return line, " ".join(words[index:])
        return _break_word(glued, words[index + 1 :], width, font, size_pt)
    return line, ""


def _break_word(word: str, others: list[str], width: float, font: Font, size_pt: float) -> tuple[str, str]:
    """Return as much of a word as its hyphens allow on a line, and the rest of the text."""
    line, parts = "", _parts(unglue(word), width, font, size_pt)
    while parts and width_mm(line + parts[0], font, size_pt) <= width + _HAIR_MM:
        line += parts.pop(0)
    return line, " ".join([keep_together("".join(parts)), *others])


def _parts(word: str, width: float, font: Font, size_pt: float) -> list[str]:
    """Return a word whole where it fits a line, else in the parts its hyphens make."""
    if width_mm(word, font, size_pt) <= width + _HAIR_MM:
        return [word]
    return [part for part in re.split(r"(?<=-)", word) if part]


def stack(paragraphs: Sequence[Paragraph], box: Box, largest: float = 1.0) -> list[Text]:
    """Return paragraphs one under the other in a box, at the largest sizes at which all of them fit.

    All shrink together, each down to its own smallest size and no further.

    Args:
        paragraphs: From the top down.
        box: Where they go.
        largest: Share of their wanted sizes to start from, so that several boxes can look alike.

    Raises:
        TextDoesNotFit: They do not fit even then; it names the one that takes the most room.
    """
    factor = min(largest, shrinkage(paragraphs, box))
    sizes = _sizes(paragraphs, factor)
    lines = [wrap(p.text, box.width, p.font, size) for p, size in zip(paragraphs, sizes, strict=True)]
    return list(_place(paragraphs, sizes, lines, box))


def shrinkage(paragraphs: Sequence[Paragraph], box: Box) -> float:
    """Return the largest share of their wanted sizes at which paragraphs fit a box; 1 when nothing has to shrink.

    Raises:
        TextDoesNotFit: They do not fit at their smallest sizes; it names the one that takes the most room.
    """
    factor = 1.0
    while True:
        sizes = _sizes(paragraphs, factor)
        lines = [wrap(p.text, box.width, p.font, size) for p, size in zip(paragraphs, sizes, strict=True)]
        if None not in lines and _height(paragraphs, sizes, lines) <= box.height + _HAIR_MM:
            return factor
        if all(size == p.least_pt for size, p in zip(sizes, paragraphs, strict=True)):
            culprit = _culprit(paragraphs, lines)
            raise _does_not_fit(culprit.field, culprit.text, box)
        factor *= _SHRINK_STEP


def _sizes(paragraphs: Iterable[Paragraph], factor: float) -> list[float]:
    return [max(paragraph.least_pt, paragraph.size_pt * factor) for paragraph in paragraphs]


def height_of(paragraphs: Sequence[Paragraph], width: float) -> float:
    """Return the height that paragraphs take at their wanted sizes; a word too wide counts as one line."""
    sizes = [paragraph.size_pt for paragraph in paragraphs]
    lines = [wrap(p.text, width, p.font, p.size_pt) or [p.text] for p in paragraphs]
    return _height(paragraphs, sizes, lines)


def _height(paragraphs: Iterable[Paragraph], sizes: Iterable[float], lines: Iterable[Sequence[str] | None]) -> float:
    return sum(
        p.space_mm + line_height(size) * len(block or ())
        for p, size, block in zip(paragraphs, sizes, lines, strict=True)
    )


def _place(
    paragraphs: Iterable[Paragraph], sizes: Iterable[float], lines: Iterable[Sequence[str] | None], box: Box
) -> Iterable[Text]:
    y = box.y
    for paragraph, size, block in zip(paragraphs, sizes, lines, strict=True):
        y += paragraph.space_mm
        for line in block or ():
            yield Text(
                Box(box.x, y, box.width, line_height(size)),
                line,
                size,
                paragraph.font,
                paragraph.align,
                paragraph.colour,
            )
            y += line_height(size)


def _culprit(paragraphs: Sequence[Paragraph], lines: Sequence[Sequence[str] | None]) -> Paragraph:
    too_wide = [p for p, block in zip(paragraphs, lines, strict=True) if block is None]
    return too_wide[0] if too_wide else max(paragraphs, key=lambda paragraph: len(paragraph.text))


def shorten(text: str) -> str:
    """Return as much of a text as an error line bears."""
    text = unglue(without_marks(text))
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def _does_not_fit(field: str, text: str, box: Box) -> TextDoesNotFit:
    remedy = "combine fewer strengths" if field == "compounding" else "shorten it"
    room = f"{box.width:.0f} × {box.height:.0f} mm"
    what = f"{quote(field, repr(shorten(text)))} ({len(text)} characters) does not fit its place of {room}; {remedy}"
    return TextDoesNotFit([Problem(field, what)])
