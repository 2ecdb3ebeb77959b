"""What the wire says of an account agrees with itself, to the cent."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.demo.door import MAIN, SECOND, Door, open_demo


async def _exact(door: Door, path: str) -> Any:
    async with door.http.get(f"/v1/api/{path}") as response:
        return json.loads(await response.text(), parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize("account", [MAIN, SECOND])
def test_summary_ledger_positions_and_profit_agree(account: str) -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            summary = await _exact(door, f"portfolio/{account}/summary")
            ledger = await _exact(door, f"portfolio/{account}/ledger")
            await _exact(door, f"portfolio/{account}/positions/0")
            rows = await _exact(door, f"portfolio/{account}/positions/0")
            await door.ok("iserver/accounts")
            await door.ok("iserver/account/pnl/partitioned")
            profit = (await _exact(door, "iserver/account/pnl/partitioned"))["upnl"][f"{account}.Core"]

        def value(row: dict[str, Any]) -> Decimal:
            if row["assetClass"] == "FUT":
                return Decimal(0)
            return row["unrealizedPnl"] if row["assetClass"] == "CFD" else row["mktValue"]

        rates = {name: line["exchangerate"] for name, line in ledger.items()}
        total = sum(value(row) * rates[row["currency"]] for row in rows)
        total += sum(line["cashbalance"] * rates[name] for name, line in ledger.items() if name != "BASE")
        net = summary["netliquidation"]["amount"]
        assert net == ledger["BASE"]["netliquidationvalue"] == round(total, 2) == profit["nl"]
        assert profit["upl"] == ledger["BASE"]["unrealizedpnl"]
        assert ledger["BASE"]["cashbalance"] == summary["totalcashvalue"]["amount"]
        assert summary["netliquidation-s"]["amount"] + summary["netliquidation-c"]["amount"] == net

    asyncio.run(main())


def test_daily_profit_is_the_sum_of_field_78() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok("iserver/accounts")
            rows = await _exact(door, f"portfolio/{MAIN}/positions/0")
            conids = ",".join(str(row["conid"]) for row in rows)
            query = f"iserver/marketdata/snapshot?conids={conids}&fields=78"
            await door.ok(query)
            quotes = {row["conid"]: Decimal(row["78"].replace(",", "")) for row in await door.ok(query)}
            ledger = await _exact(door, f"portfolio/{MAIN}/ledger")
            await door.ok("iserver/account/pnl/partitioned")
            profit = (await _exact(door, "iserver/account/pnl/partitioned"))["upnl"][f"{MAIN}.Core"]
        total = sum(quotes[int(row["conid"])] * ledger[row["currency"]]["exchangerate"] for row in rows)
        assert round(total, 2) == profit["dpl"]

    asyncio.run(main())


def test_the_first_profit_call_is_empty() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert await door.ok("iserver/account/pnl/partitioned") == {"upnl": {}}
            assert set((await door.ok("iserver/account/pnl/partitioned"))["upnl"]) == {f"{MAIN}.Core", f"{SECOND}.Core"}

    asyncio.run(main())


def test_the_accounts_are_paper_accounts() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            body = await door.ok("iserver/accounts")
            assert (body["accounts"], body["selectedAccount"], body["isPaper"]) == ([MAIN, SECOND], MAIN, True)
            rows = await door.ok("portfolio/accounts")
            assert [(row["accountId"], row["type"], row["currency"]) for row in rows] == [
                (MAIN, "DEMO", "USD"), (SECOND, "DEMO", "USD")
            ]

    asyncio.run(main())


def test_switching_accounts_is_answered_in_three_ways() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok("iserver/accounts")
            assert await door.post("iserver/account", {"acctId": SECOND}) == (200, {"set": True, "acctId": SECOND})
            assert await door.post("iserver/account", {"acctId": SECOND}) == (200, {"success": "Account already set"})
            assert (await door.post("iserver/account", {"acctId": "DU1"}))[0] == 500
            assert (await door.post("iserver/account"))[0] == 400

    asyncio.run(main())


def test_an_unknown_account_is_refused_by_name() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            status, body = await door.get("portfolio/DU1/ledger")
            assert (status, body["error"]) == (400, "Bad Request: accountId is not valid: DU1")

    asyncio.run(main())


def test_day_trades_left_are_text_and_limited_only_below_the_threshold() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            large = await door.ok(f"portfolio/{MAIN}/summary")
            small = await door.ok(f"portfolio/{SECOND}/summary")
            assert large["daytradesremaining"]["value"] == "-1"
            assert small["daytradesremaining"]["value"] == "3"
            assert large["accounttype"]["value"] == "INDIVIDUAL"

    asyncio.run(main())


def test_allocation_covers_the_whole_account() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            body = await door.ok(f"portfolio/{MAIN}/allocation")
            summary = await door.ok(f"portfolio/{MAIN}/summary")
            sides = body["assetClass"]
            total = sum(sides["long"].values()) + sum(sides["short"].values())
            assert total == pytest.approx(summary["netliquidation"]["amount"], abs=0.2)
            _, several = await door.post("portfolio/allocation", {"acctIds": [MAIN, SECOND]})
            assert several["assetClass"]["long"]["CASH"] > sides["long"]["CASH"]

    asyncio.run(main())
