"""What is weighed has not expired, pouches are made before they are taken, and nobody approves in the future."""

import copy
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from orders import IN_ENGLISH, ISSUED_ON, PRINTED, finding_of, message_of, plan_of, raw_order
from running import run

from stripgen.domain.beyond_use import BeyondUseLimit
from stripgen.domain.plan import Plan
from stripgen.planning.dating import date_plan
from stripgen.planning.weighing import list_to_make, weigh
from stripgen.rendering.descriptions import describe_beyond_use
from stripgen.rendering.record import render_compounding_record
from stripgen.verifying.expected import Pieces
from stripgen.verifying.second_dating import use_by

EXAMPLES = Path(__file__).parent.parent / "examples"
RECORDED = EXAMPLES / "compounded-record.toml"
DAY = dt.timedelta(days=1)
MADE = dt.date(2026, 11, 28)
FIRST, LAST = dt.date(2026, 12, 1), dt.date(2027, 1, 25)  # of 56 days
CAPSULES = {
    "taper.days": 56,
    "compounding": {"unit": [{"strength_mg": 5}, {"strength_mg": 1}], "max_units_per_pouch": 6},
}
YEAR = (BeyondUseLimit(preparation="pouch", days=365, source="A rule of a test"),)


def plan_with(
    material: str = "substance", expires: dt.date | None = None, changes: dict[str, Any] | None = None
) -> Plan:
    """Return a plan of capsules that the pharmacy makes, of a substance or a filler that expires."""
    record: dict[str, Any] = {
        "substance": {
            "name": "citalopram hydrobromide",
            "molecular_weight": 369,
            "drug_molecular_weight": Decimal("324.25"),
        },
        "filler": {"name": "cellulose", "fill_mass_mg": 120},
    }
    if expires is not None:
        record[material] |= {"lot": "S-1", "expires_on": expires}
    return plan_of(raw_order(copy.deepcopy({**CAPSULES, "record": record, **(changes or {})})))


def blocks(plan: Plan) -> set[str]:
    return {finding.code for finding in plan.findings if finding.severity == "block"}


# --- what is weighed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("material", ["substance", "filler"])
@pytest.mark.parametrize(("changes", "weighed"), [({}, ISSUED_ON), ({"dispensing.made_on": MADE}, MADE)])
def test_what_expired_before_it_is_weighed_blocks(material: str, changes: dict[str, Any], weighed: dt.date) -> None:
    name = {"substance": "citalopram hydrobromide", "filler": "cellulose"}[material]
    expired, fine = (plan_with(material, date, changes) for date in (weighed - DAY, weighed))

    assert message_of(finding_of(expired, "material_expired")) == (
        f"{name} lot S-1 expired on {weighed - DAY}, before it is weighed on {weighed}"
    )
    assert "material_expired" not in blocks(fine)


@pytest.mark.parametrize("material", ["substance", "filler"])
def test_what_expires_before_the_last_pouch_made_of_it_blocks_as_a_lot_of_units_does(material: str) -> None:
    early, fine = plan_with(material, LAST - DAY), plan_with(material, LAST)

    assert "1 pouch is to be taken after" in message_of(finding_of(early, "lot_expires_too_early"))
    assert blocks(fine) == set()
    given = plan_with(material, LAST, {"dispensing.beyond_use_date": LAST + DAY})
    assert message_of(finding_of(given, "beyond_use_date_after_expiry")).startswith(
        f"the beyond-use date {LAST + DAY} is after "
    )


def test_the_pouches_keep_no_longer_than_what_they_are_made_of_and_the_rule_says_so() -> None:
    plan = date_plan(plan_with("filler", LAST, {"dispensing.made_on": MADE}), YEAR)

    assert plan.use_by == LAST
    assert describe_beyond_use(plan, IN_ENGLISH.pharmacy) == "cellulose lot S-1 expires on 25 Jan 2027"
    pieces = [Pieces(unit.strength_mg, unit.form, unit.count) for unit in plan.strips[0].units]
    assert use_by(pieces, plan.order, YEAR) == LAST  # as verify finds it by itself


def test_what_is_bought_is_not_limited_by_what_would_be_weighed() -> None:
    tablets = {"compounding.unit": [{"strength_mg": 5, "form": "tablet"}, {"strength_mg": 1, "form": "tablet"}]}
    plan = date_plan(plan_with("substance", ISSUED_ON - DAY, tablets), YEAR)

    assert blocks(plan) == set()
    assert not any(rule.kind == "material" for strip in plan.strips for rule in strip.beyond_use.rules)


@pytest.mark.parametrize("command", ["record", "make", "check"])
def test_every_command_refuses_an_expired_substance(command: str, tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    order.write_text(RECORDED.read_text("utf-8").replace("2028-03-31", "2026-11-20"), "utf-8")
    result = run(command, order, "--issued-on", "2026-11-23", *(() if command == "check" else ("--out", tmp_path)))

    assert result.exit_code == 3
    assert "material_expired: citalopram hydrobromide lot CIT-0457 expired on 2026-11-20" in result.output
    assert list(tmp_path.iterdir()) == [order]


# --- days ------------------------------------------------------------------------------------------------------------


def test_pouches_made_after_their_first_day_block_and_of_one_strip_that_strips_day_counts() -> None:
    late = plan_with(changes={"dispensing.made_on": FIRST + 2 * DAY})

    assert message_of(finding_of(late, "made_after_first_day")) == (
        "the pouches are made on 2026-12-03, after the pouch of day 1 is to be taken, on 2026-12-01; "
        "to be taken before they are made: 2 pouches"
    )
    assert "made_after_first_day" not in blocks(plan_with(changes={"dispensing.made_on": FIRST}))
    assert "made_after_first_day" in blocks(date_plan(late, (), strip=1))
    assert "made_after_first_day" not in blocks(date_plan(late, (), strip=2))


def test_pouches_dispensed_after_their_first_day_warn() -> None:
    late, fine = (plan_with(changes={"dispensing.dispensed_on": date}) for date in (FIRST + DAY, FIRST))

    assert finding_of(late, "dispensed_late").severity == "warn"
    assert "dispensed_late" not in {finding.code for finding in fine.findings}


def test_a_strip_that_is_over_or_has_begun_cannot_be_made() -> None:
    result = run("series", EXAMPLES / "citalopram.toml", "--made-on", "2026-12-30")

    first, second, third = result.output.splitlines()[2:5]
    assert "no, its days are over" in first
    assert "no, it has begun" in second
    assert "  yes  " in third


# --- approvals -------------------------------------------------------------------------------------------------------


def test_an_approval_dated_in_the_future_is_refused(tmp_path: Path) -> None:
    today = dt.date.today()  # noqa: DTZ011 - as the pharmacy's calendar has it
    assert run("make", EXAMPLES / "citalopram.toml", "--out", tmp_path, "--issued-on", today).exit_code == 0
    (paper,) = tmp_path.glob("*-strip-plan.pdf")
    refused = run("approve", paper, "--by", "Dr Example", "--reference", "RX-9", "--on", today + DAY)

    assert refused.exit_code == 2
    assert f"--on: {today + DAY} is after today, {today}: nobody has approved it yet" in refused.output
    assert not list(tmp_path.glob("*-approval.toml"))


def test_a_record_takes_an_approval_of_the_plan(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    order.write_text(RECORDED.read_text("utf-8").replace("[pharmacy]", '[pharmacy]\napproval = "plan"'), "utf-8")
    assert run("make", order, "--out", tmp_path).exit_code == 0
    (paper,) = tmp_path.glob("*-strip-plan.pdf")
    assert run("approve", paper, "--by", "Dr Example", "--reference", "RX-9").exit_code == 0
    (approval,) = tmp_path.glob("*-approval.toml")

    for options, is_draft in (((), True), (("--approval", approval), False)):
        assert run("record", order, *options, "--out", tmp_path, "--force").exit_code == 0
        (record,) = tmp_path.glob("*-compounding-record.xlsx")
        assert any("DRAFT" in text for text in texts_of(record.read_bytes(), "Record")) == is_draft


# --- what is told ----------------------------------------------------------------------------------------------------


def test_plan_and_check_tell_the_same_findings(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    text = (EXAMPLES / "citalopram.toml").read_text("utf-8")
    order.write_text(text.replace("[pharmacy]", '[pharmacy]\nprofile = "us"'), "utf-8")
    told = {
        command: [
            line for line in run(command, order).output.splitlines() if line.startswith(("warn", "block", "note"))
        ]
        for command in ("plan", "check")
    }

    assert any("strips_outlast_limit" in line or "strip 4 from" in line for line in told["check"]), told
    assert told["plan"] == told["check"]


def test_check_of_a_draft_tells_what_labels_will_want(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    text = (EXAMPLES / "citalopram.toml").read_text("utf-8")
    order.write_text(text[: text.index("[approval]")] + text[text.index("[pharmacy]") :], "utf-8")
    draft = run("check", order, "--profile", "uk")

    assert "before labels can be printed: dispensing.dispensed_on: is missing" in draft.output
    assert "before labels can be printed" not in run("check", order).output


# --- the record ------------------------------------------------------------------------------------------------------


def sheet_of(content: bytes, title: str) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(content))[title]
    assert isinstance(sheet, Worksheet)
    return sheet


def texts_of(content: bytes, title: str) -> list[str]:
    return [str(cell.value) for row in sheet_of(content, title).iter_rows() for cell in row if cell.value is not None]


def record_of(plan: Plan) -> bytes:
    return render_compounding_record(plan, weigh(list_to_make(plan), plan.order), PRINTED)


@pytest.mark.parametrize(
    ("prepared", "said"),
    [((None, None), None), ((MADE - DAY, MADE - DAY), MADE - DAY), ((MADE - DAY, None), None)],
)
def test_the_day_of_the_units_is_blank_where_lots_give_none_or_several_and_that_of_the_pouches_their_own(
    prepared: tuple[dt.date | None, ...], said: dt.date | None
) -> None:
    lots = [
        {"lot": f"L-{mg}", "strength_mg": mg, **({"prepared_on": date} if date else {})}
        for mg, date in zip((5, 1), prepared, strict=True)
    ]
    content = record_of(plan_with(changes={"batch": lots, "dispensing.made_on": MADE}))

    told = {row[0].value: row[1].value for row in sheet_of(content, "Record").iter_rows(min_col=3, max_col=4)}
    days = [told[label] for label in ("Units prepared on", "Pouches made on")]
    assert [value.date() if isinstance(value, dt.datetime) else value for value in days] == [said, MADE]


def test_the_record_says_what_lots_hold_already() -> None:
    lots = [{"lot": "C4", "strength_mg": 5, "quantity": 3000}, {"lot": "C1", "strength_mg": 1, "quantity": 2}]
    told = texts_of(record_of(plan_with(changes={"batch": lots})), "Weighing")

    assert "on hand: 3,000 in C4; none to make?" in told
    assert "on hand: 2 in C1" in told
    assert not any("on hand" in text for text in texts_of(record_of(plan_with()), "Weighing"))


def test_a_factor_is_told_with_its_four_decimals() -> None:
    told = texts_of(record_of(plan_with()), "Weighing")

    assert "Factor: molecular weight 369 / 324.25 = 1.1380, rounded to four decimals." in told
