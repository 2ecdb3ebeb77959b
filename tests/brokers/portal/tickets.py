"""Instruments, tickets and intents for tests of orders."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import Leg, OrderIntent, OrderRef, OrderTicket, OrderType, Side
from tests.brokers.door import LUNCH, MAIN

USD = Currency("USD")
AAPL = Instrument(conid=Conid(265598), symbol="AAPL", asset_class=AssetClass.STOCK, currency=USD, exchange="NASDAQ")
ES = Instrument(
    conid=Conid(677773648), symbol="ES", asset_class=AssetClass.FUTURE, currency=USD, multiplier=Decimal(50),
    exchange="CME", expiry=date(2026, 12, 18),
)


def option(conid: int, strike: str, right: Right = Right.PUT, currency: str = "USD") -> Instrument:
    """A SPY option."""
    terms = OptionTerms(right=right, strike=Decimal(strike), expiry=date(2026, 12, 18))
    return Instrument(
        conid=Conid(conid), symbol="SPY", asset_class=AssetClass.OPTION, currency=Currency(currency),
        multiplier=Decimal(100), exchange="EUREX", expiry=terms.expiry, option=terms, underlying_conid=Conid(756733),
    )


def stock(side: Side = Side.BUY, **changes: object) -> OrderTicket:
    """Five shares at a limit, in the demo."""
    ticket = OrderTicket(
        account=MAIN, mode=Mode.DEMO, legs=(Leg(instrument=AAPL, side=side),), quantity=Decimal(5),
        limit=Decimal("226.50"),
    )
    return replace(ticket, **changes)  # type: ignore[arg-type]


def at_market(**changes: object) -> OrderTicket:
    return stock(order_type=OrderType.MARKET, limit=None, **changes)


def vertical(limit: str = "-1.25", currency: str = "USD") -> OrderTicket:
    """A put sold and a lower one bought, for a credit."""
    legs = (
        Leg(instrument=option(111, "590", currency=currency), side=Side.SELL),
        Leg(instrument=option(222, "580", currency=currency), side=Side.BUY),
    )
    return OrderTicket(account=MAIN, mode=Mode.DEMO, legs=legs, quantity=Decimal(3), limit=Decimal(limit))


def intent(ticket: OrderTicket, ref: str = "ref-1") -> OrderIntent:
    return OrderIntent(ref=OrderRef(ref), ticket=ticket, at=LUNCH)


OTHER = AccountId("U1234567")
