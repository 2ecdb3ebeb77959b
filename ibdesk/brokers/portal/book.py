"""How to learn what was ordered and traded: the first list of a session is empty, and a filtered one never asked for.

A filter would silence the stream's order news for everybody at this gateway (reference/client-portal-api.md 7.9).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import Declined, Faulted
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.contracts import Contracts
from ibdesk.brokers.portal.parse import orders as parse
from ibdesk.brokers.portal.parse import trades as parse_trades
from ibdesk.brokers.throttle import Clock
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import BadData
from ibdesk.domain.executions import Fill
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.orders import Order, OrderRef

_log = logging.getLogger(__name__)

#: Seconds after the first, empty list until the broker has the real one.
_LIST_AFTER = 1.0


class PortalBook:
    """Orders and executions of the brokerage session."""

    def __init__(self, calls: Calls, contracts: Contracts, *, clock: Clock) -> None:
        self._calls, self._contracts, self._clock = calls, contracts, clock
        self._orders_of = self._trades_of = -1
        self._choosing = asyncio.Lock()
        self._lost: set[str] = set()

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        await self._calls.must_know(account)
        rows = [row for row in await self._live(account) if parse.account_of(row) == account]
        known = await self._named([conid for row in rows for conid in parse.conids_of(row)])
        parents = refs(rows)
        found = (parse.order(row, known, parents, self._clock()) for row in rows)
        return tuple(each for each in found if each is not None)

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        await self._calls.must_know(account)
        rows = await self._trades(account, since)
        conids = [conid for row in rows if (conid := parse_trades.conid_of(row)) is not None]
        known = await self._named(conids)
        fills = [parse_trades.fill(row, known) for row in rows]
        self._name_lost({str(row.execution_id) for row, fill in zip(rows, fills, strict=True) if fill is None})
        return parse_trades.each_once((fill for fill in fills if fill is not None), account, since)

    async def _named(self, conids: Sequence[Conid]) -> Mapping[Conid, Instrument]:
        """The instruments; where the broker's answer about them is of no use, orders are told without their legs."""
        try:
            return await self._contracts.of(conids)
        except (BadData, Declined, Faulted):
            return self._contracts.known

    def _name_lost(self, lost: set[str]) -> None:
        """A print nobody can read is no print to us, but it is said, once."""
        if lost - self._lost:
            _log.warning("executions that cannot be read: %s", ", ".join(sorted(lost - self._lost)))
            self._lost |= lost

    async def warm_orders(self, account: AccountId) -> None:
        """A change is only taken in a session that was asked for its orders."""
        if self._orders_of != self._calls.session:
            await self._live(account)

    async def _live(self, account: AccountId) -> Sequence[parse.Row]:
        await self._calls.brokerage_accounts()
        rows = await self._ask(account)
        if not rows and self._orders_of != self._calls.session:
            await self._calls.pause(_LIST_AFTER)
            rows = await self._ask(account)
        self._orders_of = self._calls.session
        return rows

    async def _ask(self, account: AccountId) -> Sequence[parse.Row]:
        """With several accounts the broker lists none of them unless it is told which (client-portal-api.md 11.6).
        It goes before what waits: a chain asks for many strikes, this once in five seconds."""
        query = {"accountId": account} if len(self._calls.known) > 1 else {}
        return parse.live(await self._calls.get(endpoints.LIVE_ORDERS, query, urgent=True))

    async def _trades(self, account: AccountId, since: datetime) -> Sequence[parse_trades.Row]:
        """Executions are told of the chosen account only."""
        today, first = (at.astimezone(NEW_YORK).date() for at in (self._clock(), since))
        days = min(max((today - first).days + 1, 1), endpoints.MOST_TRADE_DAYS)
        query = {"days": str(days)}
        async with self._choosing:
            if await self._calls.selected() != account:
                await self._calls.select(account)
            rows = parse_trades.rows(await self._calls.get(endpoints.TRADES, query))
            if not rows and self._trades_of != self._calls.session:
                await self._calls.pause(_LIST_AFTER)
                rows = parse_trades.rows(await self._calls.get(endpoints.TRADES, query))
            self._trades_of = self._calls.session
        return rows


def refs(rows: Sequence[parse.Row]) -> dict[str, OrderRef]:
    """Our ids by the broker's, for the children that name their parent."""
    return {str(row.order_id): OrderRef(str(row.order_ref)) for row in rows if row.order_ref}
