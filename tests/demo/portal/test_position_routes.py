"""Position pages: two stages, a hundred rows, a stale cache and a fresh twin."""

import asyncio
import time

from ibdesk.demo.timings import DemoTimings
from tests.demo.door import LUNCH, MAIN, open_demo, still_clock


def test_the_first_answer_has_only_half_of_each_row() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            first = await door.ok(f"portfolio/{MAIN}/positions/0")
            second = await door.ok(f"portfolio/{MAIN}/positions/0")
            option = next(number for number, row in enumerate(first) if row["assetClass"] == "OPT")
            assert (first[option]["strike"], first[option]["multiplier"]) == (0.0, None)
            assert "ticker" not in first[option]
            assert (second[option]["strike"], second[option]["multiplier"]) == ("600", 100.0)
            assert second[option]["undSym"] == "SPY"
            assert second[option]["avgCost"] == round(second[option]["avgPrice"] * 100, 6)

    asyncio.run(main())


def test_pages_end_with_an_empty_one() -> None:
    async def main() -> None:
        async with open_demo(extra_positions=210) as (_, door):
            sizes = [len(await door.ok(f"portfolio/{MAIN}/positions/{page}")) for page in range(4)]
            assert sizes == [100, 100, 32, 0]

    asyncio.run(main())


def test_pages_are_stale_until_they_are_invalidated_and_portfolio2_is_fresh() -> None:
    async def main() -> None:
        timings = DemoTimings(position_cache=60.0)
        async with open_demo(timings=timings) as (gateway, door):
            before = await door.ok(f"portfolio/{MAIN}/positions/0")
            gateway.clock.set(LUNCH.replace(hour=18, minute=30))
            fresh = {row["conid"]: row for row in await door.ok(f"portfolio2/{MAIN}/positions")}
            stale = await door.ok(f"portfolio/{MAIN}/positions/0")
            assert stale[0]["mktPrice"] == before[0]["mktPrice"] != fresh["265598"]["marketPrice"]
            assert await door.post(f"portfolio/{MAIN}/positions/invalidate") == (200, {"message": "success"})
            renewed = await door.ok(f"portfolio/{MAIN}/positions/0")
            assert renewed[0]["mktPrice"] == fresh["265598"]["marketPrice"]

    asyncio.run(main())


def test_the_row_closed_today_is_still_there() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            rows = await door.ok(f"portfolio/{MAIN}/positions/0")
            closed = [row for row in rows if row["position"] == 0]
            assert [row["contractDesc"] for row in closed] == ["TSLA"]
            assert closed[0]["realizedPnl"] != 0

    asyncio.run(main())


def test_a_future_reports_its_notional_and_a_bond_its_percent_of_par() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok(f"portfolio/{MAIN}/positions/0")
            rows = {row["assetClass"]: row for row in await door.ok(f"portfolio/{MAIN}/positions/0")}
            future, bond = rows["FUT"], rows["BOND"]
            assert future["mktValue"] == future["mktPrice"] * future["position"] * future["multiplier"]
            assert bond["mktValue"] == bond["mktPrice"] * bond["position"] * 10
            assert rows["CFD"]["undConid"] == 4391
            assert rows["CRYPTO"]["position"] == 0.75

    asyncio.run(main())


def test_one_contract_is_found_in_one_account_or_in_all() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert len(await door.ok(f"portfolio/{MAIN}/position/265598")) == 1
            assert len(await door.ok("portfolio/positions/265598")) == 2
            assert await door.ok(f"portfolio/{MAIN}/combo/positions?nocache=true") == []

    asyncio.run(main())


def test_ten_thousand_positions_are_read_quickly() -> None:
    async def main() -> None:
        timings = DemoTimings(position_cache=60.0)
        async with open_demo(extra_positions=10_000, timings=timings, clock=still_clock()) as (_, door):
            await door.ok(f"portfolio/{MAIN}/positions/0")
            begun = time.perf_counter()
            rows = [len(await door.ok(f"portfolio/{MAIN}/positions/{page}")) for page in range(101)]
            assert sum(rows) > 10_000
            assert time.perf_counter() - begun < 5.0

    asyncio.run(main())
