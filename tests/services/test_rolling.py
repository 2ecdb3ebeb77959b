"""Rolling an option, on the demo's own chain."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from ibdesk.domain.errors import Refused
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderType, Side
from ibdesk.services.chains import Chains
from ibdesk.services.rolling import next_expiry, rolling_ticket
from tests.services.workshop import MAIN, Workshop, workshop


async def listed(shop: Workshop, chains: Chains) -> tuple[Instrument, ...]:
    """The calls at a strike near the money of the SPY's first two months, by expiry."""
    (match,) = [each for each in await chains.find("SPY") if each.symbol == "SPY"][:1]
    spy = await chains.open(match.conid)
    assert shop.broker.market is not None and spy.quote is not None and spy.quote.last is not None
    strikes = await shop.broker.market.chain_strikes(spy.conid, spy.months[0])
    last = spy.quote.last
    found: list[Instrument] = []
    for strike in sorted(strikes, key=lambda each: abs(each - last)):
        found = [
            each for month in spy.months[:2] for each in await chains.contracts(spy, month, strike)
            if each.option is not None and each.option.right == "C"
        ]  # fmt: skip
        if len({each.option.expiry.replace(day=1) for each in found if each.option is not None}) == 2:
            break
    return tuple(sorted(found, key=lambda each: each.option.expiry if each.option is not None else each))


def test_an_option_is_rolled_into_the_next_expiry_of_its_strike(tmp_path: Path) -> None:
    async def journey() -> None:
        async with workshop(tmp_path) as shop:
            assert shop.broker.market is not None
            await shop.session.refresh()
            chains = Chains(shop.broker.market, session=None, clock=shop.dial)
            calls = await listed(shop, chains)
            assert len(calls) > 2
            for now, after in pairwise(calls):
                assert (await next_expiry(chains, now)).conid == after.conid
            ticket = await rolling_ticket(chains, MAIN, Mode.DEMO, calls[0], Decimal(-3))
            assert [(leg.side, leg.instrument.conid) for leg in ticket.legs] == [
                (Side.BUY, calls[0].conid), (Side.SELL, calls[1].conid)]
            assert (ticket.quantity, ticket.order_type, ticket.limit) == (Decimal(3), OrderType.LIMIT, None)

    asyncio.run(journey())


def test_what_has_no_later_expiry_is_refused_with_the_way_out(tmp_path: Path) -> None:
    async def journey() -> None:
        async with workshop(tmp_path) as shop:
            assert shop.broker.market is not None
            await shop.session.refresh()
            chains = Chains(shop.broker.market, session=None, clock=shop.dial)
            first = (await listed(shop, chains))[0]
            assert first.option is not None
            unlisted = replace(first, option=replace(first.option, strike=Decimal("1.23")))
            with pytest.raises(Refused, match="no later expiry"):
                await next_expiry(chains, unlisted)
            with pytest.raises(Refused, match="no later expiry"):
                await next_expiry(chains, replace(first, option=None))

    asyncio.run(journey())
