"""Papers name the drug in their own language; what is not in the formulary is printed as it was typed."""

import io
import json
import re
from decimal import Decimal

import openpyxl
import pytest
from orders import ENGLISH, plan_of, raw_order
from test_everything_printed import (
    LABEL_FIELDS,
    OTHER_PAPER,
    in_no_language,
    patient_pages,
    printing_of,
    summaries_of,
    texts_in,
    texts_on,
    words_of,
)

from stripgen.domain.plan import Plan
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.files import load_wording
from stripgen.rendering.calendar_file import render_calendar
from stripgen.rendering.descriptions import name_medicine
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.plan_json import render_json
from stripgen.rendering.strip_plan.document import lay_out_strip_plan
from stripgen.rendering.strip_plan.pouch_labels import pouch_pages
from stripgen.rendering.strip_plan.strip_labels import strip_pages
from stripgen.rendering.terminal import render_plan_text
from stripgen.rendering.words import Words, unglue

# A drug a language, whose name is another there, and what it becomes in the body.
NAMES: list[tuple[Language, str, str]] = [
    ("nl", "risperidone", "risperidon"),
    ("de", "sertraline", "Sertralin"),
    ("fr", "fluoxetine", "fluoxétine"),
    ("es", "venlafaxine", "venlafaxina"),
]
METABOLITES: list[tuple[Language, str, str, str]] = [
    ("de", "sertraline", "desmethylsertraline", "Desmethylsertralin"),
    ("fr", "fluoxetine", "norfluoxetine", "norfluoxétine"),
    ("es", "sertraline", "desmethylsertraline", "desmetilsertralina"),
]


def plan_in(language: Language, drug: str, patient: Language | None = None) -> Plan:
    """Return a plan that needs no curve, without the prose of one."""
    languages = {"pharmacy.language": language, "patient.language": patient or language}
    asked = {"medication": {"drug": drug}, "taper.strategy": "linear", "taper.days": 30}
    return in_no_language(plan_of(raw_order({**asked, **LABEL_FIELDS, **languages})))


def texts_of(plan: Plan) -> dict[str, list[str]]:
    """Return what stands on each kind of paper."""
    words, asked = words_of(plan, "generic"), printing_of(plan, "generic")
    sheet = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, words.pharmacy)))
    labels = [
        *pouch_pages(plan, words.labels, OTHER_PAPER, asked.profile),
        *strip_pages(plan, words.labels, OTHER_PAPER, asked.profile, outer=True),
    ]
    calendar = summaries_of(render_calendar(plan, words.patient, names_drug=True))
    texts = {
        "strip plan": [text for page in lay_out_strip_plan(plan, words, asked) for text in texts_on(page)],
        "labels": [text for page in labels for text in texts_on(page)],
        "patient pages": [text for page in patient_pages(plan, words, asked) for text in texts_on(page)],
        "sheet": list(texts_in(sheet)),
        "calendar": list(calendar),
    }
    return {paper: [unglue(text) for text in printed] for paper, printed in texts.items()}


def naming(name: str, texts: list[str]) -> list[str]:
    """Return the texts that name a drug; the id of a curve, `citalopram-article`, does not."""
    return [text for text in texts if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]


def drug_on_sheet(plan: Plan) -> str:
    """Return what stands beside the drug's label on the sheet Order."""
    words = words_of(plan, "generic").pharmacy
    sheet = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, words))).worksheets[0]
    (label,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == words.say("sheet.drug")]
    return str(label.offset(column=1).value)


@pytest.mark.parametrize(("language", "ordered", "name"), NAMES)
def test_every_paper_names_the_drug_in_its_language(language: Language, ordered: str, name: str) -> None:
    texts = texts_of(plan_in(language, ordered))

    assert {paper for paper, printed in texts.items() if naming(name, printed)} == set(texts)


@pytest.mark.parametrize(("language", "ordered", "name"), NAMES)
def test_the_orders_own_word_stands_once_on_the_review_page_and_once_on_the_sheet(
    language: Language, ordered: str, name: str
) -> None:
    plan = plan_in(language, ordered)
    texts = texts_of(plan)
    (headline,) = naming(ordered, texts["strip plan"])

    assert headline.startswith(f"{name} ({ordered})")
    assert naming(ordered, texts["sheet"]) == [f"{name} ({ordered})"] == [drug_on_sheet(plan)]
    assert not [
        naming(ordered, texts[paper])
        for paper in texts.keys() - {"strip plan", "sheet"}
        if naming(ordered, texts[paper])
    ]


@pytest.mark.parametrize(("language", "ordered", "moiety", "name"), METABOLITES)
def test_a_metabolite_is_named_in_the_language_of_the_paper(
    language: Language, ordered: str, moiety: str, name: str
) -> None:
    texts = [text for printed in texts_of(plan_in(language, ordered)).values() for text in printed]

    assert naming(name, texts)
    assert not naming(moiety, texts)


def test_a_german_label_patients_page_and_sheet_say_sertralin() -> None:
    plan = plan_in("de", "sertraline")
    texts = texts_of(plan)

    assert "Sertralin" in texts["labels"]
    assert any(text.endswith(" · Sertralin") for text in texts["patient pages"])
    assert any(text.startswith("Beutel von Tag 1 (Streifen 1): Sertralin, ") for text in texts["calendar"])
    assert drug_on_sheet(plan) == "Sertralin (sertraline)"


def test_a_drug_that_differs_in_its_large_letter_only_is_named_once() -> None:
    plan = plan_in("de", "citalopram")
    texts = [text for printed in texts_of(plan).values() for text in printed]

    assert drug_on_sheet(plan) == "Citalopram"
    assert not naming("citalopram", texts)


@pytest.mark.parametrize("drug", ["sertraline", "citalopram", "risperidone"])
def test_english_papers_name_the_drug_as_the_order_does(drug: str) -> None:
    plan = plan_in("en", drug)
    texts = texts_of(plan)

    assert drug in texts["labels"]
    assert drug_on_sheet(plan) == drug
    assert f"{drug} 20 mg to stop in 30 days" in texts["strip plan"]


def test_papers_in_two_languages_name_the_drug_each_in_its_own() -> None:
    plan = plan_in("en", "sertraline", patient="de")
    texts = texts_of(plan)

    for paper in ("labels", "patient pages", "calendar"):
        assert naming("Sertralin", texts[paper])
        assert not naming("sertraline", texts[paper])
    assert naming("sertraline", texts["sheet"])
    assert not naming("Sertralin", texts["sheet"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("drug", ["examplinum", "Sertraline", "Sertralin forte"])
def test_a_drug_that_is_not_in_the_formulary_is_printed_as_it_is_typed(drug: str, language: Language) -> None:
    plan = plan_in(language, drug)
    texts = texts_of(plan)

    assert {paper for paper, printed in texts.items() if naming(drug, printed)} == set(texts)
    assert drug in texts["labels"]
    assert drug_on_sheet(plan) == drug


def test_findings_name_the_drug_in_the_language_of_the_paper_and_english_on_a_terminal() -> None:
    raw = raw_order({"medication": {"drug": "sertraline"}, "taper.start_dose_mg": 250, "pharmacy.language": "de"})
    plan = plan_of(raw)
    (told,) = [finding.told for finding in plan.findings if finding.code == "above_maximum_dose"]

    assert unglue(Words(load_wording("de"), ",").tell(told)).endswith("200 mg für Sertralin")
    assert unglue(ENGLISH.tell(told)).endswith("200 mg a day for sertraline")


def test_terminal_and_json_keep_the_orders_word_in_every_language() -> None:
    plan = plan_in("de", "sertraline")
    told = json.loads(render_json(plan, ENGLISH))

    assert "sertraline 20 mg to stop" in render_plan_text(plan, ENGLISH)
    assert not naming("Sertralin", [render_plan_text(plan, ENGLISH)])
    assert told["drug"] == "sertraline"
    assert told["prediction"]["moiety"] == "desmethylsertraline"


def test_a_solution_keeps_its_concentration_beside_the_name() -> None:
    liquid = {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.1")}}
    plan = plan_of(raw_order({"medication": {"drug": "sertraline"}, "compounding": liquid, "taper.strategy": "linear"}))

    assert name_medicine(plan, Words(load_wording("de"), ",")) == "Sertralin 2 mg/mL"
