"""The arithmetic of a compounding record: what to make with its overage, and what to weigh for it. All of it exact.

Decimals of orders have few digits, so sums and products are exact; a quotient is rounded once, where it is said.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal, localcontext

from stripgen.domain.order import Order
from stripgen.domain.plan import Plan, Units, volume_of
from stripgen.domain.quantity import plain
from stripgen.domain.record import Record, Substance
from stripgen.domain.weighing import MakeList, Preparation, ToPrepare, Weighing
from stripgen.errors import OrderInvalid, Problem

_SIGNIFICANT_DIGITS = 4
_PRECISION = 60  # digits: so that no product of an order's numbers is rounded


def list_to_make(plan: Plan) -> MakeList:
    """Return what is made at once: what all strips take, or the one strip that the plan is about."""
    order, totals = plan.order, plan.totals
    return MakeList(
        strip=plan.only_strip,
        days=plan.days_to_make,
        to_prepare=tuple(_to_prepare(order, totals.units)),
        taken=tuple(used for used in totals.consumption if not order.compounding.makes(used.strength_mg)),
    )


def _to_prepare(order: Order, units: tuple[Units, ...]) -> Iterator[ToPrepare]:
    solution, volume_ml = order.compounding.solution, volume_of(units)
    if solution is not None and volume_ml is not None:
        yield ToPrepare("oral syringe", solution.mg_per_ml, volume_ml, in_ml=True)
        return
    for unit in units:
        if order.compounding.makes(unit.strength_mg):
            yield ToPrepare(unit.form, unit.strength_mg, Decimal(unit.count))


def weigh(make_list: MakeList, order: Order, source: str = "") -> Weighing:
    """Return the masses of what is made at once.

    Args:
        make_list: What is made at once.
        order: Which says the substance, the filler, the overage and the balance.
        source: Where the order comes from, for messages.

    Raises:
        OrderInvalid: Something is to be made, and the order does not say of which substance; or a unit has no room
            for its substance.
    """
    record = order.record or Record()
    substance = record.substance
    if not make_list.to_prepare:
        return Weighing(make_list, (), Decimal(1), Decimal(100))
    if substance is None:
        what = "is missing; the record needs what is weighed: its name, and its factor or its molecular weights"
        raise OrderInvalid([Problem("record.substance", what)], source)
    with localcontext(Context(prec=_PRECISION)):
        preparations = tuple(_prepare(needed, record, substance) for needed in make_list.to_prepare)
    too_full = [made for made in preparations if made.filler_mg is not None and made.filler_mg < 0]
    if too_full and record.filler:
        fullest = max(too_full, key=lambda made: made.of.strength_mg)
        what = (
            f"{plain(record.filler.fill_mass_mg)} mg is less than the substance in a unit of "
            f"{plain(fullest.of.strength_mg)} mg; the fill mass of a larger unit"
        )
        raise OrderInvalid([Problem("record.filler.fill_mass_mg", what)], source)
    return Weighing(make_list, preparations, substance.weighing_factor, substance.assay_percent)


def _prepare(needed: ToPrepare, record: Record, substance: Substance) -> Preparation:
    to_make = (needed.needed * (100 + record.overage_percent) / 100).to_integral_value(ROUND_CEILING)
    drug_mg = needed.strength_mg * to_make
    exact_mg = drug_mg * substance.weighing_factor * 100 / substance.assay_percent
    substance_mg = _to_weigh(exact_mg, record)
    filler_mg = None
    if record.filler is not None and not needed.in_ml:
        filler_mg = _to_weigh(to_make * record.filler.fill_mass_mg - substance_mg, record)
    masses = [substance_mg, *([filler_mg] if filler_mg else [])]
    return Preparation(
        of=needed,
        to_make=to_make,
        drug_mg=drug_mg,
        substance_mg=substance_mg,
        filler_mg=filler_mg,
        weighable=min(masses) >= record.least_weighed_mg,
    )


def _to_weigh(exact_mg: Decimal, record: Record) -> Decimal:
    """Return a mass as the balance shows it; below what it weighs accurately, to four significant digits.

    There a step of the balance is a large part of the mass, which comes from a trituration.
    """
    step = record.balance_step_mg
    if exact_mg < record.least_weighed_mg:
        step = Decimal(1).scaleb(exact_mg.adjusted() - _SIGNIFICANT_DIGITS + 1)
    return Decimal(plain((exact_mg / step).to_integral_value(ROUND_HALF_UP) * step))
