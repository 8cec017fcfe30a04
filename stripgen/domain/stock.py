"""Label paper as data: where each label lies on its sheet, millimetres."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from stripgen.domain.fields import Millimetres, Name, Note, SchemaOne, Table, refuse, whole_number
from stripgen.domain.quantity import plain

Count = Annotated[int, whole_number("a whole number from 1 to 100", least=1, most=100)]


class Stock(Table):
    """A sheet of labels.

    Attributes:
        origin_mm: Top left corner of the first label, from the top left of the sheet.
        pitch_mm: From one label to the next, across and down.
    """

    schema_version: SchemaOne = Field(alias="schema")
    id: Name
    note: Note | None = None
    sheet_mm: tuple[Millimetres, Millimetres]
    columns: Count
    rows: Count
    label_mm: tuple[Millimetres, Millimetres]
    origin_mm: tuple[Millimetres, Millimetres]
    pitch_mm: tuple[Millimetres, Millimetres]

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
