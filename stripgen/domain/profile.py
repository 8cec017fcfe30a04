"""The label rules of a jurisdiction as data: what must stand on a pouch and on its strip, how, and says who."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from stripgen.domain.beyond_use import BeyondUseLimit
from stripgen.domain.fields import (
    Line,
    Name,
    Note,
    PointSize,
    SchemaOne,
    Table,
    one_of,
    refuse,
    yes_or_no,
)
from stripgen.domain.order import Order
from stripgen.domain.wording import Language, LanguageField

LabelField = Literal[
    "dose",
    "day",
    "drug",
    "patient",
    "birth_date",
    "insurance_number",
    "units",
    "strip",
    "contents",
    "pharmacy",
    "pharmacy_address",
    "pharmacy_phone",
    "prescriber",
    "route",
    "directions",
    "precautions",
    "storage",
    "ingredients",
    "appearance",
    "serial",
    "lot",
    "unit_lots",
    "use_by",
    "made_on",
    "dispensed_on",
]
LABEL_FIELDS: tuple[LabelField, ...] = get_args(LabelField)
Phrase = Literal["keep_from_children", "compounded", "hand_back"]
PHRASES: tuple[Phrase, ...] = get_args(Phrase)
Place = Literal["pouch", "either", "strip"]
IfMissing = Literal["refused", "by_hand", "left_out"]

# Where the order says what a field prints; what the plan itself says is never missing.
ORDER_KEYS: Mapping[LabelField, str] = {
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


def said_of(field: LabelField, order: Order) -> Any:  # noqa: ANN401 - a name, a date, a table: whatever the key is of
    """Return what stands in an order under the key of a field; None where it says nothing."""
    table, _, key = ORDER_KEYS[field].partition(".")
    said = getattr(order, table)
    return getattr(said, key) if key else said


PaperName = Literal["A4", "Letter"]
DecimalMark = Literal[".", ","]

# What a pouch cannot be told from another without; no profile may leave them out.
_ON_EVERY_POUCH: frozenset[LabelField] = frozenset({"dose", "day", "drug", "patient", "units", "strip"})
_NEVER_MISSING: frozenset[LabelField] = _ON_EVERY_POUCH | {"contents"}
_ON_STRIPS_ONLY: frozenset[LabelField] = frozenset({"contents"})

PlaceField = Annotated[Place, BeforeValidator(one_of(*get_args(Place)))]
YesOrNo = Annotated[bool, BeforeValidator(yes_or_no)]


class _Rule(Table):
    """Where something must stand, and who says so.

    Attributes:
        on: `pouch`: on every pouch label; `either`: there, or where there is no room on the strip's label; `strip`: on
            the strip's label only. The strip's label carries everything, wherever else it stands.
        least_pt: Smallest type it may be set in on these labels; stripgen's own least size unless given.
        source: The rule, as a person can look it up.
        unsure: Whether the rule was only seen second-hand; then it is printed as such.
    """

    on: PlaceField = "pouch"
    least_pt: PointSize | None = None
    source: Line | None = None
    unsure: YesOrNo = False

    def is_on_pouch(self, moved: frozenset[str]) -> bool:
        """Return whether it stands on the pouches when what is named in `moved` had no room there."""
        return self.on == "pouch" or (self.on == "either" and self.name not in moved)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        raise NotImplementedError


class FieldRule(_Rule):
    """A field that labels carry.

    Attributes:
        if_missing: What becomes of a label when the order does not say it. `refused`: there is none; `by_hand`: it has
            a line to write on; `left_out`: it goes without. On a draft, what would be refused is a line, too.
    """

    field: Annotated[LabelField, BeforeValidator(one_of(*LABEL_FIELDS))]
    if_missing: Annotated[IfMissing, BeforeValidator(one_of(*get_args(IfMissing)))] = "refused"

    @property
    def name(self) -> str:
        """The field."""
        return self.field


class PhraseRule(_Rule):
    """A sentence that labels must carry: one that stripgen knows in every language, or the pharmacy's own words."""

    phrase: Annotated[Phrase, BeforeValidator(one_of(*PHRASES))] | None = None
    text: Line | None = None

    @model_validator(mode="after")
    def _is_one_of_the_two(self) -> Self:
        if (self.phrase is None) == (self.text is None):
            raise refuse("a phrase has either phrase (one that stripgen knows) or text (your own words); give one")
        return self

    @property
    def name(self) -> str:
        """The phrase, or its words."""
        return self.phrase or self.text or ""


class Profile(Table):
    """How labels and papers must be in a jurisdiction. Not legal advice: the pharmacy answers for its labels.

    Attributes:
        language: Of papers and labels where the order says nothing else.
        labels_in: The only language labels may be in, whatever the patient's; the patient's pages keep to theirs.
        paper: Of the strip plan and the dispensing sheet.
        decimal_mark: Of all papers, or `language`: as each paper's language has it.
        date_form: With the month in letters, or ISO 8601.
        field: What labels must carry, the first the last to give up its place on the pouch.
        phrase: Sentences that labels must carry.
        beyond_use: How long pouches and what is in them may be used; none where no rule is known.
    """

    schema_version: SchemaOne = Field(alias="schema")
    id: Name
    name: Name
    note: Note | None = None
    language: LanguageField
    labels_in: LanguageField | None = None
    paper: Annotated[PaperName, BeforeValidator(one_of(*get_args(PaperName)))] = "A4"
    decimal_mark: Annotated[Literal[".", ",", "language"], BeforeValidator(one_of(".", ",", "language"))] = "language"
    date_form: Annotated[Literal["letters", "iso"], BeforeValidator(one_of("letters", "iso"))] = "letters"
    field: tuple[FieldRule, ...]
    phrase: tuple[PhraseRule, ...] = ()
    beyond_use: tuple[BeyondUseLimit, ...] = ()

    @model_validator(mode="after")
    def _limits_are_there_once(self) -> Self:
        names = [limit.preparation for limit in self.beyond_use]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise refuse(f"beyond_use of {', '.join(twice)} is there twice; one limit for each, the shortest")
        return self

    @model_validator(mode="after")
    def _fields_are_there_once(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise refuse(f"{', '.join(twice)} is there twice; each field and phrase once")
        return self

    @model_validator(mode="after")
    def _pouches_can_be_told_apart(self) -> Self:
        on_pouches = {rule.field for rule in self.field if rule.on == "pouch"}
        lacking = [name for name in LABEL_FIELDS if name in _ON_EVERY_POUCH - on_pouches]
        if lacking:
            raise refuse(f'{", ".join(lacking)} must be on every pouch; give each as a field with on = "pouch"')
        return self

    @model_validator(mode="after")
    def _nothing_missing_is_passed_over(self) -> Self:
        never = [rule.field for rule in self.field if rule.field in _NEVER_MISSING and rule.if_missing != "refused"]
        if never:
            raise refuse(f"if_missing of {', '.join(never)} means nothing: no label goes without; leave if_missing out")
        return self

    @model_validator(mode="after")
    def _phone_stands_with_the_name(self) -> Self:
        phone, name = self.rule_of("pharmacy_phone"), self.rule_of("pharmacy")
        if phone is None:
            return self
        if name is None or (phone.on != "strip" and name.on != "pouch"):
            raise refuse('pharmacy_phone stands on the line of pharmacy; give pharmacy as a field with on = "pouch"')
        if phone.least_pt is not None and phone.least_pt != name.least_pt:
            raise refuse("pharmacy_phone stands on the line of pharmacy; give least_pt there")
        return self

    @model_validator(mode="after")
    def _strips_say_what_is_in_them(self) -> Self:
        misplaced = [rule.field for rule in self.field if rule.field in _ON_STRIPS_ONLY and rule.on != "strip"]
        if misplaced:
            raise refuse(f'{", ".join(misplaced)} is what a whole strip holds; on = "strip" is the only place')
        return self

    @property
    def rules(self) -> tuple[FieldRule | PhraseRule, ...]:
        """All that labels must carry: fields, then phrases."""
        return (*self.field, *self.phrase)

    @property
    def n_unsure(self) -> int:
        """How many rules were only seen second-hand, limits of use among them."""
        return sum(rule.unsure for rule in (*self.rules, *self.beyond_use))

    @property
    def n_rules(self) -> int:
        """How many rules there are, limits of use among them."""
        return len(self.rules) + len(self.beyond_use)

    @property
    def own_texts(self) -> dict[str, str]:
        """The pharmacy's own words, by their place in the file."""
        return {f"phrase[{n}].text": rule.text for n, rule in enumerate(self.phrase, start=1) if rule.text}

    def decimal_mark_of(self, language: Language) -> DecimalMark:
        """Return the decimal mark of papers in a language. Source: Unicode CLDR, symbols of numbers."""
        if self.decimal_mark != "language":
            return self.decimal_mark
        return "." if language == "en" else ","

    def rule_of(self, field: LabelField) -> FieldRule | None:
        """Return what is said of a field."""
        return next((rule for rule in self.field if rule.field == field), None)
