"""Orders with lots and dates for tests, and a slow, plain second computation of what follows from them.

The second computation knows nothing of windows or rules: it asks of every single unit in every single pouch on which
days it may still be taken, a day at a time.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from orders import FORMULARY, RawOrder, plan_of, raw_order

from stripgen.domain.beyond_use import PREPARATIONS, BeyondUseLimit
from stripgen.domain.order import Batch, Order
from stripgen.domain.plan import Plan, Strip
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper

DAY = dt.timedelta(days=1)
FIRST_DATES = st.sampled_from(
    [dt.date(2026, 12, 1), dt.date(2027, 12, 30), dt.date(2028, 2, 1), dt.date(2028, 2, 29), dt.date(2032, 1, 31)]
)


def limits_of(**days: int) -> tuple[BeyondUseLimit, ...]:
    """Return limits by preparation, an underscore for each blank."""
    return tuple(
        BeyondUseLimit(preparation=name.replace("_", " "), days=n, source="A rule of a test")
        for name, n in days.items()
    )


@st.composite
def limits(draw: st.DrawFn) -> tuple[BeyondUseLimit, ...]:
    chosen = draw(st.lists(st.sampled_from(PREPARATIONS), unique=True, max_size=3))
    return tuple(
        BeyondUseLimit(preparation=name, days=draw(st.integers(1, 200)), source="A rule of a test") for name in chosen
    )


@st.composite
def raw_with_lots(draw: st.DrawFn) -> RawOrder:
    """Return an order of any kind of unit with lots and dates, most of them near the days that decide."""
    start = draw(FIRST_DATES)
    n_days = draw(st.integers(1, 70))
    raw = raw_order(
        {
            "taper.start_date": start,
            "taper.days": n_days,
            "taper.first_day": "reduced" if n_days == 1 else draw(st.sampled_from(["start", "reduced"])),
            "taper.days_per_strip": draw(st.sampled_from([1, 2, 7, 14, 28])),
            "taper.start_dose_mg": 10,
            "taper.end_dose_mg": 5,
        }
    )
    kind = draw(st.sampled_from(["increment", "units", "solution"]))
    strengths: list[Any] = [None]
    dispensing: dict[str, Any] = {}
    if kind == "increment":
        raw["compounding"] = {"increment_mg": Decimal(1)}
    elif kind == "units":
        raw["compounding"] = {
            "unit": [
                {"strength_mg": 5, "form": "tablet"} | ({"product": "Bought"} if draw(st.booleans()) else {}),
                {"strength_mg": 1},
            ],
            "max_units_per_pouch": 6,
        }
        strengths = [None, 5, 1]
    else:
        raw["compounding"] = {"solution": {"mg_per_ml": 1, "syringe_step_ml": Decimal("0.5")}}
        vehicle = draw(st.sampled_from([None, "aqueous", "preserved aqueous", "oily"]))
        dispensing |= {} if vehicle is None else {"vehicle": vehicle}
    near = st.integers(-40, 120).map(lambda days: start + days * DAY)
    made_on = draw(st.none() | st.integers(-200, 10).map(lambda days: start + days * DAY))
    if made_on is not None:
        dispensing["made_on"] = made_on
    given = draw(st.none() | near)
    if given is not None and (made_on is None or given >= made_on):
        dispensing["beyond_use_date"] = given
    days_to_send = draw(st.none() | st.integers(0, 20))
    if days_to_send is not None:
        dispensing["days_to_send"] = days_to_send
    raw["dispensing"] = dispensing
    raw["batch"] = list(_lots(draw, strengths, near, start, made_on, counted=kind != "solution"))
    return raw


def _lots(
    draw: st.DrawFn,
    strengths: list[Any],
    near: st.SearchStrategy[dt.date],
    start: dt.date,
    made_on: dt.date | None,
    *,
    counted: bool,
) -> Iterator[dict[str, Any]]:
    ages = st.integers(0, 150)
    for number in range(draw(st.integers(0, 3))):
        lot: dict[str, Any] = {"lot": f"L-{number}"}
        strength = draw(st.sampled_from(strengths))
        expires = draw(st.none() | near)
        latest = min(date for date in (expires, made_on, start) if date is not None)
        age = draw(st.none() | ages)
        prepared = None if age is None else latest - age * DAY
        told = {
            "strength_mg": strength,
            "expires_on": expires,
            "prepared_on": prepared,
            "supplier": draw(st.sampled_from([None, "Wholesale"])),
            "quantity": draw(st.none() | st.integers(1, 200)) if counted else None,
        }
        yield lot | {key: value for key, value in told.items() if value is not None}


# --- the second computation ------------------------------------------------------------------------------------------


def may_be_taken(
    day: dt.date, strength: Decimal, lot: Batch | None, order: Order, days: dict[str, int], made: dt.date
) -> bool:
    """Return whether a unit of a pouch filled on a day may be taken on another, whatever the pharmacy's own date."""
    solution = order.compounding.solution is not None
    if not solution and "pouch" in days and (day - made).days > days["pouch"]:
        return False
    if lot and lot.expires_on and day > lot.expires_on:
        return False
    return _is_fresh(day, strength, lot, order, days, made)


def _is_fresh(
    day: dt.date, strength: Decimal, lot: Batch | None, order: Order, days: dict[str, int], made: dt.date
) -> bool:
    kind = "compounded solid"
    if order.compounding.solution is not None:
        kind = {"preserved aqueous": "preserved aqueous solution", "oily": "oily solution"}.get(
            order.dispensing.vehicle or "", "aqueous solution"
        )
    if kind not in days:
        return True
    if lot is not None and lot.prepared_on is not None:
        return (day - lot.prepared_on).days <= days[kind]
    if lot is not None and lot.supplier is not None:
        return True
    for unit in order.compounding.unit or ():
        if unit.strength_mg == strength and (unit.product or unit.supplier):
            return True
    return (day - made).days <= days[kind]


def sources_of(strip: Strip, order: Order) -> list[tuple[Decimal, Batch | None]]:
    """Return every strength in a strip with every lot it may be of."""
    found: list[tuple[Decimal, Batch | None]] = []
    for day in strip.days:
        for unit in day.units:
            lots = [lot for lot in order.batch if lot.strength_mg is None or lot.strength_mg == unit.strength_mg]
            found += [(unit.strength_mg, lot) for lot in lots] or [(unit.strength_mg, None)]
    return found


def all_keep(day: dt.date, strip: Strip, order: Order, days: dict[str, int], made: dt.date) -> bool:
    return all(may_be_taken(day, strength, lot, order, days, made) for strength, lot in sources_of(strip, order))


def is_limited(strength: Decimal, lot: Batch | None, order: Order, days: dict[str, int]) -> bool:
    """Return whether a limit is on a unit: whether it goes bad some day even where its lot never expires."""
    far, made = dt.date(2199, 1, 1), dt.date(2026, 1, 1)
    unending = lot.model_copy(update={"expires_on": None}) if lot else None
    return not may_be_taken(far, strength, unending, order, days, made)


def depends_on_making(strip: Strip, order: Order, days: dict[str, int]) -> bool:
    """Return whether pouches made later keep longer."""
    if order.compounding.solution is None and "pouch" in days:
        return True
    long_ago, late = dt.date(1990, 1, 1), dt.date(2199, 1, 1)
    return any(
        _is_fresh(late, *source, order, days, late) and not _is_fresh(late, *source, order, days, long_ago)
        for source in sources_of(strip, order)
    )


def last_day(strip: Strip, order: Order, days: dict[str, int], made: dt.date) -> dt.date:
    """Return the last day on which everything in a strip made on a day may be taken, found by trying day after day."""
    first = min([made] + [date for lot in order.batch for date in (lot.prepared_on, lot.expires_on) if date])
    day = first - DAY
    while all_keep(day + DAY, strip, order, days, made):
        day += DAY
    return day


def by_preparation(found: tuple[BeyondUseLimit, ...]) -> dict[str, int]:
    return {limit.preparation: limit.days for limit in found}


def amended_plan(raw: RawOrder, from_day: int) -> Plan:
    """Return version 2 of a plan, its days kept up to one."""
    before = plan_of(raw)
    order = amend(before, Request(from_day, "hold", Decimal(3), "A reason"))
    return plan_taper(order, FORMULARY, before.issued_on)
