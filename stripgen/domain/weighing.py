"""What a compounding record says is to be made, weighed and taken from stock."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from stripgen.domain.order import Form
from stripgen.domain.plan import Consumption, Day


@dataclass(frozen=True, slots=True)
class ToPrepare:
    """Units of one strength that the pharmacy makes, or a solution.

    Attributes:
        form: Of a unit; of a solution what it is measured into.
        strength_mg: Of a unit; of a solution, mg in 1 mL.
        needed: What the pouches hold: units, or mL.
        in_ml: Whether it is a solution.
    """

    form: Form
    strength_mg: Decimal
    needed: Decimal
    in_ml: bool = False


@dataclass(frozen=True, slots=True)
class Preparation:
    """What one strength, or a solution, takes to make.

    Attributes:
        of: What is needed.
        to_make: With the overage, rounded up: whole units, or whole mL.
        drug_mg: In all of it, exact.
        substance_mg: To weigh: with factor and assay, rounded to the balance's step; below what the balance weighs
            accurately, to four significant digits.
        filler_mg: Likewise; None where there is no filler to weigh, or nobody said the fill mass.
        weighable: Whether the balance weighs both accurately; else a trituration is to be made.
    """

    of: ToPrepare
    to_make: Decimal
    drug_mg: Decimal
    substance_mg: Decimal
    filler_mg: Decimal | None
    weighable: bool


@dataclass(frozen=True, slots=True)
class MakeList:
    """What is made at once: a strip, or the whole plan.

    Attributes:
        strip: Its number; None for all strips together.
        days: Whose pouches it fills.
        to_prepare: What the pharmacy makes, the largest strength first.
        taken: Whole units that are taken from stock.
    """

    strip: int | None
    days: tuple[Day, ...]
    to_prepare: tuple[ToPrepare, ...]
    taken: tuple[Consumption, ...]


@dataclass(frozen=True, slots=True)
class Weighing:
    """What is made at once, with its masses.

    Attributes:
        factor: What to weigh of pure substance for 1 mg of drug.
        assay_percent: Content of the substance.
    """

    make_list: MakeList
    preparations: tuple[Preparation, ...]
    factor: Decimal
    assay_percent: Decimal

    @property
    def drug_mg(self) -> Decimal:
        """The drug in everything that is made."""
        return _sum(preparation.drug_mg for preparation in self.preparations)

    @property
    def substance_mg(self) -> Decimal:
        """What is weighed of the substance in all: the sum of what the record says, each rounded."""
        return _sum(preparation.substance_mg for preparation in self.preparations)

    @property
    def filler_mg(self) -> Decimal | None:
        """What is weighed of the filler in all; None where there is none to weigh."""
        masses = [made.filler_mg for made in self.preparations if made.filler_mg is not None]
        return _sum(masses) if masses else None

    @property
    def all_weighable(self) -> bool:
        """Whether no trituration is needed."""
        return all(preparation.weighable for preparation in self.preparations)


def _sum(masses: Iterable[Decimal]) -> Decimal:
    return sum(masses, Decimal(0))
