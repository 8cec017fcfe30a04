"""`stripgen series`: when each strip may be made, and when it must be made and sent; one line a strip."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lots_and_dates import (
    DAY,
    all_keep,
    amended_plan,
    by_preparation,
    limits,
    limits_of,
    may_be_taken,
    raw_with_lots,
    sources_of,
)
from orders import RawOrder, plan_of, raw_order

from stripgen.cli import main
from stripgen.domain.beyond_use import BeyondUseLimit
from stripgen.domain.plan import Plan
from stripgen.planning.dating import date_plan
from stripgen.planning.series import plan_series

ROOT = Path(__file__).parent.parent
CITALOPRAM = ROOT / "examples" / "citalopram.toml"
MADE = dt.date(2026, 11, 23)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["series", *map(str, words)])


# --- against the second computation ----------------------------------------------------------------------------------


@settings(max_examples=50)
@given(raw=raw_with_lots(), found=limits(), earlier=st.integers(0, 230))
def test_a_strip_may_be_made_on_the_days_after_which_all_of_it_keeps_long_enough(
    raw: RawOrder, found: tuple[BeyondUseLimit, ...], earlier: int
) -> None:
    plan = plan_of(raw)
    check_series(plan, found, plan.days[0].date - earlier * DAY)


@settings(max_examples=15)
@given(raw=raw_with_lots(), found=limits(), share=st.floats(0.1, 0.9), earlier=st.integers(0, 230))
def test_the_series_of_an_amended_plan_has_only_the_strips_to_make(
    raw: RawOrder, found: tuple[BeyondUseLimit, ...], share: float, earlier: int
) -> None:
    assume(raw["taper"]["days"] > 3)
    plan = amended_plan(raw, 2 + int(share * (raw["taper"]["days"] - 2)))

    check_series(plan, found, plan.days_to_make[0].date - earlier * DAY)
    strips = plan_series(date_plan(plan, found), MADE).strips
    assert [each.strip.number for each in strips] == [strip.number for strip in plan.strips if not strip.kept]


@pytest.mark.slow
@settings(max_examples=2_000)
@given(raw=raw_with_lots(), found=limits(), earlier=st.integers(0, 230))
def test_2000_series_are_those_of_the_second_computation(
    raw: RawOrder, found: tuple[BeyondUseLimit, ...], earlier: int
) -> None:
    plan = plan_of(raw)
    check_series(plan, found, plan.days[0].date - earlier * DAY)


def check_series(undated: Plan, found: tuple[BeyondUseLimit, ...], asked: dt.date) -> None:
    """Try every day: made on it, is everything in the strip fit to be taken on the strip's last day?"""
    plan, days, order = date_plan(undated, found), by_preparation(found), undated.order
    send = order.dispensing.days_to_send
    for each in plan_series(plan, asked).strips:
        strip, window = each.strip, each.window
        first, last = strip.days[0].date, strip.days[-1].date
        latest = first - (1 if send is None else send) * DAY
        there = [lot.prepared_on for _, lot in sources_of(strip, order) if lot is not None and lot.prepared_on]

        def fits(made: dt.date, strip: Any = strip, last: dt.date = last, there: Any = there) -> bool:
            return all_keep(last, strip, order, days, made) and all(made >= date for date in there)

        fitting = [made for made in (latest - n * DAY for n in range(500)) if fits(made)]
        assert window.latest == latest
        assert window.is_open == bool(fitting), strip.number
        if fitting and window.earliest is not None and window.earliest > latest - 499 * DAY:
            assert min(fitting) == window.earliest
        given = order.dispensing.beyond_use_date
        assert each.may_be_made == (fits(asked) and (given is None or given >= last)), strip.number
        outlasting = {lot.lot for strength, lot in sources_of(strip, order) if lot is not None}
        for day in strip.days:
            for unit in day.units:
                for lot in order.batches_of(unit.strength_mg):
                    unlimited = {kind: n for kind, n in days.items() if kind != "pouch"}
                    if not may_be_taken(day.date, unit.strength_mg, lot, order, unlimited, day.date):
                        outlasting.discard(lot.lot)
        assert {lot.lot for lot in each.lots} == outlasting


# --- what is printed -------------------------------------------------------------------------------------------------


def test_each_strip_has_one_line_with_its_dates() -> None:
    result = run(CITALOPRAM, "--profile", "us", "--made-on", "2026-11-23")

    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert lines[2] == ["1", "2026-12-01", "2026-12-28", "28", "2027-01-22", "yes", "2026-10-29", "2026-11-30"]
    assert lines[3] == ["2", "2026-12-29", "2027-01-25", "28", "2027-01-22", "no", "2026-11-26", "2026-12-28"]
    assert lines[4] == ["3", "2027-01-26", "2027-02-22", "28", "2027-01-22", "no", "2026-12-24", "2027-01-25"]
    assert lines[5] == ["4", "2027-02-23", "2027-03-22", "28", "2027-01-22", "no", "2027-01-21", "2027-02-22"]
    assert "profile us: if made on 2026-11-23" in result.output


def test_as_json_the_series_says_the_same() -> None:
    result = run(CITALOPRAM, "--profile", "us", "--made-on", "2026-11-23", "--json")

    whole = json.loads(result.output)
    assert (whole["plan_id"], whole["profile"], whole["made_on"]) == ("WSJ6-QACZ", "us", "2026-11-23")
    assert whole["strips"][1] == {
        "strip": 2,
        "first_intake": "2026-12-29",
        "last_intake": "2027-01-25",
        "pouches": 28,
        "use_by": "2027-01-22",
        "may_be_made": False,
        "can_be_made": True,
        "make_from": "2026-11-26",
        "make_by": "2026-12-28",
        "ship_by": "2026-12-28",
        "lots": [],
    }


def test_a_finished_paper_gives_the_same_series_by_the_rules_it_was_printed_by(tmp_path: Path) -> None:
    source = ROOT / "examples" / "every-label-field.toml"
    made = CliRunner().invoke(main, ["make", str(source), "--profile", "us", "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    (paper,) = tmp_path.glob("*.xlsx")

    assert run(paper).output == run(source, "--profile", "us").output
    assert "profile us: if made on 2026-11-30" in run(paper).output  # the order's own day of making


def test_days_to_send_move_the_day_by_which_a_strip_must_be_made() -> None:
    for days, latest in ((None, "2026-11-30"), (0, "2026-12-01"), (5, "2026-11-26")):
        raw = raw_order({} if days is None else {"dispensing.days_to_send": days})
        first = plan_series(date_plan(plan_of(raw), limits_of(pouch=60)), MADE).strips[0]
        assert first.window.latest.isoformat() == latest


def test_a_strip_made_after_it_had_to_be_sent_is_late() -> None:
    result = run(CITALOPRAM, "--profile", "us", "--made-on", "2026-12-01")

    assert "yes, late" in result.output.splitlines()[2]


def test_a_strip_that_may_be_made_on_no_day_ends_with_exit_code_3_and_the_remedy() -> None:
    result = run(ROOT / "examples" / "solution.toml", "--profile", "us")

    assert result.exit_code == 3
    assert result.output.count("never") == 3
    assert "series: strip 1, 2, 3 may be made on no day" in result.output
    assert "fewer taper.days_per_strip" in result.output


def test_without_a_limit_any_day_will_do_and_nothing_is_known_of_the_use_by_date() -> None:
    result = run(CITALOPRAM, "--made-on", "2026-11-23")

    assert result.exit_code == 0
    assert result.output.count("any day") == 4
    assert result.output.count("not known") == 4


def test_only_lots_that_last_until_the_strips_last_pouch_are_named() -> None:
    lots = [
        {"lot": "SHORT", "expires_on": dt.date(2027, 1, 10)},
        {"lot": "LONG", "expires_on": dt.date(2027, 12, 31)},
        {"lot": "OLD", "prepared_on": dt.date(2026, 7, 20)},  # 180 days: until 16 Jan 2027
    ]
    raw = raw_order({"batch": lots, "compounding": {"increment_mg": Decimal("0.1")}})
    strips = plan_series(date_plan(plan_of(raw), limits_of(compounded_solid=180)), MADE).strips

    assert [[lot.lot for lot in each.lots] for each in strips] == [
        ["SHORT", "LONG", "OLD"],
        ["LONG"],
        ["LONG"],
        ["LONG"],
    ]


@pytest.mark.parametrize("typed", ["23.11.2026", "2026-13-01", "tomorrow"])
def test_a_day_that_is_none_is_refused_by_its_option(typed: str) -> None:
    result = run(CITALOPRAM, "--made-on", typed)

    assert result.exit_code == 2
    assert f"--made-on: {typed!r} is not a date" in result.output


def test_a_profile_that_is_not_there_is_refused() -> None:
    result = run(CITALOPRAM, "--profile", "xx")

    assert result.exit_code == 4
    assert "'xx' is not a profile of stripgen" in result.output


def test_no_patient_is_named() -> None:
    assert "Example Patient" not in run(CITALOPRAM, "--profile", "us").output
