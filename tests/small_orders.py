"""Random orders under limits, small enough that every sequence of doses can be tried.

They cover every combination of limits, both first days, stops and ends above 0, phases with holds, increments and
units of which some are divided, flat stretches of a curve and levels that tie exactly.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from brute_force import Question, question_of, units_of_each_dose
from orders import FORMULARY, TABLETS, RawOrder, changed, own_curve, random_tablet, raw_order
from second_implementation import CurveNumbers

LIMITS = ("min_days_per_dose", "max_different_doses", "max_drop_points")
_MOST_SEQUENCES = 4000
_INCREMENTS_MG = tuple(map(Decimal, ("0.05", "0.1", "0.5", "1", "2.5")))
_STRENGTHS_MG = tuple(map(Decimal, ("0.5", "1", "1.5", "2", "2.5", "3", "5", "10")))
_LONGEST_DAYS = 9


def small_orders(seed: int, n_orders: int) -> Iterator[RawOrder]:
    """Yield valid raw orders, the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - nothing secret
    for _ in range(n_orders):
        yield small_order(random)


def curve_numbers_of(raw: RawOrder) -> CurveNumbers | None:
    """Return the curve that a raw order brings or has by default; None where the drug has none."""
    curve = raw["medication"].get("custom_curve")
    if curve is not None:
        return CurveNumbers(Decimal(curve["emax_percent"]), Decimal(curve["ed50_mg"]), Decimal(curve["hill"]))
    published = FORMULARY.default_curve_of(raw["medication"]["drug"])
    if published is None:
        return None
    return CurveNumbers(published.emax_percent, published.ed50_mg, published.hill)


def small_question(raw: RawOrder) -> Question:
    """Return what a small order asks."""
    return question_of(raw, curve_numbers_of(raw))


def small_order(random: Random) -> RawOrder:
    """Return a valid raw order of which all sequences can be tried."""
    while True:
        compounding, doses_mg = _random_doses(random)
        medication = _random_medication(random)
        has_curve = medication["drug"] != "nocurvinum"
        taper = _random_taper(random, doses_mg, has_curve=has_curve)
        raw = raw_order({"medication": medication, "taper": taper, "compounding": compounding})
        question = small_question(raw)
        n_doses, n_days = len(question.doses_mg), len(question.days)
        if n_days and math.comb(n_doses + n_days - 1, n_days) <= _MOST_SEQUENCES:
            return changed(raw, {f"taper.{key}": value for key, value in _random_limits(random, question).items()})


def _random_doses(random: Random) -> tuple[dict[str, Any], list[Decimal]]:
    """Return a compounding table and the doses that it makes up to the start dose, lowest first."""
    if random.randint(0, 1):
        increment_mg = random.choice(_INCREMENTS_MG)
        n_doses = random.randint(2, 8)
        return {"increment_mg": increment_mg}, [n * increment_mg for n in range(1, n_doses + 1)]
    table = _random_units(random)
    doses = sorted(units_of_each_dose(table, Fraction(1000)))
    n_doses = random.randint(1, min(8, len(doses)))
    return table, [Decimal(dose.numerator) / dose.denominator for dose in doses[:n_doses]]


def _random_units(random: Random) -> dict[str, Any]:
    most_units = random.randint(1, 4)
    units = []
    for strength_mg in random.sample(_STRENGTHS_MG, random.randint(1, 3)):
        unit = random_tablet(random, strength_mg, ("whole", *TABLETS))
        if random.randint(0, 2) == 0:
            unit["max_per_pouch"] = random.randint(1, most_units)
        units.append(unit)
    return {"unit": units, "max_units_per_pouch": most_units}


def _random_medication(random: Random) -> dict[str, Any]:
    kind = random.choice(["published", "own", "round", "flat", "none"])
    if kind == "published":
        drugs = [drug for drug in FORMULARY.drugs if (curve := FORMULARY.default_curve_of(drug)) and curve.hill == 1]
        return {"drug": random.choice(drugs)}
    if kind == "own":
        return own_curve(str(Decimal(random.randint(100, 1000)) / 10), str(Decimal(random.randint(1, 9000)) / 1000))
    if kind == "round":  # levels that are simple fractions: falls and errors tie exactly
        return own_curve("100", random.choice(["0.5", "1", "2", "3", "5"]))
    if kind == "flat":  # clamped to 1 at the upper doses
        return own_curve("110", random.choice(["0.05", "0.1", "0.25", "0.5"]))
    return {"drug": "nocurvinum"}


def _random_taper(random: Random, doses_mg: list[Decimal], *, has_curve: bool) -> dict[str, Any]:
    strategies = ["occupancy", "occupancy", "occupancy", "linear", "proportional"] if has_curve else ["linear"] * 3
    strategy = random.choice([*strategies, "linear"])
    first_day = random.choice(["start", "reduced"])
    taper: dict[str, Any] = {
        "start_dose_mg": doses_mg[-1],
        "start_date": raw_order()["taper"]["start_date"],
        "first_day": first_day,
        "strategy": strategy,
    }
    below = [Decimal(0), *doses_mg[:-1]]
    if strategy == "proportional" and len(below) > 1:
        last_mg = random.choice(below[1:])
        end_mg = random.choice([mg for mg in below if mg <= last_mg])
        percent = random.choice([Decimal(10), Decimal(25), Decimal(50), Decimal("33.3")])
        steps = {"percent_per_step": percent, "days_per_step": random.randint(1, 2)}
        return {**taper, **steps, "end_dose_mg": end_mg, "last_dose_mg": last_mg}
    if strategy == "proportional":
        taper["strategy"] = "linear"
    if random.randint(0, 2) == 0:
        return {**taper, "phase": _random_phases(random, below, first_day)}
    end_mg = random.choice([Decimal(0), random.choice(below)])
    fewest_days = 2 if end_mg and first_day == "start" else 1
    return {**taper, "end_dose_mg": end_mg, "days": random.randint(fewest_days, _LONGEST_DAYS)}


def _random_phases(random: Random, below: list[Decimal], first_day: str) -> list[dict[str, Any]]:
    ends = sorted(random.sample(below, random.randint(1, min(3, len(below)))), reverse=True)
    phases: list[dict[str, Any]] = []
    for end_mg in ends:
        if random.randint(0, 2) == 0:
            phases.append({"kind": "hold", "days": random.randint(1, 3)})
        fewest_days = 2 if end_mg and first_day == "start" and not phases else 1
        phases.append({"kind": "reduce", "to_mg": end_mg, "days": random.randint(fewest_days, 4)})
    if ends[-1] and random.randint(0, 2) == 0:
        phases.append({"kind": "hold", "days": random.randint(1, 3)})
    return phases


def _random_limits(random: Random, question: Question) -> dict[str, Any]:
    """Return each limit as often as not; near to where it begins to bind."""
    made: dict[str, Any] = {}
    if random.randint(0, 1):
        made["min_days_per_dose"] = random.choice([1, 2, 2, 3, 3, 4])
    if random.randint(0, 1):
        made["max_different_doses"] = random.randint(1, 5)
    if question.curve is not None and random.randint(0, 1):
        made["max_drop_points"] = _random_drop(random, question)
    return made


def _random_drop(random: Random, question: Question) -> Decimal:
    """Return a largest drop: often one that two doses are apart exactly, or a hundredth of a point less than that."""
    levels = [question.level_of(dose) for dose in [*question.doses_mg, Fraction(0)]]
    one, two = sorted(random.sample(range(len(levels)), 2))
    points = 100 * (levels[one] - levels[two])
    hundredths = math.ceil(100 * points) + random.choice([0, 0, 0, -1, 1])
    return Decimal(min(max(hundredths, 1), 10_000)) / 100
