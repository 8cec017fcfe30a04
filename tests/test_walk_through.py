"""The README's walk-through for an inspector: each command runs, in order, and prints what is shown there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from example_day import put_on_path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
LEFT_OUT = "…"
# What is another each time, or with other versions of libraries.
PASSING = {
    r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}Z": "<time>",
    r"\b[0-9a-f]{64}\b": "<hash>",
    r"^(library +\S+) .*$": r"\1 <version>",
}


def shown() -> list[tuple[str, list[str]]]:
    """Return each command of the walk-through with the lines that are shown of its output."""
    (section,) = re.findall(r"^## What an inspector asks$(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    blocks = re.findall(r"^```console\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    commands: list[tuple[str, list[str]]] = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            commands.append((line.removeprefix("$ "), []))
        else:
            commands[-1][1].append(line)
    return commands


def masked(line: str) -> str:
    for passing, name in PASSING.items():
        line = re.sub(passing, name, line)
    return line.rstrip()


def is_shown(lines: list[str], printed: list[str]) -> bool:
    """Return whether the lines are what was printed, line after line, but for what is left out."""
    pattern = "".join(r"(?:.*\n)*?" if line == LEFT_OUT else re.escape(masked(line)) + r"\n" for line in lines)
    return re.fullmatch(pattern, "".join(f"{masked(line)}\n" for line in printed)) is not None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def test_the_walk_through_shows_what_its_commands_print(folder: Path) -> None:
    path = os.pathsep.join((str(put_on_path(folder)), str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {**os.environ, "PATH": path, "STRIPGEN_REGISTER": str(folder / "register.sqlite")}
    n_lines = 0
    for command, lines in shown():
        ended = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert ended.returncode == 0, f"{command}: {ended.stderr}"
        if lines:
            assert is_shown(lines, ended.stdout.splitlines()), f"{command} printed:\n{ended.stdout}"
        n_lines += len(lines)
    assert n_lines > 30

    first, again = ((folder / name / "AXAN-CG5R-strip-plan.pdf").read_bytes() for name in ("audit", "again"))
    assert first == again


@pytest.mark.parametrize(
    ("lines", "printed", "same"),
    [
        (["a", LEFT_OUT, "d"], ["a", "b", "c", "d"], True),
        ([LEFT_OUT, "d"], ["d"], True),
        (["a", "c"], ["a", "b", "c"], False),
        (["a"], ["a", "b"], False),
        (["a 2 mg"], ["a 3 mg"], False),
        (["at 2026-11-23 10:00Z"], ["at 2027-01-01 12:30Z"], True),
        (["library babel 2.18.0"], ["library babel 3.0"], True),
    ],
)
def test_only_what_is_marked_may_be_left_out(lines: list[str], printed: list[str], same: bool) -> None:
    assert is_shown(lines, printed) is same
