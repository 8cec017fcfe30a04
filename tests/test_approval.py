"""An approval that names its plan is of that plan alone."""

from decimal import Decimal

import pytest
from orders import ABSENT, ENGLISH, IN_ENGLISH, RawOrder, order_of, plan_of, printing, raw_order
from reading import read_pages, runs_of

from stripgen.errors import NotForDispensing, OrderInvalid
from stripgen.planning.identity import id_of
from stripgen.rendering.refusals import refuse_draft
from stripgen.rendering.strip_plan.document import render_strip_plan

SHORT = {"taper.days": 28}


def approved(plan_id: str, **changes: object) -> RawOrder:
    return raw_order({**SHORT, "approval.plan_id": plan_id, **changes})


def test_an_approval_of_this_plan_makes_it_no_draft() -> None:
    plan_id = plan_of(raw_order(SHORT)).plan_id
    plan = plan_of(approved(plan_id))

    assert plan.plan_id == plan_id  # an approval is not part of what is approved
    assert not plan.is_draft
    refuse_draft(plan)


@pytest.mark.parametrize(
    "changes",
    [
        {"taper.start_dose_mg": 19},
        {"taper.end_dose_mg": Decimal("0.1")},
        {"patient.name": "Other Patient"},
        {"compounding.increment_mg": Decimal("0.2")},
        {"medication.directions": "one each evening"},
    ],
)
def test_an_order_changed_after_its_approval_gives_drafts_that_say_which_plan_was_approved(
    changes: dict[str, object],
) -> None:
    plan_id = plan_of(raw_order(SHORT)).plan_id
    plan = plan_of(approved(plan_id, **changes))
    (finding,) = (finding for finding in plan.findings if finding.code == "approval_of_another_plan")
    pages = read_pages(render_strip_plan(plan, IN_ENGLISH, printing()))

    assert plan.is_draft
    assert ENGLISH.tell(finding.told) == (
        f"the approval is of plan {plan_id}, but this order gives plan {plan.plan_id}: the papers are drafts"
    )
    assert all("DRAFT, not for dispensing" in " ".join(run.text for run in runs_of(page.upright)) for page in pages)
    assert f"Approved was plan {plan_id}, not this one: this is a draft." in " ".join(
        run.text for run in runs_of(pages[0].upright)
    )
    with pytest.raises(NotForDispensing, match=rf"approval\.plan_id: {plan_id} is not this plan"):
        refuse_draft(plan)


@pytest.mark.parametrize("plan_id", ["", "K7QF3MZX", "k7qf-3mzx", "K7QF-3MZX ", 12345678, "sha256:00"])
def test_what_is_no_plan_id_is_refused(plan_id: object) -> None:
    with pytest.raises(OrderInvalid, match=r"approval\.plan_id: .* is not a plan id; as the strip plan prints it"):
        order_of(raw_order({**SHORT, "approval.plan_id": plan_id}))


def test_an_approval_that_names_no_plan_is_of_what_the_order_gives() -> None:
    assert not plan_of(raw_order(SHORT)).is_draft
    assert plan_of(raw_order({**SHORT, "approval": ABSENT})).is_draft
    assert id_of(plan_of(raw_order(SHORT)).plan_hash) == plan_of(raw_order(SHORT)).plan_id
