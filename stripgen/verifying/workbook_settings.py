"""What decides how a workbook and each of its sheets show, are computed, and may be changed."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from stripgen.verifying.workbook_looks import Looks, child, is_on
from stripgen.verifying.workbook_package import local

USUAL_SETTINGS: tuple[object, ...] = (False, ("auto", True, False, "A1"))  # of a workbook, as read here
_FORMAT_OF_EDGES = re.compile(r'&"[^"]*"|&\d+ ?|&K[0-9A-Fa-f]{6}|&[BIUE]')


def read_settings(root: ET.Element) -> dict[str, object]:
    """Return the settings of a workbook, by what they are."""
    workbook, calculation = child(root, "workbookPr"), child(root, "calcPr")
    return {
        "the dates count from 1904": is_on(workbook.get("date1904", "0")),
        "how formulas are computed": (
            calculation.get("calcMode", "auto"),
            is_on(calculation.get("fullPrecision", "1")),
            is_on(calculation.get("iterate", "0")),
            calculation.get("refMode", "A1"),
        ),
    }


def read_sheet_settings(root: ET.Element, looks: Looks) -> dict[str, object]:
    """Return the settings of a sheet, by what they are; all but which of its cells are printed."""
    protection = child(root, "sheetProtection")
    view = child(child(root, "sheetViews"), "sheetView")
    edges = child(root, "headerFooter")
    return {
        "its merged cells": frozenset(each.get("ref", "") for each in child(root, "mergeCells")),
        "its protection": is_on(protection.get("sheet", "0")),
        "how it is shown": (
            is_on(view.get("showFormulas", "0")),
            is_on(view.get("showZeros", "1")),
            is_on(view.get("rightToLeft", "0")),
        ),
        "its conditional formats": frozenset(_conditional_formats(root, looks)),
        "what its entry cells accept": frozenset(_validations(root)),
        "the text on the edges of its pages": tuple(_edges(edges)),
    }


def _conditional_formats(root: ET.Element, looks: Looks) -> Iterator[tuple[object, ...]]:
    for formats in root.iter():
        if local(formats.tag) != "conditionalFormatting":
            continue
        cells = frozenset(formats.get("sqref", "").split())
        for rule in formats:
            if local(rule.tag) == "cfRule":
                index = int(rule.get("dxfId", "-1"))
                look = looks.conditional[index] if 0 <= index < len(looks.conditional) else ("", "")
                yield cells, rule.get("type", ""), rule.get("operator", ""), _formulas(rule), look


def _validations(root: ET.Element) -> Iterator[tuple[object, ...]]:
    for rule in root.iter():
        if local(rule.tag) == "dataValidation":
            kind, formulas = rule.get("type", "none"), _formulas(rule)
            yield (
                frozenset(rule.get("sqref", "").split()),
                kind,
                formulas[:1] if kind == "list" else formulas,
                is_on(rule.get("showErrorMessage", "0")),
            )


def _formulas(rule: ET.Element) -> tuple[str, ...]:
    return tuple(each.text or "" for each in rule if local(each.tag).startswith("formula"))


def _edges(edges: ET.Element) -> Iterator[str]:
    """Yield the texts on top and at the foot of printed pages, without their fonts."""
    for each in edges:
        if each.text:
            yield f"{local(each.tag)} {' '.join(_FORMAT_OF_EDGES.sub('', each.text).split())}"
