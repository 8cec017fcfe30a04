"""The command `verify`: what it says of good papers, of changed ones, and of files that are no papers."""

import hashlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import pikepdf
import pytest
from click.testing import CliRunner, Result
from orders import ABSENT, FORMULARY, ISSUED_ON, RawOrder, plan_of, printing, raw_order
from tampering_pages import Victim, change_dose, reseal

from stripgen.cli import main
from stripgen.domain.plan import Plan
from stripgen.papers import render_documents
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.proof import verify_documents

SHORT = {"taper.days": 6, "taper.days_per_strip": 3}


def order(**changes: object) -> RawOrder:
    return raw_order({**SHORT, **{path.replace("__", "."): value for path, value in changes.items()}})


@cache
def documents() -> dict[str, bytes]:
    return render_documents(plan_of(order()), printing(), "order.toml")


def strip_plan() -> bytes:
    return next(content for name, content in documents().items() if name.endswith("strip-plan.pdf"))


def verify(folder: Path, **files: bytes) -> Result:
    """Return what the command says of files of these names, `_pdf` being an ending."""
    paths = []
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content)
        paths.append(str(path))
    return CliRunner().invoke(main, ["verify", *paths])


def changed(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return the strip plan with one change, under a seal that fits it."""
    out = BytesIO()
    with pikepdf.open(BytesIO(strip_plan())) as document:
        change(document)
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return reseal(out.getvalue())


def drawn_on_page(number: int, before: bytes, after: bytes) -> Callable[[pikepdf.Pdf], None]:
    """Return a change of a page's drawing operations; what is changed is there once."""

    def change(document: pikepdf.Pdf) -> None:
        page = document.pages[number - 1]
        drawn = page.Contents.read_bytes()
        assert drawn.count(before) == 1
        page.Contents = document.make_stream(drawn.replace(before, after))

    return change


# --- good papers -----------------------------------------------------------------------------------------------------


def test_verify_says_what_it_compared_and_of_which_plan(tmp_path: Path) -> None:
    for name, content in documents().items():
        (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(main, ["verify", *map(str, sorted(tmp_path.iterdir()))])

    assert result.exit_code == 0, result.output
    assert "9 pages, 1 review page, 2 strips, 6 rows of the schedule, 6 pouch labels, 6 codes" in result.output
    assert result.output.splitlines()[-1] == f"verified: plan {plan_of(order()).plan_id}"


def test_each_paper_is_verified_alone_too(tmp_path: Path) -> None:
    for name, content in documents().items():
        path = tmp_path / name
        path.write_bytes(content)
        assert CliRunner().invoke(main, ["verify", str(path)]).exit_code == 0, name


def amended() -> Plan:
    whole = plan_of(raw_order({"taper.days": 12, "taper.days_per_strip": 4}))
    return plan_taper(amend(whole, Request(6, "back", 2, "Dizzy")), FORMULARY, ISSUED_ON)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "plan",
    [
        lambda: plan_of(order()),
        lambda: plan_of(order(approval=ABSENT, patient={}, prescriber={}, pharmacy={})),
        lambda: plan_of(order(medication__drug="nocurvinum", taper__strategy="linear")),
        lambda: plan_of(order(compounding={"solution": {"mg_per_ml": 2, "syringe_step_ml": 1}})),
        amended,
    ],
    ids=["approved", "draft with blanks", "no curve", "solution", "amended"],
)
def test_papers_just_made_are_verified_before_they_are_written(plan: Callable[[], Plan]) -> None:
    for large_print in (False, True):
        made = render_documents(plan(), printing(large_print=large_print, outer_label=True), "order.toml")
        report = verify_documents(made)

        assert report.differences == ()
        assert report.checked


def test_what_other_versions_made_is_compared_as_far_as_it_can_be_and_that_is_said(tmp_path: Path) -> None:
    def say_older(document: pikepdf.Pdf) -> None:
        stream = document.attachments["printing.json"].get_file().obj
        stream.write(stream.read_bytes().replace(b'"reportlab": "', b'"reportlab": "0.'))

    result = verify(tmp_path, plan_pdf=changed(say_older))

    assert result.exit_code == 0, result.output
    assert "6 rows of the schedule" in result.output
    assert "its layout cannot be made again here" in result.output


# --- changed papers --------------------------------------------------------------------------------------------------


def test_a_changed_byte_is_told_plainly(tmp_path: Path) -> None:
    content = strip_plan().replace(b"ReportLab Generated", b"ReportLab generated", 1)
    result = verify(tmp_path, plan_pdf=content)

    assert result.exit_code == 7
    assert "was changed after it was made" in result.output


def test_a_changed_dose_is_told_with_its_page_its_day_and_the_plans(tmp_path: Path) -> None:
    dose = plan_of(order()).days[1].dose_mg
    content = changed(drawn_on_page(3, f"({dose} ) Tj".encode(), b"(19.5 ) Tj"))
    result = verify(tmp_path, plan_pdf=content)

    assert result.exit_code == 7
    assert f"page 3, day 2: says 19.5; the plan {dose}" in result.output


def test_a_change_that_no_table_holds_is_found_by_a_second_layout(tmp_path: Path) -> None:
    result = verify(tmp_path, plan_pdf=changed(drawn_on_page(2, b"(Alternatives compared ) Tj", b"(Alternatives) Tj")))

    assert result.exit_code == 7
    assert "page 2" in result.output


def test_papers_of_two_plans_are_told_apart(tmp_path: Path) -> None:
    other = render_documents(plan_of(order(taper__start_dose_mg=10)), printing(), "order.toml")
    result = verify(tmp_path, one_pdf=strip_plan(), two_pdf=next(iter(other.values())))

    assert result.exit_code == 7
    assert "carries plan" in result.output


def test_every_difference_is_on_a_line_of_its_own_and_names_its_file(tmp_path: Path) -> None:
    victim = Victim(strip_plan(), strip_plan(), ())
    random = Random("doses")  # noqa: S311 - nothing secret
    assert all(change_dose(victim, random) for _ in range(3))
    result = verify(tmp_path, plan_pdf=reseal(victim.saved()))
    told = [line for line in result.output.splitlines() if line.startswith("stripgen: ")]

    assert result.exit_code == 7
    assert len(told) > 1
    assert all("plan.pdf: " in line for line in told)


def test_a_broken_seal_is_told_once(tmp_path: Path) -> None:
    victim = Victim(strip_plan(), strip_plan(), ())
    assert change_dose(victim, Random(1))  # noqa: S311 - nothing secret

    result = verify(tmp_path, plan_pdf=victim.saved())

    assert result.exit_code == 7
    assert result.stderr.count("its seal is broken") == result.stderr.count(" seal") == 1


def test_a_forgers_seal_fits_what_it_seals() -> None:
    content = changed(lambda _: None)
    seal = content.partition(b"/XXStripgenSeal (")[2][:64]

    assert hashlib.sha256(content.replace(seal, b"0" * 64)).hexdigest().encode() == seal


# --- files that are no papers ----------------------------------------------------------------------------------------


def encrypted() -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(strip_plan())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


def of_others() -> bytes:
    out = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"",
        lambda: b"hello",
        lambda: strip_plan()[:20_000],
        encrypted,
        of_others,
    ],
    ids=["empty", "text", "truncated", "encrypted", "of others"],
)
def test_a_file_that_is_no_paper_is_refused_in_words(tmp_path: Path, content: Callable[[], bytes]) -> None:
    result = verify(tmp_path, paper_pdf=content())

    assert result.exit_code in {3, 7}
    assert "paper.pdf: " in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_folder_is_refused_in_words(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["verify", str(tmp_path)])

    assert result.exit_code == 3
    assert "cannot be read" in result.output


def test_bytes_changed_at_random_never_end_in_a_traceback(tmp_path: Path) -> None:
    random = Random("noise")  # noqa: S311 - nothing secret
    for _ in range(6):
        content = bytearray(strip_plan())
        for _ in range(20):
            content[random.randrange(len(content))] = random.randrange(256)
        result = verify(tmp_path, paper_pdf=bytes(content))
        assert result.exit_code in {3, 7}, result.output
