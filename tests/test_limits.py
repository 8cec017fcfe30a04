"""Planning under limits is the exact optimum: the plan is what trying every sequence finds."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from brute_force import Question, Rest, best_sequence
from orders import ABSENT, FORMULARY, RawOrder, order_of, plan_of, random_raw_orders, raw_order, units
from small_orders import LIMITS, small_orders, small_question

from stripgen.domain.quantity import micrograms
from stripgen.errors import NoFeasiblePlan
from stripgen.planning import optimum
from stripgen.planning.achievable import find_achievable
from stripgen.planning.curves import IntArray, curve_for
from stripgen.planning.line import draw_line
from stripgen.planning.optimum import DoseProblem, Limits, find_best, find_best_of_each
from stripgen.planning.sequences import limits_of, pose_problem

SAME_ERROR = Fraction(1, 10**12)  # of a sum of squared occupancies: floating point cannot tell these apart


def test_the_plan_is_the_best_of_all_sequences_of_300_random_orders(compared: Counter[str]) -> None:
    for raw in small_orders(seed=1, n_orders=300):
        compare_with_brute_force(raw, compared)

    assert_all_outcomes_compared(compared, n_orders=300)


@pytest.mark.slow
def test_the_plan_is_the_best_of_all_sequences_of_6000_random_orders(compared: Counter[str]) -> None:
    for raw in small_orders(seed=20261201, n_orders=6000):
        compare_with_brute_force(raw, compared)

    assert_all_outcomes_compared(compared, n_orders=6000)


def compare_with_brute_force(raw: RawOrder, compared: Counter[str]) -> None:
    """Compare a plan with the best of all sequences, or its refusal with there being none; count the outcome.

    Other doses are allowed only where floating point cannot tell the two sums of squares apart.
    """
    question = small_question(raw)
    found = best_sequence(question)
    kind = count_kind(raw, question, compared)
    if found is None:
        with pytest.raises(NoFeasiblePlan):
            plan_of(raw)
        compared[f"outcome: refused by both, {kind}"] += 1
        compared["refused by both"] += 1
        return
    compared["several sequences have the very same least sum of squares"] += found.n_as_good > 1
    doses = tuple(Fraction(day.dose_mg) for day in plan_of(raw).days)
    if doses == found.doses_mg:
        compared[f"outcome: equal, {kind}"] += 1
        compared["equal"] += 1
        return
    excess = question.error_of(doses) - question.error_of(found.doses_mg)
    assert 0 <= excess < SAME_ERROR, (raw, doses, found)
    compared["other doses, sums of squares within 1e-12"] += 1
    compared["… of which exactly equal"] += excess == 0


def count_kind(raw: RawOrder, question: Question, compared: Counter[str]) -> str:
    """Return which limits an order sets; count what else it is."""
    taper = raw["taper"]
    compared["first day " + taper["first_day"]] += 1
    compared["strategy " + taper["strategy"] + ("" if question.curve else ", no curve")] += 1
    compared["stop" if question.stops else "end above 0"] += 1
    compared["made in increments" if "increment_mg" in raw["compounding"] else "made of units"] += 1
    compared["phases"] += "phase" in taper
    return " + ".join(key for key in LIMITS if key in taper) or "no limit"


def assert_all_outcomes_compared(compared: Counter[str], n_orders: int) -> None:
    apart = compared["other doses, sums of squares within 1e-12"]
    assert compared["equal"] + compared["refused by both"] + apart == n_orders
    assert apart < n_orders / 100
    assert compared["equal"] > n_orders / 3
    assert compared["refused by both"] > n_orders / 10
    assert compared["several sequences have the very same least sum of squares"] > n_orders / 20


# --- the rest of a taper whose first days are kept -------------------------------------------------------------------


def test_the_rest_of_a_taper_is_the_best_of_all_ways_to_go_on(compared: Counter[str]) -> None:
    random = Random(3)  # noqa: S311 - nothing secret
    for _ in range(2000):
        rest = random_rest(random)
        best, found = rest.best(), find_best(problem_of_rest(rest), limits_of_rest(rest))

        assert (None if found is None else tuple(found.tolist())) == best, rest
        compared["refused by both" if best is None else "equal"] += 1

    assert min(compared["refused by both"], compared["equal"]) > 400


def random_rest(random: Random) -> Rest:
    """Return the rest of a small taper; levels are eighths of the highest one, so that sums are exact and often tie."""
    n_doses, n_days = random.randint(1, 5), random.randint(1, 7)
    before = random.randrange(n_doses)
    lowest = [random.choice([0, 0, 0, random.randint(0, before)])] * n_days
    highest = [random.choice([before, before, n_doses - 1])] * n_days
    if random.randint(0, 3) == 0:
        lowest[0] = highest[0]
    if random.randint(0, 3) == 0:
        highest[-1] = lowest[-1]
    days_on_it = random.randint(0, 3) if highest[0] == before else 0
    return Rest(
        levels=sorted(random.randint(0, 8) for _ in range(n_doses)),
        n_units=[random.randint(1, 3) for _ in range(n_doses)],
        targets=sorted((random.randint(0, 8) for _ in range(n_days)), reverse=True),
        allowed=list(zip(lowest, highest, strict=True)),
        before=before,
        days_on_it=days_on_it,
        stops=random.choice([True, False]),
        min_days=random.randint(1, 3),
        max_doses=random.choice([None, None, 0 if days_on_it else 1, 1, 2, 3]),
        max_drop=random.choice([None, None, 2, 3, 4, 6]),
    )


def problem_of_rest(rest: Rest) -> DoseProblem:
    return DoseProblem(
        levels=np.array(rest.levels) / 8,
        n_units=np.array(rest.n_units),
        targets=np.array(rest.targets) / 8,
        lowest=np.array([lowest for lowest, _ in rest.allowed]),
        highest=np.array([highest for _, highest in rest.allowed]),
        before=rest.before,
        days_on_it=rest.days_on_it,
        stops=rest.stops,
    )


def limits_of_rest(rest: Rest) -> Limits:
    return Limits(rest.min_days, rest.max_doses, None if rest.max_drop is None else rest.max_drop / 8)


# --- laws of larger problems -----------------------------------------------------------------------------------------


def problem_of(raw: RawOrder) -> tuple[DoseProblem, Limits]:
    """Return what the best doses are sought for in an order, and its limits."""
    order = order_of(raw)
    curve = curve_for(order, FORMULARY)
    start_ug = micrograms(order.taper.start_dose_mg)
    achievable = find_achievable(order.compounding, start_ug)
    problem, _ = pose_problem(draw_line(order.taper, curve), achievable, curve, start_ug)
    return problem, limits_of(order.taper)


def error_of(chosen: IntArray, problem: DoseProblem) -> float:
    return float(np.sum((problem.levels[chosen] - problem.targets) ** 2))


def larger_orders(seed: int, n_orders: int) -> Iterator[tuple[DoseProblem, Limits]]:
    """Yield problems of random orders too large to try all sequences, with limits of which each is set."""
    random = Random(seed)  # noqa: S311 - nothing secret
    for raw in random_raw_orders(seed, n_orders):
        problem, _ = problem_of(raw)
        span = float(problem.levels[-1])
        drop = random.choice([span, span / 2, span / 5, span / 20])
        yield problem, Limits(random.randint(1, 6), random.randint(1, 30), drop)


def test_a_looser_limit_never_gives_a_larger_error(compared: Counter[str]) -> None:
    for problem, limits in larger_orders(seed=4, n_orders=120):
        found = find_best(problem, limits)
        for looser in loosened(limits):
            better = find_best(problem, looser)
            if found is None:
                compared["refused, and fits or not when looser"] += 1
                continue
            assert better is not None
            assert error_of(better, problem) <= error_of(found, problem) + float(SAME_ERROR)
            compared["compared"] += 1
            compared["… of which better when looser"] += error_of(better, problem) < error_of(found, problem) - 1e-9

    assert compared["… of which better when looser"] > 50


def loosened(limits: Limits) -> list[Limits]:
    """Return limits of which one is looser, or left out."""
    assert limits.max_doses is not None
    assert limits.max_drop is not None
    return [
        replace(limits, min_days=max(1, limits.min_days - 1)),
        replace(limits, min_days=1),
        replace(limits, max_doses=limits.max_doses + 1),
        replace(limits, max_doses=None),
        replace(limits, max_drop=1.2 * limits.max_drop),
        replace(limits, max_drop=None),
    ]


def test_a_limit_that_does_not_bind_gives_the_plan_without_limits() -> None:
    free = plan_of(raw_order())
    doses = [day.dose_mg for day in free.days]
    assert free.quality.max_drop_points is not None
    loose = {
        "taper.max_different_doses": free.totals.different_doses,
        "taper.max_drop_points": Decimal(math.ceil(100 * free.quality.max_drop_points)) / 100,
        "taper.min_days_per_dose": 1,
    }
    for path, value in loose.items():
        assert [day.dose_mg for day in plan_of(raw_order({path: value})).days] == doses
    assert [day.dose_mg for day in plan_of(raw_order(loose)).days] == doses


def test_a_limit_that_is_only_just_too_tight_changes_the_plan() -> None:
    free = plan_of(raw_order())
    fewer = plan_of(raw_order({"taper.max_different_doses": free.totals.different_doses - 1}))

    assert fewer.totals.different_doses == free.totals.different_doses - 1
    assert fewer.quality.rms_error_points is not None
    assert free.quality.rms_error_points is not None
    assert fewer.quality.rms_error_points > free.quality.rms_error_points


def test_the_best_for_each_number_of_doses_is_the_best_for_it_alone(compared: Counter[str]) -> None:
    for problem, limits in larger_orders(seed=5, n_orders=60):
        numbers = [1, 2, 3, 5, 8, 13, 21, 40]
        together = find_best_of_each(problem, limits, numbers)
        for most in numbers:
            alone = find_best(problem, replace(limits, max_doses=most))
            assert (most in together) == (alone is not None)
            if alone is not None:
                assert together[most].tolist() == alone.tolist()
            compared["equal" if alone is not None else "neither finds one"] += 1

    assert min(compared["equal"], compared["neither finds one"]) > 50


def test_tables_kept_and_tables_computed_anew_give_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = list(larger_orders(seed=6, n_orders=40))
    kept = [find_best(problem, limits) for problem, limits in problems]
    each = [find_best_of_each(problem, limits, range(1, 12)) for problem, limits in problems]
    monkeypatch.setattr(optimum, "_CELLS_AT_ONCE", 1)
    for (problem, limits), before, before_each in zip(problems, kept, each, strict=True):
        anew, anew_each = find_best(problem, limits), find_best_of_each(problem, limits, range(1, 12))

        assert (anew is None) == (before is None)
        assert anew is None or before is None or anew.tolist() == before.tolist()
        assert {most: chosen.tolist() for most, chosen in anew_each.items()} == {
            most: chosen.tolist() for most, chosen in before_each.items()
        }
    assert sum(chosen is not None for chosen in kept) > 10


@pytest.mark.parametrize(
    "limit", [{"taper.min_days_per_dose": 3}, {"taper.min_days_per_dose": 4, "taper.max_different_doses": 6}]
)
def test_what_follows_a_hold_of_years_is_what_follows_a_short_one(limit: dict[str, int]) -> None:
    """Low doses are forbidden for over a thousand days: what is forbidden must not add up to what is never."""

    def last_days(held_days: int) -> list[Decimal]:
        phases = [{"kind": "hold", "days": held_days}, {"kind": "reduce", "to_mg": 0, "days": 21}]
        ends = {"taper.end_dose_mg": ABSENT, "taper.days": ABSENT, "taper.phase": phases}
        plan = plan_of(raw_order({**ends, **limit, "compounding.increment_mg": Decimal("0.5")}))
        return [day.dose_mg for day in plan.days][-21:]

    assert last_days(1700) == last_days(10)
    assert len(set(last_days(10))) > 1


@pytest.mark.parametrize("days", [28, 280, 365])
def test_few_strengths_over_many_days_still_take_the_nearest_dose_under_a_limit(days: int) -> None:
    """Costs far from what is asked were clamped, and the highest dose taken where all then looked alike."""
    taper = {"strategy": "linear", "start_dose_mg": 150, "end_dose_mg": 75, "days": days, "min_days_per_dose": 7}
    changes = {"medication": {"drug": "nocurvinum"}, "compounding": units("75", most=2)}
    raw = raw_order({**changes, **{f"taper.{key}": value for key, value in taper.items()}})
    doses = [day.dose_mg for day in plan_of(raw).days]

    n_higher = days // 2  # in the middle of an odd number of days the two are equally near: under limits the lower
    assert doses == n_higher * [150] + (days - n_higher) * [75]
