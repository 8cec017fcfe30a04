"""The register: what it keeps, what it answers, what it refuses, and what it finds out when it is tampered with."""

import csv
import datetime as dt
import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from orders import FORMULARY, plan_of, raw_order
from registers import (
    KEY,
    LOTS,
    NOON,
    break_in,
    change,
    entries_in,
    new_file,
    new_place,
    new_schema,
    planned,
    prepared,
    read_register,
    write,
)
from releasing_process import numbered

from stripgen.checking.release_rules import find_earlier_releases
from stripgen.domain.code import read_code
from stripgen.domain.order import Patient
from stripgen.domain.plan import Plan
from stripgen.domain.release import Entry, Release, UnitLot
from stripgen.errors import RegisterAwaited, RegisterBroken, RegisterUnusable
from stripgen.files.register import keep_key, load_key, make_private_file, propose_key
from stripgen.planning.amending import Request, amend
from stripgen.planning.taper import plan_taper
from stripgen.register import connecting
from stripgen.register.chain import Kept, Row, canonical, find_break, find_receipt, hash_text
from stripgen.register.connecting import place_of
from stripgen.register.finding import (
    _as_lot,
    find_lot,
    find_patient,
    find_plan,
    find_without_lot,
    history_of,
    n_called_back,
)
from stripgen.register.patients import key_id, mark_patient, marks_sought
from stripgen.register.releasing import _file
from stripgen.register.store import append
from stripgen.registers import Opened, Register, open_register
from stripgen.rendering.recall_text import render_history, render_lot
from stripgen.rendering.register_export import render_register_csv, render_register_json
from stripgen.rendering.register_text import render_entries, render_entry, render_written

PLACES = ["file", "PostgreSQL"]


@pytest.fixture
def typed(tmp_path: Path) -> str:
    """Return a register in a file that is still to begin."""
    return new_file(tmp_path)


@pytest.fixture(params=PLACES)
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield a register that is still to begin, in a file and in PostgreSQL."""
    with new_place(request.param, tmp_path) as typed:
        yield typed


def fill(typed: str, n_entries: int = 5) -> None:
    for number in range(n_entries):
        write(typed, numbered(prepared(), number))


# --- writing and reading ---------------------------------------------------------------------------------------------


def test_what_is_released_is_read_back_as_it_was_written(anywhere: str) -> None:
    release = prepared(with_names=True)

    written = write(anywhere, release)

    (entry,) = entries_in(anywhere)
    assert entry == written.entry
    assert Release.model_validate({name: getattr(entry, name) for name in Release.model_fields}) == release
    assert (entry.number, entry.time, entry.kind) == (1, "2026-11-23T12:00:00Z", "release")


def test_a_register_keeps_every_pouch_as_its_plan_has_it(typed: str) -> None:
    write(typed, prepared())

    (entry,) = entries_in(typed)
    told = [
        (pouch.day, pouch.date, pouch.dose_mg, pouch.code, [(u.strength_mg, u.count) for u in pouch.units])
        for pouch in entry.pouches
    ]
    assert told == [
        (day.day, day.date, day.dose_mg, day.code, [(unit.strength_mg, unit.count) for unit in day.units])
        for day in planned().days
    ]
    assert entry.lots == (UnitLot(lot="C-20", expires_on=dt.date(2028, 3, 31)),)
    assert entry.pouch_lot == "P-118"
    assert [strip.use_by for strip in entry.strips] == [strip.beyond_use.date for strip in planned().strips]


def test_the_time_is_kept_in_utc(typed: str) -> None:
    new_york = dt.timezone(dt.timedelta(hours=-5))
    write(typed, prepared(), dt.datetime(2026, 11, 23, 20, 30, tzinfo=new_york))

    assert entries_in(typed)[0].time == "2026-11-24T01:30:00Z"


def test_only_the_first_release_begins_a_register(typed: str) -> None:
    assert [write(typed, numbered(prepared(), number)).begun for number in range(3)] == [True, False, False]


def test_a_name_that_a_person_gave_a_file_is_not_kept() -> None:
    assert _file("Jansen, Piet.PDF", b"", planned()).name == "pdf"
    assert _file(f"{planned().plan_id}-strip-plan.pdf", b"", planned()).name == f"{planned().plan_id}-strip-plan.pdf"


def test_what_is_refused_inside_the_register_leaves_no_entry(typed: str) -> None:
    def refuse(_: object) -> None:
        raise ValueError("no")

    write(typed, prepared())
    with pytest.raises(ValueError, match="no"):
        append(place_of(typed), key_id(KEY), numbered(prepared(), 7), lambda: NOON, refuse)

    assert [entry.number for entry in entries_in(typed)] == [1]


# --- append-only -----------------------------------------------------------------------------------------------------

TABLES = ("stripgen_register", "stripgen_entry", "stripgen_receipt")
FORBIDDEN = [
    "DELETE FROM stripgen_register",
    "DELETE FROM stripgen_entry",
    "DELETE FROM stripgen_receipt",
    "UPDATE stripgen_entry SET content = '{}'",
    "UPDATE stripgen_receipt SET hash = ''",
    "UPDATE stripgen_register SET id = ''",
]
OF_SQLITE = [
    "INSERT OR REPLACE INTO stripgen_entry SELECT 1, family, content, '' FROM stripgen_entry WHERE number = 2",
    "INSERT OR REPLACE INTO stripgen_receipt VALUES (1, '')",
    "INSERT INTO stripgen_entry SELECT 9, family, content, '' FROM stripgen_entry WHERE number = 2",
    "INSERT INTO stripgen_register VALUES (2, '', '', '')",
]
OF_POSTGRESQL = [f"TRUNCATE {table}" for table in TABLES]


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        *(("file", statement) for statement in FORBIDDEN + OF_SQLITE),
        *(("PostgreSQL", statement) for statement in FORBIDDEN + OF_POSTGRESQL),
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(kind: str, statement: str, tmp_path: Path) -> None:
    with new_place(kind, tmp_path) as typed:
        fill(typed, 2)
        before = read_register(place_of(typed))
        engine = sa.create_engine(place_of(typed).url, poolclass=sa.NullPool)
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(sa.text(statement))

        assert read_register(place_of(typed)) == before


# --- tampering behind the triggers' back -----------------------------------------------------------------------------

HASH = re.compile("[0-9a-f]{64}")


def rehashed(kept: Kept, first: int) -> Kept:
    """Return a register whose entries from one on were linked and hashed anew; second copies stay as they were."""
    rows = list(kept.rows)
    for place in range(first, len(rows)):
        content = json.loads(rows[place].content) | {"previous": rows[place - 1].hash if place else rows[0].hash}
        if not place:
            content["previous"] = json.loads(rows[0].content)["previous"]
        text = canonical(content)
        rows[place] = Row(rows[place].number, rows[place].family, text, hash_text(text))
    return Kept(kept.head, tuple(rows), kept.receipts)


def with_rows(kept: Kept, rows: list[Row]) -> Kept:
    return Kept(kept.head, tuple(sorted(rows, key=lambda row: row.number)), kept.receipts)


def edit_content(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    row = kept.rows[at]
    place = draw.draw(st.integers(0, len(row.content) - 1))
    letter = draw.draw(st.characters(categories=["L", "N", "P"]).filter(lambda c: c != row.content[place]))
    text = row.content[:place] + letter + row.content[place + 1 :]
    rows = [Row(r.number, r.family, text, r.hash) if r is row else r for r in kept.rows]
    return with_rows(kept, rows), at + 1


def edit_and_hash(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    row = kept.rows[at]
    content = json.loads(row.content)
    content["people"]["checked_by"] = draw.draw(st.text("abc", min_size=1))
    text = canonical(content)
    rows = [Row(r.number, r.family, text, hash_text(text)) if r is row else r for r in kept.rows]
    changed = with_rows(kept, rows)
    return (rehashed(changed, at + 1) if draw.draw(st.booleans()) else changed), at + 1


def edit_family(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    family = draw.draw(st.text("0123456789", min_size=9))
    rows = [Row(r.number, family, r.content, r.hash) if r.number == at + 1 else r for r in kept.rows]
    return with_rows(kept, rows), at + 1


def delete(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    count = draw.draw(st.integers(1, len(kept.rows) - at))
    return with_rows(kept, [r for r in kept.rows if not at < r.number <= at + count]), at + 1


def delete_and_close_up(kept: Kept, at: int, _: st.DataObject) -> tuple[Kept, int]:
    """Take an entry out, number those after it anew, and hash them anew."""
    left = [r for r in kept.rows if r.number != at + 1]
    closed = []
    for number, row in enumerate(left, start=1):
        content = json.loads(row.content) | {"number": number}
        text = canonical(content)
        closed.append(Row(number, row.family, text, hash_text(text)))
    return rehashed(with_rows(kept, closed), at), at + 1


def swap(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    other = draw.draw(st.integers(0, len(kept.rows) - 1).filter(lambda place: place != at))
    rows = list(kept.rows)
    one, two = rows[at], rows[other]
    rows[at] = Row(one.number, two.family, two.content, two.hash)
    rows[other] = Row(two.number, one.family, one.content, one.hash)
    return with_rows(kept, rows), min(at, other) + 1


def insert(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    number = draw.draw(st.sampled_from([0, -1, len(kept.rows) + 1]))
    row = kept.rows[-1] if number > 0 else kept.rows[at]
    content = json.loads(row.content) | {"number": number, "previous": kept.rows[-1].hash}
    text = canonical(content)
    return with_rows(kept, [*kept.rows, Row(number, row.family, text, hash_text(text))]), max(number, 1)


def edit_receipt(kept: Kept, at: int, draw: st.DataObject) -> tuple[Kept, int]:
    if draw.draw(st.booleans()):
        receipts = {number: text for number, text in kept.receipts.items() if number != at + 1}
    else:
        receipts = {**kept.receipts, at + 1: draw.draw(st.from_regex(HASH, fullmatch=True))}
    return Kept(kept.head, kept.rows, receipts), at + 1


def edit_head(kept: Kept, _: int, draw: st.DataObject) -> tuple[Kept, int]:
    key = draw.draw(st.sampled_from(["id", "begun", "key_id"]))
    return Kept({**kept.head, key: draw.draw(st.text("xyz"))}, kept.rows, kept.receipts), 1


TAMPERINGS: list[Callable[[Kept, int, st.DataObject], tuple[Kept, int]]] = [
    *(edit_content, edit_and_hash, edit_family, delete, delete_and_close_up, swap, insert, edit_receipt, edit_head)
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    typed = new_file(tmp_path_factory.mktemp("kept"))
    fill(typed, 6)
    return read_register(place_of(typed))


@settings(max_examples=100)
@given(data=st.data())
@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_every_tampering_is_found_and_the_first_entry_it_touched_is_named(
    tamper: Callable[[Kept, int, st.DataObject], tuple[Kept, int]], kept: Kept, data: st.DataObject
) -> None:
    assert find_break(kept) is None
    at = data.draw(st.integers(0, len(kept.rows) - 1))

    changed, first = tamper(kept, at, data)

    found = find_break(changed)
    assert found is not None
    assert found.number == first


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE stripgen_entry SET content = replace(content, 'B. Checker', 'A. Nother') WHERE number = 3"], 3),
        (["DELETE FROM stripgen_entry WHERE number = 2"], 2),
        (["DELETE FROM stripgen_entry WHERE number >= 4"], 4),
        (
            [
                "UPDATE stripgen_entry SET number = 99 WHERE number = 2",
                "UPDATE stripgen_entry SET number = 2 WHERE number = 4",
                "UPDATE stripgen_entry SET number = 4 WHERE number = 99",
            ],
            2,
        ),
        (["UPDATE stripgen_receipt SET hash = 'x' WHERE number = 5"], 5),
        (["UPDATE stripgen_register SET begun = '2020-01-01T00:00:00Z'"], 1),
    ],
)
def test_what_gets_past_the_triggers_is_found(statements: list[str], expected: int, anywhere: str) -> None:
    fill(anywhere)
    assert break_in(anywhere) is None

    change(place_of(anywhere), *statements)

    found = break_in(anywhere)
    assert found is not None
    assert found.number == expected


@pytest.mark.parametrize("number", [1, 3, 4])
def test_no_entry_is_written_after_one_that_was_edited_also_since_the_chain_was_walked(
    number: int, anywhere: str
) -> None:
    fill(anywhere, 3)
    place = place_of(anywhere)
    seen = read_register(place).rows[-1]
    write(anywhere, numbered(prepared(), 3))
    edit = f"UPDATE stripgen_entry SET content = replace(content, 'A. Maker', 'C') WHERE number = {number}"  # noqa: S608 - a number of the test's own
    change(place, edit)

    for walked in (seen, None) if number >= seen.number else (None,):
        with pytest.raises(RegisterBroken, match=rf"entry {number}: was") as caught:
            append(place, key_id(KEY), numbered(prepared(), 4), lambda: NOON, seen=walked)
        assert caught.value.exit_code == 7
    assert len(read_register(place).rows) == 4


def test_a_release_that_waits_for_another_in_postgresql_is_told_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "_SILENT_S", 0.1)
    monkeypatch.setattr(connecting, "_PATIENCE_S", 0.5)
    with new_schema() as typed:
        fill(typed, 1)
        other = connecting.engine_of(place_of(typed), writing=True)
        with other.begin() as connection:
            connecting.lock_all(connection, place_of(typed))
            with (
                pytest.warns(RegisterAwaited, match="waiting for the register"),
                pytest.raises(RegisterUnusable) as busy,
            ):
                write(typed, numbered(prepared(), 1))
        assert re.search("is busy: another program held it .*; nothing was recorded", str(busy.value))

        assert write(typed, numbered(prepared(), 1)).entry.number == 2


def test_who_makes_all_anew_is_found_by_a_receipt_only(typed: str) -> None:
    receipts = [write(typed, numbered(prepared(), number)).receipt for number in range(4)]
    change(
        place_of(typed),
        "DELETE FROM stripgen_entry WHERE number >= 3",
        "DELETE FROM stripgen_receipt WHERE number >= 3",
    )

    rows = read_register(place_of(typed)).rows
    assert break_in(typed) is None
    assert [find_receipt(rows, receipt) is not None for receipt in receipts] == [True, True, False, False]
    assert find_receipt(rows, receipts[0].partition("-")[2]) is not None
    assert find_receipt(rows, receipts[0].replace("1-", "2-", 1)) is None


# --- an export, as another program sees it ---------------------------------------------------------------------------


def independent(value: Any) -> str:
    """Return JSON in canonical form, written without the json library: RFC 8785 for whole numbers and ASCII keys."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{"".join(map(_escaped, value))}"'
        case list():
            return f"[{','.join(map(independent, value))}]"
        case dict():
            members = (f"{independent(key)}:{independent(value[key])}" for key in sorted(value))
            return f"{{{','.join(members)}}}"
    raise TypeError(type(value))


def _escaped(character: str) -> str:
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in short:
        return short[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 else character


def independent_hash(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(independent(value).encode()).hexdigest()


def exported(typed: str) -> dict[str, Any]:
    kept = read_register(place_of(typed))
    text = render_register_json(kept.head, [(json.loads(row.content), row.hash) for row in kept.rows])
    whole: dict[str, Any] = json.loads(text)
    return whole


def test_another_program_can_check_the_chain_of_an_export(typed: str) -> None:
    for number in range(4):
        release = numbered(prepared(), number).model_copy(update={"pharmacy": 'Żółw "& Söhne\\" ½\u2028'})
        write(typed, release)

    export = exported(typed)

    previous = independent_hash(export["head"])
    for number, told in enumerate(export["entries"], start=1):
        assert told["entry"]["number"] == number
        assert told["entry"]["previous"] == previous
        previous = independent_hash(told["entry"])
        assert told["hash"] == previous


def test_a_register_is_rebuilt_from_its_export(typed: str, tmp_path: Path) -> None:
    fill(typed)
    export = exported(typed)
    rebuilt = tmp_path / "rebuilt.sqlite"

    with sqlite3.connect(typed) as old, sqlite3.connect(rebuilt) as new:
        for (sql,) in old.execute("SELECT sql FROM sqlite_master WHERE type = 'table'"):
            new.execute(sql)
        columns = [export["head"][name] for name in ("schema_version", "id", "key_id", "begun")]
        new.execute("INSERT INTO stripgen_register VALUES (?, ?, ?, ?)", columns)
        for told in export["entries"]:
            entry = told["entry"]
            family = (entry["plan"]["earlier"] or [entry["plan"]["id"]])[0]
            row = (entry["number"], family, independent(entry), told["hash"])
            new.execute("INSERT INTO stripgen_entry VALUES (?, ?, ?, ?)", row)
            new.execute("INSERT INTO stripgen_receipt VALUES (?, ?)", (entry["number"], told["hash"]))

    assert read_register(place_of(str(rebuilt))) == read_register(place_of(typed))
    assert break_in(str(rebuilt)) is None


def test_the_spreadsheet_has_a_row_for_each_pouch_and_no_formula(typed: str) -> None:
    write(typed, prepared().model_copy(update={"pouch_lot": "=1+1"}))
    (entry,) = entries_in(typed)

    header, *rows = render_register_csv([(entry, "0" * 64)]).splitlines()

    assert len(rows) == len(planned().days)
    assert header.startswith("entry,time,kind,plan")
    assert all(",'=1+1," in row and ",=1+1," not in row for row in rows)


# --- answers ---------------------------------------------------------------------------------------------------------


def amended(plan: Plan, from_day: int) -> Plan:
    order = amend(plan, Request(from_day, "hold", Decimal(7), "Dizzy"))
    return plan_taper(order, FORMULARY, dt.date(2026, 12, 20))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan, list[Entry]]:
    """Return a plan of two strips, the version that replaces it from day 40 on, and their entries; then a reprint."""
    typed = new_file(tmp_path_factory.mktemp("history"))
    first = plan_of(raw_order({"taper.days": 56}) | LOTS)
    second = amended(first, 40)
    write(typed, prepared(first))
    write(typed, prepared(first, again="label torn"), NOON + dt.timedelta(hours=1))
    write(typed, prepared(second), NOON + dt.timedelta(days=27))
    write(typed, numbered(prepared(), 4))
    return first, second, entries_in(typed)


def test_a_lot_gives_every_pouch_with_it_and_nothing_else() -> None:
    compounding = {"unit": [{"strength_mg": 5, "form": "tablet"}, {"strength_mg": 1}], "max_units_per_pouch": 6}
    batches = [{"strength_mg": 5, "lot": "T-5"}, {"strength_mg": 1, "lot": "C-1"}]
    plan = plan_of(
        {**raw_order({"taper.days": 28, "taper.start_dose_mg": 10}), "compounding": compounding, "batch": batches}
    )
    entry = Entry(register_schema=1, number=1, time="2026-11-23T12:00:00Z", previous="", **dict(prepared(plan)))

    for lot, strength in (("T-5", 5), ("C-1", 1)):
        found = find_lot([entry], lot)
        assert [out.pouch.day for out in found] == [
            day.day for day in plan.days if strength in {unit.strength_mg for unit in day.units}
        ]
        assert 0 < len(found) < len(plan.days) or strength == 1
        assert {out.holds for out in found} == {(Decimal(strength),)}
    assert find_lot([entry], "T-55") == []


BEFORE = ("approved", "papers issued")


def entry_of(raw: Mapping[str, Any], number: int = 1) -> Entry:
    """Return the entry of a plan's release."""
    return Entry(
        register_schema=1, number=number, time="2026-11-23T12:00:00Z", previous="", **dict(prepared(plan_of(raw)))
    )


def example(name: str) -> dict[str, Any]:
    """Return an example as a parsed file gives it."""
    path = Path(__file__).parent.parent / "examples" / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)


@pytest.mark.parametrize(("lot", "told"), [("cit-0457", "substance lot"), ("MCC-2291", "filler lot")])
def test_a_lot_of_substance_or_filler_gives_every_pouch_made_of_it(lot: str, told: str) -> None:
    entry = entry_of(example("compounded-record"))

    found = find_lot([entry], lot)

    assert [out.pouch.code for out in found] == [pouch.code for pouch in entry.pouches]
    assert all(out.made_of == tuple(unit.strength_mg for unit in out.pouch.units) for out in found)
    assert "made of it: " in render_lot(found, [], lot)
    assert told in render_entry(entry, "1-x", 0)
    (row, *_) = csv.DictReader(io.StringIO(render_register_csv([(entry, "")])))
    assert row["ingredient_lots"] == "CIT-0457 MCC-2291"


def test_units_that_were_taken_ready_made_are_not_made_of_a_lot_of_substance() -> None:
    raw = example("compounded-record")
    raw["compounding"]["unit"][0]["product"] = "Tenfold 10"
    raw["batch"] = [{"strength_mg": Decimal(4), "lot": "B-4", "supplier": "Example Wholesale"}]
    entry = entry_of(raw)

    found = find_lot([entry], "CIT-0457")

    made = {Decimal(1), Decimal("0.2")}
    assert {mg for out in found for mg in out.made_of} == made
    assert [out.pouch.code for out in found] == [
        pouch.code for pouch in entry.pouches if made & {unit.strength_mg for unit in pouch.units}
    ]
    assert len(found) < len(entry.pouches)
    assert ", not in units of 10, 4 mg" in render_entry(entry, "1-x", 0)


def test_an_entry_of_before_there_were_lots_of_ingredients_is_read() -> None:
    content = json.loads(entry_of(example("compounded-record")).model_dump_json(exclude_none=True))
    del content["ingredient_lots"]

    entry = Entry.model_validate(content, strict=False)

    assert entry.ingredient_lots == ()
    assert entry.made_on is None


def test_a_recall_tells_which_pouches_may_be_of_the_lot_because_no_lot_is_registered() -> None:
    raw = example("compounded-record")
    raw["batch"] = [{"strength_mg": Decimal(mg), "lot": f"B-{mg}"} for mg in ("10", "4")]
    known, unknown = entry_of(example("citalopram") | {"batch": [{"lot": "all"}]}, 1), entry_of(raw, 2)

    found = find_lot([known, unknown], "B-10")
    perhaps = find_without_lot([known, unknown], found)

    listed = {out.pouch.code for out in found}
    for some in perhaps:
        (strip,) = (strip for strip in unknown.strips if strip.strip == some.strip)
        held = [
            {unit.strength_mg for unit in pouch.units} - {Decimal(10), Decimal(4)}
            for pouch in strip.pouches
            if pouch.code not in listed
        ]
        assert some.entry is unknown
        assert some.n_pouches == sum(map(bool, held))
        assert set(some.strengths_mg) <= set().union(*held)
    assert sum(some.n_pouches for some in perhaps) > 0
    text = render_lot(found, perhaps, "B-10")
    assert text.index("lot B-10: ") < text.index("may also be filled from it, as no lot is registered for a strength")
    assert re.search(
        rf"plan {unknown.plan.id} v1 strip 3, citalopram +entry 2 +\d+ pouches +1, 0.2 mg$", text, re.MULTILINE
    )
    assert "may also" not in render_lot(find_lot([known], "all"), find_without_lot([known], []), "all")


def test_a_pouch_tells_the_lot_of_each_strength_and_which_have_none() -> None:
    raw = example("paroxetine-tablets-and-capsules")
    raw["batch"] = [{"strength_mg": Decimal(1), "lot": "C-2611"}]
    entry = entry_of(raw)
    (pouch,) = (pouch for pouch in entry.pouches if pouch.day == 17)

    text = render_history(history_of([entry], read_code(pouch.code)))

    assert "lots of its units: 1 mg: C-2611; 0.5 mg, 0.1 mg: no lot registered" in text.splitlines()


def test_a_pouch_tells_when_it_was_made_only_where_that_is_known() -> None:
    for dispensing, events in (({}, BEFORE), ({"made_on": dt.date(2026, 11, 25)}, (*BEFORE, "made"))):
        entry = entry_of(raw_order({"taper.days": 28}) | {"dispensing": dispensing})
        history = history_of([entry], read_code(entry.pouches[0].code))

        assert tuple(happening.event for happening in history.happenings) == (*events, "released")
        assert bool(re.search("^2026-11-25 +made +as the papers", render_history(history), re.MULTILINE)) is bool(
            dispensing
        )


def test_a_solution_is_told_by_its_volume_and_has_one_lot_to_register() -> None:
    entry = entry_of(example("solution"))
    pouch = entry.pouches[0]

    text = render_history(history_of([entry], read_code(pouch.code)))
    written = render_written(entry, "1-x", "here", 0, begun=False)

    assert "1 x 10 mg oral syringe: 10 mL of 1 mg/mL" in text
    assert "lots of its units: no lot registered" in text
    assert "no lot is registered for its solution:" in written
    assert render_lot([], find_without_lot([entry], []), "X").endswith("the solution")


def test_an_amendment_calls_back_only_what_was_released() -> None:
    first = plan_of(raw_order({"taper.days": 56}) | LOTS)
    second = amended(first, 15)
    half = prepared(first).model_copy(update={"strips": prepared(first).strips[:1]})
    before, after = (
        Entry(register_schema=1, number=number, time="2026-11-23T12:00:00Z", previous="", **dict(release))
        for number, release in ((1, half), (2, prepared(second)))
    )

    assert (len(after.take_back), n_called_back(after, [before, after])) == (42, 14)
    told = "calls back 14 released pouches of earlier versions; 28 others that it replaces were not released"
    assert told in render_written(after, "2-x", "here", 14, begun=False)
    assert told in render_entry(after, "2-x", 14)
    none = "calls back no pouch: of the 42 of earlier versions that it replaces none was released"
    assert n_called_back(after, [after]) == 0
    assert none in render_written(after, "2-x", "here", 0, begun=False)


@pytest.mark.parametrize("lot", ["P-118", " p-118 ", "C-20", "c-20", "C\u201120", "c 20", "C20", "Ｃ–20", "c.20"])
def test_a_lot_is_found_however_it_is_typed(lot: str, history: tuple[Plan, Plan, list[Entry]]) -> None:
    first, _, entries = history

    found = find_lot(entries, lot)

    codes = {out.pouch.code for out in found if out.entry.plan.id == first.plan_id}
    assert codes == {day.code for day in first.days}
    called_back = {out.pouch.day for out in found if out.replaced_by}
    assert called_back == {day.day for day in first.days if day.day >= 40}


@given(st.text(min_size=1, max_size=12), st.data())
def test_a_lot_is_found_by_whatever_had_found_it_before_signs_were_left_out(lot: str, data: st.DataObject) -> None:
    typed = data.draw(st.sampled_from([lot, lot.upper(), lot.lower(), f" {lot} ", " ".join(lot)]))

    def before(text: str) -> str:
        return "".join(unicodedata.normalize("NFKC", text).casefold().split())

    if before(typed) == before(lot) != "":
        assert _as_lot(typed) == _as_lot(lot) != ""


@pytest.mark.parametrize("lot", ["C-21", "C-2", "C-200", "20", "--", "+"])
def test_another_lot_is_not_found(lot: str, history: tuple[Plan, Plan, list[Entry]]) -> None:
    _, _, entries = history

    assert find_lot(entries, lot) == []


def test_lots_that_are_one_but_for_signs_are_told_as_the_register_spells_them() -> None:
    release = prepared()
    spelled = {1: "C-05", 2: "C05"}
    entries = [
        Entry(
            **{name: getattr(release, name) for name in Release.model_fields} | {"lots": (UnitLot(lot=lot),)},
            register_schema=1,
            number=number,
            time="2026-11-23T12:00:00Z",
            previous="",
        )
        for number, lot in spelled.items()
    ]

    one, both = (render_lot(find_lot(some, "c 05"), [], "c 05") for some in (entries[:1], entries))

    assert one.splitlines()[-1] == "lot c 05 (in the register C-05): 1 patient, 1 strip, 28 pouches"
    assert "(lot " not in one
    assert both.splitlines()[-1] == "lot c 05 (in the register C-05, C05): 1 patient, 1 strip, 28 pouches"
    for lot in spelled.values():
        assert sum(f"(lot {lot})" in line for line in both.splitlines()) == 28
    exact = render_lot(find_lot(entries[:1], "C-05"), [], "C-05")
    assert exact.splitlines()[-1] == "lot C-05: 1 patient, 1 strip, 28 pouches"


def test_a_recall_list_says_which_pouch_of_which_day_and_who_released_it(
    history: tuple[Plan, Plan, list[Entry]],
) -> None:
    first, second, entries = history

    text = render_lot(find_lot(entries, "P-118"), [], "P-118")

    for day in first.days:
        (line,) = {line for line in text.splitlines() if day.code in line}
        assert str(day.date) in line
        assert ("called back" in line) == (day.day >= 40)
    assert f"plan {first.plan_id} v1 strip 2, citalopram: release of 2026-11-23 12:00Z by A. Maker" in text
    assert second.plan_id in text
    assert "Example" not in text


def test_a_code_gives_the_history_of_its_pouch(history: tuple[Plan, Plan, list[Entry]]) -> None:
    first, second, entries = history
    early, late = first.days[9], first.days[45]

    kept, called = (history_of(entries, read_code(day.code)) for day in (early, late))

    assert [happening.event for happening in kept.happenings] == [*BEFORE, "released", "released again", "kept"]
    assert [happening.event for happening in called.happenings] == [
        *BEFORE,
        "released",
        "released again",
        "called back",
    ]
    assert kept.called_back is None
    assert called.called_back is not None
    assert called.called_back.plan.id == second.plan_id
    assert "TO BE TAKEN BACK" in render_history(called)
    assert "TAKEN BACK" not in render_history(kept)
    assert "label torn" in render_history(kept)


def test_a_pouch_that_was_never_released_here_is_said_to_be_unknown(history: tuple[Plan, Plan, list[Entry]]) -> None:
    found = history_of(history[2], read_code("SG1-K7QF3MZX-0001-0017-W"))

    assert found.happenings == ()
    assert "not in this register" in render_history(found)


def test_a_plan_is_found_with_its_versions(history: tuple[Plan, Plan, list[Entry]]) -> None:
    first, second, entries = history

    for plan_id in (first.plan_id, second.plan_id, first.plan_id.lower().replace("-", "")):
        assert [entry.number for entry in find_plan(entries, plan_id)] == [1, 2, 3]
    assert find_plan(entries, "0000-0000") == []


def test_no_list_shows_a_patient(typed: str) -> None:
    write(typed, prepared(with_names=True))
    (entry,) = entries_in(typed)

    listed = render_lot(find_lot([entry], "C-20"), find_without_lot([entry], []), "C-20")
    for text in (render_entries([entry]), render_entry(entry, "1-x", 0), listed):
        assert "Example Patient" not in text
        assert "P-000123" not in text


# --- patients --------------------------------------------------------------------------------------------------------

ANA = Patient(name="Ana Núñez-Ortiz", birth_date=dt.date(1981, 5, 12), identifier="P-000123")


@pytest.mark.parametrize(
    ("sought", "born"),
    [
        ("Ana Núñez-Ortiz", None),
        ("NUNEZ ORTIZ, ANA", None),
        ("ana nu\N{COMBINING TILDE}n\N{COMBINING TILDE}ez ortiz".replace("u\N{COMBINING TILDE}", "u"), None),
        ("Ana Núñez-Ortiz", dt.date(1981, 5, 12)),
        ("p 000123", None),
    ],
)
def test_a_patient_is_found_however_the_name_is_spelled(sought: str, born: dt.date | None) -> None:
    marks = mark_patient(KEY, ANA, with_names=False)

    assert marks_sought(KEY, sought, born) & set(marks.found_by)


@pytest.mark.parametrize(
    ("sought", "born"), [("Ana Nuñez", None), ("Ana Núñez-Ortiz", dt.date(1981, 5, 13)), ("P-000124", None), ("", None)]
)
def test_another_patient_is_not_found(sought: str, born: dt.date | None) -> None:
    marks = mark_patient(KEY, ANA, with_names=False)

    assert not marks_sought(KEY, sought, born) & set(marks.found_by)


def test_the_register_names_a_patient_only_where_that_was_asked_for(tmp_path: Path) -> None:
    for with_names in (False, True):
        (tmp_path / str(with_names)).mkdir()
        typed = new_file(tmp_path / str(with_names))
        write(typed, prepared(with_names=with_names))

        content = Path(typed).read_bytes()
        assert (b"Example Patient" in content) is with_names
        assert (b"P-000123" in content) is with_names
        assert (b"1981-05-12" in content) is with_names


def test_without_the_key_a_mark_cannot_be_made() -> None:
    assert not marks_sought(bytes(32), "Ana Núñez-Ortiz", None) & set(mark_patient(KEY, ANA, with_names=False).found_by)


def test_a_patient_is_found_by_entries_of_whatever_plan(typed: str) -> None:
    for number in range(3):
        write(typed, numbered(prepared(), number))

    entries = entries_in(typed)
    assert find_patient(entries, marks_sought(KEY, "Patient, Example", None)) == entries
    assert find_patient(entries, marks_sought(KEY, "Another Patient", None)) == []


def test_key_and_register_are_readable_by_their_owner_only(tmp_path: Path, typed: str) -> None:
    key = propose_key(tmp_path / "key")
    write(typed, prepared())
    assert propose_key(tmp_path / "key") == key
    keep_key(tmp_path / "key")

    assert load_key(tmp_path / "key", lambda _: False) == key
    assert len(key) == 32
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()} == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "register.sqlite"]


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "00" * 31])
def test_what_is_no_key_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(content)

    with pytest.raises(RegisterUnusable, match="is not the key"):
        load_key(tmp_path / "key", lambda _: True)


def test_a_register_is_not_mixed_with_patients_of_another_key(typed: str) -> None:
    write(typed, prepared())

    with pytest.raises(RegisterUnusable, match="another key"):
        append(place_of(typed), key_id(bytes(32)), numbered(prepared(), 2), lambda: NOON)
    assert len(entries_in(typed)) == 1


# --- releasing twice -------------------------------------------------------------------------------------------------


def test_strips_are_released_once_unless_it_is_said_why(history: tuple[Plan, Plan, list[Entry]]) -> None:
    first, second, entries = history

    (problem,) = find_earlier_releases(second, second.strips_to_make[:1], entries, None)
    assert "was released on 2026-12-20 by A. Maker (entry 3)" in problem.what
    assert "--again" in problem.what
    assert find_earlier_releases(second, second.strips_to_make, entries, "label torn") == []
    assert find_earlier_releases(first, first.strips, [], None) == []


def test_a_reason_for_a_reprint_is_not_accepted_for_a_first_release(history: tuple[Plan, Plan, list[Entry]]) -> None:
    first, _, _ = history

    (problem,) = find_earlier_releases(first, first.strips, [], "label torn")
    assert problem.where == "--again"


def test_a_strip_that_a_later_version_calls_back_is_not_released_any_more(
    history: tuple[Plan, Plan, list[Entry]],
) -> None:
    first, second, entries = history

    for again in (None, "label torn"):
        problems = find_earlier_releases(first, first.strips[1:], entries, again)
        assert any("version 2" in problem.what and second.plan_id in problem.what for problem in problems)
    assert find_earlier_releases(first, first.strips[:1], entries, "label torn") == []


# --- what a person can mend ------------------------------------------------------------------------------------------


def refusal(typed: str, act: Callable[[str], object]) -> str:
    with pytest.raises(RegisterUnusable) as caught:
        act(typed)
    assert caught.value.exit_code == 6
    (line,) = caught.value.lines()
    assert "Traceback" not in line
    return line


def read(typed: str) -> Kept:
    return read_register(place_of(typed))


def begin(typed: str) -> None:
    path = place_of(typed).path
    if path is not None:
        make_private_file(path)
    write(typed, prepared())


@pytest.mark.parametrize("act", [read, begin])
@pytest.mark.parametrize("content", [b"not a database, but long enough to look like one " * 40, b"%PDF-1.7\n"])
def test_a_file_that_is_no_register_is_refused(content: bytes, act: Callable[[str], object], tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)

    assert "is no register" in refusal(str(path), act)
    assert path.read_bytes() == content


@pytest.mark.parametrize("act", [read, begin])
def test_a_database_of_something_else_is_left_as_it_is(act: Callable[[str], object], tmp_path: Path) -> None:
    path = tmp_path / "stock.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE stock (item)")

    assert "a database of something else" in refusal(str(path), act)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("stock",)]


@pytest.mark.parametrize("act", [read, begin])
def test_a_register_of_a_newer_stripgen_is_refused(act: Callable[[str], object], anywhere: str) -> None:
    write(anywhere, numbered(prepared(), 9))
    change(place_of(anywhere), "UPDATE stripgen_register SET schema_version = 2")

    assert "newer stripgen (schema 2); update stripgen" in refusal(anywhere, act)


@pytest.mark.parametrize("act", [read, begin])
def test_a_register_without_one_of_its_tables_is_refused(act: Callable[[str], object], anywhere: str) -> None:
    write(anywhere, numbered(prepared(), 9))
    change(place_of(anywhere), "DROP TABLE stripgen_receipt")

    assert "the table stripgen_receipt is gone" in refusal(anywhere, act)


def test_a_register_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    assert "is not there" in refusal(str(tmp_path / "register.sqlite"), read)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_register_says_that_nothing_was_released(anywhere: str, tmp_path: Path) -> None:
    def ask(typed: str) -> Opened:
        return open_register(Register(place_of(typed), tmp_path / "no.key"))

    assert "nothing was released into it yet" in refusal(anywhere, ask)


@pytest.mark.parametrize("folder", ["/proc/self", "/no/such/folder"])
def test_a_folder_that_cannot_be_written_to_is_told(folder: str) -> None:
    assert "cannot be made" in refusal(f"{folder}/register.sqlite", begin)


def test_a_folder_in_place_of_a_register_is_told(tmp_path: Path) -> None:
    assert "may not be opened" in refusal(str(tmp_path), begin)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://stripgen:geheim@127.0.0.1:1/register", "is not reached"),
        ("oracle://stripgen:geheim@server/register", "needs a driver"),
        ("nosuch://stripgen:geheim@server/register", "is in no database that is known here (nosuch)"),
        ("postgresql://stripgen:geheim@[::1/register", "is not the URL of a database"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("", "is empty"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(url: str, told: str) -> None:
    line = refusal(url, read)

    assert told in line
    assert "geheim" not in line


def test_a_missing_driver_of_postgresql_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    assert "pip install 'stripgen[postgres]'" in refusal("postgresql://nobody@127.0.0.1:2/register", read)


def test_a_full_disk_leaves_the_register_as_it_was(typed: str) -> None:
    write(typed, numbered(prepared(), 1))
    before = read(typed)
    program = Path(__file__).with_name("releasing_process.py")
    limited = f"ulimit -f {Path(typed).stat().st_size // 1024 + 4}; exec {sys.executable} {program} {typed} 5 50"
    told = f"{key_id(KEY)}\n{prepared().model_dump_json()}\ngo\n"
    ended = subprocess.run(["bash", "-c", limited], input=told, capture_output=True, text=True, check=False)

    assert "RegisterUnusable" in ended.stderr
    receipts = ended.stdout.splitlines()[1:]
    after = read(typed)
    assert find_break(after) is None
    assert len(after.rows) == 1 + len(receipts)
    assert after.rows[:1] == before.rows
