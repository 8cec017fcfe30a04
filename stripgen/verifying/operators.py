"""Finds in what a page draws the operations that stripgen never writes.

What PDFium tells of a page is not all: letters may be spread, squeezed or cut off by operations that it carries out and
does not tell, and a mark may have a text read that is not the one that is drawn.

Source: ISO 32000-1, Annex A (operators).
"""

import re
from collections.abc import Iterator

_TEXT = re.compile(rb"\((?:[^\\()]++|\\.)*+\)", re.DOTALL)
_NUMBERS = b"0123456789.-"  # the sign too: no name of stripgen has one
_WRITTEN = {
    *(b"q", b"Q", b"cm", b"rg", b"RG", b"w", b"d", b"[", b"]", b"[]"),  # state
    *(b"n", b"m", b"l", b"c", b"h", b"re", b"S", b"f", b"f*", b"B", b"B*"),  # lines and grounds
    *(b"BT", b"ET", b"Tm", b"Tf", b"TL", b"Tj", b"T*", b"/F+"),  # text
    *(b"BDC", b"BMC", b"EMC", b"/P", b"/H", b"<</MCID", b">>", b"/Artifact", b"/ReversedChars"),  # marks
}
_MOST_TOLD = 3


def find_strange_operations(drawn: bytes) -> Iterator[str]:
    """Yield what a page draws with and stripgen never does.

    Args:
        drawn: The content of the page, unpacked.
    """
    words = set(_TEXT.sub(b"", drawn).translate(None, _NUMBERS).split())
    for word in sorted(words - _WRITTEN)[:_MOST_TOLD]:
        yield f"is drawn with {word[:20].decode('ascii', 'replace')!r}, which stripgen never writes"
