"""Files that are on their way into a folder: under which names, who finishes the move when its process is killed."""

import contextlib
import hashlib
import os
import platform
import re
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

_UNIX = hasattr(os, "fork")
_HIDDEN = re.compile(r"\.(?P<name>.+)\.(?P<owner>(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]{1,10})-[0-9a-f]{8})\.\w+")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who moves: a computer, one of its processes, and one move of that."""

    name: str

    def part_of(self, path: Path) -> Path:
        """Return the hidden name of a file that is not in its place yet."""
        return self._hidden(path, "part")

    def old_of(self, path: Path) -> Path:
        """Return the hidden name of a file that is being replaced."""
        return self._hidden(path, "old")

    def mark_in(self, folder: Path) -> Path:
        """Return the name of the mark that all parts are complete: from then on the move goes forward only."""
        return self._hidden(folder / "stripgen", "moving")

    def _hidden(self, path: Path, kind: Literal["part", "old", "moving"]) -> Path:
        return path.with_name(f".{path.name}.{self.name}.{kind}")


def new_owner() -> Owner:
    """Return this process, for one move."""
    return Owner(f"{_this_host()}-{os.getpid()}-{os.urandom(4).hex()}")


def _this_host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def settle(folder: Path) -> None:
    """Finish what killed processes were moving into a folder, and clear away what else they left there.

    What a process that lives, or one of another computer, has in the folder is left alone. Where the disk refuses,
    all stays as it is.
    """
    with contextlib.suppress(OSError):
        names = [match for path in folder.iterdir() if (match := _HIDDEN.fullmatch(path.name))]
        dead = {match["owner"] for match in names if match["host"] == _this_host() and _is_dead(int(match["pid"]))}
        for owner in dead:
            finish(folder, Owner(owner))


def _is_dead(pid: int) -> bool:
    """Return whether no process, or only this one, which begins now, has this number."""
    if pid == os.getpid():
        return True
    if not _UNIX:
        return False  # there is no harmless way to ask
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False


def finish(folder: Path, owner: Owner) -> None:
    """Move the parts of one move into their places if all are complete, and remove whatever else it left.

    Raises:
        OSError: The disk refuses. To finish again is harmless.
    """
    mark = owner.mark_in(folder)
    left = [
        path for path in folder.iterdir() if (match := _HIDDEN.fullmatch(path.name)) and match["owner"] == owner.name
    ]
    if mark in left:
        for part in left:
            if part.suffix == ".part":
                part.replace(part.with_name(_name_of(part)))
    for path in left:
        if path != mark:
            path.unlink(missing_ok=True)
    mark.unlink(missing_ok=True)


def _name_of(hidden: Path) -> str:
    match = _HIDDEN.fullmatch(hidden.name)
    return match["name"] if match else hidden.name


@contextlib.contextmanager
def guarded(folder: Path, owner: Owner) -> Iterator[None]:
    """Let what is moved within be moved whole: Ctrl-C comes too late, and if this process is killed another finishes.

    The other one is a fork that only waits for this one to end. It is in a session of its own, so that a signal to the
    whole process group does not reach it. Where a system has no fork, the next stripgen that comes by finishes.
    """
    with _undisturbed():
        dismiss = _post_guard(folder, owner) if _UNIX else None
        try:
            yield
        finally:
            if dismiss:
                dismiss()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and a request to end, for the milliseconds that it takes to be done."""
    if threading.current_thread() is not threading.main_thread():  # then they do not reach this one
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _post_guard(folder: Path, owner: Owner) -> Callable[[], None]:
    """Start the process that finishes the move if this one ends before it is done; return what tells it to go."""
    watched, held = os.pipe()
    posted, says_posted = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, such as numpy's: the guard needs none of them
        guard = os.fork()
    if guard == 0:
        _wait_and_finish(folder, owner, watched, held, says_posted)
    os.close(watched)
    os.close(says_posted)
    os.read(posted, 1)  # until then a signal to the group would reach the guard, too
    os.close(posted)

    def dismiss() -> None:
        with contextlib.suppress(BrokenPipeError):  # the guard itself was killed
            os.write(held, b"done")
        os.close(held)
        os.waitpid(guard, 0)

    return dismiss


def _wait_and_finish(folder: Path, owner: Owner, watched: int, held: int, says_posted: int) -> NoReturn:
    try:
        os.setsid()
        os.close(says_posted)
        os.close(held)  # else it would hold open what it waits to see closed
        if not os.read(watched, 4):
            finish(folder, owner)
    finally:
        os._exit(0)
