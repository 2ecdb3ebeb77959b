"""How a desk is opened, shown, covered and closed: which door stands there, and what is dropped in which order.

Charter. What: the life of one desk in the window. A file beside `app` and not in `ui`, for it calls `wiring`, which no
view may. `app` begins and ends the application and does what a person asks for; both know no broker and no store.
Imports that cost time are inside the functions: the first paint needs none of them (goal G6).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from ibdesk.ui import start

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from ibdesk.domain.errors import NeedsPerson
    from ibdesk.domain.modes import ModeFace
    from ibdesk.services.connector import Connector
    from ibdesk.services.desk import Clock, Desk
    from ibdesk.services.first_run import FirstRunResult
    from ibdesk.services.tasks import Tasks
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.frame.desk_view import DeskView
    from ibdesk.ui.idle import IdleWatcher
    from ibdesk.ui.main_window import MainWindow
    from ibdesk.ui.rooms import Room
    from ibdesk.ui.unlock import UnlockScreen

#: The look that was worn last and in which environment, so that the door needs no settings file.
WORN, WORN_IN = "window/theme", "window/environment"
#: What happens when nobody touches the desk for as long as the settings say.
LOCK, SIGN_OUT = "lock", "sign out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A desk in the window, for who serves commands from it: `is_locked` is asked from any thread, `come_forward`
    only in the window's own."""

    desk: Desk
    is_locked: Callable[[], bool]
    come_forward: Callable[[], None]


class Served(Protocol):
    """What answers commands while the desk is shown."""

    async def close(self) -> None:
        """Answer no more; before the desk is closed."""


Serve = Callable[[Shown], Served]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a door hands on: a command by its name, the wish to leave, setting names and credentials that changed."""

    do: Callable[[str], None]
    leave: Callable[[], None]
    changed: Callable[[Collection[str]], None]


class DeskDoor:
    """The window's at most one open desk, and whatever stands before it."""

    def __init__(
        self, qt: QApplication, window: MainWindow, *, home: Path, demo: bool, overrides: Mapping[str, str],
        tasks: Tasks, asked: Asked, serve: Serve | None = None, clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self.qt, self.window, self.home = qt, window, home
        self.desk: Desk | None = None
        self.bridge: Bridge | None = None
        self.view: DeskView | None = None
        self.wizard: Connector | None = None
        self.is_locked = False
        self._demo, self._overrides = demo, overrides
        self._tasks, self._asked, self._serve = tasks, asked, serve
        self._clock = clock
        self._served: Served | None = None
        self._hidden: tuple[QDialog, ...] = ()
        self._idle: IdleWatcher | None = None

    def ask_passphrase(self) -> UnlockScreen:
        """Cover the window with the passphrase field."""
        from ibdesk.ui.unlock import UnlockScreen

        current = self.window.stack.currentWidget()
        screen = current if isinstance(current, UnlockScreen) else UnlockScreen()
        screen.given.connect(lambda secret: self._tasks.start("open the vault", self.open(screen, secret)))
        screen.restore_wanted.connect(partial(self._asked.do, "restore"))
        if screen is not current:
            self.window.cover(screen)
        screen.focus()
        return screen

    def first_run(self) -> QWidget:
        """Cover the window with the wizard; without a vault it makes one."""
        from ibdesk import wiring
        from ibdesk.domain.accounts import Environment
        from ibdesk.ui.bridge import Bridge
        from ibdesk.ui.wizard.panel import WizardPanel

        calls: list[Any] = []
        connector = wiring.first_run_connector(calls.append, home=self.home, overrides=self._overrides)
        self.wizard = connector
        opened: list[Desk] = []

        async def finish(result: FirstRunResult, passphrase: str) -> str:
            if result.environment is Environment.DEMO:
                opened.append(await wiring.open_demo_desk(
                    result, demo=connector.demo, local_paper=self._overrides.get("local_paper") == "true"))
                return ""
            desk, code = await wiring.create_desk(
                self.home, passphrase, result, calls=tuple(calls), overrides=self._overrides)
            start.keep_window_settings(str(self.home))
            opened.append(desk)
            return code

        self.bridge = Bridge(self._tasks)
        panel = WizardPanel(
            connector, self.bridge, finish=finish, needs_passphrase=not self._demo,
            environment=Environment.DEMO if self._demo else None,
        )
        panel.completed.connect(lambda result: self._show_first(opened.pop(), result))
        panel.cancelled.connect(self._asked.leave)
        panel.restore_wanted.connect(partial(self._asked.do, "restore"))
        self.window.cover(panel)
        panel.start()
        return panel

    def _show_first(self, desk: Desk, result: FirstRunResult) -> None:
        """The desk after the wizard; one over TWS begins where things move."""
        self.show(desk)
        if result.tws is not None and self.view is not None:
            self.view.run("live")

    async def open(self, screen: UnlockScreen, secret: str | bytes) -> None:
        """Open the vault and show its desk, or say on the screen why not."""
        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError

        try:
            clock = self._clock or wiring.now
            desk = await wiring.open_desk(self.home, secret, overrides=self._overrides, clock=clock)
        except DeskError as error:
            screen.refuse(error.message, error.remedy)
            return
        screen.forget()
        self.show(desk)
        if self.bridge is not None and await desk.care.lacks_code():
            self.bridge.failed("look for the recovery code", _no_code())

    def show(self, desk: Desk) -> None:
        """Show an open desk: what is stored first, before any answer of the network."""
        from ibdesk.ui.bridge import Bridge
        from ibdesk.ui.frame.desk_view import DeskView
        from ibdesk.ui.rooms import build_page
        from ibdesk.ui.vault.guard import VaultGuard

        self.desk = desk
        self.bridge = bridge = Bridge(desk.tasks)
        bridge.listen(desk.hub)
        self._wear(desk)
        self.view = DeskView(desk, bridge, partial(_page, build_page, desk, bridge))
        self.view.wanted.connect(self._asked.do)
        self.view.retitled.connect(self.retitle)
        bridge.settings_changed.connect(lambda event: self._asked.changed(event.names))
        bridge.settings_changed.connect(lambda _event: self._mind_idleness(desk))
        self._mind_idleness(desk)
        VaultGuard(desk, bridge, lock=self.lock, parent=self.view)
        self.window.show_desk(self.view)
        self.retitle(self.view.title)
        bridge.start("open the desk", self.view.load())
        if self._serve is not None:
            self._served = self._serve(Shown(
                desk=desk, is_locked=lambda: self.is_locked, come_forward=self.window.come_forward))

    def lock(self) -> None:
        """Hide the desk and everything of it; sessions, streams and syncs go on."""
        from ibdesk.ui.unlock import UnlockScreen

        if self.desk is None or self.is_locked:
            return
        self.is_locked = True
        while (popup := QApplication.activePopupWidget()) is not None:  # an open menu would stay above the cover
            if not popup.close():
                break
        self._hidden = tuple(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())
        for dialog in self._hidden:
            dialog.hide()
        screen = UnlockScreen(locked=True)
        if self.desk.environment == "demo":
            screen.text.setText("This is the demo: any passphrase opens it.")
        screen.given.connect(lambda secret: self._tasks.start("unlock", self._unlock(screen, secret)))
        self.window.name("locked")
        self.window.cover(screen)
        screen.focus()

    async def leave(self) -> None:
        """Close the open desk for good; sign out at the broker first where the settings say so. That takes a few
        seconds at most, and a broker who does not answer holds nobody back."""
        from ibdesk.domain.errors import DeskError

        desk = self.desk
        session = desk.session if desk is not None else None
        if desk is not None and session is not None and desk.preferences.sourced.settings.sign_out_on_quit:
            try:
                if session.session.flags.signed_in:
                    await session.sign_out()
            except DeskError as error:
                _note("not signed out on leaving: %s", error.message)
        await self.drop()

    async def drop(self) -> None:
        """Close the open desk, if there is one: commands first, then tasks, brokers and database."""
        await self._let_go(lambda desk: desk.close())

    async def switch(self, face: ModeFace) -> None:
        """Close the desk and open it again on the same vault, in the mode `face` that the settings name by now; the
        passphrase is asked for only where that fails. Nobody closes the window meanwhile."""
        from ibdesk.domain.errors import DeskError
        from ibdesk.ui.modes.opening import OpeningScreen

        desk = self.desk
        if desk is None or desk.reopen is None:
            return
        self.window.cover(OpeningScreen(face))
        self.window.setEnabled(False)
        fresh: list[Desk] = []
        try:
            await self._let_go(partial(_opened_anew, fresh))
        except DeskError as error:
            self.ask_passphrase().refuse(error.message, error.remedy)
        else:
            self.show(fresh[0])
        finally:
            self.window.setEnabled(True)

    async def _let_go(self, end: Callable[[Desk], Awaitable[object]]) -> None:
        desk, self.desk = self.desk, None
        served, self._served = self._served, None
        if self.bridge is not None:
            self.bridge.deafen()
        if self._idle is not None:
            self._idle.deleteLater()
            self._idle = None
        if served is not None:
            await served.close()
        try:
            if desk is not None:
                await end(desk)
        finally:
            self.window.forget_desk()
            self.window.wear_mode(None)
            self.window.name("")
            self.view, self.is_locked = None, False

    async def reopen(self, text: str) -> None:
        """Close the desk and ask for the passphrase again, saying why."""
        await self.drop()
        self.ask_passphrase().text.setText(text)

    def retitle(self, text: str) -> None:
        """Say in the title what is shown, unless it is locked away."""
        if not self.is_locked:
            self.window.name(text)

    def _mind_idleness(self, desk: Desk) -> None:
        """Wait for somebody to touch the desk, as long as the settings say."""
        from ibdesk.ui.idle import IdleWatcher

        if desk is not self.desk:
            return
        if self._idle is None:
            self._idle = IdleWatcher(self.qt)
            self._idle.reached.connect(self._nobody_there)
        settings = desk.preferences.sourced.settings
        self._idle.after(LOCK, settings.auto_lock)
        self._idle.after(SIGN_OUT, settings.sign_out_when_idle)

    def _nobody_there(self, name: str) -> None:
        desk, bridge = self.desk, self.bridge
        if name == LOCK:
            self.lock()
        elif desk is not None and bridge is not None and desk.session is not None:
            bridge.start("sign out", _sign_out(desk, bridge))

    async def _unlock(self, screen: UnlockScreen, secret: str) -> None:
        if self.desk is None:
            return
        if not await self.desk.check_passphrase(secret):
            screen.refuse("That is not the passphrase of this vault.", "Check Caps Lock and the keyboard's language.")
            return
        screen.forget()
        self.is_locked = False
        self.window.uncover()
        for dialog in self._hidden:
            dialog.show()
        self._hidden = ()
        if self.view is not None:
            self.retitle(self.view.title)

    def _wear(self, desk: Desk) -> None:
        from ibdesk.domain.modes import face_of
        from ibdesk.ui import theme

        settings = desk.preferences.sourced.settings
        environment = face_of(desk.mode).environment
        theme.apply(self.qt, theme.theme_of(settings, environment))
        self.window.wear_mode(desk.mode)
        if desk.environment != "demo":
            QSettings().setValue(WORN, settings.theme.value)
            QSettings().setValue(WORN_IN, environment.value)


async def _opened_anew(fresh: list[Desk], desk: Desk) -> None:
    assert desk.reopen is not None  # noqa: S101 - `switch` asked
    fresh.append(await desk.reopen())


async def _sign_out(desk: Desk, bridge: Bridge) -> None:
    """Sign out for want of anybody, where somebody is signed in; say so to who comes back."""
    session = desk.session
    if session is not None and session.session.flags.signed_in:
        await session.sign_out()
        minutes = desk.preferences.sourced.settings.sign_out_when_idle
        bridge.say(f"Signed out: nobody touched ibdesk for {minutes} minutes.")


def _no_code() -> NeedsPerson:
    from ibdesk.domain.errors import Cause, NeedsPerson

    return NeedsPerson(
        "Nobody may have seen the recovery code of this vault: ibdesk ended before it was stored.",
        remedy="Make a new recovery code under Settings, Vault.", cause=Cause.KEY_OLD,
    )


def _note(text: str, *values: str) -> None:
    import logging

    logging.getLogger(__name__).info(text, *values)


def _page(build: Callable[..., QWidget], desk: Desk, bridge: Bridge, room: Room) -> QWidget:
    return build(room, desk, bridge)
