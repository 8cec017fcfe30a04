"""How cells look. Each style is made once a workbook; a style made for each cell would take most of the time."""

from dataclasses import dataclass, replace
from typing import Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side

from stripgen.rendering.dispensing.terms import date_format, day_format
from stripgen.rendering.words import Words

Horizontal = Literal["left", "center"]
Vertical = Literal["top", "center", "bottom"]

GENERAL = "General"

FONT = "Arial"
TEXT_SIZE = 10
TABLE_SIZE = 11
TITLE_SIZE = 14
DRAFT_SIZE = 12
FORM_SIZE = 9
TURNED_SIZE = 11

_RED = "C00000"
_YELLOW = "FFFBD6"
_GREY = "EDEDED"
_THIN = Side(style="thin", color="A6A6A6")
_THICK = Side(style="medium", color="000000")


@dataclass(frozen=True, slots=True)
class Look:
    """What tells one style from another.

    Attributes:
        shows: A date with its weekday, one without, or anything else.
        entry: A cell to fill in: light yellow, and the only kind that is not locked.
        starts_strip: A thick line above, between one strip and the next.
        turned: Written upwards, for a word too long for its column.
        wraps: Broken into lines at the cell's border; what does not wrap runs on over the empty cells beside it.
        joined: Without a line to the cell above or below, as if the two were one.
    """

    size: int = TEXT_SIZE
    bold: bool = False
    color: str = "000000"
    fill: str | None = None
    align: Horizontal = "left"
    vertical: Vertical = "top"
    boxed: bool = True
    shows: Literal["date", "day", "anything"] = "anything"
    entry: bool = False
    starts_strip: bool = False
    turned: bool = False
    wraps: bool = True
    joined: Literal["", "above", "below"] = ""

    @property
    def indented(self) -> bool:
        """Whether the text keeps a distance from its border; where it is centred it does anyway."""
        return self.boxed and self.align != "center"


_CELL = Look(size=TABLE_SIZE, align="center", vertical="center")
_PER_POUCH = {
    "pouch number": _CELL,
    "pouch date": replace(_CELL, align="left", shows="date"),
    "pouch dose": replace(_CELL, bold=True),
    "pouch check": replace(_CELL, size=TEXT_SIZE),
    "pouch entry": replace(_CELL, align="left", entry=True),
}
LARGE, FIRST = " large", " first"  # variants: for a wide table that is printed smaller; for the row that starts a strip

LOOKS: dict[str, Look] = {
    "title": Look(size=TITLE_SIZE, bold=True, boxed=False, vertical="center"),
    "line": Look(size=TABLE_SIZE, boxed=False, vertical="center"),
    "patient": Look(size=TABLE_SIZE, bold=True, boxed=False, vertical="center"),
    "draft": Look(size=DRAFT_SIZE, bold=True, color="FFFFFF", fill=_RED, boxed=False, vertical="center"),
    "heading": Look(size=TABLE_SIZE, bold=True, boxed=False, vertical="bottom", wraps=False),
    "label": Look(color="404040", fill=_GREY),
    "value": Look(),
    "strong value": Look(bold=True),
    "alarm": Look(bold=True, color=_RED),
    "entry": Look(entry=True),
    "entry date": Look(entry=True, shows="day"),
    "header": Look(bold=True, fill=_GREY, align="center", vertical="center"),
    "header upper": Look(bold=True, fill=_GREY, joined="below"),
    "header lower": Look(bold=True, fill=_GREY, align="center", vertical="center", joined="above"),
    "header left": Look(bold=True, fill=_GREY, vertical="center"),
    "header form": Look(size=FORM_SIZE, bold=True, fill=_GREY, align="center", vertical="center"),
    "header turned": Look(size=TURNED_SIZE, bold=True, fill=_GREY, align="center", vertical="center", turned=True),
    "text": Look(size=TABLE_SIZE, vertical="center"),
    "table alarm": Look(bold=True, color=_RED, vertical="center"),
    "number": _CELL,
    "total": replace(_CELL, bold=True),
    "total text": replace(_CELL, align="left", bold=True),
    "check": replace(_CELL, size=TEXT_SIZE),
    "table entry": replace(_CELL, align="left", entry=True),
    "table entry date": replace(_CELL, align="left", entry=True, shows="day"),
    **{
        f"{name}{large}{first}": replace(look, size=look.size + 2 * bool(large), starts_strip=bool(first))
        for name, look in _PER_POUCH.items()
        for large in ("", LARGE)
        for first in ("", FIRST)
    },
}


def add_styles(workbook: Workbook, words: Words) -> None:
    """Give a workbook every style its cells can have, and the font that column widths are counted in."""
    formats = {"date": date_format(words), "day": day_format(words), "anything": GENERAL}
    styles = workbook._named_styles  # type: ignore[attr-defined]  # noqa: SLF001 - openpyxl has no other way
    styles["Normal"].font = Font(name=FONT, size=TEXT_SIZE)
    for name, look in LOOKS.items():
        workbook.add_named_style(_named(name, look, formats[look.shows]))


def _named(name: str, look: Look, number_format: str) -> NamedStyle:
    fill = _YELLOW if look.entry else look.fill
    top = _THICK if look.starts_strip else _THIN
    box = Border(
        left=_THIN,
        right=_THIN,
        top=None if look.joined == "above" else top,
        bottom=None if look.joined == "below" else _THIN,
    )
    return NamedStyle(
        name=f"stripgen {name}",
        font=Font(name=FONT, size=look.size, bold=look.bold, color=look.color),
        fill=PatternFill("solid", start_color=fill, end_color=fill) if fill else PatternFill(),
        border=box if look.boxed else Border(),
        alignment=Alignment(
            horizontal=look.align,
            indent=int(look.indented),
            vertical=look.vertical,
            wrap_text=look.wraps and not look.turned,
            text_rotation=90 if look.turned else 0,
        ),
        number_format=number_format,
        protection=Protection(locked=not look.entry),
    )
