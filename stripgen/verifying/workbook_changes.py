"""What was changed in a workbook since it was made: only cells that are meant to be filled in may differ."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from stripgen.verifying.workbook_cells import Cell, Sheet, Value, Workbook, name_of
from stripgen.verifying.workbook_formulas import Place, letters_of
from stripgen.verifying.workbook_looks import WHITE, Look
from stripgen.verifying.workbook_package import Package
from stripgen.verifying.workbook_settings import PROTECTION, UNPROTECTED, USUAL_SETTINGS
from stripgen.verifying.workbook_words import tell_look

_CORE = "docProps/core.xml"  # says when the file was saved
_MOST_CELLS_TOLD = 40  # of a sheet: where a row was taken out, all cells below it differ
_LEAST_SHARE = 0.8  # of a height or a width: programs round them
_COVERS = "has what no sheet of stripgen has, and what may cover or change what it shows"
_FINEST_SHARE = 1e-13  # of a number: a spreadsheet keeps 15 digits, not all rounded alike
_SHOWS = re.compile(r"General|[0#?@ymdhs]", re.IGNORECASE)
_ADDS = re.compile(r'"[^\W_]"')  # a letter or a digit that the format itself shows
_SCALES = re.compile(r"[0#?],+(?![0#?,])")  # a comma at the end leaves out thousands
_LOWEST_ROW_POINTS, _NARROWEST_COLUMN = 5, 1


class Change(NamedTuple):
    """A change and where it is: a sheet, or a cell of it; empty for the whole."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed in a workbook.

    Attributes:
        filled_in: How many cells were filled in that are meant to be.
        compared: How many cells were compared.
    """

    found: tuple[Change, ...]
    filled_in: int
    compared: int


def find_changes(found: Workbook, made: Workbook) -> Changes:
    """Return what was changed in a workbook.

    Args:
        found: As it was found.
        made: As it is made anew.
    """
    told = [*_whole(found, made), *_sheets_of(found, made)]
    by_name = {sheet.name: sheet for sheet in found.sheets}
    pairs = [(by_name[other.name], other) for other in made.sheets if other.name in by_name]
    for sheet, other in pairs:
        told += [*_settings(sheet, other), *_hidden(sheet, other), *_some_cells(sheet, other)]
    return Changes(
        tuple(told),
        sum(_is_filled_in(sheet, place, cell) for sheet, other in pairs for place, cell in other.cells.items()),
        sum(len(other.cells) for _, other in pairs),
    )


def find_hidden(found: Workbook) -> Iterator[Change]:
    """Yield what a workbook hides or covers, where it cannot be made anew to compare it with."""
    for what, value in found.settings.items():
        if value not in USUAL_SETTINGS:
            yield Change("", f"{what}: {value}, which no dispensing sheet says")
    yield from _strange(found)
    for sheet in found.sheets:
        if sheet.visible:
            if sheet.settings[PROTECTION] == UNPROTECTED:
                yield Change(sheet.name, "is not protected any more")
            yield from (Change(sheet.name, f"{_COVERS}: {kind}") for kind in sorted(sheet.covering))
            yield from _hidden_cells(sheet)


def _hidden_cells(sheet: Sheet) -> Iterator[Change]:
    shown = {place: cell for place, cell in sheet.cells.items() if cell.value is not None or cell.formula}
    for row in sorted({row for row, _ in shown}):
        if sheet.row(row).hidden or sheet.row(row).height < _LOWEST_ROW_POINTS:
            yield Change(f"{sheet.name}!{row}:{row}", "is a row that does not show")
    for number in sorted({column for _, column in shown}):
        if sheet.column(number).hidden or sheet.column(number).width < _NARROWEST_COLUMN:
            yield Change(f"{sheet.name}!{letters_of(number)}", "is a column that does not show")
    for place, cell in shown.items():
        if not _is_legible(cell):
            yield Change(name_in(sheet, *place), f"cannot be read as it looks: {say(cell.value)}")


def find_unsealed(found: Package, made: Package) -> Iterator[Change]:
    """Yield what is wrong with the seal of a workbook, and parts that differ where nobody sees it.

    Args:
        found: As it was found.
        made: As it is made anew.
    """
    differing = sorted(name for name in {*found.parts, *made.parts} if found.parts.get(name) != made.parts.get(name))
    if found.seal == "broken":
        yield Change("", "its seal is broken: the file was changed since it was made, not saved from a spreadsheet")
    elif differing and found.seal == "whole":
        yield Change("", f"is sealed, but not as stripgen makes it; other are: {', '.join(differing)}")
    elif differing and found.parts.get(_CORE) == made.parts.get(_CORE):
        # whoever saves a workbook writes down when: this one was taken apart and put together again
        yield Change("", f"has no seal, though no program saved it since; other are: {', '.join(differing)}")


def name_in(sheet: Sheet, row: int, column: int) -> str:
    """Return the name of a cell with its sheet's."""
    return f"{sheet.name}!{name_of(row, column)}"


def say(value: Value) -> str:
    """Return a value as a message has it."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.15g}"
    text = str(value)
    return repr(text if len(text) <= 80 else f"{text[:77]}…")  # noqa: PLR2004 - a line of a terminal


def _whole(found: Workbook, made: Workbook) -> Iterator[Change]:
    for what, value in made.settings.items():
        if found.settings.get(what) != value:
            yield Change("", f"{what}: {found.settings.get(what)}, made as {value}")
    for what, value in made.properties.items():
        if found.properties[what] != value:
            says = f"{found.properties[what]!r}, made as {value!r}"
            yield Change("", f"its {what}, as lists of files show it: {says}")
    yield from _strange(found)


def _strange(found: Workbook) -> Iterator[Change]:
    yield from (Change("", f"has a part that no dispensing sheet has: {name!r}") for name in found.strange)


def _sheets_of(found: Workbook, made: Workbook) -> Iterator[Change]:
    names, made_names = [sheet.name for sheet in found.sheets], [sheet.name for sheet in made.sheets]
    if names != made_names:
        yield Change("", f"has the sheets {', '.join(names)}; made with {', '.join(made_names)}")
    visible = {sheet.name: sheet.visible for sheet in made.sheets}
    for sheet in found.sheets:
        if sheet.visible != visible.get(sheet.name, sheet.visible):
            yield Change(sheet.name, "shows, made hidden" if sheet.visible else "is hidden")


def _settings(found: Sheet, made: Sheet) -> Iterator[Change]:
    for what in {**made.settings, **found.settings}:
        if found.settings.get(what) != made.settings.get(what):
            yield Change(found.name, f"{what}: not as made")
    for kind in sorted(found.covering - made.covering):
        yield Change(found.name, f"{_COVERS}: {kind}")


def _hidden(found: Sheet, made: Sheet) -> Iterator[Change]:
    """Yield rows and columns that show less than they were made to."""
    if not made.visible:
        return
    last_row, last_column = (max((place[axis] for place in made.cells), default=0) for axis in (0, 1))
    for row in range(1, last_row + 1):
        if found.row(row).hidden or found.row(row).height < _LEAST_SHARE * made.row(row).height:
            how = "hidden" if found.row(row).hidden else f"only {found.row(row).height:g} points high"
            yield Change(f"{found.name}!{row}:{row}", f"the row is {how}; show it again")
    for number in range(1, last_column + 1):
        column, before = found.column(number), made.column(number)
        if column.hidden or column.width < _LEAST_SHARE * before.width:
            letters = letters_of(number)
            how = "hidden" if column.hidden else f"only {column.width:g} wide"
            yield Change(f"{found.name}!{letters}:{letters}", f"the column is {how}; made {before.width:g} wide")


def _some_cells(found: Sheet, made: Sheet) -> Iterator[Change]:
    """Yield the first of the cells that differ, and how many more."""
    changes = _cells(found, made)
    yield from islice(changes, _MOST_CELLS_TOLD)
    more = sum(1 for _ in changes)
    if more:
        yield Change(found.name, f"{more:,} more cells differ")


def _cells(found: Sheet, made: Sheet) -> Iterator[Change]:
    empty = Cell(None, "", Look())
    for place in sorted({*found.cells, *made.cells}):
        cell, before = found.cells.get(place), made.cells.get(place)
        what = _difference(cell or empty, before or empty, absent=cell is None, looked_at=made.visible)
        if what:
            yield Change(name_in(found, *place), what)


def _difference(cell: Cell, made: Cell, *, absent: bool, looked_at: bool) -> str:
    """Return what is other in a cell; empty where nothing is."""
    if not made.look.locked:
        return "" if absent and made.value is None else _difference_of_entry(cell, made)
    if _alike(cell.formula) != _alike(made.formula):
        return f"has the formula {say(cell.formula or None)}, made with {say(made.formula or None)}"
    if made.formula:
        if cell.value is not None and not _holds(cell, made):
            return f"shows {say(cell.value)}: the check does not hold"
    elif not _is_same(cell.value, made.value):
        return f"says {say(cell.value)}, made as {say(made.value)}"
    if cell.runs and not made.runs:
        return "has letters that look other than the rest of the cell"
    is_empty = made.value is None and not made.formula
    return "" if is_empty or not looked_at else _difference_of_looks(cell.look, made.look)


def _difference_of_entry(cell: Cell, made: Cell) -> str:
    """Return what is other in a cell to fill in: only that it was filled in is not."""
    if made.value is not None and not _is_same(cell.value, made.value):
        return f"says {say(cell.value)}, but {say(made.value)} in the order"
    if cell.formula:
        return f"holds the formula {say(cell.formula)}; type what it should say"
    if cell.value is not None and (cell.runs or not _is_legible(cell)):
        return f"cannot be read as it looks: {say(cell.value)}"
    if isinstance(cell.value, float) and not _shows_as_typed(cell.look.number_format, made.look.number_format):
        return f"holds {say(cell.value)}, but its number format {cell.look.number_format!r} shows something else"
    placed = cell.look._replace(number_format=made.look.number_format)  # a date that is typed brings its own
    return _difference_of_looks(placed, made.look)


def _difference_of_looks(look: Look, made: Look) -> str:
    return f"looks other than made: {tell_look(look, made)}" if look != made else ""


def _shows_as_typed(number_format: str, made: str) -> bool:
    """Return whether a number that was typed shows as it is: no letter or digit beside it, no thousands left out."""
    return number_format == made or not (_ADDS.search(number_format) or _SCALES.search(number_format))


def _is_filled_in(found: Sheet, place: Place, made: Cell) -> bool:
    return not made.look.locked and made.value is None and found.cells.get(place, made).value is not None


def _is_legible(cell: Cell) -> bool:
    """Return whether a person can read what a cell says."""
    look = cell.look
    sections = re.sub(r'"[^"]"|\[[^\]]*\]', "", look.number_format).split(";")
    words = '"' in look.number_format
    shows = all(_SHOWS.search(section) for section in sections) or (words and len(sections) == 1)
    return shows and look.font.color != (look.fill or WHITE) and not look.font.symbols and look.font.size >= 6  # noqa: PLR2004 - points


def _holds(cell: Cell, made: Cell) -> bool:
    """Return whether a check shows what it is to show when it holds: the first text of its formula."""
    held = re.search(r',"([^"]*)","([^"]*)"\),"\2"\)$', made.formula)
    return held is not None and cell.value == held[1]


def _alike(formula: str) -> str:
    """Return a formula without the quotes around names of sheets, which programs set as they like."""
    return formula.replace("'", "")


def _is_same(value: Value, made: Value) -> bool:
    """Return whether two values are the same; numbers as far as any spreadsheet keeps them."""
    if isinstance(value, float) and isinstance(made, float):
        return math.isclose(value, made, rel_tol=_FINEST_SHARE)
    return type(value) is type(made) and value == made
