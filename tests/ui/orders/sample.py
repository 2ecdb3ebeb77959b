"""Orders of every kind for tests of the window: shares, spreads, partial fills, questions, lost ones, others'."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Leg, Order, OrderId, OrderRef, OrderState, OrderType, Side, TimeInForce

NOW = datetime(2026, 11, 20, 17, 48, 7, tzinfo=UTC)
TODAY = date(2026, 11, 20)
MAIN, SMALL = AccountId("DU7654321"), AccountId("DU7654322")
DEC, JAN = date(2026, 12, 18), date(2027, 1, 15)


def share(symbol: str, conid: int) -> Instrument:
    return Instrument(conid=Conid(conid), symbol=symbol, asset_class=AssetClass.STOCK, currency=USD)


def option(symbol: str, strike: str, right: Right, expiry: date = DEC) -> Instrument:
    number = int(Decimal(strike) * 10) * 2 + (right is Right.PUT) + expiry.toordinal() * 100_000
    return Instrument(
        conid=Conid(number), symbol=symbol, asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100),
        option=OptionTerms(right=right, strike=Decimal(strike), expiry=expiry), underlying_conid=Conid(756733),
        trading_class=symbol,
    )


NVDA, SPY, AAPL = share("NVDA", 4815747), share("SPY", 756733), share("AAPL", 265598)


def leg(side: Side, instrument: Instrument, ratio: int = 1) -> Leg:
    return Leg(instrument=instrument, side=side, ratio=ratio)


def order(*legs: Leg, **parts: Any) -> Order:
    """A working limit order four minutes old; `parts` replace what it says."""
    plain = Order(
        account=MAIN, state=OrderState.WORKING, legs=legs or (leg(Side.BUY, SPY),), quantity=Decimal(5),
        order_type=OrderType.LIMIT, tif=TimeInForce.DAY, at=NOW - timedelta(minutes=4),
        updated_at=NOW - timedelta(minutes=4), ref=OrderRef("ibdesk-1"), id=OrderId("1001"), limit=Decimal("6.10"),
    )
    return replace(plain, **parts)


def named(ref: str, number: int, *legs: Leg, **parts: Any) -> Order:
    return order(*legs, ref=OrderRef(ref), id=OrderId(str(number)), **parts)


BUYS_CALLS = named("ibdesk-call", 1001, leg(Side.BUY, option("AAPL", "240", Right.CALL, JAN)))
SELLS_SHARES = named(
    "ibdesk-shares", 1002, leg(Side.SELL, NVDA), quantity=Decimal(100), filled=Decimal(40), limit=Decimal("142.70"),
    average_price=Decimal("142.72"), at=NOW - timedelta(minutes=11),
)
IS_ASKED = replace(
    order(leg(Side.SELL, option("SPY", "600", Right.CALL)), leg(Side.BUY, option("SPY", "610", Right.CALL))),
    ref=OrderRef("ibdesk-asked"), id=None, quantity=Decimal(10), limit=Decimal("-2.15"), state=OrderState.ASKED,
    at=NOW - timedelta(seconds=8),
)
IS_LOST = replace(
    order(leg(Side.BUY, SPY)), ref=OrderRef("ibdesk-lost"), id=None, state=OrderState.UNKNOWN, limit=Decimal("588.00"),
    message="No answer came.", at=NOW - timedelta(minutes=2),
)
FROM_ELSEWHERE = replace(
    order(leg(Side.BUY, AAPL)), ref=None, id=OrderId("77"), limit=Decimal("229.50"), tif=TimeInForce.GTC,
    at=NOW - timedelta(hours=3), outside_hours=True,
)
IS_FILLED = named(
    "ibdesk-filled", 1003, leg(Side.BUY, SPY), state=OrderState.FILLED, quantity=Decimal(20), filled=Decimal(20),
    limit=Decimal("601.00"), average_price=Decimal("600.87"), at=NOW - timedelta(hours=1),
)
IS_REFUSED = named(
    "ibdesk-refused", 1004, leg(Side.BUY, NVDA), state=OrderState.REFUSED, message="Your account has not enough cash.",
    at=NOW - timedelta(hours=2),
)
EVERY_KIND = (FROM_ELSEWHERE, IS_REFUSED, IS_FILLED, SELLS_SHARES, BUYS_CALLS, IS_LOST, IS_ASKED)


def fill(of: Order, quantity: str, price: str, *, exec_id: str = "", realized: str | None = None) -> Fill:
    """A print of an order's first leg."""
    name = ExecId(exec_id or f"0000e0d5.{of.id}.01.01")
    done = Execution(
        exec_id=name, account=of.account, instrument=of.legs[0].instrument, side=of.legs[0].side,
        quantity=Decimal(quantity), price=Decimal(price), at=of.at, order_id=of.id, ref=of.ref, exchange="ISLAND",
    )
    gained = None if realized is None else Decimal(realized)
    return Fill(execution=done, commission=Commission(
        exec_id=name, amount=Decimal("1.05"), currency=USD, realized=gained))
