"""Compares every text, line and ground on every page with a second layout by the same version of stripgen.

What stands in tables is found by `pages` in a way of its own; this finds all the rest: a word of a finding, a figure in
a table of comparison, a line drawn beside a number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from stripgen.verifying.reading import Area, Pen, ReadPage, ReadText, Shape, letters_of, reads_right_to_left, squeeze

_PLACE_MM = 0.1
_EDGE_MM = 0.4
_SIZE_PT = 0.05
_ANGLE = 0.1  # degrees
_END_EM = 0.1 * 25.4 / 72  # of the size of a text: its last letter may reach beyond its place
_WIDTH_MM = 0.01  # of a line, and of its dashes
_SHADE = 2  # of 255: colours are written with few digits
_MOST_TOLD = 3


class LaidText(NamedTuple):
    """A text as it is laid out: where its pen begins, its baseline, and how it is set.

    Attributes:
        width_mm: From where its pen begins to where it ends.
        faces: Names of its fonts; a line of two scripts has several.
        angle: Degrees, to the left.
    """

    text: str
    x: float
    y: float
    size_pt: float
    colour: tuple[int, int, int]
    width_mm: float
    faces: frozenset[str]
    angle: float = 0.0


class LaidShape(NamedTuple):
    """A line or ground as it is laid out.

    Attributes:
        colour: Of the ground; None where it has none.
        pen: Of the line; None where it has none.
        corners_mm: How far a line's width, and the corners of one of several parts, may reach beyond it.
        points: Of a line of several parts, as (x, y); None where the area tells all.
    """

    area: Area
    colour: tuple[int, int, int] | None
    pen: Pen | None = None
    corners_mm: float = 0.0
    points: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, slots=True)
class LaidPage:
    """A page as it is laid out."""

    width: float
    height: float
    texts: tuple[LaidText, ...]
    shapes: tuple[LaidShape, ...]


@dataclass(frozen=True, slots=True)
class LaidPaper:
    """A PDF as it is laid out.

    Attributes:
        frame: A PDF of as many pages, with nothing drawn on them but all that they stand in.
    """

    pages: tuple[LaidPage, ...]
    frame: bytes


def compare_laid(pages: Sequence[ReadPage], laid: Sequence[LaidPage]) -> Iterator[tuple[str, str]]:
    """Yield where pages differ from their layout, and how."""
    if len(pages) != len(laid):
        yield "", f"has {len(pages)} pages; the plan has {len(laid)}"
    for page, due in zip(pages, laid, strict=False):
        for what in _differences(page, due):
            yield f"page {page.number}", what


def _differences(page: ReadPage, due: LaidPage) -> Iterator[str]:
    if abs(page.width - due.width) > _EDGE_MM or abs(page.height - due.height) > _EDGE_MM:
        yield f"is {page.width:.0f} × {page.height:.0f} mm; the plan has {due.width:.0f} × {due.height:.0f} mm there"
    yield from _texts(page, due)
    yield from _shapes(page, due)


def _texts(page: ReadPage, due: LaidPage) -> Iterator[str]:
    read = [text for text in page.texts if text.text.strip()]
    position = 0
    for laid in due.texts:
        group = _as_long_as(laid, read, position)
        if not group or not _is_same(group, laid):
            yield from _told(read, due.texts)
            return
        position += len(group)
    if position < len(read):
        yield from _told(read, due.texts)


def _as_long_as(laid: LaidText, read: Sequence[ReadText], position: int) -> Sequence[ReadText]:
    """Return the texts read that together are as long as the one laid out; a line of two scripts is drawn in parts."""
    if position < len(read) and read[position].text.rstrip() == laid.text:  # as nearly all are
        return read[position : position + 1]
    wanted, length, end = len(squeeze(laid.text)), 0, position
    while end < len(read) and length < wanted:
        length += len(squeeze(read[end].text))
        end += 1
    return read[position:end]


def _is_same(group: Sequence[ReadText], laid: LaidText) -> bool:
    first, said = group[0], "".join(text.text for text in group)
    return (
        (said.rstrip() == laid.text or _says_the_same(said, laid.text))
        and abs(first.y - laid.y) < _PLACE_MM
        and abs(first.x - laid.x) < _PLACE_MM
        and abs(first.size_pt - laid.size_pt) < _SIZE_PT
        and abs(first.angle - laid.angle) < _ANGLE
        and _is_alike(first.colour, laid.colour)
        and (bool(laid.angle) or abs(group[-1].area.right - laid.x - laid.width_mm) < _END_EM * laid.size_pt)
        and all(text.face in laid.faces for text in group)
        and all(abs(text.y - laid.y) < _PLACE_MM and _is_alike(text.colour, laid.colour) for text in group[1:])
    )


def _says_the_same(said: str, wanted: str) -> bool:
    if reads_right_to_left(wanted) or reads_right_to_left(said):
        return letters_of(said) == letters_of(wanted)
    return squeeze(said) == squeeze(wanted)


def _is_alike(colour: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return colour == other or all(abs(one - two) <= _SHADE for one, two in zip(colour, other, strict=True))


def _told(read: Sequence[ReadText], due: Sequence[LaidText]) -> Iterator[str]:
    """Yield the first differences of two lists of texts; of the same texts, that they stand or look otherwise."""
    said, wanted = [text.text.strip() for text in read], [text.text for text in due]
    changes = SequenceMatcher(None, list(map(squeeze, said)), list(map(squeeze, wanted)), autojunk=False)
    told = 0
    for kind, a, b, c, d in changes.get_opcodes():
        if kind == "equal":
            continue
        now, then = " / ".join(said[a:b]), " / ".join(wanted[c:d])
        yield f"says {now!r}; it was printed with {then!r}" if now and then else _one_sided(now, then)
        told += 1
        if told == _MOST_TOLD:
            return
    if not told:
        yield "does not show its texts where and how they were printed"


def _one_sided(now: str, then: str) -> str:
    return f"says {now!r}, which was not printed there" if now else f"lacks {then!r}, which was printed there"


def _shapes(page: ReadPage, due: LaidPage) -> Iterator[str]:
    if len(page.shapes) != len(due.shapes):
        yield f"has {len(page.shapes)} lines and grounds; it was printed with {len(due.shapes)}"
        return
    for shape, laid in zip(page.shapes, due.shapes, strict=True):
        if not _is_same_shape(shape, laid):
            place = f"{shape.area.left:.0f} mm from the left, {shape.area.top:.0f} mm from the top"
            yield f"has a line or ground {place}, other than it was printed"
            return


def _is_same_shape(shape: Shape, laid: LaidShape) -> bool:
    slack = _EDGE_MM + laid.corners_mm
    return (
        (shape.colour is None) == (laid.colour is None)
        and (shape.colour is None or laid.colour is None or _is_alike(shape.colour, laid.colour))
        and all(abs(a - b) <= slack for a, b in zip(shape.area, laid.area, strict=True))
        and _is_same_pen(shape.pen, laid.pen)
        and (laid.points is None or _are_close(shape.points, laid.points))
    )


def _is_same_pen(pen: Pen | None, laid: Pen | None) -> bool:
    if pen is None or laid is None:
        return pen is laid
    return (
        _is_alike(pen.colour, laid.colour)
        and abs(pen.width_mm - laid.width_mm) < _WIDTH_MM
        and len(pen.dash_mm) == len(laid.dash_mm)
        and all(abs(a - b) < _WIDTH_MM for a, b in zip(pen.dash_mm, laid.dash_mm, strict=True))
    )


def _are_close(points: Sequence[tuple[float, float]], laid: Sequence[tuple[float, float]]) -> bool:
    return len(points) == len(laid) and all(
        abs(x - due_x) < _PLACE_MM and abs(y - due_y) < _PLACE_MM
        for (x, y), (due_x, due_y) in zip(points, laid, strict=True)
    )
