"""Makes a PDF with all that its pages stand in, fonts and fields and bookmarks, and nothing drawn on them.

Whoever verifies a paper compares all but what its pages draw with such a frame; drawing them too would take as long as
making the paper.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import font_name
from stripgen.rendering.strip_plan.page import Mark, Page, SignatureField, Text
from stripgen.rendering.strip_plan.script import runs_of
from stripgen.rendering.strip_plan.signature_fields import add_signature_field
from stripgen.rendering.strip_plan.tagging import Structure


def draw_frame(pages: Sequence[Page], metadata: Metadata, enclosed: Mapping[str, bytes]) -> bytes:
    """Return the PDF of pages, each with one empty piece of text on it.

    Args:
        pages: As they are drawn; their letters decide what is in the fonts.
        metadata: What the PDF says of itself.
        enclosed: Files that travel in it, by name.
    """
    return draw_pages(pages, metadata, enclosed, _Frame().draw)


class _Frame:
    """Draws the frame of page after page; each font takes its letters in the order in which they come first."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def draw(self, canvas: Canvas, page: Page, structure: Structure) -> None:
        """Put on a page what is not drawn."""
        structure.begin("H1")
        structure.end()
        for item in page.items:
            match item:
                case Text() | Mark():
                    for name, text in _set_in(item):
                        self._take(canvas, name, text)
                case SignatureField():
                    add_signature_field(canvas, item, page.height, structure)
                case _:
                    pass

    def _take(self, canvas: Canvas, name: str, text: str) -> None:
        """Let a font take the letters of a text; it has those of ASCII from its first text on."""
        letters = {(name, "")} if text.isascii() else {(name, letter) for letter in text} | {(name, "")}
        if letters <= self._known:
            return
        self._known |= letters
        font: Any = pdfmetrics.getFont(name)
        document = canvas._doc  # type: ignore[attr-defined] # noqa: SLF001 - a font keeps its letters by document
        for subset, _ in font.splitString(text, document):
            font.getSubsetInternalName(subset, document)


def _set_in(item: Text | Mark) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text as they are drawn, each with the name of its font."""
    if isinstance(item, Mark):
        yield font_name("bold"), item.text
    elif item.text.isascii():
        yield font_name(item.font), f"{item.text} "
    else:
        yield from ((font_name(item.font, run.script), run.text) for run in runs_of(f"{item.text} "))
