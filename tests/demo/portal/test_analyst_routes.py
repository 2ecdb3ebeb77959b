"""The analyst's curve has a year and more, and ends where the account stands."""

import asyncio

import pytest

from ibdesk.demo.timings import DemoLimits
from tests.demo.door import MAIN, SECOND, open_demo


def test_a_year_of_values_ends_at_the_present_one() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            _, body = await door.post("pa/performance", {"acctIds": [MAIN], "period": "1Y"})
            summary = await door.ok(f"portfolio/{MAIN}/summary")
            nav = body["nav"]["data"][0]
            assert len(nav["navs"]) == len(body["nav"]["dates"]) > 245
            assert nav["navs"][-1] == summary["netliquidation"]["amount"]
            returns = body["cps"]["data"][0]["returns"]
            assert returns[-1] == pytest.approx(nav["navs"][-1] / nav["startNAV"]["val"] - 1, abs=1e-7)
            assert len(body["tpps"]["dates"]) in (12, 13)

    asyncio.run(main())


def test_all_periods_come_for_each_account() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            _, body = await door.post("pa/allperiods", {"acctIds": [MAIN, SECOND]})
            assert set(body[MAIN]["periods"]) == {"1D", "7D", "MTD", "1M", "YTD", "1Y"}
            assert len(body[MAIN]["1D"]["nav"]) == 1
            assert body[SECOND]["1Y"]["cps"]

    asyncio.run(main())


def test_transactions_show_the_purchase() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            request = {"acctIds": [MAIN], "conids": [265598], "currency": "USD", "days": 900}
            _, body = await door.post("pa/transactions", request)
            row = body["transactions"][0]
            assert (row["qty"], row["type"], row["pr"]) == (420.0, "Buy", 187.32)

    asyncio.run(main())


def test_the_analyst_is_asked_once_in_a_quarter_of_an_hour() -> None:
    async def main() -> None:
        async with open_demo(limits=DemoLimits()) as (_, door):
            request = {"acctIds": [MAIN], "period": "1M"}
            assert (await door.post("pa/performance", request))[0] == 200
            assert (await door.post("pa/performance", request))[0] == 429

    asyncio.run(main())
