"""Made-up strikes around 600 on SPY, for the parts of the chain that need no gateway."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ibdesk.domain.chains import ChainRow, Expiry
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import Delay, OptionFigures, Quote
from ibdesk.domain.money import USD

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
TODAY, DECEMBER = date(2026, 11, 20), date(2026, 12, 18)
SPY = Instrument(conid=Conid(756733), symbol="SPY", asset_class=AssetClass.ETF, currency=USD, exchange="ARCA",
                 name="SPDR S&P 500")  # fmt: skip
EXPIRY = Expiry(day=DECEMBER, trading_class="SPY")


def option(strike: int, right: Right, day: date = DECEMBER) -> Instrument:
    """Conids tell strike and right: 6001 is the 600 call, 6000 the 600 put."""
    return Instrument(
        conid=Conid(strike * 10 + (right is Right.CALL)), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD,
        multiplier=Decimal(100), option=OptionTerms(right=right, strike=Decimal(strike), expiry=day),
        underlying_conid=SPY.conid, trading_class="SPY",
    )


def rows(first: int = 590, last: int = 610, step: int = 1, day: date = DECEMBER) -> tuple[ChainRow, ...]:
    return tuple(
        ChainRow(strike=Decimal(strike), call=option(strike, Right.CALL, day), put=option(strike, Right.PUT, day))
        for strike in range(first, last + 1, step)
    )


def quote(conid: int, bid: str = "9.90", ask: str = "10.10", *, told: bool = True, **parts: Any) -> Quote:
    """`told`: the broker tells volatility and delta."""
    figures = OptionFigures(volatility=Decimal("0.174"), delta=Decimal("-0.31"), open_interest=Decimal(2476))
    return Quote(**{
        "conid": Conid(conid), "received_at": NOW, "delay": Delay.LIVE, "bid": Decimal(bid), "ask": Decimal(ask),
        "last": Decimal("10.00"), "volume": Decimal(1234), "option": figures if told else None,
    } | parts)  # fmt: skip
