"""The account of our own as the desk sees it: figures, history, evenings."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.brokers.paper.broker import PaperBroker
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.executions import ExecutionKind
from ibdesk.domain.instruments import AssetClass, Instrument, Right
from ibdesk.domain.orders import OrderState, OrderType, Side
from ibdesk.domain.positions import Source
from tests.brokers.door import LUNCH, MAIN
from tests.brokers.paper.desk import LOCAL, PaperDesk, paper_desk, ticket

D = Decimal


def play(scene: Callable[[PaperDesk], Awaitable[None]], **more: object) -> None:
    async def run() -> None:
        async with paper_desk(**more) as desk:  # type: ignore[arg-type]
            await scene(desk)

    asyncio.run(run())


async def nearest(desk: PaperDesk, *, right: Right = Right.CALL, in_the_money: int = 0) -> Instrument:
    """The option on SPY that expires first, so many strikes in the money."""
    market = desk.inner.market
    assert market is not None
    spy = await desk.instrument("SPY")
    (quote,) = await market.quotes([spy.conid])
    assert quote.last is not None
    month = (await market.chain_months(spy.conid))[0]
    strikes = sorted(await market.chain_strikes(spy.conid, month), key=lambda strike: abs(strike - quote.last))
    ordered = sorted(strikes, reverse=right is Right.PUT)
    strike = ordered[max(0, ordered.index(strikes[0]) - in_the_money)]
    contracts = await market.chain_contracts(spy.conid, month, strike)
    return next(each for each in contracts if each.option is not None and each.option.right is right)


def expiry_of(option: Instrument) -> datetime:
    assert option.option is not None
    day = option.option.expiry
    return datetime(day.year, day.month, day.day, 22, 31, tzinfo=UTC)


def test_a_new_account_has_its_cash_and_a_point_of_history() -> None:
    async def scene(desk: PaperDesk) -> None:
        (account,) = await desk.broker.accounts()
        assert (account.id, account.title, account.is_paper) == (LOCAL, "Local Paper", True)
        picture = await desk.broker.snapshot(LOCAL)
        assert (picture.source, picture.summary.net_liquidation) == (Source.LOCAL, D(100_000))
        assert picture.pnl is not None and picture.pnl.daily == 0
        assert [point.value for point in await desk.broker.equity_history(LOCAL)] == [D(100_000)]

    play(scene)


def test_another_account_is_not_ours() -> None:
    async def scene(desk: PaperDesk) -> None:
        for call in (desk.broker.snapshot, desk.broker.equity_history, desk.broker.select):
            with pytest.raises(Refused) as refused:
                await call(MAIN)
            assert refused.value.cause is Cause.UNKNOWN_ACCOUNT

    play(scene)


def test_a_position_is_marked_at_the_market_and_the_day_counts_from_its_beginning() -> None:
    async def scene(desk: PaperDesk) -> None:
        await desk.broker.snapshot(LOCAL)
        await desk.place(await desk.buys("AAPL", 100, order_type=OrderType.MARKET), "a")
        desk.pass_by(timedelta(minutes=40))
        picture = await desk.broker.snapshot(LOCAL)
        (held,) = picture.positions
        assert held.price is not None and held.market_value == held.price * 100
        assert picture.pnl is not None and picture.pnl.net_liquidation is not None
        assert picture.pnl.daily == picture.pnl.net_liquidation - 100_000
        assert picture.summary.initial_margin == (held.market_value / 2).quantize(D("0.01"))

    play(scene)


def test_the_history_has_one_point_a_day() -> None:
    async def scene(desk: PaperDesk) -> None:
        for _ in range(3):
            await desk.broker.snapshot(LOCAL)
            desk.pass_by(timedelta(hours=12))
        curve = await desk.broker.equity_history(LOCAL)
        assert [point.at for point in curve] == [LUNCH, LUNCH + timedelta(days=1)]

    play(scene)


def test_an_option_in_the_money_becomes_shares_in_the_evening_and_a_short_one_too() -> None:
    async def scene(desk: PaperDesk) -> None:
        long, short = await nearest(desk, in_the_money=12), await nearest(desk, right=Right.PUT, in_the_money=12)
        for name, option, side in (("a", long, Side.BUY), ("b", short, Side.SELL)):
            (order,) = (await desk.place(ticket((option, side), order_type=OrderType.MARKET), name)).orders
            assert order.state is OrderState.FILLED
        desk.gateway.clock.set(expiry_of(long) - timedelta(minutes=2))
        assert len((await desk.broker.snapshot(LOCAL)).positions) == 2
        desk.gateway.clock.set(expiry_of(long))
        assert desk.broker.trading is not None
        fills = await desk.broker.trading.executions(LOCAL, LUNCH)
        moved = [fill.execution for fill in fills if fill.execution.kind is not ExecutionKind.TRADE]
        assert {each.kind for each in moved} <= {
            ExecutionKind.EXERCISE, ExecutionKind.ASSIGNMENT, ExecutionKind.EXPIRY}  # fmt: skip
        assert all(each.trade_date == long.expiry for each in moved)
        positions = (await desk.broker.snapshot(LOCAL)).positions
        assert all(each.instrument.asset_class is AssetClass.ETF for each in positions)

    play(scene)


def test_an_early_exercise_delivers_the_shares_that_evening() -> None:
    async def scene(desk: PaperDesk) -> None:
        assert desk.broker.exercising is not None
        market = desk.inner.market
        assert market is not None
        spy = await desk.instrument("SPY")
        month = (await market.chain_months(spy.conid))[2]
        strike = (await market.chain_strikes(spy.conid, month))[5]
        call = next(each for each in await market.chain_contracts(spy.conid, month, strike)
                    if each.option and each.option.right is Right.CALL)  # fmt: skip
        await desk.place(ticket((call, Side.BUY), order_type=OrderType.MARKET), "a")
        wish = ExerciseOrder(account=LOCAL, instrument=call, quantity=D(1), at=desk.now)
        await desk.broker.exercising.instruct(wish)
        assert len(desk.disk.saved[-1].instructions) == 1, "it survives a crash"
        desk.pass_by(timedelta(hours=6))
        (held,) = (await desk.broker.snapshot(LOCAL)).positions
        assert (held.instrument, held.quantity) == (spy, 100)
        assert await desk.broker.exercising.instructions(LOCAL) == ()
        assert desk.disk.saved[-1].instructions == ()

    play(scene)


def test_a_short_option_can_be_assigned_early() -> None:
    async def scene(desk: PaperDesk) -> None:
        put = await nearest(desk, right=Right.PUT)
        await desk.place(ticket((put, Side.SELL), quantity=D(2), order_type=OrderType.MARKET), "a")
        await desk.broker.assign_early(put.conid, 1)
        held = {each.instrument.symbol: each.quantity for each in (await desk.broker.snapshot(LOCAL)).positions
                if each.instrument.option is None}  # fmt: skip
        assert held == {"SPY": 100}
        with pytest.raises(Refused):
            await desk.broker.assign_early(put.conid + 1, 1)  # type: ignore[arg-type]

    play(scene)


def test_a_picture_can_be_had_without_prices() -> None:
    async def scene(desk: PaperDesk) -> None:
        await desk.place(await desk.buys("AAPL", 10, order_type=OrderType.MARKET), "a")
        before = await desk.broker.snapshot(LOCAL)
        await desk.gateway.kill()
        after = await desk.broker.snapshot(LOCAL)
        assert after.summary.net_liquidation == before.summary.net_liquidation
        await desk.gateway.start()

    play(scene)


def test_it_is_named_and_borrows_session_and_market() -> None:
    async def scene(desk: PaperDesk) -> None:
        assert PaperBroker.name == "Local Paper"
        assert desk.broker.session is desk.inner.session and desk.broker.market is desk.inner.market
        assert replace(desk.broker.account, title="") != desk.broker.account

    play(scene)
