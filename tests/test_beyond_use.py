"""The beyond-use date: the earliest rule wins, on every strip, in every language; what is too late stops the papers."""

import ast
import datetime as dt
import inspect
import io
from decimal import Decimal
from typing import Any, get_args

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lots_and_dates import (
    DAY,
    amended_plan,
    by_preparation,
    depends_on_making,
    is_limited,
    last_day,
    limits,
    limits_of,
    raw_with_lots,
    sources_of,
)
from orders import FORMULARY, IN_ENGLISH, ISSUED_ON, RawOrder, finding_of, message_of, plan_of, printing, raw_order
from reading import lines_of, plain_spaces, read_pages

from stripgen.cli import main
from stripgen.domain.beyond_use import BeyondUseLimit
from stripgen.domain.plan import Plan
from stripgen.domain.wording import Language
from stripgen.errors import OrderInvalid
from stripgen.files import load_profile, load_profiles, load_wording
from stripgen.papers import dated, load_paper_words
from stripgen.planning import date_findings
from stripgen.planning.dating import date_plan
from stripgen.planning.intake import read_order
from stripgen.rendering.descriptions import describe_beyond_use
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.strip_plan.document import render_strip_plan
from stripgen.rendering.words import Words

MADE = dt.date(2026, 11, 23)
TO_MG = {"unit": [{"strength_mg": 5, "form": "tablet"}, {"strength_mg": 1}], "max_units_per_pouch": 6}
SHORT = {"taper.start_dose_mg": 10, "taper.end_dose_mg": 5, "taper.days": 56, "compounding": TO_MG}
FEW_DAYS = {"taper.days": 8, "taper.days_per_strip": 4}  # in two strips
LANGUAGES: tuple[Language, ...] = get_args(Language)


def order(**changes: Any) -> RawOrder:
    """Return 56 days in two strips, from 1 Dec 2026 to 25 Jan 2027, of units of 5 and 1 mg."""
    return raw_order({**SHORT, **changes})


def lot(name: str, **keys: Any) -> dict[str, Any]:
    return {"lot": name, **keys}


def codes_of(plan: Plan) -> set[str]:
    return {finding.code for finding in plan.findings if finding.severity == "block"}


# --- against the second computation ----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(raw=raw_with_lots(), found=limits())
def test_a_strips_date_is_the_last_day_on_which_everything_in_it_keeps(
    raw: RawOrder, found: tuple[BeyondUseLimit, ...]
) -> None:
    check_dates(plan_of(raw), found)


@settings(max_examples=15)
@given(raw=raw_with_lots(), found=limits(), share=st.floats(0.1, 0.9))
def test_of_an_amended_plan_only_strips_to_make_are_dated(
    raw: RawOrder, found: tuple[BeyondUseLimit, ...], share: float
) -> None:
    assume(raw["taper"]["days"] > 3)
    plan = amended_plan(raw, 2 + int(share * (raw["taper"]["days"] - 2)))

    check_dates(plan, found)
    kept = [strip for strip in date_plan(plan, found).strips if strip.kept]
    assert kept
    assert all(strip.beyond_use.rules == () for strip in kept)


@pytest.mark.slow
@settings(max_examples=3_000)
@given(raw=raw_with_lots(), found=limits())
def test_every_one_of_3000_strips_has_the_date_of_the_second_computation(
    raw: RawOrder, found: tuple[BeyondUseLimit, ...]
) -> None:
    check_dates(plan_of(raw), found)


def check_dates(undated: Plan, found: tuple[BeyondUseLimit, ...]) -> None:
    plan, days = date_plan(undated, found), by_preparation(found)
    dispensing = plan.order.dispensing
    for strip in plan.strips_to_make:
        sources = sources_of(strip, plan.order)
        has_limit = all(is_limited(strength, each, plan.order, days) for strength, each in sources)
        depends = dispensing.made_on is None and depends_on_making(strip, plan.order, days)
        if dispensing.beyond_use_date is not None:
            expected = dispensing.beyond_use_date
        elif not has_limit or depends:
            expected = None
        else:
            expected = last_day(strip, plan.order, days, dispensing.made_on or strip.days[0].date)
        assert strip.beyond_use.date == expected, strip.number
    assert date_plan(plan, found) == plan  # dating again neither loses nor doubles a finding
    assert date_plan(date_plan(undated, limits_of(pouch=1)), found) == plan  # nor keeps one of other limits


def test_every_finding_of_lots_and_dates_is_known_as_one() -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(date_findings))) if isinstance(node, ast.Call)]
    codes = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding"]

    assert {code.value for code in codes if isinstance(code, ast.Constant)} == date_findings.DATE_CODES
    assert all(isinstance(code, ast.Constant) for code in codes)


# --- examples a person can check by hand -----------------------------------------------------------------------------


def test_the_earliest_of_limit_lots_and_preparation_wins() -> None:
    found = limits_of(pouch=60, compounded_solid=180)
    lots = [
        lot("A", strength_mg=5, expires_on=dt.date(2027, 5, 31), supplier="Wholesale"),
        lot("B", strength_mg=1, prepared_on=dt.date(2026, 9, 1)),
    ]
    plan = date_plan(plan_of(order(**{"batch": lots, "dispensing.made_on": MADE + 7 * DAY})), found)
    first, second = (strip.beyond_use for strip in plan.strips)

    assert plan.use_by == first.date == second.date == dt.date(2027, 1, 29)  # 60 days from 30 Nov
    assert describe_beyond_use(plan, IN_ENGLISH.pharmacy) == "60 days from making on 30 Nov 2026 (A rule of a test)"
    assert [(rule.kind, rule.date) for rule in first.rules] == [
        ("made", dt.date(2027, 1, 29)),
        ("prepared", dt.date(2027, 2, 28)),
        ("expiry", dt.date(2027, 5, 31)),
    ]


def test_strips_made_on_one_day_from_the_same_lots_have_the_same_date() -> None:
    plan = date_plan(plan_of(raw_order({"dispensing.made_on": MADE})), limits_of(pouch=180))

    assert {strip.beyond_use.date for strip in plan.strips} == {dt.date(2027, 5, 22)}


def test_days_are_counted_over_a_leap_day() -> None:
    raw = raw_order(
        {"taper.start_date": dt.date(2028, 2, 20), "taper.days": 10, "dispensing.made_on": dt.date(2028, 2, 15)}
    )
    plan = date_plan(plan_of(raw), limits_of(pouch=14))

    assert plan.use_by == dt.date(2028, 2, 29)
    assert plan.last_date == dt.date(2028, 2, 29)
    assert codes_of(plan) == set()


def test_an_expiry_alone_decides_nothing_but_the_latest_day() -> None:
    plan = date_plan(plan_of(order(batch=[lot("A", expires_on=dt.date(2028, 1, 31))])))

    assert plan.use_by is None
    told = describe_beyond_use(plan, IN_ENGLISH.pharmacy)
    assert told == "not known, the pharmacy gives it; at the latest: lot A expires on 31 Jan 2028"


def test_without_a_day_of_making_the_limit_is_told_in_days() -> None:
    plan = date_plan(plan_of(order()), limits_of(pouch=60))

    assert plan.use_by is None
    told = describe_beyond_use(plan, IN_ENGLISH.pharmacy)
    assert told == "to be used within 60 days of making (A rule of a test)"


def test_units_bought_ready_made_have_no_limit_of_what_a_pharmacy_compounds() -> None:
    found = limits_of(compounded_solid=10)
    bought = order(**{"batch": [lot("A", supplier="Wholesale")], "dispensing.made_on": MADE})
    compounded = order(batch=[lot("A", supplier="Other pharmacy", prepared_on=MADE)])

    assert date_plan(plan_of(bought), found).use_by is None
    assert date_plan(plan_of(compounded), found).use_by == MADE + 10 * DAY


@pytest.mark.parametrize(
    ("vehicle", "days"), [(None, 14), ("aqueous", 14), ("preserved aqueous", 35), ("oily", 90)], ids=str
)
def test_a_solution_keeps_as_long_as_its_vehicle_says_and_the_shortest_time_unless_it_does(
    vehicle: str | None, days: int
) -> None:
    made = {
        "compounding": {"solution": {"mg_per_ml": 1, "syringe_step_ml": Decimal("0.5")}},
        "dispensing.made_on": MADE,
    }
    raw = raw_order({**SHORT, **made, **({"dispensing.vehicle": vehicle} if vehicle else {})})

    assert date_plan(plan_of(raw), load_profile("us").beyond_use).use_by == MADE + days * DAY


# --- what is found ---------------------------------------------------------------------------------------------------


def test_pouches_taken_too_late_block_and_the_message_says_when_each_strip_may_be_made() -> None:
    plan = date_plan(plan_of(raw_order({"dispensing.made_on": MADE})), limits_of(pouch=60))

    assert codes_of(plan) == {"made_too_early"}
    assert message_of(finding_of(plan, "made_too_early")) == (
        "59 pouches are to be taken after 2027-01-22, 60 days from making on 2026-11-23 (A rule of a test); "
        "up to strip 1 may be made on that day; strip 2 from 2026-11-26 on, "
        "strip 3 from 2026-12-24 on, strip 4 from 2027-01-21 on"
    )


def test_one_strip_alone_is_not_blocked_by_what_later_ones_would_be() -> None:
    undated = plan_of(raw_order({"dispensing.made_on": MADE}))

    assert codes_of(date_plan(undated, limits_of(pouch=60), strip=1)) == set()
    assert codes_of(date_plan(undated, limits_of(pouch=60), strip=2)) == {"made_too_early"}


@pytest.mark.parametrize(
    ("strip", "told"),
    [
        (2, "strip 2 may not be made on that day, but from 2026-11-26 on"),
        (4, "strip 4 may not be made on that day, but from 2027-01-21 on"),
    ],
)
def test_of_one_strip_it_is_said_from_when_on_that_one_may_be_made_and_nothing_of_others(strip: int, told: str) -> None:
    plan = date_plan(plan_of(raw_order({"dispensing.made_on": MADE})), limits_of(pouch=60), strip=strip)

    message = message_of(finding_of(plan, "made_too_early"))

    assert message.endswith(f"(A rule of a test); {told}")
    assert "no strip" not in message


def test_of_one_strip_that_outlasts_its_limit_it_is_said_that_no_day_will_do() -> None:
    plan = date_plan(plan_of(order(**{"dispensing.made_on": MADE})), limits_of(pouch=14), strip=2)

    assert message_of(finding_of(plan, "made_too_early")).endswith("; strip 2 may be made on no day")


def test_a_warning_of_one_strip_that_outlasts_its_limit_speaks_of_that_strip_only() -> None:
    found = finding_of(date_plan(plan_of(order()), limits_of(pouch=14), strip=2), "strips_outlast_limit")

    assert message_of(found) == (
        "pouches are to be used within 14 days of making (A rule of a test): strip 2 may be made on no day"
    )


def test_a_limit_shorter_than_a_strip_says_that_it_may_be_made_on_no_day() -> None:
    plan = date_plan(plan_of(order(**{"dispensing.made_on": MADE})), limits_of(pouch=14))

    told = message_of(finding_of(plan, "made_too_early"))
    assert told.endswith("no strip may be made on that day; strip 1 on no day, strip 2 on no day")


def test_a_date_by_hand_later_than_a_limit_blocks_and_an_earlier_one_wins() -> None:
    late = order(**{"dispensing.made_on": MADE + 7 * DAY, "dispensing.beyond_use_date": dt.date(2027, 1, 30)})
    early = order(**{"dispensing.made_on": MADE + 7 * DAY, "dispensing.beyond_use_date": dt.date(2027, 1, 27)})
    blocked, fine = (date_plan(plan_of(raw), limits_of(pouch=60)) for raw in (late, early))

    assert message_of(finding_of(blocked, "beyond_use_date_after_expiry")) == (
        "the beyond-use date 2027-01-30 is after 2027-01-29, 60 days from 2026-11-30 (A rule of a test)"
    )
    assert codes_of(fine) == set()
    assert fine.use_by == dt.date(2027, 1, 27)
    assert describe_beyond_use(fine, IN_ENGLISH.pharmacy) == "as the pharmacy gave it"


def test_a_lot_prepared_too_long_ago_blocks() -> None:
    raw = order(batch=[lot("A", strength_mg=1, prepared_on=dt.date(2026, 7, 1))])
    plan = date_plan(plan_of(raw), limits_of(compounded_solid=180))

    told = message_of(finding_of(plan, "lot_too_old"))
    assert "after 2026-12-28, 180 days from the preparation of lot A on 2026-07-01 (A rule of a test)" in told


def test_as_long_as_no_day_of_making_is_given_strips_that_outlast_a_limit_are_a_warning() -> None:
    plan = date_plan(plan_of(raw_order()), limits_of(pouch=60))

    found = finding_of(plan, "strips_outlast_limit")
    assert found.severity == "warn"
    assert "strip 4 from 2027-01-21 on" in message_of(found)
    assert date_plan(plan_of(order()), limits_of(pouch=60)).findings == plan_of(order()).findings


@pytest.mark.parametrize(
    ("lots", "blocks"),
    [
        ([lot("A", quantity=1000)], False),
        ([lot("A", quantity=10)], True),
        ([lot("A", quantity=10), lot("B")], False),  # nobody knows how many B has
        ([lot("A", strength_mg=5, quantity=60), lot("B", strength_mg=1, quantity=10)], True),
        ([lot("A", strength_mg=5, quantity=60), lot("B", strength_mg=1, quantity=10), lot("C", quantity=200)], False),
    ],
    ids=str,
)
def test_lots_with_too_few_units_block_and_a_lot_of_all_strengths_makes_up_for_them(
    lots: list[dict[str, Any]], blocks: bool
) -> None:
    plan = plan_of(order(batch=lots))

    assert ("lots_too_small" in codes_of(plan)) == blocks
    if blocks:
        used = {each.strength_mg: each.count for each in plan.totals.consumption}
        needed = used[Decimal(1)] if "strength_mg" in lots[0] else sum(used.values())
        assert "hold 10 units" in message_of(finding_of(plan, "lots_too_small"))
        assert f"and {needed} are needed" in message_of(finding_of(plan, "lots_too_small"))


def test_lots_of_one_strip_need_hold_no_more_than_it_takes() -> None:
    enough = sum(used.count for used in plan_of(order()).strips[0].consumption)
    undated = plan_of(order(batch=[lot("A", quantity=enough)]))

    assert "lots_too_small" in codes_of(undated)
    assert "lots_too_small" not in codes_of(date_plan(undated, strip=1))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"batch": [lot("A", prepared_on=dt.date(2027, 2, 1), expires_on=dt.date(2027, 1, 31))]},
            "batch[1].prepared_on: 2027-02-01 is after the lot expires; a date up to 2027-01-31",
        ),
        (
            {"batch": [lot("A", prepared_on=MADE + DAY)], "dispensing.made_on": MADE},
            "batch[1].prepared_on: 2026-11-24 is after the pouches are made (dispensing.made_on); a date up to "
            + str(MADE),
        ),
        (
            {"batch": [lot("A", quantity=0)]},
            "batch[1].quantity: 0 is out of range; a whole number of units from 1 to 1000000",
        ),
        (
            {"batch": [lot("A", quantity=Decimal("1.5"))]},
            "batch[1].quantity: 1.5 is not a whole number; a whole number of units from 1 to 1000000",
        ),
        ({"batch": [lot("A", supplier="")]}, "batch[1].supplier: is empty; leave it out, or write 1 character or more"),
        ({"dispensing.days_to_send": 61}, "dispensing.days_to_send: 61 is out of range; whole days from 0 to 60"),
        (
            {"dispensing.vehicle": "aqueous"},
            "dispensing.vehicle: is given, and nothing is a solution; leave it out, or give compounding.solution",
        ),
    ],
    ids=str,
)
def test_what_an_order_says_of_lots_is_read_strictly(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(OrderInvalid) as caught:
        read_order(order(**changes), FORMULARY, "order.toml")

    assert expected in [str(problem) for problem in caught.value.problems]


def test_no_lot_and_no_date_changes_a_plan_id() -> None:
    lots = [lot("A", supplier="S", prepared_on=MADE, quantity=500, expires_on=dt.date(2028, 1, 1))]
    told = order(**{"batch": lots, "dispensing.made_on": MADE, "dispensing.days_to_send": 3})

    assert plan_of(told).plan_hash == plan_of(order()).plan_hash
    assert date_plan(plan_of(told), limits_of(pouch=30)).plan_hash == plan_of(order()).plan_hash


# --- profiles and papers ---------------------------------------------------------------------------------------------


def test_every_limit_of_a_profile_names_its_source_and_the_generic_one_has_none() -> None:
    profiles = {profile.id: profile for profile in load_profiles()}

    assert {name: len(profile.beyond_use) for name, profile in profiles.items()} == {
        "generic": 0,
        "uk": 1,
        "us": 5,
        "de": 0,
        "at": 0,
        "nl": 0,
    }
    assert all(limit.source for profile in profiles.values() for limit in profile.beyond_use)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", ["us", "uk"])
def test_labels_schedule_and_sheet_print_the_date_that_rules_come_to_in_every_language(
    language: Language, profile: str
) -> None:
    made = {"dispensing.made_on": MADE + 7 * DAY, "pharmacy.language": language, "patient.language": language}
    raw = order(**FEW_DAYS, **made)
    used = printing(profile=profile)
    plan = dated(plan_of(raw), used)
    words = load_paper_words(plan.order, used.profile)
    days = {"us": 60, "uk": 56}[profile]
    date = MADE + (7 + days) * DAY

    assert plan.use_by == date
    pages = read_pages(render_strip_plan(plan, words, used))
    texts = [plain_spaces(" ".join(lines_of(page.letters))) for page in pages]
    rule = words.pharmacy.say(
        "beyond_use.from_making", days=days, made=MADE + 7 * DAY, source=used.profile.beyond_use[0].cited
    )
    schedules = [text for text in texts if plain_spaces(rule) in text]
    said = plain_spaces(words.labels.say("label.use_by", value=date))
    assert len(schedules) == 2
    assert sum(text.count(said) for text in texts if text not in schedules) == 8 + 2
    sheet = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, words.pharmacy)))
    cells = {cell.value for row in sheet.worksheets[0].iter_rows() for cell in row}
    assert rule in cells
    assert dt.datetime(date.year, date.month, date.day) in cells  # noqa: DTZ001 - as openpyxl reads a date


def test_without_a_date_labels_keep_a_line_to_write_on() -> None:
    used = printing(profile="uk")
    pages = read_pages(render_strip_plan(dated(plan_of(order(**FEW_DAYS)), used), IN_ENGLISH, used))
    texts = [plain_spaces(" ".join(lines_of(page.letters))) for page in pages]

    assert any("Use by ____" in text for text in texts)
    assert not any("Use by 2" in text for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_says_all_that_is_known_of_a_lot_in_every_language(language: Language) -> None:
    lots = [
        lot("A-1", strength_mg=5, supplier="Wholesale Ltd", quantity=321, expires_on=dt.date(2028, 3, 31)),
        lot("B-2", strength_mg=1, prepared_on=MADE, quantity=1234),
    ]
    plan = plan_of(order(batch=lots))
    words = Words(load_wording(language), ".", "letters")
    sheet = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(plan, words)))[words.say("sheet.tab_compounding")]
    rows = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]

    assert ["Wholesale Ltd", 5, 321, "A-1", dt.datetime(2028, 3, 31)] in rows  # noqa: DTZ001 - likewise
    assert [1, 1234, dt.datetime(2026, 11, 23), "B-2"] in rows  # noqa: DTZ001 - likewise
    assert [words.say("sheet.lots_of_contents")] in rows


def test_check_and_make_say_the_date_and_its_rule(tmp_path: Any) -> None:
    source = "examples/every-label-field.toml"
    for command in (["check", source], ["make", source, "--out", str(tmp_path)]):
        result = CliRunner().invoke(main, [*command, "--profile", "us", "--issued-on", ISSUED_ON.isoformat()])

        assert result.exit_code == 0, result.output
        assert "use by 2027-01-25: as the pharmacy gave it" in result.output
