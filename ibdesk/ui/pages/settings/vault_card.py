"""What can be done to the vault itself: its ways in, its key, and its way to another computer, a line for each."""

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.ui.pages.settings.switch import Switch
from ibdesk.ui.theme import Text
from ibdesk.ui.vault.guard import is_old
from ibdesk.ui.widgets import Button, Card, Label, line

_DEMO = "This is the demo: its vault is thrown away when it ends, so there is nothing to look after."


class VaultLine(QWidget):
    """A title, how it stands, and the control at the end."""

    def __init__(self, title: str, sentence: str, control: QWidget) -> None:
        super().__init__()
        self.title = Label(title, bold=True)
        self.sentence = Label(sentence, kind=Text.CAPTION, tone="muted", wrap=True)
        self.control = control
        self.rule = line()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        row = QHBoxLayout()
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(24)
        row.addLayout(words, 1)
        row.addWidget(control)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.rule)
        column.addLayout(row)

    def say(self, sentence: str, tone: str = "muted") -> None:
        """How it stands."""
        self.sentence.setText(sentence)
        self.sentence.set_tone(tone)


class VaultCard(Card):
    """Section "Vault"; the signals ask the page."""

    passphrase_wanted = Signal()
    code_wanted = Signal()
    rekey_wanted = Signal()
    remember_wanted = Signal(bool)
    move_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Vault")
        self.change, self.code = Button("Change…"), Button("New code…")
        self.rekey, self.move_away = Button("Change the key…"), Button("How to move…")
        self.remember = Switch("Remember on this computer")
        for button, name in ((self.change, "Change the passphrase"), (self.code, "New recovery code"),
                             (self.rekey, "Change the key"), (self.move_away, "Move to another computer")):
            button.setAccessibleName(name)
        self.passphrase_line = VaultLine("Passphrase", "", self.change)
        self.code_line = VaultLine(
            "Recovery code", "Opens the vault when the passphrase is lost. A new one ends the old one.", self.code)
        self.key_line = VaultLine("Encryption key", "", self.rekey)
        self.remember_line = VaultLine(
            "Remember on this computer",
            "This computer’s own key store opens the vault when you are signed in to it; nobody types the passphrase. "
            "The passphrase itself is not kept.", self.remember)
        self.move_line = VaultLine(
            "Move to another computer", "One encrypted file takes everything along.", self.move_away)
        self.demo = Label(_DEMO, tone="muted", wrap=True)
        self.lines = (self.passphrase_line, self.code_line, self.key_line, self.remember_line, self.move_line)
        self.body.setSpacing(0)
        self.add(self.demo)
        self.demo.hide()
        for each in self.lines:
            self.add(each)
        self.lines[0].rule.hide()
        self.remember_line.hide()
        self.change.clicked.connect(self.passphrase_wanted)
        self.code.clicked.connect(self.code_wanted)
        self.rekey.clicked.connect(self.rekey_wanted)
        self.remember.clicked.connect(self.remember_wanted)
        self.move_away.clicked.connect(self.move_wanted)

    def show_demo(self) -> None:
        """The demo's vault needs no care."""
        self.demo.show()
        for each in self.lines:
            each.hide()

    def show_dates(
        self, *, passphrase: datetime | None, key: datetime | None, now: datetime, reminder_days: int
    ) -> None:
        """Since when the passphrase and the key are what they are."""
        self.passphrase_line.say(f"Nobody can reset it. {_since('Set', passphrase, now)}".strip())
        if is_old(key, now, reminder_days):
            self.key_line.say(f"{_since('Made', key, now)} It is time to change it.", "warn")
        else:
            self.key_line.say(f"It encrypts everything in the vault. {_since('Made', key, now)}".strip())

    def show_remembered(self, *, can: bool, is_remembered: bool) -> None:
        """The choice is not offered where the system has no key store that protects what it keeps."""
        self.remember_line.setVisible(can)
        self.remember.setChecked(is_remembered)


def _since(verb: str, at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    local = at.astimezone()
    days = (now - at).days
    ago = "today" if days < 1 else "yesterday" if days == 1 else f"{days:,} days ago"
    return f"{verb} on {local.day} {local:%b %Y}, {ago}."
