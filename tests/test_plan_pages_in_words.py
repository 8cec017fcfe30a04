"""The plan's own pages say nothing but phrases of the wording and what the order brings, in any language."""

import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from orders import FORMULARY, ISSUED_ON

from stripgen.domain.plan import Plan
from stripgen.domain.wording import Wording
from stripgen.errors import DataInvalid
from stripgen.files import load_order_file, load_wording
from stripgen.planning.amending import Request, amend
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.strip_plan.amendment import amendment_sheets
from stripgen.rendering.strip_plan.comparison import comparison_sheet
from stripgen.rendering.strip_plan.fonts import refuse_unprintable_texts, width_mm
from stripgen.rendering.strip_plan.furniture import finish_pages
from stripgen.rendering.strip_plan.page import Box, Mark, Page, Text
from stripgen.rendering.strip_plan.paper import A4
from stripgen.rendering.strip_plan.review import review_sheet
from stripgen.rendering.strip_plan.schedule import schedule_sheets
from stripgen.rendering.strip_plan.text import decimal_aligned, one_line
from stripgen.rendering.words import Words

EXAMPLES = Path(__file__).parents[1] / "examples"
ENGLISH = load_wording("en")
NAMES = ["citalopram", "draft", "half-tablets", "limited", "phased", "proportional", "solution", "amended", "risen"]
LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[A-Za-z]{3,}")


def example(name: str) -> Plan:
    return plan_taper(read_order(load_order_file(EXAMPLES / f"{name}.toml"), FORMULARY, name), FORMULARY, ISSUED_ON)


def amended(change: str, amount: int) -> Plan:
    request = Request(from_day=60, change=change, amount=Decimal(amount), reason="what for")  # type: ignore[arg-type]
    return plan_taper(amend(example("citalopram"), request), FORMULARY, ISSUED_ON)


@cache
def plan_named(name: str) -> Plan:
    return {"amended": lambda: amended("hold", 14), "risen": lambda: amended("back", 40)}.get(
        name, lambda: example(name)
    )()


def rewritten(pattern: str, replacement: str) -> Wording:
    """Return the English wording with its words changed, not its places."""
    raw = ENGLISH.model_dump(by_alias=True)
    for table in ("plurals", "forms", "phrases"):
        raw[table] = {
            section: {
                name: "".join(
                    part if part.startswith("{") else re.sub(pattern, replacement, part)
                    for part in re.split(r"(\{[^}]*\})", text)
                )
                for name, text in texts.items()
            }
            for section, texts in raw[table].items()
        }
    return Wording.model_validate(raw)


def pages_of(plan: Plan, words: Words) -> list[Page]:
    sheets = [review_sheet(plan, words, A4), *amendment_sheets(plan, words, A4), comparison_sheet(plan, words, A4)]
    return finish_pages([(sheet, words) for sheet in (*sheets, *schedule_sheets(plan, words, A4))], plan)


def texts_of(page: Page) -> list[str]:
    return [page.title, *(item.text for item in page.items if isinstance(item, Text | Mark))]


def words_brought(plan: Plan) -> set[str]:
    """Return what stands in the order, the curves and the plan's identity, which no language changes."""
    views = plan.sensitivity.views if plan.sensitivity else ()
    brought = [plan.order, plan.curve, plan.prediction, plan.plan_id, plan.plan_hash, plan.stripgen_version]
    told = " ".join(map(repr, [*brought, *(view.curve for view in views)]))
    return set(WORD.findall(told.lower())) | {"stripgen"}


@pytest.mark.parametrize("name", NAMES)
def test_no_english_is_left_on_a_page_of_another_language(name: str) -> None:
    plan = plan_named(name)
    words = Words(rewritten(LETTER.pattern, "λ"), ",", "iso")
    printed = {word for page in pages_of(plan, words) for text in texts_of(page) for word in WORD.findall(text.lower())}
    assert printed - words_brought(plan) == set()


@pytest.mark.parametrize("name", NAMES)
def test_words_a_quarter_longer_than_english_fit_every_page(name: str) -> None:
    words = Words(rewritten(r"([^\W\d_]{4})", r"\1i"), ",")
    english = Words(ENGLISH, ".")
    assert len(pages_of(plan_named(name), words)) == len(pages_of(plan_named(name), english))


@pytest.mark.parametrize("name", ["citalopram", "solution", "proportional"])
def test_a_decimal_comma_is_in_every_number_of_a_page(name: str) -> None:
    words, plan = Words(ENGLISH, ","), plan_named(name)
    if plan.curve:
        plan = replace(plan, curve=plan.curve.model_copy(update={"note": None}))  # prose of the formulary
    told = [
        item.text
        for page in pages_of(plan, words)
        for item in page.items
        if isinstance(item, Text) and not re.search("stripgen|doi|10\\.", item.text)
    ]
    assert any(re.search(r"\d,\d", text) for text in told)
    assert [text for text in told if re.search(r"\d\.\d", text)] == []


@pytest.mark.parametrize(("text", "mark", "whole"), [("1\xa0234,5 mg", ",", "1 234"), ("1,234.5 mg", ".", "1,234")])
def test_a_number_stands_with_its_decimal_mark_at_the_line_of_the_marks(text: str, mark: str, whole: str) -> None:
    printed = decimal_aligned(text, 100, 0, 9, mark=mark)  # type: ignore[arg-type]
    assert printed.box.x + width_mm(whole, "regular", 9) == pytest.approx(100)
    assert printed.text == text.replace("\xa0", " ")


def test_a_text_on_one_line_has_ordinary_spaces() -> None:
    assert one_line("1\xa0234 mg", Box(0, 0, 50, 5), 9).text == "1 234 mg"


def test_a_phrase_with_a_character_the_font_lacks_is_refused_by_its_name() -> None:
    with pytest.raises(DataInvalid) as caught:
        refuse_unprintable_texts(dict(rewritten("^Signature$", "署名").texts()), "en.toml")
    assert {problem.where for problem in caught.value.problems} == {
        "phrases.review.signature",
        "phrases.record.signature",
    }
    refuse_unprintable_texts(dict(ENGLISH.texts()), "en.toml")
