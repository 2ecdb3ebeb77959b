"""Evenings of the account: by exception from a cent in the money, by the holder's word, and never out of nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.executions import ExecutionKind
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.orders import OrderState, OrderType, Side
from ibdesk.domain.paper import expiry
from ibdesk.domain.paper.book import Instruction, PaperBook
from ibdesk.domain.paper.ledger import replayed
from tests.domain.paper.market import CALENDAR, FUTURE, NOON, SHARE, D, at, book, looked, option, placed, ticket

FRIDAY = date(2026, 11, 20)
EVENING = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
CALL, PUT = option(100), option(100, Right.PUT)
INDEX = option(100, symbol="SPXW")


def holding(instrument: Instrument, quantity: int) -> PaperBook:
    side = Side.BUY if quantity > 0 else Side.SELL
    order = placed(book(), ticket((instrument, side), quantity=D(abs(quantity)), order_type=OrderType.MARKET))
    return looked(order, {instrument: at("2.00", "2.00", instrument=instrument)})


def after(held: PaperBook, close: str, now: datetime = EVENING, day: date = FRIDAY) -> PaperBook:
    closes = {(SHARE.conid, day): D(close), (FUTURE.conid, day): D(close)}
    return expiry.processed(held, closes, {SHARE.conid: SHARE}, now, CALENDAR).book


def kinds(held: PaperBook) -> list[ExecutionKind]:
    return [fill.execution.kind for fill in held.fills[1:]]


@pytest.mark.parametrize(("instrument", "quantity", "close", "shares", "cash"), [
    (CALL, 2, "100.01", 200, -20_000), (PUT, 2, "99.99", -200, 20_000),
    (CALL, -2, "100.01", -200, 20_000), (PUT, -2, "99.99", 200, -20_000),
    (CALL, 2, "100.00", 0, 0), (PUT, -2, "100.00", 0, 0), (CALL, -2, "95", 0, 0),
])  # fmt: skip
def test_from_a_cent_in_the_money_the_shares_move_at_the_strike(
    instrument: Instrument, quantity: int, close: str, shares: int, cash: int
) -> None:
    held = holding(instrument, quantity)
    done = after(held, close)
    assert done.ledger.quantity(instrument.conid) == 0
    assert done.ledger.quantity(SHARE.conid) == shares
    assert done.ledger.cash[0].amount - held.ledger.cash[0].amount == cash
    assert replayed(done.base, done.fills) == done.ledger
    moved = ExecutionKind.EXERCISE if quantity > 0 else ExecutionKind.ASSIGNMENT
    assert kinds(done) == ([moved, moved] if shares else [ExecutionKind.EXPIRY])


def test_nothing_happens_before_the_evening_or_without_a_close() -> None:
    held = holding(CALL, 2)
    assert after(held, "120", EVENING - timedelta(seconds=1)) == held
    assert expiry.processed(held, {}, {SHARE.conid: SHARE}, EVENING, CALENDAR).book == held
    assert expiry.processed(held, {(SHARE.conid, FRIDAY): D(120)}, {}, EVENING, CALENDAR).book == held


def test_an_index_option_is_paid_in_cash() -> None:
    held = holding(INDEX, 3)
    done = after(held, "104.5")
    assert done.ledger.cash[0].amount - held.ledger.cash[0].amount == 1350
    assert kinds(done) == [ExecutionKind.CASH_SETTLEMENT] and done.ledger.holdings == ()


def test_a_future_is_paid_its_gain() -> None:
    held = holding(FUTURE, 1)
    day = FUTURE.expiry
    assert day is not None
    done = after(held, "12", datetime(2026, 12, 18, 22, 30, tzinfo=UTC), day)
    assert done.ledger.holdings == () and done.ledger.cash[0].amount == D(100_000) + 500 - D("2.25")


def test_what_is_told_to_lapse_lapses_in_the_money() -> None:
    held = expiry.instructed(
        holding(CALL, 3), Instruction(instrument=CALL, quantity=D(2), at=EVENING - timedelta(hours=2), is_lapse=True)
    )
    done = after(held, "110")
    assert done.ledger.quantity(SHARE.conid) == 100
    assert [fill.execution.quantity for fill in done.fills[1:]] == [1, 100, 2]
    assert done.instructions == ()


def test_what_is_told_to_be_exercised_is_so_out_of_the_money() -> None:
    told = Instruction(instrument=CALL, quantity=D(2), at=EVENING - timedelta(hours=2))
    done = after(expiry.instructed(holding(CALL, 3), told), "90")
    assert (done.ledger.quantity(CALL.conid), done.ledger.quantity(SHARE.conid)) == (0, 200)
    assert kinds(done) == [ExecutionKind.EXERCISE, ExecutionKind.EXERCISE, ExecutionKind.EXPIRY]


def test_an_early_exercise_is_done_the_same_evening_and_once() -> None:
    monday = datetime(2026, 11, 16, 18, tzinfo=UTC)
    told = Instruction(instrument=CALL, quantity=D(1), at=monday)
    held = expiry.instructed(holding(CALL, 3), told)
    assert expiry.due(held, monday + timedelta(hours=4), CALENDAR) == ()
    done = after(held, "90", datetime(2026, 11, 16, 22, 30, tzinfo=UTC), date(2026, 11, 16))
    assert (done.ledger.quantity(CALL.conid), done.ledger.quantity(SHARE.conid)) == (2, 100)
    assert done.instructions == () and expiry.due(done, EVENING - timedelta(days=1), CALENDAR) == ()


def test_a_word_given_at_night_or_on_a_holiday_is_for_the_next_evening() -> None:
    assert expiry.processed_at(EVENING, CALENDAR) == EVENING + timedelta(days=3)
    assert expiry.processed_at(datetime(2026, 11, 26, 15, tzinfo=UTC), CALENDAR).day == 27
    assert expiry.processed_at(NOON, CALENDAR) == datetime(2026, 11, 18, 22, 30, tzinfo=UTC)


def test_a_later_word_replaces_the_earlier_one_and_can_be_taken_back() -> None:
    first, second = (Instruction(instrument=CALL, quantity=D(n), at=NOON) for n in (1, 2))
    held = expiry.instructed(expiry.instructed(holding(CALL, 3), first), second)
    assert held.instructions == (second,)
    assert expiry.withdrawn(held, CALL.conid).instructions == ()


def test_more_than_is_held_by_then_is_not_exercised() -> None:
    told = Instruction(instrument=CALL, quantity=D(5), at=NOON)
    evening = datetime(2026, 11, 18, 22, 30, tzinfo=UTC)
    done = after(expiry.instructed(holding(CALL, 3), told), "90", evening, NOON.date())
    assert (done.ledger.quantity(CALL.conid), done.ledger.quantity(SHARE.conid)) == (0, 300)


def test_a_holder_may_exercise_early_against_a_short_option() -> None:
    done = expiry.assigned(holding(PUT, -3), PUT.conid, Decimal(2), SHARE, NOON).book
    assert (done.ledger.quantity(PUT.conid), done.ledger.quantity(SHARE.conid)) == (-1, 200)
    with pytest.raises(ValueError, match="not short"):
        expiry.assigned(holding(PUT, -3), PUT.conid, Decimal(4), SHARE, NOON)
    with pytest.raises(ValueError, match="not short"):
        expiry.assigned(book(), Conid(77), Decimal(1), SHARE, NOON)


def test_a_short_strangle_beside_its_shares_nets_to_what_is_left() -> None:
    held = holding(CALL, -1)
    held = replace(held, ledger=holding(SHARE, 100).ledger)
    assert after(held, "120").ledger.quantity(SHARE.conid) == 100, "only what the book's own ledger holds is settled"


def test_orders_on_what_expired_do_not_outlive_it() -> None:
    order = placed(holding(CALL, 1), ticket((CALL, Side.SELL), limit=D(5)), "later")
    assert [each.state for each in looked(order, {}, EVENING).orders] == [OrderState.FILLED, OrderState.CANCELLED]


def test_shares_that_are_short_cannot_be_assigned() -> None:
    with pytest.raises(ValueError, match="not short"):
        expiry.assigned(holding(SHARE, -3), SHARE.conid, Decimal(2), SHARE, NOON)


def test_what_ends_worthless_needs_nobody_to_name_the_shares() -> None:
    done = expiry.processed(holding(CALL, 2), {(SHARE.conid, FRIDAY): D(90)}, {}, EVENING, CALENDAR).book
    assert kinds(done) == [ExecutionKind.EXPIRY] and done.ledger.holdings == ()


def test_a_word_to_let_more_lapse_than_is_held_lets_all_of_it_lapse() -> None:
    told = Instruction(instrument=CALL, quantity=D(5), at=EVENING - timedelta(hours=2), is_lapse=True)
    done = after(expiry.instructed(holding(CALL, 3), told), "110")
    assert kinds(done) == [ExecutionKind.EXPIRY] and done.ledger.holdings == ()


def test_an_option_on_a_future_is_paid_in_cash() -> None:
    of_future = replace(CALL, asset_class=AssetClass.FUTURE_OPTION)
    held = holding(of_future, 3)
    done = after(held, "104.5")
    assert done.ledger.cash[0].amount - held.ledger.cash[0].amount == 1350
    assert kinds(done) == [ExecutionKind.CASH_SETTLEMENT]
