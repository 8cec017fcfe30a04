"""The plan of an order found a second time, from design.md alone: slow, simple, and sharing no code with planning."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from stripgen.domain.formulary import Curve
from stripgen.domain.order import Order
from stripgen.errors import NoFeasiblePlan, Problem
from stripgen.verifying.expected import Expected, ExpectedDay, ExpectedStop, Pieces, TakenBackPouch, WholeUnits
from stripgen.verifying.second_curve import Scale
from stripgen.verifying.second_days import choose_doses
from stripgen.verifying.second_identity import plan_hash, plan_id, pouch_code
from stripgen.verifying.second_line import days_asked, micrograms, stops, targets_kept
from stripgen.verifying.second_pouches import every_pouch, milligrams, volume_of
from stripgen.verifying.second_quality import measure

_ONE_DAY = dt.timedelta(days=1)


def plan_again(order: Order, curve: Curve | None, issued_on: dt.date, *, only_strip: int | None = None) -> Expected:
    """Return what all papers of an order must say.

    Args:
        order: Read and checked.
        curve: As `find_curve` finds it; None only where the strategy needs none.
        issued_on: The date printed on the papers; nothing else depends on it.
        only_strip: The one strip that the papers are about: the totals are then its own.

    Raises:
        NoFeasiblePlan: No doses keep the order's limits.
    """
    scale = Scale(curve, micrograms(order.taper.start_dose_mg))
    pouches = every_pouch(order.compounding, scale.start_ug)
    asked, to_stop = days_asked(order, scale), stops(order)
    planned = choose_doses(order, asked, pouches, scale, to_stop=to_stop)
    if planned is None:
        raise NoFeasiblePlan([Problem("taper", "no doses keep the limits; a plan of this order cannot be right")])
    kept = order.amendment.kept if order.amendment else ()
    doses_ug = [*(micrograms(day.dose_mg) for day in kept), *planned]
    targets = [*targets_kept(order, scale), *(day.target for day in asked)]
    held = [*(day.held for day in kept), *(day.held for day in asked)]

    dates = [order.taper.start_date + number * _ONE_DAY for number in range(len(doses_ug))]
    contents = [pouches[dose_ug] for dose_ug in doses_ug]
    the_hash = plan_hash(order, curve, zip(dates, map(milligrams, doses_ug), contents, strict=True))
    places = _places_on_strips(order, len(doses_ug))
    days = []
    before_ug = scale.start_ug
    for number, (dose_ug, target, (strip, pouch)) in enumerate(zip(doses_ug, targets, places, strict=True), start=1):
        printed_id = kept[number - 1].plan if number <= len(kept) else plan_id(the_hash)
        level = scale.level_of_ug(dose_ug)
        days.append(
            ExpectedDay(
                day=number,
                date=dates[number - 1],
                strip=strip,
                pouch=pouch,
                dose_mg=milligrams(dose_ug),
                volume_ml=volume_of(milligrams(dose_ug), order.compounding),
                units=contents[number - 1],
                code=pouch_code(printed_id, strip, number),
                held=held[number - 1],
                drop_mg=milligrams(before_ug - dose_ug),
                target_percent=100 * target if curve else None,
                occupancy_percent=100 * level if curve else None,
                drop_points=100 * (scale.level_of_ug(before_ug) - level) if curve else None,
            )
        )
        before_ug = dose_ug
    stop = _stop(days[-1]) if to_stop else None
    made = [day for day in days[len(kept) :] if only_strip in {None, day.strip}]
    return Expected(
        plan_id=plan_id(the_hash),
        plan_hash=the_hash,
        order=order,
        days=tuple(days),
        units=_added_up(made),
        total_mg=sum((day.dose_mg for day in made), Decimal(0)),
        volume_ml=_total_volume(made),
        strips=len({day.strip for day in made}),
        different_doses=len({day.dose_mg for day in made}),
        curve=curve,
        issued_on=issued_on,
        pouches=len(made),
        status=_status(order, plan_id(the_hash)),
        version=order.amendment.version if order.amendment else 1,
        stop=stop,
        consumption=_whole_units(made),
        take_back=_take_back(order),
        quality=measure(order, days[len(kept) :], asked, stop, scale),
    )


def _places_on_strips(order: Order, n_days: int) -> list[tuple[int, int]]:
    """Return strip and pouch of each day: kept days where they are, the others on strips of their own after them."""
    places = [(day.strip, day.pouch) for day in order.amendment.kept] if order.amendment else []
    strip, pouch = (places[-1][0] if places else 0), order.taper.days_per_strip
    while len(places) < n_days:
        strip, pouch = (strip, pouch + 1) if pouch < order.taper.days_per_strip else (strip + 1, 1)
        places.append((strip, pouch))
    return places


def _status(order: Order, of_plan: str) -> str:
    """Return "approved", or "draft" where nobody approved this plan.

    An approval that names a plan is of that one; one that names none is of whatever its order gives, unless the
    pharmacy asks for one of the plan itself.
    """
    approval = order.approval
    if approval is None:
        return "draft"
    if approval.plan_id is None:
        return "approved" if order.pharmacy.approval == "order" else "draft"
    return "approved" if approval.plan_id == of_plan else "draft"


def _stop(last: ExpectedDay) -> ExpectedStop:
    """Return the first day without a pouch; all of the last dose, and all of its occupancy, falls on it."""
    return ExpectedStop(last.date + _ONE_DAY, last.dose_mg, last.occupancy_percent)


def _added_up(days: Iterable[ExpectedDay]) -> tuple[Pieces, ...]:
    """Return the units of some pouches together, largest strength first, whole ones before halves and quarters."""
    counts: dict[tuple[Decimal, int, str], int] = {}
    for day in days:
        for piece in day.units:
            made = (-piece.strength_mg, piece.divided_into, piece.form)
            counts[made] = counts.get(made, 0) + piece.count
    return tuple(Pieces(-negative, form, counts[negative, part, form], part) for negative, part, form in sorted(counts))


def _total_volume(days: Iterable[ExpectedDay]) -> Decimal | None:
    volumes = [day.volume_ml for day in days if day.volume_ml is not None]
    return sum(volumes, Decimal(0)) if volumes else None


def _whole_units(days: Sequence[ExpectedDay]) -> tuple[WholeUnits, ...]:
    """Return how many whole units are used up when halves and quarters left over are used first.

    So all pieces of a strength together, rounded up to whole units; what then is over is left.
    """
    used: dict[tuple[Decimal, str], Fraction] = {}
    for day in days:
        for piece in day.units:
            made = (piece.strength_mg, piece.form)
            used[made] = used.get(made, Fraction(0)) + Fraction(piece.count, piece.divided_into)
    return tuple(
        WholeUnits(strength, form, math.ceil(used[strength, form]), _left_over(used[strength, form]))
        for strength, form in sorted(used, reverse=True)
    )


def _left_over(used: Fraction) -> Decimal:
    left = math.ceil(used) - used
    return Decimal(left.numerator) / left.denominator


def _take_back(order: Order) -> tuple[TakenBackPouch, ...]:
    """Return the pouches of earlier versions that must not be taken any more."""
    return tuple(
        TakenBackPouch(
            strip=pouch.strip,
            day=pouch.day,
            date=order.taper.start_date + (pouch.day - 1) * _ONE_DAY,
            dose_mg=pouch.dose_mg,
            code=pouch_code(pouch.plan, pouch.strip, pouch.day),
        )
        for pouch in (order.amendment.take_back if order.amendment else ())
    )
