"""A process that is killed, or a disk that is full, leaves all finished files or none, old or new, never a mixture."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest

from stripgen.errors import OutputNotWritten
from stripgen.files import moving, write_files

ROOT = Path(__file__).parent.parent
CITALOPRAM = ROOT / "examples" / "citalopram.toml"
STRIPGEN = Path(sys.executable).with_name("stripgen")
STEPS = ("mkdir", "open", "fdopen", "fsync", "link", "fork", "replace", "unlink")
SIZES = (1, 2, 5)
_AIM_S = 0.0003  # about as long as the kernel takes to tell one process of another, twice


def papers(n_files: int, generation: str) -> dict[str, bytes]:
    return {f"K7QF-3MZX-{number}.pdf": f"{generation} {number} ".encode() * 500 for number in range(n_files)}


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def seen(folder: Path) -> dict[str, bytes]:
    """Return what a person finds in a folder."""
    there = folder.iterdir() if folder.exists() else ()
    return {path.name: path.read_bytes() for path in there if not path.name.startswith(".")}


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) if folder.exists() else []


class Child:
    """A process of its own that runs a function, with a pipe that closes when it and its guard are gone."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.end, ours = os.pipe()
        self.told, tells = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            self._run(work, tells)
        os.close(ours)
        os.close(tells)

    def _run(self, work: Callable[[], object], tells: int) -> NoReturn:
        code = 1
        try:
            os.environ["TELLS"] = str(tells)
            work()
            code = 0
        finally:
            os._exit(code)

    def wait_until_told(self) -> bool:
        return bool(os.read(self.told, 1))

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def finish(self) -> int:
        """Wait until it and its guard are gone, and return how it ended: 0, or minus the signal."""
        _, status = os.waitpid(self.pid, 0)
        assert os.read(self.end, 1) == b""
        os.close(self.end)
        os.close(self.told)
        return os.waitstatus_to_exitcode(status)


def killing_at(number: int, *, after: bool) -> Callable[[], None]:
    """Return what makes this process, and not its guard, kill itself at one of the steps that touch the disk."""

    def patch_all() -> None:
        me, n_steps = os.getpid(), 0

        def step(real: Callable[..., Any]) -> Callable[..., Any]:
            def stepping(*arguments: Any, **keywords: Any) -> Any:
                nonlocal n_steps
                mine = os.getpid() == me
                n_steps += mine
                if mine and n_steps == number and not after:
                    os.kill(me, signal.SIGKILL)
                try:
                    return real(*arguments, **keywords)
                finally:
                    if mine and n_steps == number and os.getpid() == me:  # the guard comes back from fork here, too
                        os.kill(me, signal.SIGKILL)

            return stepping

        for name in STEPS:
            setattr(os, name, step(getattr(os, name)))

    return patch_all


def without_guard() -> None:
    """Let nobody finish: as when a whole container is killed, or the power fails."""
    pytest.MonkeyPatch().setattr(moving, "_post_guard", lambda *_: lambda: None)


def killed_at_every_step(
    tmp_path: Path, n_files: int, *, force: bool, after: bool, prepare: Callable[[], None] = lambda: None
) -> Iterator[tuple[Path, dict[str, bytes], dict[str, bytes]]]:
    """Yield the folder, and what was and what was to be in it, after a kill at the first step, at the second, …"""
    new = papers(n_files, "new")
    old = papers(n_files, "old") if force else {}
    for number in range(1, 200):
        folder = tmp_path / str(number)
        if old:
            put(folder, old)
        kill_at = killing_at(number, after=after)

        def work(folder: Path = folder, kill_at: Callable[[], None] = kill_at) -> None:
            prepare()
            kill_at()
            write_files(folder, new, force=force)

        if Child(work).finish() == 0:
            assert number > 5 + 4 * n_files
            return
        yield folder, old, new
    pytest.fail("there was always one step more")


@pytest.mark.parametrize("n_files", SIZES)
@pytest.mark.parametrize("force", [False, True], ids=["new", "replacing"])
@pytest.mark.parametrize("after", [False, True], ids=["before the step", "after the step"])
def test_killed_at_any_step_all_files_are_there_or_none_without_anybody_doing_anything(
    n_files: int, force: bool, after: bool, tmp_path: Path
) -> None:
    left = []
    for folder, old, new in killed_at_every_step(tmp_path, n_files, force=force, after=after):
        assert seen(folder) in (old, new), folder.name
        left.append(seen(folder) == new)
    assert left == sorted(left), "once they are there, they stay"
    assert {False, True} == set(left)


@pytest.mark.parametrize("force", [False, True], ids=["new", "replacing"])
def test_killed_with_its_guard_the_next_stripgen_finishes(force: bool, tmp_path: Path) -> None:
    n_mixed = 0
    for folder, old, new in killed_at_every_step(tmp_path, 5, force=force, after=False, prepare=without_guard):
        mixed = seen(folder) not in (old, new)
        n_mixed += mixed

        moving.settle(folder)

        assert seen(folder) == new if mixed else seen(folder) in (old, new)
        assert hidden(folder) == []
    assert n_mixed == 4, "between the first and the fifth renaming, and nowhere else"


# --- at any moment, from outside -------------------------------------------------------------------------------------


def wait(seconds: float) -> None:
    """Wait without sleeping: a sleeper wakes up too late to aim."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def write_for_ever(folder: Path, n_files: int, *, told: bool) -> None:
    """Write one generation over the other; say so each time the renaming is about to begin."""
    real, n_renamed, me = os.replace, 0, os.getpid()

    def replace(*arguments: Any) -> None:
        nonlocal n_renamed
        if os.getpid() == me and n_renamed % n_files == 0:
            os.write(int(os.environ["TELLS"]), b".")
            wait(_AIM_S)
        n_renamed += 1
        real(*arguments)

    if told:
        pytest.MonkeyPatch().setattr(os, "replace", replace)
    for generation in range(1, 1_000_000):
        write_files(folder, papers(n_files, str(generation)), force=True)


def generations_in(folder: Path) -> set[bytes]:
    return {content.split()[0] for content in seen(folder).values()}


def kill_while_writing(folder: Path, n_files: int, random: Random, *, aimed: bool) -> None:
    child = Child(lambda: write_for_ever(folder, n_files, told=aimed))
    if aimed:
        for _ in range(random.randrange(1, 4)):
            assert child.wait_until_told()
        wait(_AIM_S * (0.5 + random.random()))
    else:
        time.sleep(0.02 + random.random() * 0.05)
    child.kill()
    assert child.finish() == -signal.SIGKILL


N_KILLS = [pytest.param(12, id="12 kills"), pytest.param(200, id="200 kills", marks=pytest.mark.slow)]


@pytest.mark.parametrize("aimed", [False, True], ids=["at any moment", "while it renames"])
@pytest.mark.parametrize("n_files", SIZES)
@pytest.mark.parametrize("n_kills", N_KILLS)
def test_killed_while_it_writes_a_folder_holds_one_generation_of_files(
    n_kills: int, n_files: int, aimed: bool, tmp_path: Path
) -> None:
    random = Random(n_files)  # noqa: S311 - nothing secret
    for number in range(n_kills):
        folder = tmp_path / str(number % 4)  # killed into again and again: leftovers must not add up

        kill_while_writing(folder, n_files, random, aimed=aimed)

        assert len(seen(folder)) in {0, n_files}
        assert len(generations_in(folder)) <= 1
        assert len(hidden(folder)) <= 2 * n_files + 1, "those of the last one only"


def start_make(folder: Path, issued_on: str) -> subprocess.Popen[bytes]:
    command = [str(STRIPGEN), "make", str(CITALOPRAM), "--out", str(folder), "--force", "--issued-on", issued_on]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def killed_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill a process after so many seconds, and return whether it had not ended by itself."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def made(folder: Path, issued_on: str) -> dict[str, bytes]:
    process = start_make(folder, issued_on)
    process.communicate()
    assert process.returncode == 0
    return seen(folder)


@pytest.mark.parametrize("n_kills", N_KILLS)
def test_a_make_killed_at_any_moment_leaves_both_papers_of_one_day_or_none(
    n_kills: int, tmp_path: Path, compared: Counter[str]
) -> None:
    random = Random(2026)  # noqa: S311 - nothing secret
    old = made(tmp_path / "old", "2026-11-22")
    began = time.monotonic()
    new = made(tmp_path / "new", "2026-11-23")
    takes_s = time.monotonic() - began
    assert len(old) == len(new) == 2
    assert old.keys() == new.keys()
    assert not set(old.values()) & set(new.values())
    for number in range(n_kills):
        folder = tmp_path / str(number)
        before = old if number % 2 else {}
        put(folder, before)
        began = time.monotonic()
        if killed_within(start_make(folder, "2026-11-23"), takes_s * random.random()):
            compared["killed while it worked"] += 1
        else:
            compared["done before the kill"] += 1
            takes_s = min(takes_s, time.monotonic() - began)  # the machine has less to do than when it was measured

        found = seen(folder)
        assert found in (before, new)
        compared["left as before" if found == before else "left with both new papers"] += 1
    assert compared["killed while it worked"] > n_kills / 2


# --- stopped politely ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True], ids=["the process", "its group"])
def test_a_signal_among_the_renamings_comes_too_late_and_all_is_in_place(
    number: signal.Signals, whole_group: bool, tmp_path: Path
) -> None:
    def work() -> None:
        os.setsid()
        real = os.replace

        def replace(*arguments: Any) -> None:
            real(*arguments)
            if whole_group:
                os.killpg(0, number)
            else:
                os.kill(os.getpid(), number)

        pytest.MonkeyPatch().setattr(os, "replace", replace)
        assert len(write_files(tmp_path, papers(5, "new"), force=False)) == 5

    assert Child(work).finish() == 0
    assert seen(tmp_path) == papers(5, "new")


def test_a_group_killed_among_the_renamings_leaves_its_guard_to_finish(tmp_path: Path) -> None:
    def work() -> None:
        os.setsid()
        me, real = os.getpid(), os.replace

        def replace(*arguments: Any) -> None:
            real(*arguments)
            if os.getpid() == me:
                os.killpg(0, signal.SIGKILL)

        pytest.MonkeyPatch().setattr(os, "replace", replace)
        write_files(tmp_path, papers(5, "new"), force=False)

    assert Child(work).finish() == -signal.SIGKILL
    waited_until = time.monotonic() + 10
    while seen(tmp_path) != papers(5, "new") and time.monotonic() < waited_until:
        time.sleep(0.001)  # the guard is a process of its own: on a busy machine it may not have had its turn yet
    assert seen(tmp_path) == papers(5, "new")


def test_signals_are_answered_again_afterwards(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    write_files(tmp_path, papers(2, "new"), force=False)

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# --- leftovers -------------------------------------------------------------------------------------------------------


def ended_pid() -> int:
    child = Child(lambda: None)
    assert child.finish() == 0
    return child.pid


def leftover(folder: Path, pid: int, host: str = "", kind: str = "part") -> Path:
    host = host or moving._this_host()
    path = folder / f".K7QF-3MZX-0.pdf.{host}-{pid}-0123abcd.{kind}"
    path.write_bytes(b"half")
    return path


@pytest.mark.parametrize("kind", ["part", "old"])
def test_what_a_dead_process_left_is_gone_after_the_next_make(kind: str, tmp_path: Path) -> None:
    leftover(tmp_path, ended_pid(), kind=kind)

    write_files(tmp_path, papers(2, "new"), force=True)

    assert seen(tmp_path) == papers(2, "new")
    assert hidden(tmp_path) == []


def test_what_a_living_process_or_another_computer_works_on_is_left_alone(tmp_path: Path) -> None:
    kept = [leftover(tmp_path, os.getppid()), leftover(tmp_path, ended_pid(), "00000000")]
    other = tmp_path / ".notes.txt.part"
    other.write_bytes(b"mine")

    write_files(tmp_path, papers(2, "new"), force=True)

    assert hidden(tmp_path) == sorted(path.name for path in [*kept, other])


def test_a_paper_is_read_only_after_the_move_that_brings_it_is_finished(tmp_path: Path) -> None:
    from stripgen.files import load_paper  # noqa: PLC0415

    old, new = papers(2, "old"), papers(2, "new")
    put(tmp_path, old)
    owner = f"{moving._this_host()}-{ended_pid()}-0123abcd"
    put(tmp_path, {f".{name}.{owner}.part": content for name, content in new.items()})
    put(tmp_path, {f".stripgen.{owner}.moving": b""})

    assert load_paper(tmp_path / next(iter(new))) == next(iter(new.values()))
    assert seen(tmp_path) == new


# --- a full disk -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(folder: Path, n_kilobytes: int) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={n_kilobytes}k", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("force", [False, True], ids=["new", "replacing"])
def test_a_full_disk_leaves_all_or_none_however_much_room_there_is(force: bool, tmp_path: Path) -> None:
    new, old = papers(5, "new" * 2), papers(5, "old") if force else {}
    n_written = 0
    for n_kilobytes in range(4, 100, 4):
        with small_disk(tmp_path / str(n_kilobytes), n_kilobytes) as folder:
            try:
                put(folder, old)
            except OSError:
                continue  # there was no room for the old ones
            with contextlib.suppress(OutputNotWritten):
                write_files(folder, new, force=True)
                n_written += 1

            assert seen(folder) in (old, new)
            assert hidden(folder) == []
    assert 0 < n_written < 24


@pytest.mark.parametrize("force", [False, True], ids=["new", "replacing"])
def test_a_make_that_may_not_write_so_much_leaves_nothing_and_says_so(force: bool, tmp_path: Path) -> None:
    before = papers(1, "old") if force else {}
    for n_blocks in (0, 100):  # of 1024 bytes
        folder = tmp_path / str(n_blocks)
        put(folder, before)

        command = f"ulimit -f {n_blocks}; exec {STRIPGEN} make {CITALOPRAM} --out {folder} --force"
        ended = subprocess.run(["bash", "-c", command], capture_output=True, check=False)

        assert ended.returncode == 6
        assert b"cannot be written (File too large); nothing was left there" in ended.stderr
        assert seen(folder) == before
        assert hidden(folder) == []


@pytest.mark.parametrize("force", [False, True], ids=["new", "replacing"])
def test_a_folder_that_may_only_be_read_is_told_as_it_is(force: bool, tmp_path: Path) -> None:
    new, old = papers(2, "new"), papers(2, "old") if force else {}
    with small_disk(tmp_path / "disk", 200) as folder:
        put(folder, old)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)

        with pytest.raises(OutputNotWritten) as caught:
            write_files(folder, new, force=True)

        left = "what was there is as before" if force else "nothing was left there"
        assert str(caught.value) == f"{folder}: cannot be written (Read-only file system); {left}"
        assert seen(folder) == old


def test_a_full_disk_says_that_the_papers_it_could_not_replace_are_as_before(tmp_path: Path) -> None:
    new, old = papers(5, "new" * 2), papers(5, "old")
    with small_disk(tmp_path / "disk", 40) as folder:
        put(folder, old)

        with pytest.raises(OutputNotWritten, match=r"No space left on device\); what was there is as before"):
            write_files(folder, new, force=True)

        assert seen(folder) == old


@pytest.mark.parametrize("there", [[], ["out"], ["out", "of"]])
def test_a_full_disk_leaves_no_folder_that_was_made_for_the_papers(there: list[str], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        disk.joinpath(*there).mkdir(parents=True, exist_ok=True)
        before = sorted(disk.rglob("*"))

        with pytest.raises(OutputNotWritten, match="nothing was left there"):
            write_files(disk / "out" / "of" / "papers", papers(5, "new" * 9), force=False)

        assert sorted(disk.rglob("*")) == before
