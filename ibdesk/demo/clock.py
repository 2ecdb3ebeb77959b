"""The dial: what time it is in the demo's world, and how fast it runs."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ibdesk.demo.hours import is_trading_day

NEW_YORK = ZoneInfo("America/New_York")
#: The middle of a New York session, so that a fresh demo desk shows moving prices.
LUNCH = time(12, 48)


class DemoClock:
    """A clock that can be set, advanced and sped up. `ticks` gives seconds that only ever grow."""

    def __init__(self, start: datetime, *, ticks: Callable[[], float], rate: float = 1.0) -> None:
        if start.tzinfo is None:
            raise ValueError("the demo's clock needs an aware start")
        self.start = start.astimezone(UTC)
        self._ticks = ticks
        self._rate = rate
        self._instant = self.start
        self._since = ticks()

    def now(self) -> datetime:
        """The instant on the dial, aware UTC."""
        return self._instant + timedelta(seconds=(self._ticks() - self._since) * self._rate)

    def set(self, instant: datetime) -> None:
        """Turn the dial to an instant."""
        self._instant = instant.astimezone(UTC)
        self._since = self._ticks()

    def advance(self, delta: timedelta) -> None:
        """Turn the dial forward (or back) by a duration."""
        self.set(self.now() + delta)

    @property
    def rate(self) -> float:
        """Seconds on the dial per second outside; 0 stands still."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self.set(self.now())
        self._rate = rate


def default_start(now: datetime) -> datetime:
    """12:48 in New York on the latest trading day that had a 12:48 by `now`."""
    day = now.astimezone(NEW_YORK).date()
    while not _has_passed(day, now):
        day -= timedelta(days=1)
    return _lunch(day)


def _lunch(day: date) -> datetime:
    return datetime.combine(day, LUNCH, NEW_YORK).astimezone(UTC)


def _has_passed(day: date, now: datetime) -> bool:
    return is_trading_day("XNYS", day) and _lunch(day) <= now
