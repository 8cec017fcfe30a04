"""What the prescriber approved and the pharmacy can make: one order file, read strictly."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from stripgen.domain.fields import (
    BirthDate,
    Dose,
    DoseOrStop,
    Line,
    Name,
    RecentDate,
    SchemaOne,
    Table,
    one_of,
    whole_number,
)
from stripgen.domain.formulary import CurveShape

LONGEST_TAPER_DAYS = 1826
POUCHES_PER_PAGE = 28
USUAL_UNITS_PER_POUCH = 6

Days = Annotated[
    int,
    whole_number(f"whole days from 1 to {LONGEST_TAPER_DAYS} (5 years)", least=1, most=LONGEST_TAPER_DAYS),
]
DaysPerStrip = Annotated[
    int,
    whole_number(f"whole days from 1 to {POUCHES_PER_PAGE}", least=1, most=POUCHES_PER_PAGE),
]
UnitsPerPouch = Annotated[int, whole_number("a whole number from 1 to 30", least=1, most=30)]

FirstDay = Literal["start", "reduced"]
Strategy = Literal["occupancy"]
Form = Literal["capsule", "tablet", "orodispersible tablet", "film", "sachet"]


class Patient(Table):
    """Whom the pouches are for. Blank fields are printed as lines to write on, and make the plan a draft."""

    name: Name | None = None
    birth_date: BirthDate | None = None
    identifier: Name | None = None


class Prescriber(Table):
    """Who prescribes the taper."""

    name: Name | None = None
    identifier: Name | None = None


class Approval(Table):
    """The prescriber's approval of the order. Without it every document is a draft."""

    approved_by: Name
    approved_on: RecentDate
    reference: Name


class Pharmacy(Table):
    """Who makes the pouches and answers for them."""

    name: Name | None = None
    address: Line | None = None
    phone: Name | None = None


class Medication(Table):
    """The drug, and which published curve (or own curve) describes it."""

    drug: Name
    curve: Name | None = None
    custom_curve: CurveShape | None = None


class Taper(Table):
    """From which dose to which, in how many days. The prescriber's decision, never the tool's."""

    start_dose_mg: Dose
    end_dose_mg: DoseOrStop
    days: Days
    start_date: RecentDate
    days_per_strip: DaysPerStrip = POUCHES_PER_PAGE
    first_day: Annotated[FirstDay, BeforeValidator(one_of("start", "reduced"))] = "start"
    strategy: Annotated[Strategy, BeforeValidator(one_of("occupancy"))] = "occupancy"


class UnitStrength(Table):
    """A unit the pharmacy has or compounds, to be combined in pouches."""

    strength_mg: Dose
    form: Annotated[Form, BeforeValidator(one_of("capsule", "tablet", "orodispersible tablet", "film", "sachet"))] = (
        "capsule"
    )


class Compounding(Table):
    """What can be made: a capsule for each dose in steps of an increment, or a few strengths to combine."""

    increment_mg: Dose | None = None
    unit: tuple[UnitStrength, ...] | None = None
    max_units_per_pouch: UnitsPerPouch | None = None

    @property
    def most_units(self) -> int:
        """The most units a pouch may hold: 1 where a capsule is made for each dose."""
        if self.unit is None:
            return 1
        return self.max_units_per_pouch or USUAL_UNITS_PER_POUCH


class Dispensing(Table):
    """What the pharmacy knows when it prints. Not part of what was approved, so not in the plan id."""

    lot: Name | None = None
    beyond_use_date: RecentDate | None = None


class Override(Table):
    """One blocking finding that a named person takes responsibility for, with the reason."""

    finding: Name
    reason: Line
    by: Name


class Order(Table):
    """A whole order. Made by `planning.intake.read_order`, which also checks that its tables fit together."""

    schema_version: SchemaOne = Field(alias="schema")
    patient: Patient = Patient()
    prescriber: Prescriber = Prescriber()
    approval: Approval | None = None
    pharmacy: Pharmacy = Pharmacy()
    medication: Medication
    taper: Taper
    compounding: Compounding
    dispensing: Dispensing = Dispensing()
    override: tuple[Override, ...] = ()

    @property
    def last_date(self) -> dt.date:
        """The date of the last pouch."""
        return self.taper.start_date + dt.timedelta(days=self.taper.days - 1)
