"""How close the doses come to what was asked: found a second time (design.md, section 6, `quality`).

Of an amended plan the figures are of the days that it plans, not of those kept.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from stripgen.domain.order import Order
from stripgen.verifying.expected import ExpectedDay, ExpectedQuality, ExpectedStop
from stripgen.verifying.second_curve import Scale
from stripgen.verifying.second_line import AskedDay

Fall = TypeVar("Fall", float, Decimal)


def measure(
    order: Order,
    planned: Sequence[ExpectedDay],
    asked: Sequence[AskedDay],
    stop: ExpectedStop | None,
    scale: Scale,
) -> ExpectedQuality:
    """Return the figures of the days that are planned.

    Args:
        order: The order.
        planned: Those days.
        asked: What was asked of each.
        stop: The day after the last, where nothing is taken.
        scale: What doses are compared on.
    """
    squares = [
        (scale.level(float(day.dose_mg)) - wanted.target) ** 2 for day, wanted in zip(planned, asked, strict=True)
    ]
    error = math.sqrt(math.fsum(squares) / len(squares))
    falls_mg = [(day.day, day.drop_mg) for day in planned]
    drops = [(day.day, day.drop_points) for day in planned if day.drop_points is not None]
    if stop is not None:
        after_last = planned[-1].day + 1  # the stop counts as day N + 1
        falls_mg.append((after_last, stop.drop_mg))
        drops += [(after_last, stop.drop_points)] if stop.drop_points is not None else []
    mg_day, max_drop_mg = _largest(falls_mg)
    max_drop_day, max_drop_points = _largest(drops) if drops else (mg_day, None)
    counts_in_mg = scale.curve is None
    return ExpectedQuality(
        rms_error_points=None if counts_in_mg else 100 * error,
        mean_drop_points=None if counts_in_mg else math.fsum(drop for _, drop in drops) / _n_steps(order, asked, stop),
        max_drop_points=max_drop_points,
        max_drop_day=max_drop_day,
        stop_drop_points=stop.drop_points if stop else None,
        rms_error_mg=error * float(order.taper.start_dose_mg) if counts_in_mg else None,
        max_drop_mg=max_drop_mg,
        max_drop_mg_day=mg_day,
    )


def _largest(falls: Sequence[tuple[int, Fall]]) -> tuple[int, Fall]:
    """Return the largest fall and its day, the first of equal ones."""
    return max(falls, key=lambda fall: (fall[1], -fall[0]))


def _n_steps(order: Order, asked: Sequence[AskedDay], stop: ExpectedStop | None) -> int:
    """Return on how many days a fall can happen: not within a hold, nor on a first day that is the start dose."""
    n_days = sum(not day.held for day in asked)
    day_1_is_start = order.amendment is None and order.taper.first_day == "start" and not asked[0].held
    return max(1, n_days - day_1_is_start + (stop is not None))
