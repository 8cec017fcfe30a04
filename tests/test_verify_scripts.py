"""verify reads papers with names in Arabic and Hebrew as they were printed, whatever stands beside the names."""

from random import Random

import pytest
from orders import FORMULARY, ISSUED_ON, order_of, raw_order
from test_tampering_pages import random_printing

from stripgen import proof
from stripgen.papers import render_documents
from stripgen.planning.taper import plan_taper
from stripgen.verifying.open_pdf import OpenPdf, _from_the_left
from stripgen.verifying.papers import open_paper

# With hyphens and brackets a name is drawn in many parts; beside it PDFium turns the words of other texts.
NAMES = (
    "كريم محمد الأحمد",
    "دار (أم علي)",
    "שרה כהן-לוי",
    "משה (מוישי) לוי",
    "דוד בן-גוריון Apotheke (Nord)",
)
LANGUAGES = ("en", "nl", "de", "fr", "es")


@pytest.mark.parametrize("seed", range(12))
def test_papers_with_names_that_read_right_to_left_pass(seed: int) -> None:
    random = Random(f"scripts {seed}")  # noqa: S311 - nothing secret
    patient, prescriber, pharmacy = random.sample(NAMES, 3)
    raw = raw_order(
        {
            "patient.name": patient,
            "patient.language": random.choice(LANGUAGES),
            "prescriber.name": prescriber,
            "pharmacy.name": random.choice((pharmacy, "Apotheke (Nord)")),
            "approval.approved_by": prescriber,
            "taper.days": 14,
        }
    )
    plan = plan_taper(order_of(raw), FORMULARY, ISSUED_ON)

    documents = render_documents(plan, random_printing(plan, "generic", seed), "order.toml")

    papers = [open_paper(name, content) for name, content in documents.items() if name.endswith(".pdf")]
    assert proof.verify_opened(papers).differences == ()
    read = [
        text.text
        for name, content in documents.items()
        if name.endswith(".pdf")
        for page in OpenPdf(name, content).read()
        for text in page.texts
    ]
    assert any("\u0590" <= letter <= "\u08ff" for text in read for letter in text)


def test_a_text_is_read_from_the_left_where_its_words_were_turned_and_as_it_is_where_its_letters_are_others() -> None:
    standing = list(enumerate("geb. 21. (Mai) 1974"))
    turned = [(place, {"(": ")", ")": "("}.get(letter, letter)) for place, letter in standing]

    assert _from_the_left(" 1974 (Mai) 21. .geb", turned) == "geb. 21. (Mai) 1974 "
    assert _from_the_left("geb. 21. (Mai) 1974 ", standing) == "geb. 21. (Mai) 1974 "
    assert _from_the_left("geb. 21. (Mai) 1975 ", turned) == "geb. 21. (Mai) 1975 "
