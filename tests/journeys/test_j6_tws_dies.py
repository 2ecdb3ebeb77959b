"""J6 at the socket: TWS dies under an open window and returns, and the broker behind it is lost and comes back."""

from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from ibdesk.domain.line import LineState
from ibdesk.domain.orders import Side
from tests.journeys.hands import happens, run
from tests.journeys.tws_window import LiveScene, live_window


def test_tws_dies_and_returns_and_what_was_traded_meanwhile_is_there_once(
    loop: qasync.QEventLoop, dressed: QApplication, tmp_path: Path
) -> None:
    async def journey() -> None:
        async with live_window(dressed, tmp_path) as scene:
            await it_dies(scene)
            scene.trade("AAPL", 4)
            scene.trade("AAPL", 2, Side.BUY)
            await it_returns(scene)
            await the_broker_is_lost(scene)

    run(loop, journey())


async def it_dies(scene: LiveScene) -> None:
    """In the middle of a message; and nobody answers after it."""
    scene.service.faults.drop_mid_message(rude=True)
    await happens(lambda: scene.live.line.state is not LineState.UP, "the line is missed")
    await scene.service.kill()
    await happens(lambda: scene.live.line.state is LineState.DOWN, "the line is down")
    strip = scene.view.strip
    await happens(lambda: strip.text.text().startswith("Not connected"), "the strip says so")
    await happens(lambda: scene.view.table.live.is_dimmed, "everything shown is visibly old")
    await happens(lambda: scene.live.line.retry_at is not None, "it says when it tries again")
    await happens(lambda: "Try again in" in strip.detail.text() or "Trying" in strip.detail.text(), "in the strip, too")
    assert all(row.quantity for row in scene.live.book.shown if not row.fills), "what was known stays on screen"


async def it_returns(scene: LiveScene) -> None:
    """Nobody presses anything."""
    quantity, known = scene.row("AAPL").quantity, len(scene.row("AAPL").fills)
    await scene.service.start()
    await scene.is_up()
    await happens(lambda: scene.is_true("AAPL"), "prints of the outage are there, each once, with cost and profit")
    assert len(scene.row("AAPL").fills) == known + 2
    assert scene.row("AAPL").quantity == quantity - 2
    await scene.check_stored("AAPL")
    await happens(lambda: not scene.view.table.live.is_dimmed, "the figures are fresh again")
    await happens(lambda: scene.view.strip.text.text() == "Live", "the strip says so")


async def the_broker_is_lost(scene: LiveScene) -> None:
    """The socket stands, and says nothing of what is traded until it is asked."""
    scene.service.faults.broker_lost()
    await happens(lambda: scene.live.line.state is LineState.BROKER_LOST, "the broker is missed")
    await happens(lambda: scene.view.table.live.is_dimmed, "everything shown is visibly old")
    known = len(scene.row("AAPL").fills)
    scene.trade("AAPL", 1)
    scene.service.faults.broker_back(lost=True)
    await scene.is_up()
    await happens(lambda: len(scene.row("AAPL").fills) == known + 1 and scene.is_true("AAPL"), "the print is there")
    await scene.check_stored("AAPL")
