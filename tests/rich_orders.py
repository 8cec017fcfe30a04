"""Random orders with everything an order may say: phases, limits, strategies, divisible units, solutions.

Not every one has a plan: limits may clash. `rich_plan` returns None then.
"""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from orders import FORMULARY, ISSUED_ON, TABLETS, RawOrder, order_of, own_curve, random_tablet, raw_order

from stripgen.domain.plan import Plan
from stripgen.errors import NoFeasiblePlan
from stripgen.planning.taper import plan_taper

DRUG_WITHOUT_CURVE = "nocurvinum"
_INCREMENTS_MG = tuple(map(Decimal, ("0.05", "0.1", "0.25", "0.5", "1", "2")))
_STRENGTHS_MG = tuple(map(Decimal, ("0.2", "0.5", "1", "2", "3", "5", "10", "20")))
_SOLUTIONS = (("1", "0.1"), ("2", "0.05"), ("0.5", "0.5"), ("10", "0.01"))


def rich_plan(raw: RawOrder) -> Plan | None:
    """Return the plan of a raw order, or None where its limits clash."""
    try:
        return plan_taper(order_of(raw), FORMULARY, ISSUED_ON)
    except NoFeasiblePlan:
        return None


def random_rich_order(
    random: Random, *, limited: bool = True, longest_days: int = 60, strategy: str | None = None
) -> RawOrder:
    """Return a valid raw order.

    Args:
        random: Where all choices come from.
        limited: Whether it may set limits.
        longest_days: Of a reduction.
        strategy: A random one unless given.
    """
    compounding, doses_mg = _random_compounding(random)
    medication = _random_medication(random, doses_mg[-1])
    has_curve = medication["drug"] != DRUG_WITHOUT_CURVE
    strategy = strategy or random.choice(["occupancy"] * 3 * has_curve + ["linear", "linear", "proportional"])
    taper: dict[str, Any] = {
        "start_dose_mg": doses_mg[-1],
        "start_date": dt.date(2026, 12, 1) + dt.timedelta(days=random.randint(0, 400)),
        "first_day": random.choice(["start", "reduced"]),
        "strategy": strategy,
        "days_per_strip": random.choice([1, 5, 7, 14, 28]),
    }
    below = [Decimal(0), *doses_mg[:-1]]
    if strategy == "proportional":
        taper |= _random_steps(random, below)
    elif random.randint(0, 1):
        taper["phase"] = _random_phases(random, below, taper["first_day"], longest_days)
    else:
        end_mg = random.choice([Decimal(0), random.choice(below)])
        fewest_days = 2 if end_mg and taper["first_day"] == "start" else 1
        taper |= {"end_dose_mg": end_mg, "days": random.randint(fewest_days, longest_days)}
    if limited and random.randint(0, 1):
        taper |= _random_limits(random, has_curve=has_curve)
    return raw_order({"medication": medication, "taper": taper, "compounding": compounding})


def _random_compounding(random: Random) -> tuple[dict[str, Any], list[Decimal]]:
    """Return a way to make pouches and some doses it makes, at least two, lowest first."""
    way = random.choice(["increment", "increment", "units", "units", "solution"])
    if way == "increment":
        step_mg = random.choice(_INCREMENTS_MG)
        return {"increment_mg": step_mg}, [n * step_mg for n in range(1, random.randint(2, 50) + 1)]
    if way == "solution":
        mg_per_ml, step_ml = map(Decimal, random.choice(_SOLUTIONS))
        table = {"solution": {"mg_per_ml": mg_per_ml, "syringe_step_ml": step_ml}}
        return table, [n * mg_per_ml * step_ml for n in range(1, random.randint(2, 50) + 1)]
    strengths_mg = random.sample(_STRENGTHS_MG, random.randint(1, 4))
    units = [random_tablet(random, strength_mg, TABLETS) for strength_mg in strengths_mg]
    # Sums of whole units and their doubles: whatever else can be made, these can.
    doses = {unit["strength_mg"] * n for unit in units for n in (1, 2, 3)}
    return {"unit": units, "max_units_per_pouch": random.randint(3, 6)}, sorted(doses)


def _random_medication(random: Random, start_mg: Decimal) -> dict[str, Any]:
    kind = random.choice(["published", "own", "own with hill", "none"])
    if kind == "none":
        return {"drug": DRUG_WITHOUT_CURVE}
    if kind == "published":
        return {"drug": random.choice([drug for drug in FORMULARY.drugs if FORMULARY.default_curve_of(drug)])}
    ed50 = max(round(start_mg * Decimal(random.choice(["0.05", "0.2", "0.5", "1"])), 3), Decimal("0.001"))
    hill = "1" if kind == "own" else random.choice(["0.7", "1.5"])
    return own_curve(str(random.randint(60, 105)), str(ed50), hill)


def _random_steps(random: Random, below: list[Decimal]) -> dict[str, Any]:
    last_mg = random.choice(below[1:])
    return {
        "end_dose_mg": random.choice([mg for mg in below if mg <= last_mg]),
        "last_dose_mg": last_mg,
        "percent_per_step": random.choice([Decimal(10), Decimal(25), Decimal("33.3"), Decimal(50)]),
        "days_per_step": random.randint(1, 7),
    }


def _random_phases(random: Random, below: list[Decimal], first_day: str, longest_days: int) -> list[dict[str, Any]]:
    ends = sorted(random.sample(below, random.randint(1, min(3, len(below)))), reverse=True)
    phases: list[dict[str, Any]] = []
    for end_mg in ends:
        if random.randint(0, 2) == 0:
            phases.append({"kind": "hold", "days": random.randint(1, 10)})
        fewest_days = 2 if end_mg and first_day == "start" and not phases else 1
        phases.append({"kind": "reduce", "to_mg": end_mg, "days": random.randint(fewest_days, longest_days // 2)})
    if ends[-1] and random.randint(0, 1):
        phases.append({"kind": "hold", "days": random.randint(1, 10)})
    return phases


def _random_limits(random: Random, *, has_curve: bool) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if random.randint(0, 1):
        limits["min_days_per_dose"] = random.randint(1, 4)
    if random.randint(0, 1):
        limits["max_different_doses"] = random.randint(3, 16)
    if has_curve and random.randint(0, 2) == 0:
        limits["max_drop_points"] = Decimal(random.choice([5, 10, 20, 40]))
    return limits
