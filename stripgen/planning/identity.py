"""What tells one plan from another: its hash and its id."""

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
_ID_CHARACTERS = 8
_BITS_PER_CHARACTER = 5
_NEVER_IN_A_POUCH: dict[str, Any] = {
    "approval": True,
    "dispensing": True,
    "batch": True,
    "record": True,
    "patient": {"language"},
    "pharmacy": {"language", "profile", "approval"},
    "compounding": {"appearance": True, "unit": {"__all__": {"appearance"}}},
}


def hash_plan(order: Order, curve: Curve | None, pouches: Sequence[tuple[dt.date, Decimal, tuple[Units, ...]]]) -> str:
    """Return `sha256:…` over everything a patient could be harmed by.

    Args:
        order: Without its approval, the pharmacy's lots and dates, and how it is printed: none changes what is in a
            pouch. What it leaves to the defaults does not count, so that a key added in a later version changes no id.
        curve: The curve the doses were computed from, if any.
        pouches: Date, dose and units of every day.
    """
    content = {
        "order": _what_counts(order),
        "curve": curve and curve.model_dump(include={"id", "emax_percent", "ed50_mg", "hill", "target"}),
        "days": [
            [date, dose_mg, [[unit.strength_mg, unit.form, unit.count, unit.divided_into] for unit in units]]
            for date, dose_mg, units in pouches
        ],
    }
    text = json.dumps(content, default=_exactly, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _what_counts(order: Order) -> dict[str, Any]:
    tables = order.model_dump(by_alias=True, exclude_defaults=True, exclude=_NEVER_IN_A_POUCH)
    return {name: table for name, table in tables.items() if table != {}}  # a table of a language alone says nothing


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
