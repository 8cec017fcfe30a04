"""What reaches the disk is whole or not there, under every failure; and data files that cannot be read are told."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripgen.domain.stock import Stock
from stripgen.errors import DataInvalid, OutputExists, OutputNotWritten
from stripgen.files import data, load_order_form, load_template, refuse_existing, template_folder, write_files

ROOT = Path(__file__).parent.parent
CITALOPRAM = ROOT / "examples" / "citalopram.toml"
STRIPGEN = Path(sys.executable).with_name("stripgen")
NEW = {"plan.pdf": b"new plan" * 1000, "sheet.xlsx": b"new sheet" * 1000, "list.csv": b"new list"}
OLD = {name: b"old " + name.encode() for name in NEW}
OTHER = {"notes.txt": b"mine"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


# --- when all goes well ----------------------------------------------------------------------------------------------


def test_files_are_written_in_a_folder_that_is_made_and_their_paths_come_back_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b c"

    paths = write_files(folder, NEW, force=False)

    assert paths == [folder / name for name in NEW]
    assert contents(folder) == NEW


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_readable_by_their_owner_only_also_where_others_could_read_the_old_ones(
    umask: int, tmp_path: Path
) -> None:
    put(tmp_path, OLD)
    for path in tmp_path.iterdir():
        path.chmod(0o666)
    before = os.umask(umask)
    try:
        paths = write_files(tmp_path, NEW, force=True)
    finally:
        os.umask(before)

    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600] * 3


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, OTHER)

    write_files(tmp_path, NEW, force=True)

    assert contents(tmp_path) == NEW | OTHER


def test_an_old_file_is_replaced_and_never_written_into(tmp_path: Path) -> None:
    """Who has the old file open, or linked it elsewhere, keeps the old file whole."""
    put(tmp_path, OLD)
    os.link(tmp_path / "plan.pdf", tmp_path / "kept.pdf")

    write_files(tmp_path, NEW, force=True)

    assert contents(tmp_path) == NEW | {"kept.pdf": OLD["plan.pdf"]}


@pytest.mark.parametrize("there", [["plan.pdf"], ["sheet.xlsx", "list.csv"], list(NEW)])
def test_files_that_are_there_are_named_and_nothing_is_touched(there: list[str], tmp_path: Path) -> None:
    put(tmp_path, {name: OLD[name] for name in there})

    with pytest.raises(OutputExists, match="--force replaces it") as caught:
        write_files(tmp_path, NEW, force=False)

    assert caught.value.exit_code == 6
    assert len(caught.value.lines()) == 1
    assert [name for name in NEW if str(tmp_path / name) in caught.value.lines()[0]] == there
    assert contents(tmp_path) == {name: OLD[name] for name in there}


def test_nothing_there_is_nothing_to_refuse(tmp_path: Path) -> None:
    refuse_existing([tmp_path / "a", tmp_path / "b" / "c"])


# --- when a step fails -----------------------------------------------------------------------------------------------


@dataclass
class Disk:
    """Counts the steps that write within a folder, and fails at one of them.

    Attributes:
        fail_at: 1 for the first step; 0 for none.
        after: The step is done, and fails then.
        for_good: All later steps fail too, those that would put things back included.
        steps: What was done so far, the failing step included.
    """

    folder: Path
    fail_at: int = 0
    error: BaseException = field(default_factory=lambda: OSError(errno.ENOSPC, "No space left on device"))
    after: bool = False
    for_good: bool = False
    steps: list[str] = field(default_factory=list)

    def step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(first: Any, *arguments: Any, **keywords: Any) -> Any:
            if not isinstance(first, int) and not Path(first).is_relative_to(self.folder):
                return real(first, *arguments, **keywords)
            self.steps.append(name)
            failing = 0 < self.fail_at <= len(self.steps) if self.for_good else len(self.steps) == self.fail_at
            if failing and not self.after:
                raise self.error
            answer = real(first, *arguments, **keywords)
            if failing:
                if hasattr(answer, "close"):
                    answer.close()
                raise self.error
            return answer

        return stepping

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("mkdir", "open", "fdopen", "fsync", "replace", "rename", "link"):
                patch.setattr(os, name, self.step(name, getattr(os, name)))
            yield


def steps_of(folder: Path, *, force: bool) -> list[str]:
    disk = Disk(folder)
    with disk.watched():
        write_files(folder, NEW, force=force)
    return disk.steps


def test_the_steps_that_can_fail_are_the_ones_counted_here(tmp_path: Path) -> None:
    steps = steps_of(tmp_path / "out", force=False)

    assert [steps.count(name) for name in ("mkdir", "open", "fsync", "replace")] == [1, 4, 4, 3]
    assert steps[: steps.index("replace")].count("fsync") == 4, "all, and the mark, are complete before the first moves"


ERRORS = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EACCES, "Permission denied"),
    OSError(errno.EIO, "Input/output error"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: errno.errorcode[error.errno])
def test_whichever_step_fails_no_new_file_and_no_part_is_left(error: OSError, tmp_path: Path) -> None:
    n_steps = len(steps_of(tmp_path / "counted", force=False))
    for number in range(1, n_steps + 1):
        folder = tmp_path / str(number)
        disk = Disk(folder, number, error)

        with disk.watched(), pytest.raises(OutputNotWritten, match=error.strerror) as caught:
            write_files(folder, NEW, force=False)

        assert caught.value.exit_code == 6
        assert contents(folder) == {}, f"after a failing {disk.steps[-1]}, step {number}"


@pytest.mark.parametrize("after", [False, True], ids=["before the step", "after the step"])
def test_ctrl_c_at_any_step_leaves_nothing_and_goes_on_stopping(after: bool, tmp_path: Path) -> None:
    n_steps = len(steps_of(tmp_path / "counted", force=False))
    left = {}
    for number in range(1, n_steps + 1):
        folder = tmp_path / str(number)
        disk = Disk(folder, number, KeyboardInterrupt(), after)

        with disk.watched(), pytest.raises(KeyboardInterrupt):
            write_files(folder, NEW, force=False)

        if contents(folder):
            left[f"step {number}, {disk.steps[-1]}"] = sorted(contents(folder))
    assert left == {}


@pytest.mark.parametrize("error", [ERRORS[0], KeyboardInterrupt()], ids=["disk full", "ctrl-c"])
def test_a_failed_replacement_leaves_all_old_files_as_they_were(error: BaseException, tmp_path: Path) -> None:
    """One old and one new paper of the same plan id cannot be told apart, and the message says nothing was left."""
    put(tmp_path / "counted", OLD)
    steps = steps_of(tmp_path / "counted", force=True)
    last_move = max(number for number, step in enumerate(steps, start=1) if step == "replace")
    assert set(steps[last_move:]) <= {"unlink"}, "all papers are in place then; what they replaced is cleared away"
    mixed = {}
    assert steps[0] == "mkdir", "the folder is there already: making it can fail without harm"
    for number in range(2, last_move + 1):
        folder = tmp_path / str(number)
        put(folder, OLD | OTHER)
        disk = Disk(folder, number, error)

        with disk.watched(), pytest.raises((OutputNotWritten, KeyboardInterrupt)):
            write_files(folder, NEW, force=True)

        if contents(folder) != OLD | OTHER:
            mixed[f"step {number}, {disk.steps[-1]}"] = sorted(
                name for name, content in contents(folder).items() if content not in (OLD | OTHER).values()
            )
    assert mixed == {}


@pytest.mark.parametrize("old", [{}, OLD], ids=["fresh", "replacing"])
def test_a_disk_that_fails_for_good_is_told_and_is_no_crash(old: dict[str, bytes], tmp_path: Path) -> None:
    """Then nothing can be put back either; what is left there must not be denied."""
    put(tmp_path / "counted", old)
    n_steps = len(steps_of(tmp_path / "counted", force=True))
    for number in range(1, n_steps + 1):
        folder = tmp_path / str(number)
        put(folder, old)
        disk = Disk(folder, number, OSError(errno.EROFS, "Read-only file system"), for_good=True)

        with disk.watched(), pytest.raises(OutputNotWritten, match="Read-only file system") as caught:
            write_files(folder, NEW, force=True)

        left = {name: content for name, content in contents(folder).items() if not name.startswith(".")}
        assert left == old or "nothing was left there" not in str(caught.value), f"step {number}, {disk.steps}"


@pytest.mark.parametrize("name", list(NEW))
def test_a_folder_in_the_place_of_a_file_stops_the_replacement_and_leaves_the_old_files(
    name: str, tmp_path: Path
) -> None:
    old = {other: content for other, content in OLD.items() if other != name}
    put(tmp_path, old)
    (tmp_path / name).mkdir()

    with pytest.raises(OutputNotWritten):
        write_files(tmp_path, NEW, force=True)

    (tmp_path / name).rmdir()
    assert contents(tmp_path) == old


@settings(max_examples=60, deadline=None)
@given(there=st.sets(st.sampled_from(list(NEW))), number=st.integers(1, 20), interrupted=st.booleans())
def test_before_the_first_file_is_moved_a_failure_changes_nothing(
    there: set[str], number: int, interrupted: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files") / "out"
    old = {name: OLD[name] for name in there}
    put(folder, old)
    disk = Disk(folder, number, KeyboardInterrupt() if interrupted else ERRORS[0])

    with disk.watched(), contextlib.suppress(OutputNotWritten, KeyboardInterrupt):
        write_files(folder, NEW, force=True)

    assert contents(folder).keys() <= NEW.keys(), "no part is left"
    if len(disk.steps) < number:
        assert contents(folder) == NEW
    elif disk.steps.count("replace") <= 1:  # none, or the one that failed
        assert contents(folder) == old


def test_a_failing_clean_up_still_tells_why_the_files_were_not_written(tmp_path: Path) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        patch.setattr(os, "unlink", failing)
        with pytest.raises(OutputNotWritten, match="Read-only file system"):
            write_files(tmp_path / "out", NEW, force=False)


@pytest.mark.parametrize("place", ["file", "file/below", "n" * 300], ids=["a file", "below a file", "too long"])
@pytest.mark.parametrize("force", [False, True])
def test_a_place_that_can_be_no_folder_is_told(place: str, force: bool, tmp_path: Path) -> None:
    put(tmp_path, {"file": b"mine"})

    with pytest.raises(OutputNotWritten) as caught:
        write_files(tmp_path / place, NEW, force=force)

    assert caught.value.exit_code == 6
    assert contents(tmp_path) == {"file": b"mine"}


# --- when it is stopped ----------------------------------------------------------------------------------------------


def test_a_make_stopped_by_ctrl_c_while_it_writes_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "real = os.fsync\n"
        "def fsync(descriptor):\n"
        "    real(descriptor)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "os.fsync = fsync\n"
        "from stripgen.cli import main\n"
        f"main(['make', {str(CITALOPRAM)!r}, '--out', {str(tmp_path / 'out')!r}])\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    assert ended.returncode != 0
    assert b"stopped; nothing was written" in ended.stderr
    assert contents(tmp_path / "out") == {}


# --- templates -------------------------------------------------------------------------------------------------------


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the templates inside a package, where an installed stripgen looks first."""
    folder = tmp_path / "stripgen" / "templates"
    shutil.copytree(ROOT / "templates", folder)
    monkeypatch.setattr(data, "_PACKAGE", folder.parent)
    return folder


def test_templates_are_found_in_the_package_first_and_in_the_checkout_else(templates: Path) -> None:
    assert template_folder() == templates
    shutil.rmtree(templates)

    assert template_folder() == templates.parent.parent / "templates"


@pytest.mark.usefixtures("templates")
def test_a_template_is_read_as_its_model() -> None:
    stock = load_template("stocks", "a4-strip-28", Stock)

    assert (stock.columns, stock.rows) == (4, 7)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read \\(No such file or directory\\); install stripgen again"),
        (b"\xff", "is not a TOML text file"),
        (b"schema = 1\nrows = ", "is not a TOML text file"),
        (b"schema = 1\n", "id: is missing; it must be given"),
        (b"schema = 2\n", "schema: 2 is out of range"),
        (b"schema = 1\ncolums = 4\n", "colums: unknown key \\(did you mean columns\\?\\)"),
    ],
)
def test_a_template_that_is_missing_or_wrong_is_a_data_error(
    content: bytes | None, words: str, templates: Path
) -> None:
    path = templates / "stocks" / "a4-strip-28.toml"
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(DataInvalid, match=words) as caught:
        load_template("stocks", "a4-strip-28", Stock)

    assert caught.value.exit_code == 4
    assert all(line.startswith(f"{path}: ") for line in caught.value.lines())


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not text"])
def test_an_order_form_that_cannot_be_read_is_a_data_error(content: bytes | None, templates: Path) -> None:
    path = templates / "order-form.toml"
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(DataInvalid) as caught:
        load_order_form()

    assert caught.value.source == str(path)
