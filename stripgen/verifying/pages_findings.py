"""What comparing the pages of a paper finds, and the ways in which texts and rows are compared."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from stripgen.verifying.phrases import Voice
from stripgen.verifying.reading import ReadPage, ReadText, letters_of, reads_right_to_left, squeeze

_A_RULE_MM = 140.0  # shorter ones are lines to write on
_SAME_COLUMN_MM = 0.3
_MOST_SHOWN = 60


@dataclass(eq=False)
class Findings:
    """What a comparison found so far.

    Attributes:
        differences: Where on the paper, and what.
        counted: How many of what were compared.
    """

    differences: list[tuple[str, str]] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def tell(self, where: str, what: str) -> None:
        """Keep a difference."""
        self.differences.append((where, what))

    def tell_lacking(self, page: ReadPage, texts: Iterable[str | None]) -> None:
        """Tell which texts do not stand on a page."""
        for text in filter(None, texts):
            if not stands(text, page):
                self.tell(f"page {page.number}", f"does not say {_short(text)!r}, as the plan does")

    def compare_cells(self, where: str, row: Sequence[str], due: Sequence[set[str]]) -> None:
        """Compare a row cell by cell; each cell may be one of several texts."""
        if len(row) != len(due):
            self.tell(where, f"says {' '.join(row)!r}; the plan {' '.join(map(min, due))!r}")
            return
        for cell, texts in zip(row, due, strict=True):
            if squeeze(cell) not in {squeeze(text) for text in texts}:
                self.tell(where, f"says {cell}; the plan {min(texts)}")


@dataclass(frozen=True, eq=False)
class PageDue:
    """A page that is due: what its heading says, and how it is compared."""

    heading: str
    voice: Voice
    compare: Callable[[ReadPage], None]


def stands(text: str, page: ReadPage) -> bool:
    """Return whether a text stands on a page; letters that read right to left are looked for wherever they are."""
    if not reads_right_to_left(text):
        return squeeze(text) in page.flow
    return not letters_of(text) - letters_of(page.flow)


def rows_of(page: ReadPage, n_rows: int, leave_out: str = "") -> list[list[str]]:
    """Return the cells of the rows of a page's table, between its lines: the first `n_rows` that say anything.

    Args:
        page: With the table.
        n_rows: How many there must be.
        leave_out: A remark that is compared by itself, squeezed.
    """
    rows = []
    for band in page.bands(_A_RULE_MM):
        texts = [text for text in page.between(band.top, band.bottom) if squeeze(text.text) != leave_out]
        if texts:
            rows.append(_columns(texts))
    return rows[:n_rows]


def _columns(texts: Iterable[ReadText]) -> list[str]:
    """Return the texts of a row from left to right; lines that begin at the same place are one cell."""
    cells: list[list[ReadText]] = []
    for text in sorted(texts, key=lambda text: text.x):
        if cells and text.x - cells[-1][0].x < _SAME_COLUMN_MM:
            cells[-1].append(text)
        else:
            cells.append([text])
    return [" ".join(text.text.strip() for text in sorted(cell, key=lambda text: text.y)) for cell in cells]


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
