"""The files of a register: its database, and the key that patients are found by."""

import contextlib
import os
import secrets
from pathlib import Path

from stripgen.errors import Problem, RegisterUnusable

_KEY_BYTES = 32


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


def load_key(path: Path) -> bytes:
    """Return the key of a register.

    Raises:
        RegisterUnusable: It is missing, cannot be read, or is no key.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        what = f"cannot be read ({error.strerror}); put back the key file that was made with the register"
        raise RegisterUnusable([Problem("", what)], str(path)) from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        what = "is not the key of a register; put back the key file that was made with the register"
        raise RegisterUnusable([Problem("", what)], str(path))
    return key


def load_or_make_key(path: Path) -> bytes:
    """Return the key of a register; it is made on first use, readable by its owner only, whole or not at all.

    Raises:
        RegisterUnusable: It is no key, or cannot be read or made.
    """
    if not path.exists():
        _make_key(path)
    return load_key(path)


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
        part.hardlink_to(path)
    except FileExistsError:
        return  # another release made it meanwhile: that one counts
    except OSError:  # a disk without hard links
        part.replace(path)
