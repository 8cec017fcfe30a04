"""The daily doses of a taper: what the line asks for, rounded to what can be made within the limits."""

from dataclasses import dataclass, replace

import numpy as np

from stripgen.domain.formulary import CurveShape
from stripgen.domain.order import Compounding, Taper
from stripgen.domain.plan import Quality
from stripgen.domain.quantity import MICROGRAMS_PER_MG, micrograms, milligrams
from stripgen.planning.achievable import Achievable, find_achievable
from stripgen.planning.curves import FloatArray, IntArray, level_of
from stripgen.planning.line import BoolArray, Kept, Line, draw_line
from stripgen.planning.optimum import DoseProblem, Limits, find_best
from stripgen.planning.rounding import nearest_level

_MOST_CELLS = 2_500_000  # doses × days: up to some 400 MB of tables where different doses are limited


@dataclass(frozen=True, slots=True)
class Sequence:
    """Daily doses and their level: their occupancy, or without a curve their share of the start dose.

    All arrays have shape (n_days,), the days kept from an earlier version included.

    Attributes:
        doses_ug: Whole micrograms.
        asked: Level asked for.
        levels: Level given.
        drops: Fall of the level from the day before (day 1: from the start dose); one more entry for a stop.
        held: Whether the day belongs to a hold.
        quality: The figures a reader compares.
    """

    doses_ug: IntArray
    asked: FloatArray
    levels: FloatArray
    drops: FloatArray
    held: BoolArray
    quality: Quality


def limits_of(taper: Taper) -> Limits:
    """Return the limits of an order, the largest drop as a fraction."""
    points = taper.max_drop_points
    return Limits(
        min_days=taper.min_days_per_dose or 1,
        max_doses=taper.max_different_doses,
        max_drop=None if points is None else float(points) / 100,
    )


def pose_problem(
    line: Line, achievable: Achievable, curve: CurveShape | None, start_ug: int, kept: Kept | None = None
) -> tuple[DoseProblem, IntArray]:
    """Return what the best doses are sought for, and the doses its indices stand for.

    Args:
        line: What is asked of the days to plan.
        achievable: The doses that can be made, at least up to the highest one the line allows.
        curve: The drug's curve, if it has one.
        start_ug: The start dose, whole micrograms.
        kept: The days before, if some are kept.
    """
    before_ug = start_ug if kept is None else int(kept.doses_ug[-1])
    least, most = int(line.lowest_ug.min()), max(int(line.highest_ug.max()), before_ug)
    doses_ug = achievable.doses_ug
    within = (doses_ug >= least) & (doses_ug <= most)
    used = doses_ug[within]
    problem = DoseProblem(
        levels=level_of(used / MICROGRAMS_PER_MG, curve, start_ug / MICROGRAMS_PER_MG),
        n_units=achievable.n_units[within],
        targets=line.levels(curve, start_ug / MICROGRAMS_PER_MG),
        lowest=np.searchsorted(used, line.lowest_ug),
        highest=np.searchsorted(used, line.highest_ug, side="right") - 1,
        before=int(np.searchsorted(used, before_ug)),
        days_on_it=0 if kept is None else _days_on_last(kept.doses_ug),
        stops=line.stops,
    )
    return problem, used


def _days_on_last(doses_ug: IntArray) -> int:
    changes = np.flatnonzero(np.diff(doses_ug))
    return int(doses_ug.size - (changes[-1] + 1 if changes.size else 0))


def limits_left(limits: Limits, line: Line, kept: Kept | None) -> Limits:
    """Return the limits of the days still to plan: different doses already made with earlier days count.

    Where the dose rose, the days from there on count for themselves.
    """
    if kept is None or limits.max_doses is None or line.lowest_ug[0] > kept.doses_ug[-1]:
        return limits
    rises = np.flatnonzero(np.diff(kept.doses_ug) > 0)
    since_rise = kept.doses_ug[rises[-1] + 1 :] if rises.size else kept.doses_ug
    return replace(limits, max_doses=max(0, limits.max_doses - int(np.unique(since_rise).size)))


def choose_doses(problem: DoseProblem, limits: Limits) -> IntArray | None:
    """Return the best doses as indices, shape (n_days,): the nearest of each day where nothing is limited.

    None where no sequence fits the limits.
    """
    if limits == Limits():
        return np.clip(nearest_level(problem.targets, problem.levels), problem.lowest, problem.highest)
    return find_best(problem, limits)


def is_too_large(problem: DoseProblem, limits: Limits) -> bool:
    """Return whether doses under limits would take more memory than a pharmacy's computer should give."""
    return limits != Limits() and problem.levels.size * problem.n_days > _MOST_CELLS


def complete_sequence(
    doses_ug: IntArray, line: Line, curve: CurveShape | None, taper: Taper, kept: Kept | None = None
) -> Sequence:
    """Return the doses of all days with their levels, drops and quality.

    Args:
        doses_ug: Of the days that were planned.
        line: What was asked of them.
        curve: The drug's curve, if it has one.
        taper: For its start dose and its first day.
        kept: The days before them, if some are kept.
    """
    start_mg = float(taper.start_dose_mg)
    asked, held = line.levels(curve, start_mg), line.held
    if kept is not None:  # another strategy may be tried on the rest, so that the two lines count differently
        doses_ug = np.concatenate([kept.doses_ug, doses_ug])
        asked = np.concatenate([kept.line.levels(curve, start_mg), asked])
        held = np.concatenate([kept.line.held, held])
    levels = level_of(doses_ug / MICROGRAMS_PER_MG, curve, start_mg)
    start = float(level_of(start_mg, curve, start_mg))
    through = np.concatenate([[start], levels, [0.0] if line.stops else []])
    drops = through[:-1] - through[1:]
    n_kept = 0 if kept is None else int(kept.doses_ug.size)
    quality = _measure(doses_ug, drops, levels - asked, line, taper, n_kept, has_curve=curve is not None)
    return Sequence(doses_ug, asked, levels, drops, held, quality)


def _measure(
    doses_ug: IntArray,
    drops: FloatArray,
    errors: FloatArray,
    line: Line,
    taper: Taper,
    n_kept: int,
    *,
    has_curve: bool,
) -> Quality:
    """Return the figures a reader compares: of the days that are planned, not of those kept.

    Args:
        doses_ug: Of all days, shape (n_days,), whole micrograms.
        drops: Fall of the level on each day and at a stop.
        errors: Level given less the level asked for, shape (n_days,).
        line: What was asked of the days that are planned.
        taper: For its start dose and its first day.
        n_kept: How many of the days are kept.
        has_curve: Whether levels are occupancies.
    """
    # Whole again: an empty list would make floats of them all.
    through_ug = np.concatenate([[micrograms(taper.start_dose_mg)], doses_ug, [0] if line.stops else []]).astype(
        np.int64
    )
    falls_ug = through_ug[:-1] - through_ug[1:]
    steepest_mg = n_kept + int(np.argmax(falls_ug[n_kept:]))
    steepest = n_kept + int(np.argmax(drops[n_kept:])) if has_curve else steepest_mg
    day_one_is_start = n_kept == 0 and taper.first_day == "start" and not line.held[0]
    n_steps = int(np.count_nonzero(~line.held)) - day_one_is_start + line.stops
    error = float(np.sqrt(np.mean(errors[n_kept:] ** 2)))
    in_mg = line.in_mg and not has_curve
    return Quality(
        rms_error_points=100 * error if has_curve else None,
        mean_drop_points=100 * float(drops[n_kept:].sum()) / max(n_steps, 1) if has_curve else None,
        max_drop_points=100 * float(drops[steepest]) if has_curve else None,
        max_drop_day=steepest + 1,
        stop_drop_points=100 * float(drops[-1]) if has_curve and line.stops else None,
        rms_error_mg=error * float(taper.start_dose_mg) if in_mg else None,
        max_drop_mg=milligrams(int(falls_ug[steepest_mg])),
        max_drop_mg_day=steepest_mg + 1,
    )


def plan_freely(
    taper: Taper, line: Line, achievable: Achievable, curve: CurveShape | None, kept: Kept | None = None
) -> Sequence:
    """Return the sequence that follows a line without limits, whatever the order limits.

    Args:
        taper: The order's, for its start dose and its first day.
        line: What is asked of the days to plan.
        achievable: The doses that can be made.
        curve: The drug's curve, if it has one.
        kept: The days before, if some are kept.
    """
    problem, used = pose_problem(line, achievable, curve, micrograms(taper.start_dose_mg), kept)
    chosen = choose_doses(problem, Limits())
    assert chosen is not None  # noqa: S101 - without limits there is always a nearest dose
    return complete_sequence(used[chosen], line, curve, taper, kept)


def try_compounding(taper: Taper, compounding: Compounding, curve: CurveShape | None) -> Sequence | None:
    """Return the sequence that another way to make the pouches would give; None where no sequence fits the limits.

    Start, end and holds must be achievable by it.
    """
    line, achievable = draw_line(taper, curve), find_achievable(compounding, micrograms(taper.start_dose_mg))
    problem, used = pose_problem(line, achievable, curve, micrograms(taper.start_dose_mg))
    limits = limits_of(taper)
    chosen = None if is_too_large(problem, limits) else choose_doses(problem, limits)
    return None if chosen is None else complete_sequence(used[chosen], line, curve, taper)
