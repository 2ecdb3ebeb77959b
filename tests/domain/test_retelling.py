"""One print told by two sources, in every order and again and again."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, ExecutionKind, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.orders import OrderId, OrderRef, Side
from ibdesk.domain.retelling import is_corrected, retold

ID = ExecId("0000e0d5.67a3b2c1.01.01")
TWS = Fill(execution=Execution(
    exec_id=ID, account=AccountId("U1234567"), side=Side.SELL, quantity=Decimal(10), price=Decimal("480.10"),
    instrument=Instrument(conid=Conid(72063691), symbol="BRK B", asset_class=AssetClass.STOCK, currency=USD),
    at=datetime(2026, 11, 18, 17, 30, 5, tzinfo=UTC), order_id=OrderId("1812345678"), exchange="NYSE",
))  # fmt: skip
PORTAL = Fill(execution=replace(
    TWS.execution, at=datetime(2026, 11, 18, 17, 30, 5, 320000, tzinfo=UTC), order_id=OrderId("577"),
    ref=OrderRef("ours-1"), exchange="BYX",
    instrument=replace(TWS.execution.instrument, symbol="BRK.B", name="Berkshire Hathaway"),
))  # fmt: skip


def paid(amount: str, realized: str | None = None) -> Commission:
    return Commission(
        exec_id=ID, amount=Decimal(amount), currency=USD, realized=None if realized is None else Decimal(realized)
    )


def after(*told: Fill) -> tuple[Fill, list[Fill]]:
    """The print after all these, and the wordings it was corrected from."""
    known, before = told[0], list[Fill]()
    for each in told[1:]:
        now = retold(known, each, before)
        if is_corrected(known, now):
            before.append(known)
        known = now
    return known, before


def test_two_wordings_settle_at_once_in_either_order_and_correct_nothing() -> None:
    for told in permutations((TWS, PORTAL)):
        known, before = after(*told)
        assert before == []
        assert all(retold(known, each) == known for each in told)
        assert (known.execution.at, known.execution.ref) == (PORTAL.execution.at, "ours-1")
        assert known.execution.instrument.name == "Berkshire Hathaway"
        assert known.execution.instrument.symbol == told[0].execution.instrument.symbol
        assert known.execution.order_id == told[0].execution.order_id


def test_the_commission_with_its_realised_profit_holds_whenever_it_comes() -> None:
    reported, listed = replace(TWS, commission=paid("1.0412", "120.50")), replace(PORTAL, commission=paid("1.04"))
    for told in permutations((TWS, PORTAL, reported, listed)):
        known, before = after(*told)
        assert known.commission == paid("1.0412", "120.50") and before == []
        assert all(retold(known, each) == known for each in told)


def test_the_finer_amount_of_an_opening_holds() -> None:
    for told in permutations((replace(TWS, commission=paid("1.0412")), replace(PORTAL, commission=paid("1.04")))):
        assert after(*told)[0].commission == paid("1.0412") and after(*told)[1] == []


def test_a_correction_counts_and_a_source_that_has_not_heard_of_it_does_not_take_it_back() -> None:
    corrected = replace(TWS, execution=replace(TWS.execution, price=Decimal("480.20")))
    known, before = after(TWS, corrected)
    assert known == corrected and before == [TWS]
    assert retold(known, PORTAL, before) == known
    assert after(TWS, corrected, PORTAL, corrected, PORTAL)[1] == [TWS]


def test_two_amounts_that_are_not_the_same_are_a_correction_once() -> None:
    first, second = replace(TWS, commission=paid("1.05")), replace(TWS, commission=paid("2.15"))
    known, before = after(first, second, first, second, first)
    assert known == second and before == [first]


def test_a_liquidation_is_one_whoever_says_so_and_another_contract_keeps_its_own_names() -> None:
    sold_out = replace(PORTAL, execution=replace(PORTAL.execution, kind=ExecutionKind.LIQUIDATION))
    for told in permutations((TWS, sold_out)):
        assert after(*told)[0].execution.kind is ExecutionKind.LIQUIDATION
    other = replace(TWS.execution.instrument, conid=Conid(1), symbol="X")
    known, before = after(PORTAL, replace(TWS, execution=replace(TWS.execution, instrument=other)))
    assert known.execution.instrument == other and before == [PORTAL]


def test_a_time_of_another_second_does_not_move_the_print() -> None:
    later = replace(TWS, execution=replace(TWS.execution, at=datetime(2026, 11, 18, 17, 31, 9, 5, tzinfo=UTC)))
    assert after(TWS, later)[0].execution.at == TWS.execution.at
