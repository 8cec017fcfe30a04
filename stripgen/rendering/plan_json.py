"""The plan as JSON and CSV: for other programs, and for keeping. Doses are strings, so that nothing is lost."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from stripgen.domain.plan import Day, Finding, Plan, Units
from stripgen.domain.quantity import plain

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
)


def render_json(plan: Plan) -> str:
    """Return the plan as JSON, plain ASCII, indented; keys are never renamed, only added."""
    return json.dumps(_whole(plan), indent=1)


def _whole(plan: Plan) -> dict[str, Any]:
    curve, quality, totals = plan.curve, plan.quality, plan.totals
    return {
        "schema": 1,
        "plan_id": plan.plan_id,
        "plan_hash": plan.plan_hash,
        "stripgen_version": plan.stripgen_version,
        "status": plan.status,
        "issued_on": plan.issued_on.isoformat(),
        "drug": plan.order.medication.drug,
        "strategy": plan.order.taper.strategy,
        "curve": {
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
        },
        "days": [_day(day) for day in plan.days],
        "stop": {"date": plan.stop.date.isoformat(), "drop_points": _points(plan.stop.drop_points)}
        if plan.stop
        else None,
        "totals": {
            "pouches": totals.pouches,
            "strips": totals.strips,
            "different_doses": totals.different_doses,
            "total_mg": plain(totals.total_mg),
            "units": _units(totals.units),
        },
        "quality": {
            "rms_error_points": _points(quality.rms_error_points),
            "mean_drop_points": _points(quality.mean_drop_points),
            "max_drop_points": _points(quality.max_drop_points),
            "max_drop_day": quality.max_drop_day,
            "linear_max_drop_points": _points(plan.linear.quality.max_drop_points),
        },
        "findings": [_finding(finding) for finding in plan.findings],
    }


def _day(day: Day) -> dict[str, Any]:
    return {
        "day": day.day,
        "date": day.date.isoformat(),
        "strip": day.strip,
        "pouch": day.pouch,
        "dose_mg": plain(day.dose_mg),
        "target_occupancy_percent": _points(100 * day.target_occupancy),
        "occupancy_percent": _points(100 * day.occupancy),
        "drop_points": _points(day.drop_points),
        "units": _units(day.units),
        "code": day.code,
    }


def _units(units: Iterable[Units]) -> list[dict[str, Any]]:
    return [{"strength_mg": plain(unit.strength_mg), "form": unit.form, "count": unit.count} for unit in units]


def _finding(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"code": finding.code, "severity": finding.severity, "message": finding.message}
    if finding.override:
        told["override"] = {"by": finding.override.by, "reason": finding.override.reason}
    return told


def _points(value: float) -> float:
    """Return a value without the noise of float arithmetic; never minus zero."""
    return round(value, _POINTS_DECIMALS) + 0.0


def render_csv(plan: Plan) -> str:
    """Return one row a day, header first; units as `1x10+2x0.5` (count x strength in mg)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    for day in plan.days:
        cells = _day(day) | {"units": "+".join(f"{unit.count}x{plain(unit.strength_mg)}" for unit in day.units)}
        writer.writerow([cells[name] for name in CSV_HEADER])
    return out.getvalue()
