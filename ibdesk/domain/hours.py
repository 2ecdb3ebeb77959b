"""When the New York market is open, given the year's holidays as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
OPENS = time(9, 30)
CLOSES = time(16, 0)
CLOSES_EARLY = time(13, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The exchange's closed days (with their names) and its half days."""

    closed: Mapping[date, str]
    early: frozenset[date] = frozenset()

    def is_trading_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.closed

    def close_time(self, day: date) -> time:
        return CLOSES_EARLY if day in self.early else CLOSES


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """Open or not, when that changes (aware UTC), and the holiday's name if it is one."""

    is_open: bool
    changes_at: datetime
    reason: str = ""


def half_days(closed: Mapping[date, str], years: range) -> frozenset[date]:
    """NYSE closes at 13:00 the day after Thanksgiving, on 24 December and on 3 July, when those are trading days
    and the holiday itself falls on a weekday (checked for 2026 and 2027 in reference/compliance.md 8.3)."""
    days: set[date] = set()
    for year in years:
        first_november = date(year, 11, 1)
        thanksgiving = first_november + timedelta(days=(3 - first_november.weekday()) % 7 + 21)
        days.add(thanksgiving + timedelta(days=1))
        if date(year, 12, 25).weekday() < 5:
            days.add(date(year, 12, 24))
        if date(year, 7, 4).weekday() < 5:
            days.add(date(year, 7, 3))
    return frozenset(day for day in days if day.weekday() < 5 and day not in closed)


def session_of(day: date, calendar: Calendar) -> tuple[datetime, datetime] | None:
    """Open and close of a trading day, aware UTC; None when it is closed."""
    if not calendar.is_trading_day(day):
        return None
    opens = datetime.combine(day, OPENS, NEW_YORK)
    closes = datetime.combine(day, calendar.close_time(day), NEW_YORK)
    return opens.astimezone(UTC), closes.astimezone(UTC)


def midnight(now: datetime) -> datetime:
    """When the day in New York began."""
    return now.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)


def is_open(calendar: Calendar, now: datetime) -> bool:
    """Whether the regular session is running."""
    hours = session_of(now.astimezone(NEW_YORK).date(), calendar)
    return hours is not None and hours[0] <= now < hours[1]


def market_state(calendar: Calendar, now: datetime) -> MarketState:
    """The regular session's state at `now` and its next change."""
    day = now.astimezone(NEW_YORK).date()
    hours = session_of(day, calendar)
    if hours is not None and hours[0] <= now < hours[1]:
        return MarketState(
            is_open=True, changes_at=hours[1], reason="early close" if day in calendar.early else ""
        )
    reason = calendar.closed.get(day, "")
    while hours is None or hours[0] <= now:
        day += timedelta(days=1)
        hours = session_of(day, calendar)
    return MarketState(is_open=False, changes_at=hours[0], reason=reason)


def last_close(calendar: Calendar, now: datetime) -> datetime:
    """The end of the latest regular session that is over."""
    day = now.astimezone(NEW_YORK).date()
    hours = session_of(day, calendar)
    while hours is None or hours[1] > now:
        day -= timedelta(days=1)
        hours = session_of(day, calendar)
    return hours[1]
