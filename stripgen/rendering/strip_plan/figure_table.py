"""A small table of figures: its columns as wide as their words ask for, all cells of one size, all headings too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import hairline
from stripgen.rendering.strip_plan.page import BLUE, GREY, SHADE, Align, Box, Font, Item, Line, Rectangle, Text
from stripgen.rendering.strip_plan.text import Paragraph, shrinkage, stack
from stripgen.rendering.words import glue, unglue

_HEADINGS_MM = 7.2
_GAP_MM = 1.8
_ABOVE_MM, _BELOW_MM = 0.35, 0.4  # a cell's text, a heading
_TITLE_PT = 9.0
_LEAST_CELL_PT, _LEAST_HEADING_PT = 4.5, 5.5
_HAIR_MM = 0.01
_Placed = tuple[Paragraph, Box]


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of the table: its heading, and its cells from the top down.

    Attributes:
        is_title: Whether the heading names the whole table.
    """

    heading: str
    cells: tuple[str, ...]
    align: Align = "right"
    is_title: bool = False


def table_height(n_rows: int, row_mm: float) -> float:
    """Return the height of a table with so many rows."""
    return _HEADINGS_MM + n_rows * row_mm


def lay_out_table(figures: Sequence[Figure], box: Box, row_mm: float, size_pt: float) -> list[Item]:
    """Return the table, its first row bold on a shaded ground.

    Args:
        figures: The columns, from the left.
        box: As wide as the table.
        row_mm: How high a row is.
        size_pt: Of the cells; smaller, all of them alike, where the columns ask for more than the width.
    """
    columns = _columns(figures, box.inset(1, 0), size_pt)
    headings, titles, cells = list[_Placed](), list[_Placed](), list[_Placed]()
    for figure, column in zip(figures, columns, strict=True):
        place = Box(column.x, box.y, column.width, _HEADINGS_MM - _BELOW_MM)
        (titles if figure.is_title else headings).append((_heading(figure, size_pt), place))
        for row, cell in enumerate(_cells(figure, size_pt)):
            y = box.y + _HEADINGS_MM + row * row_mm + _ABOVE_MM
            cells.append((cell, Box(column.x, y, column.width, row_mm - _ABOVE_MM)))
    bottom = box.y + _HEADINGS_MM
    items: list[Item] = [Rectangle(Box(box.x, bottom, box.width, row_mm), fill=SHADE)]
    items += [*_stand(titles, bottom - _BELOW_MM), *_stand(headings, bottom - _BELOW_MM), *_of_one_size(cells)]
    items.append(Line(box.x, bottom, box.right, bottom, 0.3))
    items += [hairline(bottom + row * row_mm, box) for row in range(1, len(figures[0].cells) + 1)]
    return items


def _columns(figures: Sequence[Figure], box: Box, size_pt: float) -> list[Box]:
    """Return where the columns go: each as wide as it needs to be, and what is left over shared by all."""
    needed = [_needed_width(figure, size_pt) + _HAIR_MM for figure in figures]
    spare = max(0.0, box.width - sum(needed) - _GAP_MM * (len(needed) - 1)) / len(needed)
    return box.columns(*(width + spare for width in needed), gap=_GAP_MM)


def _needed_width(figure: Figure, size_pt: float) -> float:
    """Return how wide a column must be for its cells on one line and its heading on one, or on two where it may."""
    heading = _heading(figure, size_pt)
    return max(
        *(width_mm(unglue(cell.text), cell.font, cell.size_pt) for cell in _cells(figure, size_pt)),
        min(
            max(width_mm(line, heading.font, heading.size_pt) for line in lines)
            for lines in _ways_to_break(heading.text, once=not figure.is_title)
        ),
    )


def _ways_to_break(text: str, *, once: bool) -> Iterator[tuple[str, ...]]:
    """Yield a text on one line, and broken at each of its spaces."""
    yield (unglue(text),)
    words = glue(text).split(" ")
    for n in range(1, len(words) if once else 0):
        yield unglue(" ".join(words[:n])), unglue(" ".join(words[n:]))


def _cells(figure: Figure, size_pt: float) -> Iterator[Paragraph]:
    for row, text in enumerate(figure.cells):
        font: Font = "bold" if row == 0 else "regular"
        yield Paragraph("taper", text, size_pt, _LEAST_CELL_PT, font, figure.align)


def _heading(figure: Figure, size_pt: float) -> Paragraph:
    size, colour = (_TITLE_PT, BLUE) if figure.is_title else (size_pt - 0.7, GREY)
    return Paragraph("taper", figure.heading, size, _LEAST_HEADING_PT, "semibold", figure.align, colour)


def _of_one_size(placed: Sequence[_Placed]) -> list[Text]:
    """Return texts in their places, at the largest size at which all of them fit."""
    largest = min((shrinkage([paragraph], place) for paragraph, place in placed), default=1.0)
    return [text for paragraph, place in placed for text in stack([paragraph], place, largest)]


def _stand(placed: Sequence[_Placed], bottom: float) -> Iterator[Text]:
    """Yield headings moved down, to stand on the line under them."""
    texts = _of_one_size(placed)
    lowest = {column: max(text.box.bottom for text in lines) for column, lines in groupby(texts, _column_of)}
    for text in texts:
        box = Box(text.box.x, text.box.y + bottom - lowest[_column_of(text)], text.box.width, text.box.height)
        yield Text(box, text.text, text.size_pt, text.font, text.align, text.colour)


def _column_of(text: Text) -> float:
    return text.box.x
