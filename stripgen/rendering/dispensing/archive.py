"""From a finished workbook to bytes that depend on nothing but the plan."""

import datetime as dt
import hashlib
import io
import zipfile
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from stripgen.domain.plan import Plan
from stripgen.rendering.words import Words

SEAL = "stripgen seal"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can say


def save_reproducibly(
    workbook: Workbook, plan: Plan, words: Words, title: str = "sheet.file_title", kind: str | None = None
) -> bytes:
    """Return the workbook as XLSX; the same plan gives the same bytes.

    The properties carry the plan id and no name, since they show in file lists and search results.

    Args:
        workbook: To save.
        plan: That it is about.
        words: Of its language.
        title: The phrase of its title.
        kind: What it is, in every language; None for a dispensing sheet.
    """
    issued = dt.datetime.combine(plan.issued_on, dt.time())
    workbook.properties.title = words.say(title, plan=plan.plan_id)
    workbook.properties.subject = kind
    workbook.properties.creator = f"stripgen {plan.stripgen_version}"
    workbook.properties.created = issued
    workbook.properties.modified = issued
    workbook.calculation.fullCalcOnLoad = True  # openpyxl writes formulas without a value
    saved = io.BytesIO()
    _InMemory(workbook, _Archive(saved)).save()
    return saved.getvalue()


class _InMemory(ExcelWriter):
    """Writes worksheets in memory: openpyxl's own writer puts them, with the patient's name, in temporary files."""

    def write_worksheet(self, ws: Any) -> None:  # noqa: ANN401 - openpyxl's own signature
        ws._drawing = None  # noqa: SLF001 - a workbook of ours has no charts and no pictures
        out = io.BytesIO()
        writer = WorksheetWriter(ws, out)
        writer.write()
        ws._rels = writer._rels  # type: ignore[attr-defined] # noqa: SLF001 - as openpyxl's own method does
        self._archive.writestr(ws.path[1:], out.getvalue())  # type: ignore[attr-defined] # the stub lacks it
        self.manifest.append(ws)


class _Archive(zipfile.ZipFile):
    """A zip file whose entries all have the same time, and whose comment seals them.

    The seal is the SHA-256 of all names and contents. Programs leave the comment out of what they save: a file with a
    seal was not saved since, and is as it was made or was tampered with.
    """

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, "w", zipfile.ZIP_DEFLATED)
        self._digest = hashlib.sha256()

    def writestr(self, name: Any, data: Any, *_: Any) -> None:  # noqa: ANN401 - as openpyxl calls it
        content = data.encode() if isinstance(data, str) else data
        self._digest.update(f"{name}\0{len(content)}\0".encode())
        self._digest.update(content)
        super().writestr(zipfile.ZipInfo(str(name), _FIXED_TIME), content, zipfile.ZIP_DEFLATED)

    def close(self) -> None:
        if self.fp is not None:  # still open
            self.comment = f"{SEAL} {self._digest.hexdigest()}".encode()
        super().close()
