"""One open desk in its frame: which event changes which part of the frame, and what every command does."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.calls import RateState
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    ConnectionRestored,
    LinkChanged,
    Notice,
    RateChanged,
    SessionChanged,
    SettingsChanged,
    SyncChanged,
)
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import face_of
from ibdesk.domain.orders import Order, OrderTicket
from ibdesk.ui import theme
from ibdesk.ui.commands import Command, Palette
from ibdesk.ui.frame import last_time, wording
from ibdesk.ui.frame.badges import OrdersBadge
from ibdesk.ui.frame.catalogue import commands_of, trade_commands
from ibdesk.ui.frame.header import Header
from ibdesk.ui.frame.notices import NoticeArea
from ibdesk.ui.frame.rail import Rail
from ibdesk.ui.frame.repairs import Repairs
from ibdesk.ui.frame.room_stack import PageFactory, RoomStack
from ibdesk.ui.frame.status import StatusLine
from ibdesk.ui.modes.selector import ModeSelector
from ibdesk.ui.rooms import ROOMS
from ibdesk.ui.safety.kill import KillButton, KillKey, ask_and_press
from ibdesk.ui.safety.kill_strip import KillStrip
from ibdesk.ui.session.face import SessionFace
from ibdesk.ui.session.wording import is_expected
from ibdesk.ui.widgets import line

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Below this width the rail shows icons only.
NARROW_BELOW = 1100
APPEARANCE = frozenset({"theme", "colour_blind", "dense_rows", "discreet"})

class DeskView(QWidget):
    """The frame of one desk. `wanted(name)` are the commands only the application can do (lock, connect, mode:…);
    `retitled(text)` is what the window's title should say after the name."""

    wanted = Signal(str)
    retitled = Signal(str)

    def __init__(self, desk: "Desk", bridge: "Bridge", pages: PageFactory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._accounts: tuple[AccountId, ...] = ()
        self._ages: dict[AccountId, datetime] = {}
        self._session = desk.session.session if desk.session is not None else None
        self._rate: RateState | None = None
        self._syncing: str | None = None
        self._sync_failed = False
        self.room = ""
        self.header, self.rail, self.status = Header(), Rail(), StatusLine()
        self.notices = NoticeArea(desk.clock)
        self._repairs = Repairs(desk, bridge, self, self.status.demo)
        self.stack = RoomStack(pages)
        self.palette_box = Palette(self)
        self.session = SessionFace(desk, bridge, self, self.header.session, self.run)
        self.modes = ModeSelector(desk, bridge, self, self.header.mode, self.run)
        self.stopped, self.kill_key = KillStrip(desk, bridge), KillKey(desk, bridge, self)
        self.header.add_control(KillButton(desk, bridge, is_brief=True))
        self._second = QTimer(self)
        self._second.setSingleShot(True)
        self._second.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one is early, and then rings twice a second
        self._second.timeout.connect(self._tick)
        self._lay_out()
        self._connect()
        self.header.show_mode(desk.mode)
        self.status.demo.show_faults(desk.faults)
        self._show_accounts()
        OrdersBadge(desk, bridge, self.rail.buttons["orders"])
        self.refresh()

    def open_room(self, key: str) -> None:
        """Show a room; its page is built on first entry."""
        if key != self.room:
            self.notices.forget_news()
        self.room = key
        self.rail.show_room(key)
        self.stack.enter(key)
        last_time.keep_room(key)

    @property
    def title(self) -> str:
        """What the window's title says after the name: mode and account."""
        which = self._bridge.selected or ("All accounts" if self._accounts else "")
        return " · ".join(part for part in (face_of(self._desk.mode).word.upper(), which) if part)

    def run(self, name: str) -> None:
        """Do the command of this name; what the frame cannot do goes to the application."""
        found = next((command for command in self.commands() if command.name == name), None)
        if found is not None:
            found.run()
        else:
            self.wanted.emit(name)

    def commands(self) -> tuple[Command, ...]:
        """Everything that can be done now."""
        return commands_of(self, self._desk, self._bridge, self._accounts)

    def open_palette(self) -> None:
        """Search and run commands."""
        if self.palette_box.isVisible():
            self.palette_box.shut()
        else:
            self.palette_box.open(self.commands(), partial(trade_commands, self))

    def want(self, name: str) -> None:
        """Ask the application."""
        self.wanted.emit(name)

    def open_setting(self, name: str) -> None:
        """Show one setting in its room."""
        self.open_room("settings")
        self.stack.once_built("settings", lambda _page: self._bridge.setting_wanted.emit(name))

    def open_tab(self, room: str, tab: str) -> None:
        """Show one tab of a room that has tabs."""
        self.open_room(room)
        self.stack.once_built(room, lambda page: page.show_tab(tab))  # type: ignore[attr-defined]

    def trade(self, text: str) -> None:
        """Show the options of a symbol in the Trade room, or put the option that is written into its ticket."""
        self.open_room("trade")
        self.stack.once_built("trade", lambda page: page.search(text))  # type: ignore[attr-defined]

    def open_session(self) -> None:
        """The session's truth, below its pill; without an account, the wizard that connects one."""
        if self._session is None:
            self.run("connect")
        else:
            self.session.toggle_panel()

    def stop_trading(self) -> None:
        """Press the kill switch: nothing is asked before."""
        ask_and_press(self._desk, self._bridge, self)

    def show_away(self) -> None:
        """What the last outage hid."""
        self.session.show_away()

    def start_gateway(self) -> None:
        """Start the gateway's program; in the demo, heal what was broken."""
        self._repairs.start_gateway()

    def break_demo(self, name: str) -> None:
        """Set off one of the demo's faults, or heal them all."""
        self._repairs.break_demo(name)

    def page(self, key: str) -> QWidget:
        """The room's widget as it is now."""
        return self.stack.page(key)

    async def load(self) -> None:
        """Read the accounts and the age of what is stored, then open the last room."""
        self._accounts = tuple(account.id for account in await self._desk.book.accounts())
        self._ages.update({page.account.id: page.received_at for page in await self._desk.book.pages()})
        self._bridge.select(self._first_account())
        self._show_accounts()
        self.refresh()
        self.open_room(last_time.room())

    def refresh(self) -> None:
        """Say again what time changes: ages, countdowns, the clock."""
        now, link = self._desk.clock(), self.session.link
        boxed = self._rate.boxed_until if self._rate is not None else None
        self.header.show_session(
            wording.session_words(self._session, now, link, boxed),
            can_try=wording.is_searched(self._session, link, now) and (boxed is None or boxed <= now))
        self._show_sync(now)
        self._show_gateway(now)
        self.status.show_market(wording.market_words(self._desk.calendar, now))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.status.show_database(wording.database_words(self._desk.database_bytes()))
        self.session.refresh()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._second.stop()
        self.session.popover.shut()
        self.session.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(event.size().width() < NARROW_BELOW)
        self.status.show_database(wording.database_words(self._desk.database_bytes()))
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.notices.clear()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.notices)
        middle.addWidget(self.session.away)
        middle.addWidget(self.stack, 1)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.rail)
        across.addWidget(line(vertical=True))
        across.addLayout(middle, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(line())
        column.addWidget(self.stopped)
        column.addWidget(self.session.strip)
        column.addLayout(across, 1)
        column.addWidget(line())
        column.addWidget(self.status)

    def _connect(self) -> None:
        header, bridge = self.header, self._bridge
        self.rail.entered.connect(self.open_room)
        header.search_pressed.connect(self.open_palette)
        header.sync_pressed.connect(partial(self.run, "sync"))
        header.session_pressed.connect(self.open_session)
        header.try_pressed.connect(partial(self.run, "try-now"))
        header.lock_pressed.connect(partial(self.run, "lock"))
        header.account_wanted.connect(bridge.select)
        header.mode_pressed.connect(self.modes.toggle)
        self.notices.command.connect(self.run)
        self.status.demo.wanted.connect(self.break_demo)
        for signal, slot in (
            (bridge.session_changed, self._session_changed), (bridge.sync_changed, self._sync_changed),
            (bridge.rate_changed, self._rate_changed), (bridge.account_changed, self._account_changed),
            (bridge.connection_changed, self._connection_changed), (bridge.settings_changed, self._settings_changed),
            (bridge.selection_changed, self._selection_changed), (bridge.notice, self.notices.show_notice),
            (bridge.mistake, self.notices.show_mistake), (bridge.command, self.run),
            (bridge.link_changed, self._link_changed), (bridge.ticket_wanted, self._ticket_wanted),
            (bridge.instrument_wanted, self._instrument_wanted),
        ):
            signal.connect(slot)
        for number, room in enumerate(ROOMS, start=1):
            self._shortcut(f"Ctrl+{number}", partial(self.open_room, room.key))
        for keys, name in (("F5", "sync"), ("Ctrl+R", "sync"), ("Ctrl+L", "lock")):
            self._shortcut(keys, partial(self.run, name))
        self._shortcut("Ctrl+K", self.open_palette)

    def _shortcut(self, keys: str, run: Callable[[], None]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(run)

    def _ticket_wanted(self, ticket: OrderTicket, changes: Order | None) -> None:
        self.open_room("trade")
        self.stack.once_built("trade", lambda page: page.take(ticket, changes))  # type: ignore[attr-defined]

    def _instrument_wanted(self, conid: Conid) -> None:
        self.open_room("trade")
        self.stack.once_built("trade", lambda page: page.show_underlying(conid))  # type: ignore[attr-defined]

    def _first_account(self) -> AccountId | None:
        wanted = self._desk.preferences.sourced.settings.account_id
        return AccountId(wanted) if wanted in self._accounts else last_time.account(self._accounts)

    def _account_changed(self, event: AccountChanged) -> None:
        if event.source is self._desk.book.source:
            self._ages[event.account] = self._desk.clock()
        if event.account not in self._accounts:
            self._bridge.start("accounts", self._reload_accounts())
        self.status.show_database(wording.database_words(self._desk.database_bytes()))
        self.refresh()

    async def _reload_accounts(self) -> None:
        knew_none = not self._accounts
        self._accounts = tuple(account.id for account in await self._desk.book.accounts())
        if knew_none:
            self._bridge.select(self._first_account())
        self._show_accounts()

    def _session_changed(self, event: SessionChanged) -> None:
        self._session = event.session
        if event.session.is_ready:
            self.notices.forget()
        self.refresh()

    def _sync_changed(self, event: SyncChanged) -> None:
        if event.source is not self._desk.book.source:
            return
        self._syncing = (event.stage or "") if event.finished_at is None else None
        if event.finished_at is not None:
            self._sync_failed = event.error is not None
        self._show_sync(self._desk.clock())

    def _rate_changed(self, event: RateChanged) -> None:
        before, self._rate = self._rate, event.rate
        until = event.rate.boxed_until
        if until is not None and (before is None or before.boxed_until != until) and until > self._desk.clock():
            self.notices.show_notice(Notice(error=wording.boxed(until)))
        self._show_gateway(self._desk.clock())

    def _show_sync(self, now: datetime) -> None:
        words = wording.sync_words(self._age(), now, running=self._syncing, failed=self._sync_failed)
        self.header.show_sync(words)

    def _show_gateway(self, now: datetime) -> None:
        self.status.show_gateway(wording.gateway_words(
            self._desk.gateway_url, self._session, self._rate, is_expected=is_expected(self.session.link, now)))
        budget = self._desk.preferences.sourced.settings.request_budget
        self.status.show_rate(wording.rate_words(self._rate, budget, now))

    def _connection_changed(self, event: ConnectionLost | ConnectionRestored) -> None:
        if isinstance(event, ConnectionRestored):
            self.notices.forget()
        self.refresh()

    def _link_changed(self, event: LinkChanged) -> None:
        if event.is_up:
            self.notices.forget()
        self.refresh()

    def _settings_changed(self, event: SettingsChanged) -> None:
        app = QApplication.instance()
        if APPEARANCE.intersection(event.names) and isinstance(app, QApplication):
            environment = face_of(self._desk.mode).environment
            theme.apply(app, theme.theme_of(self._desk.preferences.sourced.settings, environment))

    def _selection_changed(self, account: AccountId | None) -> None:
        last_time.keep_account(account, self._accounts)
        self._show_accounts()
        self.refresh()

    def _show_accounts(self) -> None:
        self.header.show_accounts(self._accounts, self._bridge.selected)
        self.retitled.emit(self.title)

    def _age(self) -> datetime | None:
        """When what is shown was received; of all accounts the oldest, for the whole is as old as its oldest part."""
        if self._bridge.selected is not None:
            return self._ages.get(self._bridge.selected)
        return min(self._ages.values(), default=None)

    def _tick(self) -> None:
        self.refresh()
        if self.isVisible():
            now = self._desk.clock()
            self._bridge.second.emit(now)
            self._second.start(1005 - now.microsecond // 1000)
