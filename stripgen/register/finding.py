"""What the register answers: who got a lot, what a patient got, what became of a pouch."""

import unicodedata
from collections.abc import Iterator, Sequence

from stripgen.domain.code import ScannedCode, pouch_code
from stripgen.domain.quantity import plain
from stripgen.domain.release import Entry, HandedOut, Happening, PouchHistory, ReleasedPouch, ReturnedPouch


def find_lot(entries: Sequence[Entry], lot: str) -> list[HandedOut]:
    """Return every pouch that was, or may have been, filled from a lot, or is of that lot itself.

    Args:
        entries: The whole register.
        lot: Small letters and blanks do not matter.
    """
    sought, called_back = _as_lot(lot), _called_back(entries)
    return [
        HandedOut(entry, strip.strip, pouch, called_back.get(pouch.code), holds)
        for entry in entries
        for strip in entry.strips
        for pouch in strip.pouches
        for holds in _held(entry, pouch, sought)
    ]


def _held(entry: Entry, pouch: ReleasedPouch, sought: str) -> Iterator[tuple[str, ...]]:
    """Yield once, and only where the pouch has to do with the lot, which of its strengths are of it."""
    strengths = [
        plain(unit.strength_mg)
        for unit in pouch.units
        if any(
            _as_lot(lot.lot) == sought and lot.strength_mg in (None, unit.strength_mg) for lot in entry.lots_of(pouch)
        )
    ]
    if strengths or (entry.pouch_lot is not None and _as_lot(entry.pouch_lot) == sought):
        yield tuple(dict.fromkeys(strengths))


def _as_lot(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _called_back(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the first entry that calls back each pouch, by its code."""
    found: dict[str, Entry] = {}
    for entry in entries:
        for pouch in entry.take_back:
            found.setdefault(pouch.code, entry)
    return found


def find_patient(entries: Sequence[Entry], marks: frozenset[str]) -> list[Entry]:
    """Return the entries of whoever has one of these marks; several patients may."""
    return [entry for entry in entries if marks.intersection(entry.patient.found_by)]


def find_plan(entries: Sequence[Entry], plan_id: str) -> list[Entry]:
    """Return the entries of a plan, of the versions before it and of those that replace it.

    Args:
        entries: The whole register.
        plan_id: As printed; hyphen and capital letters do not matter.
    """
    sought = _as_id(plan_id)
    families = {entry.plan.family for entry in entries if sought in map(_as_id, (entry.plan.id, *entry.plan.earlier))}
    return [entry for entry in entries if entry.plan.family in families]


def _as_id(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def history_of(entries: Sequence[Entry], scanned: ScannedCode) -> PouchHistory:
    """Return what became of the pouch with a code.

    Args:
        entries: The whole register.
        scanned: The code, plain or GS1.
    """
    code = pouch_code(scanned.plan_id, scanned.strip, scanned.day)
    released = [(entry, pouch) for entry in entries for pouch in entry.pouches if pouch.code == code]
    called = [(entry, pouch) for entry in entries for pouch in entry.take_back if pouch.code == code]
    happenings = [Happening("called back", entry.time, entry) for entry, _ in called]
    if released:
        happenings += [
            Happening("released again" if number else "released", entry.time, entry)
            for number, (entry, _) in enumerate(released)
        ]
        happenings += [
            Happening("kept", entry.time, entry)
            for entry in entries
            if scanned.plan_id in entry.plan.earlier and not any(entry.number >= other.number for other, _ in called)
        ]
    happenings.sort(key=lambda happening: happening.on)
    if released:
        first = released[0][0]
        happenings.insert(0, Happening("made", first.plan.issued_on.isoformat(), first))
    known: list[ReleasedPouch | ReturnedPouch] = [*(pouch for _, pouch in released), *(pouch for _, pouch in called)]
    return PouchHistory(
        code=code,
        pouch=known[0] if known else None,
        released=released[0][0] if released else None,
        called_back=called[0][0] if called else None,
        happenings=tuple(happenings),
    )
