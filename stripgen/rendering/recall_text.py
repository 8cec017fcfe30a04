"""What the register answers of a lot and of a pouch, as text for a terminal; no patient's name."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from stripgen.domain.quantity import plain
from stripgen.domain.release import (
    Entry,
    HandedOut,
    Happening,
    PerhapsHandedOut,
    PouchEvent,
    PouchHistory,
    ReleasedPouch,
)
from stripgen.rendering.columns import aligned
from stripgen.rendering.register_text import by_whom, count, counted, in_mg, minute

_DATE_LENGTH = len("2026-11-23")


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
                count(some.n_pouches, "pouch", "pouches"),
                "the solution" if some.entry.is_solution else in_mg(some.strengths_mg),
            )
            for some in perhaps
        ]
        yield aligned(rows)


def _of_lot(found: Sequence[HandedOut], lot: str) -> list[str]:
    if not found:
        return [f"no pouch with lot {lot}"]
    lines = []
    spellings = tuple(dict.fromkeys(spelled for out in found for spelled in out.spelled))
    for (number, strip), group in groupby(found, key=lambda out: (out.entry.number, out.strip)):
        pouches = list(group)
        entry = pouches[0].entry
        lines.append(
            f"plan {entry.plan.id} v{entry.plan.version} strip {strip}, {entry.drug}: {entry.kind} of "
            f"{minute(entry.time)} {by_whom(entry)} (entry {number})"
        )
        rows = [
            (
                f"  day {out.pouch.day}",
                str(out.pouch.date),
                f"{plain(out.pouch.dose_mg)} mg",
                _what_of_lot(out) + (f" (lot {', '.join(out.spelled)})" if len(spellings) > 1 else ""),
                out.pouch.code,
                f"called back by {out.replaced_by.plan.id}" if out.replaced_by else "",
            )
            for out in pouches
        ]
        lines.append(aligned(rows))
    registered = "" if spellings == (lot.strip(),) else f" (in the register {', '.join(spellings)})"
    return [*lines, f"lot {lot}{registered}: {_in_all(found)}"]


def _in_all(found: Sequence[HandedOut]) -> str:
    """Return how many patients, strips and pouches there are, each counted once."""
    patients = len({out.entry.patient.whole for out in found})
    strips = len({(out.entry.plan.hash, out.strip) for out in found})
    codes = len({out.pouch.code for out in found})
    told = count(patients, "patient", "patients"), count(strips, "strip", "strips"), count(codes, "pouch", "pouches")
    return ", ".join(told)


def _what_of_lot(out: HandedOut) -> str:
    """Return what of a pouch is of the lot that was looked for."""
    if out.entry.is_solution and (out.holds or out.made_of):
        return "of it the solution" if out.holds else "made of it: the solution"
    told = [
        *([f"of it {in_mg(out.holds)} units"] if out.holds else []),
        *([f"made of it: {in_mg(out.made_of)} units"] if out.made_of else []),
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
        made = in_mg(unit.strength_mg for unit in pouch.units if unit.strength_mg not in lot.not_in_mg)
        yield lot.ingredient, f"lot {lot.lot}, {lot.name}" + ("" if entry.is_solution else f", in {made} units")


_EVENTS: Mapping[PouchEvent, str] = {"released again": "reprinted"}


def _happening(happening: Happening) -> tuple[str, str, str]:
    event = happening.event
    when = happening.on if len(happening.on) == _DATE_LENGTH else minute(happening.on)
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
            told = f"{by_whom(entry)} (entry {entry.number})" + (f": {entry.again}" if entry.again else "")
        case "kept" | "called back":
            version = f"by version {entry.plan.version}, {entry.plan.id}"
            told = f"{version}, released by {people.released_by} (entry {entry.number})"
    return told
