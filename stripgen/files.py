"""The only disk access: TOML in, finished files out, all or nothing."""

import contextlib
import errno
import hashlib
import os
import platform
import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from stripgen.domain.fields import Table, shown
from stripgen.domain.formulary import Curve, CurvesFile, Drug, DrugsFile, Formulary
from stripgen.domain.problems import describe_problems
from stripgen.domain.profile import Profile
from stripgen.domain.stock import Stock
from stripgen.domain.wording import Language, Wording, find_gaps
from stripgen.errors import (
    DataInvalid,
    OrderInvalid,
    OrderUnreadable,
    OutputExists,
    OutputNotWritten,
    PlanFileInvalid,
    Problem,
)

_PACKAGE = Path(__file__).resolve().parent
_LARGEST_ORDER_BYTES = 1_000_000
_LARGEST_PAPER_BYTES = 50_000_000
_SHOWN_PATH = 200
_OF_DISPENSING = {"schema", "dispensing", "batch"}
# Plain paper of the strip plan, for pouches and for strips
_PLAIN_POUCHES = {"A4": "a4-strip-28", "Letter": "letter-strip-28"}
_PLAIN_STRIPS = {"A4": "a4-strip-labels-6", "Letter": "letter-strip-labels-6"}
_USUAL_PROFILE = "generic"
_WRITERS = ("babel", "fontpkg-fira-sans", "openpyxl", "pystrich", "reportlab")
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}

AnyTable = TypeVar("AnyTable", bound=Table)


def load_order_file(path: Path) -> dict[str, Any]:
    """Return the tables and keys of an order file, numbers exact (int or Decimal).

    Raises:
        OrderUnreadable: Missing, not a file, too large, not UTF-8 or not TOML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_ORDER_BYTES + 1)
        if len(content) > _LARGEST_ORDER_BYTES:
            raise OrderUnreadable([Problem("", "is larger than 1 MB; an order file is a page of text")], str(path))
        return _parse_toml(content)
    except OSError as error:
        raise OrderUnreadable(
            [Problem("", f"cannot be read ({error.strerror}); give the path of an order file")], str(path)
        ) from error
    except ValueError as error:
        raise OrderUnreadable([Problem("", f"is not a TOML text file: {error}")], str(path)) from error


def load_dispensing_file(path: Path) -> dict[str, Any]:
    """Return the tables of a file that says what the pharmacy knows when it prints: `[dispensing]` and `[[batch]]`.

    They stand in place of the order's own; what is in them is checked with the order.

    Raises:
        OrderUnreadable: Missing, not a file, too large, not UTF-8 or not TOML.
        OrderInvalid: It has other tables.
    """
    raw = load_order_file(path)
    others = [key for key in raw if key not in _OF_DISPENSING]
    if others:
        what = "does not belong in a file for --dispensing; [dispensing] and [[batch]] only"
        raise OrderInvalid([Problem(key, what) for key in others], str(path))
    return {"dispensing": {}, "batch": [], **{key: value for key, value in raw.items() if key != "schema"}}


def _parse_toml(content: bytes) -> dict[str, Any]:
    """Return parsed TOML; a byte-order mark, as some editors write it, is passed over.

    Raises:
        ValueError: Not UTF-8 or not TOML.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} has a character that is not UTF-8; save the file as UTF-8") from error
    try:
        return tomllib.loads(text, parse_float=_exact)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{error}{_quote_line(text, str(error))}") from error


_SLIPS = (
    (r"=\s*\d+,\d", "a decimal point, not a comma: 0.5"),
    (r"=\s*\d{1,2}[-./]\d{1,2}[-./]\d{4}", "a date is year-month-day: 2026-12-31"),
    (r"=\s*\d{4}-\d{2}-\d{2}\s*(#|$)", "there is no such date"),
    (r"=\s*[^\W\d]", "text stands in quotes"),
)


def _quote_line(text: str, told: str) -> str:
    """Return the line a parser could not read, and what was probably meant."""
    at = re.search(r"at line (\d+)", told)
    lines = text.splitlines()
    if at is None or int(at[1]) > len(lines):
        return ""
    line = lines[int(at[1]) - 1].strip()
    meant = next((f"; {meant}" for pattern, meant in _SLIPS if re.search(pattern, line)), "")
    return f": {shown(line)}{meant}"


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError as error:
        raise ValueError(f"{digits} is not a number that can be computed with") from error


def load_paper(path: Path) -> bytes:
    """Return the bytes of a finished paper or a plan (JSON).

    Raises:
        PlanFileInvalid: Missing, not a file, or too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_PAPER_BYTES + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror}); give the path of a paper or a plan that stripgen made"
        raise PlanFileInvalid([Problem("", what)], str(path)) from error
    if len(content) > _LARGEST_PAPER_BYTES:
        raise PlanFileInvalid([Problem("", "is larger than 50 MB; no paper of stripgen is")], str(path))
    return content


def load_formulary() -> Formulary:
    """Return all drugs and curves that stripgen knows.

    Raises:
        DataInvalid: A formulary file is missing, wrong or contradicts itself.
    """
    folder = _PACKAGE / "formulary"
    drugs_path, curves_path = folder / "drugs.toml", folder / "curves.toml"
    file = _checked(DrugsFile, _load_data(drugs_path), drugs_path)
    curves = _checked(CurvesFile, _load_data(curves_path), curves_path).curve
    drugs = {
        name: Drug(name=name, source=file.source, **facts.model_dump(by_alias=True))
        for name, facts in file.drug.items()
    }
    _refuse_contradictions(drugs, curves, curves_path)
    return Formulary(drugs, {curve.id: curve for curve in curves})


def _refuse_contradictions(drugs: Mapping[str, Drug], curves: tuple[Curve, ...], path: Path) -> None:
    problems = []
    ids = [curve.id for curve in curves]
    defaults = [curve.drug for curve in curves if curve.default]
    for curve in curves:
        if ids.count(curve.id) > 1:
            problems.append(Problem(f"curve {curve.id}", "is there twice; each id once"))
        if curve.drug not in drugs:
            problems.append(Problem(f"curve {curve.id}", f"{curve.drug!r} is not in drugs.toml; add the drug there"))
        if defaults.count(curve.drug) > 1:
            problems.append(Problem(f"curve {curve.id}", f"{curve.drug} has several default curves; one at most"))
    if problems:
        raise DataInvalid(problems, str(path))


def template_folder() -> Path:
    """Return where the templates are: in the installed package, else at the top of the checkout."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def load_template(kind: str, name: str, model: type[AnyTable]) -> AnyTable:
    """Return a checked template file, such as `stocks/a4-strip-28.toml`.

    Args:
        kind: Folder in `templates/`.
        name: File name without `.toml`.
        model: What the file must say.

    Raises:
        DataInvalid: Missing or wrong.
    """
    path = template_folder() / kind / f"{name}.toml"
    return _checked(model, _load_data(path), path)


def load_wording(language: Language, folder: Path | None = None) -> Wording:
    """Return the phrases of a language, as complete as the English ones that come with stripgen.

    Args:
        language: Its file is `wording/<language>.toml`.
        folder: A pharmacy's own templates; those of stripgen unless given.

    Raises:
        DataInvalid: Missing, wrong, of another language, or with other phrases or places than the English ones.
    """
    path = (folder or template_folder()) / "wording" / f"{language}.toml"
    wording = _wording_in(path)
    problems = []
    if wording.language != language:
        problems.append(Problem("language", f"is {wording.language!r}, but the file is named for {language!r}"))
    if folder is not None or language != "en":
        problems += find_gaps(wording, _wording_in(template_folder() / "wording" / "en.toml"))
    if problems:
        raise DataInvalid(problems, str(path))
    return wording


@cache
def _wording_in(path: Path) -> Wording:
    """Return the phrases in a file, read once: the terminal, the papers and the check for gaps share them."""
    return _checked(Wording, _load_data(path), path)


def load_own_file(path: Path, model: type[AnyTable]) -> AnyTable:
    """Return a checked file that stands in for a template, such as a pharmacy's own text for its patients.

    Args:
        path: As the user gave it.
        model: What the file must say.

    Raises:
        DataInvalid: Missing, not a file, too large, not UTF-8, not TOML, or it says something that is not allowed.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_ORDER_BYTES + 1)
        if len(content) > _LARGEST_ORDER_BYTES:
            raise DataInvalid([Problem("", "is larger than 1 MB; a file like this is a page of text")], str(path))
        return _checked(model, _parse_toml(content), path)
    except OSError as error:
        raise DataInvalid(
            [Problem("", f"cannot be read ({error.strerror}); give the path of a file")], str(path)
        ) from error
    except ValueError as error:
        raise DataInvalid([Problem("", f"is not a TOML text file: {error}")], str(path)) from error


def load_stocks() -> list[Stock]:
    """Return every label stock there is a template of, by id.

    Raises:
        DataInvalid: A stock file is wrong.
    """
    return [load_template("stocks", path.stem, Stock) for path in sorted((template_folder() / "stocks").glob("*.toml"))]


def load_stock(name: str, option: str = "--stock") -> Stock:
    """Return a label stock by its id, by another part number of it, or from a pharmacy's own file.

    Args:
        name: An id, or the path of a file that ends with `.toml`.
        option: Where it was asked for.

    Raises:
        DataInvalid: No such stock, or the file is wrong.
    """
    if name.endswith(".toml"):
        return load_own_file(Path(name), Stock)
    stocks = load_stocks()
    for stock in stocks:
        if name in (stock.id, *stock.same_as):
            return stock
    known = ", ".join(stock.id for stock in stocks)
    what = f"{shown(name)} is not a label stock of stripgen; one of {known}, or the path of a .toml file of your own"
    raise DataInvalid([Problem(option, what)])


def load_plain_stock(paper: str, *, strips: bool = False) -> Stock:
    """Return the labels that are cut out of the strip plan's own paper.

    Args:
        paper: `A4` or `Letter`.
        strips: Those for whole strips; else for pouches.
    """
    return load_template("stocks", (_PLAIN_STRIPS if strips else _PLAIN_POUCHES)[paper], Stock)


def load_profiles() -> list[Profile]:
    """Return every profile of label rules there is a template of, by id.

    Raises:
        DataInvalid: A profile file is wrong.
    """
    folder = template_folder() / "profiles"
    return [load_template("profiles", path.stem, Profile) for path in sorted(folder.glob("*.toml"))]


def load_profile(name: str | None, where: str = "--profile") -> Profile:
    """Return a profile of label rules by its id, or from a pharmacy's own file.

    Args:
        name: An id, or the path of a file that ends with `.toml`; None is the one of no country.
        where: It was asked for.

    Raises:
        DataInvalid: No such profile, or the file is wrong.
    """
    if name is None:
        return load_template("profiles", _USUAL_PROFILE, Profile)
    if name.endswith(".toml"):
        return load_own_file(Path(name), Profile)
    profiles = load_profiles()
    for profile in profiles:
        if name == profile.id:
            return profile
    known = ", ".join(profile.id for profile in profiles)
    what = f"{shown(name)} is not a profile of stripgen; one of {known}, or the path of a .toml file of your own"
    raise DataInvalid([Problem(where, what)])


def fingerprints(languages: Iterable[Language]) -> dict[str, str]:
    """Return `sha256:…` of each file of data that papers in these languages are made with, by its path."""
    formulary, wording = _PACKAGE / "formulary", template_folder() / "wording"
    paths = {f"formulary/{name}.toml": formulary / f"{name}.toml" for name in ("curves", "drugs")}
    paths |= {f"templates/wording/{language}.toml": wording / f"{language}.toml" for language in sorted(languages)}
    return {name: f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for name, path in paths.items()}


def library_versions() -> dict[str, str]:
    """Return the version of each library that decides a byte of the papers, and of Python."""
    return {"Python": platform.python_version(), **{name: version(name) for name in _WRITERS}}


def load_order_form() -> str:
    """Return the text of the commented order form that `stripgen new` fills in."""
    path = template_folder() / "order-form.toml"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataInvalid([Problem("", f"cannot be read ({error}); install stripgen again")], str(path)) from error


def _load_data(path: Path) -> dict[str, Any]:
    try:
        return _parse_toml(path.read_bytes())
    except OSError as error:
        raise DataInvalid(
            [Problem("", f"cannot be read ({error.strerror}); install stripgen again")], str(path)
        ) from error
    except ValueError as error:
        raise DataInvalid([Problem("", f"is not a TOML text file: {error}")], str(path)) from error


def _checked(model: type[AnyTable], raw: Mapping[str, Any], path: Path) -> AnyTable:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise DataInvalid(describe_problems(error, model), str(path)) from error


@dataclass(frozen=True, slots=True)
class _Move:
    """One file on its way: written as `part`, moved to `path`; what stood there is kept as `old` meanwhile."""

    path: Path
    part: Path
    old: Path
    replaces: bool


def write_files(folder: Path, contents: Mapping[str, bytes], *, force: bool) -> list[Path]:
    """Put finished files in a folder, all or none, readable by their owner only.

    Each is written under a temporary name first; when all are complete they are moved into place. If one cannot be,
    those before it are taken back, and what they replaced stands there again.

    Args:
        folder: Made if it is not there.
        contents: By file name.
        force: Whether files of those names may be replaced.

    Returns:
        The paths, in the order of `contents`.

    Raises:
        OutputExists: A file is there already and `force` is not set.
        OutputNotWritten: No room, no permission, or the folder is not one.
    """
    paths = [folder / name for name in contents]
    moves: list[_Move] = []
    try:
        if not force:
            refuse_existing(paths)
        folder.mkdir(parents=True, exist_ok=True)
        moves += [_move_to(path) for path in paths]
        for move, content in zip(moves, contents.values(), strict=True):
            _write_synced(move.part, content)
        for move in moves:
            if move.replaces:
                _keep(move)
        for move in moves:
            move.part.replace(move.path)
    except OSError as error:
        raise _not_written(folder, error, _take_back(moves)) from error
    except BaseException:  # interrupted: leave everything as it was, then go on stopping
        _take_back(moves)
        raise
    for move in moves:
        _remove(move.old)
    return paths


def refuse_existing(paths: list[Path]) -> None:
    """Stop if a file is there already.

    Raises:
        OutputExists: Naming those that are.
    """
    try:
        there = [path for path in paths if path.exists()]
    except OSError as error:  # a name too long for the disk
        raise _not_written(paths[0].parent, error) from error
    if there:
        raise OutputExists([Problem("", "is there already; --force replaces it")], ", ".join(map(str, there)))


def _not_written(folder: Path, error: OSError, not_as_before: Sequence[str] = ()) -> OutputNotWritten:
    reason = "it is a file, not a folder" if isinstance(error, FileExistsError) else error.strerror
    left = f"not as before: {', '.join(not_as_before)}" if not_as_before else "nothing was left there"
    return OutputNotWritten([Problem("", f"cannot be written ({reason}); {left}")], _shown(folder))


def _shown(path: Path) -> str:
    text = str(path) if str(path).isprintable() else repr(str(path))
    return text if len(text) <= _SHOWN_PATH else f"{text[: _SHOWN_PATH // 2]}…{text[-_SHOWN_PATH // 2 :]}"


def _move_to(path: Path) -> _Move:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder of that name is there", str(path))
    stem = f".{path.name}.{os.getpid()}"
    return _Move(path, path.with_name(f"{stem}.part"), path.with_name(f"{stem}.old"), path.exists())


def _keep(move: _Move) -> None:
    """Give the file that will be replaced a second name; it never leaves its place before the new one takes it."""
    try:
        move.old.hardlink_to(move.path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        shutil.copy2(move.path, move.old)


def _take_back(moves: list[_Move]) -> list[str]:
    """Put everything back as it was, and return the names of files where the disk refused even that."""
    not_as_before = []
    for move in moves:
        try:
            if move.replaces and move.old.exists():
                move.old.replace(move.path)
                _remove(move.old)  # both names may still be of the same file: then replacing did nothing
            elif not move.replaces and not move.part.exists():
                move.path.unlink(missing_ok=True)
        except OSError:
            not_as_before.append(move.path.name)
        _remove(move.part)
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
