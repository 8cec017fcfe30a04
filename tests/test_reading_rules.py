"""The reading rules: what they find, what they leave alone, and that all we print keeps to them."""

import datetime as dt
import io
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from orders import FORMULARY, IN_ENGLISH, ISSUED_ON, PRINTED, changed, order_of, plan_of, printing, raw_order, units
from reading_sheets import cells_of, text_of

from stripgen.checking.reading_rules import (
    DecimalMark,
    find_order_reading_problems,
    find_reading_problems,
    find_template_reading_problems,
)
from stripgen.domain.order import Change
from stripgen.domain.plan import Plan, Units
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.files import load_order_file, load_template
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.descriptions import describe_units
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.strip_plan.document import lay_out_strip_plan
from stripgen.rendering.strip_plan.page import Text
from stripgen.rendering.terminal import render_plan_text

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
    ["0,5 mg", "1\u00a0234,5 mg", "1\u2009234 mg", "1\u202f234 mg", "Neem 5 mg. Daarna 2,5 mL.", "om 8 u", "80,0 %"],
)
def test_what_reads_well_with_a_decimal_comma_is_left_alone(text: str) -> None:
    assert find_reading_problems(text, ",") == []


# --- the product's own words -----------------------------------------------------------------------------------------

amounts = st.decimals(Decimal("0.001"), Decimal(99_999), places=3)
FORMATS: tuple[Callable[[Decimal], str], ...] = (PRINTED.dose, PRINTED.volume, PRINTED.concentration)


@given(amounts, st.sampled_from(FORMATS))
def test_every_amount_we_print_reads_well(amount: Decimal, in_words: Callable[[Decimal], str]) -> None:
    assert find_reading_problems(f"Take {in_words(amount)} daily") == []


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


# --- everything that is printed --------------------------------------------------------------------------------------


def printed_texts(plan: Plan) -> Iterator[str]:
    """Yield every string of the strip plan, the dispensing sheet and the terminal."""
    labels = LabelPaper(load_template("stocks", "a4-strip-28", Stock))
    for page in lay_out_strip_plan(plan, IN_ENGLISH, printing(labels)):
        yield from (item.text for item in page.items if isinstance(item, Text))
    workbook = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, PRINTED)))
    yield from (text_of(cell) for cell in cells_of(workbook))
    yield from render_plan_text(plan, PRINTED).splitlines()


def example_plan(path: Path) -> Plan:
    return plan_taper(order_of(load_order_file(path)), FORMULARY, ISSUED_ON)


def problems_printed(plan: Plan) -> dict[str, list[str]]:
    texts = {text for text in printed_texts(plan) if text and not text.startswith("=")}
    assert len(texts) > 100
    return {text: problems for text in texts if (problems := find_reading_problems(text))}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_everything_printed_of_an_example_reads_well(path: Path) -> None:
    assert problems_printed(example_plan(path)) == {}


@pytest.mark.parametrize(
    ("example", "change", "amount"),
    [
        ("citalopram", "hold", Decimal(14)),
        ("half-tablets", "back", Decimal(20)),
        ("solution", "stretch", Decimal(400)),
        ("proportional", "stop_at", Decimal(2)),
    ],
)
def test_everything_printed_of_an_amended_plan_reads_well(example: str, change: Change, amount: Decimal) -> None:
    before = example_plan(EXAMPLES[0].with_name(f"{example}.toml"))
    request = Request(from_day=40, change=change, amount=amount, reason="For this test")

    assert problems_printed(plan_taper(amend(before, request), FORMULARY, ISSUED_ON)) == {}


def test_a_large_total_reads_well() -> None:
    plan = plan_of(raw_order({"medication.drug": "sertraline", "taper.start_dose_mg": 200, "taper.days": 300}))

    assert plan.totals.total_mg >= 1000
    assert problems_printed(plan) == {}


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parent.parent.glob("examples/*.toml")), ids=lambda path: path.stem
)
def test_the_words_of_an_example_order_read_well(path: Path) -> None:
    assert find_order_reading_problems(order_of(tomllib.loads(path.read_text("utf-8"), parse_float=Decimal))) == []


# --- words that are not ours -----------------------------------------------------------------------------------------


def test_an_orders_own_words_are_read_and_its_names_and_references_are_not() -> None:
    compounding = units("10", "5")
    compounding["unit"][1]["product"] = "Example 5mg"
    override = {"finding": "above_maximum_dose", "reason": "on .5 mg QD since 01/12/2026", "by": "Dr 5mg"}
    raw = changed(
        raw_order(), {"compounding": compounding, "override": [override], "approval.reference": "01/12/2026 5mg"}
    )

    problems = find_order_reading_problems(order_of(raw))

    assert [problem.where for problem in problems] == ["compounding.unit[2].product", *["override[1].reason"] * 3]


def test_templates_are_read_each_with_its_place() -> None:
    problems = find_template_reading_problems({"stop": "Stop at 5 mg", "missed": "Neem ,5 mg"}, ",")

    assert [str(problem) for problem in problems] == ['missed: ",5 mg" has no leading zero; write "0,5 mg"']
