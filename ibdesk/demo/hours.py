"""When each of the demo's venues trades: sessions in venue time, holidays as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

from ibdesk.domain.hours import CLOSES_EARLY, half_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """One trading calendar. Minutes count from venue midnight and may be negative (opens the evening before)."""

    zone: ZoneInfo
    opens: int
    closes: int
    weekends: bool = False
    calendar: str = ""


EARLY = CLOSES_EARLY.hour * 60 + CLOSES_EARLY.minute

VENUES: Mapping[str, Venue] = {
    "XNYS": Venue(zone=ZoneInfo("America/New_York"), opens=570, closes=960, calendar="XNYS"),
    # CME index futures: Sunday to Friday 18:00 to 17:00 New York time
    "GLBX": Venue(zone=ZoneInfo("America/New_York"), opens=-360, closes=1020, calendar="XNYS"),
    "XETR": Venue(zone=ZoneInfo("Europe/Berlin"), opens=540, closes=1050, calendar="XECB"),
    "XLON": Venue(zone=ZoneInfo("Europe/London"), opens=480, closes=990, calendar="XECB"),
    "XTKS": Venue(zone=ZoneInfo("Asia/Tokyo"), opens=540, closes=930),
    # spot currency: 17:15 to 17:00 New York time
    "FX": Venue(zone=ZoneInfo("America/New_York"), opens=-405, closes=1020),
    "CRYPTO": Venue(zone=ZoneInfo("UTC"), opens=0, closes=1440, weekends=True),
}


@cache
def _holidays(calendar: str, year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays(calendar, years=year)) if calendar else frozenset()


@cache
def is_trading_day(venue: str, day: date) -> bool:
    """Whether the venue has a session on that local date."""
    rules = VENUES[venue]
    if rules.weekends:
        return True
    return day.weekday() < 5 and day not in _holidays(rules.calendar, day.year)


@cache
def session(venue: str, day: date) -> tuple[datetime, datetime]:
    """Opening and close (aware UTC) of the session that belongs to a local date."""
    rules = VENUES[venue]
    closes = EARLY if venue == "XNYS" and day in _half_days(day.year) else rules.closes
    return _at(rules.zone, day, rules.opens), _at(rules.zone, day, closes)


@cache
def _half_days(year: int) -> frozenset[date]:
    closed = dict.fromkeys(_holidays("XNYS", year), "")
    return half_days(closed, range(year, year + 1))


def _at(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    shift, minute = divmod(minutes, 1440)
    wall = time(minute // 60, minute % 60)
    return datetime.combine(day + timedelta(days=shift), wall, zone).astimezone(UTC)


def is_open(venue: str, now: datetime) -> bool:
    """Whether the venue's regular session is on at `now`."""
    opens, closes = session(venue, session_day(venue, now))
    return opens <= now < closes


@lru_cache(maxsize=1024)
def session_day(venue: str, now: datetime) -> date:
    """The local date of the latest session that has opened by `now`."""
    day = now.astimezone(VENUES[venue].zone).date() + timedelta(days=1)
    while not is_trading_day(venue, day) or session(venue, day)[0] > now:
        day -= timedelta(days=1)
    return day
