"""The order of a start and of an end, and what only the application can do: first paint, loop, door; and back.

Before the first paint only Qt is imported (goal G6): the theme, asyncio, qasync, wiring and everything behind them come
right after, while the person reaches for the keys, inside the functions that use them. Beside `ui.bridge` the only file
that knows both asyncio and Qt; opening, covering and closing desks is `desk_door`'s.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from ibdesk.ui import start
from ibdesk.ui.main_window import MainWindow

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Coroutine, Mapping
    from pathlib import Path
    from types import TracebackType

    from ibdesk.desk_door import Serve
    from ibdesk.services.desk import Clock, Desk
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.frame.desk_view import DeskView
    from ibdesk.ui.unlock import UnlockScreen

#: What an open desk needs, imported one by one between two events while the passphrase is typed.
SOON = (
    "ibdesk.store.vault", "ibdesk.store.keystore", "ibdesk.store.logs", "ibdesk.store.database",
    "ibdesk.services.activity", "ibdesk.services.audit", "ibdesk.services.book", "ibdesk.services.connector",
    "ibdesk.services.live", "ibdesk.services.market", "ibdesk.services.preferences", "ibdesk.services.session",
    "ibdesk.services.sync", "sqlalchemy.dialects.sqlite.pysqlcipher", "ibdesk.brokers.portal.broker",
    "ibdesk.services.doctor", "ibdesk.services.backups", "ibdesk.services.vault_care", "ibdesk.services.reconnect",
    "ibdesk.services.waking", "ibdesk.services.support", "ibdesk.services.flex", "ibdesk.store.flex",
    "ibdesk.store.restore", "ibdesk.ui.idle", "ibdesk.ui.system_lock", "ibdesk.ui.vault.guard",
    "ibdesk.ui.bridge", "ibdesk.ui.frame.desk_view", "numpy", "pyqtgraph", "ibdesk.ui.pages.dashboard",
)

#: How a system that shuts down, a service manager, a closed terminal and Ctrl+C in it ask a program to end.
ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name))
#: Seconds until a window that took no input is asked again.
AGAIN = 0.5


class DeskApp:
    """One running application: a window, at most one open desk, and what the person asks of both."""

    def __init__(
        self, qt: QApplication, window: MainWindow, *, home: Path, demo: bool, overrides: Mapping[str, str],
        serve: Serve | None = None, clock: Clock | None = None,
    ) -> None:  # fmt: skip
        import asyncio

        from ibdesk.desk_door import Asked, DeskDoor
        from ibdesk.mode_door import ModeDoor
        from ibdesk.services.tasks import Tasks
        from ibdesk.vault_door import VaultDoor

        self.qt, self.window, self.home = qt, window, home
        self._demo = demo
        self._tasks = Tasks(self.failed)
        asked = Asked(do=self.do, leave=self.quit, changed=self._look_for_credentials)
        self.door = DeskDoor(
            qt, window, home=home, demo=demo, overrides=overrides, tasks=self._tasks, asked=asked, serve=serve,
            clock=clock)
        self.vault = VaultDoor(self.door, window, home=home, overrides=overrides, tasks=self._tasks)
        self.modes = ModeDoor(self.door, window, tasks=self._tasks)
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        window.closing.connect(self.quit)

    @property
    def desk(self) -> Desk | None:
        """The open desk."""
        return self.door.desk

    @property
    def bridge(self) -> Bridge | None:
        """The open desk's bridge, or the wizard's."""
        return self.door.bridge

    @property
    def view(self) -> DeskView | None:
        """What shows the open desk."""
        return self.door.view

    async def run(self, shots: Path | None = None, theme_name: str = "") -> int:
        """Open the door and stay until the end; the exit code. See `main` for `shots` and `theme_name`."""
        if shots is not None:
            tour = import_module("ibdesk.ui.tour")
            self.start("tour", self._walk(tour.walk, shots, theme_name))
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
            self.start("look for the remembered key", self._remembered(self.door.ask_passphrase()))
            self.start("look ahead", _import_soon())

    def first_run(self) -> QWidget:
        """Show the wizard."""
        return self.door.first_run()

    def lock(self) -> None:
        """Hide the desk until the passphrase is given."""
        self.door.lock()

    def do(self, name: str) -> None:
        """Do what only the application can; `name` as in `ui.frame.catalogue`."""
        kind, _, detail = name.partition(":")
        actions: dict[str, Callable[[], None]] = {
            "lock": self.lock,
            "quit": self.quit,
            "close-vault": lambda: self.start("close the vault", self._close_vault()),
            "rekey": lambda: self._in_desk("change the key", self.vault.ask_for_new_key()),
            "restore": lambda: self.start("restore a backup", self._restore()),
            "connect": lambda: self._in_desk("connect an account", self.modes.connect()),
            "mode": lambda: self._in_desk("change the mode", self.modes.change(detail)),
            "reset-paper": lambda: self._in_desk("reset Local Paper", self.modes.reset_paper()),
            "live-guide": lambda: self._in_desk("the way to live", self.modes.guide()),
            "unlock-live": lambda: self._in_desk("unlock live orders", self.modes.unlock()),
            "open-anew": lambda: self._in_desk("open the desk anew", self.modes.open_anew()),
            "help": lambda: self._in_desk("help", self._help(detail)),
        }
        if kind in actions:
            actions[kind]()
        else:
            _complain("nobody does the command name=%s", name)

    def quit(self) -> None:
        """End everything, then the application."""
        if not self._ended.done() and self.window.isEnabled():
            self.window.setEnabled(False)
            self.start("quit", self._shut_down())

    def end(self) -> None:
        """The system wants ibdesk to end: quit in good order, while files are exchanged as soon as they are."""
        if not self._ended.done():
            self.quit()
            self._ended.get_loop().call_later(AGAIN, self.end)

    async def _shut_down(self) -> None:
        """THE end: no more input, then tasks, brokers and database in that order, then the window."""
        try:
            await self.door.leave()
            await self._tasks.close()
            if self.door.wizard is not None:
                await self.door.wizard.abandon()  # a demo that was started and never became a desk
        finally:
            self.window.close_for_good()
            if not self._ended.done():
                self._ended.set_result(0)

    async def _remembered(self, screen: UnlockScreen) -> None:
        """Open without asking where this computer or a variable knows what opens the vault."""
        import asyncio

        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError

        try:
            key: str | bytes | None = wiring.given_passphrase()
            key = key or await asyncio.to_thread(wiring.remembered, self.home)
        except DeskError as error:
            screen.refuse(error.message, error.remedy)
            return
        if key is not None:
            screen.set_busy(True)
            await self.door.open(screen, key)

    async def _restore(self) -> None:
        """A backup in the vault's place: never while the desk is open, so that is asked about and closed first."""
        from ibdesk.ui.vault.questions import close_to_restore

        if self.desk is not None and self.bridge is not None:
            if self._demo or not await self.bridge.ask(close_to_restore(self.window)):
                return
            await self.door.drop()
        elif self.door.wizard is not None:
            await self.door.wizard.abandon()
        self.vault.restore(back=self._back_to_the_door)

    def _back_to_the_door(self) -> None:
        from ibdesk import wiring

        if wiring.vault_exists(self.home):
            self.door.ask_passphrase()  # a remembered key would open at once what was just closed
        else:
            self.enter()

    async def _close_vault(self) -> None:
        await self.door.drop()
        if self._demo:
            self.quit()
        else:
            self._back_to_the_door()

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
            self.start("drop the connection", self.door.reopen("The credentials are deleted and no longer used."))

    async def _close_demo(self) -> None:
        await self.door.drop()
        self.enter()

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

    async def _walk(self, walk: Callable[..., Coroutine[Any, Any, int]], shots: Path, theme_name: str) -> None:
        code = 1
        try:
            code = await walk(self, shots, theme_name)
        finally:
            await self.door.drop()
            self.window.close_for_good()
            self._ended.set_result(code)


def main(
    *, home: Path | None = None, demo: bool = False, shots: Path | None = None, theme_name: str = "",
    overrides: Mapping[str, str] | None = None, serve: Serve | None = None,
) -> int:
    """Open the window and stay until it is closed; the exit code. `shots`: walk through it all and leave pictures,
    in both themes or the one named. `serve` is told of each desk that is shown and answers commands from it."""
    sys.setswitchinterval(0.0005)  # a worker thread delays the window by 0.8 instead of 5.3 ms (performance.md 8)
    qt = start.application()
    folder = home or default_home()
    has_vault = (folder / "ibdesk.vault.json").exists()
    start.keep_window_settings(str(folder) if has_vault and not demo else None)  # a wizard left early leaves nothing
    window = MainWindow()
    start.first_paint(qt, window, window.outline)
    return _live(qt, window, folder, demo=demo, shots=shots, theme_name=theme_name, overrides=overrides or {},
                 serve=serve)


def default_home() -> Path:
    """The folder `wiring.default_home` names, without what wiring imports: it is asked for before the first paint."""
    import os
    from pathlib import Path

    import platformdirs

    if os.environ.get("IBKR_DB_PATH"):
        from ibdesk import wiring

        return wiring.default_home()
    return Path(platformdirs.user_data_dir("ibdesk", appauthor=False))


def _dress(qt: QApplication, window: MainWindow) -> None:
    """Put on the theme worn last; the desk's own settings follow when its vault is open."""
    from ibdesk.desk_door import WORN, WORN_IN
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
    qt: QApplication, window: MainWindow, home: Path, *, demo: bool, shots: Path | None, theme_name: str,
    overrides: Mapping[str, str], serve: Serve | None,
) -> int:  # fmt: skip
    _dress(qt, window)
    if not demo and (home / "ibdesk.vault.json").exists():
        _show_door(qt, window)
    import asyncio

    import qasync

    from ibdesk.ui.garbage import Garbage

    loop = qasync.QEventLoop(qt)
    asyncio.set_event_loop(loop)  # some libraries ask the policy for its loop, not the running one

    async def live() -> int:
        app = DeskApp(qt, window, home=home, demo=demo, overrides=overrides, serve=serve)
        sys.excepthook = partial(_unexpected, app)
        loop.set_exception_handler(lambda _loop, context: _told(app, context))
        for ending in ENDINGS:
            with suppress(NotImplementedError):  # Windows ends programs by closing their windows
                loop.add_signal_handler(ending, app.end)
        return await app.run(shots, theme_name)

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
