"""How many whole units are used up when some pouches hold halves and quarters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
        For each roll what it takes anew, largest strength first; `left_over` is what then remains, `from_before` what
        of the roll before it uses.
    """
    left: dict[tuple[Decimal, Form], _Pieces] = {}
    consumed = []
    for roll in rolls:
        taken: dict[tuple[Decimal, Form], int] = {}
        for pieces in left.values():
            pieces.keep_for_next_roll()
        for units in roll:
            for unit in units:
                made = (unit.strength_mg, unit.form)
                taken[made] = taken.get(made, 0) + _take(unit, left.setdefault(made, _Pieces()))
        consumed.append(
            tuple(
                Consumption(
                    strength_mg,
                    form,
                    count,
                    _in_units(left[strength_mg, form].left.elements()),
                    _in_units(left[strength_mg, form].used_of_kept),
                )
                for (strength_mg, form), count in sorted(taken.items(), key=lambda item: -item[0][0])
            )
        )
    return consumed


@dataclass
class _Pieces:
    """Pieces of one kind of unit that lie ready: each as what its unit was divided into, 2 or 4.

    Attributes:
        left: All of them.
        kept: Those among them that the roll before left over; they are taken first.
        used_of_kept: Those of the roll before that this roll has taken.
    """

    left: Counter[int] = field(default_factory=Counter)
    kept: Counter[int] = field(default_factory=Counter)
    used_of_kept: list[int] = field(default_factory=list)

    def keep_for_next_roll(self) -> None:
        """Begin the next roll."""
        self.kept, self.used_of_kept = Counter(self.left), []

    def take(self, piece: int) -> bool:
        """Take a piece that lies ready; return whether there was one."""
        if not self.left[piece]:
            return False
        self.left[piece] -= 1
        if self.kept[piece]:
            self.kept[piece] -= 1
            self.used_of_kept.append(piece)
        return True


def _take(unit: Units, pieces: _Pieces) -> int:
    """Return how many whole units some pieces take, after taking what is left over."""
    if unit.divided_into == 1:
        return unit.count
    opened = 0
    for _ in range(unit.count):
        if pieces.take(unit.divided_into):
            continue
        if unit.divided_into == _QUARTERS and pieces.take(2):
            pieces.left[4] += 1
        else:
            opened += 1
            pieces.left[2] += 1
            pieces.left[4] += unit.divided_into == _QUARTERS
    return opened


def _in_units(pieces: Iterable[int]) -> Decimal:
    """Return what pieces come to, as a fraction of a unit."""
    return sum((Decimal(1) / piece for piece in pieces), Decimal(0))
