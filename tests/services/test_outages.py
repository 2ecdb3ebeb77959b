"""Who is believed that the broker is away: the timetable, and a gateway that says until when."""

from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.session import Region
from ibdesk.services.outages import Outages

NOON = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
NIGHT = datetime(2026, 11, 20, 4, 50, tzinfo=UTC)  # 23:50 in New York
MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def outages(clock: Clock) -> Outages:
    return Outages(clock=clock, region=lambda: Region.NEW_YORK)


def away(cause: Cause = Cause.MAINTENANCE, retry_at: datetime | None = None) -> Unavailable:
    return Unavailable("Away.", remedy="Wait.", cause=cause, retry_at=retry_at)


def test_the_timetable_needs_nobody_s_word() -> None:
    assert outages(Clock(NOON)).running() is None
    found = outages(Clock(NIGHT)).running()
    assert found is not None and found.name == "the nightly maintenance"


def test_a_gateway_that_says_until_when_is_believed_until_then() -> None:
    clock = Clock(NOON)
    seen = outages(clock)
    seen.hear(away(retry_at=NOON + 2 * MINUTE))
    clock.now += MINUTE
    seen.hear(away(retry_at=NOON + 3 * MINUTE))  # it takes longer
    found = seen.running()
    assert found is not None and (found.begins, found.ends) == (NOON, NOON + 3 * MINUTE)
    clock.now = NOON + 3 * MINUTE
    assert seen.running() is None


@pytest.mark.parametrize("error", [away(), away(Cause.PENALTY_BOX, NOON + MINUTE), away(Cause.TIMED_OUT)])
def test_what_names_no_end_or_is_no_maintenance_is_not_believed(error: Unavailable) -> None:
    seen = outages(Clock(NOON))
    seen.hear(error)
    assert seen.running() is None


def test_a_broker_that_is_back_early_is_no_longer_expected_to_be_away() -> None:
    seen = outages(Clock(NOON))
    seen.hear(away(retry_at=NOON + MINUTE))
    seen.forget()
    assert seen.running() is None
