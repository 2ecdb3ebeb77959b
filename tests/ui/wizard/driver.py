"""A wizard on the real connector and a real demo gateway, driven like a person would: by keys and buttons."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from ibdesk import wiring
from ibdesk.demo.gateway import DemoGateway, sign_in
from ibdesk.demo.timings import DemoTimings
from ibdesk.domain.accounts import Environment
from ibdesk.domain.records import Credentials
from ibdesk.services.connector import Connector, DemoAddress
from ibdesk.services.first_run import FirstRunResult, Step
from ibdesk.services.tasks import Tasks
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.wizard.panel import Finish, WizardPanel


@dataclass
class Driver:
    """One wizard on screen and what came out of it."""

    panel: WizardPanel
    connector: Connector
    tasks: Tasks
    gateway: DemoGateway | None
    saved: list[tuple[FirstRunResult, str]] = field(default_factory=list)
    opened_pages: list[str] = field(default_factory=list)

    async def until(self, true: Callable[[], bool], what: str, *, within: float = 20.0) -> None:
        """Let the loop run until something holds, so many seconds at most."""
        for _ in range(int(within * 100)):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"still not: {what}; step {self.panel.state.step}, checks {self.panel.state.checks}")

    async def at(self, step: Step) -> None:
        await self.until(lambda: self.panel.state.step is step, f"at {step}")

    async def idle(self) -> None:
        await self.until(lambda: self.panel._running == 0, "idle")

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        target = self.panel.focusWidget() or self.panel
        QTest.keyClick(target, key, modifier)

    def type(self, field: QWidget, text: str) -> None:
        field.setFocus()
        QTest.keyClicks(field, text)

    async def dialog(self) -> QDialog:
        """The question that is being asked."""
        def asked() -> list[QDialog]:
            return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]

        await self.until(lambda: bool(asked()), "a dialog")
        return asked()[0]


@asynccontextmanager
async def wizard(
    gateway: DemoGateway | None = None,
    *,
    environment: Environment | None = None,
    needs_passphrase: bool = False,
    known: tuple[Credentials, ...] = (),
    finish: Finish | None = None,
    home: Path | None = None,
) -> AsyncIterator[Driver]:
    """A wizard that starts `gateway` as its demo; what it makes is collected in `saved`. `home` is where a vault would
    be."""
    connector = wiring.first_run_connector(home=home)
    saved: list[tuple[FirstRunResult, str]] = []
    opened: list[str] = []

    async def start_demo() -> DemoAddress:
        assert gateway is not None
        return DemoAddress(
            url=gateway.url, certificate_sha256=gateway.certificate_sha256, user_name="demo",
            sign_in=lambda: sign_in(gateway.url), stop=gateway.stop,
        )

    async def keep(result: FirstRunResult, passphrase: str) -> str:
        saved.append((result, passphrase))
        return "ABCD-EFGH" if passphrase else ""

    async def what_is_known() -> tuple[Credentials, ...]:
        return known

    connector.start_demo, connector.known = start_demo, what_is_known
    connector.open_browser = opened.append
    tasks = Tasks()
    panel = WizardPanel(
        connector, Bridge(tasks), finish=finish or keep, needs_passphrase=needs_passphrase,
        environment=environment,
    )
    panel.resize(1280, 800)
    panel.show()
    panel.activateWindow()
    panel.start()
    driver = Driver(panel, connector, tasks, gateway, saved, opened)
    try:
        await driver.until(panel.isActiveWindow, "the window in front")
        yield driver
    finally:
        await tasks.close()
        await connector.abandon()
        shiboken6.delete(panel)


@asynccontextmanager
async def demo(*, signed_out: bool = True) -> AsyncIterator[DemoGateway]:
    """A demo gateway with quick timers."""
    gateway = DemoGateway(timings=DemoTimings.quick(), signed_out=signed_out)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()
