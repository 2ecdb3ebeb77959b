"""What can be held: the classes, one instrument, and what a holding of it is worth."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from ibdesk.domain.money import ZERO, Currency

Conid = NewType("Conid", int)


class AssetClass(StrEnum):
    """Every class the broker reports; OTHER keeps its spelling in `Instrument.broker_class`."""

    STOCK = "STK"
    ETF = "ETF"
    OPTION = "OPT"
    FUTURE = "FUT"
    FUTURE_OPTION = "FOP"
    WARRANT = "WAR"
    BOND = "BOND"
    BILL = "BILL"
    FUND = "FUND"
    CRYPTO = "CRYPTO"
    CFD = "CFD"
    CASH = "CASH"
    INDEX = "IND"
    COMBO = "BAG"
    OTHER = "OTHER"


class Right(StrEnum):
    CALL = "C"
    PUT = "P"


#: Classes a figure is named for in the allocation and in filters.
CLASS_NAMES: dict[AssetClass, str] = {
    AssetClass.STOCK: "Stocks",
    AssetClass.ETF: "ETFs",
    AssetClass.OPTION: "Options",
    AssetClass.FUTURE: "Futures",
    AssetClass.FUTURE_OPTION: "Future options",
    AssetClass.WARRANT: "Warrants",
    AssetClass.BOND: "Bonds",
    AssetClass.BILL: "Bills",
    AssetClass.FUND: "Funds",
    AssetClass.CRYPTO: "Crypto",
    AssetClass.CFD: "CFDs",
    AssetClass.CASH: "Cash",
    AssetClass.INDEX: "Indices",
    AssetClass.COMBO: "Combos",
    AssetClass.OTHER: "Other",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTerms:
    """What makes an option, warrant or future option itself."""

    right: Right
    strike: Decimal
    expiry: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One thing with a conid. `multiplier` is what one unit of price is worth per contract (1 for shares).

    A bond is quoted in percent of par, so its multiplier is face value per unit of quantity / 100. `trading_class` is
    the root an option trades under (`SPXW` for SPX, `AAPL1` for an adjusted AAPL), "" when it was not told.
    """

    conid: Conid
    symbol: str
    asset_class: AssetClass
    currency: Currency
    name: str = ""
    broker_class: str = ""
    multiplier: Decimal = Decimal(1)
    exchange: str = ""
    sector: str = ""
    expiry: date | None = None
    option: OptionTerms | None = None
    underlying_conid: Conid | None = None
    trading_class: str = ""

    @property
    def label(self) -> str:
        """How a trader writes it: `SPY Dec18'26 600 P`, `ES Dec'26`, `AAPL`."""
        if self.option is not None:
            expiry = self.option.expiry
            strike = format(self.option.strike.normalize(), "f")
            return f"{self.symbol} {expiry:%b}{expiry.day}'{expiry:%y} {strike} {self.option.right}"
        if self.asset_class is AssetClass.FUTURE and self.expiry is not None:
            return f"{self.symbol} {self.expiry:%b}'{self.expiry:%y}"
        return self.symbol


def value_of(
    asset_class: AssetClass, market_value: Decimal | None, unrealized: Decimal | None
) -> Decimal | None:
    """What the holding adds to net assets, in its own currency.

    A future's gains are already in cash (daily variation) and a currency row is cash told a second time (the money
    itself is a ledger line), so they add nothing; a CFD adds its unrealised profit; everything else is worth price x
    quantity x multiplier, which the broker reports as its market value.
    """
    if asset_class in (AssetClass.FUTURE, AssetClass.CASH):
        return ZERO
    if asset_class is AssetClass.CFD:
        return unrealized
    return market_value


def notional_of(quantity: Decimal, price: Decimal | None, multiplier: Decimal) -> Decimal | None:
    """The exposure, price x quantity x multiplier; a column of its own, never part of value."""
    return None if price is None else quantity * price * multiplier
