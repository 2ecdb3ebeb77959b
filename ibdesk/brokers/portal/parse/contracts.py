"""The shapes of contract definitions, option chains, order rules and trading schedules on the Portal's wire."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.positions import class_of
from ibdesk.brokers.portal.parse.words import order_type_of, tif_of
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import TradingHours, TradingSpan
from ibdesk.domain.money import Currency, known
from ibdesk.domain.orders import OrderRules, Tick

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_OPTIONS = (AssetClass.OPTION, AssetClass.FUTURE_OPTION, AssetClass.WARRANT)
_EXPIRING = (*_OPTIONS, AssetClass.FUTURE, AssetClass.BOND, AssetClass.BILL)
_BONDS = (AssetClass.BOND, AssetClass.BILL)
_ONE = Decimal(1)
#: A database keeps 64 bits of a contract id.
_NO_CONID_FROM = 2**63


class _Definition(msgspec.Struct, rename="camel"):
    """A row of trsrv/secdef. The strike is text, `"0"` for what has none."""

    conid: int | None = None
    currency: str | None = None
    asset_class: str | None = None
    ticker: str | None = None
    type: str | None = None
    name: str | None = None
    listing_exchange: str | None = None
    expiry: wire.Text = None
    last_trading_day: wire.Text = None
    put_or_call: str | None = None
    strike: wire.Written = wire.NOTHING
    multiplier: wire.Written = wire.NOTHING
    sector: str | None = None
    und_conid: int | None = None


class _Definitions(msgspec.Struct, rename="camel"):
    secdef: list[msgspec.Raw] | None = None


class _Listed(msgspec.Struct, rename="camel"):
    """A row of secdef/info."""

    conid: int | None = None
    symbol: str | None = None
    sec_type: str | None = None
    exchange: str | None = None
    listing_exchange: str | None = None
    right: str | None = None
    strike: wire.Written = wire.NOTHING
    currency: str | None = None
    maturity_date: wire.Text = None
    multiplier: wire.Written = wire.NOTHING
    trading_class: str | None = None


class _Strikes(msgspec.Struct, rename="camel"):
    call: list[Decimal] | None = None
    put: list[Decimal] | None = None


class ChainSection(msgspec.Struct, rename="camel"):
    """What a search says of the options on a hit."""

    sec_type: str | None = None
    months: str | None = None
    exchange: str | None = None


class _Hit(msgspec.Struct, rename="camel"):
    conid: int | None = None
    sections: list[ChainSection] | None = None


class _Edge(msgspec.Struct, rename="camel"):
    lower_edge: Decimal | None = None
    increment: Decimal | None = None


class _Rules(msgspec.Struct, rename="camel"):
    order_types: list[str] | None = None
    order_types_outside: list[str] | None = None
    tif_types: list[str] | None = None
    increment_rules: list[_Edge] | None = None
    increment: Decimal | None = None
    size_increment: Decimal | None = None


class _Span(msgspec.Struct):
    opening: Decimal | None = None
    closing: Decimal | None = None


class _Day(msgspec.Struct):
    liquid_hours: list[_Span] | None = None
    extended_hours: list[_Span] | None = None


class _Schedule(msgspec.Struct):
    exchange_time_zone: str | None = None
    schedules: dict[str, _Day] | None = None


def definitions(body: bytes) -> tuple[Instrument, ...]:
    """The instruments of an answer about conids; one that cannot be read is left out."""
    found = wire.decode(body, _Definitions, "the contracts").secdef or []
    parsed = (_defined(each) for each in (wire.row(raw, _Definition) for raw in found) if isinstance(each, _Definition))
    return tuple(each for each in parsed if each is not None)


def _defined(row: _Definition) -> Instrument | None:
    kind = class_of(row.asset_class, row.type)
    expiry = wire.day(row.expiry) or wire.day(row.last_trading_day)
    option = _terms(row.put_or_call, wire.figure(row.strike), expiry) if kind in _OPTIONS else None
    if not _is_conid(row.conid) or not row.currency or not row.ticker or (kind in _OPTIONS and option is None):
        return None
    return Instrument(
        conid=Conid(row.conid or 0), symbol=row.ticker, asset_class=kind, currency=Currency(row.currency),
        name=row.name or "", broker_class=row.asset_class or "", multiplier=_multiplier(row.multiplier, kind),
        exchange=row.listing_exchange or "", sector=row.sector or "", expiry=expiry if kind in _EXPIRING else None,
        option=option, underlying_conid=Conid(row.und_conid or 0) if _is_conid(row.und_conid) else None,
    )


def contracts(body: bytes, underlying: Conid | None) -> tuple[Instrument, ...]:
    """Options of one underlying, by expiry, class and right; `underlying` None where the answer does not tell it."""
    rows = (row for row in wire.decode_rows(body, _Listed, "the option chain") if isinstance(row, _Listed))
    found = {each.conid: each for each in (_listed(row, underlying) for row in rows) if each is not None}
    return tuple(sorted(found.values(), key=_order))


def _listed(row: _Listed, underlying: Conid | None) -> Instrument | None:
    kind, expiry = class_of(row.sec_type), wire.day(row.maturity_date)
    option = _terms(row.right, wire.figure(row.strike), expiry)
    if not _is_conid(row.conid) or option is None or not row.currency or not row.symbol:
        return None
    return Instrument(
        conid=Conid(row.conid or 0), symbol=row.symbol, asset_class=kind, currency=Currency(row.currency),
        broker_class=row.sec_type or "", multiplier=_multiplier(row.multiplier, kind),
        exchange=row.listing_exchange or row.exchange or "", expiry=expiry, option=option,
        underlying_conid=underlying, trading_class=row.trading_class or "",
    )


def _order(instrument: Instrument) -> tuple[date, Decimal, str, str]:
    terms = instrument.option
    if terms is None:
        return date.min, Decimal(0), instrument.trading_class, ""
    return terms.expiry, terms.strike, instrument.trading_class, terms.right.value


def strikes(body: bytes) -> tuple[Decimal, ...]:
    """Every strike of a call or a put, lowest first; empty too when the symbol was not searched for before."""
    both = wire.decode(body, _Strikes, "the strikes")
    found = (known(each) for each in (*(both.call or ()), *(both.put or ())))
    return tuple(sorted({wire.tidy(each) for each in found if each}))


def chain_sections(body: bytes) -> Mapping[Conid, ChainSection]:
    """By conid, what a search says of options on it, or of options on its futures."""
    hits = (hit for hit in wire.decode_rows(body, _Hit, "the contract search") if isinstance(hit, _Hit))
    found: dict[Conid, ChainSection] = {}
    for hit in hits:
        section = _chain_of(hit.sections or ())
        if section is not None and _is_conid(hit.conid):
            found.setdefault(Conid(hit.conid or 0), section)
    return found


def _chain_of(sections: Iterable[ChainSection]) -> ChainSection | None:
    of_kind = {each.sec_type: each for each in sections if each.months}
    return of_kind.get("OPT") or of_kind.get("FOP")


def months(section: ChainSection) -> tuple[date, ...]:
    """The first days of its months, in order; a code nobody can read is left out."""
    found = (_month(code) for code in (section.months or "").split(";"))
    return tuple(sorted({each for each in found if each is not None}))


def _month(code: str) -> date | None:
    name, year = code[:3].upper(), code[3:]
    if name not in _MONTHS or not (len(year) == 2 and year.isdecimal()):
        return None
    return date(2000 + int(year), _MONTHS.index(name) + 1, 1)


def month_code(month: date) -> str:
    """`DEC26`."""
    return f"{_MONTHS[month.month - 1]}{month:%y}"


def rules(body: bytes, conid: Conid) -> OrderRules:
    """What the broker takes; words we have no use for are left out. Raises BadData."""
    raw = wire.decode(body, _Rules, "the order rules")
    edges = ((each.lower_edge or Decimal(0), known(each.increment)) for each in raw.increment_rules or ())
    ticks = {above: step for above, step in edges if step}
    single = known(raw.increment)
    if not ticks and single:
        ticks = {Decimal(0): single}
    tifs = (tif_of(each.partition("/")[0]) for each in raw.tif_types or ())
    return OrderRules(
        conid=conid,
        order_types=frozenset(kind for kind in map(order_type_of, raw.order_types or ()) if kind is not None),
        outside_hours_types=frozenset(
            kind for kind in map(order_type_of, raw.order_types_outside or ()) if kind is not None
        ),
        tifs=frozenset(tif for tif in tifs if tif is not None),
        ticks=tuple(Tick(above=above, step=step) for above, step in sorted(ticks.items())),
        size_step=known(raw.size_increment) or _ONE,
    )


def hours(body: bytes, conid: Conid) -> TradingHours:
    """The days the broker tells of. Raises BadData."""
    raw = wire.decode(body, _Schedule, "the trading hours")
    spans: list[TradingSpan] = []
    for day in (raw.schedules or {}).values():
        spans += _spans(day.liquid_hours or (), is_liquid=True)
        spans += _spans(day.extended_hours or (), is_liquid=False)
    spans.sort(key=lambda each: (each.opens, not each.is_liquid))
    return TradingHours(conid=conid, zone=raw.exchange_time_zone or "", spans=tuple(spans))


def _spans(rows: Iterable[_Span], *, is_liquid: bool) -> list[TradingSpan]:
    both = ((wire.instant(row.opening), wire.instant(row.closing)) for row in rows)
    return [
        TradingSpan(opens=opens, closes=closes, is_liquid=is_liquid)
        for opens, closes in both
        if opens is not None and closes is not None and opens < closes
    ]


def _terms(right: str | None, strike: Decimal | None, expiry: date | None) -> OptionTerms | None:
    letter = (right or "")[:1].upper()
    if letter not in ("C", "P") or not strike or expiry is None:
        return None
    return OptionTerms(right=Right(letter), strike=wire.tidy(strike), expiry=expiry)


def _multiplier(written: wire.Written, kind: AssetClass) -> Decimal:
    """What the broker says; a bond is quoted in percent of its par."""
    stated = wire.figure(written)
    if kind in _BONDS:
        return Decimal("0.01")
    return wire.tidy(abs(stated)) if stated else _ONE


def _is_conid(number: int | None) -> bool:
    return number is not None and 0 < number < _NO_CONID_FROM
