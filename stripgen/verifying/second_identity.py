"""What tells one plan from another: its hash, its id and the codes on its pouches, found a second time.

design.md, section 6; the code with its check character: ISO/IEC 7064, MOD 37,36.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from stripgen.domain.formulary import Curve
from stripgen.domain.order import Order
from stripgen.domain.quantity import plain
from stripgen.verifying.expected import Pieces

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What is not in a pouch, so that it changes no id: the approval, and what the pharmacy knows when it prints.
_LEFT_OUT = {"approval", "dispensing", "batch", "record"}
_LEFT_OUT_OF = {
    "patient": {"language"},
    "pharmacy": {"language", "profile", "approval"},
    "compounding": {"appearance"},
}
_LEFT_OUT_OF_UNITS = {"appearance"}


def plan_hash(order: Order, curve: Curve | None, pouches: Iterable[tuple[dt.date, Decimal, Iterable[Pieces]]]) -> str:
    """Return `sha256:…` over the order as far as it could harm, the curve, and every day's date, dose and units."""
    content = {
        "order": _what_counts(order.model_dump(by_alias=True, exclude_defaults=True)),
        "curve": None if curve is None else _numbers_of(curve),
        "days": [
            [date, dose_mg, [[piece.strength_mg, piece.form, piece.count, piece.divided_into] for piece in units]]
            for date, dose_mg, units in pouches
        ],
    }
    text = json.dumps(_as_text(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def plan_id(of_hash: str) -> str:
    """Return the first 40 bits of a plan hash in Crockford base 32: `K7QF-3MZX`."""
    bits = format(int(of_hash.removeprefix("sha256:"), 16), "0256b")[:40]
    letters = "".join(_CROCKFORD[int(bits[place : place + 5], 2)] for place in range(0, 40, 5))
    return letters[:4] + "-" + letters[4:]


def pouch_code(printed_id: str, strip: int, day: int) -> str:
    """Return the plain code on a pouch, `SG1-K7QF3MZX-0001-0017-W`: plan, strip, day, and a check character."""
    parts = ["SG1", printed_id.replace("-", ""), format(strip, "04"), format(day, "04")]
    return "-".join([*parts, _check_character("".join(parts))])


def _check_character(text: str) -> str:
    """Return the character that makes the whole come to 1, as ISO/IEC 7064 checks it."""
    for character in _CODE_CHARACTERS:
        product = 36
        for value in map(_CODE_CHARACTERS.index, text):
            total = (product + value) % 36 or 36
            product = total * 2 % 37
        if (product + _CODE_CHARACTERS.index(character)) % 36 == 1:
            return character
    raise AssertionError("one of the 36 characters always comes to 1")


def _numbers_of(curve: Curve) -> dict[str, Any]:
    return {
        "id": curve.id,
        "emax_percent": curve.emax_percent,
        "ed50_mg": curve.ed50_mg,
        "hill": curve.hill,
        "target": curve.target,
    }


def _what_counts(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an order without what is not in a pouch; a table with nothing left in it is left out."""
    counting = {}
    for name, table in tables.items():
        if name in _LEFT_OUT:
            continue
        left = _without(table, _LEFT_OUT_OF[name]) if name in _LEFT_OUT_OF else table
        if name == "compounding" and "unit" in left:
            left["unit"] = [_without(unit, _LEFT_OUT_OF_UNITS) for unit in left["unit"]]
        if left != {}:
            counting[name] = left
    return counting


def _without(table: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _as_text(value: Any) -> Any:  # noqa: ANN401 - whatever an order holds
    """Return a value with exact numbers and dates as text: 20 and 20.0 are the same dose."""
    if isinstance(value, Mapping):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(inner) for inner in value]
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, dt.date) else value
