"""Compares the pages that tell what an amended plan replaces, and which pouches must come back."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from stripgen.verifying.pages_findings import Findings, PageDue
from stripgen.verifying.pages_wording import rises
from stripgen.verifying.phrases import Voice
from stripgen.verifying.promise import Promise
from stripgen.verifying.reading import ReadPage, squeeze


class AmendmentPages:
    """The pages of an amendment; a plan that replaces none has none."""

    def __init__(self, promise: Promise, pages: Sequence[ReadPage], found: Findings) -> None:
        """Take what is to be compared with what, and where to tell what differs."""
        self._promise = promise
        self._pages = pages
        self._found = found

    def due(self) -> Iterator[PageDue]:
        """Yield the pages that are due."""
        if not self._promise.order.amendment:
            return
        voice, version = self._promise.pharmacy_voice, self._promise.version
        for number in range(self._count_amendment_sheets(voice)):
            phrase = "amendment.title_continued" if number else "amendment.title"
            compare = (lambda _: None) if number else self._amendment
            yield PageDue(voice.say(phrase, version=version), voice, compare)

    def _count_amendment_sheets(self, voice: Voice) -> int:
        """Return on how many pages an amendment stands: as many as have its heading."""
        heading = squeeze(voice.say("amendment.title", version=self._promise.version))
        return max(
            sum(squeeze("".join(t.text for t in page.upright[:4])).startswith(heading) for page in self._pages), 1
        )

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
        self._found.tell_lacking(page, [replaces, amendment.reason, told, *self._rises(voice)])
        self._rolls_to_take_back(voice)

    def _rises(self, voice: Voice) -> Iterator[str]:
        amendment = self._promise.order.amendment
        first = amendment.from_day if amendment else 1
        for day in filter(rises, self._promise.expected.days):
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


def _from_to(first: str, last: str, voice: Voice) -> str:
    return first if first == last else voice.say("amendment.from_to", first=first, last=last)
