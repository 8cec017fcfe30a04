"""Signs a strip plan: adds a signature at the end of the file, and leaves all that was there as it is.

Needs pyHanko, the extra `stripgen[sign]`.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from stripgen.domain.roles import Role
from stripgen.errors import AnswerInvalid, PlanFileInvalid, Problem
from stripgen.verifying.papers import Paper
from stripgen.verifying.signatures import NEEDS_PYHANKO, Signature, find_same_person, find_signatures, name_of

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

_MM_PER_POINT = 25.4 / 72
_P12 = "--p12"
# Given the width and the height of a field, mm: what is to be seen in it, as a PDF of one page.
Look = Callable[[tuple[float, float]], bytes]


@dataclass(frozen=True)
class Key:
    """Somebody's key, ready to sign.

    Attributes:
        owner: The common name in its certificate.
        certificate: `sha256:…` of it.
    """

    signer: "SimpleSigner"
    owner: str
    certificate: str


def open_key(content: bytes, passphrase: str, now: dt.datetime) -> Key:
    """Return the key in a PKCS #12 file.

    Args:
        content: Of the file.
        passphrase: That opens it.
        now: To refuse a certificate that has expired, or is not valid yet.

    Raises:
        AnswerInvalid: It is no such file, the passphrase is wrong, or the certificate is of no use now.
    """
    try:
        from asn1crypto.pkcs12 import Pfx  # noqa: PLC0415 - of the extra
        from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise AnswerInvalid([Problem("sign", NEEDS_PYHANKO)]) from error
    try:
        _ = Pfx.load(content, strict=True).native
    except (ValueError, TypeError) as error:
        what = "is no PKCS #12 file; give the .p12 or .pfx file that holds your key and certificate"
        raise AnswerInvalid([Problem(_P12, what)]) from error
    try:
        signer = SimpleSigner.load_pkcs12_data(content, [], passphrase.encode())
    except (ValueError, AttributeError, TypeError) as error:  # the last two: it holds no key, or no certificate
        what = "cannot be opened: the passphrase is wrong, or it holds no key with its certificate"
        raise AnswerInvalid([Problem(_P12, what)]) from error
    certificate = signer.signing_cert
    if certificate is None:
        raise AnswerInvalid([Problem(_P12, "holds no certificate; give the file that holds both")])
    validity = certificate["tbs_certificate"]["validity"]
    begins, ends = validity["not_before"].native, validity["not_after"].native
    if not begins <= now <= ends:
        what = f"its certificate is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, not today; have a new one issued"
        raise AnswerInvalid([Problem(_P12, what)])
    return Key(signer, name_of(certificate), f"sha256:{certificate.sha256.hex()}")


def refuse_wrong_signer(paper: Paper, role: Role, key: Key) -> None:
    """Stop where a role is signed already, or the same person would prepare and check.

    Raises:
        AnswerInvalid: With the role and who signed.
    """
    signed = find_signatures(paper.content)
    for other in signed:
        if other.field == role:
            what = f"{role.replace('_', '-')} is signed already, by {other.signer}; make the papers again for another"
            raise AnswerInvalid([Problem("--role", what)])
    mine = Signature(role, key.owner, None, key.certificate, "self-signed", None)
    for told in find_same_person([*signed, mine]):
        raise AnswerInvalid([Problem(_P12, told)])


def sign_paper(paper: Paper, role: Role, key: Key, look: Look) -> bytes:
    """Return a strip plan with one more signature; its bytes begin with all that were there.

    Args:
        paper: A strip plan, whole.
        role: As whom it is signed.
        key: Of whom.
        look: Makes what is seen of it.

    Raises:
        PlanFileInvalid: It is no strip plan, or has no field for signatures.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - of the extra
    from pyhanko.sign.fields import enumerate_sig_fields  # noqa: PLC0415 - likewise
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner  # noqa: PLC0415 - likewise

    writer = IncrementalPdfFileWriter(BytesIO(paper.content))
    field = next((each.get_object() for name, _, each in enumerate_sig_fields(writer.prev) if name == role), None)
    if field is None:
        what = "has no field to sign in; give a strip plan (PDF), not labels, that this version of stripgen made"
        raise PlanFileInvalid([Problem("", what)], paper.name)
    left, bottom, right, top = map(float, field["/Rect"])
    drawn = look(((right - left) * _MM_PER_POINT, (top - bottom) * _MM_PER_POINT))
    signer = PdfSigner(
        PdfSignatureMetadata(field_name=role, md_algorithm="sha256"), key.signer, stamp_style=_stamp_of(drawn)
    )
    signed: BytesIO = signer.sign_pdf(writer, existing_fields_only=True)
    return signed.getvalue()


def _stamp_of(drawn: bytes) -> Any:  # noqa: ANN401 - pyHanko's, which is imported where it is used
    """Return a page as what is seen of a signature, in its own size, without frame or ground."""
    from pyhanko.pdf_utils.content import PdfContent  # noqa: PLC0415 - of the extra
    from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule  # noqa: PLC0415 - likewise
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - likewise
    from pyhanko.stamp import StaticStampStyle  # noqa: PLC0415 - likewise

    class Drawn(PdfContent):
        """The page, imported when the signature is written."""

        def render(self) -> bytes:
            form = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(drawn)))
            self.resources.xobject["/Drawn"] = form
            x1, y1, x2, y2 = form.get_object()["/BBox"]
            self.box = BoxConstraints(width=x2 - x1, height=y2 - y1)
            return b"/Drawn Do"

    middle = AxisAlignment.ALIGN_MID
    layout = SimpleBoxLayoutRule(x_align=middle, y_align=middle, margins=Margins(0, 0, 0, 0))
    return StaticStampStyle(border_width=0, background=Drawn(), background_layout=layout, background_opacity=1.0)
