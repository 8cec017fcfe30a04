"""When no sequence of doses keeps the limits: which limit clashes, and the nearest value of each that would fit."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from stripgen.domain.quantity import plain
from stripgen.errors import Problem as Fault
from stripgen.planning.optimum import Limits, Problem, fewest_doses

_HUNDREDTHS = 10_000  # of a point: 0.01 to 100


def explain_clash(problem: Problem, limits: Limits, others: int = 0) -> list[Fault]:
    """Return one line for each limit that is set: the nearest value with which a sequence would fit.

    Each is told twice: with the other limits as they are, and alone. With no limit set it is empty.

    Args:
        problem: For which no sequence keeps the limits.
        limits: The limits of the days that are planned.
        others: Different doses of days that are not planned any more; they count towards the order's limit.
    """
    told = []
    for field, value, nearest, without in _LIMITS:
        current = value(limits, others)
        if current is not None:
            together = nearest(problem, limits, others)
            alone = nearest(problem, without(limits), others)
            told.append(Fault(f"taper.{field}", _words(current, together, alone)))
    return told


def _words(current: str, together: str | None, alone: str | None) -> str:
    if alone == current:
        by_itself = "alone it would fit"
    elif alone is None:
        by_itself = "alone no value would fit either"
    else:
        by_itself = f"alone, without the other limits, the nearest that fits is {alone}"
    if together is None:
        return f"{current} clashes with the taper and the other limits, whatever its value; {by_itself}"
    if together == alone:
        return f"{current} clashes with the taper; the nearest that fits is {together}"
    return f"{current} clashes with the other limits; beside them the nearest that fits is {together}; {by_itself}"


def _fits(problem: Problem, limits: Limits) -> bool:
    fewest = fewest_doses(problem, limits)
    return fewest is not None and (limits.max_doses is None or fewest <= limits.max_doses)


def _nearest_min_days(problem: Problem, limits: Limits, _: int) -> str | None:
    """Return the most days on a dose that fit, if any."""
    found = _last_true(limits.min_days, lambda days: _fits(problem, replace(limits, min_days=days)))
    return str(found) if found else None


def _last_true(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number from 1 to `most` for which something holds that holds for all below; 0 for none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _nearest_max_doses(problem: Problem, limits: Limits, others: int) -> str | None:
    fewest = fewest_doses(problem, replace(limits, max_doses=None))
    if fewest is None:
        return None
    return str(max(fewest, limits.max_doses or 0) + others)


def _nearest_max_drop(problem: Problem, limits: Limits, _: int) -> str | None:
    """Return the smallest largest drop that fits, in hundredths of a point, at or above the one asked for."""
    asked = round(10_000 * (limits.max_drop or 0))
    n_smaller = _last_true(_HUNDREDTHS, lambda drop: not _fits(problem, replace(limits, max_drop=drop / 10_000)))
    if n_smaller == _HUNDREDTHS:
        return None
    return plain(Decimal(max(n_smaller + 1, asked)) / 100)


_Value = Callable[[Limits, int], str | None]
_Nearest = Callable[[Problem, Limits, int], str | None]
_LIMITS: tuple[tuple[str, _Value, _Nearest, Callable[[Limits], Limits]], ...] = (
    (
        "min_days_per_dose",
        lambda limits, _: str(limits.min_days) if limits.min_days > 1 else None,
        _nearest_min_days,
        lambda limits: Limits(min_days=limits.min_days),
    ),
    (
        "max_different_doses",
        lambda limits, others: None if limits.max_doses is None else str(limits.max_doses + others),
        _nearest_max_doses,
        lambda limits: Limits(max_doses=limits.max_doses),
    ),
    (
        "max_drop_points",
        lambda limits, _: None if limits.max_drop is None else plain(Decimal(repr(round(100 * limits.max_drop, 6)))),
        _nearest_max_drop,
        lambda limits: Limits(max_drop=limits.max_drop),
    ),
)
