"""What tells one plan from another: its hash, its id, and the codes on its pouches."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from stripgen.domain.formulary import Curve
from stripgen.domain.order import Order
from stripgen.domain.plan import Units
from stripgen.domain.quantity import plain

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_CHARACTERS = 8
_BITS_PER_CHARACTER = 5
_CODE_PREFIX = "SG1"


def hash_plan(order: Order, curve: Curve | None, pouches: Sequence[tuple[dt.date, Decimal, tuple[Units, ...]]]) -> str:
    """Return `sha256:…` over everything a patient could be harmed by.

    Args:
        order: Without its approval and the pharmacy's lot and dates: neither changes what is in a pouch. What it leaves
            to the defaults does not count, so that a key added in a later version changes no id.
        curve: The curve the doses were computed from, if any.
        pouches: Date, dose and units of every day.
    """
    content = {
        "order": order.model_dump(by_alias=True, exclude_defaults=True, exclude={"approval", "dispensing"}),
        "curve": curve and curve.model_dump(include={"id", "emax_percent", "ed50_mg", "hill", "target"}),
        "days": [
            [date, dose_mg, [[unit.strength_mg, unit.form, unit.count, unit.divided_into] for unit in units]]
            for date, dose_mg, units in pouches
        ],
    }
    text = json.dumps(content, default=_exactly, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _exactly(value: Any) -> str:  # noqa: ANN401 - what json cannot write itself
    """Return a decimal so that 20 and 20.0 are the same dose, and a date in ISO form."""
    return plain(value) if isinstance(value, Decimal) else value.isoformat()


def id_of(plan_hash: str) -> str:
    """Return the first 40 bits of a plan hash as a person reads them out: `K7QF-3MZX`.

    Source: Crockford, Base 32 (no I, L, O, U).
    """
    bits = int(plan_hash.removeprefix("sha256:")[:10], 16)
    letters = [_CROCKFORD[bits >> shift & 31] for shift in range((_ID_CHARACTERS - 1) * _BITS_PER_CHARACTER, -1, -5)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def pouch_code(plan_id: str, strip: int, day: int) -> str:
    """Return what the Data Matrix of a pouch says: plan, strip, day and a check character; no name and no drug.

    >>> pouch_code("K7QF-3MZX", 1, 17)
    'SG1-K7QF3MZX-0001-0017-W'
    """
    body = f"{_CODE_PREFIX}-{plan_id.replace('-', '')}-{strip:04}-{day:04}"
    return f"{body}-{check_character(body)}"


def check_character(text: str) -> str:
    """Return the check character of upper-case letters and digits; hyphens do not count.

    It finds every single wrong character and nearly every pair of swapped neighbours.

    Source: ISO/IEC 7064, MOD 37,36.
    """
    modulus = len(_ALPHANUMERIC)
    check = modulus
    for character in text.replace("-", ""):
        check = (check + _ALPHANUMERIC.index(character)) % modulus or modulus
        check = check * 2 % (modulus + 1)
    return _ALPHANUMERIC[(1 - check) % modulus]
