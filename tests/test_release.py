"""What may be released and what may not, and the commands as a pharmacy runs them."""

import csv
import datetime as dt
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from click.testing import Result
from orders import ABSENT, ENGLISH, plan_of, printing, raw_order
from registers import change, entries_in
from running import run

from stripgen import releases
from stripgen.commands import registering
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.release import read_signing
from stripgen.errors import AnswerInvalid, ReleaseRefused
from stripgen.files import load_stock
from stripgen.papers import dated, render_documents
from stripgen.register import connecting
from stripgen.register.connecting import place_of
from stripgen.register.store import Written, append
from stripgen.registers import Register, register_meant
from stripgen.releases import release_papers
from stripgen.rendering.plan_json import render_json
from stripgen.rendering.register_text import render_entry, render_written
from stripgen.verifying.papers import Paper, open_paper

TODAY = dt.datetime(2026, 11, 26, 15, 0, tzinfo=dt.UTC)
BY = ("A. Maker", "B. Checker")


def planned(changes: Mapping[str, Any] | None = None, **tables: Any) -> Plan:
    return plan_of({**raw_order({"taper.days": 56, **(changes or {})}), **tables})


def strip_plan_of(plan: Plan, how: Printing | None = None) -> Paper:
    """Return the strip plan of a plan, which has the labels on plain paper."""
    documents = render_documents(plan, how or printing(), "order.toml")
    (name,) = (name for name in documents if name.endswith("-strip-plan.pdf"))
    return open_paper(name, documents[name])


@cache
def usual_paper() -> Paper:
    return strip_plan_of(planned())


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return register_meant(str(tmp_path / "register.sqlite"), None, tmp_path)


def release(
    register: Register,
    *papers: Paper,
    by: tuple[str, str] = BY,
    strips: tuple[str, ...] = (),
    again: str | None = None,
    now: dt.datetime = TODAY,
) -> Written:
    signing = read_signing(*by, again)
    return release_papers(papers, signing, register, strips, lambda: now, ENGLISH, with_names=False)


def refusal(register: Register, *papers: Paper, **how: Any) -> str:
    """Return why a release is refused; nothing was recorded."""
    before = recorded(register)
    with pytest.raises(ReleaseRefused) as caught:
        release(register, *papers, **how)
    assert caught.value.exit_code == 3
    assert recorded(register) == before
    return "\n".join(caught.value.lines())


def recorded(register: Register) -> int:
    path = register.place.path
    return len(entries_in(str(path))) if path and path.is_file() else 0


# --- what may be released --------------------------------------------------------------------------------------------


def test_an_approved_plan_is_released_with_all_its_strips(register: Register) -> None:
    plan = planned()

    entry = release(register, strip_plan_of(plan)).entry

    assert entry.strip_numbers == (1, 2)
    assert (entry.plan.id, entry.plan.hash, entry.plan.version) == (plan.plan_id, plan.plan_hash, 1)
    assert [file.name for file in entry.files] == [f"{plan.plan_id}-strip-plan.pdf"]
    assert entry.made_with.data
    assert (entry.people.released_by, entry.people.checked_by) == BY
    assert entry.people.approval_reference == "RX-2026-0117"


def test_strips_are_released_one_by_one(register: Register) -> None:
    sheet = usual_paper()

    assert release(register, sheet, strips=("2",)).entry.strip_numbers == (2,)
    assert release(register, sheet, strips=("1",)).entry.strip_numbers == (1,)
    assert "strip 1" in refusal(register, sheet, strips=("1",))


@pytest.mark.parametrize("typed", ["3", "0", "x", "1,2"])
def test_a_strip_that_the_papers_are_not_about_is_refused(typed: str, register: Register) -> None:
    with pytest.raises(AnswerInvalid, match="the papers are about strips 1, 2"):
        release(register, usual_paper(), strips=(typed,))


def test_strengths_without_a_lot_are_counted(register: Register) -> None:
    plan = planned(
        compounding={"unit": [{"strength_mg": 10, "form": "tablet"}, {"strength_mg": 1}], "max_units_per_pouch": 12},
        batch=[{"strength_mg": 10, "lot": "T"}],
    )

    entry = release(register, strip_plan_of(plan)).entry
    assert [str(mg) for mg in entry.strengths_without_lot(entry.pouches)] == ["1"]
    assert "no lot is registered for 1 of its strengths" in render_written(entry, "", "", 0, begun=False)


# --- the rules -------------------------------------------------------------------------------------------------------


def test_a_draft_is_not_released(register: Register) -> None:
    assert "is a draft, not for dispensing" in refusal(register, strip_plan_of(planned({"approval": ABSENT})))


def test_an_approval_of_another_plan_is_not_enough(register: Register) -> None:
    told = refusal(register, strip_plan_of(planned({"approval.plan_id": "K7QF-3MZX"})))

    assert "approval.plan_id: K7QF-3MZX is not this plan" in told


def test_a_blocked_plan_is_not_released(register: Register) -> None:
    told = refusal(register, strip_plan_of(planned({"taper.start_dose_mg": 60})))

    assert "above_maximum_dose" in told
    assert "[[override]]" in told


@pytest.mark.parametrize("checked_by", ["A. Maker", "a maker", "A.MAKER", " A . Maker ", "Ａ. Maker", "Maker, A."])
def test_nobody_checks_what_they_released_themselves(checked_by: str, register: Register) -> None:
    told = refusal(register, usual_paper(), by=("A. Maker", checked_by))

    assert "--checked-by: is the same person as --by" in told


OVERRIDES = [
    {"finding": finding, "reason": "Known", "by": "Dr Example"}
    for finding in ("lot_expires_too_early", "beyond_use_date_too_early")
]


def lot_until(day: dt.date) -> list[dict[str, Any]]:
    return [{"lot": "C-2611", "expires_on": day}]


def test_a_lot_that_expired_is_not_released_even_if_every_pouch_was_due_before(register: Register) -> None:
    sheet = strip_plan_of(planned(batch=lot_until(dt.date(2027, 1, 31))))

    told = refusal(register, sheet, now=dt.datetime(2027, 2, 1, tzinfo=dt.UTC))

    assert "lot C-2611: expired on 2027-01-31, before today (2027-02-01)" in told
    assert "expired" not in refusal(register, sheet, now=dt.datetime(2027, 1, 31, tzinfo=dt.UTC))


def test_a_lot_that_expires_before_the_last_intake_is_not_released_and_no_override_helps(register: Register) -> None:
    sheet = strip_plan_of(planned(batch=lot_until(dt.date(2027, 1, 20)), override=OVERRIDES))

    told = refusal(register, sheet)

    assert "lot C-2611: expires on 2027-01-20, before 5 pouches are taken (the last on 2027-01-25)" in told
    assert "from another lot" in told


def test_only_the_lots_of_the_strips_that_are_released_count(register: Register) -> None:
    sheet = strip_plan_of(planned(batch=lot_until(dt.date(2027, 1, 20)), override=OVERRIDES))

    assert "lot C-2611" in refusal(register, sheet, strips=("2",))
    assert release(register, sheet, strips=("1",)).entry.strip_numbers == (1,)


def test_a_pouch_whose_use_by_date_lies_before_it_is_not_released(register: Register) -> None:
    sheet = strip_plan_of(planned({"dispensing.beyond_use_date": dt.date(2027, 1, 20)}, override=OVERRIDES))

    told = refusal(register, sheet)

    assert "strip 2: is to be used by 2027-01-20, before the date of days 52 to 56" in told
    assert "strip 1" not in told


FILLED = {"lot": "P-118", "made_on": dt.date(2026, 11, 25), "dispensed_on": dt.date(2026, 11, 25)}


@pytest.mark.parametrize(
    ("dispensing", "profile"),
    [({"beyond_use_date": dt.date(2027, 1, 25)}, "generic"), (FILLED, "uk")],
)
def test_pouches_past_their_use_by_date_are_not_released_whether_by_hand_or_by_rule(
    dispensing: dict[str, Any], profile: str, register: Register
) -> None:
    plan = planned({"medication.directions": "As told"}, dispensing=dispensing, override=OVERRIDES)
    sheet = strip_plan_of(plan, printing(profile=profile))
    use_by = release(register, sheet, strips=("1",)).entry.strips[0].use_by
    assert use_by is not None

    for again in (None, "label torn"):
        after = dt.datetime.combine(use_by + dt.timedelta(days=1), dt.time(12), dt.UTC)
        told = refusal(register, sheet, strips=("1",), now=after, again=again)
        assert f"strip 1: was to be used by {use_by}, before today ({after.date()})" in told
        that_day = dt.datetime.combine(use_by, dt.time(12), dt.UTC)
        assert "was to be used by" not in refusal(register, sheet, strips=("2",), now=that_day, again="no reprint")


def test_a_register_has_the_use_by_date_that_label_rules_give(register: Register) -> None:
    plan = planned({"medication.directions": "As told"}, dispensing=FILLED, override=OVERRIDES)
    how = printing(profile="uk")

    entry = release(register, strip_plan_of(plan, how), strips=("1",)).entry

    on_labels = dated(plan, how).strips[0].beyond_use.date
    assert on_labels is not None
    assert entry.strips[0].use_by == on_labels
    assert f"strip 1, use by {on_labels}" in render_entry(entry, "", 0)
    assert entry.made_on == FILLED["made_on"]


def test_papers_with_other_use_by_dates_are_not_released_together(register: Register) -> None:
    plan = planned({"medication.directions": "As told"}, dispensing=FILLED, override=OVERRIDES)

    told = refusal(register, strip_plan_of(plan), strip_plan_of(plan, printing(profile="uk")))

    assert "was printed by label rules with other use-by dates" in told


def test_a_strip_whose_last_day_is_over_is_only_released_as_a_reprint(register: Register) -> None:
    sheet = usual_paper()  # its strips end on 2026-12-28 and 2027-01-25
    release(register, sheet, now=dt.datetime(2026, 12, 28, 12, tzinfo=dt.UTC), strips=("1",))

    told = refusal(register, sheet, now=dt.datetime(2027, 1, 26, 12, tzinfo=dt.UTC))
    assert "strip 1: its last pouch was to be taken on 2026-12-28, before today (2027-01-26)" in told
    assert "strip 2: its last pouch was to be taken on 2027-01-25" in told

    late = dt.datetime(2026, 12, 29, 12, tzinfo=dt.UTC)
    assert release(register, sheet, strips=("1",), now=late, again="label torn").entry.kind == "reprint"


FUTURE = [{"finding": "approval_in_future", "reason": "Known", "by": "Dr Example"}]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"dispensing.made_on": dt.date(2026, 11, 27)}, "dispensing.made_on"),
        ({"approval.approved_on": dt.date(2026, 11, 27), "override": FUTURE}, "approval.approved_on"),
    ],
)
def test_nothing_is_released_before_it_was_made_or_approved(
    changes: Mapping[str, Any], key: str, register: Register
) -> None:
    sheet = strip_plan_of(planned(changes))

    assert f"{key}: " in refusal(register, sheet)
    assert "2026-11-27, after today (2026-11-26)" in refusal(register, sheet)
    assert release(register, sheet, now=TODAY + dt.timedelta(days=1)).entry.number == 1


def test_nothing_is_released_before_its_papers_are_issued(register: Register) -> None:
    told = refusal(register, usual_paper(), now=TODAY - dt.timedelta(days=2))

    assert "issued_on: the papers are issued on 2026-11-25, after today (2026-11-24)" in told
    assert "--issued-on" in told


def test_all_that_stands_against_a_release_is_told_at_once(register: Register) -> None:
    lots = lot_until(dt.date(2026, 11, 25))
    sheet = strip_plan_of(planned({"approval": ABSENT, "taper.start_dose_mg": 60}, batch=lots))

    told = refusal(register, sheet, by=("A", "a"))

    for part in ("draft", "above_maximum_dose", "lot_expires_too_early", "same person", "expired on 2026-11-25"):
        assert part in told


def test_what_was_released_before_is_told_with_the_rest(register: Register) -> None:
    sheet = usual_paper()
    release(register, sheet)

    told = refusal(register, sheet, by=("A", "a"))

    assert "same person" in told
    assert "strip 1, 2: was released on 2026-11-26 by A. Maker (entry 1)" in told


def test_the_same_strip_is_released_again_only_with_a_reason(register: Register) -> None:
    sheet = usual_paper()
    assert "--again" in refusal(register, sheet, again="not released before")
    release(register, sheet)

    again = release(register, sheet, again="printer jam").entry

    assert (again.number, again.kind, again.again) == (2, "reprint", "printer jam")


def test_other_lots_make_no_other_strips(register: Register) -> None:
    release(register, usual_paper())

    assert "was released" in refusal(register, strip_plan_of(planned(batch=[{"lot": "another"}])))


# --- which papers ----------------------------------------------------------------------------------------------------


def papers_of(plan: Plan, how: Printing) -> dict[str, Paper]:
    """Return all papers of a plan by what follows the plan id in their names."""
    documents = render_documents(plan, how, "order.toml")
    return {name.removeprefix(f"{plan.plan_id}-"): open_paper(name, made) for name, made in documents.items()}


def test_labels_that_nobody_looked_at_are_not_released(register: Register) -> None:
    plan = planned()
    papers = papers_of(plan, printing())

    told = refusal(register, papers["dispensing.xlsx"])

    missing = f"give {plan.plan_id}-strip-plan.pdf, too, which has them"
    assert f"strip 1, 2: the labels of the pouches are in none of these papers; {missing}" in told
    assert release(register, papers["dispensing.xlsx"], papers["strip-plan.pdf"]).entry.number == 1


def test_of_labels_on_other_paper_their_own_pdf_is_asked_for(register: Register) -> None:
    plan = planned()
    papers = papers_of(plan, printing(load_stock("avery-l7160"), strip_stock=load_stock("avery-l7165")))

    for others in (["strip-plan.pdf"], ["strip-labels.pdf"], ["strip-plan.pdf", "strip-labels.pdf", "dispensing.xlsx"]):
        told = refusal(register, *(papers[name] for name in others))
        assert f"give {plan.plan_id}-labels.pdf, too" in told
    assert release(register, papers["labels.pdf"]).entry.strip_numbers == (1, 2)


def test_labels_of_one_strip_release_that_strip_only(register: Register) -> None:
    plan = planned()
    whole, second = papers_of(plan, printing()), papers_of(plan, replace(printing(), strip=2))

    told = refusal(register, whole["dispensing.xlsx"], second["strip-2-labels.pdf"])
    assert f"strip 1: the labels of the pouches are in none of these papers; give {plan.plan_id}-strip-plan.pdf" in told
    told = refusal(register, second["strip-2-dispensing.xlsx"])
    assert f"strip 2: the labels of the pouches are in none of these papers; give {plan.plan_id}-strip-2-labels" in told
    assert release(register, second["strip-2-labels.pdf"]).entry.strip_numbers == (2,)
    again = release(register, whole["dispensing.xlsx"], whole["strip-plan.pdf"], strips=("1",))
    assert again.entry.strip_numbers == (1,)


def test_the_sheet_alone_is_no_release(pharmacy: Path) -> None:
    result = run("release", paper(pharmacy, "dispensing.xlsx"), "--by", BY[0], "--checked-by", BY[1])

    assert result.exit_code == 3
    assert f"give {paper(pharmacy).name}, too" in result.stderr
    assert {path.name for path in pharmacy.iterdir()} == {"papers"}


def test_a_plan_as_json_is_no_paper(register: Register) -> None:
    plan = open_paper("plan.json", render_json(planned(), ENGLISH).encode())

    assert "is a plan (JSON)" in refusal(register, plan)


def test_papers_of_two_plans_are_not_released_together(register: Register) -> None:
    told = refusal(register, usual_paper(), strip_plan_of(planned({"taper.days": 57})))

    assert "is of another plan" in told


def test_papers_that_say_other_lots_are_not_released_together(register: Register) -> None:
    told = refusal(register, usual_paper(), strip_plan_of(planned(batch=[{"lot": "C-2"}])))

    assert "says other lots" in told


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (("", "B"), "--by: is empty; give the name of whoever does it"),
        (("A", " "), "--checked-by: is empty; give the name of whoever does it"),
        (("A", "B\x1b[0m"), "--checked-by: has the character U+001B"),
        (("A" * 5000, "B"), "(5000 characters) is too long; 120 characters at most"),
    ],
)
def test_names_must_be_names(by: tuple[str, str], told: str) -> None:
    with pytest.raises(AnswerInvalid, match=re.escape(told)):
        read_signing(*by, None)


def test_a_reason_is_given_or_left_out() -> None:
    with pytest.raises(AnswerInvalid, match="--again: is empty; leave it out"):
        read_signing("A", "B", " ")


# --- the commands ----------------------------------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def today() -> Iterator[None]:
    """Let it be a day on which the papers were issued, and their pouches are still to be taken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registering, "local_time", lambda: TODAY)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the papers of an order with lots."""
    folder = tmp_path_factory.mktemp("made")
    text = (ROOT / "examples" / "citalopram.toml").read_text("utf-8").replace("days = 112", "days = 28")
    (folder / "order.toml").write_text(f'{text}\n[dispensing]\nlot = "P-118"\n\n[[batch]]\nlot = "C-2611"\n', "utf-8")
    assert run("make", folder / "order.toml", "--out", folder, "--issued-on", "2026-11-25").exit_code == 0
    return folder


@pytest.fixture
def pharmacy(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to stand in, with the papers, and a home of its own."""
    shutil.copytree(made, tmp_path / "papers")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("STRIPGEN_REGISTER", "STRIPGEN_REGISTER_KEY", "STRIPGEN_REGISTER_NAMES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path / "papers")
    return tmp_path


@pytest.fixture(scope="module")
def written_once(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the register of a pharmacy that released those papers."""
    path = tmp_path_factory.mktemp("written") / "stripgen-register.sqlite"
    (paper,) = made.glob("*-strip-plan.pdf")
    assert run("release", paper, "--by", BY[0], "--checked-by", BY[1], "--register", path).exit_code == 0
    return path


@pytest.fixture
def in_use(pharmacy: Path, written_once: Path) -> Path:
    """Return the same folder as `pharmacy`; the papers in it were released."""
    shutil.copytree(written_once.parent, pharmacy, dirs_exist_ok=True)
    return pharmacy


def paper(pharmacy: Path, ending: str = "strip-plan.pdf") -> Path:
    (path,) = (pharmacy / "papers").glob(f"*-{ending}")
    return path


def released(pharmacy: Path, *more: str) -> Result:
    return run("release", paper(pharmacy), "--by", BY[0], "--checked-by", BY[1], *more)


def test_a_release_tells_its_entry_its_register_and_its_receipt(pharmacy: Path) -> None:
    result = released(pharmacy)

    assert result.exit_code == 0, result.stderr
    entry, strips, register, receipt = result.stdout.splitlines()
    assert entry.startswith("entry 1: release of plan ")
    assert strips == "strip 1, 28 pouches; by A. Maker, checked by B. Checker"
    assert register == f"register {pharmacy / 'stripgen-register.sqlite'} (begun with this entry)"
    assert run("register", "check", "--receipt", receipt.removeprefix("receipt ")).exit_code == 0
    assert "Example Patient" not in result.output


def test_one_register_is_meant_wherever_one_stands(pharmacy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(pharmacy)
    monkeypatch.chdir("/")

    assert run("register", "show").stdout.startswith("1  ")


def test_one_setting_moves_the_register_and_its_key(pharmacy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPGEN_REGISTER", str(pharmacy / "shared.sqlite"))

    released(pharmacy)

    assert {path.name for path in pharmacy.iterdir()} == {"papers", "shared.sqlite", "shared.sqlite.key"}


def test_an_altered_paper_is_not_released(pharmacy: Path) -> None:
    path = paper(pharmacy, "strip-plan.pdf")
    content = path.read_bytes()
    path.write_bytes(content[:-8] + b" " + content[-8:])

    result = run("release", path, "--by", BY[0], "--checked-by", BY[1])

    assert result.exit_code == 7
    assert "was changed" in result.stderr
    assert not (pharmacy / "stripgen-register.sqlite").exists()


def test_a_refused_release_begins_no_register(pharmacy: Path) -> None:
    result = run("release", paper(pharmacy), "--by", "A", "--checked-by", "a")

    assert result.exit_code == 3
    assert {path.name for path in pharmacy.iterdir()} == {"papers"}


def test_a_second_release_of_the_same_strip_is_a_reprint(in_use: Path) -> None:
    assert released(in_use).exit_code == 3
    assert "entry 2: reprint of plan" in released(in_use, "--again", "printer jam").stdout
    assert "reprint: printer jam" in run("register", "show").stdout


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (("--lot", "C-2611"), "lot C-2611: 1 patient, 1 strip, 28 pouches"),
        (("--lot", "C\u20112611"), "lot C\u20112611 (in the register C-2611): 1 patient, 1 strip, 28 pouches"),
        (("--lot", "c2611"), "lot c2611 (in the register C-2611): 1 patient, 1 strip, 28 pouches"),
        (("--lot", "unknown"), "no pouch with lot unknown"),
        (("--patient", "patient example"), "1  20"),
        (("--patient", "Example Patient", "--birth-date", "1981-05-12"), "1  20"),
        (("--patient", "Example Patient", "--birth-date", "1981-05-13"), "no entries"),
        (("--patient", "P000123"), "1  20"),
        (("--patient", "Somebody Else"), "no entries"),
        (("--patient", "Patient"), "by the full name or by the identifier, not by a part of a name"),
        (("--plan", "0000-0000"), "no entries"),
    ],
)
@pytest.mark.usefixtures("in_use")
def test_the_register_is_asked_by_lot_patient_and_plan(query: tuple[str, ...], told: str) -> None:
    result = run("register", "find", *query)

    assert result.exit_code == 0, result.stderr
    assert told in result.stdout
    assert "Example Patient" not in result.output


def test_the_code_on_a_pouch_gives_its_history(in_use: Path) -> None:
    plan = json.loads(run("plan", paper(in_use), "--json").stdout)

    told = run("register", "find", "--code", plan["days"][16]["code"].lower()).stdout

    assert f"day 17, {plan['days'][16]['date']}, {plan['days'][16]['dose_mg']} mg" in told
    assert "C-2611" in told
    assert re.search(r"2026-11-26 15:00Z  released +by A. Maker, checked by B. Checker \(entry 1\)", told)
    assert re.search(r"2026-11-20 +approved +by Dr Example, reference RX-2026-0117", told)
    assert "papers issued" in told
    assert " made " not in told  # the order does not say when


def test_an_entry_shows_its_pouches_lots_and_files(in_use: Path) -> None:
    told = run("register", "show", "1").stdout

    assert "P-118" in told
    assert "C-2611, all strengths" in told
    assert paper(in_use).name in told
    assert sum(line.startswith("  day ") for line in told.splitlines()) == 28
    assert "Example Patient" not in told


def test_names_are_registered_where_the_pharmacy_says_so_and_shown_by_export_as_json_only(
    pharmacy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPGEN_REGISTER_NAMES", "1")
    released(pharmacy)

    export = json.loads(run("register", "export").stdout)
    assert export["entries"][0]["entry"]["patient"]["name"] == "Example Patient"
    for command in (
        ("show",),
        ("show", "1"),
        ("find", "--patient", "Example Patient"),
        ("export", "--csv"),
        ("check",),
    ):
        assert "Example Patient" not in run("register", *command).output


@pytest.mark.usefixtures("in_use")
def test_an_export_as_csv_has_a_row_a_pouch() -> None:
    rows = list(csv.DictReader(io.StringIO(run("register", "export", "--csv").stdout)))

    assert [row["day"] for row in rows] == [str(day) for day in range(1, 29)]
    assert {(row["unit_lots"], row["pouch_lot"], row["entry"]) for row in rows} == {("C-2611", "P-118", "1")}


def test_a_tampered_register_still_answers_and_says_that_it_was_tampered_with(in_use: Path) -> None:
    released(in_use, "--again", "printer jam")
    place = place_of(str(in_use / "stripgen-register.sqlite"))
    change(place, "UPDATE stripgen_entry SET content = replace(content, 'printer', 'reader') WHERE number = 2")

    for command in (("show",), ("find", "--lot", "P-118"), ("export", "--csv"), ("export",), ("check",)):
        result = run("register", *command)
        assert result.exit_code == 7
        assert "entry 2: was edited" in result.stderr
        assert bool(result.stdout) is (command != ("check",))


@pytest.mark.parametrize(
    ("statement", "number", "what"),
    [
        (
            "UPDATE stripgen_entry SET content = replace(content, 'A. Maker', 'C. Maker') WHERE number = 1",
            1,
            "was edited",
        ),
        ("UPDATE stripgen_receipt SET hash = '00' WHERE number = 1", 1, "was edited and hashed anew"),
        ("DELETE FROM stripgen_entry WHERE number = 2", 2, "was deleted"),
        ("DELETE FROM stripgen_entry; DELETE FROM stripgen_receipt", 1, "was deleted"),
    ],
)
def test_nothing_is_released_into_a_register_that_was_tampered_with(
    statement: str, number: int, what: str, in_use: Path
) -> None:
    released(in_use, "--again", "printer jam")
    path = in_use / "stripgen-register.sqlite"
    change(place_of(str(path)), *statement.split("; "))
    before = path.read_bytes()

    result = released(in_use, "--again", "label torn")

    assert result.exit_code == 7
    assert f"entry {number}: {what}" in result.stderr
    assert path.read_bytes() == before


def test_what_was_cut_off_and_made_anew_is_found_by_a_receipt(in_use: Path) -> None:
    receipt = released(in_use, "--again", "printer jam").stdout.splitlines()[-1].removeprefix("receipt ")
    with sqlite3.connect(in_use / "stripgen-register.sqlite") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DELETE FROM stripgen_entry WHERE number = 2")
        database.execute("DELETE FROM stripgen_receipt WHERE number = 2")

    assert run("register", "check").exit_code == 0
    result = run("register", "check", "--receipt", receipt)
    assert result.exit_code == 7
    assert "was deleted, or replaced" in result.stderr


@pytest.mark.parametrize(
    ("command", "exit_code", "told"),
    [
        (("show", "2"), 2, "'2' is no entry; the register has 1 to 1"),
        (("find",), 2, "give one of --lot"),
        (("find", "--lot", "a", "--plan", "b"), 2, "give one of --lot"),
        (("find", "--lot", ""), 2, "--lot: is empty"),
        (("find", "--lot", "  "), 2, "--lot: is empty"),
        (("find", "--patient", ""), 2, "--patient: is empty; give the patient's full name, or the identifier"),
        (("find", "--patient", " ", "--birth-date", "1981-05-12"), 2, "--patient: is empty"),
        (("find", "--plan", ""), 2, "--plan: is empty"),
        (("find", "--code", ""), 2, "--code: is empty"),
        (("find", "--lot", "a", "--birth-date", "1981-05-12"), 2, "--birth-date"),
        (("find", "--patient", "a", "--birth-date", "12.5.1981"), 2, "is not a date"),
        (("find", "--code", "SG1-K7QF3MZX-0001-0017-X"), 2, "wrong check character"),
        (("export", "--json", "--csv"), 2, "exclude each other"),
        (("check", "--receipt", "17"), 2, "is no receipt"),
        (("show", "--register", "/no/such/register.sqlite"), 6, "is not there"),
        (("find", "--patient", "a", "--register-key", "/no/such/key"), 6, "cannot be read"),
    ],
)
@pytest.mark.usefixtures("in_use")
def test_what_cannot_be_answered_is_told(command: tuple[str, ...], exit_code: int, told: str) -> None:
    result = run("register", *command)

    assert result.exit_code == exit_code
    assert told in result.stderr


def test_a_release_refused_for_its_key_makes_none(in_use: Path) -> None:
    key, elsewhere = in_use / "stripgen-register.sqlite.key", in_use / "elsewhere"
    key.rename(elsewhere)

    missing = released(in_use, "--again", "printer jam")
    assert (missing.exit_code, "stripgen-register.sqlite.key: cannot be read" in missing.stderr) == (6, True)
    assert "put back the key file" in missing.stderr
    assert not [path.name for path in in_use.iterdir() if ".key" in path.name]

    key.write_text(f"{'00' * 32}\n")
    other = released(in_use, "--again", "printer jam")
    assert (other.exit_code, "copy its key file to here" in other.stderr) == (6, True)
    assert len(entries_in(str(in_use / "stripgen-register.sqlite"))) == 1

    assert released(in_use, "--again", "printer jam", "--register-key", str(elsewhere)).exit_code == 0


@pytest.mark.parametrize("left", [None, b""])
def test_a_key_without_an_entry_is_no_beginning(left: bytes | None, in_use: Path) -> None:
    path = in_use / "stripgen-register.sqlite"
    whole = path.read_bytes()
    if left is None:
        path.unlink()
    else:
        path.write_bytes(left)

    result = released(in_use)
    assert result.exit_code == 6
    assert "holds no entry, but the key of a register is there" in result.stderr
    assert "from its backup" in result.stderr
    assert f"{path}.key" in result.stderr
    assert path.exists() is (left is not None)
    shown = run("register", "show")
    assert (shown.exit_code, "put the register back from its backup" in shown.stderr) == (6, True)

    assert released(in_use, "--register", str(in_use / "another.sqlite")).exit_code == 0
    path.write_bytes(whole)
    assert released(in_use, "--again", "printer jam").exit_code == 0


def test_who_was_stopped_before_the_first_entry_was_written_begins_the_register_as_if_nothing_had_been(
    pharmacy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(releases, "append", stopped)
        assert released(pharmacy).exit_code == 130
    assert not (pharmacy / "stripgen-register.sqlite.key").exists()

    assert "(begun with this entry)" in released(pharmacy).stdout
    assert {path.name for path in pharmacy.iterdir()} == IN_A_HOME


def test_who_was_stopped_after_the_first_entry_was_written_has_its_key(
    pharmacy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(releases, "keep_key", stopped)
        assert released(pharmacy).exit_code == 130
    assert not (pharmacy / "stripgen-register.sqlite.key").exists()

    assert run("register", "find", "--patient", "Example Patient").stdout.startswith("1  ")
    assert {path.name for path in pharmacy.iterdir()} == IN_A_HOME
    assert "entry 2" in released(pharmacy, "--again", "printer jam").stdout


def test_who_begins_a_register_just_after_another_takes_the_others_key(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans, real = [planned({"taper.days": days}) for days in (56, 57)], append

    def after_another(*given: Any) -> Written:
        monkeypatch.setattr(releases, "append", real)
        release(register, strip_plan_of(plans[0]))
        return real(*given)

    monkeypatch.setattr(releases, "append", after_another)
    assert release(register, strip_plan_of(plans[1])).entry.number == 2

    path = register.place.path
    assert path is not None
    assert {each.name for each in path.parent.iterdir()} == {path.name, register.key_path.name}
    marks = {entry.patient.whole for entry in entries_in(str(path))}
    assert len(marks) == 1


IN_A_HOME = {"papers", "stripgen-register.sqlite", "stripgen-register.sqlite.key"}


@pytest.mark.parametrize("option", [True, False])
def test_a_tilde_is_the_home_folder_also_where_the_shell_left_it(
    option: bool, pharmacy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--register", "~/reg.sqlite", "--register-key", "~/keys/reg.key") if option else ()
    if not option:
        monkeypatch.setenv("STRIPGEN_REGISTER", "~/reg.sqlite")
        monkeypatch.setenv("STRIPGEN_REGISTER_KEY", "~/keys/reg.key")

    assert released(pharmacy, *given).exit_code == 0

    assert (pharmacy / "reg.sqlite").is_file()
    assert (pharmacy / "keys" / "reg.key").is_file()
    assert not list((pharmacy / "papers").glob("~*"))


def test_what_is_neither_a_path_nor_a_database_makes_no_file(pharmacy: Path) -> None:
    for typed, told in {
        "foo:bar": "is neither a path nor the URL of a database",
        "postgresql:/server/register": "is neither a path nor the URL of a database",
        "http://server/register": "is in no database that is known here (http)",
        "mysql://user:geheim@server/register": "is in mysql, which needs a driver that is not installed",
    }.items():
        result = released(pharmacy, "--register", typed)
        assert (result.exit_code, told in result.stderr) == (6, True), result.stderr
        assert "postgresql://" in result.stderr or "pip install 'stripgen[postgres]'" in result.stderr
        assert not re.search("sqlalchemy|geheim", result.stderr, re.IGNORECASE)
    assert {path.name for path in pharmacy.iterdir()} == {"papers"}
    assert released(pharmacy, "--register", "./foo:bar").exit_code == 0


@pytest.mark.parametrize("held", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_who_waits_for_the_register_is_told_so_once_and_then_what_was_not_done(
    held: str, in_use: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_SILENT_S", 0.1)
    monkeypatch.setattr(connecting, "_PATIENCE_S", 0.5)
    connecting.engine_of.cache_clear()
    waiting = "waiting for the register, which another program holds"
    with closing(sqlite3.connect(in_use / "stripgen-register.sqlite", isolation_level=None)) as other:
        other.execute(held)
        writing, reading = released(in_use, "--again", "printer jam"), run("register", "show")

    assert (writing.exit_code, writing.stderr.count(waiting)) == (6, 1)
    if held == "BEGIN IMMEDIATE":  # nobody is kept from reading
        assert (reading.exit_code, reading.stderr) == (0, "")
        assert "is busy" in writing.stderr
        assert "nothing was recorded" in writing.stderr
    else:
        assert (reading.exit_code, reading.stderr.count(waiting)) == (6, 1)
        assert "is busy: another program held it" in reading.stderr
        assert "recorded" not in reading.stderr
        assert "nothing was recorded" in writing.stderr
    connecting.engine_of.cache_clear()


def test_who_gets_the_register_after_a_while_goes_on(in_use: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "_SILENT_S", 0.05)
    connecting.engine_of.cache_clear()
    path = in_use / "stripgen-register.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = Timer(1.5, other.rollback)
        timer.start()
        result = released(in_use, "--again", "printer jam")
        timer.join()

    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("waiting for the register") == 1
    assert len(entries_in(str(path))) == 2
    connecting.engine_of.cache_clear()


def test_a_register_that_cannot_be_made_is_told(pharmacy: Path) -> None:
    result = released(pharmacy, "--register", "/no/such/folder/register.sqlite")

    assert result.exit_code == 6
    assert "cannot be made" in result.stderr
