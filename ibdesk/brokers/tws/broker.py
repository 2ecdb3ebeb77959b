"""How one picture of an account comes over the socket, and how the parts of this room hang together."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ibdesk.brokers.base import (
    Exercising,
    LiveStream,
    MarketData,
    OrderBook,
    SessionControl,
    SocketWord,
    Trading,
    TwsPlace,
)
from ibdesk.brokers.throttle import Clock
from ibdesk.brokers.tws import convert_accounts as parse
from ibdesk.brokers.tws.book import TwsBook, must_know
from ibdesk.brokers.tws.connection import Line, Link, Setting, TwsTimings, asked, asked_named
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.ears import ACCOUNT_NAMES, CURRENT_TIME
from ibdesk.brokers.tws.exercising import TwsExercising
from ibdesk.brokers.tws.inbox import Inbox, Listener
from ibdesk.brokers.tws.market import TwsMarket
from ibdesk.brokers.tws.stream import TwsStream
from ibdesk.brokers.tws.trading import TwsTrading
from ibdesk.domain.accounts import Account, AccountId, looks_paper
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import Conid
from ibdesk.domain.money import Currency
from ibdesk.domain.positions import Freshness, Position, Skipped, Snapshot, Source
from ibdesk.domain.returns import Point

#: Details that a picture waits for: a second's worth of requests. With more unknown contracts it comes without them,
#: stocks that are funds being called stocks until somebody asks for their details.
_MOST_DETAILS = 80
_SUMMARY = "AccountType,NetLiquidation"


class TwsBroker:
    """One TWS or IB Gateway. Nothing is opened before something is asked; every method raises DeskError only.

    Without a reader of the stream the line is opened on demand and nobody keeps it alive.
    """

    name = "TWS"
    source = Source.TWS
    freshness = Freshness.STREAMED
    session: SessionControl | None = None  # a person signs in at TWS itself
    market: MarketData | None
    stream: LiveStream | None
    book: OrderBook | None
    trading: Trading | None
    exercising: Exercising | None

    def __init__(
        self,
        place: TwsPlace,
        *,
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        timings: TwsTimings | None = None,
        may_order: Callable[[], bool] = lambda: True,
    ) -> None:
        self._setting = setting = Setting(
            place=place, clock=clock, ticks=ticks, timings=timings or TwsTimings(), may_order=may_order
        )
        self._contracts = contracts = Contracts(lambda: self._main.ready())
        self._inbox = inbox = Inbox(contracts, clock)
        self._main = main = self._link(place.client_id, is_main=True)
        self._ordering = None if place.read_only else self._link(place.order_client_id, is_main=False)
        self._downloading, self._summing = asyncio.Lock(), asyncio.Lock()
        self._downloaded: Line | None = None
        book = TwsBook(setting, main, self._ordering, inbox, contracts)
        self._stream = TwsStream(setting, main, self._ordering, inbox, contracts, book, jitter=jitter)
        main.on_open = self._stream.wake
        market = TwsMarket(setting, main, inbox, contracts, self._stream)
        self.market, self.stream = market, self._stream
        if self._ordering is None:
            self.book, self.trading, self.exercising = book, None, None
        else:
            self.book = self.trading = TwsTrading(setting, main, self._ordering, inbox, contracts, market)
            self.exercising = TwsExercising(setting, self._ordering, contracts, main)

    def _link(self, client_id: int, *, is_main: bool) -> Link:
        listener = Listener(self._inbox, client_id, self._setting.clock, is_main=is_main)
        return Link(self._setting, client_id, listener, self._inbox.latest_pnl, self._inbox.wake.set)

    async def open(self) -> None:
        """Nothing is sent yet."""

    async def close(self) -> None:
        await self._stream.close()
        if self._ordering is not None:
            await self._ordering.close()
        await self._main.close()

    async def move(self, place: TwsPlace | None) -> None:
        """Stand there from now on, or nowhere; the reader of the stream is to be stopped before."""
        if place is not None:
            self._setting.place = replace(place, read_only=self._setting.place.read_only)
        now, is_wanted = self._setting.place, place is not None
        for link, client_id in ((self._main, now.client_id), (self._ordering, now.order_client_id)):
            if link is not None:
                listener = Listener(self._inbox, client_id, self._setting.clock, is_main=link is self._main)
                await link.move(client_id, listener, is_wanted=is_wanted)
        await asyncio.sleep(0)  # the transports say goodbye in the loop's next round

    async def accounts(self) -> tuple[Account, ...]:
        line = await self._main.ready()
        rows = await self._summary(line)
        told = {(account, tag): (value, currency) for account, tag, value, currency in rows}
        found = []
        for id_ in line.accounts:
            kind, _ = told.get((id_, "AccountType"), ("", ""))
            _, currency = told.get((id_, "NetLiquidation"), ("", ""))
            found.append(Account(
                id=id_, title=id_, currency=Currency(currency or "USD"), is_paper=looks_paper(id_), customer_type=kind,
            ))  # fmt: skip
        return tuple(found)

    async def _summary(self, line: Line) -> list[Any]:
        """A subscription of which TWS allows two: one at a time, given up as soon as it has answered."""
        numbers: list[int] = []

        def ask(client: Any, number: int) -> None:
            numbers.append(number)
            client.reqAccountSummary(number, "All", _SUMMARY)

        async with self._summing:
            try:
                return await asked(line, "the accounts", ask)
            finally:
                if numbers and not line.is_over:
                    line.send(lambda client: client.cancelAccountSummary(numbers[0]))

    @property
    def word(self) -> SocketWord:
        """What is known of the socket without asking."""
        line, now = self._main.line, self._setting.ticks()
        if line is None:
            return SocketWord()
        return SocketWord(
            accounts=line.accounts, open_for=timedelta(seconds=now - line.ears.begun_at),
            quiet_for=timedelta(seconds=now - line.ears.heard_at), skew=self._inbox.skew,
        )  # fmt: skip

    async def look(self) -> SocketWord:
        """Ask TWS for its time, which it tells by itself whether or not the broker behind it is there."""
        line = await self._main.ready()
        await asked_named(line, CURRENT_TIME, "its time", lambda client: client.reqCurrentTime())
        return self.word

    async def select(self, account: AccountId) -> None:
        """Every request names its account: there is none that could mean another."""
        must_know(await self._main.ready(), account)

    async def snapshot(self, account: AccountId, *, fresh: bool = False) -> Snapshot:  # noqa: ARG002 - always is
        line = await self._main.ready()
        must_know(line, account)
        rows = await self._download(line, account)
        figures = parse.Figures(row for row in rows if len(row) == 3)
        held = [row for row in rows if len(row) == 7]
        await self._learn([Conid(row[0].conId) for row in held if row[1]])
        lines = [parse.position(account, row, self._contracts.known) for row in held]
        at = self._setting.clock()
        ledger, unread = parse.ledger(figures, account)
        return Snapshot(
            account=account, source=self.source, as_of=at, received_at=at,
            summary=parse.summary(figures, account, at), ledger=ledger, positions=_each_once(lines),
            pnl=self._inbox.account_pnl.get(account),
            skipped=unread + tuple(each for each in lines if isinstance(each, Skipped)),
        )

    async def equity_history(self, account: AccountId) -> tuple[Point, ...]:  # noqa: ARG002
        """None: TWS keeps no history of an account's worth."""
        return ()

    async def _download(self, line: Line, account: AccountId) -> list[Any]:
        """Figures and holdings of one account: TWS sends one account at a time, again and again until told to stop, and
        what was on its way then must not be taken for the beginning of the next."""
        async with self._downloading:
            if self._downloaded is line:
                await asked_named(line, ACCOUNT_NAMES, "the accounts", lambda client: client.reqManagedAccts())
            self._downloaded = line
            rows = await asked_named(
                line, f"account {account}", "the account", lambda client: client.reqAccountUpdates(True, account),
                self._setting.timings.download_within,
            )
            line.send(lambda client: client.reqAccountUpdates(False, account))
            return rows

    async def _learn(self, conids: list[Conid]) -> None:
        """Details of what is held, if they are few enough to wait for."""
        missing = self._contracts.unlearnt(conids)
        if 0 < len(missing) <= _MOST_DETAILS:
            try:
                await self._contracts.of(missing)
            except DeskError:
                return  # the picture is whole without them


def _each_once(lines: list[Position | Skipped | None]) -> tuple[Position, ...]:
    """A row that is repeated replaces the one before."""
    return tuple({each.key: each for each in lines if isinstance(each, Position)}.values())
