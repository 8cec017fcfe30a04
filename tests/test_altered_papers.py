"""A paper that was changed since it was made is told as such by every command that reads it, and none is lost."""

import random
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner, Result
from keys import PASSPHRASE, make_key
from openpyxl import Workbook, load_workbook

from stripgen.cli import main
from stripgen.errors import PlanFileInvalid
from stripgen.verifying.papers import is_altered, open_paper

EXAMPLES = Path(__file__).parent.parent / "examples"
RECORDED = EXAMPLES / "compounded-record.toml"
TOLD = "was changed after it was made; what follows is of the plan it carries, not of what its pages say"
NO_PAPER = "is no paper of stripgen: "

READERS = (
    ("origin", "PAPER"),
    ("plan", "PAPER"),
    ("check", "PAPER"),
    ("compare", "PAPER"),
    ("series", "PAPER"),
    ("pouch", "PAPER", "3"),
    ("changes", "PAPER", "WHOLE"),
    ("make", "PAPER", "--no-verify", "--out", "OUT"),
    ("record", "PAPER", "--out", "OUT"),
    ("amend", "PAPER", "--from-day", "40", "--hold", "3", "--reason", "x", "--no-verify", "--out", "OUT"),
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env={"STRIPGEN_PASSPHRASE": PASSPHRASE})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the papers of an order."""
    folder = tmp_path_factory.mktemp("made")
    assert run("make", RECORDED, "--out", folder, "--no-verify").exit_code == 0
    return folder


@pytest.fixture(scope="module")
def strip_plan(made: Path) -> Path:
    return next(made.glob("*-strip-plan.pdf"))


@pytest.fixture(scope="module")
def sheet(made: Path) -> Path:
    return next(made.glob("*-dispensing.xlsx"))


@pytest.fixture(scope="module")
def altered(strip_plan: Path, made: Path) -> Path:
    """Return the strip plan without one of its pages."""
    with pikepdf.open(strip_plan) as document:
        del document.pages[3]
        document.save(made / "altered.pdf")
    return made / "altered.pdf"


@pytest.fixture(scope="module")
def altered_sheet(sheet: Path, made: Path) -> Path:
    """Return the dispensing sheet with one part replaced, and its seal as it was."""
    changed = made / "altered.xlsx"
    with zipfile.ZipFile(sheet) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, content.replace(b"<v>20</v>", b"<v>71</v>") if "sheet2" in name else content)
        after.comment = before.comment
    return changed


@pytest.fixture(scope="module")
def signed(strip_plan: Path, made: Path) -> Path:
    pytest.importorskip("pyhanko.sign", reason="pyHanko is not installed")
    (made / "key.p12").write_bytes(make_key("Dr Example").p12)
    folder = made / "signed"
    folder.mkdir()
    target = folder / strip_plan.name
    result = run("sign", strip_plan, "--role", "prescriber", "--p12", made / "key.p12", "--out", target)
    assert result.exit_code == 0, result.output
    return target


def asked(command: tuple[str, ...], paper: Path, whole: Path, out: Path) -> list[object]:
    return [{"PAPER": paper, "WHOLE": whole, "OUT": out}.get(argument, argument) for argument in command]


@pytest.mark.parametrize("command", READERS, ids=lambda command: command[0])
def test_each_command_that_reads_an_altered_paper_says_so(
    command: tuple[str, ...], altered: Path, altered_sheet: Path, strip_plan: Path, tmp_path: Path
) -> None:
    for paper in (altered, altered_sheet):
        result = run(*asked(command, paper, strip_plan, tmp_path / paper.suffix))

        assert result.exit_code == 0, result.output
        assert result.stderr.splitlines()[0] == f"stripgen: {paper}: {TOLD}; see stripgen verify"
        assert result.stderr.count(TOLD) == 1


def test_a_single_flipped_bit_of_a_pdf_is_told_or_the_file_refused(strip_plan: Path) -> None:
    content, chance = strip_plan.read_bytes(), random.Random(5)  # noqa: S311 - nothing secret
    told: Counter[str] = Counter()
    for place in (*(chance.randrange(len(content)) for _ in range(100)), len(content) - 1):
        changed = bytearray(content)
        changed[place] ^= 1 << chance.randrange(8)
        try:
            told[f"altered: {is_altered(open_paper('paper.pdf', bytes(changed)))}"] += 1
        except PlanFileInvalid:
            told["refused"] += 1

    assert set(told) == {"altered: True", "refused"}
    assert told["altered: True"] > told["refused"]


def test_of_a_damaged_workbook_it_is_said_that_it_is_damaged_in_no_words_of_a_library(sheet: Path) -> None:
    content, chance = sheet.read_bytes(), random.Random(5)  # noqa: S311 - nothing secret
    told: Counter[str] = Counter()
    for _ in range(60):
        changed = bytearray(content)
        changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        try:
            open_paper("paper.xlsx", bytes(changed))
        except PlanFileInvalid as error:
            told[str(error)] += 1

    usual = "paper.xlsx: is not a workbook that can be read (it is damaged, or cut short; take another copy of it)"
    assert told.total() > 30
    assert [words for words in told if not words.startswith(usual)] == []


def test_of_a_whole_paper_and_of_a_signed_one_nothing_is_said(strip_plan: Path, sheet: Path, signed: Path) -> None:
    for paper in (strip_plan, sheet, signed):
        assert run("pouch", paper, 3).stderr == ""


def test_a_sheet_that_a_spreadsheet_saved_is_not_called_altered(sheet: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.xlsx"
    load_workbook(sheet).save(saved)

    assert run("pouch", saved, 3).stderr == ""


def test_what_is_added_to_a_paper_and_is_no_signature_is_told(signed: Path, strip_plan: Path, tmp_path: Path) -> None:
    for paper in (signed, strip_plan):
        added = tmp_path / "added.pdf"
        added.write_bytes(paper.read_bytes() + b"1 0 obj\n<< /Type /Annot >>\nendobj\n%%EOF\n")

        assert TOLD in run("pouch", added, 3).stderr


def test_origin_promises_the_same_bytes_only_of_a_whole_paper(altered: Path, strip_plan: Path) -> None:
    assert "gives the same bytes" in run("origin", strip_plan).stdout
    assert "gives the same bytes" not in run("origin", altered).stdout


def test_the_missing_page_is_told_first(altered: Path) -> None:
    told = run("verify", altered).stderr.splitlines()

    assert re.fullmatch(r"stripgen: .*: has \d+ pages; the plan has \d+", told[0])


# --- signatures ------------------------------------------------------------------------------------------------------


def test_only_a_strip_plan_is_signed(sheet: Path, signed: Path, made: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(run("plan", RECORDED, "--json").stdout, "utf-8")
    assert signed.exists()  # pyHanko is there
    for paper, is_what in ((sheet, "a workbook"), (plan, "a plan (JSON)")):
        result = run("sign", paper, "--role", "prescriber", "--p12", made / "key.p12")

        assert (result.exit_code, result.stdout) == (3, "")
        assert f"is {is_what}, which nobody signs; give the strip plan (PDF)" in result.stderr


def test_a_signed_paper_is_never_replaced_by_one_without_its_signatures(
    signed: Path, strip_plan: Path, made: Path
) -> None:
    before = signed.read_bytes()
    sign = ("sign", strip_plan, "--role", "pharmacist", "--p12", made / "key.p12", "--out", signed)
    for command in (("make", RECORDED, "--out", signed.parent), sign):
        result = run(*command, "--force")

        assert result.exit_code == 6
        assert "is signed, and would be replaced; write elsewhere with --out, or move it" in result.stderr
        assert signed.read_bytes() == before
    assert [path.name for path in signed.parent.iterdir()] == [signed.name]


def test_a_signed_paper_may_be_signed_once_more(signed: Path, made: Path, tmp_path: Path) -> None:
    twice = tmp_path / signed.name
    twice.write_bytes(signed.read_bytes())
    (made / "other.p12").write_bytes(make_key("Another Person").p12)

    result = run("sign", twice, "--role", "pharmacist", "--p12", made / "other.p12")

    assert result.exit_code == 0, result.output
    assert twice.read_bytes().startswith(signed.read_bytes())


# --- what is no paper ------------------------------------------------------------------------------------------------


def foreign_workbook() -> bytes:
    content = BytesIO()
    Workbook().save(content)
    return content.getvalue()


def foreign_pdf() -> bytes:
    content = BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.save(content)
    return content.getvalue()


NO_PAPERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.pdf": (lambda: b"", "it is empty"),
    "empty.xlsx": (lambda: b"", "it is empty"),
    "empty.toml": (lambda: b"\n", "it is empty"),
    "text.pdf": (lambda: b"hello", "it is no PDF"),
    "text.xlsx": (lambda: b"hello", "it is no workbook"),
    "order.toml": (RECORDED.read_bytes, "it is no PDF, no workbook and no plan (JSON)"),
    "foreign.xlsx": (foreign_workbook, "it carries no plan.json"),
    "foreign.pdf": (foreign_pdf, "it carries no plan.json"),
}


@pytest.mark.parametrize("name", NO_PAPERS)
def test_what_is_no_paper_is_told_by_what_it_is(name: str, tmp_path: Path) -> None:
    content, what = NO_PAPERS[name]
    (tmp_path / name).write_bytes(content())

    result = run("verify", tmp_path / name)

    assert result.exit_code == 3
    assert f"{NO_PAPER}{what}; give a strip plan" in result.stderr


@pytest.mark.parametrize("length", [20, 200, 2000])
def test_a_cut_pdf_is_told_without_what_python_calls_it(length: int, strip_plan: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(strip_plan.read_bytes()[:length])

    result = run("verify", cut)

    assert result.exit_code == 3
    assert "BytesIO" not in result.stderr
    assert "is not a PDF that can be read (" in result.stderr


# --- what a message offers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["dispensing", "approval"])
def test_a_missing_file_is_named_as_what_its_option_asks_for(option: str, tmp_path: Path) -> None:
    result = run("check", RECORDED, f"--{option}", tmp_path / "nope.toml")

    assert result.exit_code == 3
    assert re.search(rf"give the path of an? {option} file", result.stderr)


def test_two_papers_of_one_plan_with_other_lots_are_told_by_the_keys_that_differ(
    strip_plan: Path, tmp_path: Path
) -> None:
    lots = tmp_path / "lots.toml"
    lots.write_text('schema = 1\n[dispensing]\nlot = "L-SECRET"\n', "utf-8")
    assert run("make", strip_plan, "--dispensing", lots, "--out", tmp_path, "--no-verify").exit_code == 0
    (sheet,) = tmp_path.glob("*.xlsx")

    result = run("verify", strip_plan, sheet)

    assert result.exit_code == 7
    plan_id = strip_plan.name.removesuffix("-strip-plan.pdf")
    assert f"{sheet}: is of plan {plan_id} as {strip_plan} is, but says another " in result.stderr
    assert "dispensing.lot" in result.stderr
    assert "L-SECRET" not in result.stderr
    assert "patient" not in result.stderr


def test_a_draft_that_waits_for_the_approval_of_its_very_plan_is_told_how_to_get_it(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    text = (EXAMPLES / "draft.toml").read_text("utf-8")
    order.write_text(f'{text}\n[pharmacy]\napproval = "plan"\n', "utf-8")

    result = run("check", order)

    assert result.exit_code == 3
    assert "have its papers approved by `stripgen approve`, and give --approval FILE" in result.stderr


def test_where_strips_are_made_too_early_to_make_some_of_them_is_offered(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    text = (EXAMPLES / "citalopram.toml").read_text("utf-8")
    start = re.search(r"start_date = (\S+)", text)
    assert start is not None
    order.write_text(f"{text}\n[dispensing]\nmade_on = {start[1]}\n", "utf-8")

    result = run("make", order, "--profile", "us", "--out", tmp_path)

    assert result.exit_code == 3
    assert "made_too_early: " in result.stderr
    assert "with --strip N" in result.stderr
    assert "[?] seen second-hand only: look the rule up" in result.stderr


def test_of_one_strip_made_too_early_only_its_own_day_is_told(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    text = (EXAMPLES / "citalopram.toml").read_text("utf-8")
    order.write_text(f"{text}\n[dispensing]\nmade_on = 2026-11-23\n", "utf-8")

    result = run("make", order, "--profile", "us", "--strip", "2", "--out", tmp_path)

    assert result.exit_code == 3
    assert "strip 2 may not be made on that day, but from 2026-11-26 on; " in result.stderr
    assert "make it on a day on which it may be made (dispensing.made_on), change the order, or" in result.stderr
    assert [word for word in ("no strip", "--strip N", "may be made now") if word in result.stderr] == []
