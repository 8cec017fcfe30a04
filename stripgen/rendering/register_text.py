"""The register as text for a terminal, as JSON and as CSV. A patient's name only where all of it is exported."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from stripgen.domain.quantity import plain
from stripgen.domain.release import (
    Entry,
    HandedOut,
    Happening,
    PerhapsHandedOut,
    PouchEvent,
    PouchHistory,
    ReleasedPouch,
    ReleasedUnits,
)

Table = Sequence[Sequence[str]]
_DATE_LENGTH = len("2026-11-23")
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
    "ingredient_lots",
    "released_by",
    "checked_by",
    "patient",
    "hash",
)


def render_written(entry: Entry, receipt: str, place: str, n_called_back: int, *, begun: bool) -> str:
    """Return what is said of an entry that was just written.

    Args:
        entry: The entry.
        receipt: Of it.
        place: Of the register.
        n_called_back: How many of the pouches that it calls back had been released.
        begun: Whether the register was begun with it.
    """
    pouches, plan = _count(len(entry.pouches), "pouch", "pouches"), entry.plan
    lines = [
        f"entry {entry.number}: {entry.kind} of plan {plan.id} v{plan.version}, {entry.drug}",
        f"strip {spans(entry.strip_numbers)}, {pouches}; {_by(entry)}",
        f"register {place}{' (begun with this entry)' if begun else ''}",
        f"receipt {receipt}",
        *_calls_back(entry, n_called_back),
        *_without_lot(entry),
    ]
    return "\n".join(lines)


def _calls_back(entry: Entry, n_released: int) -> Iterator[str]:
    """Yield how many released pouches an entry calls back, and how many it replaces that were not released."""
    n_others = len(entry.take_back) - n_released
    others = f"{_count(n_others, 'other', 'others')} that it replaces {'was' if n_others == 1 else 'were'} not released"
    if n_released:
        told = f"calls back {_count(n_released, 'released pouch', 'released pouches')} of earlier versions"
        yield f"{told}; {others}" if n_others else told
    elif n_others:
        yield f"calls back no pouch: of the {n_others} of earlier versions that it replaces none was released"


def _without_lot(entry: Entry) -> Iterator[str]:
    """Yield that some of what is in the pouches has no lot, so that a recall cannot find it for certain."""
    strengths = entry.strengths_without_lot(entry.pouches)
    if strengths:
        of_what = "its solution" if entry.is_solution else f"{len(strengths)} of its strengths"
        yield f"no lot is registered for {of_what}: a recall can only say that these pouches may be affected"


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


def render_entry(entry: Entry, receipt: str, n_called_back: int) -> str:
    """Return everything about an entry but who the patient is.

    Args:
        entry: The entry.
        receipt: Of it.
        n_called_back: How many of the pouches that it calls back had been released.
    """
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
        *([("made on", str(entry.made_on))] if entry.made_on else []),
        ("pouch lot", entry.pouch_lot or "not given"),
        *(
            (
                "unit lot",
                f"{lot.lot}, {'all strengths' if lot.strength_mg is None else f'{plain(lot.strength_mg)} mg'}"
                + (f", expires {lot.expires_on}" if lot.expires_on else ""),
            )
            for lot in entry.lots
        ),
        *(
            (
                f"{lot.ingredient} lot",
                f"{lot.lot}, {lot.name}"
                + (f", not in units of {_in_mg(lot.not_in_mg)}" if lot.not_in_mg else "")
                + (f", expires {lot.expires_on}" if lot.expires_on else ""),
            )
            for lot in entry.ingredient_lots
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
    return "\n".join([*lines, *_calls_back(entry, n_called_back)])


def render_lot(found: Sequence[HandedOut], perhaps: Sequence[PerhapsHandedOut], lot: str) -> str:
    """Return who has what of a lot: a line for each strip and release, and under it its pouches.

    Args:
        found: The pouches that are of it as far as lots are registered.
        perhaps: Those that may be, too.
        lot: As it was typed.
    """
    return "\n".join([*_of_lot(found, lot), *_perhaps_of_lot(perhaps)])


def _perhaps_of_lot(perhaps: Sequence[PerhapsHandedOut]) -> Iterator[str]:
    if perhaps:
        yield "may also be filled from it, as no lot is registered for a strength in them:"
        rows = [
            (
                f"  plan {some.entry.plan.id} v{some.entry.plan.version} strip {some.strip}, {some.entry.drug}",
                f"entry {some.entry.number}",
                _count(some.n_pouches, "pouch", "pouches"),
                "the solution" if some.entry.is_solution else _in_mg(some.strengths_mg),
            )
            for some in perhaps
        ]
        yield aligned(rows)


def _of_lot(found: Sequence[HandedOut], lot: str) -> list[str]:
    if not found:
        return [f"no pouch with lot {lot}"]
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
                _what_of_lot(out),
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
    return [*lines, f"lot {lot}: {told}"]


def _what_of_lot(out: HandedOut) -> str:
    """Return what of a pouch is of the lot that was looked for."""
    if out.entry.is_solution and (out.holds or out.made_of):
        return "of it the solution" if out.holds else "made of it: the solution"
    told = [
        *([f"of it {_in_mg(out.holds)} units"] if out.holds else []),
        *([f"made of it: {_in_mg(out.made_of)} units"] if out.made_of else []),
    ]
    return "; ".join(told) or "the pouch's own lot"


def render_history(history: PouchHistory) -> str:
    """Return what became of a pouch, and what is to be done with it."""
    pouch, released = history.pouch, history.released
    if pouch is None:
        return f"{history.code}: not in this register; no release of it was recorded here"
    lines = [f"{history.code}: day {pouch.day}, {pouch.date}, {plain(pouch.dose_mg)} mg"]
    if released is not None and isinstance(pouch, ReleasedPouch):
        lines.append(f"{released.drug}, {counted(pouch.units)}")
        lines.append(f"lot of the pouch: {released.pouch_lot or 'not given'}")
        lines.append(f"lots of its units: {_unit_lots(released, pouch)}")
        lines += (f"{kind} in it: {lots}" for kind, lots in _ingredients_in(released, pouch))
    lines.append(aligned([_happening(happening) for happening in history.happenings]))
    if history.called_back:
        by = history.called_back
        lines.append(f"TO BE TAKEN BACK: replaced by version {by.plan.version} ({by.plan.id}); it must not be taken")
    return "\n".join(lines)


def _unit_lots(entry: Entry, pouch: ReleasedPouch) -> str:
    """Return the lots that each strength in a pouch was or may have been filled from: `1 mg: A; 5 mg: no lot …`."""
    strengths: dict[str, list[Decimal]] = {}
    for unit in pouch.units:
        lots = [lot.lot for lot in entry.lots if lot.strength_mg in {None, unit.strength_mg}]
        strengths.setdefault(" or ".join(lots) or "no lot registered", []).append(unit.strength_mg)
    if entry.is_solution:
        return "; ".join(strengths)
    return "; ".join(f"{', '.join(f'{plain(mg)} mg' for mg in of_lot)}: {lots}" for lots, of_lot in strengths.items())


def _ingredients_in(entry: Entry, pouch: ReleasedPouch) -> Iterator[tuple[str, str]]:
    """Yield substance and filler, as far as they are registered, each with its lot and what is made of it."""
    for lot in entry.ingredient_lots_of(pouch):
        made = _in_mg(unit.strength_mg for unit in pouch.units if unit.strength_mg not in lot.not_in_mg)
        yield lot.ingredient, f"lot {lot.lot}, {lot.name}" + ("" if entry.is_solution else f", in {made} units")


def _in_mg(strengths_mg: Iterable[Decimal]) -> str:
    """Return strengths, each once: `1, 0.5 mg`."""
    return f"{', '.join(dict.fromkeys(map(plain, strengths_mg)))} mg"


_EVENTS: Mapping[PouchEvent, str] = {"released again": "reprinted"}


def _happening(happening: Happening) -> tuple[str, str, str]:
    event = happening.event
    when = happening.on if len(happening.on) == _DATE_LENGTH else _minute(happening.on)
    return when, _EVENTS.get(event, event), _what_happened(event, happening.entry)


def _what_happened(event: PouchEvent, entry: Entry) -> str:
    plan, people = f"{entry.plan.id} v{entry.plan.version}", entry.people
    match event:
        case "approved":
            reference = f", reference {people.approval_reference}" if people.approval_reference else ""
            told = f"by {people.approved_by}{reference}"
        case "papers issued":
            told = f"plan {plan}, stripgen {entry.made_with.stripgen}"
        case "made":
            told = f"as the papers of plan {plan} say (entry {entry.number})"
        case "released" | "released again":
            told = f"{_by(entry)} (entry {entry.number})" + (f": {entry.again}" if entry.again else "")
        case "kept" | "called back":
            version = f"by version {entry.plan.version}, {entry.plan.id}"
            told = f"{version}, released by {people.released_by} (entry {entry.number})"
    return told


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

    >>> counted([ReleasedUnits(strength_mg=Decimal(10), form="tablet", count=3, divided_into=2)])
    '3 x 10 mg tablet/2'
    >>> counted([ReleasedUnits(strength_mg=Decimal("1.2"), form="oral syringe", count=1, volume_ml=Decimal("0.6"))])
    '1 x 1.2 mg oral syringe: 0.6 mL of 2 mg/mL'
    """
    return " + ".join(
        f"{unit.count} x {plain(unit.strength_mg)} mg {unit.form}"
        + (f"/{unit.divided_into}" if unit.divided_into > 1 else "")
        + (
            f": {plain(unit.volume_ml)} mL of {plain(unit.strength_mg / unit.volume_ml)} mg/mL"
            if unit.volume_ml
            else ""
        )
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
                who = (
                    " ".join(lot.lot for lot in entry.ingredient_lots_of(pouch)),
                    entry.people.released_by,
                    entry.people.checked_by,
                    entry.patient.whole,
                )
                writer.writerow([_harmless(cell) for cell in (*before, *what, *held, *who, entry_hash)])
    return out.getvalue()


def _lots(entry: Entry, pouch: ReleasedPouch) -> str:
    return " ".join(lot.lot for lot in entry.lots_of(pouch))


def _harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
