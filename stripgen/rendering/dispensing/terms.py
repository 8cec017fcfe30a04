"""Words that a spreadsheet reads too: names of sheets, results of checks, choices, and formats with words in them.

Each has a limit that Excel sets and that a phrase of its own might break, with a file that cannot be opened or a check
that never fails; such a phrase is refused.
"""

from functools import lru_cache
from typing import Literal, get_args

from stripgen.domain.wording import Value
from stripgen.errors import DataInvalid, Problem
from stripgen.rendering.words import Words

DispensingTab = Literal["order", "take_back", "dispense", "compounding", "curve"]
RecordTab = Literal["record", "weighing", "reconciliation"]
CheckFormTab = Literal["check_form", "check_masses"]
Tab = DispensingTab | RecordTab | CheckFormTab
EntryKind = Literal["results", "dates", "amounts"]

_ISO = "yyyy-mm-dd"
_NUMBER = "\0"  # no phrase can hold it
_LONGEST_PLAIN_TAB_NAME = 4  # what is no longer could be taken for a cell or a word of formulas: AB12, R1, TRUE


def name_tab(tab: Tab, words: Words) -> str:
    """Return the name of a sheet, as on its tab.

    Raises:
        DataInvalid: Another sheet has it, too.
    """
    name = _say_within(words, f"sheet.tab_{tab}", 31, r"[]:*?/\'")
    workbook = next(get_args(tabs) for tabs in get_args(Tab) if tab in get_args(tabs))
    others = [words.say(f"sheet.tab_{other}") for other in workbook if other != tab]
    if name.casefold() in map(str.casefold, others):
        raise _refusal(words, f"sheet.tab_{tab}", f"{name!r} is the name of another sheet too; each its own")
    return name


def quote_tab(name: str) -> str:
    """Return the name of a sheet as a formula of another one says it.

    >>> quote_tab("Dispense"), quote_tab("Afgifte"), quote_tab("À délivrer")
    ('Dispense', 'Afgifte', "'À délivrer'")
    """
    plain = name.isascii() and name.isalpha() and len(name) > _LONGEST_PLAIN_TAB_NAME
    return name if plain else "'" + name.replace("'", "''") + "'"


@lru_cache(maxsize=20)
def name_results(words: Words) -> tuple[str, str]:
    """Return what a check shows when it holds, and when it does not.

    Raises:
        DataInvalid: The two cannot be told apart; Excel makes no difference between large letters and small ones.
    """
    held, failed = (_say_within(words, f"sheet.{name}", 20, '*?~<>="') for name in ("ok", "not_ok"))
    if held.casefold() == failed.casefold():
        raise _refusal(words, "sheet.not_ok", f"{failed!r} is what sheet.ok says; a failed check must read otherwise")
    return held, failed


def count_held(cells: str, words: Words) -> str:
    """Return the formula that counts the checks that hold among some cells."""
    return f'COUNTIF({cells},"{name_results(words)[0]}")'


def list_choices(words: Words) -> str:
    """Return what a pouch's or a batch's result is chosen from, as a drop-down list names it."""
    choices = (_say_within(words, f"sheet.{name}", 40, ',;"') for name in ("accepted", "rejected"))
    return f'"{",".join(choices)}"'


def explain_refusal(of: EntryKind, words: Words) -> tuple[str, str]:
    """Return the title and the text that appear when an entry is refused."""
    return _say_within(words, f"sheet.refused_{of}_title", 32), _say_within(words, f"sheet.refused_{of}", 225)


def _say_within(words: Words, phrase: str, longest: int, without: str = "") -> str:
    """Return a phrase that Excel sets limits to.

    Raises:
        DataInvalid: It is too long, or has a sign that Excel would read as something else.
    """
    text = words.say(phrase)
    if len(text) > longest:
        raise _refusal(words, phrase, f"{text!r} is too long; {longest} characters at most, for Excel")
    found = [sign for sign in without if sign in text]
    if found:
        raise _refusal(words, phrase, f"{text!r} has {found[0]!r}, which Excel reads as something else; leave it out")
    return text


def _refusal(words: Words, phrase: str, what: str) -> DataInvalid:
    return DataInvalid([Problem(f"phrases.{phrase}", what)], f"templates/wording/{words.language}.toml")


def format_as(words: str) -> str:
    """Return the number format by which a number is shown as some words.

    >>> format_as("½ × 10 mg")
    '"½ × 10 mg"'
    """
    return '"' + words.replace('"', "") + '"'


def format_within(digits: str, words: Words, phrase: str, **others: Value) -> str:
    """Return the number format by which a number is shown within a phrase: `0.00" points"`.

    Args:
        digits: The format of the number itself.
        words: Of the sheet's language.
        phrase: With the place {number}.
        others: What fills the other places of the phrase.
    """
    before, _, after = words.say(phrase, number=_NUMBER, **others).partition(_NUMBER)
    return "".join([format_as(before) if before else "", digits, format_as(after) if after else ""])


def date_format(words: Words) -> str:
    """Return how dates are shown with their weekday; in the sheet's language, whichever the reader's Excel has."""
    return _ISO if words.date_form == "iso" else words.say("sheet.date_format")


def day_format(words: Words) -> str:
    """Return how dates are shown without their weekday."""
    return _ISO if words.date_form == "iso" else words.say("sheet.day_format")
