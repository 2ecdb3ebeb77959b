"""What everything costs at any instant: seeded walks through pinned points, the same on every run.

Daily closes are a cumulative walk; within a session a Brownian bridge of fixed nodes leads from the open to the
close. Quotes, history and positions all read these two, so they cannot disagree.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ibdesk.demo.catalogue import MARKET_VOLATILITY, Catalogue, Listing, PathShape
from ibdesk.demo.hours import is_trading_day, session, session_day
from ibdesk.demo.models import black, greeks

Floats = NDArray[np.float64]

#: Nodes of the path within one session: every 15 s of a New York day, linear in between.
NODES = 1560
YEARS_BACK, YEARS_AHEAD = 6, 3
TRADING_DAYS = 252
RATE, DIVIDENDS = 0.042, 0.013
YEAR_SECONDS = 365.25 * 86400


@dataclass(frozen=True, slots=True)
class DayBar:
    """Open, high, low and close of one session (or of the part of it that has happened)."""

    open: float
    high: float
    low: float
    close: float


class Market:
    """Prices by conid and instant. The same seed, anchor day and instant give the same price."""

    def __init__(self, catalogue: Catalogue, *, seed: int = 7) -> None:
        self.catalogue = catalogue
        self.seed = seed
        self._walks: dict[str, Walk] = {}
        #: thousands of positions ask for the same closes again and again
        self.close = lru_cache(maxsize=32_768)(self._close)

    def walk(self, key: str) -> "Walk":
        """The walk behind a path key."""
        if key not in self._walks:
            self._walks[key] = _walk(self.catalogue.path(key), self.seed, self.catalogue.anchor)
        return self._walks[key]

    def price(self, conid: int, now: datetime) -> Decimal:
        """The last price at `now`, on the contract's tick."""
        listing = self.catalogue[conid]
        return on_tick(self._model(listing, self._path_price(listing, now), now), listing.tick)

    def _close(self, conid: int, day: date) -> Decimal:
        """The close of the latest session on or before a venue-local date."""
        listing = self.catalogue[conid]
        walk = self.walk(listing.path)
        at = session(listing.venue, day)[1]
        return on_tick(self._model(listing, walk.close(day), at), listing.tick)

    def prior_close(self, conid: int, now: datetime) -> Decimal:
        """The close before the session that is, or was last, open at `now`."""
        day = self.session_day(conid, now)
        return self.close(conid, day - timedelta(days=1))

    def session_day(self, conid: int, now: datetime) -> date:
        """The date of the latest session of the contract's path that has opened by `now`."""
        return session_day(self.walk(self.catalogue[conid].path).shape.venue, now)

    def day_bar(self, conid: int, day: date, now: datetime) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
        """Open, high, low, close of one session as far as it has happened by `now`; None if it has not begun."""
        listing = self.catalogue[conid]
        bar = self.walk(listing.path).day_bar(day, now)
        if bar is None:
            return None
        at = min(now, session(self.walk(listing.path).shape.venue, day)[1])
        return self._bar(listing, bar, at)

    def bar(
        self, conid: int, start: datetime, end: datetime
    ) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
        """Open, high, low, close between two instants of one session."""
        listing = self.catalogue[conid]
        bar = self.walk(listing.path).slice(start, end)
        return None if bar is None else self._bar(listing, bar, end)

    def closes(self, conid: int, days: list[date]) -> Floats:
        """Closes on many dates at once, unrounded for walks and modelled for derivatives."""
        listing = self.catalogue[conid]
        raw = self.walk(listing.path).closes(days)
        if not (listing.is_option or listing.asset_class == "FUT"):
            return raw * listing.scale
        return np.array(
            [self._model(listing, float(price), session(listing.venue, day)[1])
             for price, day in zip(raw, days, strict=True)]
        )

    def greeks(self, conid: int, now: datetime) -> tuple[float, float, float, float]:
        """Delta, gamma, theta per day and vega per point of volatility of one option."""
        option = self.catalogue[conid]
        under = self.catalogue[option.underlying]
        spot = self._model(under, self._path_price(option, now), now)
        years = years_left(option, now)
        forward = spot if option.asset_class == "FOP" else spot * math.exp((RATE - DIVIDENDS) * years)
        return greeks(option.right, forward, float(option.strike), years, smile(option, forward), RATE)

    def volatility(self, conid: int, now: datetime) -> float:
        """The implied volatility the model used for one option (0.2 = 20 % a year)."""
        option = self.catalogue[conid]
        under = self.catalogue[option.underlying]
        return smile(option, self._model(under, self._path_price(option, now), now))

    def _path_price(self, listing: Listing, now: datetime) -> float:
        walk = self.walk(listing.path)
        if listing.daily_only:
            day = session_day(walk.shape.venue, now)
            closed = session(walk.shape.venue, day)[1] <= now
            return walk.close(day if closed else day - timedelta(days=1))
        return walk.price(now)

    def _bar(
        self, listing: Listing, bar: DayBar, at: datetime
    ) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        raw = [bar.open, bar.high, bar.low, bar.close]
        first, high, low, last = (on_tick(self._model(listing, price, at), listing.tick) for price in raw)
        return first, max(first, high, low, last), min(first, high, low, last), last

    def _model(self, listing: Listing, path_price: float, at: datetime) -> float:
        """A contract's price when its path stands at `path_price`."""
        if listing.asset_class == "FUT":
            return path_price * listing.scale * math.exp((RATE - DIVIDENDS) * years_left(listing, at))
        if not listing.is_option:
            return path_price * listing.scale
        under = self.catalogue[listing.underlying]
        spot = self._model(under, path_price, at)
        years = years_left(listing, at)
        forward = spot if listing.asset_class == "FOP" else spot * math.exp((RATE - DIVIDENDS) * years)
        return black(
            listing.right, forward, float(listing.strike), years, smile(listing, forward), RATE
        )


def years_left(listing: Listing, at: datetime) -> float:
    """Years to the close of the expiry day; 0 when it has passed."""
    if listing.expiry is None:
        raise ValueError(f"{listing.symbol} does not expire")
    return max(0.0, (session("XNYS", listing.expiry)[1] - at).total_seconds() / YEAR_SECONDS)


def smile(option: Listing, forward: float) -> float:
    """A mild skew: puts below the money cost more volatility."""
    moneyness = math.log(float(option.strike) / forward)
    return option.volatility * max(0.6, 1.0 - 0.9 * moneyness + 1.5 * moneyness * moneyness)


@lru_cache(maxsize=64)
def _places(tick: Decimal) -> int:
    exponent = tick.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def on_tick(price: float, tick: Decimal) -> Decimal:
    """A price as exact text on the contract's grid, never below zero."""
    places = _places(tick)
    step = float(tick)
    return Decimal(f"{max(0.0, round(price / step) * step):.{places}f}")


def _generator(*key: object) -> np.random.Generator:
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


@lru_cache(maxsize=1024)
def _year_noise(seed: int, key: str, year: int) -> Floats:
    """One standard normal per day of a year; a year can be made without the years before it."""
    return _generator(seed, key, year).standard_normal(366)


class Walk:
    """One path: closes of a dozen years in one array, sessions made when asked for."""

    def __init__(self, shape: PathShape, seed: int, anchor: date) -> None:
        self.shape = shape
        self._seed = seed
        self._calendar = _trading_days(shape.venue, anchor)
        self._days, self._index = self._calendar.days, self._calendar.index
        self._log = self._log_closes(anchor)
        self._bridge = lru_cache(maxsize=96)(self._make_bridge)
        self._bars: dict[int, DayBar] = {}
        self._priced = lru_cache(maxsize=16)(self._price)  # many contracts share a path

    def close(self, day: date) -> float:
        """The close of the latest trading day on or before `day`."""
        return math.exp(self._log[self._latest(day)])

    def closes(self, days: list[date]) -> Floats:
        """Closes on many dates."""
        return np.asarray(np.exp(self._log[[self._latest(day) for day in days]]), dtype=np.float64)

    def price(self, now: datetime) -> float:
        """The price at an instant; between sessions it is the last close."""
        return self._priced(now)

    def _price(self, now: datetime) -> float:
        day = session_day(self.shape.venue, now)
        opens, closes = session(self.shape.venue, day)
        if now >= closes:
            return self.close(day)
        bridge = self._bridge(self._latest(day))
        place = (now - opens).total_seconds() / (closes - opens).total_seconds() * NODES
        return math.exp(_between(bridge, place))

    def day_bar(self, day: date, now: datetime) -> DayBar | None:
        """One session's bar; a session still on is cut at `now`."""
        opens, closes = session(self.shape.venue, day)
        if not is_trading_day(self.shape.venue, day) or opens > now:
            return None
        if now < closes:
            return self.slice(opens, now)
        number = self._latest(day)
        if number not in self._bars:
            bridge = self._make_bridge(number)
            low, high = float(bridge.min()), float(bridge.max())
            self._bars[number] = DayBar(*map(math.exp, (bridge[0], high, low, bridge[-1])))
        return self._bars[number]

    def slice(self, start: datetime, end: datetime) -> DayBar | None:
        """The bar between two instants of one session; None outside any session."""
        day = session_day(self.shape.venue, start)
        opens, closes = session(self.shape.venue, day)
        if start >= closes:
            return None
        scale = NODES / (closes - opens).total_seconds()
        first = (start - opens).total_seconds() * scale
        last = (min(end, closes) - opens).total_seconds() * scale
        bridge = self._bridge(self._latest(day))
        ends = (_between(bridge, first), _between(bridge, last))
        inner = bridge[math.ceil(first): math.floor(last) + 1]
        low = min(*ends, float(inner.min()) if inner.size else ends[0])
        high = max(*ends, float(inner.max()) if inner.size else ends[0])
        return DayBar(*map(math.exp, (ends[0], high, low, ends[1])))

    def _latest(self, day: date) -> int:
        while day not in self._index:
            if day < self._days[0]:
                return 0
            if day > self._days[-1]:
                return len(self._days) - 1
            day -= timedelta(days=1)
        return self._index[day]

    def _log_closes(self, anchor: date) -> Floats:
        """The raw walk, bent linearly so that it passes through every pin."""
        noise = self._increments(self.shape.key) * self.shape.volatility
        common = self._increments("MARKET") * MARKET_VOLATILITY * self.shape.beta
        raw = np.cumsum((noise + common) / math.sqrt(TRADING_DAYS) + 0.05 / TRADING_DAYS)
        pins = sorted((self._pin(anchor, days), math.log(price)) for days, price in self.shape.pins)
        places = np.array([place for place, _ in pins])
        wanted = np.array([target for _, target in pins])
        bend = np.interp(np.arange(len(raw)), places, wanted - raw[places])
        return np.asarray(raw + bend, dtype=np.float64)

    def _pin(self, anchor: date, days: int) -> int:
        # day 0 is the close before the anchor, so that the anchor's own session moves away from the known price
        return self._latest(anchor - timedelta(days=max(days, 1)))

    def _increments(self, key: str) -> Floats:
        calendar = self._calendar
        noise = np.concatenate([_year_noise(self._seed, key, year) for year in calendar.years])
        return np.asarray(noise[calendar.places], dtype=np.float64)

    def _make_bridge(self, number: int) -> Floats:
        """Log prices at NODES + 1 evenly spaced instants of one session, ending exactly at its close."""
        day = self._days[number]
        before, after = self._log[max(0, number - 1)], self._log[number]
        random = _generator(self._seed, self.shape.key, day.isoformat())
        daily = math.hypot(self.shape.volatility, MARKET_VOLATILITY * self.shape.beta) / math.sqrt(TRADING_DAYS)
        opening = before + 0.3 * (after - before) + 0.15 * daily * random.standard_normal()
        steps = np.concatenate(([0.0], np.cumsum(random.standard_normal(NODES)))) * daily * 0.7 / math.sqrt(NODES)
        share = np.linspace(0.0, 1.0, NODES + 1)
        bridge = opening + (after - opening) * share + steps - steps[-1] * share
        bridge[-1] = after
        return np.asarray(bridge, dtype=np.float64)


def _between(bridge: Floats, place: float) -> float:
    node = min(int(place), NODES - 1)
    share = place - node
    return float(bridge[node] * (1 - share) + bridge[node + 1] * share)


@dataclass(frozen=True, slots=True)
class TradingDays:
    """The days of a venue around an anchor; `places` finds each day's number among 366 a year."""

    days: tuple[date, ...]
    index: Mapping[date, int]
    years: tuple[int, ...]
    places: NDArray[np.int64]


@lru_cache(maxsize=64)
def _trading_days(venue: str, anchor: date) -> TradingDays:
    years = tuple(range(anchor.year - YEARS_BACK, anchor.year + YEARS_AHEAD + 1))
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    days = tuple(day for day in every if is_trading_day(venue, day))
    places = [(day.year - years[0]) * 366 + day.timetuple().tm_yday - 1 for day in days]
    return TradingDays(days, {day: number for number, day in enumerate(days)}, years, np.array(places))


@lru_cache(maxsize=256)
def _walk(shape: PathShape, seed: int, anchor: date) -> Walk:
    """A walk never changes, so markets with the same seed and anchor share it."""
    return Walk(shape, seed, anchor)
