"""What a terminal shows of a plan: the words as golden text, and what holds for every plan.

`pytest --renew-golden` rewrites the text; read the difference as a pharmacist would.
"""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import SameAsGolden
from hypothesis import given, settings
from orders import ABSENT, ENGLISH, FORMULARY, RawOrder, message_of, plan_of, raw_order, units, varied_raw_orders

from stripgen.domain.plan import Finding, Plan
from stripgen.domain.wording import say_later
from stripgen.files import load_order_file
from stripgen.planning.amending import Request, amend
from stripgen.planning.curve_comparison import compare_curves
from stripgen.planning.taper import plan_taper
from stripgen.rendering.drug_list import render_drug, render_drug_list
from stripgen.rendering.terminal import render_findings, render_plan_text, render_summary

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))
ISSUED_ON = dt.date(2026, 11, 23)
SEVERITIES = ("block", "warn", "note")
PHASES = [
    {"kind": "reduce", "to_mg": 10, "days": 20},
    {"kind": "hold", "days": 8},
    {"kind": "reduce", "to_mg": 0, "days": 20},
]
NO_ENDS = {"taper.days": ABSENT, "taper.end_dose_mg": ABSENT}


def plan_of_file(path: Path) -> Plan:
    return plan_of(load_order_file(path), ISSUED_ON)


def drug_text(name: str) -> str:
    drug, curves = FORMULARY.drugs[name], FORMULARY.curves_of(name)
    return render_drug(drug, curves, compare_curves(drug, curves))


# --- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_text_of_an_example_reads_as_it_was_approved(path: Path, same_as_golden: SameAsGolden) -> None:
    same_as_golden(f"plan-{path.stem}", render_plan_text(plan_of_file(path), ENGLISH))


def test_the_text_of_a_blocked_and_overridden_order_reads_as_it_was_approved(same_as_golden: SameAsGolden) -> None:
    raw = raw_order(
        {
            "taper.start_dose_mg": 60,
            "taper.days": 7,
            "dispensing": {"beyond_use_date": dt.date(2026, 12, 4)},
            "override": [
                {"finding": "above_maximum_dose", "reason": "on 60 mg since 2009, ECG checked", "by": "Dr Example"},
                {"finding": "large_drop", "reason": "short", "by": "Dr Example"},
            ],
        }
    )

    same_as_golden("plan-blocked", render_plan_text(plan_of(raw, ISSUED_ON), ENGLISH))


def test_the_text_of_a_single_pouch_reads_as_it_was_approved(same_as_golden: SameAsGolden) -> None:
    raw = raw_order({"taper.start_dose_mg": 1, "taper.days": 1, "compounding": units("1", form="film")})

    same_as_golden("plan-one-day", render_plan_text(plan_of(raw, ISSUED_ON), ENGLISH))


def test_the_list_of_drugs_reads_as_it_was_approved(same_as_golden: SameAsGolden) -> None:
    same_as_golden("drugs", render_drug_list(FORMULARY))


@pytest.mark.parametrize("name", ["citalopram", "escitalopram", "fluoxetine", "milnacipran"])
def test_the_facts_of_a_drug_read_as_they_were_approved(name: str, same_as_golden: SameAsGolden) -> None:
    same_as_golden(f"drug-{name}", drug_text(name))


# --- what holds for every plan ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(varied_raw_orders())
def test_the_summary_is_a_few_short_lines_that_name_the_plan_and_count_its_findings(raw: RawOrder) -> None:
    plan = plan_of(raw, ISSUED_ON)

    lines = render_summary(plan, ENGLISH).splitlines()

    assert len(lines) <= 12
    assert all(len(line) <= 100 for line in lines)
    assert lines[0].startswith(f"plan {plan.plan_id} ({plan.status}): {plan.order.medication.drug} ")
    counted = {word: int(count) for count, word in re.findall(r"(\d+) (block|warn|note)", lines[-1])}
    assert counted == {word: sum(f.severity == word for f in plan.findings) for word in SEVERITIES}
    assert (plan.curve is None) == ("occupancy is not known" in " ".join(lines))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"taper.max_different_doses": 16}, "limits: at most 16 different doses"),
        ({"taper.min_days_per_dose": 3}, "limits: at least 3 days on a dose"),
        ({"taper.max_drop_points": 3}, "limits: no drop over 3 points"),
        ({"taper.phase": PHASES, **NO_ENDS}, "phases: 20 mg to 10 mg in 20 days, then 8 days at 10 mg, then to stop"),
        ({"medication": {"drug": "fluoxetine"}}, "half-life of norfluoxetine 96 to 384 h: after the last pouch"),
        ({"compounding": {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.05")}}}, "488.8 mg (244.4 mL)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_summary_says_what_the_order_asks_for(changes: dict[str, Any], words: str) -> None:
    plain, asked = (" ".join(render_summary(plan_of(raw_order(given)), ENGLISH).split()) for given in ({}, changes))

    assert words in asked
    assert words not in plain


def test_the_summary_of_an_amended_plan_names_both_plans_what_changes_and_the_pouches_to_take_back() -> None:
    before = plan_of(raw_order(), ISSUED_ON)
    plan = plan_taper(amend(before, Request(57, "hold", Decimal(14), "Dizzy")), FORMULARY, ISSUED_ON)

    text = " ".join(render_summary(plan, ENGLISH).split())

    assert text.startswith(
        f"plan {plan.plan_id} (draft, version 2, replaces {before.plan_id}): citalopram 20 mg to stop"
    )
    assert "From day 57 on: the dose of day 56 is held for 14 days, then as before; 56 pouches to take back" in text


@settings(max_examples=40, deadline=None)
@given(varied_raw_orders())
def test_the_day_table_has_a_line_for_every_day_and_one_for_the_stop(raw: RawOrder) -> None:
    plan = plan_of(raw, ISSUED_ON)

    table = render_plan_text(plan, ENGLISH).split("\n\n")[-1].splitlines()

    rows = [line.split() for line in table[1:]]
    assert len(rows) == len(plan.days) + (plan.stop is not None)
    for row, day in zip(rows, plan.days, strict=False):
        number, date, strip, pouch, dose = row[:5]
        assert (int(number), int(strip), int(pouch)) == (day.day, day.strip, day.pouch)
        assert date == day.date.isoformat()
        assert Decimal(dose.replace(",", "")) == day.dose_mg
        assert (row[-1] == "hold") == day.held
    if plan.stop is not None:
        assert rows[-1][:2] == [plan.stop.date.isoformat(), "stop"]
        assert plan.curve is None or rows[-1][2] == "0.0"


@settings(max_examples=40, deadline=None)
@given(varied_raw_orders())
def test_the_chart_is_plain_ascii_and_has_one_occupancy_mark_a_column(raw: RawOrder) -> None:
    plan = plan_of(raw, ISSUED_ON)
    mark = "o" if plan.curve else "#"

    chart = render_plan_text(plan, ENGLISH).split("\n\n")[2]

    assert chart.isascii()
    rows = [line.split("|")[1] for line in chart.splitlines() if "|" in line]
    columns = ["".join(column) for column in zip(*rows, strict=True)]
    assert len(rows) == 12
    assert len(columns) == min(64, len(plan.days))
    assert all(column.count("o") == (plan.curve is not None) for column in columns)
    marks = [column.index(mark) for column in columns]
    assert marks == sorted(marks), "nothing rises"
    assert marks[0] == 0, "the highest occupancy, or without a curve dose, is on the highest row"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_line_of_the_text_names_the_patient(path: Path) -> None:
    patient = load_order_file(path).get("patient", {})

    text = render_plan_text(plan_of_file(path), ENGLISH)

    assert [str(value) for value in patient.values() if str(value) in text] == []


def test_findings_come_one_a_paragraph_each_with_its_severity_code_and_whole_message() -> None:
    plan = plan_of_file(next(path for path in EXAMPLES if path.stem == "venlafaxine"))

    text = render_findings(plan.findings, ENGLISH)

    told = [" ".join(paragraph.split()) for paragraph in re.split(r"\n(?=\S)", text)]
    assert told == [f"{finding.severity} {finding.code}: {message_of(finding)}" for finding in plan.findings]
    assert len(told) > 1


def test_no_findings_are_said_in_words() -> None:
    assert render_findings((), ENGLISH) == "no findings"


@pytest.mark.parametrize("amount", ["0.1 mg", "12.5 %", "48 h"])
def test_a_number_and_its_unit_stand_on_one_line_wherever_the_line_ends(amount: str) -> None:
    """Whoever reads `lowest dose 0.1` at the end of a line may read it as any unit."""
    named = [f"{'x' * length} {amount} more" for length in range(30, 80)]
    found = [Finding("code", "warn", say_later("finding.override_unused", name=name)) for name in named]
    texts = [render_findings([finding], ENGLISH) for finding in found]

    assert [text for text in texts if amount not in text] == []


@pytest.mark.parametrize("name", FORMULARY.drugs)
def test_a_drug_is_shown_with_every_curve_its_source_and_its_grade(name: str) -> None:
    curves = FORMULARY.curves_of(name)

    text = " ".join(drug_text(name).split())

    assert text.startswith(name)
    for number, curve in enumerate(curves, start=1):
        assert f"[{number}] {curve.id} {'(default) ' if curve.default else ''}" in text
        assert f"grade {curve.grade}" in text
        assert " ".join(curve.source.split()) in text
    assert FORMULARY.drugs[name].source in text


@pytest.mark.parametrize("name", FORMULARY.drugs)
def test_the_table_of_a_drug_gives_each_curves_occupancy_and_how_far_they_differ(name: str) -> None:
    drug, curves = FORMULARY.drugs[name], FORMULARY.curves_of(name)
    compared: list[Any] = compare_curves(drug, curves)

    table = drug_text(name).split("\n\n")[-1].splitlines()

    assert ("differ by" in table[1]) == (len(curves) > 1)
    assert len(table) == len(compared) + 2
    for line, (dose, percents) in zip(table[2:], compared, strict=True):
        cells = line.split()
        assert cells[0] == dose
        assert cells[1 : len(curves) + 1] == [f"{percent:.1f}" for percent in percents]
        if len(curves) > 1:
            assert float(cells[-1]) == pytest.approx(max(percents) - min(percents), abs=0.051)
