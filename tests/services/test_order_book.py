import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Refused, Unavailable
from ibdesk.domain.events import (
    ConnectionRestored,
    FillsArrived,
    LineChanged,
    Notice,
    OrderContradicted,
    OrdersChanged,
    OrdersHeard,
)
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Order, OrderId, OrderIntent, OrderRef, OrderRoute, OrderState, Side
from ibdesk.domain.positions import Source
from ibdesk.domain.receipts import Step
from ibdesk.services.order_book import KEPT, READ_BACK, LiveOrders
from ibdesk.store import receipts, trades
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, SHARE, ticket
from tests.services.workshop import Heard, eventually


def fill_of(order: Order, exec_id: str = "0001.02.03.01", paid: str | None = None) -> Fill:
    done = Execution(
        exec_id=ExecId(exec_id), account=MAIN, instrument=SHARE, side=Side.BUY, quantity=Decimal(1),
        price=Decimal(100), at=order.at, order_id=order.id, ref=order.ref,
    )  # fmt: skip
    commission = None if paid is None else Commission(exec_id=ExecId(exec_id), amount=Decimal(paid), currency=USD)
    return Fill(execution=done, commission=commission)


async def sent(bench: OrderBench) -> Order:
    return await bench.send("draft", ticket("5"))


@pytest.mark.logs("cannot be true")
def test_an_impossible_report_is_told_logged_and_not_applied(bench: OrderBench) -> None:
    async def life() -> None:
        heard, told = Heard(bench.hub, OrderContradicted), Heard(bench.hub, Notice)
        order = await sent(bench)
        await bench.book.hear([replace(order, state=OrderState.WORKING, filled=Decimal(3))])
        late = replace(order, filled=Decimal(1))
        await bench.book.hear([late, late])
        await bench.book.hear([late])
        assert bench.book.find(order.ref or OrderRef("")).filled == 3  # type: ignore[union-attr]
        assert len(heard.events) == len(told.events) == 1
        assert "takes back" in told.events[0].error.message  # type: ignore[union-attr]
        assert (await bench.steps(order.ref or ""))[-1] is Step.RECONCILE_DIFF

    asyncio.run(life())


def test_a_list_that_was_asked_for_before_the_stream_spoke_takes_nothing_back(bench: OrderBench) -> None:
    async def life() -> None:
        order = await sent(bench)
        listed = bench.broker.orders

        async def slow(account: Any) -> Any:
            old = await listed(account)
            await bench.book.hear([replace(order, state=OrderState.FILLED, filled=Decimal(5))])
            return old

        bench.broker.orders = slow  # type: ignore[method-assign]
        await bench.book.refresh()
        assert bench.book.find(order.ref or OrderRef("")).state is OrderState.FILLED  # type: ignore[union-attr]

    asyncio.run(life())


def test_the_end_of_a_cancelled_order_goes_onto_its_receipt_once(bench: OrderBench) -> None:
    async def life() -> None:
        order = await sent(bench)
        gone = replace(order, state=OrderState.CANCELLED, filled=Decimal(2), message="Cancelled by the exchange.")
        await bench.book.hear([gone])
        await bench.book.hear([replace(gone, updated_at=bench.now)])
        other = replace(order, ref=OrderRef("elsewhere"), id=OrderId("78"))
        await bench.book.hear([other])
        await bench.book.hear([replace(other, state=OrderState.CANCELLED)])
        assert (await bench.steps(order.ref or "")).count(Step.CANCELLED) == 1
        assert await bench.steps("elsewhere") == [], "an order without a receipt gets none by its end"
        last = (await bench.database.read(receipts.load, order.ref or ""))[-1].receipt
        assert (last.decision, last.broker_text) == ("2 of 5 filled", "Cancelled by the exchange.")
        assert await bench.database.read(receipts.find_fault) is None

    asyncio.run(life())


def test_orders_from_elsewhere_are_in_the_book_once(bench: OrderBench) -> None:
    async def life() -> None:
        order = await sent(bench)
        other = replace(order, ref=None, id=OrderId("77"), label="TWS")
        bench.broker.others = [other]
        await bench.book.refresh()
        await bench.book.hear([replace(other, filled=Decimal(2))])
        found = [each for each in bench.book.orders if not each.is_ours]
        assert [(each.id, each.filled) for each in found] == [("77", 2)]
        await bench.reopen()
        assert len(bench.book.orders) == 2

    asyncio.run(life())


def test_prints_are_stored_before_they_are_told_and_told_once(bench: OrderBench) -> None:
    async def life() -> None:
        order = await sent(bench)
        heard = Heard(bench.hub, FillsArrived)
        bench.broker.fills = [fill_of(order)]
        await bench.book.refresh()
        await bench.book.refresh()
        bench.broker.fills = [fill_of(order, paid="1.05")]
        await bench.book.refresh()
        assert [event.fills[0].commission is not None for event in heard.events] == [False, True]  # type: ignore[union-attr]
        assert await bench.database.read(trades.load_fills, MAIN) == (fill_of(order, paid="1.05"),)
        assert (await bench.steps(order.ref or "")).count(Step.FILL) == 2

    asyncio.run(life())


def test_an_intent_whose_order_was_never_written_is_unknown_at_the_next_opening(bench: OrderBench) -> None:
    async def life() -> None:
        intent = OrderIntent(ref=OrderRef("lonely"), ticket=ticket(), at=bench.now)
        await bench.database.write(trades.add_intent, intent, "draft")
        bench.now += timedelta(days=9)  # nobody opened the desk over the holidays
        await bench.reopen()
        assert [order.ref for order in bench.book.unknown] == ["lonely"]
        assert bench.broker.placed == []

    asyncio.run(life())


def test_old_orders_leave_the_window_and_unknown_ones_never(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost-before"])
        lost = await sent(bench)
        bench.now += timedelta(days=9)
        done = await bench.send("other", ticket("6"))
        await bench.book.hear([replace(done, state=OrderState.FILLED, filled=done.quantity)])
        bench.now += timedelta(days=9)
        await bench.reopen()
        assert [order.ref for order in bench.book.orders] == [lost.ref]

    asyncio.run(life())


def test_a_restored_connection_and_the_stream_settle_what_was_unknown(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost"])
        order = await sent(bench)
        bench.broker.is_down = True
        bench.book.start()
        await asyncio.sleep(0)
        assert bench.book.unknown
        bench.broker.is_down = False
        bench.hub.publish(ConnectionRestored(source="test", at=bench.now))
        await eventually(lambda: not bench.book.unknown)
        heard = Heard(bench.hub, OrdersChanged)
        bench.hub.publish(OrdersHeard(orders=(replace(order, state=OrderState.FILLED, id=None, filled=Decimal(5)),)))
        await heard.until(lambda event: event.orders[0].state is OrderState.FILLED)
        await bench.tasks.close()

    asyncio.run(life())


def test_news_that_is_not_to_be_believed_is_not(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send("kept as it is", ticket())
        book = LiveOrders(
            bench.broker, environment=Environment.DEMO, mode=bench.mode, accounts=_nobody, hub=bench.hub,
            tasks=bench.tasks, database=bench.database, clock=bench.clock, is_ready=lambda: False,
            sieve=lambda news: None if news.route is OrderRoute.TWS else news,
        )  # fmt: skip
        await book.open()
        book.start()
        end = replace(order, state=OrderState.CANCELLED)
        bench.hub.publish(OrdersHeard(orders=(end,), route=OrderRoute.TWS))
        heard = Heard(bench.hub, OrdersChanged)
        other = replace(order, ref=None, id=OrderId("4711"))
        bench.hub.publish(OrdersHeard(orders=(other,)))
        await heard.until(lambda event: event.orders[0].id == "4711")
        known = book.find(order.ref or OrderRef(""))
        assert known is not None and known.state is order.state
        await bench.tasks.close()

    asyncio.run(life())


def test_a_line_that_is_up_again_has_the_book_asked_for(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost"])
        await sent(bench)
        bench.broker.is_down = True
        bench.book.start()
        await asyncio.sleep(0)
        assert bench.book.unknown
        bench.broker.is_down = False
        bench.hub.publish(LineChanged(source=Source.TWS, line=Line(state=LineState.UP)))
        await eventually(lambda: not bench.book.unknown)
        await bench.tasks.close()

    asyncio.run(life())


async def _nobody() -> tuple[AccountId, ...]:
    return ()


def test_an_order_nobody_knows_of_is_settled_by_a_persons_word(bench: OrderBench) -> None:
    async def life() -> None:
        for was_placed in (True, False):
            bench.broker.script.extend(["lost-before"])
            lost = await bench.send(f"draft {was_placed}", ticket("3" if was_placed else "4"))
            ref = lost.ref or OrderRef("")
            settled = await bench.orders.settle_unknown(ref, was_placed=was_placed, note="seen in the app")
            assert settled.state is OrderState.INACTIVE and settled not in bench.book.working
            assert settled.message.endswith("placed. seen in the app")
            last = (await bench.orders.receipt(ref))[-1].receipt
            assert (last.step, last.override_reason) == (Step.RECONCILE_DIFF, "seen in the app")
            assert ("not placed" in last.decision) is not was_placed
        await bench.reopen()
        assert bench.book.unknown == ()

    asyncio.run(life())


def test_the_brokers_list_is_asked_first_and_wins(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost"])
        lost = await sent(bench)
        found = await bench.orders.settle_unknown(lost.ref or OrderRef(""), was_placed=False, note="not there")
        assert found.state is OrderState.WORKING
        assert (await bench.steps(lost.ref or ""))[-1] is Step.OUTCOME_UNKNOWN

    asyncio.run(life())


def test_a_broker_that_cannot_be_asked_lets_nobody_settle(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost-before"])
        lost = await sent(bench)
        bench.broker.is_down = True
        with pytest.raises(Unavailable):
            await bench.orders.settle_unknown(lost.ref or OrderRef(""), was_placed=False, note="not there")
        assert [each.ref for each in bench.book.unknown] == [lost.ref]

    asyncio.run(life())


def test_what_was_traded_cannot_be_settled_as_not_placed_nor_what_is_known_at_all(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost-before"])
        lost = await sent(bench)
        ref = lost.ref or OrderRef("")
        bench.broker.fills = [fill_of(lost)]
        with pytest.raises(Refused, match="it was placed"):
            await bench.orders.settle_unknown(ref, was_placed=False, note="not there")
        assert (await bench.orders.settle_unknown(ref, was_placed=True, note="")).state is OrderState.INACTIVE
        with pytest.raises(Refused, match="is known"):
            await bench.orders.settle_unknown(ref, was_placed=True, note="again")

    asyncio.run(life())


def test_an_order_settled_as_not_placed_comes_alive_when_the_broker_tells_of_it(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.extend(["lost-before"])
        lost = await sent(bench)
        ref = lost.ref or OrderRef("")
        await bench.orders.settle_unknown(ref, was_placed=False, note="not there")
        await bench.book.hear([replace(lost, state=OrderState.WORKING, id=OrderId("5"))])
        assert [each.ref for each in bench.book.working] == [ref]

    asyncio.run(life())


def test_prints_are_told_with_what_they_were_before(bench: OrderBench) -> None:
    async def life() -> None:
        order = await sent(bench)
        first = fill_of(order)
        corrected = replace(first, execution=replace(first.execution, price=Decimal("99.50")))
        for told in (first, corrected):
            bench.broker.fills = [told]
            await bench.book.refresh()
        (told,) = await bench.book.told_fills(bench.now - timedelta(days=1))
        assert (told.fill, told.before) == (corrected, (first,))

    asyncio.run(life())


def test_only_orders_of_the_account_that_was_asked_about_are_given_up(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.script.append("lost-before")
        order = await sent(bench)
        assert order.ref is not None
        bench.book._tells_all = True
        await bench.book.refresh(AccountId("DU7654322"))
        assert bench.book.unknown == (order,)
        await bench.book.refresh(MAIN)
        assert bench.book.find(order.ref).state is OrderState.REFUSED  # type: ignore[union-attr]

    asyncio.run(life())


def test_one_account_that_was_read_is_not_the_whole_book(bench: OrderBench) -> None:
    async def life() -> None:
        await bench.book.refresh(MAIN)
        assert bench.book.has_read(MAIN) and not bench.book.is_read
        await bench.book.refresh()
        assert bench.book.is_read

    asyncio.run(life())


def test_executions_are_read_back_over_a_long_weekend_once_and_then_over_the_last_days(bench: OrderBench) -> None:
    asked: list[timedelta] = []

    async def executions(_account: AccountId, since: datetime) -> tuple[Fill, ...]:
        asked.append(bench.now - since)
        return ()

    async def life() -> None:
        bench.broker.executions = executions  # type: ignore[method-assign]
        await bench.book.refresh()
        await bench.book.refresh()
        assert asked == [READ_BACK, KEPT]

    asyncio.run(life())


def test_nobody_waiting_any_more_takes_nothing_from_an_order_that_works(bench: OrderBench) -> None:
    async def life() -> None:
        order = await sent(bench)
        assert order.ref is not None
        bench.book.leave(order.ref)
        assert bench.book.find(order.ref) == order and order.state is OrderState.WORKING

    asyncio.run(life())
