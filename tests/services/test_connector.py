"""The connector against the demo gateway: what it finds, in which order, and what it never does by itself."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest

from ibdesk.brokers.base import Connection
from ibdesk.brokers.http import fetch_certificate
from ibdesk.brokers.portal.broker import PortalBroker
from ibdesk.demo.gateway import DemoGateway, sign_in
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause
from ibdesk.services.connector import Connector, DemoAddress
from ibdesk.services.findings import (
    AccountSeen,
    AccountsSeen,
    CertificateSeen,
    CheckId,
    Failed,
    Finding,
    MarketSeen,
    SessionSeen,
    Target,
    in_pairs,
)
from ibdesk.services.first_run import FirstRunResult
from ibdesk.store.passphrase import advise


async def _nothing_saved(_result: FirstRunResult) -> None:
    raise AssertionError("the connector saves nothing by itself")


async def _no_demo() -> DemoAddress:
    raise AssertionError("no demo here")


async def _nothing_known() -> tuple[()]:
    return ()


def make_connector(opened: list[Connection] | None = None) -> Connector:
    """A connector on real adapters with nobody's calls kept."""
    def open_broker(connection: Connection) -> PortalBroker:
        if opened is not None:
            opened.append(connection)
        return PortalBroker(
            connection, on_call=lambda call: None, on_rate=lambda rate: None, clock=lambda: datetime.now(UTC)
        )

    return Connector(
        open_broker=open_broker, fetch_certificate=partial(fetch_certificate, allow_remote=True), start_demo=_no_demo,
        save=_nothing_saved, advise=advise, known=_nothing_known, clock=lambda: datetime.now(UTC), app_version="0",
        open_browser=lambda url: None,
    )


@asynccontextmanager
async def connected(*, signed_out: bool = False) -> AsyncIterator[tuple[DemoGateway, Connector, Target]]:
    gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off(), signed_out=signed_out)
    await gateway.start()
    connector = make_connector()
    target = Target(url=gateway.url, pin=in_pairs(gateway.certificate_sha256), environment=Environment.PAPER)
    try:
        yield gateway, connector, target
    finally:
        await connector.abandon()
        await gateway.stop()


async def found(journey: AsyncGenerator[Finding, None]) -> list[Finding]:
    async with aclosing(journey) as findings:
        return [finding async for finding in findings]


def test_nothing_is_sent_to_a_certificate_that_was_not_accepted() -> None:
    async def walk() -> None:
        async with connected() as (gateway, connector, target):
            unknown = Target(url=target.url, pin="", environment=Environment.PAPER)
            [seen] = await found(connector.probe(unknown))
            assert isinstance(seen, CertificateSeen)
            assert seen.certificate.sha256 == target.pin
            assert gateway.calls == ()

    asyncio.run(walk())


def test_a_gateway_on_another_computer_is_not_even_looked_at() -> None:
    async def walk() -> None:
        elsewhere = Target(url="https://192.0.2.1:5000", pin="", environment=Environment.PAPER)
        [failure] = await found(make_connector().probe(elsewhere))
        assert isinstance(failure, Failed)
        assert failure.error.cause is Cause.HOST_NOT_LOOPBACK

    asyncio.run(walk())


def test_a_known_gateway_tells_its_session_and_how_quick_it_is() -> None:
    async def walk() -> None:
        async with connected(signed_out=True) as (_gateway, connector, target):
            _certificate, session = await found(connector.probe(target))
            assert isinstance(session, SessionSeen)
            assert session.flags.reachable
            assert not session.flags.signed_in
            assert session.latency_ms is not None

    asyncio.run(walk())


def test_watching_ends_when_somebody_signs_in() -> None:
    async def walk() -> None:
        async with connected(signed_out=True) as (gateway, connector, target):
            waits: list[float] = []

            async def person(seconds: float, _stop: asyncio.Event) -> None:
                waits.append(seconds)
                await sign_in(gateway.url)

            connector.wait = person
            sessions = await found(connector.watch_sign_in(target))
            assert waits == [2.0]
            assert [s.flags.signed_in for s in sessions if isinstance(s, SessionSeen)] == [False, True]

    asyncio.run(walk())


def test_verifying_finds_accounts_figures_rules_and_market_data_in_this_order() -> None:
    async def walk() -> None:
        async with connected() as (_gateway, connector, target):
            findings = await found(connector.verify(target, AccountId("DU7654322")))
            assert [type(finding) for finding in findings] == [SessionSeen, AccountsSeen, AccountSeen, MarketSeen]
            account = findings[2]
            assert isinstance(account, AccountSeen)
            assert account.account.id == "DU7654322"
            assert account.summary.net_liquidation is not None

    asyncio.run(walk())


def test_a_paper_sign_in_is_refused_for_live_before_any_account_is_read() -> None:
    async def walk() -> None:
        async with connected() as (gateway, connector, target):
            live = Target(url=target.url, pin=target.pin, environment=Environment.LIVE)
            *_, failure = await found(connector.verify(live, None))
            assert isinstance(failure, Failed)
            assert (failure.check, failure.error.cause) == (CheckId.SIGN_IN, Cause.WRONG_ENVIRONMENT)
            assert not any("portfolio" in path for _method, path in gateway.calls)

    asyncio.run(walk())


def test_a_competing_session_stops_verifying_and_is_not_taken_over() -> None:
    async def walk() -> None:
        async with connected() as (gateway, connector, target):
            gateway.compete()
            [seen] = await found(connector.verify(target, None))
            assert isinstance(seen, SessionSeen)
            assert seen.flags.competing
            assert not any("ssodh/init" in path for _method, path in gateway.calls)

    asyncio.run(walk())


def test_a_new_journey_ends_the_one_before() -> None:
    async def walk() -> None:
        async with connected(signed_out=True) as (_gateway, connector, target):
            watch = connector.watch_sign_in(target)
            await anext(watch)
            older = asyncio.create_task(found(watch))  # noqa: TID251 - awaited below
            findings = await asyncio.wait_for(found(connector.probe(target)), 20)
            assert len(findings) == 2
            await asyncio.wait_for(older, 20)

    asyncio.run(walk())


def test_an_abandoned_demo_is_stopped_and_a_closed_one_goes_on() -> None:
    async def walk() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick())

        async def start() -> DemoAddress:
            await gateway.start()
            return DemoAddress(
                url=gateway.url, certificate_sha256=gateway.certificate_sha256, user_name="demo",
                sign_in=partial(sign_in, gateway.url), stop=gateway.stop,
            )

        connector = make_connector()
        connector.start_demo = start
        assert await connector.begin_demo() is await connector.begin_demo()
        await connector.close()
        assert gateway.is_running
        await connector.abandon()
        assert not gateway.is_running

    asyncio.run(walk())


@pytest.mark.parametrize("url", ["", "localhost", "https://ada:pw@localhost"])
def test_what_is_no_address_is_never_dialled(url: str) -> None:
    async def walk() -> None:
        target = Target(url=url, pin="", environment=Environment.PAPER)
        [failure] = await found(make_connector().probe(target))
        assert isinstance(failure, Failed)
        assert failure.error.cause is Cause.BAD_SETTING

    asyncio.run(walk())
