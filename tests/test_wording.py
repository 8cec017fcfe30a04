"""The wording files: every phrase the source names is there, and no other; a wrong file is refused."""

import ast
import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from babel import Locale
from orders import FORMULARY, message_of, plan_of, raw_order
from test_findings import CASES

from stripgen.checking.reading_rules import find_reading_problems
from stripgen.domain.order import Form, Strategy
from stripgen.domain.plan import AlternativeName
from stripgen.domain.profile import DecimalMark
from stripgen.domain.wording import LANGUAGES, Language, Value, Wording, find_gaps, places_of
from stripgen.errors import DataInvalid
from stripgen.files import data, load_wording, template_folder
from stripgen.planning.findings import FACTS
from stripgen.rendering.strip_plan.fonts import refuse_unprintable_texts
from stripgen.rendering.words import Words, unglue

PACKAGE = Path(__file__).parent.parent / "stripgen"
ENGLISH = load_wording("en")
PHRASES = {f"{section}.{name}": text for section, phrases in ENGLISH.phrases.items() for name, text in phrases.items()}
SOURCES = {  # other modules name places of an order, which look alike
    path.relative_to(PACKAGE): ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if re.search(r"import .*\b(Words|say_later)\b", path.read_text("utf-8"))
}
THERE = [language for language in LANGUAGES if (template_folder() / "wording" / f"{language}.toml").exists()]
SAY = {"say", "say_later", "Saying"}

# Phrases whose names are put together from a name of the domain: every such name needs its phrase.
FAMILIES = {
    "alternative": get_args(AlternativeName),
    "fact": FACTS,
    "grade": ("A", "B", "C", "own"),
    "strategy": get_args(Strategy),
}


def names_of_calls(tree: ast.AST, functions: set[str], position: int) -> Iterator[str]:
    """Yield what stands literally at a position of the calls of some functions; both where one of two is chosen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in functions and len(node.args) > position:
            argument = node.args[position]
            choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
            yield from (
                choice.value for choice in choices if isinstance(choice, ast.Constant) and isinstance(choice.value, str)
            )


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def texts_of(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def patterns_of(tree: ast.AST) -> Iterator[str]:
    """Yield the names that are put together, `f"strategy.{...}"`, as patterns: `strategy\\.[a-z0-9_]+`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            pieces = [
                re.escape(str(piece.value)) if isinstance(piece, ast.Constant) else r"\w*" for piece in node.values
            ]
            if str(node.values[0].value).partition(".")[0] in ENGLISH.phrases and "." in str(node.values[0].value):
                yield "".join(pieces)


# --- source and file agree -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_phrase_the_source_names_is_in_the_english_wording(source: Path) -> None:
    tree = SOURCES[source]

    assert [name for name in names_of_calls(tree, SAY, 0) if name not in PHRASES] == []
    assert [name for name in names_of_calls(tree, {"count"}, 1) if name not in ENGLISH.plurals] == []
    assert [pattern for pattern in patterns_of(tree) if not any(re.fullmatch(pattern, name) for name in PHRASES)] == []


def test_every_phrase_is_used() -> None:
    texts = set[str]().union(*map(texts_of, SOURCES.values()))
    patterns = {pattern for tree in SOURCES.values() for pattern in patterns_of(tree)}

    unused = [
        name for name in PHRASES if name not in texts and not any(re.fullmatch(pattern, name) for pattern in patterns)
    ]
    assert unused == []


def test_every_plural_is_used() -> None:
    counted = {name for tree in SOURCES.values() for name in names_of_calls(tree, {"count"}, 1)}
    in_phrases = {form for text in PHRASES.values() for _, form in places_of(text)}

    assert set(ENGLISH.plurals) - counted - in_phrases == set()


@pytest.mark.parametrize("section", FAMILIES)
def test_every_name_of_the_domain_has_its_phrase(section: str) -> None:
    assert set(FAMILIES[section]) <= set(ENGLISH.phrases[section])


def test_every_form_has_its_word_and_no_other_thing_has() -> None:
    forms = {form for literal in get_args(Form) for form in get_args(literal)}

    assert set(ENGLISH.forms) == forms
    assert "modified-release tablet" in forms


@pytest.mark.parametrize("language", THERE)
def test_every_wording_file_is_complete_and_tells_every_finding(language: Language) -> None:
    words = Words(load_wording(language), ".", "iso")

    findings = [finding for case in CASES for finding in plan_of(raw_order(case[3])).findings]

    assert words.language == language
    assert all(unglue(words.tell(finding.told)).isprintable() for finding in findings)


def test_there_is_a_wording_file_of_every_language() -> None:
    assert tuple(THERE) == LANGUAGES


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_place_of_a_phrase_is_filled_where_the_source_says_it(source: Path) -> None:
    calls = [node for node in ast.walk(SOURCES[source]) if isinstance(node, ast.Call)]
    for call in calls:
        given = {keyword.arg for keyword in call.keywords}
        if _name(call.func) in {"say", "say_later"} and call.args and None not in given:  # none is handed through
            for name in said_by(call):
                assert {place for place, _ in places_of(PHRASES[name])} <= given, name


def said_by(call: ast.Call) -> list[str]:
    """Return the phrases that a call itself says, not those in its arguments."""
    argument = call.args[0]
    choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
    return [str(choice.value) for choice in choices if isinstance(choice, ast.Constant)]


# --- every language --------------------------------------------------------------------------------------------------

# Words that a language shares with English, in phrases that are the same in both; any other phrase that is the same
# was left in English. Signs, units and what has no other name are shared by all.
SHARED_BY_ALL = {"mg", "mL", "mm", "OK", "DOI", "ED", "Emax", "stripgen"}
SHARED_WITH_ENGLISH: dict[Language, set[str]] = {
    "nl": {
        *("capsule", "capsules", "code", "curve", "document", "doses", "film", "films", "plan", "product", "sachet"),
        *("sachets", "stop", "strip", "strips", "tablet", "volume", "week"),
    },
    "de": {"code", "form", "linear", "name", "plan", "region", "version"},
    "fr": {
        *("code", "date", "dates", "document", "dose", "doses", "film", "films", "grade", "lot", "note", "patient"),
        *("phases", "plan", "points", "sachet", "sachets", "signature", "solution", "source", "total", "version"),
        "volume",
    },
    "es": {"plan", "total"},
}
COUNTS = (0, 1, 2, 5, 21, 1000)
SAMPLES: dict[str, Value] = {
    **dict.fromkeys(("mg", "ml", "mg_per_ml", "number"), Decimal("1234.5")),
    **dict.fromkeys(("date", "day"), dt.date(2026, 12, 1)),
    "factor": Decimal("1.138"),
    "percent": 0.8,
    "points": 2.67,
    "tenth": 3.7,
    "capital": "equal steps",
    "drug": "sertraline",
}


def words_in(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{[^}]*\}", "", text)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wording_has_every_phrase_and_the_font_has_every_character(language: Language) -> None:
    wording = load_wording(language)

    assert find_gaps(wording, ENGLISH) == []
    refuse_unprintable_texts(dict(wording.texts()), wording.language)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_phrase_is_left_in_english(language: Language) -> None:
    own, english = dict(load_wording(language).texts()), dict(ENGLISH.texts())
    same = {name: words_in(text) - SHARED_BY_ALL for name, text in own.items() if english.get(name) == text}

    assert {
        name for name, words in same.items() if {word.lower() for word in words} - SHARED_WITH_ENGLISH[language]
    } == set()
    assert SHARED_WITH_ENGLISH[language] <= {word.lower() for words in same.values() for word in words}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_of_every_language_reads_well_when_it_is_filled(language: Language) -> None:
    wording = load_wording(language)
    for mark, count, name in (*product(get_args(DecimalMark), (1, 5), ("7", "citalopram")),):
        words = Words(wording, mark)
        told = {
            f"{section}.{phrase}": words.say(f"{section}.{phrase}", **filled(text, wording, count, name))
            for section, phrases in wording.phrases.items()
            for phrase, text in phrases.items()
        }
        told |= {what: words.count(n, what) for what in wording.plurals for n in COUNTS}
        told |= {form: words.form(form, count) for form in wording.forms}

        assert not any("{" in text or "}" in text for text in told.values())
        assert {
            phrase: problems
            for phrase, text in told.items()
            if (problems := find_reading_problems(text, mark, language))
        } == {}


def filled(text: str, wording: Wording, count: int, name: str) -> dict[str, Value]:
    """Return a value for each place of a phrase, of the kind that the phrase asks for."""
    values: dict[str, Value] = {}
    for place, form in places_of(text):
        if form:
            values[place] = count if form in wording.plurals else SAMPLES[form]
    own_words = {"syringes": "syringes"}  # follows its count, and is never a number itself
    return {place: own_words.get(place, name) for place, _ in places_of(text)} | values


@pytest.mark.parametrize("language", LANGUAGES)
def test_counts_are_worded_by_the_plural_rules_of_unicode(language: Language) -> None:
    wording, locale = load_wording(language), Locale(language)
    words = Words(wording, ",")
    for n, (what, plural) in product(COUNTS, wording.plurals.items()):
        told = plural.one if locale.plural_form(n) == "one" else plural.other
        assert words.count(n, what) == told.replace("{n}", words.number(n))
    for n, (form, plural) in product(COUNTS, wording.forms.items()):
        assert words.form(form, n) == (plural.one if locale.plural_form(n) == "one" else plural.other)


@pytest.mark.parametrize("points", [0.0, 0.98, 1.0, 1.5, 1.99, 1.996, 2.0, 12.34])
def test_french_points_are_worded_by_the_plural_rules_of_unicode(points: float) -> None:
    words = Words(load_wording("fr"), ",")
    is_one = Locale("fr").plural_form(Decimal(f"{points:.2f}")) == "one"

    told = words.say("chart.largest_drop_points", drop=points, when="à l’arrêt")

    assert unglue(told) == f"baisse maximale : {words.points(points)} {'point' if is_one else 'points'} à l’arrêt"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_of_a_languages_own_is_used_in_its_phrases(language: Language) -> None:
    wording = load_wording(language)
    used = {form for phrases in wording.phrases.values() for text in phrases.values() for _, form in places_of(text)}

    assert set(wording.plurals) - set(ENGLISH.plurals) - used == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_spreadsheet_reads_keeps_to_its_limits(language: Language) -> None:
    """As the comments of en.toml say them: Microsoft, Excel specifications and limits; names of worksheets."""
    sheet = load_wording(language).phrases["sheet"]
    tabs = [text for name, text in sheet.items() if name.startswith("tab_")]

    assert len({tab.casefold() for tab in tabs}) == len(tabs) == 10  # of three workbooks
    assert all(len(tab) <= 31 and not set(tab) & set(r"[]:*?/\'") for tab in tabs)
    assert all(len(sheet[name]) <= 20 and not set(sheet[name]) & set('*?~<>="') for name in ("ok", "not_ok"))
    assert sheet["ok"].casefold() != sheet["not_ok"].casefold()
    assert not set(sheet["accepted"] + sheet["rejected"]) & set(',;"')
    assert all(len(sheet[f"refused_{what}_title"]) <= 32 for what in ("results", "dates", "amounts"))


CODES = {"en": "", "nl": "[$-413]", "de": "[$-407]", "fr": "[$-40C]", "es": "[$-C0A]"}  # Microsoft, language ids (LCID)


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_of_the_sheet_are_shown_in_its_language_whichever_the_readers(language: Language) -> None:
    sheet = load_wording(language).phrases["sheet"]
    for name, has_weekday in (("date_format", True), ("day_format", False)):
        shown = sheet[name].removeprefix(CODES[language])

        assert sheet[name].startswith(CODES[language])
        assert ("ddd" in shown) == has_weekday
        assert re.search(r"(?<!d)d\W+mmm\W+yyyy$", shown)


def test_a_french_sign_is_never_parted_from_its_word() -> None:
    parted = [name for name, text in load_wording("fr").texts() if re.search(r" [:;?!%»]|« ", text)]
    assert parted == []


def test_a_spanish_question_or_call_opens_with_its_sign() -> None:
    for name, text in load_wording("es").texts():
        assert text.count("?") == text.count("¿"), name
        assert text.count("!") == text.count("¡"), name


def test_no_wording_file_is_of_another_language() -> None:
    assert {path.stem for path in (template_folder() / "wording").iterdir()} <= set(LANGUAGES)


# --- drugs -----------------------------------------------------------------------------------------------------------

OTHERS = [language for language in LANGUAGES if language != "en"]
DRUGS = {
    name
    for drug in FORMULARY.drugs.values()
    for name in (drug.name, *([drug.metabolite.name] if drug.metabolite else []))
}
# Those whose name in a language is not certain, and why: they are printed as the order has them.
NOT_CERTAIN: dict[Language, dict[str, str]] = {}


@pytest.mark.parametrize("language", OTHERS)
def test_every_drug_and_metabolite_of_the_formulary_has_its_name(language: Language) -> None:
    wording = load_wording(language)

    assert set(wording.drugs) == DRUGS - set(NOT_CERTAIN.get(language, {}))
    refuse_unprintable_texts(wording.drugs, wording.language)


@pytest.mark.parametrize("language", OTHERS)
def test_a_drugs_name_is_most_like_its_own_name_in_english(language: Language) -> None:
    for drug, name in load_wording(language).drugs.items():
        likeness = {other: SequenceMatcher(None, other.lower(), name.lower()).ratio() for other in DRUGS}

        assert max(likeness, key=lambda other: likeness[other]) == drug
        assert likeness[drug] > 0.8


@pytest.mark.parametrize("language", OTHERS)
def test_a_drug_is_a_noun_with_a_large_letter_in_german_only(language: Language) -> None:
    names = [name.removeprefix("O-") for name in load_wording(language).drugs.values()]

    assert all(name[0].isupper() == (language == "de") and name[1:].islower() for name in names)


def test_english_names_every_drug_as_the_order_does() -> None:
    assert {drug: Words(ENGLISH, ".").drug(drug) for drug in DRUGS} == {drug: drug for drug in DRUGS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_for_a_drug_is_filled_with_its_name_in_the_language(language: Language) -> None:
    finished = {"phrases.page.medicine_and_taper"}  # the order's own name may stand beside it there
    english = {
        (name, place)
        for name, text in load_wording(language).texts()
        for place, form in places_of(text)
        if place in {"drug", "moiety"} and form != "drug"
    }

    assert english == {(name, "drug") for name in finished}


# --- wrong files are refused -----------------------------------------------------------------------------------------


ENGLISH_TEXT = (template_folder() / "wording" / "en.toml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the wording folder of an installation of its own, with the English file in it."""
    wording = tmp_path / "templates" / "wording"
    wording.mkdir(parents=True)
    (wording / "en.toml").write_text(ENGLISH_TEXT, "utf-8")
    monkeypatch.setattr(data, "_PACKAGE", tmp_path)
    return wording


def write(folder: Path, old: str, new: str, language: Language = "nl") -> None:
    """Write the file of a language: the English one, in which a text, which must be there, is replaced."""
    assert ENGLISH_TEXT.count(old) == 1
    text = ENGLISH_TEXT.replace(old, new).replace('language = "en"', f'language = "{language}"')
    (folder / f"{language}.toml").write_text(text, "utf-8")


def problems_of(language: Language = "nl") -> list[str]:
    with pytest.raises(DataInvalid) as raised:
        load_wording(language)
    return [str(problem) for problem in raised.value.problems]


HELD = 'held = "{dose:mg} held for {days:day}"\n'


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("", "phrases.taper.held: is missing"),
        (f'{HELD}holding = "x"\n', "phrases.taper.holding: is not a phrase of stripgen"),
        ('held = "{dose:mg} held for {weeks:week}"\n', "has other places than it must have: {days}, {dose}"),
        ('held = "{dose:mg} held"\n', "has other places than it must have: {days}, {dose}"),
        ('held = "{dose:mg} held for {days:day"\n', "write braces only around a place"),
        ('held = "{dose:mg} held for days:day}"\n', "write braces only around a place"),
        ('held = "{dose:grams} held for {days:day}"\n', "'{dose:grams}' cannot be filled"),
        ('held = "{dose!r} held for {days:day}"\n', "'{dose!r:}' cannot be filled"),
        ('held = "{dose.real} held for {days:day}"\n', "'{dose.real:}' cannot be filled"),
        ('held = "{} held for {days:day}"\n', "'{:}' cannot be filled"),
        ('held = ""\n', "is empty"),
        ('held = "  "\n', "is empty"),
        ("held = 3\n", "is not text"),
    ],
    ids=str,
)
def test_a_phrase_that_is_missing_or_cannot_be_filled_is_refused_with_its_name(
    new: str, words: str, folder: Path
) -> None:
    write(folder, HELD, new)
    (problem,) = problems_of()

    assert words in problem
    assert "taper" in problem


DAY = 'day = { one = "{n} day", other = "{n} days" }\n'


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ('day = { one = "{days} day", other = "{n} days" }\n', "plurals.day.one: '{days} day' has a place"),
        ('day = { one = "{n} day", other = "{n:day}" }\n', "plurals.day.other: '{n:day}' has a place"),
        ('day = { one = "{n} day" }\n', "plurals.day.other: is missing"),
        ('day = { one = "{n} day", few = "{n}", other = "{n} days" }\n', "few"),
    ],
    ids=str,
)
def test_a_plural_that_cannot_be_filled_is_refused_with_its_name(new: str, words: str, folder: Path) -> None:
    write(folder, DAY, new)

    assert words in problems_of()[0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ('sertraline = "Citalopram"\ncitalopram = "citalopram"', "'citalopram' is the name of sertraline, too"),
        ('sertraline = "sertralin {n}"', "drugs.sertraline: 'sertralin {n}' has a place"),
        ('sertraline = ""', "is empty"),
    ],
)
def test_a_drugs_name_that_is_another_ones_or_no_name_is_refused(names: str, words: str, folder: Path) -> None:
    write(folder, "\n[phrases.common]\n", f"\n[drugs]\n{names}\n\n[phrases.common]\n")

    assert words in problems_of()[0]


def test_a_pharmacy_may_name_a_drug_as_it_is_used_to(folder: Path) -> None:
    write(folder, "\n[phrases.common]\n", '\n[drugs]\nsertraline = "sertraline HCl"\n\n[phrases.common]\n', "en")
    words = Words(load_wording("en"), ".")

    assert (words.drug("sertraline"), words.drug("citalopram")) == ("sertraline HCl", "citalopram")


def test_a_plural_may_say_one_in_a_word_and_a_language_may_have_plurals_of_its_own(folder: Path) -> None:
    own = 'day = { one = "a day", other = "{n} days" }\nday_dative = { one = "{n} day", other = "{n} days" }\n'
    write(folder, DAY, own)
    words = Words(load_wording("nl"), ".", "iso")

    assert (words.count(1, "day"), words.count(2, "day_dative")) == ("a day", "2 days")


def test_every_gap_of_a_file_is_told_at_once(folder: Path) -> None:
    write(folder, HELD, "")
    path = folder / "nl.toml"
    path.write_text(path.read_text("utf-8").replace('a_half = "a half"\n', ""), "utf-8")

    assert [line.partition(":")[0] for line in problems_of()] == ["phrases.units.a_half", "phrases.taper.held"]


def test_a_file_of_another_language_than_its_name_is_refused(folder: Path) -> None:
    (folder / "nl.toml").write_text(ENGLISH_TEXT, "utf-8")

    assert problems_of() == ["language: is 'en', but the file is named for 'nl'"]


def test_a_missing_file_is_refused_and_english_never_taken_in_its_place(folder: Path) -> None:
    assert not (folder / "nl.toml").exists()

    with pytest.raises(DataInvalid, match="cannot be read"):
        load_wording("nl")


def test_a_pharmacys_own_phrase_is_said(folder: Path) -> None:
    old = 'curve_of_grade_c = "curve of grade C'
    plan = plan_of(raw_order())
    write(folder, old, f"{old}!", "en")
    words = Words(load_wording("en"), ".", "iso")

    (finding,) = [finding for finding in plan.findings if finding.code == "curve_grade"]
    assert words.tell(finding.told) == message_of(finding).replace("grade C", "grade C!")
