"""When the desk makes itself heard outside its window, by a sound and by the system's notifications, and when not.

The sound is the platform's own alert (`QApplication.beep`): it follows the person's volume, mute and do-not-disturb,
and needs neither an audio file nor QtMultimedia, which PySide6 Essentials lack. One beep: look when you can;
two: in a quarter of an hour; three: now. Some systems have no alert sound, so a sound never comes alone.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from ibdesk.domain.events import LinkChanged, SessionEnding, WentAway
from ibdesk.ui import format as fmt
from ibdesk.ui.session import wording

if TYPE_CHECKING:
    from ibdesk.domain.settings import Settings

#: Between two beeps of one signal, in milliseconds: shorter ones run together on some systems.
BEEP_GAP_MS = 350
#: A loss rings after this: it takes the session one question to learn whether the broker is away by announcement.
GRACE_MS = 1000


class Alerts(QObject):
    """`notify(title, text)` shows a system notification; `is_in_front` tells whether the person looks at the desk;
    `is_up` whether the broker was connected already. What was never found cannot be lost."""

    def __init__(
        self, *, settings: Callable[[], "Settings"], notify: Callable[[str, str], object],
        is_in_front: Callable[[], bool], is_up: bool = False, beep: Callable[[], None] = QApplication.beep,
        grace_ms: int = GRACE_MS, parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._notify, self._is_in_front, self._beep = settings, notify, is_in_front, beep
        self._is_up = is_up
        self._loss: tuple[LinkChanged, datetime] | None = None
        self._grace = QTimer(self)
        self._grace.setSingleShot(True)
        self._grace.setInterval(grace_ms)
        self._grace.timeout.connect(self._ring)

    def session_ending(self, event: SessionEnding, now: datetime) -> None:
        """The session runs out."""
        left = event.ends_at - now
        self._tell(
            f"The session ends in {fmt.countdown(left)}", "Sign in again to go on without a break.",
            beeps=1 if event.minutes > 15 else 2 if event.minutes > 5 else 3,
        )

    def link_changed(self, event: LinkChanged, now: datetime) -> None:
        """The broker was lost, once for each loss. An announced outage rings nobody."""
        was_up, self._is_up = self._is_up, event.is_up
        self._loss = None if event.is_up else (event, now)
        if was_up and not event.is_up:
            self._grace.start()
        elif event.is_up:
            self._grace.stop()

    def _ring(self) -> None:
        if self._loss is not None and not wording.is_expected(*self._loss):
            self._tell("Connection lost", "ibdesk tries again by itself. What is shown is old until then.", beeps=1)

    def went_away(self, event: WentAway) -> None:
        """Connected again."""
        self._tell("Connected again", wording.summary(event.report), beeps=0)

    def _tell(self, title: str, text: str, *, beeps: int) -> None:
        settings = self._settings()
        if settings.sounds:
            for at in range(beeps):
                QTimer.singleShot(at * BEEP_GAP_MS, self, partial(self._beep))
        if settings.notifications and not self._is_in_front():
            self._notify(title, text)
