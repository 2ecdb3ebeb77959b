"""A desk in Local Paper: its own account in front of a gateway's market."""

import asyncio

from ibdesk import wiring
from ibdesk.domain.modes import Mode
from tests.services.workshop import eventually


def test_a_demo_desk_in_local_paper_has_its_own_account_and_that_alone() -> None:
    async def run() -> None:
        first = await wiring.open_demo_desk()
        await first.preferences.choose_mode(Mode.LOCAL_PAPER)
        assert first.reopen is not None
        desk = await first.reopen()
        try:
            assert desk.mode is Mode.LOCAL_PAPER and desk.orders is not None and desk.sync is not None
            (account,) = await desk.book.accounts()
            assert account.id == "LP0000001" and account.title == "Local Paper"
            orders = desk.orders
            await eventually(lambda: orders.book.is_read, within=20)
            await desk.sync.run()
            (page,) = await desk.book.pages()
            assert page.summary.net_liquidation == 100_000
            assert await desk.activity.fault() is None
        finally:
            await desk.close()

    asyncio.run(run())
