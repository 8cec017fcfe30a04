"""Whether strips may be handed out: what stands against it, each with its remedy, all at once."""

import datetime as dt
from collections.abc import Iterator, Sequence

from stripgen.domain.person_name import is_same_person
from stripgen.domain.plan import Plan, Strip
from stripgen.domain.release import Entry
from stripgen.errors import Problem


def find_release_problems(
    plan: Plan, strips: Sequence[Strip], released_by: str, checked_by: str, today: dt.date
) -> list[Problem]:
    """Return what stands against releasing strips, as far as their plan and the day of release tell.

    Drafts and blocked findings are refused as everywhere: see `rendering.refusals`.

    Args:
        plan: Read from its papers, with the dates that they say.
        strips: Those that are to be released.
        released_by: Who prepares.
        checked_by: Who checks.
        today: The day of release.
    """
    return [
        *_same_person(released_by, checked_by),
        *_dates_to_come(plan, today),
        *_expired_lots(plan, strips, today),
        *_expired_pouches(strips, today),
        *_late_pouches(strips),
    ]


def _same_person(released_by: str, checked_by: str) -> Iterator[Problem]:
    if is_same_person(released_by, checked_by):
        yield Problem("--checked-by", "is the same person as --by; a second person has to check what is released")


def _dates_to_come(plan: Plan, today: dt.date) -> Iterator[Problem]:
    """Yield what is said to have been done, and cannot have been yet."""
    made_on, approval = plan.order.dispensing.made_on, plan.order.approval
    if made_on is not None and made_on > today:
        what = f"the pouches are made on {made_on}, after today ({today})"
        remedy = "release them from that day on, or correct the date and make the papers again"
        yield Problem("dispensing.made_on", f"{what}; {remedy}")
    if plan.issued_on > today:
        what = f"the papers are issued on {plan.issued_on}, after today ({today})"
        remedy = "release them from that day on, or make them again with --issued-on"
        yield Problem("issued_on", f"{what}; {remedy}")
    if approval is not None and approval.approved_on > today:
        what = f"the plan is approved on {approval.approved_on}, after today ({today})"
        remedy = "ask the prescriber for the right date, and make the papers again with it"
        yield Problem("approval.approved_on", f"{what}; {remedy}")


def _expired_lots(plan: Plan, strips: Sequence[Strip], today: dt.date) -> Iterator[Problem]:
    days = [day for strip in strips for day in strip.days]
    remedy = "fill the pouches from another lot, give it as [[batch]] and make the papers again"
    for batch in plan.order.batch:
        expires = batch.expires_on
        taken = [
            day.date for day in days if any(batch in plan.order.batches_of(unit.strength_mg) for unit in day.units)
        ]
        if expires is None or not taken:
            continue
        if expires < today:
            yield Problem(f"lot {batch.lot}", f"expired on {expires}, before today ({today}); {remedy}")
        elif expires < max(taken):
            late = sum(date > expires for date in taken)
            what = f"expires on {expires}, before {_pouches(late)} taken (the last on {max(taken)})"
            yield Problem(f"lot {batch.lot}", f"{what}; {remedy}")


def _expired_pouches(strips: Sequence[Strip], today: dt.date) -> Iterator[Problem]:
    for strip in strips:
        use_by = strip.beyond_use.date
        if use_by is not None and use_by < today:
            what = f"was to be used by {use_by}, before today ({today})"
            remedy = "fill its pouches anew, give the day as dispensing.made_on and make the papers again"
            yield Problem(f"strip {strip.number}", f"{what}; {remedy}")


def _late_pouches(strips: Sequence[Strip]) -> Iterator[Problem]:
    for strip in strips:
        use_by = strip.beyond_use.date
        late = [day for day in strip.days if use_by is not None and day.date > use_by]
        if late:
            first, last = late[0], late[-1]
            which = f"day {first.day}" if first is last else f"days {first.day} to {last.day}"
            what = f"is to be used by {use_by}, before the date of {which}; make this strip later, or with another lot"
            yield Problem(f"strip {strip.number}", what)


def _pouches(count: int) -> str:
    return "1 pouch is" if count == 1 else f"{count} pouches are"


def find_strips_over(strips: Sequence[Strip], again: str | None, today: dt.date) -> list[Problem]:
    """Return which strips there is nothing left of to hand out; a reprint of one may still be recorded.

    Args:
        strips: Those that are to be released.
        again: Why strips are released once more, if they are.
        today: The day of release.
    """
    if again is not None:
        return []
    return [
        Problem(
            f"strip {strip.number}",
            f"its last pouch was to be taken on {strip.last_date}, before today ({today}): nothing is left to hand "
            "out; name those to come with --strip, or plan the days to come with stripgen amend",
        )
        for strip in strips
        if strip.last_date < today
    ]


def find_earlier_releases(
    plan: Plan, strips: Sequence[Strip], entries: Sequence[Entry], again: str | None
) -> list[Problem]:
    """Return what stands against releasing strips, as far as the register tells.

    Args:
        plan: Read from its papers.
        strips: Those that are to be released.
        entries: The register's entries of this plan and its other versions.
        again: Why strips are released once more, if they are.
    """
    return [*_called_back(strips, entries), *_released_before(plan, strips, entries, again)]


def _called_back(strips: Sequence[Strip], entries: Sequence[Entry]) -> Iterator[Problem]:
    """Yield each strip with pouches that a later version called back: nobody must get them any more."""
    for strip in strips:
        codes = {day.code for day in strip.days}
        for entry in entries:
            if any(pouch.code in codes for pouch in entry.take_back):
                what = (
                    f"has pouches that version {entry.plan.version} of the plan calls back ({entry.plan.id}, "
                    f"entry {entry.number}); release the strips of that version"
                )
                yield Problem(f"strip {strip.number}", what)
                break


def _released_before(
    plan: Plan, strips: Sequence[Strip], entries: Sequence[Entry], again: str | None
) -> Iterator[Problem]:
    before = {
        number: entry
        for entry in reversed(entries)
        if entry.plan.hash == plan.plan_hash
        for number in entry.strip_numbers
    }
    twice = [strip.number for strip in strips if strip.number in before]
    if again is None:
        for number, entry in {before[number].number: before[number] for number in twice}.items():
            named = ", ".join(str(strip) for strip in twice if before[strip].number == number)
            what = (
                f"was released on {entry.time[:10]} by {entry.people.released_by} (entry {number}); "
                "a reprint that takes its place is recorded with --again REASON"
            )
            yield Problem(f"strip {named}", what)
    elif len(twice) < len(strips):
        new = ", ".join(str(strip.number) for strip in strips if strip.number not in before)
        yield Problem("--again", f"is for strips released before, and strip {new} was not; release it without --again")
