"""Records what `make` draws and writes, and leaves a script that does only that: the floor of the benchmark."""

import datetime as dt
import pickle
import statistics
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from reportlab.pdfgen.canvas import Canvas

from stripgen import files
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.papers import enclose
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper
from stripgen.rendering import dispensing
from stripgen.rendering.strip_plan import codes, document, drawing
from stripgen.rendering.strip_plan.fonts import FACES, font_name
from stripgen.rendering.words import PaperWords, Words

PATH = "a path"  # stands for the path object in a recorded call


class _Recorder:
    """Stands in for a canvas (or one of its paths) and notes each call before passing it on."""

    def __init__(self, target: Any, calls: list[Any]) -> None:
        self._target = target
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            return getattr(self._target, name)
        return lambda *args, **kwargs: self._note(name, args, kwargs)

    def _note(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name == "beginPath":
            steps: list[Any] = []
            self._calls.append((name, steps, {}))
            return _Recorder(self._target.beginPath(), steps)
        self._calls.append((name, tuple(PATH if isinstance(arg, _Recorder) else arg for arg in args), kwargs))
        return getattr(self._target, name)(
            *(arg._target if isinstance(arg, _Recorder) else arg for arg in args), **kwargs
        )


def plan_of(order_file: Path, days: int | None = None) -> Plan:
    """Return the plan of an order, in as many days as given."""
    formulary, raw = files.load_formulary(), files.load_order_file(order_file)
    if days is not None:
        raw["taper"]["days"] = days
    return plan_taper(read_order(raw, formulary, str(order_file)), formulary, dt.date(2026, 11, 23))


def record_floor(order_file: Path, folder: Path) -> Path:
    """Return a script that draws the same pages (`floor.pdf`, as `expected.pdf`) and writes the same cells."""
    plan = plan_of(order_file)
    calls, canvas_arguments, pdf = _record_drawing(plan)
    workbook = _record_workbook(plan)
    recorded = {
        "fonts": {font_name(font): str(_font_file(font_name(font))) for font in FACES},
        "canvas": canvas_arguments,
        "calls": calls,
        "sheets": _cells_of(workbook),
        "styles": {name: getattr(workbook, name) for name in _STYLE_TABLES},
    }
    (folder / "recorded.pickle").write_bytes(pickle.dumps(recorded))
    script = folder / "floor.py"
    script.write_text(_FLOOR)
    (folder / "expected.pdf").write_bytes(pdf)
    return script


def time_labels(plan: Plan, stock: Stock, rounds: int) -> tuple[float, float]:
    """Return how long the pouch labels of a plan take, and how long only drawing them does: medians, seconds.

    Both in this process, in turn; the codes of the labels are computed each time.
    """
    words, printing = _words(), _printing(LabelPaper(stock))
    papers = PaperWords(words, words, words)
    calls: list[Any] = []
    arguments: dict[str, Any] = {}

    def recording_canvas(out: Any, **kwargs: Any) -> Any:
        arguments.update(kwargs)
        return _Recorder(Canvas(out, **kwargs), calls)

    with mock.patch.object(drawing, "Canvas", recording_canvas):
        expected = document.render_pouch_labels(plan, papers, printing)
    assert len(_replay(calls, arguments)) > len(expected) / 2  # it does draw them
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        codes.data_matrix.cache_clear()
        started = time.perf_counter()
        document.render_pouch_labels(plan, papers, printing)
        drawn = time.perf_counter()
        _replay(calls, arguments)
        times[0].append(drawn - started)
        times[1].append(time.perf_counter() - drawn)
    return statistics.median(times[0]), statistics.median(times[1])


def _replay(calls: list[Any], arguments: dict[str, Any]) -> bytes:
    """Draw what was recorded, and nothing else: what the floor's script does, in this process."""
    out = BytesIO()
    canvas = Canvas(out, **arguments)
    path: Any = None
    for name, args, kwargs in calls:
        if name == "beginPath":
            path = canvas.beginPath()
            for step, numbers, _ in args:
                getattr(path, step)(*numbers)
        else:
            getattr(canvas, name)(*(path if arg == PATH else arg for arg in args), **kwargs)
    return out.getvalue()


def _font_file(name: str) -> Path:
    import fontpkg_fira_sans  # noqa: PLC0415 - only here

    return Path(fontpkg_fira_sans.ROOT) / "files" / f"{name}.ttf"


def _words() -> Words:
    return Words(files.load_wording("en"), ".", "letters")


def _printing(labels: LabelPaper | None = None) -> Printing:
    """Return how papers are printed unless options say otherwise."""
    profile = files.load_profile(None)
    return Printing(
        profile,
        labels or LabelPaper(files.load_plain_stock(profile.paper)),
        LabelPaper(files.load_plain_stock(profile.paper, strips=True)),
        PatientPages(files.load_template("patient-text", "en", PatientText)),
    )


def _record_drawing(plan: Plan) -> tuple[list[Any], dict[str, Any], bytes]:
    calls: list[Any] = []
    arguments: dict[str, Any] = {}

    def recording_canvas(out: Any, **kwargs: Any) -> Any:
        arguments.update(kwargs)
        return _Recorder(Canvas(out, **kwargs), calls)

    words = _words()
    with mock.patch.object(drawing, "Canvas", recording_canvas):
        pdf = document.render_strip_plan(plan, PaperWords(words, words, words), _printing())
    return calls, arguments, pdf


def _record_workbook(plan: Plan) -> Workbook:
    with mock.patch.object(dispensing, "save_reproducibly") as save:
        dispensing.render_dispensing_sheet(plan, _words(), enclosed=enclose(plan, _printing()))
    workbook = save.call_args.args[0]
    assert isinstance(workbook, Workbook)
    return workbook


_STYLE_TABLES = (
    "_fonts",
    "_fills",
    "_borders",
    "_alignments",
    "_protections",
    "_number_formats",
    "_cell_styles",
    "_named_styles",
)


def _cells_of(workbook: Workbook) -> list[Any]:
    return [
        {
            "title": sheet.title,
            "cells": [
                (cell.row, cell.column, cell.value, cell.has_style and list(cell._style))  # type: ignore[attr-defined] # the stub lacks it
                for row in sheet.iter_rows()
                for cell in row
                if isinstance(cell, Cell)
            ],
            "merged": [str(cells) for cells in sheet.merged_cells.ranges],
            "widths": {name: size.width for name, size in sheet.column_dimensions.items()},
            "heights": {number: size.height for number, size in sheet.row_dimensions.items()},
        }
        for sheet in workbook.worksheets
    ]


_FLOOR = '''"""Replays recorded drawing operations and cell writes; imports what stripgen imports."""
import hashlib
import importlib.metadata
import json
import pickle
import tomllib
from io import BytesIO
from pathlib import Path

import babel.dates
import click
import fontpkg_fira_sans
import numpy
import openpyxl
import pydantic
import pystrich.datamatrix
from openpyxl.styles.cell_style import StyleArray
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

folder = Path(__file__).parent
recorded = pickle.loads((folder / "recorded.pickle").read_bytes())

for name, file in recorded["fonts"].items():
    pdfmetrics.registerFont(TTFont(name, file))
out = BytesIO()
canvas = Canvas(out, **recorded["canvas"])
path = None
for name, args, kwargs in recorded["calls"]:
    if name == "beginPath":
        path = canvas.beginPath()
        for step, numbers, _ in args:
            getattr(path, step)(*numbers)
    else:
        getattr(canvas, name)(*(path if arg == "a path" else arg for arg in args), **kwargs)
(folder / "floor.pdf").write_bytes(out.getvalue())

workbook = openpyxl.Workbook()
workbook.remove(workbook.active)
for name, table in recorded["styles"].items():
    setattr(workbook, name, table)
for recorded_sheet in recorded["sheets"]:
    sheet = workbook.create_sheet(recorded_sheet["title"])
    for row, column, value, style in recorded_sheet["cells"]:
        cell = sheet.cell(row, column, value)
        if style:
            cell._style = StyleArray(style)
    for cells in recorded_sheet["merged"]:
        sheet.merge_cells(cells)
    for name, width in recorded_sheet["widths"].items():
        sheet.column_dimensions[name].width = width
    for number, height in recorded_sheet["heights"].items():
        sheet.row_dimensions[number].height = height
saved = BytesIO()
workbook.save(saved)
(folder / "floor.xlsx").write_bytes(saved.getvalue())
'''
