"""Phases, limits, strategies, divided units and solutions are read as strictly as the first keys of an order."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from orders import ABSENT, FORMULARY, RawOrder, changed, order_of, own_curve, plan_of, raw_order

from stripgen.errors import OrderInvalid, Problem
from stripgen.planning.intake import read_order

START = {"start_dose_mg": 20, "start_date": dt.date(2026, 12, 1)}
STEPS = {
    "strategy": "proportional",
    "percent_per_step": 10,
    "days_per_step": 7,
    "last_dose_mg": 1,
    "end_dose_mg": 0,
}
DAYS = "whole days from 1 to 1826 (5 years)"
TO_MG = "a number of mg from 0 (stop) to 2000, in steps of 0.001"
MG = "a number of mg from 0.001 to 2000, in steps of 0.001"
POINTS = "a number of points from 0.01 to 100"
PERCENT = "a number from 0.1 to 90 (%)"
MG_PER_ML = "a number of mg/mL from 0.001 to 1000, in steps of 0.001"
STEP_ML = "a number of mL from 0.001 to 10, in steps of 0.001"
NAN = Decimal("nan")


def reduce(to_mg: Any, days: Any = 10, **more: Any) -> dict[str, Any]:
    return {"kind": "reduce", "to_mg": to_mg, "days": days, **more}


def hold(days: Any = 5, **more: Any) -> dict[str, Any]:
    return {"kind": "hold", "days": days, **more}


def phased(*phases: Any, **more: Any) -> RawOrder:
    return raw_order({"taper": {**START, "phase": list(phases), **more}})


def stepped(**keys: Any) -> RawOrder:
    """Return an order of proportional steps; a key that is `ABSENT` is left out."""
    taper = {key: value for key, value in {**START, **STEPS, **keys}.items() if value is not ABSENT}
    return raw_order({"taper": taper})


def made_of(**keys: Any) -> RawOrder:
    """Return an order of 5 mg tablets."""
    return raw_order({"compounding": {"unit": [{"strength_mg": 5, "form": "tablet", **keys}]}})


def measured(**keys: Any) -> RawOrder:
    solution = {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.1"), **keys}
    return raw_order(
        {"compounding": {"solution": {key: value for key, value in solution.items() if value is not ABSENT}}}
    )


def problems_of(raw: Mapping[str, Any]) -> list[str]:
    with pytest.raises(OrderInvalid) as caught:
        read_order(raw, FORMULARY, "order.toml")

    assert caught.value.exit_code == 3
    return [str(problem) for problem in caught.value.problems]


def test_valid_orders_of_every_kind_are_read() -> None:
    """What the tables below break is whole before they break it."""
    for raw in (
        phased(reduce(10), hold(), reduce(0)),
        stepped(),
        stepped(last_dose_mg=ABSENT, end_dose_mg=5),
        made_of(divisible_into=4, max_per_pouch=6, product="P", supplier="S"),
        made_of(modified_release=True),
        measured(),
        raw_order({"taper.min_days_per_dose": 3, "taper.max_different_doses": 30, "taper.max_drop_points": 10}),
    ):
        assert plan_of(raw).days


# --- one fault, one line ---------------------------------------------------------------------------------------------

PHASES = [
    (phased(), "taper.phase: is empty; one phase or more, or end_dose_mg and days"),
    (raw_order({"taper": {**START, "phase": 5}}), "taper.phase: 5 is not a list; write one table (or value) after"),
    (raw_order({"taper": {**START, "phase": "hold"}}), "taper.phase: 'hold' is not a list; write one table"),
    (
        raw_order({"taper": {**START, "phase": reduce(0)}}),
        "taper.phase: is not a list but one table; write it with double brackets, once for each: [[taper.phase]]",
    ),
    (phased(5), "taper.phase[1]: 5 is not a table; write it as a table with keys"),
    (phased({"kind": "hold"}), "taper.phase[1].days: is missing; it must be given"),
    (phased({"days": 5}), "taper.phase[1].kind: is missing; it must be given"),
    (phased({"kind": "reduce", "days": 5}), "taper.phase[1].to_mg: is missing; it must be given"),
    (phased(reduce(0, kind="Hold")), "taper.phase[1].kind: 'Hold' is not allowed; one of 'reduce', 'hold'"),
    (phased(reduce(0, kind=1)), "taper.phase[1].kind: 1 is not allowed; one of 'reduce', 'hold'"),
    (phased(reduce(0, kind=["hold"])), "taper.phase[1].kind: ['hold'] is not allowed; one of 'reduce', 'hold'"),
    (phased(reduce("0")), f"taper.phase[1].to_mg: '0' is text, not a number; write 0 without quotes ({TO_MG})"),
    (phased(reduce(True)), f"taper.phase[1].to_mg: true is not an exact number; {TO_MG}"),
    (phased(reduce(NAN)), f"taper.phase[1].to_mg: NaN is not a finite number; {TO_MG}"),
    (phased(reduce(-1)), f"taper.phase[1].to_mg: -1 is out of range; {TO_MG}"),
    (phased(reduce(2001)), f"taper.phase[1].to_mg: 2001 is out of range; {TO_MG}"),
    (phased(reduce(Decimal("0.0001"))), f"taper.phase[1].to_mg: 0.0001 is finer than 0.001; {TO_MG}"),
    (phased(reduce(10), reduce(0, "10")), f"taper.phase[2].days: '10' is text; {DAYS}"),
    (phased(reduce(0, 0)), f"taper.phase[1].days: 0 is out of range; {DAYS}"),
    (phased(reduce(0, 1827)), f"taper.phase[1].days: 1827 is out of range; {DAYS}"),
    (phased(reduce(0, Decimal("1.5"))), f"taper.phase[1].days: 1.5 is not a whole number; {DAYS}"),
    (phased(hold(True)), f"taper.phase[1].days: true is not a whole number; {DAYS}"),
    (
        phased(reduce(0, dayz=1)),
        "taper.phase[1].dayz: unknown key (did you mean days?); allowed here: kind, to_mg, days",
    ),
    (phased(reduce(20)), "taper.phase[1].to_mg: 20 is not below the dose before; from 0 (stop) to less than 20"),
    (
        phased(reduce(10), hold(), reduce(15)),
        "taper.phase[3].to_mg: 15 is not below the dose before; from 0 (stop) to less than 10",
    ),
    (phased(reduce(0), hold()), "taper.phase[1].to_mg: 0 is stop, and only the last phase can stop; a dose above 0"),
    (phased(reduce(0), reduce(0)), "taper.phase[1].to_mg: 0 is stop, and only the last phase can stop; a dose abo"),
    (phased(hold(to_mg=5)), "taper.phase[1].to_mg: goes with kind = 'reduce' only; a hold keeps the dose reached"),
    (
        phased(reduce(5, 1)),
        "taper.phase[1].days: 1 day cannot be both the start dose and the dose reduced to; 2 or more, or first_day = ",
    ),
    (
        phased(reduce(10, 1000), reduce(0, 827)),
        "taper.phase: the phases take 1,827 days; at most 1,826 (5 years) in all",
    ),
    (phased(reduce(0), days=5), "taper.days: is given together with [[taper.phase]]; the phases say it, leave it out"),
    (phased(reduce(0), end_dose_mg=0), "taper.end_dose_mg: is given together with [[taper.phase]]; the phases say"),
    (
        phased(reduce(Decimal("9.95")), reduce(0)),
        "taper.phase[1].to_mg: 9.95 mg cannot be made from [compounding]; nearest that can: 9.9 and 10 mg",
    ),
]

LIMITS = [
    ("min_days_per_dose", 0, "0 is out of range; whole days from 1 to 366"),
    ("min_days_per_dose", 367, "367 is out of range; whole days from 1 to 366"),
    ("min_days_per_dose", "3", "'3' is text; whole days from 1 to 366"),
    ("min_days_per_dose", True, "true is not a whole number; whole days from 1 to 366"),
    ("min_days_per_dose", Decimal("1.5"), "1.5 is not a whole number; whole days from 1 to 366"),
    ("max_different_doses", 0, "0 is out of range; a whole number from 1 to 1826"),
    ("max_different_doses", 1827, "1827 is out of range; a whole number from 1 to 1826"),
    ("max_different_doses", "x", "'x' is text; a whole number from 1 to 1826"),
    ("max_different_doses", False, "false is not a whole number; a whole number from 1 to 1826"),
    ("max_different_doses", [4], "[4] is not a whole number; a whole number from 1 to 1826"),
    ("max_drop_points", 0, f"0 is out of range; {POINTS}"),
    ("max_drop_points", Decimal("0.009"), f"0.009 is out of range; {POINTS}"),
    ("max_drop_points", 101, f"101 is out of range; {POINTS}"),
    ("max_drop_points", "5", f"'5' is text, not a number; write 5 without quotes ({POINTS})"),
    ("max_drop_points", True, f"true is not an exact number; {POINTS}"),
    ("max_drop_points", 5.0, f"5.0 is not an exact number; {POINTS}"),
    ("max_drop_points", NAN, f"NaN is not a finite number; {POINTS}"),
    ("max_drops_points", 5, "unknown key (did you mean max_drop_points?); allowed here: start_dose_mg, end_dose_mg"),
    ("strategy", "Linear", "'Linear' is not allowed; one of 'occupancy', 'linear', 'proportional'"),
    ("strategy", 1, "1 is not allowed; one of 'occupancy', 'linear', 'proportional'"),
    ("percent_per_step", 10, "goes with strategy = 'proportional' only; leave it out"),
    ("days_per_step", 7, "goes with strategy = 'proportional' only; leave it out"),
    ("last_dose_mg", 1, "goes with strategy = 'proportional' only; leave it out"),
]

STEPPED = [
    (stepped(percent_per_step=ABSENT), "taper.percent_per_step: is missing; it must be given"),
    (stepped(days_per_step=ABSENT), "taper.days_per_step: is missing; it must be given"),
    (stepped(end_dose_mg=ABSENT), "taper.end_dose_mg: is missing; it must be given"),
    (stepped(last_dose_mg=ABSENT), "taper.last_dose_mg: is missing; a percentage never reaches 0, so say from which"),
    (stepped(percent_per_step=0), f"taper.percent_per_step: 0 is out of range; {PERCENT}"),
    (stepped(percent_per_step=91), f"taper.percent_per_step: 91 is out of range; {PERCENT}"),
    (stepped(percent_per_step="10"), "taper.percent_per_step: '10' is text, not a number; write 10 without quotes"),
    (stepped(percent_per_step="10 %"), "taper.percent_per_step: '10 %' is text, not a number; write a number without"),
    (stepped(percent_per_step=True), f"taper.percent_per_step: true is not an exact number; {PERCENT}"),
    (stepped(days_per_step=0), f"taper.days_per_step: 0 is out of range; {DAYS}"),
    (stepped(days_per_step=Decimal("1.5")), f"taper.days_per_step: 1.5 is not a whole number; {DAYS}"),
    (stepped(days_per_step="7"), f"taper.days_per_step: '7' is text; {DAYS}"),
    (stepped(last_dose_mg=0), f"taper.last_dose_mg: 0 is out of range; {MG}"),
    (stepped(last_dose_mg=20), "taper.last_dose_mg: 20 is out of range; above 0 to less than 20"),
    (stepped(end_dose_mg=5), "taper.last_dose_mg: 1 is out of range; from 5 to less than 20"),
    (stepped(last_dose_mg=Decimal("0.55")), "taper.last_dose_mg: 0.55 mg cannot be made from [compounding]; nearest "),
    (stepped(end_dose_mg=20, last_dose_mg=ABSENT), "taper.end_dose_mg: 20 is not below the start dose; from 0 (stop)"),
    (stepped(days=209), "taper.days: 209 is not what the steps come to; leave it out, or 210"),
    (stepped(days="210"), f"taper.days: '210' is text; {DAYS}"),
    (stepped(days_per_step=70), "taper.percent_per_step: the steps take 2,100 days; at most 1,826 (5 years): larger "),
    (stepped(phase=[reduce(0)]), "taper.phase: goes with strategy = 'occupancy' or 'linear' only; leave it out"),
]

UNITS: list[tuple[dict[str, Any], str]] = [
    ({"divisible_into": 3}, "divisible_into: 3 is not allowed; one of 1, 2, 4"),
    ({"divisible_into": 0}, "divisible_into: 0 is not allowed; one of 1, 2, 4"),
    ({"divisible_into": "2"}, "divisible_into: '2' is not allowed; one of 1, 2, 4"),
    ({"divisible_into": True}, "divisible_into: true is not allowed; one of 1, 2, 4"),
    ({"divisible_into": Decimal(2)}, "divisible_into: 2 is not allowed; one of 1, 2, 4"),
    (
        {"divisible_into": 2, "form": "capsule"},
        "divisible_into: a capsule cannot be divided; only a tablet, orodispersible tablet or film can",
    ),
    ({"divisible_into": 4, "form": "sachet"}, "divisible_into: a sachet cannot be divided; only a tablet, orodisper"),
    (
        {"divisible_into": 2, "modified_release": True},
        "divisible_into: a modified-release unit must stay whole; leave one of the two out",
    ),
    ({"divisible_into": 4, "strength_mg": Decimal("0.002")}, "divisible_into: a quarter of 0.002 mg is finer than"),
    ({"divisble_into": 2}, "divisble_into: unknown key (did you mean divisible_into?); allowed here: strength_mg, fo"),
    ({"modified_release": "yes"}, "modified_release: 'yes' is not allowed; true or false, without quotes"),
    ({"modified_release": 1}, "modified_release: 1 is not allowed; true or false, without quotes"),
    ({"max_per_pouch": 0}, "max_per_pouch: 0 is out of range; a whole number from 1 to 30"),
    ({"max_per_pouch": 31}, "max_per_pouch: 31 is out of range; a whole number from 1 to 30"),
    ({"max_per_pouch": "2"}, "max_per_pouch: '2' is text; a whole number from 1 to 30"),
    ({"max_per_pouch": True}, "max_per_pouch: true is not a whole number; a whole number from 1 to 30"),
    ({"max_per_pouch": 7}, "max_per_pouch: 7 is more than a pouch may hold; from 1 to 6 (max_units_per_pouch)"),
    ({"product": 5}, "product: 5 is not text; write it in quotes"),
    ({"product": " "}, "product: is empty; leave it out, or write 1 character or more"),
    ({"supplier": "x" * 121}, "supplier: 'xxx"),
    ({"supplier": "a\nb"}, "supplier: has the character U+000A, which cannot be printed; letters, digits and signs on"),
]

SOLUTIONS: list[tuple[dict[str, Any], str]] = [
    ({"mg_per_ml": ABSENT}, "mg_per_ml: is missing; it must be given"),
    ({"syringe_step_ml": ABSENT}, "syringe_step_ml: is missing; it must be given"),
    ({"mg_per_ml": 0}, f"mg_per_ml: 0 is out of range; {MG_PER_ML}"),
    ({"mg_per_ml": 1001}, f"mg_per_ml: 1001 is out of range; {MG_PER_ML}"),
    ({"mg_per_ml": "2"}, f"mg_per_ml: '2' is text, not a number; write 2 without quotes ({MG_PER_ML})"),
    ({"mg_per_ml": True}, f"mg_per_ml: true is not an exact number; {MG_PER_ML}"),
    ({"mg_per_ml": Decimal("1.0001")}, f"mg_per_ml: 1.0001 is finer than 0.001; {MG_PER_ML}"),
    ({"syringe_step_ml": 0}, f"syringe_step_ml: 0 is out of range; {STEP_ML}"),
    ({"syringe_step_ml": 11}, f"syringe_step_ml: 11 is out of range; {STEP_ML}"),
    ({"syringe_step_ml": "0,1"}, f"syringe_step_ml: '0,1' is text, not a number; write 0.1 without quotes ({STEP_ML})"),
    (
        {"mg_per_ml": Decimal("0.5"), "syringe_step_ml": Decimal("0.001")},
        "syringe_step_ml: a step holds 0.0005 mg, which is finer than 0.001 mg; a step that holds whole 0.001 mg",
    ),
    ({"step": 1}, "step: unknown key; allowed here: mg_per_ml, syringe_step_ml"),
]

WAYS = [
    (
        {"increment_mg": 1, "solution": {"mg_per_ml": 1, "syringe_step_ml": 1}},
        "compounding: has both increment_mg and [compounding.solution]; give one of the two",
    ),
    (
        {"increment_mg": 1, "unit": [{"strength_mg": 20}], "solution": {"mg_per_ml": 1, "syringe_step_ml": 1}},
        "compounding: has increment_mg, [[compounding.unit]], [compounding.solution]; give one of the three",
    ),
    (
        {"solution": {"mg_per_ml": 1, "syringe_step_ml": 1}, "max_units_per_pouch": 3},
        "compounding.max_units_per_pouch: goes with [[compounding.unit]] only; leave it out",
    ),
    ({"solution": 5}, "compounding.solution: 5 is not a table; write it as a table with keys"),
    ({"solution": [{"mg_per_ml": 1}]}, "compounding.solution: [{'mg_per_ml': 1}] is not a table; write it as a table"),
    (
        {"unit": {"strength_mg": 20}},
        "compounding.unit: is not a list but one table; write it with double brackets, once",
    ),
    (
        {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.3")}},
        "taper.start_dose_mg: 20 mg cannot be made from [compounding]; nearest that can: 19.8 and 20.4 mg",
    ),
    (
        {"unit": [{"strength_mg": 5, "max_per_pouch": 3}]},
        "taper.start_dose_mg: 20 mg cannot be made from [compounding]; nearest that can: 15 mg",
    ),
]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        *PHASES,
        *((raw_order({f"taper.{key}": value}), f"taper.{key}: {words}") for key, value, words in LIMITS),
        *STEPPED,
        *((made_of(**keys), f"compounding.unit[1].{words}") for keys, words in UNITS),
        *((measured(**keys), f"compounding.solution.{words}") for keys, words in SOLUTIONS),
        *((raw_order({"compounding": table}), line) for table, line in WAYS),
    ],
    ids=lambda value: value[:70] if isinstance(value, str) else "",
)
def test_one_fault_is_one_line_that_names_its_place_and_what_is_allowed(raw: RawOrder, line: str) -> None:
    problems = problems_of(raw)

    assert len(problems) == 1
    assert problems[0].startswith(line)


def test_a_limit_on_points_needs_a_curve() -> None:
    no_curve = {"medication": {"drug": "nocurvinum"}, "taper.strategy": "linear", "taper.max_drop_points": 5}

    (problem,) = problems_of(raw_order(no_curve))

    assert problem.startswith(
        "taper.max_drop_points: counts points of occupancy, and nocurvinum has no curve; leave it out"
    )
    assert plan_of(raw_order({**no_curve, "medication": own_curve("90", "4")})).curve


def test_a_drug_without_a_curve_is_told_which_strategies_need_none() -> None:
    (problem,) = problems_of(raw_order({"medication.drug": "nocurvinum"}))

    assert problem.startswith("medication.drug: 'nocurvinum' is not in the formulary; citalopram, ")
    assert problem.endswith("or bring a custom_curve, or taper.strategy = 'linear' or 'proportional'")
    assert order_of(raw_order({"medication.drug": "nocurvinum", "taper.strategy": "linear"}))


# --- several faults --------------------------------------------------------------------------------------------------


def test_every_problem_of_a_file_is_told_at_once() -> None:
    raw = phased(reduce(Decimal("9.95")), reduce(15), hold(to_mg=1), reduce(0), hold())
    raw = changed(
        raw,
        {
            "taper.min_days_per_dose": 0,
            "taper.percent_per_step": 5,
            "taper.days": 10,
            "patient.name": "",
            "medication.drug": "citalopran",
        },
    )

    places = [problem.partition(": ")[0] for problem in problems_of(raw)]

    assert sorted(places) == sorted(
        [
            "patient.name",
            "taper.min_days_per_dose",
            "medication.drug",
            "taper.percent_per_step",
            "taper.days",
            "taper.phase[1].to_mg",
            "taper.phase[2].to_mg",
            "taper.phase[3].to_mg",
            "taper.phase[4].to_mg",
        ]
    )


def test_every_problem_of_several_units_is_told_at_its_own_unit() -> None:
    units = [
        {"strength_mg": 10, "divisible_into": 2},
        {"strength_mg": 5, "form": "tablet", "divisible_into": 2, "modified_release": True, "max_per_pouch": 9},
        {"strength_mg": 10},
    ]

    assert [problem.partition(": ")[0] for problem in problems_of(raw_order({"compounding": {"unit": units}}))] == [
        "compounding.unit[1].divisible_into",
        "compounding.unit[2].divisible_into",
        "compounding.unit[2].max_per_pouch",
        "compounding.unit[3].strength_mg",
    ]


@pytest.mark.parametrize(
    "phases",
    [
        [reduce(10, "x"), reduce(30), hold(to_mg=3)],
        [reduce("ten"), reduce(15), reduce(0)],
        [reduce(0), hold("x")],
        [{"kind": "stop"}, reduce(99)],
    ],
)
def test_a_phase_that_cannot_be_read_gives_no_complaint_that_may_follow_from_it(phases: list[dict[str, Any]]) -> None:
    problems = problems_of(phased(*phases))

    unread = [n for n, phase in enumerate(phases, start=1) if phase["kind"] == "stop" or has_text(phase)]
    assert {problem.partition(".phase[")[2].partition("]")[0] for problem in problems} == set(map(str, unread))


def has_text(phase: dict[str, Any]) -> bool:
    return any(isinstance(value, str) for key, value in phase.items() if key != "kind")


@pytest.mark.parametrize("key", ["strategy", "percent_per_step", "days_per_step", "last_dose_mg", "end_dose_mg"])
def test_a_step_that_cannot_be_read_gives_one_complaint(key: str) -> None:
    assert [problem.partition(": ")[0] for problem in problems_of(stepped(**{key: "?"}))] == [f"taper.{key}"]


def test_units_that_cannot_be_read_give_no_dose_that_cannot_be_made() -> None:
    units = [{"strength_mg": 20, "divisible_into": 3}]

    assert [p.partition(": ")[0] for p in problems_of(raw_order({"compounding": {"unit": units}}))] == [
        "compounding.unit[1].divisible_into"
    ]


def test_an_amendment_written_by_hand_is_refused_by_its_missing_keys() -> None:
    problems = problems_of(raw_order({"amendment": {"version": 1}}))

    assert problems[0] == "amendment.version: 1 is out of range; a whole number from 2 to 999"
    assert "amendment.kept: is missing; it must be given" in problems


def test_problems_are_one_line_each_with_their_file() -> None:
    with pytest.raises(OrderInvalid) as caught:
        read_order(phased(reduce(0), hold("x\ny")), FORMULARY, "order.toml")

    assert caught.value.problems == (Problem("taper.phase[2].days", f"'x\\ny' is text; {DAYS}"),)
    assert caught.value.lines() == [f"order.toml: taper.phase[2].days: 'x\\ny' is text; {DAYS}"]
