"""The clients nobody here wrote: ib_async or ib_insync, whichever is installed, and the official ibapi in a thread."""

import importlib
import importlib.util
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ibdesk.demo.tws.server import TwsService

NAME = "ib_async" if importlib.util.find_spec("ib_async") else "ib_insync"
HAS_OFFICIAL = importlib.util.find_spec("ibapi") is not None


def library() -> Any:
    """The installed one. Imported only while a loop runs: eventkit asks for one at import."""
    for part in ("client", "wrapper", "ib"):  # they log what the server says as their own errors
        logging.getLogger(f"{NAME}.{part}").setLevel(logging.CRITICAL)
    return importlib.import_module(NAME)


@asynccontextmanager
async def library_client(service: TwsService, client_id: int = 7, **settings: Any) -> AsyncIterator[Any]:
    """A connected IB of the library; `version` caps what it offers."""
    most = settings.pop("version", None)
    ib = library().IB()
    if most is not None:
        ib.client.MaxClientVersion = most
    settings.setdefault("timeout", 3)
    await ib.connectAsync("127.0.0.1", service.port, clientId=client_id, **settings)
    try:
        yield ib
    finally:
        transport = getattr(ib.client.conn, "transport", None)
        ib.disconnect()
        if transport is not None:
            transport.abort()


class Official:
    """The official client in a thread of its own: every callback is kept as (name, arguments)."""

    def __init__(self, port: int, client_id: int = 9) -> None:
        from ibapi.client import EClient
        from ibapi.wrapper import EWrapper

        logging.getLogger("ibapi").setLevel(logging.CRITICAL)
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self._changed = threading.Condition()
        owner = self

        class App(EWrapper, EClient):  # type: ignore[misc]
            def __init__(self) -> None:
                EWrapper.__init__(self)
                EClient.__init__(self, wrapper=self)

            def __getattribute__(self, name: str) -> Any:
                found = super().__getattribute__(name)
                is_callback = name in CALLBACKS and callable(found)
                return owner._listener(name) if is_callback else found

        self.app = App()
        self._thread = threading.Thread(target=self._run, args=(port, client_id), daemon=True)
        self._thread.start()

    def _run(self, port: int, client_id: int) -> None:
        self.app.connect("127.0.0.1", port, client_id)
        self.app.run()

    def _listener(self, name: str) -> Callable[..., None]:
        def hear(*args: Any, **more: Any) -> None:
            with self._changed:
                self.heard.append((name, (*args, *more.values())))
                self._changed.notify_all()

        return hear

    def wait(self, name: str, is_it: Callable[..., bool] = lambda *_: True, seconds: float = 10.0) -> tuple[Any, ...]:
        """The arguments of the first callback of that name that is wanted. Raises TimeoutError."""
        def found() -> tuple[Any, ...] | None:
            return next((args for each, args in self.heard if each == name and is_it(*args)), None)

        with self._changed:
            if not self._changed.wait_for(lambda: found() is not None, seconds):
                raise TimeoutError(f"{name} never came; heard {[each for each, _ in self.heard]}")
            args = found()
        assert args is not None
        return args

    def all(self, name: str) -> list[tuple[Any, ...]]:
        with self._changed:
            return [args for each, args in self.heard if each == name]

    def close(self) -> None:
        self.app.disconnect()
        self._thread.join(20)
        assert not self._thread.is_alive(), "the official client's thread has not ended"


CALLBACKS = frozenset({
    "nextValidId", "managedAccounts", "error", "position", "positionEnd", "execDetails", "execDetailsEnd",
    "commissionReport", "pnl", "pnlSingle", "contractDetails", "bondContractDetails", "contractDetailsEnd",
    "securityDefinitionOptionParameter", "securityDefinitionOptionParameterEnd", "historicalData", "historicalDataEnd",
    "tickPrice", "tickSize", "tickString", "tickOptionComputation", "tickSnapshotEnd", "marketDataType", "openOrder",
    "orderStatus", "openOrderEnd", "completedOrder", "completedOrdersEnd", "symbolSamples", "updateAccountValue",
    "updatePortfolio", "accountDownloadEnd", "accountSummary", "accountSummaryEnd", "currentTime", "connectionClosed",
    "tickReqParams", "marketRule",
})
