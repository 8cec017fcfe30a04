"""Holds finished papers against a plan found a second time, with all that this needs from disk and from drawing."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from stripgen import __version__
from stripgen.domain.enclosure import read_enclosed_printing
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing, choose_languages
from stripgen.errors import StripgenError
from stripgen.files import fingerprints, library_versions, load_formulary, load_paper, load_wording
from stripgen.verifying.laid import LaidPage
from stripgen.verifying.papers import Paper, as_made, open_paper
from stripgen.verifying.report import Report
from stripgen.verifying.signatures import check_signatures
from stripgen.verifying.verify import Means, PdfKind, verify_papers

Made = TypeVar("Made")
_OF_PAPERS = (".pdf", ".xlsx")


def open_files(files: Sequence[str]) -> list[Paper]:
    """Return the papers in some files.

    Raises:
        PlanFileInvalid: A file is no paper of stripgen, or is broken.
    """
    return [open_paper(file, load_paper(Path(file))) for file in files]


def verify_opened(papers: Sequence[Paper], trusted: Sequence[bytes] = ()) -> Report:
    """Return what was checked of some papers, their signatures included, and what differs.

    Args:
        papers: Of one plan.
        trusted: Files of the certificates whose signatures a pharmacy trusts; without any, none is asked for.

    Raises:
        PlanFileInvalid: What a paper carries is no plan, or no page of it can be read.
        AnswerInvalid: A paper is signed, and pyHanko is not installed; or a file of certificates is none.
    """
    means = Means(load_formulary(), cache(load_wording), _lay_out, _make_sheet)
    report = verify_papers([as_made(paper) for paper in papers], means)
    for paper in papers:
        report += check_signatures(paper, trusted)
    return report


def verify_documents(documents: Mapping[str, bytes]) -> Report:
    """Return what was checked of papers just made and what differs.

    They are not laid out again for comparison: that would only ask the same code twice.

    Args:
        documents: Contents by name; what is no paper, such as a calendar file, is passed over.
    """
    papers = [open_paper(name, content) for name, content in documents.items() if name.endswith(_OF_PAPERS)]
    return verify_papers(papers, Means(load_formulary(), cache(load_wording)))


def _lay_out(paper: Paper, kind: PdfKind) -> list[LaidPage] | None:
    """Return the pages of a PDF laid out again; None where other versions made it, or its order has no plan."""
    from stripgen.papers import dated, load_paper_words  # noqa: PLC0415 - make needs none of it to verify its own papers
    from stripgen.proof.laying import lay_out_again  # noqa: PLC0415 - likewise

    def lay_out(plan: Plan, printing: Printing) -> list[LaidPage]:
        return lay_out_again(kind, dated(plan, printing), load_paper_words(plan.order, printing.profile), printing)

    return _made_again(paper, lay_out)


def _make_sheet(paper: Paper) -> bytes | None:
    """Return a workbook made again, or None likewise."""
    from stripgen.papers import dated, enclose, load_paper_words  # noqa: PLC0415 - likewise
    from stripgen.rendering.dispensing import render_dispensing_sheet  # noqa: PLC0415 - likewise

    def make(plan: Plan, printing: Printing) -> bytes:
        words = load_paper_words(plan.order, printing.profile)
        enclosed = enclose(plan, printing)
        return render_dispensing_sheet(dated(plan, printing), words.pharmacy, printing.profile.paper, enclosed)

    return _made_again(paper, make)


def _made_again(paper: Paper, make: Callable[[Plan, Printing], Made]) -> Made | None:
    """Return what is made of a paper's plan as it was printed, where the same versions and data made it."""
    from stripgen.planning.reopening import reopen_plan  # noqa: PLC0415 - likewise

    if paper.printing is None:
        return None
    try:
        enclosed = read_enclosed_printing(paper.printing, paper.name)
        plan = reopen_plan(paper.plan, load_formulary(), paper.name)
        languages = choose_languages(plan.order, enclosed.printing.profile)
        data = fingerprints({languages.pharmacy, languages.patient, languages.labels})
        made_with = enclosed.made_with
        if (made_with.stripgen, made_with.libraries, made_with.data) != (__version__, library_versions(), data):
            return None
        return make(plan, enclosed.printing)
    except StripgenError:
        return None
