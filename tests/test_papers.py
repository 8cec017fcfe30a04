"""The strip plan on US Letter: every page keeps to its paper, and what stands on A4 stands there, too.

Where ink is and how large the pages are is read from the PDF by `reading` and pypdfium2.
"""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pypdfium2
import pytest
from orders import FORMULARY, IN_ENGLISH, ISSUED_ON, plan_of, printing
from reading import Area, Letter, ReadPage, flow_of, plain_spaces, read_pages
from test_strip_plan import EXAMPLES, GENERATED, Printed, find_flaws, raw_of

from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.stock import LabelPaper
from stripgen.files import load_plain_stock, load_stocks
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.rendering.strip_plan.document import lay_out_strip_plan, render_strip_plan, shares_paper
from stripgen.rendering.strip_plan.page import Circle, Item, Line, Mark, Page, Polyline, Text
from stripgen.rendering.strip_plan.paper import A4, LETTER, PAPERS, Paper

PRINTERS_MARGIN_MM = 6.0
LETTER_INCHES = (8.5, 11.0)
LETTER_LABELS = load_plain_stock("Letter"), load_plain_stock("Letter", strips=True)
AMENDED = {
    "held": ("citalopram", 60, "hold", "14"),
    "rises": ("citalopram", 60, "back", "50"),
    "halves held": ("half-tablets", 20, "hold", "14"),  # the fullest review page of all
    "solution held": ("solution", 20, "hold", "14"),
    "no curve, faster": ("proportional", 40, "faster", "80"),
}
ON_PAPER = [*EXAMPLES, *AMENDED]


def on(paper: Paper, *, large_print: bool = False) -> Printing:
    """Return how papers are printed on this paper, its labels cut from it."""
    usual = printing(large_print=large_print)
    return replace(
        usual,
        profile=usual.profile.model_copy(update={"paper": paper.name}),
        pouch_labels=LabelPaper(load_plain_stock(paper.name)),
        strip_labels=LabelPaper(load_plain_stock(paper.name, strips=True)),
    )


@cache
def plan_named(name: str) -> Plan:
    if name not in AMENDED:
        return plan_of(raw_of(name))
    example, day, change, amount = AMENDED[name]
    request = Request(day, change, Decimal(amount), "Dizzy for three days, slept badly")  # type: ignore[arg-type]
    return plan_taper(amend(plan_named(example), request), FORMULARY, ISSUED_ON)


@cache
def printed_on(paper: Paper, name: str, *, large_print: bool = False) -> Printed:
    """Return a plan as it is printed; in large print, only the pages that are not the same in usual print."""
    plan, layout = plan_named(name), laid_out_on(paper, name, large_print=large_print)
    pdf = render_strip_plan(plan, IN_ENGLISH, on(paper, large_print=large_print))
    seen = laid_out_on(paper, name) if large_print else []
    new = {number: page for number, page in enumerate(layout) if page not in seen}
    assert new
    return Printed(plan, list(new.values()), pdf, read_pages(pdf, new))


def laid_out_on(paper: Paper, name: str, *, large_print: bool = False) -> list[Page]:
    return lay_out_strip_plan(plan_named(name), IN_ENGLISH, on(paper, large_print=large_print))


@pytest.fixture(params=ON_PAPER)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["usual print", "large print"])
def large_print(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def letter(name: str, large_print: bool) -> Printed:
    return printed_on(LETTER, name, large_print=large_print)


# --- The paper -------------------------------------------------------------------------------------------------------


def test_every_page_of_the_pdf_is_as_large_as_us_letter(letter: Printed) -> None:
    document = pypdfium2.PdfDocument(letter.pdf)
    try:
        inches = [tuple(side / 72 for side in page.get_size()) for page in document]
    finally:
        document.close()

    assert len(inches) >= len(letter.layout)
    assert all(size == pytest.approx(LETTER_INCHES, abs=0.001) for size in inches)


def test_a_paper_is_found_by_the_name_that_label_rules_give_it() -> None:
    assert {name: (paper.width_mm, paper.height_mm) for name, paper in PAPERS.items()} == {
        "A4": (210, 297),
        "Letter": (215.9, 279.4),
    }


@pytest.mark.parametrize(
    ("paper", "shared"),
    [(A4, {"a4-strip-28", "a4-strip-labels-6"}), (LETTER, {"letter-strip-28", "letter-strip-labels-6"})],
    ids=["A4", "Letter"],
)
def test_labels_are_in_the_strip_plan_where_they_are_cut_from_its_own_paper(paper: Paper, shared: set[str]) -> None:
    assert {stock.id for stock in load_stocks() if shares_paper(LabelPaper(stock), paper)} == shared


# --- Everything is in its place --------------------------------------------------------------------------------------


def test_everything_on_letter_keeps_the_printers_margin(letter: Printed, compared: Counter[str]) -> None:
    for page in letter.layout:
        assert find_beyond_margin(page) == []
        compared["items"] += len(page.items)


def test_no_ink_on_letter_is_in_the_printers_margin(letter: Printed) -> None:
    for page in letter.pages:
        room = room_on(page)
        assert flow_of(letter for letter in page.upright if not _is_within(letter, room)) == ""


def test_no_text_on_letter_leaves_its_box_or_lies_over_another(letter: Printed) -> None:
    assert find_flaws(letter, *LETTER_LABELS) == []


def test_a_page_made_for_a4_and_printed_on_letter_would_be_seen_to_leave_it(large_print: bool) -> None:
    a4 = laid_out_on(A4, "citalopram", large_print=large_print)
    as_letter = [replace(page, width=LETTER.width_mm, height=LETTER.height_mm) for page in a4]

    assert all(find_beyond_margin(page) for page in as_letter)


def test_a_draft_is_marked_across_letter_from_edge_to_edge() -> None:
    for page in printed_on(LETTER, "draft").layout:
        (mark,) = (item for item in page.items if isinstance(item, Mark))
        assert LETTER.width_mm / 2 == pytest.approx(mark.x, abs=10)
        assert LETTER.height_mm / 2 == pytest.approx(mark.y, abs=10)
    for read in printed_on(LETTER, "draft").pages:
        tops, lefts = [letter.baseline for letter in read.mark], [letter.left for letter in read.mark]
        assert PRINTERS_MARGIN_MM < min(tops) < 60
        assert LETTER.height_mm - 60 < max(tops) < LETTER.height_mm - PRINTERS_MARGIN_MM
        assert PRINTERS_MARGIN_MM < min(lefts) < max(lefts) < LETTER.width_mm - PRINTERS_MARGIN_MM


def room_on(page: Page | ReadPage) -> Area:
    """Return what a printer can print on."""
    edge = PRINTERS_MARGIN_MM
    return Area(edge, edge, page.width - edge, page.height - edge)


def find_beyond_margin(page: Page) -> list[str]:
    """Return what is laid out in the margin that a printer leaves, the mark across a draft aside."""
    room = room_on(page)
    return [repr(item) for item in page.items if not isinstance(item, Mark) and not room.holds(extent_of(item), 1e-6)]


def extent_of(item: Item) -> Area:
    """Return the place of anything but a mark."""
    match item:
        case Line():
            xs, ys = (item.x1, item.x2), (item.y1, item.y2)
            return Area(min(xs), min(ys), max(xs), max(ys))
        case Polyline():
            return Area(
                min(x for x, _ in item.points),
                min(y for _, y in item.points),
                max(x for x, _ in item.points),
                max(y for _, y in item.points),
            )
        case Circle():
            return Area(item.x - item.radius, item.y - item.radius, item.x + item.radius, item.y + item.radius)
        case Mark():
            raise TypeError(item)
    return Area(item.box.x, item.box.y, item.box.right, item.box.bottom)


def _is_within(letter: Letter, room: Area) -> bool:
    return letter.text.isspace() or room.holds(letter.ink)


# --- Nothing is lost, nothing is smaller -----------------------------------------------------------------------------


def test_letter_says_all_that_a4_says(name: str, large_print: bool) -> None:
    letter, a4 = (laid_out_on(paper, name, large_print=large_print) for paper in (LETTER, A4))

    # titles and headings of tables come again on every page, so what is said counts, not how often
    assert words_of(letter) == words_of(a4)


def words_of(pages: list[Page]) -> set[str]:
    """Return the words of all pages."""
    texts = [item.text for page in pages for item in page.items if isinstance(item, Text)]
    return {word for text in texts for word in plain_spaces(text).split()}


@pytest.mark.parametrize("case", GENERATED)
def test_whatever_fits_a4_fits_letter(case: str) -> None:
    for page in laid_out_on(LETTER, case):
        assert find_beyond_margin(page) == []
