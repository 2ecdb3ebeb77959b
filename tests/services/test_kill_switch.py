import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.compliance.exposure import book_of
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.events import ConnectionRestored, PnlChanged, SessionChanged, TradingLockChanged
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderId, OrderRef, OrderState, Side
from ibdesk.domain.positions import Position
from ibdesk.domain.receipts import EnteredBy, Step
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.services.flattening import ReadAnew, as_stored
from ibdesk.services.kill_switch import DIED, KillSwitch
from ibdesk.services.orders import Orders
from ibdesk.store import receipts, trades
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, SHARE, ticket
from tests.services.workshop import Heard, eventually

drafts = count()


def switch(
    bench: OrderBench, held: int = 0, *, has_orders: bool = True, read_anew: ReadAnew = as_stored,
    mode: Mode = Mode.DEMO,
) -> KillSwitch:
    """A kill switch the bench's checks heed, over an account that holds so many shares."""

    async def accounts() -> tuple[AccountId, ...]:
        return (MAIN,)

    async def holdings(_account: AccountId) -> Sequence[tuple[Instrument, Decimal]]:
        return ((SHARE, Decimal(held)),) if held else ()

    def orders() -> Orders | None:
        return bench.orders if has_orders else None

    made = KillSwitch(
        mode=mode, orders=orders, accounts=accounts, holdings=holdings,
        loss_limit=lambda: Decimal(5), hub=bench.hub, tasks=bench.tasks, database=bench.database, clock=bench.clock,
        new_draft=lambda: f"kill-{next(drafts)}", read_anew=read_anew,
    )  # fmt: skip
    bench.orders._killed = lambda: made.why
    if held:
        position = Position(account=MAIN, instrument=SHARE, quantity=Decimal(held))
        bench.change = lambda context: replace(context, book=book_of((position,)))
    return made


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow, as on a disk that is full."""
    import resource  # Windows has none

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_it_cancels_resting_orders_and_refuses_new_ones_until_it_is_lifted(bench: OrderBench) -> None:
    async def life() -> None:
        made, heard = switch(bench), Heard(bench.hub, TradingLockChanged)
        order = await bench.send("a", ticket())
        bench.broker.others = [replace(order, ref=None, id=OrderId("77"))]
        report = await made.press("Ctrl+Shift+K")
        assert report.cancelled == (MAIN,) and not report.uncancelled
        await bench.book.refresh()
        assert {each.state for each in bench.book.orders} == {OrderState.CANCELLED}
        with pytest.raises(Refused, match="kill switch"):
            await bench.send("b", ticket("2"))
        await made.lift()
        await bench.send("c", ticket("3"))
        assert [event.lock is None for event in heard.events] == [False, False, True]  # type: ignore[union-attr]
        assert len(await bench.newest(Step.KILL_SWITCH)) == 2

    asyncio.run(life())


def test_the_lock_holds_before_the_broker_has_answered(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        cancel, tried = bench.broker.cancel_all, []

        async def slow(account: AccountId) -> None:
            with pytest.raises(Refused, match="kill switch"):
                await bench.send("while", ticket())
            tried.append(account)
            await cancel(account)

        bench.broker.cancel_all = slow  # type: ignore[method-assign]
        await made.press("test")
        assert tried == [MAIN] and bench.broker.placed == []

    asyncio.run(life())


def test_an_order_on_its_way_while_it_is_pressed_is_cancelled_when_it_arrives(bench: OrderBench) -> None:
    async def life() -> None:
        made, place = switch(bench), bench.broker.place

        async def late(intent: Any) -> Any:
            await made.press("test")
            return await place(intent)

        bench.broker.place = late  # type: ignore[method-assign]
        order = await bench.send("a", ticket())
        assert bench.broker.known[order.ref or OrderRef("")].state is OrderState.CANCELLED
        assert order.state is OrderState.CANCELLING

    asyncio.run(life())


def test_an_order_whose_reply_was_lost_is_cancelled_when_it_turns_up_under_the_lock(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        made.start()
        bench.broker.script.append("lost-before")
        order = await bench.send("a", ticket())
        assert order.state is OrderState.UNKNOWN and order.ref is not None
        bench.pass_by(1)
        await made.press("test")
        late = replace(order, state=OrderState.WORKING, id=OrderId("77"))
        bench.broker.known[order.ref] = late
        await bench.book.refresh()
        await eventually(lambda: bench.broker.known[late.ref].state is OrderState.CANCELLED)  # type: ignore[index]
        await bench.tasks.close()

    asyncio.run(life())


def test_what_is_sent_to_close_under_the_lock_is_not_chased(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench, held=5)
        made.start()
        await made.press("test")
        bench.pass_by(1)
        order = await bench.send("a", ticket("5", side=Side.SELL))
        await bench.book.refresh()
        await bench.orders.save_draft("later", ticket())  # written after whatever a chase would have written first
        assert Step.CANCEL not in await bench.steps(order.ref or "")
        assert order.state is OrderState.WORKING and bench.broker.cancelled == ["all"]
        await bench.tasks.close()

    asyncio.run(life())


@pytest.mark.logs("could not be cancelled")
def test_one_that_turned_up_and_could_not_be_cancelled_is_told_and_tried_again(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        made.start()
        bench.broker.script.append("lost-before")
        order = await bench.send("a", ticket())
        bench.pass_by(1)
        await made.press("test")
        bench.broker.is_down = True
        late = replace(order, state=OrderState.WORKING, id=OrderId("77"))
        await bench.book.hear([late])
        await eventually(lambda: bool(made.report and made.report.uncancelled))
        bench.broker.is_down = False
        bench.broker.known[late.ref] = late  # type: ignore[index]
        bench.hub.publish(ConnectionRestored(source="test", at=bench.now))
        await eventually(lambda: bench.broker.known[late.ref].state is OrderState.CANCELLED)  # type: ignore[index]
        await bench.tasks.close()

    asyncio.run(life())


def test_positions_that_cannot_be_read_anew_are_left_and_told(bench: OrderBench) -> None:
    async def life() -> None:
        async def silent(_account: AccountId) -> str:
            return "Nobody answers."

        report = await switch(bench, held=5, read_anew=silent).press("test", flatten=True)
        assert report.not_closed == ((f"Every position of {MAIN}", "Nobody answers."),)
        assert not report.closing and bench.broker.placed == []

    asyncio.run(life())


def test_closing_orders_follow_the_cancellation_and_pass_the_same_gate(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench, held=5)
        report = await made.press("test", flatten=True, ask=bench.ask)
        assert len(report.closing) == 1 and not report.not_closed
        order = bench.broker.known[report.closing[0]]
        assert (order.legs[0].side, order.quantity) == (Side.SELL, 5)
        assert bench.broker.cancelled == ["all"]
        assert Step.SENT in await bench.steps(report.closing[0])

    asyncio.run(life())


def test_the_lock_outlives_the_desk(bench: OrderBench) -> None:
    async def life() -> None:
        await switch(bench).press("test")
        again = switch(bench)
        assert again.why == ""
        await again.open()
        assert again.why == "test"

    asyncio.run(life())


def test_a_lock_holds_in_its_own_mode_and_is_lifted_only_there(bench: OrderBench) -> None:
    async def life() -> None:
        local, portal = switch(bench, mode=Mode.LOCAL_PAPER), switch(bench, mode=Mode.IBKR_PAPER)
        await local.press("test")
        await portal.open()
        assert portal.lock is None
        await portal.press("another")
        await portal.lift()
        again = switch(bench, mode=Mode.LOCAL_PAPER)
        await again.open()
        assert again.why == "test"

    asyncio.run(life())


READY = Session(state=SessionState.READY, flags=SessionFlags(reachable=True))


def reopened(bench: OrderBench, *, is_ready: bool = False) -> KillSwitch:
    """The switch of the next desk on the same vault; its session becomes ready later."""
    made = switch(bench)
    made._is_ready = lambda: is_ready
    return made


@pytest.mark.parametrize("is_ready", [False, True])
def test_a_desk_that_died_before_it_had_cancelled_does_so_when_it_is_opened_again(
    bench: OrderBench, is_ready: bool
) -> None:
    async def life() -> None:
        order = await bench.send("a", ticket())
        bench.pass_by(1)
        await switch(bench).lock_now("Ctrl+Shift+K")  # and there it ends
        again = reopened(bench, is_ready=is_ready)
        await again.open()
        assert again.report is not None and again.report.uncancelled == ((AccountId(""), DIED),)
        again.start()
        if not is_ready:
            assert bench.broker.cancelled == []
            bench.hub.publish(SessionChanged(session=READY))
        await eventually(lambda: again.report is not None and again.report.cancelled == (MAIN,))
        assert bench.broker.cancelled == ["all"] and not again.report.uncancelled
        assert bench.broker.known[order.ref or OrderRef("")].state is OrderState.CANCELLED
        bench.hub.publish(SessionChanged(session=READY))
        await bench.tasks.close()
        assert bench.broker.cancelled == ["all"]

    asyncio.run(life())


@pytest.mark.logs("could not be cancelled")
def test_a_desk_that_died_while_nobody_answered_cancels_when_it_is_opened_again(bench: OrderBench) -> None:
    async def life() -> None:
        bench.broker.is_down = True
        await switch(bench).press("test")
        bench.broker.is_down = False
        again = reopened(bench)
        await again.open()
        again.start()
        bench.hub.publish(SessionChanged(session=READY))
        await eventually(lambda: again.report is not None and again.report.cancelled == (MAIN,))
        await bench.tasks.close()
        third = reopened(bench)
        await third.open()
        assert third.report is None

    asyncio.run(life())


def test_what_was_sent_to_close_under_the_lock_outlives_the_desk(bench: OrderBench) -> None:
    async def life() -> None:
        await switch(bench).press("test")
        again = reopened(bench, is_ready=True)
        await again.open()
        again.start()
        bench.hub.publish(SessionChanged(session=READY))
        await bench.tasks.close()
        assert again.why == "test" and again.report is None and bench.broker.cancelled == ["all"]

    asyncio.run(life())


@pytest.mark.logs("could not be cancelled")
def test_what_could_not_be_cancelled_is_cancelled_when_the_connection_is_back(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        made.start()
        order = await bench.send("a", ticket())
        bench.broker.is_down = True
        report = await made.press("test")
        assert [account for account, _ in report.uncancelled] == [MAIN]
        assert made.lock is not None
        bench.broker.is_down = False
        bench.hub.publish(ConnectionRestored(source="test", at=bench.now))
        await eventually(lambda: bench.broker.known[order.ref].state is OrderState.CANCELLED)  # type: ignore[index]
        await bench.tasks.close()

    asyncio.run(life())


@pytest.mark.parametrize(("now", "until"), [
    ("2026-11-20T17:48:00+00:00", "2026-11-21T05:00:00+00:00"),
    ("2027-03-14T04:30:00+00:00", "2027-03-14T05:00:00+00:00"),  # half an hour before a day of 23 hours
])  # fmt: skip
def test_the_daily_loss_limit_presses_it_once_until_midnight_in_new_york(
    bench: OrderBench, now: str, until: str
) -> None:
    async def life() -> None:
        bench.now = datetime.fromisoformat(now)
        made = switch(bench)
        made.start()
        lost = AccountPnl(
            account=MAIN, daily=Decimal(-50_001), unrealized=None, net_liquidation=Decimal(949_999),
            excess_liquidity=None, as_of=bench.now,
        )  # fmt: skip
        bench.hub.publish(PnlChanged(pnl=replace(lost, daily=Decimal(-49_999), net_liquidation=Decimal(950_001))))
        assert made.lock is None
        bench.hub.publish(PnlChanged(pnl=lost))
        await eventually(lambda: "all" in bench.broker.cancelled)
        assert made.lock is not None and "loss of 50,001" in made.why
        assert made.lock.until is not None and made.lock.until.isoformat() == until
        await made.lift()
        bench.hub.publish(PnlChanged(pnl=lost))
        for _ in range(5):
            await asyncio.sleep(0)
        assert made.lock is None and bench.broker.cancelled == ["all"]
        await bench.tasks.close()

    asyncio.run(life())


def test_a_lock_with_an_end_ends_by_itself(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench, has_orders=False)
        until = bench.now.replace(hour=20)
        await made.press("test", until=until)
        assert made.why == "test" and bench.broker.cancelled == []
        bench.now = until
        assert made.why == ""

    asyncio.run(life())


def test_the_lock_holds_before_anything_is_awaited(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        lock = made.engage("test")
        assert made.why == "test" and made.report is not None and made.report.is_cancelling
        with pytest.raises(Refused, match="kill switch"):
            await bench.send("a", ticket())
        report = await made.carry_out()
        assert report.lock is lock and report.cancelled == (MAIN,) and not report.is_cancelling

    asyncio.run(life())


@pytest.mark.logs("could not be cancelled")
def test_a_session_that_is_ready_again_cancels_what_could_not_be_cancelled(bench: OrderBench) -> None:
    async def life() -> None:
        made, heard = switch(bench), Heard(bench.hub, TradingLockChanged)
        made.start()
        order = await bench.send("a", ticket())
        bench.broker.is_down = True
        await made.press("test")
        session = Session(state=SessionState.SIGNED_OUT, flags=SessionFlags(reachable=True))
        bench.hub.publish(SessionChanged(session=session))
        bench.broker.is_down = False
        await asyncio.sleep(0)
        assert made.report is not None and made.report.uncancelled
        bench.hub.publish(SessionChanged(session=replace(session, state=SessionState.READY)))
        await eventually(lambda: made.report is not None and not made.report.uncancelled)
        assert bench.broker.known[order.ref or OrderRef("")].state is OrderState.CANCELLED
        assert made.report is not None and made.report.cancelled == (MAIN,)
        assert len(heard.events) == 3  # on, somebody was not reached, all were
        await bench.tasks.close()

    asyncio.run(life())


@pytest.mark.logs("could not be cancelled")
def test_a_person_may_try_again_and_hears_what_still_fails(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        bench.broker.is_down = True
        await made.press("test")
        again = await made.retry()
        assert again.uncancelled == ((MAIN, "Nobody answers."),)
        bench.broker.is_down = False
        assert (await made.retry()).cancelled == (MAIN,)
        assert (await made.retry()).cancelled == (MAIN,)

    asyncio.run(life())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
def test_a_full_disk_keeps_no_order_alive(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        order = await bench.send("a", ticket())
        with full_disk():
            report = await made.press("test")
            assert bench.broker.known[order.ref or OrderRef("")].state is OrderState.CANCELLED
            assert report.cancelled == (MAIN,) and not report.uncancelled
            assert report.unwritten is not None and report.unwritten.cause is Cause.DISK_FULL
            with pytest.raises(DeskError):
                await made.lift()
            assert made.why == "test"
        assert (await made.retry()).unwritten is None
        again = switch(bench)
        await again.open()
        assert again.why == "test" and await bench.newest(Step.KILL_SWITCH)

    asyncio.run(life())


def test_each_account_that_was_asked_about_has_its_line_in_the_receipts(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        report = await made.press("too much at once")
        found = await bench.database.read(receipts.load, f"kill {report.lock.at.isoformat()}")
        assert [each.receipt.step for each in found] == [Step.KILL_SWITCH, Step.CANCEL]
        assert found[1].receipt.account == receipts.hash_of(MAIN)
        assert (found[0].receipt.decision, found[1].receipt.decision) == ("too much at once", "cancel all")

    asyncio.run(life())


def test_what_it_would_close_is_told_before_it_is_closed(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench, held=5)
        await made.press("test")
        assert await made.positions() == ((MAIN, SHARE, Decimal(5)),)
        assert len((await made.flatten(bench.ask)).closing) == 1

    asyncio.run(life())


def test_a_desk_without_orders_says_that_it_only_locks(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench, has_orders=False)
        report = await made.press("test")
        assert not report.takes_orders and not report.cancelled and made.lock is not None

    asyncio.run(life())


def test_lifting_while_orders_are_being_cancelled_stays_lifted(bench: OrderBench) -> None:
    async def life() -> None:
        made, cancel = switch(bench), bench.broker.cancel_all

        async def slow(account: AccountId) -> None:
            await made.lift()
            await cancel(account)

        bench.broker.cancel_all = slow  # type: ignore[method-assign]
        await made.press("test")
        assert made.lock is None and made.report is None
        again = switch(bench)
        await again.open()
        assert again.lock is None

    asyncio.run(life())


def test_who_presses_it_again_while_it_is_being_lifted_keeps_it_on(bench: OrderBench) -> None:
    async def life() -> None:
        made, write = switch(bench), bench.database.write
        await made.press("first")
        told = Heard(bench.hub, TradingLockChanged)

        async def pressed(*work: Any, **how: Any) -> Any:
            done = await write(*work, **how)
            made.engage("again")
            return done

        bench.database.write = pressed  # type: ignore[method-assign]
        await made.lift()
        assert made.why == "again" and made.report is not None
        assert [each.lock and each.lock.reason for each in told.events] == ["again"]  # type: ignore[attr-defined]

    asyncio.run(life())


@pytest.mark.parametrize("failing", [trades.set_lock, receipts.append])
def test_a_lock_or_a_receipt_that_cannot_be_kept_is_told_even_if_the_other_can(
    bench: OrderBench, failing: object
) -> None:
    async def life() -> None:
        made, write = switch(bench), bench.database.write

        async def full(work: Any, *arguments: Any, **how: Any) -> Any:
            if work is failing:
                raise Unavailable("The disk is full.", remedy="Make room.", cause=Cause.DISK_FULL)
            return await write(work, *arguments, **how)

        bench.database.write = full  # type: ignore[method-assign]
        report = await made.press("test")
        assert report.unwritten is not None and report.unwritten.cause is Cause.DISK_FULL
        bench.database.write = write  # type: ignore[method-assign]
        assert (await made.retry()).unwritten is None
        again = switch(bench)
        await again.open()
        assert again.why == "test", "written down by the second try"

    asyncio.run(life())


def test_receipts_say_who_sat_at_the_desk_and_in_which_session(bench: OrderBench) -> None:
    async def life() -> None:
        made = switch(bench)
        for service in (made, bench.orders._steps):
            service._entered_by = lambda: EnteredBy(user="ada", session="signed in today")  # type: ignore[attr-defined]
        order = await bench.send("a", ticket())
        await made.press("test")
        told = await bench.database.read(lambda tx: receipts.newest(tx, limit=100))
        ours = [each.receipt for each in told if each.receipt.step is not Step.FILL]
        assert order.ref in {each.ref for each in ours}
        assert {(each.user, each.session) for each in ours} == {("ada", "signed in today")}

    asyncio.run(life())
