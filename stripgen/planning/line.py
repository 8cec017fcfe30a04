"""What is asked of each day, before rounding: the line that the doses follow, and the days that stay as they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from stripgen.domain.amendment import LineDay
from stripgen.domain.formulary import CurveShape
from stripgen.domain.order import FirstDay, Order, Phase, Taper
from stripgen.domain.quantity import MICROGRAMS_PER_MG, micrograms, milligrams
from stripgen.planning.curves import FloatArray, IntArray, level_of, occupancy_of
from stripgen.planning.steps import equal_steps, proportional_steps

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Line:
    """What is asked of some days. All arrays have shape (n_days,).

    Attributes:
        asked: What the strategy asks for: occupancy (a fraction), or mg where it counts in mg.
        in_mg: Whether `asked` is in mg.
        lowest_ug: The lowest dose a day may have, whole micrograms; no pouch is empty.
        highest_ug: The highest dose a day may have; equal to the lowest where the dose is given.
        held: Whether the day belongs to a hold.
        stops: Whether nothing is taken after the last day.
    """

    asked: FloatArray
    in_mg: bool
    lowest_ug: IntArray
    highest_ug: IntArray
    held: BoolArray
    stops: bool

    def levels(self, curve: CurveShape | None, start_mg: float) -> FloatArray:
        """Return what is asked as levels (see `level_of`), shape (n_days,)."""
        return level_of(self.asked, curve, start_mg) if self.in_mg else self.asked


@dataclass(frozen=True, slots=True)
class Kept:
    """The days of an amended plan that stay as they were.

    Attributes:
        doses_ug: Shape (n_days,), whole micrograms.
        line: What was asked of them.
    """

    doses_ug: IntArray
    line: Line


def lines_of(order: Order, curve: CurveShape | None) -> tuple[Line, Kept | None]:
    """Return what is asked of the days to plan, and the days that are kept from an earlier version, if any.

    Args:
        order: As `read_order` returns it.
        curve: The drug's curve; needed where the strategy counts in occupancy.
    """
    amendment = order.amendment
    if amendment is None:
        return draw_line(order.taper, curve), None
    in_mg = counts_in_mg(order.taper)
    doses_ug = np.array([micrograms(day.dose_mg) for day in amendment.kept], dtype=np.int64)
    asked = np.array([float(day.asked) for day in amendment.kept])
    held = np.array([day.held for day in amendment.kept], dtype=np.bool_)
    kept = Kept(doses_ug, Line(asked, in_mg, doses_ug, doses_ug, held, stops=False))
    return _line_of_amendment(amendment.line, in_mg=in_mg, stops=amendment.stops), kept


def counts_in_mg(taper: Taper) -> bool:
    """Return whether the strategy counts in mg, so that it needs no curve."""
    return taper.strategy != "occupancy"


def draw_line(taper: Taper, curve: CurveShape | None) -> Line:
    """Return what an order's taper asks of each day.

    Args:
        taper: As `read_order` returns it.
        curve: The drug's curve; needed where the strategy counts in occupancy.
    """
    if taper.strategy == "proportional":
        return _proportional_line(taper)
    in_mg = counts_in_mg(taper)
    pieces, before_mg = [], taper.start_dose_mg
    for number, phase in enumerate(taper.phases):
        after_mg = before_mg if phase.to_mg is None else phase.to_mg
        ends_ug = micrograms(before_mg), micrograms(after_mg)
        starts = number == 0 and taper.first_day == "start"
        pieces.append(
            hold_line(ends_ug[0], phase.days, curve, in_mg=in_mg)
            if phase.kind == "hold"
            else _reduction(phase, ends_ug, curve, in_mg, starts=starts)
        )
        before_mg = after_mg
    return join_lines(pieces)


def value_asked(dose_ug: int, curve: CurveShape | None, *, in_mg: bool) -> float:
    """Return what a line asks for where it asks for just this dose: its occupancy (a fraction), or its mg."""
    dose_mg = dose_ug / MICROGRAMS_PER_MG
    return dose_mg if in_mg or curve is None else float(occupancy_of(dose_mg, curve))


def _reduction(phase: Phase, ends_ug: tuple[int, int], curve: CurveShape | None, in_mg: bool, *, starts: bool) -> Line:
    start_ug, end_ug = ends_ug
    stops = end_ug == 0
    first_day: FirstDay = "start" if starts else "reduced"
    start, end = (value_asked(dose, curve, in_mg=in_mg) for dose in ends_ug)
    lowest = np.full(phase.days, max(end_ug, 1), dtype=np.int64)
    highest = np.full(phase.days, start_ug, dtype=np.int64)
    if starts:
        lowest[0] = start_ug
    if not stops:
        highest[-1] = end_ug
    return Line(
        asked=equal_steps(start, end, phase.days, first_day, stops=stops),
        in_mg=in_mg,
        lowest_ug=lowest,
        highest_ug=highest,
        held=np.zeros(phase.days, dtype=np.bool_),
        stops=stops,
    )


def hold_line(dose_ug: int, n_days: int, curve: CurveShape | None, *, in_mg: bool) -> Line:
    """Return what a hold asks: one dose on every day."""
    doses = np.full(n_days, dose_ug, dtype=np.int64)
    asked = np.full(n_days, value_asked(dose_ug, curve, in_mg=in_mg))
    return Line(asked, in_mg, doses, doses, np.ones(n_days, dtype=np.bool_), stops=False)


def join_lines(lines: list[Line]) -> Line:
    """Return lines one after the other as one; it stops if the last one does."""
    return Line(
        asked=np.concatenate([line.asked for line in lines]),
        in_mg=lines[0].in_mg,
        lowest_ug=np.concatenate([line.lowest_ug for line in lines]),
        highest_ug=np.concatenate([line.highest_ug for line in lines]),
        held=np.concatenate([line.held for line in lines]),
        stops=lines[-1].stops,
    )


def count_proportional_days(taper: Taper) -> int:
    """Return how many days the steps of a proportional taper take."""
    return _proportional_doses(taper).size * (taper.days_per_step or 1)


def _proportional_doses(taper: Taper) -> FloatArray:
    end_mg, share = taper.final_dose_mg, float(taper.percent_per_step or 1) / 100
    doses_mg = proportional_steps(float(taper.start_dose_mg), float(taper.last_dose_mg or end_mg), float(end_mg), share)
    return doses_mg if taper.first_day == "start" else doses_mg[1:]


def _proportional_line(taper: Taper) -> Line:
    days_per_step = taper.days_per_step or 1
    doses_mg = _proportional_doses(taper)
    start_ug, end_ug = micrograms(taper.start_dose_mg), micrograms(taper.final_dose_mg)
    last_ug = micrograms(taper.last_dose_mg) if taper.last_dose_mg else end_ug
    steps_lowest = np.full(doses_mg.size, last_ug, dtype=np.int64)
    steps_highest = np.full(doses_mg.size, start_ug, dtype=np.int64)
    if taper.first_day == "start":
        steps_lowest[0] = start_ug
    given = [last_ug, end_ug] if 0 < end_ug < last_ug else [last_ug]
    steps_lowest[-len(given) :] = steps_highest[-len(given) :] = given
    asked: FloatArray = np.repeat(doses_mg, days_per_step)
    lowest: IntArray = np.repeat(steps_lowest, days_per_step)
    highest: IntArray = np.repeat(steps_highest, days_per_step)
    return Line(
        asked=asked,
        in_mg=True,
        lowest_ug=lowest,
        highest_ug=highest,
        held=np.zeros(asked.size, dtype=np.bool_),
        stops=end_ug == 0,
    )


def _line_of_amendment(days: Sequence[LineDay], *, in_mg: bool, stops: bool) -> Line:
    """Return what an amendment asks of the days it plans anew."""
    return Line(
        asked=np.array([float(day.asked) for day in days]),
        in_mg=in_mg,
        lowest_ug=np.array([micrograms(day.lowest_mg) for day in days], dtype=np.int64),
        highest_ug=np.array([micrograms(day.highest_mg) for day in days], dtype=np.int64),
        held=np.array([day.held for day in days], dtype=np.bool_),
        stops=stops,
    )


def line_days(line: Line) -> tuple[LineDay, ...]:
    """Return a line as an amendment keeps it; `lines_of` gives back the very same numbers."""
    return tuple(
        LineDay(
            asked=Decimal(repr(float(asked))),
            lowest_mg=milligrams(int(lowest)),
            highest_mg=milligrams(int(highest)),
            held=bool(held),
        )
        for asked, lowest, highest, held in zip(line.asked, line.lowest_ug, line.highest_ug, line.held, strict=True)
    )
