"""Whom a plan is of and what was asked: patient, prescriber, pharmacy and order, side by side on the review page."""

from collections.abc import Iterable

from stripgen.domain.order import Compounding, Order, UnitStrength
from stripgen.domain.plan import Plan
from stripgen.rendering.descriptions import (
    describe_amendment,
    describe_limits,
    describe_phases,
    describe_span,
    describe_strategy,
)
from stripgen.rendering.strip_plan.page import BLUE, SHADE, Box, Item, Rectangle
from stripgen.rendering.strip_plan.text import Paragraph, height_of, stack
from stripgen.rendering.words import Words, keep_together

_MOST_PARTIES_MM = 36.0
_LINE_TO_WRITE_ON = "______________________"
_DIVISIBLE = {2: "review.halved", 4: "review.quartered"}


def _party_columns(box: Box) -> list[Box]:
    return box.inset(2, 1.5).columns(32.5, 33.5, 42, 61.5, gap=2.8)


def _party_blocks(plan: Plan, words: Words) -> list[list[Paragraph]]:
    order = plan.order
    blocks = (_patient(order, words), _prescriber(plan, words), _pharmacy(order, words), _asked(plan, words))
    return [[Paragraph(title, title, 7.5, 7, "semibold", colour=BLUE), *paragraphs] for title, paragraphs in blocks]


def parties_height(plan: Plan, words: Words, body: Box) -> float:
    """Return the room for who and what: as much as it needs, up to where its type gets smaller instead."""
    columns, blocks = _party_columns(body), _party_blocks(plan, words)
    wanted = [height_of(block, column.width) for block, column in zip(blocks, columns, strict=True)]
    return min(max(wanted) + 3, _MOST_PARTIES_MM)


def lay_out_parties(plan: Plan, words: Words, box: Box) -> Iterable[Item]:
    """Yield who and what in four columns, each in type that fits its room."""
    yield Rectangle(box, fill=SHADE)
    for column, block in zip(_party_columns(box), _party_blocks(plan, words), strict=True):
        yield from stack(block, column)


def _lines(first: tuple[str, str | None], *others: tuple[str, str | None]) -> list[Paragraph]:
    return [
        Paragraph(first[0], first[1] or _LINE_TO_WRITE_ON, 9.5, 6.5, "bold"),
        *(Paragraph(field, text, 8, 6) for field, text in others if text),
    ]


def _patient(order: Order, words: Words) -> tuple[str, list[Paragraph]]:
    patient, insurance = order.patient, order.patient.insurance_number
    return words.say("review.patient"), _lines(
        ("patient.name", patient.name),
        ("patient.birth_date", words.say("review.born", born=patient.birth_date or _LINE_TO_WRITE_ON)),
        ("patient.identifier", patient.identifier),
        ("patient.insurance_number", insurance and words.say("label.insurance_number", value=insurance)),
    )


def _approved(plan: Plan, words: Words) -> str:
    """Return who approved the plan and when, or that nobody did."""
    approval = plan.order.approval
    if approval is None:
        return words.say("review.not_approved")
    if plan.is_draft and approval.plan_id is None:
        return words.say("review.approved_order_alone")
    if plan.is_draft:
        return words.say("review.approved_another", approved=approval.plan_id or "")
    return words.say(
        "review.approved", by=approval.approved_by, date=approval.approved_on, reference=approval.reference
    )


def _prescriber(plan: Plan, words: Words) -> tuple[str, list[Paragraph]]:
    order = plan.order
    return words.say("review.prescriber"), _lines(
        ("prescriber.name", order.prescriber.name),
        ("prescriber.identifier", order.prescriber.identifier),
        ("approval", _approved(plan, words)),
    )


def _pharmacy(order: Order, words: Words) -> tuple[str, list[Paragraph]]:
    pharmacy = order.pharmacy
    return words.say("review.pharmacy"), _lines(
        ("pharmacy.name", pharmacy.name),
        ("pharmacy.address", pharmacy.address or _LINE_TO_WRITE_ON),
        ("pharmacy.phone", keep_together(pharmacy.phone or "") or _LINE_TO_WRITE_ON),
    )


def _asked(plan: Plan, words: Words) -> tuple[str, list[Paragraph]]:
    taper, amendment = plan.order.taper, plan.order.amendment
    begins = "review.day_1_at_start" if taper.first_day == "start" else "review.day_1_reduced"
    limits = describe_limits(taper, words)
    phases = describe_phases(taper, words) if taper.phase else None
    if phases and amendment:
        phases = words.say("review.first_ordered", phases=phases)
    span = words.say("review.days", days=len(plan.days), first=plan.days[0].date, last=plan.last_date)
    return words.say("review.asked"), _lines(
        ("taper", describe_span(taper.start_dose_mg, plan.final_dose_mg, words)),
        ("taper", span),
        ("taper", phases),
        ("amendment", describe_amendment(amendment, words) if amendment else None),
        ("taper", words.say(begins, strategy=describe_strategy(taper, words))),
        ("taper", words.say("review.limits", limits=limits) if limits else None),
        ("compounding", _what_can_be_made(plan.order.compounding, words)),
    )


def _what_can_be_made(compounding: Compounding, words: Words) -> str:
    if compounding.solution:
        solution = compounding.solution
        return words.say(
            "review.solution",
            concentration=solution.mg_per_ml,
            step=solution.syringe_step_ml,
            step_mg=solution.step_mg,
        )
    if compounding.increment_mg is not None:
        return words.say("review.capsule_for_each_dose", step=compounding.increment_mg)
    units = sorted(compounding.unit or (), key=lambda unit: -unit.strength_mg)
    if any(_restrictions(unit, words) for unit in units):
        restricted = [f"{words.dose(unit.strength_mg)}{_restrictions(unit, words)}" for unit in units]
        return words.say("review.units_restricted", strengths=words.join(restricted), most=compounding.most_units)
    strengths = words.join(words.number(unit.strength_mg) for unit in units)
    return words.say("review.units", strengths=strengths, most=compounding.most_units)


def _restrictions(unit: UnitStrength, words: Words) -> str:
    """Return what else is said of a strength, in brackets, or nothing."""
    told = []
    if unit.divisible_into in _DIVISIBLE:
        told.append(words.say(_DIVISIBLE[unit.divisible_into]))
    if unit.modified_release:
        told.append(words.say("review.always_whole"))
    if unit.max_per_pouch is not None:
        told.append(words.say("review.most_in_a_pouch", most=unit.max_per_pouch))
    return f" ({', '.join(told)})" if told else ""
