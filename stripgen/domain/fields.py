"""What a single value in an order, formulary or template file may be.

Every check says what was found and what is allowed, in words a pharmacist can act on.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from stripgen.domain.quantity import FINEST_MG, plain

_SHOWN_LENGTH = 40
_SHOWN_BITS = 10_000  # Python refuses to print whole numbers of over 4,300 digits


class Table(BaseModel):
    """A table of a file: frozen, unknown keys refused, NaN and infinity refused; a bug's traceback shows no values."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


def shown(value: object) -> str:
    """Return a value as an error message shows it: printable, on one line, shortened, text in quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return "a whole number of over 3,000 digits"
    try:
        text = repr(value) if isinstance(value, str | list | dict) else str(value)
    except (RecursionError, ValueError):
        return "a value too deep or too long to show"
    length = len(value) if isinstance(value, str) else len(text)  # not with its quotes
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}… ({length} characters)"


def refuse(what: str) -> PydanticCustomError:
    """Return the error that carries `what` to the user word for word."""
    return PydanticCustomError("stripgen", "{what}", {"what": what})


def refuse_value(value: object, what: str) -> PydanticCustomError:
    """Return the error that says `what` is wrong with a value; the value is shown unless it is a patient's."""
    return PydanticCustomError("stripgen", "{found} {what}", {"found": shown(value), "what": what})


def exact_number(allowed: str, *, least: Decimal, most: Decimal, finest: Decimal | None = FINEST_MG) -> BeforeValidator:
    """Return a check that a value is an exact number within limits.

    The number comes back in one form: 20 and 20.000 are the same, and so are 0, -0.0 and 0e9.

    Args:
        allowed: The rule in words, for the message.
        least: Smallest value allowed.
        most: Largest value allowed.
        finest: The value must be a multiple of this power of ten, or None for any number of decimals.
    """

    def check(value: Any) -> Decimal:  # noqa: ANN401 - anything can stand in a file
        if isinstance(value, str):
            raise refuse_value(value, f"is text, not a number; {_remedy(value)} ({allowed})")
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise refuse_value(value, f"is not an exact number; {allowed}")
        number = Decimal(value)
        if not number.is_finite():
            raise refuse_value(value, f"is not a finite number; {allowed}")
        if not least <= number <= most:
            raise refuse_value(value, f"is out of range; {allowed}")
        number = _without_trailing_zeros(number)
        if finest is not None and _n_decimals(number) > _n_decimals(finest):
            raise refuse_value(value, f"is finer than {plain(finest)}; {allowed}")
        return number

    return BeforeValidator(check)


def _remedy(text: str) -> str:
    point = text.strip().replace(",", ".")
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", point):
        return f"write {point} without quotes"
    return "write a number without quotes"


def _without_trailing_zeros(number: Decimal) -> Decimal:
    """Return the same number in one form; `normalize` would round it to the precision of arithmetic."""
    sign, digits, exponent = number.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    if not kept or not isinstance(exponent, int):
        return Decimal(0)
    exponent += len(digits) - len(kept)
    whole = Decimal((sign, tuple(map(int, kept)), exponent))
    return Decimal((sign, (*map(int, kept), *[0] * exponent), 0)) if exponent > 0 else whole


def _n_decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def whole_number(allowed: str, *, least: int, most: int) -> BeforeValidator:
    """Return a check that a value is a whole number within limits, both included."""

    def check(value: Any) -> int:  # noqa: ANN401 - anything can stand in a file
        if isinstance(value, bool) or not isinstance(value, int):
            kind = "text" if isinstance(value, str) else "not a whole number"
            raise refuse_value(value, f"is {kind}; {allowed}")
        if not least <= value <= most:
            raise refuse_value(value, f"is out of range; {allowed}")
        return value

    return BeforeValidator(check)


def calendar_date(allowed: str, *, earliest: dt.date, latest: dt.date) -> BeforeValidator:
    """Return a check that a value is a date (no clock time) within limits, both included."""

    def check(value: Any) -> dt.date:  # noqa: ANN401 - anything can stand in a file
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise refuse_value(value, f"is not a date; {allowed}, written without quotes or a clock time: 2026-12-01")
        if not earliest <= value <= latest:
            raise refuse_value(value, f"is out of range; {allowed}")
        return value

    return BeforeValidator(check)


def printed_text(longest: int) -> BeforeValidator:
    """Return a check that a value is text that can stand on one line of paper.

    The text comes back trimmed and in Unicode form NFC, so that the same name is the same bytes however it was typed.
    """

    def check(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
        if not isinstance(value, str):
            raise refuse_value(value, "is not text; write it in quotes")
        text = unicodedata.normalize("NFC", value).strip()
        if not text:
            raise refuse("is empty; leave it out, or write 1 character or more")
        if len(text) > longest:
            raise refuse_value(text, f"is too long; {longest} characters at most")
        for character in text:
            if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
                code = f"U+{ord(character):04X}"
                raise refuse(
                    f"has the character {code}, which cannot be printed; letters, digits and signs on one line"
                )
        return text

    return BeforeValidator(check)


def one_of(*choices: str) -> Callable[[Any], str]:
    """Return a check that a value is one of a few words."""

    def check(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
        if value not in choices or not isinstance(value, str):
            raise refuse_value(value, f"is not allowed; one of {', '.join(repr(choice) for choice in choices)}")
        return value

    return check


def one_of_numbers(*choices: int) -> Callable[[Any], int]:
    """Return a check that a value is one of a few whole numbers."""

    def check(value: Any) -> int:  # noqa: ANN401 - anything can stand in a file
        if isinstance(value, bool) or not isinstance(value, int) or value not in choices:
            raise refuse_value(value, f"is not allowed; one of {', '.join(map(str, choices))}")
        return value

    return check


def yes_or_no(value: Any) -> bool:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is true or false, and nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise refuse_value(value, "is not allowed; true or false, without quotes")
    return value


LARGEST_MG = Decimal(2000)
LONGEST_TAPER_DAYS = 1826
POUCHES_PER_PAGE = 28

Dose = Annotated[
    Decimal,
    exact_number("a number of mg from 0.001 to 2000, in steps of 0.001", least=FINEST_MG, most=LARGEST_MG),
]
DoseOrStop = Annotated[
    Decimal,
    exact_number("a number of mg from 0 (stop) to 2000, in steps of 0.001", least=Decimal(0), most=LARGEST_MG),
]
Days = Annotated[
    int,
    whole_number(f"whole days from 1 to {LONGEST_TAPER_DAYS} (5 years)", least=1, most=LONGEST_TAPER_DAYS),
]
DaysPerStrip = Annotated[
    int,
    whole_number(f"whole days from 1 to {POUCHES_PER_PAGE}", least=1, most=POUCHES_PER_PAGE),
]
StripNumber = Annotated[
    int, whole_number(f"a whole number from 1 to {LONGEST_TAPER_DAYS}", least=1, most=LONGEST_TAPER_DAYS)
]
EmaxPercent = Annotated[
    Decimal,
    exact_number("a number from 1 to 110 (%)", least=Decimal(1), most=Decimal(110), finest=None),
]
Ed50 = Annotated[
    Decimal,
    exact_number("a number of mg from 0.001 to 10000", least=FINEST_MG, most=Decimal(10000), finest=None),
]
Hill = Annotated[
    Decimal,
    exact_number("a number from 0.2 to 5", least=Decimal("0.2"), most=Decimal(5), finest=None),
]
Hours = Annotated[
    Decimal,
    exact_number("a number of hours from 0.1 to 10000", least=Decimal("0.1"), most=Decimal(10000), finest=None),
]
Millimetres = Annotated[
    Decimal,
    exact_number("a number of mm from 0 to 1000", least=Decimal(0), most=Decimal(1000), finest=None),
]
PointSize = Annotated[
    Decimal,
    exact_number("a type size from 5 to 24 points", least=Decimal(5), most=Decimal(24), finest=Decimal("0.1")),
]

SchemaOne = Annotated[int, whole_number("schema = 1, the only one there is", least=1, most=1)]
Name = Annotated[str, printed_text(120)]
Line = Annotated[str, printed_text(240)]
Note = Annotated[str, printed_text(1000)]

BirthDate = Annotated[
    dt.date,
    calendar_date("a date from 1900-01-01 to 2099-12-31", earliest=dt.date(1900, 1, 1), latest=dt.date(2099, 12, 31)),
]
RecentDate = Annotated[
    dt.date,
    calendar_date("a date from 2020-01-01 to 2099-12-31", earliest=dt.date(2020, 1, 1), latest=dt.date(2099, 12, 31)),
]
