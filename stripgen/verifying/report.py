"""What verifying found."""

from collections.abc import Iterable
from dataclasses import dataclass

from stripgen.errors import PapersDiffer, Problem


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a paper says and its order does not come to, or that was changed since it was made.

    Attributes:
        paper: Name of the file.
        where: On it: `page 4, day 17`, `Dispense!C12`; empty for the whole.
        what: What it says, and what it should.
    """

    paper: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and what differs.

    Attributes:
        checked: One line for each kind of thing that was compared, with how many of them.
    """

    checked: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    def __add__(self, other: "Report") -> "Report":
        """Return both together; what both tell is told once."""
        return Report(self.checked + other.checked, tuple(dict.fromkeys(self.differences + other.differences)))

    def refuse_differences(self) -> None:
        """Stop if anything differs.

        Raises:
            PapersDiffer: Naming every difference.
        """
        if self.differences:
            raise PapersDiffer(_problems(self.differences))


def _problems(differences: Iterable[Difference]) -> list[Problem]:
    return [Problem(": ".join(filter(None, (found.paper, found.where))), found.what) for found in differences]
