"""Checks the signatures of a strip plan: who signed, with which certificate, and what was changed since.

Source: ISO 32000-1, 12.8 (digital signatures); ETSI EN 319 142-1 (PAdES).
"""

import datetime as dt
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from stripgen.domain.roles import ROLES
from stripgen.errors import AnswerInvalid, Problem
from stripgen.verifying.papers import BROKEN_SEAL, Paper, sealed_part
from stripgen.verifying.report import Difference, Report

if TYPE_CHECKING:
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import EmbeddedPdfSignature, PdfSignatureStatus

Trust = Literal["trusted", "self-signed", "of an issuer that is not named as trusted"]
NEEDS_PYHANKO = "needs pyHanko, which is not installed; pip install 'stripgen[sign]'"
# What pyHanko and asn1crypto raise of bytes that are no signature, or of a PDF that was tampered with.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, OSError, EOFError)
_FIELD = b"/FT /Sig"  # as each signature field of a strip plan has it


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it was found.

    Attributes:
        field: Name of the field that is signed.
        signer: The common name in the certificate.
        signed_at: As the signer's own clock had it; None where it is not told.
        certificate: `sha256:…` of it.
        fault: What is wrong with it; None where it is whole.
    """

    field: str
    signer: str
    signed_at: dt.datetime | None
    certificate: str
    trust: Trust
    fault: str | None


def check_signatures(paper: Paper, trusted: Sequence[bytes] = ()) -> Report:
    """Return who signed a strip plan in which role, and everything that was changed after it was made or signed.

    A role that nobody signed is told; it is no difference.

    Args:
        paper: Of any kind; only a strip plan has fields for signatures.
        trusted: Files of certificates (PEM or DER) that a pharmacy trusts; others are told as such unless one is given,
            and then they are differences.

    Raises:
        AnswerInvalid: It is signed, and pyHanko is not installed; or a file of certificates is none.
    """
    made = sealed_part(paper.content) if paper.kind == "pdf" else paper.content
    if _FIELD not in paper.content and made == paper.content:
        return Report()  # labels and sheets are not signed
    if made == paper.content:
        return Report(tuple(f"{paper.name}: {_spell(role)}: not signed" for role in ROLES))
    if made is None or _FIELD not in made:  # its signatures prove nothing, or nobody should have signed
        return Report(differences=(Difference(paper.name, "", BROKEN_SEAL),))
    if not paper.content.endswith((b"%%EOF", b"%%EOF\n", b"%%EOF\r\n")):
        return Report(differences=(Difference(paper.name, "", "was changed after it was signed: its end is missing"),))
    try:
        found = find_signatures(paper.content, trusted)
        added = list(_find_added(paper.content, made, found))
    except _unreadable():
        what = "was changed after it was made, and cannot be read as signed"
        return Report(differences=(Difference(paper.name, "", what),))
    differences = [Difference(paper.name, "", what) for what in (*added, *find_same_person(found))]
    for signature in found:
        fault = signature.fault or (_distrusted(signature) if trusted else None)
        if fault:
            differences.append(Difference(paper.name, f"signature of {_spell(signature.field)}", fault))
    signed = {signature.field: signature for signature in found}
    told = [f"{paper.name}: {_spell(role)}: {_describe(signed.get(role))}" for role in ROLES]
    return Report(tuple(told), tuple(differences))


def find_signatures(content: bytes, trusted: Sequence[bytes] = ()) -> list[Signature]:
    """Return the signatures in a PDF, in the order in which they were made.

    Raises:
        AnswerInvalid: pyHanko is not installed, or a file of certificates is none.
        ValueError, LookupError, …: It cannot be read, as `unreadable_errors` lists them.
    """
    reader = open_signed(content)
    roots = [certificate for file in trusted for certificate in read_certificates(file)]
    return [_read_signature(embedded, content, roots) for embedded in reader.embedded_signatures]


def open_signed(content: bytes) -> "PdfFileReader":
    """Return a PDF as pyHanko reads it. Raises what `find_signatures` raises."""
    try:
        from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise AnswerInvalid([Problem("signatures", NEEDS_PYHANKO)]) from error
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it finds is told by the report
    return PdfFileReader(BytesIO(content))


def read_certificates(content: bytes) -> "list[Certificate]":
    """Return the certificates in a file, PEM or DER.

    Raises:
        AnswerInvalid: There is none.
    """
    from asn1crypto import pem, x509  # noqa: PLC0415 - of the extra

    try:
        parts = [part for _, _, part in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
        found = [x509.Certificate.load(part, strict=True) for part in parts]
        for certificate in found:
            _ = certificate.native  # read all of it now: what is no certificate is noticed
    except ValueError as error:
        what = "is no file of certificates; PEM or DER, as your certification authority gives it"
        raise AnswerInvalid([Problem("--trust", what)]) from error
    return found


def _unreadable() -> tuple[type[Exception], ...]:
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - of the extra
    from pyhanko.sign.general import SigningError  # noqa: PLC0415

    return (*_UNREADABLE, PdfError, SigningError, RecursionError, NotImplementedError)


def _read_signature(embedded: "EmbeddedPdfSignature", content: bytes, roots: "list[Certificate]") -> Signature:
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415 - of the extra
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    certificate, signed_at = embedded.signer_cert, embedded.self_reported_timestamp
    status = validate_pdf_signature(
        embedded,
        # As of its day, or each paper would lose its signatures when a certificate ends; nothing is asked of a network.
        ValidationContext(trust_roots=roots, moment=signed_at, allow_fetching=False),
        key_usage_settings=KeyUsageConstraints(
            key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
        ),
    )
    return Signature(
        field=str(embedded.field_name),
        signer=name_of(certificate),
        signed_at=signed_at,
        certificate=f"sha256:{certificate.sha256.hex()}",
        trust=_trust(certificate, status),
        fault=_fault(status, embedded, content),
    )


def name_of(certificate: "Certificate") -> str:
    """Return whose certificate it is: the common name in it, or else all that it says of its owner."""
    names: Any = certificate.subject.native
    return str(names.get("common_name") or certificate.subject.human_friendly)


def _trust(certificate: "Certificate", status: "PdfSignatureStatus") -> Trust:
    if status.trusted:
        return "trusted"
    return "self-signed" if certificate.issuer == certificate.subject else "of an issuer that is not named as trusted"


def _fault(status: "PdfSignatureStatus", embedded: "EmbeddedPdfSignature", content: bytes) -> str | None:
    """Return what is wrong with a signature itself, or with what was added to the file after it."""
    from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: PLC0415 - of the extra
    from pyhanko.sign.validation import SignatureCoverageLevel  # noqa: PLC0415

    faults = (
        (not status.intact, "is broken: what it signs was changed after signing"),
        (not status.valid, "is not that of its certificate: it was changed"),
        (
            status.coverage < SignatureCoverageLevel.ENTIRE_REVISION,
            "does not cover the whole file as it was when it was signed",
        ),
        (
            status.modification_level is not None and status.modification_level > ModificationLevel.FORM_FILLING,
            "is followed by a change that is no signature",
        ),
        (status.docmdp_ok is False, "is followed by a change that it forbids"),
        (
            not _is_written_plainly(embedded, content),
            "has other bytes in its place: the file was changed after signing",
        ),
    )
    return next((told for is_so, told in faults if is_so), None)


def _is_written_plainly(embedded: "EmbeddedPdfSignature", content: bytes) -> bool:
    """Return whether the place of a signature, which no signature can cover, holds it and zeros and nothing else."""
    from asn1crypto.cms import ContentInfo  # noqa: PLC0415 - of the extra

    begin, length, after, _ = (int(number) for number in embedded.byte_range)
    hole = content[begin + length : after]
    if not re.fullmatch(rb"<([0-9a-f]*|[0-9A-F]*)>", hole):
        return False
    held = bytes.fromhex(hole[1:-1].decode())
    whole = ContentInfo.load(held, strict=False)
    signature: bytes = whole.dump()
    return held == signature.ljust(len(held), b"\0") and _is_told_plainly(whole["content"])


def _is_told_plainly(signed: Any) -> bool:  # noqa: ANN401 - asn1crypto's, which has no types
    """Return whether what a signature says of its own form, and does not cover, is what it must be.

    Source: RFC 5652, 5.1 and 5.3.
    """
    (info,) = signed["signer_infos"]
    algorithms = [algorithm.dump() for algorithm in signed["digest_algorithms"]]
    return (
        signed["version"].native in {"v1", "v3"}
        and info["version"].native in {"v1", "v3"}
        and algorithms == [info["digest_algorithm"].dump()]
    )


def _find_added(content: bytes, made: bytes, found: Sequence[Signature]) -> Iterator[str]:
    """Yield what was added to the file that was made and is no signature of one of the three roles."""
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification  # noqa: PLC0415

    reader = open_signed(content)
    n_added = reader.xrefs.total_revisions - open_signed(made).xrefs.total_revisions
    ends = [_end_of(embedded) for embedded in reader.embedded_signatures]
    if not found or n_added != len(found) or len(content) not in ends:
        yield "was changed after it was made: something was added that is no signature"
        return
    for field in {signature.field for signature in found} - set(ROLES):
        yield f"has a signature in a field that stripgen did not make: {field[:40]}"
    result = DEFAULT_DIFF_POLICY.review_file(reader, base_revision=open_signed(made).xrefs.total_revisions - 1)
    if isinstance(result, SuspiciousModification) or result.modification_level > ModificationLevel.FORM_FILLING:
        yield "was changed after it was made, by more than signing"


def _end_of(embedded: "EmbeddedPdfSignature") -> int:
    """Return where the bytes end that a signature covers."""
    *_, after, length = (int(number) for number in embedded.byte_range)
    return after + length


def find_same_person(found: Sequence[Signature]) -> Iterator[str]:
    """Yield which roles one certificate signed: nobody approves, prepares and checks the same pouches."""
    of_each = {signature.field: signature.certificate for signature in found if signature.field in ROLES}
    for certificate in dict.fromkeys(of_each.values()):
        roles = [_spell(role) for role in ROLES if of_each.get(role) == certificate]
        if len(roles) > 1:
            told = f"{', '.join(roles[:-1])} and {roles[-1]} are signed with the same certificate"
            yield f"{told}; each of the three signatures is by another person"


def _distrusted(signature: Signature) -> str | None:
    return None if signature.trust == "trusted" else f"its certificate is {signature.trust} (--trust)"


def _describe(signature: Signature | None) -> str:
    if signature is None:
        return "not signed"
    at = f"{signature.signed_at:%Y-%m-%d %H:%M %Z}" if signature.signed_at else "a time that is not told"
    return f"signed by {signature.signer} at {at}; certificate {signature.trust}, {signature.certificate[:23]}…"


def _spell(role: str) -> str:
    return role.replace("_", " ")
