"""One account, or all of them, as the views read it: rows, totals, groups and shares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, AccountSummary, LedgerLine
from ibdesk.domain.drift import Comparison, Drift
from ibdesk.domain.instruments import CLASS_NAMES, AssetClass, Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO, Currency, total
from ibdesk.domain.positions import Position, Source
from ibdesk.domain.returns import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A position as a table shows it. Amounts are in the instrument's currency, `base_value` in the account's.

    `trend` are the last closes, oldest first, empty when there is no history. `source` told the position `as_of`, None
    when that is not known; `drifts` are what other sources tell differently of it.
    """

    position: Position
    rate: Decimal | None
    quote: Quote | None = None
    trend: tuple[Decimal, ...] = ()
    source: Source | None = None
    as_of: datetime | None = None
    drifts: tuple[tuple[Source, Drift], ...] = ()

    @property
    def last(self) -> Decimal | None:
        quoted = self.quote.last if self.quote is not None else None
        return self.position.price if quoted is None else quoted

    @property
    def daily(self) -> Decimal | None:
        return self.quote.daily_pnl if self.quote is not None else None

    @property
    def unrealized_percent(self) -> Decimal | None:
        cost, unrealized = self.position.cost, self.position.unrealized
        if cost is None or unrealized is None or cost == 0:
            return None
        return unrealized / abs(cost) * 100

    @property
    def base_value(self) -> Decimal | None:
        value = self.position.value
        return None if value is None or self.rate is None else value * self.rate

    @property
    def base_unrealized(self) -> Decimal | None:
        gain = self.position.unrealized
        return None if gain is None or self.rate is None else gain * self.rate

    @property
    def base_realized(self) -> Decimal | None:
        gain = self.position.realized
        return None if gain is None or self.rate is None else gain * self.rate

    @property
    def base_daily(self) -> Decimal | None:
        return None if self.daily is None or self.rate is None else self.daily * self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """All that is stored of one account at one instant. `equity` is oldest first, base currency."""

    account: Account
    source: Source
    as_of: datetime
    received_at: datetime
    summary: AccountSummary
    ledger: tuple[LedgerLine, ...]
    rows: tuple[Row, ...]
    equity: tuple[Point, ...] = ()
    pnl: AccountPnl | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The dashboard's figures in one currency; None is "not reported"."""

    currency: Currency
    net_liquidation: Decimal | None
    total_cash: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None
    daily: Decimal | None
    buying_power: Decimal | None
    available_funds: Decimal | None
    excess_liquidity: Decimal | None

    @property
    def daily_percent(self) -> Decimal | None:
        if self.daily is None or self.net_liquidation is None:
            return None
        start = self.net_liquidation - self.daily
        return self.daily / start * 100 if start > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One slice of the allocation, base currency; `percent` of the sum of absolute values."""

    name: str
    value: Decimal
    percent: Decimal


def figures_of(page: AccountPage) -> Figures:
    """One account's figures; the broker's own numbers, never recomputed."""
    summary, pnl = page.summary, page.pnl
    base = page.ledger
    return Figures(
        currency=page.account.currency,
        net_liquidation=pnl.net_liquidation if pnl and pnl.net_liquidation is not None else summary.net_liquidation,
        total_cash=summary.total_cash,
        unrealized=pnl.unrealized if pnl and pnl.unrealized is not None else _in_base(base, "unrealized"),
        realized=_in_base(base, "realized"),
        daily=pnl.daily if pnl else None,
        buying_power=summary.buying_power,
        available_funds=summary.available_funds,
        excess_liquidity=summary.excess_liquidity,
    )


def _in_base(lines: Iterable[LedgerLine], name: str) -> Decimal | None:
    amounts = ((getattr(line, name), line.rate) for line in lines)
    return total(None if amount is None else amount * rate for amount, rate in amounts)


def summed(figures: Sequence[Figures]) -> Figures | None:
    """Several accounts' figures as one; None when there are none or their base currencies differ.

    A figure that one of them does not report has no sum: a part would look like the whole.
    """
    if not figures or len({each.currency for each in figures}) > 1:
        return None

    def add(name: str) -> Decimal | None:
        amounts = [getattr(each, name) for each in figures]
        return None if None in amounts else total(amounts)

    return Figures(
        currency=figures[0].currency,
        net_liquidation=add("net_liquidation"),
        total_cash=add("total_cash"),
        unrealized=add("unrealized"),
        realized=add("realized"),
        daily=add("daily"),
        buying_power=add("buying_power"),
        available_funds=add("available_funds"),
        excess_liquidity=add("excess_liquidity"),
    )


def summed_equity(curves: Sequence[Sequence[Point]]) -> tuple[Point, ...]:
    """Several accounts' curves as one, from the first instant at which all have a value."""
    if not curves or any(not curve for curve in curves):
        return ()
    begin = max(curve[0].at for curve in curves)
    instants = sorted({point.at for curve in curves for point in curve if point.at >= begin})
    cursors = [0] * len(curves)
    points: list[Point] = []
    for instant in instants:
        for index, curve in enumerate(curves):
            while cursors[index] + 1 < len(curve) and curve[cursors[index] + 1].at <= instant:
                cursors[index] += 1
        value = sum((curve[cursor].value for curve, cursor in zip(curves, cursors, strict=True)), ZERO)
        points.append(Point(at=instant, value=value))
    return tuple(points)


def by_class(rows: Iterable[Row], ledger: Iterable[LedgerLine]) -> tuple[Share, ...]:
    """The allocation over asset classes, cash included, base currency."""
    return _shares(rows, ledger, lambda row: CLASS_NAMES[row.position.instrument.asset_class], lambda line: "Cash")


def by_currency(rows: Iterable[Row], ledger: Iterable[LedgerLine]) -> tuple[Share, ...]:
    """The allocation over currencies, cash included, base currency."""
    return _shares(rows, ledger, lambda row: row.position.instrument.currency, lambda line: line.currency)


def by_sector(rows: Iterable[Row], ledger: Iterable[LedgerLine]) -> tuple[Share, ...]:
    """The allocation over sectors; what has none is named Other, cash is Cash."""
    return _shares(rows, ledger, lambda row: row.position.instrument.sector or "Other", lambda line: "Cash")


def _shares(
    rows: Iterable[Row],
    ledger: Iterable[LedgerLine],
    name_of_row: Callable[[Row], str],
    name_of_line: Callable[[LedgerLine], str],
) -> tuple[Share, ...]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row.base_value:
            name = name_of_row(row)
            sums[name] = sums.get(name, ZERO) + row.base_value
    for line in ledger:
        if line.cash:
            name = name_of_line(line)
            sums[name] = sums.get(name, ZERO) + line.cash * line.rate
    whole = sum((abs(value) for value in sums.values()), ZERO)
    shares = [
        Share(name=name, value=value, percent=abs(value) / whole * 100) for name, value in sums.items() if value
    ]
    return tuple(sorted(shares, key=lambda share: -abs(share.value)))


def rows_of(
    positions: Iterable[Position],
    ledger: Iterable[LedgerLine],
    quotes: Mapping[Conid, Quote],
    trends: Mapping[Conid, tuple[Decimal, ...]],
    base: Currency,
    *,
    source: Source | None = None,
    as_of: datetime | None = None,
) -> tuple[Row, ...]:
    """The table's rows: each position with its rate to base, its quote and its trend."""
    rates: dict[tuple[AccountId, Currency], Decimal] = {(line.account, line.currency): line.rate for line in ledger}
    return tuple(
        Row(
            position=position,
            rate=Decimal(1)
            if position.instrument.currency == base
            else rates.get((position.account, position.instrument.currency)),
            quote=quotes.get(position.instrument.conid),
            trend=trends.get(position.instrument.conid, ()),
            source=source,
            as_of=as_of,
        )
        for position in positions
    )


def with_drifts(rows: tuple[Row, ...], compared: Iterable[Comparison]) -> tuple[Row, ...]:
    """The rows with what other sources tell differently of them."""
    found: dict[tuple[AccountId, Conid], tuple[tuple[Source, Drift], ...]] = {}
    for comparison in compared:
        for drift in comparison.drifts:
            key = (drift.account, drift.instrument.conid)
            found[key] = (*found.get(key, ()), (comparison.theirs, drift))
    if not found:
        return rows
    return tuple(
        replace(row, drifts=found[row.position.key]) if row.position.key in found else row for row in rows
    )


def is_in_filter(asset_class: AssetClass, wanted: str) -> bool:
    """The quick filters over the table: All, Stocks, Options, Futures, Other."""
    groups = {
        "Stocks": (AssetClass.STOCK, AssetClass.ETF),
        "Options": (AssetClass.OPTION, AssetClass.FUTURE_OPTION, AssetClass.WARRANT),
        "Futures": (AssetClass.FUTURE,),
    }
    if wanted == "All":
        return True
    if wanted in groups:
        return asset_class in groups[wanted]
    return all(asset_class not in group for group in groups.values())
