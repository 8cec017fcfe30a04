r"""The chain of entries: how an entry is hashed, and where a chain was tampered with.

For a program that checks an export by itself:

- An entry is a JSON object; its hash is the SHA-256, in lower-case hexadecimal, of its canonical form in UTF-8. The
  canonical form is that of RFC 8785: keys sorted, no blanks, only `"`, `\` and control characters escaped. All numbers
  are whole; amounts and dates are strings.
- `number` counts from 1 without a gap. `previous` is the hash of the entry before; that of entry 1 is the hash of the
  register's head, canonical likewise.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it stands in the database.

    Attributes:
        family: Id of the first version of its plan; taken from the content, for quick search.
        content: Its canonical JSON.
        hash: Of the content.
    """

    number: int
    family: str
    content: str
    hash: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that a register holds.

    Attributes:
        head: What tells this register from others, as JSON holds it.
        rows: The entries in the order of their numbers.
        receipts: The hash of each entry by its number, kept a second time: what only deletes entries leaves them.
    """

    head: Mapping[str, Any]
    rows: tuple[Row, ...]
    receipts: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold.

    Attributes:
        number: Of the entry.
        what: What became of it.
    """

    number: int
    what: str


def canonical(value: Mapping[str, Any]) -> str:
    """Return the one form of a JSON object that is hashed.

    >>> canonical({"b": [1, "é"], "a": None})
    '{"a":null,"b":[1,"é"]}'

    Source: RFC 8785, for objects with ASCII keys and whole numbers.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(value: Mapping[str, Any]) -> str:
    """Return the hash of an entry, or of a register's head."""
    return hash_text(canonical(value))


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_break(kept: Kept, seen: Row | None = None) -> Break | None:
    """Return the first entry that was edited, deleted, inserted or moved, or None where the chain holds.

    Who edits an entry and then computes its hash, the hash of all entries after it and their second copies anew, is
    found only by a receipt from before: see `find_receipt`.

    Args:
        kept: The register; its entries from `seen` on, where that is given.
        seen: An entry up to which, with it, the chain was found to hold a moment ago; only what follows is looked at.
    """
    if seen is not None and (not kept.rows or kept.rows[0] != seen):
        return Break(seen.number, "was changed or deleted while this release was under way")
    if seen is None and not kept.rows and not kept.receipts:
        return Break(1, "was deleted: a register is begun with an entry, and this one has none")
    previous, first = (hash_of(kept.head), 1) if seen is None else (seen.hash, seen.number + 1)
    for number, row in enumerate(kept.rows if seen is None else kept.rows[1:], start=first):
        what = _what_became_of(row, number, previous, kept.receipts)
        if what:
            return Break(min(number, max(row.number, 1)), what)
        previous = row.hash
    after = kept.rows[-1].number + 1 if kept.rows else 1
    if any(number >= after for number in kept.receipts):
        last = max(kept.receipts)
        what = "was deleted" if last == after else f"and all after it, up to {last}, were deleted"
        return Break(after, what)
    return None


def _what_became_of(row: Row, number: int, previous: str, receipts: Mapping[int, str]) -> str:  # noqa: PLR0911 - a list of what can have happened
    if row.number > number:
        return "was deleted"
    if row.number < number:
        return f"was inserted: entries are numbered from 1, and this one {row.number}"
    content = _parsed(row.content)
    if hash_text(row.content) != row.hash or content is None or canonical(content) != row.content:
        return "was edited: it is not what its hash was made of"
    if content.get("number") != number:
        return f"was put in another's place: it was written as entry {content.get('number')}"
    if _family_in(content) != row.family:
        return "was edited: its plan is not the one beside it"
    if content.get("previous") != previous:
        return "does not follow what stands before it: it was inserted, or those before it were replaced"
    if number not in receipts:
        return "was inserted, or the second copy of its hash was deleted"
    if receipts[number] != row.hash:
        return "was edited and hashed anew: the second copy of its hash is another"
    return ""


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _family_in(content: Mapping[str, Any]) -> object:
    plan = content.get("plan")
    if not isinstance(plan, dict):
        return None
    earlier = plan.get("earlier")
    return earlier[0] if isinstance(earlier, list) and earlier else plan.get("id")


def find_receipt(rows: Sequence[Row], receipt: str) -> Row | None:
    """Return the entry that a receipt was given for, or None where there is none (any more).

    Args:
        rows: The entries.
        receipt: `17-` and the first 32 digits of the entry's hash, or such digits alone.
    """
    number, _, digits = receipt.rpartition("-")
    return next(
        (row for row in rows if row.hash.startswith(digits) and number in {"", str(row.number)}),
        None,
    )


def receipt_of(number: int, entry_hash: str) -> str:
    """Return what is printed when an entry was written: it shows later that the register still holds it.

    >>> receipt_of(17, "0123456789abcdef" * 4)
    '17-0123456789abcdef0123456789abcdef'
    """
    return f"{number}-{entry_hash[:32]}"
