"""Opens a finished paper of any kind and returns what travels in it."""

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import Any, Literal

from stripgen.domain.enclosure import CHECK_FORM, PLAN, PRINTING, RECORD
from stripgen.errors import CarriesNoPlan, PlanFileInvalid, Problem
from stripgen.verifying.alignment import is_alignment_page

PaperKind = Literal["pdf", "xlsx", "json"]
BROKEN_SEAL = "was changed after it was made: its seal is broken"
_SEAL_KEY = "/XXStripgenSeal"
_END = b"%%EOF\n"  # of a PDF, and of each part that was added to it
_MOST_BYTES = 64 * 1024 * 1024  # of an attachment; the longest taper takes a hundredth
_ENCLOSED_SHEET, _ENCLOSED_SEAL = "stripgen", "sha256"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"  # a workbook of Excel before 2007, or one with a password to open it
_WHAT_IT_IS = "give a strip plan, labels or a dispensing sheet that stripgen made, or a plan (JSON)"
_NO_PAPER = "is no paper of stripgen: "


@dataclass(frozen=True)
class Paper:
    """A finished paper as it was found.

    Attributes:
        name: Of its file.
        content: All of its bytes.
        kind: PDF, workbook, or plan as JSON.
        plan: What it carries of its plan, as JSON holds it.
        printing: Likewise of how it was printed; None in a plan (JSON).
    """

    name: str
    content: bytes
    kind: PaperKind
    plan: Mapping[str, Any]
    printing: Mapping[str, Any] | None


def open_paper(name: str, content: bytes) -> Paper:
    """Return a paper with what it carries; nothing is compared yet.

    Raises:
        PlanFileInvalid: Not a paper of stripgen, broken, or it does not carry its plan.
        CarriesNoPlan: A check form, or a page that aligns a printer.
    """
    kind = _kind_of(content)
    enclosed = _READERS[kind](name, content)
    plan = _table(enclosed, PLAN, name)
    return Paper(name, content, kind, plan, None if kind == "json" else _table(enclosed, PRINTING, name))


def _kind_of(content: bytes) -> PaperKind:
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    return "xlsx" if content.startswith((b"PK", _OLD_EXCEL)) else "json"


def _table(enclosed: Mapping[str, bytes], name: str, source: str) -> Mapping[str, Any]:
    if name not in enclosed:
        raise PlanFileInvalid([Problem("", f"{_NO_PAPER}it carries no {name}; {_WHAT_IT_IS}")], source)
    try:
        table = json.loads(enclosed[name].decode("utf-8-sig"), object_pairs_hook=_once)
    except _SaidTwice as error:
        what = f"says the key {str(error)[:40]!r} twice in one place of its {name}: programs would read different ones"
        raise PlanFileInvalid([Problem("", what)], source) from error
    except (ValueError, RecursionError) as error:
        what = _why_no_json(enclosed[name], PurePath(source).suffix.lower(), error)
        raise PlanFileInvalid([Problem("", what)], source) from error
    if not isinstance(table, dict):
        raise PlanFileInvalid([Problem("", f"is not a plan; {_WHAT_IT_IS}")], source)
    return table


class _SaidTwice(ValueError):
    """A table of JSON says a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a table of JSON.

    Raises:
        _SaidTwice: It says a key twice.
    """
    table = dict(pairs)
    if len(table) < len(pairs):
        raise _SaidTwice(next(key for at, (key, _) in enumerate(pairs) if key in dict(pairs[:at])))
    return table


def _why_no_json(content: bytes, suffix: str, error: Exception) -> str:
    """Return what to say of a file that is neither a PDF nor a workbook, and no JSON either."""
    if not content.strip():
        return f"{_NO_PAPER}it is empty; {_WHAT_IT_IS}"
    if suffix == ".json":
        return f"is not a JSON text file: {_fault_of_json(error)}"
    it_is = {".pdf": "it is no PDF", ".xlsx": "it is no workbook"}
    return f"{_NO_PAPER}{it_is.get(suffix, 'it is no PDF, no workbook and no plan (JSON)')}; {_WHAT_IT_IS}"


def _fault_of_json(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return str(error)
        case UnicodeDecodeError():
            return "it has a character that is not UTF-8"
        case RecursionError():
            return "nested too deeply"
        case _:  # Python reads no whole number of thousands of digits
            return "it has what is not a number that can be computed with"


def _read_json(_: str, content: bytes) -> dict[str, bytes]:
    return {PLAN: content}


def _read_pdf(name: str, content: bytes) -> dict[str, bytes]:
    """Return the attachments of a PDF."""
    import pikepdf  # noqa: PLC0415 - only where a PDF is read

    stream = BytesIO(content)
    try:
        with pikepdf.open(stream) as document:
            files = {
                title: _unpacked(document.attachments[title].get_file().obj)
                for title in (PLAN, PRINTING)
                if title in document.attachments
            }
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, KeyError, TypeError) as error:
        why = str(error).replace(f"{stream!r}: ", "").removeprefix("stream ")
        raise PlanFileInvalid([Problem("", f"is not a PDF that can be read ({why}); {_WHAT_IT_IS}")], name) from error
    if not files and is_alignment_page(content):
        raise CarriesNoPlan([Problem("", "is an alignment page, which is of no plan: leave it out")], name)
    return files


def _unpacked(stream: Any) -> bytes:  # noqa: ANN401 - pikepdf's
    """Return what an attachment holds.

    Raises:
        ValueError: It unpacks to more than any plan, or is packed in a way that stripgen does not use.
    """
    packed, filters = bytes(stream.get_raw_stream_buffer()), stream.get("/Filter", [])
    names = [str(filters)] if str(filters).startswith("/") else [str(name) for name in filters]
    if not names:
        return packed
    if names != ["/FlateDecode"]:
        raise ValueError("an attachment is packed in another way than stripgen does")
    try:
        content = zlib.decompressobj().decompress(packed, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError("an attachment cannot be unpacked") from error
    if len(content) == _MOST_BYTES:
        raise ValueError(f"an attachment unpacks to more than {_MOST_BYTES // 1024 // 1024} MB")
    return content


def _read_xlsx(name: str, content: bytes) -> dict[str, bytes]:
    """Return the files on the hidden sheet of a workbook, in pieces from the top down."""
    from stripgen.verifying.workbook_cells import read_kind, read_texts_of  # noqa: PLC0415 - only where a workbook is read
    from stripgen.verifying.workbook_package import not_a_workbook, open_package  # noqa: PLC0415 - likewise

    package = open_package(name, content)
    try:
        texts, kind = read_texts_of(package.parts, _ENCLOSED_SHEET), read_kind(package.parts)
    except (ValueError, OverflowError) as error:
        raise not_a_workbook(name, str(error)) from error
    if not texts and kind == CHECK_FORM:
        what = "is a check form, which carries no plan on purpose, so that it holds no answer: leave it out"
        raise CarriesNoPlan([Problem("", what)], name)
    files: dict[str, bytes] = {}
    for row, column in sorted(texts):
        if column == 1:
            piece = texts.get((row, 2), "").encode("utf-8", "replace")
            files[texts[row, column]] = files.get(texts[row, column], b"") + piece
    if files and files.pop(_ENCLOSED_SEAL, b"") != _seal_of(files):
        raise PlanFileInvalid(
            [Problem("", f"was changed: the plan that travels in it is not as it was; {_WHAT_IT_IS}")], name
        )
    return files


def _seal_of(files: Mapping[str, bytes]) -> bytes:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest().encode()


_READERS: Mapping[PaperKind, Callable[[str, bytes], dict[str, bytes]]] = {
    "pdf": _read_pdf,
    "xlsx": _read_xlsx,
    "json": _read_json,
}


def as_made(paper: Paper) -> Paper:
    """Return a paper as it was made, without what signing has added at its end; as it is where its seal is broken."""
    made = sealed_part(paper.content) if paper.kind == "pdf" else None
    return paper if made in {None, paper.content} else open_paper(paper.name, made or b"")


def is_record(paper: Paper) -> bool:
    """Return whether a paper is a compounding record."""
    from stripgen.verifying.workbook_cells import read_kind  # noqa: PLC0415 - only where a workbook is read
    from stripgen.verifying.workbook_package import open_package  # noqa: PLC0415 - likewise

    return paper.kind == "xlsx" and read_kind(open_package(paper.name, paper.content).parts) == RECORD


def is_altered(paper: Paper) -> bool:
    """Return whether the seal of a paper is broken.

    A strip plan that was signed is whole, and so is a workbook that a spreadsheet saved: no such program keeps a seal.
    Whether signatures are sound is not asked here.
    """
    match paper.kind:
        case "pdf":
            added = _added(paper.content)
            return added is None or not all(_is_of_signing(part) for part in added)
        case "xlsx":
            from stripgen.verifying.workbook_package import open_package  # noqa: PLC0415 - only where one is read

            return open_package(paper.name, paper.content).seal == "broken"
        case "json":
            return False


def is_saved_again(paper: Paper) -> bool:
    """Return whether a workbook was saved by a spreadsheet since it was made: none of them keeps a seal."""
    from stripgen.verifying.workbook_package import open_package  # noqa: PLC0415 - only where a workbook is read

    return paper.kind == "xlsx" and open_package(paper.name, paper.content).seal == "none"


def is_signed(content: bytes) -> bool:
    """Return whether a whole paper was signed: what signing adds stands at its end."""
    return any(_is_of_signing(part) for part in _added(content) or ())


def _added(content: bytes) -> list[bytes] | None:
    """Return the parts that were added at the end of a PDF since it was sealed; None where its seal is broken."""
    made = sealed_part(content)
    return None if made is None else [part for part in content[len(made) :].split(_END) if part.strip()]


def _is_of_signing(part: bytes) -> bool:
    return b"/ByteRange" in part or b"/DSS" in part  # a signature, or what proves later that its certificate was good


def has_whole_seal(content: bytes) -> bool:
    """Return whether a PDF is byte for byte the one that was sealed."""
    return sealed_part(content) == content


def sealed_part(content: bytes) -> bytes | None:
    """Return the PDF that was sealed, without what signing has added at its end; None where its seal is broken."""
    before, key, rest = content.partition(f"{_SEAL_KEY} (".encode())
    sealed, zeros = rest[:64], b"0" * 64
    hashed, end = hashlib.sha256(before + key + zeros), len(before) + len(key) + 64
    *parts, _ = rest[64:].split(_END)
    for part in parts:
        hashed.update(part + _END)
        end += len(part) + len(_END)
        if key and hashed.hexdigest().encode() == sealed:
            return content[:end]
    return None
