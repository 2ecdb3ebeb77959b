"""What the kill switch did and could not do, and what a person may do next: try again, close positions, lift it."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.events import TradingLockChanged
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import face_of
from ibdesk.ui.safety import kill_words as words
from ibdesk.ui.safety.kill_questions import CloseThem, let_trade, really_close
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Check, CheckRow, Label

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.kill_switch import KillSwitch
    from ibdesk.ui.bridge import Bridge

Held = tuple[AccountId, Instrument, Decimal]


def show_panel(desk: "Desk", bridge: "Bridge", parent: QWidget) -> None:
    """Open the panel, or bring the open one to the front."""
    window = parent.window()
    while isinstance(window, QDialog) and (above := window.parentWidget()) is not None:
        window = above.window()
    there = next((each for each in window.findChildren(KillPanel) if each.isVisible()), None)
    if there is not None:
        there.raise_()
        there.activateWindow()
        return
    if desk.kill_switch is not None:
        bridge.start("show the kill switch", bridge.ask(KillPanel(desk, bridge, desk.kill_switch, window)))


class KillPanel(QDialog):
    """Follows the switch while it is open, and closes when somebody lifts the lock."""

    def __init__(self, desk: "Desk", bridge: "Bridge", switch: "KillSwitch", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._switch = desk, bridge, switch
        self._held: tuple[Held, ...] | None = None
        self._is_closing = False
        self.setWindowTitle("Trading is stopped")
        self.setMinimumWidth(600)
        self.reason = Label("", tone="muted", wrap=True)
        self.locked = CheckRow("No order may open a position", words.SCOPE, check=Check.GOOD)
        self.orders, self.written, self.positions = CheckRow(""), CheckRow(""), CheckRow("")
        self.again = Button("Cancel again", tip="Ask every account to cancel its working orders once more")
        self.close_all = Button("Close all positions…", tip="A market order for each, after two questions")
        self.ending = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.lift = Button("Lift the lock…")
        self.leave = Button("Close", kind="primary")
        self._stack()
        self.again.clicked.connect(self._try_again)
        self.close_all.clicked.connect(lambda: bridge.start("close all positions", self._close_all(), self.close_all))
        self.lift.clicked.connect(lambda: bridge.start("lift the lock", self._lift(), self.lift))
        self.leave.clicked.connect(self.accept)
        bridge.lock_changed.connect(self._lock_changed)
        bridge.second.connect(self._show_time)
        self.draw()
        bridge.start("read the positions", self._read())

    def draw(self) -> None:
        """Show how it stands."""
        lock, report = self._switch.lock, self._switch.report
        if lock is None:
            return
        now = self._desk.clock()
        self.reason.setText(words.headline(lock, now))
        count = None if self._held is None else len(self._held)
        for row, said in (
            (self.orders, words.orders_said(report)), (self.written, words.written_said(report)),
            (self.positions, words.positions_said(count, report, is_closing=self._is_closing)),
        ):
            row.set(said.check, said.title, said.detail)
        takes_orders = self._desk.orders is not None
        is_busy = report is not None and report.is_cancelling
        self.again.setVisible(takes_orders or (report is not None and report.unwritten is not None))
        self.again.setEnabled(not is_busy)
        self.again.setText("Try again" if report is not None and (report.uncancelled or report.unwritten)
                           else "Cancel again")
        is_done = report is not None and bool(report.closing) and not report.not_closed
        self.close_all.setVisible(takes_orders and bool(count) and not is_done)
        self.close_all.setEnabled(not is_busy and not self._is_closing)
        self.ending.setText(words.ending(lock, now))
        QTimer.singleShot(0, self, self._fit)  # when the rows know their new heights

    def _stack(self) -> None:
        self.orders.row.addWidget(self.again, 0, Qt.AlignmentFlag.AlignVCenter)
        self.positions.row.addWidget(self.close_all, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(10)
        column.addWidget(Label("Trading is stopped", kind=Text.TITLE, bold=True))
        column.addWidget(self.reason)
        column.addSpacing(4)
        for row in (self.locked, self.orders, self.written, self.positions):
            column.addWidget(row)
        column.addSpacing(2)
        column.addWidget(self.ending)
        column.addSpacing(6)
        foot = QHBoxLayout()
        foot.addWidget(self.lift)
        foot.addStretch(1)
        foot.addWidget(self.leave)
        column.addLayout(foot)
        self.leave.setDefault(True)
        self.leave.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its sentences need at this width: a dialog does not follow wrapped labels by itself."""
        column = self.layout()
        assert column is not None  # noqa: S101 - `_stack` made it
        column.activate()
        height = column.totalHeightForWidth(self.width())
        if height != self.minimumHeight():
            self.setMinimumHeight(height)
            self.resize(self.width(), height)

    def _lock_changed(self, event: TradingLockChanged) -> None:
        if event.lock is None:
            self.accept()
        else:
            self.draw()

    def _show_time(self, _now: datetime) -> None:
        if self._switch.lock is None:
            self.accept()
        else:
            self.draw()

    def _try_again(self) -> None:
        report = self._switch.report
        has_trouble = report is not None and (report.uncancelled or report.unwritten is not None)
        work = self._switch.retry() if has_trouble else self._switch.carry_out()
        self._bridge.start("cancel again", work, self.again)

    async def _read(self) -> None:
        self._held = await self._switch.positions()
        self.draw()

    async def _close_all(self) -> None:
        await self._read()
        held, bridge = self._held or (), self._bridge
        face = face_of(self._desk.mode)
        if not held or not await bridge.ask(CloseThem(held, self)):
            return
        if not await bridge.ask(really_close(len(held), face, self)):
            return
        from ibdesk.ui.orders.questions import asker  # it is rarely needed

        self._is_closing = True
        self.draw()
        try:
            await self._switch.flatten(asker(bridge, self))
        finally:
            self._is_closing = False
            self.draw()

    async def _lift(self) -> None:
        lock, report = self._switch.lock, self._switch.report
        if lock is not None and await self._bridge.ask(let_trade(lock, report, self._desk.environment, self)):
            await self._switch.lift()
            self._bridge.say("The lock is lifted: orders may open positions again.")
