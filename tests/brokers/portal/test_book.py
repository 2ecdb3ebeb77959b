"""Orders and executions: pre-flights, every account, and what is never asked."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.base import OrderBook, Trading
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.orders import OrderState, Placed, Questions
from tests.brokers.door import LUNCH, MAIN, SECOND, Desk, Small, at_demo, connected, small
from tests.brokers.portal.replies import reply
from tests.brokers.portal.test_market import answers
from tests.brokers.portal.tickets import at_market, intent, vertical

ACCOUNT = AccountId("DU1000001")
YESTERDAY = LUNCH - timedelta(days=1)


def book(desk: Desk) -> OrderBook:
    assert desk.broker.book is not None
    return desk.broker.book


def trading(desk: Desk) -> Trading:
    assert desk.broker.trading is not None
    return desk.broker.trading


def furnish(server: Small) -> None:
    server.says("/portfolio/accounts", reply("accounts"))
    server.says("/iserver/accounts", reply("brokerage_accounts"))
    server.says("/trsrv/secdef", '{"secdef":[{"conid":265598,"currency":"USD","assetClass":"STK","ticker":"AAPL"}]}')


def orders_asked(desk: Desk) -> list[str]:
    return [path for path in desk.sent if "/iserver/account/orders" in path]


def test_the_first_list_of_a_session_is_asked_for_twice_and_never_with_a_filter() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            assert await book(desk).orders(MAIN) == ()
            assert desk.dial.pauses == [1.0]
            await book(desk).orders(MAIN)
            assert orders_asked(desk) == [f"GET /iserver/account/orders?accountId={MAIN}"] * 3
            desk.broker._calls.forget_brokerage()
            await book(desk).orders(MAIN)
            assert len(orders_asked(desk)) == 5

    asyncio.run(scene())


def test_the_list_of_orders_goes_before_what_already_waits() -> None:
    """The strikes of a chain are many; what works at the broker is wanted first."""
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/account/orders", reply("live_orders"))
            server.says("/iserver/secdef/info", "[]")
            calls = desk.broker._calls
            await calls.must_know(ACCOUNT)
            strikes = [calls.get("/iserver/secdef/info", {"strike": str(each)}) for each in range(9)]
            await asyncio.gather(*strikes, book(desk).orders(ACCOUNT))
            asked = [path for path in desk.sent if "secdef/info" in path or "/iserver/account/orders" in path]
            assert len(asked) == 10 and "orders" not in asked[-1], asked

    asyncio.run(scene())


def test_orders_of_ours_and_of_elsewhere_come_with_their_instruments() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/account/orders", reply("live_orders"))
            orders = await book(desk).orders(ACCOUNT)
            assert [(each.id, each.is_ours) for each in orders] == [
                ("473740665", False), ("2", True), ("3", False), ("4", False),
            ], "and not the one of another account"
            assert orders[2].legs[0].instrument.symbol == "AAPL"
            assert orders[2].parent == orders[1].ref == "ours"
            assert orders[0].legs == () and orders[0].label == "SPY", "nobody could say what it is"
            assert len(orders_asked(desk)) == 1

    asyncio.run(scene())


def test_orders_are_told_without_legs_while_nobody_can_say_what_their_contracts_are() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/account/orders", reply("live_orders"))
            server.says("/trsrv/secdef", "<html>Sorry</html>")
            orders = await book(desk).orders(ACCOUNT)
            assert len(orders) == 4 and all(each.legs == () for each in orders)
            furnish(server)
            assert (await book(desk).orders(ACCOUNT))[2].legs

    asyncio.run(scene())


@pytest.mark.logs("6576fd39.01.01, 0000e0d5.6576fd42.01.01")
def test_executions_are_asked_of_the_right_account_as_far_back_as_wanted() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/account", '{"set":true}')
            answers(server, "/iserver/account/trades", b"[]", reply("trades"))
            since = LUNCH - timedelta(days=3)
            assert await book(desk).executions(ACCOUNT, since) == (), "these prints are older"
            tail = [path for path in desk.sent if "trades" in path or path == "POST /iserver/account"]
            assert [path.partition("?")[2] for path in tail if "trades" in path] == ["days=4", "days=4"]
            fills = await book(desk).executions(ACCOUNT, LUNCH - timedelta(days=9999))
            assert "GET /iserver/account/trades?days=7" in desk.sent
            assert [(each.execution.exec_id[-8:], each.execution.price) for each in fills] == [
                ("38.01.02", Decimal("192.27")),
            ]

    asyncio.run(scene())


def test_executions_of_the_other_account_choose_it_first() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            assert await book(desk).executions(SECOND, YESTERDAY) == ()
            assert await book(desk).executions(MAIN, YESTERDAY) == ()
            assert [path for path in desk.sent if path == "POST /iserver/account"] == ["POST /iserver/account"] * 2

    asyncio.run(scene())


@pytest.mark.logs("6576fd39.01.01, 0000e0d5.6576fd42.01.01")
def test_a_print_that_cannot_be_read_is_named_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/account", '{"set":true}')
            server.says("/iserver/account/trades", reply("trades"))
            await book(desk).executions(ACCOUNT, LUNCH)
            await book(desk).executions(ACCOUNT, LUNCH)

    asyncio.run(scene())
    assert len(caplog.records) == 1


def test_a_fill_is_told_with_our_id_and_its_commission_and_twice_told_once() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            gateway.double_executions()
            asked = await trading(desk).place(intent(at_market()))
            assert isinstance(asked, Questions)
            assert isinstance(await trading(desk).reply(MAIN, asked.reply, yes=True), Placed)
            order = (await book(desk).orders(MAIN))[0]
            assert (order.state, order.filled) == (OrderState.FILLED, 5)
            (fill,) = await book(desk).executions(MAIN, YESTERDAY)
            assert fill.execution.ref == "ref-1" and fill.execution.order_id == order.id
            assert fill.commission is not None and fill.commission.amount > 0
            gateway.correct_execution("200.5")
            (corrected,) = await book(desk).executions(MAIN, YESTERDAY)
            assert corrected.execution.price == Decimal("200.5")

    asyncio.run(scene())


def test_a_combination_is_listed_with_its_legs_and_the_sign_of_its_price() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            market = desk.broker.market
            assert market is not None
            spy = (await market.find("SPY"))[0].conid
            month = (await market.chain_months(spy))[1]
            strikes = await market.chain_strikes(spy, month)
            pair = [(await market.chain_contracts(spy, month, strikes[number]))[1] for number in (20, 19)]
            ticket = vertical("-9.50")
            legs = tuple(
                type(leg)(instrument=each, side=leg.side) for leg, each in zip(ticket.legs, pair, strict=True)
            )
            answer = await trading(desk).place(intent(type(ticket)(
                account=ticket.account, mode=ticket.mode, legs=legs, quantity=Decimal(2), limit=ticket.limit,
            )))
            assert isinstance(answer, Placed)
            (order,) = await book(desk).orders(MAIN)
            assert order.legs == legs == answer.orders[0].legs
            assert (order.limit, order.quantity, order.state) == (Decimal("-9.5"), 2, OrderState.WORKING)

    asyncio.run(scene())


def test_an_account_of_somebody_else_and_a_lost_session_are_said() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            with pytest.raises(Refused) as unknown:
                await book(desk).orders(AccountId("U9999999"))
            assert unknown.value.cause is Cause.UNKNOWN_ACCOUNT
            gateway.lose_brokerage()
            with pytest.raises(DeskError) as lost:
                await book(desk).executions(MAIN, YESTERDAY)
            assert lost.value.cause is Cause.BROKERAGE_LOST

    asyncio.run(scene())
