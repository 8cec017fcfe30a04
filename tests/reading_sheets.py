"""Reads a dispensing sheet back: its cells as they stand in the file, and as LibreOffice computes and shows them.

Nothing here asks the code that wrote it.
"""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet


def _has_the_widths_of_arial() -> bool:
    if shutil.which("fc-match") is None:
        return False
    found = subprocess.run(["fc-match", "Arial"], check=True, capture_output=True, text=True).stdout
    return "Arial" in found or "Liberation Sans" in found


needs_arial = pytest.mark.skipif(not _has_the_widths_of_arial(), reason="no font with the widths of Arial is installed")
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


def convert(folder: Path, contents: dict[str, bytes], target: str, source: str = "xlsx") -> Path:
    """Return the folder of what LibreOffice makes of some sheets, recalculated."""
    sources, results = folder / source, folder / "results"
    sources.mkdir()
    paths = []
    for name, content in contents.items():
        paths.append(sources / f"{name}.{source}")
        paths[-1].write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(results), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return results


def with_optimal_heights(folder: Path, contents: dict[str, bytes]) -> dict[str, Workbook]:
    """Return some sheets with each row as high as LibreOffice finds that its texts need.

    LibreOffice measures rows when it opens its own format without heights, never when it opens XLSX.
    """
    results = convert(folder, contents, "ods")
    without = {name: _without_heights((results / f"{name}.ods").read_bytes()) for name in contents}
    results = convert(folder, without, "xlsx", source="ods")
    return {name: load_workbook(results / f"{name}.xlsx") for name in contents}


def _without_heights(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as cleared:
        for name in given.namelist():
            part = given.read(name)
            if name == "content.xml":
                part, n_cleared = re.subn(rb' style:(use-optimal-)?row-height="[^"]*"', b"", part)
                assert n_cleared
                part = part.replace(
                    b"<style:table-row-properties", b'<style:table-row-properties style:use-optimal-row-height="true"'
                )
            cleared.writestr(name, part)
    return out.getvalue()


def saved(workbook: Workbook) -> bytes:
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def checks_of(workbook: Workbook, sheet: str) -> list[Any]:
    return [cell.value for row in workbook[sheet].iter_rows() for cell in row if cell.value in {"OK", "CHECK"}]
