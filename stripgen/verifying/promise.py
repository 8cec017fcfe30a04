"""All that the papers of one plan are held against: the plan found a second time, how it was printed, the languages."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from stripgen.domain.enclosure import PrintingFile
from stripgen.domain.order import Order
from stripgen.domain.printing import Printing, choose_languages
from stripgen.domain.wording import Language, Wording
from stripgen.verifying.expected import Expected, ExpectedDay, Pieces
from stripgen.verifying.phrases import Voice
from stripgen.verifying.second_dating import use_by

LoadWording = Callable[[Language], Wording]


@dataclass(frozen=True)
class Roll:
    """A strip and its pouches."""

    number: int
    days: tuple[ExpectedDay, ...]

    @property
    def is_hold(self) -> bool:
        """Whether all its pouches hold one dose."""
        return len(self.days) > 1 and len({day.dose_mg for day in self.days}) == 1

    @cached_property
    def units(self) -> tuple[Pieces, ...]:
        """What all its pouches hold together, the largest first."""
        return add_up(self.days)


def add_up(days: tuple[ExpectedDay, ...]) -> tuple[Pieces, ...]:
    """Return what pouches hold together, the largest first; whole ones before halves and quarters."""
    counts: dict[tuple[Decimal, str, int], int] = {}
    for day in days:
        for unit in day.units:
            key = unit.strength_mg, unit.form, unit.divided_into
            counts[key] = counts.get(key, 0) + unit.count
    ordered = sorted(counts.items(), key=lambda item: (-item[0][0], item[0][2]))
    return tuple(Pieces(strength, form, count, divided) for (strength, form, divided), count in ordered)


@dataclass(frozen=True, eq=False)
class Promise:
    """What papers must say.

    Attributes:
        expected: The plan found a second time.
        plan: The plan as the papers carry it; figures that a reader only compares with come from here.
        printing: How they were printed.
        load_wording: Gives the wording of a language.
    """

    expected: Expected
    plan: Mapping[str, Any]
    printing_file: PrintingFile
    load_wording: LoadWording

    @property
    def order(self) -> Order:
        """The order."""
        return self.expected.order

    @cached_property
    def printing(self) -> Printing:
        """How the papers were printed."""
        return self.printing_file.printing

    @cached_property
    def rolls(self) -> tuple[Roll, ...]:
        """All strips, those kept from an earlier version included."""
        groups = groupby(self.expected.days, key=lambda day: day.strip)
        return tuple(Roll(number, tuple(days)) for number, days in groups)

    @cached_property
    def rolls_to_make(self) -> tuple[Roll, ...]:
        """The strips that are made with this plan, or the only one that was asked for."""
        n_kept = len(self.order.amendment.kept) if self.order.amendment else 0
        only = self.printing.strip
        return tuple(roll for roll in self.rolls if roll.days[0].day > n_kept and only in (None, roll.number))

    @cached_property
    def days_to_make(self) -> tuple[ExpectedDay, ...]:
        """Their pouches."""
        return tuple(day for roll in self.rolls_to_make for day in roll.days)

    @property
    def n_days(self) -> int:
        """Of the whole plan."""
        return len(self.expected.days)

    @property
    def version(self) -> int:
        """1, or more where the plan replaces an earlier one."""
        return self.order.amendment.version if self.order.amendment else 1

    @property
    def is_draft(self) -> bool:
        """Whether all pages say so."""
        return self.expected.status == "draft"

    @property
    def stops(self) -> bool:
        """Whether nothing is taken after the last day."""
        return self.expected.stop is not None

    @property
    def stop_date(self) -> dt.date:
        """The day after the last pouch."""
        return self.expected.days[-1].date + dt.timedelta(days=1)

    @property
    def issued_on(self) -> dt.date:
        """The date printed on the papers."""
        return dt.date.fromisoformat(self.plan["issued_on"])

    def _voice(self, language: Language) -> Voice:
        profile = self.printing.profile
        return Voice(self.load_wording(language), profile.decimal_mark_of(language), profile.date_form == "iso")

    @cached_property
    def pharmacy_voice(self) -> Voice:
        """Of the strip plan."""
        return self._voice(choose_languages(self.order, self.printing.profile).pharmacy)

    @cached_property
    def patient_voice(self) -> Voice:
        """Of the pages that go home."""
        return self._voice(choose_languages(self.order, self.printing.profile).patient)

    @cached_property
    def label_voice(self) -> Voice:
        """Of the labels."""
        return self._voice(choose_languages(self.order, self.printing.profile).labels)

    def use_by(self, units: Sequence[Pieces]) -> dt.date | None:
        """Return until when pouches with these units may be used; None where it is left open."""
        return use_by(units, self.order, self.printing.profile.beyond_use)

    def name_roll(self, roll: Roll, voice: Voice) -> str:
        """Return `strip 3 of 5`."""
        phrase = "strip.hold" if roll.is_hold else "strip.name"
        return voice.say(phrase, strip=roll.number, strips=self.rolls[-1].number)
