"""Whatever is changed in a plan (JSON) is told, in words and where it stands; nothing in a file is a traceback."""

import copy
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orders import ENGLISH, FORMULARY, ISSUED_ON, RawOrder, plan_of, raw_order, units
from rich_orders import random_rich_order, rich_plan
from test_amending import amended, some_request

from stripgen.domain.json_form import from_json
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan
from stripgen.errors import NoFeasiblePlan, PapersDiffer
from stripgen.files import load_order_file
from stripgen.planning.amending import amend
from stripgen.planning.dating import date_plan
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.plan_json import render_json
from stripgen.verifying.compare_plan import compare_plan
from stripgen.verifying.expected import Expected
from stripgen.verifying.report import Difference
from stripgen.verifying.second_curve import find_curve
from stripgen.verifying.second_plan import plan_again

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))
# A model's readings, other strategies, texts: not found a second time, so that only their form is compared.
ONLY_FORM = {"stripgen_version", "prediction", "sensitivity", "findings"}
ONLY_FORM_KEYS = {"predicted_occupancy_percent", "linear_max_drop_points"}

Path_ = tuple[str | int, ...]


def expected_of(plan: Plan, only_strip: int | None = None) -> Expected:
    return plan_again(plan.order, find_curve(plan.order, FORMULARY), plan.issued_on, only_strip=only_strip)


def expected_of_file(told: dict[str, Any]) -> Expected:
    """Return the second plan of the order that stands in a file."""
    order = Order.model_validate(from_json(told["order"], Order))
    return plan_again(order, find_curve(order, FORMULARY), ISSUED_ON)


def json_of(plan: Plan) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(render_json(plan, ENGLISH))
    return told


def differences(told: Any, expected: Expected) -> tuple[Difference, ...]:
    return compare_plan(told, expected, "plan.json").differences


def amended_plan() -> Plan:
    """Return a third version: held from day 4 on, then back to day 3, of halves and quarters."""
    tablets: RawOrder = {"unit": [{"strength_mg": 10, "form": "tablet", "divisible_into": 4}]}
    small = {"taper.days": 6, "taper.days_per_strip": 3, "compounding": tablets}
    return amended(amended(plan_of(raw_order(small)), 4, "hold", 2), 6, "back", 3)


KINDS: dict[str, Callable[[], Plan]] = {
    "capsules": lambda: plan_of(raw_order({"taper.days": 12, "taper.days_per_strip": 5})),
    "units": lambda: plan_of(raw_order({"taper.days": 8, "compounding": units("10", "5", "2", "1")})),
    "amended": amended_plan,
    "limits, ends above 0": lambda: plan_of(
        raw_order({"taper.days": 9, "taper.end_dose_mg": 5, "taper.min_days_per_dose": 2})
    ),
}


@cache
def known(kind: str) -> tuple[dict[str, Any], Expected]:
    plan = KINDS[kind]()
    return json_of(plan), expected_of(plan)


# --- what is as it was made ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_plan_of_every_example_differs_in_nothing(example: Path) -> None:
    told = json_of(plan_taper(read_order(load_order_file(example), FORMULARY, example.name), FORMULARY, ISSUED_ON))

    assert differences(told, expected_of_file(told)) == ()


def test_plans_of_40_random_orders_and_their_next_versions_differ_in_nothing(compared: Counter[str]) -> None:
    random = Random(3)  # noqa: S311 - nothing secret
    while compared["plans"] < 40:
        plan = rich_plan(random_rich_order(random))
        if plan is None:
            continue
        told = json_of(plan)
        assert differences(told, expected_of_file(told)) == ()
        compared["plans"] += 1
        if len(plan.days) > 1 and (later := next_version(random, plan)):
            told = json_of(later)
            assert differences(told, expected_of_file(told)) == ()
            compared["second versions"] += 1
    assert compared["second versions"] > 20


def next_version(random: Random, plan: Plan) -> Plan | None:
    try:
        return plan_taper(amend(plan, some_request(random, plan)), FORMULARY, ISSUED_ON)
    except NoFeasiblePlan:
        return None


def test_a_plan_of_one_strip_alone_differs_in_nothing() -> None:
    plan = date_plan(plan_of(raw_order({"taper.days_per_strip": 10})), strip=3)

    assert differences(json_of(plan), expected_of(plan, only_strip=3)) == ()
    assert differences(json_of(plan), expected_of(plan))


def test_it_says_what_was_compared() -> None:
    told, expected = known("capsules")

    (line,) = compare_plan(told, expected, "plan.json").checked
    assert line.startswith("plan.json, its plan: 12 days (dose, date, strip, pouch")


# --- what was changed ------------------------------------------------------------------------------------------------


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every single value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if entries is None:
        yield path
        return
    for key, inner in entries:
        yield from leaves(inner, (*path, key))


def is_found_again(path: Path_) -> bool:
    """Return whether the second plan knows a value itself, and not only its form."""
    other_strategy = path[0] == "alternatives" and path[1] != 0
    return not (path[0] in ONLY_FORM or other_strategy or ONLY_FORM_KEYS & set(path))


def at(told: Any, path: Path_) -> Any:
    for key in path:
        told = told[key]
    return told


def with_value(told: Any, path: Path_, value: Any) -> Any:
    """Return a copy with another value at a path; of all else nothing is copied."""
    if not path:
        return value
    changed = copy.copy(told)
    changed[path[0]] = with_value(told[path[0]], path[1:], value)
    return changed


def without(told: Any, path: Path_) -> Any:
    """Return a copy with a key or an entry taken out."""
    fewer = copy.copy(at(told, path[:-1]))
    del fewer[path[-1]]
    return with_value(told, path[:-1], fewer)


def with_one_more(told: Any, path: Path_) -> Any:
    """Return a copy with a key or an entry beside that at a path."""
    more = copy.copy(at(told, path[:-1]))
    if isinstance(more, dict):
        more["dose"] = "9.4"
    else:
        more.append("9.4")
    return with_value(told, path[:-1], more)


def other_value(value: Any, random: Random) -> Any:
    """Return a value like another one, changed as little as a slip of the hand would."""
    if isinstance(value, bool) or value is None:
        return random.choice([not value, "yes"])
    if isinstance(value, int):
        return value + random.choice([-1, 1, 10])
    if isinstance(value, float):
        return value + random.choice([-1, 1]) * random.choice([0.00001, 0.1, 10.0])
    place = random.randrange(len(value) or 1)
    letters = [letter for letter in "0123456789ABCx" if letter != value[place : place + 1]]
    return value[:place] + random.choice(letters) + value[place + 1 :]


def other_kind(value: Any) -> Any:
    """Return the same value as another kind of JSON."""
    if isinstance(value, str):
        return float(value) if value.replace(".", "").isdigit() else [value]
    return str(value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_that_is_changed_is_told(kind: str, compared: Counter[str]) -> None:
    told, expected = known(kind)
    random = Random(kind)  # noqa: S311 - nothing secret
    for path in filter(is_found_again, leaves(told)):
        assert differences(with_value(told, path, other_value(at(told, path), random)), expected), path
        compared[f"values of {path[0]}"] += 1
    assert compared["values of days"] > 80
    assert compared["values of totals"] > 6
    assert compared["values of order"] > 15


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_of_another_kind_is_told(kind: str) -> None:
    told, expected = known(kind)
    for path in filter(is_found_again, leaves(told)):
        assert differences(with_value(told, path, other_kind(at(told, path))), expected), path


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_that_is_missing_and_every_key_too_many_is_told(kind: str) -> None:
    told, expected = known(kind)
    for path in filter(is_found_again, leaves(told)):
        assert differences(without(told, path), expected), path
        assert differences(with_one_more(told, path), expected), path


@pytest.mark.parametrize(
    "path", [("stripgen_version",), ("prediction",), ("findings",), ("alternatives", 1, "total_mg")]
)
def test_of_what_is_not_found_again_the_form_is_compared(path: Path_) -> None:
    told, expected = known("capsules")

    assert differences(with_value(told, path, 7), expected)
    assert not differences(told, expected)


@pytest.mark.parametrize("name", ["days", "take_back"])
def test_a_row_that_is_taken_out_doubled_or_moved_is_told(name: str) -> None:
    told, expected = known("amended")
    for number in range(len(told[name]) - 1):
        taken_out, doubled, moved = (copy.deepcopy(told) for _ in range(3))
        del taken_out[name][number]
        doubled[name].insert(number, doubled[name][number])
        moved[name][number : number + 2] = reversed(moved[name][number : number + 2])

        assert all(differences(each, expected) for each in (taken_out, doubled, moved))


def test_an_order_changed_together_with_its_doses_is_told_by_its_id() -> None:
    told, expected = known("capsules")
    other = json_of(plan_of(raw_order({"taper.days": 12, "taper.days_per_strip": 5, "taper.start_dose_mg": 19})))

    found = differences({**other, "plan_id": told["plan_id"], "plan_hash": told["plan_hash"]}, expected)
    assert {difference.where for difference in found} >= {"day 1", "totals", "order, taper, start_dose_mg"}

    of_its_own_order = expected_of(
        plan_of(raw_order({"taper.days": 12, "taper.days_per_strip": 5, "taper.start_dose_mg": 19}))
    )
    found = differences({**other, "plan_id": told["plan_id"], "plan_hash": told["plan_hash"]}, of_its_own_order)
    assert [difference.what.split(" sha")[0] for difference in found] == [
        f"has the plan id {told['plan_id']}; the order comes to {other['plan_id']}",
        "has the plan hash",
    ]


# --- in which words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "where", "what"),
    [
        (("days", 4, "dose_mg"), "9.5", "day 5", "holds 9.5 mg; the order comes to 3 mg"),
        (("days", 4, "dose_mg"), 3, "day 5", "holds 3 mg as a whole number; the order comes to 3 mg as text"),
        (("days", 0, "date"), "2026-12-02", "day 1", "is dated 2026-12-02; the order comes to 2026-12-01"),
        (("days", 2, "units", 0, "count"), 3, "day 3, unit 1", "has a count of 3; the order comes to 1"),
        (("days", 2, "units"), [], "day 3", "has 0 kinds of units; the order comes to 2 kinds of units"),
        (("days", 3, "held"), True, "day 4, held", "says true; the order comes to false"),
        (("totals", "total_mg"), "1", "totals", "has 1 mg in all; the order comes to 47 mg in all"),
        (("totals", "pouches"), None, "totals", "says nothing of pouches; the order comes to 8 pouches"),
        (("stop",), None, "stop", "says nothing; it must be a table"),
        (("status",), "draft", "", "says it is draft; the order comes to approved"),
        (("curve", "ed50_mg"), math.nan, "curve, ed50_mg", "says nan; the order comes to 3.4"),
        (("findings",), 3, "findings", "says 3; it must be a list"),
    ],
)  # fmt: skip
def test_a_difference_says_where_and_what(path: Path_, value: Any, where: str, what: str) -> None:
    told, expected = known("units")

    assert differences(with_value(told, path, value), expected) == (Difference("plan.json", where, what),)


def test_a_missing_key_and_one_too_many_are_named() -> None:
    told, expected = known("units")
    changed = without(with_value(told, ("days", 1), {**told["days"][1], "dose": "9"}), ("days", 1, "code"))

    assert [(found.where, found.what.partition(";")[0]) for found in differences(changed, expected)] == [
        ("day 2", "says nothing of code"),
        ("day 2", "has dose = '9', which no plan has"),
    ]


def test_a_day_too_few_is_told_once_with_the_first_that_is_in_the_wrong_place() -> None:
    told, expected = known("units")
    changed = copy.deepcopy(told)
    del changed["days"][2]

    found = differences(changed, expected)
    assert found[0] == Difference("plan.json", "", "has 7 days; the order comes to 8 days")
    assert {difference.where.partition(",")[0] for difference in found[1:]} == {"day 3"}


def test_differences_are_refused_with_where_and_what() -> None:
    told, expected = known("units")

    with pytest.raises(PapersDiffer, match=r"plan\.json: day 5: holds 9\.5 mg; the order comes to 3 mg"):
        compare_plan(with_value(told, ("days", 4, "dose_mg"), "9.5"), expected, "plan.json").refuse_differences()


# --- whatever a file may hold ----------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.data())
def test_whatever_stands_in_a_plan_is_a_difference_and_never_a_traceback(data: st.DataObject) -> None:
    told, expected = known("amended")
    paths = [path for path in leaves(told) if is_found_again(path)]
    path = data.draw(st.sampled_from(paths))
    inner = path[: data.draw(st.integers(1, len(path)))]
    value = data.draw(anything.filter(lambda value: repr(value) != repr(at(told, inner))))

    found = differences(with_value(told, inner, value), expected)

    assert found or is_nearly(value, at(told, inner))
    assert all(difference.what.isprintable() for difference in found)


def is_nearly(value: Any, wanted: Any) -> bool:
    return isinstance(value, float) and isinstance(wanted, float) and abs(value - wanted) <= 1e-5


@given(anything)
def test_what_is_no_plan_at_all_differs(told: Any) -> None:
    assert differences(told, known("capsules")[1])
