"""How the cells of a workbook look, read from its styles: each look in one form, whichever program wrote it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree as ET

from stripgen.verifying.workbook_package import local

BLACK, WHITE = "000000", "FFFFFF"

_BUILTIN_FORMATS = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 49: "@"}
_THEME_COLORS = {"0": WHITE, "1": BLACK}
_INDEXED_COLORS = {"0": BLACK, "1": WHITE, "8": BLACK, "9": WHITE, "64": BLACK, "65": WHITE}
_PLAIN_IN_FORMATS = " -/:()+"  # what a number format shows without being asked to
_USUAL_CHARSETS = {"0", "1"}
NO = ("0", "false", "off")


class Font(NamedTuple):
    """The letters of a cell. The colour is in six hexadecimal digits, or names what it is taken from."""

    name: str = ""
    size: float = 11.0
    bold: bool = False
    italic: bool = False
    struck: bool = False
    raised: str = ""
    color: str = BLACK
    symbols: bool = False


class Look(NamedTuple):
    """How a cell looks.

    Attributes:
        number_format: In one form: what it shows as it is stands in quotes, character by character.
        fill: The colour behind; empty where there is none.
        placed: How its text is aligned: horizontally, turned by, shrunk to fit.
        locked: Whether a protected sheet refuses entries.
    """

    number_format: str = "General"
    font: Font = Font()
    fill: str = ""
    placed: tuple[str, str, bool] = ("general", "0", False)
    locked: bool = True


@dataclass(frozen=True)
class Looks:
    """All looks of a workbook.

    Attributes:
        cells: By the number that a cell names its look with.
        conditional: Likewise those of conditional formats, as the colours of letters and of what is behind them.
    """

    cells: Sequence[Look]
    conditional: Sequence[tuple[str, str]]


def read_looks(styles: ET.Element) -> Looks:
    """Return all looks of a workbook.

    Args:
        styles: The root of its styles.

    Raises:
        ValueError: They are not as a workbook has them.
    """
    formats = _BUILTIN_FORMATS | {
        int(each.get("numFmtId", "0")): each.get("formatCode", "") for each in _children(styles, "numFmts")
    }
    fonts = [_font(font) for font in _children(styles, "fonts")]
    fills = [_fill(fill) for fill in _children(styles, "fills")]
    return Looks(
        [_look(each, formats, fonts, fills) for each in _children(styles, "cellXfs")],
        [_conditional_look(each) for each in _children(styles, "dxfs")],
    )


def _look(each: ET.Element, formats: Mapping[int, str], fonts: Sequence[Font], fills: Sequence[str]) -> Look:
    number, font, fill = (int(each.get(key, "0")) for key in ("numFmtId", "fontId", "fillId"))
    if not (0 <= font < len(fonts) and 0 <= fill < len(fills)):
        raise ValueError("a style has a font or a fill that is not there")
    alignment, protection = child(each, "alignment"), child(each, "protection")
    return Look(
        write_alike(formats.get(number, f"the built-in format {number}")),
        fonts[font],
        fills[fill],
        (
            alignment.get("horizontal", "general"),
            alignment.get("textRotation", "0"),
            is_on(alignment.get("shrinkToFit", "0")),
        ),
        is_on(protection.get("locked", "1")),
    )


def write_alike(number_format: str) -> str:
    r"""Return a number format in one form: what it shows as it is stands in quotes, character by character.

    >>> write_alike('0.00" mg"') == write_alike(r'0.00\ "mg"') == '0.00" ""m""g"'
    True
    """
    return "".join(f'"{sign}"' if literal else sign for literal, sign in _signs_of(number_format))


def _signs_of(number_format: str) -> Iterator[tuple[bool, str]]:
    """Yield each character of a format, and whether it is shown as it is."""
    quoted = bracketed = escaped = False
    for sign in number_format:
        if escaped or (quoted and sign != '"'):
            yield True, sign
            escaped = False
        elif sign == '"':
            quoted = not quoted
        elif sign == "\\":
            escaped = True
        else:
            bracketed = sign == "[" or (bracketed and sign != "]")
            yield (sign in _PLAIN_IN_FORMATS and not bracketed), sign


def _font(font: ET.Element) -> Font:
    values = {local(each.tag): each for each in font}
    on = {key: key in values and is_on(values[key].get("val", "1")) for key in ("b", "i", "strike")}
    return Font(
        _value(values, "name", "") or _value(values, "rFont", ""),
        float(_value(values, "sz", "11")),
        on["b"],
        on["i"],
        on["strike"],
        _value(values, "vertAlign", "").replace("baseline", ""),
        _color(values.get("color")) or BLACK,
        _value(values, "charset", "1") not in _USUAL_CHARSETS,
    )


def _value(values: Mapping[str, ET.Element], key: str, usual: str) -> str:
    return values[key].get("val", usual) if key in values else usual


def _fill(fill: ET.Element) -> str:
    pattern = child(fill, "patternFill")
    kind = pattern.get("patternType", "none")
    if any(local(each.tag) == "gradientFill" for each in fill):
        return "gradient"
    if kind == "solid":
        return _color(_first(pattern, "fgColor")) or BLACK
    return "" if kind == "none" else kind


def _color(color: ET.Element | None) -> str:
    """Return a colour; empty where none is said."""
    if color is None or is_on(color.get("auto", "0")):
        return ""
    if "rgb" in color.attrib:
        return color.attrib["rgb"].upper()[-6:]
    if "indexed" in color.attrib:
        return _INDEXED_COLORS.get(color.attrib["indexed"], f"colour {color.attrib['indexed']}")
    theme, tint = color.get("theme", ""), color.get("tint", "0")
    plain = _THEME_COLORS.get(theme) if float(tint) == 0 else None
    return plain or f"theme colour {theme} {tint}"


def _conditional_look(each: ET.Element) -> tuple[str, str]:
    font, fill = child(each, "font"), child(each, "fill")
    pattern = child(fill, "patternFill")
    behind = _color(_first(pattern, "bgColor")) or _color(_first(pattern, "fgColor"))
    more = "".join(sorted(local(part.tag) for part in each if local(part.tag) not in {"font", "fill"}))
    return _color(_first(font, "color")), f"{behind}{more}"


def is_on(value: str) -> bool:
    """Return whether an attribute says yes."""
    return value.lower() not in NO


def child(parent: ET.Element, name: str) -> ET.Element:
    """Return the first child of a name, or an empty element where there is none."""
    found = _first(parent, name)
    return ET.Element(name) if found is None else found


def _first(parent: ET.Element, name: str) -> ET.Element | None:
    return next((each for each in parent if local(each.tag) == name), None)


def _children(parent: ET.Element, name: str) -> list[ET.Element]:
    return list(child(parent, name))
