"""Counting day trades: the oracles of reference/compliance.md 1.6, the window, and what never changes the count."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.day_trades import (
    DayTradeState,
    Walk,
    begin,
    business_days,
    forecast,
    is_pattern,
    trade_date_at,
    used,
)  # fmt: skip
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.executions import ExecId, Execution, ExecutionKind
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.orders import OrderId, Side
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, option, stock

DAY = date(2026, 11, 23)
OPEN = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
RULES = policies_at(DAY).day_trades
ABC = stock()


def did(
    number: int, quantity: int, instrument: Instrument = ABC, *, order: str = "", at: datetime | None = None,
    kind: ExecutionKind = ExecutionKind.TRADE, account: AccountId = ACCOUNT,
) -> Execution:  # fmt: skip
    """The `number`th print of the day, an order of its own unless one is named."""
    return Execution(
        exec_id=ExecId(f"e{number}"), account=account, instrument=instrument, price=Decimal(10), kind=kind,
        side=Side.BUY if quantity > 0 else Side.SELL, quantity=Decimal(abs(quantity)),
        at=at or OPEN + timedelta(minutes=number), order_id=OrderId(order or f"o{number}"),
    )  # fmt: skip


def folded(executions: Sequence[Execution], opening: int = 0, instrument: Instrument = ABC) -> DayTradeState:
    held = {(ACCOUNT, instrument.conid): Decimal(opening)}
    state = begin((), held, RULES, CALENDAR)
    for execution in executions:
        state = state.apply(execution)
    return state


# Method B, method A and the position at the end: oracles D1 to D17.
ORACLES = [
    ("D1", 0, "+100 -100", 1, 1, 0),
    ("D2", 0, "-100 +100", 1, 1, 0),
    ("D3", 0, "+500 -100 -100 -300", 1, 1, 0),
    ("D4", 0, "+250 +250 -500", 1, 2, 0),
    ("D5", 0, "+100 -100 +100 -100", 2, 2, 0),
    ("D6", 0, "+250 +300 +100 -150 -175", 1, 2, 325),
    ("D7", 100, "-100", 0, 0, 0),
    ("D8", 50, "-50 +50", 0, 0, 50),
    ("D9", 50, "+25 -25", 1, 1, 50),
    ("D10", 100, "-100 +100 -100", 1, 1, 0),
    ("D11", 0, "+10 -4", 1, 1, 6),
    ("D12", 0, "+100 -200 +100", 2, 2, 0),
    ("D13", -5, "+5 -5", 0, 0, -5),
    ("D14", 0, "+10 -4 +4 -10", 2, 2, 0),
    ("D15", 100, "+50 -150", 1, 1, 0),
    ("D16", 0, "+10 +10", 0, 0, 20),
    ("D17", 100, "-40 +40 -60", 1, 1, 40),
]


@pytest.mark.parametrize(("opening", "orders", "turns", "liquidated", "end"), [row[1:] for row in ORACLES],
                         ids=[row[0] for row in ORACLES])  # fmt: skip
def test_a_days_orders_count_by_both_methods(opening: int, orders: str, turns: int, liquidated: int, end: int) -> None:
    state = folded([did(at, int(order)) for at, order in enumerate(orders.split())], opening)
    (day,) = state.on(ACCOUNT, DAY)
    assert state.methods(ACCOUNT, DAY) == (liquidated, turns)
    assert state.count(ACCOUNT, DAY) == max(turns, liquidated)
    assert day.walk.position == end


def test_two_option_series_are_two_securities() -> None:
    """D18."""
    state = folded([did(1, 1, option("100C")), did(2, -1, option("105C"))])
    assert state.count(ACCOUNT, DAY) == 0


def test_a_spread_counts_by_legs_and_may_count_once_as_a_whole() -> None:
    """D19 and 1.3: one order in, one order out."""
    legs = [did(1, 1, option("100C"), order="in"), did(2, -1, option("105C"), order="in"),
            did(3, -1, option("100C"), order="out"), did(4, 1, option("105C"), order="out")]  # fmt: skip
    state = folded(legs)
    assert state.methods(ACCOUNT, DAY) == (2, 2)
    assert state.as_spreads(ACCOUNT, DAY) == 1
    legged_out = folded([*legs[:3], did(4, 1, option("105C"), order="later")])
    assert (legged_out.count(ACCOUNT, DAY), legged_out.as_spreads(ACCOUNT, DAY)) == (2, 2)


@pytest.mark.parametrize("kind", [ExecutionKind.EXPIRY, ExecutionKind.EXERCISE, ExecutionKind.CASH_SETTLEMENT,
                                  ExecutionKind.ASSIGNMENT, ExecutionKind.TRANSFER])  # fmt: skip
def test_what_ends_without_a_closing_trade_is_no_day_trade(kind: ExecutionKind) -> None:
    """D20 and 1.4."""
    state = folded([did(1, 5, option("100C")), did(2, -5, option("100C"), kind=kind)])
    assert state.count(ACCOUNT, DAY) == 0
    assert state.on(ACCOUNT, DAY)[0].walk.position == 0


def test_a_forced_liquidation_counts() -> None:
    """1.4."""
    assert folded([did(1, 5), did(2, -5, kind=ExecutionKind.LIQUIDATION)]).count(ACCOUNT, DAY) == 1


def test_shares_from_an_exercise_sold_the_same_day_count_nothing_and_are_flagged() -> None:
    """1.4: not opened by a trade; whether a broker sees it so is not published."""
    state = folded([did(1, 100, kind=ExecutionKind.EXERCISE), did(2, -100)])
    assert state.count(ACCOUNT, DAY) == 0
    assert state.on(ACCOUNT, DAY)[0].has_exercised


def test_shares_assigned_away_leave_todays_purchase_to_be_counted() -> None:
    state = folded([did(1, 100), did(2, -100, kind=ExecutionKind.ASSIGNMENT), did(3, -100)], opening=100)
    assert state.count(ACCOUNT, DAY) == 1


def test_partial_fills_are_one_order() -> None:
    """D21."""
    fills = [(3, "in"), (3, "in"), (4, "in"), (-5, "out"), (-5, "out")]
    state = folded([did(at, quantity, order=order) for at, (quantity, order) in enumerate(fills)])
    assert state.methods(ACCOUNT, DAY) == (1, 1)


def test_days_are_new_yorks_and_not_utcs() -> None:
    """D22: bought 19:30 New York on Thursday, which is Friday in UTC, sold on Friday."""
    evening = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    friday = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    trades = [did(1, 10, at=evening), did(2, -10, at=friday)]
    assert folded(trades).counts(ACCOUNT) == {}
    by_venue = replace(trades[0], trade_date=date(2026, 11, 20))
    assert folded([by_venue, trades[1]]).counts(ACCOUNT) == {date(2026, 11, 20): 1}


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 20, 21, 30, tzinfo=UTC), date(2026, 11, 20)),  # Curb, Friday 16:30
        (datetime(2026, 11, 24, 0, 59, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 1, 15, tzinfo=UTC), date(2026, 11, 24)),  # Cboe's night session begins, Monday 20:15
        (datetime(2026, 11, 23, 1, 15, tzinfo=UTC), date(2026, 11, 23)),  # Sunday 20:15
        (datetime(2026, 11, 26, 1, 15, tzinfo=UTC), date(2026, 11, 27)),  # the evening before Thanksgiving
        (datetime(2026, 7, 1, 0, 30, tzinfo=UTC), date(2026, 7, 1)),  # summer time: 20:30
    ],
)
def test_an_evening_belongs_to_the_next_business_day(at: datetime, day: date) -> None:
    """1.1, step 1."""
    assert trade_date_at(at, RULES, CALENDAR) == day


@pytest.mark.parametrize("kind", [AssetClass.FUTURE, AssetClass.FUTURE_OPTION, AssetClass.COMBO, AssetClass.CASH])
def test_futures_currencies_and_combos_as_a_whole_are_not_counted(kind: AssetClass) -> None:
    other = stock("ES", kind)
    assert folded([did(1, 1, other), did(2, -1, other)]).counts(ACCOUNT) == {}


def test_accounts_are_not_netted() -> None:
    state = folded([did(1, 100), did(2, -100, account=AccountId("DU7654322"))])
    assert state.counts(ACCOUNT) == {}


def test_what_was_held_before_is_found_from_what_is_held_now() -> None:
    """D7 told with today's prints and the position after them."""
    key = (ACCOUNT, ABC.conid)
    sold = begin([did(1, -100)], {key: Decimal(0)}, RULES, CALENDAR)
    assert sold.count(ACCOUNT, DAY) == 0
    bought_too = begin([did(1, 25), did(2, -25)], {key: Decimal(50)}, RULES, CALENDAR)
    assert bought_too.count(ACCOUNT, DAY) == 1


def test_an_earlier_day_told_late_changes_what_was_overnight() -> None:
    tuesday = DAY + timedelta(days=1)
    sold = did(1, -100, at=OPEN + timedelta(days=1))
    again = did(2, 100, at=OPEN + timedelta(days=1, hours=1))
    state = folded([sold, again])
    assert state.count(ACCOUNT, tuesday) == 1
    assert state.apply(did(3, 100)).count(ACCOUNT, tuesday) == 0


# Window oracles of 1.6: as of, day trades by date, and what is left on the day and the four after.
WINDOWS = [
    ("2026-11-20", {"2026-11-16": 2, "2026-11-18": 1}, (0, 2, 2, 3, 3)),
    ("2026-11-20", {"2026-11-18": 1, "2026-11-19": 1, "2026-11-20": 1}, (0, 0, 0, 1, 2)),
    ("2026-11-25", {"2026-11-20": 1, "2026-11-23": 1, "2026-11-25": 1}, (0, 0, 1, 2, 2)),
    ("2026-11-27", {"2026-11-20": 1, "2026-11-23": 1, "2026-11-25": 1}, (0, 1, 2, 2, 3)),
    ("2026-11-30", {"2026-11-20": 1, "2026-11-23": 1, "2026-11-25": 1}, (1, 2, 2, 3, 3)),
    ("2026-12-01", {"2026-11-20": 1, "2026-11-23": 1, "2026-11-25": 1}, (2, 2, 3, 3, 3)),
]


@pytest.mark.parametrize(("day", "made", "left"), WINDOWS)
def test_day_trades_roll_off_after_five_business_days(day: str, made: dict[str, int], left: tuple[int, ...]) -> None:
    """1.6, window oracles."""
    counts = {date.fromisoformat(at): count for at, count in made.items()}
    assert forecast(counts, date.fromisoformat(day), RULES, CALENDAR) == left


def test_the_window_skips_thanksgiving_and_keeps_the_half_day() -> None:
    """1.6: the window of Friday 27 November 2026."""
    assert [each.day for each in business_days(date(2026, 11, 27), -5, CALENDAR)] == [20, 23, 24, 25, 27]


def test_more_than_three_is_a_pattern_unless_they_are_few_among_many() -> None:
    """0.2, item 3: 4 of 70 is 5.714 percent, 4 of 66 is 6.061."""
    assert not is_pattern(4, 70, RULES)
    assert is_pattern(4, 66, RULES)
    assert not is_pattern(3, 3, RULES)


TRADES = st.lists(st.tuples(st.integers(-9, 9).filter(bool), st.integers(0, 3), st.booleans()), max_size=9)


def prints(rows: Sequence[tuple[int, int, bool]]) -> list[Execution]:
    """Prints over two days; those of one order and sign belong together."""
    return [
        did(
            at, quantity, order=f"{order}{'b' if quantity > 0 else 's'}",
            at=OPEN + timedelta(days=next_day, minutes=at),
        )
        for at, (quantity, order, next_day) in enumerate(rows)
    ]  # fmt: skip


@given(rows=TRADES, opening=st.integers(-20, 20), data=st.data())
def test_the_order_of_telling_and_telling_twice_change_nothing(
    rows: list[tuple[int, int, bool]], opening: int, data: st.DataObject
) -> None:
    once = prints(rows)
    told = data.draw(st.permutations(once + once[: len(once) // 2]))
    assert folded(told, opening).counts(ACCOUNT) == folded(once, opening).counts(ACCOUNT)
    for day in (DAY, DAY + timedelta(days=1)):
        assert folded(told, opening).on(ACCOUNT, day) == folded(once, opening).on(ACCOUNT, day)


@given(rows=TRADES, opening=st.integers(-20, 20))
def test_counts_are_never_negative_and_never_more_than_the_orders_can_make(
    rows: list[tuple[int, int, bool]], opening: int
) -> None:
    state = folded(prints(rows), opening)
    for day in state.on(ACCOUNT, DAY):
        assert 0 <= day.walk.turns < max(1, len(day.moves))
        assert 0 <= day.walk.liquidated < max(1, len(day.moves))
        assert (day.walk.turns == 0) is (day.walk.liquidated == 0)
        assert day.walk.position == opening + day.change


@given(rows=TRADES)
def test_beginning_with_the_list_equals_applying_one_by_one(rows: list[tuple[int, int, bool]]) -> None:
    once = prints(rows)
    held = {(ACCOUNT, ABC.conid): sum((each.signed for each in once), Decimal(7))}
    assert begin(once, held, RULES, CALENDAR).days == folded(once, 7).days


def test_used_counts_the_window_alone() -> None:
    counts = {date(2026, 11, 13): 9, date(2026, 11, 16): 1}
    assert used(counts, date(2026, 11, 20), RULES, CALENDAR) == 1


@pytest.mark.parametrize(
    ("opening", "bought", "moved", "then", "count", "position"),
    [
        (100, 0, -40, -60, 0, 0),
        (0, 10, -4, -6, 1, 0),
        (0, 10, -15, -5, 0, -10),
        (30, 10, -35, -5, 1, 0),
        (-30, 0, 50, -20, 0, 0),
        (0, -10, 4, 6, 1, 0),
    ],
)
def test_what_is_no_trade_takes_from_overnight_first_and_then_from_today(
    opening: int, bought: int, moved: int, then: int, count: int, position: int
) -> None:
    """1.4: assigned, exercised or expired away between the orders of the day."""
    moves = [(bought, ExecutionKind.TRADE), (moved, ExecutionKind.ASSIGNMENT), (then, ExecutionKind.TRADE)]
    prints = [did(at, quantity, kind=kind) for at, (quantity, kind) in enumerate(moves) if quantity]
    state = folded(prints, opening)
    assert state.count(ACCOUNT, DAY) == count
    assert state.on(ACCOUNT, DAY)[0].walk.position == position


def test_another_order_completes_only_what_is_new() -> None:
    state = folded([did(1, 10), did(2, -10), did(3, 10)])
    key = (ACCOUNT, ABC.conid)
    assert state.completed_by(key, DAY, Decimal(-10)) == 1
    assert state.completed_by(key, DAY, Decimal(10)) == 0
    assert state.completed_by(key, DAY + timedelta(days=1), Decimal(-10)) == 0


def test_assigned_shares_come_out_of_the_overnight_position_to_the_last() -> None:
    walk = Walk(overnight=Decimal(30), lots=(("order", Decimal(10), False),))
    assert walk.moved(Decimal(-35)) == Walk(overnight=Decimal(0), lots=(("order", Decimal(5), False),))
