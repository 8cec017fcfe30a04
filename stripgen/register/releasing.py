"""From a plan and its finished papers to what the register keeps of their release."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from stripgen.domain.enclosure import MadeWith
from stripgen.domain.order import Batch, Order
from stripgen.domain.plan import Day, Plan, Strip
from stripgen.domain.record import Filler, Substance
from stripgen.domain.release import (
    IngredientLot,
    PatientMarks,
    People,
    Release,
    ReleasedFile,
    ReleasedPlan,
    ReleasedPouch,
    ReleasedStrip,
    ReleasedUnits,
    ReleasedWith,
    ReturnedPouch,
    UnitLot,
)


def release_of(
    plan: Plan,
    strips: Sequence[Strip],
    files: Mapping[str, bytes],
    made_with: MadeWith,
    people: tuple[str, str],
    patient: PatientMarks,
    again: str | None,
) -> Release:
    """Return what the register keeps of a release.

    Args:
        plan: Read from its papers, with the dates that they say.
        strips: Those that are released, with theirs.
        files: The papers by name.
        made_with: As the papers say.
        people: Who releases, and who checked.
        patient: How the patient is found again.
        again: Why strips are released once more, if they are.
    """
    order = plan.order
    return Release(
        plan=_plan(plan),
        pharmacy=order.pharmacy.name,
        drug=order.medication.drug,
        strips=tuple(map(_strip, strips)),
        pouch_lot=order.dispensing.lot,
        lots=tuple(map(_lot, order.batch)),
        ingredient_lots=tuple(_ingredient_lots(strips, order)),
        made_on=order.dispensing.made_on,
        take_back=tuple(
            ReturnedPouch(strip=pouch.strip, day=pouch.day, date=pouch.date, dose_mg=pouch.dose_mg, code=pouch.code)
            for pouch in plan.take_back
        ),
        files=tuple(_file(name, content, plan) for name, content in files.items()),
        made_with=ReleasedWith(stripgen=made_with.stripgen, libraries=made_with.libraries, data=made_with.data),
        people=_people(plan, *people),
        patient=patient,
        again=again,
    )


def _plan(plan: Plan) -> ReleasedPlan:
    amendment = plan.order.amendment
    return ReleasedPlan(
        id=plan.plan_id,
        hash=plan.plan_hash,
        version=plan.version,
        amends=amendment and amendment.amends,
        amends_hash=amendment and amendment.amends_hash,
        earlier=amendment.earlier if amendment else (),
        issued_on=plan.issued_on,
    )


def _strip(strip: Strip) -> ReleasedStrip:
    return ReleasedStrip(strip=strip.number, use_by=strip.beyond_use.date, pouches=tuple(map(_pouch, strip.days)))


def _pouch(day: Day) -> ReleasedPouch:
    units = tuple(
        ReleasedUnits(
            strength_mg=unit.strength_mg,
            form=unit.form,
            count=unit.count,
            divided_into=unit.divided_into,
            volume_ml=unit.volume_ml,
        )
        for unit in day.units
    )
    return ReleasedPouch(day=day.day, date=day.date, dose_mg=day.dose_mg, code=day.code, units=units)


def _lot(batch: Batch) -> UnitLot:
    known: dict[str, Any] = batch.model_dump(include=set(UnitLot.model_fields))
    return UnitLot(**known)


def _ingredient_lots(strips: Sequence[Strip], order: Order) -> Iterator[IngredientLot]:
    """Yield the lots of what the units are made of, as far as the order has them and units are made at all."""
    strengths = dict.fromkeys(unit.strength_mg for strip in strips for unit in strip.units)
    taken = tuple(strength_mg for strength_mg in strengths if not _is_made(strength_mg, order))
    record = order.record
    if record is None or len(taken) == len(strengths):
        return
    told: Sequence[tuple[Literal["substance", "filler"], Substance | Filler | None]] = (
        ("substance", record.substance),
        ("filler", record.filler),
    )
    for kind, said in told:
        if said is not None and said.lot is not None:
            yield IngredientLot(
                ingredient=kind,
                name=said.name,
                lot=said.lot,
                supplier=said.supplier,
                expires_on=said.expires_on,
                not_in_mg=taken,
            )


def _is_made(strength_mg: Decimal, order: Order) -> bool:
    """Return whether units of a strength may be of the pharmacy's making: not if all their lots were bought."""
    lots = order.batches_of(strength_mg)
    return order.compounding.makes(strength_mg) and not (lots and all(lot.is_bought for lot in lots))


def _file(name: str, content: bytes, plan: Plan) -> ReleasedFile:
    """Return a file with the name that stripgen gave it; one that a person chose could be the patient's."""
    is_own = name.startswith(f"{plan.plan_id}-")
    told = name if is_own else name.rpartition(".")[2].lower()
    return ReleasedFile(name=told, sha256=hashlib.sha256(content).hexdigest(), n_bytes=len(content))


def _people(plan: Plan, released_by: str, checked_by: str) -> People:
    order = plan.order
    return People(
        released_by=released_by,
        checked_by=checked_by,
        prescriber=order.prescriber.name,
        approved_by=order.approval and order.approval.approved_by,
        approved_on=order.approval and order.approval.approved_on,
        approval_reference=order.approval and order.approval.reference,
    )
