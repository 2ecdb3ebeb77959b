"""Announced outages: the nightly window in New York, the regions' resets, and the one to come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.maintenance import WINDOWS, next_outage, outage_at
from ibdesk.domain.session import Region


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "is_on"),
    [
        ("2026-11-20T04:44:59", False),
        ("2026-11-20T04:45:00", True),  # 23:45 in New York, standard time
        ("2026-11-20T05:29:59", True),
        ("2026-11-20T05:30:00", False),
        ("2026-07-10T03:45:00", True),  # the same in summer, an hour earlier in UTC
        ("2026-07-10T04:30:00", False),
    ],
)
def test_the_nightly_maintenance_is_a_quarter_to_midnight_till_half_past_in_new_york(now: str, is_on: bool) -> None:
    outage = outage_at(at(now), Region.NEW_YORK)
    assert (outage is not None) == is_on
    if outage is not None:
        assert outage.name == "the nightly maintenance"
        assert outage.ends - outage.begins == timedelta(minutes=45)


@pytest.mark.parametrize(
    ("region", "now"),
    [
        (Region.NEW_YORK, "2026-11-20T06:00"),
        (Region.ZUG, "2026-11-20T00:00"),
        (Region.HONG_KONG, "2026-11-19T17:00"),
    ],
)
def test_each_region_has_its_reset_about_one_in_its_night_and_not_the_others_(region: Region, now: str) -> None:
    outage = outage_at(at(now), region)
    assert outage is not None and outage.name == "the daily reset"
    for other in set(Region) - {region}:
        assert outage_at(at(now), other) is None


def test_there_is_no_reset_at_the_weekend() -> None:
    assert outage_at(at("2026-11-22T00:00"), Region.ZUG) is not None  # Saturday evening in New York
    assert outage_at(at("2026-11-21T00:00"), Region.ZUG) is None


def test_saturday_evening_lasts_until_that_night_s_maintenance_is_over() -> None:
    evening = outage_at(at("2026-11-21T23:30"), Region.NEW_YORK)
    assert evening is not None and evening.name == "the Saturday maintenance"
    night = outage_at(at("2026-11-22T05:00"), Region.NEW_YORK)
    assert night is not None and night.ends == evening.ends == at("2026-11-22T05:30")


@given(st.integers(0, 2 * 365 * 24 * 60), st.sampled_from(Region))
def test_the_next_outage_is_within_a_day_and_on_when_it_begins(minutes: int, region: Region) -> None:
    now = at("2026-01-01") + timedelta(minutes=minutes)
    coming = next_outage(now, region)
    assert now < coming.begins <= now + timedelta(days=1, hours=1)
    running = outage_at(coming.begins, region)
    assert running is not None and running.ends >= coming.ends


def test_every_window_says_where_it_is_from() -> None:
    assert all(window.source and window.name for window in WINDOWS)
