"""What all tests share: the formulary, and an honest account of how much was compared."""

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from looking import Picture, compare_with_kept, renew_picture
from orders import FORMULARY

from stripgen.domain.formulary import Formulary

# a busy machine is no failure
settings.register_profile("stripgen", deadline=None)
settings.load_profile("stripgen")

Account = dict[str, Counter[str]]
Tables = dict[str, dict[str, Counter[str]]]  # by title, then by row; a column for each thing that is counted

_ACCOUNT = pytest.StashKey[Account]()
_TABLES = pytest.StashKey[Tables]()


def pytest_configure(config: pytest.Config) -> None:
    account: Account = defaultdict(Counter)
    config.stash[_ACCOUNT] = account
    tables: Tables = defaultdict(lambda: defaultdict(Counter))
    config.stash[_TABLES] = tables


@pytest.fixture(scope="session")
def formulary() -> Formulary:
    """Return all drugs and curves."""
    return FORMULARY


@pytest.fixture
def compared(request: pytest.FixtureRequest) -> Counter[str]:
    """Return a count of what the test compared, by kind; it is printed after the run, as far as the test came."""
    return request.config.stash[_ACCOUNT][request.node.name]


@pytest.fixture
def tables(request: pytest.FixtureRequest) -> Tables:
    """Return tables of counts that several tests fill; they are printed after the run, as far as the tests came."""
    return request.config.stash[_TABLES]


# Several processes may share the tests (pytest -n 2 --dist loadfile): each sends what it counted to the one printing.


def pytest_sessionfinish(session: pytest.Session) -> None:
    sent = getattr(session.config, "workeroutput", None)
    if sent is not None:
        sent["account"] = {name: dict(counts) for name, counts in session.config.stash[_ACCOUNT].items()}
        sent["tables"] = {
            title: {row: dict(counts) for row, counts in rows.items()}
            for title, rows in session.config.stash[_TABLES].items()
        }


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    sent = getattr(node, "workeroutput", {})
    for name, counts in sent.get("account", {}).items():
        node.config.stash[_ACCOUNT][name].update(counts)
    for title, rows in sent.get("tables", {}).items():
        for row, counts in rows.items():
            node.config.stash[_TABLES][title][row].update(counts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, counts in config.stash[_ACCOUNT].items():
        terminalreporter.section(name)
        for kind, count in sorted(counts.items()):
            terminalreporter.line(f"{count:>10,}  {kind}")
    for title, rows in config.stash[_TABLES].items():
        terminalreporter.section(title)
        kinds, margin = sorted(set().union(*rows.values())), max(map(len, rows))
        terminalreporter.line("  ".join([" " * margin, *kinds]))
        for row, counts in sorted(rows.items()):
            numbers = [f"{counts[kind]:>{len(kind)},}" for kind in kinds]
            terminalreporter.line("  ".join([f"{row:<{margin}}", *numbers]))


# --- golden text: `pytest --renew-golden` rewrites tests/golden/*.txt; read the difference before you keep it ---------

GOLDEN = Path(__file__).parent / "golden"
SameAsGolden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="rewrite tests/golden/*.txt from what is printed now")
    parser.addoption(
        "--renew-pictures", action="store_true", help="draw tests/pictures/*.png anew from what is printed"
    )


@pytest.fixture
def same_as_golden(request: pytest.FixtureRequest) -> SameAsGolden:
    """Return a check that text is the text of `golden/NAME.txt`, or becomes it under --renew-golden."""

    def check(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if request.config.getoption("--renew-golden"):
            GOLDEN.mkdir(exist_ok=True)
            file.write_text(text + "\n", encoding="utf-8")
        assert text.splitlines() == file.read_text(encoding="utf-8").splitlines(), f"see {file}"

    return check


# --- kept pictures: `pytest --renew-pictures` draws tests/pictures/*.png anew; look at each that changed --------------

PICTURES = Path(__file__).parent / "pictures"
SameAsKept = Callable[[str, Picture], None]


@pytest.fixture
def same_as_kept(request: pytest.FixtureRequest, tmp_path: Path) -> SameAsKept:
    """Return a check that a page looks as `pictures/NAME.png`, or becomes it under --renew-pictures."""

    def check(name: str, picture: Picture) -> None:
        file = PICTURES / f"{name}.png"
        if request.config.getoption("--renew-pictures"):
            renew_picture(picture, file)
        compare_with_kept(picture, file, tmp_path)

    return check
