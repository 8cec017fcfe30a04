"""The printed words: how doses, dates, points and compositions read on every document.

Source: ISMP, List of Error-Prone Abbreviations, Symbols and Dose Designations (leading zero, no trailing zero, a space
before the unit, months in letters).
"""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from stripgen.domain.formulary import Grade
from stripgen.domain.order import Amendment, Form, Strategy, Taper
from stripgen.domain.plan import (
    AlternativeName,
    Consumption,
    Day,
    Plan,
    Prediction,
    Sensitivity,
    Strip,
    Units,
    count_units,
)
from stripgen.domain.quantity import plain

DRAFT_WORDS = "DRAFT, not for dispensing"
GRADE_WORDS: dict[Grade, str] = {
    "A": "read in the paper or its abstract",
    "B": "a second-hand transcription of a published fit",
    "C": "derived from published points",
    "own": "brought by the order, its source not checked",
}
MODEL_LIMITS = (
    "The curve is a population average from few scanned people: one person's occupancy can be well above or below it.",
    "Occupancy is not withdrawal: how a step will feel cannot be read from these papers.",
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLURAL: dict[Form, str] = {
    "capsule": "capsules",
    "tablet": "tablets",
    "orodispersible tablet": "orodispersible tablets",
    "film": "films",
    "sachet": "sachets",
    "oral syringe": "oral syringes",
    "modified-release capsule": "modified-release capsules",
    "modified-release tablet": "modified-release tablets",
    "modified-release orodispersible tablet": "modified-release orodispersible tablets",
    "modified-release film": "modified-release films",
    "modified-release sachet": "modified-release sachets",
}
_PARTS = {2: "½", 4: "¼"}
_LEFT_OVER = {"0.25": "a quarter", "0.5": "a half", "0.75": "three quarters"}
STRATEGY_WORDS: dict[Strategy, str] = {
    "occupancy": "equal occupancy steps",
    "linear": "equal steps in mg",
    "proportional": "equal percentages of the current dose",
}
ALTERNATIVE_WORDS: dict[AlternativeName, str] = {
    "occupancy": "equal occupancy steps",
    "linear": "equal mg (linear)",
    "proportional_10": "10 % of the dose a step",
    "proportional_25": "25 % of the dose a step",
    "halving": "halving the dose a step",
}
_FEW_DAYS = 21


def format_number(number: Decimal) -> str:
    """Return a number of mg as printed, without its unit.

    >>> format_number(Decimal("0.50")), format_number(Decimal("1234.5"))
    ('0.5', '1,234.5')
    """
    whole, _, decimals = plain(number).partition(".")
    return f"{int(whole):,}.{decimals}" if decimals else f"{int(whole):,}"


def format_dose(dose_mg: Decimal) -> str:
    """Return a dose as printed.

    >>> format_dose(Decimal("12.50"))
    '12.5 mg'
    """
    return f"{format_number(dose_mg)} mg"


def format_date(date: dt.date) -> str:
    """Return a date with its weekday, the month in letters.

    >>> format_date(dt.date(2026, 12, 1))
    'Tue 1 Dec 2026'
    """
    return f"{WEEKDAYS[date.weekday()]} {format_day(date)}"


def format_day(date: dt.date) -> str:
    """Return a date without its weekday, as for a birth date.

    >>> format_day(dt.date(1981, 5, 12))
    '12 May 1981'
    """
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def format_points(points: float) -> str:
    """Return a difference of occupancy in points, without the word.

    >>> format_points(2.6742), format_points(-0.0001)
    ('2.67', '0.00')
    """
    return f"{points + 0.0:.2f}".replace("-0.00", "0.00")


def format_percent(fraction: float) -> str:
    """Return an occupancy as a percentage, without its sign.

    >>> format_percent(0.8)
    '80.0'
    """
    return f"{100 * fraction:.1f}"


def format_volume(volume_ml: Decimal) -> str:
    """Return a volume as printed.

    >>> format_volume(Decimal("2.50"))
    '2.5 mL'
    """
    return f"{format_number(volume_ml)} mL"


def format_concentration(mg_per_ml: Decimal) -> str:
    """Return the concentration of a solution as printed.

    >>> format_concentration(Decimal("2.0"))
    '2 mg/mL'
    """
    return f"{format_number(mg_per_ml)} mg/mL"


def name_medicine(plan: Plan) -> str:
    """Return the drug's name, and of a solution its concentration: two solutions of one drug must not be mixed up."""
    drug, solution = plan.order.medication.drug, plan.order.compounding.solution
    return f"{drug} {format_concentration(solution.mg_per_ml)}" if solution else drug


def format_pouch_dose(day: Day) -> str:
    """Return a day's dose as printed: in mg, and in mL too where it is measured: `5 mg (2.5 mL)`."""
    return format_dose(day.dose_mg) + (f" ({format_volume(day.volume_ml)})" if day.volume_ml is not None else "")


def format_units(units: Iterable[Units]) -> str:
    """Return a composition as printed: by form, each with its counts and strengths.

    >>> format_units([Units(Decimal(10), "tablet", 1), Units(Decimal("0.5"), "capsule", 3)])
    '1 × 10 mg tablet; 3 × 0.5 mg capsules'
    >>> format_units([Units(Decimal(10), "tablet", 1), Units(Decimal(10), "tablet", 1, divided_into=2)])
    '1 × 10 mg + ½ × 10 mg tablets'
    >>> format_units([Units(Decimal(5), "oral syringe", 1, volume_ml=Decimal("2.5"))])
    '2.5 mL of 2 mg/mL in an oral syringe'
    """
    by_form: dict[Form, list[Units]] = {}
    units = list(units)
    if any(unit.volume_ml is not None for unit in units):
        return "; ".join(map(_measured, units))
    for unit in units:
        by_form.setdefault(unit.form, []).append(unit)
    return "; ".join(
        f"{' + '.join(map(_counted, group))} {name_form(form, count_units(group))}" for form, group in by_form.items()
    )


def _measured(unit: Units) -> str:
    """Return what is measured, of which solution: `2.5 mL of 2 mg/mL in an oral syringe`."""
    volume_ml = unit.volume_ml or Decimal(1)
    each = "an oral syringe" if unit.count == 1 else f"each of {unit.count} oral syringes"
    return f"{format_volume(volume_ml)} of {format_concentration(unit.strength_mg / volume_ml)} in {each}"


def _counted(unit: Units) -> str:
    amount = format_dose(unit.strength_mg)
    if unit.divided_into == 1:
        return f"{unit.count} × {amount}"
    part = _PARTS[unit.divided_into]
    return f"{part} × {amount}" if unit.count == 1 else f"{unit.count} × {part} × {amount}"


def name_part(unit: Units) -> str:
    """Return one unit with its strength, and which part of it: `10 mg`, `½ × 10 mg`.

    >>> name_part(Units(Decimal(10), "tablet", 3, divided_into=4))
    '¼ × 10 mg'
    """
    whole = format_dose(unit.strength_mg)
    return whole if unit.divided_into == 1 else f"{_PARTS[unit.divided_into]} × {whole}"


def format_consumption(consumption: Iterable[Consumption]) -> str:
    """Return the whole units that are used up.

    >>> format_consumption([Consumption(Decimal(10), "tablet", 29, Decimal("0.5"))])
    '29 × 10 mg tablets (a half left over)'
    """
    return "; ".join(
        f"{used.count:,} × {format_dose(used.strength_mg)} {name_form(used.form, used.count)}"
        + (f" ({describe_left_over(used.left_over)} left over)" if used.left_over else "")
        for used in consumption
    )


def describe_left_over(fraction: Decimal) -> str:
    """Return how much of a unit remains.

    >>> describe_left_over(Decimal("0.50"))
    'a half'
    """
    return _LEFT_OVER[plain(fraction)]


def name_form(form: Form, count: int) -> str:
    """Return the word for some units of a form.

    >>> name_form("film", 1), name_form("film", 2)
    ('film', 'films')
    """
    return form if count == 1 else _PLURAL[form]


def count_of(count: int, one: str, many: str) -> str:
    """Return a count with its word.

    >>> count_of(1, "day", "days"), count_of(28, "day", "days")
    ('1 day', '28 days')
    """
    return f"{count:,} {one if count == 1 else many}"


def format_taper(plan: Plan) -> str:
    """Return the whole taper in a few words: `20 mg to stop in 112 days`."""
    start_mg, n_days = plan.order.taper.start_dose_mg, count_of(len(plan.days), "day", "days")
    if plan.final_dose_mg == start_mg:
        return f"{format_dose(start_mg)} held for {n_days}"
    return f"{format_span(start_mg, plan.final_dose_mg)} in {n_days}"


def describe_phases(taper: Taper) -> str:
    """Return what each phase does.

    >>> from datetime import date
    >>> phases = ({"kind": "reduce", "to_mg": 10, "days": 56}, {"kind": "hold", "days": 28})
    >>> describe_phases(Taper(start_dose_mg=20, phase=phases, start_date=date(2026, 12, 1)))
    '20 mg to 10 mg in 56 days, then 28 days at 10 mg'
    """
    told, dose_mg = [], taper.start_dose_mg
    for phase in taper.phases:
        days = count_of(phase.days, "day", "days")
        if phase.to_mg is None:
            told.append(f"{days} at {format_dose(dose_mg)}")
        else:
            told.append(f"{format_span(dose_mg, phase.to_mg) if not told else _to(phase.to_mg)} in {days}")
            dose_mg = phase.to_mg
    return ", then ".join(told)


def _to(dose_mg: Decimal) -> str:
    return f"to {format_dose(dose_mg)}" if dose_mg else "to stop"


def describe_strategy(taper: Taper) -> str:
    """Return how the steps are made.

    >>> from datetime import date
    >>> describe_strategy(Taper(start_dose_mg=20, end_dose_mg=0, days=28, start_date=date(2026, 12, 1)))
    'equal occupancy steps'
    """
    if taper.strategy != "proportional" or taper.percent_per_step is None:
        return STRATEGY_WORDS[taper.strategy]
    every = count_of(taper.days_per_step or 1, "day", "days")
    last = f", last step {format_dose(taper.last_dose_mg)}" if taper.last_dose_mg else ""
    return f"{plain(taper.percent_per_step)} % of the current dose every {every}{last}"


def describe_limits(taper: Taper) -> str:
    """Return the limits the order sets, or nothing.

    >>> from datetime import date
    >>> day = date(2026, 12, 1)
    >>> describe_limits(Taper(start_dose_mg=20, end_dose_mg=0, days=28, start_date=day, min_days_per_dose=3))
    'at least 3 days on a dose'
    """
    told = []
    if taper.max_different_doses is not None:
        told.append(f"at most {count_of(taper.max_different_doses, 'different dose', 'different doses')}")
    if taper.min_days_per_dose is not None:
        told.append(f"at least {count_of(taper.min_days_per_dose, 'day', 'days')} on a dose")
    if taper.max_drop_points is not None:
        told.append(f"no drop over {plain(taper.max_drop_points)} points")
    return ", ".join(told)


def describe_prediction(prediction: Prediction, *, stops: bool) -> str:
    """Return in one sentence how long the medicine tapers itself after the last pouch.

    Args:
        prediction: Of the plan.
        stops: Whether the plan ends at 0.
    """
    low, high = prediction.span_h
    range_words = f"{format_number(low)} h" if low == high else f"{format_number(low)} to {format_number(high)} h"
    model = f"Model, one compartment, half-life of {prediction.moiety} {range_words}"
    if not stops:
        return f"{model}: the largest predicted daily drop is {format_points(prediction.max_drop_points)} points."
    n_days = len(prediction.after)
    length = count_of(n_days, "day", "days") if n_days <= _FEW_DAYS else f"{round(n_days / 7)} weeks"
    if n_days == 0:
        return f"{model}: after the last pouch the medicine is below 1 point within a day; it does not taper itself."
    return f"{model}: after the last pouch the medicine tapers itself for {length}, until below 1 point."


def describe_sensitivity(sensitivity: Sensitivity, n_days: int) -> str:
    """Return in one sentence how large a drop other curves make of the same doses.

    Args:
        sensitivity: Of the plan.
        n_days: Of the plan; the day after the last is the stop.
    """
    worst = sensitivity.worst
    basis = (
        f"{len(sensitivity.views)} published curves"
        if sensitivity.basis == "published curves"
        else "the curve with its ED50 halved and doubled"
    )
    when = name_drop_day(worst.max_drop_day, n_days)
    return (
        f"Of {basis}, the worst single drop is {format_points(worst.max_drop_points)} points, {when} ({worst.curve})."
    )


def name_drop_day(day: int, n_days: int) -> str:
    """Return on which day a drop is.

    >>> name_drop_day(113, 112), name_drop_day(7, 112)
    ('at the stop', 'on day 7')
    """
    return "at the stop" if day > n_days else f"on day {day}"


def describe_amendment(amendment: Amendment) -> str:
    """Return what an amendment changes, in words."""
    amount, first = plain(amendment.amount), amendment.from_day
    match amendment.change:
        case "hold":
            change = f"the dose of day {first - 1} is held for {count_of(int(amount), 'day', 'days')}, then as before"
        case "back":
            change = f"the dose goes back up to that of day {amount}, then down again as from there"
        case "stretch":
            change = f"the rest is stretched, to {amount} days in all"
        case "faster":
            change = f"the rest is shortened, to {amount} days in all"
        case "stop_at":
            change = f"the taper ends at {format_dose(amendment.amount)}"
    return f"From day {first} on: {change}"


def name_strip(strip: Strip, plan: Plan) -> str:
    """Return which strip it is: `strip 3 of 5, hold strip`."""
    return f"strip {strip.number} of {plan.strips[-1].number}{', hold strip' if strip.is_hold else ''}"


def describe_kept(plan: Plan) -> str:
    """Return which days of an amended plan are not made again, and what they were made with; else nothing."""
    kept = plan.order.amendment.kept if plan.order.amendment else ()
    told, first = [], 1
    for plan_id, days in groupby(kept, key=lambda day: day.plan):
        last = first + len(list(days)) - 1
        which = f"day {first}" if first == last else f"days {first} to {last}"
        told.append(f"{which}: kept, made with plan {plan_id}")
        first = last + 1
    return capitalise("; ".join(told))


def capitalise(sentence: str) -> str:
    """Return a sentence with its first letter large; only a to z, whose large forms every font has.

    >>> capitalise("the start"), capitalise("ßtan")
    ('The start', 'ßtan')
    """
    return sentence[:1].upper() + sentence[1:] if sentence[:1].isascii() else sentence


def format_span(start_mg: Decimal, end_mg: Decimal) -> str:
    """Return what the taper does in a few words.

    >>> format_span(Decimal(20), Decimal(0))
    '20 mg to stop'
    """
    return f"{format_dose(start_mg)} to {format_dose(end_mg) if end_mg else 'stop'}"


_GLUE = "\N{NO-BREAK SPACE}"
_BELONGS_TOGETHER = re.compile(
    r"(?<=[\d½¼]) (?=(?:mg|mL|mm|h|%|points|×)(?!\w))"  # a number and its unit, a count and its strength
    r"|(?<=×) (?=[\d½¼])"
    r"|(?<=\d) (?=[A-Z][a-z]{2} \d{4}\b)|(?<= [A-Z][a-z]{2}) (?=\d{4}\b)"  # a date
)


def glue(text: str) -> str:
    r"""Return a text whose spaces stay unbroken within a dose, a count of units or a date.

    >>> glue("2 × 0.5 mg on Tue 1 Dec 2026").split(" ")
    ['2\xa0×\xa00.5\xa0mg', 'on', 'Tue', '1\xa0Dec\xa02026']
    """
    return _BELONGS_TOGETHER.sub(_GLUE, text)


def keep_together(text: str) -> str:
    r"""Return a text that is never broken over two lines, such as a phone number.

    >>> keep_together("+00 000").split(" ")
    ['+00\xa0000']
    """
    return text.replace(" ", _GLUE)


def unglue(text: str) -> str:
    """Return the text with ordinary spaces again, as it is printed.

    >>> unglue(glue("0.5 mg"))
    '0.5 mg'
    """
    return text.replace(_GLUE, " ")
