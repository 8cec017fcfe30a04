"""What must stand on a label of a pouch or a strip, and whether it does: all of it once, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stripgen.domain.code import gs1_code
from stripgen.domain.profile import ORDER_KEYS, FieldRule, LabelField
from stripgen.domain.stock import LabelPaper
from stripgen.verifying.expected import ExpectedDay, Pieces
from stripgen.verifying.phrases import Filling, Voice, large
from stripgen.verifying.promise import Promise, Roll, add_up
from stripgen.verifying.reading import Area, ReadText, letters_of, reads_right_to_left, squeeze

BLANK = "____"  # a line to write on, of whatever length
_AT_THE_FOOT = {"lot", "use_by"}
_OF_UNITS = {"unit_lots", "appearance"}  # fields that hang on what is in a pouch
_ON_STRIPS: tuple[LabelField, ...] = (
    *("drug", "strip", "day", "patient", "birth_date", "insurance_number", "contents", "directions", "precautions"),
    *("route", "appearance", "ingredients", "storage", "lot", "unit_lots", "use_by", "made_on", "dispensed_on"),
    *("serial", "prescriber", "pharmacy", "pharmacy_address", "pharmacy_phone"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """A text that is due.

    Attributes:
        name: What it is, for messages.
        may_move: Whether it may stand on the strip's label instead.
    """

    name: str
    text: str
    may_move: bool = False


def label_area(position: int, paper: LabelPaper) -> Area:
    """Return where a label lies on its sheet; position 0 is the first."""
    x, y = paper.stock.corner_mm(position)
    left, top = float(x + paper.offset_mm[0]), float(y + paper.offset_mm[1])
    width, height = map(float, paper.stock.label_mm)
    return Area(left, top, left + width, top + height)


def pouch_code(day: ExpectedDay, promise: Promise) -> str:
    """Return what the code on a pouch holds, a separator of GS1 elements as it is."""
    dispensing = promise.order.dispensing
    if not dispensing.prints_gs1:
        return day.code
    elements = gs1_code(
        promise.expected.plan_id,
        day.strip,
        day.day,
        gtin=dispensing.gtin,
        lot=dispensing.lot,
        use_by=dispensing.beyond_use_date,
    )
    return f"\x1d{elements}"


class LabelsDue:
    """What is due on the labels of one plan."""

    def __init__(self, promise: Promise) -> None:
        """Take what the labels must say."""
        self._promise = promise
        self._voice: Voice = promise.label_voice
        self._profile = promise.printing.profile
        self._said: dict[object, str | None] = {}  # what most labels say alike

    def on_pouch(self, day: ExpectedDay, roll: Roll) -> list[Due]:
        """Return what is due on a pouch, the least weighty last."""
        voice, promise = self._voice, self._promise
        said = {
            "dose": voice.amount(day.dose_mg),
            "day": voice.say("label.day", day=day.day, days=promise.n_days, date=day.date),
            "units": voice.composition(day.units, promise.order),
            "strip": self._strip(roll),
        }
        due = [*self._draft()]
        for rule in self._profile.field:
            if rule.on == "strip":
                continue
            text = said.get(rule.field) or self._text(rule, day.units, roll.units, at_the_foot=True)
            due += [Due(rule.field, text, rule.on == "either")] if text else []
        if day.volume_ml is not None:
            due.append(Due("volume", voice.amount(day.volume_ml, "mL")))
        return [*due, *self._phrases(on_pouches=True)]

    def on_strip(self, roll: Roll) -> list[Due]:
        """Return what is due on a strip's label: everything."""
        days = self._days(roll.days[0], roll.days[-1])
        contents = self._voice.say("label.contents", pouches=len(roll.days), doses=self._voice.doses(roll.days))
        return self._whole({"strip": self._strip(roll), "day": days, "contents": contents}, roll.units, [roll])

    def on_outer_label(self) -> list[Due]:
        """Return what is due on the label of what all strips are packed in."""
        promise, version = self._promise, "" if self._promise.version == 1 else "_version"
        days, rolls = promise.days_to_make, promise.rolls_to_make
        total_mg = sum((day.dose_mg for day in days), Decimal(0))
        contents = self._voice.say("label.contents_in_all", pouches=len(days), total=total_mg)
        strips = self._voice.say(f"label.all_strips{version}", strips=len(rolls), **self._ids())
        said = {"strip": strips, "day": self._days(days[0], days[-1]), "contents": contents}
        return self._whole(said, add_up(days), rolls)

    def _ids(self) -> dict[str, Filling]:
        return {"plan": self._promise.expected.plan_id, "version": self._promise.version}

    def _strip(self, roll: Roll) -> str:
        phrase = "label.strip" if self._promise.version == 1 else "label.strip_version"
        return self._voice.say(phrase, strip=large(self._promise.name_roll(roll, self._voice)), **self._ids())

    def _days(self, first: ExpectedDay, last: ExpectedDay) -> str:
        if first.day == last.day:
            return self._voice.say("label.day", day=first.day, days=self._promise.n_days, date=first.date)
        return self._voice.say("label.days", first=first.day, last=last.day, begins=first.date, ends=last.date)

    def _whole(self, said: dict[str, str], units: Sequence[Pieces], rolls: Sequence[Roll]) -> list[Due]:
        asked = {rule.field: rule for rule in self._profile.field}
        due = [*self._draft()]
        for name in _ON_STRIPS:
            rule = asked.get(name) or FieldRule(field=name, on="strip", if_missing="left_out")
            text = said.get(name) or (
                self._used_by(rule, rolls) if name == "use_by" else self._text(rule, units, units)
            )
            due += [Due(name, text)] if text else []
        return [*due, *self._phrases(on_pouches=False)]

    def _draft(self) -> Iterator[Due]:
        if self._promise.is_draft:
            yield Due("draft", self._voice.say("common.draft"))

    def _phrases(self, *, on_pouches: bool) -> Iterator[Due]:
        for rule in self._profile.phrase:
            if not on_pouches or rule.on != "strip":
                text = self._voice.say(f"legal.{rule.phrase}") if rule.phrase else rule.name
                yield Due("phrase", text, on_pouches and rule.on == "either")

    def _used_by(self, rule: FieldRule, rolls: Sequence[Roll]) -> str | None:
        """Return the earliest date of some strips, or a line to write it on where one of them is open."""
        dates = [self._promise.use_by(roll.units) for roll in rolls]
        known = [date for date in dates if date is not None]
        if len(known) == len(dates):
            return self._voice.say("label.use_by", value=min(known))
        return None if rule.if_missing == "left_out" else self._line("use_by")

    def _text(
        self, rule: FieldRule, units: Sequence[Pieces], of_strip: Sequence[Pieces], *, at_the_foot: bool = False
    ) -> str | None:
        """Return what a field says, a line to write on, or None where it is left out or stands with another."""
        of_what = units if rule.field in _OF_UNITS else of_strip if rule.field == "use_by" else ()
        key = rule.field, of_what, at_the_foot
        if key not in self._said:
            self._said[key] = self._find_text(rule, units, of_strip, at_the_foot=at_the_foot)
        return self._said[key]

    def _find_text(
        self, rule: FieldRule, units: Sequence[Pieces], of_strip: Sequence[Pieces], *, at_the_foot: bool
    ) -> str | None:
        name, voice = rule.field, self._voice
        value = self._promise.use_by(of_strip) if name == "use_by" else self._value(rule, units)
        if name == "pharmacy":
            return self._pharmacy(rule)
        if value is None:
            if rule.if_missing == "left_out":
                return None
            # at a pouch's foot the line to write on is drawn, not typed
            return (
                voice.say(f"label.{name}", value="").strip()
                if at_the_foot and name in _AT_THE_FOOT
                else self._line(name)
            )
        return self._as_said(name, value)

    def _as_said(self, name: LabelField, value: Filling) -> str | None:
        match name:
            case "pharmacy_phone":
                return None
            case "drug":
                return self._voice.medicine(self._promise.order)
            case "birth_date":
                return self._voice.say("label.born", born=value)
            case "patient" | "pharmacy_address":
                return str(value)
            case _:
                return self._voice.say(f"label.{name}", value=value)

    def _pharmacy(self, rule: FieldRule) -> str | None:
        pharmacy = self._promise.order.pharmacy
        if pharmacy.name is None and rule.if_missing == "left_out":
            return pharmacy.phone
        name = pharmacy.name or self._line("pharmacy")
        return f"{name}, {pharmacy.phone}" if pharmacy.phone else name

    def _line(self, name: str) -> str:
        phrase = "label.born" if name == "birth_date" else f"label.{name}"
        return self._voice.say(phrase, line=BLANK, born=BLANK, value=BLANK)

    def _value(self, rule: FieldRule, units: Sequence[Pieces]) -> Filling | None:
        match rule.field:
            case "unit_lots":
                return self._lots(rule, units)
            case "appearance":
                return self._looks(rule, units)
        table, _, key = ORDER_KEYS[rule.field].partition(".")
        value: Filling | None = getattr(getattr(self._promise.order, table), key) if key else ""
        return value

    def _lots(self, rule: FieldRule, units: Sequence[Pieces]) -> str | None:
        order = self._promise.order
        lots = {
            unit.strength_mg: ", ".join(batch.lot for batch in order.batches_of(unit.strength_mg)) for unit in units
        }
        goes_without = rule.if_missing == "left_out"
        if not any(lots.values()) and (order.compounding.unit is None or goes_without):
            return None
        if len(set(lots.values())) == 1 and all(lots.values()):
            return next(iter(lots.values()))
        return self._by_strength(dict(lots), goes_without=goes_without)

    def _looks(self, rule: FieldRule, units: Sequence[Pieces]) -> str | None:
        compounding = self._promise.order.compounding
        own = {unit.strength_mg: unit.appearance for unit in compounding.unit or ()}
        strengths = list(dict.fromkeys(unit.strength_mg for unit in units))
        if not any(own.get(strength) for strength in strengths):
            return compounding.appearance
        told = {strength: own.get(strength) or compounding.appearance for strength in strengths}
        return self._by_strength(told, goes_without=rule.if_missing == "left_out")

    def _by_strength(self, said: dict[Decimal, str | None] | dict[Decimal, str], *, goes_without: bool) -> str:
        told = {strength: text or (None if goes_without else BLANK) for strength, text in said.items()}
        return self._voice.apart(f"{self._voice.amount(strength)} {text}" for strength, text in told.items() if text)


def compare_label(texts: Sequence[ReadText], dues: Sequence[Due]) -> tuple[list[str], frozenset[str]]:
    """Return what differs between a label and what is due on it, and which texts have moved to the strip's label.

    Args:
        texts: On the label, as the eye reads them.
        dues: What is due.
    """
    rest, lacking, moved = _Rest(texts), [], set()
    for due in sorted(dues, key=lambda due: -len(due.text)):
        if rest.take(due.text):
            continue
        if due.may_move:
            moved.add(due.name if due.name != "phrase" else due.text)
        else:
            lacking.append(due)
    strangers = rest.left
    if not lacking and not strangers:
        return [], frozenset(moved)
    says = "; ".join(strangers) or "nothing"
    if lacking:
        return [f"says {says}; the plan {'; '.join(due.text for due in lacking)}"], frozenset(moved)
    return [f"says {says}, which is nothing of the plan's"], frozenset(moved)


class _Rest:
    """What is left of a label's text while one due text after the other is taken from it."""

    _TAKEN = "\x00"
    _MOST_PARTS = 12  # that a line of two scripts is drawn in: names with brackets and hyphens

    def __init__(self, texts: Sequence[ReadText]) -> None:
        self._texts = [text.text for text in texts]
        self._squeezed = "".join(map(squeeze, self._texts))
        self._squeezed = squeeze(self._squeezed)

    def take(self, text: str) -> bool:
        """Take a text away; return whether it was there."""
        if reads_right_to_left(text):
            return self._take_turned(text)
        squeezed = squeeze(text)
        before, found, after = self._squeezed.partition(squeezed)
        if found:
            self._squeezed = f"{before}{self._TAKEN}{after}"
        return bool(found)

    def _take_turned(self, text: str) -> bool:
        """Take a text that reads right to left: letter by letter, as its places on a line are another matter."""
        wanted = letters_of(text)
        for first in range(len(self._texts)):
            for last in range(first + 1, min(first + self._MOST_PARTS, len(self._texts)) + 1):
                group = "".join(self._texts[first:last])
                if letters_of(group) == wanted and squeeze(group) in self._squeezed:
                    self._squeezed = self._squeezed.replace(squeeze(group), self._TAKEN, 1)
                    return True
        return False

    @property
    def left(self) -> list[str]:
        """What nothing due has taken, as it is printed."""
        pieces = [piece for piece in self._squeezed.split(self._TAKEN) if piece]
        return [self._as_printed(piece) for piece in pieces]

    def _as_printed(self, piece: str) -> str:
        return next((text.strip() for text in self._texts if squeeze(text) == piece), piece)
