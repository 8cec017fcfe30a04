"""How the sheet Order comes out on paper: no block of it parted by the end of a page, in letters that can be read."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from orders import ISSUED_ON, plan_of, raw_order, units

from stripgen import files
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.rendering.dispensing.order_sheet import add_order_sheet
from stripgen.rendering.dispensing.page import FIRST_ROW, PAGE_HEIGHT_POINTS, PAGE_WIDTH
from stripgen.rendering.dispensing.styles import TEXT_SIZE, add_styles
from stripgen.rendering.words import Words

LEAST_PT = 8.0
MANY_FIELDS = {
    "medication": {
        "drug": "fluoxetine",
        "route": "oral",
        "directions": "Take the contents of one pouch by mouth every morning with food and a full glass of water",
        "precautions": "May cause drowsiness; do not drive until you know how this affects you",
    },
    "pharmacy.name": "Compounding Pharmacy of Greater Southwestern Pennsylvania, LLC",
    "pharmacy.address": "12345 Old Lincoln Highway Suite 210, Greensburg, PA 15601",
    "dispensing": {
        "lot": "L-2026-118",
        "beyond_use_date": dt.date(2027, 5, 20),
        "made_on": ISSUED_ON,
        "dispensed_on": ISSUED_ON,
        "serial": "S-1234567",
        "storage": "Store at 68 to 77 °F, in the roll, away from light and moisture",
    },
}
STRENGTHS = {"compounding": units("10", "5", "1", "0.5"), "taper.start_dose_mg": 20}
ORDERS: dict[str, Mapping[str, Any]] = {"short": {}, "strengths": STRENGTHS, "many fields": MANY_FIELDS}
NO_END = {
    "pharmacy.address": "The Very Long Example Institute of Names c/o Wilhelmshavener Street 4711 " * 3,
    "medication": {
        "drug": "citalopram",
        "directions": "One pouch each morning, after breakfast and with water. " * 4,
        "precautions": "May cause drowsiness: do not drive before you know how it acts. " * 3,
    },
    "dispensing": {"storage": "Below 25 °C, in the roll, away from light. " * 5, "ingredients": "cellulose, " * 20},
    "compounding.increment_mg": Decimal("0.1"),
}


def sheet_of(changes: Mapping[str, Any], language: Language = "en") -> Worksheet:
    words = Words(files.load_wording(language), "." if language == "en" else ",")
    workbook = Workbook()
    add_styles(workbook, words)
    add_order_sheet(workbook, plan_of(raw_order(changes)), words)
    return workbook.worksheets[-1]


def pages_of(sheet: Worksheet) -> list[tuple[int, int]]:
    """Return the first and the last row of every page, as its breaks part them."""
    ends = [*(page.id for page in sheet.row_breaks.brk), sheet.max_row]
    return list(zip([FIRST_ROW, *(end + 1 for end in ends[:-1])], ends, strict=True))


def height_of_rows(sheet: Worksheet, first: int, last: int) -> float:
    return sum(float(sheet.row_dimensions[row].height or 0) for row in range(first, last + 1))


def printed_share(sheet: Worksheet) -> float:
    """Return at what share of its size the sheet is printed, to be as wide as the page."""
    return min(1.0, PAGE_WIDTH / sum(sheet.column_dimensions[column].width for column in "ABCD"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ORDERS)
def test_what_was_asked_stands_on_one_page_and_all_else_on_it_or_on_the_next(name: str, language: Language) -> None:
    sheet = sheet_of(ORDERS[name], language)
    pages, top = pages_of(sheet), height_of_rows(sheet, 1, FIRST_ROW - 1)

    assert len(pages) <= 2
    for first, last in pages:
        assert (top + height_of_rows(sheet, first, last)) * printed_share(sheet) <= PAGE_HEIGHT_POINTS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*ORDERS, "no end"])
def test_its_letters_can_be_read(name: str, language: Language) -> None:
    sheet = sheet_of({**ORDERS, "no end": NO_END}[name], language)

    assert TEXT_SIZE * printed_share(sheet) >= LEAST_PT


def test_an_order_too_long_for_a_page_is_parted_between_its_blocks_only() -> None:
    sheet = sheet_of(NO_END)
    pages = pages_of(sheet)

    assert len(pages) > 1
    for first, _ in pages:
        assert sheet.cell(first, 1).value in {"Patient", "Medication", "Dispensing", "Approval", "Models, to read only"}
        assert sheet.cell(first, 2).value is None
