"""From finished papers to their entry in the register, and from the register to answers."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stripgen.answers.values import raw_date
from stripgen.checking.release_rules import find_earlier_releases, find_release_problems, find_strips_over
from stripgen.domain.enclosure import MadeWith, PrintingFile, read_enclosed_printing
from stripgen.domain.fields import shown
from stripgen.domain.plan import Plan, Strip
from stripgen.domain.release import Entry, Release, Signing
from stripgen.errors import (
    AnswerInvalid,
    KeyOfAnother,
    OrderError,
    Problem,
    RegisterBroken,
    RegisterUnusable,
    ReleaseRefused,
)
from stripgen.files import load_formulary
from stripgen.files.register import (
    forget_proposed_key,
    is_there,
    keep_key,
    load_key,
    make_private_file,
    propose_key,
)
from stripgen.orders import asked_in
from stripgen.papers import pouch_label_pdf
from stripgen.planning.dating import date_plan
from stripgen.register.chain import Break, Kept, Row, find_break, find_receipt, receipt_of
from stripgen.register.connecting import WHERE, Place, path_typed, place_of
from stripgen.register.patients import key_id, mark_patient, marks_sought
from stripgen.register.releasing import release_of
from stripgen.register.store import (
    OTHER_KEY,
    Written,
    append,
    entries_of,
    fault_of,
    read_begun,
    read_entry,
    refuse_broken,
)
from stripgen.rendering.refusals import refuse_blocked, refuse_draft
from stripgen.rendering.words import Words
from stripgen.verifying.open_pdf import OpenPdf
from stripgen.verifying.papers import Paper

_OWN_NAME = "stripgen-register.sqlite"
_SHORTEST_RECEIPT = 16


@dataclass(frozen=True, slots=True)
class Register:
    """Which register is meant.

    Attributes:
        place: Of its database.
        key_path: Of the file with the key that its patients are marked with.
    """

    place: Place
    key_path: Path


def register_meant(typed: str | None, typed_key: str | None, home: Path) -> Register:
    """Return which register is meant.

    Args:
        typed: A file or a URL; `stripgen-register.sqlite` in the home folder unless given, whatever folder one is in:
            a pharmacy has one register.
        typed_key: The key's file; beside the register unless given, in the home folder where that is on a server.
        home: The user's own folder.

    Raises:
        RegisterUnusable: What was typed is no place for a register.
    """
    place = place_of(typed or str(home / _OWN_NAME))
    beside = place.path or home / _OWN_NAME
    return Register(place, path_typed(typed_key) if typed_key else beside.with_name(f"{beside.name}.key"))


# --- releasing -------------------------------------------------------------------------------------------------------


def release_papers(
    papers: Sequence[Paper],
    signing: Signing,
    register: Register,
    typed_strips: Sequence[str],
    clock: Callable[[], dt.datetime],
    words: Words,
    *,
    with_names: bool,
) -> Written:
    """Write the release of some papers of one plan into the register.

    Args:
        papers: Verified: whether they say what their order comes to is not asked here.
        signing: Who releases, who checked, and why once more if it is.
        register: Where.
        typed_strips: The numbers of the strips that are released; all that the papers are about unless given.
        clock: The local time, with its zone.
        words: Of the findings.
        with_names: Whether the patient's name is registered, too.

    Raises:
        ReleaseRefused: A rule stands against it; all of them at once.
        AnswerInvalid: A strip that the papers are not about.
        RegisterBroken: The register was changed by something other than a release.
        RegisterUnusable: The register cannot be written to; nothing was recorded.
    """
    made_with = _made_with(papers)
    asked, limits = asked_in(papers[0], load_formulary()), _printing_of(papers[0]).profile.beyond_use
    plan = date_plan(asked.plan, limits)
    strips = _strips_meant(plan, papers, typed_strips)
    is_whole = len(strips) == len(plan.strips_to_make)
    judged = [plan] if is_whole else [date_plan(asked.plan, limits, strip.number) for strip in strips]
    today = clock().date()
    problems = [
        *_find_unseen_labels(plan, strips, papers),
        *dict.fromkeys(problem for each in judged for problem in _refusals(each, words)),
        *find_release_problems(plan, strips, signing.released_by, signing.checked_by, today),
        *find_strips_over(strips, signing.again, today),
    ]
    source = f"plan {plan.plan_id} is not released"
    begun = _read_sound(register)
    earlier = entries_of(begun, _family(plan), register.place) if begun else []
    problems += find_earlier_releases(plan, strips, earlier, signing.again)
    if problems:
        raise ReleaseRefused(problems, source)

    def refuse_twice(entries: Sequence[Entry]) -> None:  # once more, now that nobody else can release meanwhile
        found = find_earlier_releases(plan, strips, entries, signing.again)
        if found:
            raise ReleaseRefused(found, source)

    contents = {Path(paper.name).name: paper.content for paper in papers}
    people = (signing.released_by, signing.checked_by)

    def release_with(key: bytes) -> Release:
        patient = mark_patient(key, plan.order.patient, with_names=with_names)
        return release_of(plan, strips, contents, made_with, people, patient, signing.again)

    def write(begun: Kept | None) -> Written:
        key = propose_key(register.key_path) if begun is None else _key_of(register, begun)
        seen = begun.rows[-1] if begun else None
        return append(register.place, key_id(key), release_with(key), clock, refuse_twice, seen)

    if register.place.path is not None:
        make_private_file(register.place.path)
    if begun is not None:
        return write(begun)
    try:
        written = write(None)
    except KeyOfAnother:  # somebody else has begun it just now
        forget_proposed_key(register.key_path)
        return write(_read_sound(register))
    keep_key(register.key_path)
    return written


def _read_sound(register: Register) -> Kept | None:
    """Return what a register holds, its chain walked to the end; None where none was begun.

    Raises:
        RegisterBroken: It was changed by something other than a release.
        RegisterUnusable: It cannot be read, or there is nothing in it, though there is its key.
    """
    place = register.place
    has_key = is_there(register.key_path)  # asked first: who begins a register gives it its key after its first entry
    begun = read_begun(place, to_write=True) if place.path is None or is_there(place.path) else None
    if begun is not None:
        refuse_broken(begun, place)
    elif has_key:
        raise RegisterUnusable([Problem("", _EMPTIED.format(key=register.key_path))], str(place))
    return begun


_EMPTIED = (
    "holds no entry, but the key of a register is there ({key}): it is made with a first entry, so entries are gone; "
    f"put the register back from its backup. To begin a new register, give another with {WHERE}, or move that key away "
    "and keep it: it finds the patients of the old one"
)


def _key_of(register: Register, kept: Kept) -> bytes:
    """Return the key that a register marks its patients with.

    Raises:
        RegisterUnusable: It is missing, or another one is there.
    """

    def is_its(key: bytes) -> bool:
        return bool(key_id(key) == kept.head["key_id"])

    key = load_key(register.key_path, is_its)
    if not is_its(key):
        raise KeyOfAnother([Problem("", OTHER_KEY)], str(register.place))
    return key


def _made_with(papers: Sequence[Paper]) -> MadeWith:
    """Return what papers were made with; they must be of one plan, with the same lots, made by the same stripgen."""
    plans = [paper.name for paper in papers if paper.printing is None]
    if plans:
        what = "is a plan (JSON), which nobody takes anything by; give the papers made of it: PDF or XLSX"
        raise ReleaseRefused([Problem(name, what) for name in plans])
    first, *others = papers
    made_with = _printing_of(first).made_with
    problems = []
    for paper in others:
        if paper.plan.get("plan_hash") != first.plan.get("plan_hash"):
            problems.append(Problem(paper.name, f"is of another plan than {first.name}; release each plan apart"))
        elif paper.plan.get("order") != first.plan.get("order"):
            what = f"says other lots, dates or people than {first.name}; make them again together"
            problems.append(Problem(paper.name, what))
        elif _printing_of(paper).made_with != made_with:
            what = f"was made by another version than {first.name}; make them again together, or release them apart"
            problems.append(Problem(paper.name, what))
        elif _printing_of(paper).profile.beyond_use != _printing_of(first).profile.beyond_use:
            what = f"was printed by label rules with other use-by dates than {first.name}; make them again together"
            problems.append(Problem(paper.name, what))
    if problems:
        raise ReleaseRefused(problems)
    return made_with


def _find_unseen_labels(plan: Plan, strips: Sequence[Strip], papers: Sequence[Paper]) -> Iterator[Problem]:
    """Yield which strips have their labels in none of the papers: what nobody has looked at is not released."""
    printings = [_printing_of(paper).printing for paper in papers]
    labelled = {
        printing.strip
        for paper, printing in zip(papers, printings, strict=True)
        if paper.kind == "pdf" and _title_of(paper) == pouch_label_pdf(plan, printing).title
    }
    missing: dict[str, list[int]] = {}
    for strip in strips:
        if not labelled & {None, strip.number}:
            told = next(printing for printing in printings if printing.strip in {None, strip.number})
            missing.setdefault(pouch_label_pdf(plan, told).name, []).append(strip.number)
    for name, numbers in missing.items():
        what = f"the labels of its pouches are in none of these papers; give {name}, too, which has them"
        yield Problem(f"strip {', '.join(map(str, numbers))}", what)


def _title_of(paper: Paper) -> str:
    with OpenPdf(paper.name, paper.content) as pdf:
        return pdf.title


def _printing_of(paper: Paper) -> PrintingFile:
    return read_enclosed_printing(paper.printing or {}, paper.name)


def _strips_meant(plan: Plan, papers: Sequence[Paper], typed: Sequence[str]) -> list[Strip]:
    """Return the strips that are released.

    Raises:
        AnswerInvalid: A number is none of a strip that the papers are about.
    """
    told = {_printing_of(paper).strip for paper in papers}
    made = [strip for strip in plan.strips if not strip.kept and (None in told or strip.number in told)]
    by_number = {str(strip.number): strip for strip in made}
    unknown = [text for text in typed if text not in by_number]
    if unknown:
        allowed = f"the papers are about {'strip' if len(made) == 1 else 'strips'} {', '.join(by_number)}"
        raise AnswerInvalid([Problem("--strip", f"{shown(text)} is not one of them; {allowed}") for text in unknown])
    return [by_number[text] for text in dict.fromkeys(typed)] or made


def _refusals(plan: Plan, words: Words) -> Iterator[Problem]:
    """Yield what keeps documents of the plan from being dispensed: it is a draft, or a finding blocks it."""
    for refuse in (refuse_draft, lambda plan: refuse_blocked(plan, words)):
        try:
            refuse(plan)
        except OrderError as error:
            yield from error.problems


def _family(plan: Plan) -> str:
    amendment = plan.order.amendment
    return amendment.earlier[0] if amendment else plan.plan_id


# --- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A register as it was read.

    Attributes:
        entries: All that can be read.
        fault: Why its answers are not to be relied on; None where the chain holds.
    """

    kept: Kept
    entries: tuple[Entry, ...]
    fault: RegisterBroken | None

    def refuse_broken(self) -> None:
        """Stop if the register was tampered with; what it answers is printed before.

        Raises:
            RegisterBroken: Naming the first entry that is not as it was written.
        """
        if self.fault:
            raise self.fault

    @property
    def hashed(self) -> list[tuple[Entry, str]]:
        """The entries that can be read, each with its hash."""
        hashes = {row.number: row.hash for row in self.kept.rows}
        return [(entry, hashes[entry.number]) for entry in self.entries if entry.number in hashes]


def open_register(register: Register) -> Opened:
    """Return a register with whether its chain holds.

    Raises:
        RegisterUnusable: There is none, or it cannot be read.
    """
    place = register.place
    has_key = is_there(register.key_path)
    kept = read_begun(place)
    if kept is None:
        what = f"is empty: nothing was released into it yet; give another with {WHERE}"
        raise RegisterUnusable([Problem("", _EMPTIED.format(key=register.key_path) if has_key else what)], str(place))
    entries, unreadable = [], []
    for row in kept.rows:
        try:
            entries.append(read_entry(row, place))
        except RegisterUnusable:
            unreadable.append(row)
    broken = find_break(kept) or next((Break(row.number, "cannot be read") for row in unreadable), None)
    return Opened(kept, tuple(entries), fault_of(broken, place) if broken else None)


def entry_numbered(opened: Opened, typed: str) -> tuple[Entry, str]:
    """Return an entry and its receipt.

    Raises:
        AnswerInvalid: There is none of that number.
    """
    for entry, entry_hash in opened.hashed:
        if str(entry.number) == typed:
            return entry, receipt_of(entry.number, entry_hash)
    what = f"{shown(typed)} is no entry; the register has 1 to {len(opened.kept.rows)}"
    raise AnswerInvalid([Problem("N", what)])


def refuse_empty(asked: Mapping[str, str | None]) -> None:
    """Stop if what is looked for is nothing but blanks.

    Args:
        asked: What was typed, by option; None where it was not.

    Raises:
        AnswerInvalid: It is.
    """
    empty = [option for option, typed in asked.items() if typed is not None and not typed.strip()]
    if empty:
        raise AnswerInvalid(Problem(option, f"is empty; give {_LOOKED_FOR[option]}") for option in empty)


_LOOKED_FOR = {
    "--lot": "the lot as it is on the package or in the order",
    "--patient": "the patient's full name, or the identifier",
    "--plan": "the plan id, as every page has it",
    "--code": "the code on a pouch",
}


def marks_of(register: Register, opened: Opened, sought: str, typed_birth_date: str | None) -> frozenset[str]:
    """Return the marks of a patient who is looked for.

    Raises:
        AnswerInvalid: The birth date is not a date.
        RegisterUnusable: The key is not there, or not the register's.
    """
    born = raw_date(typed_birth_date) if typed_birth_date else None
    if typed_birth_date and born is None:
        raise AnswerInvalid([Problem("--birth-date", "is not a date, such as 1981-05-12")])
    return marks_sought(_key_of(register, opened.kept), sought, born)


def check_receipt(opened: Opened, receipt: str) -> Row:
    """Return the entry that a receipt was given for.

    Raises:
        AnswerInvalid: It has not the form of one.
        RegisterBroken: The register does not hold the entry (any more).
    """
    digits = receipt.rpartition("-")[2]
    if len(digits) < _SHORTEST_RECEIPT or not set(digits) <= set("0123456789abcdef"):
        what = f"{shown(receipt)} is no receipt, such as 17-0123456789abcdef0123456789abcdef"
        raise AnswerInvalid([Problem("--receipt", what)])
    found = find_receipt(opened.kept.rows, receipt)
    if found is None:
        what = f"{receipt} is of an entry that the register does not hold: it was deleted, or replaced"
        raise RegisterBroken([Problem("receipt", what)])
    return found


def contents_of(kept: Kept) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Yield what each entry says, as JSON holds it, and its hash."""
    return ((json.loads(row.content), row.hash) for row in kept.rows)
