"""How services let time pass: one function type, so that tests can dial it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

#: Return after so many seconds, or as soon as the event is set.
Wait = Callable[[float, asyncio.Event], Awaitable[None]]


async def wait(seconds: float, woken: asyncio.Event) -> None:
    """Wait on the loop's own clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await woken.wait()


async def until(holds: Callable[[], bool], within: float) -> bool:
    """Whether the condition came to hold within so many seconds; it is looked at 20 times a second."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within
    while not holds():
        if loop.time() >= ends:
            return False
        await asyncio.sleep(0.05)
    return True
