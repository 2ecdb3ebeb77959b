"""Bars of every length agree with each other and with the market they are of."""

import itertools
from datetime import UTC, date, datetime, timedelta

from ibdesk.demo.bars import DAY, MONTH, WEEK, bars, venue_of, volume_of
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.market import Market

ANCHOR = date(2026, 11, 18)
OPENS, NOON = datetime(2026, 11, 18, 14, 30, tzinfo=UTC), datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
MARKET = Market(Catalogue(ANCHOR))
APPLE = MARKET.catalogue[265598]


def test_hours_make_the_day() -> None:
    hours = list(bars(MARKET, APPLE, OPENS, NOON, 3600))
    (day,) = bars(MARKET, APPLE, OPENS, NOON, DAY)

    assert len(hours) == 4
    assert hours[0][1][0] == day[1][0]
    assert max(row[1] for _, row, _ in hours) == day[1][1]
    assert hours[-1][1][3] == day[1][3] == MARKET.price(265598, NOON)
    assert all(late[0] - early[0] == timedelta(hours=1) for early, late in itertools.pairwise(hours))


def test_days_make_weeks_and_months() -> None:
    start = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
    days = list(bars(MARKET, APPLE, start, NOON, DAY))
    weeks = list(bars(MARKET, APPLE, start, NOON, WEEK))
    months = list(bars(MARKET, APPLE, start, NOON, MONTH))

    assert [row[0].month for row in months] == [9, 10, 11]
    assert len(weeks) == 12
    for rows in (weeks, months):
        assert sum(volume for *_, volume in rows) == sum(volume for *_, volume in days)
        assert rows[-1][1][3] == days[-1][1][3]


def test_no_two_days_have_the_same_volume() -> None:
    assert volume_of(APPLE, ANCHOR) != volume_of(APPLE, ANCHOR - timedelta(days=1))
    assert venue_of(MARKET, APPLE) == "XNYS"
