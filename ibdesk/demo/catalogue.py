"""Every instrument the demo's market knows, and the points its price path must pass through."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathShape:
    """One random walk. `pins` are (calendar days before the anchor, price) it passes exactly at that day's close."""

    key: str
    venue: str
    pins: tuple[tuple[int, float], ...]
    volatility: float
    beta: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One contract. Price = `scale` x its path, or a model over `underlying` for options and futures.

    A bond is quoted in percent of par; its multiplier is face value per unit / 100.
    """

    conid: int
    symbol: str
    name: str
    asset_class: str
    venue: str
    exchange: str
    path: str
    currency: str = "USD"
    kind: str = ""
    label: str = ""
    tick: Decimal = CENT
    scale: float = 1.0
    multiplier: Decimal = Decimal(1)
    sector: str = ""
    group: str = ""
    country: str = "US"
    underlying: int = 0
    expiry: date | None = None
    right: str = ""
    strike: Decimal = Decimal(0)
    volatility: float = 0.2
    daily_only: bool = False
    #: another root than the symbol: an option changed by a corporate action
    trading_class: str = ""
    #: what the user is subscribed to: R real time, D delayed by a quarter of an hour, N nothing
    data: str = "R"

    @property
    def is_option(self) -> bool:
        return self.asset_class in ("OPT", "FOP")

    @property
    def description(self) -> str:
        """How the broker's position rows write it."""
        if self.label:
            return self.label
        if self.expiry is None:
            return f"{self.symbol} CRYPTO" if self.asset_class == "CRYPTO" else self.symbol
        month = f"{self.expiry:%b%Y}".upper()
        if not self.is_option:
            return f"{self.symbol} {month}"
        strike = format(self.strike.normalize(), "f")
        return f"{self.symbol:<6} {month} {strike} {self.right} [{self.occ} {self.multiplier}]"

    @property
    def occ(self) -> str:
        """The 21-character option symbol of the Options Clearing Corporation."""
        expiry = f"{self.expiry:%y%m%d}" if self.expiry else ""
        return f"{self.trading_class or self.symbol:<6}{expiry}{self.right}{int(self.strike * 1000):08d}"


def _path(key: str, venue: str, volatility: float, beta: float, *pins: tuple[int, float]) -> PathShape:
    return PathShape(key=key, venue=venue, volatility=volatility, beta=beta, pins=pins)


#: The market factor moves with 15 % a year; `volatility` is what a path adds on its own.
MARKET_VOLATILITY = 0.15

PATHS: Mapping[str, PathShape] = {
    shape.key: shape
    for shape in (
        _path("SPX", "XNYS", 0.01, 1.0, (760, 478.20), (400, 531.40), (0, 598.85)),
        _path("VTI", "XNYS", 0.02, 1.02, (760, 238.10), (0, 294.60)),
        _path("QQQ", "XNYS", 0.06, 1.15, (640, 418.35), (0, 503.17)),
        _path("BND", "XNYS", 0.055, 0.02, (700, 73.95), (0, 72.81)),
        _path("VFIAX", "XNYS", 0.01, 1.0, (730, 452.60), (0, 553.42)),
        _path("AAPL", "XNYS", 0.16, 1.1, (520, 187.32), (0, 229.98)),
        _path("NVDA", "XNYS", 0.32, 1.6, (470, 88.10), (0, 140.60)),
        _path("MSFT", "XNYS", 0.14, 1.0, (430, 402.00), (0, 432.75)),
        _path("AMZN", "XNYS", 0.2, 1.2, (560, 151.94), (0, 197.12)),
        _path("GOOGL", "XNYS", 0.19, 1.1, (610, 139.80), (0, 170.65)),
        _path("JPM", "XNYS", 0.15, 0.9, (660, 181.45), (0, 238.10)),
        _path("KO", "XNYS", 0.1, 0.4, (260, 68.42), (0, 63.05)),
        _path("TSLA", "XNYS", 0.4, 1.7, (60, 289.50), (0, 262.90)),
        _path("AMD", "XNYS", 0.34, 1.5, (45, 142.30), (0, 138.85)),
        _path("META", "XNYS", 0.25, 1.2, (400, 480.10), (0, 571.30)),
        _path("SAP", "XETR", 0.17, 0.9, (590, 168.30), (0, 214.85)),
        _path("SHEL", "XLON", 0.15, 0.6, (350, 27.315), (0, 25.64)),
        _path("VOD", "XLON", 0.16, 0.5, (0, 0.8914)),
        _path("NESN", "XETR", 0.12, 0.4, (0, 79.36)),
        _path("TM", "XTKS", 0.18, 0.7, (300, 2804.0), (0, 2711.0)),
        _path("UST", "XNYS", 0.055, 0.0, (150, 99.20), (0, 98.66)),
        _path("BTC", "CRYPTO", 0.5, 0.9, (180, 61200.0), (0, 58826.0)),
        _path("ETH", "CRYPTO", 0.6, 1.0, (180, 3105.0), (0, 2914.0)),
        _path("EUR", "FX", 0.07, 0.05, (590, 1.0795), (0, 1.0904)),
        _path("GBP", "FX", 0.075, 0.08, (350, 1.2710), (0, 1.2988)),
        _path("JPY", "FX", 0.09, -0.1, (590, 0.0068200), (0, 0.0066870)),
        _path("CHF", "FX", 0.07, -0.05, (0, 1.1304)),
    )
}


def _stock(conid: int, symbol: str, name: str, sector: str, group: str, exchange: str = "NASDAQ") -> Listing:
    return Listing(
        conid=conid, symbol=symbol, name=name, asset_class="STK", venue="XNYS", exchange=exchange, path=symbol,
        kind="COMMON", sector=sector, group=group,
    )


def _etf(conid: int, symbol: str, name: str, exchange: str, sector: str = "Funds", path: str = "") -> Listing:
    return Listing(
        conid=conid, symbol=symbol, name=name, asset_class="STK", venue="XNYS", exchange=exchange,
        path=path or symbol, kind="ETF", sector=sector, group="Broad market",
    )


def _foreign(
    conid: int, symbol: str, name: str, currency: str, venue: str, exchange: str, country: str, path: str,
    sector: str, data: str = "R",
) -> Listing:
    return Listing(
        conid=conid, symbol=symbol, name=name, asset_class="STK", venue=venue, exchange=exchange, path=path,
        kind="COMMON", currency=currency, country=country, sector=sector, group=sector,
        tick=Decimal(1) if currency == "JPY" else CENT, data=data,
    )


#: The index behind the E-mini futures; contracts are searched for under it.
ES = 11004968


#: Conids of well-known listings are the broker's own (public) ones where they are known.
FIXED: tuple[Listing, ...] = (
    _stock(265598, "AAPL", "APPLE INC", "Technology", "Computers"),
    _stock(4815747, "NVDA", "NVIDIA CORP", "Technology", "Semiconductors"),
    _stock(272093, "MSFT", "MICROSOFT CORP", "Technology", "Software"),
    _stock(3691937, "AMZN", "AMAZON.COM INC", "Consumer, Cyclical", "Internet"),
    _stock(208813719, "GOOGL", "ALPHABET INC-CL A", "Communications", "Internet"),
    _stock(1520593, "JPM", "JPMORGAN CHASE & CO", "Financial", "Banks", "NYSE"),
    _stock(8894, "KO", "COCA-COLA CO/THE", "Consumer, Non-cyclical", "Beverages", "NYSE"),
    _stock(76792991, "TSLA", "TESLA INC", "Consumer, Cyclical", "Auto Manufacturers"),
    _stock(4391, "AMD", "ADVANCED MICRO DEVICES", "Technology", "Semiconductors"),
    _stock(107113386, "META", "META PLATFORMS INC-CLASS A", "Communications", "Internet"),
    _foreign(14204, "SAP", "SAP SE", "EUR", "XETR", "IBIS", "DE", "SAP", "Technology"),
    _foreign(551342501, "SHEL", "SHELL PLC", "GBP", "XLON", "LSE", "GB", "SHEL", "Energy"),
    _foreign(13905888, "7203", "TOYOTA MOTOR CORP", "JPY", "XTKS", "TSEJ", "JP", "TM", "Consumer, Cyclical"),
    _foreign(157624713, "VOD", "VODAFONE GROUP PLC", "GBP", "XLON", "LSE", "GB", "VOD", "Communications", "D"),
    _foreign(12107812, "NESN", "NESTLE SA-REG", "CHF", "XETR", "EBS", "CH", "NESN", "Consumer, Non-cyclical", "N"),
    _etf(756733, "SPY", "SPDR S&P 500 ETF TRUST", "ARCA", path="SPX"),
    _etf(12340041, "VTI", "VANGUARD TOTAL STOCK MKT ETF", "ARCA"),
    _etf(320227571, "QQQ", "INVESCO QQQ TRUST SERIES 1", "NASDAQ"),
    _etf(43645865, "BND", "VANGUARD TOTAL BOND MARKET", "NASDAQ", sector="Fixed income"),
    Listing(
        conid=32998817, symbol="VFIAX", name="VANGUARD 500 INDEX FUND-ADM", asset_class="FUND", venue="XNYS",
        exchange="FUNDSERV", path="VFIAX", kind="FUND", sector="Funds", group="Mutual fund", daily_only=True,
    ),
    Listing(
        conid=728912344, symbol="US-T", name="United States Treasury 4.25% 11/15/34", asset_class="BOND",
        venue="XNYS", exchange="SMART", path="UST", kind="BOND", sector="Government", group="Treasury",
        multiplier=Decimal(10), tick=Decimal("0.001"), label="US-T 4 1/4 11/15/34",
    ),
    Listing(
        conid=479624278, symbol="BTC", name="Bitcoin cryptocurrency", asset_class="CRYPTO", venue="CRYPTO",
        exchange="PAXOS", path="BTC", kind="CRYPTO", tick=Decimal("0.25"), sector="Crypto", group="Crypto",
    ),
    Listing(
        conid=495759171, symbol="ETH", name="Ethereum cryptocurrency", asset_class="CRYPTO", venue="CRYPTO",
        exchange="PAXOS", path="ETH", kind="CRYPTO", sector="Crypto", group="Crypto",
    ),
    Listing(
        conid=416904, symbol="SPX", name="S&P 500 Stock Index", asset_class="IND", venue="XNYS", exchange="CBOE",
        path="SPX", scale=10.0, kind="INDEX", sector="Indices", group="Indices",
    ),
    Listing(
        conid=ES, symbol="ES", name="E-mini S&P 500", asset_class="IND", venue="GLBX", exchange="CME", path="SPX",
        scale=10.0, kind="INDEX", sector="Indices", group="Indices",
    ),
    Listing(
        conid=118089500, symbol="AMD", name="ADVANCED MICRO DEVICES", asset_class="CFD", venue="XNYS",
        exchange="SMART", path="AMD", kind="CFD", sector="Technology", group="Semiconductors", underlying=4391,
    ),
    *(
        Listing(
            conid=conid, symbol=f"{currency}.USD", name=f"{currency} against US dollar", asset_class="CASH",
            venue="FX", exchange="IDEALPRO", path=currency, kind="CASH", tick=Decimal(tick), sector="Currency",
            group="Currency",
        )
        for conid, currency, tick in (
            (12087792, "EUR", "0.00001"),
            (12087797, "GBP", "0.00001"),
            (15016059, "JPY", "0.0000001"),
            (12087820, "CHF", "0.00001"),
        )
    ),
)

#: Underlyings that have listed options: conid -> (strike step, implied volatility).
OPTIONABLE: Mapping[int, tuple[Decimal, float]] = {
    756733: (Decimal(5), 0.155),
    320227571: (Decimal(5), 0.19),
    265598: (Decimal(5), 0.26),
    4815747: (Decimal(5), 0.46),
    272093: (Decimal(5), 0.23),
    3691937: (Decimal(5), 0.30),
    208813719: (Decimal(5), 0.29),
    76792991: (Decimal(5), 0.55),
    4391: (Decimal(5), 0.48),
    107113386: (Decimal(10), 0.34),
}

#: How many paths the mass of extra positions shares, so that ten thousand rows cost a few dozen walks.
EXTRA_PATHS = 40
EXTRA_CONID = 900_000_000
OPTION_CONIDS = 700_000_000


class Catalogue:
    """All listings by conid; options and futures are made for the dates around an anchor day."""

    def __init__(self, anchor: date, *, extra: int = 0) -> None:
        self.anchor = anchor
        self._paths = dict(PATHS)
        self._by_conid: dict[int, Listing] = {listing.conid: listing for listing in FIXED}
        self.front_future = self._add_future(third_friday(_next_quarter(anchor + timedelta(days=21))))
        self.back_future = self._add_future(third_friday(_next_quarter(_after(self.front_future))))
        self.extra = tuple(self._add_extra(number) for number in range(extra))
        #: lists all chains, for an option that a client knows from before and nobody asked for yet
        self.lister: Callable[[], None] = lambda: None

    def __contains__(self, conid: int) -> bool:
        return self.find(conid) is not None

    def __getitem__(self, conid: int) -> Listing:
        if conid not in self._by_conid and conid >= OPTION_CONIDS:
            self.lister()
        return self._by_conid[conid]

    def __iter__(self) -> Iterator[Listing]:
        return iter(tuple(self._by_conid.values()))

    def find(self, conid: int) -> Listing | None:
        """The listing, or None."""
        if conid not in self._by_conid and conid >= OPTION_CONIDS:
            self.lister()
        return self._by_conid.get(conid)

    def path(self, key: str) -> PathShape:
        """The shape of one walk."""
        return self._paths[key]

    def matching(self, text: str, *, by_name: bool = False) -> tuple[Listing, ...]:
        """Listings people search for (no single option or future contract), exact symbols first."""
        wanted = text.upper().strip()
        hits = [one for one in self._by_conid.values() if one.expiry is None and one.asset_class != "CFD"]
        exact = [one for one in hits if one.symbol == wanted]
        named = [one for one in hits if one not in exact and wanted and wanted in one.name.upper()]
        return tuple(exact + named if by_name or not exact else exact)

    def option(
        self, underlying: int, expiry: date, right: str, strike: Decimal, trading_class: str = ""
    ) -> Listing:
        """The one option contract with these terms; made on first request, the same conid every time."""
        base = self[underlying]
        is_future = base.asset_class == "FUT"
        volatility = 0.16 if is_future else OPTIONABLE[underlying][1]
        listing = Listing(
            conid=_option_conid(trading_class or base.symbol, expiry, right, strike), symbol=base.symbol,
            name=base.name, asset_class="FOP" if is_future else "OPT", venue=base.venue,
            exchange="CME" if is_future else "SMART", path=base.path, kind="",
            tick=Decimal("0.25") if is_future else CENT,
            multiplier=Decimal(50) if is_future else Decimal(100), sector=base.sector, group=base.group,
            underlying=underlying, expiry=expiry, right=right, strike=strike, volatility=volatility,
            trading_class=trading_class,
        )
        known = self._by_conid.setdefault(listing.conid, listing)
        if known == listing:
            return known
        # two contracts with one checksum: the later one moves up
        return self._by_conid.setdefault(listing.conid + 1_000_000_000, replace(listing, conid=listing.conid + 10**9))

    def expiries(self, today: date) -> tuple[date, ...]:
        """Listed option expiries: four weeklies and twelve monthlies."""
        friday = today + timedelta(days=(4 - today.weekday()) % 7)
        weekly = {friday + timedelta(weeks=week) for week in range(4)}
        first = today.replace(day=1)
        monthly = {third_friday(_add_months(first, month)) for month in range(13)}
        return tuple(sorted(day for day in weekly | monthly if day >= today))

    def futures(self) -> tuple[Listing, ...]:
        """The listed index futures, nearest first."""
        return (self.front_future, self.back_future)

    def _add_future(self, expiry: date) -> Listing:
        listing = Listing(
            conid=600_000_000 + zlib.crc32(f"ES{expiry:%Y%m}".encode()) % 90_000_000, symbol="ES",
            name="E-mini S&P 500", asset_class="FUT", venue="GLBX", exchange="CME", path="SPX", scale=10.0,
            tick=Decimal("0.25"), multiplier=Decimal(50), sector="Indices", group="Indices", underlying=ES,
            expiry=expiry,
        )
        return self._by_conid.setdefault(listing.conid, listing)

    def _add_extra(self, number: int) -> Listing:
        shape = self._extra_path(number % EXTRA_PATHS)
        listing = replace(
            _stock(EXTRA_CONID + number, f"X{number:05d}", f"EXTRA HOLDING {number}", "Other", "Other", "NYSE"),
            path=shape.key, scale=0.4 + (number * 37 % 211) / 100,
        )
        return self._by_conid.setdefault(listing.conid, listing)

    def _extra_path(self, number: int) -> PathShape:
        key = f"EXTRA{number}"
        pins = ((400, 40.0 + 3 * number), (0, 42.0 + 3 * number))
        return self._paths.setdefault(
            key, PathShape(key=key, venue="XNYS", pins=pins, volatility=0.25, beta=0.9)
        )


def third_friday(day: date) -> date:
    """The third Friday of a month, when monthly options expire."""
    first = day.replace(day=1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def monthly_expiry(anchor: date, months: int = 0) -> date:
    """The first monthly expiry at least three weeks after `anchor`, or one some months later."""
    expiry = third_friday(anchor)
    if expiry < anchor + timedelta(days=21):
        expiry = third_friday(_add_months(anchor.replace(day=1), 1))
    return third_friday(_add_months(expiry.replace(day=1), months)) if months else expiry


def _add_months(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _next_quarter(day: date) -> date:
    """A day in the March, June, September or December whose third Friday is not before `day`."""
    month = day.replace(day=1)
    while month.month % 3 or third_friday(month) < day:
        month = _add_months(month, 1)
    return month


def _after(listing: Listing) -> date:
    if listing.expiry is None:
        raise ValueError("a future has an expiry")
    return listing.expiry + timedelta(days=1)


def _option_conid(symbol: str, expiry: date, right: str, strike: Decimal) -> int:
    key = f"{symbol}|{expiry:%Y%m%d}|{right}|{strike.normalize():f}"
    return OPTION_CONIDS + zlib.crc32(key.encode()) % 190_000_000
