"""What becomes of an open line to TWS when a person changes where it is: closed at once, opened at the new place."""

import asyncio
from collections.abc import Callable

from ibdesk.brokers.base import Socket, TwsPlace
from ibdesk.domain.events import SettingsChanged
from ibdesk.services.hub import Hub
from ibdesk.services.live_pnl import LivePnl
from ibdesk.services.socket_health import SocketHealth
from ibdesk.services.tasks import Tasks

#: Settings that say where TWS is, how it is spoken to and whether at all.
FOLLOWED = frozenset({
    "tws_enabled", "tws_host", "tws_port", "tws_client_id", "tws_order_client_id", "keepalive", "reconnect_min",
    "reconnect_max",
})  # fmt: skip
MOVED = "The line is opened at its new place."
SWITCHED_OFF = ("TWS is switched off in Settings.", "Switch it on there, under TWS and IB Gateway.")


class TwsMoves:
    """Keeps one socket where the settings say. `wanted` is that place, None while TWS is switched off."""

    def __init__(
        self, socket: Socket, pnl: LivePnl, health: SocketHealth, *, wanted: Callable[[], TwsPlace | None], hub: Hub,
        tasks: Tasks,
    ) -> None:  # fmt: skip
        self._socket, self._pnl, self._health = socket, pnl, health
        self._wanted = wanted
        self._hub, self._tasks = hub, tasks
        self._stands_at = wanted()
        self._turn = asyncio.Lock()
        #: Where it stood last, also while it is switched off.
        self.place = self._stands_at

    def start(self) -> None:
        """Follow the settings from now on."""
        self._hub.subscribe(SettingsChanged, self._settings_changed)

    def _settings_changed(self, event: SettingsChanged) -> None:
        if FOLLOWED.intersection(event.names) and not self._tasks.is_closing:
            self._tasks.start("move the line to TWS", self._move())

    async def _move(self) -> None:
        """Figures of the old place are old before anything is closed. Changes that come meanwhile have their turn."""
        async with self._turn:
            place = self._wanted()
            if place == self._stands_at:
                return
            self._stands_at = place
            if place is None:
                await self._pnl.pause(*SWITCHED_OFF)
                await self._socket.move(None)
                return
            self.place = place
            await self._pnl.pause(MOVED)
            await self._socket.move(place)
            self._health.stand_at(f"{place.host}:{place.port}", place.client_id)
            self._pnl.resume()
