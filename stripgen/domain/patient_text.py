"""What a pharmacy tells its patients of a missed pouch and of hard symptoms, in its own words."""

import re
from dataclasses import dataclass
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field

from stripgen.domain.fields import SchemaOne, Table, printed_text, refuse, shown
from stripgen.domain.wording import LanguageField

PLACES = ("pharmacy", "phone", "prescriber")
LONGEST_TEXT = 600


def _places_known(text: str) -> str:
    """Check that braces only mark places that an order fills."""
    named = ", ".join(f"{{{place}}}" for place in PLACES)
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise refuse(f"has a brace without its other one; the places are {named}") from error
    for _, place, form, conversion in parts:
        if place is not None and (place not in PLACES or form or conversion):
            raise refuse(f"{shown(place)} is not a place that an order fills; the places are {named}")
    if re.search(r"\{\{|\}\}", text):
        raise refuse(f"has a doubled brace; the places are {named}")
    return text


Words = Annotated[str, printed_text(LONGEST_TEXT), AfterValidator(_places_known)]


class PatientText(Table):
    """The pharmacy's own words, with places for what the order names.

    Attributes:
        missed: What to do if a pouch is missed.
        hard: What to do if symptoms are hard.
    """

    schema_version: SchemaOne = Field(alias="schema")
    language: LanguageField
    missed: Words
    hard: Words


@dataclass(frozen=True, slots=True)
class PatientPages:
    """What the patient gets, and how."""

    text: PatientText
    large_print: bool = False
    calendar: bool = False
    calendar_names_drug: bool = False
