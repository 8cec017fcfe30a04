"""What the prescriber approved and the pharmacy can make: one order file, read strictly."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from stripgen.domain.code import GTIN_LENGTHS, has_gtin_check_digit
from stripgen.domain.fields import (
    LARGEST_MG,
    BirthDate,
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
    refuse,
    shown,
    whole_number,
    yes_or_no,
)
from stripgen.domain.formulary import CurveShape
from stripgen.domain.quantity import FINEST_MG
from stripgen.domain.record import Record
from stripgen.domain.wording import LanguageField

LONGEST_TAPER_DAYS = 1826
PLAN_ID = r"[0-9A-Z]{4}-[0-9A-Z]{4}"
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
MinDays = Annotated[int, whole_number("whole days from 1 to 366", least=1, most=366)]
DifferentDoses = Annotated[
    int, whole_number(f"a whole number from 1 to {LONGEST_TAPER_DAYS}", least=1, most=LONGEST_TAPER_DAYS)
]
StripNumber = Annotated[
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
Level = Annotated[
    Decimal,
    # As fine as a float is: a number of millions of decimals would fill the memory.
    exact_number("a number from 0 to 2000", least=Decimal(0), most=Decimal(2000), finest=Decimal("1e-400")),
]
MgPerMl = Annotated[
    Decimal,
    exact_number("a number of mg/mL from 0.001 to 1000, in steps of 0.001", least=FINEST_MG, most=Decimal(1000)),
]
SyringeStep = Annotated[
    Decimal,
    exact_number("a number of mL from 0.001 to 10, in steps of 0.001", least=Decimal("0.001"), most=Decimal(10)),
]

TotalMg = Annotated[
    Decimal,
    exact_number("a number of mg above 0, in steps of 0.001", least=FINEST_MG, most=LARGEST_MG * LONGEST_TAPER_DAYS),
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
Change = Literal["hold", "back", "stretch", "stop_at", "faster"]
CodeKind = Literal["plain", "gs1"]
WhatIsApproved = Literal["order", "plan"]
Vehicle = Literal["aqueous", "preserved aqueous", "oily"]
DaysToSend = Annotated[int, whole_number("whole days from 0 to 60", least=0, most=60)]
Quantity = Annotated[int, whole_number("a whole number of units from 1 to 1000000", least=1, most=1_000_000)]


def _plan_id(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is a plan id, as it is printed."""
    if not isinstance(value, str) or not re.fullmatch(PLAN_ID, value):
        raise refuse(f"{shown(value)} is not a plan id; as the strip plan prints it, such as 'K7QF-3MZX'")
    return value


def _fingerprint(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is `sha256:…`."""
    if not isinstance(value, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", value):
        raise refuse(f"{shown(value)} is not 'sha256:' and 64 digits 0-9, a-f; as `stripgen approve` wrote it")
    return value


def _gtin(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is a GTIN; it stays as it was written."""
    *lengths, longest = GTIN_LENGTHS
    allowed = f"a GTIN of {', '.join(map(str, lengths))} or {longest} digits, as GS1 gave it out"
    if not isinstance(value, str):
        raise refuse(f"{shown(value)} is not text; write it in quotes ({allowed})")
    text = value.strip()
    if len(text) not in GTIN_LENGTHS or not (text.isascii() and text.isdigit()):
        raise refuse(f"{shown(text)} is not a GTIN; {allowed}")
    if not has_gtin_check_digit(text):
        raise refuse(f"{shown(text)} has a wrong check digit, the last one; {allowed}")
    return text


Fingerprint = Annotated[str, BeforeValidator(_fingerprint)]


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


class ApprovedPlan(Table):
    """What was approved, as `stripgen approve` found it on a paper; it tells what differs from another plan.

    Attributes:
        plan_hash: All of it; the plan id is its beginning.
        paper: `sha256:…` of the file that was approved.
        drug: As the order names it; this and the next are what the paper says.
        strengths_mg: Of the units to combine; none where each dose is made for itself.
        total_mg: Of the pouches to make.
        doses_mg: One a day.
        seal: `sha256:…` of the whole approval without this line, so that a slip of the hand in it is noticed.
    """

    plan_hash: Fingerprint
    paper: Fingerprint
    drug: Name
    start_dose_mg: Dose
    end_dose_mg: DoseOrStop
    days: Days
    start_date: RecentDate
    strengths_mg: tuple[Dose, ...] = ()
    total_mg: TotalMg
    doses_mg: tuple[Dose, ...]
    seal: Fingerprint


class Approval(Table):
    """The prescriber's approval of the order. Without it every document is a draft.

    Attributes:
        plan_id: Of the plan that was approved; where it is given, any other plan is a draft.
        plan: What that plan is; written by `stripgen approve`, not by hand.
    """

    approved_by: Name
    approved_on: RecentDate
    reference: Name
    plan_id: Annotated[str, BeforeValidator(_plan_id)] | None = None
    plan: ApprovedPlan | None = None


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


class Dispensing(Table):
    """What the pharmacy knows when it prints. Not part of what was approved, so not in the plan id.

    Attributes:
        lot: Of the pouches; the lots of what is in them are batches.
        made_on: When the pouches are filled.
        serial: The pharmacy's own number for them.
        storage: Where to keep them, and what to do with what is left; this and the next are printed as given.
        ingredients: What the units are made of beside the drug.
        gtin: The pharmacy's own number for these pouches; the code then is a GS1 code with it, lot and use-by date.
        code: What kind of code to print; plain, or GS1 with a GTIN, where it is not given.
        vehicle: Of a solution; unless given, the one that keeps for the shortest time: water, not preserved.
        days_to_send: How many days before the first pouch of a strip is taken it must leave the pharmacy.
    """

    lot: Name | None = None
    beyond_use_date: RecentDate | None = None
    made_on: RecentDate | None = None
    dispensed_on: RecentDate | None = None
    serial: Name | None = None
    storage: Line | None = None
    ingredients: Line | None = None
    gtin: Annotated[str, BeforeValidator(_gtin)] | None = None
    code: Annotated[CodeKind, BeforeValidator(one_of("plain", "gs1"))] | None = None
    vehicle: Annotated[Vehicle, BeforeValidator(one_of("aqueous", "preserved aqueous", "oily"))] | None = None
    days_to_send: DaysToSend | None = None

    @property
    def prints_gs1(self) -> bool:
        """Whether the codes on the pouches are GS1 codes."""
        return self.code == "gs1" or self.gtin is not None


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
