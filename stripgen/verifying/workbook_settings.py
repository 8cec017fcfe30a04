"""What decides how a workbook and each of its sheets show, are computed, and may be changed."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from stripgen.verifying.workbook_looks import Looks, child, is_on
from stripgen.verifying.workbook_package import local

# Of a workbook, as read here: all that it may say of itself.
USUAL_SETTINGS: tuple[object, ...] = (False, ("auto", True, False, "A1"), (True, True), ())
PROTECTION = "its protection, and what that allows"
UNPROTECTED: tuple[bool, frozenset[str]] = (False, frozenset())
_FORMAT_OF_EDGES = re.compile(r'&"[^"]*"|&([6-9]|\d\d+) ?|&K000000|&[BIUE]')  # smaller letters, or in colour, are told
_LOCKED_ACTIONS = (
    *("formatCells", "formatColumns", "formatRows", "insertColumns", "insertRows", "insertHyperlinks"),
    *("deleteColumns", "deleteRows", "sort", "autoFilter", "pivotTables"),
)
_LEAST_ZOOM = 30  # percent; a person may look at a sheet from afar
_MOST_FROZEN = 20  # rows; headings take fewer
_WIDEST_MARGIN = 3.0  # inches


def read_settings(root: ET.Element) -> dict[str, object]:
    """Return the settings of a workbook, by what they are."""
    workbook, calculation = child(root, "workbookPr"), child(root, "calcPr")
    window = child(child(root, "bookViews"), "workbookView")
    return {
        "the dates count from 1904": is_on(workbook.get("date1904", "0")),
        "how formulas are computed": (
            calculation.get("calcMode", "auto"),
            is_on(calculation.get("fullPrecision", "1")),
            is_on(calculation.get("iterate", "0")),
            calculation.get("refMode", "A1"),
        ),
        "its window, and its tabs, show": (
            window.get("visibility", "visible") == "visible",
            is_on(window.get("showSheetTabs", "1")),
        ),
    }


def read_sheet_settings(root: ET.Element, looks: Looks) -> dict[str, object]:
    """Return the settings of a sheet, by what they are; all but which of its cells are printed."""
    view = child(child(root, "sheetViews"), "sheetView")
    edges = child(root, "headerFooter")
    return {
        "its merged cells": frozenset(each.get("ref", "") for each in child(root, "mergeCells")),
        PROTECTION: _protection(child(root, "sheetProtection")),
        "how it is shown": (
            is_on(view.get("showFormulas", "0")),
            is_on(view.get("showZeros", "1")),
            is_on(view.get("rightToLeft", "0")),
            int(view.get("zoomScale", "100")) >= _LEAST_ZOOM,
            is_on(child(root, "sheetFormatPr").get("zeroHeight", "0")),
        ),
        "rows that are out of reach above what is frozen": _is_scrolled_away(view),
        "a filter that leaves out rows": any(local(each.tag) == "filterColumn" for each in child(root, "autoFilter")),
        "how large it is printed": _printed_size(root),
        "its conditional formats": frozenset(_conditional_formats(root, looks)),
        "what its entry cells accept": frozenset(_validations(root)),
        "the text on the edges of its pages": tuple(_edges(edges)),
    }


def _protection(protection: ET.Element) -> tuple[bool, frozenset[str]]:
    """Return whether a sheet is protected, and what may be done with it all the same."""
    if not is_on(protection.get("sheet", "0")):
        return UNPROTECTED
    return True, frozenset(action for action in _LOCKED_ACTIONS if not is_on(protection.get(action, "1")))


def _is_scrolled_away(view: ET.Element) -> bool:
    """Return whether cells above or left of what is frozen cannot be scrolled to."""
    pane = child(view, "pane")
    frozen = pane.get("state", "").startswith("frozen")
    return frozen and (view.get("topLeftCell", "A1") != "A1" or float(pane.get("ySplit", "0")) > _MOST_FROZEN)


def _printed_size(root: ET.Element) -> tuple[object, ...]:
    setup, margins = child(root, "pageSetup"), child(root, "pageMargins")
    fits = is_on(child(child(root, "sheetPr"), "pageSetUpPr").get("fitToPage", "0"))
    size = (setup.get("fitToWidth", "1"), setup.get("fitToHeight", "1")) if fits else (setup.get("scale", "100"),)
    return (
        fits,
        size,
        all(float(margins.get(edge, "0")) < _WIDEST_MARGIN for edge in ("left", "right", "top", "bottom")),
    )


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
    for own in ("differentFirst", "differentOddEven"):
        if is_on(edges.get(own, "0")):
            yield own
    for each in edges:
        if each.text:
            yield f"{local(each.tag)} {' '.join(_FORMAT_OF_EDGES.sub('', each.text).split())}"
