"""What is known of each drug: its published dose→occupancy curves and its product facts, each with a source."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import Field

from stripgen.domain.fields import Dose, Ed50, EmaxPercent, Hill, Hours, Line, Name, Note, SchemaOne, Table
from stripgen.domain.wording import Saying, say_later

Grade = Literal["A", "B", "C", "own"]
OWN_CURVE_ID = "own"


def name_own(word: str) -> Saying | str:
    """Return the id or the grade of a curve as papers say it: as it is, but that of an order's own curve in words."""
    return say_later("sheet.grade_own") if word == OWN_CURVE_ID else word


class CurveShape(Table):
    """The numbers of a curve `occ(D) = emax · D^h / (D^h + ed50^h)` and what they were measured on."""

    emax_percent: EmaxPercent
    ed50_mg: Ed50
    hill: Hill = Decimal(1)
    target: Name
    region: Name | None = None
    studied_mg: tuple[Dose, Dose] | None = None
    source: Line


class Curve(CurveShape):
    """A curve as plans use it.

    Attributes:
        grade: How well the numbers are known. A: read in the paper or its abstract. B: second-hand transcription of
            a published fit. C: derived from published points; `note` says how. own: the order brought it.
    """

    id: Name
    drug: Name
    default: bool = False
    grade: Grade
    doi: Name | None = None
    note: Note | None = None


class Metabolite(Table):
    """An active metabolite that keeps acting after the drug itself is gone."""

    name: Name
    half_life_h: tuple[Hours, Hours]


Fact = Literal["atc", "minimum_effective_mg", "maximum_daily_mg", "half_life_h", "strengths_mg"]


class DrugFacts(Table):
    """Product facts of one drug. A fact nobody confirmed is left empty and named in `unconfirmed`, never guessed."""

    atc: Name | None = None
    drug_class: Name = Field(alias="class")
    minimum_effective_mg: Dose | None = None
    maximum_daily_mg: Dose | None = None
    maximum_note: Line | None = None
    half_life_h: tuple[Hours, Hours] | None = None
    metabolite: Metabolite | None = None
    strengths_mg: tuple[Dose, ...] = ()
    liquid_mg_per_ml: Dose | None = None
    modified_release_exists: bool = False
    modified_release_only: bool = False
    gastro_resistant: bool = False
    unconfirmed: tuple[Fact, ...] = ()


class Drug(DrugFacts):
    """A drug with its facts and where they come from."""

    name: Name
    source: Line

    @property
    def longest_half_life(self) -> tuple[str, tuple[Decimal, Decimal]] | None:
        """What stays longest, the drug or its active metabolite, and its published range in hours; None if not known.

        Of two ranges that one is the longer whose middle is.
        """
        if self.half_life_h is None:
            return None
        if self.metabolite and sum(self.metabolite.half_life_h) > sum(self.half_life_h):
            return self.metabolite.name, self.metabolite.half_life_h
        return self.name, self.half_life_h


class DrugsFile(Table):
    """What `drugs.toml` says: facts by drug, and where all of them come from."""

    schema_version: SchemaOne = Field(alias="schema")
    source: Line
    drug: dict[Name, DrugFacts]


class CurvesFile(Table):
    """What `curves.toml` says."""

    schema_version: SchemaOne = Field(alias="schema")
    curve: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Formulary:
    """All drugs and curves, in the order of their files.

    Attributes:
        drugs: By name.
        curves: By id.
    """

    drugs: Mapping[str, Drug]
    curves: Mapping[str, Curve]

    def curves_of(self, drug: str) -> tuple[Curve, ...]:
        """Return the drug's curves, its default first."""
        own = [curve for curve in self.curves.values() if curve.drug == drug]
        return tuple(sorted(own, key=lambda curve: not curve.default))

    def default_curve_of(self, drug: str) -> Curve | None:
        """Return the drug's default curve, or None when the order must choose."""
        return next((curve for curve in self.curves_of(drug) if curve.default), None)
