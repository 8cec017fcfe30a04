"""The pages of an amended plan: what it changes and why, and which pouches of the version before must come back."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from stripgen.domain.amendment import Amendment
from stripgen.domain.plan import Plan, PouchToTakeBack
from stripgen.domain.wording import say_later
from stripgen.rendering.descriptions import describe_amendment, describe_kept
from stripgen.rendering.strip_plan.furniture import Column, Sheet, describe_whose, hairline, headings
from stripgen.rendering.strip_plan.page import BLACK, BLUE, RED, Align, Box, Item, Rectangle
from stripgen.rendering.strip_plan.paper import Paper
from stripgen.rendering.strip_plan.text import Paragraph, height_of, line_height, one_line, stack
from stripgen.rendering.words import Words

_TYPE_PT = 9.0
_ROW_MM = 5.4
_HEADINGS_MM = 6.2
_TICK_MM = 3.6
_FIRST_PAGE = 2
_BELOW_MM = 3.0


def amendment_sheets(plan: Plan, words: Words, paper: Paper) -> list[Sheet]:
    """Return the pages of an amended plan, none of any other: as many as the list of pouches needs."""
    if plan.order.amendment is None:
        return []
    told = _told(plan, words, plan.order.amendment)
    body = paper.tall_body
    told_mm = height_of(told, body.width) + _BELOW_MM
    rolls = _rolls(plan)
    room = body.below(told_mm)
    sheets, rest = [], rolls
    for number in range(1, count_amendment_sheets(plan, words, paper) + 1):
        table = room if number == 1 else body
        here, rest = rest[: _rows_in(table)], rest[_rows_in(table) :]
        items: list[Item] = [*stack(told, body.top(told_mm))] if number == 1 else []
        items += _table(here, plan, words, table, is_last=not rest)
        title = words.say("amendment.title" if number == 1 else "amendment.title_continued", version=plan.version)
        sheets.append(Sheet(title, tuple(items), paper))
    return sheets


def count_amendment_sheets(plan: Plan, words: Words, paper: Paper) -> int:
    """Return how many pages the list of pouches needs, with what is told above it."""
    if plan.order.amendment is None:
        return 0
    body, told = paper.tall_body, _told(plan, words, plan.order.amendment)
    first = _rows_in(body.below(height_of(told, body.width) + _BELOW_MM))
    left = max(len(_rolls(plan)) - first, 0)
    return 1 + -(-left // _rows_in(body))


def describe_take_back(plan: Plan, words: Words, paper: Paper) -> str:
    """Return how many pouches must come back, and on which page they are listed."""
    if not plan.take_back:
        return words.say("amendment.take_back_none", page=_FIRST_PAGE)
    n_pouches, last = len(plan.take_back), _FIRST_PAGE + count_amendment_sheets(plan, words, paper) - 1
    if last == _FIRST_PAGE:
        return words.say("amendment.take_back_page", pouches=n_pouches, page=_FIRST_PAGE)
    return words.say("amendment.take_back_pages", pouches=n_pouches, first=_FIRST_PAGE, last=last)


def _told(plan: Plan, words: Words, amendment: Amendment) -> list[Paragraph]:
    """Return what the amendment says, from the top down."""
    first = plan.days[amendment.from_day - 1]
    replaces = words.say("amendment.replaces", plan=plan.plan_id, old=amendment.amends, day=first.day, date=first.date)
    made = words.say(
        "amendment.to_be_made",
        kept=describe_kept(plan, words),
        day=first.day,
        pouches=plan.totals.pouches,
        strips=plan.totals.strips,
    )
    told = [
        Paragraph("patient.name", describe_whose(plan, words), 9.5, 7),
        Paragraph("amendment", replaces, 13, 9, "bold", space_mm=2),
        _titled(words.say("amendment.what_changes")),
        _line(words.say("amendment.changes", change=describe_amendment(amendment, words))),
        *(_line(rise, "taper", is_red=True) for rise in describe_rises(plan, words)),
        _titled(words.say("amendment.reason")),
        _line(amendment.reason, "amendment.reason"),
        _titled(words.say("amendment.what_stays")),
        _line(made),
        _line(_describe_versions(plan, words, amendment)),
    ]
    if plan.is_draft:
        told.append(_line(words.say("amendment.needs_approval")))
    told.append(_titled(words.say("amendment.pouches_to_take_back")))
    if not plan.take_back:
        told.append(_line(words.say("amendment.all_taken")))
    else:
        told.append(_line(words.say("amendment.not_taken", pouches=len(plan.take_back))))
    return told


def _describe_versions(plan: Plan, words: Words, amendment: Amendment) -> str:
    numbered = enumerate(amendment.earlier, start=1)
    earlier = tuple(say_later("amendment.version", version=n, plan=plan_id) for n, plan_id in numbered)
    return words.say("amendment.versions", earlier=earlier, version=plan.version, plan=plan.plan_id)


def _titled(title: str) -> Paragraph:
    return Paragraph("amendment", title, 9, 9, "semibold", colour=BLUE, space_mm=2.4)


def _line(text: str, field: str = "amendment", *, is_red: bool = False) -> Paragraph:
    return Paragraph(field, text, 10, 8, "bold" if is_red else "regular", colour=RED if is_red else BLACK)


def describe_rises(plan: Plan, words: Words) -> list[str]:
    """Return a sentence for each day on which the dose rises."""
    first = plan.order.amendment.from_day if plan.order.amendment else 1
    return [
        words.say(
            "amendment.rises" if day.day >= first else "amendment.rose",
            day=day.day,
            before=day.dose_mg + day.drop_mg,
            dose=day.dose_mg,
        )
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


def _table(rolls: list[_Roll], plan: Plan, words: Words, box: Box, *, is_last: bool) -> list[Item]:
    if not rolls:
        return []
    columns = _columns(box, words)
    items = headings(columns, box.y, 8, _HEADINGS_MM)
    y = box.y + _HEADINGS_MM
    for roll in rolls:
        items += _cells(_describe_roll(roll, words), columns, y)
        items.append(Rectangle(Box(columns[-1].box.x + 1, y + 0.9, _TICK_MM, _TICK_MM), stroke=BLACK, width=0.3))
        items.append(hairline(y + _ROW_MM, box))
        y += _ROW_MM
    if is_last:
        in_all = words.say("amendment.in_all", pouches=len(plan.take_back))
        place = Box(box.x, y + 0.8, box.width, line_height(_TYPE_PT))
        items.append(one_line(in_all, place, _TYPE_PT, "bold"))
    return items


def _columns(box: Box, words: Words) -> list[Column]:
    boxes = box.columns(11, 24, 66, 15, 36, 26, 10, gap=4)
    headed = ("strip", "days", "dates", "pouches", "doses", "plan_id", "back")
    aligns: tuple[Align, ...] = ("right", "left", "left", "right", "left", "left", "left")
    return [
        Column(part, words.say(f"amendment.column_{name}"), align)
        for part, name, align in zip(boxes, headed, aligns, strict=True)
    ]


def _describe_roll(roll: _Roll, words: Words) -> tuple[str, ...]:
    first, last = roll.pouches[0], roll.pouches[-1]
    doses = [pouch.dose_mg for pouch in roll.pouches]
    return (
        str(roll.strip),
        _from_to(str(first.day), str(last.day), words),
        _from_to(words.date(first.date), words.date(last.date), words),
        str(len(roll.pouches)),
        _from_to(words.number(max(doses)), words.number(min(doses)), words),
        roll.plan_id,
    )


def _from_to(first: str, last: str, words: Words) -> str:
    return first if first == last else words.say("amendment.from_to", first=first, last=last)


def _cells(texts: Iterable[str], columns: Iterable[Column], y: float) -> list[Item]:
    items: list[Item] = []
    for text, column in zip(texts, columns, strict=False):
        place = Box(column.box.x, y + 0.6, column.box.width, _ROW_MM - 0.6)
        items += stack([Paragraph("amendment", text, _TYPE_PT, 6, "regular", column.align)], place)
    return items
