"""Contracts and prices over the socket, where the demo's TWS has something special to say."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from ibdesk.brokers.tws.chains import TwsChains
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import BarSize, Delay, Span
from tests.brokers.door import LUNCH
from tests.brokers.tws.door import MAIN, Scene, at_tws, watching


def play(scene: Callable[[Scene], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        async with at_tws(**options) as stage:  # type: ignore[arg-type]
            await scene(stage)

    asyncio.run(run())


def test_what_is_held_can_be_priced_whatever_class_it_is() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.market is not None
        held = [each.instrument for each in (await stage.broker.snapshot(MAIN)).positions]
        quotes = await stage.broker.market.quotes([each.conid for each in held])
        assert {each.conid for each in quotes} == {each.conid for each in held}
        assert [each.conid for each in quotes] == [each.conid for each in held], "in the order asked"

    play(scene)


def test_a_line_is_closed_when_its_price_is_told() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.market is not None
        conid = (await stage.broker.market.find("AAPL"))[0].conid
        await stage.broker.market.quotes([conid])
        await asyncio.sleep(0.05)
        (client,) = stage.service.clients
        assert client.quotes == {}

    play(scene)


def test_a_watched_price_is_not_asked_for_again() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.market is not None and stage.broker.stream is not None
        conid = (await stage.broker.market.find("AAPL"))[0].conid
        await stage.broker.stream.watch([conid])
        async with watching(stage.broker) as watch:
            await watch.until(lambda: any(getattr(each, "bid", None) for each in watch.told))
            lines = {number for client in stage.service.clients for number in client.quotes}
            (quote,) = await stage.broker.market.quotes([conid])
            assert quote.bid is not None
            assert {number for client in stage.service.clients for number in client.quotes} == lines
            await stage.broker.stream.watch([])
            await watch.until(lambda: not any(client.quotes for client in stage.service.clients))

    play(scene)


def test_delayed_prices_are_marked_so() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.market is not None and stage.broker.stream is not None
        stage.service.faults.delayed()
        conid = (await stage.broker.market.find("AAPL"))[0].conid
        await stage.broker.stream.watch([conid])
        async with watching(stage.broker) as watch:
            await watch.until(lambda: any(getattr(each, "delay", None) is Delay.DELAYED for each in watch.told))

    play(scene)


def test_an_instrument_nobody_knows_is_refused_or_left_out() -> None:
    async def scene(stage: Scene) -> None:
        market = stage.broker.market
        assert market is not None
        unknown = Conid(123)
        with pytest.raises(Refused) as caught:
            await market.details(unknown)
        assert caught.value.cause is Cause.NOTHING_FOUND
        assert await market.instruments([unknown]) == ()
        assert await market.quotes([unknown]) == ()
        assert await market.chain_contracts((await market.find("AAPL"))[0].conid, LUNCH.date(), Decimal(1)) == ()
        assert dict(await market.dividends([unknown])) == {}

    play(scene)


def test_a_fund_is_told_from_a_stock_and_hours_from_history() -> None:
    async def scene(stage: Scene) -> None:
        market = stage.broker.market
        assert market is not None
        spy = (await market.find("SPY"))[0].conid
        assert (await market.details(spy)).asset_class is AssetClass.ETF
        assert (await market.hours(spy)).is_open(LUNCH)
        assert await market.hours(spy) == await market.hours(spy)
        for span, bar in ((Span.DAY, BarSize.MINUTE_5), (Span.WEEK, BarSize.HOUR), (Span.YEAR, BarSize.DAY)):
            bars = await market.history(spy, span, bar)
            assert len(bars) > 5 and bars[-1].at <= LUNCH

    play(scene)


def test_options_on_futures_have_a_chain_too() -> None:
    async def scene(stage: Scene) -> None:
        market = stage.broker.market
        assert market is not None
        held = [each.instrument for each in (await stage.broker.snapshot(MAIN)).positions]
        future = next(each for each in held if each.asset_class is AssetClass.FUTURE)
        months = await market.chain_months(future.conid)
        if not months:
            pytest.skip("the demo lists no options on its future")
        strikes = await market.chain_strikes(future.conid, months[0])
        found = await market.chain_contracts(future.conid, months[0], strikes[len(strikes) // 2])
        assert {each.asset_class for each in found} == {AssetClass.FUTURE_OPTION}

    play(scene)


def test_a_chain_is_asked_for_once_a_day() -> None:
    async def scene(stage: Scene) -> None:
        contracts = Contracts(stage.broker._main.ready)
        chains = TwsChains(stage.broker._main.ready, contracts, lambda: LUNCH)
        assert stage.broker.market is not None
        spy = (await stage.broker.market.find("SPY"))[0].conid
        month = (await chains.months(spy))[1]
        strike = (await chains.strikes(spy, month))[3]
        first = await chains.contracts(spy, month, strike)
        await stage.service.kill()
        assert await chains.contracts(spy, month, strike) == first
        assert strike in await chains.strikes(spy, month)

    play(scene)
