"""The library is loaded late, leaves the event loop alone, and works on Qt's too."""

import asyncio
import logging
import subprocess
import sys
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from ibdesk.brokers.tws import seam
from tests.brokers.tws.door import MAIN, at_tws, sent, ticket_for, truth, watching

LOADED_BY_OURS = """
import sys
import ibdesk.brokers.tws.broker, ibdesk.wiring
loaded = {"ib_insync", "ib_async", "eventkit", "nest_asyncio"} & set(sys.modules)
assert not loaded, loaded
"""


def test_importing_our_room_imports_no_library() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_BY_OURS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_loop_is_never_patched() -> None:
    def untouched() -> tuple[Any, ...]:
        loop = asyncio.BaseEventLoop
        return asyncio.run, asyncio.Task, loop.run_until_complete, loop.run_forever

    before = untouched()

    async def scene() -> None:
        async with at_tws() as stage:
            await stage.broker.snapshot(MAIN)

    asyncio.run(scene())
    assert untouched() == before
    assert not hasattr(asyncio, "_nest_patched")


def test_it_works_on_qts_loop(qtbot: QtBot) -> None:
    """Made by hand and set, as the app does: the library asks for the set loop, not for the running one."""
    import qasync

    application = QCoreApplication.instance()
    assert application is not None

    async def scene() -> None:
        async with at_tws() as stage, watching(stage.broker) as watch:
            await sent(stage.broker, await ticket_for(stage.broker), "on Qt's loop")
            await watch.until(lambda: set(truth(stage.service)) <= {
                each.execution.exec_id.rpartition(".")[0] for each in watch.fills if each.commission is not None})
            await stage.service.kill()
            await stage.service.start()
            await watch.until(lambda: not watch.is_up)
            await watch.until(lambda: watch.is_up)

    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    try:
        with loop:
            loop.run_until_complete(scene())
    finally:
        asyncio.set_event_loop(None)


def test_the_librarys_words_end_here(caplog: pytest.LogCaptureFixture) -> None:
    async def load() -> str:
        wire()
        name: str = seam.library().__name__
        return name

    name = asyncio.run(load())
    logging.getLogger(f"{name}.Decoder").error("Error handling fields: DU7654321")
    logging.getLogger(f"{name}.client").error("Peer closed connection")
    assert not [each for each in caplog.records if "DU7654321" in each.getMessage()]
    assert not logging.getLogger(name).propagate


def wire() -> tuple[seam.Wire, dict[str, list[str]], list[Any]]:
    executed: list[Any] = []
    latest: dict[str, list[str]] = {}
    ears = SimpleNamespace(
        hung_up=lambda why: None, failed=lambda text: None, zone=UTC,
        execDetails=lambda number, contract, report: executed.append(report),
    )
    made = seam.Wire(ears, latest, lambda: None)
    wire_ears.append(ears)
    return made, latest, executed


wire_ears: list[Any] = []
EXECUTION = [
    "11", "-1", "3", "265598", "AAPL", "STK", "", "0.0", "", "", "SMART", "USD", "AAPL", "NMS", "a.01.01",
    "20261120 14:30:00 America/New_York", "DU7654321", "ARCA", "BOT", "100", "189.5", "77", "2", "0", "100", "189.5",
    "ours", "", "", "", "2",
]


def test_running_figures_stay_as_they_were_written_and_the_newest_counts() -> None:
    async def scene() -> None:
        made, latest, _ = wire()
        made._interpret(["95", "7", "100", "1.5", "2.5", "1.7976931348623157E308", "1000"])
        made._interpret(["95", "7", "100", "1.6", "2.6", "1.7976931348623157E308", "1001"])
        made._interpret(["95", "8"])
        assert latest == {"7": ["95", "7", "100", "1.6", "2.6", "1.7976931348623157E308", "1001"]}

    asyncio.run(scene())


@pytest.mark.parametrize("time", ["20261120 14:30:00 Mars/Olympus", "20261120  14:30:00", "20261120-14:30:00"])
def test_a_print_with_a_strange_instant_is_not_lost(time: str) -> None:
    async def scene() -> None:
        made, _, executed = wire()
        made.client.decoder.serverVersion = 176
        fields = EXECUTION.copy()
        fields[15] = time
        made._interpret([*fields, "something new at the end"])
        assert executed and executed[0].time.isoformat() == "2026-11-20T14:30:00+00:00"

    asyncio.run(scene())


@pytest.mark.parametrize("fields", [[], [""], ["9999", "x"], ["word"], ["11"], ["61", "3"], ["3", "a", "b"]])
def test_what_cannot_be_read_stops_nothing(fields: list[str]) -> None:
    async def scene() -> None:
        made, latest, executed = wire()
        made._interpret(fields)
        assert (latest, executed) == ({}, [])

    asyncio.run(scene())
