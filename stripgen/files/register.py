"""The files of a register: its database, and the key that patients are found by."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from stripgen.errors import Problem, RegisterUnusable
from stripgen.files.reading import refuse_pipe

_KEY_BYTES = 32
_REMEDY = "put back the key file that was made with the register, or name it with --register-key"


def make_private_file(path: Path) -> bool:
    """Make an empty file, readable by its owner only, unless it is there; return whether it was made.

    Raises:
        RegisterUnusable: The folder is missing or read-only, or a folder of that name is there.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        what = f"cannot be made ({error.strerror}); give a folder that is there and may be written to, with --register"
        raise RegisterUnusable([Problem("", what)], str(path)) from error
    os.close(descriptor)
    return True


def is_there(path: Path) -> bool:
    """Return whether a file of that name is there."""
    return path.is_file()


def load_key(path: Path, is_its: Callable[[bytes], bool]) -> bytes:
    """Return the key of a register that was begun.

    Args:
        path: Of the key; it is taken from beside, where whoever began the register was stopped before it had its name.
        is_its: Whether a key is that of the register.

    Raises:
        RegisterUnusable: It is missing, cannot be read, or is no key.
    """
    proposed = _proposed(path)
    if proposed.exists() and not path.exists() and is_its(_read_key(proposed)):
        keep_key(path)
    return _read_key(path)


def _read_key(path: Path) -> bytes:
    try:
        refuse_pipe(path)
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        what = f"cannot be read ({error.strerror}); {_REMEDY}"
        raise RegisterUnusable([Problem("", what)], str(path)) from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        what = f"is not the key of a register; {_REMEDY}"
        raise RegisterUnusable([Problem("", what)], str(path))
    return key


def propose_key(path: Path) -> bytes:
    """Return a new key to begin a register with, readable by its owner only, whole or not at all.

    It lies beside its place until the register has an entry marked with it: see `keep_key`. So a key in its place tells
    that there was an entry, also where somebody was stopped half-way. Others who begin the register meanwhile get the
    same one.

    Raises:
        RegisterUnusable: It cannot be made.
    """
    proposed = _proposed(path)
    if not proposed.exists():
        _make_key(proposed)
    return _read_key(proposed)


def keep_key(path: Path) -> None:
    """Put a key that was proposed in its place, now that it is the register's; one that is there stays.

    Raises:
        RegisterUnusable: It cannot be put there.
    """
    try:
        with contextlib.suppress(FileNotFoundError):  # another put it there meanwhile
            _give_name(_proposed(path), path)
    except OSError as error:
        what = f"cannot be made ({error.strerror}); rename {_proposed(path)} to it: it is the register's key"
        raise RegisterUnusable([Problem("", what)], str(path)) from error
    forget_proposed_key(path)


def forget_proposed_key(path: Path) -> None:
    """Remove a key that was proposed and is not taken."""
    with contextlib.suppress(OSError):
        _proposed(path).unlink(missing_ok=True)


def _proposed(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _make_key(path: Path) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(_KEY_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        _give_name(part, path)
    except OSError as error:
        what = f"cannot be made ({error.strerror}); give a folder that is there and may be written to"
        raise RegisterUnusable([Problem("", what)], str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _give_name(part: Path, path: Path) -> None:
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return  # another release made it meanwhile: that one counts
    except OSError:  # a disk without hard links
        part.replace(path)
