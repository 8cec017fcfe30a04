"""Pouch labels: on plain paper a strip a page with cut lines; on ready-cut sheets and rolls one after the other."""

from collections.abc import Iterator, Sequence

from stripgen.domain.plan import Day, Plan
from stripgen.domain.profile import ORDER_KEYS, FieldRule, LabelField, Profile
from stripgen.domain.stock import LabelPaper
from stripgen.domain.wording import Value
from stripgen.rendering.descriptions import name_medicine, name_strip
from stripgen.rendering.strip_plan.codes import symbol_content
from stripgen.rendering.strip_plan.furniture import Sheet, describe_patient
from stripgen.rendering.strip_plan.label_sheets import plain_sheet, sheets_of_labels
from stripgen.rendering.strip_plan.label_text import AT_THE_FOOT, pouch_pieces
from stripgen.rendering.strip_plan.labels import Foot, Label, SetLabel, set_labels
from stripgen.rendering.strip_plan.page import Page
from stripgen.rendering.words import Words


def pouch_sheets(plan: Plan, words: Words, paper: LabelPaper, profile: Profile) -> list[Sheet]:
    """Return the pages of labels on plain paper: every pouch of a strip in its place, with lines to cut along.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    labels = set_pouch_labels(plan, words, paper, profile)
    by_day = dict(zip(plan.days_to_make, labels, strict=True))
    told = words.say("label.instructions", patient=describe_patient(plan, words), medicine=name_medicine(plan, words))
    return [
        plain_sheet(
            words.say("label.title", strip=name_strip(strip, plan, words)),
            told,
            [by_day[day] for day in strip.days[first : first + paper.stock.n_labels]],
            paper,
        )
        for strip in plan.strips_to_make
        for first in range(0, len(strip.days), paper.stock.n_labels)
    ]


def pouch_pages(plan: Plan, words: Words, paper: LabelPaper, profile: Profile) -> list[Page]:
    """Return the pages of ready-cut labels: all pouches in their order, from the first label that is not used up.

    Nothing stands between the labels; each carries the plan id.

    Raises:
        TextDoesNotFit: A text does not fit a label at its smallest size.
    """
    labels = set_pouch_labels(plan, words, paper, profile)
    days = plan.days_to_make

    def title(first: int, last: int) -> str:
        return _name_sheet(days[first].day, days[last].day, words)

    return sheets_of_labels(labels, paper, title)


def _name_sheet(first: int, last: int, words: Words) -> str:
    if first == last:
        return words.say("label.title_day", day=first)
    return words.say("label.title_days", first=first, last=last)


def set_pouch_labels(plan: Plan, words: Words, paper: LabelPaper, profile: Profile) -> list[SetLabel]:
    """Return the labels of all pouches to make, all in one style.

    What a profile lets stand on the strip's label instead goes there, one after the other, until the rest fits.

    Raises:
        TextDoesNotFit: The rest does not fit either.
    """
    return set_labels(_versions(plan, words, profile), paper, "--stock")


def _versions(plan: Plan, words: Words, profile: Profile) -> Iterator[list[Label]]:
    """Yield the labels of all pouches, each time with one text less that may stand on the strip's label."""
    movable = [rule.name for rule in profile.rules if rule.on == "either"]
    for n_moved in range(len(movable) + 1):
        moved = frozenset(movable[len(movable) - n_moved :])
        yield [pouch_label(day, plan, words, profile, moved) for day in plan.days_to_make]


def pouch_label(day: Day, plan: Plan, words: Words, profile: Profile, moved: frozenset[str]) -> Label:
    """Return one pouch's label.

    Dose largest, then drug, day and date, then whose it is, then the rest; at its foot what the pharmacy traces it by.

    Args:
        day: The pouch.
        plan: To which it belongs.
        words: Of the labels' language.
        profile: What must stand on it.
        moved: What has no room on it and stands on the strip's label only.
    """
    return Label(
        f"the label of day {day.day}",
        tuple(pouch_pieces(day, plan, words, profile, moved)),
        symbol_content(day, plan),
        words.say("common.draft") if plan.is_draft else "",
        tuple(_feet(day, plan, words, profile, moved)),
    )


def _feet(day: Day, plan: Plan, words: Words, profile: Profile, moved: frozenset[str]) -> Iterator[Foot]:
    """Yield the lot and the use-by date, as given or as rules have it, or a line to write each on."""
    given: dict[LabelField, Value | None] = {
        "lot": plan.order.dispensing.lot,
        "use_by": plan.strip_of(day).beyond_use.date,
    }
    rules: Sequence[FieldRule] = [rule for field in AT_THE_FOOT if (rule := profile.rule_of(field)) is not None]
    for rule in rules:
        value = given[rule.field]
        if rule.is_on_pouch(moved) and (value is not None or rule.if_missing != "left_out"):
            text = words.say(f"label.{rule.field}", value=value or "").strip()
            least = {} if rule.least_pt is None else {"least_pt": float(rule.least_pt)}
            yield Foot(ORDER_KEYS[rule.field], text, value is None, **least)
