"""One account book behind every server: holdings, cash, margins and history, all from the same prices.

Figures are exact: a position's value is rounded to the cent in its own currency, and an account's total is the sum
of its currencies, each converted at the rate shown and rounded to the cent once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from ibdesk.demo.book import Book, Lot, main_book, second_book
from ibdesk.demo.catalogue import CENT, Listing
from ibdesk.demo.hours import is_trading_day, session
from ibdesk.demo.market import Floats, Market

ZERO = Decimal(0)
BASE = "USD"
RATE_CONIDS = {"EUR": 12087792, "GBP": 12087797, "JPY": 15016059, "CHF": 12087820}
#: Share of market value that must be covered: at the open of a trade, and while it is held.
MARGINS: Mapping[str, tuple[Decimal, Decimal]] = {
    "STK": (Decimal("0.50"), Decimal("0.25")),
    "FUND": (Decimal("0.50"), Decimal("0.25")),
    "BOND": (Decimal("0.10"), Decimal("0.08")),
    "CFD": (Decimal("0.20"), Decimal("0.15")),
    "CRYPTO": (Decimal(1), Decimal(1)),
    "OPT": (Decimal("1.6"), Decimal("1.4")),
    "FOP": (Decimal(1), Decimal("0.9")),
    "FUT": (Decimal("0.052"), Decimal("0.047")),
}


def cents(amount: Decimal) -> Decimal:
    """An amount rounded to the cent, half even."""
    return amount.quantize(CENT, ROUND_HALF_EVEN) + ZERO  # never minus zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One position at an instant, in its own currency. `value` is what it adds to net liquidation."""

    listing: Listing
    quantity: Decimal
    average_price: Decimal
    price: Decimal
    market_value: Decimal
    value: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal


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

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.books)

    def figures(self, account: str, now: datetime) -> Figures:
        """Everything about one account, the same for every question within one second."""
        now = now.replace(microsecond=0)
        latest = self._latest.get(account)
        if latest is None or latest.as_of != now:
            latest = self._latest[account] = self._figures(self.books[account], now)
        return latest

    def rate(self, currency: str, now: datetime) -> Decimal:
        """What one unit of a currency is worth in the base currency."""
        return Decimal(1) if currency == BASE else self.market.price(RATE_CONIDS[currency], now)

    def opened(self, account: str) -> date:
        """The day the account was opened."""
        return self.market.catalogue.anchor - timedelta(days=self.books[account].days)

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

    def _figures(self, book: Book, now: datetime) -> Figures:
        holdings = tuple(self._holding(lot, now) for lot in book.lots)
        currencies = dict.fromkeys([currency for currency, _ in book.cash])
        currencies.update(dict.fromkeys(one.listing.currency for one in holdings))
        lines = tuple(self._line(book, currency, holdings, now) for currency in currencies)
        rates = {line.currency: line.rate for line in lines}
        initial = _margin(holdings, rates, 0)
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
            initial_margin=initial,
            maintenance_margin=_margin(holdings, rates, 1),
            futures_margin=_margin([one for one in holdings if one.listing.asset_class == "FUT"], rates, 0),
        )

    def _line(self, book: Book, currency: str, holdings: tuple[Holding, ...], now: datetime) -> Line:
        ours = [one for one in holdings if one.listing.currency == currency]
        by_class: dict[str, Decimal] = {}
        for one in ours:
            by_class[one.listing.asset_class] = by_class.get(one.listing.asset_class, ZERO) + one.value
        return Line(
            currency=currency,
            rate=self.rate(currency, now),
            cash=self._cash(book, currency, now),
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
            value=_value(listing, market_value, unrealized), unrealized=unrealized, realized=realized,
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


def _value(listing: Listing, market_value: Decimal, unrealized: Decimal) -> Decimal:
    """A future's gain is already cash and a CFD is worth its gain; everything else is worth its price."""
    if listing.asset_class == "FUT":
        return ZERO
    return unrealized if listing.asset_class == "CFD" else market_value


def _converted(amounts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    return cents(sum((amount * rate for amount, rate in amounts), ZERO))


def _margin(holdings: Iterable[Holding], rates: Mapping[str, Decimal], kind: int) -> Decimal:
    return cents(
        sum(
            (abs(one.market_value) * rates[one.listing.currency] * MARGINS[one.listing.asset_class][kind]
             for one in holdings),
            ZERO,
        )
    )
