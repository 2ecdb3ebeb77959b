"""Every state without a table says what is missing, why, and the one button that helps."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QPushButton

from ibdesk.domain.chains import Chain, Expiry
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.instruments import Right
from ibdesk.domain.market import Delay
from ibdesk.domain.orders import Side
from ibdesk.ui.chain.card import ChainCard
from ibdesk.ui.chain.words import LATE, lateness
from tests.ui.chain.sample import EXPIRY, NOW, SPY, TODAY, option, quote, rows


@pytest.fixture
def card(dressed: QApplication) -> Iterator[ChainCard]:
    made = ChainCard()
    made.resize(900, 600)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def test_to_begin_with_what_is_held_is_offered_by_its_underlying(card: ChainCard) -> None:
    heard: list[object] = []
    card.underlying_wanted.connect(heard.append)
    assert "Choose an underlying" in card.state.title.text() and not card._held.isVisible()
    card.show_start([option(600, Right.PUT), SPY, option(610, Right.CALL)])
    buttons = [each for each in card._held.findChildren(QPushButton) if each.isVisible()]
    assert [each.text() for each in buttons] == ["SPY"] and "what you hold" in card.state.why.text()
    buttons[0].click()
    assert heard == [SPY.conid]


def test_a_chain_shows_its_head_and_other_states_hide_it(card: ChainCard) -> None:
    card.show_expiry(EXPIRY, TODAY)
    card.show_chain(Chain(expiry=EXPIRY, rows=rows()))
    assert card.picker.isVisible() and card.days.text() == "28 days" and card.table.isVisible()
    card.show_loading()
    assert not card.picker.isVisible() and not card.table.isVisible()
    card.show_chain(Chain(expiry=EXPIRY, is_whole=True))
    assert card.state.title.text() == "No strikes are listed"


def test_the_last_days_and_adjusted_contracts_are_marked(card: ChainCard) -> None:
    for left, text in ((0, "today"), (1, "1 day")):
        card.show_expiry(Expiry(day=TODAY + timedelta(days=left), trading_class="SPY"), TODAY)
        assert card.days.text() == text and card.days.property("tone") == "warn"
    card.show_expiry(Expiry(day=EXPIRY.day, trading_class="AAPL1"), TODAY)
    assert "Adjusted" in card.days.toolTip()


def test_a_failure_shows_its_remedy_and_tries_again(card: ChainCard) -> None:
    heard: list[str] = []
    card.again.connect(lambda: heard.append("again"))
    card.show_failed(Unavailable("The gateway is silent.", remedy="Start it.", cause=Cause.TIMED_OUT))
    assert (card.state.title.text(), card.state.why.text()) == ("The gateway is silent.", "Start it.")
    card.state.button.click()
    assert heard == ["again"]


def test_without_an_account_the_button_connects_and_without_options_it_buys(card: ChainCard) -> None:
    heard: list[object] = []
    card.command_wanted.connect(heard.append)
    card.leg_wanted.connect(lambda instrument, side: heard.append((instrument, side)))
    card.show_not_connected()
    card.state.button.click()
    card.show_no_options(SPY)
    card.state.button.click()
    assert heard == ["connect", (SPY, Side.BUY)]
    card.show_nothing_found("zzz")
    assert "zzz" in card.state.title.text() and not card.state.button.isVisible()


def test_late_and_missing_data_are_marked_at_the_head(card: ChainCard) -> None:
    card.show_chain(Chain(expiry=EXPIRY, rows=rows()))
    card.show_data([quote(6001)])
    assert not card.late.isVisible()
    card.show_data([quote(6001, delay=Delay.DELAYED), quote(6000, delay=Delay.DELAYED), quote(6011)])
    assert card.late.isVisible() and card.late.text() == "Delayed"
    card.show_data([])
    assert card.late.text() == "No market data"
    assert lateness([]) is None and lateness([quote(1, delay=Delay.FROZEN)]) is Delay.FROZEN in LATE
    card.show_model("model, European")
    assert card.model.isVisible() and "italics" in card.model.toolTip()
    card.show_model("")
    assert not card.model.isVisible()


def test_old_quotes_carry_their_age(card: ChainCard) -> None:
    card.show_age([quote(6001, last=Decimal(1))], NOW + timedelta(minutes=3))
    assert card._mark is not None and card._mark.text() == "as of 3 min ago"
    card.show_age([], NOW)
    assert card._mark.text() == "as of " or not card._mark.isVisible()
    card.show_lost(True)
    assert not card.picker.isEnabled()


def test_the_band_is_chosen_and_remembered(card: ChainCard) -> None:
    heard: list[int] = []
    card.band_wanted.connect(heard.append)
    assert card.band == 8 and card.band_button.text() == "Strikes ± 8"
    card.choose_band(12)
    assert heard == [12] and card.band_button.text() == "Strikes ± 12"
    again = ChainCard()
    assert again.band == 12
    again.deleteLater()
    QSettings().setValue("trade/band", "nonsense")
    other = ChainCard()
    assert other.band == 8
    other.deleteLater()
