"""What is wrong in an order is said at its place, in words that tell what is allowed, and all at once."""

import datetime as dt
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from orders import (
    ABSENT,
    FORMULARY,
    RawOrder,
    changed,
    order_of,
    own_curve,
    plan_of,
    random_raw_order,
    random_varied_raw_order,
    raw_order,
    units,
)

from stripgen.domain.amendment import Amendment
from stripgen.domain.order import Compounding, Order, Phase, Solution, Taper, UnitStrength
from stripgen.errors import NoFeasiblePlan, OrderInvalid, OrderUnreadable, Problem
from stripgen.files import load_order_file
from stripgen.planning.intake import read_order

NAN, INFINITY = Decimal("nan"), Decimal("inf")
RIGHT_TO_LEFT = "\u202e"
DOSE_RULE = "a number of mg from 0.001 to 2000, in steps of 0.001"
DATE_RULE = "a date from 2020-01-01 to 2099-12-31"


def problems_of(raw: Any) -> tuple[Problem, ...]:
    """Return the problems of a raw order that must have some; each reads as one line and names its file."""
    with pytest.raises(OrderInvalid) as caught:
        read_order(raw, FORMULARY, "order.toml")

    assert caught.value.exit_code == 3
    assert all(line.startswith("order.toml: ") for line in caught.value.lines())
    return caught.value.problems


def says(problems: tuple[Problem, ...], where: str, *words: str) -> bool:
    """Return whether one of the problems stands there and has all these words."""
    return any(problem.where == where and all(word in problem.what for word in words) for problem in problems)


def test_a_complete_order_is_read() -> None:
    order = order_of(raw_order())

    assert order.patient.birth_date == dt.date(1981, 5, 12)
    assert order.taper.start_dose_mg == 20
    assert order.taper.days_per_strip == 28
    assert order.taper.days == 112
    assert order.taper.final_dose_mg == 0


def test_the_shortest_order_is_read_as_a_draft() -> None:
    raw = raw_order(dict.fromkeys(("patient", "prescriber", "approval", "pharmacy"), ABSENT))

    assert plan_of(raw).status == "draft"


def test_a_decomposed_name_is_read_as_the_same_name() -> None:
    decomposed = unicodedata.normalize("NFD", "Zoë Ångström")
    composed = unicodedata.normalize("NFC", decomposed)

    assert decomposed != composed
    assert order_of(raw_order({"patient.name": f"  {decomposed} "})).patient.name == composed


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Ánh", "Łukasz Żółć", "Ελένη", "Анна", "O'Brien-Sørensen", "李小龍", "مريم"]
)
def test_names_of_any_script_are_read_unchanged(name: str) -> None:
    assert order_of(raw_order({"patient.name": name})).patient.name == name


# --- one fault at a time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        # unknown keys
        ({"taper.dayz": 5}, "taper.dayz", ["unknown key (did you mean days?)", "allowed here: start_dose_mg"]),
        ({"patiant": {}}, "patiant", ["unknown key (did you mean patient?)", "schema, patient, prescriber"]),
        ({"patient.naem": "x"}, "patient.naem", ["did you mean name?", "name, birth_date, identifier"]),
        ({"taper.qqq": 1}, "taper.qqq", ["unknown key; allowed here"]),
        ({"schema_version": 1}, "schema_version", ["unknown key", "schema"]),
        (
            {"compounding": {"unit": [{"strength_mg": 10}, {"strenght_mg": 5, "strength_mg": 5}]}},
            "compounding.unit[2].strenght_mg",
            ["did you mean strength_mg?", "strength_mg, form"],
        ),
        (
            {"medication": {**own_curve("90", "4"), "curve_": 1}},
            "medication.curve_",
            ["did you mean curve?", "drug, curve, custom_curve"],
        ),
        # numbers that are not exact numbers
        ({"taper.start_dose_mg": "20"}, "taper.start_dose_mg", ["'20' is text", "write 20 without quotes", DOSE_RULE]),
        ({"taper.start_dose_mg": "12,5"}, "taper.start_dose_mg", ["'12,5' is text", "write 12.5 without quotes"]),
        ({"taper.start_dose_mg": "20 mg"}, "taper.start_dose_mg", ["'20 mg' is text", "write a number without quotes"]),
        ({"taper.start_dose_mg": "1e9999999999999999999"}, "taper.start_dose_mg", ["write a number without quotes"]),
        ({"taper.start_dose_mg": ""}, "taper.start_dose_mg", ["'' is text, not a number"]),
        ({"taper.start_dose_mg": True}, "taper.start_dose_mg", ["true is not an exact number", DOSE_RULE]),
        ({"taper.start_dose_mg": 20.0}, "taper.start_dose_mg", ["20.0 is not an exact number", DOSE_RULE]),
        ({"taper.start_dose_mg": [20]}, "taper.start_dose_mg", ["[20] is not an exact number", DOSE_RULE]),
        ({"taper.start_dose_mg": {"mg": 20}}, "taper.start_dose_mg", ["is not an exact number", DOSE_RULE]),
        ({"taper.start_dose_mg": dt.date(2026, 1, 1)}, "taper.start_dose_mg", ["2026-01-01 is not an exact number"]),
        ({"taper.start_dose_mg": NAN}, "taper.start_dose_mg", ["NaN is not a finite number", DOSE_RULE]),
        ({"taper.start_dose_mg": INFINITY}, "taper.start_dose_mg", ["Infinity is not a finite number", DOSE_RULE]),
        ({"taper.start_dose_mg": -INFINITY}, "taper.start_dose_mg", ["-Infinity is not a finite number", DOSE_RULE]),
        ({"taper.end_dose_mg": NAN}, "taper.end_dose_mg", ["NaN is not a finite number", "from 0 (stop) to 2000"]),
        ({"compounding.increment_mg": NAN}, "compounding.increment_mg", ["NaN is not a finite number", DOSE_RULE]),
        ({"taper.days": NAN}, "taper.days", ["NaN is not a whole number", "whole days from 1 to 1826"]),
        # numbers out of range
        ({"taper.start_dose_mg": 0}, "taper.start_dose_mg", ["0 is out of range", DOSE_RULE]),
        ({"taper.start_dose_mg": -20}, "taper.start_dose_mg", ["-20 is out of range", DOSE_RULE]),
        ({"taper.start_dose_mg": Decimal("2000.001")}, "taper.start_dose_mg", ["2000.001 is out of range"]),
        ({"taper.start_dose_mg": Decimal("1E+999999")}, "taper.start_dose_mg", ["1E+999999 is out of range"]),
        ({"taper.start_dose_mg": Decimal("1E-999999")}, "taper.start_dose_mg", ["1E-999999 is out of range"]),
        ({"taper.start_dose_mg": 10**100}, "taper.start_dose_mg", ["(101 characters) is out of range"]),
        (
            {"taper.start_dose_mg": Decimal("20.0001")},
            "taper.start_dose_mg",
            ["20.0001 is finer than 0.001", DOSE_RULE],
        ),
        ({"taper.end_dose_mg": Decimal("-0.1")}, "taper.end_dose_mg", ["-0.1 is out of range"]),
        ({"taper.end_dose_mg": Decimal("0.0001")}, "taper.end_dose_mg", ["0.0001 is finer than 0.001"]),
        ({"compounding.increment_mg": 0}, "compounding.increment_mg", ["0 is out of range", DOSE_RULE]),
        ({"compounding.increment_mg": Decimal("0.0005")}, "compounding.increment_mg", ["0.0005 is out of range"]),
        ({"compounding.increment_mg": Decimal("0.0015")}, "compounding.increment_mg", ["0.0015 is finer than 0.001"]),
        ({"taper.days": 0}, "taper.days", ["0 is out of range; whole days from 1 to 1826 (5 years)"]),
        ({"taper.days": -7}, "taper.days", ["-7 is out of range"]),
        ({"taper.days": 4000}, "taper.days", ["4000 is out of range; whole days from 1 to 1826 (5 years)"]),
        ({"taper.days": Decimal("112.0")}, "taper.days", ["112.0 is not a whole number"]),
        ({"taper.days": "112"}, "taper.days", ["'112' is text; whole days from 1 to 1826"]),
        ({"taper.days": True}, "taper.days", ["true is not a whole number"]),
        ({"taper.days_per_strip": 29}, "taper.days_per_strip", ["29 is out of range; whole days from 1 to 28"]),
        ({"compounding": units("20", most=31)}, "compounding.max_units_per_pouch", ["31 is out of range", "1 to 30"]),
        ({"compounding": units("20", most=0)}, "compounding.max_units_per_pouch", ["0 is out of range", "1 to 30"]),
        ({"schema": 2}, "schema", ["2 is out of range; schema = 1, the only one there is"]),
        ({"schema": "1"}, "schema", ["'1' is text; schema = 1"]),
        ({"schema": True}, "schema", ["true is not a whole number; schema = 1"]),
        # dates
        ({"taper.start_date": "2026-12-01"}, "taper.start_date", ["'2026-12-01' is not a date", "without quotes"]),
        ({"taper.start_date": dt.datetime(2026, 12, 1, 8)}, "taper.start_date", ["is not a date", "a clock time"]),  # noqa: DTZ001
        ({"taper.start_date": dt.time(8)}, "taper.start_date", ["08:00:00 is not a date", DATE_RULE]),
        ({"taper.start_date": 20261201}, "taper.start_date", ["20261201 is not a date", DATE_RULE]),
        ({"taper.start_date": dt.date(1926, 12, 1)}, "taper.start_date", ["1926-12-01 is out of range", DATE_RULE]),
        ({"taper.start_date": dt.date(2016, 12, 1)}, "taper.start_date", ["2016-12-01 is out of range", DATE_RULE]),
        ({"taper.start_date": dt.date(2100, 1, 1)}, "taper.start_date", ["2100-01-01 is out of range", DATE_RULE]),
        (
            {"patient.birth_date": dt.date(1899, 12, 31)},
            "patient.birth_date",
            ["there is out of range", "from 1900-01-01"],
        ),
        ({"patient.birth_date": dt.date(2026, 12, 2)}, "patient.birth_date", ["after the taper", "up to 2026-12-01"]),
        # texts
        ({"patient.name": "N" * 10_000}, "patient.name", ["what stands there is too long; 120 characters at most"]),
        ({"prescriber.name": "N" * 10_000}, "prescriber.name", ["(10000 characters) is too long; 120 characters"]),
        ({"patient.name": "N" * 121}, "patient.name", ["too long"]),
        ({"patient.name": "Example\nPatient"}, "patient.name", ["U+000A", "cannot be printed"]),
        ({"patient.name": "Example\tPatient"}, "patient.name", ["U+0009", "cannot be printed"]),
        ({"patient.name": "Example\x00Patient"}, "patient.name", ["U+0000", "cannot be printed"]),
        ({"patient.name": "Example\x7fPatient"}, "patient.name", ["U+007F", "cannot be printed"]),
        ({"patient.name": "Example\x1b[2JPatient"}, "patient.name", ["U+001B", "cannot be printed"]),
        ({"patient.name": f"Example{RIGHT_TO_LEFT}Patient"}, "patient.name", ["U+202E", "cannot be printed"]),
        ({"patient.name": "Example\u2028Patient"}, "patient.name", ["U+2028", "cannot be printed"]),
        ({"patient.name": "Example\u2067Patient"}, "patient.name", ["U+2067", "cannot be printed"]),
        ({"patient.name": "   "}, "patient.name", ["is empty"]),
        ({"patient.name": 5}, "patient.name", ["what stands there is not text; write it in quotes"]),
        ({"prescriber.name": 5}, "prescriber.name", ["5 is not text; write it in quotes"]),
        ({"patient.name": ["A", "B"]}, "patient.name", ["what stands there is not text"]),
        ({"prescriber.name": ["A", "B"]}, "prescriber.name", ["['A', 'B'] is not text"]),
        ({"pharmacy.address": "1 Street\nTown"}, "pharmacy.address", ["U+000A"]),
        ({"approval.reference": f"RX{RIGHT_TO_LEFT}1"}, "approval.reference", ["U+202E"]),
        ({"dispensing": {"lot": "L\n1"}}, "dispensing.lot", ["U+000A"]),
        # words to choose from
        ({"taper.first_day": "Start"}, "taper.first_day", ["'Start' is not allowed; one of 'start', 'reduced'"]),
        ({"taper.first_day": 1}, "taper.first_day", ["1 is not allowed"]),
        (
            {"taper.strategy": "hyperbolic"},
            "taper.strategy",
            ["'hyperbolic' is not allowed; one of 'occupancy', 'linear', 'proportional'"],
        ),
        ({"compounding": units("20", form="pill")}, "compounding.unit[1].form", ["'pill' is not allowed", "'sachet'"]),
        # shapes
        ({"taper": 5}, "taper", ["5 is not a table"]),
        ({"patient": "Example"}, "patient", ["what stands there is not a table"]),
        ({"prescriber": "Example"}, "prescriber", ["'Example' is not a table"]),
        ({"taper": [{"days": 5}]}, "taper", ["is not a table"]),
        ({"compounding": {"unit": 5}}, "compounding.unit", ["5 is not a list"]),
        ({"compounding": {"unit": {"strength_mg": 5}}}, "compounding.unit", ["is not a list"]),
        ({"compounding": {"unit": [5]}}, "compounding.unit[1]", ["5 is not a table"]),
        ({"override": "x"}, "override", ["'x' is not a list"]),
        # missing
        ({"schema": ABSENT}, "schema", ["is missing"]),
        ({"taper": ABSENT}, "taper", ["is missing"]),
        ({"medication": ABSENT}, "medication", ["is missing"]),
        ({"compounding": ABSENT}, "compounding", ["is missing"]),
        ({"taper.start_dose_mg": ABSENT}, "taper.start_dose_mg", ["is missing"]),
        ({"taper.end_dose_mg": ABSENT}, "taper.end_dose_mg", ["is missing"]),
        ({"taper.days": ABSENT}, "taper.days", ["is missing"]),
        ({"taper.start_date": ABSENT}, "taper.start_date", ["is missing"]),
        ({"medication.drug": ABSENT}, "medication.drug", ["is missing"]),
        ({"approval.reference": ABSENT}, "approval.reference", ["is missing"]),
        ({"override": [{"finding": "x"}]}, "override[1].reason", ["is missing"]),
        # start and end
        ({"taper.end_dose_mg": 20}, "taper.end_dose_mg", ["20 is not below the start dose", "to less than 20"]),
        ({"taper.end_dose_mg": 30}, "taper.end_dose_mg", ["30 is not below the start dose; from 0 (stop)"]),
        ({"taper.days": 1, "taper.end_dose_mg": 10}, "taper.days", ["both the start and the end", "2 or more"]),
        # what can be made
        ({"taper.start_dose_mg": Decimal("20.05")}, "taper.start_dose_mg", ["20.05 mg cannot", "20 and 20.1 mg"]),
        ({"taper.end_dose_mg": Decimal("0.05")}, "taper.end_dose_mg", ["0.05 mg cannot be made", "can: 0.1 mg"]),
        ({"taper.end_dose_mg": Decimal("0.15")}, "taper.end_dose_mg", ["0.15 mg cannot be made", "0.1 and 0.2 mg"]),
        ({"compounding.increment_mg": 30}, "taper.start_dose_mg", ["20 mg cannot be made", "nearest that can: 30 mg"]),
        (
            {"compounding": units("7.5", "5", most=2)},
            "taper.start_dose_mg",
            ["20 mg cannot", "nearest that can: 15 mg"],
        ),
        ({"compounding": units("15", "4", most=2)}, "taper.start_dose_mg", ["20 mg cannot", "19 and 30 mg"]),
        (
            {"compounding": units("10", "1", most=2), "taper.end_dose_mg": 5},
            "taper.end_dose_mg",
            ["5 mg cannot be made", "nearest that can: 2 and 10 mg"],
        ),
        ({"compounding": {"unit": []}}, "compounding.unit", ["has 0 strengths; 1 to 15"]),
        (
            {"compounding": units(*(str(n) for n in range(1, 17)))},
            "compounding.unit",
            ["has 16 strengths; 1 to 15"],
        ),
        ({"compounding": units("10", "5", "10.0")}, "compounding.unit[3].strength_mg", ["10 is there twice"]),
        (
            {"compounding": {**units("10"), "increment_mg": 1}},
            "compounding",
            ["both increment_mg and", "one of the two"],
        ),
        ({"compounding": {}}, "compounding", ["says not what can be made", "give increment_mg"]),
        ({"compounding": {"max_units_per_pouch": 6}}, "compounding", ["says not what can be made"]),
        ({"compounding.max_units_per_pouch": 6}, "compounding.max_units_per_pouch", ["with [[compounding.unit]] only"]),
        # drug and curve
        ({"medication.drug": "citalopran"}, "medication.drug", ["not in the formulary (did you mean citalopram?)"]),
        ({"medication.drug": "Citalopram"}, "medication.drug", ["(did you mean citalopram?)", "custom_curve"]),
        ({"medication.drug": "aspirin"}, "medication.drug", ["'aspirin' is not in the formulary", "clozapine"]),
        (
            {"medication.curve": "sertraline-sorensen-2022-striatum"},
            "medication.curve",
            [
                "is not a curve of citalopram",
                "citalopram-article (striatum",
                "citalopram-horowitz-taylor-2019 (region not",
            ],
        ),
        (
            {"medication.curve": "x"},
            "medication.curve",
            ["'x' is not a curve of citalopram; one of citalopram-article"],
        ),
        (
            {"medication": {**own_curve("90", "4"), "curve": "citalopram-article"}},
            "medication.curve",
            ["together with medication.custom_curve; give one of the two"],
        ),
        ({"medication.custom_curve": {}}, "medication.custom_curve.source", ["is missing"]),
        ({"medication.custom_curve": 5}, "medication.custom_curve", ["5 is not a table"]),
    ],
    ids=str,
)
def test_a_fault_is_reported_at_its_place_with_what_is_allowed(
    changes: dict[str, Any], where: str, words: list[str]
) -> None:
    problems = problems_of(raw_order(changes))

    assert says(problems, where, *words), problems


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("source", ABSENT, "is missing"),
        ("target", ABSENT, "is missing"),
        ("emax_percent", ABSENT, "is missing"),
        ("ed50_mg", ABSENT, "is missing"),
        ("source", "", "is empty"),
        ("emax_percent", Decimal("0.936"), "a number from 1 to 110 (%)"),
        ("emax_percent", 111, "a number from 1 to 110 (%)"),
        ("emax_percent", NAN, "NaN is not a finite number"),
        ("ed50_mg", 0, "a number of mg from 0.001 to 10000"),
        ("ed50_mg", Decimal("-3.4"), "a number of mg from 0.001 to 10000"),
        ("ed50_mg", NAN, "NaN is not a finite number"),
        ("hill", Decimal("0.1"), "a number from 0.2 to 5"),
        ("hill", 6, "a number from 0.2 to 5"),
        ("hill", INFINITY, "Infinity is not a finite number"),
        ("hill", -INFINITY, "-Infinity is not a finite number"),
        ("studied_mg", [60, 1], "runs downwards"),
        ("studied_mg", 60, "is not a list"),
        ("grade", "A", "unknown key"),
    ],
)
def test_a_fault_of_an_own_curve_is_reported_at_its_key(key: str, value: Any, words: str) -> None:
    raw = raw_order({"medication": own_curve("90", "4")})

    problems = problems_of(changed(raw, {f"medication.custom_curve.{key}": value}))

    assert says(problems, f"medication.custom_curve.{key}", words), problems


@pytest.mark.parametrize("studied", [[1], [], [1, 2, 3]])
def test_a_studied_range_is_two_doses(studied: list[int]) -> None:
    raw = raw_order({"medication": own_curve("90", "4"), "medication.custom_curve.studied_mg": studied})

    assert all(problem.where.startswith("medication.custom_curve.studied_mg") for problem in problems_of(raw))


def test_escitalopram_without_a_curve_lists_all_its_curves_with_region_and_source() -> None:
    problems = problems_of(raw_order({"medication.drug": "escitalopram"}))

    assert says(problems, "medication.curve", "escitalopram has no default")
    for curve in FORMULARY.curves_of("escitalopram"):
        assert curve.region is not None
        assert says(problems, "medication.curve", curve.id, curve.region, curve.source)


@pytest.mark.parametrize("curve", [curve.id for curve in FORMULARY.curves_of("escitalopram")])
def test_escitalopram_with_any_of_its_curves_is_planned(curve: str) -> None:
    raw = raw_order({"medication.drug": "escitalopram", "medication.curve": curve})

    used = plan_of(raw).curve
    assert used is not None
    assert used.id == curve


@pytest.mark.parametrize(
    "path",
    ["patient.name", "patient.birth_date", "prescriber.name", "pharmacy.name", "pharmacy.address", "pharmacy.phone"],
)
def test_an_approved_order_names_everyone_and_a_draft_may_leave_them_blank(path: str) -> None:
    approved = raw_order({path: ABSENT})

    assert says(problems_of(approved), path, "is missing; an approved order names it (a draft may leave it blank)")
    assert plan_of(changed(approved, {"approval": ABSENT})).is_draft


@pytest.mark.parametrize("table", ["patient", "prescriber", "pharmacy"])
def test_an_approved_order_has_its_tables(table: str) -> None:
    assert says(problems_of(raw_order({table: ABSENT})), f"{table}.name", "is missing; an approved order names it")


@pytest.mark.parametrize("identifier", ["patient.identifier", "prescriber.identifier"])
def test_an_approved_order_may_leave_out_identifiers(identifier: str) -> None:
    assert plan_of(raw_order({identifier: ABSENT})).status == "approved"


# --- many faults at once ---------------------------------------------------------------------------------------------


def test_every_problem_of_a_file_is_reported_at_once() -> None:
    raw = raw_order(
        {
            "shcema": 1,
            "patient.name": "Example\nPatient",
            "prescriber.name": 5,
            "approval.approved_on": "2026-11-20",
            "pharmacy.fax": "+00",
            "medication.drug": "citalopran",
            "taper.days": 0,
            "taper.start_dose_mg": "20",
            "taper.end_dose_mg": NAN,
            "compounding.max_units_per_pouch": 6,
            "dispensing": {"beyond_use_date": dt.date(1926, 1, 1)},
            "override": [{"finding": "x", "reason": "y"}],
        }
    )

    assert {problem.where for problem in problems_of(raw)} >= {
        "shcema",
        "patient.name",
        "prescriber.name",
        "approval.approved_on",
        "pharmacy.fax",
        "medication.drug",
        "taper.days",
        "taper.start_dose_mg",
        "taper.end_dose_mg",
        "compounding.max_units_per_pouch",
        "dispensing.beyond_use_date",
        "override[1].by",
    }


def test_faults_between_tables_are_reported_together() -> None:
    raw = raw_order(
        {
            "taper.start_dose_mg": Decimal("20.05"),
            "taper.end_dose_mg": Decimal("30.05"),
            "medication.curve": "x",
            "patient.birth_date": dt.date(2027, 1, 1),
            "pharmacy.phone": ABSENT,
        }
    )

    assert [problem.where for problem in problems_of(raw)] == [
        "medication.curve",
        "taper.end_dose_mg",
        "taper.start_dose_mg",
        "taper.end_dose_mg",
        "pharmacy.phone",
        "patient.birth_date",
    ]


def test_an_empty_file_lists_the_tables_it_needs() -> None:
    assert [problem.where for problem in problems_of({})] == ["schema", "medication", "taper", "compounding"]


@pytest.mark.parametrize(
    "changes",
    [{"patient.name": 5}, {"pharmacy.phone": 5}, {"prescriber.identifier": "a\nb"}, {"patient.height_cm": 170}],
    ids=str,
)
def test_a_fault_in_a_table_does_not_make_its_other_keys_missing(changes: dict[str, Any]) -> None:
    assert {problem.where for problem in problems_of(raw_order(changes))} == set(changes)
    assert len(problems_of(raw_order(changes))) == 1


def test_a_fault_in_a_table_does_not_hide_what_is_missing_from_it() -> None:
    raw = raw_order({"pharmacy.fax": "+00 000 0001", "pharmacy.phone": ABSENT})

    assert {problem.where for problem in problems_of(raw)} == {"pharmacy.fax", "pharmacy.phone"}


# --- text that a terminal must not be given raw ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"taper.da\nys": 5},
        {"taper.da\x1b[31mys": 5},
        {f"{RIGHT_TO_LEFT}taper": 5},
        {"taper.start_dose_mg": "20\n"},
        {"patient.name": "a\x1b[31m\nb"},
        {"patient.name": ["a\x1b[31m\nb"]},
        {"medication.drug": "a\nb"},
        {"taper.first_day": "a\nb"},
        {"taper.first_day": {"a\nb": f"\x1b[31m{RIGHT_TO_LEFT}"}},
    ],
    ids=ascii,
)
def test_every_problem_is_one_printable_line(changes: dict[str, Any]) -> None:
    assert_readable(problems_of(raw_order(changes)))


@pytest.mark.parametrize(
    "value",
    ["9" * 10_000, "x" * 10_000, ["x"] * 10_000, {f"k{n}": n for n in range(5000)}, 10**4000, Decimal("1" * 10_000)],
    ids=["digits", "letters", "list", "table", "integer", "decimal"],
)
@pytest.mark.parametrize("path", ["taper.start_dose_mg", "taper.days", "taper.start_date", "patient.name", "taper"])
def test_a_huge_value_is_shown_shortened(path: str, value: Any) -> None:
    assert_readable(problems_of(raw_order({path: value})))


def assert_readable(problems: tuple[Problem, ...]) -> None:
    assert problems
    for problem in problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 1000


# --- numbers made to break programs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["taper", "taper.start_dose_mg", "taper.days", "taper.start_date", "patient.name"])
def test_an_integer_too_long_to_print_is_a_problem_of_its_key(path: str) -> None:
    # TOML reads such a number from hexadecimal digits; Python refuses to print it
    assert says(problems_of(raw_order({path: 10**5000})), path)


@pytest.mark.parametrize("path", ["taper", "taper.days", "taper.start_dose_mg", "patient.name", "taper.first_day"])
def test_a_table_nested_too_deep_to_print_is_a_problem_of_its_key(path: str) -> None:
    # TOML reads such a table from a dotted key, a.a.a.a
    nested: dict[str, Any] = {}
    for _ in range(5000):
        nested = {"a": nested}

    assert any(problem.where.startswith(path) for problem in problems_of(raw_order({path: nested})))


def test_an_end_dose_of_almost_nothing_is_too_fine_and_not_taken_for_zero() -> None:
    problems = problems_of(raw_order({"taper.end_dose_mg": Decimal("1E-1500000")}))

    assert says(problems, "taper.end_dose_mg", "1E-1500000 is finer than 0.001")
    assert_readable(problems)


def test_a_zero_with_a_huge_exponent_takes_no_memory() -> None:
    code = """
import resource
from decimal import Decimal
from orders import plan_of, raw_order
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
print(plan_of(raw_order({"taper.end_dose_mg": Decimal("0E-900000000")})).plan_id)
"""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)

    assert done.stdout.strip() == plan_of(raw_order()).plan_id, done.stderr[-300:]


# --- mutated orders --------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    ["", "x", "20", "12,5", "start", "reduced", "occupancy", "capsule", "citalopram", "escitalopram", "\n", "é" * 200]
)
_DECIMALS = st.decimals(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [Decimal("1E+999999"), Decimal("1E-999999"), Decimal("-0"), Decimal("0E-9999"), Decimal("0.1"), Decimal(20)]
)
_SCALARS = (
    st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, -1, 20, 112, 1826, 2000, 10**100, 10**4000])
    | _DECIMALS
    | _WORDS
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes()
    | st.times()
)
_KNOWN_KEYS = (
    *Order.model_fields,
    *(key for table in raw_order().values() if isinstance(table, dict) for key in table),
    *("schema", "unit", "strength_mg", "form", "max_units_per_pouch", "first_day", "strategy", "days_per_strip"),
    *("curve", "custom_curve", "emax_percent", "ed50_mg", "hill", "target", "source", "studied_mg"),
    *("finding", "reason", "by", "lot", "beyond_use_date"),
    *Taper.model_fields,
    *Phase.model_fields,
    *UnitStrength.model_fields,
    *Solution.model_fields,
    *Compounding.model_fields,
    *Amendment.model_fields,
)
_KEYS = st.sampled_from(_KNOWN_KEYS) | st.text(max_size=5)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=6,
)


def places(value: Any) -> Iterator[Any]:
    """Yield every table and list of a raw order, itself included."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from places(inner)


@st.composite
def mutated_orders(draw: st.DrawFn) -> RawOrder:
    """Draw a valid raw order with one to four values replaced, taken out or put in at random places."""
    seed = draw(st.integers(0, 2**32))
    make = draw(st.sampled_from([random_raw_order, random_varied_raw_order]))
    raw = changed(make(Random(seed)), {})  # noqa: S311 - nothing secret
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(list(places(raw))))
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        match draw(st.sampled_from(["replace", "delete", "insert"])):
            case "replace" if keys:
                place[draw(st.sampled_from(keys))] = draw(_VALUES)
            case "delete" if keys:
                del place[draw(st.sampled_from(keys))]
            case _ if isinstance(place, dict):
                place[draw(_KEYS)] = draw(_VALUES)
            case _:
                place.insert(draw(st.integers(0, len(place))), draw(_VALUES))
    return raw


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutated_orders())
@example(raw_order({"taper.first_day": NAN}))
@example(raw_order({"override": [{"finding": "x", "reason": "y", "by": "z"}]}))
def test_a_mutated_order_is_planned_or_refused_with_its_problems_and_never_breaks(raw: RawOrder) -> None:
    try:
        order = order_of(raw)
    except OrderInvalid as error:
        assert_readable(error.problems)
        return

    assert isinstance(order, Order)
    try:
        assert plan_of(raw).days
    except NoFeasiblePlan as error:
        assert order.taper.is_limited
        assert_readable(error.problems)


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders") / "order.toml"


def load(content: bytes, file: Path) -> dict[str, Any]:
    file.write_bytes(content)
    return load_order_file(file)


def reason_not_to_read(content: bytes, file: Path) -> str:
    with pytest.raises(OrderUnreadable) as caught:
        load(content, file)

    assert caught.value.exit_code == 3
    assert caught.value.source == str(file)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0].what


def test_numbers_come_out_of_a_file_exactly(file: Path) -> None:
    raw = load(b"a = 0.1\nb = 20\nc = 2e1\nd = 1_000.10\ne = 2026-12-01\nf = nan\n", file)

    assert raw["a"] == Decimal("0.1")
    assert (raw["b"], type(raw["b"])) == (20, int)
    assert (raw["c"], raw["d"]) == (Decimal("2E+1"), Decimal("1000.10"))
    assert raw["e"] == dt.date(2026, 12, 1)
    assert raw["f"].is_nan()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"# nothing\r\n"])
def test_an_empty_file_is_an_order_without_tables(content: bytes, file: Path) -> None:
    assert load(content, file) == {}


def test_a_byte_order_mark_is_passed_over(file: Path) -> None:
    assert load(b"\xef\xbb\xbfschema = 1\n", file) == {"schema": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfes\x00c\x00",
        "name = 'Zoë'".encode("latin-1"),
        "schema = 1".encode("utf-16"),
        b"\x00",
        b"%PDF-1.7\n\x80",
        b"schema = ",
        b"schema 1",
        b"schema = 1\nschema = 2\n",
        b"[taper]\n[taper]\n",
        b"a = 2026-13-45",
        b"a = 12,5",
        b"a = .5",
        b"a = 05",
        b"a = 'x",
        b'a = "\\ud800"',
        b"x = " + b"9" * 5000,
        b"x = 1e999999999999999999999",
        b"x = 1e-999999999999999999999",
        b"x = " + b"[" * 100_000,
        b"x = " + b"[" * 10_000 + b"]" * 10_000,
        b"x = " + b"{a=" * 10_000,
    ],
    ids=lambda content: ascii(content[:30]),
)
def test_what_is_not_toml_text_is_unreadable(content: bytes, file: Path) -> None:
    assert reason_not_to_read(content, file).startswith("is not a TOML text file: ")


def test_a_file_larger_than_an_order_can_be_is_not_read_to_its_end(file: Path) -> None:
    assert reason_not_to_read(b"#" * 1_000_001, file) == "is larger than 1 MB; an order file is a page of text"
    assert load(b"#" * 1_000_000, file) == {}


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(OrderUnreadable, match=r"No such file or directory.*; give the path of an order file"):
        load_order_file(tmp_path / "order.toml")
    with pytest.raises(OrderUnreadable, match=r"Is a directory.*; give the path of an order file"):
        load_order_file(tmp_path)
    with pytest.raises(OrderUnreadable):
        load_order_file(tmp_path / "a\0b")
    with pytest.raises(OrderUnreadable, match="cannot be read"):
        load_order_file(tmp_path / ("n" * 5000))


def test_a_file_without_read_permission_is_unreadable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file.write_bytes(b"schema = 1")
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(OrderUnreadable, match="Permission denied"):
        load_order_file(file)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_random_bytes_are_read_or_unreadable(content: bytes, file: Path) -> None:
    try:
        assert isinstance(load(content, file), dict)
    except OrderUnreadable as error:
        assert len(error.problems) == 1  # noqa: PT017 - either outcome is right


_FRAGMENTS = st.sampled_from(
    (
        *("[", "]", "[[", "]]", "{", "}", "=", ".", ",", "#", " ", "\n", "\r", '"', "'", '"""', "\\", "\\u", "\0"),
        *("taper", "days", "a", "é", "\ufeff", "1", "0x", "f", "e9", "-", "+", "_", "nan", "inf", "true"),
        *("2026-12-01", "T08:00:00", "Z"),
    )
)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fragments=st.lists(_FRAGMENTS, max_size=30))
def test_scrambled_toml_is_read_or_unreadable(fragments: list[str], file: Path) -> None:
    try:
        assert isinstance(load("".join(fragments).encode(), file), dict)
    except OrderUnreadable as error:
        assert len(error.problems) == 1  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "content",
    [
        b"x = 0x" + b"f" * 5000,
        b"taper.days = 0x" + b"f" * 5000,
        b"taper = 0b" + b"1" * 20_000,
        b"patient.name" + b".a" * 5000 + b" = 1",
        b"taper.end_dose_mg = 1e-1500000",
        b"taper" + b".a" * 5000 + b" = 1",
        b"a" + b".a" * 5000 + b" = 1",
    ],
    ids=lambda content: ascii(content[:30]),
)
def test_toml_made_to_break_programs_is_an_order_that_is_invalid(content: bytes, file: Path) -> None:
    try:
        raw = load(content, file)
    except OrderUnreadable:
        return

    assert_readable(problems_of(raw))
