"""The prescriber's pages: the review, what an amendment changes, and the alternatives side by side.

What is expected comes from the plan by `rendering.words`; what stands there is read back from the PDF by `reading`.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any

import pytest
from orders import ABSENT, FORMULARY, IN_ENGLISH, ISSUED_ON, PRINTED, own_curve, plan_of, printing, raw_order, units
from reading import ReadPage, lines_of, read_pages, runs_of, title_of
from test_strip_plan import (
    EXAMPLES,
    FLOAT_NOISE_MM,
    NAMES,
    OVERRIDE,
    STOCK,
    Printed,
    axis_scale,
    find_flaws,
    print_plan,
    printed_case,
)

from stripgen.domain.amendment import Change
from stripgen.domain.plan import Plan, Quality, count_units, name_drop_day
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.descriptions import (
    describe_amendment,
    describe_limits,
    describe_phases,
    describe_prediction,
    describe_sensitivity,
    describe_strategy,
)
from stripgen.rendering.strip_plan.document import render_strip_plan
from stripgen.rendering.strip_plan.page import BAND, BLUE, ORANGE, RED, Circle, Item, Line, Polyline, Text
from stripgen.rendering.words import capitalise

MODEL_GREEN = (0.0, 0.45, 0.35)
NO_CURVE = {"medication.drug": "exampletine", "taper.strategy": "linear"}
HOLDS = [
    {"kind": "reduce", "to_mg": 10, "days": 20},
    {"kind": "hold", "days": 6},
    {"kind": "reduce", "to_mg": 4, "days": 20},
    {"kind": "hold", "days": 1},
    {"kind": "reduce", "to_mg": 0, "days": 30},
]
ODD: dict[str, Mapping[str, Any]] = {
    "1 day": {"taper.days": 1},
    "2 days": {"taper.days": 2},
    "1,096 days": {"taper.days": 1096},
    "all limits": {
        "taper.max_different_doses": 24,
        "taper.min_days_per_dose": 2,
        "taper.max_drop_points": Decimal(4),
        "taper.first_day": "reduced",
    },
    "five phases": {"taper.end_dose_mg": ABSENT, "taper.days": ABSENT, "taper.phase": HOLDS},
    "ends above 0": {"taper.end_dose_mg": 5, "taper.days": 40},
    "linear, with a curve": {"taper.strategy": "linear"},
    "no curve": {**NO_CURVE, "taper.days": 100},
    "no curve, large doses": {**NO_CURVE, "taper.days": 300, "taper.start_dose_mg": 1234},
    "no curve, ends above 0": {**NO_CURVE, "taper.days": 30, "taper.end_dose_mg": 5},
    "draft": {"approval": ABSENT, "taper.days": 60},
    "overridden": {"taper.start_dose_mg": 60, "taper.days": 28, "override": [OVERRIDE]},
    "every restriction of units": {
        "taper.days": 28,
        "compounding": {
            "unit": [
                {"strength_mg": Decimal(10), "form": "tablet", "divisible_into": 2},
                {"strength_mg": Decimal(2), "form": "tablet", "divisible_into": 4, "max_per_pouch": 3},
                {"strength_mg": Decimal(5), "form": "capsule", "modified_release": True},
            ]
        },
    },
    "own curve": {"medication": own_curve("90", "3"), "taper.days": 50},
    "many strengths": {"taper.days": 28, "compounding": units("20", "5", "2.5", "1", "0.5", "0.1", most=6)},
    "long names": {
        "taper.days": 28,
        "patient.name": NAMES[0] + " " + NAMES[3],
        "pharmacy.address": "Pharmacy at the Old Market Square, second floor, 12345 Example Town upon Example River",
        "approval.reference": "RX-2026-0117-AMENDED-AND-COUNTERSIGNED",
    },
}
REASON = "Insomnia since the third strip; the family asks to go on more slowly from a dose at which all was well"
AMENDED: dict[str, list[tuple[int, Change, str]]] = {
    "hold": [(60, "hold", "14")],
    "back": [(60, "back", "40")],
    "stretch from day 2": [(2, "stretch", "150")],
    "faster": [(100, "faster", "104")],
    "stops at 5 mg": [(20, "stop_at", "5")],
    "hold after the last day": [(113, "hold", "7")],
    "back, then stretch": [(60, "back", "40"), (90, "stretch", "180")],
    "hold, then back into it": [(60, "hold", "14"), (70, "back", "30")],
}


@cache
def amended_plan(case: str) -> Plan:
    plan = plan_of(raw_order())
    for from_day, change, amount in AMENDED[case]:
        plan = plan_taper(amend(plan, Request(from_day, change, Decimal(amount), REASON)), FORMULARY, ISSUED_ON)
    return plan


@cache
def printed_page(case: str) -> Printed:
    if case in EXAMPLES:
        return printed_case(case)
    return print_plan(amended_plan(case) if case in AMENDED else plan_of(raw_order(ODD[case])))


@pytest.fixture(params=[*EXAMPLES, *ODD, *AMENDED])
def printed(request: pytest.FixtureRequest) -> Printed:
    return printed_page(request.param)


@pytest.fixture(params=AMENDED)
def amended(request: pytest.FixtureRequest) -> Printed:
    return printed_page(request.param)


# --- The order of the pages ------------------------------------------------------------------------------------------


def test_the_review_is_the_first_page_and_one_page(printed: Printed) -> None:
    titles = [title_of(page) for page in printed.pages]

    assert titles[0] == "Strip plan for review"
    assert titles.count("Strip plan for review") == 1
    assert "Second check" in printed.review.flow  # down to where it is signed


def test_the_alternatives_stand_before_what_is_made(printed: Printed) -> None:
    titles = [title_of(page) for page in printed.pages]
    version = f"Version {printed.plan.version} of this plan"
    before = [
        title
        for title, _ in groupby(titles)
        if not title.startswith(("Schedule", "Pouch", "Strip labels", "My calendar"))
    ]

    assert [title for title in before if not title.endswith(", continued")] == [
        "Strip plan for review",
        *([version] if printed.plan.version > 1 else []),
        "Alternatives compared",
    ]


def test_no_text_of_these_pages_lies_over_another(printed: Printed) -> None:
    assert find_flaws(printed) == []


def test_no_text_of_these_pages_is_smaller_than_six_points(printed: Printed) -> None:
    for page in printed.pages[:2]:
        assert min(letter.size_pt for letter in page.upright) >= 6 - FLOAT_NOISE_MM


# --- What was asked --------------------------------------------------------------------------------------------------


def test_the_review_says_phases_strategy_and_limits(printed: Printed) -> None:
    taper, text = printed.plan.order.taper, printed.review.flow

    assert describe_strategy(taper, PRINTED) in text
    assert describe_limits(taper, PRINTED) in text
    if taper.phase:
        assert describe_phases(taper, PRINTED) in text


def test_the_review_says_what_each_unit_allows() -> None:
    text = printed_page("every restriction of units").review.flow

    assert (
        "units of 10 mg (may be halved), 5 mg (modified release, always whole), "
        "2 mg (may be halved or quartered, at most 3); 6 at most in a pouch"
    ) in text


def test_the_review_says_how_a_solution_is_measured() -> None:
    printed = printed_page("solution")
    solution = printed.plan.order.compounding.solution

    assert solution is not None
    assert (
        f"a solution of {PRINTED.number(solution.mg_per_ml)} mg/mL, measured in steps of "
        f"{PRINTED.number(solution.syringe_step_ml)} mL ({PRINTED.dose(solution.step_mg)})"
    ) in printed.review.flow


# --- The figures -----------------------------------------------------------------------------------------------------


def expected_rows(plan: Plan) -> list[tuple[str, Quality, tuple[Decimal, ...], int, int, Decimal]]:
    """Return name, quality, doses, different doses, units and mg: the plan's, then of all that differ from it.

    Different doses, units and mg are of the days from the amendment on, where the plan is an amended one.
    """
    doses_mg = tuple(day.dose_mg for day in plan.days)
    planned = plan.days[plan.order.amendment.from_day - 1 :] if plan.order.amendment else plan.days
    n_units = sum(count_units(day.units) for day in planned)
    n_doses, total_mg = len({day.dose_mg for day in planned}), sum((day.dose_mg for day in planned), Decimal(0))
    rows = [("This plan", plan.quality, doses_mg, n_doses, n_units, total_mg)]
    rows += [
        (
            capitalise(PRINTED.say(f"alternative.{other.strategy}")),
            other.quality,
            other.doses_mg,
            other.different_doses,
            other.n_units,
            other.total_mg,
        )
        for other in plan.alternatives
        if other.doses_mg != doses_mg
    ]
    return rows


def drops(quality: Quality, doses_mg: tuple[Decimal, ...], plan: Plan) -> tuple[str, str, str, str]:
    """Return the largest drop, when, the drop at the stop, and the rounding error, as printed."""
    when = PRINTED.tell(name_drop_day(quality.max_drop_day, len(plan.days)))
    if plan.curve is None:
        stop = PRINTED.dose(doses_mg[-1]) if plan.stop else "none"
        error = PRINTED.dose(Decimal(f"{quality.rms_error_mg:.2f}"))
        return PRINTED.dose(quality.max_drop_mg), when, stop, error
    assert quality.max_drop_points is not None
    assert quality.rms_error_points is not None
    stop = "none" if quality.stop_drop_points is None else PRINTED.points(quality.stop_drop_points)
    return PRINTED.points(quality.max_drop_points), when, stop, PRINTED.points(quality.rms_error_points)


def test_the_review_has_a_row_of_figures_for_the_plan_and_each_alternative(
    printed: Printed, compared: Counter[str]
) -> None:
    plan, lines = printed.plan, lines_of(left_of_the_curve(printed))
    for name, quality, doses_mg, n_doses, n_units, total_mg in expected_rows(plan):
        largest, when, stop, error = drops(quality, doses_mg, plan)
        figures = f"{largest} {when} {stop} {error} {n_doses:,} {n_units:,} {PRINTED.number(total_mg)}"
        assert f"{name} {figures}" in lines
        compared["rows"] += 1


def test_the_table_of_figures_says_from_which_day_on_they_are(printed: Printed) -> None:
    amendment, text = printed.plan.order.amendment, printed.review.flow
    texts = [run.text for run in runs_of(left_of_the_curve(printed))]

    assert texts.count(f"From day {amendment.from_day} on" if amendment else "Key figures") == 1
    assert ("Key figures" in text) == (amendment is None)
    assert sum(bool(re.fullmatch(r"From day \d+ on", run)) for run in texts) == (amendment is not None)


def left_of_the_curve(printed: Printed) -> list[Any]:
    """Return the letters of the review page without the box on the curve, which stands beside the figures."""
    page = printed.review
    begin = next(run.letters[0].left for run in runs_of(page.upright) if run.text == "Curve")
    return [letter for letter in page.upright if letter.left < begin - 1]


def test_the_comparison_has_every_figure_of_every_alternative(printed: Printed, compared: Counter[str]) -> None:
    plan = printed.plan
    (page,) = printed.pages_titled("Alternatives compared")
    for name, quality, doses_mg, n_doses, n_units, total_mg in expected_rows(plan):
        largest, when, stop, error = drops(quality, doses_mg, plan)
        days = f"{len(doses_mg) / len(list(groupby(doses_mg))):.1f}".removesuffix(".0")
        last = PRINTED.number(doses_mg[-1])
        row = f"{largest} {when} {stop} {error} {days} {last} {n_doses:,} {n_units:,} {PRINTED.number(total_mg)}"
        assert f"{name} {row}" in page.lines
        unit = " points" if plan.curve else ""
        assert f"{name}: {largest}{unit} {when}" in page.flow
        compared["rows"] += 1


def test_an_alternative_without_a_row_is_named_as_the_same(printed: Printed) -> None:
    plan = printed.plan
    doses_mg = tuple(day.dose_mg for day in plan.days)
    same = [other.strategy for other in plan.alternatives if other.doses_mg == doses_mg]
    names = ", ".join(PRINTED.say(f"alternative.{strategy}") for strategy in same if strategy != plan.strategy)

    for page in (printed.review, *printed.pages_titled("Alternatives compared")):
        assert (f"The same doses as this plan: {names}." in page.flow) == bool(names)


def test_the_row_of_this_plan_is_the_bold_one(printed: Printed) -> None:
    bold = [run.text for run in runs_of(left_of_the_curve(printed)) if run.letters[0].font == "FiraSans-Bold"]

    assert "This plan" in bold
    assert not {capitalise(words) for words in PRINTED.wording.phrases["alternative"].values()} & set(bold)


def test_the_figures_of_a_column_end_under_each_other(printed: Printed) -> None:
    rows = expected_rows(printed.plan)
    edges: dict[int, set[float]] = {}
    for name, *_ in rows:
        runs = list(runs_of(left_of_the_curve(printed)))
        begin = next(n for n, run in enumerate(runs) if run.text == name)
        column = runs[begin].letters[0].left
        edges.setdefault(0, set()).add(round(column, 2))
    totals = [PRINTED.number(row[-1]) for row in rows]
    rights = [
        run.letters[-1].right
        for run in runs_of(left_of_the_curve(printed))
        if run.text in totals and run.letters[0].left > 100
    ]

    assert len(edges[0]) == 1
    assert max(rights) - min(rights) < 10 * FLOAT_NOISE_MM


def test_the_review_says_what_models_say_and_that_they_are_models(printed: Printed) -> None:
    plan, text = printed.plan, printed.review.flow
    if plan.prediction:
        words = describe_prediction(plan.prediction, PRINTED, stops=plan.stop is not None)
        assert words.startswith("Model")
        assert words in text
    assert ("The half-life is not known" in text) == (plan.curve is not None and plan.prediction is None)
    if plan.sensitivity:
        assert describe_sensitivity(plan.sensitivity, len(plan.days), PRINTED) in text
    assert ("no published curve" in text) == (plan.curve is None)


def test_the_review_says_how_many_pouches_and_strips_are_made(printed: Printed) -> None:
    totals = printed.plan.totals

    assert re.search(rf"To make: {totals.pouches:,} pouch(es)? in {totals.strips:,} strips?\b", printed.review.flow)


# --- The charts ------------------------------------------------------------------------------------------------------


def review_items(printed: Printed) -> tuple[Item, ...]:
    return printed.layout[0].items


def line_in(items: tuple[Item, ...], colour: tuple[float, float, float]) -> Polyline | None:
    return next((item for item in items if isinstance(item, Polyline) and item.colour == colour), None)


def test_the_band_reaches_from_the_lowest_to_the_highest_that_any_curve_says(printed: Printed) -> None:
    sensitivity, items = printed.plan.sensitivity, review_items(printed)
    band = line_in(items, BAND)
    if sensitivity is None:
        assert band is None
        return
    assert band is not None
    assert band.fill == BAND
    percent = axis_scale(items, ORANGE)
    shown = [percent(y) for _, y in band.points]
    wanted = [100 * level for level in (*sensitivity.highest, *reversed(sensitivity.lowest))]
    assert shown == pytest.approx(wanted, abs=0.3)


def test_the_model_goes_on_after_the_last_pouch_as_far_as_the_axis(printed: Printed) -> None:
    plan, items = printed.plan, review_items(printed)
    model = line_in(items, MODEL_GREEN)
    if plan.prediction is None:
        assert model is None
        return
    assert model is not None
    percent = axis_scale(items, ORANGE)
    predicted = [100 * level for level in (*plan.prediction.occupancies, *plan.prediction.after)]
    n_shown = len(model.points)
    assert [percent(y) for _, y in model.points] == pytest.approx(predicted[:n_shown], abs=0.3)
    more = n_shown - len(plan.days)
    assert min(1, len(plan.prediction.after)) <= more <= 1 + 0.1 * len(plan.days)
    right = max(item.x1 for item in items if isinstance(item, Line) and item.colour == ORANGE and item.x1 == item.x2)
    assert max(x for x, _ in model.points) <= right


def test_the_chart_says_where_the_dose_is_held(printed: Printed) -> None:
    stretches = [held for held, _ in groupby(day.held for day in printed.plan.days) if held]
    words = [
        item.text for item in review_items(printed) if isinstance(item, Text) and re.match(r"hold(,|$)", item.text)
    ]

    assert bool(words) == bool(stretches)
    assert len(words) <= 2 * len(stretches)


def test_without_a_curve_the_chart_has_doses_in_mg_only() -> None:
    printed = printed_page("no curve")
    items = review_items(printed)
    dose = line_in(items, BLUE)

    assert dose is not None
    assert line_in(items, ORANGE) is None
    assert "occupancy, %" not in printed.review.flow
    mg = axis_scale(items, BLUE)
    wanted = [float(day.dose_mg) for day in printed.plan.days] + [0.0]
    assert [mg(y) for _, y in dose.points][::2] == pytest.approx(wanted, abs=0.1)


def test_all_small_charts_are_on_one_scale_with_the_largest_drop_marked(printed: Printed) -> None:
    plan = printed.plan
    page = next(page for page in printed.layout if page.title == "Alternatives compared")
    doses = [item for item in page.items if isinstance(item, Polyline) and item.colour == BLUE]
    rings = [item for item in page.items if isinstance(item, Circle) and item.colour == RED][1:]  # the first: legend
    rows = expected_rows(plan)
    floors = [
        item.y1
        for item in page.items
        if isinstance(item, Line) and item.colour == (0, 0, 0) and item.y1 == item.y2 and item.x2 - item.x1 < 90
    ]

    assert len(doses) == len(rings) == len(floors) == len(rows)
    scales = set()
    for line, ring, floor, (_, quality, doses_mg, *_) in zip(doses, rings, floors, rows, strict=True):
        scales.add(round((floor - line.points[0][1]) / float(doses_mg[0]), 4))
        width = line.points[1][0] - line.points[0][0]
        middle = line.points[0][0] + (quality.max_drop_day - 0.5) * width
        assert ring.x == pytest.approx(middle, abs=0.01)
    assert len(scales) == 1


# --- Amended plans ---------------------------------------------------------------------------------------------------


def test_every_page_of_an_amended_plan_carries_both_ids(amended: Printed) -> None:
    amendment = amended.plan.order.amendment
    assert amendment is not None
    for page in amended.pages:
        foot = [line for line in page.lines if line.startswith(f"Plan {amended.plan.plan_id} · version")]
        assert len(foot) == 1
        assert f"version {amendment.version}, replaces {amendment.amends}" in foot[0]


def test_a_first_version_says_nothing_of_versions() -> None:
    assert not any("version" in page.flow.lower() for page in printed_page("citalopram").pages)


def test_the_review_of_an_amended_plan_says_what_it_replaces_and_why_in_red(amended: Printed) -> None:
    plan = amended.plan
    amendment = plan.order.amendment
    assert amendment is not None
    first = plan.days[amendment.from_day - 1]
    red = " ".join(run.text for run in runs_of(amended.review.upright) if run.letters[0].colour == RED)
    red = re.sub(r"\s+", " ", red)

    assert (
        f"Version {amendment.version}: replaces plan {amendment.amends} from day {amendment.from_day} "
        f"({PRINTED.date(first.date)})."
    ) in red
    assert f"Reason: {amendment.reason}" in red
    count = len(plan.take_back)
    assert (f"Take back {count} pouch" in red) == bool(count)
    assert "see page 2" in red
    assert title_of(amended.pages[1]) == f"Version {amendment.version} of this plan"


def test_the_amendment_page_says_what_changes_and_why(amended: Printed) -> None:
    amendment, text = amended.plan.order.amendment, amended.pages[1].flow
    assert amendment is not None

    assert f"{describe_amendment(amendment, PRINTED)}." in text
    assert amendment.reason in text
    for plan_id in (*amendment.earlier, amended.plan.plan_id):
        assert plan_id in text


def test_every_rise_is_said_in_words_and_nothing_else_is_called_one(amended: Printed) -> None:
    text = amended.pages[1].flow
    told = re.findall(r"On day ([\d,]+) the dose rises from (\S+) to (\S+) mg, as", text.replace(" mg to", " to"))
    rises = [
        (str(day.day), PRINTED.number(before.dose_mg), PRINTED.number(day.dose_mg))
        for before, day in zip(amended.plan.days, amended.plan.days[1:], strict=False)
        if day.dose_mg > before.dose_mg
    ]

    assert told == rises
    assert bool(rises) == any(change == "back" for _, change, _ in AMENDED[case_of(amended)])


def case_of(printed: Printed) -> str:
    return next(case for case in AMENDED if printed_page(case) is printed)


ROLL = re.compile(
    r"(\d+) (\d+)(?: to (\d+))? (\w{3} \d+ \w{3} \d{4})(?: to (\w{3} \d+ \w{3} \d{4}))? (\d+) "
    r"([\d.,]+)(?: to ([\d.,]+))? ([0-9A-Z]{4}-[0-9A-Z]{4})"
)


def pouches_listed(pages: tuple[ReadPage, ...]) -> list[tuple[str, int, int]]:
    """Return plan id, strip and day of every pouch that the rows of the list cover."""
    listed = []
    for page in pages:
        for line in page.lines:
            row = ROLL.fullmatch(line)
            if row is None:
                continue
            strip, first, last, begins, ends, count, highest, lowest, plan_id = row.groups()
            days = range(int(first), int(last or first) + 1)
            assert len(days) == int(count)
            assert (read_date(ends or begins) - read_date(begins)).days == len(days) - 1
            assert Decimal(highest.replace(",", "")) >= Decimal((lowest or highest).replace(",", ""))
            listed += [(plan_id, int(strip), day) for day in days]
    return listed


def read_date(words: str) -> dt.date:
    return dt.datetime.strptime(words, "%a %d %b %Y").date()  # noqa: DTZ007 - a date


def test_every_pouch_to_take_back_is_in_the_list_and_no_other(amended: Printed, compared: Counter[str]) -> None:
    listed = pouches_listed(amended.pages_titled(f"Version {amended.plan.version}"))

    assert [f"SG1-{plan_id.replace('-', '')}-{strip:04}-{day:04}" for plan_id, strip, day in listed] == [
        pouch.code[:-2] for pouch in amended.plan.take_back
    ]
    compared["pouches"] += len(listed)


def test_a_list_of_65_strips_goes_on_over_the_page_and_loses_none() -> None:
    plan = plan_of(raw_order({"taper.days": 455, "taper.days_per_strip": 7}))
    plan = plan_taper(amend(plan, Request(3, "stretch", Decimal(456), REASON)), FORMULARY, ISSUED_ON)
    pages = read_pages(render_strip_plan(plan, IN_ENGLISH, printing(STOCK)))
    listing = [page for page in pages if title_of(page).startswith("Version 2")]

    assert len({pouch.strip for pouch in plan.take_back}) == 65
    assert len(listing) > 1
    assert [(strip, day) for _, strip, day in pouches_listed(tuple(listing))] == [
        (pouch.strip, pouch.day) for pouch in plan.take_back
    ]
    assert [title_of(page) for page in pages[: len(listing) + 2]] == [
        "Strip plan for review",
        "Version 2 of this plan",
        *["Version 2 of this plan, continued"] * (len(listing) - 1),
        "Alternatives compared",
    ]
    last = len(listing) + 1
    assert f"Take back {len(plan.take_back):,} pouches: see pages 2 to {last}." in pages[0].flow
    assert f"In all {len(plan.take_back):,} pouches" in listing[-1].flow


def test_the_chart_of_an_amended_plan_marks_the_day_from_which_it_is_planned_anew(amended: Printed) -> None:
    plan, items = amended.plan, review_items(amended)
    amendment, dose = plan.order.amendment, line_in(review_items(amended), BLUE)
    assert amendment is not None
    assert dose is not None
    begins = dose.points[2 * (amendment.from_day - 1)][0]

    assert any(
        isinstance(item, Line) and item.colour == RED and item.x1 == item.x2 == pytest.approx(begins) and not item.dash
        for item in items
    )
    assert f"planned anew from day {amendment.from_day}" in amended.review.flow
