"""The demo's certificate is as bad as the real gateway's."""

import asyncio
import hashlib
import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from tests.demo.door import open_demo


async def _shown(port: int, context: ssl.SSLContext) -> tuple[bytes, str]:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object")
    certificate, version = shown.getpeercert(binary_form=True), shown.version()
    writer.close()
    await writer.wait_closed()
    return certificate, version


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_the_certificate_is_expired_nameless_and_spoken_over_tls_1_2() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, _):
            der, version = await _shown(gateway.port, _trusting())
            certificate = x509.load_der_x509_certificate(der)
            assert hashlib.sha256(der).hexdigest() == gateway.certificate_sha256
            assert certificate.not_valid_after_utc < datetime(2020, 1, 1, tzinfo=UTC)
            assert certificate.subject == certificate.issuer
            with pytest.raises(x509.ExtensionNotFound):
                certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
            assert version == "TLSv1.2"

    asyncio.run(main())


def test_a_client_that_insists_on_tls_1_3_is_turned_away() -> None:
    async def main() -> None:
        modern = _trusting()
        modern.minimum_version = ssl.TLSVersion.TLSv1_3
        async with open_demo() as (gateway, _):
            with pytest.raises(OSError):  # an alert or a cut connection, as timing has it
                await _shown(gateway.port, modern)

    asyncio.run(main())


def test_every_gateway_has_its_own_certificate() -> None:
    async def main() -> None:
        async with open_demo(identity=None) as (one, _), open_demo(identity=None) as (other, _):
            assert one.certificate_sha256 != other.certificate_sha256

    asyncio.run(main())
