"""The whole strip plan: what a prescriber reads first (review, amendment, alternatives), then what a pharmacy makes."""

from collections.abc import Callable

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.stock import LabelPaper
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.amendment import amendment_sheets
from stripgen.rendering.strip_plan.comparison import comparison_sheet
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import refuse_unprintable
from stripgen.rendering.strip_plan.furniture import A4, Sheet, finish_pages
from stripgen.rendering.strip_plan.labels import label_pages, label_sheets
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.strip_plan.patient import patient_sheets
from stripgen.rendering.strip_plan.review import review_sheet
from stripgen.rendering.strip_plan.schedule import schedule_sheets


def render_strip_plan(
    plan: Plan, labels: LabelPaper, patient_text: PatientText | None = None, *, large_print: bool = False
) -> bytes:
    """Return the strip plan as a PDF.

    Args:
        plan: The plan; nothing is computed from it here.
        labels: The paper the pouch labels are cut from; they are in the plan where they share its paper.
        patient_text: What the pharmacy says of a missed pouch and of hard symptoms; else only whom to call is said.
        large_print: The patient's pages in 18 points or more.

    Raises:
        TextNotPrintable: A text of the order has a character the font lacks.
        TextDoesNotFit: A text of the order does not fit its place on some page.
    """
    return draw_pages(lay_out_strip_plan(plan, labels, patient_text, large_print=large_print), _metadata(plan))


def lay_out_strip_plan(
    plan: Plan, labels: LabelPaper, patient_text: PatientText | None = None, *, large_print: bool = False
) -> list[Page]:
    """Return all pages as data. Raises what `render_strip_plan` raises."""
    refuse_unprintable(plan.order)
    sections: list[Callable[[], list[Sheet]]] = [
        lambda: [review_sheet(plan)],
        lambda: amendment_sheets(plan),
        lambda: [comparison_sheet(plan)],
        lambda: schedule_sheets(plan),
        lambda: label_sheets(plan, labels) if shares_paper(labels) else [],
        lambda: patient_sheets(plan, patient_text, large_print=large_print),
    ]
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for section in sections:
        try:
            sheets += section()
        except TextDoesNotFit as error:
            problems += error.problems
    if problems:
        raise TextDoesNotFit({problem.where: problem for problem in reversed(problems)}.values())
    return finish_pages(sheets, plan)


def shares_paper(labels: LabelPaper) -> bool:
    """Return whether the labels are on the paper of the strip plan itself: plain A4."""
    width, height = labels.stock.sheet_mm
    return labels.stock.paper == "plain" and (float(width), float(height)) == A4


def render_labels(plan: Plan, labels: LabelPaper) -> bytes:
    """Return the pouch labels as a PDF of their own: for paper that is not the strip plan's.

    Raises:
        TextNotPrintable: A text of the order has a character the font lacks.
        TextDoesNotFit: A text of the order does not fit a label.
    """
    return draw_pages(lay_out_labels(plan, labels), _metadata(plan, "Pouch labels"))


def lay_out_labels(plan: Plan, labels: LabelPaper) -> list[Page]:
    """Return the pages of labels as data. Raises what `render_labels` raises."""
    refuse_unprintable(plan.order)
    if labels.stock.paper == "plain":
        return finish_pages(label_sheets(plan, labels), plan)
    return label_pages(plan, labels)


def _metadata(plan: Plan, what: str = "Strip plan") -> Metadata:
    status = "draft, not for dispensing" if plan.is_draft else "approved"
    return Metadata(
        title=f"{what} {plan.plan_id}",
        subject=f"Plan {plan.plan_id}, {plan.order.medication.drug}, {status}",
        creator=f"stripgen {plan.stripgen_version}",
        language="en",
        issued_on=plan.issued_on,
    )
