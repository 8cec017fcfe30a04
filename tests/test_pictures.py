"""Pages look as they looked: each is compared with its kept picture in `tests/pictures`.

`pytest --renew-pictures tests/test_pictures.py` draws the kept pictures anew; look at every one that changed before you
keep it. A failure writes the new page and the difference to a folder, which it names.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import PICTURES as FOLDER
from conftest import SameAsKept
from looking import (
    MOST_PIXELS,
    MOST_STEPS,
    Picture,
    Shades,
    compare_with_kept,
    dpi_of,
    keep_picture,
    kept_picture,
    look_alike,
    look_at,
    renew_picture,
)
from pictured_pages import ALIGNMENT, ALL_PAPERS, KINDS, NAMES, Papers, kind_of, lay_out, lay_out_ruler
from PIL import Image

from stripgen.domain.wording import LANGUAGES
from stripgen.files import load_profiles, load_stocks
from stripgen.rendering.strip_plan.document import lay_out_strip_plan
from stripgen.rendering.strip_plan.page import (
    Box,
    Circle,
    Item,
    Line,
    Mark,
    Page,
    Polyline,
    Rectangle,
    SignatureField,
    Symbol,
    Text,
)
from stripgen.rendering.strip_plan.text import line_height

MOST_BYTES = 2_500_000
MM_PER_INCH = 25.4
NEAREST_DIGIT = dict(zip("0123456789", "8732538168", strict=True))  # the one that looks most like it in this type
TURNS = 3  # things beside each other are changed in different turns
SOME = slice(None, None, 4)  # of the pages
Change = Callable[[Item], Item | None]


PAPERS_OF = {name: papers for papers in ALL_PAPERS for name in papers.pages}


@cache
def pages_of(first: str) -> dict[str, Page]:
    """Return the pages of the papers with this first picture."""
    return lay_out(PAPERS_OF[first])


def page_of(name: str) -> Page:
    return lay_out_ruler() if name == ALIGNMENT else pages_of(PAPERS_OF[name].name)[name]


@cache
def picture(name: str) -> Picture:
    return look_at(page_of(name))


every_picture = pytest.mark.parametrize("name", NAMES)
some_pictures = pytest.mark.parametrize("name", NAMES[SOME])


@every_picture
def test_a_page_looks_as_it_looked(name: str, same_as_kept: SameAsKept) -> None:
    same_as_kept(name, picture(name))


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_no_picture_is_kept_of_a_page_that_is_not_compared() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(NAMES)


def test_all_pictures_together_are_small_enough_to_keep() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST_BYTES


def test_every_kind_of_page_profile_language_and_stock_is_seen() -> None:
    stocks = {papers.stock for papers in ALL_PAPERS if papers.stock}
    plain = {stock.id for stock in load_stocks() if stock.paper == "plain"}  # the labels in a strip plan
    assert {kind for papers in ALL_PAPERS for kind, _ in papers.pages.values()} >= set(KINDS)
    assert {papers.profile for papers in ALL_PAPERS} == {profile.id for profile in load_profiles()}
    assert stocks | plain == {stock.id for stock in load_stocks()}
    assert any(papers.plan().is_draft for papers in ALL_PAPERS)
    assert languages_seen() == {(kind, language) for kind in ("plan", "labels", "patient") for language in LANGUAGES}


def languages_seen() -> set[tuple[str, str]]:
    """Return which language is seen on which pages."""
    seen = set()
    for papers in ALL_PAPERS:
        languages = papers.languages(papers.plan())
        for kind, _ in papers.pages.values():
            whose = KINDS[kind][0]
            seen.add(("plan" if whose == "pharmacy" else whose, getattr(languages, whose)))
    return seen


@pytest.mark.parametrize("papers", [papers for papers in ALL_PAPERS if papers.stock is None], ids=lambda p: p.name)
def test_every_page_of_a_strip_plan_is_of_a_kind_that_is_kept(papers: Papers) -> None:
    plan = papers.plan()
    words = papers.words(plan)
    assert all(kind_of(page, words) for page in lay_out_strip_plan(plan, words, papers.printing(plan)))


# --- what is seen ----------------------------------------------------------------------------------------------------


def with_a_digit_changed(item: Item) -> Item:
    """Return the item with its last digit another, the one that looks most like it."""
    if isinstance(item, Text):
        for place in range(len(item.text) - 1, -1, -1):
            if item.text[place] in NEAREST_DIGIT:
                other = NEAREST_DIGIT[item.text[place]]
                return replace(item, text=item.text[:place] + other + item.text[place + 1 :])
    return item


def without(item: Item) -> Item | None:
    # the mark of a draft is not in one place; an empty signature field is not seen, but read by test_signing
    return item if isinstance(item, Mark | SignatureField) else None


def moved(item: Item) -> Item:
    return replace(item, box=replace(item.box, x=item.box.x + 0.5)) if isinstance(item, Text) else item


def larger(item: Item) -> Item:
    return replace(item, size_pt=item.size_pt + 0.5) if isinstance(item, Text) else item


@every_picture
def test_a_changed_digit_is_seen(name: str) -> None:
    assert list(unseen(name, with_a_digit_changed)) == []


@some_pictures
@pytest.mark.parametrize("change", [without, moved, larger])
def test_what_is_missing_or_moved_or_of_another_size_is_seen(name: str, change: Change) -> None:
    assert list(unseen(name, change)) == []


def unseen(name: str, change: Change) -> Iterator[Item]:
    """Yield what may change on a page and nobody sees it: where it stands, the two pictures look alike.

    Many things are changed at once, to draw fewer pictures, so only its own place counts for each.
    """
    page, before = page_of(name), picture(name).shades
    places = [number for number, item in enumerate(page.items) if change(item) != item]
    for turn in range(TURNS):
        numbers = set(places[turn::TURNS])
        changed = (change(item) if number in numbers else item for number, item in enumerate(page.items))
        after = look_at(replace(page, items=tuple(item for item in changed if item is not None))).shades
        for number in numbers:
            rows, columns = pixels_of(page.items[number], dpi_of(page))
            if look_alike(before[rows, columns], after[rows, columns]):
                yield page.items[number]


def pixels_of(item: Item, dpi: int) -> tuple[slice, slice]:
    """Return the rows and columns where a thing stands."""
    box = box_of(item)
    left, top, right, bottom = (edge * dpi / MM_PER_INCH for edge in (box.x, box.y, box.right, box.bottom))
    return slice(max(0, int(top) - 1), int(bottom) + 2), slice(max(0, int(left) - 1), int(right) + 2)


def box_of(item: Item) -> Box:
    match item:
        case Text():
            return replace(item.box, height=line_height(item.size_pt))
        case Rectangle() | Symbol() | SignatureField():
            return item.box
        case Circle():
            return Box(item.x, item.y, 0, 0).inset(-item.radius)
        case Line():
            return box_around((item.x1, item.y1), (item.x2, item.y2))
        case Polyline():
            return box_around(*item.points)
        case Mark():
            raise AssertionError(item)


def box_around(*points: tuple[float, float]) -> Box:
    across, down = zip(*points, strict=True)
    return Box(min(across), min(down), max(across) - min(across), max(down) - min(down))


@some_pictures
def test_one_changed_digit_alone_makes_a_page_fail(name: str) -> None:
    page = page_of(name)
    numbers = [number for number, item in enumerate(page.items) if with_a_digit_changed(item) != item]
    number = min(numbers, key=lambda number: size_of(page.items[number]))  # the smallest type there is
    items = (*page.items[:number], with_a_digit_changed(page.items[number]), *page.items[number + 1 :])
    assert not look_alike(picture(name).shades, look_at(replace(page, items=items)).shades)


def size_of(item: Item) -> float:
    assert isinstance(item, Text)
    return item.size_pt


@pytest.mark.parametrize("papers", [papers for papers in ALL_PAPERS if papers.stock], ids=lambda papers: papers.name)
def test_labels_half_a_millimetre_off_make_a_page_fail(papers: Papers) -> None:
    for name, page in lay_out(replace(papers, offset_mm=(Decimal("0.5"), Decimal(0)))).items():
        assert not look_alike(picture(name).shades, look_at(page).shades)


@some_pictures
def test_a_page_that_is_laid_out_and_drawn_again_looks_the_same_to_the_pixel(name: str) -> None:
    page = lay_out_ruler() if name == ALIGNMENT else lay_out(PAPERS_OF[name])[name]
    assert np.array_equal(look_at(page).shades, picture(name).shades)


# --- the limits themselves -------------------------------------------------------------------------------------------

GREY: Shades = np.full((60, 40), 8, np.int16)


@pytest.mark.parametrize("sign", [1, -1])
def test_rounding_is_let_through_and_nothing_more(sign: int) -> None:
    assert look_alike(GREY, differing(MOST_PIXELS, sign * MOST_STEPS))
    assert not look_alike(GREY, differing(MOST_PIXELS + 1, sign))
    assert not look_alike(GREY, differing(1, sign * (MOST_STEPS + 1)))


def differing(n_pixels: int, steps: int) -> Shades:
    changed = GREY.copy()
    changed.flat[:n_pixels] += steps
    return changed


def test_a_page_of_another_size_does_not_look_alike() -> None:
    assert not look_alike(GREY, GREY[:-1])
    assert not look_alike(GREY, GREY.T)


# --- the files -------------------------------------------------------------------------------------------------------


def test_a_kept_picture_is_read_back_to_the_pixel_with_who_drew_it(tmp_path: Path) -> None:
    shades = np.arange(16, dtype=np.int16).repeat(10).reshape(16, 10)
    keep_picture(Picture(shades, "1.2.3"), tmp_path / "page.png")
    kept = kept_picture(tmp_path / "page.png")
    assert np.array_equal(kept.shades, shades)
    assert kept.drawn_by == "1.2.3"


def test_a_failure_writes_the_new_page_and_the_difference_and_names_where(tmp_path: Path) -> None:
    kept, found = tmp_path / "page.png", tmp_path / "found"
    found.mkdir()
    keep_picture(Picture(GREY, "1.2.3"), kept)
    changed = GREY.copy()
    changed[10:20, 5], changed[30:40, 7] = 0, 15
    with pytest.raises(pytest.fail.Exception) as failure:
        compare_with_kept(Picture(changed, "1.2.4"), kept, found)
    for words in (str(found), str(kept), "1.2.3", "1.2.4"):
        assert words in str(failure.value)
    assert np.array_equal(kept_picture(found / "page-new.png").shades, changed)
    with Image.open(found / "page-difference.png") as difference:
        (new, gone, same) = (difference.getpixel(place) for place in ((5, 10), (7, 30), (0, 0)))
    assert (hue(new), hue(gone), hue(same)) == ("blue", "red", "grey")


def hue(colour: object) -> str:
    assert isinstance(colour, tuple)
    red, green, blue = colour
    if red == green == blue:
        return "grey"
    return "blue" if blue > red else "red"


def test_a_missing_picture_fails_and_shows_the_page(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"page\.png is missing.*--renew-pictures"):
        compare_with_kept(Picture(GREY, "1.2.3"), tmp_path / "kept" / "page.png", tmp_path)
    assert np.array_equal(kept_picture(tmp_path / "page.png").shades, GREY)


def test_renewing_writes_what_differs_and_leaves_what_does_not(tmp_path: Path) -> None:
    file = tmp_path / "pictures" / "page.png"
    renew_picture(Picture(GREY, "1.2.3"), file)
    first = file.read_bytes()
    renew_picture(Picture(GREY, "1.2.4"), file)
    assert file.read_bytes() == first
    renew_picture(Picture(differing(1, 1), "1.2.4"), file)
    assert np.array_equal(kept_picture(file).shades, differing(1, 1))
