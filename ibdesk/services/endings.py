"""Which warnings of the session's end were given: each mark once, and none again because the clock was set back."""

from collections.abc import Callable
from datetime import datetime

from ibdesk.domain.events import SessionEnding
from ibdesk.domain.session import Session, warning_due
from ibdesk.services.hub import Hub


class Endings:
    """Announces the end of one desk's session. `first` is the minutes of the first warning as a person chose them."""

    def __init__(self, hub: Hub, *, first: Callable[[], int]) -> None:
        self._hub = hub
        self._first = first
        self._warned: tuple[datetime | None, int] | None = None

    def look(self, session: Session, now: datetime) -> None:
        """Announce the end, once at each mark."""
        mark = warning_due(session, now, self._first())
        if mark is None or session.ends_at is None or self._warned == (session.ends_at, mark):
            return
        self._warned = (session.ends_at, mark)
        self._hub.publish(SessionEnding(minutes=mark, ends_at=session.ends_at))

    def moved(self, before: Session, after: Session) -> None:
        """The same session's end has another instant, for the clock was set back: what was said stays said."""
        if self._warned is not None and self._warned[0] == before.ends_at:
            self._warned = (after.ends_at, self._warned[1])
