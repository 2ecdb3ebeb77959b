"""The order of a start and of an end: first paint, loop, vault, desk; and back, in one function.

Before the first paint only Qt is imported (goal G6): the theme, asyncio, qasync, wiring and everything behind them come
right after, while the person reaches for the keys, inside the functions that use them. Beside `ui.bridge` the only file
that knows both asyncio and Qt, and the only one that opens, covers and closes desks.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from ibdesk.ui import start
from ibdesk.ui.main_window import MainWindow

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Coroutine, Mapping
    from pathlib import Path
    from types import TracebackType

    from ibdesk.domain.accounts import Environment
    from ibdesk.services.connector import Connector
    from ibdesk.services.desk import Desk
    from ibdesk.services.first_run import FirstRunResult
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.frame.desk_view import DeskView
    from ibdesk.ui.rooms import Room
    from ibdesk.ui.unlock import UnlockScreen

#: What an open desk needs, imported one by one between two events while the passphrase is typed.
SOON = (
    "ibdesk.store.vault", "ibdesk.store.keystore", "ibdesk.store.logs", "ibdesk.store.database",
    "ibdesk.services.activity", "ibdesk.services.audit", "ibdesk.services.book", "ibdesk.services.connector",
    "ibdesk.services.live", "ibdesk.services.market", "ibdesk.services.preferences", "ibdesk.services.session",
    "ibdesk.services.sync", "sqlalchemy.dialects.sqlite.pysqlcipher", "ibdesk.brokers.portal.broker",
    "ibdesk.ui.bridge", "ibdesk.ui.frame.desk_view", "numpy", "pyqtgraph", "ibdesk.ui.pages.dashboard",
)
#: The look that was worn last and in which environment, so that the door needs no settings file.
WORN, WORN_IN = "window/theme", "window/environment"


class DeskApp:
    """One running application: a window, at most one open desk, and what the person asks of both."""

    def __init__(
        self, qt: QApplication, window: MainWindow, *, home: Path, demo: bool, overrides: Mapping[str, str]
    ) -> None:
        import asyncio

        from ibdesk.services.tasks import Tasks

        self.qt, self.window, self.home = qt, window, home
        self.desk: Desk | None = None
        self._wizard: Connector | None = None
        self.bridge: Bridge | None = None
        self.view: DeskView | None = None
        self._demo, self._overrides = demo, overrides
        self._tasks = Tasks(self.failed)
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._hidden: tuple[QDialog, ...] = ()
        self._is_locked = False
        window.closing.connect(self.quit)

    async def run(self, shots: Path | None = None) -> int:
        """Open the door and stay until the end; the exit code."""
        if shots is not None:
            tour = import_module("ibdesk.ui.tour")
            self.start("tour", self._walk(tour.walk, shots))
        else:
            self.enter()
        return await self._ended

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run work that outlives a desk."""
        self._tasks.start(name, work)

    def enter(self) -> None:
        """Show the door that fits: the wizard where there is no vault, else the passphrase."""
        from ibdesk import wiring

        if self._demo or not wiring.vault_exists(self.home):
            self.first_run()
        else:
            self.start("look for the remembered key", self._remembered(self.ask_passphrase()))
            self.start("look ahead", _import_soon())

    def ask_passphrase(self) -> UnlockScreen:
        """Cover the window with the passphrase field."""
        from ibdesk.ui.unlock import UnlockScreen

        current = self.window.stack.currentWidget()
        screen = current if isinstance(current, UnlockScreen) else UnlockScreen()
        screen.given.connect(lambda secret: self.start("open the vault", self._open(screen, secret)))
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
        self._wizard = connector
        opened: list[Desk] = []

        async def finish(result: FirstRunResult, passphrase: str) -> str:
            if result.credentials.environment is Environment.DEMO:
                opened.append(await wiring.open_demo_desk(result, demo=connector.demo))
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
        panel.completed.connect(lambda _result: self.show(opened.pop()))
        panel.cancelled.connect(self.quit)
        self.window.cover(panel)
        panel.start()
        return panel

    def show(self, desk: Desk) -> None:
        """Show an open desk: what is stored first, before any answer of the network."""
        from ibdesk.ui.bridge import Bridge
        from ibdesk.ui.frame.desk_view import DeskView
        from ibdesk.ui.rooms import build_page

        self.desk = desk
        self.bridge = bridge = Bridge(desk.tasks)
        bridge.listen(desk.hub)
        self._wear(desk)
        self.view = DeskView(desk, bridge, partial(_page, build_page, desk, bridge))
        self.view.wanted.connect(self.do)
        self.view.retitled.connect(self._retitle)
        bridge.settings_changed.connect(lambda event: self._look_for_credentials(event.names))
        self.window.show_desk(self.view)
        self._retitle(self.view.title)
        bridge.start("open the desk", self.view.load())

    def do(self, name: str) -> None:
        """Do what only the application can; `name` as in `ui.frame.catalogue`."""
        kind, _, detail = name.partition(":")
        actions: dict[str, Callable[[], None]] = {
            "lock": self.lock,
            "quit": self.quit,
            "close-vault": lambda: self.start("close the vault", self._close_vault()),
            "connect": lambda: self._in_desk("connect an account", self._connect()),
            "mode": lambda: self._in_desk("change the mode", self._change_environment(detail)),
            "help": lambda: self._in_desk("help", self._help(detail)),
        }
        if kind in actions:
            actions[kind]()
        else:
            _complain("nobody does the command name=%s", name)

    def lock(self) -> None:
        """Hide the desk and everything of it; sessions, streams and syncs go on."""
        from ibdesk.ui.unlock import UnlockScreen

        if self.desk is None or self._is_locked:
            return
        self._is_locked = True
        self._hidden = tuple(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())
        for dialog in self._hidden:
            dialog.hide()
        screen = UnlockScreen(locked=True)
        if self.desk.environment == "demo":
            screen.text.setText("This is the demo: any passphrase opens it.")
        screen.given.connect(lambda secret: self.start("unlock", self._unlock(screen, secret)))
        self.window.name("locked")
        self.window.cover(screen)
        screen.focus()

    def quit(self) -> None:
        """End everything, then the application."""
        if not self._ended.done() and self.window.isEnabled():
            self.window.setEnabled(False)
            self.start("quit", self._shut_down())

    async def _shut_down(self) -> None:
        """THE end: no more input, then tasks, brokers and database in that order, then the window."""
        try:
            await self._drop_desk()
            await self._tasks.close()
            if self._wizard is not None:
                await self._wizard.abandon()  # a demo that was started and never became a desk
        finally:
            self.window.close_for_good()
            if not self._ended.done():
                self._ended.set_result(0)

    async def _drop_desk(self) -> None:
        desk, self.desk = self.desk, None
        if self.bridge is not None:
            self.bridge.deafen()
        if desk is not None:
            await desk.close()
        self.window.forget_desk()
        self.window.name("")
        self.view, self._is_locked = None, False

    async def _remembered(self, screen: UnlockScreen) -> None:
        import asyncio

        from ibdesk import wiring

        key = await asyncio.to_thread(wiring.remembered, self.home)
        if key is not None:
            screen.set_busy(True)
            await self._open(screen, key)

    async def _open(self, screen: UnlockScreen, secret: str | bytes) -> None:
        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError

        try:
            desk = await wiring.open_desk(self.home, secret, overrides=self._overrides)
        except DeskError as error:
            screen.refuse(error.message, error.remedy)
            return
        screen.forget()
        self.show(desk)

    async def _unlock(self, screen: UnlockScreen, secret: str) -> None:
        if self.desk is None:
            return
        if not await self.desk.check_passphrase(secret):
            screen.refuse("That is not the passphrase of this vault.", "Check Caps Lock and the keyboard's language.")
            return
        screen.forget()
        self._is_locked = False
        self.window.uncover()
        for dialog in self._hidden:
            dialog.show()
        self._hidden = ()
        if self.view is not None:
            self._retitle(self.view.title)

    async def _close_vault(self) -> None:
        await self._drop_desk()
        if self._demo:
            self.quit()
        else:
            self.enter()

    async def _connect(self, environment: Environment | None = None) -> None:
        from ibdesk.ui.wizard.dialog import WizardDialog

        desk, bridge = self._open_desk()
        if desk.environment == "demo":
            bridge.say("This is the demo. Quit it and open ibdesk to connect an account of your own.")
            return
        dialog = WizardDialog(desk.connector, bridge, environment=environment, parent=self.window)
        if await bridge.ask(dialog) and dialog.connected is not None:
            connected = dialog.connected.credentials.environment
            await desk.preferences.change("default_environment", connected.value)
            self.start("open the connection", self._reopen("The account is connected. Unlock to open it."))

    async def _change_environment(self, mode: str) -> None:
        from ibdesk.domain.accounts import Environment
        from ibdesk.domain.modes import Mode, face_of
        from ibdesk.ui.wizard.parts import Question

        desk, bridge = self._open_desk()
        face = face_of(Mode(mode))
        if face.environment is desk.environment:
            return
        if all(each.environment is not face.environment for each in await desk.preferences.credentials()):
            await self._connect(face.environment)
            return
        question = Question(
            f"Change to {face.word}?", "The session of this desk is closed first. Then you unlock the other one.",
            f"Change to {face.word}", danger=face.environment is Environment.LIVE, parent=self.window,
        )
        if await bridge.ask(question):
            await desk.preferences.change("default_environment", face.environment.value)
            self.start("change the mode", self._reopen(f"Unlock to open {face.word}."))

    def _look_for_credentials(self, changed: Collection[str]) -> None:
        if "credentials" in changed:
            self._in_desk("look for the credentials", self._leave_deleted())

    async def _leave_deleted(self) -> None:
        """Stop using credentials that were deleted: the vault opens again without that connection, the demo anew."""
        desk, _ = self._open_desk()
        if any(each.environment is desk.environment for each in await desk.preferences.credentials()):
            return
        if desk.environment == "demo":
            self.start("begin the demo anew", self._close_demo())
        else:
            self.start("drop the connection", self._reopen("The credentials are deleted and no longer used."))

    async def _close_demo(self) -> None:
        await self._drop_desk()
        self.enter()

    async def _reopen(self, text: str) -> None:
        await self._drop_desk()
        self.ask_passphrase().text.setText(text)

    async def _help(self, topic: str) -> None:
        from ibdesk.ui.pages.help import HelpDialog

        _, bridge = self._open_desk()
        await bridge.ask(HelpDialog(topic, self.window))

    def _in_desk(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        if self.bridge is None or self.desk is None:
            work.close()
            return
        self.bridge.start(name, work)

    def _open_desk(self) -> tuple[Desk, Bridge]:
        assert self.desk is not None  # noqa: S101 - `_in_desk` asked
        assert self.bridge is not None  # noqa: S101
        return self.desk, self.bridge

    def _wear(self, desk: Desk) -> None:
        from ibdesk.ui import theme

        settings = desk.preferences.sourced.settings
        theme.apply(self.qt, theme.theme_of(settings, desk.environment))
        if desk.environment != "demo":
            QSettings().setValue(WORN, settings.theme.value)
            QSettings().setValue(WORN_IN, desk.environment.value)

    def _retitle(self, text: str) -> None:
        if not self._is_locked:
            self.window.name(text)

    def failed(self, name: str, error: BaseException) -> None:
        """Whatever ends with an exception nobody expected is logged and shown, here where no desk may be open."""
        from ibdesk.ui.unlock import UnlockScreen

        if self.bridge is not None:
            self.bridge.failed(name, error)
        else:
            _complain("work failed name=%s", name, error=error)
        cover = self.window.stack.currentWidget()
        if isinstance(cover, UnlockScreen):
            mistake = f"ibdesk made a mistake in “{name}” ({type(error).__name__})."
            cover.refuse(mistake, "It is written to the log.")

    async def _walk(self, walk: Callable[[DeskApp, Path], Coroutine[Any, Any, int]], shots: Path) -> None:
        code = 1
        try:
            code = await walk(self, shots)
        finally:
            await self._drop_desk()
            self.window.close_for_good()
            self._ended.set_result(code)


def main(
    *, home: Path | None = None, demo: bool = False, shots: Path | None = None,
    overrides: Mapping[str, str] | None = None,
) -> int:
    """Open the window and stay until it is closed; the exit code. `shots`: walk through it all and leave pictures."""
    sys.setswitchinterval(0.0005)  # a worker thread delays the window by 0.8 instead of 5.3 ms (performance.md 8)
    qt = start.application()
    folder = home or default_home()
    has_vault = (folder / "ibdesk.vault.json").exists()
    start.keep_window_settings(str(folder) if has_vault and not demo else None)  # a wizard left early leaves nothing
    window = MainWindow()
    start.first_paint(qt, window, window.outline)
    return _live(qt, window, folder, demo=demo, shots=shots, overrides=overrides or {})


def default_home() -> Path:
    """The folder `wiring.default_home` names, without what wiring imports: it is asked for before the first paint."""
    from pathlib import Path

    import platformdirs

    return Path(platformdirs.user_data_dir("ibdesk", appauthor=False))


def _dress(qt: QApplication, window: MainWindow) -> None:
    """Put on the theme worn last; the desk's own settings follow when its vault is open."""
    from ibdesk.domain.accounts import Environment
    from ibdesk.domain.settings import ThemeName
    from ibdesk.ui import theme

    last = QSettings().value(WORN)
    name = next((name for name in ThemeName if name.value == last), ThemeName.SYSTEM)
    environment = next((each for each in Environment if each.value == QSettings().value(WORN_IN)), Environment.DEMO)
    theme.apply(qt, theme.Theme(name=name, environment=environment))
    theme.follow_system(qt)
    window.dress()


def _live(
    qt: QApplication, window: MainWindow, home: Path, *, demo: bool, shots: Path | None, overrides: Mapping[str, str]
) -> int:
    _dress(qt, window)
    if not demo and (home / "ibdesk.vault.json").exists():
        _show_door(qt, window)
    import asyncio

    import qasync

    from ibdesk.ui.garbage import Garbage

    loop = qasync.QEventLoop(qt)
    asyncio.set_event_loop(loop)  # some libraries ask the policy for its loop, not the running one

    async def live() -> int:
        app = DeskApp(qt, window, home=home, demo=demo, overrides=overrides)
        sys.excepthook = partial(_unexpected, app)
        loop.set_exception_handler(lambda _loop, context: _told(app, context))
        return await app.run(shots)

    garbage = Garbage(qt)
    try:
        with loop:
            return int(loop.run_until_complete(live()))
    finally:
        garbage.stop()


def _show_door(qt: QApplication, window: MainWindow) -> None:
    """The passphrase field can be typed into while asyncio and the rest are imported."""
    from ibdesk.ui.unlock import UnlockScreen

    screen = UnlockScreen()
    window.cover(screen)
    screen.focus()
    qt.processEvents()


def _complain(text: str, *values: str, error: BaseException | None = None) -> None:
    import logging

    logging.getLogger(__name__).error(text, *values, exc_info=error)


def _page(build: Callable[..., QWidget], desk: Desk, bridge: Bridge, room: Room) -> QWidget:
    return build(room, desk, bridge)


async def _import_soon() -> None:
    """Import what an open desk needs, one module between two events, so that typing is never held up for long."""
    import asyncio

    from ibdesk import wiring

    for name in SOON:
        await asyncio.sleep(0.01)
        import_module(name)
    await asyncio.to_thread(wiring.exchange_calendar, wiring.now().year)  # the holidays of every market are imported


def _unexpected(app: DeskApp, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A slot failed, or something before and after the loop did."""
    if issubclass(kind, KeyboardInterrupt):
        app.quit()
        return
    app.failed("the window", error.with_traceback(trace))


def _told(app: DeskApp, context: dict[str, Any]) -> None:
    """A callback of the loop failed."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        app.failed("the loop", error)
    else:
        _complain("the loop complains message=%s", str(context.get("message")))
