"""What makes an order a later version of a plan that is under way."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator

from stripgen.domain.fields import (
    Days,
    DaysPerStrip,
    Dose,
    Line,
    Name,
    StripNumber,
    Table,
    exact_number,
    one_of,
    whole_number,
    yes_or_no,
)

Change = Literal["hold", "back", "stretch", "stop_at", "faster"]
Level = Annotated[
    Decimal,
    # As fine as a float is: a number of millions of decimals would fill the memory.
    exact_number("a number from 0 to 2000", least=Decimal(0), most=Decimal(2000), finest=Decimal("1e-400")),
]


class LineDay(Table):
    """What is asked of one day of an amended plan.

    Attributes:
        asked: Occupancy as a fraction, or mg where the strategy counts in mg.
        lowest_mg: The lowest dose it may have.
        highest_mg: The highest; the same where the dose is given.
        held: Whether the day belongs to a hold.
    """

    asked: Level
    lowest_mg: Dose
    highest_mg: Dose
    held: Annotated[bool, BeforeValidator(yes_or_no)] = False


class KeptDay(Table):
    """One day that stays as the amended plan had it, with its pouch.

    Attributes:
        plan: The id printed on the pouch.
        held: Whether the day belongs to a hold.
    """

    dose_mg: Dose
    asked: Level
    plan: Name
    strip: StripNumber
    pouch: DaysPerStrip
    held: Annotated[bool, BeforeValidator(yes_or_no)] = False


class TakenBack(Table):
    """A pouch of an earlier version that must not be taken any more."""

    plan: Name
    strip: StripNumber
    day: Days
    dose_mg: Dose


class Amendment(Table):
    """What makes an order a later version of a plan. Written by `stripgen amend`, not by hand.

    Attributes:
        version: 2 or more.
        amends: The id of the plan that this one replaces.
        earlier: The ids of all versions before, the first version first.
        from_day: The first day that is planned anew.
        change: What was asked, with `amount`: days to hold, the day gone back to, days in all, or the dose in mg.
        kept: The days before `from_day`.
        take_back: The pouches of earlier versions from `from_day` on.
        line: What is asked of each day from `from_day` on.
        stops: Whether nothing is taken after the last day.
    """

    version: Annotated[int, whole_number("a whole number from 2 to 999", least=2, most=999)]
    amends: Name
    amends_hash: Name
    earlier: tuple[Name, ...]
    from_day: Days
    change: Annotated[Change, BeforeValidator(one_of("hold", "back", "stretch", "stop_at", "faster"))]
    amount: Dose
    reason: Line
    kept: tuple[KeptDay, ...]
    take_back: tuple[TakenBack, ...]
    line: tuple[LineDay, ...]
    stops: Annotated[bool, BeforeValidator(yes_or_no)]
