"""What papers must say: the plan as far as it is printed, found a second time."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from stripgen.domain.formulary import Curve
from stripgen.domain.order import Order


@dataclass(frozen=True, slots=True)
class Pieces:
    """Units of one strength in a pouch.

    Attributes:
        divided_into: 2 or 4 where each is a half or a quarter; else 1.
    """

    strength_mg: Decimal
    form: str
    count: int
    divided_into: int = 1


@dataclass(frozen=True, slots=True)
class ExpectedDay:
    """What the pouch of a day must hold and say.

    Attributes:
        day: 1.., counted over all versions of the plan.
        strip: 1.., of this version.
        pouch: 1.., within its strip.
        code: The plain code on it.
        held: Whether the day belongs to a hold.
        drop_mg: Fall of the dose from the day before; day 1 against the start dose. Below 0 where it rises.
        target_percent: Occupancy asked for; this and the next two are None without a curve.
        drop_points: Fall of the occupancy from the day before, likewise.
    """

    day: int
    date: dt.date
    strip: int
    pouch: int
    dose_mg: Decimal
    volume_ml: Decimal | None
    units: tuple[Pieces, ...]
    code: str
    held: bool = False
    drop_mg: Decimal = Decimal(0)
    target_percent: float | None = None
    occupancy_percent: float | None = None
    drop_points: float | None = None


@dataclass(frozen=True, slots=True)
class ExpectedStop:
    """The first day without a pouch, and the fall on it; points are None without a curve."""

    date: dt.date
    drop_mg: Decimal
    drop_points: float | None


@dataclass(frozen=True, slots=True)
class ExpectedQuality:
    """How close the doses come to what was asked for; points are None without a curve.

    Attributes:
        max_drop_day: 1..N, or N + 1 for the stop.
        stop_drop_points: None when the taper ends above 0, too.
        rms_error_mg: None with a curve.
    """

    rms_error_points: float | None
    mean_drop_points: float | None
    max_drop_points: float | None
    max_drop_day: int
    stop_drop_points: float | None
    rms_error_mg: float | None
    max_drop_mg: Decimal
    max_drop_mg_day: int


@dataclass(frozen=True, slots=True)
class WholeUnits:
    """How many whole units of a strength are used up.

    Attributes:
        left_over: What remains of the last one divided, a fraction of a unit: 0, 0.25, 0.5 or 0.75.
    """

    strength_mg: Decimal
    form: str
    count: int
    left_over: Decimal


@dataclass(frozen=True, slots=True)
class TakenBackPouch:
    """A pouch of an earlier version that must not be taken any more."""

    strip: int
    day: int
    date: dt.date
    dose_mg: Decimal
    code: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What all papers of a plan must say.

    Attributes:
        units: How many of each strength all pouches hold together; of an amended plan those made anew, as all totals.
        different_doses: How many.
        curve: By which the doses were found; None where the drug has none, or where it was not looked for.
        pouches: How many are to be made.
        status: "approved" or "draft".
        version: 1, or more where the plan replaces an earlier one.
        stop: None where the taper ends above 0.
        take_back: Of an amended plan.
        quality: None where it was not looked for.
    """

    plan_id: str
    plan_hash: str
    order: Order
    days: tuple[ExpectedDay, ...]
    units: tuple[Pieces, ...]
    total_mg: Decimal
    volume_ml: Decimal | None
    strips: int
    different_doses: int
    curve: Curve | None = None
    issued_on: dt.date | None = None
    pouches: int = 0
    status: str = "draft"
    version: int = 1
    stop: ExpectedStop | None = None
    consumption: tuple[WholeUnits, ...] = ()
    take_back: tuple[TakenBackPouch, ...] = ()
    quality: ExpectedQuality | None = None
