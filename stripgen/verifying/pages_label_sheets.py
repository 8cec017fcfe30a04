"""Compares the pages of labels: of pouches with their codes, and of strips; on plain paper and ready-cut."""

from collections.abc import Callable, Iterator, Sequence

from stripgen.domain.stock import LabelPaper
from stripgen.verifying.expected import ExpectedDay
from stripgen.verifying.pages_findings import Findings, PageDue
from stripgen.verifying.pages_labels import LabelsDue, compare_label, label_area, pouch_code
from stripgen.verifying.pages_wording import name_patient
from stripgen.verifying.promise import Promise, Roll
from stripgen.verifying.reading import Area, ReadPage

ReadCode = Callable[[ReadPage, Area], str | None]


class LabelPages:
    """The labels of a plan, wherever they are printed."""

    def __init__(self, promise: Promise, pages: Sequence[ReadPage], found: Findings, read_code: ReadCode) -> None:
        """Take what is to be compared with what, and where to tell what differs."""
        self._promise = promise
        self._pages = pages
        self._found = found
        self._read_code = read_code
        self._labels = LabelsDue(promise)
        self._moved: frozenset[str] | None = None

    def on_plain_paper_of_pouches(self) -> Iterator[PageDue]:
        """Yield the pages of pouches that are due on plain paper."""
        voice, paper = self._promise.label_voice, self._promise.printing.pouch_labels
        for roll in self._promise.rolls_to_make:
            heading = voice.say("label.title", strip=self._promise.name_roll(roll, voice))
            for first in range(0, len(roll.days), paper.stock.n_labels):
                days = roll.days[first : first + paper.stock.n_labels]
                yield PageDue(heading, voice, lambda page, days=days, roll=roll: self._pouches(page, days, roll))  # type: ignore[misc]

    def on_plain_paper_of_strips(self) -> Iterator[PageDue]:
        """Yield the pages of strips that are due on plain paper."""
        voice, paper = self._promise.label_voice, self._promise.printing.strip_labels
        n_labels = len(self._promise.rolls_to_make) + self._promise.printing.outer_label
        heading, per_page = voice.say("label.strip_title"), paper.stock.n_labels
        for first in range(0, n_labels, per_page):
            here = range(first, min(first + per_page, n_labels))
            yield PageDue(heading, voice, lambda page, here=here: self._strips(page, here))  # type: ignore[misc]

    def compare_ready_cut_pouches(self) -> None:
        """Compare the labels of all pouches to make, in their order."""
        days = self._promise.days_to_make
        rolls = {day.day: roll for roll in self._promise.rolls_to_make for day in roll.days}
        paper = self._promise.printing.pouch_labels
        self._ready_cut(paper, len(days), lambda page, area, n: self._pouch(page, area, days[n], rolls[days[n].day]))

    def compare_ready_cut_strips(self) -> None:
        """Compare the labels of all strips to make, in their order."""
        printing = self._promise.printing
        n_labels = len(self._promise.rolls_to_make) + printing.outer_label
        self._ready_cut(printing.strip_labels, n_labels, self._strip)

    def _pouches(self, page: ReadPage, days: Sequence[ExpectedDay], roll: Roll) -> None:
        paper = self._promise.printing.pouch_labels
        self._around(page, "label.instructions", paper, len(days))
        for position, day in enumerate(days):
            self._pouch(page, label_area(position, paper), day, roll)

    def _pouch(self, page: ReadPage, area: Area, day: ExpectedDay, roll: Roll) -> None:
        where = f"page {page.number}, day {day.day}"
        self._found.counted["pouch label"] += 1
        differences, moved = compare_label(page.within(area), self._labels.on_pouch(day, roll))
        if not differences and self._moved is not None and moved != self._moved:
            differences = [f"leaves out {', '.join(moved ^ self._moved)}, unlike the labels before it"]
        self._moved = moved if self._moved is None else self._moved
        code, due = self._read_code(page, area), pouch_code(day, self._promise)
        self._found.counted["code"] += 1
        if code is None:
            differences.append("has no code that can be read")
        elif code != due:
            differences.append(f"has the code {code!r}; the plan {due!r}")
        for difference in differences:
            self._found.tell(where, difference)

    def _strips(self, page: ReadPage, here: range) -> None:
        paper = self._promise.printing.strip_labels
        self._around(page, "label.strip_instructions", paper, len(here))
        for position, index in enumerate(here):
            self._strip(page, label_area(position, paper), index)

    def _around(self, page: ReadPage, instructions: str, paper: LabelPaper, n_labels: int) -> None:
        """Compare what stands over the labels of a sheet, and the places after the last of them."""
        promise, voice = self._promise, self._promise.label_voice
        told = voice.say(instructions, patient=name_patient(promise, voice), medicine=voice.medicine(promise.order))
        self._found.tell_lacking(page, [told])
        for position in range(n_labels, paper.stock.n_labels):
            self._empty(page, label_area(position, paper))

    def _strip(self, page: ReadPage, area: Area, index: int) -> None:
        rolls = self._promise.rolls_to_make
        is_outer = index == len(rolls)
        self._found.counted["label of all strips" if is_outer else "strip label"] += 1
        due = self._labels.on_outer_label() if is_outer else self._labels.on_strip(rolls[index])
        name = "the outer label" if is_outer else f"the label of strip {rolls[index].number}"
        for difference in compare_label(page.within(area), due)[0]:
            self._found.tell(f"page {page.number}, {name}", difference)

    def _ready_cut(self, paper: LabelPaper, n_labels: int, compare: Callable[[ReadPage, Area, int], None]) -> None:
        """Compare ready-cut labels in their order; nothing stands between them."""
        per_page, used = paper.stock.n_labels, paper.first_label - 1
        n_pages = -(-(used + n_labels) // per_page) - used // per_page
        if n_pages != len(self._pages):
            self._found.tell("", f"has {len(self._pages)} pages; the plan has {n_pages}")
        for page, first in zip(self._pages, range(0, n_pages * per_page, per_page), strict=False):
            self._found.counted["page"] += 1
            areas = [label_area(position, paper) for position in range(per_page)]
            for position, area in enumerate(areas):
                if used <= first + position < used + n_labels:
                    compare(page, area, first + position - used)
                else:
                    self._empty(page, area)
            self._stray(page, areas)

    def _empty(self, page: ReadPage, area: Area) -> None:
        for text in page.within(area):
            self._found.tell(f"page {page.number}", f"says {text.text.strip()!r} where the plan has no label")

    def _stray(self, page: ReadPage, areas: Sequence[Area]) -> None:
        for text in page.upright:
            if not any(area.left <= text.x < area.right and area.top <= text.y < area.bottom for area in areas):
                self._found.tell(f"page {page.number}", f"says {text.text.strip()!r} beside its labels")
