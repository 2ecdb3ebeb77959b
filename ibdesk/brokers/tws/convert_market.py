"""How TWS spells prices, bars, chains, rules and hours."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ibdesk.brokers.tws.convert import class_of, conid_of, day, instant, number, positive, size, tidy, zone_of
from ibdesk.brokers.tws.convert_orders import tif_of, type_of
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import (
    Bar,
    BarSize,
    ContractDetails,
    ContractMatch,
    Delay,
    OptionFigures,
    Quote,
    Span,
    TradingHours,
    TradingSpan,
)
from ibdesk.domain.orders import OrderRules, OrderType, Tick, TimeInForce

#: Tick types, live and delayed (reference/tws-api.md 1.7).
_BID, _ASK, _LAST, _CLOSE, _VOLUME = (1, 66), (2, 67), (4, 68), (9, 75), (8, 74)
_BID_SIZE, _ASK_SIZE = (0, 69), (3, 70)
_HALTED, _CALL_INTEREST, _PUT_INTEREST = 49, 27, 28
#: The model's figures say most; those of the last trade least.
_COMPUTED = (13, 83, 10, 80, 11, 81, 12, 82)
_DELAYS = {1: Delay.LIVE, 2: Delay.FROZEN, 3: Delay.DELAYED, 4: Delay.FROZEN_DELAYED}
_BARS = {BarSize.MINUTE_5: "5 mins", BarSize.HOUR: "1 hour", BarSize.DAY: "1 day"}
_SPANS = {Span.DAY: "1 D", Span.WEEK: "1 W", Span.MONTH: "1 M", Span.YEAR: "1 Y", Span.FIVE_YEARS: "5 Y"}
_HUNDRED = Decimal(100)


class Ticks:
    """What was heard of one instrument since its line was opened."""

    def __init__(self, conid: Conid) -> None:
        self.conid = conid
        self._values: dict[int, float | str] = {}
        self._computed: dict[int, tuple[float, ...]] = {}
        self._delay = Delay.UNKNOWN

    def hear(self, kind: int, value: float | str) -> None:
        self._values[kind] = value

    def compute(self, kind: int, figures: tuple[float, ...]) -> None:
        self._computed[kind] = figures

    def delayed(self, kind: int) -> None:
        self._delay = _DELAYS.get(kind, Delay.UNKNOWN)

    @property
    def is_priced(self) -> bool:
        """Whether both sides were told, or a last price and no sides."""
        return self._price(_BID) is not None and self._price(_ASK) is not None

    @property
    def is_heard(self) -> bool:
        return any(kind in self._values for kind in (*_BID, *_ASK, *_LAST, *_CLOSE))

    def quote(self, at: datetime) -> Quote:
        """All that is known now."""
        last, close = self._price(_LAST), self._price(_CLOSE)
        change = last - close if last is not None and close is not None else None
        return Quote(
            conid=self.conid, received_at=at, delay=self._delay, last=last if last is not None else close,
            bid=self._price(_BID), ask=self._price(_ASK), change=change,
            change_percent=change / close * _HUNDRED if change is not None and close else None, prior_close=close,
            is_close=last is None and close is not None, is_halted=(self._number(_HALTED) or 0) > 0,
            bid_size=self._size(_BID_SIZE), ask_size=self._size(_ASK_SIZE), volume=self._size(_VOLUME),
            option=self._option(),
        )  # fmt: skip

    def _number(self, kind: int) -> Decimal | None:
        return number(self._values.get(kind))

    def _price(self, kinds: Sequence[int]) -> Decimal | None:
        """-1 is "no price"; a bid of zero is one."""
        found = next((each for each in map(self._number, kinds) if each is not None), None)
        return tidy(found) if found is not None and found != -1 else None

    def _size(self, kinds: Sequence[int]) -> Decimal | None:
        return next((size(self._values[kind]) for kind in kinds if kind in self._values), None)

    def _option(self) -> OptionFigures | None:
        figures = next((self._computed[kind] for kind in _COMPUTED if kind in self._computed), None)
        interest = self._number(_CALL_INTEREST) or self._number(_PUT_INTEREST)
        if figures is None:
            return None if interest is None else OptionFigures(open_interest=interest)
        volatility, delta, _, _, gamma, vega, theta, _ = map(number, figures)
        return OptionFigures(
            volatility=None if volatility == -1 else volatility, delta=_computed(delta), gamma=_computed(gamma),
            theta=_computed(theta), vega=_computed(vega), open_interest=interest,
        )


def _computed(figure: Decimal | None) -> Decimal | None:
    """-2 is "not computed"."""
    return None if figure == -2 else figure


def match(found: Any) -> ContractMatch | None:
    """One hit of a search."""
    contract = found.contract
    conid = conid_of(contract)
    if conid is None:
        return None
    classes = (class_of(contract.secType), *(class_of(each) for each in found.derivativeSecTypes or ()))
    name = getattr(contract, "description", "") or ""
    return ContractMatch(
        conid=conid, symbol=contract.symbol, name=name, exchange=contract.primaryExchange or contract.exchange,
        classes=tuple(dict.fromkeys(classes)),
    )


def details(told: Any, conid: Conid) -> ContractDetails:
    contract = told.contract
    return ContractDetails(
        conid=conid, symbol=contract.symbol, name=told.longName or "",
        asset_class=class_of(contract.secType, told.stockType or ""), currency=contract.currency,
        exchange=contract.primaryExchange or contract.exchange,
        valid_exchanges=tuple(each for each in (told.validExchanges or "").split(",") if each),
        multiplier=positive(contract.multiplier), industry=told.industry or "", category=told.category or "",
        maturity=contract.lastTradeDateOrContractMonth or "",
    )


def asked_for(span: Span, bar: BarSize) -> tuple[str, str]:
    """Duration and bar size as TWS wants them."""
    return _SPANS[span], _BARS[bar]


def bar(told: Any) -> Bar | None:
    """A bar; days have no time and begin at midnight UTC."""
    text = str(told.date).strip()
    date_ = day(text) if len(text) == 8 else None
    at = datetime(date_.year, date_.month, date_.day, tzinfo=UTC) if date_ is not None else instant(text, UTC)
    prices = [number(each) for each in (told.open, told.high, told.low, told.close)]
    if at is None or None in prices:
        return None
    first, high, low, close = (tidy(each) for each in prices if each is not None)
    return Bar(at=at, open=first, high=high, low=low, close=close)


def months(expiries: Iterable[str]) -> tuple[date, ...]:
    """The first days of the months options end in."""
    return tuple(sorted({each.replace(day=1) for each in map(day, expiries) if each is not None}))


def strikes(told: Iterable[float]) -> tuple[Decimal, ...]:
    found = (positive(each) for each in told)
    return tuple(sorted({each for each in found if each is not None}))


def rule_of(told: Any, venue: str) -> int | None:
    """The number of the rule for price steps at an exchange: they are listed in parallel."""
    venues, rules = (told.validExchanges or "").split(","), (told.marketRuleIds or "").split(",")
    by_venue = dict(zip(venues, rules, strict=False))
    text = by_venue.get(venue) or next(iter(rules), "")
    return int(text) if text.isdecimal() else None


def rules(told: Any, conid: Conid, steps: Iterable[Any]) -> OrderRules:
    """What the broker takes. Times in force stand among the order types; where none does, the usual two are taken."""
    words = [each.strip() for each in (told.orderTypes or "").split(",")]
    kinds = frozenset(kind for kind in map(type_of, words) if kind is not None)
    tifs = frozenset(tif for tif in map(tif_of, words) if tif is not None)
    ticks: dict[Decimal, Decimal] = {}
    for each in steps:
        above, step = number(each.lowEdge), positive(each.increment)
        if above is not None and step is not None:
            ticks[tidy(above)] = step
    least = positive(told.minTick)
    if not ticks and least is not None:
        ticks = {Decimal(0): least}
    trades_late = (told.tradingHours or "") != (told.liquidHours or "")
    return OrderRules(
        conid=conid, order_types=kinds, outside_hours_types=kinds & {OrderType.LIMIT} if trades_late else frozenset(),
        tifs=tifs or frozenset({TimeInForce.DAY, TimeInForce.GTC}),
        ticks=tuple(Tick(above=above, step=step) for above, step in sorted(ticks.items())),
        size_step=positive(getattr(told, "sizeIncrement", None)) or Decimal(1),
    )  # fmt: skip


def hours(told: Any, conid: Conid) -> TradingHours:
    """`20261120:0400-20261120:2000;20261121:CLOSED`, in the venue's zone."""
    zone = zone_of(told.timeZoneId or "") or UTC
    spans = [
        *_spans(told.liquidHours or "", zone, is_liquid=True), *_spans(told.tradingHours or "", zone, is_liquid=False),
    ]
    spans.sort(key=lambda each: (each.opens, not each.is_liquid))
    return TradingHours(conid=conid, zone=told.timeZoneId or "", spans=tuple(spans))


def _spans(text: str, zone: Any, *, is_liquid: bool) -> list[TradingSpan]:
    found = []
    for part in text.split(";"):
        for stretch in part.split(","):
            first, _, last = stretch.strip().partition("-")
            opens, closes = _edge(first, zone), _edge(last, zone)
            if opens is not None and closes is not None and opens < closes:
                found.append(TradingSpan(opens=opens, closes=closes, is_liquid=is_liquid))
    return found


def _edge(text: str, zone: Any) -> datetime | None:
    date_, _, clock = text.partition(":")
    found = day(date_)
    if found is None or len(clock) != 4 or not clock.isdecimal() or int(clock[:2]) > 23 or int(clock[2:]) > 59:
        return None
    return datetime(found.year, found.month, found.day, int(clock[:2]), int(clock[2:]), tzinfo=zone).astimezone(UTC)

