"""Says in words how a cell looks other than it was made."""

from collections.abc import Iterator

from stripgen.verifying.workbook_looks import BLACK, WHITE, Font, Look

_COLORS = {BLACK: "black", WHITE: "white", "": "none"}
_PLACED = ("aligned", "turned by", "shrunk to fit", "moved in by")
_MARKS = {"bold": "bold", "italic": "italic", "struck": "struck out", "symbols": "signs in place of letters"}


def tell_look(look: Look, made: Look) -> str:
    """Return how a cell looks other than it was made; empty where it does not.

    >>> tell_look(Look(font=Font(size=2.0, color="FFFFFF")), Look())
    'its letters are 2 points high, made 11; its letters are white, made black'
    >>> tell_look(Look(number_format='0" mg"', locked=False), Look())
    "its number format is '0 mg', made 'General'; it is not locked, made locked"
    """
    return "; ".join(_told(look, made))


def _told(look: Look, made: Look) -> Iterator[str]:
    if look.number_format != made.number_format:
        now, then = (repr(each.number_format.replace('"', "")) for each in (look, made))
        yield f"its number format is {now}, made {then}"
    yield from _told_of_letters(look.font, made.font)
    if look.fill != made.fill:
        yield f"the colour behind it is {_color(look.fill)}, made {_color(made.fill)}"
    for what, placed, before in zip(_PLACED, look.placed, made.placed, strict=True):
        if placed != before:
            yield f"its text is {what} {_value(placed)}, made {_value(before)}"
    if look.locked != made.locked:
        yield "it is locked, made to be filled in" if look.locked else "it is not locked, made locked"
    if look.crossed != made.crossed:
        yield "a line is drawn through it" if look.crossed else "no line is drawn through it, made with one"


def _told_of_letters(font: Font, made: Font) -> Iterator[str]:
    if font.name != made.name:
        yield f"its letters are in {font.name or 'no font'}, made in {made.name or 'no font'}"
    if font.size != made.size:
        yield f"its letters are {font.size:g} points high, made {made.size:g}"
    for mark, what in _MARKS.items():
        if getattr(font, mark) != getattr(made, mark):
            yield f"its letters are {what}, made without" if getattr(font, mark) else f"its letters are not {what}"
    for now, then in ((font.raised, made.raised), (font.marked, made.marked)):
        if now != then:
            yield f"its letters are {now or 'plain'}, made {then or 'plain'}"
    if font.color != made.color:
        yield f"its letters are {_color(font.color)}, made {_color(made.color)}"


def _color(color: str) -> str:
    return _COLORS.get(color, color)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "so" if value else "not so"
    return str(value)
