"""In no language does a text of the strip plan leave its place, or lie over another: words differ in length."""

from collections.abc import Mapping
from typing import Any

import pytest
from orders import plan_of, printing, raw_order, units
from reading import read_pages
from test_strip_plan import OVERRIDE, Printed, find_flaws

from stripgen.domain.wording import LANGUAGES, Language
from stripgen.files import load_wording
from stripgen.rendering.strip_plan.document import lay_out_strip_plan, render_strip_plan
from stripgen.rendering.words import PaperWords, Words

CASES: dict[str, Mapping[str, Any]] = {
    "overridden": {"taper.start_dose_mg": 60, "taper.days": 7, "override": [OVERRIDE]},
    "divided units, limited": {
        "taper.days": 14,
        "taper.max_different_doses": 6,
        "compounding": {
            "unit": [
                {"strength_mg": 10, "form": "orodispersible tablet", "divisible_into": 4},
                *units("1", "2")["unit"],
            ]
        },
    },
    "draft to a dose": {"approval": None, "taper.end_dose_mg": 10, "taper.days": 7},
}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("case", CASES)
def test_no_text_leaves_its_place_or_lies_over_another(case: str, language: Language) -> None:
    changes = dict(CASES[case])
    raw = raw_order({key: value for key, value in changes.items() if value is not None})
    if "approval" in changes:
        del raw["approval"]
    plan, words = plan_of(raw), Words(load_wording(language), ",")
    papers, how = PaperWords(words, words, words), printing()
    pdf = render_strip_plan(plan, papers, how)

    assert find_flaws(Printed(plan, lay_out_strip_plan(plan, papers, how), pdf, read_pages(pdf))) == []
