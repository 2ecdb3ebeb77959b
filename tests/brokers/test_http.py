"""What leaves this computer and what does not: the pin, the length, the audit, the time-out."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from ibdesk.brokers.base import CertificateUnknown
from ibdesk.brokers.http import Answer, redacted, retry_after, told_at
from ibdesk.brokers.portal import endpoints
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable
from tests.brokers.door import LUNCH, MAIN, Desk, Small, connected, demo, small


async def _refused(desk: Desk) -> DeskError:
    """The error of a call that must fail."""
    with pytest.raises(DeskError) as failed:
        await desk.broker.accounts()
    return failed.value


def test_without_a_pin_nothing_is_sent_and_what_was_shown_comes_along() -> None:
    async def scene() -> None:
        async with demo() as gateway, connected(gateway.url) as desk:
            error = await _refused(desk)
            assert isinstance(error, CertificateUnknown)
            assert error.cause is Cause.CERTIFICATE_UNKNOWN
            assert error.certificate.sha256.replace(":", "").lower() == gateway.certificate_sha256
            assert gateway.calls == ()
            assert [call.outcome for call in desk.calls] == ["certificate_unknown"]

    asyncio.run(scene())


def test_a_changed_certificate_stops_and_nothing_is_sent() -> None:
    async def scene() -> None:
        async with small(tls=True) as server, connected(server.url, "AB" * 32) as desk:
            error = await _refused(desk)
            assert isinstance(error, NeedsPerson)
            assert error.cause is Cause.CERTIFICATE_CHANGED
            with pytest.raises(NeedsPerson):
                await desk.broker.session.sign_out()  # type: ignore[union-attr]
            assert server.asked == []
            assert [call.status for call in desk.calls] == [None, None]

    asyncio.run(scene())


def test_the_right_pin_is_enough_for_an_expired_certificate_without_names() -> None:
    async def scene() -> None:
        async with small(tls=True) as server, connected(server.url, server.certificate) as desk:
            server.says("/portfolio/accounts", "[]")
            server.says("/iserver/accounts", '{"accounts": ["DU1234567"]}')
            assert await desk.broker.accounts() == ()

    asyncio.run(scene())


def test_one_handshake_serves_many_calls() -> None:
    async def scene() -> None:
        async with small(tls=True) as server, connected(server.url, server.certificate) as desk:
            for _ in range(3):
                await _sign_out(server, desk)
            assert len(server.asked) == 3
            assert len(server.peers) == 1

    asyncio.run(scene())


def test_another_host_is_refused_when_opening() -> None:
    async def scene() -> None:
        with pytest.raises(Refused) as refused:
            async with connected("https://192.168.7.7:5000", "AB" * 32):
                raise AssertionError("it opened")
        assert refused.value.cause is Cause.HOST_NOT_LOOPBACK

    asyncio.run(scene())


def test_a_closed_connection_says_so_instead_of_failing_oddly() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            await desk.broker.close()
            error = await _refused(desk)
            assert (type(error), error.cause) == (Unavailable, Cause.GATEWAY_NOT_RUNNING)

    asyncio.run(scene())


async def _sign_out(server: Small, desk: Desk) -> None:
    server.says("/logout", '{"status": true}')
    await desk.broker.session.sign_out()  # type: ignore[union-attr]


def test_every_request_has_a_length_and_none_is_chunked() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            await _sign_out(server, desk)
            assert server.headers[0]["Content-Length"] == "2"
            assert "Transfer-Encoding" not in server.headers[0]
            assert server.bodies == [b"{}"]
            assert server.headers[0]["User-Agent"].startswith("ibdesk/")

    asyncio.run(scene())


def test_every_call_is_audited_with_its_size_and_time() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            await _sign_out(server, desk)
            (call,) = desk.calls
            assert (call.at, call.channel, call.method, call.path) == (LUNCH, "rest", "POST", "/v1/api/logout")
            assert (call.status, call.outcome, call.environment) == (200, "ok", "demo")
            assert (call.bytes_out, call.bytes_in) == (2, 16)
            assert call.milliseconds >= 0
            assert desk.rates[-1].latency_ms is not None

    asyncio.run(scene())


def test_a_call_that_is_called_off_is_audited_too() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            asked, done = asyncio.Event(), asyncio.Event()

            async def hang(_: web.Request) -> web.Response:
                asked.set()
                await done.wait()
                return web.Response()

            server.routes["*"] = hang
            call = asyncio.get_running_loop().create_task(desk.broker.accounts())
            await asked.wait()
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            assert [each.outcome for each in desk.calls] == ["cancelled"]
            done.set()

    asyncio.run(scene())


def test_a_redirect_is_not_followed() -> None:
    async def scene() -> None:
        async with small() as other, small() as server, connected(server.url) as desk:
            server.says("*", "", 302, Location=f"{other.url}/v1/api/portfolio/accounts")
            error = await _refused(desk)
            assert error.cause is Cause.NOT_A_GATEWAY
            assert other.asked == []

    asyncio.run(scene())


def test_the_environment_cannot_put_a_proxy_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with small() as proxy, small() as server, connected(server.url) as desk:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            await _sign_out(server, desk)
            assert server.asked == ["POST /logout"]
            assert proxy.asked == []

    asyncio.run(scene())


def test_secret_query_values_never_reach_the_audit() -> None:
    assert redacted("/x", {"session": "abc", "conids": "1,2", "Token": "t"}) == "/x?session=***&conids=1,2&Token=***"
    assert redacted("/x", {}) == "/x"


def test_the_brokers_wish_to_wait_is_read_in_seconds() -> None:
    def wish(text: str) -> object:
        return retry_after(Answer(path="/", status=429, headers={"retry-after": text}, body=b""))

    assert wish("30") is not None
    assert wish("Wed, 21 Oct 2026 07:28:00 GMT") is None
    assert wish("") is None


def test_the_other_sides_clock_is_read_from_its_answers() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("*", "[]", Date="Wed, 18 Nov 2026 17:58:00 GMT")
            await desk.broker.session.sign_out()  # type: ignore[union-attr]
            assert desk.calls[-1].told_at == LUNCH + timedelta(minutes=10)

    asyncio.run(scene())
    for text in ("", "yesterday"):
        assert told_at(Answer(path="", status=200, headers={"date": text}, body=b"")) is None


def test_a_get_whose_connection_was_cut_is_sent_once_more_within_budget_and_audit() -> None:
    async def scene() -> None:
        async with demo() as gateway, connected(gateway.url, gateway.certificate_sha256) as desk:
            gateway.lose_reply("portfolio/accounts")
            assert len(await desk.broker.accounts()) == 2
            asked = [f"{method} {path.removeprefix(endpoints.BASE)}" for method, path in gateway.calls]
            assert asked == desk.sent
            assert asked.count("GET /portfolio/accounts") == 2
            assert [call.outcome for call in desk.calls][:2] == ["gateway_not_running", "ok"]

    asyncio.run(scene())


def test_what_changes_something_is_never_sent_again() -> None:
    async def scene() -> None:
        async with demo() as gateway, connected(gateway.url, gateway.certificate_sha256) as desk:
            await desk.broker.accounts()
            gateway.lose_reply("iserver/account$", method="POST")
            with pytest.raises(Unavailable):
                await desk.broker.select(MAIN)
            assert [path for _, path in gateway.calls].count(f"{endpoints.BASE}/iserver/account") == 1

    asyncio.run(scene())
