"""Tables as JSON holds them: exact numbers and dates are strings there, so that nothing is lost, and back."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from pydantic import BaseModel

from stripgen.domain.problems import model_within
from stripgen.domain.quantity import plain


def to_json(value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """Return a part of a dumped table as JSON holds it: exact numbers and dates as strings."""
    match value:
        case dict():
            return {key: to_json(inner) for key, inner in value.items()}
        case tuple():
            return [to_json(inner) for inner in value]
        case Decimal():
            return plain(value)
        case dt.date():
            return value.isoformat()
        case _:
            return value


def from_json(value: Any, model: type[BaseModel]) -> Any:  # noqa: ANN401 - a part of a file, of any shape
    """Return a table with numbers and dates in place of the strings that stand for them; the rest as it is.

    Args:
        value: What `to_json` returned of it, or whatever else a file holds in its place.
        model: What the table is to be checked as. It checks; this only decodes.
    """
    if isinstance(value, list):
        return [from_json(inner, model) for inner in value]
    if not isinstance(value, Mapping):
        return value
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    exact = dict(value)
    for key, field in fields.items():
        if key in exact:
            inner = model_within(field.annotation)
            kinds = set(_kinds(field.annotation))
            exact[key] = from_json(exact[key], inner) if inner else _leaf(exact[key], kinds)
    return exact


def _kinds(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type of any shape
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part)


def _leaf(value: Any, kinds: set[Any]) -> Any:  # noqa: ANN401 - whatever stands in the file
    if isinstance(value, list):
        return tuple(_leaf(inner, kinds) for inner in value)
    if not isinstance(value, str):
        return value
    try:
        if Decimal in kinds:
            return Decimal(value)
        if dt.date in kinds:
            return dt.date.fromisoformat(value)
    except (InvalidOperation, ValueError):
        return value  # the order's own checks say what is wrong with it
    return value
