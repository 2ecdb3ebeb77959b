"""The socket beside a desk: ready in the demo, opened where the settings say so, gone with the desk."""

import asyncio
from decimal import Decimal

from ibdesk import wiring
from ibdesk.domain.accounts import Environment
from ibdesk.domain.events import AccountChanged, SyncChanged
from ibdesk.domain.line import LineState
from ibdesk.domain.positions import Source
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.settings import Settings
from ibdesk.wiring.tws import place_of
from tests.services.workshop import Heard, eventually


def test_the_demo_has_a_tws_that_waits_until_somebody_looks() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk()
        try:
            assert desk.live_pnl is not None
            assert desk.live_pnl.line.state is LineState.NEVER
            heard = Heard(desk.hub, AccountChanged)
            desk.live_pnl.start()
            desk.live_pnl.start()
            await eventually(lambda: desk.live_pnl is not None and desk.live_pnl.line.state is LineState.UP, 20)
            assert desk.live_pnl.book.shown
            await heard.until(lambda event: event.source is Source.TWS)  # and its pictures come by themselves
        finally:
            await desk.close()

    asyncio.run(run())


def test_the_same_socket_brings_pictures_that_stay_beside_the_gateways() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk(watching=False)
        try:
            assert desk.sync is not None and desk.tws_sync is not None and desk.session is not None
            await desk.session.refresh()
            await desk.sync.run()
            await desk.sync.finish()
            before, known = await desk.book.pages(), await desk.book.accounts()
            heard = Heard(desk.hub, AccountChanged, SyncChanged)
            outcome = await desk.tws_sync.run()
            assert outcome.status is SyncStatus.SUCCESS
            assert outcome.counts.new == outcome.counts.processed == sum(len(page.rows) for page in before)
            assert {record.source for record in outcome.records} == {Source.TWS}
            assert {event.source for event in heard.events} == {Source.TWS}
            assert [(page.as_of, page.source) for page in await desk.book.pages()] == [
                (page.as_of, Source.PORTAL) for page in before
            ]
            assert await desk.book.accounts() == known, "what the gateway says of accounts is fuller and stays"
            written = await desk.activity.syncs(sources=(Source.TWS,))
            assert len(written) == 2 and all("equity history" not in each.stages for each in written)
        finally:
            await desk.close()

    asyncio.run(run())


def test_health_knows_the_socket_of_a_desk() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk(watching=False)
        try:
            assert desk.tws_health is not None
            seen = await desk.tws_health.look()
            assert (seen.line.state, seen.client_id, len(seen.accounts)) == (LineState.UP, 1, 2)
            assert seen.address.startswith("127.0.0.1:")
        finally:
            await desk.close()

    asyncio.run(run())


def test_the_settings_say_where_tws_is() -> None:
    settings = Settings(tws_host="192.168.1.100", tws_port=4002, tws_client_id=7, reconnect_min=Decimal(4))
    place = place_of(settings, Environment.PAPER)
    assert (place.host, place.port, place.client_id, place.order_client_id) == ("192.168.1.100", 4002, 7, 8)
    assert (place.reconnect_min, place.reconnect_max, place.keepalive) == (4.0, 60.0, 15.0)
    assert not place.read_only, "on paper the gate keeps orders back, and the setting may be turned off at any time"
    assert place_of(settings, Environment.LIVE).read_only
