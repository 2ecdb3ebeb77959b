"""The gateway's own log in a window of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.ui.support.log_view import LINES, LogView
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label

if TYPE_CHECKING:
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.ui.bridge import Bridge

_EMPTY = "The gateway has written nothing yet. Its log begins when it starts."


class GatewayLogDialog(QDialog):
    """What the gateway says, newest below; without secrets and account numbers."""

    def __init__(self, keeper: "GatewayKeeper", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Gateway log")
        self.resize(900, 560)
        self._keeper = keeper
        self.view = LogView(bridge, self._lines, name="Gateway log", empty=_EMPTY, has_levels=False)
        self.folder = Button("Open folder", icon="external")
        self.folder.setVisible(self._logs is not None)
        self.folder.clicked.connect(self._open_folder)
        close = Button("Close")
        close.clicked.connect(self.accept)
        end = QHBoxLayout()
        end.addWidget(Label("Secrets and account numbers are taken out.", kind=Text.CAPTION, tone="muted"))
        end.addStretch(1)
        end.addWidget(self.folder)
        end.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(10)
        column.addWidget(self.view, 1)
        column.addLayout(end)
        self.view.search.setFocus()

    @property
    def _logs(self) -> Path | None:
        folder = self._keeper.folder
        return None if folder is None or not (folder / "logs").is_dir() else folder / "logs"

    async def _lines(self, text: str, _level: str) -> tuple[str, ...]:
        return await self._keeper.log(LINES, text)

    def _open_folder(self) -> None:
        if self._logs is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._logs)))
