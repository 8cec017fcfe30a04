"""The strips of a plan one after the other, each made and sent when its time has come."""

import datetime as dt
from dataclasses import dataclass

from stripgen.domain.order import Batch
from stripgen.domain.plan import Strip


@dataclass(frozen=True, slots=True)
class Window:
    """When a strip may be made.

    Attributes:
        earliest: Made before it, a pouch would be taken after its beyond-use date; None where any day is early enough.
        latest: The day on which it must be made, at the latest, and leave the pharmacy.
        lots_last: Whether what is in it may be used until its last day, whenever it is made.
    """

    earliest: dt.date | None
    latest: dt.date
    lots_last: bool

    @property
    def is_open(self) -> bool:
        """Whether there is a day on which the strip may be made."""
        return self.lots_last and (self.earliest is None or self.earliest <= self.latest)

    def allows(self, made_on: dt.date) -> bool:
        """Return whether pouches made on a day may be used until the last one is taken; being late is no matter."""
        return self.lots_last and (self.earliest is None or self.earliest <= made_on)


@dataclass(frozen=True, slots=True)
class SeriesStrip:
    """One strip of a series.

    Attributes:
        use_by: The last day on which its pouches may be used if they are made on the series' day; None if not known.
        may_be_made: Whether its first pouch is not taken before that day, and its last one in time.
        window: When it may be made.
        lots: Those that last until its last pouch with them.
    """

    strip: Strip
    use_by: dt.date | None
    may_be_made: bool
    window: Window
    lots: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The strips to make.

    Attributes:
        made_on: The day that is asked about.
        has_lots: Whether the order names any lot.
    """

    plan_id: str
    made_on: dt.date
    strips: tuple[SeriesStrip, ...]
    has_lots: bool

    @property
    def never(self) -> tuple[int, ...]:
        """The numbers of the strips that may be made on no day."""
        return tuple(each.strip.number for each in self.strips if not each.window.is_open)
