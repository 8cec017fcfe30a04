"""Ways to tamper with a finished PDF, each a single change; and the forger's new seal over it.

Pages are changed by pikepdf in their own drawing operations, so that what is seen changes and nothing else. Every way
returns None where a paper has nothing of the kind.
"""

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from random import Random
from typing import Any

import pikepdf

_SEAL = re.compile(rb"/XXStripgenSeal \(([0-9a-f]{64})\)")
_MADE = "D:20261125000000Z"
_LEAST_RECTANGLES = 40  # of a symbol
Way = Callable[["Victim", Random], bool]


class Victim:
    """A finished paper under a forger's hands."""

    def __init__(self, content: bytes, other: bytes, names: tuple[str, ...]) -> None:
        """Open it.

        Args:
            content: Of the paper.
            other: A paper of another plan.
            names: Of people in its order.
        """
        self.document = pikepdf.open(BytesIO(content))
        self.other = other
        self.names = names

    def saved(self) -> bytes:
        """Return the paper, its old seal left in it."""
        out = BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="This document has .* form widget")  # of a page mixed in
            self.document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return out.getvalue()

    def pages_in_any_order(self, random: Random) -> list[Any]:
        """Return the pages, shuffled."""
        pages = list(self.document.pages)
        random.shuffle(pages)
        return pages

    def rewrite(self, page: Any, instructions: list[Any]) -> None:
        """Put other drawing operations on a page."""
        page.Contents = self.document.make_stream(pikepdf.unparse_content_stream(instructions))


def reseal(content: bytes) -> bytes:
    """Return a changed paper with a seal that fits it: a forger can read how the seal is made."""
    empty = _SEAL.sub(b"/XXStripgenSeal (" + b"0" * 64 + b")", content)
    assert empty.count(b"/XXStripgenSeal (") == 1
    seal = hashlib.sha256(empty).hexdigest().encode()
    return empty.replace(b"/XXStripgenSeal (" + b"0" * 64, b"/XXStripgenSeal (" + seal)


# --- texts -----------------------------------------------------------------------------------------------------------


def _texts(instructions: list[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield each text that is drawn and where it is among the operations; letters of ASCII are their own codes."""
    for index, instruction in enumerate(instructions):
        if str(instruction.operator) == "Tj":
            yield index, bytes(instruction.operands[0])


def _edit(victim: Victim, random: Random, pattern: bytes, letters: bytes) -> bool:
    """Change one letter within what matches a pattern, in some text on some page."""
    for page in victim.pages_in_any_order(random):
        instructions = list(pikepdf.parse_content_stream(page))
        found = [
            (index, text, hit)
            for index, text in _texts(instructions)
            for hit in re.finditer(pattern, text)
            if set(hit[0]) & set(letters)
        ]
        if not found:
            continue
        index, text, hit = random.choice(found)
        place = random.choice([at for at in range(*hit.span()) if text[at] in letters])
        letter = random.choice([each for each in letters if each != text[place]])
        changed = text[:place] + bytes([letter]) + text[place + 1 :]
        instructions[index] = pikepdf.ContentStreamInstruction([pikepdf.String(changed)], pikepdf.Operator("Tj"))
        victim.rewrite(page, instructions)
        return True
    return False


def change_dose(victim: Victim, random: Random) -> bool:
    """Change a digit of an amount in mg."""
    return _edit(victim, random, rb"[0-9][0-9.,]*(?= mg)", b"0123456789")


def change_dose_in_schedule(victim: Victim, random: Random) -> bool:
    """Change a digit of a number that stands alone: a dose, a day, an occupancy, a drop."""
    return _edit(victim, random, rb"^[0-9]+([.,][0-9]+)? $", b"0123456789")


def change_date(victim: Victim, random: Random) -> bool:
    """Change a digit of a date."""
    return _edit(victim, random, rb"\b[0-9]{1,2}\.? [^ ]{3,5} 20[0-9]{2}|20[0-9]{2}-[0-9]{2}-[0-9]{2}", b"0123456789")


def change_name(victim: Victim, random: Random) -> bool:
    """Change a letter of somebody's name."""
    words = [word.encode() for name in victim.names for word in re.findall(r"\b[A-Za-z]{3,}\b", name)]
    return bool(words) and _edit(victim, random, b"|".join(map(re.escape, words)), b"abcdefghilmnoprstu")


def change_total(victim: Victim, random: Random) -> bool:
    """Change a digit of a sentence with several numbers, as totals are told."""
    return _edit(victim, random, rb"[0-9][0-9.,]*(?=[^0-9]{3,40}[0-9].* mg)", b"0123456789")


def change_plan_id(victim: Victim, random: Random) -> bool:
    """Change a character of the plan id."""
    plan_id = json.loads(_attached(victim, "plan.json"))["plan_id"].encode()
    return _edit(victim, random, re.escape(plan_id[5:]), b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def make_invisible(victim: Victim, random: Random) -> bool:
    """Draw a text without ink; a reader still reads it."""
    page = random.choice(list(victim.document.pages))
    instructions = list(pikepdf.parse_content_stream(page))
    texts = [index for index, text in _texts(instructions) if text.strip()]
    if not texts:
        return False
    index = random.choice(texts)
    no_ink, ink = (pikepdf.ContentStreamInstruction([mode], pikepdf.Operator("Tr")) for mode in (3, 0))
    victim.rewrite(page, [*instructions[:index], no_ink, instructions[index], ink, *instructions[index + 1 :]])
    return True


def make_white(victim: Victim, random: Random) -> bool:
    """Draw texts in white."""
    page = random.choice(list(victim.document.pages))
    instructions = list(pikepdf.parse_content_stream(page))
    texts = [index for index, text in _texts(instructions) if text.strip()]
    if not texts:
        return False
    index = random.choice(texts)
    white = pikepdf.ContentStreamInstruction([1, 1, 1], pikepdf.Operator("rg"))
    instructions.insert(index, white)
    if any(str(each.operator) == "f" for each in instructions[index : index + 12]):
        return False
    victim.rewrite(page, instructions)
    return True


# --- pages -----------------------------------------------------------------------------------------------------------


def swap_pages(victim: Victim, random: Random) -> bool:
    """Swap two pages."""
    pages = victim.document.pages
    if len(pages) < 2:
        return False
    first, second = sorted(random.sample(range(len(pages)), 2))
    one, two = pages[first].obj, pages[second].obj
    pages[first], pages[second] = pikepdf.Page(two), pikepdf.Page(one)
    return True


def remove_page(victim: Victim, random: Random) -> bool:
    """Take a page out."""
    pages = victim.document.pages
    if len(pages) < 2:
        return False
    del pages[random.randrange(len(pages))]
    return True


def double_page(victim: Victim, random: Random) -> bool:
    """Put a page in a second time."""
    pages = victim.document.pages
    pages.insert(random.randrange(len(pages) + 1), pages[random.randrange(len(pages))])
    return True


def mix_in_page(victim: Victim, random: Random) -> bool:
    """Put a page of another plan in place of one, or beside it."""
    pages = victim.document.pages
    with pikepdf.open(BytesIO(victim.other)) as other:
        foreign = random.choice(list(other.pages))
        if random.randrange(2):
            pages[random.randrange(len(pages))] = foreign
        else:
            pages.insert(random.randrange(len(pages) + 1), foreign)
    return True


# --- what travels inside ---------------------------------------------------------------------------------------------


def _attached(victim: Victim, name: str) -> bytes:
    return bytes(victim.document.attachments[name].get_file().read_bytes())


def _attach(victim: Victim, name: str, content: bytes) -> None:
    if name in victim.document.attachments:
        del victim.document.attachments[name]
    victim.document.attachments[name] = pikepdf.AttachedFileSpec(
        victim.document,
        content,
        filename=name,
        description="",
        mime_type="application/json",
        creation_date=_MADE,
        mod_date=_MADE,
    )


def replace_plan(victim: Victim, _: Random) -> bool:
    """Put another plan's file in place of the plan's."""
    with pikepdf.open(BytesIO(victim.other)) as other:
        _attach(victim, "plan.json", bytes(other.attachments["plan.json"].get_file().read_bytes()))
    return True


def change_plan_file(victim: Victim, random: Random) -> bool:
    """Change a day in the plan's file."""
    plan = json.loads(_attached(victim, "plan.json"))
    day = random.choice(plan["days"])
    key, value = random.choice([("dose_mg", "0.7"), ("date", "2031-02-03"), ("strip", 77), ("code", "SG1-X")])
    day[key] = value
    _attach(victim, "plan.json", json.dumps(plan).encode())
    return True


def change_order_in_plan(victim: Victim, random: Random) -> bool:
    """Change who or what the order in the plan's file is for."""
    plan = json.loads(_attached(victim, "plan.json"))
    table, key, value = random.choice(
        [("patient", "name", "Somebody Else"), ("taper", "start_date", "2027-01-01"), ("pharmacy", "phone", "+99 1")]
    )
    plan["order"].setdefault(table, {})[key] = value
    _attach(victim, "plan.json", json.dumps(plan).encode())
    return True


def change_printing_file(victim: Victim, random: Random) -> bool:
    """Say in the file of printing that the papers were printed otherwise."""
    printing = json.loads(_attached(victim, "printing.json"))
    if random.randrange(2):
        printing["patient_pages"]["text"]["missed"] = "Take two."
        if not _has_patient_pages(victim):
            return False
    else:
        printing["pouch_labels"]["offset_mm"] = ["9", "9"]
        if not _has_pouch_labels(victim):
            return False
    _attach(victim, "printing.json", json.dumps(printing).encode())
    return True


def _has_patient_pages(victim: Victim) -> bool:
    return (
        "/Outlines" in victim.document.Root and len(victim.document.pages) > 1 and "/AcroForm" in victim.document.Root
    )


def _has_pouch_labels(victim: Victim) -> bool:
    return any(_symbols(list(pikepdf.parse_content_stream(page))) for page in victim.document.pages)


def attach_more(victim: Victim, _: Random) -> bool:
    """Attach another file."""
    _attach(victim, "new.txt", b"x")
    return True


def add_script(victim: Victim, _: Random) -> bool:
    """Let a viewer run a script when the paper is opened."""
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('9 mg')"))
    victim.document.Root.OpenAction = victim.document.make_indirect(action)
    return True


# --- codes, and what is laid over ------------------------------------------------------------------------------------


def _symbols(instructions: list[Any]) -> list[tuple[int, int]]:
    """Return where the operations of each symbol begin and end: many rectangles, filled together."""
    found, start = [], None
    for index, instruction in enumerate(instructions):
        if str(instruction.operator) == "re":
            start = index if start is None else start
        elif start is not None:
            if index - start > _LEAST_RECTANGLES:
                found.append((start, index))
            start = None
    return found


def _corner(rectangles: list[Any]) -> tuple[float, float]:
    return min(float(each.operands[0]) for each in rectangles), min(float(each.operands[1]) for each in rectangles)


def change_code(victim: Victim, random: Random) -> bool:
    """Draw the code of another pouch in a pouch's place."""
    for page in victim.pages_in_any_order(random):
        instructions = list(pikepdf.parse_content_stream(page))
        symbols = _symbols(instructions)
        if len(symbols) < 2:
            continue
        here, there = random.sample(symbols, 2)
        own, others = instructions[slice(*here)], instructions[slice(*there)]
        (x, y), (from_x, from_y) = _corner(own), _corner(others)
        moved = [
            pikepdf.ContentStreamInstruction(
                [
                    round(float(each.operands[0]) + x - from_x, 4),
                    round(float(each.operands[1]) + y - from_y, 4),
                    *each.operands[2:],
                ],
                pikepdf.Operator("re"),
            )
            for each in others
        ]
        victim.rewrite(page, [*instructions[: here[0]], *moved, *instructions[here[1] :]])
        return True
    return False


def _some_text(page: Any, random: Random) -> tuple[float, float, Any] | None:
    """Return where some text on a page begins, and its font."""
    font, place, found = None, (0.0, 0.0), []
    for instruction in pikepdf.parse_content_stream(page):
        match str(instruction.operator):
            case "Tf":
                font = instruction.operands[0]
            case "Tm":
                place = float(instruction.operands[4]), float(instruction.operands[5])
            case "Tj" if bytes(instruction.operands[0]).strip() and font is not None:
                found.append((*place, font))
    return random.choice(found) if found else None


def lay_over(victim: Victim, random: Random) -> bool:
    """Draw a white ground over a text, and another number on it."""
    page = random.choice(list(victim.document.pages))
    text = _some_text(page, random)
    if text is None:
        return False
    x, y, font = text
    drawn = (
        f"q 1 1 1 rg {x - 1:.2f} {y - 2:.2f} 40 10 re f Q 0 0 0 rg BT {font} 8 Tf {x:.2f} {y:.2f} Td (7.5 mg ) Tj ET"
    )
    page.contents_add(victim.document.make_stream(drawn.encode()))
    return True


def hide(victim: Victim, random: Random) -> bool:
    """Draw a white ground over a text."""
    page = random.choice(list(victim.document.pages))
    text = _some_text(page, random)
    if text is None:
        return False
    x, y, _ = text
    page.contents_add(victim.document.make_stream(f"q 1 1 1 rg {x - 1:.2f} {y - 2:.2f} 40 10 re f Q".encode()))
    return True


def annotate(victim: Victim, random: Random) -> bool:
    """Lay a note with another number over a page."""
    page = random.choice(list(victim.document.pages))
    text = _some_text(page, random)
    if text is None:
        return False
    x, y, _ = text
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.FreeText,
        Rect=[x, y - 2, x + 40, y + 8],
        Contents=pikepdf.String("7.5 mg"),
        DA=pikepdf.String("/Helv 8 Tf 0 g"),
        C=[1, 1, 1],
        F=4,
    )
    if "/Annots" not in page.obj:
        page.obj.Annots = pikepdf.Array()
    page.obj.Annots.append(victim.document.make_indirect(note))
    return True


WAYS: dict[str, Way] = {
    "a digit of an amount": change_dose,
    "a digit of a number": change_dose_in_schedule,
    "a digit of a date": change_date,
    "a letter of a name": change_name,
    "a digit of a total": change_total,
    "the plan id": change_plan_id,
    "a text without ink": make_invisible,
    "a text in white": make_white,
    "two pages swapped": swap_pages,
    "a page removed": remove_page,
    "a page doubled": double_page,
    "a page of another plan": mix_in_page,
    "another plan enclosed": replace_plan,
    "the plan enclosed": change_plan_file,
    "the order enclosed": change_order_in_plan,
    "the printing enclosed": change_printing_file,
    "one more attachment": attach_more,
    "a script": add_script,
    "another pouch's code": change_code,
    "a number laid over": lay_over,
    "a text hidden": hide,
    "a note laid over": annotate,
}
