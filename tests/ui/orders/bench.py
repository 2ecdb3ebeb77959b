"""A desk with made-up orders, and what was asked of it: for tests and pictures of the window."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.events import OrdersChanged
from ibdesk.domain.executions import ToldFill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.orders import Order, OrderRef, OrderRoute, OrderState
from ibdesk.domain.pairs import Pairing
from ibdesk.domain.receipts import LoggedReceipt
from ibdesk.services.desk import Desk
from ibdesk.ui.bridge import Bridge
from tests.ui.orders.sample import AAPL, BUYS_CALLS, EVERY_KIND, IS_ASKED, NOW, NVDA, SPY
from tests.ui.sample_desk import sample_desk
from tests.ui.sample_rooms import bridge_to

PRICES = {NVDA: "142.65", SPY: "601.25", AAPL: "231.44"}


def quote(conid: Conid, last: str, bid: str = "", ask: str = "") -> Quote:
    return Quote(
        conid=conid, received_at=NOW, delay=Delay.LIVE, last=Decimal(last), bid=Decimal(bid or last),
        ask=Decimal(ask or last),
    )


def quotes() -> dict[Conid, Quote]:
    found = [quote(each.conid, price) for each, price in PRICES.items()]
    found.append(quote(BUYS_CALLS.legs[0].instrument.conid, "6.22"))
    found.extend(quote(leg.instrument.conid, last) for leg, last in zip(IS_ASKED.legs, ("4.18", "2.10"), strict=True))
    return {each.conid: each for each in found}


@dataclass
class MadeUpBook:
    """A book that holds what it is given."""

    orders: tuple[Order, ...] = EVERY_KIND
    is_read: bool = True
    fills: Sequence[ToldFill] = ()

    @property
    def working(self) -> tuple[Order, ...]:
        return tuple(each for each in self.orders if each.is_open)

    @property
    def unknown(self) -> tuple[Order, ...]:
        return tuple(each for each in self.orders if each.state is OrderState.UNKNOWN)

    def find(self, ref: OrderRef) -> Order | None:
        return next((each for each in self.orders if each.ref == ref), None)

    async def told_fills(self, _since: datetime) -> tuple[ToldFill, ...]:
        return tuple(self.fills)


@dataclass
class MadeUpOrders:
    """Notes what was asked of it; `fails` is what it answers with instead."""

    book: MadeUpBook
    fails: Unavailable | None = None
    asked: list[Any] = field(default_factory=list)
    receipts: tuple[LoggedReceipt, ...] = ()
    answers: frozenset[str] = frozenset()
    is_live: bool = False
    pairing: Pairing = Pairing.KEEPS
    route: OrderRoute = OrderRoute.PORTAL
    obstacle: DeskError | None = None

    async def cancel(self, order: Order) -> None:
        self.asked.append(("cancel", order.id))
        if self.fails is not None:
            raise self.fails

    async def cancel_all(self, account: AccountId) -> None:
        self.asked.append(("cancel all", account))

    async def settle_unknown(self, ref: OrderRef, *, was_placed: bool, note: str) -> Order:
        self.asked.append(("settle", ref, was_placed, note))
        order = self.book.find(ref)
        assert order is not None
        return replace(order, state=OrderState.INACTIVE)

    async def forget_answers(self) -> None:
        self.asked.append("forget")
        self.answers = frozenset()

    async def remembered(self) -> frozenset[str]:
        return self.answers

    async def receipt(self, _ref: OrderRef) -> tuple[LoggedReceipt, ...]:
        return self.receipts


@dataclass
class MadeUpLive:
    """Prices that stand still; it notes what was watched."""

    quotes: dict[Conid, Quote]
    pnl: dict[AccountId, Any] = field(default_factory=dict)
    watched: list[tuple[Conid, ...]] = field(default_factory=list)

    async def watch(self, conids: Sequence[Conid]) -> None:
        self.watched.append(tuple(conids))


NO_ANSWER = Unavailable("No answer came.", remedy="Wait.", cause=Cause.OUTCOME_UNKNOWN)


@dataclass
class Bench:
    """A desk, its bridge, and what its signals said."""

    desk: Desk
    bridge: Bridge
    orders: MadeUpOrders
    tickets: list[tuple[Any, Any]] = field(default_factory=list)
    wanted: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def book(self) -> MadeUpBook:
        return self.orders.book

    def become(self, *orders: Order) -> None:
        """The book holds other orders from now on."""
        self.book.orders = orders
        self.desk.hub.publish(OrdersChanged(orders=orders))


def bench(*orders: Order, chosen: AccountId | None = None, **parts: Any) -> Bench:
    """Without orders: one of every kind. `parts` replace fields of the desk."""
    made = MadeUpOrders(MadeUpBook(orders or EVERY_KIND))
    live = MadeUpLive(quotes())
    desk = sample_desk(**{"orders": made, "order_book": made.book, "live": live, **parts})  # type: ignore[arg-type]
    found = Bench(desk, bridge_to(desk, chosen), made)
    found.bridge.ticket_wanted.connect(lambda *told: found.tickets.append(told))
    found.bridge.instrument_wanted.connect(found.wanted.append)
    found.bridge.command.connect(found.wanted.append)
    found.bridge.notice.connect(lambda notice: found.said.append(notice.text or notice.error.message))
    return found
