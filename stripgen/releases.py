"""From finished papers to their entry in the register."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stripgen.checking.release_rules import find_earlier_releases, find_release_problems, find_strips_over
from stripgen.domain.enclosure import MadeWith, PrintingFile, read_enclosed_printing
from stripgen.domain.fields import shown
from stripgen.domain.plan import Plan, Strip
from stripgen.domain.release import Entry, Release, Signing
from stripgen.errors import AnswerInvalid, KeyOfAnother, OrderError, Problem, ReleaseRefused
from stripgen.files import load_formulary
from stripgen.files.register import forget_proposed_key, keep_key, make_private_file, propose_key
from stripgen.orders import asked_in
from stripgen.papers import pouch_label_pdf
from stripgen.planning.dating import date_plan
from stripgen.register.chain import Kept
from stripgen.register.patients import key_id, mark_patient
from stripgen.register.releasing import release_of
from stripgen.register.store import Written, append, entries_of
from stripgen.registers import Register, key_of, read_sound
from stripgen.rendering.refusals import refuse_blocked, refuse_draft
from stripgen.rendering.words import Words
from stripgen.verifying.open_pdf import OpenPdf
from stripgen.verifying.papers import Paper


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
    begun = read_sound(register)
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
        key = propose_key(register.key_path) if begun is None else key_of(register, begun)
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
        return write(read_sound(register))
    keep_key(register.key_path)
    return written


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
        what = f"the labels of the pouches are in none of these papers; give {name}, too, which has them"
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
