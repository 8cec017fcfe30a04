"""The commands as a pharmacy runs them: what they write and print, every option, every exit code, every example."""

import csv
import datetime as dt
import errno
import io
import json
import os
import pty
import re
import resource
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fcntl import ioctl
from pathlib import Path
from typing import Any

import click
import openpyxl
import pypdfium2
import pytest
from click.testing import Result
from example_day import let_it_be_that_day, put_on_path
from keys import PASSPHRASE, make_key
from orders import ENGLISH, FORMULARY, order_of
from running import BY_OPTIONS, by_options, edited, run

import stripgen.files.data
import stripgen.orders
from stripgen.cli import COMMANDS as LISTED
from stripgen.cli import main
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.plan import Plan
from stripgen.planning.taper import plan_taper
from stripgen.rendering.refusals import refuse_blocked
from stripgen.rendering.terminal import render_findings, render_plan_text, render_summary, render_use_by

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
CITALOPRAM = ROOT / "examples" / "citalopram.toml"
DRAFT = ROOT / "examples" / "draft.toml"
APPROVED = [path for path in EXAMPLES if path != DRAFT]
ISSUED_ON = dt.date(2026, 11, 23)
ON = ("--issued-on", "2026-11-23")
STRIPGEN = Path(sys.executable).with_name("stripgen")
COMMANDS = sorted(LISTED)


def run_really(*arguments: object, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Return the outcome of a command in a process of its own."""
    command = [str(STRIPGEN), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env={**os.environ, **variables}, check=False, timeout=60)


def plan_of_file(path: Path) -> Plan:
    return plan_taper(order_of(stripgen.files.load_order_file(path)), FORMULARY, ISSUED_ON)


def text_of_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- make ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Made:
    """An example and what became of it."""

    example: Path
    folder: Path
    result: Result
    plan: Plan

    @property
    def names(self) -> list[str]:
        return [f"{self.plan.plan_id}-strip-plan.pdf", f"{self.plan.plan_id}-dispensing.xlsx"]


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made") / "new folder" / "out"
    result = run("make", request.param, "--out", folder, *ON)
    return Made(request.param, folder, result, plan_of_file(request.param))


def test_make_writes_exactly_the_strip_plan_and_the_dispensing_sheet(made: Made) -> None:
    assert made.result.exit_code == 0
    assert sorted(contents(made.folder)) == sorted(made.names)
    pdf, sheet = (made.folder / name for name in made.names)
    assert made.plan.plan_id in text_of_pdf(pdf)
    assert openpyxl.load_workbook(sheet).sheetnames


def test_make_prints_both_paths_and_the_summary(made: Made) -> None:
    lines = made.result.stdout.splitlines()

    assert lines[:2] == [str(made.folder / name) for name in made.names]
    told = f"{render_summary(made.plan, ENGLISH)}\n{render_use_by(made.plan, ENGLISH)}"
    assert lines[2:] == told.splitlines()
    assert made.result.stderr == ""


def test_what_make_writes_is_readable_by_its_owner_only(made: Made) -> None:
    assert {path.stat().st_mode & 0o777 for path in made.folder.iterdir()} == {0o600}


def test_make_without_force_names_the_files_that_are_there_and_changes_nothing(made: Made) -> None:
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in made.folder.iterdir()}

    again = run("make", made.example, "--out", made.folder, *ON)

    assert again.exit_code == 6
    assert again.stdout == ""
    assert all(str(made.folder / name) in again.stderr for name in made.names)
    assert "--force" in again.stderr
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in made.folder.iterdir()} == before


def test_make_on_the_same_date_gives_the_same_bytes_again(made: Made, tmp_path: Path) -> None:
    again = run("make", made.example, "--out", tmp_path, *ON)

    assert again.exit_code == 0
    assert contents(tmp_path) == contents(made.folder)


def test_make_on_another_date_gives_other_papers_of_the_same_plan(tmp_path: Path) -> None:
    run("make", DRAFT, "--out", tmp_path / "one", *ON)
    run("make", DRAFT, "--out", tmp_path / "two", "--issued-on", "2026-11-24")

    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.keys() == two.keys()
    assert all(one[name] != two[name] for name in one)


def test_make_with_force_replaces_what_is_there(tmp_path: Path) -> None:
    run("make", DRAFT, "--out", tmp_path, *ON)
    fresh = contents(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b"old")

    again = run("make", DRAFT, "--out", tmp_path, "--force", *ON)

    assert again.exit_code == 0
    assert contents(tmp_path) == fresh


def test_make_with_one_file_there_names_that_one_and_writes_neither(tmp_path: Path) -> None:
    there = tmp_path / f"{plan_of_file(DRAFT).plan_id}-dispensing.xlsx"
    there.write_bytes(b"old")

    result = run("make", DRAFT, "--out", tmp_path, *ON)

    assert result.exit_code == 6
    assert str(there) in result.stderr
    assert "strip-plan.pdf" not in result.stderr
    assert contents(tmp_path) == {there.name: b"old"}


def test_make_writes_into_the_folder_it_stands_in_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("make", DRAFT, *ON)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == sorted(contents(tmp_path), reverse=True)


def test_make_takes_relative_paths_and_names_with_spaces_and_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my orders").mkdir()
    shutil.copy(DRAFT, 'my orders/Zoë\'s "draft".toml')

    result = run("make", 'my orders/Zoë\'s "draft".toml', "--out", "my orders/../the papers", *ON)

    assert result.exit_code == 0
    assert len(contents(tmp_path / "the papers")) == 2


@pytest.mark.parametrize("path", APPROVED, ids=lambda path: path.stem)
@pytest.mark.parametrize("command", [["plan"], ["plan", "--json"], ["plan", "--csv"], ["check"]], ids=" ".join)
def test_no_command_prints_the_patient_but_in_the_order_of_the_json(path: Path, command: list[str]) -> None:
    output = run(*command, path, *ON).output
    if "--json" in command:  # to be kept with the order: an amendment needs it
        told = json.loads(output)
        del told["order"]["patient"]
        output = json.dumps(told)

    assert_nothing_of_the_patient(path, output)


def test_make_neither_prints_the_patient_nor_puts_it_in_a_file_name(made: Made) -> None:
    assert_nothing_of_the_patient(made.example, made.result.output + " ".join(contents(made.folder)))


def assert_nothing_of_the_patient(path: Path, text: str) -> None:
    patient = tomllib.loads(path.read_text("utf-8")).get("patient", {})
    assert [str(value) for value in patient.values() if str(value) in text] == []
    assert patient or path == DRAFT, "there was a name to look for"


# --- make without a file ---------------------------------------------------------------------------------------------


def test_make_by_options_gives_a_draft(tmp_path: Path) -> None:
    result = run("make", *by_options(), "--out", tmp_path, *ON)

    assert result.exit_code == 0
    (pdf,) = tmp_path.glob("*.pdf")
    assert "(draft): citalopram 20 mg to stop in 112 days from 2026-12-01" in result.stdout
    assert "draft" in text_of_pdf(pdf).lower()
    assert len(contents(tmp_path)) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["give an order file", "--drug"]),
        ([CITALOPRAM, "--drug", "citalopram"], ["--drug", "exclude each other"]),
        ([CITALOPRAM, "--unit", "10"], ["--unit", "exclude each other"]),
        ([CITALOPRAM, "--start-date", "2026-12-01"], ["--start-date", "exclude each other"]),
        ([CITALOPRAM, DRAFT], ["unexpected extra argument"]),
        (["--drugs", "citalopram"], ["--drugs"]),
        ([CITALOPRAM, "--issued-on", "23/11/2026"], ["--issued-on", "23/11/2026"]),
    ],
)
def test_make_refuses_wrong_usage(arguments: list[object], words: list[str], tmp_path: Path) -> None:
    result = run("make", *arguments, "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert all(word in result.stderr for word in words)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Return the list that every order planned from here on is added to."""
    orders: list[Order] = []

    def plan(order: Order, formulary: Formulary, issued_on: dt.date, source: str = "") -> Plan:
        orders.append(order)
        return plan_taper(order, formulary, issued_on, source)

    monkeypatch.setattr(stripgen.orders, "plan_taper", plan)
    return orders


PATIENT_OPTIONS = {
    "--patient": "Zoë O'Brien",
    "--birth-date": "1950-01-31",
    "--patient-id": "P-77",
    "--prescriber": "Dr Łukasz",
    "--prescriber-id": "RX-5",
    "--pharmacy": "Äskulap-Apotheke",
    "--address": "5 Some Street, Some Town",
    "--phone": "+49 30 123",
    "--lot": "LOT-42",
    "--use-by": "2027-06-30",
}
LANGUAGE_OPTIONS = {"--language": "nl", "--pharmacy-language": "de"}
UNIT_OPTIONS = {
    "--drug": "escitalopram",
    "--curve": "escitalopram-klein-2006-midbrain",
    "--start": "10.5",
    "--end": "5",
    "--days": "30",
    "--start-date": "2027-01-04",
    "--max-units": "9",
    "--first-day": "reduced",
    "--days-per-strip": "7",
}


def test_every_option_of_make_reaches_the_order(tmp_path: Path, planned: list[Order]) -> None:
    units = ["--unit", "5 tablet", "--unit", "1mg", "--unit", "0.5 mg orodispersible tablet"]
    options = [word for option in (UNIT_OPTIONS | PATIENT_OPTIONS | LANGUAGE_OPTIONS).items() for word in option]

    result = run("make", *options, *units, "--out", tmp_path, *ON)

    assert result.exit_code == 0, result.output
    expected = {
        "schema": 1,
        "patient": {"name": "Zoë O'Brien", "birth_date": dt.date(1950, 1, 31), "identifier": "P-77", "language": "nl"},
        "prescriber": {"name": "Dr Łukasz", "identifier": "RX-5"},
        "pharmacy": {
            "name": "Äskulap-Apotheke",
            "address": "5 Some Street, Some Town",
            "phone": "+49 30 123",
            "language": "de",
        },
        "medication": {"drug": "escitalopram", "curve": "escitalopram-klein-2006-midbrain"},
        "taper": {
            "start_dose_mg": Decimal("10.5"),
            "end_dose_mg": 5,
            "days": 30,
            "start_date": dt.date(2027, 1, 4),
            "first_day": "reduced",
            "days_per_strip": 7,
        },
        "compounding": {
            "max_units_per_pouch": 9,
            "unit": [
                {"strength_mg": 5, "form": "tablet"},
                {"strength_mg": 1},
                {"strength_mg": Decimal("0.5"), "form": "orodispersible tablet"},
            ],
        },
        "dispensing": {"lot": "LOT-42", "beyond_use_date": dt.date(2027, 6, 30)},
    }
    assert planned == [order_of(expected)]
    assert_nothing_of(PATIENT_OPTIONS["--patient"], result.output + str(list(tmp_path.iterdir())))


def assert_nothing_of(name: str, text: str) -> None:
    assert not any(part in text for part in name.split())


def test_the_increment_reaches_the_order(tmp_path: Path, planned: list[Order]) -> None:
    result = run("make", *by_options({"--increment": "0.25"}), "--out", tmp_path, *ON)

    assert result.exit_code == 0
    assert planned[0].compounding.increment_mg == Decimal("0.25")


def command_named(name: str) -> click.Command:
    """Return a command, or one of a group: `register show`."""
    command: click.Command | None = main
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command
    return command


def test_every_option_of_make_is_tried_here() -> None:
    listed = {name for option in command_named("make").params for name in option.opts if name.startswith("--")}

    of_the_order = {*BY_OPTIONS, *UNIT_OPTIONS, *PATIENT_OPTIONS, *LANGUAGE_OPTIONS, "--unit"}
    tried = {*of_the_order, "--out", "--force", "--issued-on"}
    in_their_own_files = {
        *("--patient-text", "--large-print", "--calendar", "--calendar-names-drug"),
        *("--stock", "--first-label", "--offset-mm", "--dispensing"),
        *("--profile", "--strip-stock", "--first-strip-label", "--outer-label", "--strip"),
        *("--approval", "--no-verify"),
    }
    assert listed == tried | in_their_own_files


def test_what_the_options_say_is_printed(tmp_path: Path) -> None:
    run("make", *by_options(PATIENT_OPTIONS), "--out", tmp_path, *ON)

    (pdf,) = tmp_path.glob("*.pdf")
    text = text_of_pdf(pdf)
    for option in ("--patient", "--patient-id", "--prescriber", "--pharmacy", "--address", "--phone", "--lot"):
        assert PATIENT_OPTIONS[option] in text, option
    for date in ("31 Jan 1950", "30 Jun 2027"):
        assert date in text


@pytest.mark.parametrize("strengths", [["2,5 tablet", "1"], ["2,5"], ["0,5 tablet", "10"]])
def test_a_decimal_comma_in_a_strength_is_refused_and_never_read_as_two_strengths(
    strengths: list[str], tmp_path: Path
) -> None:
    options = {name: value for name, value in BY_OPTIONS.items() if name != "--increment"}
    order = [word for option in options.items() for word in option]
    units = [word for strength in strengths for word in ("--unit", strength)]

    result = run("make", *order, *units, "--max-units", "20", "--out", tmp_path / "out", *ON)

    assert result.exit_code == 3
    assert strengths[0].split()[0] in result.stderr, "the message shows what was typed"
    assert not (tmp_path / "out").exists()


# --- plan ------------------------------------------------------------------------------------------------------------


def test_plan_shows_the_figures_of_the_design() -> None:
    result = run("plan", CITALOPRAM, *ON)

    assert result.exit_code == 0
    assert result.stdout == render_plan_text(plan_of_file(CITALOPRAM), ENGLISH) + "\n"
    for words in ("80 different doses", "488.8 mg in all", "largest drop 2.67 points at the stop", "2027-03-23"):
        assert words in result.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_plan_json_is_ascii_json_of_the_plan(path: Path) -> None:
    result = run("plan", path, "--json", *ON)

    assert result.exit_code == 0
    assert result.stdout.isascii()
    told = json.loads(result.stdout)
    assert told["plan_id"] == plan_of_file(path).plan_id
    assert told["issued_on"] == "2026-11-23"
    assert told["days"][0]["dose_mg"] == str(plan_of_file(path).days[0].dose_mg)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_plan_csv_is_a_header_and_a_row_a_day(path: Path) -> None:
    result = run("plan", path, "--csv", *ON)

    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["date"], Decimal(row["dose_mg"])) for row in rows] == [
        (day.date.isoformat(), day.dose_mg) for day in plan_of_file(path).days
    ]


def test_plan_refuses_json_together_with_csv() -> None:
    result = run("plan", CITALOPRAM, "--json", "--csv")

    assert result.exit_code == 2
    assert "--json and --csv exclude each other" in result.stderr


def test_plan_of_a_blocked_order_is_shown_with_its_block(tmp_path: Path) -> None:
    result = run("plan", edited(CITALOPRAM, tmp_path, "start_dose_mg = 20", "start_dose_mg = 60"), *ON)

    assert result.exit_code == 0
    assert "findings: 1 block" in result.stdout
    assert "block above_maximum_dose" in result.stdout


# --- check -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", APPROVED, ids=lambda path: path.stem)
def test_check_of_an_approved_order_shows_its_findings_and_says_it_may_be_dispensed(path: Path) -> None:
    plan = plan_of_file(path)

    result = run("check", path, *ON)

    assert result.exit_code == 0
    told = [render_findings(plan.findings, ENGLISH), render_use_by(plan, ENGLISH)]
    assert result.stdout == "\n".join([*told, f"plan {plan.plan_id} may be dispensed\n"])


def test_check_of_a_draft_says_what_is_missing() -> None:
    result = run("check", DRAFT, *ON)

    assert result.exit_code == 3
    plan = plan_of_file(DRAFT)
    found = f"{render_findings(plan.findings, ENGLISH)}\n{render_use_by(plan, ENGLISH)}\n"
    assert result.stdout.startswith(found)
    wanted = result.stdout.removeprefix(found).splitlines()  # by the label rules, and left blank in examples/draft.toml
    lacking = ["patient.name", "patient.birth_date", "pharmacy.name", "pharmacy.address", "prescriber.name"]
    assert [line.split(": ")[:2] for line in wanted] == [["before labels can be printed", key] for key in lacking]
    assert "approval: is missing, so the plan is a draft, not for dispensing" in result.stderr


def test_check_says_which_words_of_the_order_read_badly_and_refuses_nothing_for_them(tmp_path: Path) -> None:
    order = edited(CITALOPRAM, tmp_path, "start_dose_mg = 20", "start_dose_mg = 60")
    badly = OVERRIDE.format(finding="above_maximum_dose").replace("on 60 mg since 2009", "on 60mg since 1/12/2009")
    order.write_text(order.read_text("utf-8") + badly, "utf-8")

    result = run("check", order, *ON)

    assert result.exit_code == 0
    assert 'reads badly: override[1].reason: "60mg" has no space before its unit; write "60 mg"' in result.stdout
    assert 'reads badly: override[1].reason: "1/12/2009" is a date in digits' in result.stdout


def test_check_says_which_words_of_the_patients_text_read_badly(tmp_path: Path) -> None:
    text = 'schema = 1\nlanguage = "en"\nmissed = "Call {pharmacy}, .5 mg is missing"\nhard = "Call {phone}"\n'
    (tmp_path / "text.toml").write_text(text, "utf-8")

    result = run("check", CITALOPRAM, "--patient-text", tmp_path / "text.toml", *ON)

    assert result.exit_code == 0
    assert "reads badly: patient text: missed: " in result.stdout
    assert "patient text: hard" not in result.stdout


def test_check_and_make_of_a_blocked_order_say_why_and_how_to_override(tmp_path: Path) -> None:
    order = edited(CITALOPRAM, tmp_path, "start_dose_mg = 20", "start_dose_mg = 60")

    for result in (run("check", order, *ON), run("make", order, "--out", tmp_path / "out", *ON)):
        assert result.exit_code == 3
        assert "the start dose of 60 mg is above the maximum of 40 mg a day" in result.stderr
        assert "[[override]] with finding = 'above_maximum_dose'" in result.stderr
        assert "may be dispensed" not in result.output
    assert not (tmp_path / "out").exists()


OVERRIDE = """
[[override]]
finding = "{finding}"
reason = "on 60 mg since 2009, ECG checked"
by = "Dr Overrider"
"""


def overridden(tmp_path: Path, finding: str) -> Path:
    order = edited(CITALOPRAM, tmp_path, "start_dose_mg = 20", "start_dose_mg = 60")
    order.write_text(order.read_text("utf-8") + OVERRIDE.format(finding=finding), "utf-8")
    return order


def test_an_override_with_reason_and_person_lets_the_order_through_and_is_shown_and_printed(tmp_path: Path) -> None:
    order = overridden(tmp_path, "above_maximum_dose")

    check = run("check", order, *ON)
    make = run("make", order, "--out", tmp_path / "out", *ON)

    assert (check.exit_code, make.exit_code) == (0, 0)
    assert "overridden by Dr Overrider: on 60 mg since 2009, ECG checked" in check.stdout
    (pdf,) = (tmp_path / "out").glob("*.pdf")
    text = text_of_pdf(pdf)
    assert "on 60 mg since 2009, ECG checked" in text
    assert "Dr Overrider" in text


def test_an_override_of_another_finding_lets_nothing_through(tmp_path: Path) -> None:
    order = overridden(tmp_path, "beyond_use_date_too_early")

    check = run("check", order, *ON)

    assert check.exit_code == 3
    assert "above_maximum_dose" in check.stderr
    assert "override_unused" in check.stdout


def test_check_tells_of_pouches_after_the_beyond_use_date(tmp_path: Path) -> None:
    order = edited(CITALOPRAM, tmp_path, "[compounding]", "[dispensing]\nbeyond_use_date = 2027-03-01\n\n[compounding]")

    result = run("check", order, *ON)

    assert result.exit_code == 3
    assert "is blocked: beyond_use_date_too_early: " in result.stderr
    assert re.search(r"\b21\b", result.stderr), "pouches from 2 to 22 March"
    assert "2027-03-01" in result.stderr


# --- drugs -----------------------------------------------------------------------------------------------------------


def test_drugs_lists_all_thirteen() -> None:
    result = run("drugs")

    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == list(FORMULARY.drugs)
    assert len(FORMULARY.drugs) == 13
    (escitalopram,) = [line for line in result.stdout.splitlines() if line.startswith("escitalopram")]
    assert "the order must choose" in escitalopram


@pytest.mark.parametrize("name", FORMULARY.drugs)
def test_drugs_shows_each_curve_of_a_drug_with_source_and_grade_and_where_they_differ(name: str) -> None:
    result = run("drugs", name)

    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    curves = FORMULARY.curves_of(name)
    assert curves
    for curve in curves:
        assert curve.id in text
        assert " ".join(curve.source.split()) in text
        assert f"grade {curve.grade}" in text
    assert ("differ by" in text) == (len(curves) > 1)


@pytest.mark.parametrize("name", ["aspirin", "Citalopram", ""])
def test_drugs_refuses_an_unknown_drug_and_names_those_it_knows(name: str) -> None:
    result = run("drugs", name)

    assert result.exit_code == 2
    assert f"{name!r} is not in the formulary" in result.stderr
    assert all(drug in result.stderr for drug in FORMULARY.drugs)


# --- exit codes ------------------------------------------------------------------------------------------------------


def test_exit_code_0_when_all_is_done() -> None:
    assert run_really("check", CITALOPRAM, *ON).returncode == 0


def test_exit_code_1_is_a_bug_and_shows_where(tmp_path: Path) -> None:
    program = (
        "import stripgen.planning.taper as taper\n"
        "def plan_taper(*_): raise RuntimeError('a bug')\n"
        "taper.plan_taper = plan_taper\n"
        "from stripgen.cli import main\n"
        f"main(['make', {str(CITALOPRAM)!r}, '--out', {str(tmp_path / 'out')!r}])\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert b"Traceback" in ended.stderr
    assert b"RuntimeError: a bug" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_exit_code_2_for_wrong_usage() -> None:
    for arguments in (["plan"], ["plann", CITALOPRAM], ["plan", CITALOPRAM, "--jsno"]):
        ended = run_really(*arguments)
        assert ended.returncode == 2
        assert b"Usage: stripgen" in ended.stderr


def test_exit_code_2_for_no_order() -> None:
    ended = run_really("make")

    assert ended.returncode == 2
    assert ended.stderr.startswith(b"stripgen: give an order file, or an order by options (--drug, --start, --end, ")


def test_exit_code_3_for_an_order_to_change(tmp_path: Path) -> None:
    ended = run_really("make", tmp_path / "missing.toml", "--out", tmp_path / "out")

    assert ended.returncode == 3
    assert ended.stderr.decode().startswith(f"stripgen: {tmp_path / 'missing.toml'}: cannot be read")
    assert ended.stdout == b""
    assert not (tmp_path / "out").exists()


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the data files, which stripgen reads in place of its own."""
    package = tmp_path / "installation"
    shutil.copytree(ROOT / "stripgen" / "formulary", package / "formulary")
    shutil.copytree(ROOT / "templates", package / "templates")
    monkeypatch.setattr(stripgen.files.data, "_PACKAGE", package)
    return package


def replace(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


DRUGS, CURVES, STOCK = "formulary/drugs.toml", "formulary/curves.toml", "templates/stocks/a4-strip-28.toml"


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        (CURVES, replace("emax_percent = 93.6", "emax_percent = -1"), "curve[1].emax_percent: -1 is out of range"),
        (CURVES, replace("emax_percent = 93.6", ""), "curve[1].emax_percent: is missing"),
        (CURVES, replace('drug = "citalopram"', 'drug = "citalopran"'), "'citalopran' is not in drugs.toml"),
        (CURVES, replace("ed50_mg = 3.4", "ed50_mg = nan"), "NaN is not a finite number"),
        (CURVES, lambda _: "schema = 1\n", "curve"),
        (CURVES, lambda _: "schema = 1\ncurve = 5\n", "curve"),
        (CURVES, lambda _: "schema = 1\n[[curve]]\n", "curve[1]"),
        (CURVES, lambda _: "schema = ", "is not a TOML text file"),
        (DRUGS, replace("maximum_daily_mg = 40", 'maximum_daily_mg = "40"'), "drug.citalopram.maximum_daily_mg"),
        (DRUGS, replace("source = ", "sauce = "), "source"),
        (DRUGS, lambda _: 'schema = 1\nsource = "x"\n', "drug"),
        (DRUGS, lambda _: 'schema = 1\nsource = "x"\ndrug = 5\n', "drug"),
        (DRUGS, lambda _: 'schema = 1\nsource = "x"\n[drug]\ncitalopram = 5\n', "drug.citalopram"),
        (DRUGS, replace("schema = 1", "schema = 2"), "schema"),
        (DRUGS, replace("schema = 1", "schema = 1\nsauce = 5"), "sauce"),
        (STOCK, replace("rows = 7", "rows = 0"), "rows: 0 is out of range"),
        (STOCK, replace("rows = 7", "rows = 8"), "8 rows of labels end at 326 mm"),
        (STOCK, replace("sheet_mm = [210, 297]", "sheet_mm = [100, 100]"), "sheet_mm"),
        (STOCK, replace("schema = 1", "schema = 1\nsauce = 5"), "sauce: unknown key"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_exit_code_4_for_a_data_file_that_is_wrong(
    installation: Path, file: str, change: Callable[[str], str], words: str, tmp_path: Path
) -> None:
    path = installation / file
    path.write_text(change(path.read_text("utf-8")), "utf-8")

    result = run("make", CITALOPRAM, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 4
    assert all(line.startswith(f"stripgen: {path}: ") for line in result.stderr.splitlines())
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file", [DRUGS, CURVES, STOCK])
def test_exit_code_4_for_a_data_file_that_is_missing(installation: Path, file: str, tmp_path: Path) -> None:
    (installation / file).unlink()

    result = run("make", CITALOPRAM, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 4
    assert result.stderr == (
        f"stripgen: {installation / file}: cannot be read (No such file or directory); install stripgen again\n"
    )
    assert not (tmp_path / "out").exists()


def test_an_installation_that_is_whole_is_read(installation: Path) -> None:
    assert (installation / STOCK).is_file()
    assert run("check", CITALOPRAM, *ON).exit_code == 0


def fail_within(folder: Path, function: str, code: int) -> Callable[..., Any]:
    """Return a function of `os` that fails where it is about a path in a folder (or an open file), and only there."""
    real = getattr(os, function)

    def fail(path: Any, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(path, int) or Path(path).is_relative_to(folder):
            raise OSError(code, os.strerror(code))
        return real(path, *arguments, **keywords)

    return fail


@pytest.mark.parametrize(
    ("function", "code", "words"),
    [
        ("mkdir", errno.EACCES, "Permission denied"),
        ("open", errno.EROFS, "Read-only file system"),
        ("open", errno.EACCES, "Permission denied"),
        ("fsync", errno.ENOSPC, "No space left on device"),
        ("replace", errno.EIO, "Input/output error"),
    ],
)
def test_exit_code_6_when_the_papers_cannot_be_written(
    function: str, code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail_within(out, function, code))
        result = run("make", DRAFT, "--out", out, *ON)

    assert result.exit_code == 6
    assert result.stderr == f"stripgen: {out}: cannot be written ({words}); nothing was left there\n"
    assert not out.exists()


@pytest.mark.parametrize("most_bytes", [40_000, 5_000], ids=["the strip plan fails", "a temporary file fails"])
def test_exit_code_6_when_a_file_may_not_grow_that_large(most_bytes: int, tmp_path: Path) -> None:
    """A real write that fails half-way, as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    command = [str(STRIPGEN), "make", str(DRAFT), "--out", str(tmp_path / "out"), *ON]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(command, capture_output=True, preexec_fn=limit, env=environment, check=False, timeout=60)

    assert b"Traceback" not in ended.stderr
    assert ended.returncode == 6
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("below", ["", "sub/folder"])
def test_exit_code_6_when_the_folder_is_a_file(below: str, tmp_path: Path) -> None:
    there = tmp_path / "out"
    there.write_bytes(b"mine")

    result = run("make", DRAFT, "--out", there / below, *ON)

    assert result.exit_code == 6
    assert str(there) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert there.read_bytes() == b"mine"


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_exit_code_6_when_the_folders_name_is_too_long(force: list[str], tmp_path: Path) -> None:
    result = run("make", DRAFT, "--out", tmp_path / ("n" * 300), *force, *ON)

    assert result.exit_code == 6
    assert "File name too long" in result.stderr


def test_exit_code_6_when_what_is_printed_cannot_be_written() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")

    with full.open("wb") as device:
        command = [str(STRIPGEN), "plan", str(DRAFT), "--json"]
        ended = subprocess.run(command, stdout=device, stderr=subprocess.PIPE, check=False, timeout=60)

    assert b"Traceback" not in ended.stderr
    assert ended.returncode == 6


# --- help, completion, start-up --------------------------------------------------------------------------------------


def help_of(command: str) -> str:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    return result.stdout


def examples_in(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("stripgen ")]


def commands_within(group: str) -> list[str]:
    command = command_named(group)
    return [f"{group} {name}" for name in command.commands] if isinstance(command, click.Group) else []


HELP_TEXTS = ["", *COMMANDS, *(name for group in COMMANDS for name in commands_within(group))]


def test_the_commands_are_those_that_are_tried_here() -> None:
    assert HELP_TEXTS[1:] == [
        "amend",
        "approve",
        "changes",
        "check",
        "compare",
        "drugs",
        "make",
        "new",
        "options",
        "origin",
        "plan",
        "pouch",
        "profiles",
        "record",
        "register",
        "release",
        "scan",
        "series",
        "sign",
        "stocks",
        "strengths",
        "verify",
        "register show",
        "register find",
        "register export",
        "register check",
    ]


@pytest.mark.parametrize("command", HELP_TEXTS)
def test_help_carries_an_example_of_its_command(command: str) -> None:
    examples = examples_in(help_of(command))
    own = [example for example in examples if example.startswith(f"stripgen {command}".rstrip())]

    assert own
    for other in set(examples) - set(own):  # it may only make the file that an example of the command reads
        _, _, file = other.partition(" > ")
        assert file
        assert any(file in shlex.split(example) for example in own)


@pytest.mark.parametrize("command", HELP_TEXTS)
def test_help_shows_no_control_sign_and_explains_every_option(command: str) -> None:
    text = help_of(command)

    assert "\\b" not in text
    assert "\b" not in text
    group: click.Command = command_named(command) if command else main
    for option in group.params:
        assert not isinstance(option, click.Option) or option.help, option.name


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to stand in, with a copy of the examples, as a reader of the README has it."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRIPGEN_REGISTER", str(tmp_path / "register.sqlite"))
    monkeypatch.setenv("STRIPGEN_PASSPHRASE", PASSPHRASE)
    let_it_be_that_day(monkeypatch)
    (tmp_path / "my-key.p12").write_bytes(make_key("Dr Example").p12)
    return tmp_path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the papers of the first example, as one finds it who did what the README begins with."""
    folder = tmp_path_factory.mktemp("papers")
    assert run("make", CITALOPRAM, "--out", folder, "--issued-on", "2026-11-23").exit_code == 0
    return folder


def run_example(example: str) -> Result:
    """Return the outcome of an example, typed into a shell: `*` stands for files that are there."""
    words = shlex.split(example)[1:]
    found = [sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in words]
    return run(*(word for some in found for word in some), given="\n" * 60)


@pytest.mark.parametrize("command", HELP_TEXTS)
def test_every_example_in_help_runs_in_its_order(command: str, checkout: Path, papers: Path) -> None:
    examples = examples_in(help_of(command))
    if command.startswith("register"):  # what it looks into, a release has written
        examples = [*examples_in(help_of("release")), *examples]
    if any(word.startswith("out/") for example in examples for word in shlex.split(example)):
        shutil.copytree(papers, checkout / "out")
    for example in examples:
        words, _, file = example.partition(" > ")
        result = run_example(words)

        assert result.exit_code == 0, result.output
        assert result.stdout
        if file:
            (checkout / file).write_text(result.stdout, "utf-8")


def readme_examples() -> list[str]:
    """Return the commands of the README; those with their output (console) have tests of their own."""
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```(?!console)[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("stripgen ")]


def test_the_order_in_the_readme_is_an_order() -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)

    raw = tomllib.loads(text, parse_float=Decimal)
    assert order_of(raw) == order_of(stripgen.files.load_order_file(CITALOPRAM))


def test_every_example_in_the_readme_runs_in_its_order(checkout: Path) -> None:
    path = os.pathsep.join((str(put_on_path(checkout)), str(STRIPGEN.parent), os.environ["PATH"]))
    for example in readme_examples():
        ended = subprocess.run(
            ["bash", "-c", example],
            input=b"\n" * 60,
            capture_output=True,
            cwd=checkout,
            env={**os.environ, "PATH": path},
            check=False,
            timeout=60,
        )
        assert ended.returncode == 0, f"{example}: {ended.stderr.decode()}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_for_a_shell_is_printed(shell: str) -> None:
    ended = run_really(_STRIPGEN_COMPLETE=f"{shell}_source")

    assert ended.returncode == 0
    assert b"_STRIPGEN_COMPLETE=" + shell.encode() + b"_complete" in ended.stdout


def test_completion_knows_the_commands_and_options() -> None:
    def complete(line: str) -> list[str]:
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
        ended = run_really(_STRIPGEN_COMPLETE="bash_complete", **words)
        return [answer.split(",")[1] for answer in ended.stdout.decode().splitlines()]

    assert complete("stripgen ma") == ["make"]
    assert complete("stripgen make --incr") == ["--increment"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["make", "--help"],
        ["drugs", "--help"],
        ["release", "--help"],
        ["register", "find", "-h"],
    ],
)
def test_help_starts_without_the_heavy_libraries(arguments: list[str]) -> None:
    imported = imported_by(arguments)

    assert "click" in imported
    assert imported.isdisjoint({"numpy", "reportlab", "openpyxl", "pydantic", "PIL", "pystrich", "babel", "sqlalchemy"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", CITALOPRAM],
        ["plan", CITALOPRAM, "--json"],
        ["plan", CITALOPRAM, "--csv"],
        ["compare", CITALOPRAM],
        ["drugs", "citalopram"],
    ],
    ids=lambda arguments: " ".join(map(str, arguments[::2])),
)
def test_what_draws_nothing_starts_without_the_libraries_that_draw_and_without_those_of_languages(
    arguments: list[object],
) -> None:
    imported = imported_by(arguments)

    assert "pydantic" in imported
    assert imported.isdisjoint({"reportlab", "openpyxl", "PIL", "pystrich", "babel", "sqlalchemy"})


def imported_by(arguments: Sequence[object]) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "stripgen", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 0
    return {line.split("|")[2].strip() for line in ended.stderr.splitlines() if line.count("|") == 2}


def test_version_is_printed() -> None:
    result = run("--version")

    assert result.exit_code == 0
    assert result.stdout == f"stripgen {stripgen.__version__}\n"


# --- terminals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "times"), [("cp437", rb"\xd7"), ("latin-1", b"\xd7"), ("ascii", "×".encode())])
def test_a_terminal_without_a_character_still_shows_the_plan(encoding: str, times: bytes) -> None:
    ended = run_really("plan", CITALOPRAM, *ON, PYTHONIOENCODING=encoding, LC_ALL="C")

    assert ended.returncode == 0
    assert ended.stderr == b""
    assert b"1 " + times + b" 20 mg capsule" in ended.stdout


def test_a_reader_that_stops_reading_ends_the_command_quietly() -> None:
    command = [str(STRIPGEN), "plan", str(CITALOPRAM), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("columns", ["1", "0", "-5", "text", "100000"])
def test_help_is_shown_whatever_the_terminal_says_of_its_width(columns: str) -> None:
    ended = run_really("make", "--help", COLUMNS=columns)

    assert ended.returncode == 0
    assert ended.stderr == b""


def test_help_is_shown_on_a_terminal_that_does_not_know_its_width() -> None:
    controller, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    ended = subprocess.run(
        [STRIPGEN, "--help"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
        timeout=60,
    )
    os.close(terminal)
    os.close(controller)

    assert ended.returncode == 0
    assert ended.stderr == b""


def test_python_m_stripgen_is_the_same_program() -> None:
    command = [sys.executable, "-m", "stripgen", "check", str(CITALOPRAM), *ON]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=60)

    assert ended.returncode == 0
    assert ended.stdout == run_really("check", CITALOPRAM, *ON).stdout


def test_a_blocked_plan_is_known_from_its_findings(tmp_path: Path) -> None:
    """The command line decides nothing: `make` stops where `refuse_blocked` does."""
    plan: Any = plan_of_file(edited(CITALOPRAM, tmp_path, "start_dose_mg = 20", "start_dose_mg = 60"))

    with pytest.raises(stripgen.errors.PlanBlocked):
        refuse_blocked(plan, ENGLISH)
