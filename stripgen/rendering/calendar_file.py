"""The calendar file (iCalendar, RFC 5545): one all-day event a pouch, for the calendar a patient or carer has already.

It goes to other people's machines: no name of a patient, and no drug or dose unless asked.
"""

import datetime as dt
from collections.abc import Iterator

from icalendar import Calendar, Event

from stripgen.domain.plan import Day, Plan
from stripgen.rendering.descriptions import describe_pouch_dose, name_medicine
from stripgen.rendering.words import Words

_ONE_DAY = dt.timedelta(days=1)


def render_calendar(plan: Plan, patient_words: Words, *, names_drug: bool) -> bytes:
    """Return the pouches to make as an iCalendar file; the same plan gives the same bytes.

    Args:
        plan: The plan; nothing is computed from it here.
        patient_words: Of the patient's language.
        names_drug: Whether drug and dose are told.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//stripgen//strip plan//EN")
    calendar.add("version", "2.0")
    for event in _events(plan, patient_words, names_drug=names_drug):
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _events(plan: Plan, words: Words, *, names_drug: bool) -> Iterator[Event]:
    for day in plan.days_to_make:
        yield _event(plan, f"{day.day:04}", day.date, _summary(day, plan, words, names_drug=names_drug))
    for pouch in plan.take_back:
        if pouch.day > plan.days[-1].day:
            cancelled = _event(plan, f"{pouch.day:04}", pouch.date, words.say("calendar.cancelled"))
            cancelled.add("status", "CANCELLED")
            yield cancelled
    if plan.stop is not None:
        yield _event(plan, "stop", plan.stop.date, words.say("calendar.no_pouch"))


def _event(plan: Plan, name: str, date: dt.date, summary: str) -> Event:
    """Return an all-day event. Its id is that of the first version's, so that a later one takes its place."""
    amendment = plan.order.amendment
    first = amendment.earlier[0] if amendment else plan.plan_id
    event = Event()
    event.add("uid", f"{first.replace('-', '')}-{name}@stripgen")
    event.add("sequence", plan.version - 1)
    event.add("dtstamp", dt.datetime.combine(plan.issued_on, dt.time(), dt.UTC))
    event.add("dtstart", date)
    event.add("dtend", date + _ONE_DAY)
    event.add("summary", summary)
    event.add("transp", "TRANSPARENT")
    return event


def _summary(day: Day, plan: Plan, words: Words, *, names_drug: bool) -> str:
    numbers = {"pouch": day.day, "strip": day.strip}  # the pouch by the number on its label
    if not names_drug:
        return words.say("calendar.pouch_rises" if day.rises else "calendar.pouch", **numbers)
    phrase = "calendar.pouch_of_drug_rises" if day.rises else "calendar.pouch_of_drug"
    dose = describe_pouch_dose(day, words)
    return words.say(phrase, medicine=name_medicine(plan, words), dose=dose, **numbers)
