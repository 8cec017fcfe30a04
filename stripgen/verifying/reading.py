"""Reads the pages of a PDF as a person sees them, by PDFium: each text where it stands, and what is drawn beside it.

Places are millimetres from the top left of the page. PDFium did not write the pages, and shares no code with what did.
"""

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from stripgen.errors import PlanFileInvalid, Problem

_MM = 25.4 / 72  # a point
_SAME_LINE_MM = 0.4
_BROKEN_AT_HYPHEN = str.maketrans({"\x02": "-", "\ufffe": "-", "\xad": "-"})  # how PDFium reads a hyphen at the end
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of a line's direction; no ink
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ANY_BRACKET = str.maketrans(dict.fromkeys(")[]{}<>«»‹›", "("))
_BUFFER = 8192


class Area(NamedTuple):
    """A rectangle on a page."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area", by: float) -> bool:
        """Return whether the two share more than a strip of width `by`."""
        return (
            min(self.right, other.right) - max(self.left, other.left) > by
            and min(self.bottom, other.bottom) - max(self.top, other.top) > by
        )

    def holds(self, other: "Area", slack: float = 0.0) -> bool:
        """Return whether the other lies inside, give or take `slack`."""
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.top - slack <= other.top
            and other.bottom <= self.bottom + slack
        )


class ReadText(NamedTuple):
    """What was drawn in one go.

    Attributes:
        text: Its letters, with the blank that parts it from the next.
        x: Where the pen began.
        y: Its baseline.
        size_pt: Of the type.
        area: Of its ink; without any where it is blank.
        colour: Red, green and blue, 0 to 255.
        is_upright: Whether it is not of a mark across the page.
        has_ink: Whether it is drawn at all.
        turn: When it was drawn: what is drawn later covers it.
    """

    text: str
    x: float
    y: float
    size_pt: float
    area: Area
    colour: tuple[int, int, int]
    is_upright: bool
    has_ink: bool
    turn: int


class Shape(NamedTuple):
    """A line or a ground.

    Attributes:
        colour: Of the ground; None where it has none.
        turn: When it was drawn.
    """

    area: Area
    colour: tuple[int, int, int] | None
    turn: int

    @property
    def is_rule(self) -> bool:
        """Whether it is a line from one side to the other."""
        area = self.area
        return area.bottom - area.top < 0.8 and area.right - area.left > 0  # noqa: PLR2004 - 0.8 mm


@dataclass(frozen=True, eq=False)
class ReadPage:
    """A page as read.

    Attributes:
        number: 1...
        strangers: Kinds of things on it that no page of stripgen has, such as an image.
    """

    number: int
    width: float
    height: float
    texts: tuple[ReadText, ...]
    shapes: tuple[Shape, ...]
    strangers: tuple[str, ...]

    @cached_property
    def upright(self) -> list[ReadText]:
        """The texts that are not of a mark across the page and not blank, in the order in which they were drawn."""
        return [text for text in self.texts if text.is_upright and text.text.strip()]

    @cached_property
    def flow(self) -> str:
        """All of them one after the other, squeezed."""
        return squeeze("".join(text.text for text in self.upright))

    @property
    def heading(self) -> str:
        """The first text, as a page's title is; a title of several lines with its first only."""
        return self.upright[0].text.strip() if self.upright else ""

    def within(self, area: Area) -> list[ReadText]:
        """Return the texts that begin inside an area, as the eye reads them: line by line from the left."""
        found = [text for text in self.upright if area.left <= text.x < area.right and area.top <= text.y < area.bottom]
        return in_lines(found)

    def bands(self, shortest_mm: float) -> list[Area]:
        """Return the rows between lines that are at least so long, from the top down."""
        ys = sorted(
            {
                round((shape.area.top + shape.area.bottom) / 2, 2)
                for shape in self.shapes
                if shape.is_rule and shape.area.right - shape.area.left >= shortest_mm
            }
        )
        return [Area(0, above, self.width, below) for above, below in pairwise(ys)]


def in_lines(texts: Iterable[ReadText]) -> list[ReadText]:
    """Return texts as the eye reads them: line by line from the top, each from the left."""
    ordered = sorted(texts, key=lambda text: text.y)
    lines: list[list[ReadText]] = []
    for text in ordered:
        if lines and text.y - lines[-1][0].y < _SAME_LINE_MM:
            lines[-1].append(text)
        else:
            lines.append([text])
    return [text for line in lines for text in sorted(line, key=lambda text: text.x)]


@lru_cache(maxsize=100_000)  # much is said on every page
def squeeze(text: str) -> str:
    """Return a text however it was broken over lines: without blanks and the dots between its parts.

    A line to write on, of whatever length, is one stroke.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _MARKS.sub("", text)).replace("·", "")
    text = "".join(text.split())
    return re.sub("_+", "_", text) if "_" in text else text


def letters_of(text: str) -> Counter[str]:
    """Return how often each letter is in a text that reads right to left, whatever its order.

    PDFium turns the brackets in it, so all brackets count as one sign.
    """
    return Counter(squeeze(text).translate(_ANY_BRACKET))


def reads_right_to_left(text: str) -> bool:
    """Return whether a text has letters that read right to left: PDFium turns these, and what stands beside them."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def read_pages(name: str, content: bytes) -> Iterator[ReadPage]:
    """Yield all pages of a PDF.

    Raises:
        PlanFileInvalid: PDFium cannot read it.
    """
    import pypdfium2  # noqa: PLC0415 - only where a PDF is read

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise PlanFileInvalid([Problem("", f"is not a PDF that can be read ({error})")], name) from error
    reader = _Reader()
    try:
        for number in range(1, len(document) + 1):
            yield reader.read(document, number)
    finally:
        document.close()


def read_title(content: bytes) -> str:
    """Return the title that a PDF gives itself, which a viewer shows above it."""
    import pypdfium2  # noqa: PLC0415 - only where a PDF is read

    document = pypdfium2.PdfDocument(content)
    try:
        return str(document.get_metadata_value("Title"))
    finally:
        document.close()


class _Reader:
    """Reads page after page; what PDFium writes its answers into is made once."""

    def __init__(self) -> None:
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - only where a PDF is read

        self._pdfium = pdfium
        self._buffer = ctypes.create_string_buffer(_BUFFER)
        self._letters = ctypes.cast(self._buffer, ctypes.POINTER(ctypes.c_ushort))
        self._edges = [ctypes.c_float() for _ in range(4)]
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._matrix = pdfium.FS_MATRIX()
        self._size = ctypes.c_float()
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()

    def read(self, document: Any, number: int) -> ReadPage:  # noqa: ANN401 - pypdfium2's
        pdfium = self._pdfium
        page = pdfium.FPDF_LoadPage(document.raw, number - 1)
        if not page:
            return ReadPage(number, 0, 0, (), (), ("nothing that can be read",))
        text_page = pdfium.FPDFText_LoadPage(page)
        height = pdfium.FPDF_GetPageHeightF(page)
        texts, shapes, strangers = [], [], []
        for turn in range(pdfium.FPDFPage_CountObjects(page)):
            item = pdfium.FPDFPage_GetObject(page, turn)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                texts.append(self._text(item, text_page, height, turn))
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                shapes.append(self._shape(item, height, turn))
            else:
                strangers.append("an image or another thing that is neither text nor line")
        width = pdfium.FPDF_GetPageWidthF(page) * _MM
        pdfium.FPDFText_ClosePage(text_page)
        pdfium.FPDF_ClosePage(page)
        return ReadPage(number, width, height * _MM, tuple(texts), tuple(shapes), tuple(strangers))

    def _text(self, item: Any, text_page: Any, height: float, turn: int) -> ReadText:  # noqa: ANN401 - PDFium's
        pdfium, matrix = self._pdfium, self._matrix
        n_bytes = pdfium.FPDFTextObj_GetText(item, text_page, self._letters, _BUFFER)
        said = ctypes.string_at(self._buffer, max(n_bytes - 2, 0)).decode("utf-16-le", "replace")
        pdfium.FPDFPageObj_GetMatrix(item, matrix)
        pdfium.FPDFTextObj_GetFontSize(item, self._size)
        return ReadText(
            said.translate(_BROKEN_AT_HYPHEN),
            matrix.e * _MM,
            (height - matrix.f) * _MM,
            self._size.value * matrix.d,
            self._area(item, height),
            self._colour_of(item),
            matrix.b == 0 and matrix.c == 0 and matrix.a > 0 and matrix.d > 0,
            pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_FILL and bool(self._colour[3]),
            turn,
        )

    def _shape(self, item: Any, height: float, turn: int) -> Shape:  # noqa: ANN401 - PDFium's
        self._pdfium.FPDFPath_GetDrawMode(item, self._fill, self._stroke)
        return Shape(self._area(item, height), self._colour_of(item) if self._fill.value else None, turn)

    def _area(self, item: Any, height: float) -> Area:  # noqa: ANN401 - PDFium's
        left, bottom, right, top = self._edges
        self._pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top)
        return Area(left.value * _MM, (height - top.value) * _MM, right.value * _MM, (height - bottom.value) * _MM)

    def _colour_of(self, item: Any) -> tuple[int, int, int]:  # noqa: ANN401 - PDFium's
        self._pdfium.FPDFPageObj_GetFillColor(item, *self._colour)
        red, green, blue, _ = self._colour
        return red.value, green.value, blue.value
