"""What the patient's pages say, at either size of print."""

from collections.abc import Iterator, Mapping, Sequence

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan, Strip
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.furniture import patient_line
from stripgen.rendering.strip_plan.page import Box, Text
from stripgen.rendering.strip_plan.text import Paragraph, stack
from stripgen.rendering.words import (
    count_of,
    format_date,
    format_dose,
    format_pouch_dose,
    keep_together,
    name_medicine,
)

_PLACE_OF = {"pharmacy.name": "pharmacy", "pharmacy.phone": "phone", "prescriber.name": "prescriber"}


def calendar_head(strip: Strip, plan: Plan) -> list[Paragraph]:
    """Return whose calendar it is, and how to use it."""
    how = "One pouch each day, in the order of the numbers. Tick the box when it is taken."
    if strip.is_hold:
        how += f" Each pouch holds the same dose: {format_pouch_dose(strip.days[0])}."
    return [
        Paragraph("patient.name", f"{patient_line(plan)} · {name_medicine(plan)}", 13, 9, "bold"),
        Paragraph("patient page", how, 11, 10, space_mm=0.8),
    ]


def calendar_notes(strip: Strip, plan: Plan) -> list[Paragraph]:
    """Return what must not be overlooked: pouches that must not be taken any more, and a dose that rises."""
    told = []
    if plan.take_back and strip is plan.strips_to_make[0]:
        first = plan.take_back[0]
        told.append(
            f"This replaces your earlier calendar from {format_date(first.date)} on. Take no older pouch for day "
            f"{first.day} or later: bring {count_of(len(plan.take_back), 'pouch', 'pouches')} back to the pharmacy."
        )
    told += [
        f"On {format_date(day.date)} the dose is higher than the day before, as planned: {format_pouch_dose(day)}."
        for day in strip.days
        if day.rises
    ]
    return [Paragraph("patient page", words, 11.5, 10, "bold", space_mm=0.8) for words in told]


def what_follows(strip: Strip, plan: Plan) -> str:
    """Return what comes after the last pouch of a strip."""
    following = next((later for later in plan.strips if later.number > strip.number), None)
    if following is not None:
        return f"Strip {following.number} follows on {format_date(following.days[0].date)}."
    last = strip.days[-1]
    if plan.stop is not None:
        return (
            f"The last pouch is for {format_date(last.date)}. From {format_date(plan.stop.date)} on there is no pouch."
        )
    return f"This plan ends with {format_dose(last.dose_mg)} on {format_date(last.date)}. It does not say what follows."


def whom_to_call(plan: Plan) -> str:
    """Return the pharmacy and its phone number, or lines to write on."""
    named = _named(plan)
    return f"Questions? Call {named['pharmacy.name']}: {named['pharmacy.phone']}"


def filled_texts(plan: Plan, text: PatientText | None) -> Iterator[tuple[str, str, str]]:
    """Yield what the pharmacy says: the field to blame where it is too long, its heading, its words."""
    if text is None:
        return
    named = _named(plan)
    places = {place: named[field] for field, place in _PLACE_OF.items()}
    for field, heading, words in (
        ("missed", "If you missed a pouch", text.missed),
        ("hard", "If symptoms are hard", text.hard),
    ):
        yield _longest(field, words, named), heading, words.format(**places)


def _longest(field: str, words: str, named: Mapping[str, str]) -> str:
    """Return which is the longest, a text or a name that is filled into it."""
    lengths = {field: len(words)} | {
        name: len(value) for name, value in named.items() if f"{{{_PLACE_OF[name]}}}" in words
    }
    return max(lengths, key=lambda name: lengths[name])


def _named(plan: Plan) -> dict[str, str]:
    """Return whom the order names, by field; lines to write on where it does not."""
    order = plan.order
    return {
        "pharmacy.name": order.pharmacy.name or "the pharmacy ______________",
        "pharmacy.phone": keep_together(order.pharmacy.phone or "") or "______________",
        "prescriber.name": order.prescriber.name or "the prescriber ______________",
    }


def stack_on_page(paragraphs: Sequence[Paragraph], box: Box, title: str) -> list[Text]:
    """Return paragraphs in a box; where they do not fit, the error names the page, too.

    Raises:
        TextDoesNotFit: Naming the field, the page and the room.
    """
    try:
        return stack(paragraphs, box)
    except TextDoesNotFit as error:
        problems = [Problem(problem.where, f"{problem.what} (page {title!r})") for problem in error.problems]
        raise TextDoesNotFit(problems) from error
