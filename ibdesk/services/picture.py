"""Everything the rules before an order look at, gathered for one ticket: what is stored, what streams, what is asked.

What cannot be had is left unknown, never guessed: the rules say so and ask the person. Nothing here decides anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from ibdesk.brokers.base import MarketData, Trading
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.context import Context, Desk
from ibdesk.domain.compliance.day_trade_rule import DayTrades, seen_from
from ibdesk.domain.compliance.day_trades import DayTradeState, begin, trade_date_at
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure
from ibdesk.domain.compliance.exposure import book_of, moved
from ibdesk.domain.compliance.granted import with_entered
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.executions import Fill
from ibdesk.domain.hours import NEW_YORK, Calendar, midnight
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.maintenance import outage_at
from ibdesk.domain.market import Dividend, Quote, TradingHours
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Order, OrderRules, OrderTicket, Side
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.positions import Position
from ibdesk.domain.session import Session
from ibdesk.domain.settings import Settings
from ibdesk.services.book import DOUBT, Book
from ibdesk.services.desk import Clock
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.own_past import LATELY, OwnPast
from ibdesk.store import trades
from ibdesk.store.database import Database

#: Cash is no position, and an index or a combo as a whole cannot be held.
NOT_CLOSED = frozenset({AssetClass.CASH, AssetClass.INDEX, AssetClass.COMBO})


class Pictures:
    """Makes the context of a check. `quotes` is what streams; a leg it lacks is asked for. `entered_level` is the
    option level the person entered with the connection of an account."""

    def __init__(
        self,
        book: Book,
        trading: Trading,
        market: MarketData | None,
        orders: LiveOrders,
        *,
        mode: Mode,
        quotes: Callable[[], Mapping[Conid, Quote]],
        session: Callable[[], Session | None],
        settings: Callable[[], Settings],
        calendar: Calendar,
        disclosures: tuple[Disclosure, ...],
        acknowledged: Callable[[], Awaitable[tuple[Acknowledgment, ...]]],
        database: Database,
        clock: Clock,
        entered_level: Callable[[AccountId], Awaitable[int | None]],
    ) -> None:
        self._past = OwnPast(
            mode=mode, database=database, calendar=calendar, clock=clock, has_read=orders.has_read
        )  # fmt: skip
        self._entered_level = entered_level
        self._book = book
        self._trading = trading
        self._market = market
        self._orders = orders
        self._mode = mode
        self._quotes = quotes
        self._session = session
        self._settings = settings
        self._calendar = calendar
        self._disclosures = disclosures
        self._acknowledged = acknowledged
        self._database = database
        self._clock = clock

    async def of(self, ticket: OrderTicket) -> Context:
        """What is known now. Refused(UNKNOWN_ACCOUNT) before the account's first sync."""
        # all of this waits for a thread or the broker: one after the other it would keep Send waiting
        since = midnight(self._clock()) - LATELY
        ((page, prints), stored), (settings, acknowledged, live_orders), told = await asyncio.gather(
            asyncio.gather(
                self._book.page_with_fills(ticket.account, since), self._past.stored(ticket.account),
            ),
            asyncio.gather(
                self._with_level(self._settings(), ticket.account), self._acknowledged(), self._live_orders(),
            ),
            asyncio.gather(
                self._quoted(ticket), self._rules(ticket), self._hours(ticket), self._dividends(ticket)
            ),
        )  # fmt: skip
        if page is None:
            raise Refused(
                "This account has not been read yet, so no order for it can be checked.",
                remedy="Sync it once, then open the ticket again.", cause=Cause.UNKNOWN_ACCOUNT,
            )
        past = await self._past.of(page, ticket.currency, stored)
        now, (quotes, rules, hours, dividends) = self._clock(), told
        day_trades, seen = None, None
        if self._orders.has_read(ticket.account):  # before, nobody knows how many there were
            day_trades, seen = day_trades_of(page, prints, now, self._calendar, since=since)
        mine = tuple(order for order in self._orders.orders if order.account == ticket.account)
        working = tuple(order for order in self._orders.working if order.account == ticket.account)
        positions = _now(page, prints)
        unsure = (*_doubtful(page, prints), *_untold(page, prints, mine))
        outage = outage_at(now, settings.region)
        return Context(
            now=now, account=page.account, desk=Desk(mode=self._mode, session=self._session(), outage=outage),
            calendar=self._calendar, settings=settings, summary=page.summary,
            daily_pnl=None if page.pnl is None else page.pnl.daily,
            rates={line.currency: line.rate for line in page.ledger},
            book=book_of(positions, (order.changes for order in working), unsure), working=working,
            live_orders=live_orders, day_trades=day_trades, trades=seen, quotes=quotes, rules=rules, hours=hours,
            dividends=dividends, disclosures=self._disclosures, acknowledged=acknowledged, usual=past.usual,
            was_refused=past.was_refused, deficits=past.deficits, cash=past.cash,
        )  # fmt: skip

    async def _with_level(self, settings: Settings, account: AccountId) -> Settings:
        """With the option level that was entered when the account was connected, where Settings name none."""
        return with_entered(settings, await self._entered_level(account))

    async def _quoted(self, ticket: OrderTicket) -> Mapping[Conid, Quote]:
        """What streams, and for legs and underlyings without, what the broker says when asked."""
        quotes = dict(self._quotes())
        wanted = {leg.instrument.conid for leg in ticket.legs}
        wanted |= {under for leg in ticket.legs if (under := leg.instrument.underlying_conid) is not None}
        missing = sorted(wanted - set(quotes))
        if missing and self._market is not None:
            with suppress(DeskError):
                quotes |= {quote.conid: quote for quote in await self._market.quotes(missing)}
        return quotes

    async def _rules(self, ticket: OrderTicket) -> Mapping[Conid, OrderRules]:
        found: dict[Conid, OrderRules] = {}
        for leg in ticket.legs:
            with suppress(DeskError):
                found[leg.instrument.conid] = await self._trading.rules(leg.instrument.conid, leg.side)
        return found

    async def _hours(self, ticket: OrderTicket) -> Mapping[Conid, TradingHours]:
        found: dict[Conid, TradingHours] = {}
        for leg in ticket.legs if self._market is not None else ():
            with suppress(DeskError):
                found[leg.instrument.conid] = await self._market.hours(leg.instrument.conid)  # type: ignore[union-attr]
        return found

    async def _dividends(self, ticket: OrderTicket) -> Mapping[Conid, Dividend]:
        """Of what calls are sold on: only they are taken early for one. Unknown where the broker does not answer."""
        sold = {
            under for leg in ticket.legs
            if leg.side is Side.SELL and leg.instrument.option is not None
            and leg.instrument.option.right is Right.CALL and (under := leg.instrument.underlying_conid) is not None
        }  # fmt: skip
        with suppress(DeskError):
            return await self._market.dividends(sorted(sold)) if sold and self._market is not None else {}
        return {}

    async def _live_orders(self) -> int:
        """How many orders of this desk the broker ever took with real money."""
        if face_of(self._mode).environment is not Environment.LIVE:
            return 0
        return await self._database.recall(trades.count_taken, self._mode)


def _now(page: AccountPage, fills: Iterable[Fill]) -> tuple[Position, ...]:
    """The positions as read, and what was traded since."""
    return moved((row.position for row in page.rows), _since(page, fills))


def _since(page: AccountPage, fills: Iterable[Fill]) -> tuple[tuple[Instrument, Decimal], ...]:
    """What was traded after the instant of the page, which its positions do not have."""
    return tuple(_change(fill) for fill in fills if fill.execution.at > page.as_of and _moves(fill))


def _doubtful(page: AccountPage, fills: Iterable[Fill]) -> Iterator[tuple[Instrument, Decimal]]:
    """What was traded so near to that instant that its positions may have it all the same, or may not have it yet."""
    first, last = page.as_of - DOUBT, max(page.as_of, page.received_at) + DOUBT
    for fill in fills:
        if first <= fill.execution.at <= last and _moves(fill):
            instrument, change = _change(fill)
            yield instrument, -change if fill.execution.at > page.as_of else change


def _untold(
    page: AccountPage, fills: tuple[Fill, ...], orders: Iterable[Order]
) -> Iterator[tuple[Instrument, Decimal]]:
    """What orders say is filled of them and no print has told of yet: the positions may have it or not."""
    for order in orders:
        if not order.filled.is_finite() or order.filled <= 0 or order.updated_at < page.as_of - DOUBT:
            continue
        prints = [fill.execution for fill in fills if _is_of(fill, order)]
        for leg in order.legs:
            told = sum((each.quantity for each in prints if each.instrument.conid == leg.instrument.conid), ZERO)
            if order.filled * leg.ratio > told:
                yield leg.instrument, (order.filled * leg.ratio - told) * leg.side.sign


def _is_of(fill: Fill, order: Order) -> bool:
    done = fill.execution
    return (done.ref is not None and done.ref == order.ref) or (done.order_id is not None and done.order_id == order.id)


def _moves(fill: Fill) -> bool:
    return fill.execution.instrument.asset_class not in NOT_CLOSED


def _change(fill: Fill) -> tuple[Instrument, Decimal]:
    return fill.execution.instrument, fill.execution.signed


def day_trades_of(
    page: AccountPage, fills: tuple[Fill, ...], now: datetime, calendar: Calendar, *, since: datetime | None = None
) -> tuple[DayTradeState, DayTrades]:
    """The day trades in the fills of the last days (`LATELY`), for the rules and for people. Those before `since` only
    tell what is held; among the fills are all that the positions as read may not know of."""
    account, rules = page.account.id, policies_at(now.astimezone(NEW_YORK).date()).day_trades
    held = {(account, each.instrument.conid): each.quantity for each in _now(page, fills)}
    counted = (fill.execution for fill in fills if since is None or fill.execution.at >= since)
    state = begin(counted, held, rules, calendar)
    return state, seen_from(state, account, trade_date_at(now, rules, calendar))


async def holdings(book: Book, account: AccountId) -> tuple[tuple[Instrument, Decimal], ...]:
    """What is held and could be closed, as last read and traded since. Cash and index rows are no positions to
    close."""
    page, prints = await book.page_with_fills(account)
    positions = () if page is None else _now(page, prints)
    return tuple((each.instrument, each.quantity) for each in positions
                 if each.quantity and each.instrument.asset_class not in NOT_CLOSED)  # fmt: skip
