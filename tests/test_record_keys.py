"""The keys of the compounding record are read as strictly as every other, and change no plan id."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from orders import ABSENT, FORMULARY, RawOrder, changed, order_of, plan_of, raw_order

from stripgen.errors import OrderInvalid
from stripgen.planning.intake import read_order

SUBSTANCE = {
    "name": "citalopram hydrobromide",
    "molecular_weight": Decimal("405.30"),
    "drug_molecular_weight": Decimal("324.40"),
    "assay_percent": Decimal("99.4"),
    "lot": "CIT-0457",
    "supplier": "Example Chemicals",
    "expires_on": dt.date(2028, 3, 31),
}
FILLER = {"name": "microcrystalline cellulose", "fill_mass_mg": 120, "lot": "MCC-1", "supplier": "Example Chemicals"}
RECORD = {
    "master_formula": "MF-2026-014",
    "overage_percent": 5,
    "balance_step_mg": Decimal("0.1"),
    "minimum_weight_mg": 20,
    "weighing_tolerance_percent": 1,
    "substance": SUBSTANCE,
    "filler": FILLER,
}
MW = "a number of g/mol from 50 to 2000, in steps of 0.001"
OVERAGE = "a number from 0 to 20 (%), in steps of 0.01"
FACTOR = "substance to weigh for 1 mg of drug, a number from 0.5 to 3, in steps of 0.0001"
ASSAY = "a number from 50 to 100 (%), in steps of 0.01; a content above 100 % is not corrected for"
FILL = "a number of mg from 1 to 5000, in steps of 0.1"
STEP = "a number of mg from 0.001 to 100, in steps of 0.001"
MINIMUM = "a number of mg from 0.1 to 5000, in steps of 0.001"
WITHIN = "a number from 0.1 to 5 (%), in steps of 0.01"
NAN = Decimal("nan")
NO_WEIGHTS = {"substance__molecular_weight": ABSENT, "substance__drug_molecular_weight": ABSENT}


def recorded(**changes: Any) -> RawOrder:
    """Return an order with a whole record; changes by path with `__` for a point, `ABSENT` takes a key out."""
    raw = raw_order({"record": RECORD})
    return changed(raw, {f"record.{path.replace('__', '.')}": value for path, value in changes.items()})


def problems_of(raw: RawOrder) -> list[str]:
    with pytest.raises(OrderInvalid) as caught:
        read_order(raw, FORMULARY, "order.toml")

    return [str(problem) for problem in caught.value.problems]


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"overage_percent": -1}, f"overage_percent: -1 is out of range; {OVERAGE}"),
    ({"overage_percent": Decimal("20.01")}, f"overage_percent: 20.01 is out of range; {OVERAGE}"),
    ({"overage_percent": Decimal("0.001")}, f"overage_percent: 0.001 is finer than 0.01; {OVERAGE}"),
    ({"overage_percent": "5 %"}, "overage_percent: '5 %' is text, not a number; write a number without quotes"),
    ({"overage_percent": True}, f"overage_percent: true is not an exact number; {OVERAGE}"),
    ({"overage_percent": NAN}, f"overage_percent: NaN is not a finite number; {OVERAGE}"),
    ({"overage": 5}, "overage: unknown key (did you mean overage_percent?); allowed here: master_formula, ov"),
    ({"master_formula": 14}, "master_formula: 14 is not text; write it in quotes"),
    ({"master_formula": " "}, "master_formula: is empty; leave it out, or write 1 character or more"),
    ({"balance_step_mg": 0}, f"balance_step_mg: 0 is out of range; {STEP}"),
    ({"balance_step_mg": Decimal("0.0005")}, f"balance_step_mg: 0.0005 is out of range; {STEP}"),
    ({"balance_step_mg": "0,1"}, f"balance_step_mg: '0,1' is text, not a number; write 0.1 without quotes ({STEP})"),
    ({"minimum_weight_mg": 0}, f"minimum_weight_mg: 0 is out of range; {MINIMUM}"),
    ({"minimum_weight_mg": "20"}, "minimum_weight_mg: '20' is text, not a number; write 20 without quotes"),
    (
        {"balance_step_mg": 50},
        "minimum_weight_mg: 20 mg is less than one step of the balance; 50 mg or more (balance_step_mg)",
    ),
    ({"weighing_tolerance_percent": 0}, f"weighing_tolerance_percent: 0 is out of range; {WITHIN}"),
    ({"weighing_tolerance_percent": 6}, f"weighing_tolerance_percent: 6 is out of range; {WITHIN}"),
    ({"substance": "citalopram"}, "substance: 'citalopram' is not a table; write it as a table with keys"),
    ({"substance__name": ABSENT}, "substance.name: is missing; it must be given"),
    ({"substance__name": 5}, "substance.name: 5 is not text; write it in quotes"),
    ({"substance__molecular_weight": 49}, f"substance.molecular_weight: 49 is out of range; {MW}"),
    ({"substance__molecular_weight": "405.30"}, "substance.molecular_weight: '405.30' is text, not a number; write 40"),
    ({"substance__molecular_weight": NAN}, f"substance.molecular_weight: NaN is not a finite number; {MW}"),
    ({"substance__molecular_weight": Decimal("405.3012")}, "substance.molecular_weight: 405.3012 is finer than 0.001"),
    ({"substance__drug_molecular_weight": 2001}, f"substance.drug_molecular_weight: 2001 is out of range; {MW}"),
    (
        {"substance__molecular_weight": ABSENT},
        "substance.molecular_weight: is missing, and drug_molecular_weight is given; both, or factor instead",
    ),
    (
        {"substance__drug_molecular_weight": ABSENT},
        "substance.drug_molecular_weight: is missing, and molecular_weight is given; both, or factor instead",
    ),
    (
        NO_WEIGHTS,
        "substance.factor: is missing; what to weigh for 1 mg of drug (1 where the strengths count the substance",
    ),
    (
        {"substance__molecular_weight": Decimal("324.40"), "substance__drug_molecular_weight": Decimal("405.30")},
        "substance.molecular_weight: 324.4 to 405.3 is a factor of 0.8004; from 1 to 3: are the two swapped?",
    ),
    (
        {"substance__factor": Decimal("1.25")},
        "substance.factor: 1.25 is not what the molecular weights come to; 1.2494",
    ),
    ({"substance__factor": Decimal("0.4")}, f"substance.factor: 0.4 is out of range; {FACTOR}"),
    ({"substance__factor": Decimal("3.1")}, f"substance.factor: 3.1 is out of range; {FACTOR}"),
    ({"substance__factor": Decimal("1.24938")}, f"substance.factor: 1.24938 is finer than 0.0001; {FACTOR}"),
    ({"substance__factor": 1.2494}, f"substance.factor: 1.2494 is not an exact number; {FACTOR}"),
    ({"substance__assay_percent": 101}, f"substance.assay_percent: 101 is out of range; {ASSAY}"),
    ({"substance__assay_percent": Decimal("0.994")}, f"substance.assay_percent: 0.994 is out of range; {ASSAY}"),
    ({"substance__assay_percent": "99.4 %"}, "substance.assay_percent: '99.4 %' is text, not a number; write a number"),
    ({"substance__lot": 457}, "substance.lot: 457 is not text; write it in quotes"),
    ({"substance__expires_on": "2028-03"}, "substance.expires_on: '2028-03' is not a date; a date from 2020-01-01"),
    ({"substance__salt": "HBr"}, "substance.salt: unknown key; allowed here: name, molecular_weight, drug_mol"),
    ({"filler__name": ABSENT}, "filler.name: is missing; it must be given"),
    ({"filler__fill_mass_mg": ABSENT}, "filler.fill_mass_mg: is missing; it must be given"),
    ({"filler__fill_mass_mg": 0}, f"filler.fill_mass_mg: 0 is out of range; {FILL}"),
    ({"filler__fill_mass_mg": Decimal("0.12")}, f"filler.fill_mass_mg: 0.12 is out of range; {FILL}"),
    ({"filler__fill_mass_mg": Decimal("120.05")}, f"filler.fill_mass_mg: 120.05 is finer than 0.1; {FILL}"),
    ({"filler__mass": 5}, "filler.mass: unknown key; allowed here: name, fill_mass_mg, lot, supplier, expires_on"),
]


@pytest.mark.parametrize(("changes", "line"), FAULTS, ids=[line[:60] for _, line in FAULTS])
def test_one_fault_is_one_line_that_names_its_place_and_what_is_allowed(changes: dict[str, Any], line: str) -> None:
    (problem,) = problems_of(recorded(**changes))

    assert problem.startswith(f"record.{line}")


def test_every_problem_of_a_record_is_told_at_once() -> None:
    raw = recorded(
        overage_percent=30, substance__molecular_weight=1, filler__fill_mass_mg="x", minimum_weight_mg=Decimal("0.1")
    )
    raw = changed(raw, {"record.balance_step_mg": 1, "taper.days": 0})

    assert sorted(problem.partition(": ")[0] for problem in problems_of(raw)) == [
        "record.filler.fill_mass_mg",
        "record.minimum_weight_mg",
        "record.overage_percent",
        "record.substance.molecular_weight",
        "taper.days",
    ]


def test_a_solution_has_no_filler() -> None:
    solution = {"solution": {"mg_per_ml": 1, "syringe_step_ml": Decimal("0.1")}}
    raw = changed(recorded(), {"compounding": solution})

    assert [problem.partition("; ")[0] for problem in problems_of(raw)] == [
        "record.filler: goes with units to fill only"
    ]
    assert order_of(changed(raw, {"record.filler": ABSENT})).record


@pytest.mark.parametrize(
    ("given", "factor"),
    [
        ({}, "1.2494"),
        ({"substance__factor": Decimal("1.2494")}, "1.2494"),  # both, and they agree
        ({**NO_WEIGHTS, "substance__factor": 1}, "1"),
        ({**NO_WEIGHTS, "substance__factor": Decimal("0.88")}, "0.88"),
    ],
    ids=["weights", "both", "the drug itself", "a base for its salt"],
)
def test_the_factor_is_the_one_given_or_the_quotient_of_the_two_weights(given: dict[str, Any], factor: str) -> None:
    record = order_of(recorded(**given)).record

    assert record is not None
    assert record.substance is not None
    assert record.substance.weighing_factor == Decimal(factor)


@pytest.mark.parametrize("given", [{}, {"overage_percent": 20}, {"substance__assay_percent": 98}, {"filler": ABSENT}])
def test_the_record_is_the_pharmacys_business_and_changes_no_plan_id(given: dict[str, Any]) -> None:
    without = plan_of(raw_order())

    assert plan_of(recorded(**given)).plan_hash == without.plan_hash


def test_without_a_certificate_the_balance_weighs_820_of_its_steps_accurately() -> None:
    """USP 41: 2 × 0.41 steps are 0.10 % of 820 steps."""
    record = order_of(recorded(minimum_weight_mg=ABSENT)).record

    assert record is not None
    assert record.least_weighed_mg == Decimal(82)
