"""How the tables of figures and the braces of the chart look: type of one size, no word across a line."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from orders import plan_of, raw_order, units

from stripgen import files
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.rendering.strip_plan.chart import lay_out_chart
from stripgen.rendering.strip_plan.figure_table import lay_out_table, table_height
from stripgen.rendering.strip_plan.figures import full_figures, other_rows, own_row, short_figures
from stripgen.rendering.strip_plan.fonts import width_mm
from stripgen.rendering.strip_plan.page import GREY, Box, Item, Line, Text
from stripgen.rendering.words import Words

SIZE_PT, ROW_MM = 8.0, 4.4
LEAST_HEADING_PT = 5.5
ORDERS: dict[str, Mapping[str, Any]] = {
    "many doses": {},
    "units, limited": {"compounding": units("10", "5", "1", "0.5"), "taper.max_different_doses": 8},
    "no curve": {"medication.drug": "exampletine", "taper.strategy": "linear"},
}
TABLES = {"review": (short_figures, 123.0), "comparison": (full_figures, 182.0)}


@cache
def words_in(language: Language) -> Words:
    return Words(files.load_wording(language), "." if language == "en" else ",")


def table_of(order: str, table: str, language: Language) -> list[Item]:
    plan, words = plan_of(raw_order(ORDERS[order])), words_in(language)
    rows = [own_row(plan, words), *other_rows(plan, words)]
    columns, width = TABLES[table]
    box = Box(14, 0, width, table_height(len(rows), ROW_MM))
    return lay_out_table(columns(rows, plan, words), box, ROW_MM, SIZE_PT)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("order", ORDERS)
def test_the_cells_of_a_table_are_of_one_size_and_its_headings_too(order: str, table: str, language: Language) -> None:
    texts = [item for item in table_of(order, table, language) if isinstance(item, Text)]
    headings = [text for text in texts if text.colour == GREY]
    cells = [text for text in texts if text.font in {"regular", "bold"}]

    assert {text.size_pt for text in cells} == {max(text.size_pt for text in cells)}
    assert {text.size_pt for text in headings} == {max(text.size_pt for text in headings)}
    assert min(text.size_pt for text in headings) > LEAST_HEADING_PT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("order", ORDERS)
def test_no_word_of_a_table_reaches_into_another_column(order: str, table: str, language: Language) -> None:
    texts = [item for item in table_of(order, table, language) if isinstance(item, Text)]

    for text in texts:
        assert width_mm(text.text, text.font, text.size_pt) <= text.box.width + 1e-6
        for other in texts:
            assert other.box.x == text.box.x or other.box.right <= text.box.x or other.box.x >= text.box.right


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("held_days", [1, 5, 14, 28, 56])
def test_the_word_of_a_hold_crosses_no_brace(held_days: int, language: Language) -> None:
    phases = [
        {"kind": "reduce", "to_mg": 15, "days": 42},
        {"kind": "hold", "days": held_days},
        {"kind": "reduce", "to_mg": 5, "days": 14},
        {"kind": "hold", "days": held_days},
        {"kind": "reduce", "to_mg": 0, "days": 84},
    ]
    plan = plan_of(
        raw_order({"taper": {"start_dose_mg": 20, "start_date": raw_order()["taper"]["start_date"], "phase": phases}})
    )
    items = lay_out_chart(plan, words_in(language), Box(14, 50, 182, 80))
    arms = [item for item in items if isinstance(item, Line) and item.x1 == item.x2 and item.colour == GREY]
    word = words_in(language).say("chart.hold")
    told = [item.box for item in items if isinstance(item, Text) and item.text.startswith(word)]

    assert len(arms) == 4
    assert told
    assert not [(box.x, arm.x1) for box in told for arm in arms if box.x < arm.x1 < box.right]
