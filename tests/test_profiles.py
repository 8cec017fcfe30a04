"""Label rules: what each profile asks for, what an order that lacks it gets, and what papers then look like."""

import datetime as dt
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from orders import ABSENT, IN_ENGLISH, PRINTED, RawOrder, plan_of, printing, raw_order
from reading import read_pages, runs_of
from running import run

from stripgen.checking.label_rules import find_missing_fields
from stripgen.domain.printing import choose_languages
from stripgen.domain.profile import LABEL_FIELDS, ORDER_KEYS, Profile
from stripgen.files import load_order_file, load_profile, load_profiles, load_stock
from stripgen.papers import dated
from stripgen.rendering.strip_plan.document import lay_out_strip_plan, render_strip_plan
from stripgen.rendering.strip_plan.page import Text
from stripgen.rendering.strip_plan.pouch_labels import set_pouch_labels
from stripgen.rendering.strip_plan.strip_labels import set_strip_labels

ROOT = Path(__file__).parents[1]
EVERY_FIELD = ROOT / "examples" / "every-label-field.toml"
NAMES = ("at", "de", "generic", "nl", "uk", "us")

# The tables of public rules, as facts: what the order must say for labels under each, beside what an approval asks for.
ASKED = {
    "generic": set(),
    "uk": {"lot", "beyond_use_date", "directions", "dispensed_on"},
    "de": {"lot", "beyond_use_date", "directions", "route", "ingredients", "made_on", "storage", "batch"},
    "at": {"lot", "beyond_use_date", "directions", "storage", "batch"},
    "nl": {"beyond_use_date"},
    "us": {
        "lot",
        "beyond_use_date",
        "serial",
        "directions",
        "precautions",
        "storage",
        "appearance",
        "made_on",
    },
}
FIELDS_OF_ORDER = {
    "medication": ("route", "directions", "precautions"),
    "dispensing": (
        "lot",
        "beyond_use_date",
        "made_on",
        "dispensed_on",
        "serial",
        "storage",
        "ingredients",
    ),
}


def full_order(**changes: Any) -> RawOrder:
    raw = load_order_file(EVERY_FIELD)
    for path, value in changes.items():
        table, _, key = path.partition("__")
        if value is ABSENT:
            raw[table].pop(key) if key else raw.pop(table)
        elif key:
            raw[table][key] = value
        else:
            raw[table] = value
    return raw


def texts_of(raw: RawOrder, profile: str, title: str) -> list[str]:
    """Return what the pages say whose title begins so, as read back."""
    plan = plan_of(raw)
    pages = read_pages(render_strip_plan(plan, IN_ENGLISH, printing(profile=profile)))
    found = [[run.text for run in runs_of(page.upright)] for page in pages]
    return [" ".join(texts) for texts in found if texts[0].startswith(title)]


# --- The data --------------------------------------------------------------------------------------------------------


def test_there_are_six_profiles_and_each_is_named_as_its_file() -> None:
    assert tuple(profile.id for profile in load_profiles()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_shown_with_every_rule_its_place_and_its_source(name: str) -> None:
    raw = tomllib.loads((ROOT / "templates" / "profiles" / f"{name}.toml").read_text("utf-8"))
    shown = run("profiles", name).output
    lines = shown.splitlines()

    for rule in (*raw["field"], *raw.get("phrase", ())):
        called = rule.get("field") or f'"{rule["phrase"]}"'
        (line,) = (line for line in lines if line.split(maxsplit=1)[:1] == [called])
        assert rule.get("source", "") in line
        assert ("[?]" in line) == rule.get("unsure", False)
        assert {"pouch": "pouch", "either": "pouch or strip", "strip": "strip"}[rule.get("on", "pouch")] in line
    for limit in raw.get("beyond_use", ()):
        (line,) = (line for line in lines if line.startswith(f"{limit['preparation']} "))
        assert f" {limit['days']} days " in line
        assert limit["source"] in line
        assert ("[?]" in line) == limit.get("unsure", False)
    assert ("no limit of use is known" in shown) == ("beyond_use" not in raw)
    assert ("seen second-hand only" in shown) == any(
        rule.get("unsure") for rule in raw["field"] + raw.get("phrase", []) + raw.get("beyond_use", [])
    )
    assert "Not legal advice" in shown


@pytest.mark.parametrize("name", [name for name in NAMES if name != "generic"])
def test_every_rule_of_a_country_says_where_it_comes_from(name: str) -> None:
    assert [rule.name for rule in load_profile(name).rules if not rule.source] == []


def test_the_list_says_how_many_rules_are_unsure() -> None:
    lines = run("profiles").output.splitlines()

    assert [line.split()[0] for line in lines] == list(NAMES)
    for line in lines:
        profile = load_profile(line.split()[0])
        unsure = sum(rule.unsure for rule in (*profile.rules, *profile.beyond_use))
        assert (f"{unsure} of them unsure [?]" in line) == bool(unsure)


def test_every_field_of_a_label_is_said_somewhere_in_an_order() -> None:
    assert set(ORDER_KEYS) == set(LABEL_FIELDS)


# --- What is missing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_order_that_says_everything_is_printed_by_every_profile(name: str) -> None:
    assert find_missing_fields(plan_of(full_order()), load_profile(name)) == []
    assert texts_of(full_order(), name, "Strip labels")


@pytest.mark.parametrize("name", NAMES)
def test_what_labels_lack_is_refused_field_by_field_all_at_once(name: str) -> None:
    bare = raw_order({"taper.days": 28})
    missing = find_missing_fields(plan_of(bare), load_profile(name))

    assert {problem.where.rpartition(".")[2] for problem in missing} == ASKED[name]
    assert all(f"the profile {name} wants" in problem.what for problem in missing)


def each_field() -> Iterator[tuple[str, str, str]]:
    for name in NAMES:
        profile = load_profile(name)
        for table, keys in FIELDS_OF_ORDER.items():
            for key in keys:
                rule = next((rule for rule in profile.field if ORDER_KEYS[rule.field] == f"{table}.{key}"), None)
                if rule is not None:
                    yield name, f"{table}.{key}", rule.if_missing


@pytest.mark.parametrize(("name", "path", "if_missing"), list(each_field()))
def test_a_field_left_out_is_refused_or_a_line_or_left_out_as_the_profile_says(
    name: str, path: str, if_missing: str
) -> None:
    plan = plan_of(full_order(**{path.replace(".", "__"): ABSENT}))
    missing = [problem.where for problem in find_missing_fields(plan, load_profile(name))]

    assert missing == ([path] if if_missing == "refused" else [])


def test_a_use_by_date_that_would_follow_from_the_day_of_making_is_asked_for_either_way() -> None:
    bare = plan_of(raw_order({"taper.days": 28}))
    told = {
        name: next(told.what for told in find_missing_fields(bare, load_profile(name)) if "use_by" in told.what)
        for name in ("us", "uk", "nl")
    }

    assert {name: "or give dispensing.made_on" in what for name, what in told.items()} == {
        name: bool(load_profile(name).beyond_use) for name in told
    }
    made = plan_of(raw_order({"taper.days": 28, "dispensing.made_on": dt.date(2026, 11, 30)}))
    missing = find_missing_fields(dated(made, printing(profile="uk")), load_profile("uk"))
    assert "dispensing.beyond_use_date" not in {problem.where for problem in missing}


@pytest.mark.parametrize("name", NAMES)
def test_a_draft_lacks_nothing_and_has_lines_to_write_on(name: str) -> None:
    raw = raw_order({"taper.days": 28, "approval": ABSENT, "patient": {}, "pharmacy": {}})
    (said,) = texts_of(raw, name, "Strip labels")

    assert find_missing_fields(plan_of(raw), load_profile(name)) == []
    assert "Patient ____" in said
    assert "Use by ____" in said
    assert "DRAFT, not for dispensing" in said


def test_a_strength_without_appearance_or_lot_is_named() -> None:
    raw = full_order()
    raw["compounding"]["unit"][1].pop("appearance")
    raw["batch"] = raw["batch"][:2]
    plan = plan_of(raw)

    us, at = (find_missing_fields(plan, load_profile(name)) for name in ("us", "at"))

    assert [problem.where for problem in us] == ["compounding.unit[2].appearance"]
    assert [problem.where for problem in at] == ["batch"]


def test_a_batch_of_a_strength_that_is_not_made_is_refused(tmp_path: Path) -> None:
    text = EVERY_FIELD.read_text("utf-8").replace(
        'strength_mg = 0.5\nlot = "C-2612"', 'strength_mg = 2.5\nlot = "C-2612"'
    )
    (tmp_path / "order.toml").write_text(text, "utf-8")
    result = run("check", str(tmp_path / "order.toml"))

    assert result.exit_code == 3
    assert "batch[3].strength_mg: 2.5 mg is none of the strengths to combine; one of 5, 1, 0.5" in result.output


def test_make_refuses_what_labels_lack_and_writes_nothing(tmp_path: Path) -> None:
    result = run("make", str(ROOT / "examples" / "citalopram.toml"), "--profile", "uk", "--out", str(tmp_path / "out"))

    assert result.exit_code == 3
    assert (
        "dispensing.dispensed_on: is missing; the profile uk wants dispensed_on on every strip (Human" in result.output
    )
    assert not (tmp_path / "out").exists()


# --- What is on the papers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_label_of_a_strip_carries_every_field_wherever_else_it_stands(name: str) -> None:
    profile, plan = load_profile(name), plan_of(full_order())
    labels = set_strip_labels(plan, PRINTED, printing(profile=name).strip_labels, profile, outer=True)
    set_labels = [each.label for each in labels]
    has = {
        "pharmacy_phone": "pharmacy.name",  # on one line with the name
        "dose": "taper",
        "units": "taper",
    }
    for label in set_labels:
        keys = {piece.field for piece in label.pieces}
        assert {has.get(rule.field, ORDER_KEYS[rule.field]) for rule in profile.field} <= keys
        assert {f"profile phrase {rule.name}" for rule in profile.phrase} <= keys


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stock", ["a4-strip-28", "roll-57x32", "roll-62x50"])
def test_only_what_may_move_leaves_a_pouch_and_only_where_there_is_no_room(name: str, stock: str) -> None:
    profile, plan = load_profile(name), plan_of(full_order())
    paper = printing(load_stock(stock)).pouch_labels
    labels = [each.label for each in set_pouch_labels(plan, PRINTED, paper, profile)]
    movable = [rule.field for rule in profile.field if rule.on == "either"]
    foot = {"dispensing.lot", "dispensing.beyond_use_date"}

    for label in labels:
        keys = {piece.field for piece in label.pieces} | {each.field for each in label.feet}
        fixed = {ORDER_KEYS[rule.field] for rule in profile.field if rule.on == "pouch"}
        assert fixed <= keys
        stays = [ORDER_KEYS[field] in keys for field in movable]
        assert stays == sorted(stays, reverse=True)  # the last named gives up its place first
    if name == "generic":
        assert foot <= {each.field for each in labels[0].feet}


def test_more_room_keeps_more_on_the_pouch() -> None:
    profile, plan = load_profile("us"), plan_of(full_order())

    def n_pieces(stock: str) -> int:
        return len(set_pouch_labels(plan, PRINTED, printing(load_stock(stock)).pouch_labels, profile)[0].label.pieces)

    assert n_pieces("roll-57x32") < n_pieces("roll-62x50") <= n_pieces("roll-62x100")


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_label_is_smaller_than_its_profile_allows(name: str) -> None:
    profile, plan = load_profile(name), plan_of(full_order())
    least = {ORDER_KEYS[rule.field]: float(rule.least_pt) for rule in profile.field if rule.least_pt}
    used = printing(profile=name)
    pages = lay_out_strip_plan(plan, IN_ENGLISH, used)
    pouches = set_pouch_labels(plan, PRINTED, used.pouch_labels, profile)
    strips = set_strip_labels(plan, PRINTED, used.strip_labels, profile, outer=False)
    sizes = {
        item.text: item.size_pt
        for page in pages
        if page.title.startswith(("Pouch", "Strip"))
        for item in page.items
        if isinstance(item, Text)
    }
    checked = 0
    for label in (each.label for each in (*pouches, *strips)):
        texts = [(piece.field, piece.text) for piece in label.pieces] + [(foot.field, foot.text) for foot in label.feet]
        for field, text in texts:
            if text in sizes and field in least:
                assert sizes[text] >= least[field] - 1e-9
                checked += 1
    assert (checked > 100) == (name == "at")


def test_capitals_in_austria_are_at_least_one_point_eight_millimetres() -> None:
    cap_height_em = 0.689  # of Fira Sans, from its OS/2 table
    sizes_pt = {rule.least_pt for rule in load_profile("at").field if rule.field != "dose"}

    assert min(Decimal(str(cap_height_em)) * size * Decimal("25.4") / 72 for size in sizes_pt if size) >= Decimal("1.8")
    assert None not in sizes_pt


def test_american_papers_are_letter_and_all_others_a4() -> None:
    sizes = {}
    for name in NAMES:
        pages = read_pages(render_strip_plan(plan_of(full_order()), IN_ENGLISH, printing(profile=name)))
        sizes[name] = {(round(page.width, 1), round(page.height, 1)) for page in pages}

    assert sizes == {name: {(215.9, 279.4) if name == "us" else (210.0, 297.0)} for name in NAMES}


# --- Languages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "pharmacy", "patient", "expected"),
    [
        ("generic", None, None, ("en", "en", "en")),
        ("generic", "fr", None, ("fr", "fr", "fr")),
        ("generic", None, "es", ("en", "es", "es")),
        ("nl", None, None, ("nl", "nl", "nl")),
        ("nl", "en", "fr", ("en", "fr", "fr")),
        ("de", None, "en", ("de", "en", "de")),
        ("at", "en", "es", ("en", "es", "de")),
    ],
)
def test_papers_are_in_the_orders_languages_else_the_profiles_and_labels_as_a_rule_demands(
    profile: str, pharmacy: str | None, patient: str | None, expected: tuple[str, str, str]
) -> None:
    raw = full_order()
    raw["pharmacy"] |= {"language": pharmacy} if pharmacy else {}
    raw["patient"] |= {"language": patient} if patient else {}
    languages = choose_languages(plan_of(raw).order, load_profile(profile))

    assert (languages.pharmacy, languages.patient, languages.labels) == expected


def test_each_paper_is_in_its_language_with_its_decimal_mark(tmp_path: Path) -> None:
    text = EVERY_FIELD.read_text("utf-8")
    text = text.replace('insurance_number = "1234 120581"', 'insurance_number = "1"\nlanguage = "nl"')
    text = text.replace('phone = "+00 000 0000"', 'phone = "+00 000 0000"\nlanguage = "fr"')
    (tmp_path / "order.toml").write_text(text, "utf-8")
    result = run("make", str(tmp_path / "order.toml"), "--out", str(tmp_path), "--profile", "uk")
    assert result.exit_code == 0, result.output
    (pdf,) = tmp_path.glob("*-strip-plan.pdf")
    said = [" ".join(run.text for run in runs_of(page.upright)) for page in read_pages(pdf.read_bytes())]

    assert "J'approuve" in said[0] or "J’approuve" in said[0]
    assert "Zakje" in said[4] or "zakje" in said[4]
    assert "Mijn kalender" in said[-1]
    assert "9.5 mg" in said[4]  # the profile's mark, on all papers alike
    assert not any("9,5" in page for page in said)


def test_a_profile_with_iso_dates_prints_them_so(tmp_path: Path) -> None:
    text = (ROOT / "templates" / "profiles" / "generic.toml").read_text("utf-8")
    (tmp_path / "iso.toml").write_text(text.replace('date_form = "letters"', 'date_form = "iso"'), "utf-8")
    result = run("make", str(EVERY_FIELD), "--profile", str(tmp_path / "iso.toml"), "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    (pdf,) = tmp_path.glob("*-strip-plan.pdf")
    said = " ".join(run.text for page in read_pages(pdf.read_bytes()) for run in runs_of(page.upright))

    assert "Day 1 of 56 · 2026-12-01" in said
    assert "Dec 2026" not in said


@pytest.mark.parametrize(
    ("table", "key", "value", "changes"),
    [
        ("patient", "language", "nl", False),
        ("pharmacy", "language", "nl", False),
        ("pharmacy", "profile", "uk", False),
        ("dispensing", "made_on", dt.date(2026, 11, 23), False),
        ("dispensing", "storage", "dry", False),
        ("batch", "", [{"lot": "A-1"}], False),
        ("medication", "directions", "one a day", True),
        ("medication", "route", "by mouth", True),
        ("patient", "insurance_number", "1", True),
        ("compounding", "appearance", "white", False),
    ],
)
def test_how_an_order_is_printed_changes_no_plan_id_and_what_is_prescribed_does(
    table: str, key: str, value: object, changes: bool
) -> None:
    raw = raw_order({"taper.days": 28})
    before = plan_of(raw).plan_id
    raw[table] = {**raw.get(table, {}), key: value} if key else value

    assert (plan_of(raw).plan_id != before) == changes


def test_a_patient_of_a_language_alone_is_the_same_plan_as_none() -> None:
    drafts = [
        raw_order({"taper.days": 28, "approval": ABSENT, "patient": patient}) for patient in ({}, {"language": "fr"})
    ]

    assert len({plan_of(raw).plan_id for raw in drafts}) == 1


# --- A pharmacy's own profile ----------------------------------------------------------------------------------------


def own_profile(tmp_path: Path, *changes: tuple[str, str]) -> str:
    text = (ROOT / "templates" / "profiles" / "generic.toml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_the_pharmacys_own_words_stand_on_its_labels(tmp_path: Path) -> None:
    path = own_profile(tmp_path, ('phrase = "keep_from_children"\non = "strip"', 'text = "Ask us about rolls."'))
    result = run("make", str(EVERY_FIELD), "--profile", path, "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    (pdf,) = (tmp_path / "out").glob("*-strip-plan.pdf")
    said = " ".join(run.text for page in read_pages(pdf.read_bytes()) for run in runs_of(page.upright))

    assert said.count("Ask us about rolls.") == 56 + 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('field = "dose"', 'field = "doses"', "'doses' is not allowed; one of 'dose'"),
        ('field = "dose"', 'field = "dose"\non = "strip"', "dose must be on every pouch"),
        ('field = "units"', 'field = "lot"', "lot is there twice; each field and phrase once"),
        (
            'field = "contents"\non = "strip"',
            'field = "contents"',
            'contents is what a whole strip holds; on = "strip"',
        ),
        ('field = "dose"', 'field = "dose"\nleast_pt = 4', "4 is out of range; a type size from 5 to 24 points"),
        ('field = "dose"', 'field = "dose"\nleast = 7', "least"),
        ('paper = "A4"', 'paper = "A5"', "'A5' is not allowed; one of 'A4', 'Letter'"),
        ('language = "en"', 'language = "it"', "'it' is not allowed; one of 'en', 'nl', 'de', 'fr', 'es'"),
        ('phrase = "keep_from_children"', 'phrase = "keep_from_children"\ntext = "Both"', "give one"),
        ('if_missing = "by_hand"', 'if_missing = "ignored"', "'ignored' is not allowed; one of 'refused'"),
        ("schema = 1", "schema = 2", "schema = 1, the only one there is"),
    ],
)
def test_a_wrong_profile_is_refused_with_its_place_and_the_remedy(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    result = run("make", str(EVERY_FIELD), "--profile", own_profile(tmp_path, (old, new)), "--out", str(tmp_path / "o"))

    assert result.exit_code == 4
    assert told in result.output
    assert "own.toml" in result.output
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("where", ["option", "order"])
def test_a_profile_there_is_not_is_refused_where_it_was_asked_for(tmp_path: Path, where: str) -> None:
    order = EVERY_FIELD.read_text("utf-8").replace('phone = "+00', 'profile = "it"\nphone = "+00')
    (tmp_path / "order.toml").write_text(order if where == "order" else EVERY_FIELD.read_text("utf-8"), "utf-8")
    asked = ["--profile", "it"] if where == "option" else []
    result = run("check", str(tmp_path / "order.toml"), *asked)

    assert result.exit_code == 4
    named = "--profile" if where == "option" else "pharmacy.profile"
    assert f"{named}: 'it' is not a profile of stripgen; one of at, de, generic, nl, uk, us" in result.output


def test_the_profile_of_the_order_is_used_unless_another_is_asked_for(tmp_path: Path) -> None:
    order = EVERY_FIELD.read_text("utf-8").replace('phone = "+00', 'profile = "de"\nphone = "+00')
    (tmp_path / "order.toml").write_text(order, "utf-8")

    for asked, title in (([], "Beuteletiketten"), (["--profile", "uk"], "Pouch labels")):
        result = run("make", str(tmp_path / "order.toml"), "--out", str(tmp_path), "--force", *asked)
        assert result.exit_code == 0, result.output
        (pdf,) = tmp_path.glob("*-strip-plan.pdf")
        said = [next(runs_of(page.upright)).text for page in read_pages(pdf.read_bytes())]
        assert any(text.startswith(title) for text in said)


def test_a_profile_holds_only_what_its_model_says() -> None:
    assert isinstance(load_profile(None), Profile)
    assert load_profile(None).id == "generic"


def test_the_dispensing_sheet_is_printed_on_the_profiles_paper(tmp_path: Path) -> None:
    letter, a4 = 1, 9  # ECMA-376, part 1, paperSize
    for name, size in (("us", letter), ("uk", a4)):
        result = run("make", str(EVERY_FIELD), "--profile", name, "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.output
        (sheet,) = (tmp_path / name).glob("*.xlsx")
        workbook = openpyxl.load_workbook(sheet)
        assert {int(tab.page_setup.paperSize or 0) for tab in workbook.worksheets if tab.sheet_state == "visible"} == {
            size
        }
