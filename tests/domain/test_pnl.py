"""The live book: the broker's own figures, prints summed per position, corrections in place of what they correct."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill, family
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD, ZERO, Currency
from ibdesk.domain.orders import Side
from ibdesk.domain.pnl import PnlBook, PositionMoved, PositionPnl, totals

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
DAY = datetime(2026, 11, 18, 5, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")
EUR = Currency("EUR")


def stock(conid: int = 1, currency: Currency = USD) -> Instrument:
    return Instrument(conid=Conid(conid), symbol=f"S{conid}", asset_class=AssetClass.STOCK, currency=currency)


def moved(quantity: str = "100", conid: int = 1, currency: Currency = USD) -> PositionMoved:
    return PositionMoved(
        account=ACCOUNT, instrument=stock(conid, currency), quantity=Decimal(quantity), average_cost=Decimal("12.5"),
        at=NOW,
    )


def told(unrealized: str | None, conid: int = 1) -> PositionPnl:
    return PositionPnl(
        account=ACCOUNT, conid=Conid(conid), quantity=Decimal(100), daily=Decimal("1.5"),
        unrealized=None if unrealized is None else Decimal(unrealized), realized=None, value=Decimal(1300), at=NOW,
    )


def fill(
    exec_id: str = "0000e0d5.67a3b2c1.01.01", *, realized: str | None = None, paid: str | None = "1.00", conid: int = 1,
    at: datetime = NOW, price: str = "13", charged: Currency = USD,
) -> Fill:
    done = Execution(
        exec_id=ExecId(exec_id), account=ACCOUNT, instrument=stock(conid), side=Side.SELL, quantity=Decimal(10),
        price=Decimal(price), at=at,
    )
    cost = None if paid is None else Commission(
        exec_id=done.exec_id, amount=Decimal(paid), currency=charged,
        realized=None if realized is None else Decimal(realized),
    )  # fmt: skip
    return Fill(execution=done, commission=cost)


def test_what_is_held_and_what_the_broker_says_of_it_make_a_row() -> None:
    row = PnlBook(since=DAY).moved([moved(), told("-66.33")]).rows[ACCOUNT, Conid(1)]
    assert (row.quantity, row.average_cost, row.unrealized) == (Decimal(100), Decimal("12.5"), Decimal("-66.33"))
    assert (row.realized, row.total) == (ZERO, Decimal("-66.33"))


def test_a_figure_the_broker_did_not_tell_is_unknown_and_so_is_the_total() -> None:
    row = PnlBook(since=DAY).moved([moved(), told(None)]).rows[ACCOUNT, Conid(1)]
    assert row.unrealized is None and row.total is None


def test_realized_is_the_sum_of_what_the_broker_realised_with_each_print() -> None:
    book = PnlBook(since=DAY).moved([moved(), told("5")])
    book = book.traded([fill("a", realized="10.25"), fill("b", realized="-3.05"), fill("c")])
    row = book.rows[ACCOUNT, Conid(1)]
    assert (row.realized, row.commission, row.total) == (Decimal("7.20"), Decimal("3.00"), Decimal("12.20"))


def test_the_same_print_told_twice_counts_once() -> None:
    book = PnlBook(since=DAY).traded([fill(realized="10")]).traded([fill(realized="10")])
    assert book.rows[ACCOUNT, Conid(1)].realized == 10
    assert len(book.rows[ACCOUNT, Conid(1)].fills) == 1


def test_a_correction_takes_the_place_of_its_print_whichever_comes_first() -> None:
    first, second = fill(realized="10"), fill("0000e0d5.67a3b2c1.01.02", realized="9", price="12.9")
    for order in ([first, second], [second, first]):
        row = PnlBook(since=DAY).traded(order).rows[ACCOUNT, Conid(1)]
        assert row.realized == 9
        assert [each.execution.price for each in row.fills] == [Decimal("12.9")]


def test_a_corrected_print_keeps_the_commission_until_it_gets_its_own() -> None:
    book = PnlBook(since=DAY).traded([fill(realized="10"), fill("0000e0d5.67a3b2c1.01.02", paid=None)])
    row = book.rows[ACCOUNT, Conid(1)]
    assert row.realized == 10 and not row.waits_for_commission


def test_a_print_without_its_commission_says_that_it_waits() -> None:
    waiting = PnlBook(since=DAY).traded([fill(paid=None)])
    assert waiting.rows[ACCOUNT, Conid(1)].waits_for_commission
    assert not waiting.traded([fill(realized="4")]).rows[ACCOUNT, Conid(1)].waits_for_commission


def test_a_commission_in_another_currency_is_in_no_sum() -> None:
    assert PnlBook(since=DAY).traded([fill(charged=EUR)]).rows[ACCOUNT, Conid(1)].commission is None


def test_what_was_closed_today_stays_and_what_was_never_traded_goes() -> None:
    book = PnlBook(since=DAY).moved([moved(), moved(conid=2)]).traded([fill(realized="10")])
    book = book.moved([moved("0"), moved("0", conid=2)])
    assert [row.instrument.conid for row in book.shown] == [1]
    assert book.shown[0].total == 10


def test_figures_of_what_is_not_held_are_not_taken() -> None:
    assert PnlBook(since=DAY).moved([told("5")]).rows == {}
    gone = PnlBook(since=DAY).moved([moved(), told("5"), moved("0"), told("6")])
    assert gone.rows[ACCOUNT, Conid(1)].told is None


def test_a_new_day_begins_without_the_prints_of_the_one_before() -> None:
    book = PnlBook(since=DAY).moved([moved()]).traded([fill("a", realized="10"), fill("b", at=NOW + timedelta(days=1))])
    tomorrow = book.of_day(DAY + timedelta(days=1))
    assert [each.execution.exec_id for each in tomorrow.rows[ACCOUNT, Conid(1)].fills] == ["b"]
    assert tomorrow.traded([fill("c", at=NOW)]).rows == tomorrow.rows
    assert tomorrow.rows[ACCOUNT, Conid(1)].quantity == 100


def test_totals_are_converted_at_the_rates_given_and_name_what_they_leave_out() -> None:
    book = PnlBook(since=DAY).moved([
        moved(), told("10"), moved(conid=2, currency=EUR), told("20", conid=2),
        moved(conid=3, currency=Currency("CHF")), told("1000", conid=3), moved(conid=4), told(None, conid=4),
    ])  # fmt: skip
    sums = totals(book.shown, USD, {EUR: Decimal("1.10")})
    assert sums.unrealized == Decimal("32.00")
    assert sums.left_out == ("S3", "S4")
    assert sums.rates == {USD: Decimal(1), EUR: Decimal("1.10")}


def test_what_was_realised_counts_though_what_is_left_is_unknown() -> None:
    book = PnlBook(since=DAY).moved([moved(), told(None)]).traded([fill(realized="10")])
    assert totals(book.shown, USD, {}).realized == 10


def test_totals_of_every_position_are_the_sum_of_their_accounts() -> None:
    other = AccountId("DU7654322")
    book = PnlBook(since=DAY).moved(
        [moved(), told("10"), replace(moved(), account=other), replace(told("7"), account=other)]
    )
    whole = totals(book.shown, USD, {})
    parts = [totals([row for row in book.shown if row.account == each], USD, {}) for each in (ACCOUNT, other)]
    assert whole.unrealized == sum((part.unrealized for part in parts), ZERO) == 17


def test_the_last_part_of_an_exec_id_counts_the_corrections() -> None:
    assert family(ExecId("0000e0d5.67a3b2c1.01.02")) == ("0000e0d5.67a3b2c1.01", 2)
    assert family(ExecId("paper-7")) == ("paper-7", 0)
