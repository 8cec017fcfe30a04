"""The reading rules as a lint: whether a text writes doses, units and dates so that they cannot be misread.

Rules about amounts hold only next to a unit, so that phone numbers, ids, versions, lots and DOIs are left alone. What
a text means is not looked at: with a decimal point `12,345 mg` is twelve thousand, whatever its writer meant.

Most rules are the same in all languages, but for the decimal mark. What to write instead is in the text's language.

Source: ISMP, List of Error-Prone Abbreviations, Symbols, and Dose Designations (2021); USP general chapter <17>,
Prescription Container Labeling (units, dates, no abbreviations).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from stripgen.domain.profile import DecimalMark
from stripgen.domain.wording import LANGUAGES, Language

# Units that are misread, and what to write; looked for after a number. Source: ISMP 2021, measurement units; in other
# languages the same units by their letters there.
_MICROGRAM = {
    "en": "mcg",
    "nl": "microgram",
    "de": "Mikrogramm",
    "fr": "microgrammes",
    "es": "microgramos",
}
_INTERNATIONAL_UNITS = {"en": "units", "nl": "eenheden", "de": "Einheiten", "fr": "unités", "es": "unidades"}
ERROR_PRONE_UNITS: Mapping[str, Mapping[str, str] | str] = {
    "µg": _MICROGRAM,  # the micro sign; read as mg
    "μg": _MICROGRAM,  # the Greek letter
    "ug": _MICROGRAM,
    "cc": "mL",  # read as units
    "ml": "mL",  # the l read as 1
    "IU": _INTERNATIONAL_UNITS,  # read as IV, or as 10
    "I.U.": _INTERNATIONAL_UNITS,
    "iu": _INTERNATIONAL_UNITS,
    "IE": _INTERNATIONAL_UNITS,  # in Dutch and German
    "I.E.": _INTERNATIONAL_UNITS,
    "UI": _INTERNATIONAL_UNITS,  # in French and Spanish
    "U.I.": _INTERNATIONAL_UNITS,
    "U": _INTERNATIONAL_UNITS,  # read as 0, 4 or cc; a small u is an hour in Dutch
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
_MICROGRAMS = (
    "mcg",
    "microgram",
    "micrograms",
    "Mikrogramm",
    "microgramme",
    "microgrammes",
    "microgramo",
    "microgramos",
)
_UNITS = ("mg/mL", "mg/ml", "mcg/mL", "mcg/ml", "mg", *_MICROGRAMS, "g", "mL", *ERROR_PRONE_UNITS)
_UNIT = rf"(?:{'|'.join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))})(?!\w)"
_BEGINS = r"(?<![\w.,])"  # not within a word or a number
_ID_BEFORE = re.compile(r"[^\W\d_][\w-]*-$|[^\W\d_](?<!mg)(?<!mcg)/$")  # `LOT-5g`, `…org/5g`; not `10 mg/5 mL`
_AMOUNT = re.compile(rf"{_BEGINS}(?P<number>{_NUMBER})(?P<gap>\s?)(?P<unit>{_UNIT})")
_OTHER_UNIT = r"(?:%|(?:h|points?|punt|punten|Punkte?n?|puntos?)(?!\w))"  # whose trailing zeros say how exact they are
BEFORE_A_UNIT = rf"(?=\s?(?:{_UNIT}|{_OTHER_UNIT}))"
_OTHER_AMOUNT = re.compile(rf"{_BEGINS}(?P<number>{_NUMBER})(?P<gap>\s?)(?P<unit>{_OTHER_UNIT})")
_ALONE = re.compile(r"\s*-?(?P<number>\d+[.,]\d+)\s*")  # such as a cell of a table
_LISTED = rf"\d{{1,3}}(?:[{_GROUP_SPACES}]\d{{3}})*(?:,\d+)?"
_COMMA_LIST = re.compile(rf"(?<![\w.,-]){_LISTED}(?:,\s{_LISTED})+(?![\w,.-]*\d)(?P<unit>\s(?:{_UNIT}|{_OTHER_UNIT}))?")
_COMMA_LIST_OF_UNITS = re.compile(rf"(?<![\w.,-]){_LISTED}\s(?P<unit>{_UNIT})(?:,\s{_LISTED}\s(?P=unit))+")
_PARTED_BY_THE_MARK = re.compile(rf"{_BEGINS}(?P<numbers>\d+(?:,\d+){{2,}})\s?(?P<unit>{_UNIT}|{_OTHER_UNIT})")
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
_WIDTHS: tuple[Literal["abbreviated", "wide"], ...] = ("abbreviated", "wide")
_DAY_MONTH_IN_LETTERS = re.compile(r"(?<![\w.,])\d{1,2}\.?\s(?P<month>[^\W\d_]{3,10})\.?\s\d{4}(?!\w)")

_SIGN_RUN_IN = re.compile(
    r"(?P<word>\S*[^\s:;?!(])(?P<sign>[:;?!]+)(?!\S)|(?P<before>«)(?P<after>\S+)|(?P<last>\S+)(?P<end>»)"
)
_SIGN_APART = re.compile(r"(?P<word>\S*[\w)])\s(?P<sign>[:;?!])(?!\S)")

_UNIT_WORDS = (
    "tab|caps|cáps|kaps|comprim|gélul|gelul|pil|film|sachet|sobre|beutel|zakje|pochette|bolsita|pouch|schmelz|sering|"
    "jering|spuit|syring|dos[ei]|mg|mL"
)
_SLASHED_PART = re.compile(rf"(?<![\w/.,])(?P<part>[1-3]/[248])\s?(?=(?:{_UNIT_WORDS}))", re.IGNORECASE)
_GLUED_PART = re.compile(r"(?P<part>[½¼¾])(?P<word>[^\W\d_]+)")
_PARTS = {"1/2": "½", "2/4": "½", "1/4": "¼", "3/4": "¾"}
_PART_WORDS = {"½": "half or ½", "¼": "a quarter or ¼", "¾": "three quarters or ¾"}


@dataclass(frozen=True, slots=True)
class Writing:
    """How a paper is written: its language, and the decimal mark of its numbers."""

    language: Language = "en"
    decimal_mark: DecimalMark = "."


Rule = Callable[[str, Writing], Iterator[str]]


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


def find_reading_problems(text: str, decimal_mark: DecimalMark = ".", language: Language = "en") -> list[str]:
    """Return what in a text can be misread: what was found, the rule, and how it should read.

    >>> find_reading_problems("Take .5 mg")
    ['".5 mg" has no leading zero; write "0.5 mg"']
    >>> find_reading_problems("Neem 0,5 mg", ",", "nl")
    []
    >>> find_reading_problems("2, 5, 7,5 mg", ",", "nl")
    ['"2, 5, 7,5 mg" is parted by the decimal mark; write "2; 5; 7,5 mg"']

    Args:
        text: As it is printed.
        decimal_mark: Of the paper.
        language: Of the paper.
    """
    paper = Writing(language, decimal_mark)
    return [problem for rule in RULES for problem in rule(text, paper)]


# --- the rules -------------------------------------------------------------------------------------------------------


def _leading_zero(text: str, paper: Writing) -> Iterator[str]:
    for match in _NO_LEADING_ZERO.finditer(text):
        right = f"0{paper.decimal_mark}{_without_trailing_zeros(match['decimals'])} {match['unit']}"
        yield f'"{_one_line(match[0])}" has no leading zero; write "{right}"'


def _trailing_zero(text: str, paper: Writing) -> Iterator[str]:
    for amount in _amounts(text):
        number = _read(amount.number, paper.decimal_mark)
        if number.decimals.endswith("0"):
            right = number.written(paper.decimal_mark)
            yield f'"{amount.written}" has a trailing zero; write "{right} {amount.unit}"'


def _space_before_unit(text: str, paper: Writing) -> Iterator[str]:
    del paper
    for amount in _amounts(text):
        if not amount.gap:
            yield f'"{amount.written}" has no space before its unit; write "{amount.number} {amount.unit}"'


def _full_stop_after_unit(text: str, paper: Writing) -> Iterator[str]:
    """Yield units with a full stop that ends no sentence: what follows is no large letter, number or closing mark."""
    del paper
    for amount in _amounts(text):
        after = _AFTER_FULL_STOP.match(text, amount.end)
        if after and not amount.unit.endswith(".") and (after["next"].islower() or after["next"] in ",;:/+×-"):
            yield f'"{amount.written}." has a full stop after its unit; write "{amount.written}"'


def _error_prone_unit(text: str, paper: Writing) -> Iterator[str]:
    for amount in _amounts(text):
        right = _unit_to_write(amount.unit, paper)
        if right != amount.unit:
            yield f'"{amount.unit}" in "{amount.written}" is misread; write "{amount.number} {right}"'
    counted = {amount.end for amount in _amounts(text)}
    for match in _MICRO.finditer(text):
        if match.end() not in counted:
            yield f'"{match[0]}" is misread as mg; write "{_MICROGRAM[paper.language]}"'


def _unit_to_write(unit: str, paper: Writing) -> str:
    right = ERROR_PRONE_UNITS.get(unit, unit.replace("/ml", "/mL"))
    return right if isinstance(right, str) else right[paper.language]


def _grouping(text: str, paper: Writing) -> Iterator[str]:
    """Yield large numbers that are not grouped, or are with a mark that can be read as the decimal mark."""
    how = "a comma" if paper.decimal_mark == "." else "a no-break space"
    for amount in _amounts(text):
        number = _read(amount.number, paper.decimal_mark)
        ungrouped = number.whole.isdigit() and len(number.whole) > _LARGEST_UNGROUPED_DIGITS
        if number.is_misgrouped or ungrouped:
            right = f'"{number.written(paper.decimal_mark)} {amount.unit}"'
            if re.fullmatch(r"\d+\.\d+", amount.number) and paper.decimal_mark == ",":
                right += f' or "{amount.number.replace(".", ",")} {amount.unit}"'
            yield f'"{amount.written}" needs {how} between its thousands; write {right}'


def _other_decimal_mark(text: str, paper: Writing) -> Iterator[str]:
    other = "," if paper.decimal_mark == "." else "."
    alone = _ALONE.fullmatch(text)
    found = [(amount.number, f" {amount.unit}") for amount in (*_amounts(text), *_amounts(text, _OTHER_AMOUNT))]
    for written, unit in [*found, *([(alone["number"], "")] if alone else [])]:
        number = _read(written, paper.decimal_mark)
        if other in written and not number.is_grouped and not number.is_misgrouped:
            right = f'"{number.written(paper.decimal_mark)}{unit}"'
            what = f'"{written}{unit}" has "{other}" where the decimal mark is "{paper.decimal_mark}"'
            yield f"{what}; write {right}"


def _list_of_numbers(text: str, paper: Writing) -> Iterator[str]:
    """Yield lists that a comma parts where it is the decimal mark, too: `5, 7,5 mg` may be 5.7, or 5 and 7.5."""
    if paper.decimal_mark == ".":
        return
    for pattern in (_COMMA_LIST, _COMMA_LIST_OF_UNITS):
        for match in pattern.finditer(text):
            numbers = re.split(r",\s", match[0])
            if any(not number.isdigit() for number in numbers):  # a decimal or a unit among them
                yield f'"{match[0]}" is parted by the decimal mark; write "{"; ".join(numbers)}"'
    for match in _PARTED_BY_THE_MARK.finditer(text):
        yield f'"{match[0]}" is parted by the decimal mark; write its numbers with "; " between them'


def _date_in_digits(text: str, paper: Writing) -> Iterator[str]:
    del paper
    for match in _DAY_MONTH_YEAR.finditer(text):
        first, second = sorted((int(match[1]), int(match[3])))
        if 1 <= first <= _LAST_MONTH and second <= _LAST_DAY and not _VERSION_BEFORE.search(text, 0, match.start()):
            yield _date_problem(match[0])
    for match in _YEAR_MONTH_DAY.finditer(text):
        yield _date_problem(match[0])


def _month_of_another_language(text: str, paper: Writing) -> Iterator[str]:
    for match in _DAY_MONTH_IN_LETTERS.finditer(text):
        month = match["month"].casefold()
        of = [language for language in LANGUAGES if month in _months(language)]
        if of and paper.language not in of:
            yield f'"{match[0]}" has its month in another language; write it in that of the paper ({paper.language})'


def _space_before_sign(text: str, paper: Writing) -> Iterator[str]:
    """Yield signs that stand as in another language.

    Source: Imprimerie nationale, Lexique des règles typographiques.
    """
    if paper.language != "fr":
        for match in _SIGN_APART.finditer(text):
            yield f'"{match[0]}" has a space before its sign; write "{match["word"]}{match["sign"]}"'
        return
    for match in _SIGN_RUN_IN.finditer(text):
        right = " ".join(part for part in match.groups() if part)
        yield f'"{match[0]}" has no space between word and sign; write "{right}", with a no-break space'
    for amount in _amounts(text, _OTHER_AMOUNT):
        if amount.unit == "%" and not amount.gap:
            yield f'"{amount.written}" has no space before its sign; write "{amount.number} %", with a no-break space'


def _slashed_part(text: str, paper: Writing) -> Iterator[str]:
    for match in _SLASHED_PART.finditer(text):
        part = _PARTS.get(match["part"], "")
        right = (_PART_WORDS.get(part) if paper.language == "en" else part) or "it in words"
        yield f'"{match["part"]}" is misread as two numbers; write {right}'
    for match in _GLUED_PART.finditer(text):
        yield f'"{match[0]}" has no space after its part; write "{match["part"]} {match["word"]}"'


def _name_run_into_dose(text: str, paper: Writing) -> Iterator[str]:
    del paper
    for match in _RUN_IN.finditer(text):
        yield f'"{_one_line(match[0])}" runs a name into its dose; write "{match["name"]} {_one_line(match["dose"])}"'


def _abbreviation(text: str, paper: Writing) -> Iterator[str]:
    del paper
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
    _list_of_numbers,
    _date_in_digits,
    _month_of_another_language,
    _space_before_sign,
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


@cache
def _months(language: Language) -> frozenset[str]:
    from babel.dates import get_month_names  # noqa: PLC0415 - what has no date does not pay for loading it

    short, long = (get_month_names(width, locale=language) for width in _WIDTHS)
    return frozenset(name.rstrip(".").casefold() for name in (*short.values(), *long.values()))


def _one_line(written: str) -> str:
    return " ".join(written.split())
