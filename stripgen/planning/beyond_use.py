"""Until when pouches may be used, and so when each strip may be made, by label rules, lots and the pharmacy."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from stripgen.domain.beyond_use import BeyondUse, BeyondUseLimit, BeyondUseRule, Preparation
from stripgen.domain.dispensing import Vehicle
from stripgen.domain.order import Batch, Order
from stripgen.domain.plan import Strip
from stripgen.domain.series import Window

_SOLUTIONS: dict[Vehicle, Preparation] = {
    "aqueous": "aqueous solution",
    "preserved aqueous": "preserved aqueous solution",
    "oily": "oily solution",
}
_DAYS_TO_SEND = 1  # where the order does not say: it leaves the pharmacy the day before the first pouch is taken
_NEVER = dt.date.max


def beyond_use_of(strip: Strip, order: Order, limits: Sequence[BeyondUseLimit], made_on: dt.date | None) -> BeyondUse:
    """Return until when the pouches of a strip may be used: the pharmacy's own date, else the earliest of all rules.

    The date stays open where a limit counts from a day of making that is not known, and where no limit is on some of
    the units: a lot's expiry is that of its own pack, and says nothing of units taken out of it but that they keep no
    longer.

    Args:
        strip: Made in one day.
        order: With the lots, all of which are taken to be used.
        limits: Of the label rules.
        made_on: When it is made.
    """
    rules, is_bounded = _find_rules(strip, order, limits, made_on)
    given = order.dispensing.beyond_use_date
    if given is not None:
        return BeyondUse(given, (BeyondUseRule("given", given), *rules))
    is_decided = is_bounded and all(rule.date is not None for rule in rules)
    return BeyondUse(rules[0].date if is_decided else None, rules)


def window_of(strip: Strip, order: Order, limits: Sequence[BeyondUseLimit]) -> Window:
    """Return when a strip may be made, whatever the order says of its making: a date by hand is of one day's making."""
    rules, _ = _find_rules(strip, order, limits, None)
    days_to_send = order.dispensing.days_to_send
    leaves = strip.days[0].date - dt.timedelta(days=_DAYS_TO_SEND if days_to_send is None else days_to_send)
    begins = [strip.last_date - dt.timedelta(days=rule.days) for rule in rules if rule.date is None]
    begins += [lot.prepared_on for lot in lots_of(strip, order) if lot.prepared_on is not None]
    lots_last = all(rule.date is None or rule.date >= strip.last_date for rule in rules)
    return Window(max(begins, default=None), leaves, lots_last)


def lots_of(strip: Strip, order: Order) -> tuple[Batch, ...]:
    """Return the lots that the units of a strip come from."""
    strengths = {unit.strength_mg for unit in strip.units}
    return tuple(lot for lot in order.batch if lot.strength_mg is None or lot.strength_mg in strengths)


def lots_that_last(strip: Strip, order: Order, limits: Sequence[BeyondUseLimit]) -> tuple[Batch, ...]:
    """Return those of a strip's lots that may be used until its last pouch with them is taken."""
    return tuple(lot for lot in lots_of(strip, order) if _lasts(lot, strip, order, limits))


def _lasts(lot: Batch, strip: Strip, order: Order, limits: Sequence[BeyondUseLimit]) -> bool:
    strengths = {unit.strength_mg for unit in strip.units if lot.strength_mg in (None, unit.strength_mg)}
    last = max(day.date for day in strip.days if any(unit.strength_mg in strengths for unit in day.units))
    rules = [rule for mg in strengths for rule in _rules_of_unit(mg, lot, order, limits, None)]
    return all(rule.date is None or rule.date >= last for rule in rules)


def _find_rules(
    strip: Strip, order: Order, limits: Sequence[BeyondUseLimit], made_on: dt.date | None
) -> tuple[tuple[BeyondUseRule, ...], bool]:
    """Return the rules for a strip, the pharmacy's own date aside, and whether a limit is on every unit in it."""
    whole = _limit_on("pouch", limits) if order.compounding.solution is None else None
    rules = [] if whole is None else [_from_making(whole, made_on)]
    is_bounded = whole is not None
    bounded = []
    for strength_mg in dict.fromkeys(unit.strength_mg for unit in strip.units):
        for lot in order.batches_of(strength_mg) or (None,):
            found = list(_rules_of_unit(strength_mg, lot, order, limits, made_on))
            bounded.append(any(rule.limit for rule in found))
            rules += found
    rules += _rules_of_materials(strip, order)
    ordered = sorted(dict.fromkeys(rules), key=lambda rule: (rule.date or _NEVER, rule.days, rule.kind, rule.lot or ""))
    return tuple(ordered), is_bounded or all(bounded)


def _rules_of_unit(
    strength_mg: Decimal, lot: Batch | None, order: Order, limits: Sequence[BeyondUseLimit], made_on: dt.date | None
) -> Iterator[BeyondUseRule]:
    """Yield how long units of a strength, from one lot or from no lot that is named, may be used."""
    if lot is not None and lot.expires_on is not None:
        yield BeyondUseRule("expiry", lot.expires_on, lot.lot)
    limit = _limit_on(_preparation_of(order), limits)
    if limit is None:
        return
    if lot is not None and lot.prepared_on is not None:
        until = lot.prepared_on + dt.timedelta(days=limit.days)
        yield BeyondUseRule("prepared", until, lot.lot, lot.prepared_on, limit)
    elif not _is_bought(strength_mg, lot, order):
        yield _from_making(limit, made_on)


def _rules_of_materials(strip: Strip, order: Order) -> Iterator[BeyondUseRule]:
    """Yield how long what units are made of may be used, where the pharmacy makes some of them itself."""
    if order.record is None or not any(order.compounding.makes(unit.strength_mg) for unit in strip.units):
        return
    for material in order.record.materials:
        if material.expires_on is not None:
            yield BeyondUseRule("material", material.expires_on, material.lot, material=material.name)


def _from_making(limit: BeyondUseLimit, made_on: dt.date | None) -> BeyondUseRule:
    until = None if made_on is None else made_on + dt.timedelta(days=limit.days)
    return BeyondUseRule("made", until, counted_from=made_on, limit=limit)


def _preparation_of(order: Order) -> Preparation:
    if order.compounding.solution is None:
        return "compounded solid"
    return _SOLUTIONS[order.dispensing.vehicle or "aqueous"]


def _is_bought(strength_mg: Decimal, lot: Batch | None, order: Order) -> bool:
    """Return whether units were bought ready-made; those nothing is said of are taken to be compounded: no longer."""
    unit = order.compounding.unit_of(strength_mg)
    return (lot is not None and lot.is_bought) or bool(unit and (unit.product or unit.supplier))


def _limit_on(preparation: Preparation, limits: Sequence[BeyondUseLimit]) -> BeyondUseLimit | None:
    return next((limit for limit in limits if limit.preparation == preparation), None)
