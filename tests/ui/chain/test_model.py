"""The chain's model formats each figure once, shows quotes at reading speed and says whose figures they are."""

from datetime import timedelta
from decimal import Decimal
from time import perf_counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ibdesk.domain.instruments import Conid, Right
from ibdesk.domain.market import Delay, OptionFigures, Quote
from ibdesk.domain.orders import Leg, Side
from ibdesk.ui.chain.columns import COLUMNS, STRIKE, Field, text_of
from ibdesk.ui.chain.model import ChainModel
from ibdesk.ui.models.positions import FADE_S, READING_S
from tests.ui.chain.sample import NOW, option, quote, rows

NAME = int(Qt.ItemDataRole.AccessibleTextRole)
TIP = int(Qt.ItemDataRole.ToolTipRole)


def at(field: Field, right: Right) -> int:
    return next(place for place, each in enumerate(COLUMNS) if each.field is field and each.right is right)


BID, ASK, DELTA, IV = (at(field, Right.CALL) for field in (Field.BID, Field.ASK, Field.DELTA, Field.VOLATILITY))


class Dial:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def dial() -> Dial:
    return Dial()


@pytest.fixture
def model(dressed: QApplication, dial: Dial) -> ChainModel:
    made = ChainModel(clock=dial)
    made.set_spot(Decimal("600.4"))
    made.set_rows(rows())
    made.visible = lambda: (0, len(made.rows) - 1)
    return made


def show(model: ChainModel, *quotes: Quote) -> None:
    model.set_quotes(quotes)
    model.show_changes()


def test_figures_are_written_as_a_trader_reads_them() -> None:
    told = quote(6001)
    assert text_of(Field.BID, told, told.option) == "9.90" and text_of(Field.INTEREST, told, told.option) == "2,476"
    assert text_of(Field.DELTA, told, told.option) == "−0.31" and text_of(Field.VOLATILITY, told, told.option) == "17.4"
    assert {text_of(field, None, None) for field in Field if field is not Field.STRIKE} == {"—"}


def test_calls_lie_left_puts_right_and_the_strike_between(model: ChainModel) -> None:
    show(model, quote(6001, "9.90"), quote(6000, "8.80"))
    texts = [model.cell(10, column).text for column in range(len(COLUMNS))]
    assert texts[STRIKE] == "600" and texts[BID] == "9.90" and texts[at(Field.BID, Right.PUT)] == "8.80"
    assert COLUMNS[:7] == tuple(each for each in COLUMNS if each.right is Right.CALL)
    assert model.instrument_at(10, BID) == option(600, Right.CALL) and model.instrument_at(10, STRIKE) is None


def test_what_is_in_the_money_follows_the_price(model: ChainModel) -> None:
    assert model.spot_line == 11
    assert model.is_in_the_money(10, BID) and not model.is_in_the_money(11, BID)
    assert model.is_in_the_money(11, at(Field.BID, Right.PUT)) and not model.is_in_the_money(10, STRIKE)
    model.set_spot(Decimal("595.5"))
    assert model.spot_line == 6 and not model.is_in_the_money(10, BID)
    model.set_spot(None)
    assert not model.is_in_the_money(0, BID)


def test_a_quote_is_shown_with_the_next_frame_and_fades(model: ChainModel, dial: Dial) -> None:
    show(model, quote(6001, "9.90"))
    assert model.cell(10, BID).text == "9.90" and model.flash(10, BID) == 0
    dial.now += 1
    show(model, quote(6001, "9.95"))
    assert model.cell(10, BID).text == "9.95" and model.flash(10, BID) == 1
    dial.now += FADE_S / 2
    assert model.flash(10, BID) == pytest.approx(0.5)
    dial.now += FADE_S
    model.show_changes()
    assert model.flash(10, BID) == 0


def test_a_row_changes_no_faster_than_it_is_read(model: ChainModel, dial: Dial) -> None:
    show(model, quote(6001, "9.90"))
    model.cell(10, BID)
    dial.now += 1
    show(model, quote(6001, "9.95"))
    dial.now += READING_S / 2
    show(model, quote(6001, "9.97"))
    assert model.cell(10, BID).text == "9.95"
    dial.now += READING_S
    model.show_changes()
    assert model.cell(10, BID).text == "9.97"


def test_a_frame_repaints_what_changed_on_screen_and_nothing_between(model: ChainModel) -> None:
    ranges = []
    model.dataChanged.connect(lambda first, last: ranges.append((first.row(), last.row())))
    model.visible = lambda: (5, 15)
    show(model, quote(5921), quote(5991), quote(6001), quote(6020))
    assert ranges == [(9, 10), (12, 12)]
    assert model.cell(2, BID).text == "9.90", "what is off screen is formatted when it is looked at"


def test_a_frame_takes_a_few_rows_those_first_that_wait_longest(model: ChainModel, dial: Dial) -> None:
    lines: list[int] = []
    model.dataChanged.connect(lambda first, last: lines.extend(range(first.row(), last.row() + 1)))
    show(model, *(quote(strike * 10 + 1) for strike in range(592, 602)))
    assert lines == [2, 3, 4, 5]
    model.set_quotes([quote(5921, "9.95")])
    dial.now += 1
    model.show_changes()
    assert lines[4:] == [6, 7, 8, 9]
    model.show_changes()
    assert sorted(lines[8:]) == [2, 10, 11]


def test_what_a_newer_quote_does_not_tell_stays_and_an_older_one_changes_nothing_newer(model: ChainModel) -> None:
    show(model, quote(6001, "9.90", "10.10"))
    later = Quote(conid=Conid(6001), received_at=NOW + timedelta(seconds=1), bid=Decimal("9.95"))
    show(model, later)
    old = Quote(conid=Conid(6001), received_at=NOW - timedelta(seconds=9), bid=Decimal(1), last=Decimal(2))
    show(model, old)
    kept = model.quote_of(Conid(6001))
    assert kept is not None and (kept.bid, kept.ask, kept.last) == (Decimal("9.95"), Decimal("10.10"), Decimal("10.00"))


def test_our_own_figures_fill_gaps_only_and_say_so(model: ChainModel) -> None:
    show(model, quote(6001), quote(6000, told=False))
    ours = OptionFigures(volatility=Decimal("0.2"), delta=Decimal("-0.5"))
    model.set_modelled({Conid(6001): ours, Conid(6000): ours}, "model, European")
    model.show_changes()
    put_iv = at(Field.VOLATILITY, Right.PUT)
    assert model.cell(10, IV) == ("17.4", False) and model.cell(10, put_iv) == ("20.0", True)
    index = model.index(10, put_iv)
    assert model.data(index, NAME) == "600 Put implied volatility 20.0, model, European"
    assert "middle of bid and ask" in model.data(index, TIP)
    model.set_modelled({}, "model")
    model.show_changes()
    assert not model.has_modelled


def test_legs_are_told_by_bid_and_ask_of_their_contract(model: ChainModel) -> None:
    model.set_legs([Leg(instrument=option(600, Right.CALL), side=Side.BUY, ratio=3)])
    leg = model.leg_at(10, BID)
    assert leg is not None and leg == model.leg_at(10, ASK) and model.leg_at(10, DELTA) is None
    assert "in the ticket: buy 3" in model.data(model.index(10, ASK), NAME)
    model.set_legs([])
    assert model.leg_at(10, BID) is None


def test_a_hover_tells_the_contract_and_how_late_its_data_is(model: ChainModel) -> None:
    show(model, quote(6001, delay=Delay.DELAYED, is_halted=True))
    tip = model.data(model.index(10, BID), TIP)
    assert tip == "SPY Dec18'26 600 C · delayed data, halted"


def test_more_strikes_keep_the_quotes_of_those_that_stay(model: ChainModel) -> None:
    show(model, quote(6001))
    model.set_rows(rows(580, 620))
    assert model.cell(20, BID).text == "9.90" and model.rowCount() == 41
    model.set_rows(rows(700, 710))
    assert model.quote_of(Conid(6001)) is None


def test_unknown_rights_are_blank_and_headers_are_spoken_in_words(model: ChainModel) -> None:
    first = rows(600, 600)[0]
    model.set_rows((type(first)(strike=first.strike, call=first.call),))
    assert model.cell(0, at(Field.BID, Right.PUT)).text == ""
    assert model.headerData(DELTA, Qt.Orientation.Horizontal, NAME) == "Call delta"
    assert model.headerData(0, Qt.Orientation.Vertical) is None and model.columnCount(model.index(0, 0)) == 0


def test_two_thousand_quotes_a_second_cost_a_fraction_of_it(model: ChainModel, dial: Dial) -> None:
    for column in range(len(COLUMNS)):
        for line in range(len(model.rows)):
            model.cell(line, column)
    conids = [conid for row in model.rows for conid in row.conids]
    began = perf_counter()
    for frame in range(60):
        dial.now += 1 / 60
        price = f"9.{frame:02d}"
        model.set_quotes([quote(conids[(frame * 33 + each) % len(conids)], price) for each in range(33)])
        model.show_changes()
    assert perf_counter() - began < 0.5
