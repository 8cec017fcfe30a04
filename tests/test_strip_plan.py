"""The strip plan as printed: what stands on it is the plan, all of it, readable and in its place.

Expected words come from the plan by `rendering.words`, whose own laws stand in test_words.py. Everything else is read
from the PDF by `reading`, which knows nothing of the code that drew it; where labels lie comes from the stock file.
"""

import datetime as dt
import hashlib
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice, pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from orders import (
    ABSENT,
    FORMULARY,
    IN_ENGLISH,
    ISSUED_ON,
    PRINTED,
    RawOrder,
    calendar_row_of,
    own_curve,
    plan_of,
    printing,
    raw_order,
    raw_orders,
    units,
)
from reading import (
    CALENDAR_ROW,
    Area,
    Letter,
    ReadPage,
    calendar_rows,
    cut_out,
    draw_picture,
    flow_of,
    is_empty_box,
    lines_of,
    plain_spaces,
    read_codes,
    read_facts,
    read_pages,
    runs_of,
    title_of,
)

from stripgen.domain.plan import Day, Plan
from stripgen.domain.stock import Stock
from stripgen.errors import TextDoesNotFit, TextNotPrintable
from stripgen.files import load_order_file, load_stock, load_template
from stripgen.rendering.descriptions import describe_consumption, describe_taper, describe_units, name_strip
from stripgen.rendering.strip_plan.document import lay_out_strip_plan, render_pouch_labels, render_strip_plan
from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import (
    BLUE,
    GREY,
    ORANGE,
    WHITE,
    Box,
    Mark,
    Page,
    Polyline,
    Rectangle,
    Symbol,
    Text,
)
from stripgen.rendering.words import capitalise

STOCK = load_template("stocks", "a4-strip-28", Stock)
STRIP_STOCK = load_template("stocks", "a4-strip-labels-6", Stock)
DRAFT = PRINTED.say("common.draft")
MODEL_LIMITS = [said for name, said in PRINTED.wording.phrases["models"].items() if name.startswith("limit_")]
EXAMPLE_FILES = sorted((Path(__file__).parents[1] / "examples").glob("*.toml"))
FIFTEEN_STRENGTHS_UG = (173, 163, 151, 149, 131, 127, 113, 101, 97, 83, 71, 61, 53, 41, 37)
FLOAT_NOISE_MM = 1e-3
TOUCHING_MM = 0.03  # less than a printer's dot
TABLES = {
    "patient",
    "prescriber",
    "approval",
    "pharmacy",
    "medication",
    "taper",
    "compounding",
    "dispensing",
    "override",
}

OVERRIDE = {
    "finding": "above_maximum_dose",
    "reason": "Taken at this dose for nine years; the ECG of 3 Nov 2026 was discussed with the cardiologist",
    "by": "Dr Example",
}
GENERATED: dict[str, Mapping[str, Any]] = {
    "1 day": {"taper.days": 1},
    "2 days": {"taper.days": 2},
    "27 days": {"taper.days": 27},
    "29 days": {"taper.days": 29},
    "57 days": {"taper.days": 57},
    "strips of 7 days": {"taper.days": 57, "taper.days_per_strip": 7},
    "strips of 14 days": {"taper.days": 30, "taper.days_per_strip": 14},
    "40 strips": {"taper.days": 80, "taper.days_per_strip": 2},
    "15 strengths, 30 units at most": {
        "compounding": units(*(f"0.{strength:03}" for strength in FIFTEEN_STRENGTHS_UG), most=30),
        "taper.start_dose_mg": Decimal("2.959"),
        "taper.days": 28,
        "medication": own_curve("90", "1"),
    },
    "doses above 1,000 mg in steps of 0.001 mg": {
        "taper.start_dose_mg": Decimal("1234.567"),
        "taper.days": 30,
        "compounding.increment_mg": Decimal("0.001"),
        "medication": own_curve("90", "400"),
    },
    "five forms": {
        "taper.days": 28,
        "compounding": {
            "unit": [
                {"strength_mg": Decimal(strength), "form": form}
                for strength, form in (
                    ("10", "tablet"),
                    ("4", "orodispersible tablet"),
                    ("1.5", "capsule"),
                    ("1", "film"),
                    ("0.2", "sachet"),
                )
            ],
            "max_units_per_pouch": 3,
        },
    },
    "ends above 0, first day reduced": {
        "taper.end_dose_mg": 5,
        "taper.first_day": "reduced",
        "taper.days": 40,
        "approval.approved_by": "Dr Another",
    },
    "overridden block": {"taper.start_dose_mg": 60, "taper.days": 28, "override": [OVERRIDE]},
    "lot and use-by given": {
        "taper.days": 20,
        "dispensing": {"lot": "L-2026-1142", "beyond_use_date": dt.date(2027, 5, 31)},
    },
    "lot given, use-by to write": {"taper.days": 20, "dispensing": {"lot": "L-2026-1142"}},
    "a draft that names the patient": {"taper.days": 30, "approval": ABSENT, "pharmacy.phone": ABSENT},
}


@dataclass(frozen=True, slots=True, repr=False)
class Printed:
    """A plan, its pages as they were laid out, its PDF, and the PDF read back."""

    plan: Plan
    layout: list[Page]
    pdf: bytes
    pages: tuple[ReadPage, ...]

    def __repr__(self) -> str:
        return f"<plan {self.plan.plan_id}, {len(self.pages)} pages>"

    @property
    def review(self) -> ReadPage:
        return self.pages[0]

    def pages_titled(self, beginning: str) -> tuple[ReadPage, ...]:
        """Return the pages whose heading begins so."""
        return tuple(page for page in self.pages if title_of(page).startswith(beginning))

    def index_of(self, page: ReadPage) -> int:
        """Return where a page stands in the PDF, from 0."""
        return next(index for index, other in enumerate(self.pages) if other is page)

    @property
    def schedules(self) -> tuple[ReadPage, ...]:
        return self.pages_titled("Schedule,")

    @property
    def label_pages(self) -> tuple[ReadPage, ...]:
        return self.pages_titled("Pouch labels,")

    @property
    def calendars(self) -> tuple[ReadPage, ...]:
        return self.pages_titled("My calendar,")

    @property
    def labels(self) -> Iterator[tuple[Day, ReadPage, Area]]:
        """Yield each pouch with the page and the place where the stock file puts its label."""
        for strip, page in zip(self.plan.strips, self.label_pages, strict=True):
            for position, day in enumerate(strip.days):
                yield day, page, label_area(position, STOCK)


def print_plan(plan: Plan, stock: Stock = STOCK) -> Printed:
    pdf = render_strip_plan(plan, IN_ENGLISH, printing(stock))
    return Printed(plan, lay_out_strip_plan(plan, IN_ENGLISH, printing(stock)), pdf, read_pages(pdf))


@cache
def raw_of(case: str) -> RawOrder:
    files = {path.stem: path for path in EXAMPLE_FILES}
    return load_order_file(files[case]) if case in files else raw_order(GENERATED[case])


@cache
def printed_case(case: str) -> Printed:
    return print_plan(plan_of(raw_of(case)))


def label_area(position: int, stock: Stock) -> Area:
    """Return where a label lies: columns filled downwards, position 0 at the top left."""
    column, row = divmod(position, stock.rows)
    left = float(stock.origin_mm[0] + column * stock.pitch_mm[0])
    top = float(stock.origin_mm[1] + row * stock.pitch_mm[1])
    return Area(left, top, left + float(stock.label_mm[0]), top + float(stock.label_mm[1]))


EXAMPLES = [path.stem for path in EXAMPLE_FILES]
CASES = [*EXAMPLES, *GENERATED]
DRAFTS = ["draft", "a draft that names the patient"]


@pytest.fixture(params=CASES)
def printed(request: pytest.FixtureRequest) -> Printed:
    return printed_case(request.param)


@pytest.fixture(params=DRAFTS)
def draft(request: pytest.FixtureRequest) -> Printed:
    return printed_case(request.param)


# --- The pages -------------------------------------------------------------------------------------------------------


def test_every_page_is_a4(printed: Printed) -> None:
    assert {(round(page.width, 1), round(page.height, 1)) for page in printed.pages} == {(210.0, 297.0)}


def test_the_pages_are_a_review_a_comparison_then_a_schedule_labels_and_a_calendar_for_every_strip(
    printed: Printed,
) -> None:
    strips = [name_strip(strip, printed.plan, PRINTED) for strip in printed.plan.strips]
    n_strip_sheets = ceil(len(strips) / (STRIP_STOCK.columns * STRIP_STOCK.rows))

    titles = [title_of(page) for page in printed.pages]

    assert titles == [
        "Strip plan for review",
        "Alternatives compared",
        *(f"Schedule, {strip}" for strip in strips),
        *(f"Pouch labels, {strip}" for strip in strips),
        *["Strip labels"] * n_strip_sheets,
        *(f"My calendar, {strip}" for strip in strips),
    ]


def test_every_page_carries_the_plan_id_and_its_number(printed: Printed) -> None:
    plan, n_pages = printed.plan, len(printed.pages)
    for number, page in enumerate(printed.pages, start=1):
        assert page.flow.count(f"Plan {plan.plan_id}") == 2  # heading and foot
        assert page.flow.endswith(f"page {number} of {n_pages}")
        assert f"{plan.status} · issued {PRINTED.day(plan.issued_on)}" in page.flow


def test_the_outline_has_an_entry_for_every_page(printed: Printed) -> None:
    titles = [title_of(page) for page in printed.pages]

    outline = read_facts(printed.pdf).outline

    assert outline == tuple((title, number) for number, title in enumerate(titles, start=1))


# --- The schedule ----------------------------------------------------------------------------------------------------

POUCH_TO_DOSE = re.compile(r"(\d+) (\d+) (\w{3} \d+ \w{3} \d{4}) ([\d,.]+)")
FIGURES = re.compile(r"[\d.]+( [\d.]+)?")
STOP_ROW = re.compile(r"(\w{3} \d+ \w{3} \d{4}) stop: no pouch from this day on (.+)")


def schedule_rows(page: ReadPage) -> list[tuple[str, ...]]:
    """Return the cells of each row of a schedule: what stands between two rules, units apart from the figures."""
    first_figure = "Occupancy" if "Occupancy" in page.flow else "Drop (mg)"
    units_left, figures_left = (
        next(run.letters[0].left for run in runs_of(page.upright) if run.text.startswith(heading)) - FLOAT_NOISE_MM
        for heading in ("Units", first_figure)
    )
    rules = sorted({round(rule.top, 2) for rule in page.rules if rule.right - rule.left > 150})
    rows = []
    for above, below in pairwise(rules):
        before, units_in_it, after = (
            page.within(Area(left, above, right, below))
            for left, right in ((0, units_left), (units_left, figures_left), (figures_left, page.width))
        )
        first = POUCH_TO_DOSE.fullmatch(" ".join(lines_of(before)))
        last = FIGURES.fullmatch(" ".join(lines_of(after)))
        assert first, f"a row that begins with {lines_of(before)}"
        assert last, f"a row that ends with {lines_of(after)}"
        rows.append((*first.groups(), flow_of(units_in_it), *last[0].split()))
    return rows


def figures_of(drop_mg: Decimal, occupancy: float | None, drop_points: float | None) -> list[str]:
    """Return how the figures of a day read: occupancy and drop in points, or without a curve the drop in mg."""
    if occupancy is None or drop_points is None:
        return [PRINTED.number(drop_mg)]
    return [PRINTED.percent(occupancy), PRINTED.points(drop_points)]


def test_every_row_of_the_schedule_is_a_day_of_the_plan(printed: Printed, compared: Counter[str]) -> None:
    for strip, page in zip(printed.plan.strips, printed.schedules, strict=True):
        rows = schedule_rows(page)

        assert rows == [
            (
                str(day.pouch),
                str(day.day),
                PRINTED.date(day.date),
                PRINTED.number(day.dose_mg),
                describe_units(day.units, PRINTED) + (" · hold" if day.held else ""),
                *figures_of(day.drop_mg, day.occupancy, day.drop_points),
            )
            for day in strip.days
        ]
        compared["rows"] += len(rows)


def test_the_schedules_together_hold_every_day_once(printed: Printed) -> None:
    days = [int(row[1]) for page in printed.schedules for row in schedule_rows(page)]

    assert days == list(range(1, printed.plan.totals.pouches + 1))


def test_the_last_schedule_says_what_comes_after_the_last_pouch(printed: Printed) -> None:
    plan = printed.plan
    *earlier, last = printed.schedules

    stops = [match.groups() for line in last.lines if (match := STOP_ROW.fullmatch(line))]

    if plan.stop is None:
        assert stops == []
        assert f"ends here at {PRINTED.dose(plan.days[-1].dose_mg)}" in last.flow
    else:
        occupancy = None if plan.curve is None else 0.0
        figures = " ".join(figures_of(plan.stop.drop_mg, occupancy, plan.stop.drop_points))
        assert stops == [(PRINTED.date(plan.stop.date), figures)]
    assert not any("stop:" in page.flow or "ends here" in page.flow for page in earlier)


def test_every_schedule_says_what_its_strip_takes_to_make(printed: Printed) -> None:
    solution = printed.plan.order.compounding.solution
    for strip, page in zip(printed.plan.strips, printed.schedules, strict=True):
        n_units = sum(unit.count for unit in strip.units)
        made = describe_units(strip.units, PRINTED)
        if solution is not None:
            volume = PRINTED.number(strip.total_mg / solution.mg_per_ml)
            made = f"{n_units} oral syringes, {volume} mL of a solution of {PRINTED.dose(solution.mg_per_ml)}/mL"
        if any(unit.divided_into > 1 for unit in strip.units):
            made += f" Takes from stock: {describe_consumption(strip.consumption, PRINTED)}"
        assert re.search(
            rf"Strip {strip.number} takes {len(strip.days)} pouch(es)?, {n_units} units?, "
            rf"{re.escape(PRINTED.dose(strip.total_mg))} {re.escape(made)} Plan",
            page.flow,
        )


def test_every_schedule_says_whose_it_is_and_what_was_asked(printed: Printed) -> None:
    asked = f"{printed.plan.order.medication.drug} {describe_taper(printed.plan, PRINTED)}"
    for page in printed.schedules:
        assert f"{name_and_birth(printed.plan)} · {asked}" in page.flow


def test_the_row_of_the_largest_drop_is_the_bold_one_be_it_a_pouch_or_the_stop(printed: Printed) -> None:
    steepest = printed.plan.quality.max_drop_day
    for strip, page in zip(printed.plan.strips, printed.schedules, strict=True):
        bold = {run.text for run in runs_of(page.upright) if run.letters[0].font == "FiraSans-Bold"}
        rows = [(day.day, PRINTED.date(day.date)) for day in strip.days]
        if printed.plan.stop is not None and strip is printed.plan.strips[-1]:
            rows.append((len(printed.plan.days) + 1, PRINTED.date(printed.plan.stop.date)))
        dates = [date for _, date in rows if date in bold]
        assert dates == [date for day, date in rows if day == steepest]
        assert ("bold row: the largest drop" in page.flow) == bool(dates)


def test_a_composition_on_two_lines_is_no_smaller_than_one_on_a_line() -> None:
    page = printed_case("paroxetine-tablets-and-capsules").schedules[0]
    rows = {row[4] for row in schedule_rows(page)}

    runs = [run for run in runs_of(page.upright) if any(row.startswith(run.text) for row in rows) and "×" in run.text]

    assert {run.text for run in runs} - rows  # some are on two lines
    assert {round(run.letters[0].size_pt, 3) for run in runs} == {8.6}


def name_and_birth(plan: Plan) -> str:
    """Return whom a page is for, as its heading says it."""
    patient = plan.order.patient
    name = patient.name or "Patient: ______________________________"
    return f"{name}, born {PRINTED.day(patient.birth_date) if patient.birth_date else '_______________'}"


# --- The labels ------------------------------------------------------------------------------------------------------


def test_every_label_says_what_its_pouch_holds_and_for_whom(printed: Printed, compared: Counter[str]) -> None:
    plan = printed.plan
    order, n_days = plan.order, len(plan.days)
    pharmacy = ", ".join(filter(None, (order.pharmacy.name, order.pharmacy.phone))) or "Pharmacy ____________________"
    birth_date = PRINTED.day(order.patient.birth_date) if order.patient.birth_date else "____________"
    for day, page, area in printed.labels:
        lines = "\n".join(lines_of(page.within(area)))
        for words in (
            f"{PRINTED.dose(day.dose_mg)} ",
            f"Day {day.day} of {n_days} · {PRINTED.date(day.date)}",
            order.medication.drug,
            order.patient.name or "Patient ____________________",
            f"born {birth_date}",
            describe_units(day.units, PRINTED),
            f"{capitalise(name_strip(plan.strips[day.strip - 1], plan, PRINTED))} · plan {plan.plan_id}",
            pharmacy,
        ):
            assert re.search(as_broken(words), lines)
        compared["labels"] += 1


def as_broken(words: str) -> str:
    """Return a pattern of words on one line or more; the end of a line may stand for a dot between them."""
    return re.escape(words).replace(r"\ ·\ ", r"(?: · |\n)").replace(r"\ ", r"[ \n]")


def test_the_dose_is_the_largest_text_of_its_label(printed: Printed) -> None:
    for day, page, area in printed.labels:
        letters = page.within(area)
        largest = max(letter.size_pt for letter in letters)
        assert flow_of(letter for letter in letters if letter.size_pt == largest) == PRINTED.dose(day.dose_mg)
        assert largest >= (9 if printed.plan.is_draft else 12)  # a draft's label also says that it is one


def test_no_label_without_its_pouch(printed: Printed) -> None:
    for strip, page in zip(printed.plan.strips, printed.label_pages, strict=True):
        filled = [n for n in range(STOCK.columns * STOCK.rows) if page.within(label_area(n, STOCK))]
        assert filled == list(range(len(strip.days)))


def test_every_label_has_its_lot_and_use_by_or_a_line_to_write_each_on(printed: Printed) -> None:
    given = printed.plan.order.dispensing
    use_by = given.beyond_use_date
    for _, page, area in printed.labels:
        last_line = lines_of(page.within(area))[-1]
        assert last_line == " ".join(
            filter(None, ("Lot", given.lot, "Use by", PRINTED.day(use_by) if use_by else None))
        )
        rules = [rule for rule in page.rules if area.holds(rule) and rule.bottom > area.bottom - 5]
        assert len(rules) == (given.lot is None) + (use_by is None)
        assert all(rule.right - rule.left >= 12 for rule in rules)


def test_all_labels_of_a_plan_are_set_in_the_same_sizes(printed: Printed) -> None:
    sizes = {
        tuple(
            next(round(run.letters[0].size_pt, 3) for run in runs_of(page.within(area)) if run.text.startswith(word))
            for word in ("Day ", "born ", "Strip ")
        )
        for _, page, area in printed.labels
    }

    assert len(sizes) == 1


def test_a_phone_number_is_not_broken_over_two_lines() -> None:
    for length in range(20, 44, 2):  # somewhere there, half the number would still fit beside the name
        name = "Pharmacy at the Old Market Square in Example Town"[:length].strip()
        printed = print_plan(plan_of(raw_order({"taper.days": 1, "pharmacy.name": name})))
        phone = str(printed.plan.order.pharmacy.phone)
        for _, page, area in printed.labels:
            assert any(phone in line for line in lines_of(page.within(area)))
        for page in (printed.review, *printed.calendars):
            assert any(phone in run.text for run in runs_of(page.upright))


def test_no_text_of_a_label_is_smaller_than_six_points_but_for_lot_and_use_by(printed: Printed) -> None:
    for _, page, area in printed.labels:
        tracing = area.bottom - 5
        assert min(letter.size_pt for letter in page.within(area) if letter.baseline < tracing) >= 6
        assert min(letter.size_pt for letter in page.within(area)) >= 5.5


def test_every_code_reads_back_as_the_code_of_its_pouch(printed: Printed, compared: Counter[str]) -> None:
    for page, strip in zip(printed.label_pages, printed.plan.strips, strict=True):
        picture = draw_picture(printed.pdf, printed.index_of(page), dpi=300)
        for position, day in enumerate(strip.days):
            codes = read_codes(cut_out(picture, label_area(position, STOCK), dpi=300))
            assert codes == [day.code]
            compared["codes"] += 1


def test_no_code_tells_who_or_what(printed: Printed) -> None:
    plan = printed.plan
    for day in plan.days:
        assert re.fullmatch(rf"SG1-{plan.plan_id.replace('-', '')}-\d{{4}}-\d{{4}}-[0-9A-Z]", day.code)
    assert len({day.code for day in plan.days}) == len(plan.days)


def test_a_smaller_sheet_of_labels_takes_more_pages_and_loses_no_pouch() -> None:
    stock = Stock.model_validate(
        {
            "schema": 1,
            "id": "2 by 5",
            "paper": "plain",
            "fill": "down",
            "sheet_mm": [Decimal(210), Decimal(297)],
            "columns": 2,
            "rows": 5,
            "label_mm": [Decimal(90), Decimal(50)],
            "origin_mm": [Decimal(12), Decimal(24)],
            "pitch_mm": [Decimal(94), Decimal(52)],
        }
    )
    printed = print_plan(plan_of(raw_order({"taper.days": 30})), stock)
    pages = printed.label_pages

    placed = [(page, label_area(n, stock)) for page in pages for n in range(10) if page.within(label_area(n, stock))]
    pictures = [draw_picture(printed.pdf, printed.index_of(page), dpi=300) for page in pages]
    codes = [read_codes(cut_out(pictures[pages.index(page)], area, dpi=300)) for page, area in placed]

    assert len(pages) == 4  # 28 pouches on 10 + 10 + 8, and 2 on one more
    assert codes == [[day.code] for day in printed.plan.days]
    assert [lines_of(page.within(area))[0] for page, area in placed] == [
        PRINTED.dose(day.dose_mg) for day in printed.plan.days
    ]
    assert find_flaws(printed, stock) == []


# --- The patient's pages ---------------------------------------------------------------------------------------------


def test_the_calendar_has_every_day_with_its_date_and_dose(printed: Printed, compared: Counter[str]) -> None:
    for strip, page in zip(printed.plan.strips, printed.calendars, strict=True):
        rows = calendar_rows(page)

        assert rows == [calendar_row_of(day) for day in strip.days]
        compared["rows"] += len(rows)


def test_the_calendar_says_whose_it_is_whom_to_call_and_what_follows(printed: Printed) -> None:
    plan = printed.plan
    pharmacy = plan.order.pharmacy
    called = pharmacy.name or "the pharmacy ______________"
    for strip, page in zip(plan.strips, printed.calendars, strict=True):
        assert f"{name_and_birth(plan)} · {plan.order.medication.drug}" in page.flow
        assert f"Call {called}: {pharmacy.phone or '______________'}" in page.flow
        if strip.number < plan.totals.strips:
            begins = PRINTED.date(plan.strips[strip.number].days[0].date)
            assert f"Strip {strip.number + 1} follows on {begins}." in page.flow
        elif plan.stop is not None:
            last, after = PRINTED.date(strip.days[-1].date), PRINTED.date(plan.stop.date)
            assert f"The last pouch is for {last}. From {after} on there is no pouch." in page.flow
        else:
            end = PRINTED.dose(plan.days[-1].dose_mg)
            assert f"ends with {end} on {PRINTED.date(strip.days[-1].date)}" in page.flow


def test_dates_and_doses_of_the_calendar_are_in_large_print(printed: Printed) -> None:
    for page in printed.calendars:
        runs = [run for run in runs_of(page.upright) if re.fullmatch(CALENDAR_ROW, f"{run.text} 1 1 mg")]
        assert runs
        assert min(run.letters[0].size_pt for run in runs) >= 12


# --- The review page -------------------------------------------------------------------------------------------------


def test_the_review_page_names_everyone_and_what_was_asked(printed: Printed) -> None:
    order, text = printed.plan.order, printed.review.flow
    approval = order.approval
    taper, compounding = order.taper, order.compounding

    for table in (order.patient, order.prescriber, order.pharmacy):
        for value in table.model_dump().values():
            assert (PRINTED.day(value) if isinstance(value, dt.date) else value or "") in text
    assert (
        f"approved by {approval.approved_by} on {PRINTED.day(approval.approved_on)}, reference {approval.reference}"
        if approval
        else "No approval recorded: this is a draft."
    ) in text
    assert f"{order.medication.drug} {describe_taper(printed.plan, PRINTED)}" in text
    assert f"{PRINTED.date(taper.start_date)} to {PRINTED.date(printed.plan.days[-1].date)}" in text
    assert ("day 1 is the start dose" if taper.first_day == "start" else "day 1 is already reduced") in text
    if compounding.increment_mg is not None:
        assert f"in steps of {PRINTED.dose(compounding.increment_mg)}" in text
    else:
        for unit in compounding.unit or ():
            assert PRINTED.number(unit.strength_mg) in text.partition("units of ")[2]
        assert compounding.solution or f"{compounding.most_units} at most in a pouch" in text


def test_every_finding_stands_on_the_review_page_with_its_severity_and_override(printed: Printed) -> None:
    text = printed.review.flow.partition(" Findings ")[2]
    words = {"block": "BLOCK", "warn": "WARNING", "note": "note"}
    expected = ""
    for finding in printed.plan.findings:
        expected += f"{words[finding.severity]} {capitalise(PRINTED.tell(finding.told))}. "
        if finding.override:
            expected += f"Overridden by {finding.override.by}: {finding.override.reason} "

    assert text.startswith(expected or "none ")


def test_an_override_is_printed_with_who_answers_for_it_and_why() -> None:
    text = printed_case("overridden block").review.flow

    assert f"Overridden by {OVERRIDE['by']}: {OVERRIDE['reason']}" in text


def test_the_review_page_says_which_curve_and_how_well_it_is_known(printed: Printed) -> None:
    curve, text = printed.plan.curve, printed.review.flow

    if curve is None:
        assert "None: no published curve relates doses of this medicine to occupancy." in text
        return
    assert f"{curve.id} ({curve.target}, {curve.region or 'region not given'})" in text
    assert f"ED50 {PRINTED.dose(curve.ed50_mg)}" in text
    assert f"Source: {curve.source}" in text
    assert (curve.doi or "") in text
    assert PRINTED.say(f"grade.{curve.grade}") in text
    assert (
        f"studied {PRINTED.number(curve.studied_mg[0])} to {PRINTED.dose(curve.studied_mg[1])}"
        if curve.studied_mg
        else "studied not known"
    ) in text


def test_the_review_page_states_the_limits_of_a_curve(printed: Printed) -> None:
    text = printed.review.flow

    assert len(MODEL_LIMITS) == 2
    if printed.plan.curve is None:
        assert "Without a curve nothing here says how much occupancy a step takes" in text
        return
    assert " ".join(MODEL_LIMITS) in text
    assert "an average" in text or "population average" in text
    assert "Occupancy is not withdrawal" in text


def test_three_people_can_sign_the_review_page(printed: Printed) -> None:
    page = printed.review
    after = page.flow.rpartition(MODEL_LIMITS[-1] if printed.plan.curve else "how it will feel.")[2]
    labels = [run for run in runs_of(page.upright) if run.text in {"Name", "Date", "Signature"}]

    lines = "Name Date Signature"
    assert re.match(rf" Prescriber .*? {lines} Pharmacist .*? {lines} Second check .*? {lines} Plan", after)
    assert len(labels) == 9
    for run in labels:
        right, baseline = run.letters[-1].right, run.letters[0].baseline
        assert any(
            rule.left > right
            and rule.left - right < 15
            and abs(rule.top - baseline) < 3
            and rule.right - rule.left > 30
            for rule in page.rules
        )


def test_the_lines_of_the_chart_lie_where_its_axes_say(printed: Printed, compared: Counter[str]) -> None:
    plan, items = printed.plan, printed.layout[0].items
    if plan.curve is None:
        pytest.skip("without a curve the chart has doses only: see test_review_page.py")
    mg, percent = (axis_scale(items, colour) for colour in (BLUE, ORANGE))
    given, target, linear, dose = (
        next(item for item in items if isinstance(item, Polyline) and item.colour == colour)
        for colour in (ORANGE, (0.98, 0.8, 0.6), GREY, BLUE)
    )
    days = plan.days

    for line, wanted in (
        (given, [day.occupancy for day in days]),
        (target, [day.target_occupancy for day in days]),
        (linear, plan.linear.occupancies),
    ):
        shown = [percent(y) for _, y in line.points]
        expected = [100 * value for value in wanted if value is not None] + ([] if plan.stop is None else [0.0])
        assert shown == pytest.approx(expected, abs=0.3)
        compared["points"] += len(shown)
    shown_mg = [mg(y) for _, y in dose.points]
    expected_mg = [float(day.dose_mg) for day in days] + ([] if plan.stop is None else [0.0])
    assert shown_mg[::2] == shown_mg[1::2] == pytest.approx(expected_mg, abs=0.004 * float(days[0].dose_mg))


def axis_scale(items: Iterable[object], colour: tuple[float, ...]) -> Callable[[float], float]:
    """Return a function from height on the page to the value an axis gives it, from the numbers beside its ticks."""
    ticks = {
        float(item.text): item.box.y + item.box.height / 2
        for item in items
        if isinstance(item, Text) and item.colour == colour and re.fullmatch(r"[\d.]+", item.text)
    }
    lowest, highest = min(ticks), max(ticks)
    assert len(ticks) >= 2
    return lambda y: lowest + (y - ticks[lowest]) / (ticks[highest] - ticks[lowest]) * (highest - lowest)


def test_the_note_on_the_largest_drop_hides_no_line_of_the_chart(printed: Printed) -> None:
    assert list(find_hidden_lines(printed.layout[0])) == []


def test_nor_does_it_when_findings_leave_the_chart_its_smallest_size() -> None:
    """The largest drop is on day 3, where the lines are highest, and as many findings stand below as have room."""
    raw = raw_order({"taper.days": 28, "compounding": units("20", "2", "0.5", "0.1", most=6)})
    fullest = None
    for n_overrides in range(40):
        raw["override"] = [{"finding": f"none_{n}", "reason": "-", "by": "-"} for n in range(n_overrides)]
        try:
            fullest = lay_out_strip_plan(plan_of(raw), IN_ENGLISH, printing(STOCK))[0]
        except TextDoesNotFit:
            break
    else:
        pytest.fail("40 findings still fit; the chart was never small")

    assert fullest is not None
    assert list(find_hidden_lines(fullest)) == []


def find_hidden_lines(page: Page) -> Iterator[str]:
    """Yield where a white ground lies over a line drawn before it."""
    for index, item in enumerate(page.items):
        if isinstance(item, Rectangle) and item.fill == WHITE:
            for line in page.items[:index]:
                if isinstance(line, Polyline) and any(_is_inside(item.box, point) for point in _along(line)):
                    yield f"{item.box} covers the line in {line.colour}"


def _along(line: Polyline) -> Iterator[tuple[float, float]]:
    """Yield points of a line, close together."""
    for (x1, y1), (x2, y2) in pairwise(line.points):
        for step in range(21):
            yield x1 + (x2 - x1) * step / 20, y1 + (y2 - y1) * step / 20


def _is_inside(box: Box, point: tuple[float, float]) -> bool:
    return box.x < point[0] < box.right and box.y < point[1] < box.bottom


# --- Everything is in its place --------------------------------------------------------------------------------------


def find_flaws(
    printed: Printed, stock: Stock = STOCK, strip_stock: Stock = STRIP_STOCK, *, with_marks: bool = True
) -> list[str]:
    """Return what is wrong with the places of texts: outside box or page, over each other, over a code, over a cut.

    Args:
        printed: What to look at.
        stock: Where the labels of its pouches lie.
        strip_stock: Where those of its strips lie.
        with_marks: Whether even the accents of letters must be clear of the line above, and cedillas of the line below.
    """
    flaws: list[str] = []
    for number, (laid_out, page) in enumerate(zip(printed.layout, printed.pages, strict=True), start=1):
        texts = [item for item in laid_out.items if isinstance(item, Text)]
        written = "".join(f"{item.text} " for item in texts)  # the space parts one text from the next when copied
        if "".join(letter.text for letter in page.upright) != written:
            flaws.append(f"page {number} does not read back as it was laid out")
            continue
        letters = iter(page.upright)
        placed = [Placed(item, tuple(islice(letters, len(item.text) + 1))[:-1]) for item in texts]
        flaws += [f"page {number}: {flaw}" for flaw in _find_page_flaws(laid_out, page, placed, with_marks=with_marks)]
        for beginning, labels in (("Pouch labels", stock), ("Strip labels", strip_stock)):
            if laid_out.title.startswith(beginning):
                flaws += [f"page {number}: {flaw}" for flaw in _find_label_flaws(placed, labels)]
    return flaws


def _find_page_flaws(laid_out: Page, page: ReadPage, texts: "list[Placed]", *, with_marks: bool) -> Iterator[str]:
    paper = Area(0, 0, page.width, page.height)
    for text in texts:
        yield from _find_text_flaws(text, paper)
    yield from _find_overlaps(texts, with_marks=with_marks)
    for symbol in (area_of(item.box) for item in laid_out.items if isinstance(item, Symbol)):
        if not paper.holds(symbol):
            yield "a code leaves the page"
        for text in texts:
            if text.ink.overlaps(symbol, TOUCHING_MM):
                yield f"{text.item.text!r} lies over a code"


def _find_text_flaws(text: "Placed", paper: Area) -> Iterator[str]:
    item, first, last = text.item, text.letters[0], text.letters[-1]
    box = area_of(item.box)
    if width_mm(item.text, item.font, item.size_pt) > item.box.width + FLOAT_NOISE_MM:
        yield f"{item.text!r} is wider than its box"
    if not paper.holds(box):
        yield f"{item.text!r} has a box that leaves the page"
    if not box.holds(Area(first.left, first.baseline, last.right, first.baseline), FLOAT_NOISE_MM):
        yield f"{item.text!r} is drawn outside its box"
    for letter in item.text:
        if unicodedata.category(letter).startswith("M") or is_empty_box(first.font, letter):
            yield f"{item.text!r} has {letter!r}, which cannot be printed"


def _find_overlaps(texts: "list[Placed]", *, with_marks: bool) -> Iterator[str]:
    """Yield pairs of texts whose ink meets: first by the extents of whole lines, then letter by letter."""
    texts = sorted(texts, key=lambda text: text.ink.top)
    for index, text in enumerate(texts):
        for other in texts[index + 1 :]:
            if other.ink.top >= text.ink.bottom:
                break
            if text.ink.overlaps(other.ink, TOUCHING_MM) and _letters_overlap(text, other, with_marks=with_marks):
                yield f"{text.item.text!r} and {other.item.text!r} lie over each other"


def _letters_overlap(text: "Placed", other: "Placed", *, with_marks: bool) -> bool:
    ones, others = (
        [letter.ink if with_marks else letter.ink_without_marks for letter in placed.letters]
        for placed in (text, other)
    )
    return any(one.overlaps(two, TOUCHING_MM) for one in ones for two in others)


def _find_label_flaws(texts: "list[Placed]", stock: Stock) -> Iterator[str]:
    labels = [label_area(position, stock) for position in range(stock.columns * stock.rows)]
    for text in texts:
        touched = [label for label in labels if label.overlaps(text.ink)]
        if touched and not touched[0].holds(text.ink):
            yield f"{text.item.text!r} crosses the edge of a label"


class Placed:
    """A text as laid out, its letters as read back, and where their ink is."""

    def __init__(self, item: Text, letters: tuple[Letter, ...]) -> None:
        inks = [letter.ink for letter in letters]
        self.item = item
        self.letters = letters
        self.ink = Area(
            min(ink.left for ink in inks),
            min(ink.top for ink in inks),
            max(ink.right for ink in inks),
            max(ink.bottom for ink in inks),
        )


def area_of(box: Box) -> Area:
    return Area(box.x, box.y, box.right, box.bottom)


def test_every_text_is_complete_in_its_box_and_clear_of_every_other(printed: Printed, compared: Counter[str]) -> None:
    assert find_flaws(printed) == []
    compared["texts"] += sum(isinstance(item, Text) for page in printed.layout for item in page.items)
    compared["letters"] += sum(len(page.letters) for page in printed.pages)


def test_no_rule_runs_through_a_text(printed: Printed) -> None:
    for page in printed.pages:
        inks = [(letter, letter.ink) for letter in page.upright if letter.text not in " _"]
        for rule in page.rules:
            assert flow_of(letter for letter, ink in inks if _is_struck(ink, rule)) == ""


def _is_struck(ink: Area, rule: Area) -> bool:
    """Return whether a line has ink on both sides of it."""
    if rule.right - rule.left > rule.bottom - rule.top:
        across = min(ink.right, rule.right) - max(ink.left, rule.left)
        return across > TOUCHING_MM and ink.top + TOUCHING_MM < rule.top < ink.bottom - TOUCHING_MM
    down = min(ink.bottom, rule.bottom) - max(ink.top, rule.top)
    return down > TOUCHING_MM and ink.left + TOUCHING_MM < rule.left < ink.right - TOUCHING_MM


# --- Words of the order, however long and odd ------------------------------------------------------------------------

LATIN = st.characters(min_codepoint=0x41, max_codepoint=0x24F, categories=("Lu", "Ll"))
VIETNAMESE = st.sampled_from("ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵĂÂĐÊÔƠƯẮẶẬỆỘỢỰ")
GREEK = st.characters(min_codepoint=0x386, max_codepoint=0x3CE, categories=("Lu", "Ll"))
CYRILLIC = st.characters(min_codepoint=0x400, max_codepoint=0x45F, categories=("Lu", "Ll"))
SIGNS = st.sampled_from("-'’.,()/&0123456789")
ANYTHING = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
WORDS = st.one_of(*(st.text(script, min_size=1, max_size=14) for script in (LATIN, VIETNAMESE, GREEK, CYRILLIC, SIGNS)))
STRENGTHS_MG = ("0.037", "0.125", "0.5", "1.7", "2.5", "7.5", "12.5", "37.5")


def texts(longest: int) -> st.SearchStrategy[str]:
    """Return a strategy of texts an order accepts: usual ones, very long ones, and ones with any character at all."""
    usual = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
    long = st.lists(WORDS, min_size=4, max_size=longest // 4).map(" ".join)
    odd = st.tuples(WORDS, st.text(ANYTHING, min_size=1, max_size=2), WORDS).map("".join)
    unbroken = st.text(LATIN, min_size=longest // 4, max_size=longest)
    chosen = st.one_of(usual, usual, usual, usual, long, odd, unbroken)
    return chosen.map(lambda text: unicodedata.normalize("NFC", text)[:longest].strip()).filter(bool)


COMPOUNDINGS = st.builds(
    lambda strengths, most: units(*strengths, most=most),
    st.lists(st.sampled_from(STRENGTHS_MG), min_size=1, max_size=8, unique=True),
    st.integers(1, 12),
)
ODD_CHANGES = st.fixed_dictionaries(
    {"taper.days": st.integers(1, 4)},
    optional={
        "patient.name": texts(120),
        "patient.identifier": texts(120),
        "prescriber.name": texts(120),
        "prescriber.identifier": texts(120),
        "approval.approved_by": texts(120),
        "approval.reference": texts(120),
        "pharmacy.name": texts(120),
        "pharmacy.address": texts(240),
        "pharmacy.phone": texts(120),
        "dispensing.lot": texts(120),
        "medication.drug": texts(120),
        "medication.custom_curve.source": texts(240),
        "compounding": COMPOUNDINGS,
    },
)
ON_EVERY_PAGE = ("medication.drug", "patient.name")
ON_EVERY_LABEL = ("medication.drug", "patient.name", "pharmacy.name", "pharmacy.phone", "dispensing.lot")
ON_EVERY_CALENDAR = ("pharmacy.name", "pharmacy.phone")


def odd_order(changes: Mapping[str, Any]) -> RawOrder:
    raw = raw_order({"medication": own_curve("90", "3"), **changes})
    made = raw["compounding"].get("unit")
    if made:
        most = raw["compounding"]["max_units_per_pouch"]
        strengths = sorted((unit["strength_mg"] for unit in made), reverse=True)
        raw["taper"]["start_dose_mg"] = sum((strengths * most)[:most], Decimal(0))
    return raw


def print_or_refuse(plan: Plan) -> Printed | None:
    """Return the plan printed, or None where a field of the order is named as the reason it is not."""
    try:
        printed = print_plan(plan)
    except (TextDoesNotFit, TextNotPrintable) as error:
        named = {re.split(r"[.\[]", problem.where)[0] for problem in error.problems}
        if not named or named - TABLES:
            pytest.fail(f"not fields of an order: {error}")
        event(f"refused: {type(error).__name__}")
        return None
    event("printed")
    return printed


def is_complete_or_refused(changes: Mapping[str, Any]) -> None:
    plan = plan_of(odd_order(changes))
    printed = print_or_refuse(plan)
    if printed is None:
        return
    assert find_flaws(printed, with_marks=False) == []
    for field, value in changes.items():
        if isinstance(value, str):
            assert field == "dispensing.lot" or is_said(value, printed.review.upright)
            assert field not in ON_EVERY_PAGE or all(is_said(value, page.upright) for page in printed.pages)
            assert field not in ON_EVERY_CALENDAR or all(is_said(value, page.upright) for page in printed.calendars)
            for _, page, area in printed.labels:
                assert field not in ON_EVERY_LABEL or is_said(value, page.within(area))


def is_said(text: str, letters: Iterable[Letter]) -> bool:
    """Return whether a text stands among letters, on one line or on several that end at a space or a hyphen."""
    return plain_spaces(text).replace("- ", "-") in flow_of(letters).replace("- ", "-")


@given(ODD_CHANGES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_of_an_order_is_printed_whole_or_refused_by_its_field(changes: dict[str, Any]) -> None:
    is_complete_or_refused(changes)


@pytest.mark.slow
@given(ODD_CHANGES)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_of_a_thousand_orders_is_printed_whole_or_refused_by_its_field(changes: dict[str, Any]) -> None:
    is_complete_or_refused(changes)


def is_flawless_or_names_a_field(raw: RawOrder) -> None:
    printed = print_or_refuse(plan_of(raw))
    if printed is None:
        return
    assert find_flaws(printed, with_marks=False) == []
    assert [row[1] for page in printed.schedules for row in schedule_rows(page)] == [
        str(day.day) for day in printed.plan.days
    ]


@given(raw_orders().filter(lambda raw: raw["taper"]["days"] <= 60))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_any_plan_is_printed_without_a_flaw_or_refused_by_a_field(raw: RawOrder) -> None:
    is_flawless_or_names_a_field(raw)


@pytest.mark.slow
@given(raw_orders())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_plan_of_a_hundred_is_printed_without_a_flaw_or_refused_by_a_field(raw: RawOrder) -> None:
    is_flawless_or_names_a_field(raw)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("patient.name", "W" * 120),
        ("pharmacy.address", "W" * 240),
        ("pharmacy.name", " ".join(["WWWWWWWWW"] * 12)),
        ("dispensing.lot", "W" * 60),
        ("approval.reference", "W" * 120),
        ("medication.custom_curve.source", "W" * 240),
    ],
)
def test_a_text_that_does_not_fit_is_refused_by_its_own_field(field: str, text: str) -> None:
    with pytest.raises(TextDoesNotFit) as caught:
        print_plan(plan_of(odd_order({field: text})))

    table = field.partition(".")[0]
    assert {field, table} & {problem.where for problem in caught.value.problems}


def test_a_composition_that_does_not_fit_names_what_is_compounded() -> None:
    raw = raw_order(
        {
            "compounding": units("0.001", "0.005", "0.01", "0.05", "0.25", "1", "5", "12.5", "75", "150", most=30),
            "taper.start_dose_mg": Decimal("1312.387"),
            "medication": own_curve("90", "80"),
        }
    )
    with pytest.raises(TextDoesNotFit) as caught:
        render_pouch_labels(plan_of(raw), IN_ENGLISH, printing(load_stock("avery-5160")))

    assert {problem.where for problem in caught.value.problems} == {"compounding"}


# --- Letters and fonts -----------------------------------------------------------------------------------------------

NAMES = [
    "Zoë Müller-Łukasiewicz",
    "Nguyễn Thị Ánh",
    "NGUYỄN THỊ ÁNH",
    "Αλέξανδρος Παπαδόπουλος",
    "Екатерина Щербакова-Їжак",
    "Þórdís Ægisdóttir Øst-Šafařík",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_latin_vietnamese_greek_or_cyrillic_reads_back_the_same(name: str, form: str) -> None:
    typed = unicodedata.normalize(form, name)  # type: ignore[arg-type] # a parameter is a str
    printed = print_plan(plan_of(raw_order({"patient.name": typed, "taper.days": 3})))

    assert all(name in page.flow for page in printed.pages)
    assert all(name in lines_of(page.within(area)) for _, page, area in printed.labels)
    assert find_flaws(printed) == []


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("Yamada 日本", "日"),
        ("สมชาย", "ส"),
        ("अनिता", "अ"),
        ("مُحمد", "\N{ARABIC DAMMA}"),
        ("שָרה", "\N{HEBREW POINT QAMATS}"),
        ("Anna 🙂", "🙂"),
        ("Ana Q\N{COMBINING TILDE}uin", "\N{COMBINING TILDE}"),
    ],
)
@pytest.mark.parametrize(
    "field", ["patient.name", "pharmacy.address", "dispensing.lot", "medication.custom_curve.source"]
)
def test_a_text_the_font_cannot_print_is_refused_by_character_and_field(field: str, text: str, character: str) -> None:
    plan = plan_of(odd_order({field: text}))

    with pytest.raises(TextNotPrintable) as caught:
        render_strip_plan(plan, IN_ENGLISH, printing(STOCK))

    assert {problem.where for problem in caught.value.problems} == {field}
    # of a patient's name only the place is told, never a letter
    told = f"at place {text.index(character) + 1}," if field == "patient.name" else f"U+{ord(character):04X}"
    assert any(told in problem.what for problem in caught.value.problems), caught.value.problems


def test_a_refused_text_of_a_list_is_named_with_its_number() -> None:
    overrides = [OVERRIDE, {"finding": "steep_stop", "reason": "日", "by": "Dr Example"}]

    with pytest.raises(TextNotPrintable, match=r"^override\[2\]\.reason: .*U\+65E5"):
        render_strip_plan(plan_of(raw_order({"override": overrides})), IN_ENGLISH, printing(STOCK))


@pytest.mark.parametrize("drug", ["\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}tan", "ŉdrug", "ǰdrug", "ɡdrug"])
def test_a_drug_that_grows_when_capitalised_is_still_printed_right(drug: str) -> None:
    raw = raw_order({"medication": {**own_curve("90", "3"), "drug": drug}, "taper.days": 2})

    printed = print_plan(plan_of(raw))

    assert find_flaws(printed) == []
    assert all(drug in page.flow for page in printed.pages)


@pytest.mark.parametrize("curve_id", sorted(FORMULARY.curves))
def test_every_curve_of_the_formulary_can_be_printed(curve_id: str) -> None:
    curve = FORMULARY.curves[curve_id]
    raw = raw_order({"medication": {"drug": curve.drug, "curve": curve_id}, "taper.days": 3})
    printed = print_plan(plan_of(raw))

    assert find_flaws(printed) == []
    for text in (curve.id, curve.source, curve.note or ""):
        assert plain_spaces(text) in printed.review.flow


def test_every_letter_is_drawn_in_an_embedded_part_of_fira_sans(printed: Printed) -> None:
    for page, fonts in zip(printed.pages, read_facts(printed.pdf).fonts, strict=True):
        names = {name for name, _, _ in fonts.values()}
        assert {letter.font_name for letter in page.letters} <= names
        assert all(re.fullmatch(r"[A-Z]{6}\+FiraSans-(Regular|SemiBold|Bold)", name) for name in names)
        assert all(embedded and reads_back for _, embedded, reads_back in fonts.values())


# --- What the file says of itself ------------------------------------------------------------------------------------


def test_the_file_names_its_plan_and_nobody(printed: Printed) -> None:
    plan = printed.plan
    facts = read_facts(printed.pdf)
    said = " ".join(facts.information.values())

    assert plan.plan_id in facts.information["Title"]
    assert plan.plan_id in facts.information["Subject"]
    assert plan.plan_id in facts.information["Keywords"]
    assert facts.language == "en"
    assert facts.shows_title
    assert {facts.information[key][:10] for key in ("CreationDate", "ModDate")} == {f"D:{plan.issued_on:%Y%m%d}"}
    assert not facts.attachments
    for private in filter(None, plan.order.patient.model_dump().values()):
        assert str(private) not in said


@pytest.mark.parametrize("case", ["citalopram", "draft", "venlafaxine"])
def test_the_same_plan_is_the_same_bytes_whatever_was_printed_before(case: str) -> None:
    before = printed_case(case).pdf
    print_plan(plan_of(raw_order({"patient.name": NAMES[3], "taper.days": 1})))

    assert render_strip_plan(plan_of(raw_of(case)), IN_ENGLISH, printing(STOCK)) == before


def test_another_process_prints_the_same_bytes() -> None:
    script = (
        "import hashlib, sys; sys.path.insert(0, 'tests')\n"
        "from test_strip_plan import *\n"
        "pdf = render_strip_plan(plan_of(raw_of('citalopram')), IN_ENGLISH, printing(STOCK))\n"
        "print(hashlib.sha256(pdf).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[1],
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == hashlib.sha256(printed_case("citalopram").pdf).hexdigest()


def test_the_date_of_issue_is_printed_and_changes_no_dose() -> None:
    later = print_plan(plan_of(raw_of("29 days"), ISSUED_ON + dt.timedelta(days=1)))
    first = printed_case("29 days")

    assert "issued 26 Nov 2026" in later.review.flow
    assert [lines_of(page.within(area)) for _, page, area in later.labels] == [
        lines_of(page.within(area)) for _, page, area in first.labels
    ]


# --- Drafts ----------------------------------------------------------------------------------------------------------


def test_every_page_of_a_draft_says_so_in_its_heading(draft: Printed) -> None:
    for page in draft.pages:
        assert DRAFT in flow_of(page.within(Area(0, 0, page.width, 16)))


def test_every_label_of_a_draft_says_so(draft: Printed) -> None:
    for _, page, area in draft.labels:
        assert lines_of(page.within(area))[0] == DRAFT


def test_a_pale_mark_lies_across_every_page_of_a_draft_and_under_its_text(draft: Printed) -> None:
    for page in draft.pages:
        assert "".join(letter.text for letter in page.mark) == DRAFT
        assert page.letters[: len(page.mark)] == tuple(page.mark)  # drawn first, so every other text lies on it
        assert min(grey for letter in page.mark for grey in letter.colour) >= 0.85


def test_the_mark_of_a_draft_can_be_read_on_every_page(draft: Printed) -> None:
    """Nothing that is filled may hide it: a copy of any single page must show that it is a draft."""
    mark = next(item for item in draft.layout[0].items if isinstance(item, Mark))
    alone = draw_pages([Page("", 210, 297, (mark,))], Metadata("", "", "", "en", ISSUED_ON))
    inked = [grey < 240 for grey in draw_picture(alone, 0, dpi=60).tobytes()]
    hidden = []
    for number, page in enumerate(draft.layout, start=1):
        greys = draw_picture(draft.pdf, number - 1, dpi=60).tobytes()
        shown = sum(grey < 240 for grey, is_mark in zip(greys, inked, strict=True) if is_mark) / sum(inked)
        if shown < 0.9:
            hidden.append(f"page {number}, {page.title}: {shown:.0%} of the mark can be seen")

    assert not hidden, "\n".join(hidden)


def test_an_approved_plan_says_draft_nowhere(printed: Printed) -> None:
    if printed.plan.is_draft:
        assert all("draft" in page.flow.lower() for page in printed.pages)
    else:
        assert not any("draft" in page.flow.lower() or page.mark for page in printed.pages)
        assert "draft" not in " ".join(read_facts(printed.pdf).information.values()).lower()


# --- How doses and dates are written ---------------------------------------------------------------------------------

ERROR_PRONE = {
    "a trailing zero": r"\d\.\d*0 ?mg",
    "a naked decimal point": r"(?<![\d.])\.\d",
    "no space before the unit": r"\d(mg|mcg|ml)\b",
    "µg": r"[µμu]g\b",
    "a date in figures": r"\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b",
    "thousands run together": r"(?<![\d.,])\d{4,}(\.\d+)? mg",
    "one in the plural": r"(?<![\d.,])1 (days|pouches|strips|units|weeks)\b",
}


@pytest.mark.parametrize("what", ERROR_PRONE)
def test_nothing_is_written_in_an_error_prone_way(what: str, printed: Printed) -> None:
    for number, page in enumerate(printed.pages, start=1):
        found = re.search(rf".{{0,30}}(?:{ERROR_PRONE[what]}).{{0,20}}", page.flow)
        assert found is None, f"page {number}: {found[0]!r} has {what}"


# --- Slow: the longest plans -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("n_days", [1120, 1826])
def test_the_longest_tapers_lose_no_pouch(n_days: int, compared: Counter[str]) -> None:
    printed = print_plan(plan_of(raw_order({"taper.days": n_days})))

    assert [int(row[1]) for page in printed.schedules for row in schedule_rows(page)] == list(range(1, n_days + 1))
    assert find_flaws(printed) == []
    for page, strip in zip(printed.label_pages, printed.plan.strips, strict=True):
        picture = draw_picture(printed.pdf, printed.index_of(page), dpi=300)
        for position, day in enumerate(strip.days):
            assert read_codes(cut_out(picture, label_area(position, STOCK), dpi=300)) == [day.code]
            compared["codes"] += 1


@pytest.mark.slow
@pytest.mark.parametrize("case", EXAMPLES)
def test_codes_survive_an_office_printer_at_half_the_resolution(case: str) -> None:
    printed = printed_case(case)
    for page, strip in zip(printed.label_pages, printed.plan.strips, strict=True):
        picture = draw_picture(printed.pdf, printed.index_of(page), dpi=150)
        for position, day in enumerate(strip.days):
            label = cut_out(picture, label_area(position, STOCK), dpi=150).rotate(90, expand=True)
            assert read_codes(label) == [day.code]
