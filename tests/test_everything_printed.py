"""Everything that is printed keeps to the reading rules: all papers of all examples, in all languages and profiles."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path
from typing import get_args

import openpyxl
import pytest
from icalendar import Calendar
from openpyxl.workbook import Workbook
from orders import ENGLISH, FORMULARY, ISSUED_ON, changed, order_of, plan_of, printing, raw_order
from reading_sheets import cells_of, text_of
from test_plan_pages_in_words import rewritten

from stripgen.checking.reading_rules import find_reading_problems
from stripgen.domain.amendment import Change
from stripgen.domain.order import Order
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing, choose_languages
from stripgen.domain.profile import DecimalMark
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.files import load_order_file, load_profiles, load_stock, load_template, load_wording
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.calendar_file import render_calendar
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.strip_plan.alignment import lay_out_alignment
from stripgen.rendering.strip_plan.document import lay_out_strip_plan
from stripgen.rendering.strip_plan.page import Mark, Page, Text
from stripgen.rendering.strip_plan.paper import PAPERS
from stripgen.rendering.strip_plan.patient import patient_sheets
from stripgen.rendering.strip_plan.pouch_labels import pouch_pages
from stripgen.rendering.strip_plan.strip_labels import strip_pages
from stripgen.rendering.terminal import render_plan_text
from stripgen.rendering.words import PaperWords, Words

EXAMPLES = sorted(path.stem for path in (Path(__file__).parent.parent / "examples").glob("*.toml"))
PROFILES = {profile.id: profile for profile in load_profiles()}
TWO_EXAMPLES = ("every-label-field", "solution")  # counted units, and a measured volume
PAIRS: tuple[tuple[Language, Language], ...] = (("nl", "en"), ("en", "fr"), ("de", "es"), ("fr", "nl"), ("es", "de"))
AMENDED: tuple[tuple[str, Change, int], ...] = (
    ("citalopram", "hold", 14),
    ("half-tablets", "back", 20),
    ("solution", "stretch", 400),
    ("proportional", "stop_at", 2),
)
LABEL_FIELDS = {  # what some profiles ask for, beside what each example says
    "patient.insurance_number": "1234 120581",
    "medication.route": "per os",
    "medication.directions": "1 × 24 h",
    "medication.precautions": "Example",
    "compounding.appearance": "Example",
    "dispensing.lot": "L-2026-118",
    "dispensing.beyond_use_date": date(2029, 1, 29),
    "dispensing.made_on": date(2026, 11, 23),
    "dispensing.dispensed_on": date(2026, 11, 24),
    "dispensing.serial": "S-000417",
    "dispensing.storage": "15–25 °C",
    "dispensing.ingredients": "gelatina",
    "batch": [{"lot": "T-77120", "expires_on": date(2030, 3, 31)}],
}


@dataclass(frozen=True)
class Printed:
    """A text as it is printed, and how the paper is written that it is on."""

    text: str
    language: Language
    decimal_mark: DecimalMark


@cache
def example_order(name: str, pharmacy: Language, patient: Language) -> Order:
    """Return an example with every field that a label may carry."""
    path = Path(__file__).parent.parent / "examples" / f"{name}.toml"
    languages = {"pharmacy.language": pharmacy, "patient.language": patient}
    return order_of(changed(load_order_file(path), {**LABEL_FIELDS, **languages}))


def example_plan(name: str, pharmacy: Language, patient: Language | None = None) -> Plan:
    return in_no_language(plan_taper(example_order(name, pharmacy, patient or pharmacy), FORMULARY, ISSUED_ON))


def in_no_language(plan: Plan) -> Plan:
    """Return a plan without the prose of the formulary, which is English in every language."""
    if plan.curve is None or plan.order.pharmacy.language == "en":
        return plan
    return replace(plan, curve=plan.curve.model_copy(update={"source": "Example 2020", "note": None}))


def printing_of(plan: Plan, profile: str, *, large_print: bool = False) -> Printing:
    patient = choose_languages(plan.order, PROFILES[profile]).patient
    text = load_template("patient-text", patient, PatientText)
    return printing(profile=profile, text=text, large_print=large_print, outer_label=True)


def words_of(plan: Plan, profile: str) -> PaperWords:
    rules = PROFILES[profile]
    languages = choose_languages(plan.order, rules)
    return PaperWords(
        *(
            Words(load_wording(language), rules.decimal_mark_of(language), rules.date_form)
            for language in (languages.pharmacy, languages.patient, languages.labels)
        )
    )


def texts_on(page: Page) -> Iterator[str]:
    yield page.title
    yield from (item.text for item in page.items if isinstance(item, Text | Mark))


def texts_in(workbook: Workbook) -> Iterator[str]:
    """Yield what stands in cells, on tabs, at the edges of pages, and in what helps to fill the cells."""
    yield from (text_of(cell) for cell in cells_of(workbook))
    for sheet in workbook.worksheets:
        yield sheet.title
        for edge in filter(None, (sheet.oddHeader, sheet.oddFooter)):
            yield from (part.text for part in (edge.left, edge.center, edge.right) if part and part.text)
        for validation in sheet.data_validations.dataValidation:
            told = (validation.promptTitle, validation.prompt, validation.errorTitle, validation.error)
            yield from (text for text in told if text)
    yield workbook.properties.title or ""


def summaries_of(calendar: bytes) -> Iterator[str]:
    yield from (str(event["summary"]) for event in Calendar.from_ical(calendar).walk("VEVENT"))


def printed_of(plan: Plan, profile: str, *, sheet: bool = True) -> set[Printed]:
    """Return all texts of an order's papers, each once; what is written in one language with what, in that one."""
    words, asked, printed = words_of(plan, profile), printing_of(plan, profile), set[Printed]()

    def add(texts: Iterator[str], own: Words) -> None:
        printed.update(Printed(text, own.wording.language, own.decimal_mark) for text in texts)

    if len({own.language for own in (words.pharmacy, words.patient, words.labels)}) == 1:
        for page in lay_out_strip_plan(plan, words, asked):
            add(texts_on(page), words.pharmacy)
    else:
        plain = replace(asked, pouch_labels=OTHER_PAPER, strip_labels=OTHER_PAPER)
        for page in lay_out_strip_plan(plan, words, plain)[: -len(patient_pages(plan, words, asked))]:
            add(texts_on(page), words.pharmacy)
        for page in [
            *pouch_pages(plan, words.labels, asked.pouch_labels, asked.profile),
            *strip_pages(plan, words.labels, asked.strip_labels, asked.profile, outer=True),
        ]:
            add(texts_on(page), words.labels)
        for page in patient_pages(plan, words, asked):
            add(texts_on(page), words.patient)
    for page in patient_pages(plan, words, printing_of(plan, profile, large_print=True)):
        add(texts_on(page), words.patient)
    if sheet:
        add(texts_in(openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, words.pharmacy)))), words.pharmacy)
    add(summaries_of(render_calendar(plan, words.patient, names_drug=True)), words.patient)
    return {each for each in printed if each.text and not each.text.startswith("=")}


OTHER_PAPER = LabelPaper(load_stock("roll-62x100"))


def patient_pages(plan: Plan, words: PaperWords, asked: Printing) -> list[Page]:
    pages = asked.patient_pages
    paper = PAPERS[asked.profile.paper]
    sheets = patient_sheets(plan, words.patient, pages.text, paper, large_print=pages.large_print)
    return [Page(sheet.title, paper.width_mm, paper.height_mm, sheet.items) for sheet in sheets]


def problems_in(printed: set[Printed]) -> dict[str, list[str]]:
    assert len(printed) > 100
    return {
        each.text: problems
        for each in printed
        if (problems := find_reading_problems(each.text, each.decimal_mark, each.language))
    }


def is_with_sheet(profile: str, language: Language) -> bool:
    """Return whether a profile makes another dispensing sheet than the generic one."""
    rules = PROFILES[profile]
    return rules.decimal_mark_of(language) != PROFILES["generic"].decimal_mark_of(language) or rules.date_form == "iso"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_printed_of_an_example_reads_well_in_every_language(name: str, language: Language) -> None:
    assert problems_in(printed_of(example_plan(name, language), "generic")) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", sorted(PROFILES.keys() - {"generic"}))
def test_everything_printed_by_the_rules_of_a_profile_reads_well_in_every_language(
    profile: str, language: Language
) -> None:
    with_sheet = is_with_sheet(profile, language)
    for name in TWO_EXAMPLES:
        assert problems_in(printed_of(example_plan(name, language), profile, sheet=with_sheet)) == {}


@pytest.mark.parametrize(("pharmacy", "patient"), PAIRS)
def test_everything_printed_in_two_languages_reads_well_in_its_own(pharmacy: Language, patient: Language) -> None:
    for profile in ("generic", "us"):
        printed = printed_of(example_plan("every-label-field", pharmacy, patient), profile, sheet=False)

        assert {each.language for each in printed} == {pharmacy, patient}
        assert problems_in(printed) == {}


def amended(example: str, change: Change, amount: int, language: Language) -> Plan:
    request = Request(from_day=40, change=change, amount=Decimal(amount), reason="Example")
    return in_no_language(plan_taper(amend(example_plan(example, language), request), FORMULARY, ISSUED_ON))


@pytest.mark.parametrize("n", range(len(AMENDED)), ids=[change for _, change, _ in AMENDED])
def test_everything_printed_of_an_amended_plan_reads_well(n: int) -> None:
    for language in (LANGUAGES[0], LANGUAGES[1 + n]):
        assert problems_in(printed_of(amended(*AMENDED[n], language), "generic")) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_large_total_reads_well(language: Language) -> None:
    changes = {"medication.drug": "sertraline", "taper.start_dose_mg": 200, "taper.days": 300}
    plan = in_no_language(plan_of(raw_order({**changes, "pharmacy.language": language})))

    assert plan.totals.total_mg >= 1000
    assert problems_in(printed_of(plan, "generic")) == {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_a_terminal_shows_of_an_example_reads_well(name: str) -> None:
    told = render_plan_text(example_plan(name, "en"), ENGLISH).splitlines()

    assert {line: problems for line in told if (problems := find_reading_problems(line))} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_that_aligns_a_printer_reads_well(language: Language) -> None:
    for stock, mark in product(("avery-l7160", "roll-57x32"), get_args(DecimalMark)):
        labels = LabelPaper(load_template("stocks", stock, Stock), offset_mm=(Decimal("0.5"), Decimal("-1.25")))
        texts = list(texts_on(lay_out_alignment(labels, Words(load_wording(language), mark))))

        assert any(f"0{mark}5" in text for text in texts)
        assert {text: problems for text in texts if (problems := find_reading_problems(text, mark, language))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_printed_reads_well(name: str, profile: str, language: Language) -> None:
    assert problems_in(printed_of(example_plan(name, language), profile)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n", range(len(AMENDED)), ids=[change for _, change, _ in AMENDED])
def test_everything_printed_of_an_amended_plan_reads_well_in_every_language(n: int, language: Language) -> None:
    assert problems_in(printed_of(amended(*AMENDED[n], language), "generic")) == {}


# --- no English by accident ------------------------------------------------------------------------------------------

OTHERS = {"tab_order": "λ", "tab_take_back": "λλ", "tab_dispense": "λλλ", "tab_compounding": "λλλλ", "ok": "λ"}


def in_no_letters() -> PaperWords:
    """Return a language that has one letter, none of English."""
    wording = rewritten(r"[^\W\d_]", "λ")
    sheet = {**wording.phrases["sheet"], **OTHERS}  # which must not be the same
    words = Words(wording.model_copy(update={"phrases": {**wording.phrases, "sheet": sheet}}), ",", "iso")
    return PaperWords(words, words, words)


CHOICES = {"form", "strategy", "first_day", "kind", "change", "language", "profile", "finding"}  # said in words


def words_in_no_language(plan: Plan) -> set[str]:
    """Return what a person wrote in the order, and names: of the curve, of what acts in the body, of this software."""
    curve = plan.curve
    named = [curve.id, curve.target, curve.region, curve.source, curve.doi] if curve else []
    named += [view.curve for view in plan.sensitivity.views] if plan.sensitivity else []
    named += [plan.prediction.moiety] if plan.prediction else []
    written = list(strings_in(plan.order.model_dump()))
    told = " ".join(filter(None, [*written, *named, plan.plan_id, plan.plan_hash, plan.stripgen_version]))
    own_curve = {"own"} if curve and curve.grade == "own" else set()
    return set(re.findall(r"[a-z]{3,}", told.lower())) - own_curve | {"stripgen"}


def strings_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield from () if key in CHOICES else strings_in(inner)
        case list() | tuple():
            for inner in value:
                yield from strings_in(inner)


@pytest.mark.parametrize("name", [*EXAMPLES, *(f"{change} {example}" for example, change, _ in AMENDED)])
def test_all_words_on_all_papers_are_phrases_of_their_language_or_come_with_the_order(name: str) -> None:
    changes = {f"{change} {example}": (example, change, amount) for example, change, amount in AMENDED}
    plan = amended(*changes[name], "nl") if name in changes else example_plan(name, "nl")
    words = in_no_letters()
    asked = printing_of(plan, "generic")
    asked = replace(asked, patient_pages=replace(asked.patient_pages, text=NO_TEXT))
    printed = {text for page in lay_out_strip_plan(plan, words, asked) for text in texts_on(page)}
    printed |= {
        text for page in patient_pages(plan, words, replace(asked, patient_pages=LARGE)) for text in texts_on(page)
    }
    workbook = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, words.pharmacy)))
    printed |= {text for text in texts_in(workbook) if not text.startswith("=")}
    formats = {cell.number_format.replace("General", "") for cell in cells_of(workbook)}  # a word of Excel's own
    printed |= {shown for shown in formats if "λ" in shown}
    printed |= set(summaries_of(render_calendar(plan, words.patient, names_drug=True)))

    codes = {finding.code for finding in plan.findings}  # the same in all languages, so that a person can ask about one
    own = {day.code for day in plan.days} | {pouch.code for pouch in plan.take_back} | codes
    found = {word for text in printed - own for word in re.findall(r"[a-z]{3,}", text.lower())}
    assert found - words_in_no_language(plan) == set()


NO_TEXT = PatientText(schema=1, language="nl", missed="λ {pharmacy}", hard="λ {phone} {prescriber}")
LARGE = PatientPages(NO_TEXT, large_print=True)
