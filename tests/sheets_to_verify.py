"""Finished dispensing sheets of random orders, with what is needed to verify them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any

from orders import FORMULARY, ISSUED_ON, RawOrder, printing, random_raw_order, random_varied_raw_order
from rich_orders import random_rich_order

from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.wording import LANGUAGES
from stripgen.errors import AmendmentInvalid, NoFeasiblePlan, OrderError
from stripgen.files import load_wording
from stripgen.papers import enclose, load_paper_words
from stripgen.planning.amending import Request, amend
from stripgen.planning.dating import date_plan
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering.dispensing import render_dispensing_sheet
from stripgen.verifying.expected import Expected
from stripgen.verifying.papers import Paper, open_paper
from stripgen.verifying.phrases import Voice
from stripgen.verifying.report import Report
from stripgen.verifying.second_plan import plan_again
from stripgen.verifying.workbook import compare_workbook

_RANDOM_ORDERS: tuple[Callable[[Random], RawOrder], ...] = (
    random_raw_order,
    random_varied_raw_order,
    random_varied_raw_order,
    lambda random: random_rich_order(random, longest_days=30),
)


@dataclass(frozen=True)
class Made:
    """A finished dispensing sheet.

    Attributes:
        plan: What it was made of.
        printing: How.
    """

    plan: Plan
    printing: Printing

    @cached_property
    def content(self) -> bytes:
        words = load_paper_words(self.plan.order, self.printing.profile).pharmacy
        paper = self.printing.profile.paper
        return render_dispensing_sheet(self.plan, words, paper, enclose(self.plan, self.printing))

    @cached_property
    def expected(self) -> Expected:
        return plan_again(self.plan.order, self.plan.curve, self.plan.issued_on)

    @property
    def voice(self) -> Voice:
        profile = self.printing.profile
        language = self.plan.order.pharmacy.language or profile.language
        return Voice(load_wording(language), profile.decimal_mark_of(language), profile.date_form == "iso")

    def verify(self, content: bytes | None = None, *, anew: bool = True) -> Report:
        """Return what is found in a workbook that should be this one.

        Args:
            content: This one unless given.
            anew: Whether it is compared with the one made anew, too.
        """
        paper = open_paper("sheet.xlsx", self.content if content is None else content)
        return self.verify_paper(paper, anew=anew)

    def verify_paper(self, paper: Paper, *, anew: bool = True) -> Report:
        return compare_workbook(paper, self.expected, self.voice, self.content if anew else None)


def made_from(raw: RawOrder, how: Printing | None = None) -> Made:
    """Return the sheet of an order."""
    return made_of(plan_taper(read_order(raw, FORMULARY, "test"), FORMULARY, ISSUED_ON), how or printing())


def made_of(plan: Plan, how: Printing) -> Made:
    """Return the sheet of a plan, with the dates that its label rules set."""
    return Made(date_plan(plan, how.profile.beyond_use, how.strip), how)


def random_made(random: Random) -> Made:
    """Return the sheet of a random order, in a random language; some of them of an amended plan."""
    while True:
        raw = random.choice(_RANDOM_ORDERS)(random)
        raw["pharmacy"] = {**raw.get("pharmacy", {}), "language": random.choice(LANGUAGES)}
        _know_more(random, raw)
        try:
            made = made_from(raw, printing(profile=random.choice(["generic", "generic", "us", "uk"])))
            made = _amended(random, made) if random.randint(0, 3) == 0 else made
            return _one_strip(random, made) if random.randint(0, 5) == 0 else made
        except NoFeasiblePlan:
            continue


def _know_more(random: Random, raw: RawOrder) -> None:
    """Add what a pharmacy knows: lots and dates, or a name that needs care."""
    if random.randint(0, 1):
        start = raw["taper"]["start_date"]
        own_date = {"beyond_use_date": start.replace(year=start.year + 5, day=1)}
        raw["dispensing"] = {"lot": "L-77", **random.choice([own_date, {"made_on": start}])}
        raw["batch"] = [{"lot": "B-1", "expires_on": start.replace(year=start.year + 6, day=1)}, {"lot": "B-2"}]
    if random.randint(0, 3) == 0:
        raw["patient"] = {**raw["patient"], "name": random.choice(["=1+1 _x0041_", "Łukasz Ünlü", "O'Brien & <Sons>"])}


def _amended(random: Random, made: Made) -> Made:
    """Return the sheet of the plan amended, where it can be."""
    days = made.plan.days
    if len(days) < 4:  # some to keep, some to plan
        return made
    asked: list[tuple[str, Any]] = [("hold", random.randint(1, 9)), ("stretch", len(days) + random.randint(1, 9))]
    change, amount = random.choice(asked)
    request = Request(random.randint(2, len(days) - 1), change, Decimal(amount), "slept badly")  # type: ignore[arg-type]
    try:
        plan = plan_taper(amend(made.plan, request), FORMULARY, ISSUED_ON)
    except (AmendmentInvalid, NoFeasiblePlan, OrderError):
        return made
    return made_of(plan, made.printing)


def _one_strip(random: Random, made: Made) -> Made:
    """Return the sheet of one of the strips only."""
    strip = random.choice(made.plan.strips_to_make).number
    return made_of(made.plan, replace(made.printing, strip=strip))
