"""THE crossing between asyncio and Qt: slots become tasks, domain events become signals, dialogs become awaitables.

The only file that imports both (app.py, which builds the loop, is the exception). What a page may rely on:

- `start(name, work, busy=widget)` runs a coroutine; a DeskError it raises appears in the window's one notice area.
- `await ask(dialog)` opens a dialog and waits; `exec()` would nest a second loop inside the one asyncio runs on.
- every signal below carries a frozen value from `domain.events` and comes at most 60 times a second. Accounts, quotes,
  P&L, the request budget and call counts are coalesced, the newest value of each key wins; the rare kinds (session,
  sync, connection, settings, notice …) are all delivered, in order.
- `second` passes once a second while the desk is on screen, and not at all while it is hidden or locked; it carries
  the desk's own time. Whatever counts down or shows an age listens to it instead of keeping a timer.
- `selected` is the account the person looks at (None: all accounts); `selection_changed` tells when it changes.
- `ticket_wanted.emit(ticket, order)` opens a prefilled `OrderTicket` in the Trade room, where a person looks it over
  and sends it; with an `Order` it is what that order is to be changed to. `instrument_wanted.emit(conid)` shows an
  instrument and its options there.
- `command.emit("sync")` asks the window for one of its commands by name (`ui.commands`), e.g. "connect", "sign-in",
  "sync", "lock", "room:settings". `setting_wanted` tells the Settings room which setting somebody looked up.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import (
    AccountChanged,
    ArmingChanged,
    BackupDone,
    CallsLogged,
    ConnectionLost,
    ConnectionRestored,
    Event,
    FillsArrived,
    GatewayChanged,
    LineChanged,
    LinkChanged,
    Notice,
    OrdersChanged,
    PnlBookChanged,
    PnlChanged,
    QuotesChanged,
    RateChanged,
    SessionChanged,
    SessionEnding,
    SettingsChanged,
    SyncChanged,
    TimeJumped,
    TradingLockChanged,
    WentAway,
)

if TYPE_CHECKING:
    from ibdesk.services.hub import Hub
    from ibdesk.services.tasks import Tasks

log = logging.getLogger(__name__)

#: One frame of a 60 Hz screen, in milliseconds.
FRAME_MS = 16


class Bridge(QObject):
    """The one door between views and services."""

    account_changed = Signal(object)
    session_changed = Signal(object)
    sync_changed = Signal(object)
    quotes_changed = Signal(object)
    pnl_changed = Signal(object)
    rate_changed = Signal(object)
    calls_changed = Signal(object)
    connection_changed = Signal(object)
    session_ending = Signal(object)
    link_changed = Signal(object)
    went_away = Signal(object)
    time_jumped = Signal(object)
    gateway_changed = Signal(object)
    backup_done = Signal(object)
    orders_changed = Signal(object)
    fills_arrived = Signal(object)
    lock_changed = Signal(object)
    arming_changed = Signal(object)
    line_changed = Signal(object)
    pnl_book_changed = Signal(object)
    second = Signal(object)
    settings_changed = Signal(object)
    notice = Signal(object)
    mistake = Signal(str)
    selection_changed = Signal(object)
    command = Signal(str)
    setting_wanted = Signal(str)
    ticket_wanted = Signal(object, object)
    instrument_wanted = Signal(object)

    def __init__(self, tasks: "Tasks", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._tasks.on_failure = self.failed
        self._hub_ends: list[Callable[[], None]] = []
        self._frame = _Frame(self._deliver, self)
        self._waiting: dict[object, Event] = {}
        self._busy: dict[QWidget, int] = {}
        self._left_focus: dict[QWidget, QWidget | None] = {}
        self._selected: AccountId | None = None

    def listen(self, hub: "Hub") -> None:
        """Turn what this hub publishes into signals, until `deafen`."""
        for kind in _SIGNALS:
            self._hub_ends.append(hub.subscribe(kind, self._heard))

    def deafen(self) -> None:
        """Hear nothing more and drop what was not yet delivered."""
        for end in self._hub_ends:
            end()
        self._hub_ends.clear()
        self._waiting.clear()

    @property
    def selected(self) -> AccountId | None:
        """The account being looked at; None is all accounts."""
        return self._selected

    def select(self, account: AccountId | None) -> None:
        """Look at another account."""
        if account != self._selected:
            self._selected = account
            self.selection_changed.emit(account)

    def start(self, name: str, work: Coroutine[Any, Any, Any], busy: QWidget | None = None) -> None:
        """Run `work` in the background; `busy` is disabled meanwhile, then gets its focus back if nobody moved it."""
        task = self._tasks.start(name, work)
        if busy is not None:
            release = self._hold(busy)
            task.add_done_callback(lambda _done: release())

    async def ask(self, dialog: QDialog) -> bool:
        """Open a dialog and wait for its answer. Read its fields before the next await: it is deleted after that."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def answered(code: int) -> None:
            if not answer.done():
                answer.set_result(code)

        dialog.finished.connect(answered)
        dialog.destroyed.connect(lambda: answered(0))
        dialog.open()
        try:
            return await answer == QDialog.DialogCode.Accepted.value
        finally:
            if isValid(dialog):
                dialog.finished.disconnect(answered)
                dialog.hide()
                dialog.deleteLater()

    def failed(self, name: str, error: BaseException) -> None:
        """Show why a piece of work stopped: a DeskError as itself, anything else as our mistake."""
        if isinstance(error, DeskError):
            self._heard(Notice(error=error))
            return
        log.error("work failed name=%s", name, exc_info=error)
        kind = type(error).__name__
        self.mistake.emit(f"ibdesk made a mistake in “{name}” ({kind}). It is written to the log.")

    def say(self, text: str) -> None:
        """Tell the person good news in the notice area."""
        self._heard(Notice(text=text))

    def _heard(self, event: Event) -> None:
        key = _key(event)
        self._waiting[key] = _merged(self._waiting.pop(key, None), event)
        self._frame.ask()

    def _deliver(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for event in waiting.values():
            getattr(self, _SIGNALS[type(event)]).emit(event)

    def _hold(self, widget: QWidget) -> Callable[[], None]:
        had_focus = widget.hasFocus()
        self._busy[widget] = self._busy.get(widget, 0) + 1
        widget.setEnabled(False)
        if had_focus:
            self._left_focus[widget] = QApplication.focusWidget()

        def release() -> None:
            self._busy[widget] -= 1
            if self._busy[widget]:
                return
            del self._busy[widget]
            if isValid(widget):
                widget.setEnabled(True)
                if widget in self._left_focus and self._left_focus[widget] is QApplication.focusWidget():
                    widget.setFocus()
            self._left_focus.pop(widget, None)

        return release


_SIGNALS: dict[type[Any], str] = {
    AccountChanged: "account_changed", SessionChanged: "session_changed", SyncChanged: "sync_changed",
    QuotesChanged: "quotes_changed", PnlChanged: "pnl_changed", RateChanged: "rate_changed",
    CallsLogged: "calls_changed", ConnectionLost: "connection_changed", ConnectionRestored: "connection_changed",
    SettingsChanged: "settings_changed", Notice: "notice", SessionEnding: "session_ending",
    LinkChanged: "link_changed", WentAway: "went_away", TimeJumped: "time_jumped", GatewayChanged: "gateway_changed",
    BackupDone: "backup_done", OrdersChanged: "orders_changed", FillsArrived: "fills_arrived",
    TradingLockChanged: "lock_changed", ArmingChanged: "arming_changed",
    LineChanged: "line_changed", PnlBookChanged: "pnl_book_changed",
}


def _key(event: Event) -> object:
    """What a newer event replaces: events with the same key are one signal a frame."""
    match event:
        case AccountChanged(account=account, source=source):
            return AccountChanged, account, source
        case PnlChanged(pnl=pnl):
            return PnlChanged, pnl.account
        case QuotesChanged() | RateChanged() | CallsLogged():
            return type(event)
        case PnlBookChanged(source=source):
            return PnlBookChanged, source
        case _:
            return object()


def _merged(older: Event | None, newer: Event) -> Event:
    """Quotes are the newest of each instrument, counts are added; of the rest the newer one is the truth."""
    match older, newer:
        case QuotesChanged(quotes=before), QuotesChanged(quotes=after):
            quotes = {quote.conid: quote for quote in (*before, *after)}
            return replace(newer, quotes=tuple(quotes.values()))
        case CallsLogged(count=before_count), CallsLogged(count=after_count):
            return replace(newer, count=before_count + after_count)
        case _:
            return newer


class _Frame(QObject):
    """A frame clock that sleeps when nobody asks: the first ask after a rest is answered at once, then at 60 Hz."""

    def __init__(self, draw: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._draw = draw
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)

    def ask(self) -> None:
        if self._timer.isActive():
            return
        rested = self._since.elapsed() if self._since.isValid() else FRAME_MS
        self._timer.start(int(max(0, FRAME_MS - rested)))

    def _tick(self) -> None:
        self._since.start()
        self._draw()
