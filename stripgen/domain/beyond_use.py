"""The beyond-use date: the last day on which a pouch may be taken, and the rule that says so."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator

from stripgen.domain.fields import Line, Table, one_of, whole_number, yes_or_no

# What a limit is about. Pouches count from the day they are filled; what is in them from the day it was prepared.
Preparation = Literal["pouch", "compounded solid", "aqueous solution", "preserved aqueous solution", "oily solution"]
PREPARATIONS: tuple[Preparation, ...] = get_args(Preparation)
LONGEST_LIMIT_DAYS = 1826
UNSURE_MARK = "[?]"  # after a rule that was only seen second-hand


class BeyondUseLimit(Table):
    """How long something may be used by the rules of a jurisdiction.

    Attributes:
        preparation: `pouch`: solid units in pouches, whatever they are; the others: what a pharmacy compounds itself.
        days: The last day is so many days after the one it is counted from.
        source: The rule, as a person can look it up.
        unsure: Whether the rule was only seen second-hand; then it is printed as such.
    """

    preparation: Annotated[Preparation, BeforeValidator(one_of(*PREPARATIONS))]
    days: Annotated[
        int,
        whole_number(f"whole days from 1 to {LONGEST_LIMIT_DAYS} (5 years)", least=1, most=LONGEST_LIMIT_DAYS),
    ]
    source: Line
    unsure: Annotated[bool, BeforeValidator(yes_or_no)] = False

    @property
    def cited(self) -> str:
        """The source, marked where it was only seen second-hand."""
        return f"{self.source} {UNSURE_MARK}" if self.unsure else self.source


RuleKind = Literal["given", "expiry", "material", "prepared", "made"]


@dataclass(frozen=True, slots=True)
class BeyondUseRule:
    """One rule that says until when pouches may be used.

    Attributes:
        kind: `given`: the pharmacy's own date; `expiry`: a lot's; `material`: of what units are made of; `prepared`:
            days from the day a lot was prepared; `made`: days from the day the pouches are made.
        date: The last day; None of a limit from the day of making where that is not known.
        lot: Of `expiry` and `prepared`; of `material` where it is said.
        material: Its name.
        counted_from: Of `prepared` and `made`; None where it is not known.
        limit: Of `prepared` and `made`.
    """

    kind: RuleKind
    date: dt.date | None
    lot: str | None = None
    counted_from: dt.date | None = None
    limit: BeyondUseLimit | None = None
    material: str | None = None

    @property
    def days(self) -> int:
        """How many days a limit allows; 0 of the other rules."""
        return self.limit.days if self.limit else 0


@dataclass(frozen=True, slots=True)
class BeyondUse:
    """Until when the pouches of a strip may be used.

    Attributes:
        date: The last day: the pharmacy's own, else that of the earliest rule. None where the day of making is not
            known, or where no limit is on some of the units: then a lot's expiry is the latest it can be.
        rules: All rules: the pharmacy's own date, then those with the earliest dates, then the shortest without one.
    """

    date: dt.date | None
    rules: tuple[BeyondUseRule, ...]

    @property
    def winner(self) -> BeyondUseRule | None:
        """The rule that decides the date; where none does yet, the shortest limit from the day of making."""
        if self.date is not None:
            return self.rules[0]
        return next((rule for rule in self.rules if rule.date is None), None)

    @property
    def latest(self) -> BeyondUseRule | None:
        """Where no rule decides the date, the one that sets the latest it can be."""
        return self.rules[0] if self.rules and self.winner is None else None


NOT_DATED = BeyondUse(None, ())
