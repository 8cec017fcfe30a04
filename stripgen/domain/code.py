"""What the code on a pouch says: plan, strip and day with a check character, plain or within a GS1 element string.

The elements are read by a small parser of our own, and not by python-stdnum's `gs1_128`: that one takes brackets out of
lot numbers, lets the last of two equal elements win, and turns dates and padding into other values before anyone can
see what was scanned. Here what is not exactly as we print it must be refused. The tests hold ours against it.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from stripgen.errors import CodeInvalid, Problem

SEPARATOR = "\x1d"  # how FNC1 is written in text, both before the first element and behind one of variable length
LONGEST_LOT = 20
GTIN_LENGTHS = (8, 12, 13, 14)

_PREFIX = "SG1"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CHARACTER_SET_82 = r"""!"%&'()*+,\-./0-9:;<=>?A-Z_a-z"""
_PLAIN = re.compile(rf"{_PREFIX}-([0-9A-Z]{{8}})-([0-9A-Z]{{4}})-([0-9A-Z]{{4}})-([0-9A-Z])")
_SERIAL = re.compile(r"([0-9A-Z]{8})([0-9A-Z]{4})([0-9A-Z]{4})([0-9A-Z])")
_PLAN_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}")  # Crockford: no I, L, O, U
_NUMBER = re.compile(r"(?!0000)[0-9]{4}")

# What each application identifier we print stands for, and how long it is; None: as long as it goes, to a separator.
_ELEMENTS = {
    "01": ("GTIN", 14),
    "17": ("use-by date", 6),
    "10": ("lot", None),
    "21": ("serial number", None),
    "91": ("pouch code", None),
}
_BRACKETED = re.compile(rf"\(({'|'.join(_ELEMENTS)})\)")
_SCAN_AGAIN = "scan the pouch again, or set it aside"
_SHOWN_LENGTH = 60


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """What a scanned code means.

    Attributes:
        plan_id: As printed: `K7QF-3MZX`.
        strip: Its number in the plan.
        day: Its number in the plan.
        gtin: 14 digits; this and the next two are given together or not at all.
        lot: As the pharmacy wrote it.
        use_by: The last day it may be taken.
    """

    plan_id: str
    strip: int
    day: int
    gtin: str | None = None
    lot: str | None = None
    use_by: dt.date | None = None


def pouch_code(plan_id: str, strip: int, day: int) -> str:
    """Return what the Data Matrix of a pouch says: plan, strip, day and a check character; no name and no drug.

    >>> pouch_code("K7QF-3MZX", 1, 17)
    'SG1-K7QF3MZX-0001-0017-W'
    """
    body = f"{_PREFIX}-{plan_id.replace('-', '')}-{strip:04}-{day:04}"
    return f"{body}-{check_character(body)}"


def check_character(text: str) -> str:
    """Return the check character of upper-case letters and digits; hyphens do not count.

    It finds every single wrong character and nearly every pair of swapped neighbours.

    Source: ISO/IEC 7064, MOD 37,36.
    """
    modulus = len(_ALPHANUMERIC)
    check = modulus
    for character in text.replace("-", ""):
        check = (check + _ALPHANUMERIC.index(character)) % modulus or modulus
        check = check * 2 % (modulus + 1)
    return _ALPHANUMERIC[(1 - check) % modulus]


def gs1_code(
    plan_id: str,
    strip: int,
    day: int,
    *,
    gtin: str | None = None,
    lot: str | None = None,
    use_by: dt.date | None = None,
) -> str:
    r"""Return the GS1 element string of a pouch, without the FNC1 before its first element.

    The serial number is the pouch code without what is the same in all of them, its check character included.

    Args:
        plan_id: As printed: `K7QF-3MZX`.
        strip: Its number in the plan.
        day: Its number in the plan.
        gtin: 8, 12, 13 or 14 digits; without it the pouch code is company-internal information (91).
        lot: Given with a GTIN; up to 20 characters of GS1's set 82.
        use_by: Given with a GTIN.

    >>> gs1_code("K7QF-3MZX", 1, 17)
    '91SG1-K7QF3MZX-0001-0017-W'
    >>> gs1_code("K7QF-3MZX", 1, 17, gtin="4012345678901", lot="L-1", use_by=dt.date(2027, 6, 30))
    '01040123456789011727063010L-1\x1d21K7QF3MZX00010017W'

    Source: GS1 General Specifications, sections 3 (application identifiers) and 7.11 (character set 82).
    """
    code = pouch_code(plan_id, strip, day)
    if gtin is None:
        return f"91{code}"
    if not (has_gtin_check_digit(gtin) and lot and is_gs1_lot(lot) and use_by):
        raise ValueError(f"a GTIN stands with a lot and a use-by date: {gtin=}, {lot=}, {use_by=}")
    serial = code.removeprefix(f"{_PREFIX}-").replace("-", "")
    return f"01{gtin:0>14}17{use_by:%y%m%d}10{lot}{SEPARATOR}21{serial}"


def has_gtin_check_digit(text: str) -> bool:
    """Return whether a text is a GTIN: 8, 12, 13 or 14 digits, the last one right.

    >>> has_gtin_check_digit("4012345678901"), has_gtin_check_digit("4012345678902")
    (True, False)

    Source: GS1 General Specifications, section 7.9.
    """
    if len(text) not in GTIN_LENGTHS or not re.fullmatch(r"[0-9]+", text):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text))) % 10 == 0


def is_gs1_lot(text: str) -> bool:
    """Return whether a text can be a lot in a GS1 code: 1 to 20 characters of GS1's set 82, which has no blank."""
    return re.fullmatch(rf"[{_CHARACTER_SET_82}]{{1,{LONGEST_LOT}}}", text) is not None


def read_code(text: str) -> ScannedCode:
    """Return what a scanned code means.

    Args:
        text: As the scanner sends it: plain or GS1, with or without its symbology prefix (`]d1`, `]d2`), elements
            parted by the separator character, by `<GS>` or `{GS}`, or in brackets; letters may be small.

    Raises:
        CodeInvalid: If it is not exactly what stripgen prints: another code, or one misread or typed wrongly.

    >>> read_code("SG1-K7QF3MZX-0001-0017-W").plan_id
    'K7QF-3MZX'
    >>> read_code("]d291sg1-k7qf3mzx-0001-0017-w").day
    17
    """
    code = re.sub(r"\A\]d[12]", "", text.strip(" \t\r\n"), flags=re.IGNORECASE)
    if not code.isascii():
        raise _refusal(code, "has a letter or sign that no stripgen code has")
    if code.upper().startswith(_PREFIX):
        return _read_pouch(_PLAIN, code, "pouch code")
    return _read_elements(dict(_elements_of(code)), code)


def _elements_of(code: str) -> Iterator[tuple[str, str]]:
    """Yield each element, its identifier and its value; the same twice, or one that we never print, is refused."""
    seen = set()
    parts = _bracketed_elements(code) if code.startswith("(") else _joined_elements(code)
    for identifier, value in parts:
        if identifier in seen:
            raise _refusal(code, f"has two elements ({identifier}); a stripgen code has one")
        seen.add(identifier)
        yield identifier, value


def _bracketed_elements(code: str) -> Iterator[tuple[str, str]]:
    first, *others = _BRACKETED.split(code)
    if first or not others:
        raise _not_ours(code)
    yield from zip(others[::2], others[1::2], strict=True)


def _joined_elements(code: str) -> Iterator[tuple[str, str]]:
    # A lot may hold the characters <GS>, so they are a separator only where no real one is.
    rest = code if SEPARATOR in code else re.sub(r"<GS>|\{GS\}", SEPARATOR, code, flags=re.IGNORECASE)
    rest = rest.removeprefix(SEPARATOR)
    if rest[:2] not in _ELEMENTS:
        raise _not_ours(code)
    while rest:
        identifier = rest[:2]
        if identifier not in _ELEMENTS:
            raise _refusal(code, f"has an element {identifier!r} that stripgen does not print")
        length = _ELEMENTS[identifier][1]
        if length is None:
            value, _, rest = rest[2:].partition(SEPARATOR)
        else:
            value, rest = rest[2 : 2 + length], rest[2 + length :].removeprefix(SEPARATOR)
        yield identifier, value


def _read_elements(elements: dict[str, str], code: str) -> ScannedCode:
    if set(elements) == {"91"}:
        return _read_pouch(_PLAIN, elements["91"], "pouch code (91)")
    needed = ("01", "17", "10", "21")
    missing = [f"{_ELEMENTS[identifier][0]} ({identifier})" for identifier in needed if identifier not in elements]
    if missing or "91" in elements:
        what = f"has no {' and no '.join(missing)}" if missing else "has a pouch code (91) beside a GTIN (01)"
        raise _refusal(code, f"{what}; a stripgen code has GTIN (01), use-by (17), lot (10) and serial (21), or 91")
    gtin, lot = elements["01"], elements["10"]
    if not (has_gtin_check_digit(gtin) and len(gtin) == max(GTIN_LENGTHS)):
        raise _refusal(gtin, "is no GTIN (01): 14 digits, the last one a check digit, which is wrong here")
    if not is_gs1_lot(lot):
        raise _refusal(lot, f"is no lot (10): 1 to {LONGEST_LOT} letters, digits and signs without a blank")
    pouch = _read_pouch(_SERIAL, elements["21"], "serial number (21)")
    return ScannedCode(pouch.plan_id, pouch.strip, pouch.day, gtin, lot, _read_date(elements["17"]))


def _read_date(text: str) -> dt.date:
    """Return a date of the years 2000 to 2099: an order has no other."""
    year, month, day = (int(part) if re.fullmatch(r"[0-9]{2}", part) else 0 for part in (text[:2], text[2:4], text[4:]))
    try:
        return dt.date(2000 + year, month, day)
    except ValueError as error:
        raise _refusal(text, "is no use-by date (17): year, month and day, such as 270630") from error


def _read_pouch(shape: re.Pattern[str], text: str, name: str) -> ScannedCode:
    found = shape.fullmatch(text.upper())
    if found is None:
        example = "SG1-K7QF3MZX-0001-0017-W" if shape is _PLAIN else "K7QF3MZX00010017W"
        raise _refusal(text, f"is no {name} of stripgen, such as {example}")
    plan, strip, day, check = found.groups()
    if check_character(f"{_PREFIX}{plan}{strip}{day}") != check:
        raise _refusal(text, f"has a wrong check character ({check}), so that a character of it is wrong")
    if not (_PLAN_ID.fullmatch(plan) and _NUMBER.fullmatch(strip) and _NUMBER.fullmatch(day)):
        raise _refusal(text, f"is no {name} of stripgen: a plan id (no I, L, O, U), a strip and a day, from 0001 on")
    return ScannedCode(f"{plan[:4]}-{plan[4:]}", int(strip), int(day))


def _not_ours(code: str) -> CodeInvalid:
    if not code:
        return _refusal(code, "is empty")
    return _refusal(
        code, f"is not a stripgen code: it begins with {_PREFIX}-, with 91{_PREFIX}-, or with 01 and a GTIN"
    )


def _refusal(found: str, what: str) -> CodeInvalid:
    shown = repr(found) if len(found) <= _SHOWN_LENGTH else f"{found[:_SHOWN_LENGTH]!r}…"
    return CodeInvalid([Problem("code", f"{shown} {what}; {_SCAN_AGAIN}")])
