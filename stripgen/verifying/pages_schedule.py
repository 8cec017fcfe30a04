"""Compares the schedules: a row a pouch, and what each strip takes."""

from collections.abc import Iterator, Sequence

from stripgen.verifying.expected import ExpectedDay
from stripgen.verifying.pages_findings import Findings, PageDue, rows_of
from stripgen.verifying.pages_wording import name_medicine_and_taper, name_patient, rises
from stripgen.verifying.phrases import Voice
from stripgen.verifying.promise import Promise, Roll
from stripgen.verifying.reading import ReadPage


class SchedulePages:
    """The schedule of each strip to make."""

    def __init__(self, promise: Promise, found: Findings) -> None:
        """Take what is to be compared with what, and where to tell what differs."""
        self._promise = promise
        self._found = found

    def due(self) -> Iterator[PageDue]:
        """Yield the pages that are due."""
        voice = self._promise.pharmacy_voice
        for roll in self._promise.rolls_to_make:
            heading = voice.say("schedule.title", strip=self._promise.name_roll(roll, voice))
            yield PageDue(heading, voice, lambda page, roll=roll: self._schedule(page, roll))  # type: ignore[misc]

    def _schedule(self, page: ReadPage, roll: Roll) -> None:
        promise, voice = self._promise, self._promise.pharmacy_voice
        self._found.counted["strip"] += 1
        self._found.tell_lacking(
            page,
            [
                name_patient(self._promise, voice),
                name_medicine_and_taper(self._promise, voice),
                f"{self._takes(roll, voice)} {self._made_of(roll, voice)}",  # together: a row may say the latter too
            ],
        )
        rows = rows_of(page, len(roll.days))
        if len(rows) < len(roll.days):
            self._found.tell(f"page {page.number}", f"has {len(rows)} rows; the plan has {len(roll.days)}")
        for day, row in zip(roll.days, rows, strict=False):
            self._found.counted["row of the schedule"] += 1
            self._row(page, day, row, voice)
        if roll is promise.rolls[-1]:
            self._end_of_schedule(page, voice)

    def _takes(self, roll: Roll, voice: Voice) -> str:
        return voice.say(
            "schedule.takes",
            strip=roll.number,
            pouches=len(roll.days),
            units=sum(unit.count for unit in roll.units),
            total=sum(day.dose_mg for day in roll.days),
        )

    def _made_of(self, roll: Roll, voice: Voice) -> str:
        solution = self._promise.order.compounding.solution
        if solution is None:
            return voice.composition(roll.units, self._promise.order)
        n_syringes = sum(unit.count for unit in roll.units)
        volume = sum(day.volume_ml or 0 for day in roll.days)
        return voice.say(
            "schedule.syringes",
            n=n_syringes,
            syringes=voice.syringes(n_syringes),
            volume=volume,
            concentration=solution.mg_per_ml,
        )

    def _row(self, page: ReadPage, day: ExpectedDay, row: Sequence[str], voice: Voice) -> None:
        told = [voice.composition(day.units, self._promise.order), self._remark(day, voice)]
        due = [
            {str(day.pouch)},
            {str(day.day)},
            {voice.date(day.date)},
            {voice.number(day.dose_mg)},
            {" · ".join(filter(None, told))},
            *self._figures(day, voice),
        ]
        self._found.compare_cells(f"page {page.number}, day {day.day}", row, due)

    def _remark(self, day: ExpectedDay, voice: Voice) -> str:
        if rises(day):
            return voice.say("schedule.higher")
        return voice.say("schedule.hold") if day.held else ""

    def _figures(self, day: ExpectedDay, voice: Voice) -> list[set[str]]:
        if day.occupancy_percent is None or day.drop_points is None:
            return [{voice.number(day.drop_mg)}]
        return [voice.either(day.occupancy_percent, 1), voice.either(day.drop_points, 2)]

    def _end_of_schedule(self, page: ReadPage, voice: Voice) -> None:
        promise, last = self._promise, self._promise.expected.days[-1]
        if promise.stops:
            self._found.tell_lacking(page, [f"{voice.date(promise.stop_date)} {voice.say('schedule.stop')}"])
        else:
            self._found.tell_lacking(page, [voice.say("schedule.ends", dose=last.dose_mg)])
