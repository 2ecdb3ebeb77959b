"""The lock on live orders of an open desk."""

import asyncio

from ibdesk import wiring
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.going_live import Item
from tests.services.workshop import eventually

MAIN = AccountId("DU7654321")


def test_a_demo_desk_shows_the_checklist_and_locks_nothing() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk()
        try:
            live, session, sync = desk.going_live, desk.session, desk.sync
            assert live is not None and session is not None and sync is not None
            await eventually(lambda: session.session.is_ready, within=20)
            await sync.run()
            found = await live.look(MAIN)
            done = {line.item for line in found.lines if line.is_done}
            assert {Item.CONNECTION, Item.SYNC} <= done and Item.PAPER_ORDER not in done
            assert "25,000" in found.note and live.is_armed(MAIN)
        finally:
            await desk.close()

    asyncio.run(run())
