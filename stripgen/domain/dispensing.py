"""What the pharmacy adds to an order when it makes the pouches: lot, dates, storage, codes."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from stripgen.domain.code import GTIN_LENGTHS, has_gtin_check_digit
from stripgen.domain.fields import Line, Name, RecentDate, Table, one_of, refuse, shown, whole_number

CodeKind = Literal["plain", "gs1"]
Vehicle = Literal["aqueous", "preserved aqueous", "oily"]
DaysToSend = Annotated[int, whole_number("whole days from 0 to 60", least=0, most=60)]


def _gtin(value: Any) -> str:  # noqa: ANN401 - anything can stand in a file
    """Check that a value is a GTIN; it stays as it was written."""
    *lengths, longest = GTIN_LENGTHS
    allowed = f"a GTIN of {', '.join(map(str, lengths))} or {longest} digits, as GS1 gave it out"
    if not isinstance(value, str):
        raise refuse(f"{shown(value)} is not text; write it in quotes ({allowed})")
    text = value.strip()
    if len(text) not in GTIN_LENGTHS or not (text.isascii() and text.isdigit()):
        raise refuse(f"{shown(text)} is not a GTIN; {allowed}")
    if not has_gtin_check_digit(text):
        raise refuse(f"{shown(text)} has a wrong check digit, the last one; {allowed}")
    return text


class Dispensing(Table):
    """What the pharmacy knows when it prints. Not part of what was approved, so not in the plan id.

    Attributes:
        lot: Of the pouches; the lots of what is in them are batches.
        made_on: When the pouches are filled.
        serial: The pharmacy's own number for them.
        storage: Where to keep them, and what to do with what is left; this and the next are printed as given.
        ingredients: What the units are made of beside the drug.
        gtin: The pharmacy's own number for these pouches; the code then is a GS1 code with it, lot and use-by date.
        code: What kind of code to print; plain, or GS1 with a GTIN, where it is not given.
        vehicle: Of a solution; unless given, the one that keeps for the shortest time: water, not preserved.
        days_to_send: How many days before the first pouch of a strip is taken it must leave the pharmacy.
    """

    lot: Name | None = None
    beyond_use_date: RecentDate | None = None
    made_on: RecentDate | None = None
    dispensed_on: RecentDate | None = None
    serial: Name | None = None
    storage: Line | None = None
    ingredients: Line | None = None
    gtin: Annotated[str, BeforeValidator(_gtin)] | None = None
    code: Annotated[CodeKind, BeforeValidator(one_of("plain", "gs1"))] | None = None
    vehicle: Annotated[Vehicle, BeforeValidator(one_of("aqueous", "preserved aqueous", "oily"))] | None = None
    days_to_send: DaysToSend | None = None

    @property
    def prints_gs1(self) -> bool:
        """Whether the codes on the pouches are GS1 codes."""
        return self.code == "gs1" or self.gtin is not None
