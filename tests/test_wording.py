"""The wording files: every phrase the source names is there, and no other; a wrong file is refused."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from orders import message_of, plan_of, raw_order
from test_findings import CASES

from stripgen.domain.order import Form, Strategy
from stripgen.domain.plan import AlternativeName
from stripgen.domain.wording import LANGUAGES, Language, places_of
from stripgen.errors import DataInvalid
from stripgen.files import load_wording, template_folder
from stripgen.planning.findings import FACTS
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


def test_no_wording_file_is_of_another_language() -> None:
    assert {path.stem for path in (template_folder() / "wording").iterdir()} <= set(LANGUAGES)


# --- wrong files are refused -----------------------------------------------------------------------------------------


def written(folder: Path, old: str, new: str, language: str = "en") -> Path:
    """Return a templates folder with the English wording file, in which a text, which must be there, is replaced."""
    text = (template_folder() / "wording" / "en.toml").read_text("utf-8")
    assert text.count(old) == 1
    (folder / "wording").mkdir()
    (folder / "wording" / f"{language}.toml").write_text(text.replace(old, new), "utf-8")
    return folder


def problems_with(folder: Path) -> list[str]:
    with pytest.raises(DataInvalid) as raised:
        load_wording("en", folder)
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
    new: str, words: str, tmp_path: Path
) -> None:
    (problem,) = problems_with(written(tmp_path, HELD, new))

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
def test_a_plural_that_cannot_be_filled_is_refused_with_its_name(new: str, words: str, tmp_path: Path) -> None:
    assert words in problems_with(written(tmp_path, DAY, new))[0]


def test_a_plural_may_say_one_in_a_word_and_a_language_may_have_plurals_of_its_own(tmp_path: Path) -> None:
    own = 'day = { one = "a day", other = "{n} days" }\nday_dative = { one = "{n} day", other = "{n} days" }\n'

    wording = load_wording("en", written(tmp_path, DAY, own))

    words = Words(wording, ".", "iso")
    assert (words.count(1, "day"), words.count(2, "day_dative")) == ("a day", "2 days")


def test_every_gap_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    folder = written(tmp_path, HELD, "")
    path = folder / "wording" / "en.toml"
    path.write_text(path.read_text("utf-8").replace('a_half = "a half"\n', ""), "utf-8")

    assert [line.partition(":")[0] for line in problems_with(folder)] == ["phrases.units.a_half", "phrases.taper.held"]


def test_a_file_of_another_language_than_its_name_is_refused(tmp_path: Path) -> None:
    assert problems_with(written(tmp_path, 'language = "en"', 'language = "nl"')) == [
        "language: is 'nl', but the file is named for 'en'"
    ]


def test_a_missing_file_is_refused_and_english_never_taken_in_its_place(tmp_path: Path) -> None:
    folder = written(tmp_path, HELD, HELD)

    with pytest.raises(DataInvalid, match="cannot be read"):
        load_wording("nl", folder)


def test_a_pharmacys_own_phrase_is_said(tmp_path: Path) -> None:
    old = 'curve_of_grade_c = "curve of grade C'
    plan = plan_of(raw_order())
    words = Words(load_wording("en", written(tmp_path, old, f"{old}!")), ".", "iso")

    (finding,) = [finding for finding in plan.findings if finding.code == "curve_grade"]
    assert words.tell(finding.told) == message_of(finding).replace("grade C", "grade C!")
