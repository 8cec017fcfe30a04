"""The reading rules as a lint: whether a text writes doses, units and dates so that they cannot be misread.

Rules about amounts hold only next to a unit, so that phone numbers, ids, versions, lots and DOIs are left alone. What
a text means is not looked at: in an English text `12,345 mg` is twelve thousand, whatever its writer meant.

Source: ISMP, List of Error-Prone Abbreviations, Symbols, and Dose Designations (2021); USP general chapter <17>,
Prescription Container Labeling (units, dates, no abbreviations).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from stripgen.domain.order import Order
from stripgen.errors import Problem

DecimalMark = Literal[".", ","]
Rule = Callable[[str, DecimalMark], Iterator[str]]

# Units that are misread, and what to write; looked for after a number. Source: ISMP 2021, measurement units.
ERROR_PRONE_UNITS = {
    "µg": "mcg",  # the micro sign; read as mg
    "μg": "mcg",  # the Greek letter
    "ug": "mcg",
    "cc": "mL",  # read as units
    "ml": "mL",  # the l read as 1
    "IU": "units",  # read as IV, or as 10
    "I.U.": "units",
    "iu": "units",
    "U": "units",  # read as 0, 4 or cc; a small u is an hour in Dutch
}
# Abbreviations that are misread, and what to write. Left out: those that are words or initials in the languages of the
# documents (od, OD, hs, ss), and SSRI, which is a class of drugs here. Source: ISMP 2021.
ERROR_PRONE_ABBREVIATIONS = {
    r"q\.d\.|qd|Q\.D\.|QD": "daily",
    r"q\.o\.d\.?|qod|Q\.O\.D\.?|QOD": "every other day",
    r"o\.d\.": "daily",
    r"q\.h\.s\.|qhs|Q\.H\.S\.|QHS": "at bedtime",
    r"q\.n\.|qn|Q\.N\.|QN": "nightly",
    r"q\.?1\.?d\.?": "daily",
    r"t\.i\.w\.|tiw|T\.I\.W\.|TIW": "3 times a week",
    r"b\.i\.w\.|biw|B\.I\.W\.|BIW": "2 times a week",
    r"D/C|d/c": "stop, or discharge",
}

_GROUP_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_NUMBER = rf"(?:\d{{1,3}}(?:[{_GROUP_SPACES}]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
_UNITS = ("mg/mL", "mg/ml", "mcg/mL", "mcg/ml", "mg", "mcg", "micrograms", "microgram", "g", "mL", *ERROR_PRONE_UNITS)
_UNIT = rf"(?:{'|'.join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))})(?!\w)"
_BEGINS = r"(?<![\w.,])"  # not within a word or a number
_ID_BEFORE = re.compile(r"[^\W\d_][\w-]*-$|[^\W\d_](?<!mg)(?<!mcg)/$")  # `LOT-5g`, `…org/5g`; not `10 mg/5 mL`
_AMOUNT = re.compile(rf"{_BEGINS}(?P<number>{_NUMBER})(?P<gap>\s?)(?P<unit>{_UNIT})")
_PERCENTAGE = re.compile(rf"{_BEGINS}(?P<number>{_NUMBER})(?P<gap>\s?)(?P<unit>%)")
_NO_LEADING_ZERO = re.compile(rf"(?<![\d.,])[.,](?P<decimals>\d+)\s?(?P<unit>{_UNIT}|%)")
_RUN_IN = re.compile(rf"(?P<name>[^\W\d_]{{4,}})(?P<dose>{_NUMBER}\s?{_UNIT})")
_MICRO = re.compile(r"(?<![\w])[µμ]g(?!\w)")
_AFTER_FULL_STOP = re.compile(r"\.\s*(?P<next>\S)")
_GROUPED = {
    ".": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"),
    ",": re.compile(rf"[1-9]\d{{0,2}}(?:[{_GROUP_SPACES}]\d{{3}})+(?:,\d+)?"),
}
_POINT_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_LARGEST_UNGROUPED_DIGITS = 3

_DAY_MONTH_YEAR = re.compile(r"(?<![\w./-])(\d{1,2})(/|-|\. ?)(\d{1,2})\2(\d{4}|\d{2})(?![\w]|[./-]\w)")
_YEAR_MONTH_DAY = re.compile(r"(?<![\w./-])\d{4}([./])\d{1,2}\1\d{1,2}(?![\w]|[./-]\w)")
_VERSION_BEFORE = re.compile(r"\b(?:versi\w*|release|stripgen|v)\W*$", re.IGNORECASE)
_LAST_DAY, _LAST_MONTH = 31, 12

_UNIT_WORDS = "tab|caps|cáps|kaps|comprim|gélul|gelul|pil|film|sachet|sobre|beutel|dos[ei]|mg|mL"
_SLASHED_PART = re.compile(rf"(?<![\w/.,])(?P<part>[1-3]/[248])\s?(?=(?:{_UNIT_WORDS}))", re.IGNORECASE)
_GLUED_PART = re.compile(r"(?P<part>[½¼¾])(?P<word>[^\W\d_]+)")
_PART_WORDS = {"1/2": "half or ½", "2/4": "half or ½", "1/4": "a quarter or ¼", "3/4": "three quarters or ¾"}


@dataclass(frozen=True, slots=True)
class _Amount:
    """A number with its unit, as written."""

    number: str
    gap: str
    unit: str
    end: int

    @property
    def written(self) -> str:
        return f"{self.number}{self.gap}{self.unit}"


@dataclass(frozen=True, slots=True)
class _Number:
    """A number taken apart: the whole part as written, and its decimals."""

    whole: str
    decimals: str
    is_grouped: bool = False
    is_misgrouped: bool = False

    def written(self, decimal_mark: DecimalMark) -> str:
        """Return the number as it should read."""
        group = "," if decimal_mark == "." else "\N{NO-BREAK SPACE}"
        decimals = _without_trailing_zeros(self.decimals)
        whole = f"{int(re.sub(r'[^0-9]', '', self.whole)):,}".replace(",", group)
        return f"{whole}{decimal_mark}{decimals}" if decimals else whole


def find_reading_problems(text: str, decimal_mark: DecimalMark = ".") -> list[str]:
    """Return what in a text can be misread: what was found, the rule, and how it should read.

    >>> find_reading_problems("Take .5 mg")
    ['".5 mg" has no leading zero; write "0.5 mg"']
    >>> find_reading_problems("Neem 0,5 mg", ",")
    []

    Args:
        text: As it is printed.
        decimal_mark: Of the document's language.
    """
    return [problem for rule in RULES for problem in rule(text, decimal_mark)]


def find_template_reading_problems(texts: Mapping[str, str], decimal_mark: DecimalMark = ".") -> list[Problem]:
    """Return what can be misread in a pharmacy's own texts.

    Args:
        texts: By the place where each is changed, such as its key in the file.
        decimal_mark: Of the language they are in.
    """
    return [Problem(where, what) for where, text in texts.items() for what in find_reading_problems(text, decimal_mark)]


def find_order_reading_problems(order: Order, decimal_mark: DecimalMark = ".") -> list[Problem]:
    """Return what can be misread in an order's own words that are printed; names and references are left alone.

    Args:
        order: The order.
        decimal_mark: Of the language it is written in.
    """
    return find_template_reading_problems(dict(_printed_words(order)), decimal_mark)


def _printed_words(order: Order) -> Iterator[tuple[str, str]]:
    for number, unit in enumerate(order.compounding.unit or (), start=1):
        yield f"compounding.unit[{number}].product", unit.product or ""
    for number, override in enumerate(order.override, start=1):
        yield f"override[{number}].reason", override.reason
    if order.amendment:
        yield "amendment.reason", order.amendment.reason


# --- the rules -------------------------------------------------------------------------------------------------------


def _leading_zero(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    for match in _NO_LEADING_ZERO.finditer(text):
        right = f"0{decimal_mark}{_without_trailing_zeros(match['decimals'])} {match['unit']}"
        yield f'"{_one_line(match[0])}" has no leading zero; write "{right}"'


def _trailing_zero(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    for amount in _amounts(text):
        number = _read(amount.number, decimal_mark)
        if number.decimals.endswith("0"):
            right = number.written(decimal_mark)
            yield f'"{amount.written}" has a trailing zero; write "{right} {amount.unit}"'


def _space_before_unit(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    del decimal_mark
    for amount in _amounts(text):
        if not amount.gap:
            yield f'"{amount.written}" has no space before its unit; write "{amount.number} {amount.unit}"'


def _full_stop_after_unit(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    """Yield units with a full stop that ends no sentence: what follows is no large letter, number or closing mark."""
    del decimal_mark
    for amount in _amounts(text):
        after = _AFTER_FULL_STOP.match(text, amount.end)
        if after and not amount.unit.endswith(".") and (after["next"].islower() or after["next"] in ",;:/+×-"):
            yield f'"{amount.written}." has a full stop after its unit; write "{amount.written}"'


def _error_prone_unit(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    del decimal_mark
    for amount in _amounts(text):
        right = ERROR_PRONE_UNITS.get(amount.unit) or amount.unit.replace("/ml", "/mL")
        if right != amount.unit:
            yield f'"{amount.unit}" in "{amount.written}" is misread; write "{amount.number} {right}"'
    counted = {amount.end for amount in _amounts(text)}
    for match in _MICRO.finditer(text):
        if match.end() not in counted:
            yield f'"{match[0]}" is misread as mg; write "mcg"'


def _grouping(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    """Yield large numbers that are not grouped, or are with a mark that can be read as the decimal mark."""
    how = "a comma" if decimal_mark == "." else "a no-break space"
    for amount in _amounts(text):
        number = _read(amount.number, decimal_mark)
        ungrouped = number.whole.isdigit() and len(number.whole) > _LARGEST_UNGROUPED_DIGITS
        if number.is_misgrouped or ungrouped:
            right = f'"{number.written(decimal_mark)} {amount.unit}"'
            if re.fullmatch(r"\d+\.\d+", amount.number) and decimal_mark == ",":
                right += f' or "{amount.number.replace(".", ",")} {amount.unit}"'
            yield f'"{amount.written}" needs {how} between its thousands; write {right}'


def _other_decimal_mark(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    other = "," if decimal_mark == "." else "."
    for amount in (*_amounts(text), *_amounts(text, _PERCENTAGE)):
        number = _read(amount.number, decimal_mark)
        if other in amount.number and not number.is_grouped and not number.is_misgrouped:
            right = f'"{number.written(decimal_mark)} {amount.unit}"'
            yield f'"{amount.written}" has "{other}" where the decimal mark is "{decimal_mark}"; write {right}'


def _date_in_digits(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    del decimal_mark
    for match in _DAY_MONTH_YEAR.finditer(text):
        first, second = sorted((int(match[1]), int(match[3])))
        if 1 <= first <= _LAST_MONTH and second <= _LAST_DAY and not _VERSION_BEFORE.search(text, 0, match.start()):
            yield _date_problem(match[0])
    for match in _YEAR_MONTH_DAY.finditer(text):
        yield _date_problem(match[0])


def _slashed_part(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    del decimal_mark
    for match in _SLASHED_PART.finditer(text):
        right = _PART_WORDS.get(match["part"], "it in words")
        yield f'"{match["part"]}" is misread as two numbers; write {right}'
    for match in _GLUED_PART.finditer(text):
        yield f'"{match[0]}" has no space after its part; write "{match["part"]} {match["word"]}"'


def _name_run_into_dose(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    del decimal_mark
    for match in _RUN_IN.finditer(text):
        yield f'"{_one_line(match[0])}" runs a name into its dose; write "{match["name"]} {_one_line(match["dose"])}"'


def _abbreviation(text: str, decimal_mark: DecimalMark) -> Iterator[str]:
    del decimal_mark
    for pattern, right in ERROR_PRONE_ABBREVIATIONS.items():
        for match in re.finditer(rf"(?<![\w./@-])(?:{pattern})(?![\w/@-]|\.\w)", text):
            yield f'"{match[0]}" is misread; write "{right}"'


RULES: tuple[Rule, ...] = (
    _leading_zero,
    _trailing_zero,
    _space_before_unit,
    _full_stop_after_unit,
    _error_prone_unit,
    _grouping,
    _other_decimal_mark,
    _date_in_digits,
    _slashed_part,
    _name_run_into_dose,
    _abbreviation,
)


# --- amounts and numbers ---------------------------------------------------------------------------------------------


def _amounts(text: str, pattern: re.Pattern[str] = _AMOUNT) -> Iterator[_Amount]:
    for match in pattern.finditer(text):
        if not _ID_BEFORE.search(text, 0, match.start()):
            yield _Amount(match["number"], " " if match["gap"] else "", match["unit"], match.end())


def _read(number: str, decimal_mark: DecimalMark) -> _Number:
    """Return what a number is made of. One in the other decimal mark is read in that one: it has its own rule."""
    if _GROUPED[decimal_mark].fullmatch(number):
        whole, _, decimals = number.partition(decimal_mark)
        return _Number(whole, decimals, is_grouped=True)
    spaced = any(space in number for space in _GROUP_SPACES)
    if decimal_mark == "," and _POINT_GROUPED.fullmatch(number):
        whole, _, decimals = number.partition(",")
        return _Number(whole, decimals, is_misgrouped=True)
    whole, mark, decimals = number.replace(",", ".").rpartition(".")
    return _Number(whole, decimals, is_misgrouped=spaced) if mark else _Number(number, "", is_misgrouped=spaced)


def _without_trailing_zeros(decimals: str) -> str:
    return decimals.rstrip("0")


def _date_problem(written: str) -> str:
    return f'"{written}" is a date in digits; write the month in letters, or the year first: 2026-12-01'


def _one_line(written: str) -> str:
    return " ".join(written.split())
