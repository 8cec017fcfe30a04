"""Orders for the tests, as a parsed file gives them: a valid one, and random ones.

A random order is always valid. They cover both ways to make a pouch, both first days, an end above 0 and a stop,
published and own curves, Hill exponents other than 1, and fits with an emax above 100 %, which are clamped.

A varied order has more of what a pharmacy knows: phases of reducing and holding, equal steps in mg with a curve or
without one, halves and quarters, most units of one strength, modified-release units, and solutions.
"""

import copy
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from stripgen.domain.order import Order
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.plan import Day, Finding, Plan
from stripgen.domain.printing import Printing
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.files import load_formulary, load_plain_stock, load_profile, load_template, load_wording
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.words import PaperWords, Words

RawOrder = dict[str, Any]

FORMULARY = load_formulary()
ENGLISH = Words(load_wording("en"), ".", "iso")  # as a terminal has it
PRINTED = Words(load_wording("en"), ".", "letters")  # as papers have it
IN_ENGLISH = PaperWords(PRINTED, PRINTED, PRINTED)
ISSUED_ON = dt.date(2026, 11, 25)
ABSENT = "takes the key out"
TABLETS = ("whole", "halves", "quarters", "modified release")  # kinds of `random_tablet`

_INCREMENTS_MG = tuple(map(Decimal, ("0.001", "0.01", "0.037", "0.05", "0.1", "0.125", "0.25", "0.5", "1", "2")))
_SMALL_STRENGTHS_MG = tuple(map(Decimal, ("0.05", "0.1", "0.25", "0.333", "0.5", "1", "1.7", "2")))
_LARGE_STRENGTHS_MG = tuple(map(Decimal, ("2.5", "5", "7.5", "10", "12.5", "20", "37.5", "75")))
_DIVISIBLE_STRENGTHS_MG = tuple(map(Decimal, ("0.3", "1", "2", "2.5", "5", "10", "12.5", "20", "25", "50")))
_SOLUTIONS = tuple(  # mg/mL, mL a step
    (Decimal(mg_per_ml), Decimal(step_ml))
    for mg_per_ml, step_ml in (("1", "0.1"), ("2", "0.05"), ("2.5", "0.2"), ("10", "0.01"), ("0.4", "0.5"), ("20", "1"))
)
_ED50_OF_START = tuple(map(Decimal, ("0.01", "0.05", "0.1", "0.2", "0.3", "0.5", "0.9", "1", "2", "10")))


def printing(
    stock: Stock | LabelPaper | None = None,
    *,
    profile: str = "generic",
    strip_stock: Stock | None = None,
    text: PatientText | None = None,
    large_print: bool = False,
    outer_label: bool = False,
) -> Printing:
    """Return how papers are printed: on plain paper by no country's rules, but for what is given."""
    rules = load_profile(profile)
    pouches = stock or load_plain_stock(rules.paper)
    return Printing(
        rules,
        pouches if isinstance(pouches, LabelPaper) else LabelPaper(pouches),
        LabelPaper(strip_stock or load_plain_stock(rules.paper, strips=True)),
        PatientPages(text or load_template("patient-text", "en", PatientText), large_print),
        outer_label,
    )


def raw_order(changes: Mapping[str, Any] | None = None) -> RawOrder:
    """Return a complete, approved order: citalopram 20 mg to stop in 112 days, capsules in steps of 0.1 mg.

    Args:
        changes: By path (`taper.days`); `ABSENT` takes the key out. A missing table is made.
    """
    raw: RawOrder = {
        "schema": 1,
        "patient": {"name": "Example Patient", "birth_date": dt.date(1981, 5, 12), "identifier": "P-000123"},
        "prescriber": {"name": "Dr Example", "identifier": "RX-REG-1"},
        "approval": {
            "approved_by": "Dr Example",
            "approved_on": dt.date(2026, 11, 20),
            "reference": "RX-2026-0117",
        },
        "pharmacy": {
            "name": "Example Pharmacy",
            "address": "1 Example Street, Example Town",
            "phone": "+00 000 0000",
        },
        "medication": {"drug": "citalopram"},
        "taper": {"start_dose_mg": 20, "end_dose_mg": 0, "days": 112, "start_date": dt.date(2026, 12, 1)},
        "compounding": {"increment_mg": Decimal("0.1")},
    }
    return changed(raw, changes or {})


def changed(raw: RawOrder, changes: Mapping[str, Any]) -> RawOrder:
    """Return a copy of a raw order with some keys changed, by path as in `raw_order`."""
    raw = copy.deepcopy(raw)
    for path, value in changes.items():
        *tables, key = path.split(".")
        table = raw
        for name in tables:
            table = table.setdefault(name, {})
        if value is ABSENT:
            del table[key]
        else:
            table[key] = value
    return raw


def units(*strengths_mg: str, most: int | None = None, form: str = "tablet") -> dict[str, Any]:
    """Return a compounding table of unit strengths."""
    table: dict[str, Any] = {"unit": [{"strength_mg": Decimal(text), "form": form} for text in strengths_mg]}
    return table if most is None else {**table, "max_units_per_pouch": most}


def own_curve(emax_percent: str, ed50_mg: str, hill: str = "1") -> dict[str, Any]:
    """Return a medication table that brings its own curve."""
    shape = {"emax_percent": Decimal(emax_percent), "ed50_mg": Decimal(ed50_mg), "hill": Decimal(hill)}
    return {"drug": "examplinum", "custom_curve": {**shape, "target": "SERT", "source": "Made up for this test"}}


def order_of(raw: Mapping[str, Any]) -> Order:
    """Return the order that a raw order describes."""
    return read_order(raw, FORMULARY, "order.toml")


def plan_of(raw: Mapping[str, Any], issued_on: dt.date = ISSUED_ON) -> Plan:
    """Return the plan of a raw order."""
    return plan_taper(order_of(raw), FORMULARY, issued_on)


def message_of(finding: Finding) -> str:
    """Return what a finding says, as a terminal has it."""
    return ENGLISH.tell(finding.told)


def finding_of(plan: Plan, code: str) -> Finding:
    """Return the only finding of a code."""
    (found,) = (finding for finding in plan.findings if finding.code == code)
    return found


def calendar_row_of(day: Day) -> tuple[str | None, ...]:
    """Return what a row of the patient's calendar says of a day: date, number, mg, and mL of a solution."""
    volume_ml = None if day.volume_ml is None else PRINTED.number(day.volume_ml)
    return PRINTED.date(day.date), str(day.day), PRINTED.number(day.dose_mg), volume_ml


def random_tablet(random: Random, strength_mg: Decimal, kinds: Sequence[str]) -> dict[str, Any]:
    """Return a tablet of a strength.

    Args:
        random: Chooses its kind.
        strength_mg: Of a whole one.
        kinds: `whole`, `halves`, `quarters`, `modified release`; twice what is to be chosen twice as often.
    """
    unit: dict[str, Any] = {"strength_mg": strength_mg, "form": "tablet"}
    kind = random.choice(kinds)
    if kind in {"halves", "quarters"}:
        unit["divisible_into"] = 2 if kind == "halves" else 4
    if kind == "modified release":
        unit["modified_release"] = True
    return unit


def raw_orders() -> st.SearchStrategy[RawOrder]:
    """Return a strategy of valid raw orders, which Hypothesis can make simpler."""
    return st.randoms(use_true_random=False).map(random_raw_order)


def random_raw_orders(seed: int, n_orders: int) -> Iterator[RawOrder]:
    """Yield valid raw orders, the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - nothing secret
    for _ in range(n_orders):
        yield random_raw_order(random)


def varied_raw_orders() -> st.SearchStrategy[RawOrder]:
    """Return a strategy of valid raw orders, the plain ones and the varied ones alike."""
    return st.one_of(raw_orders(), st.randoms(use_true_random=False).map(random_varied_raw_order))


def random_varied_raw_orders(seed: int, n_orders: int) -> Iterator[RawOrder]:
    """Yield valid varied raw orders, the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - nothing secret
    for _ in range(n_orders):
        yield random_varied_raw_order(random)


def days_of(raw: Mapping[str, Any]) -> int:
    """Return how many days a raw order takes."""
    taper = raw["taper"]
    return sum(phase["days"] for phase in taper["phase"]) if "phase" in taper else taper["days"]


def end_of(raw: Mapping[str, Any]) -> int | Decimal:
    """Return the dose a raw order ends with, in mg; 0 is a stop."""
    taper = raw["taper"]
    if "phase" not in taper:
        return taper["end_dose_mg"]  # type: ignore[no-any-return] # a raw order is what a file says
    reached = [taper["start_dose_mg"], *(phase["to_mg"] for phase in taper["phase"] if phase["kind"] == "reduce")]
    return reached[-1]  # type: ignore[no-any-return]


def random_raw_order(random: Random) -> RawOrder:
    """Return a valid raw order."""
    way = random.choice([_random_increment, _random_units])
    compounding, start_mg, end_mg = way(random)
    medication = _random_medication(random, start_mg)
    first_day = random.choice(["start", "reduced"])
    fewest_days = 2 if first_day == "start" and end_mg else 1
    taper: RawOrder = {
        "start_dose_mg": _written(random, start_mg),
        "end_dose_mg": _written(random, end_mg),
        "days": random.choice([fewest_days, random.randint(fewest_days, 60), random.randint(28, 120)]),
        "start_date": dt.date(2026, 12, 1) + dt.timedelta(days=random.randint(0, 800)),
        "first_day": first_day,
    }
    if random.randint(0, 1):
        taper["days_per_strip"] = random.randint(1, 28)
    if random.randint(0, 30) == 0:
        taper["days"] = random.randint(200, 500)
    raw = raw_order({"medication": medication, "taper": taper, "compounding": compounding})
    if random.randint(0, 3) == 0:
        del raw["approval"]
    return raw


def _random_increment(random: Random) -> tuple[dict[str, Any], Decimal, Decimal]:
    increment_mg = random.choice(_INCREMENTS_MG)
    most_steps = random.choice([3, 40, 40, 200, 200, 1000]) if random.randint(0, 3) == 0 else 60
    n_steps = random.randint(2, most_steps)
    end_steps = random.randint(1, n_steps - 1) if random.randint(0, 1) else 0
    return {"increment_mg": _written(random, increment_mg)}, n_steps * increment_mg, end_steps * increment_mg


def _random_units(random: Random) -> tuple[dict[str, Any], Decimal, Decimal]:
    strengths = random.sample(_SMALL_STRENGTHS_MG + _LARGE_STRENGTHS_MG, random.randint(1, 5))
    most_units = random.choice([None, random.randint(1, 8)])
    if len(strengths) <= 2 and random.randint(0, 4) == 0:  # few enough to try every sum
        most_units = random.randint(9, 26)
    amounts = sorted({_random_sum(random, strengths, most_units or 6) for _ in range(4)})
    start_mg, end_mg = amounts[-1], amounts[0] if len(amounts) > 1 and random.randint(0, 1) else Decimal(0)
    forms = ["capsule", "tablet", "orodispersible tablet", "film", "sachet"]
    made: list[dict[str, Any]] = [{"strength_mg": _written(random, strength)} for strength in strengths]
    for unit in made:
        if random.randint(0, 1):
            unit["form"] = random.choice(forms)
    table: dict[str, Any] = {"unit": made}
    return table if most_units is None else {**table, "max_units_per_pouch": most_units}, start_mg, end_mg


def _random_sum(random: Random, strengths: list[Decimal], most_units: int) -> Decimal:
    return sum((random.choice(strengths) for _ in range(random.randint(1, most_units))), Decimal(0))


def _random_medication(random: Random, start_mg: Decimal) -> dict[str, Any]:
    kind = random.choice(["default", "named", "own", "own with hill", "own above 100 %"])
    if kind == "default":
        return {"drug": random.choice([drug for drug in FORMULARY.drugs if FORMULARY.default_curve_of(drug)])}
    if kind == "named":
        curve = random.choice(list(FORMULARY.curves.values()))
        return {"drug": curve.drug, "curve": curve.id}
    emax, ed50, hill = random.randint(10, 1000), start_mg * random.choice(_ED50_OF_START), 100
    if kind == "own above 100 %":
        emax, ed50 = random.randint(1001, 1100), start_mg * random.choice(_ED50_OF_START[:3])
    if kind == "own with hill":
        hill = random.randint(20, 500)
    ed50 = min(max(round(ed50, 3), Decimal("0.001")), Decimal(10000))
    return own_curve(str(Decimal(emax) / 10), str(ed50), str(Decimal(hill) / 100))


def _written(random: Random, amount_mg: Decimal) -> int | Decimal:
    """Return an amount as one of the ways a file may write it: 20, 20.0 or 2E+1."""
    ways: list[int | Decimal] = [amount_mg, amount_mg.normalize(), Decimal(f"{amount_mg:.3f}")]
    if amount_mg == int(amount_mg):
        ways.append(int(amount_mg))
    return random.choice(ways)


# --- varied orders ---------------------------------------------------------------------------------------------------


def random_varied_raw_order(random: Random) -> RawOrder:
    """Return a valid raw order with some of: phases, steps in mg, divided units, limits of a strength, a solution."""
    way = random.choice([_varied_increment, _varied_units, _varied_units, _varied_solution])
    compounding, doses_mg = way(random)  # what can be made, falling
    first_day = random.choice(["start", "reduced"])
    taper: RawOrder = {
        "start_dose_mg": _written(random, doses_mg[0]),
        "start_date": dt.date(2026, 12, 1) + dt.timedelta(days=random.randint(0, 800)),
        "first_day": first_day,
        **random.choice([_random_phases, _random_phases, _random_ends])(random, doses_mg, first_day),
    }
    if random.randint(0, 1):
        taper["days_per_strip"] = random.randint(1, 28)
    medication = _random_medication(random, doses_mg[0])
    if random.randint(0, 1):
        taper["strategy"] = random.choice(["linear", "linear", "occupancy"])
        if taper["strategy"] == "linear" and random.randint(0, 1):
            medication = {"drug": "examplinum"}  # of which no curve is known
    raw = raw_order({"medication": medication, "taper": taper, "compounding": compounding})
    if random.randint(0, 3) == 0:
        del raw["approval"]
    return raw


def _varied_increment(random: Random) -> tuple[dict[str, Any], list[Decimal]]:
    increment_mg = random.choice(_INCREMENTS_MG)
    return {"increment_mg": _written(random, increment_mg)}, _random_multiples(random, increment_mg)


def _varied_solution(random: Random) -> tuple[dict[str, Any], list[Decimal]]:
    mg_per_ml, step_ml = random.choice(_SOLUTIONS)
    solution = {"mg_per_ml": _written(random, mg_per_ml), "syringe_step_ml": _written(random, step_ml)}
    return {"solution": solution}, _random_multiples(random, mg_per_ml * step_ml)


def _random_multiples(random: Random, step_mg: Decimal) -> list[Decimal]:
    n_steps = random.randint(4, 60)
    return sorted((n * step_mg for n in random.sample(range(1, n_steps + 1), random.randint(2, 4))), reverse=True)


@dataclass(frozen=True)
class _Kind:
    """A strength of a varied order."""

    strength_mg: Decimal
    divisible_into: int
    max_per_pouch: int | None
    modified_release: bool


def _varied_units(random: Random) -> tuple[dict[str, Any], list[Decimal]]:
    most_units = random.randint(2, 5)
    kinds = [_random_kind(random, strength, most_units) for strength in _some_strengths(random)]
    doses_mg = {_random_pouch(random, kinds, most_units) for _ in range(6)} - {Decimal(0)}
    if len(doses_mg) < 2:
        return _varied_increment(random)  # the strengths may make one dose only
    made = [_unit_of(random, kind) for kind in kinds]
    return {"unit": made, "max_units_per_pouch": most_units}, sorted(doses_mg, reverse=True)


def _some_strengths(random: Random) -> list[Decimal]:
    return random.sample(_DIVISIBLE_STRENGTHS_MG, random.randint(1, 3))


def _random_kind(random: Random, strength_mg: Decimal, most_units: int) -> _Kind:
    divisible_into = random.choice([1, 2, 4, 4])
    while strength_mg % (divisible_into * Decimal("0.001")):
        divisible_into //= 2
    modified_release = random.randint(0, 4) == 0
    return _Kind(
        strength_mg,
        1 if modified_release else divisible_into,
        random.choice([None, random.randint(1, most_units)]),
        modified_release,
    )


def _unit_of(random: Random, kind: _Kind) -> dict[str, Any]:
    unit: dict[str, Any] = {"strength_mg": _written(random, kind.strength_mg)}
    whole_only = kind.divisible_into == 1 and random.randint(0, 1)
    unit["form"] = random.choice(["capsule", "sachet"] if whole_only else ["tablet", "orodispersible tablet", "film"])
    if kind.divisible_into > 1 or random.randint(0, 3) == 0:
        unit["divisible_into"] = kind.divisible_into
    if kind.max_per_pouch is not None:
        unit["max_per_pouch"] = kind.max_per_pouch
    if kind.modified_release:
        unit["modified_release"] = True
    if random.randint(0, 3) == 0:
        unit |= {"product": "Example product", "supplier": "Example Wholesale"}
    return unit


def _random_pouch(random: Random, kinds: list[_Kind], most_units: int) -> Decimal:
    """Return what some units come to that may stand in one pouch; 0 where they may not."""
    pouch = [(kind, random.choice([1, kind.divisible_into])) for kind in random.choices(kinds, k=most_units)]
    pouch = pouch[: random.randint(1, most_units)]
    of_each = [sum(other is kind for other, _ in pouch) for kind in kinds]
    if any(kind.max_per_pouch and n > kind.max_per_pouch for kind, n in zip(kinds, of_each, strict=True)):
        return Decimal(0)
    if any(kind.modified_release for kind, _ in pouch) and any(part > 1 for _, part in pouch):
        return Decimal(0)
    return sum((kind.strength_mg / part for kind, part in pouch), Decimal(0))


def _random_ends(random: Random, doses_mg: list[Decimal], first_day: str) -> dict[str, Any]:
    end_mg = random.choice([Decimal(0), doses_mg[-1]])
    fewest_days = 2 if first_day == "start" and end_mg else 1
    return {"end_dose_mg": _written(random, end_mg), "days": random.randint(fewest_days, 60)}


def _random_phases(random: Random, doses_mg: list[Decimal], first_day: str) -> dict[str, Any]:
    """Return some of: hold, reduce, hold, reduce … to one after the other of the doses, and perhaps a stop."""
    phases: list[dict[str, Any]] = []
    targets = random.choice([doses_mg[1:], [*doses_mg[1:], Decimal(0)]])
    for target_mg in targets[: random.randint(1, 4)]:
        if random.randint(0, 2) == 0:
            phases.append({"kind": "hold", "days": random.randint(1, 20)})
        fewest_days = 2 if first_day == "start" and not phases and target_mg else 1
        days = random.randint(fewest_days, 30)
        phases.append({"kind": "reduce", "to_mg": _written(random, target_mg), "days": days})
        if random.randint(0, 2) == 0 and target_mg:
            phases.append({"kind": "hold", "days": random.randint(1, 20)})
    if random.randint(0, 20) == 0:
        phases = [{"kind": "hold", "days": random.randint(1, 40)}]
    return {"phase": phases}
