"""Reads the pages of a PDF, and pictures them, by PDFium, which did not write them and shares no code with what did."""

import ctypes
import math
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Self

from stripgen.errors import PlanFileInvalid, Problem
from stripgen.verifying.reading import Area, Pen, ReadPage, ReadText, Shape, reads_right_to_left

_MM = 25.4 / 72  # a point
_POINTS_PER_INCH = 72
_BROKEN_AT_HYPHEN = str.maketrans({"\x02": "-", "\ufffe": "-", "\xad": "-"})  # how PDFium reads a hyphen at the end
_TURNED_BRACKETS = str.maketrans("()[]{}<>«»", ")(][}{><»«")  # with words PDFium turns brackets, too
_BUFFER = 8192
_MOST_PAGES = 5_000  # the longest taper has a tenth, on the smallest labels one a pouch
_MOST_DASHES = 16
_MOST_POINTS = 5_000  # a curve has two a day at most
_EVEN = 1e-4
_CHARACTERS = ctypes.POINTER(ctypes.c_char)


class OpenPdf:
    """A PDF while it is read. Its pages stay open with it, so that each is parsed only once."""

    def __init__(self, name: str, content: bytes) -> None:
        """Open it.

        Args:
            name: Of the file, for the error.
            content: All of its bytes.

        Raises:
            PlanFileInvalid: PDFium cannot read it.
        """
        import pypdfium2  # noqa: PLC0415 - only where a PDF is read

        self._error = pypdfium2.PdfiumError
        try:
            self._document = pypdfium2.PdfDocument(content)
        except self._error as error:
            raise PlanFileInvalid([Problem("", f"is not a PDF that can be read ({error})")], name) from error
        self._pages: dict[int, Any] = {}
        if len(self._document) > _MOST_PAGES:
            what = f"has {len(self._document):,} pages; no paper of stripgen has more than {_MOST_PAGES:,}"
            raise PlanFileInvalid([Problem("", what)], name)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it with all its pages."""
        self._document.close()

    @property
    def title(self) -> str:
        """Its title, which a viewer shows above it."""
        return str(self._document.get_metadata_value("Title"))

    def read(self) -> list[ReadPage]:
        """Return all pages as they are read."""
        reader = _Reader()
        return [self._read(reader, number) for number in range(1, len(self._document) + 1)]

    def _read(self, reader: "_Reader", number: int) -> ReadPage:
        try:
            return reader.read(self._page(number).raw, number)
        except self._error:
            return ReadPage(number, 0, 0, (), (), ("nothing that can be read",))

    def picture(self, number: int, dpi: int) -> Any:  # noqa: ANN401 - numpy's
        """Return the greys of a page, shape (height, width); its letters are left rough, which takes less time."""
        picture = self._page(number).render(scale=dpi / _POINTS_PER_INCH, grayscale=True, no_smoothtext=True)
        return picture.to_numpy()

    def _page(self, number: int) -> Any:  # noqa: ANN401 - pypdfium2's
        if number not in self._pages:
            self._pages[number] = self._document.get_page(number - 1)
        return self._pages[number]


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
        self._origin = [ctypes.c_double() for _ in range(2)]
        self._dashes = (ctypes.c_float * _MOST_DASHES)()
        self._faces: dict[int | None, str] = {}

    def read(self, page: Any, number: int) -> ReadPage:  # noqa: ANN401 - PDFium's
        pdfium = self._pdfium
        text_page = pdfium.FPDFText_LoadPage(page)
        height = pdfium.FPDF_GetPageHeightF(page)
        texts: list[ReadText] = []
        shapes, strangers = [], []
        drawn: dict[int, int] = {}  # the texts by the place of what PDFium holds of them
        for turn in range(pdfium.FPDFPage_CountObjects(page)):
            item = pdfium.FPDFPage_GetObject(page, turn)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                drawn[ctypes.addressof(item.contents)] = len(texts)
                texts.append(self._text(item, text_page, height, turn))
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                shapes.append(self._shape(item, height, turn))
            else:
                strangers.append("an image or another thing that is neither text nor line")
        if any(reads_right_to_left(text.text) for text in texts):
            texts = self._turned_back(texts, drawn, text_page)
        width = pdfium.FPDF_GetPageWidthF(page) * _MM
        pdfium.FPDFText_ClosePage(text_page)
        return ReadPage(number, width, height * _MM, tuple(texts), tuple(shapes), tuple(strangers))

    def _text(self, item: Any, text_page: Any, height: float, turn: int) -> ReadText:  # noqa: ANN401 - PDFium's
        pdfium, matrix = self._pdfium, self._matrix
        n_bytes = pdfium.FPDFTextObj_GetText(item, text_page, self._letters, _BUFFER)
        said = ctypes.string_at(self._buffer, max(n_bytes - 2, 0)).decode("utf-16-le", "replace")
        pdfium.FPDFPageObj_GetMatrix(item, matrix)
        pdfium.FPDFTextObj_GetFontSize(item, self._size)
        across, up = matrix.b, matrix.d
        return ReadText(
            said.translate(_BROKEN_AT_HYPHEN),
            matrix.e * _MM,
            (height - matrix.f) * _MM,
            self._size.value * (math.hypot(across, up) if across else up),
            self._area(item, height),
            self._colour_of(item),
            0.0 if across == 0 == matrix.c and matrix.a == up > 0 else _angle(matrix.a, across, matrix.c, up),
            pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_FILL and bool(self._colour[3]),
            turn,
            self._face_of(item),
        )

    def _turned_back(self, texts: list[ReadText], drawn: Mapping[int, int], text_page: Any) -> list[ReadText]:  # noqa: ANN401 - PDFium's
        """Return texts, those of letters that read left to right as they stand on the page.

        Beside letters that read right to left PDFium turns the words of others, too: `1974 Mai 21. .geb`.
        """
        letters: dict[int, list[tuple[float, str]]] = {}
        for place in range(self._pdfium.FPDFText_CountChars(text_page)):
            item = self._pdfium.FPDFText_GetTextObject(text_page, place)
            position = drawn.get(ctypes.addressof(item.contents)) if item else None
            if position is not None:
                self._pdfium.FPDFText_GetCharOrigin(text_page, place, *self._origin)
                letter = chr(self._pdfium.FPDFText_GetUnicode(text_page, place))
                letters.setdefault(position, []).append((self._origin[0].value, letter))
        return [
            text._replace(text=_from_the_left(text.text, letters.get(position, [])))
            if text.is_upright and not reads_right_to_left(text.text)
            else text
            for position, text in enumerate(texts)
        ]

    def _face_of(self, item: Any) -> str:  # noqa: ANN401 - PDFium's
        """Return the name of the font of a text, without the letters in front that say it is not the whole font."""
        font = self._pdfium.FPDFTextObj_GetFont(item)
        key = ctypes.addressof(font.contents) if font else None
        if key not in self._faces:
            n_bytes = self._pdfium.FPDFFont_GetBaseFontName(font, ctypes.cast(self._buffer, _CHARACTERS), _BUFFER)
            name = ctypes.string_at(self._buffer, max(n_bytes - 1, 0)).decode("ascii", "replace")
            self._faces[key] = name.rpartition("+")[2]
        return self._faces[key]

    def _shape(self, item: Any, height: float, turn: int) -> Shape:  # noqa: ANN401 - PDFium's
        self._pdfium.FPDFPath_GetDrawMode(item, self._fill, self._stroke)
        is_filled, is_drawn = self._fill.value, self._stroke.value
        return Shape(
            self._area(item, height),
            self._colour_of(item) if is_filled else None,
            turn,
            self._pen_of(item) if is_drawn else None,
            tuple(self._points_of(item, height)) if is_drawn else (),
        )

    def _pen_of(self, item: Any) -> Pen:  # noqa: ANN401 - PDFium's
        pdfium = self._pdfium
        pdfium.FPDFPageObj_GetStrokeColor(item, *self._colour)
        pdfium.FPDFPageObj_GetStrokeWidth(item, self._size)
        n_dashes = min(pdfium.FPDFPageObj_GetDashCount(item), _MOST_DASHES)
        if n_dashes:
            pdfium.FPDFPageObj_GetDashArray(item, self._dashes, n_dashes)
        red, green, blue, _ = self._colour
        dashes = tuple(length * _MM for length in self._dashes[:n_dashes])
        return Pen((red.value, green.value, blue.value), self._size.value * _MM, dashes)

    def _points_of(self, item: Any, height: float) -> Iterator[tuple[float, float]]:  # noqa: ANN401 - PDFium's
        """Yield the points of a line of more than one part."""
        pdfium, (x, y, *_) = self._pdfium, self._edges
        n_points = pdfium.FPDFPath_CountSegments(item)
        if n_points > 2:  # noqa: PLR2004 - from one to the other
            for position in range(min(n_points, _MOST_POINTS)):
                pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFPath_GetPathSegment(item, position), x, y)
                yield x.value * _MM, (height - y.value) * _MM

    def _area(self, item: Any, height: float) -> Area:  # noqa: ANN401 - PDFium's
        left, bottom, right, top = self._edges
        self._pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top)
        return Area(left.value * _MM, (height - top.value) * _MM, right.value * _MM, (height - bottom.value) * _MM)

    def _colour_of(self, item: Any) -> tuple[int, int, int]:  # noqa: ANN401 - PDFium's
        self._pdfium.FPDFPageObj_GetFillColor(item, *self._colour)
        red, green, blue, _ = self._colour
        return red.value, green.value, blue.value


def _from_the_left(text: str, letters: Sequence[tuple[float, str]]) -> str:
    """Return a text as its letters stand, each given with where it stands; as it is where they are others."""
    said = "".join(letter for _, letter in sorted(letters, key=itemgetter(0)))
    was, now = text.split(), said.split()
    if was == now or sorted("".join(was)) != sorted("".join(now)):
        return text
    return f"{said.strip().translate(_TURNED_BRACKETS)} "


def _angle(a: float, b: float, c: float, d: float) -> float:
    """Return by how much a matrix turns what it draws, degrees; NaN where it does more than turn and enlarge it."""
    if not (abs(a - d) <= _EVEN * abs(d) and abs(b + c) <= _EVEN):
        return math.nan
    return math.degrees(math.atan2(b, a)) if b or a < 0 else 0.0
