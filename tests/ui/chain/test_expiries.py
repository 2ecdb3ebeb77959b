"""The strip shows the expiries that fit, the chosen one always, and the menu has them all."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ibdesk.domain.chains import Expiry
from ibdesk.ui.chain.expiries import ExpiryStrip
from ibdesk.ui.chain.words import expiry_line, expiry_words
from tests.ui.chain.sample import DECEMBER, TODAY

FRIDAYS = tuple(Expiry(day=TODAY + timedelta(weeks=week), trading_class="SPY") for week in range(30))
MONTHLY = Expiry(day=DECEMBER, trading_class="SPY")


@pytest.fixture
def strip(dressed: QApplication) -> Iterator[ExpiryStrip]:
    made = ExpiryStrip()
    made.resize(700, 30)
    made.show()
    made.show_expiries(FRIDAYS, MONTHLY, today=TODAY, root="SPY")
    yield made
    made.close()
    made.deleteLater()


def test_an_expiry_is_written_short_and_the_chosen_one_with_its_days() -> None:
    assert expiry_words(MONTHLY, TODAY, root="SPY") == "Dec 18"
    assert expiry_words(MONTHLY, TODAY, root="SPY", chosen=True) == "Dec 18 · 28 d"
    assert expiry_words(Expiry(day=TODAY, trading_class="SPY"), TODAY, root="SPY", chosen=True) == "Nov 20 · today"
    assert expiry_words(Expiry(day=DECEMBER, trading_class="SPXW"), TODAY, root="SPX") == "Dec 18 SPXW"
    assert expiry_words(Expiry(day=date(2028, 6, 16)), TODAY, root="") == "Jun 16 ’28"
    assert expiry_line(MONTHLY, TODAY, root="SPY") == "Fri 18 Dec 2026 · 28 days"
    assert expiry_line(Expiry(day=DECEMBER, trading_class="AAPL1"), TODAY, root="AAPL").endswith("AAPL1 (adjusted)")
    assert expiry_line(Expiry(day=date(2026, 11, 21)), TODAY, root="").endswith("1 day")


def test_the_chosen_one_is_always_shown_in_order_with_the_next_and_the_monthlies(strip: ExpiryStrip) -> None:
    assert MONTHLY in strip.shown and FRIDAYS[0] in strip.shown and len(strip.shown) <= 7
    assert list(strip.shown) == sorted(strip.shown)
    strip.resize(160, 30)
    assert strip.shown == (MONTHLY,) and strip.more.isVisible()
    far = FRIDAYS[-1]
    strip.choose(far)
    assert strip.shown == (far,)


def test_few_expiries_need_no_menu(strip: ExpiryStrip) -> None:
    strip.show_expiries(FRIDAYS[:3], FRIDAYS[0], today=TODAY, root="SPY")
    assert strip.shown == FRIDAYS[:3] and not strip.more.isVisible()
    strip.show_expiries((), None, today=TODAY, root="SPY")
    assert not strip.isVisible()


def test_choosing_tells_once_by_press_by_number_and_by_menu(strip: ExpiryStrip) -> None:
    heard: list[Expiry] = []
    strip.chosen.connect(heard.append)
    strip.choose(MONTHLY)
    assert heard == [], "it was chosen already"
    strip._buttons[0].click()
    strip.choose_number(1)
    strip.choose_number(99)
    menu = strip.menu()
    lines = [action for action in menu.actions() if not action.isSeparator()]
    assert len(lines) == len(FRIDAYS)
    lines[-1].trigger()
    menu.deleteLater()
    assert heard[0] == FRIDAYS[0] and heard[-1] == FRIDAYS[-1] and len(heard) == 3


def test_arrows_step_through_all_expiries(strip: ExpiryStrip) -> None:
    heard: list[Expiry] = []
    strip.chosen.connect(heard.append)
    QTest.keyClick(strip, Qt.Key.Key_Right)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    at = FRIDAYS.index(MONTHLY)
    assert heard == [FRIDAYS[at + 1], MONTHLY]


def test_what_is_shown_fits_its_buttons(strip: ExpiryStrip) -> None:
    for width in (200, 330, 480, 700):
        strip.resize(width, 30)
        QApplication.processEvents()
        for button in strip._buttons:
            assert not button.isVisible() or button.width() >= button.sizeHint().width() - 1, (width, button.text())
