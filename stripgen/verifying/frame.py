"""Compares all of a PDF but what its pages draw with a frame made again: fonts, fields, bookmarks, what is attached.

Both are walked side by side from where the file begins; how it is written down does not matter.
"""

from collections.abc import Collection, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any

from stripgen.verifying.structure import find_ambiguities, find_strange_drawing, unreadable

_PACKING = {"/Length", "/Filter", "/DecodeParms"}  # of a stream
_APART = {"/Contents", "/StructTreeRoot", "/XXStripgenSeal"}  # compared by themselves
_MOST_TOLD = 5
_SHORT = 2  # characters of a key that says nothing by itself: /F, /N


def compare_frame(content: bytes, frame: bytes) -> Iterator[tuple[str, str]]:
    """Yield where a PDF differs from its frame, and in what.

    Args:
        content: Of the PDF.
        frame: A PDF of the same pages with nothing drawn on them.
    """
    import pikepdf  # noqa: PLC0415 - only where a PDF is read

    try:
        with pikepdf.open(BytesIO(content)) as found, pikepdf.open(BytesIO(frame)) as made:
            for place, what in islice(_Walk(found, made).differences(), _MOST_TOLD):
                yield place, f"has other parts than it was made with: {what}"
            yield from find_strange_drawing(found)
            yield from find_ambiguities(found, content)
    except unreadable():
        yield "", "has parts that cannot be read"


class _Walk:
    """Walks two documents side by side; what was compared once is not walked again."""

    def __init__(self, found: Any, made: Any) -> None:  # noqa: ANN401 - pikepdf's
        self._found, self._made = found, made
        self._seen: set[tuple[object, object]] = set()
        self._places, self._places_made = (
            {
                each.objgen: (what, number)
                for what, every in (
                    ("page", [page.obj for page in document.pages]),
                    ("section", document.Root.StructTreeRoot.K.K),
                )
                for number, each in enumerate(every)
            }
            for document in (found, made)
        )

    def differences(self) -> Iterator[tuple[str, str]]:
        """Yield where the documents differ, and by which key."""
        found, made = self._found, self._made
        for key in ("/Info", "/Root"):
            yield from (("", what) for what in self._others(found.trailer[key], made.trailer[key], key))
        for number, (page, due) in enumerate(zip(found.pages, made.pages, strict=False), start=1):
            yield from ((f"page {number}", what) for what in self._keys(page.obj, due.obj, "/Page"))
        if len(found.pages) == len(made.pages):
            yield from (("", what) for what in self._spoken(found.Root.StructTreeRoot, made.Root.StructTreeRoot))

    def _others(self, found: Any, made: Any, key: str) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
        """Yield the keys below which two things differ; a page, or a section, is the same as that in its place."""
        import pikepdf  # noqa: PLC0415 - only where a PDF is read

        if not (isinstance(found, pikepdf.Object) and isinstance(made, pikepdf.Object)):
            if found != made:
                yield key
            return
        pair = found.objgen, made.objgen
        if pair in self._seen:
            return
        if found.is_indirect and made.is_indirect:
            self._seen.add(pair)
        if pair[0] in self._places or pair[1] in self._places_made:
            if self._places.get(pair[0]) != self._places_made.get(pair[1]):
                yield key
        elif found._type_code != made._type_code:  # noqa: SLF001 - pikepdf has no other name for it
            yield key
        else:
            yield from self._inner(found, made, key)

    def _inner(self, found: Any, made: Any, key: str) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
        """Yield the keys below which two things of one kind differ."""
        import pikepdf  # noqa: PLC0415 - only where a PDF is read

        match found:
            case pikepdf.Array():
                if len(found) != len(made):
                    yield key
                for one, other in zip(found, made, strict=False):
                    yield from self._others(one, other, key)
            case pikepdf.Dictionary():
                yield from self._keys(found, made, key)
            case pikepdf.Stream():
                yield from self._keys(found, made, key, _PACKING)
                if not _is_same_stream(found, made):
                    yield key
            case _:
                if found != made:
                    yield key

    def _keys(self, found: Any, made: Any, key: str, apart: Collection[str] = ()) -> Iterator[str]:  # noqa: ANN401
        """Yield the keys by which two tables differ, those of streams how they are packed aside."""
        its, due = set(found.keys()), set(made.keys())
        yield from sorted((its ^ due).difference(apart))
        for name in sorted((its & due).difference(apart, _APART)):
            yield from self._others(found[name], made[name], name if len(name) > _SHORT else key)

    def _spoken(self, found: Any, made: Any) -> Iterator[str]:  # noqa: ANN401 - pikepdf's
        """Yield in what a reader that speaks would differ: the frame has one piece of text on each page."""
        whole, due = found.K, made.K
        yield from sorted(set(found.keys()) ^ set(made.keys()) | set(whole.keys()) ^ set(due.keys()))
        if len(whole.K) != len(due.K) or whole.S != due.S:
            yield "/StructTreeRoot"
            return
        for page, section, its in zip(self._found.pages, whole.K, due.K, strict=True):
            if set(section.keys()) != set(its.keys()) or section.T != its.T or section.S != its.S:
                yield "/Sect"
            forms = list(its.K)[1:]
            n_pieces = len(section.K) - len(forms)
            for form, form_due in zip(list(section.K)[n_pieces:], forms, strict=False):
                yield from self._others(form, form_due, "/Form")
            if not _are_pieces(list(section.K)[:n_pieces], section, page.obj):
                yield "/StructElem"


def _are_pieces(pieces: Sequence[Any], section: Any, page: Any) -> bool:  # noqa: ANN401 - pikepdf's
    """Return whether the pieces of a page say nothing but which of its texts they are."""
    parent, on = (f"{number} {generation} R" for number, generation in (section.objgen, page.objgen))
    return all(
        piece.unparse(resolved=True)
        == f"<< /K {position} /P {parent} /Pg {on} /S /{'P' if position else 'H1'} >>".encode()
        for position, piece in enumerate(pieces)
    )


def _is_same_stream(found: Any, made: Any) -> bool:  # noqa: ANN401 - pikepdf's
    return (found.get("/Filter") == made.get("/Filter") and _packed(found) == _packed(made)) or (
        bytes(found.get_stream_buffer()) == bytes(made.get_stream_buffer())
    )


def _packed(stream: Any) -> bytes:  # noqa: ANN401 - pikepdf's
    return bytes(stream.get_raw_stream_buffer())
