"""How planning under limits compares with general solvers, what options cost, and memory. Ratios measured in one run.

    python tests/benchmarks/limits.py [--days 28 112] [--increments 0.5] [--limit 10]

(a) The best doses of citalopram 20 mg to stop, without limits and with each limit and all of them: HiGHS and CP-SAT
    against stripgen. Each solver's own solving time counts, of its faster way to write the problem (see solvers.py),
    against all that `choose_doses` does. Wherever a solver proves its optimum it must be the same to 1e-9; where none
    does in time, the time limit counts as its time.
(b) `options` of 112 days at 0.1 mg to one plan of the hardest kind.
(c) Peak memory of 1,096 days at 0.05 mg with all limits, in a process of its own.

In full: --days 28 112 365 --increments 0.5 0.1 0.05 --limit 60
"""

import argparse
import datetime as dt
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from solvers import WAYS_OF, Answer, Bench, error_of

from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.quantity import micrograms
from stripgen.files import load_formulary
from stripgen.planning.achievable import find_achievable
from stripgen.planning.curves import curve_for
from stripgen.planning.intake import read_order
from stripgen.planning.line import draw_line
from stripgen.planning.optimum import DoseProblem, Limits, fewest_doses
from stripgen.planning.options import find_options
from stripgen.planning.sequences import choose_doses, pose_problem
from stripgen.planning.taper import plan_taper

AIM = 30
SAME = 1e-9
MOST_MEMORY_MB = 300
MOST_OPTIONS_RATIO = 5
ISSUED_ON = dt.date(2026, 11, 25)


def main() -> None:
    """Measure and print; fail where an optimum differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, nargs="+", default=[28, 112])
    parser.add_argument("--increments", nargs="+", default=["0.5"], metavar="MG")
    parser.add_argument("--limit", type=float, default=10, help="seconds a solver may take for one problem")
    parser.add_argument("--memory-of", nargs=2, metavar=("DRUG", "MG"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    formulary = load_formulary()
    if given.memory_of:
        drug, start_mg = given.memory_of
        measure_memory(drug, start_mg, formulary)
        return
    all_same = compare_with_solvers(given.days, given.increments, given.limit, formulary)
    compare_options(formulary)
    for drug, start_mg in (("citalopram", "20"), ("sertraline", "60")):
        report_memory(drug, start_mg)
    if not all_same:
        sys.exit("an optimum differs")


def order_of(formulary: Formulary, drug: str, start_mg: str, days: int, increment_mg: str, **limits: object) -> Order:
    """Return an order to stop, first day the start dose, with limits as its taper's keys."""
    taper = {"start_dose_mg": Decimal(start_mg), "end_dose_mg": 0, "days": days, "start_date": dt.date(2026, 12, 1)}
    raw = {
        "schema": 1,
        "medication": {"drug": drug},
        "taper": {**taper, **limits},
        "compounding": {"increment_mg": Decimal(increment_mg)},
    }
    return read_order(raw, formulary, "benchmark")


def problem_of(order: Order, formulary: Formulary) -> DoseProblem:
    """Return what the best doses of an order are sought for."""
    curve, start_ug = curve_for(order, formulary), micrograms(order.taper.start_dose_mg)
    achievable = find_achievable(order.compounding, start_ug)
    return pose_problem(draw_line(order.taper, curve), achievable, curve, start_ug)[0]


def median_seconds(called: Callable[[], object], rounds: int = 5) -> float:
    """Return how long a call takes; the first one warms up."""
    called()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        called()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


# --- (a) the solvers -------------------------------------------------------------------------------------------------


def limits_to_try(problem: DoseProblem) -> dict[str, Limits]:
    """Return no limit, each limit and all, none of them out of reach.

    The largest drop lies half way between the smallest one possible and that of the plan without limits.
    """
    free = choose_doses(problem, Limits())
    assert free is not None
    levels = [*problem.levels[free], 0.0]
    steepest = max(before - after for before, after in pairwise(levels))
    tightest = tightest_drop(problem, Limits())
    most = max(4, problem.n_days // 7)
    beside = tightest_drop(problem, Limits(min_days=3, max_doses=most))
    return {
        "none": Limits(),
        "min days 3": Limits(min_days=3),
        f"max doses {most}": Limits(max_doses=most),
        f"max drop {50 * (tightest + steepest):.2f}": Limits(max_drop=(tightest + steepest) / 2),
        f"all, drop {110 * beside:.2f}": Limits(min_days=3, max_doses=most, max_drop=1.1 * beside),
    }


def tightest_drop(problem: DoseProblem, limits: Limits) -> float:
    """Return the smallest largest drop that fits beside other limits, to 1e-4."""
    low, high = 0.0, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        fewest = fewest_doses(problem, replace(limits, max_drop=middle))
        fits = fewest is not None and fewest <= (limits.max_doses or math.inf)
        low, high = (low, middle) if fits else (middle, high)
    return high


def compare_with_solvers(days: list[int], increments: list[str], seconds: float, formulary: Formulary) -> bool:
    """Print a line a problem; return whether every proven optimum is the same."""
    print(f"(a) {'days':>4} {'mg':>5}  {'limits':16} {'own, ms':>8}  {'HiGHS, ms':>10} {'CP-SAT, ms':>11}  ratio")
    bench, same, ratios = Bench(), True, []
    for n_days in days:
        for increment_mg in increments:
            problem = problem_of(order_of(formulary, "citalopram", "20", n_days, increment_mg), formulary)
            for name, limits in limits_to_try(problem).items():
                own = median_seconds(lambda asked=limits, of=problem: choose_doses(of, asked))  # type: ignore[misc]
                answers = {solver: ask_best(bench, solver, problem, limits, seconds) for solver in WAYS_OF}
                same &= is_same(problem, limits, answers)
                ratio = min(seconds_of(answer, seconds) for answer in answers.values()) / own
                ratios.append(ratio)
                proven = any(answer.is_proven for answer in answers.values())
                told = [milliseconds(answer, seconds) for answer in answers.values()]
                print(
                    f"    {n_days:4} {increment_mg:>5}  {name:16} {1000 * own:8.2f}  {told[0]:>10} {told[1]:>11}  "
                    f"{'' if proven else '>'}{ratio:.0f} x",
                    flush=True,
                )
    bench.close()
    print(f"    least {min(ratios):.0f} x, median {statistics.median(ratios):.0f} x   (to reach: at least {AIM} x)")
    return same


def ask_best(bench: Bench, solver: str, problem: DoseProblem, limits: Limits, seconds: float) -> Answer:
    """Return the answer of a solver's faster way: one that is proven before one that is not."""
    answers = [bench.ask(solver, way, problem, limits, seconds) for way in WAYS_OF[solver]]
    return min(answers, key=lambda answer: (not answer.is_proven, answer.seconds))


def is_same(problem: DoseProblem, limits: Limits, answers: dict[str, Answer]) -> bool:
    """Return whether every proven optimum is ours, and none found is better; print those that are not."""
    chosen = choose_doses(problem, limits)
    own = math.inf if chosen is None else error_of(chosen, problem)
    same = True
    for solver, answer in answers.items():
        if answer.error < own - SAME or (answer.is_proven and abs(answer.error - own) > SAME):
            print(f"    DIFFERS: {solver} {answer.error!r}, stripgen {own!r}")
            same = False
    return same


def seconds_of(answer: Answer, limit: float) -> float:
    """Return how long a solver took; the time limit where it proved nothing."""
    return answer.seconds if answer.is_proven else limit


def milliseconds(answer: Answer, limit: float) -> str:
    """Return a solver's time as the table shows it."""
    return f"{1000 * answer.seconds:.1f}" if answer.is_proven else f"> {1000 * limit:.0f}"


# --- (b) options, (c) memory -----------------------------------------------------------------------------------------


def compare_options(formulary: Formulary) -> None:
    """Print what options cost, in plans of the hardest kind: forty doses, three days each, the drop limited."""
    order = order_of(formulary, "citalopram", "20", 112, "0.1")
    problem = problem_of(order, formulary)
    hardest = Limits(min_days=2, max_doses=40)
    hardest = replace(hardest, max_drop=1.1 * tightest_drop(problem, hardest))
    plan = median_seconds(lambda: choose_doses(problem, hardest))
    options = median_seconds(lambda: find_options(order, formulary))
    print(
        f"(b) options {1000 * options:.1f} ms   one plan {1000 * plan:.1f} ms   ratio {options / plan:.2f}   "
        f"(to reach: at most {MOST_OPTIONS_RATIO})"
    )


def report_memory(drug: str, start_mg: str) -> None:
    """Print the peak memory of one long plan."""
    command = [sys.executable, str(Path(__file__)), "--memory-of", drug, start_mg]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    what = f"{drug} {start_mg} mg, 1,096 days at 0.05 mg"
    print(f"(c) {what}: {done.stdout.strip()}   (to reach: under {MOST_MEMORY_MB} MB)")


def measure_memory(drug: str, start_mg: str, formulary: Formulary) -> None:
    """Make the whole plan with all limits, and print how long it took and the most memory this process had."""
    limits = {"min_days_per_dose": 7, "max_different_doses": 60, "max_drop_points": 5}
    order = order_of(formulary, drug, start_mg, 1096, "0.05", **limits)
    started = time.perf_counter()
    plan = plan_taper(order, formulary, ISSUED_ON)
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} MB, {taken:.1f} s, {plan.totals.different_doses} doses")


if __name__ == "__main__":
    main()
