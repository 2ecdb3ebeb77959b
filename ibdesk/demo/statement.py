"""The demo account as the XML of a Flex statement: who, what it was worth, what it held at a trading day's close."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.sax.saxutils import quoteattr

from ibdesk.demo.account import BASE, ZERO, DemoAccount, Figures, Holding
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.hours import is_trading_day, session

#: Where a class of instrument stands in the equity summary; a future's gain is cash already.
_COLUMNS: Mapping[str, str] = {
    "STK": "stock", "OPT": "options", "FOP": "options", "BOND": "bonds", "FUND": "funds", "CRYPTO": "crypto",
    "CFD": "cfdUnrealizedPl", "FUT": "",
}  # fmt: skip


def report_day(account: DemoAccount, number: str, last: date, now: datetime) -> date | None:
    """The last trading day up to `last` that has ended by yesterday in New York; None where the book does not reach
    that far back, since it knows what is held, not what was."""
    day = min(last, now.astimezone(NEW_YORK).date() - timedelta(days=1))
    while not is_trading_day("XNYS", day):
        day -= timedelta(days=1)
    return day if day >= max(bought for _, bought, _ in account.purchases(number)) else None


def render(account: DemoAccount, number: str, first: date | None, day: date, now: datetime) -> bytes:
    """The statement from `first` (None: the query's own last business day) to the close of `day`."""
    figures = account.figures(number, session("XNYS", day)[1])
    begins, period = (min(first, day), "") if first else (day, "LastBusinessDay")
    statement = _element(
        "FlexStatement", accountId=number, fromDate=_day(begins), toDate=_day(day), period=period,
        whenGenerated=f"{now.astimezone(NEW_YORK):%Y%m%d;%H%M%S}",
    )  # fmt: skip
    return "\n".join((
        '<FlexQueryResponse queryName="Demo" type="AF">',
        '<FlexStatements count="1">',
        f"<{statement}>",
        f"<{_information(account, number)} />",
        "<EquitySummaryInBase>", f"<{_equity(figures, day)} />", "</EquitySummaryInBase>",
        "<OpenPositions>",
        *(f"<{_position(figures, held, day)} />" for held in figures.holdings if held.quantity),
        "</OpenPositions>",
        "</FlexStatement>", "</FlexStatements>", "</FlexQueryResponse>", "",
    )).encode()  # fmt: skip


def _information(account: DemoAccount, number: str) -> str:
    return _element(
        "AccountInformation", accountId=number, acctAlias="", model="", currency=BASE,
        name=account.books[number].title, accountType="Individual", customerType="Individual",
        accountCapabilities="Margin", dateOpened=_day(account.opened(number)),
    )  # fmt: skip


def _equity(figures: Figures, day: date) -> str:
    """Unrounded, as the broker does; the columns add up to the total."""
    columns = dict.fromkeys([name for name in _COLUMNS.values() if name], ZERO)
    for held in figures.holdings:
        if name := _COLUMNS[held.listing.asset_class]:
            columns[name] += held.value * _rate(figures, held)
    cash = sum((line.cash * line.rate for line in figures.lines), ZERO)
    total = cash + sum(columns.values(), ZERO)
    amounts = {name: _number(amount) for name, amount in columns.items()}
    return _element(
        "EquitySummaryByReportDateInBase", accountId=figures.account, acctAlias="", model="", currency=BASE,
        reportDate=_day(day), cash=_number(cash), **amounts, total=_number(total),
    )  # fmt: skip


def _position(figures: Figures, held: Holding, day: date) -> str:
    listing = held.listing
    size = held.quantity * listing.multiplier
    return _element(
        "OpenPosition", accountId=figures.account, acctAlias="", model="", currency=listing.currency,
        fxRateToBase=_number(_rate(figures, held)), assetCategory=listing.asset_class, symbol=_symbol(held),
        description=listing.name, conid=str(listing.conid), listingExchange=listing.exchange,
        underlyingConid=str(listing.underlying or ""), multiplier=_number(listing.multiplier),
        strike=_number(listing.strike) if listing.is_option else "",
        expiry=_day(listing.expiry) if listing.expiry else "", putCall=listing.right, reportDate=_day(day),
        position=_number(held.quantity), markPrice=_number(held.price), positionValue=_number(held.market_value),
        openPrice=_number(held.average_price), costBasisPrice=_number(held.average_price),
        costBasisMoney=_number(held.average_price * size), fifoPnlUnrealized=_number(held.unrealized),
        side="Long" if held.quantity > 0 else "Short", levelOfDetail="SUMMARY", openDateTime="", code="",
    )  # fmt: skip


def _symbol(held: Holding) -> str:
    return held.listing.occ if held.listing.asset_class == "OPT" else held.listing.symbol


def _rate(figures: Figures, held: Holding) -> Decimal:
    return next(line.rate for line in figures.lines if line.currency == held.listing.currency)


def _element(tag: str, /, **attributes: str) -> str:
    return " ".join((tag, *(f"{key}={quoteattr(value)}" for key, value in attributes.items())))


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _number(value: Decimal) -> str:
    return format(value.normalize() + ZERO, "f")
