"""Label paper as data: where each label lies on its sheet, millimetres."""

from typing import Annotated

from pydantic import Field

from stripgen.domain.fields import Millimetres, Name, Note, Table, whole_number

Count = Annotated[int, whole_number("a whole number from 1 to 100", least=1, most=100)]


class Stock(Table):
    """A sheet of labels.

    Attributes:
        origin_mm: Top left corner of the first label, from the top left of the sheet.
        pitch_mm: From one label to the next, across and down.
    """

    schema_version: Annotated[int, whole_number("schema = 1", least=1, most=1)] = Field(alias="schema")
    id: Name
    note: Note | None = None
    sheet_mm: tuple[Millimetres, Millimetres]
    columns: Count
    rows: Count
    label_mm: tuple[Millimetres, Millimetres]
    origin_mm: tuple[Millimetres, Millimetres]
    pitch_mm: tuple[Millimetres, Millimetres]
