"""Keys to sign with, made for the tests: what a certification authority would give, and what is wrong with some."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

PASSPHRASE = "correct horse"  # noqa: S105 - of the keys made here, and of no others
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SelfMade:
    """A key with a certificate that it signed itself.

    Attributes:
        p12: The PKCS #12 file.
        pem: The certificate alone.
    """

    p12: bytes
    pem: bytes


def make_key(name: str, *, begins: dt.timedelta = -_DAY, ends: dt.timedelta = 30 * _DAY) -> SelfMade:
    """Return a new key.

    Args:
        name: Of its owner.
        begins: When its certificate is valid from, counted from now.
        ends: Likewise until when.
    """
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(owner)
        .issuer_name(owner)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .sign(key, hashes.SHA256())
    )
    locked = BestAvailableEncryption(PASSPHRASE.encode())
    p12 = pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, locked)
    return SelfMade(p12, certificate.public_bytes(Encoding.PEM))
