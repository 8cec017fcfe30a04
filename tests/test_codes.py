"""The codes on the pouches: what is printed is read back, what is wrong is refused, and scanners read the picture."""

import datetime as dt
import string
from collections import Counter
from random import Random

import pytest
import zxingcpp
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from orders import ABSENT, ENGLISH, FORMULARY, plan_of, raw_order
from PIL import Image, ImageDraw, ImageFilter
from stdnum import ean, gs1_128

from stripgen.cli import main
from stripgen.domain.code import (
    LONGEST_LOT,
    SEPARATOR,
    ScannedCode,
    gs1_code,
    has_gtin_check_digit,
    is_gs1_lot,
    pouch_code,
    read_code,
)
from stripgen.errors import CodeInvalid, OrderInvalid
from stripgen.planning.amending import Request, amend
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.plan_json import render_json
from stripgen.rendering.strip_plan.codes import data_matrix, symbol_content, symbol_size

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SET_82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
GTIN = "04012345678901"
LOT, USE_BY = "L-2026-118", dt.date(2027, 6, 30)
PLAIN = "SG1-K7QF3MZX-0001-0017-W"
INTERNAL = f"91{PLAIN}"
WHOLE = f"01{GTIN}1727063010{LOT}{SEPARATOR}21K7QF3MZX00010017W"
BRACKETS = f"(01){GTIN}(17)270630(10){LOT}(21)K7QF3MZX00010017W"
POUCH = ScannedCode("K7QF-3MZX", 1, 17)
ALL_OF_IT = ScannedCode("K7QF-3MZX", 1, 17, GTIN, LOT, USE_BY)


def with_check_digit(digits: str) -> str:
    return digits + str(ean.calc_check_digit(digits))


PLAN_IDS = st.text(CROCKFORD, min_size=8, max_size=8).map(lambda text: f"{text[:4]}-{text[4:]}")
NUMBERS = st.integers(1, 1826)
GTINS = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda n_digits: st.text(string.digits, min_size=n_digits, max_size=n_digits).map(with_check_digit)
)
LOTS = st.text(SET_82, min_size=1, max_size=LONGEST_LOT)
DATES = st.dates(dt.date(2020, 1, 1), dt.date(2099, 12, 31))


# --- what is printed is read back ------------------------------------------------------------------------------------


@given(PLAN_IDS, NUMBERS, NUMBERS)
def test_plain_and_internal_codes_are_read_back(plan_id: str, strip: int, day: int) -> None:
    pouch = ScannedCode(plan_id, strip, day)

    assert read_code(pouch_code(plan_id, strip, day)) == pouch
    assert read_code(gs1_code(plan_id, strip, day)) == pouch
    assert len(gs1_code(plan_id, strip, day)) - 2 <= 90  # the longest that AI 91 can hold


@given(PLAN_IDS, NUMBERS, NUMBERS, GTINS, LOTS, DATES)
def test_codes_with_a_gtin_are_read_back(
    plan_id: str, strip: int, day: int, gtin: str, lot: str, use_by: dt.date
) -> None:
    code = gs1_code(plan_id, strip, day, gtin=gtin, lot=lot, use_by=use_by)

    assert read_code(code) == ScannedCode(plan_id, strip, day, gtin.rjust(14, "0"), lot, use_by)
    if not set(lot) & set("()"):  # stdnum takes brackets out of a lot
        by_others = gs1_128.info(code, SEPARATOR)
        assert by_others["01"] == gtin.rjust(14, "0")
        assert by_others["10"] == lot
        assert by_others["17"] == (use_by if use_by.year < 2069 else use_by.replace(year=use_by.year - 100))
        assert len(by_others["21"]) <= 20


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (PLAIN, POUCH),
        (f"]d1{PLAIN}", POUCH),
        (f"  {PLAIN.lower()}\r\n", POUCH),
        (INTERNAL, POUCH),
        (f"]d2{INTERNAL}", POUCH),
        (f"]d2{SEPARATOR}{INTERNAL}{SEPARATOR}", POUCH),
        (f"(91){PLAIN.lower()}", POUCH),
        (WHOLE, ALL_OF_IT),
        (f"]d2{WHOLE}\n", ALL_OF_IT),
        (f"{SEPARATOR}{WHOLE}", ALL_OF_IT),
        (WHOLE.replace(SEPARATOR, "<GS>"), ALL_OF_IT),
        (WHOLE.replace(SEPARATOR, "{GS}"), ALL_OF_IT),
        (WHOLE.replace("K7QF3MZX00010017W", "k7qf3mzx00010017w"), ALL_OF_IT),
        (BRACKETS, ALL_OF_IT),
        (f"]d2{BRACKETS}", ALL_OF_IT),
        (f"21K7QF3MZX00010017W{SEPARATOR}10{LOT}{SEPARATOR}17270630{SEPARATOR}01{GTIN}", ALL_OF_IT),
    ],
)
def test_what_scanners_send_is_understood(text: str, meaning: ScannedCode) -> None:
    assert read_code(text) == meaning


def test_the_letters_of_a_lot_stay_large_or_small() -> None:
    assert read_code(WHOLE.replace(LOT, "aB-<GS>")).lot == "aB-<GS>"


# --- what is wrong is refused ----------------------------------------------------------------------------------------


def is_refused(text: str) -> bool:
    try:
        read_code(text)
    except CodeInvalid:
        return True
    return False


def one_wrong(text: str, places: range) -> list[str]:
    """Return a text with each of these places changed to each other character of set 82, letter case aside."""
    return [
        text[:place] + other + text[place + 1 :]
        for place in places
        for other in SET_82 + SEPARATOR
        if other.upper() != text[place].upper()
    ]


@pytest.mark.parametrize("code", [PLAIN, INTERNAL])
def test_every_single_wrong_character_is_refused(code: str) -> None:
    wrong = one_wrong(code, range(len(code)))

    assert len(wrong) > 1500
    assert [text for text in wrong if not is_refused(text)] == []


def test_every_single_wrong_character_is_refused_but_in_lot_and_date_which_have_no_check() -> None:
    lot_at = WHOLE.index(LOT)
    date_at = WHOLE.index("270630")
    unchecked = {*range(lot_at, lot_at + len(LOT)), *range(date_at, date_at + 6)}
    for place in range(len(WHOLE)):
        passed = [text for text in one_wrong(WHOLE, range(place, place + 1)) if not is_refused(text)]
        if place not in unchecked:
            assert passed == []
        for text in passed:
            found = read_code(text)
            assert (found.plan_id, found.strip, found.day, found.gtin) == ("K7QF-3MZX", 1, 17, GTIN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is empty"),
        ("hello", "'hello' is not a stripgen code"),
        ("4006381333931", "'4006381333931' is not a stripgen code"),
        ("SG1-K7QF3MZX-0001-0018-W", "has a wrong check character (W)"),
        ("SG1-K7QF3MZX-0001-0017", "is no pouch code of stripgen, such as SG1-K7QF3MZX-0001-0017-W"),
        (pouch_code("K7QF-3MZX", 0, 17), "a strip and a day, from 0001 on"),
        (pouch_code("KIQF-3MZX", 1, 17), "a plan id (no I, L, O, U)"),
        ("SG1-K7QF3MZX-0001-００17-W", "has a letter or sign that no stripgen code has"),
        (WHOLE.replace(GTIN, "04012345678902"), "'04012345678902' is no GTIN (01): 14 digits, the last one a check d"),
        (WHOLE.replace("270630", "270631"), "'270631' is no use-by date (17)"),
        (WHOLE.replace("270630", "270600"), "'270600' is no use-by date (17)"),
        (WHOLE.replace(LOT, "a lot"), "'a lot' is no lot (10): 1 to 20 letters"),
        (WHOLE.replace("0017W", "0018W"), "'K7QF3MZX00010018W' has a wrong check character (W)"),
        (WHOLE.partition(SEPARATOR)[0], "has no serial number (21)"),
        (f"01{GTIN}", "has no use-by date (17) and no lot (10) and no serial number (21)"),
        (f"{WHOLE}{SEPARATOR}91{PLAIN}", "has a pouch code (91) beside a GTIN (01)"),
        (f"{WHOLE}{SEPARATOR}21K7QF3MZX00010017W", "has two elements (21)"),
        (f"{WHOLE}{SEPARATOR}30123", "has an element '30' that stripgen does not print"),
        (f"(30)12{BRACKETS}", "is not a stripgen code"),
        ("9" * 500, "…"),
    ],
)
def test_what_is_no_code_of_ours_is_refused_with_what_was_found_and_what_to_do(text: str, words: str) -> None:
    with pytest.raises(CodeInvalid) as caught:
        read_code(text)

    (line,) = caught.value.lines()
    assert words in line
    assert line.endswith("; scan the pouch again, or set it aside")
    assert line.isprintable()
    assert len(line) < 300
    assert caught.value.exit_code == 2


@given(st.text(max_size=60) | st.text("0123456789SG-<>(){}]d\x1d", max_size=60))
def test_no_text_whatever_is_more_than_refused(text: str) -> None:
    assert is_refused(text)


@given(st.text(string.digits, max_size=16) | GTINS)
def test_the_gtin_check_digit_is_that_of_stdnum(text: str) -> None:
    assert has_gtin_check_digit(text) == (len(text) in {8, 12, 13, 14} and ean.is_valid(text))


def test_a_code_with_a_gtin_is_never_made_in_part() -> None:
    for lot, use_by in ((None, USE_BY), (LOT, None), ("a lot", USE_BY)):
        with pytest.raises(ValueError, match="a GTIN stands with a lot"):
            gs1_code("K7QF-3MZX", 1, 17, gtin=GTIN, lot=lot, use_by=use_by)


# --- the keys of an order --------------------------------------------------------------------------------------------

WITH_GTIN = {"dispensing.gtin": GTIN, "dispensing.lot": LOT, "dispensing.beyond_use_date": USE_BY}
ALLOWED = "a GTIN of 8, 12, 13 or 14 digits, as GS1 gave it out"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"gtin": 4012345678901}, f"dispensing.gtin: 4012345678901 is not text; write it in quotes ({ALLOWED})"),
        ({"gtin": "401234567890"}, f"dispensing.gtin: '401234567890' has a wrong check digit, the last one; {ALLOWED}"),
        ({"gtin": "0401 2345678901"}, f"dispensing.gtin: '0401 2345678901' is not a GTIN; {ALLOWED}"),
        ({"gtin": ""}, f"dispensing.gtin: '' is not a GTIN; {ALLOWED}"),
        ({"gtin": "٤٠١٢٣٤٥٦٧٨٩٠١"}, f"dispensing.gtin: '٤٠١٢٣٤٥٦٧٨٩٠١' is not a GTIN; {ALLOWED}"),
        ({"code": "GS1"}, "dispensing.code: 'GS1' is not allowed; one of 'plain', 'gs1'"),
        ({"code": True}, "dispensing.code: true is not allowed; one of 'plain', 'gs1'"),
        (
            {"code": "plain"},
            "dispensing.code: is 'plain', and a plain code has no room for dispensing.gtin; 'gs1', or leave one of the",
        ),
        ({"lot": ABSENT}, "dispensing.lot: is missing; a code with a GTIN carries it (or leave out gtin)"),
        (
            {"beyond_use_date": ABSENT},
            "dispensing.beyond_use_date: is missing; a code with a GTIN carries it (or leave out gtin)",
        ),
        ({"lot": "L 118"}, "dispensing.lot: 'L 118' cannot stand in a code with a GTIN; 1 to 20 of the letters A-Z"),
        ({"lot": "L" * 21}, f"dispensing.lot: '{'L' * 21}' cannot stand in a code with a GTIN; 1 to 20 of the"),
        ({"lot": "Größe"}, "dispensing.lot: 'Größe' cannot stand in a code with a GTIN; 1 to 20 of the letters"),
    ],
)
def test_a_wrong_key_is_one_line_with_its_place_and_remedy(changes: dict[str, object], line: str) -> None:
    raw = raw_order(WITH_GTIN)
    raw["dispensing"] = {key: value for key, value in {**raw["dispensing"], **changes}.items() if value is not ABSENT}
    with pytest.raises(OrderInvalid) as caught:
        read_order(raw, FORMULARY, "order.toml")

    (problem,) = caught.value.problems
    assert str(problem).startswith(line)


def test_neither_gtin_nor_kind_of_code_changes_plan_id_or_plain_codes() -> None:
    plain, gs1 = plan_of(raw_order()), plan_of(raw_order(WITH_GTIN))

    assert gs1.plan_hash == plain.plan_hash
    assert [day.code for day in gs1.days] == [day.code for day in plain.days]
    assert '"gtin"' not in render_json(plain, ENGLISH)


def test_a_symbol_holds_what_the_order_asks_for() -> None:
    for changes, prefix in (
        ({}, "SG1-"),
        ({"dispensing.code": "plain"}, "SG1-"),
        ({"dispensing.code": "gs1"}, f"{SEPARATOR}91SG1-"),
        (WITH_GTIN, f"{SEPARATOR}01{GTIN}17270630"),
        ({**WITH_GTIN, "dispensing.code": "gs1"}, f"{SEPARATOR}01{GTIN}17270630"),
    ):
        plan = plan_of(raw_order(changes))
        for day in plan.days:
            content = symbol_content(day, plan)
            found = read_code(content)
            assert content.startswith(prefix)
            assert (found.plan_id, found.strip, found.day) == (plan.plan_id, day.strip, day.day)
            assert found.gtin == plan.order.dispensing.gtin


def test_kept_pouches_of_an_amended_plan_keep_the_id_of_the_version_they_were_made_with() -> None:
    before = plan_of(raw_order(WITH_GTIN))
    order = amend(before, Request(from_day=60, change="stretch", amount=140, reason="Slower"))  # type: ignore[arg-type] # a whole number will do
    after = plan_taper(order, FORMULARY, before.issued_on)
    ids = [read_code(symbol_content(day, after)).plan_id for day in after.days]

    assert after.plan_id != before.plan_id
    assert ids == [before.plan_id] * 59 + [after.plan_id] * 81


# --- the symbols -----------------------------------------------------------------------------------------------------


def random_contents(random: Random) -> dict[str, str]:
    """Return what a symbol of each kind holds, of one pouch."""
    letters = "".join(random.choices(CROCKFORD, k=8))
    pouch = (f"{letters[:4]}-{letters[4:]}", random.randint(1, 66), random.randint(1, 1826))
    gtin = with_check_digit("".join(random.choices(string.digits, k=13)))
    lot = "".join(random.choices(SET_82, k=random.randint(1, LONGEST_LOT)))
    use_by = dt.date(2027, 1, 1) + dt.timedelta(random.randint(0, 900))
    return {
        "plain": pouch_code(*pouch),
        "GS1, 91": f"{SEPARATOR}{gs1_code(*pouch)}",
        "GS1, GTIN": f"{SEPARATOR}{gs1_code(*pouch, gtin=gtin, lot=lot, use_by=use_by)}",
    }


def draw_symbol(content: str, module_mm: float, dpi: int, turn: float, blur: float, begin: float) -> Image.Image:
    """Return the picture of a symbol as a scanner sees it.

    Args:
        content: What it holds.
        module_mm: Of one module.
        dpi: Whole dots: a printer cannot print half a dot.
        turn: Degrees.
        blur: Standard deviation, dots.
        begin: Where on the grid of dots it begins, from 0 to 1.
    """
    rows, module, finer = data_matrix(content), module_mm * dpi / 25.4, 6
    quiet = int(3 * module) + 6
    side = int(len(rows) * module + 2 * quiet + 1)
    edges = [round(quiet + begin + place * module) * finer for place in range(len(rows) + 1)]
    picture = Image.new("L", (side * finer, side * finer), 255)
    pen = ImageDraw.Draw(picture)
    for row, top, bottom in zip(rows, edges, edges[1:], strict=False):
        for dark, left, right in zip(row, edges, edges[1:], strict=False):
            if dark:
                pen.rectangle((left, top, right - 1, bottom - 1), fill=0)
    turned = picture.rotate(turn, Image.Resampling.BILINEAR, fillcolor=255)
    seen = turned.resize((side, side), Image.Resampling.BOX)
    return seen.filter(ImageFilter.GaussianBlur(blur))


def is_read(picture: Image.Image, content: str) -> bool:
    """Return whether zxing reads exactly this, as a GS1 symbol where it is one."""
    kind = zxingcpp.ContentType.GS1 if content.startswith(SEPARATOR) else zxingcpp.ContentType.Text
    found = [code for code in zxingcpp.read_barcodes(picture) if code.format == zxingcpp.BarcodeFormat.DataMatrix]
    return [(code.bytes, code.content_type) for code in found] == [(content.removeprefix(SEPARATOR).encode(), kind)]


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("module_mm", [0.375, 0.4, 0.5])
def test_symbols_of_every_kind_are_read_turned_and_blurred(module_mm: float, dpi: int, compared: Counter[str]) -> None:
    random = Random(f"{module_mm} {dpi}")  # noqa: S311 - nothing secret
    for _ in range(4):
        for kind, content in random_contents(random).items():
            for turn, blur in ((0, 0), (2, 0), (0, 0.6), (2, 0.6), (-2, 0.6)):
                picture = draw_symbol(content, module_mm, dpi, turn, blur, random.random())
                assert is_read(picture, content), (kind, content, turn, blur)
                compared[kind] += 1


def test_modules_of_a_quarter_millimetre_are_read_as_they_are_at_203_dpi_and_turned_and_blurred_at_300() -> None:
    random = Random(25)  # noqa: S311 - nothing secret
    for _ in range(4):
        for kind, content in random_contents(random).items():
            assert is_read(draw_symbol(content, 0.25, 203, 0, 0, 0), content), kind
            assert is_read(draw_symbol(content, 0.25, 300, 2, 0.6, 0), content), kind


@given(st.randoms(use_true_random=False))
def test_what_a_scanner_sends_of_a_symbol_is_understood(random: Random) -> None:
    for content in random_contents(random).values():
        (code,) = zxingcpp.read_barcodes(draw_symbol(content, 0.5, 203, 0, 0, 0))
        assert read_code(code.symbology_identifier + code.bytes.decode()) == read_code(content)


def test_the_size_of_a_symbol_is_known_before_it_is_drawn() -> None:
    assert symbol_size(PLAIN) == symbol_size(f"{SEPARATOR}{INTERNAL}") == 20
    assert symbol_size(f"{SEPARATOR}{WHOLE}") == 24


@given(PLAN_IDS, NUMBERS, NUMBERS, LOTS, DATES)
def test_the_size_of_a_symbol_is_that_of_its_modules(
    plan_id: str, strip: int, day: int, lot: str, use_by: dt.date
) -> None:
    elements = gs1_code(plan_id, strip, day, gtin=GTIN, lot=lot, use_by=use_by)
    for content in (pouch_code(plan_id, strip, day), f"{SEPARATOR}{elements}"):
        assert symbol_size(content) == len(data_matrix(content))


@given(LOTS)
def test_the_largest_symbol_is_of_32_modules(lot: str) -> None:
    assert is_gs1_lot(lot)
    assert symbol_size(SEPARATOR + gs1_code("K7QF-3MZX", 66, 1826, gtin=GTIN, lot=lot, use_by=USE_BY)) <= 32


# --- stripgen scan ---------------------------------------------------------------------------------------------------


def scan(text: str) -> Result:
    return CliRunner().invoke(main, ["scan", text])


def test_scan_tells_plan_strip_and_day() -> None:
    result = scan(PLAIN)

    assert result.exit_code == 0
    assert result.stdout == "plan   K7QF-3MZX\nstrip  1\nday    17\n"


def test_scan_tells_gtin_lot_and_use_by_date_of_a_gs1_code() -> None:
    result = scan(BRACKETS)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[3:] == [f"GTIN   {GTIN}", f"lot    {LOT}", "use by 2027-06-30"]


def test_scan_refuses_a_wrong_check_character_with_exit_code_2() -> None:
    result = scan("SG1-K7QF3MZX-0001-0018-W")

    assert result.exit_code == 2
    assert not result.stdout
    assert result.stderr.startswith("stripgen: code: 'SG1-K7QF3MZX-0001-0018-W' has a wrong check character (W)")
