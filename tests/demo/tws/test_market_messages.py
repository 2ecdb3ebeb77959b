"""Quotes and bars over the socket: what is told at first, what when it moves, and who is told nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.quotes import touch
from ibdesk.demo.tws.client import QuoteLine
from ibdesk.demo.tws.market_messages import TWINS, ticks
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.timings import TwsTimings
from tests.demo.door import LUNCH
from tests.demo.tws.door import RawClient, open_tws, signed_on

APPLE, VODAFONE, NESTLE = 265598, 157624713, 12107812
Script = Callable[[DemoGateway, TwsService, RawClient], Awaitable[None]]


def talk(script: Script) -> None:
    async def main() -> None:
        timings = replace(TwsTimings.quick(), quotes=0.0)
        async with open_tws(tws_timings=timings) as (gateway, service), signed_on(service) as client:
            await script(gateway, service, client)

    asyncio.run(main())


def quotes(conid: int, number: int = 5, generic: str = "", snapshot: int = 0) -> tuple[object, ...]:
    return (1, 11, number, conid, *[""] * 11, 0, generic, snapshot, 0, "")


def bars(
    conid: int, size: str, duration: str, *, end: str = "", kind: str = "TRADES", form: int = 1
) -> tuple[object, ...]:
    return (20, 6, conid, *[""] * 11, 0, end, size, duration, 1, kind, form, 0, "")


def test_a_snapshot_tells_everything_once() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*quotes(APPLE, snapshot=1))
        told = await client.until("57")
        shown = touch(gateway.account.market, gateway.account.market.catalogue[APPLE], LUNCH)
        prices = {one[3]: one[4:6] for one in told if one[0] == "1"}
        assert prices["1"] == [str(shown.bid), str(shown.bid_size)]
        assert prices["2"] == [str(shown.ask), str(shown.ask_size)]
        assert set(prices) == {"1", "2", "4", "6", "7", "9", "14"}
        assert told[0][0] == "81"
        assert told[1] == ["58", "1", "5", "1"]
        assert all(len(one) == 7 for one in told if one[0] == "1")
        assert not await client.settle()

    talk(script)


def test_only_what_changed_is_told_again() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(*quotes(APPLE))
        await client.settle()
        service.pulse()
        assert not await client.settle()
        gateway.clock.advance(timedelta(seconds=30))
        service.pulse()
        moved = {one[3] for one in await client.settle() if one[0] in ("1", "2", "46")}
        assert {"1", "8", "45"} <= moved
        assert "9" not in moved
        client.send(2, 2, 5)
        await client.settle()
        gateway.clock.advance(timedelta(seconds=30))
        service.pulse()
        assert not await client.settle()
        client.send(2, 2, 5)
        assert (await client.error())[:2] == ["5", "300"]

    talk(script)


def test_an_option_has_computed_figures_and_open_interest_where_wanted() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        held = next(one.listing for one in gateway.account.figures("DU7654321", LUNCH).holdings
                    if one.listing.asset_class == "OPT" and one.listing.right == "C")
        client.send(*quotes(held.conid, generic="101", snapshot=1))
        told = await client.until("57")
        rows = {one[2]: one for one in told if one[0] == "21"}
        assert set(rows) == {"10", "11", "12", "13"}
        assert all(len(one) == 12 and all(one) for one in rows.values())
        assert 0 < float(rows["13"][5]) < 1
        assert [one[3] for one in told if one[0] == "2" and one[3] in ("27", "28")] == ["27"]

    talk(script)


def test_what_is_not_subscribed_is_354_and_what_is_delayed_has_other_tick_types() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*quotes(NESTLE))
        assert (await client.error())[:2] == ["5", "354"]
        client.send(*quotes(VODAFONE))
        assert (await client.error())[:2] == ["5", "10168"]
        client.send(59, 1, 3)
        client.send(*quotes(VODAFONE))
        assert (await client.error())[:2] == ["5", "10167"]
        assert (await client.next("58"))[3] == "3"
        assert (await client.next("1"))[3] == "66"

    talk(script)


def test_unknown_and_ambiguous_contracts_are_200() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*quotes(1))
        assert (await client.error())[:2] == ["5", "200"]
        client.send(1, 11, 5, 0, "AAPL", "OPT", *[""] * 9, 0, "", 0, 0, "")
        assert (await client.error())[:2] == ["5", "200"]

    talk(script)


def test_every_tick_type_has_a_delayed_twin_or_needs_none() -> None:
    async def script(gateway: DemoGateway, service: TwsService, _client: RawClient) -> None:
        line = QuoteLine(listing=gateway.account.market.catalogue[APPLE], generic=frozenset())
        assert {kind for kind, _ in ticks(service.floor, line, LUNCH)} <= set(TWINS)

    talk(script)


@pytest.mark.parametrize(("size", "duration", "count", "first"), [
    ("1 hour", "1 D", 4, "20261118 09:30:00 America/New_York"), ("1 day", "5 D", 5, "20261112"),
    ("1 week", "1 M", 5, "20261019"), ("5 mins", "3600 S", 13, "20261118 11:45:00 America/New_York"),
    ("1 month", "1 Y", 13, "20251118"),
])
def test_bars_are_as_long_and_reach_as_far_as_asked(size: str, duration: str, count: int, first: str) -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*bars(APPLE, size, duration))
        row = await client.next("17")
        assert row[1] == "6"
        assert int(row[4]) == count == (len(row) - 5) // 8
        assert row[5] == first
        assert row[-4] == format(gateway.account.market.price(APPLE, LUNCH).normalize(), "f")

    talk(script)


def test_bars_may_be_dated_in_seconds_and_end_in_the_past() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*bars(APPLE, "1 hour", "1 D", end="20261117-18:00:00", form=2))
        row = await client.next("17")
        assert int(row[5]) == 1794925800
        assert row[3] == "20261117 13:00:00 America/New_York"

    talk(script)


@pytest.mark.parametrize(("size", "duration", "kind"), [
    ("7 mins", "1 D", "TRADES"), ("1 day", "1 Q", "TRADES"), ("1 day", "", "TRADES"), ("1 day", "1 D", "TEA_LEAVES"),
])
def test_bars_that_make_no_sense_are_321(size: str, duration: str, kind: str) -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*bars(APPLE, size, duration, kind=kind))
        assert (await client.error())[:2] == ["6", "321"]

    talk(script)


def test_where_there_are_no_bars_it_is_162() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*bars(APPLE, "1 day", "1 W", end="20190114 12:00:00"))
        assert (await client.error())[:2] == ["6", "162"]

    talk(script)
