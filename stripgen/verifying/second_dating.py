"""Until when the pouches of a strip may be used, found a second time from the order, its lots and the label rules."""

import datetime as dt
from collections.abc import Iterable, Iterator

from stripgen.domain.beyond_use import BeyondUseLimit
from stripgen.domain.order import Batch, Order
from stripgen.verifying.expected import Pieces


def use_by(units: Iterable[Pieces], order: Order, limits: Iterable[BeyondUseLimit]) -> dt.date | None:
    """Return the last day on which pouches may be taken; None where it is left open.

    Args:
        units: In the pouches.
        order: With the lots and, where it gives one, the date itself.
        limits: Of the label rules.
    """
    if order.dispensing.beyond_use_date is not None:
        return order.dispensing.beyond_use_date
    allowed: dict[str, int] = {}
    for limit in limits:
        allowed.setdefault(limit.preparation, limit.days)
    is_solid, made_on = order.compounding.solution is None, order.dispensing.made_on
    ends: list[dt.date | None] = []
    for_all = allowed.get("pouch") if is_solid else None
    if for_all is not None:
        ends.append(_after(made_on, for_all))
    of_units = allowed.get("compounded solid" if is_solid else f"{order.dispensing.vehicle or 'aqueous'} solution")
    is_open = False
    for unit in units:
        if order.record is not None and order.compounding.makes(unit.strength_mg):
            parts = (order.record.substance, order.record.filler)
            ends += [part.expires_on for part in parts if part is not None and part.expires_on is not None]
        for lot in order.batches_of(unit.strength_mg) or (None,):
            found = list(_limited(unit, lot, order, of_units, made_on))
            is_open |= not found and for_all is None
            ends += found
            if lot is not None and lot.expires_on is not None:
                ends.append(lot.expires_on)
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) and not is_open else None


def _limited(
    unit: Pieces, lot: Batch | None, order: Order, days: int | None, made_on: dt.date | None
) -> Iterator[dt.date | None]:
    """Yield the day to which a limit of days brings units of a lot, if there is such a limit."""
    if days is None:
        return
    if lot is not None and lot.prepared_on is not None:
        yield _after(lot.prepared_on, days)
        return
    strength = order.compounding.unit_of(unit.strength_mg)
    is_bought = (lot is not None and lot.is_bought) or bool(strength and (strength.product or strength.supplier))
    if not is_bought:
        yield _after(made_on, days)


def _after(start: dt.date | None, days: int) -> dt.date | None:
    return None if start is None else start + dt.timedelta(days=days)
