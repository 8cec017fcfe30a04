"""What the prescriber approved and the pharmacy can make: one order file, read strictly."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from stripgen.domain.amendment import Amendment
from stripgen.domain.approval import Approval, WhatIsApproved
from stripgen.domain.dispensing import Dispensing
from stripgen.domain.fields import (
    LONGEST_TAPER_DAYS,
    POUCHES_PER_PAGE,
    BirthDate,
    Days,
    DaysPerStrip,
    Dose,
    DoseOrStop,
    Line,
    Name,
    RecentDate,
    SchemaOne,
    Table,
    exact_number,
    one_of,
    one_of_numbers,
    whole_number,
    yes_or_no,
)
from stripgen.domain.formulary import CurveShape
from stripgen.domain.quantity import FINEST_MG
from stripgen.domain.record import Record
from stripgen.domain.wording import LanguageField

USUAL_UNITS_PER_POUCH = 6

UnitsPerPouch = Annotated[int, whole_number("a whole number from 1 to 30", least=1, most=30)]
MinDays = Annotated[int, whole_number("whole days from 1 to 366", least=1, most=366)]
DifferentDoses = Annotated[
    int, whole_number(f"a whole number from 1 to {LONGEST_TAPER_DAYS}", least=1, most=LONGEST_TAPER_DAYS)
]
DropPoints = Annotated[
    Decimal,
    exact_number("a number of points from 0.01 to 100", least=Decimal("0.01"), most=Decimal(100), finest=None),
]
StepPercent = Annotated[
    Decimal,
    exact_number("a number from 0.1 to 90 (%)", least=Decimal("0.1"), most=Decimal(90), finest=None),
]
MgPerMl = Annotated[
    Decimal,
    exact_number("a number of mg/mL from 0.001 to 1000, in steps of 0.001", least=FINEST_MG, most=Decimal(1000)),
]
SyringeStep = Annotated[
    Decimal,
    exact_number("a number of mL from 0.001 to 10, in steps of 0.001", least=Decimal("0.001"), most=Decimal(10)),
]

FirstDay = Literal["start", "reduced"]
Strategy = Literal["occupancy", "linear", "proportional"]
PhaseKind = Literal["reduce", "hold"]
UnitForm = Literal["capsule", "tablet", "orodispersible tablet", "film", "sachet"]
_FORMS_TO_MAKE = ("capsule", "sachet", "film")
Form = (
    UnitForm
    | Literal[
        "modified-release capsule",
        "modified-release tablet",
        "modified-release orodispersible tablet",
        "modified-release film",
        "modified-release sachet",
        "oral syringe",
    ]
)
Quantity = Annotated[int, whole_number("a whole number of units from 1 to 1000000", least=1, most=1_000_000)]


class Patient(Table):
    """Whom the pouches are for. Blank fields are printed as lines to write on, and make the plan a draft.

    Attributes:
        language: Of the labels and of the pages that go home; the pharmacy's unless given.
    """

    name: Name | None = None
    birth_date: BirthDate | None = None
    identifier: Name | None = None
    insurance_number: Name | None = None
    language: LanguageField | None = None


class Prescriber(Table):
    """Who prescribes the taper."""

    name: Name | None = None
    identifier: Name | None = None


class Pharmacy(Table):
    """Who makes the pouches and answers for them.

    Attributes:
        language: Of the strip plan and the dispensing sheet; the profile's unless given.
        profile: The rules its labels follow, as `stripgen profiles` lists them; `--profile` goes before it.
        approval: What must be approved before papers are more than drafts: the order, or the very plan.
    """

    name: Name | None = None
    address: Line | None = None
    phone: Name | None = None
    language: LanguageField | None = None
    profile: Name | None = None
    approval: Annotated[WhatIsApproved, BeforeValidator(one_of("order", "plan"))] = "order"


class Medication(Table):
    """The drug, which published curve (or own curve) describes it, and what its labels say of taking it.

    Attributes:
        route: How it is taken, such as by mouth; this and the next two are printed as given.
    """

    drug: Name
    curve: Name | None = None
    custom_curve: CurveShape | None = None
    route: Name | None = None
    directions: Line | None = None
    precautions: Line | None = None


class Phase(Table):
    """A stretch of the taper: a reduction to a dose, or a hold of the dose reached."""

    kind: Annotated[PhaseKind, BeforeValidator(one_of("reduce", "hold"))]
    to_mg: DoseOrStop | None = None
    days: Days


class Taper(Table):
    """From which dose to which, in how many days. The prescriber's decision, never the tool's.

    Attributes:
        end_dose_mg: With `days` the whole taper; or else `phase` says it.
        days: Of a proportional taper, what its steps come to.
        percent_per_step: Of the current dose; these three are for a proportional taper only.
        last_dose_mg: The last step of a proportional taper before its end; a percentage never reaches 0.
        min_days_per_dose: A limit: a dose stays at least so long.
        max_different_doses: A limit: at most so many preparations.
        max_drop_points: A limit: no fall in occupancy is larger, the first day's and the stop's included.
    """

    start_dose_mg: Dose
    end_dose_mg: DoseOrStop | None = None
    days: Days | None = None
    phase: tuple[Phase, ...] | None = None
    start_date: RecentDate
    days_per_strip: DaysPerStrip = POUCHES_PER_PAGE
    first_day: Annotated[FirstDay, BeforeValidator(one_of("start", "reduced"))] = "start"
    strategy: Annotated[Strategy, BeforeValidator(one_of("occupancy", "linear", "proportional"))] = "occupancy"
    percent_per_step: StepPercent | None = None
    days_per_step: Days | None = None
    last_dose_mg: Dose | None = None
    min_days_per_dose: MinDays | None = None
    max_different_doses: DifferentDoses | None = None
    max_drop_points: DropPoints | None = None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases: those given, or the one reduction that `end_dose_mg` and `days` say."""
        if self.phase:
            return self.phase
        return (Phase(kind="reduce", to_mg=self.end_dose_mg, days=self.days or 1),)

    @property
    def final_dose_mg(self) -> Decimal:
        """The dose the taper ends with; 0 is a stop."""
        doses_mg = [phase.to_mg for phase in self.phases if phase.to_mg is not None]
        return doses_mg[-1] if doses_mg else self.start_dose_mg

    @property
    def is_limited(self) -> bool:
        """Whether the order sets a limit, so that the nearest dose of each day need not be the plan."""
        return (self.min_days_per_dose, self.max_different_doses, self.max_drop_points) != (None, None, None)


class UnitStrength(Table):
    """A unit the pharmacy has or compounds, to be combined in pouches.

    Attributes:
        divisible_into: 2: may be halved; 4: may be halved and quartered.
        max_per_pouch: Most of this strength in one pouch, pieces counted as units.
        modified_release: Never divided, and never in one pouch with a divided unit.
        appearance: What it looks like.
    """

    strength_mg: Dose
    form: Annotated[
        UnitForm, BeforeValidator(one_of("capsule", "tablet", "orodispersible tablet", "film", "sachet"))
    ] = "capsule"
    divisible_into: Annotated[Literal[1, 2, 4], BeforeValidator(one_of_numbers(1, 2, 4))] = 1
    max_per_pouch: UnitsPerPouch | None = None
    modified_release: Annotated[bool, BeforeValidator(yes_or_no)] = False
    product: Name | None = None
    supplier: Name | None = None
    appearance: Name | None = None


class Solution(Table):
    """A solution, measured into an oral syringe for each day."""

    mg_per_ml: MgPerMl
    syringe_step_ml: SyringeStep

    @property
    def step_mg(self) -> Decimal:
        """What one step of the syringe holds."""
        return self.mg_per_ml * self.syringe_step_ml


class Compounding(Table):
    """What can be made: a capsule for each dose in steps of an increment, a few strengths to combine, or a solution.

    Attributes:
        appearance: What all units look like, where each has no appearance of its own.
    """

    appearance: Name | None = None
    increment_mg: Dose | None = None
    unit: tuple[UnitStrength, ...] | None = None
    max_units_per_pouch: UnitsPerPouch | None = None
    solution: Solution | None = None

    @property
    def most_units(self) -> int:
        """The most units a pouch may hold: 1 where a capsule (or syringe) is made for each dose."""
        if self.unit is None:
            return 1
        return self.max_units_per_pouch or USUAL_UNITS_PER_POUCH

    def appearance_of(self, strength_mg: Decimal) -> str | None:
        """Return what units of a strength look like, as far as it is said."""
        unit = self.unit_of(strength_mg)
        return (unit and unit.appearance) or self.appearance

    @property
    def step_mg(self) -> Decimal | None:
        """The step between doses where each is made for itself; None where strengths are combined."""
        return self.solution.step_mg if self.solution else self.increment_mg

    def unit_of(self, strength_mg: Decimal) -> UnitStrength | None:
        """Return what is said of a strength, or None where units are made for each dose."""
        return next((unit for unit in self.unit or () if unit.strength_mg == strength_mg), None)

    def makes(self, strength_mg: Decimal) -> bool:
        """Return whether the pharmacy makes units of a strength itself, rather than taking a product from stock.

        It makes what is no tablet, has no product and no supplier, is never divided and releases at once.
        """
        if self.unit is None:
            return True
        said = self.unit_of(strength_mg)
        if said is None or said.product or said.supplier or said.modified_release or said.divisible_into > 1:
            return False
        return said.form in _FORMS_TO_MAKE


class Batch(Table):
    """A lot of units that pouches are filled from. Like what is dispensed, not part of what was approved.

    Attributes:
        strength_mg: Of which units; of all of them unless given.
        expires_on: The last day on which what is in it may be taken.
        supplier: Who it was bought from, or who prepared it.
        prepared_on: When it was compounded; a lot with a supplier and without this date was bought ready-made.
        quantity: How many whole units there are.
    """

    strength_mg: Dose | None = None
    lot: Name
    expires_on: RecentDate | None = None
    supplier: Name | None = None
    prepared_on: RecentDate | None = None
    quantity: Quantity | None = None

    @property
    def is_bought(self) -> bool:
        """Whether it was bought ready-made: then its own expiry counts, and no limit of what a pharmacy compounds."""
        return self.supplier is not None and self.prepared_on is None


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
    batch: tuple[Batch, ...] = ()
    record: Record | None = None
    override: tuple[Override, ...] = ()
    amendment: Amendment | None = None

    def batches_of(self, strength_mg: Decimal) -> tuple[Batch, ...]:
        """Return the lots that units of a strength come from."""
        return tuple(batch for batch in self.batch if batch.strength_mg in (None, strength_mg))
