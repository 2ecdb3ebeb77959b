"""At which times of a day a person wants to be told something, and whether one of them has come."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from ibdesk.domain.hours import NEW_YORK, Calendar, session_of

#: The last prints of a day arrive a little after its close.
AFTER_CLOSE = timedelta(minutes=10)


def times_of(text: str) -> tuple[time, ...]:
    """Times of day written as "10:00, 15:30", in order; ValueError for anything else."""
    return tuple(sorted({time.fromisoformat(part.strip()) for part in text.split(",") if part.strip()}))


def occasions(day: date, calendar: Calendar, *, after_close: bool, times: Iterable[time]) -> tuple[datetime, ...]:
    """When the digest of a day is told (aware UTC): at these times in New York, and shortly after the close; on days
    without trading never."""
    hours = session_of(day, calendar)
    if hours is None:
        return ()
    found = {datetime.combine(day, at, NEW_YORK).astimezone(UTC) for at in times}
    return tuple(sorted(found | ({hours[1] + AFTER_CLOSE} if after_close else set())))


def is_due(now: datetime, told_at: datetime | None, today: Iterable[datetime]) -> bool:
    """Whether an occasion of today has come that was not told yet; several at once are told once."""
    return any(at <= now and (told_at is None or told_at < at) for at in today)
