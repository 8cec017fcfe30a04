"""The plan as JSON and CSV holds the plan: every key of the design, the right kinds, nothing lost."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from orders import RawOrder, changed, plan_of, raw_order, raw_orders, units

from stripgen.domain.plan import Plan
from stripgen.files import load_order_file
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
    "curve.region": str | None,
    "curve.studied_mg": list | None,
    "curve.doi": str | None,
    "days[].code": str,
    "days[].units[].form": str,
    "totals.units[].form": str,
    "quality.mean_drop_points": float,
    "findings[].override": dict,
}


def read(plan: Plan) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    told: dict[str, Any] = json.loads(render_json(plan), parse_constant=refuse)
    return told


def differences(told: Any, shape: Any, path: str = "") -> list[str]:
    """Return where JSON differs in keys or kinds from the shape of the design."""
    if isinstance(shape, list):
        return [line for item in told for line in differences(item, shape[0], f"{path}[]")]
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


def test_a_taper_that_ends_above_zero_has_no_stop() -> None:
    assert read(plan_of(raw_order({"taper.end_dose_mg": 10})))["stop"] is None


def test_an_override_is_told_with_its_person_and_reason() -> None:
    override = {"finding": "above_maximum_dose", "reason": "ECG “checked”", "by": "Dr Ängström"}

    plan = plan_of(raw_order({"taper.start_dose_mg": 60, "override": [override]}))

    (block,) = [finding for finding in read(plan)["findings"] if finding["severity"] == "block"]
    assert block["override"] == {"by": "Dr Ängström", "reason": "ECG “checked”"}
    assert render_json(plan).isascii()


@settings(max_examples=60, deadline=None)
@given(raw_orders())
def test_the_json_of_any_plan_is_ascii_of_the_same_keys_and_holds_the_plan(raw: RawOrder) -> None:
    plan = plan_of(raw, ISSUED_ON)
    told = read(plan)

    assert render_json(plan).isascii()
    assert "-0.0" not in render_json(plan)
    shape = DESIGN if plan.stop else changed(DESIGN, {"stop": None})
    assert differences(told, shape) == []
    assert (told["plan_id"], told["plan_hash"], told["status"]) == (plan.plan_id, plan.plan_hash, plan.status)
    assert [day["date"] for day in told["days"]] == [day.date.isoformat() for day in plan.days]
    assert [Decimal(day["dose_mg"]) for day in told["days"]] == [day.dose_mg for day in plan.days]
    assert [(day["strip"], day["pouch"]) for day in told["days"]] == [(day.strip, day.pouch) for day in plan.days]
    for day, planned in zip(told["days"], plan.days, strict=True):
        assert sum(Decimal(unit["strength_mg"]) * unit["count"] for unit in day["units"]) == planned.dose_mg
        assert day["occupancy_percent"] == pytest.approx(100 * planned.occupancy, abs=1e-6)
        assert day["target_occupancy_percent"] == pytest.approx(100 * planned.target_occupancy, abs=1e-6)
        assert day["drop_points"] == pytest.approx(planned.drop_points, abs=1e-6)
    assert Decimal(told["totals"]["total_mg"]) == sum(day.dose_mg for day in plan.days)
    assert told["totals"]["different_doses"] == len({day["dose_mg"] for day in told["days"]})
    assert [finding["code"] for finding in told["findings"]] == [finding.code for finding in plan.findings]


@settings(max_examples=60, deadline=None)
@given(raw_orders())
def test_no_dose_is_written_with_an_exponent_a_trailing_zero_or_no_leading_zero(raw: RawOrder) -> None:
    told = read(plan_of(raw))

    doses = [day["dose_mg"] for day in told["days"]] + [unit["strength_mg"] for unit in told["totals"]["units"]]
    assert [dose for dose in doses if "E" in dose or dose.startswith(".") or ("." in dose and dose[-1] in "0.")] == []


def test_the_patient_is_not_in_the_json_or_the_csv() -> None:
    raw = raw_order({"patient.name": "Zyxwvut Qponmlk", "patient.identifier": "ID-918273"})
    plan = plan_of(raw)

    for text in (render_json(plan), render_csv(plan)):
        assert "Zyxwvut" not in text
        assert "ID-918273" not in text
        assert "1981-05-12" not in text


@settings(max_examples=40, deadline=None)
@given(raw_orders())
def test_the_csv_has_a_header_and_a_row_a_day_and_says_the_same_as_the_json(raw: RawOrder) -> None:
    plan = plan_of(raw)

    header, *rows = csv.reader(io.StringIO(render_csv(plan)))

    assert tuple(header) == CSV_HEADER
    assert len(rows) == len(plan.days)
    for row, day in zip(rows, read(plan)["days"], strict=True):
        cells = dict(zip(header, row, strict=True))
        counted = "+".join(f"{unit['count']}x{unit['strength_mg']}" for unit in day["units"])
        assert cells == {name: str(day[name]) for name in CSV_HEADER if name != "units"} | {"units": counted}


def test_the_units_of_a_row_add_up_to_its_dose() -> None:
    plan = plan_of(raw_order({"compounding": units("10", "5", "0.5", most=8)}))

    for cells in csv.DictReader(io.StringIO(render_csv(plan))):
        parts = [part.split("x") for part in cells["units"].split("+")]
        assert sum(int(count) * Decimal(strength) for count, strength in parts) == Decimal(cells["dose_mg"])
