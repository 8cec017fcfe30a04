"""What the models beside the plan say: the body's level, the other curves, the other strategies."""

import json
import math
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from orders import ENGLISH, FORMULARY, ISSUED_ON, changed, order_of, own_curve, plan_of, raw_order
from rich_orders import DRUG_WITHOUT_CURVE, random_rich_order, rich_plan

from stripgen.domain.plan import AlternativeName, Plan
from stripgen.errors import OrderInvalid
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.plan_json import render_json

randoms = st.randoms(use_true_random=False)
often = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
CURVED_DRUGS = [drug for drug in FORMULARY.drugs if FORMULARY.default_curve_of(drug)]


def some_plan(random: Random, strategy: str | None = None) -> Plan:
    plan = rich_plan(random_rich_order(random, strategy=strategy))
    assume(plan is not None)
    assert plan is not None
    return plan


def naive_occupancy(dose_mg: float, plan: Plan, ed50_factor: float = 1) -> float:
    assert plan.curve is not None
    emax, ed50, hill = (float(n) for n in (plan.curve.emax_percent, plan.curve.ed50_mg, plan.curve.hill))
    return min(emax / 100 * dose_mg**hill / (dose_mg**hill + (ed50_factor * ed50) ** hill), 1.0) if dose_mg else 0.0


def drops_of(levels: list[float]) -> list[float]:
    return [100 * (before - after) for before, after in pairwise(levels)]


# --- prediction ------------------------------------------------------------------------------------------------------


@given(randoms)
@often
def test_the_prediction_is_that_of_a_simulation_day_by_day(random: Random) -> None:
    plan = some_plan(random)
    prediction = plan.prediction
    assert (prediction is None) == (plan.curve is None or plan.drug is None or plan.drug.half_life_h is None)
    assume(prediction is not None)
    assert prediction is not None

    lost_in_a_day = 1 - math.exp(-math.log(2) * 24 / prediction.half_life_h)
    body_mg, levels = float(plan.order.taper.start_dose_mg), []
    for day in plan.days:
        body_mg += lost_in_a_day * (float(day.dose_mg) - body_mg)
        levels.append(naive_occupancy(body_mg, plan))
    after = []
    while plan.stop and naive_occupancy(body_mg := body_mg * (1 - lost_in_a_day), plan) > 0.01:
        after.append(naive_occupancy(body_mg, plan))

    assert prediction.occupancies == pytest.approx(levels, abs=1e-9)
    assert prediction.after == pytest.approx(after, abs=1e-9)
    start = naive_occupancy(float(plan.order.taper.start_dose_mg), plan)
    assert prediction.max_drop_points == pytest.approx(max(drops_of([start, *levels, *after])), abs=1e-7)


@pytest.mark.parametrize("drug", [drug for drug in CURVED_DRUGS if FORMULARY.drugs[drug].half_life_h])
def test_the_half_life_is_the_middle_of_the_longest_active_one(drug: str) -> None:
    facts = FORMULARY.drugs[drug]
    known = {drug: facts.half_life_h}
    if facts.metabolite:
        known[facts.metabolite.name] = facts.metabolite.half_life_h
    prediction = plan_of(raw_order({"medication.drug": drug})).prediction

    assert prediction is not None
    middles = {name: float(sum(span) / 2) for name, span in known.items() if span}
    assert prediction.half_life_h == max(middles.values()) == middles[prediction.moiety]
    assert prediction.span_h == known[prediction.moiety]


def days_after(drug: str) -> int:
    prediction = plan_of(raw_order({"medication.drug": drug})).prediction
    assert prediction is not None
    return len(prediction.after)


def test_fluoxetine_tapers_itself_for_weeks_and_venlafaxine_for_about_a_day() -> None:
    assert days_after("fluoxetine") >= 28
    assert days_after("venlafaxine") <= 2


def test_what_is_held_long_enough_is_predicted_as_its_own_occupancy() -> None:
    phases = [{"kind": "reduce", "to_mg": 10, "days": 28}, {"kind": "hold", "days": 200}]
    raw = raw_order({"taper.phase": phases, "taper.end_dose_mg": None, "taper.days": None})
    plan = plan_of(raw)

    assert plan.prediction is not None
    assert plan.prediction.occupancies[-1] == pytest.approx(plan.days[-1].occupancy, abs=1e-9)
    assert plan.prediction.occupancies[40] > (plan.days[40].occupancy or 0)
    assert plan.prediction.after == ()


def test_the_body_falls_more_slowly_than_the_doses() -> None:
    plan = plan_of(raw_order())

    assert plan.prediction is not None
    assert all(
        predicted >= (day.occupancy or 0) - 1e-12
        for predicted, day in zip(plan.prediction.occupancies, plan.days, strict=True)
    )
    assert plan.prediction.max_drop_points < (plan.quality.max_drop_points or 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"medication": {"drug": DRUG_WITHOUT_CURVE}, "taper.strategy": "linear"},
        {"medication": own_curve("90", "4")},
    ],
    ids=["no curve", "no half-life"],
)
def test_without_a_curve_or_a_half_life_nothing_is_predicted(changes: dict[str, Any]) -> None:
    plan = plan_of(raw_order(changes))

    assert plan.prediction is None
    raw = json.loads(render_json(plan, ENGLISH))
    assert raw["prediction"] is None
    assert {day["predicted_occupancy_percent"] for day in raw["days"]} == {None}


def test_the_prediction_is_in_the_json_of_every_day() -> None:
    plan = plan_of(raw_order())
    raw = json.loads(render_json(plan, ENGLISH))

    assert plan.prediction is not None
    told = [day["predicted_occupancy_percent"] for day in raw["days"]]
    assert told == pytest.approx([100 * value for value in plan.prediction.occupancies], abs=1e-6)
    assert raw["prediction"]["days_above_1_point_after_last_pouch"] == len(plan.prediction.after)
    assert raw["prediction"]["moiety"] == plan.prediction.moiety
    assert "never used to choose doses" in raw["prediction"]["model"]


# --- sensitivity -----------------------------------------------------------------------------------------------------


@given(randoms)
@often
def test_the_worst_curve_is_the_one_with_the_largest_drop_of_these_doses(random: Random) -> None:
    plan = some_plan(random)
    assert (plan.sensitivity is None) == (plan.curve is None)
    assume(plan.sensitivity is not None)
    assert plan.sensitivity is not None
    assert plan.curve is not None

    doses = [float(mg) for mg in (plan.order.taper.start_dose_mg, *(day.dose_mg for day in plan.days))]
    doses += [0.0] if plan.stop else []
    views = plan.sensitivity.views
    assert views[0].curve == plan.curve.id
    assert views[0].max_drop_points == pytest.approx(plan.quality.max_drop_points, abs=1e-9)
    assert plan.sensitivity.worst in views
    assert plan.sensitivity.worst.max_drop_points == max(view.max_drop_points for view in views)
    if plan.sensitivity.basis == "ED50 halved and doubled":
        assert len(views) == 3
        for view, factor in zip(views, (1, 0.5, 2), strict=True):
            drops = drops_of([naive_occupancy(dose, plan, factor) for dose in doses])
            assert view.max_drop_points == pytest.approx(max(drops), abs=1e-7)
            assert drops[view.max_drop_day - 1] == pytest.approx(max(drops), abs=1e-7)
            assert view.stop_drop_points == (pytest.approx(drops[-1], abs=1e-7) if plan.stop else None)
    else:
        same_target = {c.id for c in FORMULARY.curves_of(plan.curve.drug) if c.target == plan.curve.target}
        assert {view.curve for view in views} == same_target
        assert len(views) > 1


@given(randoms)
@often
def test_the_band_holds_the_plans_own_line(random: Random) -> None:
    plan = some_plan(random)
    assume(plan.sensitivity is not None)
    assert plan.sensitivity is not None

    own = [day.occupancy or 0.0 for day in plan.days] + ([0.0] if plan.stop else [])
    lowest, highest = plan.sensitivity.lowest, plan.sensitivity.highest
    assert len(own) == len(lowest) == len(highest)
    assert all(low - 1e-12 <= value <= high + 1e-12 for low, value, high in zip(lowest, own, highest, strict=True))


def test_one_published_curve_alone_is_halved_and_doubled() -> None:
    alone = [drug for drug in CURVED_DRUGS if len(FORMULARY.curves_of(drug)) == 1]
    several = [
        drug
        for drug in CURVED_DRUGS
        if len({(c.target, c.id) for c in FORMULARY.curves_of(drug) if c.target == "SERT"}) > 1
    ]
    assert alone
    assert several

    for drug in alone:
        sensitivity = plan_of(raw_order({"medication.drug": drug})).sensitivity
        assert sensitivity is not None
        assert sensitivity.basis == "ED50 halved and doubled"
        own = sensitivity.views[0].curve
        assert [view.name for view in sensitivity.views] == [own, f"{own}, ED50 halved", f"{own}, ED50 doubled"]


def test_the_sensitivity_is_in_the_json() -> None:
    plan = plan_of(raw_order())
    told, sensitivity = json.loads(render_json(plan, ENGLISH))["sensitivity"], plan.sensitivity

    assert sensitivity is not None
    assert told["basis"] == sensitivity.basis
    assert told["worst_curve"] == sensitivity.worst.name
    assert told["worst_drop_points"] == pytest.approx(sensitivity.worst.max_drop_points, abs=1e-6)
    assert [view["id"] for view in told["curves"]] == [view.name for view in sensitivity.views]
    assert told["lowest_percent"] == pytest.approx([100 * value for value in sensitivity.lowest], abs=1e-6)


# --- alternatives ----------------------------------------------------------------------------------------------------


@given(randoms)
@settings(often, max_examples=250)
def test_every_alternative_takes_as_long_never_rises_and_ends_alike(random: Random) -> None:
    plan = some_plan(random)

    names = [other.strategy for other in plan.alternatives]
    shares = ["linear", "proportional_10", "proportional_25", "halving"]
    assert names == (["occupancy"] if plan.curve else []) + shares
    for other in plan.alternatives:
        doses = [plan.order.taper.start_dose_mg, *other.doses_mg]
        assert len(other.doses_mg) == len(plan.days)
        assert doses == sorted(doses, reverse=True)
        assert other.doses_mg[-1] > 0
        assert plan.stop is not None or other.doses_mg[-1] == plan.final_dose_mg
        assert (other.quality.stop_drop_points is None) == (plan.stop is None or plan.curve is None)
        assert other.total_mg == sum(other.doses_mg)
        assert other.different_doses == len(set(other.doses_mg))
        assert other.n_units >= len(other.doses_mg)
        assert len(other.occupancies) == (len(plan.days) if plan.curve else 0)


@given(randoms)
@often
def test_without_limits_the_plan_is_its_own_strategys_alternative(random: Random) -> None:
    plan = rich_plan(random_rich_order(random, limited=False))
    assert plan is not None
    assume(plan.strategy != "proportional")
    name: AlternativeName = "occupancy" if plan.strategy == "occupancy" else "linear"

    assert plan.alternative(name).doses_mg == tuple(day.dose_mg for day in plan.days)
    assert plan.alternative(name).quality == plan.quality


# --- the proportional strategy ---------------------------------------------------------------------------------------


@given(randoms)
@settings(often, max_examples=250)
def test_a_proportional_taper_never_stops_above_its_end(random: Random) -> None:
    plan = some_plan(random, strategy="proportional")
    taper = plan.order.taper

    assert plan.final_dose_mg == taper.end_dose_mg
    doses = [day.dose_mg for day in plan.days]
    assert doses == sorted(doses, reverse=True)
    if taper.end_dose_mg == 0:
        assert doses[-1] == taper.last_dose_mg
    assert taper.last_dose_mg in doses


@given(randoms)
@often
def test_the_days_of_a_proportional_taper_follow_from_its_steps(random: Random) -> None:
    raw = random_rich_order(random, limited=False, strategy="proportional")
    plan = rich_plan(raw)
    assert plan is not None
    taper = plan.order.taper
    assert taper.percent_per_step is not None
    assert taper.last_dose_mg is not None

    steps, dose = [taper.start_dose_mg], taper.start_dose_mg
    while (dose := dose * (1 - taper.percent_per_step / 100)) > taper.last_dose_mg:
        steps.append(dose)
    steps += sorted({taper.last_dose_mg, taper.end_dose_mg or taper.last_dose_mg}, reverse=True)
    n_steps = len(steps) - (taper.first_day == "reduced")
    n_days = n_steps * (taper.days_per_step or 1)

    assert len(plan.days) == n_days
    assert rich_plan(changed(raw, {"taper.days": n_days})) is not None
    for wrong in (n_days - 1, n_days + 1):
        if wrong:
            with pytest.raises(
                OrderInvalid, match=f"taper.days: {wrong} is not what the steps come to; leave it out, or {n_days}$"
            ):
                order_of(changed(raw, {"taper.days": wrong}))


def test_a_proportional_taper_to_stop_needs_a_last_dose() -> None:
    raw = raw_order({"taper.strategy": "proportional", "taper.days": None, "taper.percent_per_step": Decimal(10)})

    with pytest.raises(OrderInvalid, match=r"taper\.last_dose_mg: is missing; a percentage never reaches 0"):
        order_of(changed(raw, {"taper.days_per_step": 7}))


def test_other_curves_and_the_model_say_nothing_of_days_already_taken() -> None:
    """In equal mg the largest drops come last; held at the end, the rest has a smaller one than the days taken."""
    plan = plan_of(raw_order({"taper.end_dose_mg": 2, "taper.strategy": "linear", "taper.days": 28}))
    request = Request(len(plan.days) + 1, "hold", Decimal(14), "Example reason")
    amended = plan_taper(amend(plan, request), FORMULARY, ISSUED_ON)

    assert plan.sensitivity is not None
    assert amended.sensitivity is not None
    assert plan.sensitivity.worst.max_drop_points > 1
    assert {view.max_drop_points for view in amended.sensitivity.views} == {0}
    assert all(view.max_drop_day > len(plan.days) for view in amended.sensitivity.views)
    assert plan.prediction is not None
    assert amended.prediction is not None
    assert amended.prediction.occupancies[: len(plan.days)] == plan.prediction.occupancies
    assert amended.prediction.max_drop_points < plan.prediction.max_drop_points
