"""What the market says: quotes, bars and how late they are."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.instruments import AssetClass, Conid


class Delay(StrEnum):
    """How a quote relates to now, as the broker marks it."""

    LIVE = "live"
    DELAYED = "delayed"
    FROZEN = "frozen"
    FROZEN_DELAYED = "frozen, delayed"
    NOT_SUBSCRIBED = "not subscribed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFigures:
    """What the broker computes for an option. `volatility` is a fraction (0.25 is 25 %), theta per day, vega per point
    of volatility."""

    volatility: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    theta: Decimal | None = None
    vega: Decimal | None = None
    open_interest: Decimal | None = None

    def merged(self, newer: "OptionFigures") -> "OptionFigures":
        """Ours with every figure the newer one knows."""
        return OptionFigures(
            volatility=_newer(newer.volatility, self.volatility),
            delta=_newer(newer.delta, self.delta),
            gamma=_newer(newer.gamma, self.gamma),
            theta=_newer(newer.theta, self.theta),
            vega=_newer(newer.vega, self.vega),
            open_interest=_newer(newer.open_interest, self.open_interest),
        )


def _newer(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend:
    """The next one of an underlying: per share, and the first day without it."""

    ex_date: date
    amount: Decimal


#: The broker's clock and a desk's may be this far apart: what seems younger is taken to be of now.
CLOCKS_DIFFER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is known of one instrument's price. `is_close` marks a last that is yesterday's close; sizes are the units
    shown at bid and ask; `option` is None where the broker told no option figure; `updated_at` is when the broker last
    heard of it by its own word, None where it says nothing."""

    conid: Conid
    received_at: datetime
    delay: Delay = Delay.UNKNOWN
    last: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    prior_close: Decimal | None = None
    daily_pnl: Decimal | None = None
    is_close: bool = False
    is_halted: bool = False
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    volume: Decimal | None = None
    option: OptionFigures | None = None
    updated_at: datetime | None = None

    @property
    def told_at(self) -> datetime:
        """How old its figures are counts from here: an answer that comes now may tell of long ago."""
        if self.updated_at is None or self.received_at - self.updated_at < CLOCKS_DIFFER:
            return self.received_at
        return self.updated_at

    @property
    def tells_price(self) -> bool:
        """Whether any price is in it, and not only what stands beside one."""
        return any(price is not None for price in (self.last, self.bid, self.ask))

    def merged(self, newer: "Quote") -> "Quote":
        """Ours with every field the newer one knows; the wire sends only what changed. What the broker said of when it
        heard of an older price says nothing of a newer one."""
        return Quote(
            conid=self.conid,
            received_at=newer.received_at,
            delay=self.delay if newer.delay is Delay.UNKNOWN else newer.delay,
            last=_newer(newer.last, self.last),
            bid=_newer(newer.bid, self.bid),
            ask=_newer(newer.ask, self.ask),
            change=_newer(newer.change, self.change),
            change_percent=_newer(newer.change_percent, self.change_percent),
            prior_close=_newer(newer.prior_close, self.prior_close),
            daily_pnl=_newer(newer.daily_pnl, self.daily_pnl),
            is_close=self.is_close if newer.last is None else newer.is_close,
            is_halted=self.is_halted if newer.last is None else newer.is_halted,
            bid_size=_newer(newer.bid_size, self.bid_size),
            ask_size=_newer(newer.ask_size, self.ask_size),
            volume=_newer(newer.volume, self.volume),
            option=self.option.merged(newer.option) if self.option and newer.option else newer.option or self.option,
            updated_at=newer.updated_at if newer.tells_price else newer.updated_at or self.updated_at,
        )

    def completed(self, other: "Quote") -> "Quote":
        """Both tellings as one, the newer first. Where a price is only in the older one, all of it is as old as that
        one and from its feed: what is filled in looks no fresher than it is."""
        older, newer = sorted((self, other), key=lambda each: each.told_at)
        whole = older.merged(newer)
        is_filled_in = (whole.last, whole.bid, whole.ask) != (newer.last, newer.bid, newer.ask)
        dated = older if is_filled_in else newer
        return replace(
            whole, received_at=dated.received_at, updated_at=dated.updated_at,
            delay=dated.delay if is_filled_in else whole.delay,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar; `at` is its start."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMatch:
    """One hit of a contract search."""

    conid: Conid
    symbol: str
    name: str
    exchange: str
    classes: tuple[AssetClass, ...]
    option_months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDetails:
    """What the broker tells of one contract."""

    conid: Conid
    symbol: str
    name: str
    asset_class: AssetClass
    currency: str
    exchange: str
    valid_exchanges: tuple[str, ...]
    multiplier: Decimal | None
    industry: str
    category: str
    maturity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSpan:
    """A stretch of trading, aware UTC. `is_liquid`: regular hours."""

    opens: datetime
    closes: datetime
    is_liquid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingHours:
    """When an instrument trades in the days around today, in order, as its venue in `zone` says; no holidays."""

    conid: Conid
    zone: str
    spans: tuple[TradingSpan, ...]

    def is_open(self, at: datetime, *, outside_hours: bool = False) -> bool:
        """Whether it trades at `at`: in regular hours, or in any with `outside_hours`."""
        return any(
            span.opens <= at < span.closes for span in self.spans if span.is_liquid or outside_hours
        )


class BarSize(StrEnum):
    """The bar lengths we ask for."""

    MINUTE_5 = "5min"
    HOUR = "1h"
    DAY = "1d"


class Span(StrEnum):
    """The windows of history we ask for."""

    DAY = "1d"
    WEEK = "1w"
    MONTH = "1m"
    YEAR = "1y"
    FIVE_YEARS = "5y"
