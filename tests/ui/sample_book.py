"""Made-up accounts for the window's tests and pictures: every class, several currencies, three years of equity."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, AccountSummary, LedgerLine, MarginType
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.money import Currency
from ibdesk.domain.portfolio import AccountPage, Row, rows_of
from ibdesk.domain.positions import Position, Source
from ibdesk.domain.returns import Point

NOW = datetime(2026, 11, 20, 17, 48, 7, tzinfo=UTC)
MAIN = AccountId("DU7654321")
SECOND = AccountId("DU7654322")
USD, EUR, JPY, GBP = Currency("USD"), Currency("EUR"), Currency("JPY"), Currency("GBP")
RATES = {USD: "1", EUR: "1.0862", JPY: "0.00651", GBP: "1.2955"}

#: conid, symbol, class, currency, name, sector, quantity, average price, price, day P&L
HELD = (
    (265598, "AAPL", "STK", USD, "Apple Inc", "Technology", "420", "187.32", "231.44", "612.10"),
    (4815747, "NVDA", "STK", USD, "NVIDIA Corp", "Technology", "300", "88.10", "142.65", "1204.00"),
    (272093, "MSFT", "STK", USD, "Microsoft Corp", "Technology", "250", "402.00", "431.18", "-402.50"),
    (8719, "KO", "STK", USD, "Coca-Cola Co", "Consumer, Non-cyclical", "600", "58.20", "63.41", "84.00"),
    (756733, "SPY", "ETF", USD, "SPDR S&P 500", "Funds", "180", "512.40", "601.25", "238.50"),
    (11017, "SIE", "STK", EUR, "Siemens AG", "Industrial", "120", "164.10", "188.36", "96.40"),
    (13824, "7203", "STK", JPY, "Toyota Motor", "Consumer, Cyclical", "1000", "2710", "2684.5", "-8200"),
    (29612, "VOD", "STK", GBP, "Vodafone Group", "Communications", "9000", "0.784", "0.7012", "-36.00"),
    (731921, "SPY", "OPT", USD, "SPDR S&P 500", "Funds", "-10", "8.42", "6.15", "310.00"),
    (731922, "AAPL", "OPT", USD, "Apple Inc", "Technology", "5", "11.20", "14.85", "420.00"),
    (495512, "ES", "FUT", USD, "E-mini S&P 500", "", "2", "5980.25", "6012.50", "1150.00"),
    (495513, "ES", "FOP", USD, "E-mini S&P 500", "", "1", "62.00", "58.25", "-75.00"),
    (701122, "US-T 4.25 11/34", "BOND", USD, "US Treasury", "Government", "100", "99.20", "98.61", "-45.00"),
    (701123, "US-T BILL 02/27", "BILL", USD, "US Treasury bill", "Government", "50", "97.90", "98.42", "6.00"),
    (66001, "VFIAX", "FUND", USD, "Vanguard 500 Index", "Funds", "310.512", "441.07", "505.18", "188.20"),
    (479624, "BTC", "CRYPTO", USD, "Bitcoin (Paxos)", "", "0.75", "61200.00", "58410.00", "-318.20"),
    (120550, "IBDE40", "CFD", EUR, "Germany 40", "", "3", "19210.5", "19344.2", "59.10"),
    (12087792, "EUR.USD", "CASH", USD, "European euro", "", "50000", "1.0821", "1.0862", "22.40"),
    (990001, "XYZ.WAR", "WAR", EUR, "Call warrant on Siemens", "", "400", "1.12", "0.94", "-11.00"),
    (990002, "LEGACY", "OTHER", USD, "", "", "7", None, None, None),
)
MULTIPLIERS = {"OPT": "100", "FUT": "50", "FOP": "50", "BOND": "10", "BILL": "10"}


def instrument(line: Sequence[object]) -> Instrument:
    """One line of `HELD` as an instrument."""
    conid, symbol, kind, currency, name, sector = line[:6]
    terms = None
    expiry = None
    if kind in ("OPT", "FOP", "WAR"):
        expiry = date(2026, 12, 18)
        right = Right.PUT if conid == 731921 else Right.CALL
        strike = {"SPY": "600", "AAPL": "225", "ES": "6100"}.get(str(symbol), "200")
        terms = OptionTerms(right=right, strike=Decimal(strike), expiry=expiry)
    elif kind == "FUT":
        expiry = date(2026, 12, 18)
    return Instrument(
        conid=Conid(int(str(conid))), symbol=str(symbol), asset_class=AssetClass(str(kind)), currency=currency,  # type: ignore[arg-type]
        name=str(name), sector=str(sector), multiplier=Decimal(MULTIPLIERS.get(str(kind), "1")),
        broker_class="STRUCT" if kind == "OTHER" else "", exchange="NASDAQ" if currency == USD else "IBIS",
        expiry=expiry, option=terms,
    )


def position(line: Sequence[object], account: AccountId = MAIN) -> Position:
    """One line of `HELD` as a position with the broker's own figures."""
    held = instrument(line)
    quantity = Decimal(str(line[6]))
    if line[7] is None:
        return Position(account=account, instrument=held, quantity=quantity)
    average, price = Decimal(str(line[7])), Decimal(str(line[8]))
    return Position(
        account=account, instrument=held, quantity=quantity, average_price=average,
        average_cost=average * held.multiplier, price=price, market_value=quantity * price * held.multiplier,
        unrealized=quantity * (price - average) * held.multiplier, realized=Decimal("0"),
    )


def trend(seed: int, price: str | None) -> tuple[Decimal, ...]:
    """Forty made-up closes that end at the price."""
    if price is None:
        return ()
    last = Decimal(price)
    waves = [
        Decimal(str(round(0.02 * math.sin(seed + step / 3) + 0.012 * math.sin(seed * 1.7 + step / 1.3), 6)))
        for step in range(40)
    ]
    return tuple(last * (1 + wave - waves[-1]) for wave in waves)


def quotes(now: datetime = NOW) -> tuple[Quote, ...]:
    """A live quote for every line that has a price."""
    found = []
    for line in HELD:
        if line[8] is None:
            continue
        last = Decimal(str(line[8]))
        found.append(Quote(
            conid=Conid(int(str(line[0]))), received_at=now, delay=Delay.LIVE, last=last, bid=last - Decimal("0.01"),
            ask=last + Decimal("0.01"), daily_pnl=Decimal(str(line[9])),
        ))
    return tuple(found)


def ledger(account: AccountId = MAIN) -> tuple[LedgerLine, ...]:
    """Cash in four currencies."""
    amounts = {USD: "182402.11", EUR: "24880.40", JPY: "1250000", GBP: "-3120.55"}
    return tuple(
        LedgerLine(
            account=account, currency=currency, rate=Decimal(RATES[currency]), cash=Decimal(cash),
            settled_cash=Decimal(cash), interest=Decimal("12.40"), dividends=Decimal("88.20"),
            unrealized=Decimal("96204.88") if currency == USD else Decimal("0"),
            realized=Decimal("-1120.00") if currency == USD else Decimal("0"),
        )
        for currency, cash in amounts.items()
    )


def equity(now: datetime = NOW, *, days: int = 800, end: float = 1284930.42) -> tuple[Point, ...]:
    """A made-up daily equity curve that ends at `end`."""
    steps = [
        1 + 0.35 * step / days + 0.04 * math.sin(step / 23) + 0.015 * math.sin(step / 5.1)
        + 0.008 * math.sin(step * 1.9)
        for step in range(days)
    ]
    return tuple(
        Point(at=now - timedelta(days=days - 1 - step), value=Decimal(str(round(end * value / steps[-1], 2))))
        for step, value in enumerate(steps)
    )


def page(account: AccountId = MAIN, *, now: datetime = NOW, currency: Currency = USD) -> AccountPage:
    """The main account as stored."""
    lines = HELD if account == MAIN else HELD[:3]
    held = tuple(position(line, account) for line in lines)
    trends = {Conid(int(str(line[0]))): trend(index, line[8]) for index, line in enumerate(HELD)}
    cash = ledger(account)
    rows: tuple[Row, ...] = rows_of(
        held, cash, {quote.conid: quote for quote in quotes(now)}, trends, currency,
        source=Source.PORTAL, as_of=now - timedelta(seconds=4),
    )
    return AccountPage(
        account=Account(
            id=account, title="Demo individual", currency=currency, is_paper=True, margin_type=MarginType.MARGIN,
            customer_type="INDIVIDUAL", entity="IBLLC-US", alias="",
        ),
        source=Source.PORTAL, as_of=now - timedelta(seconds=4), received_at=now - timedelta(seconds=4),
        summary=AccountSummary(
            account=account, currency=currency, as_of=now, received_at=now, net_liquidation=Decimal("1284930.42"),
            total_cash=Decimal("213521.90"), equity_with_loan=Decimal("1283010.42"),
            previous_equity=Decimal("1276518.32"), available_funds=Decimal("602638.00"),
            excess_liquidity=Decimal("655120.00"), buying_power=Decimal("2410552.00"),
            initial_margin=Decimal("682292.42"), maintenance_margin=Decimal("629810.42"),
            gross_position_value=Decimal("1071408.52"), cushion=Decimal("0.5098"), sma=Decimal("702410.00"),
            accrued_cash=Decimal("112.40"), accrued_dividend=Decimal("88.20"),
            day_trades_remaining=(None,) * 5, margin_type=MarginType.MARGIN,
        ),
        ledger=cash, rows=rows, equity=equity(now),
        pnl=AccountPnl(
            account=account, daily=Decimal("8412.10"), unrealized=Decimal("96204.88"),
            net_liquidation=Decimal("1284930.42"), excess_liquidity=Decimal("655120.00"), as_of=now,
        ),
    )


def many_rows(count: int) -> tuple[Row, ...]:
    """`count` rows with different conids, for tests of size."""
    made = []
    for index in range(count):
        line = HELD[index % 10]
        made.append(position((1_000_000 + index, f"{line[1]}{index}", "STK", USD, line[4], line[5], *line[6:])))
    return rows_of(made, (), {}, {}, USD)
