"""The parts of a workbook's file, read so that no file can do harm: a workbook is a zip file of XML texts."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Literal
from xml.etree import ElementTree as ET

from stripgen.errors import PlanFileInvalid, Problem

Seal = Literal["whole", "broken", "none"]

_SEAL = re.compile(rb"stripgen seal ([0-9a-f]{64})")
_MOST_PARTS = 200
_MOST_BYTES = 64 * 1024 * 1024  # the longest taper of the most strengths takes a tenth
_MOST_ELEMENTS = 1_000_000  # likewise, of one part
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_WHAT_IT_IS = "give a dispensing sheet that stripgen made"


@dataclass(frozen=True)
class Package:
    """The parts of a workbook's file.

    Attributes:
        parts: Their bytes, by name.
        seal: Of the whole file: `none` where another program saved it, since none but stripgen keeps a seal.
    """

    parts: Mapping[str, bytes]
    seal: Seal


def open_package(name: str, content: bytes) -> Package:
    """Return the parts of a workbook.

    Args:
        name: Of the file, for messages.
        content: All of its bytes.

    Raises:
        PlanFileInvalid: It is broken, or so large that no workbook of stripgen can be in it.
    """
    if not content.startswith(b"PK"):
        raise not_a_workbook(name, "it has a password to open it, or is of Excel before 2007; save it as XLSX without")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = _read_parts(archive)
            return Package(parts, _seal_of(archive.comment, parts))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, UnicodeError) as error:
        raise not_a_workbook(name, "it is damaged, or cut short; take another copy of it") from error
    except (ValueError, RuntimeError) as error:  # RuntimeError: a part has a password
        raise not_a_workbook(name, str(error)) from error


def not_a_workbook(name: str, why: str) -> PlanFileInvalid:
    """Return the error that a file is not a workbook that can be read."""
    told = " ".join(why.split())[:200] or "it is broken"
    return PlanFileInvalid([Problem("", f"is not a workbook that can be read ({told}); {_WHAT_IT_IS}")], name)


def _read_parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Return all parts.

    Raises:
        ValueError: Too many, too large, or two of one name, of which programs would read different ones.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > _MOST_PARTS:
        raise ValueError(f"it has {len(entries):,} parts; at most {_MOST_PARTS}")
    parts: dict[str, bytes] = {}
    left = _MOST_BYTES
    for entry in entries:
        if entry.filename.casefold() in map(str.casefold, parts):
            raise ValueError(f"it has two parts named {entry.filename!r}")
        if entry.compress_type not in _COMPRESSIONS:
            raise ValueError(f"its part {entry.filename!r} is packed in a way that Excel does not know")
        with archive.open(entry) as part:
            parts[entry.filename] = part.read(left + 1)
        left -= len(parts[entry.filename])
        if left < 0:
            raise ValueError(f"it unpacks to more than {_MOST_BYTES // 1024 // 1024} MB")
    return parts


def _seal_of(comment: bytes, parts: Mapping[str, bytes]) -> Seal:
    found = _SEAL.fullmatch(comment)
    if found is None:
        return "broken" if b"stripgen" in comment else "none"
    digest = hashlib.sha256()
    for name, content in parts.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return "whole" if digest.hexdigest().encode() == found[1] else "broken"


class _Plain(ET.TreeBuilder):
    """Builds a tree of a text without a document type, which is where entities that grow without end are declared."""

    def __init__(self) -> None:
        super().__init__()
        self._n_elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._n_elements += 1
        if self._n_elements > _MOST_ELEMENTS:
            raise ValueError(f"a part has more than {_MOST_ELEMENTS:,} elements")
        return super().start(tag, attrs)

    def doctype(self, name: str, _pubid: str | None, _system: str | None) -> None:
        raise ValueError(f"a part declares a document type ({name!r}), which no workbook does")


def read_xml(content: bytes) -> ET.Element:
    """Return the root of an XML text, the names of its elements and attributes without their namespaces.

    Raises:
        ValueError: Not XML, or not as a workbook has it.
    """
    parser = ET.XMLParser(target=_Plain())  # noqa: S314 - a document type is refused, and elements are counted
    try:
        parser.feed(content)
        root: ET.Element = parser.close()
    except (ET.ParseError, LookupError) as error:  # LookupError: of an encoding that nobody knows
        raise ValueError(f"a part is not XML: {error}") from error
    return root


def local(name: str) -> str:
    """Return the name of an element or an attribute without its namespace."""
    return name.rpartition("}")[2]
