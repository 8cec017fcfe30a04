"""Tells the page that aligns a printer, which lies among papers and is of no plan."""

import re

_TITLE = "Alignment of "
# Each label's number, then what the ruler says: whoever looks at the page sees no dose, no date and no name.
_SEEN = re.compile(r"[\d\s]*\d+ mm · \S+(, moved [\d.,-]+ and [\d.,-]+ mm)?\s*")


def is_alignment_page(content: bytes) -> bool:
    """Return whether a PDF is one page of label numbers and a ruler, as `stripgen stocks --align` makes it."""
    import pypdfium2  # noqa: PLC0415 - only where a PDF carries no plan

    try:
        with pypdfium2.PdfDocument(content) as document:
            if len(document) != 1 or not document.get_metadata_value("Title").startswith(_TITLE):
                return False
            return _SEEN.fullmatch(document[0].get_textpage().get_text_range()) is not None
    except pypdfium2.PdfiumError:
        return False
