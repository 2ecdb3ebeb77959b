"""What is told between two looks of the reader: the newest of each figure, and every print, order and turn of the line.

Both our connections speak into it: prints and states of our own orders come only to the one that sent them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from ibdesk.brokers.base import LinkNews, LinkState, OrderNews, StreamEvent
from ibdesk.brokers.throttle import Clock
from ibdesk.brokers.tws import convert, failures, words
from ibdesk.brokers.tws.connection import skew_of
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert_market import Ticks
from ibdesk.brokers.tws.fills import FillBook
from ibdesk.brokers.tws.orders import Orders
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Order, OrderState
from ibdesk.domain.pnl import PositionMoved, PositionPnl

_log = logging.getLogger(__name__)

Key = tuple[AccountId, Conid]

#: Running figures told in one batch: a frame has time for these, and the others wait for the next one, newest first
#: come. 60 batches a second are 6 000 of them.
_FIGURES_AT_ONCE = 100
#: Turns of the line that wait for a reader: TWS repeats itself while nobody listens.
_MOST_TURNS = 100
#: Numbers of TWS about the way to the broker and to its farms (reference/tws-api.md 2).
BROKER_LOST, DATA_LOST, DATA_KEPT, PORT_CHANGED, TOO_MUCH = (1100, 2110), 1101, 1102, 1300, 100
_FARMS_LOST, _FARMS_OK = (2103, 2105, 2157), (2104, 2106, 2158)
_COMPETING, _REFUSED, _CANCELLED = 10197, 201, 202
#: Words beside an order's state, which change nothing about it.
_BESIDE = (399, 404, 10349, 2109, 110, 10147, 10148, 161)


class Inbox:
    """Gathers. `wake` is set when there is something to tell."""

    def __init__(self, contracts: Contracts, clock: Clock) -> None:
        self._contracts, self._clock = contracts, clock
        self.wake = asyncio.Event()
        self.charged_one = asyncio.Event()
        self.fills, self.orders = FillBook(), Orders(contracts.known)
        self.latest_pnl: dict[str, list[str]] = {}
        self.pnl_keys: dict[str, Key] = {}
        self.accounts: dict[int, AccountId] = {}
        self.ticks: dict[int, Ticks] = {}
        self.asked_once: dict[int, tuple[Ticks, asyncio.Event]] = {}
        self.held: dict[Key, PositionMoved] = {}
        #: The keys of what is held and not gone, and how often that has changed.
        self.open: set[Key] = set()
        self.openings = 0
        #: How far each position moved beyond what the prints since explain.
        self.drift: dict[Key, Decimal] = {}
        self.account_pnl: dict[AccountId, AccountPnl] = {}
        self.turns: deque[tuple[int, str]] = deque(maxlen=_MOST_TURNS)
        self.is_broker_lost = False
        self._told_pnl: dict[str, list[str]] = {}
        self._news: list[StreamEvent] = []
        self._orders: list[Order] = []
        self._fills: list[Fill] = []
        self._is_whole = True
        self._moved: dict[Key, None] = {}
        self._moved_accounts: set[AccountId] = set()
        self._ticked: dict[int, None] = {}
        self._farms_lost: set[str] = set()
        self._skew: float | None = None

    # --- taking in -----------------------------------------------------------------------------------------------

    def tell(self, event: StreamEvent) -> None:
        self._news.append(event)
        self.wake.set()

    def positioned(self, account: str, contract: Any, quantity: float, cost: float) -> None:
        what, held = convert.instrument(contract, self._contracts.known), convert.size(quantity)
        if what is None or held is None:
            _log.warning("a position without contract, currency or quantity was left out")
            return
        self.moved(PositionMoved(
            account=AccountId(account), instrument=what, quantity=held, average_cost=convert.number(cost),
            at=self._clock(),
        ))  # fmt: skip

    def moved(self, told: PositionMoved) -> None:
        before = self.held.get(told.key)
        self._drifts(told.key, told.quantity - (ZERO if before is None else before.quantity))
        self.held[told.key] = told
        self._moved[told.key] = None
        if (told.key in self.open) is not bool(told.quantity):
            self.open ^= {told.key}
            self.openings += 1
        self.wake.set()

    def executed(self, contract: Any, report: Any) -> None:
        found = convert.execution(contract, report, self._contracts.known)
        if found is None:
            if contract.secType != "BAG":
                self._is_whole = False
                _log.warning("an execution cannot be read: %s", report.execId or "without an id")
            return
        news = self.fills.executed(found)
        if news is not None:
            self._drifts((found.account, found.instrument.conid), -found.signed)
        self._told(news)

    def _drifts(self, key: Key, quantity: Decimal) -> None:
        left = self.drift.get(key, ZERO) + quantity
        if left:
            self.drift[key] = left
        else:
            self.drift.pop(key, None)

    def charged(self, report: Any) -> None:
        found = convert.commission(report)
        if found is not None:
            self._told(self.fills.charged(found))
            self.charged_one.set()

    def _told(self, news: Fill | None) -> None:
        if news is not None:
            self._fills.append(news)
            self.wake.set()

    def ordered(self, order: Order | None, *, is_whole: bool) -> None:
        if order is not None:
            self._orders.append(order)
            self._is_whole = self._is_whole and is_whole
            self.wake.set()

    def account_moved(self, number: int, daily: float, unrealized: float) -> None:
        self._account(number, daily=convert.number(daily), unrealized=convert.number(unrealized))

    def account_valued(self, number: int, key: str, value: str) -> None:
        """Of an account's values its worth belongs to its running figures."""
        if key == "NetLiquidation":
            self._account(number, net_liquidation=convert.size(value))

    def _account(self, number: int, **figures: Decimal | None) -> None:
        account = self.accounts.get(number)
        if account is None:
            return
        now = self._clock()
        known = self.account_pnl.get(account) or AccountPnl(
            account=account, daily=None, unrealized=None, net_liquidation=None, excess_liquidity=None, as_of=now
        )
        self.account_pnl[account] = replace(known, as_of=now, **figures)  # type: ignore[arg-type]
        self._moved_accounts.add(account)
        self.wake.set()

    def ticked(self, number: int) -> Ticks | None:
        """What is gathered under a number: for the reader, or for somebody who asked once."""
        ticks = self.ticks.get(number)
        if ticks is not None:
            self._ticked[number] = None
            self.wake.set()
            return ticks
        once = self.asked_once.get(number)
        if once is None:
            return None
        once[1].set()
        return once[0]

    def drop_ticks(self, number: int) -> None:
        """Its line was given up; what is on its way is nobody's."""
        self.ticks.pop(number, None)
        self._ticked.pop(number, None)

    def turned(self, code: int, text: str) -> None:
        """A turn of the line itself: the reader acts on it."""
        if code in (*BROKER_LOST, DATA_LOST, DATA_KEPT):
            self.is_broker_lost = code in BROKER_LOST
        self.turns.append((code, text))
        self.wake.set()

    def farm(self, code: int, text: str) -> None:
        """A farm went or came back; that it is there is routine when nobody missed it."""
        name = text.rpartition(":")[2].strip()
        if code in _FARMS_LOST:
            self._farms_lost.add(name)
            self.tell(LinkNews(at=self._clock(), state=LinkState.FARM_LOST, reason=text, code=code))
        elif name in self._farms_lost:
            self._farms_lost.discard(name)
            self.tell(LinkNews(at=self._clock(), state=LinkState.FARM_OK, reason=text, code=code))

    @property
    def skew(self) -> timedelta | None:
        """How far the broker's clock is ahead of ours, as it was told last."""
        return None if self._skew is None else timedelta(seconds=self._skew)

    def clock_told(self, seconds: int) -> None:
        """Say how far the broker's clock is ahead when that has changed by more than it can tell."""
        skew = skew_of(seconds, self._clock())
        if self._skew is None or abs(skew.total_seconds() - self._skew) > 1.5:
            self._skew = skew.total_seconds()
            state = LinkState.BROKER_LOST if self.is_broker_lost else LinkState.UP
            self.tell(LinkNews(at=self._clock(), state=state, skew=skew))

    # --- giving out ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The line is a new one: figures of the one before are not told any more. Prints and orders are: they are
        facts whichever line told them."""
        self._news.clear()
        self._moved.clear()
        self._farms_lost.clear()
        self._skew, self.is_broker_lost, self._is_whole = None, False, True
        self.turns.clear()
        self.forget_subscriptions()

    def forget_subscriptions(self) -> None:
        """Their numbers mean nothing any more."""
        for told in (self.latest_pnl, self.pnl_keys, self._told_pnl, self.accounts, self.ticks, self._ticked):
            told.clear()

    def retell(self) -> None:
        """Everything once more: for a reader that has just forgotten what it knew."""
        for number, told in self._told_pnl.items():
            if number in self.pnl_keys:
                self.latest_pnl.setdefault(number, told)
        self._told_pnl.clear()
        self._ticked.update(dict.fromkeys(self.ticks))
        self._moved_accounts.update(self.account_pnl)
        self._moved.update(dict.fromkeys(self.held))
        self.wake.set()

    def tell_again(self) -> None:
        """A new reader is told every print and order once more: the one before may have ended with some of them in its
        hands."""
        self._fills[:] = self.fills.all()
        self._orders[:] = self.orders.all()

    def batch(self) -> tuple[StreamEvent, ...]:
        """What there is to tell: the line first, prints and orders before figures."""
        self.wake.clear()
        return tuple(self._events())

    def _events(self) -> Iterator[StreamEvent]:
        news, self._news = self._news, []
        yield from news
        if self._orders or self._fills or not self._is_whole:
            orders, fills, is_whole = tuple(self._orders), tuple(self._fills), self._is_whole
            self._orders, self._fills, self._is_whole = [], [], True
            yield OrderNews(at=self._clock(), orders=orders, fills=fills, is_whole=is_whole)
        moved, self._moved = self._moved, {}
        yield from (self.held[key] for key in moved)
        accounts, self._moved_accounts = self._moved_accounts, set()
        yield from (self.account_pnl[account] for account in accounts)
        yield from self._figures()
        ticked, self._ticked = self._ticked, {}
        yield from (self.ticks[number].quote(self._clock()) for number in ticked if self.ticks[number].is_heard)

    def _figures(self) -> Iterator[StreamEvent]:
        at = self._clock()
        for number in tuple(islice(self.latest_pnl, _FIGURES_AT_ONCE)):
            fields = self.latest_pnl.pop(number)
            key, before = self.pnl_keys.get(number), self._told_pnl.get(number)
            if key is None or (before is not None and before[2:] == fields[2:]):
                continue
            self._told_pnl[number] = fields
            quantity, daily, unrealized, realized, value = map(convert.number, fields[2:7])
            yield PositionPnl(
                account=key[0], conid=key[1], quantity=quantity, daily=daily, unrealized=unrealized,
                realized=realized, value=value, at=at,
            )
        if self.latest_pnl:
            self.wake.set()


class Listener:
    """What one connection tells the inbox. `is_main`: positions, figures and the state of the line count from here."""

    def __init__(self, inbox: Inbox, client_id: int, clock: Clock, *, is_main: bool) -> None:
        self._inbox, self._client_id, self._clock, self._is_main = inbox, client_id, clock, is_main

    def positioned(self, account: str, contract: Any, quantity: float, cost: float) -> None:
        if self._is_main:
            self._inbox.positioned(account, contract, quantity, cost)

    def executed(self, contract: Any, report: Any) -> None:
        self._inbox.executed(contract, report)

    def charged(self, report: Any) -> None:
        self._inbox.charged(report)

    def ordered(self, number: int, contract: Any, order: Any, state: Any) -> None:
        news, is_whole = self._inbox.orders.opened(number, contract, order, state, self._clock())
        self._inbox.ordered(news, is_whole=is_whole)

    def status_told(
        self, number: int, status: str, filled: float, remaining: float, price: float, perm_id: int, client_id: int
    ) -> None:
        news, _ = self._inbox.orders.status(
            number, status, filled, remaining, price, perm_id, client_id, self._clock()
        )
        self._inbox.ordered(news, is_whole=bool(news and news.legs))

    def account_moved(self, number: int, daily: float, unrealized: float, _realized: float) -> None:
        if self._is_main:
            self._inbox.account_moved(number, daily, unrealized)

    def account_valued(self, number: int, key: str, value: str) -> None:
        if self._is_main:
            self._inbox.account_valued(number, key, value)

    def ticked(self, number: int, kind: int, value: float | str) -> None:
        ticks = self._inbox.ticked(number) if self._is_main else None
        if ticks is not None:
            ticks.hear(kind, value)

    def option_ticked(self, number: int, kind: int, figures: tuple[float, ...]) -> None:
        ticks = self._inbox.ticked(number) if self._is_main else None
        if ticks is not None:
            ticks.compute(kind, figures)

    def delay_told(self, number: int, kind: int) -> None:
        ticks = self._inbox.ticked(number) if self._is_main else None
        if ticks is not None:
            ticks.delayed(kind)

    def clock_told(self, seconds: int) -> None:
        if self._is_main:
            self._inbox.clock_told(seconds)

    def said(self, number: int, code: int, text: str) -> None:
        if number > 0:
            self._said_of_order(number, code, text)
        if not self._is_main:
            return
        if code in (*BROKER_LOST, DATA_LOST, DATA_KEPT, PORT_CHANGED, TOO_MUCH):
            self._inbox.turned(code, text)
        elif code in (*_FARMS_LOST, *_FARMS_OK):
            self._inbox.farm(code, text)
        elif code == _COMPETING:
            told = failures.competing().message
            self._inbox.tell(LinkNews(at=self._clock(), state=LinkState.FARM_LOST, reason=told, code=code))

    def _said_of_order(self, number: int, code: int, text: str) -> None:
        orders, now, text = self._inbox.orders, self._clock(), words.plain(code, text)
        known = orders.by_number(self._client_id, number)
        if known is None:
            if code in _BESIDE:
                orders.warned(number, self._client_id, text, now)
            return
        if code == _CANCELLED:
            news = orders.ended(number, self._client_id, OrderState.CANCELLED, known.message, now)
        elif code == _REFUSED and known.state in (OrderState.PENDING, OrderState.INACTIVE):
            news = orders.ended(number, self._client_id, OrderState.REFUSED, text, now)
        elif code in (*_BESIDE, _REFUSED):
            news = orders.warned(number, self._client_id, text, now)
        else:
            return
        self._inbox.ordered(news, is_whole=True)

    def hung_up(self) -> None:
        if self._is_main:
            self._inbox.is_broker_lost = False  # the next line will say so itself
        self._inbox.wake.set()
