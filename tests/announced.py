"""What a test that cannot dial the clock has to allow for: the broker's announced maintenance, at the real hour."""

import time
from datetime import UTC, datetime, timedelta

from ibdesk.domain.maintenance import outage_at
from ibdesk.domain.settings import Settings

#: A Wednesday, noon in New York, and when this process began.
NOON, BEGUN = datetime(2026, 11, 18, 17, tzinfo=UTC), time.monotonic()


def outside_of_windows() -> datetime:
    """A clock for a window's desk: whenever this is run, no announced outage explains anything."""
    return NOON + timedelta(seconds=time.monotonic() - BEGUN)


def is_maintenance() -> bool:
    """Whether a command on this computer's own clock rightly says "maintenance" where nothing answers or nobody is
    signed in: it reads the real hour, and on a Saturday evening in New York the broker is away."""
    return outage_at(datetime.now(UTC), Settings().region) is not None
