"""More ways to tamper with a finished workbook in its raw XML, each a single change.

Each is tried with its seal redone, as a forger would who knows the rule, and as if a spreadsheet program had saved it:
without a seal, and with another date in the file's properties. Then only reading can find it.
"""

import re
from collections.abc import Callable
from random import Random

from sheets_to_verify import Made
from tampering_sheets import Tamper, parts_of, zipped

Parts = dict[str, bytes]
Edit = Callable[[Random, Parts, Made], None]

_BOOK, _STYLES, _CORE = "xl/workbook.xml", "xl/styles.xml", "docProps/core.xml"
_RELATIONS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NUMBER_CELL = rb'(<c r="[A-Z]+\d+"(?: s="\d+")?) t="n"><v>([\d.]+)</v></c>'


def _dispense(made: Made) -> str:
    return f"xl/worksheets/sheet{3 if made.plan.take_back else 2}.xml"


def _replace(random: Random, parts: Parts, name: str, pattern: bytes, new: bytes) -> None:
    """Replace one place that a pattern finds in a part."""
    hit = random.choice(list(re.finditer(pattern, parts[name])))
    parts[name] = parts[name][: hit.start()] + hit.expand(new) + parts[name][hit.end() :]


def in_part(name: str, pattern: bytes, new: bytes) -> Edit:
    """Return an edit of one place in a part."""

    def edit(random: Random, parts: Parts, _: Made) -> None:
        _replace(random, parts, name, pattern, new)

    return edit


def in_sheet(pattern: bytes, new: bytes) -> Edit:
    """Return an edit of one place on the sheet of pouches."""

    def edit(random: Random, parts: Parts, made: Made) -> None:
        _replace(random, parts, _dispense(made), pattern, new)

    return edit


def _in_a_look(pattern: bytes, new: bytes) -> Edit:
    """Return an edit of the look that a number on the sheet of pouches has."""

    def edit(random: Random, parts: Parts, made: Made) -> None:
        styles = parts[_STYLES]
        cell = random.choice(re.findall(rb' s="(\d+)" t="n"><v>', parts[_dispense(made)]))
        begin = styles.index(b"<cellXfs")
        looks = list(re.finditer(rb"<xf .*?(?:/>|</xf>)", styles[begin : styles.index(b"</cellXfs>")], re.DOTALL))
        look = looks[int(cell)]
        changed = re.sub(pattern, new, look[0], count=1)
        start, end = begin + look.start(), begin + look.end()
        parts[_STYLES] = styles[:start] + changed + styles[end:]

    return edit


def _of_a_font(pattern: bytes, new: bytes) -> Edit:
    """Return an edit of the letters that numbers on the sheet of pouches have."""

    def edit(random: Random, parts: Parts, made: Made) -> None:
        styles = parts[_STYLES]
        cell = random.choice(re.findall(rb' s="(\d+)" t="n"><v>', parts[_dispense(made)]))
        looks = re.findall(rb"<xf [^>]*>", styles[styles.index(b"<cellXfs") : styles.index(b"</cellXfs>")])
        number = re.search(rb'fontId="(\d+)"', looks[int(cell)])
        assert number is not None
        font = list(re.finditer(rb"<font>.*?</font>", styles))[int(number[1])]
        parts[_STYLES] = styles[: font.start()] + re.sub(pattern, new, font[0], count=1) + styles[font.end() :]

    return edit


def _theme(old: bytes, new: bytes) -> Edit:
    def edit(_: Random, parts: Parts, made: Made) -> None:
        """Let letters be of the theme's dark colour, or font, and let that be another."""
        parts["xl/theme/theme1.xml"] = parts["xl/theme/theme1.xml"].replace(old, new)
        to_theme = (
            (rb'<color rgb="00000000"/>', rb'<color theme="1"/>')
            if b"Clr" in old
            else (rb"</font>", rb'<scheme val="minor"/></font>')
        )
        _of_a_font(*to_theme)(Random(1), parts, made)  # noqa: S311 - nothing secret

    return edit


def _palette(_: Random, parts: Parts, made: Made) -> None:
    """Let letters be of the eighth colour, which is white."""
    _of_a_font(rb'<color rgb="00000000"/>', rb'<color indexed="8"/>')(Random(1), parts, made)  # noqa: S311
    palette = re.search(rb"<indexedColors>.*?</indexedColors>", parts[_STYLES], re.DOTALL)
    assert palette is not None
    white = re.sub(rb'rgb="[^"]*"', b'rgb="00FFFFFF"', palette[0])
    parts[_STYLES] = parts[_STYLES].replace(palette[0], white)


def _builtin(random: Random, parts: Parts, made: Made) -> None:
    """Redefine a format that programs know by its number."""
    _in_a_look(rb'numFmtId="\d+"', rb'numFmtId="3"')(random, parts, made)
    styles = parts[_STYLES]
    usual = re.search(rb'<numFmt numFmtId="16\d" formatCode="([^"]*)"', styles)
    assert usual is not None
    parts[_STYLES] = styles.replace(b"<numFmts", b"<numFmts", 1).replace(
        b"</numFmts>", b'<numFmt numFmtId="3" formatCode="General"/></numFmts>'
    )


def _other_book(_: Random, parts: Parts, __: Made) -> None:
    """Let programs open another workbook within the file than the one that is where it always is."""
    parts["docProps/book.xml"] = parts[_BOOK].replace(b'name="Order"', b'name="Order "')
    parts["docProps/_rels/book.xml.rels"] = parts["xl/_rels/workbook.xml.rels"]
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b'"xl/workbook.xml"', b'"docProps/book.xml"')


def _two_relations(_: Random, parts: Parts, __: Made) -> None:
    """Name two parts by one id."""
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = parts[name].replace(
        b"</Relationships>",
        b'<Relationship Type="'
        + _RELATIONS
        + b'/worksheet" Target="/xl/worksheets/sheet1.xml" Id="rId2"/></Relationships>',
    )


def _draw(_: Random, parts: Parts, made: Made) -> None:
    """Draw something over a sheet; the drawing is called as a theme is."""
    name = _dispense(made)
    draws = b'<drawing xmlns:r="' + _RELATIONS + b'" r:id="rId1"/></worksheet>'
    parts[name] = parts[name].replace(b"</worksheet>", draws)
    relation = b'<Relationship Id="rId1" Type="' + _RELATIONS + b'/drawing" Target="/xl/theme/theme2.xml"/>'
    parts[name.replace("worksheets/", "worksheets/_rels/") + ".rels"] = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + relation
        + b"</Relationships>"
    )
    parts["xl/theme/theme2.xml"] = b'<wsDr xmlns="urn:x"><twoCellAnchor/></wsDr>'


def _foreign_row(random: Random, parts: Parts, made: Made) -> None:
    """Let a row be of another vocabulary, which spreadsheet programs pass over."""
    name = _dispense(made)
    row = random.choice(list(re.finditer(rb'<row r="(\d+)".*?</row>', parts[name], re.DOTALL))[6:])
    changed = row[0].replace(b"<row ", b'<x:row xmlns:x="urn:x" ').replace(b"</row>", b"</x:row>")
    parts[name] = parts[name].replace(row[0], changed)


def _foreign_cell(random: Random, parts: Parts, made: Made) -> None:
    """Likewise a cell."""
    cell = rb'<c (r="[A-Z]+\d+"(?: s="\d+")? t="n")><v>([\d.]+)</v></c>'
    _replace(random, parts, _dispense(made), cell, rb'<x:c xmlns:x="urn:x" \1><v>\2</v></x:c>')


def _cross(random: Random, parts: Parts, made: Made) -> None:
    """Draw a line from corner to corner of the cells that have one look."""
    styles = parts[_STYLES]
    n_borders = len(re.findall(rb"<border[ >/]", styles))
    line = b'<border diagonalUp="1"><left/><right/><top/><bottom/><diagonal style="thick"/></border></borders>'
    parts[_STYLES] = styles.replace(b"</borders>", line)
    _in_a_look(rb'borderId="\d+"', b'borderId="%d"' % n_borders)(random, parts, made)


def _hidden_tail(random: Random, parts: Parts, made: Made) -> None:
    """Freeze the sheet with its first pouches scrolled out of what is frozen."""
    _replace(random, parts, _dispense(made), rb"<sheetView ", rb'<sheetView topLeftCell="A5" ')


EDITS: dict[str, Edit] = {
    "a value and another beside it": in_sheet(_NUMBER_CELL, rb'\1 t="n"><v>9</v><is><t>\2</t></is></c>'),
    "a number written otherwise": in_sheet(_NUMBER_CELL, rb'\1 t="n"><v>0_\2</v></c>'),
    "a number as a text": in_sheet(_NUMBER_CELL, rb'\1 t="str"><v>\2</v></c>'),
    "a formula behind a number": in_sheet(_NUMBER_CELL, rb"\1><f>9*1</f><v>\2</v></c>"),
    "a text read aloud over a cell": in_sheet(
        rb"(<is><t>[^<]*</t>)</is>", rb'\1<rPh sb="0" eb="1"><t>9 mg</t></rPh></is>'
    ),
    "letters of one cell in parts": in_sheet(
        rb"<is><t>([^<]{4,})</t></is>", rb'<is><r><rPr><color rgb="FFFFFFFF"/></rPr><t>\1</t></r></is>'
    ),
    "a row of another vocabulary": _foreign_row,
    "a cell of another vocabulary": _foreign_cell,
    "a row folded": in_sheet(rb'<row (r="[7-9]")', rb'<row hidden="1" \1'),
    "rows of no height unless they say so": in_sheet(rb"<sheetFormatPr ", rb'<sheetFormatPr zeroHeight="1" '),
    "columns of no width": in_sheet(
        rb'<col width="[\d.]+" customWidth="1" min="(\d+)"', rb'<col width="0" customWidth="1" min="\1"'
    ),
    "a column told twice": in_sheet(rb"</cols>", rb'<col width="0" hidden="1" min="5" max="5"/></cols>'),
    "scrolled away": _hidden_tail,
    "all frozen": in_sheet(rb'ySplit="\d+"', rb'ySplit="900"'),
    "shown very small": in_sheet(rb"<sheetView ", rb'<sheetView zoomScale="10" '),
    "the view of another person": in_sheet(
        rb"</worksheet>",
        rb'<customSheetViews><customSheetView guid="{1}" hiddenRows="1"/></customSheetViews></worksheet>',
    ),
    "a filter that drops rows": in_sheet(
        rb'<autoFilter ref="([^"]*)"/>',
        rb'<autoFilter ref="\1"><filterColumn colId="0"><filters><filter val="1"/></filters></filterColumn>'
        rb"</autoFilter>",
    ),
    "scenarios": in_sheet(
        rb"</sheetData>",
        rb'</sheetData><scenarios><scenario name="x"><inputCells r="E7" val="9"/></scenario></scenarios>',
    ),
    "ranges that anyone may edit": in_sheet(
        rb"(<sheetProtection [^>]*>)",
        rb'\1<protectedRanges><protectedRange sqref="A1:L99" name="x"/></protectedRanges>',
    ),
    "rows that may be deleted": in_sheet(rb'deleteRows="1"', rb'deleteRows="0"'),
    "cells that may be formatted": in_sheet(rb'formatCells="1"', rb'formatCells="0"'),
    "printed on one page": in_sheet(rb'fitToHeight="0"', rb'fitToHeight="1"'),
    "printed not as wide as a page": in_sheet(rb'<pageSetUpPr fitToPage="1"/>', rb"<pageSetUpPr/>"),
    "edges of the page in white": in_sheet(rb"&amp;9 ", rb"&amp;9&amp;KFFFFFF "),
    "edges of the page very small": in_sheet(rb"&amp;9 ", rb"&amp;1 "),
    "no edges on the first page": in_sheet(rb"<headerFooter ", rb'<headerFooter differentFirst="1" '),
    "no edges on even pages": in_sheet(rb"<headerFooter ", rb'<headerFooter differentOddEven="1" '),
    "a margin that leaves no page": in_sheet(rb'<pageMargins left="[\d.]+"', rb'<pageMargins left="9"'),
    "zeros not shown": in_sheet(rb"<sheetView ", rb'<sheetView showZeros="0" '),
    "a sheet drawn over": _draw,
    "a colour scale": in_sheet(
        rb"(<dataValidations|<pageMargins)",
        rb'<conditionalFormatting sqref="E7:E9"><cfRule type="colorScale" priority="9"><colorScale><cfvo type="min"/>'
        rb'<cfvo type="max"/><color rgb="FF000000"/><color rgb="FF000000"/></colorScale></cfRule>'
        rb"</conditionalFormatting>\1",
    ),
    "a conditional number format": in_sheet(
        rb"(<extLst>|</worksheet>)",
        rb'<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"><x:conditionalFormattings xmlns:x="urn:x">'
        rb'<x:conditionalFormatting><x:cfRule type="expression" priority="9"/></x:conditionalFormatting>'
        rb"</x:conditionalFormattings></ext></extLst>\1",
    ),
    "what may be typed": in_sheet(
        rb"accepted,rejected|<formula1>[^<]*</formula1>", rb"<formula1>&quot;9&quot;</formula1>"
    ),
    "a line through a number": _cross,
    "a number moved out of its cell": _in_a_look(rb"<alignment ", rb'<alignment indent="90" '),
    "a number turned": _in_a_look(rb"<alignment ", rb'<alignment textRotation="180" '),
    "a number repeated over its cell": _in_a_look(rb'horizontal="\w+"|<alignment ', rb'<alignment horizontal="fill" '),
    "a look not applied": _in_a_look(rb'<xf (.*?)xfId="\d+"', rb'<xf applyFont="0" applyNumberFormat="0" \1xfId="0"'),
    "a format known by its number": _builtin,
    "underlined twice": _of_a_font(rb"</font>", rb'<u val="double"/></font>'),
    "letters struck out": _of_a_font(rb"</font>", rb"<strike/></font>"),
    "letters as outlines": _of_a_font(rb"</font>", rb"<outline/></font>"),
    "a colour made lighter": _of_a_font(rb'<color rgb="00000000"/>', rb'<color rgb="00000000" tint="1"/>'),
    "a dark colour that is white": _theme(
        b'<a:sysClr val="windowText" lastClr="000000"/>', b'<a:srgbClr val="FFFFFF"/>'
    ),
    "a font of symbols in the theme": _theme(b'<a:latin typeface="Calibri"/>', b'<a:latin typeface="Wingdings"/>'),
    "a palette of white": _palette,
    "another workbook in the file": _other_book,
    "one name for two parts": _two_relations,
    "a name that means a number": in_part(
        _BOOK, rb"<definedNames>", rb'<definedNames><definedName name="IFERROR">9</definedName>'
    ),
    "another area printed": in_part(
        _BOOK,
        rb"<definedNames>",
        rb"<definedNames><definedName name=\"_xlnm.Print_Area\" localSheetId=\"1\">'x'!$A$1:$B$2</definedName>",
    ),
    "tabs not shown": in_part(_BOOK, rb'showSheetTabs="1"', rb'showSheetTabs="0"'),
    "the window not shown": in_part(_BOOK, rb'visibility="visible"', rb'visibility="veryHidden"'),
    "not computed": in_part(_BOOK, rb'fullCalcOnLoad="1"', rb'fullCalcOnLoad="0" calcMode="manual"'),
    "as precise as shown": in_part(_BOOK, rb"<calcPr ", rb'<calcPr fullPrecision="0" '),
    "what the file is about": in_part(
        _CORE,
        rb"<dc:title",
        rb'<dc:description xmlns:dc="http://purl.org/dc/elements/1.1/">9 mg</dc:description><dc:title',
    ),
    "words to find the file by": in_part(
        _CORE, rb"</cp:coreProperties>", rb"<cp:keywords>9 mg</cp:keywords></cp:coreProperties>"
    ),
    "what kind of paper it is": in_part(
        _CORE, rb"<dc:title", rb'<dc:subject xmlns:dc="http://purl.org/dc/elements/1.1/">x</dc:subject><dc:title'
    ),
    "its title": in_part(_CORE, rb"(<dc:title[^>]*>)", rb"\1Other "),
}


def _as_saved(parts: Parts) -> None:
    """Let the file say that a program saved it."""
    parts[_CORE] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-12-01T08:15:00Z", parts[_CORE])


def tampering(edit: Edit, seal: str) -> Tamper:
    """Return a tampering of the raw XML; sealed anew, or as if a program had saved it."""

    def tamper(random: Random, made: Made, _: Made) -> bytes:
        parts = parts_of(made.content)
        before = dict(parts)
        edit(random, parts, made)
        assert parts != before
        if seal == "saved":
            _as_saved(parts)
        return zipped(parts, "redone" if seal == "redone" else "dropped", made.content)

    return tamper


AS_IF_SAVED: dict[str, Tamper] = {f"{kind}, as if saved": tampering(edit, "saved") for kind, edit in EDITS.items()}
SEALED_ANEW: dict[str, Tamper] = {f"{kind}, sealed anew": tampering(edit, "redone") for kind, edit in EDITS.items()}
