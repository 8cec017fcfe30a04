"""What the patient's pages say, at either size of print."""

from collections.abc import Iterator, Mapping, Sequence

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan, Strip
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.descriptions import describe_pouch_dose, name_medicine, name_strip
from stripgen.rendering.strip_plan.furniture import describe_patient
from stripgen.rendering.strip_plan.page import Box, Text
from stripgen.rendering.strip_plan.text import Paragraph, stack
from stripgen.rendering.words import Words, isolate, keep_together

_PLACE_OF = {"pharmacy.name": "pharmacy", "pharmacy.phone": "phone", "prescriber.name": "prescriber"}
_LINE = "______________"  # to write on


def calendar_head(strip: Strip, plan: Plan, words: Words) -> list[Paragraph]:
    """Return whose calendar it is, and how to use it."""
    if strip.is_hold:
        how = words.say("patient.how_on_hold", dose=describe_pouch_dose(strip.days[0], words))
    else:
        how = words.say("patient.how")
    return [
        Paragraph("patient.name", whose(plan, words), 13, 9, "bold"),
        Paragraph("patient page", how, 11, 10, space_mm=0.8),
    ]


def whose(plan: Plan, words: Words) -> str:
    """Return who the page is for, and the medicine."""
    return words.say("patient.whose", patient=describe_patient(plan, words), medicine=name_medicine(plan, words))


def name_page(phrase: str, strip: Strip, plan: Plan, words: Words) -> str:
    """Return the title of a page: `My calendar, strip 3 of 5`."""
    return words.say(phrase, strip=name_strip(strip, plan, words))


def calendar_notes(strip: Strip, plan: Plan, words: Words) -> list[Paragraph]:
    """Return what must not be overlooked: pouches not to be taken any more, a dose that rises, directions."""
    told = []
    if plan.take_back and strip is plan.strips_to_make[0]:
        first = plan.take_back[0]
        told.append(words.say("patient.replaces", date=first.date, day=first.day, pouches=len(plan.take_back)))
    told += [
        words.say("patient.rises", date=day.date, dose=describe_pouch_dose(day, words))
        for day in strip.days
        if day.rises
    ]
    medication = plan.order.medication
    taken = {"directions": medication.directions, "precautions": medication.precautions}
    return [
        *(Paragraph("patient page", note, 11.5, 10, "bold", space_mm=0.8) for note in told),
        *(
            Paragraph(f"medication.{field}", words.say(f"label.{field}", value=said), 11, 10, space_mm=0.8)
            for field, said in taken.items()
            if said is not None
        ),
    ]


def what_follows(strip: Strip, plan: Plan, words: Words) -> str:
    """Return what comes after the last pouch of a strip."""
    following = next((later for later in plan.strips if later.number > strip.number), None)
    if following is not None:
        return words.say("patient.strip_follows", strip=following.number, date=following.days[0].date)
    last = strip.days[-1]
    if plan.stop is not None:
        return words.say("patient.stops", last=last.date, stop=plan.stop.date)
    return words.say("patient.ends", dose=last.dose_mg, date=last.date)


def whom_to_call(plan: Plan, words: Words) -> str:
    """Return the pharmacy and its phone number, or lines to write on."""
    named = _named(plan, words)
    return words.say("patient.call", pharmacy=named["pharmacy.name"], phone=named["pharmacy.phone"])


def filled_texts(plan: Plan, words: Words, text: PatientText | None) -> Iterator[tuple[str, str, str]]:
    """Yield what the pharmacy says: the field to blame where it is too long, its heading, its words."""
    if text is None:
        return
    named = _named(plan, words)
    places = {place: isolate(named[field]) for field, place in _PLACE_OF.items()}
    for field, heading, said in (("missed", "patient.missed", text.missed), ("hard", "patient.hard", text.hard)):
        yield _longest(field, said, named), words.say(heading), said.format(**places)


def _longest(field: str, said: str, named: Mapping[str, str]) -> str:
    """Return which is the longest, a text or a name that is filled into it."""
    lengths = {field: len(said)} | {
        name: len(value) for name, value in named.items() if f"{{{_PLACE_OF[name]}}}" in said
    }
    return max(lengths, key=lambda name: lengths[name])


def _named(plan: Plan, words: Words) -> dict[str, str]:
    """Return whom the order names, by field; lines to write on where it does not."""
    order = plan.order
    return {
        "pharmacy.name": order.pharmacy.name or words.say("patient.the_pharmacy", line=_LINE),
        "pharmacy.phone": keep_together(order.pharmacy.phone or "") or _LINE,
        "prescriber.name": order.prescriber.name or words.say("patient.the_prescriber", line=_LINE),
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
