"""Quotes warm up, keep the broker's texts, and agree with history and positions."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.demo.door import LUNCH, MAIN, Door, open_demo, still_clock

AAPL, SAP = 265598, 14204
SATURDAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


async def _quote(door: Door, conid: int, fields: str) -> dict[str, str]:
    await door.ok("iserver/accounts")
    query = f"iserver/marketdata/snapshot?conids={conid}&fields={fields}"
    await door.ok(query)
    return (await door.ok(query))[0]


def test_the_accounts_come_before_any_quote() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            cold = await door.get(f"iserver/marketdata/snapshot?conids={AAPL}&fields=31")
            assert cold == (500, {"error": "Please query /accounts first"})

    asyncio.run(main())


def test_the_first_snapshot_only_opens_the_stream() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok("iserver/accounts")
            query = f"iserver/marketdata/snapshot?conids={AAPL}&fields=31,84"
            assert "31" not in (await door.ok(query))[0]
            assert {"31", "84"} <= set((await door.ok(query))[0])
            wider = (await door.ok(f"{query},86"))[0]
            assert "31" in wider
            assert "86" not in wider  # a new field warms up on its own
            assert "86" in (await door.ok(f"{query},86"))[0]

    asyncio.run(main())


def test_values_are_texts_and_unknown_fields_are_absent() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            row = await _quote(door, AAPL, "31,55,82,83,84,86,85,88,87,73,7308,9999")
            assert all(isinstance(row[field], str) for field in ("31", "82", "83", "84", "86", "85", "88"))
            assert row["83"].endswith("%")
            assert row["87"][-1] in "KM"
            assert "," in row["73"]
            assert "7308" not in row
            assert "9999" not in row
            assert Decimal(row["84"]) < Decimal(row["31"]) < Decimal(row["86"])

    asyncio.run(main())


def test_a_weekend_quote_is_a_close() -> None:
    async def main() -> None:
        async with open_demo(clock=still_clock(SATURDAY)) as (_, door):
            row = await _quote(door, AAPL, "31")
            assert row["31"].startswith("C")
            assert row["6509"].startswith("Z")

    asyncio.run(main())


def test_a_european_share_that_has_closed_today_keeps_its_last() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            row = await _quote(door, SAP, "31,7296")
            assert not row["31"].startswith("C")
            assert row["6509"].startswith("Z")

    asyncio.run(main())


def test_an_option_has_greeks() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            rows = await door.ok(f"portfolio/{MAIN}/positions/0")
            put = next(row["conid"] for row in rows if "600 P" in row["contractDesc"])
            row = await _quote(door, put, "31,7308,7309,7310,7311,7633,201")
            assert -1 < float(row["7308"]) < 0 < float(row["7309"])
            assert float(row["7310"]) < 0 < float(row["7311"])
            assert row["7633"].endswith("%")
            assert row["201"] == "P"

    asyncio.run(main())


def test_snapshot_history_and_position_show_one_price() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            row = await _quote(door, AAPL, "31,70,71,7295,7741")
            daily = (await door.ok(f"iserver/marketdata/history?conid={AAPL}&period=5d&bar=1d"))["data"]
            small = (await door.ok(f"iserver/marketdata/history?conid={AAPL}&period=1d&bar=5min"))["data"]
            position = (await door.ok(f"portfolio/{MAIN}/positions/0"))[0]
            last = float(row["31"])
            assert last == daily[-1]["c"] == small[-1]["c"] == position["mktPrice"]
            assert (float(row["70"]), float(row["71"])) == (daily[-1]["h"], daily[-1]["l"])
            assert float(row["7741"]) == daily[-2]["c"]
            assert float(row["7295"]) == daily[-1]["o"] == small[0]["o"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("period", "bar", "least", "most"),
    [
        ("1d", "5min", 40, 40), ("1w", "1h", 30, 36), ("1y", "1d", 250, 254), ("3y", "1d", 740, 760),
        ("5y", "1d", 1000, 1000), ("5y", "1w", 255, 265), ("2y", "1m", 24, 26), ("30min", "1min", 29, 31),
    ],
)
def test_history_has_the_bars_of_its_period(period: str, bar: str, least: int, most: int) -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            body = await door.ok(f"iserver/marketdata/history?conid={AAPL}&period={period}&bar={bar}")
            assert least <= len(body["data"]) <= most
            times = [row["t"] for row in body["data"]]
            assert times == sorted(set(times))
            for row in body["data"]:
                assert row["l"] <= min(row["o"], row["c"]) <= max(row["o"], row["c"]) <= row["h"]

    asyncio.run(main())


def test_history_of_a_weekend_day_is_fridays() -> None:
    async def main() -> None:
        async with open_demo(clock=still_clock(SATURDAY)) as (_, door):
            body = await door.ok(f"iserver/marketdata/history?conid={AAPL}&period=1d&bar=5min")
            assert len(body["data"]) == 78
            assert datetime.fromtimestamp(body["data"][0]["t"] / 1000, UTC).date().isoformat() == "2026-11-20"

    asyncio.run(main())


def test_history_can_end_in_the_past() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            query = f"iserver/marketdata/history?conid={AAPL}&period=5d&bar=1d&startTime=20261002-21:00:00"
            body = await door.ok(query)
            assert datetime.fromtimestamp(body["data"][-1]["t"] / 1000, UTC).date().isoformat() == "2026-10-02"

    asyncio.run(main())


@pytest.mark.parametrize(
    "query", ["conid=265598&period=99d9&bar=1d", "conid=1&period=1d&bar=1d", "conid=265598&bar=7min"]
)
def test_a_history_that_cannot_be_is_an_error(query: str) -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            status, body = await door.get(f"iserver/marketdata/history?{query}")
            assert status == 500
            assert body["error"]

    asyncio.run(main())


def test_unsubscribing_twice_is_an_error() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await _quote(door, AAPL, "31")
            assert await door.post("iserver/marketdata/unsubscribe", {"conid": AAPL}) == (200, {"success": True})
            assert (await door.post("iserver/marketdata/unsubscribe", {"conid": AAPL}))[0] == 500

    asyncio.run(main())


def test_turning_the_dial_moves_prices_and_the_calendar() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            before = await _quote(door, AAPL, "31,7741")
            gateway.clock.advance(timedelta(days=1))
            after = await _quote(door, AAPL, "31,7741")
            assert after["31"] != before["31"]
            assert after["7741"] != before["7741"]
            assert LUNCH + timedelta(days=1) == gateway.clock.now()

    asyncio.run(main())


def test_who_pays_a_dividend_tells_it_and_its_day() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            row = await _quote(door, AAPL, "7286,7288")
            assert Decimal(row["7286"]) > 0 and row["7288"] > f"{LUNCH:%Y%m%d}"
            assert not {"7286", "7288"} & set(await _quote(door, SAP, "7286,7288"))

    asyncio.run(main())
