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
_APPLIED = {"numFmtId": "applyNumberFormat", "fontId": "applyFont", "fillId": "applyFill"}
_USUAL_CHARSETS = {"0", "1"}
NO = ("0", "false", "off")


class Font(NamedTuple):
    """The letters of a cell. The colour is in six hexadecimal digits, or names what it is taken from.

    Attributes:
        marked: Underlined, or drawn as outlines or with a shadow.
    """

    name: str = ""
    size: float = 11.0
    bold: bool = False
    italic: bool = False
    struck: bool = False
    raised: str = ""
    color: str = BLACK
    symbols: bool = False
    marked: str = ""


class Look(NamedTuple):
    """How a cell looks.

    Attributes:
        number_format: In one form: what it shows as it is stands in quotes, character by character.
        fill: The colour behind; empty where there is none.
        placed: How its text is aligned: horizontally, turned by, shrunk to fit, moved in by.
        crossed: Whether a line is drawn through the cell from corner to corner.
        locked: Whether a protected sheet refuses entries.
    """

    number_format: str = "General"
    font: Font = Font()
    fill: str = ""
    placed: tuple[str, str, bool, str] = ("general", "0", False, "0")
    locked: bool = True
    crossed: bool = False


@dataclass(frozen=True)
class Looks:
    """All looks of a workbook.

    Attributes:
        cells: By the number that a cell names its look with.
        conditional: Likewise those of conditional formats, as the colours of letters and of what is behind them.
    """

    cells: Sequence[Look]
    conditional: Sequence[tuple[str, str]]


def read_looks(styles: ET.Element, theme: ET.Element | None = None) -> Looks:
    """Return all looks of a workbook.

    Args:
        styles: The root of its styles.
        theme: The root of its theme, from which styles take colours and fonts; None where it has none.

    Raises:
        ValueError: They are not as a workbook has them.
    """
    formats = _BUILTIN_FORMATS | {
        int(each.get("numFmtId", "0")): each.get("formatCode", "") for each in _children(styles, "numFmts")
    }
    colors = _Colors.read(styles, theme)
    parts = _Parts(
        formats,
        [_font(font, colors) for font in _children(styles, "fonts")],
        [_fill(fill, colors) for fill in _children(styles, "fills")],
        [_is_crossed(border) for border in _children(styles, "borders")],
        _children(styles, "cellStyleXfs"),
    )
    return Looks(
        [_look(each, parts) for each in _children(styles, "cellXfs")],
        [_conditional_look(each, colors) for each in _children(styles, "dxfs")],
    )


@dataclass(frozen=True)
class _Colors:
    """What styles take from elsewhere: the colours of a palette and of the theme, and the theme's fonts."""

    palette: Mapping[str, str]
    theme: Mapping[str, str]
    fonts: Mapping[str, str]

    @classmethod
    def read(cls, styles: ET.Element, theme: ET.Element | None) -> "_Colors":
        own = child(child(styles, "colors"), "indexedColors")
        palette = {str(number): each.get("rgb", "").upper()[-6:] for number, each in enumerate(own)}
        if theme is None:
            return cls(_INDEXED_COLORS | palette, _THEME_COLORS, {})
        parts = child(theme, "themeElements")
        schemes, fonts = child(parts, "clrScheme"), child(parts, "fontScheme")
        plain = {number: _plain_color(child(schemes, name)) for number, name in (("0", "lt1"), ("1", "dk1"))}
        named = {kind: child(child(fonts, f"{kind}Font"), "latin").get("typeface", "") for kind in ("major", "minor")}
        return cls(_INDEXED_COLORS | palette, plain, named)


def _plain_color(color: ET.Element) -> str:
    """Return a colour of a theme; those of the system are black letters on white."""
    for each in color:
        if local(each.tag) == "srgbClr" and not len(each):
            return each.get("val", "").upper()
        if local(each.tag) == "sysClr" and not len(each):
            return {"windowText": BLACK, "window": WHITE}.get(each.get("val", ""), "a colour of the system")
    return "a colour of the theme"


@dataclass(frozen=True)
class _Parts:
    """What looks are put together from."""

    formats: Mapping[int, str]
    fonts: Sequence[Font]
    fills: Sequence[str]
    crossed: Sequence[bool]
    named: Sequence[ET.Element]


def _look(each: ET.Element, parts: _Parts) -> Look:
    number, font, fill = (_number_of(each, key, parts) for key in ("numFmtId", "fontId", "fillId"))
    border = int(each.get("borderId", "0"))
    if not (0 <= font < len(parts.fonts) and 0 <= fill < len(parts.fills) and 0 <= border < max(len(parts.crossed), 1)):
        raise ValueError("a style has a font, a fill or a border that is not there")
    alignment, protection = child(each, "alignment"), child(each, "protection")
    return Look(
        write_alike(parts.formats.get(number, f"the built-in format {number}")),
        parts.fonts[font],
        parts.fills[fill],
        (
            alignment.get("horizontal", "general"),
            alignment.get("textRotation", "0"),
            is_on(alignment.get("shrinkToFit", "0")),
            alignment.get("indent", "0"),
        ),
        is_on(protection.get("locked", "1")),
        bool(parts.crossed) and parts.crossed[border],
    )


def _number_of(each: ET.Element, key: str, parts: _Parts) -> int:
    """Return the number of a style's font, fill or format; where it is said not to count, that of the named style.

    Programs differ in whether they heed that.
    """
    number = int(each.get(key, "0"))
    named = int(each.get("xfId", "0"))
    if is_on(each.get(_APPLIED[key], "1")) or not 0 <= named < len(parts.named):
        return number
    of_named = int(parts.named[named].get(key, "0"))
    if _is_other(number, of_named, key, parts):
        raise ValueError("a style has a look that some programs show and others do not")
    return number


def _is_other(number: int, other: int, key: str, parts: _Parts) -> bool:
    """Return whether two fonts, fills or formats look other."""
    lists: Mapping[str, Sequence[object]] = {"fontId": parts.fonts, "fillId": parts.fills}
    if key not in lists:
        return parts.formats.get(number) != parts.formats.get(other)
    known = lists[key]
    return number != other and (max(number, other) >= len(known) or known[number] != known[other])


def _is_crossed(border: ET.Element) -> bool:
    line = child(border, "diagonal").get("style", "none") != "none"
    return line and any(is_on(border.get(way, "0")) for way in ("diagonalUp", "diagonalDown"))


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


def _font(font: ET.Element, colors: _Colors) -> Font:
    values = {local(each.tag): each for each in font}
    on = {
        key: key in values and is_on(values[key].get("val", "1")) for key in ("b", "i", "strike", "outline", "shadow")
    }
    underlined = values["u"].get("val", "single") if "u" in values else "none"
    marked = [*(each for each in ("outline", "shadow") if on[each]), *([underlined] if underlined != "none" else [])]
    return Font(
        colors.fonts.get(_value(values, "scheme", "")) or _value(values, "name", "") or _value(values, "rFont", ""),
        float(_value(values, "sz", "11")),
        on["b"],
        on["i"],
        on["strike"],
        _value(values, "vertAlign", "").replace("baseline", ""),
        _color(values.get("color"), colors) or BLACK,
        _value(values, "charset", "1") not in _USUAL_CHARSETS,
        " ".join(marked),
    )


def _value(values: Mapping[str, ET.Element], key: str, usual: str) -> str:
    return values[key].get("val", usual) if key in values else usual


def _fill(fill: ET.Element, colors: _Colors) -> str:
    pattern = child(fill, "patternFill")
    kind = pattern.get("patternType", "none")
    if any(local(each.tag) == "gradientFill" for each in fill):
        return "gradient"
    if kind == "solid":
        return _color(_first(pattern, "fgColor"), colors) or BLACK
    return "" if kind == "none" else kind


def _color(color: ET.Element | None, colors: _Colors) -> str:
    """Return a colour; empty where none is said."""
    if color is None or is_on(color.get("auto", "0")):
        return ""
    if "rgb" in color.attrib:
        plain = color.attrib["rgb"].upper()[-6:]
    elif "indexed" in color.attrib:
        plain = colors.palette.get(color.attrib["indexed"], f"colour {color.attrib['indexed']}")
    else:
        plain = colors.theme.get(color.get("theme", ""), f"theme colour {color.get('theme', '')}")
    tint = color.get("tint", "0")
    return plain if float(tint) == 0 else f"{plain} tinted by {tint}"


def _conditional_look(each: ET.Element, colors: _Colors) -> tuple[str, str]:
    font, fill = child(each, "font"), child(each, "fill")
    pattern = child(fill, "patternFill")
    behind = _color(_first(pattern, "bgColor"), colors) or _color(_first(pattern, "fgColor"), colors)
    more = "".join(sorted(local(part.tag) for part in each if local(part.tag) not in {"font", "fill"}))
    return _color(_first(font, "color"), colors), f"{behind}{more}"


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
