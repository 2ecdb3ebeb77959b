"""The warnings of a session's end: each mark once, a new session anew, a moved clock never again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ibdesk.domain.events import SessionEnding
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.services.endings import Endings
from ibdesk.services.hub import Hub

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
OPEN = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True)
SESSION = Session(state=SessionState.READY, flags=OPEN, ends_at=NOW + timedelta(minutes=60))


def told(hub: Hub) -> list[int]:
    minutes: list[int] = []
    hub.subscribe(SessionEnding, lambda event: minutes.append(event.minutes))
    return minutes


def test_each_mark_is_announced_once_and_anew_for_the_next_session() -> None:
    hub = Hub()
    minutes, endings = told(hub), Endings(hub, first=lambda: 60)
    for left in (61, 60, 59, 15, 14, 5, 4, 0):
        endings.look(SESSION, NOW + timedelta(minutes=60 - left))
    assert minutes == [60, 15, 5]
    endings.look(replace(SESSION, ends_at=NOW + timedelta(minutes=70)), NOW + timedelta(minutes=20))
    assert minutes == [60, 15, 5, 60]


def test_an_end_that_moved_with_the_clock_is_not_announced_again() -> None:
    hub = Hub()
    minutes, endings = told(hub), Endings(hub, first=lambda: 60)
    endings.look(SESSION, NOW)
    earlier = replace(SESSION, ends_at=NOW)
    endings.moved(SESSION, earlier)
    endings.look(earlier, NOW - timedelta(minutes=60))
    assert minutes == [60]
