"""From a finished workbook to bytes that depend on nothing but the plan."""

import datetime as dt
import io
import zipfile
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from stripgen.domain.plan import Plan
from stripgen.rendering.words import Words

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can say


def save_reproducibly(workbook: Workbook, plan: Plan, words: Words) -> bytes:
    """Return the workbook as XLSX; the same plan gives the same bytes.

    The properties carry the plan id and no name, since they show in file lists and search results.
    """
    issued = dt.datetime.combine(plan.issued_on, dt.time())
    workbook.properties.title = words.say("sheet.file_title", plan=plan.plan_id)
    workbook.properties.creator = f"stripgen {plan.stripgen_version}"
    workbook.properties.created = issued
    workbook.properties.modified = issued
    workbook.calculation.fullCalcOnLoad = True  # openpyxl writes formulas without a value
    saved = io.BytesIO()
    _InMemory(workbook, _Archive(saved, "w", zipfile.ZIP_DEFLATED)).save()
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
    """A zip file whose entries all have the same time."""

    def writestr(self, name: Any, data: Any, *_: Any) -> None:  # noqa: ANN401 - as openpyxl calls it
        super().writestr(zipfile.ZipInfo(str(name), _FIXED_TIME), data, zipfile.ZIP_DEFLATED)
