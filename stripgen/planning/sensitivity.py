"""How far the published curves of a drug disagree about one row of doses."""

from collections.abc import Sequence

import numpy as np

from stripgen.domain.formulary import Curve, Formulary
from stripgen.domain.plan import CurveView, Ed50, Sensitivity
from stripgen.domain.quantity import MICROGRAMS_PER_MG
from stripgen.planning.curves import FloatArray, IntArray, occupancy_of


def compare_views(
    doses_ug: IntArray, start_mg: float, curve: Curve, formulary: Formulary, *, n_kept: int, stops: bool
) -> Sensitivity:
    """Return what every published curve of the drug says of the doses.

    Curves of the plan's own target count; where the plan's is the only one, its ED50 halved and doubled stand in for
    others. The band is the share of its own start occupancy that each curve says is left, on the scale of the plan's
    curve, so that curves which differ only in height do not differ here.

    Args:
        doses_ug: Of all days, shape (n_days,), whole micrograms.
        start_mg: The dose taken before day 1.
        curve: The plan's own.
        formulary: With the drug's other curves.
        n_kept: How many of the days are kept from an earlier version: their drops are past and do not count.
        stops: Whether nothing is taken after the last day.
    """
    others = [
        other for other in formulary.curves_of(curve.drug) if other.target == curve.target and other.id != curve.id
    ]
    published = bool(others) and curve.grade != "own"
    seen: list[tuple[Curve, Ed50]] = [(each, "published") for each in [curve, *(others if published else ())]]
    seen += () if published else _shifted(curve)
    doses_mg = np.array([start_mg, *(doses_ug / MICROGRAMS_PER_MG), *([0.0] if stops else [])])
    through = [occupancy_of(doses_mg, each) for each, _ in seen]
    views = tuple(_view(*each, levels, n_kept, stops=stops) for each, levels in zip(seen, through, strict=True))
    lowest, highest = _band(through)
    return Sensitivity(
        basis="published curves" if published else "ED50 halved and doubled",
        views=views,
        worst=max(views, key=lambda view: view.max_drop_points),
        lowest=lowest,
        highest=highest,
    )


def _shifted(curve: Curve) -> list[tuple[Curve, Ed50]]:
    return [
        (curve.model_copy(update={"ed50_mg": curve.ed50_mg / 2}), "halved"),
        (curve.model_copy(update={"ed50_mg": curve.ed50_mg * 2}), "doubled"),
    ]


def _view(curve: Curve, ed50: Ed50, levels: FloatArray, n_kept: int, *, stops: bool) -> CurveView:
    drops = levels[:-1] - levels[1:]
    steepest = n_kept + int(np.argmax(drops[n_kept:]))
    return CurveView(
        curve=curve.id,
        ed50=ed50,
        max_drop_points=100 * float(drops[steepest]),
        max_drop_day=steepest + 1,
        stop_drop_points=100 * float(drops[-1]) if stops else None,
    )


def _band(through: Sequence[FloatArray]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    start = through[0][0]
    shares = np.array([levels[1:] / levels[0] for levels in through]) * start
    return tuple(map(float, shares.min(axis=0))), tuple(map(float, shares.max(axis=0)))
