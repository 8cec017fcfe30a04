"""What papers must say: the plan as far as it is printed, found a second time."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stripgen.domain.order import Order


@dataclass(frozen=True, slots=True)
class Pieces:
    """Units of one strength in a pouch.

    Attributes:
        divided_into: 2 or 4 where each is a half or a quarter; else 1.
    """

    strength_mg: Decimal
    form: str
    count: int
    divided_into: int = 1


@dataclass(frozen=True, slots=True)
class ExpectedDay:
    """What the pouch of a day must hold and say.

    Attributes:
        day: 1.., counted over all versions of the plan.
        strip: 1.., of this version.
        pouch: 1.., within its strip.
        code: The plain code on it.
    """

    day: int
    date: dt.date
    strip: int
    pouch: int
    dose_mg: Decimal
    volume_ml: Decimal | None
    units: tuple[Pieces, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What all papers of a plan must say.

    Attributes:
        units: How many of each strength all pouches hold together.
        different_doses: How many.
    """

    plan_id: str
    plan_hash: str
    order: Order
    days: tuple[ExpectedDay, ...]
    units: tuple[Pieces, ...]
    total_mg: Decimal
    volume_ml: Decimal | None
    strips: int
    different_doses: int


def expected_of(plan: Mapping[str, Any], order: Order) -> Expected:
    """Return what a plan (JSON) says it comes to, as it stands there.

    Args:
        plan: The JSON of a plan.
        order: The order in it, read.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: It has not the form of a plan.
    """
    totals = plan["totals"]
    return Expected(
        plan_id=plan["plan_id"],
        plan_hash=plan["plan_hash"],
        order=order,
        days=tuple(map(_day, plan["days"])),
        units=tuple(map(_pieces, totals["units"])),
        total_mg=Decimal(totals["total_mg"]),
        volume_ml=_decimal(totals["volume_ml"]),
        strips=totals["strips"],
        different_doses=totals["different_doses"],
    )


def _day(day: Mapping[str, Any]) -> ExpectedDay:
    return ExpectedDay(
        day=day["day"],
        date=dt.date.fromisoformat(day["date"]),
        strip=day["strip"],
        pouch=day["pouch"],
        dose_mg=Decimal(day["dose_mg"]),
        volume_ml=_decimal(day["volume_ml"]),
        units=tuple(map(_pieces, day["units"])),
        code=day["code"],
    )


def _pieces(unit: Mapping[str, Any]) -> Pieces:
    return Pieces(Decimal(unit["strength_mg"]), unit["form"], unit["count"], unit.get("divided_into", 1))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
