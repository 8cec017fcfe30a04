"""The label of each strip, which carries all that a profile asks for, and one for what the strips are packed in."""

from stripgen.domain.plan import Plan
from stripgen.domain.profile import Profile
from stripgen.domain.stock import LabelPaper
from stripgen.rendering.descriptions import name_medicine
from stripgen.rendering.strip_plan.furniture import Sheet, describe_patient
from stripgen.rendering.strip_plan.label_sheets import plain_sheet, sheets_of_labels
from stripgen.rendering.strip_plan.label_text import outer_pieces, strip_pieces
from stripgen.rendering.strip_plan.labels import Label, SetLabel, set_labels
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.words import Words

_OPTION = "--strip-stock"  # that chooses larger labels


def strip_sheets(plan: Plan, words: Words, paper: LabelPaper, profile: Profile, *, outer: bool) -> list[Sheet]:
    """Return the pages of strip labels on plain paper, with lines to cut along.

    Args:
        plan: Whose strips to make are labelled.
        words: Of the labels' language.
        paper: The labels' own.
        profile: What must stand on them.
        outer: Whether a label follows for what all strips are packed in.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    labels = set_strip_labels(plan, words, paper, profile, outer=outer)
    told = words.say(
        "label.strip_instructions", patient=describe_patient(plan, words), medicine=name_medicine(plan, words)
    )
    n_labels, title = paper.stock.n_labels, words.say("label.strip_title")
    return [
        plain_sheet(title, told, labels[first : first + n_labels], paper) for first in range(0, len(labels), n_labels)
    ]


def strip_pages(plan: Plan, words: Words, paper: LabelPaper, profile: Profile, *, outer: bool) -> list[Page]:
    """Return the pages of ready-cut strip labels, from the first label that is not used up. Raises likewise."""
    labels = set_strip_labels(plan, words, paper, profile, outer=outer)
    return sheets_of_labels(labels, paper, lambda _first, _last: words.say("label.strip_title"))


def set_strip_labels(plan: Plan, words: Words, paper: LabelPaper, profile: Profile, *, outer: bool) -> list[SetLabel]:
    """Return the labels of all strips to make in one style, and of what they are packed in if asked for in its own.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    draft = words.say("common.draft") if plan.is_draft else ""
    strips = [
        Label(f"the label of strip {strip.number}", tuple(strip_pieces(strip, plan, words, profile)), draft=draft)
        for strip in plan.strips_to_make
    ]
    whole = Label("the outer label", tuple(outer_pieces(plan, words, profile)), draft=draft)
    labels = set_labels([strips], paper, _OPTION)
    return [*labels, *set_labels([[whole]], paper, _OPTION)] if outer else labels
