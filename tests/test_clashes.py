"""When no sequence keeps the limits, the error says which limits clash and what would fit, and what it says is true."""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from brute_force import best_sequence
from click.testing import CliRunner
from orders import RawOrder, changed, plan_of, raw_order
from small_orders import LIMITS, small_orders, small_question

from stripgen.cli import main
from stripgen.errors import NoFeasiblePlan

# What a line says of the value of its own limit, and the value: beside the other limits, or alone.
BESIDE = re.compile(r"that fits beside them is ([\d.]+)$|that can is ([\d.]+)(?: beside the other limits| \([^)]*\)$)")
ALONE = re.compile(r"^([\d.]+) fits alone|limits, ([\d.]+) alone|that can is ([\d.]+) \(")

NEXT_TIGHTER = {
    "min_days_per_dose": Decimal(1),
    "max_different_doses": Decimal(-1),
    "max_drop_points": Decimal("-0.01"),
}


def test_the_nearest_values_told_fit_and_the_next_tighter_ones_do_not(compared: Counter[str]) -> None:
    for raw in small_orders(seed=2, n_orders=400):
        check_refusal(raw, compared)

    assert compared["refused"] > 80
    assert compared["nearest value beside the other limits: fits, and the next tighter does not"] > 50
    assert compared["no value beside the other limits: the loosest does not fit"] > 20
    assert compared["nearest value alone: fits, and the next tighter does not"] > 50
    assert compared["alone its own value fits"] > 30


@pytest.mark.slow
def test_the_nearest_values_told_are_right_for_4000_random_orders(compared: Counter[str]) -> None:
    for raw in small_orders(seed=20261202, n_orders=4000):
        check_refusal(raw, compared)

    assert compared["refused"] > 800


def check_refusal(raw: RawOrder, compared: Counter[str]) -> None:
    """Compare what the refusal of an order says with trying all sequences under the values it tells."""
    try:
        plan_of(raw)
    except NoFeasiblePlan as error:
        told = {problem.where.removeprefix("taper."): problem.what for problem in error.problems}
    else:
        return
    compared["refused"] += 1
    taper = raw["taper"]
    assert list(told) == [key for key in LIMITS if key in taper and (key, taper[key]) != ("min_days_per_dose", 1)]
    for key, what in told.items():
        assert what.startswith(f"{taper[key]} ")
        check_nearest(raw, key, value_in(BESIDE, what), "beside the other limits", compared)
        alone = without_limits(raw, [limit for limit in LIMITS if limit != key])
        own = value_in(ALONE, what)
        if own == taper[key]:
            assert fits(alone)
            compared["alone its own value fits"] += 1
        else:
            assert own is not None, what
            check_nearest(alone, key, own, "alone", compared)


def check_nearest(raw: RawOrder, key: str, value: Decimal | None, where: str, compared: Counter[str]) -> None:
    if value is None:
        assert not fits(without_limits(raw, [key]))
        compared[f"no value {where}: the loosest does not fit"] += 1
        return
    assert fits(with_limit(raw, key, value)), (raw, key, value)
    assert not fits(with_limit(raw, key, value + NEXT_TIGHTER[key])), (raw, key, value)
    compared[f"nearest value {where}: fits, and the next tighter does not"] += 1


def fits(raw: RawOrder) -> bool:
    return best_sequence(small_question(raw)) is not None


def with_limit(raw: RawOrder, key: str, value: Decimal) -> RawOrder:
    return changed(raw, {f"taper.{key}": value})


def without_limits(raw: RawOrder, keys: list[str]) -> RawOrder:
    return {**raw, "taper": {key: value for key, value in raw["taper"].items() if key not in keys}}


def value_in(pattern: re.Pattern[str], what: str) -> Decimal | None:
    found = pattern.search(what)
    return None if found is None else Decimal(next(group for group in found.groups() if group is not None))


# --- the words -------------------------------------------------------------------------------------------------------

WORDS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {"max_drop_points": 1},
        {
            "max_drop_points": "1 cannot be kept in this taper; the smallest that can is 2.68 "
            "(smaller units or more days may allow less)"
        },
    ),
    (
        {"min_days_per_dose": 30, "days": 28},
        {
            "min_days_per_dose": "30 cannot be kept in this taper; the most that can is 28 "
            "(more days in the taper or the phase would allow more)"
        },
    ),
    (
        {"max_different_doses": 1, "end_dose_mg": 10},
        {
            "max_different_doses": "1 cannot be kept in this taper; the fewest that can is 2 "
            "(start, end and held doses count)"
        },
    ),
    (
        {"max_different_doses": 16, "max_drop_points": 3},
        {
            "max_different_doses": "16 fits alone, but not beside the other limits; "
            "the fewest that fits beside them is 33",
            "max_drop_points": "3 fits alone, but not beside the other limits; "
            "the smallest that fits beside them is 5.45",
        },
    ),
    (
        {"min_days_per_dose": 7, "max_different_doses": 10, "max_drop_points": 3},
        {
            "min_days_per_dose": "7 fits alone; no other value helps while the other limits stay as they are",
            "max_different_doses": "10 fits alone; no other value helps while the other limits stay as they are",
            "max_drop_points": "3 fits alone, but not beside the other limits; "
            "the smallest that fits beside them is 8.44",
        },
    ),
    (
        {"min_days_per_dose": 30, "max_different_doses": 1, "end_dose_mg": 10, "days": 40},
        {
            "min_days_per_dose": "30 cannot be kept in this taper; the most that can is 20 (more days in the taper or "
            "the phase would allow more), and beside the other limits as they are no value can",
            "max_different_doses": "1 cannot be kept in this taper; the fewest that can is 2 (start, end and held "
            "doses count), and beside the other limits as they are no value can",
        },
    ),
    (
        {"min_days_per_dose": 10, "max_drop_points": 2},
        {
            "min_days_per_dose": "10 fits alone; no other value helps while the other limits stay as they are",
            "max_drop_points": "2 cannot be kept in this taper; the smallest that can is 7.59 beside the other limits, "
            "2.68 alone (smaller units or more days may allow less)",
        },
    ),
]


@pytest.mark.parametrize(("taper", "told"), WORDS, ids=[" ".join(taper) for taper, _ in WORDS])
def test_a_refusal_says_of_each_limit_what_to_change(taper: dict[str, Any], told: dict[str, str]) -> None:
    raw = raw_order({f"taper.{key}": value for key, value in taper.items()})

    with pytest.raises(NoFeasiblePlan) as refused:
        plan_of(raw)
    assert {problem.where: problem.what for problem in refused.value.problems} == {
        f"taper.{key}": what for key, what in told.items()
    }


def test_a_largest_drop_between_the_hundredths_is_told_as_the_order_says_it() -> None:
    # the taper's smallest possible drop is a hair above 2.67 points: 2.675 fits, and is told so, not as 2.68
    limits = {"taper.max_drop_points": Decimal("2.675"), "taper.max_different_doses": 3}

    with pytest.raises(NoFeasiblePlan) as refused:
        plan_of(raw_order(limits))
    assert any(problem.what.startswith("2.675 fits alone") for problem in refused.value.problems)


@pytest.mark.parametrize("command", [["plan"], ["plan", "--json"], ["check"]], ids=" ".join)
def test_an_order_whose_limits_clash_exits_with_5_and_one_line_a_limit(command: list[str], tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "examples" / "limited.toml"
    order = tmp_path / "order.toml"
    order.write_text(
        example.read_text(encoding="utf-8").replace("[compounding]", "max_drop_points = 2\n\n[compounding]"),
        encoding="utf-8",
    )
    result = CliRunner().invoke(main, [*command, str(order)])

    assert result.exit_code == 5
    lines = result.stderr.splitlines()
    assert [line.split(": ")[2] for line in lines] == [f"taper.{key}" for key in LIMITS]
    assert all(line.startswith(f"stripgen: {order}: ") for line in lines)
    assert result.stdout == ""
