"""Every single tampering with a finished PDF is found by verify, and untouched PDFs pass.

Each tampering is tried in two ways: as it is, so that the seal breaks; and sealed anew, so that only reading the paper
can find it. That a page is of the plan and in its place must be read: a layout is compared only where it can be made
again. Orders, profiles, stocks and languages are random. In the usual run a part, the whole under `-m slow`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from random import Random

import pytest
from label_orders import random_label_order
from orders import FORMULARY, ISSUED_ON, order_of
from rich_orders import random_rich_order
from tampering_drawing import DRAWING
from tampering_pages import WAYS, Victim, Way, reseal

from stripgen import proof
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing, choose_languages
from stripgen.domain.stock import LabelPaper
from stripgen.domain.wording import LANGUAGES
from stripgen.errors import NoFeasiblePlan, PlanFileInvalid, StripgenError
from stripgen.files import load_formulary, load_plain_stock, load_profile, load_stocks, load_template, load_wording
from stripgen.papers import render_documents
from stripgen.planning.taper import plan_taper
from stripgen.verifying.papers import open_paper
from stripgen.verifying.report import Report
from stripgen.verifying.verify import Means, verify_papers

PROFILES = ("generic", "us", "uk", "nl", "de", "at")
KINDS: dict[str, Way] = {**WAYS, **DRAWING}
N_TAMPERED, N_UNTOUCHED = 20 * len(KINDS), 500  # in all; each tampering in two ways
READ = {"the plan id", "a page of another plan", "a page removed", "a page doubled", "two pages swapped"}  # no less
N_PARTS, N_VICTIMS = 5, 40  # the long run, in parts, each of other papers
READ_ONLY = Means(load_formulary(), cache(load_wording))


@dataclass(frozen=True)
class Made:
    """A finished PDF; the names are those of people in its order."""

    name: str
    content: bytes
    names: tuple[str, ...]


def random_plan(seed: int) -> tuple[Plan, str]:
    """Return a plan and the profile of its papers: of an order for labels, or one that is rich in rules."""
    random = Random(f"plan {seed}")  # noqa: S311 - nothing secret
    profile, language = random.choice(PROFILES), random.choice(LANGUAGES)
    if seed % 3:
        return random_label_order(f"tampered {seed}", profile, language, most_days=12).plan(), profile
    raw = random_rich_order(random, longest_days=8)
    raw["patient"]["language"] = language
    return plan_taper(order_of(raw), FORMULARY, ISSUED_ON), "generic"


def random_printing(plan: Plan, profile: str, seed: int) -> Printing:
    random = Random(f"printing {seed}")  # noqa: S311 - nothing secret
    rules = load_profile(profile)
    stocks = [stock for stock in load_stocks() if stock.paper == "labels"]
    large = [stock for stock in stocks if stock.label_mm[0] > 80]
    pouches = random.choice([load_plain_stock(rules.paper), random.choice(stocks)])
    strips = random.choice([load_plain_stock(rules.paper, strips=True), random.choice(large)])
    text = load_template("patient-text", choose_languages(plan.order, rules).patient, PatientText)
    first = random.choice([1, pouches.n_labels])
    return Printing(
        rules,
        LabelPaper(pouches, 1 if pouches.paper == "plain" else first),
        LabelPaper(strips),
        PatientPages(text, large_print=random.random() < 0.3),
        outer_label=random.random() < 0.5,
    )


def made_papers(first: int) -> Iterator[Made]:
    """Yield the PDFs of random orders from the first on; orders that cannot be printed are passed over."""
    for seed in count(first):
        try:
            plan, profile = random_plan(seed)
            documents = render_documents(plan, random_printing(plan, profile, seed), "order.toml")
        except (NoFeasiblePlan, StripgenError):
            continue
        order = plan.order
        named = (order.patient.name, order.prescriber.name, order.pharmacy.name)
        names = tuple(filter(None, named))
        for name, content in documents.items():
            if name.endswith(".pdf"):
                yield Made(name, content, names)


@cache
def pool(n: int, first: int = 0) -> tuple[Made, ...]:
    return tuple(islice(made_papers(first), n))


def check(made: Made, content: bytes, means: Means | None = None) -> Report:
    """Return what verify finds, by reading alone or as the command does."""
    paper = open_paper(made.name, content)
    return proof.verify_opened([paper]) if means is None else verify_papers([paper], means)


def found_by(made: Made, content: bytes) -> str:
    """Return which check finds a change first: what a file says of itself, the seal, reading, or a second layout."""
    try:
        differences = check(made, content, READ_ONLY).differences
    except PlanFileInvalid:
        return "opening"
    if any("its seal is broken" in difference.what for difference in differences):
        return "seal"
    if differences:
        return "reading"
    return "layout" if check(made, content).differences else "nothing"


def tamper(papers: tuple[Made, ...], n: int, tables: dict[str, dict[str, Counter[str]]], part: int = 0) -> None:
    """Tamper `n` times, in two ways each, and check that every one is found."""
    random, ways = Random(f"tampering {part}"), list(KINDS.items())  # noqa: S311 - nothing secret
    missed, done = [], 0
    for number in count(part):
        if done == n:
            break
        name, way = ways[number % len(ways)]
        made, other = random.sample(papers, 2)
        if made.name[:9] == other.name[:9]:
            continue
        victim = Victim(made.content, other.content, made.names)
        if not way(victim, random):
            continue
        done += 1
        tampered = victim.saved()
        for how, content in (("as they are", tampered), ("sealed anew", reseal(tampered))):
            finder = found_by(made, content)
            tables[f"tampered pages, {how}, found by"][name][finder] += 1
            if finder == "nothing" or (finder == "layout" and name in READ):
                missed.append((number, name, how, made.name))
    assert missed == []


def pass_untouched(papers: tuple[Made, ...], tables: dict[str, dict[str, Counter[str]]]) -> None:
    for made in papers:
        report = check(made, made.content)
        kind = made.name.partition("-")[2].partition("-")[2]
        tables["untouched papers"][kind]["verified" if not report.differences else "false alarm"] += 1
        assert report.differences == (), made.name


# --- the promises ----------------------------------------------------------------------------------------------------


def test_untouched_papers_pass(tables: dict[str, dict[str, Counter[str]]]) -> None:
    pass_untouched(pool(N_UNTOUCHED // 10), tables)


def test_every_tampering_is_found(tables: dict[str, dict[str, Counter[str]]]) -> None:
    tamper(pool(N_VICTIMS // 2), N_TAMPERED // 20, tables)


@pytest.mark.slow
def test_many_untouched_papers_pass(tables: dict[str, dict[str, Counter[str]]]) -> None:
    pass_untouched(pool(N_UNTOUCHED), tables)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(1, N_PARTS + 1))
def test_every_one_of_many_tamperings_is_found(part: int, tables: dict[str, dict[str, Counter[str]]]) -> None:
    tamper(pool(N_VICTIMS, 10_000 * part), N_TAMPERED // N_PARTS, tables, part)
