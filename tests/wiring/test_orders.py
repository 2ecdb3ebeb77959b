"""The trading side of an open desk."""

import asyncio

from ibdesk import wiring
from ibdesk.domain.accounts import Environment
from tests.services.workshop import eventually


def test_a_demo_desk_can_trade_and_reads_its_order_book() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk()
        try:
            assert desk.environment is Environment.DEMO
            assert desk.orders is not None and desk.kill_switch is not None
            orders = desk.orders
            assert desk.order_book is orders.book
            await eventually(lambda: orders.book.is_read, within=20)
            report = await desk.kill_switch.press("test")
            assert report.lock.reason == desk.kill_switch.why == "test"
            assert not report.uncancelled
            await desk.kill_switch.lift()
            assert desk.kill_switch.why == ""
            assert await desk.activity.fault() is None
        finally:
            await desk.close()

    asyncio.run(run())
