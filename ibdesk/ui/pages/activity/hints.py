"""What in the audit is worth a look, a line for each, with the way to the rows that show it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.audit_hints import AuditHint, Severity
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Icon, Label

#: The panel's height with many hints, in pixels: some four of them; the rest is scrolled to.
HEIGHT = 190
_MARKS = {
    Severity.ALARM: ("warn", "loss", "Look now"), Severity.WARN: ("warn", "warn", "Look today"),
    Severity.NOTE: ("info", "accent", "When there is time"),
}


class HintLine(QWidget):
    """One hint: how soon to look, the sentence, when it was, and its rows."""

    def __init__(self, hint: AuditHint, now: datetime) -> None:
        super().__init__()
        icon, tone, soon = _MARKS[hint.severity]
        rows = f"row {hint.first:,}" if hint.first == hint.last else f"rows {hint.first:,} to {hint.last:,}"
        self.sentence = Label(hint.sentence, wrap=True)
        self.show_rows = Button("Show these rows", kind="link")
        self.show_rows.setAccessibleName(f"Show {rows}: {hint.sentence}")
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.sentence)
        words.addWidget(Label(f"{soon} · {fmt.age(hint.at, now)} · {rows}", kind=Text.CAPTION, tone="muted"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(10)
        row.addWidget(Icon(icon, tone=tone), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.show_rows, 0, Qt.AlignmentFlag.AlignTop)


class HintsPanel(Card):
    """`rows_wanted(first, last)` asks the table for the rows of a hint, `again` for a new look."""

    rows_wanted = Signal(int, int)
    again = Signal()

    def __init__(self) -> None:
        super().__init__("Worth a look")
        self.count = self.add_count()
        self.look_again = Button("Look again", kind="quiet", icon="refresh")
        self.look_again.clicked.connect(self.again)
        self.add_control(self.look_again)
        self.nothing = Label("", tone="muted", wrap=True)
        self.lines: tuple[HintLine, ...] = ()
        inner = QWidget()
        inner.setProperty("kind", "page")
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(0)
        self._area = QScrollArea()
        self._area.setWidget(inner)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add(self.nothing)
        self.add(self._area)
        self._say("The log is looked through for what a careful person would ask about.")

    def show_hints(self, hints: Sequence[AuditHint], now: datetime) -> None:
        """The most severe first."""
        for old in self.lines:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.lines = tuple(HintLine(hint, now) for hint in hints)
        for line, hint in zip(self.lines, hints, strict=True):
            line.show_rows.clicked.connect(partial(self._wanted, hint))
            self._list.addWidget(line)
        self.count.setText(str(len(hints)))
        self.count.setVisible(bool(hints))
        self._say("" if hints else "Nothing unusual: no series of refusals, no other certificate, no strange hour.")
        self._area.setFixedHeight(min(HEIGHT, 48 * len(hints)))

    def _wanted(self, hint: AuditHint, _checked: bool = False) -> None:
        self.rows_wanted.emit(hint.first, hint.last)

    def _say(self, text: str) -> None:
        self.nothing.setText(text)
        self.nothing.setVisible(bool(text))
        self._area.setVisible(not text)
        self.count.setVisible(not text)
