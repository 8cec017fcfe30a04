"""The printed words: how doses, dates, points and compositions read on every document.

Source: ISMP, List of Error-Prone Abbreviations, Symbols and Dose Designations (leading zero, no trailing zero, a space
before the unit, months in letters).
"""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from stripgen.domain.formulary import Grade
from stripgen.domain.order import Form, Taper
from stripgen.domain.plan import Units, count_units
from stripgen.domain.quantity import plain

DRAFT_WORDS = "DRAFT, not for dispensing"
GRADE_WORDS: dict[Grade, str] = {
    "A": "read in the paper or its abstract",
    "B": "a second-hand transcription of a published fit",
    "C": "derived from published points",
    "own": "brought by the order, its source not checked",
}
MODEL_LIMITS = (
    "The curve is a population average from few scanned people: one person's occupancy can be well above or below it.",
    "Occupancy is not withdrawal: how a step will feel cannot be read from these papers.",
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLURAL: dict[Form, str] = {
    "capsule": "capsules",
    "tablet": "tablets",
    "orodispersible tablet": "orodispersible tablets",
    "film": "films",
    "sachet": "sachets",
}


def format_number(number: Decimal) -> str:
    """Return a number of mg as printed, without its unit.

    >>> format_number(Decimal("0.50")), format_number(Decimal("1234.5"))
    ('0.5', '1,234.5')
    """
    whole, _, decimals = plain(number).partition(".")
    return f"{int(whole):,}.{decimals}" if decimals else f"{int(whole):,}"


def format_dose(dose_mg: Decimal) -> str:
    """Return a dose as printed.

    >>> format_dose(Decimal("12.50"))
    '12.5 mg'
    """
    return f"{format_number(dose_mg)} mg"


def format_date(date: dt.date) -> str:
    """Return a date with its weekday, the month in letters.

    >>> format_date(dt.date(2026, 12, 1))
    'Tue 1 Dec 2026'
    """
    return f"{WEEKDAYS[date.weekday()]} {format_day(date)}"


def format_day(date: dt.date) -> str:
    """Return a date without its weekday, as for a birth date.

    >>> format_day(dt.date(1981, 5, 12))
    '12 May 1981'
    """
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def format_points(points: float) -> str:
    """Return a difference of occupancy in points, without the word.

    >>> format_points(2.6742), format_points(-0.0001)
    ('2.67', '0.00')
    """
    return f"{points + 0.0:.2f}".replace("-0.00", "0.00")


def format_percent(fraction: float) -> str:
    """Return an occupancy as a percentage, without its sign.

    >>> format_percent(0.8)
    '80.0'
    """
    return f"{100 * fraction:.1f}"


def format_units(units: Iterable[Units]) -> str:
    """Return a composition as printed: by form, each with its counts and strengths.

    >>> format_units([Units(Decimal(10), "tablet", 1), Units(Decimal("0.5"), "capsule", 3)])
    '1 × 10 mg tablet; 3 × 0.5 mg capsules'
    """
    by_form: dict[Form, list[Units]] = {}
    for unit in units:
        by_form.setdefault(unit.form, []).append(unit)
    return "; ".join(
        f"{' + '.join(f'{unit.count} × {format_dose(unit.strength_mg)}' for unit in group)} "
        f"{name_form(form, count_units(group))}"
        for form, group in by_form.items()
    )


def name_form(form: Form, count: int) -> str:
    """Return the word for some units of a form.

    >>> name_form("film", 1), name_form("film", 2)
    ('film', 'films')
    """
    return form if count == 1 else _PLURAL[form]


def count_of(count: int, one: str, many: str) -> str:
    """Return a count with its word.

    >>> count_of(1, "day", "days"), count_of(28, "day", "days")
    ('1 day', '28 days')
    """
    return f"{count:,} {one if count == 1 else many}"


def format_taper(taper: Taper) -> str:
    """Return the whole taper in a few words.

    >>> from datetime import date
    >>> format_taper(Taper(start_dose_mg=20, end_dose_mg=0, days=112, start_date=date(2026, 12, 1)))
    '20 mg to stop in 112 days'
    """
    return f"{format_span(taper.start_dose_mg, taper.end_dose_mg)} in {count_of(taper.days, 'day', 'days')}"


def capitalise(sentence: str) -> str:
    """Return a sentence with its first letter large; only a to z, whose large forms every font has.

    >>> capitalise("the start"), capitalise("ßtan")
    ('The start', 'ßtan')
    """
    return sentence[:1].upper() + sentence[1:] if sentence[:1].isascii() else sentence


def format_span(start_mg: Decimal, end_mg: Decimal) -> str:
    """Return what the taper does in a few words.

    >>> format_span(Decimal(20), Decimal(0))
    '20 mg to stop'
    """
    return f"{format_dose(start_mg)} to {format_dose(end_mg) if end_mg else 'stop'}"


_GLUE = "\N{NO-BREAK SPACE}"
_BELONGS_TOGETHER = re.compile(
    r"(?<=\d) (?=(?:mg|mm|h|%|points|×)(?!\w))"  # a number and its unit, a count and its strength
    r"|(?<=×) (?=\d)"
    r"|(?<=\d) (?=[A-Z][a-z]{2} \d{4}\b)|(?<= [A-Z][a-z]{2}) (?=\d{4}\b)"  # a date
)


def glue(text: str) -> str:
    r"""Return a text whose spaces stay unbroken within a dose, a count of units or a date.

    >>> glue("2 × 0.5 mg on Tue 1 Dec 2026").split(" ")
    ['2\xa0×\xa00.5\xa0mg', 'on', 'Tue', '1\xa0Dec\xa02026']
    """
    return _BELONGS_TOGETHER.sub(_GLUE, text)


def keep_together(text: str) -> str:
    r"""Return a text that is never broken over two lines, such as a phone number.

    >>> keep_together("+00 000").split(" ")
    ['+00\xa0000']
    """
    return text.replace(" ", _GLUE)


def unglue(text: str) -> str:
    """Return the text with ordinary spaces again, as it is printed.

    >>> unglue(glue("0.5 mg"))
    '0.5 mg'
    """
    return text.replace(_GLUE, " ")
