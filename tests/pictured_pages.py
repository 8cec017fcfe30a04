"""The pages that are kept as pictures: every kind of page, profile, language and label stock at least once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from orders import FORMULARY, ISSUED_ON, changed, plan_of, printing

from stripgen.domain.patient_text import PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Languages, Printing, choose_languages
from stripgen.domain.profile import Profile
from stripgen.domain.stock import LabelPaper
from stripgen.domain.wording import Language
from stripgen.files import load_order_file, load_profile, load_stock, load_template, load_wording
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.strip_plan.alignment import lay_out_alignment
from stripgen.rendering.strip_plan.document import lay_out_strip_plan
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.strip_plan.pouch_labels import pouch_pages
from stripgen.rendering.strip_plan.strip_labels import strip_pages
from stripgen.rendering.words import PaperWords, Words

EXAMPLES = Path(__file__).parents[1] / "examples"

# Each kind of page: whose language it is in, and the phrase that is its heading; the longer of two alike first.
KINDS: dict[str, tuple[str, str]] = {
    "amendment continued": ("pharmacy", "amendment.title_continued"),
    "calendar continued": ("patient", "patient.calendar_continued"),
    "diary continued": ("patient", "patient.diary_continued"),
    "review": ("pharmacy", "review.title"),
    "amendment": ("pharmacy", "amendment.title"),
    "comparison": ("pharmacy", "comparison.title"),
    "schedule": ("pharmacy", "schedule.title"),
    "pouch labels": ("labels", "label.title"),
    "strip labels": ("labels", "label.strip_title"),
    "calendar": ("patient", "patient.calendar"),
    "what to do": ("patient", "patient.what_to_do"),
    "diary": ("patient", "patient.diary"),
}


@dataclass(frozen=True)
class Papers:
    """What one order is printed as.

    Attributes:
        example: The name of its file in `examples/`.
        pages: The name of each kept picture, by the page's kind and which one of that kind it is, from 1.
        profile: Its id.
        changes: What the order says otherwise than the example, by path.
        amendment: For version 2 of its plan, instead of version 1.
        stock: Id of ready-cut labels, printed apart; of `pouches` or of `strips`. Labels are in the strip plan without.
        labels: Which labels are on `stock`.
        large_print: Whether the patient asked for it.
        offset_mm: By how much the ready-cut labels are moved.
    """

    example: str
    pages: Mapping[str, tuple[str, int]]
    profile: str = "generic"
    changes: Mapping[str, Any] = field(default_factory=dict)
    amendment: Request | None = None
    stock: str | None = None
    labels: str = "pouches"
    large_print: bool = False
    offset_mm: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))

    @property
    def name(self) -> str:
        """What a test calls them: the first picture."""
        return next(iter(self.pages))

    @property
    def rules(self) -> Profile:
        """The profile."""
        return load_profile(self.profile)

    def plan(self) -> Plan:
        """Return the plan, of a version that is approved if the example is."""
        raw = changed(load_order_file(EXAMPLES / f"{self.example}.toml"), self.changes)
        plan = plan_of(raw)
        if self.amendment is None:
            return plan
        order = amend(plan, self.amendment).model_copy(update={"approval": plan.order.approval})
        return plan_taper(order, FORMULARY, ISSUED_ON)

    def languages(self, plan: Plan) -> Languages:
        """Return which language each paper is in."""
        return choose_languages(plan.order, self.rules)

    def printing(self, plan: Plan) -> Printing:
        """Return how they are printed; with an outer label, which only shows where strip labels are."""
        text = load_template("patient-text", self.languages(plan).patient, PatientText)
        return printing(profile=self.profile, text=text, large_print=self.large_print, outer_label=True)

    def words(self, plan: Plan) -> PaperWords:
        """Return the words of each paper."""
        languages = self.languages(plan)
        return PaperWords(
            *(words_of(each, self.rules) for each in (languages.pharmacy, languages.patient, languages.labels))
        )


def words_of(language: Language, profile: Profile) -> Words:
    """Return the words of a language as a profile writes them."""
    return Words(load_wording(language), profile.decimal_mark_of(language), profile.date_form)


TOOK_LESS_WELL = Request(40, "back", Decimal(29), "Dizzy and sleepless since day 35")
HELD = Request(31, "hold", Decimal(7), "Duizelig sinds dag 27")
STRETCHED = Request(5, "stretch", Decimal(500), "Duerme mal desde el día 3")
GS1 = {"dispensing.gtin": "04012345678901"}

ALL_PAPERS = (
    Papers(
        "citalopram",
        {
            "review": ("review", 1),
            "comparison": ("comparison", 1),
            "schedule": ("schedule", 2),
            "pouch-labels": ("pouch labels", 4),
            "calendar": ("calendar", 4),
        },
    ),
    Papers("phased", {"review-phased": ("review", 1), "strip-labels-hold": ("strip labels", 1)}),
    Papers("half-tablets", {"pouch-labels-halves": ("pouch labels", 2)}),
    Papers("solution", {"calendar-solution": ("calendar", 1)}),
    Papers("draft", {"review-draft": ("review", 1), "pouch-labels-draft": ("pouch labels", 1)}),
    Papers(
        "citalopram", {"amendment": ("amendment", 1), "calendar-amended": ("calendar", 1)}, amendment=TOOK_LESS_WELL
    ),
    Papers("every-label-field", {"uk-pouch-labels-l7160": ("pouch labels", 1)}, "uk", GS1, stock="avery-l7160"),
    Papers(
        "every-label-field", {"uk-strip-labels-l7165": ("strip labels", 1)}, "uk", stock="avery-l7165", labels="strips"
    ),
    Papers(
        "every-label-field",
        {
            "de-review": ("review", 1),
            "de-schedule": ("schedule", 1),
            "de-pouch-labels": ("pouch labels", 1),
            "de-strip-labels": ("strip labels", 1),
            "de-calendar": ("calendar", 2),
        },
        "de",
    ),
    Papers("every-label-field", {"at-pouch-labels-l7159": ("pouch labels", 1)}, "at", stock="avery-l7159"),
    Papers(
        "every-label-field", {"at-strip-label-62x100": ("strip labels", 1)}, "at", stock="roll-62x100", labels="strips"
    ),
    Papers("every-label-field", {"nl-pouch-label-57x32": ("pouch labels", 30)}, "nl", stock="roll-57x32"),
    Papers(
        "every-label-field",
        {"nl-comparison": ("comparison", 1), "nl-calendar": ("calendar", 1), "nl-amendment": ("amendment", 1)},
        "nl",
        amendment=HELD,
    ),
    Papers("every-label-field", {"us-pouch-labels-5160": ("pouch labels", 1)}, "us", stock="avery-5160"),
    Papers(
        "every-label-field", {"us-strip-labels-5164": ("strip labels", 1)}, "us", stock="avery-5164", labels="strips"
    ),
    Papers(
        "every-label-field",
        {"us-review": ("review", 1), "us-strip-labels": ("strip labels", 1), "us-es-calendar": ("calendar", 2)},
        "us",
        {"patient.language": "es"},
    ),
    Papers(
        "every-label-field",
        {"es-pouch-label-62x50": ("pouch labels", 1)},
        changes={"patient.language": "es", "patient.name": "محمد الأحمد"},
        stock="roll-62x50",
    ),
    Papers("limited", {"es-schedule": ("schedule", 1)}, changes={"pharmacy.language": "es"}),
    Papers(
        "citalopram",
        {"es-amendment-continued": ("amendment continued", 1)},
        changes={"pharmacy.language": "es", "taper.days": 400, "taper.days_per_strip": 7},
        amendment=STRETCHED,
    ),
    Papers(
        "every-label-field",
        {
            "fr-review": ("review", 1),
            "fr-pouch-labels": ("pouch labels", 2),
            "fr-large-calendar": ("calendar", 1),
            "fr-large-calendar-continued": ("calendar continued", 1),
            "fr-large-what-to-do": ("what to do", 1),
            "fr-large-diary": ("diary", 1),
            "fr-large-diary-continued": ("diary continued", 1),
        },
        changes={"pharmacy.language": "fr"},
        large_print=True,
    ),
)
ALIGNMENT = "alignment-l7160"
NAMES = tuple(sorted([ALIGNMENT, *(name for papers in ALL_PAPERS for name in papers.pages)]))


def lay_out(papers: Papers) -> dict[str, Page]:
    """Return the pages to keep, by the names of their pictures."""
    plan = papers.plan()
    words, how = papers.words(plan), papers.printing(plan)
    if papers.stock is None:
        pages = lay_out_strip_plan(plan, words, how)
    else:
        paper = LabelPaper(load_stock(papers.stock), offset_mm=papers.offset_mm)
        if papers.labels == "strips":
            pages = strip_pages(plan, words.labels, paper, how.profile, outer=True)
        else:
            pages = pouch_pages(plan, words.labels, paper, how.profile)
        return {name: pages[number - 1] for name, (_, number) in papers.pages.items()}
    return {
        name: [page for page in pages if kind_of(page, words) == kind][number - 1]
        for name, (kind, number) in papers.pages.items()
    }


def kind_of(page: Page, words: PaperWords) -> str | None:
    """Return which kind of page it is by its heading, or None."""
    for kind, (whose, phrase) in KINDS.items():
        language: Words = getattr(words, whose)
        section, name = phrase.split(".")
        heading = re.sub(r"\\{\w+\\}", ".+", re.escape(language.wording.phrases[section][name]))
        if re.fullmatch(heading, page.title):
            return kind
    return None


def lay_out_ruler() -> Page:
    """Return the alignment page, as it is printed for a printer half a millimetre off."""
    paper = LabelPaper(load_stock("avery-l7160"), offset_mm=(Decimal("0.5"), Decimal(-1)))
    return lay_out_alignment(paper, words_of("en", load_profile("generic")))
