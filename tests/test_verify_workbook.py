"""What verifying says of dispensing sheets that were filled in, saved by other programs, or are broken."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from orders import raw_order, units
from reading_sheets import convert, needs_libreoffice
from sheets_to_verify import Made, made_from, random_made
from tampering_sheets import IN_PROGRAM, in_program, parts_of, saved, zipped

from stripgen.domain.wording import LANGUAGES
from stripgen.errors import PlanFileInvalid
from stripgen.verifying.papers import open_paper
from stripgen.verifying.workbook_formulas import move
from stripgen.verifying.workbook_package import open_package

FEW_DAYS = {"taper.days": 20, "taper.days_per_strip": 7}
HALVES = units("10", "2.5", most=4)
HALVES["unit"][0] |= {"divisible_into": 4, "product": "Example product"}
LOTS = {
    "dispensing": {"lot": "L-77", "beyond_use_date": date(2027, 3, 1)},
    "batch": [{"lot": "B-1", "expires_on": date(2027, 6, 1)}, {"lot": "B-2", "expires_on": date(2027, 5, 1)}],
}
SOLUTION = {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.05")}}
ORDERS: dict[str, dict[str, Any]] = {
    "capsules, with lots": {**FEW_DAYS, **LOTS, "pharmacy.language": "nl"},
    "halves and quarters": {**FEW_DAYS, "compounding": HALVES, "pharmacy.language": "fr"},
    "a solution": {**FEW_DAYS, "compounding": SOLUTION, "pharmacy.language": "de"},
    "an awkward name": {**FEW_DAYS, "patient.name": "=1+1 _x0041_ <&>", "pharmacy.language": "es"},
}


@pytest.fixture(scope="module")
def sheets() -> dict[str, Made]:
    return {name: made_from(raw_order(changes)) for name, changes in ORDERS.items()}


@pytest.fixture
def made(sheets: dict[str, Made]) -> Made:
    return sheets["capsules, with lots"]


def entries_of(workbook: Workbook) -> list[Any]:
    """Return the cells to fill in that are empty."""
    return [
        cell
        for sheet in workbook.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked and cell.value is None
    ]


def filled_in(made: Made) -> tuple[bytes, int]:
    """Return the workbook as a pharmacist fills it in, and how many cells were."""
    workbook = load_workbook(io.BytesIO(made.content))
    cells = entries_of(workbook)
    for cell in cells:
        is_date = any(sign in cell.number_format for sign in "dy")
        cell.value = datetime(2026, 12, 3) if is_date else "A. Pharmacist"  # noqa: DTZ001 - as a cell has it
    return saved(workbook), len(cells)


def told(made: Made, content: bytes) -> list[str]:
    return [f"{difference.where}: {difference.what}" for difference in made.verify(content).differences]


# --- Untouched, saved again, filled in -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ORDERS)
def test_a_sheet_as_it_was_made_passes(name: str, sheets: dict[str, Made]) -> None:
    report = sheets[name].verify()

    assert report.differences == ()
    assert "20 rows of the sheet Dispense" in report.checked
    assert not any("filled in" in line for line in report.checked)


@pytest.mark.parametrize("name", ORDERS)
def test_a_sheet_filled_in_passes_and_the_cells_are_counted(name: str, sheets: dict[str, Made]) -> None:
    content, n_cells = filled_in(sheets[name])
    report = sheets[name].verify(content)

    assert report.differences == ()
    assert f"filled in: {n_cells} cells" in report.checked
    assert n_cells >= 3 * 20


@needs_libreoffice
def test_sheets_saved_by_libreoffice_pass_filled_in_or_not_and_tampered_ones_do_not(
    sheets: dict[str, Made], tmp_path: Path
) -> None:
    numbered = list(sheets.values())
    contents = {f"{number}-untouched": made.content for number, made in enumerate(numbered)}
    contents |= {f"{number}-filled": filled_in(made)[0] for number, made in enumerate(numbered)}
    tampered = (
        "a changed dose",
        "a deleted row",
        "a hidden row",
        "a changed formula",
        "a white font",
        "a changed title",
    )
    random = Random(7)  # noqa: S311 - a test repeats
    for kind in tampered:
        contents[f"0-{kind}"] = IN_PROGRAM[kind](random, numbered[0], numbered[1])

    results = convert(tmp_path, contents, "xlsx")

    for name in contents:
        made, report_name = numbered[int(name[0])], f"{name}.xlsx"
        report = made.verify((results / report_name).read_bytes())
        if name[2:] in tampered:
            assert report.differences, name
        else:
            assert report.differences == (), name
        if name.endswith("filled"):
            assert f"filled in: {filled_in(made)[1]} cells" in report.checked


def sharing(made: Made) -> bytes:
    """Return the workbook saved anew, the checks of its pouches written as one formula that they share."""
    parts = parts_of(made.content)
    first, *_ = re.findall(rb"<f>(.*?)</f>", parts["xl/worksheets/sheet2.xml"])
    shared = b'<f t="shared" si="0"/>'
    sheet = re.sub(rb"<f>.*?</f>", shared, parts["xl/worksheets/sheet2.xml"])
    parts["xl/worksheets/sheet2.xml"] = sheet.replace(shared, b'<f t="shared" ref="I7:I26" si="0">%s</f>' % first, 1)
    parts["docProps/core.xml"] = re.sub(
        rb"(?<=W3CDTF\">)2026(?=[^/]*</dcterms:modified)", b"2027", parts["docProps/core.xml"]
    )
    return zipped(parts, "dropped", made.content)


def test_checks_that_share_one_formula_are_as_good_as_each_its_own(made: Made) -> None:
    content = sharing(made)
    sheet = parts_of(content)["xl/worksheets/sheet2.xml"]

    assert told(made, content) == []
    assert told(made, with_part(made, "xl/worksheets/sheet2.xml", sheet.replace(b"E7&gt;0", b"E8&gt;0")))


def test_a_formula_moves_with_its_cell_where_it_is_not_fixed() -> None:
    assert move("SUM(A$1:$B2,'E3'!AZ9)&\"C3\"&LOG10(C3)", 2, 1) == "SUM(B$1:$B4,'E3'!BA11)&\"C3\"&LOG10(D5)"


@needs_libreoffice
def test_neither_the_pages_that_libreoffice_prints_nor_its_tabs_show_the_enclosed_plan(
    made: Made, tmp_path: Path
) -> None:
    import pypdfium2  # noqa: PLC0415 - for this test only

    (pdf,) = convert(tmp_path, {"sheet": made.content}, "pdf").iterdir()
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()

    assert made.plan.plan_id in text
    assert "schema" not in text
    assert "made_with" not in text


def test_a_lot_that_the_order_says_may_not_be_written_over(made: Made) -> None:
    workbook = load_workbook(io.BytesIO(made.content))
    sheet = workbook[made.voice.say("sheet.tab_compounding")]
    (cell, *_) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "B-1, B-2"]
    cell.value = "B-9"

    assert told(made, saved(workbook)) == [
        f"{sheet.title}!{cell.coordinate}: lot of row 1: 'B-9', should be 'B-1, B-2'"
    ]


def test_a_formula_in_an_entry_is_told_since_it_may_say_another_thing_tomorrow(made: Made) -> None:
    workbook = load_workbook(io.BytesIO(made.content))
    cell = entries_of(workbook)[0]
    cell.value = "=TODAY()"

    assert any("holds the formula 'TODAY()'" in line for line in told(made, saved(workbook)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_dose_is_told_with_its_cell_what_it_says_and_what_it_should(language: str) -> None:
    made = made_from(raw_order({**FEW_DAYS, "pharmacy.language": language}))

    def change(_: Random, __: Made, workbook: Workbook) -> None:
        workbook[made.voice.say("sheet.tab_dispense")]["E9"] = 15

    content = in_program(change)(Random(0), made, made)  # noqa: S311 - not used
    dose = made.plan.days[2].dose_mg
    expected = f"{made.voice.say('sheet.tab_dispense')}!E9: dose of day 3: 15, should be {dose}"

    assert expected in told(made, content)


def test_where_the_sheet_cannot_be_made_anew_the_plan_is_compared_all_the_same(made: Made) -> None:
    report = made.verify(anew=False)

    assert report.differences == ()
    assert "no cell by itself: this stripgen cannot make the workbook anew" in report.checked


def test_a_sheet_whose_rows_moved_tells_the_first_cells_and_how_many_more(made: Made) -> None:
    content = IN_PROGRAM["a deleted row"](Random(3), made, made)  # noqa: S311 - a test repeats
    lines = told(made, content)

    assert len(lines) < 200
    assert any("the row of day" in line and "is missing" in line for line in lines)


def test_a_solution_has_its_lots_in_its_one_row_and_nowhere_else() -> None:
    made = made_from(raw_order({**FEW_DAYS, **LOTS, "compounding": SOLUTION}))
    sheet = load_workbook(io.BytesIO(made.content))["Compounding"]
    written = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.value == "B-1, B-2"]

    assert written == ["G6"]
    assert made.verify().differences == ()


# --- The seal --------------------------------------------------------------------------------------------------------


def test_the_seal_is_whole_until_something_changes_and_gone_when_a_program_saves(made: Made) -> None:
    parts = parts_of(made.content)
    changed = {**parts, "docProps/app.xml": parts["docProps/app.xml"] + b" "}

    assert open_package("", made.content).seal == "whole"
    assert open_package("", zipped(parts, "kept", made.content)).seal == "whole"
    assert open_package("", zipped(changed, "kept", made.content)).seal == "broken"
    assert open_package("", zipped(changed, "redone", made.content)).seal == "whole"
    assert open_package("", filled_in(made)[0]).seal == "none"


@pytest.mark.parametrize("seal", ["kept", "redone", "dropped"])
def test_a_change_that_nobody_sees_is_told_where_no_program_saved_the_file(seal: str, made: Made) -> None:
    parts = parts_of(made.content)
    changed = {**parts, "xl/theme/theme1.xml": parts["xl/theme/theme1.xml"].replace(b"Office", b"office")}

    (line,) = told(made, zipped(changed, seal, made.content))

    assert "seal" in line


def test_a_name_that_reads_as_a_character_travels_as_it_is(sheets: dict[str, Made]) -> None:
    made = sheets["an awkward name"]

    assert open_paper("sheet.xlsx", made.content).plan["order"]["patient"]["name"] == "=1+1 _x0041_ <&>"


# --- Broken files ----------------------------------------------------------------------------------------------------


def refused(content: bytes) -> str:
    with pytest.raises(PlanFileInvalid) as caught:
        open_paper("sheet.xlsx", content)
    return str(caught.value)


def with_part(made: Made, name: str, content: bytes) -> bytes:
    return zipped({**parts_of(made.content), name: content}, "dropped", made.content)


def zip_bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 20_000_000)
    return content.getvalue()


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><workbook>&b;</workbook>"""


def doubled(made: Made) -> bytes:
    content = io.BytesIO(zipped(parts_of(made.content), "dropped", made.content))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("XL/workbook.xml", b"<workbook/>")
    return content.getvalue()


BROKEN: dict[str, tuple[Callable[[Made], bytes], str]] = {
    "cut off": (lambda made: made.content[:-2000], "is not a workbook that can be read"),
    "cut to its first bytes": (lambda made: made.content[:30], "is not a workbook that can be read"),
    "no workbook": (lambda _: zipped({"a.txt": b"a"}, "redone", b""), "it has no part 'xl/"),
    "with a password": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "it has a password to open it"),
    "too large": (lambda _: zip_bomb(), "it unpacks to more than 64 MB"),
    "with entities": (lambda made: with_part(made, "xl/workbook.xml", LAUGHS), "declares a document type"),
    "with too many elements": (
        lambda made: with_part(made, "xl/workbook.xml", b"<a>" + b"<b/>" * 1_100_000 + b"</a>"),
        "more than 1,000,000 elements",
    ),
    "nested too deeply": (
        lambda made: with_part(made, "xl/workbook.xml", b"<a>" * 200_000 + b"</a>" * 200_000),
        "carries no plan.json",
    ),
    "not XML": (lambda made: with_part(made, "xl/workbook.xml", b"<workbook"), "a part is not XML"),
    "of no encoding": (
        lambda made: with_part(made, "xl/workbook.xml", b'<?xml version="1.0" encoding="none"?><a/>'),
        "a part is not XML",
    ),
    "with two parts of one name": (doubled, "it has two parts named"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_with_what_is_wrong(kind: str, made: Made) -> None:
    make, message = BROKEN[kind]

    assert message in refused(make(made))


@pytest.mark.parametrize(
    ("before", "after"), [('"generic"', '"us"'), ('"name": "Example Patient"', '"name": "Example"')]
)
def test_what_travels_in_a_sheet_that_another_program_saved_cannot_be_changed(
    before: str, after: str, made: Made
) -> None:
    workbook = load_workbook(io.BytesIO(made.content))
    cells = [cell for row in workbook["stripgen"].iter_rows() for cell in row if before in str(cell.value)]
    assert cells
    for cell in cells:
        cell.value = str(cell.value).replace(before, after)
        cell.data_type = "s"

    assert "was changed: the plan that travels in it is not as it was" in refused(saved(workbook))


def test_a_workbook_that_carries_no_plan_is_refused(made: Made) -> None:
    workbook = load_workbook(io.BytesIO(made.content))
    del workbook["stripgen"]

    assert "carries no plan.json" in refused(saved(workbook))


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        (b'<c r="A7"', b'<c r="XFD7"', "farther out than any dispensing sheet"),
        (b'<row r="7"', b'<row r="1048576"', "stands in row 1048576"),
        (b'<c r="B7"', b'<c r="A7"', "it has two cells A7"),
        (b'<c r="B7"', b'<c r="B0"', "it has a cell named 'B0'"),
        (b'<row r="8"', b'<row r="7"', "its row 7 stands after row 7"),
        (b'<c r="A7" s="', b'<c r="A7" s="9', "which is not there"),
        (b"<v>1</v>", b"<v>one</v>", "'one', which is not a number"),
        (b"<v>1</v>", b"<v>nan</v>", "not a number"),
        (b'min="1"', b'min="x"', "invalid literal"),
        (b"</sheetData>", b"", "is not XML"),
    ],
)
def test_a_sheet_that_is_broken_or_strange_is_a_difference(found: bytes, put: bytes, message: str, made: Made) -> None:
    name = "xl/worksheets/sheet2.xml"
    before = parts_of(made.content)[name]
    assert found in before

    (line,) = told(made, with_part(made, name, before.replace(found, put, 1)))

    assert "is not a workbook that can be read" in line
    assert message in line


@pytest.mark.parametrize("seed", range(60))
def test_no_damage_to_the_bytes_is_more_than_a_refusal_or_a_difference(seed: int, made: Made) -> None:
    random = Random(seed)  # noqa: S311 - a test repeats
    content = bytearray(made.content)
    for _ in range(random.choice([1, 3, 30])):
        content[random.randrange(len(content))] = random.randrange(256)
    if random.randint(0, 3) == 0:
        content = content[: random.randrange(len(content))]
    try:
        report = made.verify(bytes(content))
    except PlanFileInvalid:
        return
    harmless = parts_of(bytes(content)) == parts_of(made.content)
    assert report.differences or harmless


@pytest.mark.parametrize("seed", range(60))
def test_no_damage_to_the_xml_is_more_than_a_refusal_or_a_difference(seed: int, made: Made) -> None:
    random = Random(seed)  # noqa: S311 - a test repeats
    parts = parts_of(made.content)
    name = random.choice([name for name in parts if name.startswith("xl/")])
    part = bytearray(parts[name])
    for _ in range(random.choice([1, 3])):
        part[random.randrange(len(part))] = random.choice(b"09<>\"'/ax&;-.")
    changed = {**parts, name: bytes(part)}
    try:
        report = made.verify(zipped(changed, random.choice(["kept", "redone", "dropped"]), made.content))
    except PlanFileInvalid:
        return
    assert report.differences or changed == parts


# --- The same bytes, and little of them ------------------------------------------------------------------------------


def test_what_is_enclosed_costs_little(made: Made) -> None:
    parts = parts_of(made.content)
    enclosed = parts[max(name for name in parts if "/sheet" in name)]
    packed = zipped({"enclosed": enclosed}, "dropped", made.content)

    assert len(packed) < len(made.content)
    assert len(packed) < 20_000


def test_random_sheets_are_the_same_bytes_when_made_again() -> None:
    random = Random(11)  # noqa: S311 - a test repeats
    for _ in range(5):
        made = random_made(random)
        assert Made(made.plan, made.printing).content == made.content
