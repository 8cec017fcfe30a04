"""Arabic and Hebrew: which script a character is of, and what stands where on a line.

Pages keep text as it is written and read; only where a line is measured or drawn does it become runs from left to
right. A page reads left to right as a whole, and so does a field: a name in Hebrew beside Latin words keeps its place,
and a number inside an address stands where the address has it. What `isolate` marks off is turned by itself, so that
the date or the phone number printed after a name is never drawn into it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from stripgen.rendering.words import DIRECTION_MARK, reads_right_to_left

Script = Literal["latin", "arabic", "hebrew"]

_DIGITS = "\u0660-\u0669\u06f0-\u06f9"
_ARABIC = "\u0600-\u065f\u066a-\u06ef\u06fa-\u06ff\ufb50-\ufdff\ufe70-\ufefc"  # the last two: joined letters
_HEBREW = "\u0590-\u05ff"
# Words of one script are one run with the spaces between them. Numbers read from left to right in all scripts.
_RUN = re.compile(
    f"(?P<arabic>[{_ARABIC}](?:[{_ARABIC} ]*[{_ARABIC}])?)"
    f"|(?P<hebrew>[{_HEBREW}](?:[{_HEBREW} ]*[{_HEBREW}])?)"
    f"|(?P<digits>[{_DIGITS}]+)"
    f"|[^{_ARABIC}{_HEBREW}{_DIGITS}]+"
)


@dataclass(frozen=True, slots=True)
class Run:
    """What is drawn of a line in one go, from left to right, its letters in the forms they are drawn in.

    Attributes:
        reversed: Whether it is read from right to left.
    """

    script: Script
    text: str
    reversed: bool = False


def can_turn() -> bool:
    """Return whether what prints text that reads right to left is installed: the extra `rtl`."""
    try:
        import stripgen.rendering.strip_plan.right_to_left  # noqa: F401, PLC0415 - loaded for such text only
    except ModuleNotFoundError:
        return False
    return True


def script_of(character: str) -> Script:
    """Return which script's font a character is drawn with; `latin` is whatever Fira Sans has."""
    return next(_split(character)).script


def runs_of(line: str) -> Iterator[Run]:
    """Yield the runs of a line from left to right.

    >>> [run.text for run in runs_of("plain 12")]
    ['plain 12']
    """
    if not reads_right_to_left(line):
        yield Run("latin", line)
        return
    yield from _split("".join(map(_turned, line.split(DIRECTION_MARK))))


def _split(shown: str) -> Iterator[Run]:
    """Yield the runs of a line that stands as it is drawn."""
    for run in _RUN.finditer(shown):
        match run.lastgroup:
            case "arabic" | "hebrew" as script:
                yield Run(script, run.group(), reversed=True)
            case "digits":
                yield Run("arabic", run.group())
            case _:
                yield Run("latin", run.group())


@lru_cache(maxsize=10_000)
def _turned(part: str) -> str:
    """Return a part of a line as it stands from left to right."""
    if not reads_right_to_left(part):
        return part
    from stripgen.rendering.strip_plan.right_to_left import turn  # noqa: PLC0415 - loaded for such text only

    return turn(part)
