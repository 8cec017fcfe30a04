"""Registers for the tests: where one is, what is released into it, and processes that release at once."""

import datetime as dt
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from orders import plan_of, raw_order

from stripgen.domain.enclosure import MadeWith
from stripgen.domain.plan import Plan
from stripgen.domain.release import Entry, Release
from stripgen.files.register import make_private_file
from stripgen.register.chain import Break, Kept, find_break
from stripgen.register.connecting import Place, place_of
from stripgen.register.patients import key_id, mark_patient
from stripgen.register.releasing import release_of
from stripgen.register.store import Written, append, read_begun, read_entry

KEY = bytes(range(32))
MADE_WITH = MadeWith(stripgen="0.5.0", libraries={"Python": "3.11"}, data={"formulary/drugs.toml": "sha256:00"})
PEOPLE = ("A. Maker", "B. Checker")
NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
LOTS = {
    "dispensing": {"lot": "P-118"},
    "batch": [{"lot": "C-20", "expires_on": dt.date(2028, 3, 31)}],
}


@cache
def planned(**changes: Any) -> Plan:
    """Return a plan of 28 days with lots, changed by path with `__` for the dot."""
    by_path = {path.replace("__", "."): value for path, value in changes.items()}
    return plan_of(raw_order({"taper.days": 28, **{path: _thawed(value) for path, value in by_path.items()}}) | LOTS)


def _thawed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def prepared(plan: Plan | None = None, again: str | None = None, *, with_names: bool = False) -> Release:
    """Return the release of all strips of a plan."""
    plan = plan or planned()
    strips = [strip for strip in plan.strips if not strip.kept]
    patient = mark_patient(KEY, plan.order.patient, with_names=with_names)
    papers = {f"{plan.plan_id}-strip-plan.pdf": b"%PDF-1.4"}
    return release_of(plan, strips, papers, MADE_WITH, PEOPLE, patient, again)


def new_file(folder: Path) -> str:
    """Return the path of a register that is still to begin."""
    path = folder / "register.sqlite"
    make_private_file(path)
    return str(path)


@contextmanager
def new_schema() -> Iterator[str]:
    """Yield the URL of an empty schema in the PostgreSQL that STRIPGEN_TEST_POSTGRES names."""
    given = os.environ.get("STRIPGEN_TEST_POSTGRES")
    if not given:
        pytest.skip("STRIPGEN_TEST_POSTGRES names no PostgreSQL; .ci/run starts one")
    name = f"stripgen_{secrets.token_hex(6)}"
    engine = sa.create_engine(place_of(given).url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    try:
        url = place_of(given).url.update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))


@contextmanager
def new_place(kind: str, folder: Path) -> Iterator[str]:
    """Yield a register that is still to begin: a `file`, or in `PostgreSQL`."""
    if kind == "file":
        yield new_file(folder)
    else:
        with new_schema() as url:
            yield url


def write(typed: str, release: Release, now: dt.datetime = NOON) -> Written:
    return append(place_of(typed), key_id(KEY), release, lambda: now)


def read_register(place: Place) -> Kept:
    kept = read_begun(place)
    assert kept is not None
    return kept


def entries_in(typed: str) -> list[Entry]:
    place = place_of(typed)
    return [read_entry(row, place) for row in read_register(place).rows]


def break_in(typed: str) -> Break | None:
    return find_break(read_register(place_of(typed)))


def change(place: Place, *statements: str, **values: Any) -> None:
    """Do in a database what its triggers refuse, as someone who may write to it could."""
    engine = sa.create_engine(place.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if place.path is not None:
            triggers = connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for (name,) in triggers.all():
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(sa.text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(sa.text(statement), values)


# --- processes -------------------------------------------------------------------------------------------------------


def begin_releasing(typed: str, first: int, count: int, *how: str) -> subprocess.Popen[str]:
    """Start a process that will release so many plans, numbered from `first` on; it waits for a line to go."""
    command = [sys.executable, str(Path(__file__).with_name("releasing_process.py")), typed, str(first), str(count)]
    process = subprocess.Popen([*command, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    tell(process, key_id(KEY))
    tell(process, prepared().model_dump_json())
    return process


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def receipts_of(process: subprocess.Popen[str]) -> list[str]:
    """Return what a process told until it ended; of a line that it was killed in, nothing."""
    told, _ = process.communicate()
    return [line.strip() for line in told.splitlines(keepends=True) if line.endswith("\n")]
