"""The whole main job done without hands: wizard, sign-in, sync, every room, and a picture of each page.

It presses the window's own buttons and reads what the window shows, so a tour that ends well is a desk that works.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.settings import ThemeName
from ibdesk.services.first_run import Step, missing
from ibdesk.services.waiting import until
from ibdesk.ui import theme
from ibdesk.ui.pages.dashboard.page import Dashboard
from ibdesk.ui.rooms import ROOMS
from ibdesk.ui.tour_doctor import visit_the_doctor
from ibdesk.ui.tour_expiry import visit_the_expiries
from ibdesk.ui.tour_live import visit_the_live_view
from ibdesk.ui.tour_modes import visit_the_modes
from ibdesk.ui.tour_orders import visit_the_orders
from ibdesk.ui.tour_safety import visit_safety
from ibdesk.ui.tour_trade import visit_the_trade_room
from ibdesk.ui.tour_troubles import Guide, see_troubles
from ibdesk.ui.tour_vault import visit_the_vault
from ibdesk.ui.tour_wizard_tws import visit_the_wizard_over_tws
from ibdesk.ui.widgets import Segmented
from ibdesk.ui.wizard.panel import WizardPanel

if TYPE_CHECKING:
    from ibdesk.app import DeskApp
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.frame.desk_view import DeskView

SIZE, SMALL = QSize(1440, 900), QSize(1280, 800)
THEMES = (ThemeName.DARK, ThemeName.LIGHT)
#: Longer than any step takes on a slow machine; the gateway's own handshake alone is 3 s.
PATIENCE = 60.0
#: Seconds for a new theme to be laid out and painted, and for a page to load what it shows.
REPAINT, LOADING = 0.1, 0.5


class TourFailed(Exception):  # noqa: N818 - it names what happened to the tour
    """A step did not happen; the text says which."""


async def walk(app: "DeskApp", folder: Path, theme_name: str = "") -> int:
    """Do it all, say each step, leave PNGs in `folder`, once in each theme or in the one named; 0 only if every step
    happened. To change the theme of a full window at every picture would hold up the gateway's calls."""
    pictures = 0
    for each in (ThemeName(theme_name),) if theme_name else THEMES:
        tour = _Tour(app, folder, each)
        try:
            await _do_it_all(tour)
        except TourFailed as failure:
            print(f"✕ {failure}")
            return 1
        if tour.mistakes:
            print("✕ " + "\n✕ ".join(tour.mistakes))
            return 1
        pictures += tour.pictures
        await app.door.drop()
    print(f"✓ done: {pictures} pictures in {folder}")
    return 0


async def _do_it_all(tour: "_Tour") -> None:
    tour.prepare()
    await tour.connect()
    await tour.see_the_account()
    await tour.visit_the_rooms()
    await visit_the_trade_room(tour)
    await tour.visit_the_orders()
    await visit_the_live_view(tour, tour.bridge)
    await visit_the_wizard_over_tws(tour, tour.bridge)
    await visit_the_expiries(tour)
    await visit_safety(tour)
    await visit_the_modes(tour, tour.bridge)
    await visit_the_vault(tour)
    await visit_the_doctor(tour)
    await tour.see_troubles()
    await tour.lock()


class _Tour:
    """One walk: what it looks at, how many pictures it took, and what went wrong in the background meanwhile."""

    def __init__(self, app: "DeskApp", folder: Path, wears: ThemeName) -> None:
        self._app, self._folder, self._wears = app, folder, wears
        self.pictures = 0
        self.mistakes: list[str] = []

    def prepare(self) -> None:
        """A folder for the pictures, and the window at its usual size."""
        self._app.window.resize(SIZE)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TourFailed(f"no pictures can be written to {self._folder}: {error.strerror}") from error

    async def connect(self) -> None:
        """The wizard, from the first page to the open desk."""
        panel = self._app.first_run()
        assert isinstance(panel, WizardPanel)  # noqa: S101 - it is what the application shows first
        await self.shoot("wizard-1-environment")
        panel.next_button.click()
        await self._await(lambda: panel.state.step is Step.GATEWAY, "the demo gateway starts")
        await self._await(panel.gateway.for_me.isVisible, "the gateway answers with its certificate pinned")
        await self.shoot("wizard-2-gateway")
        panel.gateway.for_me.click()
        await self._await(lambda: not missing(panel.state), "a person signs in on the gateway's page")
        await self.shoot("wizard-2-signed-in")
        panel.next_button.click()
        await self._await(
            lambda: panel.state.step is Step.VERIFY and not missing(panel.state), "the account is read and verified"
        )
        await self.shoot("wizard-3-verify")
        panel.next_button.click()
        await self._await(lambda: panel.state.step is Step.ACKNOWLEDGE, "the disclosures are shown")
        await self.shoot("wizard-4-acknowledge")
        await self._acknowledge(panel)
        panel.next_button.click()
        await self._await(lambda: panel.state.step is Step.FINISHED, "everything is saved in an encrypted database")
        await self.shoot("wizard-5-connected")
        panel.next_button.click()
        await self._await(lambda: self._app.desk is not None and self._app.view is not None, "the desk opens")
        assert self._app.bridge is not None  # noqa: S101 - it came with the desk
        self._app.bridge.mistake.connect(self.mistakes.append)

    async def _acknowledge(self, panel: WizardPanel) -> None:
        page = panel.acknowledge
        for tab, text in zip(page.tabs, panel.state.disclosures, strict=True):
            tab.click()
            bar = page.text.verticalScrollBar()
            bar.setValue(bar.maximum())
            await self._await(page.box.isEnabled, f"“{text.title}” is read to its end")
            if not page.box.isChecked():
                page.box.click()
        await self._await(lambda: not missing(panel.state), "all disclosures are acknowledged")

    async def see_the_account(self) -> None:
        """The session becomes ready and the account arrives over the wire."""
        desk = self._desk
        session, sync = desk.session, desk.sync
        if session is None or sync is None:
            raise TourFailed("the desk has no gateway")
        await self._await(lambda: session.session.is_ready, "the session is ready")
        outcome = await sync.run()
        if outcome.status is not SyncStatus.SUCCESS:
            errors = "; ".join(error for record in outcome.records for error in record.errors)
            raise TourFailed(f"the sync ended as {outcome.status}: {errors}")
        print(f"✓ {len(outcome.records)} accounts synced, {outcome.counts.processed} positions")
        for page in await self._pages_with_history():
            if not page.rows or not page.ledger or len(page.equity) < 2 or page.summary.net_liquidation is None:
                raise TourFailed(f"{page.account.id} has no positions, cash, equity curve or net liquidation")
            print(f"✓ {page.account.id}: {len(page.rows)} positions, {len(page.ledger)} currencies, "
                  f"{len(page.equity)} points of equity")
        if await desk.activity.verify() is not None:
            raise TourFailed("the audit log's chain is broken")
        print("✓ every call is in the audit log and its chain holds")

    async def _pages_with_history(self) -> tuple[AccountPage, ...]:
        """The stored pages, once the broker's own history joined the first sync's point."""
        pages = await self._desk.book.pages()
        for _ in range(int(PATIENCE / LOADING)):
            if all(len(page.equity) > 1 for page in pages):
                break
            await self._settle()
            pages = await self._desk.book.pages()
        return pages

    async def visit_the_rooms(self) -> None:
        """Every room, tab by tab, for one account; then the dashboard of all accounts."""
        view = self._app.view
        assert view is not None  # noqa: S101 - the desk is open
        for room in ROOMS:
            view.open_room(room.key)
            page = await self._built(room.key)
            tabs = getattr(page, "tabs", None)
            for key in tabs.keys if isinstance(tabs, Segmented) else ("",):
                if isinstance(tabs, Segmented):
                    tabs.choose(key)
                await self._settle()
                await self.shoot(f"{room.key}-{key}".rstrip("-"))
            if isinstance(tabs, Segmented):
                tabs.choose(tabs.keys[0])
            print(f"✓ room {room.title}")
        view.open_room("dashboard")
        dashboard = view.page("dashboard")
        assert isinstance(dashboard, Dashboard)  # noqa: S101 - it was just built
        dashboard.overview.equity.versus.click()
        self._app.window.resize(1280, 800)
        await self._settle()
        await self.shoot("dashboard-1280x800")
        self._app.window.resize(1920, 1080)
        await self._settle()
        await self.shoot("dashboard-1920x1080")
        self._app.window.resize(SIZE)
        await self._show_all_accounts()
        view.open_palette()
        await self._settle()
        await self.shoot("commands")
        view.open_palette()

    async def visit_the_orders(self) -> None:
        """Orders that are asked about, work, fill and are cancelled."""
        assert self._app.bridge is not None  # noqa: S101 - the desk is open
        await visit_the_orders(self, self._app.bridge)

    async def _show_all_accounts(self) -> None:
        assert self._app.bridge is not None  # noqa: S101 - the desk is open
        first: AccountId | None = self._app.bridge.selected
        self._app.bridge.select(None)
        await self._settle()
        await self.shoot("dashboard-all-accounts")
        self._app.bridge.select(first)
        print("✓ all accounts together")

    async def see_troubles(self) -> None:
        """The end of a session, another login, a dead gateway, maintenance, and what an outage hid."""
        view = self._app.view
        assert view is not None  # noqa: S101 - the desk is open
        self._app.window.resize(SMALL)
        guide = Guide(shoot=self.shoot, happens=self._await, settle=self._settle, say=_say)
        await see_troubles(guide, self.desk, view)
        self._app.window.resize(SIZE)

    async def lock(self) -> None:
        """Ctrl+L hides the desk; the passphrase brings it back."""
        self._app.lock()
        await self._await(lambda: self._app.window.is_covered, "the desk is locked")
        await self.shoot("locked")

    async def shoot(self, name: str, widget: QWidget | None = None) -> None:
        """A picture of the window, or of one widget, in the walk's theme: a desk that opens wears its own."""
        if theme.look().theme.name is not self._wears:
            theme.change(self._app.qt, name=self._wears)
        await until(lambda: False, REPAINT)
        image = (widget or self._app.window).grab().toImage()
        if image.isNull() or not image.save(str(self._folder / f"{name}-{self._wears.value}.png")):
            raise TourFailed(f"the picture {name} could not be written to {self._folder}")
        self.pictures += 1

    @property
    def desk(self) -> "Desk":
        """The open desk."""
        return self._desk

    @property
    def bridge(self) -> "Bridge":
        """Its bridge."""
        assert self._app.bridge is not None  # noqa: S101 - the wizard opened it
        return self._app.bridge

    @property
    def _desk(self) -> "Desk":
        assert self._app.desk is not None  # noqa: S101 - the wizard opened it
        return self._app.desk

    @property
    def view(self) -> "DeskView":
        """Its view."""
        assert self._app.view is not None  # noqa: S101 - the desk is open
        return self._app.view

    def resize(self, size: QSize) -> None:
        """Another size of the window."""
        self._app.window.resize(size)

    async def _built(self, room: str) -> QWidget:
        view = self._app.view
        assert view is not None  # noqa: S101 - the desk is open
        skeleton = view.page(room)
        await until(lambda: view.page(room) is not skeleton, LOADING)
        return view.page(room)

    async def _settle(self) -> None:
        """Give loads and layouts half a second."""
        await until(lambda: False, LOADING)

    async def happens(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for it and say it, or fail."""
        await self._await(holds, what)

    async def _await(self, holds: Callable[[], bool], what: str) -> None:
        if not await until(holds, PATIENCE):
            raise TourFailed(f"in {PATIENCE:.0f} s this did not happen: {what}")
        print(f"✓ {what}")


def _say(what: str) -> None:
    print(f"✓ {what}")
