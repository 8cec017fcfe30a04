"""The review page: what a prescriber reads in two minutes and signs. Exactly one page."""

from collections.abc import Iterable
from dataclasses import dataclass

from stripgen.domain.formulary import Curve
from stripgen.domain.order import Compounding, Order, UnitStrength
from stripgen.domain.plan import Finding, Plan
from stripgen.domain.quantity import plain
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.rendering.strip_plan.amendment import describe_take_back
from stripgen.rendering.strip_plan.chart import lay_out_chart
from stripgen.rendering.strip_plan.figures import (
    describe_same,
    lay_out_table,
    other_rows,
    own_row,
    short_figures,
    table_height,
)
from stripgen.rendering.strip_plan.furniture import BODY, Sheet
from stripgen.rendering.strip_plan.page import BLUE, GREY, PALE, RED, SHADE, Box, Colour, Item, Line, Rectangle, Text
from stripgen.rendering.strip_plan.text import Paragraph, height_of, line_height, one_line, stack
from stripgen.rendering.words import (
    GRADE_WORDS,
    MODEL_LIMITS,
    capitalise,
    count_of,
    describe_amendment,
    describe_limits,
    describe_phases,
    describe_prediction,
    describe_sensitivity,
    describe_strategy,
    format_date,
    format_day,
    format_dose,
    format_number,
    format_span,
    format_taper,
    format_volume,
    keep_together,
)

_HEADLINE_MM = 9.0
_BELOW_NOTICE_MM = 1.2
_MOST_PARTIES_MM = 36.0
_ROW_MM = 4.4
_MORE_FOR_CURVE_MM = 6.0
_SIGN_MM = 30.0
_LEAST_CHART_MM, _TALLEST_CHART_MM = 48.0, 140.0
_GAP_MM = 2.5
_LINE_TO_WRITE_ON = "______________________"
_SEVERITY: dict[str, tuple[str, Colour]] = {"block": ("BLOCK", RED), "warn": ("WARNING", RED), "note": ("note", GREY)}
_TAG_MM = 17.0
_NO_HALF_LIFE = "The half-life is not known: how long the medicine tapers itself is not predicted."
_NO_CURVE = "None: no published curve relates doses of this medicine to occupancy. All figures are in mg."
_LIMITS_WITHOUT_CURVE = "Without a curve nothing here says how much occupancy a step takes, nor how it will feel."


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
    limits = Paragraph("limits", " ".join(MODEL_LIMITS) if plan.curve else _LIMITS_WITHOUT_CURVE, 7.6, 7.6, colour=GREY)
    limits_mm = height_of([limits], BODY.width)
    notice = _notice(plan)
    notice_mm = height_of(notice, BODY.width) + _BELOW_NOTICE_MM * bool(notice)
    parties_mm, figures_mm = _parties_height(plan), _figures_height(plan)
    top = Box(BODY.x, BODY.y - 8, BODY.width, BODY.height + 8)
    fixed = _HEADLINE_MM + notice_mm + parties_mm + figures_mm + limits_mm + _SIGN_MM + 5 * _GAP_MM
    chart_mm = min(top.height - fixed - findings_mm, _TALLEST_CHART_MM)
    if chart_mm < _LEAST_CHART_MM:
        what = (
            f"the findings and the reasons of overrides need {findings_mm:.0f} mm of the review page; shorten reasons"
        )
        raise TextDoesNotFit([Problem("override.reason", what)])
    items: list[Item] = [*_headline(plan, top.top(_HEADLINE_MM))]
    rest = top.below(_HEADLINE_MM)
    items += stack(notice, rest.top(notice_mm))
    rest = rest.below(notice_mm)
    items += _parties(plan, rest.top(parties_mm))
    rest = rest.below(parties_mm + _GAP_MM)
    items += lay_out_chart(plan, rest.top(chart_mm))
    rest = rest.below(chart_mm + _GAP_MM)
    figures, curve = _figure_columns(rest.top(figures_mm))
    items += _figures(plan, figures)
    items += stack(_curve(plan.curve), curve)
    rest = rest.below(figures_mm + _GAP_MM)
    items += _findings(findings, rest.top(findings_mm))
    items += stack([limits], rest.below(findings_mm + _GAP_MM).top(limits_mm))
    items += _sign_off(plan, Box(BODY.x, BODY.bottom - _SIGN_MM, BODY.width, _SIGN_MM))
    return Sheet("Strip plan for review", tuple(items))


def _figure_columns(box: Box) -> list[Box]:
    return box.columns(123, 54, gap=5)


def _figures_height(plan: Plan) -> float:
    """Return the room for the figures; a long note on the curve takes a little more and then smaller type."""
    figures, curve = _figure_columns(BODY)
    table_mm = table_height(1 + len(other_rows(plan)), _ROW_MM)
    figures_mm = table_mm + height_of(_sentences(plan), figures.width)
    return max(figures_mm, min(height_of(_curve(plan.curve), curve.width), figures_mm + _MORE_FOR_CURVE_MM))


def _notice(plan: Plan) -> list[Paragraph]:
    """Return what an amended plan replaces and why, in red over everything else."""
    amendment = plan.order.amendment
    if amendment is None:
        return []
    date = format_date(plan.days[amendment.from_day - 1].date)
    words = (
        f"Version {amendment.version}: replaces plan {amendment.amends} from day {amendment.from_day} ({date}). "
        f"{describe_take_back(plan)} Reason: {amendment.reason}"
    )
    return [Paragraph("amendment.reason", words, 9, 9, "semibold", colour=RED)]


def _headline(plan: Plan, box: Box) -> list[Text]:
    words = f"{plan.order.medication.drug} {format_taper(plan)}"
    return stack([Paragraph("medication.drug", words, 17, 9, "bold")], box)


def _party_columns(box: Box) -> list[Box]:
    return box.inset(2, 1.5).columns(32.5, 33.5, 42, 61.5, gap=2.8)


def _party_blocks(plan: Plan) -> list[list[Paragraph]]:
    blocks = (_patient(plan.order), _prescriber(plan.order), _pharmacy(plan.order), _asked(plan))
    return [[Paragraph(title, title, 7.5, 7, "semibold", colour=BLUE), *paragraphs] for title, paragraphs in blocks]


def _parties_height(plan: Plan) -> float:
    """Return the room for who and what: as much as it needs, up to where its type gets smaller instead."""
    columns = _party_columns(BODY)
    wanted = [height_of(block, column.width) for block, column in zip(_party_blocks(plan), columns, strict=True)]
    return min(max(wanted) + 3, _MOST_PARTIES_MM)


def _parties(plan: Plan, box: Box) -> Iterable[Item]:
    yield Rectangle(box, fill=SHADE)
    for column, block in zip(_party_columns(box), _party_blocks(plan), strict=True):
        yield from stack(block, column)


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
    taper, amendment = plan.order.taper, plan.order.amendment
    begins = "day 1 is the start dose" if taper.first_day == "start" else "day 1 is already reduced"
    limits = describe_limits(taper)
    phases = describe_phases(taper) if taper.phase else None
    span = f"{format_date(plan.days[0].date)} to {format_date(plan.last_date)}"
    return "What was asked", _lines(
        ("taper", format_span(taper.start_dose_mg, plan.final_dose_mg)),
        ("taper", f"{count_of(len(plan.days), 'day', 'days')}, {span}"),
        ("taper", f"{'first ordered: ' if amendment and phases else ''}{phases}" if phases else None),
        ("amendment", describe_amendment(amendment) if amendment else None),
        ("taper", f"{describe_strategy(taper)}; {begins}"),
        ("taper", f"limits: {limits}" if limits else None),
        ("compounding", _what_can_be_made(plan.order.compounding)),
    )


def _what_can_be_made(compounding: Compounding) -> str:
    if compounding.solution:
        solution = compounding.solution
        concentration, step = format_number(solution.mg_per_ml), format_volume(solution.syringe_step_ml)
        return f"a solution of {concentration} mg/mL, measured in steps of {step} ({format_dose(solution.step_mg)})"
    if compounding.increment_mg is not None:
        return f"a capsule for each dose, in steps of {format_dose(compounding.increment_mg)}"
    units = sorted(compounding.unit or (), key=lambda unit: -unit.strength_mg)
    strengths = ", ".join(f"{format_number(unit.strength_mg)}{_restrictions(unit)}" for unit in units)
    if any(map(_restrictions, units)):
        strengths = ", ".join(f"{format_dose(unit.strength_mg)}{_restrictions(unit)}" for unit in units)
        return f"units of {strengths}; {compounding.most_units} at most in a pouch"
    return f"units of {strengths} mg, {compounding.most_units} at most in a pouch"


def _restrictions(unit: UnitStrength) -> str:
    """Return what else is said of a strength, in brackets, or nothing."""
    told = [
        {1: "", 2: "may be halved", 4: "may be halved or quartered"}[unit.divisible_into],
        "modified release, always whole" if unit.modified_release else "",
        f"at most {unit.max_per_pouch}" if unit.max_per_pouch is not None else "",
    ]
    words = ", ".join(filter(None, told))
    return f" ({words})" if words else ""


def _figures(plan: Plan, box: Box) -> Iterable[Item]:
    """Yield the key figures of this plan, with the same figures of other ways to taper under them."""
    rows = [own_row(plan), *other_rows(plan)]
    table_mm = table_height(len(rows), _ROW_MM)
    yield from lay_out_table(short_figures(rows, plan), box.top(table_mm), _ROW_MM, 8.0)
    yield from stack(_sentences(plan), box.below(table_mm))


def _sentences(plan: Plan) -> list[Paragraph]:
    """Return what is to be made, and what the models say."""
    totals, n_days = plan.totals, len(plan.days)
    made = f"To make: {count_of(totals.pouches, 'pouch', 'pouches')} in {count_of(totals.strips, 'strip', 'strips')}"
    if plan.version > 1:
        made += f", {count_of(totals.different_doses, 'dose', 'different doses')}, {format_dose(totals.total_mg)}"
    told = [" ".join(filter(None, (f"{made}.", describe_same(plan))))]
    if plan.prediction:
        told.append(describe_prediction(plan.prediction, stops=plan.stop is not None))
    elif plan.curve:
        told.append(_NO_HALF_LIFE)
    if plan.sensitivity:
        told.append(describe_sensitivity(plan.sensitivity, n_days))
    return [
        Paragraph("taper", words, 7.8, 6.5, space_mm=1.2 if index == 0 else 0.5) for index, words in enumerate(told)
    ]


def _curve(curve: Curve | None) -> list[Paragraph]:
    title = Paragraph("curve", "Curve", 9, 8, "semibold", colour=BLUE)
    if curve is None:
        return [title, Paragraph("medication.curve", _NO_CURVE, 7.8, 6)]
    studied = (
        f"{format_number(curve.studied_mg[0])} to {format_dose(curve.studied_mg[1])}"
        if curve.studied_mg
        else "not known"
    )
    source = curve.source + (f", doi {curve.doi}" if curve.doi else "")
    paragraphs = [
        title,
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
    return paragraphs


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
