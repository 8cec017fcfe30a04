"""The review page: what a prescriber reads in two minutes and signs. Exactly one page."""

from collections.abc import Iterable
from dataclasses import dataclass

from stripgen.domain.formulary import Curve, name_own
from stripgen.domain.plan import Finding, Plan, Severity
from stripgen.domain.roles import Role
from stripgen.domain.wording import Saying, Value, say_later
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.descriptions import (
    describe_prediction,
    describe_sensitivity,
)
from stripgen.rendering.strip_plan.amendment import describe_take_back
from stripgen.rendering.strip_plan.chart import lay_out_chart
from stripgen.rendering.strip_plan.figure_table import lay_out_table, table_height
from stripgen.rendering.strip_plan.figures import describe_same, other_rows, own_row, short_figures
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.furniture import Sheet, describe_medicine_and_taper
from stripgen.rendering.strip_plan.page import (
    BLUE,
    GREY,
    PALE,
    RED,
    Box,
    Colour,
    Item,
    Line,
    Rectangle,
    SignatureField,
    Text,
)
from stripgen.rendering.strip_plan.paper import Paper
from stripgen.rendering.strip_plan.parties import lay_out_parties, parties_height
from stripgen.rendering.strip_plan.text import Paragraph, height_of, line_height, one_line, stack
from stripgen.rendering.words import Words

_HEADLINE_MM = 9.0
_BELOW_NOTICE_MM = 1.2
_ROW_MM = 4.4
_MORE_FOR_CURVE_MM = 6.0
_SIGN_MM = 30.0
_LEAST_CHART_MM, _TALLEST_CHART_MM = 48.0, 140.0
_GAP_MM = 2.5
_FINDING_PT = (8.2, 7.8, 7.4, 7.0)  # the first in which the findings leave the chart its room
_SEVERITY: dict[Severity, tuple[str, Colour]] = {
    "block": ("review.block", RED),
    "warn": ("review.warning", RED),
    "note": ("review.note", GREY),
}
_TAG_PT = 7.6
_LEAST_TAG_MM = 17.0
_SIGN_LABEL_PT = 7.5
_LEAST_SIGN_LABEL_MM = 14.0
_SIGN_ROLE_MM, _SIGN_ROW_MM = 8.6, 6.4
_LIMITS = ("models.limit_average", "models.limit_feeling")


@dataclass(frozen=True, slots=True)
class _FindingBlock:
    """A finding as it stands on the page."""

    tag: str
    colour: Colour
    lines: tuple[Paragraph, ...]
    height: float


def review_sheet(plan: Plan, words: Words, paper: Paper) -> Sheet:
    """Return the review page.

    Raises:
        TextDoesNotFit: The findings and their overrides leave no room for the chart.
    """
    body = paper.tall_body
    told = " ".join(map(words.say, _LIMITS)) if plan.curve else words.say("review.limits_without_curve")
    limits = Paragraph("limits", told, 7.6, 7.6, colour=GREY)
    limits_mm = height_of([limits], body.width)
    notice = _notice(plan, words, paper)
    notice_mm = height_of(notice, body.width) + _BELOW_NOTICE_MM * bool(notice)
    parties_mm, figures_mm = parties_height(plan, words, body), _figures_height(plan, words, body)
    fixed = _HEADLINE_MM + notice_mm + parties_mm + figures_mm + limits_mm + _SIGN_MM + 5 * _GAP_MM
    findings = _finding_blocks(plan, words, body.width, body.height - fixed - _LEAST_CHART_MM)
    findings_mm = _findings_height(findings)
    chart_mm = min(body.height - fixed - findings_mm, _TALLEST_CHART_MM)
    if chart_mm < _LEAST_CHART_MM:
        what = (
            f"the findings and the reasons of overrides need {findings_mm:.0f} mm of the review page; shorten reasons"
        )
        raise TextDoesNotFit([Problem("override.reason", what)])
    items: list[Item] = [*_headline(plan, words, body.top(_HEADLINE_MM))]
    rest = body.below(_HEADLINE_MM)
    items += stack(notice, rest.top(notice_mm))
    rest = rest.below(notice_mm)
    items += lay_out_parties(plan, words, rest.top(parties_mm))
    rest = rest.below(parties_mm + _GAP_MM)
    items += lay_out_chart(plan, words, rest.top(chart_mm))
    rest = rest.below(chart_mm + _GAP_MM)
    figures, curve = _figure_columns(rest.top(figures_mm))
    items += _figures(plan, words, figures)
    items += stack(_curve(plan.curve, words), curve)
    rest = rest.below(figures_mm + _GAP_MM)
    items += _findings(findings, words, rest.top(findings_mm))
    items += stack([limits], rest.below(findings_mm + _GAP_MM).top(limits_mm))
    items += _sign_off(plan, words, body.below(body.height - _SIGN_MM))
    return Sheet(words.say("review.title"), tuple(items), paper)


def _figure_columns(box: Box) -> list[Box]:
    return box.columns(123, 54, gap=5)


def _figures_height(plan: Plan, words: Words, body: Box) -> float:
    """Return the room for the figures; a long note on the curve takes a little more and then smaller type."""
    figures, curve = _figure_columns(body)
    table_mm = table_height(1 + len(other_rows(plan, words)), _ROW_MM)
    figures_mm = table_mm + height_of(_sentences(plan, words), figures.width)
    return max(figures_mm, min(height_of(_curve(plan.curve, words), curve.width), figures_mm + _MORE_FOR_CURVE_MM))


def _notice(plan: Plan, words: Words, paper: Paper) -> list[Paragraph]:
    """Return what an amended plan replaces and why, in red over everything else."""
    amendment = plan.order.amendment
    if amendment is None:
        return []
    told = words.say(
        "review.notice",
        version=amendment.version,
        old=amendment.amends,
        day=amendment.from_day,
        date=plan.days[amendment.from_day - 1].date,
        take_back=describe_take_back(plan, words, paper),
        reason=amendment.reason,
    )
    return [Paragraph("amendment.reason", told, 9, 9, "semibold", colour=RED)]


def _headline(plan: Plan, words: Words, box: Box) -> list[Text]:
    told = describe_medicine_and_taper(plan, words, as_ordered=True)
    return stack([Paragraph("medication.drug", told, 17, 9, "bold")], box)


def _figures(plan: Plan, words: Words, box: Box) -> Iterable[Item]:
    """Yield the key figures of this plan, with the same figures of other ways to taper under them."""
    rows = [own_row(plan, words), *other_rows(plan, words)]
    table_mm = table_height(len(rows), _ROW_MM)
    yield from lay_out_table(short_figures(rows, plan, words), box.top(table_mm), _ROW_MM, 8.0)
    yield from stack(_sentences(plan, words), box.below(table_mm))


def _sentences(plan: Plan, words: Words) -> list[Paragraph]:
    """Return what is to be made, and what the models say."""
    told = [" ".join(filter(None, (_to_make(plan, words), describe_same(plan, words))))]
    if plan.prediction:
        told.append(describe_prediction(plan.prediction, words, stops=plan.stop is not None))
    elif plan.curve:
        told.append(words.say("review.no_half_life"))
    if plan.sensitivity:
        told.append(describe_sensitivity(plan.sensitivity, len(plan.days), words))
    return [Paragraph("taper", text, 7.8, 6.5, space_mm=1.2 if index == 0 else 0.5) for index, text in enumerate(told)]


def _to_make(plan: Plan, words: Words) -> str:
    """Return what is to be made; of an amended plan the doses and the amount too, as the table is of other days."""
    totals = plan.totals
    if plan.version == 1:
        return words.say("review.to_make", pouches=totals.pouches, strips=totals.strips)
    return words.say(
        "review.to_make_one_dose" if totals.different_doses == 1 else "review.to_make_doses",
        pouches=totals.pouches,
        strips=totals.strips,
        doses=totals.different_doses,
        total=totals.total_mg,
    )


def _curve(curve: Curve | None, words: Words) -> list[Paragraph]:
    title = Paragraph("curve", words.say("review.curve"), 9, 8, "semibold", colour=BLUE)
    if curve is None:
        return [title, Paragraph("medication.curve", words.say("review.no_curve"), 7.8, 6)]
    paragraphs = [
        title,
        Paragraph("medication.curve", _which_curve(curve, words), 8, 6, "semibold"),
        Paragraph("medication.curve", _parameters(curve, words), 7.6, 6),
        Paragraph("medication.custom_curve.source", _source(curve, words), 7.6, 6),
    ]
    if curve.note:
        paragraphs.append(Paragraph("curve.note", curve.note, 7.2, 6, colour=GREY))
    return paragraphs


def _which_curve(curve: Curve, words: Words) -> str:
    region: Value = curve.region or say_later("review.no_region")
    return words.say("review.which_curve", curve=name_own(curve.id), target=curve.target, region=region)


def _parameters(curve: Curve, words: Words) -> str:
    return words.say(
        "review.parameters",
        emax=curve.emax_percent,
        ed50=curve.ed50_mg,
        hill=curve.hill,
        studied=_name_studied(curve),
        grade=name_own(curve.grade),
        meaning=say_later(f"grade.{curve.grade}"),
    )


def _name_studied(curve: Curve) -> Saying:
    if not curve.studied_mg:
        return say_later("review.studied_not_known")
    low_mg, high_mg = curve.studied_mg
    return say_later("review.studied", low=low_mg, high=high_mg)


def _source(curve: Curve, words: Words) -> str:
    if curve.doi:
        return words.say("review.source_and_doi", source=curve.source, doi=curve.doi)
    return words.say("review.source", source=curve.source)


def _tag_mm(words: Words) -> float:
    """Return the room for how severe a finding is, before it."""
    return max(_LEAST_TAG_MM, *(width_mm(words.say(tag), "bold", _TAG_PT) + 2 for tag, _ in _SEVERITY.values()))


def _finding_blocks(plan: Plan, words: Words, width: float, room_mm: float) -> list[_FindingBlock]:
    """Return the findings in the largest type in which they are no higher than their room, else in the smallest."""
    for size_pt in _FINDING_PT:
        blocks = [_finding_block(finding, words, width - _tag_mm(words), size_pt) for finding in plan.findings]
        if _findings_height(blocks) <= room_mm:
            break
    return blocks


def _findings_height(blocks: list[_FindingBlock]) -> float:
    return line_height(9) + 1 + (sum(block.height for block in blocks) or line_height(_FINDING_PT[0]))


def _finding_block(finding: Finding, words: Words, width: float, size_pt: float) -> _FindingBlock:
    tag, colour = _SEVERITY[finding.severity]
    lines = [Paragraph("findings", words.say("review.finding", told=finding.told), size_pt, size_pt)]
    if finding.override:
        by = words.say("review.overridden", by=finding.override.by, reason=finding.override.reason)
        lines.append(Paragraph("override.reason", by, size_pt, size_pt, "semibold"))
    return _FindingBlock(words.say(tag), colour, tuple(lines), height_of(lines, width) + 0.4)


def _findings(blocks: list[_FindingBlock], words: Words, box: Box) -> Iterable[Item]:
    yield one_line(words.say("review.findings"), box, 9, "semibold", colour=BLUE)
    y, tag_mm = box.y + line_height(9) + 0.5, _tag_mm(words)
    if not blocks:
        yield one_line(words.say("review.no_finding"), Box(box.x, y, box.width, 4), _FINDING_PT[0])
    for block in blocks:
        yield one_line(block.tag, Box(box.x, y, tag_mm, block.height), _TAG_PT, "bold", colour=block.colour)
        yield from stack(block.lines, Box(box.x + tag_mm, y, box.width - tag_mm, block.height))
        y += block.height


def _sign_off(plan: Plan, words: Words, box: Box) -> Iterable[Item]:
    roles: tuple[tuple[Role, str], ...] = (
        ("prescriber", _approve(plan, words)),
        ("pharmacist", words.say("review.checked_against")),
        ("second_check", words.say("review.checked_twice")),
    )
    labels = [words.say(f"review.{label}") for label in ("sign_name", "sign_date", "signature")]
    label_mm = max(_LEAST_SIGN_LABEL_MM, *(width_mm(label, "regular", _SIGN_LABEL_PT) + 1 for label in labels))
    for column, (name, told) in zip(box.columns(1, 1, 1, gap=4), roles, strict=True):
        role = words.say(f"review.{name}")
        yield Rectangle(column, stroke=PALE, width=0.3)
        inner = column.inset(2, 1.5)
        yield from stack(
            [Paragraph(role, role, 9, 9, "semibold", colour=BLUE), Paragraph(role, told, 7.5, 6, colour=GREY)],
            inner.top(_SIGN_ROLE_MM),
        )
        for row, label in enumerate(labels):
            y = inner.y + _SIGN_ROLE_MM + row * _SIGN_ROW_MM
            yield one_line(label, Box(inner.x, y, label_mm, 4), _SIGN_LABEL_PT, colour=GREY)
            yield Line(inner.x + label_mm, y + 4.2, inner.right, y + 4.2, 0.2, GREY)
        lines = inner.below(_SIGN_ROLE_MM).top(len(labels) * _SIGN_ROW_MM)
        field = Box(lines.x + label_mm, lines.y, lines.width - label_mm, lines.height)
        yield SignatureField(field, name, f"{labels[-1]}: {role}. {told}")


def _approve(plan: Plan, words: Words) -> str:
    """Return what the prescriber signs."""
    overridden = sum(finding.override is not None for finding in plan.findings)
    if not overridden:
        return words.say("review.approve")
    phrase = "review.approve_one_overridden" if overridden == 1 else "review.approve_overridden"
    return words.say(phrase, blocks=overridden)
