"""The form that changes the passphrase: the old one, the new one twice, and what does not change with it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ibdesk.ui.vault.fields import NewPassphrase, SecretField
from ibdesk.ui.vault.forms import Start, VaultForm
from ibdesk.ui.widgets.states import labelled

if TYPE_CHECKING:
    from ibdesk.store.passphrase import Advice

_SENTENCE = (
    "The recovery code stays as it is. Backups made before go on opening with the passphrase they were made with."
)


class ChangePassphrase(VaultForm):
    """`old` and `new.passphrase` are what was typed."""

    def __init__(
        self, *, start: Start, deed: "Callable[[ChangePassphrase], Awaitable[None]]",
        advise: "Callable[[str], Advice]", suggest: Callable[[], str] | None = None, parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Change the passphrase", _SENTENCE, "Change passphrase", start=start, deed=deed, parent=parent)
        self.old = SecretField("Passphrase now, or the recovery code")
        self.new = NewPassphrase(advise, name="New passphrase", suggest=suggest)
        self.old.textChanged.connect(self.look)
        self.new.changed.connect(self.look)
        self.add(labelled("Passphrase now, or the recovery code", self.old))
        self.add(self.new)
        self.look()
        self.old.setFocus()

    @property
    def is_ready(self) -> bool:
        return bool(self.old.text().strip()) and self.new.is_good
