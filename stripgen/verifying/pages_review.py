"""Compares the page that a pharmacist signs, and the page of other strategies."""

from collections.abc import Iterator

from stripgen.verifying.pages_findings import Findings, PageDue, stands
from stripgen.verifying.pages_labels import BLANK
from stripgen.verifying.pages_wording import describe_end, describe_taper, name_medicine_and_taper, name_patient
from stripgen.verifying.phrases import Voice
from stripgen.verifying.promise import Promise
from stripgen.verifying.reading import ReadPage


class ReviewPages:
    """The review of a plan, first, and the comparison of strategies."""

    def __init__(self, promise: Promise, found: Findings) -> None:
        """Take what is to be compared with what, and where to tell what differs."""
        self._promise = promise
        self._found = found

    def review(self) -> Iterator[PageDue]:
        """Yield the page of review that is due."""
        voice = self._promise.pharmacy_voice
        yield PageDue(voice.say("review.title"), voice, self._review)

    def comparison(self) -> Iterator[PageDue]:
        """Yield the page of comparison that is due."""
        voice = self._promise.pharmacy_voice
        yield PageDue(voice.say("comparison.title"), voice, self._comparison)

    def _review(self, page: ReadPage) -> None:
        promise, voice = self._promise, self._promise.pharmacy_voice
        order, expected, say = promise.order, promise.expected, voice.say
        insurance = order.patient.insurance_number
        drug, ordered = voice.drug(order.medication.drug), order.medication.drug
        named = drug if drug.casefold() == ordered.casefold() else f"{drug} ({ordered})"
        days = expected.days
        self._found.tell_lacking(
            page,
            [
                say("page.medicine_and_taper", drug=named, taper=describe_taper(self._promise, voice)),
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
                say("taper.span", start=order.taper.start_dose_mg, end=describe_end(self._promise, voice)),
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
        if not any(stands(text, page) for text in said):
            self._found.tell(f"page {page.number}", f"does not say the largest drop, {min(said)!r}, as the plan does")

    def _comparison(self, page: ReadPage) -> None:
        voice = self._promise.pharmacy_voice
        self._found.tell_lacking(
            page, [name_patient(self._promise, voice), name_medicine_and_taper(self._promise, voice)]
        )
