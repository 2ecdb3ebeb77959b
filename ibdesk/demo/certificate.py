"""The certificate a Client Portal Gateway shows: self-signed, long expired, without a name for the host."""

import hashlib
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

#: Subject and validity of the shipped gateway's certificate (reference/client-portal-api.md 1.4).
SUBJECT = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.STATE_OR_PROVINCE_NAME, "CT"),
    (NameOID.LOCALITY_NAME, "Greenwich"),
    (NameOID.ORGANIZATION_NAME, "ibdesk demo"),
    (NameOID.COMMON_NAME, "Client Portal Web API"),
)
VALID_FROM = datetime(2019, 2, 10, tzinfo=UTC)
VALID_UNTIL = datetime(2019, 5, 11, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """A TLS server context and the SHA-256 (lower-case hex) of the certificate it shows."""

    context: ssl.SSLContext
    sha256: str


def make_identity() -> ServerIdentity:
    """A fresh, expired, SAN-less certificate; TLS 1.2 only, as the gateway offers."""
    key = _key()
    certificate = _certificate(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    _load(context, key, certificate)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return ServerIdentity(context=context, sha256=hashlib.sha256(der).hexdigest())


@cache
def _key() -> rsa.RSAPrivateKey:
    """One for all gateways of this process: making it takes a tenth of a second, and nothing real hides behind it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in SUBJECT])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .sign(key, hashes.SHA256())
    )


def _load(context: ssl.SSLContext, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    # ssl loads keys from files only; this one is private to its owner and gone at the end of the block
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory(prefix="ibdesk-demo-") as folder:
        path = Path(folder) / "gateway.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(path)
