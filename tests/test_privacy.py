"""Nothing that identifies a patient is in a message, a file name, a property of a paper or a file left behind."""

import datetime as dt
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripgen.cli import main
from stripgen.domain.order import Patient
from stripgen.files.toml import parse_toml

ON = ("--issued-on", "2026-11-23")
REST = """
[prescriber]
name = "Dr Example"

[approval]
approved_by = "Dr Example"
approved_on = 2026-11-20
reference = "RX-2026-0117"

[pharmacy]
name = "Example Pharmacy"
address = "1 Example Street, Example Town"
phone = "+00 000 0000"

[medication]
drug = "citalopram"

[taper]
start_dose_mg = 4
end_dose_mg = 0
days = 7
start_date = 2026-12-01

[compounding]
increment_mg = 0.1
"""
SYLLABLES = ("Qua", "Zeb", "Vyx", "Jor", "Wim", "Xan", "Kyp", "Tju", "Ůvý", "Øgg", "Žiž", "Ñuñ", "Γκζ", "Щюк")


@dataclass(frozen=True)
class Someone:
    """A patient whose every word is found nowhere else."""

    first: str
    last: str
    born: dt.date
    identifier: str
    insurance: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def words(self) -> set[str]:
        """Return what may show nowhere, also in part or otherwise written."""
        day, month, year = f"{self.born:%d}", f"{self.born:%m}", f"{self.born:%Y}"
        dates = {f"{year}-{month}-{day}", f"{day}-{month}-{year}", f"{day}.{month}.{year}", f"{month}/{day}/{year}"}
        dates |= {f"{year}{month}{day}", f"{self.born:%-d %b %Y}", f"{self.born:%-d %B %Y}", repr(self.born)}
        return {self.first, self.last, self.identifier, self.insurance, *dates}


@st.composite
def people(draw: st.DrawFn) -> Someone:
    first, last = ("".join(draw(st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=4))) for _ in range(2))
    born = draw(st.dates(dt.date(1921, 1, 1), dt.date(2015, 12, 31)))
    digits = draw(st.integers(10**8, 10**9 - 1))
    return Someone(first.title(), last.title(), born, f"PQ-{digits}", f"{digits * 7}")


def patient_table(someone: Someone) -> list[str]:
    return [
        "[patient]",
        f'name = "{someone.name}"',
        f"birth_date = {someone.born}",
        f'identifier = "{someone.identifier}"',
        f'insurance_number = "{someone.insurance}"',
    ]


@st.composite
def tables(draw: st.DrawFn, someone: Someone) -> str:
    """Return a patient's table, whole or with one fault of those that people make."""
    lines = patient_table(someone)
    at = draw(st.integers(1, 4))
    key, _, value = lines[at].partition(" = ")
    bare = value.strip('"')
    faults = {
        "none": lines[at],
        "no quotes": f"{key} = {bare}",
        "one quote": f'{key} = "{bare}',
        "other quotes": f"{key} = „{bare}“",
        "too long": f'{key} = "{f"{bare} " * 30}"',
        "too long without a blank": f'{key} = "{bare.replace(" ", "") * 9}"'[:118],
        "a list": f'{key} = ["{bare}", "{bare}"]',
        "a table": f'{key} = {{ first = "{bare}" }}',
        "a date as text": f'{key} = "{bare}"',
        "a date another way": f"{key} = {someone.born:%d-%m-%Y}",
        "a date too late": f"{key} = {someone.born.year + 110}-{someone.born:%m-%d}",
        "a number": f"{key} = {someone.insurance}",
        "twice": f"{lines[at]}\n{lines[at]}",
        "another key": f"{key}s = {value}",
        "a key of its own": f'{lines[at]}\n"{someone.name}" = {value}',
        "no key": value,
        "a line break": f'{key} = """{bare}\n{bare}"""',
        "a control character": f'{key} = "{bare}\\u0007"',
        "a character no font has": f'{key} = "{bare} \U0001f600"',
        "right to left": f'{key} = "{bare} \u05d0\u05d1"',
        "a bad escape": f'{key} = "\\{bare}"',
        "after a dot": f"patient.{key} = {value}",
        "on one line": f"{lines[at]} {lines[at]}",
    }
    lines[at] = faults[draw(st.sampled_from(sorted(faults)))]
    headers = {"[patient]": 12, "": 1, "[patient": 1, "[[patient]]": 1, "[patients]": 1, "[patient.name]": 1}
    lines[0] = draw(st.sampled_from([header for header, weight in headers.items() for _ in range(weight)]))
    if draw(st.integers(0, 15)) == 0:
        return f'patient = "{someone.name}, {someone.born}"'
    if draw(st.integers(0, 15)) == 0:
        return f'{lines[0]} name = "{someone.name}"'
    return "\n".join(lines)


@dataclass
class Folder:
    """Where commands run, with all they say and leave."""

    path: Path
    said: str = ""

    def run(self, *arguments: object, given: str = "") -> int:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)
        self.said += f"{result.output}\n{result.stderr}"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code

    def write(self, name: str, text: str) -> Path:
        (self.path / name).write_text(text, "utf-8")
        return self.path / name

    def names(self) -> str:
        return "\n".join(str(path.relative_to(self.path)) for path in self.path.rglob("*"))


def shown_of(someone: Someone, text: str) -> set[str]:
    """Return the patient's words that a text shows, in whatever way a terminal writes letters that it lacks."""
    return {word for word in someone.words() if word.lower() in text.lower() or ascii(word)[1:-1] in text}


COMMANDS = (
    ("make", "--force"),
    ("make", "--force", "--stock", "avery-l7160", "--profile", "uk"),
    ("make", "--force", "--calendar", "--large-print"),
    ("check",),
    ("check", "--profile", "de"),
    ("plan",),
    ("compare",),
    ("options",),
    ("strengths", "--choose", "2"),
)


@pytest.mark.parametrize("n_examples", [40, pytest.param(1500, marks=pytest.mark.slow)])
def test_no_command_shows_a_word_of_the_patient_of_a_right_or_a_broken_order(
    n_examples: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: set[int] = set()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    @settings(max_examples=n_examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(someone=people(), data=st.data())
    def check(someone: Someone, data: st.DataObject) -> None:
        table = data.draw(tables(someone))
        folder = Folder(Path(tempfile.mkdtemp(dir=tmp_path)))
        order = folder.write("order.toml", f"schema = 1\n{table}\n{REST}")
        command, *options = data.draw(st.sampled_from(COMMANDS))
        place = ("--out", folder.path / "out") if command == "make" else ()
        on = ON if command in {"make", "check", "plan"} else ()

        codes.add(folder.run(command, order, *options, *place, *on))

        assert shown_of(someone, folder.said) == set(), folder.said
        assert shown_of(someone, folder.names()) == set()
        assert list(temporary.iterdir()) == []

    check()
    assert {0, 3} <= codes


def test_a_word_that_shows_would_be_found() -> None:
    someone = Someone("Quazeb", "Žižvyx", dt.date(1981, 5, 12), "PQ-1", "7")

    for text in (
        "name 'QUAZEB'",
        "Žižvyx",
        ascii("Žižvyx"),
        "born 12 May 1981",
        "1981-05-12",
        "datetime.date(1981, 5, 12)",
    ):
        assert shown_of(someone, text), text


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(someone=people())
def test_properties_of_finished_papers_say_nothing_of_the_patient(
    someone: Someone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Folder(tmp_path_factory.mktemp("papers"))
    order = folder.write("order.toml", "\n".join(["schema = 1", *patient_table(someone), REST]))

    assert folder.run("make", order, "--calendar", "--out", folder.path / "out", *ON) == 0, folder.said

    kinds = {path.suffix for path in (folder.path / "out").iterdir()}
    assert kinds == {".pdf", ".xlsx", ".ics"}
    for path in (folder.path / "out").iterdir():
        assert shown_of(someone, properties_of(path)) == set()
        assert path.stat().st_mode & 0o777 == 0o600
    assert (folder.path / "out").stat().st_mode & 0o777 == 0o700
    assert folder.run("plan", next((folder.path / "out").glob("*.pdf")), "--csv") == 0
    assert shown_of(someone, folder.said) == set()


def properties_of(path: Path) -> str:
    if path.suffix == ".ics":
        return path.read_text("utf-8")  # the whole of it: it ends up in a calendar that others see
    if path.suffix == ".xlsx":
        workbook = openpyxl.load_workbook(path)
        names = [*workbook.sheetnames, *workbook.defined_names]
        return f"{vars(workbook.properties)} {names} {[vars(sheet.HeaderFooter) for sheet in workbook.worksheets]}"
    with pikepdf.open(path) as document:
        names = [name for name, _ in document.attachments.items()]
        with document.open_metadata() as metadata:
            outline = document.open_outline()
            return f"{dict(document.docinfo)!r} {metadata} {names} {list(outline.root)}"


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(someone=people())
def test_an_order_by_options_shows_nothing_of_the_patient(
    someone: Someone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Folder(tmp_path_factory.mktemp("options"))
    drug = (
        "--drug",
        "citalopram",
        "--start",
        4,
        "--end",
        0,
        "--days",
        7,
        "--increment",
        "0.1",
        "--start-date",
        "2026-12-01",
    )
    patient = ("--patient", someone.name, "--patient-id", someone.identifier)
    for born in (f"{someone.born}", f"{someone.born:%d-%m-%Y}", f"{someone.born:%-d %B %Y}"):
        folder.run("make", *drug, *patient, "--birth-date", born, "--force", "--out", folder.path / "out", *ON)
    folder.run("make", *drug, "--patient", someone.name * 20, "--out", folder.path / "out", *ON)

    assert shown_of(someone, folder.said) == set()
    assert shown_of(someone, folder.names()) == set()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(someone=people(), data=st.data())
def test_a_plan_whose_patient_was_changed_is_refused_without_a_word_of_it(
    someone: Someone, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Folder(tmp_path_factory.mktemp("plans"))
    order = folder.write("order.toml", "\n".join(["schema = 1", *patient_table(someone), REST]))
    result = CliRunner().invoke(main, ["plan", str(order), "--json", *ON])
    plan: dict[str, Any] = json.loads(result.output)
    key = data.draw(st.sampled_from(["name", "birth_date", "identifier", "insurance_number"]))
    value = plan["order"]["patient"][key]
    plan["order"]["patient"][key] = data.draw(
        st.sampled_from([f"{value}x", [value], {"of": value}, f"{value}\ny", value * 99])
    )
    path = folder.write("plan.json", json.dumps(plan))

    assert folder.run("plan", path) == 3
    assert (
        folder.run("amend", path, "--from-day", 3, "--hold", 2, "--reason", "Dizzy", "--out", folder.path / "out") == 3
    )

    assert shown_of(someone, folder.said) == set()


def test_what_a_bug_prints_of_a_wrong_value_is_not_the_value() -> None:
    """A value's own check may show it, since the line that a user sees is made without it; pydantic shows none."""
    with pytest.raises(ValueError, match="validation error") as raised:
        Patient.model_validate({"Quazeb": 1, "birth_date": dt.date(1981, 5, 12), "of": {"name": "Quazeb"}})

    assert "Quazeb'" not in str(raised.value)
    assert "input_value" not in str(raised.value)


def test_a_broken_line_of_an_order_is_quoted_where_it_can_be_no_patients() -> None:
    with pytest.raises(ValueError, match="days = 0,5"):
        parse_toml(b'[patient]\nname = "Quazeb"\n[taper]\ndays = 0,5\n')
    with pytest.raises(ValueError, match="at line 2") as raised:
        parse_toml(b"[patient]\nbirth_date = 12-05-1981\n")
    assert "a date is year-month-day" in str(raised.value)
    assert "1981" not in str(raised.value)
