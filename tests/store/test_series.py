from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Bar, BarSize
from ibdesk.domain.returns import Point
from ibdesk.store import cipher, series
from ibdesk.store.tables import series_chunks
from tests.store.examples import MAIN, NOW, SECOND

Run = Callable[..., Any]


def points(count: int, start: int = 0) -> list[Point]:
    return [Point(at=NOW + timedelta(minutes=start + i), value=Decimal(start + i) / 100) for i in range(count)]


def chunks(tx: Any) -> int:
    return int(tx.execute(select(func.count()).select_from(series_chunks)).scalar_one())


def test_equity_comes_back_exactly_and_in_order(in_transaction: Run) -> None:
    in_transaction(series.add_equity, MAIN, reversed(points(5)))
    in_transaction(series.add_equity, SECOND, points(2))
    assert in_transaction(series.load_equity, MAIN) == tuple(points(5))
    assert in_transaction(series.load_equity, MAIN, since=NOW + timedelta(minutes=3)) == tuple(points(2, 3))


def test_of_each_utc_day_before_an_instant_the_last_point_counts(in_transaction: Run) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    listed = [Point(at=midnight + timedelta(hours=6 * n), value=Decimal(n)) for n in range(20) if n // 4 != 2]
    in_transaction(series.add_equity, MAIN, listed)
    in_transaction(series.add_equity, SECOND, points(2))
    kept = in_transaction(series.load_equity_daily, MAIN, before=midnight + timedelta(days=4, hours=7))
    assert [point.value for point in kept] == [Decimal(3), Decimal(7), Decimal(15), Decimal(17)]
    assert kept[0] == listed[3]
    assert in_transaction(series.load_equity_daily, MAIN, before=midnight) == ()


def test_a_day_costs_a_look_into_the_index_however_many_points_it_has(in_transaction: Run) -> None:
    in_transaction(series.add_equity, MAIN, points(20_000))

    def steps(tx: Any) -> int:
        counted: list[None] = []
        cipher.raw(tx).set_progress_handler(lambda: counted.append(None), 100)
        kept = series.load_equity_daily(tx, MAIN, before=NOW + timedelta(minutes=20_000))
        cipher.raw(tx).set_progress_handler(None, 0)
        assert 14 <= len(kept) <= 15
        return len(counted) * 100

    assert in_transaction(steps) < 2_000  # instructions of SQLite's machine; reading every point takes over 100,000


def test_a_symbol_is_remembered_whatever_its_case(in_transaction: Run) -> None:
    assert in_transaction(series.known_symbol, "SPY") is None
    in_transaction(series.remember_symbol, "spy", Conid(1), NOW)
    in_transaction(series.remember_symbol, "SPY", Conid(756733), NOW)
    assert in_transaction(series.known_symbol, "Spy") == 756733


def test_a_point_written_again_is_corrected(in_transaction: Run) -> None:
    in_transaction(series.add_equity, MAIN, points(3))
    correction = Point(at=NOW + timedelta(minutes=1), value=Decimal("99.9"))
    in_transaction(series.add_equity, MAIN, [correction])
    assert in_transaction(series.load_equity, MAIN)[1] == correction


def as_pairs(arrays: Any) -> list[tuple[float, float]]:
    return list(zip(arrays[0].tolist(), arrays[1].tolist(), strict=True))


def expected(wanted: list[Point]) -> list[tuple[float, float]]:
    return [(point.at.timestamp(), float(point.value)) for point in wanted]


def test_the_drawing_arrays_are_the_same_with_and_without_the_cache(in_transaction: Run) -> None:
    many = points(2 * series.CHUNK + 7)
    in_transaction(series.add_equity, MAIN, many[:100])
    assert in_transaction(chunks) == 0
    assert as_pairs(in_transaction(series.load_equity_arrays, MAIN)) == expected(many[:100])
    in_transaction(series.add_equity, MAIN, many[100:])
    assert in_transaction(chunks) == 2
    assert as_pairs(in_transaction(series.load_equity_arrays, MAIN)) == expected(many)


def test_a_correction_inside_a_packed_stretch_shows(in_transaction: Run) -> None:
    many = points(2 * series.CHUNK)
    in_transaction(series.add_equity, MAIN, many)
    many[series.CHUNK + 3] = Point(at=many[series.CHUNK + 3].at, value=Decimal("-1"))
    in_transaction(series.add_equity, MAIN, [many[series.CHUNK + 3]])
    assert as_pairs(in_transaction(series.load_equity_arrays, MAIN)) == expected(many)
    assert in_transaction(chunks) == 2


def test_older_points_backfilled_later_show(in_transaction: Run) -> None:
    many = points(series.CHUNK + 50)
    in_transaction(series.add_equity, MAIN, many[50:])
    in_transaction(series.add_equity, MAIN, many[:50])
    assert as_pairs(in_transaction(series.load_equity_arrays, MAIN)) == expected(many)


def test_no_points_are_two_empty_arrays(in_transaction: Run) -> None:
    assert as_pairs(in_transaction(series.load_equity_arrays, MAIN)) == []


def test_bars_are_kept_and_replaced_by_newer_ones(in_transaction: Run) -> None:
    def bar(day: int, close: str) -> Bar:
        at = NOW + timedelta(days=day)
        return Bar(at=at, open=Decimal(1), high=Decimal(3), low=Decimal("0.5"), close=Decimal(close))

    spy = Conid(756733)
    assert in_transaction(series.bars_received_at, spy, BarSize.DAY) is None
    in_transaction(series.save_bars, spy, BarSize.DAY, [bar(0, "2"), bar(1, "2.10")], NOW)
    later = NOW + timedelta(hours=1)
    in_transaction(series.save_bars, spy, BarSize.DAY, [bar(1, "2.20"), bar(2, "2.3")], later)
    in_transaction(series.save_bars, spy, BarSize.HOUR, [bar(9, "7")], NOW)
    assert in_transaction(series.load_bars, spy, BarSize.DAY) == (bar(0, "2"), bar(1, "2.20"), bar(2, "2.3"))
    assert in_transaction(series.load_bars, spy, BarSize.DAY, since=NOW + timedelta(days=2)) == (bar(2, "2.3"),)
    assert in_transaction(series.bars_received_at, spy, BarSize.DAY) == later
