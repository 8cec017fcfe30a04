"""From an order to its plan."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from stripgen import __version__
from stripgen.domain.code import pouch_code
from stripgen.domain.formulary import Curve, Formulary
from stripgen.domain.order import Order, Taper
from stripgen.domain.plan import Day, Plan, PouchToTakeBack, Stop, Strip, Units
from stripgen.domain.quantity import micrograms, milligrams
from stripgen.errors import NoFeasiblePlan, OrderInvalid, Problem
from stripgen.planning.achievable import Achievable, compose, find_achievable
from stripgen.planning.alternatives import plan_alternatives
from stripgen.planning.approving import is_approved, refuse_altered_approval
from stripgen.planning.clashes import explain_clash
from stripgen.planning.consumption import consume
from stripgen.planning.counting import add_up, total_of
from stripgen.planning.curves import curve_for
from stripgen.planning.dating import date_plan
from stripgen.planning.findings import find_findings
from stripgen.planning.identity import hash_plan, id_of
from stripgen.planning.line import Kept, Line, lines_of
from stripgen.planning.prediction import predict
from stripgen.planning.sensitivity import compare_views
from stripgen.planning.sequences import (
    Sequence,
    choose_doses,
    complete_sequence,
    is_too_large,
    limits_left,
    limits_of,
    pose_problem,
)


@dataclass(frozen=True, slots=True)
class _Pouch:
    """One day's pouch before the plan has an id."""

    day: int
    date: dt.date
    strip: int
    pouch: int
    dose_mg: Decimal
    units: tuple[Units, ...]
    kept_from: str | None


def plan_taper(order: Order, formulary: Formulary, issued_on: dt.date, source: str = "") -> Plan:
    """Return the whole plan: every day's dose, units and occupancy, the totals, the alternatives and the findings.

    Args:
        order: As `read_order` returns it.
        formulary: The one the order was read with.
        issued_on: The date printed on the papers; the plan's doses and id do not depend on it.
        source: The order file's name, for messages.

    Raises:
        NoFeasiblePlan: No sequence of doses keeps the limits; it says which clash and what would fit.
        OrderInvalid: The limits are over more doses and days than can be computed, or the approval names this plan and
            says something else of it.
    """
    curve = curve_for(order, formulary)
    achievable = find_achievable(order.compounding, micrograms(order.taper.start_dose_mg))
    line, kept = lines_of(order, curve)
    sequence = plan_sequence(order, line, kept, achievable, curve, source)
    pouches = _fill_pouches(order, sequence, achievable)
    plan_hash = hash_plan(order, curve, [(pouch.date, pouch.dose_mg, pouch.units) for pouch in pouches])
    days = _lay_out_days(order, id_of(plan_hash), sequence, pouches, has_curve=curve is not None)
    strips = _cut_into_strips(days, pouches)
    start_mg, stops = float(order.taper.start_dose_mg), line.stops
    n_kept = len(days) - line.asked.size
    drug = formulary.drugs.get(order.medication.drug)
    plan = Plan(
        plan_id=id_of(plan_hash),
        plan_hash=plan_hash,
        stripgen_version=__version__,
        status="approved" if is_approved(order, id_of(plan_hash)) else "draft",
        issued_on=issued_on,
        order=order,
        drug=drug,
        curve=curve,
        days=days,
        strips=strips,
        stop=_stop(days, sequence) if stops else None,
        totals=total_of(strips),
        quality=sequence.quality,
        alternatives=plan_alternatives(
            _to_compare(order, days, stops=stops), line.asked.size, achievable, curve, order.taper, kept
        ),
        prediction=predict(sequence.doses_ug, start_mg, curve, drug, n_kept=n_kept, stops=stops),
        sensitivity=compare_views(sequence.doses_ug, start_mg, curve, formulary, n_kept=n_kept, stops=stops)
        if curve
        else None,
        findings=(),
        take_back=_take_back(order),
    )
    refuse_altered_approval(plan, source)
    return date_plan(replace(plan, findings=find_findings(plan)))


def plan_sequence(
    order: Order, line: Line, kept: Kept | None, achievable: Achievable, curve: Curve | None, source: str = ""
) -> Sequence:
    """Return the daily doses of an order: the least sum of squares that its limits allow.

    Raises:
        NoFeasiblePlan: No sequence of doses keeps the limits.
        OrderInvalid: The limits are over more doses and days than can be computed.
    """
    problem, used = pose_problem(line, achievable, curve, micrograms(order.taper.start_dose_mg), kept)
    asked = limits_of(order.taper)
    limits = limits_left(asked, line, kept)
    if is_too_large(problem, limits):
        what = f"limits over {problem.levels.size:,} doses on {problem.n_days:,} days are too many to compute"
        raise OrderInvalid([Problem("taper", f"{what}; a larger increment, or fewer days")], source)
    chosen = choose_doses(problem, limits)
    if chosen is None:
        made_already = (asked.max_doses or 0) - (limits.max_doses or 0)
        raise NoFeasiblePlan(explain_clash(problem, limits, made_already), source)
    return complete_sequence(used[chosen], line, curve, order.taper, kept)


def _fill_pouches(order: Order, sequence: Sequence, achievable: Achievable) -> list[_Pouch]:
    doses = sequence.doses_ug.tolist()
    made = {dose: compose(dose, achievable, order.compounding) for dose in set(doses)}
    kept = order.amendment.kept if order.amendment else ()
    first_strip = kept[-1].strip if kept else 0
    pouches = []
    for index, dose in enumerate(doses):
        date = order.taper.start_date + dt.timedelta(days=index)
        if index < len(kept):
            strip, pouch, kept_from = kept[index].strip, kept[index].pouch, kept[index].plan
        else:
            strip, pouch = divmod(index - len(kept), order.taper.days_per_strip)
            strip, pouch, kept_from = first_strip + strip + 1, pouch + 1, None
        pouches.append(_Pouch(index + 1, date, strip, pouch, milligrams(dose), made[dose], kept_from))
    return pouches


def _lay_out_days(
    order: Order, plan_id: str, sequence: Sequence, pouches: list[_Pouch], *, has_curve: bool
) -> tuple[Day, ...]:
    days, before_mg = [], order.taper.start_dose_mg
    for index, pouch in enumerate(pouches):
        days.append(
            Day(
                day=pouch.day,
                date=pouch.date,
                strip=pouch.strip,
                pouch=pouch.pouch,
                dose_mg=pouch.dose_mg,
                drop_mg=before_mg - pouch.dose_mg,
                target_occupancy=float(sequence.asked[index]) if has_curve else None,
                occupancy=float(sequence.levels[index]) if has_curve else None,
                drop_points=100 * float(sequence.drops[index]) if has_curve else None,
                units=pouch.units,
                code=pouch_code(pouch.kept_from or plan_id, pouch.strip, pouch.day),
                held=bool(sequence.held[index]),
            )
        )
        before_mg = pouch.dose_mg
    return tuple(days)


def _cut_into_strips(days: tuple[Day, ...], pouches: list[_Pouch]) -> tuple[Strip, ...]:
    rolls: dict[int, list[Day]] = {}
    for day in days:
        rolls.setdefault(day.strip, []).append(day)
    kept = {pouch.strip for pouch in pouches if pouch.kept_from}
    consumed = [  # what strips made long ago left over is not on the bench when new ones are made
        *consume([[day.units for day in roll] for number, roll in rolls.items() if number in kept]),
        *consume([[day.units for day in roll] for number, roll in rolls.items() if number not in kept]),
    ]
    return tuple(
        Strip(
            number,
            tuple(roll),
            sum((day.dose_mg for day in roll), Decimal(0)),
            add_up(roll),
            consumption,
            kept=number in kept,
        )
        for (number, roll), consumption in zip(rolls.items(), consumed, strict=True)
    )


def _stop(days: tuple[Day, ...], sequence: Sequence) -> Stop:
    return Stop(days[-1].date + dt.timedelta(days=1), days[-1].dose_mg, sequence.quality.stop_drop_points)


def _to_compare(order: Order, days: tuple[Day, ...], *, stops: bool) -> Taper:
    """Return the taper that other strategies are tried on: the order's own, or its ends where phases do not say it.

    Of an amended plan the rest: from the dose of the day before, or from the higher one that it goes back to.
    """
    taper, amendment = order.taper, order.amendment
    if amendment is None and taper.strategy != "proportional":
        return taper
    final_mg = Decimal(0) if stops else days[-1].dose_mg
    ends = {"phase": None, "end_dose_mg": final_mg, "days": len(days)}
    if amendment is None:
        return taper.model_copy(update=ends)
    n_days = len(amendment.line)
    before, first = days[amendment.from_day - 2], days[amendment.from_day - 1]
    starts = first.rises and (stops or n_days > 1)
    rest = {
        "start_dose_mg": max(before.dose_mg, first.dose_mg),
        "first_day": "start" if starts else "reduced",
        "days": n_days,
    }
    return taper.model_copy(update={**ends, **rest})


def _take_back(order: Order) -> tuple[PouchToTakeBack, ...]:
    return tuple(
        PouchToTakeBack(
            strip=pouch.strip,
            day=pouch.day,
            date=order.taper.start_date + dt.timedelta(days=pouch.day - 1),
            dose_mg=pouch.dose_mg,
            code=pouch_code(pouch.plan, pouch.strip, pouch.day),
        )
        for pouch in (order.amendment.take_back if order.amendment else ())
    )
