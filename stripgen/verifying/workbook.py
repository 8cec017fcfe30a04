"""Verifies a dispensing sheet (XLSX): what it says, and that nothing but entries was written into it since.

Two ways, apart from each other. What every sheet says is read by one reader and held against the plan found a second
time. And every cell, with all that could hide or cover it, is read by another and held against the workbook made anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from stripgen.domain.enclosure import read_enclosed_printing
from stripgen.errors import PlanFileInvalid
from stripgen.verifying.expected import Expected
from stripgen.verifying.papers import Paper
from stripgen.verifying.phrases import Voice
from stripgen.verifying.report import Difference, Report
from stripgen.verifying.second_dating import use_by
from stripgen.verifying.second_plan import plan_again
from stripgen.verifying.workbook_cells import Workbook, read_workbook
from stripgen.verifying.workbook_changes import Change, Changes, find_changes, find_hidden, find_unsealed
from stripgen.verifying.workbook_dispense import Promised, compare_dispense
from stripgen.verifying.workbook_order import compare_curve, compare_order, compare_top
from stripgen.verifying.workbook_package import Package, open_package
from stripgen.verifying.workbook_sheets import SeenSheet, see_sheets
from stripgen.verifying.workbook_totals import compare_compounding, compare_take_back

_TABS = ("order", "take_back", "dispense", "compounding", "curve")


def compare_workbook(paper: Paper, expected: Expected, voice: Voice, reference: bytes | None = None) -> Report:
    """Return in what a dispensing sheet differs, and what was compared.

    Args:
        paper: The workbook.
        expected: The whole plan that its order comes to.
        voice: Of the language it is in.
        reference: The same workbook made anew, to compare every cell with. None where this stripgen cannot make it, for
            the paper was made with another: then only what the plan says is compared, and what is hidden is told.

    Raises:
        PlanFileInvalid: How it was printed is not told as stripgen encloses it.
    """
    try:
        package = open_package(paper.name, paper.content)
        workbook = read_workbook(package.parts)
        seen = see_sheets(paper.content, workbook.sheets, voice)
    except (PlanFileInvalid, ValueError, OverflowError) as error:
        return Report((), (Difference(paper.name, "", f"is not a workbook that can be read: {error}"),))
    promised = _promise(paper, expected)
    changes = _changes(paper.content, package, workbook, reference)
    told = _once([*_contents(seen, promised, voice), *changes.found])
    return Report(
        tuple(_checked(seen, promised, changes, reference)),
        tuple(Difference(paper.name, change.where, change.what) for change in told),
    )


def compare_record(paper: Paper, reference: bytes | None) -> Report:
    """Return in what a compounding record differs from the one that its plan comes to, and what was compared.

    Args:
        paper: The workbook.
        reference: The same made anew, to compare every cell with, masses and formulas among them; None where this
            stripgen cannot make it: then only what is hidden is told.
    """
    try:
        package = open_package(paper.name, paper.content)
        changes = _changes(paper.content, package, read_workbook(package.parts), reference)
    except (PlanFileInvalid, ValueError, OverflowError) as error:
        return Report((), (Difference(paper.name, "", f"is not a workbook that can be read: {error}"),))
    counted = ", ".join(_checked_cells(changes, reference))
    return Report(
        (f"{paper.name}: a compounding record, {counted}",),
        tuple(Difference(paper.name, change.where, change.what) for change in _once(changes.found)),
    )


def _once(changes: Sequence[Change]) -> Sequence[Change]:
    """Return changes, what is told of a cell only once."""
    told: dict[Change | str, Change] = {}
    for change in changes:
        told.setdefault(change.where if "!" in change.where else change, change)
    return list(told.values())


def _promise(paper: Paper, expected: Expected) -> Promised:
    """Return what a workbook must say, of all strips or of the one that it is about."""
    if paper.printing is None or expected.issued_on is None:
        return Promised(expected)
    printing = read_enclosed_printing(paper.printing, paper.name).printing
    if printing.strip is not None:
        expected = plan_again(expected.order, expected.curve, expected.issued_on, only_strip=printing.strip)
    promised = Promised(expected, printing.strip)
    strips = groupby(promised.days_to_make, key=lambda day: day.strip)
    limits = printing.profile.beyond_use
    dates = [use_by([unit for day in days for unit in day.units], expected.order, limits) for _, days in strips]
    open_ended = None in dates
    return replace(promised, use_by=None if open_ended else min(date for date in dates if date is not None))


def _changes(content: bytes, package: Package, workbook: Workbook, reference: bytes | None) -> Changes:
    if reference is None:
        broken = [Change("", "its seal is broken: the file was changed since it was made")]
        return Changes((*find_hidden(workbook), *(broken if package.seal == "broken" else ())), 0, 0)
    if reference == content:
        return Changes((), 0, sum(len(sheet.cells) for sheet in workbook.sheets))
    made = open_package("the workbook made anew", reference)
    changes = find_changes(workbook, read_workbook(made.parts))
    return Changes((*changes.found, *find_unsealed(package, made)), changes.filled_in, changes.compared)


def _contents(seen: Mapping[str, SeenSheet], promised: Promised, voice: Voice) -> Iterator[Change]:
    """Yield in what the sheets differ from the plan."""
    names = {tab: voice.say(f"sheet.tab_{tab}") for tab in _TABS if tab != "take_back" or promised.plan.take_back}
    there = {tab: seen[name] for tab, name in names.items() if name in seen}
    for tab, name in names.items():
        if tab not in there:
            yield Change("", f"has no sheet {name!r} that shows")
    for tab, sheet in there.items():
        yield from compare_top(sheet, tab, promised)
    compare: dict[str, Callable[[SeenSheet, Promised], Iterator[Change]]] = {
        "order": compare_order,
        "take_back": compare_take_back,
        "dispense": compare_dispense,
        "curve": compare_curve,
    }
    for tab in there.keys() & compare.keys():
        yield from compare[tab](there[tab], promised)
    if {"compounding", "dispense"} <= there.keys():
        yield from compare_compounding(there["compounding"], there["dispense"], promised)


def _checked(
    seen: Mapping[str, SeenSheet], promised: Promised, changes: Changes, reference: bytes | None
) -> Sequence[str]:
    """Return a line for each kind of thing that was compared."""
    checked = [
        f"{len(seen)} sheets of a workbook",
        f"{len(promised.days_to_make)} rows of the sheet Dispense",
        f"{len(promised.plan.units)} rows of the sheet Compounding",
    ]
    return [*checked, *_checked_cells(changes, reference)]


def _checked_cells(changes: Changes, reference: bytes | None) -> Sequence[str]:
    if reference is None:
        return ["no cell by itself: this stripgen cannot make the workbook anew"]
    filled_in = [f"filled in: {changes.filled_in} cells"] if changes.filled_in else []
    return [f"{changes.compared} cells of a workbook", *filled_in]
