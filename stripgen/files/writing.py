"""Finished files out, all or nothing."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stripgen.errors import OutputExists, OutputNotWritten, Problem
from stripgen.files.moving import Owner, finish, guarded, new_owner, settle

_SHOWN_PATH = 200
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


@dataclass(frozen=True, slots=True)
class _Move:
    """One file on its way: written as `part`, moved to `path`; what stood there is kept as `old` meanwhile."""

    path: Path
    part: Path
    old: Path
    replaces: bool


def write_files(
    folder: Path, contents: Mapping[str, bytes], *, force: bool, is_signed: Callable[[bytes], bool] | None = None
) -> list[Path]:
    """Put finished files in a folder, all or none, readable by their owner only.

    Each is written to disk under a hidden name first. When all are complete a mark says so, and they are renamed into
    place one after the other, with nothing in between; if one cannot be, those before it are taken back, and what they
    replaced stands there again. Killed before the mark, nothing is in its place, and what was there is as it was.
    Killed after it, a second process, which does nothing else, finishes the renaming at once (`moving.guarded`).

    No file system renames several files in one step. What remains is the time between the first renaming and the last,
    some 20 microseconds a file, if both processes end in it: at a power cut, or when a whole container is killed. Then
    the next stripgen that writes here or reads a paper here finishes first (`moving.settle`); it also clears away
    the hidden files of killed processes.

    Args:
        folder: Made if it is not there, for its owner only.
        contents: By file name.
        force: Whether files of those names may be replaced.
        is_signed: Says whether a file's content is signed: such a file is never replaced by one that does not begin
            with all of it. Left out where no signed file can be.

    Returns:
        The paths, in the order of `contents`.

    Raises:
        OutputExists: A file is there already and `force` is not set, or its signatures would be lost.
        OutputNotWritten: No room, no permission, or the folder is not one.
    """
    paths = [folder / name for name in contents]
    owner = new_owner()
    moves: list[_Move] = []
    made: list[Path] = []
    try:
        settle(folder)
        if is_signed is not None:
            _refuse_to_lose_signatures(dict(zip(paths, contents.values(), strict=True)), is_signed)
        if not force:
            refuse_existing(paths)
        _make_folder(folder, made)
        moves += [_move_to(path, owner) for path in paths]
        for move, content in zip(moves, contents.values(), strict=True):
            _write_synced(move.part, content)
        for move in moves:
            if move.replaces:
                _keep(move)
        with guarded(folder, owner):
            _write_synced(owner.mark_in(folder), b"")
            for move in moves:
                move.part.replace(move.path)
    except OSError as error:
        raise _not_written(paths, error, _take_back(moves, made, owner)) from error
    except BaseException:  # interrupted: leave everything as it was, then go on stopping
        _take_back(moves, made, owner)
        raise
    with contextlib.suppress(OSError):  # what cannot be removed is a hidden leftover, not a wrong file
        finish(folder, owner)
    return paths


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it where they are missing, and note each that was made, the outermost first."""
    if not folder.parent.exists():
        _make_folder(folder.parent, made)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        made.append(folder)


def refuse_existing(paths: list[Path]) -> None:
    """Stop if a file is there already.

    Raises:
        OutputExists: Naming those that are.
    """
    try:
        there = [path for path in paths if path.exists()]
    except OSError as error:  # a name too long for the disk
        raise _not_written(paths, error) from error
    if there:
        raise OutputExists([Problem("", "is there already; --force replaces it")], ", ".join(map(str, there)))


def _refuse_to_lose_signatures(contents: Mapping[Path, bytes], is_signed: Callable[[bytes], bool]) -> None:
    lost = []
    for path, content in contents.items():
        there = path.read_bytes() if path.is_file() else b""
        if is_signed(there) and not content.startswith(there):
            lost.append(path)
    if lost:
        what = "is signed, and would be replaced; write elsewhere with --out, or move it"
        raise OutputExists(Problem(str(path), what) for path in lost)


def _not_written(paths: Sequence[Path], error: OSError, not_as_before: Sequence[str] = ()) -> OutputNotWritten:
    reason = "it is a file, not a folder" if isinstance(error, FileExistsError) else error.strerror
    if not_as_before:
        left = f"not as before: {', '.join(not_as_before)}"
    elif _is_any_there(paths):
        left = "what was there is as before"
    else:
        left = "nothing was left there"
    return OutputNotWritten([Problem("", f"cannot be written ({reason}); {left}")], _shown(paths[0].parent))


def _is_any_there(paths: Sequence[Path]) -> bool:
    with contextlib.suppress(OSError):  # a name too long for the disk
        return any(path.exists() for path in paths)
    return False


def _shown(path: Path) -> str:
    text = str(path) if str(path).isprintable() else repr(str(path))
    return text if len(text) <= _SHOWN_PATH else f"{text[: _SHOWN_PATH // 2]}…{text[-_SHOWN_PATH // 2 :]}"


def _move_to(path: Path, owner: Owner) -> _Move:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder of that name is there", str(path))
    return _Move(path, owner.part_of(path), owner.old_of(path), path.exists())


def _keep(move: _Move) -> None:
    """Give the file that will be replaced a second name; it never leaves its place before the new one takes it."""
    try:
        move.old.hardlink_to(move.path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        shutil.copy2(move.path, move.old)


def _take_back(moves: list[_Move], made: list[Path], owner: Owner) -> list[str]:
    """Put everything back as it was, and return the names of files where the disk refused even that.

    Args:
        moves: That were begun.
        made: Folders that this run made.
        owner: Of the moves.
    """
    not_as_before = []
    if moves:
        _remove(owner.mark_in(moves[0].path.parent))  # first: the mark says that the move goes forward
    for move in moves:
        try:
            if move.replaces and move.old.exists():
                move.old.replace(move.path)
                _remove(move.old)  # both names may still be of the same file: then replacing did nothing
            elif not move.replaces and not move.part.exists() and move.path.exists():
                move.path.unlink(missing_ok=True)
        except OSError:
            not_as_before.append(move.path.name)
        _remove(move.part)
    for folder in reversed(made):
        with contextlib.suppress(OSError):  # somebody else has put something there meanwhile
            folder.rmdir()
    return not_as_before


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # what cannot be removed is a hidden leftover, not a wrong file
        path.unlink(missing_ok=True)


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
