"""Keeps a room's `View` current: reads the stored book first, then follows what the bridge tells."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ibdesk.domain.accounts import AccountId, newest_pnl
from ibdesk.domain.compliance.granted import granted_level, own_level
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.errors import DeskError, Refused
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    ConnectionRestored,
    LinkChanged,
    PnlChanged,
    QuotesChanged,
    SessionChanged,
    SettingsChanged,
    SyncChanged,
)
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.records import Credentials
from ibdesk.ui.models.view import View

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class BookView(QObject):
    """The account room's eyes. `changed`: draw the view anew; `figures_changed`: only the running figures;
    `quotes_changed` carries quotes; `aged`: a second passed, told only while a room is on screen."""

    changed = Signal()
    figures_changed = Signal()
    quotes_changed = Signal(object)
    aged = Signal()

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        # What stopped a sync before this room was built.
        last = desk.sync.last if desk.sync is not None else None
        before: dict[AccountId | None, DeskError] = {}
        if last is not None and last.error is not None:
            before[None] = last.error
        link = desk.reconnect.state if desk.reconnect is not None else None
        is_up = link is not None and link.is_up
        self.view = View(chosen=bridge.selected, failures=before, link=link, was_up=is_up)
        self._awake: set[QWidget] = set()
        self._is_reading = False
        self._read_again = False
        self._asked: set[Conid] = set()
        bridge.second.connect(self._second_passed)
        bridge.account_changed.connect(self._account_changed)
        bridge.selection_changed.connect(self._selection_changed)
        bridge.sync_changed.connect(self._sync_changed)
        bridge.connection_changed.connect(self._connection_changed)
        bridge.link_changed.connect(self._link_changed)
        bridge.session_changed.connect(self._session_changed)
        bridge.pnl_changed.connect(self._pnl_changed)
        bridge.quotes_changed.connect(self._quotes_changed)
        bridge.settings_changed.connect(self._settings_changed)

    @classmethod
    def of(cls, desk: "Desk", bridge: "Bridge") -> "BookView":
        """The one that all rooms of this desk share, so that the book is read once."""
        for found in bridge.findChildren(cls):
            if found._desk is desk:
                return found
            found.setParent(None)
            found.deleteLater()
        return cls(desk, bridge, bridge)

    @property
    def now(self) -> datetime:
        return self._desk.clock()

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The newest quotes that are known, for a table that was not there when they came."""
        return tuple(self._desk.live.quotes.values()) if self._desk.live is not None else ()

    def wake(self, room: QWidget) -> None:
        """A room came on screen: count the seconds, and read the book if nobody did."""
        if not room.isVisible():
            return
        self._awake.add(room)
        if not self.view.is_read:
            self.read()

    def rest(self, room: QWidget) -> None:
        """A room left the screen; when none is left, ages need no counting."""
        self._awake.discard(room)

    def read(self) -> None:
        """Read the stored book; asking while it is being read reads it once more after."""
        if self._is_reading:
            self._read_again = True
            return
        with suppress(Refused):  # a room that is built while the desk closes has nothing more to read
            self._bridge.start("read the book", self._read())
            self._is_reading = True

    def sync(self) -> None:
        """Ask the window for a sync, as F5 does."""
        self._bridge.command.emit("sync")

    async def _read(self) -> None:
        try:
            accounts = await self._desk.book.accounts()
            pages = await self._desk.book.pages()
            known = await self._credentials()
            day_trading = self._desk.day_trading
            standings = {} if day_trading is None else {
                page.account.id: await day_trading.of(page) for page in pages
            }
        finally:
            self._is_reading = False
        settings = self._desk.preferences.sourced.settings
        promise = timedelta(seconds=float(settings.sync_interval))
        broker = policies_at(self.now.astimezone(NEW_YORK).date()).broker.id
        levels = {
            page.account.id: granted_level(
                broker, settings, entered=known.options_level_of(page.account.id) if known else None
            )
            for page in pages
        }
        live = self._desk.live
        if live is not None:
            pages = tuple(
                replace(page, pnl=newest_pnl(page.pnl, live.pnl.get(page.account.id))) for page in pages
            )
        self._show(replace(
            self.view, is_read=True, accounts=accounts, all_pages=pages, promise=promise,
            levels=levels, own_level=own_level(settings), opened_with=known.account if known else None,
            day_trading=standings, compared=await self._desk.book.compared(pages),
        ))
        self._ask_trends()
        if self._read_again:
            self._read_again = False
            self.read()

    async def _credentials(self) -> Credentials | None:
        """How this environment is reached, as the person entered it."""
        found = await self._desk.preferences.credentials()
        return next((each for each in found if each.environment is self._desk.environment), None)

    def _ask_trends(self) -> None:
        """Closes for the trend column of instruments that have none yet; each is asked for once."""
        wanted = {row.position.instrument.conid for row in self.view.rows if not row.trend} - self._asked
        if self._desk.market is not None and wanted:
            self._asked |= wanted
            self._bridge.start("trends", self._trends(sorted(wanted)))

    async def _trends(self, conids: list[Conid]) -> None:
        assert self._desk.market is not None  # noqa: S101 - asked before starting
        try:
            found = await self._desk.market.trends(conids)
        except DeskError:
            # The column says that it has no history; the next sync asks again. The call itself is in the audit log.
            self._asked -= set(conids)
            return
        pages = tuple(
            replace(page, rows=tuple(
                replace(row, trend=found[row.position.instrument.conid])
                if not row.trend and row.position.instrument.conid in found else row
                for row in page.rows
            ))
            for page in self.view.all_pages
        )
        self._show(replace(self.view, all_pages=pages))

    def _show(self, view: View) -> None:
        if view != self.view:
            self.view = view
            self.changed.emit()

    def _selection_changed(self, chosen: AccountId | None) -> None:
        self._show(replace(self.view, chosen=chosen))

    def _second_passed(self, _now: datetime) -> None:
        if self._awake:
            self.aged.emit()

    def _settings_changed(self, _event: SettingsChanged) -> None:
        self.read()

    def _account_changed(self, event: AccountChanged) -> None:
        if event.source is self._desk.book.source:
            self.read()
        elif self.view.is_read and not self._is_reading:
            with suppress(Refused):
                self._bridge.start("compare the sources", self._compare())

    async def _compare(self) -> None:
        """Another source told of an account: what is shown stays, and how that differs is new."""
        pages = self.view.all_pages
        compared = await self._desk.book.compared(pages)
        if self.view.all_pages == pages:
            self._show(replace(self.view, compared=compared))

    def _sync_changed(self, event: SyncChanged) -> None:
        if event.finished_at is None or event.source is not self._desk.book.source:
            return
        failures = dict(self.view.failures)
        failures.pop(None, None)
        failures.pop(event.account, None)
        if event.error is not None:
            failures[event.account] = event.error
        self._show(replace(self.view, failures=failures))

    def _connection_changed(self, event: ConnectionLost | ConnectionRestored) -> None:
        since = event.since if isinstance(event, ConnectionLost) else None
        self._show(replace(self.view, lost_since=since))

    def _link_changed(self, event: LinkChanged) -> None:
        """Lost or found again draws everything anew; one more try of a search only says so."""
        was_lost, self.view = self.view.is_lost, replace(
            self._with_session(self.view), link=event, was_up=self.view.was_up or event.is_up)
        (self.aged if self.view.is_lost == was_lost else self.changed).emit()

    def _session_changed(self, _event: SessionChanged) -> None:
        newer = self._with_session(self.view)
        if newer != self.view:
            self.view = newer
            self.aged.emit()

    def _with_session(self, view: View) -> View:
        session = self._desk.session
        if session is None:
            return view
        return replace(
            view, problem=session.problem, is_ready=session.session.is_ready, boxed_until=session.boxed_until)

    def _pnl_changed(self, event: PnlChanged) -> None:
        self.view = self.view.with_pnl(event.pnl)
        self.figures_changed.emit()

    def _quotes_changed(self, event: QuotesChanged) -> None:
        self.quotes_changed.emit(event.quotes)
