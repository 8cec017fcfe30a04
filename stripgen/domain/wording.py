"""What stands on paper in words, as data: phrases by name, each in one language, with places for values.

A phrase names its places and how each is written: `"the start dose of {start:mg} is above {most:mg}"`. What fills them
are values, never finished words, so that a sentence is put together where its language is known.
"""

import datetime as dt
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from stripgen.domain.fields import SchemaOne, Table, one_of, printed_text, refuse
from stripgen.errors import Problem

Language = Literal["en", "nl", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LanguageField = Annotated[Language, BeforeValidator(one_of(*LANGUAGES))]

# How a value is written: an amount with its unit, a bare number, a date with and without its weekday, a share of
# occupancy in percent, a difference in points, one decimal, the first letter large, a drug by its name in the language.
# Any other word names a plural.
FORMS = ("mg", "ml", "mg_per_ml", "number", "factor", "date", "day", "percent", "points", "tenth", "capital", "drug")

# Forms that print a unit, or tell a date from a number: no language may leave one out.
_WITH_UNIT = frozenset({"mg", "ml", "mg_per_ml", "percent", "points", "tenth"})
Phrase = Annotated[str, printed_text(1000)]
_PLACE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Saying:
    """A phrase by name and what fills it; put into words where it is printed."""

    phrase: str
    values: "tuple[tuple[str, Value], ...]" = ()


Value = Decimal | int | float | str | dt.date | Saying | tuple[Saying, ...]


def say_later(phrase: str, /, **values: Value) -> Saying:
    """Return a saying: the name of a phrase, and its values by place."""
    return Saying(phrase, tuple(values.items()))


class Plural(Table):
    """A word with its count, `{n} day` and `{n} days`. All five languages tell one from more, and nothing else."""

    one: Phrase
    other: Phrase


class Wording(Table):
    """All phrases of one language.

    Attributes:
        name: Of the language, in itself.
        date: How a date is written with its weekday, in Babel's letters: `EEE d MMM y`.
        day: Likewise without.
        plurals: Words that are counted, by name.
        forms: What a unit is, by the order's word for it; one and more of it, without the count.
        drugs: Names of drugs and of their metabolites, by the formulary's name; any other is named as the order has it.
        phrases: By section and name: `review` and `title`.
    """

    schema_version: SchemaOne = Field(alias="schema")
    language: LanguageField
    name: Phrase
    date: Phrase
    day: Phrase
    plurals: Mapping[str, Plural]
    forms: Mapping[str, Plural]
    drugs: Mapping[str, Phrase] = Field(default_factory=dict)
    phrases: Mapping[str, Mapping[str, Phrase]]

    @model_validator(mode="after")
    def _places_can_be_filled(self) -> "Wording":
        for name, text in self.texts():
            try:
                places = list(places_of(text))
            except ValueError as error:
                raise refuse(f"{name}: {text!r}: {error}; write braces only around a place") from error
            for place, form in places:
                if not _PLACE.fullmatch(place) or (form and form not in FORMS and form not in self.plurals):
                    raise refuse(
                        f"{name}: '{{{place}:{form}}}' cannot be filled; a name, and one of {', '.join(FORMS)} "
                        "or a plural of this file"
                    )
            _refuse_other_places(name, text, set(places))
        return self

    @model_validator(mode="after")
    def _drugs_are_told_apart(self) -> "Wording":
        by_name: dict[str, str] = {}
        for drug, name in self.drugs.items():
            other = by_name.setdefault(name.casefold(), drug)
            if other != drug:
                raise refuse(f"drugs.{drug}: {name!r} is the name of {other}, too; two drugs must not be mixed up")
        return self

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield every text with its name as the file says it."""
        for section, phrases in self.phrases.items():
            for name, text in phrases.items():
                yield f"phrases.{section}.{name}", text
        for table, plurals in (("plurals", self.plurals), ("forms", self.forms)):
            for name, plural in plurals.items():
                yield f"{table}.{name}.one", plural.one
                yield f"{table}.{name}.other", plural.other
        for drug, name in self.drugs.items():
            yield f"drugs.{drug}", name


def _refuse_other_places(name: str, text: str, places: set[tuple[str, str]]) -> None:
    """Refuse a plural that has more than its count, and a form or a drug that has any place."""
    if name.startswith("plurals.") and not places <= {("n", "")}:
        raise refuse(f"{name}: {text!r} has a place that is not filled there; only {{n}} is")
    if name.startswith(("forms.", "drugs.")) and places:
        raise refuse(f"{name}: {text!r} has a place, but is printed as it is; leave it out")


def places_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each place of a phrase: its name, and how it is written.

    Raises:
        ValueError: Braces that do not match.

    >>> list(places_of("day {n} of {days:day}, {date:date}"))
    [('n', ''), ('days', 'day'), ('date', 'date')]
    """
    for _, place, form, conversion in string.Formatter().parse(text):
        if place is not None:
            yield (f"{place}!{conversion}" if conversion else place), form or ""


def find_gaps(wording: Wording, complete: Wording) -> list[Problem]:
    """Return what a wording lacks, has too much, or fills otherwise than the complete one.

    A language may count in more ways than another (German has cases), so its plurals may be more; and each names the
    drugs whose name it knows.
    """
    own, whole = dict(wording.texts()), dict(complete.texts())
    problems = [Problem(name, "is missing; every phrase must be given") for name in whole if name not in own]
    problems += [
        Problem(name, "is not a phrase of stripgen; leave it out")
        for name in own
        if name not in whole and not name.startswith(("plurals.", "drugs."))
    ]
    for name, text in whole.items():
        if not name.startswith("phrases.") or name not in own:
            continue
        if _names(own[name]) != _names(text):
            meant = ", ".join(f"{{{place}}}" for place in sorted(_names(text))) or "none"
            problems.append(Problem(name, f"{own[name]!r} has other places than it must have: {meant}"))
        problems += [
            Problem(name, f"{own[name]!r} must write {{{place}}} as {{{place}:{form}}}: its unit would be lost")
            for place, form in sorted(set(places_of(text)) - set(places_of(own[name])))
            if form in _WITH_UNIT and not (form == "points" and _is_counted(place, own[name], wording))
        ]
    return problems


def _is_counted(place: str, text: str, wording: Wording) -> bool:
    """Return whether a text writes a place as a plural, whose word says what it is: `1,50 point`."""
    return dict(places_of(text)).get(place) in wording.plurals


def _names(text: str) -> set[str]:
    return {place for place, _ in places_of(text)}
