"""The surface everything lies on: a title row with trailing controls, and a body."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.labels import Chip, Label


class Card(QFrame):
    """A rounded surface. Put content into `body`; `add_title` and `add_control` fill the row above it."""

    def __init__(self, title: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName(title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.title_row = QWidget()
        self._head = QHBoxLayout(self.title_row)
        self._head.setContentsMargins(14, 10, 12, 4)
        self._head.setSpacing(8)
        self.title = Label(title, bold=True, tone="muted")
        self._head.addWidget(self.title)
        self._head.addStretch(1)
        self._leading = 1
        self._mark: Chip | None = None
        outer.addWidget(self.title_row)
        self.title_row.setVisible(bool(title))
        self.body = QVBoxLayout()
        self.body.setContentsMargins(14, 6, 14, 14)
        self.body.setSpacing(8)
        outer.addLayout(self.body, 1)

    def set_title(self, title: str) -> None:
        """Rename the card."""
        self.title.setText(title)
        self.setAccessibleName(title)
        self.title_row.setVisible(True)

    def add_beside_title(self, widget: QWidget) -> None:
        """Put a chip or a figure right after the title."""
        self._head.insertWidget(self._leading, widget)
        self._leading += 1

    def add_count(self, text: str = "") -> Chip:
        """A chip beside the title, for a count."""
        chip = Chip(text)
        self.add_beside_title(chip)
        return chip

    def set_age(self, age: str) -> None:
        """Mark what the card holds as old, e.g. "3 min ago"; empty takes the mark away."""
        if self._mark is None:
            if not age:
                return
            self._mark = Chip(tone="warn")
            self.add_beside_title(self._mark)
        self._mark.setText(f"as of {age}")
        self._mark.setVisible(bool(age))

    def add_control(self, widget: QWidget) -> None:
        """Put a control at the end of the title row."""
        self._head.addWidget(widget)

    def add(self, content: QWidget | QLayout, stretch: int = 0) -> None:
        """Put content below what is there."""
        if isinstance(content, QWidget):
            self.body.addWidget(content, stretch)
        else:
            self.body.addLayout(content, stretch)

    def edge_to_edge(self) -> None:
        """Let the body touch the card's sides, for tables and charts."""
        self.body.setContentsMargins(1, 4, 1, 1)


def caption(text: str) -> QLabel:
    """A small muted line."""
    return Label(text, kind=Text.CAPTION, tone="muted")
