"""What travels inside every paper: the plan with its order, and how it was printed, so that it can be made again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationError

from stripgen.domain.fields import SchemaOne, StripNumber, Table
from stripgen.domain.json_form import from_json, to_json
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.printing import Printing
from stripgen.domain.problems import describe_problems
from stripgen.domain.profile import Profile
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.errors import PlanFileInvalid

PLAN, PRINTING = "plan.json", "printing.json"  # names of the enclosed files
RECORD, CHECK_FORM = "compounding-record", "check-form"  # what workbooks say that they are; dispensing sheets: nothing


class MadeWith(Table):
    """What papers were made with: the same gives the same bytes.

    Attributes:
        libraries: Version of each library that writes papers, and of Python.
        data: `sha256:…` of each file of published or translated data that was used, by its path in stripgen.
    """

    stripgen: str
    libraries: dict[str, str]
    data: dict[str, str]


class _Labels(Table):
    stock: Stock
    first_label: int
    offset_mm: tuple[Decimal, Decimal]


class _Pages(Table):
    text: PatientText
    large_print: bool
    calendar: bool
    calendar_names_drug: bool


class PrintingFile(Table):
    """How papers were printed, as it travels inside them."""

    schema_version: SchemaOne = Field(alias="schema")
    made_with: MadeWith
    profile: Profile
    pouch_labels: _Labels
    strip_labels: _Labels
    patient_pages: _Pages
    outer_label: bool
    strip: StripNumber | None = None

    @property
    def printing(self) -> Printing:
        """How papers were printed."""
        pouches, strips = (
            LabelPaper(labels.stock, labels.first_label, labels.offset_mm)
            for labels in (self.pouch_labels, self.strip_labels)
        )
        pages = PatientPages(**{name: getattr(self.patient_pages, name) for name in _Pages.model_fields})
        return Printing(self.profile, pouches, strips, pages, self.outer_label, self.strip)


def enclosed_printing(printing: Printing, made_with: MadeWith) -> dict[str, Any]:
    """Return what is to be enclosed of how papers are printed, as JSON holds it."""
    whole = PrintingFile(
        schema=1,
        made_with=made_with,
        profile=printing.profile,
        pouch_labels=_enclosed_labels(printing.pouch_labels),
        strip_labels=_enclosed_labels(printing.strip_labels),
        patient_pages=_Pages(**{name: getattr(printing.patient_pages, name) for name in _Pages.model_fields}),
        outer_label=printing.outer_label,
        strip=printing.strip,
    )
    enclosed: dict[str, Any] = to_json(whole.model_dump(by_alias=True, exclude_defaults=True))
    return enclosed


def _enclosed_labels(labels: LabelPaper) -> _Labels:
    return _Labels(stock=labels.stock, first_label=labels.first_label, offset_mm=labels.offset_mm)


def read_enclosed_printing(raw: Mapping[str, Any], source: str) -> PrintingFile:
    """Return how papers were printed, from what was enclosed.

    Raises:
        PlanFileInvalid: It is not what stripgen enclosed.
    """
    try:
        return PrintingFile.model_validate(from_json(raw, PrintingFile))
    except ValidationError as error:
        raise PlanFileInvalid(describe_problems(error, PrintingFile), f"{source}: {PRINTING}") from error
