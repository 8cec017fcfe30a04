"""What an inspector asks of a paper, as text for a terminal: what made it, what is in a pouch, what a version changed.

No patient's name: that a patient's data differ is said, not what they are.
"""

import datetime as dt
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from stripgen.domain.enclosure import MadeWith
from stripgen.domain.json_form import to_json
from stripgen.domain.order import Order
from stripgen.domain.plan import Day, Plan, Strip
from stripgen.domain.printing import Printing
from stripgen.rendering.descriptions import describe_amendment, describe_beyond_use_of, describe_taper, describe_units
from stripgen.rendering.words import Words

# What may have happened to a paper since it was made
CHANGED_SINCE = "the paper was changed after it was made, so its bytes are others"
SAVED_AGAIN = (
    "the workbook was saved again since it was made, so its bytes are others; "
    "`stripgen verify` tells whether anything in it differs from what was made"
)

_WIDTH = 100
_PRIVATE = ("patient.",)
_TOLD_OTHERWISE = ("amendment", "approval.plan.")  # in lines of their own, and by the hash of the plan

_Pouch = tuple[dt.date, Decimal]  # date and dose


def render_origin(
    plan: Plan,
    printing: Printing,
    made_with: MadeWith,
    here: MadeWith,
    words: Words,
    again: str = "stripgen make",
    since: str | None = None,
) -> str:
    """Return what made a paper, how it was printed, and what of that is another one here.

    Args:
        plan: That the paper carries.
        printing: How it was printed.
        made_with: As the paper says.
        here: What this stripgen would make it with.
        words: Of the terminal.
        again: What makes it again.
        since: What happened to it since it was made, so that nothing gives its bytes; None where nothing did.
    """
    approval = plan.order.approval
    approved = "not approved: a draft"
    if approval and not plan.is_draft:
        approved = f"by {approval.approved_by} on {words.date(approval.approved_on)}, reference {approval.reference}"
    curve = plan.curve
    lines = [
        ("plan", f"{plan.plan_id}, version {plan.version}, {plan.plan_hash}"),
        ("approved", approved),
        ("issued on", words.date(plan.issued_on)),
        ("curve", f"{curve.id}, grade {curve.grade}: {curve.source}" if curve else "none: equal steps in mg"),
        ("label rules", f"profile {printing.profile.id}"),
        ("labels", f"{printing.pouch_labels.stock.id}, strips {printing.strip_labels.stock.id}"),
        *_made_with("stripgen", {"stripgen": made_with.stripgen}, {"stripgen": here.stripgen}),
        *_made_with("library", made_with.libraries, here.libraries),
        *_made_with("data", made_with.data, here.data),
    ]
    told = "the same here" if made_with == here else "not the same here, where a line says so"
    if since is not None:
        told = f"{told}; but {since}"
    elif made_with == here:
        told = f"{told}: {again} gives the same bytes"
    return "\n".join([*_columns(lines), told])


def _made_with(what: str, then: Mapping[str, str], here: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, version in then.items():
        differs = "" if here.get(name) == version else f"; here {here.get(name, 'none')}"
        yield what, f"{version}{differs}" if what == name else f"{name} {version}{differs}"


def render_pouch(plan: Plan, day: Day, words: Words) -> str:
    """Return what is in the pouch of a day, of which lots, and until when it may be used."""
    strip = plan.strip_of(day)
    made = "made with an earlier version, not again" if strip.kept else f"of plan {plan.plan_id}"
    dispensing = plan.order.dispensing
    lines = [
        ("pouch", f"day {day.day}, {words.date(day.date)}: strip {day.strip}, pouch {day.pouch} of it, {made}"),
        ("dose", f"{words.dose(day.dose_mg)} {plan.order.medication.drug}"),
        ("holds", describe_units(day.units, words)),
        ("code", day.code),
    ]
    if not strip.kept:
        lines += [("lot", lot) for lot in _lots(plan, day, words)]
        lines += [("lot of pouch", dispensing.lot)] if dispensing.lot else []
        lines += [("use by", _use_by(strip, words))]
    return "\n".join(_columns(lines))


def _lots(plan: Plan, day: Day, words: Words) -> Iterator[str]:
    """Yield the lots of each strength in a pouch, and which have none."""
    for strength_mg in dict.fromkeys(unit.strength_mg for unit in day.units):
        batches = plan.order.batches_of(strength_mg)
        for batch in batches:
            expires = f", expires {words.date(batch.expires_on)}" if batch.expires_on else ""
            yield f"{words.dose(strength_mg)}: {batch.lot}{expires}"
        if not batches:
            yield f"{words.dose(strength_mg)}: none given; the register has what was released"


def _use_by(strip: Strip, words: Words) -> str:
    date, why = strip.beyond_use.date, describe_beyond_use_of(strip, words)
    return why if date is None else f"{words.date(date)} ({why})"


def render_changes(before: Plan, after: Plan, words: Words) -> str:
    """Return what differs from one plan to another: what was asked, and the dose of every day."""
    lines = [("before", _name(before, words)), ("after", _name(after, words))]
    if after.order.amendment:
        lines.append(("amendment", describe_amendment(after.order.amendment, words)))
        lines.append(("reason", after.order.amendment.reason))
    changes = list(_order_changes(before.order, after.order))
    lines += changes
    lines += [("doses", change) for change in _dose_changes(before, after, words)]
    if after.take_back:
        lines.append(
            ("take back", f"{words.count(len(after.take_back), 'pouch')}, listed in the papers of the amendment")
        )
    if before.plan_hash == after.plan_hash:
        told = "the same plan: the same pouches on the same days" + (", and the same order" if not changes else "")
        lines.append(("", told))
    return "\n".join(_columns(lines))


def _name(plan: Plan, words: Words) -> str:
    what = f"{plan.order.medication.drug} {describe_taper(plan, words)} from {words.date(plan.order.taper.start_date)}"
    return f"plan {plan.plan_id}, version {plan.version} ({plan.status}): {what}"


def _order_changes(before: Order, after: Order) -> Iterator[tuple[str, str]]:
    """Yield what differs, by key; of an amended plan, whose pouches have lots and dates of their own, those of each."""
    old, new = (_flat(to_json(order.model_dump(by_alias=True, exclude_defaults=True))) for order in (before, after))
    amended = before.amendment != after.amendment
    for key in sorted({*old, *new}):
        if old.get(key) == new.get(key) or key.startswith(_TOLD_OTHERWISE) or (amended and key.startswith("batch")):
            continue
        table = "approval" if key.startswith("approval") else "order"
        yield table, f"{key} differs" if key.startswith(_PRIVATE) else f"{key}: {_said(old, key)} -> {_said(new, key)}"
    if amended and before.batch != after.batch:
        was, now = (", ".join(batch.lot for batch in order.batch) or "none given" for order in (before, after))
        yield "lots", f"{was} -> {now}"


def _said(order: Mapping[str, Any], key: str) -> str:
    return str(order.get(key, "not given"))


def _flat(table: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - a part of an order, of any shape
    """Return every value in an order by its path: `compounding.unit[1].strength_mg`."""
    if isinstance(table, dict):
        inner = [(f"{path}.{key}" if path else key, value) for key, value in table.items()]
    elif isinstance(table, list):
        inner = [(f"{path}[{number}]", value) for number, value in enumerate(table, start=1)]
    else:
        return {path: table}
    return {key: value for place, part in inner for key, value in _flat(part, place).items()}


def _dose_changes(before: Plan, after: Plan, words: Words) -> Iterator[str]:
    """Yield a line for each run of days with the same date and dose in both plans, and for each kind of change."""
    old, new = ({day.day: (day.date, day.dose_mg) for day in plan.days} for plan in (before, after))
    changes = [(day, _change(old.get(day), new.get(day), words)) for day in sorted({*old, *new})]
    for change, run in groupby(changes, key=lambda each: each[1]):
        yield f"{_days([day for day, _ in run])}: {change}"


def _change(before: _Pouch | None, after: _Pouch | None, words: Words) -> str:
    if before == after:
        return "the same"
    if before and after and before[1] == after[1]:
        return "the same dose on another date"
    was, now = ("no pouch" if pouch is None else words.dose(pouch[1]) for pouch in (before, after))
    return f"{was} -> {now}"


def _days(days: Sequence[int]) -> str:
    return f"day {days[0]}" if len(days) == 1 else f"days {days[0]} to {days[-1]}"


def _columns(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield lines of a heading and its text, the texts below each other."""
    width = max(len(heading) for heading, _ in lines) + 2
    for heading, text in lines:
        yield from textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=heading.ljust(width),
            subsequent_indent=" " * width,
            break_long_words=False,
            break_on_hyphens=False,
        )
