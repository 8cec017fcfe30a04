"""Compares the patient's pages: the calendars, in large print the diaries too, and what to do about a missed pouch."""

from collections.abc import Iterator, Sequence

from stripgen.verifying.expected import ExpectedDay
from stripgen.verifying.pages_findings import Findings, PageDue, rows_of
from stripgen.verifying.pages_labels import BLANK
from stripgen.verifying.pages_wording import name_patient, rises
from stripgen.verifying.phrases import Voice
from stripgen.verifying.promise import Promise, Roll
from stripgen.verifying.reading import ReadPage, squeeze


class PatientPages:
    """The pages that the patient keeps."""

    def __init__(self, promise: Promise, pages: Sequence[ReadPage], found: Findings) -> None:
        """Take what is to be compared with what, and where to tell what differs."""
        self._promise = promise
        self._pages = pages
        self._found = found

    def due(self) -> Iterator[PageDue]:
        """Yield the pages that are due."""
        if not self._promise.printing.patient_pages.large_print:
            voice = self._promise.patient_voice
            for roll in self._promise.rolls_to_make:
                heading = voice.say("patient.calendar", strip=self._promise.name_roll(roll, voice))
                yield PageDue(heading, voice, lambda page, roll=roll: self._calendar(page, roll.days, roll))  # type: ignore[misc]
            return
        yield from self._large_pages()

    def _large_pages(self) -> Iterator[PageDue]:
        """Yield the pages in large print: how many a strip has is seen from their headings."""
        voice = self._promise.patient_voice
        for roll in self._promise.rolls_to_make:
            named = self._promise.name_roll(roll, voice)
            calendar, diary, advice = (
                voice.say(f"patient.{name}", strip=named) for name in ("calendar", "diary", "what_to_do")
            )
            for first, page_days in self._shares(roll, calendar):
                heading = calendar if first == 0 else voice.say("patient.calendar_continued", strip=named)
                yield PageDue(
                    heading,
                    voice,
                    lambda page, days=page_days, roll=roll: self._calendar(page, days, roll),  # type: ignore[misc]
                )
            yield PageDue(advice, voice, self._what_to_do)
            for first, page_days in self._shares(roll, diary):
                heading = diary if first == 0 else voice.say("patient.diary_continued", strip=named)
                yield PageDue(heading, voice, lambda page, days=page_days: self._diary(page, days))  # type: ignore[misc]

    def _shares(self, roll: Roll, heading: str) -> list[tuple[int, tuple[ExpectedDay, ...]]]:
        """Return the days of each page of a calendar: as even as can be, on as many pages as are headed so."""
        squeezed = squeeze(heading)
        n_pages = max(sum(page.flow.startswith(squeezed) for page in self._pages), 1)
        size = -(-len(roll.days) // n_pages)
        return [(first, roll.days[first : first + size]) for first in range(0, len(roll.days), size)]

    def _calendar(self, page: ReadPage, days: Sequence[ExpectedDay], roll: Roll) -> None:
        promise, voice = self._promise, self._promise.patient_voice
        is_first, is_last = days[0] is roll.days[0], days[-1] is roll.days[-1]
        self._found.tell_lacking(page, [self._whose(voice), self._call(voice)])
        if is_first:
            self._found.tell_lacking(page, self._notes(roll, voice))
        if is_last:
            self._found.tell_lacking(page, [self._what_follows(roll, voice)])
        if not promise.printing.patient_pages.large_print:
            self._found.tell_lacking(page, self._advice(voice))
        rows = rows_of(page, len(days), leave_out=squeeze(voice.say("patient.higher")))
        due = [
            [
                {voice.date(day.date)},
                {str(day.day)},
                {voice.amount(day.dose_mg)},
                *([{voice.amount(day.volume_ml, "mL")}] if day.volume_ml is not None else []),
            ]
            for day in days
        ]
        self._compare_rows(page, days, rows, due)
        n_rises = sum(map(rises, days))
        told = sum(squeeze(text.text) == squeeze(voice.say("patient.higher")) for text in page.upright)
        if n_rises != told:
            self._found.tell(
                f"page {page.number}", f"says {told} times that a dose is higher; the plan {n_rises} times"
            )

    def _compare_rows(
        self,
        page: ReadPage,
        days: Sequence[ExpectedDay],
        rows: Sequence[Sequence[str]],
        due: Sequence[Sequence[set[str]]],
    ) -> None:
        if len(rows) != len(days):
            self._found.tell(f"page {page.number}", f"has {len(rows)} rows; the plan has {len(days)}")
        for day, row, cells in zip(days, rows, due, strict=False):
            self._found.counted["row of the patient's pages"] += 1
            self._found.compare_cells(f"page {page.number}, day {day.day}", row, cells)

    def _diary(self, page: ReadPage, days: Sequence[ExpectedDay]) -> None:
        voice = self._promise.patient_voice
        self._found.tell_lacking(page, [self._whose(voice)])
        self._compare_rows(page, days, rows_of(page, len(days)), [[{voice.date(day.date)}] for day in days])

    def _what_to_do(self, page: ReadPage) -> None:
        voice = self._promise.patient_voice
        self._found.tell_lacking(
            page, [self._whose(voice), self._call(voice), *(said for _, said in self._said(voice))]
        )

    def _notes(self, roll: Roll, voice: Voice) -> Iterator[str]:
        medication, taken = self._promise.order.medication, self._promise.expected.take_back
        if roll.is_hold:
            yield voice.say("patient.how_on_hold", dose=voice.pouch_dose(roll.days[0]))
        if taken and roll is self._promise.rolls_to_make[0]:
            yield voice.say("patient.replaces", date=taken[0].date, day=taken[0].day, pouches=len(taken))
        for day in roll.days:
            if rises(day):
                yield voice.say("patient.rises", date=day.date, dose=voice.pouch_dose(day))
        if medication.directions:
            yield voice.say("label.directions", value=medication.directions)
        if medication.precautions:
            yield voice.say("label.precautions", value=medication.precautions)

    def _what_follows(self, roll: Roll, voice: Voice) -> str:
        promise = self._promise
        following = next((later for later in promise.rolls if later.number > roll.number), None)
        if following:
            return voice.say("patient.strip_follows", strip=following.number, date=following.days[0].date)
        last = roll.days[-1]
        if promise.stops:
            return voice.say("patient.stops", last=last.date, stop=promise.stop_date)
        return voice.say("patient.ends", dose=last.dose_mg, date=last.date)

    def _people(self, voice: Voice) -> dict[str, str]:
        order = self._promise.order
        return {
            "pharmacy": order.pharmacy.name or voice.say("patient.the_pharmacy", line=BLANK),
            "phone": order.pharmacy.phone or BLANK,
            "prescriber": order.prescriber.name or voice.say("patient.the_prescriber", line=BLANK),
        }

    def _whose(self, voice: Voice) -> str:
        """Return whom a page is for, and which medicine it is about."""
        patient = name_patient(self._promise, voice)
        return voice.say("patient.whose", patient=patient, medicine=voice.medicine(self._promise.order))

    def _call(self, voice: Voice) -> str:
        people = self._people(voice)
        return voice.say("patient.call", pharmacy=people["pharmacy"], phone=people["phone"])

    def _said(self, voice: Voice) -> Iterator[tuple[str, str]]:
        text = self._promise.printing.patient_pages.text
        people = self._people(voice)
        yield voice.say("patient.missed"), text.missed.format(**people)
        yield voice.say("patient.hard"), text.hard.format(**people)

    def _advice(self, voice: Voice) -> Iterator[str]:
        for heading, said in self._said(voice):
            yield voice.say("patient.advice", heading=heading, said=said)
