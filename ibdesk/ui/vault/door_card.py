"""The card that stands in the middle of the window before a desk is open."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.card import Card
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import Icon


class DoorCard(QWidget):
    """A page with one card: the mark, a title, a sentence, and what a page adds to `card`."""

    def __init__(self, title: str, sentence: str, *, width: int = 520) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self.title = Label(title, kind=Text.TITLE, bold=True)
        self.sentence = Label(sentence, tone="muted", wrap=True)
        self.card = Card()
        self.card.setFixedWidth(width)
        self.card.body.setContentsMargins(32, 28, 32, 24)
        self.card.body.setSpacing(6)
        self.card.add(Icon("logo", tone="environment", size=28))
        self.card.body.addSpacing(8)
        self.card.add(self.title)
        self.card.add(self.sentence)
        self.card.body.addSpacing(12)
        column = QVBoxLayout(self)
        column.addStretch(2)
        # Stretches, not an alignment: an aligned card keeps its first height and would cut what wraps later.
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(self.card)
        across.addStretch(1)
        column.addLayout(across)
        column.addStretch(3)
