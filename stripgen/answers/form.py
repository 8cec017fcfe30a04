"""Answers written into the commented order form."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stripgen.domain.quantity import plain


def fill_form(form: str, answers: Mapping[str, Any]) -> str:
    """Return the order form with the answers in place; what was not answered stays as a comment.

    Args:
        form: The commented form, with `key = {{table.key}}` where an answer belongs.
        answers: Raw values by path.
    """
    lines = [_fill_line(line, answers) for line in form.splitlines()]
    return "\n".join(lines) + "\n"


def _fill_line(line: str, answers: Mapping[str, Any]) -> str:
    if header := re.fullmatch(r"\[(\w+)\]", line):
        answered = any(path.startswith(f"{header[1]}.") for path in answers)
        return line if answered else f"# {line}"
    if field := re.fullmatch(r"(\w+) = \{\{([\w.]+)\}\}", line):
        return f"{field[1]} = {_literal(answers[field[2]])}" if field[2] in answers else f"# {field[1]} ="
    if line == "{{compounding.unit}}":
        return "".join(_unit_table(unit) for unit in answers.get("compounding.unit", ()))
    return line


def _unit_table(unit: Mapping[str, Any]) -> str:
    rows = "\n".join(f"{key} = {_literal(value)}" for key, value in unit.items())
    return f"\n[[compounding.unit]]\n{rows}\n"


def _literal(value: object) -> str:
    """Return a value as TOML writes it; JSON's strings are TOML's basic strings."""
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if isinstance(value, int | dt.date) else json.dumps(value, ensure_ascii=False)
