"""Reads printed labels back by PDFium, text by text: where each stands on its sheet, how large it is, what it says.

Fast enough for thousands of sheets, which `reading` is not. Nothing here asks the code that printed them. Places are
millimetres from the top left of the page.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp
from PIL import Image
from reading import Area, cut_out

MM_PER_POINT = 25.4 / 72
_HAIR_MM = 0.05
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BROKEN_AT_HYPHEN = str.maketrans({"\x02": "-", "\ufffe": "-", "\xad": "-"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, where the pen stood (points) and where its ink is."""

    text: str
    pen_x: float
    ink: Area


@dataclass(frozen=True, eq=False)
class PrintedText:
    """What was drawn in one go: a line of a text, or a part of a line in one script. `area` is its ink."""

    text: str
    size_pt: float
    area: Area
    address: int


@dataclass(frozen=True, eq=False)
class Shape:
    """A line, a filled rectangle or a code."""

    area: Area
    dashed: bool


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page of labels: its upright texts and its shapes in drawing order."""

    texts: tuple[PrintedText, ...]
    shapes: tuple[Shape, ...]
    page: Any

    def picture(self, dpi: int) -> Image.Image:
        """Return a grey picture of the page."""
        picture = self.page.render(scale=dpi / 72, grayscale=True).to_pil()
        assert isinstance(picture, Image.Image)
        return picture

    @cached_property
    def letters(self) -> dict[int, list[Letter]]:
        """The letters, by the address of the text they belong to."""
        text_page = self.page.get_textpage()
        letters = _letters_by_text(text_page, self.page.get_height())
        text_page.close()
        return letters

    def find_overlaps(self, texts: list[PrintedText]) -> list[str]:
        """Return what is printed over something else: lines whose letters touch, not lines whose corners do."""
        return [
            f"{one.text!r} over {other.text!r}"
            for one, other in combinations(texts, 2)
            if one.area.overlaps(other.area, _HAIR_MM) and self._touch(one, other)
        ]

    def _touch(self, one: PrintedText, other: PrintedText) -> bool:
        pairs = product(self.letters.get(one.address, ()), self.letters.get(other.address, ()))
        return any(a.ink.overlaps(b.ink, _HAIR_MM) for a, b in pairs)

    def in_order_of_the_pen(self) -> "Sheet":
        """Return the same with the texts that read left to right as they were drawn.

        PDFium turns a line as a whole where it begins with a name that reads right to left; what is drawn beside it in
        Latin letters comes out turned, too.
        """
        return replace(self, texts=tuple(map(self._as_drawn, self.texts)))

    def _as_drawn(self, text: PrintedText) -> PrintedText:
        if _RIGHT_TO_LEFT.search(text.text):
            return text
        letters = sorted(self.letters.get(text.address, ()), key=lambda letter: letter.pen_x)
        return replace(text, text="".join(letter.text for letter in letters).translate(_BROKEN_AT_HYPHEN))


def read_sheets(pdf: bytes) -> Iterator[Sheet]:
    """Yield every page; each is closed when the next is read."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield _read(page)
            page.close()
    finally:
        document.close()


def _read(page: Any) -> Sheet:
    height = page.get_height()
    text_page = page.get_textpage()
    texts, shapes = [], []
    for item in page.get_objects(max_depth=1):
        area = _area(item.get_bounds(), height)
        if item.type != pdfium.FPDF_PAGEOBJ_TEXT:
            shapes.append(Shape(area, _is_dashed(item.raw)))
            continue
        matrix = item.get_matrix()
        if matrix.b == matrix.c == 0:  # else it is the mark across a draft's page
            said = _text(item.raw, text_page.raw).translate(_BROKEN_AT_HYPHEN)
            texts.append(PrintedText(said, _size(item.raw) * matrix.d, area, _address(item.raw)))
    text_page.close()
    sheet = Sheet(tuple(texts), tuple(shapes), page)
    return sheet.in_order_of_the_pen() if any(_RIGHT_TO_LEFT.search(text.text) for text in texts) else sheet


def _area(bounds: tuple[float, float, float, float], height: float) -> Area:
    left, bottom, right, top = bounds
    return Area(
        left * MM_PER_POINT, (height - top) * MM_PER_POINT, right * MM_PER_POINT, (height - bottom) * MM_PER_POINT
    )


def _address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def _is_dashed(shape: Any) -> bool:
    """Return whether a shape is a dashed line: a filled one has whatever dashes the last line had."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(shape, fill, stroke)
    return bool(stroke.value) and pdfium.FPDFPageObj_GetDashCount(shape) > 0


def _size(text: Any) -> float:
    size = ctypes.c_float()
    pdfium.FPDFTextObj_GetFontSize(text, size)
    return size.value


def _text(text: Any, text_page: Any) -> str:
    n_bytes = pdfium.FPDFTextObj_GetText(text, text_page, None, 0)
    buffer = ctypes.create_string_buffer(n_bytes)
    pdfium.FPDFTextObj_GetText(text, text_page, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), n_bytes)
    return buffer.raw.decode("utf-16-le").rstrip("\x00")


def _letters_by_text(text_page: Any, height: float) -> dict[int, list[Letter]]:
    """Return the letters, by the address of the text they belong to."""
    letters: dict[int, list[Letter]] = {}
    edges = [ctypes.c_double() for _ in range(4)]
    pen_x, pen_y = ctypes.c_double(), ctypes.c_double()
    for index in range(pdfium.FPDFText_CountChars(text_page.raw)):
        text = pdfium.FPDFText_GetTextObject(text_page.raw, index)
        if text and pdfium.FPDFText_GetCharBox(text_page.raw, index, *edges):
            left, right, bottom, top = (edge.value for edge in edges)
            pdfium.FPDFText_GetCharOrigin(text_page.raw, index, pen_x, pen_y)
            letter = chr(pdfium.FPDFText_GetUnicode(text_page.raw, index))
            ink = _area((left, bottom, right, top), height)
            letters.setdefault(_address(text), []).append(Letter(letter, pen_x.value, ink))
    return letters


def read_codes(picture: Image.Image, area: Area, dpi: int) -> list[str]:
    """Return what the codes in a part of a picture say; the separator of GS1 elements as it is."""
    found = zxingcpp.read_barcodes(cut_out(picture, area, dpi))
    return [code.bytes.decode() for code in found]
