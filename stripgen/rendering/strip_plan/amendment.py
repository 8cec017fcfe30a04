"""The pages of an amended plan: what it changes and why, and which pouches of the version before must come back."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from stripgen.domain.order import Amendment
from stripgen.domain.plan import Plan, PouchToTakeBack
from stripgen.rendering.strip_plan.furniture import BODY, Column, Sheet, hairline, headings, patient_line
from stripgen.rendering.strip_plan.page import BLACK, BLUE, RED, Align, Box, Item, Rectangle
from stripgen.rendering.strip_plan.text import Paragraph, height_of, line_height, one_line, stack
from stripgen.rendering.words import (
    capitalise,
    count_of,
    describe_amendment,
    describe_kept,
    format_date,
    format_dose,
    format_number,
    format_taper,
)

_TYPE_PT = 9.0
_ROW_MM = 5.4
_HEADINGS_MM = 5.6
_TICK_MM = 3.6
_FIRST_PAGE = 2
_BELOW_MM = 3.0
_BODY = Box(BODY.x, BODY.y - 8, BODY.width, BODY.height + 8)


def amendment_sheets(plan: Plan) -> list[Sheet]:
    """Return the pages of an amended plan, none of any other: as many as the list of pouches needs."""
    if plan.order.amendment is None:
        return []
    told = _told(plan, plan.order.amendment)
    told_mm = height_of(told, BODY.width) + _BELOW_MM
    rolls = _rolls(plan)
    title = f"Version {plan.version} of this plan"
    room = _BODY.below(told_mm)
    sheets, rest = [], rolls
    for number in range(1, count_amendment_sheets(plan) + 1):
        table = room if number == 1 else _BODY
        here, rest = rest[: _rows_in(table)], rest[_rows_in(table) :]
        items: list[Item] = [*stack(told, _BODY.top(told_mm))] if number == 1 else []
        items += _table(here, plan, table, is_last=not rest)
        sheets.append(Sheet(title if number == 1 else f"{title}, continued", tuple(items)))
    return sheets


def count_amendment_sheets(plan: Plan) -> int:
    """Return how many pages the list of pouches needs, with what is told above it."""
    if plan.order.amendment is None:
        return 0
    first = _rows_in(_BODY.below(height_of(_told(plan, plan.order.amendment), BODY.width) + _BELOW_MM))
    left = max(len(_rolls(plan)) - first, 0)
    return 1 + -(-left // _rows_in(_BODY))


def describe_take_back(plan: Plan) -> str:
    """Return how many pouches must come back, and on which page they are listed."""
    if not plan.take_back:
        return "No pouch has to come back: see page 2."
    last = _FIRST_PAGE + count_amendment_sheets(plan) - 1
    pages = f"page {_FIRST_PAGE}" if last == _FIRST_PAGE else f"pages {_FIRST_PAGE} to {last}"
    return f"Take back {count_of(len(plan.take_back), 'pouch', 'pouches')}: see {pages}."


def _told(plan: Plan, amendment: Amendment) -> list[Paragraph]:
    """Return what the amendment says, from the top down."""
    first = plan.days[amendment.from_day - 1]
    made = f"{count_of(plan.totals.pouches, 'pouch', 'pouches')} in "
    made += count_of(plan.totals.strips, "strip", "strips")
    versions = ", ".join(f"version {n} {plan_id}" for n, plan_id in enumerate(amendment.earlier, start=1))
    told = [
        Paragraph("patient.name", f"{patient_line(plan)} · {plan.order.medication.drug} {format_taper(plan)}", 9.5, 7),
        Paragraph(
            "amendment",
            f"Plan {plan.plan_id} replaces plan {amendment.amends} from day {first.day}, {format_date(first.date)}.",
            13,
            9,
            "bold",
            space_mm=2,
        ),
        _titled("What changes"),
        _line(f"{describe_amendment(amendment)}.", "amendment"),
        *(_line(words, "taper", is_red=True) for words in describe_rises(plan)),
        _titled("Reason"),
        _line(amendment.reason, "amendment.reason"),
        _titled("What stays, what is made"),
        _line(f"{describe_kept(plan)}. To be made with this plan, from day {first.day} on: {made}.", "amendment"),
        _line(f"All versions: {versions}, version {plan.version} {plan.plan_id} (this one).", "amendment"),
    ]
    if plan.is_draft:
        told.append(_line("This version needs an approval of its own: that of the order was for what it replaces."))
    told.append(_titled("Pouches to take back"))
    if not plan.take_back:
        told.append(_line("None: all pouches made so far are taken as printed."))
    else:
        count = count_of(len(plan.take_back), "pouch", "pouches")
        told.append(_line(f"{count} must not be taken any more. Tick each row when its pouches are back."))
    return told


def _titled(words: str) -> Paragraph:
    return Paragraph(words, words, 9, 9, "semibold", colour=BLUE, space_mm=2.4)


def _line(words: str, field: str = "amendment", *, is_red: bool = False) -> Paragraph:
    return Paragraph(field, words, 10, 8, "bold" if is_red else "regular", colour=RED if is_red else BLACK)


def describe_rises(plan: Plan) -> list[str]:
    """Return a sentence for each day on which the dose rises."""
    first = plan.order.amendment.from_day if plan.order.amendment else 1
    return [
        f"On day {day.day} the dose rises from {format_dose(day.dose_mg + day.drop_mg)} to {format_dose(day.dose_mg)}, "
        f"as {'the' if day.day >= first else 'an earlier'} amendment {'asks' if day.day >= first else 'asked'}."
        for day in plan.days
        if day.rises
    ]


@dataclass(frozen=True, slots=True)
class _Roll:
    """Pouches to take back that hang together: consecutive days of one strip."""

    strip: int
    plan_id: str
    pouches: tuple[PouchToTakeBack, ...]


def _rolls(plan: Plan) -> list[_Roll]:
    amendment = plan.order.amendment
    printed_ids = [pouch.plan for pouch in amendment.take_back] if amendment else []
    numbered = enumerate(zip(printed_ids, plan.take_back, strict=True))
    rolls = groupby(numbered, key=lambda at: (at[1][0], at[1][1].strip, at[1][1].day - at[0]))
    return [_Roll(strip, plan_id, tuple(pouch for _, (_, pouch) in pouches)) for (plan_id, strip, _), pouches in rolls]


def _rows_in(box: Box) -> int:
    """Return how many rows fit, with the headings and the sum."""
    return max(int((box.height - _HEADINGS_MM - _ROW_MM) / _ROW_MM), 1)


def _table(rolls: list[_Roll], plan: Plan, box: Box, *, is_last: bool) -> list[Item]:
    if not rolls:
        return []
    columns = _columns(box)
    items = headings(columns, box.y, 8)
    y = box.y + _HEADINGS_MM
    for roll in rolls:
        items += _cells(_words_of(roll), columns, y)
        items.append(Rectangle(Box(columns[-1].box.x + 1, y + 0.9, _TICK_MM, _TICK_MM), stroke=BLACK, width=0.3))
        items.append(hairline(y + _ROW_MM))
        y += _ROW_MM
    if is_last:
        words = capitalise(f"in all {count_of(len(plan.take_back), 'pouch', 'pouches')}")
        place = Box(box.x, y + 0.8, box.width, line_height(_TYPE_PT))
        items.append(one_line(words, place, _TYPE_PT, "bold"))
    return items


def _columns(box: Box) -> list[Column]:
    boxes = box.columns(11, 24, 66, 15, 36, 26, 10, gap=4)
    words = ("Strip", "Days", "Dates", "Pouches", "Doses (mg)", "Plan id on it", "Back")
    aligns: tuple[Align, ...] = ("right", "left", "left", "right", "left", "left", "left")
    return [Column(part, word, align) for part, word, align in zip(boxes, words, aligns, strict=True)]


def _words_of(roll: _Roll) -> tuple[str, ...]:
    first, last = roll.pouches[0], roll.pouches[-1]
    doses = [pouch.dose_mg for pouch in roll.pouches]
    return (
        str(roll.strip),
        _from_to(str(first.day), str(last.day)),
        _from_to(format_date(first.date), format_date(last.date)),
        str(len(roll.pouches)),
        _from_to(format_number(max(doses)), format_number(min(doses))),
        roll.plan_id,
    )


def _from_to(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _cells(words: Iterable[str], columns: Iterable[Column], y: float) -> list[Item]:
    items: list[Item] = []
    for word, column in zip(words, columns, strict=False):
        place = Box(column.box.x, y + 0.6, column.box.width, _ROW_MM - 0.6)
        items += stack([Paragraph("amendment", word, _TYPE_PT, 6, "regular", column.align)], place)
    return items
