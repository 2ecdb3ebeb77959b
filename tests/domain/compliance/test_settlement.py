"""Cash accounts and unsettled money: the oracles C1 to C5 of reference/compliance.md 2.6."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.settlement import CashState, Proceeds, check_settlement, free_from, settles_on
from ibdesk.domain.compliance.verdict import Code, Finding, Severity
from ibdesk.domain.executions import ExecId, Execution
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Side
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, book, legs, option, stock

T = date(2026, 11, 16)
T1, T2, T3 = date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19)
POLICIES = policies_at(T)
_OF_2024 = Calendar(closed={date(2024, 5, 27): "Memorial Day"})
ABC, XYZ = stock("ABC"), stock("XYZ")


def traded(state: CashState, day: date, instrument: Instrument, quantity: int, price: str = "100") -> CashState:
    execution = Execution(
        exec_id=ExecId("e"), account=ACCOUNT, instrument=instrument, side=Side.BUY if quantity > 0 else Side.SELL,
        quantity=Decimal(abs(quantity)), price=Decimal(price), at=datetime(2026, 11, 16, 15, tzinfo=UTC),
    )  # fmt: skip
    return state.apply(execution, day, POLICIES.settlement, CALENDAR)


def selling(state: CashState, instrument: Instrument, quantity: int = 100) -> Finding:
    found, *_ = check_settlement(
        legs((instrument, -quantity)), Decimal(0), state, book((instrument, quantity)), MarginType.CASH, POLICIES,
        CALENDAR, USD,
    )  # fmt: skip
    return found


def test_selling_what_unsettled_money_bought_is_asked_and_not_blocked() -> None:
    """C1: settled 10,000. T: buy ABC. T+1: sell ABC, buy XYZ, sell XYZ the same day."""
    state = traded(CashState(settled=Decimal(10000)), T, ABC, 100)
    assert selling(state, ABC).severity is Severity.PASS
    state = traded(traded(state.through(T), T1, ABC, -100), T1, XYZ, 100)
    asked = selling(state, XYZ)
    assert (asked.code, asked.severity) == (Code.SETTLEMENT_FREE_RIDE, Severity.CONFIRM)
    assert "90 days" in asked.sentence
    assert asked.remedy == "Sell it from 19 November on."


def test_after_the_settlement_is_processed_it_may_be_sold() -> None:
    """C2: the same, XYZ sold on T+2, after the proceeds of ABC have settled."""
    state = traded(CashState(settled=Decimal(10000)), T, ABC, 100).through(T)
    state = traded(traded(state, T1, ABC, -100), T1, XYZ, 100).through(T2)
    assert selling(state, XYZ).severity is Severity.PASS


def test_the_day_money_settles_is_not_yet_enough() -> None:
    """C3: nothing settled. T: sell ABC, buy XYZ. Selling XYZ on T+1 is a violation, on T+2 it is not."""
    state = traded(traded(CashState(settled=Decimal(0)), T, ABC, -100), T, XYZ, 100)
    assert selling(state.through(T), XYZ).severity is Severity.CONFIRM
    assert selling(state.through(T1), XYZ).severity is Severity.PASS
    assert free_from(T1, CALENDAR) == T2


def test_what_settled_money_bought_may_be_sold_the_same_day() -> None:
    """C4: settled 2,000; buy a call for 500, sell it for 700."""
    call = option("100C")
    bought = traded(CashState(settled=Decimal(2000)), T, call, 1, "5")
    assert selling(bought, call, 1).severity is Severity.PASS
    sold = traded(bought, T, call, -1, "7")
    assert sold.settled == 1500
    assert sold.pending == (Proceeds(amount=Decimal(700), settles=T1),)
    assert sold.through(T1).settled == 2200


@pytest.mark.parametrize(
    ("day", "settles"),
    [
        (date(2026, 11, 25), date(2026, 11, 27)),
        (date(2026, 11, 27), date(2026, 11, 30)),
        (date(2024, 5, 24), date(2024, 5, 29)),
    ],
    ids=["C5 Thanksgiving", "half day", "two days, before May 2024"],
)
def test_settlement_skips_closed_days(day: date, settles: date) -> None:
    assert settles_on(day, policies_at(day).settlement, CALENDAR if day.year > 2025 else _OF_2024) == settles


def buying(state: CashState, cost: str) -> Finding:
    found, *_ = check_settlement(
        legs((XYZ, 1)), Decimal(cost), state, book(), MarginType.CASH, POLICIES, CALENDAR, USD
    )  # fmt: skip
    return found


def test_a_purchase_with_unsettled_money_is_warned_with_the_day_it_is_free() -> None:
    state = CashState(settled=Decimal(100), pending=(Proceeds(amount=Decimal(900), settles=T1),))
    assert buying(state, "100").severity is Severity.PASS
    warned = buying(state, "1000")
    assert (warned.severity, warned.remedy) == (Severity.WARN, "Do not sell it before 18 November.")
    assert warned.sentence.startswith("It costs $1,000, settled cash is $100: money that settles")
    assert buying(state, "1000.01").severity is Severity.CONFIRM


def test_what_was_held_longest_is_sold_first() -> None:
    state = traded(traded(CashState(settled=Decimal(0)), T, ABC, -100), T, XYZ, 100)
    held = book((XYZ, 300))
    for quantity, severity in ((200, Severity.PASS), (201, Severity.CONFIRM)):
        found, *_ = check_settlement(
            legs((XYZ, -quantity)), Decimal(0), state, held, MarginType.CASH, POLICIES, CALENDAR, USD
        )
        assert found.severity is severity


def test_what_expires_worthless_is_gone_and_brings_nothing() -> None:
    call = option("100C")
    state = traded(traded(CashState(settled=Decimal(500)), T, call, 1, "5"), T1, call, -1, "0")
    assert state.lots == ()
    assert state.through(T2).settled == 0


def test_a_margin_account_has_nothing_to_mind() -> None:
    state = CashState(settled=Decimal(0))
    assert check_settlement(legs((XYZ, 1)), Decimal(9), state, book(), MarginType.MARGIN, POLICIES, CALENDAR, USD) == ()


TRADES = st.lists(st.tuples(st.sampled_from([ABC, XYZ]), st.integers(-5, 5).filter(bool)), max_size=8)


@given(trades=TRADES, settled=st.integers(0, 1000).map(Decimal))
def test_no_money_is_made_or_lost_in_the_books(trades: list[tuple[Instrument, int]], settled: Decimal) -> None:
    state = CashState(settled=settled)
    for instrument, quantity in trades:
        state = traded(state, T, instrument, quantity)
    total = settled - sum(quantity * 100 for _, quantity in trades)
    assert state.settled + sum((each.amount for each in state.pending), Decimal(0)) == total
    assert state.through(T1).settled == total
    assert state.through(T1).pending == ()
    assert all(lot.quantity > 0 for lot in state.lots)


def test_part_of_a_lot_sold_leaves_the_rest_unpaid() -> None:
    state = traded(traded(CashState(settled=Decimal(0)), T, ABC, -100), T, XYZ, 100)
    state = traded(state, T, XYZ, -40)
    assert [(lot.quantity, lot.funded) for lot in state.lots] == [(Decimal(60), T1)]


def test_a_debit_is_paid_before_a_purchase_is() -> None:
    state = CashState(settled=Decimal(-50), pending=(Proceeds(amount=Decimal(100), settles=T1),))
    assert state.funding_of(Decimal(100)) == T1
    assert CashState(settled=Decimal("0.50")).funding_of(Decimal("0.60")) == date.max


def test_settled_cash_pays_first_and_leaves_what_is_on_the_way() -> None:
    waiting = (Proceeds(amount=Decimal(500), settles=T1),)
    state = traded(CashState(settled=Decimal(1000), pending=waiting), T, XYZ, 3)
    assert (state.settled, state.pending) == (Decimal(700), waiting)
    more = traded(state, T, XYZ, 8)
    assert (more.settled, more.pending[0].amount) == (Decimal(0), Decimal(400))
