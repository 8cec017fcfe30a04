"""How doses, dates and compositions are written, and how a text is fitted into a box without losing a word."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import pytest
from babel.numbers import format_decimal
from hypothesis import event, given
from hypothesis import strategies as st
from orders import ABSENT, PRINTED, changed, plan_of, raw_order

from stripgen.domain.order import Form
from stripgen.domain.plan import Consumption, Units
from stripgen.domain.profile import DecimalMark
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.errors import TextDoesNotFit
from stripgen.files import load_wording
from stripgen.rendering.descriptions import describe_consumption, describe_span, describe_taper, describe_units
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import Box, Font, Text
from stripgen.rendering.strip_plan.text import Paragraph, one_line, stack, wrap
from stripgen.rendering.words import Words, capitalise, glue, keep_together, unglue

FORMS: tuple[Form, ...] = ("capsule", "tablet", "orodispersible tablet", "film", "sachet")
AMOUNTS_MG = st.integers(1, 2_000_000).map(lambda micrograms: Decimal(micrograms) / 1000)
DATES = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
UNITS = st.lists(
    st.builds(Units, AMOUNTS_MG, st.sampled_from(FORMS), st.integers(1, 30)),
    min_size=1,
    max_size=8,
    unique_by=lambda unit: (unit.strength_mg, unit.form),
)
FACES: st.SearchStrategy[Font] = st.sampled_from(("regular", "semibold", "bold"))
FLOAT_NOISE_MM = 1e-5


def written_otherwise(amount: Decimal) -> list[Decimal]:
    """Return the same amount as other decimals: with trailing zeros, with an exponent."""
    return [amount, amount.normalize(), Decimal(f"{amount:.6f}")]


# --- Doses -----------------------------------------------------------------------------------------------------------


@given(AMOUNTS_MG)
def test_a_number_reads_back_exactly_without_its_commas(amount: Decimal) -> None:
    assert Decimal(PRINTED.number(amount).replace(",", "")) == amount


@given(AMOUNTS_MG)
def test_a_number_is_written_one_way_however_it_was_computed(amount: Decimal) -> None:
    assert {PRINTED.number(same) for same in written_otherwise(amount)} == {PRINTED.number(amount)}


@given(AMOUNTS_MG)
def test_a_number_has_a_leading_zero_no_trailing_zero_and_commas_between_thousands(amount: Decimal) -> None:
    assert re.fullmatch(r"(0|[1-9]\d{0,2}(,\d{3})*)(\.\d*[1-9])?", PRINTED.number(amount))


@given(AMOUNTS_MG, st.sampled_from((".", ",")))
def test_a_number_below_zero_is_the_same_with_its_sign(amount: Decimal, mark: DecimalMark) -> None:
    words = Words(load_wording("en"), mark)

    assert words.number(-amount) == f"-{words.number(amount)}"


@pytest.mark.parametrize(
    ("number", "told"),
    [("-0.5", "-0.5"), ("-0.001", "-0.001"), ("-1", "-1"), ("-1000.5", "-1,000.5"), ("-0", "0"), ("-0.0", "0")],
)
def test_a_number_below_zero_keeps_its_sign_and_zero_has_none(number: str, told: str) -> None:
    assert PRINTED.number(Decimal(number)) == told


@given(AMOUNTS_MG, st.sampled_from(LANGUAGES))
def test_a_number_is_written_with_a_comma_as_babel_writes_it_but_for_the_mark_of_thousands(
    amount: Decimal, language: Language
) -> None:
    told = format_decimal(amount, format="#,##0.######", locale=language)
    own = {"en": (",", "."), "nl": (".", ","), "de": (".", ","), "fr": ("\u202f", ","), "es": (".", ",")}[language]
    wanted = told.replace(own[0], "\xa0").replace(own[1], ",")

    assert Words(load_wording(language), ",").number(amount) == wanted


@given(AMOUNTS_MG)
def test_a_dose_is_its_number_a_space_and_mg(amount: Decimal) -> None:
    assert PRINTED.dose(amount) == f"{PRINTED.number(amount)} mg"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.5", "0.5 mg"),
        (".50", "0.5 mg"),
        ("5.0", "5 mg"),
        ("2E+1", "20 mg"),
        ("100", "100 mg"),
        ("0.001", "0.001 mg"),
        ("1E-3", "0.001 mg"),
        ("1000", "1,000 mg"),
        ("1234567.125", "1,234,567.125 mg"),
    ],
)
def test_doses_as_a_pharmacist_writes_them(amount: str, words: str) -> None:
    assert PRINTED.dose(Decimal(amount)) == words


@given(AMOUNTS_MG, AMOUNTS_MG)
def test_different_doses_are_never_written_alike(one: Decimal, other: Decimal) -> None:
    assert (PRINTED.dose(one) == PRINTED.dose(other)) == (one == other)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [("20", "0", "20 mg to stop"), ("20", "0.000", "20 mg to stop"), ("50", "25.0", "50 mg to 25 mg")],
)
def test_a_taper_to_nothing_is_called_a_stop(start: str, end: str, words: str) -> None:
    assert describe_span(Decimal(start), Decimal(end), PRINTED) == words


@given(st.integers(1, 2000))
def test_only_one_is_in_the_singular(count: int) -> None:
    number, _, word = PRINTED.count(count, "pouch").partition(" ")

    assert int(number.replace(",", "")) == count
    assert word == ("pouch" if count == 1 else "pouches")


@pytest.mark.parametrize(("days", "words"), [(1, "20 mg to stop in 1 day"), (1120, "20 mg to stop in 1,120 days")])
def test_a_taper_in_a_few_words(days: int, words: str) -> None:
    assert describe_taper(plan_of(raw_order({"taper.days": days})), PRINTED) == words


def test_a_taper_of_phases_in_a_few_words_is_from_its_first_dose_to_its_last_in_all_its_days() -> None:
    phases = [{"kind": "reduce", "to_mg": 10, "days": 20}, {"kind": "hold", "days": 8}]
    raw = raw_order({"taper.phase": phases, "taper.days": ABSENT, "taper.end_dose_mg": ABSENT})

    assert describe_taper(plan_of(raw), PRINTED) == "20 mg to 10 mg in 28 days"
    assert describe_taper(plan_of(changed(raw, {"taper.phase": phases[1:]})), PRINTED) == "20 mg held for 8 days"


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ([(1, 1), (1, 2)], "1 × 10 mg + ½ × 10 mg tablets"),
        ([(1, 2)], "½ × 10 mg tablet"),
        ([(2, 1), (1, 2), (1, 4)], "2 × 10 mg + ½ × 10 mg + ¼ × 10 mg tablets"),
        ([(56, 2), (3, 4)], "56 × ½ × 10 mg + 3 × ¼ × 10 mg tablets"),
    ],
)
def test_halves_and_quarters_are_written_as_parts_of_a_strength(fractions: list[tuple[int, int]], words: str) -> None:
    made = [Units(Decimal(10), "tablet", count, divided_into) for count, divided_into in fractions]

    assert describe_units(made, PRINTED) == words


@pytest.mark.parametrize(
    ("left_over", "words"),
    [
        ("0", ""),
        ("0.25", " (a quarter left over)"),
        ("0.5", " (a half left over)"),
        ("0.75", " (three quarters left over)"),
    ],
)
def test_consumption_is_of_whole_units_with_what_is_left_over(left_over: str, words: str) -> None:
    used = Consumption(Decimal("12.5"), "tablet", 1029, Decimal(left_over))

    assert describe_consumption([used], PRINTED) == f"1,029 × 12.5 mg tablets{words}"


@given(st.text(min_size=1, max_size=20))
def test_capitalising_changes_at_most_the_case_of_the_first_letter(sentence: str) -> None:
    capitalised = capitalise(sentence)

    assert len(capitalised) == len(sentence)
    assert capitalised[1:] == sentence[1:]
    assert capitalised[0] in {sentence[0], sentence[0].upper()}


# --- Dates -----------------------------------------------------------------------------------------------------------


@given(DATES)
def test_a_date_reads_back_and_its_weekday_is_right(date: dt.date) -> None:
    weekday, _, rest = PRINTED.date(date).partition(" ")

    assert dt.datetime.strptime(rest, "%d %b %Y").date() == date  # noqa: DTZ007 - a date has no zone
    assert weekday == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][date.weekday()]


@given(DATES)
def test_a_date_has_its_month_in_letters_and_no_leading_zero(date: dt.date) -> None:
    assert re.fullmatch(r"[A-Z][a-z]{2} [1-9]\d? [A-Z][a-z]{2} \d{4}", PRINTED.date(date))
    assert PRINTED.date(date).endswith(f" {PRINTED.day(date)}")


# --- Occupancies -----------------------------------------------------------------------------------------------------


@given(st.floats(-100, 100))
def test_points_have_two_decimals_and_no_minus_before_a_zero(points: float) -> None:
    words = PRINTED.points(points)

    assert re.fullmatch(r"-?\d+\.\d{2}", words)
    assert abs(float(words) - points) <= 0.005 + 1e-9
    assert words != "-0.00"


@pytest.mark.parametrize(
    ("points", "words"), [(-0.001, "0.00"), (-0.0, "0.00"), (-10.001, "-10.00"), (-0.006, "-0.01")]
)
def test_only_a_true_fall_below_zero_has_a_minus(points: float, words: str) -> None:
    assert PRINTED.points(points) == words


@given(st.floats(0, 1))
def test_a_percentage_has_one_decimal(fraction: float) -> None:
    words = PRINTED.percent(fraction)

    assert re.fullmatch(r"\d+\.\d", words)
    assert abs(float(words) - 100 * fraction) <= 0.05 + 1e-9


# --- Compositions ----------------------------------------------------------------------------------------------------


def read_units(words: str) -> Counter[tuple[Decimal, str]]:
    """Return counts by strength and form, read from a printed composition."""
    counts: Counter[tuple[Decimal, str]] = Counter()
    for group in words.split("; "):
        parts = group.split(" + ")
        *_, form = re.fullmatch(r"(\d+) × ([\d,.]+) mg (.+)", parts[-1]).groups()  # type: ignore[union-attr] # fails the test
        parts[-1] = parts[-1].removesuffix(f" {form}")
        for part in parts:
            count, strength = re.fullmatch(r"(\d+) × ([\d,.]+) mg", part).groups()  # type: ignore[union-attr] # fails the test
            counts[Decimal(strength.replace(",", "")), form.removesuffix("s")] += int(count)
    return counts


@given(UNITS)
def test_a_composition_reads_back_as_the_units_of_the_pouch(units: list[Units]) -> None:
    read = read_units(describe_units(units, PRINTED))

    assert read == Counter({(unit.strength_mg, unit.form): unit.count for unit in units})
    assert sum(strength * count for (strength, _), count in read.items()) == sum(
        unit.strength_mg * unit.count for unit in units
    )


@given(UNITS)
def test_a_composition_names_each_form_once_in_the_plural_unless_it_is_one(units: list[Units]) -> None:
    words = describe_units(units, PRINTED)

    for form in {unit.form for unit in units}:
        n_units = sum(unit.count for unit in units if unit.form == form)
        assert len(re.findall(rf" mg {PRINTED.form(form, n_units)}(?:;|$)", words)) == 1
    assert words.count(";") == len({unit.form for unit in units}) - 1


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_a_plural(form: Form) -> None:
    assert PRINTED.form(form, 1) == form
    assert PRINTED.form(form, 2) == f"{form}s"


# --- Fitting ---------------------------------------------------------------------------------------------------------

PROSE = st.lists(
    st.one_of(
        st.text("abcdefghijklmnopqrstuvwxyzÀÉÖŁ.,;()", min_size=1, max_size=12),
        AMOUNTS_MG.map(PRINTED.dose),
        DATES.map(PRINTED.date),
        st.builds("{} × {}".format, st.integers(1, 30), AMOUNTS_MG.map(PRINTED.dose)),
        st.floats(0, 100).map("{:.2f} points".format),
        st.floats(0, 100).map("{:.1f} %".format),
        st.integers(1, 999).map("{} h".format),
    ),
    min_size=1,
    max_size=30,
).map(" ".join)

WIDTHS_MM = st.one_of(st.floats(20, 60), st.floats(5, 200))  # most often such that lines break


@given(PROSE, WIDTHS_MM, FACES, st.floats(5, 12))
def test_wrapping_keeps_every_word_in_order(text: str, width: float, font: Font, size_pt: float) -> None:
    lines = wrap(text, width, font, size_pt)

    if lines is None:
        event("refused")
        return
    event(f"{min(len(lines), 5)} lines")
    assert " ".join(lines) == text


@given(PROSE, WIDTHS_MM, FACES, st.floats(5, 12))
def test_no_wrapped_line_is_wider_than_its_box(text: str, width: float, font: Font, size_pt: float) -> None:
    for line in wrap(text, width, font, size_pt) or ():
        assert width_mm(line, font, size_pt) <= width + FLOAT_NOISE_MM


@given(PROSE, WIDTHS_MM, FACES, st.floats(5, 12))
def test_no_line_ends_between_a_number_and_its_unit_or_within_a_date(
    text: str, width: float, font: Font, size_pt: float
) -> None:
    lines = wrap(text, width, font, size_pt) or ()
    for line, following in pairwise(lines):
        assert not (re.search(r"\d$", line) and re.match(r"(mg|mm|%|points|×|h)(?!\w)", following))
        assert not (line.endswith("×") and following[0].isdigit())
        assert not (re.search(r"\d$", line) and re.match(r"[A-Z][a-z]{2} \d{4}\b", following))
        assert not (re.search(r"\b\d+ [A-Z][a-z]{2}$", line) and re.match(r"\d{4}\b", following))


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=12), min_size=2, max_size=5).map("-".join), st.floats(5, 30))
def test_a_word_too_wide_is_broken_only_after_its_hyphens(word: str, width: float) -> None:
    lines = wrap(word, width, "regular", 9)

    if lines is None:
        assert max(width_mm(f"{part}-", "regular", 9) for part in word.split("-")) > width
        event("refused")
        return
    event(f"{len(lines)} lines")
    assert "".join(lines) == word
    assert all(line.endswith("-") for line in lines[:-1])


@pytest.mark.parametrize("unit", ["mg", "mL", "h", "uur", "%", "points", "punten", "Punkte", "Punkten", "puntos", "×"])
def test_a_number_and_its_unit_are_one_word_in_every_language(unit: str) -> None:
    assert glue(f"7,5 {unit} of it").split(" ") == [f"7,5\xa0{unit}", "of", "it"]


@given(DATES, st.sampled_from(LANGUAGES))
def test_a_date_is_kept_together_in_every_language(date: dt.date, language: Language) -> None:
    words = Words(load_wording(language), ",")
    *weekday, day = glue(words.date(date)).split(" ")

    assert len(weekday) <= 1
    assert unglue(day).endswith(words.day(date))
    assert " " not in glue(words.day(date))


@given(PROSE)
def test_gluing_changes_no_printed_letter(text: str) -> None:
    assert unglue(glue(text)) == text


@given(st.text("0123456789+ ()-", min_size=1, max_size=30))
def test_what_is_kept_together_is_one_word_and_prints_the_same(phone: str) -> None:
    assert len(keep_together(phone).split(" ")) == 1
    assert unglue(keep_together(phone)) == phone


@given(AMOUNTS_MG, st.integers(1, 30), DATES)
def test_a_dose_a_count_of_units_and_a_date_are_each_one_word(amount: Decimal, count: int, date: dt.date) -> None:
    assert len(glue(f"{count} × {PRINTED.dose(amount)}").split(" ")) == 1
    assert len(glue(PRINTED.day(date)).split(" ")) == 1


@given(PROSE, FACES)
def test_a_text_that_is_not_too_wide_stays_on_one_line(text: str, font: Font) -> None:
    assert wrap(text, width_mm(text, font, 9) + FLOAT_NOISE_MM, font, 9) == (text,)


@given(st.text("abcdefgh", min_size=2, max_size=40))
def test_a_word_wider_than_its_box_is_refused_rather_than_cut(word: str) -> None:
    assert wrap(f"a {word} b", width_mm(word, "regular", 9) * 0.95, "regular", 9) is None


PARAGRAPHS = st.lists(
    st.builds(
        lambda text, size_pt, least, font, space_mm: Paragraph(
            "pharmacy.address", text, size_pt, size_pt * least, font, space_mm=space_mm
        ),
        PROSE,
        st.floats(6, 14),
        st.floats(0.5, 1),
        FACES,
        st.floats(0, 2),
    ),
    min_size=1,
    max_size=4,
)


@given(PARAGRAPHS, st.floats(15, 180), st.floats(3, 80), st.floats(0.3, 1))
def test_stacked_paragraphs_keep_their_words_their_least_size_and_their_box(
    paragraphs: list[Paragraph], width: float, height: float, largest: float
) -> None:
    box = Box(10, 20, width, height)
    try:
        texts = stack(paragraphs, box, largest)
    except TextDoesNotFit:
        event("refused")
        return
    event("stacked")
    assert " ".join(text.text for text in texts) == " ".join(paragraph.text for paragraph in paragraphs)
    assert all(width_mm(text.text, text.font, text.size_pt) <= width + FLOAT_NOISE_MM for text in texts)
    assert all(above.box.bottom <= below.box.y + FLOAT_NOISE_MM for above, below in pairwise(texts))
    assert texts[0].box.y >= box.y
    assert texts[-1].box.bottom <= box.bottom + FLOAT_NOISE_MM
    rest = iter(texts)
    for paragraph in paragraphs:
        for text in lines_of(paragraph, rest):
            assert paragraph.least_pt <= text.size_pt <= paragraph.size_pt


def lines_of(paragraph: Paragraph, rest: Iterator[Text]) -> list[Text]:
    """Return the next lines, as many as hold the paragraph."""
    lines: list[Text] = []
    while " ".join(line.text for line in lines) != paragraph.text:
        lines.append(next(rest))
    return lines


@given(PARAGRAPHS, st.floats(15, 180), st.floats(3, 80))
def test_paragraphs_shrink_only_where_they_have_to(paragraphs: list[Paragraph], width: float, height: float) -> None:
    lines = [wrap(p.text, width, p.font, p.size_pt) for p in paragraphs]
    if None in lines:
        return
    needed = sum(
        p.space_mm + len(block or ()) * p.size_pt * 1.25 * 25.4 / 72 for p, block in zip(paragraphs, lines, strict=True)
    )
    if needed <= height:
        assert {text.size_pt for text in stack(paragraphs, Box(0, 0, width, height))} == {p.size_pt for p in paragraphs}
        event("had room")


@given(st.text("abcdefgh", min_size=3, max_size=60), st.floats(0.2, 0.99))
def test_a_text_on_one_line_is_refused_when_too_wide(word: str, share: float) -> None:
    box = Box(0, 0, width_mm(word, "bold", 8) * share, 5)

    with pytest.raises(TextDoesNotFit, match=r"^dispensing\.lot: "):
        one_line(word, box, 8, "bold", field="dispensing.lot")


def test_what_does_not_fit_is_named_by_its_field_with_its_length() -> None:
    room = Box(0, 0, 30, 6)
    paragraphs = [
        Paragraph("patient.name", "Example Patient", 9, 7),
        Paragraph("pharmacy.address", "1 Example Street " * 8, 9, 7),
    ]

    with pytest.raises(TextDoesNotFit, match=r"^pharmacy.address: '1 Example .*136 characters.*30 × 6 mm"):
        stack(paragraphs, room)
