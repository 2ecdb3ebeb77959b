"""A print moves a position by a signed quantity and cash by the opposite amount."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import ExecId, Execution, ExecutionKind
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Side

CALL = Instrument(
    conid=Conid(7), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100)
)  # fmt: skip


def print_of(side: Side, quantity: str = "3", kind: ExecutionKind = ExecutionKind.TRADE) -> Execution:
    return Execution(
        exec_id=ExecId("0001.01"), account=AccountId("DU7654321"), instrument=CALL, side=side, price=Decimal("2.45"),
        quantity=Decimal(quantity), at=datetime(2026, 11, 23, 15, tzinfo=UTC), kind=kind,
    )  # fmt: skip


def test_a_purchase_adds_contracts_and_takes_cash() -> None:
    bought = print_of(Side.BUY)
    assert (bought.signed, bought.amount) == (Decimal(3), Decimal("-735.00"))


def test_a_sale_takes_contracts_and_adds_cash() -> None:
    sold = print_of(Side.SELL)
    assert (sold.signed, sold.amount) == (Decimal(-3), Decimal("735.00"))


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_a_print_of_nothing_or_less_is_no_print(quantity: str) -> None:
    with pytest.raises(ValueError, match="positive quantity"):
        print_of(Side.BUY, quantity)


@pytest.mark.parametrize(
    ("kind", "is_trade"),
    [
        (ExecutionKind.TRADE, True),
        (ExecutionKind.LIQUIDATION, True),
        (ExecutionKind.EXERCISE, False),
        (ExecutionKind.ASSIGNMENT, False),
        (ExecutionKind.EXPIRY, False),
        (ExecutionKind.CASH_SETTLEMENT, False),
        (ExecutionKind.TRANSFER, False),
        (ExecutionKind.CORPORATE_ACTION, False),
    ],
)
def test_only_orders_and_forced_sales_are_trades(kind: ExecutionKind, is_trade: bool) -> None:
    assert print_of(Side.BUY, kind=kind).is_trade is is_trade
