"""Orders of the account of our own: taken once, safe before they are told, and never anybody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.base import Trading
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Exits,
    OrderIntent,
    OrderRef,
    OrderState,
    OrderType,
    OtherHalf,
    Placed,
    Rejected,
    Side,
    Trail,
)
from ibdesk.domain.pairs import Pairing, first_ref
from tests.brokers.door import MAIN
from tests.brokers.paper.desk import LOCAL, Disk, PaperDesk, paper_desk, ticket

D = Decimal
MARKET = OrderType.MARKET


def play(scene: Callable[[PaperDesk], Awaitable[None]], **more: object) -> None:
    async def run() -> None:
        async with paper_desk(**more) as desk:  # type: ignore[arg-type]
            await scene(desk)

    asyncio.run(run())


def trading(desk: PaperDesk) -> Trading:
    assert desk.broker.trading is not None
    return desk.broker.trading


def full_disk() -> Unavailable:
    return Unavailable("The disk is full.", remedy="Make room.", cause=Cause.DISK_FULL)


def test_every_call_refuses_another_account_and_another_mode() -> None:
    async def scene(desk: PaperDesk) -> None:
        mine = await desk.buys("AAPL", 1, order_type=MARKET)
        (order,) = (await desk.place(mine, "a")).orders
        theirs, live = replace(mine, account=MAIN), replace(mine, mode=Mode.IBKR_LIVE)
        at = trading(desk)
        for call in (
            lambda: at.place(OrderIntent(ref=OrderRef("b"), ticket=theirs, at=desk.now)),
            lambda: at.place(OrderIntent(ref=OrderRef("b"), ticket=live, at=desk.now)),
            lambda: at.what_if(theirs), lambda: at.modify(order, theirs), lambda: at.modify(order, live),
            lambda: at.modify(replace(order, account=MAIN), mine), lambda: at.cancel(replace(order, account=MAIN)),
            lambda: at.cancel_all(MAIN), lambda: at.orders(MAIN), lambda: at.executions(MAIN, desk.now),
            lambda: at.reply(MAIN, "1", yes=True),
        ):  # fmt: skip
            with pytest.raises(Refused) as refused:
                await call()  # type: ignore[no-untyped-call]
            assert refused.value.cause is Cause.WRONG_ENVIRONMENT

    play(scene)


def test_the_gateway_hears_of_no_order() -> None:
    async def scene(desk: PaperDesk) -> None:
        bracket = await desk.buys("AAPL", 5, order_type=MARKET, exits=Exits(take_profit=D(900), stop_loss=D(1)))
        placed = await desk.place(bracket, "a")
        assert placed.orders[0].state is OrderState.FILLED
        await trading(desk).what_if(bracket)
        await trading(desk).cancel_all(LOCAL)
        await desk.broker.snapshot(LOCAL)
        written = [path for method, path in desk.gateway.calls if "order" in path or method == "DELETE"]
        assert written == [] and desk.gateway.orders == {}

    play(scene)


def test_a_pair_is_two_orders_and_is_answered_as_both_when_it_is_asked_for_again() -> None:
    async def scene(desk: PaperDesk) -> None:
        buying = await desk.buys("AAPL", 5, order_type=MARKET)
        await desk.place(buying, "a")
        legs = tuple(replace(leg, side=Side.SELL) for leg in buying.legs)
        pair = replace(buying, legs=legs, order_type=OrderType.LIMIT, limit=D(900), other=OtherHalf(stop=D(1)))
        ref = first_ref(OrderRef("pair"))
        placed = await desk.place(pair, ref)
        assert [each.ref for each in placed.orders] == [ref, "pair-oco2"]
        again = await desk.place(pair, ref)
        assert [each.id for each in again.orders] == [each.id for each in placed.orders]
        assert len(desk.broker.state.orders) == 3
        await trading(desk).cancel(placed.orders[0])
        limit, stop = [each for each in await trading(desk).orders(LOCAL) if (each.ref or "").startswith("pair")]
        assert limit.state is OrderState.CANCELLED and stop.is_open and trading(desk).pairing is Pairing.KEEPS

    play(scene)


def test_an_order_is_safe_before_it_is_on_its_way_and_takes_its_time() -> None:
    async def scene(desk: PaperDesk) -> None:
        await desk.place(await desk.buys("AAPL", 5, order_type=MARKET), "a")
        first, *_, last = desk.disk.saved
        assert [order.state for order in first.orders] == [OrderState.PENDING] and first.fills == ()
        assert [order.state for order in last.orders] == [OrderState.FILLED]
        assert desk.pauses == [0.2]

    play(scene, latency=0.2)


def test_an_order_that_cannot_be_saved_was_never_placed() -> None:
    async def scene(desk: PaperDesk) -> None:
        wanted = await desk.buys("AAPL", 5, order_type=MARKET)
        desk.disk.fails.append(full_disk())
        with pytest.raises(DeskError) as full:
            await desk.place(wanted, "a")
        assert full.value.cause is Cause.DISK_FULL
        assert await trading(desk).orders(LOCAL) == () and desk.broker.state.fills == ()

    play(scene)


def test_a_fill_that_cannot_be_saved_is_made_at_a_later_look_and_told_then() -> None:
    async def scene(desk: PaperDesk) -> None:
        wanted = await desk.buys("AAPL", 5, order_type=MARKET)
        desk.disk.fails += [None, None, full_disk()]  # placed, arrived, filled
        (order,) = (await desk.place(wanted, "a")).orders
        assert not order.filled
        (order,) = await trading(desk).orders(LOCAL)
        assert order.filled == 5 and len(desk.broker.state.fills) == 1

    play(scene)


def test_a_book_that_was_saved_is_the_account_after_a_crash() -> None:
    disk = Disk()

    async def before(desk: PaperDesk) -> None:
        await desk.place(await desk.buys("AAPL", 5, order_type=MARKET), "a")
        await desk.place(await desk.buys("AAPL", 5, limit=D(1)), "b")

    async def after(desk: PaperDesk) -> None:
        known = disk.saved[-1]
        orders = {order.ref: order for order in await trading(desk).orders(LOCAL)}
        assert (orders[OrderRef("a")].state, orders[OrderRef("b")].is_open) == (OrderState.FILLED, True)
        assert await trading(desk).executions(LOCAL, known.opened_at) == known.fills
        again = await desk.place(await desk.buys("AAPL", 5, order_type=MARKET), "a")
        assert again.orders[0].id == orders[OrderRef("a")].id and len(desk.broker.state.fills) == 1

    play(before, disk=disk)
    play(after, disk=disk, book=lambda _: disk.saved[-1])


def test_an_order_whose_way_was_cut_off_by_a_crash_arrives_later() -> None:
    disk = Disk()

    async def before(desk: PaperDesk) -> None:
        await desk.place(await desk.buys("AAPL", 5, order_type=MARKET), "a")

    async def after(desk: PaperDesk) -> None:
        desk.pass_by(timedelta(seconds=6))
        (order,) = await trading(desk).orders(LOCAL)
        assert order.state is OrderState.FILLED

    play(before, disk=disk)
    play(after, disk=disk, book=lambda _: disk.saved[0])


def test_two_clicks_at_once_are_one_order() -> None:
    async def scene(desk: PaperDesk) -> None:
        wanted = await desk.buys("AAPL", 5, order_type=MARKET)
        first, second = await asyncio.gather(desk.place(wanted, "a"), desk.place(wanted, "a"))
        assert first.orders[0].id == second.orders[0].id
        assert desk.broker.state.ledger.holdings[0].quantity == 5

    play(scene)


def test_with_the_gateway_gone_orders_rest_and_can_be_cancelled() -> None:
    async def scene(desk: PaperDesk) -> None:
        wanted = await desk.buys("AAPL", 5, limit=D(500))
        await desk.gateway.kill()
        (order,) = (await desk.place(wanted, "a")).orders
        assert order.is_open and not order.filled
        await trading(desk).cancel(order)
        (order,) = await trading(desk).orders(LOCAL)
        assert order.state is OrderState.CANCELLED
        await desk.gateway.start()

    play(scene)


def test_an_order_nobody_can_price_or_pay_is_refused_in_words() -> None:
    async def scene(desk: PaperDesk) -> None:
        big = await desk.buys("AAPL", 50_000, order_type=MARKET)
        for wanted, words in ((big, "free"), (replace(big, quantity=D("NaN")), "quantity"), (ticket(), "Choose")):
            answer = await trading(desk).place(OrderIntent(ref=OrderRef("x"), ticket=wanted, at=desk.now))
            assert isinstance(answer, Rejected) and words in answer.text
        assert await trading(desk).orders(LOCAL) == ()

    play(scene)


def test_an_order_in_another_currency_learns_its_rate_first() -> None:
    async def scene(desk: PaperDesk) -> None:
        picture = await desk.inner.snapshot(MAIN)
        share = next(each.instrument for each in picture.positions
                     if each.instrument.currency == "EUR" and each.instrument.asset_class.value == "STK")  # fmt: skip
        wanted = ticket((share, Side.BUY), quantity=D(1), limit=D(1000))
        assert (await trading(desk).what_if(wanted)).refusal == ""
        assert desk.broker.state.rate(share.currency) == next(
            line.rate for line in picture.ledger if line.currency == "EUR")  # fmt: skip

    play(scene)


def test_a_change_of_a_finished_or_unknown_order_is_refused() -> None:
    async def scene(desk: PaperDesk) -> None:
        wanted = await desk.buys("AAPL", 5, order_type=MARKET)
        (order,) = (await desk.place(wanted, "a")).orders
        assert isinstance(await trading(desk).modify(order, replace(wanted, quantity=D(6))), Rejected)
        with pytest.raises(Refused) as unknown:
            await trading(desk).modify(replace(order, id=None), wanted)
        assert unknown.value.cause is Cause.ORDER_UNKNOWN
        working = await desk.buys("AAPL", 5, limit=D(1))
        (order,) = (await desk.place(working, "b")).orders
        answer = await trading(desk).modify(order, replace(working, quantity=D(9), limit=D(2)))
        assert isinstance(answer, Placed) and answer.orders[0].quantity == 9 and answer.orders[0].limit == 2

    play(scene)


def test_a_change_to_more_than_the_account_can_carry_is_refused() -> None:
    async def scene(desk: PaperDesk) -> None:
        working = await desk.buys("AAPL", 5, limit=D(200))
        (order,) = (await desk.place(working, "a")).orders
        answer = await trading(desk).modify(order, replace(working, quantity=D(50_000)))
        assert isinstance(answer, Rejected) and "free" in answer.text

    play(scene)


def test_nothing_is_ever_asked() -> None:
    async def scene(desk: PaperDesk) -> None:
        with pytest.raises(Refused) as refused:
            await trading(desk).reply(LOCAL, "1", yes=True)
        assert refused.value.cause is Cause.QUESTION_STALE

    play(scene)


def test_every_kind_of_order_of_the_rules_is_taken() -> None:
    async def scene(desk: PaperDesk) -> None:
        share = await desk.instrument("AAPL")
        rules = await trading(desk).rules(share.conid, Side.BUY)
        for number, kind in enumerate(sorted(rules.order_types)):
            wanted = ticket((share, Side.BUY), order_type=kind, limit=D(1), stop=D(900), trail=Trail(amount=D(5)))
            await desk.place(wanted, f"r{number}")
        with pytest.raises(Refused):
            await trading(desk).rules(share.conid + 99_999_999, Side.BUY)  # type: ignore[arg-type]

    play(scene)
