"""The price of simplicity: how well a taper can follow its line with few different doses."""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from stripgen.domain.choices import Option
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.plan import Units, count_units
from stripgen.domain.quantity import micrograms, milligrams
from stripgen.errors import NoFeasiblePlan, OrderInvalid, Problem
from stripgen.planning.achievable import Achievable, compose, find_achievable
from stripgen.planning.clashes import explain_clash
from stripgen.planning.curves import IntArray, curve_for
from stripgen.planning.line import lines_of
from stripgen.planning.optimum import Limits, find_best_of_each
from stripgen.planning.sequences import (
    Sequence,
    choose_doses,
    complete_sequence,
    is_too_large,
    limits_of,
    pose_problem,
)

FEWEST, MOST = 4, 40


def find_options(order: Order, formulary: Formulary, source: str = "") -> list[Option]:
    """Return the best plan for each number of different doses from 4 to 40, and the one for any number.

    The order's other limits hold; its own limit on different doses does not. Numbers with which no plan fits are left
    out. The knee is the option furthest below the straight line from the first to the last of them, in different
    doses against error, both scaled to 0 to 1.

    Args:
        order: As `read_order` returns it.
        formulary: The one the order was read with.
        source: The order file's name, for messages.

    Raises:
        NoFeasiblePlan: The other limits alone cannot be kept.
        OrderInvalid: There are more doses and days than can be computed.
    """
    curve = curve_for(order, formulary)
    achievable = find_achievable(order.compounding, micrograms(order.taper.start_dose_mg))
    line, kept = lines_of(order, curve)
    problem, used = pose_problem(line, achievable, curve, micrograms(order.taper.start_dose_mg), kept)
    limits = replace(limits_of(order.taper), max_doses=None)
    if is_too_large(problem, Limits(max_doses=MOST)):
        what = f"{problem.levels.size:,} doses on {problem.n_days:,} days are too many to compute options"
        raise OrderInvalid([Problem("taper", f"{what}; a larger increment, or fewer days")], source)
    free = choose_doses(problem, limits)
    if free is None:
        raise NoFeasiblePlan(explain_clash(problem, limits), source)
    found = find_best_of_each(problem, limits, range(FEWEST, MOST + 1))
    made: dict[int, tuple[Units, ...]] = {}
    chosen: dict[int | None, IntArray] = {**dict(sorted(found.items())), None: free}
    options = []
    for most, indices in chosen.items():
        sequence = complete_sequence(used[indices], line, curve, order.taper, kept)
        options.append(_tell(most, sequence, order, achievable, made))
    return _mark_knee(options)


def _tell(
    most: int | None, sequence: Sequence, order: Order, achievable: Achievable, made: dict[int, tuple[Units, ...]]
) -> Option:
    doses = sequence.doses_ug.tolist()
    for dose in set(doses) - set(made):
        made[dose] = compose(dose, achievable, order.compounding)
    preparations = {(unit.strength_mg, unit.form) for dose in set(doses) for unit in made[dose]}
    return Option(
        most_doses=most,
        n_days=len(doses),
        different_doses=len(set(doses)),
        preparations=1 if order.compounding.solution else len(preparations),
        quality=sequence.quality,
        n_units=sum(count_units(made[dose]) for dose in doses),
        total_mg=sum((milligrams(dose) for dose in doses), Decimal(0)),
    )


def error_of(option: Option) -> float:
    """Return an option's error: points, or mg without a curve."""
    points, mg = option.quality.rms_error_points, option.quality.rms_error_mg
    return points if points is not None else mg or 0.0


def _mark_knee(options: list[Option]) -> list[Option]:
    limited = [option for option in options if option.most_doses is not None]
    errors = np.array([error_of(option) for option in limited])
    if len(limited) <= 2 or errors[0] - errors[-1] <= 0:  # noqa: PLR2004 - a straight line has no knee
        return options
    across = np.linspace(0, 1, len(limited))
    below = 1 - across - (errors - errors[-1]) / (errors[0] - errors[-1])
    knee = limited[int(np.argmax(below))]
    return [replace(option, is_knee=option is knee) for option in options]
