"""The best plan under limits found by trying every sequence of doses: slow, obvious, from the words of an order.

Nothing here comes from stripgen. The rules are those of design.md sections 3 and 4; the Hill exponent must be 1, so
that every number is an exact fraction and an exact tie is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, groupby, pairwise
from typing import Any

from second_implementation import CurveNumbers, equal_steps, occupancy, on_one_scale

NONE = Fraction(0)


@dataclass(frozen=True)
class AskedDay:
    """What an order asks of one day. Doses in mg; the target is a level (see `Question.level_of`)."""

    target: Fraction
    lowest_mg: Fraction
    highest_mg: Fraction


@dataclass(frozen=True)
class Question:
    """All that decides which sequence is the best.

    Attributes:
        n_units: How many units each dose that can be made takes at least, by mg.
        days: What is asked of each day.
        stops: Whether nothing is taken after the last day.
        curve: None: levels are shares of the start dose.
    """

    start_mg: Fraction
    n_units: Mapping[Fraction, int]
    days: Sequence[AskedDay]
    stops: bool
    curve: CurveNumbers | None
    min_days: int | None
    max_doses: int | None
    max_drop_points: Fraction | None

    @property
    def is_limited(self) -> bool:
        return (self.min_days or 1, self.max_doses, self.max_drop_points) != (1, None, None)

    @property
    def doses_mg(self) -> list[Fraction]:
        """The doses that any day may have, highest first."""
        lowest, highest = self.days[-1].lowest_mg, self.days[0].highest_mg
        return sorted((dose for dose in self.n_units if lowest <= dose <= highest), reverse=True)

    def level_of(self, dose_mg: Fraction) -> Fraction:
        return level_of(dose_mg, self.start_mg, self.curve)

    def error_of(self, doses_mg: Sequence[Fraction]) -> Fraction:
        """Return the sum of squared differences to the targets."""
        return sum((self.square_of(dose, day) for dose, day in zip(doses_mg, self.days, strict=True)), NONE)

    def square_of(self, dose_mg: Fraction, day: AskedDay) -> Fraction:
        return (self.level_of(dose_mg) - day.target) ** 2


@dataclass(frozen=True)
class Found:
    """The best sequence, and how many have the very same sum of squares, itself included."""

    doses_mg: tuple[Fraction, ...]
    n_as_good: int


def level_of(dose_mg: Fraction, start_mg: Fraction, curve: CurveNumbers | None) -> Fraction:
    if curve is None:
        return dose_mg / start_mg
    return Fraction(occupancy(dose_mg, curve))


# --- the order's words -----------------------------------------------------------------------------------------------


def question_of(raw: Mapping[str, Any], curve: CurveNumbers | None) -> Question:
    """Return what a raw order asks, which is known to be valid."""
    taper = raw["taper"]
    start_mg = Fraction(taper["start_dose_mg"])
    points = taper.get("max_drop_points")
    days = asked_days(taper, curve)
    ends = [phase["to_mg"] for phase in phases_of(taper) if phase["kind"] == "reduce"]
    return Question(
        start_mg=start_mg,
        n_units=units_of_each_dose(raw["compounding"], start_mg),
        days=days,
        stops=bool(ends) and ends[-1] == 0,
        curve=curve,
        min_days=taper.get("min_days_per_dose"),
        max_doses=taper.get("max_different_doses"),
        max_drop_points=None if points is None else Fraction(points),
    )


def phases_of(taper: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "phase" in taper:
        return list(taper["phase"])
    return [{"kind": "reduce", "to_mg": taper["end_dose_mg"], "days": taper.get("days")}]


def asked_days(taper: Mapping[str, Any], curve: CurveNumbers | None) -> list[AskedDay]:
    start_mg = Fraction(taper["start_dose_mg"])
    if taper.get("strategy") == "proportional":
        return proportional_days(taper, curve)
    days: list[AskedDay] = []
    before_mg = start_mg
    for number, phase in enumerate(phases_of(taper)):
        first_day = taper.get("first_day", "start") if number == 0 else "reduced"
        if phase["kind"] == "hold":
            held = AskedDay(level_of(before_mg, start_mg, curve), before_mg, before_mg)
            days += [held] * phase["days"]
            continue
        to_mg = Fraction(phase["to_mg"])
        targets = targets_of(taper, before_mg, to_mg, phase["days"], first_day, curve)
        phase_days = [AskedDay(target, to_mg, before_mg) for target in targets]
        if first_day == "start":
            phase_days[0] = AskedDay(targets[0], before_mg, before_mg)
        if to_mg > 0:
            phase_days[-1] = AskedDay(targets[-1], to_mg, to_mg)
        days += phase_days
        before_mg = to_mg
    return days


def targets_of(
    taper: Mapping[str, Any],
    from_mg: Fraction,
    to_mg: Fraction,
    n_days: int,
    first_day: str,
    curve: CurveNumbers | None,
) -> list[Fraction]:
    """Return the levels that equal steps in occupancy, or in mg, ask for."""
    start_mg = Fraction(taper["start_dose_mg"])
    if taper.get("strategy") == "linear":
        amounts = equal_steps(from_mg, to_mg, n_days, first_day, stops=to_mg == 0)
        return [level_of(Fraction(amount), start_mg, curve) for amount in amounts]
    upper, lower = level_of(from_mg, start_mg, curve), level_of(to_mg, start_mg, curve)
    return [Fraction(level) for level in equal_steps(upper, lower, n_days, first_day, stops=to_mg == 0)]


def proportional_days(taper: Mapping[str, Any], curve: CurveNumbers | None) -> list[AskedDay]:
    """Return the days of steps by the same percentage of the current dose: above the last one, the last, the end."""
    start_mg, end_mg = Fraction(taper["start_dose_mg"]), Fraction(taper["end_dose_mg"])
    last_mg = Fraction(taper.get("last_dose_mg", end_mg))
    steps, step_mg = [AskedDay(level_of(start_mg, start_mg, curve), start_mg, start_mg)], start_mg
    while (step_mg := step_mg * (1 - Fraction(taper["percent_per_step"]) / 100)) > last_mg:
        steps.append(AskedDay(level_of(step_mg, start_mg, curve), last_mg, start_mg))
    if taper.get("first_day", "start") == "reduced":
        del steps[0]
    given = sorted({last_mg, end_mg} - {NONE}, reverse=True)
    steps += [AskedDay(level_of(given_mg, start_mg, curve), given_mg, given_mg) for given_mg in given]
    return [step for step in steps for _ in range(taper["days_per_step"])]


def units_of_each_dose(compounding: Mapping[str, Any], most_mg: Fraction) -> dict[Fraction, int]:
    """Return every dose above 0 and up to `most_mg` that can be made, with the fewest units that make it."""
    if "increment_mg" in compounding:
        step = Fraction(compounding["increment_mg"])
        return {n * step: 1 for n in range(1, int(most_mg / step) + 1)}
    units = compounding["unit"]
    pieces = [
        (unit, divided_into) for unit in units for divided_into in (1, 2, 4) if divided_into <= divisible_into(unit)
    ]
    fewest: dict[Fraction, int] = {}
    for n_units in range(1, compounding.get("max_units_per_pouch", 6) + 1):
        for pouch in combinations_with_replacement(pieces, n_units):
            dose_mg = sum((Fraction(unit["strength_mg"]) / divided_into for unit, divided_into in pouch), NONE)
            if dose_mg <= most_mg and dose_mg not in fewest and may_be_packed(pouch, units):
                fewest[dose_mg] = n_units
    return fewest


def divisible_into(unit: Mapping[str, Any]) -> int:
    return int(unit.get("divisible_into", 1))


def may_be_packed(pouch: Sequence[tuple[Mapping[str, Any], int]], units: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether no strength is there too often, and nothing divided stands beside a modified release."""
    for unit in units:
        if sum(piece is unit for piece, _ in pouch) > unit.get("max_per_pouch", len(pouch)):
            return False
    has_divided = any(divided_into > 1 for _, divided_into in pouch)
    return not (has_divided and any(piece.get("modified_release", False) for piece, _ in pouch))


# --- every sequence --------------------------------------------------------------------------------------------------


def every_sequence(question: Question) -> Iterator[tuple[Fraction, ...]]:
    """Yield every sequence that never rises, gives each day what it may have, and keeps the limits."""
    for doses_mg in combinations_with_replacement(question.doses_mg, len(question.days)):
        days = zip(doses_mg, question.days, strict=True)
        if all(day.lowest_mg <= dose <= day.highest_mg for dose, day in days) and keeps_limits(doses_mg, question):
            yield doses_mg


def keeps_limits(doses_mg: Sequence[Fraction], question: Question) -> bool:
    if question.min_days is not None and any(len(list(run)) < question.min_days for _, run in groupby(doses_mg)):
        return False
    if question.max_doses is not None and len(set(doses_mg)) > question.max_doses:
        return False
    if question.max_drop_points is None:
        return True
    through = [question.start_mg, *doses_mg, *([NONE] if question.stops else [])]
    falls = [question.level_of(before) - question.level_of(after) for before, after in pairwise(through)]
    return 100 * max(falls) <= question.max_drop_points


def best_sequence(question: Question) -> Found | None:
    """Return the sequence with the least sum of squares; None where no sequence keeps the limits.

    Of equally good ones the one with the fewest units in all, where something is limited; then the one with the higher
    dose earlier.
    """
    errors = _errors_by_day(question)

    def error_of(doses_mg: tuple[Fraction, ...]) -> int:
        return sum(of_day[dose] for of_day, dose in zip(errors, doses_mg, strict=True))

    def preference(doses_mg: tuple[Fraction, ...]) -> tuple[int, list[Fraction]]:
        n_units = sum(question.n_units[dose] for dose in doses_mg) if question.is_limited else 0
        return n_units, [-dose for dose in doses_mg]

    with_errors = [(error_of(doses_mg), doses_mg) for doses_mg in every_sequence(question)]
    if not with_errors:
        return None
    least = min(error for error, _ in with_errors)
    as_good = [doses_mg for error, doses_mg in with_errors if error == least]
    return Found(min(as_good, key=preference), len(as_good))


def _errors_by_day(question: Question) -> list[dict[Fraction, int]]:
    """Return the squared error of every dose on every day, as multiples of one smallest part: exact, fast to add."""
    doses = question.doses_mg
    squares = on_one_scale([question.square_of(dose, day) for day in question.days for dose in doses])
    return [
        {dose: int(squares[day * len(doses) + number]) for number, dose in enumerate(doses)}
        for day in range(len(question.days))
    ]


# --- the rest of a taper, in whole numbers ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Rest:
    """What is left of a taper whose first days are kept. Levels are whole numbers; a dose is its place among them.

    Attributes:
        levels: Of the doses, not falling.
        allowed: Lowest and highest dose of each day.
        before: The dose of the last kept day.
        days_on_it: How long it was taken; 0 where a new count begins.
        max_doses: Most doses beside the one that goes on.
    """

    levels: Sequence[int]
    n_units: Sequence[int]
    targets: Sequence[int]
    allowed: Sequence[tuple[int, int]]
    before: int
    days_on_it: int
    stops: bool
    min_days: int
    max_doses: int | None
    max_drop: int | None

    def keeps_limits(self, doses: Sequence[int]) -> bool:
        through = [*([self.before] * self.days_on_it), *doses]
        if any(len(list(run)) < self.min_days for _, run in groupby(through)):
            return False
        goes_on = self.days_on_it > 0 and doses[0] == self.before
        if self.max_doses is not None and len(set(doses)) - goes_on > self.max_doses:
            return False
        levels = [self.levels[dose] for dose in (self.before, *doses)] + ([0] if self.stops else [])
        return self.max_drop is None or all(before - after <= self.max_drop for before, after in pairwise(levels))

    def best(self) -> tuple[int, ...] | None:
        """Return the best doses that never rise after the first day; None where none keep the limits."""

        def merit(doses: tuple[int, ...]) -> tuple[int, int, list[int]]:
            pairs = zip(doses, self.targets, strict=True)
            error = sum((self.levels[dose] - target) ** 2 for dose, target in pairs)
            return error, sum(self.n_units[dose] for dose in doses), [-dose for dose in doses]

        every = combinations_with_replacement(range(len(self.levels) - 1, -1, -1), len(self.targets))
        fitting = (
            doses
            for doses in every
            if all(lowest <= dose <= highest for dose, (lowest, highest) in zip(doses, self.allowed, strict=True))
            and self.keeps_limits(doses)
        )
        return min(fitting, key=merit, default=None)
