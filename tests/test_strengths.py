"""The strengths chosen for a pharmacy are the best of all choices: each is planned in full and compared."""

from decimal import Decimal
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orders import FORMULARY, RawOrder, changed, order_of, own_curve, plan_of, raw_order
from rich_orders import DRUG_WITHOUT_CURVE

from stripgen.domain.choices import StrengthChoice
from stripgen.domain.plan import Plan, count_units
from stripgen.errors import NoFeasiblePlan, OrderInvalid
from stripgen.planning.strengths import MOST_SUBSETS, choose_strengths, default_candidates

CANDIDATES_MG = tuple(map(Decimal, ("0.25", "0.5", "1", "1.5", "2", "3", "5", "10", "20")))
SAME_ERROR = 1e-9

randoms = st.randoms(use_true_random=False)


def planned_with(raw: RawOrder, strengths_mg: tuple[Decimal, ...], most_units: int) -> Plan | None:
    """Return the plan of an order without limits, of these strengths; None where they cannot make its doses."""
    units = [{"strength_mg": mg} for mg in strengths_mg]
    table = {"unit": units, "max_units_per_pouch": most_units}
    limits = dict.fromkeys(("min_days_per_dose", "max_different_doses", "max_drop_points"))
    taper = {key: value for key, value in raw["taper"].items() if key not in limits}
    try:
        return plan_of(changed(raw, {"compounding": table, "taper": taper}))
    except OrderInvalid:
        return None


def exhaustive(
    raws: list[RawOrder], candidates_mg: list[Decimal], n_strengths: int, most_units: int
) -> dict[int, tuple[tuple[Decimal, ...], list[Plan]]]:
    """Return the best choice of each size: least squared error, then fewest units, then the larger strengths."""
    best: dict[int, tuple[tuple[Decimal, ...], list[Plan]]] = {}
    for size in range(1, n_strengths + 1):
        ranked = []
        for strengths_mg in combinations(sorted(candidates_mg, reverse=True), size):
            plans = [planned_with(raw, strengths_mg, most_units) for raw in raws]
            whole = [plan for plan in plans if plan is not None]
            if len(whole) == len(raws):
                key = (round(squares_of(whole), 12), n_units_of(whole), tuple(-mg for mg in strengths_mg))
                ranked.append((key, strengths_mg, whole))
        if ranked:
            _, strengths_mg, whole = min(ranked, key=lambda found: found[0])
            best[size] = strengths_mg, whole
    return best


def squares_of(plans: list[Plan]) -> float:
    """Return the squared differences of all days, in levels: occupancy, or the share of the start dose."""
    total = 0.0
    for plan in plans:
        quality, start_mg = plan.quality, float(plan.order.taper.start_dose_mg)
        error = (
            quality.rms_error_points / 100
            if quality.rms_error_points is not None
            else (quality.rms_error_mg or 0.0) / start_mg
        )
        total += error**2 * len(plan.days)
    return total


def n_units_of(plans: list[Plan]) -> int:
    return sum(count_units(day.units) for plan in plans for day in plan.days)


def assert_tells(choice: StrengthChoice, strengths_mg: tuple[Decimal, ...], plans: list[Plan]) -> None:
    n_days = sum(len(plan.days) for plan in plans)
    counts = [count_units(day.units) for plan in plans for day in plan.days]
    assert choice.strengths_mg == strengths_mg
    assert choice.n_units == sum(counts)
    assert choice.most_units == max(counts)
    assert choice.mean_units == pytest.approx(sum(counts) / n_days)
    assert choice.in_points == (plans[0].curve is not None)
    in_points = [plan.quality.max_drop_points for plan in plans if plan.quality.max_drop_points is not None]
    in_mg = [float(plan.quality.max_drop_mg) for plan in plans]
    assert choice.max_drop == pytest.approx(max(in_points or in_mg))
    scale = 100 if choice.in_points else float(plans[0].order.taper.start_dose_mg)
    assert choice.rms_error == pytest.approx(scale * (squares_of(plans) / n_days) ** 0.5, abs=SAME_ERROR)


def random_raw(random: Random, medication: dict[str, Any]) -> RawOrder:
    """Return an order whose start, and end or hold, are sums of the candidates more often than not."""
    start_mg = random.choice(CANDIDATES_MG[3:]) * random.randint(1, 2)
    below = [mg for mg in CANDIDATES_MG if mg < start_mg]
    raw = raw_order(
        {
            "medication": medication,
            "compounding": {"increment_mg": Decimal("0.25")},
            "taper.start_dose_mg": start_mg,
            "taper.days": random.randint(3, 20),
            "taper.end_dose_mg": random.choice([Decimal(0), Decimal(0), random.choice(below)]),
            "taper.first_day": random.choice(["start", "reduced"]),
        }
    )
    if random.randint(0, 2) == 0:
        phases = [{"kind": "reduce", "to_mg": random.choice(below), "days": 5}, {"kind": "hold", "days": 3}]
        taper = {key: raw["taper"][key] for key in ("start_dose_mg", "start_date", "first_day")}
        raw = changed(raw, {"taper": {**taper, "phase": phases}})
    if medication["drug"] == DRUG_WITHOUT_CURVE or random.randint(0, 3) == 0:
        raw = changed(raw, {"taper.strategy": "linear"})
    return raw


def random_medication(random: Random) -> dict[str, Any]:
    return random.choice(
        [
            {"drug": "citalopram"},
            own_curve("100", random.choice(["0.5", "2", "10"])),
            {"drug": DRUG_WITHOUT_CURVE},
        ]
    )


@given(randoms, st.sampled_from([1, 1, 2]), st.integers(1, 3), st.integers(2, 5))
@settings(max_examples=200)
def test_the_strengths_are_the_best_of_all_choices(
    random: Random, n_orders: int, n_strengths: int, most_units: int
) -> None:
    medication = random_medication(random)
    raws = [random_raw(random, medication) for _ in range(n_orders)]
    candidates = random.sample(CANDIDATES_MG, random.randint(2, 5))
    expected = exhaustive(raws, candidates, n_strengths, most_units)
    orders = [order_of(raw) for raw in raws]

    if not expected:
        with pytest.raises(NoFeasiblePlan, match="--candidates: no "):
            choose_strengths(orders, FORMULARY, candidates, n_strengths, most_units)
        return
    found = choose_strengths(orders, FORMULARY, candidates, n_strengths, most_units)

    assert [len(choice.strengths_mg) for choice in found] == list(expected)
    for choice, (strengths_mg, plans) in zip(found, expected.values(), strict=True):
        assert_tells(choice, strengths_mg, plans)


def test_more_strengths_are_never_worse() -> None:
    order = order_of(raw_order())
    candidates = default_candidates([order], FORMULARY)

    errors = [choice.rms_error for choice in choose_strengths([order], FORMULARY, candidates, 4, 6)]

    assert len(errors) == 4
    assert errors == sorted(errors, reverse=True)


def test_of_equally_good_strengths_those_with_fewer_units_are_chosen() -> None:
    """20, 10: both follow the steps 20 → 10 exactly, alone or with what is never used."""
    raw = raw_order({"taper.days": 2, "taper.end_dose_mg": 10})

    (one,) = choose_strengths([order_of(raw)], FORMULARY, [Decimal(5), Decimal(10)], 1, 4)

    assert (one.strengths_mg, one.n_units) == ((Decimal(10),), 3)


def test_of_strengths_that_do_not_differ_the_larger_are_chosen() -> None:
    raw = raw_order({"taper.days": 2, "taper.end_dose_mg": 10})

    found = choose_strengths([order_of(raw)], FORMULARY, list(map(Decimal, (1, 2, 5, 10, 20))), 3, 4)

    assert [choice.strengths_mg for choice in found][1:] == [(20, 10), (20, 10, 5)]


def test_the_orders_own_limits_and_units_do_not_count() -> None:
    free = raw_order({"taper.days": 28})
    limited = changed(free, {"taper.max_different_doses": 3, "compounding": {"unit": [{"strength_mg": 20}]}})
    candidates = list(map(Decimal, (1, 5, 10)))

    both = [choose_strengths([order_of(raw)], FORMULARY, candidates, 2, 4) for raw in (free, limited)]

    assert both[0] == both[1]


def test_strengths_asked_for_twice_are_one() -> None:
    order = order_of(raw_order())

    twice = choose_strengths([order], FORMULARY, [Decimal(5), Decimal("5.0"), Decimal(1)], 2, 6)

    assert twice == choose_strengths([order], FORMULARY, [Decimal(1), Decimal(5)], 2, 6)


# --- candidates ------------------------------------------------------------------------------------------------------


def test_the_candidates_are_a_series_and_the_licensed_strengths_up_to_the_start_dose() -> None:
    candidates = default_candidates([order_of(raw_order())], FORMULARY)

    assert candidates == list(map(Decimal, ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20")))
    assert set(FORMULARY.drugs["citalopram"].strengths_mg) & set(candidates) == {10, 20}


def test_licensed_strengths_outside_the_series_are_candidates() -> None:
    raw = raw_order({"medication.drug": "venlafaxine", "taper.start_dose_mg": 150})

    assert {Decimal("37.5"), Decimal(75)} <= set(default_candidates([order_of(raw)], FORMULARY))


def test_a_drug_outside_the_formulary_has_the_series_alone() -> None:
    raw = raw_order({"medication": {"drug": DRUG_WITHOUT_CURVE}, "taper.strategy": "linear"})

    assert default_candidates([order_of(raw)], FORMULARY) == list(
        map(Decimal, ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20"))
    )


def test_the_largest_start_dose_of_several_orders_counts() -> None:
    orders = [order_of(raw_order({"taper.start_dose_mg": mg})) for mg in (5, 40)]

    assert default_candidates(orders, FORMULARY)[-1] == 40


# --- what cannot be chosen -------------------------------------------------------------------------------------------


def test_orders_of_several_drugs_are_refused_by_name() -> None:
    orders = [order_of(raw_order()), order_of(raw_order({"medication.drug": "sertraline"}))]

    with pytest.raises(OrderInvalid, match="citalopram, sertraline: strengths are chosen for one drug at a time"):
        choose_strengths(orders, FORMULARY, [Decimal(10)], 1, 4)


def test_more_choices_than_can_be_looked_at_are_refused_with_the_number() -> None:
    candidates = [Decimal(n) / 10 for n in range(1, 61)]

    with pytest.raises(
        OrderInvalid, match=f"--choose: 5 of 60 candidates are 5,985,197 choices; at most {MOST_SUBSETS:,}"
    ):
        choose_strengths([order_of(raw_order())], FORMULARY, candidates, 5, 6)


def test_too_fine_a_common_step_is_refused() -> None:
    raw = raw_order(
        {"medication": {"drug": DRUG_WITHOUT_CURVE}, "taper.strategy": "linear", "taper.start_dose_mg": 200}
    )

    with pytest.raises(OrderInvalid, match=r"amounts in steps of 0\.001 mg up to 200 mg are too many"):
        choose_strengths([order_of(raw)], FORMULARY, [Decimal("0.001"), Decimal(200)], 2, 6)


@pytest.mark.parametrize(
    ("candidates", "most_units", "words"),
    [
        (["7"], 6, "no choice makes every start, end and hold dose: they are no multiples of 7 mg; other candidates"),
        (["1"], 6, "no 2 of the candidates make every start, end and hold dose with 6 units at most"),
        (["2", "4"], 4, "no 2 of the candidates make every start, end and hold dose with 4 units at most"),
    ],
)
def test_candidates_that_cannot_make_the_start_dose_are_refused(
    candidates: list[str], most_units: int, words: str
) -> None:
    with pytest.raises(NoFeasiblePlan) as caught:
        choose_strengths([order_of(raw_order())], FORMULARY, list(map(Decimal, candidates)), 2, most_units)

    assert words in str(caught.value)
    assert caught.value.exit_code == 5
