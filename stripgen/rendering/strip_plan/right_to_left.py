"""Turns and joins text that reads right to left. Needs the libraries of the extra `stripgen[rtl]`.

Sources: Unicode Standard Annex 9 (bidirectional text), rules L2 and L4; Unicode Standard, section 9.2 (how Arabic
letters join).
"""

import re
from functools import lru_cache
from io import BytesIO

import fontpkg_noto_sans_arabic
import pylopdf_fonts_he
from arabic_reshaper import ArabicReshaper
from arabic_reshaper.letters import LETTERS_ARABIC
from bidi import get_display
from bidi.mirror import MIRRORED
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from stripgen.rendering.strip_plan.page import Font
from stripgen.rendering.strip_plan.script import Script, script_of

_FILES = {
    "arabic": fontpkg_noto_sans_arabic.ROOT / "files" / "NotoSansArabic[wdth,wght].ttf",
    "hebrew": pylopdf_fonts_he.sans_path(),
}
_WEIGHTS: dict[Font, int] = {"regular": 400, "semibold": 600, "bold": 700}
_POSTSCRIPT_NAME = 6  # in a font's table of names
_LAYOUT_TABLES = ("GSUB", "GPOS", "GDEF")  # of what the letters do in a line; reportlab reads none of it

_HEBREW_LETTERS_AND_SIGNS = re.compile("[\u05be\u05d0-\u05ea\u05f0-\u05f4]")
_ARABIC_DIGITS_AND_SIGNS = re.compile("[\u060c\u061b\u061f\u0660-\u066c\u06d4\u06f0-\u06f9]")

# Lam and alef must join. The library's other ligatures are ornament, and it would drop marks without a word.
_RESHAPER = ArabicReshaper({"delete_harakat": False, "ARABIC LIGATURE ALLAH": False})

# A sign such as a bracket is mirrored where it reads right to left, which the library does not do, nor say where. A
# mark goes with the sign before it: it comes out behind a sign that reads left to right, and before any other.
_MARK = "\N{COMBINING GRAVE ACCENT}"
_SIGNS = "".join(map(re.escape, MIRRORED))
_SIGN = re.compile(f"[{_SIGNS}]")
_MARKED_SIGN = re.compile(f"{_MARK}(?P<mirrored>[{_SIGNS}])|(?P<kept>[{_SIGNS}]){_MARK}")


def turn(text: str) -> str:
    """Return a text as it stands from left to right on a page that reads left to right, Arabic letters joined."""
    marked = _SIGN.sub(rf"\g<0>{_MARK}", _RESHAPER.reshape(text))
    shown = str(get_display(marked, base_dir="L"))
    return _MARKED_SIGN.sub(lambda sign: sign["kept"] or MIRRORED[sign["mirrored"]], shown)


def comes_out_right(character: str) -> bool:
    """Return whether a character of these scripts is drawn as it should be: a sign, or a letter known to join or not.

    Marks over and under letters are not: where each belongs is written in the font alone.
    """
    if script_of(character) == "hebrew":
        return _HEBREW_LETTERS_AND_SIGNS.match(character) is not None
    return character in LETTERS_ARABIC or _ARABIC_DIGITS_AND_SIGNS.match(character) is not None


@lru_cache
def load_face(script: Script, font: Font) -> BytesIO:
    """Return one weight of a font that holds all of them: reportlab draws only the one it opens with."""
    face = TTFont(_FILES[script], recalcTimestamp=False)  # the same bytes on any day
    for table in _LAYOUT_TABLES:
        del face[table]
    instantiateVariableFont(face, {"wght": _WEIGHTS[font], "wdth": 100}, inplace=True)
    for record in face["name"].names:
        if record.nameID == _POSTSCRIPT_NAME:
            record.string = name_face(script, font)
    out = BytesIO()
    face.save(out)
    out.seek(0)
    return out


def name_face(script: Script, font: Font) -> str:
    """Return the name of a weight: no two the same, as a document keeps its fonts by name."""
    return f"NotoSans{script.capitalize()}-{font.capitalize()}"
