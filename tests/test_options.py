"""The price of simplicity: each option is the very plan that an order with that limit gives."""

from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from orders import FORMULARY, RawOrder, changed, order_of, raw_order
from rich_orders import random_rich_order, rich_plan

from stripgen.domain.choices import Option
from stripgen.domain.plan import Plan, count_units
from stripgen.errors import NoFeasiblePlan, OrderInvalid
from stripgen.planning.options import FEWEST, MOST, error_of, find_options

randoms = st.randoms(use_true_random=False)
HAIR = 1e-9


def options_of(raw: RawOrder) -> list[Option]:
    return find_options(order_of(raw), FORMULARY)


def limited_plan(raw: RawOrder, most_doses: int | None) -> Plan | None:
    return rich_plan(changed(raw, {"taper.max_different_doses": most_doses}))


def preparations_of(plan: Plan) -> int:
    made = {(unit.strength_mg, unit.form) for day in plan.days for unit in day.units}
    return 1 if plan.order.compounding.solution else len(made)


@given(randoms)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_each_option_is_the_plan_of_that_limit_and_impossible_ones_are_left_out(random: Random) -> None:
    raw = random_rich_order(random, longest_days=40)
    plans = {most: limited_plan(raw, most) for most in (*range(FEWEST, MOST + 1, 3), None)}
    if plans[None] is None:
        with pytest.raises(NoFeasiblePlan):
            options_of(raw)
        return

    found = {option.most_doses: option for option in options_of(raw)}

    for most, plan in plans.items():
        assert (most in found) == (plan is not None)
        if plan is not None:
            option = found[most]
            assert option.quality == plan.quality
            assert option.different_doses == len({day.dose_mg for day in plan.days})
            assert option.n_units == sum(count_units(day.units) for day in plan.days)
            assert option.total_mg == sum(day.dose_mg for day in plan.days)
            assert option.preparations == preparations_of(plan)


@given(randoms)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_more_different_doses_never_cost_accuracy_and_one_knee_at_most_is_marked(random: Random) -> None:
    raw = random_rich_order(random, longest_days=40)
    assume(rich_plan(changed(raw, {"taper.max_different_doses": None})) is not None)

    options = options_of(raw)

    limits = [option.most_doses for option in options]
    assert limits[-1] is None
    assert limits[:-1] == list(range(MOST + 2 - len(limits), MOST + 1))
    errors = [error_of(option) for option in options]
    assert all(later <= earlier + HAIR for earlier, later in pairwise(errors))
    assert all(option.different_doses <= (option.most_doses or MOST**2) for option in options)
    knees = [option for option in options if option.is_knee]
    assert len(knees) <= 1
    assert all(knee.most_doses is not None for knee in knees)
    assert not (errors[0] > errors[-2] + HAIR and len(limits) > 3 and not knees)


def test_the_knee_is_furthest_below_the_straight_line() -> None:
    options = options_of(raw_order())
    limited = options[:-1]

    first, last = error_of(limited[0]), error_of(limited[-1])
    below = [first + (last - first) * n / (len(limited) - 1) - error_of(option) for n, option in enumerate(limited)]

    assert [option.is_knee for option in limited] == [gain == max(below) for gain in below]
    assert sum(option.is_knee for option in options) == 1


def test_the_orders_own_limit_on_different_doses_does_not_count_and_the_others_do() -> None:
    raw = raw_order({"taper.days": 56})

    assert options_of(changed(raw, {"taper.max_different_doses": 5})) == options_of(raw)
    held_longer = options_of(changed(raw, {"taper.min_days_per_dose": 7}))
    assert held_longer[-1].different_doses <= 8
    assert error_of(held_longer[-1]) > error_of(options_of(raw)[-1])


def test_a_taper_that_needs_few_doses_has_no_knee() -> None:
    raw = raw_order({"taper.days": 3, "compounding.increment_mg": 5})

    assert [option.is_knee for option in options_of(raw)] == [False] * (MOST - FEWEST + 2)


def test_other_limits_that_clash_are_told() -> None:
    raw = raw_order({"taper.max_drop_points": Decimal("0.01")})

    with pytest.raises(NoFeasiblePlan, match=r"taper\.max_drop_points: 0\.01") as caught:
        find_options(order_of(raw), FORMULARY, "order.toml")

    assert caught.value.exit_code == 5
    assert caught.value.lines()[0].startswith("order.toml: ")


def test_more_doses_and_days_than_can_be_computed_are_refused() -> None:
    raw = raw_order({"compounding.increment_mg": Decimal("0.001"), "taper.days": 400})

    with pytest.raises(OrderInvalid, match="20,000 doses on 400 days are too many to compute options; a larger inc"):
        options_of(raw)


@pytest.mark.parametrize("strategy", ["linear", "proportional"])
def test_a_drug_without_a_curve_has_options_in_mg(strategy: str) -> None:
    steps = {"percent_per_step": 20, "days_per_step": 3, "last_dose_mg": Decimal("0.5"), "days": None}
    raw = raw_order({"medication": {"drug": "nocurvinum"}, "taper.strategy": strategy})
    if strategy == "proportional":
        raw = changed(raw, {f"taper.{key}": value for key, value in steps.items()})

    for option in options_of(raw):
        assert option.quality.rms_error_points is None
        assert option.quality.rms_error_mg is not None
        assert error_of(option) == option.quality.rms_error_mg
