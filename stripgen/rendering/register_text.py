"""The register as text for a terminal, as JSON and as CSV. A patient's name only where all of it is exported."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from stripgen.domain.quantity import plain
from stripgen.domain.release import Entry, HandedOut, Happening, PouchHistory, ReleasedPouch, ReleasedUnits

Table = Sequence[Sequence[str]]
CSV_HEADER = (
    "entry",
    "time",
    "kind",
    "plan",
    "version",
    "drug",
    "strip",
    "use_by",
    "day",
    "date",
    "dose_mg",
    "units",
    "code",
    "unit_lots",
    "pouch_lot",
    "released_by",
    "checked_by",
    "patient",
    "hash",
)


def render_written(entry: Entry, receipt: str, place: str, *, begun: bool) -> str:
    """Return what is said of an entry that was just written."""
    pouches, plan = _count(len(entry.pouches), "pouch", "pouches"), entry.plan
    lines = [
        f"entry {entry.number}: {entry.kind} of plan {plan.id} v{plan.version}, {entry.drug}",
        f"strip {spans(entry.strip_numbers)}, {pouches}; {_by(entry)}",
        f"register {place}{' (begun with this entry)' if begun else ''}",
        f"receipt {receipt}",
    ]
    if entry.take_back:
        lines.append(f"calls back {_count(len(entry.take_back), 'pouch', 'pouches')} of earlier versions")
    return "\n".join(lines)


def render_checked(entries: Sequence[tuple[Entry, str]], held: int | None) -> str:
    """Return what is said of a register whose chain holds.

    Args:
        entries: Each with its hash.
        held: The entry that a receipt was found for, if one was given.
    """
    lines = [f"{_count(len(entries), 'entry', 'entries')}, each as it was written"]
    if entries:
        entry, entry_hash = entries[-1]
        lines[0] += f"; the last of {_minute(entry.time)}, hash {entry_hash}"
    if held is not None:
        lines.append(f"the receipt is of entry {held}, which is there")
    return "\n".join(lines)


def render_patient(entries: Sequence[Entry]) -> str:
    """Return what a patient got, without saying who it is."""
    patients = len({entry.patient.whole for entry in entries})
    if patients > 1:
        return f"{render_entries(entries)}\nof {patients} different patients; --birth-date tells them apart"
    return render_entries(entries)


def render_entries(entries: Iterable[Entry]) -> str:
    """Return one line an entry."""
    rows = [
        (
            str(entry.number),
            _minute(entry.time),
            entry.plan.id,
            f"v{entry.plan.version}",
            entry.drug,
            f"strip {spans(entry.strip_numbers)}",
            _count(len(entry.pouches), "pouch", "pouches"),
            _by(entry),
            f"reprint: {entry.again}" if entry.again else "",
        )
        for entry in entries
    ]
    return aligned(rows) or "no entries"


def render_entry(entry: Entry, receipt: str) -> str:
    """Return everything about an entry but who the patient is."""
    plan, people = entry.plan, entry.people
    version = f"version {plan.version}" + (f", replaces {plan.amends}" if plan.amends else "")
    approval = " ".join(filter(None, (people.approved_by, _on(people.approved_on), people.approval_reference)))
    facts = [
        ("entry", f"{entry.number}, {entry.kind} of {entry.time}"),
        *([("again because", entry.again)] if entry.again else []),
        ("receipt", receipt),
        ("plan", f"{plan.id}, {version}, issued on {plan.issued_on}"),
        ("plan hash", plan.hash),
        ("drug", entry.drug),
        ("released by", people.released_by),
        ("checked by", people.checked_by),
        *([("approved by", approval)] if approval else []),
        ("pouch lot", entry.pouch_lot or "not given"),
        *(
            (
                "unit lot",
                f"{lot.lot}, {'all strengths' if lot.strength_mg is None else f'{plain(lot.strength_mg)} mg'}"
                + (f", expires {lot.expires_on}" if lot.expires_on else ""),
            )
            for lot in entry.lots
        ),
        *(("file", f"{file.name} sha256:{file.sha256}") for file in entry.files),
        ("made with", f"stripgen {entry.made_with.stripgen}"),
        *(("data", f"{name} {digest}") for name, digest in sorted(entry.made_with.data.items())),
    ]
    lines = [aligned([(f"{name}:", text) for name, text in facts])]
    for strip in entry.strips:
        lines.append(f"strip {strip.strip}, {f'use by {strip.use_by}' if strip.use_by else 'no use-by date'}")
        rows = [
            (f"  day {p.day}", str(p.date), f"{plain(p.dose_mg)} mg", counted(p.units), p.code) for p in strip.pouches
        ]
        lines.append(aligned(rows))
    if entry.take_back:
        lines.append(f"calls back {_count(len(entry.take_back), 'pouch', 'pouches')} of earlier versions")
    return "\n".join(lines)


def render_lot(found: Sequence[HandedOut], lot: str) -> str:
    """Return who has what of a lot: a line for each strip and release, and under it its pouches."""
    if not found:
        return f"no pouch with lot {lot}"
    lines = []
    for (number, strip), group in groupby(found, key=lambda out: (out.entry.number, out.strip)):
        pouches = list(group)
        entry = pouches[0].entry
        lines.append(
            f"plan {entry.plan.id} v{entry.plan.version} strip {strip}, {entry.drug}: {entry.kind} of "
            f"{_minute(entry.time)} {_by(entry)} (entry {number})"
        )
        rows = [
            (
                f"  day {out.pouch.day}",
                str(out.pouch.date),
                f"{plain(out.pouch.dose_mg)} mg",
                f"of it {', '.join(out.holds)} mg units" if out.holds else "the pouch's own lot",
                out.pouch.code,
                f"called back by {out.replaced_by.plan.id}" if out.replaced_by else "",
            )
            for out in pouches
        ]
        lines.append(aligned(rows))
    codes = len({out.pouch.code for out in found})
    patients = len({out.entry.patient.whole for out in found})
    strips = len({(out.entry.plan.hash, out.strip) for out in found})
    told = ", ".join(
        (
            _count(patients, "patient", "patients"),
            _count(strips, "strip", "strips"),
            _count(codes, "pouch", "pouches"),
        )
    )
    return "\n".join([*lines, f"lot {lot}: {told}"])


def render_history(history: PouchHistory) -> str:
    """Return what became of a pouch, and what is to be done with it."""
    pouch, released = history.pouch, history.released
    if pouch is None:
        return f"{history.code}: not in this register; no release of it was recorded here"
    lines = [f"{history.code}: day {pouch.day}, {pouch.date}, {plain(pouch.dose_mg)} mg"]
    if released is not None and isinstance(pouch, ReleasedPouch):
        lines.append(f"{released.drug}, {counted(pouch.units)}")
        lots = [lot.lot for lot in released.lots_of(pouch)]
        lines.append(
            f"lot of the pouch: {released.pouch_lot or 'not given'}; of its units: {', '.join(lots) or 'not given'}"
        )
    lines.append(aligned([_happening(happening) for happening in history.happenings]))
    if history.called_back:
        by = history.called_back
        lines.append(f"TO BE TAKEN BACK: replaced by version {by.plan.version} ({by.plan.id}); it must not be taken")
    return "\n".join(lines)


def _happening(happening: Happening) -> tuple[str, str, str]:
    entry = happening.entry
    when = happening.on if happening.event == "made" else _minute(happening.on)
    by = f"{_by(entry)} (entry {entry.number})"
    version = f"by version {entry.plan.version}, {entry.plan.id}, released by {entry.people.released_by}"
    match happening.event:
        case "made":
            return (
                when,
                "made",
                f"papers of plan {entry.plan.id} v{entry.plan.version}, stripgen {entry.made_with.stripgen}",
            )
        case "released":
            return when, "released", by
        case "released again":
            return when, "reprinted", f"{by}: {entry.again}"
        case "kept":
            return when, "kept", f"{version} (entry {entry.number})"
        case "called back":
            return when, "called back", f"{version} (entry {entry.number})"


def aligned(rows: Table) -> str:
    """Return a table whose columns stand under each other; no blanks at the end of a line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def spans(numbers: Iterable[int]) -> str:
    """Return whole numbers in few signs: those that follow each other as a span.

    >>> spans([1, 2, 3, 5])
    '1-3, 5'
    """
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(sorted(numbers)), key=lambda counted: counted[1] - counted[0])
    ]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def counted(units: Iterable[ReleasedUnits]) -> str:
    """Return what is in a pouch in few signs.

    >>> from decimal import Decimal
    >>> counted([ReleasedUnits(strength_mg=Decimal(10), form="tablet", count=3, divided_into=2)])
    '3 x 10 mg tablet/2'
    """
    return " + ".join(
        f"{unit.count} x {plain(unit.strength_mg)} mg {unit.form}"
        + (f"/{unit.divided_into}" if unit.divided_into > 1 else "")
        for unit in units
    )


def _by(entry: Entry) -> str:
    return f"by {entry.people.released_by}, checked by {entry.people.checked_by}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _minute(time: str) -> str:
    return f"{time[:10]} {time[11:16]}Z"


def _on(date: object) -> str:
    return f"on {date}" if date else ""


def render_register_json(head: Mapping[str, Any], entries: Iterable[tuple[Mapping[str, Any], str]]) -> str:
    """Return the whole register, complete enough to rebuild it and to check its chain.

    Args:
        head: What tells it from others; entry 1 follows its hash.
        entries: What each says, as JSON holds it, and its hash.
    """
    told = [{"hash": entry_hash, "entry": entry} for entry, entry_hash in entries]
    return json.dumps({"head": head, "entries": told}, indent=1, ensure_ascii=False)


def render_register_csv(entries: Iterable[tuple[Entry, str]]) -> str:
    """Return one row a pouch, for a spreadsheet; patients by their mark, which is the same for the same patient."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    for entry, entry_hash in entries:
        for strip in entry.strips:
            for pouch in strip.pouches:
                before = (entry.number, entry.time, entry.kind, entry.plan.id, entry.plan.version, entry.drug)
                what = (strip.strip, strip.use_by or "", pouch.day, pouch.date, plain(pouch.dose_mg))
                held = (counted(pouch.units), pouch.code, _lots(entry, pouch), entry.pouch_lot or "")
                who = (entry.people.released_by, entry.people.checked_by, entry.patient.whole)
                writer.writerow([_harmless(cell) for cell in (*before, *what, *held, *who, entry_hash)])
    return out.getvalue()


def _lots(entry: Entry, pouch: ReleasedPouch) -> str:
    return " ".join(lot.lot for lot in entry.lots_of(pouch))


def _harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
