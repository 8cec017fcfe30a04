"""The plan found a second time is the plan: dose by dose, code by code, to the hash, for whatever an order can ask."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from orders import (
    FORMULARY,
    ISSUED_ON,
    RawOrder,
    order_of,
    own_curve,
    plan_of,
    random_raw_orders,
    random_varied_raw_orders,
    raw_order,
    units,
    varied_raw_orders,
)
from rich_orders import random_rich_order, rich_plan
from small_orders import small_orders
from test_amending import amended_if_it_fits, some_plan, some_request

from stripgen.domain import code
from stripgen.domain.formulary import Curve
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan, Units
from stripgen.errors import NoFeasiblePlan
from stripgen.files import load_order_file
from stripgen.planning import identity
from stripgen.planning.curves import curve_for
from stripgen.planning.dating import date_plan
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.verifying import second_identity, second_limits
from stripgen.verifying.expected import Expected, Pieces
from stripgen.verifying.second_curve import find_curve
from stripgen.verifying.second_plan import plan_again

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))
SAME = 1e-9  # of percent and points: the two add up floats in another order

randoms = st.randoms(use_true_random=False)
laws = settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def again(plan: Plan, only_strip: int | None = None) -> Expected:
    return plan_again(plan.order, find_curve(plan.order, FORMULARY), plan.issued_on, only_strip=only_strip)


def assert_found_again(plan: Plan) -> None:
    """Compare everything that the second plan says with the plan."""
    found = again(plan)

    assert found.plan_hash == plan.plan_hash
    assert found.plan_id == plan.plan_id
    assert (found.order, found.curve, found.issued_on) == (plan.order, plan.curve, plan.issued_on)
    assert (found.status, found.version) == (plan.status, plan.version)
    assert [rounded(day) for day in days_found(found)] == [rounded(day) for day in days_of(plan)]
    stop = found.stop and (found.stop.date, found.stop.drop_mg, found.stop.drop_points)
    assert rounded(stop or ()) == rounded(
        (plan.stop.date, plan.stop.drop_mg, plan.stop.drop_points) if plan.stop else ()
    )
    assert_totals_found_again(found, plan)
    assert [(pouch.strip, pouch.day, pouch.date, pouch.dose_mg, pouch.code) for pouch in found.take_back] == [
        (pouch.strip, pouch.day, pouch.date, pouch.dose_mg, pouch.code) for pouch in plan.take_back
    ]


def assert_totals_found_again(found: Expected, plan: Plan) -> None:
    totals = plan.totals
    assert (found.pouches, found.strips, found.different_doses) == (
        totals.pouches,
        totals.strips,
        totals.different_doses,
    )
    assert (found.total_mg, found.volume_ml) == (totals.total_mg, totals.volume_ml)
    made_for_each_dose = plan.order.compounding.solution is not None  # then each dose has a volume of its own
    assert found.units == tuple(map(pieces_of, totals.units)) or made_for_each_dose
    assert sorted(map(repr, found.units)) == sorted(repr(pieces_of(unit)) for unit in totals.units)
    assert [(used.strength_mg, used.form, used.count, used.left_over) for used in found.consumption] == [
        (used.strength_mg, used.form, used.count, used.left_over) for used in totals.consumption
    ]


def days_found(found: Expected) -> Iterator[tuple[object, ...]]:
    for day in found.days:
        place = (day.day, day.date, day.strip, day.pouch, day.code, day.held)
        given_points = (day.target_percent, day.occupancy_percent, day.drop_points)
        yield (*place, day.dose_mg, day.volume_ml, day.drop_mg, day.units, *given_points)


def days_of(plan: Plan) -> Iterator[tuple[object, ...]]:
    for day in plan.days:
        place = (day.day, day.date, day.strip, day.pouch, day.code, day.held)
        percents = [None if level is None else 100 * level for level in (day.target_occupancy, day.occupancy)]
        units_of_day = tuple(map(pieces_of, day.units))
        yield (*place, day.dose_mg, day.volume_ml, day.drop_mg, units_of_day, *percents, day.drop_points)


def pieces_of(unit: Units) -> Pieces:
    return Pieces(unit.strength_mg, unit.form, unit.count, unit.divided_into)


def rounded(values: tuple[object, ...]) -> list[object]:
    """Return values with floats that compare as nearly equal."""
    return [pytest.approx(value, abs=SAME) if isinstance(value, float) else value for value in values]


# --- whatever an order asks ------------------------------------------------------------------------------------------


@laws
@given(varied_raw_orders())
def test_the_second_plan_is_the_plan_of_any_order_without_limits(raw: RawOrder) -> None:
    assert_found_again(plan_of(raw))


@laws
@given(randoms)
def test_the_second_plan_is_the_plan_of_any_rich_order(random: Random) -> None:
    plan = rich_plan(random_rich_order(random))
    assume(plan is not None)
    assert plan is not None

    assert_found_again(plan)


def test_both_find_the_same_plan_or_none_under_every_combination_of_limits(compared: Counter[str]) -> None:
    for raw in small_orders(seed=5, n_orders=150):
        compare_under_limits(order_of(raw), compared)

    assert min(compared.values()) > 20


@pytest.mark.slow
def test_the_second_plan_is_the_plan_of_20000_random_orders(compared: Counter[str]) -> None:
    for raw in (*random_raw_orders(seed=7, n_orders=5000), *random_varied_raw_orders(seed=7, n_orders=5000)):
        assert_found_again(plan_of(raw))
        compared["without limits"] += 1
    random = Random(7)  # noqa: S311 - nothing secret
    for raw in (*small_orders(seed=7, n_orders=5000), *(random_rich_order(random) for _ in range(5000))):
        compare_under_limits(order_of(raw), compared)


def compare_under_limits(order: Order, compared: Counter[str]) -> None:
    try:
        plan = plan_taper(order, FORMULARY, ISSUED_ON)
    except NoFeasiblePlan:
        with pytest.raises(NoFeasiblePlan):
            plan_again(order, find_curve(order, FORMULARY), ISSUED_ON)
        compared["refused by both"] += 1
    else:
        assert_found_again(plan)
        compared["the same plan"] += 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_second_plan_is_the_plan_of_every_example(example: Path) -> None:
    order = read_order(load_order_file(example), FORMULARY, example.name)

    assert_found_again(plan_taper(order, FORMULARY, ISSUED_ON))


@settings(laws, max_examples=25)
@given(randoms)
def test_the_second_plan_is_the_plan_of_a_second_and_a_third_version(random: Random) -> None:
    plan = some_plan(random)
    second = amended_if_it_fits(plan, some_request(random, plan))
    assert_found_again(second)
    assume(len(second.days) > 1)

    assert_found_again(amended_if_it_fits(second, some_request(random, second)))


def test_of_one_strip_alone_the_totals_are_its_own() -> None:
    plan = plan_of(raw_order({"taper.days_per_strip": 10}))
    for strip in (1, 5, 12):
        alone = date_plan(plan, strip=strip)

        assert_totals_found_again(again(plan, only_strip=strip), alone)
        assert again(plan, only_strip=strip).plan_hash == plan.plan_hash


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"approval.plan_id": "K7QF-3MZX"},
        {"pharmacy.approval": "plan"},
    ],
    ids=["of the order", "of another plan", "not of the plan, which the pharmacy asks for"],
)
def test_both_say_alike_what_is_approved(changes: RawOrder) -> None:
    plan = plan_of(raw_order(changes))

    assert again(plan).status == plan.status == ("draft" if changes else "approved")


def test_an_approval_of_this_very_plan_approves_it() -> None:
    approval = {"approval.plan_id": plan_of(raw_order()).plan_id, "pharmacy.approval": "plan"}

    assert again(plan_of(raw_order(approval))).status == "approved"


# --- parts of it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drug", [*FORMULARY.drugs, "nocurvinum"])
def test_both_find_the_same_curve(drug: str) -> None:
    named = [{"drug": drug, "curve": curve.id} for curve in FORMULARY.curves_of(drug)]
    for medication in ({"drug": drug}, *named, {**own_curve("80", "3.5"), "drug": drug}):
        taper = {"taper.strategy": "linear"}  # which needs no curve
        if medication == {"drug": drug} and named and FORMULARY.default_curve_of(drug) is None:
            continue
        order = order_of(raw_order({"medication": medication, **taper}))

        assert_same_curve(find_curve(order, FORMULARY), curve_for(order, FORMULARY))


def assert_same_curve(found: Curve | None, expected: Curve | None) -> None:
    assert found == expected


def test_both_leave_the_same_keys_of_an_order_out_of_the_plan_id() -> None:
    left_out = set(second_identity._LEFT_OUT)
    for table, keys in second_identity._LEFT_OUT_OF.items():
        left_out |= {f"{table}.{key}" for key in keys}
    left_out |= {f"compounding.unit.{key}" for key in second_identity._LEFT_OUT_OF_UNITS}

    assert left_out == set(flat(identity._NEVER_IN_A_POUCH))


def flat(keys: object, path: str = "") -> Iterator[str]:
    if isinstance(keys, dict):
        for key, inner in keys.items():
            yield from flat(inner, path if key == "__all__" else f"{path}.{key}".strip("."))
    elif isinstance(keys, set):
        yield from (f"{path}.{key}" for key in keys)
    else:
        yield path


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=8, max_size=8), st.integers(1, 1826), st.integers(1, 1826))
def test_both_make_the_same_code_of_a_pouch(letters: str, strip: int, day: int) -> None:
    plan_id = f"{letters[:4]}-{letters[4:]}"

    assert second_identity.pouch_code(plan_id, strip, day) == code.pouch_code(plan_id, strip, day)


@pytest.mark.parametrize("most", [3, 4, 7, 16])
def test_tables_that_are_worked_out_in_parts_give_the_same_doses(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"taper.min_days_per_dose": 2, "taper.max_different_doses": most, "taper.max_drop_points": 60}
    plan = plan_of(raw_order({**limits, "taper.end_dose_mg": 1}))
    whole = again(plan).days

    monkeypatch.setattr(second_limits, "_NUMBERS_AT_ONCE", 1)

    assert len({day.dose_mg for day in whole}) == most
    assert again(plan).days == whole


def test_far_from_what_is_asked_the_nearest_dose_still_counts() -> None:
    linear = {"strategy": "linear", "start_dose_mg": 20, "end_dose_mg": 10, "days": 300, "min_days_per_dose": 2}
    changes = {f"taper.{key}": value for key, value in linear.items()}
    order = order_of(raw_order({**changes, "medication": {"drug": "nocurvinum"}, "compounding": units("10", most=2)}))

    doses = [day.dose_mg for day in plan_again(order, None, ISSUED_ON).days]

    assert doses == 150 * [20] + 150 * [10]


def test_the_second_plan_shares_no_code_with_the_first() -> None:
    room = Path(second_limits.__file__).parent
    for path in sorted(room.glob("second_*.py")):
        names = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names.add(str(node.module))
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
        known = ("stripgen.domain.", "stripgen.errors", "stripgen.verifying.expected", "stripgen.verifying.second_")

        assert [name for name in sorted(names) if name.startswith("stripgen") and not name.startswith(known)] == []
