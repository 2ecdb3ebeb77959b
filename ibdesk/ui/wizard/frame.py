"""The wizard's frame: steps on the left, room for a page, and the row of buttons; it decides nothing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button, PrimaryButton
from ibdesk.ui.widgets.checks import StepList
from ibdesk.ui.widgets.labels import Label, line
from ibdesk.ui.widgets.states import Banner, Icon

_PASSWORD_NOTE = "Your IBKR password never passes through ibdesk. You sign in on the gateway’s own page."  # noqa: S105
_AT_TWS = "Your IBKR password never passes through ibdesk. You sign in at TWS itself; ibdesk uses that session."


class WizardFrame(QWidget):
    """A card in the middle of what space there is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        middle = QHBoxLayout(self)
        middle.setContentsMargins(16, 16, 16, 16)
        middle.addWidget(self._make_card())

    def add_page(self, page: QWidget) -> None:
        """Append a page to the stack; it scrolls where the window is too low for it."""
        page.setProperty("kind", "page")
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.stack.addWidget(area)

    def _make_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("kind", "card")
        card.setMaximumSize(1000, 700)
        card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        row = QHBoxLayout(card)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(self._make_side())
        row.addWidget(line(vertical=True))
        row.addLayout(self._make_content(), 1)
        return card

    def _make_side(self) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setContentsMargins(26, 28, 24, 26)
        side.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Icon("logo", tone="environment", size=18), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(Label("Connect an account", bold=True, wrap=True), 1)
        side.addLayout(head)
        side.addSpacing(28)
        self.steps = StepList(("Environment", "Gateway", "Verify account", "Acknowledge"))
        self.steps.setFixedWidth(210)
        side.addWidget(self.steps, 1)
        self.note = Label(_PASSWORD_NOTE, kind=Text.CAPTION, tone="muted", wrap=True)
        self.note.setFixedWidth(210)
        side.addWidget(self.note)
        return side

    def show_way(self, *, is_tws: bool) -> None:
        """Name what is reached, and where the person signs in."""
        self.steps.steps[1].title.setText("TWS or IB Gateway" if is_tws else "Gateway")
        self.note.setText(_AT_TWS if is_tws else _PASSWORD_NOTE)

    def _make_content(self) -> QVBoxLayout:
        content = QVBoxLayout()
        content.setContentsMargins(34, 28, 34, 24)
        content.setSpacing(12)
        self.banner = Banner(tone="loss", closable=True)
        self.banner.hide()
        self.stack = QStackedWidget()
        content.addWidget(self.banner)
        content.addWidget(self.stack, 1)
        content.addLayout(self._make_buttons())
        return content

    def _make_buttons(self) -> QHBoxLayout:
        self.copy_button = Button("Copy diagnostics")
        self.cancel_button = Button("Cancel", kind="quiet")
        self.back_button = Button("Back", tip="Alt+Left")
        self.next_button = PrimaryButton("Continue")
        self.hint = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addWidget(self.cancel_button)
        row.addWidget(self.hint, 1)
        row.addWidget(self.back_button)
        row.addWidget(self.next_button)
        return row
