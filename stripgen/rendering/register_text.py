"""Entries of the register as text for a terminal; no patient's name."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from stripgen.domain.quantity import plain
from stripgen.domain.release import Entry, ReleasedUnits
from stripgen.rendering.columns import aligned


def render_written(entry: Entry, receipt: str, place: str, n_called_back: int, *, begun: bool) -> str:
    """Return what is said of an entry that was just written.

    Args:
        entry: The entry.
        receipt: Of it.
        place: Of the register.
        n_called_back: How many of the pouches that it calls back had been released.
        begun: Whether the register was begun with it.
    """
    pouches, plan = count(len(entry.pouches), "pouch", "pouches"), entry.plan
    lines = [
        f"entry {entry.number}: {entry.kind} of plan {plan.id} v{plan.version}, {entry.drug}",
        f"strip {spans(entry.strip_numbers)}, {pouches}; {by_whom(entry)}",
        f"register {place}{' (begun with this entry)' if begun else ''}",
        f"receipt {receipt}",
        *_calls_back(entry, n_called_back),
        *_without_lot(entry),
    ]
    return "\n".join(lines)


def _calls_back(entry: Entry, n_released: int) -> Iterator[str]:
    """Yield how many released pouches an entry calls back, and how many it replaces that were not released."""
    n_others = len(entry.take_back) - n_released
    others = f"{count(n_others, 'other', 'others')} that it replaces {'was' if n_others == 1 else 'were'} not released"
    if n_released:
        told = f"calls back {count(n_released, 'released pouch', 'released pouches')} of earlier versions"
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
    lines = [f"{count(len(entries), 'entry', 'entries')}, each as it was written"]
    if entries:
        entry, entry_hash = entries[-1]
        lines[0] += f"; the last of {minute(entry.time)}, hash {entry_hash}"
    if held is not None:
        lines.append(f"the receipt is of entry {held}, which is there")
    return "\n".join(lines)


def render_patient(entries: Sequence[Entry]) -> str:
    """Return what a patient got, without saying who it is."""
    if not entries:
        return "no entries: a patient is found by the full name or by the identifier, not by a part of a name"
    patients = len({entry.patient.whole for entry in entries})
    if patients > 1:
        return f"{render_entries(entries)}\nof {patients} different patients; --birth-date tells them apart"
    return render_entries(entries)


def render_entries(entries: Iterable[Entry]) -> str:
    """Return one line an entry."""
    rows = [
        (
            str(entry.number),
            minute(entry.time),
            entry.plan.id,
            f"v{entry.plan.version}",
            entry.drug,
            f"strip {spans(entry.strip_numbers)}",
            count(len(entry.pouches), "pouch", "pouches"),
            by_whom(entry),
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
        *_lots_of(entry),
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


def _lots_of(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the lots of the units and of what they are made of, each with what it is of and when it expires."""
    for lot in entry.lots:
        of = "all strengths" if lot.strength_mg is None else f"{plain(lot.strength_mg)} mg"
        yield "unit lot", f"{lot.lot}, {of}{_expires(lot.expires_on)}"
    for made in entry.ingredient_lots:
        but = f", not in units of {in_mg(made.not_in_mg)}" if made.not_in_mg else ""
        yield f"{made.ingredient} lot", f"{made.lot}, {made.name}{but}{_expires(made.expires_on)}"


def _expires(date: dt.date | None) -> str:
    return f", expires {date}" if date else ""


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


def in_mg(strengths_mg: Iterable[Decimal]) -> str:
    """Return strengths, each once: `1, 0.5 mg`."""
    return f"{', '.join(dict.fromkeys(map(plain, strengths_mg)))} mg"


def by_whom(entry: Entry) -> str:
    """Return who answers for an entry."""
    return f"by {entry.people.released_by}, checked by {entry.people.checked_by}"


def count(number: int, one: str, many: str) -> str:
    """Return how many of a thing there are, in grammar."""
    return f"{number} {one if number == 1 else many}"


def minute(time: str) -> str:
    """Return a time of the register to the minute: `2026-11-23 14:05Z`."""
    return f"{time[:10]} {time[11:16]}Z"


def _on(date: object) -> str:
    return f"on {date}" if date else ""
