"""A form about the vault: it stays open while the vault answers, and says beside the fields why not."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from ibdesk.domain.errors import DeskError
from ibdesk.ui.theme import Text
from ibdesk.ui.vault.fields import SecretField
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import labelled

#: Starts work in the background, as `Bridge.start` does.
Start = Callable[[str, Coroutine[Any, Any, Any]], None]


class VaultForm(QDialog):
    """Title, sentence, fields, one deed. `deed` gets the form; a DeskError it raises is shown and the form stays."""

    def __init__(
        self, title: str, sentence: str, yes: str, *, start: Start, deed: "Callable[[Any], Awaitable[None]]",
        danger: bool = False, parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(480)
        self._start, self._deed, self._working = start, deed, False
        self._yes = yes
        self.error = Label("", tone="loss", wrap=True)
        self.yes = Button(yes, kind="danger" if danger else "primary")
        self.yes.setDefault(True)
        self.no = Button("Cancel")
        self.fields = QVBoxLayout()
        self.fields.setSpacing(12)
        self.yes.clicked.connect(self.do)
        self.no.clicked.connect(self.reject)
        self._lay_out(title, sentence)

    @property
    def is_ready(self) -> bool:
        """Whether enough was typed."""
        return True

    def do(self) -> None:
        """Try it, if enough was typed."""
        if self.is_ready and not self._working:
            self._set_working(True)
            self.refuse("")
            self._start(self.windowTitle(), self._try())

    def refuse(self, text: str) -> None:
        """Say why it was not done; "" takes it back."""
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def forget(self) -> None:
        """Empty every field that holds a secret."""
        for field in self.findChildren(SecretField):
            field.clear()

    def reject(self) -> None:
        """Leave without doing anything; not while something is being done."""
        if not self._working:
            super().reject()

    def done(self, code: int) -> None:
        super().done(code)
        self.forget()

    def look(self) -> None:
        """What was typed has changed."""
        self.yes.setEnabled(self.is_ready and not self._working)

    async def _try(self) -> None:
        try:
            await self._deed(self)
        except DeskError as error:
            self.refuse(f"{error.message} {error.remedy}")
            return
        finally:
            if isValid(self):  # a desk that closes takes the form along
                self._set_working(False)
        self.accept()

    def _set_working(self, working: bool) -> None:
        self._working = working
        self.yes.setText("One moment…" if working else self._yes)
        self.no.setEnabled(not working)
        self.look()

    def _lay_out(self, title: str, sentence: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(title, kind=Text.TITLE, bold=True))
        column.addWidget(Label(sentence, tone="muted", wrap=True))
        column.addLayout(self.fields)
        column.addWidget(self.error)
        self.error.hide()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        column.addLayout(row)

    def add(self, field: QWidget | QLayout) -> None:
        """Put a field or a group of them below what is there."""
        if isinstance(field, QWidget):
            self.fields.addWidget(field)
        else:
            self.fields.addLayout(field)


class PassphraseForm(VaultForm):
    """A deed that needs the passphrase once more: whoever sits at an open desk need not be its owner."""

    def __init__(
        self, title: str, sentence: str, yes: str, *, start: Start, deed: "Callable[[PassphraseForm], Awaitable[None]]",
        caption: str = "Passphrase", danger: bool = False, parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, sentence, yes, start=start, deed=deed, danger=danger, parent=parent)
        self.field = SecretField(caption)
        self.field.textChanged.connect(self.look)
        self.add(labelled(caption, self.field))
        self.look()
        self.field.setFocus()

    @property
    def is_ready(self) -> bool:
        return bool(self.field.text().strip())
