"""Pictures of accounts over the socket, and that they agree with those of the Portal."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.brokers.tws.exercising import TwsExercising
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.positions import Freshness, Source
from tests.brokers.door import LUNCH, connected
from tests.brokers.tws.door import MAIN, SECOND, Scene, at_tws, sent, ticket_for, watching


def play(scene: Callable[[Scene], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        async with at_tws(**options) as stage:  # type: ignore[arg-type]
            await scene(stage)

    asyncio.run(run())


def test_the_sockets_picture_and_the_portals_are_one() -> None:
    async def scene(stage: Scene) -> None:
        async with connected(stage.gateway.url, stage.gateway.certificate_sha256) as desk:
            for account in (MAIN, SECOND):
                ours, theirs = await stage.broker.snapshot(account), await desk.broker.snapshot(account)
                assert ours.source is Source.TWS and theirs.source is Source.PORTAL
                mine = {each.instrument.conid: each for each in ours.positions}
                portals = {each.instrument.conid: each for each in theirs.positions}
                assert mine.keys() == portals.keys()
                for conid, held in mine.items():
                    other = portals[conid]
                    assert (held.quantity, held.instrument.currency, held.instrument.asset_class) == (
                        other.quantity, other.instrument.currency, other.instrument.asset_class), held.instrument.label
                    assert held.instrument.multiplier == other.instrument.multiplier, held.instrument.label
                    assert held.market_value is not None and other.market_value is not None
                    assert abs(held.market_value - other.market_value) <= Decimal("0.01"), held.instrument.label
                    assert held.unrealized is not None and other.unrealized is not None
                    assert abs(held.unrealized - other.unrealized) <= Decimal("0.01"), held.instrument.label
                assert ours.summary.net_liquidation == theirs.summary.net_liquidation
                assert {line.currency: line.cash for line in ours.ledger} == {
                    line.currency: line.cash for line in theirs.ledger}

    play(scene)


def test_an_order_over_the_socket_is_seen_over_the_portal_and_the_other_way_round() -> None:
    async def scene(stage: Scene) -> None:
        async with connected(stage.gateway.url, stage.gateway.certificate_sha256) as desk:
            assert desk.broker.book is not None and stage.broker.book is not None
            ticket = dataclasses.replace(await ticket_for(stage.broker), limit=None)
            await sent(stage.broker, ticket, "socket")
            seen = {each.ref: each for each in await desk.broker.book.orders(MAIN)}
            assert "socket" in seen
            mine = {each.ref: each for each in await stage.broker.book.orders(MAIN)}
            assert mine["socket"].filled == seen["socket"].filled == ticket.quantity

    play(scene)


def test_pictures_of_both_accounts_at_once_do_not_mix() -> None:
    async def scene(stage: Scene) -> None:
        alone = [await stage.broker.snapshot(account) for account in (MAIN, SECOND)]
        together = await asyncio.gather(*(stage.broker.snapshot(account) for account in (MAIN, SECOND)))
        for one, other in zip(alone, together, strict=True):
            assert {each.key for each in one.positions} == {each.key for each in other.positions}

    play(scene)


def test_ten_thousand_positions_come_at_once_and_without_their_details() -> None:
    async def scene(stage: Scene) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        picture = await stage.broker.snapshot(MAIN)
        assert len(picture.positions) > 10_000 and not picture.skipped
        assert loop.time() - began < 10
        for _ in range(2):  # TWS goes on sending until it is told to stop; what is on its way is not the next picture
            again = await stage.broker.snapshot(MAIN)
            assert again.positions == picture.positions and again.summary == picture.summary
            assert again.ledger == picture.ledger

    play(scene, extra_positions=10_000)


def test_a_position_in_a_strange_currency_or_class_is_told_as_it_is() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.strange_position(currency="ZZZ", sec_type="NEWSTYPE")
        picture = await stage.broker.snapshot(MAIN)
        assert picture.positions
        async with watching(stage.broker) as watch:
            assert watch.is_up

    play(scene)


def test_numbers_written_wide_or_not_at_all_are_read() -> None:
    async def scene(stage: Scene) -> None:
        plain = await stage.broker.snapshot(MAIN)
        stage.service.faults.wide_numbers()
        stage.service.faults.accents()
        wide = await stage.broker.snapshot(MAIN)
        assert {each.key: each.quantity for each in wide.positions} == {
            each.key: each.quantity for each in plain.positions}

    play(scene)


def test_what_it_is_and_what_it_has_not() -> None:
    async def scene(stage: Scene) -> None:
        broker = stage.broker
        assert (broker.name, broker.source, broker.freshness, broker.session) == (
            "TWS", Source.TWS, Freshness.STREAMED, None)
        assert await broker.equity_history(MAIN) == ()
        assert isinstance(broker.exercising, TwsExercising)

    play(scene)


def test_an_instruction_of_a_read_only_tws_is_refused() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.exercising is not None
        held = next(each for each in (await stage.broker.snapshot(MAIN)).positions
                    if each.instrument.option is not None and each.quantity > 0)
        stage.service.faults.read_only()
        wish = ExerciseOrder(account=MAIN, instrument=held.instrument, quantity=Decimal(1), at=LUNCH)
        with pytest.raises(Refused) as caught:
            await stage.broker.exercising.instruct(wish)
        assert caught.value.cause is Cause.READ_ONLY
        assert await stage.broker.exercising.instructions(MAIN) == ()

    play(scene)
