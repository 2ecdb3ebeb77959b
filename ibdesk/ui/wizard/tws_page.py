"""Step 2 over TWS: the port, the host, the client id, and what the connection said about each setting of TWS."""

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.sockets import IN_GATEWAY, IN_TWS, USUAL_PORTS, Knock, UsualPort, is_this_computer
from ibdesk.services.first_run import FirstRun
from ibdesk.ui.doctor.row import ExaminedRow
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Chip, Label, line
from ibdesk.ui.widgets.states import Banner, labelled
from ibdesk.ui.wizard.parts import ChoiceCard, Heading
from ibdesk.ui.wizard.tws_path import TwsPath

#: The checklist, in the documents' order.
LISTED = (
    Check.TWS_ANSWERS, Check.TWS_PORT, Check.TWS_SOCKETS, Check.TWS_TRUSTED, Check.TWS_FIREWALL, Check.TWS_CLIENT_ID,
    Check.TWS_SIGN_IN, Check.TWS_READ_ONLY, Check.TWS_ACCOUNTS,
)
_HEARD = {
    Knock.GREETED: ("answers", "gain"), Knock.STRANGER: ("another program", "warn"),
    Knock.SILENT: ("takes the call, says nothing", "warn"), Knock.CLOSED: ("hangs up", "warn"),
}
_NOTHING = ("nothing there", "")
#: Said before anything was asked, in the order of the checklist.
_NEEDED = (
    "TWS or IB Gateway runs and is signed in",
    "Host and port are the ones in its API settings",
    "“Enable ActiveX and Socket Clients” is ticked",
    "This computer is one of the trusted IPs: 127.0.0.1 for TWS on this computer",
    "No firewall is in between",
    "The client id is nobody else’s",
    "“Read-Only API” may stay ticked while ibdesk only reads",
    "It is signed in with a paper user for Paper, a live user for Live",
)
_CLIENT_IDS = QIntValidator(0, 2147483645)
_PORTS = QIntValidator(1, 65535)


class PathHost(Protocol):
    """What these pages need of the panel."""

    path: TwsPath

    @property
    def state(self) -> FirstRun: ...

    def advance(self) -> None:
        """What the Continue button does."""

    def help(self, topic: str) -> None:
        """Open one of the help texts."""


class PortCard(ChoiceCard):
    """One of the four usual ports; the live ones wear the colour of real money."""

    def __init__(self, usual: UsualPort) -> None:
        super().__init__(f"{usual.program} {usual.environment.value}", f"Port {usual.port}")
        self.usual = usual
        self.radio.setAccessibleName(f"{usual.words}, port {usual.port}")
        self.chip = Chip("")
        is_live = usual.environment is Environment.LIVE
        self.sentence.set_tone("loss" if is_live else "muted")
        self.radio.setProperty("tone", "loss" if is_live else "")
        self.setProperty("tone", "live" if is_live else "")
        row = QHBoxLayout()
        row.setContentsMargins(21, 2, 0, 0)
        row.addWidget(self.chip)
        row.addStretch(1)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101 - the card made it
        column.addLayout(row)

    def show_heard(self, heard: Knock | None) -> None:
        """What the scan heard there; nothing before it."""
        words, tone = ("", "") if heard is None else _HEARD.get(heard, _NOTHING)
        self.chip.setText(words)
        self.chip.set_tone(tone)
        self.chip.setVisible(bool(words))
        self.radio.setAccessibleDescription(f"{self.sentence.text()} {words}".strip())


class TwsPage(QWidget):
    """Connects when asked; Continue waits until TWS named an account of the chosen environment."""

    def __init__(self, host: PathHost) -> None:
        super().__init__()
        self._host = host
        self.ports = tuple(PortCard(each) for each in USUAL_PORTS)
        self.scan = Button("Scan local ports", icon="search", tip="Knocks at the four usual ports of this computer")
        self.host, self.port, self.client_id = QLineEdit(), QLineEdit(), QLineEdit()
        self.orders = Label("", kind=Text.CAPTION, tone="muted")
        self.connect_button = Button("Connect", kind="primary")
        self.remote = Banner("", tone="warn", action="What to set up")
        self.note = Banner("", tone="accent")
        self.list = Checklist(host)
        self._wire()
        self._stack()

    def draw(self, state: FirstRun) -> None:
        """Show the place, what the scan heard, and the checklist."""
        side, path = state.tws, self._host.path
        for card in self.ports:
            card.radio.blockSignals(True)
            card.radio.setAutoExclusive(False)
            card.radio.setChecked(card.usual.port == side.port)
            card.radio.setAutoExclusive(True)
            card.radio.blockSignals(False)
            card.show_heard(side.heard(card.usual.port))
        typed = ((self.host, side.host), (self.port, str(side.port or "")), (self.client_id, str(side.client_id)))
        for field, text in typed:
            if field.text() != text and not (field.hasFocus() and field.isModified()):
                field.setText(text)
        self.orders.setText(f"Orders: client id {side.client_id + 1}")
        self.scan.setText("Stop scanning" if path.is_scanning else "Scan local ports")
        self.connect_button.setText("Connecting…" if path.is_meeting else "Connect again" if side.seen else "Connect")
        self.connect_button.setEnabled(bool(side.port and side.host) and not path.is_meeting)
        self.connect_button.set_kind("primary" if side.seen is None else "")
        self.remote.setVisible(bool(side.host) and not is_this_computer(side.host))
        self.note.set(side.note, tone="accent")
        self.note.setVisible(bool(side.note))
        self.list.draw(side.results, is_meeting=path.is_meeting, named=", ".join(each.id for each in side.accounts))

    def field(self, name: str) -> QLineEdit:
        """The field of a setting."""
        return {"host": self.host, "port": self.port, "client_id": self.client_id}[name]

    @property
    def first(self) -> QWidget:
        """Where the person goes on."""
        side = self._host.state.tws
        if not side.port:
            return self.scan
        return self.connect_button if side.seen is None else self.list.next_button or self.connect_button

    def _wire(self) -> None:
        path = self._host.path
        for card in self.ports:
            card.chosen.connect(lambda port=card.usual.port: path.choose_port(port))
        self.scan.clicked.connect(path.toggle_scan)
        self.connect_button.clicked.connect(path.connect)
        self.port.setValidator(_PORTS)
        self.client_id.setValidator(_CLIENT_IDS)
        for field in (self.host, self.port, self.client_id):
            field.editingFinished.connect(self._typed)
            field.returnPressed.connect(self._entered)
        self.remote.pressed.connect(lambda: self._host.help("tws"))
        self.list.help.clicked.connect(lambda: self._host.help("tws"))
        self.list.avoid.clicked.connect(lambda: self._host.help("avoid-disconnects"))
        self.list.server.clicked.connect(lambda: self._host.help("server"))

    def _typed(self) -> None:
        """Take what was typed, once; leaving a field untouched changes nothing."""
        path = self._host.path
        typed = [
            field for field in (self.host, self.port, self.client_id)
            if field.isModified() and field.hasAcceptableInput()
        ]
        for field in typed:
            field.setModified(False)
        if self.host in typed:
            path.edit(host=self.host.text())
        if self.port in typed:
            path.choose_port(int(self.port.text()))
        if self.client_id in typed:
            path.edit(client_id=int(self.client_id.text()))

    def _entered(self) -> None:
        self._typed()
        self._host.path.connect()

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Heading(
            "Reach TWS or IB Gateway",
            "You sign in there, and that session is the permission: ibdesk never asks for its password.",
        ))
        cards = QHBoxLayout()
        cards.setSpacing(8)
        for card in self.ports:
            cards.addWidget(card, 1)
        column.addLayout(cards)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(labelled("Host", self.host), 3)
        row.addLayout(labelled("Port", self.port), 2)
        row.addLayout(labelled("Client id", self.client_id), 2)
        for button in (self.scan, self.connect_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(row)
        column.addWidget(self.orders, 0, Qt.AlignmentFlag.AlignLeft)
        self.port.setPlaceholderText("Choose")
        self.remote.set(
            "This host is another computer, and the connection is not encrypted.", tone="warn", action="What to set up",
            detail="Give this computer a static address, add only that one to the trusted IPs, and let nobody else "
            "reach the port. TWS on this computer is safer; never allow connections from anywhere.",
        )
        for part in (self.remote, self.note, self.list):
            column.addWidget(part)
        column.addStretch(1)


class Checklist(QFrame):
    """What the connection said about TWS's settings; nothing here is ticked by hand."""

    def __init__(self, host: PathHost) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.setAccessibleName("Checklist")
        self._host = host
        self.title = Label("", kind=Text.CAPTION, bold=True, tone="muted", wrap=True)
        self.title.setContentsMargins(14, 8, 14, 2)
        self.needed = Label("\n".join(f"{each}." for each in _NEEDED), kind=Text.CAPTION, tone="muted", wrap=True)
        self.needed.setContentsMargins(14, 2, 14, 2)
        self.rows = {check: ExaminedRow(check) for check in LISTED}
        self.help = Button("Where each is set", kind="link")
        self.avoid = Button("Avoid disconnects", kind="link")
        self.server = Button("On a server", kind="link")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.needed)
        self._list = QWidget()
        listed = QVBoxLayout(self._list)
        listed.setContentsMargins(0, 0, 0, 0)
        listed.setSpacing(0)
        column.addWidget(self._list)
        for check, row in self.rows.items():
            if check is not LISTED[0]:
                listed.addWidget(line())
            listed.addWidget(row)
            row.fix_wanted.connect(host.path.fix)
        places = Label(f"{IN_TWS}  ·  {IN_GATEWAY}", kind=Text.CAPTION, tone="muted", wrap=True)
        places.setContentsMargins(14, 6, 14, 0)
        column.addWidget(places)
        links = QHBoxLayout()
        links.setContentsMargins(8, 0, 14, 0)
        for button in (self.help, self.avoid, self.server):
            links.addWidget(button)
        links.addStretch(1)
        column.addLayout(links)

    @property
    def next_button(self) -> Button | None:
        """The button of the first thing that is broken."""
        return next((row.button for row in self.rows.values() if row.button.property("kind") == "primary"), None)

    def draw(self, results: tuple[Examined, ...], *, is_meeting: bool, named: str) -> None:
        """Show what was found, and the accounts by their whole numbers; before a connection what is needed."""
        self.title.setText(
            "Asking TWS…" if is_meeting else "What TWS said" if results else "What has to be so; connecting finds out"
        )
        self.needed.setVisible(not results and not is_meeting)
        self._list.setVisible(bool(results) or is_meeting)
        found = {each.check: each for each in results}
        broken = next((each for each in LISTED if each in found and _is_next(found[each])), None)
        for check, row in self.rows.items():
            each = found.get(check)
            if each is None:
                row.show_pending()
                continue
            if row.examined != each:
                row.show_result(each)
                if each.fix is Fix.CONNECT:
                    row.button.setText("Choose environment")
                if check is Check.TWS_ACCOUNTS and named:
                    row.statement.setText(f"{each.statement} {named}")
            row.set_next(check is broken)


def _is_next(each: Examined) -> bool:
    return each.verdict is Verdict.BAD and each.fix is not None
