"""What the keys of a taper ask of each other: which go together, and which doses and days make sense.

A table that is read in part (see `intake`) may lack any key: what is not there is `None` or not checked.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from stripgen.domain.fields import LONGEST_TAPER_DAYS
from stripgen.domain.order import Phase, Taper
from stripgen.domain.quantity import plain
from stripgen.errors import Problem
from stripgen.planning.line import count_proportional_days

_PROPORTIONAL_KEYS = ("percent_per_step", "days_per_step", "last_dose_mg")
_MISSING = "is missing; it must be given"


def find_taper_problems(taper: Taper) -> Iterator[Problem]:
    """Yield what in a taper's table does not fit together."""
    strategy = _get(taper, "strategy")
    if strategy == "proportional":
        yield from _find_proportional_problems(taper)
    else:
        for key in _PROPORTIONAL_KEYS:
            if _get(taper, key) is not None:
                yield Problem(f"taper.{key}", "goes with strategy = 'proportional' only; leave it out")
        if _get(taper, "phase") is not None:
            yield from _find_phase_problems(taper)
        else:
            yield from _find_plain_problems(taper)


def _get(taper: Taper, key: str) -> Any:  # noqa: ANN401 - whatever the key holds
    return getattr(taper, key, None)


def _find_plain_problems(taper: Taper) -> Iterator[Problem]:
    end, days = _get(taper, "end_dose_mg"), _get(taper, "days")
    if end is None:
        yield Problem("taper.end_dose_mg", _MISSING)
    if days is None:
        yield Problem("taper.days", _MISSING)
    yield from _find_end_problems(taper)
    if days == 1 and _get(taper, "first_day") == "start" and end:
        yield Problem(
            "taper.days", "1 day cannot be both the start and the end dose; 2 or more, or first_day = 'reduced'"
        )


def _find_end_problems(taper: Taper) -> Iterator[Problem]:
    start, end = _get(taper, "start_dose_mg"), _get(taper, "end_dose_mg")
    if start is not None and end is not None and end >= start:
        what = f"{plain(end)} is not below the start dose; from 0 (stop) to less than {plain(start)}"
        yield Problem("taper.end_dose_mg", what)


def _find_phase_problems(taper: Taper) -> Iterator[Problem]:
    phases: tuple[Phase, ...] = taper.phase or ()
    for key in ("end_dose_mg", "days"):
        if _get(taper, key) is not None:
            yield Problem(f"taper.{key}", "is given together with [[taper.phase]]; the phases say it, leave it out")
    if not phases:
        yield Problem("taper.phase", "is empty; one phase or more, or end_dose_mg and days")
    n_days = sum(phase.days for phase in phases)
    if n_days > LONGEST_TAPER_DAYS:
        yield Problem(
            "taper.phase", f"the phases take {n_days:,} days; at most {LONGEST_TAPER_DAYS:,} (5 years) in all"
        )
    before_mg: Decimal | None = _get(taper, "start_dose_mg")
    for number, phase in enumerate(phases, start=1):
        where = f"taper.phase[{number}]"
        yield from _find_one_phase_problems(phase, where, before_mg, is_last=number == len(phases))
        if (
            number == 1
            and phase.kind == "reduce"
            and phase.days == 1
            and _get(taper, "first_day") == "start"
            and phase.to_mg
        ):
            what = "1 day cannot be both the start dose and the dose reduced to; 2 or more, or first_day = 'reduced'"
            yield Problem(f"{where}.days", what)
        if phase.to_mg is not None:
            before_mg = phase.to_mg


def _find_one_phase_problems(
    phase: Phase, where: str, before_mg: Decimal | None, *, is_last: bool
) -> Iterator[Problem]:
    if phase.kind == "hold":
        if phase.to_mg is not None:
            yield Problem(f"{where}.to_mg", "goes with kind = 'reduce' only; a hold keeps the dose reached")
        return
    if phase.to_mg is None:
        yield Problem(f"{where}.to_mg", _MISSING)
    elif before_mg and phase.to_mg >= before_mg:  # after a stop nothing is below: that the stop is early says it all
        yield Problem(
            f"{where}.to_mg",
            f"{plain(phase.to_mg)} is not below the dose before; from 0 (stop) to less than {plain(before_mg)}",
        )
    if phase.to_mg == 0 and not is_last:
        yield Problem(f"{where}.to_mg", "0 is stop, and only the last phase can stop; a dose above 0")


def _find_proportional_problems(taper: Taper) -> Iterator[Problem]:
    if _get(taper, "phase") is not None:
        yield Problem("taper.phase", "goes with strategy = 'occupancy' or 'linear' only; leave it out")
    for key in ("end_dose_mg", "percent_per_step", "days_per_step"):
        if _get(taper, key) is None:
            yield Problem(f"taper.{key}", _MISSING)
    start, end, last = (_get(taper, key) for key in ("start_dose_mg", "end_dose_mg", "last_dose_mg"))
    yield from _find_end_problems(taper)
    if end == 0 and last is None:
        yield Problem("taper.last_dose_mg", "is missing; a percentage never reaches 0, so say from which dose to stop")
    lowest, highest = end or Decimal(0), start
    if last is not None and highest is not None and not (lowest <= last < highest):
        least = f"from {plain(lowest)}" if lowest else "above 0"
        yield Problem("taper.last_dose_mg", f"{plain(last)} is out of range; {least} to less than {plain(highest)}")
    elif (
        None not in (start, end, _get(taper, "percent_per_step"), _get(taper, "days_per_step"))
        and (last or end)
        and end < start
    ):
        yield from _find_length_problems(taper)


def _find_length_problems(taper: Taper) -> Iterator[Problem]:
    n_days, given = count_proportional_days(taper), _get(taper, "days")
    if n_days > LONGEST_TAPER_DAYS:
        what = f"the steps take {n_days:,} days; at most {LONGEST_TAPER_DAYS:,} (5 years): larger or shorter steps"
        yield Problem("taper.percent_per_step", what)
    elif given is not None and given != n_days:
        yield Problem("taper.days", f"{given} is not what the steps come to; leave it out, or {n_days}")
