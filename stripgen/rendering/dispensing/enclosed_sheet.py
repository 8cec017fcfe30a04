"""The sheet that nobody sees: it carries the plan, which is then still there when another program saved the sheet."""

import hashlib
import re
from collections.abc import Mapping

from openpyxl import Workbook

ENCLOSED_SHEET, SEALED = "stripgen", "sha256"
_CELL_CHARACTERS = 30_000  # Excel holds 32,767 in a cell
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # "_x0041_" would be read back as "A"


def add_enclosed_sheet(workbook: Workbook, enclosed: Mapping[str, bytes]) -> None:
    """Add a hidden sheet with files: column A names the file, column B has its text, in pieces from the top down.

    Its last row has the SHA-256 of all of them, so that what travels in a sheet that was filled in cannot be changed
    unnoticed, where the seal of the file is gone.

    Args:
        workbook: To which it is added, last.
        enclosed: ASCII texts by file name.
    """
    sheet = workbook.create_sheet(ENCLOSED_SHEET)
    sheet.sheet_state = "veryHidden"
    row = 0
    digest = hashlib.sha256()
    for name, content in sorted(enclosed.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
        text = content.decode("ascii")
        for start in range(0, len(text), _CELL_CHARACTERS):
            row += 1
            sheet.cell(row, 1, name)
            piece = sheet.cell(row, 2, _ESCAPE.sub("_x005F_", text[start : start + _CELL_CHARACTERS]))
            piece.data_type = "s"  # never a formula
    sheet.cell(row + 1, 1, SEALED)
    sheet.cell(row + 1, 2, digest.hexdigest()).data_type = "s"
    sheet.protection.sheet = True
