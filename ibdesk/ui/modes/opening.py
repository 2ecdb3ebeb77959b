"""What covers the window for the moment in which one mode's desk ends and the next one's begins."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.domain.modes import ModeFace
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Icon, Label


class OpeningScreen(QWidget):
    """Names the mode that is being opened, in its colour."""

    def __init__(self, face: ModeFace) -> None:
        super().__init__()
        self.setAccessibleName(f"Opening {face.word}")
        self.title = Label(f"Opening {face.word}…", kind=Text.TITLE, bold=True)
        self.sentence = Label("The vault stays open; the services of the other mode end first.", tone="muted")
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        for part in (Icon(face.icon, tone=face.environment.value, size=40), self.title, self.sentence):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
