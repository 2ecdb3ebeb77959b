"""J2: from a message on the socket of TWS to a figure in the window: what is held, what moves, what is traded."""

from decimal import Decimal
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from ibdesk.domain.events import FillsArrived, PnlBookChanged
from ibdesk.domain.orders import Side
from ibdesk.ui import format as fmt
from ibdesk.ui.models.live_columns import REALIZED, UNREALIZED
from tests.journeys.hands import happens, run
from tests.journeys.tws_window import LiveScene, live_window
from tests.services.workshop import MAIN, Heard


def test_positions_move_and_a_print_is_stored_shown_and_leads_back_to_what_made_it(
    loop: qasync.QEventLoop, dressed: QApplication, tmp_path: Path
) -> None:
    async def journey() -> None:
        async with live_window(dressed, tmp_path) as scene:
            await everything_held_is_listed(scene)
            await figures_move(scene)
            await a_print_arrives(scene)
            await a_print_is_corrected(scene)

    run(loop, journey())


async def everything_held_is_listed(scene: LiveScene) -> None:
    held = {each.listing.conid for each in scene.service.floor.figures(MAIN).holdings if each.quantity}
    await happens(lambda: {conid for _, conid in scene.view.table.live.listed()} >= held, "all that is held is listed")
    await happens(
        lambda: all(row.told is not None for row in scene.live.book.shown if row.quantity), "each with its figures"
    )
    assert scene.view.strip.text.text() == "Live"


async def figures_move(scene: LiveScene) -> None:
    """The broker's own figure stands in the cell, and another one a moment later."""
    column = scene.view.table.live.columns.index(UNREALIZED)
    before, first = scene.row("AAPL").unrealized, scene.shown("AAPL", column)
    await happens(lambda: scene.row("AAPL").unrealized != before, "the figure moves")
    await happens(lambda: scene.shown("AAPL", column) != first, "and is drawn")
    assert scene.row("AAPL").unrealized is not None
    totals = scene.view.cards.figures["unrealized"].value
    await happens(lambda: totals.text() not in ("", "—"), "the total is there")


async def a_print_arrives(scene: LiveScene) -> None:
    heard = Heard(scene.desk.hub, FillsArrived, PnlBookChanged)
    quantity, known = scene.row("AAPL").quantity, len(scene.row("AAPL").fills)
    scene.trade("AAPL", 10)
    await happens(lambda: scene.row("AAPL").quantity == quantity - 10, "the position is smaller")
    await happens(lambda: scene.is_true("AAPL"), "print, commission and profit are the broker's")
    assert len(scene.row("AAPL").fills) == known + 1
    await scene.check_stored("AAPL")
    kinds = [type(each) for each in heard.events if isinstance(each, FillsArrived) or _has_print(each, known)]
    assert kinds[0] is FillsArrived, "what is shown was stored before"
    column = scene.view.table.live.columns.index(REALIZED)
    told = fmt.signed(scene.row("AAPL").realized)
    await happens(lambda: scene.shown("AAPL", column) == told, "the realised figure is drawn")
    scene.view.table.choose(scene.row("AAPL").key)
    below = scene.view.executions
    await happens(lambda: below.model.rowCount() == known + 1, "the row leads to its prints")
    assert "commission report" in below.sum.text()


def _has_print(event: object, known: int) -> bool:
    if not isinstance(event, PnlBookChanged):
        return False
    return any(len(row.fills) > known for row in event.book.shown if row.instrument.label == "AAPL")


async def a_print_is_corrected(scene: LiveScene) -> None:
    """And told twice, with a commission before its print: each counts once."""
    count = len(scene.row("AAPL").fills)
    scene.service.faults.correct_execution("201.37")
    await happens(lambda: Decimal("201.37") in {each.execution.price for each in scene.row("AAPL").fills}, "corrected")
    await happens(lambda: scene.is_true("AAPL"), "what it realised is told anew")
    scene.service.faults.double_executions(1)
    scene.service.faults.double_commissions(1)
    scene.trade("AAPL", 3, Side.BUY)
    await happens(lambda: len(scene.row("AAPL").fills) == count + 1 and scene.is_true("AAPL"), "each counts once")
    await scene.check_stored("AAPL")
