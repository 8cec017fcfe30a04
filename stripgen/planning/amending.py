"""From a plan that is under way to the order of its next version.

The days already taken stay as they are. What is left of the line that the doses follow goes on from where it stood on
the day before: after a hold as if it had paused, stretched or hastened with its shape kept, gone back along, or cut
short. So a change that changes nothing gives the same doses.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from stripgen.domain import fields
from stripgen.domain.amendment import Amendment, Change, KeptDay, TakenBack
from stripgen.domain.fields import LONGEST_TAPER_DAYS
from stripgen.domain.order import Order
from stripgen.domain.plan import Day, Plan
from stripgen.domain.quantity import FINEST_MG, micrograms, milligrams, plain
from stripgen.errors import AmendmentInvalid, Problem
from stripgen.planning.achievable import is_achievable, nearest_achievable
from stripgen.planning.curves import FloatArray, IntArray
from stripgen.planning.line import Line, hold_line, join_lines, line_days, lines_of, value_asked

_HAIR = 1e-9  # float noise in where a stretched day falls, and in what a day asks for


@dataclass(frozen=True, slots=True)
class Request:
    """What is to change.

    Attributes:
        from_day: The first day to plan anew, 2 or more.
        change: How.
        amount: Days to hold, the day to go back to, days in all, or the dose to end at in mg.
        reason: Why, for the papers.
    """

    from_day: int
    change: Change
    amount: Decimal
    reason: str


def amend(plan: Plan, request: Request) -> Order:
    """Return the order of the next version of a plan: without approval, since it needs a new one.

    Raises:
        AmendmentInvalid: The request does not fit the plan; all problems at once.
    """
    problems = [*_find_problems(plan, request), *_find_reason_problems(request.reason)]
    if problems:
        raise AmendmentInvalid(problems, f"plan {plan.plan_id}")
    whole = _whole_line(plan)
    line = _changed(plan, whole, request)
    amendment = Amendment(
        version=plan.version + 1,
        amends=plan.plan_id,
        amends_hash=plan.plan_hash,
        earlier=(*(plan.order.amendment.earlier if plan.order.amendment else ()), plan.plan_id),
        from_day=request.from_day,
        change=request.change,
        amount=request.amount,
        reason=request.reason,
        kept=tuple(
            _keep(plan, day, asked)
            for day, asked in zip(plan.days[: request.from_day - 1], whole.asked.tolist(), strict=False)
        ),
        take_back=tuple(
            TakenBack(plan=_printed_id(plan, day), strip=day.strip, day=day.day, dose_mg=day.dose_mg)
            for day in plan.days[request.from_day - 1 :]
        ),
        line=line_days(line),
        stops=line.stops,
    )
    return plan.order.model_copy(update={"amendment": amendment, "approval": None})


def _find_problems(plan: Plan, request: Request) -> list[Problem]:
    n_days, first = len(plan.days), request.from_day
    problems = []
    least = max([2, *(rise + 1 for rise in _rises_of(plan))])  # day 1 would be a new order
    last = n_days + 1 if request.change in {"hold", "back"} else n_days
    if not least <= first <= last:
        what = f"{first} is out of range; from {least} to {last}, the first day to plan anew"
        if plan.order.amendment and least > 2:  # noqa: PLR2004 - as above
            what += f" (day {least - 1} goes back up; to go another way before it, amend {plan.order.amendment.amends})"
        return [Problem("--from-day", what)]
    amount = request.amount
    match request.change:
        case "hold" if not 1 <= amount <= LONGEST_TAPER_DAYS - n_days:
            most = LONGEST_TAPER_DAYS - n_days
            problems.append(Problem("--hold", f"{plain(amount)} days is out of range; from 1 to {most}"))
        case "back" if not 1 <= amount < first:
            problems.append(
                Problem("--back-to-day", f"{plain(amount)} is not before day {first}; from 1 to {first - 1}")
            )
        case "back" if n_days - amount + first > LONGEST_TAPER_DAYS:
            problems.append(Problem("--back-to-day", f"{plain(amount)} makes a plan of over {LONGEST_TAPER_DAYS} days"))
        case "stretch" if not n_days <= amount <= LONGEST_TAPER_DAYS:
            problems.append(
                Problem(
                    "--stretch-to",
                    f"{plain(amount)} is out of range; from {n_days} to {LONGEST_TAPER_DAYS} days in all",
                )
            )
        case "faster" if not first <= amount <= n_days:
            problems.append(
                Problem("--faster-to", f"{plain(amount)} is out of range; from {first} to {n_days} days in all")
            )
        case "stop_at":
            problems += _find_end_problems(plan, request)
    return problems


def _find_reason_problems(reason: str) -> list[Problem]:
    try:
        TypeAdapter(fields.Line).validate_python(reason)
    except ValidationError as error:
        return [Problem("--reason", fault["msg"]) for fault in error.errors(include_url=False)]
    return []


def _rises_of(plan: Plan) -> list[int]:
    """Return the days on which the dose goes back up."""
    return [day.day for day in plan.days if day.rises]


def _find_end_problems(plan: Plan, request: Request) -> list[Problem]:
    dose_mg, compounding = request.amount, plan.order.compounding
    before_mg, final_mg = plan.days[request.from_day - 2].dose_mg, plan.final_dose_mg
    if not final_mg <= dose_mg <= before_mg or not dose_mg:
        least = plain(final_mg) if final_mg else "above 0"
        what = f"{plain(dose_mg)} mg is out of range; from {least} to {plain(before_mg)} mg, the dose of the day before"
        return [Problem("--stop-at-mg", what)]
    if dose_mg % FINEST_MG:
        return [Problem("--stop-at-mg", f"{plain(dose_mg)} mg is finer than {plain(FINEST_MG)} mg")]
    if not is_achievable(micrograms(dose_mg), compounding):
        nearest = " and ".join(plain(milligrams(dose)) for dose in nearest_achievable(micrograms(dose_mg), compounding))
        return [Problem("--stop-at-mg", f"{plain(dose_mg)} mg cannot be made; nearest that can: {nearest} mg")]
    return []


def _whole_line(plan: Plan) -> Line:
    """Return what was asked of every day of a plan, kept days included."""
    line, kept = lines_of(plan.order, plan.curve)
    return line if kept is None else join_lines([kept.line, line])


def _keep(plan: Plan, day: Day, asked: float) -> KeptDay:
    return KeptDay(
        dose_mg=day.dose_mg,
        asked=Decimal(repr(asked)),
        plan=_printed_id(plan, day),
        strip=day.strip,
        pouch=day.pouch,
        held=day.held,
    )


def _printed_id(plan: Plan, day: Day) -> str:
    """Return the id of the plan that a day's pouch was made with."""
    kept = plan.order.amendment.kept if plan.order.amendment else ()
    return kept[day.day - 1].plan if day.day <= len(kept) else plan.plan_id


def _changed(plan: Plan, whole: Line, request: Request) -> Line:
    """Return what is asked from the first day that is planned anew."""
    taken, amount = request.from_day - 1, int(request.amount)
    before_ug = micrograms(plan.days[taken - 1].dose_mg)
    rest = _part(whole, np.arange(taken, len(plan.days)))
    match request.change:
        case "hold":
            hold = hold_line(before_ug, amount, plan.curve, in_mg=whole.in_mg)
            return join_lines([hold, _not_above(rest, before_ug)])
        case "back":
            back_ug = micrograms(plan.days[amount - 1].dose_mg)
            again = _part(whole, _way_down_from(amount, plan, whole))
            return _given_first(_not_above(again, back_ug), back_ug)
        case "stretch" | "faster":
            return _not_above(_resampled(whole, taken, amount - taken, before_ug, plan), before_ug)
        case "stop_at":
            return _cut(_not_above(rest, before_ug), micrograms(request.amount), plan)


def _part(line: Line, days: IntArray) -> Line:
    return replace(
        line,
        asked=line.asked[days],
        lowest_ug=line.lowest_ug[days],
        highest_ug=line.highest_ug[days],
        held=line.held[days],
    )


def _way_down_from(day: int, plan: Plan, whole: Line) -> IntArray:
    """Return the days, counted from 0, from one on, without those that a later rise made good: nothing rises again."""
    first, days = day - 1, np.arange(day - 1, len(plan.days))
    for rise in _rises_of(plan):
        days = days[(days >= rise - 1) | (whole.asked[days] > whole.asked[rise - 1])]
    if days[0] != first:  # it was itself made good: go on below it
        days = np.concatenate([[first], days[whole.asked[days] < whole.asked[first]]])
    return days


def _not_above(line: Line, dose_ug: int) -> Line:
    """Return the line with no day allowed above a dose; a day that had to be above it has just that dose."""
    return replace(
        line,
        lowest_ug=np.minimum(line.lowest_ug, dose_ug),
        highest_ug=np.minimum(line.highest_ug, dose_ug),
    )


def _given_first(line: Line, dose_ug: int) -> Line:
    lowest, highest = line.lowest_ug.copy(), line.highest_ug.copy()
    lowest[0] = highest[0] = dose_ug
    return replace(line, lowest_ug=lowest, highest_ug=highest)


def _resampled(whole: Line, taken: int, n_days: int, before_ug: int, plan: Plan) -> Line:
    """Return the rest of a line over another number of days, its shape kept.

    Day `taken` stands at 0 on the old line's clock, its last day at the number of days left, and the stop one later.
    """
    n_left = whole.asked.size - taken
    steps = np.arange(1, n_days + 1)
    clock: FloatArray = steps * (n_left + whole.stops) / (n_days + whole.stops)
    lower, upper = np.floor(clock + _HAIR).astype(np.int64), np.ceil(clock - _HAIR).astype(np.int64)
    within = np.minimum(upper, n_left)  # between the last day and the stop the last day's bounds go on
    asked = np.interp(
        clock, np.arange(n_left + 1 + whole.stops), [*whole.asked[taken - 1 :], *([0.0] if whole.stops else [])]
    )
    if plan.order.taper.strategy == "proportional":  # it goes in steps, and so do its days
        asked = whole.asked[taken - 1 + within]
    lowest = np.concatenate([[before_ug], whole.lowest_ug[taken:]])
    highest = np.concatenate([[before_ug], whole.highest_ug[taken:]])
    held = whole.held[taken - 1 :]
    return replace(
        whole,
        asked=asked,
        lowest_ug=np.minimum(lowest[within], lowest[lower]),
        highest_ug=np.maximum(highest[within], highest[lower]),
        held=held[within] & held[lower],
    )


def _cut(rest: Line, end_ug: int, plan: Plan) -> Line:
    """Return the line up to the day on which it reaches a dose, that day at the dose itself."""
    there = np.flatnonzero(rest.asked <= value_asked(end_ug, plan.curve, in_mg=rest.in_mg) + _HAIR)
    n_days = int(there[0]) + 1 if there.size else rest.asked.size
    line = _part(rest, np.arange(n_days))
    lowest, highest = np.maximum(line.lowest_ug, end_ug), np.maximum(line.highest_ug, end_ug)
    lowest[-1] = highest[-1] = end_ug
    return replace(line, lowest_ug=lowest, highest_ug=highest, stops=False)
