"""Which register is meant, whether it is as it was written, its key, and from it to answers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stripgen.answers.values import raw_date
from stripgen.domain.fields import shown
from stripgen.domain.release import Entry
from stripgen.errors import AnswerInvalid, KeyOfAnother, Problem, RegisterBroken, RegisterUnusable
from stripgen.files.register import is_there, load_key
from stripgen.register.chain import Break, Kept, Row, find_break, find_receipt, receipt_of
from stripgen.register.connecting import WHERE, Place, path_typed, place_of
from stripgen.register.patients import key_id, marks_sought
from stripgen.register.store import OTHER_KEY, fault_of, read_begun, read_entry, refuse_broken

_OWN_NAME = "stripgen-register.sqlite"
_SHORTEST_RECEIPT = 16


@dataclass(frozen=True, slots=True)
class Register:
    """Which register is meant.

    Attributes:
        place: Of its database.
        key_path: Of the file with the key that its patients are marked with.
    """

    place: Place
    key_path: Path


def register_meant(typed: str | None, typed_key: str | None, home: Path) -> Register:
    """Return which register is meant.

    Args:
        typed: A file or a URL; `stripgen-register.sqlite` in the home folder unless given, whatever folder one is in:
            a pharmacy has one register.
        typed_key: The key's file; beside the register unless given, in the home folder where that is on a server.
        home: The user's own folder.

    Raises:
        RegisterUnusable: What was typed is no place for a register.
    """
    place = place_of(typed or str(home / _OWN_NAME))
    beside = place.path or home / _OWN_NAME
    return Register(place, path_typed(typed_key) if typed_key else beside.with_name(f"{beside.name}.key"))


def read_sound(register: Register) -> Kept | None:
    """Return what a register holds, its chain walked to the end; None where none was begun.

    Raises:
        RegisterBroken: It was changed by something other than a release.
        RegisterUnusable: It cannot be read, or there is nothing in it, though there is its key.
    """
    place = register.place
    has_key = is_there(register.key_path)  # asked first: who begins a register gives it its key after its first entry
    begun = read_begun(place, to_write=True) if place.path is None or is_there(place.path) else None
    if begun is not None:
        refuse_broken(begun, place)
    elif has_key:
        raise _emptied(register)
    return begun


def _emptied(register: Register) -> RegisterUnusable:
    return RegisterUnusable([Problem("", _EMPTIED.format(key=register.key_path))], str(register.place))


_EMPTIED = (
    "holds no entry, but the key of a register is there ({key}): it is made with a first entry, so entries are gone; "
    f"put the register back from its backup. To begin a new register, give another with {WHERE}, or move that key away "
    "and keep it: it finds the patients of the old one"
)


def key_of(register: Register, kept: Kept) -> bytes:
    """Return the key that a register marks its patients with.

    Raises:
        RegisterUnusable: It is missing, or another one is there.
    """

    def is_its(key: bytes) -> bool:
        return bool(key_id(key) == kept.head["key_id"])

    key = load_key(register.key_path, is_its)
    if not is_its(key):
        raise KeyOfAnother([Problem("", OTHER_KEY)], str(register.place))
    return key


# --- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A register as it was read.

    Attributes:
        entries: All that can be read.
        fault: Why its answers are not to be relied on; None where the chain holds.
    """

    kept: Kept
    entries: tuple[Entry, ...]
    fault: RegisterBroken | None

    def refuse_broken(self) -> None:
        """Stop if the register was tampered with; what it answers is printed before.

        Raises:
            RegisterBroken: Naming the first entry that is not as it was written.
        """
        if self.fault:
            raise self.fault

    @property
    def hashed(self) -> list[tuple[Entry, str]]:
        """The entries that can be read, each with its hash."""
        hashes = {row.number: row.hash for row in self.kept.rows}
        return [(entry, hashes[entry.number]) for entry in self.entries if entry.number in hashes]


def open_register(register: Register) -> Opened:
    """Return a register with whether its chain holds.

    Raises:
        RegisterUnusable: There is none, or it cannot be read.
    """
    place = register.place
    has_key = is_there(register.key_path)
    kept = read_begun(place) if place.path is None or is_there(place.path) or not has_key else None
    if kept is None:
        what = f"is empty: nothing was released into it yet; give another with {WHERE}"
        raise _emptied(register) if has_key else RegisterUnusable([Problem("", what)], str(place))
    entries, unreadable = [], []
    for row in kept.rows:
        try:
            entries.append(read_entry(row, place))
        except RegisterUnusable:
            unreadable.append(row)
    broken = find_break(kept) or next((Break(row.number, "cannot be read") for row in unreadable), None)
    return Opened(kept, tuple(entries), fault_of(broken, place) if broken else None)


def entry_numbered(opened: Opened, typed: str) -> tuple[Entry, str]:
    """Return an entry and its receipt.

    Raises:
        AnswerInvalid: There is none of that number.
    """
    for entry, entry_hash in opened.hashed:
        if str(entry.number) == typed:
            return entry, receipt_of(entry.number, entry_hash)
    what = f"{shown(typed)} is no entry; the register has 1 to {len(opened.kept.rows)}"
    raise AnswerInvalid([Problem("N", what)])


def refuse_empty(asked: Mapping[str, str | None]) -> None:
    """Stop if what is looked for is nothing but blanks.

    Args:
        asked: What was typed, by option; None where it was not.

    Raises:
        AnswerInvalid: It is.
    """
    empty = [option for option, typed in asked.items() if typed is not None and not typed.strip()]
    if empty:
        raise AnswerInvalid(Problem(option, f"is empty; give {_LOOKED_FOR[option]}") for option in empty)


_LOOKED_FOR = {
    "--lot": "the lot as it is on the package or in the order",
    "--patient": "the patient's full name, or the identifier",
    "--plan": "the plan id, as every page has it",
    "--code": "the code on a pouch",
}


def marks_of(register: Register, opened: Opened, sought: str, typed_birth_date: str | None) -> frozenset[str]:
    """Return the marks of a patient who is looked for.

    Raises:
        AnswerInvalid: The birth date is not a date.
        RegisterUnusable: The key is not there, or not the register's.
    """
    born = raw_date(typed_birth_date) if typed_birth_date else None
    if typed_birth_date and born is None:
        raise AnswerInvalid([Problem("--birth-date", "is not a date, such as 1981-05-12")])
    return marks_sought(key_of(register, opened.kept), sought, born)


def check_receipt(opened: Opened, receipt: str) -> Row:
    """Return the entry that a receipt was given for.

    Raises:
        AnswerInvalid: It has not the form of one.
        RegisterBroken: The register does not hold the entry (any more).
    """
    digits = receipt.rpartition("-")[2]
    if len(digits) < _SHORTEST_RECEIPT or not set(digits) <= set("0123456789abcdef"):
        what = f"{shown(receipt)} is no receipt, such as 17-0123456789abcdef0123456789abcdef"
        raise AnswerInvalid([Problem("--receipt", what)])
    found = find_receipt(opened.kept.rows, receipt)
    if found is None:
        what = f"{receipt} is of an entry that the register does not hold: it was deleted, or replaced"
        raise RegisterBroken([Problem("receipt", what)])
    return found


def contents_of(kept: Kept) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Yield what each entry says, as JSON holds it, and its hash."""
    return ((json.loads(row.content), row.hash) for row in kept.rows)
