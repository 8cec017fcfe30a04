"""From the bytes of a TOML file to what a model says of them."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from stripgen.domain.fields import Table, shown
from stripgen.domain.privacy import PATIENT_KEYS
from stripgen.domain.problems import describe_problems
from stripgen.errors import DataInvalid

AnyTable = TypeVar("AnyTable", bound=Table)

_NO_NUMBER = "it has what is not a number that can be computed with"


def parse_toml(content: bytes) -> dict[str, Any]:
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
    except ValueError as error:  # Python reads no whole number of thousands of digits
        raise ValueError(_NO_NUMBER) from error


_SLIPS = (
    (r"=\s*\d+,\d", "a decimal point, not a comma: 0.5"),
    (r"=\s*\d{1,2}[-./]\d{1,2}[-./]\d{4}", "a date is year-month-day: 2026-12-31"),
    (r"=\s*\d{4}-\d{2}-\d{2}\s*(#|$)", "there is no such date"),
    (r"=\s*[^\W\d]", "text stands in quotes"),
)


def _quote_line(text: str, told: str) -> str:
    """Return the line a parser could not read, unless it may be of a patient, and what was probably meant."""
    at = re.search(r"at line (\d+)", told)
    lines = text.splitlines()
    if at is None or int(at[1]) > len(lines):
        return ""
    before = lines[: int(at[1])]
    line = before[-1].strip()
    meant = next((f"; {meant}" for pattern, meant in _SLIPS if re.search(pattern, line)), "")
    return meant if _may_be_of_a_patient(before) else f": {shown(line)}{meant}"


def _may_be_of_a_patient(lines: list[str]) -> bool:
    """Return whether the last of these lines may hold what is a patient's: in a file this broken, nearly any may."""
    key = re.match(r"\s*([A-Za-z_]+)\s*=[^=#\"']*$", lines[-1])
    tables = [table for line in lines if (table := re.match(r"\s*\[+\s*([\w.]*)", line))]
    return key is None or key[1] in PATIENT_KEYS or not tables or tables[-1][1] in {"", "patient"}


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError as error:
        raise ValueError(_NO_NUMBER) from error


def checked(model: type[AnyTable], raw: Mapping[str, Any], path: Path) -> AnyTable:
    """Return what a data file says, as its model.

    Raises:
        DataInvalid: It says something that is not allowed.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise DataInvalid(describe_problems(error, model), str(path)) from error
