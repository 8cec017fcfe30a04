"""The whole strip plan: what a prescriber reads first (review, amendment, alternatives), then what a pharmacy makes."""

from collections.abc import Callable, Iterable, Mapping

from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.stock import LabelPaper
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.amendment import amendment_sheets
from stripgen.rendering.strip_plan.comparison import comparison_sheet
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import refuse_unprintable, refuse_unprintable_texts
from stripgen.rendering.strip_plan.furniture import Sheet, finish_pages
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.strip_plan.paper import PAPERS, Paper
from stripgen.rendering.strip_plan.patient import patient_sheets
from stripgen.rendering.strip_plan.pouch_labels import pouch_pages, pouch_sheets
from stripgen.rendering.strip_plan.review import review_sheet
from stripgen.rendering.strip_plan.schedule import schedule_sheets
from stripgen.rendering.strip_plan.strip_labels import strip_pages, strip_sheets
from stripgen.rendering.words import PaperWords, Words


def render_strip_plan(
    plan: Plan, words: PaperWords, printing: Printing, enclosed: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the strip plan as a PDF; labels are in it where they are cut from its own paper.

    Args:
        plan: The plan; nothing is computed from it here.
        words: Of the papers.
        printing: What is in the printer, and what is asked of the papers.
        enclosed: Files that travel in it, by name.

    Raises:
        TextNotPrintable: A text of the order has a character the fonts lack.
        TextDoesNotFit: A text of the order does not fit its place on some page.
    """
    pages = lay_out_strip_plan(plan, words, printing)
    return draw_pages(pages, metadata_of(plan, words.pharmacy, "page.document_title"), enclosed)


def lay_out_strip_plan(plan: Plan, words: PaperWords, printing: Printing) -> list[Page]:
    """Return all pages as data. Raises what `render_strip_plan` raises."""
    _refuse_unprintable(plan, words, printing)
    own, paper, pages = words.pharmacy, PAPERS[printing.profile.paper], printing.patient_pages
    with_pouches, with_strips = (
        shares_paper(labels, paper) for labels in (printing.pouch_labels, printing.strip_labels)
    )
    sheets = _gather(
        (own, lambda: [review_sheet(plan, own, paper)]),
        (own, lambda: amendment_sheets(plan, own, paper)),
        (own, lambda: [comparison_sheet(plan, own, paper)]),
        (own, lambda: schedule_sheets(plan, own, paper)),
        (words.labels, lambda: _pouch_sheets(plan, words, printing) if with_pouches else []),
        (words.labels, lambda: _strip_sheets(plan, words, printing) if with_strips else []),
        (
            words.patient,
            lambda: patient_sheets(plan, words.patient, pages.text, paper, large_print=pages.large_print),
        ),
    )
    return finish_pages(sheets, plan)


def _gather(*sections: tuple[Words, Callable[[], list[Sheet]]]) -> list[tuple[Sheet, Words]]:
    """Return the sheets of all sections with their words; what does not fit is told of all at once, each text once."""
    sheets: list[tuple[Sheet, Words]] = []
    problems: list[Problem] = []
    for words, section in sections:
        try:
            sheets += [(sheet, words) for sheet in section()]
        except TextDoesNotFit as error:
            problems += error.problems
    if problems:
        raise TextDoesNotFit({problem.where: problem for problem in reversed(problems)}.values())
    return sheets


def shares_paper(labels: LabelPaper, paper: Paper) -> bool:
    """Return whether labels are cut from the paper of the strip plan itself, plain and of its size."""
    width, height = labels.stock.sheet_mm
    return labels.stock.paper == "plain" and (float(width), float(height)) == (paper.width_mm, paper.height_mm)


def prints_pouch_labels_apart(printing: Printing) -> bool:
    """Return whether the labels of the pouches are a PDF of their own, and not pages of the strip plan."""
    return printing.strip is not None or not shares_paper(printing.pouch_labels, PAPERS[printing.profile.paper])


def render_labels(
    plan: Plan, words: PaperWords, printing: Printing, enclosed: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """Return the PDFs of labels on other paper than the strip plan's: `labels` of the pouches, `strip-labels`.

    Those of one strip are always files of their own: there is no strip plan of one strip.

    Raises:
        TextNotPrintable: A text of the order has a character the fonts lack.
        TextDoesNotFit: A text of the order does not fit a label.
    """
    paper, files = PAPERS[printing.profile.paper], {}
    if plan.only_strip is not None or prints_pouch_labels_apart(printing):
        files["labels"] = render_pouch_labels(plan, words, printing, enclosed)
    if plan.only_strip is not None or not shares_paper(printing.strip_labels, paper):
        files["strip-labels"] = render_strip_labels(plan, words, printing, enclosed)
    return files


def render_pouch_labels(
    plan: Plan, words: PaperWords, printing: Printing, enclosed: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the pouch labels as a PDF of their own. Raises what `render_labels` raises."""
    pages = lay_out_pouch_labels(plan, words, printing)
    return draw_pages(pages, metadata_of(plan, words.labels, "label.document_title"), enclosed)


def lay_out_pouch_labels(plan: Plan, words: PaperWords, printing: Printing) -> list[Page]:
    """Return the pages of pouch labels as data. Raises what `render_labels` raises."""
    _refuse_unprintable(plan, words, printing)
    if printing.pouch_labels.stock.paper == "plain":
        return _finish_labels(_pouch_sheets(plan, words, printing), plan, words)
    return pouch_pages(plan, words.labels, printing.pouch_labels, printing.profile)


def render_strip_labels(
    plan: Plan, words: PaperWords, printing: Printing, enclosed: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the strip labels as a PDF of their own. Raises what `render_labels` raises."""
    pages = lay_out_strip_labels(plan, words, printing)
    return draw_pages(pages, metadata_of(plan, words.labels, "label.strip_document_title"), enclosed)


def lay_out_strip_labels(plan: Plan, words: PaperWords, printing: Printing) -> list[Page]:
    """Return the pages of strip labels as data. Raises what `render_labels` raises."""
    _refuse_unprintable(plan, words, printing)
    if printing.strip_labels.stock.paper == "plain":
        return _finish_labels(_strip_sheets(plan, words, printing), plan, words)
    return strip_pages(plan, words.labels, printing.strip_labels, printing.profile, outer=printing.outer_label)


def _finish_labels(sheets: Iterable[Sheet], plan: Plan, words: PaperWords) -> list[Page]:
    return finish_pages([(sheet, words.labels) for sheet in sheets], plan)


def _pouch_sheets(plan: Plan, words: PaperWords, printing: Printing) -> list[Sheet]:
    return pouch_sheets(plan, words.labels, printing.pouch_labels, printing.profile)


def _strip_sheets(plan: Plan, words: PaperWords, printing: Printing) -> list[Sheet]:
    return strip_sheets(plan, words.labels, printing.strip_labels, printing.profile, outer=printing.outer_label)


def _refuse_unprintable(plan: Plan, words: PaperWords, printing: Printing) -> None:
    refuse_unprintable(plan.order)
    refuse_unprintable_texts(printing.profile.own_texts, f"profile {printing.profile.id}")
    wordings = {each.language: each.wording for each in (words.pharmacy, words.patient, words.labels)}
    for wording in wordings.values():
        refuse_unprintable_texts(dict(wording.texts()), f"templates/wording/{wording.language}.toml")


def metadata_of(plan: Plan, words: Words, title: str) -> Metadata:
    """Return what a PDF says of itself; `title` is the phrase of its title."""
    subject = "page.subject_draft" if plan.is_draft else "page.subject_approved"
    return Metadata(
        title=words.say(title, plan=plan.plan_id),
        subject=words.say(subject, plan=plan.plan_id, drug=plan.order.medication.drug),
        creator=f"stripgen {plan.stripgen_version}",
        language=words.language,
        issued_on=plan.issued_on,
    )
