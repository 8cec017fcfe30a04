"""Every stock by every profile by every language, each with random orders of its own: whole labels or a refusal.

An order is named `STOCK/PROFILE/LANGUAGE/NUMBER`, and what it says follows from its name: a failure is had again by
`pytest tests/test_every_label.py -k "STOCK-PROFILE-LANGUAGE"`. How many were printed and how many refused, and by what,
is printed after the run.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from random import Random

import pytest
from conftest import Tables
from expected_labels import BLANK, TEMPLATES, Due, Expected, load_raw
from label_orders import LabelOrder, random_label_order
from reading import Area
from reading_labels import PrintedText, Shape, Sheet, read_codes, read_sheets

from stripgen.checking.label_rules import find_missing_fields
from stripgen.domain.patient_text import PatientPages, PatientText
from stripgen.domain.plan import Plan
from stripgen.domain.printing import Printing
from stripgen.domain.privacy import is_private
from stripgen.domain.stock import LabelPaper
from stripgen.domain.wording import LANGUAGES, Language
from stripgen.errors import OrderInvalid, Problem, TextDoesNotFit, TextNotPrintable
from stripgen.files import load_profile, load_stock, load_template
from stripgen.papers import load_paper_words
from stripgen.rendering.strip_plan.document import render_pouch_labels, render_strip_labels

STOCKS = sorted(path.stem for path in (TEMPLATES / "stocks").glob("*.toml"))
PROFILES = sorted(path.stem for path in (TEMPLATES / "profiles").glob("*.toml"))
COMBINATIONS = list(product(STOCKS, PROFILES, LANGUAGES))
every_combination = pytest.mark.parametrize(
    ("stock", "profile", "language"), COMBINATIONS, ids=["-".join(names) for names in COMBINATIONS]
)
SLOW_ORDERS = 6  # of each combination, 2,160 in all
DPI = 203  # of a thermal printer
PRINTED, ON_STRIPS = "printed", "part on strips"
N_KINDS = 18 + 4  # of orders, and of labels and codes
# What intake refuses of the orders that are made up wrong, each of which must have been.
REFUSED = {
    *("patient.name", "prescriber.name", "dispensing.serial", "dispensing.made_on", "dispensing.dispensed_on"),
    *("batch.lot", "batch.strength_mg"),
}
REMEDIES = {
    "compounding": "combine fewer strengths",
    "taper": "put fewer days on a strip",
    "batch": "give one lot of all strengths",
}

_HAIR_MM = 0.02
_QUIET_MM = 0.375  # one module of the smallest code
_AROUND_MM = 3.0  # what a scanner sees beside a code
_SHORTEST_RULE_MM = 11.5
_SIDE_OF_A_CODE_MM = 5.0
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")


@dataclass(frozen=True)
class Job:
    """One order on its papers."""

    order: LabelOrder
    stock: str
    strip_stock: str
    first_label: int
    outer: bool
    profile: str
    language: Language

    @property
    def printing(self) -> Printing:
        text = load_template("patient-text", "en", PatientText)
        pouches = LabelPaper(load_stock(self.stock), self.first_label)
        strips = LabelPaper(load_stock(self.strip_stock))
        return Printing(load_profile(self.profile), pouches, strips, PatientPages(text), self.outer)


@dataclass(frozen=True)
class Wanted:
    """What one place on a sheet must have: its texts and, on a pouch, its code."""

    name: str
    due: list[Due]
    code: str | None = None


def job_of(stock: str, profile: str, language: Language, number: int, *, most_days: int) -> Job:
    name = f"{stock}/{profile}/{language}/{number}"
    order = random_label_order(name, profile, language, most_days=most_days)
    random = Random(f"{name}/paper")  # noqa: S311 - nothing secret
    large = ["a4-strip-labels-6", "letter-strip-labels-6", "roll-62x100"]
    strip_stock = random.choice(large if random.randrange(8) else STOCKS)
    raw = load_raw("stocks", stock)
    n_labels = 1 if raw.get("paper") == "plain" else raw["columns"] * raw["rows"]
    return Job(order, stock, strip_stock, random.randint(1, n_labels), random.randrange(4) == 0, profile, language)


# --- how an order comes out ------------------------------------------------------------------------------------------


def outcome_of(job: Job, seen: Counter[str], *, all_codes: bool) -> str:
    """Return how an order came out, after checking its refusal or every label; count what was checked."""
    try:
        plan = job.order.plan()
    except OrderInvalid as refusal:
        check_wrong(refusal, job)
        seen.update(f"refused: {re.sub(r'.[0-9]+.', '', key)}" for key in job.order.wrong)
        return "no: OrderInvalid"
    assert not job.order.wrong
    check_dispensing(plan, job.order)
    expected, printing = Expected(plan, job.profile, job.language), job.printing
    missing = {problem.where: problem.what for problem in find_missing_fields(plan, printing.profile)}
    wanted = expected.missing()
    assert missing.keys() == wanted.keys()
    if missing:
        assert all(
            what.startswith(f"{wanted[key]}the profile {job.profile} wants ") for key, what in missing.items()
        ), missing
        return "no: FieldMissing"
    words, unprintable = load_paper_words(plan.order, printing.profile), unprintable_in(plan, job.order)
    try:
        pouches = render_pouch_labels(plan, words, printing)
    except TextNotPrintable as error:
        check_unprintable(error, unprintable)
        return "no: TextNotPrintable"
    except TextDoesNotFit as error:
        check_no_room(error, [due for day in plan.days_to_make for due in expected.on_pouch(day)], job.stock, expected)
        return "no: TextDoesNotFit"
    assert not unprintable
    moved = check_pouches(pouches, plan, expected, job, all_codes=all_codes)
    seen.update(kinds_of(plan))
    seen["codes read"] += len(plan.days_to_make) if all_codes else 1
    seen["pouch labels"] += len(plan.days_to_make)
    try:
        strips = render_strip_labels(plan, words, printing)
    except TextDoesNotFit as error:
        due = [due for strip in plan.strips_to_make for due in expected.on_strip(strip)]
        check_no_room(error, [*due, *expected.on_outer_label()], job.strip_stock, expected)
        return "no: on a strip"
    check_strips(strips, plan, expected, job)
    seen["strip labels"] += len(plan.strips_to_make)
    seen.update(lines_by_strength(plan, expected))
    seen["outer labels"] += job.outer
    return ON_STRIPS if moved else PRINTED


def kinds_of(plan: Plan) -> list[str]:
    """Return what an order is an example of, each of which must have been printed."""
    doses_mg = [day.dose_mg for day in plan.days_to_make]
    most_strengths = max(len({unit.strength_mg for unit in day.units}) for day in plan.days_to_make)
    name, dispensing = plan.order.patient.name or "", plan.order.dispensing
    units, batches = plan.order.compounding.unit or (), plan.order.batch
    known = {batch.strength_mg for batch in batches}
    used = {unit.strength_mg for unit in plan.totals.units}
    kinds = {
        "orders: a draft": plan.is_draft,
        "orders: amended, with lots anew": plan.version > 1 and len(batches) > 0,
        "orders: amended, no lot yet": plan.version > 1 and dispensing.lot is None and not batches,
        "orders: a drug by its name in the language": plan.order.medication.drug in {"sertraline", "fluoxetine"},
        "orders: two lots of a strength": len(batches) > len(known) > 1,
        "orders: a use-by date before the last pouch": (dispensing.beyond_use_date or plan.last_date) < plan.last_date,
        "orders: a lot of one made strength": not units and bool(known & used),
        "orders: a solution": plan.order.compounding.solution is not None,
        "orders: halves or quarters": any(unit.divided_into > 1 for unit in plan.totals.units),
        "orders: 4 to 8 strengths in a pouch": 4 <= most_strengths <= 8,
        "orders: under 0.01 mg": min(doses_mg) < Decimal("0.01"),
        "orders: over 500 mg": max(doses_mg) > 500,
        "orders: over 10 strips": len(plan.strips_to_make) > 10,
        "orders: a name of over 40 letters": len(name) > 40,
        "orders: a name from right to left": _RIGHT_TO_LEFT.search(name) is not None,
        "orders: a GTIN in the code": dispensing.gtin is not None,
    }
    return [kind for kind, is_so in kinds.items() if is_so]


def lines_by_strength(plan: Plan, expected: Expected) -> set[str]:
    """Return of what a strip has lines to write on for some strengths and not for others."""
    due = [due for strip in plan.strips_to_make for due in expected.on_strip(strip)]
    by_strength = [one for one in due if BLANK in one.text and one.text.count("; ") >= one.text.count(BLANK)]
    return {f"orders: a line for {one.field} of a strength" for one in by_strength}


def check_wrong(error: OrderInvalid, job: Job) -> None:
    assert job.order.wrong
    assert {problem.where for problem in error.problems} == job.order.wrong


def check_dispensing(plan: Plan, order: LabelOrder) -> None:
    """Check that pouches have no lot or date of others, made before the plan was amended."""
    said = order.raw if plan.version == 1 else order.dispensing_anew
    assert plan.order.dispensing.model_dump(exclude_none=True) == said["dispensing"]
    assert [batch.model_dump(exclude_none=True) for batch in plan.order.batch] == said.get("batch", [])


def unprintable_in(plan: Plan, order: LabelOrder) -> frozenset[str]:
    """Return the keys with a character that no font has; the serial number of earlier pouches is not on later ones."""
    later = plan.version > 1 and "serial" not in order.dispensing_anew["dispensing"]
    return order.unprintable - ({"dispensing.serial"} if later else set())


def check_unprintable(error: TextNotPrintable, unprintable: frozenset[str]) -> None:
    assert {problem.where for problem in error.problems} == unprintable
    for problem in error.problems:
        told = r"a character at place \d+" if is_private(problem.where) else r"the character '.+' \(U\+[0-9A-F]{4,5}, "
        assert re.search(f"has {told}", problem.what), problem


def check_no_room(error: TextDoesNotFit, due: Iterable[Due], stock: str, expected: Expected) -> None:
    """Check that a refusal names the field, what it says, the room it had, the label and a way out."""
    (problem,) = error.problems
    assert problem.where in expected.known_keys()
    assert re.search(r"\(\d+ characters\) does not fit its place of \d+ × \d+ mm", problem.what), problem
    assert re.search(r"on the (label of (day|strip) \d+|outer label)", problem.what), problem
    assert f"({stock}, " in problem.what, problem
    option = "--stock" if "label of day" in problem.what else "--strip-stock"
    remedy = f"{REMEDIES.get(problem.where, 'shorten it')}, or "
    if problem.where == "taper" and option == "--stock":
        remedy = ""  # a pouch has one day
    assert problem.what.endswith(f"; {remedy}take larger labels ({option})"), problem
    assert any(is_said_by(problem, one) for one in due if one.key == problem.where), problem


def is_said_by(problem: Problem, due: Due) -> bool:
    """Return whether a refusal is of a text: by its beginning, or by its length alone where it is a patient's."""
    if is_private(problem.where):
        return problem.what.startswith(f"what stands there ({len(due.text)} characters)")
    shown = re.match(r"(['\"])(.*?)…?\1 \(", problem.what)
    assert shown is not None, problem
    return squeeze(due.text).startswith(squeeze(shown[2]))


# --- what stands on the labels ---------------------------------------------------------------------------------------


def check_pouches(pdf: bytes, plan: Plan, expected: Expected, job: Job, *, all_codes: bool) -> frozenset[str]:
    """Check every pouch's label; return what has moved to the strips' labels."""
    days = plan.days_to_make
    places = [Wanted(f"day {day.day}", expected.on_pouch(day), expected.code_of(day)) for day in days]
    strips = [[index for index, day in enumerate(days) if day.strip == strip.number] for strip in plan.strips_to_make]
    sheets = arrange(places, job.stock, strips, job.first_label)
    moved: set[frozenset[str]] = set()
    n_codes = 0
    for sheet, wanted in zip_sheets(pdf, sheets):
        areas = areas_of(job.stock)
        picture = sheet.picture(DPI) if all_codes or not n_codes else None
        for area, place in zip(areas, wanted, strict=True):
            texts, shapes = check_place(sheet, area, place)
            if place is None:
                continue
            moved.add(check_texts(texts, shapes, place))
            code = check_code_alone(texts, shapes, place)
            if picture is not None and (all_codes or not n_codes):
                assert read_codes(picture, around(code), DPI) == [place.code], place.name
                n_codes += 1
        check_rest(sheet, areas, job.stock)
    assert n_codes == (len(days) if all_codes else 1)
    (same,) = moved  # of all pouches, or of none
    check_order_of_moving(same, places)
    return same


def check_strips(pdf: bytes, plan: Plan, expected: Expected, job: Job) -> None:
    """Check every strip's label: whatever stands on its pouches or had no room there, all is on it."""
    places = [Wanted(f"strip {strip.number}", expected.on_strip(strip)) for strip in plan.strips_to_make]
    if job.outer:
        places.append(Wanted("outer label", expected.on_outer_label()))
    for sheet, wanted in zip_sheets(pdf, arrange(places, job.strip_stock, [range(len(places))], 1)):
        areas = areas_of(job.strip_stock)
        for area, place in zip(areas, wanted, strict=True):
            texts, shapes = check_place(sheet, area, place)
            if place is not None:
                assert check_texts(texts, shapes, place) == frozenset(), f"{place.name} must say everything"
                check_read_in_order(texts, place)
        check_rest(sheet, areas, job.strip_stock)


def zip_sheets(pdf: bytes, wanted: list[list[Wanted | None]]) -> Iterable[tuple[Sheet, list[Wanted | None]]]:
    return zip(read_sheets(pdf), wanted, strict=True)


def arrange(
    places: Sequence[Wanted], stock: str, strips: Iterable[Iterable[int]], first_label: int
) -> list[list[Wanted | None]]:
    """Return what stands on each label of each sheet: on plain paper a new sheet a strip, else without a gap."""
    raw = load_raw("stocks", stock)
    n_labels = raw["columns"] * raw["rows"]
    if raw.get("paper") == "plain":
        groups = [[places[index] for index in strip] for strip in strips]
        runs: list[list[Wanted | None]] = [list(group) for group in groups]
    else:
        runs = [[*[None] * (first_label - 1), *places]]
    sheets = [run[first : first + n_labels] for run in runs for first in range(0, len(run), n_labels)]
    return [[*sheet, *[None] * (n_labels - len(sheet))] for sheet in sheets]


def areas_of(stock: str) -> list[Area]:
    """Return where the labels of a stock lie, in the order in which they are filled."""
    raw = load_raw("stocks", stock)
    (x, y), (across, down), (width, height) = raw["origin_mm"], raw["pitch_mm"], raw["label_mm"]
    columns, rows = range(raw["columns"]), range(raw["rows"])
    if raw.get("fill") == "down":
        places = [(column, row) for column in columns for row in rows]
    else:
        places = [(column, row) for row in rows for column in columns]
    corners = [(x + column * across, y + row * down) for column, row in places]
    return [Area(left, top, left + width, top + height) for left, top in corners]


def check_place(sheet: Sheet, area: Area, place: Wanted | None) -> tuple[list[PrintedText], list[Shape]]:
    """Return what stands on a label, all of it inside; where none is wanted there is nothing."""
    texts = [text for text in sheet.texts if text.text.strip() and area.overlaps(text.area, _HAIR_MM)]
    shapes = [shape for shape in sheet.shapes if not shape.dashed and area.overlaps(shape.area, _HAIR_MM)]
    if place is None:
        assert not texts
        assert not shapes
    name = place.name if place else ""
    assert [text.text for text in texts if not area.holds(text.area, _HAIR_MM)] == [], f"{name}: text leaves its label"
    assert [shape.area for shape in shapes if not area.holds(shape.area, _HAIR_MM)] == [], f"{name}: over its edge"
    assert sheet.find_overlaps(texts) == [], name
    return texts, shapes


def check_rest(sheet: Sheet, areas: Sequence[Area], stock: str) -> None:
    """Check that ready-cut paper has nothing beside its labels."""
    if load_raw("stocks", stock).get("paper") == "plain":
        return
    drawn = [*(text.area for text in sheet.texts if text.text.strip()), *(shape.area for shape in sheet.shapes)]
    assert all(any(area.holds(one, _HAIR_MM) for area in areas) for one in drawn)


def check_texts(texts: list[PrintedText], shapes: list[Shape], place: Wanted) -> frozenset[str]:
    """Check that a label says all that is due and nothing else, each large enough; return what has moved."""
    said: set[PrintedText] = set()
    moved = set()
    for due in place.due:
        found = find(due, texts)
        if not found and due.may_move:
            moved.add(due.field)
            continue
        shown = [text.text for text in texts]
        assert found, f"{place.name} lacks {due.field}: {due.text!r} is not in {shown}"
        small = [text.text for text in found if text.size_pt < due.least_pt - 0.01]
        assert not small, f"{place.name}: {small} under {due.least_pt} pt"
        assert not due.ruled or any(is_line_after(found[-1].area, shape.area) for shape in shapes), (
            f"{place.name} has no line to write {due.field} on"
        )
        check_lines_to_write_on(found, due)
        check_unbroken(found, due)
        said.update(found)
    strangers = [text.text for text in texts if text not in said]
    assert strangers == [], f"{place.name} says what nobody asked for"
    return frozenset(moved)


def check_lines_to_write_on(found: Sequence[PrintedText], due: Due) -> None:
    """Check that there are as many lines as there is to write, each long enough."""
    lines = [line for text in found for line in re.findall("__+", text.text)]
    assert len(lines) == len(re.findall("__+", due.text)), f"{due.field}: {lines}"
    assert all(len(line) >= len(BLANK) for line in lines), f"{due.field}: {lines}"


def check_unbroken(found: Sequence[PrintedText], due: Due) -> None:
    """Check that a strength stands on one line with its lot, which only its own hyphens may break."""
    printed = [squeeze(text.text) for text in found]
    for part in map(squeeze, due.unbroken):
        ends = [place.end() for place in re.finditer("-", part)]
        heads = [part[:end] for end in ends if any(line.endswith(part[:end]) for line in printed)]
        assert heads or any(part in line for line in printed), f"{due.field}: {part} is broken in {printed}"


def check_read_in_order(texts: Sequence[PrintedText], place: Wanted) -> None:
    """Check that each text of a strip begins where the one before ends: to its right, or below."""
    groups = [find(due, texts) for due in place.due]
    for above, below in pairwise(groups):
        end, start = max(above, key=lambda text: text.area.bottom), min(below, key=lambda text: text.area.top)
        is_right_of = start.area.left >= end.area.right - _HAIR_MM
        assert is_right_of or middle_of(start.area) > middle_of(end.area), f"{place.name}: {start.text} before its turn"


def middle_of(area: Area) -> float:
    return (area.top + area.bottom) / 2


def find(due: Due, texts: Sequence[PrintedText]) -> list[PrintedText]:
    """Return the printed texts that together are the text due, no more and no less; none where it is not there.

    Words that read right to left are looked for one by one: their places on a line are another matter.
    """
    if _RIGHT_TO_LEFT.search(due.text):
        wanted = set(words_in(due.text))
        found = [text for text in texts if wanted.issuperset(words_in(text.text))]
        return found if {word for text in found for word in words_in(text.text)} == wanted else []
    wanted_text = squeeze(due.text)
    for first in range(len(texts)):
        said = ""
        for last in range(first, len(texts)):
            said += squeeze(texts[last].text)
            if said == wanted_text:
                return list(texts[first : last + 1])
            if not wanted_text.startswith(said):
                break
    return []


def words_in(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFC", text))


def squeeze(text: str) -> str:
    """Return a text however it was broken over lines, and a line to write on as one stroke.

    White space is left out, and the dot between two parts, which a line does not end or begin with.
    """
    return re.sub("_+", "_", re.sub(r"[\s·]", "", unicodedata.normalize("NFC", text)))


def is_line_after(text: Area, line: Area) -> bool:
    return line.left >= text.right - 0.1 and line.right - line.left >= _SHORTEST_RULE_MM and line.bottom >= text.top


def check_code_alone(texts: list[PrintedText], shapes: list[Shape], place: Wanted) -> Area:
    """Return where the only code of a pouch's label is; its quiet zone is free."""
    codes = [shape.area for shape in shapes if min(sides_of(shape.area)) > _SIDE_OF_A_CODE_MM]
    (code,) = codes
    zone = Area(code.left - _QUIET_MM, code.top - _QUIET_MM, code.right + _QUIET_MM, code.bottom + _QUIET_MM)
    others = [*(text.area for text in texts), *(shape.area for shape in shapes if shape.area != code)]
    assert not any(zone.overlaps(other) for other in others), f"{place.name}: the code is not free"
    return code


def around(code: Area) -> Area:
    return Area(code.left - _AROUND_MM, code.top - _AROUND_MM, code.right + _AROUND_MM, code.bottom + _AROUND_MM)


def sides_of(area: Area) -> tuple[float, float]:
    return area.right - area.left, area.bottom - area.top


def check_order_of_moving(moved: frozenset[str], places: Sequence[Wanted]) -> None:
    """Check that what may move goes from the last to the first; a profile names first what is to stay longest."""
    movable = [due.field for due in places[0].due if due.may_move]
    assert set(movable[len(movable) - len(moved) :]) == moved


# --- the promise -----------------------------------------------------------------------------------------------------


def run_job(tables: Tables, run: str, job: Job, *, all_codes: bool) -> None:
    seen: Counter[str] = Counter()
    outcome = outcome_of(job, seen, all_codes=all_codes)
    for kind, n in seen.items():
        title = "refused by intake" if kind.startswith("refused: ") else "printed and checked"
        tables[f"every label, {run}, {title}"][kind]["in all"] += n
    tables[f"every label, {run}, by stock"][job.stock][outcome] += 1
    tables[f"every label, {run}, by profile and language"][f"{job.profile} in {job.language}"][outcome] += 1


def assert_most_are_printed(tables: Tables, run: str) -> None:
    """Check that the promise is not kept by refusing, and that no kind of order was left out by chance."""
    by_stock = tables[f"every label, {run}, by stock"]
    by_rules = tables[f"every label, {run}, by profile and language"]
    if sum(map(Counter.total, by_stock.values())) < len(COMBINATIONS):
        pytest.skip("not all combinations were run")
    assert [row for row, counts in by_rules.items() if not n_printed(counts)] == []
    assert [row for row, counts in by_stock.items() if not n_printed(counts)] == []
    mostly_refused = [row for row, counts in by_stock.items() if n_printed(counts) < counts.total() / 2]
    assert len(mostly_refused) <= 2, mostly_refused
    seen = tables[f"every label, {run}, printed and checked"]
    assert len(seen) == N_KINDS, sorted(seen)
    refused = {kind.removeprefix("refused: ") for kind in tables[f"every label, {run}, refused by intake"]}
    assert refused >= REFUSED, REFUSED - refused


def n_printed(counts: Counter[str]) -> int:
    return counts[PRINTED] + counts[ON_STRIPS]


@every_combination
def test_an_order_is_refused_by_a_field_or_its_labels_say_all_that_they_must(
    stock: str, profile: str, language: Language, tables: Tables
) -> None:
    job = job_of(stock, profile, language, 0, most_days=30)
    run_job(tables, "quick", job, all_codes=False)


def test_most_of_these_orders_are_printed_on_every_stock_but_few(tables: Tables) -> None:
    assert_most_are_printed(tables, "quick")


@pytest.mark.slow
@every_combination
def test_many_orders_are_refused_by_a_field_or_their_labels_say_all_that_they_must(
    stock: str, profile: str, language: Language, tables: Tables
) -> None:
    for number in range(1, SLOW_ORDERS + 1):
        job = job_of(stock, profile, language, number, most_days=1120 if number == SLOW_ORDERS else 120)
        try:
            run_job(tables, "slow", job, all_codes=True)
        except AssertionError as error:
            error.add_note(f"order {stock}/{profile}/{language}/{number}")
            raise


@pytest.mark.slow
def test_most_of_many_orders_are_printed_on_every_stock_but_few(tables: Tables) -> None:
    assert_most_are_printed(tables, "slow")
