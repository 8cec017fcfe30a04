"""Reads the codes on labels as a scanner does: from a picture of the page."""

from typing import Any

from stripgen.domain.code import SEPARATOR
from stripgen.verifying.open_pdf import OpenPdf
from stripgen.verifying.reading import Area, ReadPage

_GS1 = "]d2"  # how a scanner marks a symbol that begins with FNC1
_DPI = (110, 300)  # the second where the first does not do: of 1,120 codes on plain paper none needs it
_MM = 25.4
_LEAST_MM, _MOST_MM = 5.0, 25.0
_SQUARE_MM = 0.2
_AROUND_MM = 0.5


class CodeReader:
    """Reads the codes of one PDF; each page is pictured once."""

    def __init__(self, pdf: OpenPdf) -> None:
        """Take the PDF."""
        self._pdf = pdf
        self._pictures: dict[tuple[int, int], Any] = {}
        self._places: dict[int, list[Area]] = {}

    def read(self, page: ReadPage, area: Area) -> str | None:
        """Return what the only code inside an area says; None where there is none, or several."""
        codes = [place for place in self._places_on(page) if area.holds(place, _AROUND_MM)]
        if len(codes) != 1:
            return None
        return next(filter(None, (self._read(page, codes[0], dpi) for dpi in _DPI)), None)

    def _places_on(self, page: ReadPage) -> list[Area]:
        if page.number not in self._places:
            self._places[page.number] = [shape.area for shape in page.shapes if _is_code(shape.area)]
        return self._places[page.number]

    def _read(self, page: ReadPage, area: Area, dpi: int) -> str | None:
        import zxingcpp  # noqa: PLC0415 - only where codes are read

        picture, scale = self._picture(page.number, dpi), dpi / _MM
        left, top, right, bottom = (
            round(edge * scale)
            for edge in (
                area.left - _AROUND_MM,
                area.top - _AROUND_MM,
                area.right + _AROUND_MM,
                area.bottom + _AROUND_MM,
            )
        )
        cut = picture[max(top, 0) : bottom, max(left, 0) : right]
        if not cut.size:  # it stands outside the page
            return None
        found = zxingcpp.read_barcodes(
            cut,
            formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix),
            try_rotate=False,
            try_downscale=False,
            try_invert=False,
        )
        if len(found) != 1:
            return None
        said = bytes(found[0].bytes).decode("ascii", "replace")
        return f"{SEPARATOR}{said}" if found[0].symbology_identifier == _GS1 else said

    def _picture(self, number: int, dpi: int) -> Any:  # noqa: ANN401 - numpy's
        key = number, dpi
        if key not in self._pictures:
            self._pictures.clear()
            self._pictures[key] = self._pdf.picture(number, dpi)
        return self._pictures[key]


def _is_code(area: Area) -> bool:
    width, height = area.right - area.left, area.bottom - area.top
    return abs(width - height) < _SQUARE_MM and _LEAST_MM < width < _MOST_MM
