"""Whatever is wrong with an order, the command line says it in one line a problem and leaves nothing on disk."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from orders import FORMULARY
from running import BY_OPTIONS, run

from stripgen.errors import RegisterUnusable
from stripgen.files.register import load_key

ROOT = Path(__file__).parent.parent
CITALOPRAM = (ROOT / "examples" / "citalopram.toml").read_text("utf-8")
TABLETS = (ROOT / "examples" / "paroxetine-tablets-and-capsules.toml").read_text("utf-8")
ON = ("--issued-on", "2026-11-23")
STRIPGEN = Path(sys.executable).with_name("stripgen")
MG = "a number of mg from 0.001 to 2000, in steps of 0.001"

Change = Callable[[str], str]


def with_line(key: str, line: str) -> Change:
    """Return a change of the one line of an order that gives a key."""

    def change(text: str) -> str:
        old = [row for row in text.splitlines() if row.startswith(f"{key} = ")]
        assert len(old) == 1, old
        return text.replace(f"{old[0]}\n", f"{line}\n")

    return change


def with_text(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return change


def problems_told(text: bytes, tmp_path: Path) -> list[str]:
    """Return what `make` says of an order, without the file's name; it refuses it and writes nothing."""
    order = tmp_path / "an order.toml"
    order.write_bytes(text)

    result = run("make", order, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 3
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [order.name]
    assert order.read_bytes() == text
    prefix = f"stripgen: {order}: "
    lines = result.stderr.splitlines()
    assert [line for line in lines if not line.startswith(prefix)] == []
    assert all(line.isprintable() for line in lines)
    return [line.removeprefix(prefix) for line in lines]


# --- one fault, one line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            with_line("days", "days = 112\ndayz = 5"),
            "taper.dayz: unknown key (did you mean days?); allowed here: start_dose_mg, ",
        ),
        (with_line("days", 'days = "112"'), "taper.days: '112' is text; whole days from 1 to 1826 (5 years)"),
        (with_line("days", "days = 112.0"), "taper.days: 112.0 is not a whole number; whole days from 1 to 1826"),
        (with_line("days", "days = 0"), "taper.days: 0 is out of range; whole days from 1 to 1826 (5 years)"),
        (with_line("days", "days = -28"), "taper.days: -28 is out of range; whole days from 1 to 1826"),
        (with_line("days", "days = 4000"), "taper.days: 4000 is out of range; whole days from 1 to 1826"),
        (with_line("days", "days = nan"), "taper.days: NaN is not a whole number; whole days from 1 to 1826"),
        (with_line("days", "days = [112]"), "taper.days: [112] is not a whole number; whole days from 1 to 1826"),
        (with_line("days", "# days"), "taper.days: is missing; it must be given"),
        (with_line("start_dose_mg", "start_dose_mg = nan"), f"taper.start_dose_mg: NaN is not a finite number; {MG}"),
        (with_line("start_dose_mg", "start_dose_mg = inf"), "taper.start_dose_mg: Infinity is not a finite number; "),
        (with_line("start_dose_mg", "start_dose_mg = -20"), f"taper.start_dose_mg: -20 is out of range; {MG}"),
        (with_line("start_dose_mg", "start_dose_mg = 0"), f"taper.start_dose_mg: 0 is out of range; {MG}"),
        (with_line("start_dose_mg", "start_dose_mg = 5000"), f"taper.start_dose_mg: 5000 is out of range; {MG}"),
        (
            with_line("start_dose_mg", "start_dose_mg = 20.0001"),
            f"taper.start_dose_mg: 20.0001 is finer than 0.001; {MG}",
        ),
        (
            with_line("start_dose_mg", 'start_dose_mg = "12,5"'),
            f"taper.start_dose_mg: '12,5' is text, not a number; write 12.5 without quotes ({MG})",
        ),
        (
            with_line("start_dose_mg", "start_dose_mg = 20.05"),
            "taper.start_dose_mg: 20.05 mg cannot be made from [compounding]; nearest that can: 20 and 20.1 mg",
        ),
        (
            with_line("end_dose_mg", "end_dose_mg = 0.05"),
            "taper.end_dose_mg: 0.05 mg cannot be made from [compounding]; nearest that can: 0.1 mg",
        ),
        (
            with_line("end_dose_mg", "end_dose_mg = 30"),
            "taper.end_dose_mg: 30 is not below the start dose; from 0 (stop) to less than 20",
        ),
        (with_line("end_dose_mg", "end_dose_mg = 20"), "taper.end_dose_mg: 20 is not below the start dose; from 0 "),
        (with_line("end_dose_mg", "end_dose_mg = -1"), "taper.end_dose_mg: -1 is out of range; a number of mg from 0 "),
        (
            with_line("start_date", "start_date = 1026-12-01"),
            "taper.start_date: 1026-12-01 is out of range; a date from 2020-01-01 to 2099-12-31",
        ),
        (
            with_line("start_date", 'start_date = "01/12/2026"'),
            "taper.start_date: '01/12/2026' is not a date; a date from 2020-01-01 to 2099-12-31, written with",
        ),
        (
            with_line("start_date", "start_date = 2026-12-01T08:00:00"),
            "taper.start_date: 2026-12-01 08:00:00 is not a ",
        ),
        (
            with_line("birth_date", "birth_date = 2027-05-12"),
            "patient.birth_date: is after the taper starts; a date up to 2026-12-01",
        ),
        (with_line("increment_mg", "increment_mg = 0"), f"compounding.increment_mg: 0 is out of range; {MG}"),
        (with_line("increment_mg", "increment_mg = 0.0001"), f"compounding.increment_mg: 0.0001 is out of range; {MG}"),
        (
            with_line("increment_mg", "increment_mg = 7"),
            "taper.start_dose_mg: 20 mg cannot be made from [compounding];",
        ),
        (with_line("increment_mg", "unit = []"), "compounding.unit: has 0 strengths; 1 to 15"),
        (
            with_line("increment_mg", ""),
            "compounding: says not what can be made; give increment_mg, or one [[compoundin",
        ),
        (with_line("increment_mg", "unit = 5"), "compounding.unit: 5 is not a list; write one table"),
        (
            with_line("drug", 'drug = "citalopran"'),
            "medication.drug: 'citalopran' is not in the formulary (did you mean citalopram?); citalopram, escital",
        ),
        (
            with_line("drug", 'drug = "escitalopram"'),
            "medication.curve: is missing, and escitalopram has no default; one of escitalopram-sorensen-2022-thalamus",
        ),
        (with_line("drug", 'drug = "citalopram"\ncurve = "x"'), "medication.curve: 'x' is not a curve of citalopram; "),
        (with_line("approved_on", ""), "approval.approved_on: is missing; it must be given"),
        (with_line("phone", ""), "pharmacy.phone: is missing; an approved order names it (a draft may leave it blank)"),
        (with_line("address", 'address = """1 Street\nTown"""'), "pharmacy.address: has the character U+000A, which "),
        (with_text("schema = 1", "schema = 2"), "schema: 2 is out of range; schema = 1, the only one there is"),
        (
            with_text("[patient]", "[patiant]\n[patient]"),
            "patiant: unknown key (did you mean patient?); allowed here: ",
        ),
    ],
)
def test_a_fault_is_one_line_with_its_place_and_what_is_allowed(change: Change, line: str, tmp_path: Path) -> None:
    told = problems_told(change(CITALOPRAM).encode(), tmp_path)

    assert len(told) == 1
    assert told[0].startswith(line)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            with_text("strength_mg = 5\n", "strength_mg = 10\n"),
            "compounding.unit[2].strength_mg: 10 is there twice; each",
        ),
        (with_text("strength_mg = 5\n", "strength_mg = -5\n"), "compounding.unit[2].strength_mg: -5 is out of range; "),
        (
            with_text("strength_mg = 5\n", "strength_mg = 5\nmg = 5\n"),
            "compounding.unit[2].mg: unknown key; allowed here: ",
        ),
        (with_text("max_units_per_pouch = 8", "max_units_per_pouch = 1"), "taper.start_dose_mg: 20 mg cannot be made "),
        (
            with_text("max_units_per_pouch = 8", "max_units_per_pouch = 99"),
            "compounding.max_units_per_pouch: 99 is out",
        ),
        (
            with_text("max_units_per_pouch = 8", "increment_mg = 1"),
            "compounding: has both increment_mg and [[compounding",
        ),
    ],
)
def test_a_fault_in_the_strengths_is_told_at_its_strength(change: Change, line: str, tmp_path: Path) -> None:
    told = problems_told(change(TABLETS).encode(), tmp_path)

    assert told[0].startswith(line)


@pytest.mark.parametrize("sign", ["N", "\N{GREEK SMALL LETTER ALPHA}"])
def test_a_name_of_ten_thousand_characters_is_shown_shortened(sign: str, tmp_path: Path) -> None:
    order = with_text('name = "Example Pharmacy"', f'name = "{sign * 10_000}"')(CITALOPRAM)

    (told,) = problems_told(order.encode(), tmp_path)

    assert told.startswith(f"pharmacy.name: '{sign * 10}")
    assert told.endswith("(10000 characters) is too long; 120 characters at most")
    assert len(told) < 200


def test_every_fault_of_an_order_is_told_at_once(tmp_path: Path) -> None:
    changes = [
        with_line("days", "days = 0"),
        with_line("start_dose_mg", "start_dose_mg = nan"),
        with_line("drug", 'drug = "aspirin"'),
        with_line("birth_date", "birth_date = 1881-05-12"),
        with_line("phone", "phone = 5"),
        with_line("increment_mg", "increment_mg = 0.1\nsteps = 5"),
    ]
    text = CITALOPRAM
    for change in changes:
        text = change(text)

    told = {line.split(":")[0] for line in problems_told(text.encode(), tmp_path)}

    assert told == {
        "taper.days",
        "taper.start_dose_mg",
        "medication.drug",
        "patient.birth_date",
        "pharmacy.phone",
        "compounding.steps",
    }


# --- files that are no orders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"schema = 1\n[taper\n", "(at line 2, column 7)"),
        (b"schema = 1\nname = \n", "(at line 2, column 8)"),
        (b"schema = 1\ndays = 12,5\n", "(at line 2, column 10)"),
        (b"Dear pharmacist,\nplease make\n", "(at line 1, column 6)"),
        (b"schema = 1\nschema = 1\n", "(at line 2, column 11)"),
        ('schema = 1\nname = "Zoë"\n'.encode("latin-1"), "UTF-8"),
        ("schema = 1\n".encode("utf-16"), "UTF-8"),
        (b"\x00\x01\x02", "(at line 1, column 1)"),
        (b"x = 1e999999999999999999999", "is not a number"),
        (b"x = " + b"[" * 10_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_not_toml_is_told_with_the_place(content: bytes, words: str, tmp_path: Path) -> None:
    (line,) = problems_told(content, tmp_path)

    assert line.startswith("is not a TOML text file: ")
    assert words in line


def test_an_empty_file_lacks_the_four_things_every_order_has(tmp_path: Path) -> None:
    needed = ["schema", "medication", "taper", "compounding"]

    assert problems_told(b"", tmp_path) == [f"{table}: is missing; it must be given" for table in needed]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    assert problems_told(b"#" * 2_000_000, tmp_path) == ["is larger than 1 MB; an order file is a page of text"]


@pytest.mark.parametrize(
    "key",
    [r'"\u001b[2J"', r'"a\nstripgen: b"', r'"\u202Eabc"', r'"\u0007"', "'  '"],
    ids=["escape", "newline", "right-to-left", "bell", "blank"],
)
def test_a_key_with_control_signs_is_told_on_one_printable_line(key: str, tmp_path: Path) -> None:
    (line,) = problems_told(with_line("days", f"days = 112\n{key} = 5")(CITALOPRAM).encode(), tmp_path)

    assert line.startswith("taper.")
    assert "unknown key" in line


@pytest.mark.parametrize("command", [["make"], ["plan"], ["plan", "--json"], ["check"]], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "words"), [("missing.toml", "No such file or directory"), (".", "Is a directory"), ("n" * 300, "too long")]
)
def test_a_path_that_leads_to_no_file_is_told(command: list[str], name: str, words: str, tmp_path: Path) -> None:
    out = ["--out", tmp_path / "out"] if command == ["make"] else []

    result = run(*command, tmp_path / name, *out)

    assert result.exit_code == 3
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"stripgen: {tmp_path / name}: cannot be read (")
    assert words in line
    assert line.endswith("; give the path of an order file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["make", "plan", "check"])
def test_an_empty_path_is_told_as_a_path(command: str) -> None:
    """A script's variable that was never set is not an order by options."""
    result = run(command, "")

    assert result.exit_code in {2, 3}
    assert "--drug: is missing" not in result.stderr
    assert len(result.stderr.splitlines()) == 1 or "Usage:" in result.stderr


@pytest.mark.parametrize("command", [["plan"], ["plan", "--csv"], ["check"], ["make"]], ids=" ".join)
def test_every_command_tells_the_same_of_a_wrong_order(command: list[str], tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    order.write_text(with_line("days", "days = 0")(CITALOPRAM), "utf-8")

    result = run(*command, order)

    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr == f"stripgen: {order}: taper.days: 0 is out of range; whole days from 1 to 1826 (5 years)\n"


# --- what no paper can show ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("Patient", ["has a character at place 1", "has a character at place 2"]),
        ("Pharmacy", ["has the character '日' (U+65E5", "has the character '本' (U+672C"]),
    ],
)
def test_a_name_the_font_cannot_print_is_told_by_its_characters_or_if_a_patients_by_their_places(
    table: str, told: list[str], tmp_path: Path
) -> None:
    order = tmp_path / "order.toml"
    order.write_text(with_text(f'name = "Example {table}"', 'name = "日本 Zoë"')(CITALOPRAM), "utf-8")

    result = run("make", order, "--out", tmp_path / "out", *ON)
    check = run("check", order, *ON)

    assert (result.exit_code, check.exit_code) == (3, 3)
    assert check.stderr == result.stderr
    lines = result.stderr.splitlines()
    assert [line.partition(f"{table.lower()}.name: ")[2].partition(",")[0] for line in lines] == told
    assert all("Latin, Vietnamese, Greek and Cyrillic can be printed" in line for line in lines)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("patient.name", with_text('name = "Example Patient"', f'name = "{"W" * 120}"')),
        ("pharmacy.name", with_text('name = "Example Pharmacy"', f'name = "{"W" * 120}"')),
        ("pharmacy.address", with_line("address", f'address = "{"W" * 240}"')),
    ],
)
def test_a_text_too_wide_for_its_place_is_told_once_with_the_length_it_has(
    field: str, change: Change, tmp_path: Path
) -> None:
    order = tmp_path / "order.toml"
    order.write_text(change(CITALOPRAM), "utf-8")

    result = run("make", order, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 3
    assert not (tmp_path / "out").exists()
    (line,) = result.stderr.splitlines()
    assert f"{field}: " in line
    assert f"({240 if field == 'pharmacy.address' else 120} characters) does not fit" in line
    assert "shorten it" in line


@pytest.mark.parametrize("name", ["日本", "W" * 120], ids=["unprintable", "too wide"])
def test_what_cannot_be_printed_is_told_with_the_name_of_the_file(name: str, tmp_path: Path) -> None:
    problems_told(with_text('name = "Example Patient"', f'name = "{name}"')(CITALOPRAM).encode(), tmp_path)


# --- by options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"--start": "12,5"}, ["--start: '12,5' is text, not a number; write 12.5"]),
        ({"--start": "20 mg"}, ["--start: '20 mg' is text, not a number; "]),
        ({"--start": "-5"}, ["--start: -5 is out of range; "]),
        ({"--start": "nan"}, ["--start: 'nan' is text, not a number; "]),
        ({"--start": "1e99999"}, ["--start: '1e99999' is text, not a number; "]),
        ({"--start": "20.05"}, ["--start: 20.05 mg cannot be made"]),
        ({"--end": "20"}, ["--end: 20 is not below the start dose; "]),
        ({"--days": "4 weeks"}, ["--days: '4 weeks' is text; whole days from 1 to 1826"]),
        ({"--days": "28.5"}, ["--days: '28.5' is text; whole days from 1 to 1826"]),
        ({"--days": "9" * 6000}, ["--days: '999999"]),
        ({"--start-date": "01/12/2026"}, ["--start-date: '01/12/2026' is not a date; "]),
        ({"--start-date": "tomorrow"}, ["--start-date: 'tomorrow' is not a date; "]),
        ({"--drug": "escitalopram"}, ["--curve: is missing, and escitalopram has no default; one of escitalopram-s"]),
        ({"--drug": "Citalopram"}, ["--drug: 'Citalopram' is not in the formulary (did you mean citalopram?)"]),
        ({"--drug": ""}, ["--drug: is empty"]),
        ({"--patient": "Zo\x1b[31më"}, ["--patient: has the character U+001B, which cannot be printed"]),
        ({"--first-day": "monday"}, ["--first-day: 'monday' is not allowed; one of 'start', 'reduced'"]),
        ({"--max-units": "5"}, ["--max-units: goes with "]),
        ({"--days-per-strip": "29"}, ["--days-per-strip: 29 is out of range; whole days from 1 to 28"]),
        ({"--use-by": "never"}, ["--use-by: 'never' is not a date; "]),
        ({"--language": "it"}, ["--language: 'it' is not allowed; one of 'en', 'nl', 'de', 'fr', 'es'"]),
        ({"--pharmacy-language": "NL"}, ["--pharmacy-language: 'NL' is not allowed; one of 'en', 'nl', "]),
        ({"--days": "0", "--end": "x"}, ["--end: 'x' is text", "--days: 0 is out of range"]),
    ],
)
def test_a_wrong_option_is_told_by_its_name(changes: dict[str, str], lines: list[str], tmp_path: Path) -> None:
    options = [word for option in (BY_OPTIONS | changes).items() for word in option]

    result = run("make", *options, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 3
    told = [line.removeprefix("stripgen: command line: ") for line in result.stderr.splitlines()]
    assert len(told) == len(lines)
    assert all(line.startswith(start) for line, start in zip(told, lines, strict=True)), told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", BY_OPTIONS)
def test_a_missing_option_is_told_by_its_name(option: str, tmp_path: Path) -> None:
    options = [word for given in BY_OPTIONS.items() if given[0] != option for word in given]

    result = run("make", *options, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert option in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [{"--drug": ""}, {"--start": "2,5"}, {"--increment": "0"}, {"--max-units": "5"}])
def test_a_wrong_option_is_not_explained_in_words_of_the_file(wrong: dict[str, str], tmp_path: Path) -> None:
    """Whoever types options sees no keys, no tables and no quotes to leave out."""
    options = [word for option in (BY_OPTIONS | wrong).items() for word in option]

    result = run("make", *options, "--out", tmp_path / "out")

    assert result.exit_code == 3
    assert [word for word in ("the key", "without quotes", "[[", "increment_mg") if word in result.stderr] == []


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("10 pill", "'pill' is not allowed; one of 'capsule', 'tablet'"),
        ("ten", "'ten' is text, not a number"),
        ("", "'' is text, not a number"),
        ("tablet 10", "'tablet 10' is text, not a number"),
        ("5", "5 is there twice; each strength once"),
    ],
)
def test_a_wrong_strength_is_told(unit: str, words: str, tmp_path: Path) -> None:
    options = [word for option in BY_OPTIONS.items() if option[0] != "--increment" for word in option]

    result = run("make", *options, "--unit", "5", "--unit", unit, "--out", tmp_path / "out", *ON)

    assert result.exit_code == 3
    assert result.stderr.startswith("stripgen: command line: --unit: ")
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


# --- in a process of its own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_line("start_dose_mg", "start_dose_mg = nan"), "taper.start_dose_mg: NaN is not a finite number"),
        (with_line("start_dose_mg", "start_dose_mg = 60"), "above_maximum_dose: the start dose of 60 mg"),
        (with_text('name = "Example Patient"', 'name = "日本"'), "patient.name: has a character at place 1"),
    ],
)
def test_a_real_command_ends_with_3_one_line_and_no_traceback(change: Change, words: str, tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    order.write_text(change(CITALOPRAM), "utf-8")

    command = [str(STRIPGEN), "make", str(order), "--out", str(tmp_path / "out"), *ON]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=60)

    assert ended.returncode == 3
    assert ended.stdout == b""
    assert words in ended.stderr.decode()
    assert b"Traceback" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == [order.name]


def test_the_formulary_has_a_drug_without_a_default_curve() -> None:
    """Else the faults above that need one would prove nothing."""
    assert FORMULARY.default_curve_of("escitalopram") is None


# --- files that no person made ---------------------------------------------------------------------------------------

PIPED = [
    ("plan", "pipe.toml"),
    ("make", "pipe.pdf"),
    ("verify", "pipe.xlsx"),
    ("amend", "pipe.json", "--from-day", "2", "--hold", "2", "--reason", "x"),
    ("origin", "pipe.pdf"),
    ("changes", "pipe.pdf", "pipe.toml"),
    ("make", "order.toml", "--dispensing", "pipe.toml"),
    ("make", "order.toml", "--approval", "pipe.toml"),
    ("make", "order.toml", "--profile", "pipe.toml"),
    ("sign", "paper.pdf", "--role", "prescriber", "--p12", "k", "--passphrase-file", "pipe.toml"),
    ("release", "pipe.pdf", "--by", "A", "--checked-by", "B"),
]


@pytest.mark.parametrize("arguments", PIPED, ids=lambda arguments: f"{arguments[0]} {arguments[-1]}")
def test_a_pipe_is_refused_and_never_waited_for(arguments: tuple[str, ...], tmp_path: Path) -> None:
    for suffix in ("toml", "pdf", "xlsx", "json"):
        os.mkfifo(tmp_path / f"pipe.{suffix}")
    (tmp_path / "order.toml").write_text(CITALOPRAM, "utf-8")
    if arguments[0] == "sign":
        (tmp_path / "k").write_bytes(b"")
        papers = run("make", tmp_path / "order.toml", "--out", tmp_path, *ON)
        assert papers.exit_code == 0
        next(tmp_path.glob("*-strip-plan.pdf")).rename(tmp_path / "paper.pdf")

    ended = subprocess.run(
        [STRIPGEN, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )

    assert ended.returncode in {2, 3, 4}
    assert "pipe." in ended.stderr
    assert "cannot be read (it is a pipe or a device, not a file); give the path of " in ended.stderr


def test_a_pipe_in_place_of_the_key_of_a_register_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")

    with pytest.raises(RegisterUnusable, match="it is a pipe or a device, not a file"):
        load_key(tmp_path / "key", lambda _: True)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("digits.toml", b"days = " + b"9" * 5001, "it has what is not a number that can be computed with"),
        ("digits.json", b'{"days": ' + b"9" * 5001 + b"}", "it has what is not a number that can be computed with"),
        ("deep.toml", b"a = " + b"[" * 100_000, "nested too deeply"),
        ("deep.json", b"[" * 100_000, "nested too deeply"),
        ("text.json", b'{"a": "\xff"}', "it has a character that is not UTF-8"),
    ],
)
def test_what_python_cannot_read_is_told_without_a_word_of_python(
    name: str, content: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    result = run("plan", path)

    assert result.exit_code == 3
    kind = "TOML" if name.endswith("toml") else "JSON"
    assert result.stderr == f"stripgen: {path}: is not a {kind} text file: {told}\n"
