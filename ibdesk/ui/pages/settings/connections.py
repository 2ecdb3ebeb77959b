"""The connections to Interactive Brokers: which environments are connected, how, and how to take one away."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import Session, SessionState
from ibdesk.domain.settings import Settings
from ibdesk.domain.sockets import named
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Chip, Icon, Label, Pill, PrimaryButton
from ibdesk.ui.wizard.wording import ENVIRONMENTS, fingerprint, level

_TONES = {
    SessionState.READY: "gain", SessionState.EXPIRING: "warn", SessionState.CONNECTING: "warn",
    SessionState.COMPETING: "loss", SessionState.BROKERAGE_LOST: "loss", SessionState.SIGNED_OUT: "warn",
    SessionState.OFFLINE: "loss", SessionState.STRANGER: "loss",
}
_ICONS = {Environment.DEMO: "mode-demo", Environment.PAPER: "mode-paper", Environment.LIVE: "mode-live"}


class ConnectionsCard(Card):
    """Section "Interactive Brokers": the button that connects, a line for each connection, the session's state."""

    connect_wanted = Signal()
    sign_in_wanted = Signal()
    sign_out_wanted = Signal()
    delete_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__("Interactive Brokers")
        self.connect_button = PrimaryButton("Connect IBKR Account", icon="plus")
        self.session = Pill("", name="Session")
        self.sign_in, self.sign_out = Button("Sign in", icon="external"), Button("Sign out")
        self.none = Label("No account is connected yet. The wizard takes about two minutes.", tone="muted", wrap=True)
        self.lines: tuple[ConnectionLine, ...] = ()
        self.tws = Label("", wrap=True)
        self.tws.hide()
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self.connect_button.clicked.connect(self.connect_wanted)
        self.sign_in.clicked.connect(self.sign_in_wanted)
        self.sign_out.clicked.connect(self.sign_out_wanted)
        self.session.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack()

    def show_credentials(self, credentials: Sequence[Credentials], current: Environment) -> None:
        """One line for each environment; `current` is the one this desk is open on."""
        for line in self.lines:
            self._list.removeWidget(line)
            line.deleteLater()
        self.lines = tuple(
            ConnectionLine(each, is_current=each.environment is current, delete=self.delete_wanted.emit)
            for each in credentials
        )
        for line in self.lines:
            self._list.addWidget(line)
        self.none.setVisible(not self.lines and self.tws.isHidden())

    def show_tws(self, settings: Settings) -> None:
        """Where TWS is, where one is connected; it is changed below, or by the wizard."""
        place = named(settings.tws_host, settings.tws_port)
        self.tws.setText(
            f"TWS or IB Gateway · {place} · client id {settings.tws_client_id}, {settings.order_client_id} for orders"
        )
        self.tws.setVisible(settings.tws_enabled)
        self.none.setVisible(not self.lines and not settings.tws_enabled)

    def show_session(self, session: Session | None) -> None:
        """The session's state, and the button that fits it."""
        if session is None:
            self.session.set("not connected", tone="muted")
        else:
            detail = f" · {session.detail}" if session.detail else ""
            self.session.set(f"{session.state.value}{detail}", tone=_TONES.get(session.state, "muted"))
        signed_in = session is not None and session.flags.signed_in
        self.sign_in.setVisible(session is not None and not session.is_ready)
        self.sign_out.setVisible(signed_in)

    def _stack(self) -> None:
        self.body.setSpacing(10)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.connect_button)
        row.addStretch(1)
        for control in (self.session, self.sign_in, self.sign_out):
            row.addWidget(control)
        self.add(row)
        self.add(self.none)
        self.add(self._list)
        self.add(self.tws)
        self.add(Label(
            "Your IBKR password is never asked for, never sent through ibdesk and never stored.",
            kind=Text.CAPTION, tone="muted", wrap=True,
        ))


class ConnectionLine(QFrame):
    """One environment's connection with what was saved of it."""

    def __init__(self, saved: Credentials, *, is_current: bool, delete: Callable[[Environment], None]) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        name = ENVIRONMENTS[saved.environment][0]
        self.setAccessibleName(f"{name}: {saved.account}")
        self.delete = Button("Delete credentials…")
        self.delete.setAccessibleName(f"Delete credentials of {name}")
        self.delete.clicked.connect(lambda: delete(saved.environment))
        words = QVBoxLayout()
        words.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(f"{name} · {saved.account}", bold=True))
        if is_current:
            head.addWidget(Chip("open", tone="accent"))
        head.addStretch(1)
        words.addLayout(head)
        words.addWidget(Label(_detail(saved), kind=Text.CAPTION, tone="muted", wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 12, 10)
        row.setSpacing(12)
        row.addWidget(Icon(_ICONS[saved.environment], tone=saved.environment.value), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.delete)


class AccountsCard(Card):
    """Section "Accounts & sources": every account the desk knows, and where its picture comes from."""

    def __init__(self) -> None:
        super().__init__("Accounts & sources")
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self._none = Label("No account yet.", tone="muted")
        self._labels: tuple[QWidget, ...] = ()
        self.add(self._none)
        self.add(self._list)

    def show_accounts(self, lines: Sequence[str]) -> None:
        """One line for each account."""
        for label in self._labels:
            self._list.removeWidget(label)
            label.deleteLater()
        self._labels = tuple(Label(line, wrap=True) for line in lines)
        for label in self._labels:
            self._list.addWidget(label)
        self._none.setVisible(not lines)


def _detail(saved: Credentials) -> str:
    shown = fingerprint(saved.certificate_sha256)
    pin = f"certificate {shown}" if shown else "no certificate pinned"
    parts = [f"User name {saved.user_name or 'not entered'}", saved.gateway_url, pin, level(saved.options_level)]
    if saved.updated_at is not None:
        parts.append(f"saved {fmt.moment(saved.updated_at)}")
    return " · ".join(parts)
