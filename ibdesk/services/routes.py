"""Which way an order goes where there are two, the Portal's gateway and the socket of TWS: new ones by the way the
person chose, an older one by the way it was sent.

Each way tells of the same orders, under numbers of its own: of an order of ours only its own way is believed, of
those from elsewhere the chosen one.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from ibdesk.brokers.base import Trading
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.events import OrdersHeard
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Answer,
    Order,
    OrderIntent,
    OrderRef,
    OrderRoute,
    OrderRules,
    OrderTicket,
    Questions,
    Side,
    WhatIf,
)
from ibdesk.domain.pairs import Pairing, intents_of
from ibdesk.store import trades
from ibdesk.store.database import Database

#: What each way is now: None where it is not connected.
Ways = Mapping[OrderRoute, Callable[[], Trading | None]]


class Routes:
    """Trading over the ways of one mode. `chosen` is the person's setting; `stands_in_the_way` says why nothing can
    leave over a way now, None when it can as far as is known without asking; `working` are the orders that are open."""

    def __init__(
        self,
        ways: Ways,
        *,
        mode: Mode,
        chosen: Callable[[], OrderRoute],
        stands_in_the_way: Callable[[OrderRoute], DeskError | None] = lambda route: None,
        working: Callable[[], Iterable[Order]] = tuple,
        database: Database,
    ) -> None:
        self._ways = ways
        self._mode = mode
        self._chosen = chosen
        self._stands_in_the_way = stands_in_the_way
        self._working = working
        self._database = database
        self._sent: dict[OrderRef, OrderRoute] = {}
        self._asking: dict[str, OrderRoute] = {}
        self._refused: DeskError | None = None

    async def open(self) -> None:
        """Take up which way each order went. Raises Unavailable."""
        self._sent = await self._database.read(trades.routes, self._mode)

    @property
    def chosen(self) -> OrderRoute:
        """The way of a new order."""
        return self._chosen()

    @property
    def obstacle(self) -> DeskError | None:
        """Why no new order can leave now, with the next step; None when it can, as far as is known."""
        if self._ways[self.chosen]() is None:
            return _not_there(self.chosen)
        return self._stands_in_the_way(self.chosen) or (self._refused if self.chosen is OrderRoute.TWS else None)

    @property
    def pairing(self) -> Pairing:
        """What the way of a new order makes of a pair."""
        way = self._ways[self.chosen]()
        return Pairing.NOT_TAKEN if way is None else way.pairing

    def is_used(self, route: OrderRoute) -> bool:
        """Whether orders go this way, or one that is still open went."""
        return route is self.chosen or any(self.of(order) is route for order in self._working())

    def of(self, order: Order) -> OrderRoute:
        """The way an order went; for one from elsewhere the chosen one."""
        for ref in (order.ref, order.parent):
            if ref is not None and ref in self._sent:
                return self._sent[ref]
        return self.chosen

    # --- trading -------------------------------------------------------------------------------------------------

    async def rules(self, conid: Conid, side: Side) -> OrderRules:
        return await self._must(self.chosen).rules(conid, side)

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        try:
            told = await self._must(self.chosen).what_if(ticket)
        except DeskError as error:
            self._heard(error)
            raise
        self._refused = None
        return told

    async def place(self, intent: OrderIntent) -> Answer:
        """By the way that was written down with it, whatever was chosen since."""
        way = self._must(intent.route)
        self._sent.update({each.ref: intent.route for each in intents_of(intent)})
        return self._noted(await way.place(intent), intent.route)

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:
        route = self._asking.pop(question, self.chosen)
        answer = await self._must(route).reply(account, question, yes=yes)
        return None if answer is None else self._noted(answer, route)

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer:
        route = self.of(order)
        return self._noted(await self._must(route).modify(order, ticket), route)

    async def cancel(self, order: Order) -> None:
        await self._must(self.of(order)).cancel(order)

    async def cancel_all(self, account: AccountId) -> None:
        """Over the chosen way first, which reaches all the account has; then over the other one, if orders were ever
        sent there. Every way is tried before what went wrong is raised."""
        problem: DeskError | None = None
        for route in dict.fromkeys((self.chosen, *self._connected())):
            try:
                await self._must(route).cancel_all(account)
            except DeskError as error:
                problem = problem or error
        if problem is not None:
            raise problem

    # --- reading -------------------------------------------------------------------------------------------------

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        """Each order as its own way tells of it. The first way must answer; of the other one what it has told before
        stands while it does not."""
        first, *others = self._connected()
        found = [*self._believed(await self._read(first, account), first)]
        for route in others:
            with suppress(DeskError):
                found += self._believed(await self._read(route, account), route)
        return tuple(found)

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        """Every way tells of all of them, and of each under the same id."""
        return await self._must(self._connected()[0]).executions(account, since)

    def sieve(self, event: OrdersHeard) -> OrdersHeard | None:
        """What of the news of one way is to be believed; None for nothing."""
        if not self.is_used(event.route):
            return None
        return replace(event, orders=tuple(self._believed(event.orders, event.route)))

    async def _read(self, route: OrderRoute, account: AccountId) -> tuple[Order, ...]:
        try:
            found = await self._must(route).orders(account)
        except DeskError as error:
            self._heard(error)
            raise
        if route is OrderRoute.TWS:
            self._refused = None
        return found

    def _believed(self, orders: Iterable[Order], route: OrderRoute) -> Iterable[Order]:
        for each in orders:
            is_strange = route is OrderRoute.TWS and each.ref is not None and each.ref not in self._sent
            order = replace(each, ref=None) if is_strange else each  # another program's name for it is none of ours
            own = self.of(order)
            if own is route:
                yield order
            elif self._ways[own]() is None:  # nobody else can tell; but its number is that of the way it went
                yield replace(order, id=None)

    def _connected(self) -> tuple[OrderRoute, ...]:
        """The ways that are there and in use, the chosen one first. Refused when there is none."""
        inorder = sorted(OrderRoute, key=lambda each: each is not self.chosen)
        found = tuple(each for each in inorder if self._ways[each]() is not None and self.is_used(each))
        if not found:
            raise _not_there(self.chosen)
        return found

    def _noted(self, answer: Answer, route: OrderRoute) -> Answer:
        if isinstance(answer, Questions):
            self._asking[answer.reply] = route
        return answer

    def _heard(self, error: DeskError) -> None:
        """A TWS that takes no orders at all says so when it is asked for them."""
        if error.cause is Cause.READ_ONLY:
            self._refused = error

    def _must(self, route: OrderRoute) -> Trading:
        way = self._ways[route]()
        if way is None:
            raise _not_there(route)
        return way


def _not_there(route: OrderRoute) -> Refused:
    if route is OrderRoute.TWS:
        return Refused(
            "Orders go through TWS, and the desk is not connected to it.",
            remedy="Turn on “Connect to TWS or IB Gateway” in Settings, or let orders go through the Portal.",
            cause=Cause.ORDER_REFUSED,
        )
    return Refused(
        "This way of orders, the Client Portal Gateway, is not connected.",
        remedy="Connect it, let orders go through TWS in Settings, or use the broker’s own app.",
        cause=Cause.ORDER_REFUSED,
    )
