"""Fields say what is known, how late it is, and nothing that is not subscribed."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.models import black
from tests.demo.door import LUNCH, Door, open_demo

VOD, NESN, SPY = 157624713, 12107812, 756733
FIELDS = "31,55,84,86,85,88,82,87,7308,7309,7310,7311,7633,7638,7762"


async def quotes(door: Door, *conids: int) -> list[dict[str, Any]]:
    query = f"iserver/marketdata/snapshot?conids={','.join(map(str, conids))}&fields={FIELDS}"
    await door.ok("iserver/accounts")
    await door.ok(query)
    rows: list[dict[str, Any]] = await door.ok(query)
    return rows


def test_delayed_data_are_a_quarter_of_an_hour_old_and_marked() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.clock.set(LUNCH - timedelta(hours=2))
            (row,) = await quotes(door, VOD)
            market = gateway.account.market
            assert row["6509"].startswith("D")
            assert row["31"] == str(market.price(VOD, gateway.clock.now() - timedelta(minutes=15)))
            assert row["_updated"] == (LUNCH.timestamp() - 2 * 3600 - 15 * 60) * 1000

    asyncio.run(main())


def test_without_a_subscription_there_is_a_name_and_no_price() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            (row,) = await quotes(door, NESN)
            assert (row["6509"], row["55"]) == ("N", "NESN")
            assert not {"31", "84", "86", "85", "82", "87", "7762"} & set(row)

    asyncio.run(main())


def test_an_options_price_volatility_and_greeks_hang_together() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            market = gateway.account.market
            expiry = date(2026, 12, 18)
            calls = [market.catalogue.option(SPY, expiry, "C", Decimal(one)) for one in (590, 600, 610)]
            under, *rows = await quotes(door, SPY, *(one.conid for one in calls))
            spot, years = float(under["31"]), (expiry - date(2026, 11, 18)).days / 365.25
            for option, row in zip(calls, rows, strict=True):
                middle = (float(row["84"]) + float(row["86"])) / 2
                volatility = float(row["7633"].rstrip("%")) / 100
                forward = spot * 2.718281828 ** (0.029 * years)
                assert abs(black("C", forward, float(option.strike), years, volatility, 0.042) - middle) < 0.12
                assert 0 < float(row["7308"]) < 1
                assert int(row["7638"]) > 0 < int(row["7762"])
            deltas = [float(row["7308"]) for row in rows]
            assert deltas == sorted(deltas, reverse=True)

    asyncio.run(main())


def test_an_option_known_from_an_earlier_run_is_quoted_without_a_search() -> None:
    async def main() -> None:
        known = Catalogue(date(2026, 11, 18)).option(SPY, date(2026, 12, 18), "C", Decimal(603)).conid
        async with open_demo() as (_, door):
            (row,) = await quotes(door, known)
            assert Decimal(row["84"]) < Decimal(row["86"])
            assert (await door.ok(f"iserver/contract/{known}/info"))["maturity_date"] == "20261218"
            assert await quotes(door, 888_888_888) == []

    asyncio.run(main())
