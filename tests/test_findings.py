"""What a person must see before sign-off: each rule has an order that breaks it and one that just does not."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from orders import (
    ABSENT,
    ISSUED_ON,
    RawOrder,
    changed,
    end_of,
    message_of,
    order_of,
    own_curve,
    plan_of,
    raw_order,
    units,
    varied_raw_orders,
)

from stripgen.domain.amendment import Change
from stripgen.domain.plan import Finding, Plan
from stripgen.errors import OrderInvalid
from stripgen.planning.amending import Request, amend
from stripgen.planning.findings import RULES

DAY = dt.timedelta(days=1)
FIRST_DATE = dt.date(2026, 12, 1)
LAST_DATE = dt.date(2027, 3, 22)


def found(plan: Plan, code: str) -> Finding | None:
    return next((finding for finding in plan.findings if finding.code == code), None)


def drug(name: str, curve: str | None = None, **taper: Any) -> dict[str, Any]:
    """Return the changes that make the order one of another drug."""
    medication = {"drug": name} if curve is None else {"drug": name, "curve": curve}
    return {"medication": medication, **{f"taper.{key}": value for key, value in taper.items()}}


def amended(changes: dict[str, Any], change: Change, amount: int, from_day: int = 57) -> dict[str, Any]:
    """Return the changes that make the order version 2 of the one with `changes`."""
    request = Request(from_day, change, Decimal(amount), "Dizzy")
    order = amend(plan_of(raw_order(changes)), request)
    return {**changes, "amendment": order.model_dump(by_alias=True, exclude_defaults=True)["amendment"]}


OWN_CURVE = {"medication": own_curve("90", "4")}
STUDIED = {**OWN_CURVE, "medication.custom_curve.studied_mg": [Decimal("0.1"), 20]}
OVERRIDE = {"reason": "Agreed with the patient", "by": "Dr Example"}
HALF_TO_HALF = {"taper.end_dose_mg": 10, "compounding": units("10", most=2)}  # only 20 mg and 10 mg can be made
THREE_DAYS = {"taper.days": 3, "compounding.increment_mg": Decimal("0.001")}
HALF_MG = {"compounding.increment_mg": Decimal("0.5")}
NO_CURVE = {"medication.drug": "exampletine", "taper.strategy": "linear"}


SOLUTION = {"compounding": {"solution": {"mg_per_ml": 1, "syringe_step_ml": Decimal("0.1")}}}
STEEP_AT_THE_STOP_ONLY = {"medication": own_curve("90", "4", "0.2"), "taper.days": 60}
PROPORTIONAL = {
    "taper.strategy": "proportional",
    "taper.percent_per_step": 10,
    "taper.days_per_step": 3,
    "taper.last_dose_mg": 1,
    "taper.days": ABSENT,
}


def released(*strengths_mg: str, slow: list[str]) -> dict[str, Any]:
    """Return the changes that make the order one of tablets, some of which are modified-release ones."""
    made = [{"strength_mg": Decimal(text), "form": "tablet", "modified_release": text in slow} for text in strengths_mg]
    return {"compounding": {"unit": made}}


def tablets(divisible_into: int) -> dict[str, Any]:
    """Return the changes that make the order one of 5 mg tablets."""
    return {"compounding": {"unit": [{"strength_mg": 5, "form": "tablet", "divisible_into": divisible_into}]}}


# code, severity, words of the message; an order that has it; one that just does not
CASES: list[tuple[str, str, list[str], dict[str, Any], dict[str, Any]]] = [
    (
        "above_maximum_dose",
        "block",
        ["start dose of 40.1 mg", "maximum of 40 mg a day for citalopram", "older product texts"],
        {"taper.start_dose_mg": Decimal("40.1")},
        {"taper.start_dose_mg": 40},
    ),
    (
        "no_better_than_linear",
        "note",
        ["the largest drop, 12.00 points, is no smaller than a linear taper's, 12.00"],
        {"taper.start_dose_mg": 20, "taper.days": 112, "compounding.increment_mg": Decimal("0.5")},
        {"taper.start_dose_mg": 20, "taper.days": 112, "compounding.increment_mg": Decimal("0.1")},
    ),
    (
        "age_unusual",
        "warn",
        ["the patient is 17 years old", "the curves are of adults"],
        {"taper.start_date": dt.date(2026, 12, 1), "patient.birth_date": dt.date(2008, 12, 2)},
        {"taper.start_date": dt.date(2026, 12, 1), "patient.birth_date": dt.date(2008, 12, 1)},
    ),
    (
        "modified_release_divided",
        "block",
        ["desvenlafaxine exists only as a modified-release product", "12.5 mg is not a licensed strength"],
        {**drug("desvenlafaxine", start_dose_mg=50), "compounding": units("50", "25", "12.5")},
        {**drug("desvenlafaxine", start_dose_mg=50), "compounding": units("50", "25")},
    ),
    (
        "modified_release_product",
        "warn",
        ["desvenlafaxine exists only as a modified-release product: every unit must stay whole"],
        {**drug("desvenlafaxine", start_dose_mg=50), "compounding": units("50", "25")},
        drug("desvenlafaxine", start_dose_mg=50),
    ),
    (
        "modified_release_product",
        "warn",
        ["venlafaxine also exists as a modified-release product", "check the starting material"],
        drug("venlafaxine"),
        drug("sertraline"),
    ),
    (
        "gastro_resistant_divided",
        "block",
        ["duloxetine exists only as a gastro-resistant product", "10 mg is not a licensed strength"],
        {**drug("duloxetine", start_dose_mg=60), "compounding": units("30", "20", "10")},
        {**drug("duloxetine", start_dose_mg=60), "compounding": units("30", "20")},
    ),
    (
        "gastro_resistant_divided",
        "block",
        ["duloxetine exists only as a gastro-resistant product", "units of 60 mg would be divided"],
        {
            **drug("duloxetine", start_dose_mg=60),  # a half is as large as the licensed 30 mg
            "compounding": {"unit": [{"strength_mg": 60, "form": "tablet", "divisible_into": 2}]},
        },
        {**drug("duloxetine", start_dose_mg=60), "compounding": units("60", "30")},
    ),
    (
        "gastro_resistant_product",
        "warn",
        ["duloxetine exists only as a gastro-resistant product: every unit must stay whole"],
        {**drug("duloxetine", start_dose_mg=60), "compounding": units("30", "20")},
        drug("duloxetine", start_dose_mg=60),
    ),
    (
        "beyond_use_date_too_early",
        "block",
        ["2 pouches", "after the beyond-use date 2027-03-20", "the last is for 2027-03-22"],
        {"dispensing": {"beyond_use_date": LAST_DATE - 2 * DAY}},
        {"dispensing": {"beyond_use_date": LAST_DATE}},
    ),
    (
        "approval_of_another_plan",
        "warn",
        ["the approval is of plan K7QF-3MZX, but this order gives plan", "the papers are drafts"],
        {"approval.plan_id": "K7QF-3MZX"},
        {},
    ),
    (
        "lot_expires_too_early",
        "block",
        ["2 pouches are to be taken after lot A-1 expires, on 2027-03-20"],
        {"batch": [{"lot": "A-1", "expires_on": LAST_DATE - 2 * DAY}]},
        {"batch": [{"lot": "A-1", "expires_on": LAST_DATE}]},
    ),
    (
        "lot_expires_too_early",  # a strength is only in some pouches: 20 mg in the first one
        "block",
        ["1 pouch is to be taken after lot T-20 expires"],
        {"batch": [{"strength_mg": 20, "lot": "T-20", "expires_on": FIRST_DATE - DAY}]},
        {"batch": [{"strength_mg": 20, "lot": "T-20", "expires_on": FIRST_DATE}]},
    ),
    (
        "beyond_use_date_after_expiry",
        "block",
        ["the beyond-use date 2027-03-24 is after lot A-1 expires, on 2027-03-23"],
        {
            "batch": [{"lot": "A-1", "expires_on": LAST_DATE + DAY}],
            "dispensing": {"beyond_use_date": LAST_DATE + 2 * DAY},
        },
        {"batch": [{"lot": "A-1", "expires_on": LAST_DATE + DAY}], "dispensing": {"beyond_use_date": LAST_DATE + DAY}},
    ),
    (
        "steep_stop",
        "warn",
        ["stopping from 0.1 mg falls 2.67 points, 3.7 × the mean day; with 0.05 mg units 1.36 points"],
        {},
        {"compounding.increment_mg": Decimal("0.05")},
    ),
    (
        "large_drop",
        "warn",
        ["the largest drop is 5.07 points, on day 2; the warning level is 5 points"],
        {**THREE_DAYS, "taper.end_dose_mg": 10},
        {**THREE_DAYS, "taper.end_dose_mg": Decimal("10.1")},
    ),
    (
        "large_drop",
        "warn",
        ["the largest drop is 12.00 points, at the stop; the warning level is 5 points"],
        {"taper.days": 20, **HALF_MG},  # 3.0 × the mean day: no steep stop
        {"compounding.increment_mg": Decimal("0.1")},
    ),
    (
        "large_drop",
        "warn",
        ["the largest drop is 12.00 points, at the stop"],
        {"taper.days": 20, **HALF_MG},
        STEEP_AT_THE_STOP_ONLY,  # 29.11 points, which the steep stop says
    ),
    (
        "large_drop",
        "warn",
        ["the largest drop before the stop is 9.27 points, on day 18; the warning level is 5 points"],
        {"taper.days": 21, **HALF_MG},  # 3.1 × the mean day: a steep stop
        {"compounding.increment_mg": Decimal("0.2")},  # 5.20 points at the stop, 4.65 before it
    ),
    (
        "mixed_release",
        "warn",
        ["some days' units are modified-release ones and others' are not", "; 7 pouches hold both"],  # those of 15 mg
        released("10", "5", slow=["10"]),
        released("10", "5", slow=["10", "5"]),
    ),
    (
        "mixed_release",
        "warn",
        ["so how fast a dose acts changes; no pouch holds both"],
        {**released("20", "10", slow=["20"]), "compounding.max_units_per_pouch": 1},
        released("20", "10", slow=[]),
    ),
    (
        "small_volumes",
        "warn",
        ["1 pouch holds fewer than 5 steps of the syringe (under 0.5 mL): half a step more or less is over a tenth"],
        {**SOLUTION, "taper.end_dose_mg": Decimal("0.4"), "taper.days": 20},
        {**SOLUTION, "taper.end_dose_mg": Decimal("0.5"), "taper.days": 20},
    ),
    (
        "ends_above_zero",
        "note",
        ["the last pouch is for 2027-03-22, with 0.1 mg", "not part of the plan, and no pouch is made for it"],
        {"taper.end_dose_mg": Decimal("0.1")},
        {"taper.end_dose_mg": 0},
    ),
    (
        "dose_rises",
        "warn",
        ["on day 57 (2027-01-26) the dose rises from 2.6 to 5.9 mg, as the amendment asks"],
        amended({}, "back", 30),
        amended({}, "hold", 30),
    ),
    (
        "no_curve",
        "warn",
        ["no curve is known for exampletine: the steps are in mg", "is not known"],
        NO_CURVE,
        {**NO_CURVE, "medication": own_curve("90", "4")},
    ),
    (
        "strategy_in_mg",
        "note",
        ["asks for linear steps in mg; equal steps in occupancy would have a largest drop of 2.67 points"],
        {"taper.strategy": "linear"},
        {"taper.strategy": "occupancy"},
    ),
    ("strategy_in_mg", "note", ["asks for linear steps in mg"], {"taper.strategy": "linear"}, NO_CURVE),
    (
        "curves_disagree",
        "warn",
        ["curve, citalopram-sorensen-2022-striatum, puts the largest drop of these doses at 6.64 points, at the stop"],
        {"compounding.increment_mg": Decimal("0.2")},
        {"compounding.increment_mg": Decimal("0.1")},
    ),
    (
        "curves_disagree",
        "warn",
        ["citalopram-sorensen-2022-striatum"],
        {"compounding.increment_mg": Decimal("0.2")},
        {"medication": own_curve("80", "4"), "compounding.increment_mg": Decimal("0.2")},
    ),
    (
        "divided_units",
        "note",
        ["pouches hold halves or quarters", "check that the product may be divided and how long a piece keeps"],
        tablets(2),
        tablets(1),
    ),
    (
        "cost_of_limits",
        "note",
        [
            (
                "with the limits: 16 different doses, largest drop 5.83 points, error 1.49; "
                "without them: 80 different doses, 2.67 and 0.43"
            )
        ],
        {"taper.max_different_doses": 16},
        {},
    ),
    (
        "many_doses",
        "note",
        ["41 different doses are to be made; with max_different_doses = 16 the largest drop would be 5.85 points"],
        {"taper.days": 41, "compounding.increment_mg": Decimal("0.001")},
        {"taper.days": 40, "compounding.increment_mg": Decimal("0.001")},
    ),
    (
        "many_doses",
        "note",
        ["80 different doses"],
        {},
        {"taper.max_different_doses": 79},
    ),
    (
        "extrapolated",
        "warn",
        ["2 of 112 days", "outside the 1 to 60 mg studied", "lowest dose 0.9 mg"],
        {"taper.end_dose_mg": Decimal("0.9")},
        {"taper.end_dose_mg": 1},
    ),
    (
        "extrapolated",
        "warn",
        ["1 of 112 days", "outside the 0.1 to 20 mg studied"],
        {**STUDIED, "taper.start_dose_mg": Decimal("20.1"), "taper.end_dose_mg": 10},
        {**STUDIED, "taper.end_dose_mg": 10},
    ),
    (
        "studied_range_not_known",
        "note",
        ["sertraline-sorensen-2022-striatum is not known"],
        drug("sertraline"),
        {},
    ),
    (
        "stuck_at_the_end",
        "warn",
        ["the last 15 pouches all hold 10 mg; more than 14 days on one dose"],
        {**HALF_TO_HALF, "taper.days": 30},
        {**HALF_TO_HALF, "taper.days": 28},
    ),
    (
        "many_units",
        "warn",
        ["more than 6 units (most: 7)"],
        {"compounding": units("1", most=7), "taper.start_dose_mg": 7, "taper.days": 5},
        {"compounding": units("1", most=7), "taper.start_dose_mg": 6, "taper.days": 5},
    ),
    (
        "start_in_past",
        "warn",
        ["the taper starts on 2026-11-24, before these papers of 2026-11-25"],
        {"taper.start_date": ISSUED_ON - DAY},
        {"taper.start_date": ISSUED_ON},
    ),
    (
        "approval_in_future",
        "block",
        ["the approval is dated 2026-11-26, after these papers of 2026-11-25"],
        {"approval.approved_on": ISSUED_ON + DAY},
        {"approval.approved_on": ISSUED_ON},
    ),
    (
        "approval_of_the_order_alone",
        "warn",
        ["stripgen approve"],
        {"pharmacy.approval": "plan"},
        {},
    ),
    (
        "approved_by_another",
        "warn",
        ["approved by another person than its prescriber"],
        {"approval.approved_by": "Dr Examplé"},
        {},
    ),
    ("curve_grade", "note", ["curve of grade C: derived"], {}, drug("vortioxetine")),
    ("curve_grade", "note", ["curve of grade B: a second-hand transcription"], drug("sertraline"), OWN_CURVE),
    ("own_curve", "warn", ["brought its own curve", "not checked its source"], OWN_CURVE, {}),
    (
        "long_half_life",
        "note",
        ["norfluoxetine has a half-life of 96 to 384 h"],
        drug("fluoxetine"),
        {},
    ),
    ("long_half_life", "note", ["vortioxetine has a half-life of 66 h"], drug("vortioxetine"), drug("paroxetine")),
    (
        "long_half_life",
        "note",
        ["desmethylsertraline has a half-life of 62 to 104 h"],
        drug("sertraline"),
        drug("venlafaxine"),
    ),
    (
        "drug_not_in_formulary",
        "warn",
        ["examplinum is not in the formulary: maximum dose, product form and half-life unchecked"],
        OWN_CURVE,
        {**OWN_CURVE, "medication.drug": "citalopram"},
    ),
    (
        "facts_not_known",
        "note",
        ["not confirmed for risperidone", "maximum daily dose, half-life, licensed strengths"],
        drug("risperidone"),
        {},
    ),
    (
        "override_unused",
        "warn",
        ["the order overrides 'above_maximum_dose', but no block of that name was found"],
        {"override": [{"finding": "above_maximum_dose", **OVERRIDE}]},
        {"taper.start_dose_mg": 50, "override": [{"finding": "above_maximum_dose", **OVERRIDE}]},
    ),
]


@pytest.mark.parametrize(("code", "severity", "words", "breaks", "keeps"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_finds_what_breaks_it_and_nothing_less(
    code: str, severity: str, words: list[str], breaks: dict[str, Any], keeps: dict[str, Any]
) -> None:
    finding = found(plan_of(raw_order(breaks)), code)

    assert finding is not None
    assert finding.severity == severity
    message = message_of(finding)
    assert all(word in message for word in words), message
    assert found(plan_of(raw_order(keeps)), code) is None


def test_every_rule_has_a_case() -> None:
    plans = [plan_of(raw_order(case[3])) for case in CASES]

    for rule in RULES:
        assert any(list(rule(plan)) for plan in plans), rule


def test_a_drug_whose_maximum_is_not_known_is_not_said_to_be_below_it() -> None:
    plan = plan_of(raw_order(drug("milnacipran", start_dose_mg=2000)))

    assert found(plan, "above_maximum_dose") is None
    assert "maximum daily dose" in message_about(plan, "facts_not_known")


def test_divided_products_name_three_strengths_and_count_the_rest() -> None:
    raw = raw_order({**drug("duloxetine", start_dose_mg=20, days=6), "compounding.increment_mg": 1})
    message = message_about(plan_of(raw), "gastro_resistant_divided")

    assert re.search(r"\d+, \d+, \d+ … \d+ mg \(\d strengths\) are not licensed strengths", message)


@pytest.mark.parametrize(("n_late", "words"), [(1, "1 pouch is to be taken"), (2, "2 pouches are to be taken")])
def test_pouches_after_the_beyond_use_date_are_counted_in_grammar(n_late: int, words: str) -> None:
    plan = plan_of(raw_order({"dispensing": {"beyond_use_date": LAST_DATE - n_late * DAY}}))

    assert words in message_about(plan, "beyond_use_date_too_early")


def finding_of(plan: Plan, code: str) -> Finding:
    finding = found(plan, code)
    assert finding is not None
    return finding


def message_about(plan: Plan, code: str) -> str:
    return message_of(finding_of(plan, code))


# --- blocks and overrides --------------------------------------------------------------------------------------------

TWO_BLOCKS = {
    **drug("duloxetine", start_dose_mg=130),
    "dispensing": {"beyond_use_date": dt.date(2026, 12, 24)},
}


def test_blocks_come_first_then_warnings_then_notes() -> None:
    severities = [finding.severity for finding in plan_of(raw_order(TWO_BLOCKS)).findings]

    assert severities == sorted(severities, key=["block", "warn", "note"].index)
    assert set(severities) == {"block", "warn", "note"}


def test_an_override_is_attached_to_the_block_it_names_and_to_no_other() -> None:
    raw = raw_order({**TWO_BLOCKS, "override": [{"finding": "above_maximum_dose", **OVERRIDE}]})
    plan = plan_of(raw)
    blocks = {finding.code: finding for finding in plan.findings if finding.severity == "block"}

    assert set(blocks) == {"above_maximum_dose", "gastro_resistant_divided", "beyond_use_date_too_early"}
    overridden = blocks.pop("above_maximum_dose")
    assert overridden.override is not None
    assert (overridden.override.reason, overridden.override.by) == (OVERRIDE["reason"], OVERRIDE["by"])
    assert not overridden.stops
    assert all(finding.override is None and finding.stops for finding in blocks.values())
    assert found(plan, "override_unused") is None


@pytest.mark.parametrize("code", ["steep_stop", "curve_grade", "nonsense"])
def test_what_is_not_a_block_cannot_be_overridden_and_is_said_to_be_unused(code: str) -> None:
    plan = plan_of(raw_order({"override": [{"finding": code, **OVERRIDE}]}))

    assert repr(code) in message_about(plan, "override_unused")
    assert all(finding.override is None for finding in plan.findings)


def test_a_warning_or_note_never_stops() -> None:
    findings = plan_of(raw_order(TWO_BLOCKS)).findings

    assert [finding.stops for finding in findings] == [finding.severity == "block" for finding in findings]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(varied_raw_orders())
def test_findings_are_one_printable_line_each_and_none_is_there_twice(raw: RawOrder) -> None:
    findings = plan_of(raw).findings

    assert all(message.isprintable() and message for message in map(message_of, findings))
    assert len({finding.code for finding in findings}) == len(findings)


# --- what steep_stop promises ----------------------------------------------------------------------------------------

PROMISE = re.compile(r"; with ([\d.]+) mg (units|steps) ([\d.]+) points$")
GENTLEST = re.compile(
    r"; with ([\d.]+) mg (units|steps) ([\d.]+) points( within the limits)?, and with none 3 × or less$"
)
NO_HELP = re.compile(r"; no smaller (units|steps) would make it smaller( within the limits)?$")


def one_two_five() -> Iterator[Decimal]:
    """Yield 1000, 500, 200, 100 … 0.001."""
    for power in range(3, -4, -1):
        yield from (digit * Decimal(10) ** power for digit in ((5, 2, 1) if power < 3 else (1,)))


def with_smallest_unit(raw: RawOrder, unit_mg: Decimal) -> RawOrder | None:
    """Return the order with that unit: as its increment, or next to its strengths; None where that is not valid."""
    if "unit" not in raw["compounding"]:
        finer = changed(raw, {"compounding": {"increment_mg": unit_mg}})
    else:
        finer = changed(raw, {"compounding.unit": [*raw["compounding"]["unit"], {"strength_mg": unit_mg}]})
    try:
        order_of(finer)
    except OrderInvalid:
        return None
    return finer


def smallest_unit_mg(raw: RawOrder) -> Decimal:
    """Return the smallest step between doses, or the smallest unit or piece of one."""
    made: dict[str, Any] = raw["compounding"]
    if "unit" in made:
        return min(Decimal(unit["strength_mg"]) / int(unit.get("divisible_into", 1)) for unit in made["unit"])
    if "solution" in made:
        return Decimal(made["solution"]["mg_per_ml"]) * Decimal(made["solution"]["syringe_step_ml"])
    return Decimal(made["increment_mg"])


def stop_ratio(plan: Plan) -> float:
    assert plan.quality.stop_drop_points is not None
    assert plan.quality.mean_drop_points is not None
    return plan.quality.stop_drop_points / plan.quality.mean_drop_points


def tried_below(raw: RawOrder, smallest_mg: Decimal, most: int | None = None) -> dict[Decimal, Plan]:
    """Return the plans with each unit of the series below, largest first, where the order stays valid.

    Args:
        raw: The order.
        smallest_mg: The smallest unit that it has.
        most: How many of the series to go down, those that do not fit counted; all of it where None.
    """
    series = [unit_mg for unit_mg in one_two_five() if unit_mg < smallest_mg][:most]
    finer = {unit_mg: with_smallest_unit(raw, unit_mg) for unit_mg in series}
    return {unit_mg: plan_of(order) for unit_mg, order in finer.items() if order is not None}


def stop_points(plan: Plan) -> float:
    assert plan.quality.stop_drop_points is not None
    return plan.quality.stop_drop_points


def assert_advice_is_true(raw: RawOrder, most: int | None = None) -> str:
    """Return which advice a steep stop gives, after planning the order again with every unit that could be named."""
    plan = plan_of(raw)
    message = message_about(plan, "steep_stop")
    assert f"falls {stop_points(plan):.2f} points, {stop_ratio(plan):.1f} × the mean day" in message
    name = "steps" if "solution" in raw["compounding"] else "units"
    limits = " within the limits" if plan.order.taper.is_limited else None

    if promise := PROMISE.search(message):
        promised_mg = Decimal(promise[1])
        finer = with_smallest_unit(raw, promised_mg)
        assert finer is not None, "the unit named makes the start dose impossible"
        assert promised_mg < smallest_unit_mg(raw)
        assert promised_mg in set(one_two_five())
        assert stop_ratio(plan_of(finer)) <= 3
        assert (promise[2], promise[3]) == (name, f"{stop_points(plan_of(finer)):.2f}")
        larger = [with_smallest_unit(raw, mg) for mg in one_two_five() if promised_mg < mg < smallest_unit_mg(raw)]
        assert all(stop_ratio(plan_of(raw_larger)) > 3 for raw_larger in filter(None, larger[-3:]))
        return "promise"

    tried = tried_below(raw, smallest_unit_mg(raw), most)
    assert all(stop_ratio(other) > 3 for other in tried.values())
    least = min((stop_points(other) for other in tried.values()), default=stop_points(plan))
    if gentlest := GENTLEST.search(message):
        assert (gentlest[2], gentlest[3], gentlest[4]) == (name, f"{least:.2f}", limits)
        assert stop_points(tried[Decimal(gentlest[1])]) == pytest.approx(least, abs=1e-9)
        assert least < stop_points(plan) - 0.005
        return "gentlest"
    no_help = NO_HELP.search(message)
    assert no_help, message
    assert (no_help[1], no_help[2]) == (name, limits)
    assert least >= stop_points(plan) - 0.005
    return "no help"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"compounding.increment_mg": 1},
        {"compounding.increment_mg": Decimal("2.5")},
        {"compounding": units("10", "5")},
        {"compounding": units("20", "2.5", most=8)},
        {"compounding": units("1", most=30), "taper.days": 500},
        {"taper.first_day": "reduced", "taper.days": 365},
        {**OWN_CURVE, "taper.days": 1000, "compounding.increment_mg": Decimal("0.5")},
        {"compounding": {"solution": {"mg_per_ml": 1, "syringe_step_ml": Decimal("0.5")}}},
        tablets(4),
        {
            "taper.phase": [
                {"kind": "reduce", "to_mg": 5, "days": 40},
                {"kind": "hold", "days": 20},
                {"kind": "reduce", "to_mg": 0, "days": 40},
            ],
            "taper.days": ABSENT,
            "taper.end_dose_mg": ABSENT,
            **HALF_MG,
        },
    ],
    ids=str,
)
def test_the_unit_a_steep_stop_names_brings_it_to_three_times_the_mean_and_no_larger_one_does(
    changes: dict[str, Any],
) -> None:
    assert assert_advice_is_true(raw_order(changes)) == "promise"


def test_a_unit_that_does_not_divide_the_start_dose_may_still_be_added_to_the_strengths() -> None:
    # 37.5 mg stays one unit of 37.5 mg, so a unit of 1 mg can be added, and is enough
    changes = drug("venlafaxine", start_dose_mg=Decimal("37.5"), days=14)

    assert assert_advice_is_true(raw_order({**changes, "compounding": units("37.5", "12.5")})) == "promise"


def test_where_no_strength_can_be_added_it_is_not_said_that_none_would_help() -> None:
    # 15 strengths are the most an order may have; with 0.05 mg in place of one of them the stop is gentle enough
    fifteen = [str(n) for n in range(1, 16)]
    crowded = raw_order({"taper.start_dose_mg": 15, "compounding": units(*fifteen)})
    mended = raw_order({"taper.start_dose_mg": 15, "compounding": units(*fifteen[1:], "0.05")})

    assert stop_ratio(plan_of(mended)) <= 3
    assert message_about(plan_of(crowded), "steep_stop").endswith("; no further strength can be added to 15")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(varied_raw_orders().filter(lambda raw: end_of(raw) == 0))
def test_what_a_steep_stop_promises_holds_for_any_order(raw: RawOrder) -> None:
    plan = plan_of(raw)
    if found(plan, "steep_stop") is None:
        assert plan.curve is None or stop_ratio(plan) <= 3
    else:
        assert stop_ratio(plan) > 3
        assert_advice_is_true(raw)


def test_a_steep_stop_under_limits_is_promised_only_what_holds_under_the_limits() -> None:
    raw = raw_order({"taper.min_days_per_dose": 3, **HALF_MG})
    promise = PROMISE.search(message_about(plan_of(raw), "steep_stop"))
    assert promise is not None

    finer = plan_of(changed(raw, {"compounding.increment_mg": Decimal(promise[1])}))

    assert stop_ratio(finer) <= 3
    assert f"{finer.quality.stop_drop_points:.2f}" == promise[3]


def test_where_three_smaller_units_do_not_help_enough_under_limits_the_gentlest_of_them_is_named() -> None:
    raw = raw_order({"taper.days": 56, "taper.max_different_doses": 10, "taper.min_days_per_dose": 3})

    assert assert_advice_is_true(raw, most=3) == "gentlest"


@pytest.mark.parametrize(
    ("advice", "changes", "most"),
    [
        ("gentlest", STEEP_AT_THE_STOP_ONLY, None),
        ("gentlest", {"medication": own_curve("90", "4", "0.5"), "taper.days": 200}, None),
        ("gentlest", {"medication": own_curve("90", "400", "0.2"), "taper.days": 60}, None),
        ("gentlest", {"taper.strategy": "linear", **HALF_MG}, None),
        ("gentlest", {"taper.min_days_per_dose": 5}, 3),
        ("gentlest", {"taper.max_different_doses": 10}, 3),
        ("no help", {**STEEP_AT_THE_STOP_ONLY, "compounding.increment_mg": Decimal("0.001")}, None),
        ("no help", {"taper.min_days_per_dose": 7}, 3),
        ("no help", {"taper.max_different_doses": 6}, 3),
    ],
    ids=str,
)
def test_where_no_unit_brings_it_to_three_times_the_mean_the_gentlest_tried_is_named_or_none_where_none_helps(
    advice: str, changes: dict[str, Any], most: int | None
) -> None:
    assert assert_advice_is_true(raw_order(changes), most) == advice


def test_a_steep_stop_of_a_proportional_taper_names_the_dose_that_decides_it_and_no_unit() -> None:
    message = message_about(plan_of(raw_order(PROPORTIONAL)), "steep_stop")

    assert message.endswith("; the order's last_dose_mg decides it")
    halved = plan_of(raw_order({**PROPORTIONAL, "taper.last_dose_mg": Decimal("0.5")}))
    finer = plan_of(raw_order({**PROPORTIONAL, "compounding.increment_mg": Decimal("0.05")}))
    assert stop_points(halved) < stop_points(plan_of(raw_order(PROPORTIONAL))) == stop_points(finer)


def test_a_steep_stop_of_an_amended_plan_promises_nothing() -> None:
    message = message_about(plan_of(raw_order(amended(HALF_MG, "hold", 7))), "steep_stop")

    assert message.endswith("what smaller units would change is not computed for an amended plan")


def test_a_steep_stop_says_how_long_the_last_dose_was_taken_when_it_was_long_and_no_other_finding_repeats_it() -> None:
    long = plan_of(raw_order({"compounding": units("10"), "taper.days": 60}))
    n_days = sum(day.dose_mg == 10 for day in long.days)
    short = plan_of(raw_order({"compounding": units("10"), "taper.days": 14}))

    assert f"× the mean day, after {n_days} days on that dose; " in message_about(long, "steep_stop")
    assert "on that dose" not in message_about(short, "steep_stop")
    assert found(long, "stuck_at_the_end") is None
    assert long.quality.max_drop_day == 61
    assert "at the stop" not in message_about(long, "large_drop")


def test_a_large_drop_that_is_not_the_stop_is_told_beside_a_steep_stop() -> None:
    plan = plan_of(raw_order({"taper.max_different_doses": 16, "taper.min_days_per_dose": 3}))

    assert found(plan, "steep_stop") is not None
    assert f"on day {plan.quality.max_drop_day};" in message_about(plan, "large_drop")


def test_days_that_the_order_holds_are_not_called_stuck() -> None:
    phases = [{"kind": "reduce", "to_mg": 10, "days": 10}, {"kind": "hold", "days": 30}]
    raw = raw_order({"taper.phase": phases, "taper.days": ABSENT, "taper.end_dose_mg": ABSENT})

    assert found(plan_of(raw), "stuck_at_the_end") is None


def test_a_taper_that_does_not_stop_has_no_steep_stop() -> None:
    assert found(plan_of(raw_order({"taper.end_dose_mg": Decimal("0.1")})), "steep_stop") is None


def test_an_approval_is_compared_with_the_prescriber_only_when_there_is_one() -> None:
    assert found(plan_of(raw_order({"approval": ABSENT})), "approved_by_another") is None


def test_a_plan_that_only_holds_is_not_said_to_be_no_better_than_linear() -> None:
    ends = {"taper.end_dose_mg": ABSENT, "taper.days": ABSENT}

    plan = plan_of(raw_order({**ends, "taper.phase": [{"kind": "hold", "days": 28}]}))

    assert found(plan, "no_better_than_linear") is None
