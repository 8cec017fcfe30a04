"""Turns what pydantic found in a file into lines a person can act on: path, what is wrong, what is allowed."""

import difflib
import re
import types
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stripgen.domain.fields import shown
from stripgen.domain.privacy import is_private, quote
from stripgen.errors import Problem


def describe_problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return one problem for each fault, in the order of the file's tables.

    Args:
        error: What validating raised.
        model: The model that was validated, to name the keys it knows.
    """
    return [_problem(fault, model) for fault in error.errors(include_url=False)]


def _problem(fault: ErrorDetails, model: type[BaseModel]) -> Problem:
    where = path_of(fault["loc"])
    if fault["type"] == "extra_forbidden":
        return _unknown_key(where, str(fault["loc"][-1]), _keys_at(model, fault["loc"][:-1]))
    return Problem(where, _what(fault, where, model))


def path_of(location: tuple[int | str, ...]) -> str:
    """Return a location as the file's reader counts it.

    >>> path_of(("compounding", "unit", 0, "strength_mg"))
    'compounding.unit[1].strength_mg'
    """
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{_key(part)}"
    return path.removeprefix(".")


def _key(key: str) -> str:
    """Return a key as it stands, unless it is none that a file of ours has: it may be a patient's name in quotes."""
    return key if re.fullmatch(r"[\w-]{1,40}", key) else "(a key)"


def _what(fault: ErrorDetails, where: str, model: type[BaseModel]) -> str:
    found = quote(where, shown(fault["input"]))
    match fault["type"]:
        case "stripgen":
            told = fault["ctx"]
            return f"{quote(where, told['found'])} {told['what']}" if "found" in told else str(told["what"])
        case "missing":
            return "is missing; it must be given"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{found} is not a table; write it as a table with keys"
        case "tuple_type":
            return _not_a_list(fault, found, model)
        case _:
            return f"{found} is not allowed; {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _not_a_list(fault: ErrorDetails, found: str, model: type[BaseModel]) -> str:
    if isinstance(fault["input"], dict) and _model_at(model, fault["loc"]) is not None:
        return f"is not a list but one table; write it with double brackets, once for each: [[{path_of(fault['loc'])}]]"
    return f"{found} is not a list; write one table (or value) after the other"


def _unknown_key(where: str, key: str, allowed: list[str]) -> Problem:
    close = difflib.get_close_matches(key, allowed, n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    if is_private(where) and not re.fullmatch(r"[a-z_]{1,40}", key):  # it may be the patient's name itself
        where = "patient.(a key)"
    return Problem(where, f"unknown key{meant}; allowed here: {', '.join(allowed)}")


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    within = _model_at(model, location)
    return [] if within is None else [field.alias or name for name, field in within.model_fields.items()]


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the table that stands at a place, or of which a list stands there; None where none does."""
    for part in location:
        if isinstance(part, int):
            continue
        field = next(f for name, f in model.model_fields.items() if part in (name, f.alias))
        inner = model_within(field.annotation)
        if inner is None:
            return None
        model = inner
    return model


def model_within(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type of any shape
    """Return the table a field holds: itself, or inside `| None` or `tuple[..., ...]`."""
    if get_origin(annotation) in {tuple, dict, Union, types.UnionType}:
        return next(filter(None, map(model_within, get_args(annotation))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
