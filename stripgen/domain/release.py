"""What the register keeps of one release: what was handed out, made of what, by whom, with which files."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import ValidationError

from stripgen.domain.fields import Line, Name, Table
from stripgen.domain.problems import describe_problems
from stripgen.errors import AnswerInvalid, Problem

Schema = Literal[1]


class ReleasedUnits(Table):
    """Some units of one strength in a pouch.

    Attributes:
        divided_into: 2 where these are halves, 4 where they are quarters.
        volume_ml: What one syringe holds, where a solution is measured.
    """

    strength_mg: Decimal
    form: str
    count: int
    divided_into: int = 1
    volume_ml: Decimal | None = None


class ReleasedPouch(Table):
    """One pouch as it was handed out."""

    day: int
    date: dt.date
    dose_mg: Decimal
    code: str
    units: tuple[ReleasedUnits, ...]


class ReleasedStrip(Table):
    """One strip as it was handed out.

    Attributes:
        use_by: The last day on which its pouches may be taken, as they say.
    """

    strip: int
    use_by: dt.date | None = None
    pouches: tuple[ReleasedPouch, ...]


class UnitLot(Table):
    """A lot that units were taken from.

    Attributes:
        strength_mg: Of which units; of all of them where it is not given.
        expires_on: The last day on which what is in it may be taken.
    """

    strength_mg: Decimal | None = None
    lot: str
    supplier: str | None = None
    prepared_on: dt.date | None = None
    expires_on: dt.date | None = None


class IngredientLot(Table):
    """A lot of what the pharmacy's own units are made of.

    Attributes:
        ingredient: What it is.
        name: Of the substance or the filler, as the order has it.
        not_in_mg: Strengths that were taken ready-made, so that nothing of it is in them.
    """

    ingredient: Literal["substance", "filler"]
    name: str
    lot: str
    supplier: str | None = None
    expires_on: dt.date | None = None
    not_in_mg: tuple[Decimal, ...] = ()


class ReleasedPlan(Table):
    """Which plan the strips belong to.

    Attributes:
        hash: Over everything a patient could be harmed by.
        version: 1, or more where it replaces an earlier one.
        amends: The plan that it replaces.
        earlier: All versions before, the first one first.
    """

    id: str
    hash: str
    version: int
    amends: str | None = None
    amends_hash: str | None = None
    earlier: tuple[str, ...] = ()
    issued_on: dt.date

    @property
    def family(self) -> str:
        """The id of the first version: all versions of a plan have it in common."""
        return self.earlier[0] if self.earlier else self.id


class ReturnedPouch(Table):
    """A pouch of an earlier version that the released plan calls back."""

    strip: int
    day: int
    date: dt.date
    dose_mg: Decimal
    code: str


class ReleasedFile(Table):
    """A finished paper.

    Attributes:
        name: That stripgen gave it; its kind alone where it had another.
        sha256: Of all its bytes, in hexadecimal.
    """

    name: str
    sha256: str
    n_bytes: int


class ReleasedWith(Table):
    """What the papers were made with.

    Attributes:
        libraries: Version of each library that writes papers, and of Python.
        data: `sha256:…` of each file of data that was used, by its path in stripgen.
    """

    stripgen: str
    libraries: dict[str, str]
    data: dict[str, str]


class People(Table):
    """Who answers for a release."""

    released_by: str
    checked_by: str
    prescriber: str | None = None
    approved_by: str | None = None
    approved_on: dt.date | None = None
    approval_reference: str | None = None


class PatientMarks(Table):
    """By what a patient is found without being named.

    Attributes:
        whole: Keyed hash of name, birth date and identifier: the same for the same patient.
        found_by: Keyed hashes of name, of name with birth date, and of identifier.
        name: This and the next two only where the pharmacy registers names.
    """

    whole: str
    found_by: tuple[str, ...]
    name: str | None = None
    birth_date: dt.date | None = None
    identifier: str | None = None


class Release(Table):
    """Everything about one release but its place in the register.

    Attributes:
        pouch_lot: The pharmacy's own number of these pouches.
        ingredient_lots: Of what the units that were not taken ready-made are made of.
        made_on: When the pouches were filled.
        take_back: Pouches of earlier versions that must not be taken any more.
        again: Why strips that had been released before are released once more; a reprint.
    """

    plan: ReleasedPlan
    pharmacy: str | None = None
    drug: str
    strips: tuple[ReleasedStrip, ...]
    pouch_lot: str | None = None
    lots: tuple[UnitLot, ...] = ()
    ingredient_lots: tuple[IngredientLot, ...] = ()
    made_on: dt.date | None = None
    take_back: tuple[ReturnedPouch, ...] = ()
    files: tuple[ReleasedFile, ...]
    made_with: ReleasedWith
    people: People
    patient: PatientMarks
    again: str | None = None

    @property
    def strip_numbers(self) -> tuple[int, ...]:
        """The numbers of its strips."""
        return tuple(strip.strip for strip in self.strips)

    @property
    def pouches(self) -> tuple[ReleasedPouch, ...]:
        """The pouches of all its strips."""
        return tuple(pouch for strip in self.strips for pouch in strip.pouches)

    def lots_of(self, pouch: ReleasedPouch) -> tuple[UnitLot, ...]:
        """Return the lots that a pouch was or may have been filled from."""
        strengths = {unit.strength_mg for unit in pouch.units}
        return tuple(lot for lot in self.lots if lot.strength_mg is None or lot.strength_mg in strengths)

    def ingredient_lots_of(self, pouch: ReleasedPouch) -> tuple[IngredientLot, ...]:
        """Return the lots that something in a pouch was made of."""
        strengths = {unit.strength_mg for unit in pouch.units}
        return tuple(lot for lot in self.ingredient_lots if not strengths <= set(lot.not_in_mg))

    @property
    def is_solution(self) -> bool:
        """Whether its pouches hold measured volumes of one solution: it has no strengths that could have lots apart."""
        return any(unit.volume_ml is not None for pouch in self.pouches for unit in pouch.units)

    def strengths_without_lot(self, pouches: Iterable[ReleasedPouch]) -> tuple[Decimal, ...]:
        """Return the strengths in some pouches, mg, of which no lot is registered; the largest first."""
        known = {lot.strength_mg for lot in self.lots}
        strengths = {unit.strength_mg for pouch in pouches for unit in pouch.units}
        return () if None in known else tuple(sorted(strengths - known, reverse=True))


class Entry(Release):
    """One release in its place in the register.

    Attributes:
        register_schema: Of this form; a later one may hold more.
        number: 1.., without a gap.
        time: When it was written, UTC: `2026-11-23T16:44:05Z`.
        previous: Hash of the entry before; of the register's head for the first.
    """

    register_schema: Schema
    number: int
    time: str
    previous: str

    @property
    def kind(self) -> str:
        """What it records."""
        return "reprint" if self.again else "release"


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A pouch in the entry that released it.

    Attributes:
        replaced_by: The entry of a later version that calls it back, if there is one.
        holds: What of it is from the lot that was looked for: strengths in mg; empty where it is the pouch's own lot.
        made_of: What of it is made of the lot that was looked for: strengths in mg.
        spelled: The lot as the register has it; in several ways where several lots are one but for signs.
    """

    entry: Entry
    strip: int
    pouch: ReleasedPouch
    replaced_by: Entry | None
    holds: tuple[Decimal, ...] = ()
    made_of: tuple[Decimal, ...] = ()
    spelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PerhapsHandedOut:
    """Pouches of one strip in the entry that released them, which may be filled from any lot.

    Attributes:
        n_pouches: How many of them are not on the list of the lot anyway.
        strengths_mg: Those of which no lot is registered.
    """

    entry: Entry
    strip: int
    n_pouches: int
    strengths_mg: tuple[Decimal, ...]


PouchEvent = Literal["approved", "papers issued", "made", "released", "released again", "kept", "called back"]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that the register knows of a pouch.

    Attributes:
        on: The date; of what the register itself saw, with the time.
        entry: Where it says so.
    """

    event: PouchEvent
    on: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class PouchHistory:
    """What became of a pouch.

    Attributes:
        code: The plain one, whichever was scanned.
        pouch: As it was released; as it was called back where its release is not in this register; None where neither.
        released: The first entry that released it.
        called_back: The first that calls it back.
        happenings: In the order of time.
    """

    code: str
    pouch: ReleasedPouch | ReturnedPouch | None
    released: Entry | None
    called_back: Entry | None
    happenings: tuple[Happening, ...]


class Signing(Table):
    """What is typed for a release.

    Attributes:
        again: Why strips are released once more, if they are.
    """

    released_by: Name
    checked_by: Name
    again: Line | None = None


_OPTIONS = {"released_by": "--by", "checked_by": "--checked-by", "again": "--again"}


def read_signing(released_by: str, checked_by: str, again: str | None) -> Signing:
    """Return what was typed for a release, checked.

    Raises:
        AnswerInvalid: A name or reason is empty, too long or cannot be printed.
    """
    try:
        return Signing(released_by=released_by, checked_by=checked_by, again=again)
    except ValidationError as error:
        faults = [Problem(_OPTIONS[problem.where], problem.what) for problem in describe_problems(error, Signing)]
        empty = {"--by": released_by, "--checked-by": checked_by}
        raise AnswerInvalid(
            Problem(fault.where, "is empty; give the name of whoever does it")
            if fault.where in empty and not empty[fault.where].strip()
            else fault
            for fault in faults
        ) from error
