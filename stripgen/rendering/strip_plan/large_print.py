"""The patient's pages in large print: all that the patient reads at 18 points or more, with a diary apart."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Day, Plan, Strip
from stripgen.domain.profile import DecimalMark
from stripgen.errors import TextDoesNotFit
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import (
    LARGE_PT,
    Sheet,
    body_below,
    hairline,
    large_title,
)
from stripgen.rendering.strip_plan.page import BLACK, GREY, SHADE, Box, Item, Line, Rectangle
from stripgen.rendering.strip_plan.paper import Paper
from stripgen.rendering.strip_plan.patient_words import (
    calendar_head,
    calendar_notes,
    filled_texts,
    name_page,
    stack_on_page,
    what_follows,
    whom_to_call,
    whose,
)
from stripgen.rendering.strip_plan.text import Paragraph, decimal_aligned, height_of, line_height, one_line
from stripgen.rendering.words import Words

_HEADING_Y = 6.0
_DAYS_PER_PAGE = 14
_ROW_MM = line_height(LARGE_PT) + 1.5
_TALLEST_ROW_MM = 13.0
_HEADINGS_MM = line_height(LARGE_PT) + 2.5
_TICK_MM = 8.0
_GAP_MM = 4.0
_SPACE_MM = 3.0
_DIARY_ROW_MM = 15.0
_TALLEST_DIARY_ROW_MM = 24.0


@dataclass(frozen=True, slots=True)
class _Page:
    """A page before it is drawn: its title, and what stands above and below its rows."""

    title: str
    paper: Paper
    days: tuple[Day, ...]
    above: tuple[Paragraph, ...]
    below: tuple[Paragraph, ...]

    @property
    def title_mm(self) -> float:
        """Height of the title."""
        return height_of([large_title(self.title)], self.paper.body.width)

    @property
    def body(self) -> Box:
        """The page below its title."""
        return body_below(self.title_mm, _HEADING_Y, self.paper)

    @property
    def room_mm(self) -> float:
        """Height that is left for the rows."""
        around = [height_of(texts, self.body.width) + _SPACE_MM for texts in (self.above, self.below) if texts]
        return self.body.height - sum(around) - _HEADINGS_MM

    def draw(self, rows: Sequence[Item]) -> Sheet:
        """Return the finished page.

        Raises:
            TextDoesNotFit: What stands above and below leaves the rows no room.
        """
        above_mm, below_mm = height_of(self.above, self.body.width), height_of(self.below, self.body.width)
        spare_mm = self.body.height - above_mm - below_mm
        items = list(rows)
        if self.above:
            items += stack_on_page(self.above, self.body.top(min(above_mm, self.body.height)), self.title)
        if self.below:
            # short of room, the box is made too low on purpose, so that the longest text is named
            room = self.body.below(self.body.height - below_mm) if spare_mm >= 0 else self.body.top(below_mm + spare_mm)
            items += stack_on_page(self.below, room, self.title)
        return Sheet(self.title, tuple(items), self.paper, heading_y=_HEADING_Y, title_mm=self.title_mm)


def large_sheets(strip: Strip, plan: Plan, words: Words, text: PatientText | None, paper: Paper) -> Iterator[Sheet]:
    """Yield the pages of a strip: calendar, what to do, diary.

    Raises:
        TextDoesNotFit: A text does not fit a page of its own.
    """
    columns = _Columns.of(strip, words, paper.body.x)
    for page in _calendar_pages(strip, plan, words, paper):
        yield page.draw(_calendar_rows(page, columns, words))
    if text is not None:
        yield _what_to_do(strip, plan, words, text, paper).draw([])
    for page in _diary_pages(strip, plan, words, paper):
        yield page.draw(_diary_rows(page, words))


def _large(paragraph: Paragraph, space_mm: float = _SPACE_MM) -> Paragraph:
    return replace(paragraph, size_pt=LARGE_PT, least_pt=LARGE_PT, space_mm=space_mm)


def _call(plan: Plan, words: Words) -> Paragraph:
    return _large(Paragraph("pharmacy.name", whom_to_call(plan, words), LARGE_PT, LARGE_PT, "bold"))


def _whose(plan: Plan, words: Words) -> Paragraph:
    return _large(Paragraph("patient.name", whose(plan, words), LARGE_PT, LARGE_PT, "bold"), 0)


def _chunks(days: tuple[Day, ...], n_pages: int) -> list[tuple[Day, ...]]:
    size = math.ceil(len(days) / n_pages)
    return [days[first : first + size] for first in range(0, len(days), size)]


# --- Calendar ---------------------------------------------------------------------------------------------------------


def _calendar_pages(strip: Strip, plan: Plan, words: Words, paper: Paper) -> list[_Page]:
    """Return the fewest pages, at most 14 days on one, whose rows have room."""
    for n_pages in range(math.ceil(len(strip.days) / _DAYS_PER_PAGE), len(strip.days) + 1):
        pages = _shared_by(n_pages, strip, plan, words, paper)
        if all(page.room_mm >= sum(map(_row_mm, page.days)) for page in pages):
            return pages
    crowded = max(pages, key=lambda page: sum(map(_row_mm, page.days)) - page.room_mm)
    texts = (*crowded.above, *crowded.below)
    free = crowded.body.height - _HEADINGS_MM - sum(map(_row_mm, crowded.days)) - 2 * _SPACE_MM
    stack_on_page(texts, crowded.body.top(free), crowded.title)
    raise TextDoesNotFit([])  # not reached: what a row leaves no room for is refused by the line above


def _shared_by(n_pages: int, strip: Strip, plan: Plan, words: Words, paper: Paper) -> list[_Page]:
    chunks = _chunks(strip.days, n_pages)
    told = tuple(_large(paragraph) for paragraph in calendar_notes(strip, plan, words))
    follows = _large(Paragraph("taper", what_follows(strip, plan, words), LARGE_PT, LARGE_PT))
    how = tuple(_large(paragraph) for paragraph in calendar_head(strip, plan, words)[1:])
    pages = []
    for number, days in enumerate(chunks):
        above = (_whose(plan, words), *how, *told) if number == 0 else (_whose(plan, words),)
        below = (follows, _call(plan, words)) if number == len(chunks) - 1 else (_call(plan, words),)
        title = name_page("patient.calendar_continued" if number else "patient.calendar", strip, plan, words)
        pages.append(_Page(title, paper, days, above, below))
    return pages


def _row_mm(day: Day) -> float:
    return _ROW_MM + (line_height(LARGE_PT) if day.rises else 0)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns of a calendar begin, and where the decimal points of its amounts stand."""

    date_x: float
    day_x: float
    amounts: tuple[tuple[str, float, float], ...]

    @staticmethod
    def of(strip: Strip, words: Words, left: float) -> "_Columns":
        """Return columns as wide as what the strip has to say, from `left` on."""
        date_x = left + width_mm(words.say("patient.taken"), "semibold", LARGE_PT) + _GAP_MM
        day_x = date_x + max(width_mm(words.date(day.date), "regular", LARGE_PT) for day in strip.days) + _GAP_MM
        in_day = (words.say("patient.day"), str(strip.days[-1].day))
        x = day_x + max(width_mm(word, "semibold", LARGE_PT) for word in in_day) + 2 * _GAP_MM
        amounts = []
        headings = (words.say("patient.dose"), words.say("patient.volume"))
        shown = zip(*(_amounts(day, words) for day in strip.days), strict=True)
        for heading, column in zip(headings, shown, strict=False):
            whole = max(
                width_mm(amount.partition(" ")[0].partition(words.decimal_mark)[0], "bold", LARGE_PT)
                for amount in column
            )
            amounts.append((heading, x, x + whole))
            rest = max(width_mm(amount, "bold", LARGE_PT) for amount in column)
            x += max(rest + whole, width_mm(heading, "semibold", LARGE_PT)) + _GAP_MM
        return _Columns(date_x, day_x, tuple(amounts))


def _amounts(day: Day, words: Words) -> list[str]:
    return [words.dose(day.dose_mg)] + ([words.volume(day.volume_ml)] if day.volume_ml is not None else [])


def _calendar_rows(page: _Page, columns: _Columns, words: Words) -> list[Item]:
    top = page.body.y + height_of(page.above, page.body.width) + _SPACE_MM
    starts = [
        (words.say("patient.taken"), page.body.x),
        (words.say("patient.date"), columns.date_x),
        (words.say("patient.day"), columns.day_x),
    ]
    items = _headings([*starts, *((word, x) for word, x, _ in columns.amounts)], top, page.body)
    y = top + _HEADINGS_MM
    spare_mm = (page.room_mm - sum(map(_row_mm, page.days))) / len(page.days)
    extra_mm = min(spare_mm, _TALLEST_ROW_MM - _ROW_MM)
    for day in page.days:
        height = _row_mm(day) + extra_mm
        items += _calendar_row(day, columns, words, Box(page.body.x, y, page.body.width, height))
        y += height
    return items


def _headings(heads: Sequence[tuple[str, float]], y: float, body: Box) -> list[Item]:
    bottom = y + _HEADINGS_MM - 0.6
    return [
        *(
            one_line(word, Box(x, y, body.right - x, _HEADINGS_MM), LARGE_PT, "semibold", colour=GREY)
            for word, x in heads
        ),
        Line(body.x, bottom, body.right, bottom, 0.3),
    ]


def _calendar_row(day: Day, columns: _Columns, words: Words, row: Box) -> list[Item]:
    line_mm = line_height(LARGE_PT)
    pad = (row.height - line_mm * (2 if day.rises else 1)) / 2
    items: list[Item] = []
    if day.pouch % 14 in range(1, 8):
        items.append(Rectangle(row, fill=SHADE))
    tick = Box(row.x + 3, row.y + (row.height - _TICK_MM) / 2, _TICK_MM, _TICK_MM)
    text_y = row.y + pad
    items += [
        Rectangle(tick, stroke=BLACK, width=0.5),
        one_line(words.date(day.date), Box(columns.date_x, text_y, row.right - columns.date_x, line_mm), LARGE_PT),
        one_line(str(day.day), Box(columns.day_x, text_y, row.right - columns.day_x, line_mm), LARGE_PT),
    ]
    for (_, _, point_x), amount in zip(columns.amounts, _amounts(day, words), strict=True):
        items.append(_inside(amount, point_x, text_y, row.right, words.decimal_mark))
    if day.rises:
        box = Box(columns.date_x, text_y + line_mm, row.right - columns.date_x, line_mm)
        items.append(one_line(words.say("patient.higher"), box, LARGE_PT, "bold"))
    return [*items, hairline(row.bottom, row)]


def _inside(amount: str, point_x: float, y: float, right: float, mark: DecimalMark) -> Item:
    """Return an amount at its decimal point.

    Raises:
        TextDoesNotFit: It would run over the right edge of its row.
    """
    text = decimal_aligned(amount, point_x, y, LARGE_PT, "bold", mark=mark)
    left = text.box.x
    one_line(amount, Box(left, y, right - left, text.box.height), LARGE_PT, "bold", field="compounding")
    return text


# --- What to do -------------------------------------------------------------------------------------------------------


def _what_to_do(strip: Strip, plan: Plan, words: Words, text: PatientText | None, paper: Paper) -> _Page:
    said: list[Paragraph] = []
    for field, heading, advice in filled_texts(plan, words, text):
        said.append(_large(Paragraph(field, heading, LARGE_PT, LARGE_PT, "bold"), 5))
        said.append(_large(Paragraph(field, advice, LARGE_PT, LARGE_PT), 1))
    title = name_page("patient.what_to_do", strip, plan, words)
    return _Page(title, paper, (), (_whose(plan, words), *said), (_call(plan, words),))


# --- Diary ------------------------------------------------------------------------------------------------------------


def _diary_pages(strip: Strip, plan: Plan, words: Words, paper: Paper) -> list[_Page]:
    """Return the fewest pages, at most 14 days on one, whose rows have room to write in."""
    first = name_page("patient.diary", strip, plan, words)
    later = name_page("patient.diary_continued", strip, plan, words)
    for n_pages in range(math.ceil(len(strip.days) / _DAYS_PER_PAGE), len(strip.days) + 1):
        pages = [
            _Page(later if number else first, paper, days, (_whose(plan, words),), ())
            for number, days in enumerate(_chunks(strip.days, n_pages))
        ]
        if all(page.room_mm >= _DIARY_ROW_MM * len(page.days) for page in pages):
            break
    return pages


def _diary_rows(page: _Page, words: Words) -> list[Item]:
    body = page.body
    top = body.y + height_of(page.above, body.width) + _SPACE_MM
    date_mm = max(width_mm(words.date(day.date), "regular", LARGE_PT) for day in page.days)
    sleep_x = body.x + date_mm + _GAP_MM
    feel_x = sleep_x + width_mm(words.say("patient.sleep"), "semibold", LARGE_PT) + _GAP_MM
    heads = [("patient.date", body.x), ("patient.sleep", sleep_x), ("patient.feel", feel_x)]
    items = _headings([(words.say(phrase), x) for phrase, x in heads], top, body)
    height = min(_TALLEST_DIARY_ROW_MM, page.room_mm / len(page.days))
    for index, day in enumerate(page.days):
        y = top + _HEADINGS_MM + index * height
        text_y = y + (height - line_height(LARGE_PT)) / 2
        items += [
            one_line(words.date(day.date), Box(body.x, text_y, date_mm, height), LARGE_PT),
            Line(sleep_x, y + height - 2.5, feel_x - _GAP_MM, y + height - 2.5, 0.2, GREY),
            Line(feel_x, y + height - 2.5, body.right, y + height - 2.5, 0.2, GREY),
            hairline(y + height, body),
        ]
    return items
