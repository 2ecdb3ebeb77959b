import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.exposure import book_of
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.events import OrderContradicted, OrdersChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.market import Delay
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Leg,
    Order,
    OrderId,
    OrderIntent,
    OrderRef,
    OrderRoute,
    OrderState,
    OrderTicket,
    Placed,
    Question,
    Questions,
    Rejected,
    Side,
    WhatIf,
)
from ibdesk.domain.positions import Position
from ibdesk.domain.receipts import Step
from ibdesk.services.activity import Activity
from ibdesk.services.questioning import Reply
from ibdesk.store import receipts, trades
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, SHARE, ticket
from tests.services.workshop import NOON, PASSPHRASE
from tests.store.fresh import fresh_vault


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One vault for all tests here: drafts and references never repeat, and each test has a time of its own."""
    vault = fresh_vault(tmp_path_factory.mktemp("orders") / "home")
    database = open_database(vault)
    yield database
    asyncio.run(database.close())
    vault.close()


drafts = (f"draft-{number}" for number in count())
days = (NOON + timedelta(days=7 * number) for number in count())


@pytest.fixture
def bench(shared: Database) -> OrderBench:
    return OrderBench(database=shared, now=next(days))


def test_an_order_is_stored_with_its_receipt_before_it_leaves(bench: OrderBench) -> None:
    seen: list[Any] = []
    place = bench.broker.place

    async def watched(intent: Any) -> Any:
        seen.append(await bench.database.read(trades.load_intents, Mode.DEMO, bench.now))
        seen.append(await bench.steps(intent.ref))
        return await place(intent)

    bench.broker.place = watched  # type: ignore[method-assign]
    order = asyncio.run(bench.send(next(drafts), ticket()))
    assert order.state is OrderState.WORKING and order.id is not None
    assert [each.ref for each in seen[0]] == [order.ref]
    assert seen[1] == [Step.CHECK_RUN, Step.CONFIRMED_OVERRIDE, Step.SENT]
    assert asyncio.run(bench.steps(order.ref or ""))[-1] is Step.BROKER_ACK


def test_a_double_click_is_one_order(bench: OrderBench) -> None:
    async def both() -> list[Any]:
        draft, shown = next(drafts), await bench.orders.check(ticket())
        return await asyncio.gather(bench.send_shown(draft, shown), bench.send_shown(draft, shown))

    first, second = asyncio.run(both())
    assert first.ref == second.ref
    assert len(bench.broker.placed) == 1
    assert asyncio.run(bench.newest(Step.BLOCKED, since=bench.now)) == [], "the second click was no order of its own"


def test_the_same_order_from_another_window_is_a_duplicate_for_a_while(bench: OrderBench) -> None:
    asyncio.run(bench.send(next(drafts), ticket()))
    with pytest.raises(Refused, match="same order was sent"):
        asyncio.run(bench.send(next(drafts), ticket()))
    assert len(bench.broker.placed) == 1


@pytest.mark.parametrize(("script", "reply"), [(["ask"], Reply(yes=False)), (["reject"], Reply(yes=True))])
def test_an_order_that_was_never_placed_is_no_duplicate(bench: OrderBench, script: list[str], reply: Reply) -> None:
    bench.broker.script.extend(script)
    bench.says = reply
    first = asyncio.run(bench.send(next(drafts), ticket()))
    assert first.state in (OrderState.DECLINED, OrderState.REFUSED)
    bench.says = Reply(yes=True)
    bench.pass_by(1)
    assert asyncio.run(bench.send(next(drafts), ticket())).state is OrderState.WORKING


def test_a_blocked_order_leaves_a_receipt_and_nothing_else(bench: OrderBench) -> None:
    with pytest.raises(Refused):
        asyncio.run(bench.send(next(drafts), ticket("0")))
    newest = asyncio.run(bench.newest(Step.BLOCKED))[0]
    assert asyncio.run(bench.steps(newest)) == [Step.CHECK_RUN, Step.BLOCKED]
    assert bench.broker.placed == []


def test_the_receipt_of_a_blocked_order_is_found_by_whoever_looks_at_what_was_done(bench: OrderBench) -> None:
    with pytest.raises(Refused):
        asyncio.run(bench.send(next(drafts), ticket("0")))
    activity = Activity(bench.database, clock=bench.clock, default_environment=lambda: Environment.DEMO)
    blocked = asyncio.run(activity.receipts(steps=[Step.BLOCKED], limit=1))[0]
    assert blocked.receipt.at == bench.now and blocked.receipt.verdict.is_blocked  # type: ignore[union-attr]
    whole = asyncio.run(activity.receipt(blocked.receipt.correlation))
    assert [each.receipt.step for each in whole] == [Step.CHECK_RUN, Step.BLOCKED]
    assert whole[0].receipt.quotes and whole[0].receipt.summary is not None


def test_what_became_blocked_after_it_was_shown_does_not_leave(bench: OrderBench) -> None:
    async def late() -> None:
        shown = await bench.orders.check(ticket())
        bench.killed = "Ctrl+Shift+K"
        await bench.send_shown(next(drafts), shown)

    with pytest.raises(Refused, match="kill switch"):
        asyncio.run(late())
    assert bench.broker.placed == []


def test_an_order_to_be_confirmed_does_not_leave_without_a_fresh_yes(bench: OrderBench) -> None:
    async def unconfirmed() -> None:
        shown = await bench.orders.check(ticket())
        await bench.orders.send(next(drafts), shown, ask=bench.ask)

    async def late() -> None:
        shown = await bench.orders.check(ticket())
        yes = bench.orders.confirm(shown)
        bench.pass_by(31)
        await bench.orders.send(next(drafts), shown, ask=bench.ask, confirmation=yes)

    async def twice() -> None:
        shown = await bench.orders.check(ticket("2"))
        yes = bench.orders.confirm(shown)
        await bench.orders.send(next(drafts), shown, ask=bench.ask, confirmation=yes)
        bench.pass_by(15)
        await bench.orders.send(next(drafts), shown, ask=bench.ask, confirmation=yes)

    for attempt, words in ((unconfirmed, "confirmed first"), (late, "older than 30"), (twice, "used already")):
        with pytest.raises(Refused, match=words):
            asyncio.run(attempt())
    assert len(bench.broker.placed) == 1


def test_a_ticket_of_another_mode_is_refused(bench: OrderBench) -> None:
    with pytest.raises(Refused, match="another mode"):
        asyncio.run(bench.send(next(drafts), ticket(mode=Mode.IBKR_PAPER)))
    assert bench.broker.placed == []


@pytest.mark.parametrize(("mode", "leaves"), [(Mode.DEMO, True), (Mode.IBKR_LIVE, False)])
def test_read_only_holds_back_live_orders_and_no_others(shared: Database, mode: Mode, leaves: bool) -> None:
    bench = OrderBench(database=shared, now=next(days), mode=mode)
    with suppress(Refused):
        asyncio.run(bench.send(next(drafts), ticket(mode=mode)))
    assert bool(bench.broker.placed) is leaves
    if mode is Mode.IBKR_LIVE:
        blocked = asyncio.run(bench.orders.check(ticket(mode=mode))).verdict
        assert any(finding.code == "READ_ONLY" for finding in blocked.findings)


@pytest.mark.parametrize(("route", "leaves"), [(OrderRoute.PORTAL, True), (OrderRoute.TWS, False)])
def test_read_only_holds_back_every_order_over_tws(shared: Database, route: OrderRoute, leaves: bool) -> None:
    """E12."""
    bench = OrderBench(database=shared, now=next(days), route=route)
    with suppress(Refused):
        asyncio.run(bench.send(next(drafts), ticket()))
    assert bool(bench.broker.placed) is leaves
    bench.read_only = False
    order = asyncio.run(bench.send(next(drafts), ticket("7")))
    assert bench.orders.route is route
    intents = asyncio.run(bench.database.read(trades.load_intents, bench.mode))
    assert [each.route for each in intents if each.ref == order.ref] == [route]


def test_the_days_loss_stops_opening_orders(bench: OrderBench) -> None:
    bench.change = lambda context: replace(context, daily_pnl=Decimal(-200_000))
    with pytest.raises(Refused, match=r"lost \$200,000 today"):
        asyncio.run(bench.send(next(drafts), ticket()))
    assert bench.broker.placed == []


def test_questions_are_asked_until_the_broker_has_no_more(bench: OrderBench) -> None:
    bench.broker.script.extend(["ask", "ask", "take"])
    order = asyncio.run(bench.send(next(drafts), ticket()))
    assert order.state is OrderState.WORKING
    assert len(bench.heard) == 2
    steps = asyncio.run(bench.steps(order.ref or ""))
    assert steps[-5:] == [Step.ASKED, Step.ANSWERED, Step.ASKED, Step.ANSWERED, Step.BROKER_ACK]


def test_a_no_ends_it_and_nothing_is_placed(bench: OrderBench) -> None:
    bench.broker.script.extend(["ask"])
    bench.says = Reply(yes=False)
    order = asyncio.run(bench.send(next(drafts), ticket()))
    assert order.state is OrderState.DECLINED
    assert bench.broker.known == {} and bench.broker.replies == [False]


def test_a_broker_that_never_stops_asking_is_told_no(bench: OrderBench) -> None:
    bench.broker.script.extend(["ask"] * 50)
    assert asyncio.run(bench.send(next(drafts), ticket())).state is OrderState.DECLINED
    assert bench.broker.replies[-1] is False


def test_a_question_the_broker_forgot_means_not_placed(bench: OrderBench) -> None:
    bench.broker.script.extend(["ask"])

    async def forgetful(*_: Any) -> Reply:
        bench.broker.asked.clear()
        return Reply(yes=True)

    bench.ask = forgetful  # type: ignore[method-assign]
    with pytest.raises(Refused, match="forgot"):
        asyncio.run(bench.send(next(drafts), ticket()))
    assert bench.book.orders[-1].state is OrderState.REFUSED


def test_an_answer_is_remembered_in_the_demo_and_never_in_a_live_mode(shared: Database) -> None:
    for mode, asked in ((Mode.DEMO, 1), (Mode.IBKR_LIVE, 2)):
        bench = OrderBench(database=shared, now=next(days), mode=mode, read_only=False)
        bench.says = Reply(yes=True, remember=True)
        for quantity in ("1", "2"):
            bench.broker.script.extend(["ask", "take"])
            asyncio.run(bench.send(next(drafts), ticket(quantity, mode=mode)))
        assert len(bench.heard) == asked
        assert asyncio.run(bench.orders.remembered()) == ({"o10151"} if mode is Mode.DEMO else frozenset())
        asyncio.run(bench.orders.forget_answers())
        assert asyncio.run(bench.orders.remembered()) == frozenset()


def test_a_lost_reply_leaves_the_order_unknown_and_the_book_finds_it(bench: OrderBench) -> None:
    bench.broker.script.extend(["lost"])
    draft = next(drafts)
    order = asyncio.run(bench.send(draft, ticket()))
    assert order.state is OrderState.UNKNOWN
    assert asyncio.run(bench.send(draft, ticket())).ref == order.ref
    asyncio.run(bench.book.refresh())
    assert bench.book.find(order.ref or OrderRef("")).state is OrderState.WORKING  # type: ignore[union-attr]
    assert len(bench.broker.placed) == 1


def test_an_order_that_never_arrived_stays_unknown_and_is_not_sent_again(bench: OrderBench) -> None:
    bench.broker.script.extend(["lost-before"])
    order = asyncio.run(bench.send(next(drafts), ticket()))
    asyncio.run(bench.reopen())
    asyncio.run(bench.book.refresh())
    assert [each.ref for each in bench.book.unknown] == [order.ref]
    assert len(bench.broker.placed) == 1


def test_what_never_left_is_refused_with_the_reason(bench: OrderBench) -> None:
    bench.broker.script.extend(["gone"])
    with pytest.raises(Unavailable):
        asyncio.run(bench.send(next(drafts), ticket()))
    assert bench.book.orders[-1].state is OrderState.REFUSED


def test_a_desk_that_dies_in_the_middle_finds_the_order_when_it_opens_again(bench: OrderBench) -> None:
    async def die() -> None:
        arrived = asyncio.Event()

        async def hang(*_: Any) -> Any:
            arrived.set()
            await asyncio.Event().wait()

        bench.ask = hang  # type: ignore[method-assign]
        bench.broker.script.extend(["ask"])
        sending = asyncio.create_task(bench.send(next(drafts), ticket()))  # noqa: TID251 - dies below
        await arrived.wait()
        sending.cancel()
        await asyncio.wait((sending,))
        assert bench.book.unknown
        await bench.reopen()

    asyncio.run(die())
    assert [order.state for order in bench.book.working if order.at >= bench.now] == [OrderState.UNKNOWN]


def test_a_change_and_a_cancel_reach_the_broker_with_their_receipts(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket())
        shown = await bench.orders.check(ticket("3"))
        changed = await bench.orders.change(order, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
        assert changed.quantity == 3 and changed.ref == order.ref
        await bench.orders.cancel(changed)
        await bench.book.refresh()
        assert bench.book.find(order.ref or OrderRef("")).state is OrderState.CANCELLED  # type: ignore[union-attr]
        told = [each.receipt for each in await bench.orders.receipt(order.ref or OrderRef(""))]
        sent = next(each for each in told if each.step is Step.CHANGED)
        assert sent.verdict is not None and sent.quotes and sent.summary is not None
        assert [each.step for each in told[-2:]] == [Step.CANCEL, Step.CANCELLED]
        assert set(sent.acknowledged) == {each.code for each in shown.verdict.of(Severity.CONFIRM)} != set()

    asyncio.run(life())


def test_a_change_that_was_not_made_says_so_in_its_receipt(bench: OrderBench) -> None:
    async def refused(*_: Any) -> Rejected:
        return Rejected(text="Too far from the market.")

    async def lost(*_: Any) -> Any:
        raise Unavailable("No answer came.", remedy="Wait.", cause=Cause.OUTCOME_UNKNOWN)

    async def life() -> None:
        order = await bench.send(next(drafts), ticket())
        for modify, step in ((refused, Step.BROKER_REJECT), (lost, Step.OUTCOME_UNKNOWN)):
            bench.pass_by(10)
            shown = await bench.orders.check(ticket("3"), changes=order)
            bench.broker.modify = modify  # type: ignore[assignment,method-assign]
            with pytest.raises(DeskError):
                await bench.orders.change(order, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
            last = (await bench.orders.receipt(order.ref or OrderRef("")))[-1].receipt
            assert last.step is step and (last.broker_text or last.decision)

    asyncio.run(life())


def test_a_change_is_checked_as_if_the_order_it_changes_were_not_there(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket())
        bench.pass_by(1)
        assert (await bench.orders.check(ticket())).verdict.is_blocked, "another like it is a duplicate"
        shown = await bench.orders.check(ticket(), changes=order)
        assert not shown.verdict.is_blocked and shown.context.working == () and shown.context.sent == ()
        changed = await bench.orders.change(order, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
        assert changed.ref == order.ref and len(bench.broker.placed) == 1

    asyncio.run(life())


@pytest.mark.parametrize(
    ("state", "filled"),
    [(OrderState.FILLED, 5), (OrderState.CANCELLED, 2), (OrderState.CANCELLING, 0), (OrderState.INACTIVE, 0)],
)
def test_an_order_that_does_not_work_any_more_is_not_changed(
    bench: OrderBench, state: OrderState, filled: int
) -> None:
    async def life() -> None:
        shown_once = await bench.send(next(drafts), ticket("5"))
        bench.pass_by(10)
        shown = await bench.orders.check(ticket("9"), changes=shown_once)
        yes = bench.orders.confirm(shown)
        sent = _watched(bench)
        await bench.book.hear([replace(shown_once, state=state, filled=Decimal(filled))])
        with pytest.raises(Refused, match=f"cannot be changed any more: it is {state}"):
            await bench.orders.change(shown_once, shown, ask=bench.ask, confirmation=yes)
        told = await bench.orders.receipt(shown_once.ref or OrderRef(""))
        assert not sent and Step.CHANGED not in {each.receipt.step for each in told}
        assert told[-1].receipt.step is Step.BLOCKED

    asyncio.run(life())


def test_an_order_that_ends_while_its_change_is_written_down_is_not_changed(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket("5"))
        bench.pass_by(10)
        shown = await bench.orders.check(ticket("9"), changes=order)
        sent, write = _watched(bench), bench.orders._steps.write

        async def slow(*steps: Any) -> None:
            await write(*steps)
            if steps[0].step is Step.CHANGED:
                await bench.book.hear([replace(order, state=OrderState.FILLED, filled=order.quantity)])

        bench.orders._steps.write = slow  # type: ignore[method-assign]
        with pytest.raises(Refused, match="cannot be changed"):
            await bench.orders.change(order, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
        assert not sent

    asyncio.run(life())


def test_an_order_is_changed_as_it_is_known_now_and_keeps_what_was_filled_meanwhile(bench: OrderBench) -> None:
    wrong: list[Any] = []
    bench.hub.subscribe(OrderContradicted, wrong.append)

    async def life() -> None:
        older = await bench.send(next(drafts), ticket("5"))
        await bench.book.hear([replace(older, filled=Decimal(2))])
        bench.pass_by(10)
        shown = await bench.orders.check(ticket("6"), changes=older)
        sent = _watched(bench, during=3)
        yes = bench.orders.confirm(shown)
        changed = await bench.orders.change(older, shown, ask=bench.ask, confirmation=yes)
        assert [each.filled for each in sent] == [2]
        assert (changed.quantity, changed.filled, changed.state) == (6, 3, OrderState.WORKING)
        shown = await bench.orders.check(ticket("8"), changes=older)
        _watched(bench, during=6, state=OrderState.FILLED)
        changed = await bench.orders.change(older, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
        assert (changed.filled, changed.state) == (6, OrderState.FILLED)
        assert not wrong

    asyncio.run(life())


def _watched(bench: OrderBench, during: int = 0, state: OrderState = OrderState.WORKING) -> list[Order]:
    """What is given to the broker to be changed; `during` of it are filled while it answers."""
    seen: list[Order] = []

    async def modify(order: Order, of: OrderTicket) -> Placed:
        seen.append(order)
        if during:
            await bench.book.hear([replace(order, filled=Decimal(during), state=state)])
        return Placed(orders=(replace(order, quantity=of.quantity, limit=of.limit),))

    bench.broker.modify = modify  # type: ignore[method-assign]
    return seen


def test_no_change_leaves_once_the_kill_switch_was_pressed(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket("5"))
        bench.pass_by(10)
        shown = await bench.orders.check(ticket("50"), changes=order)
        modify, written = bench.broker.modify, bench.database.write

        async def asks(order: Any, _ticket: Any) -> Any:
            bench.broker.asked["q"] = await bench.database.read(trades.load_intents, Mode.DEMO, bench.now)
            return Questions(reply="q", questions=(Question(id="o163", text="Far from the market. Sure?"),))

        async def pressed(*_: Any) -> Reply:
            bench.killed = "pressed while it was asked"
            return Reply(yes=True)

        bench.broker.modify = asks  # type: ignore[method-assign]
        with pytest.raises(Refused, match="not made"):
            await bench.orders.change(order, shown, ask=pressed, confirmation=bench.orders.confirm(shown))
        assert bench.broker.replies[-1] is False

        async def press_while_written(work: Any, *arguments: Any, **how: Any) -> Any:
            done = await written(work, *arguments, **how)
            bench.killed = "pressed while it was written down"
            return done

        bench.killed, bench.broker.modify = "", modify  # type: ignore[method-assign]
        bench.pass_by(10)
        again = await bench.orders.check(ticket("50"), changes=order)
        bench.database.write = press_while_written  # type: ignore[method-assign]
        try:
            with pytest.raises(Refused, match="before the change left"):
                await bench.orders.change(order, again, ask=bench.ask, confirmation=bench.orders.confirm(again))
        finally:
            del bench.database.write  # type: ignore[attr-defined]
        assert bench.broker.known[order.ref or OrderRef("")].quantity == 5

    asyncio.run(life())


@pytest.mark.parametrize(
    "other",
    [ticket("2", side=Side.SELL), replace(ticket("2"), account=AccountId("DU7654322")),
     replace(ticket("2"), legs=(Leg(instrument=SHARE, side=Side.BUY, ratio=3),))],
)  # fmt: skip
def test_a_change_keeps_account_sides_and_ratios(bench: OrderBench, other: OrderTicket) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket("5"))
        bench.pass_by(10)
        shown = replace(await bench.orders.check(ticket("2"), changes=order), ticket=other)
        with pytest.raises(Refused, match="keeps the account"):
            await bench.orders.change(order, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
        assert bench.broker.known[order.ref or OrderRef("")].quantity == 5

    asyncio.run(life())


@pytest.mark.parametrize("word", ["take", "lost"])
def test_an_order_that_was_placed_is_no_failure_when_the_vault_cannot_take_its_answer(
    bench: OrderBench, word: str
) -> None:
    async def life() -> None:
        bench.broker.script.append(word)
        place, write = bench.broker.place, bench.database.write

        async def full(*_: Any, **__: Any) -> Any:
            raise Unavailable("The disk is full.", remedy="Make room.", cause=Cause.DISK_FULL)

        async def fills_the_disk(intent: Any) -> Any:
            bench.database.write = full  # type: ignore[method-assign]
            return await place(intent)

        bench.broker.place = fills_the_disk  # type: ignore[method-assign]
        try:
            order = await bench.send(next(drafts), ticket())
        finally:
            bench.database.write = write  # type: ignore[method-assign]
        assert order.state is OrderState.UNKNOWN and order.ref is not None
        await bench.book.refresh()
        assert bench.book.find(order.ref).state is OrderState.WORKING  # type: ignore[union-attr]

    asyncio.run(life())


def test_an_order_that_was_placed_is_told_also_when_the_kill_switch_cannot_cancel_it(bench: OrderBench) -> None:
    place = bench.broker.place

    async def late(intent: Any) -> Any:
        bench.killed = "pressed while it was on its way"
        answer = await place(intent)
        bench.broker.is_down = True
        return answer

    bench.broker.place = late  # type: ignore[method-assign]
    assert asyncio.run(bench.send(next(drafts), ticket())).state is OrderState.WORKING


def test_a_blocked_change_does_not_leave(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket())
        shown = await bench.orders.check(ticket("0"))
        with pytest.raises(Refused):
            await bench.orders.change(order, shown, ask=bench.ask)
        assert bench.broker.known[order.ref or OrderRef("")].quantity == 1

    asyncio.run(life())


def test_a_change_that_became_blocked_after_it_was_shown_does_not_leave(bench: OrderBench) -> None:
    async def life() -> None:
        order = await bench.send(next(drafts), ticket("5"))
        bench.pass_by(10)
        shown = await bench.orders.check(ticket("6"), changes=order)
        bench.change = lambda context: replace(context, daily_pnl=Decimal(-200_000))
        with pytest.raises(Refused, match="lost"):
            await bench.orders.change(order, shown, ask=bench.ask, confirmation=bench.orders.confirm(shown))
        assert bench.broker.known[order.ref or OrderRef("")].quantity == 5

    asyncio.run(life())


def test_what_was_blocked_when_it_was_shown_does_not_leave_even_if_it_is_fine_now(bench: OrderBench) -> None:
    async def life() -> None:
        bench.killed = "pressed"
        shown = await bench.orders.check(ticket())
        bench.killed = ""
        with pytest.raises(Refused, match="kill switch"):
            await bench.orders.send(next(drafts), shown, ask=bench.ask)
        assert bench.broker.placed == []

    asyncio.run(life())


def test_what_nobody_has_read_yet_is_shown_before_anything_leaves(bench: OrderBench) -> None:
    def delayed(context: Context) -> Context:
        quotes = {conid: replace(quote, delay=Delay.DELAYED) for conid, quote in context.quotes.items()}
        return replace(context, quotes=quotes)

    async def life() -> None:
        shown = await bench.orders.check(ticket())
        bench.change = delayed
        with pytest.raises(Refused, match="something new to confirm"):
            await bench.send_shown(next(drafts), shown)
        assert bench.broker.placed == []
        await bench.send(next(drafts), ticket())

    asyncio.run(life())


def test_the_brokers_preview_is_judged_when_it_is_shown_and_again_when_the_order_leaves(bench: OrderBench) -> None:
    told = WhatIf(at=bench.now, refusal="Margin does not suffice.")

    async def what_if(_ticket: OrderTicket) -> WhatIf:
        return told

    async def life() -> None:
        bench.broker.what_if = what_if  # type: ignore[method-assign]
        refused = await bench.orders.preview(ticket())
        assert refused.context.what_if == told and refused.verdict.is_blocked
        shown = await bench.orders.check(ticket())
        shown = replace(shown, context=replace(shown.context, what_if=told))
        with pytest.raises(Refused, match="Margin does not suffice"):
            await bench.send_shown(next(drafts), shown)
        assert bench.broker.placed == []

    asyncio.run(life())


def test_an_order_that_was_stored_does_not_leave_once_the_kill_switch_is_on(bench: OrderBench) -> None:
    def press(_event: OrdersChanged) -> None:
        bench.killed = "pressed as it was stored"

    bench.hub.subscribe(OrdersChanged, press)
    with pytest.raises(Refused, match="kill switch was pressed before the order left"):
        asyncio.run(bench.send(next(drafts), ticket()))
    held_back = bench.book.orders[-1]
    assert bench.broker.placed == [] and held_back.state is OrderState.REFUSED
    line = asyncio.run(bench.orders.receipt(held_back.ref or OrderRef("")))[-1].receipt
    assert (line.step, line.decision) == (Step.NOT_PLACED, "The kill switch was pressed before it left.")


def test_a_pass_under_the_kill_switch_counts_no_more_once_the_position_is_gone(bench: OrderBench) -> None:
    def holding(context: Context) -> Context:
        held = Position(account=MAIN, instrument=SHARE, quantity=Decimal(-1000))
        return replace(context, book=book_of((held,)))

    def press(_event: OrdersChanged) -> None:
        bench.killed = "pressed again"

    async def life() -> None:
        bench.killed, plain, bench.change = "pressed", bench.change, holding
        shown = await bench.orders.check(ticket())
        assert not shown.verdict.is_blocked
        bench.killed, bench.change = "", plain
        more = (await bench.orders.check(ticket())).verdict.of(Severity.CONFIRM)  # all of it was seen as well
        shown = replace(shown, verdict=replace(shown.verdict, findings=(*shown.verdict.findings, *more)))
        # lifted, and closed by somebody else: now it opens
        bench.hub.subscribe(OrdersChanged, press)
        with pytest.raises(Refused, match="pressed before the order left"):
            await bench.send_shown(next(drafts), shown)
        assert bench.broker.placed == []

    asyncio.run(life())


def test_nothing_leaves_while_the_vault_cannot_say_whether_it_was_sent_before(bench: OrderBench) -> None:
    read, write = bench.database.read, bench.database.write
    silent = Unavailable("The vault cannot be read.", remedy="Wait.", cause=Cause.VAULT_CLOSED)

    async def broken(work: Any, *arguments: Any) -> Any:
        if work is trades.intent_of:  # what may not leave is looked up on its own
            raise silent
        return await read(work, *arguments)

    async def broken_too(work: Any, *arguments: Any, **how: Any) -> Any:
        if isinstance(arguments[0], OrderIntent):  # what may leave in the transaction that stores it
            raise silent
        return await write(work, *arguments, **how)

    async def life() -> None:
        for blocked in (False, True):
            shown = await bench.orders.check(ticket())
            bench.killed = "pressed meanwhile" if blocked else ""
            bench.database.read = broken  # type: ignore[method-assign]
            bench.database.write = broken_too  # type: ignore[method-assign]
            try:
                with pytest.raises(Unavailable, match="cannot be read"):
                    await bench.send_shown(next(drafts), shown)
            finally:
                bench.database.read = read  # type: ignore[method-assign]
                bench.database.write = write  # type: ignore[method-assign]
            assert bench.broker.placed == []

    asyncio.run(life())


def test_orders_of_another_account_do_not_count(bench: OrderBench) -> None:
    async def life() -> None:
        mine = await bench.send(next(drafts), ticket("2", side=Side.SELL, limit="100.01"))
        other = replace(mine, account=AccountId("DU7654322"), ref=None, id=OrderId("9"))
        await bench.book.hear([other])
        assert [each.account for each in (await bench.orders.check(ticket())).context.working] == [MAIN]

    asyncio.run(life())


@pytest.mark.parametrize("state", [OrderState.UNKNOWN, OrderState.INACTIVE])
def test_asking_to_cancel_what_does_not_work_claims_nothing(bench: OrderBench, state: OrderState) -> None:
    async def life() -> None:
        order = replace(await bench.send(next(drafts), ticket()), state=state)
        assert order.ref is not None
        await bench.book.put(order)
        await bench.orders.cancel(order)
        assert bench.broker.cancelled == [order.id]
        assert bench.book.find(order.ref).state is state  # type: ignore[union-attr]

    asyncio.run(life())


def test_asking_for_every_order_to_be_cancelled_is_written_down(bench: OrderBench) -> None:
    asyncio.run(bench.orders.cancel_all(MAIN))
    (name,) = asyncio.run(bench.newest(Step.CANCEL, since=bench.now))
    (line,) = asyncio.run(bench.orders.receipt(OrderRef(name)))
    assert line.receipt.decision == "cancel all" and bench.broker.cancelled == ["all"]


def test_drafts_survive_and_are_not_sent_by_themselves(bench: OrderBench) -> None:
    draft = next(drafts)

    async def life() -> None:
        await bench.orders.save_draft(draft, ticket("7"))
        await bench.reopen()
        assert dict(await bench.orders.drafts())[draft] == ticket("7")
        assert bench.broker.placed == []
        await bench.send(draft, ticket("7"))
        assert draft not in dict(await bench.orders.drafts())

    asyncio.run(life())


WORDS = st.sampled_from(["take", "ask", "reject", "lost", "lost-before", "gone"])
ACTS = st.one_of(
    st.tuples(st.just("send"), st.lists(WORDS, max_size=3), st.booleans()),
    st.tuples(st.just("blocked"), st.just([]), st.booleans()),
    st.tuples(st.sampled_from(["double", "again", "crash"]), st.lists(WORDS, max_size=2), st.booleans()),
    st.tuples(
        st.sampled_from(["fill", "refresh", "down", "up", "reopen", "kill", "heal", "cancel all"]),
        st.just([]), st.just(True),
    ),
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, max_size=14))
def test_no_sequence_sends_a_blocked_order_or_one_twice_or_loses_one(shared: Database, acts: list[Any]) -> None:
    asyncio.run(_walk(OrderBench(database=shared, now=next(days)), acts))


async def _walk(bench: OrderBench, acts: list[Any]) -> None:
    mine: list[str] = []
    blocked_by_hand: set[str] = set()
    start = bench.now
    for number, (act, words, says) in enumerate(acts):
        bench.pass_by(11)
        bench.broker.script.clear()
        bench.broker.script.extend(words)
        bench.says = Reply(yes=says)
        placed = len(bench.broker.placed)
        with suppress(DeskError):
            await _do(bench, act, mine, number)
        if act == "blocked" or (bench.killed and act != "heal"):
            blocked_by_hand.update(bench.broker.placed[placed:])
        for ref in bench.broker.known:
            assert bench.book.find(ref) is not None, "an order was lost"
    assert not blocked_by_hand
    became = [await bench.database.read(trades.intent_of, draft) for draft in dict.fromkeys(mine)]
    refs = [intent.ref for intent in became if intent is not None]
    assert set(bench.broker.placed) <= set(refs), "one draft became two orders"
    assert len(set(refs)) == len(refs), "two drafts became one order"
    assert {order.ref for order in bench.book.orders if order.at >= start} <= set(refs)
    assert len(set(bench.broker.placed)) == len(bench.broker.placed), "an intent was sent twice"
    stored = await bench.database.read(trades.load_intents, Mode.DEMO, bench.now - timedelta(days=1))
    assert set(bench.broker.placed) <= {intent.ref for intent in stored}
    walked = set(await bench.newest(Step.BLOCKED, since=start))
    assert not walked & set(await bench.newest(Step.SENT, since=start))
    bench.broker.is_down = False
    await bench.book.refresh()
    for ref, order in bench.broker.known.items():
        assert bench.book.find(ref).state is order.state  # type: ignore[union-attr]
    assert await bench.database.read(receipts.find_fault) is None


async def _do(bench: OrderBench, act: str, mine: list[str], number: int) -> None:
    asked = ticket(str(number + 1))
    match act:
        case "send" | "blocked" | "double" | "crash":
            mine.append(next(drafts))
            shown = await bench.orders.check(ticket("0") if act == "blocked" else asked)
            work = [bench.send_shown(mine[-1], shown) for _ in range(2 if act == "double" else 1)]
            if act != "crash":
                failed = [each for each in await asyncio.gather(*work, return_exceptions=True)
                          if isinstance(each, BaseException)]  # fmt: skip
                if failed:  # once both are through, so that none is left on its way
                    raise failed[0]
                return
            sending = asyncio.create_task(work[0])  # noqa: TID251 - ends here
            for _ in range(3 * (number % 5)):
                await asyncio.sleep(0.0005)
            sending.cancel()
            await asyncio.wait((sending,))
            if not sending.cancelled():
                sending.exception()
            await bench.reopen()
        case "again" if mine:
            await bench.send(mine[-1], asked)
        case "fill":
            bench.broker.fill(list(bench.broker.known)[:1])
        case "refresh":
            await bench.book.refresh()
        case "down" | "up":
            bench.broker.is_down = act == "down"
        case "reopen":
            await bench.reopen()
        case "kill" | "heal":
            bench.killed = "test" if act == "kill" else ""
        case "cancel all":
            await bench.orders.cancel_all(MAIN)
        case _:
            return


@pytest.mark.parametrize(("read_only", "armed", "says"), [
    (True, True, "Read only was turned on before it was answered."),
    (False, False, "Live orders were locked before it was answered."),
])  # fmt: skip
def test_a_yes_sends_nothing_once_live_orders_may_not_leave(
    shared: Database, read_only: bool, armed: bool, says: str
) -> None:
    bench = OrderBench(database=shared, now=next(days), mode=Mode.IBKR_LIVE, read_only=False)
    bench.broker.script.extend(["ask", "take"])

    async def shut(*_: Any) -> Reply:
        bench.read_only, bench.is_armed = read_only, armed
        return Reply(yes=True)

    bench.ask = shut  # type: ignore[method-assign]
    order = asyncio.run(bench.send(next(drafts), ticket(mode=Mode.IBKR_LIVE)))
    assert (order.state, order.message) == (OrderState.DECLINED, says)
    assert bench.broker.replies == [False]


def test_an_unlocking_for_one_ticket_lets_that_one_leave_and_no_other(shared: Database) -> None:
    bench = OrderBench(database=shared, now=next(days), mode=Mode.IBKR_LIVE, read_only=False, is_armed=False)
    holds = [True]

    async def run() -> None:
        mine, other = (ticket(each, mode=Mode.IBKR_LIVE) for each in ("1", "2"))
        shown = await bench.orders.check(mine, unlocked=lambda account: holds[0] and account == mine.account)
        assert not shown.verdict.is_blocked
        with pytest.raises(Refused, match="not unlocked"):
            await bench.send(next(drafts), other)
        assert (await bench.send_shown(next(drafts), shown)).state is OrderState.WORKING
        again = await bench.orders.check(other, unlocked=lambda _account: holds[0])
        holds[0] = False
        with pytest.raises(Refused, match="not unlocked"):
            await bench.send_shown(next(drafts), again)
        assert len(bench.broker.placed) == 1

    asyncio.run(run())


def test_the_same_order_is_one_on_both_sides_of_midnight(shared: Database) -> None:
    late = next(days).astimezone(NEW_YORK).replace(hour=23, minute=59, second=58)
    bench = OrderBench(database=shared, now=late.astimezone(UTC))

    async def run() -> None:
        await bench.send(next(drafts), ticket())
        bench.pass_by(4)
        with pytest.raises(Refused, match="same order was sent 4"):
            await bench.send(next(drafts), ticket())

    asyncio.run(run())


def test_a_second_question_loop_cannot_outlive_the_kill_switch(bench: OrderBench) -> None:
    bench.broker.script.extend(["ask", "take"])

    async def kill(*_: Any) -> Reply:
        bench.killed = "pressed meanwhile"
        return Reply(yes=True)

    bench.ask = kill  # type: ignore[method-assign]
    assert asyncio.run(bench.send(next(drafts), ticket())).state is OrderState.DECLINED
    assert bench.broker.known == {}


def test_a_refusal_names_what_to_do(bench: OrderBench) -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(bench.send(next(drafts), ticket("0")))
    assert caught.value.cause is Cause.ORDER_REFUSED and caught.value.remedy


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from ibdesk.domain.errors import DeskError
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.modes import Mode
from ibdesk.store import receipts, trades, vault
from ibdesk.store.database import open_database
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import ticket

async def main():
    opened = vault.open(Path(sys.argv[1]), sys.argv[2])
    bench = OrderBench(database=open_database(opened))
    await bench.database.read(trades.load_drafts)
    limit = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, limit))
    told = ""
    for number in range(1, 400):
        bench.pass_by(2)
        try:
            await bench.send(f"full-{number}", ticket(str(number)))
        except DeskError as error:
            told = told or error.cause
            if told == "disk_full":
                break
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    stored = {intent.ref for intent in await bench.database.read(trades.load_intents, Mode.DEMO)}
    fault = await bench.database.read(receipts.find_fault)
    print(told, len(bench.broker.placed) > 3, set(bench.broker.placed) <= stored, fault)
    await bench.database.close()
    opened.close()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
def test_on_a_full_disk_nothing_leaves_that_is_not_stored(tmp_path: Path) -> None:
    made, _ = vaults.create(tmp_path / "home", PASSPHRASE, cost=LOWEST_COST)
    asyncio.run(open_database(made).close())
    made.close()
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "home"), PASSPHRASE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[2])
    assert done.stdout.strip() == "disk_full True True None", done.stdout + done.stderr
