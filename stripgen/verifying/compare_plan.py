"""Compares a plan (plan.json) with the plan found a second time, and tells what differs in a pharmacist's words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stripgen.domain.fields import shown
from stripgen.domain.formulary import Curve
from stripgen.domain.json_form import to_json
from stripgen.domain.quantity import plain
from stripgen.verifying.expected import Expected, ExpectedDay, ExpectedStop, Pieces
from stripgen.verifying.report import Difference, Report

_POINTS = 1e-6  # plan.json has occupancies and drops with six decimals
_LARGEST_SHOWN = 1e9  # larger numbers are shown as they are written
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Any:
    """Something that is not found a second time: a model's reading, or a text. Only its form is compared."""

    kinds: tuple[type, ...]


@dataclass(frozen=True, slots=True)
class _Each:
    """A list of any length of which each entry has the same form."""

    form: Any


@dataclass(frozen=True, slots=True)
class _First:
    """A list of any length from 1 on, of which the first entry is known, and all others have the same form."""

    first: Any
    others: Any


_TEXT, _COUNT = _Any((str,)), _Any((int,))
_NUMBER_OR_NONE = _Any((float, type(None)))

# What a list or a value of plan.json is called, with its unit; `{}` is the value.
_SAID = {
    "plan_id": "has the plan id {}",
    "plan_hash": "has the plan hash {}",
    "status": "says it is {}",
    "version": "says it is version {}",
    "issued_on": "says it was issued on {}",
    "drug": "is for {}",
    "date": "is dated {}",
    "strip": "is on strip {}",
    "pouch": "is pouch {}",
    "dose_mg": "holds {} mg",
    "volume_ml": "holds {} mL",
    "target_occupancy_percent": "aims at an occupancy of {} %",
    "occupancy_percent": "has an occupancy of {} %",
    "drop_points": "is a drop of {} points",
    "drop_mg": "is a fall of {} mg",
    "code": "has the code {}",
    "strength_mg": "has a strength of {} mg",
    "form": "is a {}",
    "count": "has a count of {}",
    "divided_into": "is divided into {}",
    "max_drop_day": "has its largest drop on day {}",
    "max_drop_points": "has a largest drop of {} points",
    "max_drop_mg": "has a largest fall of {} mg",
    "max_drop_mg_day": "has its largest fall on day {}",
    "mean_drop_points": "has drops of {} points on average",
    "stop_drop_points": "stops with a drop of {} points",
    "n_units": "has {} units in all",
    "last_dose_mg": "ends with {} mg",
    "left_over": "leaves {} of a unit over",
    "pouches": "has {} pouches",
    "strips": "has {} strips",
    "different_doses": "has {} different doses",
    "total_mg": "has {} mg in all",
    "days": "has {} days",
    "units": "has {} kinds of units",
    "consumption": "uses up {} kinds of units",
    "take_back": "has {} pouches to take back",
}
_KINDS = {str: "text", bool: "yes or no", int: "a whole number", float: "a number", type(None): "nothing"}


def compare_plan(plan: Mapping[str, Any], expected: Expected, name: str) -> Report:
    """Return what was compared of a plan, and what differs.

    Args:
        plan: The JSON of a plan, of whatever form: what has not the form of a plan differs.
        expected: The plan found a second time.
        name: Of the file, for the report.
    """
    found = [(_where(path), what) for path, what in _differences(plan, _whole(expected), ())]
    checked = (
        f"{name}, its plan: {len(expected.days)} days (dose, date, strip, pouch, units, volume, code, occupancy), "
        f"totals, {'' if expected.stop else 'no '}stop, plan id and hash"
    )
    return Report((checked,), tuple(Difference(name, where, what) for where, what in found))


# --- what plan.json must say -----------------------------------------------------------------------------------------


def _whole(expected: Expected) -> dict[str, Any]:
    return {
        "schema": 1,
        "plan_id": expected.plan_id,
        "plan_hash": expected.plan_hash,
        "stripgen_version": _TEXT,
        "status": expected.status,
        "version": expected.version,
        "issued_on": expected.issued_on.isoformat() if expected.issued_on else _TEXT,
        "drug": expected.order.medication.drug,
        "strategy": expected.order.taper.strategy,
        "curve": _curve(expected.curve) if expected.curve else None,
        "days": [_day(day) for day in expected.days],
        "stop": _stop(expected.stop) if expected.stop else None,
        "totals": {
            "pouches": expected.pouches,
            "strips": expected.strips,
            "different_doses": expected.different_doses,
            "total_mg": plain(expected.total_mg),
            "volume_ml": _plain(expected.volume_ml),
            "units": [_pieces(piece) for piece in expected.units],
            "consumption": [
                {
                    "strength_mg": plain(used.strength_mg),
                    "form": used.form,
                    "count": used.count,
                    "left_over": plain(used.left_over),
                }
                for used in expected.consumption
            ],
        },
        "quality": {**_quality(expected), "linear_max_drop_points": _NUMBER_OR_NONE},
        "alternatives": _First(_this_plan(expected), _ALTERNATIVE),
        "prediction": _Any((dict, type(None))),
        "sensitivity": _Any((dict, type(None))),
        "findings": _Each(_Any((dict,))),
        "take_back": [
            {
                "strip": pouch.strip,
                "day": pouch.day,
                "date": pouch.date.isoformat(),
                "dose_mg": plain(pouch.dose_mg),
                "code": pouch.code,
            }
            for pouch in expected.take_back
        ],
        "order": to_json(expected.order.model_dump(by_alias=True, exclude_defaults=True)),
    }


def _day(day: ExpectedDay) -> dict[str, Any]:
    return {
        "day": day.day,
        "date": day.date.isoformat(),
        "strip": day.strip,
        "pouch": day.pouch,
        "dose_mg": plain(day.dose_mg),
        "volume_ml": _plain(day.volume_ml),
        "target_occupancy_percent": day.target_percent,
        "occupancy_percent": day.occupancy_percent,
        "predicted_occupancy_percent": _NUMBER_OR_NONE,
        "drop_points": day.drop_points,
        "drop_mg": plain(day.drop_mg),
        "held": day.held,
        "units": [_pieces(piece) for piece in day.units],
        "code": day.code,
    }


def _pieces(piece: Pieces) -> dict[str, Any]:
    whole = {"strength_mg": plain(piece.strength_mg), "form": piece.form, "count": piece.count}
    return whole if piece.divided_into == 1 else {**whole, "divided_into": piece.divided_into}


def _stop(stop: ExpectedStop) -> dict[str, Any]:
    return {"date": stop.date.isoformat(), "drop_points": stop.drop_points, "drop_mg": plain(stop.drop_mg)}


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


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _quality(expected: Expected) -> dict[str, Any]:
    quality = expected.quality
    if quality is None:
        return _QUALITY
    return {
        "rms_error_points": quality.rms_error_points,
        "mean_drop_points": quality.mean_drop_points,
        "max_drop_points": quality.max_drop_points,
        "max_drop_day": quality.max_drop_day,
        "stop_drop_points": quality.stop_drop_points,
        "rms_error_mg": quality.rms_error_mg,
        "max_drop_mg": plain(quality.max_drop_mg),
        "max_drop_mg_day": quality.max_drop_mg_day,
    }


def _this_plan(expected: Expected) -> dict[str, Any]:
    return {
        "strategy": "this plan",
        **_quality(expected),
        "different_doses": expected.different_doses,
        "n_units": sum(piece.count for piece in expected.units),
        "total_mg": plain(expected.total_mg),
        "last_dose_mg": plain(expected.days[-1].dose_mg),
        "days_per_step": None,
    }


# The forms of what is not found a second time: other ways to taper and a model's readings, which are in no pouch.
_QUALITY = {
    "rms_error_points": _NUMBER_OR_NONE,
    "mean_drop_points": _NUMBER_OR_NONE,
    "max_drop_points": _NUMBER_OR_NONE,
    "max_drop_day": _COUNT,
    "stop_drop_points": _NUMBER_OR_NONE,
    "rms_error_mg": _NUMBER_OR_NONE,
    "max_drop_mg": _TEXT,
    "max_drop_mg_day": _COUNT,
}
_ALTERNATIVE = {
    "strategy": _TEXT,
    **_QUALITY,
    "different_doses": _COUNT,
    "n_units": _COUNT,
    "total_mg": _TEXT,
    "last_dose_mg": _TEXT,
    "days_per_step": _NUMBER_OR_NONE,
}


# --- comparing -------------------------------------------------------------------------------------------------------


def _differences(found: Any, wanted: Any, path: _Path) -> Iterator[tuple[_Path, str]]:  # noqa: ANN401 - any JSON
    """Yield where what a plan says is not what it must say, with both in words."""
    match wanted:
        case dict():
            yield from _of_tables(found, wanted, path)
        case list():
            yield from _of_lists(found, wanted, path)
        case _Each(form):
            yield from _of_lists(found, [form] * len(found) if isinstance(found, list) else [], path)
        case _First(first, others):
            n_others = len(found) - 1 if isinstance(found, list) else 0
            yield from _of_lists(found, [first, *[others] * n_others], path)
        case _Any(kinds):
            if type(found) not in kinds:
                allowed = " or ".join(_KINDS.get(kind, "a table") for kind in kinds)
                yield path, f"{_said(path, found)}; it must be {allowed}"
        case _ if not _is_same(found, wanted):
            yield path, _told(path, found, wanted)


def _of_tables(found: Any, wanted: Mapping[str, Any], path: _Path) -> Iterator[tuple[_Path, str]]:  # noqa: ANN401
    if not isinstance(found, Mapping):
        yield path, f"{_said(path, found)}; it must be a table"
        return
    for key in [key for key in wanted if key not in found]:
        yield path, f"says nothing of {key}; the order comes to {_shown(wanted[key])}"
    for key in [key for key in found if key not in wanted]:
        yield path, f"has {_shown(key)} = {shown(found[key])}, which no plan has"
    for key in [key for key in wanted if key in found]:
        yield from _differences(found[key], wanted[key], (*path, key))


def _of_lists(found: Any, wanted: Sequence[Any], path: _Path) -> Iterator[tuple[_Path, str]]:  # noqa: ANN401
    if not isinstance(found, list):
        yield path, f"{_said(path, found)}; it must be a list"
        return
    if len(found) != len(wanted):
        yield path, _told(path, len(found), len(wanted))
    for number, (inner, wanted_inner) in enumerate(zip(found, wanted, strict=False)):
        differences = list(_differences(inner, wanted_inner, (*path, number)))
        yield from differences
        if differences and len(found) != len(wanted):
            return  # one too many or too few: all after it are in the wrong place, too


def _is_same(found: object, wanted: object) -> bool:
    if type(found) is not type(wanted):
        return False
    if isinstance(found, float) and isinstance(wanted, float):
        return abs(found - wanted) <= _POINTS  # NaN is not
    return found == wanted


# --- words -----------------------------------------------------------------------------------------------------------


def _where(path: _Path) -> str:
    """Return where in a plan something stands: `day 17`, `totals, unit 1`; empty for the plan itself."""
    places: list[str] = []
    for key in path:
        if isinstance(key, int):
            places[-1] = f"{_SINGULAR.get(places[-1], places[-1])} {key + 1}"
        else:
            places.append(key)
    if path and path[-1] in _SAID:  # what is said there names it
        del places[-1]
    return ", ".join(places)


_SINGULAR = {
    "days": "day",
    "units": "unit",
    "consumption": "used up",
    "take_back": "pouch to take back",
    "alternatives": "strategy",
    "findings": "finding",
}


def _told(path: _Path, found: object, wanted: object) -> str:
    """Return both values in words: `holds 9.5 mg; the order comes to 9.4 mg`."""
    unit = _phrase(path).partition("{}")[2]
    if type(found) is not type(wanted) and None not in (found, wanted):
        kinds = _KINDS.get(type(found), "a list or table"), _KINDS[type(wanted)]
        return f"{_said(path, found)} as {kinds[0]}; the order comes to {_shown(wanted)}{unit} as {kinds[1]}"
    return f"{_said(path, found)}; the order comes to {_shown(wanted)}{unit}"


def _said(path: _Path, found: object) -> str:
    if found is None and path and path[-1] in _SAID:
        return f"says nothing of {path[-1]}"
    return _phrase(path).format(_shown(found))


def _phrase(path: _Path) -> str:
    return _SAID.get(str(path[-1]) if path else "", "says {}")


def _shown(value: object) -> str:
    """Return a value as a person reads it: text without quotes, numbers without noise."""
    if value is None:
        return "nothing"
    if isinstance(value, _Any | _Each | _First):
        return "a value"
    if isinstance(value, float) and abs(value) < _LARGEST_SHOWN:
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return shown(value).strip("'\"") or "an empty text"
