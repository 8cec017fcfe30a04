"""Label paper as data: where each label lies on its sheet, millimetres."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from stripgen.domain.fields import Millimetres, Name, Note, SchemaOne, Table, one_of, refuse, whole_number
from stripgen.domain.quantity import plain

_SMALLEST_LABEL_MM = 20
Count = Annotated[int, whole_number("a whole number from 1 to 100", least=1, most=100)]


class Stock(Table):
    """A sheet of labels, or one label of a roll.

    Attributes:
        same_as: Other part numbers of the same geometry.
        paper: `plain` is cut by hand along printed lines, a strip a page; `labels` are ready cut.
        fill: Whether pouches follow each other down a column or across a row.
        origin_mm: Top left corner of the first label, from the top left of the sheet.
        pitch_mm: From one label to the next, across and down.
    """

    schema_version: SchemaOne = Field(alias="schema")
    id: Name
    same_as: tuple[Name, ...] = ()
    note: Note | None = None
    paper: Annotated[Literal["plain", "labels"], BeforeValidator(one_of("plain", "labels"))] = "labels"
    fill: Annotated[Literal["down", "across"], BeforeValidator(one_of("down", "across"))] = "across"
    sheet_mm: tuple[Millimetres, Millimetres]
    columns: Count
    rows: Count
    label_mm: tuple[Millimetres, Millimetres]
    origin_mm: tuple[Millimetres, Millimetres]
    pitch_mm: tuple[Millimetres, Millimetres]

    @model_validator(mode="after")
    def _labels_are_large_enough(self) -> Self:
        if min(self.label_mm) < _SMALLEST_LABEL_MM:
            sides = " × ".join(map(plain, self.label_mm))
            raise refuse(f"label_mm {sides} mm is too small to print a pouch on; each side at least 20 mm")
        return self

    @model_validator(mode="after")
    def _labels_lie_on_the_sheet(self) -> Self:
        for side, across in enumerate(("columns", "rows")):
            count = self.columns if side == 0 else self.rows
            end_mm = self.origin_mm[side] + (count - 1) * self.pitch_mm[side] + self.label_mm[side]
            if end_mm > self.sheet_mm[side]:
                room = plain(self.sheet_mm[side])
                raise refuse(f"{count} {across} of labels end at {plain(end_mm)} mm; at most sheet_mm, {room} mm")
            if count > 1 and self.pitch_mm[side] < self.label_mm[side]:
                raise refuse(f"labels overlap: pitch_mm {plain(self.pitch_mm[side])} mm is less than label_mm")
        return self

    @property
    def n_labels(self) -> int:
        """How many labels a sheet has."""
        return self.columns * self.rows

    def corner_mm(self, position: int) -> tuple[Decimal, Decimal]:
        """Return where a label's top left corner lies, from that of the sheet. Position 0 is the first label."""
        if self.fill == "down":
            column, row = divmod(position, self.rows)
        else:
            row, column = divmod(position, self.columns)
        return self.origin_mm[0] + column * self.pitch_mm[0], self.origin_mm[1] + row * self.pitch_mm[1]


@dataclass(frozen=True, slots=True)
class LabelPaper:
    """The labels in the printer.

    Attributes:
        first_label: On which label of the first sheet to begin, 1..; the ones before are used up.
        offset_mm: By how much to move everything to the right and down, to correct a printer.
    """

    stock: Stock
    first_label: int = 1
    offset_mm: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
