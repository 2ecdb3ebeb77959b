"""The line to TWS for days: every way it breaks, what comes back first, and that no print is lost or told twice."""

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.brokers.base import LinkNews, LinkState, OrderNews, StreamDown, StreamUp, TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.brokers.tws.convert import stem
from ibdesk.demo.tws.faults import TimeStyle
from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.errors import DeskError, Unavailable
from ibdesk.domain.executions import Fill
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import OrderState, OrderType, Placed, Side
from ibdesk.domain.pnl import PositionMoved, PositionPnl
from tests.brokers.door import LUNCH, raw
from tests.brokers.tws.door import (
    MAIN,
    QUICK,
    SECOND,
    Scene,
    Watch,
    at_other,
    at_tws,
    sent,
    ticket_for,
    trade,
    truth,
    watching,
)


def play(scene: object, **options: object) -> None:
    async def run() -> None:
        async with at_tws(**options) as stage:  # type: ignore[arg-type]
            await scene(stage)  # type: ignore[operator]

    asyncio.run(run())


def known(watch: Watch) -> dict[str, Fill]:
    """The newest word on each print."""
    return {stem(each.execution.exec_id): each for each in watch.fills}


def agrees(watch: Watch, stage: Scene) -> bool:
    """Whether what was told in the end is the server's truth, to the cent."""
    told = {
        base: (each.execution.quantity, each.execution.price, each.commission.amount, each.commission.realized)
        for base, each in known(watch).items() if each.commission is not None
    }
    return told == truth(stage.service)


def test_what_is_held_and_traded_comes_first_then_figures_of_what_is_on_screen_then_the_rest() -> None:
    async def scene(stage: Scene) -> None:
        held = (await stage.broker.snapshot(MAIN)).positions
        shown = [each.instrument.conid for each in held[-3:]]
        assert stage.broker.stream is not None
        await stage.broker.stream.watch(shown)
        async with watching(stage.broker) as watch:
            both = {each.key for each in held} | {
                each.key for each in (await stage.broker.snapshot(SECOND)).positions}
            await watch.until(lambda: {each.key for each in watch.of(PositionPnl)} == both)
            kinds = [type(each) for each in watch.told]
            assert kinds.index(StreamUp) < kinds.index(OrderNews) < kinds.index(PositionMoved) < kinds.index(
                PositionPnl)
            assert {each.key for each in watch.of(PositionMoved)} == both
            await watch.until(lambda: {each.conid for each in watch.of(Quote)} == set(shown))
            assert {each.account for each in watch.of(AccountPnl)} == {MAIN, SECOND}
            worth = (await stage.broker.snapshot(MAIN)).summary.net_liquidation
            await watch.until(lambda: worth in {each.net_liquidation for each in watch.of(AccountPnl)})
            restoring = [each for each in watch.of(LinkNews) if each.state is LinkState.RESTORING]
            assert restoring[0].left < restoring[0].wanted and restoring[-1].left == 0
            assert agrees(watch, stage)

    play(scene)


def test_an_order_of_ours_and_one_of_another_program_are_each_told_once_with_their_cost() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch, at_other(stage) as other:
            assert isinstance(await sent(stage.broker, await ticket_for(stage.broker), "ours"), Placed)
            assert isinstance(await sent(other, await ticket_for(other, "SPY", quantity=3), "theirs"), Placed)
            await watch.until(lambda: agrees(watch, stage))
            refs = [each.execution.ref for each in watch.fills if each.commission is not None]
            assert {"ours", "theirs"} <= set(refs)
            tellings = Counter((each.execution.exec_id, each.commission) for each in watch.fills)
            assert set(tellings.values()) == {1}
            moved = {each.instrument.symbol for each in watch.of(PositionMoved)[-4:]}
            assert {"AAPL", "SPY"} & moved

    play(scene)


def test_the_broker_behind_tws_goes_and_comes_back_with_everything_kept() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            stage.service.faults.broker_lost()
            await watch.until(lambda: not watch.is_up)
            assert LinkState.BROKER_LOST in watch.links
            await asyncio.sleep(0.2)  # it is told again and again
            assert watch.links.count(LinkState.BROKER_LOST) == 1
            with pytest.raises(Unavailable):
                await sent(stage.broker, await ticket_for(stage.broker), "not now")
            trade(stage, "AAPL", 1, "in the gap")
            stage.service.faults.broker_back()
            await watch.until(lambda: watch.is_up)
            assert LinkState.RESTORED_KEPT in watch.links and LinkState.DOWN not in watch.links
            await watch.until(lambda: agrees(watch, stage))
            assert "in the gap" in {each.execution.ref for each in watch.fills}
            up = max(at for at, each in enumerate(watch.told) if isinstance(each, StreamUp))
            keys = {each.key for each in watch.of(PositionPnl)}
            await watch.until(lambda: {each.key for each in watch.told[up:] if isinstance(each, PositionPnl)} == keys)

    play(scene)


def test_subscriptions_that_were_lost_are_asked_for_again() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            held = (await stage.broker.snapshot(MAIN)).positions
            await watch.until(lambda: len(watch.of(PositionPnl)) > len(held))
            stage.service.faults.broker_lost(2110)
            await watch.until(lambda: not watch.is_up)
            stage.service.faults.broker_back(lost=True)
            await watch.until(lambda: watch.is_up)
            at = len(watch.told)
            assert LinkState.RESTORED_LOST in watch.links
            await watch.until(lambda: {each.instrument.conid for each in held} <= {
                each.conid for each in watch.told[at:] if isinstance(each, PositionPnl)})
            assert [each.left for each in watch.of(LinkNews) if each.state is LinkState.RESTORING][-1] == 0

    play(scene)


def test_after_the_nightly_restart_what_was_traded_meanwhile_is_told_and_nothing_twice() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            await sent(stage.broker, await ticket_for(stage.broker), "before")
            await watch.until(lambda: agrees(watch, stage))
            before = Counter((each.execution.exec_id, each.commission) for each in watch.fills)
            await stage.service.faults.nightly_restart(0.1)
            await watch.until(lambda: LinkState.DOWN in watch.links and watch.is_up)
            async with at_other(stage) as other:
                await sent(other, await ticket_for(other), "after")
            await watch.until(lambda: "after" in {each.execution.ref for each in watch.fills} and agrees(watch, stage))
            after = Counter((each.execution.exec_id, each.commission) for each in watch.fills)
            assert all(after[key] == count == 1 for key, count in before.items())

    play(scene)


@pytest.mark.parametrize("rude", [False, True], ids=["by FIN", "by RST"])
def test_a_line_cut_in_the_middle_of_a_message_comes_back(rude: bool) -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            stage.service.faults.drop_mid_message(rude=rude)
            await watch.until(lambda: LinkState.DOWN in watch.links and watch.is_up)
            await watch.until(lambda: agrees(watch, stage))

    play(scene)


def test_a_half_open_line_is_noticed_within_two_keepalives_and_replaced() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            loop = asyncio.get_running_loop()
            began = loop.time()
            stage.service.faults.half_open(keeps=2.0)
            await watch.until(lambda: not watch.is_up)
            assert loop.time() - began < 1.9  # keepalive is 0.2 s here
            assert "silent" in watch.of(StreamDown)[-1].reason
            # While the server believes in the old connection our client id is taken: it passes.
            await watch.until(lambda: watch.is_up)

    play(scene)


def test_positions_closed_while_the_line_was_down_are_told_as_gone() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch, at_other(stage) as other:
            held = next(each for each in (await other.snapshot(MAIN)).positions if each.instrument.label == "MSFT")
            stage.service.faults.half_open(client_id=1, keeps=0.5)
            ticket = await ticket_for(other, "MSFT", quantity=int(held.quantity), side=Side.SELL)
            await sent(other, ticket, "closing")
            await watch.until(lambda: LinkState.DOWN in watch.links and watch.is_up)
            await watch.until(lambda: watch.of(PositionMoved)[-1].quantity == 0 or any(
                each.instrument.symbol == "MSFT" and each.quantity == 0 for each in watch.of(PositionMoved)))
            await watch.until(lambda: agrees(watch, stage))

    play(scene)


def test_commissions_early_late_double_and_corrected_prices_add_up_in_the_end() -> None:
    async def scene(stage: Scene) -> None:
        faults = stage.service.faults
        async with watching(stage.broker) as watch:
            ticket = await ticket_for(stage.broker)
            faults.commissions_first(2)
            await sent(stage.broker, ticket, "first")
            await watch.until(lambda: agrees(watch, stage))
            faults.heal()
            faults.double_commissions(3)
            faults.double_executions(3)
            await sent(stage.broker, ticket, "double")
            await watch.until(lambda: agrees(watch, stage))
            faults.heal()
            faults.late_commissions(0.2)
            await sent(stage.broker, ticket, "late")
            await watch.until(lambda: "late" in {each.execution.ref for each in watch.fills})
            assert None in {each.commission for each in watch.fills if each.execution.ref == "late"}
            await watch.until(lambda: agrees(watch, stage))
            faults.heal()
            faults.correct_execution("123.45")
            await watch.until(lambda: Decimal("123.45") in {each.execution.price for each in watch.fills})
            await watch.until(lambda: agrees(watch, stage))
            tellings = Counter((each.execution.exec_id, each.execution.price, each.commission) for each in watch.fills)
            assert set(tellings.values()) == {1}

    play(scene)


def test_a_commission_that_never_comes_leaves_a_print_without_one_and_nothing_else() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            stage.service.faults.lose_commissions(1)
            await sent(stage.broker, await ticket_for(stage.broker, quantity=1), "poor")
            await sent(stage.broker, await ticket_for(stage.broker, quantity=1), "rich")
            await watch.until(lambda: any(
                each.execution.ref == "rich" and each.commission is not None for each in watch.fills))
            assert {each.commission for each in watch.fills if each.execution.ref == "poor"} == {None}

    play(scene)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(4))
def test_after_any_sequence_of_faults_every_print_cost_and_profit_is_the_servers_truth(seed: int) -> None:
    async def scene(stage: Scene) -> None:
        chance, faults = random.Random(seed), stage.service.faults
        async with watching(stage.broker) as watch:
            for number in range(12):
                await _mishap(chance, stage)
                with contextlib.suppress(DeskError):
                    await sent(stage.broker, await ticket_for(stage.broker, quantity=1), f"order-{number}")
                trade(stage, chance.choice(("AAPL", "MSFT", "SPY")), 1, f"elsewhere-{number}")
                await asyncio.sleep(chance.choice((0.0, 0.05, 0.1)))
            faults.heal()
            if not stage.service.is_running:
                await stage.service.start()
            await watch.until(lambda: watch.is_up and agrees(watch, stage), seconds=20)
            held = {each.instrument.conid: each.quantity for each in (await stage.broker.snapshot(MAIN)).positions}
            told = {each.instrument.conid: each.quantity for each in watch.of(PositionMoved) if each.account == MAIN}
            assert {conid: quantity for conid, quantity in told.items() if quantity} == held

    play(scene)


async def _mishap(chance: random.Random, stage: Scene) -> None:
    """Something that goes wrong at a TWS."""
    faults = stage.service.faults
    match chance.randrange(11):
        case 0:
            faults.drop_mid_message(rude=chance.random() < 0.5)
        case 1:
            faults.half_open(keeps=0.3)
        case 2:
            await faults.nightly_restart(0.05)
        case 3:
            faults.broker_lost(chance.choice((1100, 2110)))
        case 4:
            faults.broker_back(lost=chance.random() < 0.5)
        case 5:
            faults.commissions_first(2)
        case 6:
            faults.double_commissions(2)
            faults.double_executions(2)
        case 7:
            faults.late_commissions(0.05)
        case 8:
            faults.correct_execution(f"{chance.randrange(50, 90)}.25")
        case 9:
            faults.unknown_message()
            faults.short_frame()
            faults.word_for_number()
        case _:
            faults.heal()


@pytest.mark.parametrize("style", list(TimeStyle), ids=lambda each: each.name)
def test_instants_of_every_spelling_are_read(style: TimeStyle) -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.write_times(style)
        async with watching(stage.broker) as watch:
            assert len(known(watch)) == len(truth(stage.service))
            assert all(each.execution.at.utcoffset() is not None for each in watch.fills)

    play(scene)


@pytest.mark.parametrize("fault", ["sentinel_pnl", "nan_pnl"])
def test_figures_that_are_none_are_told_as_none(fault: str) -> None:
    async def scene(stage: Scene) -> None:
        getattr(stage.service.faults, fault)()
        async with watching(stage.broker) as watch:
            await watch.until(lambda: len(watch.of(PositionPnl)) > 3)
            told = watch.of(PositionPnl)[-1]
            assert (told.daily, told.unrealized, told.realized) == (None, None, None)
            stage.service.faults.heal()
            await watch.until(lambda: watch.of(PositionPnl)[-1].unrealized is not None)

    play(scene)


@pytest.mark.parametrize("fault", ["unknown_message", "short_frame", "word_for_number"])
def test_a_message_nobody_can_read_costs_nothing_else(fault: str) -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            getattr(stage.service.faults, fault)()
            await sent(stage.broker, await ticket_for(stage.broker), "later")
            await watch.until(lambda: agrees(watch, stage))
            assert LinkState.DOWN not in watch.links

    play(scene)


def test_a_byte_at_a_time_and_a_burst_are_the_same_to_us() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            stage.service.faults.big_bursts()
            await sent(stage.broker, await ticket_for(stage.broker), "burst")
            await watch.until(lambda: agrees(watch, stage))

    play(scene)


def test_a_broker_still_lost_after_the_line_was_opened_again_is_told_once_more() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            stage.service.faults.broker_lost()
            await watch.until(lambda: watch.links.count(LinkState.BROKER_LOST) == 1, seconds=20)
            stage.service.faults.drop_mid_message()
            await watch.until(lambda: watch.links.count(LinkState.BROKER_LOST) == 2, seconds=20)
            stage.service.faults.broker_back()
            await watch.until(lambda: watch.is_up, seconds=20)

    play(scene)


def test_farms_that_go_and_come_back_are_told_and_routine_is_not() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            assert not {LinkState.FARM_LOST, LinkState.FARM_OK} & set(watch.links)
            stage.service.faults.farms(lost=True)
            await watch.until(lambda: LinkState.FARM_LOST in watch.links)
            stage.service.faults.farms(lost=False)
            await watch.until(lambda: LinkState.FARM_OK in watch.links)
            assert watch.is_up

    play(scene)


def test_the_brokers_clock_is_compared_with_ours() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            await watch.until(lambda: any(each.skew is not None for each in watch.of(LinkNews)))
            (skew,) = [each.skew for each in watch.of(LinkNews) if each.skew is not None]
            assert abs(skew.total_seconds()) < 1.5

    play(scene)


def test_a_storm_of_figures_is_told_as_the_newest_of_each_and_loses_no_print() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            stage.service.faults.storm(20_000)
            await sent(stage.broker, await ticket_for(stage.broker), "in the storm")
            await asyncio.sleep(0.5)
            stage.service.faults.storm(0)
            await watch.until(lambda: agrees(watch, stage))
            assert watch.is_up

    play(scene)


def test_a_taken_client_id_is_named_with_a_free_one_at_first() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.stream is not None
        stage.service.faults.refuse_client_id(1)
        watch = Watch(stage.broker.stream)
        reading = asyncio.create_task(watch.read())  # noqa: TID251
        await watch.until(lambda: bool(watch.of(StreamDown)))
        assert "Client id 1 is already in use" in watch.of(StreamDown)[0].reason
        stage.service.faults.heal()
        await watch.until(lambda: watch.is_up)
        reading.cancel()
        await asyncio.wait((reading,))

    play(scene)


def test_an_order_cancelled_at_tws_itself_is_told() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch, at_other(stage) as other:
            ticket = await ticket_for(other)
            ticket = replace(ticket, order_type=OrderType.LIMIT, limit=Decimal(100))
            answer = await sent(other, ticket, "foreign")
            assert isinstance(answer, Placed) and other.trading is not None
            await watch.until(lambda: "foreign" in {each.ref for news in watch.of(OrderNews) for each in news.orders})
            await other.trading.cancel(answer.orders[0])
            await watch.until(lambda: any(
                each.ref == "foreign" and each.state is OrderState.CANCELLED
                for news in watch.of(OrderNews) for each in news.orders))

    play(scene)



def test_without_the_order_connection_figures_go_on_and_it_comes_when_it_can() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.refuse_client_id(2)
        async with watching(stage.broker) as watch:
            await watch.until(lambda: any("Client id 2" in each.reason for each in watch.of(LinkNews)))
            await watch.until(lambda: bool(watch.of(PositionPnl)))
            assert LinkState.DOWN not in watch.links
            stage.service.faults.heal()
            await sent(stage.broker, await ticket_for(stage.broker), "at last")
            await watch.until(lambda: agrees(watch, stage))
            stage.service.faults.half_open(client_id=2, keeps=0.6)
            await watch.until(lambda: LinkState.DOWN in watch.links)
            await watch.until(lambda: watch.is_up)

    play(scene)


def test_a_new_position_is_followed_and_a_gone_one_given_up() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            ticket = await ticket_for(stage.broker, "NVDA")
            conid = ticket.legs[0].instrument.conid
            held = {each.instrument.conid: each.quantity for each in (await stage.broker.snapshot(MAIN)).positions}
            await sent(stage.broker, ticket, "new")
            await watch.until(lambda: (last := watch.last_pnl(conid)) is not None
                              and last.quantity == held.get(conid, 0) + 2)

    play(scene)


def test_a_new_reader_is_told_everything_again() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            await watch.until(lambda: agrees(watch, stage))
        async with watching(stage.broker) as again:
            await again.until(lambda: agrees(again, stage))
            assert {each.key for each in again.of(PositionMoved)} == {each.key for each in watch.of(PositionMoved)}

    play(scene)


def test_closing_the_broker_ends_the_reading() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.stream is not None
        watch = Watch(stage.broker.stream)
        reading = asyncio.create_task(watch.read())  # noqa: TID251 - ends here
        await watch.until(lambda: watch.is_up)
        await stage.broker.close()
        async with asyncio.timeout(20):
            await reading

    play(scene)


def test_a_lost_broker_without_a_reader_does_not_block_orders_for_ever() -> None:
    async def scene(stage: Scene) -> None:
        await stage.broker.accounts()
        ticket = await ticket_for(stage.broker)
        stage.service.faults.broker_lost()
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable):
            await sent(stage.broker, ticket, "not now")
        stage.service.faults.broker_back()
        await asyncio.sleep(0.1)
        assert isinstance(await sent(stage.broker, ticket, "now"), Placed)

    play(scene)


def test_attempts_come_after_ever_longer_rests_up_to_the_longest() -> None:
    async def run() -> None:
        came: list[float] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.append(asyncio.get_running_loop().time())

        async with raw(talk) as port:
            place = TwsPlace(port=port, reconnect_min=0.1, reconnect_max=0.4)
            broker = TwsBroker(place, clock=lambda: LUNCH, timings=QUICK, jitter=lambda: 0.5)
            watch = Watch(broker.stream)  # type: ignore[arg-type]
            reading = asyncio.create_task(watch.read())  # noqa: TID251 - ends here
            await watch.until(lambda: len(came) >= 5)
            reading.cancel()
            await asyncio.wait((reading,))
            await broker.close()
        rests = [later - earlier for earlier, later in itertools.pairwise(came)]
        assert all(rest >= wanted for rest, wanted in zip(rests, (0.1, 0.2, 0.4, 0.4), strict=False))
        assert rests[3] < 0.8
        assert watch.of(StreamDown)[0].reason.startswith("127.0.0.1:")

    asyncio.run(run())


def test_who_asks_for_something_and_finds_tws_back_wakes_the_reader() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            await stage.service.kill()
            await watch.until(lambda: LinkState.DOWN in watch.links)
            await asyncio.sleep(0.05)
            await stage.service.start()
            await stage.broker.accounts()
            await watch.until(lambda: watch.is_up, seconds=2)

    play(scene, reconnect_min=30.0, reconnect_max=60.0)


def test_a_line_that_held_lets_the_rests_begin_anew() -> None:
    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            for number in range(1, 8):
                await stage.service.kill()
                await watch.until(lambda number=number: watch.links.count(LinkState.DOWN) >= number)
                await stage.service.start()
                await watch.until(lambda: watch.is_up, seconds=1.5)

    play(scene, timings=replace(QUICK, stable_after=0.0), reconnect_min=0.05, reconnect_max=10.0)


def test_prints_of_others_are_asked_for_where_a_position_moved_and_nobody_told_why() -> None:
    """TWS tells a client that is not its master of nobody else's prints."""

    async def scene(stage: Scene) -> None:
        async with watching(stage.broker) as watch:
            before = len(known(watch))
            trade(stage, "AAPL", 10, "elsewhere")
            await watch.until(lambda: len(known(watch)) > before and agrees(watch, stage))

    play(scene, master=None)
