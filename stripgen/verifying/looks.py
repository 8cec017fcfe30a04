"""Finds what is on a page but not seen, or seen but not read: hidden texts, covered ones, things drawn over them."""

import math
from collections.abc import Iterator

from stripgen.verifying.reading import Area, ReadPage, ReadText

_COVERED_MM = 0.15
_NEARLY_WHITE = 235
_DARK = 120
_OUTSIDE_MM = 0.5
_LEAST_PT = 4.0
_SMALL_MM = 0.4


def find_unseen(page: ReadPage) -> Iterator[str]:
    """Yield what is wrong with how a page looks: a reader and a person must see the same."""
    for stranger in page.strangers:
        yield f"has {stranger} on it"
    whole = Area(0, 0, page.width, page.height)
    for text in page.texts:
        if not text.text.strip():
            if _is_ground(text.area):
                yield "has ink on it that is no letter"
        else:
            why = _why_unseen(text, page, whole)
            if why:
                yield f"{text.text.strip()!r} {why}"
    yield from _covered(page)


def _why_unseen(text: ReadText, page: ReadPage, whole: Area) -> str:
    if not text.has_ink:
        return "is drawn without ink"
    if math.isnan(text.angle):
        return "is stretched, leaning or mirrored"
    if not whole.holds(text.area, _OUTSIDE_MM):
        return "stands outside the page"
    if text.size_pt < _LEAST_PT and text.is_upright:
        return "is too small to be read"
    if min(text.colour) >= _NEARLY_WHITE and not _stands_on_dark(text, page):
        return "is white on white"
    return ""


def _stands_on_dark(text: ReadText, page: ReadPage) -> bool:
    return any(
        shape.turn < text.turn
        and shape.colour is not None
        and max(shape.colour) < _DARK
        and shape.area.holds(text.area, _OUTSIDE_MM)
        for shape in page.shapes
    )


def _covered(page: ReadPage) -> Iterator[str]:
    """Yield the texts over which a ground was drawn later."""
    grounds = [shape for shape in page.shapes if shape.colour is not None and _is_ground(shape.area)]
    if not grounds:
        return
    last = max(shape.turn for shape in grounds)
    for text in page.upright:
        if text.turn > last:
            return
        for shape in grounds:
            if shape.turn > text.turn and shape.area.overlaps(text.area, _COVERED_MM):
                yield f"{text.text.strip()!r} is covered by what was drawn over it"
                break


def _is_ground(area: Area) -> bool:
    return min(area.right - area.left, area.bottom - area.top) > _SMALL_MM
