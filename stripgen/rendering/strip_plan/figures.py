"""This plan and the other strategies side by side: one row each, the same figures on every page that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from stripgen.domain.plan import Alternative, Plan, Quality, name_drop_day
from stripgen.domain.wording import Saying, Value, say_later
from stripgen.rendering.descriptions import describe_limits, describe_strategy
from stripgen.rendering.strip_plan.figure_table import Figure
from stripgen.rendering.words import Words, capitalise

_NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one strategy over all days of the plan.

    Attributes:
        name: How it is called.
        what: What its steps are, in small print.
        occupancies: Fractions, one a day; empty without a curve.
    """

    name: str
    what: str
    doses_mg: tuple[Decimal, ...]
    occupancies: tuple[float, ...]
    quality: Quality
    different_doses: int
    n_units: int
    total_mg: Decimal

    @property
    def days_per_dose(self) -> float:
        """How long a dose lasts on average."""
        return len(self.doses_mg) / sum(1 for _ in groupby(self.doses_mg))


def own_row(plan: Plan, words: Words) -> Row:
    """Return the plan's own row; of an amended plan its figures are of the days that it plans."""
    return Row(
        name=words.say("figures.this_plan"),
        what=_describe_own(plan, words),
        doses_mg=_own_doses(plan),
        occupancies=tuple(day.occupancy for day in plan.days if day.occupancy is not None),
        quality=plan.quality,
        different_doses=plan.different_doses,
        n_units=plan.n_units,
        total_mg=plan.total_mg,
    )


def _describe_own(plan: Plan, words: Words) -> str:
    strategy, limits = describe_strategy(plan.order.taper, words), describe_limits(plan.order.taper, words)
    return words.say("figures.strategy_and_limits", strategy=strategy, limits=limits) if limits else strategy


def other_rows(plan: Plan, words: Words) -> list[Row]:
    """Return a row for each other strategy whose doses are not the plan's own."""
    own = _own_doses(plan)
    return [_row_of(other, words) for other in plan.alternatives if other.doses_mg != own]


def _own_doses(plan: Plan) -> tuple[Decimal, ...]:
    return tuple(day.dose_mg for day in plan.days)


def describe_same(plan: Plan, words: Words) -> str:
    """Return which other strategies come to the plan's own doses, or nothing; its own strategy goes without saying."""
    own = _own_doses(plan)
    same = tuple(
        say_later(f"alternative.{other.strategy}")
        for other in plan.alternatives
        if other.doses_mg == own and other.strategy != plan.strategy
    )
    return words.say("figures.same_doses", others=same) if same else ""


def _row_of(other: Alternative, words: Words) -> Row:
    return Row(
        name=words.say(f"alternative.{other.strategy}"),
        what=words.tell(_name_steps(other)),
        doses_mg=other.doses_mg,
        occupancies=other.occupancies,
        quality=other.quality,
        different_doses=other.different_doses,
        n_units=other.n_units,
        total_mg=other.total_mg,
    )


def _name_steps(other: Alternative) -> Saying:
    """Return what the steps of another strategy are, and of those in percent how long one is on average."""
    match other.strategy:
        case "occupancy" | "linear":
            return say_later("figures.without_limits", strategy=say_later(f"strategy.{other.strategy}"))
        case "proportional_10":
            return _name_every(other.days_per_step, "percent_every", percent=Decimal(10))
        case "proportional_25":
            return _name_every(other.days_per_step, "percent_every", percent=Decimal(25))
        case "halving":
            return _name_every(other.days_per_step, "half_every")


def _name_every(days: float | None, phrase: str, **share: Value) -> Saying:
    mean = _mean(days)
    if mean == 1:
        return say_later(f"figures.{phrase}_day", **share)
    return say_later(f"figures.{phrase}_days", days=_NONE if mean is None else mean, **share)


def _mean(days: float | None) -> Decimal | None:
    """Return a mean number of days to the tenth that is printed."""
    return None if days is None else Decimal(f"{days:.1f}")


def format_mean_days(days: float | None, words: Words) -> str:
    """Return a mean number of days as printed: `2.2`; a dash where there is none."""
    mean = _mean(days)
    return _NONE if mean is None else words.number(mean)


def format_largest(row: Row, words: Words) -> str:
    """Return the largest drop: in points, or in mg without a curve."""
    points = row.quality.max_drop_points
    return words.dose(row.quality.max_drop_mg) if points is None else words.points(points)


def name_when(row: Row) -> Saying:
    """Return when the largest drop is: on day 93, at the stop."""
    return name_drop_day(row.quality.max_drop_day, len(row.doses_mg))


def _format_largest_and_when(row: Row, words: Words) -> str:
    points = row.quality.max_drop_points
    if points is None:
        return words.say("figures.largest_mg_when", drop=row.quality.max_drop_mg, when=name_when(row))
    return words.say("figures.largest_points_when", drop=points, when=name_when(row))


def format_stop(row: Row, plan: Plan, words: Words) -> str:
    """Return the drop at the stop: in points, or in mg without a curve."""
    if plan.stop is None:
        return words.say("figures.no_stop")
    points = row.quality.stop_drop_points
    return words.dose(row.doses_mg[-1]) if points is None else words.points(points)


def format_error(row: Row, words: Words) -> str:
    """Return how far rounding takes the doses from what was asked: in points, or in mg without a curve."""
    quality = row.quality
    if quality.rms_error_points is not None:
        return words.points(quality.rms_error_points)
    return _NONE if quality.rms_error_mg is None else words.dose(Decimal(f"{quality.rms_error_mg:.2f}"))


def short_figures(rows: Sequence[Row], plan: Plan, words: Words) -> list[Figure]:
    """Return the columns that the review page has room for."""
    largest = words.say("figures.largest_drop_points" if plan.curve else "figures.largest_drop")
    title = _title(plan, "figures.key_figures", words)
    return [
        Figure(title, tuple(capitalise(row.name) for row in rows), "left", is_title=True),
        Figure(largest, tuple(_format_largest_and_when(row, words) for row in rows)),
        Figure(words.say("figures.at_the_stop"), tuple(format_stop(row, plan, words) for row in rows)),
        Figure(words.say("figures.rounding_error"), tuple(format_error(row, words) for row in rows)),
        *_amounts(rows, words),
    ]


def full_figures(rows: Sequence[Row], plan: Plan, words: Words) -> list[Figure]:
    """Return all columns."""
    unit = "_points" if plan.curve else ""
    largest, at_stop, error = (
        words.say(f"figures.{figure}{unit}") for figure in ("largest_drop", "drop_at_the_stop", "rounding_error")
    )
    mean_days = tuple(format_mean_days(row.days_per_dose, words) for row in rows)
    return [
        Figure(_title(plan, "figures.strategy", words), tuple(capitalise(row.name) for row in rows), "left"),
        Figure(largest, tuple(format_largest(row, words) for row in rows)),
        Figure(words.say("figures.when"), tuple(words.tell(name_when(row)) for row in rows), "left"),
        Figure(at_stop, tuple(format_stop(row, plan, words) for row in rows)),
        Figure(error, tuple(format_error(row, words) for row in rows)),
        Figure(words.say("figures.mean_days"), mean_days),
        Figure(words.say("figures.last_dose"), tuple(words.number(row.doses_mg[-1]) for row in rows)),
        *_amounts(rows, words),
    ]


def _amounts(rows: Sequence[Row], words: Words) -> list[Figure]:
    return [
        Figure(words.say("figures.different_doses"), tuple(words.number(row.different_doses) for row in rows)),
        Figure(words.say("figures.units"), tuple(words.number(row.n_units) for row in rows)),
        Figure(words.say("figures.total"), tuple(words.number(row.total_mg) for row in rows)),
    ]


def _title(plan: Plan, usual: str, words: Words) -> str:
    """Return what the figures are of: of an amended plan the days that it plans."""
    amendment = plan.order.amendment
    return words.say("figures.from_day", day=amendment.from_day) if amendment else words.say(usual)
