"""What the pharmacy knows when it prints, in a file of its own: for an order, and for an amended plan."""

from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from reading import read_pages, runs_of
from running import run

ROOT = Path(__file__).parents[1]
EVERY_FIELD = ROOT / "examples" / "every-label-field.toml"
NEW_LOTS = """
[dispensing]
lot = "N-1"
beyond_use_date = 2027-02-14
made_on = 2026-12-20
dispensed_on = 2026-12-21
serial = "S-2"

[[batch]]
lot = "NEW-LOT"
expires_on = 2028-01-31
"""
APPROVED = ("--approved-by", "Dr Example", "--approved-on", "2026-12-19", "--reference", "RX-2")


def said_on_strips(folder: Path) -> str:
    (pdf,) = folder.glob("*-strip-plan.pdf")
    pages = [" ".join(run.text for run in runs_of(page.upright)) for page in read_pages(pdf.read_bytes())]
    return " ".join(page for page in pages if page.startswith("Strip labels"))


@pytest.fixture
def amendable(tmp_path: Path) -> Path:
    plan = run("plan", EVERY_FIELD, "--json", "--issued-on", "2026-11-23")
    path = tmp_path / "plan.json"
    path.write_text(plan.output, "utf-8")
    return path


def amend(plan: Path, out: Path, *more: object) -> Result:
    dates = ("--from-day", 29, "--hold", 14, "--reason", "Dizzy", "--issued-on", "2026-12-19", "--out", out)
    return run("amend", plan, *dates, *APPROVED, *more)


@pytest.mark.parametrize("profile", ["uk", "us", "generic"])
def test_an_amended_plan_is_printed_by_label_rules_with_the_lots_of_its_new_pouches(
    amendable: Path, tmp_path: Path, profile: str
) -> None:
    (tmp_path / "lots.toml").write_text(NEW_LOTS, "utf-8")
    result = amend(amendable, tmp_path / "out", "--profile", profile, "--dispensing", tmp_path / "lots.toml")
    assert result.exit_code == 0, result.output
    said = said_on_strips(tmp_path / "out")

    assert "Lot N-1" in said
    assert "Lot of contents: NEW-LOT" in said
    assert "Storage: below 25 °C, in the roll, away from light" in said  # as true of the pouches made anew
    assert not any(old in said for old in ("L-2026-118", "T-77120", "C-2611"))


def test_an_amended_plan_without_new_lots_never_prints_those_of_the_pouches_made_before(
    amendable: Path, tmp_path: Path
) -> None:
    result = amend(amendable, tmp_path / "out")
    assert result.exit_code == 0, result.output
    said = said_on_strips(tmp_path / "out")

    assert not any(old in said for old in ("L-2026-118", "T-77120", "C-2611"))
    assert "Lot of contents: 5 mg ____" in said


def test_an_amended_plan_that_lacks_what_rules_ask_for_says_where_to_give_it(amendable: Path, tmp_path: Path) -> None:
    result = amend(amendable, tmp_path / "out", "--profile", "uk")

    assert result.exit_code == 3
    assert "dispensing.lot: is missing; the profile uk wants lot" in result.output
    assert "(--dispensing)" in result.output


def test_a_file_stands_in_place_of_the_orders_own_tables(tmp_path: Path) -> None:
    (tmp_path / "lots.toml").write_text(NEW_LOTS.replace("2026-12-2", "2026-11-2"), "utf-8")  # before day 1
    result = run("make", EVERY_FIELD, "--dispensing", tmp_path / "lots.toml", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    said = said_on_strips(tmp_path / "out")

    assert "Lot N-1" in said
    assert "L-2026-118" not in said


@pytest.mark.parametrize(
    ("text", "exit_code", "told"),
    [
        (
            "[taper]\ndays = 3\n",
            3,
            "taper: does not belong in a file for --dispensing; [dispensing], [[batch]] and [record] only",
        ),
        ("[dispensing]\nlots = 'x'\n", 3, "dispensing.lots"),
        ("schema = 2\n", 3, "lots.toml: schema: 2 is not allowed; schema = 1, the only one there is"),
        ("schema = true\n[dispensing]\nlot = 'A'\n", 3, "schema: true is not allowed; schema = 1"),
        ("[dispensing]\nmade_on = 2027-03-01\nbeyond_use_date = 2027-02-01\n", 3, "2027-03-01 is after the beyond-use"),
        (
            "[dispensing]\nmade_on = 2027-01-02\ndispensed_on = 2027-01-01\n",
            3,
            "dispensed_on: 2027-01-01 is before the pouches are made; a date from 2027-01-02 on",
        ),
        ("[[batch]]\nlot = 'A'\n[[batch]]\nlot = 'A'\n", 3, "batch[2].lot: 'A' is there twice for this strength; once"),
        ("[[batch]]\nlot = 'A'\nexpires_on = 2026-12-24\n", 3, "lot_expires_too_early"),
        ("[dispensing]\nbeyond_use_date = 31-12-2026\n", 3, "a date is year-month-day: 2026-12-31"),
        ("[dispensing]\nbeyond_use_date = 2026-04-31\n", 3, "there is no such date"),
        ("[[batch]]\nstrength_mg = 0,5\nlot = 'A'\n", 3, "'strength_mg = 0,5'; a decimal point, not a comma: 0.5"),
        ("[dispensing]\nlot = A-1\n", 3, "text stands in quotes"),
    ],
)
def test_a_wrong_file_is_refused_with_the_remedy_and_nothing_is_written(
    tmp_path: Path, text: str, exit_code: int, told: str
) -> None:
    (tmp_path / "lots.toml").write_text(text, "utf-8")
    result = run("make", EVERY_FIELD, "--dispensing", tmp_path / "lots.toml", "--out", tmp_path / "out")

    assert result.exit_code == exit_code
    assert told in result.output
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_utf_8_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "order.toml").write_bytes('[patient]\nname = "Müller"\n'.encode("latin-1"))
    result = run("check", tmp_path / "order.toml")

    assert result.exit_code == 3
    assert "line 2 has a character that is not UTF-8; save the file as UTF-8" in result.output


def test_the_sheet_knows_the_lots_and_dates_that_labels_print(tmp_path: Path) -> None:
    result = run("make", EVERY_FIELD, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*.xlsx")
    workbook = openpyxl.load_workbook(path)
    cells = {tab.title: [[cell.value for cell in row] for row in tab.iter_rows()] for tab in workbook.worksheets}
    lots = {row[1]: row for row in cells["Compounding"] if row[0] in {"tablet", "capsule"}}

    assert "T-77120" in lots[5]
    assert "C-2611" in lots[1]
    assert "C-2612" in lots[0.5]
    order = {row[0]: row[1] for row in cells["Order"] if row[0]} | {
        row[index]: row[index + 1] for row in cells["Order"] for index in range(len(row) - 1) if row[index]
    }
    assert order["Storage"] == "below 25 °C, in the roll, away from light"
    assert order["Directions"] == "One pouch each morning with water"
    assert order["Serial number"] == "S-000417"


def test_unsure_rules_are_said_on_screen_when_labels_are_made_by_them(tmp_path: Path) -> None:
    nl, uk = (run("make", EVERY_FIELD, "--profile", name, "--out", tmp_path / name) for name in ("nl", "uk"))

    assert "profile nl: 7 of 19 rules [?] seen second-hand only" in nl.output
    assert "[?]" not in uk.output


def test_all_that_is_wrong_with_what_was_asked_is_told_at_once() -> None:
    asked = (
        "--profile",
        "be",
        "--stock",
        "nope",
        "--first-strip-label",
        9,
        "--offset-mm",
        "a",
        "--calendar-names-drug",
    )
    result = run("make", EVERY_FIELD, *asked)

    assert result.exit_code == 4
    for option in ("--profile", "--stock", "--first-strip-label", "--offset-mm", "--calendar-names-drug"):
        assert sum(line.startswith(f"stripgen: {option}: ") for line in result.output.splitlines()) == 1
