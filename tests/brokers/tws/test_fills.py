"""Prints and their commissions, in whatever order and however often they are told, add up to the same."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ibdesk.brokers.tws.fills import FillBook
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.orders import OrderId, Side

NOON = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")
AAPL = Instrument(conid=Conid(265598), symbol="AAPL", asset_class=AssetClass.STOCK, currency=USD)


def print_(exec_id: str, price: str = "100", *, at: datetime = NOON, order: str = "7") -> Execution:
    return Execution(
        exec_id=ExecId(exec_id), account=ACCOUNT, instrument=AAPL, side=Side.BUY, quantity=Decimal(1),
        price=Decimal(price), at=at, order_id=OrderId(order),
    )


def cost(exec_id: str, amount: str = "1", realized: str | None = None) -> Commission:
    return Commission(
        exec_id=ExecId(exec_id), amount=Decimal(amount), currency=USD, realized=Decimal(realized) if realized else None
    )


def test_a_print_is_told_without_its_cost_and_again_with_it() -> None:
    book = FillBook()
    assert book.executed(print_("a.01.01")) == Fill(execution=print_("a.01.01"))
    assert book.charged(cost("a.01.01")) == Fill(execution=print_("a.01.01"), commission=cost("a.01.01"))


def test_a_cost_that_comes_first_waits_for_its_print() -> None:
    book = FillBook()
    assert book.charged(cost("a.01.01")) is None
    assert book.executed(print_("a.01.01")) == Fill(execution=print_("a.01.01"), commission=cost("a.01.01"))


def test_a_cost_without_a_currency_is_in_the_instruments() -> None:
    book = FillBook()
    book.executed(print_("a.01.01"))
    told = book.charged(Commission(exec_id=ExecId("a.01.01"), amount=Decimal(1), currency=Currency("")))
    assert told is not None and told.commission == cost("a.01.01")


def test_what_is_repeated_is_no_news() -> None:
    book = FillBook()
    book.executed(print_("a.01.01"))
    book.charged(cost("a.01.01"))
    assert book.executed(print_("a.01.01")) is None
    assert book.charged(cost("a.01.01")) is None


def test_a_correction_takes_the_place_of_its_print_and_keeps_the_cost_until_its_own_comes() -> None:
    book = FillBook()
    book.executed(print_("a.01.01"))
    book.charged(cost("a.01.01", "1"))
    corrected = book.executed(print_("a.01.02", "101"))
    assert corrected == Fill(execution=print_("a.01.02", "101"), commission=cost("a.01.02", "1"))
    assert book.executed(print_("a.01.01")) is None, "the old one does not come back"
    assert book.charged(cost("a.01.01", "9")) is None
    assert book.charged(cost("a.01.02", "2")) == Fill(
        execution=print_("a.01.02", "101"), commission=cost("a.01.02", "2"))
    assert len(book.all()) == 1


def test_a_correction_that_comes_before_what_it_corrects_stays() -> None:
    book = FillBook()
    book.executed(print_("a.01.02", "101"))
    assert book.executed(print_("a.01.01", "100")) is None
    assert book.all()[0].execution.price == 101


def test_the_tenth_revision_is_newer_than_the_ninth() -> None:
    book = FillBook()
    book.executed(print_("a.01.9", "9"))
    assert book.executed(print_("a.01.10", "10")) is not None


def test_the_same_id_with_another_price_counts_as_corrected() -> None:
    book = FillBook()
    book.executed(print_("a.01.01", "100"))
    assert book.executed(print_("a.01.01", "99")) is not None
    assert book.all()[0].execution.price == 99


def test_an_account_is_told_from_an_instant_on_and_orders_by_their_id() -> None:
    book = FillBook()
    book.executed(print_("b.01.01", at=NOON + timedelta(hours=1)))
    book.executed(print_("a.01.01"))
    assert [each.execution.exec_id for each in book.of(ACCOUNT, NOON)] == ["a.01.01", "b.01.01"]
    assert len(book.of(ACCOUNT, NOON + timedelta(minutes=1))) == 1
    assert book.of(AccountId("DU1"), NOON) == ()
    assert len(book.of_orders()[OrderId("7")]) == 2


def test_what_is_old_is_let_go_but_a_cost_still_waiting_is_not_forgotten_for_a_print_that_stays() -> None:
    book = FillBook()
    book.executed(print_("old.01.01", at=NOON - timedelta(days=9)))
    book.executed(print_("new.01.01"))
    book.charged(cost("new.01.01"))
    book.forget(NOON - timedelta(days=8))
    (left,) = book.all()
    assert left.commission == cost("new.01.01")


@given(st.permutations([
    print_("a.01.01"), print_("a.01.02", "101"), print_("b.01.01", "50"), cost("a.01.01"), cost("a.01.02", "2"),
    cost("b.01.01", "3", "10"), print_("b.01.01", "50"), cost("b.01.01", "3", "10"),
]))
def test_the_order_of_the_reports_does_not_matter(reports: list[Execution | Commission]) -> None:
    book = FillBook()
    told: dict[str, Fill] = {}
    for report in reports:
        news = book.executed(report) if isinstance(report, Execution) else book.charged(report)
        if news is not None:
            told[news.execution.exec_id.rpartition(".")[0]] = news
    assert told == {
        "a.01": Fill(execution=print_("a.01.02", "101"), commission=cost("a.01.02", "2")),
        "b.01": Fill(execution=print_("b.01.01", "50"), commission=cost("b.01.01", "3", "10")),
    }
