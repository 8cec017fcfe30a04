"""Compares the pages of a strip plan and of labels with those that are due, each with what it must say."""

from collections.abc import Iterable, Sequence

from stripgen.domain.stock import LabelPaper
from stripgen.verifying.pages_amendment import AmendmentPages
from stripgen.verifying.pages_findings import Findings, PageDue
from stripgen.verifying.pages_label_sheets import LabelPages, ReadCode
from stripgen.verifying.pages_patient import PatientPages
from stripgen.verifying.pages_review import ReviewPages
from stripgen.verifying.pages_schedule import SchedulePages
from stripgen.verifying.promise import Promise
from stripgen.verifying.reading import ReadPage, squeeze


class PagesOfAPlan:
    """Compares the pages of one PDF, one after the other."""

    def __init__(self, promise: Promise, pages: Sequence[ReadPage], read_code: ReadCode) -> None:
        """Take what is to be compared with what."""
        self._promise = promise
        self._pages = pages
        self._found = Findings()
        self._labels = LabelPages(promise, pages, self._found, read_code)

    def compare_strip_plan(self) -> Findings:
        """Return what differs in a strip plan."""
        promise, pages, found = self._promise, self._pages, self._found
        review = ReviewPages(promise, found)
        due = [*review.review(), *AmendmentPages(promise, pages, found).due(), *review.comparison()]
        due += SchedulePages(promise, found).due()
        if _is_plain(promise.printing.pouch_labels, pages):
            due += self._labels.on_plain_paper_of_pouches()
        if _is_plain(promise.printing.strip_labels, pages):
            due += self._labels.on_plain_paper_of_strips()
        return self._compare([*due, *PatientPages(promise, pages, found).due()])

    def compare_pouch_labels(self) -> Findings:
        """Return what differs in labels of pouches."""
        if self._promise.printing.pouch_labels.stock.paper == "plain":
            return self._compare(self._labels.on_plain_paper_of_pouches())
        self._labels.compare_ready_cut_pouches()
        return self._found

    def compare_strip_labels(self) -> Findings:
        """Return what differs in labels of strips."""
        if self._promise.printing.strip_labels.stock.paper == "plain":
            return self._compare(self._labels.on_plain_paper_of_strips())
        self._labels.compare_ready_cut_strips()
        return self._found

    def _compare(self, pages_due: Iterable[PageDue]) -> Findings:
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

    def _says_heading(self, page: ReadPage, kind: PageDue) -> bool:
        heading, plan = squeeze(kind.heading), self._name_plan(kind)
        if page.flow.startswith(heading):
            if not page.flow.startswith(squeeze(plan), len(heading)):
                self._found.tell(f"page {page.number}", f"does not say {plan!r} beside its heading, as the plan does")
            return True
        self._found.tell(f"page {page.number}", f"is headed {page.heading!r}; the plan has {kind.heading!r} there")
        return False

    def _name_plan(self, kind: PageDue) -> str:
        """Return what the head of every page says beside its heading."""
        promise = self._promise
        if promise.order.amendment is None:
            return kind.voice.say("page.plan", plan=promise.expected.plan_id)
        return kind.voice.say("page.plan_version", plan=promise.expected.plan_id, version=promise.version)

    def _furniture(self, page: ReadPage, kind: PageDue, n_pages: int) -> None:
        """Compare what every page carries."""
        promise, say = self._promise, kind.voice.say
        expected, amendment = promise.expected, promise.order.amendment
        version = {"version": promise.version} if amendment else {}
        texts = [
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
        self._found.tell_lacking(page, texts)


def _is_plain(labels: LabelPaper, pages: Sequence[ReadPage]) -> bool:
    """Return whether labels are cut from paper as large as the first page."""
    width, height = map(float, labels.stock.sheet_mm)
    first = pages[0] if pages else None
    same = first is not None and abs(first.width - width) < 1 and abs(first.height - height) < 1
    return labels.stock.paper == "plain" and same
