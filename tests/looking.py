"""How a page looks: its picture, where two pictures of it differ, and whether that is more than rounding.

A picture is grey, in 16 steps: what a laser printer gives, and small enough to keep. pdfium draws it.

Two pictures of a page are the same to the last pixel where the same pdfium drew them, and in every pdfium from the
oldest that pyproject.toml allows (pypdfium2 5.0.0) to 5.15.2, on all kept pages. What may differ is rounding: a point
of a curve that another processor puts a hair further, an edge that another build of pdfium blends a little otherwise.
So up to `MOST_PIXELS` may differ, by up to `MOST_STEPS`. That is as much as can be given away: between two digits that
look alike, in 5 points, some pixel differs by 4 steps, and a thin pale line of 10 mm differs in 31 pixels.

A pdfium that draws letters otherwise (as 4.30 did) differs more than that, and no limit lets it pass and still sees a
digit. So pypdfium2 is not pinned. Each picture says which pdfium drew it, and a failure names both. If they are not the
same and the difference picture shows edges only: renew the pictures with the new pdfium, from code that passed with the
old one, and commit nothing else with them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from orders import ISSUED_ON
from PIL import Image, PngImagePlugin
from reading import draw_picture

from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.page import Page

Shades = NDArray[np.int16]

PDFIUM = str(pypdfium2.PDFIUM_INFO.version).partition("@")[0]  # without who built it
MOST_STEPS = 2  # of 15 from black to white: what one pixel may differ by
MOST_PIXELS = 20  # that may differ at all
_DPI, _ROLL_DPI = 80, 160
_WIDEST_ROLL_MM = 110
_STEPS = 15
_GREYS = 255 // _STEPS
_DRAWN_BY = "Software"
_UNTITLED = Metadata("", "", "", "en", ISSUED_ON)


@dataclass(frozen=True, eq=False)
class Picture:
    """A page as seen.

    Attributes:
        shades: Shape (height, width), 0 black to 15 white.
        drawn_by: The version of pdfium.
    """

    shades: Shades
    drawn_by: str


def dpi_of(page: Page) -> int:
    """Return how finely a page is drawn: a roll's label finer than a sheet, to be read by eye."""
    return _ROLL_DPI if page.width < _WIDEST_ROLL_MM else _DPI


def look_at(page: Page) -> Picture:
    """Return the picture of a page."""
    grey = draw_picture(draw_pages([page], _UNTITLED), 0, dpi_of(page))
    return Picture(np.rint(np.asarray(grey, np.int16) / _GREYS).astype(np.int16), PDFIUM)


def keep_picture(picture: Picture, file: Path) -> None:
    """Write a picture as a PNG of 16 greys."""
    drawn_by = PngImagePlugin.PngInfo()
    drawn_by.add_text(_DRAWN_BY, picture.drawn_by)
    image = Image.fromarray(picture.shades.astype(np.uint8)).convert("L")
    image.putpalette([grey for step in range(_STEPS + 1) for grey in 3 * [step * _GREYS]])
    image.save(file, bits=4, optimize=True, pnginfo=drawn_by)


def kept_picture(file: Path) -> Picture:
    """Return the picture that `keep_picture` wrote."""
    with Image.open(file) as image:
        greys = np.asarray(image.convert("L"), np.int16)
        return Picture(greys // _GREYS, str(image.info[_DRAWN_BY]))


def look_alike(one: Shades, other: Shades) -> bool:
    """Return whether two pictures of a page differ by no more than rounding."""
    if one.shape != other.shape:
        return False
    apart = abs(one - other)
    return bool(apart.max(initial=0) <= MOST_STEPS and np.count_nonzero(apart) <= MOST_PIXELS)


def renew_picture(picture: Picture, file: Path) -> None:
    """Keep a picture, unless it is kept already: the same picture is the same file."""
    if not file.exists() or not np.array_equal(kept_picture(file).shades, picture.shades):
        file.parent.mkdir(exist_ok=True)
        keep_picture(picture, file)


def compare_with_kept(picture: Picture, file: Path, folder: Path) -> None:
    """Fail unless a picture looks as the kept one; the new one and the difference are written to the folder then."""
    if not file.exists():
        keep_picture(picture, folder / file.name)
        pytest.fail(f"{file} is missing; how the page looks is in {folder}; --renew-pictures keeps it")
    kept = kept_picture(file)
    if look_alike(kept.shades, picture.shades):
        return
    keep_picture(picture, folder / f"{file.stem}-new.png")
    show_difference(kept.shades, picture.shades).save(folder / f"{file.stem}-difference.png")
    drawn = f"drawn by pdfium {kept.drawn_by}, now by {picture.drawn_by}"
    pytest.fail(f"the page does not look as in {file} ({drawn}); see {folder}: red is gone, blue is new")


def show_difference(kept: Shades, new: Shades) -> Image.Image:
    """Return a picture of what differs: pale what is the same, red what is gone, blue what is new, on both together."""
    height, width = (max(sides) for sides in zip(kept.shape, new.shape, strict=True))
    gone, came = (_on_white(shades, height, width) for shades in (kept, new))
    same = np.where(abs(gone - came) == 0, gone // 2 + 128, 255)
    red = np.where(gone < came, 255, np.where(came < gone, came, same))
    blue = np.where(came < gone, 255, np.where(gone < came, gone, same))
    green = np.where(gone == came, same, np.minimum(gone, came))
    return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def _on_white(shades: Shades, height: int, width: int) -> Shades:
    white = np.full((height, width), _STEPS * _GREYS, np.int16)
    white[: shades.shape[0], : shades.shape[1]] = shades * _GREYS
    return white
