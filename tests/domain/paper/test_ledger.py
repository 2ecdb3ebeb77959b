"""Cash, cost and realised profit add up to the cent, whatever is traded."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.executions import ExecId, Execution, ExecutionKind
from ibdesk.domain.instruments import Instrument, Right
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Side
from ibdesk.domain.paper.ledger import MARGINED, CashLine, Ledger, booked, cents, replayed
from tests.domain.paper.market import FUTURE, LOCAL, NOON, OTHER, SHARE, D, option

CALL = option(100)
START = Ledger(cash=(CashLine(currency=USD, amount=D(100_000)),))


def done(
    instrument: Instrument, signed: Decimal, price: Decimal, kind: ExecutionKind = ExecutionKind.TRADE, number: int = 1
) -> Execution:
    return Execution(
        exec_id=ExecId(f"e{number}"), account=LOCAL, instrument=instrument, side=Side.BUY if signed > 0 else Side.SELL,
        quantity=abs(signed), price=price, at=NOON, kind=kind, trade_date=date(2026, 11, 18),
    )  # fmt: skip


prices = st.decimals(min_value=D("0.0001"), max_value=D(2000), places=4)
quantities = st.integers(min_value=-500, max_value=500).filter(bool).map(D)
fees = st.decimals(min_value=D(0), max_value=D(20), places=2)
trades = st.lists(st.tuples(st.sampled_from([SHARE, OTHER, CALL, FUTURE]), quantities, prices, fees), max_size=30)


@given(trades)
def test_cash_and_cost_less_what_was_realised_is_what_the_account_began_with(
    rows: list[tuple[Instrument, Decimal, Decimal, Decimal]],
) -> None:
    ledger, fills = START, []
    for instrument, signed, price, fee in rows:
        ledger, fill = booked(ledger, done(instrument, signed, price), fee)
        fills.append(fill)
    line = ledger.line(USD)
    cost = sum((each.cost for each in ledger.holdings if each.instrument.asset_class not in MARGINED), D(0))
    assert line.amount + cost - line.realized == D(100_000)
    assert line.fees == sum((fee for *_, fee in rows), D(0))
    assert line.amount == cents(line.amount)
    assert line.realized == sum((f.commission.realized or D(0) for f in fills if f.commission), D(0))
    held = {each.instrument.conid: each.quantity for each in ledger.holdings}
    for instrument in (SHARE, OTHER, CALL, FUTURE):
        assert held.get(instrument.conid, D(0)) == sum((s for i, s, _, _ in rows if i == instrument), D(0))


@given(trades)
def test_the_prints_alone_lead_to_the_same_ledger(rows: list[tuple[Instrument, Decimal, Decimal, Decimal]]) -> None:
    ledger, fills = START, []
    for instrument, signed, price, fee in rows:
        ledger, fill = booked(ledger, done(instrument, signed, price), fee)
        fills.append(fill)
    assert replayed(START, fills) == ledger


def test_a_round_trip_realises_its_gain_less_both_fees() -> None:
    ledger, _ = booked(START, done(SHARE, D(100), D(50)), D(1))
    ledger, fill = booked(ledger, done(SHARE, D(-100), D(52)), D("1.03"))
    assert fill.commission is not None and fill.commission.realized == D("197.97")
    assert ledger.line(USD).amount == D("100197.97") and ledger.holdings == ()


def test_a_sale_through_zero_closes_all_and_opens_the_other_way() -> None:
    ledger, _ = booked(START, done(SHARE, D(100), D(50)), D(1))
    ledger, fill = booked(ledger, done(SHARE, D(-150), D(52)), D("1.50"))
    (held,) = ledger.holdings
    assert fill.commission is not None and fill.commission.realized == D("198.00")  # 200 less 1.00 and 1.00
    assert (held.quantity, held.cost) == (D(-50), D("-2599.50"))


def test_a_future_costs_nothing_and_its_gain_is_paid_at_the_end() -> None:
    ledger, _ = booked(START, done(FUTURE, D(2), D(6000)), D("4.50"))
    assert ledger.line(USD).amount == D(100_000)
    ledger, _ = booked(ledger, done(FUTURE, D(-2), D(6010)), D("4.50"))
    assert ledger.line(USD).amount == D(100_991)


def test_the_premium_goes_over_to_the_shares_an_exercise_delivers() -> None:
    ledger, _ = booked(START, done(CALL, D(1), D(3)), D(1))
    ledger, fill = booked(ledger, done(CALL, D(-1), D(0), ExecutionKind.EXERCISE), D(0))
    assert fill.commission is not None and fill.commission.realized == 0
    ledger, _ = booked(ledger, done(SHARE, D(100), D(100), ExecutionKind.EXERCISE), D(0))
    (held,) = ledger.holdings
    assert held.cost == D(10_301) and ledger.handed_on == 0
    assert ledger.line(USD).amount == D(100_000) - 301 - 10_000


def test_the_premium_of_an_assigned_put_makes_its_shares_cheaper() -> None:
    put = option(100, Right.PUT)
    ledger, _ = booked(START, done(put, D(-1), D(2)), D(1))
    ledger, _ = booked(ledger, done(put, D(1), D(0), ExecutionKind.ASSIGNMENT), D(0))
    ledger, _ = booked(ledger, done(SHARE, D(100), D(100), ExecutionKind.ASSIGNMENT), D(0))
    assert ledger.holdings[0].cost == D(9_801)


def test_a_worthless_end_loses_the_premium() -> None:
    ledger, _ = booked(START, done(CALL, D(1), D(3)), D(1))
    ledger, fill = booked(ledger, done(CALL, D(-1), D(0), ExecutionKind.EXPIRY), D(0))
    assert fill.commission is not None and fill.commission.realized == D(-301)
