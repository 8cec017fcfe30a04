"""The calendar file: an all-day event a pouch, read back by icalendar's own parser and as plain lines."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orders import FORMULARY, ISSUED_ON, PRINTED, plan_of, raw_order
from running import run

from stripgen.domain.amendment import Change
from stripgen.domain.plan import Plan
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.calendar_file import render_calendar

EXAMPLE = Path(__file__).parents[1] / "examples" / "citalopram.toml"
PLAN = plan_of(raw_order({"taper.days": 40}))


def events_of(plan: Plan, *, names_drug: bool = False) -> list[tuple[dt.date, dt.date, str, str]]:
    calendar: Any = icalendar.Calendar.from_ical(render_calendar(plan, PRINTED, names_drug=names_drug))
    assert (calendar["version"], "method" in calendar, bool(calendar["prodid"])) == ("2.0", False, True)
    found = []
    for event in calendar.walk("VEVENT"):
        assert type(event["dtstart"].dt) is dt.date
        assert event["transp"] == "TRANSPARENT"
        assert event["dtstamp"].dt == dt.datetime.combine(plan.issued_on, dt.time(), dt.UTC)
        found.append((event["dtstart"].dt, event["dtend"].dt, str(event["uid"]), str(event["summary"])))
    return found


def a_risen_plan() -> Plan:
    before = plan_of(raw_order())
    order = amend(before, Request(60, "back", Decimal(50), "Dizzy"))
    return plan_taper(order, FORMULARY, ISSUED_ON)


def test_there_is_an_event_a_pouch_and_one_on_the_stop() -> None:
    assert PLAN.stop is not None
    assert events_of(PLAN) == [
        *(
            (
                day.date,
                day.date + dt.timedelta(days=1),
                f"{PLAN.plan_id.replace('-', '')}-{day.day:04}@stripgen",
                f"Pouch of day {day.day} (strip {day.strip})",
            )
            for day in PLAN.days
        ),
        (
            PLAN.stop.date,
            PLAN.stop.date + dt.timedelta(days=1),
            f"{PLAN.plan_id.replace('-', '')}-stop@stripgen",
            "No pouch from today on",
        ),
    ]


def test_a_plan_that_ends_above_zero_has_no_event_without_a_pouch() -> None:
    plan = plan_of(raw_order({"taper.end_dose_mg": 5, "taper.days": 30}))

    assert [summary for *_, summary in events_of(plan)] == [
        f"Pouch of day {d.day} (strip {d.strip})" for d in plan.days
    ]


@given(
    st.dates(dt.date(2026, 12, 1), dt.date(2030, 12, 31)),
    st.integers(1, 60),
    st.integers(1, 28),
    st.booleans(),
)
@settings(max_examples=25)
def test_any_start_and_length_gives_each_date_once(start: dt.date, days: int, a_strip: int, names_drug: bool) -> None:
    plan = plan_of(raw_order({"taper.start_date": start, "taper.days": days, "taper.days_per_strip": a_strip}))

    events = events_of(plan, names_drug=names_drug)

    assert [date for date, *_ in events] == [start + dt.timedelta(days=n) for n in range(days + 1)]
    assert len({uid for _, _, uid, _ in events}) == days + 1


def test_the_same_plan_gives_the_same_bytes_and_a_later_issue_the_same_ids() -> None:
    again = plan_of(raw_order({"taper.days": 40}))
    later = plan_of(raw_order({"taper.days": 40}), ISSUED_ON + dt.timedelta(days=3))

    assert render_calendar(again, PRINTED, names_drug=False) == render_calendar(PLAN, PRINTED, names_drug=False)
    assert events_of(later) == events_of(PLAN)
    assert render_calendar(later, PRINTED, names_drug=False) != render_calendar(PLAN, PRINTED, names_drug=False)


def test_drug_and_dose_are_named_only_when_asked_and_the_patient_never() -> None:
    for names_drug in (False, True):
        text = render_calendar(PLAN, PRINTED, names_drug=names_drug).decode().replace("\r\n ", "")
        assert ("citalopram" in text, " mg" in text) == (names_drug, names_drug)
        for private in ("Example Patient", "1981", "P-000123", "Dr Example", "Example Pharmacy"):
            assert private not in text
    assert events_of(PLAN, names_drug=True)[1][3] == "Pouch of day 2 (strip 1): citalopram, 17 mg"


def test_a_solution_is_named_with_its_concentration_dose_and_volume() -> None:
    solution = {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.05")}}
    plan = plan_of(raw_order({"compounding": solution, "taper.days": 5}))

    assert events_of(plan, names_drug=True)[0][3] == "Pouch of day 1 (strip 1): citalopram 2 mg/mL, 20 mg (10 mL)"


def test_an_amended_plan_has_the_pouches_to_make_and_says_where_the_dose_rises() -> None:
    plan = a_risen_plan()
    events = events_of(plan)

    assert [date for date, *_ in events[:-1]] == [day.date for day in plan.days_to_make]
    assert events[0][0] > plan.days[0].date
    rising = [summary for *_, summary in events if summary.endswith(", higher, as planned")]
    assert rising == [
        f"Pouch of day {d.day} (strip {d.strip}), higher, as planned" for d in plan.days_to_make if d.rises
    ]
    assert rising


@pytest.mark.parametrize(("change", "amount", "cancelled"), [("hold", 14, 0), ("faster", 30, 10)])
def test_an_amended_calendar_takes_the_place_of_the_one_before_and_cancels_what_is_no_more(
    change: Change, amount: int, cancelled: int
) -> None:
    request = Request(from_day=21, change=change, amount=Decimal(amount), reason="x")
    plan = plan_taper(amend(PLAN, request), FORMULARY, ISSUED_ON)
    before = {uid: summary for _, _, uid, summary in events_of(PLAN)}
    content = icalendar.Calendar.from_ical(render_calendar(plan, PRINTED, names_drug=False))
    events = content.walk("VEVENT")
    kept = {uid for uid in before if uid.split("@")[0].rpartition("-")[2] in {f"{day:04}" for day in range(1, 21)}}

    assert set(before) - kept <= {str(event["uid"]) for event in events}  # every later event is told of anew
    assert {int(str(event["sequence"])) for event in events} == {1}
    assert sum(str(event.get("status")) == "CANCELLED" for event in events) == cancelled
    assert [str(event["uid"]) for event in events if event["summary"] == "No pouch from today on"] == [
        uid for uid, summary in before.items() if summary == "No pouch from today on"
    ]


def test_lines_end_as_the_standard_asks_and_are_folded() -> None:
    name = "examplinum-" + "x" * 100
    plan = plan_of(raw_order({"medication": {"drug": name}, "taper.strategy": "linear", "taper.days": 5}))

    content = render_calendar(plan, PRINTED, names_drug=True)

    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert b"\r\n " in content
    assert events_of(plan, names_drug=True)[0][3] == f"Pouch of day 1 (strip 1): {name}, 20 mg"


def test_make_writes_the_calendar_beside_the_papers_only_when_asked(tmp_path: Path) -> None:
    run("make", EXAMPLE, "--out", tmp_path / "without")
    result = run("make", EXAMPLE, "--out", tmp_path / "with", "--calendar")

    (path,) = (tmp_path / "with").glob("*.ics")
    assert path.name.endswith("-calendar.ics")
    assert path.name in result.output
    assert b"citalopram" not in path.read_bytes()
    assert list((tmp_path / "without").glob("*.ics")) == []


def test_make_names_the_drug_in_the_calendar_when_asked(tmp_path: Path) -> None:
    run("make", EXAMPLE, "--out", tmp_path, "--calendar", "--calendar-names-drug")

    (path,) = tmp_path.glob("*.ics")
    assert b"citalopram" in path.read_bytes()


def test_to_name_the_drug_without_a_calendar_is_wrong_usage(tmp_path: Path) -> None:
    result = run("make", EXAMPLE, "--out", tmp_path, "--calendar-names-drug")

    assert result.exit_code == 2
    assert "--calendar" in result.output
    assert list(tmp_path.iterdir()) == []
