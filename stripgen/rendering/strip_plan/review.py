"""The review page: what a prescriber reads in two minutes and signs. Exactly one page."""

from collections.abc import Iterable
from dataclasses import dataclass

from stripgen.domain.formulary import Curve
from stripgen.domain.order import Order
from stripgen.domain.plan import Alternative, Finding, Plan, Quality
from stripgen.domain.quantity import plain
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.chart import lay_out_chart
from stripgen.rendering.strip_plan.furniture import BODY, Sheet, hairline
from stripgen.rendering.strip_plan.page import BLUE, GREY, PALE, RED, SHADE, Box, Colour, Item, Line, Rectangle, Text
from stripgen.rendering.strip_plan.text import Paragraph, height_of, line_height, one_line, stack
from stripgen.rendering.words import (
    GRADE_WORDS,
    MODEL_LIMITS,
    capitalise,
    count_of,
    format_date,
    format_day,
    format_dose,
    format_number,
    format_points,
    format_span,
    format_taper,
    keep_together,
)

_PARTIES_MM = 31.0
_FIGURES_MM = 42.0
_SIGN_MM = 30.0
_LEAST_CHART_MM = 48.0
_GAP_MM = 2.5
_LINE_TO_WRITE_ON = "______________________"
_SEVERITY: dict[str, tuple[str, Colour]] = {"block": ("BLOCK", RED), "warn": ("WARNING", RED), "note": ("note", GREY)}
_TAG_MM = 17.0


@dataclass(frozen=True, slots=True)
class _FindingBlock:
    """A finding as it stands on the page."""

    word: str
    colour: Colour
    lines: tuple[Paragraph, ...]
    height: float


def review_sheet(plan: Plan) -> Sheet:
    """Return the review page.

    Raises:
        TextDoesNotFit: The findings and their overrides leave no room for the chart.
    """
    findings = _findings_blocks(plan.findings)
    findings_mm = line_height(9) + 1 + (sum(block.height for block in findings) or line_height(8.2))
    limits = Paragraph("limits", " ".join(MODEL_LIMITS), 7.6, 7.6, colour=GREY)
    limits_mm = height_of([limits], BODY.width)
    top = Box(BODY.x, BODY.y - 8, BODY.width, BODY.height + 8)
    fixed = 9 + _PARTIES_MM + _FIGURES_MM + limits_mm + _SIGN_MM + 5 * _GAP_MM
    chart_mm = min(top.height - fixed - findings_mm, 125)
    if chart_mm < _LEAST_CHART_MM:
        what = (
            f"the findings and the reasons of overrides need {findings_mm:.0f} mm of the review page; shorten reasons"
        )
        raise TextDoesNotFit([Problem("override.reason", what)])
    items: list[Item] = list(_headline(plan, top.top(9)))
    rest = top.below(9)
    items += _parties(plan, rest.top(_PARTIES_MM))
    rest = rest.below(_PARTIES_MM + _GAP_MM)
    items += lay_out_chart(plan, rest.top(chart_mm))
    rest = rest.below(chart_mm + _GAP_MM)
    figures, curve = rest.top(_FIGURES_MM).columns(102, 74, gap=6)
    items += _figures(plan, figures)
    items += _curve(plan.curve, curve)
    rest = rest.below(_FIGURES_MM + _GAP_MM)
    items += _findings(findings, rest.top(findings_mm))
    items += stack([limits], rest.below(findings_mm + _GAP_MM).top(limits_mm))
    items += _sign_off(plan, Box(BODY.x, BODY.bottom - _SIGN_MM, BODY.width, _SIGN_MM))
    return Sheet("Strip plan for review", tuple(items))


def _headline(plan: Plan, box: Box) -> list[Text]:
    words = f"{plan.order.medication.drug} {format_taper(plan)}"
    return stack([Paragraph("medication.drug", words, 17, 9, "bold")], box)


def _parties(plan: Plan, box: Box) -> Iterable[Item]:
    yield Rectangle(box, fill=SHADE)
    order = plan.order
    columns = box.inset(2, 1.5).columns(34, 40, 40, 64, gap=3)
    blocks = (_patient(order), _prescriber(order), _pharmacy(order), _asked(plan))
    for column, (title, paragraphs) in zip(columns, blocks, strict=True):
        yield from stack([Paragraph(title, title, 7.5, 7, "semibold", colour=BLUE), *paragraphs], column)


def _lines(first: tuple[str, str | None], *others: tuple[str, str | None]) -> list[Paragraph]:
    return [
        Paragraph(first[0], first[1] or _LINE_TO_WRITE_ON, 9.5, 6.5, "bold"),
        *(Paragraph(field, words, 8, 6) for field, words in others if words),
    ]


def _patient(order: Order) -> tuple[str, list[Paragraph]]:
    patient = order.patient
    born = format_day(patient.birth_date) if patient.birth_date else _LINE_TO_WRITE_ON
    return "Patient", _lines(
        ("patient.name", patient.name),
        ("patient.birth_date", f"born {born}"),
        ("patient.identifier", patient.identifier),
    )


def _prescriber(order: Order) -> tuple[str, list[Paragraph]]:
    approval = order.approval
    approved = "No approval recorded: this is a draft."
    if approval:
        by = f"{approval.approved_by} on {format_day(approval.approved_on)}"
        approved = f"Order approved by {by}, reference {approval.reference}"
    return "Prescriber", _lines(
        ("prescriber.name", order.prescriber.name),
        ("prescriber.identifier", order.prescriber.identifier),
        ("approval", approved),
    )


def _pharmacy(order: Order) -> tuple[str, list[Paragraph]]:
    pharmacy = order.pharmacy
    return "Pharmacy", _lines(
        ("pharmacy.name", pharmacy.name),
        ("pharmacy.address", pharmacy.address or _LINE_TO_WRITE_ON),
        ("pharmacy.phone", keep_together(pharmacy.phone or "") or _LINE_TO_WRITE_ON),
    )


def _asked(plan: Plan) -> tuple[str, list[Paragraph]]:
    taper = plan.order.taper
    first = plan.days[0].date
    begins = "day 1 is the start dose" if taper.first_day == "start" else "day 1 is already reduced"
    return "What was asked", _lines(
        ("taper", format_span(taper.start_dose_mg, plan.final_dose_mg)),
        (
            "taper",
            f"{count_of(len(plan.days), 'day', 'days')}, {format_date(first)} to {format_date(plan.days[-1].date)}",
        ),
        ("taper", f"equal occupancy steps; {begins}"),
        ("compounding", _what_can_be_made(plan.order)),
    )


def _what_can_be_made(order: Order) -> str:
    compounding = order.compounding
    if compounding.increment_mg is not None:
        return f"a capsule for each dose, in steps of {format_dose(compounding.increment_mg)}"
    units = sorted(compounding.unit or (), key=lambda unit: -unit.strength_mg)
    strengths = ", ".join(format_number(unit.strength_mg) for unit in units)
    return f"units of {strengths} mg, {compounding.most_units} at most in a pouch"


def _figures(plan: Plan, box: Box) -> Iterable[Item]:
    """Yield the key figures of this plan, with the same figures of a linear taper beside them."""
    label, own, linear = box.columns(46, 30, 26, gap=2)
    yield one_line("Key figures", label, 9, "semibold", colour=BLUE)
    yield one_line("this plan", own, 8, "semibold", "right", GREY)
    yield one_line("linear taper", linear, 8, "semibold", "right", GREY)
    y = box.y + 4.6
    for words, ours, theirs in _figure_rows(plan, plan.linear):
        yield hairline(y, x1=box.x, x2=box.right)
        yield one_line(words, Box(label.x, y + 0.5, label.width, 4), 8.2)
        yield one_line(ours, Box(own.x, y + 0.5, own.width, 4), 8.2, "bold", "right")
        yield one_line(theirs, Box(linear.x, y + 0.5, linear.width, 4), 8.2, align="right")
        y += 4.5


def _figure_rows(plan: Plan, linear: Alternative) -> list[tuple[str, str, str]]:
    n_days = len(plan.days)

    def worst(quality: Quality) -> str:
        when = "the stop" if quality.max_drop_day > n_days else f"day {quality.max_drop_day}"
        return f"{format_points(quality.max_drop_points)} on {when}"

    def stop(quality: Quality) -> str:
        return "no stop" if quality.stop_drop_points is None else format_points(quality.stop_drop_points)

    totals = plan.totals
    return [
        ("Largest drop, points", worst(plan.quality), worst(linear.quality)),
        ("Drop at the stop, points", stop(plan.quality), stop(linear.quality)),
        (
            "Mean drop a day, points",
            format_points(plan.quality.mean_drop_points),
            format_points(linear.quality.mean_drop_points),
        ),
        (
            "Rounding error (rms), points",
            format_points(plan.quality.rms_error_points),
            format_points(linear.quality.rms_error_points),
        ),
        ("Different doses", str(totals.different_doses), str(linear.different_doses)),
        ("Total amount", format_dose(totals.total_mg), format_dose(linear.total_mg)),
        ("Pouches", str(totals.pouches), str(totals.pouches)),
        ("Strips", str(totals.strips), str(totals.strips)),
    ]


def _curve(curve: Curve, box: Box) -> list[Item]:
    studied = (
        f"{format_number(curve.studied_mg[0])} to {format_dose(curve.studied_mg[1])}"
        if curve.studied_mg
        else "not known"
    )
    source = curve.source + (f", doi {curve.doi}" if curve.doi else "")
    paragraphs = [
        Paragraph("curve", "Curve", 9, 8, "semibold", colour=BLUE),
        Paragraph(
            "medication.curve", f"{curve.id} ({curve.target}, {curve.region or 'region not given'})", 8, 6, "semibold"
        ),
        Paragraph(
            "medication.curve",
            f"emax {plain(curve.emax_percent)} %, ED50 {format_dose(curve.ed50_mg)}, Hill {plain(curve.hill)}; "
            f"studied {studied}; grade {curve.grade}: {GRADE_WORDS[curve.grade]}",
            7.6,
            6,
        ),
        Paragraph("medication.custom_curve.source", f"Source: {source}", 7.6, 6),
    ]
    if curve.note:
        paragraphs.append(Paragraph("curve.note", curve.note, 7.2, 6, colour=GREY))
    return list(stack(paragraphs, box))


def _findings_blocks(findings: tuple[Finding, ...]) -> list[_FindingBlock]:
    return [_finding_block(finding) for finding in findings]


def _finding_block(finding: Finding) -> _FindingBlock:
    word, colour = _SEVERITY[finding.severity]
    message = f"{capitalise(finding.message)}."
    lines = [Paragraph("findings", message, 8.2, 7)]
    if finding.override:
        by = f"Overridden by {finding.override.by}: {finding.override.reason}"
        lines.append(Paragraph("override.reason", by, 8.2, 7, "semibold"))
    return _FindingBlock(word, colour, tuple(lines), height_of(lines, BODY.width - _TAG_MM) + 0.4)


def _findings(blocks: list[_FindingBlock], box: Box) -> Iterable[Item]:
    yield one_line("Findings", box, 9, "semibold", colour=BLUE)
    y = box.y + line_height(9) + 0.5
    if not blocks:
        yield one_line("none", Box(box.x, y, box.width, 4), 8.2)
    for block in blocks:
        yield one_line(block.word, Box(box.x, y, _TAG_MM, block.height), 7.6, "bold", colour=block.colour)
        yield from stack(block.lines, Box(box.x + _TAG_MM, y, box.width - _TAG_MM, block.height))
        y += block.height


def _sign_off(plan: Plan, box: Box) -> Iterable[Item]:
    overridden = sum(finding.override is not None for finding in plan.findings)
    blocks = count_of(overridden, "block", "blocks")
    approve = f"I approve this plan, {blocks} overridden." if overridden else "I approve this plan as printed."
    roles = (
        ("Prescriber", approve),
        ("Pharmacist", "Plan and order checked against each other."),
        ("Second check", "Checked by a second person."),
    )
    for column, (role, words) in zip(box.columns(1, 1, 1, gap=4), roles, strict=True):
        yield Rectangle(column, stroke=PALE, width=0.3)
        inner = column.inset(2, 1.5)
        yield from stack(
            [Paragraph(role, role, 9, 9, "semibold", colour=BLUE), Paragraph(role, words, 7.5, 7, colour=GREY)], inner
        )
        for row, label in enumerate(("Name", "Date", "Signature")):
            y = inner.y + 8.6 + row * 6.4
            yield one_line(label, Box(inner.x, y, 14, 4), 7.5, colour=GREY)
            yield Line(inner.x + 14, y + 4.2, inner.right, y + 4.2, 0.2, GREY)
