"""The curve of an order and what it says of a dose: found a second time (design.md, sections 2 and 3)."""

from dataclasses import dataclass

from stripgen.domain.formulary import OWN_CURVE_ID, Curve, Formulary
from stripgen.domain.order import Order

_UG_PER_MG = 1000


def find_curve(order: Order, formulary: Formulary) -> Curve | None:
    """Return the curve of an order: its own, the one it names, or its drug's default; None where there is none.

    Section 3: a drug without a curve never gets another drug's.
    """
    medication = order.medication
    if medication.custom_curve is not None:
        own = medication.custom_curve.model_dump()
        return Curve.model_validate({**own, "id": OWN_CURVE_ID, "drug": medication.drug, "grade": "own"})
    if medication.curve is not None:
        return formulary.curves[medication.curve]
    for curve in formulary.curves.values():
        if curve.drug == medication.drug and curve.default:
            return curve
    return None


@dataclass(frozen=True, slots=True)
class Scale:
    """What doses are compared on: occupancy, or where there is no curve the share of the start dose.

    Attributes:
        start_ug: The start dose, whole micrograms.
    """

    curve: Curve | None
    start_ug: int

    def level(self, dose_mg: float) -> float:
        """Return how high a dose stands: a fraction, 0 for no dose.

        Section 3: `occ(D) = emax · D^h / (D^h + ed50^h)`, clamped to 1.
        """
        if self.curve is None:
            return dose_mg / (self.start_ug / _UG_PER_MG)
        emax = float(self.curve.emax_percent) / 100
        hill = float(self.curve.hill)
        power: float = dose_mg**hill
        half: float = float(self.curve.ed50_mg) ** hill
        return min(emax * power / (power + half), 1.0)

    def level_of_ug(self, dose_ug: int) -> float:
        """Return how high a dose of whole micrograms stands."""
        return self.level(dose_ug / _UG_PER_MG)
