"""What several documents say in the same words: a composition, a taper, a limit, an amendment, a model."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from itertools import groupby

from stripgen.domain.amendment import Amendment
from stripgen.domain.beyond_use import BeyondUseRule
from stripgen.domain.formulary import name_own
from stripgen.domain.order import Form, Taper
from stripgen.domain.plan import (
    Consumption,
    CurveView,
    Day,
    Plan,
    Prediction,
    Sensitivity,
    Strip,
    Units,
    count_units,
    name_drop_day,
)
from stripgen.domain.quantity import plain
from stripgen.domain.wording import Saying, say_later
from stripgen.rendering.words import Words, capitalise

_PARTS = {2: "½", 4: "¼"}
_LEFT_OVER = {"0.25": "units.a_quarter", "0.5": "units.a_half", "0.75": "units.three_quarters"}
_FEW_DAYS = 21


def name_medicine(plan: Plan, words: Words) -> str:
    """Return the drug's name, and of a solution its concentration: two solutions of one drug must not be mixed up."""
    drug, solution = words.drug(plan.order.medication.drug), plan.order.compounding.solution
    return f"{drug} {words.concentration(solution.mg_per_ml)}" if solution else drug


def name_drug_as_ordered(plan: Plan, words: Words) -> str:
    """Return the drug's name, and beside it the order's own where that is another: `Sertralin (sertraline)`."""
    ordered = plan.order.medication.drug
    name = words.drug(ordered)
    return name if name.casefold() == ordered.casefold() else f"{name} ({ordered})"


def describe_pouch_dose(day: Day, words: Words) -> str:
    """Return a day's dose as printed: in mg, and in mL too where it is measured: `5 mg (2.5 mL)`."""
    return words.dose(day.dose_mg) + (f" ({words.volume(day.volume_ml)})" if day.volume_ml is not None else "")


def describe_units(units: Iterable[Units], words: Words) -> str:
    """Return a composition as printed: by form, each with its counts and strengths.

    `1 × 10 mg tablet; 3 × 0.5 mg capsules`, `1 × 10 mg + ½ × 10 mg tablets`, `2.5 mL of 2 mg/mL in an oral syringe`.
    """
    by_form: dict[Form, list[Units]] = {}
    units = list(units)
    if any(unit.volume_ml is not None for unit in units):
        return words.join_apart(_measured(unit, words) for unit in units)
    for unit in units:
        by_form.setdefault(unit.form, []).append(unit)
    return words.join_apart(
        words.say(
            "units.of_form",
            counted=" + ".join(_counted(unit, words) for unit in group),
            form=words.form(form, count_units(group)),
        )
        for form, group in by_form.items()
    )


def _measured(unit: Units, words: Words) -> str:
    """Return what is measured, of which solution: `2.5 mL of 2 mg/mL in an oral syringe`."""
    volume_ml = unit.volume_ml or Decimal(1)
    concentration = unit.strength_mg / volume_ml
    if unit.count == 1:
        return words.say("units.in_a_syringe", volume=volume_ml, concentration=concentration)
    return words.say("units.in_each_syringe", volume=volume_ml, concentration=concentration, n=unit.count)


def _counted(unit: Units, words: Words) -> str:
    amount = words.dose(unit.strength_mg)
    if unit.divided_into == 1:
        return f"{unit.count} × {amount}"
    part = _PARTS[unit.divided_into]
    return f"{part} × {amount}" if unit.count == 1 else f"{unit.count} × {part} × {amount}"


def name_part(unit: Units, words: Words) -> str:
    """Return one unit with its strength, and which part of it: `10 mg`, `½ × 10 mg`."""
    whole = words.dose(unit.strength_mg)
    return whole if unit.divided_into == 1 else f"{_PARTS[unit.divided_into]} × {whole}"


def describe_consumption(consumption: Iterable[Consumption], words: Words) -> str:
    """Return the whole units that are used up: `29 × 10 mg tablets (and a half left by an earlier strip)`."""
    return words.join_apart(_describe_used(used, words) for used in consumption)


def _describe_used(used: Consumption, words: Words) -> str:
    counted = f"{words.number(used.count)} × {words.dose(used.strength_mg)}"
    told = words.say("units.of_form", counted=counted, form=words.form(used.form, used.count))
    parts = (("units.from_before", used.from_before), ("units.left_over", used.left_over))
    asides = [words.say(said, part=name_left_over(part, words)) for said, part in parts if part]
    return f"{told} ({'; '.join(asides)})" if asides else told


def name_left_over(fraction: Decimal, words: Words) -> str:
    """Return how much of a unit remains: `a half`."""
    return words.say(_LEFT_OVER[plain(fraction)])


def name_dose_or_stop(dose_mg: Decimal) -> Saying:
    """Return the dose that a taper goes to, or that it stops."""
    return say_later("taper.to_dose", dose=dose_mg) if dose_mg else say_later("taper.to_stop")


def describe_span(start_mg: Decimal, end_mg: Decimal, words: Words) -> str:
    """Return what the taper does in a few words: `20 mg to stop`."""
    return words.say("taper.span", start=start_mg, end=name_dose_or_stop(end_mg))


def describe_taper(plan: Plan, words: Words) -> str:
    """Return the whole taper in a few words: `20 mg to stop in 112 days`."""
    start_mg, n_days = plan.order.taper.start_dose_mg, len(plan.days)
    if plan.final_dose_mg == start_mg:
        return words.say("taper.held", dose=start_mg, days=n_days)
    return words.say("taper.span_in", start=start_mg, end=name_dose_or_stop(plan.final_dose_mg), days=n_days)


def describe_phases(taper: Taper, words: Words) -> str:
    """Return what each phase does: `20 mg to 10 mg in 56 days, then 28 days at 10 mg`."""
    told, dose_mg = [], taper.start_dose_mg
    for phase in taper.phases:
        if phase.to_mg is None:
            told.append(words.say("taper.phase_hold", days=phase.days, dose=dose_mg))
        elif not told:
            told.append(words.say("taper.span_in", start=dose_mg, end=name_dose_or_stop(phase.to_mg), days=phase.days))
        else:
            told.append(words.say("taper.phase_reduce", end=name_dose_or_stop(phase.to_mg), days=phase.days))
        dose_mg = dose_mg if phase.to_mg is None else phase.to_mg
    return reduce(lambda before, after: words.say("taper.then", before=before, after=after), told)


def describe_strategy(taper: Taper, words: Words) -> str:
    """Return how the steps are made: `equal occupancy steps`."""
    if taper.strategy != "proportional" or taper.percent_per_step is None:
        return words.say(f"strategy.{taper.strategy}")
    told = words.say("strategy.percent_every", percent=taper.percent_per_step, days=taper.days_per_step or 1)
    return told + (words.say("strategy.last_step", dose=taper.last_dose_mg) if taper.last_dose_mg else "")


def describe_limits(taper: Taper, words: Words) -> str:
    """Return the limits the order sets, or nothing: `at least 3 days on a dose`."""
    told = []
    if taper.max_different_doses is not None:
        told.append(words.say("limits.different_doses", doses=taper.max_different_doses))
    if taper.min_days_per_dose is not None:
        told.append(words.say("limits.days_on_a_dose", days=taper.min_days_per_dose))
    if taper.max_drop_points is not None:
        told.append(words.say("limits.drop", points=taper.max_drop_points))
    return ", ".join(told)


def describe_prediction(prediction: Prediction, words: Words, *, stops: bool) -> str:
    """Return in one sentence how long the medicine tapers itself after the last pouch.

    Args:
        prediction: Of the plan.
        words: Of the paper's language.
        stops: Whether the plan ends at 0.
    """
    model = say_later("models.prediction", moiety=prediction.moiety, hours=name_hours(prediction.span_h))
    if not stops:
        return words.say("models.largest_daily_drop", model=model, points=prediction.max_drop_points)
    n_days = len(prediction.after)
    if n_days == 0:
        return words.say("models.below_within_a_day", model=model)
    if n_days <= _FEW_DAYS:
        return words.say("models.tapers_itself_days", model=model, days=n_days)
    return words.say("models.tapers_itself_weeks", model=model, weeks=round(n_days / 7))


def name_hours(span_h: tuple[Decimal, Decimal]) -> Saying:
    """Return a half-life: `35 h`, or `33 to 37 h`."""
    low, high = span_h
    return say_later("models.hours", low=low) if low == high else say_later("models.hours_span", low=low, high=high)


def describe_sensitivity(sensitivity: Sensitivity, n_days: int, words: Words) -> str:
    """Return in one sentence how large a drop other curves make of the same doses.

    Args:
        sensitivity: Of the plan.
        n_days: Of the plan; the day after the last is the stop.
        words: Of the paper's language.
    """
    worst = sensitivity.worst
    published = sensitivity.basis == "published curves"
    basis = (
        say_later("models.n_curves", curves=len(sensitivity.views)) if published else say_later("models.ed50_varied")
    )
    return words.say(
        "models.worst_drop",
        basis=basis,
        points=worst.max_drop_points,
        when=name_drop_day(worst.max_drop_day, n_days),
        curve=name_view(worst),
    )


def say_own(word: str, words: Words) -> str:
    """Return the id or the grade of a curve in the paper's language."""
    told = name_own(word)
    return told if isinstance(told, str) else words.tell(told)


def name_view(view: CurveView) -> Saying | str:
    """Return which curve a view is of, by its id: `citalopram-sert-1`, `citalopram-sert-1, ED50 halved`."""
    match view.ed50:
        case "published":
            return name_own(view.curve)
        case "halved":
            return say_later("models.ed50_halved", curve=name_own(view.curve))
        case "doubled":
            return say_later("models.ed50_doubled", curve=name_own(view.curve))


def describe_amendment(amendment: Amendment, words: Words) -> str:
    """Return what an amendment changes, in words."""
    return words.say("amendment.from_day", day=amendment.from_day, change=_name_change(amendment))


def _name_change(amendment: Amendment) -> Saying:
    whole = int(amendment.amount)
    match amendment.change:
        case "hold":
            return say_later("amendment.hold", day=amendment.from_day - 1, days=whole)
        case "back":
            return say_later("amendment.back", day=whole)
        case "stretch":
            return say_later("amendment.stretch", days=whole)
        case "faster":
            return say_later("amendment.faster", days=whole)
        case "stop_at":
            return say_later("amendment.stop_at", dose=amendment.amount)


def name_strip(strip: Strip, plan: Plan, words: Words) -> str:
    """Return which strip it is: `strip 3 of 5, hold strip`."""
    phrase = "strip.hold" if strip.is_hold else "strip.name"
    return words.say(phrase, strip=strip.number, strips=plan.strips[-1].number)


def describe_beyond_use_rule(rule: BeyondUseRule, words: Words) -> str:
    """Return what decides a beyond-use date: `60 days from making on 23 Nov 2026 (source)`."""
    source = rule.limit.cited if rule.limit else ""
    match rule.kind:
        case "given":
            return words.say("beyond_use.by_hand")
        case "expiry":
            return words.say("beyond_use.lot_expires", lot=rule.lot or "", date=rule.date or dt.date.max)
        case "material":
            material = rule.material or ""
            if rule.lot is not None:
                material = words.say("beyond_use.material_lot", material=material, lot=rule.lot)
            return words.say("beyond_use.material_expires", material=material, date=rule.date or dt.date.max)
        case "prepared":
            counted = rule.counted_from or dt.date.max
            return words.say(
                "beyond_use.lot_prepared", days=rule.days, lot=rule.lot or "", prepared=counted, source=source
            )
        case "made" if rule.counted_from is None:
            return words.say("beyond_use.within", days=rule.days, source=source)
        case _:
            return words.say("beyond_use.from_making", days=rule.days, made=rule.counted_from, source=source)


def describe_beyond_use(plan: Plan, words: Words) -> str:
    """Return which rule decides the beyond-use date of the pouches to make, strip by strip where they differ."""
    strips = plan.strips_to_make
    if len({(strip.beyond_use.date, strip.beyond_use.winner or strip.beyond_use.latest) for strip in strips}) == 1:
        return describe_beyond_use_of(strips[0], words)
    return words.join_apart(_describe_of_strip(strip, words) for strip in strips)


def describe_beyond_use_of(strip: Strip, words: Words) -> str:
    """Return which rule decides until when a strip's pouches may be used."""
    winner, latest = strip.beyond_use.winner, strip.beyond_use.latest
    if winner is not None:
        return describe_beyond_use_rule(winner, words)
    if latest is None:
        return words.say("beyond_use.not_known")
    return words.say("beyond_use.no_later", rule=describe_beyond_use_rule(latest, words))


def _describe_of_strip(strip: Strip, words: Words) -> str:
    rule, date = describe_beyond_use_of(strip, words), strip.beyond_use.date
    if date is None:
        return words.say("beyond_use.of_open_strip", strip=strip.number, rule=rule)
    return words.say("beyond_use.of_strip", strip=strip.number, date=date, rule=rule)


def describe_kept(plan: Plan, words: Words) -> str:
    """Return which days of an amended plan are not made again, and what they were made with; else nothing."""
    kept = plan.order.amendment.kept if plan.order.amendment else ()
    told, first = [], 1
    for plan_id, days in groupby(kept, key=lambda day: day.plan):
        last = first + len(list(days)) - 1
        phrase = "amendment.kept_day" if first == last else "amendment.kept_days"
        told.append(words.say(phrase, first=first, **({} if first == last else {"last": last}), plan=plan_id))
        first = last + 1
    return capitalise(words.join_apart(told))
