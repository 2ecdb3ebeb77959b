"""Start and stop the demo's servers, break them on purpose, and run them alone until a signal."""

import asyncio
import re
import signal
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TextIO

import aiohttp
from aiohttp import web

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.book import USER
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.certificate import ServerIdentity, make_identity
from ibdesk.demo.clock import NEW_YORK, DemoClock, default_start
from ibdesk.demo.exchange import DemoOrder
from ibdesk.demo.faults import BadBytes, Faults, Halves, Lost, Spoiled, WhatIfFault
from ibdesk.demo.flex import QUERY, TOKEN, DemoFlex
from ibdesk.demo.listening import stop_accepting
from ibdesk.demo.market import Market
from ibdesk.demo.portal.calls import Json, encode
from ibdesk.demo.portal.limits import Budget
from ibdesk.demo.portal.login import Login, Stage
from ibdesk.demo.portal.server import PortalServer
from ibdesk.demo.portal.state import PortalState
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.demo.tws.server import VERSION, TwsService
from ibdesk.demo.tws.timings import TwsTimings

HOST = "127.0.0.1"
SEED = 7
#: The client id that desks use for data (IBKR_CLIENT_ID), made the master of a TWS that is served alone.
MASTER = 1


def default_clock(rate: float = 1.0) -> DemoClock:
    """A dial that starts at the latest weekday's 12:48 in New York."""
    return DemoClock(default_start(datetime.now(UTC)), ticks=time.monotonic, rate=rate)


class DemoGateway:
    """A Client Portal Gateway with nobody's money behind it.

    `port` 0 takes a free one. `signed_out` starts at the sign-in page. `upstream` serves plain HTTP for a real gateway
    in front and always starts signed out. `live` gives the accounts live ids, to rehearse the wrong environment.
    `extra_positions` fills the main account for load tests. `identity` saves the making of a certificate. `ticks` are
    the seconds that timers and limits count.
    """

    def __init__(
        self,
        *,
        clock: DemoClock | None = None,
        timings: DemoTimings | None = None,
        limits: DemoLimits | None = None,
        seed: int = SEED,
        signed_out: bool = False,
        upstream: bool = False,
        live: bool = False,
        port: int = 0,
        extra_positions: int = 0,
        identity: ServerIdentity | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock or default_clock()
        self.timings = timings or DemoTimings()
        self.faults = Faults()
        anchor = self.clock.start.astimezone(NEW_YORK).date()
        self.account = DemoAccount(Market(Catalogue(anchor, extra=extra_positions), seed=seed), live=live)
        self.login = Login(self.timings, ticks, by_gateway=upstream, seed=seed, clock=self.clock.now)
        self.budget = Budget(limits or DemoLimits(), self.timings, ticks)
        self._state = PortalState(
            account=self.account, clock=self.clock, login=self.login, budget=self.budget, timings=self.timings,
            ticks=ticks, faults=self.faults,
        )
        self._server = PortalServer(self._state, self.faults, upstream=upstream)
        self._identity = None if upstream else identity or make_identity()
        self._server.on_death = self._stop_listening
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self.port = port
        if not signed_out and not upstream:
            self.login.start_ready()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"{'https' if self._identity else 'http'}://{HOST}:{self.port}"

    @property
    def certificate_sha256(self) -> str:
        """The certificate's fingerprint, lower-case hex; empty for plain HTTP."""
        return self._identity.sha256 if self._identity else ""

    @property
    def accounts(self) -> tuple[str, ...]:
        return self.account.ids

    @property
    def orders(self) -> Mapping[int, DemoOrder]:
        """Every order by its number, as it stands."""
        return self._state.exchange.orders

    def flex_service(self, *, port: int = 0) -> DemoFlex:
        """The statement service of the same account, not started; it shows the gateway's certificate where it can."""
        return DemoFlex(self.account, self.clock, identity=self._identity, port=port)

    def tws_service(
        self, *, port: int = 0, timings: TwsTimings | None = None, version: int = VERSION, master: int | None = None
    ) -> TwsService:
        """The socket of a TWS on the same account and orders, not started. `master` is the client id that hears of
        everybody's orders; `version` the newest server version it speaks."""
        state = self._state
        return TwsService(
            account=self.account, exchange=state.exchange, chains=state.chains, now=lambda: state.now,
            ticks=state.ticks, port=port, timings=timings, version=version, master=master,
        )

    @property
    def is_running(self) -> bool:
        return self._listener is not None

    @property
    def calls(self) -> tuple[tuple[str, str], ...]:
        """Every request so far as (method, path), oldest first; at most the last ten thousand."""
        return tuple(self._server.log)

    async def start(self) -> None:
        """Listen. The port stays the same after `stop` or `kill`. Raises OSError if it is taken."""
        await self._cleanup()  # what is left of a gateway that died
        runner = web.AppRunner(
            self._server.application(), access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        if runner.server is None:
            raise RuntimeError("a runner that is set up has a server")
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                runner.server, HOST, self.port, ssl=self._identity.context if self._identity else None, backlog=128
            )
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close sockets politely and stop listening."""
        if self._listener is not None:
            await stop_accepting(self._listener)
        await self._server.sockets.close()
        await self._cleanup()

    async def kill(self) -> None:
        """Die at once: connections are cut, nothing is said. `start` brings it back."""
        if self._listener is not None:
            await stop_accepting(self._listener)
        self._server.abort_all()
        await self._cleanup()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _cleanup(self) -> None:
        self._stop_listening()
        self._server.release()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def expire_session(self) -> None:
        """The sign-in ends; every call is answered 401 until somebody signs in again."""
        self.login.expire()

    def lose_brokerage(self) -> None:
        """The brokerage session goes and the sign-in stays, for half a minute."""
        self.login.lose()

    def compete(self) -> None:
        """Another login takes the brokerage session."""
        self.login.compete()

    def maintain(self, seconds: float) -> None:
        """A nightly reset of so many seconds."""
        self.login.maintain(seconds)

    def limit(self) -> None:
        """429 on everything for the length of the penalty box."""
        self.budget.close_box()

    def slow(self, seconds: float, path: str = ".*") -> None:
        """Every matching call waits so long; 0 ends it. `path` is a pattern without /v1/api/."""
        self.faults.seconds, self.faults.slow_path = seconds, re.compile(path)

    def hang(self, is_hanging: bool = True) -> None:
        """Forwarded calls are never answered, and nothing comes on the sockets, as when the gateway has lost the
        internet."""
        self.faults.hangs = self.faults.silent_sockets = is_hanging

    def dribble(self, seconds: float, path: str = ".*") -> None:
        """Matching answers come a byte at a time, so many seconds apart; 0 ends it."""
        self.faults.drip, self.faults.drip_path = seconds, re.compile(path)

    def half_pages(self, *, repeating: bool = False) -> None:
        """Pages of positions hold half their rows; the next goes on from there, or repeats the last row first."""
        self.faults.halves = Halves.REPEAT if repeating else Halves.CONTINUE

    def lose_reply(self, path: str = ".*", *, method: str = ".*", times: int = 1) -> None:
        """The next matching calls are carried out, and the connection is cut before the answer."""
        self.faults.lost.append(Lost(re.compile(path), times, re.compile(method)))

    def unavailable_but_done(self, path: str, *, method: str = ".*", times: int = 1) -> None:
        """The next matching calls are carried out and answered with an empty 503."""
        self.faults.unavailable.append(Lost(re.compile(path), times, re.compile(method)))

    def deliver_twice(self, path: str, *, method: str = ".*", times: int = 1) -> None:
        """The next matching calls arrive twice, as when something between repeats them; the second answer is sent."""
        self.faults.doubled.append(Lost(re.compile(path), times, re.compile(method)))

    def die_at(self, path: str, *, method: str = ".*", after: bool = False) -> None:
        """At the next matching call the gateway dies: before the call is carried out, or just after."""
        self.faults.deaths.append(Lost(re.compile(path), 1, re.compile(method), is_late=after))

    def ask(self, *ids: str) -> None:
        """The next order raises these questions, known ids or not, whatever it says: one after the other, those joined
        by `+` in one message, and an empty one without an id as older gateways ask."""
        self.faults.questions.extend(ids)

    def reject_order(self, words: str = "Order rejected by the demo", *, late: bool = False) -> None:
        """The next order is refused at once, or accepted and then found inactive."""
        (self.faults.late_rejections if late else self.faults.rejections).append(words)

    def fill_half_then_cancel(self, times: int = 1) -> None:
        """The next orders fill half and are then cancelled by the venue."""
        self.faults.halved_orders = times

    def fill_before_cancel(self, times: int = 1) -> None:
        """The next cancels come too late: the order fills."""
        self.faults.fills_before_cancel = times

    def forget_reply(self, times: int = 1) -> None:
        """The ids of the next questions are stale when they are answered."""
        self.faults.stale_replies = times

    def double_executions(self, times: int = 1) -> None:
        """The next executions told are told twice."""
        self.faults.doubled_executions = times

    def correct_execution(self, price: str) -> None:
        """The broker corrects the price of the last execution."""
        self._state.exchange.correct_last(Decimal(price))

    def reverse_order_news(self, times: int = 1) -> None:
        """The next bundles of order news on a socket come latest first."""
        self.faults.backward_news = times

    def spoil_what_if(self, kind: str) -> None:
        """Previews answer `sentinel` amounts, a `warning` or an `error`, until `heal`."""
        self.faults.what_if = WhatIfFault(kind)

    def freeze_quotes(self, conid: int = 0) -> None:
        """A contract's quotes (0: all) stand still while the market goes on; only their time tells."""
        self.faults.stuck[conid] = self._state.now

    def skew_clock(self, seconds: float) -> None:
        """The broker's clock is ahead by so many seconds (behind when negative): Date headers, instants, prices."""
        self.faults.skew = timedelta(seconds=seconds)

    def silence_sockets(self, are_silent: bool = True) -> None:
        """Open sockets stay open and say nothing more."""
        self.faults.silent_sockets = are_silent

    def bad_bytes(self, kind: str, path: str = ".*", times: int = 1) -> None:
        """The next answers on matching paths are `html`, `truncated`, `empty`, `not_json`, or hold `unset` amounts; or
        the first row of a page has an `unknown_class`, `missing_fields`, a `nan_text` or `unknown_keys`."""
        self.faults.spoiled.append(Spoiled(BadBytes(kind), re.compile(path), times))

    def unauthorized(self, after_n_calls: int = 0) -> None:
        """401 on everything once this many calls have been answered; `heal` ends it."""
        self.faults.calls_until_unauthorized = after_n_calls

    def heal(self) -> None:
        """Take back every fault but a session that has ended."""
        self.faults.clear()
        self.budget.open_box()

    async def restore(self) -> None:
        """All is well: listening, no fault, signed in, the brokerage session open. Raises OSError if the port is
        taken."""
        self.heal()
        if not self.is_running:
            await self.start()
        self.login.recover()


async def sign_in(url: str, *, user: str = USER, password: str = USER) -> None:
    """Sign in at a demo gateway without a browser.

    The three requests of the pages: GET /sso/Login, POST /sso/Authenticator with `user_name` and `password`, POST
    /sso/Dispatcher, which answers `Client login succeeds`; the brokerage session follows after the handshake.
    A demo certificate is not verified: this talks to loopback only. Raises PermissionError when refused.
    """
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=unverified)) as http:
        async with http.get(f"{url}/sso/Login") as page:
            await page.read()
        form = {"user_name": user, "password": password}
        async with http.post(f"{url}/sso/Authenticator", data=form) as page:
            await page.read()
        async with http.post(f"{url}/sso/Dispatcher", data=b"") as done:
            if "Client login succeeds" not in await done.text():
                raise PermissionError(f"{url} did not let us in")


async def serve(
    *,
    portal_port: int = 0,
    flex_port: int | None = None,
    tws_port: int | None = None,
    signed_out: bool = False,
    upstream: bool = False,
    extra_positions: int = 0,
    timings: DemoTimings | None = None,
    limits: DemoLimits | None = None,
    out: TextIO | None = None,
) -> int:
    """Run the servers until SIGINT or SIGTERM; one JSON line with the addresses when they are ready.

    `flex_port` None: without the Flex service. Else it stands on the same account, and shows the same certificate.
    `tws_port` None: without the socket of a TWS on that account; its client 1 hears of all orders, whoever's they are.
    Returns the exit code 0. Raises OSError when a port is taken.
    """
    gateway = DemoGateway(
        port=portal_port, signed_out=signed_out, upstream=upstream, extra_positions=extra_positions,
        timings=timings, limits=limits,
    )
    stopped = asyncio.Event()
    _on_signals(stopped)
    async with AsyncExitStack() as running:
        await gateway.start()
        running.push_async_callback(gateway.stop)
        line: dict[str, Json] = {
            "portal": gateway.url, "certificate_sha256": gateway.certificate_sha256,
            "accounts": list(gateway.accounts), "signed_in": gateway.login.stage is Stage.READY,
        }
        if flex_port is not None:
            flex = gateway.flex_service(port=flex_port)
            await flex.start()
            running.push_async_callback(flex.stop)
            line |= {
                "flex": flex.url, "flex_certificate_sha256": flex.certificate_sha256, "flex_token": TOKEN,
                "flex_query": QUERY,
            }
        if tws_port is not None:
            tws = gateway.tws_service(port=tws_port, master=MASTER)
            await tws.start()
            running.push_async_callback(tws.stop)
            line["tws"] = tws.address
        print(encode(line).decode(), file=out or sys.stdout, flush=True)
        await stopped.wait()
    return 0


def _on_signals(stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows has no signal handlers in its event loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
