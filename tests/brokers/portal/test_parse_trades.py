"""Executions: recorded rows, corrections, and which rows are no print of their own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.portal.parse import trades as parse
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import ExecutionKind, Fill
from ibdesk.domain.orders import Side
from tests.brokers.portal.replies import reply
from tests.brokers.portal.tickets import AAPL, option

KNOWN = {each.conid: each for each in (AAPL, option(111, "590"))}
ACCOUNT = AccountId("DU1000001")
SOLD = datetime(2023, 12, 11, 18, 0, 49, tzinfo=UTC)


def read() -> list[Fill | None]:
    return [parse.fill(row, KNOWN) for row in parse.rows(reply("trades"))]


def test_a_recorded_print_is_read_with_its_commission() -> None:
    first = read()[0]
    assert first is not None and first.commission is not None
    execution = first.execution
    assert (execution.exec_id, execution.account, execution.side) == ("0000e0d5.6576fd38.01.01", ACCOUNT, Side.SELL)
    assert (execution.quantity, execution.price, execution.at) == (5, Decimal("192.26"), SOLD)
    assert (execution.order_id, execution.ref, execution.exchange) == ("17437897932", "Order123", "ISLAND")
    assert (first.commission.amount, first.commission.currency) == (Decimal("1.01"), "USD")
    assert execution.kind is ExecutionKind.TRADE


def test_the_sum_of_a_combination_and_rows_without_an_id_are_left_out() -> None:
    assert [row.execution_id for row in parse.rows(reply("trades"))] == [
        "0000e0d5.6576fd38.01.01", "0000e0d5.6576fd38.01.02", "0000e0d5.6576fd39.01.01", "0000e0d5.6576fd41.01.01",
        "0000e0d5.6576fd42.01.01",
    ]


def test_a_print_is_told_once_as_corrected_and_oldest_first() -> None:
    fills = parse.each_once([each for each in read() if each], ACCOUNT, SOLD - timedelta(days=1))
    told = [(each.execution.exec_id[-8:], each.execution.quantity) for each in fills]
    assert told == [("39.01.01", 2), ("38.01.02", 4)]
    backwards = parse.each_once([each for each in reversed(read()) if each], ACCOUNT, SOLD - timedelta(days=1))
    assert backwards == fills
    assert parse.each_once([each for each in read() if each], ACCOUNT, SOLD + timedelta(seconds=1)) == ()


def test_what_lacks_a_time_a_contract_or_a_price_is_no_fill() -> None:
    assert [each is None for each in read()] == [False, False, False, False, True]
    assert all(parse.fill(row, {}) is None for row in parse.rows(reply("trades")))
    odd = (
        b'[{"execution_id":"1","side":"B","trade_time_r":1702317600000,"size":0,"price":"1","account":"DU1",'
        b'"conid":265598}]'
    )
    assert parse.fill(parse.rows(odd)[0], KNOWN) is None


def test_a_missing_or_unset_commission_is_unknown_and_a_liquidation_is_called_so() -> None:
    fills = read()
    assert fills[1] is not None and fills[1].commission is None
    assert fills[2] is not None and fills[2].commission is None
    assert fills[2].execution.kind is ExecutionKind.LIQUIDATION
