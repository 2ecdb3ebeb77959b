"""The Settings room: search over everything, one card for each section, changes applied and kept at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Refused
from ibdesk.domain.events import SessionChanged, SettingsChanged
from ibdesk.domain.positions import Source
from ibdesk.domain.settings import Sourced, meta_of, names
from ibdesk.services.findings import is_encrypted, is_loopback
from ibdesk.ui.links import open_link
from ibdesk.ui.modes.going_live import GoingLive
from ibdesk.ui.orders.again import RememberedAnswers
from ibdesk.ui.pages.help import HelpDialog
from ibdesk.ui.pages.settings.connections import AccountsCard, ConnectionsCard
from ibdesk.ui.pages.settings.row import SettingRow
from ibdesk.ui.pages.settings.vault import VaultSection
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Banner, Button, Card, EmptyState, Label
from ibdesk.ui.wizard.parts import Question
from ibdesk.ui.wizard.wording import ENVIRONMENTS

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: What has to be typed before credentials are deleted.
WORD = "delete"
_WIDTH = 860
#: Sections that stand beside a card of the same subject.
TITLES = {"Interactive Brokers": "Use and sync", "Vault": "Lock, backup schedule and reminders"}


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Settings room of an open desk."""
    return SettingsPage(desk, bridge)


class SettingsPage(QWidget):
    """Sections from the settings' own descriptions; Interactive Brokers first."""

    def __init__(self, desk: "Desk", bridge: "Bridge", *, open_page: Callable[[str], object] = open_link) -> None:
        super().__init__()
        self.setAccessibleName("Settings")
        self._desk, self._bridge, self._open_page = desk, bridge, open_page
        self.search = QLineEdit()
        self.plain = Banner(tone="loss", action="Turn encryption on")
        self.remote = Banner(tone="warn")
        self.connections, self.accounts = ConnectionsCard(), AccountsCard()
        self.vault = VaultSection(desk, bridge)
        self.going_live = GoingLive(desk, bridge)
        self.answers = RememberedAnswers(desk, bridge)
        self.rows = {name: SettingRow(name, self._change, self._reset) for name in names()}
        self.rows["local_paper_cash"].offer("Reset Local Paper…", lambda: bridge.command.emit("reset-paper"))
        self.sections = self._make_sections()
        self.help = self._make_help()
        self.nothing = EmptyState("search", "No setting matches", "Try another word, such as “sync” or “theme”.")
        self._stack()
        self._wire()
        self.search_for("")
        self.draw(desk.preferences.sourced)
        bridge.start("read the connections", self._read_connections())

    def draw(self, sourced: Sourced) -> None:
        """Show every value with its origin."""
        for row in self.rows.values():
            row.show_value(sourced)
        url = sourced.settings.gateway
        self.plain.setVisible(not is_encrypted(url))
        self.remote.setVisible(not is_loopback(url))
        session = self._desk.session
        self.connections.show_session(session.session if session is not None else None)

    def search_for(self, text: str) -> None:
        """Show only what matches every word."""
        words = text.lower().split()
        found = 0
        for section, (card, members) in self.sections.items():
            shown = [row for row in members if row.matches(words)]
            for row in members:
                row.setVisible(row in shown)
                row.rule.setVisible(row in shown[1:])
            card.setVisible(bool(shown))
            found += len(shown) if section else 0
        for card, about in ((self.connections, "interactive brokers connect account credentials session sign"),
                            (self.accounts, "accounts sources"), (self.help, "help resources risk statement about")):
            is_shown = all(word in about for word in words)
            card.setVisible(is_shown)
            found += is_shown
        found += self.vault.search_for(words) + self.going_live.search_for(words) + self.answers.search_for(words)
        self.nothing.setVisible(not found)

    def show_setting(self, name: str) -> None:
        """Bring one setting on screen and put the cursor into it; "vault" is the vault's cards,
        "going-live" the checklist."""
        row = self.rows.get(name)
        if name == "going-live":
            self.search.clear()
            self._area.ensureWidgetVisible(self.going_live.card, 0, 20)
        if name == "vault":
            self.search.clear()
            self._area.ensureWidgetVisible(self.vault.backups, 0, 40)
            self._area.ensureWidgetVisible(self.vault.card, 0, 20)
        if row is None:
            return
        self.search.clear()
        self._area.ensureWidgetVisible(row, 0, 80)
        row.editor.widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_sections(self) -> dict[str, tuple[Card, list[SettingRow]]]:
        sections: dict[str, tuple[Card, list[SettingRow]]] = {}
        for name, row in self.rows.items():
            section = meta_of(name).section
            title = TITLES.get(section, section)
            card, members = sections.setdefault(section, (Card(title), []))
            card.add(row)
            card.body.setSpacing(0)
            members.append(row)
        return sections

    def _make_help(self) -> Card:
        card = Card("Help and about")
        row = QHBoxLayout()
        row.setSpacing(8)
        for topic, title in (("getting-started", "Getting started"), ("gateway", "Gateway"), ("resources", "Resources"),
                             ("live", "Before you trade live"), ("risk", "Risk statement"),
                             ("changelog", "What is new")):
            button = Button(title)
            button.clicked.connect(lambda _checked=False, topic=topic: self._help(topic))
            row.addWidget(button)
        row.addStretch(1)
        card.add(row)
        return card

    def _stack(self) -> None:
        self.search.setPlaceholderText("Search settings")
        self.search.setAccessibleName("Search settings")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(320)
        self.plain.set(
            "The connection to the gateway is not encrypted.", tone="loss", action="Turn encryption on",
            detail="Account data goes in clear between programs on this computer. Keep it on.",
        )
        self.remote.set(
            "The gateway is on another computer.", tone="warn",
            detail="Whoever reaches that gateway acts as you. IBKR means it to run on your own computer.",
        )
        head = QHBoxLayout()
        head.addWidget(Label("Settings", kind=Text.TITLE, bold=True))
        head.addStretch(1)
        head.addWidget(self.search, 1)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 12, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.plain)
        column.addWidget(self.remote)
        column.addWidget(self.connections)
        for section, (card, _members) in self.sections.items():
            if section == "Vault":
                column.addWidget(self.vault)
            column.addWidget(card)
        column.insertWidget(5, self.accounts)
        column.insertWidget(6, self.going_live)
        column.addWidget(self.answers)
        column.addWidget(self.help)
        column.addWidget(self.nothing)
        column.addStretch(1)
        self.nothing.hide()
        self._area = _scrolling(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 14, 4, 0)
        outer.addWidget(self._area)

    def _wire(self) -> None:
        bridge = self._bridge
        self.search.textChanged.connect(self.search_for)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self.plain.pressed.connect(self._encrypt)
        self.connections.connect_wanted.connect(lambda: bridge.command.emit("connect"))
        self.connections.sign_in_wanted.connect(lambda: bridge.command.emit("sign-in"))
        self.connections.sign_out_wanted.connect(lambda: bridge.command.emit("sign-out"))
        self.connections.delete_wanted.connect(
            lambda environment: bridge.start("delete credentials", self._delete(environment))
        )
        bridge.settings_changed.connect(self._settings_changed)
        bridge.session_changed.connect(self._session_changed)
        bridge.account_changed.connect(lambda _event: bridge.start("read the accounts", self._read_accounts()))
        bridge.setting_wanted.connect(self.show_setting)

    def _change(self, name: str, text: str) -> None:
        self._bridge.start("change a setting", self._changing(name, text))

    def _reset(self, name: str) -> None:
        self._bridge.start("reset a setting", self._resetting(name))

    async def _changing(self, name: str, text: str) -> None:
        try:
            self.draw(await self._desk.preferences.change(name, text))
        except Refused as refusal:
            self.rows[name].refuse(refusal)

    async def _resetting(self, name: str) -> None:
        self.draw(await self._desk.preferences.reset(name))

    def _encrypt(self) -> None:
        """Encryption on, by whichever setting turned it off."""
        settings = self._desk.preferences.sourced.settings
        if settings.gateway_url:
            self._change("gateway_url", settings.gateway_url.replace("http://", "https://", 1))
        else:
            self._change("gateway_ssl", "true")

    def _settings_changed(self, event: SettingsChanged) -> None:
        if "credentials" in event.names:
            self._bridge.start("read the connections", self._read_connections())
        self.draw(self._desk.preferences.sourced)
        self.connections.show_tws(self._desk.preferences.settings)

    def _session_changed(self, event: SessionChanged) -> None:
        self.connections.show_session(event.session)

    async def _read_connections(self) -> None:
        credentials = await self._desk.preferences.credentials()
        self.connections.show_credentials(credentials, self._desk.environment)
        self.connections.show_tws(self._desk.preferences.settings)
        await self._read_accounts()

    async def _read_accounts(self) -> None:
        accounts = await self._desk.book.every_account()
        is_tws = self._desk.book.source is Source.TWS
        told_by = "from TWS or IB Gateway" if is_tws else "from the Client Portal Gateway"
        self.accounts.show_accounts([
            " · ".join(part for part in (
                account.id, account.alias or account.title, account.currency,
                "paper" if account.is_paper else "live", told_by,
            ) if part)
            for account in accounts
        ])

    async def _delete(self, environment: Environment) -> None:
        name = ENVIRONMENTS[environment][0]
        question = Question(
            f"Delete the credentials of {name}?",
            "The user name, the gateway’s address and its certificate pin are erased from the vault. Positions and "
            "history stay. To connect again you walk through the wizard.",
            "Delete credentials", word=WORD, danger=True, parent=self.window(),
        )
        if await self._bridge.ask(question):
            await self._desk.preferences.delete_credentials(environment)
            self._bridge.say(f"The credentials of {name} are deleted.")
            await self._read_connections()

    def _help(self, topic: str) -> None:
        self._bridge.start("help", self._bridge.ask(HelpDialog(topic, self.window(), open_page=self._open_page)))


def _scrolling(inner: QWidget) -> QScrollArea:
    holder = QWidget()
    holder.setProperty("kind", "page")
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(inner, 10)
    row.addStretch(1)
    area = QScrollArea()
    area.setWidget(holder)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
