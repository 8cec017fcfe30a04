"""What pharmacist and patient get for phases, limits, halves, solutions, no curve, and amended plans.

Amounts are computed here from what is printed: a composition's pieces from its own words, whole units from the pieces.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from orders import FORMULARY, IN_ENGLISH, ISSUED_ON, PRINTED, calendar_row_of, printing
from reading import Area, Letter, ReadPage, calendar_rows, flow_of, lines_of, read_pages, runs_of, title_of
from reading_sheets import cells_of, checks_of, columns_of, convert, decimal, header_row, needs_libreoffice, saved

from stripgen.domain.amendment import Change
from stripgen.domain.plan import Day, Plan, Strip
from stripgen.domain.quantity import plain
from stripgen.domain.stock import Stock
from stripgen.errors import TextDoesNotFit
from stripgen.files import load_order_file, load_stock, load_template
from stripgen.planning.amending import Request, amend
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.rendering.strip_plan.document import render_pouch_labels, render_strip_plan

STOCK = load_template("stocks", "a4-strip-28", Stock)
EXAMPLES = Path(__file__).parents[1] / "examples"
PART = {"": 1, "½": 2, "¼": 4}
LONGEST = "orodispersible tablet"


@cache
def example(name: str) -> Plan:
    path = EXAMPLES / f"{name}.toml"
    return plan_taper(read_order(load_order_file(path), FORMULARY, path.name), FORMULARY, ISSUED_ON)


def amended(plan: Plan, from_day: int, change: Change, amount: str, *, approved: bool = False) -> Plan:
    order = amend(plan, Request(from_day, change, Decimal(amount), "Sleepless since the last strip"))
    if approved:
        order = order.model_copy(update={"approval": plan.order.approval})
    return plan_taper(order, FORMULARY, ISSUED_ON)


def modified_release() -> Plan:
    raw = load_order_file(EXAMPLES / "half-tablets.toml")
    raw["compounding"]["unit"][0] = {
        "strength_mg": 50,
        "form": "tablet",
        "modified_release": True,
        "max_per_pouch": 4,
        "product": "Example Retard 50 mg",
    }
    return plan_taper(read_order(raw, FORMULARY, "modified release"), FORMULARY, ISSUED_ON)


def all_modified_release() -> Plan:
    """Return a plan of modified-release units only, in two forms, one of them with the longest name there is."""
    raw = load_order_file(EXAMPLES / "half-tablets.toml")
    forms = {"37.5": "capsule", "12.5": "capsule", "2.5": LONGEST, "1.25": LONGEST, "0.625": LONGEST}
    raw["compounding"]["unit"] = [
        {"strength_mg": Decimal(strength), "form": form, "modified_release": True} for strength, form in forms.items()
    ]
    return plan_taper(read_order(raw, FORMULARY, "all modified release"), FORMULARY, ISSUED_ON)


def stronger_solution() -> Plan:
    """Return a plan whose mg and mL are different numbers."""
    raw = load_order_file(EXAMPLES / "solution.toml")
    raw["compounding"]["solution"] = {"mg_per_ml": 2, "syringe_step_ml": Decimal("0.05")}
    return plan_taper(read_order(raw, FORMULARY, "stronger solution"), FORMULARY, ISSUED_ON)


PLANS: dict[str, Callable[[], Plan]] = {
    "phased": lambda: example("phased"),
    "limited": lambda: example("limited"),
    "half-tablets": lambda: example("half-tablets"),
    "solution": lambda: example("solution"),
    "proportional": lambda: example("proportional"),
    "modified release": modified_release,
    "all modified release": all_modified_release,
    "held": lambda: amended(example("citalopram"), 60, "hold", "14", approved=True),
    "held, then back": lambda: amended(amended(example("citalopram"), 60, "hold", "14"), 80, "back", "50"),
    "halves back": lambda: amended(example("half-tablets"), 40, "back", "20"),
    "solution back": lambda: amended(stronger_solution(), 40, "back", "20"),
    "no curve, faster": lambda: amended(example("proportional"), 40, "faster", "80"),
}
AMENDED = ["held", "held, then back", "halves back", "solution back", "no curve, faster"]
DIVIDED = ["half-tablets", "halves back"]
MODIFIED_RELEASE = ["modified release", "all modified release"]
MEASURED = {"solution": (Decimal(1), Decimal("0.1")), "solution back": (Decimal(2), Decimal("0.05"))}  # mg/mL, mL


@cache
def plan_named(name: str) -> Plan:
    return PLANS[name]()


@cache
def pages_of(name: str) -> tuple[ReadPage, ...]:
    return read_pages(render_strip_plan(plan_named(name), IN_ENGLISH, printing(STOCK)))


def pages_titled(name: str, beginning: str) -> list[ReadPage]:
    return [page for page in pages_of(name) if title_of(page).startswith(beginning)]


@cache
def workbook_of(name: str) -> Workbook:
    return load_workbook(BytesIO(render_dispensing_sheet(plan_named(name), PRINTED)))


@pytest.fixture(params=PLANS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plan(name: str) -> Plan:
    return plan_named(name)


# --- What is printed, in numbers -------------------------------------------------------------------------------------

PIECE = re.compile(r"(?:(\d+) × )?(?:([½¼]) × )?([\d,.]+) (mg|mL)")


def pieces_of(composition: str) -> list[tuple[int, int, Decimal, str]]:
    """Return count, divisor, amount and unit of each part of a printed composition."""
    return [
        (int(count or 1), PART[part], decimal(amount.replace(",", "")), unit)
        for count, part, amount, unit in PIECE.findall(composition)
    ]


def mg_of(composition: str, plan: Plan) -> Decimal:
    solution = plan.order.compounding.solution
    per_ml = solution.mg_per_ml if solution else Decimal(0)
    if solution:  # the concentration is told with the volume, and is no part of what is measured
        composition, told = re.subn(rf" of {plain(per_ml)} mg/mL(?= in )", "", composition)
        assert told == 1
    return sum(
        (
            count * amount / divided * (1 if unit == "mg" else per_ml)
            for count, divided, amount, unit in pieces_of(composition)
        ),
        Decimal(0),
    )


def rows_of(page: ReadPage) -> list[str]:
    """Return the text of each row of a schedule that ends at a rule."""
    rules = sorted({round(rule.top, 2) for rule in page.rules if rule.right - rule.left > 150})
    rows = [flow_of(page.within(Area(0, above, page.width, below))) for above, below in pairwise(rules)]
    return [row for row in rows if re.match(r"\d+ \d+ \w{3} ", row)]


def labels_of(name: str) -> Iterator[tuple[Day, list[Letter]]]:
    for strip, page in zip(plan_named(name).strips_to_make, pages_titled(name, "Pouch labels,"), strict=True):
        for position, day in enumerate(strip.days):
            yield day, page.within(label_area(position))


def label_area(position: int) -> Area:
    column, row = divmod(position, STOCK.rows)
    left = float(STOCK.origin_mm[0] + column * STOCK.pitch_mm[0])
    top = float(STOCK.origin_mm[1] + row * STOCK.pitch_mm[1])
    return Area(left, top, left + float(STOCK.label_mm[0]), top + float(STOCK.label_mm[1]))


def whole_units(compositions: list[str]) -> dict[Decimal, int]:
    """Return how many whole units of each strength some printed compositions use up."""
    parts: Counter[Decimal] = Counter()
    for composition in compositions:
        for count, divided, amount, _ in pieces_of(composition):
            parts[amount] += count * 4 // divided
    return {strength: math.ceil(quarters / 4) for strength, quarters in parts.items()}


# --- The strip plan --------------------------------------------------------------------------------------------------


def test_schedules_labels_and_calendars_are_for_the_strips_to_make_and_name_them(name: str, plan: Plan) -> None:
    last = plan.strips[-1].number
    named = [
        f"strip {strip.number} of {last}{', hold strip' if len({day.dose_mg for day in strip.days}) == 1 else ''}"
        for strip in plan.strips
        if not strip.kept
    ]

    for kind in ("Schedule, ", "Pouch labels, ", "My calendar, "):
        assert [title_of(page) for page in pages_titled(name, kind)] == [kind + words for words in named]


def test_the_hold_of_a_phased_taper_is_a_hold_strip_on_its_pages_and_every_label() -> None:
    labels = [flow_of(letters) for day, letters in labels_of("phased") if day.strip == 3]

    assert len(labels) == 28
    assert all("Strip 3 of 5, hold strip · plan" in text for text in labels)
    assert not any("hold strip" in flow_of(letters) for day, letters in labels_of("phased") if day.strip != 3)
    assert "Each pouch holds the same dose: 10 mg." in pages_titled("phased", "My calendar, strip 3")[0].flow


def test_every_row_of_the_schedule_says_its_day_dose_units_and_figures(name: str, plan: Plan) -> None:
    for strip, page in zip(plan.strips_to_make, pages_titled(name, "Schedule,"), strict=True):
        rows = rows_of(page)
        assert len(rows) == len(strip.days)
        for row, day in zip(rows, strip.days, strict=True):
            start = f"{day.pouch} {day.day} {PRINTED.date(day.date)} {PRINTED.number(day.dose_mg)} "
            figures = (
                f" {PRINTED.number(day.drop_mg)}"
                if day.occupancy is None or day.drop_points is None
                else f" {PRINTED.percent(day.occupancy)} {PRINTED.points(day.drop_points)}"
            )
            assert row.startswith(start)
            assert row.endswith(figures)
            units, _, remark = row[len(start) : -len(figures)].partition(" · ")
            assert mg_of(units, plan) == day.dose_mg
            assert remark == ("higher than the day before, as planned" if day.rises else "hold" if day.held else "")


def test_a_schedule_without_a_curve_heads_its_drops_in_mg_and_says_the_stop_in_mg() -> None:
    pages = pages_titled("proportional", "Schedule,")

    assert all("Drop (mg)" in page.flow and "ccupancy" not in page.flow for page in pages)
    assert "Tue 16 Mar 2027 stop: no pouch from this day on 0.5" in pages[-1].lines
    assert [day for page in pages for day in bold_days(page)] == [8]  # the first step, of 2 mg


def bold_days(page: ReadPage) -> list[int]:
    bold = {run.text for run in runs_of(page.upright) if run.letters[0].font == "FiraSans-Bold"}
    return [int(row.split()[1]) for row in rows_of(page) if " ".join(row.split()[2:6]) in bold]


def test_every_schedule_says_what_its_strip_takes(name: str, plan: Plan) -> None:
    for strip, page in zip(plan.strips_to_make, pages_titled(name, "Schedule,"), strict=True):
        subtotal = page.flow[page.flow.rindex(f"Strip {strip.number} takes") :].rpartition(" Plan ")[0]
        made, _, stock = subtotal.partition("Takes from stock: ")
        assert f"{len(strip.days)} pouch" in made
        assert f" {PRINTED.number(sum((day.dose_mg for day in strip.days), Decimal(0)))} mg" in made
        if name in MEASURED:
            volume = sum((day.volume_ml or Decimal(0) for day in strip.days), Decimal(0))
            solution = f"{PRINTED.number(volume)} mL of a solution of {MEASURED[name][0]} mg/mL"
            assert f"{len(strip.days)} oral syringes, {solution}" in made
        else:
            units = made.partition(" mg ")[2]
            assert mg_of(units, plan) == strip.total_mg
        assert bool(stock) == any(unit.divided_into > 1 for unit in strip.units)


@pytest.mark.parametrize("name", DIVIDED)
def test_the_schedules_take_as_many_whole_tablets_as_their_pieces_come_to(name: str) -> None:
    taken: Counter[Decimal] = Counter()
    compositions = []
    left: dict[Decimal, Decimal] = {}
    for page in pages_titled(name, "Schedule,"):
        text = page.flow.rpartition(" Plan ")[0]
        compositions += [row.split(" ", 7)[7] for row in rows_of(page)]
        stock = text.rpartition("Takes from stock: ")[2] if "Takes from stock" in text else last_line_of_units(text)
        for count, divided, strength, _ in pieces_of(stock):
            assert divided == 1
            taken[strength] += count
        left |= {
            strength: Decimal({"a quarter": "0.25", "a half": "0.5", "three quarters": "0.75"}[words])
            for strength, words in (
                (decimal(amount), words)
                for amount, words in re.findall(r"([\d.]+) mg tablets? \((a quarter|a half|three quarters) left", stock)
            )
        }

    assert taken == whole_units(compositions)
    assert left == {Decimal(25): Decimal("0.25")}  # 19 halves and 25 quarters are 15.75 tablets; 10 and 15 are 8.75


def last_line_of_units(text: str) -> str:
    return re.split(r"Strip \d+ takes .*? mg ", text)[-1]


def test_every_label_says_its_dose_largest_its_volume_and_units_that_add_up_to_it(name: str, plan: Plan) -> None:
    for day, letters in labels_of(name):
        lines = lines_of(letters)
        largest = max(letter.size_pt for letter in letters)
        assert flow_of(letter for letter in letters if letter.size_pt == largest) == f"{PRINTED.number(day.dose_mg)} mg"
        text = flow_of(letters)
        units = text.partition("born 12 May 1981 ")[2].partition(f" Strip {day.strip} of {plan.strips[-1].number}")[0]
        assert mg_of(units, plan) == day.dose_mg
        # the end of a line may stand for the dot
        assert re.search(rf"Day {day.day} of {len(plan.days)} (· )?{re.escape(PRINTED.date(day.date))}", text)
        if day.volume_ml is not None:
            dose_line = next(line for line in lines if line.startswith(f"{PRINTED.number(day.dose_mg)} mg"))
            assert dose_line == f"{PRINTED.number(day.dose_mg)} mg {PRINTED.number(day.volume_ml)} mL"
            volumes = [run.letters[0].size_pt for run in runs_of(letters) if run.text.endswith(" mL")]
            assert volumes
            assert min(volumes) >= 8


def test_no_label_lies_on_a_place_without_a_pouch(name: str, plan: Plan) -> None:
    for strip, page in zip(plan.strips_to_make, pages_titled(name, "Pouch labels,"), strict=True):
        filled = [n for n in range(STOCK.columns * STOCK.rows) if page.within(label_area(n))]
        assert filled == list(range(len(strip.days)))


def test_the_calendar_has_every_day_to_make_in_mg_and_in_ml(name: str, plan: Plan) -> None:
    for strip, page in zip(plan.strips_to_make, pages_titled(name, "My calendar,"), strict=True):
        rows = calendar_rows(page, ending="(?: higher, as planned)?")

        assert rows == [calendar_row_of(day) for day in strip.days]


def test_a_dose_that_rises_is_said_in_words_to_the_patient(name: str, plan: Plan) -> None:
    for strip, page in zip(plan.strips_to_make, pages_titled(name, "My calendar,"), strict=True):
        rises = [day for day in strip.days if day.rises]
        assert page.flow.count("higher, as planned") == len(rises)
        for day in rises:
            assert f"On {PRINTED.date(day.date)} the dose is higher than the day before, as planned" in page.flow
        assert page.flow.count("higher than the day before") == len(rises)


def test_some_plans_rise_and_some_are_held() -> None:
    rising = {name for name in PLANS if any(day.rises for day in plan_named(name).days_to_make)}

    assert rising == {"held, then back", "halves back", "solution back"}
    assert any(day.held for day in plan_named("held").days_to_make)


def test_the_calendar_says_which_strip_follows_or_that_none_does(name: str, plan: Plan) -> None:
    pages = pages_titled(name, "My calendar,")
    for page, after in pairwise(plan.strips_to_make):
        text = pages[plan.strips_to_make.index(page)].flow
        assert f"Strip {after.number} follows on {PRINTED.date(after.days[0].date)}." in text
    assert plan.stop is not None
    assert f"From {PRINTED.date(plan.stop.date)} on there is no pouch." in pages[-1].flow


@pytest.mark.parametrize("name", AMENDED)
def test_days_that_are_kept_are_on_no_schedule_label_or_calendar(name: str) -> None:
    plan = plan_named(name)
    amendment = plan.order.amendment
    assert amendment is not None
    first = amendment.from_day
    kept_dates = {PRINTED.date(day.date) for day in plan.days[: first - 1]}
    pages = [page for kind in ("Schedule,", "Pouch labels,", "My calendar,") for page in pages_titled(name, kind)]

    assert [day.day for day in plan.days_to_make] == list(range(first, len(plan.days) + 1))
    for page in pages:
        assert not any(date in page.flow for date in kept_dates)
    said = [page.flow for page in pages_titled(name, "Schedule,")]
    assert f"kept, made with plan {amendment.amends}" in said[0]
    assert re.search(r"Days 1 to \d+: kept, made with plan ", said[0])
    assert not any("kept" in text for text in said[1:])


def test_days_kept_from_two_versions_are_told_apart() -> None:
    plan = plan_named("held, then back")
    assert plan.order.amendment is not None
    first, second = plan.order.amendment.earlier

    words = f"Days 1 to 59: kept, made with plan {first}; days 60 to 79: kept, made with plan {second}"
    assert words in pages_titled("held, then back", "Schedule,")[0].flow


@pytest.mark.parametrize("name", AMENDED)
def test_the_first_new_calendar_asks_for_the_old_pouches(name: str) -> None:
    plan = plan_named(name)
    first, *later = pages_titled(name, "My calendar,")

    since = plan.take_back[0]
    assert f"replaces your earlier calendar from {PRINTED.date(since.date)} on." in first.flow
    assert f"bring {len(plan.take_back)} pouches back to the pharmacy" in first.flow
    assert not any("bring" in page.flow for page in later)


def test_nothing_is_printed_as_none_and_nothing_too_small_to_read(name: str) -> None:
    for kind, least_pt in (("Schedule,", 6), ("Pouch labels,", 5.5), ("My calendar,", 7)):
        for page in pages_titled(name, kind):
            assert "None" not in page.flow
            assert min(letter.size_pt for letter in page.upright) >= least_pt


# --- The dispensing sheet --------------------------------------------------------------------------------------------


def value(sheet: Worksheet, row: int, column: int) -> Any:
    return sheet.cell(row, column).value


def pouches_of(workbook: Workbook) -> tuple[Worksheet, int, dict[Any, int]]:
    sheet = workbook["Dispense"]
    header = header_row(sheet, "Dose (mg)")
    return sheet, header, columns_of(sheet, header)


def test_a_row_for_each_pouch_to_make_and_for_no_other(name: str, plan: Plan) -> None:
    sheet, header, columns = pouches_of(workbook_of(name))
    rows = [
        tuple(value(sheet, row, columns[label]) for label in ("Day", "Strip", "Pouch", "Date", "Dose (mg)"))
        for row in range(header + 1, sheet.max_row + 1)
    ]

    assert [(day, strip, pouch, date.date(), decimal(dose)) for day, strip, pouch, date, dose in rows] == [
        (day.day, day.strip, day.pouch, day.date, day.dose_mg) for day in plan.days_to_make
    ]


@pytest.mark.parametrize("name", [*DIVIDED, "modified release"])
def test_the_header_of_a_part_holds_its_mg_and_shows_what_it_is_of(name: str) -> None:
    plan = plan_named(name)
    sheet, header, columns = pouches_of(workbook_of(name))
    strengths = [column for label, column in columns.items() if not isinstance(label, str)]
    shown = [(decimal(value(sheet, header, c)), sheet.cell(header, c).number_format) for c in strengths]

    for unit, (amount, number_format) in zip(plan.totals.units, shown, strict=True):
        assert amount == unit.strength_mg / unit.divided_into
        if unit.divided_into > 1:
            sign = {2: "½", 4: "¼"}[unit.divided_into]
            assert number_format == f'"{sign} × {PRINTED.number(unit.strength_mg)} mg"'
    for row, day in enumerate(plan.days_to_make, start=header + 1):
        counts = [value(sheet, row, column) or 0 for column in strengths]
        assert sum(n * amount for n, (amount, _) in zip(counts, shown, strict=True)) == day.dose_mg
        assert counts == [
            next((u.count for u in day.units if (u.strength_mg, u.divided_into) == (t.strength_mg, t.divided_into)), 0)
            for t in plan.totals.units
        ]


@pytest.mark.parametrize("name", MEASURED)
def test_every_syringe_has_its_volume_beside_its_dose(name: str) -> None:
    plan = plan_named(name)
    sheet, header, columns = pouches_of(workbook_of(name))
    dose, volume = columns["Dose (mg)"], columns["Volume (mL)"]

    per_ml, step_ml = MEASURED[name]
    assert (decimal(value(sheet, header - 1, dose)), decimal(value(sheet, header - 1, volume))) == (per_ml, step_ml)
    for row, day in enumerate(plan.days_to_make, start=header + 1):
        assert decimal(value(sheet, row, dose)) == day.dose_mg
        assert decimal(value(sheet, row, volume)) == day.volume_ml == day.dose_mg / per_ml
        assert day.volume_ml % step_ml == 0


@pytest.mark.parametrize("name", MEASURED)
def test_a_solution_is_one_row_to_make_in_mg_and_in_ml(name: str) -> None:
    plan = plan_named(name)
    sheet = workbook_of(name)["Compounding"]
    made = {label: value(sheet, 6, column) for label, column in columns_of(sheet, 5).items()}
    total = sum((day.dose_mg for day in plan.days_to_make), Decimal(0))

    assert made["Form"] == "oral syringe"
    assert made["Solution (mg/mL)"] == MEASURED[name][0]
    assert made["Count needed"] == len(plan.days_to_make)
    assert decimal(made["Total (mg)"]) == total
    assert decimal(made["Volume (mL)"]) == total / MEASURED[name][0]
    assert value(sheet, 7, 1) == "Both sheets agree"


def stock_of(workbook: Workbook) -> dict[Decimal, dict[str, Any]]:
    """Return what is taken from stock, by strength."""
    sheet = workbook["Compounding"]
    header = next(row for row in range(1, sheet.max_row + 1) if value(sheet, row, 1) == "To take from stock")
    columns = columns_of(sheet, header)
    rows = [
        {label: value(sheet, row, column) for label, column in columns.items()}
        for row in range(header + 1, sheet.max_row + 1)
    ]
    return {decimal(row["Whole unit (mg)"]): row for row in rows}


@pytest.mark.parametrize("name", DIVIDED)
def test_whole_tablets_are_taken_from_stock_rounded_up_with_what_is_left_over(name: str) -> None:
    sheet, header, columns = pouches_of(workbook_of(name))
    quarters: Counter[Decimal] = Counter()
    for unit, column in zip(
        plan_named(name).totals.units, (c for label, c in columns.items() if not isinstance(label, str)), strict=True
    ):
        counts = [value(sheet, row, column) or 0 for row in range(header + 1, sheet.max_row + 1)]
        quarters[unit.strength_mg] += sum(counts) * 4 // unit.divided_into
    stock = stock_of(workbook_of(name))

    assert {strength: row["Whole units"] for strength, row in stock.items()} == {
        strength: math.ceil(n / 4) for strength, n in quarters.items()
    }
    assert {strength: decimal(row["Left over"]) for strength, row in stock.items()} == {
        strength: Decimal(-n % 4) / 4 for strength, n in quarters.items()
    }
    assert stock[Decimal(25)]["Product"] == "Example 25 mg cross-scored tablets"
    assert stock[Decimal(25)]["Supplier"] == "Example Wholesale"
    assert stock[Decimal(2)]["In the pouch"] == "at most 3 in a pouch"


def test_what_must_be_kept_whole_is_said_where_it_is_ordered_and_where_it_is_taken() -> None:
    workbook = workbook_of("modified release")

    said = stock_of(workbook)[Decimal(50)]
    assert said["In the pouch"] == "modified release: keep whole; at most 4 in a pouch"
    assert said["Product"] == "Example Retard 50 mg"
    words = facts_of(workbook)["50 mg tablet"]
    assert words == "modified release: keep whole; at most 4 in a pouch; Example Retard 50 mg"


def slow_strengths_of(name: str) -> dict[Decimal, str]:
    """Return the form that units of each modified-release strength must be called by, as the order names it."""
    made = plan_named(name).order.compounding.unit or ()
    return {unit.strength_mg: f"modified-release {unit.form}" for unit in made if unit.modified_release}


def forms_named(composition: str) -> dict[Decimal, str]:
    """Return the form that a printed composition gives each of its strengths, in the singular."""
    return {
        amount: re.sub(r"^.* mg ", "", part).removesuffix("s")
        for part in composition.split("; ")
        for _, _, amount, _ in pieces_of(part)
    }


def assert_slow_units_are_named(composition: str, day: Day, slow: dict[Decimal, str]) -> bool:
    """Return whether the day holds modified-release units; each must be called so, and no other unit may be."""
    named = forms_named(composition)
    assert named.keys() == {unit.strength_mg for unit in day.units}
    for strength, form in named.items():
        assert form == slow[strength] if strength in slow else "modified-release" not in form
    return bool(named.keys() & slow.keys())


@pytest.mark.parametrize("name", MODIFIED_RELEASE)
def test_every_modified_release_unit_is_called_so_on_its_label_and_in_its_row_of_the_schedule(name: str) -> None:
    plan, slow = plan_named(name), slow_strengths_of(name)
    rows = [row for page in pages_titled(name, "Schedule,") for row in rows_of(page)]
    labels = list(labels_of(name))
    assert len(rows) == len(labels) == len(plan.days)

    n_slow = 0
    for (day, letters), row in zip(labels, rows, strict=True):
        text = flow_of(letters)
        on_label = text.partition("born 12 May 1981 ")[2].partition(f" Strip {day.strip} of ")[0]
        on_schedule = re.sub(r"(?: -?[\d.]+){2}$", "", row.split(" ", 7)[7])
        n_slow += assert_slow_units_are_named(on_label, day, slow)
        assert_slow_units_are_named(on_schedule, day, slow)
        assert text.endswith("Lot Use by"), "what stands under the composition keeps its place"
        assert min(letter.size_pt for letter in letters) >= 6 - 1e-9
    assert n_slow == sum(any(unit.strength_mg in slow for unit in day.units) for day in plan.days)
    assert 0 < n_slow <= len(plan.days)


@pytest.mark.parametrize("name", MODIFIED_RELEASE)
def test_every_modified_release_unit_is_called_so_where_it_is_filled_and_where_it_is_made(name: str) -> None:
    slow, workbook = slow_strengths_of(name), workbook_of(name)
    sheet, header, columns = pouches_of(workbook)
    filled = {strength: value(sheet, header - 1, c) for strength, c in columns.items() if not isinstance(strength, str)}
    compounding = workbook["Compounding"]
    made = columns_of(compounding, 5)
    rows = range(6, 6 + len(plan_named(name).totals.units))
    to_make = {
        decimal(value(compounding, row, made["Strength (mg)"])): value(compounding, row, made["Form"]) for row in rows
    }

    for told in (filled, to_make):
        named = {decimal(strength): form for strength, form in told.items()}
        assert {strength: form for strength, form in named.items() if form.startswith("modified-release")} == slow


def test_a_pouch_of_more_modified_release_units_than_a_label_can_name_is_refused_not_cut_short() -> None:
    raw = load_order_file(EXAMPLES / "half-tablets.toml")
    forms = {"37.5": LONGEST, "12.5": "capsule", "2.5": "sachet", "1.25": "film", "0.625": "tablet"}
    raw["compounding"]["unit"] = [
        {"strength_mg": Decimal(strength), "form": form, "modified_release": True} for strength, form in forms.items()
    ]
    plan = plan_taper(read_order(raw, FORMULARY, "many forms"), FORMULARY, ISSUED_ON)

    with pytest.raises(TextDoesNotFit, match=r"modified-release orodispers.* does not fit .*; combine fewer strengths"):
        render_pouch_labels(plan, IN_ENGLISH, printing(load_stock("avery-5160")))


@pytest.mark.parametrize("name", AMENDED)
def test_labels_of_a_later_version_end_their_line_of_the_plan_with_it(name: str) -> None:
    plan = plan_named(name)
    assert plan.version > 1

    for _, letters in labels_of(name):
        assert f" · plan {plan.plan_id}, version {plan.version} " in flow_of(letters)


def test_labels_of_a_first_version_name_no_version() -> None:
    assert not any("version" in flow_of(letters) for _, letters in labels_of("half-tablets"))


@pytest.mark.parametrize("name", MEASURED)
def test_the_medicine_of_a_solution_is_named_with_its_concentration_on_label_and_calendar(name: str) -> None:
    plan, per_ml = plan_named(name), MEASURED[name][0]
    medicine = f"{plan.order.medication.drug} {per_ml} mg/mL"

    for day, letters in labels_of(name):
        text = flow_of(letters)
        assert medicine in text
        assert f"{PRINTED.number(day.volume_ml or Decimal(0))} mL of {per_ml} mg/mL in an oral syringe" in text
    assert all(medicine in page.flow for page in pages_titled(name, "My calendar,"))


def facts_of(workbook: Workbook, sheet: str = "Order") -> dict[str, Any]:
    """Return what stands beside each grey label."""
    return {
        str(cell.value): cell.offset(column=1).value
        for row in workbook[sheet].iter_rows(min_row=5)
        for cell in row
        if cell.column in {1, 3} and cell.value is not None and cell.fill.fill_type == "solid"
    }


def test_the_order_sheet_says_phases_limits_and_what_is_made() -> None:
    phased, limited, halves, solution = (
        facts_of(workbook_of(name)) for name in ("phased", "limited", "half-tablets", "solution")
    )

    assert phased["Phases"] == "20 mg to 10 mg in 56 days, then 28 days at 10 mg, then to stop in 56 days"
    assert phased["Strategy"] == "equal occupancy steps"
    assert (limited["Most different doses"], limited["Fewest days on a dose"]) == (16, 3)
    assert halves["25 mg tablet"] == (
        "may be halved and quartered; Example 25 mg cross-scored tablets; from Example Wholesale"
    )
    assert (solution["Solution"], solution["Syringe, in steps of"]) == (1, 0.1)
    assert decimal(solution["Volume"]) == sum(day.dose_mg for day in example("solution").days)


def test_the_order_sheet_says_what_models_say(name: str, plan: Plan) -> None:
    facts = facts_of(workbook_of(name))

    assert (plan.prediction is None) == ("Largest drop predicted" not in facts)
    assert (plan.sensitivity is None) == ("Worst drop they predict" not in facts)
    if plan.prediction is not None:
        assert facts["Largest drop predicted"] == pytest.approx(plan.prediction.max_drop_points)
        assert facts["Above 1 point after stop"] == len(plan.prediction.after)
    if plan.sensitivity is not None:
        assert facts["Worst drop they predict"] == pytest.approx(plan.sensitivity.worst.max_drop_points)
        assert plan.sensitivity.worst.name in facts["Where"]


def test_without_a_curve_figures_are_in_mg_and_the_curve_sheet_says_why() -> None:
    order, curve = (facts_of(workbook_of("proportional"), sheet) for sheet in ("Order", "Curve"))

    assert order["Strategy"] == "20 % of the current dose less every 7 days, last step 0.5 mg"
    assert (order["Largest drop"], order["Day of the largest drop"], order["Drop at the stop"]) == (2, 8, 0.5)
    assert order["Curve"] == "none known: drops are in mg"
    assert "no published curve of exampletine is known" in curve["Curve id"]
    assert curve["Strategy used"] == order["Strategy"]


def test_no_cell_says_none(name: str) -> None:
    assert not [cell for cell in cells_of(workbook_of(name)) if isinstance(cell.value, str) and "None" in cell.value]


@pytest.mark.parametrize("name", AMENDED)
def test_every_sheet_of_an_amended_plan_names_both_plans_and_the_days_kept(name: str) -> None:
    plan, workbook = plan_named(name), workbook_of(name)
    assert plan.order.amendment is not None

    assert workbook.sheetnames == ["Order", "Take back", "Dispense", "Compounding", "Curve"]
    for sheet in workbook.worksheets:
        assert plan.plan_id in sheet["A1"].value
        assert f"version {plan.version}, replaces plan {plan.order.amendment.amends}" in sheet["A1"].value
        assert re.match(r"Days 1 to \d+: kept, made with plan ", sheet["A4"].value)
    facts = facts_of(workbook)
    assert facts["Version"] == plan.version
    assert facts["Replaces plan"] == plan.order.amendment.amends
    assert facts["Reason"] == "Sleepless since the last strip"
    assert str(facts["Change"]).startswith(f"From day {plan.order.amendment.from_day} on: ")
    assert facts["Pouches to make"] == len(plan.days_to_make)
    assert facts["Pouches to take back"] == len(plan.take_back)


@pytest.mark.parametrize("name", AMENDED)
def test_the_pouches_to_take_back_are_listed_with_room_to_tick_them_off(name: str) -> None:
    plan = plan_named(name)
    sheet = workbook_of(name)["Take back"]
    columns = columns_of(sheet, 5)
    labels = ("Strip", "Day", "Date", "Dose (mg)", "Code on the pouch")
    rows = [tuple(value(sheet, row, columns[label]) for label in labels) for row in range(6, sheet.max_row + 1)]

    assert [(strip, day, date.date(), decimal(dose), code) for strip, day, date, dose, code in rows] == [
        (pouch.strip, pouch.day, pouch.date, pouch.dose_mg, pouch.code) for pouch in plan.take_back
    ]
    for row in range(6, sheet.max_row + 1):
        made_with = value(sheet, row, columns["Made with plan"])
        assert made_with.replace("-", "") in value(sheet, row, columns["Code on the pouch"])
        for label in ("Came back on", "By"):
            assert not sheet.cell(row, columns[label]).protection.locked
            assert value(sheet, row, columns[label]) is None
        if "Volume (mL)" in columns:
            dose_mg = decimal(value(sheet, row, columns["Dose (mg)"]))
            assert decimal(value(sheet, row, columns["Volume (mL)"])) == dose_mg / MEASURED[name][0]


def test_the_same_plan_gives_the_same_bytes(name: str) -> None:
    assert render_dispensing_sheet(plan_named(name), PRINTED) == render_dispensing_sheet(PLANS[name](), PRINTED)


# --- As LibreOffice computes it --------------------------------------------------------------------------------------


def find_cell(workbook: Workbook, sheet: str, under: str, row: int) -> Any:
    """Return the cell so many rows below the last header with these words."""
    headers = [cell for cells in workbook[sheet].iter_rows() for cell in cells if cell.value == under]
    return headers[-1].offset(row=row)


def part_cell(row: int) -> Callable[[Workbook], Any]:
    def find(workbook: Workbook) -> Any:
        sheet, header, _ = pouches_of(workbook)
        half = next(n for n, cell in enumerate(sheet[header], start=1) if "½" in str(cell.number_format))
        return sheet.cell(header + row, half)

    return find


TAMPERED: dict[str, tuple[str, Callable[[Workbook], Any], Any, str]] = {
    "a half's count": ("half-tablets", part_cell(4), 2, "Dispense"),
    "a half's count emptied": ("half-tablets", part_cell(4), None, "Dispense"),
    "a half's amount": ("half-tablets", part_cell(0), 25, "Dispense"),
    "a volume": ("solution", lambda book: find_cell(book, "Dispense", "Volume (mL)", 3), 8.9, "Dispense"),
    "a volume made text": ("solution", lambda book: find_cell(book, "Dispense", "Volume (mL)", 3), "9", "Dispense"),
    "the solution's strength": ("solution", lambda book: find_cell(book, "Dispense", "Dose (mg)", -1), 2, "Dispense"),
    "the syringe's step": ("solution", lambda book: find_cell(book, "Dispense", "Volume (mL)", -1), 0.3, "Dispense"),
    "a second syringe": ("solution", lambda book: find_cell(book, "Dispense", "Units in pouch", 3), 2, "Dispense"),
    "the volume to make": (
        "solution",
        lambda book: find_cell(book, "Compounding", "Volume (mL)", 1),
        99,
        "Compounding",
    ),
    "the syringes to make": ("solution", lambda b: find_cell(b, "Compounding", "Count needed", 1), 83, "Compounding"),
    "a consumption": ("half-tablets", lambda book: find_cell(book, "Compounding", "Whole units", 2), 26, "Compounding"),
    "a consumption made text": (
        "half-tablets",
        lambda book: find_cell(book, "Compounding", "Whole units", 2),
        "27",
        "Compounding",
    ),
    "what is left over": ("half-tablets", lambda b: find_cell(b, "Compounding", "Left over", 2), 0.5, "Compounding"),
    "the halves to make": ("half-tablets", lambda b: find_cell(b, "Compounding", "Count needed", 3), 18, "Compounding"),
}


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """Return every sheet, and every sheet that was tampered with, as LibreOffice computes it."""
    contents = {name: render_dispensing_sheet(plan_named(name), PRINTED) for name in PLANS}
    for what, (base, find, value, _) in TAMPERED.items():
        workbook = load_workbook(BytesIO(contents[base]))
        find(workbook).value = value
        contents[what] = saved(workbook)
    results = convert(tmp_path_factory.mktemp("recalculated"), contents, "xlsx")
    return {what: load_workbook(results / f"{what}.xlsx", data_only=True) for what in contents}


@needs_libreoffice
def test_libreoffice_finds_no_error_and_every_check_ok(
    name: str, plan: Plan, recalculated: dict[str, Workbook]
) -> None:
    workbook = recalculated[name]
    n_units, n_stock = len(plan.totals.units), len(plan.totals.consumption)
    stocked = name in {*DIVIDED, *MODIFIED_RELEASE}
    checks = 5 if name in MEASURED else n_units + 4 + (n_stock if stocked else 0)

    assert not [cell.coordinate for cell in cells_of(workbook) if cell.data_type == "e"]
    assert checks_of(workbook, "Dispense") == ["OK"] * len(plan.days_to_make)
    assert checks_of(workbook, "Compounding") == ["OK"] * checks


@needs_libreoffice
@pytest.mark.parametrize("what", TAMPERED)
def test_what_is_changed_afterwards_shows_as_check(what: str, recalculated: dict[str, Workbook]) -> None:
    _, _, _, sheet = TAMPERED[what]

    assert "CHECK" in checks_of(recalculated[what], sheet)
    assert "CHECK" in checks_of(recalculated[what], "Compounding")


@needs_libreoffice
def test_parts_and_volumes_are_shown_as_they_are_printed(tmp_path: Path) -> None:
    shown_in_all_sheets = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,-1"
    results = convert(
        tmp_path, {name: render_dispensing_sheet(plan_named(name), PRINTED) for name in PLANS}, shown_in_all_sheets
    )
    cells = {}
    for path in results.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells[path.stem] = list(csv.reader(file))

    assert not [what for what, rows in cells.items() if any("###" in cell for row in rows for cell in row)]
    header = cells["half-tablets-Dispense"][5]
    assert header[5:10] == ["50 mg", "25 mg", "½ × 25 mg", "¼ × 25 mg", "2 mg"]
    assert [row[1] for row in cells["half-tablets-Compounding"][5:9]] == ["50", "25", "½ × 25 mg", "¼ × 25 mg"]
    assert cells["half-tablets-Compounding"][16][3] == "a quarter"
    assert cells["solution-Dispense"][4][4:6] == ["1 mg/mL", "steps of 0.1 mL"]
    assert [row[5] for row in cells["solution-Dispense"][6:]] == [
        PRINTED.number(day.volume_ml or Decimal(0)) for day in example("solution").days
    ]


def test_strips_of_the_fixture_are_what_their_names_say() -> None:
    strips: tuple[Strip, ...] = plan_named("held, then back").strips

    assert [strip.kept for strip in strips] == [True, True, True, True, False, False, False]
