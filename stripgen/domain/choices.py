"""What a pharmacy can choose from before it makes anything: how many preparations, and which strengths."""

from dataclasses import dataclass
from decimal import Decimal

from stripgen.domain.plan import Quality


@dataclass(frozen=True, slots=True)
class Option:
    """The best plan with at most so many different doses.

    Attributes:
        most_doses: The limit; None for no limit.
        n_days: Pouches; a largest drop on the day after is that of the stop.
        preparations: Different units to make or buy: a capsule for each dose, or the strengths used.
        is_knee: Whether from here on more different doses gain little.
    """

    most_doses: int | None
    n_days: int
    different_doses: int
    preparations: int
    quality: Quality
    n_units: int
    total_mg: Decimal
    is_knee: bool = False


@dataclass(frozen=True, slots=True)
class StrengthChoice:
    """The best so many unit strengths for some orders.

    Attributes:
        strengths_mg: Largest first.
        rms_error: Root mean squared rounding error over all days of all orders: points, or mg without a curve.
        max_drop: Largest drop in any of the orders: points, or mg without a curve.
        in_points: Which of the two.
        mean_units: Mean units a pouch.
        most_units: Most units in a pouch.
    """

    strengths_mg: tuple[Decimal, ...]
    rms_error: float
    max_drop: float
    in_points: bool
    n_units: int
    mean_units: float
    most_units: int
