"""Every single tampering of a finished dispensing sheet is found, and no untouched sheet is told to differ."""

from random import Random

import pytest
from conftest import Tables
from sheets_to_verify import Made, random_made
from tampering_sheets import IN_PROGRAM, IN_XML, Tamper, with_enclosed_plan_of
from tampering_xml import AS_IF_SAVED, SEALED_ANEW

from stripgen.errors import PlanFileInvalid

KINDS: dict[str, Tamper] = {**IN_PROGRAM, **IN_XML, **AS_IF_SAVED}
KINDS_SLOW: dict[str, Tamper] = {**KINDS, **SEALED_ANEW}
N_SHEETS, N_SHEETS_SLOW = 6, 40
N_TAMPERED_SLOW = 800
N_UNTOUCHED, N_UNTOUCHED_SLOW = 25, 250
LONGEST_DAYS = 40  # in the usual run


def some_sheets(seed: int, n: int, longest_days: int) -> list[Made]:
    random = Random(seed)  # noqa: S311 - a test repeats
    made: list[Made] = []
    while len(made) < n:
        one = random_made(random)
        if len(one.plan.days) <= longest_days:
            made.append(one)
    return made


@pytest.fixture(scope="module")
def sheets() -> list[Made]:
    return some_sheets(1, N_SHEETS, LONGEST_DAYS)


def how_found(made: Made, content: bytes) -> list[str]:
    """Return by what a tampering is found: all ways that would do alone."""
    try:
        anew, alone = made.verify(content).differences, made.verify(content, anew=False).differences
    except PlanFileInvalid:
        return ["refused as it is opened"]
    ways = {
        "against the plan": bool(alone),
        "against the sheet made anew": any("seal" not in difference.what for difference in anew),
        "by the seal": any("seal" in difference.what for difference in anew),
    }
    return [way for way, found in ways.items() if found]


def tamper_and_look(kind: str, seed: int, sheets: list[Made], tables: Tables) -> None:
    random = Random(f"{kind} {seed}")  # noqa: S311 - a test repeats
    made, other = random.sample(sheets, 2)
    ways = how_found(made, KINDS_SLOW[kind](random, made, other))
    assert ways, f"{kind} ({seed}) of plan {made.plan.plan_id} is not found"
    row = tables["Tampered dispensing sheets, by which check they are found"][kind]
    row["tampered"] += 1
    row["found"] += 1
    for way in ways:
        row[way] += 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_tampering_is_found(kind: str, sheets: list[Made], tables: Tables) -> None:
    tamper_and_look(kind, 0, sheets, tables)


@pytest.mark.slow
def test_every_one_of_800_tamperings_is_found(tables: Tables) -> None:
    sheets, kinds = some_sheets(2, N_SHEETS_SLOW, 400), list(KINDS_SLOW)
    for number in range(N_TAMPERED_SLOW):
        tamper_and_look(kinds[number % len(kinds)], 1 + number, sheets, tables)


@pytest.mark.parametrize("seal", ["kept", "redone", "dropped"])
def test_the_enclosed_plan_of_another_order_is_found(seal: str, sheets: list[Made]) -> None:
    """The plan that is enclosed decides what the sheets must say: then it is they that differ."""
    made, other = sheets[:2]

    assert how_found(other, with_enclosed_plan_of(made, other, seal))


def test_untouched_sheets_of_random_orders_pass(tables: Tables) -> None:
    pass_untouched(3, N_UNTOUCHED, LONGEST_DAYS, tables)


@pytest.mark.slow
def test_250_untouched_sheets_of_random_orders_pass(tables: Tables) -> None:
    pass_untouched(4, N_UNTOUCHED_SLOW, 400, tables)


def pass_untouched(seed: int, n: int, longest_days: int, tables: Tables) -> None:
    for made in some_sheets(seed, n, longest_days):
        assert made.verify().differences == ()
        assert made.verify(anew=False).differences == ()
        tables["Untouched dispensing sheets"][made.voice.wording.name]["pass"] += 1
