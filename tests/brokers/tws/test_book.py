"""What was ordered and traded, as TWS lists it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.orders import OrderState, OrderType, Placed
from tests.brokers.door import LUNCH
from tests.brokers.tws.door import MAIN, QUICK, SECOND, Scene, at_other, at_tws, place_of, sent, ticket_for, trade


def play(scene: Callable[[Scene], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        async with at_tws(**options) as stage:  # type: ignore[arg-type]
            await scene(stage)

    asyncio.run(run())


def test_trades_of_every_way_are_listed_with_their_cost_and_only_the_accounts_own() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.book is not None
        trade(stage, "AAPL", 1, "elsewhere")
        fills = await stage.broker.book.executions(MAIN, LUNCH - timedelta(days=1))
        assert "elsewhere" in {each.execution.ref for each in fills}
        assert all(each.commission is not None and each.execution.account == MAIN for each in fills)
        assert await stage.broker.book.executions(MAIN, LUNCH + timedelta(days=1)) == ()
        assert await stage.broker.book.executions(SECOND, LUNCH - timedelta(days=1)) == ()

    play(scene)


def test_an_account_of_somebody_else_is_refused() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.book is not None
        for asked in (stage.broker.book.orders("U1"), stage.broker.book.executions("U1", LUNCH)):  # type: ignore[arg-type]
            with pytest.raises(Refused) as caught:
                await asked
            assert caught.value.cause is Cause.UNKNOWN_ACCOUNT

    play(scene)


def test_a_finished_order_is_listed_with_its_price_by_a_desk_that_never_saw_it_work() -> None:
    async def scene(stage: Scene) -> None:
        await sent(stage.broker, await ticket_for(stage.broker), "done")
        async with at_other(stage) as later:
            assert later.book is not None
            await later.book.executions(MAIN, LUNCH - timedelta(days=1))
            (order,) = [each for each in await later.book.orders(MAIN) if each.ref == "done"]
            assert (order.state, order.filled) == (OrderState.FILLED, 2)
            assert order.average_price is not None and order.legs

    play(scene)


def test_an_order_missing_from_the_list_is_given_up_only_when_it_stays_away() -> None:
    async def scene(stage: Scene) -> None:
        now = [0.0]
        broker = TwsBroker(
            place_of(stage.service, client_id=21, order_client_id=22), clock=lambda: LUNCH, timings=QUICK,
            ticks=lambda: now[0],
        )
        assert broker.trading is not None
        ticket = replace(await ticket_for(broker), order_type=OrderType.LIMIT, limit=Decimal(100))
        assert isinstance(await sent(broker, ticket, "gone"), Placed)
        number = next(each for each, one in stage.service.floor.exchange.orders.items() if one.ticket.ref == "gone")
        hidden = stage.service.floor.exchange.orders.pop(number)
        stage.service.floor.tape.events[:] = [
            each for each in stage.service.floor.tape.events if getattr(each, "number", None) != number]
        assert (await broker.trading.orders(MAIN))[0].state is OrderState.WORKING
        now[0] = 30.0
        assert (await broker.trading.orders(MAIN))[0].state is OrderState.WORKING
        now[0] = 61.0
        (order,) = await broker.trading.orders(MAIN)
        assert order.state is OrderState.CANCELLED and "does not list" in order.message
        stage.service.floor.exchange.orders[number] = hidden
        await broker.close()

    play(scene)
