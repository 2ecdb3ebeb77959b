"""The gateway as one line: whether it runs, since when, whose it is, and what can be done with it."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.diagnosis import GatewayProcess
from ibdesk.ui.gateway.wording import demo_words, words_of
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Icon, Label


class GatewayCard(Card):
    """Emits `wanted(name)` with start, stop, restart, log, folder or conf."""

    wanted = Signal(str)

    def __init__(self, *, is_main: bool = True, parent: QWidget | None = None) -> None:
        """`is_main`: what to do next with the gateway is what to do next at all."""
        super().__init__(parent=parent)
        self._first = "primary" if is_main else ""
        self.setAccessibleName("Gateway")
        self.icon = Icon("pending", size=20)
        self.state = Label("", bold=True)
        self.detail = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.start = Button("Start")
        self.stop = Button("Stop…")
        self.restart = Button("Restart…")
        self.log = Button("Log")
        self.folder = Button("Choose folder…")
        self.conf = Button("conf.yaml…", tip="See and change the gateway's configuration")
        self._lay_out()
        self.draw(None, None, None)

    def draw(
        self, process: GatewayProcess | None, folder: Path | None, now: datetime | None, *, is_demo: bool = False
    ) -> None:
        """Show the state; a folder that is not chosen is the first thing to do."""
        words = demo_words(process) if is_demo else words_of(process, folder, now)
        self.icon.set(words.icon, words.tone)
        self.state.setText(words.title)
        self.detail.setText(words.detail)
        self.detail.setToolTip("" if folder is None else str(folder))
        self.start.setVisible(words.can_start)
        self.start.set_kind(self._first)
        self.stop.setVisible(words.can_stop)
        self.restart.setVisible(words.can_stop and folder is not None and process is not None and not process.starting)
        self.conf.setVisible(folder is not None and not is_demo)
        self.log.setVisible(not is_demo)
        self.folder.setVisible(not is_demo)
        self.folder.setText("Choose folder…" if folder is None else "Folder…")
        self.folder.setAccessibleName("Choose the gateway's folder")
        is_first = folder is None and process is not None and not process.is_running
        self.folder.set_kind(self._first if is_first else "")
        self.setAccessibleDescription(f"{words.title}. {words.detail}")

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.state)
        words.addWidget(self.detail)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(2)
        row.addLayout(words, 1)
        for name, button in (("start", self.start), ("stop", self.stop), ("restart", self.restart), ("log", self.log),
                             ("folder", self.folder), ("conf", self.conf)):
            button.clicked.connect(lambda _checked=False, name=name: self.wanted.emit(name))
            row.addWidget(button)
        self.body.setContentsMargins(14, 10, 12, 10)
        self.add(row)
