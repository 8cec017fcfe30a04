"""The patient's pages: the pharmacy's own text, and large print with a diary apart."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from orders import ABSENT, FORMULARY, ISSUED_ON, PRINTED, calendar_row_of, plan_of, raw_order
from pydantic import ValidationError
from reading import Area, ReadPage, calendar_rows, read_pages, runs_of, title_of

from stripgen.cli import main
from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan
from stripgen.errors import DataInvalid, StripgenError, TextDoesNotFit, TextNotPrintable
from stripgen.files import load_own_file, load_template
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.descriptions import name_strip
from stripgen.rendering.strip_plan.document import metadata_of
from stripgen.rendering.strip_plan.drawing import draw_pages
from stripgen.rendering.strip_plan.furniture import finish_pages
from stripgen.rendering.strip_plan.paper import A4
from stripgen.rendering.strip_plan.patient import patient_sheets

EXAMPLE = Path(__file__).parents[1] / "examples" / "citalopram.toml"
NEUTRAL = load_template("patient-text", "en", PatientText)
FURNITURE = re.compile(r"Plan .*|page \d+ of \d+|DRAFT, not for dispensing")
LONG_NAME = " ".join(["Wilhelmina-Alexandra"] * 5)

OWN = """schema = 1
language = "en"
missed = "Never two at once. Call {pharmacy} on {phone}."
hard = "Call {prescriber} the same day."
"""
CASES: dict[str, dict[str, Any]] = {
    "28 days a strip": {},
    "1 day": {"taper.days": 1},
    "1 day a strip": {"taper.days": 3, "taper.days_per_strip": 1},
    "15 days a strip": {"taper.days": 15, "taper.days_per_strip": 15},
    "solution": {
        "compounding": {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.05")}},
        "taper.days": 40,
    },
    "draft": {"approval": ABSENT, "patient": {}, "pharmacy": {}, "prescriber": {}, "taper.days": 30},
    "long names": {"patient.name": LONG_NAME, "pharmacy.name": LONG_NAME, "prescriber.name": LONG_NAME},
    "hold strip": {
        "taper": {
            "start_dose_mg": 20,
            "start_date": raw_order()["taper"]["start_date"],
            "phase": [{"kind": "hold", "days": 28}, {"kind": "reduce", "to_mg": 0, "days": 28}],
        }
    },
    "fine and large doses": {
        "taper.start_dose_mg": Decimal("1234.567"),
        "taper.days": 30,
        "compounding.increment_mg": Decimal("0.001"),
        "medication": {"drug": "examplinum"},
        "taper.strategy": "linear",
    },
}


@cache
def plan_named(case: str) -> Plan:
    if case == "amended, rising":
        order = amend(plan_of(raw_order()), Request(60, "back", Decimal(50), "Dizzy"))
        return plan_taper(order, FORMULARY, ISSUED_ON)
    return plan_of(raw_order(CASES[case]))


def pages_of(plan: Plan, text: PatientText | None = NEUTRAL, *, large_print: bool) -> tuple[ReadPage, ...]:
    sheets = patient_sheets(plan, PRINTED, text, A4, large_print=large_print)
    return read_pages(
        draw_pages(
            finish_pages([(sheet, PRINTED) for sheet in sheets], plan),
            metadata_of(plan, PRINTED, "page.document_title"),
        )
    )


def own_text(missed: str, hard: str = "Call {phone}.") -> PatientText:
    return PatientText.model_validate({"schema": 1, "language": "en", "missed": missed, "hard": hard})


@pytest.fixture(params=[*CASES, "amended, rising"])
def plan(request: pytest.FixtureRequest) -> Plan:
    return plan_named(request.param)


# --- Large print ------------------------------------------------------------------------------------------------------


def test_nothing_the_patient_reads_in_large_print_is_under_18_points(plan: Plan) -> None:
    n_read = 0
    for page in pages_of(plan, large_print=True):
        for run in runs_of(page.upright):
            if FURNITURE.fullmatch(run.text) is None:
                n_read += 1
                assert round(run.letters[0].size_pt, 3) >= 18, run.text
    assert n_read > 10


def test_large_print_has_every_day_and_dose_once_in_its_row(plan: Plan) -> None:
    calendars = [page for page in pages_of(plan, large_print=True) if title_of(page).startswith("My calendar,")]

    rows = [row for page in calendars for row in calendar_rows(page)]

    assert rows == [calendar_row_of(day) for day in plan.days_to_make]


def test_the_diary_in_large_print_has_a_row_for_each_day(plan: Plan) -> None:
    diaries = [page for page in pages_of(plan, large_print=True) if title_of(page).startswith("My diary,")]
    dates = {PRINTED.date(day.date) for day in plan.days}

    assert [line for page in diaries for line in page.lines if line in dates] == [
        PRINTED.date(day.date) for day in plan.days_to_make
    ]
    assert all("Sleep (hours) How I feel, symptoms" in page.flow for page in diaries)


def test_every_large_page_is_titled_and_the_next_of_a_kind_says_it_goes_on(plan: Plan) -> None:
    titles = [title_of(page) for page in pages_of(plan, large_print=True)]

    assert len(set(titles)) == len(titles) or len(plan.strips[0].days) > 28
    for strip in plan.strips_to_make:
        name = name_strip(strip, plan, PRINTED)
        mine = [title for title in titles if title.removesuffix(", continued").endswith(f", {name}")]
        more = [", continued"] * (len(strip.days) > 14)
        calendar, diary = ([f"{kind}, {name}{end}" for end in ("", *more)] for kind in ("My calendar", "My diary"))
        assert [title for title in mine if title in {*calendar, *diary} or title.startswith("What")] == [
            *calendar,
            f"What to do, {name}",
            *diary,
        ]


def test_no_large_text_leaves_the_page_or_lies_on_another(plan: Plan) -> None:
    for page in pages_of(plan, large_print=True):
        boxes = []
        for run in runs_of(page.upright):
            inks = [letter.ink for letter in run.letters if not letter.text.isspace()]
            boxes.append(
                Area(
                    run.letters[0].left,
                    min(ink.top for ink in inks),
                    run.letters[-1].right,
                    max(ink.bottom for ink in inks),
                )
            )
        paper = Area(13.9, 5, 196.1, 292)
        assert [box for box in boxes if not paper.holds(box)] == []
        for index, box in enumerate(boxes):
            assert not any(box.overlaps(other, by=0.05) for other in boxes[index + 1 :])


def test_whom_to_call_stands_on_every_calendar_in_large_bold_print(plan: Plan) -> None:
    phone = plan.order.pharmacy.phone or "______________"
    for large_print, least_pt in ((False, 13), (True, 18)):
        for page in pages_of(plan, large_print=large_print):
            if not title_of(page).startswith("My calendar"):
                continue
            bold = [run for run in runs_of(page.upright) if run.text.endswith(phone) and "Bold" in run.letters[0].font]
            assert any(round(run.letters[0].size_pt, 3) >= least_pt for run in bold)


# --- The pharmacy's own text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("large_print", [False, True])
def test_the_pharmacys_own_text_is_printed_with_its_places_filled(tmp_path: Path, large_print: bool) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")

    pages = pages_of(plan_named("28 days a strip"), load_own_file(path, PatientText), large_print=large_print)

    told = [page.flow for page in pages if "Never two at once. Call Example Pharmacy on +00 000 0000." in page.flow]
    assert len(told) == 4
    assert all("Call Dr Example the same day." in text for text in told)


def test_where_the_order_names_nobody_there_are_lines_to_write_on() -> None:
    (page,) = pages_of(plan_of(raw_order({**CASES["draft"], "taper.days": 5})), large_print=False)

    assert "the pharmacy ______________, ______________" in page.flow
    assert "the prescriber ______________" in page.flow


def test_the_neutral_text_never_says_what_to_take() -> None:
    words = set(re.findall(r"\w+", f"{NEUTRAL.missed} {NEUTRAL.hard}".lower()))

    assert not words & {"take", "skip", "double", "dose", "pouch", "more", "less", "next"}
    assert all("{pharmacy}" in text and "{phone}" in text for text in (NEUTRAL.missed, NEUTRAL.hard))


@pytest.mark.parametrize("large_print", [False, True])
def test_a_text_that_does_not_fit_is_refused_by_name_with_its_page_and_room(large_print: bool) -> None:
    text = own_text("W" * 600)

    with pytest.raises(TextDoesNotFit) as caught:
        patient_sheets(plan_named("28 days a strip"), PRINTED, text, A4, large_print=large_print)

    (problem,) = caught.value.problems
    assert problem.where == "missed"
    assert "strip 1 of 4" in problem.what
    assert re.search(r"its place of \d+ × \d+ mm", problem.what)


@pytest.mark.parametrize("large_print", [False, True])
def test_two_texts_of_the_greatest_length_fit_a_strip_of_28_days(large_print: bool) -> None:
    text = own_text(("Please call us. " * 40)[:600].strip(), ("Do call us. " * 60)[:600].strip())

    pages = pages_of(plan_named("28 days a strip"), text, large_print=large_print)

    assert sum(text.missed in page.flow and text.hard in page.flow for page in pages) == 4


def test_a_name_too_long_for_its_place_in_a_text_is_blamed_not_the_text() -> None:
    plan = plan_of(raw_order({"pharmacy.name": "W" * 120}))

    with pytest.raises(TextDoesNotFit) as caught:
        patient_sheets(plan, PRINTED, NEUTRAL, A4)
    assert {problem.where for problem in caught.value.problems} == {"pharmacy.name"}


def test_a_character_the_font_lacks_is_refused_by_the_texts_name() -> None:
    with pytest.raises(TextNotPrintable) as caught:
        patient_sheets(plan_named("1 day"), PRINTED, own_text("電話"), A4)
    assert {problem.where for problem in caught.value.problems} == {"missed"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (OWN.replace("missed", "misssed"), ["misssed: unknown key (did you mean missed?)", "missed: is missing"]),
        (OWN.replace("{phone}", "{fone}"), ["missed: 'fone' is not a place", "{pharmacy}, {phone}, {prescriber}"]),
        (OWN.replace("{phone}", "{phone"), ["missed: has a brace without its other one"]),
        (OWN.replace("{phone}", "{phone!r}"), ["missed: 'phone' is not a place"]),
        (OWN.replace("{phone}", "{{phone}}"), ["missed: has a doubled brace"]),
        (OWN.replace("{phone}", "{}"), ["missed: '' is not a place"]),
        (OWN.replace("Never", "N" * 601), ["missed: ", "600 characters at most"]),
        (OWN.replace('"en"', '"xx"'), ["language: 'xx' is not allowed; one of 'en'"]),
        (OWN.replace("schema = 1", "schema = 2"), ["schema: 2 is out of range"]),
        ("missed = ", ["is not a TOML text file"]),
        ("ÿ".encode("latin-1"), ["is not a TOML text file"]),
    ],
)
def test_a_wrong_text_file_stops_with_exit_code_4_naming_file_and_key(
    content: str | bytes, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    for command in ("make", "check"):
        out = ["--out", str(tmp_path / "out")] if command == "make" else []
        result = CliRunner().invoke(main, [command, str(EXAMPLE), "--patient-text", str(path), *out])

        assert result.exit_code == 4
        assert f"stripgen: {path}: " in result.output
        assert [word for word in words if word not in result.output] == []
    assert not (tmp_path / "out").exists()


def test_a_text_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match=r"gone\.toml: cannot be read"):
        load_own_file(tmp_path / "gone.toml", PatientText)
    with pytest.raises(StripgenError) as caught:
        load_own_file(tmp_path, PatientText)
    assert caught.value.exit_code == 4


def test_a_text_with_an_unknown_place_is_no_patient_text() -> None:
    with pytest.raises(ValidationError):
        own_text("Take {dose}.")


def test_make_prints_large_on_asking(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["make", str(EXAMPLE), "--out", str(tmp_path), "--large-print"])

    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*-strip-plan.pdf")
    assert any(title_of(page) == "My diary, strip 1 of 4" for page in read_pages(path.read_bytes()))
