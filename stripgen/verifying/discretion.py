"""Tells what differs without a word of the patient: what `verify` says ends up in logs, letters and screen shots.

Papers name the patient on every page, so what they say may be the name, or the name with a letter changed. A difference
that could show either is told by the name of the field alone.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stripgen.verifying.reading import ReadPage, squeeze
from stripgen.verifying.report import Difference

_FIELDS = {"name": "name", "identifier": "identifier", "insurance_number": "insurance number"}
_BIRTH_DATE = "birth date"
_WORD = re.compile(r"\w+")
_A_DATE = re.compile(
    r"(?<!\d)(\d{4})-\d\d-\d\d(?!\d)"
    r"|(?<!\d)\d{1,2}\.?\s*(?:de\s+)?(?:jan|f[eé]b|f[eé]v|m[aäe][airy]|mrt|maa|a[pbv]r|ene|ju[nilo]|aug|ao[uû]|ago"
    r"|sep|set|o[ck]t|nov|d[eéi][cz])[^\W\d]*\.?\s*(?:de\s+)?(\d{4})(?!\d)",
    re.IGNORECASE,
)
_PLAN_ID = re.compile(r"(?<!\w)[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}(?!\w)")
_LEAST_LETTERS = 4  # of a word of a name that tells whose it is
_LEAST_LENGTH = 8  # of a value of which a changed one is known again
_ALIKE = 0.6  # share of its groups of three letters; one letter changed leaves more of them
_OLD_YEARS = 5  # no date of a plan is so long before its papers
_FIRST_OF_SPREADSHEETS = dt.date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class _Value:
    """What an order says in a field of its patient.

    Attributes:
        field: In words.
        telling: Words of it that the order says nowhere else.
    """

    field: str
    words: frozenset[str]
    telling: frozenset[str]
    threes: frozenset[str]

    def shows_in(self, words: frozenset[str], threes: frozenset[str]) -> bool:
        """Return whether a text shows the value, a part of it, or one much like it."""
        if self.words <= words or self.telling & words:
            return True
        return len(self.threes) > _LEAST_LENGTH - 3 and len(self.threes & threes) >= _ALIKE * len(self.threes)


class Discretion:
    """Knows of whom some plans are, and tells differences without showing it."""

    def __init__(self, plans: Sequence[Mapping[str, Any]]) -> None:
        """Take the plans that papers carry."""
        orders = [plan["order"] for plan in plans]
        self._values = [value for order in orders for value in _values_of(order)]
        self._born = {_days_of_spreadsheets(str(order.get("patient", {}).get("birth_date", ""))) for order in orders}
        self._oldest = min((int(str(plan["issued_on"])[:4]) for plan in plans), default=0) - _OLD_YEARS

    def tell(self, differences: Iterable[Difference]) -> Iterator[Difference]:
        """Yield differences, those that would show something of the patient by the name of its field, each once."""
        yield from dict.fromkeys(map(self._tell, differences))

    def _tell(self, found: Difference) -> Difference:
        fields = self._shown_in(f"{found.where} {found.what}")
        if not fields:
            return found
        where = "" if self._shown_in(found.where) else found.where
        verb = "differs" if len(fields) == 1 else "differ"
        return replace(found, where=where, what=f"patient's {' and '.join(fields)} {verb}")

    def _shown_in(self, text: str) -> Sequence[str]:
        """Return which fields of the patient a text shows."""
        words, threes = frozenset(_WORD.findall(text)), _threes(text)
        shown = [value.field for value in self._values if value.shows_in(words, threes)]
        years = [int(year) for found in _A_DATE.finditer(text) for year in found.groups() if year]
        if self._born & words or any(year <= self._oldest for year in years):
            shown.append(_BIRTH_DATE)
        return list(dict.fromkeys(shown))


def tell_strangers(pages: Iterable[ReadPage], plan_id: str, found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what was found on pages without quoting those of another plan, which may be another patient's."""
    strangers = {f"page {page.number}" for page in pages if _is_stranger(page, plan_id)}
    return [
        (place, "is a page of another plan") if (place := where.partition(",")[0]) in strangers else (where, what)
        for where, what in found
    ]


def _is_stranger(page: ReadPage, plan_id: str) -> bool:
    named = {found for text in page.texts for found in _PLAN_ID.findall(text.text)}
    return bool(named) and plan_id not in named


def _values_of(order: Mapping[str, Any]) -> Iterator[_Value]:
    patient = order.get("patient", {})
    elsewhere = set(_WORD.findall(str({key: value for key, value in order.items() if key != "patient"})))
    for key, field in _FIELDS.items():
        words = frozenset(_WORD.findall(str(patient.get(key) or "")))
        if words:
            telling = frozenset(word for word in words - elsewhere if len(word) >= _LEAST_LETTERS)
            yield _Value(field, words, telling, _threes(str(patient[key])))


def _threes(text: str) -> frozenset[str]:
    squeezed = squeeze(text).casefold()
    return frozenset(squeezed[at : at + 3] for at in range(len(squeezed) - 2))


def _days_of_spreadsheets(date: str) -> str:
    """Return a date as spreadsheets keep it: a count of days."""
    return str((dt.date.fromisoformat(date) - _FIRST_OF_SPREADSHEETS).days) if date else ""
