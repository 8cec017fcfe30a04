"""Labels on their paper: on plain sheets with a heading and lines to cut along, or in the places of ready-cut ones."""

from collections.abc import Callable, Sequence

from stripgen.domain.stock import LabelPaper
from stripgen.rendering.strip_plan.furniture import Sheet, footer_below
from stripgen.rendering.strip_plan.labels import SetLabel, label_box, lay_out_label
from stripgen.rendering.strip_plan.page import GREY, Box, Item, Line, Page
from stripgen.rendering.strip_plan.paper import Paper
from stripgen.rendering.strip_plan.text import Paragraph, stack

_HEADING_Y = 6.5
_TOLD_Y, _TOLD_MM = 14.5, 6.5


def plain_sheet(title: str, told: str, labels: Sequence[SetLabel], paper: LabelPaper) -> Sheet:
    """Return a sheet of plain paper with labels to cut out.

    Args:
        title: Of the page.
        told: Whose the labels are, and how to cut them.
        labels: No more than the sheet has places.
        paper: Plain.
    """
    sheet_paper = Paper(paper.stock.id, *(float(side) for side in paper.stock.sheet_mm))
    body = sheet_paper.body
    heading = Paragraph("patient.name", told, 8, 6, colour=GREY)
    items: list[Item] = [*stack([heading], Box(body.x, _TOLD_Y, body.width, _TOLD_MM)), *_cut_lines(paper)]
    for position, each in enumerate(labels):
        items += lay_out_label(each.label, label_box(position, paper), each.style)
    end_mm = float(paper.stock.corner_mm(paper.stock.n_labels - 1)[1] + paper.stock.label_mm[1])
    footer_mm = footer_below(end_mm, sheet_paper)
    return Sheet(title, tuple(items), sheet_paper, heading_y=_HEADING_Y, footer_mm=footer_mm)


def sheets_of_labels(labels: Sequence[SetLabel], paper: LabelPaper, title: Callable[[int, int], str]) -> list[Page]:
    """Return pages of ready-cut labels, one after the other from the first label that is not used up.

    Args:
        labels: In their order.
        paper: Ready cut.
        title: Given the index of the first and the last label of a page, returns its title.
    """
    stock = paper.stock
    width, height = (float(side) for side in stock.sheet_mm)
    sheets: dict[int, list[tuple[int, SetLabel]]] = {}
    for index, label in enumerate(labels):
        sheets.setdefault((index + paper.first_label - 1) // stock.n_labels, []).append((index, label))
    pages = []
    for placed in sheets.values():
        items: list[Item] = []
        for index, each in placed:
            position = (index + paper.first_label - 1) % stock.n_labels
            items += lay_out_label(each.label, label_box(position, paper), each.style)
        pages.append(Page(title(placed[0][0], placed[-1][0]), width, height, tuple(items)))
    return pages


def _cut_lines(paper: LabelPaper) -> list[Line]:
    boxes = [label_box(position, paper) for position in range(paper.stock.n_labels)]
    first, last = boxes[0], boxes[-1]
    xs = [*sorted({box.x for box in boxes}), last.right]
    ys = [*sorted({box.y for box in boxes}), last.bottom]
    return [
        *(Line(x, first.y - 1.5, x, last.bottom + 1.5, 0.15, GREY, (1.2, 0.8)) for x in xs),
        *(Line(first.x - 2.5, y, last.right + 2.5, y, 0.15, GREY, (1.2, 0.8)) for y in ys),
    ]
