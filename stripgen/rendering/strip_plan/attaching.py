"""Puts files into a PDF as attachments, and seals it: later nobody can change a byte without its being seen.

reportlab writes no attachments of its own, so this builds them from its objects.

Source: ISO 32000-1, 7.11.4 (embedded file streams) and 7.7.4 (name dictionary); ISO 32000-2, 14.13
(associated files).
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString, PDFZCompress
from reportlab.pdfgen.canvas import Canvas

SEAL_KEY = "XXStripgenSeal"  # ISO 32000-1, Annex E: names that begin with XX are nobody's
_NO_SEAL = "0" * 64
_JSON = PDFName("application#2Fjson")  # the slash as a name has it


def attach_files(canvas: Canvas, files: Mapping[str, bytes], issued_on: dt.date) -> None:
    """Attach files to a document that is being drawn, and leave a place for its seal.

    Args:
        canvas: On which the document is drawn; before it is saved.
        files: By name; the names are in ASCII.
        issued_on: The date that each is said to be of.
    """
    document: Any = canvas._doc  # type: ignore[attr-defined] # noqa: SLF001 - no public way to the catalogue
    catalogue = document.Catalog
    catalogue.__NoDefault__ = [*catalogue.__NoDefault__, "AF", SEAL_KEY]
    catalogue.__Refs__ = [*catalogue.__Refs__, "AF"]
    specs = [(name, document.Reference(_file(document, name, files[name], issued_on))) for name in sorted(files)]
    names = PDFArray([part for name, spec in specs for part in (PDFString(name), spec)])
    catalogue.Names = PDFDictionary({"EmbeddedFiles": PDFDictionary({"Names": names})})
    catalogue.AF = PDFArray([spec for _, spec in specs])
    setattr(catalogue, SEAL_KEY, PDFString(_NO_SEAL))


def _file(document: Any, name: str, content: bytes, issued_on: dt.date) -> PDFDictionary:  # noqa: ANN401 - reportlab's
    date = PDFString(f"D:{issued_on:%Y%m%d}000000Z")
    details = {"Type": PDFName("EmbeddedFile"), "Subtype": _JSON}
    parameters = {"Size": len(content), "CreationDate": date, "ModDate": date}
    stream = PDFStream(PDFDictionary({**details, "Params": PDFDictionary(parameters)}), content, [PDFZCompress])
    embedded = document.Reference(stream)
    return PDFDictionary(
        {
            "Type": PDFName("Filespec"),
            "F": PDFString(name),
            "UF": PDFString(name),
            "AFRelationship": PDFName("Data"),
            "EF": PDFDictionary({"F": embedded, "UF": embedded}),
        }
    )


def seal(pdf: bytes) -> bytes:
    """Return a PDF with its seal: the SHA-256 of all its bytes, those of the seal itself as zeros."""
    place = f"/{SEAL_KEY} ({_NO_SEAL})"
    return pdf.replace(place.encode(), f"/{SEAL_KEY} ({hashlib.sha256(pdf).hexdigest()})".encode(), 1)
