"""The plan as JSON and CSV holds the plan: every key of the design, the right kinds, nothing lost."""

import csv
import datetime as dt
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from orders import (
    ENGLISH,
    FORMULARY,
    RawOrder,
    changed,
    message_of,
    plan_of,
    random_varied_raw_orders,
    raw_order,
    units,
    varied_raw_orders,
)

from stripgen.domain.plan import Plan
from stripgen.files import load_order_file
from stripgen.planning.reopening import reopen_plan
from stripgen.rendering.plan_json import CSV_HEADER, render_csv, render_json

CITALOPRAM = Path(__file__).parent.parent / "examples" / "citalopram.toml"
ISSUED_ON = dt.date(2026, 11, 23)

# Section 6 of the design, word for word; a list holds the shape of its items.
DESIGN: dict[str, Any] = {
    "schema": 1,
    "plan_id": "K7QF-3MZX",
    "plan_hash": "sha256:…",
    "stripgen_version": "…",
    "status": "approved",
    "drug": "citalopram",
    "strategy": "occupancy",
    "curve": {
        "id": "…",
        "emax_percent": 93.6,
        "ed50_mg": 3.4,
        "hill": 1.0,
        "target": "SERT",
        "source": "…",
        "grade": "…",
    },
    "days": [
        {
            "day": 1,
            "date": "2026-12-01",
            "strip": 1,
            "pouch": 1,
            "dose_mg": "20",
            "target_occupancy_percent": 80.0,
            "occupancy_percent": 80.0,
            "drop_points": 0.0,
            "units": [{"strength_mg": "20", "count": 1}],
        }
    ],
    "stop": {"date": "2027-03-23", "drop_points": 2.67},
    "totals": {
        "pouches": 112,
        "strips": 4,
        "different_doses": 80,
        "total_mg": "488.8",
        "units": [{"strength_mg": "20", "count": 1}],
    },
    "quality": {
        "rms_error_points": 0.5,
        "max_drop_points": 2.67,
        "max_drop_day": 113,
        "linear_max_drop_points": 4.67,
    },
    "findings": [{"code": "…", "severity": "warn", "message": "…"}],
}
# What later work added. A key named here may go from one list to the other, and from neither.
ADDED = {
    "issued_on": str,
    "version": int,
    "curve.region": str | None,
    "curve.studied_mg": list | None,
    "curve.doi": str | None,
    "days[].code": str,
    "days[].units[].form": str,
    "totals.units[].form": str,
    "quality.mean_drop_points": float,
    "findings[].override": dict,
    "days[].volume_ml": str | None,
    "days[].predicted_occupancy_percent": float | None,
    "days[].drop_mg": str,
    "days[].held": bool,
    "days[].units[].divided_into": int,
    "stop.drop_mg": str,
    "totals.volume_ml": str | None,
    "totals.units[].divided_into": int,
    "totals.consumption": list,
    "quality.stop_drop_points": float | None,
    "quality.rms_error_mg": float | None,
    "quality.max_drop_mg": str,
    "quality.max_drop_mg_day": int,
    "alternatives": list,
    "prediction": dict | None,
    "sensitivity": dict | None,
    "take_back": list,
    "order": dict,
}
# What these hold; `None` stands for whatever the order holds.
_FIGURES: dict[str, Any] = {
    "rms_error_points": 0.5,
    "mean_drop_points": 0.7,
    "max_drop_points": 2.67,
    "max_drop_day": 113,
    "stop_drop_points": 2.67,
    "rms_error_mg": None,
    "max_drop_mg": "1.2",
    "max_drop_mg_day": 2,
}
SHAPES: dict[str, Any] = {
    "totals.consumption": [{"strength_mg": "20", "form": "tablet", "count": 1, "left_over": "0.5"}],
    "alternatives": [
        {
            "strategy": "linear",
            **_FIGURES,
            "different_doses": 80,
            "n_units": 112,
            "total_mg": "488.8",
            "last_dose_mg": "0.1",
            "days_per_step": None,
        }
    ],
    "prediction": {
        "model": "…",
        "half_life_h": 35.0,
        "moiety": "citalopram",
        "span_h": ["35"],
        "days_above_1_point_after_last_pouch": 2,
        "max_drop_points": 1.5,
        "after_percent": [2.0],
    },
    "sensitivity": {
        "basis": "…",
        "worst_curve": "…",
        "worst_drop_points": 3.46,
        "worst_drop_day": 113,
        "curves": [{"id": "…", "max_drop_points": 2.67, "max_drop_day": 113, "stop_drop_points": 2.67}],
        "lowest_percent": [80.0],
        "highest_percent": [80.0],
    },
    "take_back": [{"strip": 3, "day": 57, "date": "2027-01-26", "dose_mg": "2.6", "code": "…"}],
}
# Null where there is no stop, or where the other kind of steps is counted.
NULLABLE = re.compile(r"\.(stop_drop_points|rms_error_mg|days_per_step)$")


def read(plan: Plan) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    told: dict[str, Any] = json.loads(render_json(plan, ENGLISH), parse_constant=refuse)
    return told


def differences(told: Any, shape: Any, path: str = "") -> list[str]:
    """Return where JSON differs in keys or kinds from the shape of the design."""
    if isinstance(shape, list):
        return [line for item in told for line in differences(item, shape[0], f"{path}[]")]
    if shape is None or (told is None and NULLABLE.search(path)):
        return []
    if not isinstance(shape, dict):
        return [] if type(told) is type(shape) else [f"{path}: {told!r} is not of the kind of {shape!r}"]
    prefix = f"{path}." if path else ""
    lines = [f"{prefix}{key}: missing" for key in shape.keys() - told.keys()]
    for key, value in told.items():
        place = f"{prefix}{key}"
        if key in shape:
            lines += differences(value, shape[key], place)
        elif place not in ADDED:
            lines.append(f"{place}: in neither list")
        elif not isinstance(value, ADDED[place]):
            lines.append(f"{place}: {value!r} is not {ADDED[place]}")
        elif place in SHAPES and value is not None:
            lines += differences(value, SHAPES[place], place)
    return lines


@pytest.fixture(scope="module")
def citalopram() -> Plan:
    return plan_of(load_order_file(CITALOPRAM), ISSUED_ON)


def test_every_key_of_the_design_is_there_with_its_kind_and_no_other_unseen(citalopram: Plan) -> None:
    assert differences(read(citalopram), DESIGN) == []


def test_a_missing_renamed_or_wrong_key_would_be_seen(citalopram: Plan) -> None:
    told = read(citalopram)

    assert differences(changed(told, {"quality.max_drop_day": "113"}), DESIGN) != []
    assert differences(changed(told, {"totals": {}}), DESIGN) != []
    assert differences(changed(told, {"total": 1}), DESIGN) == ["total: in neither list"]


def test_the_citalopram_example_has_the_figures_of_the_design(citalopram: Plan) -> None:
    told = read(citalopram)

    assert told["totals"]["pouches"] == 112
    assert told["totals"]["strips"] == 4
    assert told["totals"]["different_doses"] == 80
    assert told["totals"]["total_mg"] == "488.8"
    assert told["stop"]["date"] == "2027-03-23"
    assert round(told["stop"]["drop_points"], 2) == 2.67
    assert round(told["quality"]["max_drop_points"], 2) == 2.67
    assert told["quality"]["max_drop_day"] == 113
    assert told["days"][0]["target_occupancy_percent"] == 80.0
    assert told["issued_on"] == "2026-11-23"


def test_without_a_curve_all_of_occupancy_is_null_and_all_of_mg_is_there() -> None:
    told = read(plan_of(raw_order({"medication.drug": "exampletine", "taper.strategy": "linear"})))

    assert told["curve"] is told["prediction"] is told["sensitivity"] is None
    occupancies = {"target_occupancy_percent", "occupancy_percent", "predicted_occupancy_percent", "drop_points"}
    for day in told["days"]:
        assert {key for key, value in day.items() if value is None} == {*occupancies, "volume_ml"}
    assert told["stop"] == {"date": "2027-03-23", "drop_points": None, "drop_mg": "0.2"}
    assert {key for key, value in told["quality"].items() if value is None} == {
        *("rms_error_points", "mean_drop_points", "max_drop_points", "stop_drop_points", "linear_max_drop_points")
    }
    assert [other["strategy"] for other in told["alternatives"]] == [
        *("this plan", "linear", "proportional_10", "proportional_25", "halving")
    ]


def test_a_solution_is_told_in_ml_on_every_day_and_in_all() -> None:
    plan = plan_of(raw_order({"compounding": {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.05")}}}))
    told = read(plan)

    assert all(2 * Decimal(day["volume_ml"]) == Decimal(day["dose_mg"]) for day in told["days"])
    assert 2 * Decimal(told["totals"]["volume_ml"]) == Decimal(told["totals"]["total_mg"])


def test_halves_and_quarters_say_what_they_are_parts_of_and_what_they_use_up() -> None:
    tablet = {"strength_mg": 20, "form": "tablet", "divisible_into": 4}
    told = read(plan_of(raw_order({"compounding": {"unit": [tablet]}, "taper.end_dose_mg": 5, "taper.days": 3})))

    # 20 mg, then half way in occupancy from 80.0 to 53.6 %, then 5 mg
    parts = [[(unit["count"], unit.get("divided_into", 1)) for unit in day["units"]] for day in told["days"]]
    assert parts == [[(1, 1)], [(1, 2)], [(1, 4)]]
    assert told["totals"]["consumption"] == [{"strength_mg": "20", "form": "tablet", "count": 2, "left_over": "0.25"}]


def test_the_order_in_the_json_is_the_order() -> None:
    for raw in [raw_order(), *random_varied_raw_orders(seed=5, n_orders=40)]:
        plan = plan_of(raw)

        assert reopen_plan(json.loads(render_json(plan, ENGLISH)), FORMULARY, "plan.json").order == plan.order


def test_a_taper_that_ends_above_zero_has_no_stop() -> None:
    assert read(plan_of(raw_order({"taper.end_dose_mg": 10})))["stop"] is None


def test_an_override_is_told_with_its_person_and_reason() -> None:
    override = {"finding": "above_maximum_dose", "reason": "ECG “checked”", "by": "Dr Ängström"}

    plan = plan_of(raw_order({"taper.start_dose_mg": 60, "override": [override]}))

    (block,) = [finding for finding in read(plan)["findings"] if finding["severity"] == "block"]
    assert block["override"] == {"by": "Dr Ängström", "reason": "ECG “checked”"}
    assert render_json(plan, ENGLISH).isascii()


@settings(max_examples=60, deadline=None)
@given(varied_raw_orders())
def test_the_json_of_any_plan_is_ascii_of_the_same_keys_and_holds_the_plan(raw: RawOrder) -> None:
    plan = plan_of(raw, ISSUED_ON)
    told = read(plan)

    assert render_json(plan, ENGLISH).isascii()
    assert "-0.0" not in render_json(plan, ENGLISH)
    if plan.curve is not None:
        shape = DESIGN if plan.stop else changed(DESIGN, {"stop": None})
        assert differences(told, {**shape, "strategy": plan.strategy}) == []
    assert told.keys() == (DESIGN | {key: None for key in ADDED if "." not in key}).keys()
    assert (told["plan_id"], told["plan_hash"], told["status"]) == (plan.plan_id, plan.plan_hash, plan.status)
    assert [day["date"] for day in told["days"]] == [day.date.isoformat() for day in plan.days]
    assert [Decimal(day["dose_mg"]) for day in told["days"]] == [day.dose_mg for day in plan.days]
    assert [(day["strip"], day["pouch"]) for day in told["days"]] == [(day.strip, day.pouch) for day in plan.days]
    for day, planned in zip(told["days"], plan.days, strict=True):
        amounts = [Decimal(unit["strength_mg"]) * unit["count"] / unit.get("divided_into", 1) for unit in day["units"]]
        assert sum(amounts) == planned.dose_mg
        assert Decimal(day["drop_mg"]) == planned.drop_mg
        assert day["held"] == planned.held
        if planned.occupancy is None or planned.target_occupancy is None:
            continue
        assert day["occupancy_percent"] == pytest.approx(100 * planned.occupancy, abs=1e-6)
        assert day["target_occupancy_percent"] == pytest.approx(100 * planned.target_occupancy, abs=1e-6)
        assert day["drop_points"] == pytest.approx(planned.drop_points, abs=1e-6)
    assert Decimal(told["totals"]["total_mg"]) == sum(day.dose_mg for day in plan.days)
    assert told["totals"]["different_doses"] == len({day["dose_mg"] for day in told["days"]})
    assert [(finding["code"], finding["message"]) for finding in told["findings"]] == [
        (finding.code, message_of(finding)) for finding in plan.findings
    ]


@settings(max_examples=60, deadline=None)
@given(varied_raw_orders())
def test_no_dose_is_written_with_an_exponent_a_trailing_zero_or_no_leading_zero(raw: RawOrder) -> None:
    told = read(plan_of(raw))

    doses = [day["dose_mg"] for day in told["days"]] + [unit["strength_mg"] for unit in told["totals"]["units"]]
    assert [dose for dose in doses if "E" in dose or dose.startswith(".") or ("." in dose and dose[-1] in "0.")] == []


def test_the_patient_is_in_the_order_of_the_json_and_nowhere_else_and_not_in_the_csv() -> None:
    patient = {"name": "Zyxwvut Qponmlk", "birth_date": dt.date(1981, 5, 12), "identifier": "ID-918273"}
    plan = plan_of(raw_order({"patient": patient}))
    told = read(plan)

    assert told["order"].pop("patient") == {**patient, "birth_date": "1981-05-12"}
    for text in (json.dumps(told), render_csv(plan)):
        assert [word for word in ("Zyxwvut", "ID-918273", "1981-05-12") if word in text] == []


@settings(max_examples=40, deadline=None)
@given(varied_raw_orders())
def test_the_csv_has_a_header_and_a_row_a_day_and_says_the_same_as_the_json(raw: RawOrder) -> None:
    plan = plan_of(raw)

    header, *rows = csv.reader(io.StringIO(render_csv(plan)))

    assert tuple(header) == CSV_HEADER
    assert len(rows) == len(plan.days)
    for row, day in zip(rows, read(plan)["days"], strict=True):
        cells = dict(zip(header, row, strict=True))
        counted = "+".join(
            f"{unit['count']}x{unit['strength_mg']}" + (f"/{unit['divided_into']}" if "divided_into" in unit else "")
            for unit in day["units"]
        )
        said = {name: "" if day[name] is None else str(day[name]) for name in CSV_HEADER if name != "units"}
        assert cells == said | {"units": counted}


def test_the_columns_of_the_csv_that_were_there_first_stay_where_they_were() -> None:
    assert CSV_HEADER[:10] == (
        *("day", "date", "strip", "pouch", "dose_mg", "target_occupancy_percent", "occupancy_percent", "drop_points"),
        *("units", "code"),
    )


def test_the_units_of_a_row_add_up_to_its_dose() -> None:
    plan = plan_of(raw_order({"compounding": units("10", "5", "0.5", most=8)}))

    for cells in csv.DictReader(io.StringIO(render_csv(plan))):
        parts = [part.split("x") for part in cells["units"].split("+")]
        assert sum(int(count) * Decimal(strength) for count, strength in parts) == Decimal(cells["dose_mg"])


def test_the_example_of_a_plan_under_way_is_what_is_printed_now(
    citalopram: Plan, request: pytest.FixtureRequest
) -> None:
    path = CITALOPRAM.with_name("plan-under-way.json")
    text = render_json(citalopram, ENGLISH) + "\n"
    if request.config.getoption("--renew-golden"):
        path.write_text(text, encoding="utf-8")

    assert path.read_text("utf-8") == text, "stripgen plan examples/citalopram.toml --json prints another plan now"
