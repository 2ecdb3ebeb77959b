"""Reading a certificate nobody vouches for."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.brokers.certificate import fingerprint_of, pin_bytes, read_certificate
from ibdesk.brokers.http import fetch_certificate
from ibdesk.domain.errors import BadData, Cause, NeedsPerson, Refused, Unavailable
from tests.brokers.door import demo, free_port, raw, small


def test_an_expired_certificate_without_names_is_shown_with_its_dates() -> None:
    async def scene() -> None:
        async with demo() as gateway:
            shown = await fetch_certificate(gateway.url)
            assert shown.host == "127.0.0.1"
            assert shown.sha256.replace(":", "").lower() == gateway.certificate_sha256
            assert shown.valid_from < shown.valid_until < datetime(2026, 1, 1, tzinfo=UTC)
            assert "CN=" in shown.subject
            assert gateway.calls == ()

    asyncio.run(scene())


def test_a_fingerprint_is_pairs_of_upper_case_hex_and_reads_back_either_way() -> None:
    text = fingerprint_of(b"")

    assert text.startswith("E3:B0:C4:42") and len(text) == 95
    assert pin_bytes(text) == pin_bytes(text.replace(":", "").lower())
    with pytest.raises(ValueError, match="32 bytes"):
        pin_bytes("AA:BB")


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x82\xff\xff", b"junk" * 20, b"\x30\x03\x02\x01\x05"])
def test_what_is_no_certificate_is_bad_data_and_kept(junk: bytes) -> None:
    with pytest.raises(BadData) as bad:
        read_certificate("127.0.0.1", junk)
    assert bad.value.raw == junk


def test_asking_a_plain_gateway_for_its_certificate_says_that_it_is_plain() -> None:
    async def scene() -> None:
        async with small() as server:
            with pytest.raises(NeedsPerson) as plain:
                await fetch_certificate(server.url.replace("http:", "https:"))
            assert plain.value.cause is Cause.GATEWAY_PLAIN_HTTP
            with pytest.raises(Refused) as none:
                await fetch_certificate(server.url)
            assert none.value.cause is Cause.GATEWAY_PLAIN_HTTP

    asyncio.run(scene())


def test_asking_nobody_says_that_nothing_answers() -> None:
    async def scene() -> None:
        with pytest.raises(Unavailable) as absent:
            await fetch_certificate(f"https://127.0.0.1:{await free_port()}")
        assert absent.value.cause is Cause.GATEWAY_NOT_RUNNING

    asyncio.run(scene())


def test_asking_a_server_that_says_nothing_gives_up() -> None:
    async def scene() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with raw(silent) as port:
            with pytest.raises(Unavailable) as late:
                await fetch_certificate(f"https://127.0.0.1:{port}", within=timedelta(seconds=0.1))
            assert late.value.cause is Cause.TIMED_OUT

    asyncio.run(scene())
