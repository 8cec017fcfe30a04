"""What the register answers: who got a lot, what a patient got, what became of a pouch."""

import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal

from stripgen.domain.code import ScannedCode, pouch_code
from stripgen.domain.person_name import plain_letters
from stripgen.domain.release import (
    Entry,
    HandedOut,
    Happening,
    PerhapsHandedOut,
    PouchHistory,
    ReleasedPouch,
    ReturnedPouch,
)


def find_lot(entries: Sequence[Entry], lot: str) -> list[HandedOut]:
    """Return every pouch filled from a lot as far as lots are registered, made of it, or of that lot itself.

    Args:
        entries: The whole register.
        lot: Letters and digits count; small letters, accents, blanks, dashes and other signs do not.
    """
    sought, called_back = _as_lot(lot), _called_back(entries)
    return [
        HandedOut(entry, strip.strip, pouch, called_back.get(pouch.code), *holds)
        for entry in entries
        for strip in entry.strips
        for pouch in strip.pouches
        for holds in _held(entry, pouch, sought)
    ]


_Strengths = tuple[Decimal, ...]


def _held(entry: Entry, pouch: ReleasedPouch, sought: str) -> Iterator[tuple[_Strengths, _Strengths, tuple[str, ...]]]:
    """Yield once, and only where the pouch has to do with the lot, which of its strengths are, or are made, of it.

    After them the lot as the register has it: more than one where that spells it in more than one way.
    """
    strengths = list(dict.fromkeys(unit.strength_mg for unit in pouch.units))
    lots = [lot for lot in entry.lots if _as_lot(lot.lot) == sought]
    ingredients = [lot for lot in entry.ingredient_lots if _as_lot(lot.lot) == sought]
    holds = tuple(mg for mg in strengths if any(lot.strength_mg in (None, mg) for lot in lots))
    made_of = tuple(mg for mg in strengths if any(mg not in lot.not_in_mg for lot in ingredients))
    own = [entry.pouch_lot] if entry.pouch_lot is not None and _as_lot(entry.pouch_lot) == sought else []
    if holds or made_of or own:
        spelled = [lot.lot for lot in lots if lot.strength_mg in (None, *holds)]
        spelled += [lot.lot for lot in ingredients if not set(made_of) <= set(lot.not_in_mg)]
        yield holds, made_of, tuple(dict.fromkeys([*spelled, *own]))


def find_without_lot(entries: Sequence[Entry], found: Sequence[HandedOut]) -> list[PerhapsHandedOut]:
    """Return the pouches that may be filled from a lot, too: of a strength in them no lot is registered.

    Args:
        entries: The whole register.
        found: Those that the register has as filled from it: see `find_lot`.
    """
    listed = {(out.entry.number, out.pouch.code) for out in found}
    return [
        PerhapsHandedOut(entry, strip.strip, len(pouches), entry.strengths_without_lot(pouches))
        for entry in entries
        for strip in entry.strips
        if (
            pouches := [
                pouch
                for pouch in strip.pouches
                if (entry.number, pouch.code) not in listed and entry.strengths_without_lot([pouch])
            ]
        )
    ]


def n_called_back(entry: Entry, entries: Sequence[Entry]) -> int:
    """Return how many of the pouches that an entry calls back had been released.

    Args:
        entry: The one that calls back.
        entries: Those of its plan and of other versions, at least.
    """
    released = {pouch.code for before in entries if before.number < entry.number for pouch in before.pouches}
    return len({pouch.code for pouch in entry.take_back} & released)


def _as_lot(text: str) -> str:
    """Return what a lot is known by, however it is typed or read over the telephone.

    >>> _as_lot("C\N{NON-BREAKING HYPHEN}05") == _as_lot("c 05")
    True
    """
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return "".join(filter(str.isalnum, plain_letters(folded))) or folded  # of nothing but signs, those count


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
        happenings[:0] = _before_release(released[0][0])
    known: list[ReleasedPouch | ReturnedPouch] = [*(pouch for _, pouch in released), *(pouch for _, pouch in called)]
    return PouchHistory(
        code=code,
        pouch=known[0] if known else None,
        released=released[0][0] if released else None,
        called_back=called[0][0] if called else None,
        happenings=tuple(happenings),
    )


def _before_release(entry: Entry) -> Iterator[Happening]:
    """Yield what a release says of the time before it: approved and issued on which day, and made, if that is known."""
    if entry.people.approved_on is not None:
        yield Happening("approved", entry.people.approved_on.isoformat(), entry)
    yield Happening("papers issued", entry.plan.issued_on.isoformat(), entry)
    if entry.made_on is not None:
        yield Happening("made", entry.made_on.isoformat(), entry)
