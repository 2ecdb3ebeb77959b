"""What a position's menu offers, and the tickets that come of it."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderType, Side, TimeInForce
from ibdesk.domain.pairs import Pairing
from ibdesk.domain.portfolio import Row
from ibdesk.ui.orders.positions import EXPIRY, NO_TRADING, entries_of, held_of, roll, why_not_close
from ibdesk.ui.pages.book_view import BookView
from tests.ui.conftest import Run
from tests.ui.orders.bench import Bench, bench
from tests.ui.sample_book import MAIN, page
from tests.ui.sample_rooms import StoredBook
from tests.ui.test_dashboard import frames

ROWS = {(row.position.instrument.symbol, row.position.instrument.asset_class.value): row for row in page().rows}
SPY_PUTS, AAPL, EURO = ROWS["SPY", "OPT"], ROWS["AAPL", "STK"], ROWS["EUR.USD", "CASH"]


def texts(made: Bench, row: Row) -> dict[str, str]:
    return {text: why for text, _, why in entries_of(made.desk, made.bridge, row)}


def press(made: Bench, row: Row, text: str) -> None:
    next(run for name, run, _ in entries_of(made.desk, made.bridge, row) if name == text)()


def test_closing_a_position_opens_a_ticket_for_its_opposite(run: Run) -> None:
    async def journey() -> None:
        made = bench()
        press(made, AAPL, "Close position…")
        press(made, SPY_PUTS, "Close position…")
        (sold, change), (bought, _) = made.tickets
        assert change is None
        assert [(leg.side, sold.quantity) for leg in sold.legs] == [(Side.SELL, Decimal(420))]
        assert sold.order_type is OrderType.MARKET and sold.account == MAIN and sold.mode is Mode.DEMO
        assert [(leg.side, bought.quantity) for leg in bought.legs] == [(Side.BUY, Decimal(10))]
        press(made, AAPL, "Trade this…")
        assert made.wanted == [AAPL.position.instrument.conid]
        await made.desk.tasks.close()

    run(journey())


def test_protecting_a_position_opens_a_pair_and_the_stop_alone_where_no_pair_is_taken(run: Run) -> None:
    async def journey() -> None:
        made = bench()
        press(made, AAPL, "Protect…")
        ((pair, change),) = made.tickets
        assert change is None and pair.other is not None and pair.tif is TimeInForce.GTC
        assert (pair.legs[0].side, pair.quantity, pair.order_type) == (Side.SELL, Decimal(420), OrderType.LIMIT)
        assert pair.other.stop < Decimal("231.44") < pair.limit
        made.orders.pairing = Pairing.NOT_TAKEN
        press(made, SPY_PUTS, "Protect…")
        stop = made.tickets[-1][0]
        assert stop.other is None and stop.order_type is OrderType.STOP and stop.legs[0].side is Side.BUY
        await frames()
        assert "the stop alone" in made.said[-1]
        await made.desk.tasks.close()

    run(journey())


def test_what_cannot_be_closed_says_why(dressed) -> None:  # type: ignore[no-untyped-def]
    made = bench()
    assert "no position" in why_not_close(made.desk, EURO)
    reading = bench(orders=None)
    assert texts(reading, AAPL)["Close position…"] == texts(reading, AAPL)["Protect…"] == NO_TRADING
    flat = replace(AAPL, position=replace(AAPL.position, quantity=Decimal(0)))
    assert texts(made, flat)["Close position…"] == "Nothing is held."


def test_only_options_are_rolled_and_only_bought_ones_exercised(dressed) -> None:  # type: ignore[no-untyped-def]
    made = bench()
    assert list(texts(made, AAPL)) == ["Close position…", "Protect…", "Trade this…"]
    assert "Roll to the next expiry…" in texts(made, SPY_PUTS)
    assert "Exercise or lapse…" not in texts(made, SPY_PUTS)
    held = ROWS["AAPL", "OPT"]
    made.desk = SimpleNamespace(  # type: ignore[assignment]
        orders=made.orders, expiry=object(), mode=Mode.DEMO, chains=None)
    assert texts(made, SPY_PUTS)["Exercise or lapse…"].startswith("Only who bought")
    assert texts(made, held)["Exercise or lapse…"] == ""
    press(made, held, "Exercise or lapse…")
    assert made.wanted == [EXPIRY]


def test_a_roll_without_a_chain_says_what_is_missing(run: Run) -> None:
    async def journey() -> None:
        made = bench()
        made.bridge.start("roll", roll(made.desk, made.bridge, MAIN, SPY_PUTS.position.instrument, Decimal(-10)))
        await frames()
        assert made.said == ["The next expiry cannot be looked up now."]
        assert made.tickets == []
        await made.desk.tasks.close()

    run(journey())


@pytest.mark.parametrize("is_read", [True, False])
def test_what_is_held_is_read_from_the_book(run: Run, qtbot: QtBot, is_read: bool) -> None:
    async def journey() -> None:
        made = bench(book=StoredBook((page(),)))
        if is_read:
            BookView.of(made.desk, made.bridge).read()
            await frames()
        held = held_of(made.desk, made.bridge, MAIN)
        assert held(AAPL.position.instrument.conid) == (420 if is_read else 0)
        await made.desk.tasks.close()

    run(journey())
