"""Label papers: every stock's geometry on the printed page, half-used sheets, rolls, a printer's offset."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from click.testing import CliRunner
from orders import IN_ENGLISH, PRINTED, plan_of, printing, raw_order
from reading import MM_PER_POINT, Area, cut_out, draw_picture, flow_of, read_codes, read_pages

from stripgen.cli import main
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.errors import DataInvalid
from stripgen.files import load_stock, load_stocks
from stripgen.rendering.strip_plan.alignment import render_alignment
from stripgen.rendering.strip_plan.document import render_pouch_labels, shares_paper
from stripgen.rendering.strip_plan.paper import A4

TOLERANCE_MM = 0.1
ISSUED_ON = plan_of(raw_order({})).issued_on
# id: sheet, label, origin and pitch (mm), columns and rows, as their makers publish them
PUBLISHED = {
    "a4-strip-28": ((210, 297), (48, 38), (9, 22), (48, 38), (4, 7)),
    "letter-strip-28": ((215.9, 279.4), (49.5, 35), (8.95, 22), (49.5, 35), (4, 7)),
    "avery-l7160": ((210, 297), (63.5, 38.1), (7.21, 15.15), (66.04, 38.1), (3, 7)),
    "avery-l7159": ((210, 297), (63.5, 33.9), (7.21, 12.9), (66.04, 33.9), (3, 8)),
    "avery-5160": ((215.9, 279.4), (66.675, 25.4), (4.7625, 12.7), (69.85, 25.4), (3, 10)),
    "avery-l7165": ((210, 297), (99.1, 67.7), (4.63, 13.1), (101.64, 67.7), (2, 4)),
    "avery-5164": ((215.9, 279.4), (101.6, 84.667), (3.969, 12.7), (106.363, 84.667), (2, 3)),
    "a4-strip-labels-6": ((210, 297), (96, 86), (9, 22), (96, 86), (2, 3)),
    "letter-strip-labels-6": ((215.9, 279.4), (98, 81), (9.95, 22), (98, 81), (2, 3)),
    "roll-57x32": ((57, 32), (57, 32), (0, 0), (57, 32), (1, 1)),
    "roll-62x50": ((62, 50), (62, 50), (0, 0), (62, 50), (1, 1)),
    "roll-62x100": ((62, 100), (62, 100), (0, 0), (62, 100), (1, 1)),
}
READY_CUT = [name for name in PUBLISHED if "strip" not in name]


def areas_of(name: str) -> list[Area]:
    """Return where the labels lie, in their order, worked out from the published figures."""
    _, (width, height), (x, y), (across, down), (columns, rows) = PUBLISHED[name]
    by_column = "strip-28" in name
    places = [(c, r) for c in range(columns) for r in range(rows)] if by_column else None
    places = places or [(c, r) for r in range(rows) for c in range(columns)]
    return [Area(x + c * across, y + r * down, x + c * across + width, y + r * down + height) for c, r in places]


def frames_of(pdf: bytes) -> list[Area]:
    """Return the rectangles of the only page, as pdfplumber finds them: the middle of their lines."""
    with pdfplumber.open(BytesIO(pdf)) as document:
        (page,) = document.pages
        edges = [[float(item[edge]) * MM_PER_POINT for edge in ("x0", "top", "x1", "bottom")] for item in page.rects]
    return [Area(*mm) for mm in edges]


def is_near(one: Area, other: Area) -> bool:
    edges = zip(
        (one.left, one.top, one.right, one.bottom), (other.left, other.top, other.right, other.bottom), strict=True
    )
    return all(abs(a - b) <= TOLERANCE_MM for a, b in edges)


def test_every_stock_of_the_templates_is_one_that_is_published() -> None:
    assert sorted(stock.id for stock in load_stocks()) == sorted(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("offset", [("0", "0"), ("0.5", "-1.25")])
def test_every_frame_of_the_alignment_page_is_within_a_tenth_of_a_millimetre(
    name: str, offset: tuple[str, str]
) -> None:
    across, down = Decimal(offset[0]), Decimal(offset[1])
    frames = frames_of(render_alignment(LabelPaper(load_stock(name), 1, (across, down)), PRINTED, ISSUED_ON))
    expected = [
        Area(a.left + float(across), a.top + float(down), a.right + float(across), a.bottom + float(down))
        for a in areas_of(name)
    ]

    assert len(frames) == len(expected)
    assert all(is_near(frame, area) for frame, area in zip(frames, expected, strict=True))


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_label_is_printed_inside_its_place_and_at_the_same_place_in_it(name: str) -> None:
    paper = LabelPaper(load_stock(name))
    plan = plan_of(raw_order({"taper.days": 45, "compounding.increment_mg": 5}))
    areas = areas_of(name)
    n_days, starts = 0, set()
    for page in read_pages(render_pouch_labels(plan, IN_ENGLISH, printing(paper))):
        for area in areas:
            letters = page.within(area)
            if not letters:
                continue
            n_days += 1
            assert all(area.holds(letter.ink) for letter in letters if not letter.text.isspace())
            starts.add((round(letters[0].left - area.left, 1), round(letters[0].baseline - area.top, 1)))
    assert n_days == 45
    assert len(starts) == 1


@pytest.mark.parametrize("name", READY_CUT)
def test_ready_cut_labels_follow_each_other_in_the_order_of_the_pouches_from_the_first_label_asked_for(
    name: str,
) -> None:
    areas = areas_of(name)
    first = min(9, len(areas))
    plan = plan_of(raw_order({"taper.days": 30}))
    pages = read_pages(render_pouch_labels(plan, IN_ENGLISH, printing(LabelPaper(load_stock(name), first))))
    said = [flow_of(page.within(area)) for page in pages for area in areas]

    assert said[: first - 1] == [""] * (first - 1)
    assert [f"Day {day.day} of 30" in text for day, text in zip(plan.days, said[first - 1 :], strict=False)] == [
        True
    ] * 30
    assert not any(said[first - 1 + 30 :])
    assert len(pages) == -(-(first - 1 + 30) // len(areas))


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_is_read_at_the_resolution_of_a_label_printer(name: str, dpi: int) -> None:
    plan = plan_of(raw_order({"taper.days": 28}))
    pdf = render_pouch_labels(plan, IN_ENGLISH, printing(load_stock(name)))
    codes = []
    for index, page in enumerate(read_pages(pdf)):
        picture = draw_picture(pdf, index, dpi=dpi)
        filled = [area for area in areas_of(name) if page.within(area)]
        codes += [read_codes(cut_out(picture, area, dpi=dpi)) for area in filled]

    assert codes == [[day.code] for day in plan.days]


def test_only_plain_a4_labels_are_in_the_strip_plan_itself() -> None:
    assert [name for name in PUBLISHED if shares_paper(LabelPaper(load_stock(name)), A4)] == [
        "a4-strip-28",
        "a4-strip-labels-6",
    ]


def test_another_part_number_is_the_same_stock() -> None:
    assert load_stock("avery-8160") == load_stock("avery-5160")


# --- A pharmacy's own stock ------------------------------------------------------------------------------------------

OWN = """schema = 1
id = "my-labels"
sheet_mm = [210, 297]
columns = 2
rows = 5
label_mm = [90, 50]
origin_mm = [12, 24]
pitch_mm = [94, 52]
"""


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    return result.exit_code, result.output


def test_a_pharmacy_prints_on_labels_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")

    code, said = run("make", "examples/citalopram.toml", "--stock", tmp_path / "own.toml", "--out", tmp_path)

    assert code == 0, said
    (pdf,) = tmp_path.glob("*-labels.pdf")
    assert len(read_pages(pdf.read_bytes())) == 12  # 112 pouches on 10 labels a sheet


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rows = 5", "rows = 6", "6 rows of labels end at"),
        ("columns = 2", "columns = 0", "columns: 0 is out of range"),
        ("label_mm = [90, 50]", "label_mm = [95, 50]", "labels overlap: pitch_mm 94 mm is less than label_mm"),
        ("label_mm = [90, 50]", "label_mm = [90, 12]", "90 × 12 mm is too small to print a pouch on"),
        ("schema = 1", 'schema = 1\nfill = "up"', "fill: 'up' is not allowed; one of 'down', 'across'"),
        ("schema = 1", 'schema = 1\npaper = "thin"', "paper: 'thin' is not allowed"),
        ("schema = 1", "schema = 1\ncolour = 3", "colour: unknown key (did you mean columns?)"),
        ('id = "my-labels"', 'id = ""', "id: is empty"),
        ("schema = 1", "", "schema: is missing"),
        ("rows = 5", "rows = ", "is not a TOML text file"),
    ],
)
def test_a_wrong_stock_file_is_refused_by_path_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new), encoding="utf-8")

    with pytest.raises(DataInvalid) as caught:
        load_stock(str(path))

    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--stock", "avery-9999"], 4, "--stock: 'avery-9999' is not a label stock of stripgen; one of a4-strip-28"),
        (["--stock", "missing.toml"], 4, "missing.toml: cannot be read"),
        (["--stock", "avery-l7160", "--first-label", "22"], 2, "--first-label: '22' is not allowed; a whole number"),
        (["--stock", "avery-l7160", "--first-label", "0"], 2, "from 1 to 21"),
        (["--first-label", "2"], 2, "a4-strip-28 is plain paper, of which no sheet is half used"),
        (["--offset-mm", "1"], 2, "--offset-mm: '1' is not allowed; two distances in mm"),
        (["--offset-mm", "1,nan"], 2, "two distances in mm"),
        (["--offset-mm", "1,-20.5"], 2, "is too far; each from -20 to 20 mm"),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_is_written(
    tmp_path: Path, options: list[str], code: int, said: str
) -> None:
    exit_code, told = run("make", "examples/citalopram.toml", *options, "--out", tmp_path / "out")

    assert (exit_code, said in told) == (code, True), told
    assert not (tmp_path / "out").exists()


def test_stocks_are_listed_with_their_labels_numbered_as_the_first_label_counts() -> None:
    code, said = run("stocks", "avery-l7160")

    assert code == 0
    assert said.splitlines()[0] == "avery-l7160: sheets of 210 × 297 mm, 3 × 7 labels of 63.5 × 38.1 mm"
    assert said.splitlines()[3].split() == ["[", "7]", "[", "8]", "[", "9]"]
    assert run("stocks")[1].count("labels of") == len(PUBLISHED) - 3  # of a roll it is one label


def test_an_alignment_page_is_written_with_its_ruler(tmp_path: Path) -> None:
    code, said = run("stocks", "--align", "avery-l7160", "--offset-mm", "-0.5,1", "--out", tmp_path)

    assert code == 0, said
    (page,) = read_pages((tmp_path / "avery-l7160-alignment.pdf").read_bytes())
    assert "100 mm · avery-l7160, moved -0.5 and 1 mm" in flow_of(page.upright)
    longest = max(page.rules, key=lambda rule: rule.right - rule.left)
    assert longest.right - longest.left == pytest.approx(100, abs=TOLERANCE_MM)


@pytest.mark.parametrize("arguments", [["--offset-mm", "1,1"], ["avery-l7160", "--align", "avery-l7160"]])
def test_options_that_exclude_each_other_are_a_usage_error(arguments: list[str]) -> None:
    assert run("stocks", *arguments)[0] == 2


def test_a_stock_is_read_in_its_own_way_of_filling() -> None:
    raw: dict[str, Any] = load_stock("avery-l7160").model_dump(by_alias=True)
    down = Stock.model_validate({**raw, "fill": "down"})

    assert [down.corner_mm(position) for position in (0, 1, 7)] == [
        (Decimal("7.21"), Decimal("15.15")),
        (Decimal("7.21"), Decimal("53.25")),
        (Decimal("73.25"), Decimal("15.15")),
    ]
