"""An amended plan keeps what was taken, changes only what was asked, and a kept plan file opens to the same plan."""

import contextlib
import copy
import datetime as dt
import json
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from orders import ABSENT, ENGLISH, FORMULARY, ISSUED_ON, message_of, plan_of, raw_order, units
from rich_orders import random_rich_order, rich_plan

from stripgen import __version__
from stripgen.domain.amendment import Change
from stripgen.domain.plan import Plan
from stripgen.errors import AmendmentInvalid, NoFeasiblePlan, OrderInvalid, PlanFileInvalid, StripgenError
from stripgen.orders import reopen_paper
from stripgen.planning.amending import Request, amend
from stripgen.planning.reopening import reopen_plan
from stripgen.planning.taper import plan_taper
from stripgen.rendering.plan_json import render_json

CHANGES: tuple[Change, ...] = ("hold", "back", "stretch", "faster", "stop_at")
HAIR_POINTS = 1e-9

randoms = st.randoms(use_true_random=False)
# Orders are made outside Hypothesis, and clashing limits are thrown away.
often = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def law(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Return what tests a law with many random orders: a sample in the usual run, the whole behind the marker."""

    def repeat(test: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("n_orders", [60, pytest.param(400, marks=pytest.mark.slow)])
        def repeated(n_orders: int) -> None:
            settings(often, max_examples=n_orders)(given(*strategies)(test))()

        repeated.__name__ = test.__name__
        return repeated

    return repeat


def doses_of(plan: Plan) -> list[Decimal]:
    return [day.dose_mg for day in plan.days]


def through_of(plan: Plan) -> list[Decimal]:
    """Return the start dose and the doses of all days."""
    return [plan.order.taper.start_dose_mg, *doses_of(plan)]


def rise_days_of(plan: Plan) -> list[int]:
    return [day for day, (before, after) in enumerate(pairwise(through_of(plan)), start=1) if after > before]


def some_plan(random: Random, *, limited: bool = True) -> Plan:
    """Return the plan of a random order of at least two days."""
    plan = rich_plan(random_rich_order(random, limited=limited))
    assume(plan is not None and len(plan.days) > 1)
    assert plan is not None
    return plan


def amended(plan: Plan, from_day: int, change: Change, amount: Decimal | int) -> Plan:
    order = amend(plan, Request(from_day, change, Decimal(amount), "For this test"))
    return plan_taper(order, FORMULARY, ISSUED_ON)


def amended_if_it_fits(plan: Plan, request: Request) -> Plan:
    """Return the next version; a request that the order's limits do not allow is thrown away."""
    try:
        return plan_taper(amend(plan, request), FORMULARY, ISSUED_ON)
    except NoFeasiblePlan:
        assert plan.order.taper.is_limited
        assume(condition=False)
        raise


def some_request(random: Random, plan: Plan, asked: Change | None = None) -> Request:
    """Return a request that fits the plan."""
    change: Change = random.choice(CHANGES) if asked is None else asked
    n_days, least = len(plan.days), max([2, *(rise + 1 for rise in rise_days_of(plan))])
    if least > n_days:
        change = "hold"
    from_day = random.randint(least, n_days + (change in {"hold", "back"}))
    amounts: dict[Change, Decimal] = {
        "hold": Decimal(random.randint(1, 20)),
        "back": Decimal(random.randint(1, from_day - 1)),
        "stretch": Decimal(n_days + random.randint(0, 30)),
        "faster": Decimal(random.randint(from_day, max(from_day, n_days))),
        "stop_at": random.choice(doses_of(plan)[from_day - 2 :]),
    }
    return Request(from_day, change, amounts[change], "For this test")


# --- what stays ------------------------------------------------------------------------------------------------------


@law(randoms, st.sampled_from(["stretch", "faster"]))
def test_an_amendment_that_changes_nothing_gives_the_same_doses(random: Random, change: Change) -> None:
    plan = some_plan(random)

    after = amended(plan, random.randint(2, len(plan.days)), change, len(plan.days))

    assert doses_of(after) == doses_of(plan)
    assert after.stop == plan.stop
    assert [day.held for day in after.days] == [day.held for day in plan.days]


@law(randoms)
def test_days_before_the_amendment_and_their_printed_pouches_never_change(random: Random) -> None:
    plan = some_plan(random)
    request = some_request(random, plan)

    after = amended_if_it_fits(plan, request)

    n_kept = request.from_day - 1
    for before, kept in zip(plan.days[:n_kept], after.days[:n_kept], strict=True):
        assert (kept.dose_mg, kept.date, kept.strip, kept.pouch, kept.code, kept.held, kept.units) == (
            before.dose_mg,
            before.date,
            before.strip,
            before.pouch,
            before.code,
            before.held,
            before.units,
        )
    assert [day.day for strip in after.strips if strip.kept for day in strip.days] == list(range(1, n_kept + 1))


@law(randoms)
def test_pouches_to_make_carry_the_new_id_and_stand_on_strips_of_their_own(random: Random) -> None:
    plan = some_plan(random)
    request = some_request(random, plan)

    after = amended_if_it_fits(plan, request)

    new = after.days[request.from_day - 1 :]
    assert after.days_to_make == new
    assert all(after.plan_id.replace("-", "") in day.code for day in new)
    assert {day.strip for day in new}.isdisjoint(day.strip for day in after.days[: request.from_day - 1])
    assert after.totals.pouches == len(new)
    assert after.totals.total_mg == sum(day.dose_mg for day in new)
    assert len({day.code for day in after.days}) == len(after.days)


@law(randoms)
def test_every_pouch_from_the_amendment_on_is_to_be_taken_back_and_no_other(random: Random) -> None:
    plan = some_plan(random)
    request = some_request(random, plan)

    after = amended_if_it_fits(plan, request)

    told = [(pouch.strip, pouch.day, pouch.date, pouch.dose_mg, pouch.code) for pouch in after.take_back]
    old = plan.days[request.from_day - 1 :]
    assert told == [(day.strip, day.day, day.date, day.dose_mg, day.code) for day in old]


@law(randoms)
def test_an_amended_plan_needs_a_new_approval(random: Random) -> None:
    plan = some_plan(random)

    after = amended_if_it_fits(plan, some_request(random, plan))

    assert plan.status == "approved"
    assert after.order.approval is None
    assert after.is_draft
    assert after.plan_id != plan.plan_id


# --- what changes ----------------------------------------------------------------------------------------------------


@law(randoms)
def test_a_hold_holds_so_many_days_and_then_the_very_same_doses_follow(random: Random) -> None:
    plan = some_plan(random)
    # A longer run may end earlier: with a limit on the days of a dose the doses after a hold can be better ones.
    assume(plan.order.taper.min_days_per_dose is None)
    request = some_request(random, plan, "hold")

    after = amended(plan, request.from_day, "hold", request.amount)

    n_kept, n_held, old = request.from_day - 1, int(request.amount), doses_of(plan)
    assert doses_of(after) == old[:n_kept] + n_held * [old[n_kept - 1]] + old[n_kept:]
    assert all(day.held for day in after.days[n_kept : n_kept + n_held])
    assert (after.stop is None) == (plan.stop is None)


@law(randoms)
def test_a_hold_under_every_limit_holds_so_many_days(random: Random) -> None:
    plan = some_plan(random)
    request = some_request(random, plan, "hold")

    after = amended_if_it_fits(plan, request)

    n_kept, n_held = request.from_day - 1, int(request.amount)
    assert len(after.days) == len(plan.days) + n_held
    assert set(doses_of(after)[n_kept - 1 : n_kept + n_held]) == {plan.days[n_kept - 1].dose_mg}


@law(randoms)
def test_nothing_rises_unless_going_back_is_asked_for(random: Random) -> None:
    plan = some_plan(random)
    change: Change = random.choice([change for change in CHANGES if change != "back"])

    after = amended_if_it_fits(plan, some_request(random, plan, change))

    assert rise_days_of(after) == []
    assert "dose_rises" not in {finding.code for finding in after.findings}


@law(randoms)
def test_going_back_rises_on_that_day_only_and_the_papers_say_so(random: Random) -> None:
    plan = some_plan(random)
    request = some_request(random, plan, "back")

    after = amended_if_it_fits(plan, request)

    before_mg, back_mg = plan.days[request.from_day - 2].dose_mg, plan.days[int(request.amount) - 1].dose_mg
    assert after.days[request.from_day - 1].dose_mg == back_mg
    assert rise_days_of(after) == ([request.from_day] if back_mg > before_mg else [])
    told = [finding for finding in after.findings if finding.code == "dose_rises"]
    assert [finding.severity for finding in told] == ["warn"] * (back_mg > before_mg)
    assert all(f"on day {request.from_day} ({after.days[request.from_day - 1].date})" in message_of(f) for f in told)
    assert all(f"from {before_mg} to {back_mg} mg" in message_of(f) for f in told)


@law(randoms)
def test_going_back_without_limits_replays_the_earlier_doses(random: Random) -> None:
    plan = some_plan(random, limited=False)
    request = some_request(random, plan, "back")

    after = amended(plan, request.from_day, "back", request.amount)

    assert doses_of(after)[request.from_day - 1 :] == doses_of(plan)[int(request.amount) - 1 :]
    assert (after.stop is None) == (plan.stop is None)


@law(randoms, st.sampled_from(["stretch", "faster"]))
def test_stretching_and_hastening_take_so_many_days_and_end_alike(random: Random, change: Change) -> None:
    plan = some_plan(random)
    request = some_request(random, plan, change)

    after = amended_if_it_fits(plan, request)

    assert len(after.days) == request.amount
    assert after.final_dose_mg == plan.final_dose_mg
    assert (after.stop is None) == (plan.stop is None)


@law(randoms)
def test_stopping_at_a_dose_ends_there_and_never_goes_lower(random: Random) -> None:
    plan = some_plan(random)
    request = some_request(random, plan, "stop_at")

    after = amended_if_it_fits(plan, request)

    new = doses_of(after)[request.from_day - 1 :]
    assert new[-1] == min(new) == request.amount
    assert after.stop is None
    assert len(after.days) <= len(plan.days)


@law(randoms)
def test_stopping_at_a_dose_without_limits_changes_no_day_before_the_last(random: Random) -> None:
    plan = some_plan(random, limited=False)
    request = some_request(random, plan, "stop_at")

    after = amended(plan, request.from_day, "stop_at", request.amount)

    assert doses_of(after)[:-1] == [max(dose, request.amount) for dose in doses_of(plan)[: len(after.days) - 1]]


@pytest.mark.parametrize("start_dose_mg", ["4.5", "5", "5.5", "6", "6.5", "20"])
def test_stopping_at_the_dose_that_a_phase_reduces_to_ends_with_that_phase(start_dose_mg: str) -> None:
    """What equal steps ask for on their last day may be a float's breadth above their end."""
    phases = [{"kind": "reduce", "to_mg": Decimal("0.1"), "days": 20}, {"kind": "hold", "days": 10}]
    ends = {"taper.end_dose_mg": ABSENT, "taper.days": ABSENT, "taper.phase": phases}
    plan = plan_of(raw_order({**ends, "taper.start_dose_mg": Decimal(start_dose_mg)}))

    after = amended(plan, 3, "stop_at", Decimal("0.1"))

    assert doses_of(after) == doses_of(plan)[:20]


# --- what the figures are of -----------------------------------------------------------------------------------------


def next_version(random: Random) -> tuple[Plan, Plan]:
    """Return a plan of a random order, or its second version, and the version after that."""
    plan = some_plan(random)
    if random.randint(0, 1):
        plan = amended_if_it_fits(plan, some_request(random, plan))
        assume(len(plan.days) > 1)
    return plan, amended_if_it_fits(plan, some_request(random, plan))


def n_kept_of(plan: Plan) -> int:
    assert plan.order.amendment is not None
    return plan.order.amendment.from_day - 1


def falls_mg(start_mg: Decimal, doses_mg: Sequence[Decimal], *, stops: bool) -> list[Decimal]:
    through = [start_mg, *doses_mg, *[Decimal(0)] * stops]
    return [before - after for before, after in pairwise(through)]


@law(randoms)
def test_the_figures_of_an_amended_plan_are_of_the_days_it_plans(random: Random) -> None:
    _, after = next_version(random)

    n_kept, quality, made = n_kept_of(after), after.quality, after.days_to_make
    assert [day.day for day in made] == list(range(n_kept + 1, len(after.days) + 1))
    assert quality.max_drop_day > n_kept
    assert quality.max_drop_mg_day > n_kept
    falls = [day.drop_mg for day in made] + ([after.stop.drop_mg] if after.stop else [])
    assert quality.max_drop_mg == max(falls) == falls[quality.max_drop_mg_day - n_kept - 1]
    if after.curve is None:
        return
    drops = [day.drop_points for day in made] + ([after.stop.drop_points] if after.stop else [])
    known = [drop for drop in drops if drop is not None]
    assert len(known) == len(drops)
    assert quality.max_drop_points == pytest.approx(max(known), abs=1e-9)
    assert known[quality.max_drop_day - n_kept - 1] == pytest.approx(max(known), abs=1e-9)
    n_steps = sum(not day.held for day in made) + (after.stop is not None)
    assert quality.mean_drop_points == pytest.approx(sum(known) / max(n_steps, 1), abs=1e-9)
    errors = [100 * (day.occupancy - day.target_occupancy) for day in made if day.occupancy and day.target_occupancy]
    assert len(errors) == len(made)
    assert quality.rms_error_points == pytest.approx(math.hypot(*errors) / math.sqrt(len(made)), abs=1e-9)


@law(randoms)
def test_the_sums_of_an_amended_plan_are_of_the_days_it_plans(random: Random) -> None:
    _, after = next_version(random)

    made = after.days[n_kept_of(after) :]
    assert after.different_doses == after.totals.different_doses == len({day.dose_mg for day in made})
    assert after.n_units == sum(unit.count for day in made for unit in day.units)
    assert after.total_mg == after.totals.total_mg == sum(day.dose_mg for day in made)


@law(randoms)
def test_what_an_amended_plan_is_compared_with_keeps_the_same_days_and_goes_another_way_after_them(
    random: Random,
) -> None:
    _, after = next_version(random)

    n_kept, doses = n_kept_of(after), doses_of(after)
    highest = max(doses[n_kept - 1 : n_kept + 1])
    for other in after.alternatives:
        rest = other.doses_mg[n_kept:]
        assert list(other.doses_mg[:n_kept]) == doses[:n_kept]
        assert len(other.doses_mg) == len(doses)
        assert list(rest) == sorted(rest, reverse=True)
        assert 0 < rest[0] <= highest
        assert after.stop is not None or rest[-1] == after.final_dose_mg
        assert other.total_mg == sum(rest)
        assert other.different_doses == len(set(rest))
        assert other.n_units >= len(rest)
        assert other.quality.max_drop_day > n_kept
        falls = falls_mg(doses[n_kept - 1], rest, stops=after.stop is not None)
        assert other.quality.max_drop_mg == max(falls) == falls[other.quality.max_drop_mg_day - n_kept - 1]
        if after.curve:
            kept = [day.occupancy for day in after.days[:n_kept] if day.occupancy is not None]
            assert list(other.occupancies[:n_kept]) == pytest.approx(kept, abs=1e-12)
            before = [kept[-1], *other.occupancies[n_kept:], *[0.0] * (after.stop is not None)]
            drops = [100 * (one - next_one) for one, next_one in pairwise(before)]
            assert other.quality.max_drop_points == pytest.approx(max(drops), abs=1e-9)


def test_the_largest_drop_before_an_amendment_is_no_figure_of_it() -> None:
    plan = plan_of(raw_order({"taper.first_day": "reduced", "taper.end_dose_mg": 10, "taper.max_different_doses": 5}))
    assert plan.quality.max_drop_points is not None
    steepest = plan.quality.max_drop_day
    after = amended(plan, steepest + 1, "stretch", 200)

    assert after.days[steepest - 1].drop_points == plan.quality.max_drop_points
    assert after.quality.max_drop_day > steepest


# --- limits go on ----------------------------------------------------------------------------------------------------


@law(randoms)
def test_limits_hold_on_in_an_amended_plan(random: Random) -> None:
    plan = some_plan(random)
    assume(plan.order.taper.is_limited)
    request = some_request(random, plan)

    after = amended_if_it_fits(plan, request)

    taper = plan.order.taper
    for run, goes_up_after in runs_of(after):
        assert goes_up_after or run >= (taper.min_days_per_dose or 1)
    if taper.max_different_doses is not None:
        since_rise = (rise_days_of(after) or [1])[-1]
        assert len(set(doses_of(after)[since_rise - 1 :])) <= taper.max_different_doses
    if taper.max_drop_points is not None:
        assert after.quality.max_drop_points is not None
        assert after.quality.max_drop_points <= float(taper.max_drop_points) + HAIR_POINTS


def runs_of(plan: Plan) -> Iterator[tuple[int, bool]]:
    """Yield the length of every run of equal doses, and whether the dose goes up after it."""
    runs = [(dose, len(list(days))) for dose, days in groupby(doses_of(plan))]
    for (dose, n_days), following in zip(runs, [*runs[1:], None], strict=True):
        yield n_days, following is not None and following[0] > dose


def test_a_run_that_goes_on_counts_towards_the_fewest_days_on_a_dose() -> None:
    plan = plan_of(raw_order({"taper.min_days_per_dose": 7}))
    changes_on = next(day for day in range(2, 113) if plan.days[day - 1].dose_mg != plan.days[day - 2].dose_mg)

    after = amended(plan, changes_on + 2, "faster", 80)

    run = [day for day in after.days if day.dose_mg == plan.days[changes_on - 1].dose_mg]
    assert len(run) >= 7


# --- an amendment of an amendment ------------------------------------------------------------------------------------


@law(randoms)
def test_an_amendment_of_an_amendment_keeps_every_law(random: Random) -> None:
    first = some_plan(random)
    second = amended_if_it_fits(first, some_request(random, first))
    assume(len(second.days) > 1)
    request = some_request(random, second)

    third = amended_if_it_fits(second, request)

    amendment, n_kept = third.order.amendment, request.from_day - 1
    assert amendment is not None
    assert (third.version, amendment.version) == (3, 3)
    assert amendment.amends == second.plan_id
    assert amendment.amends_hash == second.plan_hash
    assert amendment.earlier == (first.plan_id, second.plan_id)
    assert [day.code for day in third.days[:n_kept]] == [day.code for day in second.days[:n_kept]]
    assert doses_of(third)[:n_kept] == doses_of(second)[:n_kept]
    assert [pouch.code for pouch in third.take_back] == [day.code for day in second.days[n_kept:]]
    strips = [(strip.number, strip.kept) for strip in third.strips]
    assert strips == sorted(strips, key=lambda strip: (not strip[1], strip[0]))
    if request.change == "back":
        assert third.days[n_kept].dose_mg == second.days[int(request.amount) - 1].dose_mg
    goes_up = request.change == "back" and third.days[n_kept].dose_mg > third.days[n_kept - 1].dose_mg
    assert rise_days_of(third) == [*rise_days_of(second), *[request.from_day] * goes_up]


@law(randoms, st.sampled_from(["stretch", "faster"]))
def test_an_amendment_of_an_amendment_that_changes_nothing_gives_the_same_doses(random: Random, change: Change) -> None:
    first = some_plan(random)
    second = amended_if_it_fits(first, some_request(random, first))
    assume(len(second.days) > 1)

    least = max([2, *(rise + 1 for rise in rise_days_of(second))])
    assume(least <= len(second.days))
    third = amended(second, random.randint(least, len(second.days)), change, len(second.days))

    assert doses_of(third) == doses_of(second)
    assert third.stop == second.stop


def test_going_back_twice_goes_down_only_once_from_there() -> None:
    first = plan_of(raw_order())
    second = amended(first, 60, "back", 30)
    higher, lower = amended(second, 80, "back", 10), amended(second, 80, "back", 50)

    doses = doses_of(first)
    assert doses_of(higher)[79:] == doses[9:]
    assert doses_of(lower)[79:] == doses[49:]
    assert rise_days_of(higher) == [60, 80]


def test_what_comes_before_a_rise_is_changed_in_the_version_before() -> None:
    first = plan_of(raw_order())
    second = amended(first, 60, "back", 30)

    with pytest.raises(AmendmentInvalid, match="--from-day: 60 is out of range; from 61 to 143") as caught:
        amended(second, 60, "hold", 14)

    assert f"(day 60 goes back up; to go another way before it, amend {first.plan_id})" in str(caught.value)
    assert doses_of(amended(second, 61, "hold", 14))[59:74] == 15 * [second.days[59].dose_mg]


# --- the plan file ---------------------------------------------------------------------------------------------------


@given(randoms)
@settings(often, max_examples=60)
def test_a_plan_file_opens_to_the_same_plan_in_every_version(random: Random) -> None:
    first = some_plan(random)
    second = amended_if_it_fits(first, some_request(random, first))

    for plan in (first, second):
        assert reopen_plan(json.loads(render_json(plan, ENGLISH)), FORMULARY, "plan.json") == plan


@pytest.mark.parametrize("change", CHANGES)
def test_a_request_out_of_range_is_refused(change: Change) -> None:
    plan = plan_of(raw_order())

    for from_day in (-1, 0, 1, 115):
        with pytest.raises(AmendmentInvalid, match="--from-day"):
            amend(plan, Request(from_day, change, Decimal(1), "x"))


@pytest.mark.parametrize(
    ("from_day", "change", "amount", "words"),
    [
        (57, "hold", "0", "--hold: 0 days is out of range; from 1 to 1714"),
        (57, "hold", "1715", "--hold: 1715 days is out of range; from 1 to 1714"),
        (57, "back", "0", "--back-to-day: 0 is not before day 57; from 1 to 56"),
        (57, "back", "57", "--back-to-day: 57 is not before day 57; from 1 to 56"),
        (57, "stretch", "111", "--stretch-to: 111 is out of range; from 112 to 1826 days in all"),
        (57, "stretch", "1827", "--stretch-to: 1827 is out of range; from 112 to 1826 days in all"),
        (57, "faster", "56", "--faster-to: 56 is out of range; from 57 to 112 days in all"),
        (57, "faster", "113", "--faster-to: 113 is out of range; from 57 to 112 days in all"),
        (57, "stop_at", "0", "--stop-at-mg: 0 mg is out of range; from above 0 to 2.6 mg, the dose of the day before"),
        (
            57,
            "stop_at",
            "3.2",
            "--stop-at-mg: 3.2 mg is out of range; from above 0 to 2.6 mg, the dose of the day before",
        ),
        (57, "stop_at", "0.15", "--stop-at-mg: 0.15 mg cannot be made; nearest that can: 0.1 and 0.2 mg"),
        (57, "stop_at", "0.05", "--stop-at-mg: 0.05 mg cannot be made; nearest that can: 0.1 mg"),
        (57, "stop_at", "0.1001", "--stop-at-mg: 0.1001 mg is finer than 0.001 mg"),
        (113, "stretch", "200", "--from-day: 113 is out of range; from 2 to 112, the first day to plan anew"),
        (114, "hold", "7", "--from-day: 114 is out of range; from 2 to 113, the first day to plan anew"),
    ],
)
def test_an_amount_out_of_range_is_refused_with_what_is_allowed(
    from_day: int, change: Change, amount: str, words: str
) -> None:
    plan = plan_of(raw_order())

    with pytest.raises(AmendmentInvalid) as caught:
        amend(plan, Request(from_day, change, Decimal(amount), "x"))

    assert caught.value.lines() == [f"plan {plan.plan_id}: {words}"]
    assert caught.value.exit_code == 3


# --- a plan file that was changed ------------------------------------------------------------------------------------


def kept_files() -> list[dict[str, Any]]:
    """Return plan files of several kinds: first versions and amended ones, capsules, divided tablets, a solution."""
    tablets = units("5", "1", most=4)
    tablets["unit"][0]["divisible_into"] = 4
    first = plan_of(raw_order({"taper.days": 20}))
    second = amended(first, 12, "back", 4)
    return [
        json.loads(render_json(plan, ENGLISH))
        for plan in (
            first,
            second,
            amended(second, 15, "stop_at", 2),
            amended(plan_of(raw_order({"compounding": tablets, "taper.days": 14})), 9, "stretch", 20),
            plan_of(
                raw_order(
                    {
                        "compounding": {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.5")}},
                        "taper": {
                            "start_dose_mg": 20,
                            "start_date": dt.date(2026, 12, 1),
                            "phase": [{"kind": "reduce", "to_mg": 5, "days": 9}, {"kind": "hold", "days": 3}],
                            "min_days_per_dose": 2,
                        },
                    }
                )
            ),
        )
    ]


KEPT_FILES = kept_files()


def refusal_of(raw: Any) -> StripgenError:
    with pytest.raises((PlanFileInvalid, OrderInvalid)) as caught:
        reopen_plan(raw, FORMULARY, "plan.json")
    assert all(line.startswith("plan.json: ") for line in caught.value.lines())
    return caught.value


@pytest.mark.parametrize("number", range(len(KEPT_FILES)))
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["days", 3, "dose_mg"], "1.234"),
        (["days", 3, "dose_mg"], None),
        (["days", 3, "date"], "2026-12-31"),
        (["days", 3, "day"], 5),
        (["days", 3], None),
        (["days", 3], []),
        (["days"], {}),
        (["days"], None),
        (["days"], []),
        (["plan_id"], "AAAA-AAAA"),
        (["plan_id"], None),
        (["plan_hash"], "sha256:00"),
        (["issued_on"], "yesterday"),
        (["issued_on"], None),
        (["order"], None),
        (["order"], []),
        (["order", "schema"], 2),
        (["order", "patient", "name"], "Another Patient"),
        (["order", "patient"], []),
        (["order", "medication", "drug"], "sertraline"),
        (["order", "taper", "start_dose_mg"], "19"),
        (["order", "taper", "start_dose_mg"], "nan"),
        (["order", "taper", "start_dose_mg"], 20),
        (["order", "taper", "start_date"], "2026-12-02"),
        (["order", "taper", "start_date"], "tomorrow"),
        (["order", "taper", "dayz"], 3),
        (["order", "taper", "min_days_per_dose"], 3),
        (["order", "compounding"], {"increment_mg": "0.5"}),
        (["order", "compounding"], "0.5"),
    ],
    ids=str,
)
def test_a_plan_file_that_was_changed_is_refused(number: int, path: list[Any], value: object) -> None:
    raw = copy.deepcopy(KEPT_FILES[number])
    place = raw
    for step in path[:-1]:
        place = place[step]
    if path == ["order", "taper", "start_dose_mg"] and value == 20:
        value = 10  # a number is as good as its digits
    place[path[-1]] = value

    refusal_of(raw)


def test_a_day_too_many_or_too_few_is_refused() -> None:
    for raw in KEPT_FILES:
        refusal_of({**raw, "days": raw["days"][:-1]})
        refusal_of({**raw, "days": [*raw["days"], raw["days"][-1]]})


@pytest.mark.parametrize("key", ["order", "days", "issued_on", "plan_id", "plan_hash"])
def test_a_file_without_one_of_its_keys_is_refused_by_its_name(key: str) -> None:
    raw = {name: value for name, value in KEPT_FILES[0].items() if name != key}

    told = f"plan.json: has no {key}; give what `stripgen plan ORDER --json` printed"
    assert refusal_of(raw).lines() == [told]


def test_another_version_is_named_where_it_may_plan_otherwise() -> None:
    raw = copy.deepcopy(KEPT_FILES[0])
    raw["order"]["taper"]["days"] = 21

    assert "the file was changed" in str(refusal_of(raw))
    assert f"stripgen {__version__} plans otherwise than '0.0.1'" in str(
        refusal_of({**raw, "stripgen_version": "0.0.1"})
    )


def test_whatever_is_changed_in_an_amendment_is_refused() -> None:
    raw = KEPT_FILES[1]
    for path, value in leaves_of(raw["order"]["amendment"]):
        other = copy.deepcopy(raw)
        place = other["order"]["amendment"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = another(value)
        with pytest.raises((PlanFileInvalid, OrderInvalid)):
            reopen_plan(other, FORMULARY, "plan.json")


def leaves_of(value: Any) -> Iterator[tuple[list[Any], Any]]:
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    else:
        yield [], value
    for key, inner in inside:
        yield from (([key, *path], leaf) for path, leaf in leaves_of(inner))


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value}1"


ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1,
    7,
    10**30,
    1.5,
    float("nan"),
    "",
    "0",
    "0.1",
    "3",
    "-1",
    "1e999999999",
    "1E-999999999",
    "nan",
    "sNaN",
    "2026-02-30",
    "2099-12-31",
    "9999-12-31",
    "hold",
    "k7qf-3mzx",
    "K7QF-3MZX",
    "\ud800",
    "٣",
    "x" * 300,
    [],
    [[]],
    {},
    {"a": {}},
]


@given(randoms, st.integers(1, 3))
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
def test_no_change_of_a_plan_file_ends_in_a_traceback(random: Random, n_changes: int) -> None:
    raw = copy.deepcopy(random.choice(KEPT_FILES))
    for _ in range(n_changes):
        change_something(random, raw)

    with contextlib.suppress(StripgenError):
        assert reopen_plan(raw, FORMULARY, "plan.json").plan_id == raw["plan_id"]


def change_something(random: Random, raw: dict[str, Any]) -> None:
    """Change, remove or repeat one value somewhere inside; most often in the order, of which all is read."""
    place: Any = raw
    key: Any = "order" if random.randint(0, 3) else random.choice(list(raw))
    while isinstance(place.get(key) if isinstance(place, dict) else place[key], dict | list) and random.randint(0, 9):
        inner = place[key]
        if not inner:
            break
        place, key = inner, random.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
    match random.choice(["change", "change", "remove", "repeat", "take another"]):
        case "remove":
            del place[key]
        case "repeat" if isinstance(place, list):
            place.insert(key, copy.deepcopy(place[key]))
        case "take another":
            place[key] = copy.deepcopy(random.choice(list(place.values()) if isinstance(place, dict) else place))
        case _:
            place[key] = random.choice(ODD_VALUES)
    raw.setdefault("order", {})


@given(randoms)
@settings(max_examples=200)
def test_no_change_of_a_plan_files_text_ends_in_a_traceback(random: Random) -> None:
    text = json.dumps(random.choice(KEPT_FILES))
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(text))
        text = (
            text[:place] + random.choice(["", "0", "9", '"', ",", "[", "}", "\\", "-", "e", "\x00"]) + text[place + 1 :]
        )

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(StripgenError):
        path = Path(folder) / "plan.json"
        path.write_text(text, "utf-8")
        reopen_paper(str(path), FORMULARY)
