"""What is compared, as text for a terminal and as JSON: strategies, options, choices of strengths."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from stripgen.domain.choices import Option, StrengthChoice
from stripgen.domain.plan import Alternative, Plan, Quality
from stripgen.domain.quantity import plain
from stripgen.rendering.descriptions import describe_limits, describe_strategy, describe_taper
from stripgen.rendering.plan_json import alternative_entries, quality_entries
from stripgen.rendering.words import Words

_JSON_DECIMALS = 6


def render_comparison(plan: Plan, words: Words) -> str:
    """Return the plan and the other strategies, one line each."""
    unit = "points" if plan.curve else "mg"
    own = describe_limits(plan.order.taper, words) or describe_strategy(plan.order.taper, words)
    lines = [
        f"plan {plan.plan_id}: {plan.order.medication.drug} {describe_taper(plan, words)}",
        (
            f"{'':30}{'largest':>9} {'when':>9} {'stop':>7} {'error':>7} {'doses':>6} {'units':>6} {'mg':>9} "
            f"{'last mg':>8}"
        ),
        f"{'':30}{unit:>9} {'':9} {unit:>7} {unit:>7}",
        _comparison_line("this plan", plan, plan.days[-1].dose_mg, plan, words),
        *(
            _comparison_line(words.say(f"alternative.{other.strategy}"), other, other.doses_mg[-1], plan, words)
            for other in plan.alternatives
        ),
    ]
    return "\n".join(
        [
            *lines,
            f"this plan: {own}",
            "the others: same start, end, days and achievable doses, no limits; percentages spread over the same days",
            "error: how far rounding takes the doses from what the strategy itself asks for",
        ]
    )


def _comparison_line(name: str, told: Plan | Alternative, last_mg: Decimal, plan: Plan, words: Words) -> str:
    quality, total_mg = told.quality, words.number(told.total_mg)
    largest, stop = _largest(quality, words), _at_stop(quality, plan, last_mg, words)
    return (
        f"{name:30}{largest:>9} {_when(quality, len(plan.days)):>9} {stop:>7} "
        f"{_error(quality):>7} {told.different_doses:>6} {told.n_units:>6} {total_mg:>9} {words.number(last_mg):>8}"
    )


def _largest(quality: Quality, words: Words) -> str:
    points = quality.max_drop_points
    return words.number(quality.max_drop_mg) if points is None else words.points(points)


def _when(quality: Quality, n_days: int) -> str:
    return "stop" if quality.max_drop_day > n_days else f"day {quality.max_drop_day}"


def _at_stop(quality: Quality, plan: Plan, last_mg: Decimal, words: Words) -> str:
    if plan.stop is None:
        return "none"
    return words.number(last_mg) if quality.stop_drop_points is None else words.points(quality.stop_drop_points)


def _error(quality: Quality) -> str:
    error = quality.rms_error_points if quality.rms_error_points is not None else quality.rms_error_mg
    return "-" if error is None else f"{error:.2f}"


def render_comparison_json(plan: Plan) -> str:
    """Return the same as JSON: the plan first (`this plan`)."""
    entries = {"plan_id": plan.plan_id, "days": len(plan.days), "alternatives": alternative_entries(plan)}
    return json.dumps({"schema": 1, **entries}, indent=1)


def render_options(options: Sequence[Option], words: Words) -> str:
    """Return one line for each number of different doses; the knee is marked."""
    in_points = options[0].quality.rms_error_points is not None
    unit = "points" if in_points else "mg"
    lines = [
        (
            f"{'at most':>9} {'error':>8} {'largest drop':>13} {'on':>9} {'different':>10} {'preparations':>13} "
            f"{'units':>7}"
        ),
        f"{'doses':>9} {unit:>8} {unit:>13} {'':9} {'doses':>10}",
    ]
    for option in options:
        most = "any" if option.most_doses is None else str(option.most_doses)
        quality = option.quality
        mark = "  <- knee" if option.is_knee else ""
        lines.append(
            f"{most:>9} {_error(quality):>8} {_largest(quality, words):>13} {_when(quality, option.n_days):>9} "
            f"{option.different_doses:>10} {option.preparations:>13} {option.n_units:>7}{mark}"
        )
    return "\n".join([*lines, "the knee: from here on more different doses gain little"])


def render_options_json(options: Sequence[Option]) -> str:
    """Return the same as JSON; `most_doses` is null for any number."""
    return json.dumps({"schema": 1, "options": [_option(option) for option in options]}, indent=1)


def _option(option: Option) -> dict[str, Any]:
    return {
        "most_doses": option.most_doses,
        "different_doses": option.different_doses,
        "preparations": option.preparations,
        **quality_entries(option.quality),
        "n_units": option.n_units,
        "total_mg": plain(option.total_mg),
        "knee": option.is_knee,
    }


def render_strengths(choices: Sequence[StrengthChoice], most_units: int, words: Words) -> str:
    """Return one line for each number of strengths."""
    unit = "points" if choices[0].in_points else "mg"
    lines = [
        (
            f"{'strengths':>9} {'error':>8} {'largest drop':>13} {'units a pouch':>20}   "
            f"strengths, at most {most_units} units"
        ),
        f"{'':9} {unit:>8} {unit:>13} {'mean':>12} {'most':>7}",
    ]
    lines += [
        f"{len(choice.strengths_mg):>9} {choice.rms_error:>8.2f} {choice.max_drop:>13.2f} {choice.mean_units:>12.2f} "
        f"{choice.most_units:>7}   {' + '.join(words.dose(mg) for mg in choice.strengths_mg)}"
        for choice in choices
    ]
    return "\n".join([*lines, "each the exact best by rounding error; of equal ones the fewest units"])


def render_strengths_json(choices: Sequence[StrengthChoice], most_units: int) -> str:
    """Return the same as JSON."""
    entries = [
        {
            "strengths_mg": [plain(mg) for mg in choice.strengths_mg],
            "rms_error": round(choice.rms_error, _JSON_DECIMALS),
            "max_drop": round(choice.max_drop, _JSON_DECIMALS),
            "unit": "points" if choice.in_points else "mg",
            "n_units": choice.n_units,
            "mean_units_per_pouch": round(choice.mean_units, _JSON_DECIMALS),
            "most_units_per_pouch": choice.most_units,
        }
        for choice in choices
    ]
    return json.dumps({"schema": 1, "max_units_per_pouch": most_units, "choices": entries}, indent=1)
