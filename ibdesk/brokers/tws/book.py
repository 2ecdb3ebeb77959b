"""How to learn what was ordered and traded: every client's open orders, the day's finished ones, and every print."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ibdesk.brokers.tws import seam
from ibdesk.brokers.tws.connection import Line, Link, Setting, asked, asked_named
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert import order_id
from ibdesk.brokers.tws.ears import COMPLETED_ORDERS, OPEN_ORDERS
from ibdesk.brokers.tws.inbox import Inbox
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.executions import Fill
from ibdesk.domain.orders import Order, OrderId

#: Seconds that commission reports may come after the last print of an answer (reference/tws-api.md 5.3).
_COMMISSIONS_WITHIN = 2.0
#: Seconds that an open order has to be missing from the list before it counts as over.
_GIVEN_UP_AFTER = 60.0


class TwsBook:
    """Orders and executions, reading only. `link`: the connection that may list orders, ours for orders if there is
    one. A TWS set to read-only lists none: Refused(READ_ONLY)."""

    def __init__(self, setting: Setting, main: Link, ordering: Link | None, inbox: Inbox, contracts: Contracts) -> None:
        self._setting, self._main, self._of_orders = setting, main, ordering
        self._inbox, self._contracts = inbox, contracts
        self._refreshing = asyncio.Lock()
        self._missed: dict[OrderId, float] = {}

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        line = await self._main.ready()
        must_know(line, account)
        await self.refresh()
        await self._contracts.of(self._inbox.orders.legless())
        self._inbox.orders.price_from(self._inbox.fills.of_orders())
        return self._inbox.orders.list(account)

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        line = await self._main.ready()
        must_know(line, account)
        wanted = seam.execution_filter(account)
        await asked(line, "the executions", lambda client, number: client.reqExecutions(number, wanted))
        await self._commissions(account, since)
        return self._inbox.fills.of(account, since)

    async def refresh(self) -> None:
        """Ask TWS for every order it knows. Raises DeskError."""
        async with self._refreshing:
            line = await self._listing.ready()
            before = self._inbox.orders.open_ids()
            open_ = await self._list(line, OPEN_ORDERS, lambda client: client.reqAllOpenOrders())
            for contract, wire, state in await self._list(
                line, COMPLETED_ORDERS, lambda client: client.reqCompletedOrders(False)
            ):
                news = self._inbox.orders.completed(contract, wire, state, self._setting.clock())
                self._inbox.ordered(news, is_whole=True)
            self._miss(before - {order_id(each) for each in open_})

    @property
    def _listing(self) -> Link:
        """That of orders where it stands or may; else the one that reads."""
        own = self._of_orders
        return self._main if own is None or (own.line is None and not self._setting.may_order()) else own

    def _miss(self, missing: frozenset[OrderId]) -> None:
        """TWS lists every open order; but for a while after its own start, or without the broker, it may not know
        them. Only what stays away is given up."""
        now = self._setting.ticks()
        self._missed = {} if self._inbox.is_broker_lost else {each: self._missed.get(each, now) for each in missing}
        gone = [each for each, since in self._missed.items() if now - since >= _GIVEN_UP_AFTER]
        for order in self._inbox.orders.vanished(gone, self._setting.clock()):
            self._inbox.ordered(order, is_whole=True)

    async def _list(self, line: Line, key: str, request: Callable[[Any], object]) -> list[Any]:
        return await asked_named(line, key, f"the {key}", request)

    async def _commissions(self, account: AccountId, since: datetime) -> None:
        """Wait a moment for those that are not told yet: nothing says which come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_COMMISSIONS_WITHIN):
                while any(each.commission is None for each in self._inbox.fills.of(account, since)):
                    self._inbox.charged_one.clear()
                    await self._inbox.charged_one.wait()


def must_know(line: Line, account: AccountId) -> None:
    """Raises Refused(UNKNOWN_ACCOUNT) for one that this sign-in does not see."""
    if account not in line.accounts:
        raise Refused(
            "The account is not one of this sign-in's.", remedy="Choose one of the accounts in the list.",
            cause=Cause.UNKNOWN_ACCOUNT,
        )

