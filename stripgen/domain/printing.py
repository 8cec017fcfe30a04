"""How the papers of one order are printed: by which rules, on what, in which languages, and what the patient gets."""

from dataclasses import dataclass

from stripgen.domain.order import Order
from stripgen.domain.patient_text import PatientPages
from stripgen.domain.profile import Profile
from stripgen.domain.stock import LabelPaper
from stripgen.domain.wording import Language


@dataclass(frozen=True, slots=True)
class Printing:
    """What is in the printer, and what is asked of the papers.

    Attributes:
        profile: What labels must say, and how papers are written.
        pouch_labels: What the pouches' labels are printed on.
        strip_labels: Likewise those of the strips.
        patient_pages: What the patient gets.
        outer_label: Whether a label is printed for what all strips are packed in.
        strip: The only strip to print; None for all of them, with the strip plan.
    """

    profile: Profile
    pouch_labels: LabelPaper
    strip_labels: LabelPaper
    patient_pages: PatientPages
    outer_label: bool = False
    strip: int | None = None


@dataclass(frozen=True, slots=True)
class Languages:
    """Which language each paper is in.

    Attributes:
        pharmacy: Of the strip plan and the dispensing sheet.
        patient: Of the pages that go home and the calendar file.
        labels: Of the pouches and strips.
    """

    pharmacy: Language
    patient: Language
    labels: Language


def choose_languages(order: Order, profile: Profile) -> Languages:
    """Return the languages of an order's papers: as it says, else the profile's; labels as a rule may demand."""
    pharmacy = order.pharmacy.language or profile.language
    patient = order.patient.language or pharmacy
    return Languages(pharmacy, patient, profile.labels_in or patient)
