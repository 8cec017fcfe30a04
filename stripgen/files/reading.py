"""What the user gives: orders, finished papers, and files that stand in for templates. Every read is bounded."""

import errno
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stripgen.domain.fields import shown
from stripgen.errors import (
    AnswerInvalid,
    DataInvalid,
    OrderInvalid,
    OrderUnreadable,
    PlanFileInvalid,
    Problem,
    StripgenError,
)
from stripgen.files.moving import settle
from stripgen.files.toml import AnyTable, checked, parse_toml

_OF_DISPENSING = {"dispensing", "batch", "record"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a file is expected to be, and what is said where it is not.

    Attributes:
        error: Raised where it cannot be read.
        most_mb: As large as it may be, megabytes.
        too_large: Why none is larger.
        wanted: What to give the path of.
    """

    error: type[StripgenError]
    most_mb: int
    too_large: str
    wanted: str


_ORDER = _Kind(OrderUnreadable, 1, "an order file is a page of text", "an order file")
_DISPENSING = replace(_ORDER, wanted="a dispensing file: [dispensing], [[batch]] and [record]")
_APPROVAL = replace(_ORDER, wanted="an approval file, as stripgen approve wrote it")
_OWN_FILE = _Kind(DataInvalid, 1, "a file like this is a page of text", "a file")
_PAPER = _Kind(PlanFileInvalid, 50, "no paper of stripgen is", "a paper or a plan that stripgen made")


def load_order_file(path: Path) -> dict[str, Any]:
    """Return the tables and keys of an order file, numbers exact (int or Decimal).

    Raises:
        OrderUnreadable: Missing, not a file, too large, not UTF-8 or not TOML.
    """
    return _load_toml(path, _ORDER)


def load_dispensing_file(path: Path) -> dict[str, Any]:
    """Return the tables of a file that says what the pharmacy knows: `[dispensing]`, `[[batch]]`, `[record]`.

    They stand in place of the order's own, the record only where it is there; all is checked with the order.

    Raises:
        OrderUnreadable: Missing, not a file, too large, not UTF-8 or not TOML.
        OrderInvalid: It has other tables, or another schema.
    """
    raw = _load_toml(path, _DISPENSING)
    problems = _find_others(raw, _OF_DISPENSING, "a file for --dispensing; [dispensing], [[batch]] and [record] only")
    if problems:
        raise OrderInvalid(problems, str(path))
    return {"dispensing": {}, "batch": [], **{key: raw[key] for key in _OF_DISPENSING if key in raw}}


def load_approval_file(path: Path) -> dict[str, Any]:
    """Return the table of a file that `stripgen approve` wrote: `[approval]`.

    It stands in place of the order's own; what is in it is checked with the order.

    Raises:
        OrderUnreadable: Missing, not a file, too large, not UTF-8 or not TOML.
        OrderInvalid: It has other tables, none, or another schema.
    """
    raw = _load_toml(path, _APPROVAL)
    problems = _find_others(raw, {"approval"}, "a file for --approval; [approval] only, as stripgen approve wrote it")
    if "approval" not in raw:
        problems.append(Problem("approval", "is missing; give the file that stripgen approve wrote"))
    if problems:
        raise OrderInvalid(problems, str(path))
    return {"approval": raw["approval"]}


def _find_others(raw: dict[str, Any], tables: set[str], where: str) -> list[Problem]:
    """Return what is wrong with a file that holds some tables of an order only: other tables, or another schema."""
    problems = [Problem(key, f"does not belong in {where}") for key in raw if key not in {"schema", *tables}]
    schema = raw.get("schema", 1)
    if type(schema) is not int or schema != 1:
        problems.append(Problem("schema", f"{shown(schema)} is not allowed; schema = 1, the only one there is"))
    return problems


def load_own_file(path: Path, model: type[AnyTable]) -> AnyTable:
    """Return a checked file that stands in for a template, such as a pharmacy's own text for its patients.

    Args:
        path: As the user gave it.
        model: What the file must say.

    Raises:
        DataInvalid: Missing, not a file, too large, not UTF-8, not TOML, or it says something that is not allowed.
    """
    return checked(model, _load_toml(path, _OWN_FILE), path)


def load_paper(path: Path) -> bytes:
    """Return the bytes of a finished paper or a plan (JSON).

    A move into its folder that was cut short is finished first.

    Raises:
        PlanFileInvalid: Missing, not a file, or too large.
    """
    settle(path.parent)
    return _read(path, _PAPER)


def load_key_file(path: Path, option: str) -> bytes:
    """Return the bytes of a key, of certificates or of a passphrase, as an option names it.

    Raises:
        AnswerInvalid: Missing, not a file, or too large.
    """
    return _read(path, _Kind(AnswerInvalid, 1, "none of its kind is", f"a file for {option}"))


def read_variable(name: str) -> str | None:
    """Return what the environment says under a name; None where it says nothing."""
    return os.environ.get(name)


def _load_toml(path: Path, kind: _Kind) -> dict[str, Any]:
    try:
        return parse_toml(_read(path, kind))
    except ValueError as error:
        raise kind.error([Problem("", f"is not a TOML text file: {error}")], str(path)) from error


def _read(path: Path, kind: _Kind) -> bytes:
    most_bytes = kind.most_mb * 1_000_000
    try:
        refuse_pipe(path)
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror}); give the path of {kind.wanted}"
        raise kind.error([Problem("", what)], str(path)) from error
    if len(content) > most_bytes:
        raise kind.error([Problem("", f"is larger than {kind.most_mb} MB; {kind.too_large}")], str(path))
    return content


def refuse_pipe(path: Path) -> None:
    """Stop where there is something other than a file or a folder: who opens a pipe may wait for ever.

    Raises:
        OSError: There is, or nothing is there at all.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # that it is a folder is told by opening it
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
