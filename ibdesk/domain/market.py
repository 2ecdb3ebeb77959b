"""What the market says: quotes, bars and how late they are."""

from dataclasses import dataclass
from datetime import datetime
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
class Quote:
    """What is known of one instrument's price. `is_close` marks a last that is yesterday's close."""

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

    def merged(self, newer: "Quote") -> "Quote":
        """Ours with every field the newer one knows; the wire sends only what changed."""
        def pick(new: Decimal | None, old: Decimal | None) -> Decimal | None:
            return old if new is None else new

        return Quote(
            conid=self.conid,
            received_at=newer.received_at,
            delay=self.delay if newer.delay is Delay.UNKNOWN else newer.delay,
            last=pick(newer.last, self.last),
            bid=pick(newer.bid, self.bid),
            ask=pick(newer.ask, self.ask),
            change=pick(newer.change, self.change),
            change_percent=pick(newer.change_percent, self.change_percent),
            prior_close=pick(newer.prior_close, self.prior_close),
            daily_pnl=pick(newer.daily_pnl, self.daily_pnl),
            is_close=self.is_close if newer.last is None else newer.is_close,
            is_halted=self.is_halted if newer.last is None else newer.is_halted,
        )


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
