"""A log as people read one: monospace, filtered as one types, following its end, and copied."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text, font
from ibdesk.ui.widgets import Button, Label

if TYPE_CHECKING:
    from ibdesk.ui.bridge import Bridge

#: How often a followed log is read again while it is on screen, milliseconds.
FOLLOW_MS = 1000
#: Shown at once; older lines are in the files.
LINES = 500
LEVELS = (("", "All levels"), ("INFO", "Info and above"), ("WARNING", "Warnings and errors"), ("ERROR", "Errors only"))

#: Reads the newest lines that hold a text, from a level up.
ReadLog = Callable[[str, str], Awaitable[Sequence[str]]]


class LogView(QWidget):
    """Shows what `read(text, level)` answers; reads again once a second while it follows and is visible."""

    def __init__(self, bridge: "Bridge", read: ReadLog, *, name: str, empty: str, has_levels: bool) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._bridge, self._read, self._empty = bridge, read, empty
        self._is_reading = self._is_outdated = False
        self._lines: tuple[str, ...] | None = None
        self.search, self.level, self.follow = QLineEdit(), QComboBox(), QCheckBox("Follow")
        self.copy = Button("Copy", icon="copy", tip="Copy the lines shown")
        self.count = Label("", kind=Text.CAPTION, tone="muted")
        self.text = QPlainTextEdit()
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self.bar = QHBoxLayout()
        self._stack(name)
        self.level.setVisible(has_levels)
        self._wire()

    @property
    def lines(self) -> tuple[str, ...]:
        """What is shown, oldest first."""
        return self._lines or ()

    def refresh(self) -> None:
        """Read again, one reading at a time."""
        if self._is_reading:
            self._is_outdated = True
        else:
            self._is_reading = True
            self._bridge.start("read the log", self._read_until_current())

    async def _read_until_current(self) -> None:
        try:
            while True:
                self._is_outdated = False
                found = await self._read(self.search.text().strip(), str(self.level.currentData() or ""))
                if not self._is_outdated:
                    break
        finally:
            self._is_reading = False
        self._show(tuple(found))

    def _show(self, lines: tuple[str, ...]) -> None:
        """The same lines change nothing."""
        if lines == self._lines:
            return
        self._lines = lines
        bar = self.text.verticalScrollBar()
        place = bar.value()
        self.text.setPlainText("\n".join(lines))
        bar.setValue(bar.maximum() if self.follow.isChecked() else place)
        self.text.setPlaceholderText("No line matches." if self.search.text() or self.level.currentData() else
                                     self._empty)
        self.count.setText(f"{len(lines):,} lines" if len(lines) != 1 else "1 line")
        self.copy.setEnabled(bool(lines))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _run(self) -> None:
        if self.follow.isChecked() and self.isVisible():
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.maximum())
            self._timer.start()
        else:
            self._timer.stop()

    def _wire(self) -> None:
        self.search.textChanged.connect(self.refresh)
        self.level.currentIndexChanged.connect(self.refresh)
        self.follow.toggled.connect(self._run)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText("\n".join(self.lines) + "\n"))

    def _stack(self, name: str) -> None:
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(font(Text.CAPTION).pointSizeF())
        self.text.setFont(mono)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(name)
        self.search.setPlaceholderText("Only lines with…")
        self.search.setAccessibleName(f"Search in {name}")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(180)
        self.level.setAccessibleName("Level")
        for key, title in LEVELS:
            self.level.addItem(title, key)
        self.follow.setChecked(True)
        self.follow.setToolTip("Stay at the newest line")
        self.bar.setSpacing(8)
        for part in (self.search, self.level, self.follow):
            self.bar.addWidget(part)
        self.bar.addStretch(1)
        self.bar.addWidget(self.count)
        self.bar.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self.bar)
        column.addWidget(self.text, 1)
