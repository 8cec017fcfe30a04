"""The reading rules: what they find, what they leave alone, and that all we print keeps to them."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from orders import PRINTED, changed, order_of, printing, raw_order, units

from stripgen.checking.own_texts import (
    find_own_reading_problems,
    find_reading_problems_in,
    find_wording_reading_problems,
)
from stripgen.checking.reading_rules import Writing, find_reading_problems
from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Units
from stripgen.domain.profile import DecimalMark, PhraseRule
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.files import load_order_file, load_template, load_wording
from stripgen.rendering.descriptions import describe_units
from stripgen.rendering.words import Words

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))

# --- each rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "what", "right"),
    [
        (".5 mg", ".", "leading zero", '"0.5 mg"'),
        ("Take .50 mg now", ".", "leading zero", '"0.5 mg"'),
        ("Neem ,5 mg", ",", "leading zero", '"0,5 mg"'),
        ("(.25mL)", ".", "leading zero", '"0.25 mL"'),
        ("5.0 mg", ".", "trailing zero", '"5 mg"'),
        ("0.50 mg", ".", "trailing zero", '"0.5 mg"'),
        ("2.0 mg/mL", ".", "trailing zero", '"2 mg/mL"'),
        ("100.0 mcg", ".", "trailing zero", '"100 mcg"'),
        ("1,234.50 mg", ".", "trailing zero", '"1,234.5 mg"'),
        ("2,50 mL", ",", "trailing zero", '"2,5 mL"'),
        ("5mg", ".", "no space", '"5 mg"'),
        ("5mL daily", ".", "no space", '"5 mL"'),
        ("10mg/mL", ".", "no space", '"10 mg/mL"'),
        ("10-20mg", ".", "no space", '"20 mg"'),
        ("250 mg/5mL", ".", "no space", '"5 mL"'),
        ("5 mg. daily", ".", "full stop", '"5 mg"'),
        ("5 mg., then", ".", "full stop", '"5 mg"'),
        ("50 mcg. daily", ".", "full stop", '"50 mcg"'),
        ("5 mg.\nà prendre", ".", "full stop", '"5 mg"'),
        ("50 µg", ".", "misread", '"50 mcg"'),
        ("50 μg", ".", "misread", '"50 mcg"'),
        ("in µg", ".", "misread", '"mcg"'),
        ("50 ug", ".", "misread", '"50 mcg"'),
        ("5 cc", ".", "misread", '"5 mL"'),
        ("5 ml", ".", "misread", '"5 mL"'),
        ("2 mg/ml", ".", "misread", '"2 mg/mL"'),
        ("400 IU", ".", "misread", '"400 units"'),
        ("400 I.U. daily", ".", "misread", '"400 units"'),
        ("10 U", ".", "misread", '"10 units"'),
        ("1000 mg", ".", "thousands", '"1,000 mg"'),
        ("12345.5 mL", ".", "thousands", '"12,345.5 mL"'),
        ("1\u00a0234 mg", ".", "thousands", '"1,234 mg"'),
        ("1000 mg", ",", "thousands", '"1\u00a0000 mg"'),
        ("1.234,5 mg", ",", "thousands", '"1\u00a0234,5 mg"'),
        ("1.234 mg", ",", "thousands", '"1\u00a0234 mg" or "1,234 mg"'),
        ("0,5 mg", ".", "decimal mark", '"0.5 mg"'),
        ("2,5 mg/mL", ".", "decimal mark", '"2.5 mg/mL"'),
        ("1.234,5 mg", ".", "decimal mark", '"1,234.5 mg"'),
        ("12,5 %", ".", "decimal mark", '"12.5 %"'),
        ("0.5 mg", ",", "decimal mark", '"0,5 mg"'),
        ("from 01/12/2026", ".", "date in digits", "2026-12-01"),
        ("1.12.26", ".", "date in digits", "2026-12-01"),
        ("1-12-2026", ",", "date in digits", "2026-12-01"),
        ("12/31/2026.", ".", "date in digits", "2026-12-01"),
        ("am 1. 12. 2026", ",", "date in digits", "2026-12-01"),
        ("2026/12/01", ".", "date in digits", "2026-12-01"),
        ("1/2 tablet", ".", "two numbers", "half or ½"),
        ("1/4 Kapsel", ",", "two numbers", "a quarter or ¼"),
        ("½tablet", ".", "no space", '"½ tablet"'),
        ("citalopram20 mg", ".", "runs a name", '"citalopram 20 mg"'),
        ("Citalopram0.5mg", ".", "runs a name", '"Citalopram 0.5mg"'),
        ("5 mg q.d.", ".", "misread", '"daily"'),
        ("5 mg QD", ".", "misread", '"daily"'),
        ("5 mg qod", ".", "misread", '"every other day"'),
        ("take Q.O.D. for a week", ".", "misread", '"every other day"'),
        ("5 mg o.d.", ".", "misread", '"daily"'),
        ("5 mg qhs.", ".", "misread", '"at bedtime"'),
        ("D/C at week 4", ".", "misread", '"stop, or discharge"'),
    ],
)
def test_what_can_be_misread_is_found_with_how_it_should_read(
    text: str, mark: DecimalMark, what: str, right: str
) -> None:
    assert [problem for problem in find_reading_problems(text, mark) if what in problem and right in problem]


@pytest.mark.parametrize(
    "text",
    [
        "0.5 mg",
        "Take 5 mg. Then 10 mg.",
        "Take 5 mg",
        "(at 5 mg.)",
        "10 mg/mL; 2.5 mL of 2 mg/mL in an oral syringe",
        "1,234.5 mg",
        "1,234 mg",
        "50 mcg, 50 micrograms",
        "80.0 % or 2.00 points",
        "Occupancy 80.0",
        "half-life 35.0 h",
        "Tue 1 Dec 2026, 2026-12-01",
        "3 Dec 2026 5 mg",
        "½ × 10 mg, half tablet, ½ tablet, 1½ tablets",
        "page 1/2, strip 1/4, 24/7",
        "5 mg b.i.d.",
        "Tel. +00 000 0000, 020.123.4567, 06-12-34-56-78, 01.23.45.67.89",
        "10.1038/s41380-021-01285-w",
        "doi:10.1016/j.x.2010.02.12",
        "version 1.2.10, stripgen 0.1.0",
        "citalopram-pet-20g-3, curve citalopram20",
        "Plan 7K3Q-9QD2-5G, lot AB12-5g, LOT-10mg",
        "3f5a9c0d5e",
        "Sent by e-mail, cc Dr Example; OD, od and hs are words and initials",
        "SSRI, SERT, 5-HT",
        "1,234 pouches in 7.0 and 2.50",
        "www.example.org/5mg",
        "250 mg/5 mL",
    ],
)
def test_what_reads_well_is_left_alone(text: str) -> None:
    assert find_reading_problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "0,5 mg",
        "1\u00a0234,5 mg",
        "1\u2009234 mg",
        "1\u202f234 mg",
        "Neem 5 mg. Daarna 2,5 mL.",
        "om 8 u",
        "80,0 %",
        "2; 5; 7,5 mg",
        "2 mg; 2,5 mg",
        "dag 3, 28 zakjes",
        "12 mei 1981, 20 mg",
        "zakje 28, di 1 dec 2026",
        "hooguit 8 doses, geen daling boven 2,5 punten",
        "19,6",
        "versie 1.2, stripgen 0.1.0",
        "Vragen? Bel: 06",
    ],
)
def test_what_reads_well_with_a_decimal_comma_is_left_alone(text: str) -> None:
    assert find_reading_problems(text, ",", "nl") == []


@pytest.mark.parametrize(
    ("language", "text", "what", "right"),
    [
        ("nl", "2, 5, 7,5 mg", "parted by the decimal mark", '"2; 5; 7,5 mg"'),
        ("de", "2 mg, 5 mg", "parted by the decimal mark", '"2 mg; 5 mg"'),
        ("fr", "2,5, 5 et 10", "parted by the decimal mark", '"2,5; 5"'),
        ("es", "7,5,10,2 mg", "parted by the decimal mark", '"; "'),
        ("nl", "2.67 punten", "decimal mark", '"2,67 punten"'),
        ("de", "2.67 Punkte", "decimal mark", '"2,67 Punkte"'),
        ("es", "35.5 h", "decimal mark", '"35,5 h"'),
        ("fr", "19.6", "decimal mark", '"19,6"'),
        ("nl", "50 µg", "misread", '"50 microgram"'),
        ("de", "50 µg", "misread", '"50 Mikrogramm"'),
        ("fr", "50 µg", "misread", '"50 microgrammes"'),
        ("es", "50 µg", "misread", '"50 microgramos"'),
        ("de", "100 I.E.", "misread", '"100 Einheiten"'),
        ("nl", "100 IE", "misread", '"100 eenheden"'),
        ("fr", "100 UI", "misread", '"100 unités"'),
        ("es", "100 UI", "misread", '"100 unidades"'),
        ("de", "0,50 Mikrogramm", "trailing zero", '"0,5 Mikrogramm"'),
        ("fr", "5microgrammes", "no space", '"5 microgrammes"'),
        ("nl", "dinsdag 1 Mai 2026", "month in another language", "(nl)"),
        ("en", "1. Dez. 2026", "month in another language", "(en)"),
        ("fr", "1 Dec 2026", "month in another language", "(fr)"),
        ("nl", "1/2 zakje", "two numbers", "write ½"),
        ("fr", "Patient: Example", "no space", '"Patient :"'),
        ("fr", "Des questions? Oui", "no space", '"questions ?"'),
        ("fr", "80,0%", "no space", '"80,0 %"'),
        ("fr", "«plan »", "no space", '"« plan"'),
        ("de", "Patient : Example", "space before its sign", '"Patient:"'),
    ],
)
def test_what_can_be_misread_in_another_language_is_found_with_how_it_should_read(
    language: Language, text: str, what: str, right: str
) -> None:
    mark: DecimalMark = "." if language == "en" else ","

    assert [problem for problem in find_reading_problems(text, mark, language) if what in problem and right in problem]


def test_numbers_may_be_parted_by_a_comma_that_is_no_decimal_mark() -> None:
    assert find_reading_problems("2, 5, 7.5 mg", ".", "de") == []


@pytest.mark.parametrize(
    "text", ["Patient : Example", "« plan »", "80,0 %", "à 10:30 (voir : p. 2) ; fin", "https://a.example"]
)
def test_what_reads_well_in_french_is_left_alone(text: str) -> None:
    assert find_reading_problems(text, ",", "fr") == []


# --- the product's own words -----------------------------------------------------------------------------------------

amounts = st.decimals(Decimal("0.001"), Decimal(99_999), places=3)
FORMATS: tuple[Callable[[Decimal], str], ...] = (PRINTED.dose, PRINTED.volume, PRINTED.concentration)


@given(amounts, st.sampled_from(FORMATS))
def test_every_amount_we_print_reads_well(amount: Decimal, in_words: Callable[[Decimal], str]) -> None:
    assert find_reading_problems(f"Take {in_words(amount)} daily") == []


@given(st.dates(dt.date(2020, 1, 1), dt.date(2099, 12, 31)), st.sampled_from(LANGUAGES))
def test_every_date_we_print_reads_well_in_its_language(date: dt.date, language: Language) -> None:
    words = Words(load_wording(language), ",")

    assert find_reading_problems(words.join_apart([words.date(date), words.day(date)]), ",", language) == []


@given(amounts, st.lists(amounts, min_size=1, max_size=5), st.sampled_from(LANGUAGES))
def test_every_list_of_amounts_we_print_reads_well_with_either_mark(
    first: Decimal, others: list[Decimal], language: Language
) -> None:
    for mark in (".", ","):
        words = Words(load_wording(language), mark)
        amounts_mg = [first, *others]
        assert find_reading_problems(words.join(map(words.dose, amounts_mg)), mark, language) == []
        assert find_reading_problems(f"{words.join(map(words.number, amounts_mg))} mg", mark, language) == []
        if mark == ",":
            assert find_reading_problems(f"{', '.join(map(words.number, amounts_mg))} mg", mark, language)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2099, 12, 31)))
def test_every_date_we_print_reads_well_and_none_in_digits_does(date: dt.date) -> None:
    assert find_reading_problems(f"on {PRINTED.date(date)}, {date.isoformat()}") == []
    for digits in ("%d/%m/%Y", "%m/%d/%y", "%d.%m.%Y", "%d-%m-%Y"):
        assert find_reading_problems(f"on {date.strftime(digits)}")


@given(amounts, st.integers(1, 30), st.sampled_from([1, 2, 4]))
def test_every_composition_we_print_reads_well(amount: Decimal, count: int, divided_into: Any) -> None:
    solid = Units(amount, "tablet", count, divided_into=divided_into)
    assert find_reading_problems(describe_units([solid], PRINTED)) == []
    measured = Units(amount, "oral syringe", count, volume_ml=Decimal("2.5"))
    assert find_reading_problems(describe_units([measured], PRINTED)) == []


def mutations(words: str) -> Iterator[tuple[str, str]]:
    """Yield what an amount becomes when one thing is wrong in it, with what the problem must say."""
    number, _, unit = words.partition(" ")
    whole, _, decimals = number.partition(".")
    if whole == "0":
        yield f"{number[1:]} {unit}", "leading zero"
    yield f"{number}0 {unit}" if decimals else f"{number}.0 {unit}", "trailing zero"
    yield f"{number}{unit}", "no space"
    yield f"{words}. daily", "full stop"
    yield f"citalopram{words}", "runs a name"
    if "," in number:
        yield words.replace(",", ""), "thousands"
    # `12,345 mg` for 12.345 mg is a right number, another one; the lint cannot know what was meant
    if decimals and (len(decimals) != 3 or whole == "0" or "," in whole):
        yield f"{whole.replace(',', '')},{decimals} {unit}", "decimal mark"


@given(amounts, st.sampled_from(FORMATS))
def test_every_mutation_of_an_amount_is_found(amount: Decimal, in_words: Callable[[Decimal], str]) -> None:
    assume(amount)
    for mutation, what in mutations(in_words(amount)):
        assert any(what in problem for problem in find_reading_problems(f"Take {mutation}")), mutation


# --- words that are not ours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_words_of_an_example_order_read_well(path: Path) -> None:
    assert find_own_reading_problems(order_of(load_order_file(path)), printing()) == []


def test_an_orders_own_words_are_read_and_its_names_and_references_are_not() -> None:
    compounding = units("10", "5")
    compounding["unit"][1] |= {"product": "Example 5mg", "appearance": "5mg on it"}
    override = {"finding": "above_maximum_dose", "reason": "on .5 mg QD since 01/12/2026", "by": "Dr 5mg"}
    raw = changed(
        raw_order(),
        {
            "compounding": compounding,
            "override": [override],
            "approval.reference": "01/12/2026 5mg",
            "medication.directions": "one pouch qd",
            "dispensing.storage": "below 25 °C, in 5ml",
            "dispensing.lot": "5mg",
        },
    )

    problems = find_own_reading_problems(order_of(raw), printing())

    assert [problem.where for problem in problems] == [
        "compounding.unit[2].product",
        *["override[1].reason"] * 3,
        "medication.directions",
        *["dispensing.storage"] * 2,
        "compounding.unit[2].appearance",
    ]


def test_each_text_is_read_by_the_rules_of_the_paper_it_is_printed_on() -> None:
    """The plan is in English, the patient's pages in French; labels are in German, whatever the patient reads."""
    override = {"finding": "above_maximum_dose", "reason": "0,5 mg", "by": "Dr Example"}
    changes = {"override": [override], "medication.directions": "0.5 mg", "patient.language": "fr"}
    order = order_of(changed(raw_order(), {**changes, "pharmacy.language": "en"}))
    asked = printing(text=PatientText(schema=1, language="fr", missed="Appelez 2.5 mg", hard="Appelez: 2,5 mg"))
    own = PhraseRule(text="Nur 2.5 mg")
    profile = asked.profile.model_copy(update={"labels_in": "de", "phrase": (own,)})

    problems = find_own_reading_problems(order, replace(asked, profile=profile))

    assert [str(problem) for problem in problems] == [
        'override[1].reason: "0,5 mg" has "," where the decimal mark is "."; write "0.5 mg"',
        'medication.directions: "0.5 mg" has "." where the decimal mark is ","; write "0,5 mg"',
        'patient text: missed: "2.5 mg" has "." where the decimal mark is ","; write "2,5 mg"',
        'patient text: hard: "Appelez:" has no space between word and sign; write "Appelez :", with a no-break space',
        'profile generic: phrase 1: "2.5 mg" has "." where the decimal mark is ","; write "2,5 mg"',
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_for_patients_that_come_with_stripgen_read_well(language: Language) -> None:
    text = load_template("patient-text", language, PatientText)
    paper = Writing(language, "." if language == "en" else ",")

    assert find_reading_problems_in({"missed": text.missed, "hard": text.hard}, paper) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wording_is_read_with_its_places_filled(language: Language) -> None:
    wording = load_wording(language)
    common = {"draft": "{n}mg, {dose:mg}. x", "other": "7.5 mg" if language != "en" else "7,5 mg"}
    edited = wording.model_copy(update={"phrases": {**wording.phrases, "common": common}})
    mark: DecimalMark = "." if language == "en" else ","

    assert find_wording_reading_problems(wording, mark) == []
    assert [problem.where for problem in find_wording_reading_problems(edited, mark)] == [
        *["phrases.common.draft"] * 2,
        "phrases.common.other",
    ]


def test_templates_are_read_each_with_its_place() -> None:
    problems = find_reading_problems_in({"stop": "Stop at 5 mg", "missed": "Neem ,5 mg"}, Writing("nl", ","))

    assert [str(problem) for problem in problems] == ['missed: ",5 mg" has no leading zero; write "0,5 mg"']
