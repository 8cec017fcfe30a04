"""What stands in a workbook, read from its XML: values, formulas, looks, and all that can hide or cover a cell.

A reader of its own, since none other tells all of it: what is hidden, locked, drawn over, or not recalculated.
"""

import math
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree as ET

from stripgen.verifying.workbook_formulas import Formulas, Place, column_of, letters_of
from stripgen.verifying.workbook_looks import Look, Looks, child, is_on, read_looks
from stripgen.verifying.workbook_package import local, read_xml
from stripgen.verifying.workbook_settings import read_settings, read_sheet_settings

Value = float | str | bool | None

_WORKBOOK = "xl/workbook.xml"
_LAST_ROW, _LAST_COLUMN = 20_000, 500  # of what has a value; the longest taper of the most strengths needs a tenth
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CELL_NAME = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_EXCELS_WIDTH = 8.43  # of a column of which nothing is said
_USUAL_HEIGHT = 15.0
_COVERING = {"sparklineGroup", "oleObject", "control", "picture", "hyperlink", "tablePart", "AlternateContent"}
_USUAL_OF_SHEETS = {
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("autoFilter", "sortState", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations"),
    *("printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "ignoredErrors"),
    *("drawing", "extLst", "cellWatches"),
}
_USUAL_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(core|app|custom)\.xml|docProps/thumbnail\.\w+|docMetadata/.*"
    r"|xl/workbook\.xml|xl/styles\.xml|xl/sharedStrings\.xml|xl/calcChain\.xml|xl/metadata\.xml|xl/theme/theme\d+\.xml"
    r"|xl/printerSettings/.*|xl/(worksheets/)?_rels/.*\.rels|xl/worksheets/sheet\d+\.xml|xl/persons/.*|customXml/.*"
)
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRICT_RELATIONS = "{http://purl.oclc.org/ooxml/officeDocument/relationships}"
_SHEETS_MAY_NAME = {"printerSettings", "drawing"}
_NAMES = {"_xlnm.Print_Area": "what is printed", "_xlnm.Print_Titles": "the rows printed on every page"}
_PROPERTIES = ("title", "subject", "description", "keywords", "category", "contentStatus")
_FILTERED = "_xlnm._FilterDatabase"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HAS_OTHERS = "has others"  # no name of XML has a blank
_DRAWING = re.compile(r"xl/drawings/drawing\d+\.xml")


class Cell(NamedTuple):
    """A cell.

    Attributes:
        value: What it shows, a formula's last result included.
        formula: Without the equals sign; empty where there is none.
        runs: Whether parts of its text have looks of their own.
    """

    value: Value
    formula: str
    look: Look
    runs: bool = False


class Row(NamedTuple):
    """How a row stands; the height in points."""

    height: float
    hidden: bool


class Column(NamedTuple):
    """How some columns stand; the width in digits."""

    first: int
    last: int
    width: float
    hidden: bool


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes:
        cells: All that are in the file, empty ones with a look included.
        settings: What else decides how it shows or what may be changed, by what it is.
        covering: What lies over cells or is drawn into them, by kind.
    """

    name: str
    visible: bool
    cells: Mapping[Place, Cell]
    rows: Mapping[int, Row]
    usual_row: Row
    columns: Sequence[Column]
    settings: Mapping[str, object]
    covering: frozenset[str]

    def row(self, number: int) -> Row:
        """Return how a row stands."""
        return self.rows.get(number, self.usual_row)

    def column(self, number: int) -> Column:
        """Return how a column stands."""
        for column in self.columns:
            if column.first <= number <= column.last:
                return column
        return Column(number, number, _EXCELS_WIDTH, hidden=False)


@dataclass(frozen=True)
class Workbook:
    """A workbook.

    Attributes:
        settings: What decides how all its sheets show or are computed, by what it is.
        strange: Parts that a dispensing sheet never has.
        properties: What lists of files show of the file, by what it is.
    """

    sheets: Sequence[Sheet]
    settings: Mapping[str, object]
    strange: Sequence[str]
    properties: Mapping[str, str]


def read_workbook(parts: Mapping[str, bytes]) -> Workbook:
    """Return all that stands in a workbook.

    Raises:
        ValueError: It is broken, or has what no workbook of stripgen has, such as two cells in one place.
    """
    root, targets = _root_and_targets(parts)
    themes = [read_xml(_named(parts, name)) for kind, name in targets.values() if kind == "theme"]
    looks = read_looks(read_xml(_part(parts, targets, "styles")), themes[0] if themes else None)
    texts = _shared_texts(parts, targets)
    names = _printed_ranges(root)
    sheets = [
        _sheet(name, visible, _read_sheet(_named(parts, part)), looks, texts, names.get(index, {}))
        for index, (name, visible, part) in enumerate(_sheets(root, targets))
    ]
    settings = {**read_settings(root), "its names that mean cells or numbers": _other_names(root)}
    properties = {what: _property(parts, what) for what in _PROPERTIES}
    return Workbook(sheets, settings, list(_strange_parts(parts)), properties)


def read_kind(parts: Mapping[str, bytes]) -> str:
    """Return what a workbook says that it is, in every language: see `domain.enclosure`; empty for a dispensing sheet.

    Raises:
        ValueError: It is broken.
    """
    return _property(parts, "subject")


def read_texts_of(parts: Mapping[str, bytes], sheet: str) -> dict[Place, str]:
    """Return the texts on one sheet of a workbook, which may have any look; empty where it has no such sheet.

    Raises:
        ValueError: It is broken.
    """
    root, targets = _root_and_targets(parts)
    for name, _, part in _sheets(root, targets):
        if name == sheet:
            texts, any_look = _shared_texts(parts, targets), _AnyLook()
            cells = dict(_cells(read_xml(_named(parts, part)), any_look, texts))
            return {place: cell.value for place, cell in cells.items() if isinstance(cell.value, str)}
    return {}


class _AnyLook(Looks):
    """Stands in for the looks of a workbook where none is asked for."""

    def __init__(self) -> None:
        super().__init__((), ())


def _root_and_targets(parts: Mapping[str, bytes]) -> tuple[ET.Element, dict[str, tuple[str, str]]]:
    """Return the root of the workbook, and the kind and the name of each part that it names, by its id."""
    root = read_xml(_named(parts, _WORKBOOK))
    opened = [name for kind, name in _relations(parts, "_rels/.rels", "/").values() if kind == "officeDocument"]
    if opened != [_WORKBOOK]:
        raise ValueError(f"it opens with {', '.join(opened) or 'nothing'}, not with {_WORKBOOK}")
    return root, _relations(parts, "xl/_rels/workbook.xml.rels", "/xl")


def _relations(parts: Mapping[str, bytes], part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the name of each part that another names, by its id."""
    named: dict[str, tuple[str, str]] = {}
    for relation in read_xml(_named(parts, part)):
        kind, target = relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")
        key = relation.get("Id", "")
        if key in named:
            raise ValueError(f"it names two parts {key!r}")
        named[key] = kind, posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
    return named


def _named(parts: Mapping[str, bytes], name: str) -> bytes:
    if name not in parts:
        raise ValueError(f"it has no part {name!r}")
    return parts[name]


def _part(parts: Mapping[str, bytes], targets: Mapping[str, tuple[str, str]], kind: str) -> bytes:
    """Return the one part of a kind."""
    names = {name for its_kind, name in targets.values() if its_kind == kind}
    if len(names) != 1:
        raise ValueError(f"it has {len(names)} parts with its {kind}")
    return _named(parts, names.pop())


def _sheets(root: ET.Element, targets: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, bool, str]]:
    """Yield the name of each sheet, whether it shows, and its part."""
    seen: set[str] = set()
    for sheet in child(root, "sheets"):
        key = sheet.get(f"{_RELATIONS}id", sheet.get(f"{_STRICT_RELATIONS}id", ""))
        kind, part = targets.get(key, ("", ""))
        if kind != "worksheet" or part in seen:
            raise ValueError(f"its sheet {sheet.get('name', '')!r} is not a sheet of cells of its own")
        seen.add(part)
        yield sheet.get("name", ""), sheet.get("state", "visible") == "visible", part


def _property(parts: Mapping[str, bytes], name: str) -> str:
    properties = parts.get("docProps/core.xml")
    return "" if properties is None else child(read_xml(properties), name).text or ""


def _printed_ranges(root: ET.Element) -> dict[int, dict[str, object]]:
    """Return what is printed of each sheet, by its index.

    Raises:
        ValueError: It is told twice.
    """
    ranges: dict[int, dict[str, object]] = {}
    for name in child(root, "definedNames"):
        what = _NAMES.get(str(name.get("name")))
        if what is None:
            continue
        printed = ranges.setdefault(int(name.get("localSheetId", "-1")), {})
        if what in printed:
            raise ValueError(f"it tells twice {what}")
        printed[what] = (name.text or "").rpartition("!")[2]
    return ranges


def _other_names(root: ET.Element) -> tuple[str, ...]:
    names = {name.get("name", "") for name in child(root, "definedNames")}
    return tuple(sorted(name for name in names - set(_NAMES) if not name.startswith(_FILTERED)))


def _strange_parts(parts: Mapping[str, bytes]) -> Iterator[str]:
    for name, content in parts.items():
        if _DRAWING.fullmatch(name):
            if len(read_xml(content)):  # LibreOffice leaves an empty one
                yield name
        elif not _USUAL_PARTS.fullmatch(name) or (name.endswith(".rels") and b'"External"' in content):
            yield name
        elif name.startswith("xl/worksheets/_rels/"):
            yield from _strange_relations(parts, name)


def _strange_relations(parts: Mapping[str, bytes], part: str) -> Iterator[str]:
    """Yield what a sheet names that no sheet of stripgen does."""
    for kind, name in _relations(parts, part, "/xl/worksheets").values():
        if kind not in _SHEETS_MAY_NAME or (kind == "drawing" and not _DRAWING.fullmatch(name)):
            yield f"{name} ({kind})"


def _shared_texts(parts: Mapping[str, bytes], targets: Mapping[str, tuple[str, str]]) -> list[tuple[str, bool]]:
    """Return the texts that cells name by their number, and whether parts of each have looks of their own."""
    if not any(kind == "sharedStrings" for kind, _ in targets.values()):
        return []
    return [_text(item) for item in read_xml(_part(parts, targets, "sharedStrings"))]


def _text(item: ET.Element) -> tuple[str, bool]:
    texts, runs = [], False
    for part in item:
        if local(part.tag) == "t":
            texts.append(part.text or "")
        elif local(part.tag) == "rPh":  # how to read it aloud, shown above it
            runs = True
        elif local(part.tag) == "r":
            runs = True
            texts += [text.text or "" for text in part if local(text.tag) == "t"]
    return unescape("".join(texts)), runs


def unescape(text: str) -> str:
    """Return a text with the characters that XML cannot have.

    >>> unescape("_x0041_ and _x005F_x0041_")
    'A and _x0041_'
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _sheet(
    name: str,
    visible: bool,
    root: ET.Element,
    looks: Looks,
    texts: Sequence[tuple[str, bool]],
    printed: Mapping[str, object],
) -> Sheet:
    covering = {local(each.tag) for each in root.iter() if local(each.tag) in _COVERING}
    if root.get(_HAS_OTHERS):
        _pass_over_others(root)
    usual = child(root, "sheetFormatPr")
    usual_row = Row(float(usual.get("defaultRowHeight", _USUAL_HEIGHT)), is_on(usual.get("zeroHeight", "0")))
    return Sheet(
        name,
        visible,
        _by_place(_cells(root, looks, texts)),
        _rows(root, usual_row),
        usual_row,
        _columns(root),
        {**read_sheet_settings(root, looks), **printed},
        frozenset(covering | {local(each.tag) for each in root} - _USUAL_OF_SHEETS),
    )


def _read_sheet(content: bytes) -> ET.Element:
    """Return the root of a sheet, marked where it may have more than one vocabulary."""
    root = read_xml(content)
    if content.count(b"xmlns") != 1:  # also where it is not in UTF-8
        root.set(_HAS_OTHERS, "1")
    return root


def _pass_over_others(root: ET.Element) -> None:
    """Take out of a sheet what is of another vocabulary than its root, as spreadsheet programs pass over it.

    What they read of others stands apart, in lists of extensions, and what covers cells is told by itself.
    """
    own = root.tag[: root.tag.find("}") + 1]
    for parent in list(root.iter()):
        if any(not each.tag.startswith(own) for each in parent) and local(parent.tag) not in {"extLst", "ext"}:
            for each in [each for each in parent if not each.tag.startswith(own) and parent.tag.startswith(own)]:
                parent.remove(each)


def _columns(root: ET.Element) -> list[Column]:
    """Return how the columns stand.

    Raises:
        ValueError: One is told of twice.
    """
    columns: list[Column] = []
    for each in child(root, "cols"):
        first, last = int(each.get("min", "1")), int(each.get("max", "1"))
        if any(first <= other.last and other.first <= last for other in columns):
            raise ValueError(f"it tells twice of column {letters_of(first)}")
        columns.append(Column(first, last, float(each.get("width", _EXCELS_WIDTH)), is_on(each.get("hidden", "0"))))
    return columns


def _rows(root: ET.Element, usual: Row) -> dict[int, Row]:
    return {
        int(row.get("r", "0")): Row(float(row.get("ht", usual.height)), is_on(row.get("hidden", "0")))
        for row in child(root, "sheetData")
    }


def _by_place(cells: Iterator[tuple[Place, Cell]]) -> dict[Place, Cell]:
    found: dict[Place, Cell] = {}
    for place, cell in cells:
        if place in found:
            raise ValueError(f"it has two cells {name_of(*place)}")
        found[place] = cell
    return found


def _cells(root: ET.Element, looks: Looks, texts: Sequence[tuple[str, bool]]) -> Iterator[tuple[Place, Cell]]:
    """Yield each cell with its place.

    Raises:
        ValueError: A row or a cell says not where it is, stands out of order, or is farther out than any of stripgen.
    """
    (data,) = [each for each in root if local(each.tag) == "sheetData"] or [ET.Element("sheetData")]
    last, formulas = 0, Formulas()
    for row in data:
        number = int(row.get("r", "0"))
        if number <= last:
            raise ValueError(f"its row {number} stands after row {last}")
        last = number
        for each in row:
            place = _place(each.get("r", ""))
            if place[0] != number:
                raise ValueError(f"its cell {name_of(*place)} stands in row {number}")
            if len(each) and not (place[0] <= _LAST_ROW and place[1] <= _LAST_COLUMN):
                raise ValueError(f"it has a cell {name_of(*place)}, farther out than any dispensing sheet")
            yield place, _cell(each, place, looks, texts, formulas)


def _place(name: str) -> Place:
    found = _CELL_NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"it has a cell named {name[:20]!r}")
    return int(found[2]), column_of(found[1])


def name_of(row: int, column: int) -> str:
    """Return the name of a cell.

    >>> name_of(7, 1), name_of(12, 28)
    ('A7', 'AB12')
    """
    return f"{letters_of(column)}{row}"


def _cell(each: ET.Element, place: Place, looks: Looks, texts: Sequence[tuple[str, bool]], formulas: Formulas) -> Cell:
    value, formula, runs = "", "", "vm" in each.attrib  # a value that is a picture, or a card
    kind = each.get("t", "n")
    for part in each:
        match local(part.tag):
            case "v" if kind != "inlineStr":
                value = part.text or ""
            case "f":
                formula = formulas.read(part, place)
            case "is" if kind == "inlineStr":
                value, runs = _text(part)
            case "v" | "is":
                raise ValueError(f"its cell {name_of(*place)} says two things")
    if kind == "s":
        index = int(value)
        if not 0 <= index < len(texts):
            raise ValueError(f"a cell names text {index}, which is not there")
        value, runs = texts[index]
    style = int(each.get("s", "0"))
    if looks.cells and not 0 <= style < len(looks.cells):
        raise ValueError(f"a cell names style {style}, which is not there")
    return Cell(_value(value, kind), formula, looks.cells[style] if looks.cells else Look(), runs)


def _value(text: str, kind: str) -> Value:
    if not text:
        return None
    if kind == "b":
        return is_on(text)
    if kind == "n":
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(number):
            raise ValueError(f"a cell has {text!r}, which is not a number")
        return number
    return unescape(text) if kind == "str" else text
