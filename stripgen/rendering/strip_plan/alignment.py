"""The page that shows whether a printer puts labels where the stock says: print it, lay a sheet of labels over it."""

import datetime as dt

from stripgen import __version__
from stripgen.domain.stock import LabelPaper
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.labels import label_box
from stripgen.rendering.strip_plan.page import BLACK, GREY, Box, Item, Line, Page, Rectangle, Text
from stripgen.rendering.strip_plan.text import line_height
from stripgen.rendering.words import Words

_HAIRLINE_MM = 0.1
_CROSS_MM = 4.0  # each arm of a cross-hair
_RULER_MM = 100
_TYPE_PT = 7.0
_EDGE_MM = 3.0


def render_alignment(paper: LabelPaper, words: Words, issued_on: dt.date) -> bytes:
    """Return a page with the frame of every label, its number, cross-hairs at its centre, and a ruler, as a PDF."""
    what = words.say("alignment.title", stock=paper.stock.id)
    metadata = Metadata(what, what, f"stripgen {__version__}", words.language, issued_on)
    return draw_pages([lay_out_alignment(paper, words)], metadata)


def lay_out_alignment(paper: LabelPaper, words: Words) -> Page:
    """Return the page as data. The offset moves everything, as it moves labels."""
    stock = paper.stock
    width, height = (float(side) for side in stock.sheet_mm)
    items: list[Item] = []
    for position in range(stock.n_labels):
        box = label_box(position, paper)
        items += [Rectangle(box, stroke=BLACK, width=_HAIRLINE_MM), *_cross(box), *_number(position + 1, box)]
    items += _ruler(paper, words, width)
    return Page(words.say("alignment.title", stock=stock.id), width, height, tuple(items))


def _cross(box: Box) -> list[Line]:
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return [
        Line(x - _CROSS_MM, y, x + _CROSS_MM, y, _HAIRLINE_MM),
        Line(x, y - _CROSS_MM, x, y + _CROSS_MM, _HAIRLINE_MM),
    ]


def _number(number: int, box: Box) -> list[Text]:
    return [Text(Box(box.x + 1.2, box.y + 0.8, 12, line_height(_TYPE_PT)), str(number), _TYPE_PT, colour=GREY)]


def _ruler(paper: LabelPaper, words: Words, width: float) -> list[Item]:
    """Return 100 mm to measure, or what the sheet has room for, and what the page is; in the middle of the sheet."""
    stock = paper.stock
    across, down = (float(offset) for offset in paper.offset_mm)
    length = min(_RULER_MM, int((width - 2 * _EDGE_MM) / 10) * 10)
    middle = label_box(stock.n_labels // 2, paper)
    x, y = (width - length) / 2 + across, middle.y + middle.height * 0.8
    items: list[Item] = [Line(x, y, x + length, y, 0.2)]
    for tick in range(length + 1):
        high = 3.0 if tick % 10 == 0 else 1.2
        items.append(Line(x + tick, y, x + tick, y - high, _HAIRLINE_MM))
    if across or down:
        moved = {"across": paper.offset_mm[0], "down": paper.offset_mm[1]}
        told = words.say("alignment.ruler_moved", length=length, stock=stock.id, **moved)
    else:
        told = words.say("alignment.ruler", length=length, stock=stock.id)
    items.append(Text(Box(x, y + 0.4, length, line_height(_TYPE_PT)), told, _TYPE_PT, align="centre"))
    return items
