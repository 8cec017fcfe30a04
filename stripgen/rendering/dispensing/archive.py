"""From a finished workbook to bytes that depend on nothing but the plan."""

import datetime as dt
import io
import zipfile

from openpyxl import Workbook
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from stripgen.domain.plan import Plan

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can say


def save_reproducibly(workbook: Workbook, plan: Plan) -> bytes:
    """Return the workbook as XLSX; the same plan gives the same bytes.

    The properties carry the plan id and no name, since they show in file lists and search results.
    """
    issued = dt.datetime.combine(plan.issued_on, dt.time())
    workbook.properties.title = f"Dispensing sheet, plan {plan.plan_id}"
    workbook.properties.creator = f"stripgen {plan.stripgen_version}"
    workbook.properties.created = issued
    workbook.calculation.fullCalcOnLoad = True  # openpyxl writes formulas without a value
    saved = io.BytesIO()
    workbook.save(saved)
    workbook.properties.modified = issued  # saving has set it to the clock
    return _with_fixed_times(saved, {ARC_CORE: tostring(workbook.properties.to_tree())})


def _with_fixed_times(saved: io.BytesIO, replaced: dict[str, bytes]) -> bytes:
    fixed = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            content = replaced.get(name) or source.read(name)
            target.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
