"""One check as a row: mark and word, what was found, the facts behind it on demand, and the button that helps."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.diagnosis import Check, Examined
from ibdesk.ui.doctor.wording import MARKS, TITLES, verb
from ibdesk.ui.icons import set_icon
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Button, Icon, IconButton, Label

TITLE_WIDTH, WORD_WIDTH = 130, 68


class Pending(QWidget):
    """A grey bar where a sentence will appear; it does not move."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look().themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("raised"))
        painter.drawRoundedRect(QRectF(0, 4, min(self.width(), 520) * self._share, 10), 4, 4)


class ExaminedRow(QFrame):
    """`fix_wanted` carries the finding whose button was pressed."""

    fix_wanted = Signal(object)

    def __init__(self, check: Check, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.check = check
        self.examined: Examined | None = None
        self.icon = Icon("pending", size=18)
        self.title = Label(TITLES[check], bold=True, wrap=True)
        self.statement = Label("", wrap=True)
        self.advice = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.evidence = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.word = Label("", kind=Text.CAPTION)
        self.button = Button("")
        self.more = IconButton("chevron-down", f"Facts behind {TITLES[check]}")
        self._pending = Pending(0.45 + 0.1 * (len(check.value) % 5))
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 4, 0, 2)
        foot.addWidget(self.button)
        foot.addStretch(1)
        self._stack()
        self.button.clicked.connect(lambda: self.fix_wanted.emit(self.examined))
        self.more.clicked.connect(lambda: self.show_evidence(self.evidence.isHidden()))
        self.show_pending()

    def show_pending(self) -> None:
        """Not examined yet."""
        self.examined = None
        self._draw("pending", "muted", "", "")

    def show_result(self, examined: Examined) -> None:
        """Show how the check ended."""
        self.examined = examined
        mark = MARKS[examined.verdict]
        self._draw(mark.icon, mark.tone, mark.word, verb(examined))
        self.statement.setText(examined.statement)
        self.advice.setText(examined.advice)
        self.evidence.setText("\n".join(examined.evidence))
        self.setAccessibleName(f"{self.title.text()}: {mark.word}")
        self.setAccessibleDescription(f"{examined.statement} {examined.advice}".strip())

    def show_evidence(self, shown: bool) -> None:
        """Open or fold the facts."""
        self.evidence.setVisible(shown)
        set_icon(self.more, "chevron-up" if shown else "chevron-down")
        self.more.setToolTip("Hide the facts" if shown else "Show the facts behind it")

    def set_next(self, is_next: bool) -> None:
        """Give the button the weight of the one thing to do next."""
        kind = "primary" if is_next else ""
        if self.button.property("kind") != kind:
            self.button.set_kind(kind)

    def _draw(self, icon: str, tone: str, word: str, text: str) -> None:
        done = self.examined is not None
        self.icon.set(icon, tone)
        self.word.setText(word)
        self.word.set_tone(tone)
        self.title.set_tone("" if done else "muted")
        self._pending.setVisible(not done)
        self.statement.setVisible(done)
        self.advice.setVisible(done and bool(self.examined and self.examined.advice))
        self.more.setVisible(done and bool(self.examined and self.examined.evidence))
        self.show_evidence(False)
        self.button.setText(text)
        self.button.setAccessibleName(f"{text} ({self.title.text()})" if text else "")
        self._foot.setVisible(bool(text))
        self.set_next(False)
        self.setAccessibleName(f"{self.title.text()}: not examined yet")

    def _stack(self) -> None:
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(self.evidence.font().pointSizeF())
        self.evidence.setFont(mono)
        for label in (self.statement, self.advice, self.evidence):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setFixedWidth(TITLE_WIDTH)
        self.word.setFixedWidth(WORD_WIDTH)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self._pending, self.statement, self.advice):
            words.addWidget(part)
        words.addWidget(self._foot)
        words.addWidget(self.evidence)
        words.setContentsMargins(0, 0, 0, 5)
        words.addStretch(1)
        kept = self.more.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.more.setSizePolicy(kept)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 1, 8, 1)
        row.setSpacing(8)
        row.addLayout(_hung(self.icon))
        row.addLayout(_hung(self.word))
        row.addLayout(_hung(self.title))
        side = QVBoxLayout()
        side.setContentsMargins(0, 6, 0, 0)
        side.addLayout(words)
        row.addLayout(side, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)


def _hung(part: QWidget) -> QVBoxLayout:
    """At the top, on the line of the first sentence."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 6, 0, 0)
    column.addWidget(part)
    column.addStretch(1)
    return column
