"""Commands as a person types them, run in this process."""

from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from stripgen.cli import main

# The order of the second example in the help of `make`.
BY_OPTIONS = {
    "--drug": "citalopram",
    "--start": "20",
    "--end": "0",
    "--days": "112",
    "--increment": "0.1",
    "--start-date": "2026-12-01",
}


def run(*words: object, given: str | None = None, **variables: str) -> Result:
    """Return the outcome of a command; a crash goes on as the exception it is.

    Args:
        words: Of the command line, after `stripgen`.
        given: What is typed when the command asks.
        variables: Of the environment.
    """
    return CliRunner().invoke(main, [str(word) for word in words], given, variables, catch_exceptions=False)


def by_options(changes: Mapping[str, str] | None = None) -> list[str]:
    """Return `BY_OPTIONS` with some of them changed, as words of a command line."""
    return [word for option in {**BY_OPTIONS, **(changes or {})}.items() for word in option]


def edited(path: Path, folder: Path, old: str, new: str) -> Path:
    """Return a copy of an order in which some text, which must be there once, is replaced."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    copy = folder / "order.toml"
    copy.write_text(text.replace(old, new), "utf-8")
    return copy
