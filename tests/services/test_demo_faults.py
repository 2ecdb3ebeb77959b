"""The demo's menu: every entry breaks the gateway in the way it says, and the last one brings everything back."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from ibdesk.brokers.portal.broker import forgive
from ibdesk.demo.faults import BadBytes, Halves
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.errors import Unavailable
from ibdesk.domain.records import SyncStatus
from ibdesk.services.demo_faults import DemoFault, demo_faults
from tests.demo.door import Door, open_demo, shared_identity, still_clock
from tests.services.workshop import eventually, workshop

STATUS = "iserver/auth/status"


def named(gateway: DemoGateway) -> dict[str, DemoFault]:
    return {fault.name: fault for fault in demo_faults(gateway, forgive=lambda: None)}


def test_every_entry_has_a_name_of_its_own_and_one_line_of_help() -> None:
    faults = demo_faults(DemoGateway(identity=shared_identity(), clock=still_clock()), forgive=lambda: None)
    assert len({fault.name for fault in faults}) == len({fault.title for fault in faults}) == len(faults)
    assert all(fault.help.endswith(".") and "\n" not in fault.help for fault in faults)
    assert faults[-1].name == "heal"


def test_every_kind_of_bad_bytes_is_offered() -> None:
    names = named(DemoGateway(identity=shared_identity(), clock=still_clock()))
    assert {f"bad bytes: {kind.value.replace('_', ' ')}" for kind in BadBytes} <= set(names)


async def dead(door: Door) -> bool:
    try:
        await door.get("tickle")
    except aiohttp.ClientError:
        return True
    return False


async def unanswered(door: Door) -> bool:
    try:
        async with asyncio.timeout(0.15):
            await door.get("tickle")
    except TimeoutError:
        return True
    return False


def answers(status: int, path: str = "tickle") -> Callable[[Door], Awaitable[bool]]:
    async def look(door: Door) -> bool:
        return (await door.get(path))[0] == status

    return look


def says(key: str, value: object) -> Callable[[Door], Awaitable[bool]]:
    async def look(door: Door) -> bool:
        return bool((await door.ok(STATUS)).get(key) == value)

    return look


@pytest.mark.parametrize(
    ("name", "is_so"),
    [
        ("kill", dead),
        ("expire", answers(401)),
        ("compete", says("competing", True)),
        ("lose brokerage", says("authenticated", False)),
        ("limit", answers(429)),
        ("maintenance", answers(503, "iserver/accounts")),
        ("slow", unanswered),
        ("hang", unanswered),
        ("dribble", unanswered),
        ("lose reply", dead),
    ],
)
def test_an_entry_breaks_what_it_says_and_healing_mends_it(name: str, is_so: Callable[[Door], Awaitable[bool]]) -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            faults = named(gateway)
            await faults[name].run()
            assert await is_so(door)
            await faults["heal"].run()
            assert (await door.get("tickle"))[0] == 200
            assert gateway.login.stage is Stage.READY

    asyncio.run(main())


@pytest.mark.parametrize(
    ("name", "is_so"),
    [
        ("half pages", lambda gateway: gateway.faults.halves is Halves.REPEAT),
        ("clock ahead", lambda gateway: gateway.faults.skew.total_seconds() == 300),
        ("clock behind", lambda gateway: gateway.faults.skew.total_seconds() == -3600),
        ("silent sockets", lambda gateway: gateway.faults.silent_sockets),
        ("bad bytes: not json", lambda gateway: gateway.faults.spoiled[0].kind is BadBytes.NOT_JSON),
    ],
)
def test_quieter_entries_are_taken_back_too(name: str, is_so: Callable[[DemoGateway], bool]) -> None:
    async def main() -> None:
        async with open_demo() as (gateway, _):
            faults = named(gateway)
            assert not (gateway.faults.spoiled or is_so(gateway)) if "bytes" not in name else True
            await faults[name].run()
            assert is_so(gateway)
            await faults["heal"].run()
            assert gateway.faults.spoiled == [] and gateway.faults.skew.total_seconds() == 0
            assert (gateway.faults.halves, gateway.faults.silent_sockets) == (Halves.WHOLE, False)

    asyncio.run(main())


def test_healing_forgets_the_lock_out_too_and_the_syncs_go_on_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with workshop(tmp_path, shares_budget=True) as shop:
            shop.session.start()
            shop.sync.start()
            await eventually(lambda: shop.sync.last is not None and shop.sync.last.status is SyncStatus.SUCCESS)
            faults = demo_faults(shop.gateway, forgive=lambda: forgive(shop.gateway.url))
            await next(fault for fault in faults if fault.name == "limit").run()
            assert (await shop.sync.run()).error is not None and shop.session.boxed_until is not None
            await faults[-1].run()
            await shop.session.refresh()
            assert shop.session.boxed_until is None and shop.session.session.detail == ""
            await eventually(lambda: shop.sync.last is not None and shop.sync.last.status is SyncStatus.SUCCESS)

    asyncio.run(main())


def test_a_port_that_is_taken_meanwhile_is_a_sentence() -> None:
    async def main() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off(), identity=shared_identity())
        await gateway.start()
        await gateway.kill()
        with socket.create_server(("127.0.0.1", gateway.port)), pytest.raises(Unavailable, match="port"):
            await named(gateway)["heal"].run()

    asyncio.run(main())
