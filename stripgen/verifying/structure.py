"""Finds in a PDF what stripgen never writes: scripts, actions, layers, more attachments, things that a viewer runs."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from stripgen.domain.enclosure import PLAN, PRINTING
from stripgen.domain.roles import ROLES

_CATALOGUE = {
    *("/Type", "/Pages", "/Outlines", "/PageMode", "/ViewerPreferences", "/Lang", "/MarkInfo", "/StructTreeRoot"),
    *("/Names", "/AF", "/XXStripgenSeal", "/AcroForm", "/Version", "/Extensions", "/DSS"),
}
_PAGE = {
    *("/Type", "/Parent", "/Contents", "/Resources", "/MediaBox", "/Rotate", "/StructParents", "/Trans", "/Annots"),
    "/Tabs",
}
_RESOURCES = {"/ProcSet", "/Font"}
_WIDGET_NEVER = {"/A", "/AA", "/MK"}


def find_strange_parts(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield what a PDF has that stripgen does not write: where, and what."""
    import pikepdf  # noqa: PLC0415 - only where a PDF is read

    try:
        yield from _strange_parts(pikepdf.open(BytesIO(content)))
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError):
        yield "", "has parts that cannot be read"


def _strange_parts(opened: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - pikepdf's
    with opened as document:
        if document.is_encrypted:
            yield "", "is encrypted"
        root = document.Root
        for key in sorted(set(root.keys()) - _CATALOGUE):
            yield "", f"has {key} in it, which stripgen never writes"
        names = root.get("/Names")
        others = set(names.keys()) - {"/EmbeddedFiles"} if names is not None else set()
        for key in sorted(others):
            yield "", f"has {key} in it, which stripgen never writes"
        for name in sorted(set(document.attachments) - {PLAN, PRINTING}):
            yield "", f"has the attachment {name!r}, which stripgen never writes"
        for number, page in enumerate(document.pages, start=1):
            for what in _strange_on(page.obj):
                yield f"page {number}", what


def _strange_on(page: Any) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
    for key in sorted(set(page.keys()) - _PAGE):
        yield f"has {key} on it, which stripgen never writes"
    if page.get("/Rotate", 0):
        yield "is turned"
    for key in sorted(set(page.Resources.keys()) - _RESOURCES):
        yield f"has {key} on it, which stripgen never writes"
    for widget in page.get("/Annots", ()):
        if widget.get("/FT") != "/Sig" or str(widget.get("/T", "")) not in ROLES or set(widget.keys()) & _WIDGET_NEVER:
            yield "has an annotation on it, which stripgen never writes"
