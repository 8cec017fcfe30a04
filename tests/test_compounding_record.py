"""The compounding record weighs what exact fractions say, its checks can fail, and the check form has no answer."""

import datetime as dt
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from orders import ABSENT, FORMULARY, ISSUED_ON, PRINTED, RawOrder, changed, order_of, plan_of, raw_order
from python_calamine import CalamineWorkbook
from reading_sheets import convert, decimal, header_row, needs_libreoffice, saved
from running import run

from stripgen.domain.plan import Plan
from stripgen.domain.weighing import MakeList, Preparation, ToPrepare, Weighing
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.errors import OrderInvalid
from stripgen.files import load_order_file, load_wording
from stripgen.planning.amending import Request, amend
from stripgen.planning.dating import date_plan
from stripgen.planning.taper import plan_taper
from stripgen.planning.weighing import list_to_make, weigh
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.record import render_check_form, render_compounding_record
from stripgen.rendering.words import Words

EXAMPLES = Path(__file__).parents[1] / "examples"
RECORDED = EXAMPLES / "compounded-record.toml"
SUBSTANCE: dict[str, Any] = {"name": "example hydrobromide", "factor": Decimal("1.2494")}
FILLED: dict[str, Any] = {"name": "cellulose", "fill_mass_mg": 500}
SOLUTION = {"compounding": {"solution": {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.1")}}, "record.filler": ABSENT}


def recorded(name: str = "citalopram", **record: Any) -> RawOrder:
    """Return an example with a record: 5 % overage, a factor, a content of 99.4 %, capsules filled to 500 mg."""
    whole = {
        "overage_percent": 5,
        "substance": {**SUBSTANCE, "assay_percent": Decimal("99.4"), "lot": "CIT-0457"},
        "filler": FILLED,
        **record,
    }
    return {**load_order_file(EXAMPLES / f"{name}.toml"), "record": whole}


@cache
def plan_named(name: str) -> Plan:
    if name == "compounded-record":
        return plan_of(load_order_file(RECORDED))
    if name == "measured":
        return plan_of(changed(recorded(), SOLUTION))
    if name == "draft":
        return plan_of(recorded("draft"))
    if name == "parted":  # so many rows that what is below them would begin on their page and end on the next
        return plan_of(changed(recorded(), {"taper.days": 20, "taper.start_dose_mg": 18}))
    if name == "15 strengths":
        units = [{"strength_mg": Decimal(n) / 2} for n in (40, 20, 16, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)]
        compounding = {"max_units_per_pouch": 8, "unit": [*units, {"strength_mg": Decimal("0.1")}]}
        return plan_of({**recorded(), "compounding": compounding})
    return plan_of(recorded(name))


def weighing_of(plan: Plan) -> Weighing:
    return weigh(list_to_make(plan), plan.order)


@cache
def rendered(name: str) -> tuple[bytes, bytes]:
    """Return the compounding record and the check form of a plan."""
    plan = plan_named(name)
    make_list = list_to_make(plan)
    record = render_compounding_record(plan, weigh(make_list, plan.order), PRINTED)
    return record, render_check_form(plan, make_list, PRINTED)


def workbook_of(content: bytes) -> Any:  # a workbook; openpyxl knows of a cell only that it holds anything
    return load_workbook(io.BytesIO(content))


# --- the arithmetic, against exact fractions, step by step -----------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What is drawn: units or mL of one strength, and the record's keys."""

    needed: ToPrepare
    overage: Decimal
    factor: Decimal
    assay: Decimal
    fill: Decimal | None
    step: Decimal
    least: Decimal

    @property
    def weighing(self) -> Weighing:
        filler = None if self.fill is None else {"name": "F", "fill_mass_mg": self.fill}
        record = {
            "overage_percent": self.overage,
            "substance": {"name": "S", "factor": self.factor, "assay_percent": self.assay},
            "balance_step_mg": self.step,
            "minimum_weight_mg": self.least,
            "filler": filler or ABSENT,
        }
        order = order_of(raw_order({f"record.{key}": value for key, value in record.items() if value is not ABSENT}))
        return weigh(MakeList(None, (), (self.needed,), ()), order)

    @property
    def made(self) -> Preparation:
        return self.weighing.preparations[0]


def decimals(least: str, most: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=places, allow_nan=False)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    in_ml = draw(st.booleans())
    strength = draw(decimals("0.001", "80", 3))
    amount = draw(decimals("0.1", "900", 1)) if in_ml else Decimal(draw(st.integers(1, 900)))
    step = draw(st.sampled_from(["0.01", "0.1", "1", "0.25"]))
    return Case(
        ToPrepare("capsule", strength, amount, in_ml=in_ml),
        overage=draw(decimals("0", "20", 2)),
        factor=draw(decimals("0.5", "3", 4)),
        assay=draw(decimals("50", "100", 2)),
        fill=None if in_ml else draw(st.none() | decimals("500", "5000", 1)),
        step=Decimal(step),
        least=draw(st.sampled_from([Decimal(1), Decimal(20), Decimal(82)])),
    )


def slowly_rounded(exact: Fraction, case: Case) -> Fraction:
    """Return a mass rounded by search: the nearest multiple of the step, the higher of two."""
    step = Fraction(case.step)
    if exact < Fraction(case.least):
        step = Fraction(1)
        while not 1000 <= abs(exact) / step < 10000 and exact:
            step *= Fraction(10) if abs(exact) / step >= 10000 else Fraction(1, 10)
    below = exact // step * step
    return below if exact - below < below + step - exact else below + step


@given(cases())
def test_masses_are_what_exact_fractions_say(case: Case) -> None:
    made, needed = case.made, Fraction(case.needed.needed)
    asked = needed + needed * Fraction(case.overage) / 100
    to_make = next(n for n in count(int(needed)) if n >= asked)
    drug = Fraction(case.needed.strength_mg) * to_make
    substance = slowly_rounded(drug * Fraction(case.factor) / (Fraction(case.assay) / 100), case)

    assert made.to_make == to_make
    assert Fraction(made.drug_mg) == drug
    assert Fraction(made.substance_mg) == substance
    if case.fill is None:
        assert made.filler_mg is None
    else:
        assert Fraction(made.filler_mg or 0) == slowly_rounded(to_make * Fraction(case.fill) - substance, case)
    masses = [mass for mass in (made.substance_mg, made.filler_mg) if mass]
    assert made.weighable == all(mass >= case.least for mass in masses)


@given(cases())
def test_what_is_made_is_never_less_than_what_is_asked_for(case: Case) -> None:
    made = case.made

    assert made.to_make * 100 >= case.needed.needed * (100 + case.overage) > (made.to_make - 1) * 100
    assert made.substance_mg >= made.drug_mg * case.factor * Decimal("0.9995") - case.step / 2


@given(cases())
def test_rounding_takes_no_more_than_half_a_step_or_half_a_fourth_digit(case: Case) -> None:
    made = case.made
    exact = Fraction(made.drug_mg) * Fraction(case.factor) * 100 / Fraction(case.assay)
    error = abs(Fraction(made.substance_mg) - exact)

    assert error <= (Fraction(case.step) / 2 if exact >= case.least else exact / 2000)


@pytest.mark.parametrize("name", ["compounded-record", "citalopram", "half-tablets", "15 strengths", "measured"])
def test_all_strengths_come_to_the_totals(name: str) -> None:
    weighing = weighing_of(plan_named(name))
    made = weighing.preparations

    assert weighing.substance_mg == sum(each.substance_mg for each in made)
    assert weighing.drug_mg == sum(each.drug_mg for each in made)
    assert weighing.filler_mg in (None, sum(each.filler_mg or 0 for each in made))
    for each in made:
        if each.filler_mg is not None:
            assert abs(each.substance_mg + each.filler_mg - 500 * each.to_make) <= Decimal("0.05") or name == (
                "compounded-record"
            )


def test_a_batch_worked_out_by_hand() -> None:
    """83 capsules of 1 mg: 83 × 1.2494 × 100 / 99.4 = 104.327 mg; 83 × 120 − 104.3 = 9,855.7 mg."""
    made = {str(each.of.strength_mg): each for each in weighing_of(plan_named("compounded-record")).preparations}

    one = made["1"]
    assert [one.of.needed, one.to_make, one.drug_mg] == [79, 83, 83]  # 79 × 1.05 = 82.95
    assert (one.substance_mg, one.filler_mg, one.weighable) == (Decimal("104.3"), Decimal("9855.7"), True)
    fifth = made["0.2"]
    assert (fifth.substance_mg, fifth.weighable) == (Decimal("41.23"), False)  # below the 60 mg of the certificate


def test_a_unit_too_small_for_its_substance_is_refused_with_the_strength() -> None:
    plan = plan_of(recorded("citalopram", filler={"name": "F", "fill_mass_mg": 20}))

    with pytest.raises(
        OrderInvalid, match=r"record\.filler\.fill_mass_mg: 20 mg is less than the substance .* of 20 mg"
    ):
        weighing_of(plan)


# --- what is made, and what is taken ----------------------------------------------------------------------------------


def test_what_is_bought_or_divided_is_taken_and_not_made() -> None:
    make_list = list_to_make(plan_named("half-tablets"))

    assert [(each.form, str(each.strength_mg)) for each in make_list.to_prepare] == [
        ("capsule", "2"),
        ("capsule", "0.5"),
    ]
    assert [(each.form, str(each.strength_mg)) for each in make_list.taken] == [("tablet", "50"), ("tablet", "25")]


@pytest.mark.parametrize(
    "said",
    [
        {"product": "P"},
        {"supplier": "S"},
        {"modified_release": True},
        {"form": "tablet"},
        {"form": "orodispersible tablet"},
    ],
    ids=str,
)
def test_a_unit_is_made_only_where_nothing_says_it_is_bought(said: dict[str, Any]) -> None:
    units = {"unit": [{"strength_mg": 20, **said}, {"strength_mg": 5}, {"strength_mg": Decimal("0.5")}]}
    make_list = list_to_make(plan_of({**recorded(), "compounding": {**units, "max_units_per_pouch": 9}}))

    assert [each.strength_mg for each in make_list.to_prepare] == [5, Decimal("0.5")]
    assert [each.strength_mg for each in make_list.taken] == [20]


@pytest.mark.parametrize("name", ["citalopram", "half-tablets", "paroxetine-tablets-and-capsules", "compounded-record"])
def test_counts_are_those_of_the_dispensing_sheet(name: str, compared: Counter[str]) -> None:
    plan = plan_named(name)
    sheet = workbook_of(render_dispensing_sheet(plan, PRINTED))["Compounding"]
    row, counts = header_row(sheet, "Count needed"), {}
    while isinstance(sheet.cell(row + 1, 2).value, int | float):
        row += 1
        counts[decimal(sheet.cell(row, 2).value)] = decimal(sheet.cell(row, 3).value)
    made = list_to_make(plan).to_prepare

    assert made
    for each in made:
        assert counts[each.strength_mg] == each.needed
        compared["counts"] += 1


@pytest.mark.parametrize("name", ["citalopram", "compounded-record", "half-tablets", "measured"])
def test_the_strips_come_to_the_whole_plan(name: str) -> None:
    plan = plan_named(name)
    by_strength: Counter[Decimal] = Counter()
    taken: Counter[Decimal] = Counter()
    for strip in plan.strips:
        make_list = list_to_make(date_plan(plan, strip=strip.number))
        assert make_list.strip == strip.number
        assert make_list.days == strip.days
        by_strength.update({each.strength_mg: each.needed for each in make_list.to_prepare})
        taken.update({each.strength_mg: each.count for each in make_list.taken})
    whole = list_to_make(plan)

    assert by_strength == {each.strength_mg: each.needed for each in whole.to_prepare}
    assert all(taken[each.strength_mg] >= each.count for each in whole.taken)  # a piece left over is used by the whole


PREPARED, POUCHES_MADE = dt.date(2026, 11, 9), dt.date(2026, 11, 23)


def dates_told(said: dict[str, Any], order: RawOrder | None = None) -> dict[str, Any]:
    """Return what the sheet Record tells of lots and days, by its label."""
    plan = plan_of(changed(order or load_order_file(RECORDED), said))
    sheet = workbook_of(render_compounding_record(plan, weighing_of(plan), PRINTED)).worksheets[0]
    lines = {row[2].value: row[3].value for row in sheet.iter_rows(max_col=4)}
    return {
        label: value.date() if isinstance(value, dt.datetime) else value
        for label, value in lines.items()
        if isinstance(label, str) and (label.endswith(" on") or label.startswith("Lot"))
    }


def lots_prepared(*days: dt.date | None) -> list[dict[str, Any]]:
    lots = zip((10, 4, 1, Decimal("0.2")), days, strict=True)
    return [{"strength_mg": mg, "lot": f"C-{mg}", **({"prepared_on": day} if day else {})} for mg, day in lots]


def test_the_day_of_the_units_and_that_of_the_pouches_stand_each_under_its_own_name() -> None:
    pouches = {"dispensing.lot": "L-1", "dispensing.made_on": POUCHES_MADE}
    lot = {"Lot of the pouches": "L-1", "Pouches made on": POUCHES_MADE}

    assert dates_told({**pouches, "batch": lots_prepared(*[PREPARED] * 4)}) == {"Units prepared on": PREPARED, **lot}
    for unknown in (
        {},
        {"batch": lots_prepared(PREPARED, PREPARED, PREPARED, None)},
        {"batch": lots_prepared(PREPARED, PREPARED, PREPARED, POUCHES_MADE)},
        {"batch": lots_prepared(*[PREPARED] * 4)[:3]},
    ):
        assert dates_told({**pouches, **unknown}) == {"Units prepared on": None, **lot}


def test_of_a_solution_it_is_the_solution_that_is_prepared() -> None:
    told = dates_told({**SOLUTION, "batch": [{"lot": "S-1", "prepared_on": PREPARED}]}, recorded())

    assert told == {"Solution prepared on": PREPARED, "Lot of the pouches": None, "Pouches made on": None}


def test_of_an_amended_plan_only_what_is_still_to_be_made_is_weighed() -> None:
    plan = plan_named("compounded-record")
    amended = plan_taper(amend(plan, Request(57, "hold", Decimal(14), "Dizzy")), FORMULARY, ISSUED_ON)

    make_list = list_to_make(amended)

    assert [day.day for day in make_list.days] == list(range(57, 57 + 28 + 14))
    assert sum(each.strength_mg * each.needed for each in make_list.to_prepare) == amended.total_mg


# --- the workbook: read by others -------------------------------------------------------------------------------------

NAMES = ("compounded-record", "citalopram", "half-tablets", "measured", "15 strengths", "draft")


def first_row(sheet: Any) -> int:
    return header_row(sheet, "Form") + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_record_reads_back_as_it_was_computed(name: str) -> None:
    """By calamine, which shares nothing with what wrote it."""
    weighing = weighing_of(plan_named(name))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(rendered(name)[0])).get_sheet_by_name("Weighing").to_python()
    start = next(n for n, row in enumerate(rows) if row[0] == "Form") + 1

    for row, made in zip(rows[start:], weighing.preparations, strict=False):
        masses = [made.of.strength_mg, made.of.needed, made.to_make, made.drug_mg, made.substance_mg]
        masses += [made.filler_mg] if made.filler_mg is not None else []
        assert [decimal(value) for value in row[1 : len(masses) + 1]] == masses
        assert ("trituration" in str(row)) == (not made.weighable)
    total = rows[start + len(weighing.preparations)]
    assert decimal(total[4]) == weighing.drug_mg
    assert decimal(total[5]) == weighing.substance_mg


def filled_in(content: bytes, faults: Sequence[str] = ()) -> bytes:
    """Return a record as a careful person fills it in; with faults, the first in the first row, and so on."""
    workbook = workbook_of(content)
    for name in {"Weighing", "Made and used"} & set(workbook.sheetnames):
        sheet = workbook[name]
        rows = range(first_row(sheet), first_row(sheet) + n_rows(sheet))
        columns = {cell.value: cell.column for cell in sheet[rows[0] - 1]}
        for row in rows:
            if name == "Weighing":
                for asked in {"Substance", "Filler"} & {str(label).removesuffix(" (mg)") for label in columns}:
                    weighed = sheet.cell(row, columns[f"{asked} weighed (mg)"])
                    weighed.value = sheet.cell(row, columns[f"{asked} (mg)"]).value
            else:
                needed, made = sheet.cell(row, 4).value, sheet.cell(row, 5).value
                for column, value in ((7, made), (8, needed), (9, 0), (10, made - needed), (11, 0)):
                    sheet.cell(row, column).value = value
        if name == "Made and used":
            for row, fault in zip(rows, faults, strict=False):
                for label in fault.split(" for "):
                    sheet.cell(row, columns[label]).value += -1 if fault.endswith(f" for {label}") else 1
        elif faults:
            weighable = next(row for row in rows if sheet.cell(row, columns["As asked"]).value != "–")
            sheet.cell(weighable, columns["Substance weighed (mg)"]).value *= 1.02
    return saved(workbook)


def n_rows(sheet: Any) -> int:
    """Return how many rows with a strength a table has."""
    return next(n for n in count() if not isinstance(sheet.cell(first_row(sheet) + n, 2).value, int | float))


def results_of(workbook: Workbook, *sheets: str) -> Counter[str]:
    return Counter(
        str(cell.value)
        for sheet in sheets or workbook.sheetnames
        for row in workbook[sheet].iter_rows()
        for cell in row
        if cell.value in {"OK", "CHECK"}
    )


CALCULATED = ("compounded-record", "citalopram", "half-tablets", "measured")
FAULTS = ("Made or taken", "Used", "Wasted", "Returned", "Retained sample", "Used for Returned")


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """Return records untouched, filled in well, and filled in with faults, as LibreOffice computes them."""
    contents = {name: rendered(name)[0] for name in CALCULATED}
    contents |= {f"{name} filled in": filled_in(rendered(name)[0]) for name in CALCULATED}
    contents["faults"] = filled_in(rendered("15 strengths")[0], FAULTS)
    changed_mass = workbook_of(rendered("compounded-record")[0])
    changed_mass["Weighing"].cell(first_row(changed_mass["Weighing"]), 6).value = 139
    contents["changed mass"] = saved(changed_mass)
    results = convert(tmp_path_factory.mktemp("recalculated"), contents, "xlsx")
    return {name: load_workbook(results / f"{name}.xlsx", data_only=True) for name in contents}


@needs_libreoffice
@pytest.mark.parametrize("name", CALCULATED)
def test_every_check_of_a_record_holds_and_what_is_empty_is_not_judged(
    name: str, recalculated: dict[str, Workbook]
) -> None:
    n_made = len(weighing_of(plan_named(name)).preparations)

    assert results_of(recalculated[name]) == {"OK": n_made + 1}


@needs_libreoffice
@pytest.mark.parametrize("name", CALCULATED)
def test_every_check_of_a_record_filled_in_well_holds(name: str, recalculated: dict[str, Workbook]) -> None:
    weighing = weighing_of(plan_named(name))
    n_weighed = sum(made.weighable for made in weighing.preparations)
    n_units = len(weighing.preparations) + len(weighing.make_list.taken)
    workbook = recalculated[f"{name} filled in"]

    assert results_of(workbook, "Weighing") == {"OK": len(weighing.preparations) + 1 + n_weighed}
    assert results_of(workbook, "Made and used") == {"OK": n_units + 1}


@needs_libreoffice
@pytest.mark.parametrize("fault", FAULTS)
def test_units_that_do_not_come_out_are_told(fault: str, recalculated: dict[str, Workbook]) -> None:
    sheet = recalculated["faults"]["Made and used"]
    row = first_row(sheet) + FAULTS.index(fault)

    assert sheet.cell(row, 13).value == "CHECK"
    assert sheet.cell(row, 12).value == {"Made or taken": 1, "Used for Returned": 0}.get(fault, -1)
    shown = workbook_of(rendered("15 strengths")[0])["Made and used"].cell(row, 12).number_format
    assert shown == 'General" missing";General" too many";0'


@needs_libreoffice
def test_other_rows_come_out_and_the_whole_does_not(recalculated: dict[str, Workbook]) -> None:
    n_made = n_rows(recalculated["faults"]["Made and used"])

    assert results_of(recalculated["faults"], "Made and used") == {"CHECK": len(FAULTS) + 1, "OK": n_made - len(FAULTS)}


@needs_libreoffice
def test_a_mass_weighed_beyond_the_tolerance_is_told(recalculated: dict[str, Workbook]) -> None:
    assert results_of(recalculated["faults"], "Weighing")["CHECK"] == 1


@needs_libreoffice
def test_a_mass_that_was_changed_is_told(recalculated: dict[str, Workbook]) -> None:
    assert results_of(recalculated["changed mass"], "Weighing") == {"OK": 3, "CHECK": 2}


# --- print, protection, languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_sheet_is_landscape_with_its_heading_repeated_and_pages_numbered(name: str) -> None:
    for content in rendered(name):
        for sheet in workbook_of(content).worksheets:
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.print_title_rows
            assert sheet.oddFooter.right.text == "page &P of &N"
            assert sheet.page_setup.fitToHeight == 0


@pytest.mark.slow
@needs_libreoffice
def test_how_the_masses_are_calculated_stands_on_one_page(tmp_path: Path) -> None:
    """Of long plans and short ones, as LibreOffice prints them; the check form's questions are on one page, too."""
    contents = {name.replace(" ", "-"): rendered(name)[0] for name in NAMES} | {
        "form": rendered("compounded-record")[1]
    }
    results = convert(tmp_path, contents, "pdf")
    for name in contents:
        with pdfplumber.open(results / f"{name}.pdf") as document:
            pages = [page.extract_text() for page in document.pages]
        first = [n for n, text in enumerate(pages) if "to make: " in text]
        assert first == [n for n, text in enumerate(pages) if "As asked: " in text]
        assert len(first) == (name != "form")
        assert all(f"page {n} of {len(pages)}" in text for n, text in enumerate(pages, start=1))
        if name == "form":
            assert len(pages) == 2
            assert "What differs, and why" in pages[0]


@pytest.mark.parametrize("name", NAMES)
def test_only_cells_to_fill_in_are_unlocked(name: str) -> None:
    for content in rendered(name):
        for sheet in workbook_of(content).worksheets:
            assert sheet.protection.sheet
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell, MergedCell):
                        continue  # part of the cell above or beside it
                    assert cell.protection.locked == ("entry" not in cell.style)
                    assert cell.protection.locked or not str(cell.value or "").startswith("=")


def test_a_draft_says_so_on_every_sheet_and_every_page() -> None:
    for content in rendered("draft"):
        for sheet in workbook_of(content).worksheets:
            assert sheet["A2"].value == "DRAFT, not for dispensing: no approval"
            assert "DRAFT" in sheet.oddHeader.center.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_papers_are_in_five_languages(language: Language) -> None:
    plan, words = plan_named("half-tablets"), Words(load_wording(language), ".")
    make_list = list_to_make(plan)
    record = workbook_of(render_compounding_record(plan, weigh(make_list, plan.order), words))
    form = workbook_of(render_check_form(plan, make_list, words))

    sheets = load_wording(language).phrases["sheet"]
    assert record.sheetnames == [sheets[f"tab_{tab}"] for tab in ("record", "weighing", "reconciliation")]
    assert form.sheetnames == [sheets[f"tab_{tab}"] for tab in ("check_form", "check_masses")]
    assert record.worksheets[0]["A1"].value.startswith(sheets["purpose_record"])


@pytest.mark.parametrize("name", ["compounded-record", "measured"])
def test_the_same_plan_gives_the_same_bytes(name: str) -> None:
    again = rendered.__wrapped__(name)

    assert again == rendered(name)


# --- the check form ---------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w.,]*\d)")


def cells_in(content: bytes) -> list[str]:
    return [str(value) for row in _rows(content) for value in row if value not in {None, ""}]


def _rows(content: bytes) -> list[tuple[Any, ...]]:
    return [row for sheet in workbook_of(content).worksheets for row in sheet.iter_rows(values_only=True)]


def answers_of(plan: Plan) -> set[Decimal]:
    """Return what the check form asks for."""
    weighing, pouches = weighing_of(plan), list_to_make(plan).days
    answers = {Decimal(len(pouches)), pouches[0].dose_mg, pouches[-1].dose_mg, plan.total_mg, weighing.drug_mg}
    answers |= {weighing.substance_mg, weighing.filler_mg or Decimal(0), weighing.factor}
    for made in weighing.preparations:
        answers |= {made.to_make, made.drug_mg, made.substance_mg, made.filler_mg or Decimal(0)}
    return answers


def given_in(plan: Plan) -> set[Decimal]:
    """Return the numbers that the questions themselves name."""
    record = plan.order.record
    assert record is not None
    assert record.substance is not None
    stated = {record.overage_percent, record.balance_step_mg, record.least_weighed_mg, record.substance.assay_percent}
    stated |= {record.substance.factor or Decimal(0), record.filler.fill_mass_mg if record.filler else Decimal(0)}
    for needed in list_to_make(plan).to_prepare:
        stated |= {needed.strength_mg, needed.needed}
    return stated


@pytest.mark.parametrize("name", ["compounded-record", "citalopram", "half-tablets", "measured", "15 strengths"])
def test_the_check_form_has_no_answer_in_any_cell(name: str, compared: Counter[str]) -> None:
    plan = plan_named(name)
    record, form = rendered(name)
    asked = answers_of(plan) - given_in(plan)
    texts = [text for text in cells_in(form) if not text.startswith(plan.plan_id)]
    numbers = {decimal(number.replace(",", "")) for text in texts for number in _NUMBER.findall(text)}
    compared["answers looked for"] += len(asked)

    assert len(asked) > 4
    assert asked <= {decimal(value) for row in _rows(record) for value in row if isinstance(value, int | float)} | {
        Decimal(len(plan.days)),
        plan.days[0].dose_mg,
        plan.days[-1].dose_mg,
        plan.total_mg,
        weighing_of(plan).factor,
    }  # they are where they belong
    dates = {Decimal(n) for n in (1981, 12, 20, 23, 25, 2026, 2027, 2028, 2029, 31)}  # of people and lots
    assert not asked & numbers - dates


@pytest.mark.parametrize("name", ["compounded-record", "citalopram", "measured"])
def test_the_check_form_carries_no_plan_no_formula_and_nothing_hidden(name: str) -> None:
    form = rendered(name)[1]
    workbook = workbook_of(form)
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        parts = {part: archive.read(part).decode() for part in archive.namelist()}

    assert [sheet.sheet_state for sheet in workbook.worksheets] == ["visible", "visible"]
    assert len([part for part in parts if "/worksheets/" in part]) == 2
    assert not any("<f>" in text or "dose_mg" in text or "plan.json" in text for text in parts.values())
    assert not any(cell.comment for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row)
    properties = parts["docProps/core.xml"]
    assert plan_named(name).plan_id in properties
    assert "20 mg" not in "".join(parts.values())  # the first dose, as the other papers have it on top


def test_the_check_form_is_the_same_whatever_the_answers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never given a mass: arithmetic that is all wrong changes nothing on it."""
    plan, before = plan_named("compounded-record"), rendered("compounded-record")[1]

    def refuse(*_: object) -> None:
        raise AssertionError("a form of questions has no business with masses")

    monkeypatch.setattr("stripgen.planning.weighing._prepare", refuse)

    assert render_check_form(plan, list_to_make(plan), PRINTED) == before


# --- the command ------------------------------------------------------------------------------------------------------


def test_record_writes_both_files_and_a_paper_gives_them_again_bit_for_bit(tmp_path: Path) -> None:
    first = run("record", RECORDED, "--out", tmp_path / "first", "--issued-on", "2026-11-23")
    assert first.exit_code == 0, first.output
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    plan_id = names[0][:9]
    assert names == [f"{plan_id}-check-form.xlsx", f"{plan_id}-compounding-record.xlsx"]

    paper = tmp_path / "first" / f"{plan_id}-compounding-record.xlsx"
    again = run("record", paper, "--out", tmp_path / "again")

    assert again.exit_code == 0, again.output
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_record_of_one_strip_is_of_that_strip(tmp_path: Path) -> None:
    outcome = run("record", RECORDED, "--strip", "2", "--out", tmp_path)
    assert outcome.exit_code == 0, outcome.output
    (path,) = tmp_path.glob("*-strip-2-compounding-record.xlsx")
    plan = date_plan(plan_named("compounded-record"), strip=2)
    sheet = load_workbook(path)["Weighing"]
    top = first_row(sheet)

    assert "strip 2 only" in cells_in(path.read_bytes())
    made = weighing_of(plan).preparations
    assert [decimal(sheet.cell(top + n, 3).value) for n in range(len(made))] == [each.of.needed for each in made]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["citalopram.toml"], 3, "record.substance: is missing; the record needs what is weighed"),
        (["compounded-record.toml", "--strip", "9"], 2, "--strip: 9 is no strip of this plan; one of 1, 2, 3"),
        (["compounded-record.toml", "--strip", "x"], 2, "--strip: 'x'"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_is_written(
    arguments: list[str], code: int, told: str, tmp_path: Path
) -> None:
    outcome = run("record", EXAMPLES / arguments[0], *arguments[1:], "--out", tmp_path / "out")

    assert (outcome.exit_code, told in outcome.output) == (code, True), outcome.output
    assert not (tmp_path / "out").exists()


def test_the_record_may_stand_in_the_pharmacys_own_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('schema = 1\n[record]\noverage_percent = 10\n[record.substance]\nname = "base"\nfactor = 1\n')

    outcome = run("record", EXAMPLES / "citalopram.toml", "--dispensing", own, "--out", tmp_path / "out")

    assert outcome.exit_code == 0, outcome.output
    (path,) = (tmp_path / "out").glob("*-compounding-record.xlsx")
    assert "10 %, rounded up to a whole unit" in cells_in(path.read_bytes())


def test_where_all_is_taken_from_stock_nothing_is_weighed_and_no_record_is_asked_for(tmp_path: Path) -> None:
    order = tmp_path / "order.toml"
    text = (EXAMPLES / "half-tablets.toml").read_text()
    order.write_text(
        text.replace("strength_mg = 2\n", 'strength_mg = 2\nproduct = "P"\n').replace(
            "strength_mg = 0.5\n", 'strength_mg = 0.5\nproduct = "Q"\n'
        )
    )

    outcome = run("record", order, "--out", tmp_path / "out")

    assert outcome.exit_code == 0, outcome.output
    (path,) = (tmp_path / "out").glob("*-compounding-record.xlsx")
    workbook = load_workbook(path)
    assert [name for name in workbook.sheetnames if name != "stripgen"] == ["Record", "Made and used"]
    assert cells_in(path.read_bytes()).count("from stock") == 4
