"""The whole strip plan: what a prescriber reads first (review, amendment, alternatives), then what a pharmacy makes."""

from collections.abc import Callable

from stripgen.domain.plan import Plan
from stripgen.domain.stock import Stock
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.amendment import amendment_sheets
from stripgen.rendering.strip_plan.comparison import comparison_sheet
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import refuse_unprintable
from stripgen.rendering.strip_plan.furniture import Sheet, finish_pages
from stripgen.rendering.strip_plan.labels import label_sheets
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.strip_plan.patient import patient_sheets
from stripgen.rendering.strip_plan.review import review_sheet
from stripgen.rendering.strip_plan.schedule import schedule_sheets


def render_strip_plan(plan: Plan, stock: Stock) -> bytes:
    """Return the strip plan as a PDF.

    Args:
        plan: The plan; nothing is computed from it here.
        stock: The paper the pouch labels are cut from.

    Raises:
        TextNotPrintable: A text of the order has a character the font lacks.
        TextDoesNotFit: A text of the order does not fit its place on some page.
    """
    return draw_pages(lay_out_strip_plan(plan, stock), _metadata(plan))


def lay_out_strip_plan(plan: Plan, stock: Stock) -> list[Page]:
    """Return all pages as data. Raises what `render_strip_plan` raises."""
    refuse_unprintable(plan.order)
    sections: list[Callable[[], list[Sheet]]] = [
        lambda: [review_sheet(plan)],
        lambda: amendment_sheets(plan),
        lambda: [comparison_sheet(plan)],
        lambda: schedule_sheets(plan),
        lambda: label_sheets(plan, stock),
        lambda: patient_sheets(plan),
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


def _metadata(plan: Plan) -> Metadata:
    status = "draft, not for dispensing" if plan.is_draft else "approved"
    return Metadata(
        title=f"Strip plan {plan.plan_id}",
        subject=f"Plan {plan.plan_id}, {plan.order.medication.drug}, {status}",
        creator=f"stripgen {plan.stripgen_version}",
        language="en",
        issued_on=plan.issued_on,
    )
