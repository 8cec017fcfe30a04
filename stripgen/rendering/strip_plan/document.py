"""The whole strip plan: what a prescriber reads first (review, amendment, alternatives), then what a pharmacy makes."""

from collections.abc import Callable

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.stock import LabelPaper
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.amendment import amendment_sheets
from stripgen.rendering.strip_plan.comparison import comparison_sheet
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import refuse_unprintable, refuse_unprintable_wording
from stripgen.rendering.strip_plan.furniture import Sheet, finish_pages
from stripgen.rendering.strip_plan.labels import label_pages, label_sheets
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.strip_plan.paper import A4, Paper
from stripgen.rendering.strip_plan.patient import patient_sheets
from stripgen.rendering.strip_plan.review import review_sheet
from stripgen.rendering.strip_plan.schedule import schedule_sheets
from stripgen.rendering.words import Words


def render_strip_plan(
    plan: Plan,
    words: Words,
    patient_words: Words,
    labels: LabelPaper,
    patient_text: PatientText | None = None,
    *,
    paper: Paper = A4,
    large_print: bool = False,
) -> bytes:
    """Return the strip plan as a PDF.

    Args:
        plan: The plan; nothing is computed from it here.
        words: Of the pharmacy's language.
        patient_words: Of the patient's, for the labels and the pages that go home.
        labels: The paper the pouch labels are cut from; they are in the plan where they share its paper.
        patient_text: What the pharmacy says of a missed pouch and of hard symptoms; else only whom to call is said.
        paper: Of all pages.
        large_print: The patient's pages in 18 points or more.

    Raises:
        TextNotPrintable: A text of the order has a character the font lacks.
        TextDoesNotFit: A text of the order does not fit its place on some page.
    """
    pages = lay_out_strip_plan(plan, words, patient_words, labels, patient_text, paper=paper, large_print=large_print)
    return draw_pages(pages, _metadata(plan, words, "page.document_title"))


def lay_out_strip_plan(
    plan: Plan,
    words: Words,
    patient_words: Words,
    labels: LabelPaper,
    patient_text: PatientText | None = None,
    *,
    paper: Paper = A4,
    large_print: bool = False,
) -> list[Page]:
    """Return all pages as data. Raises what `render_strip_plan` raises."""
    refuse_unprintable(plan.order)
    for language in (words, patient_words):
        refuse_unprintable_wording(language.wording)
    sections: list[Callable[[], list[Sheet]]] = [
        lambda: [review_sheet(plan, words, paper)],
        lambda: amendment_sheets(plan, words, paper),
        lambda: [comparison_sheet(plan, words, paper)],
        lambda: schedule_sheets(plan, words, paper),
        lambda: label_sheets(plan, patient_words, labels) if shares_paper(labels, paper) else [],
        lambda: patient_sheets(plan, patient_words, patient_text, paper, large_print=large_print),
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


def shares_paper(labels: LabelPaper, paper: Paper = A4) -> bool:
    """Return whether the labels are on the paper of the strip plan itself, plain and of its size."""
    width, height = labels.stock.sheet_mm
    return labels.stock.paper == "plain" and (float(width), float(height)) == (paper.width_mm, paper.height_mm)


def render_labels(plan: Plan, patient_words: Words, labels: LabelPaper) -> bytes:
    """Return the pouch labels as a PDF of their own: for paper that is not the strip plan's.

    Raises:
        TextNotPrintable: A text of the order has a character the font lacks.
        TextDoesNotFit: A text of the order does not fit a label.
    """
    metadata = _metadata(plan, patient_words, "label.document_title")
    return draw_pages(lay_out_labels(plan, patient_words, labels), metadata)


def lay_out_labels(plan: Plan, patient_words: Words, labels: LabelPaper) -> list[Page]:
    """Return the pages of labels as data. Raises what `render_labels` raises."""
    refuse_unprintable(plan.order)
    refuse_unprintable_wording(patient_words.wording)
    if labels.stock.paper == "plain":
        return finish_pages(label_sheets(plan, patient_words, labels), plan, patient_words)
    return label_pages(plan, patient_words, labels)


def _metadata(plan: Plan, words: Words, title: str) -> Metadata:
    subject = "page.subject_draft" if plan.is_draft else "page.subject_approved"
    return Metadata(
        title=words.say(title, plan=plan.plan_id),
        subject=words.say(subject, plan=plan.plan_id, drug=plan.order.medication.drug),
        creator=f"stripgen {plan.stripgen_version}",
        language=words.language,
        issued_on=plan.issued_on,
    )
