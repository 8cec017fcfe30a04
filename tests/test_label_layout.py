"""The layout of a label, by itself: laws that hold for any texts on any label, or a refusal by the text's field."""

from collections.abc import Callable, Iterable
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from orders import PRINTED, plan_of, random_varied_raw_orders, raw_order

from stripgen.domain.stock import LabelPaper, Stock
from stripgen.errors import TextDoesNotFit
from stripgen.files import load_profile, load_stocks
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.label_layout import Piece, Room, lay_out, refuse, styles
from stripgen.rendering.strip_plan.labels import MODULES_MM, label_box, lay_out_label
from stripgen.rendering.strip_plan.page import Box, Item, Symbol, Text
from stripgen.rendering.strip_plan.pouch_labels import set_pouch_labels
from stripgen.rendering.strip_plan.text import line_height

HAIR_MM = 1e-4
STOCKS = load_stocks()
GENERIC = load_profile(None)

words = st.text(st.sampled_from("aWil Ägß-½·0123456789"), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split()) or "x"
)
pieces = st.lists(
    st.builds(
        lambda field, text, least, more, tier, joins: Piece(field, text, least, least + more, tier, joins=joins),
        st.sampled_from(["taper", "patient.name", "compounding"]),
        words,
        st.floats(5, 12),
        st.floats(0, 10),
        st.sampled_from([0, 1, 2]),
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
)
rooms = st.builds(
    lambda width, height, code_mm, top_mm: Room(Box(3, 2, width, height), code_mm, top_mm),
    st.floats(30, 90),
    st.floats(15, 60),
    st.floats(8, 14),
    st.sampled_from([0.0, 2.8]),
)


def find_faults(texts: list[Text], room: Room) -> list[str]:
    """Return what is wrong: outside the label, over another text or the code, wider than its box."""
    boxes = [text.box for text in texts]
    faults = [f"{a} over {b}" for a, b in combinations([*boxes, room.code], 2) if overlaps(a, b)]
    for text in texts:
        box = text.box
        if box.x < room.box.x or box.right > room.box.right + HAIR_MM or box.bottom > room.box.bottom + HAIR_MM:
            faults.append(f"{text.text!r} leaves the label")
        if box.y < room.box.y + room.top_mm - HAIR_MM:
            faults.append(f"{text.text!r} is over the band of a draft")
        if width_mm(text.text, text.font, text.size_pt) > box.width + HAIR_MM:
            faults.append(f"{text.text!r} is wider than its box")
        if line_height(text.size_pt) > box.height + HAIR_MM:
            faults.append(f"{text.text!r} is higher than its box")
    return faults


def overlaps(one: Box, other: Box) -> bool:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > HAIR_MM and down > HAIR_MM


def letters(texts: Iterable[str]) -> str:
    """Return texts without spaces and dots."""
    return "".join(texts).replace("·", "").replace(" ", "")


def n_dots(texts: Iterable[str]) -> int:
    return "".join(texts).count("·")


@example([Piece("taper", "000000000000000000 ·", 12, 12, 0)], Room(Box(3, 2, 30, 40), 8, 0.0))
@settings(max_examples=400, deadline=None)
@given(pieces, rooms)
def test_texts_are_whole_apart_inside_and_no_smaller_than_allowed_or_there_is_no_layout(
    pieces: list[Piece], room: Room
) -> None:
    for style in styles(MODULES_MM):
        texts = lay_out(pieces, room, style)
        if texts is None:
            continue
        assert find_faults(texts, room) == []
        assert letters(text.text for text in texts) == letters(p.text for p in pieces)
        lost = n_dots(p.text for p in pieces) - n_dots(text.text for text in texts)
        assert 0 <= lost < len(texts)  # a dot between two parts may go where a line ends, which parts them itself
        assert all(text.size_pt >= min(piece.least_pt for piece in pieces) - HAIR_MM for text in texts)
        return


@settings(max_examples=200, deadline=None)
@given(pieces, rooms)
def test_what_does_not_fit_is_refused_by_a_field_with_the_room_it_had(pieces: list[Piece], room: Room) -> None:
    *_, last = styles((MODULES_MM[-1],))
    if lay_out(pieces, room, last) is None:
        (problem,) = refuse(pieces, room, last.module_mm, "the label of day 1").problems
        assert problem.where in {piece.field for piece in pieces}
        assert f"its place of {room.box.width:.0f} × {room.box.height:.0f} mm on the label of day 1" in problem.what


def test_styles_only_ever_get_smaller_and_end_at_the_least_sizes() -> None:
    tried = list(styles(MODULES_MM))

    assert tried[0].shares == (1.0, 1.0, 1.0)
    assert tried[-1].shares == (0.0, 0.0, 0.0)
    assert all(min(style.shares) >= 0 and style.shares[0] >= style.shares[2] for style in tried)
    assert [style.shares[0] for style in tried] == sorted((style.shares[0] for style in tried), reverse=True)


def test_a_word_too_wide_for_its_label_is_named_and_not_a_longer_text_beside_it() -> None:
    long, wide = Piece("patient.name", "A name of many short words that wraps well", 7, 9, 1), "W" * 40
    room = Room(Box(0, 0, 44, 30), 11)

    (problem,) = refuse([long, Piece("pharmacy.name", wide, 7, 9, 2)], room, 0.375, "the label").problems

    assert problem.where == "pharmacy.name"


# --- Real orders on every stock --------------------------------------------------------------------------------------


def outcome_of(raw: dict[str, object], paper: LabelPaper) -> str:
    """Return how an order's labels came out, after checking every one of them."""
    plan = plan_of(raw)
    try:
        labels = set_pouch_labels(plan, PRINTED, paper, GENERIC)
    except TextDoesNotFit as error:
        return (
            "refused" if all("does not fit its place of" in problem.what for problem in error.problems) else "unclear"
        )
    box = label_box(0, paper)
    for day, each in zip(plan.days_to_make, labels, strict=True):
        items = lay_out_label(each.label, box, each.style)
        assert_label_is_right(items, box)
        said = " ".join(item.text for item in items if isinstance(item, Text))
        assert f"Day {day.day} of {len(plan.days)}" in said
        assert plan.plan_id in said
    return "printed"


def assert_label_is_right(items: list[Item], label: Box) -> None:
    texts = [item for item in items if isinstance(item, Text)]
    (symbol,) = (item for item in items if isinstance(item, Symbol))
    assert all(text.size_pt >= 5.5 for text in texts)
    for one, other in combinations([*(text.box for text in texts), symbol.box], 2):
        assert not overlaps(one, other)
    for box in (*(text.box for text in texts), symbol.box):
        assert box.x >= label.x
        assert box.y >= label.y
        assert box.right <= label.right + HAIR_MM
        assert box.bottom <= label.bottom + HAIR_MM


@pytest.mark.parametrize("stock", STOCKS, ids=lambda stock: stock.id)
def test_random_orders_are_printed_right_on_every_stock_or_refused(
    stock: Stock, record_property: Callable[[str, str], None]
) -> None:
    outcomes = [outcome_of(raw, LabelPaper(stock)) for raw in random_varied_raw_orders(seed=4, n_orders=12)]
    record_property("outcomes", f"{outcomes.count('printed')} printed, {outcomes.count('refused')} refused")

    assert set(outcomes) <= {"printed", "refused"}
    assert outcomes.count("printed") >= 6


def test_an_ordinary_order_fits_every_stock() -> None:
    assert {outcome_of(raw_order({"taper.days": 20}), LabelPaper(stock)) for stock in STOCKS} == {"printed"}
