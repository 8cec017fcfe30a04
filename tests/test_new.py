"""`stripgen new` asks until each answer is right, and writes a commented order that says exactly what was answered."""

import datetime as dt
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from orders import FORMULARY, order_of, plan_of, random_raw_order

import stripgen.commands.asking
from stripgen.answers.dialogue import ask_all
from stripgen.answers.form import fill_form
from stripgen.answers.questions import QUESTIONS, nest
from stripgen.cli import main
from stripgen.domain.order import Order
from stripgen.files import data, load_order_file, load_order_form

WORDS = {question.path: question.words for question in QUESTIONS}
UNITS_ONLY = {"compounding.unit", "compounding.max_units_per_pouch"}
CAPSULES_ONLY = {"compounding.increment_mg"}
WAY = "Pouches: a capsule made for each dose (capsule), or strengths combined (units)"
START = {"taper.start_date": "2026-12-01"}
APPROVED = {
    **START,
    "patient.name": "Zoë O'Brien",
    "patient.birth_date": "1981-05-12",
    "prescriber.name": "Dr Example",
    "pharmacy.name": "Example Pharmacy",
    "pharmacy.address": "1 Example Street, Example Town",
    "pharmacy.phone": "+00 000 0000",
    "approval.approved_by": "Dr Example",
    "approval.approved_on": "2026-11-20",
    "approval.reference": "RX-2026-0117",
}


def typed(answers: Mapping[str, str | list[str]], way: str = "") -> list[str]:
    """Return the lines a person types: answers by path (several where the first are wrong), Enter for all others."""
    asked = set(WORDS) - (CAPSULES_ONLY if way.startswith("u") else UNITS_ONLY)
    if "approval.approved_by" not in answers:
        asked -= {"approval.approved_on", "approval.reference"}
    assert answers.keys() <= asked
    lines = [way]
    for path in WORDS:
        if path in asked:
            answer = answers.get(path, "")
            lines += [answer] if isinstance(answer, str) else answer
    return lines


def run_new(path: Path, lines: list[str], *options: str) -> Result:
    """Return the outcome of `stripgen new` when these lines are typed; a crash goes on as the exception it is."""
    given = "".join(f"{line}\n" for line in lines)
    return CliRunner().invoke(main, ["new", str(path), *options], given, catch_exceptions=False)


def read_back(path: Path) -> Order:
    return order_of(load_order_file(path))


# --- the file it writes ----------------------------------------------------------------------------------------------


def test_enter_all_the_way_gives_a_draft_that_can_be_planned(tmp_path: Path) -> None:
    path = tmp_path / "order.toml"

    result = run_new(path, typed({}))

    assert result.exit_code == 0
    assert f"{path} is written" in result.stdout
    plan = plan_of(load_order_file(path))
    assert plan.status == "draft"
    assert plan.order.medication.drug == "citalopram"
    assert plan.order.compounding.increment_mg == Decimal("0.1")
    assert plan.order.taper.start_date.weekday() == 0


@pytest.mark.parametrize("day", range(1, 8))
def test_the_first_day_offered_is_the_second_monday_from_today(day: int) -> None:
    offered: dict[str, str] = {}

    def ask(words: str, default: str) -> str:
        offered[words] = default
        return default

    answers = ask_all(ask, pytest.fail, FORMULARY, today=dt.date(2026, 11, 22 + day))  # Mon 23 to Sun 29

    assert offered[WORDS["taper.start_date"]] == "2026-12-07"
    assert answers["taper.start_date"] == dt.date(2026, 12, 7)


def test_the_file_is_readable_by_its_owner_only_and_keeps_the_comments_of_the_form(tmp_path: Path) -> None:
    path = tmp_path / "order.toml"
    run_new(path, typed(APPROVED))

    text = path.read_text("utf-8")

    assert path.stat().st_mode & 0o777 == 0o600
    comments = [line for line in load_order_form().splitlines() if line.startswith("#")]
    assert len(comments) >= 4
    assert [comment for comment in comments if comment not in text.splitlines()] == []
    assert "{{" not in text


def test_what_is_left_out_stays_in_the_file_as_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "order.toml"
    run_new(path, typed(START))

    lines = path.read_text("utf-8").splitlines()

    for line in (
        "# [approval]",
        "# approved_by =",
        "# [patient]",
        "# name =",
        "# curve =",
        "# [dispensing]",
        "# lot =",
    ):
        assert line in lines


def test_an_approved_order_says_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "order.toml"
    more = {
        "medication.drug": "escitalopram",
        "medication.curve": "escitalopram-klein-2006-midbrain",
        "compounding.increment_mg": "0.25",
        "taper.start_dose_mg": "10",
        "taper.end_dose_mg": "2.5",
        "taper.days": "60",
        "taper.first_day": "reduced",
        "taper.days_per_strip": "7",
        "patient.identifier": "P-1",
        "prescriber.identifier": "RX-1",
        "dispensing.lot": "L-1",
        "dispensing.beyond_use_date": "2027-06-30",
    }

    result = run_new(path, typed(APPROVED | more))

    assert result.exit_code == 0
    assert read_back(path) == order_of(
        {
            "schema": 1,
            "patient": {"name": "Zoë O'Brien", "birth_date": dt.date(1981, 5, 12), "identifier": "P-1"},
            "prescriber": {"name": "Dr Example", "identifier": "RX-1"},
            "approval": {
                "approved_by": "Dr Example",
                "approved_on": dt.date(2026, 11, 20),
                "reference": "RX-2026-0117",
            },
            "pharmacy": {
                "name": "Example Pharmacy",
                "address": "1 Example Street, Example Town",
                "phone": "+00 000 0000",
            },
            "medication": {"drug": "escitalopram", "curve": "escitalopram-klein-2006-midbrain"},
            "taper": {
                "start_dose_mg": 10,
                "end_dose_mg": Decimal("2.5"),
                "days": 60,
                "start_date": dt.date(2026, 12, 1),
                "first_day": "reduced",
                "days_per_strip": 7,
            },
            "compounding": {"increment_mg": Decimal("0.25")},
            "dispensing": {"lot": "L-1", "beyond_use_date": dt.date(2027, 6, 30)},
        }
    )
    checked = CliRunner().invoke(main, ["check", str(path), "--issued-on", "2026-11-23"], catch_exceptions=False)
    assert checked.exit_code == 0
    assert "may be dispensed" in checked.stdout


def test_the_units_way_asks_for_strengths_and_not_for_an_increment(tmp_path: Path) -> None:
    path = tmp_path / "order.toml"

    result = run_new(
        path,
        typed(
            START
            | {"compounding.unit": "10 tablet; 5 mg tablet; 1mg; 0.5 film", "compounding.max_units_per_pouch": "8"},
            way="units",
        ),
    )

    assert result.exit_code == 0
    assert WORDS["compounding.increment_mg"] not in result.output
    compounding = read_back(path).compounding
    assert [(str(unit.strength_mg), unit.form) for unit in compounding.unit or ()] == [
        ("10", "tablet"),
        ("5", "tablet"),
        ("1", "capsule"),
        ("0.5", "film"),
    ]
    assert compounding.max_units_per_pouch == 8
    assert "[[compounding.unit]]" in path.read_text("utf-8").splitlines()


def test_the_strengths_offered_are_taken_by_enter(tmp_path: Path) -> None:
    path = tmp_path / "order.toml"

    assert run_new(path, typed(START, way="units")).exit_code == 0

    assert [unit.strength_mg for unit in read_back(path).compounding.unit or ()] == [10, 5, 1, Decimal("0.5")]


@pytest.mark.parametrize("way", ["strengths", "tablets", "both", "1"])
def test_a_way_that_is_not_one_of_the_two_is_asked_again(way: str, tmp_path: Path) -> None:
    path = tmp_path / "order.toml"

    result = run_new(path, [way, *typed(START, way="units")])

    assert result.exit_code == 0
    assert result.output.count(WAY) == 2
    assert read_back(path).compounding.unit


@pytest.mark.parametrize("way", ["Units", " UNITS ", "u"])
def test_the_units_way_is_understood_however_it_is_typed(way: str, tmp_path: Path) -> None:
    path = tmp_path / "order.toml"

    result = run_new(path, [way, *typed(START, way="units")[1:]])

    assert result.exit_code == 0
    assert read_back(path).compounding.unit


# --- wrong answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wrong", "right", "reason"),
    [
        ("medication.drug", "Citalopram", "citalopram", "did you mean citalopram?"),
        ("medication.curve", "mine", "citalopram-article", "'mine' is not a curve of citalopram; one of citalopram-"),
        ("compounding.increment_mg", "0,1", "0.1", "'0,1' is text, not a number; write 0.1"),
        ("compounding.increment_mg", "0.0001", "0.1", "0.0001 is out of range; a number of mg from 0.001"),
        ("taper.start_dose_mg", "20 mg", "20", "'20 mg' is text, not a number"),
        ("taper.start_dose_mg", "nan", "20", "'nan' is text, not a number"),
        ("taper.end_dose_mg", "-1", "0", "-1 is out of range"),
        ("taper.days", "4 weeks", "28", "'4 weeks' is text; whole days from 1 to 1826 (5 years)"),
        ("taper.days", "4000", "28", "4000 is out of range; whole days from 1 to 1826 (5 years)"),
        ("taper.start_date", "1/12/2026", "2026-12-01", "'1/12/2026' is not a date"),
        ("taper.start_date", "2016-12-01", "2026-12-01", "2016-12-01 is out of range; a date from 2020-01-01"),
        ("taper.first_day", "monday", "start", "'monday' is not allowed; one of 'start', 'reduced'"),
        ("taper.days_per_strip", "29", "28", "29 is out of range; whole days from 1 to 28"),
        ("patient.name", "N" * 121, "N" * 120, "is too long; 120 characters at most"),
        ("patient.name", "Zo\x07e", "Zoe", "has the character U+0007, which cannot be printed"),
        ("patient.birth_date", "12 May 1981", "1981-05-12", "what stands there is not a date"),
        ("patient.birth_date", "2027-05-12", "1981-05-12", "is after the taper starts; a date up to 2026-12-01"),
        ("approval.approved_on", "", "2026-11-20", "is missing; it must be given"),
        ("approval.reference", "", "RX-1", "is missing; it must be given"),
        ("dispensing.beyond_use_date", "June", "2027-06-30", "'June' is not a date"),
    ],
)
def test_a_wrong_answer_is_asked_again_with_the_reason(
    path: str, wrong: str, right: str, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "order.toml"

    result = run_new(file, typed({**APPROVED, path: [wrong, wrong, right]}))

    assert result.exit_code == 0
    first, second, third = result.output.split(WORDS[path])[1:]
    assert reason in first
    assert reason in second
    assert reason not in third
    assert file.exists()
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("path", "wrong", "right", "reason"),
    [
        ("compounding.unit", "2,5 tablet; 1", "2.5 tablet; 1", "'2,5' is text, not a number; write 2.5"),
        ("compounding.unit", "10, 5, 1", "10; 5; 1", "is text, not a number"),
        ("compounding.unit", "10 pill", "10; 1", "'pill' is not allowed; one of 'capsule', 'tablet'"),
        ("compounding.unit", "10; 10 tablet", "10; 1", "10 is there twice; each strength once"),
        ("compounding.unit", "10; ; 1", "10; 1", "'' is text, not a number"),
        ("compounding.max_units_per_pouch", "many", "30", "'many' is text; a whole number from 1 to 30"),
        ("compounding.max_units_per_pouch", "31", "30", "31 is out of range; a whole number from 1 to 30"),
    ],
)
def test_a_wrong_answer_of_the_units_way_is_asked_again_with_the_reason(
    path: str, wrong: str, right: str, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "order.toml"
    most: dict[str, str | list[str]] = {**START, "compounding.max_units_per_pouch": "30"}

    result = run_new(file, typed({**most, path: [wrong, right]}, way="units"))

    assert result.exit_code == 0
    first, second = result.output.split(WORDS[path])[1:]
    assert reason in first
    assert reason not in second


def test_a_drug_without_a_default_curve_asks_for_the_curve(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    curve = "escitalopram-sorensen-2022-putamen"

    result = run_new(file, typed({**START, "medication.drug": "escitalopram", "medication.curve": ["", curve]}))

    assert result.exit_code == 0
    assert "escitalopram has no default; one of escitalopram-sorensen-2022-thalamus" in result.output
    assert read_back(file).medication.curve == curve


def test_an_approval_asks_again_for_what_an_approved_order_must_name(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    nameless: dict[str, str | list[str]] = {
        **START,
        **{path: answer for path, answer in APPROVED.items() if path.startswith("approval.")},
    }
    again = [answer for path, answer in APPROVED.items() if path.startswith(("patient.", "prescriber.", "pharmacy."))]

    result = run_new(file, typed(nameless) + again)

    assert result.exit_code == 0
    assert "patient.name: is missing; an approved order names it" in result.output
    assert read_back(file) == read_back_of_approved(tmp_path)


def read_back_of_approved(tmp_path: Path) -> Order:
    file = tmp_path / "approved.toml"
    run_new(file, typed(APPROVED))
    return read_back(file)


@pytest.mark.parametrize(
    ("answers", "path", "right", "reason"),
    [
        ({"taper.start_dose_mg": "20.05"}, "taper.start_dose_mg", "20", "20.05 mg cannot be made from"),
        ({"taper.end_dose_mg": "20"}, "taper.end_dose_mg", "0", "20 is not below the start dose; from 0 (stop)"),
        ({"taper.end_dose_mg": "30"}, "taper.end_dose_mg", "10", "30 is not below the start dose; from 0 (stop)"),
        ({"taper.end_dose_mg": "10", "taper.days": "1"}, "taper.days", "2", "1 day cannot be both the start and the"),
    ],
)
def test_answers_that_do_not_fit_together_are_asked_again_at_once_with_the_reason(
    answers: dict[str, str], path: str, right: str, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "order.toml"

    result = run_new(file, typed({**START, **answers, path: [answers[path], right]}))

    assert result.exit_code == 0
    before, told, after = result.output.partition(reason)
    assert told
    assert WORDS[path] in before
    assert WORDS[path] in after
    table, _, key = path.partition(".")
    assert str(getattr(getattr(read_back(file), table), key)) == right


# --- what was typed is never lost ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wrong", "taken"),
    [
        ("medication.drug", ["sertralin", "Citalopram"], "citalopram"),
        ("compounding.increment_mg", ["x", "0,1", "0"], Decimal("0.1")),
        ("taper.start_dose_mg", ["y", "20 mg", "9999"], 20),
        ("taper.end_dose_mg", ["z", "-1", "20"], 0),
        ("taper.days", ["4 weeks", "0"], 112),
        ("taper.first_day", ["monday", "sunday"], "start"),
        ("taper.days_per_strip", ["29", "a"], 28),
    ],
)
def test_enter_after_refused_answers_takes_what_is_still_offered(
    path: str, wrong: list[str], taken: object, tmp_path: Path
) -> None:
    file = tmp_path / "order.toml"

    result = run_new(file, typed({**START, path: [*wrong, ""]}))

    assert result.exit_code == 0
    default = next(question.default for question in QUESTIONS if question.path == path)
    assert result.output.count(f"{WORDS[path]} [{default}]: ") == len(wrong) + 1
    assert f"{WORDS[path]}: " not in result.output
    table, _, key = path.partition(".")
    assert getattr(getattr(read_back(file), table), key) == taken


@pytest.mark.parametrize(
    ("path", "wrong"),
    [("compounding.unit", ["2,5", "10 pill", "10; 10"]), ("compounding.max_units_per_pouch", ["many", "31", "0"])],
)
def test_enter_after_refused_answers_of_the_units_way_takes_what_is_still_offered(
    path: str, wrong: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "order.toml"

    result = run_new(file, typed({**START, path: [*wrong, ""]}, way="units"))

    assert result.exit_code == 0
    compounding = read_back(file).compounding
    assert [unit.strength_mg for unit in compounding.unit or ()] == [10, 5, 1, Decimal("0.5")]
    assert compounding.max_units_per_pouch == 6


def test_refused_answers_to_every_question_in_turn_lose_no_other_answer(tmp_path: Path) -> None:
    wrong = {
        "medication.drug": "sertralin",
        "medication.curve": "mine",
        "compounding.increment_mg": "x",
        "taper.start_dose_mg": "x",
        "taper.end_dose_mg": "x",
        "taper.days": "x",
        "taper.start_date": "x",
        "taper.first_day": "x",
        "taper.days_per_strip": "x",
        "patient.birth_date": "x",
        "patient.language": "x",
        "pharmacy.language": "x",
        "dispensing.beyond_use_date": "x",
        "approval.approved_on": "x",
    }
    file = tmp_path / "order.toml"

    result = run_new(file, typed(APPROVED | {path: [no, no, APPROVED.get(path, "")] for path, no in wrong.items()}))

    assert result.exit_code == 0
    assert read_back(file) == read_back_of_approved(tmp_path)


@pytest.mark.parametrize("path", ["medication.drug", "taper.start_dose_mg", "taper.start_date"])
def test_a_blank_answer_to_a_question_that_needs_one_is_refused_on_the_spot(path: str, tmp_path: Path) -> None:
    file = tmp_path / "order.toml"

    result = run_new(file, typed({**START, path: [" ", "  ", START.get(path, "")]}))

    assert result.exit_code == 0
    assert result.stderr.count("is empty; Enter alone takes what stands in brackets") == 2
    assert read_back(file).taper.start_date == dt.date(2026, 12, 1)


def test_a_dose_that_cannot_be_made_leads_back_to_the_strengths_with_all_that_was_typed(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    lines = ["units", "sertraline", "", "25", "2", "100", "100", "<", "<", "50; 25", "", "100", *[""] * 30]

    result = run_new(file, lines)

    assert result.exit_code == 0
    assert "< goes back to the question before" in result.stderr.split("100 mg cannot be made", 2)[2]
    assert f"{WORDS['compounding.max_units_per_pouch']} [2]: " in result.output
    assert f"{WORDS['compounding.unit']} [25]: " in result.output
    order = read_back(file)
    assert order.medication.drug == "sertraline"
    assert [unit.strength_mg for unit in order.compounding.unit or ()] == [50, 25]
    assert order.compounding.max_units_per_pouch == 2
    assert order.taper.start_dose_mg == 100


def test_going_back_from_the_first_question_chooses_the_way_again(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"

    result = run_new(file, ["units", "", "", "<", "<", "<", *typed(START)])

    assert result.exit_code == 0
    assert result.output.count(WAY) == 2
    assert read_back(file).compounding.increment_mg == Decimal("0.1")


def test_an_answer_that_no_longer_fits_after_going_back_is_asked_for_again(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    until_birth = ["", "", "", "", "", "", "", "2026-12-01", "", "", "A. Patient", "2025-01-01"]
    to_the_start_date = ["<"] * 5
    lines = [*until_birth, *to_the_start_date, "2024-06-03", "", "", "", "2024-01-01", *[""] * 30]

    result = run_new(file, lines)

    assert result.exit_code == 0
    order = read_back(file)
    assert (order.patient.name, order.patient.birth_date) == ("A. Patient", dt.date(2024, 1, 1))
    assert order.taper.start_date == dt.date(2024, 6, 3)


@pytest.mark.parametrize("way", ["", "units"])
def test_nobody_at_a_prompt_is_told_of_quotes_or_of_keys_in_a_file(way: str, tmp_path: Path) -> None:
    strengths: dict[str, str | list[str]] = {"compounding.unit": ["x", "1,5", ""]} if way else {}
    wrong = {
        "taper.start_dose_mg": ["x", "20,5", "20.03", ""],
        "taper.end_dose_mg": ["x", "0.03", ""],
        "taper.days": ["x", ""],
        "taper.start_date": ["x", "2026-12-01"],
        "medication.drug": ["x", ""],
    }

    result = run_new(tmp_path / "order.toml", typed(strengths | wrong, way))

    assert result.exit_code == 0
    assert result.stderr.count("is text, not a number") >= 3
    words = ("quotes", "increment_mg", "[[", "[compounding]", "taper.", "custom_curve", "_mg")
    assert [word for word in words if word in result.stderr] == []


@pytest.mark.parametrize("n_lines", [0, 1, 4, 12])
def test_input_that_ends_says_so_on_a_line_of_its_own(n_lines: int, tmp_path: Path) -> None:
    result = run_new(tmp_path / "order.toml", typed(START)[:n_lines])

    assert result.exit_code == 130
    assert result.stdout.endswith(": \n")
    assert result.stderr.splitlines()[-1] == "stripgen: stopped; nothing was written"
    assert "Traceback" not in result.output


# --- the file that is there, and stopping half-way -------------------------------------------------------------------


def test_a_file_that_is_there_is_refused_before_the_first_question(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    file.write_bytes(b"mine")

    result = run_new(file, typed(START))

    assert result.exit_code == 6
    assert result.stderr == f"stripgen: {file}: is there already; --force replaces it\n"
    assert WAY not in result.output
    assert file.read_bytes() == b"mine"


def test_a_file_that_is_there_is_replaced_by_force(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    file.write_bytes(b"mine")

    result = run_new(file, typed(START), "--force")

    assert result.exit_code == 0
    assert read_back(file).taper.days == 112
    assert [path.name for path in tmp_path.iterdir()] == ["order.toml"]


@pytest.mark.parametrize("n_answers", [0, 1, 7, -1])
def test_input_that_ends_early_writes_nothing(n_answers: int, tmp_path: Path) -> None:
    result = run_new(tmp_path / "sub" / "order.toml", typed(APPROVED)[:n_answers])

    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n_answers", [0, 7, 20])
def test_ctrl_c_writes_nothing(n_answers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[str] = []

    def prompt(_: str, default: str) -> str:
        if len(answered) == n_answers:
            raise KeyboardInterrupt
        answered.append(default)
        return default

    monkeypatch.setattr(stripgen.commands.asking, "_prompt", prompt)
    result = run_new(tmp_path / "order.toml", [])

    assert len(answered) == n_answers
    assert result.exit_code != 0
    assert "stopped; nothing was written" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place",
    [lambda tmp: tmp, lambda tmp: tmp / "file" / "order.toml", lambda _: Path("/")],
    ids=["a folder", "below a file", "the root"],
)
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_place_where_no_file_can_be_is_an_error_and_no_crash(
    place: Callable[[Path], Path], force: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"mine")

    result = run_new(place(tmp_path), typed(START), *force)

    assert result.exit_code == 6
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not text"])
def test_a_form_that_cannot_be_read_is_an_error_of_the_installation(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "templates").mkdir()
    form = tmp_path / "templates" / "order-form.toml"
    if content is not None:
        form.write_bytes(content)
    monkeypatch.setattr(data, "template_folder", lambda: tmp_path / "templates")

    result = run_new(tmp_path / "order.toml", typed(START))

    assert result.exit_code == 4
    assert f"stripgen: {form}: " in result.stderr
    assert not (tmp_path / "order.toml").exists()


# --- every answer survives -------------------------------------------------------------------------------------------

FORM = load_order_form()
_UNPRINTABLE: Any = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_TEXTS = st.text(st.characters(exclude_categories=_UNPRINTABLE), min_size=1, max_size=50)
_TRICKY = st.text(st.sampled_from(tuple("\"'\\#=[]{}.,;\n# éλЖ日🙂 \u0301")), min_size=1, max_size=30)
_NAMES = (_TEXTS | _TRICKY).filter(lambda text: "\n" not in text and bool(unicodedata.normalize("NFC", text).strip()))


def answers_of(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a raw order as answers by path; an own curve cannot be asked for, the drug's default stands in."""
    if "custom_curve" in raw["medication"]:
        raw = {**raw, "medication": {"drug": "citalopram"}}
    return {path: raw[path.partition(".")[0]][path.partition(".")[2]] for path in WORDS if is_given(raw, path)}


def is_given(raw: dict[str, Any], path: str) -> bool:
    table, _, key = path.partition(".")
    return key in raw.get(table, {})


_TEXT_FIELDS = (
    *("patient.name", "patient.identifier", "prescriber.name", "prescriber.identifier"),
    *("pharmacy.name", "pharmacy.address", "pharmacy.phone", "approval.approved_by", "approval.reference"),
)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), names=st.lists(_NAMES, min_size=9, max_size=9))
@example(seed=0, names=['"', "\\", '"""', "'''", "{{taper.days}}", "[approval]", "\\u0041", "a\\", "# x"])
@example(seed=1, names=["a = 1", "[[compounding.unit]]", "\u00a0x\u3000", "é", "e\u0301", "🙂", "=1+1", "'", "\\n"])
def test_every_order_survives_the_form(seed: int, names: list[str]) -> None:
    answers = answers_of(random_raw_order(Random(seed)))  # noqa: S311 - nothing secret
    answers |= dict(zip(_TEXT_FIELDS, names, strict=True))
    if "approval.approved_on" not in answers:
        answers = {path: answer for path, answer in answers.items() if not path.startswith("approval.")}

    text = fill_form(FORM, answers)

    raw = tomllib.loads(text, parse_float=Decimal)
    assert order_of(raw) == order_of(nest(answers))


@settings(max_examples=100, deadline=None)
@given(name=_NAMES)
@example(name='Jan "Zoë" O\\Brien')
@example(name="[capsule]")
def test_a_name_typed_at_the_prompt_is_the_name_in_the_order(name: str) -> None:
    assume(len(unicodedata.normalize("NFC", name)) <= 120 and name.strip() != "<")  # which goes back
    lines = iter(typed({**START, "patient.name": name}))

    def ask(_: str, default: str) -> str:
        return next(lines) or default

    answers = ask_all(ask, refuse_to_tell, FORMULARY, dt.date(2026, 11, 23))

    order = order_of(tomllib.loads(fill_form(FORM, answers), parse_float=Decimal))
    assert order.patient.name == unicodedata.normalize("NFC", name).strip()


def refuse_to_tell(words: str) -> NoReturn:
    pytest.fail(f"a right answer was refused: {words}")
