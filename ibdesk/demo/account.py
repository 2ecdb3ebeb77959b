"""One account book behind every server: holdings, cash, margins and history, all from the same prices.

Figures are exact: a position's value is rounded to the cent in its own currency, and an account's total is the sum
of its currencies, each converted at the rate shown and rounded to the cent once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from ibdesk.demo.book import Book, Lot, main_book, second_book
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.fills import ZERO, Blotter, Fill, Standing, cents, fold
from ibdesk.demo.holdings import Holding, average_price, cash_of, flat_margin, margin, standing, traded, value_of
from ibdesk.demo.hours import is_trading_day, session
from ibdesk.demo.market import Floats, Market

__all__ = ["ZERO", "DemoAccount", "Figures", "Holding", "Line", "cents"]

BASE = "USD"
RATE_CONIDS = {"EUR": 12087792, "GBP": 12087797, "JPY": 15016059, "CHF": 12087820}

@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One currency of an account, in that currency; `rate` turns it into the base currency."""

    currency: str
    rate: Decimal
    cash: Decimal
    value: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal
    by_class: Mapping[str, Decimal]

    @property
    def net_liquidation(self) -> Decimal:
        return self.cash + self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """An account at an instant; totals are in the base currency."""

    account: str
    as_of: datetime
    holdings: tuple[Holding, ...]
    lines: tuple[Line, ...]
    cash: Decimal
    net_liquidation: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal
    gross: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    futures_margin: Decimal

    @property
    def available(self) -> Decimal:
        return max(ZERO, self.net_liquidation - self.initial_margin)

    @property
    def excess(self) -> Decimal:
        return self.net_liquidation - self.maintenance_margin

    @property
    def buying_power(self) -> Decimal:
        return self.available * 4


class DemoAccount:
    """The book of both accounts over one market. `market.catalogue` may hold extra positions for load tests.

    `live` gives the accounts the ids of live ones, to rehearse what happens in the wrong environment.
    """

    def __init__(self, market: Market, *, live: bool = False) -> None:
        self.market = market
        self.is_live = live
        books = tuple(
            replace(book, account=book.account.removeprefix("D")) if live else book
            for book in (main_book(market.catalogue), second_book(market.catalogue))
        )
        self.books: Mapping[str, Book] = {book.account: book for book in books}
        self._costs: dict[tuple[int, int], Decimal] = {}
        self._latest: dict[str, Figures] = {}
        self._history: dict[str, tuple[tuple[date, ...], Floats]] = {}
        self.blotter = Blotter()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.books)

    def figures(self, account: str, now: datetime) -> Figures:
        """Everything about one account, the same for every question within one second."""
        now = now.replace(microsecond=0)
        latest = self._latest.get(account)
        if latest is None or latest.as_of != now:
            latest = self._latest[account] = self._figures(
                self.books[account], now, self.blotter.of(account, now)
            )
        return latest

    def record(self, fill: Fill) -> None:
        """A trade (or its correction) changes the account from its second on."""
        self.blotter.record(replace(fill, at=fill.at.replace(microsecond=0)))
        self._latest.pop(fill.account, None)
        self._history.pop(fill.account, None)

    def what_if(self, account: str, fills: tuple[Fill, ...], now: datetime) -> Figures:
        """The account as if these had been traded by now."""
        now = now.replace(microsecond=0)
        known = self.blotter.of(account, now)
        return self._figures(self.books[account], now, (*known, *(replace(one, at=now) for one in fills)))

    def rate(self, currency: str, now: datetime) -> Decimal:
        """What one unit of a currency is worth in the base currency."""
        return Decimal(1) if currency == BASE else self.market.price(RATE_CONIDS[currency], now)

    def opened(self, account: str) -> date:
        """The day the account was opened."""
        return self.market.catalogue.anchor - timedelta(days=self.books[account].days)

    def stakes(self, account: str, now: datetime) -> Iterator[tuple[Listing, Decimal, Decimal]]:
        """Contract, quantity and average price of every position, closed ones too, without looking at the market."""
        changed: dict[int, list[Fill]] = {}
        for fill in self.blotter.of(account, now.replace(microsecond=0)):
            changed.setdefault(fill.listing.conid, []).append(fill)
        for lot in self.books[account].lots:
            if lot.listing.conid not in changed:
                yield lot.listing, ZERO if self._is_sold(lot, now) else lot.quantity, self._cost(lot)
        for conid, fills in changed.items():
            stand = fold(self.standing(account, conid, now), fills)
            yield fills[0].listing, stand.quantity, average_price(stand, fills[0].listing.multiplier)

    def standing(self, account: str, conid: int, now: datetime) -> Standing:
        """A position as it was before anything was traded."""
        lots = (lot for lot in self.books[account].lots if lot.listing.conid == conid)
        return next((standing(self._holding(lot, now)) for lot in lots), Standing())

    def closings(self, account: str) -> Iterator[tuple[Fill, Decimal]]:
        """What was sold on the first day before the demo began, as trades with what they realised."""
        for number, lot in enumerate(self.books[account].lots):
            at = self._sold_at(lot)
            if at is not None:
                price = self._sale(lot)
                gain = cents(lot.quantity * (price - self._cost(lot)) * lot.listing.multiplier)
                yield Fill(
                    exec_id=f"0000e0d5.{number:08x}.01.01", account=account, listing=lot.listing,
                    quantity=-lot.quantity, price=price, at=at.replace(microsecond=0), commission=ZERO, order_id=0,
                    exchange=lot.listing.exchange,
                ), gain

    def purchases(self, account: str) -> tuple[tuple[Lot, date, Decimal], ...]:
        """Every lot with the day and the price it was bought (or sold short) at."""
        anchor = self.market.catalogue.anchor
        lots = self.books[account].lots
        return tuple((lot, anchor - timedelta(days=lot.days), self._cost(lot)) for lot in lots)

    def history(self, account: str, until: date) -> tuple[tuple[date, ...], Floats]:
        """Net liquidation at the close of every New York trading day, opening day to `until` (inclusive)."""
        first = self.opened(account)
        known = self._history.get(account)
        if known is None or known[0][-1] < until:
            days = tuple(
                day for day in (first + timedelta(days=n) for n in range((until - first).days + 1))
                if is_trading_day("XNYS", day)
            )
            known = self._history[account] = (days, self._net_liquidations(self.books[account], days))
        keep = sum(1 for day in known[0] if day <= until)
        return known[0][:keep], known[1][:keep]

    def _figures(self, book: Book, now: datetime, fills: tuple[Fill, ...]) -> Figures:
        holdings, cash = self._holdings(book, now, fills)
        currencies = dict.fromkeys([currency for currency, _ in book.cash])
        currencies.update(dict.fromkeys(one.listing.currency for one in holdings))
        lines = tuple(
            self._line(book, currency, holdings, now, cash.get(currency, ZERO)) for currency in currencies
        )
        rates = {line.currency: line.rate for line in lines}
        return Figures(
            account=book.account,
            as_of=now,
            holdings=holdings,
            lines=lines,
            cash=_converted((line.cash, line.rate) for line in lines),
            net_liquidation=_converted((line.net_liquidation, line.rate) for line in lines),
            unrealized=_converted((line.unrealized, line.rate) for line in lines),
            realized=_converted((line.realized, line.rate) for line in lines),
            daily=_converted((line.daily, line.rate) for line in lines),
            gross=_converted((abs(one.value), rates[one.listing.currency]) for one in holdings),
            initial_margin=margin(holdings, rates, 0, self.market, now),
            maintenance_margin=margin(holdings, rates, 1, self.market, now),
            futures_margin=flat_margin([one for one in holdings if one.listing.asset_class == "FUT"], rates, 0),
        )

    def _holdings(
        self, book: Book, now: datetime, fills: tuple[Fill, ...]
    ) -> tuple[tuple[Holding, ...], dict[str, Decimal]]:
        """What was there from the beginning, in its order, then what was traded since; and what trades did to the
        cash of each currency."""
        changed: dict[int, list[Fill]] = {}
        for fill in fills:
            changed.setdefault(fill.listing.conid, []).append(fill)
        rows: list[Holding] = []
        cash: dict[str, Decimal] = {}
        for old in (*(self._holding(lot, now) for lot in book.lots), None):
            for conid in list(changed) if old is None else [old.listing.conid]:
                deals = changed.pop(conid, None)
                if deals is None:
                    rows += [old] if old is not None else []
                    continue
                rows.append(traded(old, deals, self.market, now))
                currency = deals[0].listing.currency
                cash[currency] = cash.get(currency, ZERO) + cash_of(old, deals, self.market, now)
        return tuple(rows), cash

    def _line(
        self, book: Book, currency: str, holdings: tuple[Holding, ...], now: datetime, traded_cash: Decimal
    ) -> Line:
        ours = [one for one in holdings if one.listing.currency == currency]
        by_class: dict[str, Decimal] = {}
        for one in ours:
            by_class[one.listing.asset_class] = by_class.get(one.listing.asset_class, ZERO) + one.value
        return Line(
            currency=currency,
            rate=self.rate(currency, now),
            cash=self._cash(book, currency, now) + traded_cash,
            value=sum((one.value for one in ours), ZERO),
            unrealized=sum((one.unrealized for one in ours), ZERO),
            realized=sum((one.realized for one in ours), ZERO),
            daily=sum((one.daily for one in ours), ZERO),
            by_class=by_class,
        )

    def _holding(self, lot: Lot, now: datetime) -> Holding:
        listing, cost = lot.listing, self._cost(lot)
        price = self.market.price(listing.conid, now)
        quantity = ZERO if self._is_sold(lot, now) else lot.quantity
        market_value = cents(quantity * price * listing.multiplier)
        unrealized = cents(quantity * (price - cost) * listing.multiplier)
        realized = ZERO if quantity else cents(lot.quantity * (self._sale(lot) - cost) * listing.multiplier)
        return Holding(
            listing=listing, quantity=quantity, average_price=cost, price=price, market_value=market_value,
            value=value_of(listing, market_value, unrealized), unrealized=unrealized, realized=realized,
            daily=self._daily(lot, now, price),
        )

    def _daily(self, lot: Lot, now: datetime, price: Decimal) -> Decimal:
        prior = self.market.prior_close(lot.listing.conid, now)
        if not self._is_sold(lot, now):
            return cents(lot.quantity * (price - prior) * lot.listing.multiplier)
        if self.market.session_day(lot.listing.conid, now) != self.market.catalogue.anchor:
            return ZERO
        return cents(lot.quantity * (self._sale(lot) - prior) * lot.listing.multiplier)

    def _cost(self, lot: Lot) -> Decimal:
        key = (lot.listing.conid, lot.days)
        if key not in self._costs:
            day = self.market.catalogue.anchor - timedelta(days=lot.days)
            self._costs[key] = self.market.close(lot.listing.conid, day)
        return self._costs[key]

    def _sold_at(self, lot: Lot) -> datetime | None:
        if lot.sold_after is None:
            return None
        return session("XNYS", self.market.catalogue.anchor)[0] + lot.sold_after

    def _is_sold(self, lot: Lot, now: datetime) -> bool:
        at = self._sold_at(lot)
        return at is not None and at <= now

    def _sale(self, lot: Lot) -> Decimal:
        at = self._sold_at(lot)
        return ZERO if at is None else self.market.price(lot.listing.conid, at)

    def _cash(self, book: Book, currency: str, now: datetime) -> Decimal:
        """Cash at `now`: what is left of the deposit, plus sales and the daily variation of futures."""
        cash = dict(book.cash).get(currency, ZERO)
        for lot in book.lots:
            if lot.listing.currency == currency:
                cash += self._cash_since_anchor(lot, now)
        return cents(cash)

    def _cash_since_anchor(self, lot: Lot, now: datetime) -> Decimal:
        size = lot.quantity * lot.listing.multiplier
        if lot.listing.asset_class == "FUT":
            return cents(size * (self.market.price(lot.listing.conid, now) - self._cost(lot)))
        return cents(size * self._sale(lot)) if self._is_sold(lot, now) else ZERO

    def _net_liquidations(self, book: Book, days: tuple[date, ...]) -> Floats:
        """Day by day: the money not yet spent on a lot is cash, afterwards the lot's value takes its place."""
        dates = list(days)
        total = np.zeros(len(dates))
        for currency, cash in book.cash:
            total += float(cash) * self._rates(currency, dates)
        for lot in book.lots:
            total += self._contribution(lot, dates) * self._rates(lot.listing.currency, dates)
        first = self.blotter.first(book.account)
        for number, close in enumerate(session("XNYS", day)[1] for day in dates if first is not None):
            if first is not None and close >= first:
                total[number] = float(self.figures(book.account, close).net_liquidation)
        return np.asarray(np.round(total, 2), dtype=np.float64)

    def _contribution(self, lot: Lot, days: list[date]) -> Floats:
        size = float(lot.quantity * lot.listing.multiplier)
        cost = float(self._cost(lot))
        bought = self.market.catalogue.anchor - timedelta(days=lot.days)
        gain = (self.market.closes(lot.listing.conid, days) - cost) * size
        gain[np.array([day < bought for day in days])] = 0.0
        if lot.sold_after is not None:
            sold = np.array([day >= self.market.catalogue.anchor for day in days])
            gain[sold] = (float(self._sale(lot)) - cost) * size
        return gain if lot.listing.asset_class in ("FUT", "CFD") else gain + cost * size

    def _rates(self, currency: str, days: list[date]) -> Floats:
        if currency == BASE:
            return np.ones(len(days))
        return self.market.closes(RATE_CONIDS[currency], days)


def _converted(amounts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    return cents(sum((amount * rate for amount, rate in amounts), ZERO))
