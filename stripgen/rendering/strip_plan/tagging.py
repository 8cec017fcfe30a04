"""Makes the PDF a tagged one: a reader that speaks the page knows headings from text, and passes over lines.

reportlab writes no structure of its own, so this builds it from its objects.

Source: ISO 32000-1, 14.7 (logical structure), 14.8 (tagged PDF) and 14.8.2.3.3 (reverse-order
strings).
"""

from typing import Any, Literal

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas

Tag = Literal["H1", "P"]


class Structure:
    """What has been marked on each page so far; attached to the document when all is drawn."""

    def __init__(self, canvas: Canvas) -> None:
        """Begin with no pages."""
        self._canvas = canvas
        self._pages: list[tuple[str, list[Tag]]] = []
        self._fields: list[tuple[int, PDFDictionary]] = []

    def begin_page(self, title: str) -> None:
        """Begin the section of a page."""
        self._pages.append((title, []))

    def begin(self, tag: Tag) -> None:
        """Mark what is drawn from here as a piece of text."""
        tags = self._pages[-1][1]
        self._canvas.addLiteral(f"/{tag} <</MCID {len(tags)}>> BDC")
        tags.append(tag)

    def begin_artifact(self) -> None:
        """Mark what is drawn from here as nothing to be read aloud."""
        self._canvas.addLiteral("/Artifact BMC")

    def begin_reversed(self) -> None:
        """Mark what is drawn from here as letters that are read from right to left, the last one first."""
        self._canvas.addLiteral("/ReversedChars BMC")

    def end(self) -> None:
        """End what was begun last."""
        self._canvas.addLiteral("EMC")

    def add_field(self, widget: PDFDictionary) -> None:
        """Note a field of a form on the page that was begun last."""
        self._fields.append((len(self._pages) - 1, widget))

    def attach(self) -> None:
        """Put the structure into the document: a section a page, its pieces in the order they were drawn, then fields.

        Each page and each field has a number of its own, under which the tree of parents lists it.
        """
        document: Any = self._canvas._doc  # type: ignore[attr-defined] # noqa: SLF001 - no public way to the catalogue
        root, whole = PDFDictionary(), PDFDictionary()
        root_reference, whole_reference = document.Reference(root), document.Reference(whole)
        sections, parents, parents_of_fields = [], [], []
        for number, (page, (title, tags)) in enumerate(zip(document.Pages.pages, self._pages, strict=True)):
            page_reference = document.Reference(page)
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents"]
            page.StructParents = number
            section = PDFDictionary({"S": PDFName("Sect"), "P": whole_reference, "T": PDFString(title)})
            section_reference = document.Reference(section)
            pieces = [
                document.Reference(
                    PDFDictionary({"S": PDFName(tag), "P": section_reference, "Pg": page_reference, "K": position})
                )
                for position, tag in enumerate(tags)
            ]
            parents += [number, document.Reference(PDFArray(pieces))]
            fields = [
                (len(self._pages) + index, widget) for index, (on, widget) in enumerate(self._fields) if on == number
            ]
            forms = [_form(document, widget, page_reference, section_reference, key) for key, widget in fields]
            parents_of_fields += [part for (key, _), form in zip(fields, forms, strict=True) for part in (key, form)]
            section["K"] = PDFArray([*pieces, *forms])
            sections.append(section_reference)
        _fill(whole, {"S": PDFName("Document"), "P": root_reference, "K": PDFArray(sections)})
        tree = document.Reference(PDFDictionary({"Nums": PDFArray(parents + parents_of_fields)}))
        _fill(
            root,
            {
                "Type": PDFName("StructTreeRoot"),
                "K": whole_reference,
                "ParentTree": tree,
                "ParentTreeNextKey": len(self._pages) + len(self._fields),
            },
        )
        document.Catalog.StructTreeRoot = root_reference
        document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})


def _form(document: Any, widget: PDFDictionary, page: Any, section: Any, key: int) -> Any:  # noqa: ANN401 - reportlab's
    """Return the piece of a section that a field is; the field says its page and number then."""
    _fill(widget, {"P": page, "StructParent": key})
    content = PDFDictionary({"Type": PDFName("OBJR"), "Obj": document.Reference(widget), "Pg": page})
    return document.Reference(PDFDictionary({"S": PDFName("Form"), "P": section, "Pg": page, "K": content}))


def _fill(dictionary: PDFDictionary, entries: dict[str, object]) -> None:
    for key, value in entries.items():
        dictionary[key] = value
