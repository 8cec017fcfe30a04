"""`make` and `amend` read their own papers back: a fault of stripgen's own reaches nobody."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from running import run

import stripgen.papers
from stripgen.domain.plan import Plan

EXAMPLES = Path(__file__).parent.parent / "examples"
CITALOPRAM, UNDER_WAY = EXAMPLES / "citalopram.toml", EXAMPLES / "plan-under-way.json"
AMENDMENT = ("--from-day", "57", "--hold", "14", "--reason", "Dizzy")


def with_a_wrong_dose(plan: Plan) -> Plan:
    """Return a plan as a fault of drawing would show it: one pouch of 0.1 mg more than was planned."""
    last = plan.days[-1]
    units = tuple(replace(unit, strength_mg=unit.strength_mg + Decimal("0.1")) for unit in last.units)
    days = (*plan.days[:-1], replace(last, dose_mg=last.dose_mg + Decimal("0.1"), units=units))
    strips = (replace(strip, days=tuple(day for day in days if day.strip == strip.number)) for strip in plan.strips)
    return replace(plan, days=days, strips=tuple(strips))


@pytest.fixture(params=["render_strip_plan", "render_dispensing_sheet"])
def faulty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make one of the papers show another dose than was planned; what travels in it is right."""
    name = str(request.param)
    render: Callable[..., bytes] = getattr(stripgen.papers, name)
    monkeypatch.setattr(stripgen.papers, name, lambda plan, *rest: render(with_a_wrong_dose(plan), *rest))
    return name


@pytest.mark.parametrize("command", [("make", CITALOPRAM), ("amend", UNDER_WAY, *AMENDMENT)], ids=["make", "amend"])
def test_a_paper_that_does_not_say_what_was_planned_is_not_written(
    command: tuple[object, ...], faulty: str, tmp_path: Path
) -> None:
    result = run(*command, "--out", tmp_path / "out")

    assert result.exit_code == 7, result.output
    assert ("strip-plan.pdf" if faulty == "render_strip_plan" else "dispensing.xlsx") in result.output
    assert "day 1" in result.output  # the last day: 112, or 126 of the amended plan
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [("make", CITALOPRAM), ("amend", UNDER_WAY, *AMENDMENT)], ids=["make", "amend"])
@pytest.mark.usefixtures("faulty")
def test_without_verifying_it_is_written_and_verify_finds_it(command: tuple[object, ...], tmp_path: Path) -> None:
    assert run(*command, "--no-verify", "--out", tmp_path).exit_code == 0

    assert run("verify", *tmp_path.glob("*.pdf"), *tmp_path.glob("*.xlsx")).exit_code == 7
