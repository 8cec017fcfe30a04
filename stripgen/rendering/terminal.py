"""The plan as text for a terminal: summary, findings, chart and day table. No patient's name."""

import math
import textwrap
from collections.abc import Iterator, Sequence

from stripgen.domain.code import ScannedCode
from stripgen.domain.plan import Finding, Plan, name_drop_day
from stripgen.rendering.descriptions import (
    describe_amendment,
    describe_beyond_use,
    describe_limits,
    describe_phases,
    describe_prediction,
    describe_sensitivity,
    describe_taper,
    describe_units,
)
from stripgen.rendering.words import Words, glue, unglue

_CHART_COLUMNS = 64
_CHART_ROWS = 12
_WIDTH = 100


def render_summary(plan: Plan, words: Words) -> str:
    """Return the plan in a few lines."""
    order, totals = plan.order, plan.totals
    pouches, strips = words.count(totals.pouches, "pouch"), words.count(totals.strips, "strip")
    what = f"{order.medication.drug} {describe_taper(plan, words)} from {words.date(order.taper.start_date)}"
    doses = words.count(totals.different_doses, "different_dose")
    volume = f" ({words.volume(totals.volume_ml)})" if totals.volume_ml is not None else ""
    version = f", version {plan.version}, replaces {order.amendment.amends}" if order.amendment else ""
    lines = [
        f"plan {plan.plan_id} ({plan.status}{version}): {what}",
        f"{pouches} in {strips}, {doses}, {words.dose(totals.total_mg)}{volume} in all",
    ]
    if len(order.taper.phases) > 1 and order.amendment is None:
        lines.append(f"phases: {describe_phases(order.taper, words)}")
    if order.taper.is_limited:
        lines.append(f"limits: {describe_limits(order.taper, words)}")
    if order.amendment:
        back = words.count(len(plan.take_back), "pouch")
        lines.append(f"{describe_amendment(order.amendment, words)}; {back} to take back")
    lines += _quality_lines(plan, words)
    severities = [finding.severity for finding in plan.findings]
    counts = ", ".join(f"{severities.count(word)} {word}" for word in ("block", "warn", "note"))
    overridden = sum(finding.override is not None for finding in plan.findings)
    counts += f"; {overridden} of the blocks overridden" if overridden else ""
    lines.append(f"findings: {counts}")
    return "\n".join(line for text in lines for line in wrapped(text, later="  "))


def _quality_lines(plan: Plan, words: Words) -> list[str]:
    quality, linear = plan.quality, plan.linear.quality
    worst = words.tell(name_drop_day(quality.max_drop_day, len(plan.days)))
    points, error = quality.max_drop_points, quality.rms_error_points
    if plan.curve is None or points is None or error is None or linear.max_drop_points is None:
        own_mg, linear_mg = words.dose(quality.max_drop_mg), words.dose(linear.max_drop_mg)
        return [f"largest drop {own_mg} {worst} (a linear taper: {linear_mg}); no curve: occupancy is not known"]
    linear_points = words.points(linear.max_drop_points)
    lines = [
        f"largest drop {words.points(points)} points {worst} (a linear taper: {linear_points})",
        f"rounding error {words.points(error)} points; curve {plan.curve.id}, grade {plan.curve.grade}",
    ]
    if plan.sensitivity:
        lines.append(describe_sensitivity(plan.sensitivity, len(plan.days), words))
    if plan.prediction:
        lines.append(describe_prediction(plan.prediction, words, stops=plan.stop is not None))
    return lines


def render_use_by(plan: Plan, words: Words) -> str:
    """Return until when the pouches to make may be used, and by which rule."""
    date = "" if plan.use_by is None else f" {words.date(plan.use_by)}"
    return "\n".join(wrapped(f"use by{date}: {describe_beyond_use(plan, words)}", later="  "))


def render_findings(findings: Sequence[Finding], words: Words) -> str:
    """Return one finding a paragraph, with the override where there is one."""
    return "\n".join(line for finding in findings for line in _finding_lines(finding, words)) or "no findings"


def _finding_lines(finding: Finding, words: Words) -> Iterator[str]:
    first = f"{finding.severity:5} {finding.code}: {words.tell(finding.told)}"
    yield from wrapped(first, later="      ")
    if finding.override:
        yield f"      overridden by {finding.override.by}: {finding.override.reason}"


def wrapped(text: str, first: str = "", later: str = "") -> list[str]:
    """Return a text in lines of 100 characters, begun by `first` and `later`; a number stays with its unit."""
    lines = textwrap.wrap(glue(text), _WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
    return [unglue(line) for line in lines]


def render_plan_text(plan: Plan, words: Words) -> str:
    """Return summary, findings, chart and day table."""
    findings = render_findings(plan.findings, words)
    return "\n\n".join([render_summary(plan, words), findings, _chart(plan, words), _day_table(plan, words)])


def _chart(plan: Plan, words: Words) -> str:
    """Return dose (#) and occupancy (o) over the days, both from 0 to their value on day 1; plain ASCII."""
    days = plan.days
    n_columns = min(_CHART_COLUMNS, len(days))
    shown = [days[index * len(days) // n_columns] for index in range(n_columns)]
    most_mg = max(day.dose_mg for day in days)
    highest = max((day.occupancy for day in days if day.occupancy is not None), default=0.0)
    rows = []
    for row in range(_CHART_ROWS, 0, -1):
        cells = ""
        for day in shown:
            dose_row = math.ceil(_CHART_ROWS * day.dose_mg / most_mg)  # no pouch is empty, and no column
            occupancy_row = max(1, round(_CHART_ROWS * day.occupancy / highest)) if day.occupancy is not None else 0
            cells += "o" if occupancy_row == row else "#" if dose_row >= row else " "
        left = words.dose(most_mg) if row == _CHART_ROWS else ""
        right = f"{words.percent(highest)} %" if row == _CHART_ROWS and plan.curve else ""
        rows.append(f"{left:>10} |{cells:<{n_columns}}| {right}".rstrip())
    rows.append(f"{'0':>10} +{'-' * n_columns}+{' 0 %' if plan.curve else ''}")
    occupancy = "   o occupancy" if plan.curve else ""
    rows.append(f"{'':11} day 1 to day {len(days)};  # daily dose{occupancy}")
    return "\n".join(rows)


def _day_table(plan: Plan, words: Words) -> str:
    drop_head = "occupancy %   drop" if plan.curve else "drop mg"
    lines = [f"  day  date             strip  pouch    dose mg  {drop_head}  units"]
    for day in plan.days:
        if day.occupancy is None or day.drop_points is None:
            fall = f"{words.number(day.drop_mg):>7}"
        else:
            fall = f"{words.percent(day.occupancy):>11}  {words.points(day.drop_points):>5}"
        kept = "  (kept)" if plan.strips[day.strip - plan.strips[0].number].kept else ""
        held = "  hold" if day.held else ""
        lines.append(
            f"{day.day:5}  {words.date(day.date):15}  {day.strip:5}  {day.pouch:5}  {words.number(day.dose_mg):>9}"
            f"  {fall}  {describe_units(day.units, words)}{held}{kept}"
        )
    if plan.stop:
        points = plan.stop.drop_points
        fall = f"{words.number(plan.stop.drop_mg):>19}" if points is None else f"{'':20}0.0  {words.points(points):>5}"
        lines.append(f"       {words.date(plan.stop.date):15}   stop{'':8}{fall}")
    return "\n".join(lines)


def render_scanned(code: ScannedCode, words: Words) -> str:
    """Return what a scanned code means, a line for each part."""
    parts = [("plan", code.plan_id), ("strip", code.strip), ("day", code.day), ("GTIN", code.gtin), ("lot", code.lot)]
    lines = [f"{name:<7}{value}" for name, value in parts if value is not None]
    return "\n".join([*lines, *([f"use by {words.date(code.use_by)}"] if code.use_by else [])])
