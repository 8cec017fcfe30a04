"""Opens a finished paper of any kind and returns what travels in it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from stripgen.domain.enclosure import PLAN, PRINTING
from stripgen.errors import PlanFileInvalid, Problem

PaperKind = Literal["pdf", "xlsx", "json"]
_SEAL_KEY = "/XXStripgenSeal"
_ENCLOSED_SHEET = "stripgen"
_WHAT_IT_IS = "give a strip plan, labels or a dispensing sheet that stripgen made, or a plan (JSON)"


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
    """
    kind = _kind_of(content)
    enclosed = _READERS[kind](name, content)
    plan = _table(enclosed, PLAN, name)
    return Paper(name, content, kind, plan, None if kind == "json" else _table(enclosed, PRINTING, name))


def _kind_of(content: bytes) -> PaperKind:
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    return "xlsx" if content.startswith(b"PK") else "json"


def _table(enclosed: Mapping[str, bytes], name: str, source: str) -> Mapping[str, Any]:
    if name not in enclosed:
        raise PlanFileInvalid([Problem("", f"carries no {name}; {_WHAT_IT_IS}")], source)
    try:
        table = json.loads(enclosed[name].decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PlanFileInvalid([Problem("", f"is not a JSON text file: {error}")], source) from error
    if not isinstance(table, dict):
        raise PlanFileInvalid([Problem("", f"is not a plan; {_WHAT_IT_IS}")], source)
    return table


def _read_json(_: str, content: bytes) -> dict[str, bytes]:
    return {PLAN: content}


def _read_pdf(name: str, content: bytes) -> dict[str, bytes]:
    """Return the attachments of a PDF."""
    import pikepdf  # noqa: PLC0415 - only where a PDF is read

    try:
        with pikepdf.open(BytesIO(content)) as document:
            return {
                title: bytes(document.attachments[title].get_file().obj.get_stream_buffer())
                for title in (PLAN, PRINTING)
                if title in document.attachments
            }
    except (pikepdf.PdfError, ValueError, KeyError, TypeError) as error:
        raise PlanFileInvalid([Problem("", f"is not a PDF that can be read ({error}); {_WHAT_IT_IS}")], name) from error


def _read_xlsx(name: str, content: bytes) -> dict[str, bytes]:
    """Return the files on the hidden sheet of a workbook."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only where a workbook is read

    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        if _ENCLOSED_SHEET not in workbook.sheet_names:
            return {}
        rows = workbook.get_sheet_by_name(_ENCLOSED_SHEET).to_python()
    except (CalamineError, ValueError, OSError) as error:
        raise PlanFileInvalid(
            [Problem("", f"is not a workbook that can be read ({error}); {_WHAT_IT_IS}")], name
        ) from error
    files: dict[str, bytes] = {}
    for title, piece, *_ in rows:
        files[str(title)] = files.get(str(title), b"") + str(piece).encode()
    return files


_READERS: Mapping[PaperKind, Callable[[str, bytes], dict[str, bytes]]] = {
    "pdf": _read_pdf,
    "xlsx": _read_xlsx,
    "json": _read_json,
}


def has_whole_seal(content: bytes) -> bool:
    """Return whether a PDF is byte for byte the one that was sealed."""
    before, key, rest = content.partition(f"{_SEAL_KEY} (".encode())
    sealed, zeros = rest[:64], b"0" * 64
    return bool(key) and hashlib.sha256(before + key + zeros + rest[64:]).hexdigest().encode() == sealed
