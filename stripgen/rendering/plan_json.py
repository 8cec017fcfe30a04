"""The plan as JSON and CSV: for other programs, and for keeping. Doses are strings, so that nothing is lost."""

import csv
import io
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from stripgen.domain.formulary import Curve
from stripgen.domain.json_form import to_json
from stripgen.domain.plan import (
    Alternative,
    Day,
    Finding,
    Plan,
    Prediction,
    Quality,
    Sensitivity,
    Stop,
    Units,
)
from stripgen.domain.quantity import plain
from stripgen.rendering.words import Words

_POINTS_DECIMALS = 6
CSV_HEADER = (
    "day",
    "date",
    "strip",
    "pouch",
    "dose_mg",
    "target_occupancy_percent",
    "occupancy_percent",
    "drop_points",
    "units",
    "code",
    "volume_ml",
    "drop_mg",
    "held",
)


def render_json(plan: Plan, words: Words) -> str:
    """Return the plan as JSON, plain ASCII, indented; keys are never renamed, only added.

    Args:
        plan: The plan.
        words: Of the findings' messages.
    """
    return json.dumps(_whole(plan, words), indent=1)


def _whole(plan: Plan, words: Words) -> dict[str, Any]:
    totals = plan.totals
    return {
        "schema": 1,
        "plan_id": plan.plan_id,
        "plan_hash": plan.plan_hash,
        "stripgen_version": plan.stripgen_version,
        "status": plan.status,
        "version": plan.version,
        "issued_on": plan.issued_on.isoformat(),
        "drug": plan.order.medication.drug,
        "strategy": plan.strategy,
        "curve": _curve(plan.curve) if plan.curve else None,
        "days": [_day(day, plan) for day in plan.days],
        "stop": _stop(plan.stop) if plan.stop else None,
        "totals": {
            "pouches": totals.pouches,
            "strips": totals.strips,
            "different_doses": totals.different_doses,
            "total_mg": plain(totals.total_mg),
            "volume_ml": _plain_or_none(totals.volume_ml),
            "units": _units(totals.units),
            "consumption": [
                {
                    "strength_mg": plain(used.strength_mg),
                    "form": used.form,
                    "count": used.count,
                    "left_over": plain(used.left_over),
                }
                for used in totals.consumption
            ],
        },
        "quality": {
            **quality_entries(plan.quality),
            "linear_max_drop_points": _points(plan.linear.quality.max_drop_points),
        },
        "alternatives": alternative_entries(plan),
        "prediction": _prediction(plan.prediction) if plan.prediction else None,
        "sensitivity": _sensitivity(plan.sensitivity) if plan.sensitivity else None,
        "findings": [_finding(finding, words) for finding in plan.findings],
        "take_back": [
            {
                "strip": pouch.strip,
                "day": pouch.day,
                "date": pouch.date.isoformat(),
                "dose_mg": plain(pouch.dose_mg),
                "code": pouch.code,
            }
            for pouch in plan.take_back
        ],
        "order": to_json(plan.order.model_dump(by_alias=True, exclude_defaults=True)),
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "id": curve.id,
        "emax_percent": float(curve.emax_percent),
        "ed50_mg": float(curve.ed50_mg),
        "hill": float(curve.hill),
        "target": curve.target,
        "region": curve.region,
        "studied_mg": [plain(dose) for dose in curve.studied_mg] if curve.studied_mg else None,
        "source": curve.source,
        "doi": curve.doi,
        "grade": curve.grade,
    }


def _stop(stop: Stop) -> dict[str, Any]:
    return {"date": stop.date.isoformat(), "drop_points": _points(stop.drop_points), "drop_mg": plain(stop.drop_mg)}


def quality_entries(quality: Quality) -> dict[str, Any]:
    """Return how good a sequence is, as JSON holds it."""
    return {
        "rms_error_points": _points(quality.rms_error_points),
        "mean_drop_points": _points(quality.mean_drop_points),
        "max_drop_points": _points(quality.max_drop_points),
        "max_drop_day": quality.max_drop_day,
        "stop_drop_points": _points(quality.stop_drop_points),
        "rms_error_mg": _points(quality.rms_error_mg),
        "max_drop_mg": plain(quality.max_drop_mg),
        "max_drop_mg_day": quality.max_drop_mg_day,
    }


def alternative_entries(plan: Plan) -> list[dict[str, Any]]:
    """Return the figures of the plan itself (`this plan`) and of the other strategies, as JSON holds them."""
    own = {
        "strategy": "this plan",
        **quality_entries(plan.quality),
        "different_doses": plan.different_doses,
        "n_units": plan.n_units,
        "total_mg": plain(plan.total_mg),
        "last_dose_mg": plain(plan.days[-1].dose_mg),
        "days_per_step": None,
    }
    return [own, *map(_alternative, plan.alternatives)]


def _alternative(other: Alternative) -> dict[str, Any]:
    return {
        "strategy": other.strategy,
        **quality_entries(other.quality),
        "different_doses": other.different_doses,
        "n_units": other.n_units,
        "total_mg": plain(other.total_mg),
        "last_dose_mg": plain(other.doses_mg[-1]),
        "days_per_step": _points(other.days_per_step),
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "model": "one compartment, steady state at the start dose; never used to choose doses",
        "half_life_h": prediction.half_life_h,
        "moiety": prediction.moiety,
        "span_h": [plain(hours) for hours in prediction.span_h],
        "days_above_1_point_after_last_pouch": len(prediction.after),
        "max_drop_points": _points(prediction.max_drop_points),
        "after_percent": [_points(100 * value) for value in prediction.after],
    }


def _sensitivity(sensitivity: Sensitivity) -> dict[str, Any]:
    return {
        "basis": sensitivity.basis,
        "worst_curve": sensitivity.worst.name,
        "worst_drop_points": _points(sensitivity.worst.max_drop_points),
        "worst_drop_day": sensitivity.worst.max_drop_day,
        "curves": [
            {
                "id": view.name,
                "max_drop_points": _points(view.max_drop_points),
                "max_drop_day": view.max_drop_day,
                "stop_drop_points": _points(view.stop_drop_points),
            }
            for view in sensitivity.views
        ],
        "lowest_percent": [_points(100 * value) for value in sensitivity.lowest],
        "highest_percent": [_points(100 * value) for value in sensitivity.highest],
    }


def _day(day: Day, plan: Plan) -> dict[str, Any]:
    predicted = plan.prediction.occupancies[day.day - 1] if plan.prediction else None
    return {
        "day": day.day,
        "date": day.date.isoformat(),
        "strip": day.strip,
        "pouch": day.pouch,
        "dose_mg": plain(day.dose_mg),
        "volume_ml": _plain_or_none(day.volume_ml),
        "target_occupancy_percent": _percent(day.target_occupancy),
        "occupancy_percent": _percent(day.occupancy),
        "predicted_occupancy_percent": _percent(predicted),
        "drop_points": _points(day.drop_points),
        "drop_mg": plain(day.drop_mg),
        "held": day.held,
        "units": _units(day.units),
        "code": day.code,
    }


def _units(units: Iterable[Units]) -> list[dict[str, Any]]:
    return [
        {
            "strength_mg": plain(unit.strength_mg),
            "form": unit.form,
            "count": unit.count,
            **({"divided_into": unit.divided_into} if unit.divided_into > 1 else {}),
        }
        for unit in units
    ]


def _plain_or_none(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else _points(100 * fraction)


def _finding(finding: Finding, words: Words) -> dict[str, Any]:
    message = words.tell(finding.told)
    told: dict[str, Any] = {"code": finding.code, "severity": finding.severity, "message": message}
    if finding.override:
        told["override"] = {"by": finding.override.by, "reason": finding.override.reason}
    return told


def _points(value: float | None) -> float | None:
    """Return a value without the noise of float arithmetic; never minus zero."""
    return None if value is None else round(value, _POINTS_DECIMALS) + 0.0


def render_csv(plan: Plan) -> str:
    """Return one row a day, header first; units as `1x10+1x5/2` (count x strength in mg, a half as `/2`)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    for day in plan.days:
        cells = _day(day, plan) | {"units": "+".join(map(_counted, day.units))}
        writer.writerow([cells[name] for name in CSV_HEADER])
    return out.getvalue()


def _counted(unit: Units) -> str:
    part = f"/{unit.divided_into}" if unit.divided_into > 1 else ""
    return f"{unit.count}x{plain(unit.strength_mg)}{part}"
