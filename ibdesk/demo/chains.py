"""Which options are listed on what, at which strikes and expiries, today's included; and one root with odd terms."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.demo.catalogue import ES, OPTIONABLE, Listing, monthly_expiry
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.hours import is_trading_day, session
from ibdesk.demo.market import Market

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH = re.compile(r"([A-Z]{3})(\d{2})")
SPY, QQQ, AAPL = 756733, 320227571, 265598
#: Options that expire every trading day; for how many days ahead.
DAILY: frozenset[int] = frozenset({SPY, QQQ, ES})
DAYS = 5
#: Strikes each side of the money at the wide step; nearer ones stand closer: (step, as far as this share of the price).
WIDE = 15
NEAR: Mapping[int, tuple[Decimal, Decimal]] = {
    SPY: (Decimal(1), Decimal("0.05")),
    QQQ: (Decimal(1), Decimal("0.05")),
    AAPL: (Decimal("2.5"), Decimal("0.08")),
    ES: (Decimal(10), Decimal("0.04")),
}
ES_STEP = Decimal(50)
#: One root changed by a corporate action: each contract brings 100 shares and a little cash.
ADJUSTED = "AAPL1"
ADJUSTED_CASH = Decimal("12.50")
ADJUSTED_TERMS = "Adjusted option: delivers 100 AAPL and 12.50 USD in cash"


class Chains:
    """Option chains over one market. Expiries are New York dates."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._catalogue = market.catalogue
        self._listed: date | None = None

    def has(self, conid: int) -> bool:
        """Whether options on it are listed."""
        return conid in OPTIONABLE or conid == ES

    def expiries(self, conid: int, now: datetime) -> tuple[date, ...]:
        """Every listed expiry, today's until its session has closed."""
        today = now.astimezone(NEW_YORK).date()
        days = set(self._catalogue.expiries(today))
        if conid in DAILY:
            ahead = (today + timedelta(days=number) for number in range(2 * DAYS))
            days.update([day for day in ahead if is_trading_day("XNYS", day)][:DAYS])
        if conid == ES:
            days = {day for day in days if self._future(day) is not None}
        return tuple(sorted(day for day in days if session("XNYS", day)[1] > now))

    def months(self, conid: int, now: datetime) -> tuple[str, ...]:
        """The month codes of the expiries, in order."""
        return tuple(dict.fromkeys(month_code(day) for day in self.expiries(conid, now)))

    def strikes(self, conid: int, now: datetime) -> tuple[Decimal, ...]:
        """Strikes around the last close: dense near it, wide away from it."""
        spot = self._market.prior_close(conid, now)
        step = ES_STEP if conid == ES else OPTIONABLE[conid][0]
        grid = _grid(spot, step, WIDE)
        if conid in NEAR:
            near, share = NEAR[conid]
            grid |= _grid(spot, near, int(spot * share / near))
        return tuple(sorted(strike for strike in grid if strike > 0))

    def contracts(
        self, conid: int, month: str, now: datetime, *, strike: Decimal | None = None, right: str = ""
    ) -> Iterator[Listing]:
        """The options of one month: all its expiries, one strike or all, one right or both."""
        if not self.has(conid) or not MONTH.fullmatch(month):
            return
        listed = self.strikes(conid, now)
        wanted = listed if strike is None else tuple(one for one in listed if one == strike)
        for expiry in self.expiries(conid, now):
            if month_code(expiry) != month:
                continue
            under = self._future(expiry) if conid == ES else conid
            if under is None:
                continue
            for price in wanted:
                for side in right or "CP":
                    yield self._catalogue.option(under, expiry, side, price)
                    if conid == AAPL and expiry == self.adjusted_expiry and price % 10 == 0:
                        yield self._catalogue.option(under, expiry, side, price, ADJUSTED)

    def list_all(self, now: datetime) -> None:
        """Make every option there is, once a day: conids are the same in every run, so a client may know them."""
        today = now.astimezone(NEW_YORK).date()
        if self._listed != today:
            self._listed = today
            for conid in (*OPTIONABLE, ES):
                for month in self.months(conid, now):
                    deque(self.contracts(conid, month, now), maxlen=0)

    @property
    def adjusted_expiry(self) -> date:
        """The one expiry at which the adjusted root is listed."""
        return monthly_expiry(self._catalogue.anchor, 1)

    def _future(self, expiry: date) -> int | None:
        """The nearest future still there when the option expires."""
        alive = (one for one in self._catalogue.futures() if one.expiry is not None and one.expiry >= expiry)
        return next((one.conid for one in alive), None)


def month_code(day: date) -> str:
    """`DEC26`."""
    return f"{MONTHS[day.month - 1]}{day:%y}"


def _grid(spot: Decimal, step: Decimal, count: int) -> set[Decimal]:
    middle = (spot / step).to_integral_value()
    return {((middle + number) * step).normalize() + 0 for number in range(-count, count + 1)}
