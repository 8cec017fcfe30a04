"""The formulary as text for a terminal: the drugs, and what is known of one."""

from collections.abc import Sequence

from stripgen.domain.formulary import Curve, Drug, Formulary
from stripgen.domain.quantity import plain
from stripgen.rendering.terminal import wrapped


def render_drug_list(formulary: Formulary) -> str:
    """Return one line a drug: class, curves, usual doses, and whether an order must choose the curve."""
    lines = [f"{'drug':16}{'class':16}{'minimum effective':>18}{'maximum':>12}  curves"]
    for drug in formulary.drugs.values():
        curves = formulary.curves_of(drug.name)
        default = formulary.default_curve_of(drug.name)
        choice = default.id if default else "no default, the order must choose"
        lines.append(
            f"{drug.name:16}{drug.drug_class:16}{_dose_or_not_known(drug.minimum_effective_mg):>18}"
            f"{_dose_or_not_known(drug.maximum_daily_mg):>12}  {len(curves)} ({choice})"
        )
    return "\n".join(lines)


def _dose_or_not_known(dose_mg: object) -> str:
    return "not known" if dose_mg is None else f"{dose_mg} mg"


def render_drug(drug: Drug, curves: Sequence[Curve], occupancies: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return a drug's facts, its curves with their sources, and where they disagree.

    Args:
        drug: The drug.
        curves: Its curves, the default first.
        occupancies: For some round doses: the dose as text, and each curve's occupancy in percent.
    """
    parts = [_facts(drug), *(_curve_text(number, curve) for number, curve in enumerate(curves, start=1))]
    return "\n\n".join([*parts, _occupancy_table(len(curves), occupancies)])


def _facts(drug: Drug) -> str:
    rows = [
        ("ATC", drug.atc or "not known"),
        ("class", drug.drug_class),
        ("minimum effective", _dose_or_not_known(drug.minimum_effective_mg)),
        (
            "maximum a day",
            _dose_or_not_known(drug.maximum_daily_mg) + (f" ({drug.maximum_note})" if drug.maximum_note else ""),
        ),
        ("half-life", _hours(drug.half_life_h)),
        ("strengths", f"{', '.join(plain(s) for s in drug.strengths_mg)} mg" if drug.strengths_mg else "not known"),
    ]
    if drug.metabolite:
        rows.insert(5, ("active metabolite", f"{drug.metabolite.name}, {_hours(drug.metabolite.half_life_h)}"))
    if drug.liquid_mg_per_ml:
        rows.append(("liquid", f"{plain(drug.liquid_mg_per_ml)} mg/mL"))
    if form := _product_form(drug):
        rows.append(("product", form))
    rows.append(("facts from", drug.source))
    return "\n".join([drug.name, *(f"  {name:18}{value}" for name, value in rows)])


def _product_form(drug: Drug) -> str | None:
    if drug.modified_release_only:
        return "modified release only: must stay whole"
    if drug.gastro_resistant:
        return "gastro-resistant: must stay whole"
    return "a modified-release product exists too: it must stay whole" if drug.modified_release_exists else None


def _hours(span: tuple[object, object] | None) -> str:
    if span is None:
        return "not known"
    low, high = span
    return f"{low} h" if low == high else f"{low} to {high} h"


def _curve_text(number: int, curve: Curve) -> str:
    studied = f"{plain(curve.studied_mg[0])} to {plain(curve.studied_mg[1])} mg" if curve.studied_mg else "not known"
    shape = f"emax {plain(curve.emax_percent)} %, ED50 {plain(curve.ed50_mg)} mg, Hill {plain(curve.hill)}"
    source = f"source: {curve.source}{f', doi {curve.doi}' if curve.doi else ''}"
    lines = [
        f"[{number}] {curve.id}{' (default)' if curve.default else ''}",
        f"  {curve.target}, {curve.region or 'region not given'}; {shape}; studied {studied}; grade {curve.grade}",
        *wrapped(source, "  ", "  "),
        *wrapped(curve.note or "", "  ", "  "),
    ]
    return "\n".join(lines)


def _occupancy_table(n_curves: int, occupancies: Sequence[tuple[str, Sequence[float]]]) -> str:
    heads = "".join(f"{f'[{number}]':>8}" for number in range(1, n_curves + 1))
    differ = f"{'differ by':>12}" if n_curves > 1 else ""
    lines = ["occupancy in % at round doses" + ("; how far the curves differ, in points" if n_curves > 1 else "")]
    lines.append(f"{'dose mg':>10}{heads}{differ}")
    for dose, values in occupancies:
        spread = f"{max(values) - min(values):12.1f}" if n_curves > 1 else ""
        lines.append(f"{dose:>10}{''.join(f'{value:8.1f}' for value in values)}{spread}")
    return "\n".join(lines)
