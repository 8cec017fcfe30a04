"""Fira Sans: how wide a text is, and which characters it has."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import fontpkg_fira_sans
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from stripgen.domain.fields import Table
from stripgen.domain.wording import Wording
from stripgen.errors import DataInvalid, Problem, TextNotPrintable
from stripgen.rendering.strip_plan.page import MM_PER_POINT, Font

FACES: dict[Font, str] = {"regular": "Regular", "semibold": "SemiBold", "bold": "Bold"}
ASCENT = 0.935
DESCENT = 0.265


@lru_cache
def font_name(font: Font) -> str:
    """Return the name reportlab knows a face by; the first call loads its file."""
    pdfmetrics.registerFont(_load(font))
    return f"FiraSans-{FACES[font]}"


@lru_cache
def _load(font: Font) -> TTFont:
    name = f"FiraSans-{FACES[font]}"
    return TTFont(name, str(fontpkg_fira_sans.ROOT / "files" / f"{name}.ttf"))


@lru_cache(maxsize=100_000)
def _width_em(text: str, font: Font) -> float:
    return float(pdfmetrics.stringWidth(text, font_name(font), 1))


def width_mm(text: str, font: Font, size_pt: float) -> float:
    """Return how wide a text is, millimetres."""
    return _width_em(text, font) * size_pt * MM_PER_POINT


@lru_cache
def _glyphs() -> frozenset[int]:
    """Return the characters all faces have; a font may map a character to glyph 0, the empty box."""
    faces = [_load(font).face for font in FACES]
    return frozenset.intersection(
        *(frozenset(code for code, glyph in face.charToGlyph.items() if glyph) for face in faces)
    )


def refuse_unprintable(table: Table) -> None:
    """Stop if a text of a file has a character that would print as an empty box or in the wrong place.

    Raises:
        TextNotPrintable: Naming each character and the field it stands in.
    """
    problems = _find_unprintable(_texts_of(table))
    if problems:
        raise TextNotPrintable(problems)


def refuse_unprintable_wording(wording: Wording) -> None:
    """Stop if a phrase has such a character; a pharmacy may have edited it.

    Raises:
        DataInvalid: Naming each character and the phrase it stands in.
    """
    problems = _find_unprintable(dict(wording.texts()))
    if problems:
        raise DataInvalid(problems, f"templates/wording/{wording.language}.toml")


def _find_unprintable(texts: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(field, _describe_unprintable(character))
        for field, text in texts.items()
        for character in dict.fromkeys(text)
        if ord(character) not in _glyphs() or unicodedata.category(character).startswith("M")
    ]


def _describe_unprintable(character: str) -> str:
    name = unicodedata.name(character, "no name")
    what = f"has the character {character!r} (U+{ord(character):04X}, {name}), which the printing font lacks"
    return f"{what}; Latin, Vietnamese, Greek and Cyrillic can be printed"


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
