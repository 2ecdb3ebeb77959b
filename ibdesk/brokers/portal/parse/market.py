"""The shapes of contracts, quotes, bars and equity curves on the Portal's wire, and what they mean here."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.positions import class_of
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Bar, ContractDetails, ContractMatch, Delay, Dividend, OptionFigures, Quote
from ibdesk.domain.money import known
from ibdesk.domain.returns import Point

#: The market-data fields we ask for (reference/client-portal-api.md 6.2).
LAST, BID, ASK, CHANGE, CHANGE_PERCENT, DAILY_PNL, AVAILABILITY, PRIOR_CLOSE = (
    "31", "84", "86", "82", "83", "78", "6509", "7741",
)
#: 88 is the size at the bid, 85 the one at the ask. The broker leaves out what an instrument has not got.
BID_SIZE, ASK_SIZE, VOLUME = "88", "85", "7762"
VOLATILITY, DELTA, GAMMA, THETA, VEGA, OPEN_INTEREST = "7633", "7308", "7309", "7310", "7311", "7638"
_OF_OPTIONS_IN_ORDER = (VOLATILITY, DELTA, GAMMA, THETA, VEGA, OPEN_INTEREST)
_OF_OPTIONS = frozenset(_OF_OPTIONS_IN_ORDER)
FIELDS = (
    LAST, BID, ASK, CHANGE, CHANGE_PERCENT, DAILY_PNL, AVAILABILITY, PRIOR_CLOSE, BID_SIZE, ASK_SIZE, VOLUME,
    *_OF_OPTIONS_IN_ORDER,
)
#: Beside the fields of every row, without being asked for.
UPDATED = "_updated"
#: The next dividend per share, and the first day without it.
DIVIDEND, EX_DATE = "7286", "7288"
OF_DIVIDENDS = (DIVIDEND, EX_DATE)
_DELAYS = {
    "R": Delay.LIVE, "D": Delay.DELAYED, "Z": Delay.FROZEN, "Y": Delay.FROZEN_DELAYED, "N": Delay.NOT_SUBSCRIBED,
    "O": Delay.NOT_SUBSCRIBED,
}
_NEW_YORK = ZoneInfo("America/New_York")


class _Section(msgspec.Struct, rename="camel"):
    sec_type: str | None = None
    months: str | None = None


class _Hit(msgspec.Struct, rename="camel"):
    conid: int | None = None
    company_header: str | None = None
    company_name: str | None = None
    symbol: str | None = None
    description: str | None = None
    sections: list[_Section] | None = None


class _Contract(msgspec.Struct):
    con_id: int | None = None
    symbol: str | None = None
    company_name: str | None = None
    instrument_type: str | None = None
    currency: str | None = None
    exchange: str | None = None
    valid_exchanges: str | None = None
    multiplier: Decimal | None = None
    industry: str | None = None
    category: str | None = None
    maturity_date: wire.Text = None


class _Bar(msgspec.Struct, rename="camel"):
    t: int
    o: Decimal
    h: Decimal
    l: Decimal  # noqa: E741 - the broker's letter
    c: Decimal


class _History(msgspec.Struct, rename="camel"):
    data: list[_Bar] | None = None


class _Period(msgspec.Struct, rename="camel"):
    nav: list[Decimal | None] | None = None
    dates: list[wire.Text] | None = None


class _Navs(msgspec.Struct, rename="camel"):
    id: str | None = None
    navs: list[Decimal | None] | None = None


class _NavTable(msgspec.Struct, rename="camel"):
    dates: list[wire.Text] | None = None
    data: list[_Navs] | None = None


class _Performance(msgspec.Struct, rename="camel"):
    nav: _NavTable | None = None


def matches(body: bytes) -> tuple[ContractMatch, ...]:
    """The hits of a contract search; those without a conid cannot be used and are left out."""
    hits = (hit for hit in wire.decode_rows(body, _Hit, "the contract search") if isinstance(hit, _Hit))
    return tuple(_match(hit, Conid(hit.conid)) for hit in hits if hit.conid and hit.conid > 0)


def _match(hit: _Hit, conid: Conid) -> ContractMatch:
    sections = hit.sections or []
    months = next((each.months for each in sections if each.sec_type == "OPT" and each.months), "")
    classes = tuple(dict.fromkeys(class_of(each.sec_type) for each in sections if each.sec_type))
    return ContractMatch(
        conid=conid,
        symbol=hit.symbol or "",
        name=hit.company_name or hit.company_header or "",
        exchange=hit.description or "",
        classes=classes,
        option_months=tuple(month for month in months.split(";") if month),
    )


def details(body: bytes, conid: Conid) -> ContractDetails:
    """One contract. Raises BadData."""
    raw = wire.decode(body, _Contract, "the contract")
    return ContractDetails(
        conid=conid,
        symbol=raw.symbol or "",
        name=raw.company_name or "",
        asset_class=class_of(raw.instrument_type),
        currency=raw.currency or "",
        exchange=raw.exchange or "",
        valid_exchanges=tuple(name for name in (raw.valid_exchanges or "").split(",") if name),
        multiplier=known(raw.multiplier),
        industry=raw.industry or "",
        category=raw.category or "",
        maturity=str(raw.maturity_date or ""),
    )


def quotes(body: bytes, at: datetime) -> dict[Conid, Quote]:
    """What a snapshot answer knows, by conid; an instrument without any figure yet is left out."""
    rows = wire.decode(body, list[dict[str, msgspec.Raw]], "the quotes")
    return {each.conid: each for each in (quote(row, at) for row in rows) if each is not None and has_figures(each)}


def has_figures(each: Quote) -> bool:
    return any(figure is not None for figure in (each.last, each.bid, each.ask, each.prior_close))


def quote(row: Mapping[str, msgspec.Raw], at: datetime) -> Quote | None:
    """The fields a row carries; None when it names no instrument."""
    conid = wire.number(_plain(row, "conid"))
    if conid is None:
        return None
    last = _plain(row, LAST)
    availability = _plain(row, AVAILABILITY)
    return Quote(
        conid=Conid(int(conid)),
        received_at=at,
        delay=_DELAYS.get(availability[:1], Delay.UNKNOWN),
        # C marks yesterday's close, H a halted instrument.
        last=wire.number(last.lstrip("CH")),
        bid=wire.number(_plain(row, BID)),
        ask=wire.number(_plain(row, ASK)),
        change=wire.number(_plain(row, CHANGE)),
        change_percent=wire.number(_plain(row, CHANGE_PERCENT)),
        prior_close=wire.number(_plain(row, PRIOR_CLOSE)),
        daily_pnl=wire.number(_plain(row, DAILY_PNL)),
        is_close=last.startswith("C"),
        is_halted=last.startswith("H"),
        bid_size=_figure(row, BID_SIZE),
        ask_size=_figure(row, ASK_SIZE),
        volume=_figure(row, VOLUME),
        option=_option(row),
        updated_at=_instant(row),
    )


def _instant(row: Mapping[str, msgspec.Raw]) -> datetime | None:
    """The broker's own time of the row, in milliseconds since 1970."""
    told = _figure(row, UPDATED)
    if told is None or told <= 0:
        return None
    with contextlib.suppress(ValueError, OverflowError, OSError):  # no instant of this world
        return datetime.fromtimestamp(float(told) / 1000, UTC)
    return None


def _option(row: Mapping[str, msgspec.Raw]) -> OptionFigures | None:
    """What the broker computes for an option; None when the row has nothing of it."""
    if _OF_OPTIONS.isdisjoint(row):
        return None
    percent, delta, gamma, theta, vega, interest = figures = [_figure(row, name) for name in _OF_OPTIONS_IN_ORDER]
    if figures.count(None) == len(figures):
        return None
    return OptionFigures(
        volatility=None if percent is None else percent / 100, delta=delta, gamma=gamma, theta=theta, vega=vega,
        open_interest=interest,
    )


def _figure(row: Mapping[str, msgspec.Raw], name: str) -> Decimal | None:
    return wire.number(wire.plain(row[name])) if name in row else None


def _plain(row: Mapping[str, msgspec.Raw], name: str) -> str:
    raw = row.get(name)
    return "" if raw is None else wire.plain(raw)


def dividends(body: bytes) -> dict[Conid, Dividend]:
    """What a snapshot answer knows of dividends; a day is written in eight digits, with dashes or without."""
    found: dict[Conid, Dividend] = {}
    for row in wire.decode(body, list[dict[str, msgspec.Raw]], "the dividends"):
        conid, amount = wire.number(_plain(row, "conid")), _figure(row, DIVIDEND)
        digits = _plain(row, EX_DATE).replace("-", "")
        if conid is None or amount is None or amount <= 0 or len(digits) != 8:
            continue
        with contextlib.suppress(ValueError):
            day = datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()
            found[Conid(int(conid))] = Dividend(ex_date=day, amount=amount)
    return found


def bars(body: bytes) -> tuple[Bar, ...]:
    """Oldest first; empty when the broker has none."""
    raw = wire.decode(body, _History, "the price history").data or []
    found = (
        Bar(at=datetime.fromtimestamp(bar.t / 1000, UTC), open=bar.o, high=bar.h, low=bar.l, close=bar.c)
        for bar in raw
        if known(bar.c) is not None
    )
    return tuple(sorted(found, key=lambda bar: bar.at))


def equity_all_periods(body: bytes) -> dict[AccountId, tuple[Point, ...]]:
    """The longest daily curve of each account in the answer about all periods."""
    raw = wire.decode(body, dict[str, msgspec.Raw], "the equity history")
    curves = {}
    for name, value in raw.items():
        periods = _periods(value)
        if periods:
            longest = max(periods, key=lambda each: len(each.nav or ()))
            curves[AccountId(name)] = _points(longest.dates or (), longest.nav or ())
    return curves


def _periods(value: msgspec.Raw) -> list[_Period]:
    """The periods of one account; an entry that is none is passed over."""
    found = []
    with contextlib.suppress(msgspec.DecodeError):
        for entry in msgspec.json.decode(value, type=dict[str, msgspec.Raw]).values():
            with contextlib.suppress(msgspec.DecodeError):
                found.append(msgspec.json.decode(entry, type=_Period, strict=False))
    return [each for each in found if each.nav and each.dates]


def equity_performance(body: bytes) -> dict[AccountId, tuple[Point, ...]]:
    """The daily curve of each account in a performance answer."""
    table = wire.decode(body, _Performance, "the performance").nav or _NavTable()
    return {AccountId(row.id): _points(table.dates or (), row.navs or ()) for row in table.data or () if row.id}


def _points(dates: Sequence[wire.Text], values: Sequence[Decimal | None]) -> tuple[Point, ...]:
    """Each day's value at New York's close of business, 16:00: the broker names the day alone."""
    days = (wire.day(each) for each in dates)
    return tuple(
        Point(at=datetime.combine(day, time(16), _NEW_YORK).astimezone(UTC), value=value)
        for day, value in zip(days, (known(each) for each in values), strict=False)
        if day is not None and value is not None
    )

