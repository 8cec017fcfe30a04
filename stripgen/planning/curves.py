"""The curve an order is planned by, the occupancy it gives, and the level of a dose with a curve or without one."""

import numpy as np
import numpy.typing as npt

from stripgen.domain.formulary import OWN_CURVE_ID, Curve, CurveShape, Formulary
from stripgen.domain.order import Order

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def curve_for(order: Order, formulary: Formulary) -> Curve | None:
    """Return the curve a checked order is planned by: its own, the one it names, or the drug's default.

    None only where the drug has no curve and the strategy needs none.
    """
    medication = order.medication
    if medication.custom_curve is not None:
        shape = medication.custom_curve.model_dump()
        return Curve(id=OWN_CURVE_ID, drug=medication.drug, grade="own", **shape)
    if medication.curve is not None:
        return formulary.curves[medication.curve]
    return formulary.default_curve_of(medication.drug)


def occupancy_of(doses_mg: npt.ArrayLike, curve: CurveShape) -> FloatArray:
    """Return the occupancy each daily dose produces.

    Args:
        doses_mg: Daily doses, any shape, mg, 0 or more.
        curve: The curve of the drug being tapered.

    Returns:
        Fractions of the target, same shape, in [0, 1]. A fit whose emax exceeds 100 % is clamped to 1.

    Source:
        Hill equation; with hill = 1 the two-parameter form of Sørensen 2022, doi:10.1038/s41380-021-01285-w.
    """
    power = np.asarray(doses_mg, dtype=np.float64) ** float(curve.hill)
    half = float(curve.ed50_mg) ** float(curve.hill)
    emax = float(curve.emax_percent) / 100
    return np.asarray(np.minimum(emax * power / (power + half), 1.0))


def level_of(doses_mg: npt.ArrayLike, curve: CurveShape | None, start_mg: float) -> FloatArray:
    """Return how high each dose stands on the scale that doses are compared on.

    Args:
        doses_mg: Daily doses, any shape, mg, 0 or more.
        curve: The drug's curve, if it has one.
        start_mg: The start dose.

    Returns:
        Same shape: the occupancy; without a curve the dose as a share of the start dose.
    """
    return np.asarray(doses_mg, dtype=np.float64) / start_mg if curve is None else occupancy_of(doses_mg, curve)
