"""Says what papers should say: phrases of a language, amounts, dates and compositions, by rules of its own.

The wording file is the same that the papers were printed with; how its places are filled is written here a second time.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from stripgen.domain.order import Order
from stripgen.domain.wording import Wording
from stripgen.verifying.expected import ExpectedDay, Pieces

Filling = str | int | float | Decimal | dt.date
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_UNITS = {"mg": "mg", "ml": "mL", "mg_per_ml": "mg/mL"}
_PART = {2: "½", 4: "¼"}
_SYRINGE = "oral syringe"


@dataclass(frozen=True, slots=True)
class Voice:
    """One language as the papers of one order use it.

    Attributes:
        mark: Between a number and its decimals.
        is_iso: Whether dates are written 2026-12-01.
    """

    wording: Wording
    mark: str
    is_iso: bool

    def say(self, phrase: str, /, **fillings: Filling) -> str:
        """Return a phrase, its places filled."""
        section, _, name = phrase.partition(".")
        text = self.wording.phrases[section][name]
        return _PLACE.sub(lambda place: self._write(fillings[place[1]], place[2] or ""), text)

    def _write(self, value: Filling, form: str) -> str:
        match value:
            case str() if form == "drug":
                return self.drug(value)
            case str():
                return large(value) if form == "capital" else value
            case dt.date():
                return self.date(value, weekday=form != "day")
            case float():
                return self.fixed(value, {"percent": 1, "tenth": 1}.get(form, 2))
            case _:
                return self._write_exact(value, form)

    def _write_exact(self, value: Decimal | int, form: str) -> str:
        if form in _UNITS:
            return f"{self.number(value)} {_UNITS[form]}"
        if form in self.wording.plurals:
            plural = self.wording.plurals[form]
            return (plural.one if self._is_one(value) else plural.other).replace("{n}", self.number(value))
        return str(value) if form == "" and isinstance(value, int) else self.number(value)

    def _is_one(self, n: Decimal | int) -> bool:
        return n == 1 or (n == 0 and self.wording.language == "fr")

    def number(self, value: Decimal | int) -> str:
        """Return a number, thousands parted."""
        text = f"{abs(Decimal(value)):f}"
        whole, _, decimals = text.partition(".")
        parts: list[str] = []
        while len(whole) > 3:  # noqa: PLR2004 - thousands
            parts, whole = [whole[-3:], *parts], whole[:-3]
        grouped = ("," if self.mark == "." else " ").join([whole, *parts])
        decimals = decimals.rstrip("0")
        sign = "-" if value < 0 else ""
        return sign + (f"{grouped}{self.mark}{decimals}" if decimals else grouped)

    def amount(self, value: Decimal, unit: str = "mg") -> str:
        """Return a number with its unit."""
        return f"{self.number(value)} {unit}"

    def fixed(self, value: float, decimals: int) -> str:
        """Return a measured number to so many decimals."""
        text = f"{value:.{decimals}f}"
        return (text.removeprefix("-") if not float(text) else text).replace(".", self.mark)

    def either(self, value: float, decimals: int) -> set[str]:
        """Return how a number may be printed of which six decimals are known: two ways on the edge between them."""
        return {self.fixed(value + hair, decimals) for hair in (-1e-6, 0.0, 1e-6)}

    def date(self, date: dt.date, *, weekday: bool = True) -> str:
        """Return a date, with its weekday or without."""
        if self.is_iso:
            return f"{date:%Y-%m-%d}"
        return _in_letters(date, self.wording.date if weekday else self.wording.day, self.wording.language)

    def drug(self, name: str) -> str:
        """Return a drug's name in the language."""
        return self.wording.drugs.get(name, name)

    def medicine(self, order: Order) -> str:
        """Return the drug, and of a solution how strong it is."""
        name, solution = self.drug(order.medication.drug), order.compounding.solution
        return f"{name} {self.amount(solution.mg_per_ml, 'mg/mL')}" if solution else name

    def form(self, form: str, n: int) -> str:
        """Return the word for some units of a form."""
        plural = self.wording.forms[form]
        return plural.one if n == 1 else plural.other

    def apart(self, parts: Iterable[str]) -> str:
        """Return parts that have commas of their own."""
        return "; ".join(parts)

    def listed(self, parts: Iterable[str]) -> str:
        """Return a list of amounts."""
        return (", " if self.mark == "." else "; ").join(parts)

    def composition(self, units: Sequence[Pieces], order: Order) -> str:
        """Return what is in a pouch: form by form, each strength with its count."""
        solution = order.compounding.solution
        if solution:
            return self.apart(self._measured(unit, solution.mg_per_ml) for unit in units)
        forms = list(dict.fromkeys(unit.form for unit in units))
        return self.apart(self._of_form(form, [unit for unit in units if unit.form == form]) for form in forms)

    def _of_form(self, form: str, units: Sequence[Pieces]) -> str:
        counted = " + ".join(map(self._counted, units))
        return self.say("units.of_form", counted=counted, form=self.form(form, sum(unit.count for unit in units)))

    def _counted(self, unit: Pieces) -> str:
        part = _PART.get(unit.divided_into)
        count = [] if part and unit.count == 1 else [str(unit.count)]
        return " × ".join([*count, *([part] if part else []), self.amount(unit.strength_mg)])

    def _measured(self, unit: Pieces, mg_per_ml: Decimal) -> str:
        volume = unit.strength_mg / mg_per_ml
        if unit.count == 1:
            return self.say("units.in_a_syringe", volume=volume, concentration=mg_per_ml)
        return self.say("units.in_each_syringe", volume=volume, concentration=mg_per_ml, n=unit.count)

    def syringes(self, n: int) -> str:
        """Return the word for some syringes."""
        return self.form(_SYRINGE, n)

    def pouch_dose(self, day: ExpectedDay) -> str:
        """Return a dose in mg, and in mL where it is measured."""
        in_ml = "" if day.volume_ml is None else f" ({self.amount(day.volume_ml, 'mL')})"
        return self.amount(day.dose_mg) + in_ml

    def doses(self, days: Sequence[ExpectedDay]) -> str:
        """Return how many days in a row have which dose."""
        runs = [(dose, len(list(run))) for dose, run in groupby(days, key=lambda day: day.dose_mg)]
        return self.listed(f"{count} × {self.amount(dose)}" for dose, count in runs)


def large(text: str) -> str:
    """Return a text with its first letter large, where that is one of a to z."""
    return text[:1].upper() + text[1:] if text[:1].isascii() else text


@lru_cache(maxsize=10_000)
def _in_letters(date: dt.date, pattern: str, language: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415 - only where a page is compared

    return str(format_date(date, pattern, locale=language))
