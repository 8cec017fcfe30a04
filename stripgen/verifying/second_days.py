"""The dose of each day: found a second time (design.md, section 3, "Rounding")."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from stripgen.domain.order import Order, Taper
from stripgen.verifying.expected import Pieces
from stripgen.verifying.second_curve import Scale
from stripgen.verifying.second_limits import Limits, Question, best_under_limits
from stripgen.verifying.second_line import AskedDay, micrograms

Pouches = Mapping[int, tuple[Pieces, ...]]  # every dose that can be made, lowest first, and of which units

_TIE = 1e-14  # of a level: what float arithmetic may make of an exact tie


def choose_doses(
    order: Order,
    asked: Sequence[AskedDay],
    pouches: Pouches,
    scale: Scale,
    *,
    to_stop: bool,
) -> list[int] | None:
    """Return the dose of each day that is planned, whole micrograms; None where no doses keep the limits.

    Args:
        order: The order.
        asked: What is asked of these days.
        pouches: Every dose that can be made, and of which units.
        scale: What doses are compared on.
        to_stop: Whether nothing is taken after the last day.
    """
    kept_ug = _doses_kept(order)
    before_ug = kept_ug[-1] if kept_ug else micrograms(order.taper.start_dose_mg)
    if not _is_limited(order.taper):
        return nearest_doses(asked, before_ug, pouches, scale)
    doses_ug = _doses_within(asked, before_ug, pouches)
    question = Question(
        doses_ug=doses_ug,
        levels=[scale.level_of_ug(dose_ug) for dose_ug in doses_ug],
        n_units=[sum(piece.count for piece in pouches[dose_ug]) for dose_ug in doses_ug],
        asked=asked,
        before_ug=before_ug,
        days_on_it=_days_on_last(kept_ug),
        to_stop=to_stop,
    )
    return best_under_limits(question, _limits(order, asked))


def nearest_doses(asked: Sequence[AskedDay], before_ug: int, pouches: Pouches, scale: Scale) -> list[int]:
    """Return for each day the dose nearest in level to what is asked; an exact tie takes the higher dose.

    Then the day's own bounds: a phase goes no lower than its end, begins with its start and ends with its end.
    """
    doses_ug = _doses_within(asked, before_ug, pouches)
    levels = [scale.level_of_ug(dose_ug) for dose_ug in doses_ug]  # not falling
    chosen = []
    for day in asked:
        above = bisect_left(levels, day.target)
        gap = min(abs(level - day.target) for level in levels[max(above - 1, 0) : above + 1])
        nearest_ug = doses_ug[bisect_right(levels, day.target + gap + _TIE) - 1]
        lowest_ug = doses_ug[bisect_left(doses_ug, day.lowest_ug)]
        highest_ug = doses_ug[bisect_right(doses_ug, day.highest_ug) - 1]
        chosen.append(min(max(nearest_ug, lowest_ug), highest_ug))
    return chosen


def _doses_within(asked: Sequence[AskedDay], before_ug: int, pouches: Pouches) -> list[int]:
    """Return what can be made of what any day may have or the day before had, lowest first."""
    lowest_ug = min(day.lowest_ug for day in asked)
    highest_ug = max(before_ug, *(day.highest_ug for day in asked))
    return [dose_ug for dose_ug in pouches if lowest_ug <= dose_ug <= highest_ug]


# --- limits ----------------------------------------------------------------------------------------------------------


def _is_limited(taper: Taper) -> bool:
    """Return whether a limit is set that says anything: 1 day on a dose is what every plan keeps."""
    fewest_days = taper.min_days_per_dose or 1
    return fewest_days > 1 or taper.max_different_doses is not None or taper.max_drop_points is not None


def _limits(order: Order, asked: Sequence[AskedDay]) -> Limits:
    taper = order.taper
    points = taper.max_drop_points
    return Limits(
        min_days=taper.min_days_per_dose or 1,
        max_doses=_doses_left(order, asked),
        max_drop=None if points is None else float(points) / 100,
    )


def _doses_left(order: Order, asked: Sequence[AskedDay]) -> int | None:
    """Return how many different doses are still allowed: those of days kept count, from the last rise on.

    Where the dose rises on the first day that is planned, the days from there on count for themselves.
    """
    most, kept = order.taper.max_different_doses, _doses_kept(order)
    if most is None or not kept or asked[0].lowest_ug > kept[-1]:
        return most
    since_rise: list[int] = []
    for dose_ug in kept:
        if since_rise and dose_ug > since_rise[-1]:
            since_rise = []
        since_rise.append(dose_ug)
    return max(0, most - len(set(since_rise)))


def _doses_kept(order: Order) -> list[int]:
    return [micrograms(day.dose_mg) for day in order.amendment.kept] if order.amendment else []


def _days_on_last(doses_ug: Sequence[int]) -> int:
    """Return for how many days the last of some doses was taken at the end."""
    n_days = 0
    for dose_ug in reversed(doses_ug):
        if dose_ug != doses_ug[-1]:
            break
        n_days += 1
    return n_days
