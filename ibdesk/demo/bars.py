"""Price history as bars of any length: intraday within sessions, days, weeks, months; and what was traded in them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.demo.catalogue import Listing
from ibdesk.demo.hours import VENUES, is_trading_day, session
from ibdesk.demo.market import Market

#: A bar's start, its open, high, low and close, and its volume.
Bar = tuple[datetime, list[Decimal], int]
DAY, WEEK, MONTH = 86_400, 604_800, 2_592_000


def bars(market: Market, listing: Listing, start: datetime, end: datetime, seconds: int) -> Iterator[Bar]:
    """Oldest first; from a day on `seconds` are a day, a week or a month of the calendar."""
    if seconds < DAY:
        yield from _intraday(market, listing, start, end, timedelta(seconds=seconds))
        return
    group: list[Bar] = []
    for bar in _daily(market, listing, start, end):
        if group and _bucket(bar[0], seconds) != _bucket(group[0][0], seconds):
            yield _merged(group)
            group = []
        group.append(bar)
    if group:
        yield _merged(group)


def venue_of(market: Market, listing: Listing) -> str:
    """Where the prices behind a contract are made."""
    return market.walk(listing.path).shape.venue


def volume_of(listing: Listing, day: date) -> int:
    """A day's volume: more for shares, never twice the same."""
    base = 40_000 if listing.asset_class in ("OPT", "FOP", "BOND") else 9_000_000
    return base + (listing.conid * 31 + day.toordinal() * 7919) % base


def _daily(market: Market, listing: Listing, start: datetime, end: datetime) -> Iterator[Bar]:
    venue = venue_of(market, listing)
    for day in _days(venue, start, end):
        bar = market.day_bar(listing.conid, day, end)
        if bar is not None:
            yield session(venue, day)[0], list(bar), volume_of(listing, day)


def _intraday(market: Market, listing: Listing, start: datetime, end: datetime, step: timedelta) -> Iterator[Bar]:
    venue = venue_of(market, listing)
    for day in _days(venue, start, end):
        opens, closes = session(venue, day)
        at = opens
        while at < min(closes, end):
            until = min(at + step, closes, end)
            bar = market.bar(listing.conid, at, until) if at + step > start else None
            if bar is not None:
                share = (until - at) / (closes - opens)
                yield at, list(bar), int(volume_of(listing, day) * share)
            at += step


def _days(venue: str, start: datetime, end: datetime) -> Iterator[date]:
    zone = VENUES[venue].zone
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        if is_trading_day(venue, day) and session(venue, day)[1] > start and session(venue, day)[0] < end:
            yield day
        day += timedelta(days=1)


def _bucket(at: datetime, seconds: int) -> tuple[int, ...]:
    if seconds == MONTH:
        return at.year, at.month
    if seconds == WEEK:
        return tuple(at.isocalendar()[:2])
    return (at.toordinal(),)


def _merged(group: list[Bar]) -> Bar:
    rows = [row for _, row, _ in group]
    merged = [rows[0][0], max(row[1] for row in rows), min(row[2] for row in rows), rows[-1][3]]
    return group[0][0], merged, sum(volume for _, _, volume in group)
