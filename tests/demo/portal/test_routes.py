"""Every path has its gate, and unknown ones are errors."""

import asyncio

import pytest

from tests.demo.door import MAIN, open_demo

BROKERAGE = ("iserver/accounts", "iserver/secdef/search?symbol=AAPL", "iserver/account/pnl/partitioned",
             "iserver/marketdata/history?conid=265598")
WARM = ("iserver/account/orders", "iserver/account/trades", f"iserver/account/{MAIN}/summary",
        "iserver/marketdata/snapshot?conids=265598&fields=31")


@pytest.mark.parametrize("path", BROKERAGE + WARM)
def test_iserver_needs_the_brokerage_session(path: str) -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.lose_brokerage()
            assert (await door.get(path))[0] == 401

    asyncio.run(main())


def test_some_paths_need_the_accounts_in_every_brokerage_session() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            for _ in range(2):
                for path in WARM:
                    assert (await door.get(path))[0] == 500
                await door.ok("iserver/accounts")
                for path in WARM:
                    assert (await door.get(path))[0] == 200
                gateway.login.start_ready()

    asyncio.run(main())


def test_an_unknown_endpoint_is_404() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert (await door.get("iserver/nonsense"))[0] == 404

    asyncio.run(main())


def test_a_segment_suffix_means_the_same_account() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert await door.ok(f"portfolio/{MAIN}C/ledger") == await door.ok(f"portfolio/{MAIN}/ledger")

    asyncio.run(main())
