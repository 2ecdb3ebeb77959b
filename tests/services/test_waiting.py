"""Waiting: until the time is up or the event is set, whichever is first."""

import asyncio

from ibdesk.services.waiting import wait


def test_waiting_ends_when_the_time_is_up() -> None:
    async def run() -> None:
        woken = asyncio.Event()
        async with asyncio.timeout(20):
            await wait(0.01, woken)
        assert not woken.is_set()

    asyncio.run(run())


def test_an_event_ends_it_at_once() -> None:
    async def run() -> None:
        woken = asyncio.Event()
        asyncio.get_running_loop().call_soon(woken.set)
        async with asyncio.timeout(20):
            await wait(3600, woken)

    asyncio.run(run())


def test_time_already_over_is_no_error() -> None:
    asyncio.run(wait(-5, asyncio.Event()))
