"""When the broker is away by announcement: its maintenance and reset windows as data, each with its source."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ibdesk.domain.session import Region

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
SATURDAY = frozenset({5})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One recurring outage. `days` are the weekdays it begins on (Monday is 0), `begins` and `ends` local times of
    `zone`; an end that is not after the beginning is on the next day. `region` None means everybody's."""

    name: str
    zone: str
    days: frozenset[int]
    begins: time
    ends: time
    source: str
    region: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One occurrence of a window, aware UTC."""

    name: str
    begins: datetime
    ends: datetime


def _reset(region: Region) -> Window:
    """The source says "about 01:00 local, a short outage": five minutes before to a quarter of an hour after."""
    return Window(
        name="the daily reset", zone=region.value, days=WEEKDAYS, begins=time(0, 55), ends=time(1, 15), region=region,
        source="reference/client-portal-api.md 2.2: brokerage reset, weekdays, about 01:00 local",
    )  # fmt: skip


WINDOWS: tuple[Window, ...] = (
    Window(
        name="the nightly maintenance", zone=Region.NEW_YORK.value, days=EVERY_DAY, begins=time(23, 45),
        ends=time(0, 30), source="acceptance B38: typically 11:45 PM to 12:30 AM ET; the gateway disconnects",
    ),
    # No hours are published with it; taken as the evening up to the end of that night's maintenance.
    Window(
        name="the Saturday maintenance", zone=Region.NEW_YORK.value, days=SATURDAY, begins=time(18, 0),
        ends=time(0, 30), source="reference/client-portal-api.md 2.2: outer API maintenance, Saturday evening only",
    ),
    *(_reset(region) for region in Region),
)  # fmt: skip


def outage_at(now: datetime, region: Region) -> Outage | None:
    """The announced outage that is on; of several the one that ends last."""
    running = [each for each in _near(now, region) if each.begins <= now < each.ends]
    return max(running, key=lambda each: each.ends, default=None)


def next_outage(now: datetime, region: Region) -> Outage:
    """The next one to begin."""
    return min((each for each in _near(now, region) if each.begins > now), key=lambda each: each.begins)


def _near(now: datetime, region: Region) -> list[Outage]:
    """Every occurrence that begins between two days ago and two days ahead: one begins at least every night."""
    return [
        _occurrence(window, now, offset)
        for window in WINDOWS
        if window.region in (None, region)
        for offset in range(-2, 3)
        if (now.astimezone(ZoneInfo(window.zone)).date() + timedelta(days=offset)).weekday() in window.days
    ]


def _occurrence(window: Window, now: datetime, offset: int) -> Outage:
    zone = ZoneInfo(window.zone)
    day = now.astimezone(zone).date() + timedelta(days=offset)
    last = day if window.ends > window.begins else day + timedelta(days=1)
    return Outage(
        name=window.name,
        begins=datetime.combine(day, window.begins, zone).astimezone(UTC),
        ends=datetime.combine(last, window.ends, zone).astimezone(UTC),
    )
