"""When no sequence of doses keeps the limits: which limit clashes, and the nearest value of each that would fit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from stripgen.domain.quantity import plain
from stripgen.errors import Problem
from stripgen.planning.optimum import DoseProblem, Limits, fewest_doses

_HUNDREDTHS = 10_000  # of a point: 0.01 to 100


def explain_clash(problem: DoseProblem, limits: Limits, others: int = 0) -> list[Problem]:
    """Return one line for each limit that is set: the nearest value with which a sequence would fit.

    Each is told twice: with the other limits as they are, and alone. With no limit set it is empty.

    Args:
        problem: For which no sequence keeps the limits.
        limits: The limits of the days that are planned.
        others: Different doses of days that are not planned any more; they count towards the order's limit.
    """
    told = []
    for limit in _LIMITS:
        current = limit.value(limits, others)
        if current is not None:
            beside = limit.nearest(problem, limits, others)
            alone = limit.nearest(problem, limit.only(limits), others)
            told.append(Problem(f"taper.{limit.field}", _words(limit, current, beside, alone)))
    return told


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit an order may set.

    Attributes:
        field: Its key in `[taper]`.
        extreme: What the nearest value that fits is among those that fit.
        hint: What else decides which value fits.
        value: Its value as the order says it; None where it is not set.
        nearest: The nearest value that fits, its own where that fits; None where no value does.
        only: The limits with all others left out.
    """

    field: str
    extreme: str
    hint: str
    value: Callable[[Limits, int], str | None]
    nearest: Callable[[DoseProblem, Limits, int], str | None]
    only: Callable[[Limits], Limits]


def _words(limit: _Limit, current: str, beside: str | None, alone: str | None) -> str:
    """Return what a reader can change.

    Args:
        limit: Which limit.
        current: Its value.
        beside: The nearest value that fits beside the other limits as they are.
        alone: The nearest value that fits without the other limits.
    """
    if alone == current and beside is None:
        return f"{current} fits alone; no other value helps while the other limits stay as they are"
    if alone == current:
        return (
            f"{current} fits alone, but not beside the other limits; {limit.extreme} that fits beside them is {beside}"
        )
    cannot = f"{current} cannot be kept in this taper"
    if alone is None:
        return f"{cannot}, and no other value can ({limit.hint})"
    if beside is None:
        return (
            f"{cannot}; {limit.extreme} that can is {alone} ({limit.hint}), "
            "and beside the other limits as they are no value can"
        )
    if beside != alone:
        return f"{cannot}; {limit.extreme} that can is {beside} beside the other limits, {alone} alone ({limit.hint})"
    return f"{cannot}; {limit.extreme} that can is {beside} ({limit.hint})"


def _fits(problem: DoseProblem, limits: Limits) -> bool:
    fewest = fewest_doses(problem, limits)
    return fewest is not None and (limits.max_doses is None or fewest <= limits.max_doses)


def _nearest_min_days(problem: DoseProblem, limits: Limits, _: int) -> str | None:
    """Return the most days on a dose that fit, if any."""
    found = _last_true(limits.min_days, lambda days: _fits(problem, replace(limits, min_days=days)))
    return str(found) if found else None


def _nearest_max_doses(problem: DoseProblem, limits: Limits, others: int) -> str | None:
    """Return the fewest different doses that fit, if any, at or above those asked for."""
    fewest = fewest_doses(problem, replace(limits, max_doses=None))
    if fewest is None:
        return None
    return str(max(fewest, limits.max_doses or 0) + others)


def _nearest_max_drop(problem: DoseProblem, limits: Limits, _: int) -> str | None:
    """Return the smallest largest drop that fits, if any: the one asked for, or in hundredths of a point above it."""
    if _fits(problem, limits):
        return _max_drop_points(limits)
    n_smaller = _last_true(_HUNDREDTHS, lambda drop: not _fits(problem, replace(limits, max_drop=drop / 10_000)))
    return None if n_smaller == _HUNDREDTHS else plain(Decimal(n_smaller + 1) / 100)


def _last_true(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number from 1 to `most` for which something holds that holds for all below; 0 for none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _max_drop_points(limits: Limits) -> str | None:
    return None if limits.max_drop is None else plain(Decimal(repr(round(100 * limits.max_drop, 6))))


_LIMITS = (
    _Limit(
        field="min_days_per_dose",
        extreme="the most",
        hint="more days in the taper or the phase would allow more",
        value=lambda limits, _: str(limits.min_days) if limits.min_days > 1 else None,
        nearest=_nearest_min_days,
        only=lambda limits: Limits(min_days=limits.min_days),
    ),
    _Limit(
        field="max_different_doses",
        extreme="the fewest",
        hint="start, end and held doses count",
        value=lambda limits, others: None if limits.max_doses is None else str(limits.max_doses + others),
        nearest=_nearest_max_doses,
        only=lambda limits: Limits(max_doses=limits.max_doses),
    ),
    _Limit(
        field="max_drop_points",
        extreme="the smallest",
        hint="smaller units or more days may allow less",
        value=lambda limits, _: _max_drop_points(limits),
        nearest=_nearest_max_drop,
        only=lambda limits: Limits(max_drop=limits.max_drop),
    ),
)
