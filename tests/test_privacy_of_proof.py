"""What proves papers, releases them and looks into them says nothing of the patient, whatever was done to them."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from example_day import let_it_be_that_day
from keys import PASSPHRASE, make_key
from openpyxl.styles import Font
from orders import FORMULARY, printing
from tampering_pages import WAYS, Victim, change_name, reseal
from test_privacy import REST, Folder, Someone, patient_table, shown_of

from stripgen.cli import main
from stripgen.domain.plan import Plan
from stripgen.files.toml import parse_toml
from stripgen.papers import render_documents
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.verifying.discretion import Discretion
from stripgen.verifying.report import Difference

ONE = Someone("Quazebvyx", "Jorwimxan", dt.date(1981, 5, 12), "PQ-481516234", "9823427108")
OTHER = Someone("Kyptjuzeb", "Wimkypvyx", dt.date(1964, 9, 27), "PQ-660117005", "3141592653")
RECORD = """
[record]
master_formula = "MF-12"

[record.substance]
name = "citalopram hydrobromide"
factor = 1.249
"""
ISSUED_ON = dt.date(2026, 11, 23)


def order_of(someone: Someone) -> str:
    return "\n".join(
        ["schema = 1", *patient_table(someone), REST.replace("days = 7", "days = 6\ndays_per_strip = 3"), RECORD]
    )


@cache
def papers_of(someone: Someone) -> dict[str, bytes]:
    """Return the papers of a plan by the endings of their names."""
    order = read_order(parse_toml(order_of(someone).encode()), FORMULARY, "order.toml")
    plan: Plan = plan_taper(order, FORMULARY, ISSUED_ON)
    documents = render_documents(plan, printing(), "order.toml")
    return {name.rpartition("-")[2]: content for name, content in documents.items()}


def strip_plan(someone: Someone) -> bytes:
    return papers_of(someone)["plan.pdf"]


def verified(folder: Path, name: str, content: bytes) -> str:
    """Return what `verify` says of a paper that differs."""
    (folder / name).write_bytes(content)
    where = Folder(folder)
    assert where.run("verify", folder / name) in {3, 7}, where.said
    return where.said


def names_nobody(text: str) -> bool:
    """Return whether a text has no word of either patient, nor a name with a letter or two changed."""
    names = [name for someone in (ONE, OTHER) for name in (someone.first, someone.last)]
    alike = [
        word for word in re.findall(r"\w+", text) for name in names if SequenceMatcher(None, word, name).ratio() > 0.7
    ]
    return not alike and not shown_of(ONE, text) and not shown_of(OTHER, text)


# --- verify ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_verify_names_no_patient_whatever_was_done_to_the_pages(way: str, tmp_path: Path) -> None:
    names = (*ONE.name.split(), "PQ")
    victim = Victim(strip_plan(ONE), strip_plan(OTHER), names)
    if not WAYS[way](victim, Random(way)):  # noqa: S311 - no secret
        pytest.skip("the paper has nothing of the kind")

    assert names_nobody(verified(tmp_path, "plan.pdf", reseal(victim.saved())))


def test_verify_tells_that_a_patients_name_differs_and_not_which_it_is(tmp_path: Path) -> None:
    victim = Victim(strip_plan(ONE), strip_plan(OTHER), tuple(ONE.name.split()))
    assert change_name(victim, Random(1))  # noqa: S311 - no secret

    said = verified(tmp_path, "plan.pdf", reseal(victim.saved()))

    assert "patient's name" in said
    assert names_nobody(said)


def changed_cells(value: object) -> Iterator[bytes]:
    """Yield the workbook with each cell changed that says a value, and with one made so that nobody can read it."""
    content = papers_of(ONE)["dispensing.xlsx"]
    places = [
        (sheet.title, cell.coordinate)
        for sheet in openpyxl.load_workbook(BytesIO(content)).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if str(value) in str(cell.value) and sheet.sheet_state == "visible"
    ]
    assert places
    for sheet, place, look in [(*places[0], True), *((*each, False) for each in places)]:
        workbook = openpyxl.load_workbook(BytesIO(content))
        cell: Any = workbook[sheet][place]
        if look:
            cell.font = Font(color="FFFFFF")
        elif isinstance(cell.value, str):
            cell.value = cell.value.replace(str(value), f"{str(value)[:-1]}q")
        else:
            cell.value += dt.timedelta(days=1)
        out = BytesIO()
        workbook.save(out)
        yield out.getvalue()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (ONE.name, "name"),
        (ONE.identifier, "identifier"),
        (ONE.insurance, "insurance number"),
        (dt.datetime(1981, 5, 12), "birth date"),  # noqa: DTZ001 - as a spreadsheet has it
    ],
)
def test_verify_names_no_patient_whose_cells_were_changed(value: object, field: str, tmp_path: Path) -> None:
    for content in changed_cells(value):
        said = verified(tmp_path, "sheet.xlsx", content)

        assert names_nobody(said), said
        assert any(told in said for told in (f"patient's {field}", f"and {field}", "looks other than made"))
        assert f"{(ONE.born - dt.date(1899, 12, 30)).days}" not in said


@pytest.mark.parametrize("key", ["name", "birth_date", "identifier", "insurance_number"])
def test_verify_names_no_patient_of_a_plan_that_was_changed(key: str, tmp_path: Path) -> None:
    plan = json.loads(plan_json(tmp_path))
    value = plan["order"]["patient"][key]
    plan["order"]["patient"][key] = value[:-1] + ("1" if value[-1] != "1" else "2")
    plan["of"] = value
    plan["days"][0]["code"] = value

    assert names_nobody(verified(tmp_path, "plan.json", json.dumps(plan).encode()))


def plan_json(folder: Path) -> str:
    path = folder / "order.toml"
    path.write_text(order_of(ONE), "utf-8")
    return CliRunner().invoke(main, ["plan", str(path), "--json", "--issued-on", str(ISSUED_ON)]).output


def test_what_is_no_patients_is_told_in_full() -> None:
    order = {
        "patient": {"name": "Example Patient", "birth_date": "1981-05-12"},
        "pharmacy": {"name": "Example Pharmacy"},
    }
    discretion = Discretion([{"order": order, "issued_on": "2026-11-23"}])
    harmless = [
        "says 9.5 mg; the plan 9.4 mg",
        "says Tue 1 Dec 2026; the plan Wed 2 Dec 2026",
        "does not say 'Example Pharmacy', as the plan does",
        "has 2 rows of the patient's pages; the plan has 3",
        "shows 12.05, should be 1981",
    ]
    found = [Difference("paper.pdf", "page 1", what) for what in harmless]

    assert list(discretion.tell(found)) == found


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("says Quazebvyx; the plan Jorwimxan", "patient's name differs"),
        ("says 'Quazebvyxjorwinxan,born13May1981'", "patient's name and birth date differ"),
        ("says 'born 12 de mayo de 1981'", "patient's birth date differs"),
        ("says 29718, made as 29717", "patient's birth date differs"),
        ("says PQ-481516239, which is nothing of the plan's", "patient's identifier differs"),
    ],
)
def test_what_shows_a_patient_is_told_by_its_field(what: str, told: str) -> None:
    patient = {"name": ONE.name, "birth_date": f"{ONE.born}", "identifier": ONE.identifier}
    discretion = Discretion([{"order": {"patient": patient}, "issued_on": "2026-11-23"}])

    assert [found.what for found in discretion.tell([Difference("a.pdf", "page 1", what)])] == [told]


# --- the other commands ----------------------------------------------------------------------------------------------


def test_no_command_of_proof_and_release_names_the_patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_it_be_that_day(monkeypatch)
    folder = Folder(tmp_path)
    order, out = folder.write("order.toml", order_of(ONE)), tmp_path / "out"
    key = tmp_path / "key.p12"
    key.write_bytes(make_key("Dr Example").p12)
    phrase = folder.write("phrase", PASSPHRASE)
    register = ("--register", tmp_path / "register.db")
    on = ("--issued-on", ISSUED_ON)

    def run(*arguments: object) -> None:
        assert folder.run(*arguments) == 0, folder.said

    run("make", order, "--out", out, *on)
    pdf, sheet = (next(out.glob(f"*.{ending}")) for ending in ("pdf", "xlsx"))
    run("verify", pdf, sheet)
    run("series", order)
    run("record", order, "--out", tmp_path / "record", *on)
    run("pouch", pdf, 3)
    run("origin", pdf)
    run("amend", pdf, "--from-day", 3, "--hold", 2, "--reason", "Dizzy", "--out", tmp_path / "next", *on)
    run("changes", pdf, next((tmp_path / "next").glob("*.pdf")))
    run("approve", pdf, "--by", "Dr Example", "--reference", "RX-1", "--on", ISSUED_ON)
    run("release", pdf, sheet, "--by", "A. Maker", "--checked-by", "B. Checker", *register)
    run("register", "show", *register)
    run("register", "show", 1, *register)
    run("register", "find", "--plan", pdf.name[:9], *register)
    run("register", "find", "--code", json.loads(plan_json(tmp_path))["days"][0]["code"], *register)
    run("register", "find", "--patient", ONE.name, *register)
    run("register", "export", "--json", *register)
    run("register", "export", "--csv", *register)
    run("register", "check", *register)
    run("sign", pdf, "--role", "prescriber", "--p12", key, "--passphrase-file", phrase)
    run("verify", pdf)

    assert shown_of(ONE, folder.said) == set(), folder.said
    assert shown_of(ONE, folder.names()) == set()
    assert not any(word.encode() in path.read_bytes() for path in tmp_path.glob("register.db*") for word in ONE.words())


@pytest.mark.parametrize("told", ["is 38 but 1382 is due", "holds 11 capsules 1980", "11,181.7, should be 1,181.7"])
def test_an_amount_is_not_taken_for_a_birth_date(told: str) -> None:
    order = {"patient": {"name": "Quorra Zyzzyva", "birth_date": "1981-05-12"}}
    discretion = Discretion([{"order": order, "issued_on": "2026-11-23"}])
    difference = Difference("a.xlsx", "Weighing!G6", told)

    assert list(discretion.tell([difference])) == [difference]


@pytest.mark.parametrize(
    "date", ["1981-05-12", "12 May 1981", "12. Mai 1981", "12 mei 1981", "12 de mayo de 1981", "29718"]
)
def test_a_birth_date_is_not_told_in_any_writing(date: str) -> None:
    order = {"patient": {"name": "Quorra Zyzzyva", "birth_date": "1981-05-12"}}
    discretion = Discretion([{"order": order, "issued_on": "2026-11-23"}])

    (told,) = discretion.tell([Difference("a.pdf", "page 1", f"says {date}")])
    assert told.what == "patient's birth date differs"
