"""How a digital signature looks on the page: who, when, and of which plan, on the lines that a pen would write on."""

import datetime as dt

from stripgen.rendering.strip_plan.drawing import Metadata, draw_pages
from stripgen.rendering.strip_plan.fonts import refuse_unprintable_texts
from stripgen.rendering.strip_plan.page import BLUE, Box, Item, Page
from stripgen.rendering.strip_plan.text import Paragraph, stack
from stripgen.rendering.words import Words

_LINES = 3  # name, date, signature
_LEAST_PT = 4.8
_ABOVE_RULE = 0.67  # of a row: the rule to write on stands under it, and no text on or across it


def render_signature(signer: str, at: dt.datetime, plan_id: str, words: Words, size_mm: tuple[float, float]) -> bytes:
    """Return what is seen of a signature: a PDF of one page as large as its field, in the papers' own font.

    Args:
        signer: Whose certificate it is.
        at: When it is signed, with its time zone.
        plan_id: Of the plan that is signed.
        words: Of the strip plan.
        size_mm: Width and height of the field.

    Raises:
        TextNotPrintable: The name has a character that the fonts lack.
        TextDoesNotFit: The name is too long.
    """
    refuse_unprintable_texts({"name": signer}, "the certificate")
    width, height = size_mm
    told = (
        (signer, "semibold"),
        (f"{at:%Y-%m-%d %H:%M} {at:%Z}", "regular"),
        (words.say("review.signed_digitally", plan=plan_id), "regular"),
    )
    rows: list[Item] = []
    for row, (text, font) in enumerate(told):
        box = Box(0, row * height / _LINES, width, _ABOVE_RULE * height / _LINES)
        rows += stack([Paragraph("signature", text, 8.5, _LEAST_PT, font, colour=BLUE)], box)  # type: ignore[arg-type]
    page = Page(words.say("review.signature"), width, height, tuple(rows))
    return draw_pages([page], Metadata(page.title, page.title, "stripgen", words.language, at.date()))
