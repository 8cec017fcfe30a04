"""What an order asks of each day, before rounding: found a second time (design.md, section 3, "Equal steps")."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stripgen.domain.order import Order, Phase, Taper
from stripgen.verifying.second_curve import Scale

_UG_PER_MG = 1000
_HAIR = 1e-9  # of a step of a proportional taper: so little above the last dose is the last dose


@dataclass(frozen=True, slots=True)
class AskedDay:
    """What is asked of one day.

    Attributes:
        target: The level it should have (see `Scale`).
        lowest_ug: The lowest dose it may have, whole micrograms, above 0: there is no empty pouch.
        highest_ug: The highest; the same where the dose is given.
        held: Whether the day belongs to a hold.
    """

    target: float
    lowest_ug: int
    highest_ug: int
    held: bool = False


def days_asked(order: Order, scale: Scale) -> list[AskedDay]:
    """Return what is asked of each day that is planned: all of them, or those that an amendment plans anew."""
    in_mg = _counts_in_mg(order)
    if order.amendment is not None:
        return [
            AskedDay(
                _target(float(day.asked), scale, in_mg=in_mg),
                micrograms(day.lowest_mg),
                micrograms(day.highest_mg),
                day.held,
            )
            for day in order.amendment.line
        ]
    if order.taper.strategy == "proportional":
        return list(_proportional_days(order.taper, scale))
    return list(_phased_days(order.taper, scale, in_mg=in_mg))


def targets_kept(order: Order, scale: Scale) -> list[float]:
    """Return what was asked of each day that is kept from an earlier version of the plan."""
    kept = order.amendment.kept if order.amendment else ()
    return [_target(float(day.asked), scale, in_mg=_counts_in_mg(order)) for day in kept]


def stops(order: Order) -> bool:
    """Return whether nothing is taken after the last day: the end is 0."""
    if order.amendment is not None:
        return order.amendment.stops
    reached = order.taper.start_dose_mg
    for phase in _phases(order.taper):
        reached = reached if phase.to_mg is None else phase.to_mg
    return reached == 0


def micrograms(amount_mg: Decimal) -> int:
    """Return an exact amount as whole micrograms (section 2: 0.001 mg is the finest step)."""
    return int(amount_mg * _UG_PER_MG)


def _counts_in_mg(order: Order) -> bool:
    return order.taper.strategy in {"linear", "proportional"}


def _target(asked: float, scale: Scale, *, in_mg: bool) -> float:
    return scale.level(asked) if in_mg else asked


def _phases(taper: Taper) -> Sequence[Phase]:
    return taper.phase or (Phase(kind="reduce", to_mg=taper.end_dose_mg, days=taper.days or 1),)


def _phased_days(taper: Taper, scale: Scale, *, in_mg: bool) -> Iterator[AskedDay]:
    """Yield the days of phase after phase: each reduces from the dose reached, or holds it."""
    reached_ug = micrograms(taper.start_dose_mg)
    for number, phase in enumerate(_phases(taper)):
        if phase.kind == "hold" or phase.to_mg is None:
            yield from phase.days * [AskedDay(scale.level_of_ug(reached_ug), reached_ug, reached_ug, held=True)]
            continue
        end_ug = micrograms(phase.to_mg)
        ends = (reached_ug, end_ug)
        start, end = (dose / _UG_PER_MG for dose in ends) if in_mg else map(scale.level_of_ug, ends)
        day_1_is_start = number == 0 and taper.first_day == "start"
        for t, asked in enumerate(equal_steps(start, end, phase.days, day_1_is_start, end_ug == 0), start=1):
            is_start = t == 1 and day_1_is_start  # "day 1 is A itself"
            is_end = t == phase.days and end_ug > 0  # "day n is B"
            yield AskedDay(
                target=_target(asked, scale, in_mg=in_mg),
                lowest_ug=reached_ug if is_start else max(end_ug, 1),
                highest_ug=end_ug if is_end else reached_ug,
            )
        reached_ug = end_ug


def equal_steps(start: float, end: float, n_days: int, day_1_is_start: bool, to_stop: bool) -> Iterable[float]:
    """Return what equal steps ask of days 1 to n: the four cells of the table in section 3.

    Args:
        start: Value of the dose the phase comes from, Oa: a level or mg.
        end: Value of the dose it goes to, Ob; 0 where it stops.
        n_days: How many.
        day_1_is_start: Day 1 is the start dose itself; or else that was taken the day before.
        to_stop: The dose gone to is 0: on the day after the last.
    """
    days = range(1, n_days + 1)
    if day_1_is_start:
        n_steps = n_days if to_stop else n_days - 1
        return [start - (t - 1) / n_steps * (start - end) for t in days]
    n_steps = n_days + 1 if to_stop else n_days
    return [start - t / n_steps * (start - end) for t in days]


def _proportional_days(taper: Taper, scale: Scale) -> Iterator[AskedDay]:
    """Yield the days of a proportional taper: an equal percentage of the current dose, ending in one defined last step.

    Each step takes `days_per_step` days. The steps go down from the start dose as long as they are above the last
    dose; then the last dose is a step, and then the end dose where it is above 0 and below the last.
    """
    start_ug, end_ug = micrograms(taper.start_dose_mg), micrograms(taper.end_dose_mg or Decimal(0))
    last_ug = micrograms(taper.last_dose_mg) if taper.last_dose_mg else end_ug
    stays = 1 - float(taper.percent_per_step or 1) / 100
    start_mg, last_mg = start_ug / _UG_PER_MG, last_ug / _UG_PER_MG

    steps = [AskedDay(scale.level(start_mg), start_ug, start_ug)]
    while (step_mg := start_mg * stays ** len(steps)) > last_mg * stays**-_HAIR:
        steps.append(AskedDay(scale.level(step_mg), last_ug, start_ug))
    if taper.first_day == "reduced":
        del steps[0]
    steps.append(AskedDay(scale.level(last_mg), last_ug, last_ug))
    if 0 < end_ug < last_ug:
        steps.append(AskedDay(scale.level(end_ug / _UG_PER_MG), end_ug, end_ug))
    for step in steps:
        yield from (taper.days_per_step or 1) * [step]
