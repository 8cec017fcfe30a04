import csv
import datetime as dt
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from reading_sheets import (
    cells_of,
    checks_of,
    columns_of,
    convert,
    decimal,
    header_row,
    needs_arial,
    needs_libreoffice,
    saved,
    text_of,
    with_optimal_heights,
)

from stripgen import files
from stripgen.domain.formulary import Curve
from stripgen.domain.plan import Day, Plan
from stripgen.domain.wording import Wording
from stripgen.errors import DataInvalid
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.dispensing.page import PAGE_WIDTH
from stripgen.rendering.dispensing.wrapping import count_lines, room_in
from stripgen.rendering.words import Words

ISSUED = dt.date(2026, 11, 23)
FORMULARY = files.load_formulary()
WORDS = Words(files.load_wording("en"), ".")
DRAFT_MARK = "DRAFT, not for dispensing: no approval"
SHEETS = ["Order", "Dispense", "Compounding", "Curve"]
HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2",
    "#N/A",
    "1e5",
    "TRUE",
    "_x003D_1+1",
    "2026-12-01",
    '&P &"Arial" {=1}',
]
LONG_LINE = ("Wilhelmshavener WMWMW Street 4711 c/o The Very Long Example Institute of Names " * 4)[:240].strip()
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff the Younger " * 2 + "of Example"


def an_order(**tables: Any) -> dict[str, Any]:
    """Return an approved order as a parsed file: citalopram 20 mg to stop in 30 days; tables are merged in."""
    raw: dict[str, Any] = {
        "schema": 1,
        "patient": {"name": "Example Patient", "birth_date": dt.date(1981, 5, 12), "identifier": "P-000123"},
        "prescriber": {"name": "Dr Example", "identifier": "RX-REG-1"},
        "approval": {"approved_by": "Dr Example", "approved_on": dt.date(2026, 11, 20), "reference": "RX-2026-0117"},
        "pharmacy": {"name": "Example Pharmacy", "address": "1 Example Street, Example Town", "phone": "+00 000 0000"},
        "medication": {"drug": "citalopram"},
        "taper": {"start_dose_mg": 20, "end_dose_mg": 0, "days": 30, "start_date": dt.date(2026, 12, 1)},
        "compounding": {"increment_mg": Decimal("0.1")},
    }
    for name, table in tables.items():
        merge = isinstance(table, dict) and name not in {"medication", "compounding"}
        raw[name] = {**raw.get(name, {}), **table} if merge else table
    return raw


def plan_of(raw: dict[str, Any]) -> Plan:
    return plan_taper(read_order(raw, FORMULARY, "test"), FORMULARY, ISSUED)


def strengths(*units: tuple[str, str], most: int) -> dict[str, Any]:
    made = [{"strength_mg": Decimal(strength), "form": form} for strength, form in units]
    return {"max_units_per_pouch": most, "unit": made}


def increment() -> dict[str, Any]:
    return an_order()


def few_strengths() -> dict[str, Any]:
    return an_order(
        medication={"drug": "paroxetine"},
        taper={"days": 28, "first_day": "reduced"},
        compounding=strengths(
            ("10", "tablet"), ("5", "tablet"), ("1", "capsule"), ("0.5", "capsule"), ("0.1", "capsule"), most=8
        ),
        dispensing={"lot": "L-77", "beyond_use_date": dt.date(2027, 3, 1)},
    )


def most_strengths() -> dict[str, Any]:
    amounts = ["10", "8", "6", "5", "4", "3", "2.5", "2", "1.5", "1", "0.75", "0.5", "0.375", "0.125", "0.001"]
    units = [(amount, "orodispersible tablet" if amount == "5" else "capsule") for amount in amounts]
    return an_order(taper={"start_dose_mg": Decimal("19.875"), "days": 70}, compounding=strengths(*units, most=30))


def large_amounts() -> dict[str, Any]:
    return an_order(
        medication={
            "drug": "exampline",
            "custom_curve": {"emax_percent": 90, "ed50_mg": 300, "target": "X", "source": "own"},
        },
        taper={"start_dose_mg": 2000, "days": 21, "days_per_strip": 7},
        compounding=strengths(
            ("1000", "tablet"), ("500", "tablet"), ("50", "film"), ("12.5", "orodispersible tablet"), most=9
        ),
    )


def to_a_dose() -> dict[str, Any]:
    return an_order(
        medication={"drug": "sertraline"},
        taper={"start_dose_mg": 50, "end_dose_mg": 25},
        compounding={"increment_mg": Decimal("0.5")},
    )


def draft() -> dict[str, Any]:
    raw = an_order(taper={"days_per_strip": 7})
    for table in ("patient", "prescriber", "pharmacy", "approval"):
        del raw[table]
    return raw


def long_texts() -> dict[str, Any]:
    return an_order(
        patient={"name": LONG_NAME},
        prescriber={"name": "W" * 120},
        pharmacy={"address": LONG_LINE},
        taper={"start_dose_mg": 70},
        override=[{"finding": "above_maximum_dose", "reason": LONG_LINE, "by": LONG_NAME}],
    )


def hostile() -> dict[str, Any]:
    return an_order(
        patient={"name": HOSTILE[0], "identifier": HOSTILE[4]},
        prescriber={"name": HOSTILE[1], "identifier": HOSTILE[7]},
        pharmacy={"name": HOSTILE[2], "address": HOSTILE[9], "phone": HOSTILE[3]},
        approval={"approved_by": HOSTILE[6], "reference": HOSTILE[8]},
        dispensing={"lot": HOSTILE[5]},
        medication={
            "drug": "=HYPERLINK(1)",
            "custom_curve": {
                "emax_percent": 90,
                "ed50_mg": Decimal("3.40000000000012345"),
                "target": "=1",
                "source": "-2",
            },
        },
        override=[{"finding": "=1+1", "reason": "@x", "by": "+1"}],
    )


def several_lots() -> dict[str, Any]:
    lots = [f"LOT-{number}-OF-THE-EXAMPLE-SUPPLIER" for number in range(3)]
    return few_strengths() | {"batch": [{"lot": lot} for lot in lots]}


ORDERS: dict[str, Callable[[], dict[str, Any]]] = {
    order.__name__: order
    for order in (
        increment,
        few_strengths,
        most_strengths,
        large_amounts,
        to_a_dose,
        draft,
        long_texts,
        hostile,
    )
}


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    return {name: plan_of(make()) for name, make in ORDERS.items()}


@pytest.fixture(scope="module")
def workbooks(plans: dict[str, Plan]) -> dict[str, Workbook]:
    return {name: read_back(plan) for name, plan in plans.items()}


@pytest.fixture(params=ORDERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plan(name: str, plans: dict[str, Plan]) -> Plan:
    return plans[name]


@pytest.fixture
def workbook(name: str, workbooks: dict[str, Workbook]) -> Workbook:
    return workbooks[name]


def read_back(plan: Plan) -> Workbook:
    return load_workbook(io.BytesIO(render_dispensing_sheet(plan, WORDS)))


def pouch_rows(workbook: Workbook) -> list[dict[Any, Any]]:
    """Return the rows of the sheet Dispense by header; strengths are keyed by their number."""
    sheet = workbook["Dispense"]
    header = header_row(sheet, "Dose (mg)")
    columns = columns_of(sheet, header)
    return [
        {label: sheet.cell(row, column).value for label, column in columns.items()}
        for row in range(header + 1, sheet.max_row + 1)
    ]


def units_in(row: dict[Any, Any]) -> list[tuple[Decimal, int]]:
    if "Count" in row:
        return [(decimal(row["Unit (mg)"]), row["Count"])]
    return [(decimal(label), count) for label, count in row.items() if not isinstance(label, str) and count is not None]


def made_rows(workbook: Workbook) -> list[list[Any]]:
    """Return form, strength, count and total of every row of the sheet Compounding, the total row last."""
    sheet = workbook["Compounding"]
    first = header_row(sheet, "Count needed") + 1
    rows = [[cell.value for cell in row[:4]] for row in sheet.iter_rows(min_row=first)]
    return rows[:-1]  # the last one holds only checks


def fields_of(sheet: Worksheet) -> dict[str, Any]:
    """Return what stands beside each label of a form; a label met again is kept with the heading above it."""
    fields: dict[str, Any] = {}
    for label_column in (1, 3):
        heading = ""
        for row in range(5, sheet.max_row + 1):
            label, value = sheet.cell(row, label_column), sheet.cell(row, label_column + 1)
            if label.value is not None and label.fill.fill_type is None:  # labels are grey, headings are not
                heading = str(label.value)
            elif label.value is not None:
                fields[f"{heading}/{label.value}" if heading else str(label.value)] = value
    return fields


def pouch_as_read(row: dict[Any, Any]) -> tuple[Any, ...]:
    amount = [(strength, count) for strength, count in units_in(row) if count]
    return (
        row["Day"],
        row["Strip"],
        row["Pouch"],
        row["Date"].date(),
        decimal(row["Dose (mg)"]),
        amount,
        row["Units in pouch"],
    )


def pouch_as_planned(day: Day) -> tuple[Any, ...]:
    units = [(unit.strength_mg, unit.count) for unit in day.units]
    return (day.day, day.strip, day.pouch, day.date, day.dose_mg, units, sum(count for _, count in units))


def test_each_pouch_has_a_row_that_says_what_the_plan_says(plan: Plan, workbook: Workbook) -> None:
    rows = pouch_rows(workbook)

    assert [pouch_as_read(row) for row in rows] == [pouch_as_planned(day) for day in plan.days]


def test_strengths_times_counts_are_the_dose_of_every_pouch(workbook: Workbook) -> None:
    for row in pouch_rows(workbook):
        assert sum(strength * count for strength, count in units_in(row)) == decimal(row["Dose (mg)"])


def test_the_units_to_make_are_those_in_the_pouches(plan: Plan, workbook: Workbook) -> None:
    *rows, total = made_rows(workbook)

    assert [(form, decimal(strength), count) for form, strength, count, _ in rows] == [
        (unit.form, unit.strength_mg, unit.count) for unit in plan.totals.units
    ]
    assert all(decimal(strength) * count == decimal(total_mg) for _, strength, count, total_mg in rows)
    assert (
        total[2] == sum(count for _, _, count, _ in rows) == sum(row["Units in pouch"] for row in pouch_rows(workbook))
    )
    assert decimal(total[3]) == sum(decimal(row[3]) for row in rows) == plan.totals.total_mg


def test_a_short_sheet_reads_like_this() -> None:
    order = an_order(taper={"days": 3}, compounding=strengths(("10", "tablet"), ("0.5", "capsule"), most=12))
    rows = list(read_back(plan_of(order))["Dispense"].iter_rows(min_row=5, max_row=9))

    assert [" | ".join(str(cell.value or "") for cell in row if cell.data_type != "f") for row in rows] == [
        " |  |  |  |  | tablet | capsule |  |  |  |  | ",
        "Day | Strip | Pouch | Date | Dose (mg) | 10 | 0.5 | Units in pouch | Check | Filled by | Checked by | Result",
        "1 | 1 | 1 | 2026-12-01 00:00:00 | 20 | 2 |  | 2 |  |  | ",
        "2 | 1 | 2 | 2026-12-02 00:00:00 | 4.5 |  | 9 | 9 |  |  | ",
        "3 | 1 | 3 | 2026-12-03 00:00:00 | 1.5 |  | 3 | 3 |  |  | ",
    ]
    assert [cell.value for row in rows for cell in row if cell.data_type == "f"] == [
        f'=IFERROR(IF(AND(E{n}>0,ROUND(SUMPRODUCT($F$6:$G$6,F{n}:G{n})-E{n},6)=0,SUM(F{n}:G{n})=H{n}),"OK","CHECK"),"CHECK")'
        for n in (7, 8, 9)
    ]


def test_dates_are_dates_with_the_month_in_letters(workbook: Workbook) -> None:
    sheet = workbook["Dispense"]
    column = columns_of(sheet, 6)["Date"]

    cells: list[Any] = [sheet.cell(row, column) for row in range(7, sheet.max_row + 1)]
    assert {(cell.is_date, cell.number_format) for cell in cells} == {(True, "ddd d mmm yyyy")}


def test_a_birth_date_that_spreadsheets_cannot_agree_on_is_text() -> None:
    workbook = read_back(plan_of(an_order(patient={"birth_date": dt.date(1900, 1, 1)})))

    assert fields_of(workbook["Order"])["Patient/Birth date"].value == "1 Jan 1900"


def test_the_order_sheet_says_what_was_asked_and_what_came_out() -> None:
    plan = plan_of(few_strengths())
    said = {label: cell.value for label, cell in fields_of(read_back(plan)["Order"]).items()}

    assert said["Patient/Name"] == "Example Patient"
    assert said["Patient/Birth date"] == dt.datetime(1981, 5, 12)  # noqa: DTZ001 - a sheet knows no time zone
    assert said["Pharmacy/Address"] == "1 Example Street, Example Town"
    assert said["Taper/Start dose"] == 20
    assert said["Taper/Day 1"] == "already a reduced dose"
    assert said["Taper/Days per strip"] == 28
    assert said["Compounding/Most units in a pouch"] == 8
    assert said["Dispensing/Lot"] == "L-77"
    assert said["Dispensing/Beyond-use date"] == dt.datetime(2027, 3, 1)  # noqa: DTZ001 - a sheet knows no time zone
    assert said["Approval/Reference"] == "RX-2026-0117"
    assert said["Document/Plan id"] == plan.plan_id
    assert said["Document/Plan hash"] == plan.plan_hash
    assert said["Document/Made by"] == f"stripgen {plan.stripgen_version}"
    assert decimal(said["Key figures/Total"]) == plan.totals.total_mg
    assert said["Key figures/Different doses"] == plan.totals.different_doses
    assert said["Key figures/Largest drop"] == pytest.approx(plan.quality.max_drop_points)
    assert said["Key figures/Day of the largest drop"] == plan.quality.max_drop_day
    assert said["Key figures/Drop at the stop"] == pytest.approx(plan.quality.stop_drop_points)
    assert said["Key figures/Rounding error (rms)"] == pytest.approx(plan.quality.rms_error_points)


def test_every_finding_is_listed_with_who_overrode_it_and_why(plan: Plan, workbook: Workbook) -> None:
    sheet = workbook["Order"]
    listed = [
        [text_of(cell) for cell in row] for row in sheet.iter_rows(min_row=sheet.max_row - len(plan.findings) + 1)
    ]

    assert listed == [
        [
            finding.severity,
            WORDS.tell(finding.told),
            finding.code,
            f"overridden by {finding.override.by}: {finding.override.reason}" if finding.override else "",
        ]
        for finding in plan.findings
    ]


def test_a_plan_without_findings_says_so(plans: dict[str, Plan]) -> None:
    sheet = read_back(replace(plans["increment"], findings=()))["Order"]

    assert sheet.cell(sheet.max_row, 1).value == "Findings: none"
    assert sheet.auto_filter.ref is None


def test_what_is_not_known_of_a_curve_is_said(plans: dict[str, Plan]) -> None:
    curve = Curve(
        id="bare",
        drug="x",
        grade="B",
        emax_percent=Decimal("83.98"),
        ed50_mg=Decimal("3.40000000000012345"),
        target="SERT",
        source="Somebody 2020",
    )
    said = {
        label: c.value for label, c in fields_of(read_back(replace(plans["increment"], curve=curve))["Curve"]).items()
    }

    assert said["Region"] == said["Studied range"] == said["DOI"] == "not known"
    assert said["Emax (%)"] == 83.98
    assert said["ED50 (mg)"] == "3.40000000000012345"  # longer than a number cell shows
    assert said["Meaning of the grade"] == "a second-hand transcription of a published fit"


def test_the_curve_sheet_says_what_the_model_cannot(workbook: Workbook) -> None:
    sheet = workbook["Curve"]
    words = " ".join(text_of(cell) for row in sheet.iter_rows() for cell in row)

    assert "population average" in words
    assert "Occupancy is not withdrawal" in words


def test_nothing_but_cross_checks_is_a_formula(workbook: Workbook) -> None:
    formulas = [cell for cell in cells_of(workbook) if cell.data_type == "f"]

    assert formulas
    assert all(cell.value.endswith(',"OK","CHECK"),"CHECK")') for cell in formulas)
    assert {cell.parent.title for cell in formulas} == {"Dispense", "Compounding"}


def test_order_text_stays_text_whatever_it_looks_like(workbooks: dict[str, Workbook]) -> None:
    workbook = workbooks["hostile"]
    said = {label: cell for sheet in ("Order", "Curve") for label, cell in fields_of(workbook[sheet]).items()}
    cells = [
        said["Patient/Name"],
        said["Prescriber/Name"],
        said["Pharmacy/Name"],
        said["Pharmacy/Phone"],
        said["Patient/Identifier"],
        said["Dispensing/Lot"],
        said["Approval/Approved by"],
        said["Prescriber/Identifier"],
        said["Approval/Reference"],
        said["Pharmacy/Address"],
        said["Medication/Drug"],
        said["Target"],
        said["Source"],
    ]

    assert [text_of(cell) for cell in cells] == [*HOSTILE, "=HYPERLINK(1)", "=1", "-2"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if text_of(cell)[0] in "=+-@")


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]) | st.sampled_from("=+-@_x0041_'"),
        min_size=1,
        max_size=120,
    ).filter(str.strip)
)
@settings(max_examples=20, deadline=None)
def test_any_name_that_can_be_printed_is_written_as_it_is(name: str) -> None:
    order = read_order(an_order(patient={"name": name}, taper={"days": 2}), FORMULARY, "test")
    workbook = read_back(plan_taper(order, FORMULARY, ISSUED))

    cell = fields_of(workbook["Order"])["Patient/Name"]
    assert text_of(cell) == order.patient.name
    assert cell.data_type == "s"


def is_entry(cell: Any) -> bool:
    return bool(cell.fill.fill_type == "solid" and cell.fill.start_color.rgb == "00FFFBD6")


def test_exactly_the_entry_cells_are_unlocked_and_empty(plan: Plan, workbook: Workbook) -> None:
    dispense, compounding = workbook["Dispense"], workbook["Compounding"]
    expected = {
        (sheet.title, f"{get_column_letter(column)}{row}")
        for sheet, labels, first, n_rows in (
            (dispense, ("Filled by", "Checked by", "Result"), 6, len(plan.days)),
            (compounding, ("Lot", "Expiry", "Made by", "Verified by", "Result"), 5, len(plan.totals.units)),
        )
        for label, column in columns_of(sheet, first).items()
        if label in labels
        for row in range(first + 1, first + 1 + n_rows)
    }
    order = plan.order
    blanks = {
        "Dispensing/Lot": order.dispensing.lot,
        "Dispensing/Beyond-use date": order.dispensing.beyond_use_date,
    }
    if plan.is_draft:
        for heading, table in (
            ("Patient", order.patient),
            ("Prescriber", order.prescriber),
            ("Pharmacy", order.pharmacy),
        ):
            said = {key: value for key, value in table if key not in {"language", "profile"}}  # how papers are written
            blanks |= {f"{heading}/{key.replace('_', ' ').capitalize()}": value for key, value in said.items()}
    fields = fields_of(workbook["Order"])
    expected |= {("Order", fields[label].coordinate) for label, value in blanks.items() if value is None}

    unlocked = [cell for cell in cells_of(workbook) if not cell.protection.locked]
    assert {(cell.parent.title, cell.coordinate) for cell in unlocked} == expected
    assert all(cell.value is None for cell in unlocked)
    assert [cell for cell in cells_of(workbook) if is_entry(cell)] == unlocked


def test_every_sheet_is_protected_without_a_password_and_can_still_be_filtered(workbook: Workbook) -> None:
    for sheet in workbook.worksheets:
        assert sheet.protection.sheet
        assert sheet.protection.password is None
        assert not sheet.protection.autoFilter  # False: not forbidden


def validations_of(sheet: Worksheet) -> dict[str, Any]:
    return {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}


def test_results_are_chosen_and_expiry_dates_are_dates(workbooks: dict[str, Workbook]) -> None:
    workbook = workbooks["few_strengths"]
    dispense, compounding = validations_of(workbook["Dispense"]), validations_of(workbook["Compounding"])

    assert dispense["O7:O34"].type == "list"
    assert dispense["O7:O34"].formula1 == '"accepted,rejected"'
    assert compounding["G6:G10"].type == "date"
    assert compounding["J6:J10"].formula1 == '"accepted,rejected"'
    assert all(rule.showErrorMessage for rule in (*dispense.values(), *compounding.values()))


def test_blank_dates_of_a_draft_take_only_dates(workbooks: dict[str, Workbook]) -> None:
    sheet = workbooks["draft"]["Order"]
    fields = fields_of(sheet)

    asked = {fields[label].coordinate for label in ("Patient/Birth date", "Dispensing/Beyond-use date")}
    assert {place for place, rule in validations_of(sheet).items() if rule.type == "date"} == asked


def test_a_draft_is_marked_on_every_sheet_and_every_printed_page(workbooks: dict[str, Workbook]) -> None:
    for sheet in workbooks["draft"].worksheets:
        assert sheet["A2"].value == DRAFT_MARK
        assert sheet["A2"].fill.start_color.rgb == "00C00000"
        assert sheet.oddHeader is not None
        assert sheet.oddHeader.center.text == DRAFT_MARK
        assert str(sheet.print_title_rows).startswith("$1:")


def test_an_approved_order_is_not_marked_as_a_draft_and_names_its_approval(workbooks: dict[str, Workbook]) -> None:
    workbook = workbooks["increment"]

    assert not [cell for cell in cells_of(workbook) if isinstance(cell.value, str) and "DRAFT" in cell.value]
    for sheet in workbook.worksheets:
        assert sheet["A2"].value == "Approved by Dr Example on 20 Nov 2026, reference RX-2026-0117"
        assert sheet.oddHeader is not None
        assert not sheet.oddHeader.center.text


def test_every_sheet_names_the_plan_and_the_patient(plans: dict[str, Plan]) -> None:
    plan = plans["increment"]
    for sheet in read_back(plan).worksheets:
        assert str(sheet["A1"].value).endswith(f"citalopram 20 mg to stop · plan {plan.plan_id}")
        assert sheet["A3"].value == "Patient: Example Patient, born 12 May 1981, identifier P-000123"


def test_every_page_is_a4_landscape_one_page_wide_with_its_number_and_the_plan_id(
    plan: Plan, workbook: Workbook
) -> None:
    for sheet in workbook.worksheets:
        page = sheet.page_setup
        assert (page.paperSize, page.orientation, page.fitToWidth, page.fitToHeight) == (9, "landscape", 1, 0)
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert str(sheet.print_title_rows).startswith("$1:")
        assert sheet.freeze_panes
        assert sheet.oddFooter is not None
        assert plan.plan_id in str(sheet.oddFooter.left.text)
        assert sheet.oddFooter.right.text == "page &P of &N"


def test_the_tables_can_be_filtered(plans: dict[str, Plan]) -> None:
    plan = plans["increment"]
    workbook = read_back(plan)

    assert workbook["Dispense"].auto_filter.ref == "A6:L36"
    assert workbook["Compounding"].auto_filter.ref == f"A5:J{5 + len(plan.totals.units)}"
    assert str(workbook["Order"].auto_filter.ref).startswith("A")


def test_even_the_widest_table_is_printed_at_more_than_two_thirds(workbook: Workbook) -> None:
    for sheet in workbook.worksheets:
        columns = sheet.column_dimensions.values()
        width = sum(column.width * ((column.max or 1) - (column.min or 1) + 1) for column in columns)
        assert width < PAGE_WIDTH * 3 / 2


def test_strips_are_told_apart_and_start_pages(workbooks: dict[str, Workbook]) -> None:
    sheet = workbooks["large_amounts"]["Dispense"]
    thick = [row for row in range(7, sheet.max_row + 1) if sheet.cell(row, 1).border.top.style == "medium"]
    long_sheet = workbooks["most_strengths"]["Dispense"]

    assert thick == [7, 14, 21]  # 7 days a strip
    assert [page.id for page in sheet.row_breaks.brk] == []  # 3 strips on one page
    assert [page.id for page in long_sheet.row_breaks.brk] == [34, 62]


def test_the_properties_name_the_plan_and_no_patient(plan: Plan) -> None:
    content = render_dispensing_sheet(plan, WORDS)
    properties = load_workbook(io.BytesIO(content)).properties
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        said = "".join(archive.read(name).decode() for name in archive.namelist() if name.startswith("docProps/"))

    assert properties.title == f"Dispensing sheet, plan {plan.plan_id}"
    assert properties.created == properties.modified == dt.datetime.combine(ISSUED, dt.time())
    if plan.order.patient.name:
        assert plan.order.patient.name not in said


def test_the_same_plan_gives_the_same_bytes(plan: Plan) -> None:
    assert render_dispensing_sheet(plan, WORDS) == render_dispensing_sheet(plan, WORDS)


@st.composite
def random_orders(draw: st.DrawFn) -> dict[str, Any]:
    days = draw(st.integers(1, 40))
    per_strip = draw(st.integers(1, 28))
    taper: dict[str, Any] = {"days": days, "days_per_strip": per_strip, "first_day": "reduced"}
    if draw(st.booleans()):
        step = Decimal(draw(st.sampled_from(["0.001", "0.05", "0.1", "0.25", "1"])))
        start = step * draw(st.integers(1, 40))
        return an_order(taper={**taper, "start_dose_mg": start}, compounding={"increment_mg": step})
    amounts = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=15, unique=True))
    most = draw(st.integers(1, 30))
    start = Decimal(max(amounts)) * min(most, 3) / 1000
    forms = st.sampled_from(["capsule", "tablet", "orodispersible tablet", "film", "sachet"])
    units = [(str(Decimal(amount) / 1000), draw(forms)) for amount in amounts]
    return an_order(taper={**taper, "start_dose_mg": start}, compounding=strengths(*units, most=most))


@given(random_orders())
@settings(max_examples=25, deadline=None)
def test_whatever_is_planned_adds_up_on_the_sheet(raw: dict[str, Any]) -> None:
    plan = plan_of(raw)
    workbook = read_back(plan)
    rows, (*made, total) = pouch_rows(workbook), made_rows(workbook)

    assert [pouch_as_read(row) for row in rows] == [pouch_as_planned(day) for day in plan.days]
    for row in rows:
        assert sum(strength * count for strength, count in units_in(row)) == decimal(row["Dose (mg)"])
        assert sum(count for _, count in units_in(row)) == row["Units in pouch"]
    assert total[2] == sum(row[2] for row in made) == sum(row["Units in pouch"] for row in rows)
    assert decimal(total[3]) == sum(decimal(row[3]) for row in made) == sum(decimal(row["Dose (mg)"]) for row in rows)


def tampered(plan: Plan, sheet: str, row: int, label: Any, value: Any) -> bytes:
    """Return the sheet of a plan with one cell changed, the row counted from the first below the header."""
    workbook = read_back(plan)
    header = header_row(workbook[sheet], "Check")
    workbook[sheet].cell(header + row, columns_of(workbook[sheet], header)[label]).value = value
    return saved(workbook)


TAMPERED: dict[str, tuple[str, str, int, Any, Any]] = {
    "a count": ("few_strengths", "Dispense", 3, 10, 2),
    "a count emptied": ("few_strengths", "Dispense", 3, 10, None),
    "a count made text": ("few_strengths", "Dispense", 3, 10, "1"),
    "a dose made text": ("few_strengths", "Dispense", 3, "Dose (mg)", "13.1 mg"),
    "a dose by the finest step": ("few_strengths", "Dispense", 3, "Dose (mg)", 13.101),
    "the units in a pouch": ("few_strengths", "Dispense", 3, "Units in pouch", 6),
    "a capsule's strength": ("increment", "Dispense", 3, "Unit (mg)", 20),
    "a capsule's count": ("increment", "Dispense", 3, "Count", 2),
    "a count to make": ("few_strengths", "Compounding", 2, "Count needed", 7),
    "an amount to make": ("increment", "Compounding", 2, "Total (mg)", 7),
    "the total": ("few_strengths", "Compounding", 6, "Total (mg)", 7),
}


@pytest.fixture(scope="module")
def recalculated(plans: dict[str, Plan], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """Return every sheet, and every sheet that was tampered with, as LibreOffice computes it."""
    contents = {name: render_dispensing_sheet(plan, WORDS) for name, plan in plans.items()}
    contents |= {name: tampered(plans[base], *change) for name, (base, *change) in TAMPERED.items()}
    results = convert(tmp_path_factory.mktemp("recalculated"), contents, "xlsx")
    return {name: load_workbook(results / f"{name}.xlsx", data_only=True) for name in contents}


@needs_libreoffice
def test_libreoffice_finds_no_error_and_every_check_ok(
    name: str, plans: dict[str, Plan], recalculated: dict[str, Workbook]
) -> None:
    plan, workbook = plans[name], recalculated[name]

    assert workbook.sheetnames == SHEETS
    assert not [cell.coordinate for cell in cells_of(workbook) if cell.data_type == "e"]
    assert checks_of(workbook, "Dispense") == ["OK"] * len(plan.days)
    assert checks_of(workbook, "Compounding") == ["OK"] * (len(plan.totals.units) + 4)


@needs_libreoffice
@pytest.mark.parametrize("change", TAMPERED)
def test_what_is_changed_afterwards_shows_as_check(change: str, recalculated: dict[str, Workbook]) -> None:
    _, sheet, row, _, _ = TAMPERED[change]
    workbook = recalculated[change]

    header = header_row(workbook[sheet], "Check")
    checks = [
        workbook[sheet].cell(header + row + below, cell.column).value
        for cell in workbook[sheet][header]
        if cell.value in {"Check", "Total (mg)"}
        for below in (0, 1)
    ]
    assert "CHECK" in checks
    assert "CHECK" in checks_of(workbook, "Compounding")  # the last lines answer for both sheets


@needs_libreoffice
def test_numbers_and_dates_are_shown_as_they_are_printed_on_the_strip_plan(
    plans: dict[str, Plan], tmp_path: Path
) -> None:
    shown_in_all_sheets = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,-1"
    contents = {name: render_dispensing_sheet(plan, WORDS) for name, plan in plans.items()}
    results = convert(tmp_path, contents, shown_in_all_sheets)

    for name, plan in plans.items():
        with (results / f"{name}-Dispense.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))[5:]
        shown = [(row[header.index("Date")], row[header.index("Dose (mg)")]) for row in rows]
        assert shown == [(WORDS.date(day.date), WORDS.number(day.dose_mg)) for day in plan.days]
        with (results / f"{name}-Compounding.csv").open(encoding="utf-8", newline="") as file:
            made = list(csv.reader(file))[5 : 6 + len(plan.totals.units)]
        assert [row[1] for row in made[:-1]] == [WORDS.number(unit.strength_mg) for unit in plan.totals.units]
        assert made[-1][3] == WORDS.number(plan.totals.total_mg)
        assert "###" not in "".join(path.read_text(encoding="utf-8") for path in results.glob(f"{name}-*.csv"))


@needs_arial
@needs_libreoffice
def test_every_row_is_high_enough_for_its_text(plans: dict[str, Plan], tmp_path: Path) -> None:
    workbooks = {name: read_back(plan) for name, plan in {**plans, "several lots": plan_of(several_lots())}.items()}
    needed = with_optimal_heights(tmp_path, {name: saved(workbook) for name, workbook in workbooks.items()})
    n_lines: Counter[int] = Counter()

    too_low = {}
    for name, workbook in workbooks.items():
        for sheet in workbook.worksheets:
            for row, dimension in sheet.row_dimensions.items():
                least = needed[name][sheet.title].row_dimensions[row].height or 0
                n_lines[round(least / 14)] += 1
                if row > 4 and dimension.height is not None and least > dimension.height + 0.5:  # 1 to 4 are merged
                    too_low[name, sheet.title, row] = (dimension.height, least)

    assert too_low == {}
    assert n_lines[1] > 0
    assert sum(count for lines, count in n_lines.items() if lines > 1) > 20  # it does measure what is wrapped


def in_other_words(**sheet: str) -> Words:
    """Return English words with some phrases of the sheet said otherwise, as another language might."""
    raw = WORDS.wording.model_dump(by_alias=True)
    raw["phrases"] = {**raw["phrases"], "sheet": {**raw["phrases"]["sheet"], **sheet}}
    return Words(Wording.model_validate(raw), ".")


FRENCH = {
    "tab_dispense": "À délivrer, sachets",
    "ok": "CONFORME",
    "not_ok": "À VÉRIFIER",
    "accepted": "accepté",
    "rejected": "refusé",
    "date_format": "[$-40C]ddd d mmm yyyy",
    "points_shown": "soit {number} points",
}


def test_names_results_choices_and_formats_are_those_of_the_language(plans: dict[str, Plan]) -> None:
    workbook = load_workbook(io.BytesIO(render_dispensing_sheet(plans["increment"], in_other_words(**FRENCH))))
    sheet = workbook["À délivrer, sachets"]
    formulas = [str(cell.value) for cell in cells_of(workbook) if cell.data_type == "f"]
    marked = [rule.formula for part in sheet.conditional_formatting for rule in part.rules]

    assert all(formula.endswith(',"CONFORME","À VÉRIFIER"),"À VÉRIFIER")') for formula in formulas)
    assert not [formula for formula in formulas if "Dispense!" in formula or '"OK"' in formula]
    assert [formula for formula in formulas if "COUNTIF('À délivrer, sachets'!$I$7:$I$36,\"CONFORME\")=30" in formula]
    assert marked == [['"À VÉRIFIER"']]
    assert validations_of(sheet)["L7:L36"].formula1 == '"accepté,refusé"'
    assert sheet["D7"].number_format == "[$-40C]ddd d mmm yyyy"
    assert fields_of(workbook["Order"])["Key figures/Largest drop"].number_format == '"soit "0.00" points"'


@needs_libreoffice
def test_the_checks_of_another_language_find_what_was_changed(plans: dict[str, Plan], tmp_path: Path) -> None:
    content = render_dispensing_sheet(plans["increment"], in_other_words(**FRENCH))
    changed = load_workbook(io.BytesIO(content))
    changed["À délivrer, sachets"]["E9"].value = 1
    results = convert(tmp_path, {"as made": content, "changed": saved(changed)}, "xlsx")

    failed = {
        name: [
            cell.parent.title
            for cell in cells_of(load_workbook(results / f"{name}.xlsx", data_only=True))
            if cell.value == "À VÉRIFIER"
        ]
        for name in ("as made", "changed")
    }
    assert failed == {"as made": [], "changed": ["À délivrer, sachets", "Compounding", "Compounding"]}


@pytest.mark.parametrize(
    ("phrase", "text", "because"),
    [
        ("tab_curve", "x" * 32, "too long; 31 characters"),
        ("tab_curve", "Curve/dose", "'/'"),
        ("tab_dispense", "CURVE", "another sheet"),
        ("not_ok", "ok", "a failed check must read otherwise"),
        ("ok", "goed?", "'?'"),
        ("accepted", "ja, goed", "','"),
        ("refused_dates_title", "x" * 33, "too long; 32 characters"),
    ],
)
def test_a_phrase_that_a_spreadsheet_would_misread_is_refused(
    phrase: str, text: str, because: str, plans: dict[str, Plan]
) -> None:
    with pytest.raises(DataInvalid) as refused:
        render_dispensing_sheet(plans["increment"], in_other_words(**{phrase: text}))

    assert f"phrases.sheet.{phrase}" in str(refused.value)
    assert because in str(refused.value)


def test_a_long_heading_makes_its_column_wider(plans: dict[str, Plan]) -> None:
    words = in_other_words(
        filled_by="Zusammengestellt von", check="Plausibilitätsprüfung", made_by="Anforderungsnummern"
    )
    workbook = load_workbook(io.BytesIO(render_dispensing_sheet(plans["most_strengths"], words)))

    for sheet, header in (("Dispense", 6), ("Compounding", 5)):
        columns = columns_of(workbook[sheet], header)
        for label, column in columns.items():
            width = workbook[sheet].column_dimensions[get_column_letter(column)].width
            if isinstance(label, str):
                assert count_lines(label, room_in(width, 10, bold=True, indented=False)) <= 2, label


def test_where_dates_are_iso_the_cells_show_them_so(plans: dict[str, Plan]) -> None:
    workbook = load_workbook(io.BytesIO(render_dispensing_sheet(plans["increment"], replace(WORDS, date_form="iso"))))

    shown = {cell.number_format for cell in cells_of(workbook) if isinstance(cell.value, dt.datetime)}
    assert shown == {"yyyy-mm-dd"}
