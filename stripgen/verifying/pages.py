"""Compares the pages of a strip plan and of labels with what they must say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from stripgen.domain.stock import LabelPaper
from stripgen.verifying.expected import ExpectedDay
from stripgen.verifying.pages_labels import BLANK, LabelsDue, compare_label, label_area, pouch_code
from stripgen.verifying.phrases import Voice
from stripgen.verifying.promise import Promise, Roll
from stripgen.verifying.reading import Area, ReadPage, ReadText, letters_of, reads_right_to_left, squeeze

_A_RULE_MM = 140.0  # shorter ones are lines to write on
_SAME_COLUMN_MM = 0.3
_MOST_SHOWN = 60
ReadCode = Callable[[ReadPage, Area], str | None]


@dataclass(eq=False)
class Findings:
    """What a comparison found so far.

    Attributes:
        differences: Where on the paper, and what.
        counted: How many of what were compared.
    """

    differences: list[tuple[str, str]] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def tell(self, where: str, what: str) -> None:
        """Keep a difference."""
        self.differences.append((where, what))


@dataclass(frozen=True, eq=False)
class _Kind:
    """A page that is due: what its heading says, and how it is compared."""

    heading: str
    voice: Voice
    compare: Callable[[ReadPage], None]


class PagesOfAPlan:
    """Compares the pages of one PDF, one after the other."""

    def __init__(self, promise: Promise, pages: Sequence[ReadPage], read_code: ReadCode) -> None:
        """Take what is to be compared with what."""
        self._promise = promise
        self._pages = pages
        self._read_code = read_code
        self._found = Findings()
        self._labels = LabelsDue(promise)
        self._moved: frozenset[str] | None = None

    def compare_strip_plan(self) -> Findings:
        """Return what differs in a strip plan."""
        printing = self._promise.printing
        sections = [*self._first_pages(), *self._schedules()]
        if _is_plain(printing.pouch_labels, self._pages):
            sections += self._plain_pouch_labels()
        if _is_plain(printing.strip_labels, self._pages):
            sections += self._plain_strip_labels()
        return self._compare([*sections, *self._patient_pages()])

    def compare_pouch_labels(self) -> Findings:
        """Return what differs in labels of pouches."""
        paper, days = self._promise.printing.pouch_labels, self._promise.days_to_make
        if paper.stock.paper == "plain":
            return self._compare(self._plain_pouch_labels())
        rolls = {day.day: roll for roll in self._promise.rolls_to_make for day in roll.days}
        self._ready_cut(paper, len(days), lambda page, area, n: self._pouch(page, area, days[n], rolls[days[n].day]))
        return self._found

    def compare_strip_labels(self) -> Findings:
        """Return what differs in labels of strips."""
        printing = self._promise.printing
        if printing.strip_labels.stock.paper == "plain":
            return self._compare(self._plain_strip_labels())
        n_labels = len(self._promise.rolls_to_make) + printing.outer_label
        self._ready_cut(printing.strip_labels, n_labels, self._strip)
        return self._found

    # --- all pages ---------------------------------------------------------------------------------------------------

    def _compare(self, pages_due: Iterable[_Kind]) -> Findings:
        """Compare pages with those due. Where some are missing or too many, those that are there are still compared."""
        due = list(pages_due)
        if len(due) != len(self._pages):
            self._found.tell("", f"has {len(self._pages)} pages; the plan has {len(due)}")
        for page, kind in zip(self._pages, due, strict=False):
            self._found.counted["page"] += 1
            self._furniture(page, kind, len(due))
            if self._says_heading(page, kind):
                kind.compare(page)
        return self._found

    def _says_heading(self, page: ReadPage, kind: _Kind) -> bool:
        begins = "".join(text.text for text in page.upright[:6])
        if squeeze(begins).startswith(squeeze(kind.heading)):
            return True
        self._found.tell(f"page {page.number}", f"is headed {page.heading!r}; the plan has {kind.heading!r} there")
        return False

    def _furniture(self, page: ReadPage, kind: _Kind, n_pages: int) -> None:
        """Compare what every page carries."""
        promise, say = self._promise, kind.voice.say
        expected, amendment = promise.expected, promise.order.amendment
        version = {"version": promise.version} if amendment else {}
        texts = [
            say("page.plan_version" if amendment else "page.plan", plan=expected.plan_id, **version),
            say("page.number", page=page.number, pages=n_pages),
            say(
                "page.footer_version" if amendment else "page.footer",
                plan=expected.plan_id,
                status=say("page.draft" if promise.is_draft else "page.approved"),
                issued=promise.issued_on,
                stripgen=str(promise.plan["stripgen_version"]),
                hash=f"{expected.plan_hash[:23]}…",
                **version,
                **({"old": amendment.amends} if amendment else {}),
            ),
        ]
        if promise.is_draft:
            texts.append(say("common.draft"))
        self._lacks(page, texts)

    def _lacks(self, page: ReadPage, texts: Iterable[str | None], *, where: str = "") -> None:
        """Tell which texts do not stand on a page."""
        place = where or f"page {page.number}"
        for text in filter(None, texts):
            if not _stands(text, page):
                self._found.tell(place, f"does not say {_short(text)!r}, as the plan does")

    # --- whose, and what was asked -----------------------------------------------------------------------------------

    def _named(self, voice: Voice) -> str:
        patient = self._promise.order.patient
        name = patient.name or voice.say("page.patient", line=BLANK)
        return voice.say("page.patient_born", name=name, born=patient.birth_date or BLANK)

    def _taper(self, voice: Voice) -> str:
        """Return `20 mg to stop in 112 days`."""
        promise = self._promise
        start_mg, n_days = promise.order.taper.start_dose_mg, promise.n_days
        final_mg = 0 if promise.stops else promise.expected.days[-1].dose_mg
        if final_mg == start_mg:
            return voice.say("taper.held", dose=start_mg, days=n_days)
        return voice.say("taper.span_in", start=start_mg, end=self._end(voice), days=n_days)

    def _end(self, voice: Voice) -> str:
        if self._promise.stops:
            return voice.say("taper.to_stop")
        return voice.say("taper.to_dose", dose=self._promise.expected.days[-1].dose_mg)

    def _medicine_and_taper(self, voice: Voice) -> str:
        drug = voice.drug(self._promise.order.medication.drug)
        return voice.say("page.medicine_and_taper", drug=drug, taper=self._taper(voice))

    # --- review, amendment, comparison -------------------------------------------------------------------------------

    def _first_pages(self) -> Iterator[_Kind]:
        voice, version = self._promise.pharmacy_voice, self._promise.version
        yield _Kind(voice.say("review.title"), voice, self._review)
        if self._promise.order.amendment:
            n_sheets = self._count_amendment_sheets(voice)
            for number in range(n_sheets):
                phrase = "amendment.title_continued" if number else "amendment.title"
                compare = (lambda _: None) if number else self._amendment
                yield _Kind(voice.say(phrase, version=version), voice, compare)
        yield _Kind(voice.say("comparison.title"), voice, self._comparison)

    def _count_amendment_sheets(self, voice: Voice) -> int:
        """Return on how many pages an amendment stands: as many as have its heading."""
        heading = squeeze(voice.say("amendment.title", version=self._promise.version))
        return max(
            sum(squeeze("".join(t.text for t in page.upright[:4])).startswith(heading) for page in self._pages), 1
        )

    def _review(self, page: ReadPage) -> None:
        promise, voice = self._promise, self._promise.pharmacy_voice
        order, expected, say = promise.order, promise.expected, voice.say
        insurance = order.patient.insurance_number
        drug, ordered = voice.drug(order.medication.drug), order.medication.drug
        named = drug if drug.casefold() == ordered.casefold() else f"{drug} ({ordered})"
        days = expected.days
        self._lacks(
            page,
            [
                say("page.medicine_and_taper", drug=named, taper=self._taper(voice)),
                order.patient.name,
                say("review.born", born=order.patient.birth_date or BLANK),
                order.patient.identifier,
                insurance and say("label.insurance_number", value=insurance),
                order.prescriber.name,
                order.prescriber.identifier,
                self._approval(voice),
                order.pharmacy.name,
                order.pharmacy.address,
                order.pharmacy.phone,
                say("taper.span", start=order.taper.start_dose_mg, end=self._end(voice)),
                say("review.days", days=promise.n_days, first=days[0].date, last=days[-1].date),
                self._to_make(voice),
                voice.number(expected.total_mg),
                voice.number(expected.different_doses),
                *(override.reason for override in order.override),
            ],
        )
        self._largest_drop(page, voice)
        self._found.counted["review page"] += 1

    def _approval(self, voice: Voice) -> str:
        approval = self._promise.order.approval
        if approval is None:
            return voice.say("review.not_approved")
        if self._promise.is_draft and approval.plan_id is None:
            return voice.say("review.approved_order_alone")
        if self._promise.is_draft:
            return voice.say("review.approved_another", approved=approval.plan_id or "")
        return voice.say(
            "review.approved", by=approval.approved_by, date=approval.approved_on, reference=approval.reference
        )

    def _to_make(self, voice: Voice) -> str:
        expected = self._promise.expected
        pouches, strips = len(self._promise.days_to_make), expected.strips
        if self._promise.version == 1:
            return voice.say("review.to_make", pouches=pouches, strips=strips)
        phrase = "review.to_make_one_dose" if expected.different_doses == 1 else "review.to_make_doses"
        doses, total = expected.different_doses, expected.total_mg
        return voice.say(phrase, pouches=pouches, strips=strips, doses=doses, total=total)

    def _largest_drop(self, page: ReadPage, voice: Voice) -> None:
        quality = self._promise.plan["quality"]
        points, day = quality["max_drop_points"], quality["max_drop_day"]
        is_stop = day > self._promise.n_days
        when = voice.say("taper.at_the_stop") if is_stop else voice.say("taper.on_day", day=day)
        if points is None:
            said = {f"{quality['max_drop_mg'].replace('.', voice.mark)} mg {when}"}
        else:
            said = {f"{figure} {when}" for figure in voice.either(points, 2)}
        if not any(_stands(text, page) for text in said):
            self._found.tell(f"page {page.number}", f"does not say the largest drop, {min(said)!r}, as the plan does")

    def _comparison(self, page: ReadPage) -> None:
        voice = self._promise.pharmacy_voice
        self._lacks(page, [self._named(voice), self._medicine_and_taper(voice)])

    def _amendment(self, page: ReadPage) -> None:
        promise, voice = self._promise, self._promise.pharmacy_voice
        amendment = promise.order.amendment
        if amendment is None:
            return
        first, taken = promise.expected.days[amendment.from_day - 1], promise.plan["take_back"]
        replaces = voice.say(
            "amendment.replaces",
            plan=promise.expected.plan_id,
            old=amendment.amends,
            day=first.day,
            date=first.date,
        )
        told = voice.say("amendment.not_taken", pouches=len(taken)) if taken else voice.say("amendment.all_taken")
        self._lacks(page, [replaces, amendment.reason, told, *self._rises(voice)])
        self._rolls_to_take_back(voice)

    def _rises(self, voice: Voice) -> Iterator[str]:
        amendment = self._promise.order.amendment
        first = amendment.from_day if amendment else 1
        for day in filter(_rises, self._promise.expected.days):
            phrase = "amendment.rises" if day.day >= first else "amendment.rose"
            yield voice.say(phrase, day=day.day, before=day.dose_mg + day.drop_mg, dose=day.dose_mg)

    def _rolls_to_take_back(self, voice: Voice) -> None:
        """Compare the rows of pouches that must come back, on all pages of the amendment."""
        amendment, taken = self._promise.order.amendment, self._promise.expected.take_back
        numbered = enumerate(zip(amendment.take_back if amendment else (), taken, strict=True))
        rolls = groupby(numbered, key=lambda at: (at[1][0].plan, at[1][1].strip, at[1][1].day - at[0]))
        heading = squeeze(voice.say("amendment.title", version=self._promise.version))
        flow = "".join(page.flow for page in self._pages if page.flow.startswith(heading))
        for (plan_id, strip, _), group in rolls:
            back = [pouch for _, (_, pouch) in group]
            doses = [pouch.dose_mg for pouch in back]
            cells = [
                str(strip),
                _from_to(str(back[0].day), str(back[-1].day), voice),
                _from_to(voice.date(back[0].date), voice.date(back[-1].date), voice),
                str(len(back)),
                _from_to(voice.number(max(doses)), voice.number(min(doses)), voice),
                plan_id,
            ]
            self._found.counted["row of pouches to take back"] += 1
            if squeeze("".join(cells)) not in flow:
                told = f"does not list the pouches to take back {' '.join(cells)!r}, as the plan does"
                self._found.tell(f"strip {strip}", told)

    # --- schedule ----------------------------------------------------------------------------------------------------

    def _schedules(self) -> Iterator[_Kind]:
        voice = self._promise.pharmacy_voice
        for roll in self._promise.rolls_to_make:
            heading = voice.say("schedule.title", strip=self._promise.name_roll(roll, voice))
            yield _Kind(heading, voice, lambda page, roll=roll: self._schedule(page, roll))  # type: ignore[misc]

    def _schedule(self, page: ReadPage, roll: Roll) -> None:
        promise, voice = self._promise, self._promise.pharmacy_voice
        self._found.counted["strip"] += 1
        self._lacks(page, [self._named(voice), self._medicine_and_taper(voice), self._takes(roll, voice)])
        self._lacks(page, [self._made_of(roll, voice)])
        rows = _rows(page, len(roll.days))
        if len(rows) < len(roll.days):
            self._found.tell(f"page {page.number}", f"has {len(rows)} rows; the plan has {len(roll.days)}")
        for day, row in zip(roll.days, rows, strict=False):
            self._found.counted["row of the schedule"] += 1
            self._row(page, day, row, voice)
        if roll is promise.rolls[-1]:
            self._end_of_schedule(page, voice)

    def _takes(self, roll: Roll, voice: Voice) -> str:
        return voice.say(
            "schedule.takes",
            strip=roll.number,
            pouches=len(roll.days),
            units=sum(unit.count for unit in roll.units),
            total=sum(day.dose_mg for day in roll.days),
        )

    def _made_of(self, roll: Roll, voice: Voice) -> str:
        solution = self._promise.order.compounding.solution
        if solution is None:
            return voice.composition(roll.units, self._promise.order)
        n_syringes = sum(unit.count for unit in roll.units)
        volume = sum(day.volume_ml or 0 for day in roll.days)
        return voice.say(
            "schedule.syringes",
            n=n_syringes,
            syringes=voice.syringes(n_syringes),
            volume=volume,
            concentration=solution.mg_per_ml,
        )

    def _row(self, page: ReadPage, day: ExpectedDay, row: Sequence[str], voice: Voice) -> None:
        told = [voice.composition(day.units, self._promise.order), self._remark(day, voice)]
        due = [
            {str(day.pouch)},
            {str(day.day)},
            {voice.date(day.date)},
            {voice.number(day.dose_mg)},
            {" · ".join(filter(None, told))},
            *self._figures(day, voice),
        ]
        self._cells(f"page {page.number}, day {day.day}", row, due)

    def _cells(self, where: str, row: Sequence[str], due: Sequence[set[str]]) -> None:
        """Compare a row cell by cell; each cell may be one of several texts."""
        if len(row) != len(due):
            self._found.tell(where, f"says {' '.join(row)!r}; the plan {' '.join(map(min, due))!r}")
            return
        for cell, texts in zip(row, due, strict=True):
            if squeeze(cell) not in {squeeze(text) for text in texts}:
                self._found.tell(where, f"says {cell}; the plan {min(texts)}")

    def _remark(self, day: ExpectedDay, voice: Voice) -> str:
        if _rises(day):
            return voice.say("schedule.higher")
        return voice.say("schedule.hold") if day.held else ""

    def _figures(self, day: ExpectedDay, voice: Voice) -> list[set[str]]:
        if day.occupancy_percent is None or day.drop_points is None:
            return [{voice.number(day.drop_mg)}]
        return [voice.either(day.occupancy_percent, 1), voice.either(day.drop_points, 2)]

    def _end_of_schedule(self, page: ReadPage, voice: Voice) -> None:
        promise, last = self._promise, self._promise.expected.days[-1]
        if promise.stops:
            self._lacks(page, [f"{voice.date(promise.stop_date)} {voice.say('schedule.stop')}"])
        else:
            self._lacks(page, [voice.say("schedule.ends", dose=last.dose_mg)])

    # --- labels ------------------------------------------------------------------------------------------------------

    def _plain_pouch_labels(self) -> Iterator[_Kind]:
        voice, paper = self._promise.label_voice, self._promise.printing.pouch_labels
        for roll in self._promise.rolls_to_make:
            heading = voice.say("label.title", strip=self._promise.name_roll(roll, voice))
            for first in range(0, len(roll.days), paper.stock.n_labels):
                days = roll.days[first : first + paper.stock.n_labels]
                yield _Kind(heading, voice, lambda page, days=days, roll=roll: self._pouches(page, days, roll))  # type: ignore[misc]

    def _pouches(self, page: ReadPage, days: Sequence[ExpectedDay], roll: Roll) -> None:
        paper, voice = self._promise.printing.pouch_labels, self._promise.label_voice
        told = voice.say("label.instructions", patient=self._named(voice), medicine=voice.medicine(self._promise.order))
        self._lacks(page, [told])
        for position, day in enumerate(days):
            self._pouch(page, label_area(position, paper), day, roll)
        for position in range(len(days), paper.stock.n_labels):
            self._empty(page, label_area(position, paper))

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

    def _plain_strip_labels(self) -> Iterator[_Kind]:
        voice, paper = self._promise.label_voice, self._promise.printing.strip_labels
        n_labels = len(self._promise.rolls_to_make) + self._promise.printing.outer_label
        heading, per_page = voice.say("label.strip_title"), paper.stock.n_labels
        for first in range(0, n_labels, per_page):
            here = range(first, min(first + per_page, n_labels))
            yield _Kind(heading, voice, lambda page, here=here: self._strips(page, here))  # type: ignore[misc]

    def _strips(self, page: ReadPage, here: range) -> None:
        paper, voice = self._promise.printing.strip_labels, self._promise.label_voice
        told = voice.say(
            "label.strip_instructions", patient=self._named(voice), medicine=voice.medicine(self._promise.order)
        )
        self._lacks(page, [told])
        for position, index in enumerate(here):
            self._strip(page, label_area(position, paper), index)
        for position in range(len(here), paper.stock.n_labels):
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

    # --- the patient's pages -----------------------------------------------------------------------------------------

    def _patient_pages(self) -> Iterator[_Kind]:
        if not self._promise.printing.patient_pages.large_print:
            voice = self._promise.patient_voice
            for roll in self._promise.rolls_to_make:
                heading = voice.say("patient.calendar", strip=self._promise.name_roll(roll, voice))
                yield _Kind(heading, voice, lambda page, roll=roll: self._calendar(page, roll.days, roll))  # type: ignore[misc]
            return
        yield from self._large_pages()

    def _large_pages(self) -> Iterator[_Kind]:
        """Yield the pages in large print: how many a strip has is seen from their headings."""
        voice = self._promise.patient_voice
        for roll in self._promise.rolls_to_make:
            named = self._promise.name_roll(roll, voice)
            calendar, diary, advice = (
                voice.say(f"patient.{name}", strip=named) for name in ("calendar", "diary", "what_to_do")
            )
            for first, page_days in self._shares(roll, calendar):
                heading = calendar if first == 0 else voice.say("patient.calendar_continued", strip=named)
                yield _Kind(
                    heading,
                    voice,
                    lambda page, days=page_days, roll=roll: self._calendar(page, days, roll),  # type: ignore[misc]
                )
            yield _Kind(advice, voice, self._what_to_do)
            for first, page_days in self._shares(roll, diary):
                heading = diary if first == 0 else voice.say("patient.diary_continued", strip=named)
                yield _Kind(heading, voice, lambda page, days=page_days: self._diary(page, days))  # type: ignore[misc]

    def _shares(self, roll: Roll, heading: str) -> list[tuple[int, tuple[ExpectedDay, ...]]]:
        """Return the days of each page of a calendar: as even as can be, on as many pages as are headed so."""
        squeezed = squeeze(heading)
        n_pages = max(sum(page.flow.startswith(squeezed) for page in self._pages), 1)
        size = -(-len(roll.days) // n_pages)
        return [(first, roll.days[first : first + size]) for first in range(0, len(roll.days), size)]

    def _calendar(self, page: ReadPage, days: Sequence[ExpectedDay], roll: Roll) -> None:
        promise, voice = self._promise, self._promise.patient_voice
        whose = voice.say("patient.whose", patient=self._named(voice), medicine=voice.medicine(promise.order))
        is_first, is_last = days[0] is roll.days[0], days[-1] is roll.days[-1]
        self._lacks(page, [whose, self._call(voice)])
        if is_first:
            self._lacks(page, self._notes(roll, voice))
        if is_last:
            self._lacks(page, [self._what_follows(roll, voice)])
        if not promise.printing.patient_pages.large_print:
            self._lacks(page, self._advice(voice))
        rows = _rows(page, len(days), leave_out=squeeze(voice.say("patient.higher")))
        due = [
            [
                {voice.date(day.date)},
                {str(day.day)},
                {voice.amount(day.dose_mg)},
                *([{voice.amount(day.volume_ml, "mL")}] if day.volume_ml is not None else []),
            ]
            for day in days
        ]
        self._compare_rows(page, days, rows, due)
        n_rises = sum(map(_rises, days))
        told = sum(squeeze(text.text) == squeeze(voice.say("patient.higher")) for text in page.upright)
        if n_rises != told:
            self._found.tell(
                f"page {page.number}", f"says {told} times that a dose is higher; the plan {n_rises} times"
            )

    def _compare_rows(
        self,
        page: ReadPage,
        days: Sequence[ExpectedDay],
        rows: Sequence[Sequence[str]],
        due: Sequence[Sequence[set[str]]],
    ) -> None:
        if len(rows) != len(days):
            self._found.tell(f"page {page.number}", f"has {len(rows)} rows; the plan has {len(days)}")
        for day, row, cells in zip(days, rows, due, strict=False):
            self._found.counted["row of the patient's pages"] += 1
            self._cells(f"page {page.number}, day {day.day}", row, cells)

    def _diary(self, page: ReadPage, days: Sequence[ExpectedDay]) -> None:
        voice = self._promise.patient_voice
        self._compare_rows(page, days, _rows(page, len(days)), [[{voice.date(day.date)}] for day in days])

    def _what_to_do(self, page: ReadPage) -> None:
        voice = self._promise.patient_voice
        self._lacks(page, [self._call(voice), *(said for _, said in self._said(voice))])

    def _notes(self, roll: Roll, voice: Voice) -> Iterator[str]:
        medication, taken = self._promise.order.medication, self._promise.expected.take_back
        if roll.is_hold:
            yield voice.say("patient.how_on_hold", dose=voice.pouch_dose(roll.days[0]))
        if taken and roll is self._promise.rolls_to_make[0]:
            yield voice.say("patient.replaces", date=taken[0].date, day=taken[0].day, pouches=len(taken))
        for day in roll.days:
            if _rises(day):
                yield voice.say("patient.rises", date=day.date, dose=voice.pouch_dose(day))
        if medication.directions:
            yield voice.say("label.directions", value=medication.directions)
        if medication.precautions:
            yield voice.say("label.precautions", value=medication.precautions)

    def _what_follows(self, roll: Roll, voice: Voice) -> str:
        promise = self._promise
        following = next((later for later in promise.rolls if later.number > roll.number), None)
        if following:
            return voice.say("patient.strip_follows", strip=following.number, date=following.days[0].date)
        last = roll.days[-1]
        if promise.stops:
            return voice.say("patient.stops", last=last.date, stop=promise.stop_date)
        return voice.say("patient.ends", dose=last.dose_mg, date=last.date)

    def _people(self, voice: Voice) -> dict[str, str]:
        order = self._promise.order
        return {
            "pharmacy": order.pharmacy.name or voice.say("patient.the_pharmacy", line=BLANK),
            "phone": order.pharmacy.phone or BLANK,
            "prescriber": order.prescriber.name or voice.say("patient.the_prescriber", line=BLANK),
        }

    def _call(self, voice: Voice) -> str:
        people = self._people(voice)
        return voice.say("patient.call", pharmacy=people["pharmacy"], phone=people["phone"])

    def _said(self, voice: Voice) -> Iterator[tuple[str, str]]:
        text = self._promise.printing.patient_pages.text
        people = self._people(voice)
        yield voice.say("patient.missed"), text.missed.format(**people)
        yield voice.say("patient.hard"), text.hard.format(**people)

    def _advice(self, voice: Voice) -> Iterator[str]:
        for heading, said in self._said(voice):
            yield voice.say("patient.advice", heading=heading, said=said)


def _is_plain(labels: LabelPaper, pages: Sequence[ReadPage]) -> bool:
    """Return whether labels are cut from paper as large as the first page."""
    width, height = map(float, labels.stock.sheet_mm)
    first = pages[0] if pages else None
    same = first is not None and abs(first.width - width) < 1 and abs(first.height - height) < 1
    return labels.stock.paper == "plain" and same


def _rises(day: ExpectedDay) -> bool:
    return day.drop_mg < 0


def _from_to(first: str, last: str, voice: Voice) -> str:
    return first if first == last else voice.say("amendment.from_to", first=first, last=last)


def _stands(text: str, page: ReadPage) -> bool:
    """Return whether a text stands on a page; letters that read right to left are looked for wherever they are."""
    if not reads_right_to_left(text):
        return squeeze(text) in page.flow
    return not letters_of(text) - letters_of(page.flow)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _rows(page: ReadPage, n_rows: int, leave_out: str = "") -> list[list[str]]:
    """Return the cells of the rows of a page's table, between its lines: the first `n_rows` that say anything.

    Args:
        page: With the table.
        n_rows: How many there must be.
        leave_out: A remark that is compared by itself, squeezed.
    """
    rows = []
    for band in page.bands(_A_RULE_MM):
        texts = [text for text in page.upright if band.top <= text.y < band.bottom and squeeze(text.text) != leave_out]
        if texts:
            rows.append(_columns(texts))
    return rows[:n_rows]


def _columns(texts: Iterable[ReadText]) -> list[str]:
    """Return the texts of a row from left to right; lines that begin at the same place are one cell."""
    cells: list[list[ReadText]] = []
    for text in sorted(texts, key=lambda text: text.x):
        if cells and text.x - cells[-1][0].x < _SAME_COLUMN_MM:
            cells[-1].append(text)
        else:
            cells.append([text])
    return [" ".join(text.text.strip() for text in sorted(cell, key=lambda text: text.y)) for cell in cells]
