"""The label of each strip, and the one for what all strips are packed in."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from orders import (
    ABSENT,
    FORMULARY,
    IN_ENGLISH,
    ISSUED_ON,
    PRINTED,
    RawOrder,
    plan_of,
    printing,
    random_varied_raw_orders,
    raw_order,
)
from reading import Area, ReadPage, flow_of, read_pages, runs_of

from stripgen.cli import main
from stripgen.domain.plan import Plan, Strip
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.errors import Problem, TextDoesNotFit
from stripgen.files import load_plain_stock, load_stock
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.strip_plan.document import render_strip_labels, render_strip_plan
from stripgen.rendering.strip_plan.label_text import list_doses

EXAMPLES = Path(__file__).parents[1] / "examples"
PLAIN = load_plain_stock("A4", strips=True)
HOLD = [{"kind": "hold", "days": 28}, {"kind": "reduce", "to_mg": 0, "days": 28}]


def area_of(position: int, stock: Stock) -> Area:
    x, y = stock.corner_mm(position)
    width, height = stock.label_mm
    return Area(float(x), float(y), float(x + width), float(y + height))


def said_on(pages: list[ReadPage] | tuple[ReadPage, ...], stock: Stock) -> list[str]:
    """Return what stands in the place of each label, as one reader sees it; empty places aside."""
    areas = [area_of(position, stock) for position in range(stock.n_labels)]
    flows = [flow_of(page.within(area)) for page in pages for area in areas]
    return [flow for flow in flows if flow]


def labels_in_plan(plan: Plan, **asked: Any) -> list[str]:
    pages = read_pages(render_strip_plan(plan, IN_ENGLISH, printing(**asked)))
    return said_on([page for page in pages if next(runs_of(page.upright)).text.startswith("Strip labels")], PLAIN)


def doses_told(label: str) -> list[tuple[int, Decimal]]:
    """Return counts and doses as a label lists them, read back from its words."""
    (listed,) = re.findall(r"pouch(?:es)?: ((?:[\d.,]+ × [\d.,]+ mg(?:, )?)+)", label)
    return [
        (int(count), Decimal(dose.replace(",", ""))) for count, dose in re.findall(r"(\d+) × ([\d.,]*\d) mg", listed)
    ]


def doses_of(strip: Strip) -> list[tuple[int, Decimal]]:
    return [(len(list(days)), dose_mg) for dose_mg, days in groupby(day.dose_mg for day in strip.days)]


def test_every_strip_has_a_label_that_lists_its_pouches_by_dose() -> None:
    plan = plan_of(raw_order())
    labels = labels_in_plan(plan)

    assert len(labels) == len(plan.strips) == 4
    for strip, label in zip(plan.strips, labels, strict=True):
        first, last = strip.days[0], strip.days[-1]
        assert f"Strip {strip.number} of 4 · plan {plan.plan_id}" in label
        assert f"Days {first.day} to {last.day} · {PRINTED.date(first.date)} to {PRINTED.date(last.date)}" in label
        assert f"{len(strip.days)} pouches: " in label
        assert doses_told(label) == doses_of(strip)
        assert "Example Patient" in label
        assert "Keep out of the sight and reach of children." in label


@pytest.mark.parametrize("raw", list(random_varied_raw_orders(seed=41, n_orders=40)))
def test_what_a_strips_label_lists_adds_up_to_what_the_strip_holds(raw: RawOrder) -> None:
    plan = plan_of(raw)
    for strip in plan.strips:
        told = re.findall(r"(\d+) × ([\d.,]*\d) mg", list_doses(strip.days, PRINTED))
        amounts = [(int(count), Decimal(dose.replace(",", ""))) for count, dose in told]
        assert sum(count for count, _ in amounts) == len(strip.days)
        assert sum(count * dose_mg for count, dose_mg in amounts) == strip.total_mg


def test_a_strip_that_holds_one_dose_says_so_and_no_other_does() -> None:
    taper = {"start_dose_mg": 20, "start_date": raw_order()["taper"]["start_date"], "phase": HOLD}
    first, second = labels_in_plan(plan_of(raw_order({"taper": taper})))

    assert "Strip 1 of 2, hold strip" in first
    assert "28 pouches: 28 × 20 mg" in first
    assert "hold strip" not in second


def test_a_strip_of_one_pouch_names_its_day() -> None:
    (label,) = labels_in_plan(plan_of(raw_order({"taper.days": 1, "taper.first_day": "reduced"})))

    assert "Day 1 of 1 · Tue 1 Dec 2026" in label
    assert "1 pouch: 1 × " in label


def test_the_outer_label_says_what_all_strips_hold_together_and_is_there_only_if_asked_for() -> None:
    plan = plan_of(raw_order())
    *_, outer = labels_in_plan(plan, outer_label=True)

    assert len(labels_in_plan(plan, outer_label=True)) == 5
    assert f"4 strips · plan {plan.plan_id}" in outer
    assert "Days 1 to 112 · Tue 1 Dec 2026 to Mon 22 Mar 2027" in outer
    assert f"112 pouches, {PRINTED.dose(plan.totals.total_mg)} in all" in outer
    assert len(labels_in_plan(plan)) == 4


@pytest.mark.parametrize(("asked", "n_labels"), [([], 1), (["--outer-label"], 2)])
def test_the_outer_label_is_asked_for_by_an_option(tmp_path: Path, asked: list[str], n_labels: int) -> None:
    order, stock = str(EXAMPLES / "paroxetine-tablets-and-capsules.toml"), ["--strip-stock", "roll-62x100"]
    result = CliRunner().invoke(main, ["make", order, "--out", str(tmp_path), *stock, *asked])
    assert result.exit_code == 0, result.output
    (pdf,) = tmp_path.glob("*-strip-labels.pdf")
    labels = said_on(read_pages(pdf.read_bytes()), load_stock("roll-62x100"))

    assert len(labels) == n_labels
    assert [" mg in all" in label for label in labels] == [False, True][:n_labels]


def test_an_amended_plan_labels_only_the_strips_that_are_made_again() -> None:
    before = plan_of(raw_order())
    order = amend(before, Request(from_day=60, change="hold", amount=Decimal(14), reason="Dizzy"))
    plan = plan_taper(order, FORMULARY, ISSUED_ON)
    labels = labels_in_plan(plan, outer_label=True)

    assert len(labels) == len(plan.strips_to_make) + 1
    assert any(strip.kept for strip in plan.strips)
    for strip, label in zip(plan.strips_to_make, labels, strict=False):
        assert f"Strip {strip.number} of" in label
        assert f"plan {plan.plan_id}, version 2" in label
        assert doses_told(label) == doses_of(strip)


@pytest.mark.parametrize("name", ["roll-62x100", "avery-l7165", "a4-strip-labels-6", "letter-strip-labels-6"])
def test_strip_labels_follow_each_other_on_paper_of_their_own(name: str) -> None:
    plan, stock = plan_of(raw_order({"taper.days": 100, "compounding.increment_mg": 5})), load_stock(name)
    labels = said_on(read_pages(render_strip_labels(plan, IN_ENGLISH, printing(strip_stock=stock))), stock)

    assert [re.findall(r"Strip (\d) of 4", label) for label in labels] == [["1"], ["2"], ["3"], ["4"]]


def test_strip_labels_begin_at_the_first_label_that_is_not_used_up(tmp_path: Path) -> None:
    asked = ["--strip-stock", "avery-l7165", "--first-strip-label", "3"]
    result = CliRunner().invoke(main, ["make", str(EXAMPLES / "phased.toml"), "--out", str(tmp_path), *asked])
    assert result.exit_code == 0, result.output
    (pdf,) = tmp_path.glob("*-strip-labels.pdf")
    page, *_ = read_pages(pdf.read_bytes())
    stock = load_stock("avery-l7165")
    said = [flow_of(page.within(area_of(position, stock))) for position in range(4)]

    assert said[:2] == ["", ""]
    assert "Strip 1 of" in said[2]
    assert "Strip 2 of" in said[3]


def test_labels_of_strips_and_of_pouches_each_get_a_pdf_where_their_paper_is_not_the_plans(tmp_path: Path) -> None:
    order = str(EXAMPLES / "phased.toml")
    for name, asked, expected in [
        ("plain", [], []),
        ("pouches", ["--stock", "roll-57x32"], ["labels"]),
        ("strips", ["--strip-stock", "roll-62x100"], ["strip-labels"]),
        ("both", ["--stock", "roll-57x32", "--strip-stock", "roll-62x100"], ["labels", "strip-labels"]),
    ]:
        result = CliRunner().invoke(main, ["make", order, "--out", str(tmp_path / name), *asked])
        assert result.exit_code == 0, result.output
        written = [path.stem[10:] for path in sorted((tmp_path / name).glob("*.pdf"))]
        assert sorted(written) == sorted([*expected, "strip-plan"])


@pytest.mark.parametrize(
    ("asked", "exit_code", "told"),
    [
        (["--strip-stock", "nosuch"], 4, "--strip-stock: 'nosuch' is not a label stock of stripgen"),
        (["--first-strip-label", "2"], 2, "--first-strip-label: a4-strip-labels-6 is plain paper"),
        (["--strip-stock", "avery-l7160", "--first-strip-label", "99"], 2, "--first-strip-label: '99' is not allowed"),
        (["--strip-stock", "avery-5160"], 3, "or take larger labels (--strip-stock)"),
    ],
)
def test_wrong_paper_for_strip_labels_is_refused(tmp_path: Path, asked: list[str], exit_code: int, told: str) -> None:
    order = str(EXAMPLES / "every-label-field.toml")
    result = CliRunner().invoke(main, ["make", order, "--out", str(tmp_path / "out"), *asked])

    assert result.exit_code == exit_code
    assert told in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("increment", ["0.001", "0.1", "5"])
def test_twenty_eight_different_doses_fit_the_plain_label(increment: str) -> None:
    raw = raw_order(
        {"compounding.increment_mg": Decimal(increment), "taper.days": 56, "patient.name": "Wilhelmina " * 8}
    )
    labels = labels_in_plan(plan_of(raw))

    assert [sum(count for count, _ in doses_told(label)) for label in labels] == [28, 28]


@pytest.mark.parametrize("name", ["roll-62x100", "avery-l7165", "a4-strip-labels-6"])
@pytest.mark.parametrize("raw", list(random_varied_raw_orders(seed=43, n_orders=6)))
def test_a_strips_label_is_whole_inside_its_place_or_refused_by_field(raw: RawOrder, name: str) -> None:
    plan, stock = plan_of(raw), load_stock(name)
    labels, refused = labels_or_refusal(plan, stock)
    if refused:
        assert all(problem.where and "(--strip-stock)" in problem.what for problem in refused)
        return
    assert len(labels) == len(plan.strips)
    for strip, label in zip(plan.strips, labels, strict=True):
        assert doses_told(label) == doses_of(strip)


def labels_or_refusal(plan: Plan, stock: Stock) -> tuple[list[str], tuple[Problem, ...]]:
    try:
        return said_on(read_pages(render_strip_labels(plan, IN_ENGLISH, printing(strip_stock=stock))), stock), ()
    except TextDoesNotFit as error:
        return [], error.problems


def test_a_draft_says_so_on_every_strip() -> None:
    raw = raw_order({"approval": ABSENT, "taper.days": 56})
    for label in labels_in_plan(plan_of(raw)):
        assert "DRAFT, not for dispensing" in label


def test_offsets_move_strip_labels_too() -> None:
    plan = plan_of(raw_order({"taper.days": 28}))
    stock = load_stock("roll-62x100")

    def first_ink(offset: str) -> tuple[float, float]:
        used = printing(strip_stock=stock)
        moved = LabelPaper(stock, 1, (Decimal(offset), Decimal(offset)))
        used = type(used)(used.profile, used.pouch_labels, moved, used.patient_pages)
        letter = read_pages(render_strip_labels(plan, IN_ENGLISH, used))[0].upright[0]
        return letter.left, letter.baseline

    (x, y), (moved_x, moved_y) = first_ink("0"), first_ink("1.5")
    assert (moved_x - x, moved_y - y) == pytest.approx((1.5, 1.5), abs=0.01)


def test_the_same_order_gives_the_same_bytes_on_all_papers_in_any_process(tmp_path: Path) -> None:
    asked = ["--stock", "roll-57x32", "--strip-stock", "roll-62x100", "--outer-label", "--calendar", "--profile", "de"]
    order = str(EXAMPLES / "every-label-field.toml")
    written = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "stripgen", "make", order, "--out", str(out), "--issued-on", "2026-11-23"]
        subprocess.run([*command, *asked], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed})
        written.append({path.name: path.read_bytes() for path in out.iterdir()})

    assert len(written[0]) == 5
    assert written[0] == written[1]
