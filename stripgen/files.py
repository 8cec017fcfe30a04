"""The only disk access: TOML in, finished files out, all or nothing."""

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from stripgen.domain.fields import Table
from stripgen.domain.formulary import Curve, Drug, Formulary
from stripgen.domain.problems import describe_problems
from stripgen.errors import DataInvalid, OrderUnreadable, OutputExists, OutputNotWritten, Problem

_PACKAGE = Path(__file__).resolve().parent
_LARGEST_ORDER_BYTES = 1_000_000

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


def _parse_toml(content: bytes) -> dict[str, Any]:
    """Return parsed TOML; a byte-order mark, as some editors write it, is passed over.

    Raises:
        ValueError: Not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"), parse_float=_exact)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError as error:
        raise ValueError(f"{digits} is not a number that can be computed with") from error


def load_formulary() -> Formulary:
    """Return all drugs and curves that stripgen knows.

    Raises:
        DataInvalid: A formulary file is missing, wrong or contradicts itself.
    """
    folder = _PACKAGE / "formulary"
    drugs_file, curves_file = _load_data(folder / "drugs.toml"), _load_data(folder / "curves.toml")
    source = drugs_file["source"]
    drugs = {
        name: _checked(Drug, {"name": name, "source": source, **facts}, folder / "drugs.toml", f"drug.{name}")
        for name, facts in drugs_file["drug"].items()
    }
    curves = [
        _checked(Curve, raw, folder / "curves.toml", f"curve[{number}]")
        for number, raw in enumerate(curves_file["curve"], start=1)
    ]
    _refuse_contradictions(drugs, curves, folder / "curves.toml")
    return Formulary(drugs, {curve.id: curve for curve in curves})


def _refuse_contradictions(drugs: Mapping[str, Drug], curves: list[Curve], path: Path) -> None:
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
    return _checked(model, _load_data(path), path, "")


def load_order_form() -> str:
    """Return the text of the commented order form that `stripgen new` fills in."""
    path = template_folder() / "order-form.toml"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataInvalid(
            [Problem("", f"cannot be read ({error.strerror}); install stripgen again")], str(path)
        ) from error


def _load_data(path: Path) -> dict[str, Any]:
    try:
        return _parse_toml(path.read_bytes())
    except OSError as error:
        raise DataInvalid(
            [Problem("", f"cannot be read ({error.strerror}); install stripgen again")], str(path)
        ) from error
    except ValueError as error:
        raise DataInvalid([Problem("", f"is not a TOML text file: {error}")], str(path)) from error


def _checked(model: type[AnyTable], raw: Mapping[str, Any], path: Path, where: str) -> AnyTable:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = [
            Problem(f"{where}.{problem.where}".strip("."), problem.what) for problem in describe_problems(error, model)
        ]
        raise DataInvalid(problems, str(path)) from error


def write_files(folder: Path, contents: Mapping[str, bytes], *, force: bool) -> list[Path]:
    """Put finished files in a folder, all or none, readable by their owner only.

    Each is written under a temporary name first and moved into place when all are complete.

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
    if not force:
        refuse_existing(paths)
    parts = [path.with_name(f".{path.name}.{os.getpid()}.part") for path in paths]
    placed: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, content in zip(parts, contents.values(), strict=True):
            _write_synced(part, content)
        for part, path in zip(parts, paths, strict=True):
            fresh = not path.exists()
            part.replace(path)
            if fresh:
                placed.append(path)
    except OSError as error:
        _remove([*parts, *placed])
        problem = Problem("", f"cannot be written ({error.strerror}); nothing was left there")
        raise OutputNotWritten([problem], str(folder)) from error
    except BaseException:  # interrupted: leave nothing behind, then go on stopping
        _remove([*parts, *placed])
        raise
    return paths


def refuse_existing(paths: list[Path]) -> None:
    """Stop if a file is there already.

    Raises:
        OutputExists: Naming those that are.
    """
    there = [Problem("", "is there already; --force replaces it") for path in paths if path.exists()]
    if there:
        names = ", ".join(str(path) for path in paths if path.exists())
        raise OutputExists(there[:1], names)


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
