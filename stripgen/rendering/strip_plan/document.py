"""The whole strip plan: what a prescriber reads first (review, amendment, alternatives), then what a pharmacy makes."""

from collections.abc import Callable

from stripgen.domain.plan import Plan
from stripgen.domain.stock import Stock
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.amendment import amendment_sheets
from stripgen.rendering.strip_plan.comparison import comparison_sheet
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import refuse_unprintable, refuse_unprintable_wording
from stripgen.rendering.strip_plan.furniture import Sheet, finish_pages
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.strip_plan.review import review_sheet
from stripgen.rendering.strip_plan.schedule import schedule_sheets
from stripgen.rendering.words import Words


def render_strip_plan(plan: Plan, words: Words, patient_words: Words, stock: Stock) -> bytes:
    """Return the strip plan as a PDF.

    Args:
        plan: The plan; nothing is computed from it here.
        words: Of the pharmacy's language.
        patient_words: Of the patient's, for the pages that go home.
        stock: The paper the pouch labels are cut from.

    Raises:
        TextNotPrintable: A text of the order has a character the font lacks.
        TextDoesNotFit: A text of the order does not fit its place on some page.
    """
    return draw_pages(lay_out_strip_plan(plan, words, patient_words, stock), _metadata(plan, words))


def lay_out_strip_plan(plan: Plan, words: Words, patient_words: Words, stock: Stock) -> list[Page]:
    """Return all pages as data. Raises what `render_strip_plan` raises."""
    refuse_unprintable(plan.order)
    for language in (words, patient_words):
        refuse_unprintable_wording(language.wording)
    sections: list[Callable[[], list[Sheet]]] = [
        lambda: [review_sheet(plan, words)],
        lambda: amendment_sheets(plan, words),
        lambda: [comparison_sheet(plan, words)],
        lambda: schedule_sheets(plan, words),
        # TODO-merge: labels and patient pages, as they are once rewritten:
        # lambda: label_sheets(plan, words, stock),
        # lambda: patient_sheets(plan, patient_words),
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
    return finish_pages(sheets, plan, words)


def _metadata(plan: Plan, words: Words) -> Metadata:
    subject = "page.subject_draft" if plan.is_draft else "page.subject_approved"
    return Metadata(
        title=words.say("page.document_title", plan=plan.plan_id),
        subject=words.say(subject, plan=plan.plan_id, drug=plan.order.medication.drug),
        creator=f"stripgen {plan.stripgen_version}",
        language=words.language,
        issued_on=plan.issued_on,
    )
