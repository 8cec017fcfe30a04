"""Reads a printed strip plan back: its letters and where they stand, its codes, and what the PDF says of itself.

Nothing here asks the code that printed it. Text comes from pdfplumber, pictures from pypdfium2, codes from zxing-cpp,
the shapes of letters from Pillow. Places are millimetres from the top left of the page.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any

import fontpkg_fira_sans
import pdfplumber
import pypdfium2
import zxingcpp
from pdfminer.layout import LTChar, LTLine
from pdfplumber.utils.pdfinternals import resolve
from PIL import Image, ImageFont

MM_PER_POINT = 25.4 / 72
_SAME_LINE_MM = 0.5
_SAME_RUN_MM = 0.25
# Of the patient's calendar: date, number of the day, mg, and mL of a solution.
CALENDAR_ROW = r"(\w{3} \d+ \w{3} \d{4}) (\d+) ([\d,.]+) mg(?: ([\d,.]+) mL)?"
_EM = 500  # pixels at which the shape of a letter is measured


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on a page, millimetres from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area", by: float = 0.0) -> bool:
        """Return whether the two share more than a strip of width `by`."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > by and down > by

    def holds(self, other: "Area", slack: float = 0.0) -> bool:
        """Return whether the other lies inside, give or take `slack`."""
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.top - slack <= other.top
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as printed; `left` and `right` are its advance, not its ink."""

    text: str
    left: float
    right: float
    baseline: float
    size_pt: float
    font_name: str
    colour: tuple[float, ...]
    upright: bool

    @property
    def font(self) -> str:
        """Return the face, without the letters that mark a part of it."""
        return self.font_name.rpartition("+")[2]

    @property
    def ink(self) -> Area:
        """Return where its ink is: as high as its shape in the font file, as wide as its advance."""
        return self._extent(self.text)

    @property
    def ink_without_marks(self) -> Area:
        """Return where the ink of its base letter is: of `A` for `Ắ`."""
        return self._extent(unicodedata.normalize("NFD", self.text)[0])

    def _extent(self, shape: str) -> Area:
        rise, fall = _reach(self.font, shape)
        em = self.size_pt * MM_PER_POINT
        return Area(self.left, self.baseline - rise * em, self.right, self.baseline + fall * em)


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that stand next to each other on one line, in one type, without white space around them."""

    letters: tuple[Letter, ...]

    @property
    def text(self) -> str:
        """Return its text."""
        return "".join(letter.text for letter in self.letters)


@dataclass(frozen=True, slots=True, repr=False)
class ReadPage:
    """A page as read back; `rules` are its straight lines."""

    width: float
    height: float
    letters: tuple[Letter, ...]
    rules: tuple[Area, ...]

    @property
    def upright(self) -> list[Letter]:
        """Return the letters that are not of a mark across the page, in drawing order."""
        return [letter for letter in self.letters if letter.upright]

    @property
    def mark(self) -> list[Letter]:
        """Return the letters of the mark across the page."""
        return [letter for letter in self.letters if not letter.upright]

    @property
    def flow(self) -> str:
        """Return the text in drawing order, as copying it gives: a wrapped paragraph reads on without a break."""
        return flow_of(self.upright)

    @property
    def lines(self) -> list[str]:
        """Return the text line by line as the eye reads it, left to right."""
        return lines_of(self.upright)

    def within(self, area: Area) -> list[Letter]:
        """Return the upright letters that begin inside an area."""
        return [
            letter
            for letter in self.upright
            if area.left <= letter.left < area.right and area.top <= letter.baseline < area.bottom
        ]


def read_pages(pdf: bytes, only: Container[int] | None = None) -> tuple[ReadPage, ...]:
    """Return what stands on every page, or on those of some numbers, from 0."""
    with pdfplumber.open(BytesIO(pdf)) as document:
        return tuple(_read_page(page) for number, page in enumerate(document.pages) if only is None or number in only)


def _read_page(page: Any) -> ReadPage:
    """Return a page from pdfplumber's layout of it; its tables of objects would take twice as long."""
    letters, rules = [], []
    height = page.height * MM_PER_POINT
    for item in page.layout:
        if isinstance(item, LTChar):
            _, across, down, _, x, y = item.matrix
            letters.append(
                Letter(
                    text=item.get_text(),
                    left=x * MM_PER_POINT,
                    right=(x + item.adv) * MM_PER_POINT,
                    baseline=height - y * MM_PER_POINT,
                    size_pt=item.size,
                    font_name=item.fontname,
                    colour=_colour(item.graphicstate.ncolor),
                    upright=across == down == 0,
                )
            )
        elif isinstance(item, LTLine):
            left, bottom, right, top = (edge * MM_PER_POINT for edge in item.bbox)
            rules.append(Area(left, height - top, right, height - bottom))
    return ReadPage(page.width * MM_PER_POINT, height, tuple(letters), tuple(rules))


def _colour(value: object) -> tuple[float, ...]:
    return tuple(value) if isinstance(value, tuple) else (float(str(value)),)


def runs_of(letters: Iterable[Letter]) -> Iterator[Run]:
    """Yield letters in drawing order as runs; a new one begins wherever the pen jumped or the type changed."""
    run: list[Letter] = []
    for letter in letters:
        if run and not _goes_on(run[-1], letter):
            yield from _trimmed(run)
            run = []
        run.append(letter)
    yield from _trimmed(run)


def title_of(page: ReadPage) -> str:
    """Return the title of a page: what is drawn first."""
    return next(runs_of(page.upright)).text


def calendar_rows(page: ReadPage, ending: str = "") -> list[tuple[str | None, ...]]:
    """Return the rows of a patient's calendar: date, day, mg and mL as they are printed.

    Args:
        page: Of the calendar.
        ending: Pattern of what may stand behind the dose.
    """
    return [cells.groups() for line in page.lines if (cells := re.fullmatch(CALENDAR_ROW + ending, line))]


def _trimmed(run: list[Letter]) -> Iterator[Run]:
    inked = [n for n, letter in enumerate(run) if not letter.text.isspace()]
    if inked:
        yield Run(tuple(run[inked[0] : inked[-1] + 1]))


def _goes_on(before: Letter, after: Letter) -> bool:
    return (
        abs(after.baseline - before.baseline) < _SAME_RUN_MM
        and abs(after.left - before.right) < _SAME_RUN_MM
        and (after.font, after.size_pt) == (before.font, before.size_pt)
    )


def flow_of(letters: Iterable[Letter]) -> str:
    """Return letters in drawing order as text, one space between runs and never two."""
    return plain_spaces(" ".join(run.text for run in runs_of(letters)))


def lines_of(letters: Iterable[Letter]) -> list[str]:
    """Return letters as lines of text from the top down, each from left to right, one space between runs."""
    ordered = sorted(letters, key=lambda letter: letter.baseline)
    number, baseline = 0, float("-inf")
    numbered = []
    for letter in ordered:
        if letter.baseline - baseline > _SAME_LINE_MM:
            number, baseline = number + 1, letter.baseline
        numbered.append((number, letter))
    lines = []
    for _, pairs in groupby(numbered, key=lambda pair: pair[0]):
        lines.append(flow_of(sorted((letter for _, letter in pairs), key=lambda letter: letter.left)))
    return lines


def plain_spaces(text: str) -> str:
    """Return a text with any white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


@cache
def _face(font: str, size: int) -> ImageFont.FreeTypeFont:
    path = fontpkg_fira_sans.ROOT / "files" / f"{font}.ttf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _reach(font: str, text: str) -> tuple[float, float]:
    """Return how far above and below the baseline the ink of a letter goes, in em."""
    if text.isspace():
        return (0.0, 0.0)
    box = _face(font, _EM).getbbox(text, anchor="ls")
    return (-box[1] / _EM, box[3] / _EM)


@cache
def is_empty_box(font: str, text: str) -> bool:
    """Return whether a face shows a letter as the empty box that stands for letters it lacks."""
    face = _face(font, 40)
    return bytes(face.getmask(text)) == bytes(face.getmask("\uffff"))


def draw_picture(pdf: bytes, page: int, dpi: int) -> Image.Image:
    """Return a grey picture of a page, counted from 0."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[page].render(scale=dpi / 72, grayscale=True).to_pil()
        return picture if isinstance(picture, Image.Image) else Image.open(BytesIO(picture))
    finally:
        document.close()


def cut_out(picture: Image.Image, area: Area, dpi: int) -> Image.Image:
    """Return the part of a picture that shows an area of the page."""
    pixels = dpi / 25.4
    return picture.crop(tuple(round(edge * pixels) for edge in (area.left, area.top, area.right, area.bottom)))  # type: ignore[arg-type] # four numbers


def read_codes(picture: Image.Image) -> list[str]:
    """Return what the Data Matrix codes in a picture say."""
    return [code.text for code in zxingcpp.read_barcodes(picture) if code.format == zxingcpp.BarcodeFormat.DataMatrix]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a PDF says of itself.

    Attributes:
        information: Title, subject, author and the like.
        fonts: By page, what each font of its resources is: name, file embedded, has a way back to Unicode.
        outline: Title and page number of each entry, pages from 1.
    """

    information: dict[str, str]
    language: str
    shows_title: bool
    attachments: bool
    fonts: tuple[dict[str, tuple[str, bool, bool]], ...]
    outline: tuple[tuple[str, int], ...]


def read_facts(pdf: bytes) -> Facts:
    """Return what a PDF says of itself."""
    with pdfplumber.open(BytesIO(pdf)) as document:
        catalog = document.doc.catalog
        pages = {page.page_obj.pageid: number for number, page in enumerate(document.pages, start=1)}
        return Facts(
            information={key: str(value) for key, value in document.metadata.items()},
            language=resolve(catalog["Lang"]).decode(),
            shows_title=_is_true(resolve(catalog["ViewerPreferences"]).get("DisplayDocTitle")),
            attachments="EmbeddedFiles" in (resolve(catalog.get("Names")) or {}),
            fonts=tuple(_fonts_of(page) for page in document.pages),
            outline=tuple(_outline(document.doc, pages)),
        )


def _is_true(value: Any) -> bool:
    return value is True or getattr(value, "name", None) == "true"


def _fonts_of(page: Any) -> dict[str, tuple[str, bool, bool]]:
    fonts = {}
    for key, reference in resolve(page.page_obj.resources["Font"]).items():
        font = resolve(reference)
        descriptor = resolve(font.get("FontDescriptor")) or {}
        fonts[key] = (font["BaseFont"].name, "FontFile2" in descriptor, "ToUnicode" in font)
    return fonts


def _outline(document: Any, pages: dict[object, int]) -> Iterator[tuple[str, int]]:
    for _, title, destination, action, _ in document.get_outlines():
        target = resolve(destination or action["D"])
        if isinstance(target, bytes):
            target = resolve(document.get_dest(target))
        target = target["D"] if isinstance(target, dict) else target
        yield title, pages[target[0].objid]
