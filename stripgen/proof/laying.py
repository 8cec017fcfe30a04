"""Lays the pages of a finished paper out again, in the form in which read pages are compared with them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.rendering.strip_plan.codes import symbol_size
from stripgen.rendering.strip_plan.document import (
    lay_out_pouch_labels,
    lay_out_strip_labels,
    lay_out_strip_plan,
    metadata_of,
)
from stripgen.rendering.strip_plan.fonts import face_name, width_mm
from stripgen.rendering.strip_plan.framing import draw_frame
from stripgen.rendering.strip_plan.page import (
    GHOST,
    Box,
    Circle,
    Colour,
    Font,
    Item,
    Line,
    Mark,
    Page,
    Polyline,
    Rectangle,
    Symbol,
    Text,
)
from stripgen.rendering.strip_plan.script import Script, runs_of
from stripgen.rendering.strip_plan.text import baseline_mm
from stripgen.rendering.words import PaperWords, reads_right_to_left
from stripgen.verifying.laid import LaidPage, LaidPaper, LaidShape, LaidText
from stripgen.verifying.reading import Area, Pen
from stripgen.verifying.verify import PdfKind

_LAYOUTS = {
    "strip plan": lay_out_strip_plan,
    "pouch labels": lay_out_pouch_labels,
    "strip labels": lay_out_strip_labels,
}
_TITLES = {
    "strip plan": "page.document_title",
    "pouch labels": "label.document_title",
    "strip labels": "label.strip_document_title",
}
_SHARE = {"left": 0.0, "centre": 0.5, "right": 1.0}
_BLACK = (0, 0, 0)
_CIRCLE_MM = 0.5  # the pen that a circle is drawn with
_CORNERS = 12.0  # widths that sharp corners reach beyond a line: PDFium takes a miter limit of 10 on both sides


def lay_out_again(
    kind: PdfKind, plan: Plan, words: PaperWords, printing: Printing, enclosed: Mapping[str, bytes]
) -> LaidPaper:
    """Return a paper as its plan lays it out.

    Args:
        kind: Which paper.
        plan: Its plan.
        words: Of the papers.
        printing: How it was printed.
        enclosed: Files that travel in it, by name.

    Raises:
        OrderError: The plan has no such paper: a text does not fit.
    """
    pages, of_strip_plan = _LAYOUTS[kind](plan, words, printing), kind == "strip plan"
    metadata = metadata_of(plan, words.pharmacy if of_strip_plan else words.labels, _TITLES[kind])
    return LaidPaper(tuple(map(_laid, pages)), draw_frame(pages, metadata, enclosed))


def _laid(page: Page) -> LaidPage:
    texts = [_laid_text(item) for item in page.items if isinstance(item, Text | Mark)]
    shapes = [shape for item in page.items for shape in _laid_shape(item)]
    return LaidPage(page.width, page.height, tuple(texts), tuple(shapes))


def _laid_text(item: Text | Mark) -> LaidText:
    if isinstance(item, Mark):
        width = width_mm(item.text, "bold", item.size_pt)
        turn = math.radians(item.angle)
        x, y = item.x - width / 2 * math.cos(turn), item.y + width / 2 * math.sin(turn)
        return LaidText(item.text, x, y, item.size_pt, _rgb(GHOST), width, _face("bold"), item.angle)
    width, share = width_mm(item.text, item.font, item.size_pt), _SHARE[item.align]
    x = item.box.x + (share * (item.box.width - width) if share else 0.0)
    y = item.box.y + baseline_mm(item.size_pt)
    return LaidText(item.text, x, y, item.size_pt, _rgb(item.colour), width, _faces_of(item))


def _faces_of(item: Text) -> frozenset[str]:
    """Return the fonts of a line, by the names that they have in their own files."""
    if not reads_right_to_left(item.text):
        return _face(item.font)
    return frozenset[str]().union(*(_face(item.font, run.script) for run in runs_of(item.text)))


@lru_cache
def _face(font: Font, script: Script = "latin") -> frozenset[str]:
    return frozenset({face_name(font, script)})


def _laid_shape(item: Item) -> Iterator[LaidShape]:
    match item:
        case Line():
            area = _around([(item.x1, item.y1), (item.x2, item.y2)])
            yield LaidShape(area, None, Pen(_rgb(item.colour), item.width, item.dash), item.width)
        case Rectangle():
            pen = Pen(_rgb(item.stroke), item.width, ()) if item.stroke else None
            yield LaidShape(_of_box(item.box), item.fill and _rgb(item.fill), pen, item.width if pen else 0.0)
        case Polyline() if len(item.points) > 1:  # one point alone leaves no ink
            pen, points = Pen(_rgb(item.colour), item.width, item.dash), item.points
            area, fill = _around(points), item.fill and _rgb(item.fill)
            yield LaidShape(area, fill, pen, _CORNERS * item.width, points if len(points) > 2 else None)  # noqa: PLR2004 - as a line
        case Circle():
            side = 2 * item.radius
            box = Box(item.x - item.radius, item.y - item.radius, side, side)
            yield LaidShape(_of_box(box), None, Pen(_rgb(item.colour), _CIRCLE_MM, ()), item.radius)
        case Symbol():
            quiet = item.box.width / (symbol_size(item.content) + 2)
            yield LaidShape(_of_box(item.box.inset(quiet)), _BLACK)


def _of_box(box: Box) -> Area:
    return Area(box.x, box.y, box.right, box.bottom)


def _around(points: Sequence[tuple[float, float]]) -> Area:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Area(min(xs), min(ys), max(xs), max(ys))


@lru_cache  # papers have few colours
def _rgb(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in colour)
    return red, green, blue
