"""The label stocks as text for a terminal: their figures, and how their labels lie."""

from collections.abc import Sequence

from stripgen.domain.quantity import plain
from stripgen.domain.stock import Stock


def render_stocks(stocks: Sequence[Stock]) -> str:
    """Return each stock in a line of figures with its sheet drawn under it, each label with its number."""
    return "\n\n".join(f"{_describe(stock)}\n{_draw(stock)}" for stock in stocks)


def _describe(stock: Stock) -> str:
    label, sheet = (" × ".join(map(plain, side)) for side in (stock.label_mm, stock.sheet_mm))
    also = f" (also {', '.join(stock.same_as)})" if stock.same_as else ""
    if stock.paper == "plain":
        return f"{stock.id}{also}: plain paper {sheet} mm, {stock.n_labels} labels of {label} mm to cut"
    if stock.n_labels == 1:
        return f"{stock.id}{also}: one label of {label} mm a page, for a printer of rolls"
    return f"{stock.id}{also}: sheets of {sheet} mm, {stock.columns} × {stock.rows} labels of {label} mm"


def _draw(stock: Stock) -> str:
    """Return the labels as they lie on a sheet, each with its number: what `--first-label` counts."""
    by_corner = {stock.corner_mm(position)[::-1]: position + 1 for position in range(stock.n_labels)}
    numbers = [by_corner[corner] for corner in sorted(by_corner)]
    rows = [numbers[first : first + stock.columns] for first in range(0, len(numbers), stock.columns)]
    return "\n".join("  " + " ".join(f"[{number:2}]" for number in row) for row in rows)
