"""Who approved an order, and exactly which plan of it."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from stripgen.domain.fields import (
    LARGEST_MG,
    LONGEST_TAPER_DAYS,
    Days,
    Dose,
    DoseOrStop,
    Name,
    RecentDate,
    Table,
    exact_number,
    refuse,
    shown,
)
from stripgen.domain.quantity import FINEST_MG

PLAN_ID = r"[0-9A-Z]{4}-[0-9A-Z]{4}"

WhatIsApproved = Literal["order", "plan"]
TotalMg = Annotated[
    Decimal,
    exact_number("a number of mg above 0, in steps of 0.001", least=FINEST_MG, most=LARGEST_MG * LONGEST_TAPER_DAYS),
]


def _plan_id(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is a plan id, as it is printed."""
    if not isinstance(value, str) or not re.fullmatch(PLAN_ID, value):
        raise refuse(f"{shown(value)} is not a plan id; as the strip plan prints it, such as 'K7QF-3MZX'")
    return value


def _fingerprint(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is `sha256:…`."""
    if not isinstance(value, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", value):
        raise refuse(f"{shown(value)} is not 'sha256:' and 64 digits 0-9, a-f; as `stripgen approve` wrote it")
    return value


Fingerprint = Annotated[str, BeforeValidator(_fingerprint)]


class ApprovedPlan(Table):
    """What was approved, as `stripgen approve` found it on a paper; it tells what differs from another plan.

    Attributes:
        plan_hash: All of it; the plan id is its beginning.
        paper: `sha256:…` of the file that was approved.
        drug: As the order names it; this and the next are what the paper says.
        strengths_mg: Of the units to combine; none where each dose is made for itself.
        total_mg: Of the pouches to make.
        doses_mg: One a day.
        seal: `sha256:…` of the whole approval without this line, so that a slip of the hand in it is noticed.
    """

    plan_hash: Fingerprint
    paper: Fingerprint
    drug: Name
    start_dose_mg: Dose
    end_dose_mg: DoseOrStop
    days: Days
    start_date: RecentDate
    strengths_mg: tuple[Dose, ...] = ()
    total_mg: TotalMg
    doses_mg: tuple[Dose, ...]
    seal: Fingerprint


class Approval(Table):
    """The prescriber's approval of the order. Without it every document is a draft.

    Attributes:
        plan_id: Of the plan that was approved; where it is given, any other plan is a draft.
        plan: What that plan is; written by `stripgen approve`, not by hand.
    """

    approved_by: Name
    approved_on: RecentDate
    reference: Name
    plan_id: Annotated[str, BeforeValidator(_plan_id)] | None = None
    plan: ApprovedPlan | None = None
