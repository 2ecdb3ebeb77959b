"""What is remembered belongs to one brokerage session; live-looking accounts say that they are live."""

import asyncio

from ibdesk.demo.portal.state import WarmUps
from tests.demo.door import MAIN, open_demo


def test_nothing_is_warm_at_first() -> None:
    warm = WarmUps()
    assert not (warm.accounts or warm.orders or warm.pnl or warm.quotes)


def test_live_accounts_say_so_everywhere() -> None:
    async def main() -> None:
        async with open_demo(live=True) as (gateway, door):
            account = MAIN.removeprefix("D")
            assert gateway.accounts[0] == account
            body = await door.ok("iserver/accounts")
            assert (body["isPaper"], body["selectedAccount"]) == (False, account)
            assert (await door.ok("sso/validate"))["LOGIN_TYPE"] == 1
            assert (await door.ok(f"portfolio/{account}/meta"))["type"] == "INDIVIDUAL"

    asyncio.run(main())
