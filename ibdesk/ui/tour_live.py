"""The tour's live view: what moves over TWS, where a figure comes from, and how it looks when the line breaks."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog

from ibdesk.domain.line import LineState
from ibdesk.domain.pnl import PnlKey
from ibdesk.ui.models.live_columns import REALIZED
from ibdesk.ui.pages.portfolio.page import Portfolio

if TYPE_CHECKING:
    from ibdesk.services.live_pnl import LivePnl
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.tour_doctor import Guide

SMALL, LARGE = QSize(1280, 800), QSize(1920, 1080)
#: What is left behind, each in both themes.
PICTURES = ("live-up", "live-all-accounts", "live-large", "live-explain", "live-broker-lost", "live-disconnected")


async def visit_the_live_view(guide: "Guide", bridge: "Bridge") -> None:
    """From moving figures to a line that is gone, and back."""
    guide.resize(SMALL)
    page, live = await _enter(guide)
    await _see_it_move(guide, bridge, page, live)
    await _see_it_break(guide, page, live)
    page.show_tab("positions")


async def _enter(guide: "Guide") -> "tuple[Portfolio, LivePnl]":
    guide.view.run("live")
    await guide.happens(lambda: isinstance(guide.view.page("portfolio"), Portfolio), "Portfolio opens")
    page, live = guide.view.page("portfolio"), guide.desk.live_pnl
    assert isinstance(page, Portfolio) and live is not None  # noqa: S101 - it was waited for; the demo has a TWS
    await guide.happens(lambda: live.line.state is LineState.UP, "TWS tells what is held")
    await guide.happens(lambda: page.live.table.count() > 0, "the live positions are listed")
    return page, live


async def _see_it_move(guide: "Guide", bridge: "Bridge", page: Portfolio, live: "LivePnl") -> None:
    traded = _traded(page, live)
    await guide.happens(
        lambda: all(row.told is not None for row in live.book.shown if row.quantity), "every position has its figures")
    if traded is not None:
        page.live.table.choose(traded)
    await guide.shoot("live-up")
    guide.resize(LARGE)
    await guide.shoot("live-large")
    guide.resize(SMALL)
    chosen = bridge.selected
    bridge.select(None)
    await guide.shoot("live-all-accounts")
    bridge.select(chosen)
    row = page.live.table.live.row_at(page.live.table.currentIndex().row())
    page.live.explain_cell(row, REALIZED)
    dialog = page.live.findChild(QDialog)
    assert dialog is not None  # noqa: S101 - it was just opened
    await guide.shoot("live-explain", dialog)
    dialog.close()


async def _see_it_break(guide: "Guide", page: Portfolio, live: "LivePnl") -> None:
    guide.view.run("fault:tws: lose the broker")
    await guide.happens(lambda: live.line.state is LineState.BROKER_LOST, "TWS has lost the broker, and says so")
    await guide.shoot("live-broker-lost")
    guide.view.run("fault:tws: close")
    await guide.happens(lambda: "answers" in live.line.reason, "TWS is closed, and looked for again")
    await guide.shoot("live-disconnected")
    guide.view.run("fault:heal")
    await guide.happens(lambda: live.line.state is LineState.UP, "TWS is back, and so are the figures")
    await guide.happens(lambda: page.live.strip.lamp.tone == "gain", "the view says that it is live")


def _traded(page: Portfolio, live: "LivePnl") -> PnlKey | None:
    """A position of the list whose prints realised most, one way or the other; else one that was traded."""
    rows = [row for row in live.book.shown if row.fills and page.live.table.live.line_of(row.key) is not None]
    return max(rows, key=lambda row: (row.quantity != 0, abs(row.realized))).key if rows else None
