"""What the wizard does that takes time: each journey asks what has to be asked and brings its findings to the page."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QFileDialog, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.services.findings import Finding
from ibdesk.services.first_run import (
    FirstRun,
    Step,
    accept_certificate,
    allow_remote,
    demo_started,
    edit_address,
    forward,
)
from ibdesk.services.first_run_found import apply
from ibdesk.services.gateway_folder import inspect_folder, installed_java
from ibdesk.ui.wizard import questions

if TYPE_CHECKING:
    from ibdesk.services.connector import Connector
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.wizard.environment_page import EnvironmentPage
    from ibdesk.ui.wizard.gateway_page import GatewayPage


class Face(Protocol):
    """What the journeys need of the panel."""

    state: FirstRun
    gateway: "GatewayPage"
    environment: "EnvironmentPage"

    def change(self, step: Callable[[FirstRun], FirstRun]) -> None:
        """Apply a transition and redraw."""

    def probe(self) -> None:
        """Look at the gateway again."""

    def say(self, text: str, detail: str, tone: str) -> None:
        """Put a sentence above the page."""

    def focus_first(self) -> None:
        """Put the cursor where the person goes on."""

    def as_widget(self) -> QWidget:
        """What a question stands over."""


class Journeys:
    """One method for each; errors are raised, and the panel shows them."""

    def __init__(self, face: Face, connector: "Connector", bridge: "Bridge") -> None:
        self._face, self._connector, self._bridge = face, connector, bridge

    async def read_known(self) -> None:
        """What was saved before, so that it can be offered again."""
        known = await self._connector.known()
        self._face.change(lambda state: replace(state, known=known))

    async def follow(self, findings: AsyncGenerator[Finding, None]) -> None:
        """Take the findings into the state as they come, until the wizard is over."""
        async with aclosing(findings) as found:
            async for finding in found:
                if self._face.state.is_over:
                    return
                self._face.change(lambda state, new=finding: apply(state, new))  # type: ignore[misc]

    async def start_demo(self) -> None:
        """A demo gateway, and on to its page."""
        demo = await self._connector.begin_demo()
        state = self._face.state
        if state.step is Step.ENVIRONMENT and state.entries.environment is Environment.DEMO:
            self._face.change(lambda state: demo_started(
                state, demo.url, demo.certificate_sha256, demo.user_name, demo.options_level
            ))
            self._face.change(forward)

    async def sign_in(self) -> None:
        """The gateway's page in the browser, then wait for the person to come back from it."""
        face, target = self._face, self._face.state.target
        if not self._connector.open_sign_in_page(target):
            detail = f"Open {target.url} in a browser on this computer and sign in there."
            face.say("No browser could be opened.", detail, "warn")
        await self.follow(self._connector.watch_sign_in(target))
        if face.state.step is Step.VERIFY:
            face.probe()
        elif not face.gateway.user_name.hasFocus():
            face.focus_first()  # the pressed button is gone; Enter should go on, not copy diagnostics

    async def sign_in_demo(self) -> None:
        """Walk the demo's sign-in pages."""
        demo, button = self._connector.demo, self._face.gateway.for_me
        if demo is None:
            return
        button.setEnabled(False)
        try:
            await demo.sign_in()
            await self.follow(self._connector.watch_sign_in(self._face.state.target))
        finally:
            button.setEnabled(True)
        self._face.focus_first()

    def pin_shown(self) -> None:
        """Accept the certificate on the page."""
        shown = self._face.state.certificate
        if shown is not None:
            self._face.change(lambda state: accept_certificate(state, shown.sha256))
            self._face.probe()

    async def ask_about_certificate(self) -> None:
        """Whether a changed certificate is the person's own doing."""
        if await self._bridge.ask(questions.replace_certificate(self._face.as_widget())):
            self.pin_shown()

    async def ask_about_remote(self) -> None:
        """Whether a gateway on another computer is really meant."""
        if await self._bridge.ask(questions.use_remote(self._face.as_widget())):
            self._face.change(allow_remote)
            self._face.probe()

    async def ask_to_take_over(self) -> None:
        """Whether the competing login may be ended."""
        if await self._bridge.ask(questions.take_over(self._face.as_widget())):
            await self.follow(self._connector.take_over(self._face.state.target))
            if self._face.state.step is Step.VERIFY:
                self._face.probe()

    async def ask_for_folder(self) -> None:
        """Where the gateway was unpacked."""
        dialog = QFileDialog(self._face.as_widget(), "The unpacked Client Portal Gateway")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        if await self._bridge.ask(dialog):
            await self.inspect(Path(dialog.selectedFiles()[0]))

    async def inspect(self, folder: Path) -> None:
        """Show what is in a folder, keep it and use its address if it is a gateway."""
        keeper = self._connector.gateway
        report = inspect_folder(folder) if keeper is None else await keeper.choose(folder)
        url = report.url
        if report.is_gateway and url is not None:
            self._face.change(lambda state: edit_address(state, url))
        self._face.environment.needs.show_report(report, await installed_java())
