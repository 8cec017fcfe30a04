"""Single tamperings of finished dispensing sheets: in a spreadsheet program's way, and in the raw XML of the file.

Each gives the bytes of a workbook in which one thing is other than it was made.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.worksheet import Worksheet
from sheets_to_verify import Made

from stripgen.rendering.dispensing.archive import _Archive

Tamper = Callable[[Random, Made, Made], bytes]  # the second one is of another plan

_WHITE = "FFFFFF"
_LOOKED_AT = 7  # rows on top of any sheet


# --- in a spreadsheet program ----------------------------------------------------------------------------------------


def _opened(made: Made) -> Workbook:
    return load_workbook(io.BytesIO(made.content))


def saved(workbook: Workbook) -> bytes:
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _sheet(workbook: Workbook, made: Made, tab: str) -> Worksheet:
    sheet: Worksheet = workbook[made.voice.say(f"sheet.tab_{tab}")]
    return sheet


def _pouch_rows(sheet: Worksheet) -> range:
    return range(7, sheet.max_row + 1)


def _heading(made: Made, sheet: Worksheet, heading: str) -> tuple[int, int]:
    """Return row and column of a heading."""
    said = made.voice.say(f"sheet.{heading}")
    return next((cell.row, cell.column) for row in sheet.iter_rows(max_row=6) for cell in row if cell.value == said)


def in_program(change: Callable[[Random, Made, Workbook], None]) -> Tamper:
    """Return a tampering that opens the workbook, changes it and saves it."""

    def tamper(random: Random, made: Made, _: Made) -> bytes:
        workbook = _opened(made)
        change(random, made, workbook)
        return saved(workbook)

    return tamper


def _other(random: Random, value: Any) -> Any:
    """Return a value of the same kind that is another."""
    match value:
        case int() | float():
            return random.choice([value + 1, value * 10, value / 2, value + 0.1])
        case dt.datetime():
            return value + dt.timedelta(days=random.choice([-7, -1, 1, 365]))
        case str():
            at = random.randrange(len(value))
            return value[:at] + ("x" if value[at] != "x" else "y") + value[at + 1 :]
    return 1


def _change_pouch(heading: str) -> Callable[[Random, Made, Workbook], None]:
    def change(random: Random, made: Made, workbook: Workbook) -> None:
        sheet = _sheet(workbook, made, "dispense")
        cell: Any = sheet.cell(random.choice(_pouch_rows(sheet)), _heading(made, sheet, heading)[1])
        cell.value = _other(random, cell.value)

    return change


def _change_composition(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    last = _heading(made, sheet, "units_in_pouch")[1] - 1
    cell: Any = sheet.cell(random.choice(_pouch_rows(sheet)), random.randint(6, last))
    cell.value = _other(random, cell.value)


def _change_strength(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "compounding")
    cell: Any = sheet.cell(6, 2)
    cell.value = _other(random, cell.value)


def _change_made(heading: str) -> Callable[[Random, Made, Workbook], None]:
    def change(random: Random, made: Made, workbook: Workbook) -> None:
        sheet = _sheet(workbook, made, "compounding")
        row, column = _heading(made, sheet, heading)
        n_rows = 1 if made.plan.order.compounding.solution else len(made.plan.totals.units) + 1
        cell: Any = sheet.cell(row + random.randint(1, n_rows), column)
        cell.value = _other(random, cell.value)

    return change


def _change_lot(random: Random, made: Made, workbook: Workbook) -> None:
    _change_text_of(random, made, workbook, made.plan.order.dispensing.lot or made.plan.plan_id)


def _change_name(random: Random, made: Made, workbook: Workbook) -> None:
    _change_text_of(random, made, workbook, str(made.plan.order.pharmacy.name))


def _change_plan_id(random: Random, made: Made, workbook: Workbook) -> None:
    _change_text_of(random, made, workbook, made.plan.plan_id)


def _change_text_of(random: Random, made: Made, workbook: Workbook, text: str) -> None:
    """Change one cell of the sheet Order that says a text."""
    sheet = _sheet(workbook, made, "order")
    cell: Any = random.choice([cell for row in sheet.iter_rows() for cell in row if cell.value == text])
    cell.value = _other(random, text)


def _change_any_number(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, random.choice(["order", "dispense", "compounding", "curve"]))
    numbers = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, int | float)]
    cell: Any = random.choice(numbers or [sheet.cell(6, 2)])
    cell.value = _other(random, cell.value)


def _change_any_text(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, random.choice(["order", "dispense", "compounding", "curve"]))
    texts = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "s"]
    cell: Any = random.choice(texts)
    cell.value = _other(random, cell.value)
    cell.data_type = "s"


def _delete_row(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    sheet.delete_rows(random.choice(_pouch_rows(sheet)))


def _copy_row(sheet: Worksheet, source: int, target: int) -> None:
    for column in range(1, sheet.max_column + 1):
        cell: Any = sheet.cell(target, column)
        cell.value = sheet.cell(source, column).value
        before: Any = sheet.cell(source, column)
        cell._style = before._style


def _double_row(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    row = random.choice(_pouch_rows(sheet))
    sheet.insert_rows(row + 1)
    _copy_row(sheet, row, row + 1)


def _swap_rows(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    rows = _pouch_rows(sheet)
    if len(rows) == 1:
        return _delete_row(random, made, workbook)
    one, other = random.sample(rows, 2)
    for column in range(1, sheet.max_column + 1):
        first, second = sheet.cell(one, column), sheet.cell(other, column)
        first.value, second.value = second.value, first.value
    return None


def _insert_row(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    row = random.choice(_pouch_rows(sheet))
    sheet.insert_rows(row)
    _copy_row(sheet, row + 1, row)
    sheet.cell(row, 1).value = len(made.plan.days) + 1


def _hide_row(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, random.choice(["dispense", "compounding", "order"]))
    row = sheet.row_dimensions[random.randint(5, sheet.max_row)]
    if random.randint(0, 1):
        row.hidden = True
    else:
        row.height = random.choice([0.5, 1])  # openpyxl does not write 0


def _hide_column(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, random.choice(["dispense", "compounding"]))
    column = sheet.column_dimensions[random.choice("ABCDEFG")]
    if random.randint(0, 1):
        column.hidden = True
    else:
        column.width = 0.5


def _hide_sheet(random: Random, made: Made, workbook: Workbook) -> None:
    tab = random.choice(["dispense", "compounding", "curve"])
    _sheet(workbook, made, tab).sheet_state = random.choice(["hidden", "veryHidden"])


def _remove_sheet(random: Random, made: Made, workbook: Workbook) -> None:
    workbook.remove(_sheet(workbook, made, random.choice(["dispense", "compounding", "curve", "order"])))


def _add_sheet(random: Random, _: Made, workbook: Workbook) -> None:
    sheet = workbook.create_sheet("Dispense new", random.randint(0, 3))
    sheet["A1"] = "Give 20 mg"


def _reorder_sheets(_: Random, made: Made, workbook: Workbook) -> None:
    workbook.move_sheet(_sheet(workbook, made, "dispense"), 1)


def _change_formula(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, random.choice(["dispense", "compounding"]))
    formulas = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    cell: Any = random.choice(formulas)
    held = made.voice.say("sheet.ok")
    narrower = re.sub(r"\d+", "7", str(cell.value), count=1)
    others = [held, f'="{held}"', str(cell.value).replace("=0", "<1"), str(cell.value).replace(">0", ">=0"), narrower]
    cell.value = random.choice([other for other in others if other != cell.value])


def _change_number_format(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    cell = sheet.cell(random.choice(_pouch_rows(sheet)), random.choice([4, 5]))
    others = {"0", ";;;", '"20"', "#,##0", "0.0,", '0" mg"'} - {cell.number_format}
    cell.number_format = random.choice(sorted(others))


def _change_look(font: Mapping[str, Any]) -> Callable[[Random, Made, Workbook], None]:
    def change(random: Random, made: Made, workbook: Workbook) -> None:
        cell = _some_cell(random, made, workbook)
        cell.font = Font(**{"name": "Arial", "sz": cell.font.sz, "b": cell.font.b, "color": cell.font.color, **font})

    return change


def _some_cell(random: Random, made: Made, workbook: Workbook) -> Any:
    """Return a cell that says something."""
    sheet = _sheet(workbook, made, random.choice(["dispense", "compounding", "order"]))
    return random.choice([cell for row in sheet.iter_rows() for cell in row if cell.value is not None])


def _black_fill(random: Random, made: Made, workbook: Workbook) -> None:
    _some_cell(random, made, workbook).fill = PatternFill("solid", start_color="000000", end_color="000000")


def _change_title(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, random.choice(["order", "dispense", "compounding", "curve"]))
    cell: Any = sheet.cell(random.randint(1, 3), 1)
    cell.value = _other(random, cell.value)
    cell.data_type = "s"


def _merge_cells(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    row = random.choice(_pouch_rows(sheet))
    sheet.merge_cells(start_row=row, end_row=row, start_column=4, end_column=6)


def _comment(random: Random, made: Made, workbook: Workbook) -> None:
    _some_cell(random, made, workbook).comment = Comment("give twice as much", "someone")


def _conditional_white(_: Random, made: Made, workbook: Workbook) -> None:
    white = DifferentialStyle(font=Font(color=_WHITE))
    rule = Rule(type="cellIs", operator="greaterThan", formula=["0"], dxf=white)
    _sheet(workbook, made, "dispense").conditional_formatting.add("E7:E9", rule)


def _unprotect(random: Random, made: Made, workbook: Workbook) -> None:
    if random.randint(0, 1):
        _sheet(workbook, made, "dispense").protection.sheet = False
    else:
        cell = _some_cell(random, made, workbook)
        while not cell.protection.locked:  # a lot that the order says
            cell = _some_cell(random, made, workbook)
        cell.protection = Protection(locked=False)


def _fewer_printed(_: Random, made: Made, workbook: Workbook) -> None:
    _sheet(workbook, made, "dispense").print_area = "A1:C9"


def _change_edge(_: Random, made: Made, workbook: Workbook) -> None:
    footer: Any = _sheet(workbook, made, "dispense").oddFooter
    footer.left.text = "plan AAAA-AAAA"


def _fill_in_white(random: Random, made: Made, workbook: Workbook) -> None:
    sheet = _sheet(workbook, made, "dispense")
    cell: Any = sheet.cell(random.choice(_pouch_rows(sheet)), sheet.max_column)
    cell.value = made.voice.say("sheet.rejected")
    cell.font = Font(name="Arial", color="FFFBD6")


def _show_enclosed(_: Random, __: Made, workbook: Workbook) -> None:
    workbook["stripgen"].sheet_state = "visible"


def _change_enclosed(random: Random, _: Made, workbook: Workbook) -> None:
    sheet = workbook["stripgen"]
    cell: Any = sheet.cell(random.randint(1, sheet.max_row), 2)
    digits = [found.start() for found in re.finditer(r"\d", str(cell.value))]
    at = random.choice(digits)
    cell.value = f"{cell.value[:at]}{(int(cell.value[at]) + 1) % 10}{cell.value[at + 1 :]}"
    cell.data_type = "s"


IN_PROGRAM: dict[str, Tamper] = {
    kind: in_program(change)
    for kind, change in {
        "a changed dose": _change_pouch("dose_mg"),
        "a changed date": _change_pouch("date"),
        "a changed strip": _change_pouch("strip"),
        "a changed pouch": _change_pouch("pouch"),
        "a changed day": _change_pouch("day"),
        "a changed number of units": _change_pouch("units_in_pouch"),
        "a changed composition": _change_composition,
        "a changed strength": _change_strength,
        "a changed count to make": _change_made("count_needed"),
        "a changed total": _change_made("total_mg"),
        "a changed lot": _change_lot,
        "a changed name": _change_name,
        "a changed plan id": _change_plan_id,
        "any number changed": _change_any_number,
        "any text changed": _change_any_text,
        "a deleted row": _delete_row,
        "a doubled row": _double_row,
        "two rows swapped": _swap_rows,
        "an inserted row": _insert_row,
        "a hidden row": _hide_row,
        "a hidden column": _hide_column,
        "a hidden sheet": _hide_sheet,
        "a removed sheet": _remove_sheet,
        "an added sheet": _add_sheet,
        "sheets in another order": _reorder_sheets,
        "a changed formula": _change_formula,
        "a changed number format": _change_number_format,
        "a white font": _change_look({"color": _WHITE}),
        "a font of symbols": _change_look({"name": "Wingdings"}),
        "letters struck out": _change_look({"strike": True}),
        "letters too small": _change_look({"sz": 2}),
        "black cells": _black_fill,
        "a changed title": _change_title,
        "merged cells": _merge_cells,
        "a note on a cell": _comment,
        "a conditional format": _conditional_white,
        "taken out of protection": _unprotect,
        "less printed": _fewer_printed,
        "a changed foot of the page": _change_edge,
        "an entry nobody can read": _fill_in_white,
        "the enclosed plan made visible": _show_enclosed,
        "the enclosed plan changed": _change_enclosed,
    }.items()
}


# --- in the raw XML --------------------------------------------------------------------------------------------------


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes], seal: str, of: bytes) -> bytes:
    """Return parts zipped again, with the seal "kept" as it was, "redone", or "dropped"."""
    content = io.BytesIO()
    if seal == "redone":
        with _Archive(content) as sealed:
            for name, part in parts.items():
                sealed.writestr(name, part)
        return content.getvalue()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(io.BytesIO(of)) as before:
        for name, part in parts.items():
            archive.writestr(name, part)
        archive.comment = before.comment if seal == "kept" else b""
    return content.getvalue()


Edit = Callable[[Random, dict[str, bytes], Made], None]


def _edit(random: Random, parts: dict[str, bytes], name: str, pattern: bytes, new: Callable[[bytes], bytes]) -> None:
    """Replace one place that a pattern finds in a part; what stands in its first group."""
    found = random.choice(list(re.finditer(pattern, parts[name])))
    start, end = found.span(1)
    parts[name] = parts[name][:start] + new(found[1]) + parts[name][end:]


def _sheet_part(random: Random, made: Made) -> str:
    return f"xl/worksheets/sheet{random.randint(1, 5 if made.plan.take_back else 4)}.xml"


def _edit_number(random: Random, parts: dict[str, bytes], made: Made) -> None:
    name = "xl/worksheets/sheet3.xml" if made.plan.take_back else "xl/worksheets/sheet2.xml"
    _edit(random, parts, name, rb"<v>(\d[\d.]*)</v>", lambda number: b"1" + number)


def _edit_text(random: Random, parts: dict[str, bytes], made: Made) -> None:
    name = _sheet_part(random, made)
    _edit(random, parts, name, rb"<t[^>]*>[^<]*?(\w)[^<]*</t>", lambda letter: b"7" if letter != b"7" else b"8")


def _edit_formula(random: Random, parts: dict[str, bytes], made: Made) -> None:
    name = "xl/worksheets/sheet3.xml" if made.plan.take_back else "xl/worksheets/sheet2.xml"
    _edit(random, parts, name, rb"<f>(.*?)</f>", lambda _: f'"{made.voice.say("sheet.ok")}"'.encode())


def _edit_format(random: Random, parts: dict[str, bytes], _: Made) -> None:
    used = {found for sheet in parts if "/sheet" in sheet for found in re.findall(rb' s="(\d+)"', parts[sheet])}
    styles = parts["xl/styles.xml"]
    xfs = re.search(rb"<cellXfs.*?</cellXfs>", styles, re.DOTALL)
    assert xfs is not None
    formats = {number for number in re.findall(rb'numFmtId="(\d+)"', xfs[0]) if int(number) > 163}
    assert used
    number = random.choice(sorted(formats))
    _edit(random, parts, "xl/styles.xml", rb'numFmtId="%s" formatCode="([^"]*)"' % number, lambda _: b";;;")


def _edit_font(random: Random, parts: dict[str, bytes], _: Made) -> None:
    """Make the letters of every cell of a style white: the black ones are of most cells."""
    fonts = re.findall(rb"<font>.*?</font>", parts["xl/styles.xml"])
    black = [font for font in fonts if b'"00000000"' in font and b'sz val="1' in font and b'"13"' not in font]
    used = [font for font in black if b'val="12"' not in font]
    font = random.choice(used[1:3])
    white = font.replace(b'"00000000"', b'"00FFFFFF"')
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(font, white, 1)


def _edit_dates(_: Random, parts: dict[str, bytes], __: Made) -> None:
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<workbookPr", b'<workbookPr date1904="1"', 1)


def _edit_calculation(_: Random, parts: dict[str, bytes], __: Made) -> None:
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<calcPr", b'<calcPr calcMode="manual"', 1)


def _edit_tab(random: Random, parts: dict[str, bytes], made: Made) -> None:
    """Exchange the names of two tabs."""
    one, other = (made.voice.say(f"sheet.tab_{tab}").encode() for tab in random.sample(["order", "curve"], 2))
    swapped = (
        parts["xl/workbook.xml"]
        .replace(b'name="%s"' % one, b'name="\0"')
        .replace(b'name="%s"' % other, b'name="%s"' % one)
    )
    parts["xl/workbook.xml"] = swapped.replace(b'name="\0"', b'name="%s"' % other)


def _edit_properties(_: Random, parts: dict[str, bytes], made: Made) -> None:
    title = made.plan.plan_id.encode()
    parts["docProps/core.xml"] = parts["docProps/core.xml"].replace(title, b"AAAA-AAAA")


EDITS: dict[str, Edit] = {
    "a number in the XML": _edit_number,
    "a text in the XML": _edit_text,
    "a formula in the XML": _edit_formula,
    "a number format in the styles": _edit_format,
    "a font in the styles": _edit_font,
    "dates from 1904": _edit_dates,
    "checks that are not computed": _edit_calculation,
    "names of sheets exchanged": _edit_tab,
}


def in_xml(edit: Edit, seal: str) -> Tamper:
    """Return a tampering of the raw XML."""

    def tamper(random: Random, made: Made, _: Made) -> bytes:
        parts = parts_of(made.content)
        before = dict(parts)
        edit(random, parts, made)
        assert parts != before
        return zipped(parts, seal, made.content)

    return tamper


def _foreign_sheet(seal: str) -> Tamper:
    """Return a tampering that takes a sheet, the enclosed one aside, from another plan's workbook."""

    def tamper(random: Random, made: Made, other: Made) -> bytes:
        parts, theirs = parts_of(made.content), parts_of(other.content)
        dispense, its = (f"xl/worksheets/sheet{3 if which.plan.take_back else 2}.xml" for which in (made, other))
        name, its_name = random.choice([("xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"), (dispense, its)])
        parts[name] = theirs[its_name]
        return zipped(parts, seal, made.content)

    return tamper


IN_XML: dict[str, Tamper] = {
    f"{kind}, seal {seal}": in_xml(edit, seal) for kind, edit in EDITS.items() for seal in ("kept", "redone", "dropped")
}
IN_XML |= {f"a sheet of another plan, seal {seal}": _foreign_sheet(seal) for seal in ("kept", "redone", "dropped")}
IN_XML |= {
    f"the file's properties, seal {seal}": in_xml(_edit_properties, seal) for seal in ("kept", "redone", "dropped")
}


def with_enclosed_plan_of(made: Made, other: Made, seal: str) -> bytes:
    """Return a workbook whose enclosed plan is that of another."""
    parts, theirs = parts_of(made.content), parts_of(other.content)
    last, their_last = (max(name for name in each if "/sheet" in name) for each in (parts, theirs))
    parts[last] = theirs[their_last]
    return zipped(parts, seal, made.content)
