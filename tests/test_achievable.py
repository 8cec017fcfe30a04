"""Which doses can be made, of which units, and what they use up: against a second, obvious implementation.

Nothing in the second implementation comes from stripgen: every pouch that may be filled is filled.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations_with_replacement
from math import ceil
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from orders import PRINTED, TABLETS, order_of, plan_of, random_tablet, raw_order

from stripgen.domain.order import Compounding
from stripgen.domain.plan import Consumption, Units
from stripgen.domain.quantity import micrograms, milligrams
from stripgen.planning.achievable import compose, find_achievable, is_achievable, nearest_achievable
from stripgen.planning.consumption import consume
from stripgen.rendering.descriptions import describe_consumption

STRENGTHS_MG = tuple(map(Decimal, ("0.1", "0.5", "1", "1.5", "2", "2.5", "4", "5", "10")))

randoms = st.randoms(use_true_random=False)

# A piece: strength, and into how many it is divided. A pouch: how many of each piece.
Piece = tuple[Decimal, int]
Pouch = dict[Piece, int]


def random_table(random: Random) -> dict[str, Any]:
    """Return a compounding table of up to three strengths, few enough to fill every pouch."""
    most_units = random.randint(1, 5)
    units = []
    for strength_mg in random.sample(STRENGTHS_MG, random.randint(1, 3)):
        unit = random_tablet(random, strength_mg, TABLETS)
        if random.randint(0, 2) == 0:
            unit["max_per_pouch"] = random.randint(1, most_units)
        units.append(unit)
    return {"unit": units, "max_units_per_pouch": most_units}


def every_pouch(table: Mapping[str, Any]) -> Iterator[Pouch]:
    """Yield every pouch that may be filled, the empty one too."""
    most_units = table["max_units_per_pouch"]
    units = {unit["strength_mg"]: unit for unit in table["unit"]}
    pieces = [
        (strength, parts) for strength, unit in units.items() for parts in (1, 2, 4) if parts <= divisible_into(unit)
    ]
    every_choice = (combinations_with_replacement(pieces, n_units) for n_units in range(most_units + 1))
    for chosen in chain.from_iterable(every_choice):
        pouch = dict(Counter(chosen))
        of_strength = Counter[Decimal]()
        for (strength, _), count in pouch.items():
            of_strength[strength] += count
        divided = any(parts > 1 for _, parts in pouch)
        modified = any(units[strength].get("modified_release") for strength, _ in pouch)
        within = all(n <= units[strength].get("max_per_pouch", most_units) for strength, n in of_strength.items())
        if within and not (divided and modified):
            yield pouch


def divisible_into(unit: Mapping[str, Any]) -> int:
    return int(unit.get("divisible_into", 1))


def amount_of(pouch: Pouch) -> Fraction:
    return sum((Fraction(strength) / parts * count for (strength, parts), count in pouch.items()), Fraction(0))


def best_first(pouch: Pouch) -> tuple[Any, ...]:
    """Return the rule: fewest units, fewest divided, fewest strengths, then the larger ones first."""
    amounts = sorted(
        (
            (
                strength,
                sum(Fraction(strength) / parts * count for (mg, parts), count in pouch.items() if mg == strength),
            )
            for strength in {strength for strength, _ in pouch}
        ),
        reverse=True,
    )
    return (
        sum(pouch.values()),
        sum(count for (_, parts), count in pouch.items() if parts > 1),
        len(amounts),
        [(-strength, -amount) for strength, amount in amounts],
    )


def best_pouches(table: Mapping[str, Any], most_mg: Decimal) -> dict[Fraction, Pouch]:
    """Return the best pouch of every dose up to an amount."""
    best: dict[Fraction, Pouch] = {}
    for pouch in every_pouch(table):
        amount = amount_of(pouch)
        if 0 < amount <= most_mg and (amount not in best or best_first(pouch) < best_first(best[amount])):
            best[amount] = pouch
    return best


def counted(units: tuple[Units, ...]) -> Pouch:
    return {(unit.strength_mg, unit.divided_into): unit.count for unit in units}


@given(randoms, st.integers(1, 40))
@settings(max_examples=300)
def test_the_doses_and_their_units_are_those_of_every_pouch_that_may_be_filled(random: Random, most_mg: int) -> None:
    table = random_table(random)
    compounding = Compounding.model_validate(table)
    expected = best_pouches(table, Decimal(most_mg))

    achievable = find_achievable(compounding, micrograms(Decimal(most_mg)))

    doses_ug = achievable.doses_ug.tolist()
    assert doses_ug == sorted(1000 * dose for dose in expected)
    for dose_ug, n_units in zip(doses_ug, achievable.n_units.tolist(), strict=True):
        units = compose(dose_ug, achievable, compounding)
        assert counted(units) == expected[Fraction(dose_ug, 1000)]
        assert sum(unit.total_mg for unit in units) == milligrams(dose_ug)
        assert sum(unit.count for unit in units) == n_units
        assert list(units) == sorted(units, key=lambda unit: (-unit.strength_mg, unit.divided_into))


@given(randoms, st.integers(1, 30_000))
@settings(max_examples=200)
def test_the_nearest_doses_that_can_be_made_are_the_neighbours(random: Random, dose_ug: int) -> None:
    table = random_table(random)
    compounding = Compounding.model_validate(table)
    expected = sorted(1000 * dose for dose in best_pouches(table, Decimal(100)))

    below, above = [d for d in expected if d < dose_ug], [d for d in expected if d > dose_ug]

    assert is_achievable(dose_ug, compounding) == (dose_ug in expected)
    if dose_ug not in expected:
        assert nearest_achievable(dose_ug, compounding) == [*below[-1:], *above[:1]]


@pytest.mark.parametrize(
    ("unit", "dose_mg", "expected"),
    [
        ({"strength_mg": 10, "divisible_into": 2}, "5", {(Decimal(10), 2): 1}),
        ({"strength_mg": 10, "divisible_into": 4}, "2.5", {(Decimal(10), 4): 1}),
        ({"strength_mg": 10, "divisible_into": 4}, "7.5", {(Decimal(10), 2): 1, (Decimal(10), 4): 1}),
        ({"strength_mg": 10, "divisible_into": 4}, "17.5", {(Decimal(10), n): 1 for n in (1, 2, 4)}),
    ],
)
def test_a_tablet_is_divided_as_few_times_as_can_be(unit: dict[str, Any], dose_mg: str, expected: Pouch) -> None:
    compounding = Compounding.model_validate({"unit": [{"form": "tablet", **unit}], "max_units_per_pouch": 4})
    dose_ug = micrograms(Decimal(dose_mg))

    assert counted(compose(dose_ug, find_achievable(compounding, dose_ug), compounding)) == expected


def test_a_modified_release_unit_is_never_beside_a_divided_one() -> None:
    units = [
        {"strength_mg": 10, "form": "tablet", "modified_release": True},
        {"strength_mg": 5, "form": "tablet", "divisible_into": 2},
    ]
    compounding = Compounding.model_validate({"unit": units, "max_units_per_pouch": 4})

    doses_mg = [dose / 1000 for dose in find_achievable(compounding, 20_000).doses_ug.tolist()]

    assert 12.5 in doses_mg  # two of 5 mg and a half
    assert 17.5 in doses_mg  # three of 5 mg and a half
    assert not is_achievable(micrograms(Decimal("22.5")), compounding)  # two of 10 mg and a half: never


def test_a_strength_is_in_a_pouch_no_more_often_than_it_may_be() -> None:
    unit = {"strength_mg": 1, "max_per_pouch": 2}
    compounding = Compounding.model_validate({"unit": [unit, {"strength_mg": 5}], "max_units_per_pouch": 6})

    assert find_achievable(compounding, 8_000).doses_ug.tolist() == [1_000, 2_000, 5_000, 6_000, 7_000]


# --- solutions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mg_per_ml", "step_ml", "step_mg"),
    [("1", "0.1", "0.1"), ("2", "0.05", "0.1"), ("10", "0.01", "0.1"), ("0.5", "1", "0.5")],
)
def test_a_solution_makes_whole_steps_of_the_syringe(mg_per_ml: str, step_ml: str, step_mg: str) -> None:
    solution = {"mg_per_ml": Decimal(mg_per_ml), "syringe_step_ml": Decimal(step_ml)}
    plan = plan_of(raw_order({"compounding": {"solution": solution}}))

    assert plan.days[0].dose_mg == 20
    for day in plan.days:
        assert day.volume_ml is not None
        assert day.volume_ml * Decimal(mg_per_ml) == day.dose_mg
        assert day.volume_ml % Decimal(step_ml) == 0
        assert day.dose_mg % Decimal(step_mg) == 0
        assert [(unit.form, unit.count) for unit in day.units] == [("oral syringe", 1)]
    assert plan.totals.volume_ml == plan.totals.total_mg / Decimal(mg_per_ml)


# --- consumption -----------------------------------------------------------------------------------------------------

WHOLE, HALF, QUARTER = 1, 2, 4


def of_ten(divided_into: int, count: int = 1) -> Units:
    return Units(Decimal(10), "tablet", count, divided_into)


Rolls = list[list[tuple[Units, ...]]]


def used(rolls: Rolls) -> list[list[tuple[int, Decimal]]]:
    return [[(each.count, each.left_over) for each in consumed] for consumed in consume(rolls)]


def test_two_halves_on_two_days_take_one_tablet() -> None:
    assert used([[(of_ten(HALF),), (of_ten(HALF),)]]) == [[(1, Decimal(0))]]


def test_a_half_left_over_of_one_strip_is_used_first_in_the_next() -> None:
    strips: Rolls = [[(of_ten(WHOLE), of_ten(HALF))], [(of_ten(HALF),)], [(of_ten(HALF),)]]

    assert used(strips) == [[(2, Decimal("0.5"))], [(0, Decimal(0))], [(1, Decimal("0.5"))]]


def test_quarters_come_from_a_quarter_left_over_then_from_a_half() -> None:
    strips: Rolls = [[(of_ten(QUARTER),)], [(of_ten(HALF),)], [(of_ten(QUARTER),)]]

    assert used(strips) == [[(1, Decimal("0.75"))], [(0, Decimal("0.25"))], [(0, Decimal(0))]]


def test_what_an_earlier_strip_left_over_is_told_where_it_is_used() -> None:
    halves: Rolls = [[(of_ten(HALF),)], [(of_ten(WHOLE),)], [(of_ten(HALF),), (of_ten(HALF),)], [(of_ten(HALF, 2),)]]
    split: Rolls = [[(of_ten(HALF),)], [(of_ten(QUARTER),)], [(of_ten(QUARTER),)]]

    for strips, told in ((halves, ["0", "0", "0.5", "0.5"]), (split, ["0", "0.5", "0.25"])):
        assert [strip[0].from_before for strip in consume(strips)] == [Decimal(part) for part in told]
    assert describe_consumption(consume(halves)[2], PRINTED) == (
        "1 × 10 mg tablet (and a half left by an earlier strip; a half left over)"
    )


def test_a_strip_without_a_strength_takes_none_of_it() -> None:
    five = Units(Decimal(5), "tablet", 3)

    assert consume([[(of_ten(HALF),)], [(five,)]]) == [
        (Consumption(Decimal(10), "tablet", 1, Decimal("0.5")),),
        (Consumption(Decimal(5), "tablet", 3, Decimal(0)),),
    ]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=1), min_size=1, max_size=5)
)
@example([[(0, True, True)], [(0, True, True)]])
def test_what_is_used_is_the_sum_rounded_up(rolls: list[list[tuple[int, bool, bool]]]) -> None:
    """Pouches as compositions hold them: whole ones, and at most a half and a quarter."""
    strips = [
        [
            tuple(of_ten(part, n) for part, n in ((WHOLE, whole), (HALF, half), (QUARTER, quarter)) if n)
            for whole, half, quarter in roll
        ]
        for roll in rolls
    ]

    consumed = [strip[0] if strip else None for strip in consume(strips)]

    for before, each in zip([None, *consumed], consumed, strict=False):
        assert each is None or before is None or each.from_before <= before.left_over
    sums = [sum((unit.total_mg for pouch in strip for unit in pouch), Decimal(0)) / 10 for strip in strips]
    for number in range(len(strips)):
        so_far = sum(each.count for each in consumed[: number + 1] if each)
        assert so_far == ceil(sum(sums[: number + 1]))
        last = consumed[number]
        assert last is None or last.left_over == so_far - sum(sums[: number + 1])


def test_a_plan_takes_the_sum_of_its_strips_and_not_more() -> None:
    tablets = {"unit": [{"strength_mg": 5, "form": "tablet", "divisible_into": 4}], "max_units_per_pouch": 4}
    plan = plan_of(raw_order({"compounding": tablets, "taper.days_per_strip": 7}))

    (whole,) = plan.totals.consumption
    assert whole.count == ceil(plan.totals.total_mg / 5)
    assert whole.count == sum(used.count for strip in plan.strips for used in strip.consumption)
    assert whole.left_over == whole.count - plan.totals.total_mg / 5
    assert plan.strips[-1].consumption[0].left_over == whole.left_over


@given(randoms)
@settings(max_examples=100)
def test_a_plan_of_any_units_takes_each_strength_rounded_up(random: Random) -> None:
    table = random_table(random)
    start_mg = max(unit["strength_mg"] for unit in table["unit"])
    order = raw_order({"compounding": table, "taper.start_dose_mg": start_mg, "taper.days": 30})
    assert order_of(order).compounding.unit

    plan = plan_of(order)

    for taken in plan.totals.consumption:
        total_mg = sum(
            unit.total_mg for day in plan.days for unit in day.units if unit.strength_mg == taken.strength_mg
        )
        assert taken.count == ceil(total_mg / taken.strength_mg)
