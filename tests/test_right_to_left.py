"""Names in Arabic and Hebrew: in the right order, their letters joined, and whatever stands beside them unharmed."""

import re
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2
import pytest
from arabic_reshaper import ArabicReshaper
from arabic_reshaper.letters import LETTERS_ARABIC
from bidi.algorithm import get_display as second_get_display
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from orders import FORMULARY, IN_ENGLISH, ISSUED_ON, PRINTED, changed, plan_of, printing, raw_order, units
from reading_sheets import cells_of, text_of

from stripgen.cli import main
from stripgen.domain.order import Patient
from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.stock import Stock
from stripgen.errors import TextDoesNotFit, TextNotPrintable
from stripgen.files import load_profiles, load_stocks
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.calendar_file import render_calendar
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.strip_plan.document import (
    lay_out_strip_plan,
    render_pouch_labels,
    render_strip_plan,
)
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import FACES, font_name, refuse_unprintable, width_mm
from stripgen.rendering.strip_plan.page import Box, Font, Page, Text
from stripgen.rendering.strip_plan.right_to_left import load_face, turn
from stripgen.rendering.strip_plan.script import Run, runs_of
from stripgen.rendering.strip_plan.text import shorten, wrap
from stripgen.rendering.terminal import render_plan_text
from stripgen.rendering.words import DIRECTION_MARK, isolate, reads_right_to_left

EXAMPLE = Path(__file__).parents[1] / "examples" / "citalopram.toml"
LIBRARIES = ("arabic_reshaper", "bidi", "fontTools", "fontpkg_noto_sans_arabic", "pylopdf_fonts_he")
OWN_MODULE = "stripgen.rendering.strip_plan.right_to_left"

ARABIC_NAME = "محمد بن عبد الله الأحمد"
HEBREW_NAME = "דוד בן־גוריון"
PERSIAN_NAME = "گلناز چودھری"
REASON = "כאב ראש 3"
NAMES = {"Arabic": ARABIC_NAME, "Hebrew": HEBREW_NAME, "Persian": PERSIAN_NAME}

# Every text an order may bring that a paper prints.
IN_TWO_SCRIPTS = {
    "patient.name": ARABIC_NAME,
    "patient.identifier": "P-000123 ב",
    "patient.insurance_number": "ת 1234",
    "prescriber.name": "ד״ר דוד כהן (רופא)",
    "prescriber.identifier": "17 רופא",
    "approval.approved_by": "ד״ר דוד כהן (רופא)",
    "approval.reference": "RX-2026-א117",
    "pharmacy.name": "صيدلية النور (فرع 2)",
    "pharmacy.address": "רחוב הרצל 5, תל אביב 61000 (Israel)",
    "pharmacy.phone": "+972 3 555 1234",
    "medication.route": "בפה",
    "medication.directions": "חבילה 1 בבוקר",
    "medication.precautions": "עלול לגרום לעייפות",
    "dispensing.lot": "ל-118",
    "dispensing.serial": "س 417",
    "dispensing.storage": "עד 25 מעלות",
    "dispensing.ingredients": "לקטוז, תאית",
    "compounding": units("5", "1", "0.1"),
}

reshape = ArabicReshaper({"ARABIC LIGATURE ALLAH": False}).reshape
hebrew_letters = st.sampled_from([chr(code) for code in range(0x5D0, 0x5EB)])
arabic_letters = st.sampled_from([letter for letter in LETTERS_ARABIC if letter.isalpha()])
others = st.sampled_from("abZ059 ,.-+/:()[]«»'\"٣۴،־")
texts = st.text(st.one_of(hebrew_letters, arabic_letters, others), min_size=1, max_size=25).map(str.strip)
turned_texts = texts.filter(lambda text: any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text))


def visual(*parts: str) -> str:
    """Return Hebrew words and signs as they stand, part by part from left to right, each part as it is typed."""
    return "".join(part[::-1] if reads_right_to_left(part) else part for part in parts)


def drawn(text: str) -> str:
    return "".join(run.text for run in runs_of(text))


def plain(text: str) -> str:
    """Return joined letters as they are typed."""
    return unicodedata.normalize("NFKC", text)


@cache
def plan_in_two_scripts() -> Plan:
    return plan_of(in_two_scripts())


def in_two_scripts() -> dict[str, Any]:
    raw = changed(raw_order(), IN_TWO_SCRIPTS)
    for unit in raw["compounding"]["unit"]:
        unit |= {"product": "מוצר 12", "supplier": "ספק 7", "appearance": "לבן, 4"}
    raw["compounding"]["max_units_per_pouch"] = 20
    raw["batch"] = [{"lot": "אצווה 5"}]
    return raw


def lay_out_lines(*texts: str, font: Font = "regular") -> bytes:
    """Return a PDF with a page for each text, and nothing but it on one line, 20 mm from the left."""
    pages = [Page("Line", 210, 50, (Text(Box(20, 10, 180, 10), text, 10, font),)) for text in texts]
    return draw_pages(pages, Metadata("Lines", "", "", "en", ISSUED_ON))


def read_by_pdfium(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(plain(page.get_textpage().get_text_range()) for page in document)


def read_by_pdfplumber(pdf: bytes) -> list[Any]:
    with pdfplumber.open(BytesIO(pdf)) as document:
        return [letter for page in document.pages for letter in page.chars]


# --- the order on a line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("דוד כהן", visual("דוד כהן")),
        ("Dr דוד כהן, London", visual("Dr ", "דוד כהן", ", London")),
        ("דוד (רופא)", visual("(", "רופא", ") ", "דוד")),
        ("דוד (Dr)", visual("דוד", " (Dr)")),
        ("רחוב הרצל 5, חיפה 61000", visual("61000 ", "חיפה", " ,5 ", "רחוב הרצל")),
        ("RX-2026-א", visual("RX-2026-", "א")),
        ("«דוד»", visual("«", "דוד", "»")),
    ],
)
def test_a_text_stands_in_the_order_in_which_it_is_read(text: str, expected: str) -> None:
    assert drawn(text) == expected


def test_a_number_after_a_name_stays_after_it_and_is_not_drawn_into_it() -> None:
    assert drawn("דוד, 12 May 1981").startswith("12")  # what the standard makes of it, and why names are marked off
    assert drawn(f"{isolate('דוד')}, 12 May 1981") == visual("דוד", ", 12 May 1981")
    assert drawn(f"{isolate('דוד')}, +972 3 555") == visual("דוד", ", +972 3 555")
    assert drawn(f"2 × {isolate('דוד')} × 3 {isolate('כהן')}") == visual("2 × ", "דוד", " × 3 ", "כהן")


def test_letters_join_and_lam_joins_alef() -> None:
    beh, yeh, teh = (
        "\N{ARABIC LETTER BEH INITIAL FORM}",
        "\N{ARABIC LETTER YEH MEDIAL FORM}",
        "\N{ARABIC LETTER TEH FINAL FORM}",
    )
    assert drawn("بيت") == f"{teh}{yeh}{beh}"
    assert all(unicodedata.name(letter).endswith("ISOLATED FORM") for letter in drawn("دار"))
    assert drawn("لا") == "\N{ARABIC LIGATURE LAM WITH ALEF ISOLATED FORM}"


@given(texts)
@example("שלום (דוד)")
def test_turning_loses_no_character_and_adds_none(text: str) -> None:
    mirrors = str.maketrans(")]»", "([«")

    assert Counter(plain(drawn(text)).translate(mirrors)) == Counter(plain(text).translate(mirrors))


@given(texts.map(lambda text: text.translate(str.maketrans("", "", "()[]«»"))))
def test_a_second_implementation_gives_the_same_order(text: str) -> None:
    # python-bidi's own in Python, which does not know what the standard says of brackets
    assert turn(text) == second_get_display(reshape(text), base_dir="L")


@given(st.text(st.sampled_from("abc Äß½Ωя0159.,·×()-"), max_size=30))
def test_other_text_is_drawn_as_it_is(text: str) -> None:
    assert list(runs_of(text)) == [Run("latin", text)]
    assert isolate(text) == text


def test_a_text_is_broken_into_lines_in_the_order_it_is_read() -> None:
    lines = wrap(ARABIC_NAME, 14, "regular", 9)

    assert lines is not None
    assert len(lines) > 1
    assert " ".join(lines) == ARABIC_NAME


# --- width and fonts -------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(turned_texts, st.sampled_from(list(FACES)))
def test_a_line_is_drawn_as_wide_as_it_is_measured(text: str, font: Font) -> None:
    letters = read_by_pdfplumber(lay_out_lines(text, font=font))

    end = letters[-1]  # the space that parts it from the next
    assert end["text"] == " "
    assert end["x0"] / 72 * 25.4 == pytest.approx(20 + width_mm(text, font, 10), abs=0.01)


@pytest.mark.parametrize("script", ["arabic", "hebrew"])
def test_each_weight_is_a_font_of_its_own(script: Any) -> None:
    files = {load_face(script, font).getvalue() for font in FACES}
    names = {font_name(font, script) for font in FACES}

    assert len(files) == len(names) == len(FACES)


def test_bold_names_are_wider_than_regular_ones() -> None:
    for name in NAMES.values():
        assert width_mm(name, "regular", 10) < width_mm(name, "semibold", 10) < width_mm(name, "bold", 10)


def test_every_form_of_a_letter_that_can_be_typed_has_ink() -> None:
    arabic = [form for letter, forms in LETTERS_ARABIC.items() if letter.isalpha() for form in forms if form]

    letters = [*arabic, *(chr(code) for code in range(0x5D0, 0x5EB))]
    pages = pypdfium2.PdfDocument(lay_out_lines(*letters))

    assert [letter for letter, page in zip(letters, pages, strict=True) if not has_ink(page)] == []
    read = [plain(page.get_textpage().get_text_range()).strip() for page in pages]
    assert read == [plain(letter) for letter in letters]


def has_ink(page: pypdfium2.PdfPage) -> bool:
    return bool(page.render(scale=2).to_pil().convert("L").getextrema() != (255, 255))


# --- documents -------------------------------------------------------------------------------------------------------


@cache
def amended_plan() -> Plan:
    return plan_taper(amend(plan_in_two_scripts(), Request(60, "hold", Decimal(14), REASON)), FORMULARY, ISSUED_ON)


@cache
def values_of_all() -> frozenset[str]:
    return frozenset({REASON, *values_of(in_two_scripts())})


def values_of(raw: Any) -> set[str]:
    """Return every text of an order."""
    if isinstance(raw, dict):
        return set().union(*(values_of(value) for value in raw.values()))
    if isinstance(raw, list):
        return set().union(*(values_of(value) for value in raw))
    return {raw} if isinstance(raw, str) else set()


def find_unmarked(text: str, values: Iterable[str]) -> list[str]:
    """Return what of a text reads right to left and is no single value of the order: a number may be drawn into it."""
    parts = [part for part in text.split(DIRECTION_MARK) if reads_right_to_left(part)]
    return [part for part in parts if not any(part.strip() in value for value in values)]


def test_a_missing_mark_is_found() -> None:
    assert find_unmarked(f"{isolate('דוד')}, 12", {"דוד"}) == []
    assert find_unmarked("דוד, 12", {"דוד"}) == ["דוד, 12"]


@pytest.mark.parametrize("profile", [profile.id for profile in load_profiles()])
@pytest.mark.parametrize("large_print", [False, True], ids=["usual", "large print"])
def test_nothing_stands_beside_a_name_unmarked_on_paper(profile: str, large_print: bool) -> None:
    own_words = PatientText(schema=1, language="en", missed="{pharmacy}, {phone}", hard="{prescriber}, 12 {phone}")
    printed = printing(profile=profile, text=own_words, large_print=large_print)
    for plan in (plan_in_two_scripts(), amended_plan()):
        pages = lay_out_strip_plan(plan, IN_ENGLISH, printed)
        lines = [item.text for page in pages for item in page.items if isinstance(item, Text)]

        assert sum(map(reads_right_to_left, lines)) > len(plan.days_to_make)
        assert [found for line in lines for found in find_unmarked(line, values_of_all())] == []


def test_nothing_stands_beside_a_name_unmarked_in_the_sheet() -> None:
    for plan in (plan_in_two_scripts(), amended_plan()):
        cells = cells_of(load_workbook(BytesIO(render_dispensing_sheet(plan, PRINTED))))
        told = [text for text in map(text_of, cells) if reads_right_to_left(text)]

        assert ARABIC_NAME in told  # a cell of its own holds the name as it is typed
        assert [found for text in told for found in find_unmarked(text, values_of_all())] == []


def test_calendar_and_terminal_say_names_as_they_are_typed() -> None:
    calendar = render_calendar(plan_in_two_scripts(), PRINTED, names_drug=True).decode()
    shown = f"{render_plan_text(plan_in_two_scripts(), PRINTED)}\n{calendar}".replace("\r\n ", "")

    assert [found for line in shown.splitlines() for found in find_unmarked(line, values_of_all())] == []
    assert unicodedata.normalize("NFKC", shown) == shown or "½" in shown


@pytest.mark.parametrize("stock", load_stocks(), ids=lambda stock: stock.id)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_label_names_the_patient_or_the_name_is_refused(stock: Stock, name: str) -> None:
    plan = plan_of(raw_order({"patient.name": name, "taper.days": 9}))
    labels = render_pouch_labels(plan, IN_ENGLISH, printing(stock))

    words = Counter(re.split(r"[\s,]+", read_by_pdfium(labels)))  # pdfium turns words, but not a name of several
    assert all(words[plain(word)] >= len(plan.days) for word in name.split())


def test_a_name_too_long_for_a_label_is_refused_by_its_field() -> None:
    plan = plan_of(raw_order({"patient.name": "ש" * 118}))

    with pytest.raises(TextDoesNotFit) as refused:
        render_strip_plan(plan, IN_ENGLISH, printing())

    assert "patient.name" in {problem.where for problem in refused.value.problems}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_two_readers_read_the_name_back(name: str) -> None:
    alone, beside = lay_out_lines(name), lay_out_lines(f"{isolate(name)}, born 12 May 1981")
    from_the_right = sorted(read_by_pdfplumber(beside), key=lambda letter: -float(letter["x0"]))

    assert read_by_pdfium(alone).strip() == plain(name)
    assert plain(name) in "".join(plain(letter["text"]) for letter in from_the_right)


def test_what_is_read_from_right_to_left_is_tagged_so() -> None:
    document = pypdfium2.PdfDocument(lay_out_lines(f"{isolate(HEBREW_NAME)}, born"))
    tags = [mark for found in document[0].get_objects() for mark in marks_of(found)]

    assert tags.count("ReversedChars") == 1
    assert tags.count("H1") == len(list(document[0].get_objects()))


def marks_of(found: pypdfium2.PdfObject) -> list[str]:
    """Return the names of the marked content that something drawn stands in."""
    marks = []
    for index in range(pypdfium2.raw.FPDFPageObj_CountMarks(found)):
        mark = pypdfium2.raw.FPDFPageObj_GetMark(found, index)
        name, length = (pypdfium2.raw.FPDF_WCHAR * 40)(), pypdfium2.raw.c_ulong(0)
        pypdfium2.raw.FPDFPageObjMark_GetName(mark, name, 80, length)
        marks.append(bytes(name)[: length.value].decode("utf-16-le").rstrip("\0"))
    return marks


def test_the_same_name_is_the_same_bytes() -> None:
    papers = [render_strip_plan(plan_in_two_scripts(), IN_ENGLISH, printing()) for _ in range(2)]

    assert papers[0] == papers[1]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("מֹשֶׁה", ["HEBREW POINT HOLAM", "HEBREW POINT SEGOL", "HEBREW POINT SHIN DOT"]),
        ("مُحمّد", ["ARABIC DAMMA", "ARABIC SHADDA"]),
        ("ﻣﺤﻤﺪ", ["ARABIC LETTER MEEM INITIAL FORM"]),
        ("ܡܘܫܐ", ["SYRIAC LETTER MIM"]),
        ("ߒߞߏ", ["NKO LETTER KA"]),
        ("日 דוד", ["CJK UNIFIED IDEOGRAPH-65E5"]),
        ("ﷲ", ["ARABIC LIGATURE ALLAH ISOLATED FORM"]),
        ("ݐ", ["ARABIC LETTER BEH WITH THREE DOTS HORIZONTALLY BELOW"]),
    ],
)
def test_a_character_that_would_come_out_wrong_is_refused_by_name(text: str, named: list[str]) -> None:
    with pytest.raises(TextNotPrintable) as refused:
        refuse_unprintable(plan_of(raw_order({"pharmacy.address": text})).order)

    told = str(refused.value)
    assert all(f"{name})" in told for name in named)
    assert {problem.where for problem in refused.value.problems} == {"pharmacy.address"}


@given(st.characters(min_codepoint=0x590, max_codepoint=0x8FF, exclude_categories=["Cc", "Cf", "Cn", "Mn", "Mc", "Me"]))
def test_whatever_is_not_refused_has_ink(character: str) -> None:
    try:
        refuse_unprintable(Patient(name=character))
    except TextNotPrintable:
        return
    assert has_ink(pypdfium2.PdfDocument(lay_out_lines(character))[0])


def test_a_whole_paragraph_that_reads_right_to_left_is_refused() -> None:
    text = PatientText(schema=1, language="en", missed="התקשרו אל {pharmacy}.", hard="Call {prescriber}.")

    with pytest.raises(TextNotPrintable, match=r"missed: .*Arabic and Hebrew"):
        lay_out_strip_plan(plan_of(raw_order()), IN_ENGLISH, printing(text=text))


@pytest.mark.parametrize("library", LIBRARIES)
def test_without_the_extra_the_refusal_names_the_field_and_what_to_install(
    library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    order = tmp_path / "order.toml"
    order.write_text(EXAMPLE.read_text("utf-8").replace("Example Patient", HEBREW_NAME), "utf-8")
    hide(library, monkeypatch)

    made = CliRunner().invoke(main, ["make", str(order), "--out", str(tmp_path / "out")])

    assert made.exit_code == 3
    assert "patient.name: what stands there reads right to left" in made.stderr
    assert HEBREW_NAME not in made.stderr
    assert made.stderr.rstrip().endswith('pip install "stripgen[rtl]"')


def hide(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a library as good as not installed."""
    monkeypatch.delitem(sys.modules, OWN_MODULE, raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)


def test_without_the_extra_other_orders_are_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for library in LIBRARIES:
        hide(library, monkeypatch)

    made = CliRunner().invoke(main, ["make", str(EXAMPLE), "--out", str(tmp_path / "out")])

    assert made.exit_code == 0, made.stderr
    assert OWN_MODULE not in sys.modules


def test_an_error_shows_a_name_without_the_marks_around_it() -> None:
    assert shorten(f"{isolate(HEBREW_NAME)}, born") == f"{HEBREW_NAME}, born"


def test_a_command_that_draws_nothing_loads_none_of_the_libraries(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    order.write_text(EXAMPLE.read_text("utf-8").replace("Example Patient", HEBREW_NAME), "utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "stripgen", "plan", str(order)]

    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert " pydantic\n" in ended.stderr
    assert not [library for library in LIBRARIES if f" {library}\n" in ended.stderr]
