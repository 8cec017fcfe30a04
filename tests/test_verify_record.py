"""A compounding record is verified cell by cell; a check form, which carries no plan, is passed over."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from example_day import let_it_be_that_day
from openpyxl import Workbook, load_workbook
from running import run

RECORDED = Path(__file__).parent.parent / "examples" / "compounded-record.toml"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the papers, the record and the check form of an order."""
    folder, on = tmp_path_factory.mktemp("made"), ("--issued-on", "2026-11-23")
    for command in (("make", "--no-verify"), ("record",)):
        assert run(*command, RECORDED, "--out", folder, *on).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def record(made: Path) -> Path:
    return next(made.glob("*-compounding-record.xlsx"))


@pytest.fixture(scope="module")
def form(made: Path) -> Path:
    return next(made.glob("*-check-form.xlsx"))


def cells_of(workbook: Workbook) -> Iterator[Any]:
    visible = (sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
    return (cell for sheet in visible for row in sheet.iter_rows() for cell in row)


def test_a_record_as_made_is_verified(record: Path) -> None:
    result = run("verify", record)

    assert result.exit_code == 0, result.output
    assert "a compounding record, " in result.stdout


def test_a_record_that_was_filled_in_is_verified(record: Path, tmp_path: Path) -> None:
    workbook = load_workbook(record)
    empty = next(cell for cell in cells_of(workbook) if not cell.protection.locked and cell.value is None)
    empty.value = "12.5"
    workbook.save(tmp_path / "filled.xlsx")

    result = run("verify", tmp_path / "filled.xlsx")

    assert result.exit_code == 0, result.output
    assert "filled in: 1 cells" in result.stdout


def test_each_mass_of_a_record_that_was_changed_is_told_by_its_cell(record: Path, tmp_path: Path) -> None:
    content = record.read_bytes()
    numbers = [
        (cell.parent.title, cell.coordinate)
        for cell in cells_of(load_workbook(BytesIO(content)))
        if cell.protection.locked and isinstance(cell.value, int | float)
    ]
    assert len(numbers) > 10
    workbook = load_workbook(BytesIO(content))
    for sheet, name in numbers:
        workbook[sheet][name].value += 1
    workbook.save(tmp_path / "changed.xlsx")

    result = run("verify", tmp_path / "changed.xlsx")

    assert result.exit_code == 7
    assert [place for place in numbers if f": {'!'.join(place)}: " not in result.stderr] == []


def test_origin_of_a_record_names_the_command_that_makes_it(record: Path) -> None:
    assert "stripgen record gives the same bytes" in run("origin", record).stdout


def test_origin_of_a_workbook_that_was_saved_again_says_so_and_promises_no_bytes(
    made: Path, record: Path, tmp_path: Path
) -> None:
    sheet = next(made.glob("*-dispensing.xlsx"))
    for path in (sheet, record):
        workbook = load_workbook(path)
        next(cell for cell in cells_of(workbook) if isinstance(cell.value, int | float)).value += 1
        workbook.save(tmp_path / path.name)

        told = run("origin", tmp_path / path.name).stdout

        assert "the same here; but the workbook was saved again since it was made" in told
        assert "`stripgen verify` tells whether anything in it differs" in told
        assert "gives the same bytes" not in told


def test_an_alignment_page_among_the_papers_is_passed_over_with_a_line(made: Path, tmp_path: Path) -> None:
    pages = []
    for stock, more in (("avery-l7160", ("--offset-mm", "0.5,-1")), ("letter-strip-28", ())):
        assert run("stocks", "--align", stock, *more, "--out", tmp_path).exit_code == 0
        pages.append(tmp_path / f"{stock}-alignment.pdf")

    together, alone = run("verify", *made.glob("*-strip-plan.pdf"), *pages), run("verify", pages[0])

    assert together.exit_code == 0, together.output
    assert [page for page in pages if f"{page}: is an alignment page: nothing to verify" not in together.stdout] == []
    assert alone.exit_code == 3
    assert f"{pages[0]}: is an alignment page, which is of no plan: leave it out" in alone.stderr


def test_a_page_of_a_strip_plan_that_calls_itself_an_alignment_page_is_not_passed_over(
    made: Path, tmp_path: Path
) -> None:
    strip_plan = next(made.glob("*-strip-plan.pdf"))
    with pikepdf.open(strip_plan) as document:
        del document.pages[1:]
        for name in list(document.attachments):
            del document.attachments[name]
        with document.open_metadata() as metadata:
            metadata["dc:title"] = "Alignment of avery-l7160"
        document.docinfo["/Title"] = "Alignment of avery-l7160"
        document.save(tmp_path / "page.pdf")

    result = run("verify", strip_plan, tmp_path / "page.pdf")

    assert result.exit_code == 3
    assert "is no paper of stripgen: it carries no plan.json" in result.stderr


def test_a_check_form_is_passed_over_with_a_line(made: Path, form: Path) -> None:
    result = run("verify", *sorted(made.glob("*.xlsx")))

    assert result.exit_code == 0, result.output
    assert f"{form}: is a check form: nothing to verify" in result.stdout


def test_a_check_form_alone_is_refused_in_words(form: Path) -> None:
    result = run("verify", form)

    assert result.exit_code == 3
    assert "is a check form, which carries no plan on purpose" in result.stderr


def test_a_record_is_released_with_the_papers_and_a_check_form_is_not(
    made: Path, form: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_it_be_that_day(monkeypatch)
    people = ("--by", "A. Maker", "--checked-by", "B. Checker", "--register", tmp_path / "register.sqlite")
    papers = [path for path in sorted(made.iterdir()) if path != form]

    refused, released = run("release", *papers, form, *people), run("release", *papers, *people)

    assert refused.exit_code == 3
    assert f"{form}: is a check form" in refused.stderr
    assert released.exit_code == 0, released.output
    shown = run("register", "show", "1", "--register", tmp_path / "register.sqlite").stdout
    assert all(path.name in shown for path in papers)
