"""A pair on its way: two intents and two receipts before a byte leaves, one request, and one outcome for each order."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.errors import DeskError, Refused
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderRef, OrderState, OrderTicket, OtherHalf, Side
from ibdesk.domain.pairs import Pairing, other_ref
from ibdesk.domain.receipts import Step
from ibdesk.services.questioning import Reply
from ibdesk.store import trades
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from tests.domain.compliance.sample import book
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import SHARE, ticket
from tests.services.workshop import NOON, PASSPHRASE

drafts = (f"pair-{number}" for number in count())
days = (NOON + timedelta(days=7 * number) for number in count())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    vault, _ = vaults.create(tmp_path_factory.mktemp("pairs") / "home", PASSPHRASE, cost=LOWEST_COST)
    database = open_database(vault)
    yield database
    asyncio.run(database.close())
    vault.close()


def holding(context: Context) -> Context:
    return replace(context, book=book((SHARE, 10)))


@pytest.fixture
def bench(shared: Database) -> OrderBench:
    return OrderBench(database=shared, now=next(days), change=holding)


def pair(quantity: str = "10") -> OrderTicket:
    return replace(ticket(quantity, Side.SELL, "101.00"), other=OtherHalf(stop=Decimal("99.00")))


def refs(bench: OrderBench) -> tuple[OrderRef, OrderRef]:
    (first,) = bench.broker.placed
    second = other_ref(first)
    assert second is not None
    return first, second


def test_both_intents_are_stored_with_their_receipts_before_the_one_request_leaves(bench: OrderBench) -> None:
    seen: list[Any] = []
    place = bench.broker.place

    async def watched(intent: Any) -> Any:
        seen.append({each.ref for each in await bench.database.read(trades.load_intents, Mode.DEMO, bench.now)})
        seen.extend([await bench.steps(each) for each in (intent.ref, other_ref(intent.ref))])
        return await place(intent)

    bench.broker.place = watched  # type: ignore[method-assign]
    order = asyncio.run(bench.send(next(drafts), pair()))
    first, second = refs(bench)
    assert order.ref == first and seen[0] == {first, second}
    assert seen[1][-1] is seen[2][-1] is Step.SENT
    assert {each.ref: each.state for each in bench.book.working} == {
        first: OrderState.WORKING, second: OrderState.WORKING,
    }  # fmt: skip
    for ref in (first, second):
        assert asyncio.run(bench.steps(ref))[-1] is Step.BROKER_ACK
    stop = bench.book.find(second)
    assert stop is not None and stop.stop == 99


def test_one_draft_is_one_pair(bench: OrderBench) -> None:
    draft = next(drafts)
    asyncio.run(bench.send(draft, pair()))
    asyncio.run(bench.send(draft, pair()))
    assert len(bench.broker.placed) == 1 and len(bench.book.orders) == 2


def test_a_pair_that_is_rejected_or_answered_with_no_leaves_no_half_behind(bench: OrderBench) -> None:
    bench.broker.script.append("reject")
    assert asyncio.run(bench.send(next(drafts), pair())).state is OrderState.REFUSED
    assert {each.state for each in bench.book.orders} == {OrderState.REFUSED}
    bench.pass_by(60)
    bench.broker.script.append("ask")
    bench.says = Reply(yes=False)
    assert asyncio.run(bench.send(next(drafts), pair())).state is OrderState.DECLINED
    assert bench.book.working == () and len(bench.book.orders) == 4


def test_a_question_is_asked_once_for_both(bench: OrderBench) -> None:
    bench.broker.script.append("ask")
    asyncio.run(bench.send(next(drafts), pair()))
    assert len(bench.heard) == 1 and len(bench.book.working) == 2


def test_when_nothing_left_both_are_refused(bench: OrderBench) -> None:
    bench.broker.script.append("gone")
    with pytest.raises(DeskError):
        asyncio.run(bench.send(next(drafts), pair()))
    assert {each.state for each in bench.book.orders} == {OrderState.REFUSED}


def test_a_lost_answer_leaves_both_unknown_until_the_list_tells_of_each(bench: OrderBench) -> None:
    async def scene() -> None:
        bench.broker.script.append("lost")
        await bench.send(next(drafts), pair())
        assert {each.state for each in bench.book.unknown} == {OrderState.UNKNOWN} and len(bench.book.unknown) == 2
        await bench.book.refresh()
        assert {each.state for each in bench.book.orders} == {OrderState.WORKING}
        assert len(bench.broker.placed) == 1, "never sent again"

    asyncio.run(scene())


def test_a_desk_that_died_after_the_intents_were_stored_knows_both_as_unknown(bench: OrderBench) -> None:
    async def scene() -> None:
        bench.broker.script.append("lost-before")
        await bench.send(next(drafts), pair())
        await bench.reopen()
        mine = {*refs(bench)}
        assert mine <= {each.ref for each in bench.book.unknown}

    asyncio.run(scene())


def test_a_pair_for_more_than_is_held_never_leaves_and_its_receipt_says_why(bench: OrderBench) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(bench.send(next(drafts), pair("11")))
    assert "A pair only closes" in refused.value.message and bench.broker.placed == []
    assert asyncio.run(bench.newest(Step.BLOCKED, since=bench.now))


def test_a_second_pair_for_what_the_first_closes_is_blocked(bench: OrderBench) -> None:
    asyncio.run(bench.send(next(drafts), pair()))
    bench.pass_by(120)
    with pytest.raises(Refused) as refused:
        asyncio.run(bench.send(next(drafts), pair("1")))
    assert "working orders close 10 of them" in refused.value.message


def test_what_the_connection_cannot_do_is_said_and_nothing_leaves(bench: OrderBench) -> None:
    bench.broker.pairing = Pairing.NOT_TAKEN  # type: ignore[misc]
    with pytest.raises(Refused) as refused:
        asyncio.run(bench.send(next(drafts), pair()))
    assert "no orders that cancel each other" in refused.value.message and bench.broker.placed == []


def test_a_working_order_is_not_changed_into_a_pair(bench: OrderBench) -> None:
    async def scene() -> None:
        order = await bench.send(next(drafts), ticket("10", Side.SELL, "101.00"))
        shown = await bench.orders.check(pair(), changes=order)
        with pytest.raises(Refused):
            await bench.orders.change(order, shown, ask=bench.ask)

    asyncio.run(scene())


def test_the_kill_switch_that_was_pressed_meanwhile_cancels_both(bench: OrderBench) -> None:
    place = bench.broker.place

    async def pressed(intent: Any) -> Any:
        answer = await place(intent)
        bench.killed = "pressed"
        return answer

    bench.broker.place = pressed  # type: ignore[method-assign]
    asyncio.run(bench.send(next(drafts), pair()))
    assert len(bench.broker.cancelled) == 2
