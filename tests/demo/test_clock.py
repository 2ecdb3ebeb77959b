"""The dial turns, runs and stands still."""

from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.demo.clock import DemoClock, default_start
from tests.demo.door import LUNCH, Ticks


def test_the_dial_runs_at_its_rate() -> None:
    ticks = Ticks()
    clock = DemoClock(LUNCH, ticks=ticks, rate=60.0)
    ticks.pass_by(2.0)
    assert clock.now() == LUNCH + timedelta(minutes=2)


def test_a_rate_of_nought_stops_the_dial_where_it_is() -> None:
    ticks = Ticks()
    clock = DemoClock(LUNCH, ticks=ticks)
    ticks.pass_by(5.0)
    clock.rate = 0.0
    ticks.pass_by(100.0)
    assert clock.now() == LUNCH + timedelta(seconds=5)


def test_the_dial_can_be_set_and_advanced() -> None:
    clock = DemoClock(LUNCH, ticks=lambda: 0.0)
    clock.advance(timedelta(days=1))
    assert clock.now() == LUNCH + timedelta(days=1)
    clock.set(LUNCH)
    assert clock.now() == LUNCH


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        DemoClock(datetime(2026, 11, 18), ticks=lambda: 0.0)  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (datetime(2026, 11, 21, 8, 0, tzinfo=UTC), datetime(2026, 11, 20, 17, 48, tzinfo=UTC)),  # Saturday
        (datetime(2026, 11, 20, 17, 47, tzinfo=UTC), datetime(2026, 11, 19, 17, 48, tzinfo=UTC)),  # before lunch
        (datetime(2026, 11, 26, 20, 0, tzinfo=UTC), datetime(2026, 11, 25, 17, 48, tzinfo=UTC)),  # Thanksgiving
        (datetime(2026, 7, 1, 20, 0, tzinfo=UTC), datetime(2026, 7, 1, 16, 48, tzinfo=UTC)),  # summer time
    ],
)
def test_a_fresh_demo_starts_at_lunch_of_the_latest_trading_day(now: datetime, start: datetime) -> None:
    assert default_start(now) == start
