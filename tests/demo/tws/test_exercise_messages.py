"""Exercise and lapse over the socket: long options in the money, unless overridden; positions say what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal

from ibdesk.demo.catalogue import Listing
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.hours import session
from ibdesk.demo.tws.server import TwsService
from tests.demo.tws.door import MAIN, RawClient, open_tws, signed_on

Script = Callable[[DemoGateway, TwsService, RawClient], Awaitable[None]]
EXERCISE, LAPSE = 1, 2


def talk(script: Script) -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), signed_on(service) as client:
            await script(gateway, service, client)

    asyncio.run(main())


def held(gateway: DemoGateway, conid: int) -> Decimal:
    figures = gateway.account.figures(MAIN, gateway.clock.now())
    return next((one.quantity for one in figures.holdings if one.listing.conid == conid), Decimal(0))


def call(gateway: DemoGateway) -> Listing:
    """The long AAPL call of the book."""
    figures = gateway.account.figures(MAIN, gateway.clock.now())
    return next(one.listing for one in figures.holdings if one.listing.asset_class == "OPT" and one.quantity > 0)


def instruct(option: Listing, action: int, quantity: int, override: int = 0, account: str = MAIN) -> tuple[object, ...]:
    return (21, 2, 15, option.conid, *[""] * 10, action, quantity, account, override)


def test_exercised_calls_become_shares_at_the_strike() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        option = call(gateway)
        client.send(61, 1)
        await client.until("62")
        client.send(*instruct(option, EXERCISE, 2, 1))
        rows = [await client.next("61"), await client.next("61")]
        assert {(one[3], one[14]) for one in rows} == {(str(option.conid), "13"), ("265598", "620")}
        client.send(*instruct(option, EXERCISE, 3, 1))
        rows = [await client.next("61"), await client.next("61")]
        assert {(one[3], one[14]) for one in rows} == {(str(option.conid), "10"), ("265598", "920")}

    talk(script)


def test_instructions_against_the_natural_action_or_beyond_the_position_are_refused() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        option = call(gateway)
        gateway.clock.set(gateway.clock.now())
        market = gateway.account.market
        is_ahead = market.price(265598, gateway.clock.now()) > option.strike
        bad = [instruct(option, EXERCISE, 99, 1), instruct(option, EXERCISE, 1, 1, "U0"), instruct(option, LAPSE, 1, 1),
               instruct(option, 3, 1, 1), instruct(option, EXERCISE, 0, 1)]
        if not is_ahead:
            bad.append(instruct(option, EXERCISE, 1))
        for message in bad:
            client.send(*message)
            assert (await client.error())[:2] == ["15", "201"]
        client.send(21, 2, 15, 265598, *[""] * 10, EXERCISE, 1, MAIN, 0)
        assert (await client.error())[:2] == ["15", "200"]
        assert held(gateway, option.conid) == 15

    talk(script)


def test_an_option_told_to_lapse_is_not_exercised_on_its_last_day() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        option = call(gateway)
        assert option.expiry is not None
        close: datetime = session("XNYS", option.expiry)[1]
        gateway.clock.set(close - timedelta(hours=2))
        client.send(*instruct(option, LAPSE, 15, 1))
        assert not [one for one in await client.settle() if one[0] == "4"]
        before = held(gateway, 265598)
        gateway.clock.set(close + timedelta(hours=1))
        service.pulse()
        assert held(gateway, option.conid) == 0
        assert held(gateway, 265598) == before

    talk(script)
