"""What can be misread in what a pharmacy itself wrote: in an order, in a profile, in the patient text, in phrases."""

import re
from collections.abc import Iterator, Mapping

from stripgen.checking.reading_rules import BEFORE_A_UNIT, Writing, find_reading_problems
from stripgen.domain.order import Order
from stripgen.domain.printing import Printing, choose_languages
from stripgen.domain.profile import DecimalMark
from stripgen.domain.wording import Wording
from stripgen.errors import Problem

_PLACE = re.compile(rf"\{{[^:}}]*:?(?P<form>[^}}]*)\}}(?:(?P<counts>){BEFORE_A_UNIT})?")
_SAMPLES = {"mg": "7 mg", "ml": "7 mL", "mg_per_ml": "7 mg/mL", "date": "2026-12-01", "day": "2026-12-01"}
_SAMPLES |= dict.fromkeys(("number", "points", "percent", "tenth"), "7")


def find_reading_problems_in(texts: Mapping[str, str], paper: Writing) -> list[Problem]:
    """Return what can be misread in a pharmacy's own texts.

    Args:
        texts: By the place where each is changed, such as its key in the file.
        paper: On which they are printed.
    """
    return [
        Problem(where, what)
        for where, text in texts.items()
        for what in find_reading_problems(text, paper.decimal_mark, paper.language)
    ]


def find_own_reading_problems(order: Order, printing: Printing) -> list[Problem]:
    """Return what can be misread in what a pharmacy itself wrote, each text by the rules of the paper it is printed on.

    Args:
        order: Its own words; names and references are left alone.
        printing: With the profile's phrases and the text for patients.
    """
    profile, text, languages = printing.profile, printing.patient_pages.text, choose_languages(order, printing.profile)
    plan, patient, labels = (
        Writing(language, profile.decimal_mark_of(language))
        for language in (languages.pharmacy, languages.patient, languages.labels)
    )
    phrases = [rule.text for rule in profile.phrase if rule.text]
    return [
        *find_reading_problems_in(dict(_words_on_the_plan(order)), plan),
        *find_reading_problems_in(dict(_words_on_labels(order)), labels),
        *find_reading_problems_in({"patient text: missed": text.missed, "patient text: hard": text.hard}, patient),
        *find_reading_problems_in(
            {f"profile {profile.id}: phrase {number}": text for number, text in enumerate(phrases, start=1)}, labels
        ),
    ]


def find_wording_reading_problems(wording: Wording, decimal_mark: DecimalMark) -> list[Problem]:
    """Return what can be misread in phrases, which a pharmacy may have edited, with numbers in their places."""
    filled = {name: _PLACE.sub(_fill_sample, text) for name, text in wording.texts()}
    return find_reading_problems_in(filled, Writing(wording.language, decimal_mark))


def _fill_sample(place: re.Match[str]) -> str:
    """Return what may stand at a place: by its form, before a unit a number, else a word."""
    return _SAMPLES.get(place["form"]) or ("of" if place["counts"] is None else "7")


def _words_on_the_plan(order: Order) -> Iterator[tuple[str, str]]:
    for number, unit in enumerate(order.compounding.unit or (), start=1):
        yield f"compounding.unit[{number}].product", unit.product or ""
    for number, override in enumerate(order.override, start=1):
        yield f"override[{number}].reason", override.reason
    if order.amendment:
        yield "amendment.reason", order.amendment.reason


def _words_on_labels(order: Order) -> Iterator[tuple[str, str]]:
    medication, dispensing, compounding = order.medication, order.dispensing, order.compounding
    yield "medication.route", medication.route or ""
    yield "medication.directions", medication.directions or ""
    yield "medication.precautions", medication.precautions or ""
    yield "dispensing.storage", dispensing.storage or ""
    yield "dispensing.ingredients", dispensing.ingredients or ""
    yield "compounding.appearance", compounding.appearance or ""
    for number, unit in enumerate(compounding.unit or (), start=1):
        yield f"compounding.unit[{number}].appearance", unit.appearance or ""
