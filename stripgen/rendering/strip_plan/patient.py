"""The patient's pages: a calendar to tick off with room for sleep and symptoms, and whom to call."""

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Day, Plan, Strip
from stripgen.rendering.strip_plan.fonts import refuse_unprintable
from stripgen.rendering.strip_plan.furniture import Column, Sheet, hairline, headings
from stripgen.rendering.strip_plan.large_print import large_sheets
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
)
from stripgen.rendering.strip_plan.text import Paragraph, decimal_aligned, height_of, one_line, stack
from stripgen.rendering.words import Words

_TYPE_PT = 13.0
_NOTE_PT = 10.0
_FOOT_MM = 24.0  # where the texts are short
_LEAST_ROW_MM = 6.3
_ABOVE_MM = 7.0  # the head begins higher than other pages' bodies
_HEAD_MM = 21.0
_HEADINGS_MM = 8.0
_TALLEST_ROW_MM = 10.0


def patient_sheets(
    plan: Plan, words: Words, text: PatientText | None, paper: Paper, *, large_print: bool = False
) -> list[Sheet]:
    """Return the pages of each strip that is to be made, for the person who takes it.

    Args:
        plan: The plan.
        words: Of the patient's language.
        text: What the pharmacy says of a missed pouch and of hard symptoms; None says only whom to call.
        paper: Of the pages.
        large_print: All that the patient reads at 18 points or more, on more pages, with a diary apart.

    Raises:
        TextNotPrintable: A text has a character the font lacks.
        TextDoesNotFit: A text does not fit its place.
    """
    if text is not None:
        refuse_unprintable(text, may_turn=False)
    if large_print:
        return [sheet for strip in plan.strips_to_make for sheet in large_sheets(strip, plan, words, text, paper)]
    return [_sheet(strip, plan, words, text, paper) for strip in plan.strips_to_make]


def _sheet(strip: Strip, plan: Plan, words: Words, text: PatientText | None, paper: Paper) -> Sheet:
    title, body = name_page("patient.calendar", strip, plan, words), paper.body
    head, notes = calendar_head(strip, plan, words), calendar_notes(strip, plan, words)
    foot = _foot(strip, plan, words, text)
    head_mm = _HEAD_MM + height_of(notes, body.width)
    table = body.below(head_mm)
    most_foot_mm = table.height - _LEAST_ROW_MM * len(strip.days)
    foot_mm = max(_FOOT_MM, min(height_of(foot, body.width) + 3, most_foot_mm))
    table = table.top(table.height - foot_mm)
    items: list[Item] = [*stack([*head, *notes], Box(body.x, body.y - _ABOVE_MM, body.width, head_mm))]
    columns = _columns(table, words, is_measured=strip.days[0].volume_ml is not None)
    items += headings(columns, table.y - _HEADINGS_MM, 9.5, _HEADINGS_MM)
    height = min(_TALLEST_ROW_MM, table.height / len(strip.days))
    for index, day in enumerate(strip.days):
        items += _row(day, columns, words, Box(body.x, table.y + index * height, body.width, height))
    items += stack_on_page(foot, Box(body.x, body.bottom - foot_mm + 2, body.width, foot_mm - 2), title)
    return Sheet(title, tuple(items), paper)


def _columns(table: Box, words: Words, *, is_measured: bool) -> list[Column]:
    boxes = table.columns(*((13, 42, 11.5, 27, 27, 23.5, 36) if is_measured else (13, 42, 12, 35, 25, 55)), gap=2)
    dose = ("patient.dose", "patient.volume") if is_measured else ("patient.dose",)
    phrases = ("patient.taken", "patient.date", "patient.day", *dose, "patient.sleep", "patient.feel")
    return [Column(box, words.say(phrase)) for box, phrase in zip(boxes, phrases, strict=True)]


def _row(day: Day, columns: list[Column], words: Words, row: Box) -> list[Item]:
    y, height = row.y, row.height
    pad = (height - 5.8) / 2
    tick = min(5.2, height - 1.6)
    tick_box = Box(columns[0].box.x + 2, y + (height - tick) / 2, tick, tick)
    boxes = [Box(column.box.x, y + pad, column.box.width, height - pad) for column in columns]
    amounts = [words.dose(day.dose_mg)] + ([words.volume(day.volume_ml)] if day.volume_ml is not None else [])
    point_mm = 14 if len(amounts) == 1 else 10
    items: list[Item] = []
    if day.pouch % 14 in range(1, 8):
        items.append(Rectangle(row, fill=SHADE))
    return [
        *items,
        Rectangle(tick_box, stroke=BLACK, width=0.35),
        one_line(words.date(day.date), boxes[1], _TYPE_PT),
        one_line(str(day.day), boxes[2], _TYPE_PT),
        *(
            decimal_aligned(amount, box.x + point_mm, y + pad - 0.3, _TYPE_PT + 1, "bold", mark=words.decimal_mark)
            for amount, box in zip(amounts, boxes[3:], strict=False)
        ),
        *(Line(box.x, y + height - 1.4, box.right, y + height - 1.4, 0.15, GREY) for box in boxes[-2:]),
        *([one_line(words.say("patient.higher"), boxes[-1], _NOTE_PT, "bold")] if day.rises else []),
        hairline(row.bottom, row),
    ]


def _foot(strip: Strip, plan: Plan, words: Words, text: PatientText | None) -> list[Paragraph]:
    return [
        Paragraph("taper", what_follows(strip, plan, words), 11, 9),
        *(
            Paragraph(field, words.say("patient.advice", heading=heading, said=said), 10.5, 9, space_mm=0.6)
            for field, heading, said in filled_texts(plan, words, text)
        ),
        Paragraph("pharmacy.name", whom_to_call(plan, words), 13, 9, "bold", space_mm=1.2),
    ]
