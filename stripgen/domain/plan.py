"""What comes out: the plan, the only thing the documents know."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from stripgen.domain.beyond_use import NOT_DATED, BeyondUse, BeyondUseLimit
from stripgen.domain.formulary import Curve, Drug
from stripgen.domain.order import Form, Order, Override, Strategy
from stripgen.domain.wording import Saying, say_later

Status = Literal["approved", "draft"]
Severity = Literal["block", "warn", "note"]


@dataclass(frozen=True, slots=True)
class Units:
    """Some units of one strength: in a pouch, in a strip or in the whole plan.

    Attributes:
        strength_mg: Of a whole unit.
        divided_into: 2 where these are halves, 4 where they are quarters.
        volume_ml: What one syringe holds, where a solution is measured.
    """

    strength_mg: Decimal
    form: Form
    count: int
    divided_into: int = 1
    volume_ml: Decimal | None = None

    @property
    def amount_mg(self) -> Decimal:
        """One of them: the strength, or its half or quarter."""
        return self.strength_mg / self.divided_into

    @property
    def total_mg(self) -> Decimal:
        """All of them together."""
        return self.strength_mg * self.count / self.divided_into


@dataclass(frozen=True, slots=True)
class Consumption:
    """How many whole units of one strength are used up, halves and quarters left over being used first.

    Attributes:
        count: Whole units.
        left_over: What remains of the last one divided, a fraction of a unit: 0, 0.25, 0.5 or 0.75.
        from_before: What an earlier strip left over and this one uses, likewise; it is not in the count.
    """

    strength_mg: Decimal
    form: Form
    count: int
    left_over: Decimal = Decimal(0)
    from_before: Decimal = Decimal(0)


def volume_of(units: Iterable[Units]) -> Decimal | None:
    """Return how many mL some syringes hold; None where units are solid."""
    volumes = [unit.volume_ml * unit.count for unit in units if unit.volume_ml is not None]
    return sum(volumes, Decimal(0)) if volumes else None


def count_units(units: Iterable[Units]) -> int:
    """Return how many units there are, of whatever strength; a half counts as one."""
    return sum(unit.count for unit in units)


@dataclass(frozen=True, slots=True)
class Day:
    """One day and its pouch.

    Attributes:
        day: 1..N through the whole taper.
        pouch: 1.. within its strip.
        drop_mg: Fall of the dose from the day before; day 1 against the start dose. Below 0 where it rises.
        target_occupancy: What was asked for, a fraction in [0, 1]; None without a curve.
        occupancy: What the dose gives, a fraction in [0, 1]; None without a curve.
        drop_points: Fall in occupancy from the day before; day 1 against the start dose; None without a curve.
        units: The composition; strengths × counts = dose.
        code: What the pouch's Data Matrix says: plan id, strip, day and a check character.
        held: Whether the day belongs to a hold.
    """

    day: int
    date: dt.date
    strip: int
    pouch: int
    dose_mg: Decimal
    drop_mg: Decimal
    target_occupancy: float | None
    occupancy: float | None
    drop_points: float | None
    units: tuple[Units, ...]
    code: str
    held: bool = False

    @property
    def volume_ml(self) -> Decimal | None:
        """What is measured of a solution; None where the pouch holds solid units."""
        return self.units[0].volume_ml

    @property
    def rises(self) -> bool:
        """Whether the dose is higher than the day before."""
        return self.drop_mg < 0


@dataclass(frozen=True, slots=True)
class Strip:
    """One roll of pouches.

    Attributes:
        kept: Made with an earlier version of the plan: not to be made again.
        beyond_use: Until when its pouches may be used.
    """

    number: int
    days: tuple[Day, ...]
    total_mg: Decimal
    units: tuple[Units, ...]
    consumption: tuple[Consumption, ...]
    kept: bool = False
    beyond_use: BeyondUse = NOT_DATED

    @property
    def last_date(self) -> dt.date:
        """The date of its last pouch."""
        return self.days[-1].date

    @property
    def is_hold(self) -> bool:
        """Whether all its pouches hold the same dose, and there are at least two."""
        return len(self.days) > 1 and len({day.dose_mg for day in self.days}) == 1


@dataclass(frozen=True, slots=True)
class Stop:
    """The first day without a pouch, and the fall on it; points are None without a curve."""

    date: dt.date
    drop_mg: Decimal
    drop_points: float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What the plan takes to make; without the pouches kept from an earlier version."""

    pouches: int
    strips: int
    different_doses: int
    total_mg: Decimal
    units: tuple[Units, ...]
    consumption: tuple[Consumption, ...]

    @property
    def volume_ml(self) -> Decimal | None:
        """What is measured of a solution in all; None where pouches hold solid units."""
        return volume_of(self.units)


@dataclass(frozen=True, slots=True)
class Quality:
    """How close a sequence of daily doses comes to what was asked for. Points are None without a curve.

    Of an amended plan, of the days that it plans, not of those kept.

    Attributes:
        rms_error_points: Root of the mean squared difference between the days' occupancy and what was asked for.
        mean_drop_points: Start to end, shared equally by the days on which a fall can happen, the stop included.
        max_drop_day: 1..N, or N + 1 for the stop.
        stop_drop_points: None when the taper ends above 0, too.
        rms_error_mg: The same difference in mg; None where the strategy counts in occupancy.
        max_drop_mg: The largest fall of the dose, the stop included.
        max_drop_mg_day: 1..N, or N + 1 for the stop.
    """

    rms_error_points: float | None
    mean_drop_points: float | None
    max_drop_points: float | None
    max_drop_day: int
    stop_drop_points: float | None
    rms_error_mg: float | None
    max_drop_mg: Decimal
    max_drop_mg_day: int


def name_drop_day(day: int, n_days: int) -> Saying:
    """Return on which of so many days a drop is, 1..; the day after the last is the stop."""
    return say_later("taper.at_the_stop") if day > n_days else say_later("taper.on_day", day=day)


AlternativeName = Literal["occupancy", "linear", "proportional_10", "proportional_25", "halving"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same taper by another strategy and without limits, rounded to the same achievable doses, to compare only.

    Of an amended plan its doses begin with the days kept; its figures are of the days after them.

    Attributes:
        strategy: Which one; a proportional one takes so many percent of the current dose at each step.
        occupancies: Fractions; empty without a curve.
        n_units: Units in all pouches together.
        days_per_step: Mean length of a step, of the proportional ones and of halving.
    """

    strategy: AlternativeName
    doses_mg: tuple[Decimal, ...]
    occupancies: tuple[float, ...]
    quality: Quality
    different_doses: int
    total_mg: Decimal
    n_units: int
    days_per_step: float | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model of the body's level says of occupancy: for reading only, never used to choose doses.

    Attributes:
        half_life_h: The longest active one; the middle of what is published.
        moiety: The drug or the metabolite whose half-life it is.
        span_h: The published range.
        occupancies: Fractions, one a day of the plan.
        after: Fractions on the days after the last pouch, as long as above 1 point; empty where the taper ends above 0.
        max_drop_points: The largest fall from one day to the next that it predicts, the days after the last included,
            those kept from an earlier version not.
    """

    half_life_h: float
    moiety: str
    span_h: tuple[Decimal, Decimal]
    occupancies: tuple[float, ...]
    after: tuple[float, ...]
    max_drop_points: float


Ed50 = Literal["published", "halved", "doubled"]


@dataclass(frozen=True, slots=True)
class CurveView:
    """What one curve says of the plan's doses, those of kept days aside; points on that curve's own scale.

    Attributes:
        curve: Its id.
        ed50: Whether it is as it was published, or with its ED50 halved or doubled.
        max_drop_points: The largest single drop.
        max_drop_day: The day of that drop; the day after the last is the stop.
        stop_drop_points: The drop at the stop, if there is one.
    """

    curve: str
    ed50: Ed50
    max_drop_points: float
    max_drop_day: int
    stop_drop_points: float | None

    @property
    def name(self) -> str:
        """The id, and what was done to the curve: `citalopram-sert-1, ED50 halved`. Papers say it in their language."""
        return self.curve if self.ed50 == "published" else f"{self.curve}, ED50 {self.ed50}"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far the published curves disagree about these doses.

    Attributes:
        basis: All published curves of the drug for this target; where there is one only, its ED50 halved and doubled.
        views: One for each curve, the plan's own first.
        worst: The one with the largest single drop.
        lowest: Fractions, one a day and one more for a stop: the lowest share of its own start that any curve says is
            left, on the scale of the plan's curve.
        highest: Likewise the highest.
    """

    basis: Literal["published curves", "ED50 halved and doubled"]
    views: tuple[CurveView, ...]
    worst: CurveView
    lowest: tuple[float, ...]
    highest: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PouchToTakeBack:
    """A pouch of the plan that was amended, which must not be taken any more."""

    strip: int
    day: int
    date: dt.date
    dose_mg: Decimal
    code: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person must see before sign-off.

    Attributes:
        severity: `block` stops the documents unless `override` names who takes responsibility and why.
        told: What was found; put into words where it is printed.
    """

    code: str
    severity: Severity
    told: Saying
    override: Override | None = None

    @property
    def stops(self) -> bool:
        """Whether documents may not be made because of it."""
        return self.severity == "block" and self.override is None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the documents show. `plan_hash` covers what could harm the patient, not approval or printing.

    Attributes:
        curve: None where the strategy counts in mg and the drug has no curve.
        days: All days, those kept from an earlier version included.
        alternatives: The same taper by other strategies.
        prediction: None without a curve or a half-life.
        sensitivity: None without a curve.
        take_back: Of an amended plan, the pouches of the version before that must come back.
        limits: How long pouches and what is in them may be used, by the label rules of the papers.
        only_strip: The one strip that the papers are about; None where they are about all. Totals are then its own.
    """

    plan_id: str
    plan_hash: str
    stripgen_version: str
    status: Status
    issued_on: dt.date
    order: Order
    drug: Drug | None
    curve: Curve | None
    days: tuple[Day, ...]
    strips: tuple[Strip, ...]
    stop: Stop | None
    totals: Totals
    quality: Quality
    alternatives: tuple[Alternative, ...]
    prediction: Prediction | None
    sensitivity: Sensitivity | None
    findings: tuple[Finding, ...]
    take_back: tuple[PouchToTakeBack, ...] = ()
    limits: tuple[BeyondUseLimit, ...] = ()
    only_strip: int | None = None

    @property
    def is_draft(self) -> bool:
        """Whether every page must say draft, not for dispensing."""
        return self.status == "draft"

    @property
    def last_date(self) -> dt.date:
        """The date of the last pouch."""
        return self.days[-1].date

    @property
    def final_dose_mg(self) -> Decimal:
        """The dose the taper ends with; 0 where it stops."""
        return Decimal(0) if self.stop else self.days[-1].dose_mg

    @property
    def different_doses(self) -> int:
        """How many different doses are to be made, as an `Alternative` counts them."""
        return len({day.dose_mg for day in self.days_to_make})

    @property
    def n_units(self) -> int:
        """Units in the pouches that are to be made."""
        return sum(count_units(day.units) for day in self.days_to_make)

    @property
    def total_mg(self) -> Decimal:
        """The doses of the pouches that are to be made together."""
        return sum((day.dose_mg for day in self.days_to_make), Decimal(0))

    @property
    def strategy(self) -> Strategy:
        """How the steps are made."""
        return self.order.taper.strategy

    @property
    def version(self) -> int:
        """1, or more where the plan replaces an earlier one."""
        return self.order.amendment.version if self.order.amendment else 1

    @property
    def strips_to_make(self) -> tuple[Strip, ...]:
        """The strips without those kept from an earlier version; of papers about one strip that one."""
        return tuple(strip for strip in self.strips if not strip.kept and self.only_strip in (None, strip.number))

    def strip_of(self, day: Day) -> Strip:
        """Return the strip that a day's pouch is on."""
        return self.strips[day.strip - self.strips[0].number]

    @property
    def use_by(self) -> dt.date | None:
        """The last day on which every pouch to make may be used; None where that of some strip is not known."""
        dates = [strip.beyond_use.date for strip in self.strips_to_make]
        return None if None in dates else min(date for date in dates if date is not None)

    @property
    def days_to_make(self) -> tuple[Day, ...]:
        """The days whose pouches are to be made."""
        return tuple(day for strip in self.strips_to_make for day in strip.days)

    @property
    def linear(self) -> Alternative:
        """The same taper in equal steps of mg."""
        return self.alternative("linear")

    def alternative(self, strategy: AlternativeName) -> Alternative:
        """Return the alternative of a strategy."""
        return next(other for other in self.alternatives if other.strategy == strategy)
