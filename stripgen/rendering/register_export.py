"""The whole register as JSON and as CSV; in JSON alone with a patient's name, where the register keeps it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from stripgen.domain.quantity import plain
from stripgen.domain.release import Entry, ReleasedPouch
from stripgen.rendering.register_text import counted

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
