"""Labels: texts by priority and a code, set alike on all labels of a plan, inside the paper's places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stripgen.domain.quantity import plain
from stripgen.domain.stock import LabelPaper
from stripgen.errors import TextDoesNotFit
from stripgen.rendering.strip_plan.codes import symbol_size
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.label_layout import (
    Piece,
    Room,
    Style,
    even_styles,
    lay_out,
    refuse,
    spread,
    styles,
)
from stripgen.rendering.strip_plan.page import BLACK, GREY, WHITE, Box, Item, Line, Rectangle, Symbol, Text
from stripgen.rendering.strip_plan.text import Paragraph, line_height, stack

MODULES_MM = (0.5, 0.42, 0.375)  # of the code, largest first; 0.375 mm are three dots of a thermal printer
_QUIET_MODULES = 2  # one on each side
_PADDING = (1.6, 1.0)  # across, down
_FOOT_PT = 6.6
_LEAST_FOOT_PT = 5.5
_WRITING_MM = 1.3  # above a line to write on
_FOOT_GAP_MM = 0.3
_FOOT_SPACE_MM = 1.2  # between two feet
_SHORTEST_LINE_MM = 12.0  # that a lot or a date can be written on
_DRAFT_MM = 2.8


@dataclass(frozen=True, slots=True)
class Foot:
    """A text at the foot of a label, or its heading with a line to write on.

    Attributes:
        field: What it is in the order, for the error when it does not fit.
    """

    field: str
    text: str
    is_line: bool
    least_pt: float = _LEAST_FOOT_PT


@dataclass(frozen=True, slots=True)
class Label:
    """One label before it has a place.

    Attributes:
        name: For the error when a text does not fit: `the label of day 3`.
        pieces: From the top down.
        code: What the symbol in its corner holds; empty where there is none.
        draft: What the band of a draft says; empty where it is none.
        feet: Beside each other at its foot.
    """

    name: str
    pieces: tuple[Piece, ...]
    code: str = ""
    draft: str = ""
    feet: tuple[Foot, ...] = ()


@dataclass(frozen=True, slots=True)
class SetLabel:
    """A label with the style it is set in, which it shares with its like."""

    label: Label
    style: Style


def label_box(position: int, paper: LabelPaper) -> Box:
    """Return where a label lies on its sheet, the printer's offset included. Position 0 is the first."""
    x, y = paper.stock.corner_mm(position)
    across, down = paper.offset_mm
    width, height = paper.stock.label_mm
    return Box(float(x + across), float(y + down), float(width), float(height))


def set_labels(versions: Iterable[Sequence[Label]], paper: LabelPaper, option: str) -> list[SetLabel]:
    """Return the first version of the labels that fits its paper, in the best style in which every one of them fits.

    Args:
        versions: The same labels, with less and less on them. All but the last are set evenly or not at all: what may
            stand elsewhere never makes the dose smaller.
        paper: Whose places they must fit.
        option: That chooses another paper, for the error.

    Raises:
        TextDoesNotFit: None fits; it names the text in the way, its label and the room it had.
    """
    box = label_box(0, paper)
    last: tuple[Label, ...] = ()
    for labels in versions:
        last = tuple(_with_wide_feet_above(label, box) for label in labels)
        style = _first_fitting(even_styles(_modules(last)), last, box)
        if style is not None:
            return [SetLabel(label, style) for label in last]
    style = _first_fitting(styles(_modules(last)), last, box)
    if style is not None:
        return [SetLabel(label, style) for label in last]
    raise _refusal(last, paper, option)


def _with_wide_feet_above(label: Label, box: Box) -> Label:
    """Return a label with what is too wide for one line at its foot among its other texts, which may take several."""
    width = box.inset(*_PADDING).width
    wide = [foot for foot in label.feet if not foot.is_line and _foot_width(foot) > width]
    pieces = [Piece(foot.field, foot.text, foot.least_pt, _foot_pt(foot), 2) for foot in wide]
    feet = [foot for foot in label.feet if foot not in wide]
    return replace(label, pieces=(*label.pieces, *pieces), feet=tuple(feet)) if wide else label


def _modules(labels: Sequence[Label]) -> Sequence[float]:
    return MODULES_MM if any(label.code for label in labels) else MODULES_MM[:1]


def _first_fitting(tried: Iterable[Style], labels: Sequence[Label], box: Box) -> Style | None:
    """Return the first style in which every label fits. The longest are tried first, then the one that failed last."""
    suspects = _longest(labels)
    for style in tried:
        spaces_mm = []
        for label in (*suspects, *labels):
            room = _room(label, box, style.module_mm)
            texts = lay_out(label.pieces, room, style)
            if texts is None:
                if label not in suspects:
                    suspects.insert(0, label)
                break
            spaces_mm.append(spread(texts, room))
        else:
            return replace(style, space_mm=min(spaces_mm))
    return None


def _longest(labels: Sequence[Label]) -> list[Label]:
    """Return the label that is longest, for each text of a label, and the one that is longest in all."""
    widths = [[width_mm(piece.text, piece.font, piece.least_pt) for piece in label.pieces] for label in labels]
    most = max(map(len, widths))
    longest = {
        max(range(len(widths)), key=lambda index: widths[index][place] if place < len(widths[index]) else 0)
        for place in range(most)
    }
    longest.add(max(range(len(widths)), key=lambda index: sum(widths[index])))
    return [labels[index] for index in sorted(longest)]


def _fits(label: Label, box: Box, style: Style) -> bool:
    return lay_out(label.pieces, _room(label, box, style.module_mm), style) is not None


def _refusal(labels: Sequence[Label], paper: LabelPaper, option: str) -> TextDoesNotFit:
    """Return the error of the first label that does not fit at its least sizes."""
    stock, box, module_mm = paper.stock, label_box(0, paper), MODULES_MM[-1]
    least = list(styles((module_mm,)))[-1]
    label = next((label for label in (*_longest(labels), *labels) if not _fits(label, box, least)), labels[0])
    size = " × ".join(map(plain, stock.label_mm))
    what = f"{label.name} ({stock.id}, {size} mm)"
    return refuse(label.pieces, _room(label, box, module_mm), module_mm, what, option)


def lay_out_label(label: Label, box: Box, style: Style) -> list[Item]:
    """Return what stands on one label, inside its box.

    Raises:
        TextDoesNotFit: What stands at its foot does not fit.
    """
    room = _room(label, box, style.module_mm)
    items: list[Item] = [Symbol(room.code, label.code)] if label.code else []
    if label.draft:
        beside = Box(room.box.x, room.box.y, room.width_at(room.box.y), _DRAFT_MM)
        items += [Rectangle(beside, fill=BLACK), *_draft_words(label.draft, beside)]
    texts = lay_out(label.pieces, room, style)
    if texts is None:
        raise refuse(label.pieces, room, style.module_mm, label.name)
    items += texts
    return [*items, *_feet(label, Box(room.box.x, room.box.bottom, room.box.width, _foot_mm(label, room.box.width)))]


def _draft_words(draft: str, box: Box) -> list[Text]:
    return stack([Paragraph("draft", draft, 6.3, 5.5, "bold", "centre", WHITE)], box)


def _room(label: Label, box: Box, module_mm: float) -> Room:
    inner = box.inset(*_PADDING)
    code_mm = (symbol_size(label.code) + _QUIET_MODULES) * module_mm if label.code else 0.0
    return Room(inner.top(inner.height - _foot_mm(label, inner.width)), code_mm, _DRAFT_MM if label.draft else 0.0)


def _foot_mm(label: Label, width: float) -> float:
    """Return the height of the foot: lines of text, and room to write where there is a line to write on."""
    rows = _foot_rows(label.feet, width)
    return sum(map(_row_mm, rows)) + (_FOOT_GAP_MM if rows else 0.0)


def _row_mm(row: Sequence[Foot]) -> float:
    return line_height(max(map(_foot_pt, row))) + (_WRITING_MM if any(foot.is_line for foot in row) else 0.0)


def _foot_pt(foot: Foot) -> float:
    return max(_FOOT_PT, foot.least_pt)


def _foot_rows(feet: Sequence[Foot], width: float) -> list[tuple[Foot, ...]]:
    """Return the feet side by side, or where they are too wide for that one under the other."""
    if not feet:
        return []
    needed = sum(map(_foot_width, feet)) + _FOOT_SPACE_MM * (len(feet) - 1)
    return [tuple(feet)] if needed <= width else [(foot,) for foot in feet]


def _foot_width(foot: Foot) -> float:
    return width_mm(foot.text, "regular", _foot_pt(foot)) + (_SHORTEST_LINE_MM if foot.is_line else 0.1)


def _feet(label: Label, box: Box) -> list[Item]:
    items: list[Item] = []
    y = box.y + _FOOT_GAP_MM
    for row in _foot_rows(label.feet, box.width):
        height = _row_mm(row)
        widths = [_foot_width(foot) for foot in row]
        spare = (box.width - sum(widths) - _FOOT_SPACE_MM * (len(row) - 1)) / len(row)
        x = box.x
        for foot, width in zip(row, widths, strict=True):
            items += _foot(foot, Box(x, y, min(width + spare, box.width), height), label.name)
            x += width + spare + _FOOT_SPACE_MM
        y += height
    return items


def _foot(foot: Foot, part: Box, name: str) -> list[Item]:
    size_pt = _foot_pt(foot)
    place = part.below(part.height - line_height(size_pt))
    try:
        items: list[Item] = [*stack([Paragraph(foot.field, foot.text, size_pt, foot.least_pt)], place)]
    except TextDoesNotFit as error:
        raise error.on(name) from error
    if foot.is_line:
        start = part.x + width_mm(foot.text, "regular", size_pt) + 0.8
        items.append(Line(start, part.bottom - 0.5, part.right, part.bottom - 0.5, 0.15, GREY))
    return items
