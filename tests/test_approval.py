"""An approval that names its plan is of that plan alone."""

import dataclasses
import datetime as dt
import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from orders import ABSENT, ENGLISH, IN_ENGLISH, RawOrder, message_of, order_of, plan_of, printing, raw_order, units
from reading import read_pages, runs_of
from running import run

from stripgen.domain.approval import Approval
from stripgen.domain.plan import Plan
from stripgen.errors import NotForDispensing, OrderInvalid
from stripgen.files import load_order_file
from stripgen.planning.approving import describe_approved
from stripgen.planning.identity import id_of
from stripgen.rendering.approval_file import render_approval
from stripgen.rendering.refusals import refuse_draft
from stripgen.rendering.strip_plan.document import render_strip_plan

SHORT = {"taper.days": 28}


def approved(plan_id: str, **changes: object) -> RawOrder:
    return raw_order({**SHORT, "approval.plan_id": plan_id, **changes})


def test_an_approval_of_this_plan_makes_it_no_draft() -> None:
    plan_id = plan_of(raw_order(SHORT)).plan_id
    plan = plan_of(approved(plan_id))

    assert plan.plan_id == plan_id  # an approval is not part of what is approved
    assert not plan.is_draft
    refuse_draft(plan)


@pytest.mark.parametrize(
    "changes",
    [
        {"taper.start_dose_mg": 19},
        {"taper.end_dose_mg": Decimal("0.1")},
        {"patient.name": "Other Patient"},
        {"compounding.increment_mg": Decimal("0.2")},
        {"medication.directions": "one each evening"},
    ],
)
def test_an_order_changed_after_its_approval_gives_drafts_that_say_which_plan_was_approved(
    changes: dict[str, object],
) -> None:
    plan_id = plan_of(raw_order(SHORT)).plan_id
    plan = plan_of(approved(plan_id, **changes))
    (finding,) = (finding for finding in plan.findings if finding.code == "approval_of_another_plan")
    pages = read_pages(render_strip_plan(plan, IN_ENGLISH, printing()))

    assert plan.is_draft
    assert ENGLISH.tell(finding.told) == (
        f"the approval is of plan {plan_id}, but this order gives plan {plan.plan_id}: the papers are drafts. "
        "What differs is not known: of what was approved there is only the id"
    )
    assert all("DRAFT, not for dispensing" in " ".join(run.text for run in runs_of(page.upright)) for page in pages)
    assert f"Approved was plan {plan_id}, not this one: this is a draft." in " ".join(
        run.text for run in runs_of(pages[0].upright)
    )
    with pytest.raises(NotForDispensing, match=rf"approval\.plan_id: {plan_id} is not this plan"):
        refuse_draft(plan)


@pytest.mark.parametrize("plan_id", ["", "K7QF3MZX", "k7qf-3mzx", "K7QF-3MZX ", 12345678, "sha256:00"])
def test_what_is_no_plan_id_is_refused(plan_id: object) -> None:
    with pytest.raises(OrderInvalid, match=r"approval\.plan_id: .* is not a plan id; as the strip plan prints it"):
        order_of(raw_order({**SHORT, "approval.plan_id": plan_id}))


def test_an_approval_that_names_no_plan_is_of_what_the_order_gives() -> None:
    assert not plan_of(raw_order(SHORT)).is_draft
    assert plan_of(raw_order({**SHORT, "approval": ABSENT})).is_draft
    assert id_of(plan_of(raw_order(SHORT)).plan_hash) == plan_of(raw_order(SHORT)).plan_id


# --- what was approved, beside the id --------------------------------------------------------------------------------

PAPER = f"sha256:{'0' * 64}"


def approval_of(plan: Plan) -> dict[str, Any]:
    """Return the approval of a plan as its file has it."""
    given = Approval(approved_by="Dr Example", approved_on=dt.date(2026, 11, 20), reference="RX-2026-0117")
    text = render_approval(describe_approved(plan, given, PAPER))
    table: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)["approval"]
    return table


def finding_of(raw: RawOrder, code: str) -> str:
    (told,) = (message_of(finding) for finding in plan_of(raw).findings if finding.code == code)
    return told


def test_an_approval_file_approves_its_plan_and_names_no_patient() -> None:
    raw = raw_order(SHORT)
    plan = plan_of(raw)
    approval = approval_of(plan)

    assert not plan_of({**raw, "approval": approval}).is_draft
    assert plan_of({**raw, "approval": approval}).plan_id == plan.plan_id == approval["plan_id"]
    assert approval["plan"]["doses_mg"] == [day.dose_mg for day in plan.days]
    assert approval["plan"]["total_mg"] == plan.totals.total_mg
    patient = plan.order.patient
    assert not {patient.name, patient.identifier, str(patient.birth_date)} & set(map(str, approval.values()))


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"taper.start_dose_mg": 19}, ["start dose (20 mg, now 19 mg)", "doses of"]),
        ({"taper.end_dose_mg": 1}, ["end dose (0 mg, now 1 mg)", "doses of"]),
        ({"taper.days": 30}, ["days (28, now 30)", "doses of"]),
        ({"taper.start_date": dt.date(2026, 12, 2)}, ["start date (2026-12-01, now 2026-12-02)"]),
        ({"medication.drug": "paroxetine"}, ["drug (citalopram, now paroxetine)"]),
        ({"compounding": units("20", "10", "5", "1")}, ["strengths of the units", "doses of"]),
        ({"patient.name": "Other Patient"}, ["the patient, the curve, or another part of the order"]),
    ],
)
def test_a_draft_says_what_differs_from_the_plan_that_was_approved(
    changes: dict[str, object], differs: list[str]
) -> None:
    approval = approval_of(plan_of(raw_order(SHORT)))
    raw = raw_order({**SHORT, **changes})
    told = finding_of({**raw, "approval": approval}, "approval_of_another_plan")
    pages = read_pages(render_strip_plan(plan_of({**raw, "approval": approval}), IN_ENGLISH, printing()))

    assert "What differs: " in told
    assert all(what in told for what in differs)
    for named in ("start dose", "end dose", "start date", "drug", "strengths"):
        assert (f"{named} (" in told or f"{named} of" in told) == any(what.startswith(named) for what in differs)
    assert "What differs:" in pages[0].flow


def test_one_day_that_differs_is_named_with_its_doses() -> None:
    plan = plan_of(raw_order(SHORT))
    approval = approval_of(plan)
    other = plan_of(raw_order({**SHORT, "patient.name": "Other Patient"}))
    doses = [*approval["plan"]["doses_mg"]]
    doses[4] += 1
    approved = Approval.model_validate(approval)
    assert approved.plan is not None
    what = approved.plan.model_copy(update={"doses_mg": tuple(doses)})
    told = finding_of_order(other, approved.model_copy(update={"plan": what}))

    assert f"dose of day 5 ({ENGLISH.dose(doses[4])}, now {ENGLISH.dose(other.days[4].dose_mg)})" in told


def finding_of_order(plan: Plan, approval: Approval) -> str:
    from stripgen.planning.approving import approval_of_another_plan  # noqa: PLC0415 - one of the rules of findings

    order = plan.order.model_copy(update={"approval": approval})
    (finding,) = approval_of_another_plan(dataclasses.replace(plan, order=order))
    return message_of(finding)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("approved_by", "Dr Other", "approval.plan.seal: is not that of this approval: it was changed"),
        ("approved_on", dt.date(2026, 11, 21), "approval.plan.seal"),
        ("reference", "RX-2", "approval.plan.seal"),
        ("plan_id", "K7QF-3MZX", "approval.plan.plan_hash: is that of plan"),
        ("plan.plan_hash", f"sha256:{'1' * 64}", "approval.plan.plan_hash: is that of plan"),
        ("plan.days", 27, "approval.plan.seal"),
        ("plan.total_mg", 1, "approval.plan.seal"),
        ("plan.plan_hash", "sha256:1", "approval.plan.plan_hash: .* is not 'sha256:' and 64 digits"),
        ("plan.doses_mg", "many", "approval.plan.doses_mg: 'many' is not a list"),
        ("plan.patient", "Example Patient", "approval.plan.patient: unknown key"),
    ],
)
def test_an_altered_approval_is_refused_with_its_place_and_what_to_do(path: str, value: object, told: str) -> None:
    raw = raw_order(SHORT)
    approval = approval_of(plan_of(raw))
    table, _, key = path.rpartition(".")
    (approval["plan"] if table else approval)[key] = value

    with pytest.raises(OrderInvalid, match=told):
        plan_of({**raw, "approval": approval})


def test_an_approval_sealed_again_over_other_figures_is_refused_figure_by_figure() -> None:
    raw = raw_order(SHORT)
    plan = plan_of(raw)
    given = Approval.model_validate({key: value for key, value in approval_of(plan).items() if key != "plan"})
    forged = dataclasses.replace(plan, days=plan.days[:-1])
    text = render_approval(describe_approved(forged, given, PAPER))
    approval = tomllib.loads(text, parse_float=Decimal)["approval"]

    with pytest.raises(OrderInvalid) as refused:
        plan_of({**raw, "approval": approval})
    assert {problem.where for problem in refused.value.problems} == {"approval.plan.days", "approval.plan.doses_mg"}


# --- a pharmacy that asks for an approval of the plan itself ---------------------------------------------------------


def test_where_the_pharmacy_asks_for_an_approval_of_the_plan_one_of_the_order_alone_gives_drafts() -> None:
    raw = raw_order({**SHORT, "pharmacy.approval": "plan"})
    plan = plan_of(raw)
    pages = read_pages(render_strip_plan(plan, IN_ENGLISH, printing()))

    assert plan.is_draft
    assert plan.plan_id == plan_of(raw_order(SHORT)).plan_id  # it is the pharmacy's, not part of what is approved
    assert "stripgen approve" in finding_of(raw, "approval_of_the_order_alone")
    assert "Only the order is approved, not this plan: this is a draft." in pages[0].flow
    with pytest.raises(NotForDispensing, match=r"approval\.plan_id: is missing, .* has approval = 'plan'"):
        refuse_draft(plan)
    assert not plan_of({**raw, "approval": approval_of(plan)}).is_draft
    assert not plan_of(raw_order({**SHORT, "pharmacy.approval": "plan", "approval.plan_id": plan.plan_id})).is_draft
    assert plan_of(raw_order({**SHORT, "pharmacy.approval": "plan", "approval": ABSENT})).is_draft


@pytest.mark.parametrize("value", ["Plan", "", True, 1, "both"])
def test_what_must_be_approved_is_the_order_or_the_plan(value: object) -> None:
    with pytest.raises(OrderInvalid, match=r"pharmacy\.approval: .* is not allowed; one of 'order', 'plan'"):
        order_of(raw_order({"pharmacy.approval": value}))


# --- the command -----------------------------------------------------------------------------------------------------

EXAMPLE = Path(__file__).parent.parent / "examples" / "citalopram.toml"
BY = ("--by", "Dr Example", "--reference", "RX-9")
ID = plan_of(raw_order({"taper.days": 7})).plan_id


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the order of an example for a pharmacy that asks for an approval of the plan."""
    monkeypatch.chdir(tmp_path)
    text = EXAMPLE.read_text("utf-8").replace("[pharmacy]", '[pharmacy]\napproval = "plan"')
    text = text.replace("days = 112", "days = 7")
    Path("order.toml").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.usefixtures("desk")
def test_from_draft_to_approval_to_papers_that_may_be_dispensed() -> None:
    assert run("make", "order.toml", "--out", "drafts", "--issued-on", "2026-11-22").exit_code == 0
    paper = Path("drafts") / f"{ID}-strip-plan.pdf"
    assert run("check", paper).exit_code == 3
    approved = run("approve", paper, *BY, "--on", "2026-11-23")
    file = Path("drafts") / f"{ID}-approval.toml"

    assert approved.exit_code == 0, approved.output
    assert str(file) in approved.output
    assert f"sha256:{hashlib.sha256(paper.read_bytes()).hexdigest()}" in file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    for patient in map(str, load_order_file(EXAMPLE)["patient"].values()):
        assert patient not in file.read_text("utf-8") + approved.output
    for source in ("order.toml", paper, Path("drafts") / f"{ID}-dispensing.xlsx"):
        assert run("check", source, "--approval", file, "--issued-on", "2026-11-23").exit_code == 0
    made = run("make", paper, "--approval", file, "--out", "approved")
    assert made.exit_code == 0, made.output
    assert f"plan {ID} (approved)" in made.output
    assert "approval_in_future" not in run("check", f"approved/{ID}-strip-plan.pdf").output
    assert run("approve", paper, *BY).exit_code == 6  # there already
    assert run("approve", paper, *BY, "--force").exit_code == 0


@pytest.mark.usefixtures("desk")
def test_who_is_not_the_prescriber_of_the_order_is_told_so_in_the_words_of_the_finding() -> None:
    run("make", "order.toml", "--out", ".", "--issued-on", "2026-11-23")
    paper, file = f"{ID}-strip-plan.pdf", f"{ID}-approval.toml"
    words = "warn  approved_by_another: the order was approved by another person than its prescriber"

    prescriber = run("approve", paper, *BY, "--on", "2026-11-23")
    another = run("approve", paper, "--by", "Somebody Else", "--reference", "RX-9", "--on", "2026-11-23", "--force")

    assert (prescriber.exit_code, words in prescriber.stdout) == (0, False)
    assert (another.exit_code, words in another.stdout.splitlines()) == (0, True)
    assert words in run("check", paper, "--approval", file).stdout.splitlines()


@pytest.mark.usefixtures("desk")
def test_what_cannot_be_approved_is_refused() -> None:
    run("make", "order.toml", "--out", ".", "--issued-on", "2026-11-23")
    paper = Path(f"{ID}-strip-plan.pdf")

    assert run("approve", paper, "--reference", "RX-9").exit_code == 2  # nobody's name is invented
    assert run("approve", paper, "--by", "Dr Example").exit_code == 2
    early = run("approve", paper, *BY, "--on", "2026-11-22")
    assert early.exit_code == 2
    assert "--on: 2026-11-22 is before the paper was issued" in early.output
    paper.write_bytes(paper.read_bytes().replace(b"/TU", b"/TV", 1))
    assert run("approve", paper, *BY).exit_code == 7
    assert not Path(f"{ID}-approval.toml").exists()


@pytest.mark.usefixtures("desk")
def test_a_swapped_approval_gives_drafts_and_one_made_to_fit_is_refused() -> None:
    run("make", "order.toml", "--out", "one", "--issued-on", "2026-11-23")
    run("approve", f"one/{ID}-strip-plan.pdf", *BY, "--on", "2026-11-23")
    file = Path("one") / f"{ID}-approval.toml"
    text = Path("order.toml").read_text("utf-8").replace("start_dose_mg = 20", "start_dose_mg = 30")
    Path("other.toml").write_text(text, "utf-8")
    drafts = run("make", "other.toml", "--approval", file, "--out", "two", "--issued-on", "2026-11-23")
    other = next(Path("two").glob("*.pdf")).name[:9]

    assert drafts.exit_code == 0
    assert f"plan {other} (draft)" in drafts.output
    told = run("check", "other.toml", "--approval", file)
    assert told.exit_code == 3
    assert "start dose (20 mg, now 30 mg)" in told.output
    file.write_text(file.read_text("utf-8").replace(ID, other), "utf-8")
    refused = run("make", "other.toml", "--approval", file, "--out", "three")
    assert refused.exit_code == 3
    assert "approval.plan.plan_hash" in refused.output
    assert not Path("three").exists()


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "approval: is missing; give the file that stripgen approve wrote"),
        ("[taper]\ndays = 3", "taper: does not belong in a file for --approval"),
        ("schema = 2\n[approval]", "schema: 2 is not allowed"),
        ("approval = 5", "approval: 5 is not a table"),
        ("no toml", "is not a TOML text file"),
    ],
)
def test_a_file_that_is_no_approval_is_refused_with_its_name(text: str, told: str) -> None:
    Path("mine.toml").write_text(text, "utf-8")
    result = run("check", "order.toml", "--approval", "mine.toml")

    assert result.exit_code == 3
    assert "mine.toml" in result.output
    assert told in result.output


def test_an_order_by_options_takes_no_approval() -> None:
    result = run("make", "--drug", "citalopram", "--approval", "mine.toml")

    assert result.exit_code == 2
    assert "--approval: belongs to an order file or a paper" in result.output
