"""Finds in a PDF what stripgen never writes: scripts, actions, layers, more attachments, things that a viewer runs."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from stripgen.domain.enclosure import PLAN, PRINTING
from stripgen.domain.roles import ROLES
from stripgen.verifying.operators import find_strange_operations

_CATALOGUE = {
    *("/Type", "/Pages", "/Outlines", "/PageMode", "/ViewerPreferences", "/Lang", "/MarkInfo", "/StructTreeRoot"),
    *("/Names", "/AF", "/XXStripgenSeal", "/AcroForm", "/Version", "/Extensions", "/DSS"),
}
_PAGES = {"/Type", "/Count", "/Kids", "/Parent"}
_PAGE = {
    *("/Type", "/Parent", "/Contents", "/Resources", "/MediaBox", "/Rotate", "/StructParents", "/Trans", "/Annots"),
    "/Tabs",
}
_RESOURCES = {"/ProcSet", "/Font"}
_FORM = {"/Fields", "/SigFlags"}
_WIDGET_NEVER = {"/A", "/AA", "/MK", "/AP", "/V", "/DV"}  # of a paper as it was made, before anyone signed
_INFORMATION = {
    *("/Title", "/Subject", "/Keywords", "/Author", "/Creator", "/Producer", "/CreationDate", "/ModDate", "/Trapped"),
}
_FONT = {"/Type", "/Subtype", "/Name", "/BaseFont", "/FirstChar", "/LastChar", "/Widths", "/FontDescriptor"}
_FONT |= {"/ToUnicode"}
_SECTION, _PIECE = {"/S", "/P", "/T", "/K"}, {"/S", "/P", "/Pg", "/K"}


def find_strange_parts(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield what a PDF has that stripgen does not write: where, and what."""
    import pikepdf  # noqa: PLC0415 - only where a PDF is read

    try:
        with pikepdf.open(BytesIO(content)) as document:
            yield from ((where, f"{what}, which stripgen never writes") for where, what in _strange_parts(document))
            yield from find_strange_drawing(document)
            yield from find_ambiguities(document, content)
    except unreadable():
        yield "", "has parts that cannot be read"


def unreadable() -> tuple[type[Exception], ...]:
    """Return what pikepdf raises of a PDF that is broken, or that is not built as those of stripgen are."""
    import pikepdf  # noqa: PLC0415 - only where a PDF is read

    return pikepdf.PdfError, ValueError, LookupError, TypeError, AttributeError, NotImplementedError


def find_strange_drawing(document: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - pikepdf's
    """Yield the pages of an open PDF that are drawn otherwise than stripgen draws: which, and with what."""
    for number, page in enumerate(document.pages, start=1):
        for what in find_strange_operations(bytes(page.obj.Contents.get_stream_buffer())):
            yield f"page {number}", what


def find_ambiguities(document: Any, content: bytes) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - pikepdf's
    """Yield why viewers may see different things in one PDF, after it was walked through.

    Args:
        document: The PDF, open.
        content: All of its bytes, as they were sealed: what signing adds is not among them.
    """
    if not content.startswith(b"%PDF-"):
        yield "", "begins with something else than a PDF"
    if content.count(b"startxref") != 1:
        yield "", "holds several versions of itself, of which viewers may show different ones"
    if document.get_warnings():
        yield "", "is not written as a PDF must be, so that viewers may show different things"


def _strange_parts(document: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - pikepdf's
    if document.is_encrypted:
        yield "", "is encrypted"
    root = document.Root
    names, form = root.get("/Names", {}), root.get("/AcroForm", {})
    for table, known in (
        (root, _CATALOGUE),
        (names, {"/EmbeddedFiles"}),
        (form, _FORM),
        (root.Pages, _PAGES),
        (document.docinfo, _INFORMATION),
    ):
        yield from (("", f"has {key} in it") for key in sorted(set(table.keys()) - known))
    yield from (("", what) for what in _strange_attachments(root))
    on_pages = {widget.objgen for page in document.pages for widget in page.obj.get("/Annots", ())}
    if any(field.objgen not in on_pages for field in form.get("/Fields", ())):
        yield "", "has a field that is on no page"
    for number, page in enumerate(document.pages, start=1):
        yield from ((f"page {number}", what) for what in _strange_on(page.obj))
    yield from (("", what) for what in _strange_to_say(root.StructTreeRoot))


def _strange_attachments(root: Any) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
    """Yield what is attached beside the plan and the printing, or under two names."""
    listed = list(root.Names.EmbeddedFiles.Names)
    names, files = [str(name) for name in listed[::2]], listed[1::2]
    if names != [PLAN, PRINTING]:
        yield f"has the attachments {', '.join(map(repr, names))}"
    if [file.objgen for file in files] != [file.objgen for file in root.AF]:
        yield "is said to be associated with other files than are attached"
    for name, file in zip(names, files, strict=True):
        if {str(file.F), str(file.UF)} != {name} or file.EF.F.objgen != file.EF.UF.objgen:
            yield f"has the attachment {name!r} under another name, or with another content"


def _strange_on(page: Any) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
    for table, known in ((page, _PAGE), (page.Resources, _RESOURCES), (page.get("/Trans", {}), set())):
        yield from (f"has {key} on it" for key in sorted(set(table.keys()) - known))
    for font in page.Resources.Font.values():
        yield from (f"has {key} in a font" for key in sorted(set(font.keys()) - _FONT))
        if "/FontFile2" not in font.FontDescriptor:
            yield "has a font that is not embedded"
    if page.get("/Rotate", 0):
        yield "is turned"
    if [float(edge) for edge in page.MediaBox][:2] != [0, 0]:
        yield "does not begin at its corner"
    for widget in page.get("/Annots", ()):
        if widget.get("/FT") != "/Sig" or str(widget.get("/T", "")) not in ROLES or set(widget.keys()) & _WIDGET_NEVER:
            yield "has an annotation on it"


def _strange_to_say(root: Any) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
    """Yield what a reader that speaks would say otherwise than the page."""
    for section in root.K.K:
        for piece in section.K:
            keys = set(piece.keys()) - {"/Type"}
            if keys - _PIECE:
                yield f"has {', '.join(sorted(keys - _PIECE))} for a reader that speaks"
        keys = set(section.keys()) - {"/Type"}
        if keys - _SECTION:
            yield f"has {', '.join(sorted(keys - _SECTION))} for a reader that speaks"
