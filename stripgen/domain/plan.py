"""What comes out: the plan, the only thing the documents know."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from stripgen.domain.formulary import Curve, Drug
from stripgen.domain.order import Form, Order, Override

Status = Literal["approved", "draft"]
Severity = Literal["block", "warn", "note"]


@dataclass(frozen=True, slots=True)
class Units:
    """Some units of one strength: in a pouch, in a strip or in the whole plan."""

    strength_mg: Decimal
    form: Form
    count: int

    @property
    def total_mg(self) -> Decimal:
        """All of them together."""
        return self.strength_mg * self.count


def count_units(units: Iterable[Units]) -> int:
    """Return how many units there are, of whatever strength."""
    return sum(unit.count for unit in units)


@dataclass(frozen=True, slots=True)
class Day:
    """One day and its pouch.

    Attributes:
        day: 1..N through the whole taper.
        pouch: 1.. within its strip.
        target_occupancy: What equal steps ask for, a fraction in [0, 1].
        occupancy: What the dose gives, a fraction in [0, 1].
        drop_points: Fall in occupancy from the day before; day 1 against the start dose.
        units: The composition; strengths × counts = dose.
        code: What the pouch's Data Matrix says: plan id, strip, day and a check character.
    """

    day: int
    date: dt.date
    strip: int
    pouch: int
    dose_mg: Decimal
    target_occupancy: float
    occupancy: float
    drop_points: float
    units: tuple[Units, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One roll of pouches."""

    number: int
    days: tuple[Day, ...]
    total_mg: Decimal
    units: tuple[Units, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """The first day without a pouch, and the fall in occupancy on it."""

    date: dt.date
    drop_points: float


@dataclass(frozen=True, slots=True)
class Totals:
    """What the whole plan takes to make."""

    pouches: int
    strips: int
    different_doses: int
    total_mg: Decimal
    units: tuple[Units, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """How close a sequence of daily doses comes to equal steps. All in points.

    Attributes:
        rms_error_points: Root of the mean squared difference between the days' occupancy and what was asked for.
        mean_drop_points: Start to end, shared equally by the days on which a fall can happen, the stop included.
        max_drop_day: 1..N, or N + 1 for the stop.
        stop_drop_points: None when the taper ends above 0.
    """

    rms_error_points: float
    mean_drop_points: float
    max_drop_points: float
    max_drop_day: int
    stop_drop_points: float | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same taper by another strategy, rounded to the same achievable doses, for comparison only."""

    strategy: Literal["linear"]
    doses_mg: tuple[Decimal, ...]
    occupancies: tuple[float, ...]
    quality: Quality
    different_doses: int
    total_mg: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person must see before sign-off.

    Attributes:
        severity: `block` stops the documents unless `override` names who takes responsibility and why.
    """

    code: str
    severity: Severity
    message: str
    override: Override | None = None

    @property
    def stops(self) -> bool:
        """Whether documents may not be made because of it."""
        return self.severity == "block" and self.override is None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the documents show. `plan_hash` covers what could harm the patient, not approval or printing."""

    plan_id: str
    plan_hash: str
    stripgen_version: str
    status: Status
    issued_on: dt.date
    order: Order
    drug: Drug | None
    curve: Curve
    days: tuple[Day, ...]
    strips: tuple[Strip, ...]
    stop: Stop | None
    totals: Totals
    quality: Quality
    linear: Alternative
    findings: tuple[Finding, ...]

    @property
    def is_draft(self) -> bool:
        """Whether every page must say draft, not for dispensing."""
        return self.status == "draft"
