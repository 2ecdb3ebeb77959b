"""The one place where the desk speaks up: errors with the one thing that helps, good news that leaves by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.events import Notice
from ibdesk.ui.frame.wording import HELPS, MENDED_BY_SESSION, tone_of
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Banner, Countdown

#: More than this at once is noise; the oldest leaves.
MOST = 3
#: How long good news stays, in milliseconds.
GOOD_NEWS_MS = 6000


@dataclass(frozen=True, slots=True)
class _News:
    """What a good-news banner is kept under."""

    text: str


class NoticeArea(QWidget):
    """Emits `command(name)` when the person presses what helps. The same cause is shown once, with its newest words."""

    command = Signal(str)

    def __init__(self, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._banners: dict[object, Banner] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 0)
        self._column.setSpacing(8)
        self.setVisible(False)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is being said, oldest first."""
        return tuple(banner.text.text() for banner in self._banners.values())

    def show_notice(self, notice: Notice) -> None:
        """Say it."""
        if notice.error is not None:
            self._show_error(notice.error)
        elif notice.action:
            self._show_news_to_read(notice)
        else:
            self._show_good_news(notice.text)

    def show_mistake(self, text: str) -> None:
        """Say that the fault is ours; it stays until dismissed."""
        self._add(text, Banner(text, tone="loss", closable=True))

    def forget(self, causes: frozenset[Cause] = MENDED_BY_SESSION) -> None:
        """Take back what is mended."""
        for key in [key for key in self._banners if key in causes]:
            self._remove(key)

    def forget_news(self) -> None:
        """Good news belongs to the room it was told in."""
        for key in [key for key in self._banners if isinstance(key, _News)]:
            self._remove(key)

    def clear(self) -> None:
        """Say nothing."""
        for key in list(self._banners):
            self._remove(key)

    def _show_error(self, error: DeskError) -> None:
        text, name = HELPS.get(error.cause, ("", ""))
        banner = Banner(error.message, tone=tone_of(error), closable=True)
        banner.set(error.message, detail=error.remedy, tone=tone_of(error), action=text)
        banner.pressed.connect(lambda: self.command.emit(name))
        retry_at = error.retry_at if isinstance(error, Unavailable) else None
        if retry_at is not None:
            banner.layout().insertWidget(2, self._countdown(error.cause, retry_at))  # type: ignore[union-attr]
        self._add(error.cause, banner)

    def _show_good_news(self, text: str) -> None:
        banner = Banner(text, tone="gain", closable=True)
        key = _News(text)
        self._add(key, banner)
        timer = QTimer(banner)
        timer.setSingleShot(True)
        timer.timeout.connect(lambda: self._remove(key))
        timer.start(GOOD_NEWS_MS)

    def _show_news_to_read(self, notice: Notice) -> None:
        banner = Banner(notice.text, tone="accent", action=notice.action, closable=True)
        key = notice.command
        banner.pressed.connect(lambda: self._remove(key))
        banner.pressed.connect(lambda: self.command.emit(notice.command))
        self._add(key, banner)

    def _countdown(self, cause: Cause, until: datetime) -> Countdown:
        left = Countdown(self._clock, "{left}", kind=Text.BASE)
        left.set_until(until)
        left.over.connect(lambda: self._remove(cause))
        return left

    def _add(self, key: object, banner: Banner) -> None:
        self._remove(key)
        while len(self._banners) >= MOST:
            self._remove(next(iter(self._banners)))
        self._banners[key] = banner
        banner.closed.connect(lambda: self._remove(key))
        self._column.addWidget(banner)
        self.setVisible(True)

    def _remove(self, key: object) -> None:
        banner = self._banners.pop(key, None)
        if banner is not None:
            self._column.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        self.setVisible(bool(self._banners))
