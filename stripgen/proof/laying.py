"""Lays the pages of a finished paper out again, in the form in which read pages are compared with them."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.rendering.strip_plan.codes import symbol_size
from stripgen.rendering.strip_plan.document import lay_out_pouch_labels, lay_out_strip_labels, lay_out_strip_plan
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import (
    GHOST,
    Box,
    Circle,
    Colour,
    Item,
    Line,
    Mark,
    Page,
    Polyline,
    Rectangle,
    Symbol,
    Text,
)
from stripgen.rendering.strip_plan.text import baseline_mm
from stripgen.rendering.words import PaperWords
from stripgen.verifying.laid import LaidPage, LaidShape, LaidText
from stripgen.verifying.reading import Area
from stripgen.verifying.verify import PdfKind

_LAYOUTS = {
    "strip plan": lay_out_strip_plan,
    "pouch labels": lay_out_pouch_labels,
    "strip labels": lay_out_strip_labels,
}
_SHARE = {"left": 0.0, "centre": 0.5, "right": 1.0}
_BLACK = (0, 0, 0)
_CORNERS = 12.0  # widths that sharp corners reach beyond a line: PDFium takes a miter limit of 10 on both sides


def lay_out_again(kind: PdfKind, plan: Plan, words: PaperWords, printing: Printing) -> list[LaidPage]:
    """Return the pages of a paper as its plan lays them out.

    Args:
        kind: Which paper.
        plan: Its plan.
        words: Of the papers.
        printing: How it was printed.

    Raises:
        OrderError: The plan has no such paper: a text does not fit.
    """
    return [_laid(page) for page in _LAYOUTS[kind](plan, words, printing)]


def _laid(page: Page) -> LaidPage:
    texts = [_laid_text(item) for item in page.items if isinstance(item, Text | Mark)]
    shapes = [shape for item in page.items for shape in _laid_shape(item)]
    return LaidPage(page.width, page.height, tuple(texts), tuple(shapes))


def _laid_text(item: Text | Mark) -> LaidText:
    if isinstance(item, Mark):
        # turned: where its pen begins is not compared
        return LaidText(item.text, item.x, item.y, item.size_pt, _rgb(GHOST))
    share = _SHARE[item.align]
    x = item.box.x + (share * (item.box.width - width_mm(item.text, item.font, item.size_pt)) if share else 0.0)
    return LaidText(item.text, x, item.box.y + baseline_mm(item.size_pt), item.size_pt, _rgb(item.colour))


def _laid_shape(item: Item) -> Iterator[LaidShape]:
    match item:
        case Line():
            yield LaidShape(_around([(item.x1, item.y1), (item.x2, item.y2)]), None, item.width)
        case Rectangle():
            yield LaidShape(_of_box(item.box), item.fill and _rgb(item.fill), item.width if item.stroke else 0.0)
        case Polyline() if len(item.points) > 1:  # one point alone leaves no ink
            yield LaidShape(_around(item.points), item.fill and _rgb(item.fill), _CORNERS * item.width)
        case Circle():
            side = 2 * item.radius
            box = Box(item.x - item.radius, item.y - item.radius, side, side)
            yield LaidShape(_of_box(box), None, item.radius)
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
