"""There are no orders to see, and none can be placed here."""

import asyncio

from tests.demo.door import MAIN, open_demo


def test_the_first_answer_about_live_orders_is_a_pre_flight() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert (await door.get("iserver/account/orders"))[0] == 500
            await door.ok("iserver/accounts")
            assert await door.ok("iserver/account/orders") == {"orders": [], "snapshot": False}
            assert await door.ok("iserver/account/orders") == {"orders": [], "snapshot": True}
            assert await door.ok("iserver/account/orders?force=true") == {"orders": [], "snapshot": False}
            assert await door.ok("iserver/account/trades/?days=7") == []

    asyncio.run(main())


def test_an_order_is_turned_down_with_a_reason() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok("iserver/accounts")
            ticket = {"conid": 265598, "orderType": "MKT", "side": "BUY", "quantity": 1, "tif": "DAY"}
            for path in ("orders", "orders/whatif"):
                status, body = await door.post(f"iserver/account/{MAIN}/{path}", {"orders": [ticket]})
                assert status == 200
                assert "not available" in body["error"]
            _, unknown = await door.delete(f"iserver/account/{MAIN}/order/1")
            assert unknown == {"error": "OrderID 1 doesn't exist"}

    asyncio.run(main())
