"""The paper of the strip plan: how large its pages are, and where on them what a page is about stands."""

from dataclasses import dataclass

from stripgen.rendering.strip_plan.page import Box

_MARGIN_MM = 14.0
_BODY_Y_MM, _SECOND_HEADING_MM, _FOOT_MM = 25.0, 8.0, 14.0


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet of paper.

    Attributes:
        name: As printers call it.
        width_mm: Of the upright sheet.
        height_mm: Likewise.
    """

    name: str
    width_mm: float
    height_mm: float

    @property
    def body(self) -> Box:
        """What a page has room for between its two headings and its footer."""
        return self.tall_body.below(_SECOND_HEADING_MM)

    @property
    def tall_body(self) -> Box:
        """What a page without a second heading has room for: that heading's place, and the body."""
        top = _BODY_Y_MM - _SECOND_HEADING_MM
        return Box(_MARGIN_MM, top, self.width_mm - 2 * _MARGIN_MM, self.height_mm - top - _FOOT_MM)


A4 = Paper("A4", 210.0, 297.0)
LETTER = Paper("Letter", 215.9, 279.4)
PAPERS = {paper.name: paper for paper in (A4, LETTER)}
