"""The socket beside a desk: ready in the demo, opened where the settings say so, gone with the desk."""

import asyncio
from decimal import Decimal

from ibdesk import wiring
from ibdesk.domain.accounts import Environment
from ibdesk.domain.line import LineState
from ibdesk.domain.settings import Settings
from ibdesk.wiring.tws import place_of
from tests.services.workshop import eventually


def test_the_demo_has_a_tws_that_waits_until_somebody_looks() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk()
        try:
            assert desk.live_pnl is not None
            assert desk.live_pnl.line.state is LineState.NEVER
            desk.live_pnl.start()
            desk.live_pnl.start()
            await eventually(lambda: desk.live_pnl is not None and desk.live_pnl.line.state is LineState.UP, 20)
            assert desk.live_pnl.book.shown
        finally:
            await desk.close()

    asyncio.run(run())


def test_the_settings_say_where_tws_is() -> None:
    settings = Settings(tws_host="192.168.1.100", tws_port=4002, tws_client_id=7, reconnect_min=Decimal(4))
    place = place_of(settings, Environment.PAPER)
    assert (place.host, place.port, place.client_id, place.order_client_id) == ("192.168.1.100", 4002, 7, 8)
    assert (place.reconnect_min, place.reconnect_max, place.keepalive) == (4.0, 60.0, 15.0)
    assert place.read_only
