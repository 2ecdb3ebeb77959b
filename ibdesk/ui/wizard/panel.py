"""The wizard as people see it: steps on the left, the page of the current step, and the keys that drive it."""

import platform
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Examined
from ibdesk.domain.errors import DeskError
from ibdesk.services.connector import Connector
from ibdesk.services.disclosures import load_disclosures
from ibdesk.services.findings import Action, CheckId, Finding, Outcome, origin
from ibdesk.services.first_run import (
    FirstRun,
    FirstRunResult,
    Step,
    back,
    begin,
    cancel,
    forward,
    missing,
    recheck,
)
from ibdesk.services.first_run_result import describe, result_of
from ibdesk.ui import theme
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.pages.help import HelpDialog
from ibdesk.ui.wizard import questions
from ibdesk.ui.wizard.acknowledge_page import AcknowledgePage
from ibdesk.ui.wizard.environment_page import EnvironmentPage
from ibdesk.ui.wizard.finished_page import FinishedPage
from ibdesk.ui.wizard.frame import WizardFrame
from ibdesk.ui.wizard.gateway_page import GatewayPage
from ibdesk.ui.wizard.help import GatewayHelp
from ibdesk.ui.wizard.journeys import Journeys
from ibdesk.ui.wizard.passphrase_page import PassphrasePage
from ibdesk.ui.wizard.tws_account_page import TwsAccountPage
from ibdesk.ui.wizard.tws_page import TwsPage
from ibdesk.ui.wizard.tws_path import TwsPath
from ibdesk.ui.wizard.verify_page import VerifyPage
from ibdesk.ui.wizard.wording import ENVIRONMENTS, where

#: The four numbered steps; the passphrase page comes before the first, the last page after the fourth.
STEPS = (Step.ENVIRONMENT, Step.GATEWAY, Step.VERIFY, Step.ACKNOWLEDGE)
#: Saves a finished wizard; gets the passphrase when a vault is to be made, and answers with its recovery code or "".
Finish = Callable[[FirstRunResult, str], Awaitable[str]]


class WizardPanel(WizardFrame):
    """Draws `services.first_run`. `completed` carries the saved result, `cancelled` comes after nothing was left,
    `restore_wanted` when a vault is to come from a backup instead."""

    completed = Signal(object)
    cancelled = Signal()
    restore_wanted = Signal()

    def __init__(
        self,
        connector: Connector,
        bridge: Bridge,
        *,
        finish: Finish | None = None,
        needs_passphrase: bool = False,
        environment: Environment | None = None,
        offered: Collection[Environment] = tuple(Environment),
        parent: QWidget | None = None,
    ) -> None:
        """Without `finish` the result goes to `connector.save`."""
        super().__init__(parent)
        self._connector, self._bridge, self._finish = connector, bridge, finish
        self._environment = theme.look().theme.environment
        self._running = 0
        self._result: FirstRunResult | None = None
        self.state = begin(
            disclosures=load_disclosures(), needs_passphrase=needs_passphrase, environment=environment,
            default_url=connector.default_url,
        )
        self.path = TwsPath(self, connector, bridge)
        self.journeys, self.helping = Journeys(self, connector, bridge), GatewayHelp(self, connector, bridge)
        self._make_pages(offered)
        self.setAccessibleName("Connect an account")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.banner.closed.connect(self.banner.hide)
        bridge.mistake.connect(self._complain)
        self.copy_button.clicked.connect(self._copy)
        self.cancel_button.clicked.connect(self.ask_to_cancel)
        self.back_button.clicked.connect(self.go_back)
        self.next_button.clicked.connect(self.advance)
        self.passphrase.backup.clicked.connect(self.restore_wanted)
        QShortcut(QKeySequence("Alt+Left"), self, self.go_back)
        self._draw()
        self.focus_first()

    def start(self) -> None:
        """Put the cursor where typing begins, and read what was saved before, so that it can be offered again."""
        self.focus_first()
        self._run(self.journeys.read_known)

    def change(self, step: Callable[[FirstRun], FirstRun]) -> None:
        """Apply a transition and redraw."""
        before, self.state = self.state, step(self.state)
        self._draw()
        if before.step is not self.state.step:
            self._arrive()

    def probe(self) -> None:
        """Look at the gateway again; on the third step, at everything behind it too."""
        self.change(recheck)
        self.helping.forget()
        if self.state.step is Step.VERIFY:
            self._run(self._look, self._connector.verify(self.state.target, self.state.entries.account))
        else:
            self._run(self._look, self._connector.probe(self.state.target))

    def act(self, action: Action) -> None:
        """Do what a check's button offers."""
        match action:
            case Action.START_GATEWAY if self.can_start:
                self._run(self.helping.start)
            case Action.START_GATEWAY | Action.GATEWAY_HELP:
                self.help("gateway")
            case Action.CHANGE_ADDRESS:
                self.return_to(Step.GATEWAY)
                self.gateway.focus_address()
            case Action.CHOOSE_ENVIRONMENT:
                self.return_to(Step.ENVIRONMENT)
            case Action.ACCEPT_CERTIFICATE:
                self.journeys.pin_shown()
            case Action.REPLACE_CERTIFICATE:
                self._run(self.journeys.ask_about_certificate)
            case Action.ALLOW_REMOTE:
                self._run(self.journeys.ask_about_remote)
            case Action.SIGN_IN:
                self._run(self.journeys.sign_in)
            case Action.TAKE_OVER:
                self._run(self.journeys.ask_to_take_over)
            case Action.RETRY:
                self.probe()

    @property
    def can_start(self) -> bool:
        """Whether a gateway on this computer may be started from here."""
        return self.helping.can_start

    def gateway_act(self, name: str) -> None:
        """A wish of the gateway's card."""
        self._run(self.helping.act, name)

    def fix(self, found: Examined) -> None:
        """What a finding's button promises."""
        self._run(self.helping.fix, found)

    def show_help(self) -> None:
        """Draw process and findings anew."""
        keeper = self._connector.gateway
        self.gateway.draw_help(self.helping, None if keeper is None else keeper.folder, self._connector.clock())
        self.verify.draw_help(self.helping)

    def advance(self) -> None:
        """Continue, if nothing is missing."""
        if missing(self.state) or (self._running and self.state.step not in (Step.GATEWAY, Step.TWS)):
            self._leave_if_finished()
        elif self.state.step is Step.ENVIRONMENT and self.state.entries.environment is Environment.DEMO:
            self._run(self.journeys.start_demo)
        elif self.state.step is Step.ACKNOWLEDGE:
            self._run(self._save)
        else:
            self.change(forward)

    def go_back(self) -> None:
        """The page before, with everything typed so far."""
        if self.back_button.isVisibleTo(self) and not self._is_saving:
            self.change(back)

    def ask_to_cancel(self) -> None:
        """Leave without a trace, after a yes."""
        if self.state.step is Step.FINISHED:
            self._leave_if_finished()
        elif not self.state.is_over:
            self._run(self._ask_to_cancel)

    def sign_in_for_me(self) -> None:
        """Walk the demo's sign-in pages."""
        self._run(self.journeys.sign_in_demo)

    def choose_folder(self) -> None:
        """Ask for the gateway's folder."""
        self._run(self.journeys.ask_for_folder)

    def open_page(self, address: str) -> None:
        """Show a page of the web."""
        self._connector.open_browser(address)

    def help(self, topic: str) -> None:
        """Open one of the help texts."""
        self._run(self._bridge.ask, HelpDialog(topic, self, open_page=self.open_page))

    def say(self, text: str, detail: str, tone: str) -> None:
        """Put a sentence above the page."""
        self.banner.set(text, detail=detail, tone=tone)
        self.banner.show()

    def as_widget(self) -> QWidget:
        """What a question stands over."""
        return self

    def diagnostics(self) -> str:
        """What support may know: no name, no secret, no whole account number."""
        lines = describe(self.state) | {"version": self._connector.app_version, "system": platform.platform(terse=True)}
        return "\n".join(f"{name}: {value}" for name, value in lines.items())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, QPushButton) and focused is not self.next_button and focused.isEnabled():
                focused.click()
            else:
                self.advance()
        elif event.key() == Qt.Key.Key_Escape:
            self.ask_to_cancel()
        else:
            super().keyPressEvent(event)

    def _make_pages(self, offered: Collection[Environment]) -> None:
        self.passphrase = PassphrasePage(self, self._connector)
        self.environment = EnvironmentPage(self, offered)
        self.gateway = GatewayPage(self)
        self.verify = VerifyPage(self)
        self.tws, self.tws_account = TwsPage(self), TwsAccountPage(self)
        self.acknowledge = AcknowledgePage(self, self._connector.clock)
        self.finished = FinishedPage(self)
        self.pages: dict[Step, Any] = {
            Step.PASSPHRASE: self.passphrase,
            Step.ENVIRONMENT: self.environment,
            Step.GATEWAY: self.gateway,
            Step.VERIFY: self.verify,
            Step.TWS: self.tws,
            Step.TWS_ACCOUNT: self.tws_account,
            Step.ACKNOWLEDGE: self.acknowledge,
            Step.FINISHED: self.finished,
        }
        for page in self.pages.values():
            self.add_page(page)

    def _draw(self) -> None:
        state = self.state
        if state.step is Step.CANCELLED:
            return
        self._wear(state.entries.environment)
        page = self.pages[state.step]
        page.draw(state)
        self.stack.setCurrentIndex(list(self.pages).index(state.step))
        self._draw_steps()
        self._draw_buttons()

    def _draw_steps(self) -> None:
        order = (Step.PASSPHRASE, *STEPS, Step.FINISHED)
        step = {Step.TWS: Step.GATEWAY, Step.TWS_ACCOUNT: Step.VERIFY}.get(self.state.step, self.state.step)
        self.show_way(is_tws=self.state.is_tws)
        self.steps.show_progress(order.index(step) - 1, self._details())

    def _details(self) -> tuple[str, ...]:
        state, chosen = self.state, self.state.entries.environment
        found = state.check(CheckId.GATEWAY).outcome is Outcome.PASSED
        texts = f"{len(state.disclosures)} disclosures"
        if state.is_tws and chosen is not None:
            side, account = state.tws, state.tws.chosen
            reached = f"{side.host}:{side.port} answers" if side.accounts else ""
            return (ENVIRONMENTS[chosen][0], reached, account.id if account is not None else "", texts)
        return (
            "" if chosen is None else ENVIRONMENTS[chosen][0],
            f"{where(origin(state.entries.gateway_url))} found" if found else "",
            state.facts.account.id if state.facts.account is not None else "",
            texts,
        )

    def _draw_buttons(self) -> None:
        state = self.state
        is_finished = state.step is Step.FINISHED
        self.back_button.setVisible(bool(state.past) and not is_finished)
        self.cancel_button.setVisible(not is_finished)
        self.copy_button.setVisible(not is_finished)
        words = {Step.ACKNOWLEDGE: "Connect account", Step.FINISHED: "Open the desk"}
        self.next_button.setText(words.get(state.step, "Continue"))
        self.next_button.setAccessibleName(self.next_button.text())
        why = "" if is_finished else missing(state)
        self.hint.setText(why)
        self.next_button.setToolTip(why)
        self.next_button.setEnabled(self.finished.is_done if is_finished else not why and not self._is_saving)
        if self.hasFocus():
            for button in (self.next_button, self.gateway.for_me):
                if button.isEnabled() and button.isVisible():
                    button.setFocus(Qt.FocusReason.OtherFocusReason)
                    break

    def _wear(self, environment: Environment | None) -> None:
        """The window takes the colour of the environment that is being connected."""
        app = QApplication.instance()
        wanted = environment or self._environment
        if isinstance(app, QApplication) and theme.look().theme.environment is not wanted:
            theme.change(app, environment=wanted)

    def focus_first(self) -> None:
        """Put the cursor where the person goes on."""
        first = {
            Step.PASSPHRASE: self.passphrase.first,
            Step.ENVIRONMENT: self.environment.focus_for(self.state.entries.environment),
            Step.GATEWAY: self.gateway.user_name if not self.state.entries.user_name else self.next_button,
            Step.TWS: self.tws.first if missing(self.state) else self.next_button,
            Step.ACKNOWLEDGE: self.acknowledge.text,
        }.get(self.state.step, self.next_button)
        (first if first.isEnabled() else self).setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrive(self) -> None:
        """What a page does when the person comes to it."""
        self.banner.hide()
        if self.state.step in (Step.GATEWAY, Step.VERIFY):
            self.probe()
        elif self.state.step is Step.TWS:
            self.path.begin()
        elif self.state.step is Step.ACKNOWLEDGE:
            self.acknowledge.open_first()
        self.focus_first()

    def focus_tws(self, field: str) -> None:
        """Put the cursor into a field of the page over TWS."""
        self.tws.field(field).setFocus()
        self.tws.field(field).selectAll()

    def return_to(self, step: Step) -> None:
        """Back to a page that came before, with everything typed so far."""
        while self.state.step is not step and self.state.past and not self.state.is_over:
            self.state = back(self.state)
        self._draw()
        self.focus_first()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.diagnostics())
        self.hint.setText("Copied, without names or whole account numbers.")

    @property
    def _is_saving(self) -> bool:
        return self._running > 0 and self.state.step is Step.ACKNOWLEDGE

    def _run(self, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> None:
        self._running += 1
        self._draw_buttons()
        self._bridge.start("wizard", self._guarded(work, arguments))

    async def _guarded(self, work: Callable[..., Coroutine[Any, Any, Any]], arguments: tuple[Any, ...]) -> None:
        try:
            await work(*arguments)
        except DeskError as error:
            self.say(error.message, error.remedy, "loss")
        finally:
            self._running -= 1
            if not self.state.is_over or self.state.step is Step.FINISHED:
                self._draw_buttons()

    def _complain(self, text: str) -> None:
        """A mistake of ours: the desk's notices are out of sight here."""
        if not self.state.is_over:
            self.say(text, "Try again; what you entered is still here.", "loss")

    async def _look(self, findings: AsyncGenerator[Finding, None]) -> None:
        """Look, and where something failed find out why, without keeping anybody from going on."""
        await self.journeys.follow(findings)
        if not self.state.is_over:
            self._bridge.start("find the reason", self.helping.explain())

    async def _ask_to_cancel(self) -> None:
        if await self._bridge.ask(questions.leave(self)):
            self.state = cancel(self.state)
            self.passphrase.forget()
            self._wear(None)
            await self._connector.abandon()
            self.cancelled.emit()

    async def _save(self) -> None:
        finished = forward(self.state)
        result = result_of(finished, now=self._connector.clock(), app_version=self._connector.app_version)
        code = ""
        if self._finish is not None:
            code = await self._finish(result, self.passphrase.passphrase)
        else:
            await self._connector.save(result)
        await self._connector.close()
        self.passphrase.forget()
        self._result = result
        self.finished.show_code(code)
        self.change(lambda _state: finished)

    def _leave_if_finished(self) -> None:
        if self.state.step is Step.FINISHED and self.finished.is_done and self._result is not None:
            self.completed.emit(self._result)
