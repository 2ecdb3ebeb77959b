"""Step 2: the address, the certificate, the user name, and the sign-in that happens in the browser."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause
from ibdesk.services.findings import CheckId, Outcome, address_problem, is_encrypted, is_loopback
from ibdesk.services.first_run import FirstRun, edit_address, edit_user_name
from ibdesk.ui.gateway.card import GatewayCard
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import Banner, labelled
from ibdesk.ui.wizard.diagnosis import DiagnosisCard
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import Heading, WizardCheck, mark_invalid

if TYPE_CHECKING:
    from ibdesk.ui.wizard.help import GatewayHelp

_SCREENS = (
    ("The browser warns of the certificate.", "The gateway made it itself. Choose “Advanced” and go on to localhost."),
    ("User name and password.", "For Paper Trading use the paper user name. ibdesk never sees the password."),
    ("The second factor.", "Approve in IBKR Mobile, or type the code from SMS or your device."),
    ("“Client login succeeds”.", "Close the tab. This page notices by itself."),
)
_DEMO_SCREENS = (
    ("The browser warns of the certificate.", "The demo made it a moment ago. Go on to 127.0.0.1."),
    ("User name and password.", "Anything works: nothing is checked and nothing is kept."),
    ("A pretend second factor.", "Approve it with one click."),
    ("“Client login succeeds”.", "Close the tab. This page notices by itself."),
)


class GatewayPage(QWidget):
    """Tests the address whenever it changes; Continue waits until somebody is signed in."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self.address, self.user_name = QLineEdit(), QLineEdit()
        self.test = Button("Test")
        self.plain = Banner(
            "The connection to the gateway is not encrypted.", tone="loss", action="Use https",
        )
        self.remote = Banner("The gateway belongs on this computer.", tone="warn")
        self.reachable = WizardCheck(CheckId.GATEWAY, host)
        self.program = GatewayCard(is_main=False)
        self.program.setProperty("kind", "field")
        self.diagnosis = DiagnosisCard()
        self.certificate = CertificateCard()
        self.signed_in = WizardCheck(CheckId.SIGN_IN, host)
        self.for_me = Button("Sign in for me", kind="primary")
        self.screens = SignInScreens()
        self._wire()
        self._stack()

    def draw(self, state: FirstRun) -> None:
        """Show the address, what was found there, and what comes next."""
        url = state.entries.gateway_url
        for field, text in ((self.address, url), (self.user_name, state.entries.user_name)):
            if not field.hasFocus() and field.text() != text:
                field.setText(text)
        is_demo = state.entries.environment is Environment.DEMO
        self.address.setReadOnly(is_demo)
        mark_invalid(self.address, address_problem(url) is not None)
        self.plain.setVisible(not is_encrypted(url) and address_problem(url) is None)
        self.remote.setVisible(not is_loopback(url) and address_problem(url) is None)
        self.reachable.draw(state)
        cause = state.check(CheckId.GATEWAY).cause
        self.certificate.setVisible(cause in (Cause.CERTIFICATE_UNKNOWN, Cause.CERTIFICATE_CHANGED))
        self.certificate.draw(state)
        self.signed_in.draw(state)
        reachable = state.check(CheckId.GATEWAY).outcome is Outcome.PASSED
        waiting = reachable and state.check(CheckId.SIGN_IN).cause is Cause.NOT_AUTHENTICATED
        self.for_me.setVisible(is_demo and waiting)
        self.signed_in.button.set_kind("" if is_demo else "primary")
        self.screens.draw(_DEMO_SCREENS if is_demo else _SCREENS)
        self.screens.setVisible(waiting)

    def draw_help(self, helped: "GatewayHelp", folder: Path | None, now: datetime) -> None:
        """Show the gateway's process, and why it cannot be reached."""
        failed = self._host.state.check(CheckId.GATEWAY).outcome is Outcome.FAILED
        process = helped.process if helped.can_start else None
        self.program.draw(process, folder, now)
        self.program.start.setVisible(self.program.start.isVisibleTo(self.program) and not failed)
        self.program.setVisible(process is not None and (failed or process.ours))
        self.diagnosis.show_results(helped.failed, helped.results, is_running=helped.is_running)

    def focus_address(self) -> None:
        """Put the cursor where the address is."""
        self.address.setFocus()
        self.address.selectAll()

    def _wire(self) -> None:
        self.address.editingFinished.connect(self._address_typed)
        self.user_name.textEdited.connect(lambda text: self._host.change(lambda s: edit_user_name(s, text)))
        self.test.clicked.connect(self._host.probe)
        self.for_me.clicked.connect(self._host.sign_in_for_me)
        self.program.wanted.connect(self._host.gateway_act)
        self.diagnosis.fix_wanted.connect(self._host.fix)
        self.plain.pressed.connect(self._encrypt)
        self.signed_in.row.addWidget(self.for_me, 0, Qt.AlignmentFlag.AlignVCenter)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Heading("Reach the gateway", "It runs on this computer and holds your sign-in."))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(labelled("Gateway address", self.address), 3)
        row.addWidget(self.test, 0, Qt.AlignmentFlag.AlignBottom)
        row.addSpacing(8)
        row.addLayout(labelled("User name", self.user_name), 2)
        column.addLayout(row)
        self.user_name.setAccessibleDescription("Kept encrypted. The password is never asked for.")
        self.user_name.setPlaceholderText("As you type it at IBKR")
        column.addWidget(Label(
            "The user name is kept encrypted. The password is never asked for here.", kind=Text.CAPTION, tone="muted"
        ))
        for part in (self.plain, self.remote, self.reachable, self.program, self.certificate, self.signed_in,
                     self.diagnosis, self.screens):
            column.addWidget(part)
        self.program.hide()
        self.plain.set(
            "The connection to the gateway is not encrypted.", tone="loss", action="Use https",
            detail="Other programs on this computer could read it. Set listenSsl: true in conf.yaml.",
        )
        self.remote.set(
            "This address is another computer.", tone="warn",
            detail="Anyone who reaches that gateway acts as you. Run it here unless you know why not.",
        )
        column.addStretch(1)

    def _address_typed(self) -> None:
        text = self.address.text()
        if text.strip().rstrip("/") != self._host.state.entries.gateway_url:
            self._host.change(lambda state: edit_address(state, text))
            self._host.probe()

    def _encrypt(self) -> None:
        url = self._host.state.entries.gateway_url
        self._host.change(lambda state: edit_address(state, url.replace("http://", "https://", 1)))
        self._host.probe()


class CertificateCard(QFrame):
    """The certificate as shown: who it is for, from when to when, and its whole fingerprint."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.subject = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.fingerprint = Label("", kind=Text.CAPTION, wrap=True)
        self.before = Label("", kind=Text.CAPTION, tone="loss", wrap=True)
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(self.fingerprint.font().pointSizeF())
        for label in (self.fingerprint, self.before):
            label.setFont(mono)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(44, 9, 14, 10)
        column.setSpacing(3)
        column.addWidget(self.subject)
        column.addWidget(self.fingerprint)
        column.addWidget(self.before)

    def draw(self, state: FirstRun) -> None:
        """Show the certificate and, when it changed, the one that was accepted."""
        shown = state.certificate
        if shown is None:
            return
        dates = f"{shown.valid_from:%Y-%m-%d} to {shown.valid_until:%Y-%m-%d}"
        self.subject.setText(f"{shown.subject}\nValid {dates} (the gateway’s own is often expired: the pin counts)")
        self.fingerprint.setText(f"SHA-256 {_in_two_lines(shown.sha256)}")
        changed = bool(state.pin) and state.pin != shown.sha256
        self.before.setVisible(changed)
        self.before.setText(f"Accepted before {_in_two_lines(state.pin)}")
        self.setAccessibleName(f"Certificate of {shown.host}, SHA-256 {shown.sha256}")


class SignInScreens(QFrame):
    """What the person will see in the browser, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = tuple(Label("", kind=Text.CAPTION, tone="muted", wrap=True) for _ in _SCREENS)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 4, 14, 0)
        column.setSpacing(3)
        column.addWidget(Label("What you will see in the browser", kind=Text.CAPTION, bold=True))
        for line in self._lines:
            column.addWidget(line)

    def draw(self, screens: tuple[tuple[str, str], ...]) -> None:
        for number, (line, (title, sentence)) in enumerate(zip(self._lines, screens, strict=True), start=1):
            line.setText(f"{number}  {title} {sentence}")


def _in_two_lines(sha256: str) -> str:
    pairs = sha256.split(":")
    return ":".join(pairs[:16]) + (":\n        " + ":".join(pairs[16:]) if pairs[16:] else "")
