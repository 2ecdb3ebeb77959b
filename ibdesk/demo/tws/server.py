"""The server itself: listening, who is connected, and the pulse that serves them all."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.chains import Chains
from ibdesk.demo.exchange import Exchange
from ibdesk.demo.listening import stop_accepting
from ibdesk.demo.tws import account_messages, execution_messages, market_messages, pnl_messages
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.connection import Connection
from ibdesk.demo.tws.faults import LOST, TwsFaults
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.tape import Report
from ibdesk.demo.tws.timings import TwsTimings

HOST = "127.0.0.1"
#: The newest server version without protobuf that the libraries in use can speak (tws-api.md 0.2).
VERSION = 178
ZONE = "America/New_York"


class TwsService:
    """A TWS (or IB Gateway) over the demo's account. `port` 0 takes a free one; `version` is the newest it speaks;
    `master` the client id that hears of everybody's orders; `zone` the one its instants are written in."""

    def __init__(
        self, *, account: DemoAccount, exchange: Exchange, chains: Chains, now: Callable[[], datetime],
        ticks: Callable[[], float], port: int = 0, timings: TwsTimings | None = None, version: int = VERSION,
        master: int | None = None, zone: str = ZONE,
    ) -> None:
        self.port = port
        self.faults = TwsFaults(now)
        self.floor = Floor(
            account=account, exchange=exchange, chains=chains, now=now, ticks=ticks,
            timings=timings or TwsTimings(), faults=self.faults, most_version=version, master=master, zone=zone,
        )
        self.faults.attach(self)
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()

    @property
    def address(self) -> str:
        """Where it listens, as host:port."""
        return f"{HOST}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._listener is not None

    @property
    def is_beating(self) -> bool:
        """Whether anybody is being served."""
        return self._timer is not None

    @property
    def clients(self) -> tuple[Client, ...]:
        """Everybody past the handshake."""
        return tuple(one.client for one in self._connections if one.client is not None and one.client.is_on)

    @property
    def executions(self) -> tuple[Report, ...]:
        """The truth: the latest report of every execution so far, oldest first."""
        self.floor.tape.run(self.floor.now)
        return self.floor.tape.executions(datetime.min.replace(tzinfo=self.floor.now.tzinfo), self.floor.now)

    async def start(self) -> None:
        """Listen; the port stays the same after `stop` and `kill`. Raises OSError if it is taken."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self.floor, self._changed), HOST, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection politely and stop listening."""
        await self._end(Connection.close)

    async def kill(self) -> None:
        """Die at once: connections are cut, nothing is said. `start` brings it back."""
        await self._end(Connection.abort)

    def pulse(self) -> None:
        """Serve everybody now: what happened since, and what moved. Without the broker nothing is told, nor later."""
        floor = self.floor
        floor.tape.run(floor.now)
        if floor.is_cut_off:
            self._say_lost()
        for client in self.clients:
            if floor.is_cut_off:
                client.heard = len(floor.tape.events)
            elif not client.outlet.is_mute:
                execution_messages.follow(floor, client)
                account_messages.stream(floor, client)
                pnl_messages.stream(floor, client)
                market_messages.stream(floor, client)
            client.outlet.flush()

    def correct(self, price: Decimal, base: str) -> None:
        """The broker corrects the price of an execution, the last one where none is named."""
        named = next((one for one in self.executions if one.base == base), None)
        report = named if base else self.floor.tape.last
        if report is not None:
            latest = next(one for one in self.executions if one.base == report.base)
            self.floor.exchange.correct(latest.fill, price)

    def retell_last(self, price: Decimal) -> None:
        """The last execution is told again, at a wrong price."""
        last = self.floor.tape.last
        if last is not None:
            self.floor.tape.add(replace(last, price=price))

    def skip_news(self) -> None:
        """What happened so far is not told any more."""
        self.floor.tape.run(self.floor.now)
        for client in self.clients:
            client.heard = len(self.floor.tape.events)

    def _say_lost(self) -> None:
        floor, now = self.floor, self.floor.ticks()
        if now - floor.faults.lost_told >= floor.timings.lost:
            floor.faults.lost_told = now
            for client in self.clients:
                client.error(-1, floor.faults.lost_code, LOST)

    def _changed(self, connection: Connection, is_there: bool) -> None:
        """Somebody came or went; the pulse beats while anybody is there."""
        if not is_there:
            self._connections.discard(connection)
            if not self._connections:
                self._empty.set()
            return
        self._connections.add(connection)
        if self._timer is None:
            self._beat()

    def _beat(self) -> None:
        self._timer = None
        if not self._connections:
            return
        self.pulse()
        wait = pnl_messages.STORM_PULSE if self.faults.storm_rate else self.floor.timings.pulse
        self._timer = asyncio.get_running_loop().call_later(wait, self._beat)

    async def _end(self, how: Callable[[Connection], None]) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await stop_accepting(listener)
            listener.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in tuple(self._connections):
            how(connection)
        if self._connections:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):  # a peer that never reads keeps its bytes waiting
                await asyncio.wait_for(self._empty.wait(), 1.0)
        for connection in tuple(self._connections):
            connection.abort()
