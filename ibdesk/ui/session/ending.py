"""The strip under the header while a session runs out: how long, what it costs to go on, and "later"."""

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ibdesk.domain.events import SessionEnding
from ibdesk.domain.session import Session
from ibdesk.ui.session import wording
from ibdesk.ui.widgets import Banner, Button


class EndingStrip(QWidget):
    """Shown from a `SessionEnding` until the session is renewed or the person says "Later" (until the next warning)."""

    wanted = Signal(str)

    def __init__(self, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._warned: SessionEnding | None = None
        self.banner = Banner("", tone="accent", action="Sign in now")
        self.later = Button("Later", tip="Say it again at the next warning")
        self.banner.pressed.connect(lambda: self.wanted.emit("sign-in"))
        self.later.clicked.connect(self.forget)
        layout = self.banner.layout()
        assert isinstance(layout, QHBoxLayout)  # noqa: S101 - a banner is one row
        layout.insertWidget(layout.indexOf(self.banner.button) + 1, self.later)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.addWidget(self.banner)
        self.hide()

    @property
    def warned(self) -> SessionEnding | None:
        """The warning that stands."""
        return self._warned

    def show_ending(self, event: SessionEnding) -> None:
        """Warn."""
        self._warned = event
        self.show_time(self._clock())
        self.show()

    def show_time(self, now: datetime) -> None:
        """A second passed."""
        if self._warned is None:
            return
        said = wording.ending(self._warned, now)
        if said.text != self.banner.text.text():
            self.banner.set(said.text, detail=said.detail, tone=said.tone, action="Sign in now")
        self.later.setVisible(self._warned.ends_at > now)

    def follow(self, session: Session) -> None:
        """A session that ends later than the one warned of is a new one."""
        warned = self._warned
        if warned is None or session.ends_at is None or not session.is_ready:
            return
        if session.ends_at > warned.ends_at + timedelta(minutes=1):
            self.forget()

    def forget(self) -> None:
        """Say nothing until the next warning."""
        self._warned = None
        self.hide()
