"""One contract's snapshot fields in the broker's numbers and texts."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from ibdesk.demo import quotes
from ibdesk.demo.account import ZERO, Holding, cents
from ibdesk.demo.bars import volume_of
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.hours import VENUES, session
from ibdesk.demo.portal.calls import Json
from ibdesk.demo.portal.state import PortalState
from ibdesk.domain.matching import Touch


class QuoteFields:
    """One contract's snapshot fields at the dial's instant, each as the text the broker sends."""

    def __init__(self, state: PortalState, listing: Listing) -> None:
        self._state = state
        self._market = state.market
        self._listing = listing
        self._venue = state.market.walk(listing.path).shape.venue
        #: when these data were true: now, unless they are delayed or stuck
        self.instant = self._now = state.quote_instant(listing)

    @property
    def availability(self) -> str:
        return quotes.availability(self._listing, self._venue, self._now)

    def text(self, field: str) -> str:
        """The field's text, empty when it has no value."""
        rule = FIELDS.get(field)
        return rule(self) if rule is not None else ""

    def texts(self, fields: tuple[str, ...]) -> dict[str, Json]:
        """The fields that have a value. Without a subscription nothing of the market has one."""
        if self._listing.data == "N":
            fields = tuple(field for field in fields if field in OPEN_TO_ALL)
        row = {field: self.text(field) for field in fields}
        return {field: text for field, text in row.items() if text}

    @cached_property
    def touch(self) -> Touch:
        return quotes.touch(self._market, self._listing, self._now)

    @property
    def last(self) -> Decimal:
        return self.touch.last or ZERO

    @property
    def prior(self) -> Decimal:
        return self._market.prior_close(self._listing.conid, self._now)

    @property
    def day(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        at = self._market.session_day(self._listing.conid, self._now)
        bar = self._market.day_bar(self._listing.conid, at, self._now)
        return bar or (self.last, self.last, self.last, self.last)

    @property
    def holding(self) -> Holding | None:
        """Our own position in the selected account."""
        figures = self._state.figures(self._state.selected)
        return next((one for one in figures.holdings if one.listing.conid == self._listing.conid), None)

    def last_text(self) -> str:
        """`C` marks yesterday's close: nothing was traded today."""
        zone = VENUES[self._venue].zone
        traded_today = self._market.session_day(self._listing.conid, self._now) >= self._now.astimezone(zone).date()
        return f"{'' if traded_today else 'C'}{self.last:,}"

    def bid(self) -> str:
        return f"{self.touch.bid:,}" if self.touch.bid is not None else f"{self.last * 0:,}"

    def ask(self) -> str:
        return f"{self.touch.ask:,}"

    def size(self, side: int) -> str:
        return str(quotes.size(self._listing, self._now, side))

    def interest(self) -> str:
        return str(quotes.open_interest(self._listing, self._now)) if self._listing.is_option else ""

    def change(self) -> str:
        return f"{self.last - self.prior:+}".removeprefix("+")

    def change_percent(self) -> str:
        return f"{(self.last / self.prior - 1) * 100:.2f}%" if self.prior else ""

    def volume(self) -> int:
        day = self._market.session_day(self._listing.conid, self._now)
        opens, closes = session(self._venue, day)
        share = min(1.0, (self._now - opens) / (closes - opens))
        return int(volume_of(self._listing, day) * share)

    def volume_text(self) -> str:
        shares = self.volume()
        if shares >= 1_000_000:
            return f"{shares / 1_000_000:.1f}M"
        return f"{shares / 1000:.1f}K" if shares >= 10_000 else f"{shares:,}"

    def of_holding(self, name: str) -> str:
        one = self.holding
        if one is None:
            return ""
        match name:
            case "percent":
                cost = abs(one.quantity * one.average_price * one.listing.multiplier)
                return f"{one.unrealized / cost * 100:.2f}%" if cost else ""
            case "cost":
                return f"{cents(one.quantity * one.average_price * one.listing.multiplier):,}"
            case "share":
                total = self._state.figures(self._state.selected).net_liquidation
                return f"{one.value / total * 100:.2f}%" if total else ""
        return f"{getattr(one, name):,}"

    def year_range(self, side: int) -> str:
        """High (1) or low (0) of the closes of the last 52 weeks and today."""
        today = self._market.session_day(self._listing.conid, self._now)
        days = [today - timedelta(days=number) for number in range(1, 365)]
        closes = self._market.closes(self._listing.conid, days)
        edge = float(closes.max() if side else closes.min())
        text = self._listing.tick
        value = Decimal(str(edge)).quantize(text)
        bounds = (self.day[1], self.day[2])
        return f"{max(value, bounds[0]) if side else min(value, bounds[1]):,}"

    def greek(self, number: int) -> str:
        if not self._listing.is_option:
            return ""
        return f"{self._market.greeks(self._listing.conid, self._now)[number]:.3f}"

    def implied(self) -> str:
        if not self._listing.is_option:
            return ""
        return f"{self._market.volatility(self._listing.conid, self._now) * 100:.1f}%"

    def dividend(self, part: int) -> str:
        """The next dividend (0) or its ex-date (1)."""
        found = next_dividend(self._listing.conid, self._market.catalogue.anchor, self._now.astimezone(NEW_YORK).date())
        return "" if found is None else f"{found[0]}" if part == 0 else f"{found[1]:%Y%m%d}"

    @property
    def listing(self) -> Listing:
        return self._listing


#: reference/client-portal-api.md 6.2; a field that is not here is not known to the demo.
FIELDS: Mapping[str, Callable[[QuoteFields], str]] = {
    "31": QuoteFields.last_text,
    "55": lambda one: one.listing.symbol,
    "70": lambda one: f"{one.day[1]:,}",
    "71": lambda one: f"{one.day[2]:,}",
    "73": lambda one: one.of_holding("market_value"),
    "74": lambda one: one.of_holding("average_price"),
    "75": lambda one: one.of_holding("unrealized"),
    "76": lambda one: one.of_holding("quantity"),
    "78": lambda one: one.of_holding("daily"),
    "79": lambda one: one.of_holding("realized"),
    "80": lambda one: one.of_holding("percent"),
    "82": QuoteFields.change,
    "83": QuoteFields.change_percent,
    "84": QuoteFields.bid,
    "85": lambda one: one.size(1),
    "86": QuoteFields.ask,
    "87": QuoteFields.volume_text,
    "88": lambda one: one.size(0),
    "201": lambda one: one.listing.right,
    "6004": lambda one: one.listing.exchange,
    "6008": lambda one: str(one.listing.conid),
    "6070": lambda one: one.listing.asset_class,
    "6457": lambda one: str(one.listing.underlying or ""),
    "6509": lambda one: one.availability,
    "7051": lambda one: one.listing.name,
    "7059": lambda one: one.size(2),
    "7094": lambda one: f"{one.listing.conid}@{one.listing.exchange}",
    "7184": lambda one: "1",
    "7219": lambda one: one.listing.description,
    "7220": lambda one: one.listing.description,
    "7221": lambda one: one.listing.exchange,
    "7280": lambda one: one.listing.sector,
    "7281": lambda one: one.listing.group,
    "7286": lambda one: one.dividend(0),
    "7288": lambda one: one.dividend(1),
    "7292": lambda one: one.of_holding("cost"),
    "7293": lambda one: one.year_range(1),
    "7294": lambda one: one.year_range(0),
    "7295": lambda one: f"{one.day[0]:,}",
    "7296": lambda one: f"{one.prior:,}",
    "7308": lambda one: one.greek(0),
    "7309": lambda one: one.greek(1),
    "7310": lambda one: one.greek(2),
    "7311": lambda one: one.greek(3),
    "7633": QuoteFields.implied,
    "7635": lambda one: f"{one.last:,}",
    "7638": QuoteFields.interest,
    "7639": lambda one: one.of_holding("share"),
    "7741": lambda one: f"{one.prior:,}",
    "7762": lambda one: str(one.volume()),
    "7768": lambda one: "1",
}


#: What is told without a market data subscription.
OPEN_TO_ALL = frozenset({
    "55", "73", "74", "75", "76", "78", "79", "80", "201", "6004", "6008", "6070", "6457", "6509", "7051", "7094",
    "7184", "7219", "7220", "7221", "7280", "7281", "7286", "7288", "7292", "7639", "7768",
})


#: What is paid every quarter, and how many days after the demo's first day the next ex-date is.
DIVIDENDS: Mapping[int, tuple[str, int]] = {
    265598: ("0.26", 82), 272093: ("0.91", 20), 756733: ("1.83", 28), 320227571: ("0.78", 31), 8894: ("0.51", 10),
}
QUARTER = timedelta(days=91)


def next_dividend(conid: int, anchor: date, today: date) -> tuple[str, date] | None:
    """Amount and ex-date, a weekday after today; None for what pays none."""
    if conid not in DIVIDENDS:
        return None
    amount, days = DIVIDENDS[conid]
    day = anchor + timedelta(days=days)
    while day <= today:
        day += QUARTER
    return amount, day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
