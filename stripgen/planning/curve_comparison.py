"""A drug's curves side by side at round doses."""

from collections.abc import Sequence
from decimal import Decimal

from stripgen.domain.formulary import Curve, Drug
from stripgen.domain.quantity import plain
from stripgen.planning.curves import occupancy_of

_ROUND_DOSES = tuple(Decimal(digit).scaleb(power) for power in range(-1, 3) for digit in (1, 2, 5))
_SHARE_OF_HALF = Decimal("0.05")  # below a twentieth of the ED50 all curves are nearly 0


def compare_curves(drug: Drug, curves: Sequence[Curve]) -> list[tuple[str, list[float]]]:
    """Return the occupancy (%) that each curve gives at round doses, up to the drug's usual range.

    Args:
        drug: Its maximum dose and strengths are included.
        curves: One or more curves of the drug.

    Returns:
        For each dose, ascending: the dose as text, and one percentage a curve.
    """
    half = min(curve.ed50_mg for curve in curves)
    own = {*drug.strengths_mg, *filter(None, (drug.minimum_effective_mg, drug.maximum_daily_mg))}
    most = max(own or {10 * max(curve.ed50_mg for curve in curves)})
    doses = sorted({dose for dose in _ROUND_DOSES if _SHARE_OF_HALF * half <= dose <= most} | own)
    return [(plain(dose), [100 * float(occupancy_of(float(dose), curve)) for curve in curves]) for dose in doses]
