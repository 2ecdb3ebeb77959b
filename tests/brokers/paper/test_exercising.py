"""What a holder may still say of an option; the rest is the contract's (`test_contract`)."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.brokers.paper.exercising import PaperExercising
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.orders import OrderType, Side
from tests.brokers.door import MAIN
from tests.brokers.paper.desk import LOCAL, PaperDesk, paper_desk, ticket
from tests.brokers.paper.test_broker import expiry_of, nearest


async def with_option(desk: PaperDesk) -> ExerciseOrder:
    call = await nearest(desk)
    await desk.place(ticket((call, Side.BUY), quantity=Decimal(2), order_type=OrderType.MARKET), "a")
    return ExerciseOrder(account=LOCAL, instrument=call, quantity=Decimal(1), at=desk.now)


def exercising(desk: PaperDesk) -> PaperExercising:
    assert isinstance(desk.broker.exercising, PaperExercising)
    return desk.broker.exercising


def test_past_the_deadline_of_the_last_day_nothing_is_taken() -> None:
    async def run() -> None:
        async with paper_desk() as desk:
            wish = await with_option(desk)
            desk.gateway.clock.set(expiry_of(wish.instrument) - timedelta(minutes=30))  # 17:01 New York
            with pytest.raises(Refused) as late:
                await exercising(desk).instruct(wish)
            assert "17:00" in late.value.message and late.value.cause is Cause.ORDER_REFUSED

    asyncio.run(run())


def test_on_the_last_day_an_option_may_be_told_to_lapse() -> None:
    async def run() -> None:
        async with paper_desk() as desk:
            wish = await with_option(desk)
            desk.gateway.clock.set(expiry_of(wish.instrument) - timedelta(hours=2))
            lapse = ExerciseOrder(account=LOCAL, instrument=wish.instrument, quantity=Decimal(2), at=desk.now,
                                  is_lapse=True)  # fmt: skip
            await exercising(desk).instruct(lapse)
            desk.gateway.clock.set(expiry_of(wish.instrument))
            assert (await desk.broker.snapshot(LOCAL)).positions == ()

    asyncio.run(run())


def test_another_account_is_refused() -> None:
    async def run() -> None:
        async with paper_desk() as desk:
            for work in (exercising(desk).instructions(MAIN), exercising(desk).withdraw(MAIN, 1)):  # type: ignore[arg-type]
                with pytest.raises(Refused) as refused:
                    await work
                assert refused.value.cause is Cause.WRONG_ENVIRONMENT

    asyncio.run(run())
