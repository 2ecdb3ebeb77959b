"""The window while the vault gets a new key, and the new recovery code at the end of it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar

from ibdesk.ui.vault.code import CodePanel
from ibdesk.ui.vault.door_card import DoorCard
from ibdesk.ui.widgets.buttons import PrimaryButton
from ibdesk.ui.widgets.labels import Label

#: Each stage of `store.rekey` in words, with where its share of the bar begins and ends, in percent.
STAGES = {
    "backup": ("Making a backup first…", 0, 35),
    "copy": ("Copying everything under the new key…", 35, 85),
    "check": ("Checking the copy…", 85, 95),
    "exchange": ("Putting it in place…", 95, 100),
}
_DONE = "The passphrase stays. The recovery code is a new one: the old one opens nothing but older backups."
_SENTENCE = "The desk is closed meanwhile and opens again by itself. Whatever happens now, the vault opens afterwards."


class RekeyScreen(DoorCard):
    """`progress(stage, fraction)` may be emitted from any thread. `opened` comes when the new code is stored."""

    progress = Signal(str, float)
    opened = Signal()

    def __init__(self) -> None:
        super().__init__("Changing the key", _SENTENCE)
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.stage = Label("Closing the desk…", tone="muted")
        self.panel: CodePanel | None = None
        self.open = PrimaryButton("Open the desk")
        self.open.hide()
        self.open.setEnabled(False)
        self.open.clicked.connect(self.opened)
        self.progress.connect(self._show)
        self.card.add(self.bar)
        self.card.add(self.stage)
        self._end = QHBoxLayout()
        self._end.addStretch(1)
        self._end.addWidget(self.open)

    def show_code(self, code: str) -> None:
        """It is done: show the recovery code that is valid from now on."""
        self.title.setText("The vault has a new key")
        self.setAccessibleName(self.title.text())
        self.sentence.setText(_DONE)
        self.bar.hide()
        self.stage.hide()
        self.panel = CodePanel(code)
        self.panel.kept.connect(self.open.setEnabled)
        self.card.add(self.panel)
        self.card.body.addSpacing(10)
        self.card.add(self._end)
        self.open.show()
        self.panel.copy.setFocus()

    def forget(self) -> None:
        """Drop the code."""
        if self.panel is not None:
            self.panel.forget()

    def _show(self, stage: str, fraction: float) -> None:
        text, begins, ends = STAGES.get(stage, (stage, self.bar.value(), self.bar.value()))
        self.stage.setText(text)
        self.bar.setValue(round(begins + (ends - begins) * min(1.0, max(0.0, fraction))))
