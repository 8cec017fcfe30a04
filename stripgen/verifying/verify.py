"""Reads finished papers, finds their plan a second time, and tells what differs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from stripgen.domain.enclosure import PRINTING, read_enclosed_printing
from stripgen.domain.formulary import Formulary
from stripgen.domain.json_form import from_json
from stripgen.domain.order import Order
from stripgen.errors import NoFeasiblePlan, PlanFileInvalid, Problem
from stripgen.verifying.codes import CodeReader
from stripgen.verifying.compare_plan import compare_plan
from stripgen.verifying.discretion import Discretion, tell_strangers
from stripgen.verifying.expected import Expected
from stripgen.verifying.frame import compare_frame
from stripgen.verifying.laid import LaidPaper, compare_laid
from stripgen.verifying.looks import find_unseen
from stripgen.verifying.open_pdf import OpenPdf
from stripgen.verifying.pages import PagesOfAPlan
from stripgen.verifying.pages_findings import Findings
from stripgen.verifying.papers import BROKEN_SEAL, Paper, has_whole_seal, is_record
from stripgen.verifying.promise import LoadWording, Promise
from stripgen.verifying.report import Difference, Report
from stripgen.verifying.second_curve import find_curve
from stripgen.verifying.second_plan import plan_again
from stripgen.verifying.structure import find_strange_parts

LayOut = Callable[[Paper, "PdfKind"], LaidPaper | None]
MakeSheet = Callable[[Paper], bytes | None]
PdfKind = str  # "strip plan", "pouch labels" or "strip labels"
_PLURALS = {"row of the schedule": "rows of the schedule", "row of the patient's pages": "rows of the patient's pages"}
_PLURALS |= {
    "row of pouches to take back": "rows of pouches to take back",
    "label of all strips": "labels of all strips",
}


@dataclass(frozen=True, slots=True)
class Means:
    """What verifying needs beside the papers.

    Attributes:
        formulary: To find a plan's curve in.
        load_wording: Gives the wording of a language.
        lay_out: Returns a PDF laid out again, or None where this version did not make it; left out, texts and
            lines that are not compared by themselves are not compared at all.
        make_sheet: Likewise a workbook.
    """

    formulary: Formulary
    load_wording: LoadWording
    lay_out: LayOut | None = None
    make_sheet: MakeSheet | None = None


def verify_papers(papers: Sequence[Paper], means: Means) -> Report:
    """Return what was checked of some papers and what differs.

    Args:
        papers: Of one plan, in any number and order.
        means: What else is needed.

    Raises:
        PlanFileInvalid: What a paper carries is no plan, or no page of it can be read.
    """
    report = Report(differences=tuple(_of_other_plans(papers)))
    known: list[tuple[Paper, Expected | Problem]] = []
    for paper in papers:
        again = next((again for other, again in known if other.plan == paper.plan), None)
        if again is None:
            again = _plan_again(paper, means.formulary)
            known.append((paper, again))
            if isinstance(again, Expected):
                report += compare_plan(paper.plan, again, paper.name)
        report += _verify(paper, again, means)
    discretion = Discretion([paper.plan for paper in papers])
    return replace(report, differences=tuple(discretion.tell(report.differences)))


def _of_other_plans(papers: Sequence[Paper]) -> Iterator[Difference]:
    """Yield each paper that carries another plan than the first."""
    first, *others = papers
    for paper in others:
        if paper.plan != first.plan:
            of = first.plan.get("plan_id")
            if paper.plan.get("plan_id") == of:
                keys = ", ".join(_other_keys(paper.plan, first.plan))
                yield Difference(paper.name, "", f"is of plan {of} as {first.name} is, but says another {keys}")
            else:
                what = f"carries plan {paper.plan.get('plan_id')}; {first.name} carries plan {of}"
                yield Difference(paper.name, "", what)


def _other_keys(plan: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the keys that differ in two orders, never what they say; of the plans where the orders are the same."""
    order, its = (dict(_keys(each.get("order"))) for each in (plan, other))
    return _differing(order, its) or _differing(plan, other)


def _differing(table: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted({*table, *other}) if table.get(key) != other.get(key)]


def _keys(order: object) -> Iterator[tuple[str, object]]:
    """Yield what an order says by its keys: `dispensing.lot`; `batch` as a whole."""
    for name, table in order.items() if isinstance(order, Mapping) else ():
        if isinstance(table, Mapping):
            yield from ((f"{name}.{key}", value) for key, value in table.items())
        else:
            yield str(name), table


def _plan_again(paper: Paper, formulary: Formulary) -> Expected | Problem:
    """Return the plan found a second time, or why none is found."""
    order = _order_in(paper)
    issued_on = date.fromisoformat(str(paper.plan["issued_on"]))
    try:
        return plan_again(order, find_curve(order, formulary), issued_on)
    except NoFeasiblePlan as error:
        return error.problems[0]


def _order_in(paper: Paper) -> Order:
    try:
        date.fromisoformat(str(paper.plan["issued_on"]))
        return Order.model_validate(from_json(paper.plan["order"], Order))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        what = "carries something that is no plan of stripgen: it was changed, or is of another version"
        raise PlanFileInvalid([Problem("", what)], paper.name) from error


def _verify(paper: Paper, again: Expected | Problem, means: Means) -> Report:
    if isinstance(again, Problem):
        return Report(differences=(Difference(paper.name, "", f"its order has no plan: {again.what}"),))
    match paper.kind:
        case "pdf":
            return _verify_pdf(paper, again, means)
        case "xlsx":
            return _verify_workbook(paper, again, means)
        case "json":
            return Report()


def _verify_workbook(paper: Paper, again: Expected, means: Means) -> Report:
    from stripgen.verifying.workbook import compare_record, compare_workbook  # noqa: PLC0415 - only where one is read

    made_again = means.make_sheet(paper) if means.make_sheet else None
    if is_record(paper):
        return compare_record(paper, made_again)
    return compare_workbook(paper, again, _promise(paper, again, means).pharmacy_voice, made_again)


def _promise(paper: Paper, again: Expected, means: Means) -> Promise:
    if paper.printing is None:
        raise PlanFileInvalid([Problem("", f"carries no {PRINTING}")], paper.name)
    return Promise(again, paper.plan, read_enclosed_printing(paper.printing, paper.name), means.load_wording)


# --- PDFs ------------------------------------------------------------------------------------------------------------


def _verify_pdf(paper: Paper, again: Expected, means: Means) -> Report:
    promise = _promise(paper, again, means)
    found = Findings()
    if not has_whole_seal(paper.content):
        found.tell("", BROKEN_SEAL)
    with OpenPdf(paper.name, paper.content) as pdf:
        pages, kind = pdf.read(), _kind_of(pdf.title, promise)
        compared = _compare(kind, PagesOfAPlan(promise, pages, CodeReader(pdf).read))
    for page in pages:
        for what in find_unseen(page):
            found.tell(f"page {page.number}", what)
    differences = [*compared.differences, *found.differences]  # that a page is missing tells more than a broken seal
    told = [_count(compared.counted)]
    laid = means.lay_out(paper, kind) if means.lay_out else None
    if laid is None:
        differences += find_strange_parts(paper.content)
    else:
        differences += [*compare_frame(paper.content, laid.frame), *compare_laid(pages, laid.pages)]
    if means.lay_out is not None:
        told.append(_count_laid(laid))
    of_plan = tell_strangers(pages, again.plan_id, differences)
    return Report(
        (f"{paper.name}: {', '.join(told)}",),
        tuple(Difference(paper.name, where, what) for where, what in dict.fromkeys(of_plan)),
    )


def _count_laid(laid: LaidPaper | None) -> str:
    if laid is None:
        return "no other texts and lines: other versions or data made it, so its layout cannot be made again here"
    n_texts, n_shapes = sum(len(page.texts) for page in laid.pages), sum(len(page.shapes) for page in laid.pages)
    return f"{n_texts:,} texts, {n_shapes:,} lines and grounds"


def _kind_of(title: str, promise: Promise) -> PdfKind:
    """Return which paper a PDF is, as its own title has it; every other is compared as a strip plan."""
    voice, plan_id = promise.label_voice, promise.expected.plan_id
    if title == voice.say("label.document_title", plan=plan_id):
        return "pouch labels"
    return "strip labels" if title == voice.say("label.strip_document_title", plan=plan_id) else "strip plan"


def _compare(kind: PdfKind, pages: PagesOfAPlan) -> Findings:
    match kind:
        case "pouch labels":
            return pages.compare_pouch_labels()
        case "strip labels":
            return pages.compare_strip_labels()
        case _:
            return pages.compare_strip_plan()


def _count(counted: Counter[str]) -> str:
    return ", ".join(f"{n:,} {what if n == 1 else _PLURALS.get(what, f'{what}s')}" for what, n in counted.items())
