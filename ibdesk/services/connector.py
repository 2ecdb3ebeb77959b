"""How the wizard's findings are fetched: the calls, their order and when to stop, through the broker's port alone."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from ibdesk.brokers.base import Broker, Certificate, Connection, SessionControl
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.compliance.regime import resolve_regime
from ibdesk.domain.diagnosis import Examined
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.modes import check_environment
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import SessionFlags, SessionState, state_of
from ibdesk.services.demo_faults import DemoFault
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
    address_problem,
    elsewhere,
    is_encrypted,
    is_loopback,
    wrong_sign_in,
)
from ibdesk.services.first_run import DEFAULT_URL, FirstRunResult
from ibdesk.services.waiting import Wait, wait
from ibdesk.store.passphrase import Advice

if TYPE_CHECKING:
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.services.tws_connector import TwsConnector

#: How long a person may take on the sign-in page before we stop asking by ourselves, and how often we ask.
SIGN_IN_WITHIN = timedelta(minutes=10)
ASK_EVERY = timedelta(seconds=2)
#: The gateway's own handshake takes 3 s and its link to the broker a few more (reference/client-portal-api.md 1.8).
READY_WITHIN = timedelta(seconds=20)
#: Everybody may see how late this one is.
PROBE_SYMBOL = "SPY"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAddress:
    """A demo gateway running inside this process. `sign_in` walks its sign-in pages as a person would. `clock` is the
    demo world's own; None is the system's. `faults` is what it can be made to suffer; `tws_port` is where the TWS of
    the same account listens, None where there is none; `options_level` what its account may do with options."""

    url: str
    certificate_sha256: str
    user_name: str
    sign_in: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    clock: Callable[[], datetime] | None = None
    faults: tuple[DemoFault, ...] = ()
    tws_port: int | None = None
    options_level: int | None = 3


@dataclass(slots=True, kw_only=True)
class Connector:
    """Talks to one gateway at a time for the wizard. Wiring gives it everything it touches.

    `save` writes a finished wizard in one transaction. Nothing else here writes, so a cancelled wizard leaves no row.
    `gateway` is the program on this computer, where it may be started from here; `diagnose` says why a target fails.
    `tws` looks for a TWS or IB Gateway.
    `address` is the one looked at last. `suggest` makes a strong random passphrase.
    The journeys are async generators of findings; a new one ends the one before it. Close them (`aclosing`).
    """

    open_broker: Callable[[Connection], Broker]
    fetch_certificate: Callable[[str], Awaitable[Certificate]]
    start_demo: Callable[[], Awaitable[DemoAddress]]
    save: Callable[[FirstRunResult], Awaitable[None]]
    advise: Callable[[str], Advice]
    known: Callable[[], Awaitable[tuple[Credentials, ...]]]
    clock: Callable[[], datetime]
    app_version: str
    open_browser: Callable[[str], object]
    wait: Wait = wait
    default_url: str = DEFAULT_URL
    suggest: Callable[[], str] | None = None
    timer: Callable[[], float] = perf_counter
    gateway: "GatewayKeeper | None" = None
    diagnose: Callable[[Target], AsyncIterator[Examined]] | None = None
    tws: "TwsConnector | None" = None
    demo: DemoAddress | None = field(default=None, init=False)
    address: str = field(default="", init=False)
    _broker: Broker | None = field(default=None, init=False)
    _target: Target | None = field(default=None, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _stop: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def begin_demo(self) -> DemoAddress:
        """The demo gateway, started at the first call."""
        if self.demo is None:
            self.demo = await self.start_demo()
        return self.demo

    async def probe(self, target: Target) -> AsyncGenerator[Finding, None]:
        """Is there a gateway, is it the one we know, is somebody signed in? Sends nothing to an unknown certificate."""
        self.address = target.url
        problem: DeskError | None = address_problem(target.url)
        if problem is None and not is_loopback(target.url) and not target.allow_remote:
            problem = elsewhere(target.url)
        if problem is not None:
            yield Failed(target=target, check=CheckId.GATEWAY, error=problem)
            return
        async with self._journey():
            try:
                if is_encrypted(target.url):
                    certificate = await self.fetch_certificate(target.url)
                    yield CertificateSeen(target=target, certificate=certificate)
                    if certificate.sha256 != target.pin:
                        return
                yield await self._session_seen(target)
            except DeskError as error:
                yield Failed(target=target, check=CheckId.GATEWAY, error=error)

    async def watch_sign_in(self, target: Target) -> AsyncGenerator[Finding, None]:
        """Ask until somebody is signed in, at most SIGN_IN_WITHIN. A finding for each answer."""
        ends = self.clock() + SIGN_IN_WITHIN
        async with self._journey() as stop:
            while not stop.is_set():
                try:
                    seen = await self._session_seen(target)
                except DeskError as error:
                    yield Failed(target=target, check=CheckId.SIGN_IN, error=error)
                    return
                yield seen
                if seen.flags.signed_in or seen.flags.authenticated or self.clock() >= ends:
                    return
                await self.wait(ASK_EVERY.total_seconds(), stop)

    def open_sign_in_page(self, target: Target) -> bool:
        """Show the gateway's page in the system's browser; False where the system has none."""
        return self.open_browser(target.url) is not False

    async def take_over(self, target: Target) -> AsyncGenerator[Finding, None]:
        """End the competing login. Only after the person said yes."""
        async with self._journey():
            try:
                await self._reopen(target)
                flags = await self._session(target).open_brokerage(take_over=True)
                yield SessionSeen(target=target, flags=flags)
            except DeskError as error:
                yield Failed(target=target, check=CheckId.SIGN_IN, error=error)

    async def verify(self, target: Target, account: AccountId | None) -> AsyncGenerator[Finding, None]:
        """Everything the third step shows, finding by finding; ends at a failure that forbids more."""
        check = CheckId.SIGN_IN
        async with self._journey() as stop:
            try:
                seen = await self._ready(target, stop)
                yield seen
                if state_of(seen.flags) is not SessionState.READY:
                    return
                await self._check_sign_in(target, seen.flags)
                check = CheckId.ACCOUNT
                broker = self._open(target)
                accounts = await self._accounts(broker)
                yield AccountsSeen(target=target, accounts=accounts)
                chosen = next((item for item in accounts if item.id == account), accounts[0])
                yield await self._account_seen(target, broker, chosen)
            except DeskError as error:
                yield Failed(target=target, check=check, error=error)
                return
            yield await self._market_seen(target, broker)

    async def close(self) -> None:
        """Leave the gateway. The demo goes on running: the desk that was made for it needs it."""
        async with self._journey():
            await self._shut()

    async def abandon(self) -> None:
        """Close, and stop a demo that nobody will use."""
        await self.close()
        demo, self.demo = self.demo, None
        if demo is not None:
            await demo.stop()

    @asynccontextmanager
    async def _journey(self) -> AsyncIterator[asyncio.Event]:
        """One journey at a time: the one before is told to stop and waited for. The event says that we should."""
        self._stop.set()
        self._stop = stop = asyncio.Event()
        async with self._turn:
            yield stop

    async def _shut(self) -> None:
        broker, self._broker, self._target = self._broker, None, None
        if broker is not None:
            await broker.close()

    def _open(self, target: Target) -> Broker:
        if self._broker is None or target != self._target:
            raise RuntimeError("the gateway is opened before it is used")
        return self._broker

    def _session(self, target: Target) -> SessionControl:
        session = self._open(target).session
        if session is None:
            raise RuntimeError("this broker has no sign-in")
        return session

    async def _reopen(self, target: Target) -> None:
        if self._broker is not None and self._target == target:
            return
        await self._shut()
        broker = self.open_broker(
            Connection(
                url=target.url,
                environment=target.environment,
                certificate_sha256=target.pin,
                allow_remote=target.allow_remote,
            )
        )
        self._broker, self._target = broker, target
        await broker.open()

    async def _session_seen(self, target: Target) -> SessionSeen:
        await self._reopen(target)
        began = self.timer()
        flags = await self._session(target).status()
        return SessionSeen(target=target, flags=flags, latency_ms=(self.timer() - began) * 1000)

    async def _ready(self, target: Target, stop: asyncio.Event) -> SessionSeen:
        """The session once it is ready, competing or signed out; the brokerage session is opened if need be."""
        seen = await self._session_seen(target)
        if state_of(seen.flags) is SessionState.BROKERAGE_LOST:
            flags = await self._session(target).open_brokerage()
            seen = SessionSeen(target=target, flags=flags, latency_ms=seen.latency_ms)
        ends = self.clock() + READY_WITHIN
        while state_of(seen.flags) in (SessionState.CONNECTING, SessionState.BROKERAGE_LOST):
            if stop.is_set() or self.clock() >= ends:
                raise Unavailable(
                    "You are signed in, but the gateway has no brokerage session yet.",
                    remedy="Wait a moment and check again; if it stays so, sign in anew on the gateway’s page.",
                    cause=Cause.BROKERAGE_LOST,
                )
            await self.wait(ASK_EVERY.total_seconds(), stop)
            seen = await self._session_seen(target)
        return seen

    async def _check_sign_in(self, target: Target, flags: SessionFlags) -> None:
        """Refuse a paper sign-in for Live Trading and the reverse, where the gateway tells."""
        who = await self._session(target).signed_in_as()
        is_paper = flags.is_paper if who.is_paper is None else who.is_paper
        if is_paper is not None and is_paper == (target.environment is Environment.LIVE):
            raise wrong_sign_in(target.environment)

    async def _accounts(self, broker: Broker) -> tuple[Account, ...]:
        accounts = await broker.accounts()
        if not accounts:
            raise Unavailable(
                "The broker names no account for this sign-in yet.",
                remedy="Right after signing in this takes some seconds: check again.",
                cause=Cause.UNKNOWN_ACCOUNT,
            )
        return accounts

    async def _account_seen(self, target: Target, broker: Broker, account: Account) -> AccountSeen:
        check_environment(target.environment, account)
        if account.lite:
            raise Refused(
                f"{account.id} is an IBKR Lite account, and the gateway serves IBKR Pro accounts only.",
                remedy="Change it to IBKR Pro in Client Portal, or sign in with the user name of a Pro account.",
                cause=Cause.LITE_ACCOUNT,
            )
        await broker.select(account.id)
        snapshot = await broker.snapshot(account.id)
        today = self.clock().astimezone(NEW_YORK).date()
        regime = resolve_regime(snapshot.summary, None, today)
        return AccountSeen(target=target, account=account, summary=snapshot.summary, regime=regime)

    async def _market_seen(self, target: Target, broker: Broker) -> Finding:
        try:
            if broker.market is None:
                raise _no_prices("This connection has no market data.")
            matches = await broker.market.find(PROBE_SYMBOL)
            quotes = await broker.market.quotes([match.conid for match in matches[:1]])
            if not quotes:
                raise _no_prices(f"The broker sent no price of {PROBE_SYMBOL}.")
        except DeskError as error:
            return Failed(target=target, check=CheckId.MARKET_DATA, error=error)
        return MarketSeen(target=target, delay=quotes[0].delay, symbol=PROBE_SYMBOL)


def _no_prices(message: str) -> Unavailable:
    return Unavailable(
        message, remedy="You can go on; prices stay empty until the broker sends some.", cause=Cause.NOTHING_FOUND
    )
