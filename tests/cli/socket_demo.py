"""The demo's TWS beside the test, in a loop of its own thread: commands run their own loops in ours."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.server import TwsService


class SocketDemo:
    """A TWS with both accounts of the demo, until `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo TWS")
        self._thread.start()
        self.service: TwsService = self._run(self._start())

    @property
    def settings(self) -> tuple[str, ...]:
        """The words that point a command at it."""
        return ("--set", "tws_enabled=true", "--set", f"tws_port={self.service.port}")

    def kill(self) -> None:
        """Nothing answers at its port any more."""
        self._run(self.service.kill())

    def stop(self) -> None:
        self._run(self.service.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> TwsService:
        service = DemoGateway().tws_service(master=1)
        await service.start()
        return service

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)
