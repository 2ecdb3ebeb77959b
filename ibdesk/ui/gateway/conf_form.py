"""The five values of conf.yaml that matter to a person, as fields with what is wrong beside each while typing."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from ibdesk.domain.diagnosis import Examined, Verdict
from ibdesk.domain.errors import Refused
from ibdesk.services.gateway_conf import THIS_COMPUTER, Conf, changed
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Label
from ibdesk.ui.wizard.parts import mark_invalid

#: (key in the file, label, what it is for)
FIELDS = (
    ("listenPort", "Port (listenPort)", "Where the gateway listens on this computer. 5000 unless it is taken."),
    ("listenSsl", "Encryption (listenSsl)", "Keep it on: account data never goes in clear."),
    ("ips.allow", "Allowed addresses (ips.allow)", f"Who may use your session. {THIS_COMPUTER} alone is enough."),
    ("ips.deny", "Refused addresses (ips.deny)", "Usually empty."),
    ("accountIds", "Accounts (accountIds)", "Usually empty: all accounts of the user name."),
)
_PARTS = re.compile(r"[\s,;]+")


class ConfForm(QWidget):
    """Emits `edited` at every change; `text()` is the file as it would be saved."""

    edited = Signal()

    def __init__(self, conf: Conf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._conf = conf
        self.ssl = QCheckBox("listenSsl: true")
        self.lines = {key: QLineEdit() for key, _label, _help in FIELDS if key != "listenSsl"}
        self.notes = {key: Label("", kind=Text.CAPTION, tone="muted", wrap=True) for key, _label, _help in FIELDS}
        self._helps = {key: help_text for key, _label, help_text in FIELDS}
        self._stack()
        self.fill(conf)
        for line in self.lines.values():
            line.textEdited.connect(self.edited)
        self.ssl.clicked.connect(self.edited)

    def fill(self, conf: Conf) -> None:
        """Show what the file says."""
        self._conf = conf
        self.lines["listenPort"].setText(str(conf.listen_port or ""))
        self.ssl.setChecked(conf.listen_ssl is not False)
        for key, values in (("ips.allow", conf.allow or ()), ("ips.deny", conf.deny), ("accountIds", conf.account_ids)):
            self.lines[key].setText(", ".join(values))

    def make_safe(self) -> None:
        """Encryption on, and this computer alone."""
        self.ssl.setChecked(True)
        self.lines["ips.allow"].setText(THIS_COMPUTER)
        self.edited.emit()

    def text(self) -> str:
        """The whole file with these values. Refused(BAD_SETTING) where one cannot be used."""
        port, conf = self.lines["listenPort"].text().strip(), self._conf
        number = int(port) if port.isascii() and port.isdigit() else 0
        lists = {key: tuple(filter(None, _PARTS.split(line.text()))) for key, line in self.lines.items()}
        return changed(
            conf,
            listen_port=number if port and number != conf.listen_port else None,
            listen_ssl=self.ssl.isChecked() if self.ssl.isChecked() is not (conf.listen_ssl is not False) else None,
            allow=_new(lists["ips.allow"], conf.allow),
            deny=_new(lists["ips.deny"], conf.deny),
            account_ids=_new(lists["accountIds"], conf.account_ids),
        )

    def show_findings(self, findings: Sequence[Examined], refused: Refused | None = None) -> None:
        """Say beside each field what is wrong with it, or what it is for."""
        for key, note in self.notes.items():
            about = [each for each in findings if each.target == key]
            bad = next((each for each in about if each.verdict is Verdict.BAD), None)
            shown = bad or next(iter(about), None)
            if refused is not None and self._is_about(refused, key):
                text, tone = f"✕ {refused.message} {refused.remedy}", "loss"
            elif shown is None:
                text, tone = self._helps[key], "muted"
            else:
                sign, tone = ("✕", "loss") if shown.verdict is Verdict.BAD else ("!", "warn")
                text = f"{sign} {shown.statement} {shown.advice}"
            note.setText(text)
            note.set_tone(tone)
            if key in self.lines:
                mark_invalid(self.lines[key], tone == "loss")

    def _is_about(self, refused: Refused, key: str) -> bool:
        """A refusal names the value it does not take."""
        typed = self.lines[key].text() if key in self.lines else ""
        return any(repr(value) in refused.message for value in filter(None, _PARTS.split(typed)))

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for key, title, _help in FIELDS:
            field = self.ssl if key == "listenSsl" else self.lines[key]
            label = Label(title)
            label.setBuddy(field)
            field.setAccessibleName(title)
            for part in (label, field, self.notes[key]):
                column.addWidget(part)
            column.addSpacing(8)
        column.addStretch(1)


def _new(values: tuple[str, ...], before: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if values == (before or ()) else values
