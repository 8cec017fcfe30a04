"""What must stand on a label, worked out anew from the order, the profile's and the language's files, and the plan.

Nothing here asks the code that words and prints labels. Amounts and dates are written by rules of its own; only dates
in letters come from Babel, as they do there.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from babel.dates import format_date
from stdnum.iso7064 import mod_37_36

from stripgen.domain.plan import Day, Plan, Strip, Units

TEMPLATES = Path(__file__).parent.parent / "templates"
LEAST_PT = 5.5
# key of the order, and the name of the phrase that says it where that is not `label.FIELD`
_KEYS = {
    "dose": "taper",
    "day": "taper",
    "strip": "taper",
    "contents": "taper",
    "units": "compounding",
    "drug": "medication.drug",
    "patient": "patient.name",
    "birth_date": "patient.birth_date",
    "insurance_number": "patient.insurance_number",
    "pharmacy": "pharmacy.name",
    "pharmacy_address": "pharmacy.address",
    "pharmacy_phone": "pharmacy.phone",
    "prescriber": "prescriber.name",
    "route": "medication.route",
    "directions": "medication.directions",
    "precautions": "medication.precautions",
    "storage": "dispensing.storage",
    "ingredients": "dispensing.ingredients",
    "appearance": "compounding.appearance",
    "serial": "dispensing.serial",
    "lot": "dispensing.lot",
    "unit_lots": "batch",
    "use_by": "dispensing.beyond_use_date",
    "made_on": "dispensing.made_on",
    "dispensed_on": "dispensing.dispensed_on",
}
_AS_IT_IS = {"patient", "pharmacy", "pharmacy_address"}
_ON_EVERY_POUCH = {"dose", "day", "drug", "patient", "units", "strip"}
# What a strip's label says from the top down; before a profile's phrases. What the order says is there, also where the
# profile does not ask for it.
_ON_A_STRIP = (
    *("drug", "strip", "day", "patient", "birth_date", "insurance_number", "contents", "directions", "precautions"),
    *("route", "appearance", "ingredients", "storage", "lot", "unit_lots", "use_by", "made_on", "dispensed_on"),
    *("serial", "prescriber", "pharmacy", "pharmacy_address", "pharmacy_phone"),
)
BLANK = "_" * 12  # the shortest line to write on
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_PARTS = {2: "½", 4: "¼"}


@dataclass(frozen=True)
class Due:
    """A text that is due on a label.

    Attributes:
        key: What it is in the order.
        text: With underscores where it is a line to write on.
        may_move: Whether it may stand on the strip's label instead.
        ruled: Whether a line to write on is drawn after it.
        unbroken: Parts of it that stand on one line each, or end it with a hyphen.
    """

    field: str
    key: str
    text: str
    least_pt: float
    may_move: bool = False
    ruled: bool = False
    unbroken: tuple[str, ...] = ()


@cache
def load_raw(kind: str, name: str) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / kind / f"{name}.toml").read_text(encoding="utf-8"))


class Writer:
    """Writes amounts, dates and phrases in one language, by one profile's marks."""

    def __init__(self, language: str, profile: Mapping[str, Any]) -> None:
        self._wording = load_raw("wording", language)
        self._language = language
        mark = profile.get("decimal_mark", "language")
        self._mark = mark if mark != "language" else "." if language == "en" else ","
        self.between = ", " if self._mark == "." else "; "

    def say(self, phrase: str, **values: Any) -> str:
        section, _, name = phrase.partition(".")
        return _PLACE.sub(
            lambda place: self._write(values[place[1]], place[2]), self._wording["phrases"][section][name]
        )

    def _write(self, value: Any, form: str | None) -> str:
        if isinstance(value, dt.date):
            return str(format_date(value, self._wording["day" if form == "day" else "date"], locale=self._language))
        if isinstance(value, str) or form is None:
            return str(value)
        if form in {"mg", "ml", "mg_per_ml"}:
            return self.amount(value, {"mg": "mg", "ml": "mL", "mg_per_ml": "mg/mL"}[form])
        plural = self._wording["plurals"][form]["one" if value == 1 else "other"]
        return str(plural).replace("{n}", self._figure(Decimal(value)))

    def drug(self, name: str) -> str:
        """Return a drug's name in this language; another is said as it is typed."""
        return str(self._wording.get("drugs", {}).get(name, name))

    def amount(self, number: Decimal, unit: str = "mg") -> str:
        return f"{self._figure(number)} {unit}"

    def _figure(self, number: Decimal) -> str:
        whole, _, decimals = f"{number:f}".partition(".")
        if len(whole) > 3:
            whole = f"{whole[:-3]}{',' if self._mark == '.' else ' '}{whole[-3:]}"
        decimals = decimals.rstrip("0")
        return f"{whole}{self._mark}{decimals}" if decimals else whole

    def units(self, units: Sequence[Units]) -> str:
        """Return a composition: by form, each with its counts and strengths."""
        if units[0].volume_ml is not None:
            return "; ".join(self._syringes(unit) for unit in units)
        forms = list(dict.fromkeys(unit.form for unit in units))
        return "; ".join(self._of_form(form, [unit for unit in units if unit.form == form]) for form in forms)

    def _syringes(self, unit: Units) -> str:
        assert unit.volume_ml is not None
        phrase = "units.in_a_syringe" if unit.count == 1 else "units.in_each_syringe"
        return self.say(
            phrase, volume=unit.volume_ml, concentration=unit.strength_mg / unit.volume_ml, n=str(unit.count)
        )

    def _of_form(self, form: str, units: Sequence[Units]) -> str:
        counted = []
        for unit in units:
            words = [] if unit.divided_into > 1 and unit.count == 1 else [str(unit.count)]
            words += [_PARTS[unit.divided_into]] if unit.divided_into > 1 else []
            counted.append(" × ".join([*words, self.amount(unit.strength_mg)]))
        n_units = sum(unit.count for unit in units)
        name = self._wording["forms"][form]["one" if n_units == 1 else "other"]
        return self.say("units.of_form", counted=" + ".join(counted), form=name)

    def doses(self, days: Sequence[Day]) -> str:
        groups = [(dose_mg, len(list(days))) for dose_mg, days in groupby(days, key=lambda day: day.dose_mg)]
        return self.between.join(f"{count} × {self.amount(dose_mg)}" for dose_mg, count in groups)


class Expected:
    """What is due on the labels of one plan."""

    def __init__(self, plan: Plan, profile: str, language: str) -> None:
        self._plan = plan
        self._profile = load_raw("profiles", profile)
        self._writer = Writer(self._profile.get("labels_in", language), self._profile)

    def missing(self) -> dict[str, str]:
        """Return the keys without which there are no labels, and how a refusal begins to say it."""
        if self._plan.is_draft:
            return {}
        missing: dict[str, str] = {}
        for rule in self._profile["field"]:
            if rule.get("if_missing", "refused") == "refused":
                missing |= self._missing(rule["field"])
        return missing

    def _missing(self, name: str) -> dict[str, str]:
        compounding = self._plan.order.compounding
        used = sorted({unit.strength_mg for unit in self._plan.totals.units})
        if name == "unit_lots":
            lacking = [f"{mg.normalize():f} mg" for mg in used if not self._lots_of(mg)]
            of_which = f" for {', '.join(lacking)}" if compounding.unit else ""
            return {"batch": f"is missing{of_which}; "} if lacking else {}
        if name == "appearance" and compounding.unit and compounding.appearance is None:
            lacks = [unit.strength_mg in used and unit.appearance is None for unit in compounding.unit]
            numbers = [number for number, is_so in enumerate(lacks, start=1) if is_so]
            return {f"compounding.unit[{number}].appearance": "is missing; " for number in numbers}
        return {_KEYS[name]: "is missing; "} if self._value(name) is None else {}

    def known_keys(self) -> set[str]:
        """Return every key that a refusal may name."""
        return {*_KEYS.values(), *(f"profile phrase {rule['phrase']}" for rule in self._profile["phrase"])}

    def on_pouch(self, day: Day) -> list[Due]:
        """Return what is due on a pouch's label."""
        plan, say = self._plan, self._writer.say
        strip = next(strip for strip in plan.strips if strip.number == day.strip)
        said = {
            "dose": self._writer.amount(day.dose_mg),
            "day": say("label.day", day=day.day, days=len(plan.days), date=day.date),
            "units": self._writer.units(day.units),
            "strip": self._strip(strip),
        }
        due = []
        for rule in self._profile["field"]:
            if rule.get("on", "pouch") == "strip":
                continue
            if rule["field"] in {"lot", "use_by"} and self._value(rule["field"]) is None:
                if rule.get("if_missing") != "left_out":
                    due.append(self._due(rule, say(f"label.{rule['field']}", value="").strip(), ruled=True))
                continue
            text = said.get(rule["field"]) or self._text(rule, day.units)
            due += [self._due(rule, text, units=day.units)] if text else []
        if day.volume_ml is not None:
            due.append(Due("volume", "compounding", self._writer.amount(day.volume_ml, "mL"), LEAST_PT))
        return [*due, *self._phrases(strips=False), *self._draft()]

    def on_strip(self, strip: Strip) -> list[Due]:
        """Return what is due on a strip's label, from the top down: everything."""
        first, last = strip.days[0], strip.days[-1]
        contents = self._writer.say("label.contents", pouches=len(strip.days), doses=self._writer.doses(strip.days))
        said = {"strip": self._strip(strip), "day": self._days(first, last), "contents": contents}
        return self._whole(said, strip.units)

    def on_outer_label(self) -> list[Due]:
        """Return what is due on the label of what all strips are packed in, from the top down."""
        plan = self._plan
        days = [day for strip in plan.strips if not strip.kept for day in strip.days]
        strips = [strip for strip in plan.strips if not strip.kept]
        total_mg = sum((day.dose_mg for day in days), Decimal(0))
        packed = self._writer.say(f"label.all_strips{self._version}", strips=len(strips), **self._ids)
        said = {
            "strip": packed,
            "day": self._days(days[0], days[-1]),
            "contents": self._writer.say("label.contents_in_all", pouches=len(days), total=total_mg),
        }
        return self._whole(said, plan.totals.units)

    def code_of(self, day: Day) -> str:
        """Return what the code on a pouch says."""
        dispensing, plan_id = self._plan.order.dispensing, self._plan.plan_id.replace("-", "")
        strip, number = f"{day.strip:04}", f"{day.day:04}"
        check = mod_37_36.calc_check_digit(f"SG1{plan_id}{strip}{number}")
        if dispensing.gtin is None:
            code = f"SG1-{plan_id}-{strip}-{number}-{check}"
            return f"91{code}" if dispensing.code == "gs1" else code
        use_by = f"{dispensing.beyond_use_date:%y%m%d}"
        return f"01{dispensing.gtin:0>14}17{use_by}10{dispensing.lot}\x1d21{plan_id}{strip}{number}{check}"

    @property
    def _version(self) -> str:
        return "" if self._plan.version == 1 else "_version"

    @property
    def _ids(self) -> dict[str, str]:
        return {"plan": self._plan.plan_id, "version": str(self._plan.version)}

    def _strip(self, strip: Strip) -> str:
        phrase = "strip.hold" if strip.is_hold else "strip.name"
        name = self._writer.say(phrase, strip=strip.number, strips=self._plan.strips[-1].number)
        return self._writer.say(f"label.strip{self._version}", strip=name[0].upper() + name[1:], **self._ids)

    def _days(self, first: Day, last: Day) -> str:
        if first.day == last.day:
            return self._writer.say("label.day", day=first.day, days=len(self._plan.days), date=first.date)
        return self._writer.say("label.days", first=first.day, last=last.day, begins=first.date, ends=last.date)

    def _whole(self, said: Mapping[str, str], units: Sequence[Units]) -> list[Due]:
        asked = {rule["field"]: rule for rule in self._profile["field"]}
        due = []
        for name in _ON_A_STRIP:
            rule = asked.get(name, {"field": name, "on": "strip", "if_missing": "left_out"})
            text = said.get(name) or self._text(rule, units)
            due += [self._due(rule, text, units=units)] if text else []
        return [*self._draft(), *due, *self._phrases(strips=True)]

    def _phrases(self, *, strips: bool) -> Iterator[Due]:
        for rule in self._profile["phrase"]:
            if strips or rule.get("on", "pouch") != "strip":
                text = self._writer.say(f"legal.{rule['phrase']}")
                yield Due(rule["phrase"], f"profile phrase {rule['phrase']}", text, rule.get("least_pt", LEAST_PT))

    def _draft(self) -> Iterator[Due]:
        if self._plan.is_draft:
            yield Due("draft", "draft", self._writer.say("common.draft"), LEAST_PT)

    def _due(self, rule: Mapping[str, Any], text: str, *, units: Sequence[Units] = (), ruled: bool = False) -> Due:
        name, least_pt = rule["field"], rule.get("least_pt", LEAST_PT)
        may_move = rule.get("on") == "either" and name not in _ON_EVERY_POUCH
        lots = (self._lots(rule, units) or ()) if name == "unit_lots" else ()
        unbroken = tuple(each.split(", ")[0] for each in lots)  # a strength and its first lot
        return Due(name, _KEYS[name], text, least_pt, may_move, ruled, unbroken if len(unbroken) > 1 else ())

    def _text(self, rule: Mapping[str, Any], units: Sequence[Units]) -> str | None:
        """Return what a field says, a line to write on, or None where it is left out or stands with another."""
        name, order = rule["field"], self._plan.order
        value = self._said_of(rule, units)
        if name == "pharmacy":
            pharmacy = value or self._line(name)
            return f"{pharmacy}, {order.pharmacy.phone}" if order.pharmacy.phone else pharmacy
        if value is None:
            return None if rule.get("if_missing") == "left_out" else self._line(name)
        if name == "pharmacy_phone":
            return None  # stands with the pharmacy's name
        if name == "drug":
            solution, drug = order.compounding.solution, self._writer.drug(value)
            return f"{drug} {self._writer.amount(solution.mg_per_ml, 'mg/mL')}" if solution else drug
        if name == "birth_date":
            return self._writer.say("label.born", born=value)
        return str(value) if name in _AS_IT_IS else self._writer.say(f"label.{name}", value=value)

    def _line(self, name: str) -> str:
        phrase = "label.born" if name == "birth_date" else f"label.{name}"
        return self._writer.say(phrase, line=BLANK, born=BLANK, value=BLANK)

    def _said_of(self, rule: Mapping[str, Any], units: Sequence[Units]) -> Any:
        if rule["field"] == "unit_lots":
            lots = self._lots(rule, units)
            return lots and "; ".join(lots)
        return self._looks(rule, units) if rule["field"] == "appearance" else self._value(rule["field"])

    def _value(self, name: str) -> Any:
        table, _, key = _KEYS[name].partition(".")
        return getattr(getattr(self._plan.order, table), key) if key else ""

    def _lots_of(self, strength_mg: Decimal) -> str:
        lots = [batch.lot for batch in self._plan.order.batch if batch.strength_mg in {None, strength_mg}]
        return ", ".join(lots)

    def _lots(self, rule: Mapping[str, Any], units: Sequence[Units]) -> list[str] | None:
        """Return the lots by strength, or the one that all have; a line where a strength has none, or left out."""
        lots = {unit.strength_mg: self._lots_of(unit.strength_mg) for unit in units}
        if not any(lots.values()) and (self._plan.order.compounding.unit is None or self._goes_without(rule)):
            return None
        if len(set(lots.values())) == 1 and all(lots.values()):
            return [next(iter(lots.values()))]
        return self._by_strength(lots, rule)

    def _looks(self, rule: Mapping[str, Any], units: Sequence[Units]) -> str | None:
        """Return what the units look like, by strength where one has its own; else likewise."""
        compounding = self._plan.order.compounding
        own = {unit.strength_mg: unit.appearance for unit in compounding.unit or ()}
        strengths = list(dict.fromkeys(unit.strength_mg for unit in units))
        if not any(own.get(mg) for mg in strengths):
            return compounding.appearance
        return "; ".join(self._by_strength({mg: own[mg] or compounding.appearance for mg in strengths}, rule))

    def _by_strength(self, said: Mapping[Decimal, str | None], rule: Mapping[str, Any]) -> list[str]:
        told = {mg: text or (None if self._goes_without(rule) else BLANK) for mg, text in said.items()}
        return [f"{self._writer.amount(mg)} {text}" for mg, text in told.items() if text]

    def _goes_without(self, rule: Mapping[str, Any]) -> bool:
        return rule.get("if_missing") == "left_out"
