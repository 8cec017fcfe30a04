"""How a register is reached: where it is, how long one waits for others there, and what is told of faults.

SQLite keeps its rollback journal: a write-ahead log does not work in a folder on the network.
"""

import re
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from stripgen.errors import Problem, RegisterAwaited, RegisterUnusable

WHERE = "--register, or the environment variable STRIPGEN_REGISTER"
_SILENT_S, _PATIENCE_S = 5, 120  # how long one waits for others before that is told, and before one gives up
_ADVISORY_LOCK = 0x7374726970  # "strip"
_LOCKED = re.compile("is locked|lock timeout")  # as SQLite and as PostgreSQL say it
_WORKS = "a register is kept in a file (nothing to install) or in PostgreSQL (pip install 'stripgen[postgres]')"


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
        typed: Path of a file, `~` for the home folder, or the URL of a database as SQLAlchemy reads it.

    Raises:
        RegisterUnusable: Neither a path nor a URL, or one of a database in memory, which keeps nothing.
    """
    if "://" not in typed:
        return _place_in_file(typed)
    try:
        url = sa.make_url(typed)
    except (ArgumentError, ValueError):  # SQLAlchemy's own message would show a password
        refuse_register("", "is not the URL of a database, such as postgresql://pharmacy@server/register", "--register")
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        return Place(url, None)
    if url.database in {None, "", ":memory:"}:
        refuse_register("", "is a database in memory, which keeps nothing; give the path of a file", "--register")
    return Place(url, path_typed(url.database or ""))


def _place_in_file(typed: str) -> Place:
    if not typed.strip():
        refuse_register("", f"is empty; give the path of a file, or the URL of a database, with {WHERE}")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", typed):  # two letters at least: C:\ is a drive
        example = "such as postgresql://pharmacy@server/register"
        what = f"is neither a path nor the URL of a database, {example}; a file of this name is given as ./{typed}"
        refuse_register("", what, typed)
    path = path_typed(typed)
    return Place(sa.URL.create("sqlite", database=str(path)), path)


def path_typed(typed: str) -> Path:
    """Return the path that was typed, with `~` as the home folder: in quotes a shell leaves it as it is."""
    try:
        return Path(typed).expanduser()
    except RuntimeError:  # ~somebody who is not there
        return Path(typed)


def refuse_register(where: str, what: str, source: str = "") -> NoReturn:
    """Stop: the register is of no use.

    Raises:
        RegisterUnusable: With what is wrong.
    """
    raise RegisterUnusable([Problem(where, what)], source)


# --- connecting ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def engine_of(place: Place, *, writing: bool) -> sa.Engine:
    """Return what connects to a register.

    Raises:
        RegisterUnusable: Nothing here can.
    """
    try:
        if place.path is not None:
            return _sqlite_engine(place, place.path, writing=writing)
        return sa.create_engine(place.url, poolclass=sa.NullPool)
    except NoSuchModuleError:
        refuse_register("", f"is in no database that is known here ({place.url.drivername}); {_WORKS}", str(place))
    except ImportError as error:
        refuse_register("", _missing_driver(place.url, error), str(place))
    except SQLAlchemyError as error:
        raise RegisterUnusable([Problem("", _first_line(error))], str(place)) from error


def _missing_driver(url: sa.URL, error: ImportError) -> str:
    if url.get_backend_name() == "postgresql":
        return "needs the driver psycopg; install it with: pip install 'stripgen[postgres]'"
    missing = f"the Python package {error.name}" if error.name else str(error)
    return f"is in {url.get_backend_name()}, which needs a driver that is not installed ({missing}); {_WORKS}"


def _sqlite_engine(place: Place, path: Path, *, writing: bool) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw: a missing file is no empty register, and what may only be read is opened for reading
        return sqlite3.connect(f"{_uri_of(path)}?mode=rw", uri=True, timeout=_SILENT_S, isolation_level=None)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # The first question, however small, takes the lock that is meant: it waits here, and nowhere later.
        for statement in _BEGIN_WRITING if writing else _BEGIN_READING:
            _patiently(connection, statement, place)

    @sa.event.listens_for(engine, "commit")
    def commit(connection: sa.Connection) -> None:
        _patiently(connection, "COMMIT", place)  # waits for those who read

    return engine


_BEGIN_WRITING = ("PRAGMA synchronous = EXTRA", "BEGIN IMMEDIATE")
_BEGIN_READING = ("BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1")


def _patiently(connection: sa.Connection, statement: str, place: Place) -> None:
    """Do in SQLite what others may keep one waiting for; that it takes long is told once."""
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if not _LOCKED.search(_first_line(error)):
            raise
        _tell_wait(place)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * (_PATIENCE_S - _SILENT_S)}")
        connection.exec_driver_sql(statement)


def lock_all(connection: sa.Connection, place: Place) -> None:
    """Let every other release wait until this one is written, in a database that has a lock for it.

    Of SQLite that is how a transaction begins: see `_sqlite_engine`.
    """
    if connection.dialect.name not in _LOCKS:
        return
    try:
        with connection.begin_nested():  # what times out would end the whole transaction
            _lock(connection, _SILENT_S)
    except DBAPIError as error:
        if not _LOCKED.search(_first_line(error)):
            raise
        _tell_wait(place)
        _lock(connection, _PATIENCE_S - _SILENT_S)


_LOCKS = {"postgresql": f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"}


def _lock(connection: sa.Connection, seconds: float) -> None:
    connection.execute(sa.text(f"SET LOCAL lock_timeout = {round(1000 * seconds)}"))
    connection.execute(sa.text(_LOCKS[connection.dialect.name]))


def _tell_wait(place: Place) -> None:
    told = f"{place}: waiting for the register, which another program holds; for {_PATIENCE_S} seconds at most"
    warnings.warn(told, RegisterAwaited, stacklevel=2)


def _uri_of(path: Path) -> str:
    """Return a path as SQLite reads it in a URI: `file:///C:/…`, and `file:////server/…` on a shared drive."""
    name = path.absolute().as_posix()
    return f"file://{'' if name.startswith('/') else '/'}{quote(name, safe='/:')}"


# --- what is told ----------------------------------------------------------------------------------------------------


@contextmanager
def told(place: Place, *, writing: bool = False) -> Iterator[None]:
    """Turn whatever the database refuses into an error that a person can act on."""
    try:
        yield
    except SQLAlchemyError as error:
        raise unusable(error, place, writing=writing) from error
    except ImportError as error:
        refuse_register("", _missing_driver(place.url, error), str(place))


def unusable(error: BaseException, place: Place, *, writing: bool) -> RegisterUnusable:
    """Return what a database refused as an error that a person can act on."""
    return RegisterUnusable([Problem("", _what_to_do(_first_line(error), writing=writing))], str(place))


def _what_to_do(said: str, *, writing: bool) -> str:
    for words, what in _KNOWN.items():
        if words in said:
            return f"{what}{'; nothing was recorded' if writing else ''} ({said})"
    looked_for = "; see with `stripgen register show` whether the release was recorded" if writing else ""
    return f"cannot be used ({said}){looked_for}"


_BUSY = f"is busy: another program held it for {_PATIENCE_S} seconds; close what has it open, and try again"
_NO_RIGHT = "may not be written to; ask who keeps the register for the right to"
_KNOWN: Mapping[str, str] = {
    "file is not a database": f"is no register; give another with {WHERE}",
    "unable to open database file": f"is not there, or may not be opened; a first release makes it, or give {WHERE}",
    "readonly database": _NO_RIGHT,
    "permission denied": _NO_RIGHT,
    "is locked": _BUSY,
    "lock timeout": _BUSY,
    "disk is full": "has no room on its disk; make room",
    "malformed": "is damaged; put back a copy of the register",
    "connection failed": f"is not reached; see whether its server runs, and what is given with {WHERE}",
}


def _first_line(error: BaseException) -> str:
    """Return what the database said, on one line; not SQLAlchemy's own text, which repeats what was to be written."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:200]
