"""From an order to its plan."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from stripgen import __version__
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Form, Order, Taper
from stripgen.domain.plan import Alternative, Day, Plan, Stop, Strip, Totals, Units
from stripgen.domain.quantity import micrograms, milligrams
from stripgen.planning.achievable import Achievable, compose, find_achievable
from stripgen.planning.findings import find_findings
from stripgen.planning.identity import hash_plan, id_of, pouch_code
from stripgen.planning.intake import curve_for
from stripgen.planning.sequences import Sequence, plan_sequence

_Pouch = tuple[dt.date, Decimal, tuple[Units, ...]]


def plan_taper(order: Order, formulary: Formulary, issued_on: dt.date) -> Plan:
    """Return the whole plan: every day's dose, units and occupancy, the totals, the comparison and the findings.

    Args:
        order: As `read_order` returns it.
        formulary: The one the order was read with.
        issued_on: The date printed on the papers; the plan's doses and id do not depend on it.
    """
    curve = curve_for(order, formulary)
    achievable = find_achievable(order.compounding, micrograms(order.taper.start_dose_mg))
    sequence = plan_sequence(order.taper, achievable, curve)
    dates = [order.taper.start_date + dt.timedelta(days=n) for n in range(order.taper.days)]
    doses_mg = [milligrams(int(dose)) for dose in sequence.doses_ug]
    pouches = list(zip(dates, doses_mg, _compose_all(sequence, achievable, order), strict=True))
    plan_hash = hash_plan(order, curve, pouches)
    days = _lay_out_days(order.taper, id_of(plan_hash), sequence, pouches)
    strips = _cut_into_strips(days)
    plan = Plan(
        plan_id=id_of(plan_hash),
        plan_hash=plan_hash,
        stripgen_version=__version__,
        status="draft" if order.approval is None else "approved",
        issued_on=issued_on,
        order=order,
        drug=formulary.drugs.get(order.medication.drug),
        curve=curve,
        days=days,
        strips=strips,
        stop=_stop(order, sequence),
        totals=Totals(
            pouches=len(days),
            strips=len(strips),
            different_doses=len(set(doses_mg)),
            total_mg=sum(doses_mg, Decimal(0)),
            units=_add_up(days),
        ),
        quality=sequence.quality,
        linear=_linear(plan_sequence(order.taper, achievable, curve, "linear")),
        findings=(),
    )
    return replace(plan, findings=find_findings(plan))


def _compose_all(sequence: Sequence, achievable: Achievable, order: Order) -> list[tuple[Units, ...]]:
    made = {int(dose): compose(int(dose), achievable, order.compounding) for dose in set(sequence.doses_ug.tolist())}
    return [made[int(dose)] for dose in sequence.doses_ug]


def _lay_out_days(
    taper: Taper,
    plan_id: str,
    sequence: Sequence,
    pouches: list[_Pouch],
) -> tuple[Day, ...]:
    days = []
    for index, (date, dose_mg, units) in enumerate(pouches):
        strip, pouch = divmod(index, taper.days_per_strip)
        days.append(
            Day(
                day=index + 1,
                date=date,
                strip=strip + 1,
                pouch=pouch + 1,
                dose_mg=dose_mg,
                target_occupancy=float(sequence.targets[index]),
                occupancy=float(sequence.occupancies[index]),
                drop_points=100 * float(sequence.drops[index]),
                units=units,
                code=pouch_code(plan_id, strip + 1, index + 1),
            )
        )
    return tuple(days)


def _cut_into_strips(days: tuple[Day, ...]) -> tuple[Strip, ...]:
    rolls: dict[int, list[Day]] = {}
    for day in days:
        rolls.setdefault(day.strip, []).append(day)
    return tuple(
        Strip(number, tuple(roll), sum((day.dose_mg for day in roll), Decimal(0)), _add_up(roll))
        for number, roll in rolls.items()
    )


def _add_up(days: Iterable[Day]) -> tuple[Units, ...]:
    """Return the units of some days, added up by strength, largest first."""
    counts: Counter[tuple[Decimal, Form]] = Counter()
    for day in days:
        for unit in day.units:
            counts[unit.strength_mg, unit.form] += unit.count
    largest_first = sorted(counts.items(), key=lambda made: -made[0][0])
    return tuple(Units(strength_mg, form, count) for (strength_mg, form), count in largest_first)


def _stop(order: Order, sequence: Sequence) -> Stop | None:
    drop = sequence.quality.stop_drop_points
    return None if drop is None else Stop(order.last_date + dt.timedelta(days=1), drop)


def _linear(sequence: Sequence) -> Alternative:
    doses_mg = tuple(milligrams(int(dose)) for dose in sequence.doses_ug)
    return Alternative(
        strategy="linear",
        doses_mg=doses_mg,
        occupancies=tuple(float(value) for value in sequence.occupancies),
        quality=sequence.quality,
        different_doses=len(set(doses_mg)),
        total_mg=sum(doses_mg, Decimal(0)),
    )
