"""Series of values over time: ranges, changes and a benchmark on the same scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.hours import NEW_YORK


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value at one instant (aware UTC)."""

    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From the first to the last point; `percent` is None when the first value is not positive."""

    amount: Decimal
    percent: Decimal | None


class Range(StrEnum):
    """The stretches a chart offers."""

    DAY = "1D"
    WEEK = "1W"
    MONTH = "1M"
    QUARTER = "3M"
    YEAR_TO_DATE = "YTD"
    YEAR = "1Y"
    ALL = "All"


_DAYS = {Range.DAY: 1, Range.WEEK: 7, Range.MONTH: 30, Range.QUARTER: 91, Range.YEAR: 365}


def range_start(span: Range, now: datetime) -> datetime | None:
    """Where the range begins; None for all there is. The year begins at New York midnight."""
    if span is Range.ALL:
        return None
    if span is Range.YEAR_TO_DATE:
        local = now.astimezone(NEW_YORK)
        return local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    return now - timedelta(days=_DAYS[span])


def within(points: Sequence[Point], span: Range, now: datetime) -> tuple[Point, ...]:
    """The points of the range, led by the last one before it so that the first change counts."""
    start = range_start(span, now)
    if start is None:
        return tuple(points)
    inside = tuple(point for point in points if point.at >= start)
    before = [point for point in points if point.at < start]
    return (before[-1], *inside) if before and inside else inside


def change_over(points: Sequence[Point]) -> Change | None:
    """What changed over the points; None with fewer than two. A plain change of value, not a return:
    deposits and withdrawals are in it."""
    if len(points) < 2:
        return None
    first, last = points[0].value, points[-1].value
    percent = (last / first - 1) * 100 if first > 0 else None
    return Change(amount=last - first, percent=percent)


def rebased(benchmark: Sequence[Point], onto: Sequence[Point]) -> tuple[Point, ...]:
    """The benchmark scaled to start where `onto` starts, over the same stretch; empty when they do not overlap."""
    if not onto or not benchmark:
        return ()
    start, end = onto[0].at, onto[-1].at
    known = [point for point in benchmark if point.at <= start]
    base = known[-1] if known else benchmark[0]
    if base.value <= 0:
        return ()
    factor = onto[0].value / base.value
    stretch = [point for point in benchmark if start <= point.at <= end]
    if known:
        stretch = [Point(at=start, value=base.value), *(p for p in stretch if p.at > start)]
    return tuple(Point(at=point.at, value=point.value * factor) for point in stretch)
