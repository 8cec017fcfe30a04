"""The plan travels with its papers: each paper alone is enough to make all of them again, bit for bit."""

import hashlib
import io
import json
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from orders import ISSUED_ON
from running import run

from stripgen.orders import is_paper
from stripgen.verifying.papers import has_whole_seal, open_paper

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))
EVERY_FIELD = next(path for path in EXAMPLES if path.stem == "every-label-field")
CITALOPRAM = next(path for path in EXAMPLES if path.stem == "citalopram")
ON = ("--issued-on", ISSUED_ON.isoformat())


def made(order: Path, out: Path, *options: object) -> dict[str, bytes]:
    result = run("make", order, "--out", out, *options)
    assert result.exit_code == 0, result.output
    return {path.name: path.read_bytes() for path in out.iterdir()}


PRINTED_OTHERWISE = [
    *("--profile", "uk", "--stock", "avery-l7160", "--first-label", "5", "--offset-mm", "0.5,-1", "--outer-label"),
    *("--strip-stock", "roll-62x100", "--large-print", "--calendar", "--calendar-names-drug"),
]


@pytest.mark.parametrize("options", [[], PRINTED_OTHERWISE], ids=["as usual", "otherwise"])
def test_every_paper_alone_gives_all_papers_again_bit_for_bit(options: list[str], tmp_path: Path) -> None:
    first = made(EVERY_FIELD, tmp_path / "first", *ON, *options)
    papers = [name for name in first if is_paper(name)]

    assert len(papers) == (2 if not options else 4)
    for number, name in enumerate(papers):
        assert made(tmp_path / "first" / name, tmp_path / f"again-{number}") == first


@pytest.mark.parametrize("order", EXAMPLES, ids=lambda path: path.stem)
def test_the_plan_read_from_a_paper_is_that_of_its_order(order: Path, tmp_path: Path) -> None:
    first = made(order, tmp_path, *ON)
    asked = run("plan", order, "--json", *ON).output

    for name in first:
        assert run("plan", tmp_path / name, "--json").output == asked


def test_what_is_asked_of_the_printer_anew_takes_the_place_of_how_it_was_printed(tmp_path: Path) -> None:
    first = made(EVERY_FIELD, tmp_path / "first", *ON)
    name = next(name for name in first if name.endswith("-strip-plan.pdf"))
    others = made(tmp_path / "first" / name, tmp_path / "other", "--stock", "avery-l7160")

    assert set(others) - set(first) == {name.replace("-strip-plan", "-labels")}
    assert others == made(EVERY_FIELD, tmp_path / "straight", *ON, "--stock", "avery-l7160")


def test_a_paper_made_again_keeps_its_date_unless_another_is_given(tmp_path: Path) -> None:
    first = made(CITALOPRAM, tmp_path / "first", *ON)
    name = next(iter(first))

    later = made(tmp_path / "first" / name, tmp_path / "later", "--issued-on", "2026-11-27")

    assert later == made(CITALOPRAM, tmp_path / "straight", "--issued-on", "2026-11-27")
    assert later != first


def test_lots_given_anew_take_the_place_of_those_in_the_paper(tmp_path: Path) -> None:
    first = made(CITALOPRAM, tmp_path / "first", *ON)
    lots = tmp_path / "lots.toml"
    lots.write_text('[dispensing]\nlot = "L-77"\n', "utf-8")

    anew = made(tmp_path / "first" / next(iter(first)), tmp_path / "anew", "--dispensing", lots)

    assert anew == made(CITALOPRAM, tmp_path / "straight", *ON, "--dispensing", lots)


def test_a_strip_plan_can_be_amended_as_its_plan_can(tmp_path: Path) -> None:
    first = made(CITALOPRAM, tmp_path / "first", *ON)
    plan = tmp_path / "plan.json"
    plan.write_text(run("plan", CITALOPRAM, "--json", *ON).output, "utf-8")
    amendment = ("--from-day", 57, "--hold", 14, "--reason", "Dizzy", *ON)

    results = []
    for number, source in enumerate((plan, *(tmp_path / "first" / name for name in first))):
        out = tmp_path / f"amended-{number}"
        assert run("amend", source, *amendment, "--out", out).exit_code == 0
        results.append({path.name: path.read_bytes() for path in out.iterdir()})

    assert len(results) == 3
    assert results[0] == results[1] == results[2]


def test_what_papers_were_made_with_is_in_them(tmp_path: Path) -> None:
    name, content = next(iter(made(CITALOPRAM, tmp_path, *ON).items()))
    enclosed = open_paper(name, content).printing
    assert enclosed

    made_with = enclosed["made_with"]
    curves = Path(__file__).parent.parent / "stripgen" / "formulary" / "curves.toml"
    assert made_with["data"]["formulary/curves.toml"] == f"sha256:{hashlib.sha256(curves.read_bytes()).hexdigest()}"
    assert set(made_with["data"]) == {"formulary/curves.toml", "formulary/drugs.toml", "templates/wording/en.toml"}
    assert {"Python", "reportlab", "openpyxl"} < set(made_with["libraries"])


def test_the_seal_is_broken_by_any_byte(tmp_path: Path) -> None:
    name, content = next(item for item in made(CITALOPRAM, tmp_path, *ON).items() if item[0].endswith(".pdf"))

    assert has_whole_seal(content), name
    for position in range(0, len(content), len(content) // 300):
        changed = b"".join([content[:position], bytes([content[position] ^ 1]), content[position + 1 :]])
        assert not has_whole_seal(changed), position
    assert not has_whole_seal(content + b"\n")
    assert not has_whole_seal(content[:-1])


def test_a_pdf_with_files_in_it_is_sound(tmp_path: Path) -> None:
    for name, content in made(CITALOPRAM, tmp_path, *ON).items():
        if name.endswith(".pdf"):
            with pikepdf.open(io.BytesIO(content)) as document:
                assert document.check_pdf_syntax() == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"", "is no paper of stripgen: it is empty"),
        ("a.pdf", b"%PDF-1.7\nnothing", "is not a PDF that can be read"),
        ("a.xlsx", b"PK\x03\x04 nothing", "is not a workbook that can be read"),
        ("a.json", b"[1]", "is not a plan"),
        ("a.json", b"\xff\xfe\x00", "is not a JSON text file"),
        ("a.json", b"[" * 200_000, "is not a JSON text file"),
        (
            "a.json",
            b'{"order": 1, "days": [], "issued_on": 1, "plan_id": 1, "plan_hash": 1}',
            "an order that is not a table",
        ),
    ],
)
@pytest.mark.parametrize("command", ["plan", "make", "check"])
def test_a_file_that_is_no_paper_is_refused(command: str, name: str, content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    result = run(command, tmp_path / name, *(["--out", tmp_path / "out"] if command == "make" else []))

    assert result.exit_code == 3
    assert told in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_pdf_and_a_workbook_of_others_carry_no_plan(tmp_path: Path) -> None:
    pdf, workbook = tmp_path / "other.pdf", tmp_path / "other.xlsx"
    document = pikepdf.new()
    document.add_blank_page()
    document.save(pdf)
    openpyxl.Workbook().save(workbook)

    for path in (pdf, workbook):
        result = run("plan", path)
        assert result.exit_code == 3
        assert "carries no plan.json" in result.output


def _attached(document: pikepdf.Pdf, content: bytes) -> pikepdf.AttachedFileSpec:
    return pikepdf.AttachedFileSpec(
        document, content, filename="plan.json", description="", mime_type="", creation_date="", mod_date=""
    )


def test_a_changed_plan_in_a_paper_is_refused(tmp_path: Path) -> None:
    first = made(CITALOPRAM, tmp_path, *ON)
    path = tmp_path / next(name for name in first if name.endswith(".pdf"))
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        plan = json.loads(document.attachments["plan.json"].get_file().read_bytes())
        plan["order"]["taper"]["start_dose_mg"] = "10"
        document.attachments["plan.json"] = _attached(document, json.dumps(plan).encode())
        document.save(path)

    result = run("make", path, "--out", tmp_path / "out")

    assert result.exit_code == 3
    assert "is not what its order comes to" in result.output
