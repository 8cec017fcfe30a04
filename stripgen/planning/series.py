"""When each strip of a plan may be made, and when it must be made and sent."""

import datetime as dt

from stripgen.domain.plan import Plan, Strip
from stripgen.domain.series import Series, SeriesStrip
from stripgen.planning.beyond_use import beyond_use_of, lots_that_last, window_of


def plan_series(plan: Plan, made_on: dt.date) -> Series:
    """Return when each strip may be made, by the limits that a plan is dated with.

    Args:
        plan: As `date_plan` returns it. The pharmacy's own beyond-use date counts for the day that is asked about only.
        made_on: That day.
    """
    strips = tuple(_series_strip(strip, plan, made_on) for strip in plan.strips_to_make)
    return Series(plan.plan_id, made_on, strips, has_lots=bool(plan.order.batch))


def _series_strip(strip: Strip, plan: Plan, made_on: dt.date) -> SeriesStrip:
    order, limits = plan.order, plan.limits
    window, use_by = window_of(strip, order, limits), beyond_use_of(strip, order, limits, made_on).date
    keeps = window.allows(made_on) and (use_by is None or use_by >= strip.last_date)
    may_be_made = keeps and made_on <= strip.days[0].date
    return SeriesStrip(strip, use_by, may_be_made, window, lots_that_last(strip, order, limits))
