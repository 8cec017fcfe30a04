"""The best doses under limits, asked of two general solvers: HiGHS (linear and mixed-integer) and CP-SAT.

Each problem is written in two ways, as linear rows over 0-1 variables, and each solver is given both; the faster one
counts. Neither way is naive:

thresholds  y[t, k]: the dose of day t is the k-th or a higher one. That doses never rise, and no drop is too large, are
            rows `one <= other`: a totally unimodular system, which is solved without branching. Only the days on which
            the dose falls, which limits on days and doses count, are 0-1 variables in earnest.
network     A plan is a path: a run of one dose begins (and lasts its fewest days), goes on day by day, then falls.
            Without a limit on doses a shortest path, also solved without branching; that limit is one more row.

Each solver has a process of its own: both packages bring a HiGHS, and the two do not load side by side.
"""

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from stripgen.planning.curves import FloatArray, IntArray
from stripgen.planning.optimum import DoseProblem, Limits

if TYPE_CHECKING:
    import highspy

Way = Literal["thresholds", "network"]
Rows = npt.NDArray[np.int64]

_HAIR = 1e-12
_HIGHS_SCALE = 1e6  # so that a gap of 1e-10 is far above the solver's own tolerances
_CP_SAT_SCALE = 2.0**40


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver came to.

    Attributes:
        error: Sum of squares of the plan it found; infinite where it found none.
        seconds: Of solving alone; building the model is not counted.
        is_proven: Whether it proved that there is no better one.
    """

    error: float
    seconds: float
    is_proven: bool


@dataclass(slots=True)
class Model:
    """Linear rows over variables from 0 to 1, of which the sum of costs is to be least.

    Attributes:
        read: Returns the daily doses that the values of the variables say.
        costs: One a variable.
        lower: Bounds of each variable.
        upper: Bounds of each variable.
        in_earnest: Whether a variable must be kept whole; the others are whole by themselves.
    """

    read: Callable[[FloatArray], IntArray]
    costs: FloatArray
    lower: FloatArray
    upper: FloatArray
    in_earnest: npt.NDArray[np.bool_]
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def add_row(self, lower: float, terms: Iterable[tuple[int, int]], upper: float) -> None:
        """Ask that `lower <= Σ value · variable <= upper`."""
        self.starts.append(len(self.columns))
        for value, column in terms:
            self.columns.append(column)
            self.values.append(value)
        self.row_lower.append(lower)
        self.row_upper.append(upper)


def squares_of(problem: DoseProblem) -> FloatArray:
    """Return the squared error of every dose on every day, shape (n_days, n_doses)."""
    squares: FloatArray = (problem.levels - problem.targets[:, None]) ** 2
    return squares


def error_of(doses: IntArray, problem: DoseProblem) -> float:
    """Return the sum of squares of a plan."""
    return float(np.sum((problem.levels[doses] - problem.targets) ** 2))


def lowest_in_reach(problem: DoseProblem, limits: Limits) -> list[int]:
    """Return, for each dose, the lowest one that may follow it."""
    if limits.max_drop is None:
        return [0] * problem.levels.size
    reach = np.searchsorted(problem.levels, problem.levels - limits.max_drop - _HAIR)
    return [int(lowest) for lowest in reach]


def highest_at_the_end(problem: DoseProblem, limits: Limits) -> int:
    """Return the highest dose that the last day may have."""
    if limits.max_drop is None or not problem.stops:
        return problem.levels.size - 1
    return int(np.searchsorted(problem.levels, limits.max_drop + _HAIR, side="right")) - 1


# --- thresholds ------------------------------------------------------------------------------------------------------


def write_thresholds(problem: DoseProblem, limits: Limits) -> Model:
    """Return the problem as thresholds. Kept days before it are not written."""
    n_days, n_doses = problem.n_days, problem.levels.size
    squares, reach = squares_of(problem), lowest_in_reach(problem, limits)
    n_above = n_doses - 1  # every dose is the lowest one or a higher one
    counts_falls = limits.min_days > 1 or limits.max_doses is not None
    n_thresholds = n_days * n_above
    n_variables = n_thresholds + (n_days if counts_falls else 0)

    def at(day: int, dose: int) -> int:
        return day * n_above + dose - 1

    lowest, highest = problem.lowest.copy(), problem.highest.copy()
    lowest[0] = max(lowest[0], reach[problem.before])
    highest[-1] = min(highest[-1], highest_at_the_end(problem, limits))
    doses = np.arange(1, n_doses)
    falls = np.zeros(n_variables - n_thresholds)
    model = Model(
        read=lambda values: values[:n_thresholds].reshape(n_days, n_above).round().astype(np.int64).sum(axis=1),
        costs=np.concatenate([np.diff(squares, axis=1).ravel(), falls]),
        lower=np.concatenate([(doses <= lowest[:, None]).ravel(), falls]).astype(np.float64),
        upper=np.concatenate([(doses <= highest[:, None]).ravel(), falls + 1]).astype(np.float64),
        in_earnest=np.arange(n_variables) >= n_thresholds,
    )
    for day in range(n_days):
        for dose in range(2, n_doses):
            model.add_row(-math.inf, [(1, at(day, dose)), (-1, at(day, dose - 1))], 0)
    for day in range(1, n_days):
        for dose in range(1, n_doses):
            model.add_row(-math.inf, [(1, at(day, dose)), (-1, at(day - 1, dose))], 0)
            if reach[dose]:
                model.add_row(-math.inf, [(1, at(day - 1, dose)), (-1, at(day, reach[dose]))], 0)
            if counts_falls:
                terms = [(1, at(day - 1, dose)), (-1, at(day, dose)), (-1, n_thresholds + day)]
                model.add_row(-math.inf, terms, 0)
    if counts_falls:
        _limit_falls(model, n_thresholds, n_days, limits)
    return model


def _limit_falls(model: Model, first: int, n_days: int, limits: Limits) -> None:
    shortest = limits.min_days
    for day in range(n_days):
        if day < shortest or day > n_days - shortest:
            model.upper[first + day] = 0
    if shortest > 1:
        for day in range(1, n_days - shortest + 1):
            model.add_row(-math.inf, [(1, first + later) for later in range(day, day + shortest)], 1)
    if limits.max_doses is not None:
        model.add_row(-math.inf, [(1, first + day) for day in range(1, n_days)], limits.max_doses - 1)


# --- network ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Arcs:
    """The arcs of a network. A node is a whole number."""

    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    runs: list[tuple[int, int, int] | None] = field(default_factory=list)  # dose, first day, day after the last

    def add(self, tail: int, head: int, cost: float = 0.0, days: tuple[int, int, int] | None = None) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.costs.append(cost)
        self.runs.append(days)


def write_network(problem: DoseProblem, limits: Limits) -> Model:
    """Return the problem as a path through a network. Kept days before it are not written."""
    n_days, n_doses = problem.n_days, problem.levels.size
    nodes = _Nodes(n_doses)
    reach = lowest_in_reach(problem, limits)
    arcs = _Arcs()
    for dose in range(reach[problem.before], n_doses):
        arcs.add(_SOURCE, nodes.falling(0, dose))
    for dose in range(highest_at_the_end(problem, limits) + 1):
        arcs.add(nodes.going_on(n_days, dose), _SINK)
    begins = _add_runs(arcs, nodes, problem, limits)
    for day in range(limits.min_days, n_days):
        for dose in range(1, n_doses):
            if limits.max_drop is None:
                arcs.add(nodes.going_on(day, dose), nodes.falling(day, dose - 1))
                arcs.add(nodes.falling(day, dose), nodes.falling(day, dose - 1))
            for lower in range(reach[dose], dose) if limits.max_drop is not None else ():
                arcs.add(nodes.going_on(day, dose), nodes.falling(day, lower))
    return _model_of(arcs, begins, n_days, limits)


_SOURCE, _SINK = 0, 1


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of a network, each a whole number: a day on which a run may begin, or may go on, for each dose."""

    n_doses: int

    def falling(self, day: int, dose: int) -> int:
        return 2 + 2 * (day * self.n_doses + dose)

    def going_on(self, day: int, dose: int) -> int:
        return self.falling(day, dose) + 1


def _add_runs(arcs: _Arcs, nodes: _Nodes, problem: DoseProblem, limits: Limits) -> list[int]:
    """Add the arcs on which days are spent; return those on which a run begins."""
    n_days, n_doses, shortest = problem.n_days, problem.levels.size, limits.min_days
    squares, doses = squares_of(problem), np.arange(n_doses)
    allowed = (doses >= problem.lowest[:, None]) & (doses <= problem.highest[:, None])
    sums = np.vstack([np.zeros(n_doses), np.cumsum(squares, axis=0)])
    begins = []
    for day in range(n_days):
        for dose in range(n_doses):
            end = day + shortest
            if end <= n_days and allowed[day:end, dose].all():
                begins.append(len(arcs.tails))
                cost = sums[end, dose] - sums[day, dose]
                arcs.add(nodes.falling(day, dose), nodes.going_on(end, dose), cost, (dose, day, end))
            if day >= shortest and allowed[day, dose]:
                days = (dose, day, day + 1)
                arcs.add(nodes.going_on(day, dose), nodes.going_on(day + 1, dose), squares[day, dose], days)
    return begins


def _model_of(arcs: _Arcs, begins: list[int], n_days: int, limits: Limits) -> Model:
    n_arcs = len(arcs.tails)

    def read(values: FloatArray) -> IntArray:
        doses = np.zeros(n_days, dtype=np.int64)
        for arc in np.flatnonzero(values > 0.5):
            run = arcs.runs[int(arc)]
            if run is not None:
                doses[run[1] : run[2]] = run[0]
        return doses

    model = Model(
        read=read,
        costs=np.array(arcs.costs),
        lower=np.zeros(n_arcs),
        upper=np.ones(n_arcs),
        in_earnest=np.full(n_arcs, limits.max_doses is not None),
    )
    at_node: dict[int, list[tuple[int, int]]] = {}
    for arc, (tail, head) in enumerate(zip(arcs.tails, arcs.heads, strict=True)):
        at_node.setdefault(tail, []).append((1, arc))
        at_node.setdefault(head, []).append((-1, arc))
    for node, terms in at_node.items():
        flow = {_SOURCE: 1, _SINK: -1}.get(node, 0)
        model.add_row(flow, terms, flow)
    if limits.max_doses is not None:
        model.add_row(-math.inf, [(1, arc) for arc in begins], limits.max_doses)
    return model


WAYS: dict[Way, Callable[[DoseProblem, Limits], Model]] = {"thresholds": write_thresholds, "network": write_network}


# --- the solvers -----------------------------------------------------------------------------------------------------


def solve_with_highs(problem: DoseProblem, model: Model, seconds: float) -> Answer:
    """Return what HiGHS comes to within a time limit."""
    import highspy

    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor says no types
    for option, value in {
        "output_flag": False,
        "time_limit": seconds,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 1e-10 * _HIGHS_SCALE,
    }.items():
        highs.setOptionValue(option, value)
    highs.passModel(_as_highs(model))
    highs.run()
    proven = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    found = highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    error = error_of(model.read(np.array(highs.getSolution().col_value)), problem) if found else math.inf
    return Answer(error, highs.getRunTime(), proven)


def _as_highs(model: Model) -> "highspy.HighsLp":
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.costs), len(model.row_lower)
    lp.col_cost_ = model.costs * _HIGHS_SCALE
    lp.col_lower_, lp.col_upper_ = model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = np.array(model.row_lower), np.array(model.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array([*model.starts, len(model.columns)])
    lp.a_matrix_.index_ = np.array(model.columns)
    lp.a_matrix_.value_ = np.array(model.values, dtype=np.float64)
    if model.in_earnest.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in model.in_earnest]
    return lp


def solve_with_cp_sat(problem: DoseProblem, model: Model, seconds: float) -> Answer:
    """Return what CP-SAT comes to within a time limit."""
    from ortools.sat.python import cp_model

    asked = cp_model.CpModel()
    bounds = zip(model.lower, model.upper, strict=True)
    variables = [asked.new_int_var(int(lower), int(upper), "") for lower, upper in bounds]
    for row, start in enumerate(model.starts):
        end = model.starts[row + 1] if row + 1 < len(model.starts) else len(model.columns)
        terms = cp_model.LinearExpr.weighted_sum(
            [variables[column] for column in model.columns[start:end]], model.values[start:end]
        )
        lower, upper = model.row_lower[row], model.row_upper[row]
        if lower == upper:
            asked.add(terms == int(upper))
        else:
            asked.add(terms <= int(upper))
    costs = [round(float(cost) * _CP_SAT_SCALE) for cost in model.costs]
    asked.minimize(cp_model.LinearExpr.weighted_sum(variables, costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = max(8, os.cpu_count() or 1)  # its portfolio wants eight, also on fewer cores
    solver.parameters.linearization_level = 2
    status = solver.solve(asked)
    found = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    values = np.array([solver.value(variable) for variable in variables], dtype=np.float64) if found else None
    error = math.inf if values is None else error_of(model.read(values), problem)
    return Answer(error, solver.wall_time, status == cp_model.OPTIMAL)


SOLVERS: dict[str, Callable[[DoseProblem, Model, float], Answer]] = {
    "HiGHS": solve_with_highs,
    "CP-SAT": solve_with_cp_sat,
}
# CP-SAT takes a hundred times longer over a network than over thresholds, whatever the limits.
WAYS_OF: dict[str, tuple[Way, ...]] = {"HiGHS": ("thresholds", "network"), "CP-SAT": ("thresholds",)}


class Bench:
    """The two solvers, each in its own process."""

    def __init__(self) -> None:
        """Start the processes."""
        fresh = get_context("spawn")
        self._processes = {solver: ProcessPoolExecutor(max_workers=1, mp_context=fresh) for solver in SOLVERS}

    def ask(self, solver: str, way: Way, problem: DoseProblem, limits: Limits, seconds: float) -> Answer:
        """Return what a solver comes to with one way to write a problem."""
        return self._processes[solver].submit(_answer, solver, way, problem, limits, seconds).result()

    def close(self) -> None:
        """End the processes."""
        for process in self._processes.values():
            process.shutdown()


def _answer(solver: str, way: Way, problem: DoseProblem, limits: Limits, seconds: float) -> Answer:
    return SOLVERS[solver](problem, WAYS[way](problem, limits), seconds)
