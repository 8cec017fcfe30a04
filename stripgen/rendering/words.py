"""The printed words: phrases of one language, and how doses, dates, points and counts read in it.

Source: ISMP, List of Error-Prone Abbreviations, Symbols and Dose Designations (leading zero, no trailing zero, a space
before the unit, months in letters).
"""

import datetime as dt
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from stripgen.domain.profile import DecimalMark
from stripgen.domain.quantity import plain
from stripgen.domain.wording import Saying, Value, Wording
from stripgen.errors import DataInvalid, Problem

DateForm = Literal["letters", "iso"]

_GLUE = "\N{NO-BREAK SPACE}"
_TWO = 2
DIRECTION_MARK = "\N{LEFT-TO-RIGHT MARK}"
# Hebrew, Arabic and their neighbours in Unicode, the forms in which Arabic letters join, and the mark around a name: a
# line may hold the Latin words of one only
_RIGHT_TO_LEFT = re.compile(
    f"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff{DIRECTION_MARK}]"
)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of one language as one order's papers use them.

    Attributes:
        wording: The phrases.
        decimal_mark: Of every number. One paper never mixes two.
        date_form: With the month in letters, or ISO 8601.
    """

    wording: Wording
    decimal_mark: DecimalMark
    date_form: DateForm = "letters"

    @property
    def language(self) -> str:
        """The code of the language: `nl`."""
        return self.wording.language

    def say(self, phrase: str, /, **values: Value) -> str:
        """Return a phrase with its places filled.

        Args:
            phrase: Its section and name: `label.day`.
            values: By place; written as the phrase says, so always the value and never its words.

        Raises:
            DataInvalid: The wording lacks the phrase; it is never taken from another language.
        """
        section, _, name = phrase.partition(".")
        text = self.wording.phrases.get(section, {}).get(name)
        if text is None:
            where = f"templates/wording/{self.language}.toml"
            raise DataInvalid([Problem(f"phrases.{phrase}", "is missing; add the phrase")], where)
        if _places_in(text) != values.keys():
            meant = ", ".join(f"{{{place}}}" for place in sorted(values)) or "none"
            what = f"{text!r} has other places than it must have: {meant}"
            raise DataInvalid([Problem(f"phrases.{phrase}", what)], f"templates/wording/{self.language}.toml")
        return self._fill(text, values)

    def tell(self, saying: Saying) -> str:
        """Return what was to be said, in this language."""
        return self.say(saying.phrase, **dict(saying.values))

    def count(self, n: Decimal | int, what: str) -> str:
        """Return a count with its word: `28 days`.

        Args:
            n: How many.
            what: The name of a plural: `day`.
        """
        return self._counted(self.number(n), n, what)

    def _counted(self, written: str, n: Decimal | int, what: str) -> str:
        plural = self.wording.plurals[what]
        return self._fill(plural.one if self._is_one(n) else plural.other, {"n": written})

    def form(self, form: str, n: int = 1) -> str:
        """Return the word for one or more units of a form, without their count: `capsules`."""
        plural = self.wording.forms[form]
        return plural.one if self._is_one(n) else plural.other

    def _is_one(self, n: Decimal | int) -> bool:
        """Return whether a count takes the singular; in French all below two does: none, 1,5.

        Source: Unicode CLDR, Language Plural Rules.
        """
        return -_TWO < n < _TWO if self.language == "fr" else n == 1

    def drug(self, name: str) -> str:
        """Return a drug's or a metabolite's name in this language; as the order has it where none is known."""
        return self.wording.drugs.get(name, name)

    def number(self, number: Decimal | int) -> str:
        """Return a number as printed: grouped from 1,000 on, a leading zero, no trailing zero.

        Thousands are parted by a comma where the decimal mark is a point, and else by a space: `1.234` is never 1,234.
        """
        whole, _, decimals = plain(Decimal(number)).partition(".")
        sign = "-" if whole == "-0" else ""  # which the whole number 0 has not: -0.5
        grouped = sign + f"{int(whole):,}".replace(",", "," if self.decimal_mark == "." else _GLUE)
        return f"{grouped}{self.decimal_mark}{decimals}" if decimals else grouped

    def dose(self, dose_mg: Decimal) -> str:
        """Return a dose as printed: `12.5 mg`."""
        return f"{self.number(dose_mg)} mg"

    def volume(self, volume_ml: Decimal) -> str:
        """Return a volume as printed: `2.5 mL`."""
        return f"{self.number(volume_ml)} mL"

    def concentration(self, mg_per_ml: Decimal) -> str:
        """Return the concentration of a solution as printed: `2 mg/mL`."""
        return f"{self.number(mg_per_ml)} mg/mL"

    def factor(self, factor: Decimal) -> str:
        """Return a weighing factor with all of its four decimals: `1.1380`."""
        return self._fixed(f"{factor:.4f}")

    def date(self, date: dt.date) -> str:
        """Return a date with its weekday, the month in letters: `Tue 1 Dec 2026`."""
        return self._date(date, self.wording.date)

    def day(self, date: dt.date) -> str:
        """Return a date without its weekday, as for a birth date: `12 May 1981`."""
        return self._date(date, self.wording.day)

    def _date(self, date: dt.date, pattern: str) -> str:
        return date.isoformat() if self.date_form == "iso" else _in_letters(date, pattern, self.language)

    def points(self, points: float) -> str:
        """Return a difference of occupancy in points, without the word: `2.67`."""
        return self._fixed(f"{points + 0.0:.2f}".replace("-0.00", "0.00"))

    def percent(self, fraction: float) -> str:
        """Return an occupancy as a percentage, without its sign: `80.0`."""
        return self._fixed(f"{100 * fraction:.1f}")

    def join(self, amounts: Iterable[str]) -> str:
        """Return amounts as a list; never parted by the decimal mark: `2, 5, 7.5` and `2; 5; 7,5`."""
        return ", ".join(amounts) if self.decimal_mark == "." else self.join_apart(amounts)

    def join_apart(self, parts: Iterable[str]) -> str:
        """Return parts that have commas of their own, or read as one, as a list: `1 × 10 mg tablet; 3 × 5 mg capsules`.

        Source: Imprimerie nationale, Lexique des règles typographiques (a no-break space before it in French).
        """
        return (f"{_GLUE}; " if self.language == "fr" else "; ").join(parts)

    def _fixed(self, digits: str) -> str:
        return digits.replace(".", self.decimal_mark)

    def _fill(self, text: str, values: Mapping[str, Value]) -> str:
        return "".join(
            literal if place is None else f"{literal}{self._write(values[place], form)}"
            for literal, place, form in _parts_of(text)
        )

    def _write(self, value: Value, form: str) -> str:
        """Return a value as a phrase asks for it."""
        match value:
            case Saying():
                words = self.tell(value)
                return capitalise(words) if form == "capital" else words
            case tuple():
                return self.join(map(self.tell, value))
            case dt.date():
                return self.day(value) if form == "day" else self.date(value)
            case str():
                return isolate(self._write_text(value, form))
            case float():
                return self._write_float(value, form)
            case _:
                return self._write_exact(value, form)

    def _write_text(self, value: str, form: str) -> str:
        if form == "drug":
            return self.drug(value)
        return capitalise(value) if form == "capital" else value

    def _write_float(self, value: float, form: str) -> str:
        if form == "percent":
            return self.percent(value)
        if form in self.wording.plurals:
            return self._counted(self.points(value), Decimal(f"{value:.2f}"), form)
        return self._fixed(f"{value:.1f}") if form == "tenth" else self.points(value)

    def _write_exact(self, value: Decimal | int, form: str) -> str:
        written = {
            "mg": self.dose,
            "ml": self.volume,
            "mg_per_ml": self.concentration,
            "number": self.number,
            "factor": self.factor,
        }
        if form in written:
            return written[form](Decimal(value))
        if form:
            return self.count(value, form)
        # the number of a day, a strip or a page: never grouped
        return str(value) if isinstance(value, int) else self.number(value)


@dataclass(frozen=True, slots=True)
class PaperWords:
    """The words of one order's papers.

    Attributes:
        pharmacy: Of the strip plan and the dispensing sheet.
        patient: Of the pages that go home and the calendar file.
        labels: Of the pouches and strips.
    """

    pharmacy: Words
    patient: Words
    labels: Words


@lru_cache(maxsize=1_000)
def _places_in(text: str) -> frozenset[str]:
    return frozenset(place for _, place, _ in _parts_of(text) if place is not None)


@lru_cache(maxsize=1_000)
def _parts_of(text: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple((literal, place, form or "") for literal, place, form, _ in string.Formatter().parse(text))


@lru_cache(maxsize=10_000)
def _in_letters(date: dt.date, pattern: str, language: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415 - what draws nothing does not pay for loading it

    return str(format_date(date, pattern, locale=language))


def capitalise(sentence: str) -> str:
    """Return a sentence with its first letter large; only a to z, whose large forms every font has.

    >>> capitalise("the start"), capitalise("ßtan")
    ('The start', 'ßtan')
    """
    return sentence[:1].upper() + sentence[1:] if sentence[:1].isascii() else sentence


# In all languages; of points and hours, which are words, as their phrases have them.
_UNITS = r"(?:mg|mL|mm|h|uur|%|points?|punt|punten|Punkte?n?|puntos?|×)(?!\w)"
_BELONGS_TOGETHER = re.compile(
    rf"(?<=[\d½¼]) (?={_UNITS})"  # a number and its unit, a count and its strength
    r"|(?<=×) (?=[\d½¼])"
    r"|(?:(?<=\b[Dd]ay)|(?<=\b[Dd]ag)|(?<=\bTag)|(?<=\b[Jj]our)|(?<=\b[Dd]ía)) (?=\d)"  # and a day with its number
)
_DATE = re.compile(r"\b\d{1,2}\.? [^\W\d_]{3,5}\.? \d{4}\b")  # 1 Dec 2026, 1. Dez. 2026, 1 juil. 2026


def glue(text: str) -> str:
    r"""Return a text whose spaces stay unbroken within a dose, a count of units, the number of a day or a date.

    >>> glue("2 × 0.5 mg on Tue 1 Dec 2026").split(" ")
    ['2\xa0×\xa00.5\xa0mg', 'on', 'Tue', '1\xa0Dec\xa02026']
    """
    return _DATE.sub(lambda date: keep_together(date[0]), _BELONGS_TOGETHER.sub(_GLUE, text))


def keep_together(text: str) -> str:
    r"""Return a text that is never broken over two lines, such as a phone number.

    >>> keep_together("+00 000").split(" ")
    ['+00\xa0000']
    """
    return text.replace(" ", _GLUE)


def reads_right_to_left(text: str) -> bool:
    """Return whether a text has a character of a script that reads right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def isolate(text: str) -> str:
    r"""Return a text marked off from what is put before and after it, where it reads right to left.

    Else a number after it is drawn into it, and a name with a birth date reads as another date. Unicode's isolates
    would say the same, but LibreOffice misplaces Latin letters inside them.
    Source: Unicode Standard Annex 9, section 2.6 (implicit marks).

    >>> isolate("Cohen"), isolate("\N{HEBREW LETTER ALEF}") == "\u200e\u05d0\u200e"
    ('Cohen', True)
    """
    return f"{DIRECTION_MARK}{text}{DIRECTION_MARK}" if reads_right_to_left(text) else text


def without_marks(text: str) -> str:
    """Return a text without the marks of `isolate`, as a person would type it."""
    return text.replace(DIRECTION_MARK, "")


def unglue(text: str) -> str:
    """Return the text with ordinary spaces again, as it is printed.

    >>> unglue(glue("0.5 mg"))
    '0.5 mg'
    """
    return text.replace(_GLUE, " ")
