"""Option chains are asked for around the money first, in few requests, and the person's choice drops what is behind."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.chains import Chain, Expiry
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Right
from ibdesk.domain.occ import OptionName, parse_option
from ibdesk.services.chains import REST, REST_AT_A_TIME, Chains, Underlying
from tests.services.workshop import Workshop, beside, eventually, workshop

SPY, AAPL, NESN, ES = Conid(756733), Conid(265598), Conid(12107812), Conid(11004968)
DECEMBER, JANUARY = date(2026, 12, 18), date(2027, 1, 15)
PATHS = {"secdef/search": "search", "secdef/strikes": "strikes", "secdef/info": "contracts", "snapshot": "quotes",
         "trsrv/secdef": "definitions", "iserver/accounts": "accounts"}


def on(test: Callable[[Workshop, Chains], Coroutine[Any, Any, None]], folder: Path) -> None:
    async def run() -> None:
        async with workshop(folder) as shop:
            shop.dial.instant = shop.gateway.clock.now()
            await shop.session.refresh()
            assert shop.broker.market is not None
            await test(shop, Chains(shop.broker.market, session=shop.session, clock=shop.dial, wait=at_once))

    asyncio.run(run())


async def at_once(_seconds: float, _woken: asyncio.Event) -> None:
    """Time that passes by itself."""
    await asyncio.sleep(0)


def asked_since(shop: Workshop, since: int) -> list[str]:
    """What the gateway was asked for, in order."""
    paths = [path for _, path in shop.gateway.calls[since:]]
    return [name for path in paths for part, name in PATHS.items() if part in path]


async def steps_of(
    chains: Chains, underlying: Underlying, expiry: Expiry, *, until: int = 99, **more: Any
) -> list[Chain]:
    found = []
    async with aclosing(chains.follow(underlying, expiry, **more)) as steps:
        async for chain in steps:
            found.append(chain)
            if len(found) == until:
                break
    return found


def test_an_underlying_opens_with_its_price_its_months_and_the_expiry_people_mean(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        assert spy.instrument.symbol == "SPY" and spy.quote is not None and spy.months == tuple(sorted(spy.months))
        found, first = await chains.first(spy)
        assert first == Expiry(day=DECEMBER, trading_class="SPY") and first in found
        assert chains.spot(spy) == spy.quote.last

    on(test, tmp_path)


def test_an_option_opens_what_it_is_on(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        _, first = await chains.first(spy)
        assert first is not None
        chain = (await steps_of(chains, spy, first, until=1))[0]
        assert (await chains.open(chain.instruments[0].conid)).conid == SPY

    on(test, tmp_path)


def test_seventeen_strikes_around_the_money_come_first_and_with_prices(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        _, first = await chains.first(spy)
        assert first is not None
        listed, priced = await steps_of(chains, spy, first, until=2)
        spot = chains.spot(spy)
        assert spot is not None
        strikes = [row.strike for row in priced.rows]
        assert len(strikes) == 17 and strikes == sorted(strikes)
        assert sum(strike < spot for strike in strikes) in (8, 9)
        assert all(row.call is not None and row.put is not None for row in priced.rows)
        assert not listed.is_priced and priced.is_priced and not priced.is_whole
        assert {quote.conid for quote in priced.quotes} == {each.conid for each in priced.instruments}
        assert all(quote.bid is not None and quote.ask is not None for quote in priced.quotes)

    on(test, tmp_path)


def test_a_cold_expiry_asks_for_strikes_once_each_band_strike_once_and_then_for_prices(tmp_path: Path) -> None:
    async def test(shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        found, first = await chains.first(spy)
        january = next(month for month in spy.months if month > DECEMBER)
        later = await chains.expiries(spy, january)
        since = len(shop.gateway.calls)
        await steps_of(chains, spy, later[-1], until=2)
        asked = asked_since(shop, since)
        # The probe of the month has told one strike already; the first snapshot only opens the prices' streams.
        assert asked[:16] == ["contracts"] * 16 and set(asked[16:]) == {"quotes"} and len(asked) <= 18
        assert first in found

    on(test, tmp_path)


def test_the_first_look_at_an_underlying_keeps_the_order_the_broker_insists_on(tmp_path: Path) -> None:
    async def test(shop: Workshop, chains: Chains) -> None:
        since = len(shop.gateway.calls)
        spy = await chains.open(SPY)
        _, first = await chains.first(spy)
        assert first is not None
        await steps_of(chains, spy, first, until=2)
        asked = asked_since(shop, since)
        assert asked.index("search") < asked.index("strikes") < asked.index("contracts")
        ever = asked_since(shop, 0)
        assert ever.index("accounts") < ever.index("quotes")
        assert asked.count("search") == 1 and asked.count("strikes") == 1 and asked.count("contracts") == 17

    on(test, tmp_path)


def test_an_expiry_seen_before_asks_for_prices_alone(tmp_path: Path) -> None:
    async def test(shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        _, first = await chains.first(spy)
        assert first is not None
        await steps_of(chains, spy, first, until=2)
        since = len(shop.gateway.calls)
        await steps_of(chains, spy, first, until=2)
        assert asked_since(shop, since) == ["quotes"]

    on(test, tmp_path)


def test_the_rest_comes_a_few_strikes_at_a_time_until_the_expiry_is_whole(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        _, first = await chains.first(spy)
        assert first is not None
        steps = await steps_of(chains, spy, first)
        counts = [len(step.rows) for step in steps]
        assert counts == sorted(counts) and steps[-1].is_whole and counts[-1] > 60
        assert max(after - before for before, after in pairwise(counts)) <= REST_AT_A_TIME
        whole = steps[-1].rows
        assert len({row.strike for row in whole}) == len(whole)

    on(test, tmp_path)


def test_what_nobody_waits_for_takes_half_of_the_budget(tmp_path: Path) -> None:
    waited: list[float] = []

    async def wait(seconds: float, _woken: asyncio.Event) -> None:
        waited.append(seconds)

    async def test(shop: Workshop, _chains: Chains) -> None:
        assert shop.broker.market is not None
        chains = Chains(shop.broker.market, session=shop.session, clock=shop.dial, wait=wait)
        spy = await chains.open(SPY)
        _, first = await chains.first(spy)
        assert first is not None
        await steps_of(chains, spy, first, until=2)
        assert waited == []
        steps = await steps_of(chains, spy, first)
        assert len(waited) == len(steps) - 2 and set(waited) == {REST}
        assert REST_AT_A_TIME / REST <= 10 / 2

    on(test, tmp_path)


def test_choosing_another_expiry_drops_what_was_asked_for_the_one_before(tmp_path: Path) -> None:
    async def test(shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        found, first = await chains.first(spy)
        assert first is not None
        seen: list[Chain] = []

        async def follow(expiry: Expiry) -> None:
            async with aclosing(chains.follow(spy, expiry)) as steps:
                async for chain in steps:
                    seen.append(chain)

        before = beside(follow(first))
        await eventually(lambda: len(seen) > 2)
        other = beside(follow(found[0]))
        await eventually(before.done)
        assert before.cancelled()
        await other
        assert seen[-1].expiry == found[0] and seen[-1].is_whole

    on(test, tmp_path)


def test_a_strike_the_day_does_not_list_makes_room_for_the_next(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        apple = await chains.open(AAPL)
        expiries = await chains.expiries(apple, JANUARY.replace(day=1))
        adjusted = next(each for each in expiries if each.is_nonstandard)
        priced = (await steps_of(chains, apple, adjusted, band=1, until=2))[1]
        assert adjusted.trading_class == "AAPL1" and len(priced.rows) == 3
        assert {each.trading_class for each in priced.instruments} == {"AAPL1"}

    on(test, tmp_path)


def test_what_has_no_options_says_so_by_having_no_months(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        nestle = await chains.open(NESN)
        assert nestle.months == () and nestle.quote is None
        assert await chains.first(nestle) == ((), None)

    on(test, tmp_path)


def test_options_on_futures_follow_their_future(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        index = await chains.open(ES)
        _, first = await chains.first(index)
        assert first is not None
        priced = (await steps_of(chains, index, first, band=2, until=2))[1]
        on_future = priced.underlying_conid
        assert on_future is not None and on_future != ES
        assert all(each.asset_class is AssetClass.FUTURE_OPTION for each in priced.instruments)
        assert chains.spot(index, on_future) not in (None, chains.spot(index))
        assert (await chains.instrument(on_future)).asset_class is AssetClass.FUTURE
        one = next(each for each in priced.instruments if each.option is not None)
        assert one.option is not None
        found_under, found = await chains.option(OptionName(root=one.symbol, terms=one.option))
        assert (found_under.conid, found.option) == (index.conid, one.option)

    on(test, tmp_path)


def test_an_option_is_found_by_the_text_a_trader_writes(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        underlying, put = await chains.option(parse_option("SPY 261218P570"))
        assert underlying.conid == SPY and put.option is not None
        assert (put.option.right, put.option.strike, put.option.expiry) == (Right.PUT, Decimal(570), DECEMBER)
        _, adjusted = await chains.option(parse_option("AAPL1 270115C280"))
        assert adjusted.trading_class == "AAPL1"
        with pytest.raises(Refused) as none:
            await chains.option(parse_option("SPY 261219P570"))
        assert none.value.cause is Cause.NOTHING_FOUND and "SPY Dec19'26 570 P" in none.value.message

    on(test, tmp_path)


def test_a_second_expiry_gives_the_strikes_nearest_to_the_first(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        january = next(month for month in spy.months if month > DECEMBER)
        later = (await chains.expiries(spy, january))[-1]
        found = await chains.near(spy, later, Decimal(600), 3)
        assert sorted({each.option.strike for each in found if each.option is not None}) == [599, 600, 601]
        assert {each.option.expiry for each in found if each.option is not None} == {later.day}

    on(test, tmp_path)


def test_a_lost_session_is_said_instead_of_asked(tmp_path: Path) -> None:
    async def test(shop: Workshop, chains: Chains) -> None:
        spy = await chains.open(SPY)
        shop.gateway.expire_session()
        await shop.session.refresh()
        since = len(shop.gateway.calls)
        for ask in (chains.open(SPY), chains.find("SPY"), chains.quotes((SPY,)),
                    chains.expiries(spy, spy.months[0])):
            with pytest.raises(NeedsPerson):
                await ask
        assert len(shop.gateway.calls) == since

    on(test, tmp_path)


def test_an_unknown_contract_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async def test(_shop: Workshop, chains: Chains) -> None:
        with pytest.raises(Refused) as none:
            await chains.open(Conid(1))
        assert none.value.cause is Cause.NOTHING_FOUND

    on(test, tmp_path)
