"""The ticket's head: what the legs amount to, and the account and mode it was opened for, in the mode's colour."""

from datetime import date

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.modes import face_of
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.ticket.form import NOBODY, Form
from ibdesk.ui.ticket.wording import title_words
from ibdesk.ui.widgets import Chip, Icon, IconButton, Label


class TicketHead(QWidget):
    """Title and chips; `clear` empties the ticket."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label("", bold=True)
        made = font(Text.BASE, bold=True)
        made.setPointSizeF(made.pointSizeF() * 1.12)
        self.title.setFont(made)
        self.count = Chip("")
        self.clear = IconButton("trash", "Clear the ticket")
        self.icon = Icon("mode-demo", size=14)
        self.mode = Label("", kind=Text.CAPTION, bold=True)
        self.account = Label("", kind=Text.CAPTION, tone="muted")
        self.change = Chip("", tone="warn")
        self._tone = "demo"
        #: Whether a new order goes over the socket of TWS; set before each `draw`.
        self.is_over_socket = False
        look().themeChanged.connect(self._dress)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 8, 6)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setSpacing(8)
        for part in (self.title, self.count, self.change):
            top.addWidget(part)
        top.addStretch(1)
        top.addStrut(self.clear.sizeHint().height())
        top.addWidget(self.clear)
        column.addLayout(top)
        below = QHBoxLayout()
        below.setSpacing(6)
        for piece in (self.icon, self.mode, self.account):
            below.addWidget(piece)
        below.addStretch(1)
        column.addLayout(below)

    def _dress(self) -> None:
        self.mode.setStyleSheet(f"color: {look().tokens[self._tone]};")

    def draw(self, form: Form, today: date) -> None:
        ticket = form.ticket
        self.title.setText(title_words(ticket, form.aim, form.title, today=today))
        many = len(ticket.legs)
        self.count.setText(f"{many} legs")
        self.count.setVisible(many > 1)
        self.clear.setVisible(many > 0)
        self.change.setText("Changes an order")
        self.change.setVisible(form.changes is not None)
        face = face_of(ticket.mode)
        self.icon.set(face.icon, face.environment.value)
        self.mode.setText(face.word)
        self._tone = face.environment.value
        self._dress()
        way = " · over TWS" if self.is_over_socket and form.changes is None else ""
        self.account.setText("" if ticket.account == NOBODY else f"{ticket.account}{way}")
        self.account.setAccessibleName(
            f"This ticket is for {face.word}, account {ticket.account or 'not known yet'}{way}"
        )
