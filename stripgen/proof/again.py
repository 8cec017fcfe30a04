"""Makes again what a paper was made of, where the same versions and the same data made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stripgen import __version__
from stripgen.domain.enclosure import MadeWith, read_enclosed_printing
from stripgen.domain.formulary import Formulary
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing, choose_languages
from stripgen.errors import StripgenError
from stripgen.files import fingerprints, library_versions
from stripgen.papers import dated, enclose, load_paper_words
from stripgen.planning.reopening import reopen_plan
from stripgen.planning.weighing import list_to_make, weigh
from stripgen.proof.laying import lay_out_again
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.record import render_compounding_record
from stripgen.rendering.words import PaperWords
from stripgen.verifying.laid import LaidPaper
from stripgen.verifying.papers import Paper, is_record
from stripgen.verifying.verify import PdfKind


@dataclass(frozen=True)
class _Opened:
    """What papers were made of: the plan as its papers have it, and the files that travel in each."""

    dated: Plan
    printing: Printing
    words: PaperWords
    enclosed: Mapping[str, bytes]


class PapersAgain:
    """Makes papers again; those of one plan are planned once."""

    def __init__(self, formulary: Formulary) -> None:
        """Take what plans are made with."""
        self._formulary = formulary
        self._known: list[tuple[Mapping[str, Any], Mapping[str, Any], _Opened | None]] = []

    def lay_out(self, paper: Paper, kind: PdfKind) -> LaidPaper | None:
        """Return a PDF laid out again; None where others made it, or its order has no such paper."""
        made_of = self._opened(paper)
        if made_of is None:
            return None
        try:
            return lay_out_again(kind, made_of.dated, made_of.words, made_of.printing, made_of.enclosed)
        except StripgenError:
            return None

    def make_sheet(self, paper: Paper) -> bytes | None:
        """Return a workbook made again, a dispensing sheet or a compounding record, or None likewise."""
        made_of = self._opened(paper)
        if made_of is None:
            return None
        plan, words, size = made_of.dated, made_of.words.pharmacy, made_of.printing.profile.paper
        enclosed = made_of.enclosed
        if not is_record(paper):
            return render_dispensing_sheet(plan, words, size, enclosed)
        try:
            weighing = weigh(list_to_make(plan), plan.order, paper.name)
        except StripgenError:
            return None
        return render_compounding_record(plan, weighing, words, size, enclosed)

    def _opened(self, paper: Paper) -> _Opened | None:
        for plan, printing, made_of in self._known:
            if plan == paper.plan and printing == paper.printing:
                return made_of
        made_of = self._open(paper)
        self._known.append((paper.plan, paper.printing or {}, made_of))
        return made_of

    def _open(self, paper: Paper) -> _Opened | None:
        try:
            enclosed = read_enclosed_printing(paper.printing or {}, paper.name)
            plan, printing = reopen_plan(paper.plan, self._formulary, paper.name), enclosed.printing
            if not _are_ours(enclosed.made_with, plan, printing):
                return None
            words = load_paper_words(plan.order, printing.profile)
            return _Opened(dated(plan, printing), printing, words, enclose(plan, printing))
        except StripgenError:
            return None


def _are_ours(made_with: MadeWith, plan: Plan, printing: Printing) -> bool:
    """Return whether papers were made with what is installed here."""
    languages = choose_languages(plan.order, printing.profile)
    data = fingerprints({languages.pharmacy, languages.patient, languages.labels})
    return (made_with.stripgen, made_with.libraries, made_with.data) == (__version__, library_versions(), data)
