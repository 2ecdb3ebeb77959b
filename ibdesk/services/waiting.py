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
