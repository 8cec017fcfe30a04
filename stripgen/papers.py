"""From a plan, and what is asked of its papers, to the finished files."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from stripgen.answers.options import label_paper, strip_asked
from stripgen.checking.label_rules import find_missing_fields
from stripgen.domain.enclosure import PLAN, PRINTING, MadeWith, enclosed_printing
from stripgen.domain.order import Order
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing, choose_languages
from stripgen.domain.profile import Profile
from stripgen.domain.wording import Language
from stripgen.errors import AnswerInvalid, DataInvalid, FieldMissing, OrderError, Problem, StripgenError
from stripgen.files import (
    fingerprints,
    library_versions,
    load_own_file,
    load_plain_stock,
    load_profile,
    load_stock,
    load_template,
    load_wording,
)
from stripgen.planning.dating import date_plan
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.plan_json import render_json
from stripgen.rendering.strip_plan.document import (
    metadata_of,
    prints_pouch_labels_apart,
    render_labels,
    render_strip_plan,
)
from stripgen.rendering.words import PaperWords, Words

Made = TypeVar("Made")


def choose_printing(order: Order, asked: Mapping[str, Any], before: Printing | None = None) -> Printing:
    """Return how an order's papers are printed: as was asked, else as the profile of its pharmacy says.

    Args:
        order: Whose papers they are.
        asked: What was typed, by option: `stock`, `profile`, …; None or False where it was not.
        before: How the same papers were printed before; so they are again where nothing, or only a strip, is asked.

    Raises:
        AnswerInvalid: Something typed is not allowed.
        DataInvalid: A profile, stock or text is missing or wrong.
    """
    strip = asked.get("strip")
    if before is not None and not any(value for option, value in asked.items() if option != "strip"):
        return before if strip is None else replace(before, strip=strip_asked(strip))
    faults = _Faults()
    own = order.pharmacy.profile
    profile = faults.collect(
        lambda: load_profile(asked["profile"]) if asked["profile"] else load_profile(own, "pharmacy.profile")
    ) or load_profile(None)
    stock, strip_stock, offset = asked["stock"], asked["strip_stock"], asked["offset_mm"]
    pouches = faults.collect(lambda: load_stock(stock)) if stock else load_plain_stock(profile.paper)
    strips = (
        faults.collect(lambda: load_stock(strip_stock, "--strip-stock"))
        if strip_stock
        else load_plain_stock(profile.paper, strips=True)
    )
    pouch_labels = faults.collect(lambda: pouches and label_paper(pouches, asked["first_label"], offset))
    strip_labels = faults.collect(
        lambda: (
            strips
            and label_paper(
                strips, asked["first_strip_label"], offset, options=("--first-strip-label", "--strip-stock")
            )
        )
    )
    pages = faults.collect(lambda: _choose_patient_pages(order, profile, asked))
    only = faults.collect(lambda: strip_asked(strip))
    if faults.found or not (pouch_labels and strip_labels and pages):
        raise faults.together()
    return Printing(profile, pouch_labels, strip_labels, pages, asked["outer_label"], only)


@dataclass
class _Faults:
    """What is wrong with what was asked, gathered so that all of it is told at once."""

    found: list[StripgenError] = field(default_factory=list)

    def collect(self, make: Callable[[], Made]) -> Made | None:
        """Return what is made, or keep the fault."""
        try:
            return make()
        except (AnswerInvalid, DataInvalid) as error:
            self.found.append(error)
            return None

    def together(self) -> StripgenError:
        """Return one error of all faults, each with its file; of the first one's class, which decides the exit code."""
        problems = [
            Problem(": ".join(filter(None, (error.source, problem.where))), problem.what)
            for error in self.found
            for problem in error.problems
        ]
        return type(self.found[0])(dict.fromkeys(problems))


def _choose_patient_pages(order: Order, profile: Profile, asked: Mapping[str, Any]) -> PatientPages:
    names_drug, patient_text = asked["calendar_names_drug"], asked["patient_text"]
    if names_drug and not asked["calendar"]:
        what = "says what the calendar file names, and none is asked for; give --calendar, too"
        raise AnswerInvalid([Problem("--calendar-names-drug", what)])
    language = choose_languages(order, profile).patient
    if patient_text is None:
        text = load_template("patient-text", language, PatientText)
    else:
        text = load_own_file(Path(patient_text), PatientText)
    if text.language != language:
        what = f"is {text.language!r}, but the patient's pages are in {language!r} (patient.language); the same"
        raise DataInvalid([Problem("language", what)], str(patient_text))
    return PatientPages(text, asked["large_print"], asked["calendar"], names_drug)


def dated(plan: Plan, printing: Printing) -> Plan:
    """Return a plan as its papers have it: with the dates their label rules come to, and of one strip if so asked.

    Raises:
        AnswerInvalid: There is no such strip, or it was made with an earlier version.
    """
    return date_plan(plan, printing.profile.beyond_use, printing.strip)


def render_documents(plan: Plan, printing: Printing, source: str) -> dict[str, bytes]:
    """Return the finished files by name; no patient's name in a file name.

    Of one strip there are its labels and its dispensing sheet; the strip plan, which the prescriber signs, is of all.

    Args:
        plan: The whole plan.
        printing: What is asked of its papers.
        source: Where the order comes from, for messages.

    Raises:
        AnswerInvalid: The one strip that is asked for is not there to be made.
        FieldMissing: The order does not say what labels must carry.
        OrderError: A text of the order cannot be printed, or does not fit.
    """
    made = dated(plan, printing)
    missing = find_missing_fields(made, printing.profile)
    if missing:
        raise FieldMissing(missing, source)
    words, pages = load_paper_words(made.order, printing.profile), printing.patient_pages
    enclosed = enclose(plan, printing)
    documents: dict[str, bytes] = {}
    try:
        if printing.strip is None:
            documents["strip-plan.pdf"] = render_strip_plan(made, words, printing, enclosed)
        documents |= {f"{name}.pdf": labels for name, labels in render_labels(made, words, printing, enclosed).items()}
        documents["dispensing.xlsx"] = render_dispensing_sheet(made, words.pharmacy, printing.profile.paper, enclosed)
        if pages.calendar:
            from stripgen.rendering.calendar_file import render_calendar  # noqa: PLC0415 - for who asks for one

            documents["calendar.ics"] = render_calendar(made, words.patient, names_drug=pages.calendar_names_drug)
    except OrderError as error:
        raise type(error)(error.problems, source) from error
    return {f"{_name_of(plan, printing)}-{name}": document for name, document in documents.items()}


def render_record(plan: Plan, printing: Printing, source: str) -> dict[str, bytes]:
    """Return the compounding record and the check form by name.

    The plan travels in the record and not in the check form, which has no answers.

    Args:
        plan: The whole plan.
        printing: What is asked of its papers; one strip's record is of what that strip takes.
        source: Where the order comes from, for messages.

    Raises:
        AnswerInvalid: The one strip that is asked for is not there to be made.
        OrderInvalid: The order does not say what is weighed, or a unit has no room for it.
    """
    from stripgen.planning.weighing import list_to_make, weigh  # noqa: PLC0415 - for who asks for a record
    from stripgen.rendering.record import render_check_form, render_compounding_record  # noqa: PLC0415 - likewise

    made = dated(plan, printing)
    words, paper = load_paper_words(made.order, printing.profile).pharmacy, printing.profile.paper
    make_list = list_to_make(made)
    weighing = weigh(make_list, made.order, source)
    of_what = _name_of(plan, printing)
    return {
        f"{of_what}-compounding-record.xlsx": render_compounding_record(
            made, weighing, words, paper, enclose(plan, printing)
        ),
        f"{of_what}-check-form.xlsx": render_check_form(made, make_list, words, paper),
    }


def _name_of(plan: Plan, printing: Printing) -> str:
    """Return what names of files begin with: the plan id, and the strip where they are about one."""
    return plan.plan_id if printing.strip is None else f"{plan.plan_id}-strip-{printing.strip}"


@dataclass(frozen=True, slots=True)
class LabelPdf:
    """The PDF that the labels of the pouches are printed in.

    Attributes:
        name: Of its file, as it is made.
        title: As it says of itself.
    """

    name: str
    title: str


def pouch_label_pdf(plan: Plan, printing: Printing) -> LabelPdf:
    """Return in which PDF the labels of the pouches are: the strip plan, or one of their own."""
    words, name = load_paper_words(plan.order, printing.profile), _name_of(plan, printing)
    if prints_pouch_labels_apart(printing):
        return LabelPdf(f"{name}-labels.pdf", metadata_of(plan, words.labels, "label.document_title").title)
    return LabelPdf(f"{name}-strip-plan.pdf", metadata_of(plan, words.pharmacy, "page.document_title").title)


def enclose(plan: Plan, printing: Printing) -> dict[str, bytes]:
    """Return the files that travel in every paper, by name: the plan with its order, and how it is printed."""
    english = Words(load_wording("en"), ".", "iso")
    return {
        PLAN: render_json(plan, english).encode(),
        PRINTING: json.dumps(enclosed_printing(printing, made_with(plan, printing)), indent=1).encode(),
    }


def made_with(plan: Plan, printing: Printing) -> MadeWith:
    """Return what this stripgen makes the papers of a plan with."""
    languages = choose_languages(plan.order, printing.profile)
    used = {languages.pharmacy, languages.patient, languages.labels}
    return MadeWith(stripgen=plan.stripgen_version, libraries=library_versions(), data=fingerprints(used))


def load_paper_words(order: Order, profile: Profile) -> PaperWords:
    """Return the words of an order's papers, each in its language."""
    languages = choose_languages(order, profile)
    return PaperWords(
        *(_words(language, profile) for language in (languages.pharmacy, languages.patient, languages.labels))
    )


def _words(language: Language, profile: Profile) -> Words:
    return Words(load_wording(language), profile.decimal_mark_of(language), profile.date_form)
