"""What the pharmacy says for its compounding record: the substance weighed, the filler, the balance, the overage.

None of it is in the plan id: it changes how units are made, and not what is in a pouch.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from stripgen.domain.fields import Name, RecentDate, Table, exact_number

FINEST_FACTOR = Decimal("0.0001")
LEAST_FACTOR, MOST_FACTOR = Decimal("0.5"), Decimal(3)
STEPS_OF_MINIMUM_WEIGHT = 820

_HUNDREDTH = Decimal("0.01")

OveragePercent = Annotated[
    Decimal,
    exact_number("a number from 0 to 20 (%), in steps of 0.01", least=Decimal(0), most=Decimal(20), finest=_HUNDREDTH),
]
MolecularWeight = Annotated[
    Decimal,
    exact_number("a number of g/mol from 50 to 2000, in steps of 0.001", least=Decimal(50), most=Decimal(2000)),
]
Factor = Annotated[
    Decimal,
    exact_number(
        "substance to weigh for 1 mg of drug, a number from 0.5 to 3, in steps of 0.0001",
        least=LEAST_FACTOR,
        most=MOST_FACTOR,
        finest=FINEST_FACTOR,
    ),
]
AssayPercent = Annotated[
    Decimal,
    exact_number(
        "a number from 50 to 100 (%), in steps of 0.01; a content above 100 % is not corrected for",
        least=Decimal(50),
        most=Decimal(100),
        finest=_HUNDREDTH,
    ),
]
FillMass = Annotated[
    Decimal,
    exact_number(
        "a number of mg from 1 to 5000, in steps of 0.1", least=Decimal(1), most=Decimal(5000), finest=Decimal("0.1")
    ),
]
BalanceStep = Annotated[
    Decimal,
    exact_number("a number of mg from 0.001 to 100, in steps of 0.001", least=Decimal("0.001"), most=Decimal(100)),
]
MinimumWeight = Annotated[
    Decimal,
    exact_number("a number of mg from 0.1 to 5000, in steps of 0.001", least=Decimal("0.1"), most=Decimal(5000)),
]
TolerancePercent = Annotated[
    Decimal,
    exact_number(
        "a number from 0.1 to 5 (%), in steps of 0.01", least=Decimal("0.1"), most=Decimal(5), finest=_HUNDREDTH
    ),
]


class Substance(Table):
    """What is weighed: a salt or a hydrate of the drug, or the drug itself, and the lot of it.

    Attributes:
        molecular_weight: Of what is weighed, g/mol.
        drug_molecular_weight: Of what the strengths are counted as, g/mol.
        factor: What to weigh for 1 mg of drug, in place of the two weights; 1 where strengths count the substance.
        assay_percent: Content of the lot as it is, water and all; 100 unless given.
    """

    name: Name
    molecular_weight: MolecularWeight | None = None
    drug_molecular_weight: MolecularWeight | None = None
    factor: Factor | None = None
    assay_percent: AssayPercent = Decimal(100)
    lot: Name | None = None
    supplier: Name | None = None
    expires_on: RecentDate | None = None

    @property
    def quotient(self) -> Decimal | None:
        """What the two weights come to, rounded to four decimals as it is printed; None where one is not given."""
        if self.molecular_weight is None or self.drug_molecular_weight is None:
            return None
        return (self.molecular_weight / self.drug_molecular_weight).quantize(FINEST_FACTOR, ROUND_HALF_UP)

    @property
    def weighing_factor(self) -> Decimal:
        """What to weigh of pure substance for 1 mg of drug.

        Rounded as it is printed, so that who calculates it again from the paper comes to the same masses.
        """
        return self.factor or self.quotient or Decimal(1)


class Filler(Table):
    """What fills a unit up.

    Attributes:
        fill_mass_mg: Of a whole unit without its shell: substance and filler together.
    """

    name: Name
    fill_mass_mg: FillMass
    lot: Name | None = None
    supplier: Name | None = None
    expires_on: RecentDate | None = None


class Record(Table):
    """What a compounding record is computed from.

    Attributes:
        master_formula: Its reference: the formula that the units are made by.
        overage_percent: How many more units than needed are made at least.
        balance_step_mg: Its readability: masses to weigh are rounded to it.
        minimum_weight_mg: The least it weighs accurately, as its certificate says; `least_weighed_mg` unless given.
        weighing_tolerance_percent: How far what was weighed may be from what was to be weighed.
    """

    master_formula: Name | None = None
    overage_percent: OveragePercent = Decimal(0)
    substance: Substance | None = None
    filler: Filler | None = None
    balance_step_mg: BalanceStep = Decimal("0.1")
    minimum_weight_mg: MinimumWeight | None = None
    weighing_tolerance_percent: TolerancePercent = Decimal(1)

    @property
    def materials(self) -> tuple[Substance | Filler, ...]:
        """What units are made of, as far as it is said."""
        return tuple(material for material in (self.substance, self.filler) if material is not None)

    @property
    def least_weighed_mg(self) -> Decimal:
        """The least mass the balance weighs accurately, mg: below it, a trituration is made.

        Where the order does not say it, 820 steps: the least that any balance of that step can have.
        Source: USP 41, Balances (twice the standard deviation, at least 0.41 steps, is 0.10 % of the least mass).
        """
        return self.minimum_weight_mg or STEPS_OF_MINIMUM_WEIGHT * self.balance_step_mg
