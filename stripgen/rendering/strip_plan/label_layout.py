"""Lays out one label: texts by priority beside and below its code, at the largest sizes at which all of them fit.

Pure geometry in millimetres. Nothing is cut, dropped or made smaller than its least size: what does not fit is refused.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from stripgen.domain.privacy import quote
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import MM_PER_POINT, Box, Font, Text
from stripgen.rendering.strip_plan.text import baseline_mm, break_line, line_height, shorten
from stripgen.rendering.words import unglue

CODE_GAP_MM = 0.8  # between a text and the quiet zone
JOINT_MM = 2.6  # between two texts on one line
_MOST_SPACE_MM = 0.7  # above each line
_RISE_OF_ACCENTS = 0.18  # of the type size; measured in Fira Sans
_LETTER_AND_MARK = 2
_SEPARATOR = " ·"
_HAIR_MM = 1e-6

# What can be done about a text that the plan makes, which no person can shorten.
_REMEDIES = {
    "compounding": "combine fewer strengths, or ",
    "batch": "give one lot of all strengths, or ",
}
_REMEDY_OF_A_STRIP = "put fewer days on a strip, or "  # a pouch has one day, whatever is on its strip

Tier = Literal[0, 1, 2]  # dose and day; whose it is and what; the rest
Shares = tuple[float, float, float]

# How much of the way from least to most each tier is set at: all alike at first, then the least important gives way.
_EVENLY = [(share, share, share) for share in (1.0, 0.85, 0.7, 0.55, 0.4, 0.3)]
_GIVING_WAY = [(0.3, 0.3, 0.15), (0.3, 0.3, 0.0), (0.3, 0.15, 0.0), (0.3, 0.0, 0.0), (0.15, 0.0, 0.0), (0.0, 0.0, 0.0)]
LEAST: Shares = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a label.

    Attributes:
        field: What it is in the order, for the error when it does not fit.
        tier: Its priority.
        joins: It stands on the line of the piece before where both have room there.
    """

    field: str
    text: str
    least_pt: float
    most_pt: float
    tier: Tier
    font: Font = "regular"
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Where the texts of a label go: a box, without the corner at its top right that the code takes.

    Attributes:
        top_mm: What is taken at the top beside the code, by the band of a draft.
        code_mm: Side of the code with its quiet zone; 0 where there is none.
    """

    box: Box
    code_mm: float
    top_mm: float = 0.0

    @property
    def code(self) -> Box:
        """The code's place."""
        return Box(self.box.right - self.code_mm, self.box.y, self.code_mm, self.code_mm)

    def width_at(self, y: float) -> float:
        """Return how wide a line that begins at a height may be."""
        beside = self.code_mm > 0 and y < self.box.y + self.code_mm + _HAIR_MM
        return self.box.width - (self.code_mm + CODE_GAP_MM if beside else 0.0)


@dataclass(frozen=True, slots=True)
class Style:
    """How all labels of a plan are set, so that they look alike.

    Attributes:
        module_mm: Of the code.
        shares: Of the way from least to most size, by tier.
        compact: Whether joined pieces may share lines that have room.
        space_mm: Above each line, where there is room to spare.
    """

    module_mm: float
    shares: Shares
    compact: bool
    space_mm: float = 0.0


def styles(modules_mm: Sequence[float]) -> Iterator[Style]:
    """Yield the styles to try, best first: a large code and even type, then what gives way before a text is refused.

    Args:
        modules_mm: Sizes of the code's modules, largest first.
    """
    yield from even_styles(modules_mm)
    yield from _styles(_GIVING_WAY, modules_mm)


def even_styles(modules_mm: Sequence[float]) -> Iterator[Style]:
    """Yield those of them in which no text gives way to another."""
    yield from _styles(_EVENLY, modules_mm)


def _styles(all_shares: Sequence[Shares], modules_mm: Sequence[float]) -> Iterator[Style]:
    for shares in all_shares:
        for module_mm in modules_mm:
            yield from (Style(module_mm, shares, compact) for compact in (False, True))


def lay_out(pieces: Sequence[Piece], room: Room, style: Style) -> list[Text] | None:
    """Return the texts in their boxes, from the top down; None where they do not fit."""
    texts = _flow(pieces, room, style, style.space_mm)
    if texts is None and style.space_mm:
        # further down, beside or below the code, a line may break elsewhere than it does without space between
        return _flow(pieces, room, style, 0.0)
    return texts


def spread(texts: Sequence[Text], room: Room) -> float:
    """Return how much space there is to put above each line of a label that is laid out without, millimetres."""
    if not texts:
        return _MOST_SPACE_MM
    n_lines = len({text.box.bottom for text in texts})
    return min((room.box.bottom - max(text.box.bottom for text in texts)) / n_lines, _MOST_SPACE_MM)


def _flow(pieces: Sequence[Piece], room: Room, style: Style, space_mm: float) -> list[Text] | None:
    texts: list[Text] = []
    y = room.box.y + room.top_mm
    for piece in pieces:
        size_pt = piece.least_pt + style.shares[piece.tier] * (piece.most_pt - piece.least_pt)
        joined = _join(piece, size_pt, texts, room) if piece.joins and style.compact else None
        if joined is not None:
            texts.append(joined)
            continue
        y += space_mm if texts else 0.0
        lines = _lines(piece, size_pt, room, y)
        if lines is None or (lines and lines[-1].box.bottom > room.box.bottom + _HAIR_MM):
            return None
        texts += lines
        y = lines[-1].box.bottom
    return texts


def _lines(piece: Piece, size_pt: float, room: Room, y: float) -> list[Text] | None:
    """Return a piece on lines of its own, each as wide as there is room at its height; None where a word is wider."""
    texts, rest = [], piece.text
    while rest:
        line, rest = break_line(rest, room.width_at(y), piece.font, size_pt)
        if not line:
            return None
        if rest:
            line = line.removesuffix(_SEPARATOR)  # the end of the line parts them
        y += _rise_mm(line, size_pt)
        box = Box(room.box.x, y, width_mm(line, piece.font, size_pt) + _HAIR_MM, line_height(size_pt))
        texts.append(Text(box, line, size_pt, piece.font))
        y = box.bottom
    return texts


def _rise_mm(line: str, size_pt: float) -> float:
    """Return how far a line's letters rise above it, millimetres."""
    return _RISE_OF_ACCENTS * size_pt * MM_PER_POINT if _is_tall(line) else 0.0


@lru_cache(maxsize=10_000)
def _is_tall(line: str) -> bool:
    """Return whether a line has large letters with two accents, as in Vietnamese names."""
    return not line.isascii() and any(
        letter.isupper() and len(unicodedata.normalize("NFD", letter)) > _LETTER_AND_MARK for letter in line
    )


def _join(piece: Piece, size_pt: float, texts: Sequence[Text], room: Room) -> Text | None:
    """Return a piece at the end of the line before, on its baseline; None where it has no room there."""
    if not texts or texts[-1].size_pt < size_pt or _rise_mm(piece.text, size_pt):  # it would need a higher line
        return None
    before = texts[-1]
    text = unglue(piece.text)
    x, width = before.box.right + JOINT_MM, width_mm(text, piece.font, size_pt) + _HAIR_MM
    if x + width > room.box.x + room.width_at(before.box.y) + _HAIR_MM:
        return None
    y = before.box.y + baseline_mm(before.size_pt) - baseline_mm(size_pt)
    return Text(Box(x, y, width, line_height(size_pt)), text, size_pt, piece.font)


def refuse(pieces: Sequence[Piece], room: Room, module_mm: float, what: str, option: str = "--stock") -> TextDoesNotFit:
    """Return the error that names the piece in the way: one with a word too wide, else the one of the most lines.

    Args:
        pieces: That do not fit.
        room: They had.
        module_mm: The smallest of the code.
        what: The label, in words.
        option: That chooses larger labels.
    """
    style = Style(module_mm, LEAST, compact=True)
    too_wide = [piece for piece in pieces if _flow([piece], _endless(room), style, 0.0) is None]
    piece = too_wide[0] if too_wide else max(pieces, key=lambda piece: (_height(piece, room), len(piece.text)))
    size = f"{room.box.width:.0f} × {room.box.height:.0f} mm"
    found = quote(piece.field, repr(shorten(piece.text)))
    words = f"{found} ({len(piece.text)} characters) does not fit its place of {size} on {what}"
    return TextDoesNotFit(
        [Problem(piece.field, f"{words}; {_remedy(piece.field, option)}take larger labels ({option})")]
    )


def _remedy(field: str, option: str) -> str:
    """Return what else than larger labels helps; nothing does where a pouch's own day and strip are in the way."""
    if field == "taper":
        return "" if option == "--stock" else _REMEDY_OF_A_STRIP
    return _REMEDIES.get(field, "shorten it, or ")


def _endless(room: Room) -> Room:
    return Room(Box(room.box.x, room.box.y, room.box.width, 1e6), room.code_mm, room.top_mm)


def _height(piece: Piece, room: Room) -> float:
    lines = _lines(piece, piece.least_pt, _endless(room), room.box.y) or []
    return len(lines) * (piece.tier + 1)  # the dose and the day are never what is too long
