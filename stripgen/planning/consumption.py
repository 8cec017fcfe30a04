"""How many whole units are used up when some pouches hold halves and quarters."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from stripgen.domain.order import Form
from stripgen.domain.plan import Consumption, Units

_QUARTERS = 4


def consume(rolls: Sequence[Iterable[tuple[Units, ...]]]) -> list[tuple[Consumption, ...]]:
    """Return what each roll of pouches uses up; what one roll leaves over of a divided unit the next uses first.

    A quarter comes from a quarter left over, else from a half, else from a new unit; a half from a half left over,
    else from a new unit. So less than one unit of a strength is ever left over.

    Args:
        rolls: The compositions of the pouches, roll by roll, in the order they are filled.

    Returns:
        For each roll what it takes anew, largest strength first; `left_over` is what then remains.
    """
    left: dict[tuple[Decimal, Form], dict[int, int]] = {}
    consumed = []
    for roll in rolls:
        taken: dict[tuple[Decimal, Form], int] = {}
        for units in roll:
            for unit in units:
                made = (unit.strength_mg, unit.form)
                pieces = left.setdefault(made, {2: 0, 4: 0})
                taken[made] = taken.get(made, 0) + _take(unit, pieces)
        consumed.append(
            tuple(
                Consumption(strength_mg, form, count, _left_over(left[strength_mg, form]))
                for (strength_mg, form), count in sorted(taken.items(), key=lambda item: -item[0][0])
            )
        )
    return consumed


def _take(unit: Units, pieces: dict[int, int]) -> int:
    """Return how many whole units some pieces take, after taking what is left over."""
    if unit.divided_into == 1:
        return unit.count
    opened = 0
    for _ in range(unit.count):
        if pieces[unit.divided_into]:
            pieces[unit.divided_into] -= 1
        elif unit.divided_into == _QUARTERS and pieces[2]:
            pieces[2] -= 1
            pieces[4] += 1
        else:
            opened += 1
            pieces[2] += 1
            pieces[4] += unit.divided_into == _QUARTERS
    return opened


def _left_over(pieces: dict[int, int]) -> Decimal:
    return Decimal(2 * pieces[2] + pieces[4]) / _QUARTERS
