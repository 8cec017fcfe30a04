"""Where entries are kept: one append-only table in SQLite or in the pharmacy's own database.

Numbers have no gap and no double because the next one is given out while every other release waits: SQLite by
`BEGIN IMMEDIATE`, PostgreSQL by an advisory lock. Another database has neither, so there the primary key refuses the
second of two equal numbers, and that release takes the next one. An entry is written whole or not at all, because it is
one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from stripgen.domain.json_form import to_json
from stripgen.domain.release import Entry, Release
from stripgen.errors import KeyOfAnother, Problem, RegisterBroken, RegisterUnusable
from stripgen.register.chain import Break, Kept, Row, canonical, find_break, hash_of, hash_text, receipt_of
from stripgen.register.connecting import WHERE, Place, engine_of, lock_all, refuse_register, told, unusable
from stripgen.register.tables import ENTRIES, HEAD, NAMES, RECEIPTS, TABLES, TRIGGERS

SCHEMA = 1
OTHER_KEY = "marks patients with another key; copy its key file to here, or name it with --register-key"
_TRIES = 1000  # where the database has no lock of its own: each failure means that another release went through


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that was written.

    Attributes:
        row: The same, as it stands in the register.
        begun: Whether it is the first of a register that was begun with it.
        earlier: The entries before it of the same plan and of its other versions.
    """

    entry: Entry
    row: Row
    begun: bool
    earlier: tuple[Entry, ...]

    @property
    def receipt(self) -> str:
        """What is printed for it: shows later that the register still holds it."""
        return receipt_of(self.row.number, self.row.hash)


def append(
    place: Place,
    key_id: str,
    release: Release,
    now: Callable[[], datetime],
    refuse: Callable[[Sequence[Entry]], None] = lambda _: None,
    seen: Row | None = None,
) -> Written:
    """Write a release into the register as its next entry; the register is begun where there is none.

    No entry is written after one that is not as it was: the chain is walked first.

    Args:
        place: Where the register is; a file must be there, if only an empty one.
        key_id: Of the key that its patients are marked with.
        release: What to write.
        now: The clock, read when it is this release's turn.
        refuse: Raises if the release may not be, given all entries of the same plan and of its other versions.
        seen: The last entry of a chain that was found to hold a moment ago: only from it on is the chain walked while
            all others wait. All of it, unless given.

    Raises:
        KeyOfAnother: Its patients are marked with another key.
        RegisterBroken: Its chain does not hold.
        RegisterUnusable: It cannot be written to; nothing was recorded.
    """
    overtaken = _Overtaken()
    for _ in range(_TRIES):
        try:
            with told(place, writing=True), engine_of(place, writing=True).begin() as connection:
                return _append_in(connection, place, key_id, release, now, refuse, seen)
        except _Overtaken as error:
            if error.beginning and overtaken.beginning:  # nobody else began it either: the database refuses
                raise unusable(error.__cause__ or error, place, writing=True) from error
            overtaken = error
    what = "is too busy: others released all the time; try again; nothing was recorded"
    raise RegisterUnusable([Problem("", what)], str(place))


class _Overtaken(Exception):
    """Another release took the number, or began the register, in a database without a lock of its own."""

    def __init__(self, *, beginning: bool = False) -> None:
        super().__init__()
        self.beginning = beginning


def _append_in(
    connection: sa.Connection,
    place: Place,
    key_id: str,
    release: Release,
    now: Callable[[], datetime],
    refuse: Callable[[Sequence[Entry]], None],
    seen: Row | None,
) -> Written:
    lock_all(connection, place)
    time = f"{now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    begun = not _tables_there(connection, place)
    if begun:
        try:
            _begin_register(connection, key_id, time)
        except SQLAlchemyError as error:
            raise _Overtaken(beginning=True) from error
    head = _read_head(connection, place)
    if head["key_id"] != key_id:
        raise KeyOfAnother([Problem("", OTHER_KEY)], str(place))
    number, previous = 1, hash_of(head)
    if not begun:
        kept = _read_kept(connection, head, seen)
        refuse_broken(kept, place, seen)
        number, previous = kept.rows[-1].number + 1, kept.rows[-1].hash
    earlier = _read_family(connection, place, release.plan.family)
    refuse(earlier)
    said = {name: getattr(release, name) for name in Release.model_fields}
    entry = Entry(register_schema=SCHEMA, number=number, time=time, previous=previous, **said)
    return Written(entry, _insert(connection, entry), begun, tuple(earlier))


def _insert(connection: sa.Connection, entry: Entry) -> Row:
    """Write an entry and, a second time, its hash; return how it stands there."""
    content = canonical(to_json(entry.model_dump(exclude_none=True)))
    row = Row(entry.number, entry.plan.family, content, hash_text(content))
    try:
        connection.execute(ENTRIES.insert(), asdict(row))
    except IntegrityError as error:
        raise _Overtaken from error
    connection.execute(RECEIPTS.insert(), {"number": row.number, "hash": row.hash})
    return row


def _begin_register(connection: sa.Connection, key_id: str, time: str) -> None:
    TABLES.create_all(connection, checkfirst=False)
    for statement in TRIGGERS.get(connection.dialect.name, tuple)():
        connection.exec_driver_sql(statement)
    head = {"schema_version": SCHEMA, "id": str(uuid4()), "key_id": key_id, "begun": time}
    connection.execute(HEAD.insert(), head)


def read_begun(place: Place, *, to_write: bool = False) -> Kept | None:
    """Return everything that a register holds, as it stands there; None where none was begun.

    Args:
        place: Where the register is; of SQLite the file must be there.
        to_write: Whether a release is to follow, so that a refusal says that it was not recorded.

    Raises:
        RegisterUnusable: It cannot be read.
    """
    with told(place, writing=to_write), engine_of(place, writing=False).begin() as connection:
        if not _tables_there(connection, place):
            return None
        return _read_kept(connection, _read_head(connection, place))


def _read_kept(connection: sa.Connection, head: Mapping[str, Any], since: Row | None = None) -> Kept:
    """Return what a register holds, from an entry on: by one question, so that all of it is of one moment."""
    first = since.number if since else 0
    entries = sa.select(ENTRIES, sa.literal(1).label("is_entry")).where(ENTRIES.c.number >= first)
    receipts = sa.select(
        RECEIPTS.c.number, sa.literal(""), sa.literal(""), RECEIPTS.c.hash, sa.literal(0).label("is_entry")
    ).where(RECEIPTS.c.number >= first)
    found = connection.execute(sa.union_all(entries, receipts)).all()
    rows = sorted((_row(each) for each in found if each.is_entry), key=attrgetter("number"))
    return Kept(head, tuple(rows), {each.number: each.hash for each in found if not each.is_entry})


def refuse_broken(kept: Kept, place: Place, seen: Row | None = None) -> None:
    """Stop where the chain does not hold: see `find_break`.

    Raises:
        RegisterBroken: Naming the first entry that is not as it was written.
    """
    broken = find_break(kept, seen)
    if broken:
        raise fault_of(broken, place)


def fault_of(broken: Break, place: Place) -> RegisterBroken:
    """Return the error of a chain that does not hold."""
    what = f"{broken.what}; put the register aside, and go on with its last copy that `stripgen register check` passes"
    return RegisterBroken([Problem(f"entry {broken.number}", what)], str(place))


def entries_of(kept: Kept, family: str, place: Place) -> list[Entry]:
    """Return the entries of a plan and its other versions, of a register that was read.

    Raises:
        RegisterUnusable: One was changed beyond reading.
    """
    return [read_entry(row, place) for row in kept.rows if row.family == family]


def _read_family(connection: sa.Connection, place: Place, family: str) -> list[Entry]:
    of_family = sa.select(ENTRIES).where(ENTRIES.c.family == family).order_by(ENTRIES.c.number)
    return [read_entry(_row(found), place) for found in connection.execute(of_family)]


def read_entry(row: Row, place: Place) -> Entry:
    """Return an entry as what it says.

    Raises:
        RegisterUnusable: It was changed beyond reading.
    """
    try:
        return Entry.model_validate_json(row.content)
    except ValueError as error:
        what = "cannot be read: it was changed; `stripgen register check` tells more"
        raise RegisterUnusable([Problem(f"entry {row.number}", what)], str(place)) from error


def _row(found: sa.Row[Any]) -> Row:
    return Row(found.number, found.family, found.content, found.hash)


def _tables_there(connection: sa.Connection, place: Place) -> bool:
    """Return whether the tables of a register are there; other tables beside them are no matter in a server."""
    there = set(sa.inspect(connection).get_table_names())  # one question: another may just be making them
    missing = [name for name in NAMES if name not in there]
    if missing and len(missing) < len(NAMES):
        refuse_register("", f"is broken: the table {missing[0]} is gone; put back a copy of the register", str(place))
    if missing and place.path is not None and there:
        what = f"is no register: it is a database of something else; give another with {WHERE}"
        refuse_register("", what, str(place))
    return not missing


def _read_head(connection: sa.Connection, place: Place) -> dict[str, Any]:
    heads = connection.execute(sa.select(HEAD)).all()
    if len(heads) != 1:
        refuse_register("", "is broken: its head is gone; put back a copy of the register", str(place))
    head = dict(heads[0]._mapping)  # noqa: SLF001 - SQLAlchemy's own public name for a row as a mapping
    if head["schema_version"] > SCHEMA:
        what = f"was made by a newer stripgen (schema {head['schema_version']}); update stripgen"
        refuse_register("", what, str(place))
    return head
