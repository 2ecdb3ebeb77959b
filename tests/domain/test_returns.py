"""Ranges, changes and the benchmark's scale."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.returns import Point, Range, change_over, range_start, rebased, within

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)


def series(*values: int, step: timedelta = timedelta(days=1)) -> tuple[Point, ...]:
    first = NOW - step * (len(values) - 1)
    return tuple(Point(at=first + step * index, value=Decimal(value)) for index, value in enumerate(values))


def test_the_year_begins_at_new_york_midnight() -> None:
    assert range_start(Range.YEAR_TO_DATE, NOW) == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert range_start(Range.ALL, NOW) is None


def test_a_range_is_led_by_the_last_point_before_it() -> None:
    inside = within(series(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), Range.WEEK, NOW)
    assert [int(point.value) for point in inside] == [2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_nothing_in_the_range_is_nothing_and_not_an_old_point() -> None:
    old = tuple(Point(at=point.at - timedelta(days=30), value=point.value) for point in series(1, 2))
    assert within(old, Range.WEEK, NOW) == ()


def test_a_change_is_from_the_first_to_the_last_point() -> None:
    change = change_over(series(100, 90, 125))
    assert change is not None
    assert (change.amount, change.percent) == (Decimal(25), Decimal(25))


def test_one_point_is_no_change_and_a_start_at_zero_has_no_percent() -> None:
    assert change_over(series(100)) is None
    from_zero = change_over(series(0, 100))
    assert from_zero is not None
    assert from_zero.percent is None


def test_the_benchmark_starts_where_the_account_starts() -> None:
    drawn = rebased(series(10, 20, 30, 40), onto=series(1000, 1100, 1200))
    assert [point.value for point in drawn] == [Decimal(1000), Decimal(1500), Decimal(2000)]
    assert drawn[0].at == series(1000, 1100, 1200)[0].at


def test_a_benchmark_that_begins_later_starts_on_its_own_first_point() -> None:
    drawn = rebased(series(50, 100), onto=series(1000, 1100, 1200))
    assert [point.value for point in drawn] == [Decimal(1000), Decimal(2000)]


def test_without_overlap_or_base_there_is_no_benchmark() -> None:
    assert rebased((), onto=series(1, 2)) == ()
    assert rebased(series(1, 2), onto=()) == ()
    assert rebased(series(0, 0, 0), onto=series(1, 2)) == ()
