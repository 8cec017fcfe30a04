"""A strip plan is signed in three roles, one after the other, and nothing can be changed after without being found."""

import datetime as dt
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from itertools import permutations
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from keys import PASSPHRASE, SelfMade, make_key
from orders import IN_ENGLISH, plan_of, printing, raw_order
from reading import read_pages, runs_of
from running import run

from stripgen.cli import main
from stripgen.domain.roles import ROLES, Role
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.errors import AnswerInvalid
from stripgen.files import load_wording
from stripgen.papers import render_documents
from stripgen.rendering.strip_plan.document import render_strip_plan
from stripgen.rendering.strip_plan.signature_look import render_signature
from stripgen.rendering.words import Words
from stripgen.signing import Key, open_key, refuse_wrong_signer, sign_paper
from stripgen.verifying.papers import Paper, has_whole_seal, open_paper, sealed_part
from stripgen.verifying.signatures import check_signatures

pytest.importorskip("pyhanko.sign", reason="pyHanko is not installed")

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
PEOPLE: dict[Role, str] = {"prescriber": "Dr Example", "pharmacist": "Zoë Łukasz", "second_check": "Another Person"}
NAME = "K7QF-3MZX-strip-plan.pdf"


@cache
def made() -> bytes:
    plan = plan_of(raw_order({"taper.days": 7}))
    documents = render_documents(plan, printing(), "order.toml")
    return documents[f"{plan.plan_id}-strip-plan.pdf"]


@cache
def key_of(role: Role) -> SelfMade:
    return make_key(PEOPLE[role])


@cache
def opened(role: Role) -> Key:
    return open_key(key_of(role).p12, PASSPHRASE, NOW)


@cache
def signed(*roles: Role) -> bytes:
    """Return the strip plan signed in some roles, one after the other."""
    if not roles:
        return made()
    *before, role = roles
    paper = paper_of(signed(*before))

    def look(size_mm: tuple[float, float]) -> bytes:
        return render_signature(PEOPLE[role], NOW, paper.plan["plan_id"], IN_ENGLISH.pharmacy, size_mm)

    return sign_paper(paper, role, opened(role), look)


def paper_of(content: bytes) -> Paper:
    return open_paper(NAME, content)


def differences(content: bytes, trusted: Sequence[bytes] = ()) -> list[str]:
    return [found.what for found in check_signatures(paper_of(content), trusted).differences]


# --- the fields ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "nl", "de", "fr", "es"])
def test_the_review_page_has_an_empty_field_for_each_role_that_is_named_printed_and_read_aloud(language: str) -> None:
    plan = plan_of(raw_order({"taper.days": 7, "pharmacy.language": language}))
    documents = render_documents(plan, printing(), "order.toml")
    with pikepdf.open(BytesIO(documents[f"{plan.plan_id}-strip-plan.pdf"])) as pdf:
        fields = list(pdf.Root.AcroForm.Fields)
        numbers = dict(zip(*[iter(pdf.Root.StructTreeRoot.ParentTree.Nums)] * 2, strict=True))
        assert [str(field.T) for field in fields] == list(ROLES)
        for field in fields:
            assert (field.FT, field.Subtype, "/V" in field) == ("/Sig", "/Widget", False)  # type: ignore[comparison-overlap] # pyHanko's
            assert int(field.F) & 4  # printed
            assert len(str(field.TU)) > 20  # what a reader of the page says
            assert field.P.objgen == pdf.pages[0].obj.objgen
            assert numbers[field.StructParent].S == "/Form"
            assert numbers[field.StructParent].K.Obj.objgen == field.objgen
        assert len(pdf.pages[0].Annots) == len(ROLES)
        assert len({str(field.TU) for field in fields}) == len(ROLES)


def test_the_same_order_gives_the_same_bytes_fields_and_all() -> None:
    plan = plan_of(raw_order({"taper.days": 7}))
    assert render_strip_plan(plan, IN_ENGLISH, printing(), {}) == render_strip_plan(plan, IN_ENGLISH, printing(), {})


# --- signing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [order[:n] for n in (1, 2, 3) for order in permutations(ROLES, n)][::2], ids="-".join)
def test_signatures_one_after_the_other_are_all_valid_and_change_not_a_byte_that_was_there(
    roles: tuple[Role, ...],
) -> None:
    content = signed(*roles)
    report = check_signatures(paper_of(content), [key_of(role).pem for role in roles])

    assert content.startswith(signed(*roles[:-1]))
    assert sealed_part(content) == made()
    assert not has_whole_seal(content)
    assert report.differences == ()
    for role in ROLES:
        (told,) = (line for line in report.checked if f": {role.replace('_', ' ')}: " in line)
        assert (f"signed by {PEOPLE[role]} at {NOW:%Y-%m-%d}" in told) == (role in roles)
        assert ("certificate trusted" in told) == (role in roles)
        assert ("not signed" in told) == (role not in roles)


def test_roles_that_nobody_signed_are_told_and_are_no_fault() -> None:
    report = check_signatures(paper_of(made()))

    assert report.differences == ()
    assert [line.rpartition(": ")[2] for line in report.checked] == ["not signed"] * 3


def test_a_signature_says_who_when_and_which_plan_where_a_pen_would_write() -> None:
    with pikepdf.open(BytesIO(signed("pharmacist"))) as pdf:
        (field,) = (field for field in pdf.Root.AcroForm.Fields if field.T == "pharmacist")
        box = [float(edge) for edge in field.Rect]
        seen = field.AP.N
        assert sorted(map(float, seen.BBox)) == pytest.approx([0, 0, box[3] - box[1], box[2] - box[0]], abs=0.6)
        fonts = seen.Resources.XObject["/Drawn"].Resources.Font
        assert any("FiraSans" in str(font.BaseFont) for font in fonts.values())
    drawn = render_signature("Zoë Łukasz", NOW, "K7QF-3MZX", IN_ENGLISH.pharmacy, (40, 19))
    told = [run.text.strip() for page in read_pages(drawn) for run in runs_of(page.upright)]
    assert told == ["Zoë Łukasz", f"{NOW:%Y-%m-%d %H:%M} UTC", "Digitally signed · plan K7QF-3MZX"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["Zoë Łukasz", "Univ.-Prof. Dr. med. Konstantin Alexander Großschmidt"])
def test_a_signature_crosses_none_of_the_rules_that_it_stands_on(name: str, language: Language) -> None:
    row_mm, rule_mm = 6.4, 4.2
    drawn = render_signature(name, NOW, "K7QF-3MZX", Words(load_wording(language), "."), (40, 3 * row_mm))
    (page,) = read_pages(drawn)
    letters = [letter for run in runs_of(page.upright) for letter in run.letters]
    rows = {int(letter.baseline / row_mm) for letter in letters}

    assert rows == {0, 1, 2}
    assert max(letter.baseline % row_mm for letter in letters) < rule_mm


def test_a_self_made_certificate_is_told_and_refused_only_where_certificates_are_named() -> None:
    content = signed("prescriber")

    assert "certificate self-signed" in check_signatures(paper_of(content)).checked[0]
    assert differences(content) == []
    assert differences(content, [key_of("pharmacist").pem]) == ["its certificate is self-signed (--trust)"]
    with pytest.raises(AnswerInvalid, match="--trust: is no file of certificates"):
        differences(content, [b"no certificate"])


def test_a_role_is_signed_once() -> None:
    with pytest.raises(AnswerInvalid, match=r"--role: pharmacist is signed already, by Zoë Łukasz"):
        refuse_wrong_signer(paper_of(signed("pharmacist")), "pharmacist", opened("second_check"))


@pytest.mark.parametrize(("first", "second"), list(permutations(ROLES, 2)))
def test_one_certificate_signs_in_one_role_only(first: Role, second: Role) -> None:
    roles = " and ".join(role.replace("_", " ") for role in ROLES if role in {first, second})
    told = f"{roles} are signed with the same certificate; each of the three signatures is by another person"

    with pytest.raises(AnswerInvalid, match=told):
        refuse_wrong_signer(paper_of(signed(first)), second, opened(first))
    refuse_wrong_signer(paper_of(signed(first)), second, opened(second))

    twice = sign_paper(paper_of(signed(first)), second, opened(first), lambda _: drawn_look())
    assert told in differences(twice)


def test_who_signs_in_all_three_roles_is_told_once() -> None:
    content = signed("prescriber")
    for role in ROLES[1:]:
        content = sign_paper(paper_of(content), role, opened("prescriber"), lambda _: drawn_look())

    told = [what for what in differences(content) if "same certificate" in what]
    assert len(told) == 1
    assert told[0].startswith("prescriber, pharmacist and second check are signed")


def drawn_look() -> bytes:
    return render_signature("Zoë Łukasz", NOW, "K7QF-3MZX", IN_ENGLISH.pharmacy, (40, 19))


@pytest.mark.parametrize(
    ("p12", "passphrase", "told"),
    [
        (key_of("prescriber").p12, "not this one", "cannot be opened: the passphrase is wrong"),
        (key_of("prescriber").p12, "", "cannot be opened: the passphrase is wrong"),
        (key_of("prescriber").pem, PASSPHRASE, "is no PKCS #12 file"),
        (b"", PASSPHRASE, "is no PKCS #12 file"),
        (b"%PDF-1.7", PASSPHRASE, "is no PKCS #12 file"),
        (
            make_key("Dr Late", begins=-9 * DAY, ends=-DAY).p12,
            PASSPHRASE,
            "its certificate is valid .*, not today",
        ),
        (make_key("Dr Soon", begins=DAY).p12, PASSPHRASE, "its certificate is valid .*, not today"),
    ],
    ids=["wrong passphrase", "no passphrase", "certificate", "empty", "PDF", "expired", "not yet valid"],
)
def test_what_cannot_sign_is_refused_with_the_reason(p12: bytes, passphrase: str, told: str) -> None:
    with pytest.raises(AnswerInvalid, match=f"--p12: {told}") as refused:
        open_key(p12, passphrase, NOW)
    assert refused.value.exit_code == 2
    assert passphrase not in str(refused.value) or not passphrase


# --- what is changed after signing -----------------------------------------------------------------------------------


def byte_changed(content: bytes, chance: random.Random, begin: int, end: int) -> bytes:
    place = chance.randrange(begin, end)
    other = chance.choice([byte for byte in range(256) if byte != content[place]])
    return content[:place] + bytes([other]) + content[place + 1 :]


def in_what_was_made(content: bytes, chance: random.Random) -> bytes:
    return byte_changed(content, chance, 0, len(made()))


def in_what_signing_added(content: bytes, chance: random.Random) -> bytes:
    return byte_changed(content, chance, len(made()), len(content))


def in_a_signature(content: bytes, chance: random.Random) -> bytes:
    hole = chance.choice(list(re.finditer(rb"<([0-9A-F]{500,})>", content)))
    return byte_changed(content, chance, hole.start(1), hole.end(1))


def added_at_the_end(content: bytes, chance: random.Random) -> bytes:
    return content + chance.choice([b"\n", b" ", b"%%EOF\n", b"% nothing", content[-200:]])


def cut_short(content: bytes, chance: random.Random) -> bytes:
    return content[: -chance.randint(1, len(content) - len(made()) - 1)]


def by_an_update(content: bytes, chance: random.Random) -> bytes:
    """Return the file with something added as a program adds it that leaves what was there as it is."""
    from pyhanko.pdf_utils import generic  # noqa: PLC0415 - may not be installed
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415

    writer = IncrementalPdfFileWriter(BytesIO(content))
    page = writer.root["/Pages"]["/Kids"][chance.randrange(3)]
    match chance.randrange(4):
        case 0:  # a note that covers something
            note = {"/Type": "/Annot", "/Subtype": "/FreeText"}
            entries = {generic.NameObject(key): generic.NameObject(value) for key, value in note.items()}
            rect = generic.ArrayObject(map(generic.NumberObject, (100, 100, 200, 200)))
            annotation = writer.add_object(generic.DictionaryObject({**entries, generic.NameObject("/Rect"): rect}))  # type: ignore[no-untyped-call] # pyHanko's
            page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), annotation])
            writer.mark_update(page.container_ref)
        case 1:  # another page's content
            other = writer.root["/Pages"]["/Kids"][3]
            page[generic.NameObject("/Contents")] = other.raw_get("/Contents")
            writer.mark_update(page.container_ref)
        case 2:  # another attachment
            spec = writer.root["/AF"][0]
            spec["/EF"][generic.NameObject("/F")] = writer.add_object(generic.StreamObject(stream_data=b"{}"))
            writer.mark_update(spec.container_ref)
        case _:  # a page left out
            kids = writer.root["/Pages"]["/Kids"]
            del kids[chance.randrange(3)]
            writer.mark_update(writer.root["/Pages"].container_ref)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call] # pyHanko's
    return out.getvalue()


def written_anew(content: bytes, _: random.Random) -> bytes:
    with pikepdf.open(BytesIO(content)) as pdf:
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()


def another_name_of_a_field(content: bytes, chance: random.Random) -> bytes:
    """Return the file with a field that says something else of itself, its signature being valid in itself."""
    from pyhanko.pdf_utils import generic  # noqa: PLC0415 - may not be installed
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415

    writer = IncrementalPdfFileWriter(BytesIO(content))
    field = chance.choice(list(writer.root["/AcroForm"]["/Fields"])).get_object()
    field[generic.NameObject("/TU")] = generic.pdf_string("another")
    writer.mark_update(field.container_ref)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call] # pyHanko's
    return out.getvalue()


CHANGES: dict[Callable[[bytes, random.Random], bytes], int] = {
    in_what_was_made: 12,
    in_what_signing_added: 12,
    in_a_signature: 12,
    added_at_the_end: 5,
    cut_short: 6,
    by_an_update: 10,
    another_name_of_a_field: 2,
    written_anew: 1,
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_is_changed_after_signing_is_found(
    change: Callable[[bytes, random.Random], bytes], compared: Counter[str]
) -> None:
    chance = random.Random(change.__name__)  # noqa: S311 - nothing secret
    contents = [signed("prescriber"), signed("prescriber", "pharmacist"), signed(*ROLES)]
    for number in range(CHANGES[change]):
        content = contents[number % len(contents)]
        changed = change(content, chance)
        assert changed != content
        paper = Paper(NAME, changed, "pdf", {}, None)  # a broken one may not even open
        assert check_signatures(paper).differences, f"change {number}"
        compared["changes found"] += 1


def test_a_change_between_making_and_signing_is_found() -> None:
    chance = random.Random(5)  # noqa: S311 - nothing secret
    for _ in range(4):
        changed = by_an_update(made(), chance)
        paper = Paper(NAME, changed, "pdf", {}, None)
        content = sign_paper(paper, "prescriber", opened("prescriber"), lambda _: drawn_look())
        assert any("was changed after it was made" in what for what in differences(content))


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with a strip plan, three keys, a passphrase and the certificates that are trusted."""
    monkeypatch.chdir(tmp_path)
    for role in ROLES:
        Path(f"{role}.p12").write_bytes(key_of(role).p12)
    Path(NAME).write_bytes(made())
    Path("pass.txt").write_text(f"{PASSPHRASE}\n", "utf-8")
    Path("all.pem").write_bytes(b"".join(key_of(role).pem for role in ROLES))


@pytest.mark.usefixtures("desk")
def test_three_people_sign_verify_says_so_and_the_signed_plan_is_made_again_unsigned() -> None:
    for role in ROLES:
        arguments = ["sign", NAME, "--role", role.replace("_", "-"), "--p12", f"{role}.p12"]
        result = run(*arguments, STRIPGEN_PASSPHRASE=PASSPHRASE)
        assert result.exit_code == 0, result.output
    told = run("verify", NAME, "--trust", "all.pem")
    again = run("make", NAME, "--out", "again")

    assert told.exit_code == 0, told.output
    assert all(f"signed by {name} at" in told.output for name in PEOPLE.values())
    assert again.exit_code == 0
    with pikepdf.open(f"again/{paper_of(made()).plan['plan_id']}-strip-plan.pdf") as pdf:
        assert not any("/V" in field for field in pdf.Root.AcroForm.Fields)


@pytest.mark.usefixtures("desk")
def test_the_passphrase_comes_from_a_file_the_environment_or_a_question_and_never_from_the_command_line() -> None:
    arguments = ["sign", NAME, "--role", "prescriber", "--p12", "prescriber.p12", "--out"]

    assert run(*arguments, "file.pdf", "--passphrase-file", "pass.txt").exit_code == 0
    assert run(*arguments, "variable.pdf", STRIPGEN_PASSPHRASE=PASSPHRASE).exit_code == 0
    asked = CliRunner().invoke(main, [*arguments, "asked.pdf"], f"{PASSPHRASE}\n")
    assert asked.exit_code == 0
    assert PASSPHRASE not in asked.output
    assert run("sign", NAME, "--role", "prescriber", "--p12", "prescriber.p12", "--passphrase", "x").exit_code == 2
    assert run(*arguments, "file.pdf", "--passphrase-file", "pass.txt").exit_code == 6  # there already


@pytest.mark.usefixtures("desk")
def test_without_a_terminal_it_is_said_where_else_a_passphrase_is_taken_from() -> None:
    stripgen = str(Path(sys.executable).with_name("stripgen"))
    command = [stripgen, "sign", NAME, "--role", "prescriber", "--p12", "prescriber.p12"]

    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        "stripgen: the passphrase: cannot be asked for, as there is no terminal that hides it; "
        "give --passphrase-file or STRIPGEN_PASSPHRASE\n"
    )
    assert Path(NAME).read_bytes() == made()


@pytest.mark.usefixtures("desk")
def test_an_altered_paper_is_not_signed() -> None:
    Path(NAME).write_bytes(made().replace(b"/TU", b"/TV", 1))
    result = run("sign", NAME, "--role", "prescriber", "--p12", "prescriber.p12", STRIPGEN_PASSPHRASE=PASSPHRASE)

    assert result.exit_code in {3, 7}
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("desk")
def test_without_pyhanko_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyhanko"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "pyhanko.sign.signers", None)
    monkeypatch.setitem(sys.modules, "pyhanko.pdf_utils.reader", None)
    result = run("sign", NAME, "--role", "prescriber", "--p12", "prescriber.p12", STRIPGEN_PASSPHRASE=PASSPHRASE)

    assert result.exit_code == 2
    assert "pip install 'stripgen[sign]'" in result.output
