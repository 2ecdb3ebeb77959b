"""Step 1: which world, and what a gateway needs before step 2 can work."""

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.sockets import IN_GATEWAY, IN_TWS
from ibdesk.services.first_run import FirstRun, Way, choose_environment
from ibdesk.services.first_run_tws import choose_way
from ibdesk.services.gateway_folder import DOWNLOAD_PAGE, START_COMMANDS, FolderReport, JavaVersion
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import ChoiceCard, Heading
from ibdesk.ui.wizard.wording import ENVIRONMENTS, WAYS

_PRO = "IBKR Pro, funded and approved. The gateway does not serve IBKR Lite accounts."


class EnvironmentPage(QWidget):
    """A card for each environment on offer; Paper and Live show below what they need."""

    def __init__(self, host: Host, offered: Collection[Environment]) -> None:
        super().__init__()
        self._host = host
        self.cards = {kind: ChoiceCard(*words) for kind, words in ENVIRONMENTS.items() if kind in offered}
        self.group = QButtonGroup(self)
        self.ways = Ways(host)
        self.needs, self.tws_needs = GatewayNeeds(host), TwsNeeds(host)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Heading("Choose an environment", "Each has its own sign-in; connect the others later."))
        for environment, card in self.cards.items():
            self.group.addButton(card.radio)
            column.addWidget(card)
            card.chosen.connect(lambda chosen=environment: host.change(lambda s: choose_environment(s, chosen)))
        for part in (self.ways, self.needs, self.tws_needs):
            column.addWidget(part)
        column.addStretch(1)

    def focus_for(self, chosen: Environment | None) -> QWidget:
        """The card that takes the focus: the chosen one or the first."""
        card = self.cards.get(chosen) if chosen is not None else None
        return (card or next(iter(self.cards.values()))).radio

    def draw(self, state: FirstRun) -> None:
        """Show what is chosen."""
        chosen = state.entries.environment
        self.group.setExclusive(False)
        for environment, card in self.cards.items():
            card.radio.blockSignals(True)
            card.radio.setChecked(environment is chosen)
            card.radio.blockSignals(False)
        self.group.setExclusive(True)
        is_own = chosen in (Environment.PAPER, Environment.LIVE)
        self.ways.setVisible(is_own)
        self.ways.draw(state.entries.way)
        self.needs.setVisible(is_own and not state.is_tws)
        self.tws_needs.setVisible(is_own and state.is_tws)
        self.needs.paper.setVisible(chosen is Environment.PAPER)


class Ways(QWidget):
    """By which of IBKR's programs: its Client Portal Gateway, or TWS and IB Gateway."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.setAccessibleName("How the account is reached")
        self.cards = {way: ChoiceCard(*words) for way, words in WAYS.items()}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for way, card in self.cards.items():
            self._group.addButton(card.radio)
            row.addWidget(card, 1)
            card.chosen.connect(lambda chosen=way: host.change(lambda state: choose_way(state, chosen)))

    def draw(self, chosen: Way) -> None:
        """Show which one is chosen."""
        for way, card in self.cards.items():
            card.radio.blockSignals(True)
            card.radio.setChecked(way is chosen)
            card.radio.blockSignals(False)


class TwsNeeds(QFrame):
    """What the way over TWS needs: a program that runs and is signed in, and one tick in its settings."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.settings, self.avoid = Button("Where each is set", kind="link"), Button("Avoid disconnects", kind="link")
        self.server = Button("On a server", kind="link")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 14, 12)
        column.setSpacing(6)
        column.addWidget(Label("You need", bold=True))
        column.addWidget(Label(
            "TWS or IB Gateway, running and signed in by you: there are no API keys, its session is the permission. "
            "No Client Portal Gateway is needed.\nIn its API settings “Enable ActiveX and Socket Clients” is ticked "
            "and 127.0.0.1 is a trusted IP. The next page finds out what is missing.",
            kind=Text.CAPTION, tone="muted", wrap=True,
        ))
        column.addWidget(Label(f"{IN_TWS}\n{IN_GATEWAY}", kind=Text.CAPTION, tone="muted", wrap=True))
        row = QHBoxLayout()
        for button, topic in ((self.settings, "tws"), (self.avoid, "avoid-disconnects"), (self.server, "server")):
            button.clicked.connect(lambda _checked=False, name=topic: host.help(name))
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)


class GatewayNeeds(QFrame):
    """What IBKR's gateway needs: the right account, the download, Java, and the command that starts it."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.get = Button("Get the gateway", icon="external", tip=DOWNLOAD_PAGE)
        self.have = Button("I have it: choose folder")
        self.paper = Button("How to get a paper account", kind="link")
        self.found = Label("", kind=Text.CAPTION, wrap=True)
        self.get.clicked.connect(lambda: host.open_page(DOWNLOAD_PAGE))
        self.have.clicked.connect(host.choose_folder)
        self.paper.clicked.connect(lambda: host.help("gateway"))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 14, 12)
        column.setSpacing(6)
        column.addWidget(Label("You need", bold=True))
        column.addWidget(Label(
            f"{_PRO}\nThe Client Portal Gateway, a small program of IBKR’s that runs on this computer with Java 8 "
            "update 192 or newer, or Java 11 or newer. Start it in its folder:",
            kind=Text.CAPTION, tone="muted", wrap=True,
        ))
        for system, command in START_COMMANDS:
            line = Label(f"{system}:  {command}", kind=Text.CAPTION)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            line.setContentsMargins(12, 0, 0, 0)
            column.addWidget(line)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.get, self.have):
            row.addWidget(button)
        row.addStretch(1)
        column.addSpacing(4)
        column.addLayout(row)
        column.addWidget(self.paper, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.found)
        self.found.hide()

    def show_report(self, report: FolderReport, java: JavaVersion | None) -> None:
        """Say what the chosen folder holds and whether there is a Java for it."""
        self.found.show()
        if not report.is_gateway:
            self.found.set_tone("loss")
            self.found.setText(
                f"✕ {report.folder.name} is not the unpacked gateway: {' and '.join(report.missing)} not found there."
            )
            return
        port = "" if report.port is None else f", listens on port {report.port}"
        plain = "" if report.ssl else " Its conf.yaml has listenSsl off: turn it on."
        self.found.set_tone("gain" if java is not None and java.runs_gateway else "warn")
        self.found.setText(f"✓ Gateway found{port}.{plain} {_java(java)}")


def _java(java: JavaVersion | None) -> str:
    if java is None:
        return "No Java was found: install Java 11 or newer, then start the gateway."
    if java.runs_gateway:
        return f"Java {java.text} runs it."
    return f"Java {java.text} is too old for it: install Java 11 or newer."
