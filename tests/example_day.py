"""stripgen on the day of the examples, whenever the tests run: what is released has to be still to come.

python example_day.py ARGUMENTS
"""

import datetime as dt
import sys
from pathlib import Path

import pytest

from stripgen import orders
from stripgen.commands import registering

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def let_it_be_that_day(patch: pytest.MonkeyPatch) -> None:
    """Let papers be issued, and strips be released, on the day of the examples, unless a command says another."""
    really = orders.issue_date

    def issue_date(typed: str | None, option: str = "--issued-on") -> dt.date:
        return really(typed or NOON.date().isoformat(), option)

    patch.setattr(orders, "issue_date", issue_date)
    patch.setattr(registering, "local_time", lambda: NOON)


def put_on_path(folder: Path) -> Path:
    """Return a folder with a `stripgen` of that day in it."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    program = bin_folder / "stripgen"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n', "utf-8")
    program.chmod(0o755)
    return bin_folder


if __name__ == "__main__":
    from stripgen.cli import main

    let_it_be_that_day(pytest.MonkeyPatch())
    main(prog_name="stripgen")
