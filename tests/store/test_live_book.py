"""The stored live book: what is held comes back, its course stays, and prints read as the documents' trades."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Side
from ibdesk.domain.pnl import PnlBook, PositionMoved, PositionPnl
from ibdesk.domain.positions import Source
from ibdesk.store import live_book, trades
from ibdesk.store.pnl_tables import position_snapshots
from tests.store.examples import MAIN, NOW, option

Run = Callable[..., Any]
STOCK = Instrument(conid=Conid(265598), symbol="AAPL", asset_class=AssetClass.STOCK, currency=USD)


def book(quantity: str = "100", instrument: Instrument = STOCK) -> PnlBook:
    held = PositionMoved(
        account=MAIN, instrument=instrument, quantity=Decimal(quantity), average_cost=Decimal("226.7525"), at=NOW
    )
    told = PositionPnl(
        account=MAIN, conid=instrument.conid, quantity=Decimal(quantity), daily=Decimal("-12.30"),
        unrealized=Decimal("455.10"), realized=None, value=Decimal("23130.35"), at=NOW,
    )  # fmt: skip
    return PnlBook(since=NOW).moved([held, told])


def test_what_is_held_comes_back_as_it_was_told(in_transaction: Run) -> None:
    rows = (*book().rows.values(), *book(instrument=option().instrument).rows.values())
    in_transaction(live_book.save_rows, rows, Source.TWS, at=NOW)
    assert sorted(in_transaction(live_book.load_rows, Source.TWS), key=lambda row: row.key) == sorted(
        rows, key=lambda row: row.key
    )
    assert in_transaction(live_book.load_rows, Source.PORTAL) == ()


def test_a_position_that_is_gone_is_not_held_any_more_and_its_course_stays(in_transaction: Run) -> None:
    in_transaction(live_book.save_rows, book().rows.values(), Source.TWS, at=NOW)
    in_transaction(live_book.save_rows, book("0").rows.values(), Source.TWS, at=NOW + timedelta(minutes=1))
    assert in_transaction(live_book.load_rows, Source.TWS) == ()
    course = in_transaction(lambda tx: tx.execute(select(position_snapshots).order_by("at")).all())
    assert [(row.symbol, row.qty, row.unrealized_pnl) for row in course] == [
        ("AAPL", Decimal(100), Decimal("455.10")), ("AAPL", Decimal(0), Decimal(0)),
    ]  # fmt: skip


def test_two_looks_in_one_minute_are_one_point(in_transaction: Run) -> None:
    for quantity in ("100", "90"):
        in_transaction(live_book.save_rows, book(quantity).rows.values(), Source.TWS, at=NOW)
    assert in_transaction(lambda tx: [row.qty for row in tx.execute(select(position_snapshots))]) == [Decimal(90)]


def test_prints_read_as_trades_in_the_documents_words(in_transaction: Run) -> None:
    done = Execution(
        exec_id=ExecId("0000e0d5.67a3b2c1.01.01"), account=MAIN, instrument=STOCK, side=Side.SELL,
        quantity=Decimal(10), price=Decimal("231.3035"), at=NOW,
    )  # fmt: skip
    paid = Commission(exec_id=done.exec_id, amount=Decimal("1.05"), currency=USD, realized=Decimal("44.46"))
    in_transaction(trades.save_fills, [Fill(execution=done, commission=paid)])
    (found,) = in_transaction(lambda tx: tx.execute(text("SELECT * FROM trades")).mappings().all())
    assert (found["symbol"], found["side"], found["qty"], found["price"]) == (
        "AAPL", Side.SELL.value, "10", "231.3035",
    )  # fmt: skip
    assert (found["commission"], found["commission_currency"], found["realized_pnl"]) == ("1.05", "USD", "44.46")
