"""What an inspector asks of a paper: what made it, what is in a pouch, what a version changed."""

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orders import ENGLISH, FORMULARY, ISSUED_ON, plan_of, raw_order
from running import run

from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.inspection import render_changes, render_pouch

ROOT = Path(__file__).parent.parent
EVERY_FIELD, CITALOPRAM = (ROOT / "examples" / f"{name}.toml" for name in ("every-label-field", "citalopram"))
ON = ("--issued-on", ISSUED_ON.isoformat())


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assert run("make", EVERY_FIELD, "--out", folder, *ON).exit_code == 0
    return next(folder.glob("*-strip-plan.pdf"))


def test_what_made_a_paper_is_what_is_in_it(paper: Path) -> None:
    with pikepdf.open(paper) as document:
        enclosed = json.loads(document.attachments["printing.json"].get_file().read_bytes())["made_with"]

    told = " ".join(run("origin", paper).output.split())

    assert all(f"{name} {version}" in told for name, version in {**enclosed["libraries"], **enclosed["data"]}.items())
    assert f"stripgen {enclosed['stripgen']}" in told
    assert "the same here" in told
    assert "Example Patient" not in told


def test_data_that_are_others_here_are_told(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripgen.papers.library_versions", lambda: {"Python": "9.9"})

    told = run("origin", paper).output

    assert "; here 9.9" in told
    assert "not the same here" in told


def test_a_plan_as_json_was_not_printed(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(run("plan", CITALOPRAM, "--json").output, "utf-8")
    result = run("origin", tmp_path / "plan.json")

    assert result.exit_code == 3
    assert "which nobody printed" in result.output


def test_a_pouch_is_told_with_its_units_and_lots(paper: Path) -> None:
    told = run("pouch", paper, 17).output

    assert re.search(r"^dose +8 mg citalopram$", told, re.MULTILINE)
    assert re.search(r"^holds +1 × 5 mg tablet; 3 × 1 mg capsules$", told, re.MULTILINE)
    assert re.search(r"^lot +5 mg: T-77120, expires 2028-03-31$", told, re.MULTILINE)
    assert re.search(r"^lot +1 mg: C-2611, expires 2027-05-31$", told, re.MULTILINE)
    assert "SG1-" in told


@pytest.mark.parametrize("day", ["0", "57", "x", "1.5", ""])
def test_a_day_that_is_not_there_is_refused(paper: Path, day: str) -> None:
    result = run("pouch", paper, "--", day)

    assert result.exit_code == 2
    assert "DAY" in result.output


def test_a_plan_is_the_same_as_itself() -> None:
    plan = plan_of(raw_order())
    told = render_changes(plan, plan, ENGLISH)

    assert "days 1 to 112: the same" in told
    assert "the same plan" in told


def test_what_an_order_changed_is_told_by_its_keys_and_a_patient_only_by_the_key() -> None:
    before = plan_of(raw_order())
    after = plan_of(raw_order({"patient.name": "Another Example", "taper.start_dose_mg": Decimal(10)}))
    told = render_changes(before, after, ENGLISH)

    assert re.search(r"^order +patient.name differs$", told, re.MULTILINE)
    assert re.search(r"^order +taper.start_dose_mg: 20 -> 10$", told, re.MULTILINE)
    assert "Another Example" not in told
    assert "Example Patient" not in told


@settings(max_examples=20, deadline=None)
@given(
    day=st.integers(2, 100),
    change=st.sampled_from([("hold", 5), ("hold", 40), ("stretch", 150), ("faster", 105)]),
)
def test_each_day_of_two_versions_is_told_once_with_both_doses(day: int, change: tuple[str, int]) -> None:
    before = plan_of(raw_order())
    kind, amount = change
    request = Request(from_day=day, change=kind, amount=Decimal(amount), reason="Dizzy")  # type: ignore[arg-type]
    after = plan_taper(amend(before, request), FORMULARY, ISSUED_ON)

    told: dict[int, tuple[str, str]] = {}
    lines = render_changes(before, after, ENGLISH).splitlines()
    for first, last, what in re.findall(r"^doses +days? (\d+)(?: to (\d+))?: (.*)$", "\n".join(lines), re.MULTILINE):
        for number in range(int(first), int(last or first) + 1):
            assert number not in told
            told[number] = (what, what) if "->" not in what else tuple(what.split(" -> "))

    old, new = ({each.day: each.dose_mg for each in plan.days} for plan in (before, after))
    assert set(told) == {*old, *new}
    for number, (was, now) in told.items():
        if was == "the same":
            assert old[number] == new[number]
        else:
            assert was == (ENGLISH.dose(old[number]) if number in old else "no pouch")
            assert now == (ENGLISH.dose(new[number]) if number in new else "no pouch")
    assert "version 2" in "".join(lines)


def test_a_later_start_moves_the_same_doses() -> None:
    before, after = plan_of(raw_order()), plan_of(raw_order({"taper.start_date": dt.date(2026, 12, 2)}))

    assert "days 1 to 112: the same dose on another date" in render_changes(before, after, ENGLISH)


def test_a_pouch_of_an_earlier_version_is_not_made_again() -> None:
    first = plan_of(raw_order())
    request = Request(from_day=57, change="hold", amount=Decimal(14), reason="Dizzy")
    second = plan_taper(amend(first, request), FORMULARY, ISSUED_ON)

    assert "made with an earlier version, not again" in render_pouch(second, second.days[4], ENGLISH)
    assert f"of plan {second.plan_id}" in render_pouch(second, second.days[60], ENGLISH)


def test_the_use_by_date_is_that_of_the_label(tmp_path: Path) -> None:
    order, made_on = tmp_path / "order.toml", tmp_path / "made.toml"
    directions = 'drug = "citalopram"\ndirections = "One pouch each morning"'
    order.write_text(CITALOPRAM.read_text("utf-8").replace('drug = "citalopram"', directions), "utf-8")
    made_on.write_text("[dispensing]\nlot = 'L-1'\nmade_on = 2026-11-24\ndispensed_on = 2026-11-24\n", "utf-8")
    assert (
        run("make", order, "--strip", 1, "--out", tmp_path, "--dispensing", made_on, "--profile", "uk", *ON).exit_code
        == 0
    )
    sheet = next(tmp_path.glob("*-dispensing.xlsx"))

    told = run("pouch", sheet, 3).output

    assert re.search(r"^use by +2027-01-19 ", told, re.MULTILINE)  # 8 weeks, as the rule in uk.toml has it


def test_a_paper_of_one_strip_does_not_answer_for_another(tmp_path: Path) -> None:
    assert run("make", CITALOPRAM, "--strip", 1, "--out", tmp_path, *ON).exit_code == 0
    sheet = next(tmp_path.glob("*-dispensing.xlsx"))

    result = run("pouch", sheet, 29)

    assert result.exit_code == 2
    assert "29 is on strip 2" in result.output


def test_each_strength_without_a_lot_is_told(tmp_path: Path) -> None:
    lots = tmp_path / "lots.toml"
    lots.write_text('[[batch]]\nstrength_mg = 1\nlot = "C-2611"\n', "utf-8")
    paroxetine = ROOT / "examples" / "paroxetine-tablets-and-capsules.toml"
    assert run("make", paroxetine, "--dispensing", lots, "--out", tmp_path, *ON).exit_code == 0

    told = run("pouch", next(tmp_path.glob("*-strip-plan.pdf")), 17).output

    assert re.findall(r"^lot +(.*)$", told, re.MULTILINE) == [
        "1 mg: C-2611",
        "0.5 mg: none given; the register has what was released",
        "0.1 mg: none given; the register has what was released",
    ]


def test_another_approval_and_other_lots_of_the_same_plan_are_told() -> None:
    first = plan_of(raw_order({"batch": [{"lot": "L-1"}]}))
    second = plan_of(raw_order({"batch": [{"lot": "L-2"}], "approval.approved_by": "Dr Other"}))
    told = render_changes(first, second, ENGLISH)

    assert re.search(r"^approval +approval.approved_by: Dr Example -> Dr Other$", told, re.MULTILINE)
    assert re.search(r"^order +batch\[1\].lot: L-1 -> L-2$", told, re.MULTILINE)
    assert "same pouches on the same days" in told
    assert "same order" not in told


def test_lots_of_an_amended_plan_are_told_as_those_of_each() -> None:
    first = plan_of(raw_order({"batch": [{"lot": "L-1"}]}))
    request = Request(from_day=57, change="hold", amount=Decimal(14), reason="Dizzy")
    raw = amend(first, request)
    second = plan_taper(raw.model_copy(update={"batch": ()}), FORMULARY, ISSUED_ON)

    assert re.search(r"^lots +L-1 -> none given$", render_changes(first, second, ENGLISH), re.MULTILINE)
