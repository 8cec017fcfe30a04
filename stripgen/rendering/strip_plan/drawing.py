"""Draws pages: the only place that knows points, and that y grows upwards in a PDF."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

from reportlab.pdfgen.canvas import Canvas

from stripgen.rendering.strip_plan.attaching import attach_files, seal
from stripgen.rendering.strip_plan.codes import data_matrix
from stripgen.rendering.strip_plan.fonts import font_name, run_width_mm, width_mm
from stripgen.rendering.strip_plan.page import (
    BLACK,
    GHOST,
    MM_PER_POINT,
    Circle,
    Item,
    Line,
    Mark,
    Page,
    Polyline,
    Rectangle,
    SignatureField,
    Symbol,
    Text,
)
from stripgen.rendering.strip_plan.script import runs_of
from stripgen.rendering.strip_plan.signature_fields import add_signature_field
from stripgen.rendering.strip_plan.tagging import Structure, Tag
from stripgen.rendering.strip_plan.text import baseline_mm
from stripgen.rendering.words import reads_right_to_left

DrawPage = Callable[[Canvas, Page, Structure], None]

_POINTS = 1 / MM_PER_POINT


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the PDF says of itself."""

    title: str
    subject: str
    creator: str
    language: str
    issued_on: dt.date


def draw_pages(
    pages: Iterable[Page],
    metadata: Metadata,
    enclosed: Mapping[str, bytes] | None = None,
    draw_page: DrawPage | None = None,
) -> bytes:
    """Return a PDF of the pages: fonts embedded, same pages same bytes.

    Args:
        pages: To draw.
        metadata: What the PDF says of itself.
        enclosed: Files that travel in it, by name; a PDF with files is sealed.
        draw_page: Draws one, in place of what draws all that is on it.
    """
    draw_page = draw_page or _draw_page
    out = BytesIO()
    first_font = font_name("regular")  # else reportlab names Helvetica on every page, which is not embedded
    canvas = Canvas(
        out,
        invariant=1,
        pageCompression=1,
        pdfVersion=(1, 7),
        lang=metadata.language,
        initialFontName=first_font,  # type: ignore[arg-type] # the stub says float
    )
    canvas.setTitle(metadata.title)
    canvas.setSubject(metadata.subject)
    canvas.setKeywords(metadata.subject)
    canvas.setAuthor(metadata.creator)
    canvas.setCreator(metadata.creator)
    canvas.setDateFormatter(f"D:{metadata.issued_on:%Y%m%d}000000Z".format)  # not reportlab's 1 Jan 2000
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.showOutline()
    structure = Structure(canvas)
    for number, page in enumerate(pages, start=1):
        canvas.setPageSize((page.width * _POINTS, page.height * _POINTS))
        canvas.bookmarkPage(f"page{number}")
        canvas.addOutlineEntry(page.title, f"page{number}")
        structure.begin_page(page.title)
        draw_page(canvas, page, structure)
        canvas.showPage()
    structure.attach()
    if enclosed is None:
        canvas.save()
        return out.getvalue()
    attach_files(canvas, enclosed, metadata.issued_on)
    canvas.save()
    return seal(out.getvalue())


def _draw_page(canvas: Canvas, page: Page, structure: Structure) -> None:
    """Draw a page, its text marked as text, a paragraph for each run of it; the first run is the page's heading."""
    tag: Tag = "H1"
    for is_text, items in groupby(page.items, key=lambda item: isinstance(item, Text)):
        if is_text:
            structure.begin(tag)
            tag = "P"
        else:
            structure.begin_artifact()
        for item in items:
            _draw(canvas, item, page.height, structure)
        structure.end()


def _draw(canvas: Canvas, item: Item, height: float, structure: Structure) -> None:
    match item:
        case Text():
            _draw_text(canvas, item, height, structure)
        case Line():
            _pen(canvas, item)
            canvas.line(
                item.x1 * _POINTS, (height - item.y1) * _POINTS, item.x2 * _POINTS, (height - item.y2) * _POINTS
            )
        case Rectangle():
            _draw_rectangle(canvas, item, height)
        case Symbol():
            _draw_symbol(canvas, item, height)
        case Polyline():
            _draw_polyline(canvas, item, height)
        case Circle():
            canvas.setStrokeColorRGB(*item.colour)
            canvas.setLineWidth(0.5 * _POINTS)
            canvas.setDash()
            canvas.circle(item.x * _POINTS, (height - item.y) * _POINTS, item.radius * _POINTS)
        case Mark():
            _draw_mark(canvas, item, height)
        case SignatureField():
            add_signature_field(canvas, item, height, structure)


def _pen(canvas: Canvas, item: Line | Polyline) -> None:
    canvas.setStrokeColorRGB(*item.colour)
    canvas.setLineWidth(item.width * _POINTS)
    canvas.setDash([length * _POINTS for length in item.dash])


def _draw_text(canvas: Canvas, item: Text, height: float, structure: Structure) -> None:
    box = item.box
    slack = box.width - width_mm(item.text, item.font, item.size_pt)
    x = box.x + {"left": 0.0, "centre": slack / 2, "right": slack}[item.align]
    baseline = box.y + baseline_mm(item.size_pt)
    canvas.setFillColorRGB(*item.colour)
    text = f"{item.text} "  # the space parts it from the next
    if reads_right_to_left(text):
        _draw_runs(canvas, text, item, x, height - baseline, structure)
        return
    canvas.setFont(font_name(item.font), item.size_pt)
    canvas.drawString(x * _POINTS, (height - baseline) * _POINTS, text)


def _draw_runs(canvas: Canvas, text: str, item: Text, x: float, y: float, structure: Structure) -> None:
    """Draw a line of several scripts from left to right, and mark what is read the other way."""
    for run in runs_of(text):
        if run.reversed:
            structure.begin_reversed()
        canvas.setFont(font_name(item.font, run.script), item.size_pt)
        canvas.drawString(x * _POINTS, y * _POINTS, run.text)
        x += run_width_mm(run, item.font, item.size_pt)
        if run.reversed:
            structure.end()


def _draw_rectangle(canvas: Canvas, item: Rectangle, height: float) -> None:
    if item.fill:
        canvas.setFillColorRGB(*item.fill)
    if item.stroke:
        canvas.setStrokeColorRGB(*item.stroke)
        canvas.setLineWidth(item.width * _POINTS)
        canvas.setDash()
    box = item.box
    canvas.rect(
        box.x * _POINTS,
        (height - box.bottom) * _POINTS,
        box.width * _POINTS,
        box.height * _POINTS,
        stroke=int(item.stroke is not None),
        fill=int(item.fill is not None),
    )


def _draw_polyline(canvas: Canvas, item: Polyline, height: float) -> None:
    _pen(canvas, item)
    path = canvas.beginPath()
    (x, y), *others = item.points
    path.moveTo(x * _POINTS, (height - y) * _POINTS)
    for x, y in others:
        path.lineTo(x * _POINTS, (height - y) * _POINTS)
    if item.fill:
        canvas.setFillColorRGB(*item.fill)
    canvas.drawPath(path, stroke=1, fill=int(item.fill is not None))


def _draw_symbol(canvas: Canvas, item: Symbol, height: float) -> None:
    rows = data_matrix(item.content)
    module = item.box.width / (len(rows) + 2)  # one module of quiet zone on every side
    path = canvas.beginPath()
    for down, row in enumerate(rows, start=1):
        y = height - (item.box.y + (down + 1) * module)
        for start, length in _runs(row):
            path.rect(
                (item.box.x + (start + 1) * module) * _POINTS, y * _POINTS, length * module * _POINTS, module * _POINTS
            )
    canvas.setFillColorRGB(*BLACK)
    canvas.drawPath(path, stroke=0, fill=1)


def _runs(row: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Return (start, length) of each stretch of dark modules."""
    start = None
    for position, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = position
        elif not dark and start is not None:
            yield start, position - start
            start = None


def _draw_mark(canvas: Canvas, item: Mark, height: float) -> None:
    canvas.saveState()
    canvas.translate(item.x * _POINTS, (height - item.y) * _POINTS)
    canvas.rotate(item.angle)
    canvas.setFillColorRGB(*GHOST)
    canvas.setFont(font_name("bold"), item.size_pt)
    canvas.drawCentredString(0, 0, item.text)
    canvas.restoreState()
