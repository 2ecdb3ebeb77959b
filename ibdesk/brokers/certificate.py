"""What a gateway's certificate says, read without trusting it: the gateway's own is self-signed and long expired."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from ibdesk.brokers.base import Certificate
from ibdesk.domain.errors import BadData, Cause

_UTC_TIME, _VERSION = 0x17, 0xA0
#: Attribute types of a distinguished name, DER-encoded (X.520).
_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x06": "C", b"\x55\x04\x07": "L", b"\x55\x04\x08": "ST",
          b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}


def fingerprint_of(der: bytes) -> str:
    """SHA-256 as upper-case hex in pairs, `AA:BB:…`."""
    return sha256(der).digest().hex(":").upper()


def pin_bytes(fingerprint: str) -> bytes:
    """The 32 bytes of a fingerprint written with or without colons. Raises ValueError when it is none."""
    digest = bytes.fromhex(fingerprint.replace(":", ""))
    if len(digest) != 32:
        raise ValueError("a SHA-256 fingerprint has 32 bytes")
    return digest


async def show_certificate(host: str, port: int) -> Certificate:
    """Shake hands, look, hang up: nothing is sent. Raises OSError (ssl.SSLError too), BadData when unreadable."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname="")
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return read_certificate(host, shown)


def read_certificate(host: str, der: bytes) -> Certificate:
    """The subject and dates of an X.509 certificate. Raises BadData."""
    try:
        _, outer = next(_parts(der))
        _, body = next(_parts(outer))
        fields = [part for part in _parts(body) if part[0] != _VERSION]
        valid_from, valid_until = (_instant(tag, text) for tag, text in _parts(fields[3][1]))
        subject = _name(fields[4][1])
    except (ValueError, IndexError, StopIteration) as problem:
        raise BadData(
            "The gateway's certificate cannot be read.",
            remedy="Check that the address belongs to the Client Portal Gateway.",
            cause=Cause.BAD_ANSWER, raw=der,
        ) from problem
    return Certificate(
        host=host, sha256=fingerprint_of(der), subject=subject, valid_from=valid_from, valid_until=valid_until
    )


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and content of each element in a run of DER."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            width = length & 0x7F
            length, at = int.from_bytes(der[at : at + width]), at + width
        if at + length > len(der):
            raise ValueError("an element runs past the end")
        yield tag, der[at : at + length]
        at += length


def _instant(tag: int, text: bytes) -> datetime:
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)


def _name(der: bytes) -> str:
    pairs = []
    for _, group in _parts(der):
        for _, pair in _parts(group):
            (_, kind), (_, value) = _parts(pair)
            if kind in _NAMES:
                pairs.append(f"{_NAMES[kind]}={value.decode('utf-8', 'replace')}")
    return ", ".join(pairs)
