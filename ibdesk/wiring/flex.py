"""How the Flex service is reached: one client for each pull, one pace for each token as long as the desk is open."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from ibdesk.services.desk import Clock

if TYPE_CHECKING:
    from ibdesk.brokers.base import CallSink
    from ibdesk.brokers.flex.pace import Paces, Pause
    from ibdesk.brokers.statements import StatementPlace, StatementSource
    from ibdesk.services.flex import Flex
    from ibdesk.services.hub import Hub
    from ibdesk.store.database import Database
    from ibdesk.store.vault import OpenVault

#: Calls of earlier runs that still count with the broker.
_COUNTS_FOR = timedelta(minutes=1)


def flex_for(
    vault: "OpenVault", *, database: "Database", hub: "Hub", on_call: "CallSink", clock: Clock,
    ticks: Callable[[], float] = time.monotonic, pause: "Pause" = asyncio.sleep,
) -> "Flex":  # fmt: skip
    """The service around the vault's Flex queries; nothing is read or sent yet."""
    from ibdesk.services.flex import Flex
    from ibdesk.store import flex

    known: list[Paces] = []

    async def source(place: "StatementPlace") -> "StatementSource":
        from ibdesk.brokers.flex.client import FlexClient
        from ibdesk.brokers.flex.pace import Paces

        if not known:
            now = clock()
            earlier = await database.read(flex.calls_after, now - _COUNTS_FOR)
            ages = tuple((now - at).total_seconds() for at in earlier)
            known.append(Paces(ticks=ticks, pause=pause, ages=ages))
        return FlexClient(place, paces=known[0], on_call=on_call, clock=clock, ticks=ticks, pause=pause)

    return Flex(vault, database=database, hub=hub, clock=clock, sources=source)
