"""Many release at once, and some are killed: nothing is lost, doubled or left half."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from registers import (
    KEY,
    NOON,
    begin_releasing,
    break_in,
    entries_in,
    new_file,
    new_place,
    planned,
    prepared,
    read_register,
    receipts_of,
    tell,
    wait_until_ready,
    write,
)

from stripgen.checking.release_rules import find_earlier_releases
from stripgen.domain.release import Entry
from stripgen.errors import ReleaseRefused
from stripgen.register.chain import receipt_of
from stripgen.register.connecting import place_of
from stripgen.register.patients import key_id
from stripgen.register.store import append

N_PROCESSES = 8
PLACES = [
    pytest.param("file", (), id="one SQLite file"),
    pytest.param("PostgreSQL", (), id="PostgreSQL"),
    pytest.param("PostgreSQL", ("without-lock",), id="a database without a lock of its own", marks=pytest.mark.slow),
]


def release_and_look(typed: str, n_releases: int, *how: str, compared: Counter[str]) -> None:
    workers = range(N_PROCESSES)
    processes = [begin_releasing(typed, worker * n_releases, n_releases, *how) for worker in workers]
    for process in processes:
        wait_until_ready(process)
    began = time.perf_counter()
    for process in processes:
        tell(process, "go")
    receipts = [receipt for process in processes for receipt in receipts_of(process)]
    compared["milliseconds"] += round(1000 * (time.perf_counter() - began))

    entries, n_entries = entries_in(typed), N_PROCESSES * n_releases
    compared["entries"] += len(entries)
    assert [process.returncode for process in processes] == [0] * N_PROCESSES
    assert [entry.number for entry in entries] == list(range(1, n_entries + 1))
    assert {entry.plan.id for entry in entries} == {f"{number:08}" for number in range(n_entries)}
    assert {receipt.partition("-")[0] for receipt in receipts} == {str(entry.number) for entry in entries}
    assert break_in(typed) is None


@pytest.mark.parametrize("n_releases", [pytest.param(25, id="25"), pytest.param(250, id="250", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "how"), PLACES)
def test_releases_of_eight_processes_at_once_are_all_there_and_numbered_once(
    kind: str, how: tuple[str, ...], n_releases: int, tmp_path: Path, compared: Counter[str]
) -> None:
    with new_place(kind, tmp_path) as typed:
        release_and_look(typed, n_releases, *how, compared=compared)


@pytest.mark.parametrize("kind", ["file", "PostgreSQL"])
def test_of_eight_who_release_the_same_strips_at_once_one_does(kind: str, tmp_path: Path) -> None:
    plan, release = planned(), prepared()

    def refuse_twice(entries: Sequence[Entry]) -> None:
        found = find_earlier_releases(plan, plan.strips, entries, None)
        if found:
            raise ReleaseRefused(found)

    def try_to_release(typed: str) -> bool:
        try:
            append(place_of(typed), key_id(KEY), release, lambda: NOON, refuse_twice)
        except ReleaseRefused:
            return False
        return True

    with new_place(kind, tmp_path) as typed, ThreadPoolExecutor(N_PROCESSES) as people:
        released = list(people.map(try_to_release, [typed] * N_PROCESSES))

        assert released.count(True) == 1
        assert [entry.number for entry in entries_in(typed)] == [1]


def release_one(typed: str) -> float:
    """Release once, and return after how many seconds a process that was ready told of it."""
    process = begin_releasing(typed, 10**9, 1)
    wait_until_ready(process)
    assert process.stdout is not None
    began = time.perf_counter()
    tell(process, "go")
    assert process.stdout.readline()
    took = time.perf_counter() - began
    assert receipts_of(process) == []
    return took


def release_and_kill(typed: str, first: int, seconds: float) -> list[str]:
    """Return the receipts of a process that was killed so many seconds after it began to release."""
    process = begin_releasing(typed, first, 100_000)
    wait_until_ready(process)
    tell(process, "go")
    time.sleep(seconds)
    process.kill()
    return receipts_of(process)


def kill_and_look(typed: str, n_kills: int, compared: Counter[str]) -> None:
    chance, pace = random.Random(5), release_one(typed)  # noqa: S311 - moments, not secrets
    receipts: list[str] = []
    for kill in range(n_kills):
        receipts += release_and_kill(typed, 100_000 * kill, chance.uniform(0, 3 * pace))
        compared["killed"] += 1
        rows = read_register(place_of(typed)).rows
        assert set(receipts) <= {receipt_of(row.number, row.hash) for row in rows}
        assert break_in(typed) is None
    compared["entries"] += len(rows)
    assert len(receipts) < len(rows) <= len(receipts) + 1 + n_kills  # one a kill may be written and not yet told


KILLED = [pytest.param(7, id="7"), pytest.param(200, id="200", marks=pytest.mark.slow)]


@pytest.mark.parametrize("n_kills", KILLED)
@pytest.mark.parametrize("kind", ["file", "PostgreSQL"])
def test_a_process_killed_while_it_releases_leaves_no_half_entry(
    kind: str, n_kills: int, tmp_path: Path, compared: Counter[str]
) -> None:
    with new_place(kind, tmp_path) as typed:
        kill_and_look(typed, n_kills, compared)


@pytest.mark.parametrize("n_kills", KILLED)
def test_a_process_killed_while_it_begins_a_register_leaves_one_that_can_be_used(
    n_kills: int, tmp_path: Path, compared: Counter[str]
) -> None:
    chance, pace = random.Random(6), release_one(new_file(tmp_path))  # noqa: S311 - moments, not secrets
    for kill in range(n_kills):
        (tmp_path / str(kill)).mkdir()
        typed = new_file(tmp_path / str(kill))
        receipts = release_and_kill(typed, 0, chance.uniform(0, 2 * pace))
        written = write(typed, prepared())
        compared["killed"] += 1
        compared["begun anew"] += written.begun
        assert len(receipts) < written.entry.number <= len(receipts) + 2
        assert break_in(typed) is None
