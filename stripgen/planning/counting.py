"""What some days or strips take: their units added up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from stripgen.domain.order import Form
from stripgen.domain.plan import Day, Strip, Totals, Units
from stripgen.planning.consumption import consume


def total_of(strips: Sequence[Strip]) -> Totals:
    """Return what some strips take, those kept from an earlier version aside."""
    made = [strip for strip in strips if not strip.kept]
    days = [day for strip in made for day in strip.days]
    (consumption,) = consume([[day.units for day in days]])
    return Totals(
        pouches=len(days),
        strips=len(made),
        different_doses=len({day.dose_mg for day in days}),
        total_mg=sum((day.dose_mg for day in days), Decimal(0)),
        units=add_up(days),
        consumption=consumption,
    )


def add_up(days: Iterable[Day]) -> tuple[Units, ...]:
    """Return the units of some days, added up by strength, largest first; whole ones before halves and quarters."""
    counts: Counter[tuple[Decimal, Form, int, Decimal | None]] = Counter()
    for day in days:
        for unit in day.units:
            counts[unit.strength_mg, unit.form, unit.divided_into, unit.volume_ml] += unit.count
    largest_first = sorted(counts.items(), key=lambda made: (-made[0][0], made[0][2]))
    return tuple(
        Units(strength_mg, form, count, divided_into, volume_ml)
        for (strength_mg, form, divided_into, volume_ml), count in largest_first
    )
