"""What verify says of plans (JSON) that were tampered with, and of files that are no papers, too large, or mixed up."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from orders import raw_order
from sheets_to_verify import made_from
from tampering_sheets import saved

from stripgen.cli import main
from stripgen.verifying import open_pdf

EXAMPLE = Path(__file__).parent.parent / "examples" / "half-tablets.toml"
REFUSED, DIFFERS = 3, 7
PATIENT = ("Example Patient", "1981")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    made = CliRunner().invoke(
        main, ["make", str(EXAMPLE), "--out", str(folder), "--issued-on", "2026-11-25", "--no-verify"]
    )
    assert made.exit_code == 0, made.output
    return folder


def paper(papers: Path, suffix: str) -> Path:
    return next(papers.glob(f"*{suffix}"))


@pytest.fixture(scope="module")
def plan(papers: Path) -> str:
    with pikepdf.open(paper(papers, "strip-plan.pdf")) as document:
        return bytes(document.attachments["plan.json"].get_file().read_bytes()).decode()


def verified(*files: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["verify", *map(str, files)])
    said = result.output + result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit), said
    assert not any(word in said for word in ("Traceback", *PATIENT)), said
    return result.exit_code, said


Change = Callable[[str], str]


def first(old: str, new: str) -> Change:
    def change(plan: str) -> str:
        assert old in plan
        return plan.replace(old, new, 1)

    return change


CHANGES: dict[str, tuple[Change, int]] = {
    "a key twice": (first('"day": 1,', '"day": 2, "day": 1,'), REFUSED),
    "a key more": (first('"schema": 1,', '"schema": 1, "note": "take 9",'), DIFFERS),
    "a key more of a day": (first('"day": 1,', '"day": 1, "note": "take 9",'), DIFFERS),
    "a number as a fraction": (first('"day": 1,', '"day": 1.0,'), DIFFERS),
    "a number as yes": (first('"day": 1,', '"day": true,'), DIFFERS),
    "a number without end": (first('"day": 1,', f'"day": 1{"0" * 6000},'), REFUSED),
    "a dose without end": (first('"dose_mg": "', '"dose_mg": "1e999999999'), DIFFERS),
    "a digit of another script": (first('"dose_mg": "1', '"dose_mg": "\uff11'), DIFFERS),
    "a blank beside a dose": (first('"dose_mg": "', '"dose_mg": " '), DIFFERS),
    "something after the end": (lambda plan: f"{plan}{plan}", REFUSED),
    "nothing but brackets": (lambda _: "[" * 100_000, REFUSED),
    "nothing": (lambda _: "", REFUSED),
    "no order": (lambda plan: json.dumps({k: v for k, v in json.loads(plan).items() if k != "order"}), REFUSED),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_plan_that_was_tampered_with_is_found(kind: str, plan: str, tmp_path: Path) -> None:
    change, exit_code = CHANGES[kind]
    file = tmp_path / "plan.json"
    file.write_text(change(plan), encoding="utf-8")

    assert verified(file)[0] == exit_code


def test_a_plan_passes_in_whatever_order_its_keys_stand(plan: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(dict(reversed(json.loads(plan).items()))), encoding="utf-8")

    assert verified(file)[0] == 0


def test_what_is_added_at_the_end_of_labels_and_plans_is_found(papers: Path, tmp_path: Path) -> None:
    content = paper(papers, "strip-plan.pdf").read_bytes()
    file = tmp_path / "added.pdf"
    file.write_bytes(content + b"1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n")

    assert verified(file)[0] == DIFFERS


def test_an_attachment_that_unpacks_without_end_is_refused(papers: Path, tmp_path: Path) -> None:
    with pikepdf.open(paper(papers, "strip-plan.pdf")) as document:
        names = document.Root.Names.EmbeddedFiles.Names
        names[1].EF.F = names[1].EF.UF = document.make_stream(b" " * 65 * 1024 * 1024)
        document.save(tmp_path / "bomb.pdf", compress_streams=True)

    exit_code, said = verified(tmp_path / "bomb.pdf")

    assert exit_code == REFUSED
    assert "unpacks to more than 64 MB" in said


def test_a_paper_of_more_pages_than_any_is_refused(
    papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pdf, "_MOST_PAGES", 50)
    with pikepdf.open(paper(papers, "strip-plan.pdf")) as document:
        for _ in range(50):
            document.pages.append(document.pages[1])
        document.save(tmp_path / "long.pdf")

    exit_code, said = verified(tmp_path / "long.pdf")

    assert exit_code == REFUSED
    assert "pages; no paper of stripgen has more than 50" in said


def test_papers_are_known_by_what_is_in_them_not_by_their_names(papers: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_bytes(paper(papers, "strip-plan.pdf").read_bytes())
    (tmp_path / "sheet.pdf").write_bytes(paper(papers, "dispensing.xlsx").read_bytes())

    assert verified(tmp_path / "plan.xlsx", tmp_path / "sheet.pdf")[0] == 0


@pytest.mark.parametrize("number_format", ['"9"', '0"9"', "0,", '"1"0'])
def test_an_entry_whose_format_shows_another_number_is_told(number_format: str) -> None:
    made = made_from(raw_order({"taper.days": 5}))
    workbook = load_workbook(BytesIO(made.content))
    entry: Any = next(
        cell
        for row in workbook.worksheets[1].iter_rows()
        for cell in row
        if cell.value is None and not cell.protection.locked
    )
    entry.value, entry.number_format = 20_000, number_format

    told = made.verify(saved(workbook)).differences

    assert any("shows something else" in difference.what for difference in told)
