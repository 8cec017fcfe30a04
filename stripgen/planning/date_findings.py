"""What a person must see of lots and dates before pouches are made. Of papers about one strip, of that strip only."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from stripgen.domain.beyond_use import BeyondUseRule
from stripgen.domain.order import Batch
from stripgen.domain.plan import Finding, Plan, Strip, Units
from stripgen.domain.record import Filler, Substance
from stripgen.domain.series import Window
from stripgen.domain.wording import Saying, say_later
from stripgen.planning.beyond_use import window_of


def _beyond_use_date_too_early(plan: Plan) -> Iterator[Finding]:
    limit, last = plan.order.dispensing.beyond_use_date, plan.days_to_make[-1].date
    if limit and limit < last:
        late = sum(day.date > limit for day in plan.days_to_make)
        told = say_later("finding.beyond_use_date_too_early", late=late, limit=limit, last=last)
        yield Finding("beyond_use_date_too_early", "block", told)


def _lot_expires(plan: Plan) -> Iterator[Finding]:
    """Yield each lot that expires before the last pouch with it is taken, or before the use-by date of the pouches."""
    limit = plan.order.dispensing.beyond_use_date
    for batch in plan.order.batch:
        expires = batch.expires_on
        late = _n_taken_after(expires, batch, plan)
        if expires is None or late is None:
            continue
        if late:
            told = say_later("finding.lot_expires_too_early", late=late, lot=batch.lot, expires=expires)
            yield Finding("lot_expires_too_early", "block", told)
        elif limit and limit > expires:
            told = say_later("finding.beyond_use_date_after_expiry", limit=limit, lot=batch.lot, expires=expires)
            yield Finding("beyond_use_date_after_expiry", "block", told)


def _n_taken_after(limit: dt.date | None, batch: Batch, plan: Plan) -> int | None:
    """Return how many pouches with a lot are taken after a day; None where no pouch has it, or no day is given."""
    days = [
        day for day in plan.days_to_make if any(batch in plan.order.batches_of(unit.strength_mg) for unit in day.units)
    ]
    return None if limit is None or not days else sum(day.date > limit for day in days)


def _material_expires(plan: Plan) -> Iterator[Finding]:
    """Yield what units are made of and has expired when it is weighed, or expires as a lot of units may not."""
    days = [day for day in plan.days_to_make if any(_is_made_here(unit, plan) for unit in day.units)]
    limit = plan.order.dispensing.beyond_use_date
    for material in plan.order.record.materials if plan.order.record and days else ():
        expires = material.expires_on
        if expires is None:
            continue
        name = _name_material(material)
        late = sum(day.date > expires for day in days)
        if expires < _weighed_on(plan):
            told = say_later("finding.material_expired", material=name, expires=expires, weighed=_weighed_on(plan))
            yield Finding("material_expired", "block", told)
        if late:
            told = say_later("finding.material_expires_too_early", late=late, material=name, expires=expires)
            yield Finding("lot_expires_too_early", "block", told)
        elif limit and limit > expires:
            told = say_later("finding.beyond_use_date_after_material", limit=limit, material=name, expires=expires)
            yield Finding("beyond_use_date_after_expiry", "block", told)


def _is_made_here(unit: Units, plan: Plan) -> bool:
    return plan.order.compounding.makes(unit.strength_mg)


def _weighed_on(plan: Plan) -> dt.date:
    """Return the day of making; where it is not given, that of the papers."""
    return plan.order.dispensing.made_on or plan.issued_on


def _name_material(material: Substance | Filler) -> str | Saying:
    if material.lot is None:
        return material.name
    return say_later("beyond_use.material_lot", material=material.name, lot=material.lot)


def _made_after_first_day(plan: Plan) -> Iterator[Finding]:
    made_on, first = plan.order.dispensing.made_on, plan.days_to_make[0]
    if made_on and made_on > first.date:
        late = sum(day.date < made_on for day in plan.days_to_make)
        told = say_later("finding.made_after_first_day", made=made_on, day=first.day, date=first.date, late=late)
        yield Finding("made_after_first_day", "block", told)


def _dispensed_late(plan: Plan) -> Iterator[Finding]:
    dispensed_on, first = plan.order.dispensing.dispensed_on, plan.days_to_make[0]
    if dispensed_on and dispensed_on > first.date:
        told = say_later("finding.dispensed_late", dispensed=dispensed_on, day=first.day, date=first.date)
        yield Finding("dispensed_late", "warn", told)


def _lot_too_old(plan: Plan) -> Iterator[Finding]:
    """Yield each lot that was prepared too long before the last pouch with it is taken."""
    for lot, rule in _rules_in(plan, "prepared").items():
        batches = [batch for batch in plan.order.batch if batch.lot == lot and batch.prepared_on == rule.counted_from]
        late = max((_n_taken_after(rule.date, batch, plan) or 0 for batch in batches), default=0)
        if late and rule.date and rule.limit and rule.counted_from:
            told = say_later(
                "finding.lot_too_old",
                late=late,
                lot=rule.lot or "",
                until=rule.date,
                days=rule.days,
                prepared=rule.counted_from,
                source=rule.limit.cited,
            )
            yield Finding("lot_too_old", "block", told)


def _rules_in(plan: Plan, kind: str) -> dict[str, BeyondUseRule]:
    """Return the rules of a kind for the strips to make, by lot, the earliest of each."""
    rules = [rule for strip in plan.strips_to_make for rule in strip.beyond_use.rules if rule.kind == kind]
    return {rule.lot or "": rule for rule in reversed(rules)}


def _beyond_use_date_after_limit(plan: Plan) -> Iterator[Finding]:
    """Yield where the pharmacy's own date is later than the limit of the label rules that ends first."""
    given = plan.order.dispensing.beyond_use_date
    limits = [
        rule
        for strip in plan.strips_to_make
        for rule in strip.beyond_use.rules
        if rule.limit and given and rule.date and rule.date < given
    ]
    if given is None or not limits:
        return
    first = min(limits, key=lambda rule: (rule.date or given, rule.days))
    told = say_later(
        "finding.beyond_use_date_after_limit",
        limit=given,
        until=first.date or given,
        days=first.days,
        counted=first.counted_from or given,
        source=first.limit.cited if first.limit else "",
    )
    yield Finding("beyond_use_date_after_expiry", "block", told)


def _made_too_early(plan: Plan) -> Iterator[Finding]:
    """Yield where pouches made on the day given would be taken too late; it says when each strip may be made."""
    made_on = plan.order.dispensing.made_on
    late = [rule for strip in plan.strips_to_make for rule in strip.beyond_use.rules if _is_late(rule, strip)]
    if made_on is None or not late:
        return
    first = min(late, key=lambda rule: (rule.date or made_on, rule.days))
    until = first.date or made_on
    told = say_later(
        "finding.made_too_early",
        made=made_on,
        until=until,
        days=first.days,
        source=first.limit.cited if first.limit else "",
        late=sum(day.date > until for day in plan.days_to_make),
        when=_when_to_make(plan, made_on),
    )
    yield Finding("made_too_early", "block", told)


def _is_late(rule: BeyondUseRule, strip: Strip) -> bool:
    return rule.kind == "made" and rule.date is not None and rule.date < strip.last_date


def _strips_outlast_limit(plan: Plan) -> Iterator[Finding]:
    """Yield where no single day is right for making all strips, as long as the day of making is not given."""
    if plan.order.dispensing.made_on is not None:
        return
    windows = {strip.number: window_of(strip, plan.order, plan.limits) for strip in plan.strips_to_make}
    first_day = plan.days_to_make[0].date
    open_rules = [rule for strip in plan.strips_to_make for rule in strip.beyond_use.rules if rule.date is None]
    apart = [window for window in windows.values() if window.earliest is not None and window.earliest > first_day]
    if not open_rules or not apart:
        return
    shortest = min(open_rules, key=lambda rule: rule.days)
    alone = plan.only_strip
    told = say_later(
        "finding.strips_outlast_limit" if alone is None else "finding.strip_outlasts_limit",
        days=shortest.days,
        source=shortest.limit.cited if shortest.limit else "",
        when=_list_days(plan.strips_to_make, windows) if alone is None else _when_to_make_one(alone, windows[alone]),
    )
    yield Finding("strips_outlast_limit", "warn", told)


def _when_to_make(plan: Plan, made_on: dt.date) -> Saying:
    """Return which strips may be made on a day, and from which day on each of the others; of one alone, that of it."""
    windows = {strip.number: window_of(strip, plan.order, plan.limits) for strip in plan.strips_to_make}
    if plan.only_strip is not None:
        return _when_to_make_one(plan.only_strip, windows[plan.only_strip])
    able = [number for number, window in windows.items() if window.allows(made_on)]
    others = [strip for strip in plan.strips_to_make if strip.number not in able]
    later = _list_days(others, windows)
    if able:
        return say_later("finding.strips_now_and_later", strip=able[-1], later=later)
    return say_later("finding.strips_later", later=later)


def _when_to_make_one(strip: int, window: Window) -> Saying:
    if window.is_open and window.earliest is not None:
        return say_later("finding.strip_not_now", strip=strip, date=window.earliest)
    return say_later("finding.strip_made_never", strip=strip)


def _list_days(strips: Sequence[Strip], windows: dict[int, Window]) -> tuple[Saying, ...]:
    """Return from which day on each strip may be made."""
    return tuple(_from_day(strip.number, windows[strip.number]) for strip in strips)


def _from_day(strip: int, window: Window) -> Saying:
    if not window.is_open:
        return say_later("finding.strip_never", strip=strip)
    if window.earliest is None:
        return say_later("finding.strip_any_day", strip=strip)
    return say_later("finding.strip_from", strip=strip, date=window.earliest)


def _lots_too_small(plan: Plan) -> Iterator[Finding]:
    """Yield where lots hold fewer units than the pouches take. A block: labels would name a lot the units are not of.

    A recall finds pouches by the lot on them. Lots of all strengths make up for what those of a strength lack.
    """
    lacking = {mg: counts for mg, counts in _units_there(plan).items() if counts[0] < counts[1]}
    if any(batch.strength_mg is None for batch in plan.order.batch):
        spare, needed = _quantity_of(None, plan), sum(count for _, count in _units_there(plan).values())
        if spare is not None and spare < sum(count - there for there, count in lacking.values()):
            there = needed - sum(count - there for there, count in lacking.values()) + spare
            told = say_later("finding.lots_too_small_in_all", there=there, needed=needed)
            yield Finding("lots_too_small", "block", told)
        return
    for strength_mg, (there, needed) in lacking.items():
        told = say_later("finding.lots_too_small", strength=strength_mg, there=there, needed=needed)
        yield Finding("lots_too_small", "block", told)


def _units_there(plan: Plan) -> dict[Decimal, tuple[int, int]]:
    """Return how many whole units the lots of each strength hold, and how many are needed, where both are known."""
    if plan.order.compounding.solution is not None:
        return {}
    needed: dict[Decimal, int] = {}
    for used in plan.totals.consumption:
        if plan.order.batches_of(used.strength_mg):
            needed[used.strength_mg] = needed.get(used.strength_mg, 0) + used.count
    there = {strength_mg: _quantity_of(strength_mg, plan) for strength_mg in needed}
    return {mg: (units, needed[mg]) for mg, units in there.items() if units is not None}


def _quantity_of(strength_mg: Decimal | None, plan: Plan) -> int | None:
    """Return how many units the lots of a strength (None: of all strengths) hold; None where one does not say it."""
    quantities = [batch.quantity for batch in plan.order.batch if batch.strength_mg == strength_mg]
    return None if None in quantities else sum(quantity for quantity in quantities if quantity is not None)


DATE_RULES: tuple[Callable[[Plan], Iterator[Finding]], ...] = (
    _beyond_use_date_too_early,
    _lot_expires,
    _material_expires,
    _made_after_first_day,
    _dispensed_late,
    _lot_too_old,
    _beyond_use_date_after_limit,
    _made_too_early,
    _lots_too_small,
    _strips_outlast_limit,
)

DATE_CODES = frozenset(
    {
        "beyond_use_date_after_expiry",
        "beyond_use_date_too_early",
        "dispensed_late",
        "lot_expires_too_early",
        "lot_too_old",
        "lots_too_small",
        "made_after_first_day",
        "made_too_early",
        "material_expired",
        "strips_outlast_limit",
    }
)
