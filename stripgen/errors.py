"""Every error a user can cause or mend, each class with its exit code.

Inner code raises these; only `cli.py` prints them and exits. Each carries all problems found, one line a problem:
the value found, the rule it breaks, and where to change it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where it stands (`taper.days`) and what is wrong; what is allowed."""

    where: str
    what: str

    def __str__(self) -> str:
        """Return `where: what`, or only what is wrong when it stands nowhere in particular."""
        return f"{self.where}: {self.what}" if self.where else self.what


class StripgenError(Exception):
    """What a person using stripgen can mend. The root of the tree."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        """Keep all problems, and the file (or "command line") they were found in."""
        self.problems = tuple(problems)
        self.source = source
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return one printable line a problem, each with its source."""
        source = self.source if self.source.isprintable() else repr(self.source)
        prefix = f"{source}: " if source else ""
        return [f"{prefix}{problem}" for problem in self.problems]


class AnswerInvalid(StripgenError):
    """What was typed for an option is not allowed."""

    exit_code = 2


class CodeInvalid(AnswerInvalid):
    """A scanned code is not one that stripgen printed, or was misread."""


class OrderError(StripgenError):
    """The order must be changed."""

    exit_code = 3


class OrderUnreadable(OrderError):
    """The order file is missing, not a file, not text or not TOML."""


class OrderInvalid(OrderError):
    """The order file says something that is not allowed."""


class TextNotPrintable(OrderError):
    """A text of the order has a character that the printing font does not have."""


class TextDoesNotFit(OrderError):
    """A text of the order does not fit its place on paper, even at the smallest size allowed there."""

    def on(self, paper: str) -> "TextDoesNotFit":
        """Return the same, with what it is that the place is on: `the label of day 3`."""
        return TextDoesNotFit([Problem(problem.where, f"{problem.what} (on {paper})") for problem in self.problems])


class FieldMissing(OrderError):
    """The order does not say what a label must carry."""


class PlanBlocked(OrderError):
    """A finding of severity `block` stands, and the order does not override it."""


class NotForDispensing(OrderError):
    """The order is a draft: it carries no approval."""


class NeverMade(OrderError):
    """A strip cannot be made on any day and still be used by its rules."""


class AmendmentInvalid(OrderError):
    """What an amendment asks does not fit the plan."""


class PlanFileInvalid(OrderError):
    """A plan file cannot be read, or does not say what was planned."""


class CarriesNoPlan(PlanFileInvalid):
    """A paper of stripgen carries no plan, on purpose: a check form, which has no answers, or an alignment page."""


class DataInvalid(StripgenError):
    """A formulary or template file is missing or wrong."""

    exit_code = 4


class NoFeasiblePlan(StripgenError):
    """No sequence of doses keeps the limits of the order."""

    exit_code = 5


class OutputNotWritten(StripgenError):
    """A finished file could not be put in its place; nothing was left behind."""

    exit_code = 6


class OutputExists(OutputNotWritten):
    """A file of that name is there already, and overwriting was not asked for."""


class ReleaseRefused(OrderError):
    """The strips may not be handed out, or were handed out already."""


class RegisterUnusable(StripgenError):
    """The register cannot be opened, read or written to; nothing was recorded."""

    exit_code = 6


class KeyOfAnother(RegisterUnusable):
    """The register marks its patients with another key than the one that is here."""


class RegisterAwaited(UserWarning):
    """Another program holds the register, and one waits for it: no error; told as `PaperAltered` is."""


class RegisterBroken(StripgenError):
    """The register was changed by something other than a release."""

    exit_code = 7


class PaperAltered(UserWarning):
    """A paper was changed after it was made; what follows is of the plan that it carries, which is right: no error.

    Told by Python's own `warnings`, so that whatever opens a paper tells it, and only `cli.py` prints it.
    """


class PapersDiffer(StripgenError):
    """A finished paper does not say what its order comes to, or was changed since it was made."""

    exit_code = 7
