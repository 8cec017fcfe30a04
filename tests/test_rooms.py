"""The rooms of the house: who may know whom, who may use which library, who reads the clock and the disk."""

import ast
import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import stripgen.answers
import stripgen.checking
import stripgen.domain
import stripgen.planning
import stripgen.register
import stripgen.verifying

PACKAGE = Path(__file__).parent.parent / "stripgen"

# Each room and the rooms it may import, itself aside. A new room is entered here, so that its place is decided.
MAY_IMPORT = {
    "": set[str](),  # stripgen/__init__.py: the version only
    "errors": {""},
    "domain": {"", "errors"},
    "planning": {"", "domain", "errors"},
    "rendering": {"", "domain", "errors"},
    "checking": {"", "domain", "errors"},
    "files": {"", "domain", "errors"},
    "answers": {"", "planning", "domain", "errors"},
    "verifying": {"", "domain", "errors"},
    "register": {"", "domain", "errors"},
    "signing": {"", "verifying", "domain", "errors"},
    "orders": {"", "answers", "verifying", "planning", "files", "domain", "errors"},
    # planning, for the dates that label rules come to
    "papers": {"", "orders", "answers", "planning", "rendering", "checking", "files", "domain", "errors"},
    "registers": {"", "register", "answers", "files", "domain", "errors"},
    "releases": {
        "",
        "registers",
        "papers",  # which of them has the labels
        "orders",
        "register",
        "verifying",
        "planning",
        "rendering",
        "checking",
        "files",
        "domain",
        "errors",
    },
    # holds papers against a second layout, too: the only room that knows both verifying and rendering
    "proof": {"", "papers", "verifying", "planning", "rendering", "files", "domain", "errors"},
    "commands": {
        "",
        "proof",
        "releases",
        "registers",
        "orders",
        "register",
        "signing",
        "verifying",
        "papers",
        "answers",
        "planning",
        "rendering",
        "checking",
        "files",
        "domain",
        "errors",
    },
    "cli": {"", "commands", "errors"},
    "__main__": {"cli"},
}
ONLY_IN = {
    "numpy": {"planning", "verifying"},  # a second optimum under limits
    "reportlab": {"rendering"},
    "openpyxl": {"rendering"},
    "pystrich": {"rendering"},
    "babel": {"rendering", "checking", "verifying"},  # names of months, printed and read over
    "icalendar": {"rendering"},
    "click": {"cli", "commands"},
    "pydantic": {"domain", "planning", "files"},
    "os": {"files"},
    "shutil": {"files"},
    "fontpkg_fira_sans": {"rendering"},
    "fontpkg_noto_sans_arabic": {"rendering"},
    "pylopdf_fonts_he": {"rendering"},
    "fontTools": {"rendering"},
    "arabic_reshaper": {"rendering"},
    "bidi": {"rendering"},
    "pikepdf": {"verifying"},
    "pyhanko": {"signing", "verifying"},
    "pyhanko_certvalidator": {"verifying"},
    "asn1crypto": {"signing", "verifying"},  # pyHanko's own form of certificates
    "pypdfium2": {"verifying"},
    "python_calamine": {"verifying"},
    "zxingcpp": {"verifying"},
    "sqlalchemy": {"register"},
    "sqlite3": {"register"},
    "zipfile": {"rendering", "verifying"},
    "tempfile": {"files"},
    "tomllib": {"files"},
    "time": set[str](),
    "random": set[str](),
}
DISK_CALLS = {"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rmdir", "touch", "rename"}
CLOCK_CALLS = {"today", "now", "utcnow"}


@dataclass(frozen=True)
class Source:
    """A module: its dotted name below stripgen and its text as a tree."""

    name: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]


def sources() -> list[Source]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts).removesuffix("__init__").removesuffix(".")
        found.append(Source(name, ast.parse(path.read_text("utf-8"))))
    return found


SOURCES = sources()
every_module = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name or "stripgen")


def imports_of(source: Source) -> Iterator[str]:
    """Yield the dotted name of everything a module imports, wherever in it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name} has a relative import: {ast.unparse(node)}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_of(source: Source) -> set[str]:
    """Return the other rooms that a module imports; names in stripgen/__init__.py are in the room ""."""
    below = [name.split(".")[1] for name in imports_of(source) if name.split(".")[0] == "stripgen" and "." in name]
    return {name if name in MAY_IMPORT else "" for name in below} - {source.room}


def wrong_imports(source: Source) -> set[str]:
    return rooms_of(source) - MAY_IMPORT[source.room]


def wrong_libraries(source: Source) -> set[str]:
    libraries = {name.split(".")[0] for name in imports_of(source)}
    return {library for library in libraries & set(ONLY_IN) if source.room not in ONLY_IN[library]}


def calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def clock_calls(source: Source) -> list[str]:
    return [
        ast.unparse(call)
        for call in calls(source)
        if isinstance(call.func, ast.Attribute) and call.func.attr in CLOCK_CALLS
    ]


def disk_calls(source: Source) -> list[str]:
    return [
        ast.unparse(call)
        for call in calls(source)
        if (isinstance(call.func, ast.Name) and call.func.id == "open")
        or (isinstance(call.func, ast.Attribute) and call.func.attr in DISK_CALLS)
        or (isinstance(call.func, ast.Attribute) and call.func.attr == "open" and names_a_path(call.func.value))
    ]


def names_a_path(value: ast.expr) -> bool:
    """Return whether `value.open()` opens a file on disk: a zip in memory has an `open` too."""
    words = ast.unparse(value).lower()
    return words in {"os", "io", "codecs"} or any(word in words for word in ("path", "folder"))


# --- the promises ----------------------------------------------------------------------------------------------------


def test_every_module_stands_in_a_known_room() -> None:
    assert {source.room for source in SOURCES} <= set(MAY_IMPORT)
    assert {"errors", "domain", "planning", "files"} <= {source.room for source in SOURCES}


@every_module
def test_dependencies_point_one_way(source: Source) -> None:
    assert not wrong_imports(source)


@every_module
def test_a_library_is_used_only_in_its_room(source: Source) -> None:
    assert not wrong_libraries(source)


@every_module
def test_only_the_command_line_reads_the_clock(source: Source) -> None:
    assert source.room in {"commands", "orders"} or not clock_calls(source)


@every_module
def test_only_files_touches_the_disk(source: Source) -> None:
    assert source.room == "files" or not disk_calls(source)


def test_no_room_can_reach_itself_through_others() -> None:
    apart = {"planning", "rendering", "checking"}
    assert not apart & set().union(*(MAY_IMPORT[room] for room in apart))
    placed: set[str] = set()
    for room, below in MAY_IMPORT.items():
        assert below <= placed
        placed.add(room)


# --- the promises can be broken --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "room"),
    [
        ("planning.taper", "from stripgen.rendering.words import format_dose", "rendering"),
        ("rendering.words", "from stripgen.planning import taper", "planning"),
        ("rendering.words", "import stripgen.planning.taper", "planning"),
        ("rendering.words", "def f():\n    from stripgen import planning", "planning"),
        ("domain.plan", "from stripgen.files import load_formulary", "files"),
        ("domain.plan", "from stripgen import files", "files"),
        ("errors", "from stripgen.domain.plan import Plan", "domain"),
        ("checking.reading_rules", "from stripgen.rendering.words import format_dose", "rendering"),
        ("checking.reading_rules", "from stripgen.planning import taper", "planning"),
        ("rendering.words", "from stripgen.checking import reading_rules", "checking"),
        ("planning.taper", "from stripgen.files import load_formulary", "files"),
        ("files", "from stripgen.cli import main", "cli"),
        ("planning.taper", "from stripgen.orders import plan_of", "orders"),
    ],
)
def test_an_import_the_wrong_way_is_noticed(name: str, text: str, room: str) -> None:
    assert wrong_imports(Source(name, ast.parse(text))) == {room}


@pytest.mark.parametrize(
    ("name", "text", "library"),
    [
        ("rendering.words", "import numpy as np", "numpy"),
        ("domain.plan", "from numpy.typing import NDArray", "numpy"),
        ("planning.taper", "from reportlab.lib.units import mm", "reportlab"),
        ("files", "def f():\n    import openpyxl", "openpyxl"),
        ("planning.taper", "import click", "click"),
        ("rendering.words", "from time import time", "time"),
    ],
)
def test_a_library_in_the_wrong_room_is_noticed(name: str, text: str, library: str) -> None:
    assert wrong_libraries(Source(name, ast.parse(text))) == {library}


@pytest.mark.parametrize("text", ["dt.date.today()", "date.today()", "datetime.now(UTC)", "[date.today() for _ in y]"])
def test_a_look_at_the_clock_is_noticed(text: str) -> None:
    assert clock_calls(Source("planning.taper", ast.parse(text)))


@pytest.mark.parametrize("text", ["open('x')", "path.open('rb')", "Path('x').open()", "p.read_text()", "os.open(p, 0)"])
def test_a_touch_of_the_disk_is_noticed(text: str) -> None:
    assert disk_calls(Source("planning.taper", ast.parse(text)))


# --- examples in docstrings ------------------------------------------------------------------------------------------


EXAMPLES_IN = (
    stripgen.answers,
    stripgen.checking,
    stripgen.domain,
    stripgen.planning,
    stripgen.register,
    stripgen.verifying,
)


def modules_with_examples() -> list[ModuleType]:
    names = ["stripgen.rendering.words", "stripgen.rendering.register_text"]
    for package in EXAMPLES_IN:
        names += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [importlib.import_module(name) for name in names]


def test_the_examples_in_the_docstrings_are_true() -> None:
    results = {module.__name__: doctest.testmod(module) for module in modules_with_examples()}

    assert not {name: result for name, result in results.items() if result.failed}
    for name in (
        "stripgen.rendering.words",
        "stripgen.answers.questions",
        "stripgen.domain.quantity",
        "stripgen.domain.code",
        "stripgen.checking.reading_rules",
    ):
        assert results[name].attempted > 0
