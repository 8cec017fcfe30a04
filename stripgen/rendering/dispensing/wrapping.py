"""How high a row must be to show all of a wrapped text.

A sheet file carries no picture of its text, and no program grows rows of merged cells, so heights are estimated here,
from the widths of Arial's letters and rather too high than too low.
"""

import math
import unicodedata
from collections.abc import Iterable

_EM_WIDTHS = {
    "ijl'": 0.23,
    " !,./:;I[\\]ft|": 0.28,
    '()-`r{}"': 0.35,
    "*^": 0.47,
    "Jckstvxyz": 0.50,
    "+<=>~×FTZ": 0.61,
    "&ABEKPSVXY": 0.67,
    "CDHNRUw": 0.73,
    "GOQ": 0.78,
    "mM": 0.84,
    "%W": 0.95,
    "@—…": 1.02,
}
_WIDTH_OF = {letter: width for letters, width in _EM_WIDTHS.items() for letter in letters}
_USUAL_LETTER = 0.56
_UNKNOWN_LETTER = 0.8
_FULL_WIDTH_LETTER = 1.1

_BOLD = 1.08
_SAFETY = 1.03
POINTS_PER_WIDTH = 5.25  # one unit of column width is 7 pixels of 1/96 inch
_CELL_PADDING_POINTS = 4
_ENTRY_PADDING_POINTS = 1.25
INDENT_POINTS = 8
_LINE_SPACING = 1.22
_ROW_PADDING_POINTS = 3.5


def room_in(column_width: float, size: int, *, bold: bool, indented: bool) -> float:
    """Return how long a line of a cell may be, in em.

    Args:
        column_width: In the sheet's units, widths of a digit.
        size: Of the font, in points.
        bold: Whether the font is bold.
        indented: Whether the cell keeps a distance from its border.
    """
    points = column_width * POINTS_PER_WIDTH - _CELL_PADDING_POINTS - (INDENT_POINTS if indented else 0)
    return points / (size * _SAFETY * (_BOLD if bold else 1))


def height_of(n_lines: int, size: int) -> float:
    """Return how many points high a row must be for lines of a font size."""
    return math.ceil(n_lines * size * _LINE_SPACING + _ROW_PADDING_POINTS)


def count_lines(text: str, room: float) -> int:
    """Return on how many lines a text comes out when broken at spaces, and inside words longer than a line.

    Args:
        text: One paragraph.
        room: The length of a line, in em.

    >>> count_lines("one two", 10), count_lines("one two", 3), count_lines("w" * 10, 3)
    (1, 2, 3)
    """
    lines, used = 1, 0.0
    for word in text.split(" "):
        width = text_width(word)
        gap = text_width(" ") if used else 0.0
        if used + gap + width <= room:
            used += gap + width
            continue
        if used:
            lines += 1
        used = 0.0
        for letter in map(_letter_width, word):
            if used + letter > room:
                lines, used = lines + 1, 0.0
            used += letter
    return lines


def longest_word(text: str) -> str:
    """Return the word of a text that takes the most room.

    >>> longest_word("orodispersible tablet")
    'orodispersible'
    """
    return max(text.split(" "), key=text_width)


def length_of(text: str, size: int) -> float:
    """Return how many points of room a bold text takes on one line."""
    return text_width(text) * size * _SAFETY * _BOLD + 2 * _CELL_PADDING_POINTS


def needed_width(text: str, size: int) -> float:
    """Return how wide a column must be for a bold text on one line."""
    return length_of(text, size) / POINTS_PER_WIDTH


def width_on_two_lines(text: str, size: int) -> float:
    """Return how wide a column must be for a bold text on two lines at most, broken at a space.

    >>> width_on_two_lines("Units in pouch", 10) < needed_width("Units in pouch", 10)
    True
    """
    words = text.split(" ")
    breaks = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, max(len(words), 2))]
    longest = min(max(map(text_width, lines)) for lines in breaks)
    return (longest * size * _SAFETY * _BOLD + _CELL_PADDING_POINTS) / POINTS_PER_WIDTH


def width_for_any(texts: Iterable[str], size: int) -> float:
    """Return how wide a column must be for the widest of some upright texts; a date without room is shown as ###."""
    return (max(map(text_width, texts)) * size + INDENT_POINTS + _ENTRY_PADDING_POINTS) / POINTS_PER_WIDTH


def text_width(text: Iterable[str]) -> float:
    """Return the width of some letters, in em of upright Arial."""
    return sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    base = unicodedata.normalize("NFD", letter)[0]
    if base in _WIDTH_OF:
        return _WIDTH_OF[base]
    if unicodedata.combining(base):
        return 0.0
    if unicodedata.east_asian_width(base) in {"W", "F"}:
        return _FULL_WIDTH_LETTER
    return _USUAL_LETTER if base.isascii() else _UNKNOWN_LETTER
