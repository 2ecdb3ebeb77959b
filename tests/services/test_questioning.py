"""The conversation about an order: how it ends, and what is said by itself."""

import asyncio

import pytest

from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Answer, OrderIntent, OrderState, Question, Questions
from ibdesk.services.questioning import ALWAYS_ASKED, MOST_QUESTIONS, Reply
from ibdesk.store.database import Database
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import ticket


def test_a_broker_that_goes_on_asking_is_told_no(database: Database) -> None:
    async def life() -> None:
        bench = OrderBench(database=database, script=("ask",) * (MOST_QUESTIONS + 5))
        order = await bench.send("a", ticket())
        assert order.state is OrderState.DECLINED and len(bench.heard) == MOST_QUESTIONS
        assert bench.broker.replies == [True] * MOST_QUESTIONS + [False]

    asyncio.run(life())


@pytest.mark.parametrize(("mode", "asked"), [(Mode.DEMO, 1), (Mode.IBKR_LIVE, 2)])
def test_a_remembered_yes_is_said_by_itself_and_never_with_real_money(
    database: Database, mode: Mode, asked: int
) -> None:
    async def life() -> None:
        bench = OrderBench(
            database=database, mode=mode, read_only=False, script=("ask", "take", "ask", "take"),
            says=Reply(yes=True, remember=True),
        )  # fmt: skip
        for draft, quantity in (("a", "1"), ("b", "2")):
            assert (await bench.send(draft, ticket(quantity, mode=mode))).state is OrderState.WORKING
            bench.pass_by(30)
        assert len(bench.heard) == asked

    asyncio.run(life())


def test_a_no_is_never_remembered(database: Database) -> None:
    async def life() -> None:
        bench = OrderBench(database=database, script=("ask", "ask", "take"), says=Reply(yes=False, remember=True))
        assert (await bench.send("a", ticket())).state is OrderState.DECLINED
        assert await bench.orders.remembered() == frozenset()
        assert (await bench.send("b", ticket("2"))).state is OrderState.DECLINED
        assert len(bench.heard) == 2

    asyncio.run(life())


@pytest.mark.parametrize("name", ["", *sorted(ALWAYS_ASKED)])
def test_what_catches_slips_or_has_no_id_is_asked_each_time(database: Database, name: str) -> None:
    nameless = Questions(reply="q", questions=(Question(id=name, text="Sure?"),))

    async def life() -> None:
        bench = OrderBench(database=database, says=Reply(yes=True, remember=True))

        async def asks(intent: OrderIntent) -> Answer:
            bench.broker.asked["q"] = intent
            return nameless

        bench.broker.place = asks  # type: ignore[method-assign]
        for draft, quantity in (("a", "1"), ("b", "2")):
            assert (await bench.send(draft, ticket(quantity))).state is OrderState.WORKING
            bench.pass_by(30)
        assert bench.heard == ["Sure?", "Sure?"] and await bench.orders.remembered() == frozenset()

    asyncio.run(life())
