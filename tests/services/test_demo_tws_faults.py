"""The demo's menu for its TWS: each entry does what it says, and healing takes it back."""

import asyncio

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.server import TwsService
from ibdesk.services.demo_faults import demo_faults
from ibdesk.services.demo_tws_faults import FAMILY, LATE, TwsFault, heal_tws, tws_faults
from tests.demo.door import shared_identity, still_clock


def made() -> tuple[DemoGateway, TwsService, dict[str, TwsFault]]:
    gateway = DemoGateway(identity=shared_identity(), clock=still_clock())
    tws = gateway.tws_service()
    return gateway, tws, {fault.name.removeprefix(FAMILY): fault for fault in tws_faults(tws)}


def test_every_entry_is_of_its_family_and_explains_itself_in_a_line() -> None:
    gateway, tws, _ = made()
    faults = demo_faults(gateway, forgive=lambda: None, tws=tws)
    ours = [fault for fault in faults if fault.name.startswith(FAMILY)]
    assert len(ours) == len({fault.title for fault in ours}) == 6
    assert all(fault.help.endswith(".") and "\n" not in fault.help for fault in ours)
    assert faults[-1].name == "heal"
    assert not [fault for fault in demo_faults(gateway, forgive=lambda: None) if fault.name.startswith(FAMILY)]


def test_a_closed_tws_listens_again_when_it_is_healed() -> None:
    async def run() -> None:
        _, tws, faults = made()
        await tws.start()
        try:
            port = tws.port
            await faults["close"].run()
            assert not tws.is_running
            await heal_tws(tws)
            assert tws.is_running and tws.port == port
        finally:
            await tws.stop()

    asyncio.run(run())


def test_what_is_broken_behind_the_socket_is_healed_with_it() -> None:
    async def run() -> None:
        _, tws, faults = made()
        await tws.start()
        try:
            await faults["lose the broker"].run()
            assert tws.faults.lost_since is not None
            await faults["broker is back"].run()
            assert tws.faults.lost_since is None
            await faults["late commissions"].run()
            await faults["lose the data farms"].run()
            await faults["fall silent"].run()
            assert tws.faults.commission_delay == LATE
            await heal_tws(tws)
            assert tws.faults.commission_delay == 0
        finally:
            await tws.stop()

    asyncio.run(run())
