"""The commands that compare, choose and amend, as a pharmacy runs them: figures, files, exit codes."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from click.testing import Result
from orders import ENGLISH, FORMULARY, order_of
from running import edited, run

from stripgen.domain.plan import Plan
from stripgen.files import load_order_file
from stripgen.orders import reopen_paper
from stripgen.planning.options import find_options
from stripgen.planning.strengths import choose_strengths, default_candidates
from stripgen.planning.taper import plan_taper

ROOT = Path(__file__).parent.parent
CITALOPRAM = ROOT / "examples" / "citalopram.toml"
LIMITED = ROOT / "examples" / "limited.toml"
PHASED = ROOT / "examples" / "phased.toml"
PROPORTIONAL = ROOT / "examples" / "proportional.toml"
SERTRALINE = ROOT / "examples" / "half-tablets.toml"
ISSUED_ON = dt.date(2026, 11, 23)
ON = ("--issued-on", "2026-11-23")
STRIPGEN = Path(sys.executable).with_name("stripgen")
APPROVAL = ("--approved-by", "Dr Example", "--approved-on", "2027-01-20", "--reference", "RX-2027-0003")


def told(*arguments: object) -> Any:
    """Return the JSON that a command prints, and nothing else."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    raw = json.loads(result.stdout)
    assert raw["schema"] == 1
    return raw


def lines_of(*arguments: object) -> list[str]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout.splitlines()


def plan_of_file(path: Path) -> Plan:
    return plan_taper(order_of(load_order_file(path)), FORMULARY, ISSUED_ON)


# --- compare ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CITALOPRAM, LIMITED, PHASED, SERTRALINE, PROPORTIONAL], ids=lambda path: path.stem)
def test_compare_gives_the_figures_of_the_plan_and_of_every_other_strategy(path: Path) -> None:
    plan, raw = plan_of_file(path), told("compare", path)

    assert (raw["plan_id"], raw["days"]) == (plan.plan_id, len(plan.days))
    own, *others = raw["alternatives"]
    assert own["strategy"] == "this plan"
    qualities = [plan.quality, *(other.quality for other in plan.alternatives)]
    for entry, quality in zip([own, *others], qualities, strict=True):
        assert entry["max_drop_points"] == pytest.approx(quality.max_drop_points, abs=1e-6)
        assert entry["max_drop_day"] == quality.max_drop_day
        assert entry["stop_drop_points"] == pytest.approx(quality.stop_drop_points, abs=1e-6)
        assert entry["rms_error_points"] == pytest.approx(quality.rms_error_points, abs=1e-6)
    for entry, other in zip(others, plan.alternatives, strict=True):
        assert entry["strategy"] == other.strategy
        assert Decimal(entry["total_mg"]) == other.total_mg
        assert (entry["different_doses"], entry["n_units"]) == (other.different_doses, other.n_units)


@pytest.mark.parametrize("path", [CITALOPRAM, LIMITED, PROPORTIONAL], ids=lambda path: path.stem)
def test_compare_prints_a_line_for_each_strategy_and_what_limits_the_plan(path: Path) -> None:
    plan, lines = plan_of_file(path), lines_of("compare", path)

    assert lines[0].startswith(f"plan {plan.plan_id}: {plan.order.medication.drug} ")
    for words in ("this plan", *(ENGLISH.say(f"alternative.{other.strategy}") for other in plan.alternatives)):
        assert any(line.startswith(f"{words}  ") for line in lines)
    assert all(len(line) <= 120 for line in lines)
    assert lines[2].split()[0] == ("points" if plan.curve else "mg")


def test_compare_names_the_orders_own_limits() -> None:
    assert "this plan: at most 16 different doses, at least 3 days on a dose" in lines_of("compare", LIMITED)


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CITALOPRAM, PROPORTIONAL], ids=lambda path: path.stem)
def test_options_gives_the_figures_of_each_limit(path: Path) -> None:
    expected = find_options(order_of(load_order_file(path)), FORMULARY)
    entries = told("options", path)["options"]

    assert [entry["most_doses"] for entry in entries] == [option.most_doses for option in expected]
    for entry, option in zip(entries, expected, strict=True):
        assert entry["different_doses"] == option.different_doses
        assert entry["preparations"] == option.preparations
        assert entry["rms_error_points"] == pytest.approx(option.quality.rms_error_points, abs=1e-6)
        assert entry["max_drop_day"] == option.quality.max_drop_day
        assert (entry["n_units"], Decimal(entry["total_mg"])) == (option.n_units, option.total_mg)
        assert entry["knee"] == option.is_knee


def test_options_prints_a_line_for_each_limit_and_marks_the_knee_and_the_stop() -> None:
    lines = lines_of("options", CITALOPRAM)

    rows = [line.split() for line in lines[2:-1]]
    assert [row[0] for row in rows] == [*map(str, range(4, 41)), "any"]
    assert len([line for line in lines if line.endswith("<- knee")]) == 1
    assert rows[-1][3] == "stop"
    assert all("day 113" not in line for line in lines)


# --- strengths -------------------------------------------------------------------------------------------------------


def test_strengths_gives_the_best_of_each_number() -> None:
    order = order_of(load_order_file(CITALOPRAM))
    expected = choose_strengths([order], FORMULARY, default_candidates([order], FORMULARY), 3, 6)
    raw = told("strengths", CITALOPRAM, "--choose", 3)

    assert raw["max_units_per_pouch"] == 6
    for entry, choice in zip(raw["choices"], expected, strict=True):
        assert tuple(map(Decimal, entry["strengths_mg"])) == choice.strengths_mg
        assert entry["rms_error"] == pytest.approx(choice.rms_error, abs=1e-6)
        assert entry["max_drop"] == pytest.approx(choice.max_drop, abs=1e-6)
        assert entry["unit"] == "points"
        assert (entry["n_units"], entry["most_units_per_pouch"]) == (choice.n_units, choice.most_units)
        assert entry["mean_units_per_pouch"] == pytest.approx(choice.mean_units, abs=1e-6)


def test_strengths_serves_several_orders_from_given_candidates() -> None:
    arguments = ("strengths", CITALOPRAM, PHASED, "--choose", 2, "--candidates", "10, 5,1,0.5", "--max-units", 8)
    orders = [order_of(load_order_file(path)) for path in (CITALOPRAM, PHASED)]
    expected = choose_strengths(orders, FORMULARY, list(map(Decimal, ("10", "5", "1", "0.5"))), 2, 8)

    raw = told(*arguments)

    assert raw["max_units_per_pouch"] == 8
    assert [tuple(map(Decimal, entry["strengths_mg"])) for entry in raw["choices"]] == [
        choice.strengths_mg for choice in expected
    ]
    assert [line.split("   ")[-1] for line in lines_of(*arguments)[2:-1]] == [
        " + ".join(f"{mg} mg" for mg in choice.strengths_mg) for choice in expected
    ]


def test_strengths_without_a_curve_are_told_in_mg() -> None:
    assert {entry["unit"] for entry in told("strengths", PROPORTIONAL, "--choose", 2)["choices"]} == {"mg"}


# --- what cannot be compared -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["compare"], ["options"], ["strengths", "--choose", "2"]], ids=lambda c: c[0])
@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("days = 112", "days = 0", 3, "taper.days: 0 is out of range"),
        ("days = 112", "days = 112\nmax_drop_points = 0.01", 5, "taper.max_drop_points: 0.01"),
    ],
)
def test_a_wrong_order_is_refused_with_its_file_and_an_impossible_one_with_its_limit(
    command: list[str], old: str, new: str, code: int, words: str, tmp_path: Path
) -> None:
    path = edited(CITALOPRAM, tmp_path, old, new)
    result = run(command[0], path, *command[1:])

    if command[0] == "strengths" and code == 5:  # an order's own limits do not count there
        assert result.exit_code == 0
        return
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith(f"stripgen: {path}: {words}")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["strengths", CITALOPRAM, "--choose", "3", "--candidates", "7"], 5, "they are no multiples of 7 mg"),
        (["strengths", CITALOPRAM, SERTRALINE, "--choose", "3"], 3, "citalopram, sertraline: strengths are chosen for"),
        (["strengths", CITALOPRAM, "no such.toml", "--choose", "3"], 3, "no such.toml: cannot be read"),
        (["strengths", CITALOPRAM], 2, "Missing option '--choose'"),
        (["strengths", "--choose", "3"], 2, "Missing argument"),
        (["compare", "no such.toml"], 3, "no such.toml: cannot be read"),
        (["compare"], 2, "Missing argument"),
        (["compare", CITALOPRAM, "--jason"], 2, "No such option"),
        (["options", ROOT], 3, "cannot be read"),
        (["options", CITALOPRAM, PHASED], 2, "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_refused_by_its_exit_code(arguments: list[object], code: int, words: str) -> None:
    result = run(*arguments)

    assert result.exit_code == code
    assert result.stdout == ""
    assert words in result.stderr


def test_every_wrong_option_of_strengths_is_told_at_once() -> None:
    result = run("strengths", "no such.toml", "--choose", "0", "--candidates", "1,x,5000", "--max-units", "31")

    assert result.exit_code == 2
    assert [line.removeprefix("stripgen: command line: ") for line in result.stderr.splitlines()] == [
        "--choose: '0' is not allowed; a whole number from 1 to 15",
        "--candidates: 'x' is not allowed; amounts from 0.001 to 2000 mg, with commas between: 10,5,0.5",
        "--candidates: '5000' is not allowed; amounts from 0.001 to 2000 mg, with commas between: 10,5,0.5",
        "--max-units: '31' is not allowed; a whole number from 1 to 30",
    ]


# --- amend -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the plan of the citalopram example as `stripgen plan --json` prints it."""
    path = tmp_path_factory.mktemp("plans") / "plan.json"
    path.write_text(run("plan", CITALOPRAM, "--json", *ON).stdout, "utf-8")
    return path


def amend(plan: Path, out: Path, *options: object, from_day: object = 57) -> Result:
    return run("amend", plan, "--from-day", from_day, "--reason", "Dizzy since day 50", "--out", out, *ON, *options)


def plan_in(folder: Path) -> Plan:
    (path,) = folder.glob("*-plan.json")
    return reopen_paper(str(path), FORMULARY).plan


def text_of_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


@pytest.mark.parametrize(
    ("option", "amount", "n_days"),
    [
        ("--hold", "14", 126),
        ("--back-to-day", "29", 140),
        ("--stretch-to", "140", 140),
        ("--faster-to", "90", 90),
        ("--stop-at-mg", "1", None),
    ],
)
def test_amend_writes_the_three_papers_of_the_next_version(
    option: str, amount: str, n_days: int | None, plan_file: Path, tmp_path: Path
) -> None:
    first = reopen_paper(str(plan_file), FORMULARY).plan
    result = amend(plan_file, tmp_path / "out", option, amount)

    assert result.exit_code == 0, result.output
    plan = plan_in(tmp_path / "out")
    names = [f"{plan.plan_id}-{kind}" for kind in ("strip-plan.pdf", "dispensing.xlsx", "plan.json")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert result.stdout.splitlines()[:3] == [str(tmp_path / "out" / name) for name in names]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert f"plan {plan.plan_id} (draft, version 2, replaces {first.plan_id})" in result.stdout
    assert plan.version == 2
    assert n_days in {None, len(plan.days)}
    assert [day.dose_mg for day in plan.days[:56]] == [day.dose_mg for day in first.days[:56]]
    assert openpyxl.load_workbook(tmp_path / "out" / names[1]).sheetnames
    text = text_of_pdf(tmp_path / "out" / names[0])
    assert all(words in text for words in (plan.plan_id, first.plan_id, "Dizzy since day 50"))


def test_amend_without_an_approval_makes_drafts_and_with_one_papers_to_dispense(
    plan_file: Path, tmp_path: Path
) -> None:
    draft = amend(plan_file, tmp_path / "draft", "--hold", "7")
    approved = amend(plan_file, tmp_path / "approved", "--hold", "7", *APPROVAL, "--issued-on", "2027-01-20")

    assert (draft.exit_code, approved.exit_code) == (0, 0), draft.output + approved.output
    without, given = plan_in(tmp_path / "draft"), plan_in(tmp_path / "approved")
    assert (without.status, given.status) == ("draft", "approved")
    assert without.plan_id == given.plan_id
    assert given.order.approval is not None
    assert given.order.approval.model_dump(exclude_none=True) == {
        "approved_by": "Dr Example",
        "approved_on": dt.date(2027, 1, 20),
        "reference": "RX-2027-0003",
    }


def approved_on(date: str) -> tuple[str, ...]:
    return ("--approved-by", "Dr Example", "--approved-on", date, "--reference", "RX-2027-0003")


def test_an_approval_from_before_the_amended_plan_was_issued_is_refused(plan_file: Path, tmp_path: Path) -> None:
    early = amend(plan_file, tmp_path / "early", "--hold", "7", *approved_on("2026-11-22"))

    assert early.exit_code == 3
    assert early.stdout == ""
    assert early.stderr.splitlines() == [
        (
            "stripgen: command line: --approved-on: 2026-11-22 is before the plan that is amended was issued; "
            "a date from 2026-11-23 on"
        )
    ]
    assert not (tmp_path / "early").exists()
    assert amend(plan_file, tmp_path / "same-day", "--hold", "7", *approved_on("2026-11-23")).exit_code == 0
    assert plan_in(tmp_path / "same-day").status == "approved"


def test_amend_takes_what_amend_wrote(plan_file: Path, tmp_path: Path) -> None:
    amend(plan_file, tmp_path / "second", "--hold", "14")
    second = plan_in(tmp_path / "second")
    (path,) = (tmp_path / "second").glob("*.json")

    result = amend(path, tmp_path / "third", "--stretch-to", "150", from_day=80)

    assert result.exit_code == 0, result.output
    third = plan_in(tmp_path / "third")
    assert (third.version, len(third.days)) == (3, 150)
    assert f"version 3, replaces {second.plan_id}" in result.stdout
    assert third.order.amendment is not None
    assert third.order.amendment.earlier[1] == second.plan_id
    assert [pouch.code for pouch in third.take_back] == [day.code for day in second.days[79:]]


def test_amend_forgets_the_lot_and_the_date_of_the_pouches_made_before(tmp_path: Path) -> None:
    text = CITALOPRAM.read_text("utf-8") + '\n[dispensing]\nlot = "LOT-1"\nbeyond_use_date = 2027-06-30\n'
    assert CITALOPRAM.read_text("utf-8").count("[dispensing]") == 0
    (tmp_path / "order.toml").write_text(text, "utf-8")
    (tmp_path / "plan.json").write_text(run("plan", tmp_path / "order.toml", "--json", *ON).stdout, "utf-8")

    assert amend(tmp_path / "plan.json", tmp_path / "out", "--hold", "7").exit_code == 0

    assert plan_in(tmp_path / "out").order.dispensing.lot is None


def test_amend_gives_the_same_bytes_again_and_replaces_only_when_told(plan_file: Path, tmp_path: Path) -> None:
    amend(plan_file, tmp_path, "--hold", "7")
    fresh = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    again = amend(plan_file, tmp_path, "--hold", "7")
    assert again.exit_code == 6
    assert all(name in again.stderr for name in fresh)
    for path in tmp_path.iterdir():
        path.write_bytes(b"old")
    assert amend(plan_file, tmp_path, "--hold", "7", "--force").exit_code == 0

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == fresh


@pytest.mark.parametrize(
    ("options", "from_day", "code", "lines"),
    [
        ([], 57, 2, ["command line: of --hold, --back-to-day, --stretch-to, --faster-to, --stop-at-mg none is given;"]),
        (["--hold", "7", "--stop-at-mg", "1"], 57, 2, ["command line: of --hold, --back-to-day, --stretch-to, --fast"]),
        (["--hold", "a week"], "x", 2, ["command line: --from-day: 'x' is not", "command line: --hold: 'a week' is n"]),
        (["--stop-at-mg", "1,5"], 57, 2, ["command line: --stop-at-mg: '1,5' is not a number of mg, such as 5"]),
        (["--hold", "0"], 57, 3, ["--hold: 0 days is out of range; from 1 to 1714"]),
        (["--stop-at-mg", "0.15"], 57, 3, ["--stop-at-mg: 0.15 mg cannot be made; nearest that can: 0.1 and 0.2 mg"]),
        (["--stop-at-mg", "0.15001"], 57, 3, ["--stop-at-mg: 0.15001 mg is finer than 0.001 mg"]),
        (["--hold", "7"], 1, 3, ["--from-day: 1 is out of range; from 2 to 113, the first day to plan anew"]),
        (
            ["--hold", "7", "--approved-by", "Dr Example", "--approved-on", "20/1/2027"],
            57,
            3,
            ["command line: --approved-on: '20/1/2027' is not a date", "command line: --reference: is missing; it mu"],
        ),
    ],
    ids=str,
)
def test_amend_tells_every_wrong_option_at_once_and_leaves_nothing(
    options: list[str], from_day: object, code: int, lines: list[str], plan_file: Path, tmp_path: Path
) -> None:
    result = amend(plan_file, tmp_path / "out", *options, from_day=from_day)

    assert result.exit_code == code
    assert result.stdout == ""
    found = result.stderr.splitlines()
    assert len(found) == len(lines)
    for line, words in zip(sorted(found), sorted(lines), strict=True):
        assert line.startswith("stripgen: ")
        assert words in line
    assert not (tmp_path / "out").exists()


def test_an_empty_reason_is_refused_together_with_what_else_is_wrong(plan_file: Path, tmp_path: Path) -> None:
    result = run("amend", plan_file, "--from-day", "1.5", "--reason", " ", "--hold", "x", "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert [line.split(": ")[2] for line in result.stderr.splitlines()] == ["--from-day", "--hold", "--reason"]
    assert not (tmp_path / "out").exists()


def test_a_reason_that_cannot_be_printed_is_refused(plan_file: Path, tmp_path: Path) -> None:
    options = ("--hold", "7", "--out", tmp_path / "out")
    for reason, words in (("a\nb", "--reason: has the character U+000A"), ("x" * 241, "is too long; 240 characters")):
        result = run("amend", plan_file, "--from-day", "57", "--reason", reason, *options)

        assert result.exit_code == 3
        assert words in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"dose_mg": "20"', '"dose_mg": "21"', "days: are not the days of the plan: the file was changed"),
        ('"birth_date": "1981-05-12"', '"birth_date": "1981-05-13"', "is not what its order comes to"),
        ('"schema": 1,\n  "patient"', '"schema": 2,\n  "patient"', "schema: 2 is out of range; schema = 1"),
        ("{", "[", "is not a JSON text file"),
    ],
)
def test_a_plan_file_that_was_changed_is_refused(
    old: str, new: str, words: str, plan_file: Path, tmp_path: Path
) -> None:
    path, text = tmp_path / "changed.json", plan_file.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")

    result = amend(path, tmp_path / "out", "--hold", "7")

    assert result.exit_code == 3
    assert result.stderr.startswith(f"stripgen: {path}: ")
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_amendment_that_the_limits_do_not_allow_is_refused_with_the_limit(tmp_path: Path) -> None:
    path, order = tmp_path / "plan.json", edited(CITALOPRAM, tmp_path, "days = 112", "days = 112\nmax_drop_points = 3")
    path.write_text(run("plan", order, "--json", *ON).stdout, "utf-8")

    result = amend(path, tmp_path / "out", "--faster-to", "60", from_day=57)

    assert result.exit_code == 5
    assert "taper.max_drop_points: 3 " in result.stderr
    assert not (tmp_path / "out").exists()


def test_when_one_paper_cannot_be_put_in_its_place_none_is(
    plan_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def refuse_the_last(path: Path, target: Path) -> Path:
        if target.name.endswith("plan.json"):
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse_the_last)

    result = amend(plan_file, tmp_path, "--hold", "7")

    assert result.exit_code == 6
    assert "No space left on device" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.6])
def test_an_interrupted_amend_leaves_all_papers_or_none(seconds: float, plan_file: Path, tmp_path: Path) -> None:
    options = ["--from-day", "57", "--hold", "7", "--reason", "x", "--out", str(tmp_path)]
    command = [str(STRIPGEN), "amend", str(plan_file), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    process.wait(60)

    assert len(list(tmp_path.iterdir())) in {0, 3}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_patient_is_in_no_name_and_no_line(plan_file: Path, tmp_path: Path) -> None:
    result = amend(plan_file, tmp_path, "--hold", "7")

    assert "Example Patient" not in result.output + " ".join(path.name for path in tmp_path.iterdir())
