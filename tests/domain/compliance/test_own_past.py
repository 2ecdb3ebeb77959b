"""What an account's past says: from stored orders, prints and figures, and nothing where they do not agree."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import LedgerLine
from ibdesk.domain.compliance.own_past import (
    Standing,
    cash_state,
    deficits_of,
    is_day_trade_refusal,
    last_opening,
    usual_sizes,
)
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.settlement import CashState
from ibdesk.domain.executions import Commission, ExecId, Execution, ExecutionKind, Fill
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.orders import Leg, OrderTicket, Side
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, option, stock

MONDAY = datetime(2026, 11, 16, 15, tzinfo=UTC)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
POLICIES = policies_at(date(2026, 11, 16))
ABC, XYZ = stock("ABC"), stock("XYZ")


def done(instrument: Instrument, quantity: int, at: datetime, price: str = "100",
         kind: ExecutionKind = ExecutionKind.TRADE) -> Execution:  # fmt: skip
    return Execution(
        exec_id=ExecId(f"{instrument.symbol}{at}{quantity}"), account=ACCOUNT, instrument=instrument, at=at, kind=kind,
        side=Side.BUY if quantity > 0 else Side.SELL, quantity=Decimal(abs(quantity)), price=Decimal(price),
    )  # fmt: skip


def sent(instrument: Instrument, *sizes: int) -> list[OrderTicket]:
    leg = Leg(instrument=instrument, side=Side.SELL)
    return [OrderTicket(account=ACCOUNT, mode=Mode.DEMO, legs=(leg,), quantity=Decimal(size)) for size in sizes]


def test_the_usual_size_is_the_middle_of_enough_orders_of_a_class() -> None:
    put = option("570P", symbol="SPY")
    usual = usual_sizes([*sent(put, 1, 2, 2, 10, 500), *sent(ABC, 100, 100, 100, 100)])
    assert usual == {AssetClass.OPTION: Decimal(2)}
    assert usual_sizes([]) == {}


@pytest.mark.parametrize(("words", "is_one"), [
    ("Order rejected - reason: Potential Pattern Day Trader.", True), ("POTENTIAL PATTERN  DAY-TRADE violation", True),
    ("No trading permission for day orders", False), ("", False),
])  # fmt: skip
def test_a_refusal_for_day_trading_is_known_by_its_words(words: str, is_one: bool) -> None:
    assert is_day_trade_refusal(words) is is_one


def test_the_last_opening_print_is_the_one_that_made_a_position_larger_or_turned_it() -> None:
    opened, closed = done(ABC, 100, MONDAY), done(ABC, -60, TUESDAY)
    assert last_opening([opened, closed], {ABC.conid: Decimal(40)}) == opened
    turned = done(ABC, -200, WEDNESDAY)
    assert last_opening([opened, closed, turned], {ABC.conid: Decimal(-160)}) == turned
    assert last_opening([closed], {ABC.conid: Decimal(40)}) is None
    sold, bought = done(ABC, -100, MONDAY), done(ABC, 40, TUESDAY)
    assert last_opening([sold, bought], {ABC.conid: Decimal(-60)}) == sold, "buying back opens nothing"
    assigned = done(XYZ, 100, WEDNESDAY, kind=ExecutionKind.ASSIGNMENT)
    assert last_opening([closed, assigned], {ABC.conid: Decimal(40), XYZ.conid: Decimal(100)}) is None


def stood(at: datetime, level: int) -> Standing:
    return Standing(at=at, equity=Decimal(30_000), maintenance=Decimal(30_000 - level))


def test_a_negative_level_after_a_transaction_is_that_day_s_deficit_until_it_is_made_up() -> None:
    bought = done(ABC, 100, MONDAY)
    minutes = [stood(MONDAY + timedelta(minutes=m), level) for m, level in ((1, -300), (2, -1_100), (3, 50))]
    rules = POLICIES.day_trades
    found = deficits_of(minutes, [bought], rules, CALENDAR)
    assert [(each.day, each.amount, each.settled_on) for each in found] == [(date(2026, 11, 16), 1_100, None)]
    too_little = deficits_of([*minutes, stood(TUESDAY, -200)], [bought], rules, CALENDAR)
    assert [each.settled_on for each in too_little] == [None]
    made_up = deficits_of([*minutes, stood(WEDNESDAY, 0)], [bought], rules, CALENDAR)
    assert [each.settled_on for each in made_up] == [date(2026, 11, 18)]


def test_a_loss_in_the_market_alone_makes_no_deficit() -> None:
    rules = POLICIES.day_trades
    assert deficits_of([stood(TUESDAY, -500)], [done(ABC, 100, MONDAY)], rules, CALENDAR) == ()
    assert deficits_of([stood(MONDAY - timedelta(minutes=5), -500)], [done(ABC, 1, MONDAY)], rules, CALENDAR) == ()


def line(cash: int, settled: int | None) -> LedgerLine:
    return LedgerLine(account=ACCOUNT, currency=USD, rate=Decimal(1), cash=Decimal(cash),
                      settled_cash=None if settled is None else Decimal(settled))  # fmt: skip


def state_of(ledger: LedgerLine, *executions: Execution, now: datetime = TUESDAY, fee: str = "0") -> object:
    fills = [
        Fill(execution=each, commission=Commission(exec_id=each.exec_id, amount=Decimal(fee), currency=USD))
        for each in executions
    ]
    return cash_state(ledger, fills, now, POLICIES.settlement, POLICIES.day_trades, CALENDAR)


def test_what_unsettled_money_bought_is_known_as_such() -> None:
    """Oracle C1 of reference/compliance.md 2.6, from the broker's two figures and the prints."""
    state = state_of(line(0, -10_000), done(ABC, 100, MONDAY), done(ABC, -100, TUESDAY),
                     done(XYZ, 100, TUESDAY + timedelta(hours=1)), now=TUESDAY + timedelta(hours=2))  # fmt: skip
    assert state.unpaid(XYZ.conid, Decimal(100), Decimal(100)) == date(2026, 11, 18)  # type: ignore[attr-defined]
    assert state.settled == 0  # type: ignore[attr-defined]


def test_settled_cash_is_the_broker_s_and_sales_are_on_their_way() -> None:
    state = state_of(line(14_999, 5_000), done(ABC, -100, TUESDAY), fee="1")
    assert state.settled == 5_000 and state.funding_of(Decimal(6_000)) == date(2026, 11, 18)  # type: ignore[attr-defined]


def test_a_settlement_of_today_may_or_may_not_be_booked_yet() -> None:
    sold = done(ABC, -100, MONDAY)
    booked, waiting = state_of(line(10_000, 10_000), sold), state_of(line(10_000, 0), sold)
    assert booked.settled == 10_000 and not booked.pending  # type: ignore[attr-defined]
    assert waiting.settled == 0 and waiting.pending[0].amount == 10_000  # type: ignore[attr-defined]


def test_figures_the_trades_do_not_explain_are_unknown_and_never_guessed() -> None:
    assert state_of(line(10_000, 4_000)) is None
    assert state_of(line(10_000, None)) is None


def test_trades_in_another_currency_say_nothing_of_this_ones_cash() -> None:
    foreign = replace(ABC, currency=Currency("EUR"))
    state = state_of(line(0, 0), done(foreign, 100, MONDAY), done(foreign, -100, TUESDAY))
    assert state == CashState(settled=Decimal(0))
