"""The sheet Order: what was asked, by whom it was approved, what came out, and what was found."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from openpyxl import Workbook

from stripgen.domain.fields import Table
from stripgen.domain.order import Order, Taper, UnitStrength
from stripgen.domain.plan import Plan, name_drop_day
from stripgen.rendering.descriptions import (
    describe_amendment,
    describe_beyond_use,
    describe_kept,
    describe_phases,
    describe_pouch_dose,
    describe_strategy,
    name_drug_as_ordered,
    name_hours,
    name_view,
    say_own,
)
from stripgen.rendering.dispensing.cells import Value, amount_format, date_or_words
from stripgen.rendering.dispensing.order_layout import Line, side_by_side, usual_widths, write_order
from stripgen.rendering.dispensing.page import FIRST_ROW, close_sheet, mark_draft, open_sheet
from stripgen.rendering.dispensing.stock_block import remarks_on
from stripgen.rendering.dispensing.terms import date_format, day_format, format_within
from stripgen.rendering.words import Words, isolate

_DIVISIBLE = {2: "sheet.may_be_halved", 4: "sheet.may_be_quartered"}
_FIRST_DAYS = {"start": "sheet.first_day_start", "reduced": "sheet.first_day_reduced"}
_VEHICLES = {
    "aqueous": "sheet.vehicle_aqueous",
    "preserved aqueous": "sheet.vehicle_preserved",
    "oily": "sheet.vehicle_oily",
}
_BASES = {"published curves": "sheet.published_curves", "ED50 halved and doubled": "sheet.ed50_varied"}


def add_order_sheet(workbook: Workbook, plan: Plan, words: Words) -> None:
    """Add the sheet Order; what the document is stands under the shorter half."""
    asked, made, models = list(_asked(plan, words)), list(_made(plan, words)), _models(plan, words)
    min(made, asked, key=len).extend(_document(plan, words))
    first = side_by_side(asked, made)
    further = side_by_side(_amendment(plan, words), models) if plan.version > 1 else side_by_side(models, ())
    sheet = open_sheet(workbook, plan, "order", usual_widths([*first, *further]), words)
    last_row = write_order(sheet, first, further, plan.findings, words)
    close_sheet(sheet, plan, words, repeated_rows=FIRST_ROW - 1, last_row=last_row, n_columns=4, frozen=f"A{FIRST_ROW}")


def _asked(plan: Plan, words: Words) -> Iterator[Line]:
    """Yield the left half: the people, the medicine and the approval."""
    order = plan.order
    patient, prescriber, pharmacy, dispensing = order.patient, order.prescriber, order.pharmacy, order.dispensing
    yield _heading(words, "sheet.patient")
    yield _field(plan, words, "sheet.name", patient.name, style="strong value")
    yield _field(plan, words, "sheet.birth_date", date_or_words(patient.birth_date, words), day_format(words))
    yield _field(plan, words, "sheet.identifier", patient.identifier)
    yield _field(plan, words, "sheet.insurance_number", patient.insurance_number)
    yield _heading(words, "sheet.prescriber")
    yield _field(plan, words, "sheet.name", prescriber.name)
    yield _field(plan, words, "sheet.identifier", prescriber.identifier)
    yield _heading(words, "sheet.pharmacy")
    yield _field(plan, words, "sheet.name", pharmacy.name)
    yield _field(plan, words, "sheet.address", pharmacy.address)
    yield _field(plan, words, "sheet.phone", pharmacy.phone)
    yield _heading(words, "sheet.medication")
    yield _line(words, "sheet.drug", name_drug_as_ordered(plan, words), style="strong value")
    yield _line(words, "sheet.curve", say_own(plan.curve.id, words) if plan.curve else words.say("sheet.none_known"))
    yield from _said(words, order.medication, "route", "directions", "precautions")
    yield _heading(words, "sheet.dispensing")
    yield _line(words, "sheet.lot", dispensing.lot, to_fill_in=True)
    yield from _beyond_use(plan, words)
    yield from _said(words, dispensing, "made_on", "dispensed_on", "serial", "storage", "ingredients", "days_to_send")
    if dispensing.vehicle is not None:
        yield _line(words, "sheet.vehicle", words.say(_VEHICLES[dispensing.vehicle]))
    yield from _approval(plan, words)


def _beyond_use(plan: Plan, words: Words) -> Iterator[Line]:
    """Yield the beyond-use date of all pouches to make, or a line for it, and the rule that says so."""
    yield _line(words, "sheet.beyond_use_date", plan.use_by, date_format(words), to_fill_in=True)
    if any(strip.beyond_use.rules for strip in plan.strips_to_make):
        yield _line(words, "sheet.use_by_rule", describe_beyond_use(plan, words))


def _approval(plan: Plan, words: Words) -> Iterator[Line]:
    approval = plan.order.approval
    yield _heading(words, "sheet.approval")
    if approval is None:
        yield _line(words, "sheet.approval", mark_draft(words), style="alarm")
        return
    yield _line(words, "sheet.approved_by", approval.approved_by)
    yield _line(words, "sheet.approved_on", approval.approved_on, date_format(words))
    yield _line(words, "sheet.reference", approval.reference)


def _amendment(plan: Plan, words: Words) -> Iterator[Line]:
    amendment = plan.order.amendment
    if amendment is None:
        return
    yield _heading(words, "sheet.amendment")
    yield _line(words, "sheet.version", amendment.version, style="strong value")
    yield _line(words, "sheet.replaces_plan", amendment.amends, style="strong value")
    from_day = plan.days[amendment.from_day - 1]
    anew = words.say("sheet.from_day", day=from_day.day, date=from_day.date)
    yield _line(words, "sheet.planned_anew", anew)
    yield _line(words, "sheet.change", describe_amendment(amendment, words))
    yield _line(words, "sheet.reason", amendment.reason)
    yield _line(words, "sheet.kept", describe_kept(plan, words))
    rises = [
        words.say("sheet.rise", day=day.day, date=day.date, dose=describe_pouch_dose(day, words))
        for day in plan.days
        if day.rises
    ]
    if rises:
        yield _line(words, "sheet.dose_rises", words.join_apart(rises), style="strong value")
    if plan.take_back:
        yield _line(words, "sheet.pouches_to_take_back", len(plan.take_back), style="strong value")


def _document(plan: Plan, words: Words) -> Iterator[Line]:
    yield _heading(words, "sheet.document")
    yield _line(words, "sheet.plan_id", plan.plan_id, style="strong value")
    yield _line(words, "sheet.plan_hash", plan.plan_hash)
    yield _line(words, "sheet.made_with", f"stripgen {plan.stripgen_version}")
    yield _line(words, "sheet.issued_on", plan.issued_on, date_format(words))


def _made(plan: Plan, words: Words) -> Iterator[Line]:
    """Yield the right half: the taper, how it is compounded, and the key figures."""
    yield from _taper(plan, words)
    yield from _compounding(plan.order, words)
    yield from _key_figures(plan, words)


def _taper(plan: Plan, words: Words) -> Iterator[Line]:
    taper, end_mg = plan.order.taper, plan.final_dose_mg
    end_format = amount_format(end_mg, "mg") if end_mg else format_within(amount_format(end_mg), words, "sheet.mg_stop")
    yield _heading(words, "sheet.taper")
    yield _line(
        words, "sheet.start_dose", taper.start_dose_mg, amount_format(taper.start_dose_mg, "mg"), "strong value"
    )
    yield _line(words, "sheet.end_dose", end_mg, end_format, "strong value")
    yield _line(words, "sheet.days", len(plan.days), format_within("#,##0", words, "sheet.days_shown"))
    yield _line(words, "sheet.first_pouch", taper.start_date, date_format(words))
    yield _line(words, "sheet.last_pouch", plan.last_date, date_format(words))
    yield _line(words, "sheet.days_per_strip", taper.days_per_strip)
    yield _line(words, "sheet.first_day", words.say(_FIRST_DAYS[taper.first_day]))
    if taper.phase:
        label = "sheet.phases_as_ordered" if plan.version > 1 else "sheet.phases"
        yield _line(words, label, describe_phases(taper, words))
    yield _line(words, "sheet.strategy", describe_strategy(taper, words))
    yield from _limits(taper, words)


def _limits(taper: Taper, words: Words) -> Iterator[Line]:
    if taper.max_different_doses is not None:
        yield _line(words, "sheet.most_different_doses", taper.max_different_doses)
    if taper.min_days_per_dose is not None:
        yield _line(words, "sheet.fewest_days_on_a_dose", taper.min_days_per_dose)
    if taper.max_drop_points is not None:
        yield _line(words, "sheet.largest_drop_allowed", taper.max_drop_points, _points_format(words))


def _compounding(order: Order, words: Words) -> Iterator[Line]:
    compounding = order.compounding
    yield _heading(words, "sheet.compounding")
    if compounding.increment_mg is not None:
        yield _line(
            words, "sheet.capsules_in_steps_of", compounding.increment_mg, amount_format(compounding.increment_mg, "mg")
        )
    for unit in compounding.unit or ():
        form, told = words.form(unit.form), _describe_unit(unit, words)
        if told:
            yield Line(words.say("sheet.unit_label", strength=unit.strength_mg, form=form), told)
        else:
            shown = format_within(amount_format(unit.strength_mg), words, "sheet.mg_of_form", form=form)
            yield _line(words, "sheet.unit", unit.strength_mg, shown)
    solution = compounding.solution
    if solution is not None:
        yield _line(words, "sheet.solution", solution.mg_per_ml, amount_format(solution.mg_per_ml, "mg/mL"))
        yield _line(
            words, "sheet.syringe_in_steps_of", solution.syringe_step_ml, amount_format(solution.syringe_step_ml, "mL")
        )
    yield _line(words, "sheet.most_units_in_a_pouch", compounding.most_units)


def _describe_unit(unit: UnitStrength, words: Words) -> str:
    """Return what the order says of a unit, or nothing."""
    divisible = [words.say(_DIVISIBLE[unit.divisible_into])] if unit.divisible_into in _DIVISIBLE else []
    product = [isolate(unit.product)] if unit.product else []
    supplier = [words.say("sheet.from_supplier", supplier=unit.supplier)] if unit.supplier else []
    return words.join_apart([*divisible, *map(words.tell, remarks_on(unit)), *product, *supplier])


def _key_figures(plan: Plan, words: Words) -> Iterator[Line]:
    totals, quality = plan.totals, plan.quality
    of_a_part = plan.version > 1 or plan.only_strip is not None
    yield _heading(words, "sheet.key_figures")
    yield _line(words, "sheet.pouches_to_make" if of_a_part else "sheet.pouches", totals.pouches, "#,##0")
    yield _line(words, "sheet.strips_to_make" if of_a_part else "sheet.strips", totals.strips)
    yield _line(words, "sheet.different_doses", totals.different_doses)
    yield _line(words, "sheet.total", totals.total_mg, amount_format(totals.total_mg, "mg"))
    if totals.volume_ml is not None:
        yield _line(words, "sheet.volume", totals.volume_ml, amount_format(totals.volume_ml, "mL"))
    has_curve = quality.max_drop_points is not None
    yield _drop(words, "sheet.largest_drop", quality.max_drop_points, quality.max_drop_mg)
    yield _drop_day(quality.max_drop_day if has_curve else quality.max_drop_mg_day, plan, words)
    if plan.stop is None:
        yield _line(words, "sheet.drop_at_stop", words.say("sheet.no_stop"))
    else:
        yield _drop(words, "sheet.drop_at_stop", plan.stop.drop_points, plan.stop.drop_mg)
        yield _line(words, "sheet.first_day_without_pouch", plan.stop.date, date_format(words))
    if quality.rms_error_points is not None:
        yield _line(words, "sheet.rounding_error", quality.rms_error_points, _points_format(words))
    if quality.rms_error_mg is not None:
        yield _line(words, "sheet.rounding_error", quality.rms_error_mg, '0.000" mg"')


def _drop(words: Words, label: str, points: float | None, drop_mg: Decimal) -> Line:
    """Return a drop in points, or without a curve in mg."""
    if points is None:
        return _line(words, label, drop_mg, amount_format(drop_mg, "mg"))
    return _line(words, label, points, _points_format(words))


def _points_format(words: Words) -> str:
    return format_within("0.00", words, "sheet.points_shown")


def _drop_day(day: int, plan: Plan, words: Words) -> Line:
    shown = format_within("#,##0", words, "sheet.day_is_stop") if day > len(plan.days) else "#,##0"
    return _line(words, "sheet.day_of_largest_drop", day, shown)


def _models(plan: Plan, words: Words) -> Iterator[Line]:
    """Yield what models say of the doses: for reading, never used to choose them."""
    prediction, sensitivity = plan.prediction, plan.sensitivity
    if prediction is None and sensitivity is None:
        return
    yield _heading(words, "sheet.models")
    if prediction is not None:
        half_life = words.say("sheet.half_life_of", hours=name_hours(prediction.span_h), moiety=prediction.moiety)
        yield _line(words, "sheet.half_life", half_life)
        yield _line(words, "sheet.largest_drop_predicted", prediction.max_drop_points, _points_format(words))
        if plan.stop is not None:
            yield _line(
                words,
                "sheet.above_1_point_after_stop",
                len(prediction.after),
                format_within("#,##0", words, "sheet.days_shown"),
            )
    if sensitivity is not None:
        worst = sensitivity.worst
        yield _line(words, "sheet.curves_compared", words.say(_BASES[sensitivity.basis]))
        yield _line(words, "sheet.worst_drop", worst.max_drop_points, _points_format(words))
        when = name_drop_day(worst.max_drop_day, len(plan.days))
        yield _line(words, "sheet.where", words.say("sheet.where_by", when=when, curve=name_view(worst)))


def _heading(words: Words, phrase: str) -> Line:
    return Line("", words.say(phrase), style="heading")


def _said(words: Words, table: Table, *keys: str) -> Iterator[Line]:
    """Yield a line for each key that a table of the order says."""
    for key in keys:
        value = getattr(table, key)
        if value is not None:
            yield _line(words, f"sheet.{key}", value, date_format(words) if isinstance(value, dt.date) else "")


def _line(
    words: Words, label: str, value: Value, number_format: str = "", style: str = "value", *, to_fill_in: bool = False
) -> Line:
    """Return a line whose label is a phrase."""
    return Line(words.say(label), value, number_format, style, to_fill_in)


def _field(plan: Plan, words: Words, label: str, value: Value, number_format: str = "", style: str = "value") -> Line:
    """Return a line of the order; blank ones are filled in by hand, but not after the approval."""
    if value is None and not plan.is_draft:
        return _line(words, label, words.say("sheet.not_given"))
    return _line(words, label, value, number_format, style, to_fill_in=True)
