"""Where entries are kept: one append-only table in SQLite or in the pharmacy's own database.

Numbers have no gap and no double because the next one is given out while every other release waits: SQLite by
`BEGIN IMMEDIATE`, PostgreSQL by an advisory lock. Another database has neither, so there the primary key refuses the
second of two equal numbers, and that release takes the next one. An entry is written whole or not at all, because it is
one transaction. SQLite keeps its rollback journal: a write-ahead log does not work in a folder on the network.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from stripgen.domain.json_form import to_json
from stripgen.domain.release import Entry, Release
from stripgen.errors import Problem, RegisterUnusable
from stripgen.register.chain import Kept, Row, canonical, hash_of, hash_text, receipt_of
from stripgen.register.tables import ENTRIES, HEAD, NAMES, RECEIPTS, TABLES, TRIGGERS

SCHEMA = 1
_PATIENCE_S = 120  # how long a release waits for others before it
_TRIES = 1000  # where the database has no lock of its own: each failure means that another release went through
_ADVISORY_LOCK = 0x7374726970  # "strip"
_WHERE = "--register, or the environment variable STRIPGEN_REGISTER"
_LOCKS = {"postgresql": f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"}  # SQLite's is BEGIN IMMEDIATE


@dataclass(frozen=True, slots=True)
class Place:
    """Where a register is.

    Attributes:
        url: Of the database; a password in it is never shown.
        path: Of the file, where it is SQLite.
    """

    url: sa.URL
    path: Path | None

    def __str__(self) -> str:
        """Return the path, or the URL without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)


def place_of(typed: str) -> Place:
    """Return where a register is.

    Args:
        typed: Path of a file, or the URL of a database as SQLAlchemy reads it.

    Raises:
        RegisterUnusable: Not a URL, or one of a database in memory, which keeps nothing.
    """
    if "://" not in typed:
        if not typed.strip():
            _refuse("", f"is empty; give the path of a file, or the URL of a database, with {_WHERE}")
        return Place(sa.URL.create("sqlite", database=typed), Path(typed))
    try:
        url = sa.make_url(typed)
    except (ArgumentError, ValueError):  # SQLAlchemy's own message would show a password
        _refuse("", "is not the URL of a database, such as postgresql://pharmacy@server/register", "--register")
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        return Place(url, None)
    if url.database in {None, "", ":memory:"}:
        _refuse("", "is a database in memory, which keeps nothing; give the path of a file", "--register")
    return Place(url, Path(url.database or ""))


def _refuse(where: str, what: str, source: str = "") -> NoReturn:
    raise RegisterUnusable([Problem(where, what)], source)


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that was written.

    Attributes:
        hash: Of the entry, as the register keeps it.
        begun: Whether it is the first of a register that was begun with it.
    """

    entry: Entry
    hash: str
    begun: bool

    @property
    def receipt(self) -> str:
        """What is printed for it: shows later that the register still holds it."""
        return receipt_of(self.entry.number, self.hash)


def append(
    place: Place,
    key_id: str,
    release: Release,
    now: Callable[[], datetime],
    refuse: Callable[[Sequence[Entry]], None] = lambda _: None,
) -> Written:
    """Write a release into the register as its next entry; the register is begun where there is none.

    Args:
        place: Where the register is; a file must be there, if only an empty one.
        key_id: Of the key that its patients are marked with.
        release: What to write.
        now: The clock, read when it is this release's turn.
        refuse: Raises if the release may not be, given all entries of the same plan and of its other versions.

    Raises:
        RegisterUnusable: It cannot be written to; nothing was recorded.
    """
    overtaken = _Overtaken()
    for _ in range(_TRIES):
        try:
            with _told(place), _engine(place, writing=True).begin() as connection:
                return _append_in(connection, place, key_id, release, now, refuse)
        except _Overtaken as error:
            if error.beginning and overtaken.beginning:  # nobody else began it either: the database refuses
                raise _unusable(error.__cause__ or error, place) from error
            overtaken = error
    _refuse("", "is too busy: others released all the time; try again; nothing was recorded", str(place))


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
) -> Written:
    lock = _LOCKS.get(connection.dialect.name)
    if lock:
        connection.execute(sa.text(lock))
    time = f"{now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    begun = not _tables_there(connection, place)
    if begun:
        try:
            _begin_register(connection, key_id, time)
        except SQLAlchemyError as error:
            raise _Overtaken(beginning=True) from error
    head = _read_head(connection, place)
    if head["key_id"] != key_id:
        what = "marks patients with another key; copy its key file to here, or name it with --register-key"
        _refuse("", what, str(place))
    refuse(_read_family(connection, place, release.plan.family))
    last = connection.execute(sa.select(ENTRIES.c.number, ENTRIES.c.hash).order_by(ENTRIES.c.number.desc())).first()
    number, previous = (last.number + 1, last.hash) if last else (1, hash_of(head))
    said = {name: getattr(release, name) for name in Release.model_fields}
    entry = Entry(register_schema=SCHEMA, number=number, time=time, previous=previous, **said)
    return Written(entry, _insert(connection, entry), begun)


def _insert(connection: sa.Connection, entry: Entry) -> str:
    """Write an entry and, a second time, its hash; return that."""
    content = canonical(to_json(entry.model_dump(exclude_none=True)))
    entry_hash = hash_text(content)
    row = {"number": entry.number, "family": entry.plan.family, "content": content, "hash": entry_hash}
    try:
        connection.execute(ENTRIES.insert(), row)
    except IntegrityError as error:
        raise _Overtaken from error
    connection.execute(RECEIPTS.insert(), {"number": entry.number, "hash": entry_hash})
    return entry_hash


def _begin_register(connection: sa.Connection, key_id: str, time: str) -> None:
    TABLES.create_all(connection, checkfirst=False)
    for statement in TRIGGERS.get(connection.dialect.name, tuple)():
        connection.exec_driver_sql(statement)
    head = {"schema_version": SCHEMA, "id": str(uuid4()), "key_id": key_id, "begun": time}
    connection.execute(HEAD.insert(), head)


def read_register(place: Place) -> Kept:
    """Return everything that a register holds, as it stands there.

    Raises:
        RegisterUnusable: There is none, or it cannot be read.
    """
    with _told(place), _engine(place, writing=False).begin() as connection:
        if not _tables_there(connection, place):
            what = f"is empty: nothing was released into it yet; give another with {_WHERE}"
            _refuse("", what, str(place))
        head = _read_head(connection, place)
        rows = tuple(map(_row, connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.number))))
        receipts = {found.number: found.hash for found in connection.execute(sa.select(RECEIPTS))}
    return Kept(head, rows, receipts)


def read_family(place: Place, family: str) -> list[Entry]:
    """Return the entries of a plan and its other versions; none where there is no register yet.

    Args:
        place: Where the register is; of SQLite the file must be there.
        family: Id of the first version.

    Raises:
        RegisterUnusable: It cannot be read.
    """
    with _told(place), _engine(place, writing=False).begin() as connection:
        return _read_family(connection, place, family) if _tables_there(connection, place) else []


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
        _refuse("", f"is broken: the table {missing[0]} is gone; put back a copy of the register", str(place))
    if missing and place.path is not None and there:
        _refuse("", f"is no register: it is a database of something else; give another with {_WHERE}", str(place))
    return not missing


def _read_head(connection: sa.Connection, place: Place) -> dict[str, Any]:
    heads = connection.execute(sa.select(HEAD)).all()
    if len(heads) != 1:
        _refuse("", "is broken: its head is gone; put back a copy of the register", str(place))
    head = dict(heads[0]._mapping)  # noqa: SLF001 - SQLAlchemy's own public name for a row as a mapping
    if head["schema_version"] > SCHEMA:
        what = f"was made by a newer stripgen (schema {head['schema_version']}); update stripgen"
        _refuse("", what, str(place))
    return head


# --- connecting ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _engine(place: Place, *, writing: bool) -> sa.Engine:
    try:
        if place.path is not None:
            return _sqlite_engine(place.path, writing=writing)
        settings = {} if writing else {"isolation_level": _SNAPSHOT.get(place.url.get_backend_name())}
        return sa.create_engine(
            place.url, poolclass=sa.NullPool, **{name: value for name, value in settings.items() if value}
        )
    except (NoSuchModuleError, ImportError) as error:
        _refuse("", f"{_missing_driver(place.url)} ({error})", str(place))
    except SQLAlchemyError as error:
        raise RegisterUnusable([Problem("", _first_line(error))], str(place)) from error


_SNAPSHOT = {"postgresql": "REPEATABLE READ"}  # entries and the second copies of their hashes, of one moment


def _missing_driver(url: sa.URL) -> str:
    if url.get_backend_name() == "postgresql":
        return "needs the driver psycopg; install it with: pip install 'stripgen[postgres]'"
    return f"needs a driver for {url.drivername} that is not installed; ask its documentation of SQLAlchemy which"


def _sqlite_engine(path: Path, *, writing: bool) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw: a missing file is no empty register, and what may only be read is opened for reading
        connection = sqlite3.connect(f"{_uri_of(path)}?mode=rw", uri=True, timeout=_PATIENCE_S, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _uri_of(path: Path) -> str:
    """Return a path as SQLite reads it in a URI: `file:///C:/…`, and `file:////server/…` on a shared drive."""
    name = path.absolute().as_posix()
    return f"file://{'' if name.startswith('/') else '/'}{quote(name, safe='/:')}"


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """Turn whatever the database refuses into an error that a person can act on."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _unusable(error, place) from error
    except ImportError as error:
        _refuse("", f"{_missing_driver(place.url)} ({error})", str(place))


def _unusable(error: BaseException, place: Place) -> RegisterUnusable:
    return RegisterUnusable([Problem("", _what_to_do(error))], str(place))


def _what_to_do(error: BaseException) -> str:
    told = _first_line(error)
    for words, what in _KNOWN.items():
        if words in told:
            return f"{what} ({told})"
    return f"cannot be used ({told}); see with `stripgen register show` whether the release was recorded"


_KNOWN = {
    "file is not a database": f"is no register; give another with {_WHERE}",
    "unable to open database file": f"is not there, or may not be opened; a first release makes it, or give {_WHERE}",
    "readonly database": "may not be written to; ask who keeps the register for the right to; nothing was recorded",
    "permission denied": "may not be written to; ask who keeps the register for the right to; nothing was recorded",
    "is locked": "is busy: others were writing all the time; try again; nothing was recorded",
    "disk is full": "has no room on its disk; make room; nothing was recorded",
    "malformed": "is damaged; put back a copy of the register; nothing was recorded",
    "connection failed": f"is not reached; see whether its server runs, and what is given with {_WHERE}",
}


def _first_line(error: BaseException) -> str:
    """Return what the database said, on one line; not SQLAlchemy's own text, which repeats what was to be written."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:200]
