"""`--strip 2`: one strip's labels and dispensing sheet, with its own counts, made again bit for bit."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lots_and_dates import amended_plan
from orders import IN_ENGLISH, PRINTED, RawOrder, plan_of, printing, raw_order, varied_raw_orders
from reading import lines_of, plain_spaces, read_pages
from reading_sheets import cells_of, convert, needs_libreoffice
from running import run

from stripgen.domain.plan import Plan, count_units
from stripgen.domain.printing import Printing
from stripgen.domain.wording import Language
from stripgen.errors import AnswerInvalid
from stripgen.files import load_profiles, load_wording
from stripgen.orders import read_asked
from stripgen.papers import render_documents
from stripgen.planning.dating import date_plan
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.words import Words
from stripgen.verifying.papers import open_paper

ROOT = Path(__file__).parent.parent
CITALOPRAM, HALVES = (ROOT / "examples" / f"{name}.toml" for name in ("citalopram", "half-tablets"))
UNDER_WAY = ROOT / "examples" / "plan-under-way.json"
ON = ("--issued-on", "2026-11-23")
LANGUAGES: tuple[Language, ...] = get_args(Language)


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """Return an order of four strips of five days."""
    text = CITALOPRAM.read_text("utf-8").replace("days = 112", "days = 20\ndays_per_strip = 5")
    path = tmp_path / "order.toml"
    path.write_text(text, "utf-8")
    return path


def make(out: Path, source: Path, *words: object) -> dict[str, bytes]:
    result = run("make", source, "--out", out, *ON, *words)
    assert result.exit_code == 0, result.output
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def labels_in(files: dict[str, bytes]) -> bytes:
    (labels,) = (pdf for name, pdf in files.items() if name.endswith("-labels.pdf") and "strip-labels" not in name)
    return labels


def texts_of(pdf: bytes) -> list[str]:
    return [plain_spaces(" ".join(lines_of(page.letters))) for page in read_pages(pdf)]


def of_strip(strip: int) -> Printing:
    whole = printing()
    return Printing(whole.profile, whole.pouch_labels, whole.strip_labels, whole.patient_pages, strip=strip)


# --- what is made ----------------------------------------------------------------------------------------------------


def test_labels_and_sheet_of_one_strip_are_made_and_no_strip_plan(tmp_path: Path) -> None:
    files = make(tmp_path, CITALOPRAM, "--strip", 2)

    assert list(files) == [
        f"WSJ6-QACZ-strip-2-{name}" for name in ("dispensing.xlsx", "labels.pdf", "strip-labels.pdf")
    ]
    pouches, (strip_label,) = (
        texts_of(files["WSJ6-QACZ-strip-2-labels.pdf"]),
        texts_of(files["WSJ6-QACZ-strip-2-strip-labels.pdf"]),
    )
    said = " ".join(pouches)
    assert said.startswith("Pouch labels, strip 2 of 4")
    assert [day for day in range(1, 113) if f"Day {day} of 112 " in said] == list(range(29, 57))
    assert "Strip 2 of 4" in strip_label
    assert not any(f"Strip {other} of 4" in strip_label for other in (1, 3, 4))


def test_the_labels_are_those_of_the_whole_plan(short: Path, tmp_path: Path) -> None:
    whole, second = (
        texts_of(labels_in(make(tmp_path / name, short, "--stock", "roll-62x50", *asked)))
        for name, asked in (("whole", ()), ("one", ("--strip", 2)))
    )

    assert [sorted(text.split()) for text in second] == [sorted(text.split()) for text in whole[5:10]]


@pytest.mark.parametrize(
    "source", [CITALOPRAM, HALVES, ROOT / "examples" / "solution.toml"], ids=lambda path: path.stem
)
def test_a_paper_of_one_strip_is_made_again_bit_for_bit(source: Path, tmp_path: Path) -> None:
    first = make(tmp_path / "first", source, "--strip", 2)

    for name in (name for name in first if not name.endswith("strip-labels.pdf")):
        assert make(tmp_path / f"again-{name}", tmp_path / "first" / name) == first, name


def test_a_paper_of_all_strips_gives_one_and_one_gives_all_as_they_were_printed(short: Path, tmp_path: Path) -> None:
    whole = make(tmp_path / "whole", short, "--stock", "avery-l7160")
    (sheet,) = (tmp_path / "whole").glob("*.xlsx")
    one = make(tmp_path / "one", sheet, "--strip", 3)
    (labels,) = (tmp_path / "one").glob("*-strip-3-labels.pdf")

    assert one == make(tmp_path / "direct", short, "--stock", "avery-l7160", "--strip", 3)
    assert make(tmp_path / "back", labels, "--strip", "all") == whole


def test_every_paper_carries_the_whole_plan_and_which_strip_it_is_of(short: Path, tmp_path: Path) -> None:
    for name, content in make(tmp_path / "one", short, "--strip", 2).items():
        paper = open_paper(name, content)
        assert paper.printing is not None
        assert paper.printing["strip"] == 2
        assert len(paper.plan["days"]) == 20
    for name, content in make(tmp_path / "whole", short).items():
        whole = open_paper(name, content)
        assert whole.printing is not None
        assert "strip" not in whole.printing


# --- the sheet -------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(raw=varied_raw_orders(), days_per_strip=st.sampled_from([1, 5, 14, 28]), share=st.floats(0, 0.999))
def test_the_sheets_rows_counts_and_totals_are_the_strips_own(raw: RawOrder, days_per_strip: int, share: float) -> None:
    raw["taper"]["days_per_strip"] = days_per_strip
    plan = plan_of(raw)
    assume(len(plan.strips) > 1)
    strip = plan.strips[int(share * len(plan.strips))]
    one = date_plan(plan, strip=strip.number)

    assert [day.day for day in one.days_to_make] == [day.day for day in strip.days]
    assert one.totals.pouches == len(strip.days)
    assert one.totals.strips == 1
    assert one.totals.total_mg == sum((day.dose_mg for day in strip.days), Decimal(0)) == strip.total_mg
    assert count_units(one.totals.units) == sum(count_units(day.units) for day in strip.days)
    assert sum(used.strength_mg * used.count for used in one.totals.consumption) >= strip.total_mg
    assert (one.plan_id, one.days, one.quality) == (plan.plan_id, plan.days, plan.quality)


@needs_libreoffice
def test_the_cross_checks_of_a_strips_sheet_hold_when_a_spreadsheet_program_computes_them(tmp_path: Path) -> None:
    made = {
        source.stem: date_plan(read_asked(str(source), "2026-11-23").plan, strip=2) for source in (CITALOPRAM, HALVES)
    }
    results = convert(tmp_path, {name: render_dispensing_sheet(plan, PRINTED) for name, plan in made.items()}, "xlsx")

    for name, plan in made.items():
        workbook = openpyxl.load_workbook(results / f"{name}.xlsx", data_only=True)
        values = [cell.value for cell in cells_of(workbook)]
        assert values.count("OK") > len(plan.days_to_make)
        assert "CHECK" not in values


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_is_headed_with_the_strip_in_every_language(language: Language) -> None:
    words = Words(load_wording(language), ".", "letters")
    one = date_plan(plan_of(raw_order()), strip=3)
    workbook = openpyxl.load_workbook(io.BytesIO(render_dispensing_sheet(one, words)))
    strip = words.say("strip.name", strip=3, strips=4)

    for sheet in workbook.worksheets:
        assert strip in plain_spaces(str(sheet["A1"].value)), sheet.title
        assert strip in plain_spaces(str(sheet.oddFooter.left.text if sheet.oddFooter else "")), sheet.title


@pytest.mark.parametrize("name", [profile.id for profile in load_profiles()])
def test_one_strip_is_printed_by_every_profile(name: str, tmp_path: Path) -> None:
    files = make(tmp_path, ROOT / "examples" / "every-label-field.toml", "--strip", 2, "--profile", name)

    assert [file.split("-strip-2-")[1] for file in files] == ["dispensing.xlsx", "labels.pdf", "strip-labels.pdf"]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("9", "--strip: 9 is no strip of this plan; one of 1, 2, 3, 4"),
        ("0", "--strip: '0' is not allowed; a whole number from 1 to 1826"),
        ("2,3", "--strip: '2,3' is not allowed; a whole number from 1 to 1826"),
        ("two", "--strip: 'two' is not allowed; a whole number from 1 to 1826"),
    ],
)
@pytest.mark.parametrize("command", ["make", "check"])
def test_a_strip_that_is_not_there_is_refused_with_those_there_are(
    command: str, typed: str, told: str, tmp_path: Path
) -> None:
    out = ["--out", tmp_path / "out"] if command == "make" else []
    result = run(command, CITALOPRAM, "--strip", typed, *out)

    assert result.exit_code == 2
    assert told in result.output
    assert not (tmp_path / "out").exists()


def test_a_strip_made_with_an_earlier_version_is_not_made_again() -> None:
    plan = amended_plan(raw_order(), 57)
    kept, others = ([strip.number for strip in plan.strips if strip.kept is is_kept] for is_kept in (True, False))

    for number in kept:
        with pytest.raises(AnswerInvalid) as caught:
            date_plan(plan, strip=number)
        (problem,) = caught.value.problems
        allowed = ", ".join(map(str, others))
        assert problem.what == f"{number} was made with an earlier version of the plan; one of {allowed}"
    assert [each.number for each in date_plan(plan, strip=others[0]).strips_to_make] == [others[0]]


def test_a_strip_of_an_amended_plan_is_made_with_its_own_number(tmp_path: Path) -> None:
    options = ("--from-day", 57, "--hold", 14, "--reason", "Dizzy", *ON)
    amended = run("amend", UNDER_WAY, *options, "--out", tmp_path)
    assert amended.exit_code == 0, amended.output
    (plan_file,) = tmp_path.glob("*.json")
    whole: dict[str, Any] = json.loads(plan_file.read_text("utf-8"))
    number = whole["days"][-1]["strip"]
    files = make(tmp_path / "one", plan_file, "--strip", number)

    assert all(f"-strip-{number}-" in name for name in files)
    assert [day["day"] for day in whole["days"] if day["strip"] == number] == _days_on_labels(files)


def _days_on_labels(files: dict[str, bytes]) -> list[int]:
    said = " ".join(texts_of(labels_in(files)))
    return [day for day in range(1, 400) if f"Day {day} of " in said]


def test_findings_of_the_whole_plan_stand_on_the_papers_of_a_strip() -> None:
    plan: Plan = plan_of(raw_order())

    assert date_plan(plan, strip=2).findings == plan.findings


def test_a_strip_is_one_document_set_of_its_own() -> None:
    documents = render_documents(plan_of(raw_order()), of_strip(1), "order.toml")

    assert all("-strip-1-" in name for name in documents)
    assert len(documents) == 3
    assert IN_ENGLISH.labels.say("strip.name", strip=1, strips=4) in " ".join(texts_of(next(iter(documents.values()))))
