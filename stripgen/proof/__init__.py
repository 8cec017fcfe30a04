"""Holds finished papers against a plan found a second time, with all that this needs from disk and from drawing."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from stripgen.errors import CarriesNoPlan, Problem
from stripgen.files import load_formulary, load_paper, load_wording
from stripgen.verifying.papers import Paper, as_made, open_paper
from stripgen.verifying.report import Report
from stripgen.verifying.signatures import check_signatures
from stripgen.verifying.verify import Means, verify_papers

_OF_PAPERS = (".pdf", ".xlsx")


def open_files(files: Sequence[str]) -> list[Paper]:
    """Return the papers in some files.

    Raises:
        PlanFileInvalid: A file is no paper of stripgen, or is broken.
    """
    return [open_paper(file, load_paper(Path(file))) for file in files]


def open_verifiable(files: Sequence[str]) -> tuple[list[Paper], list[str]]:
    """Return the papers in some files, and a line for each that is passed over as it carries no plan on purpose.

    Raises:
        PlanFileInvalid: A file is no paper of stripgen, or is broken; or all are passed over.
    """
    papers: list[Paper] = []
    passed: list[CarriesNoPlan] = []
    for file in files:
        try:
            papers.append(open_paper(file, load_paper(Path(file))))
        except CarriesNoPlan as error:
            passed.append(error)
    if not papers:
        raise CarriesNoPlan(Problem(error.source, problem.what) for error in passed for problem in error.problems)
    return papers, [f"{error.source}: {_what_it_is(error)}: nothing to verify" for error in passed]


def _what_it_is(passed: CarriesNoPlan) -> str:
    return passed.problems[0].what.partition(",")[0]


def verify_opened(papers: Sequence[Paper], trusted: Sequence[bytes] = ()) -> Report:
    """Return what was checked of some papers, their signatures included, and what differs.

    Args:
        papers: Of one plan.
        trusted: Files of the certificates whose signatures a pharmacy trusts; without any, none is asked for.

    Raises:
        PlanFileInvalid: What a paper carries is no plan, or no page of it can be read.
        AnswerInvalid: A paper is signed, and pyHanko is not installed; or a file of certificates is none.
    """
    from stripgen.proof.again import PapersAgain  # noqa: PLC0415 - make needs none of it to verify its own papers

    formulary = load_formulary()
    again = PapersAgain(formulary)
    means = Means(formulary, cache(load_wording), again.lay_out, again.make_sheet)
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
