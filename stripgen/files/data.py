"""What stripgen brings: formulary, templates and wording, and which of them a paper was made with."""

import hashlib
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stripgen.domain.fields import shown
from stripgen.domain.formulary import Curve, CurvesFile, Drug, DrugsFile, Formulary
from stripgen.domain.profile import Profile
from stripgen.domain.stock import Stock
from stripgen.domain.wording import Language, Wording, find_gaps
from stripgen.errors import DataInvalid, Problem
from stripgen.files.reading import load_own_file
from stripgen.files.toml import AnyTable, checked, parse_toml

_PACKAGE = Path(__file__).resolve().parents[1]
# Plain paper of the strip plan, for pouches and for strips
_PLAIN_POUCHES = {"A4": "a4-strip-28", "Letter": "letter-strip-28"}
_PLAIN_STRIPS = {"A4": "a4-strip-labels-6", "Letter": "letter-strip-labels-6"}
_USUAL_PROFILE = "generic"
_WRITERS = ("babel", "fontpkg-fira-sans", "openpyxl", "pystrich", "reportlab")


def load_formulary() -> Formulary:
    """Return all drugs and curves that stripgen knows.

    Raises:
        DataInvalid: A formulary file is missing, wrong or contradicts itself.
    """
    folder = _PACKAGE / "formulary"
    drugs_path, curves_path = folder / "drugs.toml", folder / "curves.toml"
    file = checked(DrugsFile, _load_data(drugs_path), drugs_path)
    curves = checked(CurvesFile, _load_data(curves_path), curves_path).curve
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
    return checked(model, _load_data(path), path)


def load_wording(language: Language) -> Wording:
    """Return the phrases of a language, as complete as the English ones.

    Args:
        language: Its file is `wording/<language>.toml`.

    Raises:
        DataInvalid: Missing, wrong, of another language, or with other phrases or places than the English ones.
    """
    folder = template_folder() / "wording"
    path = folder / f"{language}.toml"
    wording = _wording_in(path)
    problems = []
    if wording.language != language:
        problems.append(Problem("language", f"is {wording.language!r}, but the file is named for {language!r}"))
    if language != "en":
        problems += find_gaps(wording, _wording_in(folder / "en.toml"))
    if problems:
        raise DataInvalid(problems, str(path))
    return wording


@cache
def _wording_in(path: Path) -> Wording:
    """Return the phrases in a file, read once: the terminal, the papers and the check for gaps share them."""
    return checked(Wording, _load_data(path), path)


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
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DataInvalid([Problem("", f"cannot be read ({why}); install stripgen again")], str(path)) from error


def _load_data(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_bytes())
    except OSError as error:
        raise DataInvalid(
            [Problem("", f"cannot be read ({error.strerror}); install stripgen again")], str(path)
        ) from error
    except ValueError as error:
        raise DataInvalid([Problem("", f"is not a TOML text file: {error}")], str(path)) from error
