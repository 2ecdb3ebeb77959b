"""Time running down to an instant, redrawn once a second while it is visible."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from ibdesk.ui.format import countdown
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.labels import Label


class Countdown(Label):
    """`text` holds {left} where the time goes: "Locked out for {left}". Emits `over` once at zero."""

    over = Signal()

    def __init__(
        self, clock: Callable[[], datetime], text: str = "{left}", *, kind: Text = Text.BASE,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", kind=kind, parent=parent)
        self._clock, self._pattern = clock, text
        self._until: datetime | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.refresh)

    def set_until(self, until: datetime | None) -> None:
        """Run towards `until` (aware); None empties the label."""
        self._until = until
        self.refresh()
        self._run()

    def refresh(self) -> None:
        """Draw the time left now."""
        if self._until is None:
            self.setText("")
            return
        left = self._until - self._clock()
        self.setText(self._pattern.format(left=countdown(left)))
        self.setAccessibleName(self.text())
        if left.total_seconds() <= 0:
            self._until = None
            self._timer.stop()
            self.over.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _run(self) -> None:
        if self._until is not None and self.isVisible():
            self._timer.start()
        elif self._until is None:
            self._timer.stop()
