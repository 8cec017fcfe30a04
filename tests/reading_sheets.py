"""Reads a dispensing sheet back: its cells as they stand in the file, and as LibreOffice computes and shows them.

Nothing here asks the code that wrote it.
"""

import io
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")


def decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def text_of(cell: Any) -> str:
    """Return a cell's text as Excel and LibreOffice show it; openpyxl leaves their escapes."""
    return unescape(cell.value) if isinstance(cell.value, str) else ""


def header_row(sheet: Worksheet, label: str) -> int:
    return next(row for row in range(1, 20) if any(cell.value == label for cell in sheet[row]))


def columns_of(sheet: Worksheet, row: int) -> dict[Any, int]:
    return {cell.value: cell.column for cell in sheet[row] if cell.value is not None}


def cells_of(workbook: Workbook) -> Iterator[Any]:
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            yield from row


def convert(folder: Path, contents: dict[str, bytes], target: str) -> Path:
    """Return the folder of what LibreOffice makes of some sheets, recalculated."""
    sources, results = folder / "sources", folder / "results"
    sources.mkdir()
    paths = []
    for name, content in contents.items():
        paths.append(sources / f"{name}.xlsx")
        paths[-1].write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(results), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return results


def saved(workbook: Workbook) -> bytes:
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def checks_of(workbook: Workbook, sheet: str) -> list[Any]:
    return [cell.value for row in workbook[sheet].iter_rows() for cell in row if cell.value in {"OK", "CHECK"}]
