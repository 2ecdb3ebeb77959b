"""Contracts are found in the order the broker insists on."""

import asyncio
from typing import Any

from tests.demo.door import open_demo

AAPL = 265598


def _months(hits: list[dict[str, Any]]) -> list[str]:
    return next(one for one in hits[0]["sections"] if one["secType"] == "OPT")["months"].split(";")


def test_strikes_are_empty_before_the_search() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            query = f"iserver/secdef/strikes?conid={AAPL}&sectype=OPT&month=DEC26"
            assert await door.ok(query) == {"call": [], "put": []}
            await door.ok("iserver/secdef/search?symbol=APPLE&name=true")
            assert await door.ok(query) == {"call": [], "put": []}
            await door.ok("iserver/secdef/search?symbol=AAPL")
            assert 225.0 in (await door.ok(query))["call"]

    asyncio.run(main())


def test_a_search_names_conids_as_text_and_months_as_codes() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            hits = await door.ok("iserver/secdef/search?symbol=AAPL")
            assert hits[0]["conid"] == "265598"
            assert _months(hits)[:2] == ["NOV26", "DEC26"]
            _, index = await door.post("iserver/secdef/search", {"symbol": "SPX", "secType": "IND"})
            assert [row["symbol"] for row in index] == ["SPX"]
            assert await door.ok("iserver/secdef/search?symbol=NOSUCH") == {"error": "No symbol found"}

    asyncio.run(main())


def test_a_whole_chain_can_be_walked() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok("iserver/accounts")
            month = _months(await door.ok("iserver/secdef/search?symbol=AAPL"))[1]
            strike = (await door.ok(f"iserver/secdef/strikes?conid={AAPL}&sectype=OPT&month={month}"))["put"][10]
            query = f"iserver/secdef/info?conid={AAPL}&sectype=OPT&month={month}&strike={strike}"
            found = await door.ok(query)
            assert {row["right"] for row in found} == {"C", "P"}
            assert len({row["maturityDate"] for row in found}) > 1  # weeklies are inside the month
            only = await door.ok(f"{query}&right=P")
            conid = only[0]["conid"]
            await door.ok(f"iserver/marketdata/snapshot?conids={conid}&fields=31,7308")
            quote = await door.ok(f"iserver/marketdata/snapshot?conids={conid}&fields=31,7308")
            assert float(quote[0]["7308"]) < 0

    asyncio.run(main())


def test_info_with_the_wrong_month_is_an_error() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            bad = await door.get(f"iserver/secdef/info?conid={AAPL}&sectype=OPT&month=202612&strike=230")
            assert bad == (500, {"error": "No Contracts retrieved "})

    asyncio.run(main())


def test_definitions_and_details_of_what_is_held() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            future = gateway.account.market.catalogue.front_future.conid
            rows = (await door.ok(f"trsrv/secdef?conids={AAPL},{future},1"))["secdef"]
            assert [row["conid"] for row in rows] == [AAPL, future]
            assert (rows[0]["strike"], rows[1]["multiplier"]) == ("0", 50.0)
            details = await door.ok(f"iserver/contract/{future}/info")
            assert (details["symbol"], details["multiplier"], details["instrument_type"]) == ("ES", "50", "FUT")
            assert "orderTypes" in (await door.ok(f"iserver/contract/{AAPL}/info-and-rules?isBuy=true"))["rules"]
            listed = (await door.ok("trsrv/futures?symbols=ES"))["ES"]
            assert listed[0]["conid"] == future
            assert (await door.ok("trsrv/stocks?symbols=AAPL"))["AAPL"][0]["contracts"][0]["conid"] == AAPL

    asyncio.run(main())


def test_algos_have_a_pre_flight() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert await door.ok(f"iserver/contract/{AAPL}/algos") == {"algos": []}
            assert (await door.ok(f"iserver/contract/{AAPL}/algos"))["algos"]
            assert (await door.get("iserver/contract/1/algos"))[0] == 503

    asyncio.run(main())


def test_rates_are_those_of_the_ledger() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            ledger = await door.ok("portfolio/DU7654321/ledger")
            rate = (await door.ok("iserver/exchangerate?source=EUR&target=USD"))["rate"]
            assert rate == ledger["EUR"]["exchangerate"]
            pairs = await door.ok("iserver/currency/pairs?currency=USD")
            assert "EUR.USD" in {row["symbol"] for row in pairs["USD"]}

    asyncio.run(main())


def test_the_trading_schedule_leaves_out_closed_days() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            body = await door.ok(f"contract/trading-schedule?conid={AAPL}")
            assert body["exchange_time_zone"] == "America/New_York"
            assert set(body["schedules"]) == {"20261117", "20261118", "20261119", "20261120"}

    asyncio.run(main())


def test_futures_and_their_options_are_found_under_their_index() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            (hit,) = await door.ok("iserver/secdef/search?symbol=ES&secType=FUT")
            sections = {one["secType"]: one.get("months", "") for one in hit["sections"]}
            assert sections["FUT"] == "DEC26;MAR27"
            assert sections["FOP"].startswith("NOV26;DEC26")
            under = hit["conid"]
            listed = (await door.ok("trsrv/futures?symbols=ES"))["ES"]
            assert {str(one["underlyingConid"]) for one in listed} == {under}
            (future,) = await door.ok(f"iserver/secdef/info?conid={under}&sectype=FUT&month=MAR27")
            assert future["conid"] == listed[1]["conid"]
            strikes = await door.ok(f"iserver/secdef/strikes?conid={under}&sectype=FOP&month=DEC26&exchange=CME")
            assert 6000.0 in strikes["call"]
            whole = await door.ok(f"iserver/secdef/info?conid={under}&sectype=FOP&month=DEC26&exchange=CME")
            assert {one["multiplier"] for one in whole} == {"50"}
            assert len(whole) > 2 * len(strikes["call"])
            wrong = await door.get(f"iserver/secdef/info?conid={under}&sectype=OPT&month=DEC26&strike=6000")
            assert wrong[0] == 500

    asyncio.run(main())


def test_an_adjusted_root_is_told_by_its_trading_class_and_terms() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            query = f"iserver/secdef/info?conid={AAPL}&sectype=OPT&month=JAN27&strike=230&right=C"
            classes = {row["tradingClass"]: row["conid"] for row in await door.ok(query)}
            assert set(classes) == {"AAPL", "AAPL1"}
            odd, plain = [await door.ok(f"iserver/contract/{classes[one]}/info") for one in ("AAPL1", "AAPL")]
            assert (odd["trading_class"], odd["multiplier"], plain["text"]) == ("AAPL1", "100", None)
            assert "12.50 USD" in odd["text"]

    asyncio.run(main())


def test_options_need_a_strike_and_rights_are_c_and_p() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            query = f"iserver/secdef/info?conid={AAPL}&sectype=OPT&month=DEC26"
            for more in ("", "&strike=abc", "&strike=230&right=X", "&strike=231.37"):
                assert (await door.get(query + more))[0] == 500

    asyncio.run(main())


def test_rules_name_the_steps_and_shares_trade_longer() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            (call,) = [
                one for one in await door.ok(
                    f"iserver/secdef/info?conid={AAPL}&sectype=OPT&month=DEC26&strike=230&right=C"
                ) if one["maturityDate"] == "20261218"
            ]
            _, rules = await door.post("iserver/contract/rules", {"conid": call["conid"], "isBuy": True})
            assert rules["incrementRules"] == [
                {"lowerEdge": 0.0, "increment": 0.01}, {"lowerEdge": 3.0, "increment": 0.05}
            ]
            assert "marketonclose" not in rules["orderTypes"]
            days = (await door.ok(f"contract/trading-schedule?conid={AAPL}"))["schedules"]
            day = days["20261118"]
            assert day["extended_hours"][0]["opening"] == day["liquid_hours"][0]["opening"] - 5.5 * 3600
            assert day["extended_hours"][0]["closing"] == day["liquid_hours"][0]["closing"] + 4 * 3600

    asyncio.run(main())
