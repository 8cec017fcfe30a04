"""More ways to tamper with a finished PDF: in how its pages are drawn, in its fonts, and in what stands around them."""

import re
from io import BytesIO
from random import Random
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont
from tampering_pages import Victim, Way

_TEXT_LINE = re.compile(rb"BT [^\n]* Tj T\* ET")
_NEEDED = 2  # digits to swap


def _page(victim: Victim, random: Random) -> Any:
    return random.choice(list(victim.document.pages))


def _redraw(victim: Victim, random: Random, pattern: bytes, new: bytes) -> bool:
    """Replace one place that a pattern finds in what some page draws."""
    for page in victim.pages_in_any_order(random):
        drawn: bytes = page.Contents.read_bytes()
        found = list(re.finditer(pattern, drawn))
        if found:
            hit = random.choice(found)
            changed = drawn[: hit.start()] + hit.expand(new) + drawn[hit.end() :]
            page.Contents = victim.document.make_stream(changed)
            return changed != drawn
    return False


def redrawing(pattern: bytes, new: bytes) -> Way:
    """Return a way that replaces one place in what a page draws."""

    def way(victim: Victim, random: Random) -> bool:
        return _redraw(victim, random, pattern, new)

    return way


def _fonts(victim: Victim) -> list[Any]:
    fonts: Any = victim.document.pages[0].Resources.Font
    return [fonts[name] for name in fonts]


def _font_of_digits(victim: Victim, random: Random) -> Any:
    """Return a font, and the codes of digits that it has."""
    fonts = _fonts(victim)
    random.shuffle(fonts)
    for font in fonts:
        codes = [code for code in range(48, 58) if _has_ink(font, code)]
        if len(codes) >= _NEEDED:
            return font, codes
    return None


def _has_ink(font: Any, code: int) -> bool:
    program = TTFont(BytesIO(font.FontDescriptor.FontFile2.read_bytes()), lazy=True)
    name = program.getGlyphOrder()[code] if code < len(program.getGlyphOrder()) else ".notdef"
    glyphs: Any = program["glyf"]
    return name != ".notdef" and bool(glyphs[name].numberOfContours)


def swap_glyphs(victim: Victim, random: Random) -> bool:
    """Exchange the outlines of two digits in an embedded font: the 1 of a dose is drawn as a 7."""
    found = _font_of_digits(victim, random)
    if found is None:
        return False
    font, codes = found
    one, other = random.sample(codes, 2)
    descriptor = font.FontDescriptor
    program = TTFont(BytesIO(descriptor.FontFile2.read_bytes()))
    order = program.getGlyphOrder()
    glyphs = program["glyf"]
    glyphs[order[one]], glyphs[order[other]] = glyphs[order[other]], glyphs[order[one]]
    out = BytesIO()
    program.save(out)
    descriptor.FontFile2 = victim.document.make_stream(out.getvalue(), Length1=len(out.getvalue()))
    return True


def swap_codes(victim: Victim, random: Random) -> bool:
    """Draw other digits, and let the font say that they are read as those that were there."""
    found = _font_of_digits(victim, random)
    if found is None:
        return False
    font, codes = found
    one, other = random.sample(codes, 2)
    stream = font.ToUnicode.read_bytes()
    a, b = b"%04X" % one, b"%04X" % other
    swapped = {a: b, b: a}
    lines = stream.split(b"\n")
    places = [i for i, line in enumerate(lines) if line.startswith(b"<")]
    text = b"\n".join(lines)
    changed = re.sub(
        rb"<(%s|%s)>(?=[\s\]])" % (a, b), lambda hit: b"<" + swapped[hit[1]] + b">", text, flags=re.IGNORECASE
    )
    if changed == stream:
        return bool(places) and False
    font.ToUnicode = victim.document.make_stream(changed)
    return True


def change_widths(victim: Victim, random: Random) -> bool:
    """Let all letters of a font be put one upon the other."""
    font = random.choice(_fonts(victim))
    font.Widths = pikepdf.Array([1 for _ in font.Widths])
    return True


def map_by_encoding(victim: Victim, random: Random) -> bool:
    """Give a font an encoding in which digits are others."""
    font = random.choice(_fonts(victim))
    font.Encoding = pikepdf.Dictionary(
        Type=pikepdf.Name.Encoding,
        BaseEncoding=pikepdf.Name.WinAnsiEncoding,
        Differences=[49, pikepdf.Name.seven, 55, pikepdf.Name.one],
    )
    return True


def exchange_fonts(victim: Victim, random: Random) -> bool:
    """Let the names of two fonts be exchanged."""
    fonts: Any = victim.document.pages[0].Resources.Font
    names = list(fonts)
    if len(names) < _NEEDED:
        return False
    one, other = random.sample(names, 2)
    fonts[one], fonts[other] = fonts[other], fonts[one]
    return True


def use_unembedded_font(victim: Victim, random: Random) -> bool:
    """Take the program out of a font: every viewer puts in one of its own."""
    del random.choice(_fonts(victim)).FontDescriptor["/FontFile2"]
    return True


def cut_page(victim: Victim, random: Random) -> bool:
    """Let less of a page be seen, its size as it was."""
    page = _page(victim, random)
    left, bottom, right, top = map(float, page.MediaBox)
    by = random.choice([30, 200])
    page.MediaBox = pikepdf.Array([left, bottom + by, right, top + by])
    return True


def crop_page(victim: Victim, random: Random) -> bool:
    """Crop a page."""
    page = _page(victim, random)
    left, bottom, right, top = map(float, page.MediaBox)
    page.CropBox = pikepdf.Array([left, bottom + 60, right, top])
    return True


def crop_all(victim: Victim, _: Random) -> bool:
    """Crop all pages at what holds them together."""
    victim.document.Root.Pages.CropBox = pikepdf.Array([0, 60, 400, 800])
    return True


def turn_all(victim: Victim, _: Random) -> bool:
    """Turn all pages, each of which says nothing of it."""
    for page in victim.document.pages:
        if "/Rotate" in page.obj:
            del page.obj["/Rotate"]
    victim.document.Root.Pages.Rotate = 180
    return True


def scale_page(victim: Victim, random: Random) -> bool:
    """Say that a page's unit is another."""
    _page(victim, random).obj.UserUnit = 2
    return True


def hide_layer(victim: Victim, random: Random) -> bool:
    """Put what a page draws into a layer that does not show."""
    document = victim.document
    layer = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("x")))
    document.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(OFF=[layer]))
    page = _page(victim, random)
    page.Resources.Properties = pikepdf.Dictionary(OC1=layer)
    return _redraw(victim, random, rb"(BT [^\n]* ET)", rb"/OC /OC1 BDC \1 EMC")


def lay_image_over(victim: Victim, random: Random) -> bool:
    """Lay a white picture over a page, inside of what it draws."""
    page = _page(victim, random)
    drawn = b"q 60 0 0 12 100 500 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"
    page.contents_add(victim.document.make_stream(drawn))
    return True


def draw_by_form(victim: Victim, random: Random) -> bool:
    """Lay a form over a page."""
    page = _page(victim, random)
    form = victim.document.make_stream(
        b"1 1 1 rg 0 0 80 20 re f",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=[0, 0, 80, 20],
    )
    page.Resources.XObject = pikepdf.Dictionary(X1=form)
    page.contents_add(victim.document.make_stream(b"q 1 0 0 1 60 600 cm /X1 Do Q"))
    return True


def fade(victim: Victim, random: Random) -> bool:
    """Draw a page so that nothing of it is seen."""
    page = _page(victim, random)
    page.Resources.ExtGState = pikepdf.Dictionary(G=pikepdf.Dictionary(ca=0))
    page.contents_add(victim.document.make_stream(b"/G gs"), prepend=True)
    return True


def _fields(victim: Victim) -> list[Any]:
    root: Any = victim.document.Root
    return list(root.AcroForm.Fields) if "/AcroForm" in root else []


def show_field(victim: Victim, random: Random) -> bool:
    """Let the field for a signature show something before it is signed."""
    fields = _fields(victim)
    if not fields:
        return False
    look = victim.document.make_stream(
        b"1 1 1 rg 0 0 300 300 re f",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=[0, 0, 300, 300],
    )
    random.choice(fields).AP = pikepdf.Dictionary(N=look)
    return True


def move_field(victim: Victim, random: Random) -> bool:
    """Move the field for a signature over what is printed."""
    fields = _fields(victim)
    if not fields:
        return False
    random.choice(fields).Rect = pikepdf.Array([40, 300, 500, 700])
    return True


def rename_field(victim: Victim, random: Random) -> bool:
    """Say of a field that it is for something else."""
    fields = _fields(victim)
    if not fields:
        return False
    random.choice(fields).TU = pikepdf.String("I give 9 mg")
    return True


def add_field(victim: Victim, _: Random) -> bool:
    """Add a field that stands on no page."""
    root = victim.document.Root
    if "/AcroForm" not in root:
        root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array())
    field = pikepdf.Dictionary(FT=pikepdf.Name.Tx, T=pikepdf.String("x"), V=pikepdf.String("9 mg"))
    root.AcroForm.Fields.append(victim.document.make_indirect(field))
    return True


def add_xfa(victim: Victim, _: Random) -> bool:
    """Add a form that some viewers show in place of the pages."""
    root = victim.document.Root
    if "/AcroForm" not in root:
        root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array())
    root.AcroForm.XFA = victim.document.make_stream(b"<xdp/>")
    return True


def change_bookmark(victim: Victim, random: Random) -> bool:
    """Change the title of a bookmark."""
    mark = victim.document.Root.Outlines.First
    for _ in range(random.randrange(len(victim.document.pages))):
        mark = mark.Next
    mark.Title = pikepdf.String("Strip 9")
    return True


def misdirect_bookmark(victim: Victim, random: Random) -> bool:
    """Let a bookmark lead to another page."""
    pages = list(victim.document.pages)
    if len(pages) < _NEEDED:
        return False
    first = victim.document.Root.Outlines.First
    first.Dest[0] = random.choice(pages[1:]).obj
    return True


def change_title(victim: Victim, _: Random) -> bool:
    """Change the title that viewers show above the paper."""
    victim.document.docinfo["/Subject"] = "approved for 9 mg"
    return True


def add_information(victim: Victim, _: Random) -> bool:
    """Say something more of the file."""
    victim.document.docinfo["/Dose"] = "9 mg"
    return True


def add_metadata(victim: Victim, _: Random) -> bool:
    """Add metadata that says another title."""
    victim.document.Root.Metadata = victim.document.make_stream(
        b"<x/>", Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
    )
    return True


def label_pages(victim: Victim, _: Random) -> bool:
    """Let a viewer number the pages otherwise."""
    victim.document.Root.PageLabels = pikepdf.Dictionary(Nums=[0, pikepdf.Dictionary(P=pikepdf.String("strip 9"))])
    return True


def speak_otherwise(victim: Victim, random: Random) -> bool:
    """Let a reader that speaks say something else than what is printed."""
    (whole,) = [victim.document.Root.StructTreeRoot.K]
    section = random.choice(list(whole.K))
    section.K[0].ActualText = pikepdf.String("9 mg")
    return True


def name_section(victim: Victim, random: Random) -> bool:
    """Let a reader that speaks name a section otherwise."""
    random.choice(list(victim.document.Root.StructTreeRoot.K.K)).T = pikepdf.String("Strip 9")
    return True


def enclose_twice(victim: Victim, _: Random) -> bool:
    """Enclose a second file by the same name."""
    names = victim.document.Root.Names.EmbeddedFiles.Names
    with pikepdf.open(BytesIO(victim.other)) as other:
        spec = victim.document.copy_foreign(other.Root.Names.EmbeddedFiles.Names[1])
    names.append(pikepdf.String("plan.json"))
    names.append(spec)
    return True


def enclose_other(victim: Victim, _: Random) -> bool:
    """Let viewers that know long names find another plan."""
    spec = victim.document.Root.Names.EmbeddedFiles.Names[1]
    spec.EF.UF = victim.document.make_stream(b'{"dose_mg": "9"}', Type=pikepdf.Name.EmbeddedFile)
    return True


def name_enclosed(victim: Victim, _: Random) -> bool:
    """Let a viewer show what is enclosed by another name."""
    spec = victim.document.Root.Names.EmbeddedFiles.Names[1]
    spec.UF = pikepdf.String("plan of another patient.json")
    return True


def associate_other(victim: Victim, _: Random) -> bool:
    """Associate a file that is no attachment."""
    document = victim.document
    stream = document.make_stream(b"{}", Type=pikepdf.Name.EmbeddedFile)
    spec = pikepdf.Dictionary(
        Type=pikepdf.Name.Filespec, F=pikepdf.String("plan.json"), EF=pikepdf.Dictionary(F=stream)
    )
    document.Root.AF = pikepdf.Array([document.make_indirect(spec)])
    return True


def act_on_page(victim: Victim, random: Random) -> bool:
    """Run something when a page is opened, its name written with an escape."""
    _page(victim, random).obj["/AA"] = pikepdf.Dictionary(
        O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(9)"))
    )
    return True


def go_elsewhere(victim: Victim, random: Random) -> bool:
    """Turn pages by themselves, with an effect."""
    _page(victim, random).obj.Trans = pikepdf.Dictionary(S=pikepdf.Name.Wipe, D=1)
    _page(victim, random).obj.Dur = 1
    return True


def share_contents(victim: Victim, random: Random) -> bool:
    """Split what a page draws in two, the second of another page."""
    pages = list(victim.document.pages)
    if len(pages) < _NEEDED:
        return False
    one, other = random.sample(pages, 2)
    one.Contents = pikepdf.Array([one.Contents, other.Contents])
    return True


_TJ = rb"\(([^()\\]{2,}) \) Tj"
_PLACED = rb"BT 1 0 0 1 (\S+) (\S+) Tm"

DRAWING: dict[str, Way] = {
    "a text squeezed": redrawing(_PLACED, rb"BT .3 0 0 1 \1 \2 Tm"),
    "a text mirrored": redrawing(_PLACED, rb"BT -1 0 0 1 \1 \2 Tm"),
    "a text upside down": redrawing(_PLACED, rb"BT -1 0 0 -1 \1 \2 Tm"),
    "a text leaning": redrawing(_PLACED, rb"BT 1 .00001 .8 1 \1 \2 Tm"),
    "a text moved and turned by nothing": redrawing(_PLACED, rb"BT 1 .000001 0 1 77 66 Tm"),
    "a text raised": redrawing(_TJ, rb"5 Ts (\1 ) Tj 0 Ts"),
    "letters put one upon the other": redrawing(_TJ, rb"-9 Tc (\1 ) Tj 0 Tc"),
    "letters spread": redrawing(_TJ, rb"9 Tc (\1 ) Tj 0 Tc"),
    "letters scaled": redrawing(_TJ, rb"20 Tz (\1 ) Tj 100 Tz"),
    "words spread": redrawing(_TJ, rb"90 Tw (\1 ) Tj 0 Tw"),
    "letters moved": redrawing(rb"\(([0-9])([0-9.,]+) \) Tj", rb"[-600 (\1) 1700 (\2 )] TJ"),
    "a text read otherwise": redrawing(_TJ, rb"/Span <</ActualText (\1 )>> BDC (9.5 ) Tj EMC"),
    "a text drawn as an outline": redrawing(_TJ, rb"1 Tr (\1 ) Tj 0 Tr"),
    "a text as a clip": redrawing(_TJ, rb"7 Tr (\1 ) Tj 0 Tr"),
    "a text cut off": redrawing(_PLACED, rb"0 0 300 300 re W n BT 1 0 0 1 \1 \2 Tm"),
    "a text in another font": redrawing(rb"/F1\+0 (\S+ Tf \S+ TL \([^ )])", rb"/F2+0 \1"),
    "a text drawn twice, one beside the other": redrawing(
        rb"BT 1 0 0 1 (\S+) (\S+) Tm ([^\n]*)ET", rb"BT 1 0 0 1 \1 \2 Tm \3ET BT 1 0 0 1 \g<1>3 \2 Tm \3ET"
    ),
    "a letter without a meaning": redrawing(rb"\(([^()\\]{2,}) \) Tj", rb"(\1 ) Tj (\\000) Tj"),
    "a line made white": redrawing(rb"\n\.?\d*\.?\d+ \.?\d*\.?\d+ \.?\d*\.?\d+ RG\n", b"\n1 1 1 RG\n"),
    "a line made thick": redrawing(rb"\n(\S+) w\n", b"\n9 w\n"),
    "a line with gaps": redrawing(rb"\n\[\] 0 d\n", b"\n[0 90] 0 d\n"),
    "a line moved": redrawing(rb"\nn (\S+) (\S+) m (\S+) (\S+) l S", rb"\nn \1 1\2 m \3 1\4 l S"),
    "a curve changed": redrawing(rb"( \S+ )(\S+ l \S+ )(\S+) l (\S+ \S+ l)", rb"\1\2\g<1>l \4"),
    "a ground in another colour": redrawing(rb"\n(\S+) (\S+) (\S+) rg\nn", b"\n1 .5 .5 rg\nn"),
    "a ground left out": redrawing(rb" f\*\n", b" n\n"),
    "a pattern": redrawing(_PLACED, rb"/Pattern cs /P1 scn BT 1 0 0 1 \1 \2 Tm"),
    "a shading": redrawing(_PLACED, rb"/S1 sh BT 1 0 0 1 \1 \2 Tm"),
    "outlines of two digits exchanged": swap_glyphs,
    "digits read as others": swap_codes,
    "widths of letters": change_widths,
    "another encoding": map_by_encoding,
    "two fonts exchanged": exchange_fonts,
    "a font not embedded": use_unembedded_font,
    "a page cut off": cut_page,
    "a page cropped": crop_page,
    "all pages cropped": crop_all,
    "all pages turned": turn_all,
    "another unit": scale_page,
    "a layer that does not show": hide_layer,
    "a picture laid over": lay_image_over,
    "a form laid over": draw_by_form,
    "a page faded": fade,
    "a field that shows something": show_field,
    "a field moved": move_field,
    "a field renamed": rename_field,
    "a field on no page": add_field,
    "a form of another kind": add_xfa,
    "a bookmark renamed": change_bookmark,
    "a bookmark misdirected": misdirect_bookmark,
    "what the file says of itself": change_title,
    "one more word about the file": add_information,
    "metadata": add_metadata,
    "pages numbered otherwise": label_pages,
    "a page spoken otherwise": speak_otherwise,
    "a section spoken otherwise": name_section,
    "a second file of the same name": enclose_twice,
    "another file behind the same name": enclose_other,
    "another name of what is enclosed": name_enclosed,
    "another file associated": associate_other,
    "an action of a page": act_on_page,
    "pages that turn by themselves": go_elsewhere,
    "two pages in one": share_contents,
}
