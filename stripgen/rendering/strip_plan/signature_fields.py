"""Puts empty signature fields on a page, to be signed later without a change to what is there.

reportlab writes no signature fields, so this builds them from its objects.

Source: ISO 32000-1, 12.7.2 (interactive form), 12.7.4.5 (signature fields) and 12.5.6.19 (widgets).
"""

from typing import Any

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas

from stripgen.rendering.strip_plan.page import MM_PER_POINT, SignatureField
from stripgen.rendering.strip_plan.tagging import Structure

_PRINTED, _LOCKED = 4, 128  # it is printed; nobody moves it
_HAS_SIGNATURE_FIELDS, _APPEND_ONLY = 1, 2  # a viewer that saves adds to the file: rewritten, its seal is broken


def add_signature_field(canvas: Canvas, field: SignatureField, page_height: float, structure: Structure) -> None:
    """Add a field to the page that is being drawn, and to what is read aloud of it.

    Args:
        canvas: On which the document is drawn.
        field: What it is called, and where it stands.
        page_height: In mm.
        structure: Of the document.
    """
    box = field.box
    corners = (box.x, page_height - box.bottom, box.right, page_height - box.y)
    widget = PDFDictionary(
        {
            "Type": PDFName("Annot"),
            "Subtype": PDFName("Widget"),
            "FT": PDFName("Sig"),
            "T": PDFString(field.name),
            "TU": PDFString(field.tooltip),
            "F": _PRINTED | _LOCKED,
            "Rect": PDFArray([round(corner / MM_PER_POINT, 3) for corner in corners]),
        }
    )
    document: Any = canvas._doc  # type: ignore[attr-defined] # noqa: SLF001 - no public way to the catalogue
    reference = document.Reference(widget)
    canvas._annotationrefs.append(reference)  # type: ignore[attr-defined] # noqa: SLF001 - nor to a page's widgets
    structure.add_field(widget)
    form = getattr(document.Catalog, "AcroForm", None)
    if form is None:
        form = PDFDictionary({"Fields": PDFArray([]), "SigFlags": _HAS_SIGNATURE_FIELDS | _APPEND_ONLY})
        document.Catalog.AcroForm = form
    form["Fields"].sequence.append(reference)
