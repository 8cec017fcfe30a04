"""The printing fonts: how wide a text is, and which characters they have. Fira Sans, and Noto Sans for two scripts."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import fontpkg_fira_sans
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from stripgen.domain.fields import Table
from stripgen.domain.privacy import is_private, quote
from stripgen.errors import DataInvalid, Problem, TextNotPrintable
from stripgen.rendering.strip_plan.page import MM_PER_POINT, Font
from stripgen.rendering.strip_plan.script import Run, Script, can_turn, runs_of, script_of
from stripgen.rendering.words import reads_right_to_left

FACES: dict[Font, str] = {"regular": "Regular", "semibold": "SemiBold", "bold": "Bold"}
ASCENT = 0.935
DESCENT = 0.265


@lru_cache
def font_name(font: Font, script: Script = "latin") -> str:
    """Return the name reportlab knows a face by; the first call loads its file."""
    face = _load(font, script)
    pdfmetrics.registerFont(face)
    return str(face.fontName)


def face_name(font: Font, script: Script = "latin") -> str:
    """Return the name that a face has in its own file, and in every PDF that it is in."""
    name: bytes | str = _load(font, script).face.name
    return name.decode() if isinstance(name, bytes) else name


@lru_cache
def _load(font: Font, script: Script = "latin") -> TTFont:
    if script == "latin":
        name = f"FiraSans-{FACES[font]}"
        return TTFont(name, str(fontpkg_fira_sans.ROOT / "files" / f"{name}.ttf"))
    from stripgen.rendering.strip_plan.right_to_left import load_face, name_face  # noqa: PLC0415 - for such text only

    return TTFont(name_face(script, font), load_face(script, font))


@lru_cache(maxsize=100_000)
def _width_em(text: str, font: Font) -> float:
    return sum(_run_width_em(run, font) for run in runs_of(text))


def _run_width_em(run: Run, font: Font) -> float:
    return float(pdfmetrics.stringWidth(run.text, font_name(font, run.script), 1))


def width_mm(text: str, font: Font, size_pt: float) -> float:
    """Return how wide a text is, millimetres."""
    return _width_em(text, font) * size_pt * MM_PER_POINT


def run_width_mm(run: Run, font: Font, size_pt: float) -> float:
    """Return how wide a part of a line is, millimetres."""
    return _run_width_em(run, font) * size_pt * MM_PER_POINT


@lru_cache
def _glyphs(script: Script = "latin") -> frozenset[int]:
    """Return the characters all faces have; a font may map a character to glyph 0, the empty box."""
    faces = [_load(font, script).face for font in FACES]
    return frozenset.intersection(
        *(frozenset(code for code, glyph in face.charToGlyph.items() if glyph) for face in faces)
    )


def refuse_unprintable(table: Table, *, may_turn: bool = True) -> None:
    """Stop if a text of a file has a character that would print as an empty box or in the wrong place.

    Args:
        table: The file.
        may_turn: Whether its texts may read right to left: names may, whole paragraphs may not.

    Raises:
        TextNotPrintable: Naming each character and the field it stands in.
    """
    texts = _texts_of(table)
    turned = {field: text for field, text in texts.items() if may_turn and reads_right_to_left(text)}
    problems = _find_unprintable({field: text for field, text in texts.items() if field not in turned})
    problems += _find_unturnable(turned)
    if problems:
        raise TextNotPrintable(problems)


def refuse_unprintable_texts(texts: Mapping[str, str], source: str) -> None:
    """Stop if a text of a template has such a character, or reads right to left; a pharmacy may have edited it.

    Args:
        texts: By their name in the file.
        source: The file.

    Raises:
        DataInvalid: Naming each character and the text it stands in.
    """
    problems = _find_unprintable(texts)
    if problems:
        raise DataInvalid(problems, source)


def _find_unprintable(texts: Mapping[str, str]) -> list[Problem]:
    unprintable = {character for character in set().union(*texts.values()) if not _is_latin_printable(character)}
    return [
        Problem(field, _describe_unprintable(field, text, character))
        for field, text in texts.items()
        for character in dict.fromkeys(text)
        if character in unprintable
    ]


def _find_unturnable(texts: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with texts of the order that read right to left."""
    if texts and not can_turn():
        return [Problem(field, _describe_not_installed(field, text)) for field, text in texts.items()]
    return [
        Problem(field, _describe_unprintable(field, text, character))
        for field, text in texts.items()
        for character in dict.fromkeys(text)
        if not _is_printable(character)
    ]


def _is_latin_printable(character: str) -> bool:
    return ord(character) in _glyphs() and not _is_mark(character)


def _is_printable(character: str) -> bool:
    script = script_of(character)
    if script == "latin":
        return _is_latin_printable(character)
    from stripgen.rendering.strip_plan.right_to_left import comes_out_right  # noqa: PLC0415 - for such text only

    return comes_out_right(character) and ord(character) in _glyphs(script)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _describe_not_installed(field: str, text: str) -> str:
    found = quote(field, repr(text))
    return f'{found} reads right to left, which needs more fonts and libraries; pip install "stripgen[rtl]"'


def _describe_unprintable(field: str, text: str, character: str) -> str:
    what = f"has the character {character!r} (U+{ord(character):04X}, {unicodedata.name(character, 'no name')})"
    if is_private(field):  # of a short name, one character after the other is the name
        what = f"has a character at place {text.index(character) + 1}"
    if _is_mark(character):
        return f"{what}, a mark that would be printed in the wrong place; leave it out"
    can = "Latin, Vietnamese, Greek and Cyrillic can be printed, and names and such in Arabic and Hebrew"
    return f"{what}, which the printing font lacks; {can}"


def _texts_of(table: Table) -> dict[str, str]:
    return dict(_walk(table.model_dump(), ""))


def _walk(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _walk(inner, f"{path}.{key}".removeprefix("."))]
    if isinstance(value, tuple):
        return [pair for n, inner in enumerate(value, start=1) for pair in _walk(inner, f"{path}[{n}]")]
    return []
