"""What each field of a label says, on a pouch, on a strip and on what they are packed in; how large it may be set."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from stripgen.domain.plan import Day, Plan, Strip, Units
from stripgen.domain.profile import ORDER_KEYS, FieldRule, LabelField, PhraseRule, Profile, said_of
from stripgen.domain.wording import Value
from stripgen.rendering.descriptions import describe_units, name_medicine, name_strip
from stripgen.rendering.strip_plan.label_layout import Piece, Tier
from stripgen.rendering.strip_plan.page import Font
from stripgen.rendering.strip_plan.text import shorten
from stripgen.rendering.words import Words, capitalise, isolate, keep_together

LINE = "____________________"  # to write on
_SHORT_LINE = "____________"


@dataclass(frozen=True, slots=True)
class _Type:
    """How a field is set: its sizes in points, its priority, and whether it may share a line."""

    least_pt: float
    most_pt: float
    tier: Tier = 2
    font: Font = "regular"
    joins: bool = False


_POUCH_TYPE: dict[LabelField, _Type] = {
    "dose": _Type(12, 24, 0, "bold"),
    "drug": _Type(7, 13, 1, "bold", joins=True),
    "day": _Type(7, 10, 0, "semibold"),
    "patient": _Type(7, 12, 1, "bold"),
    "birth_date": _Type(6, 8.5, 1, joins=True),
    "insurance_number": _Type(6, 8.5, 1, joins=True),
    "units": _Type(6, 9),
    "strip": _Type(6, 8, joins=True),
}
_STRIP_TYPE: dict[LabelField, _Type] = {
    "drug": _Type(9, 18, 0, "bold"),
    "strip": _Type(7.5, 12.5, 0, "semibold"),
    "day": _Type(7.5, 12.5, 0, "semibold"),
    "patient": _Type(8, 14, 1, "bold"),
    "birth_date": _Type(7, 10.5, 1, joins=True),
    "insurance_number": _Type(7, 10.5, 1, joins=True),
    "contents": _Type(6.5, 11, 1),
    "directions": _Type(7, 11, 1, "semibold"),
}
_STRIP_USUAL_TYPE = _Type(6, 10)
_STRIP_SHORT_TYPE = _Type(6, 10, joins=True)
_SHORT: frozenset[LabelField] = frozenset({"use_by", "made_on", "dispensed_on", "serial", "pharmacy_address"})
_STRIP_PHRASE_TYPE = _Type(6, 10)
_USUAL_TYPE = _Type(6, 8, joins=True)
_PHRASE_TYPE = _Type(6, 8)
_MEASURED_PT = 7.0  # a composition to be measured is no small print
_VOLUME_TYPE = _Type(8, 15, 0, "semibold", joins=True)

# From the top down; what a profile asks for beside these follows.
_POUCH_ORDER: tuple[LabelField, ...] = (
    "dose",
    "drug",
    "day",
    "patient",
    "birth_date",
    "insurance_number",
    "units",
    "strip",
    "directions",
    "precautions",
    "pharmacy",
)
_STRIP_ORDER: tuple[LabelField, ...] = (
    "drug",
    "strip",
    "day",
    "patient",
    "birth_date",
    "insurance_number",
    "contents",
    "directions",
    "precautions",
    "route",
    "appearance",
    "ingredients",
    "storage",
    "lot",
    "unit_lots",
    "use_by",
    "made_on",
    "dispensed_on",
    "serial",
    "prescriber",
    "pharmacy",
    "pharmacy_address",
    "pharmacy_phone",
)
# At the foot of a pouch, with room to write where the order does not say them.
AT_THE_FOOT: tuple[LabelField, ...] = ("lot", "use_by")


def pouch_pieces(day: Day, plan: Plan, words: Words, profile: Profile, moved: frozenset[str]) -> list[Piece]:
    """Return the texts of a pouch label from the top down, without lot and use-by date, which stand at its foot.

    Args:
        day: The pouch.
        plan: To which it belongs.
        words: Of the labels' language.
        profile: What must stand there.
        moved: What has no room there, and stands on the strip's label only.
    """
    rules = {rule.field: rule for rule in profile.field if rule.is_on_pouch(moved) and rule.field not in AT_THE_FOOT}
    order = [*_POUCH_ORDER, *(field for field in rules if field not in _POUCH_ORDER)]
    pieces: list[Piece] = []
    for field in order:
        if field in rules:
            pieces += _pouch_field(rules[field], day, plan, words)
    phrases = [rule for rule in profile.phrase if rule.is_on_pouch(moved)]
    return [*pieces, *_phrase_pieces(phrases, words, _PHRASE_TYPE)]


def strip_pieces(strip: Strip, plan: Plan, words: Words, profile: Profile) -> list[Piece]:
    """Return the texts of a strip's label from the top down: all that its profile asks for, wherever else it stands."""
    first, last = strip.days[0], strip.days[-1]
    said: dict[LabelField, str] = {
        "strip": _name_strip_and_plan(strip, plan, words),
        "day": _name_days(first, last, len(plan.days), words),
        "contents": words.say("label.contents", pouches=len(strip.days), doses=list_doses(strip.days, words)),
        **_use_by(strip.beyond_use.date, words),
    }
    return _whole_label(said, strip.units, plan, words, profile)


def outer_pieces(plan: Plan, words: Words, profile: Profile) -> list[Piece]:
    """Return the texts of the label for what all strips to make are packed in, from the top down."""
    days, strips = plan.days_to_make, plan.strips_to_make
    phrase = "label.all_strips" if plan.version == 1 else "label.all_strips_version"
    version = {} if plan.version == 1 else {"version": plan.version}
    said: dict[LabelField, str] = {
        "strip": words.say(phrase, strips=len(strips), plan=plan.plan_id, **version),
        "day": _name_days(days[0], days[-1], len(plan.days), words),
        "contents": words.say("label.contents_in_all", pouches=len(days), total=plan.total_mg),
        **_use_by(plan.use_by, words),
    }
    return _whole_label(said, plan.totals.units, plan, words, profile)


def _use_by(date: dt.date | None, words: Words) -> dict[LabelField, str]:
    """Return what a label says of its beyond-use date; nothing where that is not known."""
    return {} if date is None else {"use_by": words.say("label.use_by", value=date)}


def _whole_label(
    said: dict[LabelField, str], units: Sequence[Units], plan: Plan, words: Words, profile: Profile
) -> list[Piece]:
    rules = {rule.field: rule for rule in profile.field}
    pieces = []
    for field in _STRIP_ORDER:
        # what the order says stands on every strip, also where the profile does not ask for it
        rule = rules.get(field, FieldRule(field=field, on="strip", if_missing="left_out"))
        text = said.get(field) or field_text(rule, units, plan, words)
        if text:
            usual = _STRIP_SHORT_TYPE if field in _SHORT else _STRIP_USUAL_TYPE
            pieces.append(_piece(rule, text, _STRIP_TYPE.get(field, usual)))
    return [*pieces, *_phrase_pieces(profile.phrase, words, _STRIP_PHRASE_TYPE)]


def list_doses(days: Sequence[Day], words: Words) -> str:
    """Return how many pouches have which dose, in the order of the days: `3 × 20 mg, 4 × 19.6 mg`."""
    groups = [(dose_mg, len(list(group))) for dose_mg, group in groupby(day.dose_mg for day in days)]
    return words.join(f"{count} × {words.dose(dose_mg)}" for dose_mg, count in groups)


def _name_days(first: Day, last: Day, n_days: int, words: Words) -> str:
    if first is last:
        return _name_day(first, n_days, words)
    begins, ends = (keep_together(words.date(day.date)) for day in (first, last))
    return words.say("label.days", first=first.day, last=last.day, begins=begins, ends=ends)


def _name_day(day: Day, n_days: int, words: Words) -> str:
    """Return the day and its date, which is never broken over two lines."""
    return words.say("label.day", day=day.day, days=n_days, date=keep_together(words.date(day.date)))


def _pouch_field(rule: FieldRule, day: Day, plan: Plan, words: Words) -> Iterator[Piece]:
    type_ = _POUCH_TYPE.get(rule.field, _USUAL_TYPE)
    match rule.field:
        case "dose":
            yield _piece(rule, words.dose(day.dose_mg), type_)
            if day.volume_ml is not None:
                yield replace(_piece(rule, words.volume(day.volume_ml), _VOLUME_TYPE), field="compounding")
        case "day":
            yield _piece(rule, _name_day(day, len(plan.days), words), type_)
        case "units":
            measured = _Type(_MEASURED_PT, type_.most_pt, type_.tier, "semibold")
            text = describe_units(day.units, words)
            yield _piece(rule, text, type_ if day.volume_ml is None else measured)
        case "strip":
            yield _piece(rule, _name_strip_and_plan(plan.strip_of(day), plan, words), type_)
        case _:
            text = field_text(rule, day.units, plan, words)
            if text:
                yield _piece(rule, text, type_)


def field_text(rule: FieldRule, units: Sequence[Units], plan: Plan, words: Words) -> str:
    """Return what a field says that is the same on a pouch and on a strip, or a line to write on; empty where left out.

    Args:
        rule: The field, and what becomes of it when the order does not say it.
        units: In the pouch or the strip.
        plan: To which it belongs.
        words: Of the labels' language.
    """
    value = _value_of(rule, units, plan, words)
    if value is None:
        return "" if rule.if_missing == "left_out" else _blank(rule.field, words)
    match rule.field:
        case "drug":
            return name_medicine(plan, words)
        case "patient" | "pharmacy" | "pharmacy_address":
            return str(value)
        case "birth_date":
            return words.say("label.born", born=value)
        case "pharmacy_phone":
            return ""  # stands with the pharmacy's name
        case _:
            return words.say(f"label.{rule.field}", value=value)


def _name_pharmacy(rule: FieldRule, plan: Plan, words: Words) -> str | None:
    """Return its name, or a line to write it on, with its phone number."""
    pharmacy = plan.order.pharmacy
    if pharmacy.name is None and rule.if_missing == "left_out":
        return pharmacy.phone and keep_together(pharmacy.phone)
    name = _blank("pharmacy", words) if pharmacy.name is None else isolate(pharmacy.name)
    return name if pharmacy.phone is None else f"{name}, {keep_together(pharmacy.phone)}"


def _blank(field: LabelField, words: Words) -> str:
    match field:
        case "patient":
            return words.say("label.patient", line=LINE)
        case "birth_date":
            return words.say("label.born", born=_SHORT_LINE)
        case "pharmacy":
            return words.say("label.pharmacy", line=LINE)
        case "pharmacy_address" | "pharmacy_phone":
            return words.say(f"label.{field}", line=LINE)
        case _:
            return words.say(f"label.{field}", value=_SHORT_LINE)


def _value_of(rule: FieldRule, units: Sequence[Units], plan: Plan, words: Words) -> Value | None:
    """Return what the order says, or None."""
    match rule.field:
        case "appearance":
            return _appearance(rule, units, plan, words)
        case "unit_lots":
            return _unit_lots(rule, units, plan, words)
        case "pharmacy":
            return _name_pharmacy(rule, plan, words)
        case _:
            said: Value | None = said_of(rule.field, plan.order)
            return said


def _appearance(rule: FieldRule, units: Sequence[Units], plan: Plan, words: Words) -> str | None:
    """Return what the units look like; of several strengths each with its own, or a line for one that has none."""
    compounding = plan.order.compounding
    strengths = dict.fromkeys(unit.strength_mg for unit in units)
    if not any(unit.appearance for unit in compounding.unit or () if unit.strength_mg in strengths):
        return compounding.appearance
    blank = None if rule.if_missing == "left_out" else _SHORT_LINE
    told = [(mg, compounding.appearance_of(mg) or blank) for mg in strengths]
    return words.join_apart(f"{words.dose(mg)} {isolate(appearance)}" for mg, appearance in told if appearance)


def _unit_lots(rule: FieldRule, units: Sequence[Units], plan: Plan, words: Words) -> str | None:
    """Return the lots of the units, of several strengths each with its own, or a line for each that has none."""
    lots = {
        unit.strength_mg: [isolate(batch.lot) for batch in plan.order.batches_of(unit.strength_mg)] for unit in units
    }
    if not any(lots.values()) and (rule.if_missing == "left_out" or plan.order.compounding.unit is None):
        return None
    if len(set(map(tuple, lots.values()))) == 1 and all(lots.values()):
        return ", ".join(next(iter(lots.values())))
    blank = [] if rule.if_missing == "left_out" else [_SHORT_LINE]
    told = [(mg, found or blank) for mg, found in lots.items()]
    return words.join_apart(_lots_of_strength(words.dose(mg), found) for mg, found in told if found)


def _lots_of_strength(strength: str, lots: Sequence[str]) -> str:
    """Return lots after their strength; a comma parts them in all languages, as more parts them from the next one's."""
    first, *others = lots
    return ", ".join([keep_together(f"{strength} {first}"), *others])


def _phrase_pieces(rules: Sequence[PhraseRule], words: Words, type_: _Type) -> list[Piece]:
    return [_piece(rule, words.say(f"legal.{rule.phrase}") if rule.phrase else rule.name, type_) for rule in rules]


def _piece(rule: FieldRule | PhraseRule, text: str, type_: _Type) -> Piece:
    """Return a text as it is set; a profile's least size goes before the usual one."""
    least_pt = type_.least_pt if rule.least_pt is None else float(rule.least_pt)
    key = ORDER_KEYS[rule.field] if isinstance(rule, FieldRule) else f"profile phrase {shorten(rule.name)}"
    return Piece(key, text, least_pt, max(type_.most_pt, least_pt), type_.tier, type_.font, type_.joins)


def _name_strip_and_plan(strip: Strip, plan: Plan, words: Words) -> str:
    """Return the strip and the plan, and of an amended one the version: what tells its pouches from older ones."""
    named = capitalise(name_strip(strip, plan, words))
    if plan.version == 1:
        return words.say("label.strip", strip=named, plan=plan.plan_id)
    return words.say("label.strip_version", strip=named, plan=plan.plan_id, version=plan.version)
