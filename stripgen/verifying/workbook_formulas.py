"""Formulas of a workbook, each as its own cell would say it: Excel may write a column of them as one that is shared."""

import re
from xml.etree import ElementTree as ET

Place = tuple[int, int]  # row and column, 1..

_LETTERS = 26
_QUOTED = re.compile(r'("[^"]*"|\'[^\']*\')')
_REFERENCE = re.compile(r"(?<![A-Za-z0-9_.$])(\$?)([A-Z]{1,3})(\$?)([1-9]\d{0,6})(?![A-Za-z0-9_.(])")


class Formulas:
    """The formulas of one sheet, read from its first cell on."""

    def __init__(self) -> None:
        """Begin with none that is shared."""
        self._shared: dict[str, tuple[Place, str]] = {}

    def read(self, part: ET.Element, place: Place) -> str:
        """Return the formula of a cell, without the equals sign.

        Args:
            part: As it stands in the cell.
            place: Of the cell.

        Raises:
            ValueError: It shares a formula that no cell before it has.
        """
        kind, text = part.get("t", "normal"), part.text or ""
        if kind == "normal":
            return text
        if kind != "shared":  # no sheet of stripgen has one, so that it is told
            return f"{text} ({kind} formula of {part.get('ref', 'others')})"
        key = part.get("si", "")
        if text:
            self._shared[key] = place, text
            return text
        if key not in self._shared:
            raise ValueError(f"a cell shares formula {key!r}, which is not there")
        first, shared = self._shared[key]
        return move(shared, place[0] - first[0], place[1] - first[1])


def move(formula: str, rows: int, columns: int) -> str:
    """Return a formula as a cell farther down or right would say it.

    >>> move('IF(SUMPRODUCT($F$6:$G$6,F7:G7)>0,"E7",LOG10(E7))', 2, 0)
    'IF(SUMPRODUCT($F$6:$G$6,F9:G9)>0,"E7",LOG10(E9))'
    """
    pieces = _QUOTED.split(formula)
    pieces[::2] = [_REFERENCE.sub(lambda found: _moved(found, rows, columns), piece) for piece in pieces[::2]]
    return "".join(pieces)


def _moved(found: re.Match[str], rows: int, columns: int) -> str:
    fixed_column, letters, fixed_row, row = found.groups()
    if not fixed_column:
        letters = letters_of(max(column_of(letters) + columns, 1))
    return f"{fixed_column}{letters}{fixed_row}{row if fixed_row else int(row) + rows}"


def column_of(letters: str) -> int:
    """Return the number of a column, A being 1."""
    column = 0
    for letter in letters:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return column


def letters_of(column: int) -> str:
    """Return the letters of a column, 1.. being A."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return letters
