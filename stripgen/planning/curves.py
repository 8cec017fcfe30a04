"""The published dose→occupancy curves, forwards and backwards."""

import numpy as np
import numpy.typing as npt

from stripgen.domain.formulary import CurveShape

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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


def dose_for_occupancy(occupancy: npt.ArrayLike, curve: CurveShape) -> FloatArray:
    """Return the daily dose that produces each occupancy.

    Equal steps in occupancy become unequal steps in dose, smallest near zero.

    Args:
        occupancy: Fractions, any shape, in [0, emax).
        curve: The curve of the drug being tapered.

    Returns:
        Daily doses, same shape, mg. Not yet achievable amounts.

    Raises:
        ValueError: An occupancy is negative, not below emax, or NaN.

    Source:
        The closed-form inverse of the Hill equation.
    """
    wanted = np.asarray(occupancy, dtype=np.float64)
    emax = float(curve.emax_percent) / 100
    if not np.all((wanted >= 0) & (wanted < emax)):  # NaN is neither
        raise ValueError(f"occupancy outside 0 to below {emax}")
    return np.asarray(float(curve.ed50_mg) * (wanted / (emax - wanted)) ** (1 / float(curve.hill)))
